"""The interview as a visitor meets it, page by page, with plain forms and without a database.

No test here may use the database (pytest-django refuses it), so each also shows that a step costs no query.
"""

import re

import pytest
from django.test import Client
from django.urls import reverse

from screener import answers as kept
from screener import tally
from statelaw import store

from .walker import form_data, go_on, walk_through


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def cookie(client):
    return kept.from_cookie(client.cookies[kept.COOKIE].value)


def outcomes(client):
    return [one.outcome for one in client.get("/report/").context["reports"]]


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


# --- whole walks, to the report


def test_arizona_trustees_sale_of_a_small_home_ends_protected(client):
    page = walk_through(client, "AZ", disposition="nonjudicial", units="1", acres="0.2")
    assert page.request["PATH_INFO"] == "/check/"
    assert outcomes(client) == ["barred"]
    assert "33-814(G)" in text(client.get("/report/"))


def test_california_wiped_out_home_equity_line(client):
    walk_through(
        client,
        "CA",
        lien="junior",
        disposition="nonjudicial",
        foreclosed_by="senior_lender",
        loan_use="home_equity",
        owed="45k",
    )
    assert outcomes(client) == ["exposed"]


def test_florida_court_foreclosure(client):
    walk_through(client, "FL", disposition="judicial")
    assert outcomes(client)[0] in ("capped", "exposed", "depends")


def test_new_york_after_a_deficiency_judgment(client):
    walk_through(client, "NY", disposition="judicial", stage="judgment")
    assert client.get("/report/").status_code == 200


def test_pennsylvania_short_sale_with_the_rest_given_up(client):
    walk_through(client, "PA", disposition="short_sale", lender_waived="yes")
    assert outcomes(client) == ["barred"]


def test_nothing_lost_yet_ends_in_a_report_too(client):
    page = walk_through(client, "NC", stage="behind", disposition="nothing_yet")
    assert page.request["PATH_INFO"] == "/check/"
    assert client.get("/report/").status_code == 200


def test_i_do_not_know_is_taken_everywhere(client):
    nothing = dict.fromkeys(
        ("role", "stage", "home_kind", "residence", "lien", "disposition", "units", "loan_use"), "unsure"
    )
    money = {slug: {"unsure": "1"} for slug in ("owed", "sale_price", "fair_value", "sale_date", "acres")}
    page = walk_through(client, "AZ", **nothing, **money)
    assert page.request["PATH_INFO"] == "/check/"
    assert outcomes(client) == ["depends"]


@pytest.mark.parametrize("state", store.codes())
def test_every_state_can_be_walked_to_its_report(state):
    client = Client()
    page = walk_through(client, state, disposition=store.law(state).state.process.usual)
    assert page.request["PATH_INFO"] == "/check/"
    assert client.get("/report/").status_code == 200


# --- the way in


def test_a_link_leads_straight_into_a_state(client):
    page = client.get("/start/az/", follow=True)
    assert page.request["PATH_INFO"] == "/q/home_kind/"
    assert cookie(client).state == "AZ"


def test_starting_again_does_not_lose_answers_unasked(client):
    walk_through(client, "AZ", until="lien")
    before = cookie(client)
    page = client.get("/start/fl/")
    assert page.status_code == 200
    assert cookie(client) == before
    page = client.post("/start/fl/", {"replace": "yes"}, follow=True)
    assert cookie(client).state == "FL"
    assert cookie(client).walk != before.walk


def test_an_unknown_state_is_not_there(client):
    assert client.get("/start/zz/").status_code == 404
    assert client.get("/start/us/").status_code == 404


def test_a_territory_gets_a_page_of_its_own(client):
    page = client.get("/start/", follow=True)
    sent = client.post("/q/state/", form_data(page, state="territory"))
    assert sent["Location"] == "/elsewhere/territory/"
    assert client.get("/start/pr/")["Location"] == "/elsewhere/territory/"
    assert cookie(client).is_empty


@pytest.mark.parametrize("kind", ["hoa_or_tax", "manufactured_home", "timeshare", "five_units", "business"])
def test_what_the_site_does_not_answer_leads_to_a_page_that_says_where_to_turn(client, kind):
    page = walk_through(client, "AZ", until="home_kind")
    sent = client.post("/q/home_kind/", form_data(page, home_kind=kind))
    assert sent["Location"] == f"/elsewhere/{kind}/"
    assert client.get(sent["Location"]).status_code == 200
    assert not cookie(client).has("home_kind")


