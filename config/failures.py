"""What answers a form whose seal does not hold, at the desk and on the visitor's way."""

from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from config.middleware import is_of_the_desk


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    page = "statelaw.desk.door.stale_form" if is_of_the_desk(request) else "screener.views.stale_form"
    return import_string(page)(request, reason)
