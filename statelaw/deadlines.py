"""Dates: counting a time limit, and what is known of whether it has run (REASONING.md, *Time*)."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from .document import Limit, Period
from .facts import EVENTS_BEFORE_SALE

Passed = Literal["yes", "maybe", "no"]
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Interval:
    """The days on which something may have happened, both ends included; ``None`` is an open end."""

    first: date | None = None
    last: date | None = None

    @property
    def is_exact(self) -> bool:
        return self.first is not None and self.first == self.last

    @property
    def is_open(self) -> bool:
        return self.first is None and self.last is None

    def within(self, first: date | None, last: date | None) -> Interval:
        """This interval cut to the bounds given. An interval that does not meet them stays as it was given."""
        low = max((d for d in (self.first, first) if d is not None), default=None)
        high = min((d for d in (self.last, last) if d is not None), default=None)
        if low is not None and high is not None and low > high:
            return self
        return Interval(low, high)


NOT_KNOWN = Interval()


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """What is known of one limit.

    ``date`` is its last day: exact, or the earliest that it can be (``not_before``), or ``None`` where no earlier
    bound is known. ``passed`` says whether that day is over.
    """

    date: date | None
    not_before: bool
    passed: Passed

    def tolled(self) -> TimeLimit:
        """The same limit where something stopped the clock: a sure lapse is then only a possible one."""
        return TimeLimit(self.date, self.not_before, "maybe") if self.passed == "yes" else self


def add(day: date, count: int, unit: str) -> date:
    """``day`` plus a period. The day itself is not counted; months and years end on the same day, or on the
    month's last where it has no such day (Jan 31 + 1 month = Feb 28). A date past the calendar's end is its end.
    """
    try:
        if unit == "days":
            return day + count * DAY
        months = day.month - 1 + count * (12 if unit == "years" else 1)
        year, month = day.year + months // 12, months % 12 + 1
        return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
    except (OverflowError, ValueError):
        return date.max


def _nth_weekday(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th (from 1; -1 is the last) Monday (0) ... Sunday (6) of a month."""
    if n > 0:
        first = date(year, month, 1)
        return first + DAY * ((weekday - first.weekday()) % 7 + 7 * (n - 1))
    last = date(year, month, calendar.monthrange(year, month)[1])
    return last - DAY * ((last.weekday() - weekday) % 7)


@lru_cache(maxsize=256)
def federal_holidays(year: int) -> frozenset[date]:
    """The legal public holidays of 5 U.S.C. § 6103(a), with the days on which they are observed (§ 6103(b))."""
    fixed = [date(year, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)]
    if year >= 2021:
        fixed.append(date(year, 6, 19))
    if year < date.max.year:
        fixed.append(date(year + 1, 1, 1))
    days = {
        _nth_weekday(year, 2, 0, 3),
        _nth_weekday(year, 5, 0, -1),
        _nth_weekday(year, 9, 0, 1),
        _nth_weekday(year, 10, 0, 2),
        _nth_weekday(year, 11, 3, 4),
    }
    if year >= 1986:
        days.add(_nth_weekday(year, 1, 0, 3))
    for day in fixed:
        days.add(day)
        if day.weekday() == 5:
            days.add(day - DAY)
        elif day.weekday() == 6:
            days.add(day + DAY)
    return frozenset(day for day in days if day.year == year)


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in federal_holidays(day.year)


def next_working_day(day: date) -> date:
    """``day`` itself where courts work on it, else the first later day on which they do."""
    while day < date.max and not is_working_day(day):
        day += DAY
    return day


def _over(last_day: date, today: date) -> Passed:
    if today <= last_day:
        return "no"
    return "maybe" if today <= next_working_day(last_day) else "yes"


def time_limit(period: Period | Limit, event: Interval, today: date) -> TimeLimit:
    """A limit of ``period`` counted from ``event``.

    Surely past once past counted from the event's latest day; perhaps past once past counted from its earliest. An
    event of which neither bound is known claims nothing.
    """
    if event.is_open:
        return TimeLimit(None, False, "no")
    earliest = add(event.first, period.count, period.unit) if event.first else None
    latest = add(event.last, period.count, period.unit) if event.last else None
    if latest is not None and _over(latest, today) == "yes":
        passed: Passed = "yes"
    elif earliest is None or _over(earliest, today) != "no":
        passed = "maybe"
    else:
        passed = "no"
    return TimeLimit(earliest, earliest is not None and not event.is_exact, passed)


def limit_of(limit: Limit, provision_id: str, sale: Interval, events: Mapping[str, Interval], today: date) -> TimeLimit:
    """A provision's limit, from the event that it names, or from what the sale's date says of that event."""
    return time_limit(limit, event_interval(limit, provision_id, sale, events), today)


def event_interval(limit: Limit, provision_id: str, sale: Interval, events: Mapping[str, Interval]) -> Interval:
    """When the event of ``limit`` happened, as far as known.

    An event is not before the sale, unless the law marks it ``event_bound``; a default and a foreclosure judgment
    are not after it (SCHEMA.md, *Event dates*).
    """
    if limit.of == "sale":
        return sale
    given = events.get(provision_id) or events.get(limit.of) or NOT_KNOWN
    if given.is_exact or limit.event_bound == "none":
        return given
    if limit.event_bound == "before_sale" or limit.of in EVENTS_BEFORE_SALE:
        return given.within(None, sale.last)
    return given.within(sale.first, None)
