"""The walk itself, without pages: which questions are met, in which order, and what a changed answer does."""

import random

import pytest

from screener import answers as kept
from screener import links, questions, walk
from screener.answers import Answers
from statelaw import reasoning, store

from .walker import TODAY, USUAL, by_chance, run, usual

NEW = Answers(walk="testwalk0001")


def slugs(plan):
    return [page.slug for page in plan.pages]


def walked(**given):
    answers, plans = run(NEW, usual(**given))
    return answers, plans[-1]


def case(answers):
    return walk.case_of(store.law(answers.state), answers.of(), TODAY)


def finding(answers):
    return reasoning.reason(store.law(answers.state), case(answers))


# --- every state


@pytest.mark.parametrize("state", store.codes())
def test_every_walk_ends_and_asks_the_core_in_its_order(state):
    for seed in range(3):
        rng = random.Random(f"{state}{seed}")
        _, plans = run(NEW, by_chance(rng, state=state))
        asked = slugs(plans[-1])
        assert len(asked) == len(set(asked)) <= 30
        core = [slug for slug in asked if slug in walk.CORE]
        assert asked[: len(core)] == core == [slug for slug in walk.CORE if slug in core]
        assert {"state", "residence", "lien", "disposition", "owed"} <= set(core)


@pytest.mark.parametrize("state", store.codes())
def test_beyond_the_core_only_what_can_change_something_is_asked(state):
    rng = random.Random(state)
    law = store.law(state)
    _, plans = run(NEW, by_chance(rng, state=state))
    for plan in plans:
        page = plan.next
        if page is not None and page.slug in law.facts and page.slug not in walk.CORE:
            given = walk.case_to_ask(law, plan.given, TODAY)
            assert page.slug in reasoning.matters(law, given)


@pytest.mark.parametrize("state", store.codes())
def test_every_question_of_a_walk_has_a_name_and_answers(state):
    _, plans = run(NEW, by_chance(random.Random(f"{state} words"), state=state))
    for plan in plans:
        if plan.next is not None:
            asked = plan.question(plan.next)
            assert asked.label
            assert asked.options or asked.parts or asked.kind in ("state", "money", "number", "date")
            assert all(str(option.label) for option in asked.options)


@pytest.mark.parametrize("state", store.codes())
def test_the_number_of_questions_left_is_true_to_the_end(state):
    _, plans = run(NEW, by_chance(random.Random(f"{state} left"), state=state))
    for plan in plans[:-1]:
        assert plan.left >= 1
        assert plan.answered + plan.left >= len(plan.pages)
    assert plans[-1].left == 0
    assert plans[-2].left <= 1 + len(walk.OLD_DEBT), "the last answer may show that the debt is no matter"


@pytest.mark.parametrize("state", store.codes())
def test_with_no_box_ticked_the_questions_left_do_not_grow_once_the_core_is_done(state):
    nothing_ticked = {"circumstances": (), "circumstances-3": ()}
    for stage, sold in (("asked", "2019-05-03"), ("lost", "2026-03-02"), ("judgment", "2025"), ("behind", None)):
        _, plans = run(NEW, usual(state=state, stage=stage, sale_date=sold, **nothing_ticked))
        left = [plan.left for plan in plans if plan.core_is_done]
        assert left == sorted(left, reverse=True)


@pytest.mark.parametrize("state", store.codes())
def test_answers_survive_the_cookie_and_the_link(state):
    answers, _ = run(NEW, by_chance(random.Random(f"{state} cookie"), state=state))
    assert kept.from_cookie(kept.to_cookie(answers)) == answers
    assert links.open_token(links.token_of(answers)) == answers


def test_four_long_walks_fit_into_one_cookie_and_one_qr_code():
    longest = max(
        (run(NEW, by_chance(random.Random(s), state=s))[0] for s in store.codes()), key=lambda a: len(kept.pack(a))
    )
    given = dict(longest.loans[0])
    for _ in range(3):
        longest = longest.add_loan(given)
    assert len(longest.loans) == 4
    assert len(kept.to_cookie(longest)) <= kept.MAX_COOKIE
    assert links.qr("https://stillowe.example/resume/" + links.token_of(longest) + "/")


# --- whole walks


