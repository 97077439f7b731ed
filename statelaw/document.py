"""The typed, immutable law document: what a YAML file or a publication holds (SCHEMA.md).

:func:`parse_jurisdiction` turns plain data into a :class:`Jurisdiction`, or raises :class:`LawError` with *every*
mistake found, each naming file, provision (or section) and key, so that an editor can act on it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from . import facts
from .facts import Fact

MAX_FILE_BYTES = 512 * 1024
_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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


M = TypeVar("M", bound="Model")


def _without_none(values: Any) -> Any:
    return [] if values is None else values


Text = Annotated[str, Field(min_length=1, max_length=4000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
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
Event = Literal[
    "sale",
    "confirmation",
    "deed_recorded",
    "end_of_redemption",
    "foreclosure_judgment",
    "certificate_of_title",
    "deficiency_judgment",
    "default",
    "other",
]
EventBound = Literal["before_sale", "none"]


class Source(Model):
    url: Annotated[str, Field(pattern=r"^https?://\S+$", max_length=600)]
    kind: SourceKind
    supports: Text


class NumberRange(Model):
    """Numbers from ``min`` to ``max``, both ends included."""

    min: Decimal | None = None
    max: Decimal | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> NumberRange:
        if self.min is None and self.max is None:
            raise ValueError("a range needs min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max, so the condition can never hold")
        return self


class DateRange(Model):
    """Days from ``from`` to ``to``, both ends included."""

    from_: date | None = Field(None, alias="from")
    to: date | None = None

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
_Conditions = dict[str, _Allowed]


class Period(Model):
    count: Annotated[int, Field(ge=0, le=10_000)]
    unit: Unit


class Limit(Period):
    """A time limit with the event that it counts from."""

    of: Event
    event: Text | None = None
    event_bound: EventBound | None = None

    @model_validator(mode="after")
    def _event_named(self) -> Limit:
        if (self.of == "other") != (self.event is not None):
            raise ValueError("event says in plain words what 'of: other' is, and stands only with it")
        return self


class InForce(Model):
    sales_from: date | None = None
    sales_to: date | None = None
    loans_from: date | None = None
    loans_to: date | None = None


class Choice(Model):
    value: FactName
    label: Text


class Question(Model):
    """A fact that only this document's law turns on."""

    fact: FactName
    kind: Literal["yes_no", "choice", "number", "date", "money"]
    ask: Text
    usual: bool | str | None = None
    choices: Annotated[tuple[Choice, ...], BeforeValidator(_without_none)] = ()
    why: Text
    tick: Text | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Question:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("choices stand with kind: choice, and only there")
        allowed = self.to_fact().values
        if self.usual is not None and self.usual not in allowed:
            raise ValueError(f"usual: {self.usual!r} is not one of its answers")
        return self

    def to_fact(self) -> Fact:
        if self.kind == "yes_no":
            return Fact(self.fact, "yes_no", (True, False), self.usual)
        if self.kind == "choice":
            return Fact(self.fact, "choice", tuple(choice.value for choice in self.choices), self.usual)
        return Fact(self.fact, "date" if self.kind == "date" else "number")


class Provision(Model):
    id: Identifier
    effect: Effect
    heading: Text
    plain: Text
    when: _Conditions
    unless: Annotated[tuple[_Conditions, ...], BeforeValidator(_without_none)] = ()
    cite: Text
    in_force: InForce | None = None
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    confidence: Confidence
    caveats: Annotated[tuple[Text, ...], BeforeValidator(_without_none)] = ()
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

    @model_validator(mode="after")
    def _keys_of_effect(self) -> Provision:
        needs = _NEEDS.get(self.effect, ())
        for key in needs:
            if getattr(self, key) is None:
                raise ValueError(f"effect: {self.effect} needs {key}")
        for key, effects in _BELONGS.items():
            if getattr(self, key) not in (None, False) and self.effect not in effects:
                raise ValueError(f"{key} does not stand with effect: {self.effect}")
        if self.measure == "other" and self.measure_note is None:
            raise ValueError("measure: other needs measure_note")
        if self.of is not None and (self.of == "other") != (self.event is not None):
            raise ValueError("event says in plain words what 'of: other' is, and stands only with it")
        return self

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
            dates = self.in_force
            for fact, start, end in (
                ("sale_date", dates.sales_from, dates.sales_to),
                ("loan_date", dates.loans_from, dates.loans_to),
            ):
                if start or end:
                    allowed = DateRange(**{"from": start, "to": end})
                    if allowed not in result.setdefault(fact, []):
                        result[fact].append(allowed)
        return result


_NEEDS: dict[str, tuple[str, ...]] = {
    "cap": ("measure", "automatic"),
    "deadline": ("within", "of", "action"),
    "sunset": ("within", "of"),
    "duty": ("action",),
}
_BELONGS: dict[str, tuple[str, ...]] = {
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


class Process(Model):
    usual: Kind
    available: Annotated[tuple[Kind, ...], Field(min_length=1)]
    summary: Text
    route: dict[Kind, Literal["same_case", "separate_suit", "either", "none"]]
    redemption: Annotated[tuple[Redemption, ...], BeforeValidator(_without_none)] = ()
    sources: tuple[Source, ...]

    @model_validator(mode="after")
    def _usual_is_available(self) -> Process:
        if self.usual not in self.available:
            raise ValueError("usual is not among available")
        return self


class Limitations(Model):
    years: Annotated[Decimal, Field(gt=0, le=100)]
    cite: Text
    note: Text | None = None
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]


