"""Amounts: the shortfall, what a cap leaves of it, and the range where something is not known (REASONING.md, *Money*).

All amounts are ``Decimal`` dollars, zero or more; ``None`` is "not known".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from .facts import JUNIOR, SENIOR_LENDER, STRICT

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Money:
    """What the visitor knows of the amounts."""

    owed: Decimal | None = None
    sale_price: Decimal | None = None
    fair_value: Decimal | None = None
    senior_owed: Decimal | None = None
    surplus_to_this_loan: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """An amount from ``low`` to ``high``; a ``high`` of ``None`` has no known end."""

    low: Decimal
    high: Decimal | None

    @property
    def is_exact(self) -> bool:
        return self.low == self.high

    def join(self, other: Span) -> Span:
        high = None if self.high is None or other.high is None else max(self.high, other.high)
        return Span(min(self.low, other.low), high)


NOTHING = Span(ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class Balance:
    """The sums of one way of losing the home: what was owed, the credit for it, and the value that a cap may count.

    ``price`` and ``value`` are ``None`` where not known. In a strict foreclosure there is no price: the value is the
    credit. In a senior's foreclosure the credit is what that sale paid to this loan.
    """

    owed: Decimal | None
    price: Decimal | None
    value: Decimal | None

    @property
    def is_settled(self) -> bool:
        """Nothing is left to pay; true only when debt and credit are both known."""
        return self.owed is not None and self.price is not None and self.price >= self.owed

    @property
    def surplus(self) -> Decimal | None:
        """What the credit leaves over beyond the debt, where there is something."""
        if self.owed is not None and self.price is not None and self.price > self.owed:
            return self.price - self.owed
        return None

    @property
    def shortfall(self) -> Span:
        if self.owed is None:
            return Span(ZERO, None)
        if self.price is None:
            return Span(ZERO, self.owed)
        left = max(ZERO, self.owed - self.price)
        return Span(left, left)

    def capped(self, measure: str | None) -> Span:
        """What a cap of ``measure`` leaves, within 0 and the shortfall. Both amounts fall as value and price rise,
        so the low end takes an unknown value or price as everything, the high end as nothing."""
        shortfall = self.shortfall
        if measure == "other" or measure is None:
            return Span(ZERO, shortfall.high)
        if self.owed is None:
            return Span(ZERO, None)
        high = _left(measure, self.owed, self.price or ZERO, self.value or ZERO)
        return Span(high if self.price is not None and self.value is not None else ZERO, high)


def _left(measure: str, owed: Decimal, price: Decimal, value: Decimal) -> Decimal:
    shortfall = max(ZERO, owed - price)
    if measure == "debt_minus_price_and_half_the_gap":
        left = owed - price - max(ZERO, value - price) / 2
    elif measure == "debt_minus_fair_value":
        left = owed - value
    else:  # the greater of price and value comes off; the lesser of the two differences is the same amount
        left = owed - max(price, value)
    return min(shortfall, max(ZERO, left))


def balance(money: Money, disposition: str | None, foreclosed_by: str | None, lien: str | None) -> Balance:
    """The sums for one way of losing the home.

    A junior's own sale is of the home subject to the loan ahead, so its fair value counts after ``senior_owed``
    (unknown: taken as nothing).
    """
    value = money.fair_value
    if value is not None and lien == JUNIOR and money.senior_owed is not None:
        value = max(ZERO, value - money.senior_owed)
    if foreclosed_by == SENIOR_LENDER:
        return Balance(money.owed, money.surplus_to_this_loan or ZERO, value)
    if disposition == STRICT:
        return Balance(money.owed, value, value)
    return Balance(money.owed, money.sale_price, value)


def lowest(spans: Iterable[Span], shortfall: Span) -> Span:
    """Several caps together: the lowest of each end, within the shortfall."""
    low, high = shortfall.low, shortfall.high
    for span in spans:
        low = min(low, span.low)
        if span.high is not None:
            high = span.high if high is None else min(high, span.high)
    return Span(low, high)
