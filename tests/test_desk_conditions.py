"""Conditions as tick boxes, ranges and days: what is read, kept, refused and shown."""

import copy
import re
from html.parser import HTMLParser

import pytest
from django import forms
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from statelaw import publish
from statelaw.desk.conditions import (
    MOST_EXCEPTIONS,
    ConditionsField,
    UnlessField,
    error_for,
    facts_of,
    links,
)
from statelaw.document import Jurisdiction, parse_jurisdiction, plain_data
from statelaw.facts import CORE

LAWS = {code: f.document for code, f in publish.shipped()[0].items() if isinstance(f.document, Jurisdiction)}
US = LAWS["US"]


def questions_of(code):
    return [*LAWS[code].questions, *(US.questions if code != "US" else ())]


def form_of(data=None, initial=None, code="AZ", questions=None):
    initial = stored = initial or {}
    questions = questions_of(code) if questions is None else questions
    facts = facts_of(questions)
    form = forms.Form(data, initial=initial)
    form.fields["when"] = ConditionsField(facts, questions, stored=stored.get("when"))
    form.fields["unless"] = UnlessField(facts, questions, stored=stored.get("unless"))
    return form


def sent(text):
    return QueryDict(text)


class _Inputs(HTMLParser):
    """What a browser would send of a drawn form, and the elements that it holds."""

    def __init__(self, page):
        super().__init__()
        self.pairs, self.ids, self.tags = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append((tag, found))
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "input" and (found.get("type") != "checkbox" or "checked" in found):
            self.pairs.append((found["name"], found.get("value", "on")))


def browser_sends(form):
    data = QueryDict(mutable=True)
    for name, value in _Inputs(str(form["when"]) + str(form["unless"])).pairs:
        data.appendlist(name, value)
    return data


# --- there and back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(LAWS))
def test_every_shipped_rule_is_drawn_and_read_back_as_it_was(code):
    seen = []
    for rule in plain_data(LAWS[code])["provisions"]:
        stored = {"when": rule["when"], "unless": rule.get("unless", [])}
        if repr(stored) in seen:
            continue
        seen.append(repr(stored))
        questions = [q for q in questions_of(code) if q.fact in repr(stored)]
        form = form_of(browser_sends(form_of(initial=stored, questions=questions)), stored, questions=questions)
        assert form.is_valid(), (rule["id"], form.errors)
        for name, before in stored.items():
            assert form.cleaned_data[name] == before
            assert repr(form.cleaned_data[name]) == repr(before), "in the same order, too"
        assert not form.has_changed()


def test_new_conditions_follow_the_vocabulary_and_stored_ones_keep_their_order():
    stored = {"when": {"units": {"max": "2"}, "disposition": ["nonjudicial", "judicial"]}}
    data = sent(
        "when.disposition=judicial&when.disposition=strict&when.disposition=nonjudicial&when.units.max=3"
        "&when.acres.max=2.50&when.lien=junior&when.farm=true"
    )
    form = form_of(data, stored)
    assert form.is_valid()
    assert list(form.cleaned_data["when"].items()) == [
        ("units", {"max": "3"}),
        ("disposition", ["nonjudicial", "judicial", "strict"]),
        ("lien", ["junior"]),
        ("acres", {"max": "2.5"}),
        ("farm", [True]),
    ]


def test_a_form_with_nothing_ticked_takes_all_conditions_away():
    stored = {"when": {"farm": [True]}, "unless": [{"lien": ["first"]}]}
    form = form_of(sent("unless.count=0"), stored)
    assert form.is_valid() and form.cleaned_data == {"when": {}, "unless": []}
    assert form.has_changed()
    assert not form.fields["when"].widget.value_omitted_from_data(form.data, {}, "when")


def test_numbers_and_days_are_written_as_the_document_writes_them():
    data = sent("when.acres.min=0.50&when.acres.max=1,200&when.loan_date.from=2011-01-01&when.loan_date.to=2011-07-14")
    form = form_of(data)
    assert form.is_valid()
    assert form.cleaned_data["when"] == {
        "acres": {"min": "0.5", "max": "1200"},
        "loan_date": {"from": "2011-01-01", "to": "2011-07-14"},
    }


