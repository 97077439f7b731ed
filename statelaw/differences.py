"""What is different between two law documents: rule by rule, field by field, word by word.

:func:`differences` takes typed documents or their plain data (a draft's may be unsound) and gives only what differs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple, TypeVar

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from . import sentence
from .document import Model, plain_data

Sign = Literal["same", "del", "ins"]
T = TypeVar("T")
Change = Literal["added", "removed", "changed", "moved"]


class Mark(NamedTuple):
    """A run of words that stayed, went or came."""

    sign: Sign
    text: str


class Item(NamedTuple):
    """One item of a list, or all of a text, that differs."""

    change: Change
    marks: tuple[Mark, ...]


class FieldDifference(NamedTuple):
    key: str
    label: str
    items: tuple[Item, ...]
    is_list: bool = False
    note: str = ""  # what the marks do not show


class EntryDifference(NamedTuple):
    """One rule, one question, or all of a section that has no entries."""

    id: str
    title: str
    change: Change
    fields: tuple[FieldDifference, ...]
    note: str = ""


class SectionDifference(NamedTuple):
    key: str
    title: str
    entries: tuple[EntryDifference, ...]


def differences(old: Any, new: Any) -> list[SectionDifference]:
    """Section by section, what differs; empty exactly where both say the same. ``None`` is a document that is not."""
    before, after = _data(old), _data(new)
    if before == after:
        return []
    if any(isinstance(data.get("provisions"), list | tuple) for data in (before, after)):
        sections = _jurisdiction(before, after)
    else:
        sections = _any_document(before, after)
    return [section for section in sections if section.entries]


def changed_provisions(old: Any, new: Any) -> list[str]:
    """Ids of the rules of ``new`` that are not in ``old`` or say something else there."""
    before = _by(_data(old).get("provisions"), "id")
    return [name for name, item in _by(_data(new).get("provisions"), "id").items() if before.get(name) != item]


def summary(sections: Iterable[SectionDifference]) -> str:
    """The differences in a line: "1 rule added, 2 rules changed; questions, gaps"."""
    counts, others = [], []
    for section in sections:
        if section.key == "provisions":
            kinds = [entry.change for entry in section.entries]
            counts = [text(kinds.count(kind)) for kind, text in _COUNTS.items() if kind in kinds]
        else:
            others.append(section.title)
    return "; ".join(part for part in (", ".join(counts), ", ".join(others)) if part) or gettext("no differences")


_COUNTS: Mapping[Change, Callable[[int], str]] = {
    "added": lambda n: ngettext("%(n)s rule added", "%(n)s rules added", n) % {"n": n},
    "removed": lambda n: ngettext("%(n)s rule removed", "%(n)s rules removed", n) % {"n": n},
    "changed": lambda n: ngettext("%(n)s rule changed", "%(n)s rules changed", n) % {"n": n},
    "moved": lambda n: ngettext("%(n)s rule moved", "%(n)s rules moved", n) % {"n": n},
}


def _data(document: Any) -> dict[str, Any]:
    if document is None:
        return {}
    return plain_data(document) if isinstance(document, Model) else dict(document)


def _by(entries: Any, key: str) -> dict[str, Mapping[str, Any]]:
    """Entries of a section by their name; one without a name by its place, a twin by a number behind its name."""
    found: dict[str, Mapping[str, Any]] = {}
    for place, item in enumerate(entries if isinstance(entries, list | tuple) else (), start=1):
        if isinstance(item, Mapping):
            name = str(item.get(key) or f"#{place}")
            found[f"{name} #{place}" if name in found else name] = item
    return found


# --- words ------------------------------------------------------------------------------------------------------------

_WORDS = re.compile(r"\w+(?:[.,'’_-]\w+)*|\s+|[^\w\s]")
#: Two texts that share less than this are told as one gone and one new: scattered marks would only confuse.
_LEAST_IN_COMMON = 0.25
#: Comparing words takes the product of both lengths.
_MOST_COMPARISONS = 4_000_000


def marks(old: str, new: str) -> tuple[Mark, ...]:
    """Two texts as one, with what went and what came marked word by word."""
    old, new = (" ".join(text.split()) for text in (old, new))
    if not old or not new or old == new:
        whole: tuple[tuple[Sign, str], ...] = (("same", old),) if old == new else (("del", old), ("ins", new))
        return tuple(Mark(sign, text) for sign, text in whole if text)
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if len(before) * len(after) > _MOST_COMPARISONS:
        return Mark("del", old), Mark("ins", new)
    runs: list[list[str]] = []  # (what stayed, what went, what came), one after the other
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        gone, come = "".join(before[i:j]), "".join(after[k:m])
        if tag == "equal" and not (gone.isspace() and runs):
            runs.append([gone, "", ""])
        elif tag == "equal":
            runs.append(["", gone, come])  # a mere space between two changes: it may belong to both
        else:
            runs.append(["", gone, come])
    merged: list[list[str]] = []
    for run in runs:
        if merged and not run[0] and not merged[-1][0]:
            merged[-1][1] += run[1]
            merged[-1][2] += run[2]
        else:
            merged.append(run)
    shared = sum(len(run[0].split()) for run in merged)
    if shared < _LEAST_IN_COMMON * max(len(old.split()), len(new.split())):
        return Mark("del", old), Mark("ins", new)
    signs: tuple[Sign, ...] = ("same", "del", "ins")
    return tuple(Mark(sign, text) for run in merged for sign, text in zip(signs, run, strict=True) if text)


def item_marks(old: Sequence[str], new: Sequence[str]) -> tuple[Item, ...]:
    """Lists item by item: what came, what went, what reads differently. Items that stayed are left out."""
    found: list[Item] = []
    for tag, i, j, k, m in SequenceMatcher(None, list(old), list(new), autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        gone, come = list(old[i:j]), list(new[k:m])
        for text in list(gone):
            twin = next((other for other in come if _are_alike(text, other)), None)
            if twin is not None:
                come.remove(twin)
                found.append(Item("changed", marks(text, twin)))
            else:
                found.append(Item("removed", marks(text, "")))
        found += (Item("added", marks("", text)) for text in come)
    return tuple(found)


def _are_alike(one: str, other: str) -> bool:
    first, second = set(one.split()), set(other.split())
    return len(first & second) * 2 >= max(len(first), len(second))


# --- fields -----------------------------------------------------------------------------------------------------------


def _text_field(key: str, label: Any, old: Any, new: Any, before: str, after: str) -> Iterator[FieldDifference]:
    """One text that differs. ``old`` and ``new``: the data behind it."""
    if old == new:
        return
    note = "" if before != after else gettext("The words are the same; only the way they are written down differs.")
    change: Change = "changed" if before and after else "added" if after else "removed"
    yield FieldDifference(key, str(label), (Item(change, marks(before, after)),), note=note)


def _list_field(key: str, label: Any, old: Any, new: Any, tell: Callable[[Any], str]) -> Iterator[FieldDifference]:
    if old == new:
        return
    before, after = ([tell(item) for item in _listed(value)] for value in (old, new))
    note = ""
    if before == after:
        note = gettext("The words are the same; only the way they are written down differs.")
    elif sorted(before) == sorted(after):
        note = gettext("The same items, in another order.")
    yield FieldDifference(key, str(label), item_marks(before, after), True, note)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]


def _words(value: Any, names: Mapping[Any, Any] | None = None) -> str:
    """A value that is not text for readers, in words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, Mapping):
        return "; ".join(f"{sentence.spaced(key)}: {_words(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_words(item, names) for item in value)
    found = (names or {}).get(value)
    return str(found) if found is not None else str(value)


KINDS: Mapping[str, Any] = {
    "judicial": _("court case and sale"),
    "nonjudicial": _("sale without a court case"),
    "strict": _("a court gives the home to the lender (strict foreclosure)"),
}
_ROUTES: Mapping[str, Any] = {
    "same_case": _("in the same case"),
    "separate_suit": _("in a separate lawsuit"),
    "either": _("either way"),
    "none": _("not at all"),
}
_MEASURES: Mapping[str, Any] = {
    "debt_minus_fair_value": _("debt less fair value"),
    "debt_minus_greater_of_price_and_fair_value": _("debt less the greater of price and fair value"),
    "lesser_of_both": _("the lesser of debt less price and debt less fair value"),
    "debt_minus_price_and_half_the_gap": _("debt less price and half of the gap to fair value"),
    "other": _("another measure, in words"),
}
_EVENTS: Mapping[str, Any] = {
    "sale": _("the sale"),
    "confirmation": _("the court’s confirmation of the sale"),
    "deed_recorded": _("the deed’s delivery or recording"),
    "end_of_redemption": _("the end of the time to buy back"),
    "foreclosure_judgment": _("the foreclosure judgment"),
    "certificate_of_title": _("the certificate of title"),
    "deficiency_judgment": _("the deficiency judgment"),
    "default": _("the default"),
}
_BOUNDS: Mapping[str, Any] = {
    "before_sale": _("an event before the sale"),
    "none": _("an event before or after the sale"),
}
_UNITS: Mapping[str, Any] = {"days": _("days"), "months": _("months"), "years": _("years")}
_SOURCE_KINDS: Mapping[str, Any] = {
    "statute": _("statute"),
    "case": _("case"),
    "court_rule": _("court rule"),
    "official": _("official page"),
    "secondary": _("secondary source"),
}
_QUESTION_KINDS: Mapping[str, Any] = {
    "yes_no": _("yes or no"),
    "choice": _("one of several answers"),
    "number": _("a number"),
    "date": _("a day"),
    "money": _("an amount of money"),
}


def _source(item: Any) -> str:
    if not isinstance(item, Mapping):
        return _words(item)
    kind, url, supports = _words(item.get("kind"), _SOURCE_KINDS), item.get("url"), item.get("supports")
    return " · ".join(str(part) for part in (kind, url, supports) if part)


def _limit(raw: Mapping[str, Any]) -> str:
    """A time limit in words, from all of its keys that are there."""
    inner = raw.get("within")
    within: Mapping[str, Any] = inner if isinstance(inner, Mapping) else {}
    count, unit = (raw.get(key, within.get(key)) for key in ("count", "unit"))
    length = f"{'' if count is None else count} {_words(unit, _UNITS)}".strip()
    of, event = raw.get("of"), raw.get("event")
    start = str(event) if event and of == "other" else " ".join(filter(None, (_words(of, _EVENTS), _words(event))))
    if start:
        length = gettext("%(length)s from: %(start)s") % {"length": length, "start": start}
    bound = _words(raw.get("event_bound"), _BOUNDS)
    return f"{length} ({bound})" if bound else length


_PROVISION: Sequence[tuple[str, Any, Mapping[Any, Any] | None]] = (
    ("effect", _("Effect"), None),
    ("heading", _("Heading"), None),
    ("plain", _("In plain words"), None),
    ("conditions", _("Applies when"), None),
    ("measure", _("Measure"), _MEASURES),
    ("measure_note", _("The measure in words"), None),
    ("automatic", _("The court applies it unasked"), None),
    ("ask_within", _("To be asked for within"), None),
    ("limit", _("Time limit"), None),
    ("action", _("What the lender must do"), None),
    ("tick", _("Words beside the box"), None),
    ("after_judgment", _("Still settles once there is a judgment"), None),
    ("unsettles_state_law", _("State rules may not bind this federal lender"), None),
    ("cite", _("Citation"), None),
    ("confidence", _("How sure"), None),
    ("caveats", _("What can still go wrong"), None),
    ("sources", _("Sources"), None),
)
_CONDITION_KEYS = ("when", "unless", "in_force")
_LIMIT_KEYS = ("within", "of", "event", "event_bound")
_FLAGS = ("after_judgment", "unsettles_state_law")


def provision_fields(
    old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, old_questions: Any = None, new_questions: Any = None
) -> tuple[FieldDifference, ...]:
    """Where one rule differs from another, field by field, from their plain data. ``…_questions``: the documents whose
    words the conditions are told in."""
    return tuple(_provision_fields(old or {}, new or {}, old_questions, new_questions))


def _provision_fields(
    old: Mapping[str, Any], new: Mapping[str, Any], old_questions: Any, new_questions: Any
) -> Iterator[FieldDifference]:
    before: Any
    after: Any
    for key, label, names in _PROVISION:
        if key == "conditions":
            before, after = (_some(item, _CONDITION_KEYS) for item in (old, new))
            texts = (
                sentence.conditions(item, questions) if item else ""
                for item, questions in ((old, old_questions), (new, new_questions))
            )
            yield from _text_field(key, label, before, after, *texts)
        elif key == "limit":
            before, after = (_some(item, _LIMIT_KEYS) for item in (old, new))
            yield from _text_field(key, label, before, after, _limit(before), _limit(after))
        elif key == "ask_within":
            before, after = (item.get(key) for item in (old, new))
            texts = (_limit(value) if isinstance(value, Mapping) else _words(value) for value in (before, after))
            yield from _text_field(key, label, before, after, *texts)
        elif key == "caveats":
            yield from _list_field(key, label, old.get(key), new.get(key), _words)
        elif key == "sources":
            yield from _list_field(key, label, old.get(key), new.get(key), _source)
        else:
            before, after = (bool(item.get(key)) if key in _FLAGS and item else item.get(key) for item in (old, new))
            if key in _FLAGS and not (before or after):
                continue
            yield from _text_field(key, label, before, after, _words(before, names), _words(after, names))
    told = {key for key, *_rest in _PROVISION} | {*_CONDITION_KEYS, *_LIMIT_KEYS, "id"}
    yield from _rest(old, new, told)


def _some(item: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: item[key] for key in keys if item.get(key)}


def _rest(old: Mapping[str, Any], new: Mapping[str, Any], told: Iterable[str]) -> Iterator[FieldDifference]:
    """Keys that have no words of their own here."""
    for key in dict.fromkeys([*old, *new]):
        if key not in told:
            before, after = old.get(key), new.get(key)
            yield from _text_field(key, sentence.spaced(key), before, after, _words(before), _words(after))


# --- the law of a jurisdiction ----------------------------------------------------------------------------------------


def _jurisdiction(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[SectionDifference]:
    yield _section("about", _("The document"), old, new, _about)
    yield _section("process", _("Process"), old.get("process"), new.get("process"), _process)
    yield SectionDifference("questions", gettext("Questions of its own"), tuple(_questions(old, new)))
    yield SectionDifference("provisions", gettext("Rules"), tuple(_provisions(old, new)))
    yield _section("limitations", _("General time limit"), old.get("limitations"), new.get("limitations"), _limitations)
    yield _section("gaps", _("Gaps"), old, new, _gaps)


def _section(
    key: str, title: Any, old: Any, new: Any, fields: Callable[[Any, Any], Iterable[FieldDifference]]
) -> SectionDifference:
    """A section without entries of its own: one entry if anything in it differs."""
    before, after = (value if isinstance(value, Mapping) else {} for value in (old, new))
    found = tuple(fields(before, after))
    change: Change = "changed" if before and after else "added" if after else "removed"
    return SectionDifference(key, str(title), (EntryDifference("", "", change, found),) if found else ())


_SECTIONS = ("process", "questions", "provisions", "limitations", "gaps")


def _about(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[FieldDifference]:
    for key, label, tell in (
        ("name", _("Name"), _words),
        ("reviewed", _("Checked against its sources on"), sentence.day),
    ):
        before, after = (tell(item[key]) if key in item else "" for item in (old, new))
        yield from _text_field(key, label, old.get(key), new.get(key), before, after)
    yield from _rest(old, new, ("name", "reviewed", *_SECTIONS))


def _gaps(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[FieldDifference]:
    yield from _list_field("gaps", _("Gaps"), old.get("gaps") or [], new.get("gaps") or [], _words)


def _process(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[FieldDifference]:
    for key, title in (("usual", _("What most see")), ("available", _("Ways there are"))):
        before, after = old.get(key), new.get(key)
        yield from _text_field(key, title, before, after, _words(before, KINDS), _words(after, KINDS))
    yield from _text_field(
        "summary", _("Summary"), old.get("summary"), new.get("summary"), *(_words(x.get("summary")) for x in (old, new))
    )
    routes = [value if isinstance(value := item.get("route"), Mapping) else {} for item in (old, new)]
    for kind in dict.fromkeys([*KINDS, *routes[0], *routes[1]]):
        label = gettext("How the lender gets the judgment: %(kind)s") % {"kind": _words(kind, KINDS)}
        before, after = (route.get(kind) for route in routes)
        yield from _text_field(f"route.{kind}", label, before, after, _words(before, _ROUTES), _words(after, _ROUTES))
    yield from _list_field(
        "redemption", _("Times to buy back"), old.get("redemption"), new.get("redemption"), _redemption
    )
    yield from _list_field("sources", _("Sources"), old.get("sources"), new.get("sources"), _source)
    yield from _rest(old, new, ("usual", "available", "summary", "route", "redemption", "sources"))


def _redemption(item: Any) -> str:
    if not isinstance(item, Mapping):
        return _words(item)
    after = gettext("after: %(kind)s") % {"kind": _words(item.get("after"), KINDS)}
    return " · ".join(filter(None, (after, _limit(item), _words(item.get("note")), _words(item.get("cite")))))


def _limitations(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[FieldDifference]:
    for key, label in (("years", _("Years")), ("cite", _("Citation")), ("note", _("Note"))):
        before, after = old.get(key), new.get(key)
        yield from _text_field(key, label, before, after, _words(before), _words(after))
    yield from _list_field("sources", _("Sources"), old.get("sources"), new.get("sources"), _source)
    yield from _rest(old, new, ("years", "cite", "note", "sources"))


def _questions(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[EntryDifference]:
    yield from _entries(
        _by(old.get("questions"), "fact"),
        _by(new.get("questions"), "fact"),
        lambda before, after: _question_fields(before or {}, after or {}),
        lambda item: str(item.get("ask") or item.get("fact") or ""),
    )


def _question_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[FieldDifference]:
    for key, label, names in (
        ("ask", _("Question"), None),
        ("kind", _("Kind"), _QUESTION_KINDS),
        ("usual", _("Usual answer"), None),
        ("why", _("Why it matters"), None),
        ("tick", _("Words beside the box"), None),
    ):
        before, after = old.get(key), new.get(key)
        texts = [_words(before, names), _words(after, names)]
        if key == "usual":
            texts = ["" if q.get(key) is None else _usual(q) for q in (old, new)]
        yield from _text_field(key, label, before, after, *texts)
    yield from _list_field("choices", _("Answers"), old.get("choices"), new.get("choices"), _choice)
    yield from _rest(old, new, ("fact", "ask", "kind", "usual", "why", "tick", "choices"))


def _usual(question: Mapping[str, Any]) -> str:
    return sentence.value_label(str(question.get("fact")), question["usual"], question)


def _choice(item: Any) -> str:
    return f"{item.get('label')} ({item.get('value')})" if isinstance(item, Mapping) else _words(item)


def _provisions(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[EntryDifference]:
    yield from _entries(
        _by(old.get("provisions"), "id"),
        _by(new.get("provisions"), "id"),
        lambda before, after: provision_fields(before, after, old, new),
        lambda item: str(item.get("heading") or item.get("id") or ""),
    )


def _entries(
    old: Mapping[str, Mapping[str, Any]],
    new: Mapping[str, Mapping[str, Any]],
    fields: Callable[[Any, Any], Iterable[FieldDifference]],
    title: Callable[[Mapping[str, Any]], str],
) -> Iterator[EntryDifference]:
    """Entries by name, in the order of the new document; those that went stand where they stood."""
    moved = _moved([name for name in old if name in new], [name for name in new if name in old])
    for name in _woven(list(old), list(new)):
        before, after = old.get(name), new.get(name)
        note = ""
        if after is not None and name in moved:
            note = _place(name, new, title)
        if before is None and after is not None:
            yield EntryDifference(name, title(after), "added", tuple(fields(None, after)))
        elif after is None and before is not None:
            yield EntryDifference(name, title(before), "removed", tuple(fields(before, None)))
        elif before != after and after is not None:
            yield EntryDifference(name, title(after), "changed", tuple(fields(before, after)), note)
        elif note and after is not None:
            yield EntryDifference(name, title(after), "moved", (), note)


def _moved(old: list[str], new: list[str]) -> set[str]:
    """The fewest names that must be moved to get from one order to the other."""
    kept = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return set(new) - {name for block in kept for name in new[block.b : block.b + block.size]}


def _place(name: str, entries: Mapping[str, Mapping[str, Any]], title: Callable[[Mapping[str, Any]], str]) -> str:
    names = list(entries)
    place = names.index(name)
    if place == 0:
        return gettext("Moved: it now comes first.")
    return gettext("Moved: it now comes after “%(title)s”.") % {"title": title(entries[names[place - 1]])}


def _woven(old: list[T], new: list[T]) -> list[T]:
    result = list(new)
    for place, name in enumerate(old):
        if name not in result:
            before = next((other for other in reversed(old[:place]) if other in result), None)
            result.insert(result.index(before) + 1 if before is not None else 0, name)
    return result


# --- any other document -----------------------------------------------------------------------------------------------


def _any_document(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[SectionDifference]:
    """Nested data by the path of its keys: what a lender may take, national facts, ways out."""
    for key in dict.fromkeys([*old, *new]):
        before, after = _leaves(old.get(key)), _leaves(new.get(key))
        found: list[FieldDifference] = []
        for path in _woven(list(before), list(after)):
            label = " › ".join(path) or sentence.spaced(key)
            texts = (_words(before.get(path)), _words(after.get(path)))
            found += _text_field(".".join((key, *path)), label, before.get(path), after.get(path), *texts)
        change: Change = "changed" if key in old and key in new else "added" if key in new else "removed"
        if not found and old.get(key) != new.get(key):
            note = gettext("The words are the same; only their order or the way they are written down differs.")
            found.append(FieldDifference(key, sentence.spaced(key), (), note=note))
        title = sentence.spaced(key).capitalize()
        yield SectionDifference(key, title, (EntryDifference("", "", change, tuple(found)),) if found else ())


_NAMES = ("id", "fact", "name", "url", "kind")


def _leaves(value: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if isinstance(value, Mapping) and value:
        return {k: v for key, item in value.items() for k, v in _leaves(item, (*path, sentence.spaced(key))).items()}
    if isinstance(value, list | tuple) and value:
        result: dict[tuple[str, ...], Any] = {}
        for place, item in enumerate(value, start=1):
            name = next((str(item[n]) for n in _NAMES if isinstance(item, Mapping) and item.get(n)), str(place))
            if any(found[: len(path) + 1] == (*path, name) for found in result):
                name = f"{name} ({place})"
            result |= _leaves(item, (*path, name))
        return result
    return {path: value}
