"""From a finding to a report: one typed, immutable value that the page, the PDF and other forms are made of.

``build(code, cases)`` is what a view calls. It gathers the law and the national facts and gives one :class:`Report` a
loan. A report holds no mark-up; its sentences stand in ``templates/screener/_report/``, chosen by its keys (``say``,
``leads``), and in :mod:`screener.wording`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import combinations
from typing import Any

from django.utils import dateformat

from statelaw import facts, national, store
from statelaw.case import Case, Known
from statelaw.compiled import Rule as CompiledRule
from statelaw.deadlines import TimeLimit, add, event_interval, is_working_day
from statelaw.document import Limitations, Provision, Question
from statelaw.facts import FIRST, FORECLOSURES, JUNIOR, SENIOR_LENDER, STAGES_BEFORE_SALE, STRICT, WORKOUTS, Value
from statelaw.money import NOTHING, Balance, Span
from statelaw.reasoning import Condition, Finding, Law, Part, ProvisionLimit, Ruling, explain, outcome_of, reason
from statelaw.sources import has_text, link_of, sure_of

from . import options as ways_forward
from . import provenance, wording
from .money_text import dollars, percent
from .options import Ground, Option
from .remember import once
from .ways_out import ways_out

# --- what a report holds ------------------------------------------------------------------------------------------

#: Outcome -> tone (colour class) and icon (shape). A label looks the same wherever it stands.
LOOKS: Mapping[str, tuple[str, str]] = {
    "no_shortfall": ("good", "shield"),
    "barred": ("good", "shield"),
    "time_barred": ("good", "clock"),
    "capped": ("mid", "triangle"),
    "exposed": ("bad", "exclamation"),
    "depends": ("open", "fork"),
}


#: What a piece of the page is kept by: words of the law and names of outcomes, never what a visitor said.
Shape = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Amount:
    """A span of dollars as text: ``is_exact`` where both ends meet, ``high`` absent where no end is known."""

    low: str
    high: str | None
    is_exact: bool
    is_nothing: bool
    is_range: bool = False  # from something above nothing to more

    @property
    def own(self) -> Mapping[str, str | None]:
        return {"words": self.words}

    @property
    def words(self) -> str:
        """The span as a reader sees it."""
        if self.is_nothing:
            return wording.nothing_to_pay()
        if self.high is None:
            return wording.amount_not_known()
        return wording.between(self.low, self.high) if self.is_range else wording.up_to(self.high)

    @classmethod
    def of(cls, span: Span) -> Amount:
        return cls(
            dollars(span.low) or "",
            dollars(span.high),
            span.is_exact,
            span.high == 0,
            span.high is not None and 0 < span.low < span.high,
        )


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the money picture. ``amount`` is ``None`` where it is not known."""

    key: str  # owed, sold, got, credit, to_this_loan, worth, left, limit, surplus, senior
    amount: str | None
    low: str | None = None  # for a limit that is a range: from ``low`` to ``amount``
    kind: str = "home"  # debt, home, owe: the colour of the bar
    start: str = "0%"
    width: str = "0%"
    has_bar: bool = True

    @property
    def own(self) -> Mapping[str, str | None]:
        """What is this person's alone, for the gaps of a kept piece of the page."""
        return {"words": self.words, "start": self.start, "width": self.width}

    @property
    def shape(self) -> Shape:
        return (("key", self.key), ("kind", self.kind), ("has_bar", self.has_bar), ("result", self.is_result))

    @property
    def words(self) -> str:
        if self.amount is None:
            return wording.not_known()
        return wording.between(self.low, self.amount) if self.low else self.amount

    @property
    def is_result(self) -> bool:
        return self.key in ("limit", "surplus")


@dataclass(frozen=True, slots=True)
class MoneyView:
    bars: tuple[Bar, ...]
    notes: tuple[str, ...]  # keys of notes that stand below
    surplus: str | None
    saved: str | None  # what the legal limit takes off the shortfall
    shortfall: Amount


@dataclass(frozen=True, slots=True)
class Tick:
    """One condition of a rule beside the answer that decided it."""

    status: str  # held, failed, unknown
    text: str
    answer: str = ""  # for a question's own words: the answer to it
    needs: tuple[str, ...] = ()  # for what is not known: what the rule asks for
    assumed: bool = False  # taken as usual; nobody was asked or ticked it

    @property
    def own(self) -> Mapping[str, str | None]:
        return {"text": self.text, "answer": self.answer}

    @property
    def shape(self) -> Shape:
        return (("status", self.status), ("needs", self.needs), ("assumed", self.assumed))


@dataclass(frozen=True, eq=False)
class RuleText:
    """A provision in plain words: what is the same for everybody."""

    id: str
    code: str  # whose rule it is, as addresses write it
    effect: str
    heading: str
    plain: str
    cite: str
    link: str | None
    checked: date
    review: str
    confidence: str
    caveats: tuple[str, ...]
    action: str | None
    measure_note: str | None
    only_if_asked: bool
    has_text: bool  # some source is the law, a ruling or an office's own page

    @property
    def sure(self) -> str:
        return sure_of(self.confidence, self.has_text)

    @property
    def is_reviewed(self) -> bool:
        """Somebody other than its writer is known to have checked it."""
        return self.review != provenance.as_a_sentence("")


@dataclass(frozen=True, slots=True)
class Rule:
    """A provision with its conditions ticked for one case."""

    text: RuleText
    status: str
    is_federal: bool
    ticks: tuple[Tick, ...]

    def __getattr__(self, name: str) -> Any:
        # The words of the provision read as the rule's own: ``rule.heading``, ``rule.cite``.
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.text, name)


def rule_text(provision: Provision, law: Law, *, is_federal: bool) -> RuleText:
    """The words of a provision, made once."""
    document = law.federal if is_federal and law.federal else law.state
    return once(
        "rule",
        provision,
        lambda p: RuleText(
            id=p.id,
            code=document.state.lower(),
            effect=p.effect,
            heading=p.heading,
            plain=p.plain,
            cite=p.cite,
            link=link_of(p.sources),
            checked=document.reviewed,
            review=provenance.review_in(law, p.id, is_federal=document is law.federal),
            confidence=p.confidence,
            caveats=p.caveats,
            action=p.action and _sentence(p.action),
            measure_note=p.measure_note,
            only_if_asked=p.effect == "cap" and not p.automatic,
            has_text=has_text(p.sources),
        ),
    )


@dataclass(frozen=True, slots=True)
class DateEntry:
    """One date of the line of dates."""

    key: str  # help_by, sale, deadline, ask, sunset, old_debt, redemption
    date: date | None
    state: str  # past, coming, open (no date is known, or it may have run)
    not_before: bool = False
    text: str = ""  # the rule's heading, a date given as a month or a year
    action: str = ""
    counted_from: str = ""
    event: str = ""
    cite: str = ""
    provision: str = ""
    acted: bool | None = None
    count: int = 0
    unit: str = ""
    applies: str = "held"
    note: str = ""
    after: str = ""
    weekend: bool = False  # the last day is one on which courts are closed
    at_latest: bool = False  # counted from a month or a year: the last day that it can have been
    written: str | None = None  # stands for the day where a piece of the page is made with gaps

    @property
    def day(self) -> str:
        """The date as a reader sees it; empty where it is not known."""
        if self.written is not None:
            return self.written
        return dateformat.format(self.date, "F j, Y") if self.date else ""

    @property
    def own(self) -> Mapping[str, str | None]:
        return {"day": self.day, "said": self.text if self.key == "sale" else ""}

    @property
    def shape(self) -> Shape:
        law_only = ("key", "state", "not_before", "action", "counted_from", "event", "cite", "acted", "count", "unit",
                    "applies", "note", "after", "weekend", "at_latest")  # fmt: skip
        text = "" if self.key == "sale" else self.text
        return (("text", text), *((name, getattr(self, name)) for name in law_only))


