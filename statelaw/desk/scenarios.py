"""Scenarios at the desk: a form without code, and running them one by one and together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import casefile, drafts, facts, scenarios, sentence
from ..casefile import CaseError, Difference, parse_case
from ..document import LawError
from ..models import EventOf, JurisdictionDraft, Scenario
from ..publish import FEDERAL
from ..reasoning import Law
from ..scenarios import Result
from .notes import StateFilter
from .past import KeepsHistory
from .states import LinesField, said_by

STAGES = (
    ("", gettext_lazy("not said")),
    ("behind", gettext_lazy("behind on payments")),
    ("scheduled", gettext_lazy("a sale is set")),
    ("lost", gettext_lazy("the home is lost")),
    ("asked", gettext_lazy("the lender asked for the rest")),
    ("judgment", gettext_lazy("there is a judgment")),
)
OUTCOMES = (
    ("no_shortfall", gettext_lazy("Nothing left to pay")),
    ("barred", gettext_lazy("Protected")),
    ("time_barred", gettext_lazy("Too late for the lender")),
    ("capped", gettext_lazy("Limited")),
    ("exposed", gettext_lazy("At risk")),
    ("depends", gettext_lazy("It depends")),
)
MONEY = {
    "owed": gettext_lazy("Owed on the day of the sale, interest and costs included"),
    "sale_price": gettext_lazy("What this loan was credited with (the price)"),
    "fair_value": gettext_lazy("What the home was worth"),
    "senior_owed": gettext_lazy("Owed on the loans ahead of this one"),
    "surplus_to_this_loan": gettext_lazy("What was left of the price for this loan"),
}
DATES = {
    "today": gettext_lazy("The day on which it is asked"),
    "sale": gettext_lazy("The sale"),
    "loan": gettext_lazy("The loan"),
    "last_payment": gettext_lazy("The last payment"),
    "called_due": gettext_lazy("The whole loan was called due"),
}
NOT_KNOWN, UNSAID, YES, NO = "?", "", "yes", "no"
#: What a tri-state select gives in the case.
TRUTH = {YES: True, NO: False, NOT_KNOWN: None}


def outcome_label(value: Any) -> str:
    """The words that readers see."""
    names = dict(OUTCOMES)
    if isinstance(value, list):
        return " / ".join(str(names.get(item, item)) for item in value)
    return str(names.get(value, value))


# --- the form --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Section:
    """One part of the form. ``is_open``: something is said in it."""

    key: str
    title: Any
    fields: list[Any]
    is_open: bool


class ScenarioForm(forms.Form):
    """A case in words. Its fields carry the case's own keys ("facts.units", "dates.sale"), so that what the case file
    has to say against one stands at its field."""

    name = forms.RegexField(
        r"^[a-z0-9][a-z0-9-]*$",
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("Short, in small letters with hyphens, such as az-trustee-sale-small-home."),
        error_messages={"invalid": gettext_lazy("Small letters, digits and hyphens only.")},
    )
    why = forms.CharField(
        label=gettext_lazy("Why this must follow"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The statute or case, and the arithmetic, so that anyone can check it."),
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("Where it can be read, if that is not said above."),
    )
    code = forms.ChoiceField(label=gettext_lazy("Tests the law of"))
    stage = forms.ChoiceField(label=gettext_lazy("Where the homeowner stands"), choices=STAGES, required=False)
    reason = forms.CharField(
        label=gettext_lazy("Why do you change this?"),
        max_length=500,
        help_text=gettext_lazy("Kept in the history."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)
    over = forms.BooleanField(required=False, label=gettext_lazy("Save mine over it"))

    def __init__(self, data: Any, *, law: Law, row: Scenario | None = None, state_name: str):
        self.law, self.row = law, row
        self.sections: list[tuple[str, Any, list[str]]] = []
        super().__init__(data, initial=self._initial(row))
        federal = _("Federal law, seen in %(state)s") % {"state": state_name}
        self.fields["code"].choices = ((law.code, state_name), (FEDERAL, federal))  # type: ignore[attr-defined]
        if row is None:
            self.fields["reason"].required = False
            self.fields["reason"].label = _("Why do you add it?")
        self._add_facts()
        self._add_amounts()
        self._add_acts()
        self._add_strays()
        self._add_expectation()
        for name, field in self.fields.items():
            if isinstance(field, forms.CharField) and field.max_length is None:
                field.widget.attrs.setdefault("maxlength", 60)
            field.widget.attrs["id"] = self.auto_id_of(name)

    @staticmethod
    def auto_id_of(name: str) -> str:
        return f"id_{name.replace('.', '-')}"

    # --- fields ---

    def _section(self, key: str, title: Any, fields: Mapping[str, forms.Field]) -> None:
        if fields:
            self.fields.update(fields)
            self.sections.append((key, title, list(fields)))

    def _add_facts(self) -> None:
        known = [name for name in self.law.facts if name not in ("sale_date", "loan_date")]
        for number, (title, names) in enumerate(sentence.groups(self.law)):
            wanted = [name for name in names if name in known]
            self._section(f"facts-{number}", title, {f"facts.{name}": self._fact_field(name) for name in wanted})
            known = [name for name in known if name not in wanted]
        self._section("facts-more", _("More"), {f"facts.{name}": self._fact_field(name) for name in known})

    def _fact_field(self, name: str) -> forms.Field:
        fact = self.law.facts[name]
        label = sentence.fact_label(name, self.law)
        if fact.kind not in ("choice", "yes_no"):
            help_text = _("A day, a month (2026-03) or a year.") if fact.kind == "date" else ""
            return forms.CharField(label=label, required=False, max_length=30, help_text=help_text)
        unsaid = _("not said: not known")
        if fact.is_circumstance:
            usual = self._value_label(name, fact.usual)
            unsaid = _("not said: taken as usual (%(usual)s)") % {"usual": usual}
            if name == "lender_waived":
                unsaid = _("not said: no after a foreclosure, otherwise not known")
        values = [(_key(value), self._value_label(name, value)) for value in fact.values]
        asked = [(NOT_KNOWN, _("asked, and not known"))]
        return forms.ChoiceField(label=label, required=False, choices=[(UNSAID, unsaid), *values, *asked])

    def _value_label(self, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        return sentence.value_label(name, value, self.law)

    def _add_amounts(self) -> None:
        self._section(
            "money",
            _("Money, in dollars"),
            {
                f"money.{key}": forms.CharField(label=label, required=False, max_length=20)
                for key, label in MONEY.items()
            },
        )
        date_help = _("A day (2026-03-14), a month (2026-03) or a year (2026).")
        dates: dict[str, Any] = {
            **DATES,
            **{event: _event(event) for event in facts.EVENTS if event not in ("sale", "other")},
        }
        for rule in self.law.rules:
            for limit in (rule.limit, rule.provision.ask_within):
                if limit is not None and limit.of == "other":
                    dates[rule.provision.id] = limit.event or rule.provision.heading
        fields = {
            f"dates.{key}": forms.CharField(label=capfirst(str(label)), required=False, max_length=10)
            for key, label in dates.items()
        }
        fields["dates.today"].required = True
        fields["dates.today"].help_text = _("One day: a scenario must not change with the calendar. ") + date_help
        self._section("dates", _("Dates"), fields)

    def _add_acts(self) -> None:
        truth = ((UNSAID, _("not said: not known")), (YES, _("yes")), (NO, _("no")))
        acts: dict[str, forms.Field] = {
            "lender_acted": _select(_("Did the lender do in time what every deadline asks?"), truth),
            "sued": _select(_("Has the lender sued?"), truth),
        }
        by_rule = ((UNSAID, _("as said above")), (YES, _("yes")), (NO, _("no")), (NOT_KNOWN, _("not known")))
        asked = ((UNSAID, _("not said: not known")), (YES, _("yes")), (NO, _("no")))
        skipped = (
            (UNSAID, _("not said: taken as done")),
            (YES, _("skipped")),
            (NO, _("not skipped")),
            (NOT_KNOWN, _("not known")),
        )
        for rule in self.law.rules:
            provision = rule.provision
            named = f"{provision.heading} ({provision.cite})"
            if rule.effect == "deadline":
                acts[f"acted.{provision.id}"] = _select(_("Deadline: %(rule)s") % {"rule": named}, by_rule)
            if provision.ask_within is not None:
                acts[f"asked.{provision.id}"] = _select(
                    _("The homeowner asked in time: %(rule)s") % {"rule": named}, asked
                )
            if rule.effect == "duty":
                acts[f"skipped.{provision.id}"] = _select(_("Duty: %(rule)s") % {"rule": named}, skipped)
        self._section("acts", _("What was done"), acts)

    def _add_strays(self) -> None:
        """What the scenario says of facts and rules that the law no longer has: never lost silently."""
        strays: dict[str, forms.Field] = {}
        for key in self.initial:
            if "." in key and key not in self.fields and not key.startswith("expect."):
                label = _("%(what)s is no longer in the law. Take it out of the scenario") % {"what": key}
                strays[f"stray.{key}"] = forms.BooleanField(label=label, required=False)
        self._section("strays", _("No longer in the law"), strays)

    def _add_expectation(self) -> None:
        self._section(
            "expect",
            _("What must follow"),
            {
                "expect.outcome": forms.MultipleChoiceField(
                    label=_("Outcome"),
                    choices=OUTCOMES,
                    widget=forms.CheckboxSelectMultiple,
                    help_text=_("One. Several only where any of them would be right."),
                ),
                "expect.low": forms.CharField(
                    label=_("Still owed, from"), required=False, max_length=20, help_text=_("Left empty: not tested.")
                ),
                "expect.high": forms.CharField(label=_("Up to"), required=False, max_length=20),
                "expect.open": forms.BooleanField(label=_("Upwards it is not known"), required=False),
                "expect.cites": LinesField(
                    label=_("Citations that must be among those that decide"),
                    required=False,
                    max_length=2000,
                    widget=forms.Textarea(attrs={"rows": 3}),
                    help_text=_("One a line. Part of the citation is enough, such as 33-814(G)."),
                ),
                "expect.note": forms.CharField(label=_("Note"), required=False, max_length=500),
            },
        )

    # --- from the row ---

    @staticmethod
    def _initial(row: Scenario | None) -> dict[str, Any]:
        if row is None:
            return {}
        found: dict[str, Any] = {key: getattr(row, key) for key in ("name", "why", "source", "code", "version")}
        given = row.given
        found["stage"] = given.get("stage") or ""
        for key in ("lender_acted", "sued"):
            found[key] = _truth_key(given, key)
        for name, value in (given.get("facts") or {}).items():
            if name == "sale_date":
                found.setdefault("dates.sale", value)
            elif name == "loan_date":
                found.setdefault("dates.loan", value)
            elif name != "skipped":
                found[f"facts.{name}"] = _key(value)
        for part in ("money", "dates"):
            for name, value in (given.get(part) or {}).items():
                if value is not None:
                    found[f"{part}.{name}"] = str(value)
        for part in ("acted", "asked"):
            for name in given.get(part) or {}:
                found[f"{part}.{name}"] = _truth_key(given[part], name)
        for name, value in _skips(given).items():
            found[f"skipped.{name}"] = {True: YES, False: NO, None: NOT_KNOWN}[value]
        found |= _expected(row.expect)
        return found

    # --- to the row ---

    def clean(self) -> None:
        for key in [key for key in self.fields if key.startswith("stray.")]:
            if not self.cleaned_data.get(key):
                self.add_error(key, _("Take it out, or mend the law: the scenario cannot run with it."))
        self.given, self.expect = self._given(), self._expect()
        if self.errors.keys() - {"reason"} and "expect.outcome" in self.errors:
            self.expect.pop("outcome", None)
        self._unique()
        case = {"name": self.cleaned_data.get("name", ""), **self.given}
        try:
            parse_case(case, self.law, timezone.localdate())
        except CaseError as error:
            for key, message in error.problems:
                field = self._field_of(key)
                self.add_error(field, message if field else f"{key}: {message}")

    def _field_of(self, key: str) -> str | None:
        same = {"facts.sale_date": "dates.sale", "facts.loan_date": "dates.loan"}
        key = same.get(key, key.replace("facts.skipped.", "skipped."))
        return key if key in self.fields else None

    def _unique(self) -> None:
        others = Scenario.objects.filter(code=self.cleaned_data.get("code", ""), name=self.cleaned_data.get("name", ""))
        if self.row is not None:
            others = others.exclude(pk=self.row.pk)
        if others.exists():
            self.add_error("name", _("There is a scenario of this name already."))

    def _given(self) -> dict[str, Any]:
        """The case, keys in the order in which the row has them, new ones after."""
        if self.row is not None and not [key for key in self.changed_data if _is_given(key)]:
            return dict(self.row.given)
        said = self.cleaned_data
        case: dict[str, Any] = {"stage": said.get("stage") or None}
        for part in ("facts", "money", "dates"):
            values = {}
            for key in self._keys(part):
                text = said.get(f"{part}.{key}") or ""
                if text != UNSAID:
                    values[key] = self._value(part, key, text)
            case[part] = values
        for key in ("lender_acted", "sued"):
            case[key] = TRUTH.get(said.get(key) or "")
        for part in ("acted", "asked"):
            case[part] = {k: TRUTH[v] for k in self._keys(part) if (v := said.get(f"{part}.{k}") or "")}
        skips = {k: TRUTH[v] for k in self._keys("skipped") if (v := said.get(f"skipped.{k}") or "")}
        if skips:
            case["facts"]["skipped"] = list(skips) if all(skips.values()) else skips
        old = self.row.given if self.row is not None else {}
        kept = {key: _ordered(value, old.get(key)) for key, value in case.items() if value not in (None, {}, [])}
        return _ordered(kept, old)

    def _keys(self, part: str) -> list[str]:
        return [key.removeprefix(f"{part}.") for key in self.fields if key.startswith(f"{part}.")]

    def _value(self, part: str, key: str, text: str) -> Any:
        if part == "dates":
            return text.strip()
        if part == "money":
            return _number(text.replace("$", "").replace(",", ""))
        fact = self.law.facts[key]
        if text == NOT_KNOWN:
            return None
        if fact.kind == "yes_no":
            return text == YES
        return text.strip() if fact.kind in ("choice", "date") else _number(text)

    def _expect(self) -> dict[str, Any]:
        if self.row is not None and not [key for key in self.changed_data if key.startswith("expect.")]:
            return dict(self.row.expect)
        said = {
            key: self.cleaned_data.get(f"expect.{key}") for key in ("outcome", "low", "high", "open", "cites", "note")
        }
        found: dict[str, Any] = {}
        if outcomes := said["outcome"]:
            found["outcome"] = outcomes[0] if len(outcomes) == 1 else outcomes
        ends = {end: self._amount(f"expect.{end}", said[end]) for end in ("low", "high")}
        if said["open"] and ends["high"] is not None:
            self.add_error("expect.high", _("Either an amount, or not known upwards."))
        if ends["low"] is not None and ends["high"] is not None and ends["low"] > ends["high"]:
            self.add_error("expect.low", _("This is more than the upper end."))
        if ends["low"] is not None:
            found["exposure"] = {"low": ends["low"]}
            if ends["high"] is not None or said["open"]:
                found["exposure"]["high"] = ends["high"]
        elif ends["high"] is not None:
            found["exposure"] = ends["high"]
        elif said["open"]:
            found["exposure"] = {"high": None}
        if said["cites"]:
            found["cites"] = said["cites"]
        if said["note"]:
            found["note"] = said["note"]
        return _ordered(found, self.row.expect if self.row is not None else {})

    def _amount(self, key: str, text: str | None) -> int | float | None:
        if not text:
            return None
        try:
            return casefile.as_number(casefile.parse_amount(text))
        except ValueError as error:
            self.add_error(key, str(error))
            return None

    @property
    def parts(self) -> Iterator[Section]:
        """For the template: the sections, with what is in them."""
        for key, title, names in self.sections:
            bound = [self[name] for name in names]
            said = any(field.errors or field.value() not in (None, "", False, []) for field in bound)
            yield Section(key, title, bound, said or key in ("expect", "money", "facts-0", "strays"))

    def put_into(self, row: Scenario) -> None:
        for key in ("name", "why", "source", "code"):
            setattr(row, key, self.cleaned_data[key])
        row.state, row.given, row.expect = self.law.code, self.given, self.expect


def _is_given(key: str) -> bool:
    return key in ("stage", "lender_acted", "sued") or key.split(".")[0] in (
        "facts", "money", "dates", "acted", "asked", "skipped", "stray",
    )  # fmt: skip


def _select(label: str, choices: Iterable[tuple[str, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=tuple(choices), required=False)


def _event(name: str) -> str:
    return str(EventOf(name).label)


def _key(value: Any) -> str:
    """The key of a fact's value in a select."""
    if value is None:
        return NOT_KNOWN
    if isinstance(value, bool):
        return YES if value else NO
    return str(value)