# --- words that fit the visitor


@pytest.mark.parametrize(
    ("stage", "asks"),
    [
        ("lost", "What did the buyer pay at this lender’s sale?"),
        ("behind", "What would the buyer pay at this lender’s"),
    ],
)
def test_the_price_at_a_second_lenders_own_sale_leaves_out_the_first_mortgage(client, stage, asks):
    own = {"lien": "junior", "foreclosed_by": "this_lender", "disposition": "nonjudicial", "stage": stage}
    page = text(walk_through(client, "AZ", until="sale_price", **own))
    assert asks in page
    assert "The first mortgage stays on the home, so do not count it." in page


def test_the_price_at_any_other_sale_is_the_homes_own(client):
    page = text(walk_through(client, "AZ", until="sale_price", disposition="nonjudicial"))
    assert "What did the home sell for?" in page
    assert "do not count it" not in page


@pytest.mark.parametrize("role", ["not_signed", "guarantor"])
def test_one_who_is_no_borrower_is_not_told_that_she_owed_the_loan_or_used_the_home(role):
    def at(until, role):
        return text(walk_through(Client(), "AZ", until=until, role=role, disposition="nonjudicial"))

    assert "How was the home used?" in at("residence", role)
    assert "As a main home" in at("residence", role)
    assert "How much was owed on this loan?" in at("owed", role)
    assert "How did you use the home?" in at("residence", "borrower")
    assert "How much did you owe on this loan?" in at("owed", "borrower")


@pytest.mark.parametrize("lien", ["first", "junior"])
def test_before_a_sale_the_check_page_tells_of_nothing_as_past(client, lien):
    ahead = {"stage": "behind", "disposition": "nonjudicial", "lien": lien, "foreclosed_by": "senior_lender"}
    page = walk_through(client, "AZ", **ahead)
    assert page.request["PATH_INFO"] == "/check/"
    assert not re.search(r"\b(was|were|sold|bought|lost it|did)\b", text(page).replace("was or may be lost", ""))


# --- back, change, check


def test_the_question_shows_the_answer_that_was_given(client):
    walk_through(client, "AZ", until="sale_date", disposition="nonjudicial")
    assert client.get("/q/owed/").context["form"]["value"].value() == "300,000"
    assert client.get("/q/lien/").context["form"]["value"].value() == "first"


def test_back_leads_to_the_page_before_and_loses_nothing(client):
    page = walk_through(client, "AZ", until="disposition")
    assert page.context["back_url"] == "/q/lien/"
    back = client.get("/q/lien/")
    sent = client.post("/q/lien/", form_data(back))
    assert sent["Location"] == "/q/disposition/"


def test_a_change_comes_back_to_the_check_page(client):
    walk_through(client, "AZ", disposition="nonjudicial")
    page = client.get("/q/owed/?from=check&loan=0")
    assert page.context["back_url"] == "/check/"
    sent = client.post("/q/owed/?from=check&loan=0", {**form_data(page), "value": "310000"})
    assert sent["Location"] == "/check/"
    assert cookie(client).get("owed") == "310000"


def test_a_change_that_opens_questions_leads_to_them_first(client):
    walk_through(client, "AZ", disposition="nonjudicial", units="1")
    page = client.get("/q/lien/?from=check")
    sent = client.post("/q/lien/?from=check", form_data(page, lien="junior"))
    assert sent["Location"] == "/q/foreclosed_by/?from=check"


def test_answers_that_a_change_made_void_are_named(client):
    walk_through(client, "CA", lien="junior", disposition="nonjudicial", foreclosed_by="senior_lender")
    page = client.get("/q/lien/?from=check")
    sent = client.post("/q/lien/?from=check", form_data(page, lien="first"))
    after = client.get(sent["Location"])
    assert any("foreclosure" in name for name in after.context["notices"])


def test_the_check_page_links_to_each_answer(client):
    page = walk_through(client, "AZ", disposition="nonjudicial")
    rows = [row for group in page.context["groups"] for row in group["rows"]]
    assert {"state", "lien", "owed", "sale_date"} <= {row["slug"] for row in rows}
    for row in rows:
        assert client.get(row["url"]).status_code == 200
    assert "August 3, 2026" in text(page)
    assert "$300,000" in text(page)


