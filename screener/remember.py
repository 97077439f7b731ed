"""What follows from the law alone is worked out once per document in memory, never once per visitor.

Nothing that a visitor said is ever kept here: keys and values are parts of the law documents and their words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.utils.translation import get_language

T = TypeVar("T")

#: More than all provisions, options and state files at once. When the law is published anew the old entries go.
_MOST = 4096
_kept: dict[tuple[str, int], tuple[Any, Any]] = {}


def once(what: str, of: Any, make: Callable[[Any], T]) -> T:
    """``make(of)``, made once for this very object. The object is held too, so that its id stays its own."""
    key = (what, id(of))
    found = _kept.get(key)
    if found is not None and found[0] is of:
        return found[1]
    if len(_kept) >= _MOST:
        _kept.clear()
    value = make(of)
    _kept[key] = (of, value)
    return value


def language() -> str | None:
    """The language that a page is written in. With one language only there is nothing to look up."""
    return get_language() if len(settings.LANGUAGES) > 1 else settings.LANGUAGE_CODE
