"""The report says what the finding found: the sentence, the leads, the ticks, the money, the dates, the ways out."""

import html
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string

from screener import report as reporting
from screener.report import Amount, build
from statelaw import facts, store
from statelaw.case import Case
from statelaw.deadlines import Interval
from statelaw.money import Money, Span
from statelaw.reasoning import explain, reason
from statelaw.sources import is_page, link_of

TODAY = date(2026, 11, 25)
SALE = Interval(date(2026, 8, 3), date(2026, 8, 3))
NUMBERS = Money(owed=Decimal(300000), sale_price=Decimal(240000), fair_value=Decimal(262000))
LEFT_OUT = object()


def case(code: str, stage: str = "lost", **given) -> Case:
    """The usual loss in a state: a first mortgage that bought a one-family main home."""
    known = {
        "disposition": store.law(code).state.process.usual,
        "lien": "first",
        "residence": "primary",
        "loan_use": "purchase",
        "units": 1,
        "acres": Decimal(1),
        "role": "borrower",
    }
    known.update(given.pop("facts", {}))
    values = {
        "today": TODAY,
        "stage": stage,
        "facts": {name: value for name, value in known.items() if value is not LEFT_OUT},
        "money": NUMBERS,
        "sale": Interval() if stage in facts.STAGES_BEFORE_SALE else SALE,
        "loan": Interval(date(2016, 5, 1), date(2016, 5, 1)),
        "most_units": 4,
        **given,
    }
    return Case(**values)


def one(code: str, stage: str = "lost", **given) -> reporting.Report:
    return build(code, [case(code, stage, **given)])[0]


def said(report: reporting.Report) -> str:
    return " ".join(render_to_string("screener/_report/say.html", {"report": report}).split())


def answer(report: reporting.Report) -> str:
    return " ".join(render_to_string("screener/_report/answer.html", {"report": report}).split())


def page(*reports: reporting.Report) -> str:
    request = SimpleNamespace(htmx=True, META={}, COOKIES={})
    context = {"reports": reports, "walk_id": "x", "can_add_loan": True, "request": request}
    return " ".join(render_to_string("screener/report.html", context).split())


# --- each outcome's sentence


def test_a_protected_homeowner_reads_that_the_lender_cannot_make_her_pay():
    report = one("AZ")
    assert said(report) == "In Arizona the lender cannot make you pay the rest of this loan."
    assert "Protected" in answer(report)
    assert (report.tone, report.icon) == ("good", "shield")


def test_before_the_loss_the_same_answer_speaks_of_what_may_come():
    assert said(one("AZ", "behind")) == (
        "In Arizona, if you lose the home this way, the lender cannot make you pay the rest of the loan."
    )


def test_a_home_that_paid_its_loan_leaves_nothing_to_pay_and_names_the_surplus():
    report = one("FL", money=replace(NUMBERS, sale_price=Decimal(340000)))
    assert said(report) == "The home brought at least what you owed. Nothing is left to pay on this loan."
    assert report.money.surplus == "$40,000"
    assert "$40,000 is left over. It may be yours." in answer(report)
    assert [option.id for option in report.options if option.id == "claim-surplus"]


@pytest.mark.parametrize(
    ("code", "given", "label", "rule"),
    [
        ("OH", {}, "At risk", "up to|\\$0 to \\$300,000"),
        ("AZ", {}, "Protected", "the lender cannot make you pay the rest of the loan"),
        ("FL", {"foreclosed_by": "senior_lender", "lien": "junior"}, "At risk", "At risk"),
        ("CT", {"disposition": "strict"}, "", "If it brings less"),
    ],
)
@pytest.mark.parametrize("stage", ["behind", "scheduled"])
def test_a_price_that_is_only_hoped_for_hides_no_law(code, given, label, rule, stage):
    """Before the sale nobody knows what it brings: the answer keeps its label, and says what follows if it is less."""
    enough = Decimal(340000)
    money = Money(owed=Decimal(300000), sale_price=enough, fair_value=enough, surplus_to_this_loan=enough)
    report = one(code, stage, money=money, facts=given)
    assert report.outcome == "no_shortfall"
    assert report.if_less is not None
    assert report.if_less.outcome != "no_shortfall"
    text = page(report)
    told = text[text.index("If it brings less") :].split("</section>")[0]
    assert label in told
    assert re.search(rule, told)
    assert report.if_less.reasons
    assert all(reason.cite in told.replace("&#x27;", "'").replace("&amp;", "&") for reason in report.if_less.reasons)


