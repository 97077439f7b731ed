"""From law and facts to a finding: outcomes, amounts, dates, case splits and explanations (REASONING.md).

Pure: no Django, no database, no clock but the date it is given. ``compiled`` holds the law ready to reason from,
``case`` what is known, ``diagram`` the exact partition of what is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from . import facts
from .case import SENIOR_BIT, Case, Known, Status, cells_of, values_of
from .compiled import Answer, Law, Rule
from .deadlines import Interval, TimeLimit, time_limit
from .diagram import Diagram, Leaf, Node
from .document import Allowed, Period, Provision
from .facts import FORECLOSURES
from .money import Balance, Span, balance

__all__ = [
    "Answer",
    "Case",
    "Condition",
    "Finding",
    "Law",
    "Leaf",
    "Part",
    "ProvisionLimit",
    "Ruling",
    "Status",
    "explain",
    "matters",
    "outcome_of",
    "reason",
]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an exact partition of what is not known. ``when`` maps a fact, or one of ``past.<id>``,
    ``acted.<id>``, ``skipped.<id>``, ``court_reopens``, ``state_law_binds``, to its value, list or range."""

    when: Mapping[str, object]
    outcome: str
    exposure: Span


@dataclass(frozen=True, slots=True)
class ProvisionLimit:
    provision: Provision
    limit: TimeLimit
    status: Status  # of the provision: does it apply
    acted: bool | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a ruling, with the answer that decided it (``None``: not known)."""

    fact: str
    allowed: tuple[Allowed, ...]
    status: Status
    answer: Answer | frozenset
    assumed: bool  # the answer is a circumstance's usual value that nobody gave


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether one provision applies, and why."""

    provision: Provision
    federal: bool
    status: Status
    conditions: tuple[Condition, ...]
    unless: tuple[tuple[Status, tuple[Condition, ...]], ...]


@dataclass(frozen=True)
class Finding:
    """What the law says about a case."""

    law: Law
    case: Case
    outcome: str
    possible: tuple[str, ...]
    exposure: Span
    deciders: tuple[Provision, ...]
    decided_by: Mapping[str, tuple[Provision, ...]]  # by outcome
    open_facts: tuple[str, ...]
    open_points: tuple[str, ...]  # past.<id>, acted.<id>, skipped.<id>, court_reopens, state_law_binds
    deadlines: tuple[ProvisionLimit, ...]
    sunsets: tuple[ProvisionLimit, ...]
    asks: tuple[ProvisionLimit, ...]  # the homeowner's own limits: to ask for a cap, to raise a defense
    limitations: TimeLimit | None
    in_foreclosure_judgment: bool  # the claim may already be part of the foreclosure case
    only_if_asked: tuple[Provision, ...]
    diagram: Diagram = field(repr=False, compare=False)

    @cached_property
    def statuses(self) -> Mapping[str, Status]:
        """Whether each provision, taken alone, applies."""
        return {rule.provision.id: status for rule, status in zip(self.law.rules, self.diagram.statuses, strict=True)}

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """An exact partition of what is not known, with what follows in each part."""
        parts: list[Part] = []
        _paths(self.law, self.diagram, self.diagram.root, {}, parts)
        return tuple(parts)

    @cached_property
    def rulings(self) -> tuple[Ruling, ...]:
        return explain(self.law, self.case)

    @property
    def owes_something(self) -> bool:
        return any(outcome in ("capped", "exposed") for outcome in self.possible)

    @property
    def is_probable(self) -> bool:
        """A decider rests on one secondary source only."""
        return any(provision.confidence == "low" for provision in self.deciders)

    @cached_property
    def balance(self) -> Balance:
        return case_balance(self.law, self.case)

    def applying(self, effect: str, *, perhaps: bool = False) -> tuple[Provision, ...]:
        """The provisions of an effect that apply (or may apply)."""
        wanted = ("held", "unknown") if perhaps else ("held",)
        return tuple(
            r.provision for r in self.law.rules if r.effect == effect and self.statuses[r.provision.id] in wanted
        )


def outcome_of(law: Law, case: Case) -> tuple[str, Span]:
    """The outcome and the exposure alone, for comparing cases."""
    leaves: list[Leaf] = []
    _reach(Diagram(law, case).root, leaves, set(), set())
    outcomes = {leaf.outcome for leaf in leaves}
    exposure = leaves[0].exposure
    for leaf in leaves[1:]:
        exposure = exposure.join(leaf.exposure)
    return (outcomes.pop() if len(outcomes) == 1 else "depends"), exposure


