"""One tag: a page's heading is written once and serves as its title too."""

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_block_tag
def captured(content: str) -> SafeString:
    """``{% captured as name %}...{% endcaptured %}`` keeps rendered template text, trimmed, under a name."""
    return mark_safe(content.strip())  # noqa: S308  # it was rendered, and so escaped, by the template itself
