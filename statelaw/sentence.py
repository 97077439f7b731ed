"""What the conditions of a rule amount to, in one sentence; and the names of facts and of their values.

"Applies when the home was sold without a court case by this lender, has at most 2 units and at most 2.5 acres, except
when the loan was made on or before December 31, 2014." Works on checked documents and, without raising, on whatever an
editor has typed so far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.utils import dateformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .document import DateRange, NumberRange
from .facts import CORE, FORECLOSURES, JUDICIAL, NONJUDICIAL, SENIOR_LENDER, THIS_LENDER

#: Prefix of the facts that the federal layer asks for.
FEDERAL_PREFIX = "us_"

LABELS: Mapping[str, Any] = {
    "disposition": _("How the home was lost"),
    "foreclosed_by": _("Whose foreclosure it was"),
    "buyer": _("Who bought the home at the sale"),
    "lender_waived": _("The lender gave up the rest in writing"),
    "lien": _("First or second mortgage"),
    "loan_use": _("What the loan paid for"),
    "loan_program": _("Kind of loan"),
    "role": _("Who is asked to pay"),
    "residence": _("How the home was used"),
    "units": _("Homes that the mortgage covers (units)"),
    "acres": _("Acres of land"),
    "farm": _("Part of a farm"),
    "sale_date": _("Date of the sale"),
    "loan_date": _("Date of the loan"),
    "abandoned": _("The home stood empty before the sale"),
    "bankruptcy_discharge": _("A bankruptcy wiped out this debt"),
    "personally_served": _("The court papers were handed over in person"),
}

VALUES: Mapping[str, Mapping[str, Any]] = {
    "disposition": {
        "judicial": _("sale in a court case"),
        "nonjudicial": _("sale without a court case"),
        "strict": _("a court gave the home to the lender (strict foreclosure)"),
        "short_sale": _("short sale"),
        "deed_in_lieu": _("deed in lieu of foreclosure"),
    },
    "foreclosed_by": {
        "this_lender": _("this lender’s"),
        "senior_lender": _("that of a lender ahead of this one"),
    },
    "buyer": {"lender": _("the lender"), "other": _("someone else")},
    "lien": {"first": _("first mortgage"), "junior": _("second mortgage or home equity line")},
    "loan_use": {
        "purchase": _("to buy the home"),
        "refinance": _("to replace the purchase loan, without cash out"),
        "cash_out_refinance": _("to replace a loan and take cash out"),
        "home_equity": _("to borrow against the home"),
        "construction": _("to build the home"),
    },
    "loan_program": {
        "conventional": _("ordinary loan"),
        "fha": _("FHA loan"),
        "va": _("VA loan"),
        "usda_direct": _("loan from USDA itself"),
        "usda_guaranteed": _("loan that USDA guarantees"),
        "seller_financed": _("loan from the seller of the home"),
        "private": _("loan from a private lender"),
    },
    "role": {
        "borrower": _("a borrower"),
        "guarantor": _("a guarantor, who pays only if the borrower does not"),
        "not_signed": _("someone who never signed the loan"),
    },
    "residence": {"primary": _("main home"), "second_home": _("second home"), "rental": _("rental")},
}

#: The facts of a form by what they are about; a document's own facts follow (:func:`groups`).
GROUPS: Sequence[tuple[Any, tuple[str, ...]]] = (
    (_("How the home was lost"), ("disposition", "foreclosed_by", "buyer", "lender_waived")),
    (_("The loan"), ("lien", "loan_use", "loan_program", "role")),
    (_("The home"), ("residence", "units", "acres", "farm")),
    (_("The dates"), ("sale_date", "loan_date")),
    (_("Circumstances"), ("abandoned", "bankruptcy_discharge", "personally_served")),
)


# --- names of facts and values ----------------------------------------------------------------------------------------


def questions_of(source: Any) -> dict[str, Any]:
    """A document's own questions by fact, from whatever holds them: a law, a document, plain data, several of these,
    questions, or a mapping of them by fact."""
    if source is None or isinstance(source, str):
        return {}
    if hasattr(source, "federal") and hasattr(source, "state"):  # a law with the federal layer over it
        return {**questions_of(source.federal), **questions_of(source.state)}
    if hasattr(source, "questions"):
        return questions_of(source.questions)
    if isinstance(source, Mapping):
        if isinstance(source.get("fact"), str):
            return {source["fact"]: source}
        if "questions" in source:
            return questions_of(source["questions"])
        return {name: item for name, item in source.items() if isinstance(name, str) and said(item, "ask")}
    if isinstance(getattr(source, "fact", None), str):
        return {source.fact: source}
    if isinstance(source, Iterable):
        return {name: item for part in source for name, item in questions_of(part).items()}
    return {}


def said(item: Any, name: str) -> Any:
    """One key of something that is a typed model or plain data."""
    return item.get(name) if isinstance(item, Mapping) else getattr(item, name, None)


def groups(source: Any = None) -> list[tuple[str, list[str]]]:
    """All facts of a form in groups: the core's, then the state's own, then the federal layer's own."""
    own = questions_of(source)
    parts = [(str(title), list(names)) for title, names in GROUPS]
    parts.append((gettext("This state’s own questions"), [n for n in own if not n.startswith(FEDERAL_PREFIX)]))
    parts.append((gettext("The federal layer’s own questions"), [n for n in own if n.startswith(FEDERAL_PREFIX)]))
    return [(title, names) for title, names in parts if names]