def reason(law: Law, case: Case) -> Finding:
    """What ``law`` says about ``case``, exact under everything that is not known."""
    diagram = Diagram(law, case)
    leaves: list[Leaf] = []
    opened: set[int | str] = set()
    _reach(diagram.root, leaves, opened, set())
    outcomes = {leaf.outcome for leaf in leaves}
    possible = tuple(o for o in facts.OUTCOMES if o in outcomes)
    exposure = leaves[0].exposure
    for leaf in leaves[1:]:
        exposure = exposure.join(leaf.exposure)
    live, found = diagram.live, diagram.cited
    decided_by = {
        outcome: tuple(rule.provision for rule in live if found.get(outcome, 0) & rule.bit) for outcome in possible
    }
    cited = 0
    for outcome in possible:
        cited |= found.get(outcome, 0)
    limits: dict[str, list[ProvisionLimit]] = {"deadline": [], "sunset": [], "ask": []}
    perhaps_toll = any(rule.effect == "toll" for rule in live)
    for rule in live:
        provision, number = rule.provision, rule.number
        if number in diagram.limits:
            limit = diagram.limits[number]
            limit = limit.tolled() if perhaps_toll else limit
            acted = case.did_act(provision.id) if rule.effect == "deadline" else None
            limits[rule.effect].append(ProvisionLimit(provision, limit, diagram.statuses[number], acted))
        elif number in diagram.asks:
            asked = case.asked.get(provision.id)
            limits["ask"].append(ProvisionLimit(provision, diagram.asks[number], diagram.statuses[number], asked))
    owed = not outcomes.isdisjoint(_OWING)
    fallback, in_case = _fall_back(law, case, diagram, limits["deadline"], owed, perhaps_toll)
    open_facts = sorted((law.variables[v].name for v in opened if isinstance(v, int)), key=law.order.__getitem__)
    return Finding(
        law=law,
        case=case,
        outcome=possible[0] if len(possible) == 1 else "depends",
        possible=possible,
        exposure=exposure,
        deciders=tuple(rule.provision for rule in live if cited & rule.bit),
        decided_by=decided_by,
        open_facts=tuple(open_facts),
        open_points=tuple(sorted(p for p in opened if isinstance(p, str))),
        deadlines=tuple(limits["deadline"]),
        sunsets=tuple(limits["sunset"]),
        asks=tuple(limits["ask"]),
        limitations=fallback,
        in_foreclosure_judgment=in_case,
        only_if_asked=tuple(
            rule.provision
            for rule in live
            if rule.effect == "cap" and not rule.provision.automatic and found.get("capped", 0) & rule.bit
        ),
        diagram=diagram,
    )


_OWING = frozenset({"capped", "exposed"})


