"""Differences between any two publications of a code, or a publication and the draft, on a page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, re_path
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from .. import drafts
from ..differences import differences, summary
from ..models import JurisdictionDraft, Publication
from .standing import Standing, title_of, with_standing

DRAFT, NOTHING = "draft", "nothing"
#: A page offers the latest ones; any other can still be asked for by its number.
MOST_LISTED = 200
_LONGEST_NOTE = 60


def urls(admin_site: AdminSite) -> list[Any]:
    """For the states' own addresses."""

    @require_safe
    def page(request: HttpRequest, code: str) -> HttpResponse:
        return _page(request, admin_site, code, JurisdictionDraft.objects.filter(code=code).first())

    return [
        re_path(r"^(?P<code>[A-Z]{2})/differences/$", admin_site.admin_view(page), name="statelaw_differences"),
    ]


def publication_urls(admin_site: AdminSite) -> list[Any]:
    """For the publications' addresses: whatever has no draft (``?code=collection-AZ``)."""

    @require_safe
    def page(request: HttpRequest) -> HttpResponse:
        code = request.GET.get("code", "")[:20]
        return _page(request, admin_site, code, JurisdictionDraft.objects.filter(code=code).first())

    return [path("differences/", admin_site.admin_view(page), name="statelaw_publication_differences")]


class SidesForm(forms.Form):
    """Which two to compare: ``from`` and ``to``."""

    def __init__(self, data: Any, choices: list[tuple[str, str]]):
        super().__init__(data)
        for name, label in (("from", gettext_lazy("Before")), ("to", gettext_lazy("After"))):
            errors = {"invalid_choice": _("There is no such publication. Choose one from the list.")}
            self.fields[name] = forms.ChoiceField(choices=choices, label=label, error_messages=errors)


def _page(request: HttpRequest, admin_site: AdminSite, code: str, draft: JurisdictionDraft | None) -> HttpResponse:
    if not request.user.has_perm("statelaw.view_publication"):  # type: ignore[union-attr]
        raise PermissionDenied
    publications = _publications(code, request)
    if draft is None and not publications:
        raise Http404
    choices = _choices(publications, draft)
    first, last = _usual(publications, draft)
    form = SidesForm({"from": request.GET.get("from") or first, "to": request.GET.get("to") or last}, choices)
    sections = None
    if form.is_valid():
        sections = differences(*(_document(code, form.cleaned_data[name]) for name in ("from", "to")))
    words = dict(choices)
    name = draft.name if draft is not None else title_of(code)
    context = {
        **admin_site.each_context(request),
        "title": _("Differences: %(name)s") % {"name": name},
        "code": code,
        "name": name,
        "draft": draft,
        "form": form,
        "sections": sections,
        "summary": summary(sections) if sections is not None else "",
        "sides": [words.get(str(form[side].value()), "") for side in ("from", "to")],
    }
    return TemplateResponse(request, "admin/desk/differences.html", context, status=200 if form.is_valid() else 422)


def _publications(code: str, request: HttpRequest) -> list[Any]:
    """The latest publications of a code, and those that the address asks for."""
    rows = with_standing(Publication.objects.filter(code=code)).defer("document", "text")
    found = list(rows.order_by("-number")[:MOST_LISTED])
    if len(found) == MOST_LISTED:
        asked = {int(text) for text in (request.GET.get(n, "") for n in ("from", "to")) if _is_number(text)}
        found += rows.filter(number__in=asked - {row.number for row in found}).order_by("-number")
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def _choices(publications: list[Any], draft: JurisdictionDraft | None) -> list[tuple[str, str]]:
    found = (
        [(DRAFT, _("the draft, with edits that are not published") if draft.is_edited else _("the draft"))]
        if draft
        else []
    )
    for row in publications:
        day = formats.date_format(timezone.localtime(row.live_at), "M j, Y")
        note = row.note if len(row.note) <= _LONGEST_NOTE else row.note[:_LONGEST_NOTE].rstrip() + "…"
        label = _("publication %(number)s, %(day)s, %(standing)s") % {
            "number": row.number,
            "day": day,
            "standing": Standing(row.standing).label,
        }
        found.append((str(row.number), f"{label}: {note}" if note else label))
    return [*found, (NOTHING, _("nothing: as if there were no law yet"))]


def _usual(publications: list[Any], draft: JurisdictionDraft | None) -> tuple[str, str]:
    """What is compared unasked: what is in force with the draft; without a draft, with the publication before it."""
    current = next((row for row in publications if row.standing == Standing.IN_FORCE), None)
    if draft is not None:
        return (str(current.number) if current else NOTHING), DRAFT
    if current is None:
        return NOTHING, str(publications[0].number)
    before = next((row for row in publications if row.number < current.number), None)
    return (str(before.number) if before else NOTHING), str(current.number)


def _document(code: str, side: str) -> Any:
    if side == NOTHING:
        return None
    if side == DRAFT:
        return drafts.document_data(drafts.whole(JurisdictionDraft.objects.filter(code=code)).get())
    return Publication.objects.only("document").get(code=code, number=int(side)).document
