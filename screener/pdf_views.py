"""Printing the summary: a page with one optional field, and the PDF itself.

The case file's reference lives in the request alone. Only where the press is busy does the visitor's own browser keep
it, sealed, for two minutes, so that the print can try again by itself.
"""

from __future__ import annotations

import json
import random
import unicodedata

from cryptography.fernet import InvalidToken
from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from . import links, pdf
from .pdf_sheet import Sheet, in_our_letters
from .views import WAITING, WAITING_PATH, Visit, page, reports_for, resume_url

WAITING_SEAL = b"stillowe.print"
WAITING_SECONDS = 120
LONGEST_REFERENCE = 80


class PrintForm(forms.Form):
    reference = forms.CharField(
        label=_("Case file reference (optional)"),
        help_text=_("For example a name or a file number. It is printed on each page. We do not keep it."),
        max_length=LONGEST_REFERENCE,
        required=False,
        error_messages={
            "max_length": _("Use at most %(limit_value)d letters, numbers and signs."),
            "null_characters_not_allowed": _("Use letters, numbers and common signs only."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    code = forms.BooleanField(label=_("Print a code that brings me back to my answers"), required=False)

    def clean_reference(self) -> str:
        text = unicodedata.normalize("NFC", " ".join(self.cleaned_data["reference"].split()))
        if in_our_letters(text) != text or "\n" in text:
            raise forms.ValidationError(_("Use letters, numbers and common signs only."))
        return text


@page("GET")
def print_form(request: Visit) -> HttpResponse:
    if not reports_for(request):
        return redirect("/")
    return render(request, "pdf/print_form.html", {"form": PrintForm()})


@page("GET", "POST")
def summary(request: Visit) -> HttpResponse:
    """The PDF. A GET is a print that was told to wait; without one it leads to the form."""
    if request.method == "POST":
        form = PrintForm(request.POST)
        if not form.is_valid():
            return render(request, "pdf/print_form.html", {"form": form}, status=422)
        reference, code = form.cleaned_data["reference"], form.cleaned_data["code"]
    else:
        try:
            kept = links.seal_of(WAITING_SEAL).decrypt(request.COOKIES.get(WAITING, "").encode(), ttl=WAITING_SECONDS)
        except InvalidToken:
            return redirect("/report/print/")
        reference, code = json.loads(kept)
    reports = reports_for(request)
    if not reports:
        return redirect("/")
    sheet = Sheet(
        day=reports[0].as_of,
        reference=reference,
        resume_url=resume_url(request) if code else None,
    )
    try:
        content = pdf.render_pdf(reports, sheet)
    except pdf.Busy:
        return _wait(request, reference, code)
    except pdf.PressFault:
        return render(request, "pdf/fault.html", status=503)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="stillowe-summary.pdf"'
    response.delete_cookie(WAITING, path=WAITING_PATH, samesite="Lax")
    return response


def _wait(request: Visit, reference: str, code: bool) -> HttpResponse:
    seconds = random.randint(3, 6)  # noqa: S311  # so that those who wait do not come back all at once
    response = render(request, "pdf/busy.html", {"reference": reference, "code": code}, status=503)
    response["Retry-After"] = str(seconds)
    response["Refresh"] = f"{seconds}; url=/report/summary.pdf"
    response.set_cookie(
        WAITING,
        links.seal_of(WAITING_SEAL).encrypt(json.dumps((reference, code)).encode()).decode(),
        max_age=WAITING_SECONDS,
        path=WAITING_PATH,
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
