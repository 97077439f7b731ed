"""Plain language, measured: no text above grade 9, no law above grade 8, each text alone."""

from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django.template.loader import render_to_string

from screener.report import build
from statelaw import store
from statelaw.case import Case
from statelaw.deadlines import Interval
from statelaw.money import Money

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


class _Blocks(HTMLParser):
    """The texts of a page, one a block."""

    BREAKS = frozenset(("p", "li", "h1", "h2", "h3", "dt", "dd", "td", "th", "summary", "div", "section", "br", "b"))

    def __init__(self, page: str):
        super().__init__()
        self.texts = [""]
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag in self.BREAKS:
            self.texts.append("")

    def handle_endtag(self, tag):
        self.handle_starttag(tag, ())

    def handle_data(self, data):
        self.texts[-1] += data


@pytest.mark.parametrize("code", store.codes())
@pytest.mark.parametrize("stage", ["behind", "lost", "judgment"])
def test_a_whole_report_reads_at_grade_7_or_below(code, stage):
    law = store.law(code)
    facts = {"disposition": law.state.process.usual, "lien": "first", "residence": "primary", "loan_use": "purchase"}
    money = Money(owed=Decimal(300_000), sale_price=Decimal(240_000), fair_value=Decimal(262_000))
    sale = Interval() if stage == "behind" else Interval(date(2026, 8, 3), date(2026, 8, 3))
    case = Case(date(2026, 11, 25), facts=facts, money=money, sale=sale, stage=stage)
    [report] = build(code, [case])
    page = render_to_string("screener/_report/body.html", {"report": report})
    grades = [reading.grade(text) for text in map(reading.plain_words, _Blocks(page).texts) if reading.is_graded(text)]
    assert len(grades) > 20
    assert sum(grades) / len(grades) <= 7
