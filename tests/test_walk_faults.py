"""Bad input and faults: no error page of the machine, nothing lost, nothing shown back unescaped."""

import base64
import io
import json
import logging
import re
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core import signing
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory
from django.utils import timezone

from config.logs import Discreet
from screener import answers as kept
from screener import links
from screener.answers import Answers, Unreadable

from .walker import form_data, walk_through

SCRIPT = '"><script>alert(1)</script>'
BAD = {
    "empty": "",
    "spaces": "   ",
    "huge": "9" * 5_000,
    "very long": "x" * 200_000,
    "negative": "-5",
    "non-numeric": "a lot",
    "right-to-left": "\u202e245000\u202c",
    "hebrew": "\u05d0\u05d1\u05d2",
    "null byte": "24\x005000",
    "script": SCRIPT,
    "template": "{{ 7|add:7 }}{% load x %}",
    "a list": "['a']",
    "infinite": "1e999",
    "not a number": "NaN",
    "emoji": "\U0001f3e0" * 20,
    "lone surrogate": "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
}
#: Every kind of page: a walk that leads to it, with what is answered before.
PAGES = {
    "state": {},
    "home_kind": {},
    "role": {},
    "stage": {},
    "residence": {},
    "lien": {},
    "disposition": {},
    "foreclosed_by": {"lien": "junior", "disposition": "judicial"},
    "owed": {"disposition": "nonjudicial"},
    "sale_price": {"disposition": "nonjudicial"},
    "fair_value": {"disposition": "nonjudicial"},
    "sale_date": {"disposition": "nonjudicial"},
    "surplus": {"lien": "junior", "disposition": "judicial", "foreclosed_by": "senior_lender"},
    "senior_owed": {"lien": "junior", "disposition": "judicial", "foreclosed_by": "this_lender"},
    "units": {"disposition": "nonjudicial"},
    "acres": {"disposition": "nonjudicial"},
    "lender_waived": {"disposition": "short_sale"},
    "circumstances": {"disposition": "judicial"},
    "circumstances-2": {"disposition": "judicial", "circumstances": ["loan_program", "bankruptcy_discharge"]},
    "acted-az-33-814-a-deadline": {
        "disposition": "nonjudicial",
        "units": "3",
        "sale_date": {"value_0": "2", "value_1": "2", "value_2": "2026"},
    },
}


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def cookie(client):
    return kept.from_cookie(client.cookies[kept.COOKIE].value)


# --- every field


@pytest.mark.parametrize("slug", PAGES)
def test_no_field_takes_nonsense_and_none_shows_it_back_unescaped(slug):
    client = Client()
    page = walk_through(client, "AZ", until=slug, **PAGES[slug])
    assert page.request["PATH_INFO"] == f"/q/{slug}/"
    before, value = cookie(client), client.cookies[kept.COOKIE].value
    for kind, bad in BAD.items():
        client.cookies[kept.COOKIE] = value
        hidden = {"walk": before.walk, "loan": "0"}
        names = [name for name in form_data(page) if name not in hidden]
        names = [f"value_{part}" for part in range(3)] if page.context["question"].kind == "date" else names
        names = ["value"] if names == ["unsure"] else names
        sent = client.post(f"/q/{slug}/", {**hidden, **dict.fromkeys(names, bad)})
        if sent.status_code == 303:
            assert kind == "right-to-left"  # marks of direction come along with pasted text; the number stands
        else:
            assert sent.status_code in (400, 413, 422), kind
            assert SCRIPT not in sent.content.decode(), kind
            assert "\x00" not in sent.content.decode(), kind
        if sent.status_code == 422:
            assert sent.context["form"].errors, kind
            assert cookie(client) == before, kind
    assert cookie(client).home.get("state") == before.home.get("state")


