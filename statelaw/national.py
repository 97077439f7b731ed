"""What stands beside the law of the 51 jurisdictions: what a lender may do with a judgment in each
(``collection/XX.yaml``), facts that hold everywhere (``federal.yaml``), and what a homeowner can do (``options.yaml``).

Typed and immutable, and read like the law itself: :class:`~statelaw.document.LawError` names file, section and key of
every mistake at once.

What no source showed stands in the files under ``from_knowledge``. It is parted from the rest on reading
(:class:`Unsourced`), so that nothing of it is within a page's reach where sourced facts are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, ConfigDict, Field

from . import facts
from .document import (
    Checked,
    Conditions,
    Confidence,
    Day,
    Jurisdiction,
    LawError,
    Mistake,
    Model,
    Name,
    Source,
    Text,
    check_raw_conditions,
    read_yaml_leniently,
    validate,
    vocabulary,
    without_none,
)
from .facts import Fact

M = TypeVar("M", bound=Model)

Url = Annotated[str, Field(pattern=r"^https?://\S+$", max_length=600)]
Phone = Annotated[str, Field(pattern=r"^[0-9][0-9-]{6,18}$")]
Dollars = Annotated[Decimal, Field(ge=0, le=100_000_000)]
Path = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{1,100}$")]


# --- collection/XX.yaml: what a lender may do with a judgment --------------------------------------------------------


class WageLimit(Checked):
    """One ceiling on what may be taken from pay; where there are several, the lowest counts."""

    kind: Literal["percent", "excess_over_wage", "excess_over_amount"]
    percent: Annotated[Decimal, Field(gt=0, le=100)] | None = None
    base: Literal["disposable", "gross"] | None = None
    multiple: Annotated[Decimal, Field(gt=0, le=1000)] | None = None
    wage: Literal["federal", "state"] | None = None
    rate: Dollars | None = None
    rate_as_of: Day | None = None
    amount: Dollars | None = None
    per: Literal["week", "month"] | None = None
    fraction: Annotated[Decimal, Field(gt=0, le=1)] | None = None

    @classmethod
    def faults(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        needed = _LIMIT_KEYS.get(str(raw.get("kind")))
        for key in needed or ():
            if raw.get(key) is None:
                yield key, f"is missing: kind: {raw['kind']} needs it"
        for key in raw if needed is not None else ():
            if key in cls.model_fields and key not in ("kind", *(needed or ())):
                yield str(key), f"does not stand with kind: {raw['kind']}"


_LIMIT_KEYS = {
    "percent": ("percent", "base"),
    "excess_over_wage": ("multiple", "wage", "rate", "rate_as_of", "fraction"),
    "excess_over_amount": ("amount", "per", "fraction"),
}


class Sourced(Checked):
    """A part with its citation, its sources and how sure it is."""

    cite: Text
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    confidence: Confidence


class Wages(Sourced):
    allowed: bool
    limits: Annotated[tuple[WageLimit, ...], BeforeValidator(without_none)] = ()
    head_of_household: Text | None = None
    note: Text | None = None

    @classmethod
    def faults(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        if raw.get("allowed") is False and raw.get("limits"):
            yield "limits", "stand only where wages may be taken (allowed: true)"
        if raw.get("allowed") is True and not raw.get("limits"):
            yield "limits", "is missing: allowed: true needs at least one"


class BankAccount(Sourced):
    automatic: Dollars | None = None
    claimed: Text


class Homestead(Sourced):
    amount: Dollars | Literal["unlimited"]
    note: Text


class Judgment(Sourced):
    years: Annotated[int, Field(ge=1, le=100)]
    renewable: bool
    interest: Text
    lien: Text


class Help(Model):
    """Who can help free of charge. ``source`` is where the address or number was seen."""

    name: Name
    kind: Literal["legal_aid", "housing", "court_self_help"]
    url: Url
    phone: Phone | None = None
    source: Url


class Collection(Model):
    """What a lender that holds a judgment may take in one jurisdiction, and who helps there free of charge."""

    state: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    name: Name
    reviewed: Day
    wage_garnishment: Wages
    bank_account: BankAccount
    homestead: Homestead
    judgment: Judgment
    help: Annotated[tuple[Help, ...], Field(min_length=1)]
    gaps: Annotated[tuple[Text, ...], BeforeValidator(without_none)] = ()


def parse_collection(data: Any, file: str) -> Collection:
    return validate(Collection, data, file)


# --- federal.yaml: facts that hold everywhere ------------------------------------------------------------------------


class FederalFact(Model):
    """One topic of federal law, with its citation and sources. Figures, formulas and lists that have no key of their
    own here are in ``more``, as written (days as text)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path
    cite: Text
    as_of: Day
    confidence: Confidence
    summary: Text
    notes: Annotated[tuple[Text, ...], BeforeValidator(without_none)] = ()
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    more: Mapping[str, Any] = {}


