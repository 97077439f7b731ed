"""The press: turns the summary's HTML into a tagged PDF, in a process of its own (``python -m screener.pdf_press``).

It knows nothing of law or answers, opens no network connection and reads no file but those in ``static/pdf``.
WeasyPrint is loaded here alone, so that a web worker stays small and a long document never holds up the walk.

Talk: the parent writes frames to stdin (4 bytes of length, then HTML); for each one frame comes back on stdout
(1 byte, ``+`` or ``-``, 4 bytes of length, then the PDF or the fault's name). The first frame back says "ready".
"""

from __future__ import annotations

import atexit
import gc
import io
import logging
import os
import select
import struct
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

ASSETS = Path(__file__).resolve().parent.parent / "static" / "pdf"
IDLE_SECONDS = 600
MOST_DOCUMENTS = 500  # then a fresh process takes over
MOST_BYTES = 4 * 1024 * 1024

OK, FAULT, LONG = b"+", b"-", b">"


class TooLong(Exception):
    """A document runs over the pages that it may have, or over its first page. Its author makes it shorter."""


class Refused(ValueError):
    """A document asked for something that is not ours."""


def local_asset(url: str) -> Path:
    """The file in ``static/pdf`` that a ``file:`` address names; anything else is refused."""
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc:
        raise Refused("not our own file")
    path = Path(unquote(parts.path)).resolve()
    if not path.is_relative_to(ASSETS) or not path.is_file():
        raise Refused("not our own file")
    return path


@lru_cache(maxsize=1)
def _kit():
    """What every document shares: the fetcher, the fonts (loaded once) and the parsed style sheet."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFilesOnly(URLFetcher):
        """Data addresses and our own files; never the network, never another file."""

        def __init__(self):
            super().__init__(allowed_protocols=("data", "file"), allow_redirects=False)

        def fetch(self, url, headers=None):
            if url[:5].lower() == "data:":
                return super().fetch(url, headers)
            path = local_asset(url)
            return URLFetcherResponse(path.as_uri(), path.read_bytes())

    quiet = logging.getLogger("weasyprint")  # what it logs may hold what a visitor typed
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    fonts = FontConfiguration()
    atexit.register(_kit.cache_clear)  # while Python still stands: fonts leave files behind otherwise
    fetcher = OwnFilesOnly()
    sheet = CSS(filename=ASSETS / "print.css", font_config=fonts, url_fetcher=fetcher)
    return fetcher, fonts, sheet


def press(html: str) -> bytes:
    """The PDF/UA-1 document of a page of HTML.

    ``data-most`` of its body says how many pages it may have, and what has the id ``second`` must start the second
    page: otherwise :class:`TooLong`.
    """
    from weasyprint import HTML

    fetcher, fonts, sheet = _kit()
    collecting = gc.isenabled()
    gc.disable()  # a document is all new objects: looking for old ones in the middle of it only takes time
    try:
        document = HTML(string=html, base_url=ASSETS.as_uri() + "/", url_fetcher=fetcher)
        body = document.etree_element.find("body")
        most = int(body.get("data-most", "0")) if body is not None else 0
        rendered = document.render(stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1", cache={})
        if most:
            second = next((at for at, page in enumerate(rendered.pages) if "second" in page.anchors), 1)
            if len(rendered.pages) > most or second != 1:
                raise TooLong
        return rendered.write_pdf(pdf_variant="pdf/ua-1", finisher=mend)
    finally:
        if collecting:
            gc.enable()


# --- what WeasyPrint leaves undone for PDF/UA -------------------------------------------------------------------

ASIDE = b"<</Type /Pagination>>"
PRINTED = 4  # the annotation flag "Print"


def mend(_document, pdf) -> None:
    """Give header cells their scope and make page numbers artifacts, in the finished objects before they are written.

    WeasyPrint writes header cells without a scope, ties data cells to them by ids that its tree does not list, tags
    what stands in a page's margins as content that no tag holds, keeps a picture with an empty ``alt`` as a figure
    without a text, and leaves links off the printed page.
    """
    elements: dict[int, Any] = {}
    for item in pdf.objects:
        if isinstance(item, dict) and item.get("Type") == "/StructElem":
            elements[item.number] = item  # type: ignore[attr-defined]  # pydyf's dictionaries are numbered
    document = next(element for element in elements.values() if element["S"] == "/Document")
    held: dict[bytes, set[int]] = {}
    todo = [document]
    while todo:
        element = todo.pop()
        if element["S"] == "/TH":
            element["A"]["Scope"] = "/Column" if _in_table_head(element, elements) else "/Row"
            element.pop("ID", None)
        elif element["S"] == "/TD":
            element["A"].pop("Headers", None)
        for kid in list(element["K"]):
            if isinstance(kid, int):
                held.setdefault(element["Pg"], set()).add(kid)
            elif (child := elements.get(_number(kid))) is not None:
                if child["S"] == "/Figure" and "Alt" not in child:
                    element["K"].remove(kid)
                else:
                    todo.append(child)
    for item in pdf.objects:
        if isinstance(item, dict) and item.get("Subtype") == "/Link":
            item["F"] = PRINTED
    for place, page in enumerate(pdf.page_references):
        _free_the_rest(pdf, place, page, held.get(page, set()))


def _in_table_head(cell, elements) -> bool:
    row = elements[_number(cell["P"])]
    return elements[_number(row["P"])]["S"] == "/THead"


def _number(reference: bytes) -> int:
    """The number of the object that ``b"12 0 R"`` points to."""
    return int(reference.split(b" ", 1)[0])


def _free_the_rest(pdf, place: int, page: bytes, held: set[int]) -> None:
    """Turn the marked content of a page that no tag holds into artifacts, out of the parent tree too."""
    items = pdf.objects[_number(pdf.objects[_number(page)]["Contents"])].stream
    tree = pdf.objects[_number(pdf.objects[_number(pdf.catalog["StructTreeRoot"])]["ParentTree"])]
    parents = tree["Nums"][2 * place + 1]
    for at, item in enumerate(items):
        if item == b"BDC" and isinstance(items[at - 1], dict):
            mark = items[at - 1].get("MCID")
            if mark is not None and mark not in held:
                items[at - 2], items[at - 1] = b"/Artifact", ASIDE
                parents[mark] = b"null"


def main() -> None:
    """Serve documents until the parent is gone, nothing came for a while, or a fresh process is due."""
    source = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing but frames may reach the parent
    try:
        os.nice(5)  # the walk first
        _kit()
    except Exception as fault:  # the parent reports it: a library may be missing
        _answer(answers, FAULT, f"{type(fault).__name__}: {fault}".encode()[:500])
        return
    _answer(answers, OK, b"ready")
    for _ in range(MOST_DOCUMENTS):
        if not select.select([source], [], [], IDLE_SECONDS)[0]:
            return
        head = source.read(4)
        if len(head) < 4:
            return
        (length,) = struct.unpack(">I", head)
        if length > MOST_BYTES:
            return
        html = source.read(length)
        try:
            answer = OK, press(html.decode())
        except TooLong:
            answer = LONG, b""
        except Exception as fault:  # never its text: it may hold what a visitor typed
            answer = FAULT, type(fault).__name__.encode()
        _answer(answers, *answer)
        gc.collect()


def _answer(out: io.BufferedWriter, status: bytes, body: bytes) -> None:
    out.write(status + struct.pack(">I", len(body)) + body)
    out.flush()


if __name__ == "__main__":
    main()
