"""A state's page: its rules in the order in which a reader meets them, what is open about them, and the ways on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, DateTimeField, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import re_path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .. import drafts, releases, review_notes, scenarios
from ..document import Jurisdiction, LawError, Mistake
from ..models import Effect, JurisdictionDraft, LoadedFile, ProvisionDraft, Publication, ReaderNote, SignOff
from ..publish import FEDERAL
from .links import address, urls_of
from .past import KeepsHistory
from .standing import Standing, with_standing

CODE = r"(?P<code>[A-Z]{2})"
#: The order in which the public page tells rules: what protects, what the lender must do, what limits, what allows.
ORDER = ("waiver", "bar", "duty", "deadline", "cap", "defense", "permit", "toll", "sunset")
#: What a state's page lists before it leads on to the whole list.
FEW = 5
MOST_GAPS, LONGEST_GAP = 60, 1000


def a_year_ago(today: date | None = None) -> date:
    """What was checked before this day is overdue."""
    today = today or timezone.localdate()
    try:
        return today.replace(year=today.year - 1)
    except ValueError:  # February 29
        return date(today.year - 1, 3, 1)


# --- the list --------------------------------------------------------------------------------------------------------


class _Which(admin.SimpleListFilter):
    """A filter of a few named choices."""

    choices_: tuple[tuple[str, Any], ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return self.choices_


class EditedFilter(_Which):
    title = gettext_lazy("draft")
    parameter_name = "draft"
    choices_ = (
        ("edited", gettext_lazy("edited, not published")),
        ("waiting", gettext_lazy("waiting for review")),
        ("same", gettext_lazy("as published")),
    )

    def queryset(self, request: HttpRequest, queryset: QuerySet[JurisdictionDraft]) -> Any:
        if self.value() == "edited":
            return queryset.exclude(digest=F("base_digest"))
        if self.value() == "waiting":
            return queryset.filter(pk__in=[draft.pk for draft in waiting_for_review()])
        return queryset.filter(digest=F("base_digest")) if self.value() == "same" else queryset


class CheckedFilter(_Which):
    title = gettext_lazy("last checked")
    parameter_name = "checked"
    choices_ = (
        ("overdue", gettext_lazy("more than 12 months ago")),
        ("rules", gettext_lazy("some rule more than 12 months ago, or never")),
        ("fresh", gettext_lazy("within 12 months")),
    )

    def queryset(self, request: HttpRequest, queryset: QuerySet[JurisdictionDraft]) -> Any:
        if self.value() == "overdue":
            return queryset.filter(reviewed__lt=a_year_ago())
        if self.value() == "rules":
            return queryset.filter(pk__in=overdue_rules().values("jurisdiction"))
        return queryset.filter(reviewed__gte=a_year_ago()) if self.value() == "fresh" else queryset


class OpenFilter(_Which):
    title = gettext_lazy("open")
    parameter_name = "open"
    choices_ = (
        ("gaps", gettext_lazy("has gaps")),
        ("notes", gettext_lazy("has open readers’ notes")),
        ("files", gettext_lazy("has a file waiting")),
        ("scenarios", gettext_lazy("has failing scenarios")),
        ("low", gettext_lazy("has rules of low confidence")),
    )

    def queryset(self, request: HttpRequest, queryset: QuerySet[JurisdictionDraft]) -> Any:
        if self.value() == "gaps":
            return queryset.exclude(gaps=[])
        if self.value() == "notes":
            return queryset.filter(code__in=ReaderNote.objects.filter(status=ReaderNote.Status.OPEN).values("code"))
        if self.value() == "files":
            waiting = LoadedFile.objects.filter(status=LoadedFile.Status.WAITING)
            return queryset.filter(code__in=waiting.values("code"))
        if self.value() == "scenarios":
            return queryset.filter(code__in=set(scenarios.standing().failing.values()))
        if self.value() == "low":
            return queryset.filter(provisions__confidence="low").distinct()
        return queryset


def overdue_rules() -> QuerySet[ProvisionDraft]:
    """Rules that nobody held against their sources for 12 months, or ever."""
    return ProvisionDraft.objects.filter(Q(checked=None) | Q(checked__lt=a_year_ago()))


def waiting_for_review() -> list[JurisdictionDraft]:
    """Drafts that were edited and that nobody else has signed as they are now."""
    edited = list(JurisdictionDraft.objects.exclude(digest=F("base_digest")).select_related("base", "edited_by"))
    signed = set(SignOff.objects.filter(digest__in=[row.digest for row in edited]).values_list("code", "digest"))
    # Only where somebody signed this content is it worth asking whether that still holds.
    return [row for row in edited if (row.code, row.digest) not in signed or not _sign_offs(row)[0]]


def _sign_offs(draft: JurisdictionDraft) -> tuple[tuple[SignOff, ...], tuple[SignOff, ...]]:
    """Of what the draft says now, and those that later edits made void."""
    return releases.sign_offs_of(draft, Publication.objects.latest_of(draft.code))


def _count_by_code(rows: QuerySet[Any]) -> Any:
    counted = rows.filter(code=OuterRef("code")).order_by().values("code").annotate(many=Count("pk")).values("many")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


class StateList(ChangeList):
    def url_for_result(self, result: Any) -> str:
        return reverse("admin:statelaw_state", args=[result.code])


class JurisdictionDraftAdmin(KeepsHistory):
    list_display = ("state", "draft", "rules", "gap_count", "notes", "publication", "checked_on")
    list_filter = (EditedFilter, CheckedFilter, OpenFilter)
    search_fields = ("name", "code")
    list_per_page = 60
    ordering = ("name",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[JurisdictionDraft]:
        in_force = Publication.objects.current().filter(code=OuterRef("code"))
        rules = ProvisionDraft.objects.filter(jurisdiction=OuterRef("pk")).order_by().values("jurisdiction")
        return (
            super()
            .get_queryset(request)
            .select_related("edited_by")
            .annotate(
                rule_count=Coalesce(
                    Subquery(rules.annotate(many=Count("pk")).values("many"), output_field=IntegerField()), 0
                ),
                note_count=_count_by_code(ReaderNote.objects.filter(status=ReaderNote.Status.OPEN)),
                in_force_number=Subquery(in_force.values("number")[:1], output_field=IntegerField()),
                in_force_since=Subquery(in_force.values("live_at")[:1], output_field=DateTimeField()),
            )
        )

    @admin.display(description=gettext_lazy("state"), ordering="name")
    def state(self, row: JurisdictionDraft) -> str:
        return row.name

    @admin.display(description=gettext_lazy("draft"))
    def draft(self, row: JurisdictionDraft) -> SafeString | str:
        if not row.is_edited:
            return _("as published")
        return format_html(
            '<strong class="desk-mark edited">{}</strong> {}', _("edited"), said_by(row.edited_by, row.edited_at)
        )

    @admin.display(description=gettext_lazy("rules"), ordering="rule_count")
    def rules(self, row: Any) -> int:
        return int(row.rule_count)

    @admin.display(description=gettext_lazy("gaps"))
    def gap_count(self, row: JurisdictionDraft) -> int:
        return len(row.gaps)

    @admin.display(description=gettext_lazy("open notes"), ordering="note_count")
    def notes(self, row: Any) -> SafeString | int:
        if not row.note_count:
            return 0
        url = f"{reverse('admin:statelaw_readernote_changelist')}?status__exact=open&code={row.code}"
        return format_html('<a href="{}">{}</a>', url, row.note_count)

    @admin.display(description=gettext_lazy("in force"), ordering="in_force_since")
    def publication(self, row: Any) -> str:
        if row.in_force_number is None:
            return _("not published")
        since = timezone.localtime(row.in_force_since)
        return _("number %(number)s, since %(day)s") % {"number": row.in_force_number, "day": day(since.date())}

    @admin.display(description=gettext_lazy("checked"), ordering="reviewed")
    def checked_on(self, row: JurisdictionDraft) -> SafeString | str:
        if row.reviewed < a_year_ago():
            return format_html('{} <strong class="desk-mark overdue">{}</strong>', day(row.reviewed), _("overdue"))
        return day(row.reviewed)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return StateList

    # --- addresses by the state's two letters ---

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            re_path(rf"^{CODE}/$", wrap(self.state_view), name="statelaw_state"),
            re_path(rf"^{CODE}/edit/$", wrap(self.edit_view), name="statelaw_state_edit"),
            re_path(rf"^{CODE}/start-again/$", wrap(self.start_again_view), name="statelaw_start_again"),
            *urls_of(self.admin_site, "files", "impact_views", "table_views", "difference_views", "publishing"),
            *super().get_urls(),
        ]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """A state is looked at on its own page."""
        draft = self.get_object(request, object_id)
        if draft is None:
            raise Http404
        return redirect("admin:statelaw_state", draft.code)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def _context(
        self, request: HttpRequest, title: str, draft: JurisdictionDraft | None, **more: Any
    ) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title, "draft": draft, **more}

    def state_view(self, request: HttpRequest, code: str) -> HttpResponse:
        """A state's page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        draft = _draft(code)
        context = self._context(request, draft.name, draft, page=StatePage(draft, request.user))
        return TemplateResponse(request, "admin/statelaw/jurisdictiondraft/state.html", context)

    def edit_view(self, request: HttpRequest, code: str) -> HttpResponse:
        """Its name, the day on which it was checked, and its gaps."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        draft = _draft(code)
        form = StateForm(_sent(request), draft=draft)
        if request.method == "POST" and form.is_valid():
            with transaction.atomic():
                held = JurisdictionDraft.objects.select_for_update().get(pk=draft.pk)
                if form.meets(held):
                    form.put_into(held)
                    drafts.save_row(held, request.user, form.cleaned_data["reason"])  # type: ignore[arg-type]
                    drafts.touch(held, request.user, form.cleaned_data["reason"])  # type: ignore[arg-type]
                    messages.success(request, _("Saved. It is part of the draft, and not public yet."))
                    return redirect("admin:statelaw_state", code)
        title = _("%(state)s: name, day of the check and gaps") % {"state": draft.name}
        context = self._context(request, title, draft, form=form, media=form.media)
        return TemplateResponse(
            request, "admin/statelaw/jurisdictiondraft/edit.html", context, status=422 if form.errors else 200
        )

    def start_again_view(self, request: HttpRequest, code: str) -> HttpResponse:
        """Drops the edits of a draft: it is the law in force again."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        draft = _draft(code)
        in_force = Publication.objects.current().filter(code=code).values_list("digest", flat=True).first()
        differs = draft.digest != in_force
        form = WhyForm(_sent(request))
        if request.method == "POST" and form.is_valid():
            try:
                if form.cleaned_data["digest"] != draft.digest:
                    raise releases.Refused([("", _("The draft was changed since you opened this page. Look again."))])
                if not differs:
                    raise releases.Refused([("", _("This draft holds no edits."))])
                releases.start_again(draft, request.user, form.cleaned_data["why"])  # type: ignore[arg-type]
                messages.success(request, _("The draft is the law in force again. Its history keeps the edits."))
                return redirect("admin:statelaw_state", code)
            except releases.Refused as error:
                for key, message in error.problems:
                    form.add_error(key if key in form.fields else None, message)
        form.initial["digest"] = draft.digest
        title = _("%(state)s: drop the edits") % {"state": draft.name}
        context = self._context(request, title, draft, form=form, differs=differs)
        return TemplateResponse(
            request, "admin/statelaw/jurisdictiondraft/start_again.html", context, status=422 if form.errors else 200
        )


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _draft(code: str) -> JurisdictionDraft:
    try:
        return drafts.whole(JurisdictionDraft.objects.filter(code=code).select_related("edited_by")).get()
    except JurisdictionDraft.DoesNotExist:
        raise Http404 from None