def test_what_the_form_gives_is_what_the_document_holds():
    data = plain_data(LAWS["AZ"])
    rule = copy.deepcopy(data["provisions"][0])
    typed = "when.units.max=04.0&when.lender_waived=true&when.lender_waived=false"
    form = form_of(sent(f"{typed}&unless.0.us_still_own_home=false&unless.count=1"))
    assert form.is_valid()
    rule |= form.cleaned_data
    found = parse_jurisdiction({**data, "provisions": [rule]}, "AZ.yaml", US)
    written = plain_data(found)["provisions"][0]
    assert {name: written[name] for name in ("when", "unless")} == form.cleaned_data


# --- exceptions -------------------------------------------------------------------------------------------------------


def test_an_exception_is_added_only_when_asked_for_and_the_rest_stays():
    form = form_of(sent("unless.count=1&unless.0.farm=true&add_unless=1"))
    assert form["unless"].value() == [{"farm": [True]}, {}]
    page = str(form["unless"])
    assert "Exception 2" in page and "Exception 3" not in page
    assert page.count("autofocus") == 1 and page.index("autofocus") > page.index("Exception 1")
    assert 'name="unless.count" value="2"' in page


def test_a_ticked_exception_is_removed():
    form = form_of(
        sent("unless.count=3&unless.0.farm=true&unless.1.remove=on&unless.1.lien=first&unless.2.lien=junior")
    )
    assert form.is_valid() and form.cleaned_data["unless"] == [{"farm": [True]}, {"lien": ["junior"]}]


def test_an_exception_that_says_nothing_is_refused_and_not_silently_dropped():
    form = form_of(sent("unless.count=2&unless.0.farm=true"))
    assert not form.is_valid()
    assert links(form, "unless") == [
        ("id_unless_1_remove", "Exception 2: Nothing is chosen. Choose what the exception is, or remove it.")
    ]


def test_there_is_a_most_of_exceptions():
    many = "&".join(f"unless.{n}.farm=true" for n in range(MOST_EXCEPTIONS))
    form = form_of(sent(f"unless.count={MOST_EXCEPTIONS}&{many}&add_unless=1"))
    assert len(form["unless"].value()) == MOST_EXCEPTIONS and form.is_valid()
    assert "add_unless" not in str(form["unless"])
    form = form_of(sent(f"unless.count=999&{many}&unless.98.farm=true"))
    assert not form.is_valid() and "At most 20 exceptions" in links(form, "unless")[0][1]
    assert len(form_of(sent("unless.count=99999999999999"))["unless"].value()) == 0


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "id_", "message"),
    [
        ("when.units.min=3&when.units.max=2", "id_when_units_max", "covers (units): The least is above the most"),
        ("when.units.max=2.5", "id_when_units_max", "is not a whole number"),
        ("when.acres.min=lots", "id_when_acres_min", "“lots” is not a number"),
        ("when.acres.max=2,5", "id_when_acres_max", "“2,5” is not a number"),
        ("when.acres.max=1,2345", "id_when_acres_max", "“1,2345” is not a number"),
        ("when.acres.max=1e9999999", "id_when_acres_max", "is not a number"),
        ("when.acres.max=-1", "id_when_acres_max", "is not a number"),
        ("when.loan_date.from=2015-02-30", "id_when_loan_date_from", "Date of the loan: “2015-02-30” is not a day"),
        ("when.sale_date.to=0001-01-01", "id_when_sale_date_to", "out of bounds"),
        ("when.sale_date.from=2015-02-02&when.sale_date.to=2015-02-01", "id_when_sale_date_to", "after the last"),
        ("when.lien=third", "id_when_lien_0", "First or second mortgage: “third” is no longer one of its answers"),
        ("when.az_gone=true", "id_when_az_gone_0", "az gone: This is no longer a question"),
        ("when.units=2", "id_when_units_0", "no longer a question"),
        ("when.farm.min=2", "id_when_farm_min", "no longer a question"),
        ("unless.count=2&unless.0.farm=true&unless.1.units.max=x", "id_unless_1_units_max", "Exception 2, Homes"),
    ],
)
def test_an_error_stands_at_its_fact_and_is_linked_by_its_input(data, id_, message):
    form = form_of(sent(data))
    assert not form.is_valid()
    name = id_.split("_")[1]
    [(found, text)] = links(form, name)
    assert found == id_ and message in text
    drawn = _Inputs(str(form[name]))
    assert id_ in drawn.ids, "the link leads to an input that is there"
    [fieldset] = [found for tag, found in drawn.tags if tag == "fieldset" and "has-problem" in found.get("class", "")]
    assert fieldset["aria-describedby"] in drawn.ids
    groups = [found for tag, found in drawn.tags if tag == "details" and "open" in found]
    assert groups, "what is wrong is not folded away"


