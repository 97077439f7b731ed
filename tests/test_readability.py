"""Plain language, measured: no text above grade 9, no law above grade 8, each text alone."""

import pytest

from . import reading


def too_hard(texts, most: float) -> list[str]:
    found = []
    for where, text in texts:
        plain = reading.plain_words(text)
        if reading.is_graded(plain) and reading.grade(plain) > most:
            found.append(f"{reading.grade(plain):.1f} {where}: {plain}")
    return found


def test_no_law_text_reads_above_grade_8():
    assert too_hard(reading.law_texts(), 8) == []


@pytest.mark.parametrize("texts", [reading.template_texts, reading.python_texts])
def test_no_words_of_the_site_read_above_grade_9(texts):
    found = list(texts())
    assert len(found) > 50, "the words are found at all"
    assert too_hard(found, 9) == []
