"""The desk's admin site: Django's own, behind the desk's door (:mod:`statelaw.desk.door`)."""

from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class DeskSite(AdminSite):
    site_title = _("StillOwe law desk")
    site_header = _("StillOwe law desk")
    index_title = _("Law desk")