@pytest.mark.parametrize("slug", PAGES)
def test_a_form_with_nothing_in_it_is_asked_again(slug):
    client = Client()
    walk_through(client, "AZ", until=slug, **PAGES[slug])
    before = cookie(client)
    sent = client.post(f"/q/{slug}/", {"walk": before.walk, "loan": "0"})
    assert sent.status_code == 422
    assert cookie(client) == before


def test_every_error_names_its_field_and_what_to_do():
    client = Client()
    for slug, given in PAGES.items():
        walk_through(client, "AZ", until=slug, **given)
        sent = client.post(f"/q/{slug}/", {"walk": cookie(client).walk, "loan": "0"})
        html = sent.content.decode()
        for name, errors in sent.context["form"].errors.items():
            assert str(errors[0]).endswith((".", "”."))
            target = re.search(r'href="#(id_[^"]+)"', html)
            assert target, (slug, name)
            assert f'id="{target[1]}"' in html, (slug, name)
        client.post("/clear/")


@pytest.mark.parametrize("box", ["us_va_fraud", "role", "__class__", "none of these", SCRIPT, "\x00"])
def test_a_box_that_is_not_on_the_page_is_refused(client, box):
    walk_through(client, "AZ", until="circumstances", disposition="judicial")
    before = cookie(client)
    sent = client.post("/q/circumstances/", {"walk": before.walk, "loan": "0", "value": [box]})
    assert sent.status_code == 422
    assert cookie(client) == before


def test_none_of_these_with_another_box_is_asked_again(client):
    walk_through(client, "AZ", until="circumstances", disposition="judicial")
    sent = client.post(
        "/q/circumstances/", {"walk": cookie(client).walk, "loan": "0", "value": ["none", "loan_program"]}
    )
    assert sent.status_code == 422


@pytest.mark.parametrize("state", ["ZZ", "az", "US", "PR", "", "AZ ", SCRIPT, "A\x00Z", "AZAZ"])
def test_an_unknown_state_is_asked_again(client, state):
    page = client.get("/start/", follow=True)
    sent = client.post("/q/state/", {**form_data(page), "value": state})
    assert sent.status_code == 422


def test_a_choice_of_another_state_is_refused(client):
    walk_through(client, "AZ", until="disposition")
    sent = client.post("/q/disposition/", {"walk": cookie(client).walk, "loan": "0", "value": "strict"})
    assert sent.status_code == 422


@pytest.mark.parametrize("loan", ["1", "9", "-1", "x", "", "0" * 50, "\x00"])
def test_a_loan_that_is_not_there_changes_nothing(client, loan):
    page = walk_through(client, "AZ", until="lien")
    before = cookie(client)
    sent = client.post("/q/lien/", {**form_data(page), "loan": loan})
    assert sent.status_code == 409
    assert cookie(client) == before
    assert client.get("/q/lien/", {"loan": loan}).status_code == 200


# --- methods


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("put", "/q/state/"),
        ("delete", "/q/state/"),
        ("patch", "/start/"),
        ("post", "/"),
        ("post", "/check/"),
        ("post", "/report/"),
        ("post", "/privacy/"),
        ("get", "/clear/"),
        ("get", "/shared/"),
        ("get", "/another-loan/"),
        ("get", "/remove-loan/"),
        ("post", "/elsewhere/territory/"),
        ("options", "/q/state/"),
        ("trace", "/leave/"),
    ],
)
def test_a_method_that_does_not_fit_gets_a_calm_page_and_changes_nothing(client, method, path):
    walk_through(client, "AZ", until="lien")
    before = cookie(client)
    page = getattr(client, method)(path)
    assert page.status_code == 405
    assert page["Allow"]
    assert b"<h1" in page.content or method == "trace"
    assert cookie(client) == before


