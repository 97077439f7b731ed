"""The server: ``gunicorn -c config/gunicorn.py config.wsgi``.

Its processes share nothing but the database and the secret.
"""

import os

from gunicorn.glogging import Logger

from config.logs import Discreet

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", str(min(4, os.cpu_count() or 1))))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "4"))
# The application, with all law compiled, is loaded once and shared by the workers until they write to it.
preload_app = True
keepalive = 15
timeout = 60
graceful_timeout = 20
max_requests = 20_000
max_requests_jitter = 2_000
limit_request_line = 4094
limit_request_fields = 60
# No access log: an address may hold a sealed resume link, and nothing about a visitor is kept.
accesslog = None
errorlog = "-"
loglevel = os.environ.get("LOG_LEVEL", "warning")


class _Log(Logger):
    """The server's own log, with the same cuts as the site's."""

    def setup(self, cfg):
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.addFilter(Discreet())


logger_class = _Log
# Heartbeats in memory, so that a slow disk never looks like a dead worker.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108


def post_worker_init(worker):
    """A worker that takes another one's place starts with the law of now, not with that of the server's start."""
    from statelaw import store

    store.begin()


def worker_exit(server, worker):
    """Counts that still wait are written before a worker goes."""
    from screener import tally

    tally.flush()
