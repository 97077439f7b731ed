"""Where a publication stands, and what its code is called: shared by the pages that list or publish."""

from __future__ import annotations

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, TextChoices, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from statelaw import publish, store
from statelaw.models import Publication


class Standing(TextChoices):
    IN_FORCE = "in_force", _("in force")
    SCHEDULED = "scheduled", _("scheduled")
    OVERTAKEN = "overtaken", _("never comes into force: a later one does before its day")
    WITHDRAWN = "withdrawn", _("withdrawn before its day")
    PAST = "past", _("past")


def with_standing(rows: QuerySet[Publication]) -> QuerySet[Publication]:
    """Publications with ``standing``, by the database's clock: the same rules as ``current()`` and ``scheduled()``."""
    later = Publication.objects.filter(code=OuterRef("code"), number__gt=OuterRef("number"), withdrawal__isnull=True)
    overtaken = Q(Exists(later.filter(live_at__lte=OuterRef("live_at"))), live_at__gt=Now())
    return rows.annotate(
        standing=Case(
            When(withdrawal__isnull=False, then=Value(Standing.WITHDRAWN)),
            When(overtaken, then=Value(Standing.OVERTAKEN)),
            When(live_at__gt=Now(), then=Value(Standing.SCHEDULED)),
            When(Exists(later.filter(live_at__lte=Now())), then=Value(Standing.PAST)),
            default=Value(Standing.IN_FORCE),
        )
    )


def title_of(code: str) -> str:
    """What a code stands for, in words."""
    if code == publish.FEDERAL:
        return gettext("Federal rules")
    if code == publish.FACTS:
        return gettext("Federal facts")
    if code == publish.OPTIONS:
        return gettext("What a homeowner can do")
    state = code.removeprefix(publish.COLLECTION)
    name = store.law(state).state.name if state in store.codes() else state
    return gettext("%(state)s: after a judgment") % {"state": name} if code.startswith(publish.COLLECTION) else name
