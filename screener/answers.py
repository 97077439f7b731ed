"""What a visitor has told us: an immutable value that lives in her own browser, as a signed cookie.

The form of an answer: a word, true/false, a whole number, a list of words (boxes), a partial date (``2024``,
``2024-05`` or ``2024-05-03``), an amount as text. A question not asked is absent; ``None`` is "I don't know".
What belongs to the home is kept once, the rest for each loan on it.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "answers"
SALT = "stillowe.answers"
#: The form of what is kept. A cookie or link of another version gives a calm start-again page.
VERSION = 1
MAX_AGE = 30 * 24 * 60 * 60
#: Browsers keep at most 4,096 bytes of a cookie, its name and attributes included.
MAX_COOKIE = 3_600
MAX_UNPACKED = 32_000
MAX_LOANS = 4

Answer = str | bool | int | tuple[str, ...] | None

#: Answers about the home, shared by every loan on it. All others are kept for each loan.
OF_THE_HOME = frozenset(
    {
        "state",
        "home_kind",
        "residence",
        "disposition",
        "sale_date",
        "fair_value",
        "units",
        "acres",
        "buyer",
        "when-confirmation",
        "when-deed_recorded",
        "when-certificate_of_title",
        "when-end_of_redemption",
    }
)

_SLUG = re.compile(r"[a-zA-Z0-9_.()-]{1,110}\Z")
_WALK = re.compile(r"[A-Za-z0-9_-]{8,24}\Z")

#: Words that most answers hold: given to the compressor beforehand, they cost next to nothing. Part of VERSION.
_DICTIONARY = (
    b'"skipped-"acted-"asked-"when-deficiency_judgment"when-foreclosure_judgment"when-default"when-end_of_redemption'
    b'"when-certificate_of_title"when-deed_recorded"when-confirmation"last_payment"called_due"sued"personally_served'
    b'"bankruptcy_discharge"abandoned"farm"loan_program","us_loan_owner"us_took_over_debt","us_still_own_home",'
    b'"us_service_since_sale","us_bankruptcy_since_sale","us_loan_before_service","us_default_judgment_service",'
    b'"us_military_service","us_reaffirmed","us_reverse_mortgage","us_debt_collector","us_got_1099c","us_hud_held",'
    b'"us_va_assumed","us_va_asks","us_va_fraud","us_va_partial_claim","us_fha_presale_approved"'
    b'"lender_waived":false,"lender_waived":true,"buyer":"other","buyer":"lender","loan_date":"2024-0","loan_date":"201'
    b'"construction"home_equity"cash_out_refinance"refinance"loan_use":"purchase","acres":"0.","units":1,'
    b'"senior_owed":"surplus":"foreclosed_by":"senior_lender","foreclosed_by":"this_lender","lien":"junior",'
    b'"rental"second_home"deed_in_lieu"short_sale"strict"judgment"asked"scheduled"behind"not_signed"guarantor"'
    b'"circumstances":[],"offered":["'
    b'{"v":1,"w":"","c":0,"s":false,"d":null,"n":[],"h":{"state":"AZ","home_kind":"home","residence":"primary",'
    b'"disposition":"nonjudicial","disposition":"judicial","fair_value":"000","sale_date":"2026-0"},'
    b'"l":[{"role":"borrower","stage":"lost","lien":"first","owed":"000","sale_price":"000",null}]}'
)


class Unreadable(ValueError):
    """A cookie or link that does not hold answers. ``why`` is ``damaged``, ``expired`` or ``older``."""

    def __init__(self, why: str):
        self.why = why
        super().__init__(why)


class TooLarge(ValueError):
    """More answers than a browser keeps in a cookie."""


def _frozen(values: Mapping[str, Answer]) -> Mapping[str, Answer]:
    return MappingProxyType(dict(values))


_EMPTY: Mapping[str, Answer] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Notice:
    """What the last answer brought about, said on the page that follows it (its slug is ``on``): which answers it
    made void, and how many questions the law made needless."""

    on: str
    voided: tuple[str, ...] = ()
    skipped: int = 0


@dataclass(frozen=True)
class Answers:
    """One walk. ``loan`` is the number (from 0) of the loan that is being answered."""

    walk: str
    home: Mapping[str, Answer] = field(default_factory=lambda: _EMPTY)
    loans: tuple[Mapping[str, Answer], ...] = (_EMPTY,)
    loan: int = 0
    shared: bool = False
    as_of: date | None = None
    notice: Notice | None = None

    @classmethod
    def new(cls, **more: Any) -> Answers:
        return cls(walk=secrets.token_urlsafe(9), **more)

    # -- reading

    @property
    def state(self) -> str | None:
        state = self.home.get("state")
        return state if isinstance(state, str) else None

    @property
    def is_empty(self) -> bool:
        return not self.home and not any(self.loans)

    def of(self, loan: int | None = None) -> dict[str, Answer]:
        """All answers that hold for one loan: the home's and its own."""
        return {**self.home, **self.loans[self.loan if loan is None else loan]}

    def get(self, slug: str) -> Answer:
        return self.of().get(slug)

    def has(self, slug: str) -> bool:
        return slug in (self.home if slug in OF_THE_HOME else self.loans[self.loan])

    # -- changing: each gives a new value

    def with_loan(self, number: int) -> Answers:
        """The same answers, seen from another loan on the home (an unknown number changes nothing)."""
        return replace(self, loan=number) if 0 <= number < len(self.loans) else self

    def put(self, values: Mapping[str, Answer]) -> Answers:
        """With these answers, each where it belongs."""
        home, loan = dict(self.home), dict(self.loans[self.loan])
        for slug, value in values.items():
            (home if slug in OF_THE_HOME else loan)[slug] = value
        return self._with(home, loan)

    def without(self, slugs: Iterable[str]) -> Answers:
        """Without these answers; one of the home's is gone for every loan."""
        gone = frozenset(slugs)
        home = {k: v for k, v in self.home.items() if k not in gone}
        loan = {k: v for k, v in self.loans[self.loan].items() if k not in gone}
        return self._with(home, loan)

    def _with(self, home: Mapping[str, Answer], loan: Mapping[str, Answer]) -> Answers:
        loans = list(self.loans)
        loans[self.loan] = _frozen(loan)
        return replace(self, home=_frozen(home), loans=tuple(loans))

    def add_loan(self, known: Mapping[str, Answer]) -> Answers:
        """With one more loan on the same home, of which only ``known`` is answered so far."""
        if len(self.loans) >= MAX_LOANS:
            return self
        return replace(self, loans=(*self.loans, _frozen(known)), loan=len(self.loans))

    def drop_loan(self, number: int) -> Answers:
        """Without one loan; the last one is emptied instead."""
        if not 0 <= number < len(self.loans):
            return self
        left = self.loans[:number] + self.loans[number + 1 :]
        return replace(self, loans=left or (_EMPTY,), loan=0)

    # -- plain data

    def to_data(self) -> dict[str, Any]:
        return {
            "v": VERSION,
            "w": self.walk,
            "c": self.loan,
            "s": self.shared,
            "d": self.as_of.isoformat() if self.as_of else None,
            "n": [self.notice.on, list(self.notice.voided), self.notice.skipped] if self.notice else [],
            "h": dict(self.home),
            "l": [dict(loan) for loan in self.loans],
        }

    @classmethod
    def from_data(cls, data: Any) -> Answers:
        """Raises Unreadable for anything that :meth:`to_data` would not have written."""
        if not isinstance(data, dict) or data.get("v") != VERSION:
            raise Unreadable("older" if isinstance(data, dict) and "v" in data else "damaged")
        try:
            loans = tuple(_checked(loan) for loan in data["l"])
            walk, number = data["w"], data["c"]
            notice = data["n"]
            as_of = date.fromisoformat(data["d"]) if data["d"] else None
            if not (1 <= len(loans) <= MAX_LOANS and type(number) is int and 0 <= number < len(loans)):
                raise Unreadable("damaged")
            if not _WALK.match(walk):
                raise Unreadable("damaged")
            return cls(
                walk=walk,
                home=_checked(data["h"]),
                loans=loans,
                loan=number,
                shared=data["s"] is True,
                as_of=as_of,
                notice=Notice(str(notice[0]), tuple(map(str, notice[1])), int(notice[2])) if notice else None,
            )
        except (KeyError, TypeError, ValueError, IndexError):
            raise Unreadable("damaged") from None


