"""What a draft would change, for whom: the page of an impact run, and its progress while it works."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, re_path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from statelaw import drafts, impact_runs, impact_words, store
from statelaw.document import Jurisdiction, LawError, Mistake
from statelaw.models import ImpactRun, JurisdictionDraft
from statelaw.publish import FEDERAL

#: A quick run is shown at once; a longer one shows how far it is.
WAIT_SECONDS = 1.0


def urls(admin_site: AdminSite) -> list[URLPattern]:
    """For the state's own addresses (``…/jurisdictiondraft/``)."""

    @require_safe
    def view(request: HttpRequest, code: str) -> HttpResponse:
        return impact_page(admin_site, request, code)

    return [re_path(r"^(?P<code>[A-Z]{2})/impact/$", admin_site.admin_view(view), name="statelaw_impact")]


def impact_page(admin_site: AdminSite, request: HttpRequest, code: str) -> HttpResponse:
    draft = draft_to_view(request, code)
    document, mistakes = document_or_mistakes(draft)
    run = impact_runs.start_for(draft, document) if document is not None else None
    is_part = bool(getattr(request, "htmx", False))
    if run is not None and not is_part:
        run = impact_runs.wait_for(run, WAIT_SECONDS)
    context = page_context(admin_site, request, draft, _("What the change does: %(state)s") % {"state": draft.name})
    context |= {"run": run, "mistakes": mistakes, "is_federal": code == FEDERAL}
    if is_part:
        return _part(request, run, context)
    if run is not None and run.result is not None:
        context |= _found(draft, run)
    return TemplateResponse(request, "admin/desk/impact.html", context)


def _part(request: HttpRequest, run: ImpactRun | None, context: dict[str, Any]) -> HttpResponse:
    """For a page that asks again and again: how far the run is, or that the whole page is to be shown."""
    if run is None or run.result is not None or run.error:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return TemplateResponse(request, "admin/desk/impact_progress.html", context)


def _found(draft: JurisdictionDraft, run: ImpactRun) -> dict[str, Any]:
    result = run.result
    kinds = (
        ("answer", _("The answer changes")),
        ("amount", _("Only the amount changes")),
        ("other", _("Only a date, an argument or the rule behind the answer changes")),
        ("new", _("Situations that are new")),
        ("gone", _("Situations that are gone")),
    )
    sections = [(kind, title, [group for group in result["groups"] if group["kind"] == kind]) for kind, title in kinds]
    return {
        "result": result,
        "sections": [section for section in sections if section[2]],
        "sums": impact_words.sums(),
        "in_force": store.publication_of(draft.code),
    }


# --- shared by the pages of a draft's law ----------------------------------------------------------------------------
def draft_to_view(request: HttpRequest, code: str) -> JurisdictionDraft:
    """The draft with all its rows, for anyone of the desk who may look at drafts."""
    user: Any = request.user
    if not user.has_perm("statelaw.view_jurisdictiondraft"):
        raise PermissionDenied
    draft = drafts.whole(JurisdictionDraft.objects.filter(code=code)).first()
    if draft is None:
        raise Http404
    return draft


def document_or_mistakes(draft: JurisdictionDraft) -> tuple[Jurisdiction | None, tuple[Mistake, ...]]:
    try:
        return drafts.document_of(draft), ()
    except LawError as error:
        return None, error.mistakes


def page_context(admin_site: AdminSite, request: HttpRequest, draft: JurisdictionDraft, title: str) -> dict[str, Any]:
    return {**admin_site.each_context(request), "opts": JurisdictionDraft._meta, "draft": draft, "title": title}