def test_all_that_is_wrong_is_told_at_once_and_what_was_typed_stays():
    form = form_of(sent("when.units.max=two&when.acres.min=some&when.loan_date.to=never&when.lien=first"))
    assert len(links(form, "when")) == 3
    page = str(form["when"])
    assert 'value="two"' in page and 'value="some"' in page and 'value="never"' in page
    assert re.search(r'name="when.lien" value="first" checked', page)


def test_a_mistake_of_the_document_is_shown_at_the_fact_that_it_names():
    form = form_of(sent("when.units.max=2&unless.count=2&unless.0.farm=true&unless.1.lien=first"))
    assert form.is_valid()
    for key, id_ in (
        ("when.units.max", "id_when_units_max"),
        ("when.disposition", "id_when_disposition_0"),
        ("when", "id_when"),
        ("unless.2", "id_unless_1_remove"),
        ("unless.2.loan_date", "id_unless_1_loan_date_from"),
        ("unless", "id_unless"),
    ):
        name, error = error_for(form, key, "is 100% wrong")
        assert error.params["id"] == id_ and error.messages[0].endswith("is 100% wrong")
        form.add_error(name, error)
        assert id_ in _Inputs(str(form[name])).ids
    assert error_for(form, "within.count", "x") is None
    assert str(form["when"]).count("is 100% wrong") == 3


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_no_code_stands_on_the_page_and_every_input_has_words():
    for code in ("AZ", "NC", "MN", "US"):
        for rule in plain_data(LAWS[code])["provisions"][:6]:
            page = str(form_of(initial={"when": rule["when"], "unless": rule.get("unless", [])}, code=code)["when"])
            words = re.sub(r"<[^>]*>", " ", page)
            assert not re.search(r"[{}\[\]]|\w_\w|None|True|False", words), re.search(r"[{}\[\]]|\w_\w|None", words)
            drawn = _Inputs(page)
            labels = [found["for"] for tag, found in drawn.tags if tag == "label"]
            boxes = [found["id"] for tag, found in drawn.tags if tag == "input" and found.get("type") != "hidden"]
            assert sorted(labels) == sorted(boxes) and len(set(drawn.ids)) == len(drawn.ids)
            assert not any(key.startswith("on") or key == "style" for _tag, found in drawn.tags for key in found)


def test_groups_that_are_used_are_open_and_say_how_much():
    page = str(form_of(initial={"when": {"units": {"max": "2"}, "farm": [False]}})["when"])
    summaries = re.findall(r"<details[^>]*?( open)?>\s*<summary>(.*?)</summary>", page, re.S)
    said = {re.sub(r"<[^>]*>", "", words).strip(): is_open for is_open, words in summaries}
    assert said["The home 2 conditions"] and said["How the home was lost"] and not said["The loan"]


