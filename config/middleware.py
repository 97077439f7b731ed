"""Sessions, users and messages for the desk alone: no other page may cost a database query."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string


def is_of_the_desk(request: HttpRequest) -> bool:
    return (request.path_info + "/").startswith("/" + settings.ADMIN_PATH)


class DeskUncached:
    """Outermost: whatever answers at the desk's addresses, a redirect or a refusal of another middleware too, no cache
    keeps it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if is_of_the_desk(request):
            response.headers["Cache-Control"] = "no-store, private"
            for name in ("ETag", "Last-Modified", "Expires"):
                response.headers.pop(name, None)
        return response


class DeskOnly:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response
        self.prefix = "/" + settings.ADMIN_PATH
        desk = get_response
        for path in reversed(settings.DESK_MIDDLEWARE):
            desk = import_string(path)(desk)
        self.desk = desk

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(self.prefix):
            return self.desk(request)
        return self.get_response(request)
