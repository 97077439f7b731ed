"""The desk's help: the work explained to a lawyer, on one page."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _


def urls(admin_site: AdminSite) -> list[Any]:
    def help_view(request: HttpRequest) -> HttpResponse:
        context = {**admin_site.each_context(request), "title": _("How the law desk works")}
        return TemplateResponse(request, "admin/desk/help.html", context)

    return [path("help/", admin_site.admin_view(help_view), name="statelaw_help")]