@dataclass(frozen=True, slots=True)
class CaseView:
    """One of the ways in which an open answer can turn out."""

    when: tuple[tuple[str, ...], ...]  # all of these; of each, any of its statements
    outcome: str
    tone: str
    icon: str
    exposure: Amount
    possible: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenItem:
    topic: str
    look: str


@dataclass(frozen=True, slots=True)
class Changer:
    """A circumstance that was taken as not so and would change the answer."""

    text: str
    outcome: str
    tone: str
    exposure: Amount
    detail: str = ""  # which of several answers

    @property
    def own(self) -> Mapping[str, str | None]:
        return self.exposure.own

    @property
    def shape(self) -> Shape:
        return (("text", self.text), ("detail", self.detail), ("outcome", self.outcome), ("tone", self.tone))


@dataclass(frozen=True, slots=True)
class WayView:
    disposition: str
    outcome: str
    tone: str
    icon: str
    exposure: Amount
    if_waived: bool
    without_waiver: str | None
    is_usual: bool
    is_chosen: bool


@dataclass(frozen=True, eq=False)
class Collection:
    """What a lender with a judgment may do in this state."""

    wages: Any
    bank: Any
    home: Any
    judgment: Any
    wage_rules: tuple[Mapping[str, str], ...]
    bank_safe: str | None  # what the bank must leave without being asked
    homestead: str | None  # the value that is safe; ``None`` for no set sum
    homestead_is_whole: bool
    links: Mapping[str, str | None]
    reviewed: date


@dataclass(frozen=True, slots=True)
class Helper:
    """Who can help free of charge."""

    name: str
    kind: str  # legal_aid, housing, court_self_help; national: a national office
    url: str
    phone: str | None
    what: str = ""


_ANSWER_DAYS = ("ask_by", "next_deadline", "last_day", "old_debt")
_ANSWER_KEYS = (
    "number", "state", "ahead", "judgment", "outcome", "tone", "icon", "say", "probably", "leads", "owes_something",
    "can_be_nothing", "only_if_asked", "deadline_may_be_later", "senior_first",
)  # fmt: skip


@dataclass(frozen=True)
class Report:
    """Everything that a report on one loan says, in the order in which it says it."""

    code: str
    state: str
    number: int  # which loan this is, from 1
    loans: int
    as_of: date
    stage: str | None
    ahead: bool  # the home is not lost yet
    judgment: bool
    lien: str | None
    disposition: str | None
    foreclosed_by: str | None
    # the answer
    outcome: str
    tone: str
    icon: str
    say: str
    probably: bool
    leads: tuple[str, ...]
    possible: tuple[str, ...]
    exposure: Amount
    shortfall: Amount
    owes_something: bool
    can_be_nothing: bool  # one way in which an open answer can turn out is that nothing is owed
    only_if_asked: bool
    ask_by: DateEntry | None
    next_deadline: DateEntry | None
    deadline_may_be_later: bool  # something may have stopped the lender's clock, or may free it from the limit
    last_day: DateEntry | None  # the deadline that the lender missed
    old_debt: DateEntry | None
    senior_first: bool  # the loan ahead may take what seems to be left over
    in_foreclosure_judgment: bool
    # the money
    money: MoneyView
    # why
    reasons: tuple[Rule, ...]
    duties: tuple[Rule, ...]
    defenses: tuple[Rule, ...]
    near: tuple[Rule, ...]
    if_less: Report | None  # before a sale that should pay all: what follows where it brings less
    # what would change it
    cases: tuple[CaseView, ...]
    cases_are_first_split: bool
    open_items: tuple[OpenItem, ...]
    changers: tuple[Changer, ...]
    assumed: tuple[str, ...]
    caveats: tuple[str, ...]
    # dates
    dates: tuple[DateEntry, ...]
    # what to do
    ways: tuple[WayView, ...]
    collection: Collection | None
    options: tuple[Option, ...]
    help: tuple[Helper, ...]
    # where it comes from
    gaps: tuple[str, ...]
    layers: tuple[provenance.Layer, ...]  # the state's and the federal one
    finding: Finding

    @property
    def code_in_address(self) -> str:
        return self.code.lower()

    @property
    def overdue(self) -> tuple[provenance.Layer, ...]:
        """The layers that nobody checked for more than a year."""
        return tuple(layer for layer in self.layers if layer.is_old(self.as_of))

    @property
    def first_options(self) -> tuple[Option, ...]:
        """What comes first: all where days matter, and the next few."""
        urgent = sum(o.urgency == 1 for o in self.options)
        return self.options[: max(urgent, _FIRST_OPTIONS)]

    @property
    def later_options(self) -> tuple[Option, ...]:
        return self.options[len(self.first_options) :]

    @property
    def is_only(self) -> bool:
        return self.loans == 1

    @property
    def is_open(self) -> bool:
        return self.outcome == "depends"

    # The answer as a piece with gaps: what it is kept by, what is filled in, and itself without the latter.

    @cached_property
    def answer_own(self) -> Mapping[str, str | None]:
        """This person's sums and days, by gap."""
        return {
            "low": self.exposure.low,
            "high": self.exposure.high,
            "gap": self.shortfall.high,
            "surplus": self.money.surplus,
            **{name: entry.day for name in _ANSWER_DAYS if (entry := getattr(self, name)) is not None},
        }

    @cached_property
    def answer_shape(self) -> tuple:
        """All else that the sentences of the answer turn on: words of the law, and which sums and days there are."""
        entries = tuple(
            (name, entry.state, entry.not_before, entry.event, entry.weekend, entry.at_latest, entry.date is not None)
            for name in _ANSWER_DAYS
            if (entry := getattr(self, name)) is not None
        )
        there = tuple(name for name, value in self.answer_own.items() if value)
        topics = tuple(item.topic for item in self.open_items) if self.say == "one_fact" else ()
        return (*(getattr(self, name) for name in _ANSWER_KEYS), entries, there, topics)

    def without_own(self, gap: Callable[[str], str]) -> Report:
        """This report with a gap for each of its own sums and days."""

        def put(name: str) -> str | None:
            return gap(name) if self.answer_own[name] else None

        days = {
            name: replace(entry, written=put(name))
            for name in _ANSWER_DAYS
            if (entry := getattr(self, name)) is not None
        }
        return replace(
            self,
            exposure=replace(self.exposure, low=gap("low"), high=put("high")),
            shortfall=replace(self.shortfall, high=put("gap")),
            money=replace(self.money, surplus=put("surplus")),
            **days,
        )

    @property
    def first_reasons(self) -> tuple[Rule, ...]:
        return self.reasons if len(self.reasons) <= _FIRST_REASONS + 1 else self.reasons[:_FIRST_REASONS]

    @property
    def later_reasons(self) -> tuple[Rule, ...]:
        return self.reasons[len(self.first_reasons) :]

    @property
    def first_caveats(self) -> tuple[str, ...]:
        return self.caveats[:_FIRST_CAVEATS]

    @property
    def later_caveats(self) -> tuple[str, ...]:
        return self.caveats[_FIRST_CAVEATS:]

    @property
    def first_open(self) -> tuple[OpenItem, ...]:
        return self.open_items[:_FIRST_OPEN]

    @property
    def later_open(self) -> tuple[OpenItem, ...]:
        return self.open_items[_FIRST_OPEN:]

    @property
    def urgent_options(self) -> tuple[Option, ...]:
        return tuple(o for o in self.options if o.urgency == 1)

    @property
    def other_options(self) -> tuple[Option, ...]:
        return tuple(o for o in self.options if o.urgency > 1)

    @property
    def sunset_wins(self) -> bool:
        """A rule of this state ends a judgment for the rest of a home loan by a date of its own."""
        return any(entry.key == "sunset" for entry in self.dates)


