"""Properties of the reasoning, over every jurisdiction."""

from __future__ import annotations

import dataclasses
import itertools
from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from statelaw import facts, store
from statelaw.deadlines import Interval
from statelaw.money import Money, Span
from statelaw.reasoning import Case, Finding, Law, matters, reason

from . import naive
from .strategies import TODAY, any_case

CODES = store.codes()
MOST_WORLDS = 1500
thorough = settings(
    max_examples=25,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)

brief = settings(thorough, max_examples=10)


@lru_cache
def law(code: str) -> Law:
    return store.law(code)


def worlds(code: str, case: Case) -> list[dict]:
    """Every completion of the case; cases with too many are left to other examples."""
    size = 1
    for name in law(code).index:
        size *= max(1, len(naive._possible(law(code), case, name)))
    assume(0 < size <= MOST_WORLDS)
    found = list(naive.completions(law(code), case))
    assume(found)
    return found


def lies_in(condition, value) -> bool:
    """Whether a value satisfies the condition of one part of a finding."""
    if isinstance(condition, list):
        return any(lies_in(item, value) for item in condition)
    if isinstance(condition, dict):
        tests = {
            "from": lambda a: value >= a,
            "to": lambda a: value <= a,
            "min": lambda a: value >= a,
            "max": lambda a: value <= a,
        }
        return all(tests[key](bound) for key, bound in condition.items())
    return value == condition and isinstance(value, bool) == isinstance(condition, bool)


@pytest.mark.parametrize("code", CODES)
@thorough
@given(data=st.data())
def test_a_finding_agrees_with_every_completion_of_its_case(code, data):
    case = data.draw(any_case(law(code)))
    finding = reason(law(code), case)
    spans: list[Span] = []
    deciders = defaultdict(list)
    for world in worlds(code, case):
        for points, outcome, span, ids in naive.outcomes(law(code), case, world):
            spans.append(span)
            deciders[outcome].append(ids)
            answers = {**world, **points}
            parts = [p for p in finding.parts if all(lies_in(c, answers.get(n)) for n, c in p.when.items())]
            assert len(parts) == 1, "the parts cover every completion once"
            assert (parts[0].outcome, parts[0].exposure) == (outcome, span)
    assert set(finding.possible) == set(deciders)
    assert finding.outcome == (finding.possible[0] if len(finding.possible) == 1 else "depends")
    highs = [span.high for span in spans]
    assert finding.exposure.low == min(span.low for span in spans)
    assert finding.exposure.high == (None if None in highs else max(highs))
    for outcome, several in deciders.items():
        cited = {provision.id for provision in finding.decided_by[outcome]}
        assert set.intersection(*several) <= cited <= set.union(*several)
        assert cited or not set.union(*several)


@pytest.mark.parametrize("code", CODES)
@brief
@given(data=st.data())
def test_learning_a_fact_never_contradicts_what_was_certain(code, data):
    case = data.draw(any_case(law(code)))
    finding = reason(law(code), case)
    world = data.draw(st.sampled_from(worlds(code, case)))
    unknown = [n for n in finding.open_facts if n not in ("sale_date", "loan_date")]
    for name in unknown:
        learned = reason(law(code), dataclasses.replace(case, facts={**case.facts, name: world[name]}))
        assert set(learned.possible) <= set(finding.possible)
        assert learned.exposure.low >= finding.exposure.low
        if finding.exposure.high is not None:
            assert learned.exposure.high is not None
            assert learned.exposure.high <= finding.exposure.high


@pytest.mark.parametrize("code", CODES)
@brief
@given(data=st.data())
def test_amounts_lie_between_nothing_and_the_shortfall_and_fall_as_the_home_was_worth_more(code, data):
    case = data.draw(any_case(law(code)))
    finding = reason(law(code), case)
    owed = case.money.owed
    assert finding.exposure.low >= 0
    if owed is not None:
        assert finding.exposure.high is not None
        assert 0 <= finding.exposure.low <= finding.exposure.high <= owed
    highs, lows = [], []
    for worth in (0, 100_000, 199_999, 240_000, 250_001, 300_000, 500_000):
        money = dataclasses.replace(case.money, fair_value=Decimal(worth))
        span = reason(law(code), dataclasses.replace(case, money=money)).exposure
        lows.append(span.low)
        highs.append(span.high)
    if None not in highs:
        assert highs == sorted(highs, reverse=True)
    assert lows == sorted(lows, reverse=True)


