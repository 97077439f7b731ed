"""Clearing what is kept for ever: only a test may, and only by putting the database's own guards aside for a moment."""

from importlib import import_module

from django.apps import apps
from django.db import connection

guards = import_module("statelaw.migrations.0004_kept")
groups = import_module("statelaw.migrations.0005_groups")
review_notes = import_module("statelaw.migrations.0009_review_note_groups")


def clear() -> None:
    """Takes every row of the law away: for tests that really committed some."""
    on, off = (
        (guards.SQLITE, guards.SQLITE_BACK)
        if connection.vendor == "sqlite"
        else (guards.POSTGRESQL, guards.POSTGRESQL_BACK)
    )
    tables = [model._meta.db_table for model in apps.get_app_config("statelaw").get_models()]
    with connection.cursor() as cursor:
        for statement in off:
            cursor.execute(statement)
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA foreign_keys = OFF")
            for table in tables:
                cursor.execute(f'DELETE FROM "{table}"')
            cursor.execute("PRAGMA foreign_keys = ON")
        else:
            names = ", ".join(f'"{table}"' for table in tables)
            cursor.execute(f"TRUNCATE {names} CASCADE")
        for statement in on:
            cursor.execute(statement)


def make_groups() -> None:
    """The groups of the desk, where a test before this one cleared the whole database."""
    if not apps.get_model("auth", "Group").objects.filter(name="publisher").exists():
        groups.make(apps, None)
        review_notes.make(apps, None)


__all__ = ["clear", "make_groups"]
