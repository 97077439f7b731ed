"""What differs between two law documents: nothing missed, nothing made up, words marked."""

import copy

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from statelaw import publish
from statelaw.differences import changed_provisions, differences, item_marks, marks, provision_fields, summary
from statelaw.document import Jurisdiction, digest, plain_data

FILES = {code: f.document for code, f in publish.shipped()[0].items()}
LAWS = {code: document for code, document in FILES.items() if isinstance(document, Jurisdiction)}
AZ = plain_data(LAWS["AZ"])


def edited(data=AZ):
    return copy.deepcopy(data)


def provision(data, name="az-33-814-g"):
    return next(item for item in data["provisions"] if item["id"] == name)


def only(found):
    [section] = found
    [entry] = section.entries
    return section, entry


def text(field, *signs):
    return ["".join(mark.text for mark in item.marks if mark.sign in signs) for item in field.items]


# --- words ------------------------------------------------------------------------------------------------------------


def test_changed_words_are_marked_and_the_rest_stays():
    found = marks("The lender has two years after the sale.", "The lender has six months after the sale.")
    assert [tuple(mark) for mark in found] == [
        ("same", "The lender has "),
        ("del", "two years"),
        ("ins", "six months"),
        ("same", " after the sale."),
    ]


def test_a_text_that_shares_hardly_a_word_is_told_as_gone_and_new():
    found = marks("You owe nothing more.", "The lender must first sell the home in a public auction.")
    assert [mark.sign for mark in found] == ["del", "ins"]


_WORDS = ["the", "lender", "may", "sue,", "(a)", "2.5", "acres.", "“no”", "§ 33-814", "don’t"]
_TEXTS = st.lists(st.sampled_from(_WORDS), max_size=25).map(" ".join)


@settings(max_examples=75, deadline=None)
@given(_TEXTS | st.text(max_size=60), _TEXTS | st.text(max_size=60))
def test_the_marks_hold_both_texts_whole(old, new):
    found = marks(old, new)
    for signs, whole in ((("same", "del"), old), (("same", "ins"), new)):
        assert "".join(mark.text for mark in found if mark.sign in signs) == " ".join(whole.split())
    assert all(mark.text for mark in found)
    assert ({mark.sign for mark in found} <= {"same"}) == (" ".join(old.split()) == " ".join(new.split()))


def test_two_very_long_texts_are_compared_without_hanging():
    old, new = "a b " * 40_000, "b a " * 40_000
    assert [mark.sign for mark in marks(old, new)] == ["del", "ins"]


def test_a_list_is_compared_item_by_item():
    found = item_marks(
        ["You must ask.", "It takes 30 days.", "Fraud is another matter."],
        ["It takes 60 days.", "Fraud is another matter.", "A new caveat comes last."],
    )
    assert [item.change for item in found] == ["removed", "changed", "added"]
    assert [(m.sign, m.text) for m in found[1].marks if m.sign != "same"] == [("del", "30"), ("ins", "60")]


# --- rules ------------------------------------------------------------------------------------------------------------


def test_a_document_and_itself_do_not_differ():
    for document in FILES.values():
        assert differences(document, document) == []
        assert differences(plain_data(document), document) == []
    assert summary([]) == "no differences"


def test_conditions_are_told_as_sentences_with_the_words_marked():
    data = edited()
    rule = next(item for item in data["provisions"] if "acres" in item["when"])
    rule["when"]["acres"] = {"max": "5"}
    section, entry = only(differences(AZ, data))
    [field] = entry.fields
    assert (section.key, entry.change, entry.title, field.label) == (
        "provisions",
        "changed",
        rule["heading"],
        "Applies when",
    )
    assert text(field, "del") == ["2.5"] and text(field, "ins") == ["5"]
    assert "the home was sold" in text(field, "same")[0]


def test_a_rule_added_and_one_removed_are_whole():
    data = edited()
    gone = data["provisions"].pop(2)
    fresh = {**provision(data), "id": "az-new", "heading": "A new rule"}
    data["provisions"].append(fresh)
    [section] = differences(AZ, data)
    assert {(entry.id, entry.change) for entry in section.entries} == {(gone["id"], "removed"), ("az-new", "added")}
    removed = next(entry for entry in section.entries if entry.change == "removed")
    plain = next(field for field in removed.fields if field.key == "plain")
    assert text(plain, "del") == [" ".join(gone["plain"].split())] and text(plain, "same", "ins") == [""]
    assert summary([section]) == "1 rule added, 1 rule removed"
    assert changed_provisions(AZ, data) == ["az-new"]


def test_a_rule_that_was_only_moved_is_told_alone_and_with_its_new_place():
    data = edited()
    data["provisions"].append(moved := data["provisions"].pop(0))
    section, entry = only(differences(AZ, data))
    last = data["provisions"][-2]["heading"]
    assert (entry.id, entry.change, entry.fields) == (moved["id"], "moved", ())
    assert entry.note == f"Moved: it now comes after “{last}”."
    assert summary([section]) == "1 rule moved"