def test_the_law_is_said_to_settle_only_what_it_settles(client):
    page = walk_through(client, "AZ", until="units", disposition="nonjudicial")
    assert page.context["skipped_note"]["settled"] is False
    assert "settles this" not in text(page)
    assert "does not matter here" in text(page) or "do not matter here" in text(page)


def test_the_check_page_says_of_an_act_whose_it_is(client):
    page = walk_through(client, "AZ", disposition="nonjudicial", units="3", **{"acted-az-33-814-a-deadline": "no"})
    rows = {row["slug"]: row for group in page.context["groups"] for row in group["rows"]}
    acted = rows["acted-az-33-814-a-deadline"]
    assert acted["label"].startswith("Whether the lender did this: File a lawsuit")
    assert acted["value"] == "No"


def test_the_progress_line_says_what_the_law_made_needless(client):
    page = walk_through(client, "AZ", until="units", disposition="nonjudicial")
    assert page.context["skipped_note"]["count"] >= 1
    assert client.get("/q/owed/").context["skipped_note"] is None


# --- steps out of order


@pytest.mark.parametrize("path", ["/q/owed/", "/q/units/", "/check/", "/report/", "/resume/"])
def test_without_answers_every_page_leads_to_the_start(client, path):
    assert client.get(path)["Location"] == "/"


@pytest.mark.parametrize("path", ["/q/owed/", "/q/acres/", "/q/circumstances/", "/check/", "/report/"])
def test_a_page_before_its_turn_leads_to_the_question_whose_turn_it_is(client, path):
    walk_through(client, "AZ", until="lien")
    assert client.get(path, follow=True).request["PATH_INFO"] == "/q/lien/"


@pytest.mark.parametrize(
    "path", ["/q/nonsense/", "/q/%00/", "/q/az_home_finished/", "/elsewhere/nowhere/", "/start/x/"]
)
def test_a_page_that_does_not_exist_is_a_calm_404(client, path):
    client.get("/start/fl/")
    page = client.get(path)
    assert page.status_code == 404
    assert b"<h1" in page.content


# --- tabs


def test_a_form_of_another_walk_changes_neither(client):
    page = walk_through(client, "AZ", until="lien")
    old = form_data(page)
    client.post("/start/", {"replace": "yes"})
    mine = cookie(client)
    sent = client.post("/q/lien/", old)
    assert sent.status_code == 409
    assert cookie(client) == mine


def test_two_tabs_of_one_walk_do_not_undo_each_other(client):
    walk_through(client, "AZ", until="sale_date", disposition="nonjudicial")
    one, two = client.get("/q/owed/"), client.get("/q/residence/")
    client.post("/q/owed/", {**form_data(one), "value": "1000"})
    client.post("/q/residence/", form_data(two, residence="rental"))
    assert cookie(client).get("owed") == "1000"
    assert cookie(client).get("residence") == "rental"


def test_tabs_on_two_loans_keep_to_their_own_loan(client):
    walk_through(client, "AZ", disposition="nonjudicial", units="1")
    first = client.get("/q/owed/?loan=0")
    client.post("/another-loan/", {"walk": cookie(client).walk})
    assert cookie(client).loan == 1
    client.post("/q/owed/", {**form_data(first), "value": "7000"})
    assert cookie(client).of(0)["owed"] == "7000"
    assert "owed" not in cookie(client).loans[1]


# --- several loans


def test_two_loans_on_one_home_stand_side_by_side(client):
    walk_through(client, "AZ", disposition="nonjudicial", units="1")
    page = client.post("/another-loan/", {"walk": cookie(client).walk}, follow=True)
    assert page.request["PATH_INFO"] == "/q/role/"
    assert len(client.get("/report/").context["reports"]) == 1
    assert client.get("/report/").context["unfinished_url"]
    go_on(client, page, lien="junior", foreclosed_by="senior_lender", loan_use="home_equity", owed="40000")
    assert outcomes(client) == ["barred", "exposed"]