# --- what it is built from ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Extras:
    """What stands beside the law: collection in this state, national facts, the options."""

    collection: national.Collection
    federal: national.FederalFacts
    options: tuple[national.Option, ...]


def extras_for(code: str) -> Extras:
    """What stands beside a state's law, from the store. Raises KeyError."""
    return Extras(
        collection=store.collection(code),
        federal=store.federal_facts(),
        options=store.options().options,
    )


def build(code: str, cases: Sequence[Case], *, as_of: date | None = None) -> tuple[Report, ...]:
    """A report for each loan of one home. Raises KeyError for a state that there is no law for."""
    law, extras = store.law(code), extras_for(code)
    return tuple(
        build_report(law, case, extras=extras, as_of=as_of, number=number, loans=len(cases))
        for number, case in enumerate(cases, start=1)
    )


def build_report(
    law: Law, case: Case, *, extras: Extras, as_of: date | None = None, number: int = 1, loans: int = 1
) -> Report:
    return _Builder(law, case, extras).report(as_of or case.today, number, loans)


# --- the building -----------------------------------------------------------------------------------------------------

_MOST_CASES = 6
_FIRST_OPTIONS = 4
_FIRST_REASONS = 3
_FIRST_CAVEATS = 6
_FIRST_OPEN = 4
_MOST_NEAR = 2
_POSITIVE = ("bar", "waiver")


