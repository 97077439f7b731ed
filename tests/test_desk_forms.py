"""Forms of the desk, as they show a rule and read it back."""

import lxml.html
import pytest
from django.http import QueryDict

from statelaw import drafts, publish
from statelaw.desk.forms import ProvisionForm
from statelaw.document import plain_data
from statelaw.models import JurisdictionDraft


@pytest.mark.parametrize("code", sorted(code for code in publish.shipped()[0] if len(code) == 2))
def test_no_rule_of_any_state_is_changed_by_its_form(code):
    """Rules of every state, as their form shows them and reads them back, are the same rules."""
    shipped = publish.shipped()[0]
    document = shipped[code].document
    questions = [*document.questions, *(() if code == "US" else shipped["US"].document.questions)]
    for item in plain_data(document)["provisions"][::3]:
        given = {"draft": JurisdictionDraft(code=code), "questions": questions}
        shown = ProvisionForm(instance=drafts.provision_row(item), **given)
        html = "".join(str(shown[name]) for name in shown.fields)
        sent = QueryDict(mutable=True)
        for name, value in lxml.html.fromstring(f"<form>{html}</form>").form_values():
            sent.appendlist(name, value.removeprefix("\n"))
        sent["reason"] = "looked"
        form = ProvisionForm(sent, instance=drafts.provision_row(item), **given)
        assert form.is_valid(), (item["id"], form.errors)
        assert drafts.provision_data(form.instance, sources=item["sources"]) == item