def test_after_the_sale_or_with_a_low_price_nothing_is_told_of_less():
    assert one("OH", money=replace(NUMBERS, sale_price=Decimal(340000))).if_less is None
    assert one("OH", "behind").if_less is None
    senior = {"foreclosed_by": "senior_lender", "lien": "junior"}
    assert one("OH", "behind", facts=senior, money=Money(owed=Decimal(0))).if_less is None


def test_a_lender_that_waited_too_long_is_named_with_its_last_day():
    report = one("UT", lender_acted=False)
    assert said(report) == ("The lender waited too long. In Utah it can no longer make you pay the rest of this loan.")
    assert "Its last day was <b>November 3, 2026</b>." in answer(report)
    assert (report.tone, report.icon) == ("good", "clock")


def test_a_limit_is_told_with_both_numbers():
    report = one("UT", lender_acted=True)
    assert said(report) == (
        "In Utah the lender may ask for part of the rest of your loan: at most $38,000, not $60,000."
    )
    assert report.money.saved == "$22,000"


def test_a_homeowner_at_risk_reads_up_to_how_much():
    report = one("OH")
    assert said(report) == "In Ohio the lender can ask you for the rest of this loan: up to $60,000."
    assert (report.tone, report.icon) == ("bad", "exclamation")


def test_an_act_that_nobody_knows_of_leaves_both_answers():
    assert said(one("UT")) == (
        "It depends on what the lender did. If it did not act in time, it is too late. "
        "If it did, it may ask for up to $60,000."
    ) or "If it did, it may ask for up to $38,000." in said(one("UT"))


def test_one_open_fact_is_named_below_the_sentence():
    report = one("PA")
    assert report.say == "one_fact"
    assert "it depends on one thing that is still open" in said(report)
    assert "<b>Who bought the home at the sale</b>" in answer(report)


def test_before_the_sale_an_open_buyer_is_worded_as_what_will_be():
    assert "<b>Who will buy the home at the sale</b>" in answer(one("PA", "behind"))


def test_a_short_sale_turns_on_the_papers():
    report = one("AZ", facts={"disposition": "short_sale", "loan_use": "home_equity"})
    assert report.say == "written_waiver"
    assert said(report) == (
        "It depends on your papers. If the lender gave up the rest in writing, you owe nothing. "
        "If not, it may ask for up to $60,000."
    )


def test_a_written_release_is_told_as_such():
    report = one("AZ", facts={"disposition": "short_sale", "lender_waived": True})
    assert said(report) == "The lender gave up the rest of this loan. You do not owe it."


def test_a_skipped_step_is_told_as_such():
    found = [
        (code, duty.id)
        for code in store.codes()
        for duty in reason(store.law(code), case(code)).applying("duty")
        if reason(store.law(code), case(code, skipped={duty.id: True})).outcome == "barred"
        and reason(store.law(code), case(code)).owes_something
    ]
    assert found, "some state has a duty"
    code, duty = found[0]
    report = one(code, skipped={duty: True})
    assert report.say == "duty_skipped"
    assert said(report).startswith("The lender skipped a step that")


def test_low_confidence_puts_probably_into_the_sentence():
    low = 0
    senior = {"lien": "junior", "foreclosed_by": "senior_lender", "loan_use": "home_equity"}
    for code in store.codes():
        ways = [{"disposition": kind} for kind in store.law(code).state.process.available]
        ways += [{"disposition": "short_sale"}, {"disposition": "short_sale", "lender_waived": False}, senior]
        for given in ways:
            report = one(code, facts=given)
            if report.probably and report.say not in ("federal_lender", "no_rule"):
                low += 1
                assert "probably" in said(report), (code, report.say)
            else:
                assert "probably" not in said(report), (code, report.say)
    assert low


def test_where_no_rule_permits_the_answer_says_that_no_rule_was_found():
    report = replace(one("OH"), say="no_rule", reasons=())
    assert said(report).startswith("We found no rule in Ohio that lets the lender ask")
    assert "We found no rule in Ohio that decides this" in page(report)


