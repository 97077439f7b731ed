"""SQLite's ``INSERT OR REPLACE`` takes the row in its way out without asking the triggers of a deletion: what was
published or signed is kept from that, too. (PostgreSQL has no such statement; its ``ON CONFLICT`` is an update.)"""

from importlib import import_module

from django.db import migrations

stay = import_module("statelaw.migrations.0002_publications_stay")
#: What makes a row of a table one of its kind, beside its key.
TABLES = {
    "statelaw_publication": "code = NEW.code AND number = NEW.number",
    "statelaw_withdrawal": "publication_id = NEW.publication_id",
    "statelaw_signoff": "FALSE",
}
SQLITE = [
    f"""CREATE TRIGGER {table}_no_replacing BEFORE INSERT ON {table}
        WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id OR ({same}))
        BEGIN SELECT RAISE(ABORT, 'what was published or signed cannot be changed or deleted'); END"""
    for table, same in TABLES.items()
]
SQLITE_BACK = [f"DROP TRIGGER IF EXISTS {table}_no_replacing" for table in TABLES]


class Migration(migrations.Migration):
    dependencies = (("statelaw", "0006_licences"),)
    operations = (migrations.RunPython(stay.run(sqlite=SQLITE), stay.run(sqlite=SQLITE_BACK)),)