class _Builder:
    """One run: from a case to its report."""

    def __init__(self, law: Law, case: Case, extras: Extras):
        self.law, self.case, self.extras = law, case, extras
        self.finding = reason(law, case)
        self.deciding = {p.id for p in self.finding.deciders}
        self.ahead = case.stage in STAGES_BEFORE_SALE
        self.masks = Known(law, case).masks
        self.questions: Mapping[str, Question] = once("questions", law, _questions)
        self.disposition = self._word("disposition")
        self.lien = self._word("lien")
        self.foreclosed_by = self._word("foreclosed_by")
        if self.lien == FIRST or self.disposition in WORKOUTS:
            self.foreclosed_by = facts.THIS_LENDER

    @cached_property
    def rulings(self) -> dict[str, Ruling]:
        """The rulings of the provisions that the report shows."""
        finding = self.finding
        shown = [*finding.deciders, *self._near_rules()]
        if finding.owes_something:
            shown += [*finding.applying("duty", perhaps=True), *finding.applying("defense", perhaps=True)]
        return {ruling.provision.id: ruling for ruling in explain(self.law, self.case, shown)}

    def _word(self, name: str) -> str | None:
        """A choice that was answered; ``None`` where it is not known."""
        value = self.case.facts.get(name)
        return value if isinstance(value, str) else None

    def report(self, as_of: date, number: int, loans: int) -> Report:
        finding, case, law = self.finding, self.case, self.law
        tone, icon = LOOKS[finding.outcome]
        dates = self._dates()
        deadlines = [d for d in dates if d.key == "deadline" and d.acted is not True and d.applies == "held"]
        running = [d for d in deadlines if d.state == "coming" and d.date]
        old_debt = next((d for d in dates if d.key == "old_debt"), None)
        surplus = finding.balance.surplus if finding.outcome == "no_shortfall" else None
        senior_first = surplus is not None and self._senior_may_take_it()
        if senior_first:
            surplus = None
        money = self._money(surplus)
        cases, first_split = self._cases()
        asked_only = self._only_if_asked()
        known = ways_forward.facts_of(
            finding,
            old_debt=finding.limitations is not None and finding.limitations.passed != "no",
            surplus=bool(surplus),
            deadline_running=bool(running) and finding.owes_something,
        )
        reasons, say = self._reasons(), self._say()
        return Report(
            code=law.code,
            state=law.state.name,
            number=number,
            loans=loans,
            as_of=as_of,
            stage=case.stage,
            ahead=self.ahead,
            judgment=case.stage == "judgment",
            lien=self.lien,
            disposition=self.disposition,
            foreclosed_by=self.foreclosed_by,
            outcome=finding.outcome,
            tone=tone,
            icon=icon,
            say=say,
            probably=finding.is_probable and (finding.outcome != "depends" or say == "reopen"),
            leads=self._leads(dates),
            possible=finding.possible,
            exposure=Amount.of(finding.exposure),
            shortfall=Amount.of(finding.balance.shortfall),
            owes_something=finding.owes_something,
            can_be_nothing=bool({"no_shortfall", "barred", "time_barred"} & set(finding.possible)),
            only_if_asked=bool(asked_only),
            ask_by=self._ask_by(dates, asked_only),
            next_deadline=self._next_deadline(running),
            deadline_may_be_later=self._clock_may_stop(),
            last_day=next((d for d in deadlines if d.provision in self.deciding), None),
            old_debt=old_debt,
            senior_first=senior_first,
            in_foreclosure_judgment=finding.in_foreclosure_judgment,
            money=money,
            reasons=reasons,
            duties=self._duties(),
            defenses=self._defenses(),
            near=self._near(),
            if_less=self._if_less(as_of, number, loans),
            cases=cases,
            cases_are_first_split=first_split,
            open_items=self._open_items(),
            changers=self._changers(),
            assumed=self._assumed(known),
            caveats=tuple(dict.fromkeys(c for rule in reasons for c in rule.caveats)),
            dates=dates,
            ways=self._ways(),
            collection=self._collection(),
            options=self._options(known),
            help=self._help(),
            gaps=law.state.gaps,
            layers=provenance.layers_of(law),
            finding=finding,
        )

    # -- the answer

    def _say(self) -> str:
        """The key of the sentence that answers."""
        finding = self.finding
        exposure, outcome = finding.exposure, finding.outcome
        if outcome == "no_shortfall":
            return "paid_by_senior_sale" if self.foreclosed_by == SENIOR_LENDER else "paid"
        if outcome == "barred":
            effects = {p.effect for p in finding.deciders}
            if "waiver" in effects:
                return "waived"
            return "barred" if "bar" in effects else "duty_skipped"
        if outcome == "time_barred":
            return "too_late"
        shortfall = finding.balance.shortfall
        if outcome == "capped":
            if exposure.high is None:
                return "capped_unknown"
            if exposure.high == 0:
                return "capped_nothing"
            sure = self._limit_is_worked_out()
            if self._time_to_ask_open() and not exposure.is_exact:
                if not self._lapse_frees_the_lender():
                    return "capped_somewhere"
                return "capped_if_asked" if sure else "capped_if_asked_somewhere"
            if exposure.high == shortfall.high:
                return "capped_same" if sure else "capped_somewhere"
            return "capped" if exposure.is_exact else "capped_range"
        if outcome == "exposed":
            if not finding.decided_by.get("exposed"):
                return "no_rule"
            if exposure.high is None:
                return "exposed_unknown"
            return "exposed" if exposure.is_exact else "exposed_range"
        points = finding.open_points
        if not finding.open_facts and points:
            if points == ("court_reopens",):
                return "reopen"
            if points == ("state_law_binds",):
                return "federal_lender"
            if all(p.startswith(("acted.", "past.")) for p in points):
                return "acted"
            if all(p.startswith("skipped.") for p in points):
                return "skipped"
        if finding.open_facts == ("lender_waived",) and not points:
            return "written_waiver"
        if len(finding.open_facts) == 1 and not points:
            return "one_fact"
        return "depends"

    def _leads(self, dates: Sequence[DateEntry]) -> tuple[str, ...]:
        """The keys of what the answer leads with."""
        finding = self.finding
        leads = []
        if self._day_has_passed():
            leads.append("day_passed")
        if finding.limitations is not None and finding.limitations.passed != "no":
            leads.append("old_debt" if finding.limitations.passed == "yes" else "old_debt_maybe")
        if finding.owes_something or self.case.stage == "judgment":
            if any(s.status == "held" and s.limit.passed == "yes" for s in finding.sunsets):
                leads.append("sunset")
        if self.case.stage == "judgment" and finding.owes_something and "sunset" not in leads:
            leads.append("judgment")
        if "court_reopens" in finding.open_points and self._say() != "reopen":
            leads.append("reopen")
        if "state_law_binds" in finding.open_points and self._say() != "federal_lender":
            leads.append("federal_lender")
        return tuple(leads)

    def _day_has_passed(self) -> bool:
        """The sale was still to come by what was said, and its day is over."""
        last = self.case.sale.last
        return self.ahead and last is not None and last < self.case.today

    def _limit_is_worked_out(self) -> bool:
        """Whether the deciding limits come out as one number each."""
        return all(self.finding.balance.capped(p.measure).is_exact for p in self._deciding_caps())

    def _time_to_ask_open(self) -> bool:
        """The time to ask for a deciding limit has surely run, and nobody knows whether the homeowner asked."""
        lapsed = {i.provision.id for i in self.finding.asks if i.limit.passed == "yes" and i.acted is None}
        return any(p.id in lapsed for p in self._deciding_caps())

    def _deciding_caps(self) -> list[Provision]:
        return [p for p in self.finding.decided_by.get("capped", ()) if p.effect == "cap"]

    def _lapse_frees_the_lender(self) -> bool:
        """Whether no other limit is left where the homeowner did not ask in time."""
        lapsed = {i.provision.id for i in self.finding.asks if i.limit.passed == "yes" and i.acted is None}
        return all(p.id in lapsed for p in self._deciding_caps())

    def _only_if_asked(self) -> tuple[Provision, ...]:
        """The limits that the homeowner must ask for and that take off more than those that hold by themselves."""
        finding = self.finding
        caps = self._deciding_caps()
        if not caps:
            return ()
        balance = finding.balance

        def high(provision: Provision) -> Decimal:
            found = balance.capped(provision.measure).high
            return Decimal("Infinity") if found is None else found

        by_itself = min((high(p) for p in caps if p.automatic), default=Decimal("Infinity"))
        return tuple(
            p
            for p in caps
            if not p.automatic
            and self.case.asked.get(p.id) is not True
            and (high(p) < by_itself or by_itself == Decimal("Infinity"))
        )

    def _next_deadline(self, running: Sequence[DateEntry]) -> DateEntry | None:
        """The first day on which the lender's claim can still lapse. After a judgment none does."""
        if not self.finding.owes_something or self.case.stage == "judgment":
            return None
        return min(running, key=_day_of, default=None)

    def _senior_may_take_it(self) -> bool:
        """Whether a price is more than a second mortgage's own sale can bring: the home's worth less the loan ahead."""
        if self.lien != JUNIOR or self.foreclosed_by == SENIOR_LENDER:
            return False
        value, price = self.finding.balance.value, self.finding.balance.price
        return self.case.money.senior_owed is None or value is None or price is None or price > value

    def _clock_may_stop(self) -> bool:
        return bool(self.finding.applying("toll", perhaps=True)) or "state_law_binds" in self.finding.open_points

    def _ask_by(self, dates: Sequence[DateEntry], caps: Sequence[Provision]) -> DateEntry | None:
        wanted = {p.id for p in caps}
        if any(p.ask_within is None for p in caps):
            return None  # one of the limits can be asked for later too
        found = [d for d in dates if d.key == "ask" and d.provision in wanted and d.date]
        return min(found, key=_day_of, default=None)

    # -- the money

    def _money(self, surplus: Decimal | None) -> MoneyView:
        finding, given = self.finding, self.case.money
        sums: Balance = finding.balance
        senior = self.foreclosed_by == SENIOR_LENDER
        whole = max((a for a in (sums.owed, sums.price, given.fair_value) if a is not None), default=Decimal(0))
        bars, notes = [], []

        def bar(key: str, amount: Decimal | None, kind: str, *, has_bar: bool = True) -> None:
            width = percent(amount, whole) if amount is not None else "0%"
            bars.append(Bar(key, dollars(amount), kind=kind, width=width, has_bar=has_bar and amount is not None))

        bar("owed", sums.owed, "debt")
        strict = self.disposition == STRICT
        if senior:
            bar("to_this_loan", given.surplus_to_this_loan, "home")
            if given.surplus_to_this_loan is None:
                notes.append("surplus_unknown")
        elif not strict:
            key = {"short_sale": "got", "deed_in_lieu": "credit"}.get(self.disposition or "", "sold")
            bar(key, sums.price, "home")
        value_counts = strict or any(p.effect == "cap" and p.measure != "other" for p in finding.deciders)
        if strict or not senior or value_counts:
            bar("worth", given.fair_value, "home")
        if self.lien == JUNIOR and not senior and value_counts and given.fair_value is not None:
            if given.senior_owed is None:
                notes.append("senior_unknown")
            else:
                bar("senior", given.senior_owed, "debt")
        shortfall = sums.shortfall
        if surplus:
            bar("surplus", surplus, "home", has_bar=False)
        elif not sums.is_settled:
            start = percent(whole - (shortfall.high or Decimal(0)), whole) if shortfall.high is not None else "0%"
            bars.append(
                Bar(
                    "left",
                    dollars(shortfall.high),
                    low=None if shortfall.is_exact or shortfall.high is None else dollars(shortfall.low),
                    kind="gap",
                    start=start,
                    width=percent(shortfall.high, whole) if shortfall.high is not None else "0%",
                    has_bar=shortfall.high is not None,
                )
            )
        exposure = finding.exposure
        if not sums.is_settled:
            high = exposure.high
            bars.append(
                Bar(
                    "limit",
                    dollars(high),
                    low=None if exposure.is_exact or high is None else dollars(exposure.low),
                    kind="owe",
                    start=percent((sums.owed or whole) - (high or Decimal(0)), whole) if high is not None else "0%",
                    width=percent(high, whole) if high is not None else "0%",
                    has_bar=high is not None,
                )
            )
        if sums.owed is None:
            notes.append("owed_unknown")
        elif sums.price is None and not senior and not strict:
            notes.append("price_unknown")
        if value_counts and given.fair_value is None and finding.owes_something:
            notes.append("worth_unknown")
        saved = None
        if finding.outcome == "capped" and exposure.is_exact and shortfall.is_exact and shortfall.high is not None:
            if exposure.high is not None and exposure.high < shortfall.high:
                saved = dollars(shortfall.high - exposure.high)
        return MoneyView(tuple(bars), tuple(notes), dollars(surplus), saved, Amount.of(shortfall))

    # -- why

    def _rule(self, provision: Provision) -> Rule:
        ruling = self.rulings[provision.id]
        text = rule_text(provision, self.law, is_federal=ruling.federal)
        return Rule(text, ruling.status, ruling.federal, self._ticks(ruling))

    def _ticks(self, ruling: Ruling) -> tuple[Tick, ...]:
        ticks: dict[str, Tick] = {}
        for condition in ruling.conditions:
            if condition.fact == "foreclosed_by" and self.disposition in WORKOUTS:
                continue  # implied: there was no foreclosure at all
            self._add(ticks, self._tick(condition))
        lapsed = self._may_have_lapsed(ruling.provision)
        for status, clause in ruling.unless:
            if lapsed and len(clause) == 1 and clause[0].assumed and clause[0].fact in self._own_facts:
                # What the state asks about the request itself: nobody said that it was made in time.
                unknown = replace(clause[0], status="unknown", answer=None, assumed=False)
                self._add(ticks, self._tick(unknown, exception=True))
                continue
            # An exception that stays away is a condition that is met, and the other way round.
            for condition in clause:
                if status == "failed" and condition.status != "failed":
                    continue
                if status == "unknown" and condition.status != "unknown":
                    continue
                self._add(ticks, self._tick(condition, exception=True))
        for tick in self._points(ruling.provision):
            self._add(ticks, tick)
        return tuple(ticks.values())

    @cached_property
    def _own_facts(self) -> frozenset[str]:
        """The facts that only this state asks about."""
        return frozenset(question.fact for question in self.law.state.questions)

    def _may_have_lapsed(self, provision: Provision) -> bool:
        """The time to ask for what a rule gives has surely run, and nobody knows whether the homeowner asked."""
        return provision.ask_within is not None and any(
            i.provision.id == provision.id and i.limit.passed == "yes" and i.acted is None for i in self.finding.asks
        )

    def _points(self, provision: Provision) -> Iterable[Tick]:
        """What a limit, a step or a request of one's own turns on beside the facts, where it decides."""
        if provision.id not in self.deciding:
            return
        if provision.effect == "deadline":
            item = next(d for d in self.finding.deadlines if d.provision.id == provision.id)
            status = {"yes": "held", "maybe": "unknown", "no": "failed"}[item.limit.passed]
            yield Tick(status, wording.last_day(item.limit))
            status = "unknown" if item.acted is None else "failed" if item.acted else "held"
            yield Tick(status, wording.did_act(item.acted))
        elif provision.effect == "duty":
            skipped = self.case.skipped.get(provision.id)
            yield Tick("held" if skipped else "unknown", provision.tick or wording.skipped_step())
        elif provision.effect == "cap" and not provision.automatic:
            asked = self.case.asked.get(provision.id)
            if asked is not None:
                yield Tick("held" if asked else "failed", wording.did_ask(asked))

    @staticmethod
    def _add(ticks: dict[str, Tick], tick: Tick) -> None:
        ticks.setdefault(tick.text, tick)

    def _tick(self, condition: Condition, *, exception: bool = False) -> Tick:
        name, status, answer = condition.fact, condition.status, condition.answer
        if exception and status != "unknown":
            status = "held" if status == "failed" else "failed"
        question = self.questions.get(name)
        allowed = condition.allowed[0]
        known = answer is not None and not isinstance(answer, frozenset)
        if isinstance(allowed, tuple):
            if question is not None:
                needs: tuple[str, ...] = ()
                if not known:
                    wanted = self._wanted(name, allowed, exception)
                    needs = tuple(wording.answer_of(question, value) for value in wanted)
                words = wording.answer_of(question, answer) if known else ""
                return Tick(status, question.ask, words, needs, condition.assumed)
            if known:
                text = wording.said(name, answer, ahead=self.ahead, disposition=self.disposition)
                return Tick(status, text or str(answer), assumed=condition.assumed)
            wanted = wording.several(self._wanted(name, allowed, exception), name, ahead=self.ahead)
            if len(wanted) == 1:
                return Tick(status, wanted[0])
            return Tick(status, wording.topic(name, ahead=self.ahead), needs=wanted)
        if exception and known:
            # What the rule says of an exception is turned round, so the answer alone is shown.
            low, high = None, None
            return Tick(status, wording.stretch(name, _plain(answer)))
        low, high = wording.bounds(allowed)
        for further in condition.allowed[1:]:
            more_low, more_high = wording.bounds(further)
            low = max((v for v in (low, more_low) if v is not None), default=None)
            high = min((v for v in (high, more_high) if v is not None), default=None)
        if exception:
            return Tick(status, question.ask if question else wording.topic(name, ahead=self.ahead))
        text = wording.measured(name, low, high, answer if known else None)
        if question is not None:
            return Tick(status, question.ask, text)
        return Tick(status, text)

    def _wanted(self, name: str, allowed: tuple, exception: bool) -> tuple:
        """The values with which the rule fits; for an exception all the others."""
        if not exception:
            return allowed
        return tuple(v for v in self.law.facts[name].values if not any(v is a or v == a for a in allowed))

    def _reasons(self) -> tuple[Rule, ...]:
        finding = self.finding
        order = {"waiver": 0, "bar": 1, "duty": 2, "deadline": 3, "cap": 4, "permit": 5}
        found = sorted(finding.deciders, key=lambda p: order.get(p.effect, 9))
        return tuple(self._rule(p) for p in found)

    def _duties(self) -> tuple[Rule, ...]:
        if not self.finding.owes_something:
            return ()
        return tuple(
            self._rule(p)
            for p in self.finding.applying("duty", perhaps=True)
            if p.id not in self.deciding and self.case.skipped.get(p.id) is not True
        )

    def _defenses(self) -> tuple[Rule, ...]:
        if not self.finding.owes_something:
            return ()
        statuses, judged = self.finding.statuses, self.case.stage == "judgment"
        found = self.finding.applying("defense", perhaps=True)
        # What fits everybody, such as an answer to a judgment, is the last thing to think of before one.
        found = tuple(sorted(found, key=lambda p: (not judged and not p.when, statuses[p.id] != "held")))
        return tuple(self._rule(p) for p in found)

    def _near_rules(self) -> list[Provision]:
        """Rules of the state that protect, of which one condition alone fails here."""
        if self.finding.outcome not in ("capped", "exposed"):
            return []
        found = []
        for rule in self.law.rules:
            if rule.effect in _POSITIVE and not rule.federal and self.finding.statuses[rule.provision.id] == "failed":
                failed = [where for where, allowed in rule.parts if not self.masks[where] & allowed]
                if len(failed) == 1 and all(
                    not self.masks[where] & ~allowed for where, allowed in rule.parts if where != failed[0]
                ):
                    found.append(rule.provision)
        return found

    def _near(self) -> tuple[Rule, ...]:
        """Rules that protect others, and the one answer that keeps each away here."""
        found = []
        for provision in self._near_rules():
            ruling = self.rulings[provision.id]
            failed = next(c for c in ruling.conditions if c.status == "failed")
            told = failed.fact not in ("disposition", "foreclosed_by", "lien", "lender_waived") and not failed.assumed
            if told and not any(status == "held" for status, _ in ruling.unless):
                found.append(self._rule(provision))
        return tuple(found[:_MOST_NEAR])

    def _if_less(self, as_of: date, number: int, loans: int) -> Report | None:
        """The report where nobody knows what the home brings; only where the price that is expected settles it all."""
        given = self.case.money
        if not self.ahead or self.finding.outcome != "no_shortfall":
            return None
        worth = None if self.disposition == STRICT else given.fair_value
        money = replace(given, sale_price=None, surplus_to_this_loan=None, fair_value=worth)
        if money == given:
            return None
        return _Builder(self.law, replace(self.case, money=money), self.extras).report(as_of, number, loans)

    # -- what would change it

    def _cases(self) -> tuple[tuple[CaseView, ...], bool]:
        """The cases of an open answer. Where there are many, they are told by what is asked first."""
        finding = self.finding
        if finding.outcome != "depends":
            return (), False
        parts: Sequence[Part] = finding.parts
        if len(parts) <= _MOST_CASES:
            single, others = _together(self.law, parts)
            views = [self._case_view(part.when, (part.outcome,), part.exposure) for part in _in_order(single)]
            if others:
                views.append(self._case_view({}, (others[0].outcome,), others[0].exposure))
            return tuple(views), False
        for name in parts[0].when:
            if all(name in part.when for part in parts):
                groups = _split_by(name, parts)
                if len(groups) > 1:
                    return tuple(self._case_view(*group) for group in groups), True
        return (), False

    def _case_view(self, when: Mapping[str, object], outcomes: tuple[str, ...], exposure: Span) -> CaseView:
        outcome = outcomes[0] if len(outcomes) == 1 else "depends"
        tone, icon = LOOKS[outcome]
        lines = tuple(line for line in (self._when(k, v) for k, v in when.items()) if line)
        if not when:
            lines = ((wording.all_else(),),)
        return CaseView(lines, outcome, tone, icon, Amount.of(exposure), outcomes)

    def _when(self, name: str, value: object) -> tuple[str, ...]:
        """What is so in one case, as statements of which any one holds."""
        if name == "court_reopens":
            return (wording.court_reopens(bool(value)),)
        if name == "state_law_binds":
            return (wording.state_law_binds(bool(value)),)
        point, _, provision_id = name.partition(".")
        if provision_id:
            return (wording.point(point, bool(value), self.law.provision(provision_id)),)
        values = value if isinstance(value, list) else [value]
        question = self.questions.get(name)
        if question is not None:
            if isinstance(values[0], Mapping) or question.kind not in ("yes_no", "choice"):
                return tuple(wording.asked(question, wording.stretch(name, v)) for v in values)
            return tuple(wording.asked(question, wording.answer_of(question, v)) for v in values)
        if facts.CORE[name].values:
            return wording.several(values, name, ahead=self.ahead)
        return tuple(wording.stretch(name, v) for v in values)

    def _open_items(self) -> tuple[OpenItem, ...]:
        items = []
        for name in self.finding.open_facts:
            question = self.questions.get(name)
            if question is not None:
                items.append(OpenItem(question.ask, question.why))
            else:
                items.append(OpenItem(wording.topic(name, ahead=self.ahead), wording.look(name, ahead=self.ahead)))
        return tuple(items)

    def _changers(self) -> tuple[Changer, ...]:
        """What was taken as not so and would change the outcome or its amount, each by itself."""
        finding = self.finding
        if finding.possible == ("no_shortfall",):
            return ()
        result = []
        for name, value, changed in self.flipped:
            if name in self.case.facts or (name == "lender_waived" and self.disposition not in FORECLOSURES):
                continue
            found = self._outcome_with(name, value, changed)
            if found is not None and found != (finding.outcome, finding.exposure):
                result.append(self._changer(name, value, *found))
        return tuple(result)

    @cached_property
    def flipped(self) -> list[tuple[str, Value, Mapping[str, tuple[CompiledRule, str]]]]:
        """The circumstances that, taken otherwise, would change how some rule stands, with these rules."""
        found: list[tuple[str, Value, Mapping[str, tuple[CompiledRule, str]]]] = []
        for name, value, position, bit, touched in once("flips", self.law, _flips):
            changed = {}
            for rule in touched:
                status = self._status_with(rule, position, bit)
                if status is not None:
                    changed[rule.provision.id] = (rule, status)
            if changed:
                found.append((name, value, changed))
        return found

    def _status_with(self, rule: CompiledRule, position: int, bit: int) -> str | None:
        """The status that a rule would have with one fact so; ``None`` where it stays as it is."""
        status, masks = "held", self.masks
        for where, allowed in rule.parts:
            possible = bit if where == position else masks[where]
            if not possible & allowed:
                status = "failed"
                break
            if possible & ~allowed:
                status = "unknown"
        else:
            for clause in rule.clauses:
                found = "held"
                for where, allowed in clause.parts:
                    possible = bit if where == position else masks[where]
                    if not possible & allowed:
                        found = "failed"
                        break
                    if possible & ~allowed:
                        found = "unknown"
                if found == "held":
                    status = "failed"
                    break
                if found == "unknown":
                    status = "unknown"
        return None if status == self.finding.statuses[rule.provision.id] else status

    def _outcome_with(self, name: str, value: Value, changed: Mapping[str, tuple]) -> tuple[str, Span] | None:
        """The outcome with one more circumstance so, or ``None`` where it surely stays. Reasoned anew only where it
        does not follow at once: a bar that comes to hold settles it, and while one holds nothing weaker matters."""
        finding = self.finding
        plain = (
            self.case.stage != "judgment"
            and "no_shortfall" not in finding.possible
            and not any(finding.statuses[i] != "failed" for i in once("unsettling", self.law, _unsettling))
            and not any(rule.provision.unsettles_state_law for rule, _ in changed.values())
        )
        if plain:
            effects = {rule.effect for rule, _ in changed.values()}
            if effects <= {"permit"} or (effects <= {"permit", "toll"} and not self._a_deadline_is_over()):
                return None
            barred = finding.possible == ("barred",)
            if barred and not self.deciding & set(changed):
                return None
            if any(rule.effect in _POSITIVE and status == "held" for rule, status in changed.values()):
                return "barred", NOTHING
        return outcome_of(self.law, replace(self.case, facts={**self.case.facts, name: value}))

    def _a_deadline_is_over(self) -> bool:
        return any(item.limit.passed == "yes" for item in self.finding.deadlines)

    def _changer(self, name: str, value: object, outcome: str, exposure: Span) -> Changer:
        question, detail = self.questions.get(name), ""
        if question is None:
            text = wording.said(name, value, ahead=self.ahead) or name
        else:
            text = question.tick or question.ask
            if question.kind == "choice":
                detail = wording.answer_of(question, value)
        tone, _ = LOOKS[outcome]
        return Changer(text, outcome, tone, Amount.of(exposure), detail)

    def _assumed(self, known: Mapping[str, object]) -> tuple[str, ...]:
        """The circumstances that were taken as not so and could matter here, in the words beside their boxes."""
        given = self.case.facts
        boxes = [(name, texts) for name, texts in once("boxes", self.law, _boxes) if name not in given]
        left_out = _AFTER_SALE if self.ahead else frozenset()
        if self.disposition in WORKOUTS:
            left_out |= {"lender_waived"}
        values = {name: self.law.facts[name].values for name, _ in boxes if name not in left_out}
        counts = self._could_count() | ways_forward.decided_by(self.extras.options, known, values)
        return tuple(texts[self.ahead] for name, texts in boxes if name in counts and name not in left_out)

    def _could_count(self) -> frozenset[str]:
        """The circumstances of which some value would change how a rule stands that bears on what is owed."""
        if self.finding.possible == ("no_shortfall",):
            return frozenset()
        owes = self.finding.owes_something
        found = {name for name, _, _ in self.flipped}
        if owes:
            found |= {name for name, _, position, bit, touched in once("arguments", self.law, _arguments)
                      if any(self._status_with(rule, position, bit) is not None for rule in touched)}  # fmt: skip
        return frozenset(found)

    # -- dates

    def _dates(self) -> tuple[DateEntry, ...]:
        finding, case, law = self.finding, self.case, self.law
        entries: list[DateEntry] = []
        sale = case.sale
        if not self.ahead or not sale.is_open:
            text = "" if sale.is_exact else (wording.days(sale) or "")
            state = "coming" if self.ahead and not self._day_has_passed() else "past"
            day = sale.first if sale.is_exact else None
            entries.append(DateEntry("sale", day, state if day or text else "open", text=text))
        help_by = self._help_by()
        if help_by is not None:
            entries.insert(0, help_by)
        for item in law.state.process.redemption:
            if not self.ahead and self.disposition in (None, item.after):
                entries.append(
                    DateEntry(
                        "redemption", None, "open", count=item.count, unit=item.unit, cite=item.cite,
                        note=item.note or "", after=item.after,
                    )
                )  # fmt: skip
        relevant = finding.owes_something or finding.outcome == "time_barred" or "time_barred" in finding.possible
        timed: list[DateEntry] = []
        if relevant:
            timed += [
                self._limit("deadline", item)
                for item in finding.deadlines
                if case.stage != "judgment" or item.limit.passed != "no"  # with a judgment it acted already
            ]
            timed += [self._limit("ask", item) for item in finding.asks]
        if relevant or case.stage == "judgment":
            timed += [self._limit("sunset", item) for item in finding.sunsets]
        if finding.limitations is not None and law.state.limitations is not None:
            timed.append(self._old_debt(finding.limitations, law.state.limitations))
        timed.sort(key=_day_of)
        return tuple(entries + timed)

    def _help_by(self) -> DateEntry | None:
        """The last day on which a complete request for help still stops the sale of a main home that is set."""
        case, day = self.case, self.case.sale.first
        if case.stage != "scheduled" or not case.sale.is_exact or day is None or self.disposition in WORKOUTS:
            return None
        days = once("help_by", self.extras.federal, _days_before_sale)
        if days is None or case.facts.get("residence") != "primary":
            return None
        last = add(day, -days - 1, "days")  # more than so many days before
        state = "past" if last < case.today else "coming"
        return DateEntry("help_by", last, state, cite=self.extras.federal.fact(_HELP).cite)

    def _limit(self, key: str, item: ProvisionLimit) -> DateEntry:
        provision, found = item.provision, item.limit
        limit = provision.ask_within if key == "ask" else provision.limit
        if limit is None:
            raise ValueError(f"{provision.id} has no time limit")
        state, at_latest = _state(found), False
        if key == "deadline" and state == "past" and self._clock_may_stop():
            state = "open"
        if state == "past" and found.not_before:
            counted = event_interval(limit, provision.id, self.case.counting_sale, self.case.events)
            found, at_latest = _latest(found, counted.last, limit.count, limit.unit)
        return DateEntry(
            key,
            found.date,
            state,
            not_before=found.not_before,
            at_latest=at_latest,
            text=provision.heading,
            action=_sentence(provision.action or ""),
            counted_from=str(wording.COUNTED_FROM.get(limit.of, "")),
            event=limit.event or "",
            cite=provision.cite,
            provision=provision.id,
            acted=item.acted,
            count=limit.count,
            unit=limit.unit,
            applies=item.status,
            weekend=found.date is not None and not found.not_before and not is_working_day(found.date),
        )

    def _old_debt(self, found: TimeLimit, rule: Limitations) -> DateEntry:
        events = self.case.events
        event = "called_due" if "called_due" in events and not events["called_due"].is_open else ""
        if "last_payment" in events and not events["last_payment"].is_open:
            event = "both" if event else "last_payment"
        state, at_latest = _state(found), False
        if state == "past" and found.not_before:
            given = [events[name].last for name in ("last_payment", "called_due") if name in events]
            latest = max((day for day in given if day is not None), default=None)
            found, at_latest = _latest(found, latest, int(rule.years * 12), "months")
        return DateEntry(
            "old_debt", found.date, state, not_before=found.not_before, at_latest=at_latest, cite=rule.cite,
            event=event, note=rule.note or "", text=wording.number(rule.years),
        )  # fmt: skip

    # -- what to do

    def _ways(self) -> tuple[WayView, ...]:
        found = []
        for way in ways_out(self.law, self.case):
            tone, icon = LOOKS[way.outcome]
            found.append(
                WayView(
                    way.disposition, way.outcome, tone, icon, Amount.of(way.exposure), way.if_waived,
                    way.without_waiver, way.is_usual, way.is_chosen,
                )
            )  # fmt: skip
        return tuple(found)

    def _collection(self) -> Collection | None:
        if not self.finding.owes_something:
            return None
        return once("collection", self.extras.collection, collection_view)

    def _options(self, known: Mapping[str, object]) -> tuple[Option, ...]:
        found = []
        for option in self.extras.options:
            if not ways_forward.fits(option, known):
                continue
            found.append(once("option", option, self._option))
        return tuple(sorted(found, key=lambda o: o.urgency))

    def _option(self, option: national.Option) -> Option:
        grounds = (self._ground(path) for path in option.rests_on)
        return Option(
            option.id, option.group, option.urgency, option.heading, option.plain, option.this_week, option.caution,
            tuple(g for g in grounds if g),
        )  # fmt: skip

    def _help(self) -> tuple[Helper, ...]:
        """The state's own list, and the national offices for this person's loan or service."""
        found = list(once("help", self.extras.collection, _helpers))
        if not any(one.phone for one in found):  # there is always somebody to call
            found += [
                Helper(h.name, "national", h.url, h.phone, h.for_)
                for h in self.extras.federal.help
                if h.name.startswith(_FOR_EVERYBODY)
            ]
        for fact, values, start in _NATIONAL_HELP:
            if self.case.facts.get(fact) in values:
                found += [
                    Helper(h.name, "national", h.url, h.phone, h.for_)
                    for h in self.extras.federal.help
                    if h.name.startswith(start)
                ]
        return tuple(found)

    def _ground(self, path: str) -> Ground | None:
        """What an option rests on: a rule of federal law, or an entry of the national facts."""
        if path.startswith("us-"):
            try:
                provision = self.law.provision(path)
            except KeyError:
                return None
            return Ground(provision.cite, link_of(provision.sources))
        try:
            fact = self.extras.federal.fact(path)
        except KeyError:
            return None
        return Ground(fact.cite, link_of(fact.sources))


