"""From a draft to what the public sees: signing off, publishing, publishing an earlier one again.

Every step asks the server's own questions (who may, is it this content, do the law's own tests hold) inside one
transaction, and refuses in words that stand at a field of the form: :class:`Refused`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from . import drafts, publish, scenarios, store
from .document import Jurisdiction, LawError, Mistake, digest, plain_data
from .models import (
    BY_ATTORNEY,
    BY_EDITORS,
    NOT_REVIEWED,
    JurisdictionDraft,
    Licence,
    ProvisionDraft,
    Publication,
    SignOff,
    Withdrawal,
)
from .publish import FEDERAL, Shelf
from .scenarios import Failure, ScenarioChange
from .yaml_text import to_yaml

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: A publication may be scheduled this far ahead.
FURTHEST = timedelta(days=2 * 366)
#: What comes into force within this time stays: a process may have taken it while the withdrawal is being written.
A_MOMENT = timedelta(seconds=10)
IN_PART = "in part reviewed by a licensed attorney in this state"


class Refused(ValueError):
    """A step was not taken. ``problems``: pairs of the form's field (empty: the whole) and why, in plain words."""

    def __init__(self, problems: Iterable[tuple[str, str]]):
        self.problems = tuple(problems)
        super().__init__("; ".join(message for _field, message in self.problems))


# --- where a draft stands --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gate:
    """What stands between a draft and its publication."""

    draft: JurisdictionDraft
    document: Jurisdiction | None
    mistakes: tuple[Mistake, ...]
    latest: Publication | None  # in force or scheduled
    sign_offs: tuple[SignOff, ...]  # of exactly this content, by people who did not last edit any of it
    voided: tuple[SignOff, ...]  # given since the last publication; something was edited after
    failing: tuple[Failure, ...] = ()
    broken: tuple[Mistake, ...] = ()  # law of other codes that could not be read beside this one
    scheduled: tuple[Publication, ...] = field(default=())
    changed_tests: tuple[ScenarioChange, ...] = ()  # scenarios that people changed or took away since the last one

    @property
    def is_edited(self) -> bool:
        """There is something to publish."""
        return differs(self.draft, self.latest)

    @property
    def is_behind(self) -> bool:
        """Something else was published since this draft was last equal to a publication."""
        return self.latest is not None and self.draft.base_id != self.latest.pk

    @property
    def is_signed(self) -> bool:
        return bool(self.sign_offs)

    @property
    def is_sound(self) -> bool:
        return not (self.mistakes or self.broken)


def differs(draft: JurisdictionDraft, latest: Publication | None) -> bool:
    """Whether a draft says something else than the latest publication of its code."""
    if latest is None:
        return True
    return draft.digest != (draft.base_digest if draft.base_id == latest.pk else latest.digest)


def gate(draft: JurisdictionDraft, *, with_scenarios: bool = True) -> Gate:
    """Where a draft stands. Running the law's own tests takes a second or two for the federal layer."""
    document: Jurisdiction | None = None
    mistakes: tuple[Mistake, ...] = ()
    data = drafts.document_data(draft)
    try:
        document = drafts.check(data)
    except LawError as error:
        mistakes = error.mistakes
    latest = Publication.objects.latest_of(draft.code)
    valid, voided = sign_offs_of(draft, latest)
    return Gate(
        draft=draft,
        document=document,
        mistakes=mistakes,
        latest=latest,
        sign_offs=valid,
        voided=voided,
        failing=tuple(scenarios.failing(draft.code, document)) if document and with_scenarios else (),
        broken=_broken(draft.code, document) if document else (),
        scheduled=tuple(Publication.objects.scheduled().filter(code=draft.code).order_by("live_at")),
        changed_tests=tuple(scenarios.changed_since(draft.code, latest.published_at)) if latest else (),
    )


