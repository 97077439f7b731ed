"""Plain words for the facts of the vocabulary, whole sentences: what was answered, what is open, where to look.

The words of a state's own facts come from its law document (``ask``, ``choices``, ``tick``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import dateformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from statelaw.deadlines import Interval
from statelaw.document import Allowed, DateRange, NumberRange, Question
from statelaw.facts import SENIOR_LENDER, STRICT, THIS_LENDER

#: What a fact is about, as the heading of something still open.
TOPIC: Mapping[str, object] = {
    "disposition": _("How the home was lost"),
    "foreclosed_by": _("Which lender's foreclosure it was"),
    "lien": _("If this is a first or a second mortgage"),
    "residence": _("How the home was used"),
    "loan_use": _("What the loan paid for"),
    "loan_program": _("What kind of loan it is"),
    "units": _("How many homes the loan covers"),
    "acres": _("How much land there is"),
    "farm": _("If the home is part of a farm"),
    "loan_date": _("When the loan was made"),
    "sale_date": _("When the home was lost"),
    "buyer": _("Who bought the home at the sale"),
    "abandoned": _("If the home was empty before the sale"),
    "lender_waived": _("If the lender gave up the rest in writing"),
    "bankruptcy_discharge": _("If a bankruptcy discharge covered this loan"),
    "personally_served": _("If you were handed the court papers"),
    "role": _("What you signed"),
}

#: The same where the home is not lost yet, as far as it reads in another way.
TOPIC_AHEAD: Mapping[str, object] = {
    "disposition": _("How the home will be lost"),
    "foreclosed_by": _("Which lender will foreclose"),
    "sale_date": _("When the home will be lost"),
    "buyer": _("Who will buy the home at the sale"),
    "abandoned": _("If the home will be empty before the sale"),
    "lender_waived": _("If the lender will give up the rest in writing"),
    "personally_served": _("If you will be handed the court papers"),
}

#: The paper, or the person, that would tell.
LOOK: Mapping[str, object] = {
    "disposition": _("Look at the sale notice, the court papers, or the deed."),
    "foreclosed_by": _("The sale notice names the lender that foreclosed."),
    "lien": _("Look at the loan papers, or ask the county recorder which loan came first."),
    "residence": _("What counts is how you used the home, as the rule says."),
    "loan_use": _("Look at the closing papers. They show where the loan money went."),
    "loan_program": _("Look at the note or a loan statement, or ask the loan company."),
    "units": _("Count the homes that the mortgage covers. A condo is one."),
    "acres": _("Look at the tax bill or the county's land records."),
    "farm": _("Look at the tax bill or the county's land records."),
    "loan_date": _("The date stands at the top of the note."),
    "sale_date": _("The date is in the sale papers or at the county recorder."),
    "buyer": _("The deed from the sale names the buyer."),
    "abandoned": _("Look for the court's or the lender's papers that call the home empty."),
    "lender_waived": _("Read the approval letter and what you signed. Look for words that give up the debt."),
    "bankruptcy_discharge": _("Look at your discharge order and the list of debts that you filed."),
    "personally_served": _("Ask the court clerk for the paper that says how you were served."),
    "role": _("Look for your name on the note."),
}

#: The same where the home is not lost yet.
LOOK_AHEAD: Mapping[str, object] = {
    "disposition": _("The letters from the lender or the court say which way it goes. See the ways out below."),
    "foreclosed_by": _("The notices name the lender that forecloses."),
    "sale_date": _("The sale notice gives the day."),
    "buyer": _("No one can know this before the sale."),
    "abandoned": _("Stay, or keep the home looked after, until you know your last day."),
    "lender_waived": _("Ask for it before you sign. Look for words that give up the debt."),
    "personally_served": _("Keep all court papers, and note how they came."),
}

_SAID: Mapping[tuple[str, object], tuple[object, object]] = {
    # what happened, and the same for a home that is not lost yet
    ("disposition", "judicial"): (
        _("The home was sold after a court case"),
        _("The home is sold after a court case"),
    ),
    ("disposition", "nonjudicial"): (
        _("The sale was held without a court case"),
        _("The sale is held without a court case"),
    ),
    ("disposition", "strict"): (
        _("A court gave the home to the lender without a sale"),
        _("A court gives the home to the lender without a sale"),
    ),
    ("disposition", "short_sale"): (
        _("You sold the home for less than the debt, with the lender's consent"),
        _("You sell the home for less than the debt, with the lender's consent"),
    ),
    ("disposition", "deed_in_lieu"): (
        _("You handed the deed to the lender"),
        _("You hand the deed to the lender"),
    ),
    ("foreclosed_by", THIS_LENDER): (_("This lender held the sale"), _("This lender holds the sale")),
    ("foreclosed_by", SENIOR_LENDER): (
        _("A lender ahead of this one took the home"),
        _("A lender ahead of this one takes the home"),
    ),
    ("lien", "first"): (_("This is the first mortgage"), _("This is the first mortgage")),
    ("lien", "junior"): (
        _("This is a second mortgage or home equity line"),
        _("This is a second mortgage or home equity line"),
    ),
    ("residence", "primary"): (_("It was your main home"), _("It is your main home")),
    ("residence", "second_home"): (_("It was your second home"), _("It is your second home")),
    ("residence", "rental"): (_("You rented the home out"), _("You rent the home out")),
    ("loan_use", "purchase"): (_("The loan bought the home"), _("The loan bought the home")),
    ("loan_use", "refinance"): (
        _("The loan replaced the loan that bought the home, with no cash out"),
        _("The loan replaced the loan that bought the home, with no cash out"),
    ),
    ("loan_use", "cash_out_refinance"): (
        _("The loan replaced an older loan and paid you cash"),
        _("The loan replaced an older loan and paid you cash"),
    ),
    ("loan_use", "home_equity"): (
        _("The loan was a home equity loan or credit line"),
        _("The loan is a home equity loan or credit line"),
    ),
    ("loan_use", "construction"): (_("The loan built the home"), _("The loan built the home")),
    ("buyer", "lender"): (
        _("The lender bought the home at the sale"),
        _("The lender buys the home at the sale"),
    ),
    ("buyer", "other"): (
        _("Someone else bought the home at the sale"),
        _("Someone else buys the home at the sale"),
    ),
    ("role", "borrower"): (_("You signed the loan as a borrower"), _("You signed the loan as a borrower")),
    ("role", "guarantor"): (_("You only co-signed the loan"), _("You only co-signed the loan")),
    ("role", "not_signed"): (_("You never signed the loan"), _("You never signed the loan")),
    ("loan_program", "conventional"): (
        _("It was not a VA, FHA, USDA, seller's or private loan"),
        _("It is not a VA, FHA, USDA, seller's or private loan"),
    ),
    ("loan_program", "fha"): (_("It was an FHA loan"), _("It is an FHA loan")),
    ("loan_program", "va"): (_("It was a VA loan"), _("It is a VA loan")),
    ("loan_program", "usda_direct"): (_("USDA itself made the loan"), _("USDA itself made the loan")),
    ("loan_program", "usda_guaranteed"): (_("USDA backed the loan"), _("USDA backs the loan")),
    ("loan_program", "seller_financed"): (
        _("The person who sold you the home made the loan"),
        _("The person who sold you the home made the loan"),
    ),
    ("loan_program", "private"): (
        _("A private person made the loan"),
        _("A private person made the loan"),
    ),
    ("farm", True): (_("The home was part of a farm"), _("The home is part of a farm")),
    ("farm", False): (_("The home was not part of a farm"), _("The home is not part of a farm")),
    ("abandoned", True): (_("The home was empty before the sale"), _("The home is empty before the sale")),
    ("abandoned", False): (
        _("The home was not left empty before the sale"),
        _("The home is not left empty before the sale"),
    ),
    ("lender_waived", True): (
        _("The lender gave up the rest of the loan in writing"),
        _("The lender gives up the rest of the loan in writing"),
    ),
    ("lender_waived", False): (
        _("The lender did not give up the rest of the loan in writing"),
        _("The lender does not give up the rest of the loan in writing"),
    ),
    ("bankruptcy_discharge", True): (
        _("A bankruptcy discharge covered this loan"),
        _("A bankruptcy discharge covers this loan"),
    ),
    ("bankruptcy_discharge", False): (
        _("No bankruptcy discharge covered this loan"),
        _("No bankruptcy discharge covers this loan"),
    ),
    ("personally_served", True): (
        _("You were handed the court papers"),
        _("You are handed the court papers"),
    ),
    ("personally_served", False): (
        _("You got the court papers only by mail or by a notice, or not at all"),
        _("You get the court papers only by mail or by a notice, or not at all"),
    ),
}

#: The event that a time limit counts from.
COUNTED_FROM: Mapping[str, object] = {
    "sale": _("Counted from the day of the sale."),
    "confirmation": _("Counted from the day when the court confirmed the sale."),
    "deed_recorded": _("Counted from the day when the deed was handed over or put on record."),
    "end_of_redemption": _("Counted from the end of your time to buy the home back."),
    "foreclosure_judgment": _("Counted from the court's foreclosure judgment."),
    "certificate_of_title": _("Counted from the certificate of title."),
    "deficiency_judgment": _("Counted from the judgment for the rest of the loan."),
    "default": _("Counted from the first payment that you missed."),
}


YES, NO = _("Yes"), _("No")


def topic(fact: str, *, ahead: bool = False) -> str:
    """What a core fact is about; empty for any other fact."""
    return str((ahead and TOPIC_AHEAD.get(fact)) or TOPIC.get(fact, ""))


def look(fact: str, *, ahead: bool = False) -> str:
    """Where to find a core fact out."""
    return str((ahead and LOOK_AHEAD.get(fact)) or LOOK.get(fact, ""))


def day(value: date) -> str:
    return dateformat.format(value, "F j, Y")


def days(interval: Interval) -> str | None:
    """A day, a month or a year as it was given; ``None`` where it is open."""
    first, last = interval.first, interval.last
    if first is None or last is None:
        return None
    if first == last:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return dateformat.format(first, "F Y")
    if first.year == last.year:
        return str(first.year)
    return gettext("%(first)s to %(last)s") % {"first": day(first), "last": day(last)}


def said(fact: str, value: object, *, ahead: bool = False, disposition: str | None = None) -> str | None:
    """A core fact's value as a statement; ``None`` where it is no core fact or has no such value."""
    if fact == "foreclosed_by" and value == THIS_LENDER and disposition == STRICT:
        return gettext("This lender takes the home") if ahead else gettext("This lender took the home")
    found = _SAID.get((fact, value))
    return str(found[ahead]) if found else None


