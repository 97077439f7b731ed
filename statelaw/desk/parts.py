"""What else a draft consists of: the process, the state's own questions, the general time limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError

from .. import drafts
from ..document import Mistake, Question, check_raw_conditions
from ..facts import Fact
from ..models import JurisdictionDraft, LimitationsDraft, ProcessDraft, ProvisionDraft, QuestionDraft
from .editing import DraftAdmin, Edit, in_plain_words, name_of, select_words
from .forms import LimitationsForm, PartFormSet, ProcessForm, QuestionForm
from .provisions import EditedFilter, StateFilter


class PartAdmin(DraftAdmin):
    list_filter: ClassVar[Any] = (StateFilter, EditedFilter)
    list_select_related = ("jurisdiction", "edited_by")
    ordering: ClassVar[Any] = ("jurisdiction__name",)

    @admin.display(description=gettext_lazy("state"), ordering="jurisdiction__name")
    def state(self, row: Any) -> str:
        return row.jurisdiction.name

    @admin.display(description=gettext_lazy("edited by"), ordering="edited_at")
    def last_edited(self, row: Any) -> str:
        return name_of(row.edited_by) if row.edited_by else ""


class SectionAdmin(PartAdmin):
    """A row of which every draft has one at most."""

    section = ""

    def document_key(self, row: Any) -> str:
        return self.section

    def without(self, data: dict[str, Any], row: Any) -> dict[str, Any]:
        return {key: value for key, value in data.items() if key != self.section}

    def may_add_to(self, draft: JurisdictionDraft) -> bool:
        return not self.model.objects.filter(jurisdiction=draft).exists()

    def title_of(self, edit: Edit) -> str:
        return f"{edit.draft.name}: {self.opts.verbose_name}"


@admin.register(ProcessDraft)
class ProcessAdmin(SectionAdmin):
    row_form = ProcessForm
    part_names = ("redemption", "sources")
    page = "admin/statelaw/processdraft/edit.html"
    section = "process"
    list_display = ("state", "usual_", "ways", "last_edited")
    search_fields = ("jurisdiction__name", "jurisdiction__code", "summary", "redemption__cite", "sources__url")

    @admin.display(description=gettext_lazy("what most see"), ordering="usual")
    def usual_(self, row: ProcessDraft) -> str:
        return row.get_usual_display()

    @admin.display(description=gettext_lazy("ways there are"))
    def ways(self, row: ProcessDraft) -> str:
        return ", ".join(row.available)

    # Every law has one.

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def in_document(self, data: dict[str, Any], edit: Edit) -> dict[str, Any]:
        rows = edit.part_rows()
        redemption = [
            {key: value for key, value in row.items() if value not in (None, "")} for row in rows["redemption"]
        ]
        return data | {"process": drafts.process_data(edit.row, redemption, rows["sources"])}


@admin.register(LimitationsDraft)
class LimitationsAdmin(SectionAdmin):
    row_form = LimitationsForm
    part_names = ("sources",)
    page = "admin/statelaw/limitationsdraft/edit.html"
    section = "limitations"
    list_display = ("state", "years", "cite", "last_edited")
    search_fields = ("jurisdiction__name", "jurisdiction__code", "cite", "note", "sources__url")

    def in_document(self, data: dict[str, Any], edit: Edit) -> dict[str, Any]:
        if edit.row.years is None:  # said at its field
            return data
        return data | {"limitations": drafts.limitations_data(edit.row, edit.part_rows()["sources"])}


# --- questions -------------------------------------------------------------------------------------------------------


@admin.register(QuestionDraft)
class QuestionAdmin(PartAdmin):
    row_form = QuestionForm
    part_names = ("choices",)
    page = "admin/statelaw/questiondraft/edit.html"
    name_fields = ("fact",)
    list_display = ("state", "question", "kind", "last_edited")
    list_display_links = ("question",)
    list_filter = (StateFilter, "kind", EditedFilter)
    search_fields = ("fact", "ask", "why", "choices__label")
    ordering = ("jurisdiction__name", "position", "pk")

    @admin.display(description=gettext_lazy("question"), ordering="ask")
    def question(self, row: QuestionDraft) -> str:
        return format_html('{}<br><span class="code">{}</span>', row.ask, row.fact)

    def document_key(self, row: Any) -> str:
        return row.fact

    def form_arguments(
        self, request: HttpRequest, draft: JurisdictionDraft, row: Any, parts: Mapping[str, PartFormSet]
    ) -> dict[str, Any]:
        kind = request.POST.get("kind") or row.kind
        answers: list[tuple[str, Any]] = []
        if kind == QuestionDraft.Kind.YES_NO:
            answers = [("true", _("yes")), ("false", _("no"))]
        elif kind == QuestionDraft.Kind.CHOICE:
            part = parts["choices"]
            rows = part.rows() if part.is_bound else part.initial or []
            answers = [(item["value"], item["label"]) for item in rows if item["value"]]
        return {"answers": answers, "siblings": list(draft.questions.all())}

    def in_document(self, data: dict[str, Any], edit: Edit) -> dict[str, Any]:
        held = data.get("questions", [])
        if not edit.row.fact:  # said at its field
            return data
        name = edit.saved.fact if edit.saved is not None else None
        question = drafts.question_data(edit.row, choices=edit.part_rows()["choices"])
        place = next((n for n, item in enumerate(held) if item["fact"] == name), len(held))
        others = [item for item in held if item["fact"] != name]
        return data | {"questions": [*others[:place], question, *others[place:]]}

    def without(self, data: dict[str, Any], row: Any) -> dict[str, Any]:
        held = [item for item in data.get("questions", []) if item["fact"] != row.fact]
        rest = {key: value for key, value in data.items() if key != "questions"}
        return rest | ({"questions": held} if held else {})

    def look_closer(self, edit: Edit) -> None:
        """A fact that rules turn on keeps its name, and the answers that they name."""
        if edit.saved is None:
            return
        form, rules = edit.form, list(rules_using(edit.draft, edit.saved.fact))
        if not rules:
            return
        if edit.row.fact != edit.saved.fact:
            if "fact" not in form.errors:
                form.add_error(
                    "fact", _in_use(rules, _("Rules turn on this fact, so its name has to stay: %(rules)s."))
                )
            return
        try:
            new = Question.model_validate(drafts.question_data(edit.row, edit.part_rows()["choices"])).to_fact()
        except ValidationError:
            return  # said at its field
        broken = {rule.pk: rule for rule in rules if list(_mistakes_about(rule, new))}
        if broken:
            what = _("Rules turn on an answer that would be gone: %(rules)s. Change these rules first.")
            form.add_error("kind", _in_use(list(broken.values()), what))

    def place_elsewhere(self, edit: Edit, mistake: Mistake) -> None:
        """A rule that this edit would break is named by :meth:`look_closer`, in plain words."""
        slugs = {row.slug for row in edit.draft.provisions.all()}
        if edit.saved is not None and mistake.where in slugs and mistake.key.split(".")[-1] == edit.saved.fact:
            return
        edit.form.add_error(None, f"{mistake.where}: {mistake.key}: {in_plain_words(mistake.message)}")

    def keep_from_deleting(self, draft: JurisdictionDraft, row: Any) -> list[str]:
        rules = list(rules_using(draft, row.fact))
        if not rules:
            return []
        return [_in_use(rules, _("Rules turn on this question: %(rules)s. Change or take away these rules first."))]

    def after_saving(self, edit: Edit) -> None:
        self.put_in_place(edit, list(QuestionDraft.objects.filter(jurisdiction=edit.draft)))


def rules_using(draft: JurisdictionDraft, fact: str) -> Iterator[ProvisionDraft]:
    """The rules that turn on a fact: the draft's own, and for a federal fact every state's."""
    rows: QuerySet[ProvisionDraft] | Any = draft.provisions.all()
    if draft.code == drafts.FEDERAL:
        rows = ProvisionDraft.objects.select_related("jurisdiction")
    for row in rows:
        if any(fact in clause for clause in (row.when, *row.unless) if isinstance(clause, dict)):
            yield row


def _mistakes_about(rule: ProvisionDraft, fact: Fact) -> Iterator[Mistake]:
    for clause in (rule.when, *rule.unless):
        if isinstance(clause, dict) and fact.name in clause:
            yield from check_raw_conditions({fact.name: clause[fact.name]}, {fact.name: fact}, "", rule.slug, "")


def _in_use(rules: list[ProvisionDraft], words: str) -> str:
    return words % {"rules": select_words(rules)}


__all__ = ["LimitationsAdmin", "ProcessAdmin", "QuestionAdmin"]
