"""Cases as advocates' scripts and the law's own tests write them: plain data in, a finding as plain data out.

The form is that of issue and scenario files: ``{name, state, stage, facts, money, dates, lender_acted, acted, asked,
sued, expect}``. Everything but ``name`` is optional. A circumstance left out is taken as not so; any other fact left
out is unknown; ``null`` is unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

import yaml

from . import facts
from .compiled import DAY
from .deadlines import Interval, TimeLimit, add
from .facts import DEED_IN_LIEU, FIRST, SENIOR_LENDER, SHORT_SALE, Fact
from .money import Money, Span
from .reasoning import Case, Finding, Law

KEYS = (
    "name",
    "why",
    "state",
    "stage",
    "facts",
    "money",
    "dates",
    "lender_acted",
    "acted",
    "asked",
    "sued",
    "skipped",
    "expect",
)
MONEY_KEYS = ("owed", "sale_price", "fair_value", "senior_owed", "surplus_to_this_loan")
#: Dates of a case that are not events of a limit.
OTHER_DATES = ("sale", "loan", "today", "last_payment", "called_due")
MOST_DOLLARS = Decimal(10) ** 12
FIRST_YEAR, LAST_YEAR = 1900, 2200


class CaseError(ValueError):
    """A case is wrong. ``problems`` holds (key, message) pairs, all that were found."""

    def __init__(self, problems: Iterable[tuple[str, str]]):
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{key}: {message}" for key, message in self.problems))


def parse_days(value: Any) -> Interval:
    """A day, a month (``2026-03``) or a year (``2026``) as the days that it stands for; ``None`` is unknown.

    Raises ValueError for anything else.
    """
    if value is None:
        return Interval()
    if isinstance(value, datetime):
        value = value.date()
    if not isinstance(value, date):
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError("expected a date (2026-03-14), a month (2026-03) or a year (2026)")
        match = re.fullmatch(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", str(value).strip())
        if not match:
            raise ValueError(f"{value!r} is not a date (2026-03-14), a month (2026-03) or a year (2026)")
        year, month, day = int(match[1]), int(match[2] or 0), int(match[3] or 0)
        try:
            if not match[2]:
                first = date(year, 1, 1)
                last = date(year, 12, 31)
            elif not match[3]:
                first = date(year, month, 1)
                last = add(first, 1, "months") - DAY
            else:
                first = last = date(year, month, day)
        except ValueError:
            raise ValueError(f"{value!r} is not a day of the calendar") from None
    else:
        first = last = value
    if not FIRST_YEAR <= first.year <= LAST_YEAR:
        raise ValueError(f"the year must lie between {FIRST_YEAR} and {LAST_YEAR}")
    return Interval(first, last)


def parse_amount(value: Any) -> Decimal | None:
    """Dollars, zero or more; ``None`` is unknown. Raises ValueError for anything else."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError(f"{value!r} is not an amount")
    text = str(value).strip().replace("$", "").replace(",", "")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{value!r} is not an amount") from None
    if not amount.is_finite():
        raise ValueError(f"{value!r} is not an amount")
    if amount < 0:
        raise ValueError("an amount is zero or more")
    if amount > MOST_DOLLARS:
        raise ValueError("the amount is too large")
    return amount


def _parse_fact(fact: Fact, value: Any) -> Any:
    if value is None:
        return None
    if fact.kind == "yes_no":
        if not isinstance(value, bool):
            raise ValueError("expected true, false or null")
        return value
    if fact.kind == "choice":
        if value not in fact.values or isinstance(value, bool):
            raise ValueError(f"{value!r} is not one of {', '.join(map(str, fact.values))}")
        return value
    if fact.kind == "date":
        return parse_days(value)
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError(f"{value!r} is not a number")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    if not number.is_finite() or number < 0 or number > 10**9:
        raise ValueError("expected a number from 0 to a thousand million")
    if fact.kind == "whole":
        if number != number.to_integral_value() or number < 1:
            raise ValueError("expected a whole number from 1")
        return int(number)
    return number


