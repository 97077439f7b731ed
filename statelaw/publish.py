"""From files to publications and back.

A file's place gives its code: ``AZ.yaml`` is "AZ", ``collection/AZ.yaml`` is "collection-AZ", ``federal.yaml`` and
``options.yaml`` are themselves. A publication keeps the document and the file's text, byte for byte.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from . import national
from .document import (
    Jurisdiction,
    LawError,
    Mistake,
    Model,
    digest,
    load_jurisdiction,
    parse_jurisdiction,
    plain_data,
    read_yaml,
)
from .national import Collection, FederalFacts, Options

log = logging.getLogger(__name__)

LAW_DIR = Path(__file__).parent / "law"
FEDERAL, FACTS, OPTIONS, COLLECTION = "US", "federal", "options", "collection-"


def code_of(path: Path) -> str | None:
    """The code that a file's place gives, or None for a file that is not of the law."""
    if path.suffix != ".yaml":
        return None
    if path.stem in (FACTS, OPTIONS):
        return path.stem
    if re.fullmatch(r"[A-Z]{2}", path.stem):
        return f"{COLLECTION}{path.stem}" if path.parent.name == "collection" else path.stem
    return None


def place_of(code: str) -> Path:
    """Where a code's file stands within a folder of law."""
    if code.startswith(COLLECTION):
        return Path("collection") / f"{code.removeprefix(COLLECTION)}.yaml"
    return Path(f"{code}.yaml")


def reading_order(code: str) -> tuple[int, str]:
    """Federal first: the others build on it. Options last: they rest on federal law and federal facts."""
    return {FEDERAL: 0, FACTS: 1, OPTIONS: 4}.get(code, 3 if code.startswith(COLLECTION) else 2), code


class Unfounded(LawError):
    """A file rests on another one that could not be read, so that it could not be read either."""


@dataclass
class Shelf:
    """Documents by kind, as they are read: what the next one may build on."""

    federal: Jurisdiction | None = None
    facts: FederalFacts | None = None
    options: Options | None = None
    states: dict[str, Jurisdiction] = field(default_factory=dict)
    collections: dict[str, Collection] = field(default_factory=dict)

    def put(self, code: str, document: Model) -> None:
        if isinstance(document, Collection):
            self.collections[code.removeprefix(COLLECTION)] = document
        elif isinstance(document, FederalFacts):
            self.facts = document
        elif isinstance(document, Options):
            self.options = document
        elif isinstance(document, Jurisdiction) and code == FEDERAL:
            self.federal = document
        elif isinstance(document, Jurisdiction):
            self.states[code] = document

    def parse(self, code: str, data: Any, file: str) -> Model:
        """The document of a code from plain data. Raises LawError."""
        return self._checked(code, self._parser(code, file)(data, file), file)

    def load(self, code: str, text: str, file: str) -> Model:
        """The document of a code from a file's text. Raises LawError."""
        if code.startswith(COLLECTION) or code in (FACTS, OPTIONS):
            return self._checked(code, national.load(text, file, self._parser(code, file)), file)
        self._needs_federal(code, file)
        return self._checked(code, load_jurisdiction(text, file, self._over(code)), file)

    def _over(self, code: str) -> Jurisdiction | None:
        return None if code == FEDERAL else self.federal

    def _needs_federal(self, code: str, file: str) -> None:
        if (code != FEDERAL and self.federal is None) or (code == OPTIONS and self.facts is None):
            missing = "US.yaml" if self.federal is None else "federal.yaml"
            raise Unfounded([Mistake(file, "file", "as a whole", f"rests on {missing}, which could not be read")])

    def _parser(self, code: str, file: str) -> Callable[[Any, str], Model]:
        if code.startswith(COLLECTION):
            return national.parse_collection
        if code == FACTS:
            return national.parse_federal
        self._needs_federal(code, file)
        if code == OPTIONS:
            return lambda data, name: national.parse_options(data, name, self.federal, self.facts)  # type: ignore[arg-type]
        return lambda data, name: parse_jurisdiction(data, name, self._over(code))

    @staticmethod
    def _checked(code: str, document: Model, file: str) -> Model:
        state = getattr(document, "state", None)
        expected = code.removeprefix(COLLECTION)
        if state is not None and state != expected:
            raise LawError([Mistake(file, "file", "state", f"is {state}, but the file's name says {expected}")])
        return document


