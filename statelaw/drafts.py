"""A draft is rows, the law is a document: from one to the other and back, without loss.

``document_data`` gives what the rows say, whether or not it is sound; ``document_of`` the checked document. ``fill``
makes the rows those of a document. ``touch`` is called after rows of a draft were changed: it keeps the draft's digest
and last editor right, on which sign-offs and the gate to publishing rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from . import publish
from .document import Jurisdiction, LawError, digest, parse_jurisdiction, plain_data
from .models import (
    ChoiceDraft,
    Edited,
    JurisdictionDraft,
    LimitationsDraft,
    LoadedFile,
    ProcessDraft,
    ProvisionDraft,
    Publication,
    QuestionDraft,
    RedemptionDraft,
    SourceDraft,
)
from .publish import FEDERAL

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# --- rows to document ------------------------------------------------------------------------------------------------


def _said(**values: Any) -> dict[str, Any]:
    """Only what says something: the canonical form of :func:`statelaw.document.plain_data`."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {}, ())}


def _day(value: Any) -> str | None:
    return value.isoformat() if hasattr(value, "isoformat") else value or None


def source_data(row: SourceDraft) -> dict[str, Any]:
    return {"url": row.url, "kind": row.kind, "supports": row.supports}


def _sources(owner: Any) -> list[dict[str, Any]]:
    return [source_data(row) for row in owner.sources.all()]


def _limit(count: int | None, unit: str, of: str, event: str, bound: str) -> dict[str, Any] | None:
    if count is None and not (unit or of or event or bound):
        return None
    return _count(count) | _said(unit=unit, of=of, event=event, event_bound=bound)


def _count(count: int | None) -> dict[str, Any]:
    return {} if count is None else {"count": count}


