"""The ways of losing a home side by side, for somebody who has not lost it yet."""

from __future__ import annotations

from dataclasses import dataclass, replace

from statelaw.facts import DEED_IN_LIEU, STAGES_BEFORE_SALE, WORKOUTS
from statelaw.money import Span
from statelaw.reasoning import Case, Law, reason

#: What an unknown point of a way turns on, where it is this one thing alone.
WAIVER, ACTED, OTHER = "waiver", "acted", "other"


@dataclass(frozen=True, slots=True)
class Way:
    """One way of losing the home, and what would follow."""

    disposition: str
    outcome: str
    possible: tuple[str, ...]
    exposure: Span
    if_waived: bool  # a written waiver would end the debt, and nothing else is open
    without_waiver: str | None  # the outcome without it
    is_usual: bool
    is_chosen: bool


def ways_out(law: Law, case: Case) -> tuple[Way, ...]:
    """Each kind of foreclosure that this law knows, a short sale, a deed in lieu; nothing once the home is lost."""
    if case.stage not in STAGES_BEFORE_SALE:
        return ()
    return tuple(_way(law, case, kind) for kind in (*law.state.process.available, *WORKOUTS))


def _way(law: Law, case: Case, disposition: str) -> Way:
    finding = reason(law, _case_with(case, disposition))
    waived = not_waived = None
    if disposition in WORKOUTS and finding.open_facts == ("lender_waived",) and not finding.open_points:
        for part in finding.parts:
            if part.when.get("lender_waived") is True:
                waived = part.outcome
            else:
                not_waived = part.outcome
    return Way(
        disposition=disposition,
        outcome=finding.outcome,
        possible=finding.possible,
        exposure=finding.exposure,
        if_waived=waived == "barred" and not_waived is not None,
        without_waiver=not_waived if waived == "barred" else None,
        is_usual=disposition == law.state.process.usual,
        is_chosen=case.facts.get("disposition") == disposition,
    )


def _case_with(case: Case, disposition: str) -> Case:
    """The same case with this way of losing the home. What only fits another way is left out again."""
    known = dict(case.facts)
    known["disposition"] = disposition
    money = case.money
    if disposition in WORKOUTS:
        known.pop("foreclosed_by", None)
        if disposition == DEED_IN_LIEU:
            money = replace(money, sale_price=None)  # the credit is what the papers say, and nobody knows it yet
        if case.facts.get("disposition") != disposition:
            known.pop("lender_waived", None)
    elif case.facts.get("disposition") in WORKOUTS:
        known.pop("lender_waived", None)
    return replace(case, facts=known, money=money)
