"""The law's scenarios at the desk: loaded without overwriting anyone, run in a moment, written without code."""

import io
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from statelaw import drafts, publish, scenarios
from statelaw.desk.scenarios import ScenarioForm
from statelaw.models import JurisdictionDraft, ProvisionDraft, Scenario
from statelaw.reasoning import Law

from .desk import person, signed_in

SHIPPED = publish.shipped()[0]
FOLDER = Path(__file__).parent / "scenarios"
ADDRESS = "/desk/statelaw/scenario/"


@pytest.fixture
def desk(db):
    """Arizona, Florida and the federal layer, published and laid out as drafts, with the scenarios of both states."""
    publish.publish([SHIPPED[code] for code in ("US", "federal", "options", "AZ", "FL")])
    scenarios.load([FOLDER / "AZ.yaml", FOLDER / "FL.yaml"])


@pytest.fixture
def pia(desk, client):
    return signed_in(client, person("pia", "publisher"))


def load(*paths) -> str:
    out = io.StringIO()
    call_command("load_scenarios", *map(str, paths), stdout=out, stderr=out)
    return out.getvalue()


def az_bar_off(by):
    """Arizona's draft with its main bar turned to one acre at most."""
    draft = JurisdictionDraft.objects.get(code="AZ")
    row = ProvisionDraft.objects.get(jurisdiction=draft, slug="az-33-814-g")
    row.when = {**row.when, "acres": {"max": "0.1"}}
    drafts.save_row(row, by, "to see what fails")
    return drafts.touch(draft, by)


def posted(form: ScenarioForm, **changes) -> dict:
    """What a browser sends for a form as it is shown, with changes."""
    data = {}
    for field in form:
        value = field.value()
        if value in (None, False, ""):
            continue
        data[field.html_name] = "on" if value is True else value
        if isinstance(value, list) and field.name == "expect.cites":
            data[field.html_name] = "\n".join(value)
    return {**data, "reason": "better", **changes}


def form_of(row: Scenario) -> ScenarioForm:
    return ScenarioForm(None, law=scenarios.laws_in_force()(row.state), row=row, state_name="State")


# --- loading ---------------------------------------------------------------------------------------------------------


def test_every_shipped_scenario_is_loaded_once(db):
    files = scenarios.shipped_files()
    many = sum(len(yaml.safe_load(path.read_text())) for path in files)
    assert f"{many} new" in load()
    assert f"0 new, 0 renewed, {many} unchanged" in load()
    assert Scenario.objects.count() == many


def test_a_changed_file_renews_what_nobody_edited_and_leaves_an_edit_alone(desk, tmp_path):
    first, second = Scenario.objects.filter(code="AZ")[:2]
    first.why = "An editor knows better."
    drafts.save_row(first, person("ann"), "more exact")
    cases = yaml.safe_load((FOLDER / "AZ.yaml").read_text())
    for case in cases:
        case["why"] = f"{case['why']} Newer."
    path = tmp_path / "AZ.yaml"
    path.write_text(yaml.safe_dump(cases))
    said = load(path)
    assert f"edited or taken away at the desk, left as it is: {first.name}" in said
    assert f"{len(cases) - 1} renewed" in said and "1 left as edited" in said
    first.refresh_from_db(), second.refresh_from_db()
    assert first.why == "An editor knows better."
    assert second.why.endswith("Newer.")


def test_what_left_its_file_goes_and_what_somebody_took_away_does_not_come_back(desk, tmp_path):
    kept, gone = Scenario.objects.filter(code="AZ")[:2]
    cases = [case for case in yaml.safe_load((FOLDER / "AZ.yaml").read_text()) if case["name"] != gone.name]
    path = tmp_path / "AZ.yaml"
    path.write_text(yaml.safe_dump(cases))
    drafts.delete_row(kept, person("pia"), "not a case that occurs")
    said = load(path)
    assert "1 gone with their file, 1 left as edited" in said
    assert not Scenario.objects.filter(name__in=[kept.name, gone.name]).exists()
    assert Scenario.history.filter(name=kept.name, history_type="-").get().history_change_reason


