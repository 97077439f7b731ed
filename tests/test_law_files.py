"""Every way to break a law file is reported with file, place and key, all mistakes at once."""

import copy
from datetime import date
from typing import Any

import pytest
import yaml

from statelaw import national, publish
from statelaw.document import LawError, load_jurisdiction, parse_jurisdiction, plain_data

SHIPPED, MISTAKES = publish.shipped()
US = SHIPPED["US"].document
FACTS = SHIPPED["federal"].document

GOOD = """
state: AZ
name: Arizona
reviewed: 2026-11-25
process:
  usual: nonjudicial
  available: [nonjudicial, judicial]
  summary: The trustee sells the home.
  route: {judicial: same_case, nonjudicial: separate_suit}
  redemption: []
  sources: [{url: "https://example.org/a", kind: statute, supports: all of it}]
questions:
  - fact: az_lot_size
    kind: choice
    ask: How big is the lot?
    why: A rule turns on it.
    choices: [{value: small, label: Small}, {value: big, label: Big}]
  - {fact: az_lived, kind: yes_no, ask: "Did you live there?", why: A rule., usual: true, tick: I never did}
provisions:
  - id: az-1
    effect: bar
    heading: Small lots
    plain: You owe nothing more.
    when: {disposition: [nonjudicial], az_lot_size: [small], units: {max: 2}, loan_date: {from: 2015-01-01}}
    unless: [{az_lived: [false]}]
    cite: A.R.S. 1
    sources: [{url: "https://example.org/a", kind: statute, supports: all of it}]
    confidence: high
  - id: az-2
    effect: cap
    heading: Fair value
    plain: You owe the rest at most.
    when: {disposition: [judicial]}
    cite: A.R.S. 2
    measure: debt_minus_fair_value
    automatic: true
    ask_within: {count: 30, unit: days, of: sale}
    sources: [{url: "https://example.org/b", kind: case, supports: all of it}]
    confidence: medium
  - id: az-3
    effect: deadline
    heading: Ninety days
    plain: The lender must sue in time.
    when: {}
    cite: A.R.S. 3
    within: {count: 90, unit: days}
    of: sale
    action: Sue you for the rest.
    sources: [{url: "https://example.org/c", kind: statute, supports: all of it}]
    confidence: high
limitations: {years: 6, cite: A.R.S. 4, sources: [{url: "https://example.org/d", kind: statute, supports: all}]}
gaps: []
"""


def at(data: Any, path: str) -> Any:
    for part in path.split("."):
        data = data[int(part)] if isinstance(data, list) else data[part]
    return data


def broken(path: str, value: Any) -> dict[str, Any]:
    """The good file with the value at ``path`` replaced (``...``: taken out)."""
    data = yaml.safe_load(GOOD)
    *parents, last = path.split(".")
    home = at(data, ".".join(parents)) if parents else data
    key = int(last) if isinstance(home, list) else last
    if value is ...:
        del home[key]
    else:
        home[key] = value
    return data


def mistakes_of(data: Any) -> list[str]:
    with pytest.raises(LawError) as caught:
        parse_jurisdiction(data, "AZ.yaml", US)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_the_good_file_is_good():
    assert load_jurisdiction(GOOD, "AZ.yaml", US).provision("az-1").unless


