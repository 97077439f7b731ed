"""The site's addresses and a bare view beside them, to measure against."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import path

from config.urls import urlpatterns as site


def bare(request: HttpRequest) -> HttpResponse:
    """A one-line template through the same middleware."""
    return HttpResponse(render_to_string("bare.html", {"word": "nothing"}, request))


urlpatterns = [path("bare/", bare), *site]
