"""The site as people meet it: in a real browser, on a phone, by keyboard, without JavaScript, seen by axe."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from .visitor import TRUSTEE_SALE, Visitor

ROOT = Path(__file__).resolve().parent.parent
PHONE = {"width": 390, "height": 844}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

#: One server and one browser serve all of these, so they stay in one test process.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": f"sqlite:///{tmp_path_factory.mktemp('site') / 'site.sqlite3'}",
        "LAW_FROM_DATABASE": "off",
        "BIND": f"127.0.0.1:{port}",
        "WEB_CONCURRENCY": "1",
        "PREVIEW": "on",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    address = f"http://127.0.0.1:{port}"
    for _ in range(150):
        try:
            Visitor(address).send("GET", "/")
            break
        except OSError:
            time.sleep(0.2)
    yield address
    process.terminate()
    process.wait(30)


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def phone(browser: Browser, site: str):
    """A page on a phone. Fails the test for any script error, refused resource or request to another host."""
    context = browser.new_context(viewport=PHONE, base_url=site)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith((site, "data:")) else wrong.append(request.url))
    yield page
    context.close()
    # A refused form comes back with 422; Chromium reports that as an error of loading, which it is not.
    assert [text for text in wrong if "422" not in text] == []


def slug_of(page: Page) -> str:
    return re.sub(r"[?#].*", "", page.url).rstrip("/").rsplit("/", 1)[-1]


def answer(page: Page, given) -> None:
    """Fill in the one question of the page, as a person would."""
    main = page.locator("main")
    if main.locator("select").count():
        main.locator("select").select_option(given)
    elif main.locator("input[type=radio]").count():
        wanted = main.locator(f"input[type=radio][value='{given}']")
        (wanted if wanted.count() else main.locator("input[type=radio]").last).check()
    elif main.locator("input[type=checkbox]").count():
        main.locator("input[type=checkbox]").last.check()
    elif given is None:
        main.locator("button[name=unsure]").click()
        return
    else:
        values = given if isinstance(given, tuple) else (given,)
        for place, value in enumerate(values):
            main.locator("input[type=text]").nth(place).fill(value)
    main.locator("button.go").first.click()


def walk(page: Page, state: str, answers: dict, seen=lambda page: None) -> int:
    """From the start to the check page. Calls ``seen`` on every page; returns the number of questions."""
    page.goto(f"/start/{state}/")
    for count in range(60):
        seen(page)
        if slug_of(page) == "check":
            return count
        before = page.url
        answer(page, answers.get(slug_of(page)))
        page.wait_for_url(lambda url, before=before: url != before)
    raise AssertionError("the walk does not end")


def fits(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} scrolls sideways by {wide} px"


def ids_exist(page: Page) -> None:
    missing = page.evaluate(
        """() => [...document.querySelectorAll('[aria-describedby],[aria-labelledby],[for]')].flatMap(e =>
            ['aria-describedby', 'aria-labelledby', 'for'].flatMap(a => (e.getAttribute(a) || '').split(/\\s+/)))
            .filter(id => id && !document.getElementById(id))"""
    )
    assert missing == [], f"{page.url}: no such ids: {missing}"


def axe_finds_nothing(page: Page) -> None:
    results = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    found = [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in results.response["violations"]]
    assert found == [], f"{page.url}: {found}"


def check_page(page: Page) -> None:
    fits(page)
    ids_exist(page)
    axe_finds_nothing(page)
    assert page.locator("h1").count() == 1
    assert page.locator("h1").inner_text()


BEHIND = {"home_kind": "home", "role": "guarantor", "stage": "behind", "disposition": "nothing_yet"}
WIPED_OUT_SECOND = {
    **TRUSTEE_SALE,
    "lien": "junior",
    "foreclosed_by": "senior_lender",
    "stage": "asked",
    "owed": "80,000",
    "loan_use": "home_equity",
}


@pytest.mark.parametrize(
    ("state", "answers", "width"),
    [
        ("az", TRUSTEE_SALE, 320),
        ("ca", BEHIND, 390),
        ("nj", WIPED_OUT_SECOND, 390),
        ("ny", {"stage": "judgment"}, 1200),
    ],
)
def test_every_page_of_a_walk_fits_the_screen_and_axe_finds_nothing(phone, state, answers, width):
    phone.set_viewport_size({"width": width, "height": 800})
    assert walk(phone, state, answers, check_page) >= 8
    phone.locator("main .go").first.click()
    phone.wait_for_url("**/report/")
    check_page(phone)
    for summary in phone.locator("details > summary").all():
        summary.click()
    check_page(phone)


@pytest.mark.parametrize("path", ["/", "/start/", "/privacy/", "/law/", "/law/ca/"])
def test_pages_beside_the_walk_fit_and_axe_finds_nothing(phone, path):
    phone.goto(path)
    check_page(phone)


@pytest.mark.parametrize(
    "what", ["territory", "timeshare", "manufactured_home", "hoa_or_tax", "business", "five_units"]
)
def test_what_this_site_does_not_answer_says_where_to_turn(phone, what):
    phone.goto(f"/elsewhere/{what}/")
    check_page(phone)
    expect(phone.locator("main a[href='tel:+18005694287']")).to_be_visible()


def test_at_320_pixels_and_at_double_size_nothing_scrolls_sideways(browser, site):
    context = browser.new_context(viewport={"width": 320, "height": 640}, base_url=site)
    page = context.new_page()
    walk(page, "az", TRUSTEE_SALE, fits)
    page.locator("main .go").first.click()
    page.wait_for_url("**/report/")
    fits(page)
    page.set_viewport_size({"width": 640, "height": 640})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    fits(page)
    context.close()


@pytest.mark.parametrize("width", [320, 390])
def test_the_ways_out_show_each_sum_whole_on_a_phone(phone, width):
    phone.set_viewport_size({"width": width, "height": 640})
    walk(phone, "oh", {**BEHIND, "residence": "primary", "lien": "first", "owed": "310,000"})
    phone.locator("main .go").first.click()
    phone.wait_for_url("**/report/")
    box = phone.locator(".scroll")
    assert "$310,000" in box.inner_text()
    assert box.evaluate("box => box.scrollWidth - box.clientWidth") <= 0
    expect(box.get_by_role("columnheader")).to_have_count(3)


def test_without_javascript_the_whole_walk_works(browser, site):
    context = browser.new_context(viewport=PHONE, base_url=site, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("link", name="Find out where I stand").click()
    answer(page, "AZ")
    while slug_of(page) != "check":
        answer(page, TRUSTEE_SALE.get(slug_of(page)))
        page.wait_for_load_state()
    page.locator("main .go").first.click()
    expect(page.locator(".answer")).to_contain_text("$38,000")
    page.get_by_role("link", name="Leave this site now")
    context.close()


def test_a_swap_moves_focus_to_the_new_heading_and_updates_title_and_address(phone):
    phone.goto("/start/az/")
    first = phone.title()
    answer(phone, "home")
    phone.wait_for_url("**/q/role/")
    expect(phone.locator("h1")).to_be_focused()
    assert phone.title() != first
    assert phone.title().startswith(phone.locator("h1").inner_text())


def test_back_brings_the_last_question_with_its_answer_and_loses_nothing(phone):
    phone.goto("/start/az/")
    answer(phone, "home")
    phone.wait_for_url("**/q/role/")
    answer(phone, "borrower")
    phone.wait_for_url("**/q/stage/")
    phone.go_back()
    phone.wait_for_url("**/q/role/")
    expect(phone.locator("input[value=borrower]")).to_be_checked()
    phone.go_forward()
    phone.wait_for_url("**/q/stage/")
    phone.locator(".back").click()
    phone.wait_for_url("**/q/role/")
    expect(phone.locator("input[value=borrower]")).to_be_checked()


def test_a_mistake_is_told_at_the_top_and_at_the_field_and_what_was_typed_stays(phone):
    walk_to(phone, "owed")
    answer(phone, "a lot")
    problem = phone.get_by_role("alert").filter(has_text="problem")
    expect(problem).to_be_visible()
    expect(phone.locator("main input[type=text]").first).to_have_value("a lot")
    assert phone.title().startswith("Error")
    axe_finds_nothing(phone)
    ids_exist(phone)
    problem.get_by_role("link").first.click()
    expect(phone.locator("main input[type=text]").first).to_be_focused()


def walk_to(page: Page, slug: str, state: str = "az") -> None:
    page.goto(f"/start/{state}/")
    while slug_of(page) != slug:
        before = page.url
        answer(page, TRUSTEE_SALE.get(slug_of(page)))
        page.wait_for_url(lambda url, before=before: url != before)


def test_the_whole_walk_goes_by_keyboard_alone(phone):
    phone.goto("/")
    phone.keyboard.press("Tab")
    assert "Skip" in phone.evaluate("document.activeElement.innerText")
    phone.goto("/start/az/")
    for _ in range(40):
        slug = slug_of(phone)
        if slug in ("check", "report"):
            break
        before = phone.url
        kind = phone.evaluate("document.querySelector('main form input:not([type=hidden])').type")
        for _ in range(30):
            phone.keyboard.press("Tab")
            if phone.evaluate("!!document.activeElement.closest('main form input')"):
                break
        if kind in ("radio", "checkbox"):
            if kind == "checkbox":
                for _ in range(30):
                    if phone.evaluate("document.activeElement.value") == "none":
                        break
                    phone.keyboard.press("Tab")
            phone.keyboard.press("Space")
            phone.keyboard.press("Enter")
        else:
            given = TRUSTEE_SALE.get(slug) or ("1", "2", "2020")
            for place, value in enumerate(given if isinstance(given, tuple) else (given,)):
                if place:
                    phone.keyboard.press("Tab")
                phone.keyboard.type(value)
            phone.keyboard.press("Enter")
        phone.wait_for_url(lambda url, before=before: url != before)
    assert slug_of(phone) == "check"


def test_two_tabs_of_one_walk_do_not_spoil_each_other(browser, site):
    context = browser.new_context(viewport=PHONE, base_url=site)
    one, two = context.new_page(), context.new_page()
    walk(one, "az", TRUSTEE_SALE)
    two.goto("/q/owed/")
    one.goto("/q/residence/")
    answer(two, "500,000")
    two.wait_for_load_state("networkidle")
    answer(one, "rental")
    one.wait_for_load_state("networkidle")
    one.goto("/check/")
    expect(one.locator("main")).to_contain_text("$500,000")
    context.close()


def test_a_tab_of_an_earlier_walk_changes_nothing_in_the_later_one(browser, site):
    context = browser.new_context(viewport=PHONE, base_url=site)
    old, new = context.new_page(), context.new_page()
    walk_to(old, "owed")
    new.goto("/start/tx/?new=1")
    new.goto("/start/tx/")
    answer(old, "300,000")
    old.wait_for_load_state("networkidle")
    assert old.locator("h1").count() == 1
    context.close()


def test_leaving_replaces_the_page_and_clears_the_answers(browser, site):
    context = browser.new_context(viewport=PHONE, base_url=site)
    page = context.new_page()
    context.route(lambda url: not url.startswith(site), lambda route: route.fulfill(body="elsewhere"))
    walk_to(page, "owed")
    page.get_by_role("link", name="Leave this site now").click()
    page.wait_for_url(lambda url: not url.startswith(site))
    assert not [c for c in context.cookies() if c["name"] not in ("csrftoken",) and c["value"]]
    page.go_back()
    page.wait_for_load_state()
    assert not page.url.endswith("/q/owed/")
    context.close()


def test_on_a_shared_computer_no_cookie_outlives_the_window(browser, site):
    context = browser.new_context(viewport=PHONE, base_url=site)
    page = context.new_page()
    page.goto("/start/az/")
    page.get_by_text("shared computer").first.click()
    page.wait_for_load_state("networkidle")
    answer(page, "home")
    page.wait_for_url("**/q/role/")
    kept = [c["name"] for c in context.cookies() if c["expires"] != -1 and c["name"] != "csrftoken"]
    assert kept == []
    context.close()


def test_the_printed_summary_comes_as_a_pdf(phone, site):
    walk(phone, "az", TRUSTEE_SALE)
    phone.locator("main .go").first.click()
    phone.wait_for_url("**/report/")
    phone.get_by_role("link", name="Print or save as PDF").first.click()
    phone.wait_for_url("**/report/print/")
    check_page(phone)
    data = phone.evaluate(
        """async () => {
            const form = document.querySelector('main form[method=post]');
            const reply = await fetch(form.action, {method: 'POST', body: new URLSearchParams(new FormData(form))});
            const bytes = new Uint8Array(await reply.arrayBuffer());
            return [reply.status, reply.headers.get('content-type'), String.fromCharCode(...bytes.slice(0, 5))];
        }"""
    )
    assert data == [200, "application/pdf", "%PDF-"]


def test_the_day_can_be_set_for_reviewers_and_every_page_says_so(phone):
    phone.goto("/start/az/?as_of=2027-06-01")
    expect(phone.locator("body")).to_contain_text("2027")
    answer(phone, "home")
    phone.wait_for_url("**/q/role/")
    expect(phone.locator("body")).to_contain_text("2027")


def test_motion_stops_where_the_reader_asked_for_none(browser, site):
    context = browser.new_context(viewport=PHONE, base_url=site, reduced_motion="reduce")
    page = context.new_page()
    page.goto("/start/az/")
    assert page.evaluate("getComputedStyle(document.querySelector('.go')).transitionDuration") in ("0s", "")
    context.close()
