"""The printed summary: reports to a PDF, through a press of bounded size.

A web worker never renders a PDF itself. It writes the summary's HTML (templates/pdf) and hands it to one press
process (:mod:`screener.pdf_press`), which is started at the first print and goes away when nobody prints. Only so many
prints may be under way at once; whoever comes then gets :class:`Busy`, so that the walk always has threads to itself.
"""

from __future__ import annotations

import atexit
import logging
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from .pdf_press import LONG, OK, TooLong
from .pdf_sheet import Sheet, summary_html

if TYPE_CHECKING:
    from .report import Report

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
PLACES = 2  # prints under way in one web worker: one on the press, one waiting
SECONDS = 30  # for a print, waiting included
#: What a press needs of the environment; the site's secrets are none of its business.
ENVIRONMENT = (
    "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
    "FONTCONFIG_FILE", "FONTCONFIG_PATH", "XDG_CACHE_HOME",
)  # fmt: skip


#: How much of each page the lists may fill; less is tried only where a summary turns out too long.
ROOM = (1.0, 0.93, 0.85, 0.7)


def render_pdf(reports: Sequence[Report], sheet: Sheet, press: Callable[[str], bytes] | None = None) -> bytes:
    """The summary of one loan, or of several on one home. Raises :class:`Busy` or :class:`PressFault`."""
    press = press or PRESS.print
    for room in ROOM:
        try:
            return press(summary_html(reports, sheet, room))
        except TooLong:
            continue
    return press(summary_html(reports, sheet, ROOM[-1], bounded=False))


class Busy(Exception):
    """All places are taken, or the press took too long: try again in a moment."""


class PressFault(Exception):
    """The press could not print this document, or could not start."""


class _Running(NamedTuple):
    process: subprocess.Popen[bytes]
    to: IO[bytes]
    back: IO[bytes]


class Press:
    """One press process, started when needed, and the places before it."""

    def __init__(self, places: int = PLACES, seconds: float = SECONDS, command: Sequence[str] | None = None):
        self.seconds = seconds
        self.command = list(command or (sys.executable, "-m", "screener.pdf_press"))
        self._places = threading.BoundedSemaphore(places)
        self._turn = threading.Lock()
        self._running: _Running | None = None

    def print(self, html: str) -> bytes:
        """The PDF of a page of HTML. Raises :class:`Busy` or :class:`PressFault`."""
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            until = time.monotonic() + self.seconds
            if not self._turn.acquire(timeout=self.seconds):
                raise Busy
            try:
                return self._print(html.encode(), until)
            finally:
                self._turn.release()
        finally:
            self._places.release()

    def close(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.process.kill()
            running.process.wait()
            running.to.close()
            running.back.close()

    def _print(self, page: bytes, until: float) -> bytes:
        try:
            for attempt in (1, 2):
                running = self._started(until)
                try:
                    running.to.write(struct.pack(">I", len(page)) + page)
                    running.to.flush()
                    return self._answer(running, until)
                except (BrokenPipeError, EOFError):  # it went idle, or had printed enough, just now
                    self.close()
                    if attempt == 2:
                        raise PressFault("the press went away twice") from None
            raise AssertionError
        except TimeoutError:
            self.close()
            logger.error("a print took longer than %s seconds", self.seconds)
            raise Busy from None

    def _started(self, until: float) -> _Running:
        if self._running is not None and self._running.process.poll() is not None:
            self.close()
        if self._running is None:
            process = subprocess.Popen(  # noqa: S603  # our own module, by our own Python
                self.command,
                cwd=ROOT,
                env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._running = _Running(process, cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout))
            try:
                self._answer(self._running, until)  # "ready"
            except (EOFError, PressFault) as fault:
                self.close()
                logger.error("the press did not start: %s", fault)
                raise PressFault("the press did not start") from None
        return self._running

    def _answer(self, running: _Running, until: float) -> bytes:
        source = running.back.fileno()
        status, length = struct.unpack(">cI", _read(source, 5, until))
        body = _read(source, length, until)
        if status == LONG:
            raise TooLong
        if status != OK:
            raise PressFault(body.decode("utf-8", "replace"))
        return body


def _read(source: int, length: int, until: float) -> bytes:
    """So many bytes, or :class:`TimeoutError`, or :class:`EOFError`."""
    parts = bytearray()
    while len(parts) < length:
        left = until - time.monotonic()
        if left <= 0 or not select.select([source], [], [], left)[0]:
            raise TimeoutError
        part = os.read(source, min(length - len(parts), 1 << 16))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


PRESS = Press()
atexit.register(PRESS.close)
