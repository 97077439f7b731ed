"""Where the law on a page comes from, as the page says it: which publication, who checked a rule, and how long ago."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils import dateformat
from django.utils.translation import gettext as _

from statelaw import store
from statelaw.deadlines import add
from statelaw.document import Jurisdiction
from statelaw.models import NOT_REVIEWED
from statelaw.publish import FEDERAL
from statelaw.reasoning import Law
from statelaw.store import PublicationInfo

from .remember import once


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the law, a state's or the federal one, and the publication that it is in force by."""

    code: str
    name: str
    number: int  # 0: the file as shipped, published nowhere
    since: date | None
    reviewed: date
    reviewed_by: str
    is_alone: bool

    @property
    def is_national(self) -> bool:
        return self.code == FEDERAL

    @property
    def is_published(self) -> bool:
        return self.number > 0

    @property
    def review(self) -> str:
        """How the whole was checked, as a sentence."""
        return as_a_sentence(self.reviewed_by)

    def is_old(self, today: date) -> bool:
        """It was last checked more than twelve months ago."""
        return add(self.reviewed, 1, "years") < today


def layer_of(document: Jurisdiction, info: PublicationInfo, number: int | None = None) -> Layer:
    """``number``: that of the publication which ``document`` is, where it is known. When a newer publication came into
    memory in between, or one that this document does not follow, ``info`` is about another one and says nothing."""
    fits = number is None or number == info.number
    return Layer(
        code=document.state,
        name=document.name,
        number=info.number if number is None else number,
        since=info.date if fits else None,
        reviewed=document.reviewed,
        reviewed_by=info.reviewed_by if fits else NOT_REVIEWED,
        is_alone=info.is_alone and fits,
    )


def layers_of(law: Law) -> tuple[Layer, ...]:
    """The state's layer and the federal one of the law that a report rests on."""
    return once("layers", law, _layers)


def _layers(law: Law) -> tuple[Layer, ...]:
    numbers = law.publications
    state = layer_of(law.state, store.publication_of(law.code), numbers.get("state"))
    if law.federal is None:
        return (state,)
    return state, layer_of(law.federal, store.publication_of(FEDERAL), numbers.get("us"))


def review_in(law: Law, rule: str, *, is_federal: bool) -> str:
    """Who checked a rule of the law that a report rests on, in words."""
    info = store.publication_of(FEDERAL if is_federal else law.code)
    number = law.publications.get("us" if is_federal else "state")
    return review_of(info, rule) if number in (None, info.number) else as_a_sentence("")


def review_of(info: PublicationInfo, rule: str) -> str:
    """Who checked a rule, in words: honestly, and a name only with consent. A publication whose rules nobody checked
    one by one has one line for all of them."""
    found = info.reviews.get(rule)
    if found is None:
        return as_a_sentence("" if info.reviews else info.reviewed_by)
    return _checked(found, info.code == FEDERAL) or as_a_sentence("")


def as_a_sentence(words: str) -> str:
    """The words of a whole publication on how it was checked."""
    if not words or words == NOT_REVIEWED:
        return _("Researched, not yet reviewed by an attorney.")
    return f"{words[0].upper()}{words[1:]}" + ("" if words.endswith(".") else ".")


def _checked(review: Mapping[str, str], is_national: bool) -> str:
    try:
        day = dateformat.format(date.fromisoformat(review["on"]), "F j, Y")
    except (KeyError, TypeError, ValueError):
        return ""
    name = review.get("name", "")
    if review.get("kind") == "attorney":
        if is_national:
            found = _("Reviewed by a licensed attorney on %(day)s") % {"day": day}
        else:
            found = _("Reviewed by a licensed attorney in this state on %(day)s") % {"day": day}
    elif review.get("kind") == "editor":
        found = _("Checked by our editors on %(day)s") % {"day": day}
        name = ""
    else:
        return ""
    return f"{found}: {name.removesuffix('.')}." if name else f"{found}."
