"""The desk's steps to what the public sees: sign off, publish, schedule, roll back, withdraw; and publications kept."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.admin import site
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from statelaw import drafts, publish, releases
from statelaw.desk.standing import Standing, title_of, with_standing
from statelaw.models import (
    NOT_REVIEWED,
    JurisdictionDraft,
    Licence,
    ProvisionDraft,
    Publication,
    Scenario,
    SignOff,
    Withdrawal,
)

from .desk import person, signed_in

SHIPPED = publish.shipped()[0]
RULE = "az-33-814-g"
ALONE = "not checked by a second person"


@pytest.fixture
def law(db):
    """Arizona, Florida and what lies over both, published and laid out as drafts."""
    publish.publish([SHIPPED[code] for code in ("US", "federal", "options", "AZ", "FL", "collection-AZ")])


@pytest.fixture
def people(law):
    """One person a group, one in none, and a superuser."""
    return {
        "editor": person("ann", "editor"),
        "reviewer": person("rob", "reviewer"),
        "publisher": person("pia", "publisher"),
        "guest": person("gus"),
        "superuser": person("sue", superuser=True),
    }


@pytest.fixture
def as_(people, client):
    return lambda name: signed_in(client, people[name])


@pytest.fixture
def edited(people):
    """Arizona with one rule changed by the editor."""
    return edit(people["editor"])


def draft(code="AZ"):
    return drafts.whole(JurisdictionDraft.objects.filter(code=code)).get()


def edit(by, slug=RULE, **values):
    row = ProvisionDraft.objects.get(slug=slug)
    for name, value in (values or {"heading": "A small home is safe from a suit"}).items():
        setattr(row, name, value)
    drafts.save_row(row, by, "a better word")
    return drafts.touch(row.jurisdiction, by)


def sign(by, **values):
    return releases.sign_off(draft(), by, draft().digest, provisions=[RULE], **values)


def later(hours: float = 24):
    return timezone.now() + timedelta(hours=hours)


def schedule(people, live_at, **values):
    return releases.publish_draft(
        draft(), people["publisher"], draft().digest, "for later", live_at=live_at, alone=True, **values
    )


def url(name, *args):
    return reverse(f"admin:statelaw_{name}", args=args)


def text(response) -> str:
    """What a person reads, in one line."""
    page = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+([.,;:])", r"\1", " ".join(unescape(page).split()))


def sent(form, **values):
    """What the browser would send: the form as it came, with these values."""
    page = form.content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(digest|seen)" value="([^"]*)"', page))
    return hidden | values


def newest(code="AZ"):
    return Publication.objects.filter(code=code).order_by("-number").first()


# --- signing off -----------------------------------------------------------------------------------------------------


def test_a_reviewer_signs_off_exactly_what_the_page_showed(as_, edited, people):
    page = as_("reviewer").get(url("sign_off", "AZ"))
    said = text(page)
    assert "A small home is safe from a suit" in said and edited.digest[:12] in said
    answer = as_("reviewer").post(url("sign_off", "AZ"), sent(page, kind="editor", provisions=[RULE], note="Read it."))
    assert answer.status_code == 302
    row = SignOff.objects.get()
    assert (row.code, row.digest, row.by, row.kind) == ("AZ", draft().digest, people["reviewer"], "editor")
    assert list(row.provisions) == [RULE] and row.note == "Read it." and row.public_name == ""
    assert ProvisionDraft.objects.get(slug=RULE).checked == timezone.localdate()


def test_rules_that_change_are_ticked_already_and_no_others(as_, edited):
    page = as_("reviewer").get(url("sign_off", "AZ")).content.decode()
    boxes = re.findall(r'<input type="checkbox" name="provisions" value="([^"]+)"[^>]*?( checked)?\s*>', page)
    assert [value for value, checked in boxes if checked] == [RULE]
    assert len(boxes) == draft().provisions.count()


def test_whoever_edited_is_told_that_someone_else_has_to_check(as_, edited, people):
    people["editor"].groups.add(people["reviewer"].groups.get())
    client = as_("editor")
    page = client.get(url("sign_off", "AZ"))
    assert "someone else has to check it" in text(page)
    assert 'value="Sign off this content"' not in page.content.decode()
    answer = client.post(url("sign_off", "AZ"), {"digest": edited.digest, "kind": "editor", "provisions": [RULE]})
    assert answer.status_code == 422 and "someone else has to check it" in text(answer)
    assert not SignOff.objects.exists()


@pytest.mark.parametrize("name", ["editor", "publisher"])
def test_only_a_reviewer_signs_off(as_, edited, name):
    client = as_(name)
    for answer in (
        client.get(url("sign_off", "AZ")),
        client.post(url("sign_off", "AZ"), {"digest": edited.digest, "kind": "editor"}),
    ):
        assert answer.status_code == 403 and "Only a reviewer may sign off." in text(answer)
    assert not SignOff.objects.exists()


def test_a_draft_that_changed_since_the_page_was_shown_is_not_signed(as_, edited, people):
    client = as_("reviewer")
    page = client.get(url("sign_off", "AZ"))
    edit(people["editor"], heading="Yet another heading")
    answer = client.post(url("sign_off", "AZ"), sent(page, kind="editor", provisions=[RULE], note="Read the old one."))
    assert answer.status_code == 422
    said = text(answer)
    assert "changed since you opened this page" in said and "Yet another heading" in said
    assert "Read the old one." in said, "what was typed is kept"
    assert not SignOff.objects.exists()
    again = client.post(url("sign_off", "AZ"), sent(answer, kind="editor", provisions=[RULE]))
    assert again.status_code == 302 and SignOff.objects.get().digest == draft().digest


def test_a_later_edit_voids_a_sign_off_visibly_and_says_whose_edit(as_, edited, people):
    people["editor"].first_name, people["editor"].last_name = "Ann", "Archer"
    people["editor"].save()
    sign(people["reviewer"])
    edit(people["editor"], heading="Changed after the sign-off")
    for page in (as_("reviewer").get(url("sign_off", "AZ")), as_("publisher").get(url("publish", "AZ"))):
        said = text(page)
        assert "Nobody has signed off exactly this content." in said
        assert "No longer valid: edited since by Ann Archer." in said


def test_only_a_licensed_attorney_signs_as_one_and_is_named_only_if_she_agrees(as_, edited, people):
    client = as_("reviewer")
    page = client.get(url("sign_off", "AZ"))
    assert 'value="attorney"' not in page.content.decode()
    answer = client.post(url("sign_off", "AZ"), sent(page, kind="attorney", provisions=[RULE]))
    assert answer.status_code == 422 and not SignOff.objects.exists()
    Licence.objects.create(user=people["reviewer"], code="AZ", number="012345")
    page = client.get(url("sign_off", "AZ"))
    client.post(url("sign_off", "AZ"), sent(page, kind="attorney", provisions=[RULE], public_name="Rob Roe"))
    assert SignOff.objects.latest("pk").public_name == "", "she did not tick the box"
    unnamed = client.post(url("sign_off", "AZ"), sent(page, kind="attorney", is_named="on", public_name=" "))
    assert unnamed.status_code == 422 and "Write the name that readers shall see" in text(unnamed)
    client.post(url("sign_off", "AZ"), sent(page, kind="attorney", is_named="on", public_name="Rob Roe"))
    assert SignOff.objects.latest("pk").public_name == "Rob Roe"
    client.post(url("sign_off", "AZ"), sent(page, kind="editor", is_named="on", public_name="Rob Roe"))
    assert SignOff.objects.latest("pk").public_name == "", "readers are told names of attorneys only"


def test_nothing_to_sign_is_said(as_, people):
    assert "nothing to sign" in text(as_("reviewer").get(url("sign_off", "AZ")))
    assert as_("reviewer").get(url("sign_off", "ZZ")).status_code == 404


def test_a_draft_with_mistakes_cannot_be_signed_or_published(as_, people):
    row = ProvisionDraft.objects.get(slug=RULE)
    row.when = {"no_such_fact": [True]}
    drafts.save_row(row, people["editor"], "a slip")
    found = drafts.touch(row.jurisdiction, people["editor"])
    for name, step in (("reviewer", "sign_off"), ("publisher", "publish")):
        page = as_(name).get(url(step, "AZ"))
        assert "no_such_fact" in text(page) and "have to be mended first" in text(page)
        assert "Send back with a note" in page.content.decode(), "what is left to do"
        assert not re.search('value="(Sign off this content|Publish)"', page.content.decode())
        answer = as_(name).post(
            url(step, "AZ"), {"digest": found.digest, "kind": "editor", "note": "x", "when": "now", "alone": "on"}
        )
        assert answer.status_code == 422
    assert not SignOff.objects.exists() and newest().number == 1


# --- publishing ------------------------------------------------------------------------------------------------------


def test_a_signed_draft_is_published_and_in_force(as_, edited, people):
    sign(people["reviewer"], note="Looks right.")
    client = as_("publisher")
    page = client.get(url("publish", "AZ"))
    assert "Signed off by rob" in text(page) and ALONE not in text(page)
    answer = client.post(url("publish", "AZ"), sent(page, note="A plainer heading.", when="now"), follow=True)
    row = newest()
    assert answer.redirect_chain[-1][0] == url("publication_change", row.pk)
    said = text(answer)
    assert "AZ 2 is published and in force." in said and "A plainer heading." in said and "rob, as an editor" in said
    assert not row.is_alone and row.made_by == "pia" and row.reviews[RULE]["kind"] == "editor"
    assert Publication.objects.current().get(code="AZ") == row
    assert not draft().is_edited


def test_publishing_alone_has_to_be_said_and_stays_visible(as_, edited):
    client = as_("superuser")
    page = client.get(url("publish", "AZ"))
    assert "Publish it with the words “not checked by a second person”" in text(page)
    refused = client.post(url("publish", "AZ"), sent(page, note="A plainer heading.", when="now"))
    assert refused.status_code == 422 and "Nobody else has signed off this content" in text(refused)
    assert 'href="#id_alone"' in refused.content.decode()
    assert newest().number == 1
    answer = client.post(url("publish", "AZ"), sent(refused, note="Alone.", when="now", alone="on"), follow=True)
    assert newest().is_alone and "Not checked by a second person" in text(answer)


@pytest.mark.parametrize("name", ["editor", "reviewer"])
def test_only_a_publisher_publishes_rolls_back_and_withdraws(as_, edited, people, name):
    past = newest()
    schedule(people, later())
    ahead = newest()
    client = as_(name)
    edit(people["editor"], heading="One more")
    values = {"digest": draft().digest, "note": "x", "when": "now", "alone": "on", "reason": "x", "why": "x", "seen": 1}
    for address in (url("publish", "AZ"), url("roll_back", past.pk), url("withdraw", ahead.pk)):
        for answer in (client.get(address), client.post(address, values)):
            assert answer.status_code == 403 and "Only a publisher may" in text(answer)
    assert newest() == ahead and not Withdrawal.objects.exists()


@pytest.mark.parametrize("step", ["sign_off", "publish"])
def test_who_is_in_no_group_sees_no_step_and_no_publication(as_, edited, step):
    client = as_("guest")
    row = newest()
    for address in (
        url(step, "AZ"),
        url("publication_changelist"),
        url("publication_change", row.pk),
        url("publication_export", row.pk),
        url("roll_back", row.pk),
        url("withdraw", row.pk),
    ):
        assert client.get(address).status_code == 403, address
        assert client.post(address, {}).status_code == 403, address


@pytest.mark.parametrize("step", ["sign_off", "publish"])
def test_strangers_are_led_to_the_door(client, law, step):
    for address in (url(step, "AZ"), url("publication_change", newest().pk), url("roll_back", newest().pk)):
        for answer in (client.get(address), client.post(address, {})):
            assert answer.status_code == 302 and "/login/" in answer["Location"]


def test_every_empty_field_is_named_where_it_stands(as_, edited):
    page = as_("publisher").post(url("publish", "AZ"), {"digest": edited.digest, "when": "later", "alone": "on"})
    said = page.content.decode()
    assert page.status_code == 422 and "<title>Error:" in said
    for field, message in (
        ("note", "Say it in a few words."),
        ("day", "Choose the day."),
        ("time", "Choose the time."),
    ):
        assert f'<a href="#id_{field}">' in said and f'id="id_{field}_error"' in said and message in said
        assert re.search(rf'<(?:input|textarea)[^>]*id="id_{field}"[^>]*', said)[0].count("aria-invalid") == 1
    assert newest().number == 1


def test_a_text_that_is_too_long_or_a_wrong_day_is_refused_and_kept(as_, edited):
    values = {"digest": edited.digest, "when": "later", "day": "2027-13-45", "time": "25:99", "note": "n" * 501}
    page = as_("publisher").post(url("publish", "AZ"), values | {"alone": "on"})
    said = text(page)
    assert page.status_code == 422 and "at most 500 letters" in said and "Enter a valid date." in said
    assert "2027-13-45" in page.content.decode() and "n" * 501 in said
    odd = as_("publisher").post(
        url("publish", "AZ"), values | {"when": "never", "digest": "x" * 5000, "note": "a\x00b"}
    )
    assert odd.status_code == 422 and newest().number == 1


def test_a_publication_is_scheduled_in_the_sites_own_time_zone(as_, edited, settings):
    client = as_("publisher")
    page = client.get(url("publish", "AZ"))
    assert settings.TIME_ZONE in text(page)
    moment = timezone.localtime(later(50)).replace(second=0, microsecond=0)
    values = sent(page, note="For later.", when="later", day=f"{moment:%Y-%m-%d}", time=f"{moment:%H:%M}", alone="on")
    answer = client.post(url("publish", "AZ"), values, follow=True)
    row = newest()
    assert row.live_at == moment and "It comes into force on" in text(answer)
    assert Publication.objects.current().get(code="AZ").number == 1


@pytest.mark.parametrize(
    ("day", "time", "why"),
    [
        ("2020-01-01", "08:00", "still to come"),
        ("2090-01-01", "08:00", "within two years"),
        ("9999-12-31", "23:59", "within two years"),
        ("2027-03-14", "02:30", "The clocks change then"),
        ("0001-01-01", "00:00", "."),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused_at_its_field(as_, edited, day, time, why):
    page = as_("publisher").post(
        url("publish", "AZ"),
        {"digest": edited.digest, "note": "x", "when": "later", "day": day, "time": time, "alone": "on"},
    )
    assert page.status_code == 422 and why in text(page)
    assert re.search('href="#id_(day|time)"', page.content.decode())
    assert newest().number == 1


def test_a_failing_scenario_blocks_until_somebody_writes_why(as_, edited, people):
    Scenario.objects.create(
        code="AZ",
        state="AZ",
        name="a test that fails",
        why="to fail",
        given={"facts": {"disposition": "judicial", "lien": "first", "residence": "primary"}},
        expect={"outcome": "capped", "exposure": 1},
    )
    sign(people["reviewer"])
    client = as_("publisher")
    page = client.get(url("publish", "AZ"))
    assert "1 scenario fails." in text(page) and "a test that fails" in text(page)
    assert "Outcome: expected Limited, found" in text(page) and "Still owed: expected $1, found" in text(page)
    refused = client.post(url("publish", "AZ"), sent(page, note="x", when="now"))
    assert refused.status_code == 422 and 'href="#id_failing_why"' in refused.content.decode()
    answer = client.post(
        url("publish", "AZ"), sent(page, note="x", when="now", failing_why="It expects the old law."), follow=True
    )
    assert "It expects the old law." in text(answer) and newest().failing_why == "It expects the old law."


def test_one_that_is_scheduled_is_not_overtaken_by_accident(as_, edited, people):
    schedule(people, later())
    edit(people["editor"], heading="Meant for today")
    client = as_("publisher")
    page = client.get(url("publish", "AZ"))
    assert "Already scheduled." in text(page) and "AZ 2" in text(page)
    refused = client.post(url("publish", "AZ"), sent(page, note="x", when="now", alone="on"))
    assert refused.status_code == 422 and 'href="#id_overtake"' in refused.content.decode()
    client.post(url("publish", "AZ"), sent(page, note="x", when="now", alone="on", overtake="on"))
    standing = dict(with_standing(Publication.objects.filter(code="AZ")).values_list("number", "standing"))
    assert standing == {1: Standing.PAST, 2: Standing.OVERTAKEN, 3: Standing.IN_FORCE}


def test_a_draft_behind_what_was_published_meanwhile_says_so(as_, edited, people):
    Publication(code="AZ", number=2, document=newest().document, text="", digest="0" * 64, made_by="sue").save()
    page = as_("publisher").get(url("publish", "AZ"))
    assert "AZ 2 was published on" in text(page) and "by sue, after this draft was begun" in text(page)
    refused = as_("publisher").post(url("publish", "AZ"), sent(page, note="x", when="now", alone="on"))
    assert refused.status_code == 422 and 'href="#id_overtake"' in refused.content.decode()


def test_a_draft_that_changed_since_the_page_was_shown_is_not_published(as_, edited, people):
    client = as_("publisher")
    page = client.get(url("publish", "AZ"))
    edit(people["editor"], heading="Yet another heading")
    answer = client.post(url("publish", "AZ"), sent(page, note="The old one.", when="now", alone="on"))
    assert answer.status_code == 422 and "changed since you opened this page" in text(answer)
    assert "Yet another heading" in text(answer) and "The old one." in text(answer)
    assert newest().number == 1


def test_nobody_published_by_a_link_alone(as_, edited):
    client = as_("publisher")
    client.get(url("publish", "AZ"), {"digest": edited.digest, "note": "x", "when": "now", "alone": "on"})
    assert newest().number == 1
    assert client.delete(url("publish", "AZ")).status_code == 405


# --- rolling back and withdrawing -------------------------------------------------------------------------------------


@pytest.fixture
def published(edited, people):
    """Arizona's second publication, in force."""
    sign(people["reviewer"])
    return releases.publish_draft(draft(), people["publisher"], draft().digest, "a change")


