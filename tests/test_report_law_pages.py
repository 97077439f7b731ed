"""The law as anyone may read it."""

import re

import pytest
from django.test import Client

from screener.law_pages import law_page
from statelaw import store


@pytest.fixture
def reader():
    return Client(HTTP_HOST="localhost")


def test_the_list_names_every_state(reader):
    text = reader.get("/law/").content.decode()
    for code in store.codes():
        assert f'href="/law/{code.lower()}/"' in text


@pytest.mark.parametrize("code", [*store.codes(), "US"])
def test_each_page_tells_every_rule_with_its_citation_and_doubts(reader, code):
    response = reader.get(f"/law/{code.lower()}/")
    text = response.content.decode()
    document = store.federal_law() if code == "US" else store.law(code).state
    assert response.status_code == 200
    for provision in document.provisions:
        assert f'id="{provision.id}"' in text
    assert "esearched, not yet reviewed by an attorney" in text
    assert text.count('<p class="cite">') >= len(document.provisions)
    assert len(document.gaps) == len(law_page(code.lower()).gaps)
    assert " style=" not in text
    assert not re.search(r">\s*None\s*<", text)


@pytest.mark.parametrize("code", ["zz", "AZ", "a", "az-", "usa"])
def test_there_is_no_page_for_any_other_code(reader, code):
    assert reader.get(f"/law/{code}/").status_code == 404


@pytest.mark.parametrize("address", ["/law/", "/law/az/"])
def test_a_rule_page_takes_no_post(reader, address):
    assert reader.post(address).status_code == 405
    assert reader.head(address).status_code == 200


def test_a_rule_page_costs_no_query(reader):
    """The test database is closed to this test: a query would be an error."""
    assert reader.get("/law/tx/").status_code == 200
