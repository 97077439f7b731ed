"""What a change does: exact, against every situation reasoned one by one."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from statelaw import facts, impact, review, store
from statelaw.case import Case
from statelaw.document import parse_jurisdiction, plain_data
from statelaw.impact import MONEY, SOME_DAY, compare
from statelaw.reasoning import Finding, Law, reason

#: Small grids, so that every situation can be reasoned by itself.
SMALL = ("AZ", "FL", "TX", "NY", "CT", "MS")


def changed(code: str, edit, *, federal: bool = False) -> tuple[Law, Law]:
    """The law in force and the same with an edit of its plain data (or of the federal layer's)."""
    old = store.law(code)
    layer = store.federal_law()
    data = plain_data(layer if federal else old.state)
    edit(data)
    if federal:
        layer = parse_jurisdiction(data, "US.yaml")
        return old, Law(old.state, layer)
    return old, Law(parse_jurisdiction(data, f"{code}.yaml", layer), layer)


def rule(data: dict, key: str) -> dict:
    return next(item for item in data["provisions"] if item["id"] == key)


# --- one by one ------------------------------------------------------------------------------------------------------


def answers(fact: facts.Fact, laws: tuple[Law, Law]) -> list:
    """The values of a state's own fact; a fact that no rule turns on counts once."""
    if not any(fact.name in law.index for law in laws):
        return [None]
    assert fact.values, "the small states ask no numbers"
    return list(fact.values)


def points(old: Law, new: Law):
    own = {q.fact: law.facts[q.fact] for law in (old, new) for q in law.state.questions}
    ways = [
        path
        for path in facts.legal_paths(facts.DISPOSITIONS)
        if any(path[0] in (*law.state.process.available, *facts.WORKOUTS) for law in (old, new))
    ]
    values = {
        "residence": facts.CORE["residence"].values,
        "loan_use": facts.CORE["loan_use"].values,
        "units": facts.GRID_UNITS,
        **{name: answers(fact, (old, new)) for name, fact in own.items()},
    }
    for path, combination in itertools.product(ways, itertools.product(*values.values())):
        known = dict(zip(("disposition", "foreclosed_by", "lien"), path, strict=True))
        known |= {n: v for n, v in zip(values, combination, strict=True) if v is not None}
        yield known


def answer_at(law: Law, known: dict, setting: dict) -> Finding | None:
    if known["disposition"] not in (*law.state.process.available, *facts.WORKOUTS):
        return None
    return reason(law, Case(today=SOME_DAY, facts={**known, **setting}, money=MONEY))


def line(finding: Finding) -> set:
    return {(str(sorted(part.when.items())), part.outcome) for part in finding.parts}


def sums(finding: Finding) -> set:
    return {(str(sorted(part.when.items())), part.outcome, part.exposure) for part in finding.parts}


def told(law: Law, finding: Finding) -> set:
    """The rest of what a report tells."""
    deciders = {p.id for p in finding.deciders}
    limits = (*finding.deadlines, *finding.sunsets, *finding.asks)
    shown = {
        (p.id, finding.statuses[p.id], p.measure, p.automatic, p.action, str(p.limit), p.confidence == "low")
        for p in finding.deciders
    }
    shown |= {(i.provision.id, i.status, str(i.provision.limit or i.provision.ask_within)) for i in limits}
    if finding.owes_something:
        for effect in ("duty", "defense", "toll"):
            shown |= {
                (p.id, finding.statuses[p.id], p.action, p.id in deciders)
                for p in finding.applying(effect, perhaps=True)
            }
    shown.add(finding.limitations and law.state.limitations.years)
    shown.add(finding.in_foreclosure_judgment)
    return shown


def kind_at(old: Law, new: Law, known: dict, setting: dict) -> tuple | None:
    before, after = answer_at(old, known, setting), answer_at(new, known, setting)
    if before is None or after is None:
        return ("new", None, after.outcome) if after else ("gone", before.outcome, None)
    pair = (before.outcome, after.outcome)
    if (
        pair[0] != pair[1]
        or before.possible != after.possible
        or (pair[0] == "depends" and line(before) != line(after))
    ):
        return ("answer", *pair)
    if before.exposure != after.exposure or sums(before) != sums(after):
        return ("amount", *pair)
    return ("other", *pair) if told(old, before) != told(new, after) else None


def lies_in(known: dict, when: dict) -> bool:
    def allowed(name: str, several) -> bool:
        return known[name] in (several if isinstance(several, list) else [several])

    return all(allowed(name, several) for name, several in when.items())


def assert_exact(old: Law, new: Law) -> None:
    found = compare(old, new)
    specials = [walk for walk in found.specials if not {"sale_date", "loan_date"} & set(walk.setting)]
    for walk in (found.grid, *specials[:2]):
        wanted: Counter = Counter()
        total = 0
        for known in points(old, new):
            if "units" in walk.setting and known["units"] != facts.GRID_UNITS[0]:
                continue  # the homes are one number then
            total += 1
            kind = kind_at(old, new, known, dict(walk.setting))
            wanted[kind] += 1
            homes = [(g.kind, g.old, g.new) for g in walk.groups for r in g.regions if lies_in(known, dict(r.when))]
            assert homes == ([kind] if kind else []), known
        changes = Counter({(g.kind, g.old, g.new): 0 for g in walk.groups})
        for group in walk.groups:
            changes[group.kind, group.old, group.new] += group.count
        assert (walk.total, changes) == (total, Counter({k: n for k, n in wanted.items() if k}))


EDITS = ("drop", "home", "loan", "units", "acres", "limit", "measure", "sure", "route", "years", "way")


def apply(edit: str, data: dict, number: int) -> None:
    rules = data["provisions"]
    item = rules[number % len(rules)]
    if edit == "drop" and len(rules) > 1:
        rules.remove(item)
    elif edit == "home":
        item["when"]["residence"] = ["primary", "rental"] if number % 2 else ["second_home"]
    elif edit == "loan":
        item.setdefault("unless", []).append({"loan_use": ["purchase", "construction"][: 1 + number % 2]})
    elif edit == "units":
        item["when"]["units"] = {"max": "2"}
    elif edit == "acres":
        item["when"]["acres"] = {"max": str(2 + number)}
    elif edit == "limit":
        for limited in rules:
            if limited.get("within"):
                limited["within"]["count"] += 1 + number
    elif edit == "measure":
        for cap in rules:
            if cap.get("measure"):
                cap["measure"] = "debt_minus_price_and_half_the_gap"
    elif edit == "sure":
        item["confidence"] = "low" if item["confidence"] != "low" else "high"
    elif edit == "route":
        data["process"]["route"] = dict.fromkeys(data["process"]["route"], "same_case")
    elif edit == "years" and data.get("limitations"):
        data["limitations"]["years"] = "11"
    elif edit == "way":
        ways = data["process"]["available"]
        ways += [way for way in ("strict",) if way not in ways]


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a smaller example would take minutes to find
)
@given(st.sampled_from(SMALL), st.lists(st.tuples(st.sampled_from(EDITS), st.integers(0, 40)), min_size=1, max_size=3))
def test_the_impact_is_what_reasoning_every_situation_twice_gives(code, edits):
    def edit(data):
        for name, number in edits:
            apply(name, data, number)

    assert_exact(*changed(code, edit))