def test_every_question_of_the_state_and_the_federal_layer_is_there():
    page = str(form_of(code="NC")["when"])
    for question in questions_of("NC"):
        assert f'id="id_when_{question.fact}"' in page
    assert "This state’s own questions" in page and "The federal layer’s own questions" in page


def test_what_the_vocabulary_no_longer_has_is_shown_kept_and_can_be_taken_away():
    stored = {"when": {"farm": [True], "az_gone_fact": [True], "az_gone_size": {"max": "5"}, "lien": ["third"]}}
    first = form_of(initial=stored)
    page = str(first["when"])
    assert "az gone fact" in page and "No longer a question" in page and "no longer an answer" in page
    data = browser_sends(first)
    again = form_of(data, stored)
    assert not again.is_valid() and len(links(again, "when")) == 3
    assert again["when"].value() == stored["when"] or set(again["when"].value()) == set(stored["when"])
    for name in [key for key in data if "gone" in key or "lien" in key]:
        del data[name]
    form = form_of(data, stored)
    assert form.is_valid() and form.cleaned_data["when"] == {"farm": [True]}


def test_ticking_every_answer_is_pointed_out_and_not_refused():
    form = form_of(sent("when.lien=first&when.lien=junior"))
    assert form.is_valid() and form.cleaned_data["when"] == {"lien": ["first", "junior"]}
    assert "Every answer is ticked" in str(form["when"])
    assert "Every answer is ticked" not in str(form_of(sent("when.lien=first"))["when"])


def test_an_exception_is_told_in_words():
    page = str(form_of(initial={"unless": [{"farm": [True], "lien": ["junior"]}]})["unless"])
    assert "Except when the home was part of a farm, and the loan is a second mortgage." in page


def test_what_was_typed_is_escaped():
    form = form_of(sent('when.acres.max="><script>x</script>&when.lien=<b>&when.zz_<i>=1'))
    page = str(form["when"]) + str(form.errors)
    assert "<script>" not in page and "<b>" not in page and "<i>" not in page


def test_unsound_questions_do_not_break_the_form():
    questions = [
        {"fact": "az_half"},
        {"fact": 3},
        {},
        {"fact": "az_x", "kind": "choice", "ask": "Which?", "why": "y", "choices": []},
    ]
    facts = facts_of(questions)
    assert facts.keys() == CORE.keys()
    form = forms.Form()
    form.fields["when"] = ConditionsField(facts, questions)
    assert "How the home was lost" in str(form["when"])


# --- anything may be sent ---------------------------------------------------------------------------------------------

_KEYS = st.builds(
    lambda prefix, name, end: f"{prefix}{name}{end}",
    st.sampled_from(["when.", "unless.0.", "unless.1.", "unless.77.", "unless.x.", "unless."]),
    st.sampled_from(
        ["disposition", "units", "loan_date", "farm", "az_home_finished", "az_gone", "remove", "count", "", "A"]
    ),
    st.sampled_from(["", ".min", ".max", ".from", ".to", ".x", "."]),
)
_TYPED = [
    "judicial",
    "true",
    "2",
    "2.5",
    "2015-01-31",
    "2015-02-30",
    "",
    " ",
    "x" * 5000,
    "\x00",
    "1e9",
    "²",
    "٣",
    "on",
]
_TEXTS = st.sampled_from(_TYPED)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_KEYS, _TEXTS), max_size=12), st.booleans())
def test_whatever_is_sent_is_answered(pairs, add):
    data = QueryDict(mutable=True)
    for key, text in pairs:
        data.appendlist(key, text)
    if add:
        data["add_unless"] = "1"
    few = LAWS["AZ"].questions
    form = form_of(data, questions=few)
    if form.is_valid():
        drawn = form_of(initial=form.cleaned_data, questions=few)
        again = form_of(browser_sends(drawn), form.cleaned_data, questions=few)
        assert again.is_valid() and again.cleaned_data == form.cleaned_data
    page = str(form["when"]) + str(form["unless"])
    for id_, _text in links(form, "when", "unless"):
        assert f'id="{id_}"' in page
