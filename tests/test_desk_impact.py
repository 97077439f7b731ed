"""The desk's pages of what a change does, of a state at one glance, and of the rules behind an answer."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from statelaw import drafts, impact_runs, publish
from statelaw.models import ImpactRun, JurisdictionDraft, ProvisionDraft, Scenario

from . import kept
from .desk import person, signed_in

SHIPPED = publish.shipped()[0]
PAGES = ("statelaw_impact", "statelaw_table", "statelaw_rulings")


def lay_out() -> None:
    publish.publish([SHIPPED[code] for code in ("US", "federal", "options", "AZ", "CT")])


@pytest.fixture
def desk(db, monkeypatch):
    """Arizona, Connecticut and the federal layer as drafts; runs are worked out at once."""
    lay_out()
    monkeypatch.setattr(impact_runs, "begin", lambda work: work.run())


@pytest.fixture
def ann(db) -> User:
    return person("ann", "editor")


@pytest.fixture
def client(ann) -> Client:
    return signed_in(Client(), ann)


def edit(by: User, code: str = "AZ", slug: str = "az-33-814-g", **when) -> JurisdictionDraft:
    """One rule's conditions changed, as the desk does it."""
    draft = JurisdictionDraft.objects.get(code=code)
    row = ProvisionDraft.objects.get(jurisdiction=draft, slug=slug)
    row.when = {**row.when, **when}
    drafts.save_row(row, by, "a test")
    return drafts.touch(draft, by)


