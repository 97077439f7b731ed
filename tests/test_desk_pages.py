"""Who may see which page of the desk, and that no cache keeps one."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from axes.models import AccessAttempt, AccessLog
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from screener.models import Tally
from statelaw import publish
from statelaw.models import LoadedFile, Publication, ReaderNote, ReviewNote, Scenario, SignOff, Withdrawal

from .desk import person, signed_in

SHIPPED = publish.shipped()[0]
LOGIN, CODE = "/desk/login/", "/desk/second-factor/code/"

pytestmark = pytest.mark.django_db

ROLES = ("nobody", "staff", "editor", "reviewer", "publisher", "administrator")
STAFF = frozenset(ROLES) - {"nobody"}
DESK = STAFF - {"staff"}
EDITOR, REVIEWER, PUBLISHER = (frozenset({role, "administrator"}) for role in ("editor", "reviewer", "publisher"))
ADMINISTRATOR = frozenset({"administrator"})
NONE: frozenset[str] = frozenset()

#: Every page of the desk: who may see it. A page that is missing here fails the test: add yours.
PAGES = {
    "index": STAFF,
    "app_list": DESK,
    "jsi18n": STAFF,
    "password_change": STAFF,
    "password_change_done": STAFF,
    "second_factor": STAFF,
    "second_factor_setup": STAFF,
    "second_factor_code": STAFF,
    "second_factor_codes": STAFF,
    "second_factor_new_codes": STAFF,
    "second_factor_off": STAFF,
    "autocomplete": NONE,  # no form here completes names
    "auth_user_password_change": ADMINISTRATOR,
    "statelaw_help": STAFF,
    "statelaw_state": DESK,
    "statelaw_state_edit": EDITOR,
    "statelaw_start_again": EDITOR,
    "statelaw_export_draft": DESK,
    "statelaw_impact": DESK,
    "statelaw_table": DESK,
    "statelaw_rulings": DESK,
    "statelaw_differences": DESK,
    "statelaw_sign_off": REVIEWER,
    "statelaw_publish": PUBLISHER,
    "statelaw_roll_back": PUBLISHER,
    "statelaw_withdraw": PUBLISHER,
    "statelaw_import": EDITOR,
    "statelaw_loadedfile_export": DESK,
    "statelaw_publication_differences": DESK,
    "statelaw_publication_export": DESK,
    "statelaw_publication_history": NONE,  # it never changes
    "statelaw_scenarios_run": DESK,
}
#: The pages that every model has: who may look at its list, a row and the row's history; who may add; who may delete.
MODELS = {
    "auth_user": (ADMINISTRATOR, ADMINISTRATOR, NONE),
    "auth_group": (ADMINISTRATOR, NONE, NONE),
    "axes_accessattempt": (ADMINISTRATOR, NONE, NONE),
    "axes_accesslog": (ADMINISTRATOR, NONE, NONE),
    "screener_tally": (ADMINISTRATOR, NONE, NONE),
    "statelaw_jurisdictiondraft": (DESK, NONE, NONE),
    "statelaw_processdraft": (DESK, NONE, NONE),
    "statelaw_limitationsdraft": (DESK, EDITOR, EDITOR),
    "statelaw_questiondraft": (DESK, EDITOR, EDITOR),
    "statelaw_provisiondraft": (DESK, EDITOR, EDITOR),
    "statelaw_loadedfile": (DESK, NONE, NONE),
    "statelaw_publication": (DESK, NONE, NONE),
    "statelaw_signoff": (DESK, NONE, NONE),
    "statelaw_withdrawal": (DESK, NONE, NONE),
    "statelaw_scenario": (DESK, PUBLISHER, PUBLISHER),
    "statelaw_readernote": (DESK, NONE, NONE),
    "statelaw_reviewnote": (DESK, NONE, NONE),  # written where a draft is signed off or published
}
#: Whose row may be changed by whom, on its own page.
CHANGES = {
    "auth_user": ADMINISTRATOR,
    "statelaw_processdraft": EDITOR,
    "statelaw_limitationsdraft": EDITOR,
    "statelaw_questiondraft": EDITOR,
    "statelaw_provisiondraft": EDITOR,
    "statelaw_loadedfile": EDITOR,
    "statelaw_scenario": PUBLISHER,
    "statelaw_readernote": DESK,
    "statelaw_reviewnote": DESK,
}
#: Open to everybody, or only there to send somebody on.
DOORS = {"login", "logout", "view_on_site"}
#: Pages that are not there at all for those who may not see them.
NOT_FOUND = {"app_list", "statelaw_publication_history"}
#: What a page must be asked for.
QUERIES = {"statelaw_publication_differences": {"code": "AZ", "from": "1", "to": "2"}}


def pages_of(patterns, prefix: str = ""):
    """Every address of the desk: its name, and the names of what stands in it."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from pages_of(pattern.url_patterns, route)
        else:
            yield pattern.name, route


