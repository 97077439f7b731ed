"""A state's page, the list of states, the first page and the help."""

from datetime import date, timedelta
from html import unescape

import pytest
from django.utils import timezone

from statelaw import drafts, publish, releases, scenarios
from statelaw.desk.dashboard import dashboard
from statelaw.desk.states import ORDER, a_year_ago
from statelaw.models import JurisdictionDraft, LoadedFile, ProvisionDraft, ReaderNote, SignOff

from .desk import person, signed_in

SHIPPED = publish.shipped()[0]
STATES = "/desk/statelaw/jurisdictiondraft/"
STATE = f"{STATES}AZ/"


@pytest.fixture
def desk(db):
    publish.publish([SHIPPED[code] for code in ("US", "federal", "options", "AZ", "FL")])


@pytest.fixture
def ann(desk):
    return person("ann", "editor")


@pytest.fixture
def desk_of_ann(ann, client):
    return signed_in(client, ann)


def arizona() -> JurisdictionDraft:
    return drafts.whole().get(code="AZ")


def edit(by, **values):
    row = ProvisionDraft.objects.get(slug="az-33-814-g")
    for name, value in (values or {"heading": "A better heading"}).items():
        setattr(row, name, value)
    drafts.save_row(row, by, "a better word")
    return drafts.touch(row.jurisdiction, by)


def text(response) -> str:
    return unescape(response.content.decode())


# --- a state's page --------------------------------------------------------------------------------------------------


def test_rules_stand_in_the_readers_order_each_with_its_way_to_be_edited(desk_of_ann):
    page = text(desk_of_ann.get(STATE))
    rows = list(ProvisionDraft.objects.filter(jurisdiction__code="AZ"))
    places = {row.slug: page.index(f"/provisiondraft/{row.pk}/change/") for row in rows}
    told = sorted(rows, key=lambda row: places[row.slug])
    assert told == sorted(rows, key=lambda row: (ORDER.index(row.effect), row.position))
    for row in rows:
        assert row.cite in page
    assert page.count("checked Nov") >= len(rows)
    for gap in arizona().gaps:
        assert gap in page


def test_it_says_what_is_edited_by_whom_and_whose_sign_off_is_void(desk_of_ann, ann):
    assert "As published" in text(desk_of_ann.get(STATE))
    draft = edit(ann)
    page = text(desk_of_ann.get(STATE))
    assert "Edited, not published" in page and "by ann" in page and "Nobody has signed it yet." in page
    assert "Next, somebody who did not make the change signs it off." in page
    rob = person("rob", "reviewer")
    releases.sign_off(draft, rob, draft.digest, note="Subsection (H) still to be read.")
    page = text(desk_of_ann.get(STATE))
    assert "by rob" in page and "void" not in page and "Subsection (H) still to be read." in page
    edit(ann, heading="Another one")
    page = text(desk_of_ann.get(STATE))
    assert "void: something was edited after" in page and "Subsection (H) still to be read." in page


def test_it_shows_mistakes_failing_scenarios_notes_files_and_what_is_overdue(desk_of_ann, ann):
    scenarios.load(path for path in scenarios.shipped_files() if path.stem == "AZ")
    ReaderNote.objects.create(code="AZ", page="law", text="Out of date, I think.")
    LoadedFile.objects.create(code="AZ", text="x", document={}, digest="d", note="a newer file")
    ProvisionDraft.objects.filter(slug="az-33-814-g").update(checked=date(2020, 1, 1))
    ProvisionDraft.objects.filter(slug="az-33-729-a").update(checked=None)
    edit(ann, when={"disposition": ["nonjudicial"], "units": {"max": "1"}, "acres": {"max": "0.1"}})
    page = text(desk_of_ann.get(STATE))
    for said in ("Out of date, I think.", "a newer file", "overdue", "az-trustee-sale-small-home", "fail"):
        assert said in page, said
    edit(ann, when={"nonsense": [True]})
    page = text(desk_of_ann.get(STATE))
    assert "Mistakes in the draft" in page and "no such fact in the vocabulary" in page
    assert desk_of_ann.get(f"{STATE}export/").status_code == 200


