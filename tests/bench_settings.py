"""The site as it is served, with the bare view beside it."""

from pathlib import Path

from .settings import *  # noqa: F403
from .settings import TEMPLATES

ROOT_URLCONF = "tests.bench_urls"
TEMPLATES[0]["DIRS"].append(Path(__file__).parent / "bench_templates")