def every_named_page() -> dict[str, str]:
    return {name: route for name, route in pages_of(admin.site.get_urls()) if name}


def who_may(name: str) -> frozenset[str] | None:
    if name in PAGES:
        return PAGES[name]
    model, _, verb = name.rpartition("_")
    if model not in MODELS or verb not in ("changelist", "add", "history", "delete", "change"):
        return None
    look, add, delete = MODELS[model]
    return {"add": add, "delete": delete}.get(verb, look)


@pytest.fixture
def rows(db) -> None:
    """A row of every kind that a page of the desk shows."""
    codes = ("US", "federal", "options", "AZ", "CA")
    publish.publish([SHIPPED[code] for code in codes])
    ada = person("ada", "editor")
    arizona = Publication.objects.get(code="AZ")
    fields = {name: getattr(arizona, name) for name in ("code", "document", "text", "digest")}
    Publication.objects.create(**fields, number=2)  # in force
    Publication.objects.create(**fields, number=3, live_at=timezone.now() + timedelta(days=1))
    withdrawn = Publication.objects.create(**fields, number=4, live_at=timezone.now() + timedelta(days=2))
    Withdrawal.objects.create(publication=withdrawn, by="root", why="an example")
    SignOff.objects.create(code="AZ", digest=arizona.digest, by=ada)
    LoadedFile.objects.create(code="AZ", text=arizona.text, document=arizona.document, digest=arizona.digest)
    Scenario.objects.create(code="AZ", state="AZ", name="an example", why="an example", expect={"outcome": "barred"})
    ReaderNote.objects.create(code="AZ", page="law", text="an example")
    ReviewNote.objects.create(code="AZ", by=ada, text="an example")
    AccessAttempt.objects.create(username="x", ip_address="192.0.2.1", failures_since_start=1)
    AccessLog.objects.create(username="x", ip_address="192.0.2.1")
    Tally.objects.create(day=timezone.localdate(), state="AZ", outcome="barred")


def address_of(name: str, route: str) -> str:
    wanted = re.findall(r"<(?:\w+:)?(\w+)>", route)
    given = {}
    for part in wanted:
        if part == "code":
            given[part] = "AZ"
        elif part == "app_label":
            given[part] = "statelaw"
        else:
            given[part] = row_for(name, route).pk
    return reverse(f"admin:{name}", kwargs=given)


def row_for(name: str, route: str):
    app, model = route.split("/")[:2]
    found = apps.get_model(app, model).objects.all()
    if name == "statelaw_withdraw":  # what is still to come can be taken back
        found = found.filter(live_at__gt=timezone.now(), withdrawal__isnull=True)
    elif model == "publication":
        found = found.filter(code="AZ", number=1)
    row = found.first()
    assert row is not None, f"{name} needs an example: make a row of {app}.{model} in the fixture 'rows'"
    return row


def member(role: str, client: Client) -> Client:
    if role == "administrator":
        return signed_in(client, person(role, superuser=True))
    if role != "nobody":
        signed_in(client, person(role, *([] if role == "staff" else [role])))
    return client


