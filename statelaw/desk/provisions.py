"""The rules of a draft: the list that an editor works from, and the page on which a rule is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import drafts, sentence
from ..grade import MOST, grade, is_graded, is_plain, longest_sentence
from ..models import Effect, JurisdictionDraft, ProvisionDraft, Scenario
from ..sources import has_text, link_of, sure_of
from .editing import DraftAdmin, Edit, name_of
from .forms import EFFECTS_OF, IN_FORCE, PartFormSet, ProvisionForm, proposed_slug
from .states import a_year_ago

#: The texts of a rule that a homeowner reads.
READ = ("heading", "plain", "measure_note", "action", "event", "ask_event", "tick", "caveats")


# --- the list --------------------------------------------------------------------------------------------------------


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"
    template = "admin/desk/edit_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return list(JurisdictionDraft.objects.values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(jurisdiction__code=self.value()) if self.value() else queryset


class CheckedFilter(admin.SimpleListFilter):
    title = gettext_lazy("last checked")
    parameter_name = "checked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [
            ("overdue", _("never, or over 12 months ago")),
            ("never", _("never")),
            ("old", _("over 12 months ago")),
            ("year", _("within 12 months")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        limit = a_year_ago()
        found = {
            "overdue": Q(checked=None) | Q(checked__lt=limit),
            "never": Q(checked=None),
            "old": Q(checked__lt=limit),
            "year": Q(checked__gte=limit),
        }
        return queryset.filter(found.get(self.value() or "", Q()))


class EditedFilter(admin.SimpleListFilter):
    title = gettext_lazy("since the last publication")
    parameter_name = "edited"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("yes", _("edited")), ("no", _("as published"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(edited_by__isnull=self.value() == "no")


# --- the preview -----------------------------------------------------------------------------------------------------


#: As the form says beside the heading.
MOST_HEADING_WORDS = 10


@dataclass(frozen=True)
class Reading:
    """How hard one text of a rule is to read."""

    id: str
    label: str
    grade: float
    is_plain: bool
    longest: str


def readings(form: ProvisionForm) -> list[Reading]:
    """The grade of every text that homeowners read, as typed so far."""
    found = []
    for name in READ:
        if not form.is_of_effect(name) or (name == "tick" and form.effect != Effect.DUTY):
            continue
        typed = form[name].value() or ""
        lines = typed if isinstance(typed, list) else typed.splitlines() if name == "caveats" else [typed]
        for number, line in enumerate(lines, start=1):
            text = " ".join(line.split())
            if not is_graded(text):
                continue
            label = str(form.fields[name].label)
            found.append(
                Reading(
                    form[name].id_for_label,
                    f"{label}, {_('line %(n)s') % {'n': number}}" if len(lines) > 1 else label,
                    max(grade(text), 0.0),
                    is_plain(text),
                    longest_sentence(text),
                )
            )
    return found


def as_read(edit: Edit) -> SimpleNamespace:
    """The rule as the public page takes it, from what is typed so far."""
    form: Any = edit.form
    caveats = form["caveats"].value() or []
    sources = [SimpleNamespace(**row) for row in edit.part_rows()["sources"]]
    return SimpleNamespace(
        id="preview-rule",
        effect=form.effect,
        heading=form["heading"].value() or "",
        plain=form["plain"].value() or "",
        action=form["action"].value() if form.is_of_effect("action") else "",
        measure_note=form["measure_note"].value() if form.is_of_effect("measure_note") else "",
        cite=form["cite"].value() or "",
        link=link_of(sources),
        sure=sure_of(form["confidence"].value() or "", has_text(sources)),
        caveats=caveats if isinstance(caveats, list) else [line for line in caveats.splitlines() if line.strip()],
    )


def conditions_moved_alone(edit: Edit) -> bool:
    """When the rule applies was changed and the words to the homeowner were not: they may say the old law still."""
    if edit.saved is None or not edit.form.is_bound or edit.row.plain != edit.saved.plain:
        return False
    return any(getattr(edit.row, name) != getattr(edit.saved, name) for name in ("when", "unless", *IN_FORCE))


def sentence_of(form: ProvisionForm) -> str:
    """What the conditions amount to, as typed so far."""
    typed = {"when": form["when"].value() or {}, "unless": form["unless"].value() or []}
    dates = {name: form[name].value() for name in ("sales_from", "sales_to", "loans_from", "loans_to")}
    in_force = {name: str(value) for name, value in dates.items() if value}
    return sentence.conditions(typed | ({"in_force": in_force} if in_force else {}), form.questions)


# --- the page --------------------------------------------------------------------------------------------------------


@admin.register(ProvisionDraft)
class ProvisionAdmin(DraftAdmin):
    row_form = ProvisionForm
    part_names = ("sources",)
    page = "admin/statelaw/provisiondraft/edit.html"
    name_fields = ("slug",)

    list_display = ("state", "rule", "does", "citation", "confidence_", "checked", "last_edited")
    list_display_links = ("rule",)
    list_filter = (StateFilter, "effect", "confidence", CheckedFilter, EditedFilter)
    list_select_related = ("jurisdiction", "edited_by")
    search_fields = ("heading", "plain", "cite", "slug", "sources__url", "sources__supports")
    search_help_text = gettext_lazy("Words of the heading, the rule, its citation, its id or its sources.")
    ordering = ("jurisdiction__name", "position", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProvisionDraft]:
        return super().get_queryset(request).select_related("jurisdiction")

    @admin.display(description=gettext_lazy("state"), ordering="jurisdiction__name")
    def state(self, row: ProvisionDraft) -> str:
        return row.jurisdiction.code

    @admin.display(description=gettext_lazy("rule"), ordering="heading")
    def rule(self, row: ProvisionDraft) -> str:
        return format_html('{}<br><span class="code">{}</span>', row.heading or _("no heading yet"), row.slug)

    @admin.display(description=gettext_lazy("does"), ordering="effect")
    def does(self, row: ProvisionDraft) -> str:
        return row.get_effect_display().partition(":")[0]

    @admin.display(description=gettext_lazy("citation"), ordering="cite")
    def citation(self, row: ProvisionDraft) -> str:
        return row.cite if len(row.cite) <= 80 else row.cite[:79].rstrip() + "…"

    @admin.display(description=gettext_lazy("how sure"), ordering="confidence")
    def confidence_(self, row: ProvisionDraft) -> str:
        label = row.get_confidence_display().partition(":")[0]
        return format_html('<span class="sure {}">{}</span>', row.confidence, label)

    @admin.display(description=gettext_lazy("edited by"), ordering="edited_at")
    def last_edited(self, row: ProvisionDraft) -> str:
        return name_of(row.edited_by) if row.edited_by else ""

    # What a rule says of itself

    def document_key(self, row: Any) -> str:
        return row.slug

    def in_document(self, data: dict[str, Any], edit: Edit) -> dict[str, Any]:
        row = edit.row
        if edit.is_new and (not row.slug or "slug" in edit.form.errors):
            taken = {item["id"] for item in data["provisions"]}
            row.slug = proposed_slug(edit.draft.code, row.cite, taken)  # a name for it while it is checked
        rule = drafts.provision_data(row, sources=edit.part_rows()["sources"])
        others = [item for item in data["provisions"] if item["id"] != row.slug]
        place = next((n for n, item in enumerate(data["provisions"]) if item["id"] == row.slug), len(others))
        return data | {"provisions": [*others[:place], rule, *others[place:]]}

    def without(self, data: dict[str, Any], row: Any) -> dict[str, Any]:
        return data | {"provisions": [item for item in data["provisions"] if item["id"] != row.slug]}

    def leans_on(self, draft: JurisdictionDraft, row: Any) -> list[str]:
        held = Scenario.objects.filter(Q(code=draft.code) | Q(state=draft.code))
        found = [item.name for item in held if row.slug in str(item.expect) or row.slug in str(item.given)]
        return [_("The scenario “%(name)s” names this rule.") % {"name": name} for name in found]

    def form_arguments(
        self, request: HttpRequest, draft: JurisdictionDraft, row: Any, parts: Mapping[str, PartFormSet]
    ) -> dict[str, Any]:
        initial = {"place": request.GET["after"]} if request.GET.get("after", "").isdigit() else {}
        return {"questions": questions_for(draft), "siblings": list(draft.provisions.all()), "initial": initial}

    def after_saving(self, edit: Edit) -> None:
        self.put_in_place(edit, list(ProvisionDraft.objects.filter(jurisdiction=edit.draft)))

    def fragment(self, edit: Edit, shown: str) -> TemplateResponse | None:
        if shown == "preview":
            return TemplateResponse(
                edit.request, "admin/desk/_preview.html", self.preview(edit) | {"problems": edit.problems}
            )
        if shown == "effect":
            context = {"form": edit.form, "extra": extra_of(edit.form)}
            return TemplateResponse(edit.request, "admin/statelaw/provisiondraft/_extra.html", context)
        return None

    def preview(self, edit: Edit) -> dict[str, Any]:
        form: Any = edit.form
        found = readings(form)
        return {
            "edit": edit,
            "sentence": sentence_of(form),
            "rule": as_read(edit),
            "hard": [item for item in found if not item.is_plain],
            "plain": [item for item in found if item.is_plain],
            "worst": max((item.grade for item in found if item.is_plain), default=None),
            "most": int(MOST),
            "is_checked": form.is_bound,
            "heading_words": len(str(form["heading"].value() or "").split()),
            "most_heading_words": MOST_HEADING_WORDS,
            "is_unsaid": conditions_moved_alone(edit),
            "slug": edit.row.slug if edit.is_new and form["cite"].value() else "",
        }

    def more(self, edit: Edit) -> dict[str, Any]:
        form: Any = edit.form
        return {**self.preview(edit), "extra": extra_of(form)}


def extra_of(form: Any) -> dict[str, Any]:
    """The fields that go with the effect alone: those shown, in groups, and those only carried along."""
    shown = [name for name in EFFECTS_OF if form.is_of_effect(name)]
    carried = [form[name] for name in EFFECTS_OF if name not in shown]
    for field in carried:
        field.help_text = ""  # a hidden field has no help that it could point at
    return {
        "shown": shown,
        "carried": carried,
        **{name: form[name] for name in shown},
    }


def questions_for(draft: JurisdictionDraft) -> Sequence[Any]:
    """The questions that a rule of this draft may turn on: its own, and the federal layer's."""
    own = [drafts.question_data(row) for row in draft.questions.all()]
    return own if draft.code == drafts.FEDERAL else [*own, *drafts.federal_document().questions]


__all__ = ["ProvisionAdmin"]
