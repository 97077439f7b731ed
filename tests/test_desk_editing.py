"""The editing pages of the desk: a rule as a page, checked by the law document, saved with its reason, never lost."""

from __future__ import annotations

import json
from datetime import timedelta

import lxml.html
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from statelaw import drafts, publish
from statelaw.desk.editing import in_plain_words
from statelaw.desk.forms import proposed_slug
from statelaw.document import plain_data
from statelaw.models import (
    JurisdictionDraft,
    LimitationsDraft,
    ProcessDraft,
    ProvisionDraft,
    Publication,
    QuestionDraft,
    SourceDraft,
)

from .desk import person, signed_in

pytestmark = pytest.mark.django_db
BAR, DEADLINE = "az-33-814-g", "az-33-814-a-deadline"


def drawn(code: str) -> JurisdictionDraft:
    """A state's draft as shipped, resting on its publication."""
    if found := JurisdictionDraft.objects.filter(code=code).first():
        return found
    document = publish.shipped()[0][code].document
    data = plain_data(document)
    base = Publication.objects.create(code=code, number=1, digest="0" * 64, document=data, text="")
    return drafts.fill(code, document, base)


@pytest.fixture
def az():
    drawn("US")
    return drawn("AZ")


@pytest.fixture
def editor(client):
    user = person("edith", "editor")
    user.first_name, user.last_name = "Edith", "Ames"
    user.save()
    return signed_in(client, user)


@pytest.fixture
def other():
    user = person("sam", "editor")
    user.first_name, user.last_name = "Sam", "Lee"
    user.save()
    return signed_in(Client(), user)


def address(kind: str, *args: object, what: str = "change") -> str:
    return reverse(f"admin:statelaw_{kind}_{what}", args=args)


def page_of(response) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(response.content.decode())


def text_of(response) -> str:
    return " ".join(page_of(response).text_content().split())


def form_of(response) -> dict[str, list[str]]:
    """What a browser would send back of the page's form, if nothing were touched."""
    sent: dict[str, list[str]] = {}
    form = page_of(response).get_element_by_id("row-form")
    for blank in form.xpath(".//input[not(@value) and not(@type='checkbox' or @type='radio')]"):
        blank.set("value", "")
    for name, value in form.form_values():
        sent.setdefault(name, []).append(value.removeprefix("\n").replace("\n", "\r\n"))
    return sent


def problems_of(response) -> dict[str, str]:
    """What is wrong by the element that the summary leads to; each of these has to be there."""
    page = page_of(response)
    found = {}
    for link in page.xpath("//*[@id='problems']//a"):
        target = link.get("href").removeprefix("#")
        assert page.get_element_by_id(target) is not None
        found[target] = link.getparent().text_content().strip()
    return found


def rule(slug: str = BAR) -> ProvisionDraft:
    return ProvisionDraft.objects.get(slug=slug)


def edited(client: Client, row, page: str = "provisiondraft", /, **changes):
    """The row's page opened, some fields changed, and sent."""
    url = address(page, row.pk)
    sent = form_of(client.get(url)) | {"reason": ["because"]}
    for name, value in changes.items():
        sent[name] = value if isinstance(value, list) else [value]
    return client.post(url, sent)


def changed(sent: dict, changes: dict) -> dict:
    return sent | {name: value if isinstance(value, list) else [value] for name, value in changes.items()}


# --- seen and saved --------------------------------------------------------------------------------------------------


def test_a_rule_that_is_looked_at_and_saved_is_not_changed(az, editor):
    for row in az.provisions.all():
        url = address("provisiondraft", row.pk)
        sent = form_of(editor.get(url)) | {"reason": ["looked"]}
        answer = editor.post(url, sent, follow=True)
        assert "Nothing was changed" in text_of(answer), row.slug
    az.refresh_from_db()
    assert not az.is_edited
    assert not ProvisionDraft.objects.exclude(version=1).exists()


def test_a_change_is_saved_with_who_when_and_why_and_the_draft_knows(az, editor):
    answer = edited(editor, rule(), heading="A small home is safe", reason="A plainer heading")
    assert answer.status_code == 302
    row = rule()
    assert (row.heading, row.version, row.edited_by.username) == ("A small home is safe", 2, "edith")
    last = row.history.first()
    assert (last.history_change_reason, last.history_user.username) == ("A plainer heading", "edith")
    az.refresh_from_db()
    assert az.is_edited
    assert az.edited_by.username == "edith"
    assert drafts.document_of(drafts.whole().get(code="AZ")).provision(BAR).heading == "A small home is safe"


