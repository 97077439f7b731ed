"""What was published, signed and withdrawn, to be looked at; and the ways on from a publication.

Nothing here can be added, changed or deleted by a form of the admin: publications come from the publish page, sign-offs
from the sign-off page (:mod:`statelaw.desk.release_views`).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from statelaw import publish
from statelaw.models import BY_ATTORNEY, BY_EDITORS, NOT_REVIEWED, Publication, SignOff, Withdrawal
from statelaw.releases import IN_PART
from statelaw.yaml_text import to_yaml

from . import difference_views, release_views
from .standing import Standing, title_of, with_standing

#: In a narrow column.
SHORT = {
    NOT_REVIEWED: _("not yet reviewed"),
    BY_EDITORS: _("by our editors"),
    BY_ATTORNEY: _("by an attorney"),
    IN_PART: _("in part by an attorney"),
}


SHORT_STANDING = {Standing.OVERTAKEN: _("overtaken"), Standing.WITHDRAWN: _("withdrawn")}


class LookOnly(admin.ModelAdmin):
    """Rows that are kept for ever."""

    actions = None
    list_per_page = 50

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StandingFilter(admin.SimpleListFilter):
    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(item.value, SHORT_STANDING.get(item, item.label)) for item in Standing]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Publication]) -> QuerySet[Publication]:
        if self.value() not in Standing.values:
            return queryset
        return queryset.filter(standing=self.value())  # type: ignore[misc]  # an annotation


class PartFilter(admin.SimpleListFilter):
    title = _("part of the law")
    parameter_name = "part"
    FILTERS = {
        "states": Q(code__regex="^[A-Z][A-Z]$") & ~Q(code=publish.FEDERAL),
        "federal": Q(code__in=(publish.FEDERAL, publish.FACTS)),
        "collection": Q(code__startswith=publish.COLLECTION),
        "options": Q(code=publish.OPTIONS),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("states", _("the states’ rules")),
            ("federal", _("federal rules and facts")),
            ("collection", _("after a judgment")),
            ("options", _("what a homeowner can do")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Publication]) -> QuerySet[Publication]:
        wanted = self.FILTERS.get(self.value() or "")
        return queryset.filter(wanted) if wanted else queryset


@admin.register(Publication)
class PublicationAdmin(LookOnly):
    list_display = ("named", "stands", "review", "made_by", "note")
    list_filter = (StandingFilter, PartFilter, "origin", "is_alone")
    search_fields = ("code", "note", "made_by")
    search_help_text = _("A code such as AZ, words of “what changed”, or who published.")
    ordering = ("-live_at", "code", "-number")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Publication]:
        rows = super().get_queryset(request).select_related("withdrawal").defer("document", "text")
        return with_standing(rows)

    @admin.display(description=_("publication"), ordering="code")
    def named(self, row: Publication) -> str:
        return format_html('{} <span class="code">{}</span>', title_of(row.code), f"{row.code} {row.number}")

    @admin.display(description=_("standing"), ordering="live_at")
    def stands(self, row: Any) -> str:
        day = formats.date_format(timezone.localtime(row.live_at), "M j, Y")
        label = SHORT_STANDING.get(row.standing, Standing(row.standing).label)
        return format_html('<span class="standing {}">{}</span><br>{}', row.standing, label, day)

    @admin.display(description=_("checked"), ordering="reviewed_by")
    def review(self, row: Publication) -> str:
        short = str(SHORT.get(row.reviewed_by, row.reviewed_by))
        return f"{short}; {gettext('not by a second person')}" if row.is_alone else short

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            *difference_views.publication_urls(self.admin_site),
            path("<int:pk>/export/", view(self.export_view), name="statelaw_publication_export"),
            path("<int:pk>/roll-back/", view(release_views.roll_back), name="statelaw_roll_back"),
            path("<int:pk>/withdraw/", view(release_views.withdraw), name="statelaw_withdraw"),
        ]
        return own + super().get_urls()

    def export_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The file as it was loaded, byte for byte; what the desk published, as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(Publication, pk=pk)
        response = HttpResponse(row.text or to_yaml(row.document), content_type="application/yaml; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{row.code}-{row.number}.yaml"'
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        context = {**self.admin_site.each_context(request), "title": str(row), **page_of(request, row)}
        return TemplateResponse(request, "admin/statelaw/publication/page.html", context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        raise Http404  # a publication has none: it never changes


def page_of(request: HttpRequest, row: Any) -> dict[str, Any]:
    """What a publication's page shows, and which steps are open to this person."""
    of_code = Publication.objects.filter(code=row.code)
    may = cast(User, request.user).has_perm("statelaw.roll_back")
    usernames = {row.made_by, *(item["by"] for item in row.sign_offs)}
    people = {user.get_username(): user for user in User.objects.filter(username__in=usernames)}
    others: list[Any] = list(with_standing(of_code.exclude(pk=row.pk)).defer("document", "text")[:20])
    for other in others:
        other.says = Standing(other.standing).label
    return {
        "publication": row,
        "named": title_of(row.code),
        "standing": Standing(row.standing),
        "made_by": name_of(people, row.made_by),
        "sign_offs": [
            item | {"name": name_of(people, item["by"]), "day": datetime.fromisoformat(item["at"])}
            for item in row.sign_offs
        ],
        "reviews": _reviews(row),
        "before": of_code.filter(number__lt=row.number).order_by("-number").only("pk", "code", "number").first(),
        "others": others,
        "may_roll_back": may and row.standing in (Standing.PAST, Standing.WITHDRAWN, Standing.OVERTAKEN),
        "may_withdraw": may and row.standing == Standing.SCHEDULED,
        "is_jurisdiction": len(row.code) == 2,
        "text": row.text or to_yaml(row.document),
    }


