"""The law of one jurisdiction, compiled for reasoning.

Every fact that its rules turn on becomes a :class:`Variable`, its values cut into *cells* that no rule tells apart (a
word, or a stretch of numbers or days); every rule and every exception becomes a bit, and each cell knows the bits that
it strikes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from .deadlines import Interval
from .document import Allowed, DateRange, Jurisdiction, NumberRange, Provision, vocabulary
from .facts import WORKOUTS, Fact, Value

#: What a case says of a fact: a value, a number, an interval of days, or ``None`` for "not known".
Answer = Value | Decimal | Interval | None
DAY = timedelta(days=1)
#: The law files, like deeds, write land to a hundredth of an acre: "over 40" is "from 40.01".
HUNDREDTH = Decimal("0.01")

#: The order in which unknown facts are split.
ORDER = (
    "disposition",
    "lender_waived",
    "foreclosed_by",
    "lien",
    "sale_date",
    "loan_date",
    "residence",
    "loan_use",
    "units",
    "acres",
    "buyer",
    "role",
    "loan_program",
)
#: Facts that are bound to one another: not every combination can occur.
BOUND = frozenset({"disposition", "lender_waived", "foreclosed_by", "lien", "sale_date", "loan_date"})


@dataclass(frozen=True, slots=True)
class Cell:
    """One stretch of a fact's values that no rule of this law tells apart."""

    value: Value | None = None
    low: Any = None  # a number or a day; None: no end
    high: Any = None
    low_open: bool = False
    high_open: bool = False


class Variable:
    """A fact that this law turns on, with its cells."""

    __slots__ = ("bits", "cells", "everything", "fact", "index", "kill", "name")

    def __init__(self, fact: Fact, allowed: Iterable[Allowed]):
        self.fact = fact
        self.name = fact.name
        self.index = -1
        if fact.values:
            self.cells = tuple(Cell(value=value) for value in fact.values)
        elif fact.kind == "date":
            self.cells = _day_cells(a for a in allowed if isinstance(a, DateRange))
        else:
            self.cells = _number_cells((a for a in allowed if isinstance(a, NumberRange)), fact.kind == "whole")
        self.bits = {cell.value: 1 << position for position, cell in enumerate(self.cells)} if fact.values else {}
        self.everything = (1 << len(self.cells)) - 1
        self.kill: list[int] = [0] * len(self.cells)

    def allowed_mask(self, allowed: Allowed) -> int:
        """The cells that satisfy one condition."""
        return self.mask_where(lambda cell: _cell_allowed(cell, allowed))

    def known_mask(self, known: Any) -> int:
        """The cells that what is known leaves possible."""
        if known is None:
            return self.everything
        if self.fact.values:
            if isinstance(known, frozenset):
                return sum(self.bits.get(value, 0) for value in known)
            return self.bits.get(known, 0)
        if isinstance(known, Interval):
            return self.mask_where(lambda cell: _meets(cell, known))
        return self.mask_where(lambda cell: _contains(cell, known))

    def mask_up_to(self, most: int) -> int:
        """The cells with some number of at most ``most``."""
        return self.mask_where(lambda cell: cell.low is None or cell.low <= most)

    def mask_where(self, test) -> int:
        mask = 0
        for position, cell in enumerate(self.cells):
            if test(cell):
                mask |= 1 << position
        return mask

    def describe(self, mask: int, known: Interval | None = None):
        """The cells of ``mask`` in the form of the rule language: a value, a list, or a range."""
        places = [position for position in range(len(self.cells)) if mask >> position & 1]
        if self.fact.values:
            values = [self.cells[position].value for position in places]
            return values[0] if len(values) == 1 else values
        keys = ("from", "to") if self.fact.kind == "date" else ("min", "max")
        ranges: list[tuple] = []
        for position in places:
            cell = self.cells[position]
            low, high = cell.low, cell.high
            if known is not None:
                low = max((d for d in (low, known.first) if d is not None), default=None)
                high = min((d for d in (high, known.last) if d is not None), default=None)
            if position - 1 in places and ranges:  # neighbouring cells meet
                ranges[-1] = (ranges[-1][0], ranges[-1][1], high, cell.high_open)
            else:
                ranges.append((low, cell.low_open, high, cell.high_open))
        result = []
        for low, low_open, high, high_open in ranges:
            stretch = {}
            if low is not None:
                stretch[keys[0]] = low + HUNDREDTH if low_open else low
            if high is not None:
                stretch[keys[1]] = high - HUNDREDTH if high_open else high
            result.append(stretch)
        if len(result) == 1:
            only = result[0]
            if self.fact.kind == "whole" and only.get("min") is not None and only.get("min") == only.get("max"):
                return only["min"]
            return only
        return result