def test_every_change_needs_its_reason(az, editor):
    for reason in ("", "   ", "x" * 501):
        answer = edited(editor, rule(), heading="Another", reason=reason)
        assert answer.status_code == 422
        assert list(problems_of(answer)) == ["id_reason"]
    assert rule().version == 1


def test_conditions_are_ticked_and_typed_never_written_as_code(az, editor):
    row = rule()
    page = editor.get(address("provisiondraft", row.pk))
    assert "{" not in text_of(page).replace("{{", "")
    edited(editor, row, **{"when.residence": ["primary", "second_home"], "when.units.max": "4"})
    assert rule().when["residence"] == ["primary", "second_home"]
    assert rule().when["units"] == {"max": "4"}
    assert drafts.check(drafts.document_data(drafts.whole().get(code="AZ")))


def test_all_conditions_can_be_taken_away(az, editor):
    row = rule()
    sent = form_of(editor.get(address("provisiondraft", row.pk))) | {"reason": ["x"]}
    sent = {name: values for name, values in sent.items() if not name.startswith("when.")}
    assert editor.post(address("provisiondraft", row.pk), sent).status_code == 302
    assert rule().when == {}


def test_holding_a_rule_against_its_sources_sets_the_day_and_changes_no_law(az, editor):
    ProvisionDraft.objects.update(checked=None)
    before = az.digest
    assert edited(editor, rule(), checked_today="on").status_code == 302
    assert rule().checked == timezone.localdate()
    az.refresh_from_db()
    assert az.digest == before


def test_a_day_of_checking_cannot_lie_ahead(az, editor):
    ahead = (timezone.localdate() + timedelta(days=1)).isoformat()
    assert list(problems_of(edited(editor, rule(), checked=ahead))) == ["id_checked"]


# --- what is wrong stands at its field -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "changes", "field"),
    [
        (BAR, {"heading": ""}, "id_heading"),
        (BAR, {"plain": "x" * 4001}, "id_plain"),
        (BAR, {"effect": ""}, "id_effect"),
        (BAR, {"effect": "magic"}, "id_effect"),
        (BAR, {"cite": ""}, "id_cite"),
        (BAR, {"confidence": ""}, "id_confidence"),
        (BAR, {"when.acres.max": "many"}, "id_when_acres_max"),
        (BAR, {"when.units.min": "9"}, "id_when_units_max"),
        (BAR, {"sales_from": "2024-13-41"}, "id_sales_from"),
        (BAR, {"sales_from": "2020-05-01", "sales_to": "2019-05-01"}, "id_sales_to"),
        (BAR, {"loans_from": "2020-05-01", "loans_to": "2019-05-01"}, "id_loans_to"),
        (BAR, {"sources-0-url": "not an address"}, "id_sources-0-url"),
        (BAR, {"sources-1-supports": ""}, "id_sources-1-supports"),
        (BAR, {"effect": "cap"}, "id_measure"),
        (BAR, {"effect": "duty"}, "id_action"),
        (BAR, {"caveats": "\n".join(["a"] * 31)}, "id_caveats"),
        (DEADLINE, {"within_count": ""}, "id_within_count"),
        (DEADLINE, {"within_count": "-1"}, "id_within_count"),
        (DEADLINE, {"within_count": "10001"}, "id_within_count"),
        (DEADLINE, {"within_unit": ""}, "id_within_unit"),
        (DEADLINE, {"of": ""}, "id_of"),
        (DEADLINE, {"of": "other", "event": ""}, "id_event"),
        (DEADLINE, {"action": ""}, "id_action"),
    ],
)
def test_a_mistake_stands_at_its_field_and_nothing_is_saved(az, editor, slug, changes, field):
    if not ProvisionDraft.objects.filter(slug=slug).exists():
        slug = ProvisionDraft.objects.filter(effect="deadline").first().slug
    answer = edited(editor, rule(slug), **changes)
    assert answer.status_code == 422
    found = problems_of(answer)
    assert field in found
    assert rule(slug).version == 1
    for name, value in changes.items():  # her text is still there
        if "\n" not in value and name not in ("effect", "of", "confidence", "within_unit", "sales_from"):
            assert value in "".join(form_of(answer).get(name, [""])) or not value


