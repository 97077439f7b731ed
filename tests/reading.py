"""Every string that a homeowner can meet, for the readability check: law, options, pages and messages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml
from django.template.base import Lexer, TokenType

from statelaw.grade import grade, is_graded

__all__ = ["grade", "is_graded"]

ROOT = Path(__file__).resolve().parent.parent
LAW = ROOT / "statelaw" / "law"
_GETTEXT = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}


class Found(NamedTuple):
    where: str
    text: str


#: What the site shows of a law file. ``supports`` and ``cite`` speak to lawyers.
_LAW_KEYS = {
    "summary", "note", "ask", "why", "tick", "label", "heading", "plain", "caveats", "event", "action",
    "measure_note", "gaps", "caution", "this_week", "claimed", "automatic", "interest", "lien", "head_of_household",
}  # fmt: skip


def _walk(value, key: str, where: str) -> Iterator[Found]:
    if isinstance(value, dict):
        here = value.get("id") or value.get("fact") or value.get("name") or ""
        for name, item in value.items():
            if name not in ("sources", "from_knowledge", "when", "unless"):
                yield from _walk(item, name, f"{where}.{here}.{name}" if here else f"{where}.{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _walk(item, key, f"{where}[{number}]")
    elif isinstance(value, str) and key in _LAW_KEYS:
        yield Found(where, " ".join(value.split()))


def law_texts() -> Iterator[Found]:
    for path in sorted(LAW.glob("??.yaml")):
        yield from _walk(yaml.safe_load(path.read_text()), "", path.stem)
    yield from _walk(yaml.safe_load((LAW / "options.yaml").read_text()), "", "options")
    for path in sorted((LAW / "collection").glob("*.yaml")):
        yield from _walk(yaml.safe_load(path.read_text()), "", f"collection/{path.stem}")


def template_texts() -> Iterator[Found]:
    """What stands in translation tags of the pages, each text alone; a variable reads as one short word."""
    for path in sorted((ROOT / "templates").rglob("*.html")):
        if "admin" in path.parts:
            continue
        block: list[str] | None = None
        where = str(path.relative_to(ROOT))
        for token in Lexer(path.read_text()).tokenize():
            words = token.contents.split()
            if token.token_type == TokenType.BLOCK and words[0] in ("blocktranslate", "blocktrans"):
                block = []
            elif token.token_type == TokenType.BLOCK and words[0] in ("endblocktranslate", "endblocktrans", "plural"):
                yield Found(f"{where}:{token.lineno}", " ".join("".join(block or []).split()))
                block = [] if words[0] == "plural" else None
            elif block is not None:
                block.append(token.contents if token.token_type == TokenType.TEXT else "it")
            elif token.token_type == TokenType.BLOCK and words[0] in ("translate", "trans"):
                for quoted in re.findall(r'"([^"]*)"|\'([^\']*)\'', token.contents)[:1]:
                    yield Found(f"{where}:{token.lineno}", quoted[0] or quoted[1])


def python_texts() -> Iterator[Found]:
    """What stands in gettext calls."""
    for path in sorted([*(ROOT / "screener").rglob("*.py"), *(ROOT / "statelaw").glob("*.py")]):
        if path.name == "admin.py" or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in _GETTEXT:
                for argument in node.args:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        text = re.sub(r"%\(\w+\)[sd]|\{\w+\}|%s", "it", argument.value)
                        yield Found(f"{path.relative_to(ROOT)}:{node.lineno}", " ".join(text.split()))


def plain_words(text: str) -> str:
    """A text without its mark-up and entities, as a reader meets it."""
    text = re.sub(r"<[^>]+>", " ", text)
    text = re.sub(r"&\w+;|&#\d+;", " ", text)
    return " ".join(text.split())
