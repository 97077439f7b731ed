"""A reviewer objects without signing: the draft goes back with a note, which stands open until somebody answers it."""

import re
from html import unescape

import pytest
from django.urls import reverse

from statelaw import drafts, publish, releases, review_notes
from statelaw.desk.dashboard import dashboard
from statelaw.models import JurisdictionDraft, ProvisionDraft, Publication, ReviewNote, SignOff

from .desk import person, signed_in

SHIPPED = publish.shipped()[0]
RULE = "az-33-814-g"
LIST = "/desk/statelaw/reviewnote/"
STATE = "/desk/statelaw/jurisdictiondraft/AZ/"
ATTACK = "<script>alert(1)</script> {{ 7|add:7 }} the acres are wrong"


@pytest.fixture
def people(db):
    publish.publish([SHIPPED[code] for code in ("US", "federal", "options", "AZ", "FL")])
    groups = ("editor", "reviewer", "publisher")
    return {name: person(name, name) for name in groups} | {"guest": person("guest")}


@pytest.fixture
def as_(people, client):
    return lambda name: signed_in(client, people[name])


@pytest.fixture
def edited(people):
    return edit(people["editor"], "A small home is safe from a suit")


@pytest.fixture
def note(people, edited):
    return review_notes.send_back(edited, people["reviewer"], edited.digest, ATTACK, RULE)


def edit(by, heading):
    row = ProvisionDraft.objects.get(slug=RULE)
    row.heading = heading
    drafts.save_row(row, by, "a better word")
    return drafts.touch(row.jurisdiction, by)


def url(step):
    return reverse(f"admin:statelaw_{step}", args=["AZ"])


def text(response) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def back(draft, **values):
    """What the browser sends with "Send back with a note"."""
    return {"digest": draft.digest, "back-provision": "", "back-text": "Read (G) again.", "send_back": "x"} | values


def open_on_dashboard() -> int:
    return next(card.count for card in dashboard().cards if card.label == "Review notes open")


# --- sending back ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "step"), [("reviewer", "sign_off"), ("publisher", "publish")])
def test_a_draft_is_sent_back_without_a_signature_or_a_publication(as_, edited, people, name, step):
    client = as_(name)
    assert 'name="send_back"' in client.get(url(step)).content.decode()
    values = back(edited, **{"back-provision": RULE, "back-text": " The statute says “utilized”. "})
    # What else stood in the page's fields is not taken for a signature, or for what to publish.
    answer = client.post(url(step), values | {"kind": "editor", "note": "x", "when": "now", "alone": "on"}, follow=True)
    assert answer.redirect_chain[-1][0] == STATE and "Nothing was signed" in text(answer)
    row = ReviewNote.objects.get()
    assert (row.code, row.provision, row.by, row.status) == ("AZ", RULE, people[name], "open")
    assert (row.text, row.digest) == ("The statute says “utilized”.", edited.digest)
    assert row.history.get().history_user == people[name] and row.history.get().history_change_reason == "sent back"
    assert not SignOff.objects.exists() and Publication.objects.filter(code="AZ").count() == 1


def test_a_sign_off_is_still_a_sign_off(as_, edited):
    as_("reviewer").post(url("sign_off"), {"digest": edited.digest, "kind": "editor", "back-text": "not sent"})
    assert SignOff.objects.count() == 1 and not ReviewNote.objects.exists()


@pytest.mark.parametrize("step", ["sign_off", "publish"])
@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("text", " ", "Say it in a few words."),
        ("text", "x" * 2001, "at most 2000"),
        ("text", "a\0b", "Null characters"),
        ("provision", "az-gone", "There is no such rule any more."),
    ],
)
def test_what_is_wrong_with_a_note_stands_at_its_field_and_what_was_typed_is_kept(
    people, client, edited, step, field, value, message
):
    signed_in(client, people["reviewer" if step == "sign_off" else "publisher"])
    values = back(edited, **{"back-text": "Kept words.", f"back-{field}": value})
    answer = client.post(url(step), values)
    page = answer.content.decode()
    assert answer.status_code == 422 and message in page and "<title>Error:" in page
    assert f'<a href="#id_back-{field}">' in page and f'id="id_back-{field}_error"' in page
    assert page.count("aria-invalid") == 1, "the page's own step was not sent, and has no errors"
    assert field == "text" or "Kept words." in page
    assert not ReviewNote.objects.exists() and not SignOff.objects.exists()


def test_a_note_is_on_what_was_read_and_is_not_lost_where_that_changed_meanwhile(as_, edited, people):
    newer = edit(people["editor"], "Another heading")
    client = as_("reviewer")
    answer = client.post(url("sign_off"), back(edited))
    assert answer.status_code == 422 and "The draft was changed since you opened this page" in text(answer)
    assert "Read (G) again." in answer.content.decode() and f'value="{newer.digest}"' in answer.content.decode()
    assert not ReviewNote.objects.exists()
    client.post(url("sign_off"), back(newer))
    assert ReviewNote.objects.get().digest == newer.digest


def test_there_is_nothing_to_send_back_where_nothing_differs(as_, people):
    same = JurisdictionDraft.objects.get(code="AZ")
    answer = as_("reviewer").post(url("sign_off"), back(same))
    assert answer.status_code == 422 and "Nothing here differs from what is published." in text(answer)
    assert not ReviewNote.objects.exists()


@pytest.mark.parametrize("step", ["sign_off", "publish"])
@pytest.mark.parametrize("name", ["editor", "guest"])
def test_nobody_else_sends_back(as_, edited, people, name, step):
    assert as_(name).post(url(step), back(edited)).status_code == 403
    with pytest.raises(releases.Refused, match="Only a reviewer or a publisher"):
        review_notes.send_back(edited, people[name], edited.digest, "no")
    assert not ReviewNote.objects.exists()


