"""A draft sent back: a reviewer objects without signing."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from .models import JurisdictionDraft, Publication, ReaderNote, ReviewNote
from .releases import Refused, differs


def open_notes(code: str) -> QuerySet[ReviewNote]:
    """What stands open against a state's draft, the newest first."""
    return ReviewNote.objects.filter(code=code, status=ReaderNote.Status.OPEN).select_related("by")


@transaction.atomic
def send_back(draft: JurisdictionDraft, by: User, digest: str, text: str, provision: str = "") -> ReviewNote:
    """One person's objection to the content with this digest, or to one rule of it. Signs nothing, voids nothing and
    blocks nothing: it is there to be read. Raises Refused."""
    draft = JurisdictionDraft.objects.select_for_update().get(pk=draft.pk)
    problems = []
    if not by.has_perm("statelaw.add_reviewnote"):
        problems.append(("", _("Only a reviewer or a publisher may send a draft back.")))
    if draft.digest != digest:
        problems.append(
            ("", _("The draft was changed since you opened this page. Look at it again before you object."))
        )
    elif not differs(draft, Publication.objects.latest_of(draft.code)):
        problems.append(("", _("Nothing here differs from what is published.")))
    if provision and not draft.provisions.filter(slug=provision).exists():
        problems.append(("provision", _("There is no such rule any more. Choose another, or the whole change.")))
    if not text.strip():
        problems.append(("text", _("Say what is wrong.")))
    if problems:
        raise Refused(problems)
    row = ReviewNote(code=draft.code, provision=provision, digest=draft.digest, by=by, text=text.strip()[:2000])
    row._change_reason = _("sent back")  # type: ignore[attr-defined]
    row.save()
    return row
