"""From law and facts to a finding: conditions, provisions, outcomes, case splits (REASONING.md).

Pure: no Django, no database, no clock but the date it is given.

How it works. :class:`Law` compiles a jurisdiction with the federal layer over it: every fact that its rules turn on
becomes a :class:`Variable`, its values cut into *cells* that no rule tells apart (a word, or a stretch of numbers or
days), and every rule and exception becomes a bit. What a case knows of a fact is a set of cells. :func:`reason` walks
the facts that are not known in a fixed order, striking out at each cell the rules that it rules out. Two branches that
leave the same rules standing are the same node, so the walk builds a reduced decision diagram and stays small; a
diagram of this kind is canonical, hence a fact that still stands in it is exactly a fact that can change the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Literal, NamedTuple

from . import facts
from .deadlines import NOT_KNOWN, Interval, TimeLimit, limit_of, time_limit
from .document import Allowed, ConditionSet, DateRange, Jurisdiction, NumberRange, Period, Provision, vocabulary
from .facts import FORECLOSURES, JUNIOR, SENIOR_LENDER, STAGES_BEFORE_SALE, THIS_LENDER, WORKOUTS, Fact, Value
from .money import NOTHING, Balance, Money, Span, balance, lowest

Status = Literal["held", "failed", "unknown"]
Known = Value | Decimal | Interval | None
#: What a case says of a fact: a value, a set of values, an interval of days, or ``None`` for "not known".
DAY = timedelta(days=1)

#: Order in which unknown facts are split. The first six are bound to one another (which combinations can occur).
_ORDER = (
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
_BOUND = frozenset(_ORDER[:6])


# --- the law, compiled ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cell:
    """One stretch of a fact's values that no rule of this law tells apart."""

    value: Value | None = None
    low: Decimal | date | None = None
    high: Decimal | date | None = None
    low_open: bool = False
    high_open: bool = False


class Variable:
    """A fact that this law turns on, with its cells."""

    __slots__ = ("cells", "everything", "fact", "index", "kill")

    def __init__(self, fact: Fact, allowed: Iterable[Allowed]):
        self.fact = fact
        self.index = -1
        if fact.values:
            self.cells = tuple(Cell(value=value) for value in fact.values)
        elif fact.kind == "date":
            self.cells = _day_cells(a for a in allowed if isinstance(a, DateRange))
        else:
            self.cells = _number_cells((a for a in allowed if isinstance(a, NumberRange)), fact.kind == "whole")
        self.everything = (1 << len(self.cells)) - 1
        self.kill: list[int] = [0] * len(self.cells)

    @property
    def name(self) -> str:
        return self.fact.name

    def allowed_mask(self, allowed: Allowed) -> int:
        """The cells that satisfy one condition."""
        return self._mask(lambda cell: _cell_allowed(cell, allowed))

    def known_mask(self, known: Known | frozenset) -> int:
        """The cells that what is known leaves possible."""
        if known is None:
            return self.everything
        if self.fact.values:
            values = known if isinstance(known, frozenset) else (known,)
            return self._mask(lambda cell: any(cell.value is v or cell.value == v for v in values))
        if isinstance(known, Interval):
            return self._mask(lambda cell: _meets(cell, known))
        return self._mask(lambda cell: _contains(cell, known))

    def mask_up_to(self, most: int) -> int:
        """The cells with some number of at most ``most``."""
        return self._mask(lambda cell: cell.low is None or cell.low <= most)

    def _mask(self, test) -> int:
        mask = 0
        for position, cell in enumerate(self.cells):
            if test(cell):
                mask |= 1 << position
        return mask

    def describe(self, mask: int, known: Interval | None = None):
        """The cells of ``mask`` in the form of the rule language: a value, a list, or a range."""
        cells = [cell for position, cell in enumerate(self.cells) if mask >> position & 1]
        if self.fact.values:
            return cells[0].value if len(cells) == 1 else [cell.value for cell in cells]
        keys = ("from", "to") if self.fact.kind == "date" else ("min", "max")
        ranges = []
        for cell in cells:
            low, high = cell.low, cell.high
            if known is not None:
                low = max((d for d in (low, known.first) if d is not None), default=None)
                high = min((d for d in (high, known.last) if d is not None), default=None)
            if ranges and ranges[-1][2] is cell.low and cell.low_open and cell.low is not None:
                ranges[-1] = (ranges[-1][0], ranges[-1][1], high, cell.high_open)
            elif ranges and self.fact.kind in ("date", "whole") and _next(ranges[-1][2], low):
                ranges[-1] = (ranges[-1][0], ranges[-1][1], high, cell.high_open)
            else:
                ranges.append((low, cell.low_open, high, cell.high_open))
        result = []
        for low, low_open, high, high_open in ranges:
            stretch = {}
            if low is not None:
                stretch["above" if low_open else keys[0]] = low
            if high is not None:
                stretch["below" if high_open else keys[1]] = high
            result.append(stretch)
        if len(result) == 1:
            only = result[0]
            if self.fact.kind == "whole" and only.get("min") is not None and only.get("min") == only.get("max"):
                return only["min"]
            return only
        return result