def _truth_key(holder: Mapping[str, Any], key: str) -> str:
    return _key(holder[key]) if key in holder else UNSAID


def _skips(given: Mapping[str, Any]) -> dict[str, bool | None]:
    """Skipped duties by rule, however the case writes them."""
    value = given.get("skipped")
    if value is None:
        value = (given.get("facts") or {}).get("skipped")
    if isinstance(value, list):
        return dict.fromkeys(map(str, value), True)
    return dict(value) if isinstance(value, dict) else {}


def _expected(expect: Mapping[str, Any]) -> dict[str, Any]:
    outcome, exposure = expect.get("outcome"), expect.get("exposure")
    found: dict[str, Any] = {"expect.outcome": outcome if isinstance(outcome, list) else [outcome] if outcome else []}
    if isinstance(exposure, dict):
        for end in ("low", "high"):
            if exposure.get(end) is not None:
                found[f"expect.{end}"] = str(exposure[end])
        found["expect.open"] = "high" in exposure and exposure["high"] is None
    elif "exposure" in expect:
        found["expect.high"] = "" if exposure is None else str(exposure)
        found["expect.open"] = exposure is None
    cites = expect.get("cites") or []
    found["expect.cites"] = [cites] if isinstance(cites, str) else list(cites)
    found["expect.note"] = expect.get("note") or ""
    return found


