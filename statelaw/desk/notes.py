"""Notes: what a reader says is wrong or out of date, what a reviewer objects to, and what was done about it."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import JurisdictionDraft, ProvisionDraft, Publication, ReaderNote, ReviewNote
from ..publish import FEDERAL
from .links import address
from .past import KeepsHistory
from .states import name_of


class StateFilter(admin.SimpleListFilter):
    """The states that have rows in the list."""

    title = gettext_lazy("state")
    parameter_name = "code"
    template = "admin/desk/edit_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(JurisdictionDraft.objects.order_by("name").values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(code=self.value()) if self.is_one_of_them() else queryset

    def is_one_of_them(self) -> bool:
        return self.value() in dict(self.lookup_choices)


class NoteForm(forms.ModelForm):
    class Meta:
        model = ReaderNote
        fields = ("status", "answer")
        widgets = {"answer": forms.Textarea(attrs={"rows": 4, "maxlength": 2000})}

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("status") == ReaderNote.Status.DONE and not (found.get("answer") or "").strip():
            self.add_error("answer", _("Say what was done, or why nothing had to be."))
        return found


class NoteAdmin(KeepsHistory):
    """A list of notes; on a note's page nothing but its answer is changed."""

    form = NoteForm  # the admin gives it the model of the list
    change_form_template = "admin/statelaw/readernote/change_form.html"
    list_display_links = ("excerpt",)
    date_hierarchy = "at"
    list_per_page = 50
    actions = None
    #: What a page about one note is called, and what a note without a rule is about.
    title: Any = ""
    about_all: Any = ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj._change_reason = _("handled") if obj.status == ReaderNote.Status.DONE else _("open again")
        super().save_model(request, obj, form, change)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context.update(show_save_and_add_another=False, show_save_and_continue=False, title=self.title)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=gettext_lazy("note"))
    def excerpt(self, row: Any) -> str:
        return row.text if len(row.text) <= 90 else f"{row.text[:89]}…"

    @admin.display(description=gettext_lazy("what it says"))
    def words(self, row: Any) -> str:
        return row.text

    @admin.display(description=gettext_lazy("state"), ordering="code")
    def state(self, row: Any) -> SafeString | str:
        if not re.fullmatch("[A-Z]{2}", row.code):
            return row.code
        return format_html('<a href="{}">{}</a>', reverse("admin:statelaw_state", args=[row.code]), row.code)

    @admin.display(description=gettext_lazy("rule"), ordering="provision")
    def rule(self, row: Any) -> str:
        return row.provision or "–"

    @admin.display(description=gettext_lazy("written"), ordering="at")
    def day(self, row: Any) -> Any:
        return row.at.date()

    @admin.display(description=gettext_lazy("rule, as the draft has it now"))
    def rule_now(self, row: Any) -> SafeString | str:
        """A federal rule may have been seen in a state's report."""
        if not row.provision:
            return str(self.about_all)
        found = ProvisionDraft.objects.filter(slug=row.provision).first()
        if found is None:
            return _("%(rule)s (no longer in the draft)") % {"rule": row.provision}
        url = address("statelaw_provisiondraft_change", found.pk)
        return format_html('<a href="{}">{}</a>', url, found.heading or found.slug) if url else found.heading


class ReaderNoteAdmin(NoteAdmin):
    title = gettext_lazy("A reader’s note")
    about_all = gettext_lazy("none: the note is about the page as a whole")
    list_display = ("excerpt", "state", "rule", "page", "day", "status")
    list_filter = ("status", "page", StateFilter)
    search_fields = ("text", "provision", "answer")
    fields = ("words", "state", "rule_now", "published", "page", "at", "status", "answer")
    readonly_fields = ("words", "state", "rule_now", "published", "page", "at")

    @admin.display(description=gettext_lazy("publications that the reader saw"))
    def published(self, row: ReaderNote) -> SafeString | str:
        seen = [(row.code, row.publication)]
        if row.federal_publication and row.code != FEDERAL:
            seen.append((FEDERAL, row.federal_publication))
        parts = []
        for code, number in seen:
            found = Publication.objects.filter(code=code, number=number).only("pk").first()
            url = address("statelaw_publication_change", found.pk) if found else ""
            words = f"{code} {number}" if number else _("%(code)s as shipped") % {"code": code}
            parts.append(format_html('<a href="{}">{}</a>', url, words) if url else words)
        return format_html("{}, {}", *parts) if len(parts) == 2 else parts[0]


class ReviewNoteAdmin(NoteAdmin):
    """They are written where a draft is signed off or published (release_views.py)."""

    title = gettext_lazy("A review note")
    about_all = gettext_lazy("none: the note is about the change as a whole")
    list_display = ("excerpt", "state", "rule", "writer", "day", "status")
    list_filter = ("status", StateFilter)
    list_select_related = ("by",)
    search_fields = ("text", "provision", "answer", "by__username", "by__first_name", "by__last_name")
    fields = ("words", "writer", "at", "state", "rule_now", "content", "status", "answer")
    readonly_fields = ("words", "writer", "at", "state", "rule_now", "content")

    @admin.display(description=gettext_lazy("written by"), ordering="by__username")
    def writer(self, row: ReviewNote) -> str:
        return name_of(row.by)

    @admin.display(description=gettext_lazy("what the reviewer read"))
    def content(self, row: ReviewNote) -> str:
        """A note stays open through later edits: whether there were any is what its answerer looks for."""
        now = JurisdictionDraft.objects.filter(code=row.code).values_list("digest", flat=True).first()
        if now == row.digest:
            return _("the draft as it is now")
        return _("an earlier state of the draft: it was edited since, or is another one now")


admin.site.register(ReaderNote, ReaderNoteAdmin)
admin.site.register(ReviewNote, ReviewNoteAdmin)
