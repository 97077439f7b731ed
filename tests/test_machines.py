"""Several server processes, as on several hosts: they share the database and the secret, and nothing else.

Each "host" is a gunicorn of its own. The databases are an SQLite file and a PostgreSQL, stopped and started here.
"""

import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django_otp.oath import totp
from lxml import html

from statelaw import publish

from .cluster import Cluster
from .desk import PASSWORD
from .visitor import TRUSTEE_SALE, Visitor

ROOT = Path(__file__).resolve().parent.parent
#: What is promised: a publication is in force in every process within these seconds.
PROMISED = 5
#: The servers and the cluster serve all of these, so they stay in one test process.
pytestmark = pytest.mark.xdist_group("machines")

EDIT = "/desk/statelaw/jurisdictiondraft/AZ/edit/"
PUBLISH = "/desk/statelaw/jurisdictiondraft/AZ/publish/"
KEY = "00112233445566778899aabbccddeeff00112233"
PREPARED = f"""
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0)
call_command("load_law", *(f"{publish.LAW_DIR}/{{name}}.yaml" for name in ("US", "federal", "options", "AZ")))
from tests.desk import PASSWORD, person
from django_otp.plugins.otp_totp.models import TOTPDevice
person("ann", "editor", password=PASSWORD)
TOTPDevice.objects.create(user=person("pia", "publisher", password=PASSWORD), key="{KEY}", confirmed=True)
"""


class Hosts:
    """Two servers on one database."""

    def __init__(self, url: str):
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": url,
            "SECRET_KEY": "the same on every host",
            "WEB_CONCURRENCY": "1",
            "SECURE": "off",
        }
        self.addresses: list[str] = []
        self.servers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Hosts":
        self.python(PREPARED)
        try:
            self.add(2)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error) -> None:
        while self.servers:
            self.remove()

    def add(self, many: int = 1) -> str:
        """Starts so many more servers; the last one's address."""
        started = []
        for _server in range(many):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
            environment = self.environment | {"BIND": f"127.0.0.1:{port}"}
            self.servers.append(subprocess.Popen(command, cwd=ROOT, env=environment))
            started.append(f"http://127.0.0.1:{port}")
        for address in started:
            within(60, lambda address=address: page_of(address, "/health/"), "the server did not start")
        self.addresses += started
        return started[-1]

    def remove(self) -> None:
        """Stops the last server."""
        server = self.servers.pop()
        server.terminate()
        server.wait(30)
        del self.addresses[len(self.servers) :]

    def manage(self, *arguments: str) -> str:
        return self._run("manage.py", *arguments)

    def python(self, code: str) -> str:
        """What a program prints that works on this database."""
        return self._run("-c", f"import django; django.setup()\n{code}")

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def health(self) -> list[dict]:
        return [json.loads(page_of(address, "/health/") or "{}") for address in self.addresses]


def page_of(address: str, path: str) -> str:
    """A public page, or nothing while nobody answers."""
    try:
        status, _, content = Visitor(address).send("GET", path)
    except OSError:
        return ""
    assert status == 200
    return content.decode()


def within(seconds: float, holds, otherwise: str) -> float:
    """Waits until it holds and returns how long that took."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, otherwise
        time.sleep(0.05)
    return time.monotonic() - begun


def in_force_in_time(hosts: Hosts, path: str, words: str) -> None:
    """What was just published is on the page of every host within the promised time."""
    begun = time.monotonic()
    for address in hosts.addresses:
        left = PROMISED - (time.monotonic() - begun)
        within(left, lambda address=address: words in page_of(address, path), f"{address} still has the law of before")


# --- people ----------------------------------------------------------------------------------------------------------


def form_on(page: bytes, path: str) -> tuple[str, dict[str, str]]:
    """The page's form that posts to ``path``, as a browser sends it: (where to, fields)."""
    found = html.document_fromstring(page.decode())
    forms = [form for form in found.forms if form.method == "POST" and (form.get("action") or path) == path]
    form = forms[-1]
    for text in form.iter("textarea"):
        text.text = (text.text or "").removeprefix("\n")
    return path, dict(form.form_values())