def sign_offs_of(
    draft: JurisdictionDraft, latest: Publication | None
) -> tuple[tuple[SignOff, ...], tuple[SignOff, ...]]:
    """Those of exactly the content that differs from the latest publication, and those that later edits made void."""
    since = draft.base.published_at if draft.base else None
    rows = SignOff.objects.filter(code=draft.code).select_related("by")
    rows = rows.filter(at__gt=since) if since else rows
    if not differs(draft, latest):
        return (), ()
    editors = drafts.editors_of(draft)
    valid = tuple(row for row in rows if row.digest == draft.digest and row.by_id not in editors)
    return valid, tuple(row for row in rows if row not in valid)


def _broken(code: str, document: Any) -> tuple[Mistake, ...]:
    """What a changed federal layer, or changed federal facts, break in the law in force that rests on them."""
    if code not in (FEDERAL, publish.FACTS):
        return ()
    shelf = Shelf()
    held = {row.code: row.document for row in Publication.objects.current().defer("text")}
    if code == publish.FACTS:
        shelf.federal = drafts.federal_document()
    shelf.put(code, document)
    if shelf.facts is None and publish.FACTS in held:
        shelf.put(publish.FACTS, shelf.parse(publish.FACTS, held[publish.FACTS], publish.FACTS))
    if shelf.facts is None:
        held.pop(publish.OPTIONS, None)
    return tuple(publish.dependents(shelf, [code], held))


# --- signing off -----------------------------------------------------------------------------------------------------


@transaction.atomic
def sign_off(
    draft: JurisdictionDraft,
    by: User,
    digest: str,
    *,
    kind: str = SignOff.Kind.EDITOR,
    public_name: str = "",
    provisions: Iterable[str] = (),
    note: str = "",
) -> SignOff:
    """One person's word for exactly the content with this digest. ``provisions``: ids of the rules that were held
    against their sources. ``public_name`` only where the person agreed to be named. Raises Refused."""
    draft = _locked(draft)
    found = gate(draft, with_scenarios=False)
    problems = _may(by, "statelaw.sign_off", _("Only a reviewer may sign off."))
    if draft.digest != digest:
        problems.append(("", _("The draft was changed since you opened this page. Look at it again before you sign.")))
    if by.pk in drafts.editors_of(draft):
        problems.append(("", _("You last edited part of this change, so someone else has to check it.")))
    if not found.is_edited:
        problems.append(("", _("Nothing here differs from what is published.")))
    if found.mistakes:
        problems.append(("", _("The draft still has mistakes. They have to be mended first.")))
    if kind not in SignOff.Kind.values:
        problems.append(("kind", _("Say as what you sign.")))
    if kind == SignOff.Kind.ATTORNEY and not is_licensed(by, draft.code):
        problems.append(
            ("kind", _("No licence for this state is on record for you. Ask an administrator, or sign as an editor."))
        )
    by_id = {item["id"]: item for item in plain_data(found.document)["provisions"]} if found.document else {}
    wanted = list(dict.fromkeys(provisions))
    if unknown := [key for key in wanted if key not in by_id]:
        problems.append(("provisions", _("There is no such rule: %(rules)s.") % {"rules": ", ".join(unknown)}))
    if own := sorted(_written_by(by, draft, wanted)):
        problems.append(
            ("provisions", _("You wrote these rules: %(rules)s. Leave them out.") % {"rules": ", ".join(own)})
        )
    if problems:
        raise Refused(problems)
    row = SignOff(
        code=draft.code,
        digest=draft.digest,
        by=by,
        kind=kind,
        public_name=public_name.strip()[:200],
        provisions={key: _digest(by_id[key]) for key in wanted},
        note=note.strip()[:2000],
    )
    row.save()
    today = timezone.localdate()
    for rule in ProvisionDraft.objects.filter(jurisdiction=draft, slug__in=wanted).exclude(checked=today):
        rule.checked = today
        rule.version += 1  # an editor who has this rule open is told
        rule._change_reason = f"checked against its sources (sign-off {row})"  # type: ignore[attr-defined]
        rule._history_user = by  # type: ignore[attr-defined]
        rule.save()
    return row


