"""What the site costs, against its goals: ``make bench``.

One run; each figure is the median of several rounds, and where it is a ratio both sides are taken in turn within the
same round, on the same server. Ends with one line a figure: ``name<tab>measured<tab>goal<tab>ok|short``.
"""

from __future__ import annotations

import gc
import gzip
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import brotli
import psutil

from .visitor import TRUSTEE_SALE, Form, Visitor

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 7
#: The nearest comparable service on two cores: milliseconds a GET, milliseconds a whole step, requests a second.
NEAREST_GET, NEAREST_STEP, NEAREST_RATE = 15.7, 23.6, 121

figures: list[tuple[str, str, str, bool]] = []


def figure(name: str, measured: float, goal: float, unit: str = "", *, most: bool = True, digits: int = 2) -> None:
    good = measured <= goal if most else measured >= goal
    sign = "<=" if most else ">="
    figures.append((name, f"{measured:.{digits}f}{unit}", f"{sign} {goal:g}{unit}", good))


def note(text: str) -> None:
    print(f"  {text}", flush=True)


@contextmanager
def server(workers: int = 2):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.bench_settings",
        "SECURE": "off",
        "BIND": f"127.0.0.1:{port}",
        "WEB_CONCURRENCY": str(workers),
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        for _ in range(150):
            try:
                Visitor(f"http://127.0.0.1:{port}").send("GET", "/bare/")
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(30)