def test_the_field_for_the_loan_ahead_holds_what_was_said_of_it(client):
    walk_through(client, "CA", disposition="nonjudicial", owed="$210,000", loan_use="cash_out_refinance")
    page = client.post("/another-loan/", {"walk": cookie(client).walk}, follow=True)
    page = go_on(client, page, "senior_owed", lien="junior", foreclosed_by="this_lender", owed="40000")
    assert page.request["PATH_INFO"] == "/q/senior_owed/"
    assert 'value="210,000"' in text(page)


def test_a_loan_can_be_removed(client):
    walk_through(client, "AZ", disposition="nonjudicial", units="1")
    client.post("/another-loan/", {"walk": cookie(client).walk})
    client.post("/remove-loan/", {"walk": cookie(client).walk, "loan": "1"})
    assert len(cookie(client).loans) == 1
    assert client.get("/check/").status_code == 200


# --- leaving and coming back


def test_leave_clears_the_answers_and_leads_away(client):
    walk_through(client, "AZ", until="lien")
    for send in (client.get, client.post):
        left = send("/leave/")
        assert left.status_code == 303
        assert left["Location"].startswith("https://")
        assert left.cookies[kept.COOKIE].value == ""


@pytest.mark.parametrize("path", ["/leave/", "/clear/"])
def test_every_cookie_of_ours_is_gone_after_leave_and_clear(path):
    client = Client(enforce_csrf_checks=True)
    page = started(client)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text(page))[1]
    client.cookies["print"] = "x"
    client.cookies["print"]["path"] = "/report/"
    left = client.post(path, {"csrfmiddlewaretoken": token})
    assert left.status_code == 303
    for name, at in ((kept.COOKIE, "/"), ("csrftoken", "/"), ("print", "/report/")):
        assert (left.cookies[name].value, left.cookies[name]["path"]) == ("", at)
        assert left.cookies[name]["max-age"] == 0


def started(client):
    page = client.get("/start/az/", follow=True)
    assert client.cookies["csrftoken"]["max-age"] == ""  # ends with the window
    return page


def test_clear_leaves_nothing(client):
    walk_through(client, "AZ", until="lien")
    page = client.post("/clear/", follow=True)
    assert page.context["cleared"] is True
    assert not client.cookies[kept.COOKIE].value


def test_on_a_shared_computer_the_answers_end_with_the_window(client):
    walk_through(client, "AZ", until="lien")
    assert client.cookies[kept.COOKIE]["max-age"] == kept.MAX_AGE
    sent = client.post("/shared/", {"shared": "on", "next": "/q/lien/"})
    assert sent["Location"] == "/q/lien/"
    assert client.cookies[kept.COOKIE]["max-age"] == ""
    assert cookie(client).shared
    client.post("/shared/", {"shared": "off", "next": "/q/lien/"})
    assert client.cookies[kept.COOKIE]["max-age"] == kept.MAX_AGE


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "", "/\\evil.example"]
)
def test_after_the_switch_no_foreign_address_is_visited(client, to):
    assert client.post("/shared/", {"shared": "on", "next": to})["Location"] == "/"


def test_a_resume_link_brings_the_answers_to_another_browser(client):
    walk_through(client, "AZ", disposition="nonjudicial", units="1")
    page = client.get("/resume/")
    assert page.context["qr"].startswith("data:image/svg+xml")
    other = Client()
    opened = other.get(page.context["link"])
    assert opened["Location"] == "/check/"
    assert cookie(other).of() == cookie(client).of()


def test_a_resume_link_does_not_overwrite_other_answers_unasked(client):
    walk_through(client, "AZ", disposition="nonjudicial", units="1")
    link = client.get("/resume/").context["link"]
    other = Client()
    walk_through(other, "FL", until="lien")
    before = cookie(other)
    assert other.get(link).status_code == 200
    assert cookie(other) == before
    assert other.post(link, {"replace": "yes"})["Location"] == "/check/"
    assert cookie(other).state == "AZ"


def test_ones_own_older_link_does_not_undo_newer_answers_unasked(client):
    walk_through(client, "AZ", until="sale_date", disposition="nonjudicial")
    link = client.get("/resume/").context["link"]
    page = finished(client)
    before = client.cookies[kept.COOKIE].value
    assert client.get(link).status_code == 303  # all of the link's answers are here: go on
    assert client.cookies[kept.COOKIE].value == before
    client.post("/q/residence/", {"walk": page.context["walk_id"], "loan": "0", "value": "rental"})
    changed = client.cookies[kept.COOKIE].value
    asked = client.get(link)
    assert asked.status_code == 200
    assert "from the link" in text(asked)
    assert client.cookies[kept.COOKIE].value == changed
    client.post(link, {"replace": "yes"})
    assert cookie(client).get("residence") == "primary"