BREAKS = [
    ("reviewed", ..., "file: reviewed: is missing"),
    ("reviewed", "2026-13-45", "file: reviewed: "),
    ("reviewed", 2026, "file: reviewed: expected a day"),
    ("state", "Arizona", "file: state: "),
    ("revised", 1, "file: revised: unknown key"),
    ("provisions", [], "provisions: as a whole: "),
    ("provisions", ..., "provisions: as a whole: is missing"),
    ("provisions", "none", "provisions: as a whole: "),
    ("process.usual", "trustee", "process: usual: "),
    ("process.usual", "strict", "process: usual: is not among available"),
    ("process.route.judicial", "same", "process: route.judicial: "),
    ("process.sources.0.url", "ftp://example.org", "process: sources.0.url: "),
    (
        "process.redemption",
        [{"after": "judicial", "count": 6, "unit": "months"}],
        "process: redemption.0.cite: is missing",
    ),
    ("limitations.sources", [], "limitations: sources: "),
    ("limitations.cite", ..., "limitations: cite: is missing"),
    ("limitations.years", 0, "limitations: years: "),
    ("questions.0.fact", "ca_lot_size", "ca_lot_size: fact: must start with az_"),
    ("questions.0.fact", "Lot Size", "Lot Size: fact: "),
    ("questions.0.kind", "list", "az_lot_size: kind: "),
    ("questions.0.kind", "yes_no", "az_lot_size: choices: stand with kind: choice"),
    ("questions.0.choices", [], "az_lot_size: choices: stand with kind: choice"),
    ("questions.0.choices.1.value", "small", "az_lot_size: choices: 'small' stands twice"),
    ("questions.0.usual", "huge", "az_lot_size: usual: 'huge' is not one of its answers"),
    ("questions.1.usual", "small", "az_lived: usual: 'small' is not one of its answers"),
    ("questions.1.fact", "az_lot_size", "az_lot_size: fact: stands twice"),
    ("questions.0.ask", ..., "az_lot_size: ask: is missing"),
    ("questions.0.help", "x", "az_lot_size: help: unknown key"),
    ("provisions.0.id", ..., "provisions: 0.id: is missing"),
    ("provisions.0.id", "ca-1", "ca-1: id: must start with az-"),
    ("provisions.0.id", "az-2", "az-2: id: stands twice"),
    ("provisions.0.effect", "forbid", "az-1: effect: "),
    ("provisions.0.cite", ..., "az-1: cite: is missing"),
    ("provisions.0.cite", "", "az-1: cite: "),
    ("provisions.0.sources", [], "az-1: sources: "),
    ("provisions.0.sources", ..., "az-1: sources: is missing"),
    ("provisions.0.sources.0.kind", "blog", "az-1: sources.0.kind: "),
    ("provisions.0.sources.0.supports", ..., "az-1: sources.0.supports: is missing"),
    ("provisions.0.confidence", "sure", "az-1: confidence: "),
    ("provisions.0.headline", "x", "az-1: headline: unknown key"),
    ("provisions.0.when", ..., "az-1: when: is missing"),
    ("provisions.0.when.dispositon", ["judicial"], "az-1: when.dispositon: no such fact in the vocabulary"),
    (
        "provisions.0.when.disposition",
        ["trustee_sale"],
        "az-1: when.disposition: 'trustee_sale' is not one of its values",
    ),
    ("provisions.0.when.disposition", "nonjudicial", "az-1: when.disposition: expected a list"),
    ("provisions.0.when.disposition", [], "az-1: when.disposition: an empty list can never hold"),
    ("provisions.0.when.disposition", {"min": 1}, "az-1: when.disposition: takes a list of values"),
    ("provisions.0.when.az_lot_size", ["tiny"], "az-1: when.az_lot_size: 'tiny' is not one of its values"),
    ("provisions.0.when.units", [2], "az-1: when.units: "),
    ("provisions.0.when.units", ["two"], "az-1: when.units: takes {min, max}"),
    ("provisions.0.when.units", {"min": 3, "max": 2}, "az-1: when.units: min is above max"),
    ("provisions.0.when.units", {"most": 2}, "az-1: when.units: expected a list"),
    ("provisions.0.when.units", {"from": date(2015, 1, 1)}, "az-1: when.units: takes {min, max}"),
    ("provisions.0.when.loan_date", {"from": 2015}, "az-1: when.loan_date.from: expected a day"),
    (
        "provisions.0.when.loan_date",
        {"from": date(2015, 1, 1), "to": date(2014, 1, 1)},
        "az-1: when.loan_date: from is after",
    ),
    ("provisions.0.when.loan_date", {"max": 3}, "az-1: when.loan_date: takes {from, to}"),
    ("provisions.0.when.farm", ["no"], "az-1: when.farm: 'no' is not one of its values"),
    ("provisions.0.unless.0", {}, "az-1: unless.1: is empty"),
    ("provisions.0.unless.0", {"az_live": [True]}, "az-1: unless.1.az_live: no such fact"),
    ("provisions.0.unless.0", {"az_lived": ["true"]}, "az-1: unless.1.az_lived: 'true' is not one of its values"),
    ("provisions.0.measure", "debt_minus_fair_value", "az-1: measure: does not stand with effect: bar"),
    ("provisions.0.within", {"count": 1, "unit": "days"}, "az-1: within: does not stand with effect: bar"),
    ("provisions.0.tick", "Skipped", "az-1: tick: does not stand with effect: bar"),
    ("provisions.0.in_force", {"sale_from": date(2015, 1, 1)}, "az-1: in_force.sale_from: unknown key"),
    ("provisions.1.measure", ..., "az-2: measure: is missing: effect: cap needs it"),
    ("provisions.1.automatic", ..., "az-2: automatic: is missing: effect: cap needs it"),
    ("provisions.1.measure", "other", "az-2: measure_note: is missing"),
    ("provisions.1.ask_within.of", "other", "az-2: ask_within.event: says in plain words"),
    ("provisions.1.ask_within.unit", "weeks", "az-2: ask_within.unit: "),
    ("provisions.2.within", ..., "az-3: within: is missing: effect: deadline needs it"),
    ("provisions.2.within.count", -1, "az-3: within.count: "),
    ("provisions.2.of", "auction", "az-3: of: "),
    ("provisions.2.of", "other", "az-3: event: says in plain words"),
    ("provisions.2.action", ..., "az-3: action: is missing: effect: deadline needs it"),
]


