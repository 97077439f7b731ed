"""What a change of the law does: old and new law held against each other over the grid (REASONING.md, *The grid*).

Exact and quick without reasoning every situation. Along each legal way of losing the home, the facts of the grid are
walked together for both laws; each value strikes rules out, and situations that leave the same rules standing in both
laws have the same two answers, so each pair is reasoned once. Where no rule that was changed can hold any more, nothing
below can differ. What differs is kept as a reduced diagram, from which the groups are read.

Facts outside the grid (circumstances, dates, acres) are as usual or not known, as the grid has them. A change that
turns on such a fact would hide there, so the grid is walked again with each value of such a fact that a changed rule
names: those are the *special* situations, counted by themselves. The grid has one home and three; a number of homes
that a changed rule tells apart from both (a line at two) is a special one, too.

Pure: no Django, no database, no clock.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from math import prod
from typing import Any

from . import casefile, facts
from .case import Case, Known, read_statuses
from .compiled import HUNDREDTH, Cell, Law, Variable
from .deadlines import NOT_KNOWN, Interval
from .diagram import Node
from .document import Allowed, DateRange, Jurisdiction, Provision
from .money import Money, Span
from .reasoning import Finding, Part, reason
from .review import merged

#: The sums that every situation is worked with: something is owed, and a cap by the home's value shows.
MONEY = Money(owed=Decimal(200_000), sale_price=Decimal(150_000), fair_value=Decimal(170_000))
#: With no date known no limit runs out, so this day decides nothing.
SOME_DAY = date(2026, 1, 1)
PATH = ("disposition", "foreclosed_by", "lien")
KINDS = ("answer", "amount", "other", "new", "gone")
#: At most so many special walks, and so many reasoned situations after which no further one is begun.
MOST_SPECIALS = 60
MOST_REASONED = 1_500

Progress = Callable[[int, int], None]


# --- what is found ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """What one law says about a worked example."""

    outcome: str
    possible: tuple[str, ...]
    exposure: Span
    deciders: tuple[str, ...]
    parts: tuple[Part, ...]  # what it depends on; one part where it does not


@dataclass(frozen=True)
class Example:
    facts: Mapping[str, Any]
    old: Told | None
    new: Told | None


@dataclass(frozen=True)
class Detail:
    """One thing beside outcome and amount that differs: a rule that is shown, or a general limit. ``key`` is a
    provision's id, or ``limitations``, ``in_case``, ``redemption``."""

    key: str
    old: bool  # it stood before
    new: bool  # it stands now
    new_key: str = ""  # what the new law calls the same rule


@dataclass(frozen=True)
class Region:
    """Situations that differ from the whole grid in these facts, in the form of the rule language."""

    when: Mapping[str, Any]
    count: int


@dataclass(frozen=True)
class Group:
    """Situations in which the same changes in the same way. ``old`` is None for a situation that is new, ``new`` for
    one that is gone."""

    kind: str
    old: str | None
    new: str | None
    old_possible: tuple[str, ...]
    new_possible: tuple[str, ...]
    count: int
    regions: tuple[Region, ...]
    example: Example
    old_exposure: Span | None = None
    new_exposure: Span | None = None
    details: tuple[Detail, ...] = ()

    @property
    def harm(self) -> int:
        """Above 0: worse for the homeowner; below: better."""
        return _weight(self.new_possible) - _weight(self.old_possible) if self.old and self.new else 0


@dataclass(frozen=True)
class Walk:
    """The grid walked once. ``setting``: the facts outside it that are not as usual; empty for the grid itself."""

    setting: Mapping[str, Any]
    total: int
    groups: tuple[Group, ...]
    #: The same in the form of the rule language: all values that the setting stands for.
    described: Mapping[str, Any] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        return sum(group.count for group in self.groups)

    def count(self, kind: str) -> int:
        return sum(group.count for group in self.groups if group.kind == kind)

    @property
    def result(self) -> frozenset[Any]:
        """All that changes, without the examples."""
        return frozenset(
            (
                *(group.kind, group.old, group.new, group.old_possible, group.new_possible, group.details),
                *(group.old_exposure, group.new_exposure),
                frozenset((str(sorted(region.when.items())), region.count) for region in group.regions),
            )
            for group in self.groups
        )


@dataclass(frozen=True)
class Impact:
    grid: Walk
    #: Only those in which something changes otherwise than in the grid; values with one result are one walk.
    specials: tuple[Walk, ...] = ()
    special_total: int = 0
    special_changed: int = 0
    left_out: int = 0  # special walks that would have been too many
    changed_rules: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return self.grid.total

    @property
    def changed(self) -> int:
        return self.grid.changed

    @property
    def groups(self) -> tuple[Group, ...]:
        return self.grid.groups


_RANK = {"no_shortfall": 0, "barred": 0, "time_barred": 1, "capped": 2, "exposed": 3}


