"""The desk's admin site: Django's own, behind the desk's door (:mod:`statelaw.desk.door`)."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from . import attempts, door

#: More than anybody's password; less than what is worth hashing.
LONGEST = 1000


class LoginForm(AdminAuthenticationForm):
    """Says the same whatever was wrong: nobody learns here which names there are."""

    error_messages = {
        "invalid_login": _(
            "This name and password do not open the desk. Check both; capital letters count. After five mistakes you "
            "have to wait."
        ),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name")
        self.fields["username"].error_messages["required"] = _("Type your user name.")
        self.fields["password"].error_messages["required"] = _("Type your password.")
        self.fields["password"].widget.attrs["maxlength"] = LONGEST
        self.fields["password"].validators.append(MaxLengthValidator(LONGEST))


class DeskSite(AdminSite):
    site_title = _("StillOwe law desk")
    site_header = _("StillOwe law desk")
    index_title = _("Law desk")
    login_form = LoginForm
    password_change_template = "admin/password_change.html"  # noqa: S105  # a template's name
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        return door.may_enter(request.user)

    def get_urls(self) -> list:
        from . import help_page, second_factor

        return [*second_factor.urls(self), *help_page.urls(self), *super().get_urls()]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        user = request.user
        if request.method == "GET" and user.is_authenticated and user.is_staff and user.is_active:
            return HttpResponseRedirect(door.next_of(request))
        response = super().login(request, {"title": _("Sign in"), **(extra_context or {})})
        if request.method == "POST" and door.may_enter(request.user) and response.status_code == 302:
            attempts.forgive(request, request.user.get_username())
            attempts.remember_browser(response, request.user.get_username())
        return response
