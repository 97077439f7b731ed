"""The pages of the walk: thin; what comes next is :mod:`screener.walk`, what is kept is :mod:`screener.answers`.

Every page works as a plain form or link. htmx asks for the same addresses and gets the same answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.html import format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from statelaw import store
from statelaw.reasoning import Law

from . import answers as kept
from . import links, questions, tally, walk
from . import report as reporting
from .answers import Answers, Notice, TooLarge, Unreadable
from .forms import BoxesForm, form_of
from .money_text import dollars
from .questions import ELSEWHERE, ELSEWHERE_PAGES, TERRITORY, Question
from .walk import Page, Plan

#: Where "Leave this site now" leads: a page that says nothing about the visitor.
NEUTRAL_PAGE = "https://www.weather.gov/"
TERRITORIES = ("PR", "GU", "VI", "MP", "AS")
CHECK = "check"
#: The cookie of a print that waits for the press (:mod:`screener.pdf_views`).
WAITING, WAITING_PATH = "print", "/report/"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

View = Callable[..., HttpResponse]


class Visit(HttpRequest):
    """A request as the pages of the walk see it (a name for the type checker; Django makes the object)."""

    answers: Answers | None
    today: date


# --- around every page


def page(*methods: str, reads: bool = True) -> Callable[[View], View]:
    """A page of the walk: these methods alone, never cached, the visitor's answers at ``request.answers``."""
    allowed = (*methods, "HEAD") if "GET" in methods else methods

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(request: Visit, *args: Any, **kwargs: Any) -> HttpResponse:
            response = _answer(request, view, args, kwargs)
            add_never_cache_headers(response)
            patch_vary_headers(response, ["HX-Request", "Cookie"])
            return response

        def _answer(request: Visit, view: View, args: tuple, kwargs: dict) -> HttpResponse:
            request.answers = None
            try:
                request.answers = read(request)
            except Unreadable as unreadable:
                if reads:
                    response = start_again(request, unreadable.why)
                    kept.forget(response)
                    return response
            if request.method not in allowed:
                response = start_again(request, "method", 405)
                response["Allow"] = ", ".join(allowed)
                return response
            if settings.PREVIEW and request.method == "GET" and "as_of" in request.GET:
                return _set_day(request)
            try:
                return view(request, *args, **kwargs)
            except TooLarge:
                return start_again(request, "too_large", 413)

        return inner

    return decorate


def read(request: Visit) -> Answers | None:
    """The answers in this browser. Raises Unreadable."""
    return _sound(kept.read(request))


def _sound(answers: Answers | None) -> Answers | None:
    if answers is not None and not questions.are_sound(answers):
        raise Unreadable("older")
    return answers


def start_again(request: Visit, reason: str, status: int = 400) -> HttpResponse:
    """A calm page: what happened, what was kept, and where to go on."""
    return render(request, "screener/again.html", {"reason": reason, "continue_url": _where(request)}, status=status)


def _where(request: Visit) -> str | None:
    """Where the visitor of these answers goes on."""
    answers = getattr(request, "answers", None)
    if answers is None or answers.is_empty:
        return None
    return _url(_plan(request, answers).next)


def _set_day(request: Visit) -> HttpResponse:
    """In preview, a reviewer sets the day from which the law is read. It goes with the answers."""
    left = request.GET.copy()
    text = left.pop("as_of")[-1]
    try:
        as_of = date.fromisoformat(text) if text else None
        known = as_of is None or questions_year(as_of)
    except ValueError:
        as_of, known = None, False
    response = HttpResponseRedirect(request.path + (f"?{left.urlencode()}" if left else ""))
    if known:
        kept.write(response, replace(request.answers or Answers.new(), as_of=as_of))
    return response


def questions_year(day: date) -> bool:
    return 1990 <= day.year <= 2100


def today_of(answers: Answers | None) -> date:
    if settings.PREVIEW and answers is not None and answers.as_of:
        return answers.as_of
    return timezone.localdate()