def test_a_rule_needs_a_source_and_blank_ones_do_not_count(az, editor):
    row = rule()
    gone = {f"sources-{n}-DELETE": "on" for n in range(row.sources.count())}
    answer = edited(editor, row, **gone)
    assert list(problems_of(answer)) == ["sources"]
    blank = {"sources-TOTAL_FORMS": "4", "sources-3-url": "", "sources-3-kind": "", "sources-3-supports": ""}
    assert "Nothing was changed" in text_of(editor.get(edited(editor, row, **blank).url))


def test_mistakes_elsewhere_in_the_draft_are_told_and_do_not_block(az, editor):
    ProvisionDraft.objects.filter(slug="az-33-814-g").update(when={"gone_fact": ["x"]})
    second = az.provisions.exclude(slug=BAR).first()
    answer = edited(editor, second, heading="Another heading", reason="")
    assert "1 mistake elsewhere" in text_of(answer)
    assert edited(editor, second, heading="Another heading").status_code == 302


def test_what_belongs_to_another_effect_is_not_kept(az, editor):
    row = ProvisionDraft.objects.filter(effect="deadline", jurisdiction=az).first()
    assert edited(editor, row, effect="bar").status_code == 302
    row.refresh_from_db()
    assert (row.within_count, row.of, row.action) == (None, "", "")


def test_the_fields_of_an_effect_show_without_saving_and_without_losing_what_was_typed(az, editor):
    row = rule()
    answer = edited(editor, row, effect="deadline", _show="effect", heading="Half a tho")
    assert answer.status_code == 200
    page = page_of(answer)
    assert page.get_element_by_id("id_within_count").get("type") == "number"
    assert "Half a tho" in page.get_element_by_id("id_heading").text
    assert not page.xpath("//*[@id='problems' or contains(@class, 'errorlist')]")
    assert rule().heading != "Half a tho"
    back = form_of(edited(editor, row, effect="deadline", _show="effect", action="Sue.")) | {
        "effect": ["bar"],
        "_show": ["effect"],
    }
    carried = page_of(editor.post(address("provisiondraft", row.pk), back)).get_element_by_id("id_action")
    assert (carried.get("type"), carried.get("value")) == ("hidden", "Sue.")


def test_messages_of_the_document_are_said_in_plain_words():
    assert in_plain_words("String should have at least 1 character") == "Say something here."
    assert in_plain_words("max is less") == "Max is less."


# --- the lists inside a rule -----------------------------------------------------------------------------------------


def test_sources_are_added_changed_moved_and_removed_with_their_history(az, editor):
    row = rule()
    first = row.sources.first()
    answer = edited(editor, row, add_sources="1", heading="Typed")
    assert form_of(answer)["sources-TOTAL_FORMS"] == ["4"]
    assert form_of(answer)["heading"] == ["Typed"]
    count = row.sources.count()
    saved = edited(
        editor,
        row,
        **{
            "sources-0-DELETE": "on",
            "sources-1-supports": "another part",
            f"sources-{count}-url": "https://example.org/new",
            f"sources-{count}-kind": "statute",
            f"sources-{count}-supports": "all of it",
            f"sources-{count}-ORDER": "1",
            "sources-TOTAL_FORMS": str(count + 1),
        },
    )
    assert saved.status_code == 302
    found = list(rule().sources.all())
    assert found[0].url == "https://example.org/new"
    assert first.url not in [source.url for source in found]
    assert "another part" in [source.supports for source in found]
    assert [source.position for source in found] == list(range(len(found)))
    reasons = SourceDraft.history.filter(history_user__username="edith").values_list("history_change_reason", flat=True)
    assert set(reasons) == {"because"}


def test_a_button_that_asks_for_more_says_so_with_a_script_too(az, editor):
    """htmx does not send a button's own name: without it the request would be a save."""
    page = page_of(editor.get(address("provisiondraft", rule().pk)))
    buttons = page.xpath("//button[@hx-post]")
    assert {button.get("name") for button in buttons} == {"add_sources", "add_unless"}
    for button in buttons:
        assert json.loads(button.get("hx-vals")) == {button.get("name"): "1"}
    for other in page.xpath("//*[@hx-post and not(self::button)]"):
        assert list(json.loads(other.get("hx-vals"))) == ["_show"]


def test_the_number_of_sources_is_bounded(az, editor):
    answer = edited(editor, rule(), **{"sources-TOTAL_FORMS": "100000"})
    assert answer.status_code == 422
    for total in ("-4", "many", ""):
        assert edited(editor, rule(), **{"sources-TOTAL_FORMS": total}).status_code == 422


