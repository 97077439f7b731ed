"""The conditions of a rule in one sentence; names of facts and values."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statelaw import publish, sentence
from statelaw.document import DateRange, Jurisdiction, NumberRange, plain_data
from statelaw.facts import CORE, Fact
from statelaw.reasoning import Law

FILES = {code: f.document for code, f in publish.shipped()[0].items() if isinstance(f.document, Jurisdiction)}
US = FILES["US"]
PROVISIONS = [(document, provision) for document in FILES.values() for provision in document.provisions]


def says(when=None, unless=(), questions=None, **more):
    return sentence.conditions({"when": when or {}, "unless": list(unless), **more}, questions)


# --- by example -------------------------------------------------------------------------------------------------------


def test_the_sentence_of_a_rule_with_an_exception_reads_like_speech():
    assert says(
        {
            "disposition": ["nonjudicial"],
            "foreclosed_by": ["this_lender"],
            "units": {"max": "2"},
            "acres": {"max": "2.5"},
        },
        [{"loan_date": {"from": "2015-01-01"}, "farm": [True]}],
    ) == (
        "Applies when the home was sold without a court case by this lender, has at most 2 units "
        "and at most 2.5 acres, except when the home was part of a farm, "
        "and the loan was made on or after January 1, 2015."
    )


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ({"disposition": ["judicial"]}, "the home was sold in a court case"),
        ({"disposition": ["nonjudicial", "judicial"]}, "the home was sold with or without a court case"),
        (
            {"disposition": ["judicial", "strict"], "foreclosed_by": ["this_lender"]},
            "the home was sold in a court case or given to the lender by a court in this lender’s foreclosure",
        ),
        (
            {"disposition": ["judicial", "nonjudicial", "short_sale"], "foreclosed_by": ["this_lender"]},
            "the home was sold with or without a court case, or sold in a short sale, by or with this lender",
        ),
        ({"foreclosed_by": ["senior_lender"]}, "the home was foreclosed by a lender ahead of this one"),
        ({"residence": ["second_home", "rental"]}, "the home was a second home or a rental"),
        ({"units": {"max": "1"}}, "the home has at most 1 unit"),
        ({"units": {"min": "1", "max": "4"}}, "the home has from 1 to 4 units"),
        ({"acres": {"min": "40.01"}}, "the home has at least 40.01 acres"),
        ({"farm": [False]}, "the home was not part of a farm"),
        ({"lender_waived": [True]}, "the lender gave up the rest in writing"),
        (
            {"loan_date": {"from": "2011-01-01", "to": "2011-07-14"}},
            "the loan was made from January 1, 2011 through July 14, 2011",
        ),
        ({"sale_date": {"to": "2015-06-10"}}, "the sale was on or before June 10, 2015"),
        (
            {"loan_program": ["conventional", "fha", "va", "usda_direct", "usda_guaranteed", "private"]},
            "the loan is not a loan from the seller",
        ),
        ({"loan_use": ["purchase"], "lien": ["junior"]}, "the loan is a second mortgage and was taken to buy the home"),
        ({"role": ["guarantor"]}, "the person asked to pay is a guarantor"),
    ],
)
def test_each_kind_of_condition_has_its_words(when, words):
    assert says(when) == f"Applies when {words}."


def test_what_follows_alternatives_holds_for_each_of_them():
    when = {"disposition": ["judicial", "nonjudicial", "short_sale"], "units": {"max": "4"}}
    assert says(when) == (
        "Applies when the home was sold with or without a court case, or sold in a short sale, and has at most 4 units."
    )
    when = {"loan_use": ["purchase", "refinance"], "loan_date": {"to": "2014-12-31"}}
    assert says(when) == (
        "Applies when the loan was taken to buy the home or to replace the purchase loan without cash out, "
        "and was made on or before December 31, 2014."
    )


def test_a_rule_without_conditions_applies_always():
    assert says() == "Applies always."
    assert says(unless=[{"farm": [True]}]) == "Applies always, except when the home was part of a farm."


def test_several_exceptions_are_joined_by_or_when():
    text = says(unless=[{"farm": [True]}, {"lien": ["junior"]}, {"lender_waived": [True]}])
    assert text.endswith(
        ", except when the home was part of a farm, or when the loan is a second mortgage, "
        "or when the lender gave up the rest in writing."
    )


def test_a_states_own_question_is_quoted_without_what_explains_it():
    found = sentence.conditions(FILES["ND"].provision("nd-32-19-07"), FILES["ND"])
    assert "“" not in found
    law = [FILES["FL"], US]
    text = says({"fl_deficiency_ruling": ["granted", "denied"], "us_still_own_home": [True]}, questions=law)
    assert text == (
        "Applies when the answer to “Has the judge in the foreclosure case already ruled on the rest of the loan "
        "(the ‘deficiency’)?” is “Yes, the judge said no” or “Yes, the judge gave the lender an order for the rest”, "
        "and the answer to “Do you still own the home?” is yes."
    )


def test_the_days_of_in_force_are_said_once():
    days = {"sale_date": {"from": "2011-07-15"}}
    dates = {"sales_from": "2011-07-15"}
    assert says(days, in_force=dates) == says(days) == says(in_force=dates)
    both = says({"sale_date": {"to": "2020-01-01"}}, in_force=dates)
    assert both == "Applies when the sale was on or before January 1, 2020, and was on or after July 15, 2011."
    assert says(loans_from=date(2009, 7, 1)) == "Applies when the loan was made on or after July 1, 2009."  # a row


# --- every provision of every file ------------------------------------------------------------------------------------


def test_every_shipped_rule_makes_one_whole_sentence():
    for document, provision in PROVISIONS:
        text = sentence.conditions(provision, [document, US])
        assert text.startswith("Applies ") and text.endswith(".") and not text.endswith(".."), provision.id
        assert "_" not in text and "None" not in text and "  " not in text, provision.id
        assert '"' not in text and "Decimal" not in text and "proxy" not in text, provision.id
        assert text.count("“") == text.count("”"), provision.id
        unquoted = "".join(part.partition("”")[2] for part in f"”{text}".split("“"))
        decimals = unquoted.count(".") - sum(unquoted.count(f".{n}") for n in range(10))
        assert decimals == 1, f"{provision.id}: more than one sentence: {text}"


def test_every_own_fact_stands_in_the_sentence_in_its_questions_words():
    for document, provision in PROVISIONS:
        text = sentence.conditions(provision, [document, US])
        for name in {*provision.when, *(n for item in provision.unless for n in item)} - CORE.keys():
            assert sentence.asked(name, [document, US]) in text, (provision.id, name)


def test_rules_of_one_state_that_apply_in_other_cases_have_other_sentences():
    for document in FILES.values():
        seen: dict[str, object] = {}
        for provision in document.provisions:
            text = sentence.conditions(provision, [document, US])
            meaning = ({n: set(map(_key, several)) for n, several in provision.conditions.items()}, [
                {n: _key(a) for n, a in item.items()} for item in provision.unless
            ])  # fmt: skip
            assert seen.setdefault(text, meaning) == meaning, provision.id


def _key(allowed):
    return frozenset(allowed) if isinstance(allowed, tuple) else str(allowed)


def test_a_document_its_plain_data_and_a_law_give_the_same_words():
    for code in ("AZ", "CA", "IA", "NC", "US"):
        document = FILES[code]
        law = Law(document, US)
        data = plain_data(document)
        for provision, plain in zip(document.provisions, data["provisions"], strict=True):
            text = sentence.conditions(provision, [document, US])
            assert sentence.conditions(plain, [data, plain_data(US)]) == text
            assert sentence.conditions(plain, law) == text


# --- labels -----------------------------------------------------------------------------------------------------------


def test_every_fact_and_value_has_a_label_in_words():
    for document in FILES.values():
        law = Law(document, US)
        for name, fact in law.facts.items():
            labels = [sentence.fact_label(name, law), *(sentence.value_label(name, v, law) for v in fact.values)]
            assert all(labels) and "_" not in "".join(labels), name
            assert len(set(labels)) == len(labels), name
    assert sentence.fact_label("disposition") == "How the home was lost"
    assert sentence.value_label("disposition", "nonjudicial") == "sale without a court case"
    assert sentence.value_label("ga_sale_confirmed", "refused", FILES["GA"]).startswith("Yes, a judge refused")


def test_every_fact_of_the_vocabulary_is_in_exactly_one_group():
    for document in FILES.values():
        sources = [document, US] if document is not US else [US]
        listed = [name for _, names in sentence.groups(sources) for name in names]
        questions = [q.fact for one in sources for q in one.questions]
        assert sorted(listed) == sorted([*CORE, *questions])


# --- any conditions at all --------------------------------------------------------------------------------------------

_QUESTIONS = [q for code in ("CA", "GA", "MN", "NC") for q in FILES[code].questions] + list(US.questions)
_FACTS: dict[str, Fact] = {**CORE, **{q.fact: q.to_fact() for q in _QUESTIONS}}


def _allowed(fact: Fact):
    if fact.values:
        return st.lists(st.sampled_from(fact.values), min_size=1, unique=True).map(
            lambda values: [v for v in fact.values if v in values]
        )
    if fact.kind == "date":
        ends, keys = st.dates(date(1950, 1, 1), date(2050, 1, 1)).map(str), ("from", "to")
    else:
        ends, keys = st.decimals(0, 9999, places=2).map(lambda n: f"{n.normalize():f}"), ("min", "max")
    both = st.tuples(ends, ends).map(lambda pair: dict(zip(keys, sorted(pair, key=_size), strict=True)))
    return st.one_of(ends.map(lambda v: {keys[0]: v}), ends.map(lambda v: {keys[1]: v}), both)


def _size(value):
    return value if "-" in value else Decimal(value)


_SETS = st.lists(st.sampled_from(sorted(_FACTS)), max_size=4, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: _allowed(_FACTS[name]) for name in names})
)
_RULES = st.fixed_dictionaries({"when": _SETS, "unless": st.lists(_SETS.filter(bool), max_size=3)})


@settings(max_examples=75, deadline=None)
@given(_RULES, _RULES)
def test_different_conditions_have_different_sentences(one, other):
    texts = [sentence.conditions(rule, _QUESTIONS) for rule in (one, other)]
    assert (texts[0] == texts[1]) == (one == other)


@settings(max_examples=75, deadline=None)
@given(_RULES, st.data())
def test_a_change_to_one_condition_changes_the_sentence(rule, data):
    places = [rule["when"], *rule["unless"]]
    place = data.draw(st.sampled_from(places))
    name = data.draw(st.sampled_from(sorted(_FACTS)))
    before = sentence.conditions(rule, _QUESTIONS)
    old = place.get(name)
    place[name] = data.draw(_allowed(_FACTS[name]))
    assert (sentence.conditions(rule, _QUESTIONS) == before) == (place[name] == old)


@settings(max_examples=100, deadline=None)
@given(_RULES, st.randoms())
def test_the_order_in_which_conditions_were_written_does_not_change_the_sentence(rule, random):
    mixed = {"when": dict(random.sample(sorted(rule["when"].items()), len(rule["when"]))), "unless": rule["unless"]}
    for name, allowed in mixed["when"].items():
        if isinstance(allowed, list):
            mixed["when"][name] = random.sample(allowed, len(allowed))
    core = {n: a for n, a in mixed["when"].items() if n in CORE}
    assert sentence.conditions({"when": core}) == sentence.conditions(
        {"when": {n: a for n, a in rule["when"].items() if n in CORE}}
    )


_SCALARS = st.one_of(
    st.sampled_from([None, True, 3, float("nan"), float("inf"), "judicial", "2.5", "2011-13-45", "1e999999999"]),
    st.text(max_size=4),
)
_NAMES = ["min", "max", "from", "to", *sorted(_FACTS)[:12], "gone_fact"]
_JUNK = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4)),
    max_leaves=8,
)


@settings(max_examples=75, deadline=None)
@given(_JUNK, _JUNK, _JUNK, _JUNK)
def test_whatever_is_typed_so_far_makes_a_sentence(when, unless, in_force, questions):
    text = sentence.conditions({"when": when, "unless": unless, "in_force": in_force}, questions)
    assert text.startswith("Applies ") and text.endswith(".")


def test_what_the_vocabulary_does_not_have_is_shown_and_not_dropped():
    text = says({"az_gone_fact": [True], "disposition": ["auction_house"], "units": {"max": "a few"}})
    assert "az gone fact" in text and "auction house" in text and "a few units" in text


def test_typed_models_are_taken_as_they_are():
    when = {"units": NumberRange(max=Decimal("4")), "loan_date": DateRange(**{"from": date(2013, 1, 1)})}
    assert sentence.clause(when) == "the home has at most 4 units, and the loan was made on or after January 1, 2013"
    assert sentence.range_label("units", when["units"]) == "at most 4"
    assert sentence.clause({}) == ""