def _day_cells(ranges: Iterable[DateRange]) -> tuple[Cell, ...]:
    starts = set()
    for stretch in ranges:
        if stretch.from_:
            starts.add(stretch.from_)
        if stretch.to:
            starts.add(stretch.to + DAY)
    return _stretches(sorted(starts), DAY, None)


def _stretches(starts: list, step, first) -> tuple[Cell, ...]:
    cells, low = [], first
    for start in starts:
        cells.append(Cell(low=low, high=start - step))
        low = start
    cells.append(Cell(low=low))
    return tuple(cells)


def _number_cells(ranges: Iterable[NumberRange], whole: bool) -> tuple[Cell, ...]:
    if whole:
        starts = set()
        for stretch in ranges:
            if stretch.min is not None and stretch.min > 1:
                starts.add(int(stretch.min))
            if stretch.max is not None:
                starts.add(int(stretch.max) + 1)
        return _stretches(sorted(starts), 1, 1)
    cuts: set[tuple[Decimal, bool]] = set()  # (where, "the cut lies after it")
    for stretch in ranges:
        if stretch.min is not None and stretch.min > 0:
            cuts.add((stretch.min, False))
        if stretch.max is not None:
            cuts.add((stretch.max, True))
    cells, low, low_open = [], Decimal(0), False
    for where, after in sorted(cuts):
        cells.append(Cell(low=low, low_open=low_open, high=where, high_open=not after))
        low, low_open = where, after
    cells.append(Cell(low=low, low_open=low_open))
    return tuple(cells)


def _cell_allowed(cell: Cell, allowed: Allowed) -> bool:
    if isinstance(allowed, tuple):
        return any(cell.value is v or cell.value == v for v in allowed)
    low: Any
    high: Any
    if isinstance(allowed, DateRange):
        low, high = allowed.from_, allowed.to
    else:
        low, high = allowed.min, allowed.max
    if low is not None and (cell.low is None or cell.low < low):
        return False
    if high is None:
        return True
    return cell.high is not None and (cell.high < high or (cell.high == high) or (cell.high_open and cell.high <= high))


def _contains(cell: Cell, number) -> bool:
    if cell.low is not None and (number < cell.low or (cell.low_open and number == cell.low)):
        return False
    return cell.high is None or number < cell.high or (not cell.high_open and number == cell.high)


def _meets(cell: Cell, days: Interval) -> bool:
    if days.last is not None and cell.low is not None and days.last < cell.low:
        return False
    return not (days.first is not None and cell.high is not None and days.first > cell.high)


class Clause(NamedTuple):
    """One ``unless`` set of a rule, as a bit of its own."""

    bit: int
    owner: int
    parts: tuple[tuple[int, int], ...]  # (variable, allowed cells)


class Rule:
    """A provision, compiled."""

    __slots__ = (
        "bit",
        "clause_bits",
        "clauses",
        "conditions",
        "effect",
        "federal",
        "limit",
        "number",
        "parts",
        "provision",
        "rarest_first",
    )

    def __init__(self, provision: Provision, number: int, bit: int, federal: bool):
        self.provision = provision
        self.effect = provision.effect
        self.limit = provision.limit
        self.conditions = provision.conditions
        self.number = number
        self.bit = bit
        self.federal = federal
        self.parts: tuple[tuple[int, int], ...] = ()
        self.clauses: tuple[Clause, ...] = ()
        self.clause_bits = 0
        #: The same parts, circumstances first: they rule most rules out at once.
        self.rarest_first: tuple[tuple[int, int], ...] = ()