@pytest.mark.parametrize(("path", "value", "expected"), BREAKS, ids=[f"{b[0]}={b[1]!r:.30}" for b in BREAKS])
def test_a_broken_file_is_reported_with_file_place_and_key(path, value, expected):
    found = mistakes_of(broken(path, value))
    assert any(mistake.startswith(f"AZ.yaml: {expected}") for mistake in found), found


def test_one_break_makes_no_second_report_that_misleads():
    assert len(mistakes_of(broken("provisions.0.cite", ...))) == 1
    assert len(mistakes_of(broken("provisions.0.sources.0.kind", "blog"))) == 1


def test_all_mistakes_of_a_file_come_at_once():
    data = yaml.safe_load(GOOD)
    wanted = []
    for path, value, expected in BREAKS:
        if (
            path in ("provisions.0.cite", "provisions.1.measure", "provisions.2.action", "questions.0.ask")
            and value is ...
        ):
            *parents, last = path.split(".")
            del at(data, ".".join(parents))[last]
            wanted.append(expected)
    data["provisions"][0]["when"]["dispositon"] = ["judicial"]
    data["provisions"][2]["unless"] = [{"lien": ["second"]}]
    wanted += ["az-1: when.dispositon: no such fact", "az-3: unless.1.lien: 'second' is not one of its values"]
    found = mistakes_of(data)
    assert len(found) == len(wanted) == 6
    for expected in wanted:
        assert any(mistake.startswith(f"AZ.yaml: {expected}") for mistake in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "file: top level: expected keys and values"),
        ("- state: AZ", "file: top level: expected keys and values"),
        ("state: [AZ", "YAML: "),
        ("a: b: c", "line 1: YAML: "),
        ("state: \x00", "file: YAML: "),
        ("? [a]\n: b", "line 1: YAML: "),
        ("state: !!python/object:os.system x", "line 1: YAML: "),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "line 2: YAML: aliases are not allowed"),
        ("state: " + "[" * 50_000, "line 1: YAML: "),
        ("{a: " * 40 + "1" + "}" * 40, "line 1: YAML: nested too deeply"),
        ("name: " + "x" * 600_000, "file: size: more than 512 kB"),
        (GOOD + "state: CA\n", "state: stands twice"),
        ("state: !!bool maybe", "file: YAML: holds a value that cannot be read"),
        ("state: !!float ''", "file: YAML: holds a value that cannot be read"),
        ("state: 1" + ":00" * 600 + ".5", "file: YAML: holds a value that cannot be read"),
        ("state: !!timestamp soon", "state"),
        ("provisions:\n" + "- {}\n" * 30_000, "more parts than any law has"),
    ],
    ids=[
        "empty", "list", "open", "colons", "null", "key", "object", "aliases", "brackets", "deep", "large", "twice",
        "bool", "float", "sixties", "day", "parts",
    ],
)  # fmt: skip
def test_text_that_is_not_a_law_file_is_refused(text, expected):
    with pytest.raises(LawError) as caught:
        load_jurisdiction(text, "AZ.yaml", US)
    found = [str(mistake) for mistake in caught.value.mistakes]
    assert any(expected in mistake for mistake in found), found
    assert all(mistake.startswith("AZ.yaml: ") for mistake in found)