def _written_by(user: User, draft: JurisdictionDraft, slugs: Iterable[str]) -> set[str]:
    """Which of these rules stand in words that this person gave them, published since or not: nobody checks his own."""
    words: dict[str, Any] = {}
    author: dict[str, int | None] = {}
    saved = ProvisionDraft.history.filter(jurisdiction_id=draft.pk, slug__in=list(slugs))
    for record in saved.order_by("history_date", "history_id"):
        said = drafts.provision_data(record, [])
        if words.get(record.slug) != said:  # moving it, or a new day of its check, makes nobody its author
            words[record.slug], author[record.slug] = said, record.edited_by_id
    return {slug for slug, key in author.items() if key == user.pk}


def is_licensed(user: User, code: str) -> bool:
    """Whether an administrator has put on record that this person is an attorney there (for federal law: anywhere)."""
    held = Licence.objects.filter(user=user)
    return (held if code == FEDERAL else held.filter(code=code)).exists()


def reviews_of(code: str, document: Jurisdiction) -> dict[str, dict[str, str]]:
    """Who checked which rule in exactly its present words: the latest attorney, else the latest editor."""
    rows = list(SignOff.objects.filter(code=code).order_by("at", "pk"))
    found: dict[str, dict[str, str]] = {}
    for item in plain_data(document)["provisions"]:
        wanted = _digest(item)
        for row in rows:
            if row.provisions.get(item["id"]) != wanted:
                continue
            if row.kind == SignOff.Kind.ATTORNEY or found.get(item["id"], {}).get("kind") != SignOff.Kind.ATTORNEY:
                found[item["id"]] = {
                    "kind": row.kind,
                    "on": timezone.localtime(row.at).date().isoformat(),
                    "name": row.public_name,
                }
    return found


def _reviewed_by(document: Jurisdiction, reviews: Mapping[str, Mapping[str, str]]) -> str:
    """The line that stands over the whole publication."""
    kinds = [reviews.get(provision.id, {}).get("kind") for provision in document.provisions]
    if all(kind == SignOff.Kind.ATTORNEY for kind in kinds):
        return BY_ATTORNEY
    if SignOff.Kind.ATTORNEY in kinds:
        return IN_PART
    return BY_EDITORS if all(kinds) else NOT_REVIEWED


def _digest(data: Any) -> str:
    return digest(data)


# --- publishing ------------------------------------------------------------------------------------------------------


@transaction.atomic
def publish_draft(
    draft: JurisdictionDraft,
    by: User,
    digest: str,
    note: str,
    *,
    live_at: datetime | None = None,
    alone: bool = False,
    failing_why: str = "",
    overtake: bool = False,
) -> Publication:
    """Publishes a draft, now or from ``live_at`` on.

    ``alone``: nobody else has signed, and the publication shall say so. ``failing_why``: why although scenarios fail.
    ``overtake``: what was published or scheduled beside this draft, and would not be in force after it, is meant to go.
    Raises Refused."""
    draft = _locked(draft)
    found = gate(draft)
    problems = _may(by, "statelaw.publish", _("Only a publisher may publish."))
    if draft.digest != digest:
        problems.append(("", _("The draft was changed since you opened this page. Look at it again.")))
    if not found.is_edited:
        problems.append(("", _("Nothing here differs from what is published.")))
    problems += [("", str(mistake)) for mistake in (*found.mistakes, *found.broken)]
    if not note.strip():
        problems.append(("note", _("Say what changed.")))
    if not found.is_signed and not alone:
        problems.append(
            ("alone", _("Nobody else has signed off this content. Have it signed, or say that you publish it alone."))
        )
    if found.is_behind and not overtake:
        problems.append(
            (
                "overtake",
                _("%(latest)s was published after this draft was begun. Compare them, and say that you mean it.")
                % {"latest": found.latest},
            )
        )
    problems += _failing(found.failing, failing_why)
    problems += _timing(draft.code, live_at, overtake)
    if problems or found.document is None:
        raise Refused(problems)
    data = plain_data(found.document)
    reviews = reviews_of(draft.code, found.document)
    publication = _write(
        code=draft.code,
        digest=draft.digest,
        document=data,
        text=to_yaml(data),
        note=note.strip()[:500],
        reviewed_by=_reviewed_by(found.document, reviews),
        origin=Publication.Origin.DESK,
        made_by=by.get_username(),
        is_alone=not found.is_signed,
        failing_why=failing_why.strip()[:2000] if found.failing else "",
        reviews=reviews,
        sign_offs=[
            {"by": row.by.get_username(), "kind": row.kind, "at": row.at.isoformat(), "note": row.note}
            for row in found.sign_offs
        ],
        live_at=live_at,
    )
    drafts.rest_on(draft, publication)
    return publication


