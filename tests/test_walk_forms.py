"""What a visitor types, and what is kept of it."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from screener import forms, questions
from screener.views import day_text
from statelaw.deadlines import Interval
from statelaw.facts import EVENTS_AFTER_SALE, EVENTS_BEFORE_SALE

from .walker import TODAY


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("$245,000", "245000"),
        ("245000", "245000"),
        ("245k", "245000"),
        ("245 K", "245000"),
        ("$ 245,000.50", "245000.5"),
        ("1.2m", "1200000"),
        ("1.2 million", "1200000"),
        ("0", "0"),
        ("$0.00", "0"),
        ("245,000 dollars", "245000"),
        ("100,000,000", "100000000"),
        (" 245 000 ".replace(" ", "\u00a0", 1).strip(), None),
        ("٢٤٥٠٠٠", "245000"),
        ("\u202a245000\u202c", "245000"),
        ("-5", None),
        ("$-5", None),
        ("(500)", None),
        ("100,000,001", None),
        ("101m", None),
        ("245.000", None),
        ("24,50", None),
        ("2,45,000", None),
        ("1e6", None),
        ("0x10", None),
        ("", None),
        ("$", None),
        ("about 245", None),
        ("245-250k", None),
        ("9" * 41, None),
    ],
)
def test_amounts(typed, kept):
    field = forms.MoneyField()
    if kept is None:
        with pytest.raises(ValidationError):
            field.clean(typed)
    else:
        assert field.clean(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("0.25", "0.25"), (".5", "0.5"), ("3", "3"), ("2.5 acres", "2.5"), ("1,200", "1200"), ("-1", None), ("x", None)],
)
def test_numbers(typed, kept):
    field = forms.NumberField()
    if kept is None:
        with pytest.raises(ValidationError):
            field.clean(typed)
    else:
        assert field.clean(typed) == kept


@pytest.mark.parametrize(
    ("month", "day", "year", "kept"),
    [
        ("3", "4", "2026", "2026-03-04"),
        ("03", "04", "2026", "2026-03-04"),
        ("March", "4", "2026", "2026-03-04"),
        ("mar.", "4", "2026", "2026-03-04"),
        ("3", "", "2026", "2026-03"),
        ("", "", "2026", "2026"),
        ("2", "29", "2024", "2024-02-29"),
        ("2", "29", "2026", None),
        ("2", "30", "2024", None),
        ("13", "1", "2026", None),
        ("0", "1", "2026", None),
        ("3", "0", "2026", None),
        ("3", "32", "2026", None),
        ("", "4", "2026", None),
        ("3", "4", "", None),
        ("3", "4", "26", None),
        ("3", "4", "1949", None),
        ("3", "4", "2101", None),
        ("ma", "4", "2026", None),
        ("3", "x", "2026", None),
        ("3", "9" * 20, "2026", None),
        ("9" * 20, "4", "2026", None),
        ("3", "4", "9" * 20, None),
        ("3", "+5", "2026", None),
        ("3", "-5", "2026", None),
        ("3", "004", "2026", None),
        ("3", "\u200b", "2026", None),
        ("\u200b", "", "2026", None),
        ("3", "\u00a0", "2026", "2026-03"),
        ("", "", "", None),
        ("3", "4", "२०२६", "2026-03-04"),
    ],
)
def test_dates_by_parts(month, day, year, kept):
    field = forms.DateField()
    if kept is None:
        with pytest.raises(ValidationError):
            field.clean([month, day, year])
    else:
        assert field.clean([month, day, year]) == kept


@pytest.mark.parametrize(
    ("partial", "first", "last", "words"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31), "2024"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "February 2024"),
        ("2024-12", date(2024, 12, 1), date(2024, 12, 31), "December 2024"),
        ("2024-03-04", date(2024, 3, 4), date(2024, 3, 4), "March 4, 2024"),
    ],
)
def test_a_year_or_a_month_stands_for_its_days(partial, first, last, words):
    assert questions.interval(partial) == Interval(first, last)
    assert day_text(partial) == words


def error_of(slug, value, **initial):
    question = questions.core(slug)
    form = forms.DateForm(
        question, dict(zip(("value_0", "value_1", "value_2"), value, strict=True)), today=TODAY, initial=initial
    )
    return form.errors.get("value")


def test_a_sale_that_happened_is_not_ahead_and_one_that_is_set_is_not_past():
    assert error_of("sale_date", ("1", "5", "2027"), stage="lost")
    assert not error_of("sale_date", ("1", "5", "2027"), stage="scheduled")
    assert error_of("sale_date", ("1", "5", "2026"), stage="scheduled")
    assert not error_of("sale_date", ("1", "5", "2026"), stage="lost")
    assert not error_of("sale_date", ("", "", "2026"), stage="lost")
    assert not error_of("sale_date", ("", "", "2026"), stage="scheduled")
    assert not error_of("sale_date", ("1", "5", "2027"), stage=None)


def test_a_loan_is_not_later_than_the_sale():
    assert error_of("loan_date", ("9", "1", "2026"), sale_date="2026-08-03")
    assert not error_of("loan_date", ("8", "", "2026"), sale_date="2026-08-03")
    assert error_of("loan_date", ("1", "1", "2030"))


@pytest.mark.parametrize("event", EVENTS_AFTER_SALE)
def test_what_the_sale_leads_to_is_not_before_it(event):
    for day in (("7", "31", "2026"), ("7", "", "2026"), ("", "", "2025")):
        assert "before the sale" in error_of(f"when-{event}", day, sale_date="2026-08-03")[0]
    for day in (("8", "3", "2026"), ("8", "", "2026"), ("", "", "2026")):
        assert not error_of(f"when-{event}", day, sale_date="2026-08-03")
    assert not error_of(f"when-{event}", ("3", "1", "2026"), sale_date="2026")
    assert not error_of(f"when-{event}", ("3", "1", "2026"), sale_date=None)


@pytest.mark.parametrize("event", EVENTS_BEFORE_SALE)
def test_what_leads_to_the_sale_is_not_after_it(event):
    for day in (("8", "4", "2026"), ("9", "", "2026")):
        assert "after the sale" in error_of(f"when-{event}", day, sale_date="2026-08-03")[0]
    for day in (("8", "3", "2026"), ("8", "", "2026"), ("", "", "2025")):
        assert not error_of(f"when-{event}", day, sale_date="2026-08-03")
    assert not error_of(f"when-{event}", ("9", "1", "2026"), sale_date=None)


def test_a_typed_answer_is_shown_as_it_is_written():
    assert forms.MoneyForm.initial_of(questions.core("owed"), {"owed": "245000"}) == {"value": "245,000"}
    assert forms.MoneyForm.initial_of(questions.core("owed"), {"owed": None}) == {}
    assert forms._DateWidget().decompress("2026-03") == ["3", None, "2026"]