def fact_label(name: str, source: Any = None) -> str:
    """What a fact is about, as a label: "How the home was lost"; a document's own fact in its question's words."""
    if name in LABELS:
        return str(LABELS[name])
    return str(said(questions_of(source).get(name), "ask") or "").strip() or spaced(name)


def value_label(name: str, value: Any, source: Any = None) -> str:
    """A value of a fact, as a label: "sale without a court case"."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    found = VALUES.get(name, {}).get(value) if isinstance(value, str) else None
    if found is not None:
        return str(found)
    question = questions_of(source).get(name) if name not in CORE else None
    if isinstance(value, str):
        for choice in said(question, "choices") or ():
            if said(choice, "value") == value:
                return str(said(choice, "label") or "").strip() or spaced(value)
    if isinstance(value, date):
        return day(value)
    return spaced(value)


def range_label(name: str, allowed: Any, source: Any = None) -> str:
    """All that a condition lets a fact be: "at most 2", "from May 1, 2015", "first mortgage or …"."""
    part = _part(allowed)
    if isinstance(part, _Range):
        return _range(part, _money(questions_of(source).get(name)))
    return any_of([value_label(name, value, source) for value in in_order(name, part)])


def spaced(value: Any) -> str:
    """A name of the rule language as words, for want of a label."""
    return " ".join(str(value).replace("_", " ").split())


def day(value: Any) -> str:
    """A day in words, from a date or from what was typed."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return spaced(value)
    return dateformat.format(value, "F j, Y") if isinstance(value, date) else spaced(value)


