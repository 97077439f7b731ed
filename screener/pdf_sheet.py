"""What the printed summary holds beside its reports, and its HTML, of which :mod:`screener.pdf` makes the PDF."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import segno
from django.template.loader import render_to_string
from django.utils.html import strip_tags
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from statelaw.facts import CORE
from statelaw.reasoning import Case, Law

from . import wording

if TYPE_CHECKING:
    from .options import Option
    from .report import Bar, CaseView, Changer, DateEntry, Helper, OpenItem, Report, Rule, WayView

#: The letters and signs that the summary's fonts hold (static/pdf/fonts).
LETTERS = "\n\t -~\xa0-\xffĂıŒœ–—‘’‚“”„•…′″‹›€™−✓✕"
_OTHER = re.compile(f"[^{LETTERS}]")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one print says beside its reports. Made for that print and forgotten with it."""

    day: date
    reference: str = ""
    resume_url: str | None = None

    @property
    def code(self) -> str | None:
        """The link to come back as a QR code: the address of a picture."""
        if not self.resume_url:
            return None
        return segno.make(self.resume_url, error="l", micro=False).svg_data_uri(border=2, omitsize=True)


@dataclass(frozen=True, slots=True)
class Printed:
    """What is printed of one report: its lists cut to the paper, and what only paper needs."""

    report: Report
    icon: str
    bars: tuple[tuple[Bar, str], ...]
    # the first page
    rules: tuple[Rule, ...]
    dates: tuple[DateEntry, ...]
    facts: tuple[str, ...]
    # the pages after it
    more_facts: tuple[str, ...]
    reasons: tuple[Rule, ...]
    less_rules: tuple[Rule, ...]  # those that decide where the sale brings less than is hoped
    cases: tuple[CaseView, ...]
    open_items: tuple[OpenItem, ...]
    changers: tuple[Changer, ...]
    caveats: tuple[str, ...]
    dates_in_full: tuple[DateEntry, ...]
    duties: tuple[Rule, ...]
    defenses: tuple[Rule, ...]
    # what to do about this loan; of a later loan without the steps of the week
    options: tuple[Option, ...]
    further_options: tuple[Option, ...]
    ways: tuple[WayView, ...]
    # told once, also for several loans
    has_collection: bool
    help: tuple[Helper, ...]
    is_cut: bool

    @property
    def is_short(self) -> bool:
        return self.report.number > 1

    @property
    def is_brief(self) -> bool:
        """Of many loans the later ones name what can be done, and no more."""
        return self.is_short and self.report.loans > 2


MOST_PAGES = 5


def summary_html(reports: Sequence[Report], sheet: Sheet, room: float = 1.0, *, bounded: bool = True) -> str:
    """The whole summary, ready for the press. ``room`` is the share of each page that its lists may fill."""
    loans = tuple(_printed(report, bool(sheet.resume_url), room) for report in reports)
    context = {
        "loans": loans,
        "loan": loans[0],
        "collection": next((loan.report.collection for loan in loans if loan.has_collection), None),
        "helpers": tuple(dict.fromkeys(one for loan in loans for one in loan.help)),
        "is_cut": any(loan.is_cut for loan in loans),
        "sheet": sheet,
        "assumed": tuple(dict.fromkeys(text for report in reports for text in report.assumed)),
        "most": MOST_PAGES if bounded else 0,
    }
    return in_our_letters(render_to_string("pdf/summary.html", context))


# --- what fits ----------------------------------------------------------------------------------------------------
# Two to five pages, whatever the state and the answers: lists are cut where the paper ends, the most needed first. The
# costs are lines of body text as print.css sets them. They are estimates: the press counts the pages, and a summary
# that turns out too long is made again with less room (screener.pdf).

PAGE = 49.0  # lines on a page
HEADING = 2.5  # a section's heading with the room around it
WIDE, HALF, SMALL, ANSWER = 88, 41, 103, 55  # letters on a line: full width, half of it, small print, the answer


