"""Counting reports without slowing one: a thread of its own writes, and what cannot be written is dropped."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from datetime import date

from django.db import DatabaseError, connection
from django.db.models import F

log = logging.getLogger(__name__)

#: Counts that wait for the database. When it is away for longer, further ones are dropped.
MOST_WAITING = 5000

#: How long counts gather before they are written together, so that a busy hour is few writes.
GATHER_SECONDS = 2

_waiting: queue.Queue[tuple[date, str, str]] = queue.Queue(MOST_WAITING)
_lock = threading.Lock()
_writer: threading.Thread | None = None


def record(day: date, state: str, outcome: str) -> None:
    """Count one report. Never waits and never fails."""
    try:
        _waiting.put_nowait((day, state, outcome))
    except queue.Full:
        return
    _start()


def _start() -> None:
    global _writer
    with _lock:
        # A forked worker inherits the variable, not the thread.
        if _writer is None or not _writer.is_alive():
            _writer = threading.Thread(target=_run, name="tally", daemon=True)
            _writer.start()


def _run() -> None:
    while True:
        counts = Counter([_waiting.get()])
        time.sleep(GATHER_SECONDS)
        flush(counts)


def flush(counts: Counter[tuple[date, str, str]] | None = None) -> None:
    """Write what waits, one statement a day, state and outcome; what cannot be written is dropped."""
    counts = Counter() if counts is None else counts
    while True:
        try:
            counts[_waiting.get_nowait()] += 1
        except queue.Empty:
            break
    try:
        for (day, state, outcome), count in counts.items():
            write(day, state, outcome, count)
    except Exception as error:  # a count is never worth an error
        log.info("counts were dropped: %s", type(error).__name__)
    finally:
        try:
            connection.close()
        except Exception:
            log.debug("the connection could not be closed")


def write(day: date, state: str, outcome: str, count: int = 1) -> None:
    """So many more reports. Raises DatabaseError when the database is away."""
    from .models import Tally

    place = Tally.objects.filter(day=day, state=state, outcome=outcome)
    if place.update(count=F("count") + count):
        return
    try:
        Tally.objects.create(day=day, state=state, outcome=outcome, count=count)
    except DatabaseError:
        place.update(count=F("count") + count)  # another process was first
