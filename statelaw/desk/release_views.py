"""The steps from a draft to what the public sees: sign off, publish, roll back, withdraw.

The views show what a step would do and what stands in its way; whether it may be done is asked again, inside one
transaction, by :mod:`statelaw.releases`.
"""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from statelaw import differences, drafts, impact_runs, releases, review_notes
from statelaw.document import plain_data
from statelaw.models import JurisdictionDraft, Publication
from statelaw.publish import FEDERAL
from statelaw.releases import Gate, Refused

from .links import address
from .release_forms import PublishForm, RollBackForm, SendBackForm, SignOffForm, StepForm, WithdrawForm
from .standing import Standing, title_of, with_standing

page = require_http_methods(["GET", "HEAD", "POST"])
#: Open review notes that a step shows before it leads on to the whole list.
MANY_NOTES = 10


@page
def sign_off(request: HttpRequest, code: str) -> HttpResponse:
    draft = _draft(request, code)
    title = _("Sign off: %(state)s") % {"state": draft.name}
    if not _user(request).has_perm("statelaw.sign_off"):
        return _closed(request, title, _("Only a reviewer may sign off. Ask an administrator to make you one."), code)
    back = SendingBack(request, draft)
    if back.is_done:
        return HttpResponseRedirect(_state_page(code))
    draft = back.draft
    gate = releases.gate(draft, with_scenarios=False)
    rules = _rules(draft)
    licensed = releases.is_licensed(_user(request), code)
    attorney = _("a licensed attorney") if code == FEDERAL else _("an attorney licensed in this state")
    changes = Changes(gate)
    form = SignOffForm(
        back.sent_otherwise,
        rules=rules,
        changed=changes.touched,
        licence=attorney if licensed else "",
        initial={"public_name": _user(request).get_full_name()},
    )
    if form.is_bound and form.is_valid():
        found = form.cleaned_data
        try:
            releases.sign_off(
                draft,
                _user(request),
                request.POST.get("digest", ""),
                kind=found["kind"],
                public_name=form.name_to_show,
                provisions=found["provisions"],
                note=found["note"],
            )
        except Refused as refused:
            form.refuse(refused)
            gate = releases.gate(draft := _draft(request, code), with_scenarios=False)
            changes = Changes(gate)
        else:
            messages.success(
                request, _("You signed off %(state)s. The next edit of it voids this.") % {"state": draft.name}
            )
            return HttpResponseRedirect(_state_page(code))
    own = _user(request).pk in drafts.editors_of(draft)
    return _page(
        request,
        "admin/desk/sign_off.html",
        form,
        title=title,
        draft=draft,
        gate=gate,
        changes=changes,
        impact=_impact(draft),
        voided=_voided(gate),
        is_own=own,
        is_licensed=licensed,
        has_signed=any(row.by_id == _user(request).pk for row in gate.sign_offs),
        may_sign=gate.is_edited and gate.document is not None and not own,
        **back.context,
    )


@page
def publish(request: HttpRequest, code: str) -> HttpResponse:
    draft = _draft(request, code)
    title = _("Publish: %(state)s") % {"state": draft.name}
    if not _user(request).has_perm("statelaw.publish"):
        return _closed(request, title, _("Only a publisher may publish. Ask an administrator to make you one."), code)
    back = SendingBack(request, draft)
    if back.is_done:
        return HttpResponseRedirect(_state_page(code))
    form = PublishForm(back.sent_otherwise)
    if form.is_bound and form.is_valid():
        found = form.cleaned_data
        try:
            row = releases.publish_draft(
                draft,
                _user(request),
                request.POST.get("digest", ""),
                found["note"],
                live_at=form.live_at,
                alone=found["alone"],
                failing_why=found["failing_why"],
                overtake=found["overtake"],
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _published(row))
            return HttpResponseRedirect(_publication_page(row))
    draft = _draft(request, code)
    gate = releases.gate(draft)
    return _page(
        request,
        "admin/desk/publish.html",
        form,
        title=title,
        draft=draft,
        gate=gate,
        changes=Changes(gate),
        impact=_impact(draft),
        voided=_voided(gate),
        zone=timezone.get_current_timezone_name(),
        # What is told above the form already is not told again as an error of it.
        may_publish=gate.is_edited and gate.document is not None and not gate.broken,
        **back.context,
    )


