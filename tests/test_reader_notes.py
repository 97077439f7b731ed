"""Readers' notes: short, without a name, tied to a rule and its publication; never lost, never too many."""

import html
import io
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.utils import timezone

from config.logs import Discreet
from screener import notes, remember
from statelaw import store
from statelaw.document import plain_data
from statelaw.models import NOT_REVIEWED, ReaderNote
from statelaw.store import PublicationInfo

from .test_look import wrong
from .walker import walk_through

RULE = store.law("AZ").state.provisions[0]
FEDERAL_RULE = store.federal_law().provisions[0]
TEXT = "The time limit was changed in 2026. It is 120 days now."
SCRIPT = '</textarea><script>alert(1)</script>"'


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _nothing_counted():
    notes._counts.clear()
    yield
    notes._counts.clear()


@pytest.fixture
def reader():
    return Client(HTTP_HOST="localhost", REMOTE_ADDR="192.0.2.7")


@pytest.fixture
def away(monkeypatch):
    """The database is away."""

    def fail(*args, **kwargs):
        raise OperationalError("no route to the database at 10.1.2.3")

    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", fail)
    monkeypatch.setattr(BaseDatabaseWrapper, "savepoint", fail)


def send(reader, text=TEXT, *, code="az", query=f"rule={RULE.id}&page=law", **more):
    return reader.post(f"/note/{code}/?{query}", {"text": text, "more": "", **more})


