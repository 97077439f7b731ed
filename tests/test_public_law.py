"""What readers see of a publication: its number, since when, who checked which rule, and that it was long ago."""

import html
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from screener import provenance, remember
from screener.pdf import render_pdf
from screener.pdf_sheet import Sheet, summary_html
from screener.report import build
from statelaw import store
from statelaw.casefile import finding_data
from statelaw.document import plain_data
from statelaw.models import BY_ATTORNEY, BY_EDITORS, NOT_REVIEWED
from statelaw.reasoning import reason
from statelaw.store import PublicationInfo

from . import summaries
from .test_pdf import text_of
from .walker import walk_through

UNREVIEWED = "Researched, not yet reviewed by an attorney."
LIVE = datetime(2026, 11, 3, 15, tzinfo=UTC)
TODAY = summaries.TODAY


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def reader():
    return Client(HTTP_HOST="localhost")


@pytest.fixture
def publish(monkeypatch):
    """Puts a publication of a code into this process's memory, as the store builds it."""

    def put(code: str, number: int = 1, *, reviewed: date | None = None, **info) -> store.Snapshot:
        held = store.load()
        document = held.federal if code == "US" else held.laws[code].state
        data = plain_data(document)
        if reviewed:
            data["reviewed"] = reviewed.isoformat()
        info = {"reviewed_by": NOT_REVIEWED, "live_at": LIVE} | info
        row = PublicationInfo(code, number, LIVE, "digest", **info)
        snapshot = store._build({code: (data, row)}, held, None)
        monkeypatch.setattr(store._state, "snapshot", snapshot)
        return snapshot

    yield put
    remember._kept.clear()


def read(reader, address: str) -> str:
    response = reader.get(address)
    assert response.status_code == 200
    return plain(response.content.decode())


def plain(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split()).replace(" .", ".")


def rules_of(code: str) -> list[str]:
    document = store.federal_law() if code == "US" else store.law(code).state
    return [provision.id for provision in document.provisions]


def the_rule(page: str, rule: str) -> str:
    """One rule of the law page."""
    found = re.search(rf'<div class="rule" id="{rule}">(.*?)</p></div>', page, re.S)
    assert found
    return plain(found[1])


def az_report(as_of=TODAY):
    return build("AZ", summaries.cases_of("AZ")["usual"], as_of=as_of)[0]


def basis(report) -> str:
    values = {"code": report.code_in_address, "layers": report.layers, "as_of": report.as_of}
    return plain(render_to_string("screener/_report/basis.html", values))


# --- the publication ------------------------------------------------------------------------------------------------


def test_as_shipped_every_rule_and_the_page_say_that_no_attorney_reviewed_it(reader):
    page = reader.get("/law/az/").content.decode()
    assert page.count(UNREVIEWED) == len(rules_of("AZ")) + 1
    for rule in rules_of("AZ"):
        assert UNREVIEWED in the_rule(page, rule)
    assert "Publication" not in plain(page)


def test_the_law_page_names_its_publication_and_since_when_it_is_in_force(reader, publish):
    publish("AZ", 7)
    assert "Publication 7, in force since November 3, 2026. Checked against its sources on" in read(reader, "/law/az/")
    assert "Publication" not in read(reader, "/law/nv/")


def test_the_day_in_force_is_the_day_on_which_a_scheduled_publication_went_live(reader, publish):
    publish("AZ", 7, live_at=datetime(2026, 12, 1, 15, tzinfo=UTC))
    assert "in force since December 1, 2026" in read(reader, "/law/az/")


@pytest.mark.parametrize("code", ["AZ", "US"])
def test_what_one_person_published_alone_says_so_and_nothing_else_does(reader, publish, code):
    said = "Not checked by a second person."
    publish(code, 2, is_alone=True)
    assert said in read(reader, f"/law/{code.lower()}/")
    assert said not in read(reader, "/law/nv/")
    assert basis(az_report()).count(said) == 1
    assert "ot checked by a second person." in plain(summary_html([az_report()], Sheet(TODAY)))
    publish(code, 3)
    assert said not in read(reader, f"/law/{code.lower()}/")
    assert said not in basis(az_report())


