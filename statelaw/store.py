"""The law in memory: what every page reasons from.

Each process holds the latest publication of every code. They are read once, and a thread of the process looks every few
seconds, with one tiny query, whether there are newer ones; a newer set takes the old one's place at once and whole. No
request ever waits for the database or costs a query, and while the database is away the law stays what it was.

Where nothing is published (a new installation, or a database that is away when the process starts) the files as shipped
stand in; :func:`publication_of` and :func:`health` say so.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max
from django.utils import timezone

from . import publish
from .document import Jurisdiction, LawError
from .models import NOT_REVIEWED, Publication
from .national import Collection, FederalFacts, Options
from .publish import COLLECTION, FACTS, FEDERAL, LAW_DIR, OPTIONS, Shelf
from .reasoning import Law

__all__ = [
    "LAW_DIR",
    "PublicationInfo",
    "begin",
    "codes",
    "collection",
    "federal_facts",
    "federal_law",
    "health",
    "law",
    "load",
    "look",
    "options",
    "publication_of",
    "take_up",
]

log = logging.getLogger(__name__)

#: How long a starting process waits for the database before it takes the files as shipped.
FIRST_LOOK_SECONDS = 10


@dataclass(frozen=True)
class PublicationInfo:
    """Which publication a document in memory is. ``number`` 0: the file as shipped, published nowhere."""

    code: str
    number: int
    published_at: datetime | None
    digest: str
    reviewed_by: str
    note: str = ""
    live_at: datetime | None = None
    made_by: str = ""
    origin: str = ""
    is_alone: bool = False  # published without a second person's check
    #: {provision id: {"kind": "editor" | "attorney", "on": "YYYY-MM-DD", "name": only with consent}}
    reviews: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, row: Publication) -> PublicationInfo:
        return cls(
            code=row.code,
            number=row.number,
            published_at=row.published_at,
            digest=row.digest,
            reviewed_by=row.reviewed_by,
            note=row.note,
            live_at=row.live_at,
            made_by=row.made_by,
            origin=row.origin,
            is_alone=row.is_alone,
            reviews=row.reviews,
        )

    @property
    def is_published(self) -> bool:
        return self.number > 0

    @property
    def date(self) -> date | None:
        """The day since when it is in force."""
        since = self.live_at or self.published_at
        return timezone.localtime(since).date() if since else None


@dataclass(frozen=True)
class Snapshot:
    """All law at one moment. Never changed, only replaced."""

    laws: Mapping[str, Law]
    federal: Jurisdiction
    collections: Mapping[str, Collection]
    facts: FederalFacts
    options: Options
    publications: Mapping[str, PublicationInfo]
    mark: tuple[int, int | None] | None = None  # how many publications are live, and the newest one's key
    unread: tuple[str, ...] = ()  # publications in force that cannot be taken: what was held before them stays


@dataclass
class _State:
    snapshot: Snapshot | None = None
    watcher: _Watcher | None = None
    is_watched: bool = False
    loading: threading.Lock = field(default_factory=threading.Lock)
    looking: threading.Lock = field(default_factory=threading.Lock)
    away_since: datetime | None = None
    looked_at: datetime | None = None


_state = _State()


# --- what pages call ---------------------------------------------------------------------------------------------


def law(code: str) -> Law:
    """The law of a jurisdiction ("AZ") with the federal layer over it. Raises KeyError for an unknown code."""
    return _current().laws[code]


def codes() -> tuple[str, ...]:
    """The jurisdictions' codes in alphabetical order, without the federal layer."""
    return tuple(_current().laws)


def federal_law() -> Jurisdiction:
    """The federal layer that lies over every state."""
    return _current().federal


def collection(code: str) -> Collection:
    """What a lender may do with a judgment in a jurisdiction, and who helps there. Raises KeyError."""
    return _current().collections[code]


def federal_facts() -> FederalFacts:
    """The facts that hold everywhere."""
    return _current().facts


def options() -> Options:
    """What a homeowner can do."""
    return _current().options


def publication_of(code: str) -> PublicationInfo:
    """The publication that a code's document in memory is ("AZ", "US", "collection-AZ", "federal", "options").
    Raises KeyError."""
    return _current().publications[code]


