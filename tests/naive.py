"""A second, slow reading of REASONING.md, to hold the real one against.

It knows nothing of cells, bits or diagrams: it takes one *complete* set of answers and works through the rules one by
one. ``completions`` lists every way to complete a case, each fact at values on both sides of every line that some rule
draws.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from statelaw import facts
from statelaw.deadlines import limit_of
from statelaw.document import DateRange, NumberRange, Provision
from statelaw.money import Balance, Span
from statelaw.reasoning import Case, Law

DAY = timedelta(days=1)
FAR_PAST, FAR_FUTURE = date(1950, 1, 1), date(2100, 1, 1)


def allows(allowed: Any, value: Any) -> bool:
    if isinstance(allowed, NumberRange):
        return (allowed.min is None or value >= allowed.min) and (allowed.max is None or value <= allowed.max)
    if isinstance(allowed, DateRange):
        return (allowed.from_ is None or value >= allowed.from_) and (allowed.to is None or value <= allowed.to)
    return value in allowed


def applies(provision: Provision, world: Mapping[str, Any]) -> bool:
    for name, allowed in provision.when.items():
        if not allows(allowed, world[name]):
            return False
    force = provision.in_force
    if force:
        for bound, name, sign in (
            (force.sales_from, "sale_date", 1),
            (force.sales_to, "sale_date", -1),
            (force.loans_from, "loan_date", 1),
            (force.loans_to, "loan_date", -1),
        ):
            if bound and (world[name] - bound).days * sign < 0:
                return False
    return not any(all(allows(a, world[n]) for n, a in clause.items()) for clause in provision.unless)


def _values(law: Law, name: str) -> list[Any]:
    fact = law.facts[name]
    if fact.values:
        return list(fact.values)
    lines: set[Any] = set()
    for provision in (*law.state.provisions, *(law.federal.provisions if law.federal else ())):
        several = [a for n, many in provision.conditions.items() if n == name for a in many]
        several += [a for clause in provision.unless for n, a in clause.items() if n == name]
        for allowed in several:
            for end in (getattr(allowed, key, None) for key in ("min", "max", "from_", "to")):
                if end is not None:
                    lines.add(end)
    if fact.kind == "date":
        return sorted({FAR_PAST, FAR_FUTURE, *(d + k * DAY for d in lines for k in (-1, 0, 1))})
    if fact.kind == "whole":
        return sorted({1, 99, *(int(n) + k for n in lines for k in (-1, 0, 1) if n + k >= 1)})
    step = Decimal("0.01")
    return sorted({Decimal(0), Decimal(9999), *(Decimal(n) + k * step for n in lines for k in (-1, 0, 1))})


def _possible(law: Law, case: Case, name: str) -> list[Any]:
    if name == "sale_date":
        given = case.sale_bounds
    elif name == "loan_date":
        given = case.loan
    else:
        given = None
    if given is not None:
        values = [*_values(law, name), *(d for d in (given.first, given.last) if d)]
        return sorted({d for d in values if d >= (given.first or date.min) and d <= (given.last or date.max)})
    if name in case.facts and case.facts[name] is not None:
        return [case.facts[name]]
    fact = law.facts[name]
    if name not in case.facts and fact.is_circumstance and name != "lender_waived":
        return [fact.usual]
    values = _values(law, name)
    if name == "units" and case.most_units:
        values = [v for v in values if v <= case.most_units]
    if name == "disposition":
        values = [v for v in values if v in law.state.process.available or v in facts.WORKOUTS]
    return values


def completions(law: Law, case: Case) -> Iterator[dict[str, Any]]:
    names = list(dict.fromkeys([*law.index, "disposition", "foreclosed_by", "lien"]))
    for values in itertools.product(*(_possible(law, case, name) for name in names)):
        world = dict(zip(names, values, strict=True))
        if world["loan_date"] > world["sale_date"]:
            continue
        workout = world["disposition"] in facts.WORKOUTS
        if world["foreclosed_by"] == "senior_lender" and (workout or world["lien"] == "first"):
            continue
        if "lender_waived" not in case.facts and not workout and world["lender_waived"]:
            continue
        yield world


def sums(case: Case, world: Mapping[str, Any]) -> Balance:
    money = case.money
    value = money.fair_value
    if value is not None and world["lien"] == "junior" and money.senior_owed is not None:
        value = max(Decimal(0), value - money.senior_owed)
    if world["foreclosed_by"] == "senior_lender":
        return Balance(money.owed, money.surplus_to_this_loan or Decimal(0), value)
    if world["disposition"] == "strict":
        return Balance(money.owed, value, value)
    return Balance(money.owed, money.sale_price, value)


def outcomes(law: Law, case: Case, world: Mapping[str, Any]) -> list[tuple[dict[str, bool], str, Span, set[str]]]:
    """Everything that can follow from one complete set of facts: (points, outcome, exposure, deciding ids)."""
    balance = sums(case, world)
    if balance.is_settled:
        return [({}, "no_shortfall", Span(Decimal(0), Decimal(0)), set())]
    federal = {p.id for p in law.federal.provisions} if law.federal else {p.id for p in law.state.provisions}
    if law.code != "US" and not law.federal:
        federal = set()
    held = [p for p in (*law.state.provisions, *(law.federal.provisions if law.federal else ())) if applies(p, world)]
    limits = {
        p.id: limit_of(p.limit, p.id, case.counting_sale, dict(case.events), case.today)
        for p in held
        if p.effect == "deadline"
    }
    tolled = any(p.effect == "toll" for p in held)
    points: list[tuple[str, list[bool]]] = []
    if any(p.unsettles_state_law for p in held):
        points.append(("state_law_binds", [True, False]))
    if case.stage == "judgment":
        points.append(("court_reopens", [True, False]))
    for provision in held:
        if provision.effect == "duty" and case.skipped.get(provision.id, False) is None:
            points.append((f"skipped.{provision.id}", [True, False]))
        if provision.effect == "deadline":
            passed = limits[provision.id].passed
            if passed == "yes" and tolled:
                passed = "maybe"
            points.append((f"past.{provision.id}", {"yes": [True], "no": [False], "maybe": [True, False]}[passed]))
            acted = case.did_act(provision.id)
            points.append((f"acted.{provision.id}", [True, False] if acted is None else [acted]))
    results = []
    for values in itertools.product(*(v for _, v in points)):
        point = dict(zip((n for n, _ in points), values, strict=True))
        binding = [
            p
            for p in held
            if p.id in federal
            or point.get("state_law_binds", True)
            or p.effect not in ("bar", "duty", "deadline", "cap")
        ]
        settles = [p for p in binding if point.get("court_reopens", True) or p.effect == "waiver" or p.after_judgment]
        bars = {p.id for p in settles if p.effect in ("bar", "waiver")}
        bars |= {
            p.id
            for p in settles
            if p.effect == "duty" and (case.skipped.get(p.id) or point.get(f"skipped.{p.id}", False))
        }
        lapsed = {
            p.id for p in settles if p.effect == "deadline" and point[f"past.{p.id}"] and not point[f"acted.{p.id}"]
        }
        permits = {p.id for p in binding if p.effect == "permit"}
        caps = {}
        for p in binding:
            if p.effect != "cap":
                continue
            span = balance.capped(p.measure)
            if p.ask_within:
                limit = limit_of(p.ask_within, p.id, case.counting_sale, dict(case.events), case.today)
                if limit.passed == "yes" and case.asked.get(p.id) is False:
                    continue
                if limit.passed == "yes" and case.asked.get(p.id) is None:
                    span = Span(span.low, balance.shortfall.high)
            caps[p.id] = span
        nothing = Span(Decimal(0), Decimal(0))
        if bars:
            results.append((point, "barred", nothing, bars))
        elif lapsed:
            results.append((point, "time_barred", nothing, lapsed))
        elif caps:
            short = balance.shortfall
            highs = [s.high for s in (*caps.values(), short) if s.high is not None]
            low = min(s.low for s in (*caps.values(), short))
            results.append((point, "capped", Span(low, min(highs) if highs else None), set(caps) | permits))
        else:
            results.append((point, "exposed", balance.shortfall, permits))
    return results