def test_a_mistake_in_a_file_is_named_and_takes_nothing_away(desk, tmp_path):
    path = tmp_path / "AZ.yaml"
    path.write_text(
        "- {name: x, why: y, fact: {lien: first}}\n- {why: nameless}\n- {name: ok, why: y, expect: {outcome: barred}}"
    )
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("load_scenarios", str(path), stdout=out, stderr=out)
    said = out.getvalue()
    assert "x: fact: unknown key" in said and "x: expect: must name an outcome" in said
    assert "scenario 2: name: is missing" in said
    assert Scenario.objects.filter(code="AZ").count() > 5, "nothing was taken away"
    for wrong in ("nowhere/AZ.yaml", str(tmp_path / "arizona.yaml")):
        with pytest.raises(CommandError):
            load(wrong)


# --- running ---------------------------------------------------------------------------------------------------------


def test_all_hold_against_the_law_as_shipped(desk):
    standing = scenarios.standing()
    assert standing.total == Scenario.objects.count() > 20
    assert standing.failing == {}


def test_an_edit_that_breaks_a_scenario_is_seen_at_once_and_only_against_the_draft(desk):
    draft = az_bar_off(person("ann", "editor"))
    failing = scenarios.failing("AZ", drafts.document_of(draft))
    assert "az-trustee-sale-small-home" in {failure.name for failure in failing}
    assert {failure.scenario.state for failure in failing} == {"AZ"}
    standing = scenarios.standing()
    assert set(standing.failing.values()) == {"AZ"}
    assert len(standing.failing) == len(failing)
    assert all(result.holds for result in scenarios.run("AZ", scenarios.laws_in_force()))


def test_the_last_run_is_kept_while_nothing_changes(desk, django_assert_max_num_queries):
    scenarios.standing()
    with django_assert_max_num_queries(3):
        scenarios.standing()
    row = Scenario.objects.filter(code="FL").first()
    row.expect = {**row.expect, "outcome": "no_shortfall"}
    drafts.save_row(row, person("pia"), "to see it fail")
    assert list(scenarios.standing().failing) == [row.pk]


def test_the_federal_layer_is_tested_by_every_scenario_of_every_state(desk):
    scenarios.load([FOLDER / "US.yaml"])
    document = SHIPPED["US"].document
    assert len(scenarios.run("US", scenarios.laws_with("US", document))) == Scenario.objects.count()
    assert scenarios.failing("US", document) == []
    without_bars = tuple(p for p in document.provisions if p.effect != "bar")
    failing = scenarios.failing("US", document.model_copy(update={"provisions": without_bars}))
    assert {failure.scenario.code for failure in failing} >= {"US"}


def test_a_federal_edit_that_breaks_a_scenario_counts_as_well(desk, client):
    scenarios.load([FOLDER / "US.yaml"])
    ann = person("ann", "editor")
    draft = JurisdictionDraft.objects.get(code="US")
    for row in ProvisionDraft.objects.filter(jurisdiction=draft, effect="bar"):
        drafts.delete_row(row, ann, "to see what fails")
    drafts.touch(draft, ann)
    failing = scenarios.standing().failing
    assert failing
    row = Scenario.objects.get(pk=min(failing))
    page = signed_in(client, ann).get(f"{ADDRESS}{row.pk}/change/").content.decode()
    assert "The federal draft: " in page and page.count("desk-result fails") == 1
    assert client.get("/desk/").context is not None


def test_a_federal_fact_that_a_state_still_needs_fails_that_states_scenarios_with_the_reason(desk):
    federal = SHIPPED["US"].document
    fact = federal.questions[0].fact
    arizona = SHIPPED["AZ"].document
    rule = arizona.provisions[0].model_copy(update={"when": {**arizona.provisions[0].when, fact: (True,)}})
    state = arizona.model_copy(update={"provisions": (rule, *arizona.provisions[1:])})
    bare = federal.model_copy(
        update={
            "questions": federal.questions[1:],
            "provisions": tuple(p for p in federal.provisions if fact not in str(p.when) + str(p.unless)),
        }
    )
    [result] = scenarios.run_all(Scenario.objects.filter(state="AZ")[:1], lambda code: Law(state, bare))
    assert fact in result.problems[0][1]
    assert result.failure.differences[0].expected is None


def test_a_case_that_the_law_no_longer_fits_fails_with_its_reason(desk):
    row = Scenario.objects.get(name="az-trustee-sale-small-home")
    row.given = {**row.given, "facts": {**row.given["facts"], "az_gone": True}}
    result = scenarios.run_one(row, scenarios.laws_in_force()("AZ"), None)
    assert not result.holds
    assert ("facts.az_gone", "no such fact in this jurisdiction") in result.problems


