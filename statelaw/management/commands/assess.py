"""``manage.py assess CASES.yaml``: what the law says about cases, one JSON object a line."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from statelaw import casefile, store
from statelaw.document import LawError, read_yaml
from statelaw.reasoning import reason

MAX_BYTES = 32 * 1024 * 1024


class Command(BaseCommand):
    help = "Reads cases (YAML or JSON; - for standard input) and prints one finding a line as JSON."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="+", metavar="CASES.yaml")
        parser.add_argument("--state", help="the jurisdiction of cases that name none, e.g. AZ")
        parser.add_argument(
            "--files", action="store_true", help="reason from the law files, not from what is published"
        )
        parser.add_argument("--check", action="store_true", help="compare with `expect`; exit 1 where anything differs")
        parser.add_argument("--quiet", action="store_true", help="with --check: print what differs and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["files"]:
            settings.LAW_FROM_DATABASE = False
            store.forget()
        differences: list[casefile.Difference] = []
        bad = checked = 0
        for file in options["files"]:
            for position, data in enumerate(self._read(file), start=1):
                name = str(data.get("name") or f"case {position}") if isinstance(data, dict) else f"case {position}"
                try:
                    finding = self._assess(data, options["state"])
                except casefile.CaseError as error:
                    bad += 1
                    for key, message in error.problems:
                        self.stderr.write(f"{file}: {name}: {key}: {message}")
                    continue
                if not (options["check"] and options["quiet"]):
                    self.stdout.write(json.dumps(casefile.finding_data(finding, data.get("name")), ensure_ascii=False))
                expect = data.get("expect")
                if options["check"] and isinstance(expect, dict):
                    checked += 1
                    differences += casefile.compare(name, expect, finding)
        if options["check"]:
            self._table(differences, checked, bad)
        if bad or differences:
            sys.stdout.flush()
            sys.exit(1)

    def _read(self, file: str) -> list[Any]:
        try:
            if file == "-":
                text = sys.stdin.read(MAX_BYTES + 1)
            else:
                with Path(file).open(encoding="utf-8") as handle:
                    text = handle.read(MAX_BYTES + 1)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file}: cannot be read: {error}") from None
        try:
            data = read_yaml(text, file, most_bytes=MAX_BYTES)
        except LawError as error:
            raise CommandError(str(error)) from None
        if isinstance(data, dict) and isinstance(data.get("cases"), list):
            data = data["cases"]
        if isinstance(data, dict):
            data = [data]
        if not isinstance(data, list):
            raise CommandError(f"{file}: expected a list of cases")
        return data

    def _assess(self, data: Any, default_state: str | None):
        if not isinstance(data, dict):
            raise casefile.CaseError([("case", "expected keys and values")])
        state = data.get("state") or default_state
        if not isinstance(state, str):
            raise casefile.CaseError([("state", "is missing; name it in the case or with --state")])
        try:
            law = store.law(state.strip().upper())
        except KeyError:
            raise casefile.CaseError([("state", f"{state!r} is no jurisdiction that we have")]) from None
        return reason(law, casefile.parse_case(data, law, date.today()))

    def _table(self, differences: list[casefile.Difference], checked: int, bad: int) -> None:
        if differences:
            rows = [("case", "key", "expected", "found")]
            rows += [(d.name, d.key, str(d.expected), str(d.found)) for d in differences]
            widths = [max(len(row[column]) for row in rows) for column in range(3)]
            for row in rows:
                cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
                self.stderr.write("  ".join([*cells, row[3]]))
        wrong = len({d.name for d in differences})
        self.stderr.write(f"{checked - wrong} of {checked} cases as expected, {wrong} differ, {bad} could not be read")
