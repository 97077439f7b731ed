"""The law desk's whole story, in a real browser against a real server: a rule is edited, looked at, reviewed by someone
else, published and rolled back, and a visitor's answer follows without a restart."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django_otp.oath import totp
from playwright.sync_api import Page, expect, sync_playwright

from .desk import PASSWORD
from .test_browser import FLAGS, ROOT, axe_finds_nothing, fits, ids_exist, walk
from .visitor import Visitor

#: One server and one browser serve all of it.
pytestmark = pytest.mark.xdist_group("desk")

KEY = "5c4f1a9e02b7d3866e10aa74c95b2fd833017e6b"
PREPARED = f"""
import django; django.setup()
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0)
call_command("load_law", verbosity=0)
call_command("load_scenarios", verbosity=0)
from tests.desk import PASSWORD, person
from django_otp.plugins.otp_totp.models import TOTPDevice
def named(first, last, *groups):
    user = person(first.lower(), *groups, password=PASSWORD)
    user.first_name, user.last_name = first, last
    user.save()
    return user
named("Edith", "Archer", "editor", "reviewer")
named("Rowan", "Ellis", "reviewer")
TOTPDevice.objects.create(user=named("Paula", "Winter", "publisher"), key="{KEY}", name="phone", confirmed=True)
"""
RULE = "Small home, trustee's sale: no suit for the rest"
NEW_WORDS = (
    "If a trustee sold your home without a court case, and it was a one- or two-family home on one acre or less, the "
    "lender that foreclosed cannot sue you for the rest of the loan."
)
#: A home on two acres: protected while the rule goes up to two and a half.
TWO_ACRES = {
    "home_kind": "home",
    "role": "borrower",
    "stage": "lost",
    "residence": "primary",
    "lien": "first",
    "disposition": "nonjudicial",
    "owed": "300,000",
    "sale_price": "240,000",
    "fair_value": "262,000",
    "sale_date": ("11", "2", "2026"),
    "units": "1",
    "loan_use": "cash_out_refinance",
    "acres": "2",
    "loan_date": ("5", "1", "2010"),
}


@pytest.fixture(scope="module")
def site(database_url):
    """The site with all law, its scenarios and three people, on a database of its own, in two processes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url,
        "SECRET_KEY": "the story's own secret, of no use elsewhere",
        "LAW_FROM_DATABASE": "on",
        "BIND": f"127.0.0.1:{port}",
        "WEB_CONCURRENCY": "2",
    }
    subprocess.run([sys.executable, "-c", PREPARED], cwd=ROOT, env=environment, check=True)
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    address = f"http://127.0.0.1:{port}"
    for _ in range(150):
        try:
            Visitor(address).send("GET", "/health/")
            break
        except OSError:
            time.sleep(0.2)
    yield address
    server.terminate()
    server.wait(30)


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield found
        found.close()


class Person:
    """Somebody at a browser of her own. What is wrong with any page is kept, so that one run finds all of it."""

    def __init__(self, browser, site: str, pictures: Path, name: str):
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=site)
        self.context.set_default_timeout(20_000)
        self.page: Page = self.context.new_page()
        self.pictures, self.name, self.seen = pictures, name, 0
        self.wrong: list[str] = []  # what the browser said since the last page that was looked at
        self.found: list[str] = []
        self.page.on(
            "console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "request",
            lambda sent: None if sent.url.startswith((site, "data:")) else self.wrong.append(sent.url),
        )

    def sign_in(self, code: str = "") -> None:
        page = self.page
        page.goto("/desk/")
        self.look("door")
        page.get_by_label("User name").fill(self.name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        if code:
            self.look("second-factor")
            page.locator("#id_code").fill(code)
            page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Law desk")
        self.look("first-page")

    def look(self, what: str) -> None:
        """The page on a wide screen and on a small phone: whole, without complaint, and nothing for axe to find."""
        page = self.page
        self.complain()
        self.seen += 1
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=self.pictures / f"{self.name}-{self.seen:02d}-{what}-{width}.png", full_page=True)
            for check in (fits, ids_exist, axe_finds_nothing, has_one_heading):
                try:
                    check(page)
                except AssertionError as error:
                    self.found.append(f"{what} at {width} px: {str(error).splitlines()[0]}")
        self.wrong.clear()  # what axe's own styles and requests made the browser say

    def complain(self) -> None:
        # Chromium reports a page that is refused (403) or comes back (422) as one that failed to load.
        self.found += [text for text in self.wrong if not re.search(r"status of (403|422)", text)]
        self.wrong.clear()

    def state_page(self, name: str) -> None:
        self.page.goto("/desk/statelaw/jurisdictiondraft/")
        self.page.locator("#result_list").get_by_role("link", name=name, exact=True).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(name)

    def go(self, link: str) -> None:
        self.page.locator("#content").get_by_role("link", name=link).first.click()

    def says(self, text: str, seconds: float = 20) -> None:
        expect(self.page.locator("#main")).to_contain_text(text, timeout=seconds * 1000)


def has_one_heading(page: Page) -> None:
    assert page.locator("h1").count() == 1, f"{page.url}: {page.locator('h1').count()} first headings"


@pytest.fixture
def somebody(browser, site, tmp_path):
    people = []

    def come(name: str) -> Person:
        people.append(Person(browser, site, tmp_path, name))
        return people[-1]

    yield come
    for person in people:
        person.context.close()