def answer_of(question: Question, value: object) -> str:
    """A state-only fact's value in the words of its question."""
    if value is True:
        return str(YES)
    if value is False:
        return str(NO)
    for choice in question.choices:
        if choice.value == value:
            return choice.label
    if isinstance(value, Interval):
        return days(value) or ""
    if isinstance(value, date):
        return day(value)
    return number(value)


def number(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


_UNITS = {
    (True, "max"): _("Homes on this loan: %(n)s (the rule says at most %(max)s)"),
    (True, "min"): _("Homes on this loan: %(n)s (the rule says at least %(min)s)"),
    (True, "both"): _("Homes on this loan: %(n)s (the rule says %(min)s to %(max)s)"),
    (False, "max"): _("Homes on this loan: at most %(max)s"),
    (False, "min"): _("Homes on this loan: at least %(min)s"),
    (False, "both"): _("Homes on this loan: %(min)s to %(max)s"),
}
_ACRES = {
    (True, "max"): _("Acres of land: %(n)s (the rule says at most %(max)s)"),
    (True, "min"): _("Acres of land: %(n)s (the rule says at least %(min)s)"),
    (True, "both"): _("Acres of land: %(n)s (the rule says %(min)s to %(max)s)"),
    (False, "max"): _("Acres of land: at most %(max)s"),
    (False, "min"): _("Acres of land: at least %(min)s"),
    (False, "both"): _("Acres of land: %(min)s to %(max)s"),
}
_OTHER = {
    (True, "max"): _("Your answer: %(n)s (the rule says at most %(max)s)"),
    (True, "min"): _("Your answer: %(n)s (the rule says at least %(min)s)"),
    (True, "both"): _("Your answer: %(n)s (the rule says %(min)s to %(max)s)"),
    (False, "max"): _("The rule says at most %(max)s"),
    (False, "min"): _("The rule says at least %(min)s"),
    (False, "both"): _("The rule says %(min)s to %(max)s"),
}
_LOAN_DATE = {
    (True, "max"): _("Loan made: %(n)s (the rule says by %(max)s)"),
    (True, "min"): _("Loan made: %(n)s (the rule says on or after %(min)s)"),
    (True, "both"): _("Loan made: %(n)s (the rule says %(min)s to %(max)s)"),
    (False, "max"): _("Loan made by %(max)s"),
    (False, "min"): _("Loan made on or after %(min)s"),
    (False, "both"): _("Loan made from %(min)s to %(max)s"),
}
_SALE_DATE = {
    (True, "max"): _("Home lost: %(n)s (the rule says by %(max)s)"),
    (True, "min"): _("Home lost: %(n)s (the rule says on or after %(min)s)"),
    (True, "both"): _("Home lost: %(n)s (the rule says %(min)s to %(max)s)"),
    (False, "max"): _("Home lost by %(max)s"),
    (False, "min"): _("Home lost on or after %(min)s"),
    (False, "both"): _("Home lost from %(min)s to %(max)s"),
}
_RANGES = {"units": _UNITS, "acres": _ACRES, "loan_date": _LOAN_DATE, "sale_date": _SALE_DATE}


def measured(fact: str, low: object, high: object, answer: object) -> str:
    """A number or a date against what a rule says of it."""
    is_date = isinstance(low or high, date)
    show: Callable[[Any], str] = day if is_date else number
    if isinstance(answer, Interval):
        answer = days(answer)
    elif isinstance(answer, date):
        answer = day(answer)
    elif answer is not None:
        answer = number(answer)
    kind = "both" if low is not None and high is not None else "min" if low is not None else "max"
    sentence = _RANGES.get(fact, _OTHER)[answer is not None, kind]
    values = {"n": answer}
    if low is not None:
        values["min"] = show(low)
    if high is not None:
        values["max"] = show(high)
    return str(sentence) % values


def bounds(allowed: Allowed) -> tuple[Any, Any]:
    if isinstance(allowed, DateRange):
        return allowed.from_, allowed.to
    if isinstance(allowed, NumberRange):
        return allowed.min, allowed.max
    raise TypeError(allowed)


_STRETCH = {
    "units": {
        "exact": _("Homes on this loan: %(from)s"),
        "from": _("Homes on this loan: %(from)s or more"),
        "to": _("Homes on this loan: up to %(to)s"),
        "both": _("Homes on this loan: %(from)s to %(to)s"),
    },
    "acres": {
        "exact": _("Acres of land: %(from)s"),
        "from": _("Acres of land: %(from)s or more"),
        "above": _("Acres of land: more than %(from)s"),
        "to": _("Acres of land: up to %(to)s"),
        "below": _("Acres of land: less than %(to)s"),
        "both": _("Acres of land: from %(from)s to %(to)s"),
    },
    "loan_date": {
        "exact": _("The loan was made on %(from)s"),
        "from": _("The loan was made on or after %(from)s"),
        "to": _("The loan was made by %(to)s"),
        "both": _("The loan was made from %(from)s to %(to)s"),
    },
    "sale_date": {
        "exact": _("The home was lost on %(from)s"),
        "from": _("The home was lost on or after %(from)s"),
        "to": _("The home was lost by %(to)s"),
        "both": _("The home was lost from %(from)s to %(to)s"),
    },
}
_PLAIN_STRETCH = {
    "exact": _("%(from)s"),
    "from": _("%(from)s or more"),
    "above": _("More than %(from)s"),
    "to": _("Up to %(to)s"),
    "below": _("Less than %(to)s"),
    "both": _("From %(from)s to %(to)s"),
}


def stretch(fact: str, value: object) -> str:
    """A number, a date or a range of them, as a part of a finding gives it."""
    words = _STRETCH.get(fact, _PLAIN_STRETCH)
    if not isinstance(value, Mapping):
        value = {"min": value, "max": value}
    low = next((value[k] for k in ("from", "min", "above") if k in value), None)
    high = next((value[k] for k in ("to", "max", "below") if k in value), None)
    if low == 0:
        low = None
    if low is not None and low == high:
        kind = "exact"
    elif low is not None and high is not None:
        kind = "both"
    elif low is not None:
        kind = "above" if "above" in value and "above" in words else "from"
    else:
        kind = "below" if "below" in value and "below" in words else "to"
    show: Callable[[Any], str] = day if isinstance(low or high, date) else number
    values = {}
    if low is not None:
        values["from"] = show(low)
    if high is not None:
        values["to"] = show(high)
    if not values:
        return str(TOPIC.get(fact, ""))
    return str(words[kind]) % values


def several(values: Iterable[object], fact: str, *, ahead: bool = False) -> tuple[str, ...]:
    """The statements of several values of a core fact."""
    found = (said(fact, value, ahead=ahead) for value in values)
    return tuple(text for text in found if text)


# --- what a case of an open answer turns on ------------------------------------------------------------------------


def asked(question: Question, answer: str) -> str:
    return gettext("%(question)s Answer: %(answer)s") % {"question": question.ask, "answer": answer}


def all_else() -> str:
    return gettext("In all other cases")


def court_reopens(value: bool) -> str:
    return gettext("A court reopens its ruling") if value else gettext("The ruling stands")


def state_law_binds(value: bool) -> str:
    if value:
        return gettext("The state's rules bind this federal lender")
    return gettext("The state's rules do not bind this federal lender")


def point(name: str, value: bool, provision) -> str:
    """A point that is open beside the facts: a limit that may have run, an act, a step that was skipped."""
    words = {"rule": provision.heading, "action": provision.action, "tick": provision.tick}
    if name == "past":
        if value:
            return gettext("The time is over: %(rule)s") % words
        return gettext("The time is not over: %(rule)s") % words
    if name == "acted":
        if value:
            return gettext("The lender did this in time: %(action)s") % words
        return gettext("The lender did not do this in time: %(action)s") % words
    if provision.tick:
        return gettext("This is so: %(tick)s") % words if value else gettext("This is not so: %(tick)s") % words
    if value:
        return gettext("The lender skipped this step: %(action)s") % words
    return gettext("The lender did not skip this step: %(action)s") % words


def last_day(limit) -> str:
    """The last day of the lender's time, and whether it is over."""
    if limit.date is None:
        return gettext("The lender's time may be over")
    words = {"day": day(limit.date)}
    if limit.passed == "yes":
        if limit.not_before:
            return gettext("The lender's time is over")
        return gettext("The lender's last day, %(day)s, is over") % words
    if limit.not_before:
        return gettext("The lender's time ended on %(day)s or later") % words
    if limit.passed == "maybe":
        return gettext("The lender's last day was %(day)s, and it may have one more day") % words
    return gettext("The lender's last day is %(day)s") % words


def did_act(acted: bool | None) -> str:
    if acted is None:
        return gettext("The lender did not act in time")
    return gettext("The lender acted in time") if acted else gettext("The lender did not act in time")


def skipped_step() -> str:
    return gettext("The lender skipped this step")


def did_ask(asked: bool) -> str:
    return gettext("You asked for this in time") if asked else gettext("You did not ask for this in time")


# --- amounts ---------------------------------------------------------------------------------------------------------


def nothing_to_pay() -> str:
    return gettext("nothing to pay")


def amount_not_known() -> str:
    return gettext("the amount is not known")


def not_known() -> str:
    return gettext("Not known")


def between(low: str, high: str) -> str:
    return gettext("%(low)s to %(high)s") % {"low": low, "high": high}


def up_to(high: str) -> str:
    return gettext("up to %(high)s") % {"high": high}
