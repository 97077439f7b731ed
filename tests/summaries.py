"""Reports to print: a spread of states, stages and outcomes, for the tests of the summary and for the bench."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pikepdf

from screener import pdf_press, report
from screener.pdf_sheet import Sheet, summary_html
from statelaw import store
from statelaw.deadlines import Interval
from statelaw.money import Money
from statelaw.reasoning import Case

TODAY = date(2026, 11, 25)
LINK = "https://stillowe.example/resume/" + "gAAAAABn" * 40
SOLD = Interval(date(2026, 9, 2), date(2026, 9, 2))
NOT_SURE = dict.fromkeys(("role", "residence", "lien", "disposition", "foreclosed_by"))


def money(owed: int | None = None, price: int | None = None, value: int | None = None) -> Money:
    return Money(*(None if amount is None else Decimal(amount) for amount in (owed, price, value)))


def cases_of(code: str, loan_use: str = "cash_out_refinance") -> dict[str, tuple[Case, ...]]:
    """What is printed of one state, from the plainest to the one where nothing at all is known."""
    law = store.law(code)
    usual = {
        "role": "borrower",
        "residence": "primary",
        "lien": "first",
        "disposition": law.state.process.usual,
        "foreclosed_by": "this_lender",
        "loan_use": loan_use,
        "units": 1,
    }
    wiped_out = usual | {"lien": "junior", "foreclosed_by": "senior_lender", "loan_use": "home_equity"}
    all_open = NOT_SURE | {name: None for name in law.facts if name not in ("sale_date", "loan_date")}
    long_ago = Interval(date(2012, 9, 2), date(2012, 9, 2))

    def case(facts, amounts: Money, stage: str, sale: Interval | None = None) -> Case:
        return Case(TODAY, facts=facts, money=amounts, stage=stage, sale=sale or Interval(), most_units=4)

    first = case(usual, money(300_000, 240_000, 250_000), "lost", SOLD)
    second = case(wiped_out, money(80_000), "asked", SOLD)
    return {
        "usual": (first,),
        "paid": (case(usual, money(200_000, 240_000), "lost", SOLD),),
        "nothing known": (case(NOT_SURE, money(), "behind"),),
        "old": (case(usual | {"residence": "rental"}, money(300_000, 240_000), "asked", long_ago),),
        "all open": (case(all_open, money(310_000, None, 250_000), "judgment", SOLD),),
        "two loans": (first, second),
        "four loans": (first, second, second, second),
    }


def reports_of(code: str) -> Iterator[tuple[str, tuple[report.Report, ...]]]:
    for name, cases in cases_of(code).items():
        yield name, report.build(code, cases, as_of=TODAY)


def summary_of_pages(count: int) -> tuple[str, int]:
    """The HTML of a summary with so many pages, or of the longest below that, and how many it has."""
    best = ("", 0)
    for code in store.codes():
        for name, reports in reports_of(code):
            if name in ("two loans", "four loans"):
                continue
            html = summary_html(reports, Sheet(TODAY, "24-0113"), bounded=False)
            pages = pages_of(pdf_press.press(html))
            if pages == count:
                return html, pages
            if best[1] < pages < count:
                best = html, pages
    return best


def pages_of(content: bytes) -> int:
    with pikepdf.open(io.BytesIO(content)) as document:
        return len(document.pages)
