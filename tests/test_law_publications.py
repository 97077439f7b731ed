"""Publications: immutable, one a change, and in every process's memory without a query in a request."""

import io
import json
import time
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory

from statelaw import checks, publish, store
from statelaw.models import NOT_REVIEWED, Publication, SignOff, Unchangeable, Withdrawal

from . import kept as kept_rows

LAW = publish.LAW_DIR
SHIPPED = publish.shipped()


def kept():
    """The shipped law, read once for all these tests."""
    return SHIPPED


kept.cache_clear = lambda: None


@pytest.fixture
def publications(transactional_db, settings, monkeypatch):
    """A database without publications whose watcher is off; a store that looks there."""
    settings.LAW_FROM_DATABASE = True
    settings.LAW_WATCH_SECONDS = 0
    monkeypatch.setattr(publish, "shipped", kept)
    store.forget()
    kept_rows.clear()
    yield Publication.objects
    store.forget()
    kept_rows.clear()


def load(*paths: Path, **options) -> str:
    out = io.StringIO()
    call_command("load_law", *map(str, paths), stdout=out, stderr=out, **options)
    return out.getvalue()


def failing_load(*paths: Path) -> str:
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("load_law", *map(str, paths), stdout=out, stderr=out)
    return out.getvalue()


def rewritten(folder: Path, name: str, old: str, new: str) -> Path:
    """A shipped file with one passage changed, in another folder."""
    text = (LAW / name).read_text()
    assert text.count(old) >= 1
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace(old, new, 1))
    return path


def numbers() -> dict[str, int]:
    return dict(Publication.objects.current().values_list("code", "number"))


# --- loading and exporting -----------------------------------------------------------------------------------------


def test_all_law_loads_as_shipped_and_comes_out_byte_for_byte(publications, tmp_path):
    store.load()
    before = {code: store.law(code).state for code in store.codes()}
    others = (store.federal_law(), store.federal_facts(), store.options(), store.collection("AZ"))
    assert "105 published, 0 unchanged, 0 mistakes" in load()
    assert store.look()
    assert {code: store.law(code).state for code in store.codes()} == before
    assert (store.federal_law(), store.federal_facts(), store.options(), store.collection("AZ")) == others
    assert store.health() | {"looked_at": None} == {
        "law": "publications",
        "jurisdictions": 51,
        "publications": 105,
        "unread": [],
        "database": "up",
        "away_since": None,
        "looked_at": None,
    }
    assert set(numbers().values()) == {1}
    assert publications.first().reviewed_by == NOT_REVIEWED
    call_command("export_law", to=tmp_path, stdout=io.StringIO())
    for path in publish.shipped_paths():
        assert (tmp_path / path.relative_to(LAW)).read_bytes() == path.read_bytes()
    assert "0 published, 105 unchanged, 0 mistakes" in load(), "an unchanged file makes no new publication"


def test_line_ends_and_comments_survive_the_round_trip(publications, tmp_path):
    path = tmp_path / "AZ.yaml"
    path.write_bytes(b"# a word before\r\n" + (LAW / "AZ.yaml").read_bytes() + b"\n\n# a word after")
    load(path)
    out = io.StringIO()
    call_command("export_law", "AZ", stdout=out)
    assert out.getvalue().encode() == path.read_bytes()


def test_only_a_changed_file_is_published_again_and_the_earlier_one_stays(publications, tmp_path):
    load(LAW / "US.yaml", LAW / "AZ.yaml", LAW / "CA.yaml")
    changed = rewritten(tmp_path, "AZ.yaml", "name: Arizona", "name: Arizona ")
    changed.write_text(changed.read_text().replace("gaps:", "gaps:\n  - A new gap.", 1))
    assert "1 published, 0 unchanged" in load(changed, note="a gap", reviewed_by="A. Lawyer")
    assert numbers() == {"US": 1, "AZ": 2, "CA": 1}
    latest = publications.latest_of("AZ")
    assert (latest.note, latest.reviewed_by) == ("a gap", "A. Lawyer")
    assert "A new gap." in latest.document["gaps"]
    out = io.StringIO()
    call_command("export_law", "AZ", number=1, stdout=out)
    assert out.getvalue() == (LAW / "AZ.yaml").read_text()