def number(value: Any) -> str:
    """A number with its thousands, from a number or from what was typed."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return spaced(value)
    if not found.is_finite() or abs(found.adjusted()) > 20:
        return spaced(value)
    return f"{found.normalize():,f}"


def all_of(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(parts[:-1]), "last": parts[-1]}


def any_of(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return gettext("%(first)s or %(last)s") % {"first": ", ".join(parts[:-1]), "last": parts[-1]}


# --- conditions in one form, however they came ------------------------------------------------------------------------


class _Range(NamedTuple):
    low: Any
    high: Any
    is_day: bool


_Part = tuple[Any, ...] | _Range
_Set = dict[str, list[_Part]]


def _part(allowed: Any) -> _Part:
    if isinstance(allowed, NumberRange):
        return _Range(allowed.min, allowed.max, False)
    if isinstance(allowed, DateRange):
        return _Range(allowed.from_, allowed.to, True)
    if isinstance(allowed, Mapping):
        is_day = "from" in allowed or "to" in allowed
        low, high = (allowed.get(key) for key in (("from", "to") if is_day else ("min", "max")))
        return _Range(None if low == "" else low, None if high == "" else high, is_day)
    if isinstance(allowed, list | tuple | set | frozenset):
        return tuple(allowed)
    return () if allowed in (None, "") else (allowed,)


def _says_nothing(part: _Part) -> bool:
    return part.low is None and part.high is None if isinstance(part, _Range) else not part


def _set(raw: Any) -> _Set:
    if not isinstance(raw, Mapping):
        return {}
    return {str(name): [part] for name, value in raw.items() if not _says_nothing(part := _part(value))}


def _whole(rule: Any) -> tuple[_Set, list[_Set]]:
    """``when`` with ``in_force`` merged as :attr:`Provision.conditions` does, and ``unless``. ``rule`` is a provision,
    its plain data or its row."""
    when = _set(said(rule, "when"))
    dates = said(rule, "in_force") or rule
    for name, start, end in (("sale_date", "sales_from", "sales_to"), ("loan_date", "loans_from", "loans_to")):
        part = _Range(said(dates, start) or None, said(dates, end) or None, True)
        if not _says_nothing(part) and _plain(part) not in map(_plain, when.get(name, [])):
            when.setdefault(name, []).append(part)
    unless = said(rule, "unless")
    return when, [_set(item) for item in unless] if isinstance(unless, list | tuple) else []


def _plain(part: _Part) -> tuple[str, ...]:
    return tuple(str(value) for value in part)


def in_order(name: str, values: Iterable[Any]) -> list[Any]:
    """Values as the vocabulary lists them, each once; what it does not know comes last, as it stands."""
    given = list(dict.fromkeys((type(value), value) for value in values if _is_plain(value)))
    known: Sequence[Any] = CORE[name].values if name in CORE else (True, False)
    listed = [value for value in known if (type(value), value) in given]
    return listed + [value for kind, value in given if not any(kind is type(v) and value == v for v in known)]


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | bool | int | float | Decimal | date)


# --- the sentence -----------------------------------------------------------------------------------------------------


def conditions(rule: Any, questions: Any = None) -> str:
    """The one sentence that a rule's conditions amount to.

    ``rule``: a provision, its plain data (perhaps half-filled) or its row. ``questions``: where the words of the
    documents' own facts stand (see :func:`questions_of`)."""
    own = questions_of(questions)
    when, exceptions = _whole(rule)
    unless = [_clauses(item, own) for item in exceptions if item]  # one that says nothing yet is still being typed
    if when:
        text = gettext("Applies when %(conditions)s") % {"conditions": _clauses(when, own)}
    else:
        text = gettext("Applies always")
    if unless:
        several = gettext(", or when ").join(unless)
        text = gettext("%(rule)s, except when %(exceptions)s") % {"rule": text, "exceptions": several}
    return gettext("%(sentence)s.") % {"sentence": text}


def clause(one: Any, questions: Any = None) -> str:
    """One set of conditions as part of a sentence, such as "the home was a rental". Empty for none."""
    return _clauses(_set(one), questions_of(questions))


def _clauses(found: _Set, own: Mapping[str, Any]) -> str:
    clauses = []
    for subject, makers in _SUBJECTS:
        predicates = [text for make in makers for text in make(found)]
        if predicates:
            clauses.append(subject % {"what": _all_about(predicates)})
    for name, (yes, no) in _STATEMENTS.items():
        clauses += (_either(part, str(yes), str(no)) for part in _well_said(found, name))
    asked_first = {name: place for place, name in enumerate(own)}
    for name in sorted(found, key=lambda fact: asked_first.get(fact, len(asked_first))):
        for part in found[name]:
            if name not in _WORDED or _is_odd(name, part):
                clauses.append(_answer(name, part, own))
    if len(clauses) < 2:
        return "".join(clauses)
    return gettext("%(first)s, and %(last)s") % {"first": ", ".join(clauses[:-1]), "last": clauses[-1]}


def _all_about(predicates: Sequence[str]) -> str:
    """What is said of one subject. After alternatives a comma shows that what follows holds for each of them: "was
    sold in a court case or in a short sale, and has at most 4 units"."""
    if any(gettext(" or ") in text for text in predicates[-2:-1]):
        return gettext("%(first)s, and %(last)s") % {"first": ", ".join(predicates[:-1]), "last": predicates[-1]}
    return all_of(predicates)


def _is_odd(name: str, part: _Part) -> bool:
    """It is not what the fact takes: words for a number, or a value that it does not have."""
    fact = CORE[name]
    if isinstance(part, _Range):
        return bool(fact.values) or part.is_day != (fact.kind == "date")
    return not fact.values or not all(any(v is k or (v == k and type(v) is type(k)) for k in fact.values) for v in part)


def _well_said(found: _Set, name: str) -> list[Any]:
    """The parts of a fact that are what the fact takes; the rest is told by :func:`_answer`."""
    return [part for part in found.get(name, ()) if not _is_odd(name, part)]


