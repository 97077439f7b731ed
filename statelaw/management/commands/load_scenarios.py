"""``manage.py load_scenarios [FILES]``: the law's own tests, from files into the desk."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from ... import scenarios


class Command(BaseCommand):
    help = "Loads scenarios (default: all as shipped). What was edited at the desk stays as it is there."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="XX.yaml")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = scenarios.load(options["files"] or scenarios.shipped_files())
        except DatabaseError as error:
            raise CommandError(f"The database cannot be read or written (has it been migrated?): {error}") from None
        for name in found.kept:
            self.stdout.write(f"edited or taken away at the desk, left as it is: {name}")
        self.stdout.write(
            f"scenarios: {found.made} new, {found.renewed} renewed, {found.unchanged} unchanged, "
            f"{found.gone} gone with their file, {len(found.kept)} left as edited, {len(found.mistakes)} mistakes"
        )
        if found.mistakes:
            for mistake in found.mistakes:
                self.stderr.write(mistake)
            raise CommandError("A scenario that has a mistake was not loaded.")