# --- two editors -----------------------------------------------------------------------------------------------------


def test_the_second_editor_is_told_who_saved_what_and_keeps_her_text(az, editor, other):
    url = address("provisiondraft", rule().pk)
    mine = form_of(editor.get(url)) | {"reason": ["mine"], "heading": ["My heading"], "plain": ["My words."]}
    edited(other, rule(), heading="Sam’s heading", cite="Sam’s citation", reason="Sam’s reason")
    answer = editor.post(url, mine)
    assert answer.status_code == 409
    said = text_of(answer)
    assert "Sam Lee saved this while you were writing" in said
    assert "Sam’s reason" in said
    assert {"Sam’s heading", "My heading", "Sam’s citation"} <= {
        node.text_content() for node in page_of(answer).xpath("//*[@id='conflict']//*[@class='said']")
    }
    sent = form_of(answer)
    assert (sent["heading"], sent["plain"]) == (["My heading"], ["My words."])
    assert sent["keep.heading"] == ["mine"]  # both changed it
    assert sent["keep.cite"] == ["theirs"]  # only Sam did
    assert sent["keep.plain"] == ["mine"]  # only she did
    assert rule().heading == "Sam’s heading"


def test_she_can_save_over_it_and_what_only_he_changed_stays_his(az, editor, other):
    url = address("provisiondraft", rule().pk)
    mine = form_of(editor.get(url)) | {"reason": ["mine"], "heading": ["My heading"]}
    edited(other, rule(), heading="Sam’s heading", cite="Sam’s citation", **{"sources-0-supports": "Sam’s part"})
    again = form_of(editor.post(url, mine)) | {"_over": ["2"]}
    assert editor.post(url, again).status_code == 302
    row = rule()
    assert (row.heading, row.cite, row.version) == ("My heading", "Sam’s citation", 3)
    assert row.sources.first().supports == "Sam’s part"


def test_a_choice_holds_for_the_version_that_was_shown_alone(az, editor, other):
    url = address("provisiondraft", rule().pk)
    mine = form_of(editor.get(url)) | {"reason": ["mine"], "heading": ["My heading"]}
    edited(other, rule(), heading="Sam’s heading")
    again = form_of(editor.post(url, mine)) | {"_over": ["2"]}
    edited(other, rule(), heading="Sam’s second heading")
    answer = editor.post(url, again)
    assert answer.status_code == 409
    assert rule().heading == "Sam’s second heading"
    assert "Sam’s second heading" in text_of(answer)


@pytest.mark.parametrize("version", ["", "0", "99", "x", "-1", "9" * 30])
def test_a_made_up_version_saves_nothing(az, editor, version):
    assert edited(editor, rule(), heading="Hers", version=version).status_code in (409, 422)
    assert rule().version == 1


@pytest.mark.parametrize("seen", ["", "[]", "nonsense", '{"heading": 5}', "null"])
def test_a_made_up_mark_of_what_was_seen_breaks_nothing(az, editor, other, seen):
    url = address("provisiondraft", rule().pk)
    mine = form_of(editor.get(url)) | {"reason": ["mine"], "heading": ["My heading"], "seen": [seen]}
    edited(other, rule(), heading="Sam’s heading")
    assert editor.post(url, mine).status_code == 409


def test_a_rule_taken_away_while_she_wrote_gives_her_text_back_as_a_new_one(az, editor, other):
    row = rule()
    url = address("provisiondraft", row.pk)
    mine = form_of(editor.get(url)) | {"reason": ["mine"], "heading": ["My heading"]}
    other.post(address("provisiondraft", row.pk, what="delete"), {"version": "1", "reason": "repealed"})
    answer = editor.post(url, mine)
    assert answer.status_code == 409
    assert "Sam Lee took this away" in text_of(answer)
    assert "repealed" in text_of(answer)
    action = page_of(answer).get_element_by_id("row-form").get("action")
    assert editor.post(action, form_of(answer)).status_code == 302
    assert rule().heading == "My heading"


