"""The law's own tests as rows: loading them from files, and running them against any law.

A scenario belongs to a file (``code``) and is reasoned in one state (``state``); the federal layer's are reasoned in
several. What a changed draft can break: for a state, every scenario reasoned in it; for the federal layer, all of them.
All 585 run in a fraction of a second, so nothing here is kept but the last answer (:func:`standing`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, QuerySet, Sum
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from . import casefile, drafts, store
from .casefile import Difference
from .document import Jurisdiction, LawError, Mistake, digest
from .models import JurisdictionDraft, Publication, Scenario
from .publish import FEDERAL
from .reasoning import Finding, Law, reason

#: The scenarios as shipped.
FOLDER = Path(settings.BASE_DIR) / "tests" / "scenarios"
#: What a scenario's case may hold beside its name, its state and its reason.
GIVEN = ("stage", "facts", "money", "dates", "lender_acted", "acted", "asked", "sued", "skipped")
#: Scenarios longer than this are not ours.
MOST_BYTES = 1024 * 1024

# --- running ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """What became of one scenario under one law."""

    scenario: Scenario
    differences: tuple[Difference, ...] = ()
    #: (key, message): the law no longer has what the scenario names, so that it cannot even be reasoned.
    problems: tuple[tuple[str, str], ...] = ()
    finding: Finding | None = None

    @property
    def holds(self) -> bool:
        return not (self.differences or self.problems)

    @property
    def failure(self) -> Failure | None:
        if self.holds:
            return None
        wrong = tuple(Difference(self.scenario.name, key, None, message) for key, message in self.problems)
        return Failure(self.scenario.name, self.differences + wrong, self.scenario)


@dataclass(frozen=True)
class Failure:
    """A scenario that does not hold. A difference that expects nothing says why the case could not be reasoned."""

    name: str
    differences: tuple[Difference, ...]
    scenario: Scenario = field(compare=False)


@dataclass(frozen=True)
class ScenarioChange:
    """That somebody changed a scenario or took it away, and why: a test that would fail can be made not to."""

    name: str
    is_gone: bool
    by: str
    why: str


def changed_since(code: str, moment: datetime) -> list[ScenarioChange]:
    """The scenarios that a code's law can break and that people changed or took away since, the last change of each."""
    rows = Scenario.history.filter(history_date__gt=moment, history_type__in=("~", "-"), history_user__isnull=False)
    rows = rows if code == FEDERAL else rows.filter(state=code)
    found: dict[int, ScenarioChange] = {}
    for row in rows.select_related("history_user").order_by("-history_date", "-history_id")[:200]:
        by = row.history_user.get_full_name() or row.history_user.get_username()
        found.setdefault(row.id, ScenarioChange(row.name, row.history_type == "-", by, row.history_change_reason or ""))
    return list(found.values())


def of(code: str) -> QuerySet[Scenario]:
    """The scenarios that a change of a code's law can break."""
    return Scenario.objects.all() if code == FEDERAL else Scenario.objects.filter(state=code)


def run(code: str, law_of: Callable[[str], Law]) -> list[Result]:
    """Every scenario that a code's law can break. ``law_of`` gives a state's law; it raises LawError (or KeyError: the
    federal layer lacks a fact) where a state has no sound law; its scenarios then fail with the reason."""
    return run_all(of(code), law_of)


def run_all(scenarios: Iterable[Scenario], law_of: Callable[[str], Law]) -> list[Result]:
    today = timezone.localdate()
    laws: dict[str, Law | str] = {}
    results = []
    for scenario in scenarios:
        state = scenario.state
        if state not in laws:
            laws[state] = _law_or_why(state, law_of)
        law = laws[state]
        if isinstance(law, str):
            results.append(Result(scenario, problems=(("law", law),)))
        else:
            results.append(run_one(scenario, law, today))
    return results


def _law_or_why(state: str, law_of: Callable[[str], Law]) -> Law | str:
    try:
        return law_of(state)
    except LawError as error:
        return str(error)
    except KeyError as error:
        return f"a rule of {state} turns on {error}, which the federal layer does not have"


def run_one(scenario: Scenario, law: Law, today: date) -> Result:
    """``today`` stands where the scenario names no day, which then changes with the calendar."""
    try:
        case = casefile.parse_case(scenario.case, law, today)
    except casefile.CaseError as error:
        return Result(scenario, problems=error.problems)
    finding = reason(law, case)
    return Result(scenario, tuple(casefile.compare(scenario.name, scenario.expect, finding)), finding=finding)


def failing(code: str, document: Jurisdiction) -> list[Failure]:
    """The scenarios that would fail if this document were the code's law now. For the federal layer: in every state."""
    return [failure for result in run(code, laws_with(code, document)) if (failure := result.failure)]


# --- the laws to run them against ------------------------------------------------------------------------------------


