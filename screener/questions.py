"""Every question of the walk: its kind, its answers, and the short name that the check page gives it.

What a page says around its question stands in ``templates/screener/questions/<slug>.html``; what only one state's
law asks comes from that law's own document. No state is named here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from statelaw import document
from statelaw.deadlines import Interval, TimeLimit
from statelaw.document import Provision
from statelaw.facts import (
    EVENTS_AFTER_SALE,
    EVENTS_BEFORE_SALE,
    FORECLOSURES,
    JUNIOR,
    STAGES_BEFORE_SALE,
    THIS_LENDER,
    WORKOUTS,
    Fact,
)
from statelaw.reasoning import Law

from .answers import Answer, Answers

Kind = Literal["state", "choice", "yes_no", "money", "number", "date", "boxes", "follow_ups"]
#: Words of ours are translated when they are shown; those of the law are text.
Words = str | Promise
UNSURE = "unsure"
NOTHING_YET = "nothing_yet"

#: Cases that this site does not answer: the answer of ``home_kind`` is also the page that says where to turn.
ELSEWHERE = ("hoa_or_tax", "manufactured_home", "timeshare", "five_units", "business")
TERRITORY = "territory"
ELSEWHERE_PAGES = (*ELSEWHERE, TERRITORY)
MOST_UNITS = 4


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a choice: a card."""

    value: str
    label: Words
    description: Words = ""
    common: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question as one visitor meets it."""

    slug: str
    kind: Kind
    label: Words = ""
    options: tuple[Option, ...] = ()
    template: str = ""
    law: document.Question | None = None
    provision: Provision | None = None
    #: What an event question asks the date of: one of the law's events, or the provision's own words.
    event: str = ""
    #: The limit that the lender's or the homeowner's act is asked for.
    limit: TimeLimit | None = None
    parts: tuple[Question, ...] = ()

    @property
    def template_name(self) -> str:
        return f"screener/questions/{self.template or self.slug}.html"

    @property
    def can_skip(self) -> bool:
        """Whether "I'm not sure" is a button of its own (choices carry it as a card)."""
        return self.kind in ("money", "number", "date")


def _options(*rows: tuple) -> tuple[Option, ...]:
    return tuple(Option(*row) for row in rows)


_NOT_SURE = Option(UNSURE, _("I’m not sure"))
YES_NO = (Option("yes", _("Yes")), Option("no", _("No")), _NOT_SURE)
FOLLOW_UP = (Option("yes", _("Yes, that is so")), Option(UNSURE, _("I think so, but I’m not sure")))

LABELS: dict[str, Words] = {
    "state": _("State"),
    "home_kind": _("What the case is about"),
    "role": _("Your part in the loan"),
    "stage": _("Where things stand"),
    "residence": _("Use of the home"),
    "lien": _("First or second mortgage"),
    "disposition": _("How the home was or may be lost"),
    "foreclosed_by": _("Whose foreclosure it is"),
    "owed": _("Owed on this loan"),
    "sale_price": _("Price at the sale"),
    "fair_value": _("Value of the home"),
    "senior_owed": _("Owed on the loans ahead of this one"),
    "surplus": _("Sale money for this loan"),
    "sale_date": _("Date of the sale"),
    "loan_use": _("What the loan paid for"),
    "units": _("Homes on the property"),
    "acres": _("Size of the land"),
    "loan_date": _("Date of the loan"),
    "buyer": _("Buyer at the sale"),
    "lender_waived": _("Whether the lender gives up the rest in writing"),
    "circumstances": _("What also applies to you"),
    "circumstances-2": _("More about what applies to you"),
    "circumstances-3": _("What may also apply to you"),
    "last_payment": _("The last payment"),
    "called_due": _("When the whole loan was called due"),
    "sued": _("Whether you were sued"),
    "loan_program": _("Kind of loan"),
    "farm": _("Farm or ranch"),
    "abandoned": _("Empty before the sale"),
    "bankruptcy_discharge": _("Bankruptcy discharge"),
    "personally_served": _("Court papers were not handed to you"),
    "when-confirmation": _("When the court confirmed the sale"),
    "when-deed_recorded": _("When the deed was given or recorded"),
    "when-end_of_redemption": _("When the time to buy back ended"),
    "when-foreclosure_judgment": _("When the court ruled for foreclosure"),
    "when-certificate_of_title": _("When the certificate of title was filed"),
    "when-deficiency_judgment": _("When the court ordered you to pay the rest"),
    "when-default": _("When the payments fell behind"),
}

#: Variants of a question (see :func:`variant`): the price at the sale of a second mortgage's own lender, and what is
#: asked of someone who did not sign as a borrower.
BEHIND_ANOTHER, OF_OTHERS = "behind_another", "of_others"
_LABELS_OF: dict[tuple[str, str], Words] = {
    ("sale_price", "short_sale"): _("What this lender gets from the short sale"),
    ("sale_price", "deed_in_lieu"): _("What the lender takes off for the deed"),
    ("sale_price", BEHIND_ANOTHER): _("Price at this lender’s sale"),
}
_ABOUT_BORROWERS = frozenset({"owed", "residence", "lender_waived", "loan_date", "last_payment", "when-default"})

CHOICES: dict[str, tuple[Option, ...]] = {
    "home_kind": _options(
        ("home", _("A loan on a home"), _("A house, condo, town house, or up to four units.")),
        (
            "hoa_or_tax",
            _("Association fees or property taxes"),
            _("The case is about unpaid fees or taxes, not about a loan."),
        ),
        (
            "manufactured_home",
            _("A mobile home with a title like a car’s"),
            _("Also called a manufactured home. It does not count as real estate."),
        ),
        ("timeshare", _("A timeshare")),
        ("five_units", _("A building with five or more homes")),
        ("business", _("A business property"), _("A shop, an office, or land for a business.")),
        (UNSURE, _("I’m not sure")),
    ),
    "role": _options(
        ("borrower", _("I signed for the loan"), _("Your name is on the loan papers as a borrower.")),
        (
            "guarantor",
            _("I only promised to pay if the borrower did not"),
            _("You are a co-signer or guarantor, not a borrower."),
        ),
        (
            "not_signed",
            _("I never signed for the loan"),
            _("You are on the deed, or you got the home from someone who died."),
        ),
        (UNSURE, _("I’m not sure")),
    ),
    "stage": _options(
        (
            "behind",
            _("I still have the home"),
            _("You are behind on payments, or may be soon. No sale date is set."),
        ),
        ("scheduled", _("A sale is scheduled"), _("You got a paper with a sale date, or a sale is planned.")),
        (
            "lost",
            _("The home was sold or given up"),
            _("No one has asked you for the rest of the loan so far."),
        ),
        (
            "asked",
            _("The lender or a collector asks for the rest"),
            _("The home is gone. You got a letter, a call or court papers."),
        ),
        (
            "judgment",
            _("A court has ordered me to pay the rest"),
            _("There is a judgment against you for the rest of the loan."),
        ),
        (UNSURE, _("I’m not sure")),
    ),
    "residence": _options(
        ("primary", _("As my main home"), _("You live or lived there most of the time.")),
        ("second_home", _("As a second home"), _("A vacation home, or a place for part of the year.")),
        ("rental", _("To rent it out"), _("Or you bought it to rent out or resell.")),
        (UNSURE, _("I’m not sure")),
    ),
    "lien": _options(
        ("first", _("First mortgage"), _("The main loan on the home.")),
        (
            "junior",
            _("Second mortgage or home equity line"),
            _("Any loan that stands behind the main one, such as a HELOC."),
        ),
        (UNSURE, _("I’m not sure")),
    ),
    "disposition": _options(
        (
            "nonjudicial",
            _("A foreclosure sale with no court case"),
            _("The lender or its trustee sells the home after a notice, such as a “Notice of Trustee’s Sale”."),
        ),
        (
            "judicial",
            _("A foreclosure through a court case"),
            _("You get court papers, such as a summons, and a judge orders the sale."),
        ),
        (
            "strict",
            _("A court gives the lender the home, with no sale"),
            _("Called “strict foreclosure”. The home becomes the lender’s after a set day."),
        ),
        (
            "short_sale",
            _("A short sale"),
            _("You sell the home yourself for less than the loan. The lender agrees to it."),
        ),
        ("deed_in_lieu", _("Giving the deed to the lender"), _("A “deed in lieu of foreclosure”.")),
        (NOTHING_YET, _("Nothing yet"), _("You are behind on payments, or worried that you will be.")),
        (UNSURE, _("I’m not sure")),
    ),
    "foreclosed_by": _options(
        (
            "senior_lender",
            _("The first mortgage’s lender"),
            _("The sale pays the first mortgage. Little or nothing is left for this loan."),
        ),
        (
            "this_lender",
            _("The lender of this loan"),
            _("The second loan’s own lender holds the sale."),
        ),
        (UNSURE, _("I’m not sure")),
    ),
    "loan_use": _options(
        ("purchase", _("To buy the home"), _("Part of the price counts too.")),
        ("refinance", _("To replace the loan that bought the home"), _("You took no extra cash out.")),
        (
            "cash_out_refinance",
            _("To replace a loan and take cash out"),
            _("The new loan was bigger than the old one."),
        ),
        (
            "home_equity",
            _("To borrow against the home"),
            _("A home equity loan or line, for repairs, debts or anything else."),
        ),
        ("construction", _("To build the home")),
        (UNSURE, _("I’m not sure")),
    ),
    "units": _options(
        ("1", _("One"), _("A house for one family, a condo or a co-op flat.")),
        ("2", _("Two"), _("A duplex, or a house with one more flat.")),
        ("3", _("Three")),
        ("4", _("Four")),
        ("5", _("Five or more")),
        (UNSURE, _("I’m not sure")),
    ),
    "buyer": _options(
        ("lender", _("The lender"), _("Also a company that acts for the lender. Then the home is “bank-owned”.")),
        ("other", _("Someone else"), _("A person or company that bids at the sale.")),
        (UNSURE, _("I’m not sure")),
    ),
    "lender_waived": _options(
        ("yes", _("Yes"), _("A paper says that the debt is paid, settled or forgiven.")),
        ("no", _("No"), _("The papers do not say so, or say that I still owe.")),
        (UNSURE, _("I’m not sure")),
    ),
    "loan_program": _options(
        ("va", _("A VA loan"), _("For veterans and service members.")),
        ("fha", _("An FHA loan"), _("You pay “MIP”, a mortgage insurance premium.")),
        ("usda_direct", _("A loan from the USDA itself"), _("You pay the agency.")),
        ("usda_guaranteed", _("A bank loan that USDA guarantees"), _("You pay a bank.")),
        ("seller_financed", _("A loan from the person who sold me the home")),
        ("private", _("A loan from a person I know, or a private lender")),
        ("conventional", _("None of these: an ordinary loan")),
        (UNSURE, _("I’m not sure")),
    ),
    "sued": YES_NO,
}

_CHOICES_OF: dict[tuple[str, str], tuple[Option, ...]] = {
    ("residence", OF_OTHERS): _options(
        ("primary", _("As a main home"), _("The owner lives or lived there most of the time.")),
        ("second_home", _("As a second home"), _("A vacation home, or a place for part of the year.")),
        ("rental", _("To rent it out"), _("Or it was bought to rent out or resell.")),
        (UNSURE, _("I’m not sure")),
    ),
}

#: The statement beside the box of a core circumstance. A state's own come from its law (``tick``).
TICKS: dict[str, Words] = {
    "loan_program": _("The loan was a VA, FHA or USDA loan, or the seller or a person I know lent the money."),
    "farm": _("The land was used as a farm or ranch."),
    "abandoned": _("The home stood empty before the sale."),
    "bankruptcy_discharge": _("A bankruptcy court wiped out this loan (a “discharge”)."),
    "personally_served": _(
        "No one handed me the court papers. They came by mail, by a notice in a newspaper, or not at all."
    ),
    "lender_waived": _("A paper from the lender says that I owe nothing more."),
}
NONE_OF_THESE = "none"

MONEY = ("owed", "sale_price", "fair_value", "senior_owed", "surplus")
DATES = ("sale_date", "loan_date", "last_payment", "called_due")
_KINDS: dict[str, Kind] = {
    "state": "state",
    **dict.fromkeys(MONEY, "money"),
    **dict.fromkeys(DATES, "date"),
    "acres": "number",
    "lender_waived": "yes_no",
    "sued": "yes_no",
}
SKIPPED, ACTED, ASKED, WHEN = "skipped-", "acted-", "asked-", "when-"


@lru_cache(maxsize=128)
def own_questions(law: Law) -> dict[str, document.Question]:
    """The questions that this law asks beyond the core facts, its own before the federal ones."""
    documents = [law.state] + ([law.federal] if law.federal else [])
    return {question.fact: question for one in documents for question in one.questions}


def variant(slug: str, given: Mapping[str, Answer]) -> str:
    """Which words a question of the core has, where the answers so far ask for words of their own."""
    if slug == "sale_price":
        disposition = given.get("disposition")
        if disposition in WORKOUTS:
            return str(disposition)
        return BEHIND_ANOTHER if given.get("lien") == JUNIOR and given.get("foreclosed_by") == THIS_LENDER else ""
    return OF_OTHERS if slug in _ABOUT_BORROWERS and given.get("role") in ("guarantor", "not_signed") else ""


def core(slug: str, law: Law | None = None, stage: str | None = None, variant: str = "") -> Question:
    """A question that is the same in every state, but for the kinds of foreclosure that a state has."""
    options = _CHOICES_OF.get((slug, variant)) or CHOICES.get(slug, ())
    if slug == "disposition" and law is not None:
        process = law.state.process
        left = [o for o in options if o.value not in FORECLOSURES or o.value in process.available]
        if stage not in (None, *STAGES_BEFORE_SALE):
            left = [o for o in left if o.value != NOTHING_YET]
        left.sort(key=lambda o: o.value != process.usual)
        options = tuple(replace(o, common=o.value == process.usual) for o in left)
    label = _LABELS_OF.get((slug, variant)) or LABELS[slug]
    return Question(slug, _KINDS.get(slug, "choice"), label, options)


def own(name: str, law: Law) -> Question:
    """A fact that only this law turns on, in the law's own words."""
    question = own_questions(law)[name]
    kind: Kind = question.kind
    options: tuple[Option, ...] = ()
    if kind == "yes_no":
        options = YES_NO
    elif kind == "choice":
        options = (*(Option(c.value, c.label) for c in question.choices), _NOT_SURE)
    return Question(name, kind, question.ask, options, template="state_only", law=question)