def test_the_process_is_held_back_in_the_same_way(az, editor, other):
    row = ProcessDraft.objects.get(jurisdiction=az)
    url = address("processdraft", row.pk)
    mine = form_of(editor.get(url)) | {"reason": ["mine"], "summary": ["My words."]}
    edited(other, row, "processdraft", summary="Sam’s words.", route_judicial="either")
    answer = editor.post(url, mine)
    assert answer.status_code == 409
    again = form_of(answer) | {"_over": ["2"]}
    assert (again["keep.summary"], again["keep.route"]) == (["mine"], ["theirs"])
    assert editor.post(url, again).status_code == 302
    row.refresh_from_db()
    assert (row.summary, row.route["judicial"]) == ("My words.", "either")


# --- adding, moving, taking away -------------------------------------------------------------------------------------


def new_rule(client: Client, az: JurisdictionDraft, **changes):
    url = f"{address('provisiondraft', what='add')}?jurisdiction={az.pk}"
    sent = form_of(client.get(url))
    sent |= {
        "effect": ["defense"], "heading": ["A new rule"], "plain": ["You can say so in court."],
        "cite": ["Ariz. Rev. Stat. § 12-1566(C)"], "confidence": ["low"], "reason": ["A new statute"],
        "sources-0-url": ["https://example.org/a"], "sources-0-kind": ["statute"], "sources-0-supports": ["all"],
    }  # fmt: skip
    return client.post(url, changed(sent, changes))


def test_a_new_rule_gets_its_id_from_its_citation_and_its_place(az, editor):
    after = az.provisions.all()[2]
    assert new_rule(editor, az, place=str(after.pk)).status_code == 302
    row = rule("az-12-1566-c")
    order = list(az.provisions.values_list("slug", flat=True))
    assert order.index(row.slug) == order.index(after.slug) + 1
    assert list(az.provisions.values_list("position", flat=True)) == list(range(len(order)))
    assert drafts.document_of(drafts.whole().get(code="AZ")).provision(row.slug).heading == "A new rule"


def test_a_new_rule_comes_last_and_ids_never_stand_twice(az, editor):
    assert new_rule(editor, az).status_code == 302
    assert az.provisions.last().slug == "az-12-1566-c"
    assert new_rule(editor, az).status_code == 302
    assert az.provisions.last().slug == "az-12-1566-c-2"
    answer = new_rule(editor, az, slug=BAR)
    assert list(problems_of(answer)) == ["id_slug"]
    for slug in ("ca-1", "az_1", "az-Ä"):
        assert list(problems_of(new_rule(editor, az, slug=slug))) == ["id_slug"]


def test_an_id_is_proposed_from_any_citation():
    assert proposed_slug("AZ", "Ariz. Rev. Stat. § 33-814(G), (H)") == "az-33-814-g-h"
    assert proposed_slug("AZ", "") == "az-rule"
    assert proposed_slug("AZ", "§§§ !!") == "az-rule"
    assert proposed_slug("AZ", "§ 1", {"az-1", "az-1-2"}) == "az-1-3"
    assert len(proposed_slug("AZ", "§ " + "1" * 4000)) <= 103


def test_the_id_of_a_rule_never_changes(az, editor):
    edited(editor, rule(), slug="az-other", heading="Another")
    assert rule().heading == "Another"


def test_a_new_rule_needs_a_state(editor, az):
    assert "In which state?" in text_of(editor.get(address("provisiondraft", what="add")))
    assert editor.get(address("provisiondraft", what="add") + "?jurisdiction=999999").status_code == 404
    assert editor.get(address("provisiondraft", what="add") + "?jurisdiction=x").status_code == 200


def test_taking_a_rule_away_asks_why_and_keeps_its_history(az, editor):
    row = rule()
    url = address("provisiondraft", row.pk, what="delete")
    assert editor.get(url).status_code == 200
    assert list(problems_of(editor.post(url, {"version": "1", "reason": ""}))) == ["id_reason"]
    assert ProvisionDraft.objects.filter(pk=row.pk).exists()
    assert editor.post(url, {"version": "1", "reason": "repealed"}).status_code == 302
    assert not ProvisionDraft.objects.filter(pk=row.pk).exists()
    last = ProvisionDraft.history.filter(id=row.pk).first()
    assert (last.history_type, last.history_change_reason) == ("-", "repealed")
    assert SourceDraft.history.filter(provision_id=row.pk, history_type="-").exists()
    az.refresh_from_db()
    assert az.is_edited
    assert "repealed" in text_of(editor.get(address("provisiondraft", row.pk, what="history")))