def test_a_form_without_its_token_gets_a_calm_page_and_nothing_is_lost():
    client = Client(enforce_csrf_checks=True)
    page = client.get("/q/state/")
    before = client.cookies[kept.COOKIE].value
    sent = client.post("/q/state/", {**form_data(page), "value": "AZ"})
    assert sent.status_code == 403
    assert b"<h1" in sent.content
    assert client.cookies[kept.COOKIE].value == before
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())[1]
    sent = client.post("/q/state/", {**form_data(page), "value": "AZ", "csrfmiddlewaretoken": token})
    assert sent.status_code == 303


# --- cookies


def signed(data, *, version=kept.VERSION, salt=kept.SALT):
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=kept._DICTIONARY)
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    packed = bytes([version]) + squeeze.compress(text) + squeeze.flush()
    return signing.TimestampSigner(salt=salt).sign(base64.urlsafe_b64encode(packed).decode().rstrip("="))


WELL_FORMED = Answers(walk="testwalk0001").put({"state": "AZ", "role": "borrower"}).to_data()
FORGED = {
    "empty value": "x",
    "no signature": "abc",
    "long": "a" * 20_000,
    "another salt": signed(WELL_FORMED, salt="other"),
    "not answers": signed(["a"]),
    "not json": signed(b"{{{{"),
    "a number": signed(7),
    "a bomb": signed(b" " * 5_000_000),
    "older": signed(WELL_FORMED, version=9),
    "older inside": signed({**WELL_FORMED, "v": 0}),
    "no loans": signed({**WELL_FORMED, "l": []}),
    "many loans": signed({**WELL_FORMED, "l": [{}] * 9}),
    "a loan that is not there": signed({**WELL_FORMED, "c": 3}),
    "a loan number as text": signed({**WELL_FORMED, "c": "0"}),
    "odd answers": signed({**WELL_FORMED, "h": {"state": {"a": 1}}}),
    "odd slug": signed({**WELL_FORMED, "h": {"<b>": "x"}}),
    "long answer": signed({**WELL_FORMED, "h": {"state": "A" * 500}}),
    "odd day": signed({**WELL_FORMED, "d": "yesterday"}),
    "deep": signed(b"[" * 30_000),
    "non-ascii": "\xe9" * 10,
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_cookie_that_is_not_ours_gives_a_calm_start_again_page(client, kind):
    client.cookies[kept.COOKIE] = FORGED[kind]
    page = client.get("/q/lien/")
    assert page.status_code == 400
    assert b"<h1" in page.content
    assert not client.cookies[kept.COOKIE].value
    assert client.get("/start/", follow=True).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/start/", "/leave/", "/privacy/", "/law/az/", "/health/", "/elsewhere/timeshare/"]
)
def test_a_broken_cookie_does_not_stand_in_the_way_of_other_pages(client, path):
    client.cookies[kept.COOKIE] = "broken"
    assert client.get(path).status_code in (200, 303)


