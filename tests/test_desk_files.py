"""Law in and out as files: bounded, read safely, never over somebody's edits."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from statelaw import drafts, publish
from statelaw.document import load_jurisdiction
from statelaw.models import JurisdictionDraft, LoadedFile, Publication

from .desk import person, signed_in

SHIPPED = publish.shipped()[0]
TEXT = SHIPPED["AZ"].text
IMPORT = "/desk/statelaw/loadedfile/import/"
STATE = "/desk/statelaw/jurisdictiondraft/AZ/"


@pytest.fixture
def desk(db):
    publish.publish([SHIPPED[code] for code in ("US", "federal", "options", "AZ", "FL")])


@pytest.fixture
def ann(desk, client):
    return signed_in(client, person("ann", "editor"))


def arizona() -> JurisdictionDraft:
    return drafts.whole().get(code="AZ")


def changed(text=TEXT) -> str:
    assert "acres: {max: 2.5}" in text
    return text.replace("acres: {max: 2.5}", "acres: {max: 3}", 1)


def waiting(by="ann") -> LoadedFile:
    document = load_jurisdiction(changed(), "AZ.yaml", SHIPPED["US"].document)
    data = publish.plain_data(document)
    return LoadedFile.objects.create(code="AZ", text=changed(), document=data, digest=publish.digest(data), by=by)


def edit(by) -> JurisdictionDraft:
    draft = arizona()
    draft.gaps = [*draft.gaps, "Something more."]
    drafts.save_row(draft, by, "a gap")
    return drafts.touch(draft, by)


# --- in --------------------------------------------------------------------------------------------------------------


def test_an_uploaded_file_becomes_the_draft(ann):
    file = SimpleUploadedFile("AZ.yaml", changed().encode())
    response = ann.post(IMPORT, {"file": file, "why": "three acres"}, follow=True)
    assert response.redirect_chain[-1][0] == STATE
    assert "The file is the draft now." in response.content.decode()
    draft = arizona()
    assert draft.is_edited and draft.edited_by.username == "ann"
    assert drafts.document_of(draft) == load_jurisdiction(changed(), "AZ.yaml", SHIPPED["US"].document)
    assert "three acres" in draft.history.first().history_change_reason
    assert Publication.objects.filter(code="AZ").count() == 1, "nothing is public"


def test_pasted_text_does_as_well_and_the_same_law_changes_nothing(ann):
    response = ann.post(IMPORT, {"text": TEXT, "why": "again"}, follow=True)
    assert "says exactly this already" in response.content.decode()
    assert not arizona().is_edited
    ann.post(IMPORT, {"text": changed(), "why": "three acres"})
    assert arizona().is_edited
    ann.post(f"{IMPORT}", {"text": TEXT, "why": "back"})
    assert LoadedFile.objects.count() == 1, "the draft holds edits now, so the next file waits"


def test_all_mistakes_are_listed_and_the_text_is_kept(ann):
    wrong = changed().replace("effect: bar", "effect: bars", 1).replace("lien: [first", "lien: [frist", 1)
    wrong = wrong.replace("name: Arizona", "name: Arizona\nnonsense: 1", 1)
    response = ann.post(IMPORT, {"file": SimpleUploadedFile("AZ.yaml", wrong.encode()), "why": "x"})
    page = response.content.decode()
    assert response.status_code == 422
    mistakes = response.context["form"].mistakes
    assert len(mistakes) >= 2
    for mistake in mistakes:
        assert mistake.file == "AZ.yaml" and mistake.message
    assert "nonsense: 1" in page, "the text is there to be mended"
    assert not arizona().is_edited


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({}, "Choose a file"),
        ({"text": "a: &x [1]\nb: *x"}, "aliases are not allowed"),
        ({"text": "!!python/object/apply:os.system ['true']"}, "could not determine a constructor"),
        ({"text": "[" * 60 + "]" * 60}, "nested too deeply"),
        ({"text": "state: ZZ\nname: Nowhere"}, "there is no state"),
        ({"text": "just words"}, "expected keys and values"),
        ({"text": "state: [1]"}, "mistake"),
    ],
)
def test_what_is_no_law_is_refused_in_words(what, said, ann):
    response = ann.post(IMPORT, {**what, "why": "x"})
    assert response.status_code == 422
    assert said in response.content.decode()


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00a", b"state: AZ\x00", b""])
def test_what_is_no_text_is_refused_in_words(raw, ann):
    response = ann.post(IMPORT, {"file": SimpleUploadedFile("AZ.yaml", raw), "why": "x"})
    assert response.status_code == 422 and "file" in response.context["form"].errors


def test_a_large_file_is_refused(ann):
    big = b"# " + b"x" * (201 * 1024)
    response = ann.post(IMPORT, {"file": SimpleUploadedFile("AZ.yaml", big), "why": "x"})
    assert response.status_code == 422 and "200 kB" in response.content.decode()
    huge = b"# " + b"x" * (300 * 1024)
    assert ann.post(IMPORT, {"file": SimpleUploadedFile("AZ.yaml", huge), "why": "x"}).status_code == 413


def test_a_file_of_another_state_is_refused(ann):
    response = ann.post(f"{IMPORT}?state=FL", {"text": TEXT, "why": "x"})
    assert "is AZ, but you are importing into FL" in response.content.decode()
    for state in ("ZZ", "a\0", "florida"):
        assert ann.get(IMPORT, {"state": state}).status_code == 404


def test_an_import_needs_the_forms_token_and_permission(desk):
    strict = signed_in(Client(enforce_csrf_checks=True), person("ann", "editor"))
    file = SimpleUploadedFile("AZ.yaml", changed().encode())
    assert strict.post(IMPORT, {"file": file, "why": "x"}).status_code == 403
    strict.get(IMPORT)
    token = strict.cookies["csrftoken"].value
    data = {"file": SimpleUploadedFile("AZ.yaml", changed().encode()), "why": "x", "csrfmiddlewaretoken": token}
    assert strict.post(IMPORT, data).status_code == 302
    for group in ("reviewer", "publisher"):
        other = signed_in(Client(), person(group, group))
        assert other.get(IMPORT).status_code == 403
        assert other.post(IMPORT, {"text": TEXT, "why": "x"}).status_code == 403
    held = LoadedFile.objects.count()
    assert Client().post(IMPORT, {"text": TEXT, "why": "x"}).status_code in (302, 403)
    assert LoadedFile.objects.count() == held


def test_files_are_taken_nowhere_else(ann):
    file = SimpleUploadedFile("AZ.yaml", TEXT.encode())
    assert ann.post(f"{STATE}edit/", {"file": file}).status_code == 400


# --- beside edits ----------------------------------------------------------------------------------------------------


def test_a_file_never_overwrites_edits_but_waits_to_be_compared(ann):
    edit(person("tom", "editor"))
    response = ann.post(IMPORT, {"text": changed(), "why": "three acres"}, follow=True)
    page = response.content.decode()
    assert "nothing was overwritten" in page and "3" in page
    row = LoadedFile.objects.get()
    assert (row.by, row.status, row.note) == ("ann", "waiting", "three acres")
    assert "Something more." in arizona().gaps
    assert str(row.pk) in ann.get(STATE).content.decode()


def test_taking_it_asks_first_and_keeps_the_history(ann):
    edit(person("tom", "editor"))
    row = waiting()
    address = f"/desk/statelaw/loadedfile/{row.pk}/change/"
    assert "Something more." in ann.get(address).content.decode(), "what would go is shown"
    data = {"why": "theirs is newer", "digest": arizona().digest, "take": ""}
    assert ann.post(address, data).status_code == 422
    assert "Something more." in arizona().gaps
    assert ann.post(address, {**data, "over": "on", "digest": "0" * 64}).status_code == 422, "changed meanwhile"
    assert ann.post(address, {**data, "over": "on"}).status_code == 302
    draft = arizona()
    row.refresh_from_db()
    assert row.status == "taken" and row.history.first().history_change_reason == "theirs is newer"
    assert "Something more." not in draft.gaps and draft.edited_by.username == "ann"
    assert any("Something more." in past.gaps for past in draft.history.all())
    assert ann.post(address, {**data, "over": "on", "digest": draft.digest}).status_code == 422, "only once"


def test_dropping_it_leaves_the_draft_and_needs_a_reason(ann):
    row = waiting()
    address = f"/desk/statelaw/loadedfile/{row.pk}/change/"
    assert ann.post(address, {"why": "", "digest": "x", "drop": ""}).status_code == 422
    ann.post(address, {"why": "outdated", "digest": "x", "drop": ""})
    row.refresh_from_db()
    assert row.status == "dropped" and not arizona().is_edited


@pytest.mark.parametrize("group", ["reviewer", "publisher"])
def test_others_look_at_a_waiting_file_and_cannot_handle_it(group, desk, client):
    row = waiting()
    other = signed_in(client, person("p", group))
    address = f"/desk/statelaw/loadedfile/{row.pk}/change/"
    assert "Take it as the draft" not in other.get(address).content.decode()
    data = {"why": "x", "digest": arizona().digest, "take": ""}
    assert other.post(address, data).status_code == 403
    assert other.get(f"/desk/statelaw/loadedfile/{row.pk}/export/").content.decode() == row.text


def test_what_has_no_draft_can_only_be_dropped(ann):
    row = LoadedFile.objects.create(code="options", text="a: 1", document={"a": 1}, digest="d", note="from a file")
    address = f"/desk/statelaw/loadedfile/{row.pk}/change/"
    page = ann.get(address).content.decode()
    assert "has no draft at the desk" in page and "Take it as the draft" not in page
    assert ann.post(address, {"why": "x", "digest": "none", "take": ""}).status_code == 422
    assert ann.post(address, {"why": "x", "digest": "none", "drop": ""}).status_code == 302


# --- out -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["AZ", "US"])
def test_an_exported_draft_reads_back_as_the_same_law(code, ann):
    response = ann.get(f"/desk/statelaw/jurisdictiondraft/{code}/export/")
    assert response["Content-Disposition"] == f'attachment; filename="{code}-draft.yaml"'
    assert "no-store" in response["Cache-Control"]
    federal = None if code == "US" else SHIPPED["US"].document
    assert load_jurisdiction(response.content.decode(), f"{code}.yaml", federal) == SHIPPED[code].document


def test_what_was_exported_can_be_changed_and_imported(ann):
    text = ann.get(f"{STATE}export/").content.decode()
    assert ann.post(f"{IMPORT}?state=AZ", {"text": text.replace("2.5", "3"), "why": "x"}).status_code == 302
    assert arizona().is_edited


def test_only_who_may_see_a_draft_gets_it(desk):
    nobody = signed_in(Client(), person("nobody"))
    assert nobody.get(f"{STATE}export/").status_code == 403
    assert Client().get(f"{STATE}export/").status_code == 302