def test_a_rule_that_was_saved_meanwhile_is_not_taken_away_unseen(az, editor, other):
    row = rule()
    edited(other, row, heading="Sam’s heading")
    url = address("provisiondraft", row.pk, what="delete")
    answer = editor.post(url, {"version": "1", "reason": "repealed"})
    assert "Sam Lee has saved this meanwhile" in text_of(answer)
    assert ProvisionDraft.objects.filter(pk=row.pk).exists()


# --- questions -------------------------------------------------------------------------------------------------------


def test_a_question_that_rules_turn_on_cannot_go_or_change_its_name(az, editor):
    row = QuestionDraft.objects.get(fact="az_home_finished")
    answer = edited(editor, row, "questiondraft", fact="az_finished")
    assert list(problems_of(answer)) == ["id_fact"]
    assert "Small home, trustee's sale" in problems_of(answer)["id_fact"]
    url = address("questiondraft", row.pk, what="delete")
    answer = editor.post(url, {"version": "1", "reason": "no need"})
    assert "Small home, trustee's sale" in text_of(answer)
    assert QuestionDraft.objects.filter(pk=row.pk).exists()


def test_an_answer_that_rules_name_cannot_go(az, editor):
    row = QuestionDraft.objects.get(fact="az_home_finished")
    answer = edited(
        editor, row, "questiondraft", kind="number", usual="", tick="",
    )  # fmt: skip
    assert "id_kind_0" in problems_of(answer)
    row.refresh_from_db()
    assert row.kind == "yes_no"


def test_a_new_question_starts_with_the_states_code(az, editor):
    url = f"{address('questiondraft', what='add')}?jurisdiction={az.pk}"
    sent = form_of(editor.get(url))
    assert sent["fact"] == ["az_"]
    sent |= {
        "fact": ["home_built"], "kind": ["choice"], "ask": ["When was the home built?"], "why": ["A rule turns on it."],
        "reason": ["new"], "choices-TOTAL_FORMS": ["2"], "choices-0-value": ["before"], "choices-0-label": ["Before"],
        "choices-1-value": ["after"], "choices-1-label": ["After"], "usual": ["after"],
    }  # fmt: skip
    assert list(problems_of(editor.post(url, sent))) == ["id_fact"]
    assert editor.post(url, sent | {"fact": ["az_home_built"]}).status_code == 302
    row = QuestionDraft.objects.get(fact="az_home_built")
    assert (row.usual, [choice.value for choice in row.choices.all()]) == ("after", ["before", "after"])
    assert drafts.document_of(drafts.whole().get(code="AZ"))


def test_a_question_and_its_answers_get_their_names_from_their_words(az, editor):
    url = f"{address('questiondraft', what='add')}?jurisdiction={az.pk}"
    sent = form_of(editor.get(url)) | {
        "kind": ["choice"], "ask": ["Which paper did you sign?"], "why": ["A rule turns on it."], "reason": ["new"],
        "choices-TOTAL_FORMS": ["2"], "choices-0-label": ["Deed of trust"], "choices-1-label": ["2nd paper"],
    }  # fmt: skip
    assert editor.post(url, sent).status_code == 302
    assert editor.post(url, sent).status_code == 302
    rows = QuestionDraft.objects.filter(fact__startswith="az_which").order_by("pk")
    assert [row.fact for row in rows] == ["az_which_paper_did_you_sign", "az_which_paper_did_you_sign_2"]
    assert [choice.value for choice in rows[0].choices.all()] == ["deed_of_trust", "answer_2nd_paper"]
    assert drafts.document_of(drafts.whole().get(code="AZ"))
    none = sent | {"choices-TOTAL_FORMS": ["0"], "fact": ["az_other"]}
    assert "needs its answers" in text_of(editor.post(url, none))