def test_a_truncated_cookie_gives_a_calm_page(client):
    walk_through(client, "AZ", until="lien")
    value = client.cookies[kept.COOKIE].value
    for length in (1, len(value) // 2, len(value) - 1):
        client.cookies[kept.COOKIE] = value[:length]
        assert client.get("/q/lien/").status_code == 400


def test_signed_nonsense_about_known_things_never_breaks_a_page(client):
    """What only the holder of the key could write, or an older law: values that no form would take."""
    odd = {"state": "AZ", "disposition": "eaten", "residence": 5, "units": "many", "sale_date": "never", "owed": "-1"}
    for slug, value in odd.items():
        data = {**WELL_FORMED, "h": {"state": "AZ", "home_kind": "home", slug: value}}
        client.cookies[kept.COOKIE] = signed(data)
        assert client.get("/q/role/", follow=True).status_code in (200, 400)
        client.cookies[kept.COOKIE] = signed(data)
        assert client.get("/check/", follow=True).status_code in (200, 400)


def test_an_expired_cookie_says_so(client, monkeypatch):
    monkeypatch.setattr(signing.time, "time", lambda: timezone.now().timestamp() - 31 * 24 * 60 * 60)
    client.cookies[kept.COOKIE] = kept.to_cookie(Answers.new().put({"state": "AZ"}))
    monkeypatch.undo()
    page = client.get("/q/role/")
    assert page.status_code == 400
    assert page.context["reason"] == "expired"


def test_a_replayed_cookie_is_an_earlier_state_and_no_more(client):
    walk_through(client, "AZ", until="lien")
    old = client.cookies[kept.COOKIE].value
    walk_through(client, "AZ", until="sale_date", disposition="nonjudicial")
    client.cookies[kept.COOKIE] = old
    assert client.get("/check/", follow=True).request["PATH_INFO"] == "/q/lien/"


def test_more_than_a_cookie_holds_keeps_what_was_there(client, monkeypatch):
    page = walk_through(client, "AZ", until="lien")
    before = client.cookies[kept.COOKIE].value
    monkeypatch.setattr(kept, "MAX_COOKIE", 50)
    sent = client.post("/q/lien/", form_data(page))
    assert sent.status_code == 413
    assert client.cookies[kept.COOKIE].value == before


def test_a_state_whose_law_is_gone_is_asked_again(client):
    client.cookies[kept.COOKIE] = signed({**WELL_FORMED, "h": {"state": "QQ"}})
    assert client.get("/check/", follow=True).request["PATH_INFO"] == "/q/state/"


# --- links


def test_a_link_that_is_not_ours_gives_a_calm_page(client):
    good = links.token_of(Answers.new().put({"state": "AZ"}))
    for token in ("x", good[:-5], good[5:], good[::-1], "a" * 9_000, "%00", "é", good.swapcase()):
        page = client.get(f"/resume/{token}/")
        assert page.status_code in (400, 404), token
        assert b"<h1" in page.content
        assert kept.COOKIE not in client.cookies


def test_a_link_works_for_ninety_days(monkeypatch):
    from cryptography import fernet

    answers = Answers.new().put({"state": "AZ"})
    token = links.token_of(answers)
    assert links.open_token(token) == answers
    later = (timezone.now() + timedelta(days=links.DAYS + 1)).timestamp()
    monkeypatch.setattr(fernet.time, "time", lambda: later)
    with pytest.raises(Unreadable) as unreadable:
        links.open_token(token)
    assert unreadable.value.why == "expired"


def test_a_link_shows_nothing_of_the_answers():
    answers = Answers.new().put({"state": "AZ", "owed": "300000"})
    token = links.token_of(answers)
    plain = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert b"300000" not in plain
    assert links.token_of(answers) != token


def test_a_key_of_before_still_opens_its_links(settings):
    token = links.token_of(Answers.new().put({"state": "AZ"}))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-for-this-test"
    assert links.open_token(token).state == "AZ"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Unreadable):
        links.open_token(token)


# --- the database away


def test_the_walk_goes_on_from_law_in_memory_while_the_database_is_away(client):
    """No test in this file may touch the database: pytest-django refuses it, as a database that is away would."""
    page = walk_through(client, "NJ", disposition="judicial")
    assert page.request["PATH_INFO"] == "/check/"
    assert client.get("/report/").status_code == 200


# --- more than any form of ours sends


@pytest.mark.parametrize(
    "sent", [{"value": "x" * 400_000}, {f"field{number}": "1" for number in range(600)}], ids=["long", "many fields"]
)
def test_more_than_a_form_holds_gets_a_calm_page_and_nothing_is_lost(client, sent):
    page = walk_through(client, "AZ", until="owed", disposition="nonjudicial")
    before = client.cookies[kept.COOKIE].value
    answer = client.post("/q/owed/", {**form_data(page), **sent})
    assert answer.status_code in (400, 413)
    assert b"<h1 id" in answer.content
    assert client.cookies[kept.COOKIE].value == before


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff\xfe", "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
        (b"", "application/x-www-form-urlencoded"),
        (b"%ff%00=%ff", "application/x-www-form-urlencoded"),
        (b"walk=1&walk=2", "text/plain"),
    ],
)
def test_a_body_that_no_browser_would_send_changes_nothing(client, body, kind):
    walk_through(client, "AZ", until="lien")
    before = client.cookies[kept.COOKIE].value
    sent = client.post("/q/lien/", data=body, content_type=kind)
    assert sent.status_code in (400, 409)
    assert client.cookies[kept.COOKIE].value == before


