"""The look: every page tied together for those who cannot see it, within the content policy, and small on the wire."""

import gzip
import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings as site

from screener.questions import ELSEWHERE_PAGES

from .walker import form_data, walk_through

STATIC = Path(site.BASE_DIR) / "static"
TEMPLATES = Path(site.BASE_DIR) / "templates"
QUIET = (
    "/",
    "/privacy/",
    "/nowhere/",
    "/resume/none/",
    "/law/",
    "/law/az/",
    *(f"/elsewhere/{w}/" for w in ELSEWHERE_PAGES),
)


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


class Outline(HTMLParser):
    """What a page is made of, for the questions that the tests ask."""

    def __init__(self, page: str):
        super().__init__()
        self.ids: list[str] = []
        self.pointers: list[str] = []
        self.headings: list[str] = []
        self.named: set[str] = set()
        self.inputs: list[dict[str, str | None]] = []
        self.groups: list[dict[str, str | None]] = []
        self.faults: list[str] = []
        self._labels = 0
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids.append(found["id"])
        for name in ("aria-describedby", "aria-labelledby", "for"):
            self.pointers += (found.get(name) or "").split()
        if "style" in found or any(name.startswith("on") for name in found):
            self.faults.append(f"inline style or script on {tag}")
        if tag == "style" or (tag == "script" and "src" not in found):
            self.faults.append(f"inline {tag}")
        if any((found.get(a) or "").startswith(("http:", "https:", "//")) for a in ("src", "srcset")):
            self.faults.append(f"{tag} from elsewhere")
        if tag == "link" and (found.get("href") or "").startswith(("http", "//")):
            self.faults.append("link from elsewhere")
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(tag)
        if tag == "label":
            self._labels += 1
            if found.get("for"):
                self.named.add(found["for"])
        if tag in ("input", "select", "textarea") and found.get("type") != "hidden":
            if self._labels and found.get("id"):
                self.named.add(found["id"])
            self.inputs.append(found)
        if tag == "fieldset":
            self.groups.append(found)
        if tag == "legend" and self.groups:
            self.groups[-1].setdefault("legend", "yes")

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._labels -= 1

    def wrong(self) -> list[str]:
        twice = sorted({i for i in self.ids if self.ids.count(i) > 1})
        lost = sorted(set(self.pointers) - set(self.ids))
        nameless = [i for i in self.inputs if i.get("id") not in self.named]
        groups = [g for g in self.groups if not (g.get("aria-labelledby") or g.get("legend"))]
        steps = [int(h[1]) for h in self.headings]
        jumps = [f"h{b} after h{a}" for a, b in itertools.pairwise(steps) if b > a + 1]
        faults = list(self.faults)
        if self.headings.count("h1") != 1:
            faults.append("one h1")
        return [*faults, *twice, *lost, *map(str, nameless), *map(str, groups), *jumps]


def wrong(response) -> list[str]:
    page = response.content.decode()
    assert re.search(r"<title>[^<]+ · StillOwe</title>", page)
    return Outline(page).wrong()


@pytest.mark.parametrize("address", QUIET)
def test_every_id_exists_once_and_everything_has_a_name(client, address):
    assert wrong(client.get(address)) == []