def test_the_table_of_pages_names_every_page_and_no_other():
    names = set(every_named_page()) - DOORS
    missing = sorted(name for name in names if who_may(name) is None)
    assert not missing, f"say in PAGES or MODELS of {Path(__file__).name} who may see these pages: {missing}"
    assert not set(PAGES) - names, "these pages are gone"
    assert {name.rpartition("_")[0] for name in names if name.endswith("_changelist")} == set(MODELS)


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_the_desk_is_for_those_whom_it_is_for_and_in_no_cache(role, rows, client):
    """Whoever may not gets 403, or is led to sign in; nobody learns there whether a row is there."""
    member(role, client)
    wrong = []
    for name, route in sorted(every_named_page().items()):
        allowed = who_may(name)
        if allowed is None or name in DOORS:
            continue
        address = address_of(name, route)
        response = client.get(address, QUERIES.get(name, {}))
        if response.headers.get("Cache-Control") != "no-store, private":
            wrong.append(f"{address}: may be cached")
        to_door = response.status_code == 302 and response.url.startswith((LOGIN, CODE))
        if role in allowed:
            if response.status_code not in (200, 302, 405) or to_door:
                wrong.append(f"{name} {address}: {role} may, and got {response.status_code}")
        elif role == "nobody":
            if not to_door:
                wrong.append(f"{name} {address}: open to the street ({response.status_code})")
        elif _last_of(client, response) != (404 if name in NOT_FOUND else 403):
            wrong.append(f"{name} {address}: {role} may not, and got {response.status_code}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", ROLES)
def test_every_step_of_the_desk_is_taken_by_those_alone_whose_it_is(role, rows, client):
    """Whatever a page shows to whom: what is sent to it is refused."""
    member(role, client)
    wrong, refused = [], 0
    for name, route in sorted(every_named_page().items()):
        model, _, verb = name.rpartition("_")
        allowed = CHANGES.get(model, NONE) if verb == "change" and model in MODELS else who_may(name)
        if allowed is None or role in allowed or name in DOORS or model == "statelaw_jurisdictiondraft":
            continue
        response = client.post(address_of(name, route), QUERIES.get(name, {}))
        refused += 1
        to_door = role == "nobody" and response.status_code == 302 and response.url.startswith((LOGIN, CODE))
        if not to_door and response.status_code not in (403, 404, 405):
            wrong.append(f"{name}: {role} may not, and got {response.status_code}")
    assert refused > (10 if role == "administrator" else 20)
    assert not wrong, "\n".join(wrong)


def _last_of(client: Client, response) -> int:
    """The status of where an answer leads."""
    while response.status_code == 302:
        response = client.get(response.url)
    return response.status_code


def test_an_address_of_the_desk_that_does_not_exist_tells_a_stranger_nothing(client):
    for address in (
        "/desk/nothing/",
        "/desk/statelaw/provisiondraft/1/change/",
        "/desk/statelaw/provisiondraft/99999/change/",
    ):
        response = client.get(address)
        assert response.status_code == 302 and response.url.startswith(LOGIN)


def test_what_answers_before_the_desk_is_reached_is_not_kept_in_a_cache_either(client, settings):
    strict = Client(enforce_csrf_checks=True)
    settings.SECURE_SSL_REDIRECT = True
    answers = {"a redirect to https": Client().get(LOGIN)}
    settings.SECURE_SSL_REDIRECT = False
    answers |= {
        "without its slash": client.get("/desk"),
        "a page without its slash": client.get("/desk/login"),
        "a refused form": strict.post(LOGIN, {"username": "ada"}),
        "a body that is too large": client.post(LOGIN, {"username": "a" * 300_000}),
        "a method that there is not": client.put(LOGIN),
    }
    for what, response in answers.items():
        assert response.headers["Cache-Control"] == "no-store, private", what


def test_the_public_pages_are_not_the_desks_business(client):
    assert client.get("/law/").headers.get("Cache-Control") != "no-store, private"