def page(client: Client, name: str, code: str = "AZ", query: str = "", **headers) -> str:
    response = client.get(reverse(f"admin:{name}", args=[code]) + query, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# --- who may look ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("group", ["editor", "reviewer", "publisher"])
def test_every_group_of_the_desk_may_look(desk, name, group):
    page(signed_in(Client(), person("someone", group)), name)


@pytest.mark.parametrize("name", PAGES)
def test_nobody_else_may(desk, name):
    address = reverse(f"admin:{name}", args=["AZ"])
    assert Client().get(address).status_code == 302
    assert signed_in(Client(), person("no-group")).get(address).status_code == 403


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_looked_at_only_and_unknown_states_are_not_there(desk, client, name):
    address = reverse(f"admin:{name}", args=["AZ"])
    assert client.post(address).status_code == 405
    assert client.get(address.replace("/AZ/", "/ZZ/")).status_code == 404
    assert "no-store" in client.get(address)["Cache-Control"]


# --- the impact ------------------------------------------------------------------------------------------------------


def test_a_draft_as_published_changes_nothing(desk, client):
    said = text(page(client, "statelaw_impact"))
    assert "0 of 600 situations change." in said
    assert "The draft is as published" in said


def test_a_change_is_shown_in_words_with_a_worked_example_of_before_and_after(desk, client, ann):
    edit(ann, acres={"max": "5"})
    said = text(page(client, "statelaw_impact"))
    assert "60 of 600 situations change." in said
    assert "sale without a court case" in said
    assert "drawn along another line" in said
    assert "Acres of land: from 2.51 to 5" in said
    assert "Small home, trustee&#x27;s sale: no suit for the rest" in said
    assert re.search(r"Before.*from 0 to 2.5.*After.*from 0 to 5", said)
    assert ": None" not in said
    assert not re.search(r"\b(loan_use|foreclosed_by|this_lender|nonjudicial)\b", said)


def test_scenarios_that_change_or_fail_are_named(desk, client, ann):
    Scenario.objects.create(
        code="AZ",
        state="AZ",
        name="three acres",
        why="x",
        given={
            "facts": {
                "disposition": "nonjudicial",
                "lien": "first",
                "residence": "primary",
                "loan_use": "purchase",
                "units": 1,
                "acres": 3,
                "loan_date": "2010-01-01",
            },
            "money": {"owed": 200000, "sale_price": 150000, "fair_value": 170000},
        },
        expect={"outcome": "capped"},
    )
    edit(ann, acres={"max": "5"})
    said = text(page(client, "statelaw_impact"))
    assert "The result of 1 of 1 scenario changes." in said
    assert "1 fails, which blocks publishing." in said
    assert "three acres" in said
    assert "outcome: expected capped, found barred" in said


def test_a_draft_with_mistakes_shows_them_and_no_impact(desk, client, ann):
    edit(ann, residence=["castle"])
    said = text(page(client, "statelaw_impact"))
    assert "The draft has mistakes" in said
    assert "castle" in said
    assert not ImpactRun.objects.exists()


def test_the_federal_layer_is_run_over_every_state_and_names_those_that_it_would_break(desk, client, ann):
    draft = edit(ann, "US", "us-not-signed", residence=["primary"])
    question = draft.questions.get(fact="us_took_over_debt")
    for row in ProvisionDraft.objects.filter(jurisdiction=draft):
        row.when.pop("us_took_over_debt", None)
        row.unless = [clause for clause in row.unless if "us_took_over_debt" not in clause]
        drafts.save_row(row, ann, "a test")
    question.delete()
    drafts.touch(draft, ann)
    said = text(page(client, "statelaw_impact", "US"))
    assert "of 170,160 situations change" in said
    assert "State by state" in said
    assert "Alabama" in said
    result = impact_runs.result_for(JurisdictionDraft.objects.get(code="US"))
    uses = [code for code in ("AZ", "CT") if "us_took_over_debt" in str(SHIPPED[code].document)]
    assert {state["code"] for state in result["broken"]} >= set(uses)
    assert len(result["states"]) + result["unchanged"] + len(result["broken"]) == 51


def test_a_state_whose_rules_name_what_the_federal_draft_no_longer_has_is_told_as_broken(desk):
    federal = SHIPPED["US"].document
    state = SHIPPED["AZ"].document
    broken: list = []
    gone = federal.model_copy(update={"questions": ()})
    rule = state.provisions[0].model_copy(update={"when": {federal.questions[0].fact: (True,)}})
    law = impact_runs._law_beside(gone, state.model_copy(update={"provisions": (rule,)}), "AZ", broken)
    assert law is None
    assert broken[0]["name"] == "Arizona"
    assert federal.questions[0].fact in broken[0]["mistakes"][0]


# --- runs ------------------------------------------------------------------------------------------------------------


def test_a_result_belongs_to_exactly_one_content(desk, client, ann):
    draft = edit(ann, acres={"max": "5"})
    assert impact_runs.result_for(draft) is None
    page(client, "statelaw_impact")
    found = impact_runs.summary(impact_runs.result_for(draft))
    assert (found["total"], found["changed"], found["outcomes"]) == (600, 60, 60)
    again = edit(ann, acres={"max": "6"})
    assert impact_runs.result_for(again) is None
    back = edit(ann, acres={"max": "5"})
    assert impact_runs.result_for(back)["changed"] == 60


def test_a_changed_scenario_asks_for_a_new_run(desk, client, ann):
    page(client, "statelaw_impact")
    Scenario.objects.create(code="AZ", state="AZ", name="new", why="x", given={}, expect={"outcome": "depends"})
    assert impact_runs.result_for(JurisdictionDraft.objects.get(code="AZ")) is None


def test_while_it_works_the_page_tells_how_far_it_is_and_comes_back_by_itself(desk, client, ann, monkeypatch):
    begun = []
    monkeypatch.setattr(impact_runs, "begin", begun.append)
    monkeypatch.setattr("statelaw.desk.impact_views.WAIT_SECONDS", 0)
    edit(ann, acres={"max": "5"})
    html = page(client, "statelaw_impact")
    assert 'role="status"' in html
    assert "<progress" in html
    assert 'hx-trigger="every 1s"' in html
    assert "Look again" in html
    begun[0].last = 0.0
    begun[0].progress(3, 12)
    part = page(client, "statelaw_impact", **{"HX-Request": "true"})
    assert "<html" not in part
    assert 'value="3" max="12"' in part
    begun[0].run()
    done = client.get(reverse("admin:statelaw_impact", args=["AZ"]), headers={"HX-Request": "true"})
    assert done["HX-Refresh"] == "true"
    assert "60 of 600 situations change." in text(page(client, "statelaw_impact"))
    assert len(begun) == 1  # nobody else began it again meanwhile


def test_a_silent_run_is_taken_over_and_the_one_before_writes_nothing_more(desk, ann, monkeypatch):
    begun = []
    monkeypatch.setattr(impact_runs, "begin", begun.append)
    draft = edit(ann, acres={"max": "5"})
    row = impact_runs.start_for(draft)
    impact_runs.start_for(draft)
    assert len(begun) == 1
    ImpactRun.objects.filter(pk=row.pk).update(beat_at=timezone.now() - timedelta(seconds=16))
    impact_runs.start_for(draft)
    first, second = begun
    first.run()
    row.refresh_from_db()
    assert row.result is None
    second.run()
    row.refresh_from_db()
    assert row.result["changed"] == 60


def test_a_failed_run_says_so_and_is_tried_again_later(desk, client, ann, monkeypatch):
    def fail(*args):
        raise RuntimeError("the moon")

    draft = edit(ann, acres={"max": "5"})
    with monkeypatch.context() as patch:
        patch.setattr(impact_runs, "work_out", fail)
        said = text(page(client, "statelaw_impact"))
    assert "It could not be worked out" in said
    assert impact_runs.result_for(draft) is None
    ImpactRun.objects.update(beat_at=timezone.now() - timedelta(seconds=16))
    assert "60 of 600" in text(page(client, "statelaw_impact"))


def test_old_runs_are_cleared_away(desk, client, ann):
    page(client, "statelaw_impact")
    ImpactRun.objects.update(beat_at=timezone.now() - timedelta(days=4))
    edit(ann, acres={"max": "5"})
    page(client, "statelaw_impact")
    assert ImpactRun.objects.count() == 1


@pytest.fixture
def committed(transactional_db):
    kept.make_groups()
    lay_out()
    yield
    kept.clear()


def test_a_run_works_in_a_thread_of_its_own(committed):
    ann = person("ann", "editor")
    with transaction.atomic():
        draft = edit(ann, acres={"max": "5"})
    row = impact_runs.start_for(draft)
    end = time.monotonic() + 60
    while row.result is None and not row.error and time.monotonic() < end:
        row = impact_runs.wait_for(row, 1)
    assert (row.error, row.result["changed"]) == ("", 60)


# --- the table -------------------------------------------------------------------------------------------------------


def test_the_table_shows_every_way_and_names_outcomes_beside_their_colours(desk, client):
    html = page(client, "statelaw_table")
    said = text(html)
    for words in ("sale in a court case", "deed in lieu of foreclosure", "in the foreclosure of a lender ahead of it"):
        assert words in said
    cells = re.findall(r'<td class="(\w+)">(.*?)</td>', html, re.DOTALL)
    words = {"good": ("Protected",), "mid": ("Limited",), "bad": ("At risk",), "open": ("It depends",)}
    assert cells
    assert all(any(word in cell for word in words[tone]) for tone, cell in cells)


def test_cells_that_differ_say_so_in_words_from_both_sides(desk, client, ann):
    draft = edit(ann, slug="az-33-729-a", residence=["rental"])
    assert draft.is_edited
    here, there = (text(page(client, "statelaw_table", query=f"?of={of}")) for of in ("draft", "publication"))
    count = re.search(r"(\d+) of 150 answers differ", here)
    assert count and int(count[1]) > 0
    assert count[0] in there
    assert "Differs. In force:" in here
    assert "Differs. Draft:" in there


def test_a_cell_leads_to_the_rules_behind_it(desk, client):
    html = page(client, "statelaw_table")
    address = re.search(r'href="(/desk/[^"]*/rulings/\?[^"]*)"', html)[1].replace("&amp;", "&")
    response = client.get(address)
    assert response.status_code == 200
    said = text(response.content.decode())
    assert "What decides" in said
    assert "Met: How the home was lost" in said


def test_the_federal_layer_is_looked_at_within_a_state(desk, client):
    said = page(client, "statelaw_table", "US", "?state=CT")
    assert '<option value="CT" selected>' in said
    assert "strict foreclosure" in said


# --- the rules behind an answer --------------------------------------------------------------------------------------

CELL = "?disposition=nonjudicial&foreclosed_by=this_lender&lien=first&residence=primary&loan_use=purchase&units=1"


def test_facts_that_are_set_decide_the_answer(desk, client):
    assert "It depends" in text(page(client, "statelaw_rulings", query=CELL))
    said = text(page(client, "statelaw_rulings", query=CELL + "&acres=1"))
    assert "The answer under the draft Protected" in said
    said = text(page(client, "statelaw_rulings", query=CELL + "&acres=9"))
    assert "The answer under the draft Limited $30,000" in said


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?disposition=castle", "disposition"),
        ("?units=0", "units"),
        ("?units=99999999999", "units"),
        ("?acres=-1", "acres"),
        ("?acres=1e400", "acres"),
        ("?acres=NaN", "acres"),
        ("?loan_date=2020-02-31", "loan_date"),
        ("?sale_date=0001-01-01", "sale_date"),
        ("?sale_date=2010-01-01&loan_date=2015-01-01", "loan_date"),
        ("?lien=first&foreclosed_by=senior_lender&disposition=judicial", "foreclosed_by"),
        ("?disposition=short_sale&foreclosed_by=senior_lender", "foreclosed_by"),
        ("?of=yesterday", "of"),
        ("?az_home_finished=maybe", "az_home_finished"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(desk, client, query, field):
    html = page(client, "statelaw_rulings", query=query)
    assert f'href="#id_{field}"' in html
    assert f'id="id_{field}_error"' in html
    assert "The answer under" not in html


def test_a_rule_of_the_draft_can_be_reached_from_its_ruling(desk, client):
    row = ProvisionDraft.objects.get(slug="az-33-814-g")
    assert reverse("admin:statelaw_provisiondraft_change", args=[row.pk]) in page(
        client, "statelaw_rulings", query=CELL
    )
    published = page(client, "statelaw_rulings", query=CELL + "&of=publication")
    assert "The answer under the law in force" in text(published)
    assert "/provisiondraft/" not in re.sub(r"<nav.*?</nav>", "", published, flags=re.DOTALL)
