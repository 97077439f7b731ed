"""The pages of the second factor: set it up, show it, see what is left of it.

Codes, devices and their throttling are django-otp's. A device counts once a code of it was shown; recovery codes work
once each.
"""

from __future__ import annotations

from base64 import b32encode
from typing import Any
from urllib.parse import urlencode

import django_otp
import segno
from axes.helpers import get_client_session_hash
from axes.models import AccessLog
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.validators import RegexValidator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from . import attempts
from .door import has_device, has_powers, is_verified, next_of

CODES = 10
#: Keys of the session: the device that is being set up, and codes that were not yet put away.
NEW_DEVICE, NEW_CODES = "second_factor_device", "recovery_codes"


class SpacedCodeField(forms.CharField):
    """A code as people copy it: in groups, with capital letters."""

    def to_python(self, value: Any) -> str:
        return "".join((super().to_python(value) or "").split()).replace("-", "").lower()


class AppCodeForm(forms.Form):
    code = SpacedCodeField(
        label=gettext_lazy("Code from your app"),
        help_text=gettext_lazy("Six digits. A new one comes every 30 seconds."),
        error_messages={"required": gettext_lazy("Type the six digits that your app shows.")},
        validators=[RegexValidator(r"^[0-9]{6}\Z", gettext_lazy("A code has six digits, like 123456."))],
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12}),
    )


class RecoveryCodeForm(forms.Form):
    code = SpacedCodeField(
        label=gettext_lazy("One of your recovery codes"),
        help_text=gettext_lazy("Eight letters and digits. Each code works once."),
        error_messages={"required": gettext_lazy("Type one of your recovery codes.")},
        validators=[
            RegexValidator(
                r"^[a-z2-7]{8}\Z", gettext_lazy("A recovery code looks like abcd-ef23: eight letters or digits.")
            )
        ],
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "maxlength": 20}
        ),
    )


# --- the state of somebody's second factor ----------------------------------------------------------------------------


def app_of(user: Any) -> TOTPDevice | None:
    return TOTPDevice.objects.filter(user=user, confirmed=True).order_by("-pk").first()


def codes_left(user: Any) -> int:
    return StaticToken.objects.filter(device__user=user).count()


def new_codes(user: Any) -> list[str]:
    """Ten new recovery codes; the old ones work no more."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery codes")
    codes = [StaticToken.random_token() for _number in range(CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


def forget(user: Any, by: Any, note: str) -> None:
    """Takes somebody's second factor away and ends all sessions of theirs: it may be in the wrong hands."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user).delete()
        StaticDevice.objects.filter(user=user).delete()
        end_sessions(user)
        log(user, by, note)


def end_sessions(user: Any) -> None:
    for row in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if row.get_decoded().get("_auth_user_id") == str(user.pk):
            row.delete()


def log(user: Any, by: Any, note: str) -> None:
    users = get_user_model().objects.filter(pk=user.pk)
    LogEntry.objects.log_actions(by.pk, users, CHANGE, note, single_object=True)


def enter(request: HttpRequest, device: Device) -> None:
    """From here on the session counts as verified, under a new key: one that was overheard before is worth nothing."""
    before = get_client_session_hash(request)
    request.session.cycle_key()
    AccessLog.objects.filter(session_hash=before).update(session_hash=get_client_session_hash(request))
    django_otp.login(request, device)
    attempts.forgive(request, request.user.get_username())


def _onward(request: HttpRequest, address: str) -> HttpResponse:
    """On, as somebody who is in: the browser is known from now on."""
    response = redirect(address)
    attempts.remember_browser(response, request.user.get_username())
    return response


# --- pages ------------------------------------------------------------------------------------------------------------


def urls(site: Any) -> list:
    view = site.admin_view
    return [
        path("second-factor/", view(overview), name="second_factor"),
        path("second-factor/new-codes/", view(make_codes), name="second_factor_new_codes"),
        path("second-factor/off/", view(switch_off), name="second_factor_off"),
        path("second-factor/recovery-codes/", view(codes_page), name="second_factor_codes"),
        # These two stand before the door is open: they check for themselves.
        path("second-factor/code/", code_page, name="second_factor_code"),
        path("second-factor/set-up/", set_up, name="second_factor_setup"),
    ]


