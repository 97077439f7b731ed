"""Which ways forward fit this person: the options file, in the rule language of the law (options.yaml).

An option is shown unless a condition of its ``when`` fails or one set of its ``unless`` surely holds: what is not known
does not hide a way out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from statelaw.facts import CORE, FIRST, FORECLOSURES, THIS_LENDER, WORKOUTS
from statelaw.reasoning import Finding, Law


@dataclass(frozen=True, slots=True)
class Ground:
    """What an option rests on: a citation, with a page to read where there is one."""

    cite: str
    link: str | None


@dataclass(frozen=True, eq=False)
class Option:
    """An option as the page tells it: the same for everybody to whom it is shown."""

    id: str
    group: str
    urgency: int
    heading: str
    plain: str
    this_week: tuple[str, ...]
    caution: str | None
    grounds: tuple[Ground, ...]


def facts_of(finding: Finding, *, old_debt: bool, surplus: bool, deadline_running: bool) -> Mapping[str, object]:
    """What an option may test, by name; ``None`` is "not known". A fact that is absent is not known either."""
    law, case = finding.law, finding.case
    known: dict[str, object] = {name: fact.usual for name, fact in law.facts.items() if fact.is_circumstance}
    known.update(case.facts)
    disposition = known.get("disposition")
    if known.get("lien") == FIRST or disposition in WORKOUTS:
        known["foreclosed_by"] = THIS_LENDER
    if "lender_waived" not in case.facts and disposition not in FORECLOSURES:
        known["lender_waived"] = None
    known.update(
        stage=case.stage,
        outcome=finding.outcome,
        old_debt=old_debt,
        surplus=surplus,
        deadline_running=deadline_running,
    )
    return known


def _holds(conditions: Mapping[str, Sequence[object]], known: Mapping[str, object]) -> bool | None:
    """Whether all conditions hold; ``None`` where one is not known and none fails."""
    result: bool | None = True
    for name, allowed in conditions.items():
        value = known.get(name)
        if value is None:
            result = None
        elif isinstance(value, frozenset):
            if not any(v in allowed for v in value):
                return False
            if not all(v in allowed for v in value):
                result = None
        elif not any(value is v or (value == v and type(value) is type(v)) for v in allowed):
            return False
    return result


def fits(option, known: Mapping[str, object]) -> bool:
    if _holds(option.when, known) is False:
        return False
    return not any(_holds(clause, known) for clause in option.unless)


def decided_by(options: Iterable, known: Mapping[str, object], values: Mapping[str, Sequence[object]]) -> set[str]:
    """The facts, of those in ``values``, of which another value alone would show or hide an option."""
    found: set[str] = set()
    for option in options:
        tested = {name for name in (*option.when, *(n for clause in option.unless for n in clause)) if name in values}
        for name in tested - found:
            shown = fits(option, known)
            if any(fits(option, {**known, name: value}) != shown for value in values[name]):
                found.add(name)
    return found


def testable(law: Law) -> frozenset[str]:
    """The names that an option's conditions may use."""
    names = set(CORE) | {"stage", "outcome", "old_debt", "surplus", "deadline_running"}
    if law.federal is not None:
        names.update(question.fact for question in law.federal.questions)
    return frozenset(names)
