"""One small form for each kind of question. Every form has one field, ``value``, but the follow-ups page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from statelaw import store
from statelaw.facts import STAGES_BEFORE_SALE
from statelaw.reasoning import Law

from . import questions
from .answers import Answer
from .questions import NONE_OF_THESE, UNSURE, Option, Question

LONGEST = 40
MOST_MONEY = Decimal(100_000_000)
MOST_ACRES = Decimal(100_000)
FIRST_YEAR, LAST_YEAR = 1950, 2100

_WHOLE = r"(\d{1,3}(?:,\d{3})+|\d+)?(\.\d+)?"
_MONEY = re.compile(rf"\$?\s*{_WHOLE}\s*(k|thousand|m|mm|million)?\s*(?:\$|dollars?|usd)?", re.I)
_NUMBER = re.compile(rf"{_WHOLE}\s*(?:acres?)?", re.I)
_TIMES = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "mm": 1_000_000, "million": 1_000_000}
#: Digits of any script, as a phone's keyboard writes them; no sign, and no more than a date has.
_SMALL, _YEAR = re.compile(r"\d{1,2}"), re.compile(r"\d{4}")
_NO_SUCH_DAY = _("There is no such day. Check the month and the day.")
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
#: Days that cannot lie ahead.
_PAST = frozenset(
    {"loan_date", "last_payment", "called_due", "when-default", "when-foreclosure_judgment", "when-deficiency_judgment"}
)

#: Why a day cannot be right, from the date of the sale.
_OUT_OF_ORDER = {
    "before_sale": _(
        "That day is before the sale, but this can only come after it. Check it, or change the date of the sale."
    ),
    "after_sale": _(
        "That day is after the sale, but this can only come before it. Check it, or change the date of the sale."
    ),
}


def plain(text: Any) -> str:
    """Typed text without what cannot be seen: control characters, direction marks. Raises ValidationError."""
    text = str(text or "")
    if len(text) > LONGEST:
        raise ValidationError(_("That is too long. Use %(most)s letters or fewer."), "long", {"most": LONGEST})
    text = unicodedata.normalize("NFKC", text)
    text = "".join(c if not unicodedata.category(c).startswith("C") else "" for c in text)
    return " ".join(text.split()).replace("−", "-")


# --- fields


class _Cards(forms.RadioSelect):
    """Answers as cards: each option brings its description and whether it is the usual one."""

    cards: Sequence[Option] = ()

    def create_option(self, name, value, label, selected, index, subindex=None, attrs=None):
        option = super().create_option(name, value, label, selected, index, subindex, attrs)
        card = self.cards[index] if index < len(self.cards) else None
        option["description"] = card.description if card else ""
        option["common"] = bool(card and card.common)
        return option


class _Boxes(forms.CheckboxSelectMultiple):
    def create_option(self, name, value, label, selected, index, subindex=None, attrs=None):
        option = super().create_option(name, value, label, selected, index, subindex, attrs)
        option["description"], option["common"] = "", False
        return option


class CardField(forms.ChoiceField):
    def __init__(self, cards: Sequence[Option], **kwargs: Any):
        widget = _Cards()
        widget.cards = cards
        wrong = _("Choose one of the answers.")
        super().__init__(
            choices=[(card.value, card.label) for card in cards],
            widget=widget,
            error_messages={"required": wrong, "invalid_choice": wrong},
            **kwargs,
        )


class BoxesField(forms.MultipleChoiceField):
    def __init__(self, cards: Sequence[Option], **kwargs: Any):
        super().__init__(
            choices=[(card.value, card.label) for card in cards],
            widget=_Boxes(),
            error_messages={
                "required": _("Tick what applies to you, or “None of these”."),
                "invalid_choice": _("Choose only from the boxes on this page."),
                "invalid_list": _("Choose only from the boxes on this page."),
            },
            **kwargs,
        )

    def clean(self, value: Any) -> list[str]:
        ticked = super().clean(value)
        if NONE_OF_THESE in ticked and len(ticked) > 1:
            raise ValidationError(_("You ticked “None of these” and another box. Keep only what is so."), "both")
        return ticked


class PlainField(forms.CharField):
    """A line of typed text, cleaned of what cannot be seen."""

    def __init__(self, **kwargs: Any):
        self.least, self.most = kwargs.pop("least", Decimal(0)), kwargs.pop("most", None)
        super().__init__(**kwargs)
        self.validators = []

    def to_python(self, value: Any) -> Any:
        text = plain(value)
        if not text:
            if self.required:
                raise ValidationError(self.error_messages["required"], "required")
            return None
        return self.parsed(text)

    def validate(self, value: Any) -> None:
        pass

    def parsed(self, text: str) -> Any:
        return text


def _decimal(whole: str | None, part: str | None) -> Decimal | None:
    if not (whole or part):
        return None
    try:
        return Decimal(f"{(whole or '0').replace(',', '')}{part or ''}")
    except InvalidOperation:
        return None


class MoneyField(PlainField):
    """``$245,000``, ``245000``, ``245k``, ``1.2 million``. The answer is the amount as text."""

    prefix = "$"

    def __init__(self, **kwargs: Any):
        super().__init__(error_messages={"required": _("Enter an amount, or choose “I’m not sure”.")}, **kwargs)
        self.widget.attrs.update({"inputmode": "decimal", "autocomplete": "off", "maxlength": LONGEST})

    def parsed(self, text: str) -> str:
        if text.startswith(("-", "(", "$-", "$ -")):
            raise ValidationError(_("Enter an amount of zero or more, without a minus sign."), "negative")
        found = _MONEY.fullmatch(text)
        value = _decimal(found[1], found[2]) if found else None
        if found is None or value is None or (not found[3] and len(found[2] or "") > 3):
            raise ValidationError(_("Enter the amount in numbers, such as 245,000 or 245k."), "invalid")
        value *= _TIMES.get((found[3] or "").lower(), 1)
        if value > MOST_MONEY:
            raise ValidationError(_("Enter an amount of at most $100,000,000."), "large")
        return _short(value)


class NumberField(PlainField):
    """A number, such as a count of acres. The answer is the number as text."""

    def __init__(self, suffix: Any = "", **kwargs: Any):
        self.suffix = suffix
        super().__init__(error_messages={"required": _("Enter a number, or choose “I’m not sure”.")}, **kwargs)
        self.widget.attrs.update({"inputmode": "decimal", "autocomplete": "off", "maxlength": LONGEST})

    def parsed(self, text: str) -> str:
        if text.startswith("-"):
            raise ValidationError(_("Enter a number of zero or more, without a minus sign."), "negative")
        found = _NUMBER.fullmatch(text)
        value = _decimal(found[1], found[2]) if found else None
        if value is None:
            raise ValidationError(_("Enter a number, such as 0.25 or 3."), "invalid")
        if value > MOST_ACRES:
            raise ValidationError(_("That number is too large. Check it once more."), "large")
        return _short(value)


def _short(value: Decimal) -> str:
    text = format(value.quantize(Decimal("0.0001")), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class _DateWidget(forms.MultiWidget):
    def __init__(self):
        boxes = [
            forms.TextInput({"inputmode": "numeric", "autocomplete": "off", "maxlength": size}) for size in (12, 4, 6)
        ]
        super().__init__(boxes)

    def decompress(self, value: str | None) -> list[str | None]:
        year, month, day = ([*value.split("-"), None, None] if value else [None, None, None])[:3]
        return [month and str(int(month)), day and str(int(day)), year]


class DateField(forms.MultiValueField):
    """Month, day and year. A year, or a month and a year, will do. The answer is a partial date as text."""

    def __init__(self, **kwargs: Any):
        parts = [PlainField(required=False) for _part in range(3)]
        super().__init__(
            parts,
            widget=_DateWidget(),
            require_all_fields=False,
            error_messages={"required": _("Enter at least the year, or choose “I’m not sure”.")},
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        values = value if isinstance(value, list | tuple) else []
        typed = [*values, "", "", ""][:3]
        month, day, year = (plain(part) for part in typed)
        if any(str(part or "").strip() and not seen for part, seen in zip(typed, (month, day, year), strict=True)):
            raise ValidationError(_NO_SUCH_DAY, "day")
        if not (month or day or year):
            raise ValidationError(self.error_messages["required"], "required")
        if not year:
            raise ValidationError(_("Enter the year too."), "no_year")
        if day and not month:
            raise ValidationError(_("Enter the month too, or leave the day empty."), "no_month")
        return _partial_date(month, day, year)


def _partial_date(month: str, day: str, year: str) -> str:
    if not (_YEAR.fullmatch(year) and FIRST_YEAR <= int(year) <= LAST_YEAR):
        message = _("Enter the year with four digits, from %(first)s to %(last)s.")
        raise ValidationError(message, "year", {"first": FIRST_YEAR, "last": LAST_YEAR})
    if not month:
        return f"{int(year):04}"
    number = _month(month)
    if number is None:
        raise ValidationError(_("Enter the month as a number from 1 to 12."), "month")
    if not day:
        return f"{int(year):04}-{number:02}"
    if not _SMALL.fullmatch(day):
        raise ValidationError(_NO_SUCH_DAY, "day")
    try:
        return date(int(year), number, int(day)).isoformat()
    except (ValueError, OverflowError):
        raise ValidationError(_NO_SUCH_DAY, "day") from None


def _month(text: str) -> int | None:
    if _SMALL.fullmatch(text):
        return int(text) if 1 <= int(text) <= 12 else None
    word = text.lower().rstrip(".")
    for number, name in enumerate(_MONTHS, start=1):
        if len(word) >= 3 and name.startswith(word):
            return number
    return None


# --- forms


class QuestionForm(forms.Form):
    """The form of one question. ``answer`` gives what is to be kept."""

    def __init__(
        self, question: Question, *args: Any, law: Law | None = None, today: date | None = None, **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.question, self.law, self.today = question, law, today
        self.build()

    @cached_property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.form_tag, helper.disable_csrf = False, True
        return helper

    def build(self) -> None:
        raise NotImplementedError

    def answers(self) -> dict[str, Answer]:
        """What is to be kept, by slug."""
        return {self.question.slug: self.cleaned_data["value"]}

    @staticmethod
    def initial_of(question: Question, given: dict[str, Answer]) -> dict[str, Any]:
        value = given.get(question.slug)
        return {} if value is None else {"value": value}


class StateForm(QuestionForm):
    def build(self) -> None:
        names = sorted((store.law(code).state.name, code) for code in store.codes())
        choices = [("", _("Choose a state")), *((code, name) for name, code in names)]
        choices.append((questions.TERRITORY, _("A territory, such as Puerto Rico or Guam")))
        wrong = _("Choose the state where the home is.")
        self.fields["value"] = forms.ChoiceField(
            choices=choices, label="", error_messages={"required": wrong, "invalid_choice": wrong}
        )


class CardForm(QuestionForm):
    def build(self) -> None:
        self.fields["value"] = CardField(self.question.options, label="")

    def answers(self) -> dict[str, Answer]:
        return {self.question.slug: questions.to_answer(self.question, self.cleaned_data["value"])}

    @staticmethod
    def initial_of(question: Question, given: dict[str, Answer]) -> dict[str, Any]:
        if question.slug not in given:
            return {}
        return {"value": questions.to_card(question, given[question.slug])}


class MoneyForm(QuestionForm):
    def build(self) -> None:
        self.fields["value"] = MoneyField(label="")

    @staticmethod
    def initial_of(question: Question, given: dict[str, Answer]) -> dict[str, Any]:
        value = questions.amount(given.get(question.slug))
        return {} if value is None else {"value": f"{value:,}"}


class NumberForm(QuestionForm):
    def build(self) -> None:
        self.fields["value"] = NumberField(label="", suffix=_("acres") if self.question.slug == "acres" else "")


class DateForm(QuestionForm):
    def build(self) -> None:
        self.fields["value"] = DateField(label="")

    def clean_value(self) -> str:
        value = self.cleaned_data["value"]
        days, slug = questions.interval(value), self.question.slug
        if self.today is None or days.first is None or days.last is None:
            return value
        stage = self.initial.get("stage")
        if slug == "sale_date" and stage in STAGES_BEFORE_SALE:
            if days.last < self.today:
                raise ValidationError(
                    _("That day has passed. If the home is gone, change your answer about where things stand."), "past"
                )
        elif days.first > self.today and (slug in _PAST or (slug == "sale_date" and stage is not None)):
            raise ValidationError(_("That day is still to come. Check the year."), "future")
        sale = questions.interval(self.initial.get("sale_date"))
        if slug == "loan_date" and sale.last is not None and days.first > sale.last:
            raise ValidationError(_("The loan cannot be later than the sale. Check the year."), "after_sale")
        if (order := questions.out_of_order(slug, days, sale)) is not None:
            raise ValidationError(_OUT_OF_ORDER[order], order)
        return value

    @staticmethod
    def initial_of(question: Question, given: dict[str, Answer]) -> dict[str, Any]:
        value = given.get(question.slug)
        rest = {"stage": given.get("stage"), "sale_date": given.get("sale_date")}
        return rest if value is None else {"value": value, **rest}


class BoxesForm(QuestionForm):
    def build(self) -> None:
        self.fields["value"] = BoxesField(self.question.options, label="")

    @property
    def offered(self) -> tuple[str, ...]:
        return tuple(option.value for option in self.question.options if option.value != NONE_OF_THESE)

    def ticked(self) -> tuple[str, ...]:
        return tuple(name for name in self.cleaned_data["value"] if name != NONE_OF_THESE)

    @staticmethod
    def initial_of(question: Question, given: dict[str, Answer]) -> dict[str, Any]:
        names = [option.value for option in question.options]
        offered, ticked = (
            value if isinstance(value := given.get(n), tuple) else () for n in ("offered", "circumstances")
        )
        if not set(names) - {NONE_OF_THESE} <= set(offered):
            return {}
        shown = [name for name in ticked if name in names]
        return {"value": shown or [NONE_OF_THESE]}


class FollowUpsForm(QuestionForm):
    """One field for each ticked box, named as its circumstance."""

    def build(self) -> None:
        for part in self.question.parts:
            self.fields[part.slug] = CardField(part.options, label=part.label)

    def answers(self) -> dict[str, Answer]:
        facts = self.law.facts if self.law else {}
        return {
            part.slug: questions.to_answer(part, self.cleaned_data[part.slug], facts.get(part.slug), ticked=True)
            for part in self.question.parts
        }

    @staticmethod
    def initial_of(question: Question, given: dict[str, Answer]) -> dict[str, Any]:
        return {
            part.slug: questions.to_card(part, given[part.slug], ticked=True)
            for part in question.parts
            if part.slug in given
        }


_FORMS: dict[str, type[QuestionForm]] = {
    "state": StateForm,
    "choice": CardForm,
    "yes_no": CardForm,
    "money": MoneyForm,
    "number": NumberForm,
    "date": DateForm,
    "boxes": BoxesForm,
    "follow_ups": FollowUpsForm,
}


def form_of(
    question: Question, given: dict[str, Answer], law: Law | None, today: date, data: Any = None
) -> QuestionForm:
    """The form of a question, filled with what is answered already, or bound to what was sent."""
    kind = _FORMS[question.kind]
    return kind(question, data, law=law, today=today, initial=kind.initial_of(question, given))


__all__ = ["UNSURE", "BoxesForm", "FollowUpsForm", "QuestionForm", "form_of", "plain"]
