"""A state's law at one glance, as the draft has it and as it is in force; and the rules behind each cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, re_path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from statelaw import casefile, impact_words, outcome_table, scenarios, sentence, store
from statelaw.document import Jurisdiction
from statelaw.facts import CORE, SENIOR_LENDER, WORKOUTS, Fact
from statelaw.impact import MONEY
from statelaw.models import JurisdictionDraft
from statelaw.outcome_table import LOAN_USES, RESIDENCES, Judged, Row, Table, TableCell
from statelaw.publish import FEDERAL
from statelaw.reasoning import Condition, Finding, Law, Part

from .impact_views import document_or_mistakes, draft_to_view, page_context
from .links import address

OF = (("draft", gettext_lazy("The draft")), ("publication", gettext_lazy("The law in force")))
#: Facts of the grid, which every form here has.
GRID = ("disposition", "foreclosed_by", "lien", "residence", "loan_use", "units")
NOT_KNOWN, AS_USUAL = "not_known", ""


def urls(admin_site: AdminSite) -> list[URLPattern]:
    """For the state's own addresses (``…/jurisdictiondraft/``)."""

    @require_safe
    def table(request: HttpRequest, code: str) -> HttpResponse:
        return table_page(admin_site, request, code)

    @require_safe
    def rulings(request: HttpRequest, code: str) -> HttpResponse:
        return rulings_page(admin_site, request, code)

    return [
        re_path(r"^(?P<code>[A-Z]{2})/table/$", admin_site.admin_view(table), name="statelaw_table"),
        re_path(r"^(?P<code>[A-Z]{2})/rulings/$", admin_site.admin_view(rulings), name="statelaw_rulings"),
    ]


# --- which law is looked at ------------------------------------------------------------------------------------------
class LawForm(forms.Form):
    """Draft or law in force; for the federal layer also the state that it is looked at in."""

    of = forms.ChoiceField(label=gettext_lazy("Which law"), choices=OF, required=False)

    def __init__(self, data: Any, *, is_federal: bool, has_draft: bool):
        super().__init__(data)
        if not has_draft:
            self.fields["of"].choices = OF[1:]  # type: ignore[attr-defined]
        self.first = self.fields["of"].choices[0][0]  # type: ignore[attr-defined]
        if is_federal:
            states = sorted((store.law(code).state.name, code) for code in store.codes())
            choices = [(code, name) for name, code in states]
            self.fields["state"] = forms.ChoiceField(label=_("In which state"), choices=choices, required=False)

    def chosen(self) -> tuple[str, str]:
        """Which law and which state; the first of each where the address says none, or nonsense."""
        found = self.cleaned_data if self.is_valid() else {}
        state = found.get("state") or (self.fields["state"].choices[0][0] if "state" in self.fields else "")  # type: ignore[attr-defined]
        return found.get("of") or self.first, state


def _laws(code: str, state: str, document: Jurisdiction | None) -> tuple[Law | None, Law]:
    """The law that the draft makes (None where it makes none), and the law in force."""
    state = state or code
    draft = None
    if document is not None:
        try:
            draft = scenarios.laws_with(code, document)(state)
        except KeyError:  # a state's rule names a fact that the federal draft no longer has
            draft = None
    return draft, scenarios.laws_in_force()(state)