_LOST = {
    "judicial": _("sold in a court case"),
    "nonjudicial": _("sold without a court case"),
    "strict": _("given to the lender by a court"),
    "short_sale": _("sold in a short sale"),
    "deed_in_lieu": _("given to the lender by a deed in lieu"),
}
#: Whose foreclosure it was: after a sale; after foreclosures of other kinds; where there may be none.
_BY = {
    frozenset((THIS_LENDER,)): (
        _("by this lender"),
        _("in this lender’s foreclosure"),
        _(", by or with this lender"),
    ),
    frozenset((SENIOR_LENDER,)): (
        _("by a lender ahead of this one"),
        _("in the foreclosure of a lender ahead of this one"),
        _(", by or with a lender ahead of this one"),
    ),
    frozenset((THIS_LENDER, SENIOR_LENDER)): (
        _("by this lender or one ahead of it"),
        _("in the foreclosure of this lender or of one ahead of it"),
        _(", by or with this lender or one ahead of it"),
    ),
}


def _lost(found: _Set) -> Iterator[str]:
    ways = [in_order("disposition", part) for part in _well_said(found, "disposition")]
    lenders = [_BY[frozenset(part)] for part in _well_said(found, "foreclosed_by")]
    for values in ways:
        words = any_of([str(_LOST[value]) for value in values])
        if {JUDICIAL, NONJUDICIAL} <= set(values):
            words = gettext("sold with or without a court case")
            if len(values) > 2:
                words += gettext(", or %(others)s") % {"others": any_of([str(_LOST[value]) for value in values[2:]])}
        text = gettext("was %(how)s") % {"how": words}
        for after_sale, after_foreclosure, otherwise in lenders:
            if set(values) <= {JUDICIAL, NONJUDICIAL}:
                text += f" {after_sale}"
            elif set(values) <= set(FORECLOSURES):
                text += f" {after_foreclosure}"
            else:
                text += str(otherwise)
        yield text
    if not ways:
        yield from (gettext("was foreclosed %(by)s") % {"by": by} for by, *_rest in lenders)


def _listed(name: str, frame: Any, words: Mapping[str, Any], but: Any = None) -> Callable[[_Set], Iterator[str]]:
    """A fact whose values are listed after one verb. ``but``: the verb for all values except one."""

    def make(found: _Set) -> Iterator[str]:
        for part in _well_said(found, name):
            values = in_order(name, part)
            others = [value for value in words if value not in values]
            if but is not None and len(others) == 1 and len(words) > 3:
                yield but % {"what": words[others[0]]}
            else:
                yield frame % {"what": any_of([str(words[value]) for value in values])}

    return make


def _told(name: str, yes: Any, no: Any) -> Callable[[_Set], Iterator[str]]:
    def make(found: _Set) -> Iterator[str]:
        yield from (_either(part, str(yes), str(no)) for part in _well_said(found, name))

    return make


def _either(part: Sequence[Any], yes: str, no: str) -> str:
    return any_of([text for value, text in ((True, yes), (False, no)) if value in part])


def _when(name: str, frame: Any) -> Callable[[_Set], Iterator[str]]:
    def make(found: _Set) -> Iterator[str]:
        for part in _well_said(found, name):
            yield frame % {"when": _range(part)}

    return make


def _size(found: _Set) -> Iterator[str]:
    verb = gettext("has %(size)s")
    for name, one, many in (("units", _("unit"), _("units")), ("acres", _("acre"), _("acres"))):
        for part in _well_said(found, name):
            last = number(part.high if part.high is not None else part.low)
            yield verb % {"size": f"{_range(part)} {one if last == '1' else many}"}
            verb = "%(size)s"


def _range(part: _Range, money: bool = False) -> str:
    tell = day if part.is_day else _dollars if money else number
    low, high = (None if value is None else tell(value) for value in (part.low, part.high))
    if low is not None and low == high:
        frame = gettext("on %(low)s") if part.is_day else gettext("exactly %(low)s")
    elif low is not None and high is not None:
        frame = gettext("from %(low)s through %(high)s") if part.is_day else gettext("from %(low)s to %(high)s")
    elif low is not None:
        frame = gettext("on or after %(low)s") if part.is_day else gettext("at least %(low)s")
    else:
        frame = gettext("on or before %(high)s") if part.is_day else gettext("at most %(high)s")
    return frame % {"low": low, "high": high}


def _dollars(value: Any) -> str:
    return f"${number(value)}"


def _money(question: Any) -> bool:
    return said(question, "kind") == "money"