@pytest.mark.parametrize(
    "query", ["?loan=%ff", "?from=%00", "?from=https://evil.example/", "?as_of=x", "?loan=1&loan=2"]
)
def test_odd_addresses_lead_nowhere_else(client, query):
    walk_through(client, "AZ", until="lien")
    page = client.get(f"/q/lien/{query}")
    assert page.status_code == 200
    sent = client.post(f"/q/lien/{query}", form_data(page))
    assert sent["Location"].startswith("/q/")


def served(body=b"", **environ):
    """The answer of the site to what a server hands on."""
    from config.wsgi import Request

    environ = {**RequestFactory()._base_environ(), "CONTENT_LENGTH": str(len(body)), **environ}
    environ["wsgi.input"] = io.BytesIO(body)
    return WSGIHandler().get_response(Request(environ))


@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "latin-1", "hex", "idna", "no-such", "utf-8; charset*=no''x"])
def test_a_form_in_another_charset_gets_a_calm_page(charset):
    token = "a" * 32
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html"):
        for query in ("", "a=b", "a=%ff%00", "\xff"):
            answer = served(
                f"csrfmiddlewaretoken={token}".encode(),
                REQUEST_METHOD="POST",
                PATH_INFO="/start/",
                QUERY_STRING=query,
                CONTENT_TYPE=f"{kind}; charset={charset}",
                HTTP_COOKIE=f"csrftoken={token}",
            )
            assert answer.status_code == 400, (kind, query)
            assert b"<h1 id" in answer.content
            assert answer["Content-Security-Policy"]


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"'])
def test_a_form_that_says_utf_8_is_read(charset):
    kind = f"application/x-www-form-urlencoded; charset={charset}"
    assert Client().post("/start/", data="a=b", content_type=kind).status_code == 303


class Unread(io.BytesIO):
    def read(self, *_):
        raise AssertionError("the body was read")

    readline = read


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"CONTENT_LENGTH": "262145"}, 413),
        ({"CONTENT_LENGTH": "-1"}, 413),
        ({"CONTENT_LENGTH": "9" * 30}, 413),
        ({"CONTENT_LENGTH": "x"}, 400),
        ({"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}, 411),
    ],
)
@pytest.mark.parametrize("path", ["/start/", "/desk/login/", "/no/"])
def test_a_body_that_is_too_large_or_of_no_known_length_is_not_read(rf, more, status, path):
    request = rf.post(path, **more)
    request._stream = Unread()
    handler = WSGIHandler()
    answer = handler.get_response(request)
    assert answer.status_code == status
    assert b"<h1 id" in answer.content


@pytest.mark.parametrize("size", [10, 200_000])
def test_no_file_is_ever_kept_or_written(client, monkeypatch, size):
    def write(*_, **__):
        raise AssertionError("a file was written")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", write)
    monkeypatch.setattr("tempfile.SpooledTemporaryFile", write)
    walk_through(client, "AZ", until="lien")
    before = client.cookies[kept.COOKIE].value
    answer = client.post("/q/lien/", {"value": SimpleUploadedFile("a.txt", b"x" * size)})
    assert answer.status_code == 400
    assert b"<h1 id" in answer.content
    assert client.cookies[kept.COOKIE].value == before


# --- every answer


