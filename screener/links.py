"""The resume link: all answers, encrypted, inside an address. Nothing is kept on the server.

The key comes from SECRET_KEY, so that every machine of the site opens every link; keys of before
(``SECRET_KEY_FALLBACKS``) still open theirs.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

import segno
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from .answers import Answers, Unreadable, pack, unpack

DAYS = 90
#: What a QR code of ours holds, and what any browser takes as an address.
LONGEST = 2_000


@lru_cache(maxsize=8)
def _seal(secrets: tuple[str, ...], purpose: bytes) -> MultiFernet:
    keys = [hashlib.blake2b(secret.encode(), digest_size=32, person=purpose).digest() for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def seal_of(purpose: bytes) -> MultiFernet:
    """The seal for one purpose (at most 16 bytes): what is sealed for another does not open with it."""
    return _seal((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS), purpose)


def _current() -> MultiFernet:
    return seal_of(b"stillowe.resume")


def token_of(answers: Answers) -> str:
    return _current().encrypt(pack(answers)).decode().rstrip("=")


def open_token(token: str) -> Answers:
    """The answers of a link. Raises Unreadable for one that is damaged, forged or too old."""
    if len(token) > 4 * LONGEST or not token.isascii():
        raise Unreadable("bad_link")
    sealed = (token + "=" * (-len(token) % 4)).encode()
    seal = _current()
    try:
        packed = seal.decrypt(sealed, ttl=DAYS * 24 * 60 * 60)
    except InvalidToken:
        try:
            seal.decrypt(sealed)
        except InvalidToken:
            raise Unreadable("bad_link") from None
        raise Unreadable("expired") from None
    return unpack(packed)


def qr(address: str) -> str:
    """The address as a QR code, an image inside the page; empty where it is too long for one."""
    if len(address) > LONGEST:
        return ""
    return segno.make(address, error="l").svg_data_uri(scale=4, border=2, dark="#1f2430", light="#fff")
