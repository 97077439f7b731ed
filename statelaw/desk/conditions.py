"""The conditions of a rule as groups of tick boxes, ranges and days: the form fields for ``when`` and ``unless``.

How a form uses them::

    facts = conditions.facts_of(questions)      # core facts and the documents' own; unsound questions are passed over
    form.fields["when"] = ConditionsField(facts, questions, stored=row.when)
    form.fields["unless"] = UnlessField(facts, questions, stored=row.unless)

``questions`` are the documents' own questions that a rule may turn on, the state's first and then the federal ones, as
:class:`statelaw.document.Question` or as plain data. ``stored`` is what stands in the row: keys and values that stay
keep its order, new ones follow the vocabulary. Pass ``initial={"when": row.when, "unless": row.unless}`` as ever.

``form.cleaned_data["when"]`` is a dict and ``["unless"]`` a list of dicts in the rule language, exactly as
:func:`statelaw.document.plain_data` writes them (``{"units": {"max": "2"}, "lender_waived": [True]}``).
``form["when"].value()`` of a bound form is what was typed, in the same shape: hand it to
:func:`statelaw.sentence.conditions` for a preview, which takes half-filled data.

Rendering is ``{{ form.when }}`` and ``{{ form.unless }}`` (``templates/admin/desk/_conditions.html`` and
``_conditions_unless.html``; styles ``css/desk-words.css``, which is in ``form.media``). Each is a
``<div id="id_when">``; the heading around it is the page's.

"Add another exception" is a submit button ``name=add_unless``. The view answers a POST that carries it by rendering the
page again with the bound form and without saving: the field then shows one more, empty exception. With htmx the button
posts the same form to the same address and swaps only ``#id_unless``, so the view needs nothing more. An exception with
"Remove this exception" ticked is left out of the value. At most ``MOST_EXCEPTIONS``.

Errors stand at their fact, inside the widget: do not print ``form.when.errors`` beside it again. Each error in
``form.errors.as_data()["when"]`` has ``params["id"]``, the id of the element to link from a summary
(:func:`links` gives ``[(id, message)]``), and ``params["fact"]``. A mistake of the law document gets to its fact by::

    for mistake in error.mistakes:                       # key is "when.acres.max", "unless.2.residence", …
        if (found := conditions.error_for(form, mistake.key, mistake.message)):
            form.add_error(*found)                       # (field name, ValidationError)

Names in a POST (for tests): ``when.disposition=judicial`` (one per ticked box), ``when.farm=true``,
``when.units.max=2``, ``when.loan_date.from=2015-01-01``; ``unless.count=2``, ``unless.0.residence=rental``,
``unless.1.remove=on``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import gettext, ngettext
from pydantic import ValidationError as Unsound

from .. import sentence
from ..document import DateRange, NumberRange, Question
from ..facts import CORE, Fact

MOST_EXCEPTIONS = 20
#: What is typed into one box is a number, a day or a name of the vocabulary, never longer.
_LONGEST = 100
_INPUT = re.compile(r"([a-z][a-z0-9_]{1,60})(?:\.(min|max|from|to))?")
_BLOCK = re.compile(r"(\d{1,2})\.(.+)")
_NUMBER = re.compile(r"\d{1,12}(\.\d{1,6})?")
#: A comma parts thousands, and nothing else: whoever types "2,5" for two and a half must not get 25.
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_YEARS = range(1700, 2300)
_BOOLS = {"true": True, "false": False}
_ENDS = {"number": ("min", "max"), "date": ("from", "to")}

Shape = Literal["values", "number", "date"]


def facts_of(questions: Iterable[Any]) -> dict[str, Fact]:
    """The vocabulary of a form: the core's facts and those of the questions that are sound."""
    found = dict(CORE)
    for question in questions:
        try:
            fact = (question if isinstance(question, Question) else Question.model_validate(question)).to_fact()
        except Unsound:
            continue
        found[fact.name] = fact
    return found


def shape_of(fact: Fact | None, raw: Any) -> Shape:
    """How a condition is entered: as its fact takes it, or, where the fact is gone, as it was written."""
    if isinstance(raw, Mapping):
        return "date" if set(raw) & {"from", "to"} else "number"
    if raw or fact is None or fact.values:
        return "values"
    return "date" if fact.kind == "date" else "number"


def _fits(fact: Fact | None, shape: Shape) -> bool:
    return fact is not None and shape == shape_of(fact, None)