# --- the form --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", scenarios.shipped_files(), ids=lambda path: path.stem)
def test_every_shipped_scenario_can_be_opened_and_saved_without_a_change(path, monkeypatch):
    """Also when every field is sent again, and when one field is changed and changed back."""
    monkeypatch.setattr(ScenarioForm, "_unique", lambda self: None)  # the only step that asks the database
    loaded = scenarios.Loaded()
    rows = scenarios._read(path, loaded)
    assert rows
    federal = SHIPPED["US"].document
    for row in list(rows.values())[::2]:
        law = Law(SHIPPED[row.state].document, federal)
        shown = ScenarioForm(None, law=law, row=row, state_name="State")
        form = ScenarioForm(posted(shown), law=law, row=row, state_name="State")
        assert form.is_valid(), (row.name, form.errors)
        assert (form.given, form.expect) == (row.given, row.expect)
        other = Scenario(code=row.code, state=row.state, name=row.name, given={}, expect={})
        again = ScenarioForm(posted(shown), law=law, row=other, state_name="State")
        assert again.is_valid(), (row.name, again.errors)
        assert scenarios.run_one(
            Scenario(state=row.state, name=row.name, given=again.given, expect=again.expect), law, None
        ).holds
        assert again.expect["outcome"] == row.expect["outcome"]


def test_the_page_shows_no_code_and_what_was_found(pia):
    row = Scenario.objects.get(name="az-trustee-sale-triplex")
    page = pia.get(f"{ADDRESS}{row.pk}/change/").content.decode()
    assert "sale without a court case" in page and "Limited" in page and "$70,000" in page
    assert page.count("desk-result holds") == 2
    assert "{&quot;" not in page and "nonjudicial&#" not in page


def test_a_publisher_adds_a_scenario_that_runs_at_once(pia):
    assert pia.get(f"{ADDRESS}add/").status_code == 200
    data = {
        "name": "az-new", "why": "A.R.S. 33-814(G).", "code": "AZ", "stage": "lost",
        "facts.disposition": "nonjudicial", "facts.lien": "first", "facts.units": "1", "facts.acres": "0.5",
        "money.owed": "$300,000", "money.sale_price": "240,000", "dates.sale": "2026-10", "dates.today": "2026-11-24",
        "expect.outcome": ["barred"], "expect.high": "0", "expect.cites": "33-814(G)\n",
    }  # fmt: skip
    response = pia.post(f"{ADDRESS}add/?state=AZ", {**data, "try": ""})
    assert "desk-result holds" in response.content.decode()
    assert not Scenario.objects.filter(name="az-new").exists(), "only tried"
    response = pia.post(f"{ADDRESS}add/?state=AZ", {**data, "save": ""}, follow=True)
    assert "Saved. It holds against the draft." in response.content.decode()
    row = Scenario.objects.get(name="az-new")
    assert row.given["money"] == {"owed": 300000, "sale_price": 240000}
    assert row.given["facts"]["acres"] == 0.5 and row.given["dates"]["sale"] == "2026-10"
    assert row.expect == {"outcome": "barred", "exposure": 0, "cites": ["33-814(G)"]}
    assert row.edited_by.username == "pia" and row.history.first().history_user.username == "pia"


def test_every_mistake_stands_at_its_field(pia):
    data = {
        "name": "Not A Name", "why": "", "code": "AZ", "facts.units": "half", "facts.lien": "third",
        "facts.foreclosed_by": "senior_lender", "facts.disposition": "short_sale", "money.owed": "-5",
        "dates.sale": "2026-13-01", "dates.today": "2026", "expect.low": "9", "expect.high": "5",
    }  # fmt: skip
    response = pia.post(f"{ADDRESS}add/?state=AZ", data)
    assert response.status_code == 422
    errors = response.context["form"].errors
    assert set(errors) >= {
        "name", "why", "facts.units", "facts.lien", "facts.foreclosed_by", "money.owed", "dates.sale", "dates.today",
        "expect.low", "expect.outcome",
    }  # fmt: skip
    page = response.content.decode()
    assert 'href="#id_facts-units"' in page and 'id="id_facts-units"' in page
    assert 'value="half"' in page, "what was typed stays"


