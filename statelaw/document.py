"""The typed, immutable law document: what a YAML file or a publication holds (SCHEMA.md).

:func:`parse_jurisdiction` turns plain data into a :class:`Jurisdiction`, or raises :class:`LawError` with *every*
mistake found, each naming file, provision (or section) and key, so that an editor can act on it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, get_args

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from . import facts
from .facts import Event, Fact

MAX_FILE_BYTES = 512 * 1024
MAX_DEPTH = 20
#: Several times the parts of the largest law file; a file of the same size made of brackets has far more.
MAX_PARTS = 20_000
#: Of what stands in one rule (or the process), and in one state: a form holds it, and a page shows it.
MOST_EXCEPTIONS, MOST_INSIDE, MOST_LINES, MOST_GAPS, MOST_ROWS = 20, 25, 30, 60, 200
#: Nobody reads a list of more mistakes than this.
MAX_MISTAKES = 500


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A safe loader that hands on a day that does not exist as text, so that it is reported with its key."""

    def day(self, node: yaml.ScalarNode) -> Any:
        try:
            return self.construct_yaml_timestamp(node)
        except (ValueError, AttributeError):  # the latter: a day by its tag that does not look like one at all
            return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.day)


class Mistake(NamedTuple):
    """One thing wrong in a law file: where (provision id or section), which key, and what."""

    file: str
    where: str
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.where}: {self.key}: {self.message}"


class LawError(ValueError):
    """A law file is wrong. ``mistakes`` holds all that was found, in file order."""

    def __init__(self, mistakes: Iterable[Mistake]):
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, populate_by_name=True)