def _is_value(fact: Fact | None, value: Any) -> bool:
    return fact is not None and any(value is v or (value == v and type(value) is type(v)) for v in fact.values)


def _posted(value: Any) -> str:
    """A value as a tick box sends it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- what is shown ----------------------------------------------------------------------------------------------------


class Box(NamedTuple):
    id: str
    name: str
    value: str
    label: str
    is_checked: bool
    is_gone: bool


class End(NamedTuple):
    id: str
    name: str
    value: str
    label: str
    problem: str


class Entry(NamedTuple):
    """One fact of the form."""

    id: str
    name: str
    label: str
    shape: Shape
    boxes: tuple[Box, ...]
    ends: tuple[End, ...]
    problems: tuple[str, ...]
    hint: str
    warning: str
    is_used: bool


class Group(NamedTuple):
    id: str
    title: str
    used: str
    is_open: bool
    entries: tuple[Entry, ...]


class Except(NamedTuple):
    id: str
    name: str
    number: int
    words: str
    problems: tuple[str, ...]
    groups: tuple[Group, ...]
    is_new: bool


class _ConditionInput(forms.Widget):
    """What both widgets share: the vocabulary, and the errors of the form that they are drawn for."""

    use_fieldset = True

    class Media:
        css = {"all": ("css/desk-words.css",)}

    def __init__(self, facts: Mapping[str, Fact], questions: Any = (), attrs: Any = None):
        super().__init__(attrs)
        self.facts = facts
        self.questions = sentence.questions_of(questions)
        #: {id of an input: what is wrong there}, set by the bound field before it is drawn
        self.problems: Mapping[str, Sequence[str]] = {}

    def id_for_label(self, id_: str) -> str:
        return ""  # a group of inputs has no one input to label

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False  # nothing ticked means: no condition

    def read(self, data: Any, prefix: str) -> dict[str, Any]:
        """What was sent for one set of conditions, as it was typed. Boxes left empty say nothing."""
        found: dict[str, Any] = {}
        for key in data:
            match = _INPUT.fullmatch(key[len(prefix) :]) if key.startswith(prefix) else None
            if match is None:
                continue
            name, end = match.groups()
            sent = data.getlist(key) if hasattr(data, "getlist") else data[key]
            texts = [str(text)[:_LONGEST] for text in (sent if isinstance(sent, list | tuple) else [sent])]
            if end is None:
                fact = self.facts.get(name)
                is_yes_no = fact is None or fact.kind == "yes_no"
                if not isinstance(found.get(name), dict):
                    found[name] = [_BOOLS.get(text, text) if is_yes_no else text for text in dict.fromkeys(texts)]
            elif (text := texts[-1].strip() if texts else "") and not isinstance(found.get(name), list):
                found.setdefault(name, {})[end] = text
        return {name: found[name] for name in [*self._names(found)]}

    def _names(self, found: Mapping[str, Any]) -> Iterator[str]:
        listed = [name for _title, names in sentence.groups(self.questions) for name in names]
        yield from (name for name in listed if name in found)
        yield from (name for name in found if name not in listed)

    def groups(self, prefix: str, id_: str, value: Mapping[str, Any], *, open_first: bool) -> tuple[Group, ...]:
        parts = [(title, [n for n in names if n in self.facts]) for title, names in sentence.groups(self.questions)]
        known = {name for _title, names in parts for name in names}
        parts.append((gettext("No longer a question"), [name for name in value if name not in known]))
        groups: list[Group] = []
        for title, names in parts:
            entries = tuple(self._entry(name, value.get(name), prefix, id_) for name in names)
            used = sum(entry.is_used for entry in entries)
            words = ngettext("%(n)s condition", "%(n)s conditions", used) % {"n": used} if used else ""
            is_open = bool(used) or any(entry.problems for entry in entries) or (open_first and not groups)
            if entries:
                groups.append(Group(f"{id_}_group{len(groups)}", title, words, is_open, entries))
        return tuple(groups)

    def _entry(self, name: str, raw: Any, prefix: str, id_: str) -> Entry:
        fact = self.facts.get(name)
        shape = shape_of(fact, raw)
        here = f"{id_}_{name}"
        boxes: tuple[Box, ...] = ()
        ends: tuple[End, ...] = ()
        warning = hint = ""
        if shape == "values":
            chosen = list(raw) if isinstance(raw, list | tuple) else []
            known = list(fact.values) if fact is not None else []
            values = known + [value for value in chosen if not _is_value(fact, value)]
            boxes = tuple(
                Box(f"{here}_{n}", f"{prefix}{name}", _posted(v), self._value(name, v), v in chosen, n >= len(known))
                for n, v in enumerate(values)
            )
            if len(known) > 1 and all(value in chosen for value in known):
                warning = gettext("Every answer is ticked, so this does not matter. You can leave all of them empty.")
        else:
            given = raw if isinstance(raw, Mapping) else {}
            ends = tuple(self._end(end, given.get(end), f"{prefix}{name}", here) for end in _ENDS[shape])
            hint = self._hint(name, fact)
        if raw and not _fits(fact, shape):
            warning = gettext("This is no longer a question that a rule can turn on. Take it away, or bring it back.")
        problems = tuple(
            text
            for key in dict.fromkeys((here, f"{here}_0", *(e.id for e in ends)))
            for text in self.problems.get(key, ())
        )
        label = sentence.fact_label(name, self.questions)
        return Entry(here, name, label, shape, boxes, ends, problems, hint, warning, bool(raw))

    def _value(self, name: str, value: Any) -> str:
        return sentence.value_label(name, value, self.questions)

    def _end(self, end: str, value: Any, name: str, here: str) -> End:
        labels = {
            "min": gettext("At least"),
            "max": gettext("At most"),
            "from": gettext("From"),
            "to": gettext("Through"),
        }
        id_ = f"{here}_{end}"
        return End(
            id_, f"{name}.{end}", "" if value is None else str(value), labels[end], " ".join(self.problems.get(id_, ()))
        )

    def _hint(self, name: str, fact: Fact | None) -> str:
        if fact is not None and fact.kind == "whole":
            return gettext("Whole numbers. Both ends count.")
        if sentence.said(self.questions.get(name), "kind") == "money":
            return gettext("Dollars. Both ends count.")
        return gettext("Both ends count. Leave one empty where there is no such end.")


class ConditionsWidget(_ConditionInput):
    template_name = "admin/desk/_conditions.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, Any]:
        return self.read(data, f"{name}.")

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        id_ = context["widget"]["attrs"].get("id") or f"id_{name}"
        given = value if isinstance(value, Mapping) else {}
        context["widget"] |= {
            "id": id_,
            "groups": self.groups(f"{name}.", id_, given, open_first=True),
            "problems": self.problems.get(id_, ()),
        }
        return context


class UnlessWidget(_ConditionInput):
    template_name = "admin/desk/_conditions_unless.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        """Every exception that is not to be removed, and one more where one was asked for."""
        prefix = f"{name}."
        sent = str(data.get(f"{prefix}count", ""))
        count = int(sent) if sent.isdecimal() and len(sent) < 4 else 0
        found: dict[int, dict[str, Any]] = {place: {} for place in range(min(count, MOST_EXCEPTIONS + 1))}
        removed = set()
        for key in data:
            match = _BLOCK.fullmatch(key[len(prefix) :]) if key.startswith(prefix) else None
            if match is not None:
                place = int(match[1])
                found.setdefault(place, {})
                if match[2] == "remove":
                    removed.add(place)
        items = [self.read(data, f"{prefix}{place}.") for place in sorted(found) if place not in removed]
        return [*items, {}] if f"add_{name}" in data and len(items) < MOST_EXCEPTIONS else items

    def read(self, data: Any, prefix: str) -> dict[str, Any]:
        found = super().read(data, prefix)
        found.pop("remove", None)
        return found

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        id_ = context["widget"]["attrs"].get("id") or f"id_{name}"
        given = [item if isinstance(item, Mapping) else {} for item in value] if isinstance(value, list | tuple) else []
        exceptions = []
        for place, item in enumerate(given):
            here = f"{id_}_{place}"
            groups = self.groups(f"{name}.{place}.", here, item, open_first=not item)
            problems = tuple(self.problems.get(f"{here}_remove", ()))
            words = sentence.clause(item, self.questions)
            is_new = not item and place == len(given) - 1
            exceptions.append(Except(here, f"{name}.{place}", place + 1, words, problems, groups, is_new))
        context["widget"] |= {
            "id": id_,
            "exceptions": exceptions,
            "can_add": len(exceptions) < MOST_EXCEPTIONS,
            "most": MOST_EXCEPTIONS,
            "problems": self.problems.get(id_, ()),
        }
        return context


# --- what is saved ----------------------------------------------------------------------------------------------------


def problem(id_: str, label: str, text: str, fact: str = "") -> ValidationError:
    """An error that stands at one input, and says in a summary which."""
    return ValidationError(
        "%(label)s: %(problem)s" if label else "%(problem)s",
        code="condition",
        params={"id": id_, "fact": fact, "label": label, "problem": text},
    )


class _WithProblems(BoundField):
    """Hands the widget the errors of its field, so that each stands at its fact."""

    def as_widget(self, widget: Any = None, attrs: Any = None, only_initial: bool = False) -> Any:
        drawn: Any = widget or self.field.widget
        found: dict[str, list[str]] = {}
        for error in self.form.errors.as_data().get(self.name, ()):
            params = error.params or {}
            found.setdefault(params.get("id") or self.auto_id, []).append(params.get("problem") or error.messages[0])
        drawn.problems = found
        return super().as_widget(drawn, attrs, only_initial)


class _ConditionField(forms.Field):
    """What both fields share: the vocabulary, the order that is kept, and where errors stand."""

    widget_class: type[_ConditionInput]

    def __init__(self, facts: Mapping[str, Fact], questions: Any = (), *, stored: Any = None, **kwargs: Any):
        self.facts = facts
        self.questions = sentence.questions_of(questions)
        self.stored = stored
        self.here = ""
        kwargs.setdefault("required", False)
        super().__init__(widget=self.widget_class(facts, questions), **kwargs)

    def get_bound_field(self, form: Any, field_name: str) -> BoundField:
        bound = _WithProblems(form, self, field_name)
        self.here = bound.auto_id or f"id_{field_name}"
        return bound

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool((initial or self.empty()) != self.to_python(data))
        except ValidationError:
            return True

    def empty(self) -> Any:
        raise NotImplementedError

    def read(self, raw: Mapping[str, Any], here: str, stored: Any, numbered: str = "") -> dict[str, Any]:
        """One set of conditions in the rule language. Raises ValidationError with all that is wrong in it."""
        order = stored if isinstance(stored, Mapping) else {}
        names = [name for name in order if name in raw] + [name for name in raw if name not in order]
        found: dict[str, Any] = {}
        wrong: list[ValidationError] = []
        for name in names:
            try:
                found[name] = self._condition(name, raw[name], f"{here}_{name}", order.get(name), numbered)
            except ValidationError as error:
                wrong += error.error_list
        if wrong:
            raise ValidationError(wrong)
        return found

    def _condition(self, name: str, raw: Any, here: str, stored: Any, numbered: str) -> Any:
        fact = self.facts.get(name)
        shape = shape_of(fact, raw)
        label = numbered + sentence.fact_label(name, self.questions)
        first = f"{here}_{_ENDS[shape][0] if shape != 'values' else 0}"
        if not _fits(fact, shape):
            raise problem(first, label, gettext("This is no longer a question. Take its answers away."), name)
        if shape != "values":
            return _range(shape, raw, here, label, name, is_whole=fact is not None and fact.kind == "whole")
        gone = [value for value in raw if not _is_value(fact, value)]
        if gone:
            words = ", ".join(f"“{sentence.spaced(value)}”" for value in gone)
            text = gettext("%(words)s is no longer one of its answers. Untick it.") % {"words": words}
            raise problem(first, label, text, name)
        kept = [value for value in stored if _is_in(value, raw)] if isinstance(stored, list | tuple) else []
        values = fact.values if fact is not None else ()
        return kept + [value for value in values if _is_in(value, raw) and not _is_in(value, kept)]


def _is_in(value: Any, values: Iterable[Any]) -> bool:
    return any(value == other and type(value) is type(other) for other in values)


def _range(shape: Shape, raw: Any, here: str, label: str, name: str, *, is_whole: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    wrong: list[ValidationError] = []
    for end in _ENDS[shape]:
        text = str(raw.get(end) or "").strip()
        if not text:
            continue
        try:
            found[end] = _day(text) if shape == "date" else _number(text, is_whole)
        except ValueError as error:
            wrong.append(problem(f"{here}_{end}", label, str(error), name))
    if wrong:
        raise ValidationError(wrong)
    low, high = (found.get(end) for end in _ENDS[shape])
    if low is not None and high is not None and low > high:
        if shape == "date":
            text = gettext("The first day is after the last, so this can never hold.")
        else:
            text = gettext("The least is above the most, so this can never hold.")
        raise problem(f"{here}_{_ENDS[shape][1]}", label, text, name)
    model = DateRange if shape == "date" else NumberRange
    return model(**found).model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _number(text: str, is_whole: bool) -> Decimal:
    plain = text.removeprefix("$").strip()
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    if not _NUMBER.fullmatch(plain):
        like = "2" if is_whole else "2.5"
        raise ValueError(gettext("“%(text)s” is not a number, such as %(like)s.") % {"text": text, "like": like})
    found = Decimal(plain)
    if is_whole and found != int(found):
        raise ValueError(gettext("“%(text)s” is not a whole number.") % {"text": text})
    return found


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ValueError(
            gettext("“%(text)s” is not a day. Write it as year-month-day, such as 2015-01-31.") % {"text": text}
        ) from None
    if found.year not in _YEARS:
        raise ValueError(gettext("The year %(year)s is out of bounds.") % {"year": found.year})
    return found


class ConditionsField(_ConditionField):
    """``when``: what must be so for a rule to apply."""

    widget_class = ConditionsWidget

    def empty(self) -> dict[str, Any]:
        return {}

    def to_python(self, value: Any) -> dict[str, Any]:
        return self.read(value or {}, self.here, self.stored)


class UnlessField(_ConditionField):
    """``unless``: the exceptions, each a set of conditions of its own."""

    widget_class = UnlessWidget

    def empty(self) -> list[dict[str, Any]]:
        return []

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        items = value or []
        if len(items) > MOST_EXCEPTIONS:
            text = gettext("At most %(most)s exceptions fit into one rule.") % {"most": MOST_EXCEPTIONS}
            raise problem(self.here, "", text)
        found: list[dict[str, Any]] = []
        wrong: list[ValidationError] = []
        for place, item in enumerate(items):
            here = f"{self.here}_{place}"
            numbered = gettext("Exception %(n)s, ") % {"n": place + 1}
            if not item:
                text = gettext("Nothing is chosen. Choose what the exception is, or remove it.")
                wrong.append(problem(f"{here}_remove", gettext("Exception %(n)s") % {"n": place + 1}, text))
                continue
            try:
                found.append(self.read(item, here, self._stored_twin(item, place), numbered))
            except ValidationError as error:
                wrong += error.error_list
        if wrong:
            raise ValidationError(wrong)
        return found

    def _stored_twin(self, item: Mapping[str, Any], place: int) -> Any:
        """The stored exception whose order this one keeps."""
        stored = self.stored if isinstance(self.stored, list | tuple) else ()
        twins = [other for other in stored if isinstance(other, Mapping) and set(other) == set(item)]
        return twins[0] if twins else stored[place] if place < len(stored) else {}


# --- errors -----------------------------------------------------------------------------------------------------------


def links(form: Any, *names: str) -> list[tuple[str, str]]:
    """The errors of these fields for a summary: the id of the input, and what is wrong."""
    data = form.errors.as_data()
    return [
        ((error.params or {}).get("id") or form[name].auto_id, str(error.messages[0]))
        for name in names
        for error in data.get(name, ())
    ]


def error_for(form: Any, key: str, message: str) -> tuple[str, ValidationError] | None:
    """A mistake of the law document (``when.acres.max``, ``unless.2.units``) as an error of the field that it belongs
    to, at its fact. ``None`` where it is not about conditions."""
    name, *path = key.split(".")
    if name not in form.fields or not isinstance(form.fields[name], _ConditionField):
        return None
    field, here, label = form.fields[name], form[name].auto_id or f"id_{name}", ""
    if isinstance(field, UnlessField):
        if not (path and path[0].isdecimal()):
            return name, problem(here, "", message)
        number = max(int(path.pop(0)), 1)  # exceptions are counted from one
        here, label = f"{here}_{number - 1}", gettext("Exception %(n)s") % {"n": number}
        if not path:
            return name, problem(f"{here}_remove", label, message)
        label += ", "
    if not path:
        return name, problem(here, "", message)
    fact = path[0]
    shape = shape_of(field.facts.get(fact), None)
    if shape == "values":
        last = "0"
    else:
        last = path[1] if len(path) > 1 and path[1] in _ENDS[shape] else _ENDS[shape][0]
    return name, problem(f"{here}_{fact}_{last}", label + sentence.fact_label(fact, field.questions), message, fact)