def fill(visitor: Visitor, path: str, **values: str) -> tuple[int, str | None, bytes]:
    """Opens a page, fills in its form and sends it."""
    status, _, page = visitor.send("GET", path)
    assert status == 200, f"{path}: {status}"
    where, fields = form_on(page, path)
    return visitor.send("POST", where, fields | values)


def signed_in(address: str, name: str) -> Visitor:
    """Somebody of the desk, in by the door as everybody."""
    visitor = Visitor(address)
    status, to, _ = fill(visitor, "/desk/login/", username=name, password=PASSWORD)
    assert status == 302
    status, to, _ = visitor.send("GET", to)
    if status == 302 and "second-factor/code/" in to:
        path = to.split("?")[0]
        status, _, _ = fill(visitor, path, code=f"{totp(bytes.fromhex(KEY)):06d}")
        assert status == 302
    return visitor


def at(address: str, visitor: Visitor) -> Visitor:
    """The same browser at another host: the proxy in front sends it here and there."""
    found = Visitor(address)
    found.cookies = visitor.cookies
    return found


def add_gap(visitor: Visitor, gap: str) -> tuple[int, str | None, bytes]:
    _, _, page = visitor.send("GET", EDIT)
    before = form_on(page, EDIT)[1]["gaps"]
    return fill(visitor, EDIT, gaps=f"{before}\n{gap}", reason="a gap was found")


def changed_file(folder: Path, name: str, gap: str) -> str:
    path = folder / name
    path.write_text((publish.LAW_DIR / name).read_text().replace("\ngaps:", f"\ngaps:\n  - {gap}", 1))
    assert gap in path.read_text()
    return str(path)


@pytest.fixture(scope="module")
def cluster():
    with Cluster() as found:
        yield found


@pytest.fixture(scope="module")
def shared(cluster):
    """Two hosts on one PostgreSQL."""
    with Hosts(cluster.new_database("site")) as hosts:
        yield hosts


@pytest.fixture(scope="module")
def on_file(tmp_path_factory):
    """Two server processes on one SQLite file."""
    with Hosts(f"sqlite:///{tmp_path_factory.mktemp('machines') / 'site.sqlite3'}") as hosts:
        yield hosts


@pytest.fixture(params=["postgresql", "sqlite"])
def hosts(request):
    return request.getfixturevalue({"postgresql": "shared", "sqlite": "on_file"}[request.param])


# --- two hosts, one site ---------------------------------------------------------------------------------------------


def test_a_walk_goes_on_at_whichever_host_answers(shared):
    one = Visitor(shared.addresses[0])
    visitors = [one, at(shared.addresses[1], one)]
    path, page = one.get("/start/az/")
    steps = 0
    while path.startswith("/q/"):
        steps += 1
        path, page = visitors[steps % 2].step(path, page, TRUSTEE_SALE)
    assert steps > 8
    reports = [words_of(visitor.get("/report/")[1]) for visitor in visitors]
    assert reports[0] == reports[1]
    assert "Arizona" in reports[0]

    _, page = visitors[0].get("/resume/")
    link = html.document_fromstring(page.decode()).get_element_by_id("link").text_content().strip()
    other = Visitor(shared.addresses[1])
    other.get(re.sub(r"^https?://[^/]+", "", link))
    assert words_of(other.get("/report/")[1]) == reports[0]


def test_who_signed_in_at_one_host_works_at_the_other(shared):
    ann = signed_in(shared.addresses[0], "ann")
    elsewhere = at(shared.addresses[1], ann)
    assert elsewhere.send("GET", EDIT)[0] == 200
    status, _, _ = elsewhere.send("POST", EDIT, form_on(ann.send("GET", EDIT)[2], EDIT)[1] | {"reason": ""})
    assert status == 422, "the other host takes this one's form, and answers it"


def test_a_published_file_is_in_force_in_every_process_within_five_seconds(hosts, tmp_path):
    gap = "A gap that a file brought."
    path = changed_file(tmp_path, "NV.yaml", gap)
    assert not any(gap in page_of(address, "/law/nv/") for address in hosts.addresses)
    assert "1 published" in hosts.manage("load_law", path)
    in_force_in_time(hosts, "/law/nv/", gap)