def day(value: date | None) -> str:
    return f"{value:%b} {value.day}, {value.year}" if value else ""


def name_of(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""


def said_by(user: Any, at: Any) -> str:
    """Who did it, and when."""
    if user is None:
        return ""
    when = day(timezone.localtime(at).date()) if at else ""
    return _("by %(name)s, %(day)s") % {"name": name_of(user), "day": when}


# --- a state's page --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """A way on from a state's page."""

    label: Any
    url: str
    note: str = ""


class StatePage:
    """What a state's page shows; worked out as the template asks for it."""

    def __init__(self, draft: JurisdictionDraft, user: Any):
        self.draft, self.user = draft, user
        self.code = draft.code
        self.is_federal = draft.code == FEDERAL
        self.overdue_before = a_year_ago()
        self.is_overdue = draft.reviewed < self.overdue_before
        self.document: Jurisdiction | None = None
        self.mistakes = self._mistakes()
        self.results = self._results()
        self.failing = [result for result in self.results if not result.holds]
        published = Publication.objects.filter(code=self.code).defer("document", "text")
        self.publications = [(row, Standing(row.standing)) for row in with_standing(published)[:FEW]]  # type: ignore[attr-defined]
        self.in_force = Publication.objects.current().filter(code=self.code).defer("document", "text").first()
        self.sign_offs, self.voided = _sign_offs(draft)
        self.files = list(LoadedFile.objects.filter(code=self.code, status=LoadedFile.Status.WAITING).defer("text"))
        notes = ReaderNote.objects.filter(code=self.code, status=ReaderNote.Status.OPEN)
        self.note_count = notes.count()
        self.notes = notes.order_by("-at")[:FEW]
        objections = review_notes.open_notes(self.code)
        self.review_note_count = objections.count()
        rules = {row.slug: row for row in draft.provisions.all()}
        #: (note, the rule that it is about, whether the draft was edited since)
        self.review_notes = [
            (note, rules.get(note.provision), note.digest != draft.digest) for note in objections[:FEW]
        ]

    def _mistakes(self) -> tuple[Mistake, ...]:
        try:
            self.document = drafts.document_of(self.draft)
        except LawError as error:
            return tuple(error.mistakes)
        return ()

    def _results(self) -> list[scenarios.Result]:
        if self.document is None:
            return []
        return scenarios.run(self.code, scenarios.laws_with(self.code, self.document))

    @property
    def groups(self) -> list[tuple[Any, list[ProvisionDraft]]]:
        rows = list(self.draft.provisions.select_related("edited_by").all())
        found: list[tuple[Any, list[ProvisionDraft]]] = []
        for effect in ORDER:
            if of_effect := [row for row in rows if row.effect == effect]:
                found.append((Effect(effect).label, of_effect))
        if odd := [row for row in rows if row.effect not in ORDER]:
            found.append((_("Without an effect"), odd))
        return found

    @property
    def scenario_note(self) -> str:
        if self.mistakes:
            return _("cannot run: the draft has mistakes")
        if self.failing:
            many = len(self.failing)
            return ngettext("%(many)d of %(all)d fails", "%(many)d of %(all)d fail", many) % {
                "many": many,
                "all": len(self.results),
            }
        return _("all %(all)d hold") % {"all": len(self.results)}

    @property
    def ways(self) -> list[Way]:
        code, user = self.code, self.user
        found = [
            Way(_("Differences from what is in force"), address("statelaw_differences", code)),
            Way(_("What the change does"), address("statelaw_impact", code)),
        ]
        if not self.is_federal:
            found.append(Way(_("Table of outcomes"), address("statelaw_table", code)))
        found.append(Way(_("Scenarios"), f"{address('statelaw_scenarios_run')}?state={code}", self.scenario_note))
        if user.has_perm("statelaw.sign_off"):
            found.append(Way(_("Sign off"), address("statelaw_sign_off", code)))
        if user.has_perm("statelaw.publish"):
            found.append(Way(_("Publish"), address("statelaw_publish", code)))
        found.append(Way(_("Export as a file"), address("statelaw_export_draft", code)))
        if user.has_perm("statelaw.add_loadedfile"):
            found.append(Way(_("Import a file"), f"{address('statelaw_import')}?state={code}"))
        found.append(Way(_("Public page"), reverse("law-state", args=[code.lower()])))
        return [way for way in found if way.url]


# --- forms -----------------------------------------------------------------------------------------------------------


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None):
        super().__init__(attrs, format="%Y-%m-%d")


