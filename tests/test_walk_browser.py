"""The walk in a real browser: with htmx, and with scripts turned off."""

import os
import re
import shutil
from pathlib import Path

import pytest

from screener import answers as kept

from .walker import SENT, USUAL

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
ANSWERS = USUAL | SENT | {"disposition": "nonjudicial", "units": "1", "owed": "300k"}

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright keeps an event loop of its own in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(Path(CHROMIUM)), args=ARGUMENTS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(params=[True, False], ids=["with htmx", "without scripts"])
def page(request, chromium, live_server):
    context = chromium.new_context(
        java_script_enabled=request.param, viewport={"width": 390, "height": 800}, base_url=live_server.url
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.scripts = request.param
    page.documents = []
    page.on("load", lambda _: page.documents.append(page.url))
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda said: said.type == "error" and page.faults.append(said.text))
    yield page
    context.close()


def slug_of(page):
    found = re.search(r"/q/([^/]+)/", page.url)
    return found and found[1]


def send(page, **answers):
    slug, before = slug_of(page), page.url
    value = {**ANSWERS, **answers}.get(slug)
    if slug == "state":
        page.select_option("select", value or "AZ")
    elif isinstance(value, dict):
        for part, text in enumerate(value.values()):
            page.fill(f"#id_value_{part}", text)
    elif page.locator("#id_value").count():
        page.fill("#id_value", value)
    else:
        word = value[0] if isinstance(value, list) else value or "unsure"
        page.check(f"input[value='{word}']")
    page.click("main button.go >> nth=0")
    page.wait_for_url(lambda url: url != before)


def walk(page, until=None, **answers):
    page.goto("/")
    page.click("main a.go")
    page.wait_for_url("**/q/state/")
    for _ in range(40):
        if slug_of(page) in (None, until):
            return
        send(page, **answers)
    raise AssertionError("the walk does not end")


def test_a_whole_walk_ends_in_a_report(page):
    walk(page)
    assert page.url.endswith("/check/")
    page.click("text=See my answer")
    page.wait_for_url("**/report/")
    assert "Arizona" in page.inner_text("h1")
    assert page.faults == []
    assert len(page.documents) == (1 if page.scripts else len(set(page.documents)))


def test_each_step_has_its_address_its_title_and_the_reader_at_its_heading(page):
    walk(page, until="lien")
    assert page.url.endswith("/q/lien/")
    heading = page.inner_text("h1")
    assert page.title().startswith(heading)
    if page.scripts:
        page.wait_for_function("document.activeElement.tagName == 'H1'")


def test_back_and_forward_show_the_answers_given(page):
    walk(page, until="disposition")
    page.go_back()
    page.wait_for_url("**/q/lien/")
    page.wait_for_selector("input[value='first']:checked")
    page.go_back()
    page.wait_for_url("**/q/residence/")
    page.wait_for_selector("input[value='primary']:checked")
    page.go_forward()
    page.wait_for_url("**/q/lien/")


def test_a_mistake_is_said_above_and_at_the_field(page):
    walk(page, until="owed")
    page.fill("#id_value", "a lot")
    page.click("main button.go >> nth=0")
    page.wait_for_selector("main .problem")
    assert page.title().startswith("Error")
    assert page.input_value("#id_value") == "a lot"
    described = page.get_attribute("#id_value", "aria-describedby")
    assert page.locator(f"#{described.split()[-1]}").inner_text()
    if page.scripts:
        page.wait_for_function("document.activeElement.classList.contains('problem')")
    page.click("main .problem a")
    page.wait_for_function("document.activeElement.id == 'id_value'")


def test_not_sure_is_one_button_away(page):
    walk(page, until="owed")
    page.click("text=I’m not sure")
    page.wait_for_url("**/q/sale_price/")


def test_leaving_takes_the_answers_along(page):
    walk(page, until="lien")
    page.route("https://**", lambda route: route.fulfill(body="<h1>elsewhere</h1>", content_type="text/html"))
    page.click("text=Leave this site now")
    page.wait_for_url("https://**")
    assert kept.COOKIE not in {cookie["name"] for cookie in page.context.cookies()}
    if page.scripts:
        page.go_back()
        assert "/q/" not in page.url