def _weight(possible: tuple[str, ...]) -> int:
    """How bad an answer is: first the worst that can follow, then the best."""
    ranks = [_RANK[outcome] for outcome in possible]
    return 4 * max(ranks) + min(ranks) if ranks else 0


# --- comparing -------------------------------------------------------------------------------------------------------


def compare(old: Law, new: Law, progress: Progress | None = None, most_reasoned: int = MOST_REASONED) -> Impact:
    """What changes for whom when ``new`` takes the place of ``old``. The grid is always walked whole; special walks
    stop at ``most_reasoned``, and those left out are counted."""
    new = _aligned(new, old)
    pair = _Pair(old, new)
    settings, left_out = pair.settings()
    total = len(settings) * len(pair.paths)
    done = itertools.count(1)

    def step() -> None:
        if progress is not None:
            progress(next(done), total)

    grid = pair.walk(settings[0], step)
    specials: list[Walk] = []
    special_total = special_changed = 0
    for number, setting in enumerate(settings[1:], start=1):
        if pair.reasoned > most_reasoned:
            left_out += len(settings) - number
            break
        walk = pair.walk(setting, step)
        special_total += walk.total
        special_changed += walk.changed
        if walk.groups and walk.result != grid.result:
            specials.append(walk)
    return Impact(
        grid, pair.together(specials), special_total, special_changed, left_out, tuple(sorted(pair.changed_ids))
    )


def _aligned(new: Law, old: Law) -> Law:
    """The new law with its questions in the old one's order, so that both are split in one order. It says the same."""
    state = _in_order_of(new.state, old.state)
    federal = _in_order_of(new.federal, old.federal) if new.federal and old.federal else new.federal
    if state is new.state and federal is new.federal:
        return new
    return Law(state, federal, new.publications)


def _in_order_of(document: Jurisdiction, other: Jurisdiction) -> Jurisdiction:
    places = {question.fact: place for place, question in enumerate(other.questions)}
    ordered = tuple(sorted(document.questions, key=lambda q: places.get(q.fact, len(places))))
    return document if ordered == document.questions else document.model_copy(update={"questions": ordered})


@dataclass(frozen=True, slots=True)
class _Item:
    """One value of a fact of the grid, with what it strikes out in each law."""

    cell: Cell
    known: Any  # as a case holds it
    in_old: bool
    in_new: bool
    kill_old: int
    kill_new: int


@dataclass(frozen=True)
class _Axis:
    name: str
    kind: str
    items: tuple[_Item, ...]

    @property
    def whole(self) -> int:
        return (1 << len(self.items)) - 1

    def describe(self, mask: int) -> Any:
        """The values of ``mask`` in the form of the rule language."""
        return _described(self.kind, [item.cell for item in self.items], mask)


def _described(kind: str, cells: list[Cell], mask: int) -> Any:
    found = [cell for position, cell in enumerate(cells) if mask >> position & 1]
    if all(cell.value is not None for cell in found):
        return [cell.value for cell in found]
    keys = ("from", "to") if kind == "date" else ("min", "max")
    stretches = []
    for low, low_open, high, high_open in _runs(cells, mask):
        stretch = {}
        if low is not None:
            stretch[keys[0]] = low + HUNDREDTH if low_open else low
        if high is not None:
            stretch[keys[1]] = high - HUNDREDTH if high_open else high
        stretches.append(stretch)
    return stretches[0] if len(stretches) == 1 else stretches


def _runs(cells: Iterable[Cell], mask: int) -> tuple[tuple[Any, bool, Any, bool], ...]:
    """The stretches that neighbouring cells make together: the same however finely they are cut."""
    runs: list[tuple[Any, bool, Any, bool]] = []
    last = None
    for position, cell in enumerate(cells):
        if mask >> position & 1:
            if last == position - 1 and runs:
                runs[-1] = (*runs[-1][:2], cell.high, cell.high_open)
            else:
                runs.append((cell.low, cell.low_open, cell.high, cell.high_open))
            last = position
    return tuple(runs)


@dataclass(frozen=True)
class _Answer:
    """What one law says in one situation, in a form that can be held against the other law's."""

    outcome: str
    possible: tuple[str, ...]
    exposure: Span
    outcomes: int  # which answer follows from what is not known: a diagram by its number
    amounts: int  # the same with amounts
    shown: frozenset[tuple[str, Any]]  # what else is told: (key, what it says)


