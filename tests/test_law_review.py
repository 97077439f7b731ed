"""check_law: what the law as written leaves open, worked out exactly and written down."""

import io
import json
import random
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from statelaw import facts, publish, review
from statelaw.compiled import Law
from statelaw.document import parse_jurisdiction
from statelaw.management.commands import check_law, law_schema

SHIPPED, _ = publish.shipped()
US = SHIPPED["US"].document
STATES = sorted(code for code in SHIPPED if len(code) == 2 and code != "US")
DAYS = [date(1985, 1, 1), date(2005, 6, 1), date(2009, 8, 1), date(2013, 6, 1), date(2016, 1, 1), date(2026, 3, 1)]


def law(code: str) -> Law:
    return Law(SHIPPED[code].document, US)


def holds(conditions: dict[str, Any], point: dict[str, Any]) -> bool:
    """Conditions as written in the file, held against one point. Written apart from the program's own reading."""
    for name, allowed in conditions.items():
        value = point[name]
        if isinstance(allowed, list):
            if value not in allowed:
                return False
            continue
        bounds = {
            key: date.fromisoformat(v) if isinstance(value, date) else Decimal(v) for key, v in allowed.items() if v
        }
        low, high = bounds.get("min", bounds.get("from")), bounds.get("max", bounds.get("to"))
        if (low is not None and value < low) or (high is not None and value > high):
            return False
    return True


def says_something(data: dict[str, Any], point: dict[str, Any]) -> bool:
    for provision in data["provisions"]:
        if provision["effect"] not in ("permit", "bar", "waiver"):
            continue
        force = provision.get("in_force") or {}
        span = {}
        for fact, start, end in (("sale_date", "sales_from", "sales_to"), ("loan_date", "loans_from", "loans_to")):
            if force.get(start) or force.get(end):
                span[fact] = {"from": force.get(start), "to": force.get(end)}
        if holds(provision["when"], point) and holds(span, point):
            if not any(holds(clause, point) for clause in provision.get("unless") or ()):
                return True
    return False


def points(code: str, count: int):
    """Random points of a state's grid."""
    document = SHIPPED[code].document
    known = law(code).facts
    random_ = random.Random(code)
    ways = facts.legal_paths((*document.process.available, *facts.WORKOUTS))
    for _ in range(count):
        point = {name: fact.usual for name, fact in known.items()}
        point["disposition"], point["foreclosed_by"], point["lien"] = random_.choice(ways)
        for name in ("residence", "loan_use", "buyer"):
            point[name] = random_.choice(known[name].values)
        point["units"] = random_.choice(facts.GRID_UNITS)
        point["acres"] = Decimal(random_.choice(("0.2", "4", "12", "60")))
        point["loan_date"], point["sale_date"] = sorted(random_.choices(DAYS, k=2))
        for question in document.questions:
            point[question.fact] = random_.choice(known[question.fact].values or (Decimal(5),))
        yield point


def inside(gap: review.Gap, point: dict[str, Any]) -> bool:
    for name, value in gap.when.items():
        if isinstance(value, dict) or (isinstance(value, list) and isinstance(value[0], dict)):
            return False  # a stretch of days or numbers: not compared here
        if point[name] not in (value if isinstance(value, list) else [value]):
            return False
    return True


@pytest.mark.parametrize("code", STATES)
def test_the_gaps_are_exactly_where_no_rule_speaks(code):
    gaps = review.review(law(code)).gaps
    for point in points(code, 250):
        assert says_something(SHIPPED[code].data, point) != any(inside(gap, point) for gap in gaps), point


def document(*provisions: dict[str, Any], **more: Any) -> Law:
    """A small state: what is given, beside a permit for foreclosures by this lender."""
    common = {
        "heading": "h",
        "plain": "p",
        "cite": "c",
        "confidence": "high",
        "sources": [{"url": "https://example.org", "kind": "statute", "supports": "s"}],
    }
    rules = [{"id": "az-permit", "effect": "permit", "when": {"foreclosed_by": ["this_lender"]}}, *provisions]
    data = {
        "state": "AZ",
        "name": "Arizona",
        "reviewed": date(2026, 1, 1),
        "process": {
            "usual": "nonjudicial",
            "available": ["nonjudicial"],
            "summary": "s",
            "route": {"nonjudicial": "separate_suit"},
            "sources": common["sources"],
        },
        "questions": more.get("questions", []),
        "provisions": [{**common, **rule} for rule in rules],
    }
    return Law(parse_jurisdiction(data, "AZ.yaml", US), US)


def notes(*provisions: dict[str, Any], **more: Any) -> list[str]:
    return [str(note) for note in review.review(document(*provisions, **more)).notes]