def test_every_sentence_key_has_its_words_in_both_times_and_with_unknown_money():
    keys = {
        "paid", "paid_by_senior_sale", "waived", "barred", "duty_skipped", "too_late", "capped", "capped_range",
        "capped_somewhere", "capped_same", "capped_nothing", "capped_unknown", "capped_if_asked",
        "capped_if_asked_somewhere", "exposed", "exposed_range", "exposed_unknown", "no_rule", "written_waiver",
        "acted", "skipped", "reopen", "federal_lender", "one_fact", "depends",
    }  # fmt: skip
    without_amount = {
        "paid", "paid_by_senior_sale", "waived", "barred", "duty_skipped", "too_late", "capped_unknown",
        "exposed_unknown", "no_rule", "written_waiver", "acted", "skipped", "reopen", "federal_lender", "one_fact",
        "depends",
    }  # fmt: skip
    report = one("OH")
    fallback = said(replace(report, say="depends"))
    for key in keys:
        for ahead in (True, False):
            for probably in (True, False):
                for exposure in (Amount.of(Span(Decimal(0), None)), report.exposure):
                    if exposure.high is None and key not in without_amount:
                        continue  # never said without an amount
                    text = said(replace(report, say=key, ahead=ahead, probably=probably, exposure=exposure))
                    assert text.endswith("."), key
                    assert "None" not in text, key
                    assert key in ("depends", "one_fact", "federal_lender") or text != fallback, key


def test_every_case_gets_a_sentence_that_the_template_knows():
    template = (store.LAW_DIR.parent.parent / "templates/screener/_report/say.html").read_text()
    for code in store.codes():
        for stage in facts.STAGES:
            for money in (NUMBERS, Money(), Money(owed=Decimal(300000))):
                report = one(code, stage, money=money)
                assert f'"{report.say}"' in template or report.say == "depends"
                assert "None" not in said(report)


# --- what the answer leads with


def old(code: str, **given) -> reporting.Report:
    long_ago = Interval(date(2012, 3, 1), date(2012, 3, 1))
    senior = {"lien": "junior", "foreclosed_by": "senior_lender", "loan_use": "home_equity"}
    return one(code, "asked", facts=senior, sale=long_ago, **given)


def test_an_old_debt_leads_with_probably_too_old_and_says_what_the_date_rests_on():
    day = Interval(date(2012, 3, 1), date(2012, 3, 1))
    report = old("AZ", events={"last_payment": day})
    text = answer(report)
    assert report.outcome == "exposed", "the outcome keeps its name"
    assert text.index("This debt is probably too old to sue over.") < text.index("the lender can ask you")
    assert "We counted from your last payment." in text
    assert "A payment, or a written promise to pay, can start the clock again." in text


def test_an_old_loss_without_a_date_may_be_too_old():
    report = old("AZ")
    assert "This debt may be too old to sue over." in answer(report)
    assert "It depends on when you last paid" in answer(report)


def test_a_debt_that_was_sued_over_is_not_called_old():
    assert "too old" not in answer(old("AZ", sued=True))


def test_a_judgment_past_its_sunset_leads_with_that_and_keeps_the_outcome():
    day = Interval(date(1990, 3, 1), date(1990, 3, 1))
    for code in store.codes():
        events = dict.fromkeys(("foreclosure_judgment", "deficiency_judgment", "confirmation"), day)
        report = one(code, "judgment", sale=day, events=events, loan=Interval())
        if any(s.status == "held" and s.limit.passed == "yes" for s in report.finding.sunsets):
            assert "sunset" in report.leads
            assert "This judgment can probably no longer be collected." in answer(report)
            return
    pytest.fail("no state has a sunset that ran")


def test_after_a_judgment_a_bar_helps_only_if_the_court_reopens():
    report = one("WA", "judgment")
    assert report.say == "reopen"
    assert "unless the court reopens its ruling" in said(report)


def test_a_federal_lender_is_told_to_be_unsettled():
    report = one("AZ", facts={"loan_program": "usda_direct"})
    assert report.say == "federal_lender"
    assert said(report) == (
        "Courts do not agree if the rules of Arizona bind this federal lender. You may owe nothing, or up to $60,000."
    )


def test_a_limit_that_must_be_asked_for_says_by_when():
    today_sale = Interval(date(2026, 11, 20), date(2026, 11, 20))
    report = one("AZ", facts={"disposition": "judicial", "loan_use": "home_equity"}, sale=today_sale)
    assert report.only_if_asked
    assert "The limit holds <b>only if you ask for it by December 20, 2026</b>." in answer(report)


def test_where_the_time_to_ask_has_run_and_nobody_knows_both_amounts_are_told():
    report = one("AZ", facts={"disposition": "judicial", "loan_use": "home_equity"})
    assert said(report) == (
        "If you asked the court in time, the lender can get at most $38,000. If you did not, it may get up to $60,000."
    )


def test_a_running_deadline_is_told_with_its_date():
    recent = Interval(date(2026, 11, 2), date(2026, 11, 2))
    report = one("UT", sale=recent)
    assert "The lender must act by <b>February 2, 2027</b>. After that it is too late." in answer(report)


