"""What is known of one case: the facts given, those implied by them, and how each rule stands (REASONING.md, *What is
known*)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from . import facts
from .compiled import Answer, Cell, Law, Variable
from .deadlines import NOT_KNOWN, Interval
from .facts import FORECLOSURES, JUNIOR, SENIOR_LENDER, STAGES_BEFORE_SALE, THIS_LENDER, Value
from .money import Money

NO_MONEY = Money()
Status = Literal["held", "failed", "unknown"]


@dataclass(frozen=True)
class Case:
    """What is known of one loan on one home.

    ``facts`` maps a fact to its value; a fact that is absent takes its usual value if it is a circumstance and is
    unknown otherwise; ``None`` means asked and not known. Dates are :class:`Interval` (a year or a month stands for
    its days). ``sale`` and ``loan`` are the dates *given*. ``acted``, ``asked`` and ``skipped`` map provision ids to
    true, false, or ``None`` for not known. ``most_units`` bounds an unknown number of dwellings (4 in the interview).
    """

    today: date
    facts: Mapping[str, Answer | frozenset] = field(default_factory=dict)
    money: Money = NO_MONEY
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
        """The sale's date as given, cut by what the stage says (not yet sold means today or later) and by the loan's
        date, which it cannot lie before."""
        sale = self.sale if self.sale.is_open else self.sale.within(self.loan.first, None)
        if self.stage in STAGES_BEFORE_SALE:
            return sale.within(self.today, None)
        if self.stage is not None:
            return sale.within(None, self.today)
        return sale

    @property
    def counting_sale(self) -> Interval:
        """The sale's date for counting limits: only a date that was given starts one."""
        return self.sale_bounds if not self.sale.is_open else NOT_KNOWN

    def did_act(self, provision_id: str) -> bool | None:
        if provision_id in self.acted:
            return self.acted[provision_id]
        return self.lender_acted


class Known:
    """The possible cells of every variable of a law for one case, the bound ones narrowed by each other."""

    __slots__ = ("free_waiver", "loan", "masks", "sale")

    def __init__(self, law: Law, case: Case):
        masks = law.unsaid.copy()
        index, variables = law.index, law.variables
        self.sale = case.sale_bounds
        self.loan = case.loan
        if not self.sale.is_open:
            position = index["sale_date"]
            masks[position] = variables[position].known_mask(self.sale)
        if not self.loan.is_open:
            position = index["loan_date"]
            masks[position] = variables[position].known_mask(self.loan)
        unsaid = law.unsaid
        for name, value in case.facts.items():
            known_at = index.get(name)
            if known_at is not None:
                variable = variables[known_at]
                if value is not None:
                    masks[known_at] = variable.known_mask(value)
                elif name != "disposition":
                    masks[known_at] = variable.everything
        if case.most_units is not None and case.facts.get("units") is None and "units" in index:
            position = index["units"]
            masks[position] = unsaid[position] & variables[position].mask_up_to(case.most_units)
        # Left unsaid it is "no" after a foreclosure and unknown after a short sale or a deed in lieu.
        self.free_waiver = "lender_waived" not in case.facts
        self.masks = masks
        self._narrow(law)

    def _narrow(self, law: Law) -> None:
        """Strike what the legal combinations rule out. The bonds form a tree, so a few passes make it exact."""
        masks, at = self.masks, law.index
        d, b, j, w = at["disposition"], at["foreclosed_by"], at["lien"], at["lender_waived"]
        s, o = at["sale_date"], at["loan_date"]
        for _ in range(4):
            before = (masks[d], masks[b], masks[j], masks[w])
            if not masks[d] & FORECLOSED_BITS or not masks[j] & JUNIOR_BIT:
                masks[b] &= THIS_BIT
            if masks[b] == SENIOR_BIT:
                masks[d] &= FORECLOSED_BITS
                masks[j] &= JUNIOR_BIT
            if self.free_waiver:
                if not masks[d] & ~FORECLOSED_BITS:
                    masks[w] = FALSE_BIT
                elif masks[w] == TRUE_BIT:
                    masks[d] &= ~FORECLOSED_BITS
            if before == (masks[d], masks[b], masks[j], masks[w]):
                break
        if (self.sale.is_open and self.loan.is_open) or len(law.variables[s].cells) == len(law.variables[o].cells) == 1:
            return
        # The loan is not after the sale.
        sale, loan = law.variables[s], law.variables[o]
        last_sale = max((end_of(c.high, self.sale.last) for c in cells_of(sale, masks[s])), default=date.max)
        first_loan = min((start_of(c.low, self.loan.first) for c in cells_of(loan, masks[o])), default=date.min)
        masks[o] &= loan.mask_where(lambda c: start_of(c.low, self.loan.first) <= last_sale) or masks[o]
        masks[s] &= sale.mask_where(lambda c: end_of(c.high, self.sale.last) >= first_loan) or masks[s]


def cells_of(variable: Variable, mask: int) -> list[Cell]:
    return [cell for position, cell in enumerate(variable.cells) if mask >> position & 1]


def values_of(law: Law, masks: list[int], name: str) -> list[str]:
    """The values of a choice fact that are still possible."""
    position = law.index[name]
    return [str(cell.value) for cell in cells_of(law.variables[position], masks[position])]


def start_of(low: Any, given: date | None) -> date:
    return max(low or date.min, given or date.min)


def end_of(high: Any, given: date | None) -> date:
    return min(high or date.max, given or date.max)


def bit_of(fact: str, *values: Value) -> int:
    return sum(1 << facts.CORE[fact].values.index(value) for value in values)


FORECLOSED_BITS = bit_of("disposition", *FORECLOSURES)
THIS_BIT = bit_of("foreclosed_by", THIS_LENDER)
SENIOR_BIT = bit_of("foreclosed_by", SENIOR_LENDER)
JUNIOR_BIT = bit_of("lien", JUNIOR)
TRUE_BIT = bit_of("lender_waived", True)
FALSE_BIT = bit_of("lender_waived", False)


def read_statuses(law: Law, masks: list[int]) -> tuple[list[Status], int]:
    """Each rule's status taken alone, and the bits of rules and exceptions that are still open or hold."""
    statuses: list[Status] = []
    alive = 0
    for rule in law.rules:
        status: Status = "held"
        for position, allowed in rule.rarest_first:
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
