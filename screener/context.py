"""What every page says about the visitor's own answers: whether there are any, and how they are kept."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from . import answers


def visitor(request: HttpRequest) -> dict[str, Any]:
    if hasattr(request, "answers"):  # set by a view of the walk
        found = request.answers
    else:
        try:
            found = answers.read(request)
        except answers.Unreadable:
            found = None
    return {
        "shared": bool(found and found.shared),
        "has_answers": bool(found and not found.is_empty),
        "preview_date": found.as_of if found and settings.PREVIEW else None,
    }