def test_every_part_that_is_looked_at_and_saved_is_not_changed(az, editor):
    rows = [
        *(("questiondraft", row) for row in QuestionDraft.objects.all()),
        *(("processdraft", row) for row in ProcessDraft.objects.all()),
        *(("limitationsdraft", row) for row in LimitationsDraft.objects.all()),
    ]
    for kind, row in rows:
        answer = editor.get(edited(editor, row, kind).url)
        assert "Nothing was changed" in text_of(answer), (kind, row)


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        ("processdraft", {"available": []}, "id_available_0"),
        ("processdraft", {"usual": "strict"}, "id_usual_0"),
        ("processdraft", {"summary": ""}, "id_summary"),
        ("processdraft", {"available": ["judicial", "nonjudicial", "strict"]}, "id_route_strict"),
        ("processdraft", {"redemption-0-cite": ""}, "id_redemption-0-cite"),
        ("processdraft", {"redemption-0-count": "10001"}, "id_redemption-0-count"),
        ("limitationsdraft", {"years": "0"}, "id_years"),
        ("limitationsdraft", {"years": "101"}, "id_years"),
        ("limitationsdraft", {"years": ""}, "id_years"),
        ("limitationsdraft", {"years": "NaN"}, "id_years"),
        ("limitationsdraft", {"sources-0-url": "ftp://x"}, "id_sources-0-url"),
    ],
)
def test_a_mistake_of_another_part_stands_at_its_field(az, editor, kind, changes, field):
    model = ProcessDraft if kind == "processdraft" else LimitationsDraft
    answer = edited(editor, model.objects.get(jurisdiction=az), kind, **changes)
    assert answer.status_code == 422
    assert field in problems_of(answer)


def test_a_state_has_one_process_and_one_limit(az, editor):
    assert editor.get(f"{address('limitationsdraft', what='add')}?jurisdiction={az.pk}").status_code == 404
    row = LimitationsDraft.objects.get(jurisdiction=az)
    assert (
        editor.post(address("limitationsdraft", row.pk, what="delete"), {"version": "1", "reason": "x"}).status_code
        == 302
    )
    assert editor.get(f"{address('limitationsdraft', what='add')}?jurisdiction={az.pk}").status_code == 200
    process = ProcessDraft.objects.get(jurisdiction=az)
    assert editor.post(address("processdraft", process.pk, what="delete"), {"reason": "x"}).status_code == 403


# --- the preview -----------------------------------------------------------------------------------------------------


def test_the_preview_says_what_is_typed_so_far_and_saves_nothing(az, editor):
    row = rule()
    sent = form_of(editor.get(address("provisiondraft", row.pk)))
    hard = (
        "Notwithstanding any contractual stipulation, deficiency adjudications are categorically unavailable hereunder."
    )
    sent |= {"_show": ["preview"], "heading": ["Typed so far"], "plain": [hard], "when.units.max": ["3"], "cite": [""]}
    answer = editor.post(address("provisiondraft", row.pk), sent, headers={"HX-Request": "true"})
    said = " ".join(lxml.html.fromstring(answer.content.decode()).text_content().split())
    assert "at most 3 units" in said
    assert "Typed so far" in said
    assert "aim for 8 or lower" in said
    assert "Citation: Say something here." in said
    assert b"<html" not in answer.content
    assert rule().heading != "Typed so far"


def test_the_preview_says_when_the_words_may_lag_behind_and_when_the_heading_is_long(az, editor):
    def previewed(**sent):
        return text_of(edited(editor, rule(), _show="preview", **sent))

    lags = "You changed when the rule applies, and not its words."
    assert lags in previewed(**{"when.acres.max": "6"})
    assert lags in previewed(sales_from="2020-05-01")
    assert lags not in previewed(**{"when.acres.max": "6"}, plain="A home on 6 acres or less is safe.")
    assert lags not in previewed(heading="Another heading")
    assert "The heading has 11 words" in previewed(heading=" ".join("a" * 11))
    assert "The heading has" not in previewed(heading=" ".join("a" * 10))


def test_a_question_is_placed_after_another_by_its_words(az, editor):
    page = text_of(editor.get(address("questiondraft", what="add") + f"?jurisdiction={az.pk}"))
    assert "after “Was the home finished" in page and "after “az_" not in page


def test_the_preview_shows_without_scripts_on_the_whole_page(az, editor):
    answer = edited(editor, rule(), _show="preview", heading="Typed so far")
    assert "Typed so far" in page_of(answer).get_element_by_id("preview").text_content()
    assert rule().heading != "Typed so far"


def test_the_preview_stands_whatever_is_sent(az, editor):
    url = address("provisiondraft", rule().pk)
    for sent in (
        {},
        {"when.units.max": "x" * 500, "unless.count": "999999", "sales_from": "soon"},
        {"heading": "\x00", "caveats": "\x00\n\x00", "sources-TOTAL_FORMS": "x"},
        {
            "sources-TOTAL_FORMS": "1",
            "sources-INITIAL_FORMS": "0",
            "sources-0-url": "http://[",
            "sources-0-kind": "statute",
        },
    ):
        for shown in ("preview", "effect", "nonsense"):
            for headers in ({}, {"HX-Request": "true"}):
                assert editor.post(url, sent | {"_show": shown}, headers=headers).status_code == 200


