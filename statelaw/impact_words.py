"""What :mod:`statelaw.impact` finds, as plain data in words: what is kept of a run, and what the desk's pages show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import sentence
from .document import Provision
from .impact import MONEY, Detail, Example, Group, Impact, Region, ScenarioChange, Told, Walk
from .models import Confidence, EventOf, Unit
from .money import Money, Span
from .reasoning import Law, Part

#: What a page shows of each at most; what is left out is counted.
MOST_GROUPS, MOST_REGIONS, MOST_PARTS, MOST_SCENARIOS = 40, 12, 8, 60

OUTCOMES: Mapping[str, tuple[Any, str]] = {
    "no_shortfall": (gettext_lazy("Nothing left to pay"), "good"),
    "barred": (gettext_lazy("Protected"), "good"),
    "time_barred": (gettext_lazy("Too late for the lender"), "good"),
    "capped": (gettext_lazy("Limited"), "mid"),
    "exposed": (gettext_lazy("At risk"), "bad"),
    "depends": (gettext_lazy("It depends"), "open"),
}
#: Facts whose values say by themselves what they are about.
_PLAIN = ("disposition", "lien", "residence")
#: Shorter labels, where many facts stand in one line.
_SHORT: Mapping[str, Any] = {
    "foreclosed_by": gettext_lazy("foreclosure"),
    "loan_use": gettext_lazy("loan"),
    "units": gettext_lazy("homes covered"),
}
_EFFECTS: Mapping[str, Any] = {
    "bar": gettext_lazy("Bar"),
    "waiver": gettext_lazy("Waiver"),
    "duty": gettext_lazy("Duty"),
    "deadline": gettext_lazy("Deadline"),
    "cap": gettext_lazy("Cap"),
    "defense": gettext_lazy("Defense"),
    "permit": gettext_lazy("Permit"),
    "toll": gettext_lazy("Toll"),
    "sunset": gettext_lazy("Sunset"),
}


# --- small words -----------------------------------------------------------------------------------------------------


def outcome(name: str, possible: Iterable[str] = ()) -> dict[str, Any]:
    """An outcome with its label and the tone of its colour; for "it depends", between which."""
    label, tone = OUTCOMES[name]
    between = [str(OUTCOMES[item][0]) for item in possible] if name == "depends" else []
    return {"name": name, "label": str(label), "tone": tone, "between": sentence.any_of(between)}


def dollars(amount: Decimal) -> str:
    return f"${amount:,.0f}" if amount == amount.to_integral_value() else f"${amount:,.2f}"


def amount(span: Span) -> str:
    """An amount in words: "$30,000", "$0 to $50,000", "at least $0"."""
    if span.high is None:
        return _("at least %(low)s") % {"low": dollars(span.low)}
    if span.is_exact:
        return dollars(span.low)
    return _("%(low)s to %(high)s") % {"low": dollars(span.low), "high": dollars(span.high)}


def sums(money: Money = MONEY) -> list[tuple[str, str]]:
    """The sums that every situation is worked with."""
    rows = ((_("owed"), money.owed), (_("sold for"), money.sale_price), (_("worth"), money.fair_value))
    return [(label, dollars(value)) for label, value in rows if value is not None]


def values(name: str, allowed: Any, source: Any) -> str:
    """All that a fact may be, in words: one value, several, or stretches."""
    if isinstance(allowed, Mapping):
        return sentence.range_label(name, allowed, source) if allowed else _("any")
    if isinstance(allowed, list | tuple):
        return sentence.any_of([values(name, item, source) for item in allowed])
    if isinstance(allowed, date):
        return sentence.day(allowed)
    return sentence.value_label(name, allowed, source)


def facts(when: Mapping[str, Any], source: Any) -> list[dict[str, str]]:
    """Facts as labels and values. A value that speaks for itself has no label before it."""
    return [
        {
            "label": "" if name in _PLAIN else str(_SHORT.get(name) or sentence.fact_label(name, source)),
            "value": values(name, allowed, source),
        }
        for name, allowed in when.items()
    ]


def limit(provision: Provision) -> str:
    """The time that a rule gives: "90 days from the sale"."""
    found = provision.limit or provision.ask_within
    if found is None:
        return ""
    event = found.event if found.of == "other" and found.event else str(EventOf(found.of).label)
    period = f"{found.count} {Unit(found.unit).label}"
    return _("%(period)s from %(event)s") % {"period": period, "event": event}


def rule(provision: Provision) -> dict[str, str]:
    return {
        "id": provision.id,
        "effect": str(_EFFECTS[provision.effect]),
        "heading": provision.heading,
        "cite": provision.cite,
        "sure": str(Confidence(provision.confidence).label) if provision.confidence == "low" else "",
    }


# --- one law against another -----------------------------------------------------------------------------------------


class Words:
    """Both laws of a comparison, as sources of words."""

    def __init__(self, old: Law, new: Law):
        self.old, self.new = old, new
        self.source = {**sentence.questions_of(old), **sentence.questions_of(new)}

    def impact(self, found: Impact) -> dict[str, Any]:
        return {
            **counts(found.grid),
            **self._groups(found.grid),
            "special_total": found.special_total,
            "special_changed": found.special_changed,
            "left_out": found.left_out,
            "specials": [self._special(walk) for walk in found.specials],
        }

    def _special(self, walk: Walk) -> dict[str, Any]:
        return {**counts(walk), **self._groups(walk), "setting": facts(walk.described, self.source)}

    def _groups(self, walk: Walk) -> dict[str, Any]:
        shown = walk.groups[:MOST_GROUPS]
        return {
            "groups": [self.group(group) for group in shown],
            "groups_left_out": len(walk.groups) - len(shown),
        }

    def group(self, group: Group) -> dict[str, Any]:
        regions = group.regions[:MOST_REGIONS]
        return {
            "kind": group.kind,
            "turn": "worse" if group.harm > 0 else "better" if group.harm < 0 else _turn_of_amounts(group),
            "old": outcome(group.old, group.old_possible) if group.old else None,
            "new": outcome(group.new, group.new_possible) if group.new else None,
            "old_amount": amount(group.old_exposure) if group.old_exposure else "",
            "new_amount": amount(group.new_exposure) if group.new_exposure else "",
            "count": group.count,
            "regions": [self._region(region) for region in regions],
            "regions_left_out": len(group.regions) - len(regions),
            "details": [self._detail(detail) for detail in group.details],
            "example": self._example(group.example),
        }

    def _region(self, region: Region) -> dict[str, Any]:
        return {"facts": facts(region.when, self.source), "count": region.count}

    def _example(self, example: Example) -> dict[str, Any]:
        return {
            "facts": facts(example.facts, self.source),
            "old": self.told(example.old, self.old) if example.old else None,
            "new": self.told(example.new, self.new) if example.new else None,
        }

    def told(self, told: Told, law: Law) -> dict[str, Any]:
        parts = told.parts if len(told.parts) > 1 else ()
        return {
            "outcome": outcome(told.outcome, told.possible),
            "amount": amount(told.exposure),
            "deciders": [rule(law.provision(key)) for key in told.deciders],
            "parts": [self._part(part) for part in parts[:MOST_PARTS]],
            "parts_left_out": max(0, len(parts) - MOST_PARTS),
        }

    def _part(self, part: Part) -> dict[str, Any]:
        return {
            "facts": [self._split(name, value) for name, value in part.when.items()],
            "outcome": outcome(part.outcome),
            "amount": amount(part.exposure),
        }

    def _split(self, name: str, value: Any) -> dict[str, str]:
        if name == "state_law_binds":
            return {"label": _("State rules bind this federal lender"), "value": sentence.value_label(name, value)}
        label = sentence.fact_label(name, self.source)
        return {"label": label, "value": values(name, value, self.source)}

    def _detail(self, detail: Detail) -> dict[str, str]:
        """What else differs: which rule, before and now."""
        olds, news = self.old.state.limitations, self.new.state.limitations
        if detail.key == "limitations":
            before, after = (_("%(years)s years") % {"years": item.years} if item else "" for item in (olds, news))
            return self._both(_("General time limit to sue"), detail, before, after)
        if detail.key == "in_case":
            return self._both(_("The claim may already be part of the foreclosure case"), detail)
        if detail.key == "redemption":
            return self._both(_("Time to buy the home back after the sale"), detail)
        before_rule = self.old.by_id.get(detail.key)
        after_rule = self.new.by_id.get(detail.new_key)
        before = limit(before_rule.provision) if before_rule and detail.old else ""
        after = limit(after_rule.provision) if after_rule and detail.new else ""
        found = after_rule or before_rule
        if found is None:
            return self._both(detail.key, detail)
        return self._both(f"{_EFFECTS[found.effect]}: {found.provision.heading}", detail, before, after)

    def _both(self, what: str, detail: Detail, before: str = "", after: str = "") -> dict[str, str]:
        change = "changed" if detail.old and detail.new else "gone" if detail.old else "new"
        return {"what": what, "change": change, "before": before, "after": after}

    def scenario(self, change: ScenarioChange) -> dict[str, Any]:
        return {
            "name": change.name,
            "state": change.state,
            "old": self.told(change.old, self.old) if change.old else None,
            "new": self.told(change.new, self.new) if change.new else None,
            "changes": change.changes,
            "fails": list(change.fails),
            "failed_before": change.failed_before,
        }


def _turn_of_amounts(group: Group) -> str:
    old, new = group.old_exposure, group.new_exposure
    if old is None or new is None or old.high is None or new.high is None or old.high == new.high:
        return ""
    return "worse" if new.high > old.high else "better"


def counts(walk: Walk) -> dict[str, int]:
    """How many situations there are, and how many change in which way."""
    found = {kind: walk.count(kind) for kind in ("answer", "amount", "other", "new", "gone")}
    return {
        "total": walk.total,
        "changed": walk.changed,
        "outcomes": found["answer"] + found["new"] + found["gone"],
        "amounts": found["amount"],
        "other": found["other"],
        "new": found["new"],
        "gone": found["gone"],
    }
