"""`manage.py check` names what is wrong with the law as shipped."""

from typing import Any

from django.core import checks

from . import publish


@checks.register("law")
def shipped_law(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    _, mistakes = publish.shipped()
    return [
        checks.Error(str(mistake), hint="`manage.py check_law` lists everything.", id="statelaw.E001")
        for mistake in mistakes
    ]