# --- the table -------------------------------------------------------------------------------------------------------
def table_page(admin_site: AdminSite, request: HttpRequest, code: str) -> HttpResponse:
    draft = draft_to_view(request, code)
    document, mistakes = document_or_mistakes(draft)
    form = LawForm(request.GET, is_federal=code == FEDERAL, has_draft=document is not None)
    of, state = form.chosen()
    new, old = _laws(code, state, document)
    if new is None:
        of = "publication"
    shown, other = (new, old) if of == "draft" and new is not None else (old, new)
    table = outcome_table.table(shown)
    against = outcome_table.table(other) if other is not None and draft.is_edited else None
    ways = [_way(row, table, against, shown) for row in _all_rows(table, against)]
    context = page_context(admin_site, request, draft, _("Outcomes at a glance: %(state)s") % {"state": draft.name})
    context |= {
        "mistakes": mistakes,
        "of": of,
        "state": state,
        "state_choices": form.fields["state"].choices if "state" in form.fields else [],  # type: ignore[attr-defined]
        "is_compared": against is not None,
        "can_toggle": new is not None,
        "ways": [_linked(way, reverse("admin:statelaw_rulings", args=[code]), of, state) for way in ways],
        "loan_uses": [sentence.value_label("loan_use", value) for value in LOAN_USES],
        "differing": sum(
            cell["differs"] * cell["many"] for way in ways for line in way["lines"] for cell in line["cells"]
        ),
        "cells": sum(len(row.cells) for row in table.rows),
        "sums": impact_words.sums(),
        "legend": [impact_words.outcome(name) for name in ("barred", "capped", "exposed", "depends")],
    }
    return TemplateResponse(request, "admin/desk/table.html", context)


def _all_rows(table: Table, against: Table | None) -> list[Row]:
    """The table's rows, and those that only the other law has."""
    held = {row.way for row in table.rows}
    return [*table.rows, *(row for row in (against.rows if against else ()) if row.way not in held)]


def _way(row: Row, table: Table, against: Table | None, law: Law) -> dict[str, Any]:
    """One way of losing the home, with a line for every home use; uses with one result share a line."""
    here, there = table.row(row.way), against.row(row.way) if against else None
    lines: list[dict[str, Any]] = []
    for residence in RESIDENCES:
        cells = [
            (
                here.cells[residence, loan] if here else None,
                there.cells[residence, loan] if there else None,
            )
            for loan in LOAN_USES
        ]
        if lines and lines[-1]["pairs"] == cells:
            lines[-1]["residences"].append(residence)
        else:
            lines.append({"pairs": cells, "residences": [residence]})
    disposition, foreclosed_by, lien = row.way
    return {
        "way": row.way,
        "disposition": sentence.value_label("disposition", disposition),
        "lien": sentence.value_label("lien", lien),
        "lender": _("in the foreclosure of a lender ahead of it") if foreclosed_by == SENIOR_LENDER else "",
        "is_only": "here" if there is None and against is not None else "there" if here is None else "",
        "lines": [_line(line, against is not None) for line in lines],
    }


def _line(line: Mapping[str, Any], is_compared: bool) -> dict[str, Any]:
    uses = line["residences"]
    labels = [sentence.value_label("residence", value) for value in uses]
    return {
        "residence": uses[0],
        "home": _("any home use") if len(uses) == len(RESIDENCES) else sentence.any_of(labels),
        "cells": [
            {
                "loan_use": loan,
                "here": _cell(here),
                "there": _cell(there),
                "differs": is_compared and here != there,
                "is_line": here is not None and there is not None and _cell(here) == _cell(there),
                "many": len(uses),
            }
            for loan, (here, there) in zip(LOAN_USES, line["pairs"], strict=True)
        ],
    }


