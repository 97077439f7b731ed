"""The desk's door: nobody guesses his way in, a password alone opens nothing for those who publish, sessions end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from config.address import client_address
from statelaw import publish
from statelaw.desk import second_factor

from .desk import PASSWORD, device_of, person, signed_in

ROOT = Path(__file__).resolve().parent.parent
#: INSIDE is a page for everybody who is all the way in.
LOGIN, HOME, INSIDE = "/desk/login/", "/desk/", "/desk/second-factor/"
CODE, SET_UP, CODES = "/desk/second-factor/code/", "/desk/second-factor/set-up/", "/desk/second-factor/recovery-codes/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hashing is slow on purpose; here hundreds of passwords are tried."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def sign_in(client: Client, name: str, password: str = PASSWORD, address: str = "192.0.2.1", onward: str = HOME):
    return client.post(LOGIN, {"username": name, "password": password, "next": onward}, REMOTE_ADDR=address)


def code_of(device: TOTPDevice) -> str:
    """The code that the phone shows now. A code works once, so the device forgets here that it was shown one."""
    TOTPDevice.objects.filter(pk=device.pk).update(last_t=-1, throttling_failure_timestamp=None)
    return f"{totp(device.bin_key):06d}"


def wrong_code_for(device: TOTPDevice) -> str:
    near = {totp(device.bin_key, drift=drift) for drift in range(-3, 4)}
    return next(f"{code:06d}" for code in range(1_000_000) if code not in near)


def later(minutes: int) -> None:
    """All tries were so much longer ago."""
    for row in AccessAttempt.objects.all():
        AccessAttempt.objects.filter(pk=row.pk).update(attempt_time=row.attempt_time - timedelta(minutes=minutes))


def tried_elsewhere(name: str, count: int) -> None:
    """As often a wrong password came for this name, from as many machines."""
    AccessAttempt.objects.bulk_create(
        AccessAttempt(
            username=name, ip_address=f"203.0.113.{number % 250}", user_agent=str(number), failures_since_start=1
        )
        for number in range(count)
    )


def errors_in(response) -> list[str]:
    return re.findall(r'<a href="#(\w+)">', response.content.decode().split('id="problem"')[1].split("</div>")[0])


# --- guessing --------------------------------------------------------------------------------------------------------


def test_the_right_password_opens_the_desk_and_a_wrong_one_says_the_same_for_every_name(client):
    person("ada", "editor", password=PASSWORD)
    wrong, nobody = sign_in(client, "ada", "wrong"), sign_in(client, "nobody", "wrong")
    assert errors_in(wrong) == errors_in(nobody) == ["id_username"]
    assert "ada" not in wrong.content.decode().split("<form")[0]
    assert sign_in(client, "ada").url == HOME
    assert client.get(INSIDE).status_code == 200


def test_an_empty_form_says_at_each_field_what_is_missing(client):
    assert errors_in(sign_in(client, "", "")) == ["id_username", "id_password"]


def test_after_five_mistakes_even_the_right_password_has_to_wait_and_the_page_says_how_long(client):
    person("ada", "editor", password=PASSWORD)
    answers = [sign_in(client, "ada", "wrong").status_code for _try in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    response = sign_in(client, "ada")
    assert response.status_code == 429
    assert "Try again in 15 minutes." in response.content.decode()
    assert 0 < int(response["Retry-After"]) <= 15 * 60
    assert client.get(INSIDE).status_code == 302


def test_a_lockout_ends_after_fifteen_minutes_and_trying_meanwhile_does_not_make_it_longer(client):
    person("ada", "editor", password=PASSWORD)
    for _try in range(5):
        sign_in(client, "ada", "wrong")
    later(minutes=10)
    for _try in range(3):
        assert "Try again in 5 minutes." in sign_in(client, "ada").content.decode()
    later(minutes=6)
    assert sign_in(client, "ada").url == HOME


def test_who_is_locked_out_in_one_place_gets_in_from_another_and_others_get_in_from_there(client):
    person("ada", "editor", password=PASSWORD)
    person("ben", "editor", password=PASSWORD)
    for _try in range(6):
        sign_in(client, "ada", "wrong", address="192.0.2.1")
    assert sign_in(client, "ben", address="192.0.2.1").status_code == 302
    assert sign_in(Client(), "ada", address="192.0.2.2").status_code == 302


def test_getting_in_forgives_ones_own_mistakes_but_not_what_was_tried_for_other_names_from_there(client):
    person("ada", "editor", password=PASSWORD)
    person("eve", "editor", password=PASSWORD)
    for _try in range(4):
        sign_in(client, "ada", "wrong")
        assert sign_in(client, "eve").status_code == 302
    assert sign_in(client, "ada", "wrong").status_code == 429  # eve's own sign-ins bought eve no further guess
    for _try in range(4):
        sign_in(client, "eve", "wrong")
    assert sign_in(client, "eve").status_code == 302
    assert sign_in(client, "eve", "wrong").status_code == 200


def test_a_list_of_names_is_not_tried_through_from_one_place_whatever_browser_it_claims_to_be(client):
    person("ada", "editor", password=PASSWORD)
    for number in range(30):
        client.post(LOGIN, {"username": f"name{number}", "password": "x"}, HTTP_USER_AGENT=f"browser {number}")
    assert sign_in(client, "ada", address="127.0.0.1").status_code == 429
    assert sign_in(client, "ada", address="192.0.2.9").status_code == 302


def test_many_machines_do_not_get_through_to_one_name_but_cannot_keep_its_owner_out_of_his_own_browser(client):
    person("ada", "editor", password=PASSWORD)
    hers = Client()
    assert sign_in(hers, "ada", address="198.51.100.7").status_code == 302
    hers.post("/desk/logout/")
    tried_elsewhere("ada", 59)
    assert sign_in(Client(), "ada", "wrong", address="203.0.113.1").status_code == 429
    assert sign_in(Client(), "ada", address="198.51.100.9").status_code == 429
    assert sign_in(hers, "ada", address="198.51.100.8").status_code == 302


def test_what_makes_a_browser_known_is_sealed_goes_to_the_desk_alone_and_names_nobody(client):
    person("ada", "editor", password=PASSWORD)
    sign_in(client, "ada")
    cookie = client.cookies["known"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (HOME, True, "Lax")
    assert "ada" not in cookie.value
    forged = Client()
    forged.cookies["known"] = cookie.value[:-1] + ("A" if cookie.value[-1] != "A" else "B")
    tried_elsewhere("ada", 60)
    assert sign_in(forged, "ada", address="198.51.100.9").status_code == 429


def test_no_password_and_no_code_is_kept_of_a_try(client):
    publisher = person("pia", "publisher", password=PASSWORD)
    device = device_of(publisher)
    sign_in(client, "pia", "almost my password")
    sign_in(client, "pia")
    client.post(CODE, {"code": wrong_code_for(device)})
    kept = " ".join(f"{row.get_data} {row.post_data}" for row in AccessAttempt.objects.all())
    assert kept.strip()
    assert "almost" not in kept and wrong_code_for(device) not in kept


@pytest.mark.parametrize(
    ("proxies", "told", "found"),
    [
        (0, "1.2.3.4", "10.0.0.1"),  # nobody of ours wrote that
        (1, "", "10.0.0.1"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "9.9.9.9, 1.2.3.4", "1.2.3.4"),  # the caller wrote the first
        (2, "9.9.9.9, 1.2.3.4, 5.6.7.8", "1.2.3.4"),
        (2, "1.2.3.4", "10.0.0.1"),
        (1, "not an address", "10.0.0.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (1, "::ffff:1.2.3.4", "1.2.3.4"),
    ],
)
def test_an_address_is_believed_only_as_far_as_our_own_proxies_wrote_it(rf, settings, proxies, told, found):
    settings.PROXIES = proxies
    assert client_address(rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=told)) == found


def test_a_socket_without_an_address_still_counts_mistakes(client):
    person("ada", "editor", password=PASSWORD)
    answers = [sign_in(client, "ada", "wrong", address="").status_code for _try in range(6)]
    assert answers[-1] == 429


# --- the second factor -----------------------------------------------------------------------------------------------


@pytest.fixture
def pia(client) -> User:
    """A publisher with a second factor and recovery codes, who has given her password."""
    user = person("pia", "publisher", password=PASSWORD)
    device_of(user)
    sign_in(client, "pia")
    return user


def every_page() -> list[str]:
    return [
        HOME,
        "/desk/password_change/",
        "/desk/jsi18n/",
        "/desk/second-factor/",
        "/desk/statelaw/publication/",
        "/desk/x/",
    ]


@pytest.mark.parametrize("who", ["publisher", "superuser", "roll_back"])
def test_a_password_alone_opens_nothing_for_those_who_can_change_what_visitors_are_told(client, who):
    if who == "roll_back":  # the power counts, not the group's name
        user = person("pia", password=PASSWORD)
        user.user_permissions.add(Permission.objects.get(codename="roll_back"))
    else:
        user = person("pia", *([who] if who == "publisher" else []), superuser=who == "superuser", password=PASSWORD)
    sign_in(client, "pia")
    for page in every_page():
        for response in (client.get(page), client.post(page)):
            assert response.status_code == 302 and response.url.startswith(SET_UP), page
    device_of(user)
    for page in (*every_page(), SET_UP, CODES):
        for response in (client.get(page), client.post(page)):
            assert response.status_code == 302 and response.url.startswith(CODE), page


def test_a_power_given_in_the_middle_of_a_session_asks_for_the_second_factor_at_once(client):
    user = person("ada", "editor", password=PASSWORD)
    sign_in(client, "ada")
    assert client.get(INSIDE).status_code == 200
    user.groups.add(Group.objects.get(name="publisher"))
    assert client.get(INSIDE).url.startswith(SET_UP)


def test_the_first_sign_in_leads_through_set_up_and_recovery_codes_to_where_one_wanted_to_go(client):
    user = person("pia", "publisher", password=PASSWORD)
    wanted = "/desk/statelaw/publication/?q=a"
    sign_in(client, "pia", onward=wanted)
    step = client.get(wanted)
    page = client.get(step.url).content.decode()
    device = TOTPDevice.objects.get(user=user)
    assert not device.confirmed
    assert 'src="data:image/svg+xml' in page and "secret=" in page
    before = client.session.session_key
    step = client.post(SET_UP, {"code": code_of(device), "next": wanted})
    assert client.session.session_key != before
    page = client.get(step.url).content.decode()
    codes = re.findall(r"<code>([a-z2-7]{4}-[a-z2-7]{4})</code>", page)
    assert len(set(codes)) == 10
    step = client.post(CODES, {"next": wanted})
    assert step.url == wanted
    assert client.get(wanted).status_code == 200
    assert client.get(CODES).url == "/desk/second-factor/", "shown until put away, and never again"
    assert LogEntry.objects.filter(object_id=str(user.pk), change_message__contains="Set up").exists()


def test_a_device_counts_only_once_a_code_of_it_was_shown(client):
    user = person("pia", "publisher", password=PASSWORD)
    sign_in(client, "pia")
    client.get(SET_UP)
    device = TOTPDevice.objects.get(user=user)
    response = client.post(SET_UP, {"code": wrong_code_for(device)})
    assert errors_in(response) == ["id_code"]
    assert not TOTPDevice.objects.filter(confirmed=True).exists() and not StaticToken.objects.exists()
    assert client.get(INSIDE).status_code == 302


def test_a_key_that_one_session_was_shown_is_never_shown_to_another(client):
    user = person("pia", "publisher", password=PASSWORD)
    thief = Client()
    sign_in(thief, "pia")
    thief.get(SET_UP)
    first = TOTPDevice.objects.get(user=user)
    sign_in(client, "pia")
    client.get(SET_UP)
    client.get(SET_UP)
    second = TOTPDevice.objects.get(user=user)
    assert first.key != second.key


def test_the_code_opens_the_desk_under_a_new_session_key(client, pia):
    before = client.session.session_key
    response = client.post(CODE, {"code": code_of(device_of(pia)), "next": "/desk/password_change/"})
    assert response.url == "/desk/password_change/"
    assert client.session.session_key != before
    assert client.get(INSIDE).status_code == 200
    client.cookies[settings.SESSION_COOKIE_NAME] = before
    assert client.get(INSIDE).url.startswith(LOGIN), "the key from before is worth nothing"


def test_a_code_works_once(client, pia):
    device = device_of(pia)
    code = code_of(device)
    assert client.post(CODE, {"code": code}).status_code == 302
    other = Client()
    sign_in(other, "pia")
    assert errors_in(other.post(CODE, {"code": code})) == ["id_code"]


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "１２３４５６", "abcdef", "12345\n", "9" * 5000])
def test_what_is_not_a_code_is_told_so_and_counts_as_no_try(client, pia, typed):
    assert errors_in(client.post(CODE, {"code": typed})) == ["id_code"]
    assert not AccessAttempt.objects.exists()


def test_a_wrong_code_makes_the_next_one_wait_twice_as_long(client, pia):
    device = device_of(pia)
    TOTPDevice.objects.filter(pk=device.pk).update(
        throttling_failure_count=3, throttling_failure_timestamp=timezone.now()
    )
    response = client.post(CODE, {"code": f"{totp(device.bin_key):06d}"})
    assert re.search(r"Try again in [34] seconds\.", response.content.decode())
    assert client.get(INSIDE).status_code == 302


def test_five_wrong_codes_lock_out_like_five_wrong_passwords_and_the_password_does_not_forgive_them(client, pia):
    device = device_of(pia)
    wrong = wrong_code_for(device)
    for number in range(5):
        code_of(device)  # the device's own wait is over
        if number == 3:
            sign_in(client, "pia")
        response = client.post(CODE, {"code": wrong}, REMOTE_ADDR="192.0.2.1")
    assert response.status_code == 429
    assert client.post(CODE, {"code": code_of(device)}, REMOTE_ADDR="192.0.2.1").status_code == 429
    later(minutes=16)
    assert client.post(CODE, {"code": code_of(device)}, REMOTE_ADDR="192.0.2.1").status_code == 302


def test_each_recovery_code_works_once_however_it_is_copied_and_says_how_many_are_left(client, pia):
    codes = second_factor.new_codes(pia)
    typed = f" {codes[0][:4].upper()}-{codes[0][4:]} "
    response = client.post(f"{CODE}?recovery=1", {"code": typed}, follow=True)
    assert response.status_code == 200 and "9 recovery codes are left." in response.content.decode()
    other = Client()
    sign_in(other, "pia")
    assert errors_in(other.post(f"{CODE}?recovery=1", {"code": codes[0]})) == ["id_code"]


def test_nobody_gets_in_with_somebody_elses_code(client, pia):
    eve = person("eve", "publisher", password=PASSWORD)
    theirs, codes = device_of(eve), second_factor.new_codes(eve)
    assert errors_in(client.post(CODE, {"code": code_of(theirs)})) == ["id_code"]
    assert errors_in(client.post(f"{CODE}?recovery=1", {"code": codes[0]})) == ["id_code"]
    assert len(codes) == StaticToken.objects.filter(device__user=eve).count()


def test_new_recovery_codes_end_the_old_ones(client, pia):
    old = second_factor.new_codes(pia)
    client.post(f"{CODE}?recovery=1", {"code": old[0]})
    response = client.post("/desk/second-factor/new-codes/", follow=True)
    new = [code.replace("-", "") for code in re.findall(r"<code>([a-z2-7-]{9})</code>", response.content.decode())]
    assert len(new) == 10 and not set(new) & set(old)
    assert client.get(INSIDE).status_code == 200, "who came in by an old code is still in"
    assert not StaticToken.objects.filter(token__in=old).exists()


def test_replacing_the_device_asks_for_a_verified_session_and_ends_the_old_one(client, pia):
    old = device_of(pia)
    assert client.get(SET_UP).url.startswith(CODE)
    client.post(CODE, {"code": code_of(old)})
    elsewhere = signed_in(Client(), pia)
    client.get(SET_UP)
    new = TOTPDevice.objects.get(user=pia, confirmed=False)
    client.post(SET_UP, {"code": code_of(new)})
    assert list(TOTPDevice.objects.filter(user=pia)) == [new]
    assert client.get("/desk/second-factor/").status_code == 200
    assert elsewhere.get(INSIDE).url.startswith(CODE), "what the old device had opened is closed"


def test_an_editor_may_have_a_second_factor_and_may_switch_it_off_again_but_a_publisher_may_not(client):
    ada = person("ada", "editor", password=PASSWORD)
    sign_in(client, "ada")
    client.get(SET_UP)
    client.post(SET_UP, {"code": code_of(TOTPDevice.objects.get(user=ada))})
    other = Client()
    sign_in(other, "ada")
    assert other.get(INSIDE).url.startswith(CODE), "once it is there, it is asked for"
    other.post("/desk/second-factor/off/")
    assert TOTPDevice.objects.filter(user=ada).exists(), "not without it"
    client.post("/desk/second-factor/off/")
    assert not TOTPDevice.objects.filter(user=ada).exists() and not StaticDevice.objects.filter(user=ada).exists()
    pia = person("pia", "publisher")
    signed_in(client, pia).post("/desk/second-factor/off/")
    assert TOTPDevice.objects.filter(user=pia).exists()


def test_an_administrator_resets_somebodys_second_factor_which_ends_their_sessions_and_is_written_down(client, pia):
    hers = signed_in(Client(), pia)
    root = person("root", superuser=True)
    signed_in(client, root)
    action = {"action": "reset_second_factor", "_selected_action": [pia.pk, root.pk]}
    page = client.post("/desk/auth/user/", action, follow=True).content.decode()
    assert "The second factor of 1 person is reset." in page
    assert not TOTPDevice.objects.filter(user=pia).exists() and TOTPDevice.objects.filter(user=root).exists()
    assert hers.get(INSIDE).url.startswith(LOGIN)
    assert LogEntry.objects.filter(user=root, object_id=str(pia.pk), change_message__contains="Reset").exists()


def test_the_last_administrator_who_lost_phone_and_codes_is_helped_on_the_machine():
    root = person("root", superuser=True)
    device_of(root)
    call_command("reset_second_factor", "root", stdout=StringIO())
    assert not TOTPDevice.objects.filter(user=root).exists()
    with pytest.raises(CommandError, match="nobody"):
        call_command("reset_second_factor", "nobody")


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/desk/", "//evil.example/desk/", "/", "/desk/\\evil", "javascript:x"]
)
def test_the_door_leads_only_to_the_desk(client, pia, wanted):
    response = client.post(CODE, {"code": code_of(device_of(pia)), "next": wanted})
    assert response.url.startswith(HOME) and "evil.example" not in response.url


# --- sessions and passwords ------------------------------------------------------------------------------------------


def test_a_session_ends_two_hours_after_the_last_thing_done_in_it(client, monkeypatch):
    person("ada", "editor", password=PASSWORD)
    sign_in(client, "ada")
    start = timezone.now()
    for hours, status in ((1.9, 200), (3.7, 200), (5.8, 302)):
        monkeypatch.setattr(timezone, "now", lambda hours=hours: start + timedelta(hours=hours))
        assert client.get(INSIDE).status_code == status, hours


def test_a_session_ends_after_ten_hours_whatever_is_done_in_it(client, monkeypatch):
    person("ada", "editor", password=PASSWORD)
    sign_in(client, "ada")
    start = timezone.now()
    for hours in range(1, 10):
        monkeypatch.setattr(timezone, "now", lambda hours=hours: start + timedelta(hours=hours))
        assert client.get(INSIDE).status_code == 200, hours
    monkeypatch.setattr(timezone, "now", lambda: start + timedelta(hours=10, seconds=1))
    assert client.get(INSIDE).url.startswith(LOGIN)


def test_signing_in_again_begins_the_ten_hours_anew(client, monkeypatch):
    person("ada", "editor", password=PASSWORD)
    sign_in(client, "ada")
    start = timezone.now()
    for hours in range(1, 10):
        monkeypatch.setattr(timezone, "now", lambda hours=hours: start + timedelta(hours=hours))
        client.get(INSIDE)
    sign_in(client, "ada")
    monkeypatch.setattr(timezone, "now", lambda: start + timedelta(hours=10.5))
    assert client.get(INSIDE).status_code == 200


def test_a_session_key_that_somebody_planted_is_not_the_one_that_is_signed_in(client):
    person("ada", "editor", password=PASSWORD)
    planted = client.session  # saved, and so set as a cookie
    planted.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key
    sign_in(client, "ada")
    assert client.get(INSIDE).status_code == 200
    assert client.session.session_key != planted.session_key


def test_signing_out_ends_the_session(client):
    person("ada", "editor", password=PASSWORD)
    sign_in(client, "ada")
    key = client.session.session_key
    assert client.get("/desk/logout/").status_code == 405
    assert client.post("/desk/logout/").status_code in (200, 302)
    assert not Session.objects.filter(session_key=key).exists()
    assert client.get(INSIDE).url.startswith(LOGIN)
    assert AccessLog.objects.filter(username="ada", logout_time__isnull=False).exists()


def test_a_part_of_a_page_that_asks_after_the_session_ended_is_told_so_and_keeps_what_was_typed(client):
    response = client.post("/desk/statelaw/publication/", HTTP_HX_REQUEST="true")
    assert response.status_code == 200
    assert "You were signed out." in response.content.decode() and "<html" not in response.content.decode()


@pytest.mark.parametrize("password", ["short", "password1234", "adalovelace1", "123456789012345"])
def test_weak_passwords_are_refused_at_their_field(client, password):
    ada = person("adalovelace", "editor", password=PASSWORD)
    signed_in(client, ada)
    fields = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    assert errors_in(client.post("/desk/password_change/", fields)) == ["id_new_password2"]


def test_a_new_password_keeps_this_session_and_ends_the_others(client):
    ada = person("ada", "editor", password=PASSWORD)
    sign_in(client, "ada")
    elsewhere = Client()
    sign_in(elsewhere, "ada")
    new = "another quiet word about it"
    fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/desk/password_change/", fields, follow=True).status_code == 200
    assert client.get(INSIDE).status_code == 200
    assert elsewhere.get(INSIDE).url.startswith(LOGIN)
    ada.refresh_from_db()
    assert ada.check_password(new)


# --- nothing typed is lost -------------------------------------------------------------------------------------------

SOURCE = "/desk/statelaw/provisiondraft/add/"
TYPED = {"heading": "Words that took <an hour>", "slug": "az-1", "position": "3"}


def seal_of(client: Client) -> str:
    """As a page of the desk holds it."""
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(LOGIN).content.decode())[1]


def test_what_is_sent_after_the_session_ended_is_shown_and_can_be_sent_again():
    browser = Client(enforce_csrf_checks=True)
    seal = seal_of(browser)
    response = browser.post(SOURCE, {**TYPED, "csrfmiddlewaretoken": seal})
    page = response.content.decode()
    assert response.status_code == 403 and "You were signed out." in page
    assert "Words that took &lt;an hour&gt;" in page and f'action="{SOURCE}"' in page
    assert 'name="position" value="3"' in page


def test_what_is_sent_from_before_signing_in_again_in_another_tab_is_offered_with_a_new_seal():
    person("ada", "editor", password=PASSWORD)
    browser = Client(enforce_csrf_checks=True)
    old = seal_of(browser)
    browser.post(LOGIN, {"username": "ada", "password": PASSWORD, "csrfmiddlewaretoken": old})
    response = browser.post(SOURCE, {**TYPED, "csrfmiddlewaretoken": old}, HTTP_ORIGIN="http://testserver")
    page = response.content.decode()
    assert response.status_code == 403 and "Words that took &lt;an hour&gt;" in page
    new = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    again = browser.post("/desk/second-factor/off/", {"csrfmiddlewaretoken": new}, HTTP_ORIGIN="http://testserver")
    assert again.status_code == 302


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://testserver.evil.example"])
def test_what_another_site_had_the_browser_send_gets_no_seal_of_ours(origin):
    person("ada", "editor", password=PASSWORD)
    browser = Client(enforce_csrf_checks=True)
    headers = {"HTTP_ORIGIN": origin} if origin else {}
    away = browser.post(SOURCE, TYPED, **headers)
    browser.post(LOGIN, {"username": "ada", "password": PASSWORD, "csrfmiddlewaretoken": seal_of(browser)})
    inside = browser.post(SOURCE, TYPED, **headers)
    assert away.status_code == 302 and inside.status_code == 403
    assert "Words that took" not in inside.content.decode()


def test_a_password_is_never_shown_again_and_a_visitor_gets_the_visitors_page(client):
    browser = Client(enforce_csrf_checks=True)
    told = browser.post(LOGIN, {"username": "ada", "password": "my secret"}, HTTP_ORIGIN="http://testserver")
    assert told.status_code == 403 and "my secret" not in told.content.decode()
    assert "law desk" not in browser.post("/start/").content.decode()


# --- people ----------------------------------------------------------------------------------------------------------


def no_licences(**rows: str) -> dict[str, str]:
    return {"licences-TOTAL_FORMS": "0", "licences-INITIAL_FORMS": "0", **rows}


def test_an_administrator_says_who_is_an_attorney_and_where(client):
    publish.publish([publish.shipped()[0][code] for code in ("US", "AZ")])
    root, ada = person("root", superuser=True), person("ada", "reviewer")
    signed_in(client, root)
    fields = {"username": "ada", "is_active": "on", "is_staff": "on", "groups": [ada.groups.get().pk]}
    row = {"licences-TOTAL_FORMS": "1", "licences-0-user": ada.pk, "licences-0-number": "Bar no. 1"}
    wrong = client.post(f"/desk/auth/user/{ada.pk}/change/", {**fields, **no_licences(**row), "licences-0-code": "US"})
    assert wrong.status_code == 200 and not ada.licences.exists()
    client.post(f"/desk/auth/user/{ada.pk}/change/", {**fields, **no_licences(**row), "licences-0-code": "AZ"})
    assert ada.licences.get().code == "AZ"


def test_nobody_is_deleted_at_the_desk(client):
    root, ada = person("root", superuser=True), person("ada", "editor")
    signed_in(client, root)
    assert client.post(f"/desk/auth/user/{ada.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post("/desk/auth/user/", {"action": "delete_selected", "_selected_action": [ada.pk], "post": "yes"})
    group = Group.objects.get(name="editor")
    assert client.post(f"/desk/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=ada.pk).exists() and Group.objects.filter(pk=group.pk).exists()
    assert "delete_selected" not in client.get("/desk/auth/user/").content.decode()


def test_who_has_left_is_out_at_once(client):
    root, ada = person("root", superuser=True), person("ada", "editor")
    hers = signed_in(Client(), ada)
    assert hers.get(INSIDE).status_code == 200
    signed_in(client, root)
    fields = {"username": "ada", "is_staff": "on", "groups": [Group.objects.get(name="editor").pk], **no_licences()}
    assert client.post(f"/desk/auth/user/{ada.pk}/change/", fields).status_code == 302
    assert hers.get(INSIDE).url.startswith(LOGIN)
    assert not Session.objects.filter(session_key=hers.cookies["sessionid"].value).exists()


def test_a_new_person_may_enter_the_desk_and_groups_are_told_in_plain_words(client):
    signed_in(client, person("root", superuser=True))
    fields = {"username": "ben", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/desk/auth/user/add/", fields).status_code == 302
    ben = User.objects.get(username="ben")
    assert ben.is_staff and not ben.is_superuser
    page = client.get(f"/desk/auth/user/{ben.pk}/change/").content.decode()
    assert "Reviewer: reads a change against its sources and signs it off" in page


@pytest.mark.parametrize("group", ["", "editor", "reviewer", "publisher"])
def test_only_administrators_manage_people_whatever_permissions_a_group_was_given(client, group):
    user = person("ada", *([group] if group else []))
    for codename in ("add_user", "change_user", "view_user", "change_group", "view_accessattempt"):
        user.user_permissions.add(Permission.objects.get(codename=codename))
    signed_in(client, user)
    for page in ("auth/user/", "auth/user/add/", f"auth/user/{user.pk}/change/", f"auth/user/{user.pk}/password/"):
        assert client.get(f"/desk/{page}").status_code == 403, page
        assert client.post(f"/desk/{page}", {"is_superuser": "on"}).status_code == 403, page
    for page in ("auth/group/", "axes/accessattempt/", "axes/accesslog/"):
        assert client.get(f"/desk/{page}").status_code == 403, page
    user.refresh_from_db()
    assert not user.is_superuser


def test_no_page_of_the_desk_shows_the_secret_of_a_device():
    assert not {TOTPDevice, StaticDevice, StaticToken} & set(admin.site._registry)


# --- another address -------------------------------------------------------------------------------------------------

ELSEWHERE = """
import django; django.setup()
from django.conf import settings
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
call_command("createsuperuser", username="root", email="root@example.org", interactive=False, verbosity=0)
client = Client(SERVER_NAME="localhost")
def told(response): print(response.status_code, response.headers.get("Location", ""), response.headers["Cache-Control"])
told(client.get("/desk/"))
told(client.get("/back/office/"))
told(client.post("/back/office/login/", {"username": "root", "password": "a quiet word about the law"}))
told(client.get("/back/office/"))
told(client.get("/back/office/second-factor/set-up/"))
print(client.cookies["sessionid"]["path"], client.cookies["known"]["path"] if "known" in client.cookies else "-")
"""


def test_the_desk_stands_where_the_settings_say_and_nowhere_else(tmp_path):
    environment = {
        **os.environ,
        "ADMIN_PATH": "/back/office",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'desk.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        "LAW_FROM_DATABASE": "off",
    }
    command = [sys.executable, "-c", ELSEWHERE]
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120)
    door = "/back/office/second-factor/set-up/?next=%2Fback%2Foffice%2F"
    assert told.stdout.splitlines() == [
        "404  no-store",
        "302 /back/office/login/?next=%2Fback%2Foffice%2F no-store, private",
        "302 /back/office/ no-store, private",
        f"302 {door} no-store, private",
        "200  no-store, private",
        "/back/office/ -",
    ]


# --- visitors --------------------------------------------------------------------------------------------------------


def test_a_visitors_page_asks_the_database_nothing_even_with_a_cookie_of_the_desk(client, django_assert_num_queries):
    signed_in(client, person("ada", "editor"))
    for page in ("/", "/law/", "/privacy/"):
        client.get(page)
        with django_assert_num_queries(0):
            assert client.get(page).status_code == 200


def test_cookies_of_the_desk_are_sent_to_the_desk_alone(client):
    person("ada", "editor", password=PASSWORD)
    sign_in(client, "ada")
    assert client.cookies["sessionid"]["path"] == HOME
