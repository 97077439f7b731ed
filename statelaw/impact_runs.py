"""What a draft would change, worked out in the background and kept for exactly the contents that were compared.

A run is a row: any process shows its progress and its result. It is named by a key of all that it rests on (both
contents, the federal layer, the scenarios, the day), so that a result never outlives what it is about. It works in a
thread of the process that was asked first; a run that has not moved for a while (its process is gone) is taken over by
whoever asks next.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Sum
from django.utils import timezone

from . import drafts, impact, scenarios, store
from .document import Jurisdiction, LawError, parse_jurisdiction, plain_data
from .impact_words import MOST_GROUPS, MOST_SCENARIOS, Words
from .models import ImpactRun, JurisdictionDraft, Publication
from .publish import FEDERAL
from .reasoning import Law

log = logging.getLogger(__name__)

#: Rises when results take another form, so that older ones are not shown.
FORM = 3
#: A run that has said nothing for so long is taken over; one that failed is tried again.
SILENT = timedelta(seconds=15)
#: Results are kept while somebody may come back to them.
KEPT = timedelta(days=3)
#: How often a working run writes how far it is.
BEAT_SECONDS = 0.5
#: Situations that one state may cost in a run over all of them, beside its grid.
MOST_REASONED_A_STATE = 400
#: Groups over all states, and states named with each.
MOST_MERGED, MOST_OF_A_STATE = 60, 5

Result = dict[str, Any]
Progress = Callable[[int, int], None]


# --- asked by pages --------------------------------------------------------------------------------------------------


def result_for(draft: JurisdictionDraft) -> Result | None:
    """The finished result for exactly the draft's present content; None where nobody has had it worked out."""
    row = ImpactRun.objects.filter(key=key_of(draft)).first()
    return row.result if row is not None else None


def summary(result: Mapping[str, Any]) -> dict[str, int]:
    """The counts of a result alone."""
    names = ("total", "changed", "outcomes", "amounts", "other", "special_total", "special_changed")
    return {name: int(result.get(name) or 0) for name in names}


def start_for(draft: JurisdictionDraft, document: Jurisdiction | None = None) -> ImpactRun:
    """The run for a draft's present content, begun (or taken over) where nobody is at it.

    ``document``: the draft's, where the caller has it already. Raises LawError for a draft that makes none."""
    key, now = key_of(draft), timezone.now()
    row = ImpactRun.objects.filter(key=key).first()
    if row is not None and row.result is not None:
        return row
    if row is not None and now - row.beat_at < SILENT:
        return row
    document = document or drafts.document_of(draft)
    if row is None:
        ImpactRun.objects.filter(beat_at__lt=now - KEPT).delete()
        row, is_mine = ImpactRun.objects.get_or_create(
            key=key, defaults={"code": draft.code, "started_at": now, "beat_at": now}
        )
    else:
        stale = ImpactRun.objects.filter(pk=row.pk, beat_at=row.beat_at)
        is_mine = bool(stale.update(started_at=now, beat_at=now, done=0, total=0, error=""))
        row.refresh_from_db()
    if is_mine:
        begin(_Work(row, document))
    return row


def wait_for(row: ImpactRun, seconds: float) -> ImpactRun:
    """The run once it is over, or after so many seconds as it is then."""
    end = time.monotonic() + seconds
    while row.result is None and not row.error and time.monotonic() < end:
        time.sleep(0.1)
        row.refresh_from_db()
    return row


def begin(work: _Work) -> None:
    threading.Thread(target=work.run_and_hang_up, name=f"impact {work.code}", daemon=True).start()


def key_of(draft: JurisdictionDraft) -> str:
    """A name for all that the result rests on."""
    digests = dict(Publication.objects.current().filter(code__regex="^[A-Z][A-Z]$").values_list("code", "digest"))
    for code in (*store.codes(), FEDERAL):
        digests.setdefault(code, store.publication_of(code).digest)
    wanted = digests if draft.code == FEDERAL else {code: digests.get(code, "") for code in (draft.code, FEDERAL)}
    rows = scenarios.of(draft.code).aggregate(Count("pk"), Max("pk"), Sum("version"))
    parts = (FORM, draft.code, draft.digest, wanted, rows, timezone.localdate().isoformat())
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


# --- the work --------------------------------------------------------------------------------------------------------


class _Superseded(Exception):
    """Somebody else has taken the run over, or it is gone."""