#: Who the sentence speaks about, with what can be said of it, in the order in which it is said.
_SUBJECTS: Sequence[tuple[Any, tuple[Callable[[_Set], Iterator[str]], ...]]] = (
    (
        _("the home %(what)s"),
        (
            _lost,
            _listed(
                "buyer",
                _("was bought at the sale by %(what)s"),
                {"lender": _("the lender"), "other": _("someone else")},
            ),
            _listed(
                "residence",
                _("was %(what)s"),
                {"primary": _("a main home"), "second_home": _("a second home"), "rental": _("a rental")},
            ),
            _told("farm", _("was part of a farm"), _("was not part of a farm")),
            _told("abandoned", _("stood empty before the sale"), _("did not stand empty before the sale")),
            _size,
        ),
    ),
    (
        _("the loan %(what)s"),
        (
            _listed("lien", _("is %(what)s"), {"first": _("a first mortgage"), "junior": _("a second mortgage")}),
            _listed(
                "loan_program",
                _("is %(what)s"),
                {
                    "conventional": _("an ordinary loan"),
                    "fha": _("an FHA loan"),
                    "va": _("a VA loan"),
                    "usda_direct": _("a loan from USDA itself"),
                    "usda_guaranteed": _("a loan that USDA guarantees"),
                    "seller_financed": _("a loan from the seller"),
                    "private": _("a loan from a private lender"),
                },
                but=_("is not %(what)s"),
            ),
            _listed(
                "loan_use",
                _("was taken %(what)s"),
                {
                    "purchase": _("to buy the home"),
                    "refinance": _("to replace the purchase loan without cash out"),
                    "cash_out_refinance": _("to replace a loan and take cash out"),
                    "home_equity": _("to borrow against the home"),
                    "construction": _("to build the home"),
                },
                but=_("was not taken %(what)s"),
            ),
            _when("loan_date", _("was made %(when)s")),
        ),
    ),
    (_("the sale %(what)s"), (_when("sale_date", _("was %(when)s")),)),
    (
        _("the person asked to pay %(what)s"),
        (
            _listed(
                "role",
                _("is %(what)s"),
                {
                    "borrower": _("a borrower"),
                    "guarantor": _("a guarantor"),
                    "not_signed": _("someone who never signed the loan"),
                },
            ),
        ),
    ),
)

_STATEMENTS: Mapping[str, tuple[Any, Any]] = {
    "lender_waived": (
        _("the lender gave up the rest in writing"),
        _("the lender did not give up the rest in writing"),
    ),
    "bankruptcy_discharge": (_("a bankruptcy wiped out the debt"), _("no bankruptcy wiped out the debt")),
    "personally_served": (
        _("the court papers were handed over in person"),
        _("the court papers were not handed over in person"),
    ),
}

#: The facts that the sentence has words of its own for: all of the core.
_WORDED = frozenset(LABELS)


def _answer(name: str, part: _Part, own: Mapping[str, Any]) -> str:
    """A fact in its question's words."""
    frame = gettext("the answer to “%(question)s” is %(answer)s")
    if isinstance(part, _Range):
        answer = _range(part, _money(own.get(name)))
    else:
        words = []
        for value in _asked_order(name, part, own):
            label = _quotable(value_label(name, value, own))
            words.append(label if isinstance(value, bool) else f"“{label}”")
        answer = any_of(words)
    return frame % {"question": asked(name, own), "answer": answer}


def _asked_order(name: str, part: Iterable[Any], own: Mapping[str, Any]) -> list[Any]:
    values = in_order(name, part)
    listed = [said(choice, "value") for choice in said(own.get(name), "choices") or ()]
    return sorted(values, key=lambda value: listed.index(value) if value in listed else len(listed))


def asked(name: str, source: Any = None) -> str:
    """A fact's question, without what explains it, as it can stand between quotation marks in a sentence."""
    own = questions_of(source)
    short = _short(fact_label(name, own))
    if any(_short(fact_label(other, own)) == short for other in own if other != name):
        short = _quotable(fact_label(name, own))
    return short


def _short(text: str) -> str:
    question, mark, _rest = _quotable(text).partition("?")
    return question + mark


def _quotable(text: str) -> str:
    """Words that can stand between quotation marks: marks of their own become single ones."""
    result, is_open = [], False
    for sign in " ".join(text.split()):
        if sign == '"':
            is_open = not is_open
            sign = "‘" if is_open else "’"
        result.append({"“": "‘", "”": "’"}.get(sign, sign))
    return "".join(result)