@transaction.atomic
def roll_back(
    publication: Publication,
    by: User,
    reason: str,
    *,
    failing_why: str = "",
    overtake: bool = False,
    seen: str | None = None,
) -> Publication:
    """Publishes an earlier publication again, at once. ``seen``: the number in force when it was decided on. Raises
    Refused."""
    code = publication.code
    # Held from the start: what somebody else publishes meanwhile is seen below, not run over.
    draft = JurisdictionDraft.objects.select_for_update().filter(code=code).first()
    problems = _may(by, "statelaw.roll_back", _("Only a publisher may roll back."))
    if not reason.strip():
        problems.append(("reason", _("Say why.")))
    current = Publication.objects.current().filter(code=code).first()
    if seen is not None and seen != str(current.number if current else 0):
        problems.append(("", _("Something else came into force since you opened this page. Look at it again.")))
    if current is not None and current.digest == publication.digest:
        problems.append(("", _("This is what is in force.")))
    document, _mistakes = _read_again(publication)
    found = gate_again(publication)
    problems += [("", str(mistake)) for mistake in (*found.mistakes, *found.broken)]
    problems += _failing(found.failing, failing_why)
    problems += _timing(code, None, overtake)
    if problems:
        raise Refused(problems)
    again = _write(
        code=code,
        digest=publication.digest,
        document=publication.document,
        text=publication.text,
        note=reason.strip()[:500],
        reviewed_by=publication.reviewed_by,
        origin=Publication.Origin.ROLLBACK,
        made_by=by.get_username(),
        restores=publication.number,
        is_alone=publication.is_alone,
        failing_why=failing_why.strip()[:2000] if found.failing else "",
        reviews=publication.reviews,
        sign_offs=publication.sign_offs,
        live_at=None,
    )
    if draft is not None and not draft.is_edited and isinstance(document, Jurisdiction):
        drafts.fill(code, document, again, by, why=f"rolled back to {publication}")
    return again


@dataclass(frozen=True)
class Again:
    """What stands between an earlier publication and publishing it again."""

    mistakes: tuple[Mistake, ...] = ()
    broken: tuple[Mistake, ...] = ()
    failing: tuple[Failure, ...] = ()


def gate_again(publication: Publication) -> Again:
    """Where an earlier publication stands beside the law of today."""
    document, mistakes = _read_again(publication)
    if document is None:
        return Again(mistakes=mistakes)
    failing = tuple(scenarios.failing(publication.code, document)) if isinstance(document, Jurisdiction) else ()
    return Again(broken=_broken(publication.code, document), failing=failing)


def _read_again(publication: Publication) -> tuple[Any, tuple[Mistake, ...]]:
    """An earlier document beside the federal layer of today, which may no longer have what it rests on."""
    shelf = Shelf()
    try:
        if publication.code != FEDERAL:
            shelf.federal = drafts.federal_document()
        if publication.code == publish.OPTIONS:
            row = Publication.objects.current().get(code=publish.FACTS)
            shelf.put(publish.FACTS, shelf.parse(publish.FACTS, row.document, publish.FACTS))
        return shelf.parse(publication.code, publication.document, str(publication)), ()
    except LawError as error:
        return None, error.mistakes


