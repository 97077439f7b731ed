"""From a draft to a publication: who may, of what content, and what stands in the way."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.models.functions import Now
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statelaw import drafts, facts, publish, releases, scenarios, store
from statelaw.document import Jurisdiction, digest, parse_jurisdiction, plain_data
from statelaw.models import (
    BY_ATTORNEY,
    BY_EDITORS,
    NOT_REVIEWED,
    JurisdictionDraft,
    Licence,
    LoadedFile,
    ProvisionDraft,
    Publication,
    SignOff,
)
from statelaw.releases import Refused

from .desk import person

SHIPPED = publish.shipped()[0]
JURISDICTIONS = {code: item for code, item in SHIPPED.items() if isinstance(item.document, Jurisdiction)}


@pytest.fixture
def desk(db):
    """Arizona, Florida and the federal layer, published and laid out as drafts."""
    publish.publish([SHIPPED[code] for code in ("US", "federal", "options", "AZ", "FL")])


@pytest.fixture
def arizona(desk):
    return JurisdictionDraft.objects.get(code="AZ")


@pytest.fixture
def ann(db):
    return person("ann", "editor")


@pytest.fixture
def rob(db):
    return person("rob", "reviewer")


@pytest.fixture
def pia(db):
    return person("pia", "publisher")


def edit(draft, by, slug="az-33-814-g", **values):
    row = ProvisionDraft.objects.get(jurisdiction=draft, slug=slug)
    for name, value in (values or {"heading": "Small home: no suit for the rest"}).items():
        setattr(row, name, value)
    drafts.save_row(row, by, "a better word")
    return drafts.touch(draft, by)


def fields(refusal) -> set[str]:
    return {name for name, _ in refusal.value.problems}


# --- rows and documents ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(JURISDICTIONS))
def test_a_draft_and_its_document_become_each_other_without_loss(code, db):
    shipped = JURISDICTIONS[code]
    publish.publish([SHIPPED["US"]] + ([shipped] if code != "US" else []))
    draft = drafts.whole(JurisdictionDraft.objects.filter(code=code)).get()
    document = drafts.document_of(draft)
    assert document == shipped.document
    assert drafts.document_data(draft) == plain_data(shipped.document)
    assert draft.digest == digest(plain_data(shipped.document)) == shipped.digest
    written = [list(p.when) for p in shipped.document.provisions]
    assert [list(p.when) for p in document.provisions] == written, "conditions keep the order in which they are read"
    assert not draft.is_edited


RULES = [(code, rule) for code, item in JURISDICTIONS.items() for rule in item.data["provisions"]]
QUESTIONS = [(code, question) for code, item in JURISDICTIONS.items() for question in item.data.get("questions", ())]


def ours(text: str, code: str) -> str:
    """A name of the state that is none."""
    return f"zz{text.removeprefix(code.lower())}"


@st.composite
def documents(draw):
    """A state that is none, put together from rules, questions and parts of all."""
    rules = draw(
        st.lists(st.sampled_from(RULES), min_size=1, max_size=6, unique_by=lambda item: ours(item[1]["id"], item[0]))
    )
    asked = draw(
        st.lists(st.sampled_from(QUESTIONS), max_size=3, unique_by=lambda item: ours(item[1]["fact"], item[0]))
    )
    core = set(facts.CORE)
    provisions = [
        rule
        | {
            "id": ours(rule["id"], code),
            "when": {name: allowed for name, allowed in rule["when"].items() if name in core},
            "unless": [clause for clause in rule.get("unless", ()) if set(clause) <= core],
        }
        for code, rule in rules
    ]
    part = st.sampled_from(sorted(JURISDICTIONS))
    limits = JURISDICTIONS[draw(part)].data.get("limitations")
    return {
        "state": "ZZ",
        "name": draw(st.sampled_from(["Zed", "Zed and Zed"])),
        "reviewed": draw(st.dates(date(2020, 1, 1), date(2030, 1, 1))).isoformat(),
        "process": JURISDICTIONS[draw(part)].data["process"],
        "questions": [question | {"fact": ours(question["fact"], code)} for code, question in asked],
        "provisions": provisions,
        **({"limitations": limits} if limits else {}),
        "gaps": draw(st.lists(st.sampled_from(["One thing.", "Another thing."]), max_size=2)),
    }


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=documents(), after=documents())
def test_any_document_becomes_rows_and_any_other_takes_their_place(desk, before, after):
    federal = JURISDICTIONS["US"].document
    for data in (before, after):
        document = parse_jurisdiction(data, "ZZ.yaml", federal)
        draft = drafts.fill("ZZ", document, None)
        assert drafts.document_of(draft, federal) == document
        assert drafts.document_data(draft) == plain_data(document)
        assert draft.digest == digest(plain_data(document))


def test_laying_out_the_same_document_again_writes_nothing(arizona):
    before = ProvisionDraft.history.count()
    drafts.fill("AZ", JURISDICTIONS["AZ"].document, arizona.base)
    assert ProvisionDraft.history.count() == before


def test_an_edit_and_its_undoing_leave_nobody_as_editor(arizona, ann):
    heading = ProvisionDraft.objects.get(slug="az-33-814-g").heading
    edited = edit(arizona, ann)
    assert edited.is_edited and drafts.editors_of(edited) == {ann.pk}
    undone = edit(edited, ann, heading=heading)
    assert not undone.is_edited and drafts.editors_of(undone) == set()


def test_the_history_of_a_row_says_who_changed_what_when_and_why(arizona, ann):
    edit(arizona, ann)
    last = ProvisionDraft.objects.get(slug="az-33-814-g").history.first()
    assert (last.history_user, last.history_change_reason, last.heading) == (
        ann,
        "a better word",
        "Small home: no suit for the rest",
    )


# --- signing off -----------------------------------------------------------------------------------------------------


def test_the_last_editor_may_not_sign_off_and_another_reviewer_may(arizona, rob):
    both = person("both", "editor", "reviewer")
    draft = edit(arizona, both)
    with pytest.raises(Refused, match="You last edited"):
        releases.sign_off(draft, both, draft.digest)
    assert releases.sign_off(draft, rob, draft.digest).digest == draft.digest


def test_whoever_took_a_rule_away_may_not_sign_that_off(arizona, ann):
    both = person("both", "editor", "reviewer")
    row = arizona.provisions.exclude(slug="az-33-814-g").first()
    drafts.delete_row(row, both, "repealed")
    draft = edit(drafts.touch(arizona, both), ann)
    with pytest.raises(Refused, match="You last edited"):
        releases.sign_off(draft, both, draft.digest)


def test_whoever_wrote_the_gaps_may_not_sign_them_off_after_somebody_elses_edit(arizona, ann):
    both = person("both", "editor", "reviewer")
    arizona.gaps = [*arizona.gaps, "A gap of both's own."]
    drafts.save_row(arizona, both, "a gap")
    draft = edit(drafts.touch(arizona, both), ann)
    assert draft.edited_by == ann and drafts.editors_of(draft) == {both.pk, ann.pk}
    with pytest.raises(Refused, match="You last edited"):
        releases.sign_off(draft, both, draft.digest)


def test_whoever_took_the_time_limit_away_may_not_sign_that_off(arizona, ann):
    both = person("both", "editor", "reviewer")
    for source in arizona.limitations.sources.all():
        drafts.delete_row(source, both, "gone")
    drafts.delete_row(arizona.limitations, both, "gone")
    draft = edit(drafts.touch(JurisdictionDraft.objects.get(pk=arizona.pk), both), ann)
    with pytest.raises(Refused, match="You last edited"):
        releases.sign_off(draft, both, draft.digest)


def test_whoever_brought_a_file_in_may_not_sign_it_off_once_another_took_it(arizona, ann):
    both = person("both", "editor", "reviewer")
    held = LoadedFile.objects.create(code="AZ", text="x", document={}, digest="x", by=both.username)
    held.status = LoadedFile.Status.TAKEN
    held.save()
    draft = edit(arizona, ann)
    with pytest.raises(Refused, match="You last edited"):
        releases.sign_off(draft, both, draft.digest)


def test_nobody_signs_as_the_checker_of_a_rule_in_his_own_words_even_once_they_are_published(arizona, ann, rob, pia):
    """Published alone, the rule is no part of the next change; its author is its author all the same."""
    both = person("both", "editor", "reviewer")
    draft = edit(arizona, both)
    releases.publish_draft(draft, pia, draft.digest, "alone", alone=True, failing_why="x")
    edit(JurisdictionDraft.objects.get(code="AZ"), ann, slug="az-33-814-g", position=0)
    draft = edit(JurisdictionDraft.objects.get(code="AZ"), ann, slug="az-33-729-a", heading="Another heading")
    with pytest.raises(Refused, match="You wrote these rules: az-33-814-g") as refusal:
        releases.sign_off(draft, both, draft.digest, provisions=["az-33-814-g", "az-33-729-a"])
    assert fields(refusal) == {"provisions"}
    releases.sign_off(draft, both, draft.digest, provisions=["az-33-729-a"])
    releases.sign_off(draft, rob, draft.digest, provisions=["az-33-814-g"])


def test_any_later_edit_voids_a_sign_off_and_it_is_seen(arizona, ann, rob):
    draft = edit(arizona, ann)
    signed = releases.sign_off(draft, rob, draft.digest)
    assert releases.gate(draft).sign_offs == (signed,)
    found = releases.gate(edit(draft, ann, heading="Another heading"))
    assert found.sign_offs == () and found.voided == (signed,)


def test_a_sign_off_is_of_the_content_that_was_looked_at(arizona, ann, rob):
    draft = edit(arizona, ann)
    edit(draft, ann, heading="Another heading")
    with pytest.raises(Refused, match="changed since"):
        releases.sign_off(draft, rob, draft.digest)


@pytest.mark.parametrize("group", [None, "editor", "publisher"])
def test_only_reviewers_sign_off(arizona, ann, group):
    someone = person("someone", *([group] if group else []))
    draft = edit(arizona, ann)
    with pytest.raises(Refused, match="Only a reviewer"):
        releases.sign_off(draft, someone, draft.digest)
    assert not SignOff.objects.exists()


def test_nobody_signs_as_an_attorney_whose_licence_is_not_on_record(arizona, ann, rob):
    draft = edit(arizona, ann)
    with pytest.raises(Refused) as refusal:
        releases.sign_off(draft, rob, draft.digest, kind="attorney")
    assert fields(refusal) == {"kind"}
    Licence.objects.create(user=rob, code="AZ", number="012345")
    assert releases.sign_off(draft, rob, draft.digest, kind="attorney").kind == "attorney"


# --- publishing ------------------------------------------------------------------------------------------------------


def test_a_signed_draft_is_published_with_its_reviewers(arizona, ann, rob, pia):
    draft = edit(arizona, ann)
    releases.sign_off(draft, rob, draft.digest, provisions=["az-33-814-g"])
    published = releases.publish_draft(draft, pia, draft.digest, "A shorter heading")
    assert (published.number, published.origin, published.made_by) == (2, "desk", "pia")
    assert not published.is_alone and published.reviewed_by == NOT_REVIEWED
    today = timezone.localdate().isoformat()
    assert published.reviews == {"az-33-814-g": {"kind": "editor", "on": today, "name": ""}}
    assert published.sign_offs[0]["by"] == "rob"
    fresh = JurisdictionDraft.objects.get(code="AZ")
    assert fresh.base == published and not fresh.is_edited and drafts.editors_of(fresh) == set()
    read = publish.Shelf(federal=drafts.federal_document()).load("AZ", published.text, "AZ.yaml")
    assert digest(plain_data(read)) == published.digest, "its text reads back as the same law"


def test_a_review_stands_until_its_rule_is_changed(arizona, ann, rob, pia):
    ids = list(arizona.provisions.values_list("slug", flat=True))
    draft = edit(arizona, ann)
    releases.sign_off(draft, rob, draft.digest, provisions=ids)
    first = releases.publish_draft(draft, pia, draft.digest, "all read")
    assert first.reviewed_by == BY_EDITORS
    draft = edit(JurisdictionDraft.objects.get(code="AZ"), ann, slug="az-33-729-a")
    second = releases.publish_draft(draft, pia, draft.digest, "one changed", alone=True)
    assert set(ids) - set(second.reviews) == {"az-33-729-a"} and second.reviewed_by == NOT_REVIEWED


def test_an_attorney_is_named_only_who_agreed(arizona, ann, rob, pia):
    Licence.objects.create(user=rob, code="AZ", number="012345")
    ids = list(arizona.provisions.values_list("slug", flat=True))
    draft = edit(arizona, ann)
    releases.sign_off(draft, rob, draft.digest, kind="attorney", provisions=ids)
    published = releases.publish_draft(draft, pia, draft.digest, "read by an attorney")
    assert published.reviewed_by == BY_ATTORNEY
    assert {review["name"] for review in published.reviews.values()} == {""}


def test_alone_has_to_be_said_and_is_then_kept_with_the_publication(arizona, ann, pia):
    draft = edit(arizona, ann)
    with pytest.raises(Refused) as refusal:
        releases.publish_draft(draft, pia, draft.digest, "A shorter heading")
    assert fields(refusal) == {"alone"}
    assert releases.publish_draft(draft, pia, draft.digest, "A shorter heading", alone=True).is_alone


@pytest.mark.parametrize("group", [None, "editor", "reviewer"])
def test_only_publishers_publish_and_roll_back(arizona, ann, group):
    someone = person("someone", *([group] if group else []))
    draft = edit(arizona, ann)
    with pytest.raises(Refused, match="Only a publisher"):
        releases.publish_draft(draft, someone, draft.digest, "note", alone=True)
    with pytest.raises(Refused, match="Only a publisher"):
        releases.roll_back(arizona.base, someone, "reason")
    assert Publication.objects.latest_of("AZ").number == 1


def test_what_was_edited_since_the_page_was_shown_is_not_published(arizona, ann, pia):
    draft = edit(arizona, ann)
    edit(draft, ann, heading="Another heading")
    with pytest.raises(Refused, match="changed since"):
        releases.publish_draft(draft, pia, draft.digest, "note", alone=True)


def test_a_draft_with_mistakes_is_not_published(arizona, ann, pia):
    draft = edit(arizona, ann, when={"acres": {"min": "3", "max": "2"}})
    assert releases.gate(draft).mistakes
    with pytest.raises(Refused, match="az-33-814-g"):
        releases.publish_draft(draft, pia, draft.digest, "note", alone=True)


def test_a_failing_scenario_blocks_until_the_publisher_says_why(arizona, ann, pia):
    call_command("load_scenarios", verbosity=0)
    draft = edit(arizona, ann, effect="permit")
    found = releases.gate(draft)
    assert "az-trustee-sale-small-home" in {failure.name for failure in found.failing}
    with pytest.raises(Refused) as refusal:
        releases.publish_draft(draft, pia, draft.digest, "note", alone=True)
    assert fields(refusal) == {"failing_why"}
    why = "the legislature repealed it"
    assert releases.publish_draft(draft, pia, draft.digest, "note", alone=True, failing_why=why).failing_why == why


def test_a_scenario_taken_away_since_the_last_publication_is_told(arizona, ann, pia):
    call_command("load_scenarios", verbosity=0)
    draft = edit(arizona, ann, effect="permit")
    before = {failure.name for failure in releases.gate(draft).failing}
    row = scenarios.Scenario.objects.get(name="az-trustee-sale-small-home")
    row._change_reason, row._history_user = "in the way", pia
    row.delete()
    found = releases.gate(draft)
    assert before - {failure.name for failure in found.failing} == {"az-trustee-sale-small-home"}
    assert [(item.name, item.is_gone, item.by, item.why) for item in found.changed_tests] == [
        ("az-trustee-sale-small-home", True, "pia", "in the way")
    ]


def test_what_comes_into_force_this_moment_is_no_longer_withdrawn(arizona, ann, pia):
    draft = edit(arizona, ann)
    soon = timezone.now() + timedelta(seconds=5)
    later = releases.publish_draft(draft, pia, draft.digest, "note", alone=True, live_at=soon)
    with pytest.raises(Refused, match="still scheduled"):
        releases.withdraw(later, pia, "too late")


def test_a_failing_scenario_of_any_state_blocks_the_federal_layer(desk, ann, pia):
    call_command("load_scenarios", verbosity=0)
    scenarios.Scenario.objects.exclude(state__in=("AZ", "FL")).delete()
    federal = JurisdictionDraft.objects.get(code="US")
    discharge = next(p for p in JURISDICTIONS["US"].document.provisions if "bankruptcy_discharge" in p.when)
    draft = edit(federal, ann, slug=discharge.id, when={"lien": ["first"]})
    states = {failure.scenario.state for failure in releases.gate(draft).failing}
    assert states & {"AZ", "FL"}
    with pytest.raises(Refused) as refusal:
        releases.publish_draft(draft, pia, draft.digest, "note", alone=True)
    assert "failing_why" in fields(refusal)


def test_a_scheduled_publication_is_in_force_from_its_time_on(arizona, ann, pia):
    draft = edit(arizona, ann)
    soon = timezone.now() + timedelta(days=3)
    later = releases.publish_draft(draft, pia, draft.digest, "note", alone=True, live_at=soon)
    assert Publication.objects.current().get(code="AZ").number == 1
    assert list(Publication.objects.scheduled()) == [later]
    with pytest.raises(Refused) as refusal:
        releases.publish_draft(
            edit(draft, ann, heading="Once more"),
            pia,
            JurisdictionDraft.objects.get(code="AZ").digest,
            "note",
            alone=True,
        )
    assert fields(refusal) == {"overtake"}, "nothing scheduled is dropped in silence"


def test_a_time_that_is_past_is_refused(arizona, ann, pia):
    draft = edit(arizona, ann)
    with pytest.raises(Refused) as refusal:
        releases.publish_draft(draft, pia, draft.digest, "note", alone=True, live_at=timezone.now())
    assert fields(refusal) == {"live_at"}


def test_a_withdrawn_publication_never_comes_into_force(arizona, ann, pia):
    draft = edit(arizona, ann)
    soon = timezone.now() + timedelta(days=3)
    later = releases.publish_draft(draft, pia, draft.digest, "note", alone=True, live_at=soon)
    releases.withdraw(later, pia, "the bill was vetoed")
    assert not Publication.objects.scheduled().exists()
    assert later not in Publication.objects.live().filter(live_at__lte=Now() + timedelta(days=9))
    with pytest.raises(Refused):
        releases.withdraw(arizona.base, pia, "what is in force is rolled back, not withdrawn")


def test_what_was_withdrawn_is_an_edit_again_by_those_who_made_it(arizona, ann, pia):
    draft = edit(arizona, ann)
    soon = timezone.now() + timedelta(days=3)
    later = releases.publish_draft(draft, pia, draft.digest, "note", alone=True, live_at=soon)
    releases.withdraw(later, pia, "the bill was vetoed")
    draft = JurisdictionDraft.objects.get(code="AZ")
    assert draft.is_edited and draft.base == arizona.base and drafts.editors_of(draft) == {ann.pk}
    assert not releases.gate(draft).is_behind
    again = releases.publish_draft(draft, pia, draft.digest, "passed after all", alone=True)
    assert again.number == 3


def test_loading_files_while_something_is_scheduled_leaves_the_draft(arizona, ann, pia):
    draft = edit(arizona, ann)
    soon = timezone.now() + timedelta(days=3)
    later = releases.publish_draft(draft, pia, draft.digest, "note", alone=True, live_at=soon)
    publish.publish([SHIPPED["AZ"], SHIPPED["FL"]])
    draft = JurisdictionDraft.objects.get(code="AZ")
    assert draft.base == later and not draft.is_edited


def test_federal_facts_that_options_rest_on_cannot_be_rolled_away(desk, pia):
    first = Publication.objects.get(code="federal")
    fewer = {key: value for key, value in first.document.items() if key != "bankruptcy"}
    Publication(code="federal", number=2, digest="x", document=fewer, text="").save()
    Publication(code="federal", number=3, digest=first.digest, document=first.document, text="").save()
    with pytest.raises(Refused, match="bankruptcy"):
        releases.roll_back(Publication.objects.get(code="federal", number=2), pia, "reason")


def test_rolling_back_publishes_the_earlier_content_again(arizona, ann, pia):
    draft = edit(arizona, ann)
    releases.publish_draft(draft, pia, draft.digest, "note", alone=True)
    with pytest.raises(Refused) as refusal:
        releases.roll_back(arizona.base, pia, " ")
    assert fields(refusal) == {"reason"}
    again = releases.roll_back(arizona.base, pia, "the heading misled")
    assert (again.number, again.restores, again.origin, again.note) == (3, 1, "rollback", "the heading misled")
    assert again.digest == arizona.base.digest and again.text == arizona.base.text
    fresh = JurisdictionDraft.objects.get(code="AZ")
    assert fresh.base == again and not fresh.is_edited


def test_a_roll_back_leaves_unpublished_edits_and_they_are_known_to_be_behind(arizona, ann, pia):
    draft = edit(arizona, ann)
    releases.publish_draft(draft, pia, draft.digest, "note", alone=True)
    draft = edit(JurisdictionDraft.objects.get(code="AZ"), ann, heading="Not published yet")
    releases.roll_back(arizona.base, pia, "misled")
    kept = JurisdictionDraft.objects.get(code="AZ")
    assert kept.is_edited and kept.provisions.filter(heading="Not published yet").exists()
    assert releases.gate(kept).is_behind
    with pytest.raises(Refused) as refusal:
        releases.publish_draft(kept, pia, kept.digest, "note", alone=True)
    assert fields(refusal) == {"overtake"}


def test_edits_can_be_dropped_with_a_reason(arizona, ann):
    draft = edit(arizona, ann)
    assert not releases.start_again(draft, ann, "a mistake").is_edited


# --- files beside the desk -------------------------------------------------------------------------------------------


def file_with(old: str, new: str):
    text = SHIPPED["AZ"].text.replace(old, new, 1)
    return publish.draft(publish.Shelf(federal=JURISDICTIONS["US"].document), "AZ", text, "AZ.yaml")


def test_a_file_never_overwrites_unpublished_edits_and_waits_to_be_compared(arizona, ann):
    edit(arizona, ann)
    changed = file_with("Small home, trustee's sale", "A small home")
    found = publish.publish([changed])
    assert found.published == [] and [code for code, _ in found.held] == ["AZ"]
    assert LoadedFile.objects.get().digest == changed.digest
    assert ProvisionDraft.objects.filter(heading="Small home: no suit for the rest").exists()
    assert publish.publish([changed]).held == [], "the same file is not held twice"


def test_shipped_files_loaded_again_never_undo_what_the_desk_published(arizona, ann, pia):
    draft = edit(arizona, ann)
    releases.publish_draft(draft, pia, draft.digest, "note", alone=True)
    found = publish.publish([SHIPPED["AZ"]])
    assert (found.published, found.held, found.unchanged) == ([], [], ["AZ"])
    newer = publish.publish([file_with("Small home, trustee's sale", "A small home")])
    assert newer.published == [] and "was published at the desk" in newer.held[0][1]


def test_a_changed_file_is_published_and_becomes_the_draft_where_nobody_edits(arizona):
    found = publish.publish([file_with("Small home, trustee's sale", "A small home")])
    assert found.published == ["AZ 2"]
    draft = JurisdictionDraft.objects.get(code="AZ")
    assert draft.base.number == 2 and not draft.is_edited
    assert draft.provisions.get(slug="az-33-814-g").heading.startswith("A small home")


# --- in memory -------------------------------------------------------------------------------------------------------


def test_the_mark_that_processes_look_at_is_one_query(desk, django_assert_num_queries):
    with django_assert_num_queries(1):
        store._mark()


def test_users_who_edited_or_signed_cannot_be_lost(arizona, ann):
    edit(arizona, ann)
    with pytest.raises(Exception, match="protected"):
        User.objects.get(pk=ann.pk).delete()


def test_a_roll_back_is_of_what_was_in_force_when_it_was_decided_on(arizona, pia):
    """Asked again with the draft held: somebody may have published since the page looked."""
    first = Publication.objects.get(code="AZ")
    draft = edit(arizona, pia)
    second = releases.publish_draft(draft, pia, draft.digest, "x", alone=True, failing_why="x")
    draft = edit(JurisdictionDraft.objects.get(code="AZ"), pia, heading="Yet another heading")
    releases.publish_draft(draft, pia, draft.digest, "x", alone=True, failing_why="x")
    with pytest.raises(Refused, match="Something else came into force"):
        releases.roll_back(first, pia, "wrong", failing_why="x", seen=str(second.number))
    assert releases.roll_back(first, pia, "wrong", failing_why="x", seen="3").number == 4