def _next(high, low) -> bool:
    if high is None or low is None:
        return False
    return (high + DAY if isinstance(high, date) else high + 1) == low


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
    if isinstance(allowed, DateRange):
        low, high = allowed.from_, allowed.to
    else:
        low, high = allowed.min, allowed.max
    if low is not None and (cell.low is None or cell.low < low):
        return False
    if high is None:
        return True
    return cell.high is not None and (cell.high < high or (cell.high == high) or cell.high_open and cell.high <= high)


def _contains(cell: Cell, number) -> bool:
    if cell.low is not None and (number < cell.low or (cell.low_open and number == cell.low)):
        return False
    return cell.high is None or number < cell.high or (not cell.high_open and number == cell.high)


def _meets(cell: Cell, days: Interval) -> bool:
    if days.last is not None and cell.low is not None and days.last < cell.low:
        return False
    return not (days.first is not None and cell.high is not None and days.first > cell.high)


class _Clause(NamedTuple):
    """One ``unless`` set of a rule, as a bit of its own."""

    bit: int
    owner: int
    parts: tuple[tuple[int, int], ...]  # (variable, allowed cells)


class _Rule:
    """A provision, compiled."""

    __slots__ = ("bit", "clause_bits", "clauses", "effect", "federal", "number", "parts", "provision")

    def __init__(self, provision: Provision, number: int, bit: int, federal: bool):
        self.provision = provision
        self.effect = provision.effect
        self.number = number
        self.bit = bit
        self.federal = federal
        self.parts: tuple[tuple[int, int], ...] = ()
        self.clauses: tuple[_Clause, ...] = ()
        self.clause_bits = 0


class Law:
    """The law of one jurisdiction with the federal layer over it, ready to reason from. Immutable once built."""

    def __init__(self, state: Jurisdiction, federal: Jurisdiction | None = None, numbers: Mapping[str, int] | None = None):
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
        order = [n for n in _ORDER if n in used] + [n for n in self.facts if n in used and n not in _ORDER]
        self.variables = tuple(Variable(self.facts[name], used[name]) for name in order)
        self.index = {variable.name: position for position, variable in enumerate(self.variables)}
        for position, variable in enumerate(self.variables):
            variable.index = position
        self.rules: list[_Rule] = []
        bit = 1
        for number, (provision, is_federal) in enumerate(provisions):
            rule = _Rule(provision, number, bit, is_federal)
            bit <<= 1
            rule.parts = self._parts(provision.conditions.items())
            clauses = []
            for clause in provision.unless:
                clauses.append(_Clause(bit, number, self._parts((n, [a]) for n, a in clause.items())))
                rule.clause_bits |= bit
                bit <<= 1
            rule.clauses = tuple(clauses)
            self.rules.append(rule)
            self._kills(rule.bit, rule.parts)
            for item in rule.clauses:
                self._kills(item.bit, item.parts)
        self.by_id = {rule.provision.id: rule for rule in self.rules}

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


# --- the case ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """What is known of one loan on one home.

    ``facts`` maps a fact to its value; a fact that is absent takes its usual value if it is a circumstance and is
    unknown otherwise; ``None`` means asked and not known. Dates are :class:`Interval` (a year or a month stands for
    its days). ``sale`` and ``loan`` are the dates *given*. ``acted``, ``asked`` and ``skipped`` map provision ids to
    true, false, or ``None`` for not known. ``most_units`` bounds an unknown number of dwellings (4 in the interview).
    """

    today: date
    facts: Mapping[str, Known | frozenset] = field(default_factory=dict)
    money: Money = Money()
    sale: Interval = NOT_KNOWN
    loan: Interval = NOT_KNOWN
    events: Mapping[str, Interval] = field(default_factory=dict)
    stage: str | None = None
    lender_acted: bool | None = None
    acted: Mapping[str, bool | None] = field(default_factory=dict)
    asked: Mapping[str, bool | None] = field(default_factory=dict)
    skipped: Mapping[str, bool | None] = field(default_factory=dict)
    sued: bool | None = None
    most_units: int | None = None

    @property
    def sale_bounds(self) -> Interval:
        """The sale's date as given, cut by what the stage says: not yet sold means today or later."""
        if self.stage in STAGES_BEFORE_SALE:
            return self.sale.within(self.today, None)
        if self.stage is not None:
            return self.sale.within(None, self.today)
        return self.sale

    @property
    def counting_sale(self) -> Interval:
        """The sale's date for counting limits: only a date that was given starts one."""
        return self.sale_bounds if not self.sale.is_open else NOT_KNOWN

    def did_act(self, provision_id: str) -> bool | None:
        if provision_id in self.acted:
            return self.acted[provision_id]
        return self.lender_acted


# --- the finding ------------------------------------------------------------------------------------------------


class Leaf(NamedTuple):
    """What follows in one part of a case."""

    outcome: str
    exposure: Span


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
    answer: Known | frozenset
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
    statuses: Mapping[str, Status]
    diagram: _Diagram = field(repr=False, compare=False)

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


# --- reasoning --------------------------------------------------------------------------------------------------


