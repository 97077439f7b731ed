"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

# All law, compiled before the workers are forked: they share it, and no first visitor waits for it.
from statelaw import store  # noqa: E402

store.load()