class Jurisdiction(Model):
    """The law of one state, of the District of Columbia, or (``US``) the federal layer over every state."""

    state: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    name: Name
    reviewed: date
    process: Process
    questions: Annotated[tuple[Question, ...], BeforeValidator(_without_none)] = ()
    provisions: Annotated[tuple[Provision, ...], Field(min_length=1)]
    limitations: Limitations | None = None
    gaps: Annotated[tuple[Text, ...], BeforeValidator(_without_none)] = ()

    def provision(self, provision_id: str) -> Provision:
        """Raises KeyError when there is no such provision."""
        for provision in self.provisions:
            if provision.id == provision_id:
                return provision
        raise KeyError(provision_id)


def read_yaml(text: str, file: str, most_bytes: int = MAX_FILE_BYTES) -> Any:
    """Plain data of a YAML text. Raises LawError for text that is too long, not YAML, or names a key twice."""
    if len(text.encode()) > most_bytes:
        raise LawError([Mistake(file, "file", "size", f"more than {most_bytes // 1024} kB")])
    try:
        node = yaml.compose(text, Loader=_YAML_LOADER)
        if node is not None:
            _refuse_aliases_and_twins(text, node, file)
        return yaml.load(text, Loader=_YAML_LOADER)  # noqa: S506 (a safe loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "file"
        raise LawError([Mistake(file, where, "YAML", getattr(error, "problem", None) or str(error))]) from None
    except (ValueError, RecursionError) as error:
        raise LawError([Mistake(file, "file", "YAML", str(error))]) from None


def _refuse_aliases_and_twins(text: str, root: yaml.Node, file: str) -> None:
    """A key written twice would silently drop the first; an alias can blow a small file up to gigabytes."""
    mistakes = []
    for event in yaml.parse(text, Loader=_YAML_LOADER):
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1
            raise LawError([Mistake(file, f"line {line}", "YAML", "aliases are not allowed")])
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    line = key.start_mark.line + 1
                    mistakes.append(Mistake(file, f"line {line}", str(key.value), "stands twice"))
                seen.add(key.value)
                waiting.append(value)
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
    if mistakes:
        raise LawError(mistakes)


def validate(model: type[M], data: Any, file: str) -> M:
    """``data`` as a ``model``. Raises LawError naming every mistake."""
    if not isinstance(data, dict):
        raise LawError([Mistake(file, "file", "top level", "expected keys and values")])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise LawError(_mistake(data, file, item) for item in error.errors()) from None


def _mistake(data: Any, file: str, error: Mapping[str, Any]) -> Mistake:
    path = [part for part in error["loc"] if part != "function-before[_parse_allowed()"]
    where, keys, here = "file", [], data
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
    if where in _SECTIONS and keys and keys[0] == where:
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
    document = validate(Jurisdiction, data, file)
    known = vocabulary(*([federal] if federal else []), document)
    prefix = document.state.lower()
    mistakes = []
    seen: set[str] = set()
    for question in document.questions:
        if not question.fact.startswith(f"{prefix}_"):
            mistakes.append(Mistake(file, question.fact, "fact", f"must start with {prefix}_"))
        if question.fact in seen:
            mistakes.append(Mistake(file, question.fact, "fact", "stands twice"))
        seen.add(question.fact)
    for provision in document.provisions:
        where = provision.id
        if not where.startswith(f"{prefix}-"):
            mistakes.append(Mistake(file, where, "id", f"must start with {prefix}-"))
        if where in seen:
            mistakes.append(Mistake(file, where, "id", "stands twice"))
        seen.add(where)
        mistakes += check_conditions(provision.when, known, file, where, "when")
        for number, clause in enumerate(provision.unless, start=1):
            if not clause:
                mistakes.append(Mistake(file, where, f"unless.{number}", "is empty, so the rule could never hold"))
            mistakes += check_conditions(clause, known, file, where, f"unless.{number}")
    if mistakes:
        raise LawError(mistakes)
    return document


def load_jurisdiction(text: str, file: str, federal: Jurisdiction | None = None) -> Jurisdiction:
    """A jurisdiction from YAML text. Raises LawError with all mistakes of the file."""
    return parse_jurisdiction(read_yaml(text, file), file, federal)


def plain_data(document: Model) -> dict[str, Any]:
    """The document as JSON data, only what was written: the form in which a publication keeps it."""
    return document.model_dump(mode="json", by_alias=True, exclude_unset=True)


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
                "properties": {"from": {"type": "string", "format": "date"}, "to": {"type": "string", "format": "date"}},
                "additionalProperties": False,
                "minProperties": 1,
            },
        ]
    }
    provision = schema["$defs"]["Provision"]["properties"]
    provision["when"] = {"type": "object", "additionalProperties": allowed}
    provision["unless"] = {"type": ["array", "null"], "items": {"type": "object", "additionalProperties": allowed}}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "StillOwe jurisdiction", **schema}