#: National circumstances that can be so only once the home is sold, or that are plain before.
_AFTER_SALE = frozenset({"us_still_own_home", "us_service_since_sale", "us_bankruptcy_since_sale", "us_got_1099c"})

#: Where the national facts tell how long before a sale a complete request for help stops it.
_HELP = "before_foreclosure.loss_mitigation"


def _days_before_sale(federal: national.FederalFacts) -> int | None:
    try:
        key_days = federal.fact(_HELP).more.get("key_days", ())
    except KeyError:
        return None
    return next((int(day["days"]) for day in key_days if day["kind"] == "days_before_sale"), None)


#: How the name of the national office that helps everybody begins.
_FOR_EVERYBODY = "HUD-approved"
#: A fact with the values at which a national office helps, and how that office's name begins.
_NATIONAL_HELP: tuple[tuple[str, tuple[Value, ...], str], ...] = (
    ("loan_program", ("va",), "VA "),
    ("loan_program", ("usda_direct", "usda_guaranteed"), "USDA "),
    ("us_military_service", ("during", "within_year"), "Military "),
    ("us_debt_collector", (True,), "Consumer Financial "),
)


def _helpers(data: national.Collection) -> tuple[Helper, ...]:
    return tuple(Helper(h.name, h.kind, h.url, h.phone) for h in data.help)