def health() -> dict[str, Any]:
    """How the law in memory stands: for monitoring."""
    snapshot = _current()
    published = sum(info.is_published for info in snapshot.publications.values())
    source = "publications" if published == len(snapshot.publications) else "publications and shipped files"
    return {
        "law": source if published else "shipped files",
        "jurisdictions": len(snapshot.laws),
        "publications": published,
        "unread": list(snapshot.unread),
        "database": "away" if _state.away_since else "up",
        "away_since": _state.away_since,
        "looked_at": _state.looked_at,
    }


# --- keeping it current --------------------------------------------------------------------------------------------


def load() -> Snapshot:
    """Reads all law if this process has not yet. A server calls it before it takes requests (and before it forks)."""
    with _state.loading:
        if _state.snapshot is not None:
            return _state.snapshot
        if _from_database():
            # In a thread of its own, so that no request's connection is used and a database that hangs cannot hold it.
            answered = threading.Event()
            first = threading.Thread(target=_look_and_hang_up, args=[answered], name="first look at law", daemon=True)
            first.start()
            if answered.wait(FIRST_LOOK_SECONDS):
                first.join()
        snapshot = _state.snapshot or _build({}, None, None)
        _state.snapshot = snapshot
        return snapshot


def look(answered: threading.Event | None = None) -> bool:
    """Looks once for newer publications and takes them. True when the law in memory changed. ``answered`` is set as
    soon as the database has given its answer, whatever that is."""
    with _state.looking:
        held = _state.snapshot
        try:
            mark = _mark()
            if held is not None and held.mark == mark:
                rows = None
            else:
                rows = _newer(held)
        except Exception as error:  # whatever is wrong with the database, the law in memory stays
            if _state.away_since is None:
                _state.away_since = timezone.now()
                log.warning("no publications can be read; the law in memory stays: %s", error)
            return False
        finally:
            _state.looked_at = timezone.now()
            if answered is not None:
                answered.set()
        if _state.away_since is not None:
            _state.away_since = None
            log.warning("the database is back")
        if rows is None:
            return False
        snapshot = _build(rows, held, mark)
        _state.snapshot = snapshot
        log.info("law in memory: %d publications, %d of them new", len(snapshot.publications), len(rows))
        return held is None or snapshot.publications != held.publications


def begin() -> None:
    """What a server calls in each of its processes before it lets requests in: the law as it is now, and the watch.

    Without it the watch begins with the first request, which may then still get the law as it was."""
    load()
    _watch()
    if _state.watcher is not None and not _is_fresh(_state.watcher.seconds):
        _state.watcher.has_looked.wait(FIRST_LOOK_SECONDS)


def take_up() -> None:
    """Takes what was just published at once in this process; the others notice by themselves."""
    if _from_database():
        look()


def _look_and_hang_up(answered: threading.Event | None = None) -> None:
    """For threads: nobody else would close the thread's own connection."""
    try:
        look(answered)
    finally:
        connection.close()


def forget() -> None:
    """Drops the law in memory and stops looking (for tests)."""
    if _state.watcher is not None:
        _state.watcher.enough.set()
        _state.watcher.join()  # what it is about to take must not come after this
    _state.watcher, _state.is_watched = None, False
    _state.snapshot = _state.away_since = _state.looked_at = None


def _mark() -> tuple[int, int | None]:
    """How many publications are live and the newest one's key: publications are never deleted, and a scheduled one adds
    to the count when its time comes, so this tells all. One tiny query."""
    found = Publication.objects.live().aggregate(count=Count("pk"), newest=Max("pk"))
    return found["count"], found["newest"]


def _newer(held: Snapshot | None) -> dict[str, tuple[Any, PublicationInfo]]:
    """Document and publication of every code whose latest publication is not the one held."""
    have = {code: info.number for code, info in held.publications.items()} if held else {}
    latest = Publication.objects.current()
    wanted = [key for key, code, number in latest.values_list("pk", "code", "number") if have.get(code) != number]
    rows = Publication.objects.filter(pk__in=wanted).defer("text")
    return {row.code: (row.document, PublicationInfo.of(row)) for row in rows}