def test_arizona_after_a_trustees_sale_asks_for_the_size_of_the_home_and_not_what_the_loan_paid_for():
    _, plan = walked(state="AZ", disposition="nonjudicial")
    assert "units" in slugs(plan)
    assert "acres" in slugs(plan)
    assert "loan_use" not in slugs(plan)
    assert plan.needless >= 1


def test_arizona_small_home_after_a_trustees_sale_is_protected():
    answers, plan = walked(state="AZ", disposition="nonjudicial", units=1, acres="0.2")
    assert finding(answers).outcome == "barred"
    assert not [slug for slug in slugs(plan) if slug.startswith("acted-")]


def test_arizona_large_home_is_asked_whether_the_lender_sued_within_90_days_only_once_they_have_run():
    large = {"state": "AZ", "disposition": "nonjudicial", "units": 3}
    _, early = walked(**large, sale_date="2026-11-02")
    _, late = walked(**large, sale_date="2026-03-02")
    assert "acted-az-33-814-a-deadline" not in slugs(early)
    assert "acted-az-33-814-a-deadline" in slugs(late)
    answers, _ = walked(**large, sale_date="2026-03-02", **{"acted-az-33-814-a-deadline": False})
    assert finding(answers).outcome == "time_barred"


def test_a_wiped_out_second_in_california_is_asked_for_the_surplus_and_not_for_the_price():
    answers, plan = walked(state="CA", lien="junior", disposition="nonjudicial", foreclosed_by="senior_lender")
    assert "surplus" in slugs(plan)
    assert "sale_price" not in slugs(plan)
    assert "foreclosed_by" in slugs(plan)
    assert case(answers).money.surplus_to_this_loan == 0


def test_whose_foreclosure_it_was_is_asked_for_second_loans_alone():
    for disposition in ("judicial", "short_sale"):
        _, plan = walked(state="FL", disposition=disposition)
        assert "foreclosed_by" not in slugs(plan)
    _, plan = walked(state="FL", lien="junior", disposition="judicial")
    assert slugs(plan)[7] == "foreclosed_by"
    _, plan = walked(state="FL", lien="junior", disposition="short_sale")
    assert "foreclosed_by" not in slugs(plan)


def test_in_a_short_sale_it_is_asked_outright_whether_the_lender_gave_up_the_rest():
    _, plan = walked(state="FL", disposition="short_sale")
    assert "lender_waived" in slugs(plan)
    _, plan = walked(state="FL", disposition="judicial")
    assert "lender_waived" not in slugs(plan)
    boxes = plan.page("circumstances")
    assert "lender_waived" in boxes.names


def test_connecticuts_strict_foreclosure_has_no_price():
    _, plan = walked(state="CT", disposition="strict")
    assert "sale_price" not in slugs(plan)
    assert "fair_value" in slugs(plan)


def test_with_nothing_lost_yet_no_day_of_a_sale_and_nothing_about_later_is_asked():
    answers, plan = walked(state="GA", stage="behind", disposition=questions.NOTHING_YET)
    assert "sale_date" not in slugs(plan)
    assert not [s for s in slugs(plan) if s.startswith(("acted-", "asked-", "when-")) or s in walk.OLD_DEBT]
    assert not [n for n in plan.page("circumstances").names if n.startswith("skipped-")]
    assert case(answers).stage == "behind"
    assert "disposition" not in case(answers).facts


@pytest.mark.parametrize("stage", ["behind", "scheduled"])
def test_before_the_sale_a_price_that_covers_the_debt_leaves_no_question_out(stage):
    here = {"state": "AZ", "stage": stage, "disposition": "nonjudicial", "sale_date": None}
    _, hoped = walked(**here, sale_price="400000")
    _, feared = walked(**here, sale_price="240000")
    assert slugs(hoped) == slugs(feared)
    assert hoped.page("circumstances").names == feared.page("circumstances").names
    assert {"units", "acres"} <= set(slugs(hoped))
    _, sold = walked(**here | {"stage": "lost", "sale_price": "400000"})
    assert "units" not in slugs(sold)


def test_a_law_settles_a_case_only_with_a_rule_that_leaves_nothing_to_pay():
    small, large = {"units": 1, "acres": "0.2"}, {"units": 3}
    assert walked(state="AZ", disposition="nonjudicial", **small)[1].settled
    assert not walked(state="AZ", disposition="nonjudicial", **large)[1].settled
    assert not walked(state="AZ", disposition="nonjudicial")[1].settled, "the size is not known"
    assert not walked(state="FL", disposition="judicial", residence="rental")[1].settled
    assert not walked(state="FL", disposition="judicial", sale_price="400000")[1].settled, "no rule, but the price"


