"""Counting reports without slowing one: a thread of its own writes, and what cannot be written is dropped."""

from __future__ import annotations

import logging
import queue
import threading
from datetime import date

from django.db import DatabaseError, connection
from django.db.models import F

log = logging.getLogger(__name__)

#: Counts that wait for the database. When it is away for longer, further ones are dropped.
MOST_WAITING = 200

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
        item = _waiting.get()
        try:
            write(*item)
        except Exception as error:  # a count is never worth an error
            log.info("a count was dropped: %s", type(error).__name__)
        finally:
            try:
                connection.close()
            except Exception:
                log.debug("the connection could not be closed")


def write(day: date, state: str, outcome: str) -> None:
    """One more report. Raises DatabaseError when the database is away."""
    from .models import Tally

    place = Tally.objects.filter(day=day, state=state, outcome=outcome)
    if place.update(count=F("count") + 1):
        return
    try:
        Tally.objects.create(day=day, state=state, outcome=outcome, count=1)
    except DatabaseError:
        place.update(count=F("count") + 1)  # another process was first
