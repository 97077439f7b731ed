"""``manage.py assess CASES.yaml``: what the law says about cases, one JSON object a line."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from statelaw import casefile, store
from statelaw.reasoning import Finding, reason

MAX_BYTES = 32 * 1024 * 1024


class Command(BaseCommand):
    help = "Reads cases (YAML or JSON; - for standard input) and prints one finding a line as JSON."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="+", metavar="CASES.yaml")
        parser.add_argument("--state", help="the jurisdiction of cases that name none, e.g. AZ")
        parser.add_argument(
            "--files",
            dest="from_files",
            action="store_true",
            help="the law files, not what is published",
        )
        parser.add_argument("--check", action="store_true", help="compare with `expect`; exit 1 where anything differs")
        parser.add_argument("--quiet", action="store_true", help="with --check: print what differs and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["from_files"]:
            settings.LAW_FROM_DATABASE = False
            store.forget()
        differences: list[casefile.Difference] = []
        bad = checked = 0
        for file in options["files"]:
            try:
                for position, (data, mistakes) in enumerate(casefile.read_cases(self._text(file)), start=1):
                    name = self._name(data, position)
                    try:
                        finding, expect = self._assess(data, mistakes, options["state"])
                    except casefile.CaseError as error:
                        bad += 1
                        for key, message in error.problems:
                            self.stderr.write(f"{file}: {name}: {key}: {message}")
                        continue
                    if not (options["check"] and options["quiet"]):
                        self.stdout.write(json.dumps(casefile.finding_data(finding, name), ensure_ascii=False))
                    if options["check"] and expect is not None:
                        checked += 1
                        differences += casefile.compare(name, expect, finding)
            except (OSError, ValueError) as error:
                bad += 1
                self.stderr.write(f"{file}: cannot be read: {error}")
        if options["check"]:
            self._table(differences, checked, bad)
        if bad or differences:
            sys.stdout.flush()
            sys.exit(1)

    def _text(self, file: str) -> str:
        """The text of a file. Raises OSError or ValueError where it cannot be read, or is too large."""
        if file == "-":
            text = sys.stdin.read(MAX_BYTES + 1)
        else:
            with Path(file).open(encoding="utf-8") as handle:
                text = handle.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES // 1024 // 1024} MB")
        return text

    @staticmethod
    def _name(data: Any, position: int) -> str:
        name = data.get("name") if isinstance(data, dict) else None
        return str(name) if name not in (None, "") else f"case {position}"

    def _assess(
        self, data: Any, mistakes: list[tuple[str, str]], default_state: str | None
    ) -> tuple[Finding, dict[str, Any] | None]:
        """The finding of one case, and what it expects. Raises CaseError."""
        if not isinstance(data, dict):
            raise casefile.CaseError([*mistakes, ("case", "expected keys and values")])
        expect = data.get("expect")
        if expect is not None and not isinstance(expect, dict):
            mistakes = [*mistakes, ("expect", "expected keys and values")]
        state = data.get("state") or default_state
        if not isinstance(state, str):
            raise casefile.CaseError([*mistakes, ("state", "is missing; name it in the case or with --state")])
        try:
            law = store.law(state.strip().upper())
        except KeyError:
            raise casefile.CaseError([*mistakes, ("state", f"{state!r} is no jurisdiction that we have")]) from None
        try:
            case = casefile.parse_case(data, law, date.today())
        except casefile.CaseError as error:
            raise casefile.CaseError([*mistakes, *error.problems]) from None
        if mistakes:
            raise casefile.CaseError(mistakes)
        return reason(law, case), expect

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
