"""Tags of the page: a heading written once that is the title too, and pieces that are rendered once and remembered."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils.safestring import SafeString, mark_safe

from screener.remember import language

register = template.Library()

MOST_REMEMBERED = 1024


@register.simple_block_tag
def captured(content: str) -> SafeString:
    """``{% captured as name %}...{% endcaptured %}`` keeps rendered template text, trimmed, under a name."""
    return mark_safe(content.strip())  # noqa: S308  # it was rendered, and so escaped, by the template itself


class RememberedNode(template.Node):
    def __init__(self, nodelist: NodeList, keys: list[FilterExpression]):
        self.nodelist, self.keys = nodelist, keys
        self.rendered: dict[tuple[Any, ...], str] = {}

    def render(self, context: template.Context) -> str:
        key = (language(), *[expression.resolve(context) for expression in self.keys])
        found = self.rendered.get(key)
        if found is None:
            found = self.nodelist.render(context)
            if len(self.rendered) >= MOST_REMEMBERED:
                self.rendered.clear()
            self.rendered[key] = found
        return found


@register.tag
def remembered(parser: Parser, token: Token) -> RememberedNode:
    """``{% remembered a b %}...{% endremembered %}``: rendered once for each language and values of a and b.

    What stands inside must follow from those values alone, and they must be words of ours, never typed text.
    """
    keys = [parser.compile_filter(bit) for bit in token.split_contents()[1:]]
    nodelist = parser.parse(("endremembered",))
    parser.delete_first_token()
    return RememberedNode(nodelist, keys)