def name_of(people: dict[str, Any], username: str) -> str:
    user = people.get(username)
    return (user.get_full_name() or username) if user else username


def _reviews(row: Publication) -> list[dict[str, Any]]:
    """Which rule was checked by what kind of person, in the document's order."""
    headings = {item["id"]: item.get("heading") for item in row.document.get("provisions", ())}
    return [
        row.reviews[key] | {"id": key, "heading": headings[key], "day": date.fromisoformat(row.reviews[key]["on"])}
        for key in headings
        if key in row.reviews
    ]


@admin.register(SignOff)
class SignOffAdmin(LookOnly):
    list_display = ("code", "who", "kind", "at", "content", "note")
    list_display_links = ("code", "who")
    list_filter = ("kind", "code")
    search_fields = ("code", "by__username", "by__first_name", "by__last_name", "note", "digest")
    list_select_related = ("by",)
    date_hierarchy = None
    fields = readonly_fields = ("code", "who", "kind", "at", "public_name", "content", "rules", "note")

    @admin.display(description=_("by"), ordering="by__username")
    def who(self, row: SignOff) -> str:
        return row.by.get_full_name() or row.by.get_username()

    @admin.display(description=_("content signed"))
    def content(self, row: SignOff) -> str:
        return row.digest[:12]

    @admin.display(description=_("rules checked"))
    def rules(self, row: SignOff) -> str:
        return ", ".join(row.provisions) or gettext("none named")


@admin.register(Withdrawal)
class WithdrawalAdmin(LookOnly):
    list_display = ("publication", "by", "at", "why")
    list_select_related = ("publication",)
    search_fields = ("publication__code", "by", "why")
    fields = readonly_fields = ("publication", "by", "at", "why")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Withdrawal]:
        return super().get_queryset(request).defer("publication__document", "publication__text")


def urls(admin_site: admin.AdminSite) -> list[URLPattern]:
    """The steps from a draft on, for the state's own addresses (``…/jurisdictiondraft/``)."""
    return [
        path("<str:code>/sign-off/", admin_site.admin_view(release_views.sign_off), name="statelaw_sign_off"),
        path("<str:code>/publish/", admin_site.admin_view(release_views.publish), name="statelaw_publish"),
    ]