def test_an_earlier_publication_is_published_again_with_a_reason(as_, published):
    first = Publication.objects.get(code="AZ", number=1)
    client = as_("publisher")
    page = client.get(url("roll_back", first.pk))
    said = text(page)
    assert "AZ 2" in said and "published again under a new number" in said and "Every scenario holds." in said
    refused = client.post(url("roll_back", first.pk), sent(page, reason=" "))
    assert refused.status_code == 422 and 'href="#id_reason"' in refused.content.decode()
    answer = client.post(url("roll_back", first.pk), sent(page, reason="It was wrong."), follow=True)
    row = newest()
    assert (row.number, row.restores, row.note, row.origin) == (3, 1, "It was wrong.", "rollback")
    assert row.document == first.document and "AZ 3 is published and in force." in text(answer)
    assert "an earlier one, published again: number 1" in text(answer).lower()
    assert draft().digest == draft().base_digest and draft().base == row


def test_a_roll_back_runs_the_scenarios_and_needs_a_reason_for_failing_ones(as_, published):
    Scenario.objects.create(
        code="AZ",
        state="AZ",
        name="a test that fails",
        why="to fail",
        given={"facts": {"disposition": "judicial"}},
        expect={"exposure": 1},
    )
    first = Publication.objects.get(code="AZ", number=1)
    client = as_("publisher")
    page = client.get(url("roll_back", first.pk))
    assert "1 scenario would fail." in text(page)
    assert client.post(url("roll_back", first.pk), sent(page, reason="Wrong.")).status_code == 422
    client.post(url("roll_back", first.pk), sent(page, reason="Wrong.", failing_why="The test is old."))
    assert newest().failing_why == "The test is old."


