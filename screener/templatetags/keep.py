"""Two tags: a piece of a page that follows from the law alone is rendered once and kept."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
def keep(template_name: str, /, **values: Any) -> SafeString:
    """``{% keep "screener/_icon.html" name=report.icon %}``: the template with these values alone, kept by them and the
    language. Only for values that are words of the law or names of outcomes, never for what a visitor said."""
    return _rendered(template_name, get_language(), tuple(values.items()))


@register.simple_tag
def keep_each(template_name: str, values: Iterable[Any], /) -> SafeString:
    """``{% keep_each "screener/_report/option.html" report.options %}``: the template once for each of the values,
    which it knows as ``it``."""
    language = get_language()
    pieces = [_rendered(template_name, language, (("it", value),)) for value in values]
    return mark_safe("".join(pieces))  # noqa: S308  # each was rendered, and so escaped, by its template


@lru_cache(maxsize=8192)
def _rendered(name: str, language: str | None, values: tuple[tuple[str, Any], ...]) -> SafeString:
    return SafeString(get_template(name).render(dict(values)))
