"""The law as anyone may read it: each state's rules in plain words, with citation, source, doubts and gaps.

Everything comes from the law in memory; a page costs no query and needs no answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from statelaw import store
from statelaw.document import Jurisdiction, Provision

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
    reviewed: date
    publication: Any
    collection: Collection | None
    is_national: bool


def _rule(provision: Provision) -> RuleText:
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
    )


def law_page(code: str) -> LawPage:
    """The page of a state ("az") or of the federal layer ("us"). Raises KeyError for any other code."""
    if code != code.lower():
        raise KeyError(code)
    is_national = code == NATIONAL
    document: Jurisdiction = store.federal_law() if is_national else store.law(code.upper()).state
    groups = tuple(
        (effect, tuple(_rule(p) for p in document.provisions if p.effect == effect))
        for effect in _ORDER
        if any(p.effect == effect for p in document.provisions)
    )
    return LawPage(
        code=document.state,
        name=document.name,
        summary=document.process.summary,
        usual=document.process.usual,
        groups=groups,
        redemption=document.process.redemption,
        limitations=document.limitations,
        limitations_link=link_of(document.limitations.sources) if document.limitations else None,
        gaps=document.gaps,
        reviewed=document.reviewed,
        publication=store.publication_of(document.state),
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