def _cell(cell: TableCell | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    shows_amount = cell.outcome in ("capped", "exposed", "depends")
    return {
        **impact_words.outcome(cell.outcome, cell.possible),
        "amount": impact_words.amount(cell.exposure) if shows_amount else "",
        "is_probable": cell.is_probable,
        "only_if_asked": cell.only_if_asked,
    }


def _linked(way: dict[str, Any], page: str, of: str, state: str) -> dict[str, Any]:
    disposition, foreclosed_by, lien = way["way"]
    for line in way["lines"]:
        for cell in line["cells"]:
            query = {
                "of": of,
                **({"state": state} if state else {}),
                "disposition": disposition,
                "foreclosed_by": foreclosed_by,
                "lien": lien,
                "residence": line["residence"],
                "loan_use": cell["loan_use"],
                "units": outcome_table.UNITS,
            }
            cell["url"] = f"{page}?{urlencode(query)}"
    return way


# --- the rules behind a cell -----------------------------------------------------------------------------------------
class FactsForm(LawForm):
    """The facts of a situation: those of the grid, and every other fact that the law at hand turns on."""

    def __init__(self, data: Any, law: Law, *, is_federal: bool, has_draft: bool):
        super().__init__(data, is_federal=is_federal, has_draft=has_draft)
        self.law = law
        self.more = [v.name for v in law.variables if v.name not in GRID]
        for name in (*GRID, *self.more):
            fact = law.facts.get(name) or CORE[name]
            self.fields[name] = _field(fact, sentence.fact_label(name, law), law)
        self.case: Any = None

    def main_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.more]

    def more_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.more]

    def more_is_open(self) -> bool:
        return any(self[name].errors or self.data.get(name) for name in self.more)

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        given = {name: found[name] for name in (*GRID, *self.more) if found.get(name) not in (None, AS_USUAL)}
        given = {name: None if value == NOT_KNOWN else value for name, value in given.items()}
        for name in self.fields:
            fact = self.law.facts.get(name)
            if fact is not None and fact.kind == "yes_no" and given.get(name) is not None:
                given[name] = given[name] == "yes"
        if given.get("lien") == "first" or given.get("disposition") in WORKOUTS:
            if given.get("foreclosed_by") == SENIOR_LENDER:
                self.add_error("foreclosed_by", _("Only a second mortgage can be wiped out by a lender ahead of it."))
        if not self.errors:
            sums = {key: value for key, value in sums_of(MONEY).items() if value is not None}
            try:
                self.case = casefile.parse_case({"facts": given, "money": sums}, self.law, timezone.localdate())
            except casefile.CaseError as error:
                for key, message in error.problems:
                    name = key.rpartition(".")[2]
                    name = {"loan": "loan_date", "sale": "sale_date"}.get(name, name)
                    self.add_error(name if name in self.fields else None, message)
        return found


def sums_of(money: Any) -> dict[str, Decimal | None]:
    return {key: getattr(money, key) for key in casefile.MONEY_KEYS}


def _field(fact: Fact, label: str, law: Law) -> forms.Field:
    """A field for one fact. Nothing chosen: as usual for a circumstance, otherwise not known."""
    if fact.kind == "whole":
        return forms.IntegerField(label=label, required=False, min_value=1, max_value=1000)
    if fact.kind == "number":
        return forms.DecimalField(label=label, required=False, min_value=0, max_value=10**9, max_digits=14)
    if fact.kind == "date":
        return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))
    values: list[tuple[str, Any]] = [
        (
            ("yes" if value else "no") if isinstance(value, bool) else str(value),
            sentence.value_label(fact.name, value, law),
        )
        for value in fact.values
    ]
    if fact.is_circumstance and fact.name != "lender_waived":
        usual = _("as usual: %(usual)s") % {"usual": sentence.value_label(fact.name, fact.usual, law)}
        first = [(AS_USUAL, usual), (NOT_KNOWN, _("not known"))]
    elif fact.name == "lender_waived":
        first = [(AS_USUAL, _("not said")), (NOT_KNOWN, _("not known"))]
    else:
        first = [(AS_USUAL, _("not known"))]
    return forms.ChoiceField(label=label, required=False, choices=[*first, *values])


def rulings_page(admin_site: AdminSite, request: HttpRequest, code: str) -> HttpResponse:
    draft = draft_to_view(request, code)
    document, mistakes = document_or_mistakes(draft)
    options = {"is_federal": code == FEDERAL, "has_draft": document is not None}
    of, state = LawForm(request.GET, **options).chosen()
    new, old = _laws(code, state, document)
    law = new if of == "draft" and new is not None else old
    form = FactsForm(request.GET, law, **options)
    context = page_context(
        admin_site, request, draft, _("The rules behind an answer: %(state)s") % {"state": draft.name}
    )
    context |= {
        "mistakes": mistakes,
        "form": form,
        "is_draft": law is new,
        "table_url": f"{reverse('admin:statelaw_table', args=[code])}?{urlencode({'of': of, 'state': state})}",
        "sums": impact_words.sums(),
    }
    if form.is_valid():
        finding, judged = outcome_table.rulings(law, form.case)
        words = RulingWords(law, draft if law is new else None)
        context |= {"found": words.finding(finding), "sections": words.sections(judged)}
    return TemplateResponse(request, "admin/desk/rulings.html", context)