@dataclass(frozen=True)
class Draft:
    """A file that reads well, ready to be published."""

    code: str
    file: str
    text: str
    data: Any
    document: Model

    @property
    def digest(self) -> str:
        return digest(self.data)


def read(path: Path) -> str:
    """A file's text, byte for byte. Raises LawError when it is not there or not UTF-8."""
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise LawError([Mistake(path.name, "file", "as a whole", error.strerror or str(error))]) from None
    except UnicodeDecodeError:
        raise LawError([Mistake(path.name, "file", "as a whole", "is not UTF-8 text")]) from None


def draft(shelf: Shelf, code: str, text: str, file: str) -> Draft:
    """A draft from a file's text, put on the shelf for those that build on it. Raises LawError."""
    document = shelf.load(code, text, file)
    shelf.put(code, document)
    data = plain_data(document) if isinstance(document, Jurisdiction) else national.plain(read_yaml(text, file))
    return Draft(code, file, text, data, document)


def drafts(paths: Iterable[Path], shelf: Shelf) -> tuple[list[Draft], list[Mistake]]:
    """Every file that reads well, and the mistakes of all others."""
    found, mistakes = [], []
    by_code: dict[str, Path] = {}
    unfounded: list[Mistake] = []
    for path in paths:
        code = code_of(path)
        if code is None:
            mistakes.append(
                Mistake(str(path), "file", "name", "expected XX.yaml, collection/XX.yaml, federal or options")
            )
        elif code in by_code:
            mistakes.append(Mistake(str(path), "file", "name", f"{by_code[code]} is {code} too"))
        else:
            by_code[code] = path
    for code in sorted(by_code, key=reading_order):
        file = str(place_of(code))
        try:
            found.append(draft(shelf, code, read(by_code[code]), file))
        except Unfounded as error:
            unfounded += error.mistakes
        except LawError as error:
            mistakes += [mistake._replace(file=file) for mistake in error.mistakes]
    if len(unfounded) > 1:
        files = ", ".join(mistake.file for mistake in unfounded)
        unfounded = [
            unfounded[0]._replace(file=f"{len(unfounded)} files ({files})", message="rest on what is wrong above")
        ]
    return found, [*mistakes, *unfounded]


def shipped_paths() -> list[Path]:
    paths = [*LAW_DIR.glob("*.yaml"), *(LAW_DIR / "collection").glob("*.yaml")]
    return sorted((path for path in paths if code_of(path)), key=lambda path: reading_order(code_of(path) or ""))


@lru_cache(maxsize=1)
def shipped() -> tuple[Mapping[str, Draft], tuple[Mistake, ...]]:
    """The law as shipped, by code, and what is wrong with it."""
    found, mistakes = drafts(shipped_paths(), Shelf())
    return {item.code: item for item in found}, tuple(mistakes)


def dependents(shelf: Shelf, changed: Iterable[str], others: Mapping[str, Any]) -> list[Mistake]:
    """What a changed federal layer breaks in documents (code: plain data) that rest on it and did not change."""
    touched = set(changed)
    mistakes: list[Mistake] = []
    for code in sorted(others, key=reading_order):
        rests = code not in (FEDERAL, FACTS) and not code.startswith(COLLECTION)
        if code in touched or not rests or not (FEDERAL in touched or (code == OPTIONS and FACTS in touched)):
            continue
        try:
            shelf.parse(code, others[code], str(place_of(code)))
        except LawError as error:
            mistakes += error.mistakes
    return mistakes