def test_what_the_desk_publishes_is_in_force_in_every_process_within_five_seconds(hosts):
    gap = "A gap that the desk brought."
    assert add_gap(signed_in(hosts.addresses[1], "ann"), gap)[0] == 302
    pia = signed_in(hosts.addresses[0], "pia")
    assert not any(gap in page_of(address, "/law/az/") for address in hosts.addresses)
    status, _, page = fill(pia, PUBLISH, note="A gap more.", alone="on", when="now")
    assert status == 302, html.document_fromstring(page.decode()).text_content()
    in_force_in_time(hosts, "/law/az/", gap)
    assert "not checked by a second person" in page_of(hosts.addresses[1], "/law/az/").lower()


def test_a_scheduled_publication_goes_live_by_itself_in_every_process(hosts):
    gap = "A gap whose day came."
    live_at = float(
        hosts.python(f"""
from datetime import timedelta
from django.utils import timezone
from statelaw.models import Publication
last = Publication.objects.latest_of("AZ")
document = last.document | {{"gaps": [*last.document.get("gaps", []), {gap!r}]}}
live_at = timezone.now() + timedelta(seconds=10)
Publication(code="AZ", number=last.number + 1, digest="0", document=document, text="", live_at=live_at).save()
print(live_at.timestamp())
""")
    )
    looks = 0
    while time.time() < live_at - 0.5:
        assert not any(gap in page_of(address, "/law/az/") for address in hosts.addresses), "it came before its time"
        looks += 1
        time.sleep(0.25)
    assert looks
    time.sleep(max(0, live_at - time.time()))
    in_force_in_time(hosts, "/law/az/", gap)


def test_a_worker_that_takes_anothers_place_begins_with_the_law_of_now(shared, tmp_path):
    """Forked from a server that was started before the publication, it answers its first visitor with the new law."""
    gap = "A gap from before this worker was born."
    shared.manage("load_law", changed_file(tmp_path, "UT.yaml", gap))
    in_force_in_time(shared, "/law/ut/", gap)
    server = shared.servers[0]
    old = children_of(server.pid)
    for pid in old:
        os.kill(pid, 15)
    within(30, lambda: children_of(server.pid) - old and page_of(shared.addresses[0], "/health/"), "no new worker")
    assert gap in page_of(shared.addresses[0], "/law/ut/")


def words_of(page: bytes) -> str:
    return " ".join(html.document_fromstring(page.decode()).text_content().split())


def children_of(pid: int) -> set[int]:
    return {int(found) for found in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def test_looking_for_new_law_costs_each_process_one_tiny_query_in_its_period(cluster, shared):
    """All that a resting site asks of its database, by the database's own log."""
    for address in shared.addresses:
        page_of(address, "/law/az/")
    cluster.run("ALTER DATABASE site SET log_statement = 'all'")
    try:
        time.sleep(5)  # connections from before the setting are gone
        begun, before = time.monotonic(), len(cluster.log.read_text())
        time.sleep(13)
        seconds = time.monotonic() - begun
        said = cluster.log.read_text()[before:]
    finally:
        cluster.run("ALTER DATABASE site RESET log_statement")
    asked = re.findall(r"LOG:  (?:statement|execute [^:]*): (.*)", said)
    assert asked, "the log says nothing"
    assert all("statelaw_publication" in statement for statement in asked), asked
    assert len(asked) <= len(shared.addresses) * (seconds / 4.25 + 1)


# --- losing the database ---------------------------------------------------------------------------------------------


class Walkers:
    """Eight people who walk to their reports again and again."""

    def __init__(self, addresses: list[str], many: int = 8):
        self.finished = [0] * many
        self.failures: list[str] = []
        self.enough = threading.Event()
        self.threads = [
            threading.Thread(target=self._walk, args=[number, addresses[number % len(addresses)]])
            for number in range(many)
        ]

    def _walk(self, number: int, address: str) -> None:
        while not self.enough.is_set():
            try:
                visitor = Visitor(address)
                path, _, _ = visitor.walk("az", TRUSTEE_SALE)
                assert path == "/check/"
                _, report = visitor.get("/report/")
                assert b"Arizona" in report
                assert b"Protected" in report or b"Limited" in report or b"At risk" in report or b"depends" in report
            except Exception as error:
                self.failures.append(f"{type(error).__name__}: {error}")
            self.finished[number] += 1

    def each_walks(self, times: int) -> None:
        """Waits until everybody has walked so many times from now on, the walk under way not counted."""
        wanted = [count + times + 1 for count in self.finished]
        within(
            120, lambda: all(a >= b for a, b in zip(self.finished, wanted, strict=True)), f"too slow: {self.finished}"
        )

    def __enter__(self) -> "Walkers":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error) -> None:
        self.enough.set()
        for thread in self.threads:
            thread.join(60)


