"""Which of a rule's sources a reader can open, and how sure a rule is, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

#: How sure we are of a rule.
SURE: Mapping[str, Any] = {
    "high": _("We read this in the law itself or in a court ruling."),
    "quoted": _("Other sources quote this rule. We did not read the official text."),
    "medium": _("Other sources agree on this. We did not read all of it in the law itself."),
    "low": _("Only one other source says this, so it is less sure."),
}

_READABLE_KINDS = ("statute", "case", "court_rule", "official")
#: Code repositories and file stores: what stands there is no page that a reader can open and understand.
_NO_PAGE_HOSTS = (
    "github.com",
    "githubusercontent.com",
    "gitlab.com",
    "bitbucket.org",
    "codeberg.org",
    "sourceforge.net",
    "huggingface.co",
    "amazonaws.com",
    "cloudfront.net",
    "googleapis.com",
    "googleusercontent.com",
    "drive.google.com",
    "docs.google.com",
    "dropbox.com",
    "dropboxusercontent.com",
    "windows.net",
    "digitaloceanspaces.com",
    "r2.dev",
    "box.com",
    "corpora.tika.apache.org",
)
_NO_PAGE_ENDS = (
    ".zip", ".gz", ".tar", ".tgz", ".bz2", ".xz", ".7z", ".rar",
    ".json", ".jsonl", ".xml", ".csv", ".tsv", ".yaml", ".yml", ".parquet",
    ".md", ".rtf", ".doc", ".docx", ".xls", ".xlsx", ".odt", ".epub",
)  # fmt: skip


@lru_cache(maxsize=8192)
def is_page(url: str) -> bool:
    """Whether an address is a page that a reader can open."""
    try:
        parts = urlsplit(url)
    except ValueError:  # half an address, as somebody types it
        return False
    host = (parts.hostname or "").rstrip(".").lower()
    if not host or any(host == bad or host.endswith("." + bad) for bad in _NO_PAGE_HOSTS):
        return False
    return not parts.path.lower().endswith(_NO_PAGE_ENDS)


def link_of(sources: Iterable[Any]) -> str | None:
    """The first source in the law itself, a ruling, a court rule or an official page that can be opened."""
    for source in sources:
        if source.kind in _READABLE_KINDS and is_page(source.url):
            return source.url
    return None


def has_text(sources: Iterable[Any]) -> bool:
    """Whether a source is more than somebody's account of the law."""
    return any(source.kind != "secondary" for source in sources)


def sure_of(confidence: str, text_read: bool) -> str:
    """How sure a rule is, in words; empty for what is no level of confidence."""
    return str(SURE.get("quoted" if confidence == "high" and not text_read else confidence, ""))
