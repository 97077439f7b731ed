"""What holds for every request and every answer: what is let in, and the headers that go out."""

from collections.abc import Callable

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class ContentPolicy:
    """Nothing but our own files, no inline script or style, no frames; no page is kept in a cache unasked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        headers = response.headers
        headers.setdefault("Content-Security-Policy", POLICY)
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if headers.get("Content-Type", "").startswith("text/html"):
            # htmx gets a part of the page at the same address: the way back must never show the part alone.
            patch_vary_headers(response, ["HX-Request"])
            headers.setdefault("Cache-Control", "no-store")
        if request.method == "HEAD" and not response.streaming:
            response.content = b""
        return response


class SmallForms:
    """Only what a form of ours sends is read: few bytes, of a known length, as UTF-8."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        status = _refused(request)
        if status:
            return HttpResponse(render_to_string("400.html"), status=status)
        return self.get_response(request)


def _refused(request: HttpRequest) -> int | None:
    """The status of the answer to a body that is not read at all."""
    if request.META.get("HTTP_TRANSFER_ENCODING"):
        return 411
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 400
    if not 0 <= length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return 413
    charset = (request.content_params or {}).get("charset", "utf-8")
    return None if charset.strip().lower() in ("utf-8", "utf8") else 400


class NoFiles(FileUploadHandler):
    """No form here takes a file: none is kept in memory, none is written to disk."""

    def new_file(self, *args, **kwargs):
        raise MultiPartParserError("a file was sent")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None