def _today(request: Visit, answers: Answers) -> date:
    """The day from which this request reasons: read once, so that no page spans midnight."""
    if not hasattr(request, "today"):
        request.today = today_of(answers)
    return request.today


def law_of(answers: Answers) -> Law | None:
    try:
        return store.law(answers.state) if answers.state else None
    except KeyError:
        return None


def _plan(request: Visit, answers: Answers, loan: int | None = None) -> Plan:
    return walk.plan(law_of(answers), answers.of(loan), _today(request, answers))


def _url(to: Page | None, *, change: bool = False, loan: int | None = None) -> str:
    if to is None:
        return reverse(CHECK)
    more = {}
    if change:
        more["from"] = CHECK
    if loan is not None:
        more["loan"] = str(loan)
    return reverse("question", args=[to.slug]) + (f"?{urlencode(more)}" if more else "")


def see_other(url: str) -> HttpResponse:
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def _keep(response: HttpResponse, request: Visit, answers: Answers) -> HttpResponse:
    kept.write(response, answers)
    request.answers = answers
    return response


# --- the way in


@page("GET", reads=False)
def home(request: Visit) -> HttpResponse:
    return render(
        request, "screener/start.html", {"cleared": "cleared" in request.GET, "continue_url": _where(request)}
    )


@page("GET", "POST", reads=False)
def start(request: Visit, code: str | None = None) -> HttpResponse:
    """A new walk, perhaps straight into a state. Answers that are in the browser already are not lost unasked."""
    code = code.upper() if code else None
    if code in TERRITORIES:
        return see_other(reverse("elsewhere", args=[TERRITORY]))
    if code is not None and code not in store.codes():
        raise Http404
    old: Answers | None = request.answers
    if old is not None and not old.is_empty and not (request.method == "POST" and request.POST.get("replace")):
        if code is not None and old.state == code:
            return see_other(_where(request) or reverse(CHECK))
        context = {"action": request.path, "continue_url": _where(request)}
        return render(request, "screener/replace.html", context)
    fresh = Answers.new(shared=bool(old and old.shared), as_of=old.as_of if old else None)
    if code is not None:
        fresh = fresh.put({"state": code})
    return _keep(see_other(_url(_plan(request, fresh).next)), request, fresh)


# --- questions


@page("GET", "POST")
def question(request: Visit, slug: str) -> HttpResponse:
    if request.method == "POST":
        return _take(request, slug)
    answers: Answers | None = request.answers
    if answers is None:
        if slug != "state":
            return see_other(reverse("home"))
        answers = Answers.new()
        return _keep(_show(request, answers, _plan(request, answers), slug), request, answers)
    if (number := _number(request.GET.get("loan"))) is not None:
        answers = answers.with_loan(number)
    return _show(request, answers, _plan(request, answers), slug)


def _number(text: str | None) -> int | None:
    return int(text) if text and len(text) == 1 and text in "0123456789" else None


def _show(request: Visit, answers: Answers, plan: Plan, slug: str, form: Any = None) -> HttpResponse:
    """The page of a question; one whose turn has not come, or does not come, leads to the one whose turn it is."""
    at = plan.page(slug)
    if at is None:
        if not _exists(slug, plan.law):
            raise Http404
        return see_other(_url(plan.next))
    asked = plan.question(at)
    if form is None:
        form = form_of(asked, {**walk.suggested(answers), **plan.given}, plan.law, _today(request, answers))
    request.answers = answers
    context = _context(request, answers, plan, at, asked, form)
    return render(request, asked.template_name, context, status=422 if form.is_bound else 200)


