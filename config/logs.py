"""What the log says of a visit: nothing that opens answers, nothing that was typed, no address of a visitor."""

import logging
import re

from django.core.exceptions import SuspiciousOperation
from django.http.multipartparser import MultiPartParserError

#: Requests that no browser of a visitor sends: one line each, without a traceback.
NOISE = (SuspiciousOperation, MultiPartParserError)
LONGEST = 400
_HIDDEN = (
    (re.compile(r"/resume/[^\s'\"<>]+"), "/resume/…"),
    (re.compile(r"\?[^\s'\"<>]+"), "?…"),
    (re.compile(r"\bip=[0-9A-Fa-f.:%]+:"), "ip=…:"),
)


def discreet(text: str) -> str:
    """The text without resume links, query strings and visitors' addresses."""
    for pattern, instead in _HIDDEN:
        text = pattern.sub(instead, text)
    return text


class Discreet(logging.Filter):
    """On every handler: cuts from a record, its traceback included, what says too much."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError):
            text = str(record.msg)
        record.msg, record.args = discreet(text), None
        if record.exc_info:
            if isinstance(record.exc_info[1], NOISE):
                record.exc_info = record.exc_text = None
                record.msg = record.msg[:LONGEST]
            else:
                record.exc_text = discreet(logging.Formatter().formatException(record.exc_info))
        return True
