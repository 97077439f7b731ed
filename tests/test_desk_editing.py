"""The editing pages of the desk: a rule as a page, checked by the law document, saved with its reason, lost by nobody."""

from __future__ import annotations

import lxml.html
import pytest

from statelaw import drafts, publish
from statelaw.models import JurisdictionDraft, ProvisionDraft

from .desk import person, signed_in

pytestmark = pytest.mark.django_db
AZ = "AZ"


@pytest.fixture
def az():
    """Arizona's draft as shipped, laid out beside the federal layer."""
    for code in ("US", AZ):
        drafts.fill(code, publish.shipped()[0][code].document, None)
    return JurisdictionDraft.objects.get(code=AZ)


@pytest.fixture
def editor(client):
    return signed_in(client, person("edith", "editor"))


def address(kind: str, *args: object, what: str = "change") -> str:
    from django.urls import reverse

    return reverse(f"admin:statelaw_{kind}_{what}", args=args)


def form_of(response) -> dict[str, list[str]]:
    """What a browser would send back of the page's form, if nothing were touched."""
    page = lxml.html.fromstring(response.content.decode())
    form = page.get_element_by_id("row-form")
    sent: dict[str, list[str]] = {}
    for name, value in form.form_values():
        sent.setdefault(name, []).append(value.replace("\n", "\r\n"))
    return sent


def test_a_rule_that_is_looked_at_and_saved_is_not_changed(az, editor):
    for row in az.provisions.all():
        url = address("provisiondraft", row.pk)
        sent = form_of(editor.get(url)) | {"reason": ["looked"]}
        answer = editor.post(url, sent, follow=True)
        assert "Nothing was changed" in answer.content.decode(), row.slug
    az.refresh_from_db()
    assert not az.is_edited
    assert not ProvisionDraft.objects.exclude(version=1).exists()