def _context(request: Visit, answers: Answers, plan: Plan, at: Page, asked: Question, form: Any) -> dict[str, Any]:
    change = request.GET.get("from") == CHECK
    before = plan.before(at.slug)
    notice = answers.notice if answers.notice and answers.notice.on == at.slug else None
    return {
        "question": asked,
        "form": form,
        "law": plan.law,
        "jurisdiction": plan.law.state if plan.law else None,
        "stage": walk.stage_of(plan.given),
        "variant": questions.variant(at.slug, plan.given),
        "before": walk.is_before(plan.given),
        "answers": plan.given,
        "facts": plan.given,
        "progress": {"answered": plan.answered, "total": plan.answered + plan.left, "left": plan.left},
        "skipped_note": {"count": notice.skipped, "settled": plan.settled} if notice and notice.skipped else None,
        "notices": [_label(slug, plan) for slug in notice.voided] if notice else [],
        "back_url": reverse(CHECK) if change else (_url(before) if before else reverse("home")),
        "change": change,
        "can_skip": asked.can_skip,
        "again": at.slug == walk.MORE_BOXES,
        "walk_id": answers.walk,
        "loan_number": answers.loan,
        "loan_count": len(answers.loans),
    }


def _exists(slug: str, law: Law | None) -> bool:
    if slug in questions.LABELS or slug.startswith((questions.WHEN, questions.ACTED, questions.ASKED)):
        return True
    return law is not None and slug in law.facts


def _take(request: Visit, slug: str) -> HttpResponse:
    """One answer, from one form. It changes its own question alone, so that two tabs do not undo each other."""
    answers: Answers | None = request.answers
    if answers is None:
        return start_again(request, "no_answers", 409)
    number = _number(request.POST.get("loan", "0"))
    if request.POST.get("walk") != answers.walk or number is None or number >= len(answers.loans):
        return start_again(request, "other_walk", 409)
    answers = answers.with_loan(number)
    plan = _plan(request, answers)
    at = plan.page(slug)
    if at is None:
        if not _exists(slug, plan.law):
            raise Http404
        return see_other(_url(plan.next))
    asked = plan.question(at)
    if asked.can_skip and "unsure" in request.POST:
        values: dict[str, Any] = {slug: None}
        left = answers.put(values)
    else:
        form = form_of(asked, dict(plan.given), plan.law, _today(request, answers), _readable(request.POST))
        if not form.is_valid():
            return _show(request, answers, plan, slug, form)
        if isinstance(form, BoxesForm):
            left = _tick(answers, form)
        else:
            values = form.answers()
            if (elsewhere_page := _leads_elsewhere(values)) is not None:
                return see_other(reverse("elsewhere", args=[elsewhere_page]))
            left = answers.put(values)
    return _go_on(request, answers, left, plan, slug)


def _readable(sent: QueryDict) -> QueryDict:
    """What was sent, with a sign for each control character, so that none is stored, dropped unseen or sent back."""
    if not any(CONTROL.search(value) for values in sent.lists() for value in values[1]):
        return sent
    clean = QueryDict(mutable=True)
    for name, values in sent.lists():
        clean.setlist(name, [CONTROL.sub("\ufffd", value) for value in values])
    return clean


def _leads_elsewhere(values: dict[str, Any]) -> str | None:
    """The page for a case that this site does not answer. Such an answer is not kept."""
    if values.get("state") == TERRITORY:
        return TERRITORY
    if values.get("home_kind") in ELSEWHERE:
        return values["home_kind"]
    if (values.get("units") or 0) > questions.MOST_UNITS:
        return "five_units"
    return None


def _tick(answers: Answers, form: BoxesForm) -> Answers:
    """Boxes: those on this page are ticked or not, the others stay. One no longer ticked takes its follow-up along."""
    given = answers.of()
    before, offered = walk.names(given, walk.BOXES), walk.names(given, walk.OFFERED)
    ticked = form.ticked()
    left = (*(name for name in before if name not in form.offered), *ticked)
    gone = [name for name in form.offered if name not in ticked]
    return answers.without(gone).put({walk.BOXES: left, walk.OFFERED: tuple(dict.fromkeys((*offered, *form.offered)))})


