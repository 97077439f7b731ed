"""Django's admin, with the desk's own site as its default, and other people's apps named in the desk's words."""

from django.apps import apps
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _

NAMES = {"auth": _("People"), "axes": _("Signing in"), "screener": _("Visits")}


class DeskConfig(AdminConfig):
    default = False
    default_site = "statelaw.desk.site.DeskSite"

    def ready(self) -> None:
        super().ready()
        for label, name in NAMES.items():
            apps.get_app_config(label).verbose_name = name
