"""The groups of the desk: editors draft, reviewers sign off, publishers publish, roll back and manage scenarios."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

DRAFTS = (
    "jurisdictiondraft", "processdraft", "redemptiondraft", "limitationsdraft", "questiondraft", "choicedraft",
    "provisiondraft", "sourcedraft",
)  # fmt: skip
ALL = (*DRAFTS, "loadedfile", "publication", "withdrawal", "signoff", "scenario", "readernote")
#: The jurisdictions, their processes and their general limits are there already: editors change them.
THERE = ("jurisdictiondraft", "processdraft")
GROUPS = {
    "editor": (
        *(f"change_{name}" for name in DRAFTS),
        *(f"{verb}_{name}" for name in DRAFTS if name not in THERE for verb in ("add", "delete")),
        "add_loadedfile", "change_loadedfile", "change_readernote",
    ),
    "reviewer": ("sign_off", "change_readernote"),
    "publisher": ("publish", "roll_back", "add_scenario", "change_scenario", "delete_scenario", "change_readernote"),
}  # fmt: skip


def make(apps, schema_editor):
    # Permissions are made after all migrations; the groups need them now.
    config = apps.get_app_config("statelaw")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="statelaw")
    for name, wanted in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        found = permissions.filter(codename__in=(*wanted, *(f"view_{model}" for model in ALL)))
        group.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = (
        ("statelaw", "0004_kept"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    )
    operations = (migrations.RunPython(make, migrations.RunPython.noop),)