def _go_on(request: Visit, before: Answers, after: Answers, plan: Plan, slug: str) -> HttpResponse:
    """Keep the answers and lead to what comes next, with what the answer brought about."""
    after, voided = walk.settle(law_of(after), before, after, _today(request, after))
    new = _plan(request, after)
    change = request.GET.get("from") == CHECK
    again = not change and before.with_loan(after.loan).has(slug)  # she came back to it, and goes forward from here
    to = new.after(slug, own=after.loan > 0) if again else new.next
    skipped = 0
    if new.core_is_done and new.law is not None:
        skipped = max(0, new.needless - plan.needless) if plan.core_is_done and plan.law else new.needless
    notice = Notice(to.slug if to else CHECK, voided, skipped) if voided or skipped else None
    after = replace(after, notice=notice)
    return _keep(see_other(_url(to, change=change and to is not None)), request, after)


# --- what was answered


def _label(slug: str, plan: Plan) -> str:
    if slug in questions.LABELS:
        return str(questions.LABELS[slug])
    law = plan.law
    if law is not None and slug in questions.own_questions(law):
        return questions.own_questions(law)[slug].ask
    if law is not None and slug.startswith((questions.ACTED, questions.ASKED)):
        if slug.partition("-")[2] in law.by_id:
            return str(questions.act(slug, law, None).label)
    return _("An answer about another state")


def _shown(asked: Question, plan: Plan) -> str:
    """An answer as the check page shows it."""
    given = plan.given
    if asked.kind == "boxes":
        ticked = [o.label for o in asked.options if o.value in walk.names(given, walk.BOXES)]
        return _lines(ticked) if ticked else _("None of these")
    if asked.kind == "follow_ups":
        pairs = ((part.label, _card(part, given.get(part.slug), ticked=True)) for part in asked.parts)
        return format_html_join("\n", "<span>{}</span><br><b>{}</b><br>", pairs)
    answer = given.get(asked.slug)
    if answer is None:
        return _("I’m not sure")
    if asked.kind == "state":
        return plan.law.state.name if plan.law else ""
    if asked.kind == "money":
        return dollars(questions.amount(answer)) or ""
    if asked.kind == "date":
        return day_text(str(answer))
    if asked.kind == "number":
        return str(answer)
    return _card(asked, answer)


def _lines(texts: list) -> str:
    return format_html_join("\n", "<span>{}</span><br>", ((text,) for text in texts))


def _card(asked: Question, answer: Any, *, ticked: bool = False) -> str:
    value = questions.to_card(asked, answer, ticked=ticked)
    return next((str(o.label) for o in asked.options if o.value == value), str(value))


def day_text(partial: str) -> str:
    """A partial date in words: "March 4, 2026", "March 2026", "2026"."""
    days = questions.interval(partial)
    style = {0: "Y", 1: "F Y"}.get(partial.count("-"), "F j, Y")
    return formats.date_format(days.first, style) if days.first else partial


@page("GET")
def check(request: Visit) -> HttpResponse:
    """Check your answers: each with a link that changes it and comes back here."""
    answers: Answers | None = request.answers
    if answers is None:
        return see_other(reverse("home"))
    plans = [_plan(request, answers, number) for number in range(len(answers.loans))]
    done = [plan.next is None for plan in plans]
    if not any(done):
        return see_other(_url(plans[answers.loan].next))
    groups: list[dict[str, Any]] = []
    for number, plan in enumerate(plans):
        rows = [_row(page_, plan, number) for page_ in plan.pages if walk.is_answered(page_, plan.given)]
        if number == 0:
            groups.append({"title": 0, "rows": [row for row in rows if row["slug"] in kept.OF_THE_HOME]})
        own = [row for row in rows if row["slug"] not in kept.OF_THE_HOME]
        unfinished = None if done[number] else _url(plan.next, loan=number)
        groups.append({"title": number + 1, "rows": own, "loan": number, "unfinished_url": unfinished})
    notice = answers.notice if answers.notice and answers.notice.on == CHECK else None
    plan = plans[answers.loan]
    context = {
        "groups": groups,
        "law": plan.law,
        "jurisdiction": plan.law.state if plan.law else None,
        "loan_count": len(answers.loans),
        "can_add_loan": len(answers.loans) < kept.MAX_LOANS and all(done),
        "notices": [_label(slug, plan) for slug in notice.voided] if notice else [],
        "skipped_note": {"count": notice.skipped, "settled": plan.settled} if notice and notice.skipped else None,
        "walk_id": answers.walk,
        "back_url": _url(plan.pages[-1]) if done[answers.loan] else _url(plan.next),
    }
    return render(request, "screener/check.html", context)