class RulingWords:
    """A ruling in words. ``draft``: where its rules can be edited."""

    def __init__(self, law: Law, draft: JurisdictionDraft | None):
        self.law = law
        self.rows = {row.slug: row.pk for row in draft.provisions.all()} if draft is not None else {}

    def finding(self, finding: Finding) -> dict[str, Any]:
        parts = finding.parts if len(finding.parts) > 1 else ()
        most = impact_words.MOST_PARTS
        return {
            **impact_words.outcome(finding.outcome, finding.possible),
            "amount": impact_words.amount(finding.exposure),
            "is_probable": finding.is_probable,
            "parts": [self._part(part) for part in parts[:most]],
            "parts_left_out": max(0, len(parts) - most),
        }

    def _part(self, part: Part) -> dict[str, Any]:
        return {
            "facts": [self._split(name, value) for name, value in part.when.items()],
            "outcome": impact_words.outcome(part.outcome),
            "amount": impact_words.amount(part.exposure),
        }

    def _split(self, name: str, value: Any) -> dict[str, str]:
        """A fact, or a point that no fact decides: whether a limit has run, or the lender acted in time."""
        point, _dot, key = name.partition(".")
        rule = self.law.by_id.get(key)
        labels = {
            "past": _("The time of “%(rule)s” has run"),
            "acted": _("The lender did in time what “%(rule)s” asks"),
            "skipped": _("The lender skipped “%(rule)s”"),
        }
        if rule is not None and point in labels:
            label = labels[point] % {"rule": rule.provision.heading}
            return {"label": label, "value": sentence.value_label("", value)}
        if name == "state_law_binds":
            return {"label": _("State rules bind this federal lender"), "value": sentence.value_label("", value)}
        return {
            "label": sentence.fact_label(name, self.law),
            "value": impact_words.values(name, value, self.law),
        }

    def sections(self, judged: Iterable[Judged]) -> list[dict[str, Any]]:
        titles = (
            ("decides", _("What decides"), True),
            ("held", _("Also applies"), True),
            ("unknown", _("May apply: something is not known"), True),
            ("failed", _("Does not apply"), False),
        )
        by_kind: dict[str, list[dict[str, Any]]] = {kind: [] for kind, _title, _open in titles}
        for item in judged:
            by_kind["decides" if item.decides else item.ruling.status].append(self._ruling(item))
        return [
            {"kind": kind, "title": title, "is_open": is_open, "rulings": by_kind[kind]}
            for kind, title, is_open in titles
            if by_kind[kind]
        ]

    def _ruling(self, item: Judged) -> dict[str, Any]:
        ruling, provision = item.ruling, item.ruling.provision
        row = self.rows.get(provision.id)
        return {
            **impact_words.rule(provision),
            "status": ruling.status,
            "federal": ruling.federal,
            "plain": provision.plain,
            "limit": impact_words.limit(provision),
            "sentence": sentence.conditions(provision, self.law),
            "conditions": [self._condition(condition) for condition in ruling.conditions],
            "unless": [
                {"status": status, "conditions": [self._condition(condition) for condition in conditions]}
                for status, conditions in ruling.unless
            ],
            "edit_url": address("statelaw_provisiondraft_change", row) if row else "",
        }

    def _condition(self, condition: Condition) -> dict[str, str]:
        name, answer = condition.fact, condition.answer
        first, last = getattr(answer, "first", None), getattr(answer, "last", None)
        if answer is None:
            said = _("not known")
        elif first is not None or last is not None:
            said = sentence.day(first) if first == last else sentence.range_label(name, {"from": first, "to": last})
        else:
            said = impact_words.values(name, sorted(answer) if isinstance(answer, frozenset) else answer, self.law)
        allowed = sentence.all_of([sentence.range_label(name, part, self.law) for part in condition.allowed])
        return {
            "status": condition.status,
            "label": sentence.fact_label(name, self.law),
            "allowed": allowed,
            "answer": _("as usual: %(said)s") % {"said": said} if condition.assumed else said,
        }
