"""What the desk's templates need."""

from typing import Any

from django import template

from ..desk import dashboard, links, scenarios, states

register = template.Library()


@register.filter
def desk_address(name: str, argument: Any = None) -> str:
    """The address of a page of the desk: ``{{ "statelaw_provisiondraft_change"|desk_address:row.pk }}``."""
    return links.address(name) if argument is None else links.address(name, argument)


@register.filter
def by(user: Any, at: Any) -> str:
    """Who did it, and when."""
    return states.said_by(user, at)


@register.filter
def in_words(difference: Any) -> tuple[str, str, str]:
    """What a scenario expects and what came out: (what, expected, found)."""
    return scenarios.difference_words(difference)


@register.simple_tag
def desk_dashboard() -> dashboard.Dashboard:
    """What is due, for the first page."""
    return dashboard.dashboard()
