"""The walk: which questions one visitor meets, in which order, and what her answers say as a case.

Pure: answers in, values out. Nothing is written by hand for a state: what is asked beyond the core is what
:func:`statelaw.reasoning.matters` finds to matter here.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import NamedTuple

from statelaw import compiled, reasoning, store
from statelaw.deadlines import Interval, TimeLimit, add
from statelaw.document import Limit, Provision
from statelaw.facts import (
    DISPOSITIONS,
    EVENTS,
    FIRST,
    FORECLOSURES,
    JUNIOR,
    SENIOR_LENDER,
    STAGES_BEFORE_SALE,
    STRICT,
    WORKOUTS,
)
from statelaw.money import Money
from statelaw.reasoning import Case, Finding, Law

from . import questions
from .answers import OF_THE_HOME, Answer, Answers
from .questions import ACTED, ASKED, MOST_UNITS, NOTHING_YET, SKIPPED, WHEN, Question, amount, interval

Given = Mapping[str, Answer]

BOXES, FOLLOW_UPS, MORE_BOXES = "circumstances", "circumstances-2", "circumstances-3"
OFFERED = "offered"
OLD_DEBT = ("sued", "last_payment", "called_due")
#: A loss that lies this far back brings the questions about an old debt.
OLD_AFTER_YEARS = 2
#: Facts that are asked by pages of the core, or that no page asks.
_NOT_AMONG_EXTRAS = frozenset({"disposition", "foreclosed_by", "lien", "residence", "sale_date", "role"})
_FIRST_EXTRAS = ("loan_use", "units", "acres", "loan_date", "buyer")
#: Circumstances with a page of their own. ``lender_waived`` has one in a short sale and a deed in lieu.
_OWN_PAGE = frozenset({"role"})
_CHOICES = ("residence", "lien", "foreclosed_by", "loan_use", "buyer", "role", "units")


# --- answers as a case


def stage_of(given: Given) -> str | None:
    """Where things stand. "Nothing yet" says it too, where the stage itself was left open."""
    stage = given.get("stage")
    if stage is None and given.get("disposition") == NOTHING_YET:
        return "behind"
    return stage if isinstance(stage, str) else None


def is_before(given: Given) -> bool:
    return stage_of(given) in STAGES_BEFORE_SALE


def case_of(law: Law, given: Given, today: date) -> Case:
    """What the answers about one loan say, in the terms of the law."""
    facts: dict[str, compiled.Answer] = {}
    for name in _CHOICES:
        if name in given:
            facts[name] = _value(given[name])
    disposition = given.get("disposition")
    if isinstance(disposition, str) and disposition in DISPOSITIONS:
        facts["disposition"] = disposition
    if (acres := amount(given.get("acres"))) is not None:
        facts["acres"] = acres
    for name, fact in law.facts.items():
        if name in facts or name in _NOT_AMONG_EXTRAS or name not in given or name in ("acres", "loan_date"):
            continue
        said = _value(given[name])
        if said is None:
            facts[name] = None
        elif fact.kind == "date":
            facts[name] = interval(str(said))
        elif fact.kind in ("number", "whole"):
            facts[name] = Decimal(said)
        elif said in fact.values:
            facts[name] = said
    skipped: dict[str, bool | None] = {}
    for name in names(given, BOXES):
        if name.startswith(SKIPPED):
            skipped[name.removeprefix(SKIPPED)] = _flag(given, name)
        elif name in law.index and name not in given:
            facts[name] = None  # ticked, and what opens from the box is not answered yet
    events = {}
    for slug, value in given.items():
        if slug.startswith(WHEN) and isinstance(value, str):
            events[slug.removeprefix(WHEN)] = interval(value)
    for slug in ("last_payment", "called_due"):
        if (day := text(given, slug)) is not None:
            events[slug] = interval(day)
    return Case(
        today=today,
        facts=facts,
        money=Money(
            owed=amount(given.get("owed")),
            sale_price=amount(given.get("sale_price")),
            fair_value=amount(given.get("fair_value")),
            senior_owed=amount(given.get("senior_owed")),
            surplus_to_this_loan=amount(given.get("surplus")),
        ),
        sale=interval(text(given, "sale_date")),
        loan=interval(text(given, "loan_date")),
        events=events,
        stage=stage_of(given),
        acted=_by_prefix(given, ACTED),
        asked=_by_prefix(given, ASKED),
        skipped=skipped,
        sued=_flag(given, "sued"),
        most_units=MOST_UNITS,
    )


def case_to_ask(law: Law, given: Given, today: date) -> Case:
    """The case from which it is told what to ask. Before the sale a price that covers the debt is only a hope: what
    matters if the home brings less is asked too."""
    case = case_of(law, given, today)
    owed, price = case.money.owed, case.money.sale_price
    if case.stage in STAGES_BEFORE_SALE and owed is not None and price is not None and price >= owed:
        return replace(case, money=replace(case.money, sale_price=None))
    return case


def _by_prefix(given: Given, prefix: str) -> dict[str, bool | None]:
    return {slug.removeprefix(prefix): _flag(given, slug) for slug in given if slug.startswith(prefix)}


def text(given: Given, slug: str) -> str | None:
    value = given.get(slug)
    return value if isinstance(value, str) else None


def names(given: Given, slug: str) -> tuple[str, ...]:
    """The names in an answer of boxes; none where it is not answered."""
    value = given.get(slug)
    return value if isinstance(value, tuple) else ()


def _flag(given: Given, slug: str) -> bool | None:
    value = given.get(slug)
    return value if isinstance(value, bool) else None


def _value(answer: Answer) -> str | bool | int | None:
    return None if isinstance(answer, tuple) else answer


# --- the pages


class Page(NamedTuple):
    """One page of the walk. ``about`` is the provision that an event, an act or a request belongs to."""

    slug: str
    about: str | None = None
    names: tuple[str, ...] = ()  # of the boxes or the follow-ups on it
    limit: TimeLimit | None = None


@dataclass(frozen=True)
class Plan:
    """The walk of one visitor through the questions about one loan, as far as it can be foreseen.

    ``pages`` are those that she has answered and the one that is next; ``ahead`` counts what comes after that one.
    """

    law: Law | None
    given: Given
    pages: tuple[Page, ...]
    ahead: int = 0
    needless: int = 0  # questions that others are asked here and that cannot matter in this case
    today: date | None = None

    @cached_property
    def settled(self) -> bool:
        """A rule of this law already gives the one answer, and the answer is that nothing is to be paid."""
        if self.law is None or self.today is None:
            return False
        finding = reasoning.reason(self.law, case_to_ask(self.law, self.given, self.today))
        return finding.outcome in _SETTLED and bool(finding.deciders) and not finding.is_probable

    @cached_property
    def _at(self) -> dict[str, int]:
        return {page.slug: number for number, page in enumerate(self.pages)}

    @cached_property
    def next(self) -> Page | None:
        """The first page not answered yet; ``None`` once all are."""
        last = self.pages[-1]
        return None if is_answered(last, self.given) else last

    @property
    def answered(self) -> int:
        return len(self.pages) - (self.next is not None)

    @property
    def left(self) -> int:
        """How many questions are left, the next one among them."""
        return (self.next is not None) + self.ahead

    def page(self, slug: str) -> Page | None:
        position = self._at.get(slug)
        return None if position is None else self.pages[position]

    def before(self, slug: str) -> Page | None:
        position = self._at.get(slug)
        return self.pages[position - 1] if position else None

    def after(self, slug: str, *, own: bool = False) -> Page | None:
        """The page after one that is answered; after the last there is none. ``own``: not one about the home."""
        position = self._at.get(slug)
        if position is None:
            return self.next
        later = self.pages[position + 1 :]
        return next(
            (page for page in later if not (own and page.slug in OF_THE_HOME and page.slug in self.given)), None
        )

    @property
    def core_is_done(self) -> bool:
        return self.next is None or self.next.slug not in CORE

    def question(self, page: Page) -> Question:
        """The question of a page, with its answers as this law has them."""
        slug, law = page.slug, self.law
        if law is None:
            return questions.core(slug)
        if slug in (BOXES, MORE_BOXES):
            return questions.boxes(slug, page.names, law)
        if slug == FOLLOW_UPS:
            return questions.follow_ups(slug, page.names, law)
        if slug.startswith(WHEN):
            return questions.event(slug, law, page.about)
        if slug.startswith((ACTED, ASKED)):
            return questions.act(slug, law, page.limit)
        if slug in questions.LABELS:
            return questions.core(slug, law, stage_of(self.given), questions.variant(slug, self.given))
        return questions.own(slug, law)


_SETTLED = ("barred", "time_barred", "no_shortfall")
CORE = (
    "state",
    "home_kind",
    "role",
    "stage",
    "residence",
    "lien",
    "disposition",
    "foreclosed_by",
    "owed",
    "sale_price",
    "surplus",
    "fair_value",
    "senior_owed",
    "sale_date",
)


def is_answered(page: Page, given: Given) -> bool:
    if page.slug in (BOXES, MORE_BOXES):
        return frozenset(page.names) <= frozenset(names(given, OFFERED))
    if page.slug == FOLLOW_UPS:
        return all(name in given for name in page.names)
    return page.slug in given


def plan(law: Law | None, given: Given, today: date) -> Plan:
    """The pages for one loan. ``law`` is ``None`` until the state is known."""
    if law is None:
        left = {slug: value for slug, value in given.items() if slug != "state"}
        return Plan(None, left, (Page("state"),), ahead=len(CORE) + 2)
    asked_boxes = OFFERED in given
    core = [Page(slug) for slug in _core(law, given, today)]
    at = _first_open(core, given)
    if at is not None:
        wanted = _coarse(law, given)
        ahead = len(core) - at - 1 + ("lien" not in given) + len(wanted) + (not asked_boxes) + _coarse_time(law, given)
        return Plan(law, given, tuple(core[: at + 1]), ahead, _needless(law, given, wanted), today)
    wanted = _remembered("wanted", law, given, today, _wanted)
    needless = _needless(law, given, wanted)
    told = [Page(name) for name in wanted if name in given]
    open_ones = [Page(name) for name in wanted if name not in given]
    # Asked last, but counted from here on: the number of questions left is not to grow.
    time = _remembered("time", law, given, today, _about_time)
    if open_ones and not asked_boxes:
        pages = (*core, *told, open_ones[0])
        return Plan(law, given, pages, len(open_ones) + _count_open(time, given), needless, today)
    # What a ticked box brings up is asked once it is known what was meant by it.
    boxes = _remembered("boxes", law, given, today, _boxes)
    rest: list[Page] = [*boxes, *open_ones, *time]
    at = _first_open(rest, given)
    shown, ahead = (rest, 0) if at is None else (rest[: at + 1], _count_open(rest[at + 1 :], given))
    return Plan(law, given, (*core, *told, *shown), ahead, needless, today)


def _first_open(pages: Sequence[Page], given: Given) -> int | None:
    return next((number for number, page in enumerate(pages) if not is_answered(page, given)), None)


def _count_open(pages: Iterable[Page], given: Given) -> int:
    return sum(not is_answered(page, given) for page in pages)


def _wanted(law: Law, given: Given, today: date) -> tuple[str, ...]:
    return _extras(law, given, reasoning.matters(law, case_to_ask(law, given, today)))


def _boxes(law: Law, given: Given, today: date) -> tuple[Page, ...]:
    return tuple(_about_circumstances(law, case_to_ask(law, given, today), given))


_MOST_REMEMBERED = 2_000
_memory: OrderedDict[tuple, tuple] = OrderedDict()


def _remembered(kind: str, law: Law, given: Given, today: date, compute: Callable) -> tuple:
    """A step asks for the same list of questions several times (before and after the answer, and on the next page).

    Only names of questions are remembered, under a number from which no answer can be told.
    """
    key = (kind, id(law), *law.publications.values(), today, hash(frozenset(given.items())))
    found = _memory.get(key)
    if found is None:
        found = compute(law, given, today)
        _memory[key] = found
        while len(_memory) > _MOST_REMEMBERED:
            with suppress(KeyError):
                _memory.popitem(last=False)
    return found


def _core(law: Law, given: Given, today: date) -> Iterable[str]:
    """The pages that are always asked, less those that make no sense here (REASONING.md, *Implied* and *Money*)."""
    disposition, lien = given.get("disposition"), given.get("lien")
    senior = given.get("foreclosed_by") == SENIOR_LENDER and lien == JUNIOR and disposition not in WORKOUTS
    yield from ("state", "home_kind", "role", "stage", "residence", "lien", "disposition")
    if lien == JUNIOR and disposition not in WORKOUTS:
        yield "foreclosed_by"
    yield "owed"
    if senior:
        yield "surplus"
    elif disposition != STRICT:
        yield "sale_price"
    value_counts = lien != JUNIOR or "owed" not in given or _caps_may_apply(law, given, today)
    if not senior or value_counts or "fair_value" in given:
        yield "fair_value"
    if "senior_owed" in given or (lien == JUNIOR and value_counts and given.get("fair_value", "") is not None):
        yield "senior_owed"
    if stage_of(given) != "behind":
        yield "sale_date"


def _caps_may_apply(law: Law, given: Given, today: date) -> bool:
    case = replace(case_of(law, given, today), money=Money())
    return bool(reasoning.reason(law, case).applying("cap", perhaps=True))


def _coarse(law: Law, given: Given) -> tuple[str, ...]:
    """What will be asked after the core, as far as its first answers tell; for the count of questions left."""
    return _extras(law, given, _coarsely(law, stage_of(given), _first_answers(given))[0])


def _coarse_time(law: Law, given: Given) -> int:
    """The same for the pages about events and acts."""
    return _coarsely(law, stage_of(given), _first_answers(given))[1]


def _first_answers(given: Given) -> tuple[tuple[str, str], ...]:
    asked = ((name, text(given, name)) for name in ("disposition", "foreclosed_by", "lien", "residence", "role"))
    return tuple((name, answer) for name, answer in asked if answer is not None and answer != NOTHING_YET)


@lru_cache(maxsize=2048)
def _coarsely(law: Law, stage: str | None, known: tuple[tuple[str, str], ...]) -> tuple[frozenset[str], int]:
    case = Case(today=date(2026, 1, 1), facts=dict(known), stage=stage, most_units=MOST_UNITS)
    return reasoning.matters(law, case), len(_time_pages(law, case, {}))


@lru_cache(maxsize=128)
def _askable(law: Law) -> tuple[str, ...]:
    """The facts that this law may need beyond the core, in the order in which they are asked."""
    own = questions.own_questions(law)
    names = [*_FIRST_EXTRAS, "lender_waived", *(n for n in own if not law.facts[n].is_circumstance)]
    return tuple(name for name in names if name in law.index and name not in _NOT_AMONG_EXTRAS)


def _extras(law: Law, given: Given, found: frozenset[str]) -> tuple[str, ...]:
    """What is asked after the core: what was answered already or matters now."""
    result = []
    for name in _askable(law):
        if name == "lender_waived":
            if given.get("disposition") not in WORKOUTS:
                continue  # after a foreclosure it is a box among the circumstances
        if name in given or name in found:
            result.append(name)
    return tuple(result)


def _needless(law: Law, given: Given, wanted: tuple[str, ...]) -> int:
    """How many of the questions that this law may need cannot matter in this case."""
    workout = given.get("disposition") in WORKOUTS
    return sum(1 for name in _askable(law) if name not in wanted and not (name == "lender_waived" and not workout))


# -- circumstances: rarely so, and asked as boxes


def _about_circumstances(law: Law, case: Case, given: Given) -> Iterable[Page]:
    offered = names(given, OFFERED) if OFFERED in given else None
    ticked = names(given, BOXES)
    open_now = [name for name in open_circumstances(law, case, given) if name not in (offered or ())]
    if offered is None:
        if open_now:
            yield Page(BOXES, names=tuple(open_now))
        return
    yield Page(BOXES, names=offered)
    if ticked:
        yield Page(FOLLOW_UPS, names=ticked)
        if not all(name in given for name in ticked):
            return
    if open_now:
        yield Page(MORE_BOXES, names=tuple(open_now))


def open_circumstances(law: Law, case: Case, given: Given) -> tuple[str, ...]:
    """The circumstances, and the duties perhaps skipped, that could change something here if they were so.

    A circumstance counts where it *alone* is out of the ordinary: one that matters only together with another (a
    question about VA loans) is offered once that other one is known to be so.
    """
    unsaid = {fact.name for fact in law.circumstances} - _OWN_PAGE - given.keys() - set(names(given, BOXES))
    if case.facts.get("disposition") not in FORECLOSURES:
        unsaid.discard("lender_waived")
    reach: set[str] = set()
    for ruling in reasoning.explain(law, case, _on_circumstances(law)):
        off = [c.fact for c in ruling.conditions if c.status == "failed"]
        if len(off) > 1 or (off and off[0] not in unsaid):
            continue
        reach.update(off or (c.fact for c in ruling.conditions if c.fact in unsaid))
        if off:
            continue
        for _, clause in ruling.unless:
            off_here = [c.fact for c in clause if c.status == "failed"]
            if len(off_here) == 1 and off_here[0] in unsaid:
                reach.add(off_here[0])
            elif not off_here:
                reach.update(c.fact for c in clause if c.fact in unsaid)
    opened = replace(case, facts={**case.facts, **dict.fromkeys(reach)})
    finding = reasoning.reason(law, case)
    found = reasoning.matters(law, opened) & reach | _for_options(law, finding, unsaid)
    result = [fact.name for fact in law.circumstances if fact.name in found]
    if case.stage not in STAGES_BEFORE_SALE and (finding.owes_something or "time_barred" in finding.possible):
        result += [
            SKIPPED + duty.id
            for duty in law.duties
            if finding.statuses[duty.id] != "failed" and SKIPPED + duty.id not in given
        ]
    return tuple(result)


@lru_cache(maxsize=128)
def _on_circumstances(law: Law) -> tuple[Provision, ...]:
    """The provisions that turn on some circumstance."""
    names = {fact.name for fact in law.circumstances}
    provisions = (rule.provision for rule in law.rules)
    return tuple(p for p in provisions if names & p.when.keys() or any(names & c.keys() for c in p.unless))


def _for_options(law: Law, finding: Finding, names: set[str]) -> set[str]:
    """The circumstances, of ``names``, that alone decide whether a way forward is shown."""
    known: dict[str, object] = {fact.name: fact.usual for fact in law.circumstances}
    known.update(finding.case.facts, stage=finding.case.stage, outcome=finding.outcome)
    found: set[str] = set()

    def off(conditions: Mapping[str, Iterable]) -> list[str]:
        return [
            name for name, allowed in conditions.items() if known.get(name) is not None and known[name] not in allowed
        ]

    for option in store.options().options:
        failed = off(option.when)
        if not failed:
            for clause in option.unless:
                failed_here = off(clause)
                found.update(failed_here if len(failed_here) == 1 else ())
        elif len(failed) == 1:
            found.update(failed)
    return found & names


# -- events, acts, requests, old debts: once the home is gone


def _about_time(law: Law, given: Given, today: date) -> tuple[Page, ...]:
    return _time_pages(law, case_of(law, given, today), given)


def _time_pages(law: Law, case: Case, given: Given) -> tuple[Page, ...]:
    if case.stage in STAGES_BEFORE_SALE:
        return ()
    finding = reasoning.reason(law, case)
    pages = _events(law, finding, given)
    pages += [
        Page(ACTED + item.provision.id, item.provision.id, limit=item.limit)
        for item in finding.deadlines
        if ACTED + item.provision.id in given
        or (f"acted.{item.provision.id}" in finding.open_points and item.limit.passed != "no")
    ]
    pages += [
        Page(ASKED + item.provision.id, item.provision.id, limit=item.limit)
        for item in finding.asks
        if ASKED + item.provision.id in given
        or (
            item.provision.effect == "cap"
            and item.status != "failed"
            and item.limit.passed == "yes"
            and "capped" in finding.possible
        )
    ]
    old = finding.limitations is not None and _is_long_ago(case.sale, case.today)
    pages += [Page(slug) for slug in OLD_DEBT if slug in given or old]
    return tuple(pages)


def _is_long_ago(sale: Interval, today: date) -> bool:
    return sale.last is not None and add(sale.last, OLD_AFTER_YEARS, "years") < today


def _events(law: Law, finding: Finding, given: Given) -> list[Page]:
    """The events that a limit which counts here runs from. The sale's date is a question of the core."""
    if not finding.owes_something and "time_barred" not in finding.possible:
        return []
    found: dict[str, Page] = {}
    for item in (*finding.deadlines, *finding.sunsets, *finding.asks):
        limit: Limit | None = item.provision.limit or item.provision.ask_within
        if limit is None or limit.of == "sale":
            continue
        if limit.of == "deficiency_judgment" and finding.case.stage != "judgment":
            continue
        slug = WHEN + (item.provision.id if limit.of == "other" else limit.of)
        found.setdefault(slug, Page(slug, item.provision.id))
    order = {WHEN + name: number for number, name in enumerate(EVENTS)}
    return sorted(found.values(), key=lambda page: order.get(page.slug, len(order)))


