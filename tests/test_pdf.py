"""The printed summary: its tags as a PDF/UA checker and a careful eye see them, its pages, and its bounded press."""

from __future__ import annotations

import base64
import io
import logging
import re
import subprocess
import sys
import threading
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest

from screener import answers as kept
from screener import links, pdf, pdf_press, pdf_views, report
from screener.pdf_sheet import LETTERS, Sheet, in_our_letters, summary_html
from statelaw import store
from statelaw.deadlines import Interval

from .summaries import LINK, TODAY, cases_of, pages_of
from .walker import walk_through


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def printed(code: str, name: str = "usual", **sheet) -> bytes:
    reports = report.build(code, cases_of(code)[name], as_of=TODAY)
    return pdf.render_pdf(reports, Sheet(TODAY, **sheet), pdf_press.press)


def text_of(content: bytes, *pages: int) -> str:
    """What a reader of the paper reads, by ``pdftotext``; of the first page alone with ``1``."""
    range_ = ["-f", str(pages[0]), "-l", str(pages[-1])] if pages else []
    done = subprocess.run(["pdftotext", *range_, "-", "-"], input=content, capture_output=True, check=True)
    return re.sub(r"\s+", " ", done.stdout.decode())


# --- tags ---------------------------------------------------------------------------------------------------------

SAMPLES = [
    ("UT", "usual", {"reference": "24-0113 Muñoz", "resume_url": LINK}),
    ("NJ", "nothing known", {}),
    ("CA", "two loans", {"reference": "<b>&amp;"}),
    ("FL", "all open", {}),
    ("CT", "paid", {}),
]


@pytest.fixture(scope="module", params=SAMPLES, ids=lambda sample: f"{sample[0]} {sample[1]}")
def sample(request) -> bytes:
    code, name, sheet = request.param
    return printed(code, name, **sheet)


def elements(document: pikepdf.Pdf):
    """Every element of the tag tree, parents first, with its kids' marks (page, number)."""

    def walk(element, page):
        page = element.get("/Pg", page)
        kids = element.get("/K", [])
        kids = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
        marks, below = [], []
        for kid in kids:
            if isinstance(kid, int):
                marks.append((page.objgen, kid))
            elif kid.get("/Type") == "/MCR":
                marks.append((kid.get("/Pg", page).objgen, int(kid.MCID)))
            elif kid.get("/Type") != "/OBJR":
                below.append(kid)
        yield element, marks
        for kid in below:
            yield from walk(kid, page)

    root = document.Root.StructTreeRoot.K
    for top in root if isinstance(root, pikepdf.Array) else [root]:
        yield from walk(top, None)


def test_a_pdf_ua_checker_finds_no_error(sample, tmp_path):
    outloud = pytest.importorskip("outloud")
    path = tmp_path / "summary.pdf"
    path.write_bytes(sample)
    result = outloud.check(str(path))
    assert [f"{found.rule}: {found.message}" for found in result.findings if found.severity == "error"] == []
    assert result.stats["tagged"]


def test_it_says_its_title_its_language_and_that_it_is_tagged(sample):
    with pikepdf.open(io.BytesIO(sample)) as document:
        assert "rest of the loan" in str(document.docinfo.Title)
        assert str(document.Root.Lang).startswith("en")
        assert document.Root.MarkInfo.Marked
        assert document.Root.ViewerPreferences.DisplayDocTitle
        with document.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"