def test_a_gap_is_named_by_its_facts_and_counted():
    found = review.review(document())
    assert [dict(gap.when) for gap in found.gaps] == [
        {"disposition": "nonjudicial", "foreclosed_by": "senior_lender", "lien": "junior"}
    ]
    assert (found.uncovered, found.combinations) == (30, 210)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"when": {"disposition": ["judicial"]}}, "when.disposition: the rule can never hold: none of these is among"),
        ({"when": {"foreclosed_by": ["senior_lender"], "lien": ["first"]}}, "conditions rule each other out"),
        (
            {"when": {"foreclosed_by": ["senior_lender"], "disposition": ["short_sale"]}},
            "conditions rule each other out",
        ),
        (
            {"when": {"loan_date": {"from": date(2020, 1, 1)}, "sale_date": {"to": date(2019, 1, 1)}}},
            "conditions rule each other out",
        ),
        (
            {"when": {"sale_date": {"from": date(2020, 1, 1)}}, "in_force": {"sales_to": date(2019, 1, 1)}},
            "when.sale_date: the rule can never hold",
        ),
        (
            {"when": {"lien": ["first"]}, "unless": [{"foreclosed_by": ["this_lender"]}]},
            "unless: the rule can never hold",
        ),
        (
            {"when": {}, "unless": [{"farm": [True]}, {"farm": [False]}]},
            "unless: the rule can never hold: an exception holds whenever it does",
        ),
        (
            {"when": {"lien": ["first"]}, "unless": [{"lien": ["junior"]}]},
            "unless.1: can never hold beside the rule's own conditions",
        ),
    ],
)
def test_a_rule_or_exception_that_can_never_hold_is_named(rule, expected):
    found = notes({"id": "az-never", "effect": "bar", **rule})
    assert any("az-never" in note and expected in note for note in found), found


def test_a_rule_that_can_hold_is_not_named():
    assert notes({"id": "az-bar", "effect": "bar", "when": {"farm": [True]}, "unless": [{"units": {"min": 3}}]}) == []


def test_questions_that_nothing_uses_and_missing_ticks_are_named():
    question = {"fact": "az_lived", "kind": "yes_no", "ask": "Lived?", "why": "w", "usual": True}
    found = notes({"id": "az-duty", "effect": "duty", "when": {}, "action": "Tell you."}, questions=[question])
    assert [note.split(": ", 1)[1] for note in found] == [
        "az_lived: fact: no provision turns on this question",
        "az_lived: tick: is missing: this circumstance is asked as a box to tick",
        "az-duty: tick: is missing: a duty that was skipped is asked as a box to tick",
    ]


# --- the command -----------------------------------------------------------------------------------------------------


def run(*arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("check_law", *arguments, stdout=out, stderr=out, **options)
    return out.getvalue()


def test_the_law_as_shipped_passes_and_prints_a_table_per_state():
    said = run()
    for code in STATES:
        assert f"{code} {SHIPPED[code].document.name}: " in said
    assert "law: 0 mistakes" in said
    assert run(quiet=True).count("\n") == 1


def test_one_file_can_be_checked_by_itself(tmp_path):
    path = tmp_path / "AZ.yaml"
    path.write_text((publish.LAW_DIR / "AZ.yaml").read_text())
    said = run(str(path))
    assert said.startswith("AZ Arizona: ")
    assert "CA California" not in said


def test_mistakes_are_listed_and_fail(tmp_path):
    path = tmp_path / "AZ.yaml"
    path.write_text((publish.LAW_DIR / "AZ.yaml").read_text().replace("name: Arizona", "nme: Arizona", 1))
    out = io.StringIO()
    with pytest.raises(CommandError, match="2 mistakes"):
        call_command("check_law", str(path), stdout=out, stderr=out)
    assert "AZ.yaml: file: nme: unknown key" in out.getvalue()
    assert "AZ.yaml: file: name: is missing" in out.getvalue()


@pytest.mark.parametrize("name", ["AZ.yaml", "US.yaml", "federal.yaml", "options.yaml"])
def test_a_file_that_cannot_be_read_at_all_fails(tmp_path, name):
    path = tmp_path / name
    path.write_text("state: [\n")
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("check_law", str(path), stdout=out, stderr=out)
    assert f"{name}: line 2: YAML: " in out.getvalue()


@pytest.mark.django_db
def test_published_law_can_be_checked_by_code():
    with pytest.raises(CommandError):
        run("NV")
    call_command("load_law", str(publish.LAW_DIR / "NV.yaml"), stdout=io.StringIO())
    assert run("NV").startswith("NV Nevada: ")


def test_the_findings_written_down_are_current():
    shelf = publish.Shelf()
    for code in sorted(SHIPPED, key=publish.reading_order):
        shelf.put(code, SHIPPED[code].document)
    text = check_law.FINDINGS.read_text(encoding="utf-8")
    assert check_law.renewed(text, check_law.reviews_of(shelf)) == text, "run: manage.py check_law --write"
    assert sorted(check_law.BLOCK.findall(text)[i][1] for i in range(52)) == sorted([*STATES, "US"])


def test_the_json_schema_written_down_is_current():
    assert law_schema.SCHEMA.read_text(encoding="utf-8") == law_schema.schema_text(), (
        "run: manage.py law_schema --write"
    )
    schema = json.loads(law_schema.schema_text())
    out = io.StringIO()
    call_command("law_schema", stdout=out)
    assert json.loads(out.getvalue()) == schema
    provision = schema["$defs"]["Provision"]
    assert provision["additionalProperties"] is False
    assert set(provision["required"]) >= {"id", "effect", "heading", "plain", "when", "cite", "sources", "confidence"}