def test_rolling_back_is_publishing_the_earlier_document_again(publications, tmp_path):
    load(LAW / "AZ.yaml")
    load(rewritten(tmp_path, "AZ.yaml", "gaps:", "gaps:\n  - A mistaken gap."))
    load(LAW / "AZ.yaml")
    digests = list(publications.filter(code="AZ").order_by("number").values_list("digest", flat=True))
    assert len(digests) == 3
    assert digests[0] == digests[2] != digests[1]


def test_nothing_is_published_from_a_wrong_file_and_every_mistake_is_listed(publications, tmp_path):
    wrong = rewritten(tmp_path, "AZ.yaml", "usual: nonjudicial", "usual: trustee")
    wrong.write_text(wrong.read_text().replace("name: Arizona", "nam: Arizona", 1))
    said = failing_load(wrong, LAW / "CA.yaml", tmp_path / "NV.yaml", tmp_path / "notes.txt")
    assert numbers() == {"CA": 1}
    for expected in (
        "AZ.yaml: process: usual",
        "AZ.yaml: file: nam: unknown key",
        "AZ.yaml: file: name: is missing",
        "NV.yaml: file: as a whole: No such file",
        "notes.txt: file: name: expected",
    ):
        assert expected in said


def test_a_file_under_another_states_name_is_refused(publications, tmp_path):
    path = tmp_path / "CA.yaml"
    path.write_bytes((LAW / "AZ.yaml").read_bytes())
    assert "CA.yaml: file: state: is AZ, but the file's name says CA" in failing_load(path)
    assert numbers() == {}


def test_a_file_that_is_not_text_is_refused(publications, tmp_path):
    path = tmp_path / "AZ.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "AZ.yaml: file: as a whole: is not UTF-8 text" in failing_load(path)


def test_a_federal_layer_that_would_break_law_in_force_is_not_published(publications, tmp_path):
    load(LAW / "US.yaml", LAW / "federal.yaml", LAW / "options.yaml")
    federal = (LAW / "US.yaml").read_text().replace("us_reaffirmed", "us_reaffirmed_debt")
    path = tmp_path / "US.yaml"
    path.write_text(federal)
    assert "us_reaffirmed: no such fact in the vocabulary" in failing_load(path)
    assert numbers()["US"] == 1


def test_a_database_that_is_not_there_is_said_plainly(publications, monkeypatch):
    def away(*args, **kwargs):
        raise DatabaseError("connection refused")

    monkeypatch.setattr(publish, "publish", away)
    with pytest.raises(CommandError, match="connection refused"):
        call_command("load_law", str(LAW / "AZ.yaml"), stdout=io.StringIO())


@pytest.mark.parametrize("arguments", [("ZZ",), (), ("AZ", "CA")])
def test_export_says_what_it_needs(publications, arguments):
    with pytest.raises(CommandError):
        call_command("export_law", *arguments, stdout=io.StringIO())


# --- what is published stays ---------------------------------------------------------------------------------------


def test_a_publication_cannot_be_changed_or_deleted(publications):
    load(LAW / "AZ.yaml")
    publication = publications.latest_of("AZ")
    publication.note = "changed"
    for attempt in (
        publication.save,
        publication.delete,
        lambda: publications.filter(code="AZ").update(note="changed"),
        lambda: publications.bulk_update([publication], ["note"]),
        publications.all().delete,
    ):
        with pytest.raises(Unchangeable):
            attempt()
    for statement in ("UPDATE statelaw_publication SET note = 'changed'", "DELETE FROM statelaw_publication"):
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute(statement)
    assert publications.get().note == ""


STATEMENTS = ("UPDATE {} SET id = id + 1", "DELETE FROM {}", "TRUNCATE {} CASCADE")


@pytest.mark.parametrize("model", [Publication, Withdrawal, SignOff])
@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda text: text.split()[0].lower())
def test_the_database_itself_keeps_what_was_published_or_signed(db, model, statement):
    if connection.vendor == "sqlite" and statement.startswith("TRUNCATE"):
        pytest.skip("SQLite has no such statement")
    publication = Publication(code="CA", number=1, digest="0", document={}, text="")
    publication.save()
    Withdrawal(publication=publication, by="ann", why="a mistake").save()
    SignOff(code="AZ", digest="0", by=User.objects.create(username="ann")).save()
    before = model.objects.count()
    if connection.vendor == "postgresql" and statement.startswith("TRUNCATE"):
        # A table is not emptied while the check of a reference still waits for the end of the transaction.
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="cannot be"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(model._meta.db_table))
    assert model.objects.count() == before


