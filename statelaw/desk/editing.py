"""How a row of a draft is edited: seen, checked as part of the whole law document, and saved with its reason; or held
back, with every word kept, because somebody else saved it first.

A draft is locked while one of its rows is saved: what one editor does is checked against what the others have done.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import RadioSelect
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from simple_history.utils import bulk_update_with_history

from .. import drafts
from ..document import Jurisdiction, LawError, Mistake
from ..models import Edited, JurisdictionDraft
from . import history
from .forms import NOTHING, PART_SETS, PartForm, PartFormSet, RowForm, WhyForm, digest_of
from .links import address

#: Statuses of a page that comes back: something is wrong; somebody else saved first.
WRONG, CONFLICT = 422, 409
MINE, THEIRS = "mine", "theirs"


def name_of(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user else _("somebody")


# --- what is wrong ----------------------------------------------------------------------------------------------------


class Problem(NamedTuple):
    """One thing wrong, for the summary on top: the element to go to (none: it is about the whole), and what."""

    id: str
    label: str
    message: str


_PLAIN: tuple[tuple[str, Any], ...] = (
    (r"String should have at least 1 character", lambda m: _("Say something here.")),
    (r"String should have at most (\d+) characters?", lambda m: _("At most %(n)s characters.") % {"n": m[1]}),
    (r"String should match pattern '\^https\?.*", lambda m: _("Give a whole address: http:// or https://, no spaces.")),
    (
        r"String should match pattern '\^\[a-z\]\{2\}-.*",
        lambda m: _("Small letters, digits, points, hyphens and brackets, after the state’s code and a hyphen."),
    ),
    (
        r"String should match pattern '\^\[a-z\]\[a-z0-9_\].*",
        lambda m: _("Small letters, digits and _, 2 to 61 of them; a letter first."),
    ),
    (r"Input should be (?:a valid .*|'.*')", lambda m: _("Choose one.")),
    (r"Tuple should have at least 1 item.*", lambda m: _("At least one is needed.")),
    (r"is missing: effect: \w+ needs it", lambda m: _("A rule that does this needs it.")),
    (r"is missing: measure: other needs it", lambda m: _("Say in words how the amount is measured.")),
    (r"does not stand with effect: \w+", lambda m: _("It does not go with what the rule does.")),
    (r"says in plain words what 'of: other' is.*", lambda m: _("Say in plain words which event it is.")),
    (
        r"stand with kind: choice, and only there",
        lambda m: _("“One of several answers” needs its answers below; no other kind has any."),
    ),
    (
        r"is before \w+_from, so the rule can never hold",
        lambda m: _("The last day is before the first, so the rule can never hold."),
    ),
    (r"Input should be greater than (\d+)", lambda m: _("More than %(n)s, please.") % {"n": m[1]}),
    (r"is missing", lambda m: _("Say something here.")),
)


def in_plain_words(message: str) -> str:
    """A mistake of the law document as an editor reads it."""
    for pattern, words in _PLAIN:
        found = re.fullmatch(pattern, message)
        if found:
            return words(found)
    return message[:1].upper() + message[1:] + ("" if message.endswith((".", "!", "?")) else ".")


def mistakes_of(data: Mapping[str, Any], federal: Jurisdiction | None) -> list[Mistake]:
    try:
        drafts.check(data, federal)
    except LawError as error:
        return list(error.mistakes)
    return []


# --- two editors ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Disagreement:
    """One field that stands otherwise in what somebody else saved."""

    name: str
    label: str
    theirs: str
    mine: str
    by_them: bool
    by_me: bool
    takes_theirs: bool


@dataclass(frozen=True)
class Conflict:
    who: str
    when: Any
    why: str
    version: int
    fields: Sequence[Disagreement]


# --- one edit ---------------------------------------------------------------------------------------------------------


@dataclass
class Edit:
    """Everything about one request to a row's page."""

    desk: DraftAdmin
    request: HttpRequest
    draft: JurisdictionDraft
    row: Any  # as the form makes it
    saved: Any  # as it stands in the database; None: it is new
    form: RowForm
    parts: Mapping[str, PartFormSet]
    problems: list[Problem] = field(default_factory=list)
    elsewhere: list[Mistake] = field(default_factory=list)
    conflict: Conflict | None = None

    @property
    def is_new(self) -> bool:
        return self.saved is None

    @property
    def reason(self) -> str:
        return self.form.cleaned_data["reason"]

    def part_rows(self) -> dict[str, list[dict[str, Any]]]:
        return {name: part.rows() for name, part in self.parts.items()}

    def is_changed(self) -> bool:
        if self.saved is None:
            return True
        mine = self.form.compared(self.row, self.part_rows())
        held = self.form.compared(self.saved, self.desk.part_data(self.saved))
        return digest_of(mine) != digest_of(held) or self.is_moved()

    def is_moved(self) -> bool:
        field: Any = self.form.fields.get("place")
        if field is None:
            return False
        places = {value for value, _label in field.choices}
        return self.form.cleaned_data["place"] in places - {str(self.form.initial["place"])}