@pytest.mark.parametrize("code", ["AZ", "CT"])
def test_a_changed_federal_layer_is_as_exact(code):
    def edit(data):
        for item in data["provisions"][:3]:
            item["when"]["residence"] = ["primary"]

    assert_exact(*changed(code, edit, federal=True))


@pytest.mark.parametrize("code", store.codes())
def test_the_grid_is_the_one_of_the_review_and_nothing_changes_against_itself(code):
    law = store.law(code)
    found = compare(law, Law(law.state, law.federal))
    assert (found.total, found.changed, found.special_changed) == (review.review(law).combinations, 0, 0)


# --- what is a change, and of which kind -----------------------------------------------------------------------------


def test_a_bar_that_is_dropped_harms_those_whom_it_protected():
    old, new = changed("AZ", lambda data: data["provisions"].remove(rule(data, "az-33-729-a")))
    group = compare(old, new).groups[0]
    assert (group.kind, group.old) == ("answer", "depends")
    assert group.harm > 0
    assert group.example.old.possible != group.example.new.possible
    assert "az-33-729-a" in group.example.old.deciders
    assert "az-33-729-a" not in group.example.new.deciders


def test_the_worst_for_homeowners_comes_first():
    def edit(data):
        data["provisions"].remove(rule(data, "az-33-729-a"))
        rule(data, "az-33-814-g")["when"].pop("acres")

    groups = compare(*changed("AZ", edit)).groups
    harms = [group.harm for group in groups if group.kind == "answer"]
    assert harms == sorted(harms, reverse=True)
    assert harms[0] > 0 > harms[-1]