@pytest.mark.parametrize(
    ("group", "has", "has_not"),
    [
        ("editor", ("/import/",), ("/sign-off/", "/publish/")),
        ("reviewer", ("/sign-off/",), ("/import/", "/publish/")),
        ("publisher", ("/publish/",), ("/import/", "/sign-off/")),
    ],
)
def test_the_ways_on_are_those_that_one_may_go(group, has, has_not, desk, client):
    someone = signed_in(client, person("p", group))
    page = text(someone.get(STATE))
    for part in (*has, "/differences/", "/impact/", "/table/", "/scenario/run/?state=AZ", "/AZ/export/", "/law/az/"):
        assert part in page, part
    for part in has_not:
        assert part not in page, part
    assert someone.get(f"{STATE}edit/").status_code == (200 if group == "editor" else 403)
    answer = someone.post(f"{STATE}start-again/", {"why": "x", "digest": arizona().digest}).status_code
    assert answer == (422 if group == "editor" else 403), "there is nothing to drop"


def test_a_state_is_found_by_its_letters_and_by_its_row(desk_of_ann):
    assert desk_of_ann.get(f"{STATES}US/").status_code == 200
    assert desk_of_ann.get(f"{STATES}ZZ/").status_code == 404
    assert desk_of_ann.get(f"{STATES}{arizona().pk}/change/")["Location"] == STATE
    assert desk_of_ann.get(f"{STATES}add/").status_code == 403
    assert desk_of_ann.post(f"{STATES}{arizona().pk}/delete/", {"post": "yes"}).status_code == 403


def test_who_has_no_part_in_the_desk_sees_nothing(desk, client):
    nobody = signed_in(client, person("nobody"))
    for address in (STATE, STATES, f"{STATE}edit/", f"{STATE}export/"):
        assert nobody.get(address).status_code == 403


# --- name, day of the check and gaps ---------------------------------------------------------------------------------


def form_data(**changes) -> dict:
    draft = arizona()
    data = {"name": draft.name, "reviewed": draft.reviewed.isoformat(), "gaps": "\n".join(draft.gaps)}
    return {**data, "version": draft.version, "reason": "better known now", **changes}


def test_gaps_are_edited_one_a_line(desk_of_ann):
    desk_of_ann.post(f"{STATE}edit/", form_data(gaps="One thing.\n\n  Another thing. \n"))
    draft = arizona()
    assert draft.gaps == ["One thing.", "Another thing."] and draft.is_edited
    assert draft.history.filter(history_change_reason="better known now", history_user__username="ann").exists()
    assert "better known now" in text(desk_of_ann.get(f"{STATES}{draft.pk}/history/"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("reviewed", "soon"),
        ("reviewed", (timezone.localdate() + timedelta(days=2)).isoformat()),
        ("gaps", "x" * 1001),
        ("gaps", "\n".join("x" * 61)),
        ("reason", " "),
    ],
)
def test_every_mistake_stands_at_its_field_and_what_was_typed_stays(field, value, desk_of_ann):
    response = desk_of_ann.post(f"{STATE}edit/", form_data(**{field: value}))
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {field}
    page = text(response)
    assert f'href="#id_{field}"' in page and f'id="id_{field}"' in page
    assert not arizona().is_edited


def test_the_second_to_save_is_told_who_saved_what_and_keeps_her_text(desk_of_ann):
    mine = form_data(gaps="Mine.")
    tom = person("tom", "editor")
    draft = arizona()
    draft.gaps = ["Theirs."]
    drafts.save_row(draft, tom, "first")
    drafts.touch(draft, tom)
    response = desk_of_ann.post(f"{STATE}edit/", mine)
    page = text(response)
    assert response.status_code == 422
    assert "by tom" in page and "Theirs." in page and "Mine." in page
    assert arizona().gaps == ["Theirs."]
    again = response.context["form"].data["version"]
    assert desk_of_ann.post(f"{STATE}edit/", {**mine, "version": again}).status_code == 302
    assert arizona().gaps == ["Mine."]


def test_an_edit_of_a_rule_meanwhile_is_no_conflict(desk_of_ann):
    mine = form_data(gaps="Mine.")
    edit(person("tom", "editor"))
    assert desk_of_ann.post(f"{STATE}edit/", mine).status_code == 302


def test_edits_are_dropped_with_a_reason_and_only_those_that_were_seen(desk_of_ann, ann):
    seen = edit(ann).digest
    edit(ann, heading="Newer")
    assert desk_of_ann.post(f"{STATE}start-again/", {"why": "wrong", "digest": seen}).status_code == 422
    now = arizona().digest
    assert desk_of_ann.post(f"{STATE}start-again/", {"why": "", "digest": now}).status_code == 422
    assert arizona().is_edited
    desk_of_ann.post(f"{STATE}start-again/", {"why": "wrong", "digest": now})
    assert not arizona().is_edited
    assert ProvisionDraft.objects.get(slug="az-33-814-g").history.filter(heading="Newer").exists()