@transaction.atomic
def withdraw(publication: Publication, by: User, why: str) -> Withdrawal:
    """Keeps a scheduled publication from going live. Raises Refused."""
    problems = _may(by, "statelaw.roll_back", _("Only a publisher may take this back."))
    if not why.strip():
        problems.append(("why", _("Say why.")))
    scheduled = Publication.objects.scheduled().filter(pk=publication.pk)
    if not scheduled.filter(live_at__gt=Now() + A_MOMENT).exists():
        problems.append(("", _("Only a publication that is still scheduled can be withdrawn.")))
    if problems:
        raise Refused(problems)
    row = Withdrawal(publication=publication, by=by.get_username(), why=why.strip()[:500])
    row.save()
    draft = JurisdictionDraft.objects.select_for_update().filter(base=publication).first()
    latest = Publication.objects.latest_of(publication.code)
    if draft is not None and latest is not None:
        drafts.rest_again_on(draft, latest, why.strip()[:500])
    return row


@transaction.atomic
def start_again(draft: JurisdictionDraft, by: User, why: str) -> JurisdictionDraft:
    """Drops what is not published: the draft becomes the law in force again. Raises Refused."""
    problems = _may(by, "statelaw.change_jurisdictiondraft", _("Only an editor may drop edits."))
    if not why.strip():
        problems.append(("why", _("Say why.")))
    current = Publication.objects.current().filter(code=draft.code).first()
    if current is None:
        problems.append(("", _("Nothing is published yet.")))
    if problems or current is None:
        raise Refused(problems)
    document, mistakes = _read_again(current)
    if document is None:
        raise Refused([("", str(mistake)) for mistake in mistakes])
    return drafts.fill(draft.code, document, current, by, why.strip()[:500])


# --- what they share -------------------------------------------------------------------------------------------------


def _locked(draft: JurisdictionDraft) -> JurisdictionDraft:
    """The draft with all its rows, held against others until the transaction ends."""
    JurisdictionDraft.objects.select_for_update().get(pk=draft.pk)
    return drafts.whole(JurisdictionDraft.objects.filter(pk=draft.pk)).get()


def _may(by: User, permission: str, message: str) -> list[tuple[str, str]]:
    return [] if by.is_active and by.has_perm(permission) else [("", message)]


def _failing(failing: tuple[Failure, ...], why: str) -> list[tuple[str, str]]:
    if not failing or why.strip():
        return []
    names = ", ".join(item.name for item in failing[:5])
    more = f" (+{len(failing) - 5})" if len(failing) > 5 else ""
    return [
        ("failing_why", _("Scenarios fail: %(names)s. Say why it is right all the same.") % {"names": names + more})
    ]


def _timing(code: str, live_at: datetime | None, overtake: bool) -> list[tuple[str, str]]:
    now = timezone.now()
    if live_at is not None and live_at <= now:
        return [("live_at", _("Choose a time that is still to come, or publish now."))]
    if live_at is not None and live_at > now + FURTHEST:
        return [("live_at", _("Choose a time within two years."))]
    late = Publication.objects.scheduled().filter(code=code, live_at__gte=live_at or now)
    if late and not overtake:
        names = ", ".join(str(row) for row in late)
        return [
            (
                "overtake",
                _("%(names)s is scheduled and would then never come into force. Say that you mean it.")
                % {"names": names},
            )
        ]
    return []


def _write(*, code: str, live_at: datetime | None, **values: Any) -> Publication:
    now = timezone.now()
    number = Publication.objects.next_number(code)
    publication = Publication(code=code, number=number, published_at=now, live_at=live_at or now, **values)
    try:
        with transaction.atomic():
            publication.save()
    except IntegrityError:
        raise Refused([("", _("Someone else published at the same moment. Look at it again."))]) from None
    transaction.on_commit(store.take_up)
    return publication


def is_jurisdiction(code: str) -> bool:
    return re.fullmatch("[A-Z]{2}", code) is not None