def code_page(request: HttpRequest) -> HttpResponse:
    """After the password: the code."""
    user, onward = request.user, next_of(request)
    if is_verified(user):
        return redirect(onward)
    app = app_of(user)
    if app is None:
        return redirect("admin:second_factor")
    by_recovery = "recovery" in request.GET
    kind = RecoveryCodeForm if by_recovery else AppCodeForm
    form = kind(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if attempts.is_locked(request, user.get_username()):
            return attempts.locked(request, None, {"username": user.get_username()})
        device = StaticDevice.objects.filter(user=user).first() if by_recovery else app
        if form.is_valid() and _accepts(request, device, form):
            if by_recovery:
                _say_what_is_left(request)
            return _onward(request, onward)
    return _page(request, "code", form=form, next=onward, by_recovery=by_recovery, title=_("Your second factor"))


def _accepts(request: HttpRequest, device: Device | None, form: forms.Form) -> bool:
    """The code is right, and its owner is in. Otherwise the form says why not."""
    wait = _seconds_to_wait(device)
    if wait:
        form.add_error("code", _too_fast(wait))
        return False
    user = request.user
    if device is not None and django_otp.verify_token(user, device.persistent_id, form.cleaned_data["code"]):
        enter(request, device)
        return True
    attempts.failed(request, user.get_username())
    form.add_error(
        "code", _("That code is not right, or it was used before. Wait for the next one, or check your copy.")
    )
    return False


def _seconds_to_wait(device: Any) -> int:
    """After every wrong code a device waits twice as long as before."""
    if device is None:
        return 0
    allowed, why = device.verify_is_allowed()
    if allowed:
        return 0
    return max(1, round((why["locked_until"] - timezone.now()).total_seconds()))


def _too_fast(seconds: int) -> str:
    if seconds < 60:
        return ngettext(
            "After a wrong code you have to wait. Try again in a second.",
            "After wrong codes you have to wait. Try again in %(count)d seconds.",
            seconds,
        ) % {"count": seconds}
    minutes = -(-seconds // 60)
    return ngettext(
        "After several wrong codes you have to wait. Try again in a minute.",
        "After several wrong codes you have to wait. Try again in %(count)d minutes.",
        minutes,
    ) % {"count": minutes}


def _say_what_is_left(request: HttpRequest) -> None:
    left = codes_left(request.user)
    text = ngettext("%(count)d recovery code is left.", "%(count)d recovery codes are left.", left) % {"count": left}
    if left <= 3:
        text += " " + _("Make new ones under “Second factor”.")
    messages.warning(request, text)


def set_up(request: HttpRequest) -> HttpResponse:
    """A new device: the first one, or one in place of the old. Replacing asks for a verified session (the door does not
    let anybody with a device come here without)."""
    user, onward = request.user, next_of(request)
    if has_device(user) and not is_verified(user):
        return redirect("admin:second_factor_code")
    device = _device_in_making(request)
    form = AppCodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        wait = _seconds_to_wait(device)
        if wait:
            form.add_error("code", _too_fast(wait))
        elif django_otp.verify_token(user, device.persistent_id, form.cleaned_data["code"]):
            _take_into_use(request, device)
            return _onward(request, f"{reverse('admin:second_factor_codes')}?{urlencode({'next': onward})}")
        else:
            form.add_error(
                "code", _("That code does not fit this key. Is your phone's clock right? Try the next code that comes.")
            )
    image = segno.make(device.config_url, error="m", micro=False).svg_data_uri(scale=5, border=4, light="#fff")
    return _page(
        request,
        "setup",
        form=form,
        next=onward,
        image=image,
        key=_grouped(b32encode(device.bin_key).decode()),
        address=device.config_url,
        is_new=not has_device(user),
        is_required=has_powers(user),
        title=_("Set up your second factor"),
    )


def _device_in_making(request: HttpRequest) -> TOTPDevice:
    """The key that this session is shown. Never one that another session saw: its owner may be somebody else."""
    making = TOTPDevice.objects.filter(user=request.user, confirmed=False)
    device = making.filter(pk=request.session.get(NEW_DEVICE)).first()
    if device is None:
        making.delete()
        device = TOTPDevice.objects.create(user=request.user, name="authenticator app", confirmed=False)
        request.session[NEW_DEVICE] = device.pk
    return device


def _take_into_use(request: HttpRequest, device: TOTPDevice) -> None:
    user = request.user
    with transaction.atomic():
        is_first = not TOTPDevice.objects.filter(user=user).exclude(pk=device.pk).delete()[0]
        TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
        device.refresh_from_db()
        codes = new_codes(user)
        log(user, user, _("Set up the second factor.") if is_first else _("Replaced the second factor."))
    request.session.pop(NEW_DEVICE, None)
    enter(request, device)
    request.session[NEW_CODES] = codes


def codes_page(request: HttpRequest) -> HttpResponse:
    """New recovery codes, until their owner says that they are put away."""
    onward = next_of(request)
    codes = request.session.get(NEW_CODES)
    if not codes:
        return redirect("admin:second_factor")
    if request.method == "POST":
        del request.session[NEW_CODES]
        messages.success(request, _("Your second factor is ready. From now on you sign in with password and code."))
        return redirect(onward)
    shown = [_grouped(code, "-") for code in codes]
    return _page(request, "codes", codes=shown, next=onward, title=_("Your recovery codes"))


def overview(request: HttpRequest) -> HttpResponse:
    user = request.user
    return _page(
        request,
        "overview",
        app=app_of(user),
        left=codes_left(user),
        is_required=has_powers(user),
        title=_("Second factor"),
    )


def make_codes(request: HttpRequest) -> HttpResponse:
    app = app_of(request.user)
    if request.method == "POST" and app is not None:
        with transaction.atomic():
            codes = new_codes(request.user)
            log(request.user, request.user, _("Made new recovery codes."))
        # Who came in by a recovery code is known by the app from now on: that set of codes is gone.
        enter(request, app)
        request.session[NEW_CODES] = codes
        return redirect("admin:second_factor_codes")
    return redirect("admin:second_factor")


def switch_off(request: HttpRequest) -> HttpResponse:
    """For those who set it up of their own will."""
    user = request.user
    if request.method == "POST" and has_device(user) and not has_powers(user):
        with transaction.atomic():
            TOTPDevice.objects.filter(user=user).delete()
            StaticDevice.objects.filter(user=user).delete()
            log(user, user, _("Switched the second factor off."))
        messages.success(request, _("Your second factor is off. You sign in with your password alone."))
    return redirect("admin:second_factor")


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    shared = admin.site.each_context(request)
    return render(request, f"admin/second_factor_{name}.html", {**shared, **context})


def _grouped(text: str, between: str = " ") -> str:
    return between.join(text[start : start + 4] for start in range(0, len(text), 4))
