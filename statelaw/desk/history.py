"""What happened to a row, step by step: who, when, why, and which words. Nothing here changes anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import dateformat, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .forms import NOTHING, PART_LABELS, RowForm, entry_words

MOST = 200
#: Rows that one person saved for one reason within this time were saved together.
ONE_SAVE = timedelta(seconds=10)


@dataclass(frozen=True)
class Change:
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Step:
    when: Any
    who: str
    kind: str
    why: str
    changes: list[Change]


def moment(when: Any) -> str:
    return dateformat.format(timezone.localtime(when), "F j, Y, g:i A")


def last_of(model: Any, key: str) -> Any:
    """The newest record of a row, there or gone."""
    if not key.isdecimal() or len(key) > 18:  # "²" is a digit, and no number
        return None
    return (
        model.history.filter(id=int(key))
        .select_related("history_user")
        .order_by("-history_date", "-history_id")
        .first()
    )


def steps_of(model: Any, key: str, form: RowForm, part_names: tuple[str, ...]) -> list[Step]:
    """A row's steps, the newest first; what was done to the lists in it stands with the save that did it."""
    records = list(
        model.history.filter(id=int(key)).select_related("history_user").order_by("history_date", "history_id")
    )
    steps = [_step(before, record, form) for before, record in zip([None, *records], records, strict=False)]
    for name in part_names:
        for part in _part_steps(model, key, name):
            whole = next((step for step in steps if _is_one_save(step, part)), None)
            if whole is None:
                steps.append(part)
            elif whole.kind == _KINDS["~"]:  # a new row's words, or those of one taken away, are not told one by one
                whole.changes.extend(part.changes)
    found = [step for step in steps if step.changes or step.kind != _KINDS["~"]]
    return sorted(found, key=lambda step: step.when, reverse=True)[:MOST]


def _is_one_save(one: Step, other: Step) -> bool:
    return (one.who, one.why) == (other.who, other.why) and abs(one.when - other.when) < ONE_SAVE


_KINDS = {"+": gettext_lazy("added"), "~": gettext_lazy("changed"), "-": gettext_lazy("taken away")}


def _step(before: Any, record: Any, form: RowForm) -> Step:
    changes = []
    if before is not None and record.history_type == "~":
        for name in form.row_fields():
            old, new = getattr(before, name), getattr(record, name)
            if old != new:
                changes.append(Change(form.label_of(name), _said(form, name, old), _said(form, name, new)))
        if getattr(before, "position", 0) != getattr(record, "position", 0):
            changes.append(Change(_("Place"), str(before.position + 1), str(record.position + 1)))
    return _of(record, changes)


def _said(form: RowForm, name: str, value: Any) -> str:
    return form.words_of(name, value) or NOTHING


def _of(record: Any, changes: list[Change]) -> Step:
    user = record.history_user
    who = (user.get_full_name() or user.get_username()) if user else _("loaded, nobody at the desk")
    return Step(record.history_date, who, str(_KINDS[record.history_type]), record.history_change_reason or "", changes)


def _part_steps(model: Any, key: str, name: str) -> list[Step]:
    relation = model._meta.get_field(name)
    kind, owner = relation.related_model, relation.field.name
    records = list(
        kind.history.filter(**{f"{owner}_id": int(key)})
        .select_related("history_user")
        .order_by("history_date", "history_id")
    )
    last: dict[int, Any] = {}
    steps = []
    for record in records:
        before = last.get(record.id)
        old = entry_words(name, vars(before)) if before is not None else NOTHING
        new = entry_words(name, vars(record)) if record.history_type != "-" else NOTHING
        last[record.id] = record
        changes = [Change(str(PART_LABELS[name]), old, new)] if old != new else []
        steps.append(_of(record, changes))
    return [step for step in steps if step.changes]