def finished(client):
    return go_on(client, client.get("/q/sale_date/"), disposition="nonjudicial", units="1")


# --- the day, in preview


def test_the_day_can_be_set_in_preview_and_is_marked(client, settings):
    settings.PREVIEW = True
    assert client.get("/start/az/?as_of=2027-05-01")["Location"] == "/start/az/"
    page = client.get("/start/az/", follow=True)
    assert "2027" in text(page)
    assert cookie(client).as_of.isoformat() == "2027-05-01"
    walk_through_page = go_on(client, page, disposition="nonjudicial", units="3")
    assert walk_through_page.request["PATH_INFO"] == "/check/"
    assert client.get("/report/").context["reports"][0].as_of.isoformat() == "2027-05-01"


def test_outside_preview_the_day_is_today(client):
    page = client.get("/start/az/?as_of=2027-05-01", follow=True)
    assert cookie(client).as_of is None
    assert "2027" not in text(page)


# --- how pages are sent


def test_every_step_is_kept_out_of_caches_and_answers_head(client):
    walk_through(client, "AZ", until="lien")
    for path in ("/", "/q/lien/", "/privacy/", "/resume/"):
        page = client.get(path)
        assert "no-store" in page["Cache-Control"]
        assert "HX-Request" in page["Vary"]
        assert client.head(path).status_code == 200


def test_htmx_gets_the_same_page_without_its_frame(client):
    walk_through(client, "AZ", until="lien")
    part = client.get("/q/lien/", headers={"HX-Request": "true"})
    whole = client.get("/q/lien/")
    assert b"<html" in whole.content
    assert b"<html" not in part.content
    assert b"<title>" in part.content
    assert b'id="page"' in part.content


def test_a_wrong_answer_is_kept_in_the_field_with_a_plain_message(client):
    page = walk_through(client, "AZ", until="owed", disposition="nonjudicial")
    sent = client.post("/q/owed/", {**form_data(page), "value": "lots"})
    assert sent.status_code == 422
    assert 'value="lots"' in text(sent)
    assert sent.context["form"].errors["value"]
    assert not cookie(client).has("owed")


@pytest.mark.parametrize("path", ["/", "/privacy/", "/law/", "/law/az/", "/health/", "/q/state/"])
def test_public_pages_answer(client, path):
    assert client.get(path).status_code == 200


def test_no_page_asks_anything_of_another_site(client):
    walk_through(client, "AZ", disposition="nonjudicial", units="1")
    for path in ("/", "/q/lien/", "/check/", "/report/", "/resume/"):
        html = client.get(path).content.decode()
        assert not re.search(r'(?:src|action|srcset)="(?:https?:)?//', html)
        assert not re.search(r"<link[^>]+href=\"(?:https?:)?//", html)
        assert " style=" not in html
        assert not re.search(r"<script(?![^>]*\bsrc=)", html)


# --- the tally


def test_a_report_is_counted_without_waiting(client, monkeypatch):
    counted = []
    monkeypatch.setattr(tally, "record", lambda *item: counted.append(item))
    walk_through(client, "AZ", disposition="nonjudicial", units="1", acres="0.2")
    client.head("/report/")
    assert counted == []
    client.get("/report/")
    assert [item[1:] for item in counted] == [("AZ", "barred")]


@pytest.mark.django_db
def test_the_tally_counts_by_day_state_and_outcome():
    from datetime import date

    from screener.models import Tally

    for _ in range(3):
        tally.write(date(2026, 11, 25), "AZ", "barred")
    tally.write(date(2026, 11, 25), "AZ", "capped")
    assert sorted(Tally.objects.values_list("outcome", "count")) == [("barred", 3), ("capped", 1)]


def test_with_the_database_away_a_count_is_dropped_and_nothing_else(client):
    walk_through(client, "AZ", disposition="nonjudicial", units="1")
    for _ in range(3):
        assert client.get("/report/").status_code == 200


def test_named_addresses_stand():
    assert reverse("report") == "/report/"
    assert reverse("start-in", args=["az"]) == "/start/az/"