def _row(at: Page, plan: Plan, number: int) -> dict[str, Any]:
    asked = plan.question(at)
    return {
        "slug": at.slug,
        "label": asked.label,
        "value": _shown(asked, plan),
        "unsure": asked.kind not in ("boxes", "follow_ups") and plan.given.get(at.slug) is None,
        "url": _url(at, change=True, loan=number),
    }


# --- the report


def reports_for(request: Visit) -> list:
    """A report for each loan whose questions are all answered, as the page and the print show them."""
    if not hasattr(request, "answers"):
        try:
            request.answers = read(request)
        except Unreadable:
            request.answers = None
    answers: Answers | None = request.answers
    if answers is None:
        return []
    law, today = law_of(answers), _today(request, answers)
    if law is None:
        return []
    loans = [answers.of(number) for number in range(len(answers.loans))]
    cases = [walk.case_of(law, given, today) for given in loans if walk.plan(law, given, today).next is None]
    return list(reporting.build(law.code, cases, as_of=today)) if cases else []


@page("GET")
def report(request: Visit) -> HttpResponse:
    answers: Answers | None = request.answers
    if answers is None:
        return see_other(reverse("home"))
    reports = reports_for(request)
    if not reports:
        return see_other(_url(_plan(request, answers).next))
    if request.method == "GET":
        for one in reports:
            tally.record(timezone.localdate(), answers.state or "", one.outcome)
    unfinished = next(
        (
            _url(plan.next, loan=number)
            for number in range(len(answers.loans))
            if (plan := _plan(request, answers, number)).next is not None
        ),
        None,
    )
    context = {
        "reports": reports,
        "can_add_loan": unfinished is None and len(answers.loans) < kept.MAX_LOANS,
        "unfinished_url": unfinished,
        "walk_id": answers.walk,
    }
    return render(request, "screener/report.html", context)


def _is_of(answers: Answers, request: Visit) -> bool:
    return request.POST.get("walk") in (None, "", answers.walk)


@page("POST")
def another_loan(request: Visit) -> HttpResponse:
    """One more loan on this home: what is shared is kept, what differs is asked."""
    answers = request.answers
    if answers is None:
        return start_again(request, "no_answers", 409)
    if not _is_of(answers, request):
        return start_again(request, "other_walk", 409)
    for number in range(len(answers.loans)):
        if (plan := _plan(request, answers, number)).next is not None:
            return _keep(see_other(_url(plan.next)), request, answers.with_loan(number))
    answers = answers.with_loan(0)
    more = replace(answers.add_loan(walk.known_of_another(answers)), notice=None)
    return _keep(see_other(_url(_plan(request, more).next)), request, more)


@page("POST")
def remove_loan(request: Visit) -> HttpResponse:
    answers = request.answers
    if answers is None:
        return start_again(request, "no_answers", 409)
    if not _is_of(answers, request):
        return start_again(request, "other_walk", 409)
    number = _number(request.POST.get("loan"))
    if number is None or len(answers.loans) < 2:
        return see_other(reverse(CHECK))
    return _keep(see_other(reverse(CHECK)), request, replace(answers.drop_loan(number), notice=None))


# --- coming back, leaving