def test_every_key_of_a_rule_has_a_label_and_its_value_in_words():
    cap = {"effect": "cap", "measure": "other", "measure_note": "Half.", "automatic": False}
    limit = {
        "within": {"count": 2, "unit": "years"},
        "of": "other",
        "event": "the mailing",
        "event_bound": "before_sale",
    }
    ask = {"ask_within": {"count": 30, "unit": "days", "of": "confirmation"}}
    found = provision_fields({}, {**cap, **limit, **ask, "after_judgment": True, "confidence": "low"})
    said = {field.label: text(field, "ins")[0] for field in found}
    assert said["Time limit"] == "2 years from: the mailing (an event before the sale)"
    assert said["To be asked for within"] == "30 days from: the court’s confirmation of the sale"
    assert said["Measure"] == "another measure, in words"
    assert said["The court applies it unasked"] == "no"
    assert said["Still settles once there is a judgment"] == "yes"
    assert not any("_" in label for label in said)


def test_sources_are_compared_one_by_one():
    data = edited()
    rule = data["provisions"][0]
    rule["sources"] = [
        *rule["sources"],
        {"url": "https://example.org/law", "kind": "court_rule", "supports": "the text"},
    ]
    _section, entry = only(differences(AZ, data))
    [field] = entry.fields
    assert (field.label, [item.change for item in field.items]) == ("Sources", ["added"])
    assert text(field, "ins") == ["court rule · https://example.org/law · the text"]


def test_other_order_of_the_same_is_a_difference_that_is_named():
    data = edited()
    rule = next(
        item for item in data["provisions"] if any(isinstance(v, list) and len(v) > 1 for v in item["when"].values())
    )
    for allowed in rule["when"].values():
        if isinstance(allowed, list):
            allowed.reverse()
    _section, entry = only(differences(AZ, data))
    assert "only the way they are written" in entry.fields[0].note
    assert [mark.sign for mark in entry.fields[0].items[0].marks] == ["same"]


# --- the other sections -----------------------------------------------------------------------------------------------


def test_every_section_of_a_state_is_compared():
    data = plain_data(LAWS["IA"])
    new = edited(data)
    new["reviewed"] = "2027-01-31"
    new["process"]["usual"], new["process"]["route"] = "nonjudicial", {**data["process"]["route"], "strict": "none"}
    new["process"]["redemption"] = [{"after": "judicial", "count": 6, "unit": "months", "cite": "Iowa Code"}]
    new["questions"][0]["ask"] += " Is it so?"
    choice = next(q for q in new["questions"] if q.get("choices"))
    choice["choices"][0]["label"] = "Another year"
    new["limitations"] = {"years": "10", "cite": "x", "sources": []}
    new["gaps"] = [*data.get("gaps", []), "What we do not know."]
    found = {section.key: section for section in differences(data, new)}
    assert list(found) == ["about", "process", "questions", "limitations", "gaps"]
    labels = {field.label for section in found.values() for entry in section.entries for field in entry.fields}
    assert {
        "Checked against its sources on",
        "What most see",
        "Times to buy back",
        "Question",
        "Answers",
        "Gaps",
    } <= labels
    assert text(found["about"].entries[0].fields[0], "same", "ins") == ["January 31, 2027"]
    assert "6 months" in str(found["process"])


def test_a_first_publication_is_all_new_and_a_withdrawn_law_all_gone():
    for old, new, change in ((None, AZ, "added"), (AZ, None, "removed")):
        found = differences(old, new)
        assert {entry.change for section in found for entry in section.entries} == {change}
        assert len(next(s for s in found if s.key == "provisions").entries) == len(AZ["provisions"])


def test_what_stands_beside_the_law_is_compared_by_the_path_of_its_keys():
    data = plain_data(FILES["collection-AZ"])
    new = edited(data)
    new["judgment"]["years"] = 99
    section, entry = only(differences(data, new))
    [field] = entry.fields
    assert (section.title, field.label) == ("Judgment", "years")
    assert text(field, "del") == [str(data["judgment"]["years"])] and text(field, "ins") == ["99"]
    for code in ("federal", "options"):
        assert differences(None, FILES[code]) and differences(FILES[code], FILES[code]) == []


_BROKEN = (
    "{provisions: 3}",
    "{provisions: [1, {}, {id: x}, {id: x}], process: [], gaps: x, questions: {a: 1}}",
    "{provisions: [{id: a, when: [1], unless: 5, in_force: x, within: soon, sources: [x, {}], caveats: no}]}",
    "{provisions: [{id: a, when: {units: {}}, of: [1], measure: {a: 1}}], name: null, extra: {a: [b]}}",
)


@pytest.mark.parametrize("raw", _BROKEN)
def test_a_draft_in_any_state_can_be_compared(raw):
    data = yaml.safe_load(raw)
    for pair in ((AZ, data), (data, AZ), (None, data), (data, data)):
        differences(*pair)


# --- nothing is missed ------------------------------------------------------------------------------------------------


def _paths(value, path=()):
    if isinstance(value, dict):
        return [p for key, item in value.items() for p in _paths(item, (*path, key))]
    if isinstance(value, list):
        return [p for place, item in enumerate(value) for p in _paths(item, (*path, place))]
    return [path]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_any_change_of_any_value_of_any_document_is_shown(code, data):
    old = plain_data(FILES[code])
    new = edited(old)
    path = data.draw(st.sampled_from(_paths(old)))
    where = new
    for key in path[:-1]:
        where = where[key]
    if data.draw(st.booleans()):
        where[path[-1]] = "2031-05-05"
    else:
        del where[path[-1]]
    assert bool(differences(old, new)) == (digest(old) != digest(new))