def test_what_no_longer_fits_the_federal_layer_cannot_be_rolled_back_and_says_why(as_, published):
    first = Publication.objects.get(code="AZ", number=1)
    document = {**first.document, "provisions": [*first.document["provisions"]]}
    document["provisions"][0] = {**document["provisions"][0], "when": {"us_gone_since": [True]}}
    odd = Publication(code="FL", number=9, document=document, text="", digest="1" * 64, live_at=Now())
    odd.save()
    Publication(code="FL", number=10, document=first.document, text="", digest="2" * 64).save()
    page = as_("publisher").get(url("roll_back", odd.pk))
    assert "us_gone_since" in text(page) and '<form method="post" novalidate' not in page.content.decode()
    answer = as_("publisher").post(url("roll_back", odd.pk), {"reason": "x", "seen": "10"})
    assert answer.status_code == 422 and newest("FL").number == 10


def test_what_is_in_force_or_scheduled_is_not_rolled_back_to(as_, published, people):
    answer = as_("publisher").get(url("roll_back", published.pk))
    assert answer.status_code == 409 and "is in force" in text(answer)
    assert as_("publisher").post(url("roll_back", published.pk), {"reason": "x", "seen": "2"}).status_code == 409
    assert newest() == published


def test_two_who_roll_back_at_once_do_not_do_it_twice(as_, published):
    first = Publication.objects.get(code="AZ", number=1)
    client = as_("publisher")
    page = client.get(url("roll_back", first.pk))
    client.post(url("roll_back", first.pk), sent(page, reason="Wrong."))
    again = client.post(url("roll_back", first.pk), sent(page, reason="Wrong, too."))
    assert again.status_code == 422 and "came into force since you opened this page" in text(again)
    assert newest().number == 3