def test_who_may_sign_but_not_object_sees_no_button_and_is_refused(as_, edited, people):
    people["reviewer"].groups.get().permissions.remove(
        *people["reviewer"].groups.get().permissions.filter(codename="add_reviewnote")
    )
    client = as_("reviewer")
    assert "send_back" not in client.get(url("sign_off")).content.decode()
    assert client.post(url("sign_off"), back(edited)).status_code == 403
    assert not ReviewNote.objects.exists()


def test_whoever_edited_the_change_may_not_sign_it_and_may_object(edited, client):
    both = person("both", "editor", "reviewer")
    signed_in(client, both)
    draft = edit(both, "Mine")
    assert "someone else has to check it" in text(client.get(url("sign_off")))
    assert client.post(url("sign_off"), back(draft)).status_code == 302
    assert ReviewNote.objects.get().by == both and not SignOff.objects.exists()


# --- where it is seen ------------------------------------------------------------------------------------------------


def test_an_open_note_stands_on_the_states_page_on_both_steps_and_on_the_first_page(note, as_, people):
    rule = ProvisionDraft.objects.get(slug=RULE)
    for name, address in (("editor", STATE), ("reviewer", url("sign_off")), ("publisher", url("publish"))):
        page = as_(name).get(address)
        assert "the acres are wrong" in text(page) and "by reviewer" in text(page), address
        assert f'href="{LIST}{note.pk}/change/"' in page.content.decode(), address
    assert "1 review note is open. It does not stop you" in text(as_("publisher").get(url("publish")))
    side = text(as_("editor").get(STATE))
    assert rule.heading in side[side.index("Open review notes") :]
    assert open_on_dashboard() == 1 and f'{LIST}?status__exact=open"' in as_("editor").get("/desk/").content.decode()


def test_nothing_of_a_note_is_html(note, as_):
    client = as_("editor")
    client.post(f"{LIST}{note.pk}/change/", {"status": "open", "answer": ATTACK})
    paths = (STATE, LIST, f"{LIST}{note.pk}/change/", f"{LIST}{note.pk}/history/")
    pages = [client.get(path).content.decode() for path in paths]
    pages += [
        as_("reviewer").get(url("sign_off")).content.decode(),
        as_("publisher").get(url("publish")).content.decode(),
    ]
    for page in pages:
        assert "<script>alert" not in page and "&lt;script&gt;" in page and "{{ 7|add:7 }}" in page


def test_a_note_outlives_edits_and_says_that_there_were_some(note, as_, people):
    client = as_("editor")
    assert "the draft as it is now" in text(client.get(f"{LIST}{note.pk}/change/"))
    edit(people["editor"], "Mended")
    assert "edited since" in text(client.get(STATE))
    assert "an earlier state of the draft" in text(client.get(f"{LIST}{note.pk}/change/"))
    assert "edited since" in text(as_("publisher").get(url("publish")))


def test_an_open_note_stops_nobody_from_publishing(note, edited, as_):
    values = {"digest": edited.digest, "note": "All the same.", "when": "now", "alone": "on"}
    assert as_("publisher").post(url("publish"), values).status_code == 302
    assert Publication.objects.filter(code="AZ").count() == 2 and open_on_dashboard() == 1


def test_many_notes_lead_on_to_their_list(note, as_, people):
    for number in range(11):
        ReviewNote.objects.create(code="AZ", by=people["reviewer"], text=f"note {number}")
    ReviewNote.objects.create(code="FL", by=people["reviewer"], text="of another state")
    way = f'{LIST}?status__exact=open&amp;code=AZ">All 12</a>'
    for name, address in (("editor", STATE), ("publisher", url("publish"))):
        page = as_(name).get(address).content.decode()
        assert way in page and "of another state" not in page
    assert as_("editor").get(f"{LIST}?status__exact=open&code=AZ").context["cl"].result_count == 12


# --- answering -------------------------------------------------------------------------------------------------------


def test_an_editor_answers_and_closes_it_with_a_word(note, as_):
    client = as_("editor")
    address = f"{LIST}{note.pk}/change/"
    refused = client.post(address, {"status": "done", "answer": " "})
    assert refused.status_code == 200 and "Say what was done" in text(refused)
    client.post(address, {"status": "done", "answer": "Mended.", "text": "x", "code": "FL", "by": "1", "digest": ""})
    before, note = note, ReviewNote.objects.get()
    assert (note.status, note.answer) == ("done", "Mended.")
    assert (note.text, note.code, note.by, note.digest) == (ATTACK, "AZ", before.by, before.digest), "her words stay"
    assert note.history.first().history_user.username == "editor"
    assert "Mended." in text(client.get(f"{LIST}{note.pk}/history/"))
    assert "the acres are wrong" not in text(client.get(STATE)) and open_on_dashboard() == 0


@pytest.mark.parametrize(("name", "may"), [("guest", False), ("editor", True), ("reviewer", True), ("publisher", True)])
def test_every_group_answers_and_nobody_deletes_a_note_or_writes_one_in_the_list(note, as_, name, may):
    client = as_(name)
    assert client.get(LIST).status_code == (200 if may else 403)
    answer = {"status": "done", "answer": "seen"}
    assert client.post(f"{LIST}{note.pk}/change/", answer).status_code == (302 if may else 403)
    assert client.post(f"{LIST}add/", {"code": "AZ", "text": "x"}).status_code == 403
    assert client.post(f"{LIST}{note.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ReviewNote.objects.get().status == ("done" if may else "open")
