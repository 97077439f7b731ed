"""Amounts as a reader sees them, and the bars that picture them."""

from __future__ import annotations

from decimal import Decimal


def dollars(amount: Decimal | None) -> str | None:
    """``$38,000``; cents only where there are some; ``None`` where the amount is not known."""
    if amount is None:
        return None
    if amount == amount.to_integral_value():
        return f"${amount:,.0f}"
    return f"${amount:,.2f}"


def percent(part: Decimal, whole: Decimal) -> str:
    """A share as an SVG length, such as ``87.33%``: within 0 and 100, always with a point."""
    if whole <= 0:
        return "0%"
    share = min(Decimal(100), max(Decimal(0), part * 100 / whole))
    return f"{share:.2f}".rstrip("0").rstrip(".") + "%"