def test_edits_that_are_not_published_survive_a_roll_back(as_, published, people):
    edit(people["editor"], heading="Still being written")
    first = Publication.objects.get(code="AZ", number=1)
    client = as_("publisher")
    page = client.get(url("roll_back", first.pk))
    assert "The draft holds edits that are not published." in text(page)
    client.post(url("roll_back", first.pk), sent(page, reason="Wrong."))
    assert ProvisionDraft.objects.get(slug=RULE).heading == "Still being written"


def test_a_scheduled_publication_is_withdrawn_with_a_reason_and_stays_on_record(as_, edited, people):
    row = schedule(people, later())
    client = as_("publisher")
    assert "Withdraw it before it comes into force" in text(client.get(url("publication_change", row.pk)))
    refused = client.post(url("withdraw", row.pk), {"why": ""})
    assert refused.status_code == 422 and 'href="#id_why"' in refused.content.decode()
    answer = client.post(url("withdraw", row.pk), {"why": "The bill failed."}, follow=True)
    said = text(answer)
    assert "AZ 2 will not come into force." in said and "The bill failed." in said and "by pia" in said
    assert client.post(url("withdraw", row.pk), {"why": "Again."}).status_code == 422
    assert client.get(url("withdraw", row.pk)).status_code == 409
    assert Withdrawal.objects.count() == 1


