"""Differences on a page: between the draft and what is in force, and any two publications."""

import copy
import re

import pytest
from django.urls import reverse

from statelaw import drafts, publish
from statelaw.document import digest
from statelaw.models import JurisdictionDraft, ProvisionDraft, Publication

from .desk import person, signed_in

SHIPPED = publish.shipped()[0]


@pytest.fixture
def desk(db):
    publish.publish([SHIPPED[code] for code in ("US", "federal", "options", "AZ", "collection-AZ")])


@pytest.fixture
def editor(client, desk):
    return signed_in(client, person("ed", "editor"))


def page(client, code="AZ", status=200, **query):
    response = client.get(reverse("admin:statelaw_differences", args=[code]), query)
    assert response.status_code == status
    return response.content.decode()


def words(html):
    return " ".join(re.sub(r"<[^>]*>", "", html).split())


def edit(slug="az-33-814-g", **values):
    row = ProvisionDraft.objects.get(slug=slug)
    for name, value in values.items():
        setattr(row, name, value)
    user = row.edited_by or person("edna", "editor")
    drafts.save_row(row, user, "a test")
    drafts.touch(row.jurisdiction, user)
    return row


def again(code, change, note="another"):
    """The latest publication of a code with a change, published again."""
    last = Publication.objects.filter(code=code).order_by("-number").first()
    document = copy.deepcopy(last.document)
    change(document)
    return Publication.objects.create(
        code=code, number=last.number + 1, document=document, digest=digest(document), text="", note=note
    )


def test_a_draft_that_nobody_edited_does_not_differ_from_what_is_in_force(editor):
    html = page(editor)
    assert "Nothing differs" in html and "<ins>" not in html.split("Nothing differs")[1]


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["CA", "NC", "IA", "CT"])
def test_drafts_of_whole_states_are_compared_in_the_form_of_publications(client, code):
    publish.publish([SHIPPED[name] for name in ("US", "federal", "options", code)])
    assert "Nothing differs" in page(signed_in(client, person("ed", "editor")), code)


def test_an_edit_of_the_draft_is_shown_with_its_words_marked_and_named(editor):
    when = ProvisionDraft.objects.get(slug="az-33-814-g").when
    edit(when={**when, "acres": {"max": "5"}})
    html = page(editor)
    assert "1 rule changed" in html
    assert re.search(r"<del><span[^>]*> \[removed: </span>2\.5<span[^>]*>\] </span></del>", html)
    assert re.search(r"<ins><span[^>]*> \[added: </span>5<span[^>]*>\] </span></ins>", html)
    assert "[removed: 2.5] [added: 5] acres" in words(html), "said in words, too, and not by colour alone"


def test_any_two_publications_can_be_compared_both_ways(editor):
    def change(document):
        document["provisions"][0]["heading"] = "A heading that was another"

    again("AZ", change, "second")
    again("AZ", lambda document: document["provisions"].pop(), "third")
    forth = page(editor, **{"from": 1, "to": 3})
    assert "1 rule removed, 1 rule changed" in forth and "[added: A heading" in words(forth)
    assert "[removed: A heading" in words(page(editor, **{"from": 3, "to": 1}))
    assert "Nothing differs" in page(editor, **{"from": 2, "to": 2})
    assert "rules added" in page(editor, **{"from": "nothing", "to": 1})


def test_the_choice_names_number_day_standing_and_note(editor):
    again("AZ", lambda document: document.update(reviewed="2026-11-25"), "The new law of November")
    html = page(editor)
    assert re.search(r'<option value="2" selected>publication 2, \w+ \d+, \d+, in force: The new law of November', html)
    assert re.search(r'<option value="1">publication 1, \w+ \d+, \d+, past', html)
    assert '<option value="draft" selected>the draft' in html


@pytest.mark.parametrize("asked", ["99", "-1", "x", "1 OR 1=1", "²", "9" * 400, "\x00"])
def test_what_is_not_there_is_said_at_its_field(editor, asked):
    html = page(editor, status=422, **{"from": asked})
    assert 'href="#id_from"' in html and "There is no such publication" in html
    assert 'aria-invalid="true"' in html and "Nothing differs" not in html


def test_a_draft_in_any_state_is_compared(editor):
    edit(
        when={"gone_fact": [True], "units": 5}, unless=["x"], caveats=[], plain="", heading="<script>alert(1)</script>"
    )
    html = page(editor)
    assert "gone fact" in html and "<script>alert" not in html


def test_what_has_no_draft_is_compared_with_the_publication_before_it(editor):
    again("collection-AZ", lambda document: document["judgment"].update(years=99))
    url = reverse("admin:statelaw_publication_differences")
    response = editor.get(url, {"code": "collection-AZ"})
    assert response.status_code == 200
    assert "[added: 99]" in words(response.content.decode())
    assert editor.get(url, {"code": "nowhere"}).status_code == 404
    assert editor.get(url).status_code == 404
    assert editor.get(reverse("admin:statelaw_differences", args=["ZZ"])).status_code == 404


@pytest.mark.parametrize("group", ["editor", "reviewer", "publisher"])
def test_every_group_may_look(client, desk, group):
    page(signed_in(client, person("who", group)))


def test_nobody_else_may_look(client, desk):
    url = reverse("admin:statelaw_differences", args=["AZ"])
    assert client.get(url).status_code == 302
    assert signed_in(client, person("none")).get(url).status_code == 403


def test_the_page_only_looks(editor):
    assert editor.post(reverse("admin:statelaw_differences", args=["AZ"])).status_code == 405


def test_the_page_costs_few_queries(editor, django_assert_max_num_queries):
    page(editor)
    with django_assert_max_num_queries(30):
        page(editor)


def test_the_page_holds_no_inline_code_or_style_and_its_headings_are_linked(editor):
    edit(plain="The lender cannot sue you.")
    html = page(editor).split('id="content"')[1]
    assert not re.search(r"<script(?! src)|\sstyle=|\son\w+=", html)
    for label in re.findall(r'aria-labelledby="([^"]+)"', html):
        assert html.count(f'id="{label}"') == 1


def test_a_federal_draft_has_its_page_too(editor):
    assert JurisdictionDraft.objects.filter(code="US").exists()
    assert "Nothing differs" in page(editor, "US")
