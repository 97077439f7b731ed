"""A PostgreSQL of the tests' own: made in a temporary folder, on a free port, gone when it is no longer needed.

``python -m tests.cluster -- COMMAND`` runs a command whose ``DATABASE_URL`` leads there.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg

#: Debian keeps each version's programs in a folder of its own.
PROGRAMS = Path("/usr/lib/postgresql")
USER = "stillowe"
#: Below the ports that a system hands out by itself: nothing else takes the port while the cluster is stopped.
PORTS = range(20_000, 32_000)
#: Nothing here outlives the tests, so nothing need reach the disk.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


class Missing(RuntimeError):
    """PostgreSQL is not installed."""


def programs() -> Path:
    """Where the newest PostgreSQL's programs are."""
    found = sorted(PROGRAMS.glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    if elsewhere := shutil.which("postgres"):
        return Path(elsewhere).resolve().parent
    raise Missing("PostgreSQL is not installed. On Debian: apt-get install postgresql")


class Cluster:
    """Started when entered, stopped and removed when left; :meth:`stop` and :meth:`start` in between."""

    def __init__(self) -> None:
        self.bin = programs()
        # PostgreSQL refuses to run as root.
        self.owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="stillowe-postgresql-"))
        self.port = 0
        self.server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Cluster:
        try:
            if self.owner:
                os.chown(self.folder, self.owner.pw_uid, self.owner.pw_gid)
            self._run("initdb", "-D", self.data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
            for _attempt in range(5):  # somebody else may take the port between the look and the start
                self.port = _free_port()
                try:
                    self.start()
                except RuntimeError:
                    continue
                return self
            raise RuntimeError(f"PostgreSQL did not start:\n{self.log.read_text(errors='replace')}")
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def url(self, database: str = "postgres") -> str:
        return f"postgres://{USER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Starts it and waits until it answers. Raises RuntimeError when it ends instead."""
        settings = FAST | {"port": str(self.port), "listen_addresses": "127.0.0.1", "max_connections": "100"}
        settings["unix_socket_directories"] = str(self.folder)
        command = [str(self.bin / "postgres"), "-D", str(self.data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        if setpriv := shutil.which("setpriv"):
            # Should this process be killed, the cluster ends with it.
            command = [setpriv, "--pdeathsig", "QUIT", *command]
        with self.log.open("ab") as log:
            self.server = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, start_new_session=True, **self._as_owner()
            )
        end = time.monotonic() + 60
        while not self._answers():
            if self.server.poll() is not None or time.monotonic() > end:
                self.stop(signal.SIGQUIT)
                raise RuntimeError(f"PostgreSQL did not start:\n{self.log.read_text(errors='replace')}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stops it: every connection is cut (SIGINT), or it falls over as with a power cut (SIGQUIT)."""
        if self.server is None:
            return
        server, self.server = self.server, None
        with contextlib.suppress(ProcessLookupError):
            server.send_signal(how)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait(20)

    def new_database(self, name: str) -> str:
        """Makes an empty database and returns its address."""
        self.run(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def run(self, statement: str) -> None:
        """Runs one statement as the cluster's owner."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: Any) -> None:
        command = [str(self.bin / program), *map(str, arguments)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, **self._as_owner())
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}")

    def _as_owner(self) -> dict[str, Any]:
        if self.owner is None:
            return {}
        return {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}


def _free_port() -> int:
    for port in random.sample(PORTS, 200):
        with socket.socket() as attempt:
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    if not arguments:
        print("usage: python -m tests.cluster -- COMMAND", file=sys.stderr)
        return 2
    # Told to end, it ends the command and the cluster before it goes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with Cluster() as cluster:
            command = subprocess.Popen(arguments, env=os.environ | {"DATABASE_URL": cluster.url()})
            try:
                return command.wait()
            finally:
                if command.poll() is None:
                    command.terminate()
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        command.wait(20)
    except (Missing, RuntimeError) as error:
        print(f"StillOwe: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
