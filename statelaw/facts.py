"""The vocabulary: every fact that a rule of law may turn on.

A *core* fact means the same in every jurisdiction and is listed here. A *state-only* fact is a question of one
law document (``documents.Question``) and is turned into a :class:`Fact` by :func:`question_fact`.

A *circumstance* is a fact that is rarely so. Left unsaid it takes its ``usual`` value; every other fact left unsaid
is unknown. ``lender_waived`` is the one exception: in a short sale or a deed in lieu it is unknown until asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["choice", "yes_no", "whole", "number", "date"]
Value = str | bool | int

JUDICIAL, NONJUDICIAL, STRICT = "judicial", "nonjudicial", "strict"
SHORT_SALE, DEED_IN_LIEU = "short_sale", "deed_in_lieu"
FORECLOSURES = (JUDICIAL, NONJUDICIAL, STRICT)
WORKOUTS = (SHORT_SALE, DEED_IN_LIEU)
DISPOSITIONS = (*FORECLOSURES, *WORKOUTS)
THIS_LENDER, SENIOR_LENDER = "this_lender", "senior_lender"
FIRST, JUNIOR = "first", "junior"

STAGES = ("behind", "scheduled", "lost", "asked", "judgment")
#: Stages in which the home is not gone yet, so that the sale lies today or later.
STAGES_BEFORE_SALE = ("behind", "scheduled")

OUTCOMES = ("no_shortfall", "barred", "time_barred", "capped", "exposed", "depends")

#: Events that a time limit may count from (``of``). ``other`` is named by the provision's id.
Event = Literal[
    "sale",
    "confirmation",
    "deed_recorded",
    "end_of_redemption",
    "foreclosure_judgment",
    "certificate_of_title",
    "deficiency_judgment",
    "default",
    "other",
]
EVENTS: tuple[str, ...] = get_args(Event)
#: Events that cannot lie after the sale. Every other event is not before it.
EVENTS_BEFORE_SALE = ("default", "foreclosure_judgment")
#: Events that the sale itself leads to, so that an earlier date is a mistake.
EVENTS_AFTER_SALE = ("confirmation", "deed_recorded", "certificate_of_title")


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of the vocabulary.

    ``values`` lists the answers of a choice or a yes/no fact, in the order in which they are asked. ``usual`` is the
    value that stands when nothing is said (``None``: the fact is then unknown).
    """

    name: str
    kind: Kind
    values: tuple[Value, ...] = ()
    usual: Value | None = None

    @property
    def is_circumstance(self) -> bool:
        return self.usual is not None


_YES_NO: tuple[Value, ...] = (True, False)

CORE: dict[str, Fact] = {
    fact.name: fact
    for fact in (
        Fact("disposition", "choice", DISPOSITIONS),
        Fact("lender_waived", "yes_no", _YES_NO, usual=False),
        Fact("foreclosed_by", "choice", (THIS_LENDER, SENIOR_LENDER)),
        Fact("lien", "choice", (FIRST, JUNIOR)),
        Fact("sale_date", "date"),
        Fact("loan_date", "date"),
        Fact("residence", "choice", ("primary", "second_home", "rental")),
        Fact("loan_use", "choice", ("purchase", "refinance", "cash_out_refinance", "home_equity", "construction")),
        Fact("units", "whole"),
        Fact("acres", "number"),
        Fact("buyer", "choice", ("lender", "other")),
        Fact("role", "choice", ("borrower", "guarantor", "not_signed"), usual="borrower"),
        Fact(
            "loan_program",
            "choice",
            ("conventional", "fha", "va", "usda_direct", "usda_guaranteed", "seller_financed", "private"),
            usual="conventional",
        ),
        Fact("farm", "yes_no", _YES_NO, usual=False),
        Fact("abandoned", "yes_no", _YES_NO, usual=False),
        Fact("bankruptcy_discharge", "yes_no", _YES_NO, usual=False),
        Fact("personally_served", "yes_no", _YES_NO, usual=True),
    )
}

#: The core grid of a state (REASONING.md, *The grid*) takes these two numbers of dwellings.
GRID_UNITS = (1, 3)


def legal_paths(dispositions: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Every combination of disposition, foreclosed_by and lien that can occur (REASONING.md, *Implied*)."""
    paths = []
    for disposition in dispositions:
        paths += [(disposition, THIS_LENDER, FIRST), (disposition, THIS_LENDER, JUNIOR)]
        if disposition in FORECLOSURES:
            paths.append((disposition, SENIOR_LENDER, JUNIOR))
    return paths
