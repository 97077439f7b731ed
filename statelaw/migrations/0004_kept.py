"""Publications, withdrawals and sign-offs cannot be changed or deleted in the database itself, whoever writes there."""

from importlib import import_module

from django.db import migrations

stay = import_module("statelaw.migrations.0002_publications_stay")
TABLES = ("statelaw_publication", "statelaw_withdrawal", "statelaw_signoff")
SQLITE = [
    f"""CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table}
        BEGIN SELECT RAISE(ABORT, 'what was published or signed cannot be changed or deleted'); END"""
    for table in TABLES
    for verb in ("update", "delete")
]
SQLITE_BACK = [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for table in TABLES for verb in ("update", "delete")]
POSTGRESQL = [
    """CREATE OR REPLACE FUNCTION statelaw_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'what was published or signed cannot be changed or deleted'; END $$""",
    *(
        f"""CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION statelaw_stays()"""
        for table in TABLES
    ),
    # TRUNCATE passes the triggers of rows by.
    """CREATE OR REPLACE FUNCTION statelaw_stays_whole() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE holds boolean;
        BEGIN
            EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', TG_RELID::regclass) INTO holds;
            IF holds THEN RAISE EXCEPTION 'what was published or signed cannot be deleted'; END IF;
            RETURN NULL;
        END $$""",
    *(
        f"""CREATE TRIGGER {table}_no_emptying BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION statelaw_stays_whole()"""
        for table in TABLES
    ),
]
POSTGRESQL_BACK = [
    *(
        f"DROP TRIGGER IF EXISTS {table}_{trigger} ON {table}"
        for table in TABLES
        for trigger in ("no_change", "no_emptying")
    ),
    "DROP FUNCTION IF EXISTS statelaw_stays()",
    "DROP FUNCTION IF EXISTS statelaw_stays_whole()",
]


class Migration(migrations.Migration):
    dependencies = (("statelaw", "0003_the_desk"),)
    operations = (
        migrations.RunPython(
            stay.run(sqlite=SQLITE, postgresql=POSTGRESQL), stay.run(sqlite=SQLITE_BACK, postgresql=POSTGRESQL_BACK)
        ),
    )
