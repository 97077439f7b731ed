"""What was in force once can be read for ever: the law behind an older report."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from statelaw import past, publish
from statelaw.models import Publication, Withdrawal

SHIPPED = publish.shipped()[0]


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def arizona(db):
    """Two publications of Arizona: the first one's heading was changed in the second. A third is scheduled."""
    past._read.cache_clear()
    publish.publish([SHIPPED["US"], SHIPPED["AZ"]])
    text = SHIPPED["AZ"].text.replace("Small home, trustee's sale", "A small home", 1)
    shelf = publish.Shelf(federal=SHIPPED["US"].document)
    publish.publish([publish.draft(shelf, "AZ", text, "AZ.yaml")], "A shorter heading")
    second = Publication.objects.latest_of("AZ")
    later = timezone.now() + timedelta(days=3)
    third = Publication(
        code="AZ", number=3, digest="x", document=second.document, text="", live_at=later, note="Not yet law"
    )
    third.save()
    yield third
    past._read.cache_clear()


def test_each_publication_is_kept_as_it_was(arizona, client):
    assert "Small home, trustee&#x27;s sale" in client.get("/law/az/1/").content.decode()
    second = client.get("/law/az/2/").content.decode()
    assert "A small home: no suit" in second and "trustee&#x27;s sale: no suit" not in second


def test_an_earlier_publication_says_that_it_is_not_the_law_of_today(arizona, client):
    page = client.get("/law/az/1/").content.decode()
    assert "This is publication 1. It was the law on this site from" in page
    assert 'href="/law/az/"' in page
    assert "/start/az/" not in page and "/note/az/" not in page


def test_the_list_has_what_was_in_force_with_what_changed_and_nothing_to_come(arizona, client):
    page = client.get("/law/az/earlier/").content.decode()
    assert "/law/az/1/" in page and "/law/az/2/" in page and "A shorter heading" in page
    assert "/law/az/3/" not in page and "Not yet law" not in page


@pytest.mark.parametrize(
    "path", ["/law/az/3/", "/law/az/9/", "/law/az/0/", "/law/AZ/1/", "/law/zz/1/", "/law/zz/earlier/"]
)
def test_what_never_was_in_force_is_not_there(arizona, client, path):
    assert client.get(path).status_code == 404


def test_a_number_beyond_all_bounds_is_not_there(arizona, client):
    assert client.get(f"/law/az/{'9' * 40}/").status_code == 404


def test_a_withdrawn_publication_is_not_there(arizona, client):
    Withdrawal(publication=arizona, by="pia", why="vetoed").save()
    assert client.get("/law/az/3/").status_code == 404


def test_while_the_database_is_away_it_is_said_plainly(arizona, client, monkeypatch):
    def away(*args):
        raise DatabaseError("gone")

    monkeypatch.setattr(past, "publication", away)
    monkeypatch.setattr(past, "all_of", away)
    for path in ("/law/az/1/", "/law/az/earlier/"):
        answer = client.get(path)
        assert answer.status_code == 503 and "try again in a few minutes" in answer.content.decode()
