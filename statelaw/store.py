"""The law in memory: what every page reasons from. (Files now; publications take their place behind the same calls.)"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from . import document
from .reasoning import Law

LAW_DIR = Path(__file__).parent / "law"


@lru_cache
def _federal() -> document.Jurisdiction:
    return document.load_jurisdiction((LAW_DIR / "US.yaml").read_text(), "US.yaml")


@lru_cache(maxsize=64)
def law(code: str) -> Law:
    """The law of a jurisdiction ("AZ") with the federal layer over it. Raises KeyError for an unknown code."""
    path = LAW_DIR / f"{code}.yaml"
    if not (len(code) == 2 and code.isascii() and code.isupper() and path.exists()):
        raise KeyError(code)
    return Law(document.load_jurisdiction(path.read_text(), path.name, _federal()), _federal(), {"state": 1, "us": 1})


@lru_cache
def codes() -> tuple[str, ...]:
    """The 51 jurisdictions' codes, without the federal layer."""
    return tuple(sorted(p.stem for p in LAW_DIR.glob("??.yaml") if p.stem != "US"))
