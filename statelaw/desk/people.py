"""Who works at the desk: people and groups, for administrators; and who tried to get in.

Nobody is deleted: what a person published, signed and edited keeps its author. Who has left is no longer active.
"""

from __future__ import annotations

from typing import Any

from axes.models import AccessAttempt, AccessLog
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from ..models import JurisdictionDraft, Licence
from ..publish import FEDERAL
from . import second_factor

#: What the groups of migration 0005 are for, in plain words.
GROUPS = {
    "editor": gettext_lazy("Editor: drafts rules, sources and questions"),
    "reviewer": gettext_lazy("Reviewer: reads a change against its sources and signs it off"),
    "publisher": gettext_lazy("Publisher: publishes, rolls back, keeps the scenarios (needs a second factor)"),
}


class AdministratorsOnly(admin.ModelAdmin):
    """For administrators alone, whatever permissions a group was given."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LicenceInline(admin.TabularInline):
    """Who may sign as an attorney, and in which states."""

    model = Licence
    extra = 0
    verbose_name_plural = gettext_lazy("Licensed as an attorney in")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "code":
            states = JurisdictionDraft.objects.exclude(code=FEDERAL).values_list("code", "name")
            return forms.ChoiceField(label=_("State"), choices=[("", "–"), *states])
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class GroupsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Group) -> str:
        return str(GROUPS.get(obj.name, obj.name))


class UserAdmin(AdministratorsOnly, DjangoUserAdmin):
    list_display = ("username", "full_name", "does", "second_factor", "is_active", "last_login")
    list_filter = ("is_active", "is_superuser", "groups")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined", "second_factor")
    actions = ("reset_second_factor",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Who it is"), {"fields": ("first_name", "last_name", "email")}),
        (_("What they may do"), {"fields": ("is_active", "is_staff", "groups", "is_superuser")}),
        (_("Signing in"), {"fields": ("second_factor", "last_login", "date_joined")}),
    )

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return (LicenceInline,) if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        devices = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        return super().get_queryset(request).annotate(has_app=Exists(devices)).prefetch_related("groups")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            return GroupsField(
                queryset=Group.objects.order_by("name"),
                widget=forms.CheckboxSelectMultiple,
                required=False,
                label=_("Groups"),
                help_text=_("Somebody can be in several. Nobody signs off a change that they themselves edited last."),
            )
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        words = {
            "is_active": (
                _("Works here"),
                _("Take the tick away from who has left. Their work stays theirs."),
            ),
            "is_staff": (_("May enter the desk"), ""),
            "is_superuser": (
                _("Administrator"),
                _("May do everything, and decides who else may. Needs a second factor."),
            ),
        }
        for name, (label, help_text) in words.items():
            if name in form.base_fields:
                form.base_fields[name].label, form.base_fields[name].help_text = label, help_text
        return form

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.is_staff = True  # there is nothing else to be a user for
        super().save_model(request, obj, form, change)
        if change and ("is_active" in form.changed_data or "is_staff" in form.changed_data):
            second_factor.end_sessions(obj)

    @admin.display(description=gettext_lazy("name"), ordering="last_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name() or "–"

    @admin.display(description=gettext_lazy("does"))
    def does(self, user: User) -> str:
        names = [_("administrator")] if user.is_superuser else []
        return ", ".join([*names, *(group.name for group in user.groups.all())]) or "–"

    @admin.display(description=gettext_lazy("second factor"), boolean=True)
    def second_factor(self, user: User) -> bool:
        return bool(getattr(user, "has_app", False))

    @admin.action(description=gettext_lazy("Reset the second factor of the chosen people"), permissions=("change",))
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        done = 0
        for user in queryset:
            if user.pk == request.user.pk:
                messages.warning(request, _("Your own second factor you replace under “Second factor”."))
                continue
            second_factor.forget(user, request.user, _("Reset the second factor and ended all sessions."))
            done += 1
        if done:
            text = ngettext(
                "The second factor of %(count)d person is reset. They set up a new one when they sign in next.",
                "The second factors of %(count)d people are reset. They set up new ones when they sign in next.",
                done,
            )
            messages.success(request, text % {"count": done})


class GroupAdmin(AdministratorsOnly, DjangoGroupAdmin):
    """The groups are made by a migration, and what they may do is told in the help: they are looked at here."""

    list_display = ("name", "what_for")
    fields = readonly_fields = ("name", "what_for", "may")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("what for"))
    def what_for(self, group: Group) -> str:
        return str(GROUPS.get(group.name, "–"))

    @admin.display(description=gettext_lazy("may"))
    def may(self, group: Group) -> str:
        return "\n".join(group.permissions.order_by("name").values_list("name", flat=True))


class LookedAt(AdministratorsOnly):
    """Rows that are written by the door and only read here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AttemptAdmin(LookedAt):
    list_display = ("attempt_time", "username", "ip_address", "failures_since_start", "path_info")
    search_fields = ("username", "ip_address")
    fields = readonly_fields = (*list_display, "user_agent")
    ordering = ("-attempt_time",)


class SignInAdmin(LookedAt):
    list_display = ("attempt_time", "username", "ip_address", "logout_time")
    search_fields = ("username", "ip_address")
    fields = readonly_fields = (*list_display, "user_agent")
    ordering = ("-attempt_time",)


for model in (User, Group, TOTPDevice, StaticDevice):
    # Devices hold secrets: not even an administrator looks at them.
    if admin.site.is_registered(model):
        admin.site.unregister(model)
admin.site.register(User, UserAdmin)
admin.site.register(Group, GroupAdmin)
admin.site.register(AccessAttempt, AttemptAdmin)
admin.site.register(AccessLog, SignInAdmin)
