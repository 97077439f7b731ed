"""Readers' notes: what is wrong or out of date, told in a few words and without a name.

A note goes to the desk with its rule and the publications in force. Nothing about the reader goes along: what holds
back floods is a salted hash of the address, in this process's memory, for an hour.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.cache.backends.locmem import LocMemCache
from django.db import Error, transaction
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from config.address import client_address
from statelaw import store
from statelaw.document import Jurisdiction, Provision
from statelaw.models import ReaderNote
from statelaw.publish import FEDERAL

from .law_pages import document_of
from .views import Visit, page, see_other

log = logging.getLogger(__name__)

LONGEST = 1000
HOUR = 60 * 60
#: Notes an hour: from one address (in this process), about one jurisdiction, and in all.
FROM_ONE, ABOUT_ONE, IN_ALL = 5, 60, 240
#: So many notes are written at once; a database that hangs must not hold more of the threads that serve the walk.
AT_ONCE = 2
SECONDS_TO_WAIT = 1.0


class TooMany(Exception):
    """More notes than the desk takes in an hour."""


class Away(Exception):
    """The note cannot be written now."""


# --- what holds back floods -----------------------------------------------------------------------------------------

_salt = secrets.token_bytes(16)
_counts = LocMemCache("notes", {"OPTIONS": {"MAX_ENTRIES": 20_000}})
_writers = threading.BoundedSemaphore(AT_ONCE)


def _counter(request: HttpRequest) -> str | None:
    """Under which the address is counted; None where it cannot be known."""
    address = client_address(request)
    return blake2b(address.encode(), key=_salt, digest_size=16).hexdigest() if address else None


def _count(counter: str) -> None:
    """One note more. Raises TooMany."""
    _counts.add(counter, 0, HOUR)
    try:
        count = _counts.incr(counter)
    except ValueError:  # the hour ended, or the memory was full, in between
        return
    if count > FROM_ONE:
        raise TooMany


def _uncount(counter: str) -> None:
    with suppress(ValueError):  # it has run out already
        _counts.decr(counter)


def _save(note: ReaderNote) -> None:
    """Raises TooMany and Away."""
    if not _writers.acquire(timeout=SECONDS_TO_WAIT):
        raise Away
    try:
        with transaction.atomic():
            lately = ReaderNote.objects.filter(at__gt=timezone.now() - timedelta(seconds=HOUR))
            found = lately.aggregate(all=Count("pk"), here=Count("pk", filter=Q(code=note.code)))
            if found["all"] >= IN_ALL or found["here"] >= ABOUT_ONE:
                raise TooMany
            note.save()
    except Error as error:
        log.warning("a reader's note could not be saved: %s", type(error).__name__)
        raise Away from None
    finally:
        _writers.release()


# --- what a note is about -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class About:
    """What a note is about, and the page that the reader came from."""

    document: Jurisdiction
    rule: Provision | None
    page: str

    @property
    def code(self) -> str:
        return self.document.state.lower()

    @property
    def is_national(self) -> bool:
        return self.document.state == FEDERAL

    @property
    def query(self) -> str:
        rule = {"rule": self.rule.id} if self.rule else {}
        return urlencode({**rule, "page": self.page})

    @property
    def back_url(self) -> str:
        if self.page == ReaderNote.Page.REPORT:
            return reverse("report")
        return reverse("law-state", args=[self.code]) + (f"#{self.rule.id}" if self.rule else "")


def _document(code: str) -> Jurisdiction:
    try:
        return document_of(code)
    except KeyError:
        raise Http404 from None


def _rule(document: Jurisdiction, rule: str) -> Provision | None:
    return next((p for p in document.provisions if p.id == rule), None)


def _about(request: Visit, code: str) -> About:
    """What the link was about. One that names no rule, or one that is no longer there, is about the whole."""
    came_from = request.GET.get("page")
    if came_from not in ReaderNote.Page.values:
        came_from = ReaderNote.Page.LAW.value
    document = _document(code)
    return About(document, _rule(document, request.GET.get("rule", "")), came_from)


# --- the pages ------------------------------------------------------------------------------------------------------


class NoteForm(forms.Form):
    text = forms.CharField(
        label=_("What is wrong?"),
        help_text=_("At most 1,000 letters. Leave out your name, phone and loan number."),
        error_messages={"required": _("Write what is wrong, in a few words.")},
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}),
    )
    #: People do not see this one; what fills in forms by itself does.
    more = forms.CharField(label=_("Leave this field empty"), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.validators = []  # a sign that cannot be seen is taken out, not refused

    def clean_text(self) -> str:
        text = readable(self.cleaned_data["text"])
        if not text:
            raise forms.ValidationError(self.fields["text"].error_messages["required"], "required")
        if len(text) > LONGEST:
            raise forms.ValidationError(
                _("Use at most %(most)s letters. Your note has %(count)s."),
                "max_length",
                {"most": f"{LONGEST:,}", "count": f"{len(text):,}"},
            )
        return text

    def clean_more(self) -> str:
        if self.cleaned_data["more"]:
            raise forms.ValidationError(_("Leave this field empty, then send your note again."), "filled")
        return ""


def readable(text: str) -> str:
    """Typed text without what cannot be seen (control characters, direction marks), its lines kept."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    text = "".join(sign for sign in text if sign == "\n" or not unicodedata.category(sign).startswith("C"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip()


@page("GET", "POST", reads=False)
def note(request: Visit, code: str) -> HttpResponse:
    """The form, and a note that was sent. Showing it costs no query."""
    about = _about(request, code)
    if request.method != "POST":
        return _show(request, about, NoteForm())
    form = NoteForm(request.POST)
    if form.is_valid() and request.GET.get("rule") and not about.rule:
        form.add_error(None, _now("This rule is no longer on our pages. You can still send your note about the whole."))
    if not form.is_valid():
        return _show(request, about, form, 422)
    counter = _counter(request)
    try:
        if counter:
            _count(counter)
        _save(_row(about, form.cleaned_data["text"]))
    except TooMany:
        form.add_error(None, _now("Too many notes came in this hour. Your words are still here. Send them later."))
        response = _show(request, about, form, 429)
        response["Retry-After"] = str(HOUR)
        return response
    except Away:
        if counter:
            _uncount(counter)
        form.add_error(None, _now("We cannot take your note right now. Your words are still here. Send them later."))
        response = _show(request, about, form, 503)
        response["Retry-After"] = "60"
        return response
    return see_other(f"{reverse('note-thanks', args=[code])}?{about.query}")


def _row(about: About, text: str) -> ReaderNote:
    document = about.document
    return ReaderNote(
        code=document.state,
        provision=about.rule.id if about.rule else "",
        publication=store.publication_of(document.state).number,
        federal_publication=store.publication_of(FEDERAL).number,
        page=about.page,
        text=text,
    )


def _show(request: Visit, about: About, form: NoteForm, status: int = 200) -> HttpResponse:
    return _unlisted(render(request, "screener/note.html", {"about": about, "form": form}, status=status))


@page("GET", reads=False)
def thanks(request: Visit, code: str) -> HttpResponse:
    return _unlisted(render(request, "screener/note_sent.html", {"about": _about(request, code)}))


def _unlisted(response: HttpResponse) -> HttpResponse:
    """For people who read a rule, not for search machines."""
    response["X-Robots-Tag"] = "noindex"
    return response
