"""The desk: each of its modules registers its own pages."""

from .desk import files, notes, people, publishing, scenarios, states  # noqa: F401