class _Known:
    """The possible cells of every variable of a law for one case, the bound ones narrowed by each other."""

    __slots__ = ("free_waiver", "masks", "sale", "sale_variable", "loan_variable", "loan")

    def __init__(self, law: Law, case: Case, free: frozenset[str] = frozenset()):
        masks = []
        self.free_waiver = False
        self.sale = case.sale_bounds
        self.loan = case.loan
        for variable in law.variables:
            name = variable.name
            if name in free:
                masks.append(variable.everything)
                continue
            if name == "sale_date":
                mask = variable.known_mask(self.sale)
            elif name == "loan_date":
                mask = variable.known_mask(self.loan)
            elif name in case.facts:
                mask = variable.known_mask(case.facts[name])
            elif name == "lender_waived":
                # Left unsaid it is "no" after a foreclosure and unknown after a short sale or a deed in lieu.
                self.free_waiver = True
                mask = variable.everything
            else:
                mask = variable.known_mask(variable.fact.usual)
            if name == "units" and case.most_units is not None and case.facts.get(name) is None:
                mask &= variable.mask_up_to(case.most_units)
            if name == "disposition" and case.facts.get(name) is None:
                possible = frozenset((*law.state.process.available, *WORKOUTS))
                mask &= variable.known_mask(possible)
            masks.append(mask)
        self.masks = masks
        self._narrow(law)

    def _narrow(self, law: Law) -> None:
        """Strike what the legal combinations rule out. The bonds form a tree, so a few passes make it exact."""
        masks, at = self.masks, law.index
        d, b, l, w = at["disposition"], at["foreclosed_by"], at["lien"], at["lender_waived"]
        s, o = at["sale_date"], at["loan_date"]
        for _ in range(4):
            before = (masks[d], masks[b], masks[l], masks[w])
            if not masks[d] & _FORECLOSED or not masks[l] & _JUNIOR_BIT:
                masks[b] &= _THIS_BIT
            if masks[b] == _SENIOR_BIT:
                masks[d] &= _FORECLOSED
                masks[l] &= _JUNIOR_BIT
            if self.free_waiver:
                if not masks[d] & ~_FORECLOSED:
                    masks[w] = _FALSE_BIT
                elif masks[w] == _TRUE_BIT:
                    masks[d] &= ~_FORECLOSED
            if before == (masks[d], masks[b], masks[l], masks[w]):
                break
        # The loan is not after the sale.
        sale, loan = law.variables[s], law.variables[o]
        last_sale = max((_end(c.high, self.sale.last) for c in _cells(sale, masks[s])), default=date.max)
        first_loan = min((_start(c.low, self.loan.first) for c in _cells(loan, masks[o])), default=date.min)
        masks[o] &= loan._mask(lambda c: _start(c.low, self.loan.first) <= last_sale) or masks[o]
        masks[s] &= sale._mask(lambda c: _end(c.high, self.sale.last) >= first_loan) or masks[s]


def _cells(variable: Variable, mask: int) -> list[Cell]:
    return [cell for position, cell in enumerate(variable.cells) if mask >> position & 1]


def _start(low: date | None, given: date | None) -> date:
    return max(low or date.min, given or date.min)


def _end(high: date | None, given: date | None) -> date:
    return min(high or date.max, given or date.max)


def _bit(fact: str, *values: Value) -> int:
    return sum(1 << facts.CORE[fact].values.index(value) for value in values)


_FORECLOSED = _bit("disposition", *FORECLOSURES)
_THIS_BIT = _bit("foreclosed_by", THIS_LENDER)
_SENIOR_BIT = _bit("foreclosed_by", SENIOR_LENDER)
_JUNIOR_BIT = _bit("lien", JUNIOR)
_TRUE_BIT = _bit("lender_waived", True)
_FALSE_BIT = _bit("lender_waived", False)


def _statuses(law: Law, masks: list[int]) -> tuple[list[Status], int]:
    """Each rule's status taken alone, and the bits of rules and exceptions that are still open or hold."""
    statuses: list[Status] = []
    alive = 0
    for rule in law.rules:
        status: Status = "held"
        for position, allowed in rule.parts:
            possible = masks[position]
            if not possible & allowed:
                status = "failed"
                break
            if possible & ~allowed:
                status = "unknown"
        if status != "failed":
            bits = 0
            for clause in rule.clauses:
                holds = True
                for position, allowed in clause.parts:
                    possible = masks[position]
                    if not possible & allowed:
                        break
                    if possible & ~allowed:
                        holds = False
                else:
                    if holds:
                        status = "failed"
                        break
                    bits |= clause.bit
                    status = "unknown"
            if status != "failed":
                alive |= rule.bit | bits
        statuses.append(status)
    return statuses, alive


class _Node(NamedTuple):
    """A split of the diagram: on a variable (by index) or on a point (by name), children by cells or true/false."""

    key: int | str
    branches: tuple[tuple[int | bool, object], ...]


class _Step(NamedTuple):
    """One split: a fact, its groups of cells (cells, bits struck, the cell where it binds others), what it touches."""

    position: int
    variable: Variable
    bound: bool
    groups: tuple[tuple[int, int, int | None], ...]
    touched: int