def words(response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def typed(response) -> str:
    """What stands in the note's field."""
    found = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", response.content.decode(), re.S)
    return html.unescape(found[1])


def problem(response) -> str:
    """The summary of what is wrong."""
    found = re.search(r'<div class="problem" role="alert".*?</div>', response.content.decode(), re.S)
    return found[0] if found else ""


# --- the way in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [*store.codes(), "US"])
def test_every_rule_of_every_law_page_leads_to_a_note_about_itself(reader, code):
    page = reader.get(f"/law/{code.lower()}/").content.decode()
    document = store.federal_law() if code == "US" else store.law(code).state
    for provision in document.provisions:
        assert page.count(f'href="/note/{code.lower()}/?rule={provision.id}&amp;page=law"') == 1
    assert page.count(f'href="/note/{code.lower()}/?page=law"') == 1
    found = re.findall(r'<a href="/note/[^>]*>(.*?)</a>', page)
    assert len({re.sub(r"<[^>]+>", "", text) for text in found}) == len(found), "each link has a name of its own"


def test_every_rule_of_a_report_and_the_report_itself_too(reader):
    walk_through(reader, "AZ", disposition="judicial", circumstances=["bankruptcy_discharge"])
    page = reader.get("/report/").content.decode()
    links = re.findall(r'href="(/note/[^"]*)"', page)
    assert "/note/az/?page=report" in links
    report = reader.get("/report/").context["reports"][0]
    shown = [*report.reasons, *report.duties, *report.defenses, *report.near]
    assert any(rule.is_federal for rule in shown)
    for rule in shown:
        code = "us" if rule.is_federal else "az"
        assert f"/note/{code}/?rule={rule.id}&amp;page=report" in links
    for link in links:
        assert re.fullmatch(r"/note/(az|us)/\?(rule=[a-z0-9-]+&amp;)?page=report", link), "no answer goes along"
        response = reader.get(html.unescape(link))
        assert response.status_code == 200
        assert 'href="/report/"' in response.content.decode()


def test_the_form_says_what_it_is_about_and_costs_no_query(reader):
    """The test database is closed to this test: a query would be an error."""
    page = words(reader.get(f"/note/az/?rule={RULE.id}&page=law"))
    assert "Your note is about this rule of Arizona:" in page
    assert RULE.heading in page
    assert RULE.cite in page
    assert "Leave out your name, phone and loan number." in page
    assert "So we cannot answer." in page
    assert "this federal rule" in words(reader.get(f"/note/us/?rule={FEDERAL_RULE.id}"))
    assert "about the rules of Arizona as a whole" in words(reader.get("/note/az/?page=report"))
    assert "about the federal rules as a whole" in words(reader.get("/note/us/"))
    assert "about the rules of Arizona as a whole" in words(reader.get(f"/note/az/?rule={FEDERAL_RULE.id}"))


@pytest.mark.parametrize("query", ["", "rule=", "page=desk", "rule=%00", "rule=" + "x" * 3000, f"rule={SCRIPT}"])
def test_a_link_that_somebody_changed_is_about_the_whole(reader, query):
    response = reader.get(f"/note/az/?{query}")
    assert response.status_code == 200
    assert "as a whole" in words(response)
    assert "<script>alert" not in response.content.decode()
    assert 'href="/law/az/"' in response.content.decode()


@pytest.mark.parametrize("code", ["zz", "AZ", "collection-az", "federal", "options"])
@pytest.mark.parametrize("last", ["", "thanks/"])
def test_there_is_no_form_for_any_other_code(reader, code, last):
    assert reader.get(f"/note/{code}/{last}").status_code == 404
    if not last:
        assert send(reader, code=code).status_code == 404


def test_the_way_back_leads_to_the_rule_or_to_the_report(reader):
    assert f'href="/law/az/#{RULE.id}"' in reader.get(f"/note/az/?rule={RULE.id}&page=law").content.decode()
    for last in ("", "thanks/"):
        for query, back in ((f"rule={RULE.id}&page=law", f"/law/az/#{RULE.id}"), ("page=report", "/report/")):
            assert f'href="{back}"' in reader.get(f"/note/az/{last}?{query}").content.decode()


def test_search_machines_do_not_list_it_and_no_cache_keeps_it(reader):
    for address in ("/note/az/", "/note/az/thanks/"):
        response = reader.get(address)
        assert response["X-Robots-Tag"] == "noindex"
        assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_other_methods_are_refused(reader, method):
    assert getattr(reader, method)("/note/az/").status_code == 405
    assert reader.post("/note/az/thanks/").status_code == 405


# --- sending --------------------------------------------------------------------------------------------------------


@pytest.fixture
def published(monkeypatch):
    """Publications in this process's memory: 7 of Arizona, 4 of the federal layer."""
    held = store.load()
    rows = {
        code: (plain_data(document), PublicationInfo(code, number, timezone.now(), "digest", NOT_REVIEWED))
        for code, document, number in (("US", held.federal, 4), ("AZ", held.laws["AZ"].state, 7))
    }
    monkeypatch.setattr(store._state, "snapshot", store._build(rows, held, None))
    yield
    remember._kept.clear()


@pytest.mark.django_db
@pytest.mark.usefixtures("published")
def test_a_note_is_kept_with_its_rule_and_both_publications_and_thanked_for(reader):
    response = send(reader)
    assert response.status_code == 303
    assert response["Location"] == f"/note/az/thanks/?rule={RULE.id}&page=law"
    kept = ReaderNote.objects.get()
    assert (kept.code, kept.provision, kept.publication, kept.federal_publication) == ("AZ", RULE.id, 7, 4)
    assert (kept.page, kept.text, kept.status, kept.answer) == ("law", TEXT, "open", "")
    thanks = reader.get(response["Location"])
    assert "Thank you" in words(thanks)
    assert f'href="/law/az/#{RULE.id}"' in thanks.content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("published")
def test_a_note_about_a_federal_rule_or_a_whole_report(reader):
    send(reader, code="us", query=f"rule={FEDERAL_RULE.id}&page=report")
    send(reader, query="page=report")
    federal, whole = ReaderNote.objects.order_by("pk")
    assert (federal.code, federal.provision, federal.publication, federal.federal_publication) == (
        "US",
        FEDERAL_RULE.id,
        4,
        4,
    )
    assert (whole.code, whole.provision, whole.page) == ("AZ", "", "report")


@pytest.mark.django_db
def test_nothing_about_the_reader_is_kept_or_logged(reader, caplog):
    walk_through(reader, "AZ", disposition="nonjudicial", units="1", acres="0.2", owed="312345")
    caplog.set_level(logging.DEBUG)
    send(reader, "My note about the rule")
    send(reader, "")
    send(reader, "x" * 2000)
    kept = ReaderNote.objects.get()
    rows = [vars(kept), *(vars(row) for row in kept.history.all())]
    for row in rows:
        told = " ".join(str(value) for value in row.values())
        for secret in ("192.0.2.7", "312345", "nonjudicial"):
            assert secret not in told
        assert row.get("history_user_id") is None
    logged = " ".join(
        f"{record.getMessage()} {record.args}" for record in caplog.records if record.name != "django.db.backends"
    )
    for secret in ("192.0.2.7", "My note", RULE.id, "x" * 20):
        assert secret not in logged
    assert "192.0.2.7" not in str(notes._counts._cache)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  two words \r\n\r\n\r\n\r\nand more\t here ", "two words\n\nand more  here"),
        ("the\x00 rule\x07 \u202eis\u202c wrong\u200b", "the rule is wrong"),
        ("<b>bold</b> & {{ 7 }}", "<b>bold</b> & {{ 7 }}"),
        ("é" * 1000, "é" * 1000),
        ("line\r\n" * 200, ("line\n" * 200).strip()),
    ],
)
def test_what_cannot_be_seen_is_taken_out_and_lines_are_kept(reader, sent, kept):
    assert send(reader, sent).status_code == 303
    assert ReaderNote.objects.get().text == kept


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("", "Write what is wrong, in a few words."),
        (" \r\n\t ", "Write what is wrong, in a few words."),
        ("\u200b\u202e\x00", "Write what is wrong, in a few words."),
        ("x" * 1001, "Use at most 1,000 letters. Your note has 1,001."),
        (SCRIPT + "x" * 5000, "Use at most 1,000 letters."),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_the_text_stays(reader, sent, said):
    response = send(reader, sent)
    page = response.content.decode()
    assert response.status_code == 422
    assert '<a href="#id_text">' in problem(response)
    assert said in problem(response)
    assert re.search(r'<textarea[^>]*aria-invalid="true"[^>]*id="id_text"', page)
    assert re.search(r'<textarea[^>]*aria-describedby="[^"]*id_text_error', page)
    assert said in re.search(r'id="id_text_error">(.*?)</div>', page, re.S)[1]
    assert "<title>Error: " in page
    assert "<script>alert" not in page
    assert typed(response).strip("\x00 \r\n\t") == sent.strip("\x00 \r\n\t")


