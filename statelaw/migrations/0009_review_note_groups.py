"""Who sends a draft back, and who answers: reviewers and publishers object, every group reads, answers and closes."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

GROUPS = {
    "editor": ("view_reviewnote", "change_reviewnote"),
    "reviewer": ("view_reviewnote", "change_reviewnote", "add_reviewnote"),
    "publisher": ("view_reviewnote", "change_reviewnote", "add_reviewnote"),
}


def make(apps, schema_editor):
    # Permissions are made after all migrations; the groups need them now.
    config = apps.get_app_config("statelaw")
    before, config.models_module = getattr(config, "models_module", None), True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = before
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="statelaw")
    for name, wanted in GROUPS.items():
        # An administrator may have taken a group away: then nobody is in it.
        group = apps.get_model("auth", "Group").objects.filter(name=name).first()
        if group is not None:
            group.permissions.add(*permissions.filter(codename__in=wanted))


class Migration(migrations.Migration):
    dependencies = (("statelaw", "0008_review_notes"),)
    operations = (migrations.RunPython(make, migrations.RunPython.noop),)