def test_a_line_that_is_moved_within_what_is_not_known_changes_the_answer():
    def edit(data):
        rule(data, "az-33-814-g")["when"]["acres"] = {"max": "5"}

    found = compare(*changed("AZ", edit))
    assert [(g.kind, g.old, g.new, g.count) for g in found.groups] == [("answer", "depends", "depends", 60)]
    acres = [walk for walk in found.specials if "acres" in walk.described]
    assert [walk.described for walk in acres] == [{"acres": {"min": Decimal("2.51"), "max": 5}}]
    assert {(g.old, g.new) for g in acres[0].groups} >= {("capped", "barred")}


def test_a_longer_time_to_sue_changes_a_date_and_nothing_else():
    def edit(data):
        rule(data, "az-33-814-a-deadline")["within"] = {"count": 120, "unit": "days"}

    found = compare(*changed("AZ", edit))
    assert found.grid.count("other") == found.changed > 0
    assert all([d.key for d in g.details] == ["az-33-814-a-deadline"] and g.details[0].old for g in found.groups)


def test_another_measure_of_a_cap_changes_the_amount():
    def edit(data):
        rule(data, "az-33-814-a-cap")["measure"] = "debt_minus_price_and_half_the_gap"

    found = compare(*changed("AZ", edit))
    assert found.grid.count("amount") == found.changed > 0
    sums = {(int(g.old_exposure.high), int(g.new_exposure.high)) for g in found.groups if g.old == "capped"}
    assert sums <= {(30_000, 40_000)}


def test_other_words_another_id_and_another_order_of_questions_change_nothing():
    def edit(data):
        item = rule(data, "az-33-814-g")
        item["id"] = "az-33-814-renamed"
        rule(data, "az-33-729-a")["plain"] = "Other words."
        data["questions"].append(
            {"fact": "az_later", "kind": "yes_no", "ask": "Later?", "usual": False, "why": "x", "tick": "Later"}
        )
        data["questions"].reverse()

    found = compare(*changed("AZ", edit))
    assert (found.changed, found.special_changed) == (0, 0)


def test_a_way_that_is_new_or_gone_is_told_as_such():
    def edit(data):
        data["process"]["available"] = ["judicial", "strict"]
        data["process"]["usual"] = "judicial"

    found = compare(*changed("AZ", edit))
    ways = {g.kind: {w for r in g.regions for w in r.when["disposition"]} for g in found.groups}
    assert ways == {"new": {"strict"}, "gone": {"nonjudicial"}}
    assert all(g.example.old is None for g in found.groups if g.kind == "new")
    assert found.total == 600 + 180  # both laws' situations, each once


def test_a_new_question_widens_the_grid_by_its_answers():
    def edit(data):
        data["questions"].append({"fact": "az_new", "kind": "yes_no", "ask": "New?", "why": "x"})
        rule(data, "az-33-729-a")["when"]["az_new"] = [True]

    found = compare(*changed("AZ", edit))
    assert found.total == 1200
    assert all(r.when.get("az_new", [False]) == [False] for g in found.groups for r in g.regions if g.old == "barred")