class _Diagrams:
    """Numbers for reduced diagrams, so that two laws' can be held against each other whatever cells they are cut in."""

    def __init__(self) -> None:
        self.numbers: dict[Any, int] = {}

    def number(self, law: Law, root: Any, leaf: Callable[[Any], Any]) -> int:
        seen: dict[int, int] = {}

        def of(node: Any) -> int:
            found = seen.get(id(node))
            if found is None:
                found = seen[id(node)] = self._number(key(node))
            return found

        def key(node: Any) -> Any:
            if not isinstance(node, Node):
                return ("leaf", leaf(node))
            children: dict[int, int] = {}
            if isinstance(node.key, str):
                both = frozenset((value, of(child)) for value, child in node.branches)
                return both_or_one(node.key, both)
            variable = law.variables[node.key]
            for cells, child in node.branches:
                number = of(child)
                children[number] = children.get(number, 0) | cells
            if len(children) == 1:
                return next(iter(children))
            return (variable.name, frozenset((number, _frozen(variable, mask)) for number, mask in children.items()))

        def both_or_one(name: str, branches: frozenset[tuple[Any, int]]) -> Any:
            numbers = {number for _, number in branches}
            return numbers.pop() if len(numbers) == 1 else (name, branches)

        return of(root)

    def _number(self, key: Any) -> int:
        if isinstance(key, int):
            return key
        return self.numbers.setdefault(key, len(self.numbers))


def _frozen(variable: Variable, mask: int) -> Any:
    if variable.fact.values:
        return frozenset(c.value for position, c in enumerate(variable.cells) if mask >> position & 1)
    return _runs(variable.cells, mask)


#: A class of change, all of whose situations make one group.
_Class = tuple[str, Any, Any, frozenset[Detail]]