@pytest.mark.parametrize("code", CODES)
@brief
@given(data=st.data())
def test_unknown_money_widens_the_amount_and_never_the_outcome(code, data):
    case = data.draw(any_case(law(code)))
    known = dataclasses.replace(case, money=Money(Decimal(300_000), Decimal(200_000), Decimal(210_000)))
    for missing in ("sale_price", "fair_value", "owed"):
        blind = dataclasses.replace(known, money=dataclasses.replace(known.money, **{missing: None}))
        sure, wide = reason(law(code), known), reason(law(code), blind)
        assert set(wide.possible) == set(sure.possible) - {"no_shortfall"} or set(wide.possible) == set(sure.possible)
        assert wide.exposure.low <= sure.exposure.low
        assert wide.exposure.high is None or wide.exposure.high >= (sure.exposure.high or 0)


@pytest.mark.parametrize("code", CODES)
@brief
@given(data=st.data())
def test_the_order_of_answers_does_not_matter(code, data):
    case = data.draw(any_case(law(code)))
    shuffled = data.draw(st.permutations(list(case.facts.items())))
    other = dataclasses.replace(case, facts=dict(shuffled))
    first, second = reason(law(code), case), reason(law(code), other)
    for field in dataclasses.fields(Finding):
        if field.name not in ("case", "diagram"):
            assert getattr(first, field.name) == getattr(second, field.name)
    assert first.parts == second.parts


def shown(code: str, case: Case, world: dict) -> tuple:
    """All that a reader would see change: outcome and amount, the deadlines that run, the arguments, the sunsets."""
    results = naive.outcomes(law(code), case, world)
    state = tuple(sorted({(o, s.low, str(s.high)) for _, o, s, _ in results}))
    documents = (law(code).state, law(code).federal)
    provisions = [p for document in documents if document for p in document.provisions]
    timed = tuple(p.id for p in provisions if p.effect in ("deadline", "sunset", "defense") and naive.applies(p, world))
    return (state, timed)


@pytest.mark.parametrize("code", CODES)
@brief
@given(data=st.data())
def test_a_question_is_asked_only_if_some_answer_could_change_something_and_whenever_one_changes_the_outcome(
    code, data
):
    case = data.draw(any_case(law(code), most_unknown=3))
    asked = matters(law(code), case)
    found = worlds(code, case)
    results = {id(world): shown(code, case, world) for world in found}
    bound = {"disposition", "foreclosed_by", "lien", "lender_waived", "sale_date", "loan_date"}
    for name in law(code).index:
        groups = defaultdict(list)
        for world in found:
            groups[tuple((n, v) for n, v in world.items() if n != name)].append(results[id(world)])
        outcome_changes = any(len({r[0] for r in group}) > 1 for group in groups.values())
        anything_changes = any(len(set(group)) > 1 for group in groups.values())
        if outcome_changes:
            assert name in asked
        if name in asked and name not in bound:
            assert anything_changes


@pytest.mark.parametrize("code", CODES)
def test_the_core_grid_agrees_with_the_naive_reading(code):
    """Every legal combination of the core facts with circumstances as usual, the state's own facts not known."""
    available = (*law(code).state.process.available, *facts.WORKOUTS)
    money = Money(Decimal(300_000), Decimal(240_000), Decimal(262_000))
    sale = Interval(date(2026, 8, 3), date(2026, 8, 3))
    loan = Interval(date(2016, 5, 2), date(2016, 5, 2))
    residences, uses = facts.CORE["residence"].values, facts.CORE["loan_use"].values
    for path, residence, use, units in itertools.product(
        facts.legal_paths(available), residences, uses, facts.GRID_UNITS
    ):
        known = {"residence": residence, "loan_use": use, "units": units, "acres": Decimal("0.3"), "buyer": "lender"}
        known |= dict(zip(("disposition", "foreclosed_by", "lien"), path, strict=True))
        known["lender_waived"] = False
        case = Case(today=TODAY, facts=known, money=money, sale=sale, loan=loan, stage="lost")
        finding = reason(law(code), case)
        results = [r for w in naive.completions(law(code), case) for r in naive.outcomes(law(code), case, w)]
        assert set(finding.possible) == {outcome for _, outcome, _, _ in results}
        assert finding.exposure.high == max(span.high for _, _, span, _ in results)
        assert finding.exposure.low == min(span.low for _, _, span, _ in results)


@pytest.mark.parametrize("code", CODES)
@brief
@given(data=st.data())
def test_every_ruling_carries_its_conditions_and_says_what_the_finding_says(code, data):
    case = data.draw(any_case(law(code)))
    finding = reason(law(code), case)
    assert [ruling.provision.id for ruling in finding.rulings] == list(law(code).by_id)
    for ruling in finding.rulings:
        assert ruling.status == finding.statuses[ruling.provision.id]
        assert [c.fact for c in ruling.conditions] == list(ruling.provision.conditions)
        assert len(ruling.unless) == len(ruling.provision.unless)
        for condition in ruling.conditions:
            if condition.status == "failed":
                assert ruling.status == "failed"