def everywhere(site: str, path: str, text: str, is_there: bool = True) -> None:
    """Waits until every process says it: the text stands (or no longer stands) on the page, many times in a row."""
    end, in_a_row = time.monotonic() + 30, 0
    while in_a_row < 12:
        _, _, content = Visitor(site).send("GET", path)
        in_a_row = in_a_row + 1 if (text in content.decode()) is is_there else 0
        assert time.monotonic() < end, f"{path}: {text!r} {'never came' if is_there else 'stays'}"
        if not in_a_row:
            time.sleep(0.2)


def test_a_rule_is_edited_reviewed_published_and_rolled_back_and_the_public_answer_follows(site, somebody):
    visitor = somebody("visitor").page
    walk(visitor, "az", TWO_ACRES)
    visitor.locator("main .go").first.click()
    visitor.wait_for_url("**/report/")
    answer = visitor.locator(".answer").first
    expect(answer).to_contain_text("Protected")
    everywhere(site, "/law/az/", "on 2.5 acres or less")

    # --- an editor who has never seen YAML changes the rule
    edith = somebody("edith")
    edith.sign_in()
    edith.page.goto("/desk/statelaw/jurisdictiondraft/")
    edith.look("states")
    edith.state_page("Arizona")
    edith.look("state")
    edith.go(RULE)
    edith.look("rule")
    page = edith.page
    preview = page.locator("div#preview")
    expect(preview).to_contain_text("at most 2.5 acres")
    page.locator("[name='when.acres.max']").fill("1")
    page.get_by_label("In plain words").fill(NEW_WORDS)
    expect(preview).to_contain_text("at most 1 acre")
    expect(preview).not_to_contain_text("2.5 acres")
    expect(preview).to_contain_text("on one acre or less")
    expect(preview).to_contain_text("grade")
    edith.look("rule-with-preview")
    page.locator("[name=reason]").fill("The statute was amended: one acre.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Arizona")
    edith.says("Edited, not published")
    edith.look("state-edited")

    # --- she sees in plain words whom the change affects
    edith.go("What the change does")
    edith.says("situations change", 60)
    edith.look("impact")
    edith.state_page("Arizona")
    edith.go("Table of outcomes")
    edith.look("table")
    edith.state_page("Arizona")
    edith.go("Differences from what is in force")
    edith.says("1 rule changed")
    expect(page.locator("del", has_text="2.5 acres")).to_have_count(2)
    edith.look("differences")
    visitor.reload()
    expect(answer).to_contain_text("Protected")

    # --- who edited may not sign off
    edith.state_page("Arizona")
    edith.go("Sign off")
    edith.says("You last edited part of this change, so someone else has to check it.")
    expect(page.get_by_role("button", name="Sign off this content")).to_have_count(0)
    edith.look("sign-off-refused")
    page.goto("/desk/statelaw/jurisdictiondraft/AZ/publish/")
    edith.says("Only a publisher may publish.")
    edith.look("publish-refused")

    # --- someone else does
    rowan = somebody("rowan")
    rowan.sign_in()
    rowan.state_page("Arizona")
    rowan.go("Sign off")
    rowan.says("situations change")
    expect(rowan.page.locator("input[name=provisions]:checked")).to_have_count(1)
    rowan.page.get_by_label("Note").fill("Read the amended statute.")
    rowan.look("sign-off")
    rowan.page.get_by_role("button", name="Sign off this content").click()
    rowan.says("You signed off Arizona.")
    rowan.look("signed")

    # --- a publisher, with her second factor, publishes
    paula = somebody("paula")
    paula.sign_in(f"{totp(bytes.fromhex(KEY)):06d}")
    paula.state_page("Arizona")
    paula.go("Publish")
    page = paula.page
    paula.says("Signed off by Rowan Ellis as an editor")
    paula.look("publish")
    page.get_by_role("button", name="Publish", exact=True).click()
    paula.says("Say it in a few words.")
    expect(page.locator(".errors")).to_be_focused()
    paula.look("publish-mistake")
    page.get_by_label("What changed").fill("The small-home rule now ends at one acre.")
    if page.get_by_label("Why it is right although scenarios fail").count():
        page.get_by_label("Why it is right although scenarios fail").fill("They expect the statute before it changed.")
    page.get_by_role("button", name="Publish", exact=True).click()
    paula.says("AZ 2 is published and in force.")
    paula.look("publication")

    # --- every process has it, without a restart
    everywhere(site, "/law/az/", "on one acre or less")
    visitor.reload()
    expect(answer).not_to_contain_text("Protected")

    # --- and rolls back
    page.goto("/desk/statelaw/publication/?q=AZ&part=states")
    paula.look("publications")
    page.locator("#result_list").get_by_role("link", name=re.compile("AZ 1$")).click()
    paula.go("Roll back: publish it again")
    paula.look("roll-back")
    page.get_by_label("Why").first.fill("The amendment was vetoed.")
    page.get_by_role("button", name="Roll back now").click()
    paula.says("AZ 3 is published and in force.")
    paula.says("The amendment was vetoed.")
    paula.look("rolled-back")
    everywhere(site, "/law/az/", "on one acre or less", is_there=False)
    visitor.reload()
    expect(answer).to_contain_text("Protected")
    edith.page.goto("/desk/statelaw/jurisdictiondraft/AZ/")
    edith.says("As published")
    for person in (edith, rowan, paula):
        person.complain()
    assert [*edith.found, *rowan.found, *paula.found] == []