def event(slug: str, law: Law, provision_id: str | None) -> Question:
    """When did this event happen? ``provision_id`` names the provision that counts from it."""
    provision = law.provision(provision_id) if provision_id else None
    name = slug.removeprefix(WHEN)
    if slug in LABELS:
        return Question(slug, "date", LABELS[slug], template="when", provision=provision, event=name)
    limit = provision.limit or provision.ask_within if provision else None
    words = (limit.event if limit else None) or ""
    return Question(slug, "date", words, template="when", provision=provision, event=words)


def act(slug: str, law: Law, limit: TimeLimit | None) -> Question:
    """Did the lender (``acted-``) or the homeowner (``asked-``) do this in time?"""
    prefix, template = (ACTED, "acted") if slug.startswith(ACTED) else (ASKED, "asked")
    provision = law.provision(slug.removeprefix(prefix))
    if prefix == ACTED:
        label = _("Whether the lender did this: %(act)s") % {"act": provision.action or provision.heading}
    else:
        label = _("Whether you asked the court for this: %(act)s") % {"act": provision.heading}
    return Question(slug, "yes_no", label, YES_NO, template, provision=provision, limit=limit)


def tick(name: str, law: Law) -> Words:
    """The statement beside the box of a circumstance (a fact, or ``skipped-<duty>``)."""
    if name.startswith(SKIPPED):
        provision = law.provision(name.removeprefix(SKIPPED))
        return provision.tick or provision.action or provision.heading
    if name in TICKS:
        return TICKS[name]
    question = own_questions(law)[name]
    return question.tick or question.ask