def test_after_a_judgment_no_deadline_is_told_as_still_running():
    recent = Interval(date(2026, 11, 2), date(2026, 11, 2))
    assert one("UT", "judgment", sale=recent).next_deadline is None


def test_a_deadline_whose_clock_may_have_stopped_is_not_told_as_final():
    recent = Interval(date(2026, 11, 2), date(2026, 11, 2))
    text = answer(one("UT", sale=recent, facts={"us_bankruptcy_since_sale": True}))
    assert "The lender’s time to act ends on <b>February 2, 2027</b>. For you the day may be later." in text
    assert "After that it is too late" not in text


# --- why: conditions, sources


def test_each_condition_stands_beside_the_answer_that_decided_it():
    (rule,) = one("AZ").reasons
    ticks = {tick.text: tick for tick in rule.ticks}
    assert ticks["The sale was held without a court case"].status == "held"
    assert ticks["Homes on this loan: 1 (the rule says at most 2)"].status == "held"
    question = next(q for q in store.law("AZ").state.questions if q.fact == "az_home_finished")
    taken = ticks[question.ask]
    assert (taken.status, taken.answer, taken.assumed) == ("held", "Yes", True)


def test_a_status_is_told_in_words_and_not_by_colour_alone():
    text = page(one("PA"))
    assert "Fits:" in text
    assert "Not known:" in text


def test_a_lapsed_deadline_ticks_its_last_day_and_that_the_lender_did_not_act():
    (rule,) = one("UT", lender_acted=False).reasons
    assert "The lender's last day, November 3, 2026, is over" in [tick.text for tick in rule.ticks]
    assert "The lender did not act in time" in [tick.text for tick in rule.ticks]


def test_a_request_whose_time_has_run_is_not_ticked_as_made():
    """Taken as usual, the request would have been made in time; once that time is over, nobody knows."""
    ask = next(q.ask for q in store.law("SC").state.questions if q.fact == "sc_appraisal_missed")

    def tick(**given):
        report = one("SC", **given)
        rule = next(rule for rule in report.reasons if rule.id == "sc-29-3-680-appraisal")
        return next(tick for tick in rule.ticks if tick.text == ask)

    late, recent = tick(), tick(sale=Interval(date(2026, 11, 20), date(2026, 11, 20)))
    assert (late.status, late.answer, late.needs, late.assumed) == ("unknown", "", ("No",), False)
    assert (recent.status, recent.answer, recent.assumed) == ("held", "No", True)
    assert tick(asked={"sc-29-3-680-appraisal": True}).status == "held"


def test_rules_that_protect_others_show_the_answer_that_keeps_them_away():
    report = one("AZ", facts={"disposition": "judicial", "loan_use": "home_equity"})
    failed = [tick for rule in report.near for tick in rule.ticks if tick.status == "failed"]
    assert [tick.text for tick in failed] == ["The loan was a home equity loan or credit line"]
    assert "Does not fit:" in page(report)


@pytest.mark.parametrize(
    ("url", "readable"),
    [
        ("https://law.justia.com/codes/x", True),
        ("https://www.courts.gov/rule.pdf", True),
        ("https://github.com/someone/code", False),
        ("https://raw.githubusercontent.com/a/b/c.txt", False),
        ("https://gitlab.com/a/b", False),
        ("https://bucket.s3.amazonaws.com/law.html", False),
        ("https://d1tvxue8o4w0fl.cloudfront.net/statute/x", False),
        ("https://example.org/law.zip", False),
        ("https://example.org/law.xml", False),
        ("https://example.org/law.html", True),
        ("https://notgithub.com/law", True),
    ],
)
def test_only_a_page_that_a_reader_can_open_is_linked(url, readable):
    assert is_page(url) is readable


def test_the_link_is_the_first_readable_source_in_the_law_itself():
    def source(kind, url):
        return SimpleNamespace(kind=kind, url=url)

    secondary = source("secondary", "https://example.org/blog")
    stored = source("statute", "https://github.com/a/b")
    case_law = source("case", "https://example.org/case")
    assert link_of([secondary, stored, case_law]) == "https://example.org/case"
    assert link_of([secondary, stored]) is None
    assert link_of([source("court_rule", "https://example.org/rule"), case_law]) == "https://example.org/rule"