@pytest.mark.parametrize("model", [Publication, Withdrawal, SignOff])
def test_what_was_published_or_signed_is_not_written_over(db, model):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no such statement")
    publication = Publication(code="CA", number=1, digest="0", document={}, text="")
    publication.save()
    Withdrawal(publication=publication, by="ann", why="a mistake").save()
    SignOff(code="AZ", digest="0", by=User.objects.create(username="ann")).save()
    before = model.objects.count()
    table, names = model._meta.db_table, [field.column for field in model._meta.fields]
    for taken in (set(), {"id"}):
        if taken and model is SignOff:
            continue  # nothing but its key makes a sign-off one of its kind
        columns = ", ".join(f'"{name}"' for name in names if name not in taken)
        with pytest.raises(DatabaseError, match="cannot be"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}")
    assert model.objects.count() == before


def test_a_publication_keeps_the_order_in_which_it_was_written(db):
    document = {"when": {"units": {"max": 2}, "acres": {"max": 2.5}, "disposition": ["nonjudicial"]}, "a": "last"}
    Publication(code="CA", number=1, digest="0", document=document, text="").save()
    assert json.dumps(Publication.objects.get(code="CA").document) == json.dumps(document)


def test_the_desk_shows_publications_and_changes_none():
    desk = admin.site.get_model_admin(Publication)
    request = RequestFactory().get("/")
    assert not desk.has_add_permission(request)
    assert not desk.has_change_permission(request)
    assert not desk.has_delete_permission(request)


# --- the law in memory ---------------------------------------------------------------------------------------------


def test_without_publications_the_shipped_files_stand_in_and_it_is_said(publications):
    assert store.law("AZ").code == "AZ"
    assert not store.publication_of("AZ").is_published
    assert store.law("AZ").publications == {"state": 0, "us": 0}
    assert store.health()["law"] == "shipped files"
    assert len(store.codes()) == 51
    assert "US" not in store.codes()


def test_what_is_published_is_what_the_site_reasons_from(publications, tmp_path):
    load(LAW / "US.yaml", rewritten(tmp_path, "AZ.yaml", "gaps:", "gaps:\n  - Published gap."))
    assert "Published gap." in store.law("AZ").state.gaps
    assert store.publication_of("AZ").number == 1
    assert store.publication_of("AZ").reviewed_by == NOT_REVIEWED
    assert store.law("CA").publications == {"state": 0, "us": 1}
    assert store.health()["law"] == "publications and shipped files"


def test_unknown_codes_are_key_errors(publications):
    for ask in (store.law, store.collection, store.publication_of):
        with pytest.raises(KeyError):
            ask("ZZ")
    with pytest.raises(KeyError):
        store.law("US")


def test_a_request_costs_no_query(publications, django_assert_num_queries):
    load(LAW / "AZ.yaml")
    with django_assert_num_queries(0):
        store.law("AZ"), store.options(), store.federal_facts(), store.collection("AZ"), store.publication_of("AZ")


def test_looking_costs_one_small_query_while_nothing_is_new(publications, django_assert_num_queries):
    load(LAW / "AZ.yaml")
    store.look()
    with django_assert_num_queries(1):
        assert not store.look()


def test_a_new_publication_is_taken_within_the_period(publications, settings, tmp_path):
    settings.LAW_WATCH_SECONDS = 0.05
    load(LAW / "US.yaml", LAW / "AZ.yaml")
    arizona, california = store.law("AZ"), store.law("CA")
    load(rewritten(tmp_path, "AZ.yaml", "gaps:", "gaps:\n  - Newer gap."))
    end = time.monotonic() + 5
    while store.publication_of("AZ").number != 2:
        assert time.monotonic() < end, "the newer law was not taken"
        time.sleep(0.02)
    assert "Newer gap." in store.law("AZ").state.gaps
    assert store.law("AZ").publications["state"] == 2
    assert "Newer gap." not in arizona.state.gaps
    assert store.law("CA") is california


