"""The law as anyone may read it: each state's rules in plain words, with citation, source, doubts and gaps.

The law in force comes from memory: such a page costs no query and needs no answers. What was in force earlier, on which
an older report may rest, is read from the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from statelaw import past, store
from statelaw.document import Jurisdiction, Provision
from statelaw.past import Past
from statelaw.sources import has_text, link_of, sure_of

from .provenance import Layer, layer_of, review_of
from .report import Collection, collection_view

#: The order in which rules are told: what protects first, what the lender must do, what limits, what allows.
_ORDER = ("waiver", "bar", "duty", "deadline", "cap", "defense", "permit", "toll", "sunset")
NATIONAL = "us"


@dataclass(frozen=True, slots=True)
class RuleText:
    """One rule as the public page tells it."""

    id: str
    effect: str
    heading: str
    plain: str
    action: str | None
    measure_note: str | None
    cite: str
    link: str | None
    sure: str
    confidence: str
    caveats: tuple[str, ...]
    review: str


@dataclass(frozen=True, slots=True)
class LawPage:
    code: str
    name: str
    summary: str
    usual: str
    groups: tuple[tuple[str, tuple[RuleText, ...]], ...]
    redemption: tuple[Any, ...]
    limitations: Any
    limitations_link: str | None
    gaps: tuple[str, ...]
    layer: Layer
    is_old: bool
    collection: Collection | None
    is_national: bool
    past: Past | None = None  # an earlier publication, no longer the law in force


def document_of(code: str) -> Jurisdiction:
    """The law document of a code as addresses write it: a state ("az") or the federal layer ("us"). Raises KeyError."""
    if code != code.lower():
        raise KeyError(code)
    return store.federal_law() if code == NATIONAL else store.law(code.upper()).state


def _document_and_info(code: str) -> tuple[Jurisdiction, store.PublicationInfo]:
    """A document and the publication that it is: both of one moment, even where a new one comes in between."""
    while True:
        document = document_of(code)
        info = store.publication_of(document.state)
        if document_of(code) is document:
            return document, info


def _rule(provision: Provision, info: store.PublicationInfo) -> RuleText:
    return RuleText(
        id=provision.id,
        effect=provision.effect,
        heading=provision.heading,
        plain=provision.plain,
        action=provision.action,
        measure_note=provision.measure_note,
        cite=provision.cite,
        link=link_of(provision.sources),
        sure=sure_of(provision.confidence, has_text(provision.sources)),
        confidence=provision.confidence,
        caveats=provision.caveats,
        review=review_of(info, provision.id),
    )


def law_page(code: str) -> LawPage:
    """The page of a state ("az") or of the federal layer ("us"). Raises KeyError for any other code."""
    return _page(code, *_document_and_info(code))


def _page(code: str, document: Jurisdiction, info: store.PublicationInfo, past: Past | None = None) -> LawPage:
    is_national = code == NATIONAL
    layer = layer_of(document, info)
    groups = tuple(
        (effect, tuple(_rule(p, info) for p in document.provisions if p.effect == effect))
        for effect in _ORDER
        if any(p.effect == effect for p in document.provisions)
    )
    return LawPage(
        code=code,
        name=document.name,
        summary=document.process.summary,
        usual=document.process.usual,
        groups=groups,
        redemption=document.process.redemption,
        limitations=document.limitations,
        limitations_link=link_of(document.limitations.sources) if document.limitations else None,
        gaps=document.gaps,
        layer=layer,
        is_old=past is None and layer.is_old(timezone.localdate()),
        collection=None if is_national or past else collection_view(store.collection(document.state)),
        is_national=is_national,
        past=past,
    )


@require_safe
def states(request: HttpRequest) -> HttpResponse:
    """Every state, by name."""
    found = sorted((store.law(code).state.name, code.lower()) for code in store.codes())
    return render(request, "screener/law.html", {"states": found})


@require_safe
def state(request: HttpRequest, code: str) -> HttpResponse:
    """The rules of one state."""
    try:
        page = law_page(code)
    except KeyError:
        raise Http404 from None
    return render(request, "screener/law_state.html", {"law": page})


@require_safe
def earlier(request: HttpRequest, code: str) -> HttpResponse:
    """The publications of one state that are or were in force, by number."""
    try:
        name = document_of(code).name
    except KeyError:
        raise Http404 from None
    try:
        found = past.all_of(code.upper())
    except Error:
        return _away(request, code)
    return render(request, "screener/law_earlier.html", {"code": code, "name": name, "publications": found})


@require_safe
def publication(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The rules as one publication had them: what a report that names it rested on."""
    try:
        document_of(code)
        found = past.publication(code.upper(), number)
    except KeyError:
        raise Http404 from None
    except Error:
        return _away(request, code)
    return render(request, "screener/law_state.html", {"law": _page(code, found.document, found.info, found)})


def _away(request: HttpRequest, code: str) -> HttpResponse:
    response = render(request, "screener/law_away.html", {"code": code}, status=503)
    response["Retry-After"] = "60"
    return response
