"""Publications cannot be changed or deleted in the database itself, whoever writes there."""

from django.db import migrations

TABLE = "statelaw_publication"

SQLITE = [
    f"""CREATE TRIGGER {TABLE}_no_{verb} BEFORE {verb.upper()} ON {TABLE}
        BEGIN SELECT RAISE(ABORT, 'a publication cannot be changed or deleted'); END"""
    for verb in ("update", "delete")
]
SQLITE_BACK = [f"DROP TRIGGER IF EXISTS {TABLE}_no_{verb}" for verb in ("update", "delete")]
POSTGRESQL = [
    f"""CREATE FUNCTION {TABLE}_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'a publication cannot be changed or deleted'; END $$""",
    f"""CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE OR DELETE ON {TABLE}
        FOR EACH ROW EXECUTE FUNCTION {TABLE}_stays()""",
]
POSTGRESQL_BACK = [f"DROP TRIGGER IF EXISTS {TABLE}_no_change ON {TABLE}", f"DROP FUNCTION IF EXISTS {TABLE}_stays()"]


def run(**by_vendor):
    def work(apps, schema_editor):
        with schema_editor.connection.cursor() as cursor:
            for statement in by_vendor.get(schema_editor.connection.vendor, ()):
                cursor.execute(statement)

    return work


class Migration(migrations.Migration):
    dependencies = (("statelaw", "0001_initial"),)
    operations = (
        migrations.RunPython(
            run(sqlite=SQLITE, postgresql=POSTGRESQL), run(sqlite=SQLITE_BACK, postgresql=POSTGRESQL_BACK)
        ),
    )