def boxes(slug: str, names: Iterable[str], law: Law) -> Question:
    options = (*(Option(name, tick(name, law)) for name in names), Option(NONE_OF_THESE, _("None of these")))
    return Question(slug, "boxes", LABELS[slug], options, template="circumstances")


def follow_ups(slug: str, names: Iterable[str], law: Law) -> Question:
    parts = tuple(follow_up(name, law) for name in names)
    return Question(slug, "follow_ups", LABELS[slug], template="circumstances-2", parts=parts)


def follow_up(name: str, law: Law) -> Question:
    """The question that a ticked box opens: which one, for a choice; otherwise whether it is surely so."""
    if not name.startswith(SKIPPED):
        question = own_questions(law).get(name)
        if question is not None and question.kind == "choice":
            options = (*(Option(c.value, c.label) for c in question.choices), _NOT_SURE)
            return Question(name, "choice", question.ask, options, law=question)
        if name == "loan_program":
            return Question(name, "choice", LABELS[name], CHOICES[name])
    return Question(name, "yes_no", tick(name, law), FOLLOW_UP)


# --- between the page's words and the answers that are kept


def to_answer(question: Question, value: str, fact: Fact | None = None, *, ticked: bool = False) -> Answer:
    """The answer that a card stands for. A ticked box says that its fact is *not* as usual."""
    if value == UNSURE:
        return None
    if question.kind == "yes_no":
        if ticked and fact is not None:
            return not fact.usual
        return value == "yes"
    return int(value) if question.slug == "units" else value