def test_no_page_links_to_a_code_repository_or_a_file_store():
    for code in ("AK", "AR", "DC", "ND", "PA", "WY"):
        text = page(one(code), one(code, facts={"disposition": "short_sale"}))
        for host in ("github.com", "cloudfront.net", "amazonaws.com"):
            assert host not in text


# --- the money


def bars(report: reporting.Report) -> dict[str, str | None]:
    return {bar.key: bar.amount for bar in report.money.bars}


def test_unknown_amounts_are_said_and_never_guessed():
    report = one("OH", money=Money())
    assert bars(report) == {"owed": None, "sold": None, "worth": None, "left": None, "limit": None}
    assert page(report).count("Not known</dd>") == 5
    assert "owed_unknown" in report.money.notes


def test_an_unknown_price_makes_the_whole_debt_the_upper_end():
    report = one("OH", money=Money(owed=Decimal(300000)))
    assert report.say == "exposed_range"
    assert "$0 to $300,000" in said(report)
    assert "price_unknown" in report.money.notes


def test_a_wiped_out_second_is_its_balance_less_what_the_sale_paid_to_it():
    senior = {"lien": "junior", "foreclosed_by": "senior_lender", "loan_use": "home_equity"}
    money = Money(owed=Decimal(50000), surplus_to_this_loan=Decimal(10000))
    assert bars(one("AZ", facts=senior, money=money))["left"] == "$40,000"
    unknown = one("AZ", facts=senior, money=Money(owed=Decimal(50000)))
    assert bars(unknown)["left"] == "$50,000"
    assert "surplus_unknown" in unknown.money.notes


@pytest.mark.parametrize("stage", ["scheduled", "lost"])
@pytest.mark.parametrize(
    ("senior", "worth", "told"),
    [(250000, 300000, False), (None, 300000, False), (100000, None, False), (40000, 400000, True)],
)
def test_what_a_seconds_own_sale_brings_is_not_called_left_over_where_the_loan_ahead_may_take_it(
    stage, senior, worth, told
):
    """A price above what the home was worth beyond the loan ahead is a price for the whole home, or a slip."""
    second = {"lien": "junior", "foreclosed_by": "this_lender", "loan_use": "home_equity"}
    money = Money(
        owed=Decimal(60000),
        sale_price=Decimal(280000),
        fair_value=worth and Decimal(worth),
        senior_owed=senior and Decimal(senior),
    )
    report = one("FL", stage, facts=second, money=money)
    assert report.outcome == "no_shortfall"
    assert ("left over" in answer(report)) is told
    assert ("Left over" in page(report)) is told
    assert ("The loan ahead of this one is paid first." in answer(report)) is not told
    assert ("claim-surplus" in {option.id for option in report.options}) is (told and stage == "lost")


def test_bars_are_drawn_in_per_cent_without_a_style_attribute():
    text = page(one("UT", lender_acted=True))
    assert 'class="owe" x="87.33%" width="12.67%"' in text
    assert " style=" not in text


# --- what would change it


def test_what_was_taken_as_not_so_and_would_change_the_answer_is_named():
    texts = {changer.text: changer.outcome for changer in one("OH").changers}
    assert texts["A bankruptcy discharge covered this loan"] == "barred"


@pytest.mark.parametrize("code", ["AZ", "CA", "NC", "NY", "TX", "WI"])
@pytest.mark.parametrize("stage", ["behind", "lost", "judgment"])
def test_what_would_change_the_answer_agrees_with_reasoning_anew(code, stage):
    law, given = store.law(code), case(code, stage)
    base = reason(law, given)
    wanted = []
    for fact in law.circumstances:
        if fact.name in given.facts:
            continue
        for value in fact.values:
            if value is not fact.usual:
                other = reason(law, replace(given, facts={**given.facts, fact.name: value}))
                if (other.outcome, other.exposure) != (base.outcome, base.exposure):
                    wanted.append((other.outcome, Amount.of(other.exposure)))
    found = [(changer.outcome, changer.exposure) for changer in one(code, stage).changers]
    assert sorted(found, key=str) == sorted(wanted, key=str)


@pytest.mark.parametrize("code", ["AZ", "FL", "OH", "NY"])
@pytest.mark.parametrize("stage", ["behind", "scheduled", "lost", "judgment"])
def test_what_was_taken_as_not_so_lists_only_what_could_matter(code, stage):
    """What would change the answer is among it; a point about VA loans is not, without one."""
    report = one(code, stage)
    texts = " ".join(report.assumed)
    boxes = {text for _, both in reporting._boxes(store.law(code)) for text in both}
    for changer in report.changers:
        assert changer.text in report.assumed or changer.text not in boxes or changer.detail
    assert "VA loan" not in texts
    if report.ahead:
        assert "since the home was sold" not in texts
        assert "I still own the home" not in texts