class _Pair:
    """Two laws of one state, and all that walking them together needs."""

    def __init__(self, old: Law, new: Law):
        self.old, self.new = old, new
        self.names = self._same_rules()
        self.changed_old, self.changed_new = self._changed_bits()
        self.statics = _statics(old) != _statics(new)
        self.axes = [axis for name in self._grid_facts() if (axis := self._axis(name)) is not None]
        both = [all(item.in_old and item.in_new for item in axis.items) for axis in self.axes]
        #: From each fact on: whether both laws have every value of all that follow.
        self.both_from = [all(both[k:]) for k in range(len(both) + 1)]
        self.paths = facts.legal_paths(tuple(d for d in facts.DISPOSITIONS if self._is_way(d, old, new)))
        self.diagrams = _Diagrams()
        #: What a rule says where it decides, and where it is only shown.
        self.effects = {
            (id(rule), decides): _effect(rule.provision, decides)
            for law in (old, new)
            for rule in law.rules
            for decides in (True, False)
        }
        self.reasoned = 0
        #: Of every fact outside the grid that is set: all its values.
        self.values: dict[str, list[tuple[Cell, Any]]] = {}

    @staticmethod
    def _is_way(disposition: str, *laws: Law) -> bool:
        return any(d == disposition for law in laws for d in (*law.state.process.available, *facts.WORKOUTS))

    # -- which rules were changed

    def _same_rules(self) -> dict[str, str]:
        """Ids of the new law by what the old one calls the same rule: a rule that was only renamed is the same one."""
        olds = {rule.provision.id: rule.provision for rule in self.old.rules}
        lost = {_content(p): key for key, p in olds.items() if key not in self.new.by_id}
        return {
            rule.provision.id: lost[content]
            for rule in self.new.rules
            if rule.provision.id not in olds and (content := _content(rule.provision)) in lost
        }

    def name_in_old(self, key: str) -> str:
        return self.names.get(key, key)

    def name_in_new(self, key: str) -> str:
        return next((new for new, old in self.names.items() if old == key), key)

    def _changed_bits(self) -> tuple[int, int]:
        """The rules that reason otherwise than their twin in the other law, or have none."""
        moved = {
            name for name in {*self.old.facts, *self.new.facts} if self.old.facts.get(name) != self.new.facts.get(name)
        }
        olds = {rule.provision.id: rule for rule in self.old.rules}
        news = {self.name_in_old(rule.provision.id): rule for rule in self.new.rules}
        same = {
            key
            for key in olds.keys() & news.keys()
            if _reasons(olds[key].provision) == _reasons(news[key].provision)
            and olds[key].federal == news[key].federal
            and not moved & _facts_of(olds[key].provision)
        }
        self.changed_ids = (olds.keys() | news.keys()) - same
        bits = []
        for rules in (olds, news):
            found = 0
            for key, rule in rules.items():
                if key not in same:
                    found |= rule.bit | rule.clause_bits
            bits.append(found)
        return bits[0], bits[1]

    def _changed_provisions(self) -> Iterator[Provision]:
        for law, bits in ((self.old, self.changed_old), (self.new, self.changed_new)):
            yield from (rule.provision for rule in law.rules if rule.bit & bits)

    # -- the facts that are walked

    def _grid_facts(self) -> list[str]:
        own = [question.fact for law in (self.old, self.new) for question in law.state.questions]
        return ["residence", "loan_use", "units", *dict.fromkeys(own)]

    def _axis(self, name: str) -> _Axis | None:
        """None for a fact of the state's own that no rule turns on: it counts once."""
        if name == "units":
            cells = [Cell(value=number) for number in facts.GRID_UNITS]
            return _Axis(name, "whole", tuple(self._item(name, cell, cell.value, ("whole",)) for cell in cells))
        if name not in facts.CORE and name not in self.old.index and name not in self.new.index:
            return None
        shapes = dict.fromkeys(_shape(law.facts[name]) for law in (self.old, self.new) if name in law.facts)
        items = [self._item(name, cell, known, shape) for shape in shapes for cell, known in self._values(name, shape)]
        return _Axis(name, next(iter(shapes))[0], tuple(items))

    def _values(self, name: str, shape: tuple[str, ...]) -> list[tuple[Cell, Any]]:
        laws = [law for law in (self.old, self.new) if name in law.facts and _shape(law.facts[name]) == shape]
        if shape == ("values",):
            values = dict.fromkeys((type(v), v) for law in laws for v in law.facts[name].values)
            return [(Cell(value=value), value) for _, value in values]
        joint = Variable(laws[0].facts[name], [a for law in laws for a in _allowed(law, name)])
        return [(cell, _known(cell, shape[0])) for cell in joint.cells]

    def _item(self, name: str, cell: Cell, known: Any, shape: tuple[str, ...]) -> _Item:
        def there(law: Law) -> bool:
            fact = law.facts.get(name)
            if fact is None or name == "units":
                return True
            return _shape(fact) == shape and (not fact.values or any(v is known or v == known for v in fact.values))

        in_old, in_new = there(self.old), there(self.new)
        return _Item(
            cell,
            known,
            in_old,
            in_new,
            _kills(self.old, name, known) if in_old else 0,
            _kills(self.new, name, known) if in_new else 0,
        )

    # -- special situations

    def settings(self) -> tuple[list[dict[str, Any]], int]:
        """The grid itself (nothing set), then every setting of facts outside it that a changed rule names: each value
        by itself, and all that a rule asks for together."""
        grid = {*PATH, *(axis.name for axis in self.axes)}
        values: dict[str, list[tuple[Cell, Any]]] = {}
        provisions = list(self._changed_provisions())
        singles: list[dict[str, Any]] = [{"units": number} for number in self._other_units(provisions)]
        whole: list[dict[str, Any]] = []
        for provision in provisions:
            for name in sorted(_facts_of(provision) - grid):
                if name not in values and (name in self.old.facts or name in self.new.facts):
                    values[name] = self._other_values(name)
                    singles += [{name: known} for _, known in values[name]]
        for provision in provisions:
            asked = {n: several for n, several in provision.conditions.items() if n in values}
            together = {
                n: [v for _, v in values[n] if all(_allows(a, v) for a in several)] for n, several in asked.items()
            }
            together = {n: found for n, found in together.items() if found and not self._is_usual(n, asked[n])}
            if len(together) > 1 and prod(map(len, together.values())) <= MOST_SPECIALS:
                whole += [dict(zip(together, found, strict=True)) for found in itertools.product(*together.values())]
        found: dict[Any, dict[str, Any]] = {}
        for setting in (*singles, *whole):
            if _is_legal(setting):
                found.setdefault(frozenset(setting.items()), setting)
        kept = list(found.values())[:MOST_SPECIALS]
        return [{}, *kept], len(found) - len(kept)

    def _other_units(self, provisions: Iterable[Provision]) -> list[int]:
        """Numbers of homes that the rules tell apart from those of the grid, where a changed rule names homes."""
        if not any("units" in _facts_of(provision) for provision in provisions):
            return []
        allowed = [a for law in (self.old, self.new) for a in _allowed(law, "units")]
        joint = Variable(facts.CORE["units"], allowed)
        tried = 0
        for number in facts.GRID_UNITS:
            tried |= joint.known_mask(number)
        others = [_known(cell, "whole") for place, cell in enumerate(joint.cells) if not tried >> place & 1]
        numbers = [int(number) for number in others if number >= 1 and number == int(number)]
        self.values["units"] = [(Cell(value=number), number) for number in numbers]
        return numbers

    def _at(self, setting: Mapping[str, Any]) -> _Pair:
        """The pair to be walked with something set: where that is the homes, their axis is that one number."""
        if "units" not in setting:
            return self
        number = setting["units"]
        item = self._item("units", Cell(value=number), number, ("whole",))
        pair = copy.copy(self)
        pair.axes = [replace(axis, items=(item,)) if axis.name == "units" else axis for axis in self.axes]
        return pair

    def _other_values(self, name: str) -> list[tuple[Cell, Any]]:
        """Each value of a fact outside the grid that is not the usual one, as far as rules tell them apart."""
        laws = [law for law in (self.old, self.new) if name in law.facts]
        fact = laws[-1].facts[name]
        found = self._values(name, _shape(fact))
        self.values[name] = found
        usual = {law.facts[name].usual for law in laws}
        if len(found) == 1:
            return []
        return [
            (cell, known) for cell, known in found if not (len(usual) == 1 and fact.is_circumstance and known in usual)
        ]

    def _is_usual(self, name: str, several: list[Allowed]) -> bool:
        """The condition holds as things usually are, so that nothing has to be set for it."""
        usual = {law.facts[name].usual for law in (self.old, self.new) if name in law.facts}
        return None not in usual and all(_allows(allowed, value) for value in usual for allowed in several)

    # -- walking

    def walk(self, setting: Mapping[str, Any], step: Callable[[], None]) -> Walk:
        regions: dict[_Class, list[list[int]]] = {}
        total = 0
        pair = self._at(setting)
        for path in self.paths:
            walk = _PathWalk(pair, path, setting)
            total += walk.total()
            for change, region in walk.regions():
                regions.setdefault(change, []).append(region)
            step()
        self.reasoned = pair.reasoned
        groups = [pair._group(change, merged(found), setting) for change, found in regions.items()]
        groups.sort(key=lambda g: (KINDS.index(g.kind), -g.harm, -_rise(g), -g.count))
        return Walk(dict(setting), total, tuple(groups), {n: self._described(n, [v]) for n, v in setting.items()})

    def _described(self, name: str, several: list[Any]) -> Any:
        """Values of a fact outside the grid, in the form of the rule language."""
        found = self.values[name]
        mask = sum(1 << place for place, (_, known) in enumerate(found) if known in several)
        fact = self.new.facts.get(name) or self.old.facts[name]
        return _described(fact.kind, [cell for cell, _ in found], mask)

    def together(self, walks: list[Walk]) -> tuple[Walk, ...]:
        """Values of one fact by which the same changes, as one walk."""
        found: dict[Any, list[Walk]] = {}
        for walk in walks:
            alone = len(walk.setting) == 1
            key = (next(iter(walk.setting)), walk.result) if alone else id(walk)
            found.setdefault(key, []).append(walk)
        result = []
        for same in found.values():
            described = same[0].described
            if len(same) > 1:
                name = next(iter(same[0].setting))
                described = {name: self._described(name, [walk.setting[name] for walk in same])}
            result.append(replace(same[0], described=described))
        return tuple(result)

    def _group(self, change: _Class, regions: list[list[int]], setting: Mapping[str, Any]) -> Group:
        kind, before, after, details = change
        described = sorted((self._region(region) for region in regions), key=lambda region: -region.count)
        return Group(
            kind=kind,
            old=before and before[0],
            new=after and after[0],
            old_possible=before[1] if before else (),
            new_possible=after[1] if after else (),
            old_exposure=before[2] if before and kind == "amount" else None,
            new_exposure=after[2] if after and kind == "amount" else None,
            count=sum(region.count for region in described),
            regions=tuple(described),
            example=self._example(max(regions, key=_size), setting, before is not None, after is not None),
            details=tuple(sorted(details, key=lambda d: (d.key, d.old))),
        )

    def _region(self, region: list[int]) -> Region:
        ways, lenders, liens = (
            [value for number, value in enumerate(values) if region[place] >> number & 1]
            for place, values in enumerate((facts.DISPOSITIONS, _LENDERS, _LIENS))
        )
        when: dict[str, Any] = {}
        if len(ways) < len({d for d, _, _ in self.paths}):
            when["disposition"] = ways
        # Whose foreclosure it was is a question for a junior loan after a foreclosure only.
        if len(lenders) == 1 and facts.JUNIOR in liens and set(ways) & set(facts.FORECLOSURES):
            when["foreclosed_by"] = lenders
        if len(liens) == 1 and lenders != [facts.SENIOR_LENDER]:
            when["lien"] = liens
        for axis, mask in zip(self.axes, region[3:], strict=True):
            if mask != axis.whole:
                when[axis.name] = axis.describe(mask)
        return Region(when, _size(region))

    def _example(self, region: list[int], setting: Mapping[str, Any], in_old: bool, in_new: bool) -> Example:
        path = tuple(
            next(value for number, value in enumerate(values) if region[place] >> number & 1)
            for place, values in enumerate((facts.DISPOSITIONS, _LENDERS, _LIENS))
        )
        known: dict[str, Any] = dict(zip(PATH, path, strict=True))
        for axis, mask in zip(self.axes, region[3:], strict=True):
            items = [item for number, item in enumerate(axis.items) if mask >> number & 1]
            fact = self.new.facts.get(axis.name) or self.old.facts[axis.name]
            usual = [item for item in items if fact.usual is not None and item.known == fact.usual]
            known[axis.name] = (usual or items)[0].known
        known |= setting
        return Example(
            facts={name: _plain(value) for name, value in known.items()},
            old=self._told(self.old, known) if in_old else None,
            new=self._told(self.new, known) if in_new else None,
        )

    def _told(self, law: Law, known: Mapping[str, Any]) -> Told:
        finding = reason(law, _case(known))
        return Told(
            finding.outcome,
            finding.possible,
            finding.exposure,
            tuple(provision.id for provision in finding.deciders),
            finding.parts,
        )

    # -- one situation

    def answer(self, law: Law, known: Mapping[str, Any]) -> _Answer:
        self.reasoned += 1
        finding = reason(law, _case(known))
        root = finding.diagram.root
        return _Answer(
            finding.outcome,
            finding.possible,
            finding.exposure,
            self.diagrams.number(law, root, lambda leaf: leaf.outcome),
            self.diagrams.number(law, root, lambda leaf: (leaf.outcome, leaf.exposure)),
            frozenset(self._shown(law, finding)),
        )

    def _shown(self, law: Law, finding: Finding) -> Iterator[tuple[str, Any]]:
        """What a report tells beside outcome and amount: the rules that decide, limits, duties, arguments."""
        deciders = {provision.id for provision in finding.deciders}
        limits = {item.provision.id for item in (*finding.deadlines, *finding.sunsets, *finding.asks)}
        for rule in finding.diagram.live:
            provision = rule.provision
            decides = provision.id in deciders
            if decides or provision.id in limits or (finding.owes_something and rule.effect in _ARGUMENTS):
                sure = provision.confidence == "low" if decides else None
                key = self.name_in_old(provision.id) if law is self.new else provision.id
                yield key, (self.effects[id(rule), decides], finding.diagram.statuses[rule.number], sure, decides)
        if finding.limitations is not None and law.state.limitations is not None:
            yield "limitations", law.state.limitations.years
        if finding.in_foreclosure_judgment:
            yield "in_case", True
        way = finding.case.facts["disposition"]
        for item in law.state.process.redemption:
            if item.after == way:
                yield "redemption", (item.count, item.unit)

    def change(self, before: _Answer | None, after: _Answer | None) -> _Class | None:
        if before is None or after is None:
            kind = "new" if before is None else "gone"
            return kind, before and _told_of(before), after and _told_of(after), frozenset()
        if before.outcomes != after.outcomes:
            return "answer", (before.outcome, before.possible), (after.outcome, after.possible), frozenset()
        if before.amounts != after.amounts:
            return "amount", _sum_of(before), _sum_of(after), frozenset()
        if before.shown != after.shown:
            olds, news = _by_key(before.shown), _by_key(after.shown)
            details = {
                Detail(key, key in olds, key in news, self.name_in_new(key))
                for key in olds.keys() | news.keys()
                if olds.get(key) != news.get(key)
            }
            return "other", _told_of(before), _told_of(after), frozenset(details)
        return None