class _Diagram:
    """One run of reasoning over a case."""

    def __init__(self, law: Law, case: Case, *, free: frozenset[str] = frozenset(), dates: bool = False):
        self.law = law
        self.case = case
        self.known = _Known(law, case, free)
        self.masks = self.known.masks
        self.statuses, alive = _statuses(law, self.masks)
        self.judgment = case.stage == "judgment"
        self.dates = dates
        self._limits()
        self.money_settles = self._may_be_settled_by_money()
        self._choose(alive)
        self.cited: dict[str, int] = {}
        self._table: dict[object, object] = {}
        self._settled: dict[tuple, object] = {}
        self._balances: dict[tuple, Balance] = {}
        self.root = self._build()

    # -- which rules and facts matter

    def _limits(self) -> None:
        case, law = self.case, self.law
        sale, events = case.counting_sale, case.events
        self.limits: dict[int, TimeLimit] = {}
        self.asks: dict[int, TimeLimit] = {}
        for rule, status in zip(law.rules, self.statuses, strict=True):
            if status == "failed":
                continue
            provision = rule.provision
            if rule.effect in ("deadline", "sunset"):
                self.limits[rule.number] = limit_of(provision.limit, provision.id, sale, events, case.today)
            elif provision.ask_within is not None:
                self.asks[rule.number] = limit_of(provision.ask_within, provision.id, sale, events, case.today)

    def _choose(self, alive: int) -> None:
        """Keep the rules that can decide; note the facts that they leave open, in splitting order."""
        case, law, masks = self.case, self.law, self.masks
        lapses = any(
            limit.passed == "yes" and law.rules[number].effect == "deadline" and
            case.did_act(law.rules[number].provision.id) is not True
            for number, limit in self.limits.items()
        )
        deciders, permits = [], []
        self.settling = self.hard = self.bars = self.duties = self.lapsing = self.caps = 0
        self.unsettling = self.tolling = self.permits = self.dated = 0
        for rule, status in zip(law.rules, self.statuses, strict=True):
            if status == "failed":
                continue
            provision, effect, bit = rule.provision, rule.effect, rule.bit
            takes_part = bool(provision.unsettles_state_law)
            if provision.unsettles_state_law:
                self.unsettling |= bit
            if effect in ("bar", "waiver"):
                takes_part = True
                self.bars |= bit
            elif effect == "duty":
                if case.skipped.get(provision.id, False) is not False:
                    takes_part = True
                    self.duties |= bit
            elif effect == "deadline":
                if self.limits[rule.number].passed != "no" and case.did_act(provision.id) is not True:
                    takes_part = True
                    self.lapsing |= bit
                if self.dates:
                    takes_part = True
                    self.dated |= bit
            elif effect == "cap":
                if not self._cap_lapsed(rule):
                    takes_part = True
                    self.caps |= bit
            elif effect == "toll":
                if lapses:
                    takes_part = True
                    self.tolling |= bit
            elif effect == "permit":
                permits.append(rule)
                self.permits |= bit
            if effect == "waiver" or (provision.after_judgment and effect in ("bar", "duty", "deadline")):
                self.hard |= bit
            if takes_part:
                deciders.append(rule)
        open_variables: set[int] = set()
        for rule in deciders:
            open_variables.update(self._open(rule, alive))
        d, b, l = law.index["disposition"], law.index["foreclosed_by"], law.index["lien"]
        self.money_turns = self._money_turns_on_path()
        if self.money_turns:
            open_variables.update(i for i in (d, b, l) if masks[i] & (masks[i] - 1))
        elif open_variables & {b, l, law.index["lender_waived"]} and masks[d] & (masks[d] - 1):
            if masks[d] & _FORECLOSED and masks[d] & ~_FORECLOSED:
                open_variables.add(d)
        self.split = sorted(open_variables)
        keep = 0
        for rule in deciders:
            keep |= rule.bit | rule.clause_bits
        self.sure_permits = 0
        for rule in permits:
            keep |= rule.bit | rule.clause_bits
            if self._open(rule, alive) <= open_variables:
                self.sure_permits |= rule.bit
        self.standing = alive
        self.deciding = self.bars | self.duties | self.lapsing | self.caps | self.unsettling | self.dated
        path = {law.index[name] for name in ("disposition", "foreclosed_by", "lien")} if self.money_turns else set()
        self.path_splits = max((n + 1 for n, v in enumerate(self.split) if v in path), default=0)
        self.alive = alive & keep
        self._last_positions(deciders + permits)

    def _cap_lapsed(self, rule: _Rule) -> bool:
        """The time to ask has surely run and nobody asked: the cap fails."""
        limit = self.asks.get(rule.number)
        return limit is not None and limit.passed == "yes" and self.case.asked.get(rule.provision.id) is False

    def _open(self, rule: _Rule, alive: int) -> set[int]:
        masks = self.masks
        result = {position for position, allowed in rule.parts if masks[position] & ~allowed}
        for clause in rule.clauses:
            if alive & clause.bit:
                result.update(position for position, allowed in clause.parts if masks[position] & ~allowed)
        return result

    def _money_turns_on_path(self) -> bool:
        """Whether the sums differ between the ways in which the home may have been lost."""
        money = self.case.money
        if money.owed is None:
            return False
        law, masks = self.law, self.masks
        ds = [c.value for c in _cells(law.variables[law.index["disposition"]], masks[law.index["disposition"]])]
        bs = [c.value for c in _cells(law.variables[law.index["foreclosed_by"]], masks[law.index["foreclosed_by"]])]
        ls = [c.value for c in _cells(law.variables[law.index["lien"]], masks[law.index["lien"]])]
        if len(ds) == len(bs) == len(ls) == 1:
            return False
        found = {balance(money, d, b, l) for d in ds for b in bs for l in ls}
        return len(found) > 1

    def _last_positions(self, rules: list[_Rule]) -> None:
        """For each split, the exceptions and the settling rules whose last open fact it is."""
        place = {variable: number for number, variable in enumerate(self.split)}
        self.clauses_done: list[list[tuple[int, int]]] = [[] for _ in self.split]
        self.settled_at = [0] * len(self.split)
        self.settled_now = 0
        soft = 0 if self.judgment or self.unsettling else self.bars
        federal = 0
        for rule in rules:
            if rule.federal and not self.judgment:
                federal |= rule.bit & self.bars
        settling = (self.bars & self.hard) | soft | federal
        masks = self.masks
        self.unsure: int = 0
        for rule in rules:
            if not self.alive & rule.bit:
                continue
            last = -1
            for position, allowed in rule.parts:
                if masks[position] & ~allowed:
                    if position in place:
                        last = max(last, place[position])
                    else:
                        self.unsure |= rule.bit
            for clause in rule.clauses:
                if not self.alive & clause.bit:
                    continue
                clause_last, known_here = -1, True
                for position, allowed in clause.parts:
                    if masks[position] & ~allowed:
                        if position in place:
                            clause_last = max(clause_last, place[position])
                        else:
                            known_here = False
                if known_here and clause_last >= 0:
                    self.clauses_done[clause_last].append((clause.bit, rule.bit | rule.clause_bits))
                    last = max(last, clause_last)
                elif not known_here:
                    self.unsure |= rule.bit
            if rule.bit & settling:
                if last < 0:
                    self.settled_now |= rule.bit
                else:
                    self.settled_at[last] |= rule.bit

    # -- the diagram

    def _build(self):
        if self.settled_now & self.alive and not self.money_settles:
            return self._settle(self.alive & ~self._still_open(), None)
        self._steps()
        return self._walk(0, self.alive, (None, None, None, None))

    def _still_open(self) -> int:
        """Rules whose open facts are yet to be split: in a part settled early they do not surely hold."""
        result = 0
        for rule, status in zip(self.law.rules, self.statuses, strict=True):
            if status == "unknown":
                result |= rule.bit
        return result

    def _may_be_settled_by_money(self) -> bool:
        money = self.case.money
        if money.owed is None:
            return False
        law, masks = self.law, self.masks
        for d in _cells(law.variables[law.index["disposition"]], masks[law.index["disposition"]]):
            for b in _cells(law.variables[law.index["foreclosed_by"]], masks[law.index["foreclosed_by"]]):
                for l in _cells(law.variables[law.index["lien"]], masks[law.index["lien"]]):
                    if balance(money, d.value, b.value, l.value).is_settled:
                        return True
        return False

    def _steps(self) -> None:
        """For each split: its cells in groups that strike the same rules, and the bits that it can strike at all."""
        self.steps: list[_Step] = []
        for k, position in enumerate(self.split):
            variable = self.law.variables[position]
            mask, alive = self.masks[position], self.alive
            bound = variable.name in _BOUND
            groups: dict[tuple, int] = {}
            touched = 0
            for cell in range(len(variable.cells)):
                if mask >> cell & 1:
                    kill = variable.kill[cell] & alive
                    touched |= kill
                    key = (kill, cell if bound else None)
                    groups[key] = groups.get(key, 0) | 1 << cell
            for clause, _ in self.clauses_done[k]:
                touched |= clause
            found = tuple((cells, kill, cell) for (kill, cell), cells in groups.items())
            self.steps.append(_Step(position, variable, bound, found, touched | self.settled_at[k]))

    def _walk(self, k: int, alive: int, path: tuple):
        """The node for what is left after the first ``k`` splits. ``path`` = (disposition, foreclosed_by, lien,
        last day of the sale), each ``None`` while it does not bind anything further."""
        steps = self.steps
        while True:
            if k == len(steps):
                return self._settle(alive, path)
            if not alive & self.deciding and k >= self.path_splits:
                return self._settle(alive, path)  # permits alone are left, and none of them changes what is owed
            step = steps[k]
            if step.bound or alive & step.touched:
                break
            k += 1
        key = (k, alive, path)
        table = self._table
        found = table.get(key)
        if found is not None:
            return found
        done, settled = self.clauses_done[k], self.settled_at[k]
        groups = self._bound_groups(step, path) if step.bound else step.groups
        branches: dict[int, list] = {}
        seen: dict[tuple, object] = {}
        for cells, kill, cell in groups:
            left = alive & ~kill
            for clause, whole in done:
                if left & clause:
                    left &= ~whole
            after = self._path_after(step.variable, cell, path) if step.bound else path
            child = seen.get((left, after))
            if child is None:
                if left & settled and not self.money_settles:
                    child = self._settle(left & ~self._open_after(k), after)
                else:
                    child = self._walk(k + 1, left, after)
                seen[(left, after)] = child
            entry = branches.get(id(child))
            if entry is None:
                branches[id(child)] = [cells, child]
            else:
                entry[0] |= cells
        if len(branches) == 1:
            node = child
        else:
            node = self._node(step.position, tuple((cells, child) for cells, child in branches.values()))
        table[key] = node
        return node

    def _bound_groups(self, step: _Step, path: tuple):
        mask = self._bound(step.variable.name, step.position, self.masks[step.position], path)
        return [group for group in step.groups if mask & group[0]]

    def _node(self, key, branches):
        if len(branches) == 1:
            return branches[0][1]
        whole = (key, tuple((cells, id(child)) for cells, child in branches))
        found = self._table.get(whole)
        if found is None:
            found = self._table[whole] = _Node(key, branches)
        return found

    def _open_after(self, k: int) -> int:
        """Bits of rules that later splits could still strike: they do not surely hold yet."""
        cached = self._settled.get(("open", k))
        if cached is None:
            cached = 0
            later = set(self.split[k + 1 :])
            for rule in self.law.rules:
                if self.alive & rule.bit and self._open(rule, self.alive) & later:
                    cached |= rule.bit
            self._settled[("open", k)] = cached
        return cached

    def _bound(self, name: str, position: int, mask: int, path: tuple) -> int:
        if name not in _BOUND:
            return mask
        disposition, foreclosed_by, _, last_sale = path
        if name == "lender_waived" and self.known.free_waiver and disposition is not None:
            if disposition in FORECLOSURES:
                return mask & _FALSE_BIT or mask
        elif name == "foreclosed_by" and disposition in WORKOUTS:
            return mask & _THIS_BIT or mask
        elif name == "lien" and foreclosed_by == SENIOR_LENDER:
            return mask & _JUNIOR_BIT or mask
        elif name == "loan_date" and last_sale is not None:
            variable = self.law.variables[position]
            return mask & variable._mask(lambda c: _start(c.low, self.known.loan.first) <= last_sale) or mask
        return mask

    def _path_after(self, variable: Variable, cell: int, path: tuple) -> tuple:
        name = variable.name
        disposition, foreclosed_by, lien, last_sale = path
        if name == "disposition":
            return (variable.cells[cell].value, foreclosed_by, lien, last_sale)
        if name == "foreclosed_by":
            return (disposition, variable.cells[cell].value, lien, last_sale)
        if name == "lien":
            return (disposition, foreclosed_by, variable.cells[cell].value, last_sale)
        if name == "sale_date":
            loan = self.law.index["loan_date"]
            if loan in self.split:
                return (disposition, foreclosed_by, lien, _end(variable.cells[cell].high, self.known.sale.last))
            return path
        if last_sale is not None and name == "loan_date":
            return (disposition, foreclosed_by, lien, None)
        return path

    def _sums(self, path: tuple | None) -> Balance:
        found = self._balances.get(path)
        if found is None:
            law, masks = self.law, self.masks
            values = []
            for number, name in enumerate(("disposition", "foreclosed_by", "lien")):
                value = path[number] if path else None
                if value is None:
                    position = law.index[name]
                    value = _cells(law.variables[position], masks[position])[0].value
                values.append(value)
            found = self._balances[path] = balance(self.case.money, *values)
        return found

    # -- what follows where all facts are decided

    def _settle(self, alive: int, path: tuple | None):
        sums = self._sums(path)
        key = (alive, sums)
        found = self._settled.get(key)
        if found is None:
            found = self._settled[key] = self._follow(alive, sums)
        return found

    def _leaf(self, outcome: str, exposure: Span, cited: int = 0, dates: int = 0):
        self.cited[outcome] = self.cited.get(outcome, 0) | cited
        key = (outcome, exposure, dates if outcome in ("capped", "exposed", "time_barred") else 0)
        found = self._table.get(key)
        if found is None:
            found = self._table[key] = Leaf(outcome, exposure) if not self.dates else _DatedLeaf(*key)
        return found

    def _branch(self, point: str, yes, no):
        if yes is no:
            return yes
        return self._node(point, ((True, yes), (False, no)))

    def _follow(self, alive: int, sums: Balance):
        if sums.is_settled:
            return self._leaf("no_shortfall", NOTHING)
        if self.unsettling & alive:
            return self._branch(
                "state_law_binds", self._with(alive, sums, True), self._with(alive, sums, False)
            )
        return self._with(alive, sums, True)

    def _with(self, alive: int, sums: Balance, state_binds: bool):
        law = self.law
        if not state_binds:
            for rule in law.rules:
                if not rule.federal and rule.effect in ("bar", "duty", "deadline", "cap"):
                    alive &= ~rule.bit
        if self.judgment:
            soft = (self.bars | self.duties | self.lapsing) & ~self.hard
            if alive & self.bars & self.hard:
                return self._decide(alive, sums)
            return self._branch("court_reopens", self._decide(alive, sums), self._decide(alive & ~soft, sums))
        return self._decide(alive, sums)

    def _decide(self, alive: int, sums: Balance):
        rules = self.law.rules
        barring = alive & self.bars
        perhaps = []
        for rule in self._rules_of(alive & self.duties):
            if self.case.skipped.get(rule.provision.id):
                barring |= rule.bit
            else:
                perhaps.append(rule)
        if barring:
            return self._leaf("barred", NOTHING, barring)
        node = self._lapse(alive, sums)
        for rule in perhaps:
            barred = self._leaf("barred", NOTHING, rule.bit)
            node = self._branch(f"skipped.{rule.provision.id}", barred, node)
        return node

    def _rules_of(self, bits: int) -> list[_Rule]:
        return [rule for rule in self.law.rules if bits & rule.bit] if bits else []

    def _lapse(self, alive: int, sums: Balance):
        open_limits, lapsed = [], 0
        tolled = bool(alive & self.tolling)
        for rule in self._rules_of(alive & self.lapsing):
            limit = self.limits[rule.number]
            sure = limit.passed == "yes" and not tolled
            acted = self.case.did_act(rule.provision.id)
            if sure and acted is False:
                lapsed |= rule.bit
            else:
                open_limits.append((rule, sure, acted))
        dates = alive & self.dated
        if lapsed:
            return self._leaf("time_barred", NOTHING, lapsed, dates)
        node = self._owed(alive, sums)
        for rule, sure, acted in reversed(open_limits):
            node_if_late = self._leaf("time_barred", NOTHING, rule.bit, dates)
            if acted is None:
                node_if_late = self._branch(f"acted.{rule.provision.id}", node, node_if_late)
            node = node_if_late if sure else self._branch(f"past.{rule.provision.id}", node_if_late, node)
        return node

    def _owed(self, alive: int, sums: Balance):
        permits = alive & self.permits & ~self.unsure
        if not permits:
            permits = alive & self.permits
        shortfall = sums.shortfall
        caps = self._rules_of(alive & self.caps)
        dates = alive & self.dated
        if not caps:
            return self._leaf("exposed", shortfall, permits, dates)
        spans, bits = [], 0
        for rule in caps:
            span = sums.capped(rule.provision.measure)
            limit = self.asks.get(rule.number)
            if limit is not None and limit.passed == "yes" and self.case.asked.get(rule.provision.id) is None:
                span = Span(span.low, shortfall.high)  # nobody knows whether the homeowner asked in time
            spans.append(span)
            bits |= rule.bit
        return self._leaf("capped", lowest(spans, shortfall), permits | bits, dates)