def test_nothing_that_is_typed_becomes_markup(az, editor):
    bad = "<script>alert(1)</script>"
    answer = edited(editor, rule(), _show="preview", heading=bad, plain=bad, cite=bad, caveats=bad)
    assert bad.encode() not in answer.content
    edited(editor, rule(), heading=bad, plain=bad, cite=bad, caveats=bad, reason=bad)
    for url in (
        address("provisiondraft", rule().pk), address("provisiondraft", rule().pk, what="history"),
        address("provisiondraft", rule().pk, what="delete"), address("provisiondraft", what="changelist"),
    ):  # fmt: skip
        assert bad.encode() not in editor.get(url).content


# --- history, lists, permission --------------------------------------------------------------------------------------


def test_the_history_says_who_when_why_and_which_words(az, editor, other):
    edited(editor, rule(), heading="A small home is safe", reason="A plainer heading")
    edited(other, rule(), reason="another use", **{"when.residence": ["primary"], "sources-0-supports": "part G"})
    said = text_of(editor.get(address("provisiondraft", rule().pk, what="history")))
    for words in (
        "Edith Ames",
        "A plainer heading",
        "A small home is safe",
        "Sam Lee",
        "another use",
        "main home",
        "part G",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=AZ", True),
        ("state=US", False),
        ("effect__exact=bar", True),
        ("confidence__exact=low", False),
        ("checked=never", False),
        ("checked=old", False),
        ("checked=overdue", False),
        ("checked=year", True),
        ("edited=yes", False),
        ("edited=no", True),
        ("q=33-814", True),
        ("q=darylmanhart", True),
        ("q=nowhere-to-be-found", False),
        ("state=%00", True),
        ("effect__exact=%00", True),
    ],
)
def test_the_list_finds_rules(az, editor, query, expected):
    ProvisionDraft.objects.update(checked=timezone.localdate())
    answer = editor.get(f"{address('provisiondraft', what='changelist')}?{query}", follow=True)
    assert (BAR in answer.content.decode()) is expected


def test_the_list_is_quick(az, editor, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        editor.get(address("provisiondraft", what="changelist"))


PARTS = ("provisiondraft", "processdraft", "questiondraft", "limitationsdraft")


@pytest.mark.parametrize("group", ["reviewer", "publisher"])
def test_others_than_editors_read_and_cannot_change(az, client, group):
    reader = signed_in(client, person("rita", group))
    rows = {
        "provisiondraft": rule(),
        "processdraft": az.process,
        "questiondraft": az.questions.first(),
        "limitationsdraft": az.limitations,
    }
    for kind, row in rows.items():
        page = reader.get(address(kind, row.pk))
        assert page.status_code == 200
        assert not page_of(page).xpath("//*[@id='row-form'] | //textarea")
        assert reader.post(address(kind, row.pk), {"reason": "x"}).status_code == 403
        assert reader.post(address(kind, row.pk, what="delete"), {"reason": "x"}).status_code == 403
        assert reader.get(address(kind, what="add") + f"?jurisdiction={az.pk}").status_code == 403
        assert reader.get(address(kind, row.pk, what="history")).status_code == 200
        assert reader.get(address(kind, what="changelist")).status_code == 200


def test_somebody_without_a_group_and_somebody_outside_see_nothing(az, client):
    for kind, row in (("provisiondraft", rule()), ("processdraft", az.process)):
        for what in ("change", "history", "delete"):
            assert client.get(address(kind, row.pk, what=what)).status_code == 302
    nobody = signed_in(Client(), person("nora"))
    for kind, row in (("provisiondraft", rule()), ("processdraft", az.process)):
        for what in ("change", "history", "delete"):
            assert nobody.get(address(kind, row.pk, what=what)).status_code == 403


@pytest.mark.parametrize("key", ["999999", "x", "9" * 30, "0", "²"])
def test_a_row_that_never_was_leads_home(az, editor, key):
    for kind in PARTS:
        for what in ("change", "history", "delete"):
            assert editor.get(address(kind, key, what=what)).status_code in (302, 403, 404)
            assert editor.post(address(kind, key, what=what)).status_code in (302, 403, 404)
        assert editor.post(address(kind, key), {"reason": "x"}).status_code in (302, 404)
