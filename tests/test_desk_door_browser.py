"""The door in a real browser: the first administrator comes in, by keyboard, on a narrow screen, seen by axe."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from base64 import b32decode
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django_otp.oath import totp
from playwright.sync_api import Page, sync_playwright

from .desk import PASSWORD
from .test_browser import FLAGS
from .visitor import Visitor

ROOT = Path(__file__).resolve().parent.parent
WORDS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

pytestmark = pytest.mark.xdist_group("door")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        "DATABASE_URL": f"sqlite:///{tmp_path_factory.mktemp('door') / 'site.sqlite3'}",
        "LAW_FROM_DATABASE": "off",
        "BIND": f"127.0.0.1:{port}",
        "WEB_CONCURRENCY": "1",
    }
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    who = ["--username", "root", "--email", "root@example.org", "--noinput", "-v0"]
    subprocess.run([*manage, "createsuperuser", *who], cwd=ROOT, env=environment, check=True)
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"], cwd=ROOT, env=environment
    )
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


@pytest.fixture
def page(site):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        found = browser.new_page(viewport={"width": 320, "height": 700}, base_url=site)
        found.set_default_timeout(20_000)
        yield found
        browser.close()


def look(page: Page, heading: str) -> None:
    assert page.locator("h1").inner_text() == heading
    found = Axe().run(page, options=WORDS).response["violations"]
    assert not found, [(rule["id"], rule["nodes"][0]["html"]) for rule in found]
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def type_and_send(page: Page, **fields: str) -> None:
    """By keyboard: into each field, then the Enter key."""
    for name, value in fields.items():
        page.locator(f"#id_{name}").press_sequentially(value)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_the_first_administrator_comes_in(page):
    said: list[str] = []
    page.goto("/desk/")
    page.on("pageerror", lambda error: said.append(str(error)))
    look(page, "Sign in")
    type_and_send(page, username="root", password="wrong")
    look(page, "Sign in")
    page.locator(".problem a").click()
    assert page.evaluate("document.activeElement.id") == "id_username"
    page.locator("#id_username").fill("")
    type_and_send(page, username="root", password=PASSWORD)
    look(page, "Set up your second factor")
    assert page.locator("img.door-code").evaluate("image => image.naturalWidth") > 100, "the picture is shown"
    type_and_send(page, code="12")
    look(page, "Set up your second factor")
    assert page.locator("#id_code").get_attribute("aria-invalid") == "true"
    link = page.get_by_role("link", name="Open it").get_attribute("href")
    secret = re.search(r"secret=([A-Z2-7]+)", link)[1]
    page.locator("#id_code").fill("")
    type_and_send(page, code=_code(secret))
    look(page, "Your recovery codes")
    codes = page.locator(".door-codes code").all_inner_texts()
    page.get_by_role("button", name="I have put them away").click()
    page.wait_for_url("**/desk/")
    for address, heading in (("second-factor/", "Second factor"), ("password_change/", "Password change")):
        page.goto(f"/desk/{address}")
        look(page, heading)
    page.get_by_role("button", name="Sign out").click()
    page.goto("/desk/password_change/")
    type_and_send(page, username="root", password=PASSWORD)
    look(page, "Your second factor")
    page.get_by_role("link", name="Use a recovery code").click()
    look(page, "Your second factor")
    type_and_send(page, code=codes[3])
    look(page, "Password change")
    assert not said


def _code(secret: str) -> str:
    return f"{totp(b32decode(secret)):06d}"


def test_a_guesser_is_told_to_wait(page):
    for _try in range(5):
        page.goto("/desk/login/")
        type_and_send(page, username="somebody", password="wrong")
    look(page, "Please wait before you try again")