@page
def roll_back(request: HttpRequest, pk: int) -> HttpResponse:
    row = _publication(request, pk)
    title = _("Publish again: %(publication)s") % {"publication": row}
    if not _user(request).has_perm("statelaw.roll_back"):
        return _closed(request, title, _("Only a publisher may roll back. Ask an administrator to make you one."))
    current = Publication.objects.current().filter(code=row.code).defer("text").first()
    if row.standing in (Standing.IN_FORCE, Standing.SCHEDULED):
        why = _("This publication is in force.") if row.standing == Standing.IN_FORCE else _("This one is scheduled.")
        return _closed(request, title, why, status=409)
    form = RollBackForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        try:
            again = releases.roll_back(
                row,
                _user(request),
                found["reason"],
                failing_why=found["failing_why"],
                overtake=found["overtake"],
                seen=request.POST.get("seen", ""),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _published(again))
            return HttpResponseRedirect(_publication_page(again))
    again_gate = releases.gate_again(row)
    is_same = current is not None and current.digest == row.digest
    return _page(
        request,
        "admin/desk/roll_back.html",
        form,
        title=title,
        publication=row,
        named=title_of(row.code),
        standing=Standing(row.standing),
        current=current,
        mistakes=(*again_gate.mistakes, *again_gate.broken),
        failing=again_gate.failing,
        scheduled=Publication.objects.scheduled().filter(code=row.code).defer("document", "text"),
        draft=JurisdictionDraft.objects.filter(code=row.code).first(),
        may_go=not (is_same or again_gate.mistakes or again_gate.broken),
        is_same=is_same,
    )


@page
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    row = _publication(request, pk)
    title = _("Withdraw: %(publication)s") % {"publication": row}
    if not _user(request).has_perm("statelaw.roll_back"):
        return _closed(request, title, _("Only a publisher may withdraw. Ask an administrator to make you one."))
    if row.standing != Standing.SCHEDULED and request.method != "POST":
        return _closed(request, title, _("Only a publication that is still scheduled can be withdrawn."), status=409)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            releases.withdraw(row, _user(request), form.cleaned_data["why"])
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("%(publication)s will not come into force.") % {"publication": row})
            return HttpResponseRedirect(_publication_page(row))
    return _page(
        request,
        "admin/desk/withdraw.html",
        form,
        title=title,
        publication=row,
        named=title_of(row.code),
        current=Publication.objects.current().filter(code=row.code).defer("document", "text").first(),
    )


# --- what they share -------------------------------------------------------------------------------------------------


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # the desk's door lets nobody else in


def _draft(request: HttpRequest, code: str) -> JurisdictionDraft:
    if not _user(request).has_perm("statelaw.view_jurisdictiondraft"):
        raise PermissionDenied
    found = drafts.whole(JurisdictionDraft.objects.filter(code=code)).first()
    if found is None:
        raise Http404
    return found


def _publication(request: HttpRequest, pk: int) -> Any:
    if not _user(request).has_perm("statelaw.view_publication"):
        raise PermissionDenied
    return get_object_or_404(with_standing(Publication.objects.defer("text")), pk=pk)


def _page(request: HttpRequest, template: str, form: StepForm, **context: Any) -> HttpResponse:
    """The page of a step; 422 where what was sent could not be taken."""
    context = {**admin.site.each_context(request), "form": form, **context}
    back = context.get("back_form")
    return TemplateResponse(request, template, context, status=422 if form.errors or (back and back.errors) else 200)


