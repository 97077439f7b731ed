"""Against guessing at the door: how many failures there may be, counted by django-axes, and what is shown then.

Three counts, all forgotten when nothing failed for fifteen minutes:

- **5 for one name from one address**: the usual case, and it hurts nobody else. A person who mistypes has five tries; a
  guesser twenty an hour.
- **30 from one address**, whatever the names: a list of names is not tried through from one place. More than an office
  mistypes.
- **60 for one name**, from anywhere: many machines together do not get through either. Because anybody could use this
  count to keep a person out whose name he knows, it does not hold for a browser in which that person signed in before.

So nobody can lock out everybody, nobody can lock out for good, and what a guesser does while locked out is not counted.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_lockout_parameters
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from config.address import client_address

FORGOTTEN_AFTER = timedelta(minutes=15)
LIMITS = {("username", "ip_address"): 5, ("ip_address",): 30, ("username",): 60}
#: What the counts are scaled to, since axes knows one limit.
LIMIT = 60

KNOWN, KNOWN_FOR = "known", timedelta(days=90)


class Attempts(AxesDatabaseHandler):
    """Axes' own book of failures, with a limit for each way of counting."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        ways = get_lockout_parameters(request, credentials)
        rows = self.get_user_attempts(request, credentials)  # one query set for each way, in the same order
        return max(_count(found) * LIMIT // LIMITS[tuple(way)] for way, found in zip(ways, rows, strict=True))


def _count(attempts: Any) -> int:
    return sum(attempts.values_list("failures_since_start", flat=True))


def ways_of_counting(request: HttpRequest, credentials: dict[str, Any] | None = None) -> list[list[str]]:
    username = (credentials or {}).get("username") or ""
    known = bool(username) and is_known(request, username)
    return [list(way) for way in LIMITS if not (known and way == ("username",))]


def is_locked(request: HttpRequest, username: str) -> bool:
    return not AxesProxyHandler.is_allowed(request, {"username": username})


def failed(request: HttpRequest, username: str) -> None:
    """A wrong code counts like a wrong password."""
    user_login_failed.send(__name__, credentials={"username": username}, request=request)


def forgive(request: HttpRequest, username: str) -> None:
    """Who got in, all the way, starts afresh from where he is. What others tried for his name stays counted, and so
    does what was tried from here for other names."""
    address = client_address(request)
    if address:
        AxesProxyHandler.reset_attempts(ip_address=address, username=username)


def locked(request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """The page for somebody who has to wait."""
    handler = AxesProxyHandler.get_implementation()
    newest = [
        found.aggregate(at=Max("attempt_time"))["at"] for found in handler.get_user_attempts(request, credentials)
    ]
    until = max((at for at in newest if at), default=timezone.now()) + FORGOTTEN_AFTER
    seconds = max(1, int((until - timezone.now()).total_seconds()))
    context = {"minutes": -(-seconds // 60), "title": None}
    answer = render(request, "admin/locked.html", context, status=429)
    answer.headers["Retry-After"] = str(seconds)
    return answer


# --- browsers in which somebody signed in before ---------------------------------------------------------------------


def is_known(request: HttpRequest, username: str) -> bool:
    told = request.get_signed_cookie(KNOWN, default="", salt=KNOWN, max_age=KNOWN_FOR)
    return told == _sign_of(username)


def remember_browser(response: HttpResponse, username: str) -> None:
    response.set_signed_cookie(
        KNOWN,
        _sign_of(username),
        salt=KNOWN,
        max_age=KNOWN_FOR,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _sign_of(username: str) -> str:
    """Not the name itself: the browser may be a shared one."""
    return salted_hmac("statelaw.desk.attempts", username, algorithm="sha256").hexdigest()
