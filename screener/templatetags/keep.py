"""Tags for pieces of a page that are rendered once and kept: what follows from the law alone, and shapes with gaps.

Nothing that a visitor said is kept: it is filled into the gaps of a kept piece, and forgotten with the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import get_template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from screener.remember import language

register = template.Library()


@register.simple_tag
def keep(template_name: str, /, **values: Any) -> SafeString:
    """``{% keep "screener/_icon.html" name=report.icon %}``: the template with these values alone, kept by them and the
    language. Only for values that are words of the law or names of outcomes, never for what a visitor said."""
    return _rendered(template_name, language(), tuple(values.items()))


@register.simple_tag
def keep_each(template_name: str, values: Iterable[Any], /) -> SafeString:
    """``{% keep_each "screener/_report/option.html" report.options %}``: the template once for each of the values,
    which it knows as ``it``."""
    spoken = language()
    pieces = [_rendered(template_name, spoken, (("it", value),)) for value in values]
    return mark_safe("".join(pieces))  # noqa: S308  # each was rendered, and so escaped, by its template


@register.simple_tag
def fill_each(template_name: str, items: Iterable[Any], /, **shape: Any) -> SafeString:
    """``{% fill_each "screener/_report/tick.html" rule.ticks %}``: the template once for each item, kept by the item's
    ``shape`` (and what else is named here), with the values of its ``own`` filled in. It may print those values and ask
    whether they are there, and nothing else."""
    spoken, common = language(), tuple(shape.items())
    filled = []
    for item in items:
        own = item.own
        there = tuple(name for name, value in own.items() if value)
        pieces = _pieces(template_name, spoken, (*item.shape, *common), there)
        filled += _filled(pieces, own)
    return mark_safe("".join(filled))  # noqa: S308  # the pieces come from a template, the values are escaped


@register.simple_tag
def rules(found: Iterable[Any], /) -> SafeString:
    """``{% rules report.first_reasons %}``: provisions in plain words, each kept, this person's ticks filled in."""
    spoken = language()
    filled = []
    for rule in found:
        ticks = fill_each("screener/_report/tick.html", rule.ticks)
        there = ("ticks",) if ticks else ()
        pieces = _pieces("screener/_report/rule.html", spoken, (("rule", rule.text),), there)
        filled += _filled(pieces, {"ticks": ticks})
    return mark_safe("".join(filled))  # noqa: S308  # as in fill_each


@register.simple_tag
def fill_answer(template_name: str, report: Any, /) -> SafeString:
    """``{% fill_answer "screener/_report/answer.html" report %}``: the template, which reads ``report``, kept by all of
    it but this person's sums and days, and these filled in."""
    key = (template_name, language(), report.answer_shape)
    pieces = _answers.get(key)
    if pieces is None:
        if len(_answers) >= _MOST_ANSWERS:
            _answers.clear()
        blank = report.without_own(lambda name: f"{_GAP}{name}{_GAP}")
        pieces = _answers[key] = get_template(template_name).render({"report": blank}).split(_GAP)
    return mark_safe("".join(_filled(pieces, report.answer_own)))  # noqa: S308  # as in fill_each


def _filled(pieces: list[str], own: Mapping[str, str | None]) -> list[str]:
    """The pieces with the values of ``own``, escaped, in their gaps."""
    return [piece if number % 2 == 0 else conditional_escape(own[piece] or "") for number, piece in enumerate(pieces)]


_MOST_ANSWERS = 2048
_answers: dict[tuple, list[str]] = {}
_GAP = "\x00"


@lru_cache(maxsize=2048)
def _pieces(name: str, language: str | None, shape: tuple[tuple[str, Any], ...], there: tuple[str, ...]) -> list[str]:
    """The template's text cut at its gaps: text, the gap's name, text ..."""
    gaps = {gap: f"{_GAP}{gap}{_GAP}" for gap in there}
    return get_template(name).render({**dict(shape), **gaps}).split(_GAP)


@lru_cache(maxsize=8192)
def _rendered(name: str, language: str | None, values: tuple[tuple[str, Any], ...]) -> SafeString:
    return SafeString(get_template(name).render(dict(values)))
