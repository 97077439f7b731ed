"""Sessions, users and messages for the desk alone: no other page may cost a database query."""

from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from . import away


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
    """What the desk alone needs, and its plain answer when the database is away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response
        desk = get_response
        for path in reversed(settings.DESK_MIDDLEWARE):
            desk = import_string(path)(desk)
        self.desk = desk

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_of_the_desk(request):
            return self.get_response(request)
        writes = away.Writes()
        try:
            with connection.execute_wrapper(writes):
                response = self.desk(request)
        except Exception as error:  # while the session was read or kept
            if not away.is_away(error):
                raise
            return away.answer(request, error, writes)
        lost = getattr(request, "lost", None)
        # Nothing of the response is kept: a message in it may say that something was saved.
        return away.answer(request, lost, writes) if lost else response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Of a view, as Django tells it."""
        if not is_of_the_desk(request) or not away.is_away(error):
            return None
        request.lost = error  # type: ignore[attr-defined]
        return HttpResponse(status=503)