def laws_with(code: str, document: Jurisdiction) -> Callable[[str], Law]:
    """The law in force with one document in the place of what is published: each state's, with its federal layer."""
    if code == FEDERAL:
        states = _in_force()
        return lambda state: Law(states(state), document)
    law = Law(document, _federal())
    return lambda state: law


def laws_in_force() -> Callable[[str], Law]:
    """Each state's law as published, read from the database now (a process may hold it some seconds longer)."""
    states, federal = _in_force(), _federal()
    held = store.federal_law()

    def law_of(state: str) -> Law:
        law = store.law(state) if state in store.codes() else None
        document = states(state)
        return law if law is not None and federal is held and law.state is document else Law(document, federal)

    return law_of


def laws_of_drafts() -> Callable[[str], Law]:
    """Each state's law as its draft has it, with the federal layer in force: what publishing it would make."""
    in_force, federal = laws_in_force(), _federal()
    current = dict(Publication.objects.current().values_list("code", "digest"))
    found = JurisdictionDraft.objects.values_list("pk", "code", "digest")
    other = [key for key, code, content_digest in found if current.get(code) != content_digest]
    edited = {draft.code: draft for draft in drafts.whole(JurisdictionDraft.objects.filter(pk__in=other))}

    def law_of(state: str) -> Law:
        draft = edited.get(state)
        return in_force(state) if draft is None else Law(drafts.document_of(draft, federal), federal)

    return law_of


def _federal() -> Jurisdiction:
    """The federal layer in force: the one in memory where that is the same, which spares reading it again."""
    held = store.publication_of(FEDERAL)
    row = Publication.objects.current().filter(code=FEDERAL).values_list("digest", flat=True).first()
    return store.federal_law() if row in (None, held.digest) else drafts.federal_document()


def _in_force() -> Callable[[str], Jurisdiction]:
    """Each state's document in force: from memory where the database holds the same, otherwise read from there."""
    current = dict(Publication.objects.current().values_list("code", "digest"))

    def document_of(state: str) -> Jurisdiction:
        held = store.law(state).state if state in store.codes() else None
        if held is not None and current.get(state) in (None, store.publication_of(state).digest):
            return held
        row = Publication.objects.current().filter(code=state).first()
        if row is None:
            raise LawError([Mistake(f"{state}.yaml", "file", "as a whole", "no law of this state is published")])
        return drafts.check(row.document, _federal())

    return document_of


def federal_draft_laws() -> Callable[[str], Law] | None:
    """Each state's law in force under the federal layer's draft; None where that draft is in force, or has mistakes."""
    in_force = Publication.objects.current().filter(code=FEDERAL).values_list("digest", flat=True).first()
    draft = drafts.whole(JurisdictionDraft.objects.filter(code=FEDERAL).exclude(digest=in_force or "")).first()
    if draft is None:
        return None
    try:
        return laws_with(FEDERAL, drafts.document_of(draft))
    except LawError:
        return None


def against_drafts(scenarios: Iterable[Scenario]) -> list[Result]:
    """Each scenario against its state's draft and, where the federal layer is edited too, against that one: the result
    that fails, if one does."""
    rows = list(scenarios)
    results = run_all(rows, laws_of_drafts())
    federal = federal_draft_laws()
    if federal is None:
        return results
    return [mine if not mine.holds else other for mine, other in zip(results, run_all(rows, federal), strict=True)]


# --- how all of them stand -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """Every scenario against the drafts, at one moment."""

    total: int
    #: Keys of the scenarios that fail, and their states.
    failing: Mapping[int, str]


#: The last answer with what it rests on, replaced whole: several threads ask.
_last: list[tuple[tuple[Any, ...], Standing]] = []


def standing() -> Standing:
    """Every scenario against the drafts (which are the law in force where nobody has edited them). Worked out when
    anything that it rests on has changed; otherwise three small queries."""
    key = _key()
    for held, found in _last[:1]:
        if held == key:
            return found
    results = against_drafts(Scenario.objects.all())
    failing = {result.scenario.pk: result.scenario.state for result in results if not result.holds}
    found = Standing(len(results), failing)
    _last[:] = [(key, found)]
    return found


def _key() -> tuple[Any, ...]:
    """Changes with every scenario (a save raises its version), every draft, every publication and every day."""
    rows = Scenario.objects.aggregate(Count("pk"), Max("pk"), Sum("version"))
    edited = JurisdictionDraft.objects.order_by("code").values_list("code", "digest")
    newest = Publication.objects.live().aggregate(Count("pk"), Max("pk"))
    held = store.publication_of(FEDERAL).digest
    return tuple(rows.values()), tuple(edited), tuple(newest.values()), held, timezone.localdate()


# --- loading from files ----------------------------------------------------------------------------------------------


@dataclass
class Loaded:
    made: int = 0
    renewed: int = 0
    unchanged: int = 0
    gone: int = 0
    #: Names of scenarios that were edited, or taken away, at the desk: they stay as they are there.
    kept: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)