def test_a_body_without_the_field_is_an_empty_note(reader):
    assert reader.post("/note/az/", {}).status_code == 422
    assert reader.post("/note/az/", b"\xff\xfe=%", content_type="application/x-www-form-urlencoded").status_code == 422
    assert reader.post("/note/az/", {"text": io.StringIO(TEXT)}).status_code in (400, 422)


def test_a_huge_body_is_refused_before_it_is_read(reader):
    assert send(reader, "x" * 300_000).status_code == 413


def test_what_fills_in_every_field_is_refused_and_a_person_is_told_why(reader):
    page = reader.get("/note/az/").content.decode()
    assert re.search(r'<div class="field hide" aria-hidden="true"><label for="id_more">', page)
    assert re.search(r'<input[^>]*id="id_more"[^>]*tabindex="-1"', page)
    response = send(reader, more="https://spam.example")
    assert response.status_code == 422
    assert '<a href="#id_more">' in problem(response)
    assert '<div class="field"><label for="id_more">' in response.content.decode()
    assert typed(response) == TEXT


def test_a_rule_that_is_gone_since_the_form_was_opened_keeps_the_text(reader):
    response = send(reader, query="rule=az-was-here&page=law")
    assert response.status_code == 422
    assert "This rule is no longer on our pages." in problem(response)
    assert typed(response) == TEXT
    assert '<form method="post" action="/note/az/?page=law"' in response.content.decode()


def test_a_form_from_another_site_is_refused():
    strict = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)
    assert send(strict).status_code == 403