@pytest.mark.parametrize("how", ["stopped", "fallen over"])
def test_while_the_database_is_lost_eight_people_walk_on_and_the_desk_keeps_what_was_typed(
    cluster, shared, tmp_path, how
):
    one, other = shared.addresses
    ann = signed_in(one, "ann")
    _, _, page = ann.send("GET", EDIT)
    _, fields = form_on(page, EDIT)
    gap = f'Typed before the database was {how}, <kept> & "sent" after.'
    fields |= {"gaps": f"{fields['gaps']}\n{gap}", "reason": "asked a clerk"}
    with Walkers(shared.addresses) as walkers:
        walkers.each_walks(1)
        with stopped(cluster, how):
            status, _, page = at(one, ann).send("POST", EDIT, fields)
            assert status == 503
            shown = html.document_fromstring(page.decode()).text_content()
            assert "The desk can’t reach its database" in shown
            assert "Nothing was saved." in shown
            where, kept = form_on(page, EDIT)
            assert gap in kept["gaps"]
            assert kept["reason"] == "asked a clerk"
            assert at(other, ann).send("GET", EDIT)[0] == 503
            within(12, lambda: all(h["database"] == "away" for h in shared.health()), "/health/ does not say away")
            walkers.each_walks(2)
        within(12, lambda: all(h["database"] == "up" for h in shared.health()), "/health/ does not say up")
        status, to, page = at(other, ann).send("POST", where, kept)
        assert (status, to) == (302, "/desk/statelaw/jurisdictiondraft/AZ/"), page.decode()[:3000]
        walkers.each_walks(1)
    assert walkers.failures == []
    assert all(server.poll() is None for server in shared.servers)
    assert gap in form_on(at(one, ann).send("GET", EDIT)[2], EDIT)[1]["gaps"]
    later = f"Published after the database was {how}."
    shared.manage("load_law", changed_file(tmp_path, "CO.yaml" if how == "stopped" else "ID.yaml", later))
    in_force_in_time(shared, "/law/co/" if how == "stopped" else "/law/id/", later)


@contextlib.contextmanager
def stopped(cluster: Cluster, how: str):
    """Without the cluster for a while."""
    cluster.stop(signal.SIGINT if how == "stopped" else signal.SIGQUIT)
    try:
        yield
    finally:
        cluster.start()


def test_a_file_that_another_process_holds_for_too_long_is_away_too(on_file):
    ann = signed_in(on_file.addresses[0], "ann")
    gap = "Typed while the file was locked."
    _, fields = form_on(ann.send("GET", EDIT)[2], EDIT)
    fields |= {"gaps": f"{fields['gaps']}\n{gap}", "reason": "asked a clerk"}
    with contextlib.closing(sqlite3.connect(on_file.environment["DATABASE_URL"].removeprefix("sqlite:///"))) as holder:
        holder.execute("BEGIN IMMEDIATE")
        status, _, page = at(on_file.addresses[0], ann).send("POST", EDIT, fields)
        holder.rollback()
    assert status == 503
    assert b"Nothing was saved." in page
    where, kept = form_on(page, EDIT)
    assert at(on_file.addresses[1], ann).send("POST", where, kept)[0] == 302
    assert gap in form_on(at(on_file.addresses[0], ann).send("GET", EDIT)[2], EDIT)[1]["gaps"]


def test_a_host_that_starts_without_the_database_has_the_shipped_law_and_then_the_published(cluster, shared, tmp_path):
    gap = "A gap that only the database knows."
    shared.manage("load_law", changed_file(tmp_path, "OR.yaml", gap))
    try:
        with stopped(cluster, "stopped"):
            late = shared.add()
            assert "Oregon" in page_of(late, "/law/or/")
            assert gap not in page_of(late, "/law/or/")
            assert json.loads(page_of(late, "/health/"))["database"] == "away"
        within(12, lambda: gap in page_of(late, "/law/or/"), "the published law was not taken")
    finally:
        shared.remove()