def test_a_change_that_only_a_rare_circumstance_shows_is_not_hidden_by_the_grid():
    def edit(data):
        data["provisions"] = [item for item in data["provisions"] if item["when"].get("bankruptcy_discharge") != [True]]

    old, new = changed("AZ", edit, federal=True)
    found = compare(old, new)
    assert found.grid.count("answer") == 0
    assert any(walk.described == {"bankruptcy_discharge": [True]} for walk in found.specials)


def test_a_line_at_two_homes_is_not_hidden_by_a_grid_of_one_and_three():
    def edit(data):
        rule(data, "az-33-814-g")["when"]["units"] = {"max": "1"}

    old, new = changed("AZ", edit)
    found = compare(old, new)
    assert found.grid.changed == 0, "homes of one unit and of three stay as they are"
    (walk,) = [walk for walk in found.specials if walk.described == {"units": [2]}]
    assert walk.total == found.grid.total // 2 and walk.changed == found.special_changed > 0
    assert all(group.example.facts["units"] == 2 for group in walk.groups)
    assert_exact(old, new)


def test_values_of_a_fact_with_one_result_are_told_once():
    def edit(data):
        rule(data, "az-33-814-g")["when"]["loan_date"] = {"from": "1950-01-01"}

    found = compare(*changed("AZ", edit))
    loans = [walk.described["loan_date"] for walk in found.specials if set(walk.described) == {"loan_date"}]
    assert {"to": date(1949, 12, 31)} in loans
    assert len(loans) == len({str(item) for item in loans})


def test_progress_rises_to_its_end():
    steps: list[tuple[int, int]] = []
    law = store.law("AZ")
    compare(law, law, lambda done, total: steps.append((done, total)))
    assert [done for done, _ in steps] == list(range(1, len(steps) + 1))
    assert steps[-1][0] == steps[-1][1]


def test_special_walks_stop_at_a_bound_and_those_left_out_are_counted():
    def edit(data):
        for item in data["provisions"]:
            item["confidence"] = "low" if item["confidence"] != "low" else "high"

    old, new = changed("AZ", edit, federal=True)
    few, all_of_them = compare(old, new, None, 0), compare(old, new, None, 10**9)
    assert few.grid.groups == all_of_them.grid.groups
    assert few.left_out > all_of_them.left_out
    assert few.special_total < all_of_them.special_total


def test_one_reasoning_serves_all_situations_with_the_same_rules(monkeypatch):
    """The largest grid has 57,600 situations; a changed rule takes a few hundred reasonings."""
    calls = 0
    real = impact.reason

    def counted(law, case):
        nonlocal calls
        calls += 1
        return real(law, case)

    monkeypatch.setattr(impact, "reason", counted)
    old, new = changed("IA", lambda data: data["limitations"].update(years="7"))
    found = compare(old, new)
    assert found.total == 57_600
    assert found.changed > 10_000
    assert calls < 1_500


# --- scenarios -------------------------------------------------------------------------------------------------------

CASE = {
    "name": "small home",
    "state": "AZ",
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
    "expect": {"outcome": "capped"},
}


def test_a_scenario_whose_result_changes_is_named_with_both_results():
    def edit(data):
        rule(data, "az-33-814-g")["when"]["acres"] = {"max": "5"}

    old, new = changed("AZ", edit)
    [change] = impact.compare_scenarios([CASE], old, new, SOME_DAY)
    assert (change.old.outcome, change.new.outcome) == ("capped", "barred")
    assert change.fails and not change.failed_before
    assert impact.compare_scenarios([CASE], old, old, SOME_DAY) == []


def test_a_scenario_that_cannot_be_reasoned_any_more_says_why():
    old, new = changed("AZ", lambda data: None)
    case = {**CASE, "facts": {**CASE["facts"], "az_gone": True}}
    [change] = impact.compare_scenarios([case], old, new, SOME_DAY)
    assert change.new is None
    assert "az_gone" in change.fails[0]
