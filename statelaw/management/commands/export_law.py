"""`manage.py export_law [CODES] --to DIR`: publications as files, byte for byte as they were loaded."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from ... import publish
from ...models import Publication


class Command(BaseCommand):
    help = "Writes the latest publications as files (default: all), laid out like statelaw/law/."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("codes", nargs="*", metavar="CODE", help="AZ, US, collection-AZ, federal, options")
        parser.add_argument("--to", type=Path, metavar="DIR", help="folder to write to; without it one code is printed")
        parser.add_argument("--number", type=int, help="an earlier publication of the one code given")

    def handle(self, *args: Any, **options: Any) -> None:
        codes, folder, number = options["codes"], options["to"], options["number"]
        if number is not None and len(codes) != 1:
            raise CommandError("--number goes with exactly one code.")
        if folder is None and len(codes) != 1:
            raise CommandError("Say where to write (--to DIR), or name one code to print it.")
        try:
            found = self._found(codes, number)
        except DatabaseError as error:
            raise CommandError(f"The database cannot be read: {error}") from None
        if missing := [code for code in codes if code not in found]:
            raise CommandError(f"Not published: {', '.join(missing)}")
        if folder is None:
            self.stdout.write(found[codes[0]], ending="")
            return
        for code, text in found.items():
            path = folder / publish.place_of(code)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode())
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror}") from None
        self.stdout.write(f"law: {len(found)} files in {folder}")

    @staticmethod
    def _found(codes: list[str], number: int | None) -> dict[str, str]:
        if number is not None:
            rows = Publication.objects.filter(code=codes[0], number=number)
        else:
            rows = Publication.objects.current()
            if codes:
                rows = rows.filter(code__in=codes)
        return dict(sorted(rows.values_list("code", "text")))