def _closed(request: HttpRequest, title: str, why: str, code: str = "", status: int = 403) -> HttpResponse:
    """A step that is not open to this person, or not now: why, and where to go."""
    context = {**admin.site.each_context(request), "title": title, "why": why}
    context["back"] = _state_page(code) if code else reverse("admin:statelaw_publication_changelist")
    context["back_name"] = title_of(code) if code else _("Publications")
    return TemplateResponse(request, "admin/desk/refused.html", context, status=status)


def _state_page(code: str) -> str:
    return address("statelaw_state", code) or reverse("admin:statelaw_publication_changelist")


def _publication_page(row: Publication) -> str:
    return reverse("admin:statelaw_publication_change", args=[row.pk])


def _published(row: Publication) -> str:
    if row.live_at > timezone.now():
        when = formats.date_format(timezone.localtime(row.live_at), "F j, Y, g:i A T")
        return _("%(publication)s is published. It comes into force on %(when)s.") % {"publication": row, "when": when}
    return _("%(publication)s is published and in force. Every visitor gets it within seconds.") % {"publication": row}


def _rules(draft: JurisdictionDraft) -> list[tuple[str, str]]:
    return [(rule.slug, rule.heading or rule.slug) for rule in draft.provisions.all()]


class SendingBack:
    """The second form of a page on which a draft is signed off or published: to object instead, with a note."""

    def __init__(self, request: HttpRequest, draft: JurisdictionDraft):
        self.draft, self.is_done = draft, False
        is_sent = request.method == "POST" and "send_back" in request.POST
        #: What was sent for the page's own step.
        self.sent_otherwise = request.POST if request.method == "POST" and not is_sent else None
        may = _user(request).has_perm("statelaw.add_reviewnote")
        if is_sent and not may:
            raise PermissionDenied
        self.form = SendBackForm(request.POST if is_sent else None, rules=_rules(draft)) if may else None
        if self.form is not None and is_sent and self.form.is_valid():
            self._send(request, self.form)

    def _send(self, request: HttpRequest, form: SendBackForm) -> None:
        found, user = form.cleaned_data, _user(request)
        digest = request.POST.get("digest", "")
        try:
            review_notes.send_back(self.draft, user, digest, found["text"], found["provision"])
        except Refused as refused:
            form.refuse(refused)
            self.draft = _draft(request, self.draft.code)  # it may be another one by now
        else:
            self.is_done = True
            said = _("Sent back. Your note on %(state)s stands open until somebody answers it. Nothing was signed.")
            messages.success(request, said % {"state": self.draft.name})

    @property
    def context(self) -> dict[str, Any]:
        notes = review_notes.open_notes(self.draft.code)
        count = notes.count()
        return {"back_form": self.form, "review_notes": notes[:MANY_NOTES], "review_note_count": count}


class Changes:
    """What a draft changes, against what is in force."""

    def __init__(self, gate: Gate):
        current = Publication.objects.current().filter(code=gate.draft.code).defer("text").first()
        old = current.document if current else None
        new = plain_data(gate.document) if gate.document else drafts.document_data(gate.draft)
        self.sections = differences.differences(old, new)
        self.summary = differences.summary(self.sections)
        self.rules = next((section.entries for section in self.sections if section.key == "provisions"), ())
        #: Ids of the rules that say something else, or are new.
        self.touched = set(differences.changed_provisions(old, new))
        self.current = current


def _impact(draft: JurisdictionDraft) -> dict[str, str] | None:
    """How many situations the draft changes, if somebody has had it worked out for exactly this content."""
    result = impact_runs.result_for(draft)
    return {key: f"{many:,}" for key, many in impact_runs.summary(result).items()} if result else None


def _voided(gate: Gate) -> list[dict[str, Any]]:
    """Sign-offs that no longer hold, each with the people who edited after it."""
    rows = []
    for row in gate.voided:
        later = gate.draft.history.filter(history_date__gt=row.at).select_related("history_user")
        people = dict.fromkeys(
            (entry.history_user.get_full_name() or entry.history_user.get_username())
            for entry in later
            if entry.history_user is not None
        )
        rows.append({"sign_off": row, "editors": list(people), "is_own": row.digest == gate.draft.digest})
    return rows
