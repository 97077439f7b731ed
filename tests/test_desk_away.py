"""The desk without its database: it says so, says whether anything was saved, and keeps what was typed."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.test import Client
from django.utils import timezone
from lxml import html

from config import away
from statelaw import publish
from statelaw.models import JurisdictionDraft

from . import kept
from .desk import PASSWORD, person, signed_in

SHIPPED = publish.shipped()[0]
EDIT = "/desk/statelaw/jurisdictiondraft/AZ/edit/"
GAPS = 'Nobody knows "why" <yet>.\n\nA second gap, after an empty line & more.'


@pytest.fixture
def arizona(db):
    publish.publish([SHIPPED["US"], SHIPPED["AZ"]])
    return JurisdictionDraft.objects.get(code="AZ")


@pytest.fixture
def desk(arizona, client):
    return signed_in(client, person("ann", "editor"))


@contextmanager
def lost(*matching: str, error=OperationalError):
    """The database is away for every statement that holds one of these (for all, where none is given)."""

    def fail(execute, sql, params, many, context):
        if not matching or any(part in sql for part in matching):
            raise error("connection refused")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        yield


def form_of(response):
    """The form on the page that was sent, and its fields."""
    page = html.document_fromstring(response.content.decode())
    forms = [form for form in page.forms if form.get("action") != "/desk/logout/"]
    assert len(forms) == 1
    for text in forms[0].iter("textarea"):
        text.text = text.text.removeprefix("\n")  # as every browser reads it
    return forms[0], {name: value for name, value in forms[0].form_values() if name != "csrfmiddlewaretoken"}


def typed(version: int = 1, **fields):
    return {
        "name": "Arizona",
        "reviewed": "2026-07-01",
        "gaps": GAPS,
        "reason": "asked a clerk",
        "version": version,
    } | {**fields}


def lines(text: str) -> str:
    return text.replace("\r\n", "\n")


# --- nothing that was typed is lost ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "matching",
    [(), ("django_session",), ("auth_user",), ("statelaw_jurisdictiondraft",), ("UPDATE",)],
    ids=["everything", "the session", "the user", "the draft", "while saving"],
)
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_what_was_typed_is_on_the_page_and_sending_it_again_saves_it(desk, arizona, matching, error):
    with lost(*matching, error=error):
        response = desk.post(EDIT, typed(arizona.version))
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "no-store" in response["Cache-Control"]
    assert "Nothing was saved." in response.content.decode()
    form, sent = form_of(response)
    assert form.get("action") == EDIT
    assert {name: lines(value) for name, value in sent.items()} == {
        name: str(value) for name, value in typed(arizona.version).items()
    }
    for name in ("name", "reviewed", "gaps", "reason"):
        shown = form.xpath(f'.//*[@name="{name}"]')[0]
        assert shown.get("type") != "hidden"
        assert form.xpath(f'.//label[@for="{shown.get("id")}"]')
    assert form.xpath('.//*[@name="version"]')[0].get("type") == "hidden"

    arizona.refresh_from_db()
    assert arizona.edited_by is None
    assert "Saved" not in desk.get(EDIT).content.decode()
    assert desk.post(EDIT, sent).status_code == 302
    arizona.refresh_from_db()
    assert arizona.gaps == [line for line in GAPS.split("\n") if line]


def test_ticks_choices_and_the_pressed_button_are_sent_again(desk):
    sent = {"kind": ["nonjudicial", "strict"], "when.units.max": "2", "_save": "Save", "x-0-id": "7", "empty": ""}
    with lost():
        form, again = form_of(desk.post(EDIT, sent))
    assert [value for name, value in form.form_values() if name == "kind"] == ["nonjudicial", "strict"]
    assert again | {"kind": ["nonjudicial", "strict"]} == sent
    assert "Kind: nonjudicial" in " ".join(form.text_content().split())
    assert form.xpath('.//*[@name="when.units.max"]')[0].get("type") != "hidden"


@pytest.fixture
def lasting(transactional_db, client):
    """The same desk, where what is saved is committed."""
    kept.make_groups()
    publish.publish([SHIPPED["US"], SHIPPED["AZ"]])
    yield signed_in(client, person("ann", "editor"))
    kept.clear()


def test_what_was_saved_before_the_database_went_is_not_called_unsaved(lasting):
    with lost("UPDATE"):
        certain = lasting.post(EDIT, typed())
    assert "Nothing was saved." in certain.content.decode()
    session = lasting.session
    session.set_expiry(timezone.now() + timedelta(minutes=5))  # so that its end is moved on, and the session written
    session.save()
    with lost('UPDATE "django_session"', 'INSERT INTO "django_session"'):  # after the view has done its work
        doubtful = lasting.post(EDIT, typed())
    assert JurisdictionDraft.objects.get(code="AZ").edited_by.username == "ann"
    assert doubtful.status_code == 503
    said = doubtful.content.decode()
    assert "Nothing was saved." not in said
    assert "It may have been saved, or not." in said
    assert lines(form_of(doubtful)[1]["gaps"]) == GAPS


def test_a_commit_that_broke_leaves_it_open_and_no_message_says_saved(lasting, monkeypatch):
    def _commit():
        raise OperationalError("server closed the connection unexpectedly")

    lasting.get(EDIT)  # the session's end is moved on here, and not again below
    monkeypatch.setattr(connection, "_commit", _commit)
    response = lasting.post(EDIT, typed())
    monkeypatch.undo()
    assert response.status_code == 503
    assert "It may have been saved, or not." in response.content.decode()
    assert not response.cookies.keys() - {"csrftoken"}
    assert JurisdictionDraft.objects.get(code="AZ").edited_by is None
    assert "Saved." not in lasting.get(EDIT).content.decode()
    assert lasting.post(EDIT, form_of(response)[1]).status_code == 302


# --- what is not shown -----------------------------------------------------------------------------------------------


def test_a_password_is_never_shown_again(db, client):
    person("ann", "editor", password=PASSWORD)
    with lost():
        response = client.post("/desk/login/", {"username": "ann", "password": PASSWORD})
    assert response.status_code == 503
    assert PASSWORD not in response.content.decode()
    assert not html.document_fromstring(response.content.decode()).forms


def test_a_new_persons_password_is_left_out_of_what_is_kept(db, client):
    desk = signed_in(client, person("root", superuser=True))
    with lost('"auth_user"'):
        response = desk.post("/desk/auth/user/add/", {"username": "bo", "password1": PASSWORD, "password2": PASSWORD})
    assert response.status_code == 503
    assert PASSWORD not in response.content.decode()
    assert form_of(response)[1] == {"username": "bo"}


def test_a_one_time_code_is_never_shown_again(db, client):
    pia = person("pia", "publisher")
    client.force_login(pia, "django.contrib.auth.backends.ModelBackend")
    for address in ("code/", "set-up/", "off/"):
        with lost():
            response = client.post(f"/desk/second-factor/{address}", {"code": "123456"})
        assert response.status_code == 503
        assert "123456" not in response.content.decode()


def test_what_another_site_sent_gets_no_form(arizona):
    client = Client(enforce_csrf_checks=True)
    signed_in(client, person("ann", "editor"))
    with lost():
        response = client.post(EDIT, typed(gaps="Planted by somebody else."))
    assert response.status_code == 503
    assert "Planted" not in response.content.decode()
    assert not html.document_fromstring(response.content.decode()).forms


def test_a_body_that_cannot_be_read_gets_a_plain_answer(desk, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 5
    with lost():
        response = desk.post(EDIT, {f"field{number}": "x" for number in range(20)})
    assert response.status_code in (400, 503)


# --- the other requests ----------------------------------------------------------------------------------------------


def test_a_page_of_the_desk_is_away_too_and_says_so(desk):
    for address in (EDIT, "/desk/", "/desk/statelaw/publication/?q=az"):
        with lost():
            response = desk.get(address)
        assert response.status_code == 503
        page = html.document_fromstring(response.content.decode())
        assert "The desk can’t reach its database" in page.text_content()
        assert "Nothing was saved" not in page.text_content()
        assert page.xpath('//a[@class="go"]')[0].get("href") == address
        assert not page.forms
        assert desk.get(address).status_code == 200


def test_a_part_of_a_page_gets_a_word_and_no_second_copy_of_its_fields(desk):
    with lost():
        response = desk.post(EDIT, typed(), headers={"HX-Request": "true"})
    said = response.content.decode()
    assert response.status_code == 503
    assert 'role="alert"' in said
    assert "What you typed is still on this page." in said
    assert "<input" not in said
    assert "<html" not in said


def test_visitors_notice_nothing(db, client):
    with lost():
        assert client.get("/").status_code == 200
        assert client.get("/law/az/").status_code == 200
        assert client.get("/start/az/", follow=True).status_code == 200


def test_the_page_without_a_database_fits_the_desk_and_holds_no_script(desk):
    with lost():
        page = html.document_fromstring(desk.post(EDIT, typed()).content.decode())
    assert not page.xpath("//*[@style or @onclick]")
    assert not page.xpath("//script[not(@src)]")
    assert page.get("lang")
    assert len(page.xpath("//h1")) == 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OperationalError("database is locked"), True),
        (InterfaceError("connection already closed"), True),
        (DatabaseError("a mistake of ours"), False),
        (ValueError("a mistake of ours"), False),
    ],
)
def test_only_a_database_that_is_away_is_called_away(error, expected):
    assert away.is_away(error) is expected
    later = RuntimeError("while it was handled")
    later.__context__ = error
    assert away.is_away(later) is expected


def test_a_mistake_of_ours_stays_an_error(desk, monkeypatch):
    desk.raise_request_exception = False
    with lost("statelaw_jurisdictiondraft", error=DatabaseError):
        assert desk.post(EDIT, typed()).status_code == 500