def _share(limit: national.WageLimit) -> dict[str, str]:
    """Where only a part of the pay above the floor can be taken: that part, in percent."""
    return {"share": wording.number(limit.fraction * 100)} if limit.fraction and limit.fraction < 1 else {}


def collection_view(data: national.Collection) -> Collection:
    """The collection file of a state in the form in which the page shows it."""
    rules = []
    for limit in data.wage_garnishment.limits or ():
        if limit.kind == "percent":
            rules.append({"kind": f"percent_{limit.base}", "percent": wording.number(limit.percent)})
        elif limit.kind == "excess_over_wage":
            rules.append({"kind": f"wage_{limit.wage}", "multiple": wording.number(limit.multiple)} | _share(limit))
        else:
            rules.append({"kind": f"amount_{limit.per}", "amount": dollars(limit.amount) or ""} | _share(limit))
    amount = data.homestead.amount
    return Collection(
        wages=data.wage_garnishment,
        bank=data.bank_account,
        home=data.homestead,
        judgment=data.judgment,
        wage_rules=tuple(rules),
        bank_safe=dollars(data.bank_account.automatic) if data.bank_account.automatic else None,
        homestead=dollars(amount) if isinstance(amount, Decimal) and amount else None,
        homestead_is_whole=not isinstance(amount, Decimal),
        links={
            "wages": link_of(data.wage_garnishment.sources),
            "bank": link_of(data.bank_account.sources),
            "home": link_of(data.homestead.sources),
            "judgment": link_of(data.judgment.sources),
        },
        reviewed=data.reviewed,
    )


