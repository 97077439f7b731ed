"""Django's admin, with the desk's own site as its default."""

from django.contrib.admin.apps import AdminConfig


class DeskConfig(AdminConfig):
    default = False
    default_site = "statelaw.desk.site.DeskSite"