def test_what_was_taken_as_not_so_is_no_double_no():
    for stage in ("lost", "scheduled"):
        report = one("FL", stage)
        assert not [text for text in report.assumed if re.match(r"You (were|are|did|do) not ", text)]


def test_the_cases_of_an_open_answer_stand_side_by_side():
    cases = one("PA").cases
    assert [(c.when[0][0], c.outcome) for c in cases] == [
        ("The lender bought the home at the sale", "capped"),
        ("Someone else bought the home at the sale", "exposed"),
    ]


def test_cases_with_the_same_result_are_told_as_one():
    month = Interval(date(2026, 8, 1), date(2026, 8, 31))
    report = one("NY", "judgment", sale=month)
    assert [(c.outcome, c.exposure.words) for c in report.cases] == [
        ("time_barred", "nothing to pay"), ("capped", "up to $38,000"),
    ]  # fmt: skip
    assert report.cases[1].when == (("In all other cases",),)


@pytest.mark.parametrize("code", store.codes())
@pytest.mark.parametrize("stage", ["behind", "judgment"])
def test_no_two_cases_say_the_same(code, stage):
    unknown = dict.fromkeys(("disposition", "lien", "residence", "loan_use"))
    for given in (case(code, stage), case(code, stage, facts={"loan_use": None}), case(code, stage, facts=unknown)):
        found = [(c.possible, c.exposure) for c in build(code, [given])[0].cases]
        assert len(found) != 1
        if build(code, [given])[0].cases_are_first_split:
            assert len(found) == len(set(found))
        others = [c for c in build(code, [given])[0].cases if c.when == (("In all other cases",),)]
        assert len(others) <= 1
        for other in others:
            assert [c.outcome for c in build(code, [given])[0].cases if c.exposure == other.exposure].count(
                other.outcome
            ) == 1


def test_the_judgment_itself_comes_first():
    text = answer(one("NY", "judgment"))
    first = text.index("The judgment says what you owe now.")
    assert first < text.index("You have a judgment against you.") < text.index("it depends on")
    assert text.count("The judgment says what you owe now.") == 1


def test_what_fits_everybody_is_argued_last_before_a_judgment():
    found = [bool(store.law("OH").provision(rule.id).when) for rule in one("OH", "lost").defenses]
    assert {True, False} == set(found)
    assert found == sorted(found, reverse=True)


def test_many_cases_are_told_by_what_is_asked_first():
    report = build("CA", [Case(today=TODAY, stage="lost", most_units=4)])[0]
    assert report.cases_are_first_split
    assert len(report.cases) <= 6
    assert "This shows what the first of them changes." in page(report)


# --- dates


def test_dates_say_from_what_they_count_and_to_check_with_the_court():
    text = page(one("UT"))
    assert "Counted from the day of the sale." in text
    assert "If a last day falls on a weekend or a holiday, check with the court." in text


def test_what_the_lender_has_to_do_is_no_order_to_the_reader():
    report = one("UT")
    (deadline,) = [entry for entry in report.dates if entry.key == "deadline"]
    assert f"What the lender must do: {deadline.action}" in html.unescape(page(report))


def test_a_right_to_buy_back_comes_first_after_a_sale():
    report = one("AZ", facts={"disposition": "judicial", "loan_use": "home_equity"})
    assert [entry.key for entry in report.dates][:2] == ["sale", "redemption"]
    assert "6 months after the sale" in page(report)


def test_before_the_sale_no_right_to_buy_back_is_listed():
    report = one("AZ", "behind", facts={"disposition": LEFT_OUT})
    assert "redemption" not in [entry.key for entry in report.dates]


def test_count_zero_reads_until_the_sale_is_confirmed():
    for code in store.codes():
        for item in store.law(code).state.process.redemption:
            if item.count == 0:
                assert "Until the sale is confirmed" in page(one(code, facts={"disposition": item.after}))
                return
    pytest.fail("no state with count 0")


def test_a_date_that_may_be_later_is_told_as_not_before():
    text = page(one("PA", sale=Interval(date(2026, 11, 2), date(2026, 11, 2)), facts={"buyer": "lender"}))
    assert "Not before May 2, 2027" in text