Flip = tuple[str, Value, int, int, tuple[CompiledRule, ...]]


def _flips(law: Law) -> tuple[Flip, ...]:
    """Each circumstance of a law at each value that it rarely has, with the rules that turn on it: name, value, the
    variable's position, the value's cell, rules. Those that change what is owed."""
    return _flips_among(law, lambda rule: rule.effect not in ("defense", "sunset"))


def _arguments(law: Law) -> tuple[Flip, ...]:
    """The same of the rules that are shown where something may be owed."""
    return _flips_among(law, lambda rule: rule.effect in ("defense", "sunset"))


def _flips_among(law: Law, counts: Callable[[CompiledRule], bool]) -> tuple[Flip, ...]:
    found = []
    for fact in law.circumstances:
        position = law.index[fact.name]
        touched = tuple(
            rule
            for rule in law.rules
            if counts(rule)
            and any(w == position for parts in (rule.parts, *(c.parts for c in rule.clauses)) for w, _ in parts)
        )
        for number, value in enumerate(fact.values):
            if touched and not (value == fact.usual and type(value) is type(fact.usual)):
                found.append((fact.name, value, position, 1 << number, touched))
    return tuple(found)


def _unsettling(law: Law) -> tuple[str, ...]:
    """The provisions on whose account a state's rules may not bind."""
    return tuple(rule.provision.id for rule in law.rules if rule.provision.unsettles_state_law)


