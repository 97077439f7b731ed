"""The first page of the desk: what is due, counted, each with the way to the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from .. import scenarios
from ..models import JurisdictionDraft, LoadedFile, ProvisionDraft, Publication, ReaderNote, ReviewNote
from . import states
from .links import address
from .standing import title_of


@dataclass(frozen=True)
class Card:
    """A count, and where what it counts is listed."""

    label: str
    count: int
    url: str
    detail: str = ""
    is_bad: bool = False

    @property
    def weight(self) -> str:
        if not self.count:
            return "clear"
        return "bad" if self.is_bad else "due"


@dataclass(frozen=True)
class Dashboard:
    cards: list[Card]
    waiting: list[JurisdictionDraft]
    ready: list[JurisdictionDraft]
    scheduled: list[tuple[str, Publication]]


def dashboard() -> Dashboard:
    """How the law stands now. A dozen small queries; the scenarios run only where something changed."""
    year_ago = states.a_year_ago()
    rules = ProvisionDraft.objects.aggregate(
        overdue=Count("pk", filter=Q(checked=None) | Q(checked__lt=year_ago)),
        low=Count("pk", filter=Q(confidence="low")),
    )
    rows = JurisdictionDraft.objects.values_list("reviewed", "gaps")
    overdue = sum(reviewed < year_ago for reviewed, gaps in rows)
    gaps = [len(listed) for reviewed, listed in rows if listed]
    waiting = states.waiting_for_review()
    edited = JurisdictionDraft.objects.exclude(digest=F("base_digest")).select_related("edited_by")
    ready = [draft for draft in edited if draft not in waiting]
    scheduled = list(Publication.objects.scheduled().defer("document", "text").order_by("live_at"))
    notes = ReaderNote.objects.filter(status=ReaderNote.Status.OPEN).count()
    objections = ReviewNote.objects.filter(status=ReaderNote.Status.OPEN).count()
    files = LoadedFile.objects.filter(status=LoadedFile.Status.WAITING).count()
    failing = scenarios.standing()
    cards = [
        Card(_("Failing scenarios"), len(failing.failing), _list("scenario", "result=fails"),
             _("of %(many)d") % {"many": failing.total}, is_bad=True),
        Card(_("Drafts waiting for review"), len(waiting), _state_list("draft=waiting")),
        Card(_("Review notes open"), objections, _list("reviewnote", "status__exact=open")),
        Card(_("Readers’ notes open"), notes, _list("readernote", "status__exact=open")),
        Card(_("Publications scheduled"), len(scheduled), _list("publication", "standing=scheduled")),
        Card(_("Files waiting to be compared"), files, _list("loadedfile", "status__exact=waiting")),
        Card(_("States not checked for 12 months"), overdue, _state_list("checked=overdue"), is_bad=True),
        Card(_("Rules not checked for 12 months"), rules["overdue"], _list("provisiondraft", "checked=overdue")),
        Card(_("Rules of low confidence"), rules["low"], _list("provisiondraft", "confidence__exact=low")),
        Card(_("Gaps listed"), sum(gaps), _state_list("open=gaps"), _("in %(many)d states") % {"many": len(gaps)}),
    ]  # fmt: skip
    return Dashboard(cards, waiting, ready, [(title_of(row.code), row) for row in scheduled])


def _list(model: str, query: str) -> str:
    found = address(f"statelaw_{model}_changelist")
    return f"{found}?{query}" if found else ""


def _state_list(query: str) -> str:
    return _list("jurisdictiondraft", query)


def may_see(user: Any) -> bool:
    return bool(user.has_perm("statelaw.view_jurisdictiondraft"))