def _number(text: str) -> Any:
    """A number as JSON writes it; what is none stays as it was typed, for the case file to refuse."""
    text = text.strip()
    try:
        amount = casefile.parse_amount(text)
    except ValueError:
        return text
    return casefile.as_number(amount) if amount is not None and amount == round(amount, 2) else text


def _ordered(new: Any, old: Any) -> Any:
    """``new`` with the keys that ``old`` has in its order, and the others after."""
    if not isinstance(new, dict) or not isinstance(old, dict):
        return new
    return {**{key: new[key] for key in old if key in new}, **new}


# --- what was found --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """One result, in words."""

    title: Any
    holds: bool
    outcome: str
    exposure: str
    cites: list[str]
    differences: list[tuple[str, str, str]]
    problems: list[tuple[str, str]]


def shown(title: Any, result: Result) -> Shown:
    finding = result.finding
    data = casefile.finding_data(finding, None) if finding is not None else {}
    return Shown(
        title=title,
        holds=result.holds,
        outcome=outcome_label(data.get("outcome", "")),
        exposure=amount_words(data.get("exposure")),
        cites=data.get("cites", []),
        differences=[difference_words(item) for item in result.differences],
        problems=list(result.problems),
    )


def difference_words(item: Difference) -> tuple[str, str, str]:
    """(what, expected, found) of one difference."""
    if item.key == "outcome":
        return _("Outcome"), outcome_label(item.expected), outcome_label(item.found)
    if item.key == "exposure":
        return _("Still owed"), amount_words(item.expected), amount_words(item.found)
    if item.key == "cites":
        return _("Citation"), str(item.expected), str(item.found)
    return _("Cannot run"), "", f"{item.key}: {item.found}"


