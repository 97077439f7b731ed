"""Walks through the interview for tests: on the pure walk, and over the pages."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date

from screener import questions, walk
from screener.answers import Answers
from statelaw import store

TODAY = date(2026, 11, 25)

USUAL = {
    "home_kind": "home",
    "role": "borrower",
    "stage": "lost",
    "residence": "primary",
    "lien": "first",
    "owed": "300000",
    "sale_price": "240000",
    "fair_value": "260000",
    "senior_owed": "200000",
    "surplus": "0",
    "sale_date": "2026-08-03",
}


def a_value(asked: questions.Question, law, rng: random.Random):
    """Some answer to a question, as it is kept."""
    if asked.kind == "state":
        return rng.choice(store.codes())
    if asked.kind in ("choice", "yes_no"):
        fitting = [o for o in asked.options if o.value not in (*questions.ELSEWHERE, "5")]
        return questions.to_answer(asked, rng.choice(fitting).value)
    if rng.random() < 0.25:
        return None
    if asked.kind == "money":
        return rng.choice(["0", "50000", "180000", "240000.5", "300000"])
    if asked.kind == "number":
        return rng.choice(["0.25", "2.5", "12", "45"])
    if asked.slug == "sale_date":
        return rng.choice(["2026", "2026-08", "2026-08-03", "2025-02-01", "2021", "2015-06"])
    return rng.choice(["2014", "2016-03", "2013-12-30", "2026-09-01", "2009"])


def answer(answers: Answers, plan: walk.Plan, page: walk.Page, value) -> Answers:
    """One page answered, as the view does it."""
    slug = page.slug
    if slug in (walk.BOXES, walk.MORE_BOXES):
        given = answers.of()
        offered = tuple(dict.fromkeys((*(given.get(walk.OFFERED) or ()), *page.names)))
        ticked = tuple(dict.fromkeys((*(given.get(walk.BOXES) or ()), *value)))
        after = answers.put({walk.BOXES: ticked, walk.OFFERED: offered})
    elif slug == walk.FOLLOW_UPS:
        after = answers.put(value)
    else:
        after = answers.put({slug: value})
    law = store.law(after.state) if after.state else None
    return walk.settle(law, answers, after, TODAY)[0]


def run(answers: Answers, choose: Callable, most: int = 80) -> tuple[Answers, list[walk.Plan]]:
    """Answer page after page until none is left. ``choose(plan, page)`` gives each answer."""
    plans = []
    for _ in range(most):
        law = store.law(answers.state) if answers.state else None
        plan = walk.plan(law, answers.of(), TODAY)
        plans.append(plan)
        if plan.next is None:
            return answers, plans
        answers = answer(answers, plan, plan.next, choose(plan, plan.next))
    raise AssertionError(f"the walk does not end: {[p.next and p.next.slug for p in plans]}")


def by_chance(rng: random.Random, **fixed) -> Callable:
    def choose(plan: walk.Plan, page: walk.Page):
        if page.slug in fixed:
            return fixed[page.slug]
        asked = plan.question(page)
        if asked.kind == "boxes":
            return tuple(name for name in page.names if rng.random() < 0.2)
        if asked.kind == "follow_ups":
            facts = plan.law.facts
            return {
                part.slug: questions.to_answer(part, rng.choice(part.options).value, facts.get(part.slug), ticked=True)
                for part in asked.parts
            }
        return a_value(asked, plan.law, rng)

    return choose


def usual(**given) -> Callable:
    """Answers as usual, those ``given`` differing; nothing ticked; "I don't know" to all else."""
    known = USUAL | given

    def choose(plan: walk.Plan, page: walk.Page):
        if page.slug in known:
            return known[page.slug]
        if page.slug in (walk.BOXES, walk.MORE_BOXES):
            return ()
        return None

    return choose


# --- over the pages


#: What a form sends for an answer that is kept in this way.
SENT = {
    "owed": "$300,000",
    "sale_price": "240k",
    "fair_value": "260000",
    "senior_owed": "200000",
    "surplus": "0",
    "sale_date": {"value_0": "8", "value_1": "3", "value_2": "2026"},
    "acres": "0.2",
    "circumstances": ["none"],
    "circumstances-3": ["none"],
}


def form_data(response, **answers) -> dict:
    """What a browser sends from the question on this page: ``answers`` by slug, else the usual, else "not sure"."""
    context = response.context
    asked = context["question"]
    data = {"walk": context["walk_id"], "loan": str(context["loan_number"])}
    value = answers.get(asked.slug, SENT.get(asked.slug, USUAL.get(asked.slug)))
    if asked.kind == "follow_ups":
        return data | {part.slug: answers.get(part.slug, part.options[0].value) for part in asked.parts}
    if value is None:
        return data | ({"unsure": "1"} if asked.can_skip else {"value": "unsure"})
    return data | (value if isinstance(value, dict) else {"value": value})


def go_on(client, response, until: str | None = None, most: int = 60, **answers):
    """Answer page after page, from the one in ``response`` to the check page or to the page of ``until``."""
    for _ in range(most):
        path = response.request["PATH_INFO"]
        if not path.startswith("/q/") or path == f"/q/{until}/":
            return response
        sent = client.post(path, form_data(response, **answers))
        assert sent.status_code == 303, (path, sent.status_code, sent.context and sent.context["form"].errors)
        response = client.get(sent["Location"], follow=True)
    raise AssertionError("the walk does not end")


def walk_through(client, state: str, until: str | None = None, **answers):
    return go_on(client, client.get("/start/", follow=True), until, state=state, **answers)
