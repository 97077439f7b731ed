"""Readers' notes at the desk: seen with what the reader saw, handled with a word on what was done."""

import pytest

from statelaw import publish
from statelaw.models import ProvisionDraft, ReaderNote

from .desk import person, signed_in

SHIPPED = publish.shipped()[0]
ADDRESS = "/desk/statelaw/readernote/"


@pytest.fixture
def note(db):
    publish.publish([SHIPPED[code] for code in ("US", "federal", "options", "AZ")])
    return ReaderNote.objects.create(
        code="AZ", provision="az-33-814-g", publication=1, federal_publication=1, page="law",
        text="<script>alert(1)</script> {{ 7 }} the acres changed",
    )  # fmt: skip


@pytest.fixture
def eve(note, client):
    return signed_in(client, person("eve", "editor"))


def test_a_note_leads_to_the_rule_the_publications_and_the_state(note, eve):
    page = eve.get(f"{ADDRESS}{note.pk}/change/").content.decode()
    rule = ProvisionDraft.objects.get(slug="az-33-814-g")
    assert f"/provisiondraft/{rule.pk}/change/" in page
    assert page.count("/statelaw/publication/") >= 2
    assert "/jurisdictiondraft/AZ/" in page


def test_nothing_of_a_note_is_html(note, eve):
    for path in ("", f"{note.pk}/change/", f"{note.pk}/history/"):
        page = eve.get(ADDRESS + path).content.decode()
        assert "<script>alert" not in page
    assert "&lt;script&gt;" in eve.get(ADDRESS).content.decode()
    assert "<script>alert" not in eve.get("/desk/statelaw/jurisdictiondraft/AZ/").content.decode()


def test_done_needs_a_word_and_the_history_keeps_who_did_it(note, eve):
    address = f"{ADDRESS}{note.pk}/change/"
    response = eve.post(address, {"status": "done", "answer": " "})
    assert response.status_code == 200 and "Say what was done" in response.content.decode()
    eve.post(address, {"status": "done", "answer": "Checked: still 2.5 acres.", "text": "another", "code": "FL"})
    note.refresh_from_db()
    assert (note.status, note.answer, note.code) == ("done", "Checked: still 2.5 acres.", "AZ")
    assert "acres changed" in note.text, "what the reader wrote stays"
    assert note.history.first().history_user.username == "eve"
    assert "eve" in eve.get(f"{ADDRESS}{note.pk}/history/").content.decode()


def test_a_note_about_a_rule_that_is_gone_or_a_whole_page_is_shown_too(note, eve):
    gone = ReaderNote.objects.create(code="AZ", provision="az-gone", page="report", text="x")
    whole = ReaderNote.objects.create(code="US", page="law", text="y")
    assert "no longer in the draft" in eve.get(f"{ADDRESS}{gone.pk}/change/").content.decode()
    assert "the page as a whole" in eve.get(f"{ADDRESS}{whole.pk}/change/").content.decode()


def test_the_list_is_filtered_by_state_and_standing(note, eve):
    ReaderNote.objects.create(code="FL", page="law", text="Florida is wrong", status="done", answer="no")
    page = eve.get(f"{ADDRESS}?status__exact=open&code=AZ").content.decode()
    assert "acres changed" in page and "Florida is wrong" not in page
    assert eve.get(f"{ADDRESS}?code=a%00").status_code == 200


@pytest.mark.parametrize(("group", "may"), [(None, False), ("editor", True), ("reviewer", True), ("publisher", True)])
def test_every_group_handles_notes_and_nobody_adds_or_deletes_one(group, may, note, client):
    someone = signed_in(client, person("p", *([group] if group else [])))
    data = {"status": "done", "answer": "seen"}
    assert someone.post(f"{ADDRESS}{note.pk}/change/", data).status_code == (302 if may else 403)
    assert someone.get(f"{ADDRESS}add/").status_code == 403
    assert someone.post(f"{ADDRESS}{note.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ReaderNote.objects.filter(pk=note.pk).exists()