def test_only_what_is_scheduled_can_be_withdrawn(as_, published):
    answer = as_("publisher").post(url("withdraw", published.pk), {"why": "x"})
    assert answer.status_code == 422 and not Withdrawal.objects.exists()


# --- what was published ----------------------------------------------------------------------------------------------


def test_where_each_publication_stands_agrees_with_the_law_that_is_in_force(edited, people):
    schedule(people, later(48))
    edit(people["editor"], heading="Later still")
    schedule(people, later(24), overtake=True)
    releases.withdraw(newest(), people["publisher"], "no")
    rows = with_standing(Publication.objects.all())
    in_force = set(rows.filter(standing=Standing.IN_FORCE).values_list("pk", flat=True))
    assert in_force == set(Publication.objects.current().values_list("pk", flat=True))
    scheduled = set(rows.filter(standing=Standing.SCHEDULED).values_list("pk", flat=True))
    assert scheduled == set(Publication.objects.scheduled().values_list("pk", flat=True)) != set()
    assert rows.filter(standing=Standing.WITHDRAWN).get() == newest()


@pytest.mark.parametrize("name", ["editor", "reviewer", "publisher", "superuser"])
def test_the_list_and_every_page_of_it_are_open_to_the_desk(as_, published, name):
    client = as_(name)
    page = client.get(url("publication_changelist"))
    assert page.status_code == 200
    said = text(page)
    assert (
        "Arizona AZ 2" in said and "Arizona: after a judgment collection-AZ 1" in said and "Federal rules US 1" in said
    )
    for row in Publication.objects.all():
        answer = client.get(url("publication_change", row.pk))
        assert answer.status_code == 200 and row.digest in text(answer)