def test_nothing_yet_is_offered_only_while_the_home_is_not_lost():
    def offered(stage):
        return {option.value for option in questions.core("disposition", store.law("AZ"), stage).options}

    assert questions.NOTHING_YET in offered("behind")
    assert questions.NOTHING_YET in offered(None)
    assert questions.NOTHING_YET not in offered("lost")


@pytest.mark.parametrize("state", store.codes())
def test_only_the_kinds_of_foreclosure_that_a_state_has_are_offered_the_usual_one_first_and_marked(state):
    process = store.law(state).state.process
    options = questions.core("disposition", store.law(state), "lost").options
    kinds = [option.value for option in options]
    assert set(kinds) == {*process.available, "short_sale", "deed_in_lieu", "unsure"}
    assert kinds[0] == process.usual
    assert [option.value for option in options if option.common] == [process.usual]
    assert kinds[-1] == "unsure"


def test_an_old_debt_is_asked_about_only_when_the_loss_lies_over_two_years_back():
    old = {"state": "CA", "lien": "junior", "disposition": "nonjudicial", "foreclosed_by": "senior_lender"}
    old |= {"loan_use": "home_equity", "residence": "rental"}
    _, plan = walked(**old, sale_date="2019-05-03")
    assert [slug for slug in slugs(plan) if slug in walk.OLD_DEBT] == list(walk.OLD_DEBT)
    _, plan = walked(**old, sale_date="2025-05-03")
    assert not [slug for slug in slugs(plan) if slug in walk.OLD_DEBT]
    _, plan = walked(**old, sale_date="2019-05-03", sued=True)
    assert "last_payment" not in slugs(plan)


# --- circumstances


def test_boxes_of_one_matter_alone_and_what_they_open_comes_after():
    _, plan = walked(state="AZ", disposition="judicial")
    assert "loan_program" in plan.page("circumstances").names
    assert "us_va_assumed" not in plan.page("circumstances").names

    _, plan = walked(
        state="AZ",
        disposition="judicial",
        **{"circumstances": ("loan_program",), "circumstances-2": {"loan_program": "va"}},
    )
    assert "us_va_assumed" in plan.page("circumstances").names


def test_what_a_ticked_box_brings_up_is_asked_after_what_was_meant_by_it():
    ticked = {"circumstances": ("loan_program", "bankruptcy_discharge")}
    _, plans = run(
        NEW,
        usual(
            state="FL",
            disposition="judicial",
            **ticked,
            **{"circumstances-2": {"loan_program": "va", "bankruptcy_discharge": None}},
        ),
    )
    met = [plan.next.slug for plan in plans if plan.next]
    assert met.index("circumstances-2") == met.index("circumstances") + 1


def test_a_box_that_was_not_ticked_is_left_to_its_usual_value():
    answers, _ = walked(state="AZ", disposition="judicial")
    assert "bankruptcy_discharge" not in case(answers).facts


def test_a_ticked_box_says_the_unusual_or_that_one_is_not_sure():
    ticked = {"circumstances": ("personally_served",)}
    yes, _ = walked(state="AZ", disposition="judicial", **ticked, **{"circumstances-2": {"personally_served": False}})
    assert case(yes).facts["personally_served"] is False
    unsure, _ = walked(state="AZ", disposition="judicial", **ticked, **{"circumstances-2": {"personally_served": None}})
    assert case(unsure).facts["personally_served"] is None


def test_a_duty_that_the_lender_skipped_is_a_box_and_bars_the_claim():
    name = "skipped-ga-44-14-161-order"
    answers, plan = walked(
        state="GA", disposition="nonjudicial", **{"circumstances": (name,), "circumstances-2": {name: True}}
    )
    assert name in plan.page("circumstances").names
    assert finding(answers).outcome == "barred"


# --- changed answers


def change(answers, **values):
    after = answers.put(values)
    return walk.settle(store.law(after.state), answers, after, TODAY)


def test_a_first_mortgage_makes_what_was_said_of_the_loan_ahead_of_it_void():
    answers, _ = walked(state="CA", lien="junior", disposition="nonjudicial", foreclosed_by="senior_lender")
    after, voided = change(answers, lien="first")
    assert {"foreclosed_by", "surplus"} <= set(voided)
    assert after.get("owed") == USUAL["owed"]


