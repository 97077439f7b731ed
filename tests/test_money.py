"""Amounts, with the arithmetic written out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statelaw.money import Balance, Money, Span, balance, lowest

MEASURES = (
    "debt_minus_fair_value",
    "debt_minus_greater_of_price_and_fair_value",
    "lesser_of_both",
    "debt_minus_price_and_half_the_gap",
    "other",
)


def sums(owed=None, price=None, value=None) -> Balance:
    return Balance(*(None if n is None else Decimal(n) for n in (owed, price, value)))


def span(low, high) -> Span:
    return Span(Decimal(low), None if high is None else Decimal(high))


@pytest.mark.parametrize(
    ("measure", "low", "high"),
    [
        ("debt_minus_fair_value", 38_000, 38_000),  # 300 - 262
        ("debt_minus_greater_of_price_and_fair_value", 38_000, 38_000),  # 300 - max(240, 262)
        ("lesser_of_both", 38_000, 38_000),  # min(300 - 262, 300 - 240)
        ("debt_minus_price_and_half_the_gap", 49_000, 49_000),  # 300 - 240 - (262 - 240) / 2
        ("other", 0, 60_000),  # no arithmetic: anything up to 300 - 240
    ],
)
def test_each_measure_on_a_home_worth_more_than_it_brought(measure, low, high):
    assert sums(300_000, 240_000, 262_000).capped(measure) == span(low, high)


@pytest.mark.parametrize("measure", MEASURES[:-1])
def test_a_home_worth_less_than_it_brought_leaves_no_more_than_the_shortfall(measure):
    assert sums(300_000, 240_000, 200_000).capped(measure) == span(60_000, 60_000)


@pytest.mark.parametrize("measure", MEASURES[:-1])
def test_a_home_worth_more_than_the_debt_leaves_nothing_but_the_half_gap(measure):
    left = 10_000 if measure == "debt_minus_price_and_half_the_gap" else 0  # 300 - 240 - (340 - 240) / 2
    assert sums(300_000, 240_000, 340_000).capped(measure) == span(left, left)


def test_unknown_amounts_widen():
    assert sums(300_000, 240_000, None).capped("debt_minus_fair_value") == span(0, 60_000)
    assert sums(300_000, None, 262_000).capped("debt_minus_fair_value") == span(0, 38_000)
    assert sums(None, 240_000, 262_000).capped("debt_minus_fair_value") == span(0, None)
    assert sums(300_000, None).shortfall == span(0, 300_000)
    assert sums(None, 240_000).shortfall == span(0, None)


def test_nothing_is_left_only_when_debt_and_credit_are_both_known():
    assert sums(300_000, 300_000).is_settled
    assert not sums(300_000, None).is_settled
    assert not sums(None, 300_000).is_settled
    assert sums(300_000, 312_500).surplus == Decimal(12_500)
    assert sums(300_000, 300_000).surplus is None


def test_a_wiped_out_second_is_its_whole_balance_less_what_the_seniors_sale_paid_to_it():
    money = Money(owed=Decimal(50_000), sale_price=Decimal(240_000), surplus_to_this_loan=Decimal(8_000))
    assert balance(money, "nonjudicial", "senior_lender", "junior").shortfall == span(42_000, 42_000)
    money = Money(owed=Decimal(50_000), sale_price=Decimal(240_000))
    assert balance(money, "nonjudicial", "senior_lender", "junior").shortfall == span(50_000, 50_000)


def test_a_strict_foreclosure_has_no_price_and_credits_the_value():
    money = Money(owed=Decimal(300_000), sale_price=Decimal(1), fair_value=Decimal(262_000))
    assert balance(money, "strict", "this_lender", "first").shortfall == span(38_000, 38_000)
    assert balance(Money(owed=Decimal(300_000)), "strict", "this_lender", "first").shortfall == span(0, 300_000)


def test_a_seconds_own_sale_counts_the_value_after_the_loan_ahead():
    money = Money(Decimal(50_000), Decimal(10_000), Decimal(262_000), senior_owed=Decimal(240_000))
    own = balance(money, "nonjudicial", "this_lender", "junior")
    assert own.capped("debt_minus_fair_value") == span(28_000, 28_000)  # 50 - (262 - 240)
    first = balance(money, "nonjudicial", "this_lender", "first")
    assert first.capped("debt_minus_fair_value") == span(0, 0)


def test_several_caps_leave_the_lowest_of_each_end():
    shortfall = span(60_000, 60_000)
    assert lowest([span(0, 60_000), span(38_000, 38_000)], shortfall) == span(0, 38_000)
    assert lowest([], shortfall) == shortfall


amounts = st.one_of(st.none(), st.decimals(0, 10**6, places=2))


@given(amounts, amounts, amounts, st.sampled_from(MEASURES))
def test_a_cap_lies_within_nothing_and_the_shortfall(owed, price, value, measure):
    found, whole = Balance(owed, price, value).capped(measure), Balance(owed, price, value).shortfall
    assert found.low >= 0
    if owed is None:
        assert found.high is None
    else:
        assert found.low <= found.high <= whole.high