def test_a_limit_counted_from_a_month_is_over_on_the_last_day_that_it_can_have_had():
    """Its earliest day is no day on which it ended."""
    may = Interval(date(2010, 5, 1), date(2010, 5, 31))
    report = old("AZ", events={"last_payment": may})
    (entry,) = [d for d in report.dates if d.key == "old_debt"]
    years = int(store.law("AZ").state.limitations.years)
    assert entry.state == "past"
    assert (entry.date, entry.not_before) == (date(2010 + years, 5, 31), False)
    assert f"May 31, {2010 + years} at the latest" in page(report)
    sold = Interval(date(2026, 5, 1), date(2026, 5, 31))
    report = one("UT", lender_acted=False, sale=sold)
    assert report.outcome == "time_barred"
    assert "Its last day was <b>August 31, 2026</b> at the latest." in answer(report)
    assert "August 31, 2026 at the latest" in page(report)
    assert "August 1, 2026" not in page(report)


def test_a_sale_whose_day_has_passed_leads_to_where_things_stand():
    passed = Interval(date(2026, 11, 20), date(2026, 11, 20))
    report = one("OH", "scheduled", sale=passed)
    text = answer(report)
    assert report.leads[0] == "day_passed"
    assert 'The day set for the sale has passed. If the home is gone, <a href="/q/stage/?from=check">change' in text
    assert next(d for d in report.dates if d.key == "sale").state == "past"
    for day in (TODAY, date(2026, 12, 20)):
        assert "day_passed" not in one("OH", "scheduled", sale=Interval(day, day)).leads
    assert "day_passed" not in one("OH", "lost", sale=passed).leads
    assert "day_passed" not in one("OH", "scheduled").leads


@pytest.mark.parametrize(
    ("sale", "last", "told"),
    [
        (date(2027, 1, 31), "December 24, 2026", "Last day for a complete request for help"),
        (date(2027, 1, 2), "November 25, 2026", "Last day for a complete request for help"),
        (date(2027, 1, 1), "November 24, 2026", "The last day for a complete request for help is over."),
    ],
)
def test_a_sale_that_is_set_has_its_last_day_to_ask_for_help(sale, last, told):
    """More than 37 days before the sale: the 38th day before it is the last."""
    report = one("OH", "scheduled", sale=Interval(sale, sale))
    (entry,) = [d for d in report.dates if d.key == "help_by"]
    assert entry.day == last
    assert entry.cite == store.federal_facts().fact("before_foreclosure.loss_mitigation").cite
    text = page(report)
    assert last in text
    assert told in text
    assert entry.cite in text


def test_the_last_day_to_ask_for_help_is_for_a_main_home_and_a_set_day():
    day = Interval(date(2027, 1, 31), date(2027, 1, 31))
    month = Interval(date(2027, 1, 1), date(2027, 1, 31))
    for report in (
        one("OH", "scheduled", sale=day, facts={"residence": "rental"}),
        one("OH", "scheduled", sale=day, facts={"residence": None}),
        one("OH", "scheduled", sale=day, facts={"disposition": "short_sale"}),
        one("OH", "scheduled", sale=month),
        one("OH", "behind"),
        one("OH", "lost"),
    ):
        assert not [d for d in report.dates if d.key == "help_by"]


# --- ways out


def test_before_the_loss_the_ways_out_stand_side_by_side():
    ways = {way.disposition: way for way in one("AZ", "behind").ways}
    assert list(ways) == ["nonjudicial", "judicial", "short_sale", "deed_in_lieu"]
    assert ways["nonjudicial"].outcome == "barred"
    assert ways["nonjudicial"].is_usual
    assert ways["short_sale"].if_waived
    assert "Nothing to pay if the lender gives up the rest in writing first." in page(one("AZ", "behind"))


def test_after_the_loss_there_are_no_ways_out():
    assert one("AZ", "lost").ways == ()


# --- what to do, what the lender could do, help


def test_collection_is_shown_only_where_something_may_be_owed():
    assert one("AZ").collection is None
    assert one("OH").collection is not None


def test_urgent_options_come_first_and_each_says_what_to_do_this_week():
    options = one("OH", "asked").options
    assert [o.urgency for o in options] == sorted(o.urgency for o in options)
    assert all(o.this_week for o in options)