class _DatedLeaf(NamedTuple):
    outcome: str
    exposure: Span
    dates: int


def reason(law: Law, case: Case) -> Finding:
    """What ``law`` says about ``case``, exact under everything that is not known."""
    diagram = _Diagram(law, case)
    leaves: list[Leaf] = []
    opened: set[int | str] = set()
    _reach(diagram.root, leaves, opened, set())
    outcomes = {leaf.outcome for leaf in leaves}
    possible = tuple(o for o in facts.OUTCOMES if o in outcomes)
    exposure = leaves[0].exposure
    for leaf in leaves[1:]:
        exposure = exposure.join(leaf.exposure)
    decided_by = {
        outcome: tuple(r.provision for r in law.rules if diagram.cited.get(outcome, 0) & r.bit) for outcome in possible
    }
    cited = 0
    for outcome in possible:
        cited |= diagram.cited.get(outcome, 0)
    statuses: dict[str, Status] = {}
    limits: dict[str, list[ProvisionLimit]] = {"deadline": [], "sunset": [], "ask": []}
    held_toll = perhaps_toll = False
    for rule, status in zip(law.rules, diagram.statuses, strict=True):
        statuses[rule.provision.id] = status
        if rule.effect == "toll" and status != "failed":
            held_toll, perhaps_toll = held_toll or status == "held", True
    for rule, status in zip(law.rules, diagram.statuses, strict=True):
        provision = rule.provision
        if rule.number in diagram.limits:
            limit = diagram.limits[rule.number]
            limit = limit.tolled() if perhaps_toll else limit
            acted = case.did_act(provision.id) if rule.effect == "deadline" else None
            limits[rule.effect].append(ProvisionLimit(provision, limit, status, acted))
        elif rule.number in diagram.asks:
            asked = case.asked.get(provision.id)
            limits["ask"].append(ProvisionLimit(provision, diagram.asks[rule.number], status, asked))
    owed = not outcomes.isdisjoint(_OWING)
    fallback, in_case = _fall_back(law, case, diagram, limits["deadline"], owed, perhaps_toll)
    order = {name: number for number, name in enumerate(law.facts)}
    open_facts = sorted((law.variables[v].name for v in opened if isinstance(v, int)), key=order.__getitem__)
    return Finding(
        law=law,
        case=case,
        outcome=possible[0] if len(possible) == 1 else "depends",
        possible=possible,
        exposure=exposure,
        deciders=tuple(r.provision for r in law.rules if cited & r.bit),
        decided_by=decided_by,
        open_facts=tuple(open_facts),
        open_points=tuple(sorted(p for p in opened if isinstance(p, str))),
        deadlines=tuple(limits["deadline"]),
        sunsets=tuple(limits["sunset"]),
        asks=tuple(limits["ask"]),
        limitations=fallback,
        in_foreclosure_judgment=in_case,
        only_if_asked=tuple(
            r.provision
            for r in law.rules
            if r.effect == "cap" and not r.provision.automatic and diagram.cited.get("capped", 0) & r.bit
        ),
        statuses=statuses,
        diagram=diagram,
    )


