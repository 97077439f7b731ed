"""Apps of others, named in the desk's words; Django's admin has the desk's own site as its default."""

from axes.apps import AppConfig as AxesConfig
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.apps import AuthConfig
from django.utils.translation import gettext_lazy as _


class DeskConfig(AdminConfig):
    default = False
    default_site = "statelaw.desk.site.DeskSite"


class PeopleConfig(AuthConfig):
    default = False
    verbose_name = _("People")


class SignInsConfig(AxesConfig):
    default = False
    verbose_name = _("Signing in")