# --- changing an answer


def settle(law: Law | None, before: Answers, after: Answers, today: date) -> tuple[Answers, tuple[str, ...]]:
    """``after`` without the answers that the change made senseless, and their slugs. All others are kept."""
    named: list[str] = []
    left = after
    for number in range(len(after.loans)):
        old = before.of(number) if number < len(before.loans) else {}
        new = left.of(number)
        gone = {slug for slug in _senseless(law, old, new, today) if slug in new}
        if not gone:
            continue
        if OFFERED in gone:
            gone |= {BOXES, *names(new, BOXES)}
        left = left.with_loan(number).without(gone)
        named += [slug for slug in new if slug in gone and slug != OFFERED and slug not in names(new, BOXES)]
    return left.with_loan(after.loan), tuple(dict.fromkeys(named))


def _senseless(law: Law | None, old: Given, new: Given, today: date) -> Iterable[str]:
    def changed(slug: str) -> bool:
        return slug in old and old[slug] != new.get(slug)

    disposition = new.get("disposition")
    if changed("state") and law is not None:
        prefix = f"{str(old['state']).lower()}_"
        yield from (slug for slug in new if slug.startswith((prefix, ACTED, ASKED, SKIPPED)))
        yield from (slug for slug in new if slug.startswith(WHEN) and slug not in questions.LABELS)
        if OFFERED in new:
            yield from (BOXES, OFFERED)
        if disposition in FORECLOSURES and disposition not in law.state.process.available:
            yield "disposition"
            yield from ("foreclosed_by", "sale_price") if disposition == STRICT else ()
    if new.get("lien") != JUNIOR and "lien" in new:
        yield from ("foreclosed_by", "surplus", "senior_owed")
    if disposition in WORKOUTS:
        yield from ("foreclosed_by", "surplus")
    elif changed("disposition") and "lender_waived" not in names(new, BOXES):
        yield "lender_waived"
    if new.get("foreclosed_by") == SENIOR_LENDER and disposition not in WORKOUTS and new.get("lien") == JUNIOR:
        yield "sale_price"
    elif "foreclosed_by" in new:
        yield "surplus"
    if disposition == STRICT:
        yield "sale_price"
    if any(changed(slug) for slug in new if slug == "sale_date" or slug.startswith(WHEN)) or changed("disposition"):
        yield from (slug for slug in new if slug.startswith((ACTED, ASKED)))
    stage = stage_of(new)
    if stage in STAGES_BEFORE_SALE:
        yield from (slug for slug in new if slug.startswith((ACTED, ASKED, WHEN, SKIPPED)))
        yield from OLD_DEBT
    elif new.get("stage") is not None and disposition == NOTHING_YET:
        yield "disposition"
    sale, loan = interval(text(new, "sale_date")), interval(text(new, "loan_date"))
    if changed("stage") and (
        stage == "behind"
        or (stage == "scheduled" and sale.last is not None and sale.last < today)
        or (stage not in STAGES_BEFORE_SALE and sale.first is not None and sale.first > today)
    ):
        yield "sale_date"
    if changed("sale_date") and sale.last is not None and loan.first is not None and loan.first > sale.last:
        yield "loan_date"
    if changed("sale_date"):
        dated = ((slug, text(new, slug)) for slug in new if slug.startswith(WHEN))
        yield from (slug for slug, day in dated if day and questions.out_of_order(slug, interval(day), sale))