def test_the_list_is_filtered_and_searched(as_, published):
    client = as_("editor")

    def listed(**query):
        return re.findall(r'class="code">([^<]+)<', client.get(url("publication_changelist"), query).content.decode())

    assert listed(standing="past") == ["AZ 1"]
    assert set(listed(part="states")) == {"AZ 1", "AZ 2", "FL 1"}
    assert listed(part="collection") == ["collection-AZ 1"] and listed(part="options") == ["options 1"]
    assert set(listed(part="federal")) == {"US 1", "federal 1"}
    assert listed(q="a change") == ["AZ 2"]
    assert len(listed(standing="nonsense", part="nonsense")) == 7


def test_rolling_back_is_offered_to_publishers_and_only_where_it_makes_sense(as_, published):
    first = Publication.objects.get(code="AZ", number=1)
    assert "Roll back: publish it again" in text(as_("publisher").get(url("publication_change", first.pk)))
    assert "Roll back" not in text(as_("publisher").get(url("publication_change", published.pk)))
    assert "Roll back" not in text(as_("editor").get(url("publication_change", first.pk)))


@pytest.mark.parametrize("code", ["AZ", "options", "collection-AZ"])
def test_a_loaded_publication_is_exported_byte_for_byte(as_, law, code):
    row = newest(code)
    answer = as_("editor").get(url("publication_export", row.pk))
    assert answer.content.decode() == SHIPPED[code].text
    assert answer["Content-Disposition"] == f'attachment; filename="{code}-1.yaml"'
    assert "no-store" in answer["Cache-Control"]