_OWING = frozenset({"capped", "exposed"})


def _reach(node, leaves: list[Leaf], opened: set[int | str], seen: set[int]) -> None:
    """Every leaf of a diagram, and every fact or point that it splits on, each once."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, _Node):
        opened.add(node.key)
        for _, child in node.branches:
            _reach(child, leaves, opened, seen)
    else:
        leaves.append(node)


def _paths(law: Law, diagram: _Diagram, node, when: dict, parts: list[Part]) -> None:
    if not isinstance(node, _Node):
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
    law: Law, case: Case, diagram: _Diagram, deadlines: list[ProvisionLimit], owed: bool, tolled: bool
) -> tuple[TimeLimit | None, bool]:
    """The general limit to sue on the note, where no special deadline decides, and whether the claim may already
    be in the foreclosure judgment."""
    route = law.state.process.route
    masks = diagram.masks
    dispositions = [
        c.value for c in _cells(law.variables[law.index["disposition"]], masks[law.index["disposition"]])
    ]
    senior = bool(masks[law.index["foreclosed_by"]] & _SENIOR_BIT)
    only_senior = masks[law.index["foreclosed_by"]] == _SENIOR_BIT
    routes = {route.get(d) for d in dispositions if d in FORECLOSURES} if not only_senior else set()
    in_case = owed and bool(routes & {"same_case", "either"})
    if law.state.limitations is None or not owed or case.sued or case.lender_acted or case.stage == "judgment":
        return None, in_case
    if any(item.status == "held" for item in deadlines):
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
    known = _Known(law, case)
    values = []
    for name in ("disposition", "foreclosed_by", "lien"):
        position = law.index[name]
        values.append(_cells(law.variables[position], known.masks[position])[0].value)
    return balance(case.money, *values)


# --- explaining and asking --------------------------------------------------------------------------------------


def explain(law: Law, case: Case) -> tuple[Ruling, ...]:
    """Every provision with its conditions, each held, failed or unknown with the answer that decided it."""
    known = _Known(law, case)
    statuses, _ = _statuses(law, known.masks)
    rulings = []
    for rule, status in zip(law.rules, statuses, strict=True):
        provision = rule.provision
        conditions = tuple(
            _condition(law, case, known, name, tuple(several), allowed)
            for (name, several), (_, allowed) in zip(provision.conditions.items(), rule.parts, strict=True)
        )
        unless = []
        for clause, compiled in zip(provision.unless, rule.clauses, strict=True):
            found = tuple(
                _condition(law, case, known, name, (allowed,), mask)
                for (name, allowed), (_, mask) in zip(clause.items(), compiled.parts, strict=True)
            )
            unless.append((_all(c.status for c in found), found))
        rulings.append(Ruling(provision, rule.federal, status, conditions, tuple(unless)))
    return tuple(rulings)


def _all(statuses: Iterable[Status]) -> Status:
    found = set(statuses)
    return "failed" if "failed" in found else "unknown" if "unknown" in found else "held"


def _condition(
    law: Law, case: Case, known: _Known, name: str, several: tuple[Allowed, ...], allowed: int
) -> Condition:
    possible = known.masks[law.index[name]]
    status: Status = "held" if not possible & ~allowed else "failed" if not possible & allowed else "unknown"
    variable = law.variables[law.index[name]]
    if name == "sale_date":
        answer: Known | frozenset = None if case.sale.is_open else case.sale
    elif name == "loan_date":
        answer = None if case.loan.is_open else case.loan
    else:
        answer = case.facts.get(name)
    if answer is None and variable.fact.values and possible and not possible & (possible - 1):
        answer = _cells(variable, possible)[0].value  # implied, or the usual value
    assumed = variable.fact.is_circumstance and name not in case.facts
    return Condition(name, several, status, answer, assumed)


def matters(law: Law, case: Case) -> frozenset[str]:
    """The unknown facts that could change the outcome, the amount, or which deadline runs; and those that decide
    whether a defense or a sunset is shown, where something may be owed."""
    diagram = _Diagram(law, case, dates=True)
    leaves: list[Leaf] = []
    opened: set[int | str] = set()
    _reach(diagram.root, leaves, opened, set())
    names = {law.variables[key].name for key in opened if isinstance(key, int)}
    if any(leaf.outcome in _OWING for leaf in leaves):
        for rule, status in zip(law.rules, diagram.statuses, strict=True):
            if status == "unknown" and rule.effect in ("defense", "sunset"):
                names.update(law.variables[v].name for v in diagram._open(rule, diagram.standing))
    return frozenset(names)