class Checked(Model):
    """A model whose keys bear on one another. ``faults`` sees the raw keys, so that what is wrong between them is
    reported together with what is wrong in each of them."""

    @classmethod
    def faults(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Pairs of key (empty: the whole) and what is wrong. Values may be of any type."""
        yield from ()

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(cls, raw: Any, build: Any) -> Any:
        found = list(cls.faults(raw)) if isinstance(raw, Mapping) else []
        lines: list[InitErrorDetails] = []
        try:
            result = build(raw)
        except ValidationError as error:
            if not found:
                raise
            for item in error.errors():
                kind = PydanticCustomError(item["type"], item["msg"])  # type: ignore[arg-type]
                lines.append(InitErrorDetails(type=kind, loc=item["loc"], input=item["input"]))
        else:
            if not found:
                return result
        for key, message in found:
            kind = PydanticCustomError("value_error", message)  # type: ignore[arg-type]
            lines.append(InitErrorDetails(type=kind, loc=(key,) if key else (), input=None))
        raise ValidationError.from_exception_data(cls.__name__, lines)


M = TypeVar("M", bound="Model")


def without_none(values: Any) -> Any:
    return [] if values is None else values


def _day(value: Any) -> Any:
    if isinstance(value, int | float):
        raise ValueError("expected a day, YYYY-MM-DD")
    return value


def _shortest(value: Decimal) -> Decimal:
    """The same number with one way of writing it, so that the same law has one digest."""
    return Decimal(format(value.normalize(), "f")) if value.is_finite() else value


#: Control characters but line end and tab, signs that turn the direction of what follows, and halves of a pair: they
#: make a text look like another one, and not every database keeps them.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _seen(text: str) -> str:
    if found := _UNSEEN.search(text):
        raise ValueError(f"holds a sign that cannot be seen (U+{ord(found[0]):04X}): type that place again")
    return text


Day = Annotated[date, BeforeValidator(_day)]
Number = Annotated[Decimal, AfterValidator(_shortest)]
Text = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_seen)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_seen)]
Identifier = Annotated[str, Field(pattern=r"^[a-z]{2}-[a-z0-9.()-]{1,100}$")]
FactName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,60}$")]
Kind = Literal["judicial", "nonjudicial", "strict"]
Unit = Literal["days", "months", "years"]
Confidence = Literal["high", "medium", "low"]
SourceKind = Literal["statute", "case", "court_rule", "official", "secondary"]
Effect = Literal["permit", "bar", "cap", "deadline", "duty", "defense", "sunset", "toll", "waiver"]
Measure = Literal[
    "debt_minus_fair_value",
    "debt_minus_greater_of_price_and_fair_value",
    "lesser_of_both",
    "debt_minus_price_and_half_the_gap",
    "other",
]
EventBound = Literal["before_sale", "none"]


class Source(Model):
    url: Annotated[str, Field(pattern=r"^https?://\S+$", max_length=600), AfterValidator(_seen)]
    kind: SourceKind
    supports: Text


class NumberRange(Model):
    """Numbers from ``min`` to ``max``, both ends included."""

    min: Number | None = None
    max: Number | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> NumberRange:
        if self.min is None and self.max is None:
            raise ValueError("a range needs min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max, so the condition can never hold")
        return self


class DateRange(Model):
    """Days from ``from`` to ``to``, both ends included."""

    from_: Day | None = Field(None, alias="from")
    to: Day | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> DateRange:
        if self.from_ is None and self.to is None:
            raise ValueError("a range needs from or to")
        if self.from_ and self.to and self.from_ > self.to:
            raise ValueError("from is after to, so the condition can never hold")
        return self


Allowed = tuple[bool | str, ...] | NumberRange | DateRange
ConditionSet = Mapping[str, Allowed]


def _parse_allowed(value: Any) -> Any:
    if isinstance(value, list | tuple):
        if not value:
            raise ValueError("an empty list can never hold")
        for item in value:
            if not isinstance(item, str | bool):
                raise ValueError(f"{item!r} is neither a word nor true/false")
        return tuple(value)
    if isinstance(value, NumberRange | DateRange):
        return value
    if isinstance(value, dict):
        if set(value) <= {"min", "max"} and value:
            return NumberRange(**value)
        if set(value) <= {"from", "to"} and value:
            return DateRange(**value)
    raise ValueError("expected a list of values, {min, max} or {from, to}")


_Allowed = Annotated[Any, BeforeValidator(_parse_allowed)]
Conditions = dict[str, _Allowed]


class Period(Model):
    count: Annotated[int, Field(ge=0, le=10_000)]
    unit: Unit


def _event_fault(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if raw.get("of") is not None and (raw.get("of") == "other") != (raw.get("event") is not None):
        yield "event", "says in plain words what 'of: other' is, and stands only with it"


#: Fact, and the two ends of its days in ``in_force``.
IN_FORCE = (("sale_date", "sales_from", "sales_to"), ("loan_date", "loans_from", "loans_to"))


def _days_fault(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    dates = raw.get("in_force")
    if not isinstance(dates, Mapping):
        return
    for _fact, start, end in IN_FORCE:
        first, last = dates.get(start), dates.get(end)
        if _is_day(first) and _is_day(last) and str(first) > str(last):
            yield f"in_force.{end}", f"is before {start}, so the rule can never hold"


def _is_day(value: Any) -> bool:
    return isinstance(value, date) or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None)


class Limit(Checked):
    """A time limit with the event that it counts from."""

    count: Annotated[int, Field(ge=0, le=10_000)]
    unit: Unit
    of: Event
    event: Text | None = None
    event_bound: EventBound | None = None

    @classmethod
    def faults(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        yield from _event_fault(raw)


class InForce(Model):
    sales_from: Day | None = None
    sales_to: Day | None = None
    loans_from: Day | None = None
    loans_to: Day | None = None


class Choice(Model):
    value: FactName
    label: Text


class Question(Checked):
    """A fact that only this document's law turns on."""

    fact: FactName
    kind: Literal["yes_no", "choice", "number", "date", "money"]
    ask: Text
    usual: bool | str | None = None
    choices: Annotated[tuple[Choice, ...], Field(max_length=MOST_INSIDE), BeforeValidator(without_none)] = ()
    why: Text
    tick: Text | None = None

    @classmethod
    def faults(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        choices = raw.get("choices") or ()
        values: list[Any] = [True, False]
        if (raw.get("kind") == "choice") != bool(choices):
            yield "choices", "stand with kind: choice, and only there"
        if raw.get("kind") == "choice" and isinstance(choices, list | tuple):
            values = [
                c.value if isinstance(c, Choice) else c.get("value") for c in choices if isinstance(c, Choice | dict)
            ]
            for value in sorted({str(v) for v in values if values.count(v) > 1}):
                yield "choices", f"{value!r} stands twice"
        usual = raw.get("usual")
        if usual is not None and (raw.get("kind") in ("number", "date", "money") or usual not in values):
            yield "usual", f"{usual!r} is not one of its answers"

    def to_fact(self) -> Fact:
        if self.kind == "yes_no":
            return Fact(self.fact, "yes_no", (True, False), self.usual)
        if self.kind == "choice":
            return Fact(self.fact, "choice", tuple(choice.value for choice in self.choices), self.usual)
        return Fact(self.fact, "date" if self.kind == "date" else "number")


class Provision(Checked):
    id: Identifier
    effect: Effect
    heading: Text
    plain: Text
    when: Conditions
    unless: Annotated[tuple[Conditions, ...], Field(max_length=MOST_EXCEPTIONS), BeforeValidator(without_none)] = ()
    cite: Text
    in_force: InForce | None = None
    sources: Annotated[tuple[Source, ...], Field(min_length=1, max_length=MOST_INSIDE)]
    confidence: Confidence
    caveats: Annotated[tuple[Text, ...], Field(max_length=MOST_LINES), BeforeValidator(without_none)] = ()
    # cap
    measure: Measure | None = None
    measure_note: Text | None = None
    automatic: bool | None = None
    ask_within: Limit | None = None
    # deadline, sunset
    within: Period | None = None
    of: Event | None = None
    event: Text | None = None
    event_bound: EventBound | None = None
    # deadline, duty
    action: Text | None = None
    tick: Text | None = None
    after_judgment: bool = False
    unsettles_state_law: bool = False

    @classmethod
    def faults(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        effect = str(raw.get("effect"))
        if effect not in _EFFECTS:
            return
        for key in NEEDS.get(effect, ()):
            if raw.get(key) is None:
                yield key, f"is missing: effect: {effect} needs it"
        for key, effects in BELONGS.items():
            if raw.get(key) not in (None, False) and effect not in effects:
                yield key, f"does not stand with effect: {effect}"
        if raw.get("measure") == "other" and raw.get("measure_note") is None:
            yield "measure_note", "is missing: measure: other needs it"
        yield from _event_fault(raw)
        yield from _days_fault(raw)

    @property
    def limit(self) -> Limit | None:
        """The limit of a deadline or a sunset, with its event."""
        if self.within is None or self.of is None:
            return None
        return Limit(
            count=self.within.count, unit=self.within.unit, of=self.of, event=self.event, event_bound=self.event_bound
        )

    @property
    def conditions(self) -> dict[str, list[Allowed]]:
        """``when`` with ``in_force`` as further conditions of the same kind, by fact."""
        result: dict[str, list[Allowed]] = {fact: [allowed] for fact, allowed in self.when.items()}
        if self.in_force:
            for fact, *ends in IN_FORCE:
                start, end = (getattr(self.in_force, name) for name in ends)
                if start or end:
                    allowed = DateRange(**{"from": start, "to": end})
                    if allowed not in result.setdefault(fact, []):
                        result[fact].append(allowed)
        return result


_EFFECTS = get_args(Effect)
NEEDS: dict[str, tuple[str, ...]] = {
    "cap": ("measure", "automatic"),
    "deadline": ("within", "of", "action"),
    "sunset": ("within", "of"),
    "duty": ("action",),
}
BELONGS: dict[str, tuple[str, ...]] = {
    "measure": ("cap",),
    "measure_note": ("cap",),
    "automatic": ("cap",),
    "ask_within": ("cap", "defense"),
    "within": ("deadline", "sunset"),
    "of": ("deadline", "sunset"),
    "event": ("deadline", "sunset"),
    "event_bound": ("deadline", "sunset"),
    "action": ("deadline", "duty"),
    "tick": ("duty",),
}


class Redemption(Model):
    after: Kind
    count: Annotated[int, Field(ge=0, le=10_000)]
    unit: Unit
    note: Text | None = None
    cite: Text


class Process(Checked):
    usual: Kind
    available: Annotated[tuple[Kind, ...], Field(min_length=1)]
    summary: Text
    route: dict[Kind, Literal["same_case", "separate_suit", "either", "none"]]
    redemption: Annotated[tuple[Redemption, ...], Field(max_length=MOST_INSIDE), BeforeValidator(without_none)] = ()
    sources: Annotated[tuple[Source, ...], Field(max_length=MOST_INSIDE)]

    @classmethod
    def faults(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        available = raw.get("available")
        if isinstance(available, list | tuple) and raw.get("usual") in get_args(Kind) and raw["usual"] not in available:
            yield "usual", "is not among available"


class Limitations(Model):
    years: Annotated[Number, Field(gt=0, le=100)]
    cite: Text
    note: Text | None = None
    sources: Annotated[tuple[Source, ...], Field(min_length=1, max_length=MOST_INSIDE)]


class Jurisdiction(Model):
    """The law of one state, of the District of Columbia, or (``US``) the federal layer over every state."""

    state: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    name: Name
    reviewed: Day
    process: Process
    questions: Annotated[tuple[Question, ...], Field(max_length=MOST_ROWS), BeforeValidator(without_none)] = ()
    provisions: Annotated[tuple[Provision, ...], Field(min_length=1, max_length=MOST_ROWS)]
    limitations: Limitations | None = None
    gaps: Annotated[tuple[Text, ...], Field(max_length=MOST_GAPS), BeforeValidator(without_none)] = ()

    def provision(self, provision_id: str) -> Provision:
        """Raises KeyError when there is no such provision."""
        for provision in self.provisions:
            if provision.id == provision_id:
                return provision
        raise KeyError(provision_id)


def read_yaml(text: str, file: str, most_bytes: int = MAX_FILE_BYTES) -> Any:
    """Plain data of a YAML text. Raises LawError for text that is too long, not YAML, or names a key twice."""
    data, twins = read_yaml_leniently(text, file, most_bytes)
    if twins:
        raise LawError(twins)
    return data


def read_yaml_leniently(text: str, file: str, most_bytes: int = MAX_FILE_BYTES) -> tuple[Any, list[Mistake]]:
    """Plain data, and the keys that stand twice (the data then holds the last of them)."""
    if len(text.encode(errors="replace")) > most_bytes:
        raise LawError([Mistake(file, "file", "size", f"more than {most_bytes // 1024} kB")])
    try:
        _refuse_bombs(text, file)
        node = yaml.compose(text, Loader=_Loader)
        twins = _twins(node, file) if node is not None else []
        return yaml.load(text, Loader=_Loader), twins  # noqa: S506 (a safe loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark is not None else "file"
        raise LawError([Mistake(file, where, "YAML", getattr(error, "problem", None) or str(error))]) from None
    except LawError:
        raise
    except (ValueError, TypeError, RecursionError) as error:
        raise LawError([Mistake(file, "file", "YAML", str(error))]) from None
    except (ArithmeticError, LookupError, AttributeError):  # the parser's own, of "!!bool maybe" and the like
        raise LawError([Mistake(file, "file", "YAML", "holds a value that cannot be read")]) from None


def _refuse_bombs(text: str, file: str) -> None:
    """An alias can blow a small file up to gigabytes; endless nesting can exhaust the stack, endless lists time."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_Loader)):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if number > MAX_PARTS:
            raise LawError([Mistake(file, f"line {line}", "YAML", "more parts than any law has")])
        if isinstance(event, yaml.AliasEvent):
            raise LawError([Mistake(file, f"line {line}", "YAML", "aliases are not allowed")])
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise LawError([Mistake(file, f"line {line}", "YAML", "nested too deeply")])
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _twins(root: yaml.Node, file: str) -> list[Mistake]:
    """Keys written twice: YAML would silently drop the first."""
    mistakes = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode):
                    if key.value in seen:
                        mistakes.append(Mistake(file, f"line {key.start_mark.line + 1}", key.value, "stands twice"))
                    seen.add(key.value)
                waiting.append(value)
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
    return sorted(mistakes, key=lambda m: int(m.where.split()[1]))


def validate(model: type[M], data: Any, file: str) -> M:
    """``data`` as a ``model``. Raises LawError naming every mistake."""
    if not isinstance(data, dict):
        raise LawError([Mistake(file, "file", "top level", "expected keys and values")])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        # A list whose every item is wrong also counts as empty; the items' own mistakes say enough.
        found = [e for e in error.errors() if not (e["type"] == "too_short" and e["input"])]
        mistakes = [_mistake(data, file, item) for item in found[:MAX_MISTAKES]]
        if len(found) > MAX_MISTAKES:
            mistakes.append(Mistake(file, "file", "as a whole", f"{len(found) - MAX_MISTAKES} more mistakes"))
        raise LawError(mistakes) from None


def _mistake(data: Any, file: str, error: Mapping[str, Any]) -> Mistake:
    path = [part for part in error["loc"] if part != "function-before[_parse_allowed()"]
    where, here = "file", data
    keys: list[str] = []
    for part in path:
        here = here[part] if isinstance(here, list | dict) and _has(here, part) else None
        name = next((here[k] for k in ("id", "fact") if isinstance(here, dict) and isinstance(here.get(k), str)), None)
        if name and not keys:
            where = name
        elif name and where in _SECTIONS:
            where, keys = name, []
        elif where == "file" and isinstance(part, str):
            where, keys = part, [part]
        else:
            keys.append(str(part))
    if keys == [where] and where not in _SECTIONS:
        where = "file"
    if keys and keys[0] == where and (where in _SECTIONS or len(keys) > 1):
        keys = keys[1:]
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "unknown key"
    elif error["type"] == "missing":
        message = "is missing"
    return Mistake(file, where, ".".join(keys) or "as a whole", message)


_SECTIONS = ("provisions", "questions", "options")


def _has(container: list | dict, part: Any) -> bool:
    return part in container if isinstance(container, dict) else isinstance(part, int) and part < len(container)


def vocabulary(*documents: Jurisdiction) -> dict[str, Fact]:
    """The core facts and the documents' own, by name."""
    result = dict(facts.CORE)
    for document in documents:
        for question in document.questions:
            result[question.fact] = question.to_fact()
    return result


def check_conditions(
    conditions: ConditionSet, known: Mapping[str, Fact], file: str, where: str, key: str
) -> list[Mistake]:
    """What is wrong with one set of conditions: unknown facts, values that the fact does not have, wrong kinds."""
    mistakes = []
    for name, allowed in conditions.items():
        place = f"{key}.{name}"
        fact = known.get(name)
        if fact is None:
            mistakes.append(Mistake(file, where, place, "no such fact in the vocabulary"))
        elif fact.values:
            if not isinstance(allowed, tuple):
                mistakes.append(Mistake(file, where, place, "takes a list of values"))
                continue
            for value in allowed:
                if not any(value is v or (value == v and type(value) is type(v)) for v in fact.values):
                    mistakes.append(Mistake(file, where, place, f"{value!r} is not one of its values"))
        elif fact.kind == "date" and not isinstance(allowed, DateRange):
            mistakes.append(Mistake(file, where, place, "takes {from, to}"))
        elif fact.kind != "date" and not isinstance(allowed, NumberRange):
            mistakes.append(Mistake(file, where, place, "takes {min, max}"))
    return mistakes


def parse_jurisdiction(data: Any, file: str, federal: Jurisdiction | None = None) -> Jurisdiction:
    """A checked jurisdiction. ``federal`` lends its facts. Raises LawError with all mistakes of the file."""
    return _parse(data, file, federal, [])


def load_jurisdiction(text: str, file: str, federal: Jurisdiction | None = None) -> Jurisdiction:
    """A jurisdiction from YAML text. Raises LawError with all mistakes of the file."""
    data, twins = read_yaml_leniently(text, file)
    return _parse(data, file, federal, twins)


def _parse(data: Any, file: str, federal: Jurisdiction | None, mistakes: list[Mistake]) -> Jurisdiction:
    document = None
    try:
        document = validate(Jurisdiction, data, file)
    except LawError as error:
        mistakes = [*mistakes, *error.mistakes]
    if isinstance(data, dict):
        mistakes = [*mistakes, *_check_names(data, file, federal)]
    if mistakes or document is None:
        raise LawError(mistakes)
    return document


def _entries(data: Mapping[str, Any], section: str) -> list[dict[str, Any]]:
    entries = data.get(section)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list | tuple) else []


def _check_names(data: Mapping[str, Any], file: str, federal: Jurisdiction | None) -> Iterator[Mistake]:
    """Ids and facts that stand twice or are not of this state, and conditions outside the vocabulary. Works on raw
    data: what is wrong in form has been reported already and is passed over here."""
    prefix = state.lower() if isinstance(state := data.get("state"), str) and len(state) == 2 else None
    known: dict[str, Fact | None] = dict(vocabulary(*([federal] if federal else [])))
    seen: set[str] = set()
    for question in _entries(data, "questions"):
        name = question.get("fact")
        if not isinstance(name, str):
            continue
        if name in seen:
            yield Mistake(file, name, "fact", "stands twice")
        elif name in known:
            yield Mistake(file, name, "fact", "is a fact of the vocabulary already")
        elif prefix and not name.startswith(f"{prefix}_"):
            yield Mistake(file, name, "fact", f"must start with {prefix}_")
        seen.add(name)
        try:
            known[name] = Question.model_validate(question).to_fact()
        except ValidationError:
            known[name] = None  # reported by its form; conditions on it cannot be checked
    for number, provision in enumerate(_entries(data, "provisions"), start=1):
        where = provision.get("id")
        if not isinstance(where, str):
            where = f"provisions.{number}"
        else:
            if prefix and not where.startswith(f"{prefix}-"):
                yield Mistake(file, where, "id", f"must start with {prefix}-")
            if where in seen:
                yield Mistake(file, where, "id", "stands twice")
            seen.add(where)
        yield from check_raw_conditions(provision.get("when"), known, file, where, "when")
        clauses = provision.get("unless")
        for place, clause in enumerate(clauses if isinstance(clauses, list | tuple) else (), start=1):
            if clause == {}:
                yield Mistake(file, where, f"unless.{place}", "is empty, so the rule could never hold")
            yield from check_raw_conditions(clause, known, file, where, f"unless.{place}")


def check_raw_conditions(raw: Any, known: Mapping[str, Fact | None], file: str, where: str, key: str) -> list[Mistake]:
    conditions, words = {}, {name: fact for name, fact in known.items() if fact is not None}
    for name, value in raw.items() if isinstance(raw, dict) else ():
        if not isinstance(name, str) or (name in known and known[name] is None):
            continue
        try:
            conditions[name] = _parse_allowed(value)
        except ValueError:
            if name not in known:
                conditions[name] = ()  # the name is wrong too
    return check_conditions(conditions, words, file, where, key)


def plain_data(document: Model) -> dict[str, Any]:
    """The document as JSON data, only what says something: the form in which a publication keeps it, the same for the
    same law however it was written."""
    data = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for provision in data.get("provisions", ()):
        if not provision.get("in_force", True):
            del provision["in_force"]
    return data


def digest(data: Any) -> str:
    """SHA-256 of plain data, the same for the same content whatever its layout."""
    canonical = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a jurisdiction file, for editors' tools."""
    schema = Jurisdiction.model_json_schema(by_alias=True)
    allowed = {
        "anyOf": [
            {"type": "array", "minItems": 1, "items": {"type": ["string", "boolean"]}},
            {
                "type": "object",
                "properties": {"min": {"type": "number"}, "max": {"type": "number"}},
                "additionalProperties": False,
                "minProperties": 1,
            },
            {
                "type": "object",
                "properties": {
                    "from": {"type": "string", "format": "date"},
                    "to": {"type": "string", "format": "date"},
                },
                "additionalProperties": False,
                "minProperties": 1,
            },
        ]
    }
    provision = schema["$defs"]["Provision"]["properties"]
    provision["when"] = {"type": "object", "additionalProperties": allowed}
    provision["unless"] = {"type": ["array", "null"], "items": {"type": "object", "additionalProperties": allowed}}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "StillOwe jurisdiction", **schema}
