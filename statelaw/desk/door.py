"""The desk's door: who gets in, for how long, and who has to show a second factor.

It stands before every address of the desk, whatever the page behind it checks: a page whose author forgot
``admin_view`` is closed all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django_otp.plugins.otp_totp.models import TOTPDevice

from config import away

#: Whoever may do one of these changes what every visitor is told.
POWERS = ("statelaw.publish", "statelaw.roll_back")
BEGAN = "began"
#: A session's end is moved on in steps, so that not every request writes a row.
STEP = timedelta(minutes=1)


# --- the second factor ------------------------------------------------------------------------------------------------


def has_powers(user: Any) -> bool:
    return user.is_superuser or any(user.has_perm(power) for power in POWERS)


def has_device(user: Any) -> bool:
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


def is_verified(user: Any) -> bool:
    return getattr(user, "otp_device", None) is not None


def must_verify(user: Any) -> bool:
    """The password was right; the second factor is still to come."""
    return not is_verified(user) and (has_powers(user) or has_device(user))


def may_enter(user: Any) -> bool:
    return user.is_authenticated and user.is_active and user.is_staff and not must_verify(user)


# --- how long a session lasts -----------------------------------------------------------------------------------------


@receiver(user_logged_in)
def begin(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    if hasattr(request, "session"):
        now = timezone.now()
        request.session[BEGAN] = now.timestamp()
        keep_open(request.session, now)


def keep_open(session: Any, now: datetime) -> bool:
    """Moves the session's end on, never past the longest that one may last. False: it has ended."""
    began = datetime.fromtimestamp(session.setdefault(BEGAN, now.timestamp()), tz=now.tzinfo)
    last = began + timedelta(seconds=settings.SESSION_LONGEST)
    if now >= last:
        return False
    ends = min(now + timedelta(seconds=settings.SESSION_COOKIE_AGE), last)
    if "_session_expiry" not in session or ends - session.get_expiry_date() >= STEP:
        session.set_expiry(ends)
    return True


# --- the door itself --------------------------------------------------------------------------------------------------


class Door:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and not keep_open(request.session, timezone.now()):
            logout(request)
        return turned_away(request) or self.get_response(request)


def turned_away(request: HttpRequest) -> HttpResponse | None:
    """The answer to somebody who may not go where the address leads."""
    user, here = request.user, request.path
    if here in (reverse("admin:login"), reverse("admin:logout")):
        return None
    if not (user.is_authenticated and user.is_active and user.is_staff):
        return _signed_out(request)
    if not must_verify(user):
        return None
    wanted = "second_factor_code" if has_device(user) else "second_factor_setup"
    return None if here == reverse(f"admin:{wanted}") else _sent_to(request, wanted)


def _signed_out(request: HttpRequest) -> HttpResponse:
    if getattr(request, "htmx", False):
        # A part of a page that is still open, perhaps with something typed: it is left as it is.
        return render(request, "admin/_signed_out.html")
    kept = away.sent_again(request)
    if kept["is_kept"]:
        return render(request, "admin/signed_out.html", {**kept, "is_signed_out": True}, status=403)
    return _sent_to(request, "login")


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose seal does not hold: as a rule, somebody signed in again since its page was opened. What was typed is
    offered again only if the browser says that it comes from a page of ours: another site must not have us seal it."""
    ours = f"{request.scheme}://{request.get_host()}"
    kept = away.sent_again(request, is_ours=request.headers.get("Origin") == ours)
    return render(request, "admin/signed_out.html", {**kept, "is_signed_out": not may_enter(request.user)}, status=403)


def _sent_to(request: HttpRequest, name: str) -> HttpResponse:
    back = _back_to(request)
    return HttpResponseRedirect(f"{reverse('admin:' + name)}?{urlencode({REDIRECT_FIELD_NAME: back})}")


def _back_to(request: HttpRequest) -> str:
    return request.get_full_path() if request.method == "GET" else request.path


def next_of(request: HttpRequest) -> str:
    """Where somebody wanted to go: an address of the desk, or its first page."""
    home = reverse("admin:index")
    wanted = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
    is_ours = wanted.startswith(home) and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else home
