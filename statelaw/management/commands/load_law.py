"""`manage.py load_law [FILES]`: publishes law files. An unchanged file makes no new publication."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from ... import publish
from ...document import LawError
from ...models import Publication


class Command(BaseCommand):
    help = "Publishes law files (default: all as shipped). Unchanged files make no new publication."
    requires_system_checks = ()  # a broken shipped file must not keep its own correction out

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="XX.yaml, collection/XX.yaml, ...")
        parser.add_argument("--note", default="", help="what changed; kept with the publication")
        parser.add_argument(
            "--over-desk",
            action="store_true",
            help="publish over what was published at the desk (drafts that are not published stay as they are)",
        )
        parser.add_argument("--reviewed-by", default="", help="who reviewed it; otherwise 'not yet reviewed'")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = Publication.objects.current().defer("text")
            held = {row.code: row.document for row in rows}
            shelf = self._shelf(held, options["files"])
            ready, mistakes = publish.drafts(options["files"] or publish.shipped_paths(), shelf)
            broken = publish.dependents(shelf, (draft.code for draft in ready), held)
            if broken:  # the new federal layer would take facts away from law that is in force
                ready = []
            mistakes += broken
            found = publish.publish(
                ready, options["note"][:500], options["reviewed_by"][:200], over_desk=options["over_desk"]
            )
        except DatabaseError as error:
            raise CommandError(f"The database cannot be read or written (has it been migrated?): {error}") from None
        for name in found.published if options["verbosity"] > 1 or options["files"] else ():
            self.stdout.write(f"published {name}")
        for _code, why in found.held:
            self.stdout.write(f"held at the desk, not published: {why}. Compare the file with the draft there.")
        self.stdout.write(
            f"law: {len(found.published)} published, {len(found.unchanged)} unchanged, "
            f"{f'{len(found.held)} held at the desk, ' if found.held else ''}{len(mistakes)} mistakes"
        )
        if mistakes:
            for mistake in mistakes:
                self.stderr.write(str(mistake))
            raise CommandError("Nothing was published from a file that has a mistake.")

    def _shelf(self, held: dict[str, Any], files: list[Path]) -> publish.Shelf:
        """What the given files build on: the law as published, or as shipped where nothing is."""
        shelf = publish.Shelf()
        given = {publish.code_of(path) for path in files}
        if not files or {publish.FEDERAL, publish.FACTS} <= given:
            return shelf
        for code in (publish.FEDERAL, publish.FACTS):
            try:
                if code in held:
                    shelf.put(code, shelf.parse(code, held[code], code))
                else:
                    publish.draft(shelf, code, publish.read(publish.LAW_DIR / publish.place_of(code)), f"{code}.yaml")
            except LawError as error:
                for mistake in error.mistakes:
                    self.stderr.write(str(mistake))
        return shelf
