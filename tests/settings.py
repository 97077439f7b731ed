"""The site's own settings, reached over plain http as the tests do."""

import os

os.environ.setdefault("SECURE", "off")

from config.settings import *  # noqa: F403