class _Reader:
    """Collects every problem of one case while it is read."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []

    def wrong(self, key: str, message: str) -> None:
        self.problems.append((key, message))

    def parse(self, key: str, parser: Callable[[Any], Any], value: Any, default: Any = None) -> Any:
        try:
            return parser(value)
        except ValueError as error:
            self.wrong(key, str(error))
            return default

    def mapping(self, data: Mapping, key: str) -> Mapping:
        value = data.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.wrong(key, "expected keys and values")
            return {}
        return value

    def truth(self, data: Mapping, key: str) -> bool | None:
        value = data.get(key)
        if value is not None and not isinstance(value, bool):
            self.wrong(key, "expected true, false or null")
            return None
        return value


def parse_case(data: Mapping[str, Any], law: Law, today: date) -> Case:
    """A case of ``law`` from plain data. ``today`` stands where the case names none.

    Raises CaseError with every problem, each with its key.
    """
    read = _Reader()
    for key in data:
        if key not in KEYS:
            read.wrong(str(key), "unknown key")
    stage = data.get("stage")
    if stage is not None and stage not in facts.STAGES:
        read.wrong("stage", f"{stage!r} is not one of {', '.join(facts.STAGES)}")
        stage = None
    given = dict(read.mapping(data, "facts"))
    dates = read.mapping(data, "dates")
    skips: dict[str, bool | None] = {}
    for holder in (given, data):
        if "skipped" in holder:
            skips = _skipped(read, holder["skipped"], law)
    given.pop("skipped", None)
    sale = _one_date(read, given, dates, "sale_date", "sale")
    loan = _one_date(read, given, dates, "loan_date", "loan")
    known = {}
    for name, value in given.items():
        fact = law.facts.get(name)
        if fact is None:
            read.wrong(f"facts.{name}", "no such fact in this jurisdiction")
            continue
        known[name] = read.parse(f"facts.{name}", partial(_parse_fact, fact), value)
    _legal(read, known, sale, loan)
    limited = {rule.provision.id for rule in law.rules if rule.limit or rule.provision.ask_within}
    amounts = read.mapping(data, "money")
    for key in amounts:
        if key not in MONEY_KEYS:
            read.wrong(f"money.{key}", "unknown key")
    money = Money(**{key: read.parse(f"money.{key}", parse_amount, amounts.get(key)) for key in MONEY_KEYS})
    day = dates.get("today")
    if day is not None:
        interval = read.parse("dates.today", parse_days, day, Interval(today, today))
        if interval.is_exact:
            today = interval.first
        else:
            read.wrong("dates.today", "expected one day")
    events = {}
    ids = law.by_id
    for key, value in dates.items():
        if key in ("sale", "loan", "today"):
            continue
        if key not in facts.EVENTS and key not in OTHER_DATES and key not in limited:
            read.wrong(f"dates.{key}", "no such event, or no provision with a time limit")
            continue
        events[key] = read.parse(f"dates.{key}", parse_days, value, Interval())
    _in_order(read, events, sale)
    if stage in facts.STAGES_BEFORE_SALE and sale.last is not None and sale.last < today:
        read.wrong("dates.sale", f"lies before today, which cannot be with stage: {stage}")
    case = Case(
        today=today,
        facts=known,
        money=money,
        sale=sale,
        loan=loan,
        events=events,
        stage=stage,
        lender_acted=read.truth(data, "lender_acted"),
        acted=_by_provision(read, data, "acted", {i for i, r in ids.items() if r.effect == "deadline"}, "deadline"),
        asked=_by_provision(
            read, data, "asked", {i for i, r in ids.items() if r.provision.ask_within}, "provision with ask_within"
        ),
        skipped=skips,
        sued=read.truth(data, "sued"),
    )
    if read.problems:
        raise CaseError(read.problems)
    return case


def _one_date(read: _Reader, given: dict, dates: Mapping, fact: str, date_key: str) -> Interval:
    """The sale's (or the loan's) date, which may stand among the facts or among the dates."""
    as_fact = read.parse(f"facts.{fact}", parse_days, given.pop(fact, None), Interval())
    as_date = read.parse(f"dates.{date_key}", parse_days, dates.get(date_key), Interval())
    if as_fact.is_open:
        return as_date
    if not as_date.is_open and as_date != as_fact:
        read.wrong(f"facts.{fact}", f"differs from dates.{date_key}")
    return as_fact


def _legal(read: _Reader, known: Mapping, sale: Interval, loan: Interval) -> None:
    """Combinations that cannot occur (REASONING.md, *Implied*)."""
    if known.get("foreclosed_by") == SENIOR_LENDER:
        if known.get("lien") == FIRST:
            read.wrong("facts.foreclosed_by", "senior_lender cannot stand with lien: first")
        if known.get("disposition") in (SHORT_SALE, DEED_IN_LIEU):
            read.wrong("facts.foreclosed_by", f"senior_lender cannot stand with disposition: {known['disposition']}")
    if loan.first is not None and sale.last is not None and loan.first > sale.last:
        read.wrong("dates.loan", "the loan cannot lie after the sale")


def _in_order(read: _Reader, events: Mapping[str, Interval], sale: Interval) -> None:
    """What follows a sale cannot lie before it, nor what leads to it after it."""
    for name, days in events.items():
        if name in facts.EVENTS_AFTER_SALE and days.last is not None and sale.first is not None:
            if days.last < sale.first:
                read.wrong(f"dates.{name}", "cannot lie before the sale")
        elif name in facts.EVENTS_BEFORE_SALE and days.first is not None and sale.last is not None:
            if days.first > sale.last:
                read.wrong(f"dates.{name}", "cannot lie after the sale")


def _by_provision(read: _Reader, data: Mapping, key: str, wanted: set[str], what: str) -> dict[str, bool | None]:
    result: dict[str, bool | None] = {}
    for provision_id, value in read.mapping(data, key).items():
        if provision_id not in wanted:
            read.wrong(f"{key}.{provision_id}", f"no such {what}")
        elif value is not None and not isinstance(value, bool):
            read.wrong(f"{key}.{provision_id}", "expected true, false or null")
        else:
            result[provision_id] = value
    return result


def _skipped(read: _Reader, value: Any, law: Law) -> dict[str, bool | None]:
    """Which duties the lender skipped: a list of ids, or ``{id: true|false|null}``; ``null`` is not known of any."""
    duties = [provision.id for provision in law.duties]
    if value is None:
        return dict.fromkeys(duties, None)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = dict.fromkeys(value, True)
    if not isinstance(value, dict):
        read.wrong("facts.skipped", "expected a list of provision ids, or {id: true|false|null}")
        return {}
    result: dict[str, bool | None] = {}
    for provision_id, skipped in value.items():
        if provision_id not in duties:
            read.wrong(f"facts.skipped.{provision_id}", "no such duty")
        elif skipped is not None and not isinstance(skipped, bool):
            read.wrong(f"facts.skipped.{provision_id}", "expected true, false or null")
        else:
            result[provision_id] = skipped
    return result


# --- files ------------------------------------------------------------------------------------------------------

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_cases(text: str) -> Iterator[tuple[Any, list[tuple[str, str]]]]:
    """Every case of a YAML or JSON text as plain data, with what is wrong with its writing.

    One case written badly leaves the others alone. Raises ValueError where the text as a whole cannot be read.
    """
    if text.lstrip()[:1] in ("[", "{"):
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            pass  # it may still be YAML in flow form
        else:
            yield from ((case, []) for case in _listed(data))
            return
    try:
        node = yaml.compose(text, Loader=_LOADER)
        if isinstance(node, yaml.MappingNode):
            inner = [value for key, value in node.value if key.value == "cases"]
            node = inner[0] if inner and isinstance(inner[0], yaml.SequenceNode) else node
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node] if node is not None else []
        if not isinstance(node, yaml.SequenceNode | yaml.MappingNode):
            raise ValueError("expected a list of cases")
        for item in nodes:
            twins = _twins(item)  # before what is merged from elsewhere joins the mapping's own keys
            yield yaml.constructor.SafeConstructor().construct_document(item), twins
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise ValueError(f"{where}{getattr(error, 'problem', None) or error}") from None


def _listed(data: Any) -> list[Any]:
    if isinstance(data, dict) and isinstance(data.get("cases"), list):
        return data["cases"]
    if isinstance(data, dict):
        return [data]
    if not isinstance(data, list):
        raise ValueError("expected a list of cases")
    return data


def _twins(node: yaml.Node) -> list[tuple[str, str]]:
    """Keys that stand twice in one mapping: the first would silently be lost."""
    found, seen, waiting = [], set(), [node]
    while waiting:
        here = waiting.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        if isinstance(here, yaml.MappingNode):
            names = [key.value for key, _ in here.value if isinstance(key, yaml.ScalarNode) and key.value != "<<"]
            found += [(name, "stands twice") for name in dict.fromkeys(names) if names.count(name) > 1]
            waiting += [value for _, value in here.value]
        elif isinstance(here, yaml.SequenceNode):
            waiting += here.value
    return found


# --- out --------------------------------------------------------------------------------------------------------


def as_number(amount: Decimal | None) -> int | float | None:
    if amount is None:
        return None
    return int(amount) if amount == amount.to_integral_value() else float(round(amount, 2))


def plain(value: Any) -> Any:
    """Values of the reasoning as JSON data."""
    if isinstance(value, Decimal):
        return as_number(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _span(span: Span) -> dict[str, Any]:
    return {"low": as_number(span.low), "high": as_number(span.high)}


def _limit(limit: TimeLimit) -> dict[str, Any]:
    return {"date": plain(limit.date), "not_before": limit.not_before, "passed": limit.passed}


def finding_data(finding: Finding, name: str | None) -> dict[str, Any]:
    """One case's answer, in the form that ``assess`` prints."""
    return {
        "name": name,
        "state": finding.law.code,
        "outcome": finding.outcome,
        "possible": list(finding.possible),
        "cases": [
            {"if": plain(part.when), "outcome": part.outcome, "exposure": _span(part.exposure)}
            for part in finding.parts
        ],
        "exposure": _span(finding.exposure),
        "deadlines": [
            {"provision": item.provision.id, **_limit(item.limit)} for item in (*finding.deadlines, *finding.sunsets)
        ],
        "asks": [{"provision": item.provision.id, **_limit(item.limit)} for item in finding.asks],
        "limitations": _limit(finding.limitations) if finding.limitations else None,
        "cites": [provision.cite for provision in finding.deciders],
        "provisions": [provision.id for provision in finding.deciders],
        "open_facts": list(finding.open_facts),
        "open_points": list(finding.open_points),
        "surplus": as_number(finding.balance.surplus) if finding.outcome == "no_shortfall" else None,
        "publications": finding.law.publications,
    }


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a finding is not what a scenario expects."""

    name: str
    key: str
    expected: Any
    found: Any


def compare(name: str, expect: Mapping[str, Any], finding: Finding) -> list[Difference]:
    """What differs from ``expect``: ``outcome`` (a name, or a list of names any of which will do), ``exposure`` (the
    high end, or ``{low, high}``) and ``cites`` (substrings of deciding citations). Other keys are notes."""
    differences = []
    if "outcome" in expect:
        wanted = expect["outcome"]
        if finding.outcome not in (wanted if isinstance(wanted, list) else [wanted]):
            differences.append(Difference(name, "outcome", wanted, finding.outcome))
    if "exposure" in expect:
        wanted, found = expect["exposure"], _span(finding.exposure)
        if isinstance(wanted, dict):
            if any(not _same(wanted[end], found.get(end)) for end in wanted):
                differences.append(Difference(name, "exposure", wanted, found))
        elif not _same(wanted, found["high"]):
            differences.append(Difference(name, "exposure", wanted, found["high"]))
    cites = expect.get("cites") or []
    for wanted in [cites] if isinstance(cites, str) else cites:
        if not any(str(wanted) in provision.cite for provision in finding.deciders):
            found_cites = "; ".join(provision.cite for provision in finding.deciders)
            differences.append(Difference(name, "cites", wanted, found_cites or "none"))
    return differences


def _same(wanted: Any, found: Any) -> bool:
    if wanted is None or found is None:
        return wanted is found
    try:
        return round(Decimal(str(wanted)), 2) == round(Decimal(str(found)), 2)
    except InvalidOperation:
        return False