def _reach(node, leaves: list[Leaf], opened: set[int | str], seen: set[int]) -> None:
    """Every leaf of a diagram, and every fact or point that it splits on, each once."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, Node):
        opened.add(node.key)
        for _, child in node.branches:
            _reach(child, leaves, opened, seen)
    else:
        leaves.append(node)


def _paths(law: Law, diagram: Diagram, node, when: dict, parts: list[Part]) -> None:
    if not isinstance(node, Node):
        parts.append(Part(dict(when), node.outcome, node.exposure))
        return
    if isinstance(node.key, str):
        name, variable = node.key, None
    else:
        variable = law.variables[node.key]
        name = variable.name
    for cells, child in node.branches:
        if variable is None:
            when[name] = cells
        else:
            known = None
            if name == "sale_date":
                known = diagram.known.sale
            elif name == "loan_date":
                known = diagram.known.loan
            when[name] = variable.describe(cells, known)
        _paths(law, diagram, child, when, parts)
    del when[name]


def _fall_back(
    law: Law, case: Case, diagram: Diagram, deadlines: list[ProvisionLimit], owed: bool, tolled: bool
) -> tuple[TimeLimit | None, bool]:
    """The general limit to sue on the note, where no special deadline decides, and whether the claim may already
    be in the foreclosure judgment."""
    route: Mapping[Any, str] = law.state.process.route
    masks = diagram.masks
    dispositions = values_of(law, masks, "disposition")
    senior = bool(masks[law.index["foreclosed_by"]] & SENIOR_BIT)
    only_senior = masks[law.index["foreclosed_by"]] == SENIOR_BIT
    routes = {route.get(d) for d in dispositions if d in FORECLOSURES} if not only_senior else set()
    in_case = owed and bool(routes & {"same_case", "either"})
    if law.state.limitations is None or not owed or case.sued or case.lender_acted or case.stage == "judgment":
        return None, in_case
    # A deadline that applies but of which neither day nor lapse is known changes nothing, so it decides nothing.
    if any(item.status == "held" and (item.limit.date or item.limit.passed != "no") for item in deadlines):
        return None, in_case
    if not senior and all(d in FORECLOSURES and route.get(d) == "same_case" for d in dispositions):
        return None, in_case
    years = law.state.limitations.years
    if years == int(years):
        period = Period(count=int(years), unit="years")
    else:
        period = Period(count=int(years * 12), unit="months")
    given = [case.events[name] for name in ("last_payment", "called_due") if name in case.events]
    given = [interval for interval in given if not interval.is_open]
    if given:
        latest = Interval(_latest(i.first for i in given), _latest(i.last for i in given))
        limit = time_limit(period, latest, case.today)
        return (limit.tolled() if tolled else limit), in_case
    sale = time_limit(period, case.counting_sale, case.today)
    return TimeLimit(None, False, "no" if sale.passed == "no" else "maybe"), in_case


def _latest(days: Iterable[date | None]) -> date | None:
    found = list(days)
    return None if None in found else max(d for d in found if d is not None)


def case_balance(law: Law, case: Case) -> Balance:
    """The sums of the case where the way of losing the home is known, else of its first possible way."""
    known = Known(law, case)
    values = (values_of(law, known.masks, name)[0] for name in ("disposition", "foreclosed_by", "lien"))
    return balance(case.money, *values)


def explain(law: Law, case: Case, provisions: Iterable[Provision] | None = None) -> tuple[Ruling, ...]:
    """Provisions (all of them by default) with their conditions, each held, failed or unknown with the answer that
    decided it, in the law's order."""
    known = Known(law, case)
    wanted = None if provisions is None else {provision.id for provision in provisions}
    return tuple(_ruling(law, case, known, rule) for rule in law.rules if wanted is None or rule.provision.id in wanted)


def _ruling(law: Law, case: Case, known: Known, rule: Rule) -> Ruling:
    conditions = tuple(
        _condition(law, case, known, name, tuple(several), allowed)
        for (name, several), (_, allowed) in zip(rule.conditions.items(), rule.parts, strict=True)
    )
    unless = []
    for clause, compiled in zip(rule.provision.unless, rule.clauses, strict=True):
        found = tuple(
            _condition(law, case, known, name, (allowed,), mask)
            for (name, allowed), (_, mask) in zip(clause.items(), compiled.parts, strict=True)
        )
        unless.append((_all(c.status for c in found), found))
    status = _all(c.status for c in conditions)
    if any(clause == "held" for clause, _ in unless):
        status = "failed"
    elif status == "held" and any(clause == "unknown" for clause, _ in unless):
        status = "unknown"
    return Ruling(rule.provision, rule.federal, status, conditions, tuple(unless))


def _all(statuses: Iterable[Status]) -> Status:
    found = set(statuses)
    return "failed" if "failed" in found else "unknown" if "unknown" in found else "held"


def _condition(law: Law, case: Case, known: Known, name: str, several: tuple[Allowed, ...], allowed: int) -> Condition:
    possible = known.masks[law.index[name]]
    status: Status = "held" if not possible & ~allowed else "failed" if not possible & allowed else "unknown"
    variable = law.variables[law.index[name]]
    if name == "sale_date":
        answer: Answer | frozenset = None if case.sale.is_open else case.sale
    elif name == "loan_date":
        answer = None if case.loan.is_open else case.loan
    else:
        answer = case.facts.get(name)
    if answer is None and variable.fact.values and possible and not possible & (possible - 1):
        answer = cells_of(variable, possible)[0].value  # implied, or the usual value
    assumed = variable.fact.is_circumstance and name not in case.facts
    return Condition(name, several, status, answer, assumed)


def matters(law: Law, case: Case) -> frozenset[str]:
    """The unknown facts that could change the outcome, the amount, or which deadline runs; and those that decide
    whether a defense or a sunset is shown, where something may be owed."""
    diagram = Diagram(law, case, dates=True)
    leaves: list[Leaf] = []
    opened: set[int | str] = set()
    _reach(diagram.root, leaves, opened, set())
    names = {law.variables[key].name for key in opened if isinstance(key, int)}
    if any(leaf.outcome in _OWING for leaf in leaves):
        for rule in diagram.live:
            if diagram.statuses[rule.number] == "unknown" and rule.effect in ("defense", "sunset"):
                names.update(law.variables[v].name for v in diagram.open_facts_of(rule, diagram.standing))
    return frozenset(names)