def _build(
    rows: Mapping[str, tuple[Any, PublicationInfo]], held: Snapshot | None, mark: tuple[int, int | None] | None
) -> Snapshot:
    """The law with ``rows`` over what is held (at the start: over the files as shipped)."""
    shelf = Shelf()
    infos: dict[str, PublicationInfo] = {}
    base = _Held(held)
    for code in sorted({*base.codes, *rows}, key=publish.reading_order):
        if code in rows:
            data, info = rows[code]
            try:
                shelf.put(code, shelf.parse(code, data, f"{code} {info.number}"))
                infos[code] = info
                continue
            except LawError as error:
                log.error("publication %s %s cannot be read; what was held stays:\n%s", code, info.number, error)
        if found := base.get(code):
            document, infos[code] = found
            shelf.put(code, document)
    if shelf.federal is None or shelf.facts is None or shelf.options is None:
        raise LawError(publish.shipped()[1])
    return Snapshot(
        laws=_compiled(shelf, shelf.federal, infos, held),
        federal=shelf.federal,
        collections=shelf.collections,
        facts=shelf.facts,
        options=shelf.options,
        publications=infos,
        mark=mark,
        unread=tuple(f"{code} {info.number}" for code, (_data, info) in rows.items() if infos.get(code) != info),
    )


def _compiled(
    shelf: Shelf, federal: Jurisdiction, infos: dict[str, PublicationInfo], held: Snapshot | None
) -> dict[str, Law]:
    laws = {}
    for code in sorted(shelf.states):
        state = shelf.states[code]
        numbers = {"state": infos[code].number, "us": infos[FEDERAL].number}
        old = held.laws.get(code) if held else None
        if old is not None and old.state is state and old.federal is federal and old.publications == numbers:
            laws[code] = old
            continue
        try:
            laws[code] = Law(state, federal, numbers)
        except KeyError as error:  # a rule of the state names a fact that the new federal layer no longer has
            log.error("%s does not fit the federal layer, which has no fact %s; what was held stays", code, error)
            if old is None:
                raise
            laws[code] = old
            infos[code] = held.publications[code] if held else infos[code]
    return laws


class _Held:
    """The documents in memory by code or, at the start, the files as shipped (read only when one is needed)."""

    def __init__(self, held: Snapshot | None):
        self.documents: dict[str, tuple[Any, PublicationInfo]] | None = None
        if held is None:
            self.codes = {code for path in publish.shipped_paths() if (code := publish.code_of(path))}
            return
        documents: dict[str, Any] = {FEDERAL: held.federal, FACTS: held.facts, OPTIONS: held.options}
        documents |= {code: compiled.state for code, compiled in held.laws.items()}
        documents |= {f"{COLLECTION}{code}": document for code, document in held.collections.items()}
        self.documents = {code: (document, held.publications[code]) for code, document in documents.items()}
        self.codes = set(documents)

    def get(self, code: str) -> tuple[Any, PublicationInfo] | None:
        if self.documents is None:
            drafts, mistakes = publish.shipped()
            publish.shipped.cache_clear()  # the documents stay, the texts need not
            for mistake in mistakes:
                log.error("shipped law: %s", mistake)
            self.documents = {
                key: (draft.document, PublicationInfo(key, 0, None, draft.digest, NOT_REVIEWED))
                for key, draft in drafts.items()
            }
        return self.documents.get(code)


def _from_database() -> bool:
    return bool(getattr(settings, "LAW_FROM_DATABASE", True))


def _watch_seconds() -> float:
    return float(getattr(settings, "LAW_WATCH_SECONDS", 4.25)) if _from_database() else 0


class _Watcher(threading.Thread):
    """Looks for newer publications until told that it is enough."""

    def __init__(self, seconds: float):
        super().__init__(name="law watcher", daemon=True)
        self.seconds = seconds
        self.enough = threading.Event()
        self.has_looked = threading.Event()

    def run(self) -> None:
        # A process that was forked, or stood idle, may hold the law of hours ago: then it looks at once.
        wait = self.seconds if _is_fresh(self.seconds) else 0
        while not self.enough.wait(wait):
            wait = self.seconds
            try:
                _look_and_hang_up()
            except Exception:
                log.exception("looking for newer law failed; the law in memory stays")
            finally:
                self.has_looked.set()


def _is_fresh(seconds: float) -> bool:
    """Whether this process has looked within these seconds."""
    return _state.looked_at is not None and timezone.now() - _state.looked_at < timedelta(seconds=seconds)


def _current() -> Snapshot:
    snapshot = _state.snapshot or load()
    if not _state.is_watched:
        _watch()
    return snapshot


def _watch() -> None:
    with _state.loading:
        seconds = _watch_seconds()
        if not _state.is_watched and seconds > 0:
            _state.watcher = _Watcher(seconds)
            _state.watcher.start()
        _state.is_watched = True


def _after_fork() -> None:
    """Threads do not follow into a forked process; the law in memory does."""
    _state.watcher, _state.is_watched = None, False
    _state.loading, _state.looking = threading.Lock(), threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
