"""The tallies at the desk: to be read, not changed."""

from django.contrib import admin
from django.http import HttpRequest

from .models import Tally


@admin.register(Tally)
class TallyAdmin(admin.ModelAdmin):
    list_display = ("day", "state", "outcome", "count")
    list_filter = ("state", "outcome")
    date_hierarchy = "day"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Tally | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Tally | None = None) -> bool:
        return False