def known_of_another(answers: Answers) -> dict[str, Answer]:
    """What one loan's answers already say of another loan on the same home, beyond the home's own."""
    given = answers.of()
    known: dict[str, Answer] = {}
    if is_before(given) and "stage" in given:
        known["stage"] = given["stage"]
    # A second mortgage's own lender sells at another price than the first one's: each is asked for.
    if given.get("lien") is None and given.get("disposition") in FORECLOSURES and given.get("sale_price") is not None:
        known["sale_price"] = given["sale_price"]
    return known


def suggested(answers: Answers) -> dict[str, Answer]:
    """What stands in the field of a question about this loan at first: the debt on the first mortgage, where it was
    given for another loan on the home."""
    others = (loan for number, loan in enumerate(answers.loans) if number != answers.loan)
    owed = [loan.get("owed") for loan in others if loan.get("lien") == FIRST]
    return {"senior_owed": owed[0]} if len(owed) == 1 else {}


__all__ = [
    "BOXES",
    "CORE",
    "FOLLOW_UPS",
    "MORE_BOXES",
    "OFFERED",
    "OF_THE_HOME",
    "Given",
    "Page",
    "Plan",
    "case_of",
    "case_to_ask",
    "is_answered",
    "is_before",
    "known_of_another",
    "plan",
    "settle",
    "stage_of",
    "suggested",
]