@pytest.mark.parametrize(
    ("stage", "given", "shown", "hidden"),
    [
        ("lost", {}, "answer-court-papers", "raise-your-protection"),
        ("judgment", {}, "claim-exemptions", "answer-court-papers"),
        ("scheduled", {}, "postpone-sale", "ask-for-help-with-loan"),
        ("lost", {"facts": {"role": "not_signed", "us_took_over_debt": True}}, "check-court-files", "never-signed"),
        ("lost", {"facts": {"role": "not_signed"}}, "never-signed", "co-signer"),
        ("lost", {"facts": {"loan_program": "va"}}, "va-who-claims", "fha-who-collects"),
        ("behind", {"facts": {"disposition": LEFT_OUT}}, "answer-court-papers", "check-court-files"),
    ],
)
def test_options_fit_the_stage_the_outcome_and_the_facts(stage, given, shown, hidden):
    ids = {option.id for option in one("OH", stage, **given).options}
    assert shown in ids
    assert hidden not in ids


def test_an_old_debt_brings_its_option():
    day = Interval(date(2012, 3, 1), date(2012, 3, 1))
    assert "old-debt" in {o.id for o in old("AZ", events={"last_payment": day}).options}


def test_a_running_deadline_brings_its_option_and_a_past_one_does_not():
    recent = Interval(date(2026, 11, 2), date(2026, 11, 2))
    assert "mark-lender-deadline" in {o.id for o in one("UT", sale=recent).options}
    assert "mark-lender-deadline" not in {o.id for o in one("UT", lender_acted=True).options}


def test_what_rests_on_general_knowledge_alone_is_never_shown_as_sourced():
    federal = store.federal_facts()
    text = page(one("OH", "asked"), one("OH", "judgment"))
    for unsourced in federal.unsourced.values():
        for point in unsourced.points:
            assert point not in text


@pytest.mark.parametrize("code", store.codes())
def test_in_every_state_there_is_somebody_to_call_free_of_charge(code):
    report = one(code)
    assert any(helper.phone for helper in report.help)
    assert len({helper.name for helper in report.help}) == len(report.help)


def test_without_a_phone_in_the_states_own_list_the_national_counselors_are_named():
    extras = reporting.extras_for("AK")
    assert not any(one.phone for one in extras.collection.help)
    assert "HUD-approved housing counselor" in page(one("AK"))
    assert [h.phone for h in one("AK").help if h.kind == "national"] == ["800-569-4287"]


def test_national_offices_are_named_for_those_whom_they_help():
    names = [helper.name for helper in one("OH", facts={"loan_program": "va"}).help]
    assert any(name.startswith("VA ") for name in names)
    assert not any(helper.name.startswith("VA ") for helper in one("OH").help)


# --- all states


@pytest.mark.parametrize("code", store.codes())
def test_every_provision_of_every_state_has_words_for_each_condition(code):
    """Held, failed and unknown, before and after the loss, each condition reads as words and never as a key."""
    law = store.law(code)
    extras = reporting.extras_for(code)
    blank = Case(today=TODAY, stage="lost", most_units=4)
    for stage in ("lost", "behind"):
        for given in (replace(blank, stage=stage), case(code, stage), case(code, stage, facts={"role": "guarantor"})):
            builder = reporting._Builder(law, given, extras)
            builder.rulings = {ruling.provision.id: ruling for ruling in explain(law, given)}
            for rule in law.rules:
                made = builder._rule(rule.provision)
                for tick in made.ticks:
                    for text in (tick.text, tick.answer, *tick.needs):
                        assert "_" not in text, (rule.provision.id, text)
                        assert "%(" not in text
                    assert tick.text, rule.provision.id


@pytest.mark.parametrize("code", store.codes())
def test_every_state_renders_at_every_stage(code):
    reports = [one(code, stage) for stage in facts.STAGES]
    reports.append(build(code, [Case(today=TODAY, stage="lost", most_units=4)])[0])
    senior = {"lien": "junior", "foreclosed_by": "senior_lender", "loan_use": "home_equity"}
    reports.append(one(code, facts=senior))
    for report in reports:
        text = page(report)
        assert not re.search(r">\s*None\s*<", text)
        assert " style=" not in text
        assert "<script" not in text


def test_several_loans_stand_side_by_side_with_an_answer_each():
    senior = {"lien": "junior", "foreclosed_by": "senior_lender", "loan_use": "home_equity"}
    text = page(*build("AZ", [case("AZ"), case("AZ", facts=senior, money=Money(owed=Decimal(40000)))]))
    assert "Loan 1: first mortgage" in text
    assert "Loan 2: second mortgage" in text
    assert text.count('class="answer ') == 2
    assert 'id="why1"' in text
    assert 'id="why2"' in text


def test_every_id_of_the_page_stands_once():
    text = page(*build("AZ", [case("AZ"), case("AZ", facts={"disposition": "judicial"})]))
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    for name in re.findall(r'aria-labelledby="([^"]+)"', text):
        assert name in ids