@pytest.mark.parametrize("sign", ["\0", "\x1b", "\x7f", "\u202e", "\u2066"])
@pytest.mark.parametrize("place", ["name", "provisions.0.heading", "provisions.0.sources.0.url"])
def test_signs_that_cannot_be_seen_are_refused(sign, place):
    """They can make a rule look like another one, and PostgreSQL does not keep the first of them at all."""
    found = mistakes_of(broken(place, f"https://example.org/{sign}x"))
    assert len(found) == 1 and f"a sign that cannot be seen (U+{ord(sign):04X})" in found[0]


@pytest.mark.parametrize(
    ("place", "item", "most"),
    [
        ("provisions.0.unless", {"lien": ["first"]}, 20),
        ("provisions.0.caveats", "A doubt.", 30),
        ("provisions.0.sources", {"url": "https://example.org/a", "kind": "statute", "supports": "all"}, 25),
        ("gaps", "A gap.", 60),
    ],
)
def test_a_list_is_no_longer_than_a_form_can_hold(place, item, most):
    assert parse_jurisdiction(broken(place, [item] * most), "AZ.yaml", US)
    assert len(mistakes_of(broken(place, [item] * (most + 1)))) == 1


def test_no_more_mistakes_are_listed_than_anybody_reads():
    text = GOOD.partition("provisions:")[0] + "provisions:\n" + "- {}\n" * 2000
    with pytest.raises(LawError) as caught:
        load_jurisdiction(text, "AZ.yaml", US)
    assert len(caught.value.mistakes) < 510
    assert "more mistakes" in str(caught.value)


def test_a_key_that_stands_twice_does_not_hide_the_other_mistakes():
    with pytest.raises(LawError) as caught:
        load_jurisdiction(GOOD.replace("cite: A.R.S. 1\n", "plain: Twice.\n"), "AZ.yaml", US)
    found = "\n".join(map(str, caught.value.mistakes))
    assert "plain: stands twice" in found
    assert "az-1: cite: is missing" in found


# --- the law as shipped ------------------------------------------------------------------------------------------


def test_every_shipped_file_loads():
    assert MISTAKES == ()
    assert len(SHIPPED) == len(publish.shipped_paths())
    states = {code for code in SHIPPED if len(code) == 2} - {"US"}
    assert len(states) == 51
    assert {f"collection-{code}" for code in states} == {c for c in SHIPPED if c.startswith("collection-")}


@pytest.mark.parametrize("code", sorted(c for c in SHIPPED if len(c) == 2))
def test_a_document_survives_being_kept_as_json(code):
    document = SHIPPED[code].document
    assert parse_jurisdiction(plain_data(document), code, None if code == "US" else US) == document


def test_all_sources_and_citations_are_there():
    for code, draft in SHIPPED.items():
        if len(code) == 2:
            assert draft.document.process.sources or code == "US", code
            assert all(p.cite and p.sources for p in draft.document.provisions), code


# --- what stands beside the law ----------------------------------------------------------------------------------


def national_mistakes(code: str, change) -> list[str]:
    data = copy.deepcopy(SHIPPED[code].data)
    change(data)
    shelf = publish.Shelf(federal=US, facts=FACTS)
    with pytest.raises(LawError) as caught:
        shelf.parse(code, data, f"{code}.yaml")
    return [str(mistake) for mistake in caught.value.mistakes]