def test_headings_start_at_one_and_skip_no_level(sample):
    with pikepdf.open(io.BytesIO(sample)) as document:
        levels = [int(str(e.S)[2]) for e, _ in elements(document) if re.fullmatch(r"/H[1-6]", str(e.S))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_header_cell_has_its_scope_and_every_picture_its_text(sample):
    with pikepdf.open(io.BytesIO(sample)) as document:
        tags = [element for element, _ in elements(document)]
        scopes = [str(e.A.Scope) for e in tags if e.S == "/TH"]
        figures = [e for e in tags if e.S == "/Figure"]
        assert scopes
        assert set(scopes) <= {"/Row", "/Column"}
        assert all(str(figure.Alt).strip() for figure in figures)


def test_all_that_is_drawn_is_tagged_or_an_artifact(sample):
    with pikepdf.open(io.BytesIO(sample)) as document:
        held = {mark for _, marks in elements(document) for mark in marks}
        artifacts = 0
        for page in document.pages:
            open_marks = []
            for operands, operator in pikepdf.parse_content_stream(page):
                name = str(operator)
                if name in ("BDC", "BMC"):
                    open_marks.append(operands)
                    if operands[0] == "/Artifact":
                        artifacts += 1
                    else:
                        assert (page.obj.objgen, int(operands[1].MCID)) in held
                elif name == "EMC":
                    open_marks.pop()
                elif name in ("TJ", "Tj", "'", "f", "f*", "S", "B", "Do"):
                    assert open_marks, f"{name} stands outside of all tags"
        assert artifacts >= len(document.pages)  # each page's number and running line


def test_all_fonts_are_ours_and_embedded(sample):
    with pikepdf.open(io.BytesIO(sample)) as document:
        fonts = {
            str(font.BaseFont).split("+")[-1]: "/FontFile2" in font.DescendantFonts[0].FontDescriptor
            for page in document.pages
            for font in page.resources.Font.values()
        }
    assert set(fonts) <= {"Public-Sans", "Public-Sans-Bold", "Newsreader-Medium"}
    assert all(fonts.values())


def test_it_is_small(sample):
    assert len(sample) < 100_000


# --- what it says --------------------------------------------------------------------------------------------------


def test_the_first_page_answers_a_lawyers_first_questions():
    reports = report.build("UT", cases_of("UT")["usual"], as_of=TODAY)
    first = text_of(printed("UT", reference="24-0113 Muñoz"), 1)
    decider = reports[0].reasons[0]
    for said in (
        "Utah", "November 25, 2026", "24-0113 Muñoz",  # which state, when, whose
        "Limited", "$300,000", "$240,000", "$250,000", "$50,000",  # the outcome and the money
        decider.heading, decider.cite,  # the rules that decide, with their citations
        "September 2, 2026", "December 2, 2026",  # the dates
        "You signed the loan as a borrower", "This is the first mortgage",  # the facts given
        "Page 1 of",
    ):  # fmt: skip
        assert said in first, said


def test_every_page_names_state_date_publication_and_its_number():
    content = printed("NJ", "nothing known", reference="24-0113")
    count = pages_of(content)
    for page in range(1, count + 1):
        text = text_of(content, page)
        assert f"Page {page} of {count}" in text
        assert "New Jersey · November 25, 2026 · New Jersey law" in text
        assert "24-0113" in text


def test_all_that_was_taken_as_not_so_is_listed():
    reports = report.build("AZ", cases_of("AZ")["usual"], as_of=TODAY)
    text = text_of(printed("AZ"))
    assert reports[0].assumed
    for assumed in reports[0].assumed:
        assert re.sub(r"\s+", " ", assumed) in text


def test_several_loans_print_together():
    text = text_of(printed("CA", "two loans"), 1)
    assert "The loans side by side" in text
    assert "Loan 1: first mortgage" in text
    assert "Loan 2: second mortgage" in text


def test_each_loan_gets_its_own_advice_under_its_own_name():
    """A first mortgage that the law protects, and a second that was wiped out: neither is told what fits the other."""
    reports = report.build("AZ", cases_of("AZ", loan_use="purchase")["two loans"], as_of=TODAY)
    advice = [{option.heading for option in one.options} for one in reports]
    first, second = advice[0] - advice[1], advice[1] - advice[0]
    assert first
    assert second
    html = summary_html(reports, Sheet(TODAY))
    parts = re.split(r"<h2 class=\"big\">", html)
    assert "What you can do (Loan 1: first mortgage" in parts[1]
    assert "What you can do (Loan 2: second mortgage" in parts[2]
    told_two = parts[2].split("What you can do", 1)[1]
    assert any(heading in parts[1] for heading in first)
    assert any(heading in told_two for heading in second)
    assert not any(f"{heading}</h4>" in parts[1] for heading in second)
    assert not any(f"{heading}</h4>" in told_two for heading in first)
    assert "What the lender could do" in html, "the second loan may still be owed"


def test_paper_says_what_follows_if_the_sale_brings_less():
    (case,) = cases_of("OH")["paid"]
    (one,) = report.build("OH", [replace(case, stage="scheduled", sale=Interval())], as_of=TODAY)
    text = text_of(pdf_press.press(summary_html([one], Sheet(TODAY))))
    assert "Nothing left to pay" in text
    assert text.count("If it brings less") == 2
    assert one.if_less.reasons[0].cite.replace("  ", " ") in text


def test_a_sale_whose_day_has_passed_is_told_on_paper_without_a_link():
    (case,) = cases_of("OH")["usual"]
    html = summary_html(report.build("OH", [replace(case, stage="scheduled")], as_of=TODAY), Sheet(TODAY))
    assert "The day set for the sale has passed. If the home is gone, change where things stand." in html
    assert "/q/stage/" not in html


def test_the_code_to_come_back_is_printed_only_when_asked_for():
    assert "Come back to these answers" not in text_of(printed("UT"))
    assert "Come back to these answers" in text_of(printed("UT", resume_url=LINK))


def test_the_reference_is_printed_as_typed_and_never_as_markup():
    html = summary_html(report.build("UT", cases_of("UT")["usual"]), Sheet(TODAY, "<script>x</script>\"'&"))
    assert "<script>" not in html
    assert "<script>x</script>\"'&" in text_of(pdf_press.press(html), 1)


def test_letters_that_our_fonts_lack_are_replaced():
    assert in_our_letters("Łódź − ≥ 王 § ✓ “q”") == "?ódz − ? ? § ✓ “q”"
    assert in_our_letters(LETTERS) == LETTERS


def test_it_reads_in_black_and_white():
    """No colour anywhere: what the screen says with colour, paper says with words and rules."""
    sheet = (pdf_press.ASSETS / "print.css").read_text()
    colours = re.findall(r"#([0-9a-f]{3,6})\b", sheet)
    assert colours
    assert all(len({c[:third], c[third : 2 * third], c[2 * third :]}) == 1 for c in colours for third in (len(c) // 3,))
    assert "background" not in sheet


# --- how long it is -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", store.codes())
def test_two_to_five_pages_even_where_nothing_is_known(code):
    """The longest there is: every fact open after a judgment, with a code to come back and a long reference."""
    content = printed(code, "all open", reference="W" * 80, resume_url=LINK)
    assert 2 <= pages_of(content) <= 5
    assert "Dates" in text_of(content, 1)  # the first page holds all that it should
    assert "Facts given" in text_of(content, 1)


@pytest.mark.parametrize("name", ["usual", "paid", "nothing known", "old", "two loans", "four loans"])
@pytest.mark.parametrize("code", ["CA", "CT", "NJ", "OR", "TX"])
def test_two_to_five_pages_whatever_the_case(code, name):
    assert 2 <= pages_of(printed(code, name, reference="24-0113", resume_url=LINK)) <= 5


def test_a_summary_that_turns_out_too_long_is_made_shorter():
    """The room that lists get is an estimate; the press counts the pages."""
    reports = report.build("UT", cases_of("UT")["usual"], as_of=TODAY)
    lengths = []

    def strict(html: str) -> bytes:
        lengths.append(len(html))
        if len(lengths) < 3:
            raise pdf_press.TooLong
        return b"%PDF"

    assert pdf.render_pdf(reports, Sheet(TODAY), strict) == b"%PDF"
    assert lengths[0] >= lengths[1] >= lengths[2]
    assert lengths[0] > lengths[2]


def test_a_summary_is_printed_even_where_nothing_makes_it_short_enough():
    reports = report.build("UT", cases_of("UT")["usual"], as_of=TODAY)

    def strict(html: str) -> bytes:
        if 'data-most="0"' not in html:
            raise pdf_press.TooLong
        return b"%PDF"

    assert pdf.render_pdf(reports, Sheet(TODAY), strict) == b"%PDF"


def test_the_press_counts_the_pages():
    page = '<!doctype html><html lang="en"><head><title>t</title></head><body data-most="2">{}</body></html>'
    long = '<p style="break-after: page">x</p>' * 4
    with pytest.raises(pdf_press.TooLong):
        pdf_press.press(page.format(long))
    with pytest.raises(pdf_press.TooLong):  # the first page runs over
        pdf_press.press(
            page.format('<p style="height: 8in">x</p>' * 2 + '<p id="second" style="break-before: page">y</p>')
        )


# --- what it may fetch ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/x.png",
        "https://example.org/x.css",
        "ftp://example.org/x",
        "file:///etc/passwd",
        "file://elsewhere/etc/passwd",
        f"{pdf_press.ASSETS.as_uri()}/../../manage.py",
        f"{pdf_press.ASSETS.as_uri()}/%2e%2e/%2e%2e/manage.py",
        f"{pdf_press.ASSETS.as_uri()}/nothing.css",
        "about:blank",
    ],
)
def test_the_press_fetches_nothing_but_its_own_files(address):
    fetcher = pdf_press._kit()[0]
    with pytest.raises(ValueError):
        fetcher.fetch(address)


def test_the_press_reads_its_own_files_and_data():
    fetcher = pdf_press._kit()[0]
    assert fetcher.fetch((pdf_press.ASSETS / "print.css").as_uri()).read()
    assert fetcher.fetch("data:text/plain,hello").read() == b"hello"


def test_a_document_that_asks_for_the_network_gets_none(monkeypatch):
    def refuse(*_):
        raise AssertionError("the press reached for the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.create_connection", refuse)
    html = (
        '<!doctype html><html lang="en"><head><title>t</title><link rel="stylesheet" href="http://192.0.2.1/x.css">'
        "<style>@import url(http://192.0.2.1/y.css); p { background: url(http://192.0.2.1/z.png) }</style></head>"
        '<body><p>x<img alt="y" src="http://192.0.2.1/a.png"><img alt="z" src="file:///etc/passwd"></p></body></html>'
    )
    assert pdf_press.press(html).startswith(b"%PDF")


# --- the press ------------------------------------------------------------------------------------------------------

READY = "import sys, struct; out = sys.stdout.buffer; out.write(b'+' + struct.pack('>I', 2) + b'ok'); out.flush(); "
READ = "head = sys.stdin.buffer.read(4); sys.stdin.buffer.read(struct.unpack('>I', head)[0]); "
ANSWER = "out.write(b'+' + struct.pack('>I', 3) + b'PDF'); out.flush(); "


@pytest.fixture
def press():
    """Makes presses of a given behaviour and ends them."""
    made = []

    def make(script: str, **settings) -> pdf.Press:
        made.append(pdf.Press(command=[sys.executable, "-c", script], **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_over_the_bound_it_is_busy_at_once(press):
    slow = press(READY + READ + "import time; time.sleep(1.5); " + ANSWER, places=1)
    results = []
    first = threading.Thread(target=lambda: results.append(slow.print("first")))
    first.start()
    time.sleep(0.3)
    start = time.monotonic()
    with pytest.raises(pdf.Busy):
        slow.print("second")
    assert time.monotonic() - start < 0.2
    first.join()
    assert results == [b"PDF"]


def test_a_print_that_takes_too_long_is_given_up_and_its_press_ended(press):
    stuck = press(READY + READ + "import time; time.sleep(60)", seconds=1)
    with pytest.raises(pdf.Busy):
        stuck.print("x")
    assert stuck._running is None


def test_a_press_that_went_away_is_started_again(press):
    once = press(READY + READ + ANSWER)  # prints one document and ends
    assert [once.print(f"{n}") for n in range(3)] == [b"PDF"] * 3


def test_a_press_that_cannot_start_is_a_fault_that_is_told(press, caplog):
    broken = press("import sys, struct; sys.stdout.buffer.write(b'-' + struct.pack('>I', 7) + b'no lib!')")
    with pytest.raises(pdf.PressFault), caplog.at_level(logging.ERROR):
        broken.print("x")
    assert "no lib!" in caplog.text


def test_a_document_that_cannot_be_printed_tells_nothing_of_its_text(press):
    bad = press(READY + READ + "out.write(b'-' + struct.pack('>I', 10) + b'ValueError'); out.flush()")
    with pytest.raises(pdf.PressFault, match=r"^ValueError$"):
        bad.print("a secret")


def test_the_real_press_prints_and_knows_no_secret(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "not for the press")
    real = pdf.Press()
    try:
        html = '<!doctype html><html lang="en"><head><title>t</title></head><body><h1>x</h1></body></html>'
        assert real.print(html).startswith(b"%PDF")
        environment = Path(f"/proc/{real._running.process.pid}/environ")
        if environment.exists():
            assert b"not for the press" not in environment.read_bytes()
    finally:
        real.close()


def test_a_web_worker_never_loads_weasyprint():
    script = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; django.setup(); "
        "import config.urls, screener.urls; "
        "assert not {'weasyprint', 'pikepdf', 'fontTools'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=pdf.ROOT)


# --- the pages ------------------------------------------------------------------------------------------------------


@pytest.fixture
def visitor(client):
    walk_through(client, "AZ", disposition="nonjudicial", units="1", acres="0.2")
    return client


@pytest.fixture
def pressed(monkeypatch):
    """The HTML of what was printed, without printing it."""
    pages = []

    def render(html):
        pages.append(html)
        return b"%PDF-1.7 test"

    monkeypatch.setattr(pdf.PRESS, "print", render)
    return pages


def test_without_answers_there_is_nothing_to_print(client):
    for answer in (client.get("/report/print/"), client.post("/report/summary.pdf")):
        assert answer.status_code == 302
        assert answer["Location"] == "/"


def test_the_form_leads_to_a_pdf_that_nobody_keeps(visitor, pressed, caplog):
    assert "Case file reference" in visitor.get("/report/print/").content.decode()
    with caplog.at_level(logging.DEBUG):
        answer = visitor.post("/report/summary.pdf", {"reference": "  24-0113   Muñoz "})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert "no-store" in answer["Cache-Control"]
    assert "24-0113 Muñoz" in pressed[0]
    assert "24-0113" not in caplog.text
    assert "24-0113" not in visitor.cookies[kept.COOKIE].value
    assert "Come back to these answers" not in pressed[0]


def test_the_code_leads_back_to_the_answers(visitor, pressed):
    visitor.post("/report/summary.pdf", {"code": "on"})
    assert "Come back to these answers" in pressed[0]
    assert "data:image/svg+xml" in pressed[0]


@pytest.mark.parametrize("reference", ["x" * 81, "a\u202eb", "a\x00b", "王", "a\x07b", "\u2066x"])
def test_a_reference_that_cannot_be_printed_gets_a_plain_message(visitor, pressed, reference):
    answer = visitor.post("/report/summary.pdf", {"reference": reference})
    assert answer.status_code == 422
    assert "letters, numbers and" in answer.content.decode()
    assert pressed == []


def test_a_busy_press_says_so_and_tries_again_by_itself(visitor, monkeypatch):
    def busy(_):
        raise pdf.Busy

    monkeypatch.setattr(pdf.PRESS, "print", busy)
    answer = visitor.post("/report/summary.pdf", {"reference": "24-0113 é", "code": "on"})
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) >= 1
    assert answer["Refresh"].endswith("url=/report/summary.pdf")
    assert "24-0113" not in answer["Refresh"]
    assert "tries again by itself" in answer.content.decode()
    assert answer.cookies[pdf_views.WAITING]["httponly"]
    sealed = answer.cookies[pdf_views.WAITING].value
    assert b"24-0113" not in base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
    seen = []
    monkeypatch.setattr(pdf.PRESS, "print", lambda html: seen.append(html) or b"%PDF")
    again = visitor.get("/report/summary.pdf")
    assert again.status_code == 200
    assert "24-0113 é" in seen[0]
    assert "Come back to these answers" in seen[0]
    assert again.cookies[pdf_views.WAITING]["max-age"] == 0
    assert visitor.get("/report/summary.pdf")["Location"] == "/report/print/"


@pytest.mark.parametrize("cookie", ["", "x", "of another kind", "a" * 5000])
def test_a_get_without_a_print_that_waits_leads_to_the_form(visitor, pressed, cookie):
    if cookie == "of another kind":
        cookie = links.seal_of(b"stillowe.resume").encrypt(b'["a", true]').decode()
    visitor.cookies[pdf_views.WAITING] = cookie
    assert visitor.get("/report/summary.pdf")["Location"] == "/report/print/"
    assert pressed == []


def test_a_press_that_fails_gives_a_calm_page(visitor, monkeypatch):
    def fail(_):
        raise pdf.PressFault("x")

    monkeypatch.setattr(pdf.PRESS, "print", fail)
    answer = visitor.post("/report/summary.pdf")
    assert answer.status_code == 503
    assert "Your answers are safe" in answer.content.decode()


@pytest.mark.parametrize(("method", "path"), [("put", "/report/summary.pdf"), ("post", "/report/print/")])
def test_other_methods_are_refused(visitor, method, path):
    assert getattr(visitor, method)(path).status_code == 405