@pytest.mark.parametrize(
    "path", ["/law/", "/law/az/", "/no/", "/start/zz/", "/resume/x/", "/elsewhere/territory/", "/desk/"]
)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_the_way_back_never_shows_a_part_of_a_page_alone(client, path, headers):
    page = client.get(path, headers=headers)
    assert "HX-Request" in page["Vary"]
    assert "no-store" in page["Cache-Control"]


def test_head_sends_headers_alone(rf):
    asked = WSGIHandler().get_response(rf.head("/privacy/"))
    got = WSGIHandler().get_response(rf.get("/privacy/"))
    assert asked.content == b""
    assert asked["Content-Length"] == str(len(got.content))


def test_every_file_and_page_carries_the_content_policy(client):
    for path in ("/robots.txt", "/static/css/site.css", "/", "/no/", "/health/"):
        assert "default-src 'none'" in client.get(path)["Content-Security-Policy"], path


# --- the log


@pytest.fixture
def log():
    """What the site's own handler writes."""
    (handler,) = (h for h in logging.getLogger().handlers if any(isinstance(f, Discreet) for f in h.filters))
    before = handler.setStream(io.StringIO())
    yield handler.stream
    handler.setStream(before)


@pytest.mark.parametrize("method", ["get", "post", "put", "options"])
@pytest.mark.parametrize("path", ["/resume/{}/", "/resume/{}/x", "/q/state/?a={}", "/no/?a={}"])
def test_the_log_holds_no_resume_link_and_no_query(log, method, path):
    token = links.token_of(Answers.new().put({"state": "AZ"}))[:-4]
    getattr(Client(enforce_csrf_checks=True), method)(path.format(token))
    assert token[:20] not in log.getvalue()
    logging.getLogger("x").error("at /resume/%s/ and /x/?a=%s", token, token)
    try:
        raise ValueError(f"/resume/{token}/")
    except ValueError:
        logging.getLogger("x").exception("gone wrong")
    assert token[:20] not in log.getvalue()
    assert "Traceback" in log.getvalue()


def test_the_log_holds_no_address_of_a_visitor(log):
    for address in ("203.0.113.9", "2001:db8::9"):
        logging.getLogger("x").warning(f"Invalid request from ip={address}: Invalid HTTP Version: (9, 9)")
        assert address not in log.getvalue()
    assert "Invalid HTTP Version" in log.getvalue()


def test_a_request_that_no_browser_sends_is_one_line_in_the_log(log):
    client = Client(enforce_csrf_checks=True)
    client.get("/q/state/")
    log.truncate(0)
    client.get("/", headers={"Host": "evil.example"})
    client.post("/start/", {f"field{number}": "1" for number in range(600)})
    client.post("/start/", data=b"x", content_type="multipart/form-data; boundary=\xff")
    assert "Traceback" not in log.getvalue()
    assert len(log.getvalue().splitlines()) == 3


# --- settings


def test_the_first_secret_is_made_once_and_never_empty(monkeypatch, tmp_path):
    from config import settings as site

    monkeypatch.setattr(site, "VAR_DIR", tmp_path / "var")
    monkeypatch.delenv("SECRET_KEY", raising=False)
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: site._secret_key(), range(16)))
    assert len(found) == 1
    assert len(found.pop()) > 60
    path = tmp_path / "var" / "secret_key"
    assert [entry.name for entry in path.parent.iterdir()] == ["secret_key"]
    assert path.stat().st_mode & 0o077 == 0
    path.write_text("\n")
    with pytest.raises(ImproperlyConfigured):
        site._secret_key()


def test_health_answers_over_plain_http_and_all_else_leads_to_https(rf, settings):
    settings.SECURE_SSL_REDIRECT = True
    handler = WSGIHandler()
    assert handler.get_response(rf.get("/health/")).status_code == 200
    assert handler.get_response(rf.get("/")).status_code == 301


def test_the_desks_session_stays_at_the_desk(settings):
    assert settings.SESSION_COOKIE_PATH == "/" + settings.ADMIN_PATH
