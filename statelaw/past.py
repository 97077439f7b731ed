"""Publications that were in force, read from the database: what an older report rested on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.db.models import Min
from django.utils import timezone

from .document import Jurisdiction, validate
from .models import Publication
from .store import PublicationInfo

#: Numbers beyond it are nobody's.
MOST = 999_999


@dataclass(frozen=True)
class Past:
    """One publication with its document and the days on which it was in force (``until``: the day of its successor)."""

    document: Jurisdiction
    info: PublicationInfo
    until: date | None


def publication(code: str, number: int) -> Past:
    """A publication of a jurisdiction that is or was in force. Raises KeyError for any other, DatabaseError while the
    database is away."""
    if not re.fullmatch("[A-Z]{2}", code) or not 0 < number <= MOST:
        raise KeyError(code)
    live = Publication.objects.live().filter(code=code)
    key = live.filter(number=number).values_list("pk", flat=True).first()
    if key is None:
        raise KeyError(f"{code} {number}")
    document, info = _read(key)
    return Past(document, info, _day(live.filter(number__gt=number).aggregate(at=Min("live_at"))["at"]))


@lru_cache(maxsize=8)
def _read(key: int) -> tuple[Jurisdiction, PublicationInfo]:
    """What never changes. Its conditions are not held against today's vocabulary, which may have moved on."""
    row = Publication.objects.defer("text").get(pk=key)
    return validate(Jurisdiction, row.document, str(row)), PublicationInfo.of(row)


def all_of(code: str) -> list[PublicationInfo]:
    """Every publication of a jurisdiction that is or was in force, the newest first."""
    rows = Publication.objects.live().filter(code=code).order_by("-number").defer("document", "text")
    return [PublicationInfo.of(row) for row in rows[:500]]


def _day(moment: datetime | None) -> date | None:
    return timezone.localtime(moment).date() if moment else None