def _boxes(law: Law) -> tuple[tuple[str, tuple[str, str]], ...]:
    """The circumstances of a law in the words beside their boxes: after the loss, and before it."""
    questions = once("questions", law, _questions)
    found = []
    for fact in law.circumstances:
        question = questions.get(fact.name)
        if question is not None:
            text = question.tick or question.ask
            found.append((fact.name, (text, text)))
        elif fact.values == (True, False):
            past, ahead = (wording.said(fact.name, not fact.usual, ahead=ahead) or "" for ahead in (False, True))
            found.append((fact.name, (past, ahead)))
    return tuple(found)


def _questions(law: Law) -> Mapping[str, Question]:
    return {q.fact: q for document in (law.state, law.federal) if document for q in document.questions}


def _day_of(entry: DateEntry) -> date:
    return entry.date or date.max


def _latest(found: TimeLimit, event: date | None, count: int, unit: str) -> tuple[TimeLimit, bool]:
    """A limit that is over with the last day that it can have had, and whether there is one."""
    if event is None:
        return found, False
    return replace(found, date=add(event, count, unit), not_before=False), True


def _state(limit: TimeLimit) -> str:
    if limit.date is None or limit.passed == "maybe":
        return "open"
    return "past" if limit.passed == "yes" else "coming"


def _sentence(text: str) -> str:
    """An editor may leave the full stop out; between other sentences it must not be missing."""
    return text if not text or text[-1] in '.!?”"' else f"{text}."


def _plain(answer: object) -> object:
    """An answer in the form of the rule language's ranges."""
    first, last = getattr(answer, "first", None), getattr(answer, "last", None)
    if first is None and last is None:
        return answer
    stretch = {"from": first, "to": last}
    return {key: value for key, value in stretch.items() if value is not None}


def _together(law: Law, parts: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """Parts with the same result told as one where they differ in one thing; and those, of one result alone, that
    are told as "in all other cases"."""
    left = list(parts)
    merged = True
    while merged:
        merged = False
        for one, other in combinations(left, 2):
            joined = _joined(law, one, other)
            if joined is not None:
                left = [joined if part is one else part for part in left if part is not other]
                merged = True
                break
    results: dict[tuple, list[Part]] = {}
    for part in left:
        results.setdefault((part.outcome, part.exposure), []).append(part)
    most = max(results.values(), key=len)
    if len(most) == 1 or len(results) == 1:
        return left, []
    return [part for part in left if part not in most], most


def _joined(law: Law, one: Part, other: Part) -> Part | None:
    if (one.outcome, one.exposure) != (other.outcome, other.exposure) or one.when.keys() != other.when.keys():
        return None
    apart = [name for name in one.when if one.when[name] != other.when[name]]
    if len(apart) != 1:
        return None
    (name,) = apart
    values = _values(one.when[name]) + _values(other.when[name])
    when = dict(one.when)
    whole = law.facts[name].values if name in law.facts else (True, False)
    if whole and len(values) == len(whole):
        del when[name]  # it is so either way
    else:
        when[name] = values
    return Part(when, one.outcome, one.exposure)


def _values(value: object) -> list:
    return value if isinstance(value, list) else [value]


def _split_by(name: str, parts: Sequence[Part]) -> list[tuple[dict[str, object], tuple[str, ...], Span]]:
    """What follows for each value of one fact; values with the same result together."""
    found: dict[str, tuple[object, set[str], Span]] = {}
    for part in parts:
        value = part.when[name]
        _, outcomes, exposure = found.get(repr(value), (value, set(), part.exposure))
        found[repr(value)] = (value, outcomes | {part.outcome}, exposure.join(part.exposure))
    groups: dict[tuple, list] = {}
    for value, outcomes, exposure in found.values():
        possible = tuple(o for o in facts.OUTCOMES if o in outcomes)
        groups.setdefault((possible, exposure), []).extend(_values(value))
    return [
        ({name: values if len(values) > 1 else values[0]}, possible, exposure)
        for (possible, exposure), values in groups.items()
    ]


def _in_order(parts: Iterable[Part]) -> list[Part]:
    """Parts with the same outcome side by side, the good ones first."""
    return sorted(parts, key=lambda part: facts.OUTCOMES.index(part.outcome))