_ARGUMENTS = ("duty", "defense", "toll")
_LENDERS = (facts.THIS_LENDER, facts.SENIOR_LENDER)
_LIENS = (facts.FIRST, facts.JUNIOR)


def _told_of(answer: _Answer) -> tuple[Any, ...]:
    return answer.outcome, answer.possible


def _sum_of(answer: _Answer) -> tuple[Any, ...]:
    return answer.outcome, answer.possible, answer.exposure


def _by_key(shown: Iterable[tuple[str, Any]]) -> dict[str, set[Any]]:
    found: dict[str, set[Any]] = {}
    for key, what in shown:
        found.setdefault(key, set()).add(what)
    return found


def _rise(group: Group) -> Decimal:
    """How much more may be owed."""
    highs = [
        span.high if span and span.high is not None else Decimal(0) for span in (group.old_exposure, group.new_exposure)
    ]
    return highs[1] - highs[0]


def _size(region: list[int]) -> int:
    return prod(mask.bit_count() for mask in region)


class _PathWalk:
    """Both laws along one legal way of losing the home."""

    def __init__(self, pair: _Pair, path: tuple[str, str, str], setting: Mapping[str, Any]):
        self.pair, self.path = pair, path
        self.known = dict(zip(PATH, path, strict=True)) | dict(setting)
        self.in_old, self.in_new = (pair._is_way(path[0], law) for law in (pair.old, pair.new))
        self.old_done, self.old_alive = self._begin(pair.old)
        self.new_done, self.new_alive = self._begin(pair.new)
        self.seen: dict[Any, Any] = {}
        self.nodes: dict[Any, Any] = {}
        self.answers: dict[tuple[bool, int], _Answer] = {}

    def _begin(self, law: Law) -> tuple[list[list[tuple[int, int]]], int]:
        """The rules and exceptions still open before any fact of the grid is said; and for each of those facts, the
        exceptions that surely hold once it is."""
        axes = self.pair.axes
        masks = Known(law, _case({**self.known, **{axis.name: None for axis in axes}})).masks
        _statuses, alive = read_statuses(law, masks)
        place = {law.index[axis.name]: number for number, axis in enumerate(axes) if axis.name in law.index}
        done: list[list[tuple[int, int]]] = [[] for _ in axes]
        for rule in law.rules:
            for clause in rule.clauses if alive & rule.bit else ():
                last = _last_open(clause.parts, masks, place)
                if last is not None and last >= 0:
                    done[last].append((clause.bit, rule.bit | rule.clause_bits))
        return done, alive

    def total(self) -> int:
        """How many situations of this way there are in either law."""
        axes = self.pair.axes
        counts = [prod(sum(test(item) for item in axis.items) for axis in axes) for test in (_OLD, _NEW, _BOTH)]
        old, new = counts[0] * self.in_old, counts[1] * self.in_new
        return old + new - counts[2] * (self.in_old and self.in_new)

    def regions(self) -> Iterator[tuple[_Class, list[int]]]:
        root = self._node(0, self.old_alive, self.new_alive, self.in_old, self.in_new, {})
        bits = [
            1 << values.index(value)
            for value, values in zip(self.path, (facts.DISPOSITIONS, _LENDERS, _LIENS), strict=True)
        ]
        for change, masks in self._paths(root, [axis.whole for axis in self.pair.axes]):
            yield change, [*bits, *masks]

    def _paths(self, node: Any, masks: list[int]) -> Iterator[tuple[_Class, list[int]]]:
        if node is None:
            return
        if not isinstance(node, _Split):
            yield node, masks
            return
        for mask, child in node.branches:
            yield from self._paths(child, [*masks[: node.axis], mask, *masks[node.axis + 1 :]])

    def _node(self, k: int, old: int, new: int, in_old: bool, in_new: bool, point: dict[str, Any]) -> Any:
        """The change in all that is left after ``k`` facts: None, one class of change, or a split by the next fact."""
        pair = self.pair
        if not in_old and not in_new:
            return None
        if not (old & pair.changed_old or new & pair.changed_new or pair.statics) and in_old and in_new:
            if pair.both_from[k]:
                return None
        key = (k, old if in_old else None, new if in_new else None)
        if key in self.seen:
            return self.seen[key]
        if k == len(pair.axes):
            before = self._answer(pair.old, old, point) if in_old else None
            after = self._answer(pair.new, new, point) if in_new else None
            node = pair.change(before, after)
        else:
            node = self._split(k, old, new, in_old, in_new, point)
        self.seen[key] = node
        return node

    def _split(self, k: int, old: int, new: int, in_old: bool, in_new: bool, point: dict[str, Any]) -> Any:
        axis = self.pair.axes[k]
        groups: dict[tuple[int, int, bool, bool], int] = {}
        for number, item in enumerate(axis.items):
            left = _after(old, item.kill_old, self.old_done[k])
            right = _after(new, item.kill_new, self.new_done[k])
            group = (left, right, in_old and item.in_old, in_new and item.in_new)
            groups[group] = groups.get(group, 0) | 1 << number
        branches: dict[Any, int] = {}
        for group, mask in groups.items():
            first = axis.items[(mask & -mask).bit_length() - 1]
            child = self._node(k + 1, *group, {**point, axis.name: first.known})
            branches[child] = branches.get(child, 0) | mask
        if len(branches) == 1:
            return next(iter(branches))
        # One object for one split, so that what is the same below can be seen to be the same.
        split = _Split(k, tuple((mask, child) for child, mask in branches.items()))
        return self.nodes.setdefault(
            (k, frozenset((id(c) if isinstance(c, _Split) else c, m) for c, m in branches.items())), split
        )

    def _answer(self, law: Law, alive: int, point: Mapping[str, Any]) -> _Answer:
        key = (law is self.pair.old, alive)
        found = self.answers.get(key)
        if found is None:
            known = {name: value for name, value in point.items() if name in law.facts}
            found = self.answers[key] = self.pair.answer(law, self.known | known)
        return found