class Law:
    """The law of one jurisdiction with the federal layer over it, ready to reason from. Immutable once built."""

    def __init__(
        self, state: Jurisdiction, federal: Jurisdiction | None = None, numbers: Mapping[str, int] | None = None
    ):
        if federal is not None and federal.state == state.state:
            federal = None
        self.state = state
        self.federal = federal
        self.publications = dict(numbers or {})
        self.facts = vocabulary(*([federal] if federal else []), state)
        documents = [(state, federal is None and state.state == "US")] + ([(federal, True)] if federal else [])
        provisions = [(p, is_federal) for document, is_federal in documents for p in document.provisions]
        used: dict[str, list[Allowed]] = {}
        for provision, _ in provisions:
            for name, several in provision.conditions.items():
                used.setdefault(name, []).extend(several)
            for clause in provision.unless:
                for name, allowed in clause.items():
                    used.setdefault(name, []).append(allowed)
        for name in ("disposition", "foreclosed_by", "lien", "lender_waived", "sale_date", "loan_date"):
            used.setdefault(name, [])
        order = [n for n in ORDER if n in used] + [n for n in self.facts if n in used and n not in ORDER]
        self.variables = tuple(Variable(self.facts[name], used[name]) for name in order)
        self.index = {variable.name: position for position, variable in enumerate(self.variables)}
        for position, variable in enumerate(self.variables):
            variable.index = position
        self.rules: list[Rule] = []
        bit = 1
        for number, (provision, is_federal) in enumerate(provisions):
            rule = Rule(provision, number, bit, is_federal)
            bit <<= 1
            rule.parts = self._parts(rule.conditions.items())
            rule.rarest_first = tuple(sorted(rule.parts, key=lambda part: not self._is_rare(part[0])))
            clauses = []
            for clause in provision.unless:
                clauses.append(Clause(bit, number, self._parts((n, [a]) for n, a in clause.items())))
                rule.clause_bits |= bit
                bit <<= 1
            rule.clauses = tuple(clauses)
            self.rules.append(rule)
            self._kills(rule.bit, rule.parts)
            for item in rule.clauses:
                self._kills(item.bit, item.parts)
        self.unsaid = self._unsaid()
        #: The place of each fact in the order of the vocabulary.
        self.order = {name: number for number, name in enumerate(self.facts)}
        self.by_id = {rule.provision.id: rule for rule in self.rules}

    def _is_rare(self, position: int) -> bool:
        return self.variables[position].fact.is_circumstance

    def _unsaid(self) -> list[int]:
        """The possible cells of every variable where nothing is said."""
        possible = frozenset((*self.state.process.available, *WORKOUTS))
        masks = []
        for variable in self.variables:
            if variable.name == "disposition":
                masks.append(variable.known_mask(possible))
            elif variable.name == "lender_waived":
                masks.append(variable.everything)
            else:
                masks.append(variable.known_mask(variable.fact.usual))
        return masks

    def _parts(self, conditions) -> tuple[tuple[int, int], ...]:
        parts = []
        for name, several in conditions:
            position = self.index[name]
            variable = self.variables[position]
            mask = variable.everything
            for allowed in several:
                mask &= variable.allowed_mask(allowed)
            parts.append((position, mask))
        return tuple(parts)

    def _kills(self, bit: int, parts: tuple[tuple[int, int], ...]) -> None:
        for position, mask in parts:
            kill = self.variables[position].kill
            for cell in range(len(kill)):
                if not mask >> cell & 1:
                    kill[cell] |= bit

    @property
    def code(self) -> str:
        return self.state.state

    def provision(self, provision_id: str) -> Provision:
        """Raises KeyError for an id that this law does not have."""
        return self.by_id[provision_id].provision

    @cached_property
    def circumstances(self) -> tuple[Fact, ...]:
        """The facts of this law that are rarely so, in the order of the vocabulary."""
        return tuple(f for f in self.facts.values() if f.is_circumstance and f.name in self.index)

    @cached_property
    def duties(self) -> tuple[Provision, ...]:
        return tuple(rule.provision for rule in self.rules if rule.effect == "duty")
