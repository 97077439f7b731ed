"""The law as anyone may read it: each state's rules in plain words, with citation, source, doubts and gaps.

Everything comes from the law in memory; a page costs no query and needs no answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from statelaw import store
from statelaw.document import Jurisdiction, Provision

from .provenance import Layer, layer_of, review_of
from .report import Collection, collection_view, has_text, link_of, sure_of

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
        sure=sure_of(provision.confidence, has_text(provision)),
        confidence=provision.confidence,
        caveats=provision.caveats,
        review=review_of(info, provision.id),
    )


def law_page(code: str) -> LawPage:
    """The page of a state ("az") or of the federal layer ("us"). Raises KeyError for any other code."""
    document, info = _document_and_info(code)
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
        is_old=layer.is_old(timezone.localdate()),
        collection=None if is_national else collection_view(store.collection(document.state)),
        is_national=is_national,
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