@dataclass(frozen=True, eq=False)
class _Split:
    axis: int
    branches: tuple[tuple[int, Any], ...] = field(repr=False)


def _after(alive: int, kill: int, done: list[tuple[int, int]]) -> int:
    alive &= ~kill
    for clause, whole in done:
        if alive & clause:
            alive &= ~whole
    return alive


def _last_open(parts: tuple[tuple[int, int], ...], masks: list[int], place: Mapping[int, int]) -> int | None:
    """The last fact of the grid that an exception waits for; -1 for none; None where it waits for a fact outside."""
    last = -1
    for position, allowed in parts:
        if masks[position] & ~allowed:
            if position not in place:
                return None
            last = max(last, place[position])
    return last


def _OLD(item: _Item) -> bool:
    return item.in_old


def _NEW(item: _Item) -> bool:
    return item.in_new


def _BOTH(item: _Item) -> bool:
    return item.in_old and item.in_new


# --- rules and facts -------------------------------------------------------------------------------------------------

_WORDS = {"heading", "plain", "cite", "sources", "caveats", "measure_note"}
_CONDITIONS = {"when", "unless", "in_force"}


def _content(provision: Provision) -> str:
    return provision.model_dump_json(exclude={"id"})


def _reasons(provision: Provision) -> str:
    """All of a rule that its answers can turn on; not the words in which it is told."""
    return provision.model_dump_json(exclude={"id", *_WORDS})