# --- the list and the first page -------------------------------------------------------------------------------------


def listed(client, query) -> set[str]:
    return {row.code for row in client.get(f"{STATES}?{query}").context["cl"].result_list}


def test_the_list_filters_what_a_lawyer_looks_for(desk_of_ann, ann):
    assert listed(desk_of_ann, "") == {"AZ", "FL", "US"}
    assert listed(desk_of_ann, "q=ariz") == {"AZ"}
    edit(ann)
    assert listed(desk_of_ann, "draft=edited") == listed(desk_of_ann, "draft=waiting") == {"AZ"}
    assert listed(desk_of_ann, "draft=same") == {"FL", "US"}
    draft = arizona()
    releases.sign_off(draft, person("rob", "reviewer"), draft.digest)
    assert listed(desk_of_ann, "draft=waiting") == set()
    JurisdictionDraft.objects.filter(code="FL").update(reviewed=a_year_ago() - timedelta(days=1))
    assert listed(desk_of_ann, "checked=overdue") == {"FL"}
    assert "overdue" in text(desk_of_ann.get(STATES))
    ReaderNote.objects.create(code="FL", page="law", text="x")
    assert listed(desk_of_ann, "open=notes") == {"FL"}
    JurisdictionDraft.objects.filter(code="AZ").update(gaps=[])
    assert "AZ" not in listed(desk_of_ann, "open=gaps")
    for query in ("draft=%00", "open=x", "checked=y", "open=files", "open=low", "open=scenarios", "checked=rules"):
        assert desk_of_ann.get(f"{STATES}?{query}").status_code == 200


def counts() -> dict[str, int]:
    return {card.label: card.count for card in dashboard().cards}


def test_the_first_page_counts_what_is_due(desk_of_ann, ann):
    before = counts()
    assert before["Drafts waiting for review"] == before["Failing scenarios"] == 0
    scenarios.load(path for path in scenarios.shipped_files() if path.stem == "AZ")
    edit(ann, when={"disposition": ["nonjudicial"], "units": {"max": "1"}, "acres": {"max": "0.1"}}, confidence="low")
    ReaderNote.objects.create(code="AZ", page="law", text="x")
    LoadedFile.objects.create(code="AZ", text="x", document={}, digest="d")
    ProvisionDraft.objects.filter(slug="az-33-729-a").update(checked=None)
    JurisdictionDraft.objects.filter(code="FL").update(reviewed=date(2020, 1, 1))
    after = counts()
    assert after["Failing scenarios"] > 0
    assert after["Rules of low confidence"] == before["Rules of low confidence"] + 1
    for label in (
        "Drafts waiting for review", "Readers’ notes open", "Files waiting to be compared",
        "States not checked for 12 months",
    ):  # fmt: skip
        assert after[label] == before[label] + 1, label
    page = text(desk_of_ann.get("/desk/"))
    assert "edited, waiting for review" in page and "by ann" in page
    for card in dashboard().cards:
        assert card.url, card.label
        assert desk_of_ann.get(card.url).status_code == 200, card.label


def test_each_count_is_that_of_its_list(desk_of_ann, ann):
    edit(ann, confidence="low")
    for card in dashboard().cards:
        if card.label not in ("Gaps listed", "Publications scheduled"):
            assert desk_of_ann.get(card.url).context["cl"].result_count == card.count, card.label


def test_a_signed_draft_is_ready_and_no_longer_waits(desk, ann):
    draft = edit(ann)
    releases.sign_off(draft, person("rob", "reviewer"), draft.digest)
    found = dashboard()
    assert [row.code for row in found.ready] == ["AZ"] and found.waiting == []
    assert SignOff.objects.count() == 1


def test_the_first_page_takes_few_queries(desk_of_ann, django_assert_max_num_queries):
    desk_of_ann.get("/desk/")
    with django_assert_max_num_queries(22):
        desk_of_ann.get("/desk/")
    with django_assert_max_num_queries(12):
        desk_of_ann.get(STATES)


def test_the_help_is_for_everyone_at_the_desk_and_linked(desk, client):
    nobody = signed_in(client, person("nobody"))
    page = text(nobody.get("/desk/help/"))
    assert "How the law desk works" in page and "sign" in page
    assert "/desk/help/" in text(nobody.get("/desk/"))


def test_overdue_is_what_was_checked_before_the_same_day_a_year_ago():
    assert a_year_ago(date(2027, 11, 25)) == date(2026, 11, 25)
    assert a_year_ago(date(2028, 2, 29)) == date(2027, 3, 1)