def _lines(text: object, width: int = WIDE) -> int:
    """The lines that a text fills, a little generously."""
    return max(1, -(-len(str(text)) // width))


T = TypeVar("T")


class _Room:
    """Lines that are left. ``take`` gives as many items as fit, in their order."""

    def __init__(self, lines: float):
        self.left = lines
        self.is_cut = False

    def take(
        self, items: Iterable[T], cost: Callable[[T], float], most: int = 99, heading: float = HEADING
    ) -> tuple[T, ...]:
        items = tuple(items)
        taken: list[T] = []
        for item in items[:most]:
            price = cost(item) + (0 if taken else heading)
            if price > self.left:
                break
            self.left -= price
            taken.append(item)
        self.is_cut |= len(taken) < len(items)
        return tuple(taken)


def _printed(report: Report, has_code: bool, share: float = 1.0) -> Printed:
    case, law = report.finding.case, report.finding.law
    facts = tuple(_given(law, case, report.ahead)) + tuple(_not_known(law, case))
    several = report.loans > 1
    last_part = 11 + (9 if has_code else 0) + _assumed_cost(report)
    if several:
        once = _Room(share * (30 if report.loans == 2 else 26))  # what is told once for all loans
        first_part, later_part = (28, 18) if report.loans == 2 else (14, 7)
        parts = once.left + share * (first_part + later_part * (report.loans - 1))
        room = first = _Room((4.8 * share * PAGE - 12 - 3 * report.loans - parts - last_part) / report.loans)
        rest = _Room(share * (first_part if report.number == 1 else later_part))
    else:
        first = _Room(share * PAGE - 6 - 1.4 * len(report.overdue))  # the head and the title
        room = rest = once = _Room(3.85 * share * PAGE - last_part)  # some is lost at the end of each page
    first.left -= _answer_cost(report) + HEADING + 2.5
    if several:
        rules = first.take(report.reasons, _rule_row_cost, 6, 0)
    else:
        few = 2 if share > 0.8 else 1  # so many rules there must be; beyond them, dates and facts get thirteen lines
        rows = _Room(max(first.left - 13, sum(map(_rule_row_cost, report.reasons[:few]))))
        rules = rows.take(report.reasons, _rule_row_cost, 6, 0)
        first.left -= sum(map(_rule_row_cost, rules))
    pair = max(first.left, 6) - HEADING
    dates = _Room(pair).take(report.dates, _short_date_cost, 8, 0)
    shown = _Room(pair - 2.3).take(facts, _fact_cost, 20, 0)  # the first line says how far things have come
    if several:
        room.left -= HEADING + max(sum(map(_short_date_cost, dates)), 2.3 + sum(map(_fact_cost, shown)))

    option_cost = _option_cost
    if report.number > 1:
        option_cost = _short_option_cost if report.loans == 2 else _brief_option_cost
    helpers = once.take(report.help, _help_cost, 5, HEADING + 1.2)
    options = rest.take(report.first_options, option_cost, 3)
    reasons = room.take(report.reasons, _rule_cost, 8, HEADING + 2)
    if_less = report.if_less
    less_rules = room.take(if_less.reasons, _rule_cost, 4, HEADING + 8) if if_less else ()
    cases = room.take(report.cases, _case_cost, 6, HEADING + 2.5)
    open_items = room.take(report.open_items, lambda o: _lines(f"{o.topic} {o.look}", WIDE - 4) + 0.15, 8, HEADING)
    changers = room.take(report.changers, lambda c: 0.4 + _lines(c.text, HALF), 8, HEADING + 2.5)
    full = room.take([d for d in report.dates if d.key != "sale"], _date_cost, 8, HEADING + 1.2)
    ways = rest.take(report.ways, lambda w: 4.3 if w.if_waived else 1.5, 6, HEADING + 1.2)
    duties = room.take(report.duties, _short_rule_cost, 4, HEADING + 1.4)
    options += rest.take(report.first_options[len(options) :], option_cost, 3, 0)
    has_collection = bool(report.collection and once.take((report.collection,), _collection_cost))
    caveats = room.take(report.caveats, lambda c: _lines(c, WIDE - 4) + 0.15, 6, 2)
    defenses = room.take(report.defenses, _short_rule_cost, 4)
    more_facts = room.take(facts[len(shown) :], lambda f: 0.2 + _lines(f, WIDE - 4), 20, 2)
    further = rest.take(report.later_options, _short_option_cost if report.loans == 1 else option_cost, 6, 1)
    return Printed(
        report=report,
        icon=icon(report.icon),
        bars=tuple((bar, _picture(bar)) for bar in report.money.bars) if _has_amounts(report) else (),
        rules=rules,
        dates=dates,
        facts=shown,
        more_facts=more_facts,
        reasons=reasons,
        less_rules=less_rules,
        cases=cases,
        open_items=open_items,
        changers=changers,
        caveats=caveats,
        dates_in_full=full,
        duties=duties,
        defenses=defenses,
        options=options,
        further_options=further,
        ways=ways,
        has_collection=has_collection,
        help=helpers,
        is_cut=room.is_cut or rest.is_cut or once.is_cut,
    )


def _has_amounts(report: Report) -> bool:
    return any(bar.amount is not None for bar in report.money.bars)


def _answer_cost(report: Report) -> float:
    """The answer and the money."""
    texts = {"report": report}
    say = render_to_string("screener/_report/say.html", texts).strip()
    below = render_to_string("screener/_report/below.html", texts)
    paragraphs = [strip_tags(p) for p in below.split("<p>")[1:]]
    cost = 2 + 1.4 * (_lines(say, ANSWER) + 2 * min(1, len(report.leads))) + 2.3 * max(0, len(report.leads) - 1)
    cost += sum(_lines(p.strip()) + 0.3 for p in paragraphs)
    if report.if_less:
        cost += 0.3 + _lines(
            render_to_string("screener/_report/say.html", {"report": report.if_less}).strip() + 40 * " "
        )
    if report.outcome == "depends" and report.say != "one_fact":
        cost += _lines("; ".join(item.topic for item in report.open_items[:4]) + 20 * " ") + 0.5
    cost += HEADING + (1.4 * len(report.money.bars) if _has_amounts(report) else 1.3) + 1.4 * len(report.money.notes)
    return cost + (1.2 if report.money.saved else 0)


def _rule_row_cost(rule) -> float:
    return 0.4 + max(_lines(rule.heading, HALF), _lines(rule.cite, HALF))


def _review(rule) -> str:
    return rule.review if rule.is_reviewed else ""


def _rule_cost(rule) -> float:
    ticks = sum(_lines(f"{t.text} {t.answer} {' '.join(t.needs)} (not known)", WIDE - 4) for t in rule.ticks[:9])
    text = _lines(f"{rule.plain} {rule.measure_note or ''}")
    return 1.9 + text + ticks + 0.9 * _lines(f"{rule.cite} {rule.sure} {_review(rule)}" + 20 * " ", SMALL)


def _short_rule_cost(rule) -> float:
    return 1.9 + _lines(rule.plain) + 0.9 * _lines(f"{rule.cite} {_review(rule)}" + 20 * " ", SMALL)


def _short_date_cost(entry) -> float:
    if entry.key == "sale":
        return 2.2
    if entry.key == "help_by":
        return 5.2
    return 1.2 + _lines(f"{entry.text:60}" + 10 * " " + (45 * " " if entry.applies == "unknown" else ""), HALF)


def _fact_cost(fact: str) -> float:
    return 0.25 + _lines(fact, HALF)


def _collection_cost(collection) -> float:
    wages = 60 * len(collection.wage_rules) + len(collection.wages.head_of_household or "")
    return 1.5 + _lines(wages * " ", 66) + _lines(collection.bank.claimed or "", 66) + 2.5 + 2.5


def _case_cost(case) -> float:
    return 0.5 + max(_lines("; ".join(" or ".join(any_of) for any_of in case.when), HALF), len(case.possible) > 1 and 2)


def _date_cost(entry) -> float:
    text = f"{entry.action or entry.text} {entry.note} {entry.counted_from} {entry.event} {entry.cite}" + 115 * " "
    return 1.3 + _lines(text)


def _option_cost(option) -> float:
    steps = sum(_lines(step, WIDE - 4) + 0.15 for step in option.this_week)
    return 1.9 + _lines(f"{option.plain} {option.caution or ''}") + steps + (0.9 if option.grounds else 0)


def _short_option_cost(option) -> float:
    return 1.6 + _lines(f"{option.plain} {option.caution or ''}")


def _brief_option_cost(option) -> float:
    return _lines(option.heading, WIDE - 4) + 0.15


def _help_cost(one) -> float:
    return 0.4 + max(_lines(one.name, HALF), _lines(one.url or "", 27))


def _assumed_cost(report: Report) -> float:
    return 2 + 0.8 * _lines(" · ".join(report.assumed), SMALL) if report.assumed else 0


def in_our_letters(text: str) -> str:
    """The text with what our fonts cannot print replaced by its plain letter, or by a question mark."""

    def plain(found: re.Match) -> str:
        letter = unicodedata.normalize("NFKD", found[0])[0]
        return "?" if _OTHER.match(letter) else letter

    return _OTHER.sub(plain, text)


# --- facts --------------------------------------------------------------------------------------------------------

EVENTS = {
    "confirmation": _("The court confirmed the sale: %(day)s"),
    "deed_recorded": _("The deed was handed over or put on record: %(day)s"),
    "end_of_redemption": _("The time to buy the home back ended: %(day)s"),
    "foreclosure_judgment": _("The court's foreclosure judgment: %(day)s"),
    "certificate_of_title": _("The certificate of title: %(day)s"),
    "deficiency_judgment": _("The judgment for the rest of the loan: %(day)s"),
    "default": _("The first missed payment: %(day)s"),
    "last_payment": _("The last payment: %(day)s"),
    "called_due": _("The whole loan was called due: %(day)s"),
}
#: Told apart from the facts of the law: the money and the sale's date have places of their own.
_ELSEWHERE = frozenset({"sale_date", "loan_date"})
_FIRST = ("role", "residence", "lien", "disposition", "foreclosed_by", "loan_use", "units", "acres", "buyer")


def _given(law: Law, case: Case, ahead: bool) -> Iterator[str]:
    """Each answer as a statement, the person and the home first; then what the lender did."""
    lost = case.facts.get("disposition")
    disposition = lost if isinstance(lost, str) else None
    questions = {q.fact: q for document in (law.state, law.federal) if document for q in document.questions}
    for name in sorted(law.facts, key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST)):
        fact, value = law.facts[name], case.facts.get(name)
        if value is None or isinstance(value, frozenset) or name in _ELSEWHERE:
            continue
        is_usual = fact.is_circumstance and value == fact.usual
        if name in questions:
            if not is_usual:
                yield wording.asked(questions[name], wording.answer_of(questions[name], value))
        elif CORE[name].values:
            if not is_usual or name in ("role", "lender_waived"):
                yield wording.said(name, value, ahead=ahead, disposition=disposition) or ""
        else:
            yield wording.stretch(name, value)
    if not case.loan.is_open:
        yield wording.stretch("loan_date", _range(case.loan.first, case.loan.last))
    for name, interval in case.events.items():
        day = wording.days(interval)
        if day and name in EVENTS:
            yield str(EVENTS[name]) % {"day": day}
        elif day and (provision := law.by_id.get(name)):
            yield _now("%(event)s: %(day)s") % {"event": provision.provision.heading, "day": day}
    if case.sued is not None:
        yield _now("The lender has sued.") if case.sued else _now("The lender has not sued.")
    for kind, acts in (("acted", case.acted), ("skipped", case.skipped)):
        for provision_id, value in acts.items():
            if value is True or (value is False and kind == "acted"):
                yield wording.point(kind, value, law.provision(provision_id))


def _not_known(law: Law, case: Case) -> Iterator[str]:
    """What was asked and is not known, by its topic."""
    questions = {q.fact: q for document in (law.state, law.federal) if document for q in document.questions}
    for name in law.facts:
        if name in case.facts and case.facts[name] is None and name not in _ELSEWHERE:
            topic = questions[name].ask if name in questions else wording.TOPIC[name]
            yield _now("Not known: %(topic)s") % {"topic": topic}


def _range(first: date | None, last: date | None) -> dict[str, date]:
    return {key: value for key, value in (("from", first), ("to", last)) if value is not None}


# --- pictures -----------------------------------------------------------------------------------------------------


def _address(svg: str) -> str:
    return "data:image/svg+xml," + quote(svg, safe=" =:/'()#,.-")


@lru_cache(maxsize=16)
def icon(name: str) -> str:
    """The outcome's shape as on the page, in ink."""
    svg = render_to_string("screener/_icon.html", {"name": name}).strip()
    return _address(svg.replace("<svg", "<svg xmlns='http://www.w3.org/2000/svg'", 1).replace("currentColor", "#111"))


#: Bars tell apart in black and white: the debt and what may be asked are dark, the home is light, the gap is open.
_FILLS = {
    "debt": "fill='#444'",
    "home": "fill='#bbb'",
    "gap": "fill='#fff' stroke='#444' stroke-width='1' stroke-dasharray='3 2'",
    "owe": "fill='#000'",
}
_LONG, _HIGH = 240, 8


def _picture(bar: Bar) -> str:
    if not bar.has_bar or bar.width in ("0%", "0.0%"):
        return ""
    start, width = (float(share.rstrip("%")) * _LONG / 100 for share in (bar.start, bar.width))
    inset = 0.5 if bar.kind == "gap" else 0
    width, high = max(1.5, width - 2 * inset), _HIGH - 2 * inset
    return _address(
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_LONG} {_HIGH}'>"
        f"<path d='M0 {_HIGH - 0.25}H{_LONG}' stroke='#999' stroke-width='.5'/>"
        f"<rect x='{start + inset:.1f}' y='{inset}' width='{width:.1f}' height='{high}' "
        f"{_FILLS.get(bar.kind, _FILLS['home'])}/></svg>"
    )