class _Work:
    def __init__(self, row: ImpactRun, document: Jurisdiction):
        self.pk, self.code, self.started_at = row.pk, row.code, row.started_at
        self.document = document
        self.last = 0.0

    def run_and_hang_up(self) -> None:
        """For the thread: nobody else would close its own connection."""
        try:
            self.run()
        finally:
            connection.close()

    def run(self) -> None:
        try:
            self._write(result=work_out(self.code, self.document, self.progress))
        except _Superseded:
            pass
        except Exception as error:
            log.exception("the impact of %s could not be worked out", self.code)
            try:
                self._write(error=f"{type(error).__name__}: {error}"[:2000])
            except Exception as again:  # the database is away; the run is taken over once it is back
                log.warning("nor could that be written down: %s", again)

    def progress(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self.last >= BEAT_SECONDS:
            self.last = now
            self._write(done=done, total=total)

    def _write(self, **values: Any) -> None:
        mine = ImpactRun.objects.filter(pk=self.pk, started_at=self.started_at)
        if not mine.update(beat_at=_now(), **values):
            raise _Superseded


def _now() -> datetime:
    return timezone.now()


def work_out(code: str, document: Jurisdiction, progress: Progress) -> Result:
    """What changes if a document takes the place of the law in force."""
    if code == FEDERAL:
        return _over_all_states(document, progress)
    old, new = scenarios.laws_in_force()(code), scenarios.laws_with(code, document)(code)
    words = Words(old, new)
    found = words.impact(impact.compare(old, new, progress))
    return {"code": code, **found, "scenarios": _scenarios(code, {code: words})}


def _over_all_states(document: Jurisdiction, progress: Progress) -> Result:
    """The federal layer lies over every state, so a change of it is compared in each."""
    in_force = scenarios.laws_in_force()
    merged: dict[Any, dict[str, Any]] = {}
    states: list[Result] = []
    broken: list[Result] = []
    words: dict[str, Words] = {}
    codes = store.codes()
    counted = dict.fromkeys(
        ("total", "changed", "outcomes", "amounts", "other", "new", "gone", "special_total", "special_changed"), 0
    )
    left_out = 0
    for number, code in enumerate(codes):
        progress(number, len(codes))
        old = in_force(code)
        new = _law_beside(document, old.state, code, broken)
        if new is None:
            continue
        words[code] = Words(old, new)
        found = words[code].impact(impact.compare(old, new, None, MOST_REASONED_A_STATE))
        left_out += found["left_out"]
        for name in counted:
            counted[name] += found[name]
        _merge(merged, code, old.state.name, found)
        if found["changed"] or found["special_changed"]:
            states.append({"code": code, "name": old.state.name, **{name: found[name] for name in counted}})
    groups = sorted(merged.values(), key=_worst_first)
    for group in groups:
        group["states"].sort(key=lambda item: -item["count"])
    return {
        "code": FEDERAL,
        **counted,
        "left_out": left_out,
        "groups": groups[:MOST_MERGED],
        "groups_left_out": max(0, len(groups) - MOST_MERGED),
        "specials": [],
        "states": sorted(states, key=lambda item: (-item["outcomes"], -item["changed"], item["name"])),
        "unchanged": len(codes) - len(states) - len(broken),
        "broken": broken,
        "scenarios": _scenarios(FEDERAL, words),
    }


def _law_beside(federal: Jurisdiction, state: Jurisdiction, code: str, broken: list[dict[str, Any]]) -> Law | None:
    """A state's law in force beside another federal layer; None (and why) where its rules name a fact that is gone."""
    try:
        return Law(parse_jurisdiction(plain_data(state), f"{code}.yaml", federal), federal)
    except LawError as error:
        broken.append({"code": code, "name": state.name, "mistakes": [str(item) for item in error.mistakes[:20]]})
    except KeyError as error:
        broken.append({"code": code, "name": state.name, "mistakes": [f"{code}.yaml: there is no fact {error}"]})
    return None


def _merge(merged: dict[Any, dict[str, Any]], code: str, name: str, found: Mapping[str, Any]) -> None:
    """Adds a state's groups to those of the same change in other states."""
    for setting, groups in (([], found["groups"]), *((walk["setting"], walk["groups"]) for walk in found["specials"])):
        for group in groups:
            key = json.dumps(
                [setting, *(group[name] for name in ("kind", "old", "new", "old_amount", "new_amount", "details"))]
            )
            held = merged.setdefault(key, {**group, "setting": setting, "count": 0, "states": [], "of": name})
            held["count"] += group["count"]
            here = next((item for item in held["states"] if item["code"] == code), None)
            if here is None:
                held["states"].append({"code": code, "name": name, "count": group["count"]})
            else:
                here["count"] += group["count"]


def _worst_first(group: Mapping[str, Any]) -> tuple[Any, ...]:
    turns = {"worse": 0, "": 1, "better": 2}
    return (
        impact.KINDS.index(group["kind"]),
        bool(group["setting"]),
        turns[group["turn"]],
        -group["count"],
    )


def _scenarios(code: str, words: Mapping[str, Words]) -> Result:
    """The law's own tests whose result changes, or that fail with the new law. Those of broken states are not run."""
    by_state: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    total = 0
    for row in scenarios.of(code):
        total += 1
        by_state.setdefault(row.state, []).append((row.pk, row.case))
    changed: list[dict[str, Any]] = []
    today = timezone.localdate()
    for state, cases in by_state.items():
        if state not in words:
            continue
        pair = words[state]
        for pk, case in cases:
            changed += [
                {"pk": pk, **pair.scenario(item)}
                for item in impact.compare_scenarios([case], pair.old, pair.new, today)
            ]
    changed.sort(key=lambda item: (not item["fails"], item["state"], item["name"]))
    return {
        "total": total,
        "not_run": sum(len(cases) for state, cases in by_state.items() if state not in words),
        "changed": sum(item["changes"] for item in changed),
        "failing": sum(bool(item["fails"]) for item in changed),
        "shown": changed[:MOST_SCENARIOS],
        "left_out": max(0, len(changed) - MOST_SCENARIOS),
    }


__all__ = ["MOST_GROUPS", "begin", "key_of", "result_for", "start_for", "summary", "wait_for", "work_out"]