# --- not too many ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_address_may_send_five_an_hour_and_another_is_not_held_back(reader):
    for _ in range(notes.FROM_ONE):
        assert send(reader).status_code == 303
    response = send(reader, "one more")
    assert response.status_code == 429
    assert response["Retry-After"] == "3600"
    assert "Too many notes came in this hour." in problem(response)
    assert typed(response) == "one more"
    assert ReaderNote.objects.count() == notes.FROM_ONE
    assert send(Client(HTTP_HOST="localhost", REMOTE_ADDR="192.0.2.8")).status_code == 303


@pytest.mark.django_db
def test_mistakes_do_not_count(reader):
    for _ in range(3 * notes.FROM_ONE):
        assert send(reader, "").status_code == 422
    assert send(reader).status_code == 303


@pytest.mark.django_db
def test_after_an_hour_she_may_write_again(reader, monkeypatch):
    for _ in range(notes.FROM_ONE + 1):
        send(reader)
    now = notes.LocMemCache.has_key.__globals__["time"].time
    monkeypatch.setattr("django.core.cache.backends.locmem.time.time", lambda: now() + 3601)
    assert send(reader).status_code == 303


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "most"), [("AZ", notes.ABOUT_ONE), ("NV", notes.IN_ALL)])
def test_the_desk_takes_so_many_an_hour_about_one_state_and_in_all(reader, code, most):
    row = ReaderNote(code=code, page="law", text="x")
    ReaderNote.objects.bulk_create([ReaderNote(code=row.code, page="law", text="x") for _ in range(most)])
    response = send(reader)
    assert response.status_code == 429
    assert typed(response) == TEXT
    assert ReaderNote.objects.count() == most
    ReaderNote.objects.update(at=timezone.now() - timedelta(minutes=61))
    assert send(reader).status_code == 303


def test_behind_a_proxy_it_is_the_readers_address_that_counts(settings, rf):
    settings.PROXIES = 1
    seen = {
        notes._counter(rf.post("/note/az/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded))
        for forwarded in ("198.51.100.1", "198.51.100.2", "6.6.6.6, 198.51.100.2")
    }
    assert len(seen) == 2


# --- the database is away -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("away")
def test_while_the_database_is_away_the_text_stays_and_nothing_counts(reader, caplog):
    for _ in range(notes.FROM_ONE + 2):
        response = send(reader)
        assert response.status_code == 503
    assert response["Retry-After"] == "60"
    assert "We cannot take your note right now. Your words are still here." in problem(response)
    assert typed(response) == TEXT
    assert "10.1.2.3" not in response.content.decode()
    assert TEXT not in caplog.text
    assert reader.get("/note/az/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("error", [OperationalError, InterfaceError, DatabaseError])
def test_a_note_that_fails_while_it_is_written_is_no_fault_of_the_page(reader, monkeypatch, error):
    def fail(self, *args, **kwargs):
        raise error("gone")

    with monkeypatch.context() as patch:
        patch.setattr(ReaderNote, "save", fail)
        assert send(reader).status_code == 503
    assert send(reader).status_code == 303


def test_a_database_that_hangs_holds_few_threads(reader, monkeypatch):
    monkeypatch.setattr(notes, "SECONDS_TO_WAIT", 0.05)
    for _ in range(notes.AT_ONCE):
        assert notes._writers.acquire(timeout=1)
    try:
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: send(Client(HTTP_HOST="localhost")), range(4)))
    finally:
        for _ in range(notes.AT_ONCE):
            notes._writers.release()
    assert [answer.status_code for answer in answers] == [503] * 4
    assert {typed(answer) for answer in answers} == {TEXT}


def test_what_goes_wrong_is_logged_without_the_note():
    record = logging.LogRecord(
        "django.request", logging.WARNING, "", 0, "%s: %s", ("x", f"/note/az/?rule={RULE.id}"), None
    )
    assert Discreet().filter(record)
    assert RULE.id not in record.getMessage()


def test_every_page_of_it_is_tied_together_for_those_who_cannot_see_it(reader):
    pages = [
        reader.get(f"/note/az/?rule={RULE.id}&page=law"),
        reader.get("/note/us/"),
        reader.get("/note/az/thanks/?page=report"),
        send(reader, ""),
        send(reader, "", more="x"),
        send(reader, query="rule=gone"),
    ]
    for page in pages:
        assert wrong(page) == []