def test_the_second_to_save_is_told_and_keeps_her_text(pia):
    row = Scenario.objects.get(name="az-trustee-sale-triplex")
    data = posted(form_of(row), why="Mine.")
    row.why = "Theirs."
    drafts.save_row(row, person("tom"), "first")
    response = pia.post(f"{ADDRESS}{row.pk}/change/", data)
    page = response.content.decode()
    assert response.status_code == 422 and "saved by tom" in page and "Mine." in page
    row.refresh_from_db()
    assert row.why == "Theirs."
    pia.post(f"{ADDRESS}{row.pk}/change/", {**data, "over": "on"})
    row.refresh_from_db()
    assert row.why == "Mine." and row.history.count() == 3


def test_what_the_law_lost_is_shown_and_not_dropped_silently(pia):
    row = Scenario.objects.get(name="az-trustee-sale-triplex")
    row.given = {**row.given, "facts": {**row.given["facts"], "az_gone": True}}
    drafts.save_row(row, person("tom"), "as a file had it")
    page = pia.get(f"{ADDRESS}{row.pk}/change/").content.decode()
    assert "facts.az_gone is no longer in the law" in page
    data = posted(form_of(row))
    assert pia.post(f"{ADDRESS}{row.pk}/change/", data).status_code == 422
    pia.post(f"{ADDRESS}{row.pk}/change/", {**data, "stray.facts.az_gone": "on"})
    row.refresh_from_db()
    assert "az_gone" not in row.given["facts"] and row.given["facts"]["units"] == 3


def test_taking_one_away_asks_why_and_keeps_its_history(pia):
    row = Scenario.objects.get(name="az-trustee-sale-triplex")
    assert pia.post(f"{ADDRESS}{row.pk}/delete/", {"why": " "}).status_code == 422
    pia.post(f"{ADDRESS}{row.pk}/delete/", {"why": "It is wrong."})
    assert not Scenario.objects.filter(pk=row.pk).exists()
    last = Scenario.history.filter(id=row.pk).first()
    assert (last.history_type, last.history_change_reason, last.history_user.username) == ("-", "It is wrong.", "pia")
    assert "It is wrong." in pia.get(f"{ADDRESS}{row.pk}/history/").content.decode()


def test_all_are_run_together_and_the_list_says_which_fail(pia):
    az_bar_off(person("ann", "editor"))
    page = pia.get(f"{ADDRESS}run/?state=AZ").content.decode()
    assert "fail against the draft" in page and "All hold against what is in force." in page
    assert "expected Protected, found" in page
    few = pia.get(f"{ADDRESS}run/?show=failing")
    assert 0 < len(few.context["lines"]) < Scenario.objects.count()
    listed = pia.get(f"{ADDRESS}?result=fails").content.decode()
    assert "az-trustee-sale-small-home" in listed and 'desk-mark same">holds' not in listed
    assert pia.get(f"{ADDRESS}run/?state=ZZ").status_code == 404
    assert pia.get(f"{ADDRESS}run/?state=US").status_code == 200


def test_the_list_takes_few_queries(pia, django_assert_max_num_queries):
    pia.get(ADDRESS)
    with django_assert_max_num_queries(16):
        pia.get(ADDRESS)


@pytest.mark.parametrize(("group", "may"), [("editor", False), ("reviewer", False), ("publisher", True)])
def test_only_publishers_change_scenarios_and_all_may_look(group, may, desk, client):
    row = Scenario.objects.get(name="az-trustee-sale-triplex")
    person_ = signed_in(client, person("p", group))
    for path in ("", "run/", f"{row.pk}/change/", f"{row.pk}/history/"):
        assert person_.get(ADDRESS + path).status_code == 200
    answers = [
        person_.post(f"{ADDRESS}{row.pk}/change/", posted(form_of(row))).status_code,
        person_.get(f"{ADDRESS}add/").status_code,
        person_.get(f"{ADDRESS}{row.pk}/delete/").status_code,
        person_.post(f"{ADDRESS}{row.pk}/delete/", {"why": "no"}).status_code,
    ]
    assert answers == ([302, 200, 200, 302] if may else [403, 403, 403, 403])
    assert Scenario.objects.filter(pk=row.pk).exists() is not may