class DraftAdmin(admin.ModelAdmin):
    """The pages of one kind of row of a draft."""

    row_form: type[RowForm]
    #: Lists inside the row, by the name of the relation.
    part_names: tuple[str, ...] = ()
    page = ""
    readonly_page = "admin/desk/edit_look.html"
    actions = None
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER

    class Media:
        css = {"all": ("css/desk-edit.css",)}

    # What a kind of row says of itself

    def document_key(self, row: Any) -> str:
        """Where the document's mistakes about this row say that they are."""
        raise NotImplementedError

    def in_document(self, data: dict[str, Any], edit: Edit) -> dict[str, Any]:
        """A draft's plain data with the edited row in its place."""
        raise NotImplementedError

    def without(self, data: dict[str, Any], row: Any) -> dict[str, Any]:
        """A draft's plain data without the row."""
        raise NotImplementedError

    def form_arguments(
        self, request: HttpRequest, draft: JurisdictionDraft, row: Any, parts: Mapping[str, PartFormSet]
    ) -> dict[str, Any]:
        return {}

    def look_closer(self, edit: Edit) -> None:
        """Checks of this kind of row beyond its document."""

    def keep_from_deleting(self, draft: JurisdictionDraft, row: Any) -> list[str]:
        """Why a row cannot be taken away, beyond its document."""
        return []

    def more(self, edit: Edit) -> dict[str, Any]:
        """What the page shows beside the form."""
        return {}

    def fragment(self, edit: Edit, shown: str) -> TemplateResponse | None:
        """A piece of the page, asked for while typing."""
        return None

    def after_saving(self, edit: Edit) -> None:
        """What else is saved with the row."""

    # Reading

    def drafts_of(self, request: HttpRequest, *, locked: bool) -> Any:
        held = JurisdictionDraft.objects.all()
        return held.select_for_update(of=("self",)) if locked else held

    def draft_for(self, request: HttpRequest, row: Any, *, locked: bool) -> Any:
        """The whole draft that a row belongs to, or that a new one is to be added to."""
        if row is not None:
            which = {"pk": row.jurisdiction_id}
        else:
            key = request.GET.get("jurisdiction", "")
            if not re.fullmatch("[0-9]{1,18}", key):
                return None
            which = {"pk": int(key)}
        if locked:
            get_object_or_404(self.drafts_of(request, locked=True), **which)
        return get_object_or_404(drafts.whole(), **which)

    def part_data(self, row: Any) -> dict[str, list[dict[str, Any]]]:
        """The lists in a saved row, as their forms have them."""
        found = {}
        for name in self.part_names:
            names = list(PART_SETS[name].form.declared_fields)
            rows = getattr(row, name).all() if row is not None and row.pk else ()
            found[name] = [{key: getattr(item, key) for key in names} for item in rows]
        return found

    def edit_of(self, request: HttpRequest, draft: JurisdictionDraft, saved: Any, data: QueryDict | None) -> Edit:
        row = self.model.objects.get(pk=saved.pk) if saved is not None else self.model(jurisdiction=draft)
        held = self.part_data(saved)
        parts = {name: self._part(name, held[name], data) for name in self.part_names}
        arguments = self.form_arguments(request, draft, row, parts)
        form = self.row_form(
            data, instance=row, draft=draft, part_values=held, auto_id="id_%s", label_suffix="", **arguments
        )
        if data is None:
            form.say_what_is_seen()
        return Edit(self, request, draft, row, saved, form, parts)

    def _part(self, name: str, held: list[dict[str, Any]], data: QueryDict | None) -> PartFormSet:
        made = PART_SETS[name]
        if data is not None:
            return made(data, prefix=name)
        part = made(initial=held, prefix=name)
        if not held and name == "sources":
            part.extra = 1  # there is always one to fill in
        return part

    # Checking

    def look_over(self, edit: Edit) -> None:
        """Everything that is wrong, each at its field; what is wrong elsewhere in the draft is only told."""
        form, draft = edit.form, edit.draft
        form.is_valid()
        for part in edit.parts.values():
            part.is_valid()
        federal = None if draft.code == drafts.FEDERAL else drafts.federal_document()
        before = drafts.document_data(draft)
        after = self.in_document(drafts.document_data(draft), edit)
        known = {str(mistake) for mistake in mistakes_of(before, federal)}
        key = self.document_key(edit.row)
        for mistake in mistakes_of(after, federal):
            if mistake.where == key:
                self._place(edit, mistake)
            elif str(mistake) in known:
                edit.elsewhere.append(mistake)
            else:  # this edit makes it
                self.place_elsewhere(edit, mistake)
        self.look_closer(edit)
        edit.problems = list(problems_of(edit))

    def place_elsewhere(self, edit: Edit, mistake: Mistake) -> None:
        edit.form.add_error(None, f"{mistake.where}: {mistake.key}: {in_plain_words(mistake.message)}")

    def _place(self, edit: Edit, mistake: Mistake) -> None:
        message = in_plain_words(mistake.message)
        name, _dot, rest = mistake.key.partition(".")
        if name in edit.parts:
            part = edit.parts[name]
            number, _dot, key = rest.partition(".")
            kept = part.kept()
            if number.isdigit() and int(number) < len(kept):
                target = kept[int(number)]
                place = key if key in target.fields else None
                if place not in target.errors:
                    target.add_error(place, message)
            elif message not in part.non_form_errors():
                part.non_form_errors().append(message)
            return
        if not edit.form.mistaken(mistake.key, message):
            edit.form.add_error(None, f"{mistake.key}: {message}")

    # The list

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if any("\0" in value for value in request.GET.values()):  # no database looks for that
            return HttpResponseRedirect(request.path)
        shown = {"title": str(self.opts.verbose_name_plural).capitalize(), "is_nav_sidebar_enabled": False}
        return super().changelist_view(request, shown | (extra_context or {}))

    # The page

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if object_id is None:
            return self._add(request)
        saved = self.get_object(request, unquote(object_id))
        if saved is None:
            return self._gone(request, object_id)
        if not self.has_view_or_change_permission(request, saved):
            raise PermissionDenied
        if request.method in ("GET", "HEAD") or not self.has_change_permission(request, saved):
            if request.method not in ("GET", "HEAD"):
                raise PermissionDenied
            draft = self.draft_for(request, saved, locked=False)
            edit = self.edit_of(request, draft, saved, None)
            return self.render(edit)
        return self._posted(request, saved)

    def _add(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        draft = self.draft_for(request, None, locked=False)
        if draft is None:
            return self._choose_state(request)
        if not self.may_add_to(draft):
            raise Http404
        if request.method in ("GET", "HEAD"):
            return self.render(self.edit_of(request, draft, None, None))
        return self._posted(request, None)

    def may_add_to(self, draft: JurisdictionDraft) -> bool:
        return True

    def _choose_state(self, request: HttpRequest) -> HttpResponse:
        states = [draft for draft in JurisdictionDraft.objects.all() if self.may_add_to(draft)]
        context = {
            **self.admin_site.each_context(request),
            "title": self.title_of_new(),
            "opts": self.opts,
            "states": states,
        }
        return TemplateResponse(request, "admin/desk/edit_state.html", context)

    def _gone(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The row is not there: somebody took it away, perhaps while it was being edited here."""
        if request.method == "POST" and self.has_change_permission(request) and self.has_add_permission(request):
            last = history.last_of(self.model, unquote(object_id))
            if last is not None:
                return self._back_again(request, last)
        return self._not_there(request)

    def _back_again(self, request: HttpRequest, last: Any) -> HttpResponse:
        """What was typed into a row that is gone, as a new row that is not saved yet."""
        draft = get_object_or_404(drafts.whole(), pk=last.jurisdiction_id)
        if not self.may_add_to(draft):
            raise Http404
        data = request.POST.copy()
        for name in self.name_fields:
            data[name] = getattr(last, name)
        edit = self.edit_of(request, draft, None, data)
        edit.form.is_valid()
        edit.form.add_error(
            None,
            _("%(who)s took this away on %(when)s: “%(why)s”. Your text is below; saving it adds it again.")
            % {"who": name_of(last.history_user), "when": history.moment(last.history_date),
               "why": last.history_change_reason or NOTHING},
        )  # fmt: skip
        edit.problems = list(problems_of(edit))
        url = f"{reverse(f'admin:statelaw_{self.opts.model_name}_add')}?jurisdiction={draft.pk}"
        return self.render(edit, status=CONFLICT, form_url=url)

    #: Fields that only a new row lets an editor choose.
    name_fields: tuple[str, ...] = ()

    def _posted(self, request: HttpRequest, saved: Any) -> HttpResponse:
        data = request.POST
        shown = data.get("_show", "")
        added = next((name for name in self.part_names if f"add_{name}" in data), None)
        if shown or added or "add_unless" in data:
            draft = self.draft_for(request, saved, locked=False)
            return self._shown(self.edit_of(request, draft, saved, _one_more(data, added)), shown)
        with transaction.atomic():
            draft = self.draft_for(request, saved, locked=True)
            if saved is not None:
                saved = self.model.objects.select_for_update().filter(pk=saved.pk).first()
                if saved is None:
                    return self._gone(request, request.resolver_match.kwargs["object_id"])  # type: ignore[union-attr]
            elif not self.may_add_to(draft):
                raise Http404
            edit = self.edit_of(request, draft, saved, data)
            edit.form.is_valid()
            if saved is not None and not self._settled(edit):
                self.look_over(edit)
                return self.render(edit, status=CONFLICT)
            self.look_over(edit)
            if edit.problems:
                return self.render(edit, status=WRONG)
            if not edit.is_changed():
                messages.info(request, _("Nothing was changed, so nothing was saved."))
                return self.leave(edit)
            self._save(edit)
        return self.leave(edit)

    def _shown(self, edit: Edit, shown: str) -> HttpResponse:
        """The page again, not saved: with the fields of another effect, one more entry, or the preview."""
        if shown == "preview":
            self.look_over(edit)
            edit.form.errors.pop("reason", None)  # it comes last
            edit.problems = list(problems_of(edit))
        else:
            edit.form.is_valid()
        if edit.request.headers.get("HX-Request"):
            piece = self.fragment(edit, shown)
            if piece is not None:
                return piece
        if shown != "preview":  # nobody has said that it is finished
            edit.form.errors.clear()
            for part in edit.parts.values():
                for form in part.forms:
                    form.errors.clear()
        return self.render(edit)

    # Two editors

    def _settled(self, edit: Edit) -> bool:
        """Whether nobody else saved meanwhile, or the editor has chosen between their words and hers."""
        version, data = edit.saved.version, edit.request.POST
        if edit.form.cleaned_data.get("version") == version:
            return True
        seen = _seen(data.get("seen", ""))
        held_parts = self.part_data(edit.saved)
        theirs = edit.form.compared(edit.saved, held_parts)
        mine = edit.form.compared(edit.row, edit.part_rows())
        found = []
        for name, value in theirs.items():
            if digest_of(value) == digest_of(mine[name]):
                continue
            by_them, by_me = seen.get(name) != digest_of(value), seen.get(name) != digest_of(mine[name])
            chosen = data.get(f"keep.{name}") or (MINE if by_me else THEIRS)
            found.append(
                Disagreement(
                    name,
                    edit.form.label_of(name),
                    edit.form.words_of(name, value) or NOTHING,
                    edit.form.words_of(name, mine[name]) or NOTHING,
                    by_them,
                    by_me,
                    chosen == THEIRS,
                )
            )
        for item in found:
            if data.get("_over") == str(version) and item.takes_theirs:
                self._take_theirs(edit, item.name, theirs[item.name])
        if data.get("_over") == str(version):
            return True
        last = edit.saved.history.first()
        edit.conflict = Conflict(
            name_of(last.history_user if last else edit.saved.edited_by),
            last.history_date if last else edit.saved.edited_at,
            (last.history_change_reason if last else "") or "",
            version,
            found,
        )
        return False

    def _take_theirs(self, edit: Edit, name: str, value: Any) -> None:
        if name in edit.parts:
            edit.parts = {**edit.parts, name: _as_posted(name, value)}
        else:
            setattr(edit.row, name, value)
            edit.form.errors.pop(name, None)

    # Saving

    def _save(self, edit: Edit) -> None:
        user: Any = edit.request.user
        reason = edit.reason
        if edit.saved is not None:
            edit.row.version = edit.saved.version
        drafts.save_row(edit.row, user, reason)
        for name, part in edit.parts.items():
            self._save_part(edit, name, part.rows())
        self.after_saving(edit)
        drafts.touch(edit.draft, user, reason)
        edit.row.refresh_from_db()
        verb = _("%(what)s was added.") if edit.is_new else _("%(what)s was saved.")
        messages.success(edit.request, verb % {"what": f"“{edit.row}”"})

    def _save_part(self, edit: Edit, name: str, wanted: list[dict[str, Any]]) -> None:
        """Entries that stay are left alone, so that the history shows what changed and nothing else."""
        user: Any = edit.request.user
        reason = edit.reason
        relation = getattr(edit.row, name)
        held = list(relation.all())
        pairs: list[Any] = [None] * len(wanted)
        for number, values in enumerate(wanted):
            pairs[number] = next((h for h in held if all(getattr(h, k) == v for k, v in values.items())), None)
            if pairs[number] is not None:
                held.remove(pairs[number])
        for number, values in enumerate(wanted):
            item = pairs[number] or (held.pop(0) if held else relation.model(**{relation.field.name: edit.row}))
            changed = {**values, "position": number}
            if item.pk and all(getattr(item, key) == value for key, value in changed.items()):
                continue
            for key, value in changed.items():
                setattr(item, key, value)
            drafts.save_row(item, user, reason)
        for item in held:
            drafts.delete_row(item, user, reason)

    def put_in_place(self, edit: Edit, siblings: Sequence[Any]) -> None:
        """The row at its place among its siblings, which move up or down; each move is in the history."""
        others = [row for row in siblings if row.pk != edit.row.pk]
        after = edit.form.cleaned_data["place"]
        if after not in {"0", *(str(row.pk) for row in others)}:  # that one was taken away meanwhile
            after = str(edit.form.initial["place"])
        place = next((n + 1 for n, row in enumerate(others) if str(row.pk) == after), 0)
        others.insert(place, edit.row)
        moved = []
        for number, row in enumerate(others):
            if row.position != number:
                row.position = number
                moved.append(row)
        if moved:
            bulk_update_with_history(
                moved,
                self.model,
                ["position"],
                default_user=edit.request.user,
                default_change_reason=_("moved: %(why)s") % {"why": edit.reason},
            )

    def leave(self, edit: Edit) -> HttpResponse:
        if "_continue" in edit.request.POST:
            return HttpResponseRedirect(reverse(f"admin:statelaw_{self.opts.model_name}_change", args=[edit.row.pk]))
        return HttpResponseRedirect(self.home(edit.draft))

    def home(self, draft: JurisdictionDraft) -> str:
        return address("statelaw_state", draft.code) or reverse(f"admin:statelaw_{self.opts.model_name}_changelist")

    # Rendering

    def title_of_new(self) -> str:
        return _("Add a %(what)s") % {"what": self.opts.verbose_name}

    def title_of(self, edit: Edit) -> str:
        return self.title_of_new() if edit.is_new else str(edit.saved)

    def render(self, edit: Edit, *, status: int = 200, form_url: str = "") -> TemplateResponse:
        request = edit.request
        may_save = self.has_add_permission(request) if edit.is_new else self.has_change_permission(request, edit.saved)
        context = {
            **self.admin_site.each_context(request),
            "is_nav_sidebar_enabled": False,
            "title": self.title_of(edit),
            "opts": self.opts,
            "original": edit.saved,
            "edit": edit,
            "draft": edit.draft,
            "form": edit.form,
            "media": edit.form.media,
            "parts": edit.parts,
            "form_url": form_url,
            "home": self.home(edit.draft),
            "may_delete": not edit.is_new and self.has_delete_permission(request, edit.saved),
            "links": self._links(edit),
            **self.more(edit),
            **({} if may_save else {"told": told(edit)}),
        }
        page = self.page if may_save else self.readonly_page
        return TemplateResponse(request, page, context, status=status)

    def _links(self, edit: Edit) -> dict[str, str]:
        if edit.is_new:
            return {}
        base = f"admin:statelaw_{self.opts.model_name}"
        return {name: reverse(f"{base}_{name}", args=[edit.saved.pk]) for name in ("change", "history", "delete")}

    def _not_there(self, request: HttpRequest) -> HttpResponse:
        messages.warning(request, _("There is no such %(what)s.") % {"what": self.opts.verbose_name})
        return HttpResponseRedirect(reverse(f"admin:statelaw_{self.opts.model_name}_changelist"))

    # Taking away

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        with transaction.atomic():
            row = self.get_object(request, unquote(object_id))
            if row is None:
                return self._not_there(request)
            if not self.has_delete_permission(request, row):
                raise PermissionDenied
            return self._delete(request, row)

    def _delete(self, request: HttpRequest, row: Any) -> HttpResponse:
        is_asked = request.method == "POST"
        draft = self.draft_for(request, row, locked=is_asked)
        row = self.model.objects.get(pk=row.pk) if is_asked else row
        data = request.POST.copy() if is_asked else None
        form = WhyForm(data, initial={"version": row.version}, label_suffix="")
        stops = self._stops(draft, row)
        if data is not None and not stops and form.is_valid():
            if form.cleaned_data["version"] != row.version:
                last = row.history.first()
                who, why = name_of(last and last.history_user), (last and last.history_change_reason) or NOTHING
                words = _("%(who)s has saved this meanwhile: “%(why)s”. Look at it again before you take it away.")
                form.add_error(None, words % {"who": who, "why": why})
                data["version"] = str(row.version)
            else:
                self._take_away(request, draft, row, form.cleaned_data["reason"])
                return HttpResponseRedirect(self.home(draft))
        edit = self.edit_of(request, draft, row, None)
        context = {
            **self.admin_site.each_context(request),
            "is_nav_sidebar_enabled": False,
            "title": _("Take away “%(what)s”?") % {"what": row},
            "opts": self.opts,
            "original": row,
            "edit": edit,
            "draft": draft,
            "form": form,
            "problems": [*_form_problems(form)] if form.is_bound else [],
            "stops": stops,
            "leans": self.leans_on(draft, row),
            "told": told(edit),
            "home": self.home(draft),
            "links": self._links(edit),
        }
        return TemplateResponse(
            request, "admin/desk/edit_delete.html", context, status=WRONG if context["problems"] else 200
        )

    def leans_on(self, draft: JurisdictionDraft, row: Any) -> list[str]:
        """What will not hold any more once the row is gone: told, not refused."""
        return []

    def _stops(self, draft: JurisdictionDraft, row: Any) -> list[str]:
        stops = self.keep_from_deleting(draft, row)
        if stops:
            return stops
        federal = None if draft.code == drafts.FEDERAL else drafts.federal_document()
        known = {str(mistake) for mistake in mistakes_of(drafts.document_data(draft), federal)}
        after = mistakes_of(self.without(drafts.document_data(draft), row), federal)
        return [f"{m.where}: {m.key}: {in_plain_words(m.message)}" for m in after if str(m) not in known]

    def _take_away(self, request: Any, draft: JurisdictionDraft, row: Any, reason: str) -> None:
        said = str(row)
        for name in self.part_names:
            for item in getattr(row, name).all():
                drafts.delete_row(item, request.user, reason)
        drafts.delete_row(row, request.user, reason)
        drafts.touch(draft, request.user, reason)
        messages.success(request, _("“%(what)s” was taken away. Its history stays.") % {"what": said})

    # History

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        last = history.last_of(self.model, unquote(object_id))
        if row is None and last is None:
            return self._not_there(request)
        draft = get_object_or_404(drafts.whole(), pk=last.jurisdiction_id if row is None else row.jurisdiction_id)
        shown = row if row is not None else last.instance
        form = self.edit_of(request, draft, row, None).form
        context = {
            **self.admin_site.each_context(request),
            "is_nav_sidebar_enabled": False,
            "title": _("History of “%(what)s”") % {"what": shown},
            "opts": self.opts,
            "original": row,
            "draft": draft,
            "home": self.home(draft),
            "steps": history.steps_of(self.model, unquote(object_id), form, self.part_names),
            "links": {"change": reverse(f"admin:statelaw_{self.opts.model_name}_change", args=[row.pk])} if row else {},
        }
        return TemplateResponse(request, "admin/desk/edit_history.html", context)


# --- helps ------------------------------------------------------------------------------------------------------------


def problems_of(edit: Edit) -> Iterable[Problem]:
    yield from _form_problems(edit.form)
    for name, part in edit.parts.items():
        label = edit.form.label_of(name)
        for message in part.non_form_errors():
            yield Problem(f"{name}", label, str(message))
        for number, entry in enumerate(part.forms, start=1):
            if part.is_removed(entry) or part.is_blank(entry):
                continue
            for key, found in entry.errors.items():
                place = entry[key] if key in entry.fields else None
                for message in found:
                    yield Problem(
                        place.id_for_label if place else name,
                        f"{label} {number}, {place.label}" if place else f"{label} {number}",
                        str(message),
                    )


def _form_problems(form: Any) -> Iterable[Problem]:
    for message in form.non_field_errors():
        yield Problem("", "", str(message))
    for name, errors in form.errors.as_data().items():
        if name not in form.fields:
            continue
        for error in errors:
            params = error.params if isinstance(error.params, dict) else {}
            target = params.get("id") or _first_input(form[name])
            for message in error.messages:
                yield Problem(target, form.label_of(name) if hasattr(form, "label_of") else form[name].label, message)


def _first_input(field: Any) -> str:
    """The element to start in: of several boxes the first."""
    return f"{field.auto_id}_0" if isinstance(field.field.widget, RadioSelect) else field.id_for_label or field.auto_id


def told(edit: Edit) -> list[tuple[str, str]]:
    """A row's words to be read only: label and text of all that says something."""
    values = edit.form.compared(edit.saved, edit.desk.part_data(edit.saved))
    found = [(edit.form.label_of(name), edit.form.words_of(name, value)) for name, value in values.items()]
    return [(label, text) for label, text in found if text]


def _one_more(data: QueryDict, name: str | None) -> QueryDict:
    """What was sent, with one more blank entry in a list."""
    if name is None:
        return data
    changed = data.copy()
    try:
        count = int(changed.get(f"{name}-TOTAL_FORMS", "0"))
    except ValueError:
        return data
    if 0 <= count < PART_SETS[name].max_num:
        changed[f"{name}-TOTAL_FORMS"] = str(count + 1)
    return changed


def _as_posted(name: str, rows: list[dict[str, Any]]) -> PartFormSet:
    """A list's entries as if they had been sent."""
    data = {f"{name}-TOTAL_FORMS": str(len(rows)), f"{name}-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        data |= {f"{name}-{number}-{key}": "" if value is None else str(value) for key, value in row.items()}
    return PART_SETS[name](data, prefix=name)


def _seen(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def select_words(rows: Iterable[Any], most: int = 6) -> str:
    """A few rows by name, and how many more there are."""
    named = [str(row) for row in rows]
    more = len(named) - most
    text = ", ".join(f"“{name}”" for name in named[:most])
    return text + (ngettext(" and %(n)s more", " and %(n)s more", more) % {"n": more} if more > 0 else "")


__all__ = ["CONFLICT", "DraftAdmin", "Edit", "Edited", "PartForm", "Problem", "format_html", "in_plain_words", "told"]