def provision_data(row: ProvisionDraft, sources: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """One rule as the document writes it. ``sources``: instead of the row's own (an edit that is not saved yet)."""
    data = {
        "id": row.slug,
        "effect": row.effect,
        "heading": row.heading,
        "plain": row.plain,
        "when": row.when,
        **_said(unless=row.unless),
        "cite": row.cite,
        **_said(
            in_force=_said(
                sales_from=_day(row.sales_from),
                sales_to=_day(row.sales_to),
                loans_from=_day(row.loans_from),
                loans_to=_day(row.loans_to),
            )
        ),
        "sources": _sources(row) if sources is None else sources,
        "confidence": row.confidence,
        **_said(caveats=row.caveats, measure=row.measure, measure_note=row.measure_note),
    }
    if row.automatic is not None:
        data["automatic"] = row.automatic
    ask = _limit(row.ask_count, row.ask_unit, row.ask_of, row.ask_event, row.ask_event_bound)
    if ask is not None:
        data["ask_within"] = ask
    if row.within_count is not None or row.within_unit:
        data["within"] = _count(row.within_count) | _said(unit=row.within_unit)
    data |= _said(of=row.of, event=row.event, event_bound=row.event_bound, action=row.action, tick=row.tick)
    data |= {key: True for key in ("after_judgment", "unsettles_state_law") if getattr(row, key)}
    return data


def question_data(row: QuestionDraft, choices: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    found = [{"value": c.value, "label": c.label} for c in row.choices.all()] if choices is None else choices
    data = {"fact": row.fact, "kind": row.kind, "ask": row.ask}
    if row.usual is not None:
        data["usual"] = row.usual
    return data | _said(choices=found) | {"why": row.why} | _said(tick=row.tick)


def process_data(
    row: ProcessDraft, redemption: list[dict[str, Any]] | None = None, sources: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    if redemption is None:
        redemption = [redemption_data(item) for item in row.redemption.all()]
    return {
        "usual": row.usual,
        "available": row.available,
        "summary": row.summary,
        "route": row.route,
        **_said(redemption=redemption),
        "sources": _sources(row) if sources is None else sources,
    }


def redemption_data(row: RedemptionDraft) -> dict[str, Any]:
    return {"after": row.after, "count": row.count, "unit": row.unit, **_said(note=row.note), "cite": row.cite}


def limitations_data(row: LimitationsDraft, sources: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    years = format(row.years.normalize(), "f") if hasattr(row.years, "normalize") else str(row.years)
    found = _sources(row) if sources is None else sources
    return {"years": years, "cite": row.cite, **_said(note=row.note), "sources": found}


def whole(drafts: QuerySet[JurisdictionDraft] | None = None) -> QuerySet[JurisdictionDraft]:
    """Drafts with all their rows, in few queries."""
    found = JurisdictionDraft.objects.all() if drafts is None else drafts
    return found.select_related("process", "limitations", "base").prefetch_related(
        "process__redemption",
        "process__sources",
        "limitations__sources",
        "questions__choices",
        "provisions__sources",
    )


def document_data(draft: JurisdictionDraft) -> dict[str, Any]:
    """What the rows of a draft say, as plain data in canonical form. It may be unsound: see :func:`document_of`."""
    process: ProcessDraft | None = getattr(draft, "process", None)
    limitations: LimitationsDraft | None = getattr(draft, "limitations", None)
    return {
        "state": draft.code,
        "name": draft.name,
        "reviewed": _day(draft.reviewed),
        **({"process": process_data(process)} if process else {}),
        **_said(questions=[question_data(row) for row in draft.questions.all()]),
        "provisions": [provision_data(row) for row in draft.provisions.all()],
        **({"limitations": limitations_data(limitations)} if limitations else {}),
        **_said(gaps=draft.gaps),
    }


def federal_document() -> Jurisdiction:
    """The federal layer that the states' drafts are checked against: the publication in force, or the file as shipped.

    Raises LawError when there is neither in a form that can be read."""
    row = Publication.objects.current().filter(code=FEDERAL).values_list("pk", "digest").first()
    if row is not None:
        return _federal(*row)
    found = publish.shipped()[0].get(FEDERAL)
    if found is None or not isinstance(found.document, Jurisdiction):
        raise LawError(publish.shipped()[1])
    return found.document


@lru_cache(maxsize=2)
def _federal(key: int, digest: str) -> Jurisdiction:
    """A publication never changes, so neither does its document."""
    row = Publication.objects.get(pk=key)
    return parse_jurisdiction(row.document, str(row))


def document_of(draft: JurisdictionDraft, federal: Jurisdiction | None = None) -> Jurisdiction:
    """The document of a draft. Raises LawError with every mistake."""
    return check(document_data(draft), federal)


def check(data: Mapping[str, Any], federal: Jurisdiction | None = None) -> Jurisdiction:
    """A document from a draft's plain data (perhaps with an edit that is not saved yet). Raises LawError."""
    if data["state"] == FEDERAL:
        return parse_jurisdiction(data, f"{FEDERAL}.yaml")
    return parse_jurisdiction(data, f"{data['state']}.yaml", federal or federal_document())


# --- document to rows ------------------------------------------------------------------------------------------------


@transaction.atomic
def fill(
    code: str,
    document: Jurisdiction,
    base: Publication | None,
    by: User | None = None,
    why: str = "",
    *,
    is_edit: bool = False,
) -> JurisdictionDraft:
    """Makes the rows of a draft those of a document. Rows that say the same already stay as they are.

    ``base``: the publication that the draft now rests on (None: it stays what it was). ``is_edit``: the rows are an
    unpublished change by ``by`` (an import), not the publication itself."""
    held = JurisdictionDraft.objects.select_for_update().filter(code=code).first()
    draft = whole(JurisdictionDraft.objects.filter(pk=held.pk)).get() if held else JurisdictionDraft(code=code)
    editor = by if is_edit else None
    data = plain_data(document)
    draft.name, draft.reviewed, draft.gaps = document.name, document.reviewed, list(document.gaps)
    draft.digest = digest(data)
    if base is not None:
        draft.base, draft.base_digest = base, digest(plain_data(_parsed(base))) if is_edit else draft.digest
    _sign(draft, editor, why)
    draft.save()
    fill_in = _Filling(draft, editor, why)
    fill_in.process(data["process"])
    fill_in.limitations(data.get("limitations"))
    fill_in.questions(data.get("questions", []))
    fill_in.provisions(data["provisions"], document.reviewed)
    if not is_edit:
        _settle(draft)
    return whole(JurisdictionDraft.objects.filter(pk=draft.pk)).get()


def _parsed(base: Publication) -> Jurisdiction:
    federal = None if base.code == FEDERAL else federal_document()
    return parse_jurisdiction(base.document, str(base), federal)


def _sign(row: Edited, by: User | None, why: str) -> None:
    row.edited_by, row.edited_at = by, timezone.now() if by else None
    row.version = (row.version or 0) + 1 if row.pk else 1
    _because(row, by, why)


def _because(row: Any, by: User | None, why: str) -> None:
    """What the row's history will say of the next save or deletion. Nobody given: whoever is signed in, if anyone."""
    row._change_reason = why
    if by is not None:
        row._history_user = by


class _Filling:
    """Rows of one draft, made to say what plain data says; what says it already is left alone."""

    def __init__(self, draft: JurisdictionDraft, by: User | None, why: str):
        self.draft, self.by, self.why = draft, by, why

    def _created(self, rows: list[Any], model: Any) -> None:
        if rows:
            bulk_create_with_history(rows, model, default_change_reason=self.why, default_user=self.by, batch_size=200)

    def _gone(self, rows: Iterable[Any]) -> None:
        for row in rows:
            _gone(row, self.by, self.why)

    def _copied(self, row: Any, model: Any, names: Iterable[str], values: Mapping[str, Any]) -> Any:
        """An existing row (or a new one) with new values, saved."""
        row = row or model(jurisdiction=self.draft)
        for name in names:
            setattr(row, name, values[name])
        _sign(row, self.by, self.why)
        row.save()
        return row

    def process(self, data: Mapping[str, Any]) -> None:
        row: ProcessDraft | None = getattr(self.draft, "process", None) if self.draft.pk else None
        if row is not None and process_data(row) == data:
            return
        if row is not None:
            self._gone((*row.redemption.all(), *row.sources.all()))
        row = self._copied(row, ProcessDraft, ("usual", "available", "summary", "route"), data)
        again = [
            RedemptionDraft(process=row, position=place, **{"note": "", **item})
            for place, item in enumerate(data.get("redemption", ()))
        ]
        self._created(again, RedemptionDraft)
        self._created(_source_rows(data["sources"], process=row), SourceDraft)

    def limitations(self, data: Mapping[str, Any] | None) -> None:
        row: LimitationsDraft | None = getattr(self.draft, "limitations", None) if self.draft.pk else None
        if data is None:
            self._gone([row, *row.sources.all()][::-1] if row is not None else ())
            return
        if row is not None and limitations_data(row) == data:
            return
        if row is not None:
            self._gone(row.sources.all())
        values = {"note": "", **data, "years": Decimal(data["years"])}
        row = self._copied(row, LimitationsDraft, ("years", "cite", "note"), values)
        self._created(_source_rows(data["sources"], limitations=row), SourceDraft)

    def questions(self, wanted: list[Mapping[str, Any]]) -> None:
        held = {row.fact: row for row in self.draft.questions.all()}
        self._drop(held, {item["fact"] for item in wanted}, "choices")
        names = ("position", "fact", "kind", "ask", "usual", "why", "tick")
        for place, item in enumerate(wanted):
            row = held.get(item["fact"])
            if row is not None and row.position == place and question_data(row) == item:
                continue
            if row is not None:
                self._gone(row.choices.all())
            values = {"usual": None, "tick": "", **item, "position": place}
            row = self._copied(row, QuestionDraft, names, values)
            choices = [
                ChoiceDraft(question=row, position=n, **choice) for n, choice in enumerate(item.get("choices", ()))
            ]
            self._created(choices, ChoiceDraft)

    def provisions(self, wanted: list[Mapping[str, Any]], reviewed: date) -> None:
        held = {row.slug: row for row in self.draft.provisions.all()}
        self._drop(held, {item["id"] for item in wanted}, "sources")
        fresh, sources = [], []
        for place, item in enumerate(wanted):
            row = held.get(item["id"])
            if row is not None and row.position == place and provision_data(row) == item:
                continue
            made = provision_row(item)
            made.jurisdiction, made.position, made.checked = self.draft, place, reviewed
            if row is None:
                _sign(made, self.by, self.why)
                fresh.append(made)
                continue
            says_the_same = provision_data(row) == item
            made.pk, made.version = row.pk, row.version
            if says_the_same:
                made.checked, made.edited_by, made.edited_at = row.checked, row.edited_by, row.edited_at
                _because(made, self.by, self.why)
            else:
                _sign(made, self.by, self.why)
                self._gone(row.sources.all())
                sources += _source_rows(item["sources"], provision=made)
            made._state.adding = False
            made.save()
        self._created(fresh, ProvisionDraft)
        by_slug = {row.slug: row for row in ProvisionDraft.objects.filter(jurisdiction=self.draft)}
        slugs = {row.slug for row in fresh}
        for item in wanted:
            if item["id"] in slugs:
                sources += _source_rows(item["sources"], provision=by_slug[item["id"]])
        self._created(sources, SourceDraft)

    def _drop(self, held: Mapping[str, Any], wanted: set[str], children: str) -> None:
        for key, row in held.items():
            if key not in wanted:
                self._gone((*getattr(row, children).all(), row))


def _gone(row: Any, by: User | None, why: str) -> None:
    _because(row, by, why)
    row.delete()


def _source_rows(sources: Iterable[Mapping[str, Any]], **owner: Any) -> list[SourceDraft]:
    return [SourceDraft(position=place, **item, **owner) for place, item in enumerate(sources)]


def provision_row(data: Mapping[str, Any]) -> ProvisionDraft:
    """A row, not saved and without a state, from a rule's plain data."""
    ask, within, dates = data.get("ask_within") or {}, data.get("within") or {}, data.get("in_force") or {}
    names = ("effect", "heading", "plain", "when", "cite", "confidence")
    texts = ("measure", "measure_note", "of", "event", "event_bound", "action", "tick")
    row = ProvisionDraft(
        slug=data["id"],
        **{name: data[name] for name in names},
        **{name: data.get(name) or "" for name in texts},
        unless=list(data.get("unless") or ()),
        caveats=list(data.get("caveats") or ()),
        automatic=data.get("automatic"),
        ask_count=ask.get("count"),
        ask_unit=ask.get("unit") or "",
        ask_of=ask.get("of") or "",
        ask_event=ask.get("event") or "",
        ask_event_bound=ask.get("event_bound") or "",
        within_count=within.get("count"),
        within_unit=within.get("unit") or "",
        after_judgment=bool(data.get("after_judgment")),
        unsettles_state_law=bool(data.get("unsettles_state_law")),
        **{name: dates.get(name) for name in ("sales_from", "sales_to", "loans_from", "loans_to")},
    )
    row.clean_fields(exclude=["jurisdiction", "edited_by", "when", "unless", "caveats"])  # days become days
    return row


# --- while it is edited -----------------------------------------------------------------------------------------------


def save_row(row: Any, user: User, why: str) -> None:
    """Saves one row of a draft with its next version, its editor and the reason."""
    if isinstance(row, Edited):
        row.version = (row.version or 0) + 1 if row.pk else 1
        row.edited_by, row.edited_at = user, timezone.now()
    _because(row, user, why)
    row.save()


def delete_row(row: Any, user: User, why: str) -> None:
    """Deletes one row of a draft; its history, with the reason, stays."""
    _gone(row, user, why)


def touch(draft: JurisdictionDraft, user: User, why: str = "") -> JurisdictionDraft:
    """Keeps the draft's digest and last editor after rows of it were saved or deleted, in the same transaction."""
    fresh = whole(JurisdictionDraft.objects.filter(pk=draft.pk)).get()
    fresh.digest = _digest(document_data(fresh))
    if not fresh.is_edited:  # the last edit undid the ones before it: nothing is left that anyone changed
        _settle(fresh)
        user_or_none = None
    else:
        user_or_none = user
    fresh.version += 1
    fresh.edited_by, fresh.edited_at = user_or_none, timezone.now() if user_or_none else None
    _because(fresh, user, why)
    fresh.save()
    return fresh


def _digest(data: Mapping[str, Any]) -> str:
    """Of the document in canonical form where the rows make one; of the rows' own words where they do not."""
    try:
        return digest(plain_data(check(data)))
    except LawError:
        return digest(data)


def _settle(draft: JurisdictionDraft) -> None:
    """The rows are as published again: nobody's edit is left in them."""
    for rows in (draft.provisions, draft.questions):
        rows.exclude(edited_by=None).update(edited_by=None, edited_at=None)
    for model in (ProcessDraft, LimitationsDraft):
        model.objects.filter(jurisdiction=draft).exclude(edited_by=None).update(edited_by=None, edited_at=None)


def rest_on(draft: JurisdictionDraft, publication: Publication) -> None:
    """The draft's content was published: it rests on that publication, and nobody's edit is left in it."""
    draft.base, draft.base_digest = publication, draft.digest
    draft.edited_by = draft.edited_at = None
    draft.version += 1
    _because(draft, None, f"published as {publication}")
    draft.save()
    _settle(draft)


def rest_again_on(draft: JurisdictionDraft, publication: Publication, why: str) -> None:
    """What the draft rested on was withdrawn: it rests on an earlier publication again, and what differs from that is
    an edit again, by those who made it."""
    draft.base, draft.base_digest = publication, digest(plain_data(_parsed(publication)))
    if draft.is_edited:
        for row in _edited_rows(draft):
            last = row.history.filter(history_date__gt=publication.published_at).exclude(edited_by=None).first()
            if last is not None:
                rows = type(row)._base_manager.filter(pk=row.pk)
                rows.update(edited_by=last.edited_by, edited_at=last.edited_at)
                if row == draft:
                    draft.edited_by, draft.edited_at = last.edited_by, last.edited_at
    draft.version += 1
    _because(draft, None, why)
    draft.save()


def _edited_rows(draft: JurisdictionDraft) -> list[Edited]:
    parts = [getattr(draft, name, None) for name in ("process", "limitations")]
    return [draft, *draft.provisions.all(), *draft.questions.all(), *(part for part in parts if part is not None)]


def editors_of(draft: JurisdictionDraft) -> set[int]:
    """Keys of those who last edited any row of what is not published yet."""
    found = {draft.edited_by_id}
    found.update(draft.provisions.values_list("edited_by", flat=True))
    found.update(draft.questions.values_list("edited_by", flat=True))
    for model in (ProcessDraft, LimitationsDraft):
        found.update(model.objects.filter(jurisdiction=draft).values_list("edited_by", flat=True))
    since = draft.base.published_at if draft.base else None
    for kind in (ProvisionDraft, QuestionDraft, LimitationsDraft):  # who took something away has edited, too
        gone = kind.history.filter(jurisdiction_id=draft.pk, history_type="-")
        gone = gone.filter(history_date__gt=since) if since else gone
        found.update(gone.values_list("history_user", flat=True))
    found.update(_editors_of_head(draft))
    taken = LoadedFile.history.filter(code=draft.code, status=LoadedFile.Status.TAKEN)
    taken = taken.filter(history_date__gt=since) if since else taken
    writers = get_user_model().objects.filter(username__in=list(taken.values_list("by", flat=True)))
    found.update(writers.values_list("pk", flat=True))  # a file's words are its bringer's, whoever took it
    return {key for key in found if key is not None}


def _editors_of_head(draft: JurisdictionDraft) -> set[int | None]:
    """Who gave the draft's own fields what they say now. Its ``edited_by`` is whoever last saved any row of it."""
    if draft.base is None:
        return set()
    names = ("name", "reviewed", "gaps")
    value = {"name": "", "reviewed": "", "gaps": [], **draft.base.document}
    who: dict[str, int | None] = {}
    since = draft.history.filter(history_date__gt=draft.base.published_at).order_by("history_date", "history_id")
    for record in since.values("edited_by", *names):
        for name in names:
            said = _day(record[name]) if name == "reviewed" else record[name]
            if said != value[name]:
                who[name], value[name] = record["edited_by"], said
    return set(who.values())