def _effect(provision: Provision, decides: bool) -> str:
    """What a rule does where it applies. How a cap measures is told only where it decides."""
    unsaid = {"id", "confidence", *_WORDS, *_CONDITIONS} | (set() if decides else {"measure", "automatic"})
    return provision.model_dump_json(exclude=unsaid)


def _facts_of(provision: Provision) -> set[str]:
    return {*provision.conditions, *(name for clause in provision.unless for name in clause)}


def _statics(law: Law) -> Any:
    """What answers turn on beside rules."""
    process, limitations = law.state.process, law.state.limitations
    redemption = frozenset((item.after, item.count, item.unit) for item in process.redemption)
    return dict(process.route), redemption, limitations and limitations.years, law.federal is None


def _allowed(law: Law, name: str) -> Iterator[Allowed]:
    for rule in law.rules:
        yield from rule.conditions.get(name, ())
        for clause in rule.provision.unless:
            if name in clause:
                yield clause[name]


def _shape(fact: facts.Fact) -> tuple[str, ...]:
    return ("values",) if fact.values else (fact.kind,)


def _known(cell: Cell, kind: str) -> Any:
    """One value of a stretch, as a case holds it."""
    if kind == "date":
        day = cell.high if cell.low is None and cell.high else cell.low or SOME_DAY
        return Interval(day, day)
    if cell.low is not None and not cell.low_open:
        return cell.low
    if cell.high is not None and not cell.high_open:
        return cell.high
    if cell.low is None:
        return cell.high - 1 if cell.high is not None else 1
    return (cell.low + cell.high) / 2 if cell.high is not None else cell.low + 1


