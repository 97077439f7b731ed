"""The desk: publications can be looked at; nothing published can be changed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from .desk import people  # noqa: F401 (registers its own)
from .models import Publication


@admin.register(Publication)
class PublicationAdmin(admin.ModelAdmin):
    list_display = ("code", "number", "published_at", "reviewed_by", "note")
    list_filter = ("reviewed_by",)
    search_fields = ("code", "note")
    date_hierarchy = "published_at"
    fields = readonly_fields = ("code", "number", "published_at", "reviewed_by", "note", "digest", "text")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("document", "text")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Publication | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Publication | None = None) -> bool:
        return False