def test_a_report_names_both_publications_on_screen_and_on_paper(publish):
    publish("AZ", 7)
    publish("US", 4, reviewed_by=BY_EDITORS)
    report = az_report()
    assert [(layer.code, layer.number) for layer in report.layers] == [("AZ", 7), ("US", 4)]
    said = basis(report)
    assert "Arizona law Publication 7, in force since November 3, 2026." in said
    assert "Federal law Publication 4, in force since November 3, 2026." in said
    assert said.index("Arizona law") < said.index(UNREVIEWED) < said.index("Federal law")
    assert "Checked by our editors." in said[said.index("Federal law") :]
    made = summary_html([report], Sheet(TODAY))
    assert "Arizona law: publication 7." in re.search(r'data-running="([^"]*)"', made)[1]  # stands on every page
    paper = plain(made)
    assert "Arizona law: publication 7." in paper
    assert "Federal law: publication 4." in paper
    assert "The federal rules: Checked by our editors." in paper
    assert "Federal law: Publication 4, in force since November 3, 2026." in paper


def test_what_scripts_get_names_both_publications_too(publish):
    publish("AZ", 7)
    publish("US", 4)
    law = store.law("AZ")
    found = finding_data(reason(law, summaries.cases_of("AZ")["usual"][0]), "one")
    assert found["publications"] == {"state": 7, "us": 4}


def test_a_report_reasoned_just_before_a_publication_does_not_take_that_ones_number(publish):
    publish("AZ", 7)
    law = store.law("AZ")
    publish("AZ", 8, is_alone=True, reviewed_by=BY_EDITORS)
    state, federal = provenance.layers_of(law)
    assert (state.number, state.since, state.is_alone, state.review) == (7, None, False, UNREVIEWED)
    assert federal.number == 0
    assert store.law("AZ") is not law
    assert provenance.layers_of(store.law("AZ"))[0].number == 8


# --- who checked which rule ------------------------------------------------------------------------------------------


def test_each_rule_says_who_checked_it_and_only_with_consent_by_name(reader, publish):
    first, second, third, *others = rules_of("AZ")
    publish(
        "AZ",
        3,
        reviewed_by="in part reviewed by a licensed attorney in this state",
        reviews={
            first: {"kind": "editor", "on": "2026-10-02", "name": "An Editor"},
            second: {"kind": "attorney", "on": "2026-10-03", "name": ""},
            third: {"kind": "attorney", "on": "2026-10-04", "name": "Ada <b>Lovelace</b> Jr."},
        },
    )
    page = reader.get("/law/az/").content.decode()
    assert the_rule(page, first).count("Checked by our editors on October 2, 2026.") == 1
    assert "An Editor" not in page
    assert "Reviewed by a licensed attorney in this state on October 3, 2026. Something" in the_rule(page, second)
    assert "in this state on October 4, 2026: Ada &lt;b&gt;Lovelace&lt;/b&gt; Jr." in page
    assert "Jr.." not in page
    for rule in others:
        assert UNREVIEWED in the_rule(page, rule)
    assert page.count(UNREVIEWED) == len(others)
    assert "In part reviewed by a licensed attorney in this state." in plain(page)


def test_the_same_stands_at_the_rule_in_the_report_and_on_paper(publish):
    publish(
        "AZ", 3, reviews={r: {"kind": "attorney", "on": "2026-10-03", "name": "Ada Lovelace"} for r in rules_of("AZ")}
    )
    publish("US", 2, reviews={r: {"kind": "attorney", "on": "2026-10-05", "name": ""} for r in rules_of("US")})
    report = az_report()
    body = plain(render_to_string("screener/_report/body.html", {"report": report}))
    shown = [rule for rule in (*report.reasons, *report.duties, *report.defenses, *report.near) if not rule.is_federal]
    assert shown
    said = "Reviewed by a licensed attorney in this state on October 3, 2026: Ada Lovelace."
    assert body.count(said) == len(shown)
    assert UNREVIEWED not in body
    assert said.rstrip(".") in plain(summary_html([report], Sheet(TODAY)))


def test_an_attorney_of_federal_rules_is_of_no_state(reader, publish):
    rule = rules_of("US")[0]
    publish("US", 2, reviews={rule: {"kind": "attorney", "on": "2026-10-05", "name": ""}})
    page = reader.get("/law/us/").content.decode()
    assert "Reviewed by a licensed attorney on October 5, 2026." in the_rule(page, rule)


def test_a_file_that_somebody_reviewed_as_a_whole_says_so_at_each_rule(reader, publish):
    publish("AZ", 2, reviewed_by=BY_ATTORNEY)
    page = reader.get("/law/az/").content.decode()
    assert UNREVIEWED not in page
    for rule in rules_of("AZ"):
        assert "Reviewed by a licensed attorney in this state." in the_rule(page, rule)


