"""Reading grades at the desk: the same measure that the site's own words are held to."""

import subprocess
import sys

from statelaw import grade

from . import reading

HARD = (
    "Notwithstanding the aforementioned limitation, the mortgagee retains an unqualified entitlement to commence "
    "supplementary adjudication against any individually obligated party."
)
EASY = "The lender cannot ask you for the rest. You owe nothing more after the sale."


def test_plain_words_are_plain_and_a_lawyers_sentence_is_not():
    assert grade.is_plain(EASY) and grade.grade(EASY) < 5
    assert not grade.is_plain(HARD) and grade.grade(HARD) > 15


def test_short_texts_and_citations_have_no_grade():
    for text in ("Notwithstanding supplementary adjudication", "Ariz. Rev. Stat. § 33-814(G) and (A) as amended", ""):
        assert not grade.is_graded(text) and grade.is_plain(text)


def test_the_longest_sentence_is_the_one_to_shorten():
    text = "It is late. The lender must file within two years after the sale (see the deed). Ask “why?” Then wait."
    assert grade.longest_sentence(text) == "The lender must file within two years after the sale (see the deed)."
    assert grade.longest_sentence("  ") == ""


def test_a_line_break_of_the_form_does_not_change_the_verdict():
    assert grade.is_plain(EASY.replace(" ", "\r\n", 3))


def test_every_text_of_the_shipped_law_is_plain():
    assert [found for found in reading.law_texts() if not grade.is_plain(reading.plain_words(found.text))] == []


def test_the_word_lists_are_loaded_only_when_a_grade_is_asked_for():
    code = "import sys, statelaw.grade; sys.exit('textstat' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