class Unsourced(Model):
    """What stands in a topic from general knowledge alone: which points, and the words or figures that rest on them.
    For editors only; never shown as sourced."""

    points: Annotated[tuple[Text, ...], Field(min_length=1)]
    held_back: Mapping[str, Any] = {}


class FederalHelp(Model):
    """A national office that helps free of charge. ``url_seen``: whether a look-up showed the address itself."""

    name: Name
    for_: Annotated[Text, Field(alias="for")]
    phone: Phone | None = None
    url: Url
    url_seen: bool
    hours: Text | None = None
    as_of: Day
    confidence: Confidence
    source: Url
    more_sources: tuple[Url, ...] = ()
    note: Text | None = None


class FederalFacts(Model):
    """The sourced facts of ``federal.yaml`` by dotted path (``bankruptcy.means_test``)."""

    reviewed: Day
    scope: Text
    facts: Mapping[str, FederalFact]
    help: tuple[FederalHelp, ...]
    gaps: tuple[Text, ...] = ()
    unsourced: Mapping[str, Unsourced] = Field({}, repr=False)

    def fact(self, path: str) -> FederalFact:
        """Raises KeyError when there is no such topic."""
        return self.facts[path]


class _FederalFrame(Model):
    reviewed: Day
    scope: Text
    help: Annotated[tuple[FederalHelp, ...], Field(min_length=1)]
    gaps: Annotated[tuple[Text, ...], BeforeValidator(without_none)] = ()


def parse_federal(data: Any, file: str) -> FederalFacts:
    """The facts that hold everywhere. A top-level key is a topic (with ``summary`` or ``cite``) or a group of them."""
    if not isinstance(data, dict):
        raise LawError([Mistake(file, "file", "top level", "expected keys and values")])
    data = plain(data)
    mistakes: list[Mistake] = []
    frame = _try(mistakes, validate, _FederalFrame, {k: v for k, v in data.items() if k in _FRAME}, file)
    found: dict[str, FederalFact] = {}
    unsourced: dict[str, Unsourced] = {}
    for path, raw in _topics({k: v for k, v in data.items() if k not in _FRAME}, file, mistakes):
        raw = dict(raw)
        if "from_knowledge" in raw:
            place = f"{path}.from_knowledge"
            held = _try(mistakes, _within, Unsourced, raw.pop("from_knowledge"), file, place)
            if held:
                unsourced[path] = held
        for key in _deep_keys(raw):
            if key.split(".")[-1] == "from_knowledge":
                mistakes.append(Mistake(file, path, key, "stands only directly under a topic"))
        typed = {key: raw.pop(key) for key in tuple(raw) if key in _TOPIC}
        fact = _try(mistakes, _within, FederalFact, {"path": path, **typed, "more": raw}, file, path)
        if fact:
            found[path] = fact
    if mistakes or frame is None:
        raise LawError(mistakes)
    return FederalFacts(
        reviewed=frame.reviewed, scope=frame.scope, facts=found, help=frame.help, gaps=frame.gaps, unsourced=unsourced
    )


_FRAME = frozenset(_FederalFrame.model_fields)
_TOPIC = frozenset(FederalFact.model_fields) - {"path", "more"}


def _topics(data: Mapping[str, Any], file: str, mistakes: list[Mistake]) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, value in data.items():
        if isinstance(value, dict) and {"summary", "cite", "sources"} & set(value):
            yield str(key), value
        elif isinstance(value, dict) and value:
            for name, topic in value.items():
                if isinstance(topic, dict):
                    yield f"{key}.{name}", topic
                else:
                    mistakes.append(Mistake(file, str(key), str(name), "expected a topic (cite, summary, sources ...)"))
        else:
            mistakes.append(Mistake(file, "file", str(key), "expected a topic or a group of topics"))


