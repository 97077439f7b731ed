"""The forms of a draft's rows: a rule, the process, a question, the general time limit, and the lists inside them.

What a form holds is checked by the law document (:mod:`statelaw.desk.editing`); a form itself only says what cannot be
read as a value at all. Its ``keys`` say at which field a mistake of the document stands.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils import dateformat, timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import sentence
from ..document import BELONGS
from ..models import (
    Kind,
    LimitationsDraft,
    ProcessDraft,
    ProvisionDraft,
    QuestionDraft,
    SourceDraft,
    Unit,
)
from .conditions import ConditionsField, UnlessField, error_for, facts_of

LONGEST_WHY = 500
LONGEST = 4000
MOST_COUNT = 10_000
MOST_LINES = 30
MOST_ROWS = 25
NOTHING = "–"


def digest_of(value: Any) -> str:
    """A short mark of a value: enough to tell whether somebody changed it."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:12]


# --- fields ----------------------------------------------------------------------------------------------------------


class PlaceField(forms.ChoiceField):
    """After which sibling a row stands. One that was taken away meanwhile is no mistake: the row stays where it is."""

    def valid_value(self, value: Any) -> bool:
        return super().valid_value(value) or str(value).isdigit()


class Day(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class LinesField(forms.CharField):
    """A list of texts, one on each line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        lines = [line.strip() for line in (super().to_python(value) or "").splitlines()]
        return [line for line in lines if line]

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > MOST_LINES:
            raise forms.ValidationError(_("At most %(n)s lines."), params={"n": MOST_LINES}, code="too_many")
        if any(len(line) > LONGEST for line in value):
            raise forms.ValidationError(_("A line is longer than %(n)s characters."), params={"n": LONGEST})

    def run_validators(self, value: Any) -> None:
        super().run_validators("\n".join(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(self.prepare_value(initial)) != self.to_python(data)


def _text(label: Any, help_text: Any = "", rows: int = 3, longest: int = LONGEST, **more: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, help_text=help_text, widget=widget, max_length=longest, **more)


def _count(label: Any, **more: Any) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(label=label, min_value=0, max_value=MOST_COUNT, widget=widget, **more)


def _choose(choices: Iterable[Any], label: Any, **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[("", _("choose")), *choices], **more)


def _choices(field: Any) -> list[tuple[Any, Any]]:
    return list(field.choices)


def one_kind_of_line_end(values: dict[str, Any]) -> None:
    """Browsers send every line end as two characters; the law keeps one, and is not changed by being looked at."""
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = value.replace("\r\n", "\n").replace("\r", "\n")


# --- one row ---------------------------------------------------------------------------------------------------------


class RowForm(forms.ModelForm):
    """A row with what the editor saw of it (``version``, ``seen``) and the ``reason`` why she changes it."""

    version = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, max_length=4000, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Why are you changing this?"),
        help_text=_("One sentence for those who check it, and for later. It stays in the history."),
        max_length=LONGEST_WHY,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    #: Key of the document (or its first part) -> field.
    keys: Mapping[str, str] = {}
    #: Fields that keep what they are set to even where nothing was sent for them.
    kept: Sequence[str] = ()

    def __init__(self, *args: Any, draft: Any, part_values: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft = draft
        self.part_values = part_values or {}
        for name, field in self.fields.items():
            field.error_messages["required"] = _("Say something here.")
            if isinstance(field, forms.ChoiceField):
                field.error_messages["required"] = _("Choose one.")
                if isinstance(field.widget, forms.Select):
                    self._field(name).choices = [(key, text if key else _("choose")) for key, text in _choices(field)]
        self.fields["reason"].error_messages["required"] = _("Say why, in a few words.")

    def _field(self, name: str) -> Any:
        return self.fields[name]

    def say_what_is_seen(self) -> None:
        """Sets the marks by which a later save by somebody else is noticed, field by field."""
        self.initial["version"] = self.instance.version if self.instance.pk else 0
        self.initial["seen"] = json.dumps({name: digest_of(value) for name, value in self.compared().items()})

    def compared(self, row: Any = None, parts: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The values that two editors can disagree about, of a row (this form's own) and the lists in it."""
        row = self.instance if row is None else row
        found = {name: getattr(row, name) for name in self.row_fields()}
        return found | dict(self.part_values if parts is None else parts)

    def row_fields(self) -> list[str]:
        return [name for name in self._meta.fields or () if name in self.fields]

    def label_of(self, name: str) -> str:
        """A field's name where it stands alone."""
        return str(self.fields[name].label or name) if name in self.fields else PART_LABELS.get(name, name)

    def words_of(self, name: str, value: Any) -> str:
        """A value as it can be read."""
        if name in PART_LABELS:
            return "\n".join(entry_words(name, row) for row in value)
        field = self.fields.get(name)
        choices = dict(getattr(field, "choices", ()) or ())
        if isinstance(value, list):
            return "\n".join(str(choices.get(item, item)) for item in value)
        if isinstance(value, str) and value in choices:
            return str(choices[value]) if value else ""
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        if hasattr(value, "year"):
            return dateformat.format(value, "F j, Y")
        return "" if value is None else str(value)

    def clean(self) -> dict[str, Any]:
        super().clean()
        one_kind_of_line_end(self.cleaned_data)
        return self.cleaned_data

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's own hook
        for name in self.kept:
            if name in self.cleaned_data:
                setattr(self.instance, name, self.cleaned_data[name])

    def mistaken(self, key: str, message: str) -> bool:
        """Puts a mistake of the document at its field. False where it belongs to no field of this form."""
        name = next((self.keys[part] for part in _shortened(key) if part in self.keys), None)
        if name is None or name not in self.fields:
            return False
        if name not in self.errors:  # the form's own words come first
            self.add_error(name, message)
        return True


def _shortened(key: str) -> Iterable[str]:
    """ "within.count", then "within"."""
    parts = key.split(".")
    return [".".join(parts[:n]) for n in range(len(parts), 0, -1)]


# --- a rule ----------------------------------------------------------------------------------------------------------

#: Which fields a key of the document fills.
_FIELDS_OF_KEY: Mapping[str, tuple[str, ...]] = {
    "measure": ("measure",),
    "measure_note": ("measure_note",),
    "automatic": ("automatic",),
    "ask_within": ("ask_count", "ask_unit", "ask_of", "ask_event", "ask_event_bound"),
    "within": ("within_count", "within_unit"),
    "of": ("of",),
    "event": ("event",),
    "event_bound": ("event_bound",),
    "action": ("action",),
    "tick": ("tick",),
}
#: Field -> the effects that it stands with, as the law document has it.
EFFECTS_OF: dict[str, tuple[str, ...]] = {
    name: effects for key, effects in BELONGS.items() for name in _FIELDS_OF_KEY[key]
}
IN_FORCE = ("sales_from", "sales_to", "loans_from", "loans_to")


class ProvisionForm(RowForm):
    place = PlaceField(
        label=_("Place among the state’s rules"),
        help_text=_("Readers see rules grouped by effect; within a group, in this order."),
    )
    checked_today = forms.BooleanField(
        required=False,
        label=_("I held this rule against its sources today"),
        help_text=_("Sets the day below to today."),
    )
    automatic = forms.TypedChoiceField(
        label=_("Who brings it up"),
        choices=[
            ("", _("choose")),
            ("true", _("the court applies it by itself")),
            ("false", _("the homeowner has to ask for it")),
        ],
        coerce=lambda value: {"true": True, "false": False}[value],
        empty_value=None,
        required=False,
    )
    caveats = LinesField(
        label=_("What can still go wrong"),
        help_text=_("One point a line, each a plain sentence."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    keys = {
        "id": "slug",
        **{
            name: name
            for name in (
                "effect", "heading", "plain", "cite", "confidence", "caveats", "measure", "measure_note",
                "automatic", "of", "event", "event_bound", "action", "tick", "after_judgment", "unsettles_state_law",
            )
        },
        **{f"in_force.{name}": name for name in IN_FORCE},
        "in_force": "sales_from",
        "within.unit": "within_unit",
        "within": "within_count",
        "ask_within.unit": "ask_unit",
        "ask_within.of": "ask_of",
        "ask_within.event": "ask_event",
        "ask_within.event_bound": "ask_event_bound",
        "ask_within": "ask_count",
    }  # fmt: skip
    kept = ("when", "unless", "caveats", "automatic")

    class Meta:
        model = ProvisionDraft
        fields = (
            "effect", "heading", "plain", "when", "unless", *IN_FORCE,
            "measure", "measure_note", "automatic",
            "ask_count", "ask_unit", "ask_of", "ask_event", "ask_event_bound",
            "within_count", "within_unit", "of", "event", "event_bound", "action", "tick",
            "after_judgment", "unsettles_state_law", "cite", "confidence", "caveats", "checked", "slug",
        )  # fmt: skip
        labels = {
            "effect": _("What the rule does"),
            "cite": _("Citation"),
            "plain": _("In plain words"),
            "heading": _("Heading"),
            "confidence": _("How sure we are"),
            "checked": _("Last checked"),
            "measure": _("How the amount is limited"),
            "measure_note": _("The measure in words"),
            "ask_count": _("How many"),
            "ask_unit": _("Days, months or years"),
            "ask_of": _("Counted from"),
            "ask_event": _("That event in words"),
            "ask_event_bound": _("When that event is"),
            "within_count": _("How many"),
            "within_unit": _("Days, months or years"),
            "of": _("Counted from"),
            "event": _("That event in words"),
            "event_bound": _("When that event is"),
            "action": _("What the lender must do"),
            "tick": _("Words beside the box"),
            "after_judgment": _("It still settles the matter once there is a judgment"),
            "unsettles_state_law": _("A federal lender’s loan: state rules may not bind it"),
            "sales_from": _("Sales from"),
            "sales_to": _("Sales up to"),
            "loans_from": _("Loans from"),
            "loans_to": _("Loans up to"),
            "slug": _("Id"),
        }
        help_texts = {
            "heading": _("At most ten words."),
            "plain": _("One to three short sentences to the homeowner: “you”. Aim for grade 8 or lower."),
            "cite": _("As a lawyer would cite it, with the part of the section that says so."),
            "measure_note": _("Needed for another measure; it is shown to readers."),
            "action": _("One or more whole sentences, in plain words. Readers are asked it in these words."),
            "tick": _("One statement that is true when ticked: “The lender never mailed me a notice”."),
            "event": _("Only for “another event”. Readers are asked for its day in these words."),
            "ask_event": _("Only for “another event”."),
            "event_bound": _(
                "Usual: a default or a foreclosure judgment comes before the sale, any other event after it."
            ),
            "ask_event_bound": _(
                "Usual: a default or a foreclosure judgment comes before the sale, any other event after it."
            ),
            "slug": _("Never changes once saved. Leave it empty and it is made from the citation."),
        }
        widgets = {
            **{name: Day() for name in (*IN_FORCE, "checked")},
            **{
                name: forms.Textarea(attrs={"rows": rows})
                for name, rows in (
                    ("heading", 2), ("plain", 5), ("cite", 2), ("measure_note", 3), ("action", 3), ("event", 2),
                    ("ask_event", 2), ("tick", 2),
                )
            },
        }  # fmt: skip

    def __init__(
        self, *args: Any, questions: Sequence[Any] = (), siblings: Sequence[ProvisionDraft] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.questions, self.siblings = questions, siblings
        facts, row = facts_of(questions), self.instance
        self.fields["when"] = ConditionsField(
            facts, questions, stored=row.when, label=_("Applies when"), required=False
        )
        self.fields["unless"] = UnlessField(facts, questions, stored=row.unless, label=_("Except when"), required=False)
        self.fields["effect"].widget.attrs |= {
            "hx-post": "",
            "hx-trigger": "change",
            "hx-vals": '{"_show": "effect"}',
            "hx-target": "#extra",
            "hx-swap": "outerHTML",
        }
        for name in ("event_bound", "ask_event_bound"):
            field = self._field(name)
            field.choices = [("", _("as is usual for it")), *_choices(field)[1:]]
        for name in ("within_count", "ask_count"):
            self.fields[name] = _count(self.fields[name].label, required=False)
        if row.pk:
            del self.fields["slug"]
        else:
            self.fields["slug"].required = False
            self.fields["slug"].widget.attrs |= {"spellcheck": "false", "autocapitalize": "none"}
        self._field("place").choices = _places(row, siblings)
        if "place" not in self.initial:
            self.initial["place"] = _place_of(row, siblings)
        if row.automatic is not None:
            self.initial["automatic"] = "true" if row.automatic else "false"

    @property
    def effect(self) -> str:
        """The effect as it was chosen last."""
        return self["effect"].value() or ""

    def is_of_effect(self, name: str) -> bool:
        return name not in EFFECTS_OF or self.effect in EFFECTS_OF[name]

    def words_of(self, name: str, value: Any) -> str:
        if name == "when":
            return sentence.conditions({"when": value}, self.questions)
        if name == "unless":
            return sentence.conditions({"when": {}, "unless": value}, self.questions) if value else ""
        if name == "automatic" and value is not None:
            value = "true" if value else "false"
        return super().words_of(name, value)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in EFFECTS_OF:  # what does not stand with the effect was not shown, and is not kept
            if not self.is_of_effect(name) and name in self.fields:
                self.errors.pop(name, None)
                cleaned[name] = None if name in ("automatic", "ask_count", "within_count") else ""
        for event, of in (("event", "of"), ("ask_event", "ask_of")):
            if cleaned.get(of) != "other":
                self.errors.pop(event, None)
                cleaned[event] = ""
        today = timezone.localdate()
        if cleaned.get("checked_today"):
            self.errors.pop("checked", None)
            cleaned["checked"] = today
        elif cleaned.get("checked") and cleaned["checked"] > today:
            self.add_error("checked", gettext("This day has not come yet."))
        if "slug" in self.fields and "slug" not in self.errors:
            self._clean_slug(cleaned)
        return cleaned

    def _clean_slug(self, cleaned: dict[str, Any]) -> None:
        taken = {row.slug for row in self.siblings}
        if not cleaned.get("slug"):
            cleaned["slug"] = proposed_slug(self.draft.code, cleaned.get("cite") or "", taken)
        elif cleaned["slug"] in taken:
            self.add_error("slug", gettext("Another rule of this state has this id."))

    def mistaken(self, key: str, message: str) -> bool:
        if key.split(".")[0] in ("when", "unless"):
            found = error_for(self, key, message)
            if found:
                name, error = found
                if name not in self.errors:
                    self.add_error(name, error)
                return True
        return super().mistaken(key, message)


def proposed_slug(code: str, cite: str, taken: Iterable[str] = ()) -> str:
    """An id from a citation: "Ariz. Rev. Stat. § 33-814(G)" of Arizona is ``az-33-814-g``."""
    taken = set(taken)
    _before, mark, after = cite.partition("§")
    words = (after if mark else cite).lower()
    signs = "".join(sign if sign.isascii() and (sign.isalnum() or sign == ".") else "-" for sign in words)
    parts = [part.strip(".") for part in signs.split("-") if part.strip(".")]
    base = f"{code.lower()}-{'-'.join(parts)[:80].strip('-.') or 'rule'}"
    found, number = base, 1
    while found in taken:
        number += 1
        found = f"{base}-{number}"
    return found


def short_name(words: str) -> str:
    """A name for an answer from its words: "Deed of trust" is ``deed_of_trust``."""
    signs = "".join(sign if sign.isascii() and sign.isalnum() else " " for sign in words.lower())
    name = "_".join(signs.split())[:50].strip("_")
    return name if len(name) > 1 and name[0].isalpha() else f"answer_{name}".strip("_")


def _places(row: Any, siblings: Sequence[Any]) -> list[tuple[str, str]]:
    others = [other for other in siblings if other.pk != row.pk]
    after = [(str(other.pk), gettext("after “%(rule)s”") % {"rule": _short(_words_of(other))}) for other in others]
    return [("0", gettext("first")), *after]


def _words_of(row: Any) -> str:
    """A question by what it asks, anything else by its name."""
    return getattr(row, "ask", "") or str(row)


def _place_of(row: Any, siblings: Sequence[Any]) -> str:
    """The key of the sibling that stands before the row; a new row comes last."""
    before = "0"
    for other in siblings:
        if other.pk == row.pk:
            return before
        before = str(other.pk)
    return before


def _short(text: str, longest: int = 70) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


# --- the other rows ---------------------------------------------------------------------------------------------------

ROUTES = [
    ("same_case", _("in the foreclosure case itself")),
    ("separate_suit", _("in a suit of its own")),
    ("either", _("either way")),
    ("none", _("not at all")),
]


class ProcessForm(RowForm):
    available = forms.MultipleChoiceField(
        label=_("Ways there are"), choices=Kind.choices, widget=forms.CheckboxSelectMultiple
    )
    keys = {"usual": "usual", "available": "available", "summary": "summary", "route": "available"} | {
        f"route.{kind}": f"route_{kind}" for kind in Kind.values
    }
    kept = ("available", "route")

    class Meta:
        model = ProcessDraft
        fields = ("usual", "available", "summary")
        labels = {"usual": _("What most homeowners see"), "summary": _("In plain words")}
        help_texts = {"summary": _("Two or three plain sentences to the homeowner.")}
        widgets = {"usual": forms.RadioSelect, "summary": forms.Textarea(attrs={"rows": 6})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._field("usual").choices = Kind.choices
        for kind, label in Kind.choices:
            self.fields[f"route_{kind}"] = _choose(ROUTES, label, required=False)
            self.initial.setdefault(f"route_{kind}", (self.instance.route or {}).get(kind, ""))

    def row_fields(self) -> list[str]:
        return [*super().row_fields(), "route"]

    @property
    def routes(self) -> list[Any]:
        return [self[f"route_{kind}"] for kind in Kind.values]

    def label_of(self, name: str) -> str:
        return gettext("How the lender gets the judgment") if name == "route" else super().label_of(name)

    def words_of(self, name: str, value: Any) -> str:
        if name == "route":
            kinds, routes = dict(Kind.choices), dict(ROUTES)
            return "\n".join(f"{kinds.get(kind, kind)}: {routes.get(way, way)}" for kind, way in value.items())
        return super().words_of(name, value)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        chosen, stored = cleaned.get("available") or [], self.instance.available or []
        # What stays keeps its order; the order of the boxes says nothing.
        cleaned["available"] = [kind for kind in stored if kind in chosen] + [k for k in chosen if k not in stored]
        before = self.instance.route or {}
        order = [*before, *(kind for kind in Kind.values if kind not in before)]
        given = {kind: cleaned.get(f"route_{kind}") for kind in order}
        cleaned["route"] = {kind: way for kind, way in given.items() if way}
        for kind in cleaned["available"]:
            if kind not in stored and not given.get(kind) and f"route_{kind}" not in self.errors:
                self.add_error(f"route_{kind}", gettext("Say how the lender gets the judgment this way."))
        return cleaned


class LimitationsForm(RowForm):
    keys = {"years": "years", "cite": "cite", "note": "note"}

    class Meta:
        model = LimitationsDraft
        fields = ("years", "cite", "note")
        labels = {"years": _("Years"), "cite": _("Citation"), "note": _("Note")}
        help_texts = {
            "years": _("How long the lender has to sue over the loan where no special limit ends the claim."),
            "note": _("In plain words; shown to readers."),
        }
        widgets = {"cite": forms.Textarea(attrs={"rows": 2}), "note": forms.Textarea(attrs={"rows": 3})}


class QuestionForm(RowForm):
    usual = forms.TypedChoiceField(
        label=_("Usual answer"),
        required=False,
        coerce=lambda value: {"true": True, "false": False}.get(value, value),
        empty_value=None,
        help_text=_(
            "Only where it is rarely otherwise: the answer that is taken when nothing is said. The question is then a "
            "box to tick on the page of circumstances."
        ),
    )
    place = PlaceField(label=_("Place among the state’s questions"))
    keys = {name: name for name in ("fact", "kind", "ask", "usual", "why", "tick")} | {"choices": "kind"}
    kept = ("usual",)

    class Meta:
        model = QuestionDraft
        fields = ("kind", "ask", "usual", "why", "tick", "fact")
        labels = {
            "fact": _("Name of the fact"),
            "kind": _("Kind of answer"),
            "ask": _("Question"),
            "why": _("Why it matters"),
            "tick": _("Words beside the box"),
        }
        help_texts = {
            "ask": _("As the homeowner is asked, in plain words. Every question can be answered with “I don’t know”."),
            "why": _("One sentence: what turns on it."),
            "tick": _("For a question with a usual answer: one statement that is true when ticked."),
        }
        widgets = {
            "kind": forms.RadioSelect,
            "ask": forms.Textarea(attrs={"rows": 3}),
            "why": forms.Textarea(attrs={"rows": 2}),
            "tick": forms.Textarea(attrs={"rows": 2}),
            "fact": forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
        }

    def __init__(
        self,
        *args: Any,
        answers: Sequence[tuple[str, str]] = (),
        siblings: Sequence[QuestionDraft] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.siblings = siblings
        prefix = f"{self.draft.code.lower()}_"
        self.fields["fact"].help_text = gettext("Small letters, digits and _; starts with %(prefix)s.") % {
            "prefix": prefix
        }
        if not self.instance.pk:
            self.initial["fact"] = prefix
            self.fields["fact"].required = False
            self.fields["fact"].help_text += " " + gettext("Leave it as it is and it is made from the question.")
        self._field("kind").choices = QuestionDraft.Kind.choices
        self._field("usual").choices = [("", gettext("none: it is open until it is asked")), *answers]
        if isinstance(self.instance.usual, bool):
            self.initial["usual"] = "true" if self.instance.usual else "false"
        self._field("place").choices = _places(self.instance, siblings)
        self.initial.setdefault("place", _place_of(self.instance, siblings))

    def clean_fact(self) -> str:
        fact, prefix = self.cleaned_data.get("fact") or "", f"{self.draft.code.lower()}_"
        if self.instance.pk or fact not in ("", prefix):
            return fact
        base = f"{prefix}{short_name(self.data.get('ask') or '')}"[:58].rstrip("_")
        taken = {row.fact for row in self.siblings}
        return next(name for n in range(1, len(taken) + 2) if (name := base if n == 1 else f"{base}_{n}") not in taken)

    def words_of(self, name: str, value: Any) -> str:
        if name == "usual" and isinstance(value, bool):
            value = "true" if value else "false"
        return super().words_of(name, value)


# --- the lists in a row -----------------------------------------------------------------------------------------------


class PartForm(forms.Form):
    """One entry of a list inside a row. Left wholly blank it counts for nothing."""

    use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        super().clean()
        one_kind_of_line_end(self.cleaned_data)
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """As far as they can be read."""
        cleaned = getattr(self, "cleaned_data", {})
        return {name: cleaned.get(name, self[name].value()) for name in self.declared_fields}


class SourceForm(PartForm):
    url = forms.CharField(
        label=_("Address"), max_length=600, widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"})
    )
    kind = _choose(SourceDraft.Kind.choices, _("Kind"))
    supports = _text(_("What it supports"), rows=2)


class RedemptionForm(PartForm):
    after = _choose(Kind.choices, _("After"))
    count = _count(_("How many"), help_text=_("0 reads “until the sale is confirmed”."))
    unit = _choose(Unit.choices, _("Days, months or years"))
    note = _text(_("Note"), rows=2, required=False)
    cite = _text(_("Citation"), rows=2)


class AnswerForm(PartForm):
    value = forms.CharField(
        label=_("Short name"),
        required=False,
        max_length=61,
        help_text=_("Rules refer to it. Leave it empty and it is made from the words of the answer."),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
    )
    label = _text(_("Words of the answer"), rows=2)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("label") and not cleaned.get("value"):
            cleaned["value"] = short_name(cleaned["label"])
        return cleaned


class PartFormSet(forms.BaseFormSet):
    """The entries of a list, in an order that can be changed; blank and removed ones are left out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.form_kwargs.setdefault("empty_permitted", True)

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["ORDER"].label = _("Place")
        form.fields["ORDER"].widget.attrs |= {"min": 1, "inputmode": "numeric"}
        form.fields["DELETE"].label = _("Remove this one")
        for name, field in form.fields.items():
            if name not in ("ORDER", "DELETE"):
                field.error_messages["required"] = (
                    _("Choose one.") if isinstance(field, forms.ChoiceField) else _("Say something here.")
                )

    def kept(self) -> list[PartForm]:
        """The entries that count, in their order."""
        self.is_valid()
        found = [form for form in self.forms if not self.is_removed(form) and not self.is_blank(form)]
        return sorted(found, key=lambda form: (_order(form) is None, _order(form) or 0))

    def is_removed(self, form: PartForm) -> bool:
        return bool(getattr(form, "cleaned_data", {}).get("DELETE"))

    def is_blank(self, form: PartForm) -> bool:
        return all(form[name].value() in (None, "") for name in form.declared_fields)

    def rows(self) -> list[dict[str, Any]]:
        return [form.values() for form in self.kept()]

    def is_sound(self) -> bool:
        """No entry that counts has a value that cannot be read."""
        return not self.non_form_errors() and not any(form.errors for form in self.kept())


def _order(form: PartForm) -> int | None:
    return getattr(form, "cleaned_data", {}).get("ORDER")


def _set_of(form: type[PartForm]) -> type[PartFormSet]:
    return forms.formset_factory(  # type: ignore[return-value]
        form,
        formset=PartFormSet,
        extra=0,
        can_order=True,
        can_delete=True,
        max_num=MOST_ROWS,
        absolute_max=MOST_ROWS + 5,
        validate_max=True,
    )


SourceFormSet, RedemptionFormSet, AnswerFormSet = map(_set_of, (SourceForm, RedemptionForm, AnswerForm))

#: The lists by name, as one tells of them.
PART_LABELS: Mapping[str, Any] = {
    "sources": _("Sources"),
    "redemption": _("Times to buy back"),
    "choices": _("Answers"),
}
PART_SETS: Mapping[str, type[PartFormSet]] = {
    "sources": SourceFormSet,
    "redemption": RedemptionFormSet,
    "choices": AnswerFormSet,
}


def entry_words(name: str, values: Mapping[str, Any]) -> str:
    """One entry of a list in one line."""
    fields = PART_SETS[name].form.base_fields
    told = []
    for key, field in fields.items():
        value = values.get(key)
        if value not in (None, ""):
            told.append(str(dict(getattr(field, "choices", ())).get(value, value)))
    return " · ".join(told)


class WhyForm(forms.Form):
    """Why a row is taken away."""

    version = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Why are you taking it away?"),
        help_text=_("It stays in the history, as does every version of what you take away."),
        max_length=LONGEST_WHY,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why, in a few words.")},
    )
