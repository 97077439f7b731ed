"""People of the desk, signed in as a test needs them."""

from django.contrib.auth.models import Group, User
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from .kept import make_groups

PASSWORD = "a quiet word about the law"


def person(name: str, *groups: str, superuser: bool = False, password: str = "") -> User:
    """Somebody who may enter the desk, in these groups. Without a password nobody can sign in by the form."""
    user = User(username=name, email=f"{name}@example.org", is_staff=True, is_superuser=superuser)
    if password:
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.save()
    make_groups()
    user.groups.set([Group.objects.get(name=group) for group in groups])
    return user


def device_of(user: User) -> TOTPDevice:
    """The user's second factor; made if there is none yet."""
    found = TOTPDevice.objects.filter(user=user, confirmed=True).first()
    return found or TOTPDevice.objects.create(user=user, name="phone", confirmed=True)


def signed_in(client: Client, user: User) -> Client:
    """Signed in with password and second factor."""
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device_of(user).persistent_id
    session.save()
    return client
