"""When the desk cannot reach its database: nothing that was typed is lost, and it is said whether it was saved.

The page is made without session, user and database. It holds what was sent, in a form that sends the same again.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve

log = logging.getLogger(__name__)

RETRY_SECONDS = 5
#: Longer than this, or of several lines, is shown as a text.
A_LINE = 80

#: Addresses of the door (signing in, passwords, codes): there is nothing to keep, and much not to show.
DOOR = ("login", "logout", "password", "second_factor", "auth_user_password")
#: What is never shown again, wherever it was typed.
SECRET = re.compile(r"passw|(^|[-_.])(otp|token|secret)([-_.0-9]|$)", re.IGNORECASE)
#: What a form sends along by itself, or by the button that was pressed: kept, not shown.
BY_ITSELF = re.compile(r"^_|^initial-|_FORMS$|(^|[-.])(id|version|digest|seen|next|position|count|ORDER)$")
#: Part of the page's machinery only.
NOT_SENT = re.compile(r"^csrfmiddlewaretoken$|__prefix__")
#: The value of a tick box or a choice, not something typed.
CHOSEN = re.compile(r"[a-z]+(_[a-z]+)*")


class Writes:
    """Around every statement of a request: whether anything that was written has come to stay."""

    stays = False

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, params, many, context)
        if sql.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            transaction.on_commit(self._stay)  # at once, where there is no transaction; never, if it is rolled back
        return result

    def _stay(self) -> None:
        self.stays = True


def is_away(error: BaseException | None) -> bool:
    """Whether an error comes from a database that is away, or busy for longer than anybody would wait."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, (OperationalError, InterfaceError)):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


@dataclass(frozen=True)
class Field:
    name: str
    value: str
    number: int

    @property
    def id(self) -> str:
        return f"sent-{self.number}"

    @property
    def label(self) -> str:
        """The field's name in words: "sources-0-quoted_text" is "Sources, 1, quoted text"."""
        parts = [str(int(part) + 1) if part.isdecimal() else part for part in re.split(r"[-.]+", self.name) if part]
        words = ", ".join(parts).replace("_", " ").strip()
        return words[:1].upper() + words[1:200]

    @property
    def is_long(self) -> bool:
        return len(self.value) > A_LINE or "\n" in self.value

    @property
    def rows(self) -> int:
        return min(16, 2 + self.value.count("\n") + len(self.value) // A_LINE)


def answer(request: HttpRequest, error: BaseException, writes: Writes) -> HttpResponse:
    """The answer to a request of the desk that the database did not serve."""
    log.warning("the desk cannot use its database: %s", " ".join(str(error).split())[:300])
    context = {**sent_again(request), "in_doubt": writes.stays or _broke_in_commit(error)}
    # A part of a page that is still open, with all that was typed in it: a word is enough, and it stays as it is.
    htmx = getattr(request, "htmx", None)
    is_part = htmx is not None and bool(htmx) and not htmx.boosted
    page = render_to_string("admin/_away.html" if is_part else "admin/away.html", context)
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_SECONDS)})


def sent_again(request: HttpRequest, is_ours: bool = False) -> dict[str, Any]:
    """What ``admin/_sent.html`` needs to show what was sent and to send it again. ``is_ours``: it is known to come from
    a page of ours, although its seal is an old one."""
    is_door = _is_door(request)
    sent = [] if is_door else list(_sent(request, is_ours))
    return {
        "address": request.get_full_path(),
        "is_sent": request.method == "POST" and not is_door,
        "is_kept": any(field.value and not BY_ITSELF.search(field.name) for field in sent),
        "typed": [field for field in sent if _is_typed(field)],
        "chosen": [field for field in sent if _is_shown(field) and not _is_typed(field)],
        "hidden": [field for field in sent if not _is_shown(field)],
        "csrf_token": get_token(request),
    }


def _is_door(request: HttpRequest) -> bool:
    try:
        return (resolve(request.path_info).url_name or "").startswith(DOOR)
    except Resolver404:
        return False


class _Seal(CsrfViewMiddleware):
    """Django's own check of a form's seal, which only answers, and shows no page."""

    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def _is_sealed(request: HttpRequest) -> bool:
    return _Seal(lambda _: HttpResponse()).process_view(request, answer, (), {}) is None


def _sent(request: HttpRequest, is_ours: bool) -> Iterator[Field]:
    """What a form of ours sent. What another site made a browser send is not handed on with a seal of ours."""
    if request.method != "POST":
        return
    try:
        form = request.POST
        if not is_ours and not _is_sealed(request):
            return
    except (BadRequest, SuspiciousOperation, MultiPartParserError, OSError):
        return  # more than is read, or not readable
    hidden_by_view = getattr(request, "sensitive_post_parameters", ())
    number = 0
    for name, values in form.lists():
        if NOT_SENT.search(name) or SECRET.search(name) or hidden_by_view == "__ALL__" or name in hidden_by_view:
            continue
        for value in values:
            number += 1
            yield Field(name, str(value), number)


def _is_shown(field: Field) -> bool:
    return bool(field.value.strip()) and not BY_ITSELF.search(field.name)


def _is_typed(field: Field) -> bool:
    return _is_shown(field) and not CHOSEN.fullmatch(field.value)


def _broke_in_commit(error: BaseException) -> bool:
    """The connection broke while the database was told to keep it: it may have, or not."""
    return any(frame.f_code.co_name == "_commit" for frame, _line in traceback.walk_tb(error.__traceback__))
