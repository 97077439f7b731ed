"""The look in a real browser: axe-core finds nothing, nothing is wider than a small phone, the keyboard is enough."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from .test_walk_browser import ANSWERS, CHROMIUM, _plain_static_files, chromium, send, slug_of  # noqa: F401

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(params=[320, 1200])
def page(request, chromium, live_server):  # noqa: F811
    context = chromium.new_context(viewport={"width": request.param, "height": 800}, base_url=live_server.url)
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield page
    context.close()


def faults(page) -> list[str]:
    found = [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in Axe().run(page).response["violations"]]
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*found, *([f"{over} px too wide"] if over > 0 else [])]


@pytest.mark.parametrize(
    "given",
    [
        {"state": "UT"},
        {"state": "CA", "lien": "junior", "foreclosed_by": "senior_lender"},
        {"state": "NY", "stage": "behind", "disposition": "nothing_yet"},
    ],
    ids=["sold", "a second loan", "before"],
)
def test_axe_finds_nothing_from_the_first_page_to_the_answer(page, given):
    page.goto("/")
    assert faults(page) == []
    page.click("main a.go")
    page.wait_for_url("**/q/state/")
    while slug_of(page):
        address = page.url
        assert faults(page) == [], address
        skip = page.locator("button[name=unsure]")
        if skip.count() and slug_of(page) not in ANSWERS:
            skip.click()
            page.wait_for_url(lambda url, before=address: url != before)
        else:
            send(page, **given)
    assert faults(page) == []
    page.click("text=See my answer")
    page.wait_for_url("**/report/")
    assert faults(page) == []


@pytest.mark.parametrize(
    "address", ["/privacy/", "/law/", "/law/az/", "/elsewhere/timeshare/", "/resume/none/", "/nowhere/"]
)
def test_axe_finds_nothing_beside_the_walk(page, address):
    page.goto(address)
    assert faults(page) == []


def test_the_keyboard_is_enough(page):
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.goto("/start/az/")
    page.wait_for_url("**/q/home_kind/")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "radio":
            break
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/q/role/")
    page.wait_for_function("document.activeElement.tagName == 'H1'")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "radio"
    page.route("**/leave/", lambda route: route.fulfill(body="<h1>elsewhere</h1>", content_type="text/html"))
    for _ in range(3):
        page.keyboard.press("Escape")
    page.wait_for_url("**/leave/")