@dataclass
class Loaded:
    """What became of the files: codes published ("AZ 3"), left as they were, or held at the desk, with why."""

    published: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    held: list[tuple[str, str]] = field(default_factory=list)


def publish(ready: Iterable[Draft], note: str = "", reviewed_by: str = "", *, over_desk: bool = False) -> Loaded:
    """Publishes what differs from the latest publication of its code, all or nothing.

    What was published at the desk, and what editors have not published yet, is never overwritten: such a file is kept
    for the desk, to be compared. ``over_desk`` publishes a file over the desk's publications; drafts stay even then."""
    from django.db import transaction

    from .models import NOT_REVIEWED, LoadedFile, Publication

    found = Loaded()
    with transaction.atomic():
        latest = _latest()
        edited = _edited()
        for item in ready:
            last = latest.get(item.code)
            if last is not None and last.text == item.text:
                found.unchanged.append(item.code)
                continue
            why = "" if last is None else _why_held(item.code, last, item.code in edited, over_desk)
            if why and last is not None:
                if _says_something_new(item, last):
                    LoadedFile.objects.create(
                        code=item.code, text=item.text, document=item.data, digest=item.digest, note=note[:500]
                    )
                    found.held.append((item.code, why))
                else:
                    found.unchanged.append(item.code)
                continue
            publication = Publication(
                code=item.code,
                number=Publication.objects.next_number(item.code),
                digest=item.digest,
                document=item.data,
                text=item.text,
                note=note,
                reviewed_by=reviewed_by or NOT_REVIEWED,
            )
            publication.save()
            found.published.append(str(publication))
        _lay_out_drafts(edited)
    return found


def _latest() -> dict[str, Any]:
    """The newest publication of every code, in force or scheduled."""
    from .models import Publication

    return {row.code: row for row in Publication.objects.newest().only("code", "number", "text", "origin", "digest")}


def _edited() -> set[str]:
    """Codes whose draft holds edits that are not published."""
    from django.db.models import F

    from .models import JurisdictionDraft

    return set(JurisdictionDraft.objects.exclude(digest=F("base_digest")).values_list("code", flat=True))


def _why_held(code: str, last: Any, is_edited: bool, over_desk: bool) -> str:
    from .models import Publication

    if over_desk:
        return ""
    if is_edited:
        return f"{code} has edits at the desk that are not published"
    if last.origin != Publication.Origin.FILE:
        return f"{last} was published at the desk"
    return ""


def _says_something_new(item: Draft, last: Any) -> bool:
    """Not what was published before in the same words or to the same effect, and not waiting at the desk already."""
    from django.db.models import Q

    from .models import LoadedFile, Publication

    same = Q(digest=item.digest) | Q(text=item.text)
    return not (
        last.digest == item.digest
        or Publication.objects.filter(same, code=item.code).exists()
        or LoadedFile.objects.filter(code=item.code, digest=item.digest).exists()
    )


def _lay_out_drafts(edited: set[str]) -> None:
    """Every jurisdiction's draft is the law as last published, but where editors have changed it."""
    from . import drafts as rows
    from .models import JurisdictionDraft, Publication

    resting = dict(JurisdictionDraft.objects.values_list("code", "base"))
    wanted = [
        publication
        for publication in Publication.objects.newest().defer("text")
        if re.fullmatch("[A-Z]{2}", publication.code)
        and publication.code not in edited
        and resting.get(publication.code) != publication.pk
    ]
    if not wanted:
        return
    shelf = Shelf(federal=rows.federal_document())
    for publication in wanted:
        try:
            document = shelf.parse(publication.code, publication.document, str(publication))
        except LawError as error:  # it stands on the health page, too; the draft stays what it was
            log.error("no draft can be laid out for %s:\n%s", publication, error)
            continue
        if isinstance(document, Jurisdiction):
            rows.fill(publication.code, document, publication, why=f"publication {publication}")