def resume_url(request: Visit) -> str:
    answers = getattr(request, "answers", None) or read(request) or Answers.new()
    sealed = links.token_of(replace(answers, notice=None, shared=False))
    return request.build_absolute_uri(reverse("resume-open", args=[sealed]))


@page("GET", "POST")
def resume(request: Visit) -> HttpResponse:
    """A link, and a QR code, with all answers in them."""
    if request.answers is None or request.answers.is_empty:
        return see_other(reverse("home"))
    address = resume_url(request)
    context = {"link": address, "qr": links.qr(address), "days": links.DAYS, "back_url": _where(request)}
    return render(request, "screener/resume.html", context)


@page("GET", "POST", reads=False)
def resume_open(request: Visit, token: str) -> HttpResponse:
    try:
        found = links.open_token(token)
        _sound(found)
    except Unreadable as unreadable:
        return start_again(request, unreadable.why if unreadable.why != "damaged" else "bad_link")
    old: Answers | None = request.answers
    if old is not None and not old.is_empty and request.method != "POST":
        if _holds(old, found):
            return see_other(_where(request) or reverse(CHECK))
        context = {"action": request.path, "continue_url": _where(request), "from_link": True}
        return render(request, "screener/replace.html", context)
    found = replace(found, shared=bool(old and old.shared), as_of=old.as_of if old else None)
    return _keep(see_other(_url(_plan(request, found).next)), request, found)


def _holds(ours: Answers, others: Answers) -> bool:
    """Whether all of the others' answers are among ours."""
    return (
        len(ours.loans) >= len(others.loans)
        and others.home.items() <= ours.home.items()
        and all(other.items() <= own.items() for own, other in zip(ours.loans, others.loans, strict=False))
    )


def _forget_all(response: HttpResponse) -> HttpResponse:
    """With nothing of ours left in this browser."""
    kept.forget(response)
    response.delete_cookie(settings.CSRF_COOKIE_NAME, samesite="Lax")
    response.delete_cookie(WAITING, path=WAITING_PATH, samesite="Lax")
    return response


@page("POST", reads=False)
def clear(request: Visit) -> HttpResponse:
    return _forget_all(see_other(reverse("home") + "?cleared=1"))


@page("GET", "POST", reads=False)
def leave(request: Visit) -> HttpResponse:
    """Away from here at once, with nothing left in this browser."""
    return _forget_all(see_other(NEUTRAL_PAGE))


@page("POST", reads=False)
def shared(request: Visit) -> HttpResponse:
    """On a shared computer the answers end with the browser window."""
    answers = request.answers or Answers.new()
    on = request.POST.get("shared") != "off"
    to = request.POST.get("next", "")
    if not (to.startswith("/") and len(to) < 500 and url_has_allowed_host_and_scheme(to, allowed_hosts=None)):
        to = reverse("home")
    return _keep(see_other(to), request, replace(answers, shared=on))


# --- other pages


@page("GET", reads=False)
def elsewhere(request: Visit, what: str) -> HttpResponse:
    """What this site does not answer, and where to turn instead."""
    name = what.replace("-", "_")
    if name not in ELSEWHERE_PAGES:
        raise Http404
    back = {TERRITORY: "state", "five_units": "home_kind"}.get(name, "home_kind")
    return render(request, f"screener/elsewhere/{name}.html", {"back_url": reverse("question", args=[back])})


@page("GET", reads=False)
def privacy(request: Visit) -> HttpResponse:
    return render(request, "screener/privacy.html")


@page("GET", reads=False)
def health(request: Visit) -> HttpResponse:
    """For whoever watches the site: the law is in memory. Looks at no database."""
    return JsonResponse(store.health())


def stale_form(request: Visit, reason: str = "") -> HttpResponse:
    """A form that came too late, or from a browser that keeps no cookies. No answer is lost by it."""
    try:
        request.answers = read(request)
    except Unreadable:
        request.answers = None
    response = render(request, "screener/stale.html", {"continue_url": _where(request)}, status=403)
    add_never_cache_headers(response)
    return response
