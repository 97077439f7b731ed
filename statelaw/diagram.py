"""The exact partition of a case: a reduced decision diagram over what is not known (REASONING.md, *Outcome*).

The facts that are not known are walked in a fixed order; each cell strikes out the rules that it rules out. Two
branches that leave the same rules standing are the same node, so the diagram stays small; and since a reduced diagram
is canonical, a fact that still stands in it is exactly a fact that can change the result.
"""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any, NamedTuple

from .case import (
    FALSE_BIT,
    FORECLOSED_BITS,
    JUNIOR_BIT,
    THIS_BIT,
    Case,
    Known,
    end_of,
    read_statuses,
    start_of,
    values_of,
)
from .compiled import BOUND, Law, Rule, Variable
from .deadlines import TimeLimit, limit_of
from .facts import FORECLOSURES, SENIOR_LENDER, WORKOUTS
from .money import NOTHING, Balance, Span, balance, lowest

#: The facts that say how the home was lost and what this loan is.
_PATH = ("disposition", "foreclosed_by", "lien")


class Leaf(NamedTuple):
    """What follows in one part of a case."""

    outcome: str
    exposure: Span


class Node(NamedTuple):
    """A split of the diagram: on a variable (by index) or on a point (by name), children by cells or true/false."""

    key: int | str
    branches: tuple[tuple[int | bool, Any], ...]


class _Path(NamedTuple):
    """What the splits made so far mean for those to come, ``None`` where it makes no difference any more."""

    disposition: Any = None
    foreclosed_by: Any = None
    lien: Any = None
    loans: int | None = None  # the days of the loan that can still be
    sums: int | None = None  # which of the balances found


_NO_PATH = _Path()
_ASKS_DISPOSITION = frozenset({"lender_waived", "foreclosed_by"})
_ASKS_LENDER = frozenset({"lien"})


class Step(NamedTuple):
    """One split: a fact, its groups of cells (cells, bits struck, the cell where it binds others), what it touches."""

    position: int
    variable: Variable
    bound: bool  # which of its cells can occur depends on facts split before
    carries: bool  # facts split later, or the sums, depend on it
    groups: tuple[tuple[int, int, int | None], ...]
    touched: int


