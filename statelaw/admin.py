"""The desk: each of its modules registers its own pages."""

from .desk import people, publishing  # noqa: F401
