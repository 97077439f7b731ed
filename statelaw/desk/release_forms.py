"""The forms of signing off, publishing, rolling back and withdrawing. What may be done is decided by
:mod:`statelaw.releases` alone; its refusals stand at these forms' fields."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.forms.utils import from_current_timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from statelaw.models import SignOff
from statelaw.releases import Refused


class StepForm(forms.Form):
    """A form whose step can be refused."""

    #: The form's field for each field that a refusal may name, where the names differ.
    PLACES: dict[str, str] = {}

    def refuse(self, refused: Refused) -> None:
        for name, message in refused.problems:
            place = self.PLACES.get(name, name)
            self.add_error(place if place in self.fields else None, message)


def _long(label: Any, limit: int, *, required: bool = True, help_text: Any = "", rows: int = 3) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    messages = {"required": _("Say it in a few words."), "max_length": _("Say it in at most %(limit_value)d letters.")}
    return forms.CharField(
        label=label,
        max_length=limit,
        required=required,
        help_text=help_text,
        widget=widget,
        error_messages=messages,
    )


class SignOffForm(StepForm):
    provisions = forms.MultipleChoiceField(
        label=_("Rules that I read against their sources"), required=False, widget=forms.CheckboxSelectMultiple
    )
    kind = forms.ChoiceField(
        label=_("I sign as"),
        widget=forms.RadioSelect,
        initial=SignOff.Kind.EDITOR,
        error_messages={"required": _("Say as what you sign.")},
    )
    is_named = forms.BooleanField(
        label=_("Readers may see my name beside the rules that I reviewed as an attorney"), required=False
    )
    public_name = forms.CharField(
        label=_("My name as readers shall see it"),
        max_length=200,
        required=False,
        help_text=_("For example: Jane Roe, attorney in Phoenix. Shown only with the box above ticked."),
    )
    note = _long(_("Note"), 2000, required=False, help_text=_("For the desk. Readers do not see it."))

    def __init__(self, *args: Any, rules: Iterable[tuple[str, str]], changed: Iterable[str], licence: Any, **kw: Any):
        """``licence``: as what kind of attorney the person may sign, in words; nothing: not as one."""
        super().__init__(*args, **kw)
        self.changed = set(changed)
        provisions: Any = self.fields["provisions"]
        provisions.choices = list(rules)
        provisions.initial = [key for key, _heading in provisions.choices if key in self.changed]
        kinds: Any = self.fields["kind"]
        kinds.choices = [
            (SignOff.Kind.EDITOR, _("an editor: I compared the rules with their sources")),
            *([(SignOff.Kind.ATTORNEY, licence)] if licence else []),
        ]
        if not licence:
            del self.fields["is_named"], self.fields["public_name"]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if found.get("is_named") and not found.get("public_name", "").strip() and "public_name" not in self.errors:
            self.add_error("public_name", _("Write the name that readers shall see, or untick the box above."))
        return found

    @property
    def name_to_show(self) -> str:
        """The name for readers: only of an attorney, and only where she said so."""
        found = self.cleaned_data
        agreed = found["kind"] == SignOff.Kind.ATTORNEY and found.get("is_named")
        return found["public_name"].strip() if agreed else ""

    def _boxes(self, changed: bool) -> list[Any]:
        return [box for box in self["provisions"] if (str(box.data["value"]) in self.changed) is changed]

    @property
    def changed_boxes(self) -> list[Any]:
        return self._boxes(True)

    @property
    def other_boxes(self) -> list[Any]:
        return self._boxes(False)


class SendBackForm(StepForm):
    """An objection, beside the form of a signature: its fields are named apart from that one's by a prefix."""

    prefix = "back"

    provision = forms.ChoiceField(
        label=_("What this is about"),
        required=False,
        error_messages={"invalid_choice": _("There is no such rule any more. Choose another, or the whole change.")},
    )
    text = _long(_("What has to be mended"), 2000, help_text=_("For those at the desk. Readers do not see it."))

    def __init__(self, *args: Any, rules: Iterable[tuple[str, str]], **kw: Any):
        super().__init__(*args, **kw)
        provision: Any = self.fields["provision"]
        provision.choices = [("", _("the whole change")), *rules]


class PublishForm(StepForm):
    PLACES = {"live_at": "day"}

    NOW, LATER = "now", "later"

    note = _long(_("What changed"), 500, help_text=_("One or two sentences. They stand with the publication."))
    when = forms.ChoiceField(
        label=_("When it comes into force"),
        choices=((NOW, _("now")), (LATER, _("on a day and time"))),
        initial=NOW,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose now, or a day and time.")},
    )
    day = forms.DateField(
        label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    time = forms.TimeField(
        label=_("Time"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    alone = forms.BooleanField(
        label=_("No second person has checked this. Publish it with the words “not checked by a second person”."),
        required=False,
    )
    overtake = forms.BooleanField(label=_("Yes, this one shall take its place."), required=False)
    failing_why = _long(
        _("Why it is right although scenarios fail"),
        2000,
        required=False,
        help_text=_("For example: the scenario expects the law before it was changed."),
    )

    @property
    def live_at(self) -> datetime | None:
        """When it shall come into force; None: now."""
        if self.cleaned_data["when"] == self.NOW:
            return None
        return self.cleaned_data["moment"]  # type: ignore[no-any-return]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if found.get("when") != self.LATER:
            for name in ("day", "time"):  # whatever stands there does not matter
                self.errors.pop(name, None)
            return found
        for name, message in (("day", gettext("Choose the day.")), ("time", gettext("Choose the time."))):
            if not found.get(name) and name not in self.errors:
                self.add_error(name, message)
        if "day" in self.errors or "time" in self.errors:
            return found
        try:
            found["moment"] = from_current_timezone(datetime.combine(found["day"], found["time"]))
        except (forms.ValidationError, OverflowError):  # an hour that the change of clocks skips or has twice
            self.add_error("time", _("The clocks change then. Choose another hour."))
        return found


class RollBackForm(StepForm):
    reason = _long(_("Why"), 500, help_text=_("It stands with the new publication."))
    overtake = forms.BooleanField(label=_("Yes, this one shall take its place."), required=False)
    failing_why = _long(_("Why it is right although scenarios fail"), 2000, required=False)


class WithdrawForm(StepForm):
    why = _long(_("Why"), 500, help_text=_("It stands with the publication that will not come into force."))