@pytest.mark.parametrize(
    "found", [{}, {"kind": "editor"}, {"kind": "editor", "on": "soon"}, {"kind": "x", "on": "2026-10-02"}]
)
def test_a_review_that_cannot_be_read_counts_for_nothing(publish, found):
    rule = rules_of("AZ")[0]
    publish("AZ", 2, reviewed_by=BY_EDITORS, reviews={rule: found})
    assert provenance.review_of(store.publication_of("AZ"), rule) == UNREVIEWED


# --- how long ago ---------------------------------------------------------------------------------------------------

OLD = "We last checked these rules on November 1, 2025, more than a year ago. The law may have changed since."
OLD_FEDERAL = (
    "We last checked the federal rules on November 1, 2025, more than a year ago. They may have changed since."
)


@pytest.mark.parametrize(
    ("reviewed", "today", "is_old"),
    [
        (date(2025, 11, 1), date(2026, 11, 1), False),
        (date(2025, 11, 1), date(2026, 11, 2), True),
        (date(2025, 11, 1), date(2026, 12, 1), True),
        (date(2024, 2, 29), date(2025, 2, 28), False),
        (date(2024, 2, 29), date(2025, 3, 1), True),
        (date(2027, 1, 1), date(2026, 11, 25), False),
    ],
)
def test_rules_are_overdue_twelve_months_after_they_were_checked(reviewed, today, is_old):
    layer = provenance.layer_of(store.law("AZ").state, store.publication_of("AZ"))
    assert replace(layer, reviewed=reviewed).is_old(today) is is_old


@pytest.fixture
def thirteen_months_on(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *args: date(2026, 12, 1))


@pytest.mark.usefixtures("thirteen_months_on")
def test_a_state_that_is_overdue_says_so_on_its_page_in_the_report_and_on_paper(client, publish):
    publish("AZ", 2, reviewed=date(2025, 11, 1))
    publish("US", 2, reviewed=date(2026, 11, 1))
    assert OLD in read(client, "/law/az/")
    assert OLD not in read(client, "/law/us/")
    walk_through(client, "AZ", disposition="nonjudicial", units="1", acres="0.2")
    report = read(client, "/report/")
    assert report.count(OLD) == 1
    assert OLD_FEDERAL not in report
    assert OLD in plain(summary_html([az_report(date(2026, 12, 1))], Sheet(TODAY)))


def test_where_both_are_overdue_it_is_said_in_one_breath(client, publish, thirteen_months_on):
    publish("AZ", 2, reviewed=date(2025, 11, 1))
    publish("US", 2, reviewed=date(2025, 10, 1))
    walk_through(client, "AZ", disposition="nonjudicial", units="1", acres="0.2")
    said = f"{OLD} We last checked the federal rules on October 1, 2025."
    assert said in read(client, "/report/")
    assert said in plain(summary_html([az_report(date(2026, 12, 1))], Sheet(TODAY)))


@pytest.mark.usefixtures("thirteen_months_on")
def test_so_does_the_federal_layer_in_every_states_report(client, publish):
    publish("US", 2, reviewed=date(2025, 11, 1))
    publish("NV", 2, reviewed=date(2026, 11, 1))
    assert OLD_FEDERAL in read(client, "/law/us/")
    assert "more than a year ago" not in read(client, "/law/nv/")
    walk_through(client, "NV", disposition="nonjudicial")
    report = read(client, "/report/")
    assert report.count(OLD_FEDERAL) == 1
    assert report.count("more than a year ago") == 1


def test_rules_checked_within_the_year_say_nothing_of_it(client, publish, monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *args: date(2026, 11, 1))
    publish("AZ", 2, reviewed=date(2025, 11, 1))
    publish("US", 2, reviewed=date(2025, 11, 1))
    walk_through(client, "AZ", disposition="nonjudicial")
    for address in ("/law/az/", "/law/us/", "/report/"):
        assert "more than a year ago" not in read(client, address)


def test_paper_with_all_that_it_can_say_of_its_law_still_fits(publish):
    reviews = {"kind": "attorney", "on": "2025-10-05", "name": "Bartholomew Featherstonehaugh-Cholmondeley III"}
    for code in ("NJ", "US"):
        found = dict.fromkeys(rules_of(code), reviews)
        publish(code, 12, reviewed=date(2025, 10, 1), is_alone=True, reviewed_by=BY_ATTORNEY, reviews=found)
    for name in ("all open", "four loans"):
        reports = build("NJ", summaries.cases_of("NJ")[name], as_of=TODAY)
        content = render_pdf(reports, Sheet(TODAY, "24-0113", summaries.LINK))
        assert summaries.pages_of(content) <= 5
        assert "more than a year ago" in text_of(content, 1)
