"""The desk: each of its modules registers its own pages."""

from .desk import files, notes, parts, people, provisions, publishing, scenarios, states  # noqa: F401