def test_a_new_federal_layer_lies_over_every_state(publications, tmp_path):
    load(LAW / "US.yaml")
    assert store.law("CA").publications["us"] == 1
    load(rewritten(tmp_path, "US.yaml", "gaps:", "gaps:\n  - A federal gap."))
    assert store.look()
    for code in store.codes():
        assert "A federal gap." in store.law(code).federal.gaps
        assert store.law(code).publications["us"] == 2


def test_while_the_database_is_away_the_law_stays_and_it_is_said(publications, monkeypatch, caplog):
    load(LAW / "AZ.yaml")
    held = store.law("AZ")

    def away():
        raise DatabaseError("connection refused")

    monkeypatch.setattr(store, "_mark", away)
    for _ in range(3):
        assert not store.look()
    assert store.law("AZ") is held
    assert store.health()["database"] == "away"
    assert store.health()["away_since"]
    assert caplog.text.count("connection refused") == 1
    monkeypatch.undo()
    store.look()
    assert store.health()["database"] == "up"
    assert store.law("AZ") is held


def test_a_process_that_starts_without_its_database_has_the_shipped_law_and_later_takes_the_published(
    publications, monkeypatch
):
    load(LAW / "AZ.yaml")

    def away():
        raise DatabaseError("connection refused")

    monkeypatch.setattr(store, "_mark", away)
    assert store.publication_of("AZ").number == 0
    assert store.health()["database"] == "away"
    monkeypatch.undo()
    assert store.look()
    assert store.publication_of("AZ").number == 1


def test_a_database_that_hangs_does_not_hold_the_start(publications, monkeypatch):
    monkeypatch.setattr(store, "FIRST_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(store, "look", lambda answered: time.sleep(1))
    assert store.law("AZ").code == "AZ"
    assert not store.publication_of("AZ").is_published


def test_a_publication_that_cannot_be_read_leaves_the_earlier_law_and_it_is_said(publications, caplog):
    load(LAW / "AZ.yaml")
    held = store.law("AZ")
    assert store.health()["unread"] == []
    Publication(code="AZ", number=2, digest="0", document={"state": "AZ"}, text="").save()
    store.look()
    assert store.law("AZ") is held
    assert store.publication_of("AZ").number == 1
    assert "publication AZ 2 cannot be read" in caplog.text
    assert store.health()["unread"] == ["AZ 2"]
    Publication(code="CA", number=1, digest="0", document=SHIPPED[0]["CA"].data, text="").save()
    assert store.look()
    assert store.health()["unread"] == ["AZ 2"], "as long as it is so, whatever else is published"
    good = publications.get(code="AZ", number=1)
    Publication(code="AZ", number=3, digest=good.digest, document=good.document, text="").save()
    store.look()
    assert store.health()["unread"] == []


def test_a_forked_process_keeps_the_law_and_looks_for_itself(publications, settings):
    settings.LAW_WATCH_SECONDS = 60
    held = store.law("AZ")
    assert store._state.is_watched
    watcher = store._state.watcher
    watcher.enough.set()
    store._after_fork()
    assert not store._state.is_watched
    assert store.law("AZ") is held
    assert store._state.watcher is not watcher


# --- the shipped files in a check -----------------------------------------------------------------------------------


def test_a_broken_shipped_file_is_reported_by_check(monkeypatch, tmp_path):
    for name in ("US.yaml", "federal.yaml", "AZ.yaml"):
        rewritten(tmp_path, name, "reviewed:", "reviewd:" if name == "AZ.yaml" else "reviewed:")
    monkeypatch.setattr(publish, "LAW_DIR", tmp_path)
    publish.shipped.cache_clear()
    try:
        found = checks.shipped_law(None)
    finally:
        publish.shipped.cache_clear()
    assert [error.id for error in found] == ["statelaw.E001"] * 2
    assert "AZ.yaml: file: reviewd: unknown key" in "\n".join(error.msg for error in found)


def test_assess_reasons_from_what_is_published_unless_the_files_are_asked_for(publications, tmp_path):
    load(*(LAW / f"{name}.yaml" for name in ("US", "AZ")))
    cases = tmp_path / "cases.yaml"
    cases.write_text("[{name: a, state: AZ}]")
    for flags, numbers in (((), {"state": 1, "us": 1}), (("--files",), {"state": 0, "us": 0})):
        out = io.StringIO()
        call_command("assess", str(cases), *flags, stdout=out)
        assert json.loads(out.getvalue())["publications"] == numbers
