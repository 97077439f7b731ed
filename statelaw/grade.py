"""How hard a text is to read: its Flesch-Kincaid grade, the years of school that it asks for."""

from __future__ import annotations

import re

#: The law's texts may ask for this much and no more.
MOST = 8.0
#: Short texts and pure citations have no grade.
FEWEST_WORDS = 6
_CITATION = re.compile(r"§|U\.S\.C\.|\bCFR\b|\bStat\b|\bCode\b|\bv\.\s")
_SENTENCE_END = re.compile(r"(?<=[.!?])[”’\"')\]]*\s+(?=[A-Z“‘\"'(])")


def grade(text: str) -> float:
    """The Flesch-Kincaid grade of one text."""
    import textstat  # its word lists take a while to load, and only the desk needs them

    return float(textstat.flesch_kincaid_grade(text))


def is_graded(text: str) -> bool:
    """Whether a grade says anything about a text."""
    return len(text.split()) >= FEWEST_WORDS and not _CITATION.search(text)


def is_plain(text: str, most: float = MOST) -> bool:
    """Whether a text can be read at the grade that the law's texts are held to."""
    text = " ".join(text.split())
    return not is_graded(text) or grade(text) <= most


def sentences(text: str) -> list[str]:
    return [part for part in _SENTENCE_END.split(" ".join(text.split())) if part]


def longest_sentence(text: str) -> str:
    """The sentence with the most words: the one to shorten first. Empty where there is none."""
    return max(sentences(text), key=lambda sentence: len(sentence.split()), default="")