def put(path: str, value: Any):
    def change(data):
        *parents, last = path.split(".")
        home = at(data, ".".join(parents)) if parents else data
        key = int(last) if isinstance(home, list) else last
        if value is ...:
            del home[key]
        else:
            home[key] = value

    return change


@pytest.mark.parametrize(
    ("code", "path", "value", "expected"),
    [
        ("collection-AZ", "homestead.cite", ..., "homestead: cite: is missing"),
        ("collection-AZ", "homestead.amount", "lots", "homestead: amount"),
        ("collection-AZ", "judgment.sources", [], "judgment: sources: "),
        ("collection-AZ", "judgment.year", 3, "judgment: year: unknown key"),
        ("collection-AZ", "wage_garnishment.limits.0.percent", ..., "wage_garnishment: limits.0.percent: is missing"),
        ("collection-AZ", "wage_garnishment.limits.0.rate", 7.25, "wage_garnishment: limits.0.rate: does not stand"),
        ("collection-AZ", "wage_garnishment.limits.0.percent", 120, "wage_garnishment: limits.0.percent: "),
        ("collection-AZ", "wage_garnishment.allowed", False, "wage_garnishment: limits: stand only where"),
        ("collection-AZ", "help.0.phone", "call us", "help: 0.phone: "),
        ("collection-AZ", "help.0.url", "javascript:alert(1)", "help: 0.url: "),
        ("collection-AZ", "help", [], "help: "),
        ("collection-AZ", "state", "CA", "file: state: is CA, but the file's name says AZ"),
        ("federal", "bankruptcy.means_test.cite", ..., "bankruptcy.means_test: cite: is missing"),
        ("federal", "bankruptcy.means_test.sources", [], "bankruptcy.means_test: sources: "),
        ("federal", "bankruptcy.means_test.from_knowledge.points", ..., "from_knowledge: points: is missing"),
        (
            "federal",
            "bankruptcy.filing_fees.installments.from_knowledge",
            ["x"],
            "bankruptcy.filing_fees: installments.from_",
        ),
        ("federal", "bankruptcy.note", "x", "bankruptcy: note: expected a topic"),
        ("federal", "help.0.url", "x", "help: 0.url: "),
        ("federal", "reviewed", ..., "file: reviewed: is missing"),
        (
            "options",
            "options.0.when.stage",
            ["gone"],
            "answer-court-papers: when.stage: 'gone' is not one of its values",
        ),
        ("options", "options.0.when.weather", ["wet"], "answer-court-papers: when.weather: no such fact"),
        ("options", "options.0.urgency", 4, "answer-court-papers: urgency: "),
        ("options", "options.0.rests_on", ["us-nowhere"], "answer-court-papers: rests_on: us-nowhere: neither"),
        ("options", "options.1.id", "answer-court-papers", "answer-court-papers: id: stands twice"),
        ("options", "options.0.this_week", [], "answer-court-papers: this_week: "),
    ],
)
def test_a_broken_file_beside_the_law_is_reported_with_file_place_and_key(code, path, value, expected):
    found = national_mistakes(code, put(path, value))
    assert any(expected in mistake for mistake in found), found


def test_what_rests_on_general_knowledge_is_out_of_reach_of_pages():
    assert FACTS.unsourced
    for path, held in FACTS.unsourced.items():
        shown = str(FACTS.fact(path))
        assert "from_knowledge" not in shown
        for note in held.held_back.get("notes", ()):
            assert note not in shown
    fact = FACTS.fact("federal_benefits.exempt_list")
    assert "1383" not in str(fact)
    assert "states_that_let_you_choose" not in FACTS.fact("bankruptcy.federal_exemptions").more


def test_every_footing_of_an_option_is_sourced():
    for option in SHIPPED["options"].document.options:
        for path in option.rests_on:
            sources = US.provision(path).sources if path.startswith("us-") else FACTS.fact(path).sources
            assert sources


def test_federal_facts_survive_being_kept_as_json():
    assert national.parse_federal(SHIPPED["federal"].data, "federal.yaml") == FACTS