def _checked(values: Any) -> Mapping[str, Answer]:
    if not isinstance(values, dict) or len(values) > 120:
        raise Unreadable("damaged")
    result: dict[str, Answer] = {}
    for slug, value in values.items():
        if not isinstance(slug, str) or not _SLUG.match(slug):
            raise Unreadable("damaged")
        if isinstance(value, list):
            if len(value) > 60 or not all(isinstance(v, str) and _SLUG.match(v) for v in value):
                raise Unreadable("damaged")
            value = tuple(value)
        elif not (value is None or isinstance(value, bool | int | str)) or len(str(value)) > 64:
            raise Unreadable("damaged")
        result[slug] = value
    return _frozen(result)


# --- packed: for the cookie and for the resume link


def pack(answers: Answers) -> bytes:
    text = json.dumps(answers.to_data(), separators=(",", ":"), ensure_ascii=False, default=list)
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=_DICTIONARY)
    return bytes([VERSION]) + squeeze.compress(text.encode()) + squeeze.flush()


def unpack(packed: bytes) -> Answers:
    """Raises Unreadable."""
    if not packed:
        raise Unreadable("damaged")
    if packed[0] != VERSION:
        raise Unreadable("older")
    expand = zlib.decompressobj(-15, zdict=_DICTIONARY)
    try:
        text = expand.decompress(packed[1:], MAX_UNPACKED)
        if expand.unconsumed_tail:
            raise Unreadable("damaged")
        data = json.loads(text)
    except (zlib.error, ValueError, RecursionError):
        raise Unreadable("damaged") from None
    return Answers.from_data(data)


def to_cookie(answers: Answers) -> str:
    """Raises TooLarge."""
    packed = base64.urlsafe_b64encode(pack(answers)).decode().rstrip("=")
    value = signing.TimestampSigner(salt=SALT).sign(packed)
    if len(value) > MAX_COOKIE:
        raise TooLarge
    return value


def from_cookie(value: str) -> Answers:
    """Raises Unreadable."""
    if len(value) > 2 * MAX_COOKIE:
        raise Unreadable("damaged")
    try:
        packed = signing.TimestampSigner(salt=SALT).unsign(value, max_age=MAX_AGE)
        return unpack(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    except signing.SignatureExpired:
        raise Unreadable("expired") from None
    except (signing.BadSignature, binascii.Error, UnicodeError):
        raise Unreadable("damaged") from None


def read(request: HttpRequest) -> Answers | None:
    """The answers in this browser, or ``None`` where there are none. Raises Unreadable."""
    value = request.COOKIES.get(COOKIE)
    return from_cookie(value) if value else None


def write(response: HttpResponse, answers: Answers) -> None:
    """Keep the answers in the browser: for 30 days, or on a shared computer until its window is closed.

    Raises TooLarge.
    """
    response.set_cookie(
        COOKIE,
        to_cookie(answers),
        max_age=None if answers.shared else MAX_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SECURE,
    )


def forget(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")