def _allows(allowed: Allowed, known: Any) -> bool:
    """Whether a condition allows a value. One value of a stretch that no rule cuts stands for all of it."""
    if isinstance(allowed, tuple):
        return any(value is known or (value == known and type(value) is type(known)) for value in allowed)
    low: Any
    high: Any
    if isinstance(allowed, DateRange):
        low, high, value = allowed.from_, allowed.to, _plain(known)
    else:
        low, high, value = allowed.min, allowed.max, known
    return (low is None or value >= low) and (high is None or value <= high)


def _kills(law: Law, name: str, known: Any) -> int:
    """The rules and exceptions that a value rules out."""
    position = law.index.get(name)
    if position is None:
        return 0
    mask = law.variables[position].known_mask(known)
    struck = 0
    for rule in law.rules:
        if any(at == position and not mask & allowed for at, allowed in rule.parts):
            struck |= rule.bit | rule.clause_bits
        for clause in rule.clauses:
            if any(at == position and not mask & allowed for at, allowed in clause.parts):
                struck |= clause.bit
    return struck


def _is_legal(setting: Mapping[str, Any]) -> bool:
    sale, loan = setting.get("sale_date"), setting.get("loan_date")
    return not (sale and loan and loan.first > sale.first)


def _case(known: Mapping[str, Any]) -> Case:
    """A situation as a case. A sale whose day is set is today's: no limit that starts with it has run."""
    sale, loan = known.get("sale_date") or NOT_KNOWN, known.get("loan_date") or NOT_KNOWN
    given = {name: value for name, value in known.items() if name not in ("sale_date", "loan_date")}
    return Case(today=sale.first or SOME_DAY, facts=given, money=MONEY, sale=sale, loan=loan)


def _plain(value: Any) -> Any:
    return value.first if isinstance(value, Interval) else value


# --- scenarios -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ScenarioChange:
    """A scenario whose result changes, or that fails under the new law."""

    name: str
    state: str
    old: Told | None  # None: it cannot be reasoned under that law
    new: Told | None
    fails: tuple[str, ...]  # what the new law gives otherwise than expected, in words
    failed_before: bool

    @property
    def changes(self) -> bool:
        return self.old is None or self.new is None or _result(self.old) != _result(self.new)


def _result(told: Told) -> tuple[Any, ...]:
    return told.outcome, told.possible, told.exposure, set(told.deciders)


def compare_scenarios(cases: Iterable[Mapping[str, Any]], old: Law, new: Law, today: date) -> list[ScenarioChange]:
    """Which scenarios' results change, and which fail under the new law. ``cases``: as scenario files write them."""
    found = []
    for data in cases:
        (before, wrong_before), (after, wrong) = (_tried(data, law, today) for law in (old, new))
        change = ScenarioChange(
            str(data.get("name", "")), str(data.get("state", "")), before, after, wrong, bool(wrong_before)
        )
        if change.changes or wrong:
            found.append(change)
    return found


def _tried(data: Mapping[str, Any], law: Law, today: date) -> tuple[Told | None, tuple[str, ...]]:
    try:
        case = casefile.parse_case(data, law, today)
    except casefile.CaseError as error:
        return None, tuple(f"{key}: {message}" for key, message in error.problems)
    finding = reason(law, case)
    differences = casefile.compare(str(data.get("name", "")), data.get("expect") or {}, finding)
    told = Told(
        finding.outcome, finding.possible, finding.exposure, tuple(p.id for p in finding.deciders), finding.parts
    )
    return told, tuple(f"{item.key}: expected {item.expected}, found {item.found}" for item in differences)
