"""The history of a row, to be read: who changed what, when and why. Nothing can be put back or deleted from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

#: Steps on one page.
MANY = 50
#: What every save changes, and what only the program reads.
MUTE = frozenset(
    ("id", "version", "edited_by", "edited_at", "digest", "base", "base_digest", "loaded_digest", "document", "text")
)


@dataclass(frozen=True)
class Step:
    """One save of a row, or its end."""

    at: datetime
    by: Any
    what: str
    why: str
    #: (label, before, after)
    changes: list[tuple[str, str, str]]


def steps(records: list[Any]) -> Iterator[Step]:
    """The newest first; each is compared with the one after it in the list."""
    kinds = {"+": _("made"), "~": _("changed"), "-": _("taken away")}
    for place, record in enumerate(records):
        before = records[place + 1] if place + 1 < len(records) else None
        changes = list(_changes(before, record)) if before is not None and record.history_type == "~" else []
        if before is not None and not changes and _is_one_with(before, record):
            continue
        yield Step(
            at=record.history_date,
            by=record.history_user,
            what=kinds.get(record.history_type, ""),
            why=record.history_change_reason or "",
            changes=changes,
        )


def _is_one_with(before: Any, after: Any) -> bool:
    """One act that saved the row twice."""
    return bool(
        after.history_type == "~"
        and after.history_user_id == before.history_user_id
        and after.history_change_reason == before.history_change_reason
        and after.history_date - before.history_date < timedelta(seconds=5)
    )


def _changes(before: Any, after: Any) -> Iterator[tuple[str, str, str]]:
    for field in after.tracked_fields:
        if field.name in MUTE:
            continue
        old, new = getattr(before, field.attname), getattr(after, field.attname)
        if old != new:
            yield (
                str(field.verbose_name),
                words(old, _choices(after, field.name)),
                words(new, _choices(after, field.name)),
            )


def _choices(record: Any, name: str) -> dict[Any, Any]:
    try:
        return dict(record.instance_type._meta.get_field(name).flatchoices)
    except FieldDoesNotExist:
        return {}


def words(value: Any, choices: Mapping[Any, Any] | None = None) -> str:
    """A value as people read it: lists and what is nested line by line."""
    if isinstance(value, str) and choices:
        return str(choices.get(value, value))
    if value in (None, "", [], {}):
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {line}" for key, line in _flat(value))
    if isinstance(value, list | tuple):
        return "\n".join(words(item) for item in value)
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _flat(value: Mapping[str, Any], start: str = "") -> Iterator[tuple[str, str]]:
    for key, item in value.items():
        name = f"{start}{str(key).replace('_', ' ')}"
        if isinstance(item, Mapping):
            yield from _flat(item, f"{name}, ")
        else:
            shown = _("not known") if item is None else words(item)
            yield name, ", ".join(shown.splitlines())


class KeepsHistory(admin.ModelAdmin):
    """An admin whose rows have a history page of ours, and whose list is in our look with its own name as title."""

    class Media:
        css = {"all": ("css/desk-states.css",)}

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        manager = self.model.history
        row = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        try:
            records = manager.filter(id=self.model._meta.pk.to_python(unquote(object_id)))
        except ValidationError:
            raise Http404 from None
        records = records.select_related("history_user").order_by("-history_date", "-history_id")
        page = Paginator(records, MANY).get_page(request.GET.get("p"))
        found = list(page.object_list)
        if not found:
            raise Http404
        before = list(records[page.end_index() : page.end_index() + 1])
        shown = list(steps(found + before))
        if before:
            shown.pop()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("History of “%(what)s”") % {"what": row or found[0].instance},
            "row": row,
            "steps": shown,
            "page": page,
        }
        return TemplateResponse(request, "admin/desk/past.html", context)