def test_what_the_desk_published_is_exported_as_a_file_that_reads_back_the_same(as_, published):
    text_ = as_("editor").get(url("publication_export", published.pk)).content.decode()
    shelf = publish.Shelf(federal=SHIPPED["US"].document)
    assert publish.draft(shelf, "AZ", text_, "AZ.yaml").digest == published.digest


@pytest.mark.parametrize("name", ["publisher", "superuser"])
@pytest.mark.parametrize("model", ["publication", "signoff", "withdrawal"])
def test_nothing_kept_can_be_added_changed_or_deleted_by_anyone(as_, edited, people, name, model):
    sign(people["reviewer"])
    releases.withdraw(schedule(people, later()), people["publisher"], "no")
    client = as_(name)
    row = {"publication": Publication, "signoff": SignOff, "withdrawal": Withdrawal}[model].objects.latest("pk")
    assert client.get(url(f"{model}_changelist")).status_code == 200
    assert client.get(url(f"{model}_change", row.pk)).status_code == 200
    assert client.post(url(f"{model}_change", row.pk), {"note": "other"}).status_code == 403
    for address in (url(f"{model}_add"), url(f"{model}_delete", row.pk)):
        assert client.get(address).status_code == 403 and client.post(address, {"post": "yes"}).status_code == 403
    gone = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    client.post(url(f"{model}_changelist"), gone)
    assert type(row).objects.filter(pk=row.pk).exists()
    assert type(row) in site._registry


def test_every_address_of_no_publication_is_not_found(as_, law):
    client = as_("publisher")
    for address in (
        url("publication_change", 999),
        url("publication_change", "x"),
        url("roll_back", 999),
        url("withdraw", 999),
        url("publication_export", 999),
        url("publish", "ZZ"),
    ):
        assert client.get(address).status_code == 404, address


def test_every_code_has_a_name_that_a_person_reads():
    assert title_of("AZ") == "Arizona" and title_of("collection-AZ") == "Arizona: after a judgment"
    assert len({title_of(code) for code in SHIPPED}) == len(SHIPPED)


def test_a_shipped_publication_says_that_no_attorney_has_reviewed_it(as_, law):
    said = text(as_("editor").get(url("publication_change", newest("FL").pk)))
    assert NOT_REVIEWED.capitalize() in said and "Sign-offs of exactly this content None." in said
