"""`manage.py check_law [FILES|CODES]`: what is wrong with law files, and what they leave open."""

import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from ... import publish, review
from ...compiled import Law
from ...document import Jurisdiction, LawError, Mistake
from ...models import Publication

FINDINGS = publish.LAW_DIR / "FINDINGS.md"
#: The part of FINDINGS.md that is worked out, one for each jurisdiction.
BLOCK = re.compile(r"(<!-- check_law ([A-Z]{2}) -->\n).*?(<!-- end -->)", re.DOTALL)


class Command(BaseCommand):
    help = (
        "Checks law files (default: all as shipped) or published law (by code): their form, sources and facts; rules "
        "that can never hold; questions that no rule uses; and facts for which no rule permits, bars or waives."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("items", nargs="*", metavar="FILE|CODE", help="law files, or codes of published law")
        parser.add_argument("--quiet", action="store_true", help="mistakes and one line at the end only")
        parser.add_argument("--findings", action="store_true", help="print what stands in FINDINGS.md, as Markdown")
        parser.add_argument("--write", action="store_true", help="renew the worked-out parts of FINDINGS.md")

    def handle(self, *args: Any, **options: Any) -> None:
        shelf, mistakes = self._read(options["items"])
        if shelf.federal is None:
            self._fail(mistakes, 0)
            return
        reviews = reviews_of(shelf)
        wanted = self._wanted(options["items"], reviews)
        if options["write"]:
            FINDINGS.write_text(renewed(FINDINGS.read_text(encoding="utf-8"), reviews), encoding="utf-8")
            self.stdout.write("law: FINDINGS.md renewed")
        elif options["findings"]:
            for found in wanted:
                self.stdout.write(f"## {found.code} {found.name}\n\n{review.markdown(found)}\n")
        elif not options["quiet"]:
            for found in wanted:
                self._table(found)
        notes = sum(len(found.notes) for found in wanted)
        gaps = sum(bool(found.gaps) for found in wanted)
        if not options["findings"]:
            self.stdout.write(
                f"law: {len(mistakes)} mistakes, {notes} notes, {gaps} of {len(wanted)} jurisdictions with a gap"
            )
        self._fail(mistakes, len(wanted))

    def _fail(self, mistakes: list[Mistake], checked: int) -> None:
        for mistake in mistakes:
            self.stderr.write(str(mistake))
        if mistakes:
            raise CommandError(f"{len(mistakes)} mistakes.")

    def _read(self, items: list[str]) -> tuple[publish.Shelf, list[Mistake]]:
        files = [Path(item) for item in items if item.endswith(".yaml")]
        codes = [item for item in items if not item.endswith(".yaml")]
        shelf = publish.Shelf()
        given = {publish.code_of(path) for path in files}
        # What is not given is taken as shipped: the federal layer is needed, and options may be what uses a question.
        others = [path for path in publish.shipped_paths() if publish.code_of(path) not in given]
        mistakes = publish.drafts([*files, *others] if len(given) == len(files) else files, shelf)[1]
        if items:
            names = {str(publish.place_of(code)) for code in given if code} | {str(path) for path in files}
            mistakes = [mistake for mistake in mistakes if mistake.file in names or shelf.federal is None]
        if codes:
            mistakes += self._published(codes, shelf)
        return shelf, mistakes

    @staticmethod
    def _published(codes: list[str], shelf: publish.Shelf) -> list[Mistake]:
        mistakes: list[Mistake] = []
        try:
            held = {row.code: row for row in Publication.objects.current().filter(code__in=codes).defer("text")}
        except DatabaseError as error:
            raise CommandError(f"The database cannot be read: {error}") from None
        for code in sorted(codes, key=publish.reading_order):
            if code not in held:
                mistakes.append(Mistake(code, "publication", "code", "is not published"))
                continue
            try:
                shelf.put(code, shelf.parse(code, held[code].document, str(held[code])))
            except LawError as error:
                mistakes += error.mistakes
        return mistakes

    @staticmethod
    def _wanted(items: list[str], reviews: list[review.Review]) -> list[review.Review]:
        if not items:
            return reviews
        codes = {publish.code_of(Path(item)) if item.endswith(".yaml") else item for item in items}
        return [found for found in reviews if found.code in codes]

    def _table(self, found: review.Review) -> None:
        self.stdout.write(f"{found.code} {found.name}: {review.summary(found)}")
        for title, rows in (
            ("no rule permits, bars or waives:", [review.HEADINGS, *review.gap_rows(found)]),
            (
                "with one circumstance changed, no rule of this file for:",
                [("", "", "", "", ""), *review.circumstance_rows(found)],
            ),
        ):
            if len(rows) == 1:
                continue
            self.stdout.write(f"  {title}")
            widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
            for row in rows:
                if any(row):
                    line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
                    self.stdout.write(f"    {line.rstrip()}")
        for note in found.notes:
            self.stdout.write(f"  {note.where}: {note.key}: {note.message}")


def reviews_of(shelf: publish.Shelf) -> list[review.Review]:
    """A review of every jurisdiction on the shelf, the federal layer last."""
    federal = shelf.federal
    if federal is None:
        return []
    documents: list[Jurisdiction] = [shelf.states[code] for code in sorted(shelf.states)]
    elsewhere = {name for document in documents for name in review.facts_used(document)}
    for option in shelf.options.options if shelf.options else ():
        elsewhere |= {*option.when, *(name for clause in option.unless for name in clause)}
    reviews = [review.review(Law(document, federal)) for document in documents]
    return [*reviews, review.review(Law(federal), elsewhere)]


def renewed(text: str, reviews: list[review.Review]) -> str:
    """FINDINGS.md with its worked-out parts renewed. What is written by hand stays."""
    by_code = {found.code: found for found in reviews}

    def block(match: re.Match[str]) -> str:
        found = by_code.get(match[2])
        return f"{match[1]}{review.markdown(found)}\n{match[3]}" if found else match[0]

    return BLOCK.sub(block, text)
