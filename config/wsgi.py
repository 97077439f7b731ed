"""The WSGI entry point."""

import gc
import os
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class Request(WSGIRequest):
    """Every address and form is read as UTF-8, whatever a request says: other charsets are for a middleware to refuse.

    Django reads the address in that charset while it makes the request, where a wrong one would fail outside of it.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:
            self.content_type, self.content_params = "", {"charset": "unreadable"}


application = get_wsgi_application()
application.request_class = Request

# All law, compiled before the workers are forked: they share it, and no first visitor waits for it.
from statelaw import store  # noqa: E402

store.load()

# What was loaded stays: the collector need not look through it again and again, and the workers go on sharing it.
gc.collect()
gc.freeze()