def to_card(question: Question, answer: Answer, *, ticked: bool = False) -> str:
    """The card that stands for an answer."""
    if answer is None:
        return UNSURE
    if question.kind == "yes_no":
        return "yes" if ticked or answer is True else "no"
    return str(answer)


def interval(text: str | None) -> Interval:
    """The days of a partial date: a year and a month stand for their first to their last day."""
    if not text:
        return Interval()
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:
        day = date(*parts)
        return Interval(day, day)
    if len(parts) == 2:
        year, month = parts
        following = date(year + month // 12, month % 12 + 1, 1)
        return Interval(date(year, month, 1), date.fromordinal(following.toordinal() - 1))
    return Interval(date(parts[0], 1, 1), date(parts[0], 12, 31))


def out_of_order(slug: str, days: Interval, sale: Interval) -> str | None:
    """On which side of the sale an event's days lie, where it cannot be that side; days that may meet are let be."""
    event = slug.removeprefix(WHEN)
    if event in EVENTS_AFTER_SALE and days.last is not None and sale.first is not None and days.last < sale.first:
        return "before_sale"
    if event in EVENTS_BEFORE_SALE and days.first is not None and sale.last is not None and days.first > sale.last:
        return "after_sale"
    return None


def amount(answer: Answer) -> Decimal | None:
    return Decimal(answer) if isinstance(answer, str) else None


_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,4})?\Z", re.ASCII)
_PARTIAL_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?\Z", re.ASCII)


def are_sound(answers: Answers) -> bool:
    """Whether each answer is one that our forms would have given: what was kept by an older version may not be."""
    return all(_is_sound(slug, value) for given in (answers.home, *answers.loans) for slug, value in given.items())


def _is_sound(slug: str, value: Answer) -> bool:
    if slug in ("circumstances", "offered"):
        return isinstance(value, tuple)
    if value is None:
        return slug != "state"
    if slug in MONEY or slug == "acres":
        return isinstance(value, str) and bool(_AMOUNT.match(value))
    if slug in DATES or slug.startswith(WHEN):
        return isinstance(value, str) and bool(_PARTIAL_DATE.match(value)) and _is_date(value)
    if slug.startswith((ACTED, ASKED, SKIPPED)) or slug in ("lender_waived", "sued"):
        return isinstance(value, bool)
    if slug == "units":
        return type(value) is int and 1 <= value <= MOST_UNITS
    if slug in CHOICES:
        return isinstance(value, str) and any(option.value == value for option in CHOICES[slug])
    return isinstance(value, str | bool | int)


def _is_date(text: str) -> bool:
    try:
        return bool(interval(text))
    except ValueError:
        return False