def test_another_state_keeps_what_still_makes_sense_and_names_the_rest():
    answers, _ = walked(state="NV", disposition="nonjudicial")
    after, voided = change(answers.put({"nv_debt_bought": True}), state="AZ")
    assert "nv_debt_bought" in voided
    assert "circumstances" in voided
    assert not after.has("circumstances")
    assert after.get("disposition") == "nonjudicial"
    assert after.get("owed") == USUAL["owed"]


def test_a_kind_of_foreclosure_that_the_new_state_does_not_have_is_asked_again():
    answers, _ = walked(state="CT", disposition="strict")
    after, voided = change(answers, state="TX")
    assert "disposition" in voided
    assert not after.has("disposition")


def test_another_day_of_the_sale_asks_again_whether_the_lender_acted():
    answers, _ = walked(
        state="AZ", disposition="nonjudicial", units=3, sale_date="2026-03-02", **{"acted-az-33-814-a-deadline": False}
    )
    _, voided = change(answers, sale_date="2026-02-02")
    assert voided == ("acted-az-33-814-a-deadline",)
    _, voided = change(answers, sale_date="2026-03-02")
    assert voided == ()


def test_another_day_of_the_sale_drops_an_event_that_cannot_go_with_it():
    answers, _ = walked(state="FL", disposition="judicial", sale_date="2026-03-02")
    answers = answers.put({"when-certificate_of_title": "2026-03-20", "when-foreclosure_judgment": "2026-01"})
    assert change(answers, sale_date="2026-06-02")[1] == ("when-certificate_of_title",)
    assert change(answers, sale_date="2025-06-02")[1] == ("when-foreclosure_judgment",)
    assert change(answers, sale_date="2026-03")[1] == ()


def test_a_home_that_is_not_lost_after_all_drops_the_day_on_which_it_was():
    answers, _ = walked(state="AZ", disposition="nonjudicial")
    _, voided = change(answers, stage="scheduled")
    assert "sale_date" in voided


def test_changing_one_answer_keeps_all_others():
    answers, _ = walked(state="PA", disposition="judicial")
    after, voided = change(answers, owed="310000")
    assert voided == ()
    assert {**after.of(), "owed": None} == {**answers.of(), "owed": None}


# --- several loans on one home


def test_another_loan_keeps_what_is_shared_and_asks_only_what_differs():
    answers, _ = walked(state="AZ", disposition="nonjudicial", units=1, acres="0.2")
    more = answers.add_loan(walk.known_of_another(answers))
    plan = walk.plan(store.law("AZ"), more.of(), TODAY)
    assert plan.next.slug == "role"
    done, plans = run(more, usual(lien="junior", foreclosed_by="senior_lender", owed="40000"))
    asked = [plan.next.slug for plan in plans if plan.next]
    assert not {"state", "home_kind", "residence", "disposition", "sale_date", "units", "acres"} & set(asked)
    assert {"lien", "foreclosed_by", "owed", "surplus"} <= set(asked)
    assert done.with_loan(0).of() == answers.of()


def test_the_debt_on_the_first_mortgage_stands_in_the_field_of_a_second_loan():
    first, _ = walked(state="AZ", disposition="nonjudicial", owed="210000")
    assert walk.suggested(first) == {}
    second = first.add_loan(walk.known_of_another(first))
    assert walk.suggested(second) == {"senior_owed": "210000"}
    assert not second.has("senior_owed"), "it is asked all the same"
    junior, _ = walked(state="AZ", lien="junior", disposition="nonjudicial", foreclosed_by="senior_lender")
    assert walk.suggested(junior.add_loan({})) == {}


def test_the_price_at_one_lenders_sale_is_not_taken_for_the_price_at_anothers():
    answers, _ = walked(state="AZ", disposition="nonjudicial")
    _, plans = run(answers.add_loan(walk.known_of_another(answers)), usual(lien="junior", foreclosed_by="this_lender"))
    assert "sale_price" in [plan.next.slug for plan in plans if plan.next]


def test_there_are_at_most_four_loans():
    answers, _ = walked(state="AZ", disposition="nonjudicial")
    for _ in range(6):
        answers = answers.add_loan({})
    assert len(answers.loans) == kept.MAX_LOANS
