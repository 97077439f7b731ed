"""What every test shares."""

import os

import pytest
from django.conf import settings

# Tests reason from the law as shipped and never look for publications, not even while tests are collected; those about
# publications (test_law_publications.py) turn this on for themselves.
settings.LAW_FROM_DATABASE = False

#: Without one of these a test is kept from the database (pytest-django sees to it).
OPENING = {"db", "transactional_db", "django_db_reset_sequences", "django_db_setup", "live_server"}


def pytest_xdist_auto_num_workers():
    """One more than there are cores: tests with servers and browsers wait for a good part of their time."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Marks every test that touches the database: ``-m database`` runs these, again, on another one."""
    for item in items:
        if item.get_closest_marker("django_db") or OPENING & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database holds the federal law and two states', published and laid out as drafts: written once for all
    tests that start from there."""
    from statelaw import publish

    with django_db_blocker.unblock():
        shipped = publish.shipped()[0]
        publish.publish([shipped[code] for code in ("US", "federal", "options", "AZ", "FL")])


@pytest.fixture(scope="module")
def database_url(request, tmp_path_factory):
    """An empty database for the server of a module's tests, of the kind that the tests run on: its ``DATABASE_URL``."""
    given = settings.DATABASES["default"]
    if given["ENGINE"].endswith("sqlite3"):
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'site.sqlite3'}"
        return
    import psycopg
    from psycopg import sql

    def run(statement):
        place = {"host": given["HOST"], "port": given["PORT"], "user": given["USER"], "password": given["PASSWORD"]}
        with psycopg.connect(dbname="postgres", autocommit=True, **place) as connection:
            connection.execute(statement.format(sql.Identifier(name)))

    name = f"{request.module.__name__.rpartition('.')[-1]}_{tmp_path_factory.getbasetemp().name}".replace("-", "_")
    run(sql.SQL("CREATE DATABASE {}"))
    secret = f":{given['PASSWORD']}" if given["PASSWORD"] else ""
    yield f"postgres://{given['USER']}{secret}@{given['HOST']}:{given['PORT']}/{name}"
    run(sql.SQL("DROP DATABASE {} WITH (FORCE)"))
