"""A state's law at one glance: the outcome for every legal way of losing the home, by home use and loan use; and,
behind each cell, every rule with what it makes of the cell's facts.

Pure: no Django, no database, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from . import facts
from .case import Case
from .impact import MONEY, SOME_DAY
from .money import Span
from .reasoning import Finding, Law, Ruling, explain, reason

RESIDENCES = tuple(str(value) for value in facts.CORE["residence"].values)
LOAN_USES = tuple(str(value) for value in facts.CORE["loan_use"].values)
#: One home is what nearly every mortgage covers.
UNITS = 1

Way = tuple[str, str, str]  # disposition, foreclosed_by, lien


@dataclass(frozen=True)
class TableCell:
    """What follows from a cell's facts alone: a state's own questions, dates and acres are not known."""

    outcome: str
    possible: tuple[str, ...]
    exposure: Span
    is_probable: bool  # it rests on one secondary source
    only_if_asked: bool  # a cap for which the homeowner has to ask
    parts: tuple[str, ...]  # what "it depends" depends on, so that a line that was moved shows


@dataclass(frozen=True)
class Row:
    way: Way
    cells: Mapping[tuple[str, str], TableCell]  # by residence and loan use


@dataclass(frozen=True)
class Table:
    rows: tuple[Row, ...]

    def row(self, way: Way) -> Row | None:
        return next((row for row in self.rows if row.way == way), None)


@dataclass(frozen=True)
class Judged:
    """One rule beside a case. ``decides``: the answer rests on it."""

    ruling: Ruling
    decides: bool


def table(law: Law) -> Table:
    available = {*law.state.process.available, *facts.WORKOUTS}
    ways = facts.legal_paths(tuple(d for d in facts.DISPOSITIONS if d in available))
    return Table(
        tuple(
            Row(way, {(home, loan): _cell(law, way, home, loan) for home in RESIDENCES for loan in LOAN_USES})
            for way in ways
        )
    )


def cell_case(way: Way, residence: str | None = None, loan_use: str | None = None, units: int | None = UNITS) -> Case:
    """The case that a cell stands for, worked with the same sums as the impact."""
    disposition, foreclosed_by, lien = way
    known = {
        "disposition": disposition,
        "foreclosed_by": foreclosed_by,
        "lien": lien,
        "residence": residence,
        "loan_use": loan_use,
        "units": units,
    }
    return Case(today=SOME_DAY, facts=known, money=MONEY)


def _cell(law: Law, way: Way, residence: str, loan_use: str) -> TableCell:
    finding = reason(law, cell_case(way, residence, loan_use))
    parts = finding.parts if len(finding.parts) > 1 else ()
    return TableCell(
        outcome=finding.outcome,
        possible=finding.possible,
        exposure=finding.exposure,
        is_probable=finding.is_probable,
        only_if_asked=bool(finding.only_if_asked),
        parts=tuple(sorted(str((sorted(part.when.items()), part.outcome, part.exposure)) for part in parts)),
    )


def rulings(law: Law, case: Case) -> tuple[Finding, tuple[Judged, ...]]:
    """The answer, and every rule of the state's and the federal layer with its conditions: those that decide first,
    then those that hold, may hold, and do not."""
    finding = reason(law, case)
    deciders = {provision.id for provision in finding.deciders}
    judged = [Judged(ruling, ruling.provision.id in deciders) for ruling in explain(law, case)]
    places = {"held": 1, "unknown": 2, "failed": 3}
    judged.sort(key=lambda item: 0 if item.decides else places[item.ruling.status])
    return finding, tuple(judged)