class LinesField(forms.CharField):
    """A list of sentences, one a line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        return [line.strip() for line in text.splitlines() if line.strip()]


class StateForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    reviewed = forms.DateField(
        label=gettext_lazy("Checked against its sources on"),
        widget=DayInput,
        help_text=gettext_lazy("Change this only when you have held every rule of the state against its sources."),
    )
    gaps = LinesField(
        label=gettext_lazy("Gaps"),
        required=False,
        max_length=MOST_GAPS * LONGEST_GAP,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=gettext_lazy("What could not be found or is unsettled, in plain words. One gap a line."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why do you change this?"),
        max_length=500,
        help_text=gettext_lazy("Kept in the history, for those who come after you."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    over = forms.BooleanField(required=False, label=gettext_lazy("Save mine over it"))

    def __init__(self, data: Any, *, draft: JurisdictionDraft):
        initial = {key: getattr(draft, key) for key in ("name", "reviewed", "gaps", "version")}
        super().__init__(data, initial=initial)
        self.draft = draft
        self.theirs: list[tuple[Any, str, str]] = []
        self.elsewhere: list[Mistake] = []

    def clean_reviewed(self) -> date:
        found: date = self.cleaned_data["reviewed"]
        if found > timezone.localdate():
            raise forms.ValidationError(_("This day is still to come."))
        return found

    def clean_gaps(self) -> list[str]:
        gaps: list[str] = self.cleaned_data["gaps"]
        if len(gaps) > MOST_GAPS:
            raise forms.ValidationError(_("At most %(many)d gaps.") % {"many": MOST_GAPS})
        if any(len(gap) > LONGEST_GAP for gap in gaps):
            raise forms.ValidationError(_("A gap has at most %(many)d characters.") % {"many": LONGEST_GAP})
        return gaps

    def clean(self) -> None:
        if self.errors:
            return
        data = drafts.document_data(self.draft)
        reviewed: date = self.cleaned_data["reviewed"]
        data |= {"name": self.cleaned_data["name"], "reviewed": reviewed.isoformat(), "gaps": self.cleaned_data["gaps"]}
        try:
            drafts.check(data)
        except LawError as error:
            for mistake in error.mistakes:
                place = mistake.where if mistake.where in self.fields else mistake.key
                if mistake.where in ("file", "name", "reviewed", "gaps") and place in ("name", "reviewed", "gaps"):
                    self.add_error(place, mistake.message)
                else:
                    self.elsewhere.append(mistake)

    def meets(self, held: JurisdictionDraft) -> bool:
        """Whether nobody saved anything of this in the meantime, or this shall be saved over it. Otherwise the form
        says who did, and what."""
        mine, held_values = self.cleaned_data, {key: getattr(held, key) for key in ("name", "reviewed", "gaps")}
        seen = held.history.filter(version=mine["version"]).order_by("-history_id").first()
        changed = [key for key, value in held_values.items() if seen is None or getattr(seen, key) != value]
        if held.version == mine["version"] or mine["over"] or not changed:
            return True
        self.theirs = [
            (self.fields[key].label, _shown(held_values[key]), _shown(mine[key]))
            for key in changed
            if held_values[key] != mine[key]
        ]
        who = said_by(held.edited_by, held.edited_at) or _("by someone else")
        self.add_error(
            None,
            _("This was saved %(who)s while you were writing. Nothing of yours is lost: compare, then save again.")
            % {"who": who},
        )
        self.data = {**self.data.dict(), "version": str(held.version)}  # type: ignore[attr-defined]
        return False

    def put_into(self, row: JurisdictionDraft) -> None:
        row.name, row.reviewed, row.gaps = (self.cleaned_data[key] for key in ("name", "reviewed", "gaps"))


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(value) or _("none")
    return day(value) if isinstance(value, date) else str(value)


class WhyForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Why?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Kept in the history."),
    )
    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)


admin.site.register(JurisdictionDraft, JurisdictionDraftAdmin)
