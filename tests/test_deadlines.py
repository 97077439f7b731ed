"""Dates, as courts count them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statelaw.deadlines import Interval, add, federal_holidays, is_working_day, limit_of, next_working_day, time_limit
from statelaw.document import Limit, Period

DAYS_90 = Period(count=90, unit="days")


def day(text: str) -> Interval:
    return Interval(date.fromisoformat(text), date.fromisoformat(text))


@pytest.mark.parametrize(
    ("start", "count", "unit", "end"),
    [
        ("2026-08-03", 90, "days", "2026-11-01"),
        ("2026-11-02", 3, "months", "2027-02-02"),
        ("2026-11-30", 3, "months", "2027-02-28"),
        ("2027-11-30", 3, "months", "2028-02-29"),
        ("2026-01-31", 1, "months", "2026-02-28"),
        ("2028-02-29", 1, "years", "2029-02-28"),
        ("2028-02-29", 4, "years", "2032-02-29"),
        ("2026-12-31", 2, "months", "2027-02-28"),
        ("2026-05-15", 0, "days", "2026-05-15"),
        ("9999-01-01", 40, "years", "9999-12-31"),
    ],
)
def test_a_period_ends_on_the_same_day_or_the_months_last(start, count, unit, end):
    assert add(date.fromisoformat(start), count, unit) == date.fromisoformat(end)


@given(st.dates(date(1950, 1, 1), date(2150, 1, 1)), st.integers(0, 400), st.sampled_from(["months", "years"]))
def test_months_and_years_never_skip_into_a_later_month(start, count, unit):
    end = add(start, count, unit)
    months = count * (12 if unit == "years" else 1)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == start.day or (end + timedelta(days=1)).day == 1


def test_federal_holidays_of_2026():
    days = {
        "2026-01-01", "2026-01-19", "2026-02-16", "2026-05-25", "2026-06-19", "2026-07-03", "2026-07-04",
        "2026-09-07", "2026-10-12", "2026-11-11", "2026-11-26", "2026-12-25",
    }  # fmt: skip
    assert {d.isoformat() for d in federal_holidays(2026)} == days


def test_a_new_years_day_on_a_saturday_is_observed_in_the_old_year():
    assert date(2021, 12, 31) in federal_holidays(2021)
    assert date(2020, 6, 19) not in federal_holidays(2020), "Juneteenth became a holiday in 2021"


@pytest.mark.parametrize(
    ("today", "passed"), [("2026-10-30", "no"), ("2026-11-01", "no"), ("2026-11-02", "maybe"), ("2026-11-03", "yes")]
)
def test_a_limit_that_ends_on_a_sunday_may_run_until_monday_is_over(today, passed):
    limit = time_limit(DAYS_90, day("2026-08-03"), date.fromisoformat(today))
    assert limit.date == date(2026, 11, 1)
    assert limit.passed == passed
    assert not limit.not_before


def test_a_limit_that_ends_on_thanksgiving_may_run_until_friday_is_over():
    event = day("2026-08-28")
    assert time_limit(DAYS_90, event, date(2026, 11, 26)).passed == "no"
    assert time_limit(DAYS_90, event, date(2026, 11, 27)).passed == "maybe"
    assert time_limit(DAYS_90, event, date(2026, 11, 28)).passed == "yes"


def test_a_limit_on_a_working_day_is_over_the_day_after():
    assert time_limit(DAYS_90, day("2026-08-04"), date(2026, 11, 2)).passed == "no"
    assert time_limit(DAYS_90, day("2026-08-04"), date(2026, 11, 3)).passed == "yes"


def test_with_no_date_at_all_nothing_is_claimed():
    assert time_limit(DAYS_90, Interval(), date(2026, 11, 24)) == time_limit(DAYS_90, Interval(), date(2066, 1, 1))
    assert time_limit(DAYS_90, Interval(), date(2026, 11, 24)).passed == "no"


@pytest.mark.parametrize(("today", "passed"), [("2026-05-30", "no"), ("2026-06-15", "maybe"), ("2026-07-31", "yes")])
def test_a_month_stands_for_its_days(today, passed):
    march = Interval(date(2026, 3, 1), date(2026, 3, 31))
    limit = time_limit(DAYS_90, march, date.fromisoformat(today))
    assert (limit.date, limit.not_before) == (date(2026, 5, 30), True)
    assert limit.passed == passed


def _limit(of: str, bound: str | None = None) -> Limit:
    return Limit(count=30, unit="days", of=of, event="an event" if of == "other" else None, event_bound=bound)


def test_an_event_of_unknown_date_is_not_before_the_sale_so_its_limit_is_only_perhaps_past():
    found = limit_of(_limit("deed_recorded"), "xx-1", day("2020-03-02"), {}, date(2026, 11, 24))
    assert (found.date, found.not_before, found.passed) == (date(2020, 4, 1), True, "maybe")


def test_an_event_that_is_not_after_the_sale_makes_a_limit_surely_past():
    found = limit_of(_limit("foreclosure_judgment"), "xx-1", day("2020-03-02"), {}, date(2026, 11, 24))
    assert (found.date, found.passed) == (None, "yes")
    found = limit_of(_limit("foreclosure_judgment"), "xx-1", day("2026-11-20"), {}, date(2026, 11, 24))
    assert (found.date, found.passed) == (None, "maybe")


def test_an_event_without_bounds_claims_nothing():
    found = limit_of(_limit("other", "none"), "xx-1", day("2020-03-02"), {}, date(2026, 11, 24))
    assert (found.date, found.passed) == (None, "no")


def test_a_known_event_counts_under_its_name_or_the_provisions_id():
    today = date(2026, 11, 24)
    for key in ("other", "xx-1"):
        found = limit_of(_limit("other"), "xx-1", day("2020-03-02"), {key: day("2026-11-02")}, today)
        assert (found.date, found.not_before, found.passed) == (date(2026, 12, 2), False, "no")


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_the_next_working_day_is_at_most_four_days_off(start):
    found = next_working_day(start)
    assert is_working_day(found)
    assert 0 <= (found - start).days <= 4