def _deep_keys(value: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"{prefix}{key}"
            yield from _deep_keys(item, f"{prefix}{key}.")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _deep_keys(item, f"{prefix}{number}.")


def _within(model: type[M], data: Any, file: str, where: str) -> M:
    """Like ``validate``, for a part of a file."""
    try:
        return validate(model, data, file)
    except LawError as error:
        found = []
        for mistake in error.mistakes:
            key = mistake.key if mistake.where in ("file", where) else f"{mistake.where}.{mistake.key}"
            found.append(Mistake(file, where, key, mistake.message))
        raise LawError(found) from None


def _try(mistakes: list[Mistake], read: Callable[..., M], *args: Any) -> M | None:
    try:
        return read(*args)
    except LawError as error:
        mistakes += error.mistakes
        return None


# --- options.yaml: what a homeowner can do ---------------------------------------------------------------------------

#: What an option may test besides the facts of the vocabulary and of the federal layer.
OPTION_FACTS: dict[str, Fact] = {
    fact.name: fact
    for fact in (
        Fact("stage", "choice", facts.STAGES),
        Fact("outcome", "choice", facts.OUTCOMES),
        Fact("old_debt", "yes_no", (True, False)),
        Fact("surplus", "yes_no", (True, False)),
        Fact("deadline_running", "yes_no", (True, False)),
    )
}


class Option(Model):
    """One thing that a homeowner can do. Shown unless ``when`` fails or one of ``unless`` holds."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,60}$")]
    group: Literal["act", "protect", "know", "court", "settle", "bankruptcy"]
    urgency: Annotated[int, Field(ge=1, le=3)]
    heading: Text
    plain: Text
    this_week: Annotated[tuple[Text, ...], Field(min_length=1)]
    when: Conditions
    unless: Annotated[tuple[Conditions, ...], BeforeValidator(without_none)] = ()
    rests_on: Annotated[tuple[Path, ...], BeforeValidator(without_none)] = ()
    caution: Text | None = None


class Options(Model):
    reviewed: Day
    options: Annotated[tuple[Option, ...], Field(min_length=1)]


def parse_options(data: Any, file: str, federal: Jurisdiction, federal_facts: FederalFacts) -> Options:
    """The options, each condition within the vocabulary and each footing there."""
    mistakes: list[Mistake] = []
    options = _try(mistakes, validate, Options, data, file)
    known = {**vocabulary(federal), **OPTION_FACTS}
    footings = {*federal_facts.facts, *(p.id for p in federal.provisions)}
    seen: set[str] = set()
    entries = data.get("options") if isinstance(data, dict) else None
    for number, entry in enumerate(entries if isinstance(entries, list) else (), start=1):
        if not isinstance(entry, dict):
            continue
        where = entry["id"] if isinstance(entry.get("id"), str) else f"options.{number}"
        if where in seen:
            mistakes.append(Mistake(file, where, "id", "stands twice"))
        seen.add(where)
        mistakes += check_raw_conditions(entry.get("when"), known, file, where, "when")
        clauses = entry.get("unless")
        for place, clause in enumerate(clauses if isinstance(clauses, list) else (), start=1):
            if clause == {}:
                mistakes.append(Mistake(file, where, f"unless.{place}", "is empty, so the option would never show"))
            mistakes += check_raw_conditions(clause, known, file, where, f"unless.{place}")
        footing = entry.get("rests_on")
        for path in footing if isinstance(footing, list) else ():
            if path not in footings:
                mistakes.append(
                    Mistake(file, where, "rests_on", f"{path}: neither a federal fact nor a federal provision")
                )
    if mistakes or options is None:
        raise LawError(mistakes)
    return options


# --- reading ---------------------------------------------------------------------------------------------------------


def load(text: str, file: str, parse: Callable[[Any, str], M]) -> M:
    """A document from YAML text, with keys that stand twice among its mistakes."""
    data, mistakes = read_yaml_leniently(text, file)
    document = _try(mistakes, parse, data, file)
    if mistakes or document is None:
        raise LawError(mistakes)
    return document


def plain(value: Any) -> Any:
    """YAML data as JSON data (days as text)."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
