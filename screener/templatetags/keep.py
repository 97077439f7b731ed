"""One tag: a piece of a page that follows from the law alone is rendered once and kept."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
def keep(template_name: str, /, **values: Any) -> SafeString:
    """``{% keep "screener/_icon.html" name=report.icon %}``: the template with these values alone, kept by them and the
    language. Only for values that are words of the law or names of outcomes, never for what a visitor said."""
    return _rendered(template_name, get_language(), tuple(values.items()))


@lru_cache(maxsize=4096)
def _rendered(name: str, language: str | None, values: tuple[tuple[str, Any], ...]) -> SafeString:
    return SafeString(get_template(name).render(dict(values)))
