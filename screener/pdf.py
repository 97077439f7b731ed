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
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .pdf_sheet import Sheet, summary_html

if TYPE_CHECKING:
    from .report import Report

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
PLACES = 2  # prints under way in one web worker: one on the press, one waiting
SECONDS = 20  # for a print, waiting included
#: What a press needs of the environment; the site's secrets are none of its business.
ENVIRONMENT = (
    "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
    "FONTCONFIG_FILE", "FONTCONFIG_PATH", "XDG_CACHE_HOME",
)  # fmt: skip



def render_pdf(reports: Sequence[Report], sheet: Sheet) -> bytes:
    """The summary of one loan, or of several on one home. Raises :class:`Busy` or :class:`PressFault`."""
    return PRESS.print(summary_html(reports, sheet))


class Busy(Exception):
    """All places are taken, or the press took too long: try again in a moment."""


class PressFault(Exception):
    """The press could not print this document, or could not start."""


class Press:
    """One press process, started when needed, and the places before it."""

    def __init__(self, places: int = PLACES, seconds: float = SECONDS, command: Sequence[str] | None = None):
        self.seconds = seconds
        self.command = list(command or (sys.executable, "-m", "screener.pdf_press"))
        self._places = threading.BoundedSemaphore(places)
        self._turn = threading.Lock()
        self._process: subprocess.Popen | None = None

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
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()

    def _print(self, page: bytes, until: float) -> bytes:
        try:
            for attempt in (1, 2):
                process = self._running(until)
                try:
                    process.stdin.write(struct.pack(">I", len(page)) + page)
                    process.stdin.flush()
                    return self._answer(process, until)
                except (BrokenPipeError, EOFError):  # it went idle, or had printed enough, just now
                    self.close()
                    if attempt == 2:
                        raise PressFault("the press went away twice") from None
            raise AssertionError
        except TimeoutError:
            self.close()
            logger.error("a print took longer than %s seconds", self.seconds)
            raise Busy from None

    def _running(self, until: float) -> subprocess.Popen:
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            self._process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            try:
                self._answer(self._process, until)  # "ready"
            except (EOFError, PressFault) as fault:
                self.close()
                logger.error("the press did not start: %s", fault)
                raise PressFault("the press did not start") from None
        return self._process

    def _answer(self, process: subprocess.Popen, until: float) -> bytes:
        head = _read(process.stdout.fileno(), 5, until)
        status, length = struct.unpack(">cI", head)
        body = _read(process.stdout.fileno(), length, until)
        if status != b"+":
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