@pytest.mark.parametrize(
    ("state", "given"),
    [
        ("AZ", {"disposition": "nonjudicial"}),
        ("CA", {"disposition": "nonjudicial", "lien": "junior", "foreclosed_by": "senior_lender"}),
        ("IA", {"disposition": "judicial", "circumstances": ["loan_program"]}),
        ("NJ", {"stage": "behind", "disposition": "nothing_yet"}),
    ],
)
def test_so_it_is_on_every_question_and_with_every_mistake(client, state, given):
    seen, mistakes = [], 0
    page = client.get(f"/start/{state.lower()}/", follow=True)
    while page.request["PATH_INFO"].startswith("/q/"):
        address = page.request["PATH_INFO"]
        seen.append(address)
        assert wrong(page) == [], address
        walk_id = re.search(r'name="walk" value="([^"]*)"', page.content.decode())[1]
        mistaken = client.post(address, {"walk": walk_id, "loan": "0", "value": "\u202e<b>" * 30})
        if mistaken.status_code == 422:
            mistakes += 1
            assert wrong(mistaken) == [], address
            body = mistaken.content.decode()
            assert "<title>Error: " in body
            assert 'class="problem" role="alert"' in body
            assert "<b>" not in body
        assert len(seen) < 40
        page = client.get(client.post(address, form_data(page, **given))["Location"], follow=True)
    assert page.request["PATH_INFO"] == "/check/"
    assert mistakes > 8
    assert wrong(page) == []


def test_the_answer_too(client):
    walk_through(client, "UT", disposition="nonjudicial", units="1")
    assert wrong(client.get("/check/")) == []
    assert wrong(client.get("/resume/")) == []
    assert wrong(client.get("/report/")) == []


def test_htmx_gets_the_part_that_changes_with_its_title(client):
    whole = client.get("/privacy/").content.decode()
    part = client.get("/privacy/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" in whole
    assert "<html" not in part
    assert "<title>" in part
    assert part.count('id="page"') == whole.count('id="page"') == 1


def test_a_piece_that_is_kept_does_not_leak_into_another_page(client):
    titles = {}
    for address in ("/elsewhere/timeshare/", "/elsewhere/business/", "/privacy/", "/"):
        body = client.get(address).content.decode()
        titles[address] = re.search(r"<h1[^>]*>(.*?)</h1>", body, re.S)[1]
    assert len(set(titles.values())) == 4


def test_the_state_that_was_chosen_is_chosen_for_its_visitor_alone(client):
    other = type(client)()
    client.get("/start/ut/", follow=True)
    other.get("/start/nv/", follow=True)
    assert 'value="UT" selected' in client.get("/q/state/").content.decode()
    assert 'value="NV" selected' in other.get("/q/state/").content.decode()
    assert " selected" not in type(client)().get("/q/state/").content.decode().replace('value="" selected', "")


def test_no_template_styles_or_scripts_in_line():
    for path in TEMPLATES.rglob("*.html"):
        if "pdf" in path.parts:
            continue
        text = path.read_text()
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"|javascript:", text), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), path


def test_the_first_page_is_small_on_the_wire():
    assert len((STATIC / "css/site.css").read_bytes()) <= 10 * 1024
    script = next(Path(p) for p in _htmx())
    page = sum(len(gzip.compress(p.read_bytes(), 9)) for p in (STATIC / "css/site.css", STATIC / "js/site.js", script))
    assert page + (STATIC / "fonts/newsreader-500-subset.woff2").stat().st_size < 32 * 1024


def _htmx():
    import django_htmx

    yield Path(django_htmx.__file__).parent / "static/django_htmx/htmx-4.min.js"


@pytest.mark.parametrize(
    ("ink", "ground", "least"),
    [
        ("ink", "paper", 7),
        ("soft", "paper", 4.5),
        ("soft", "card", 4.5),
        ("deep", "paper", 4.5),
        ("deep", "tint", 4.5),
        ("bad", "card", 4.5),
        ("good", "good-bg", 4.5),
        ("mid", "mid-bg", 4.5),
        ("bad", "bad-bg", 4.5),
        ("open", "open-bg", 4.5),
        ("edge", "paper", 3),
        ("edge", "card", 3),
    ],
)
def test_colours_can_be_told_apart(ink, ground, least):
    css = (STATIC / "css/site.css").read_text()
    colours = dict(re.findall(r"--([\w-]+):(#[0-9a-f]{3,6})\b", css))
    lighter, darker = sorted((_light(colours[ink]), _light(colours[ground])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= least


def _light(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