def content(scenario: Scenario) -> dict[str, Any]:
    """What a scenario says, in the form whose digest tells whether it was edited since a file gave it."""
    keys = ("code", "state", "name", "why", "source", "given", "expect")
    return {key: getattr(scenario, key) for key in keys}


def shipped_files() -> list[Path]:
    return sorted(FOLDER.glob("*.yaml"))


@transaction.atomic
def load(files: Iterable[Path]) -> Loaded:
    """Makes or renews the scenarios of files (``XX.yaml``). What was edited at the desk is left as it is there."""
    found = Loaded()
    for path in files:
        _load_file(path, found)
    return found


def _load_file(path: Path, found: Loaded) -> None:
    code = path.stem
    before = len(found.mistakes)
    wanted = _read(path, found)
    if wanted is None:
        return
    is_whole = len(found.mistakes) == before
    rows = {row.name: row for row in Scenario.objects.select_for_update().filter(code=code)}
    removed = set(Scenario.history.filter(code=code, history_type="-").values_list("name", flat=True))
    fresh = []
    for name, made in wanted.items():
        row = rows.get(name)
        if row is None and name in removed and _taken_away_by_somebody(code, name):
            found.kept.append(name)
        elif row is None:
            fresh.append(made)
        elif digest(content(row)) == made.loaded_digest:
            found.unchanged += 1
            if row.loaded_digest != made.loaded_digest:  # the desk's edit came into the file
                _renew(row, made)
        elif digest(content(row)) != row.loaded_digest:
            found.kept.append(name)
        else:
            _renew(row, made)
            found.renewed += 1
    if fresh:
        bulk_create_with_history(fresh, Scenario, default_change_reason=f"loaded from {path.name}", batch_size=200)
        found.made += len(fresh)
    for name, row in rows.items():
        if is_whole and name not in wanted and row.loaded_digest and digest(content(row)) == row.loaded_digest:
            row._change_reason = f"no longer in {path.name}"  # type: ignore[attr-defined]
            row.delete()
            found.gone += 1


def _taken_away_by_somebody(code: str, name: str) -> bool:
    last = Scenario.history.filter(code=code, name=name).order_by("-history_date", "-history_id").first()
    return last is not None and last.history_type == "-" and last.history_user_id is not None


def _renew(row: Scenario, made: Scenario) -> None:
    for key in ("state", "why", "source", "given", "expect", "loaded_digest"):
        setattr(row, key, getattr(made, key))
    row.version += 1
    row._change_reason = f"loaded again from {row.code}.yaml"  # type: ignore[attr-defined]
    row.save()


def _read(path: Path, found: Loaded) -> dict[str, Scenario] | None:
    """The scenarios of a file by name, not saved. None (and a mistake) where the file cannot be read at all."""
    try:
        if not re.fullmatch("[A-Z]{2}", path.stem):
            raise ValueError("expected a state's two letters as the file's name, such as AZ.yaml")
        with path.open(encoding="utf-8") as handle:
            text = handle.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise ValueError("more than 1 MB")
        cases = list(casefile.read_cases(text))
    except (OSError, ValueError) as error:
        found.mistakes.append(f"{path}: {error}")
        return None
    wanted: dict[str, Scenario] = {}
    for number, (data, twins) in enumerate(cases, start=1):
        scenario, wrong = _scenario(path.stem, data, twins)
        if scenario is not None and scenario.name in wanted:
            wrong = ["the name stands twice"]
        name = scenario.name if scenario is not None else f"scenario {number}"
        found.mistakes += [f"{path}: {name}: {message}" for message in wrong]
        if scenario is not None and not wrong:
            wanted[scenario.name] = scenario
    return wanted


def _scenario(code: str, data: Any, twins: list[tuple[str, str]]) -> tuple[Scenario | None, list[str]]:
    wrong = [f"{key} {message}" for key, message in twins]
    if not isinstance(data, dict):
        return None, [*wrong, "expected keys and values"]
    for key in data:
        if key not in (*casefile.KEYS, "source"):
            wrong.append(f"{key}: unknown key")
    texts = {key: str(data.get(key) or "") for key in ("name", "why", "source")}
    for key, most in (("name", 120), ("why", 2000), ("source", 2000)):
        if len(texts[key]) > most:
            wrong.append(f"{key}: more than {most} characters")
    if not texts["name"]:
        return None, [*wrong, "name: is missing"]
    expect = data.get("expect")
    if not isinstance(expect, dict) or not expect.get("outcome"):
        wrong.append("expect: must name an outcome")
    scenario = Scenario(
        code=code,
        state=str(data.get("state") or code)[:2],
        **texts,
        given=casefile.plain({key: data[key] for key in GIVEN if data.get(key) is not None}),
        expect=casefile.plain(expect if isinstance(expect, dict) else {}),
    )
    scenario.loaded_digest = digest(content(scenario))
    return scenario, wrong