class Diagram:
    """One run of reasoning over a case."""

    def __init__(self, law: Law, case: Case, *, dates: bool = False):
        self.law = law
        self.case = case
        self.known = Known(law, case)
        self.masks = self.known.masks
        self.statuses, alive = read_statuses(law, self.masks)
        self.live = [rule for rule in law.rules if alive & rule.bit]
        self.judgment = case.stage == "judgment"
        self.dates = dates
        self._limits()
        self.money_settles = self._may_be_settled_by_money()
        self._choose(alive)
        self.cited: dict[str, int] = {}
        self._table: dict[Any, Any] = {}
        self._settled: dict[tuple, Any] = {}
        self._balances: list[Balance] = []
        self.root = self._build()

    # -- which rules and facts matter

    def _limits(self) -> None:
        case, _law = self.case, self.law
        sale, events = case.counting_sale, case.events
        self.limits: dict[int, TimeLimit] = {}
        self.asks: dict[int, TimeLimit] = {}
        for rule in self.live:
            provision = rule.provision
            if rule.limit is not None:
                self.limits[rule.number] = limit_of(rule.limit, provision.id, sale, events, case.today)
            elif provision.ask_within is not None:
                self.asks[rule.number] = limit_of(provision.ask_within, provision.id, sale, events, case.today)

    def _choose(self, alive: int) -> None:
        """Keep the rules that can decide; note the facts that they leave open, in splitting order."""
        case, law, masks = self.case, self.law, self.masks
        lapses = any(
            limit.passed == "yes"
            and law.rules[number].effect == "deadline"
            and case.did_act(law.rules[number].provision.id) is not True
            for number, limit in self.limits.items()
        )
        deciders, permits = [], []
        self.hard = self.bars = self.duties = self.lapsing = self.caps = 0
        self.unsettling = self.tolling = self.permits = self.dated = 0
        for rule in self.live:
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
            open_variables.update(self.open_facts_of(rule, alive))
        d, b, j = law.index["disposition"], law.index["foreclosed_by"], law.index["lien"]
        self.money_turns = self._money_turns_on_path()
        if self.money_turns:
            open_variables.update(i for i in (d, b, j) if masks[i] & (masks[i] - 1))
        elif open_variables & {b, j, law.index["lender_waived"]} and masks[d] & (masks[d] - 1):
            if masks[d] & FORECLOSED_BITS and masks[d] & ~FORECLOSED_BITS:
                open_variables.add(d)
        self.split = sorted(open_variables)
        keep = 0
        for rule in deciders:
            keep |= rule.bit | rule.clause_bits
        for rule in permits:
            keep |= rule.bit | rule.clause_bits
        self.standing = alive
        self.deciding = self.bars | self.duties | self.lapsing | self.caps | self.unsettling | self.dated
        path = {law.index[name] for name in _PATH} if self.money_turns else set()
        self.path_splits = max((n + 1 for n, v in enumerate(self.split) if v in path), default=0)
        self.alive = alive & keep
        self._last_positions(deciders + permits)

    def _cap_lapsed(self, rule: Rule) -> bool:
        """The time to ask has surely run and nobody asked: the cap fails."""
        limit = self.asks.get(rule.number)
        return limit is not None and limit.passed == "yes" and self.case.asked.get(rule.provision.id) is False

    def open_facts_of(self, rule: Rule, alive: int) -> set[int]:
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
        ds, bs, js = (values_of(law, masks, name) for name in _PATH)
        if len(ds) == len(bs) == len(js) == 1:
            return False
        found = {balance(money, d, b, j) for d in ds for b in bs for j in js}
        return len(found) > 1

    def _last_positions(self, rules: list[Rule]) -> None:
        """For each split, the exceptions and the settling rules whose last open fact it is."""
        place = {variable: number for number, variable in enumerate(self.split)}
        self.clauses_done: list[list[tuple[int, int]]] = [[] for _ in self.split]
        self.settled_at = [0] * len(self.split)
        self.settled_now = 0
        #: For each split, the rules that later ones can still strike: in a part settled there they do not surely hold.
        self.open_after = [0] * len(self.split)
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
            for k in range(last):
                self.open_after[k] |= rule.bit
            if rule.bit & settling:
                if last < 0:
                    self.settled_now |= rule.bit
                else:
                    self.settled_at[last] |= rule.bit

    # -- the diagram

    def _build(self):
        if self.settled_now & self.alive and not self.money_settles:
            return self._settle(self.alive & ~self._still_open(), _NO_PATH)
        self._steps()
        return self._walk(0, self.alive, _NO_PATH)

    def _still_open(self) -> int:
        """Rules whose open facts are yet to be split: in a part settled early they do not surely hold."""
        result = 0
        for rule in self.live:
            if self.statuses[rule.number] == "unknown":
                result |= rule.bit
        return result

    def _may_be_settled_by_money(self) -> bool:
        money = self.case.money
        if money.owed is None:
            return False
        law, masks = self.law, self.masks
        ways = itertools.product(*(values_of(law, masks, name) for name in _PATH))
        return any(balance(money, *way).is_settled for way in ways)

    def _steps(self) -> None:
        """For each split: its cells in groups that strike the same rules, and the bits that it can strike at all."""
        self.steps: list[Step] = []
        for k, position in enumerate(self.split):
            variable = self.law.variables[position]
            mask, alive = self.masks[position], self.alive
            bound = variable.name in BOUND
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
            self.steps.append(
                Step(position, variable, bound, self._carries(variable.name), found, touched | self.settled_at[k])
            )

        names = [step.variable.name for step in self.steps]
        self.later = [frozenset(names[k:]) for k in range(len(names) + 1)]

    def _carries(self, name: str) -> bool:
        """Whether a split has to be made even where it strikes no rule."""
        if self.money_turns and name in _PATH:
            return True
        index = self.law.index
        return name == "disposition" and not {index["lender_waived"], index["foreclosed_by"]}.isdisjoint(self.split)

    def _walk(self, k: int, alive: int, path: _Path):
        """The node for what is left after the first ``k`` splits."""
        steps = self.steps
        while True:
            if k == len(steps):
                return self._settle(alive, path)
            if not alive & self.deciding and k >= self.path_splits:
                return self._settle(alive, path)  # permits alone are left, and none of them changes what is owed
            step = steps[k]
            if step.carries or alive & step.touched:
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
            after = self._path_after(k, step.variable, cell, path) if step.bound else path
            child = seen.get((left, after))
            if child is None:
                if left & settled and not self.money_settles:
                    child = self._settle(left & ~self.open_after[k], after)
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

    def _bound_groups(self, step: Step, path: _Path):
        mask = self._bound(step.variable.name, step.position, self.masks[step.position], path)
        return [group for group in step.groups if mask & group[0]]

    def _node(self, key, branches):
        if len(branches) == 1:
            return branches[0][1]
        whole = (key, tuple((cells, id(child)) for cells, child in branches))
        found = self._table.get(whole)
        if found is None:
            found = self._table[whole] = Node(key, branches)
        return found

    def _bound(self, name: str, position: int, mask: int, path: _Path) -> int:
        """The cells of a bound fact that can occur after what was split before it."""
        if name == "lender_waived":
            if self.known.free_waiver and path.disposition in FORECLOSURES:
                return mask & FALSE_BIT or mask
        elif name == "foreclosed_by":
            if path.disposition in WORKOUTS:
                return mask & THIS_BIT or mask
        elif name == "lien":
            if path.foreclosed_by == SENIOR_LENDER:
                return mask & JUNIOR_BIT or mask
        elif name == "loan_date" and path.loans is not None:
            return mask & path.loans or mask
        return mask

    def _path_after(self, k: int, variable: Variable, cell: Any, path: _Path) -> _Path:
        """What the splits from ``k + 1`` on, and the sums, still have to know of those made."""
        name, value = variable.name, variable.cells[cell].value
        disposition, foreclosed_by, lien, loans, sums = path
        if name == "disposition":
            disposition = value
        elif name == "foreclosed_by":
            foreclosed_by = value
        elif name == "lien":
            lien = value
        elif name == "sale_date":
            loans = self._loans_before(end_of(variable.cells[cell].high, self.known.sale.last))
        elif name == "loan_date":
            loans = None
        if self.money_turns and k + 1 >= self.path_splits and sums is None:
            sums = self._number_of(self._balance(disposition, foreclosed_by, lien))
        later = self.later[k + 1]
        if not later & _ASKS_DISPOSITION and (sums is not None or not self.money_turns):
            disposition = None
        if not later & _ASKS_LENDER and (sums is not None or not self.money_turns):
            foreclosed_by = None
        if sums is not None or not self.money_turns:
            lien = None
        return _Path(disposition, foreclosed_by, lien, loans, sums)

    def _loans_before(self, last_sale: date) -> int | None:
        """The days on which the loan can have been made before a sale by ``last_sale``; ``None`` for all of them."""
        position = self.law.index["loan_date"]
        if position not in self.split:
            return None
        first = self.known.loan.first
        mask = self.law.variables[position].mask_where(lambda c: start_of(c.low, first) <= last_sale)
        return None if not self.masks[position] & ~mask else mask

    def _balance(self, *given: str | None) -> Balance:
        """The sums of one way; a part of it that was not split makes no difference to them."""
        values = (v or values_of(self.law, self.masks, name)[0] for v, name in zip(given, _PATH, strict=True))
        return balance(self.case.money, *values)

    def _number_of(self, sums: Balance) -> int:
        if sums not in self._balances:
            self._balances.append(sums)
        return self._balances.index(sums)

    def _sums(self, path: _Path) -> Balance:
        if path.sums is not None:
            return self._balances[path.sums]
        if not self.money_turns:
            if not self._balances:
                self._balances.append(self._balance(None, None, None))
            return self._balances[0]
        return self._balance(path.disposition, path.foreclosed_by, path.lien)

    # -- what follows where all facts are decided

    def _settle(self, alive: int, path: _Path):
        key = (alive, path.sums if path.sums is not None or not self.money_turns else path)
        found = self._settled.get(key)
        if found is None:
            found = self._settled[key] = self._follow(alive, self._sums(path))
        return found

    def _leaf(self, outcome: str, exposure: Span, cited: int = 0, dates: int = 0):
        self.cited[outcome] = self.cited.get(outcome, 0) | cited
        key = (outcome, exposure, dates if outcome in ("capped", "exposed", "time_barred") else 0)
        found = self._table.get(key)
        if found is None:
            found = self._table[key] = Leaf(outcome, exposure) if not self.dates else DatedLeaf(*key)
        return found

    def _branch(self, point: str, yes, no):
        if yes is no:
            return yes
        return self._node(point, ((True, yes), (False, no)))

    def _follow(self, alive: int, sums: Balance):
        if sums.is_settled:
            return self._leaf("no_shortfall", NOTHING)
        if self.unsettling & alive:
            return self._branch("state_law_binds", self._with(alive, sums, True), self._with(alive, sums, False))
        return self._with(alive, sums, True)

    def _with(self, alive: int, sums: Balance, state_binds: bool):
        if not state_binds:
            for rule in self.live:
                if not rule.federal and rule.effect in ("bar", "duty", "deadline", "cap"):
                    alive &= ~rule.bit
        if self.judgment:
            soft = (self.bars | self.duties | self.lapsing) & ~self.hard
            if alive & self.bars & self.hard:
                return self._decide(alive, sums)
            return self._branch("court_reopens", self._decide(alive, sums), self._decide(alive & ~soft, sums))
        return self._decide(alive, sums)

    def _decide(self, alive: int, sums: Balance):
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

    def _rules_of(self, bits: int) -> list[Rule]:
        return [rule for rule in self.live if bits & rule.bit] if bits else []

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


class DatedLeaf(NamedTuple):
    outcome: str
    exposure: Span
    dates: int
