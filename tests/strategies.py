"""Made-up cases for the properties of reasoning: any mixture of answers given, not known and left unsaid."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from statelaw import facts
from statelaw.deadlines import Interval
from statelaw.money import Money
from statelaw.reasoning import Case, Law

from . import naive

TODAY = date(2026, 11, 24)
AMOUNTS = st.sampled_from([None, *(Decimal(n) * 1000 for n in (0, 100, 200, 240, 250, 260, 300, 400))])
TRUTH = st.sampled_from([None, True, False])
EVENTS = tuple(e for e in facts.EVENTS if e != "sale")


def exact(first: int = 2005, last: int = 2027) -> st.SearchStrategy[Interval]:
    return st.dates(date(first, 1, 1), date(last, 12, 31)).map(lambda d: Interval(d, d))


def years(first: int, last: int) -> st.SearchStrategy[Interval]:
    return st.integers(first, last).map(lambda y: Interval(date(y, 1, 1), date(y, 12, 31)))


@st.composite
def paths(draw, law: Law) -> dict[str, str]:
    available = (*law.state.process.available, *facts.WORKOUTS)
    disposition, foreclosed_by, lien = draw(st.sampled_from(facts.legal_paths(available)))
    return {"disposition": disposition, "foreclosed_by": foreclosed_by, "lien": lien}


@st.composite
def any_case(draw, law: Law, most_unknown: int = 4) -> Case:
    """A case of ``law`` with at most ``most_unknown`` facts not known, beside circumstances."""
    names = [n for n in law.index if n not in ("sale_date", "loan_date")]
    unknown = draw(st.sets(st.sampled_from(names), max_size=most_unknown))
    path = draw(paths(law))
    known = {}
    for name in names:
        fact = law.facts[name]
        if name in unknown:
            if name != "lender_waived" or draw(st.booleans()):
                known[name] = None
            if not fact.is_circumstance and draw(st.booleans()):
                known.pop(name)  # left out and not known are one for a fact that is no circumstance
        elif name in path:
            known[name] = path[name]
        elif not fact.is_circumstance or draw(st.integers(0, 4)) == 0:
            known[name] = draw(st.sampled_from(naive._values(law, name)))
    sale = draw(st.one_of(st.just(Interval()), exact(), years(2009, 2027)))
    loan = draw(st.one_of(st.just(Interval()), exact(1985, 2024), years(1985, 2008)))
    if sale.last and loan.first and loan.first > sale.last:
        loan = Interval(sale.last - timedelta(days=900), sale.last - timedelta(days=900))
    stage = draw(st.sampled_from([None, *facts.STAGES]))
    if sale.first and sale.last:
        if stage in facts.STAGES_BEFORE_SALE and sale.last < TODAY:
            stage = "lost"
        if stage not in (None, *facts.STAGES_BEFORE_SALE) and sale.first > TODAY:
            stage = None
    limited = [rule.provision for rule in law.rules if rule.provision.ask_within]
    timed = [rule.provision for rule in law.rules if rule.effect == "deadline"]
    return Case(
        today=TODAY,
        facts=known,
        money=Money(*(draw(AMOUNTS) for _ in range(5))),
        sale=sale,
        loan=loan,
        events={e: draw(exact(2012, 2026)) for e in EVENTS if draw(st.integers(0, 3)) == 0},
        stage=stage,
        lender_acted=draw(TRUTH),
        acted={p.id: draw(TRUTH) for p in timed if draw(st.booleans())},
        asked={p.id: draw(TRUTH) for p in limited if draw(st.booleans())},
        skipped={p.id: draw(TRUTH) for p in law.duties if draw(st.booleans())},
        most_units=draw(st.sampled_from([None, 4])),
    )