def milliseconds(act: Callable[[], object], times: int) -> float:
    """The median of ``times`` calls, in milliseconds."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        found.append((time.perf_counter() - start) * 1000)
    return statistics.median(found)


def pages(address: str) -> None:
    visitor = Visitor(address)
    visitor.walk("az", TRUSTEE_SALE)
    path, page = visitor.get("/q/residence/")
    data = Form(page.decode()).answer("primary")

    def step() -> None:
        _, to, _ = visitor.send("POST", path, data)
        visitor.send("GET", to)

    acts: dict[str, Callable[[], object]] = {
        "bare": lambda: visitor.send("GET", "/bare/"),
        "step GET": lambda: visitor.send("GET", path),
        "step POST and its redirect": step,
        "report": lambda: visitor.send("GET", "/report/"),
    }
    for act in acts.values():
        milliseconds(act, 30)
    rounds: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(ROUNDS):
        for name, act in acts.items():
            rounds[name].append(milliseconds(act, 60))
    medians = {name: statistics.median(values) for name, values in rounds.items()}
    for name, value in medians.items():
        note(f"{name}: {value:.2f} ms")

    def ratio(name: str) -> float:
        return statistics.median(a / b for a, b in zip(rounds[name], rounds["bare"], strict=True))

    figure("step GET / bare view", ratio("step GET"), 3)
    figure("whole step / bare view", ratio("step POST and its redirect"), 7)
    figure("report / bare view", ratio("report"), 6)
    figure("step GET", medians["step GET"], NEAREST_GET / 2, " ms")
    figure("whole step", medians["step POST and its redirect"], NEAREST_STEP / 2, " ms")


def rate(address: str, clients: int = 8, seconds: float = 6) -> None:
    """Steps a second of so many clients at once, each walking from the start to the report again and again."""
    done: list[int] = []
    faults: list[str] = []
    until = time.perf_counter() + seconds

    def one() -> None:
        steps = 0
        try:
            while time.perf_counter() < until:
                visitor = Visitor(address)
                steps += visitor.walk("az", TRUSTEE_SALE)[2]
                visitor.get("/report/")
        except (AssertionError, OSError) as fault:
            faults.append(repr(fault))
        done.append(steps)

    start = time.perf_counter()
    threads = [threading.Thread(target=one) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - start
    if faults:
        note(f"faults: {faults[:3]}")
    figure("steps a second with 8 clients", sum(done) / spent, NEAREST_RATE, "", most=False, digits=0)
    figure("faults with 8 clients", len(faults), 0, "", digits=0)


def weight(address: str) -> None:
    """Bytes on the wire, compressed as the server sends them to a browser: the first page with all it loads, a step."""
    browser = {"Accept-Encoding": "gzip, br"}
    visitor = Visitor(address)
    _, _, body = visitor.send("GET", "/", headers=browser)
    first = visitor.bytes_in
    html = _text(body)
    for asset in sorted(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', html))):
        visitor.send("GET", asset, headers=browser)
        note(f"{asset}: {visitor.bytes_in / 1000:.1f} kB")
        first += visitor.bytes_in
    note(f"the first page alone: {len(body) / 1000:.1f} kB")
    figure("first page with fonts and script", first / 1000, 50, " kB", digits=1)
    largest, where = 0, ""
    walker = Visitor(address)
    path, page = walker.get("/start/ca/")
    while path.startswith("/q/"):
        walker.send("GET", path, headers=browser | {"HX-Request": "true"})
        if walker.bytes_in > largest:
            largest, where = walker.bytes_in, path
        path, page = walker.step(path, page, {})
    note(f"the largest step: {where}")
    figure("largest later step", largest / 1000, 8, " kB", digits=1)


def _text(body: bytes) -> str:
    for unpack in (gzip.decompress, brotli.decompress):
        try:
            return unpack(body).decode()
        except (OSError, brotli.error, UnicodeDecodeError):
            continue
    return body.decode()


def memory(process: subprocess.Popen) -> None:
    workers = psutil.Process(process.pid).children()
    sizes = [worker.memory_info().rss / 1e6 for worker in workers if worker.is_running()]
    figure("largest worker", max(sizes), 150, " MB", digits=0)


def reasoning() -> None:
    """One case, everything unknown, amounts given, in every state: the 99th percentile, and the worst state."""
    from statelaw import store
    from statelaw.deadlines import Interval
    from statelaw.money import Money
    from statelaw.reasoning import Case, reason

    day = date(2026, 1, 5)
    case = Case(
        today=date(2026, 11, 24),
        money=Money(Decimal(300_000), Decimal(240_000), Decimal(262_000)),
        sale=Interval(day, day),
        most_units=4,
    )
    blank = Case(today=date(2026, 11, 24), most_units=4)
    for code in store.codes():
        store.law(code)
    gc.collect()
    gc.freeze()  # as the server does once the law is loaded (config/wsgi.py)
    times: list[float] = []
    worst = (0.0, "")
    for code in store.codes():
        law = store.law(code)
        for one in (case, blank):
            reason(law, one)
            spent = milliseconds(lambda law=law, one=one: reason(law, one), 25)
            times.append(spent)
            worst = max(worst, (spent, code))
    note(f"worst state: {worst[1]}, {worst[0]:.2f} ms; median {statistics.median(times):.2f} ms")
    times.sort()
    figure("reasoning, everything unknown, 99th percentile", times[int(len(times) * 0.99)], 2, " ms")


def impact() -> None:
    """What a change does: every rule of a state changed at once, in the states with the largest grids and the most
    rules; and every rule of the federal layer, over every state."""
    from statelaw import impact_runs, store
    from statelaw.impact import compare
    from statelaw.reasoning import Law

    def all_changed(document):
        other = {"low": "high", "medium": "low", "high": "low"}
        rules = tuple(p.model_copy(update={"confidence": other[p.confidence]}) for p in document.provisions)
        return document.model_copy(update={"provisions": rules})

    worst = (0.0, "")
    for code in ("IA", "OR", "NJ", "NC", "LA", "CA", "AZ", "NV"):
        old = store.law(code)
        start = time.perf_counter()
        compare(old, Law(all_changed(old.state), old.federal))
        worst = max(worst, (time.perf_counter() - start, code))
    note(f"slowest state: {worst[1]}")
    figure("impact, every rule of a state changed", worst[0], 5, " s")
    federal = all_changed(store.federal_law())
    start = time.perf_counter()
    for code in store.codes():
        old = store.law(code)
        compare(old, Law(old.state, federal), None, impact_runs.MOST_REASONED_A_STATE)
    figure("impact, every federal rule changed", time.perf_counter() - start, 60, " s", digits=0)


def paper() -> None:
    """A four-page summary against a bare document of as many pages, both pressed in one process."""
    from weasyprint import HTML

    from screener import pdf_press

    from .summaries import summary_of_pages

    html, count = summary_of_pages(4)
    words = "A plain line of words that fills the page as any letter does, again and again, to its end. " * 6
    bare = f"<!doctype html><html lang=en><title>Bare</title>{f'<p>{words}</p>' * 200}"
    paragraphs = 200
    while True:
        document = HTML(string=bare).render(pdf_variant="pdf/ua-1")
        if len(document.pages) <= count:
            break
        paragraphs = max(1, int(paragraphs * count / len(document.pages)))
        bare = f"<!doctype html><html lang=en><title>Bare</title>{f'<p>{words}</p>' * paragraphs}"
    pressed, plain, size = [], [], 0
    for _ in range(5):
        start = time.perf_counter()
        size = len(pdf_press.press(html))
        middle = time.perf_counter()
        HTML(string=bare).write_pdf(pdf_variant="pdf/ua-1")
        plain.append(time.perf_counter() - middle)
        pressed.append(middle - start)
    note(f"{count} pages: {statistics.median(pressed):.2f} s, bare {statistics.median(plain):.2f} s")
    figure("PDF / bare document", statistics.median(a / b for a, b in zip(pressed, plain, strict=True)), 1.7)
    figure("four-page PDF", size / 1000, 100, " kB", digits=1)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench_settings")
    import django

    django.setup()
    print(
        f"On {platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    print("reasoning", flush=True)
    reasoning()
    print("impact", flush=True)
    impact()
    with server() as (address, process):
        print("pages", flush=True)
        pages(address)
        print("weight", flush=True)
        weight(address)
        print("eight clients", flush=True)
        rate(address)
        memory(process)
    print("paper", flush=True)
    paper()
    print()
    for name, measured, goal, good in figures:
        print(f"{name}\t{measured}\t{goal}\t{'ok' if good else 'short'}")


if __name__ == "__main__":
    main()
