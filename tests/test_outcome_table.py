"""A state at one glance: each cell is what reasoning says, and every rule behind it is told."""

from __future__ import annotations

import pytest

from statelaw import casefile, facts, outcome_table, store
from statelaw.document import parse_jurisdiction, plain_data
from statelaw.impact import SOME_DAY
from statelaw.outcome_table import LOAN_USES, RESIDENCES, cell_case, rulings, table
from statelaw.reasoning import Law, reason

from . import naive

STATES = ("AZ", "CA", "CT", "IA", "MN", "TX")


@pytest.mark.parametrize("code", store.codes())
def test_the_table_has_a_row_for_every_legal_way_and_a_cell_for_every_use(code):
    law = store.law(code)
    found = table(law)
    available = (*law.state.process.available, *facts.WORKOUTS)
    assert {row.way for row in found.rows} == set(facts.legal_paths(available))
    assert all(set(row.cells) == {(home, loan) for home in RESIDENCES for loan in LOAN_USES} for row in found.rows)


@pytest.mark.parametrize("code", STATES)
def test_a_cell_is_what_a_script_would_be_answered(code):
    law = store.law(code)
    for row in table(law).rows:
        for (home, loan), cell in row.cells.items():
            names = ("disposition", "foreclosed_by", "lien", "residence", "loan_use", "units")
            case = {
                "facts": dict(zip(names, (*row.way, home, loan, 1), strict=True)),
                "money": {"owed": 200000, "sale_price": 150000, "fair_value": 170000},
            }
            finding = reason(law, casefile.parse_case(case, law, SOME_DAY))
            assert (cell.outcome, cell.possible, cell.exposure) == (
                finding.outcome,
                finding.possible,
                finding.exposure,
            )


def test_a_cell_differs_when_only_the_line_moves_on_which_it_depends():
    law = store.law("AZ")
    data = plain_data(law.state)
    next(p for p in data["provisions"] if p["id"] == "az-33-814-g")["when"]["acres"] = {"max": "5"}
    other = Law(parse_jurisdiction(data, "AZ.yaml", law.federal), law.federal)
    way = ("nonjudicial", "this_lender", "first")
    old, new = (table(item).row(way).cells["primary", "purchase"] for item in (law, other))
    assert (old.outcome, old.exposure) == (new.outcome, new.exposure)
    assert old != new


@pytest.mark.parametrize("code", STATES)
def test_behind_a_cell_stand_all_rules_the_deciders_first(code):
    law = store.law(code)
    for row in table(law).rows:
        finding, judged = rulings(law, cell_case(row.way, "primary", "purchase"))
        assert {item.ruling.provision.id for item in judged} == set(law.by_id)
        assert {item.ruling.provision.id for item in judged if item.decides} == {p.id for p in finding.deciders}
        places = [0 if item.decides else {"held": 1, "unknown": 2, "failed": 3}[item.ruling.status] for item in judged]
        assert places == sorted(places)


@pytest.mark.parametrize("code", STATES)
def test_a_rule_is_said_to_hold_exactly_where_it_holds_in_every_world_that_fits(code):
    law = store.law(code)
    case = cell_case(("judicial" if "judicial" in law.state.process.available else "strict", "this_lender", "first"))
    case = outcome_table.Case(
        today=case.today,
        facts={
            **case.facts,
            "residence": "rental",
            "loan_use": "refinance",
            "acres": 1,
            "buyer": "other",
            **{q.fact: law.facts[q.fact].values[0] for q in law.state.questions if law.facts[q.fact].values},
        },
        money=case.money,
    )
    worlds = list(naive.completions(law, case))
    assert worlds
    for item in rulings(law, case)[1]:
        found = {naive.applies(item.ruling.provision, world) for world in worlds}
        wanted = {"held": {True}, "failed": {False}}.get(item.ruling.status)
        assert wanted is None or found == wanted, item.ruling.provision.id
