"""`manage.py law_schema`: the JSON Schema of a jurisdiction file, for editors' tools."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...document import json_schema
from ...publish import LAW_DIR

SCHEMA = LAW_DIR / "schema.json"


def schema_text() -> str:
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


class Command(BaseCommand):
    help = "Prints the JSON Schema of a jurisdiction file; with --write, renews statelaw/law/schema.json."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="write statelaw/law/schema.json")
        parser.add_argument("--to", type=Path, default=SCHEMA, help="write there instead")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["write"]:
            self.stdout.write(schema_text(), ending="")
            return
        try:
            options["to"].write_text(schema_text(), encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['to']}: {error.strerror}") from None
        self.stdout.write(f"law: {options['to'].name} written")