def amount_words(value: Any) -> str:
    if isinstance(value, dict):
        low, high = value.get("low"), value.get("high")
        if "high" not in value:
            return _("from %(low)s") % {"low": _dollars(low)}
        if "low" not in value:
            return _("up to %(high)s") % {"high": _dollars(high)}
        if low == high:
            return _dollars(low)
        return _("from %(low)s to %(high)s") % {"low": _dollars(low), "high": _dollars(high)}
    return _dollars(value)


def _dollars(value: Any) -> str:
    if value is None:
        return _("an amount that is not known")
    return f"${value:,.0f}" if value == int(value) else f"${value:,.2f}"


# --- the pages -------------------------------------------------------------------------------------------------------


class OutcomeFilter(admin.SimpleListFilter):
    title = gettext_lazy("expected outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return OUTCOMES

    def queryset(self, request: HttpRequest, queryset: QuerySet[Scenario]) -> QuerySet[Scenario]:
        return queryset.filter(expect__contains=f'"{self.value()}"') if self.value() in dict(OUTCOMES) else queryset


class ResultFilter(admin.SimpleListFilter):
    title = gettext_lazy("against the draft")
    parameter_name = "result"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return (("fails", _("fails")), ("holds", _("holds")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Scenario]) -> QuerySet[Scenario]:
        failing = scenarios.standing().failing if self.value() else {}
        if self.value() == "fails":
            return queryset.filter(pk__in=failing)
        return queryset.exclude(pk__in=failing) if self.value() == "holds" else queryset


class OriginFilter(admin.SimpleListFilter):
    title = gettext_lazy("comes from")
    parameter_name = "from"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return (("desk", _("the desk: made or edited here")), ("file", _("a file, unchanged")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Scenario]) -> QuerySet[Scenario]:
        if self.value() == "desk":
            return queryset.exclude(edited_by=None)
        return queryset.filter(edited_by=None) if self.value() == "file" else queryset


class ReasonedIn(StateFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.is_one_of_them() else queryset


class ScenarioAdmin(KeepsHistory):
    list_display = ("name", "state", "expected", "stands", "edited")
    list_filter = (ResultFilter, OutcomeFilter, OriginFilter, ReasonedIn)
    search_fields = ("name", "why", "source", "expect")
    list_per_page = 100
    actions = None
    list_select_related = ("edited_by",)

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [path("run/", wrap(self.run_view), name="statelaw_scenarios_run"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Scenario]:
        fails = Q(pk__in=scenarios.standing().failing)
        return super().get_queryset(request).annotate(fails=ExpressionWrapper(fails, output_field=BooleanField()))

    @admin.display(description=gettext_lazy("must follow"))
    def expected(self, row: Scenario) -> str:
        words = outcome_label(row.expect.get("outcome", ""))
        return f"{words}, {amount_words(row.expect['exposure'])}" if "exposure" in row.expect else words

    @admin.display(description=gettext_lazy("against the draft"))
    def stands(self, row: Any) -> SafeString:
        mark, words = ("overdue", _("fails")) if row.fails else ("same", _("holds"))
        return format_html('<strong class="desk-mark {}">{}</strong>', mark, words)

    @admin.display(description=gettext_lazy("edited"), ordering="edited_at")
    def edited(self, row: Scenario) -> str:
        return said_by(row.edited_by, row.edited_at)

    # --- one ---

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Which state comes first: its law says which facts there are."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        state = request.GET.get("state", "")
        states = list(JurisdictionDraft.objects.exclude(code=FEDERAL).order_by("name").values_list("code", "name"))
        if state not in dict(states):
            context = self._context(request, _("Add a scenario: which state?"), states=states)
            return TemplateResponse(request, "admin/statelaw/scenario/which.html", context)
        return self._edit(request, None, state, dict(states)[state])

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        name = JurisdictionDraft.objects.filter(code=row.state).values_list("name", flat=True).first() or row.state
        return self._edit(request, row, row.state, name)

    def _edit(self, request: HttpRequest, row: Scenario | None, state: str, state_name: str) -> HttpResponse:
        law, note = _law_to_edit_by(state)
        if law is None:
            raise Http404
        may = self.has_change_permission(request, row) if row else True
        if request.method == "POST" and not may:
            raise PermissionDenied
        form = ScenarioForm(request.POST if request.method == "POST" else None, law=law, row=row, state_name=state_name)
        results: list[Shown] = []
        if request.method == "POST" and form.is_valid():
            if "try" in request.POST:
                trial = Scenario(code=form.cleaned_data["code"], name=form.cleaned_data["name"])
                form.put_into(trial)
                results = _against_both(trial)
            elif (saved := self._save(request, form, row)) is not None:
                return redirect("admin:statelaw_scenario_change", saved.pk)
        elif row is not None and request.method != "POST":
            results = _against_both(row)
        title = row.name if row else _("Add a scenario for %(state)s") % {"state": state_name}
        context = self._context(
            request, title, form=form, row=row, may=may, results=results, note=note, state=state, state_name=state_name
        )
        return TemplateResponse(
            request, "admin/statelaw/scenario/edit.html", context, status=422 if form.errors else 200
        )

    @transaction.atomic
    def _save(self, request: HttpRequest, form: ScenarioForm, row: Scenario | None) -> Scenario | None:
        """The saved row; None (and the form says why) where somebody else saved it in the meantime."""
        said = form.cleaned_data
        if row is not None:
            held = Scenario.objects.select_for_update().get(pk=row.pk)
            if held.version != said.get("version") and not said.get("over"):
                who = said_by(held.edited_by, held.edited_at) or _("by someone else")
                form.add_error(
                    "over",
                    _("This was saved %(who)s while you were writing. Yours is kept below: look at what stands now on")
                    % {"who": who}
                    + " "
                    + _("another page, then save yours over it or leave it."),
                )
                return None
        else:
            held = Scenario()
        form.put_into(held)
        drafts.save_row(held, request.user, said["reason"] or _("added"))  # type: ignore[arg-type]
        if all(result.holds for result in _against_both(held)[:-1]):
            messages.success(request, _("Saved. It holds against the draft."))
        else:
            messages.warning(request, _("Saved. It does not hold against the draft: see below."))
        return held

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_delete_permission(request, row):
            raise PermissionDenied
        form = DeleteForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            with transaction.atomic():
                drafts.delete_row(row, request.user, form.cleaned_data["why"])  # type: ignore[arg-type]
            messages.success(request, _("The scenario was taken away. Its history stays."))
            return redirect("admin:statelaw_scenario_changelist")
        context = self._context(request, _("Take away %(name)s?") % {"name": row.name}, row=row, form=form)
        return TemplateResponse(
            request, "admin/statelaw/scenario/delete.html", context, status=422 if form.errors else 200
        )

    # --- together ---

    def run_view(self, request: HttpRequest) -> HttpResponse:
        """All scenarios of a state, or of every one, against the draft and against what is in force."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        states = list(JurisdictionDraft.objects.order_by("name").values_list("code", "name"))
        state = request.GET.get("state", "")
        if state and state not in dict(states):
            raise Http404
        rows = list(scenarios.of(state or FEDERAL).order_by("state", "code", "pk"))
        lines = _run_both(rows, state)
        failing = [line for line in lines if not line.draft.holds]
        only = request.GET.get("show") == "failing"
        title = _("Scenarios of %(state)s") % {"state": dict(states)[state]} if state else _("All scenarios")
        context = self._context(
            request, title, lines=failing if only else lines, failing=failing, many=len(lines), state=state,
            states=states, only=only, broken=sum(not line.in_force.holds for line in lines),
        )  # fmt: skip
        return TemplateResponse(request, "admin/statelaw/scenario/run.html", context)

    def _context(self, request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **more}


class DeleteForm(forms.Form):
    why = forms.CharField(label=gettext_lazy("Why?"), max_length=500, help_text=gettext_lazy("Kept in the history."))


@dataclass(frozen=True)
class Line:
    """One scenario of a run."""

    scenario: Scenario
    draft: Result
    in_force: Result

    @property
    def words(self) -> list[tuple[str, str, str]]:
        failure = self.draft.failure
        return [difference_words(item) for item in failure.differences] if failure else []


def _run_both(rows: list[Scenario], state: str) -> list[Line]:
    """Against the drafts (for the federal layer: its draft over every state) and against the law in force."""
    in_force = scenarios.run_all(rows, scenarios.laws_in_force())
    if state == FEDERAL:
        try:
            document = drafts.document_of(drafts.whole().get(code=FEDERAL))
        except LawError as error:
            broken = str(error)
            drafted = [Result(row, problems=((_("draft"), broken),)) for row in rows]
        else:
            drafted = scenarios.run_all(rows, scenarios.laws_with(FEDERAL, document))
    else:
        drafted = scenarios.against_drafts(rows)
    return [Line(row, new, old) for row, new, old in zip(rows, drafted, in_force, strict=True)]


def _against_both(row: Scenario) -> list[Shown]:
    today = timezone.localdate()
    found = []
    federal = scenarios.federal_draft_laws()
    laws_by_title = (
        (_("The draft"), scenarios.laws_of_drafts()),
        *(((_("The federal draft"), federal),) if federal else ()),
        (_("What is in force"), scenarios.laws_in_force()),
    )
    for title, law_of in laws_by_title:
        try:
            result = scenarios.run_one(row, law_of(row.state), today)
        except (LawError, KeyError) as error:
            result = Result(row, problems=((_("law"), str(error)),))
        found.append(shown(title, result))
    return found


def _law_to_edit_by(state: str) -> tuple[Law | None, str]:
    """The law whose facts the form offers: the draft's, or what is in force where the draft has mistakes."""
    try:
        return scenarios.laws_of_drafts()(state), ""
    except (LawError, KeyError):
        note = _("The draft has mistakes, so the facts below are those of the law in force.")
    try:
        return scenarios.laws_in_force()(state), note
    except (LawError, KeyError):
        return None, ""


admin.site.register(Scenario, ScenarioAdmin)
