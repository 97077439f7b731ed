"""Law by scenario: facts in, outcome, amount and citation out, one file a jurisdiction."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from statelaw import casefile, store
from statelaw.reasoning import reason

FOLDER = Path(__file__).parent / "scenarios"


def scenarios(code: str) -> list[dict]:
    return yaml.safe_load((FOLDER / f"{code}.yaml").read_text())


ALL = [(code, case) for code in (*store.codes(), "US") for case in scenarios(code)]


@pytest.mark.parametrize(("code", "case"), ALL, ids=[case["name"] for _, case in ALL])
def test_the_law_says_what_the_statute_says(code, case):
    law = store.law(case["state"])
    finding = reason(law, casefile.parse_case(case, law, date.today()))
    assert casefile.compare(case["name"], case["expect"], finding) == []


@pytest.mark.parametrize("code", [*store.codes(), "US"])
def test_every_jurisdiction_has_five_scenarios_that_expect_an_outcome_and_say_why(code):
    found = scenarios(code)
    assert len(found) >= 5
    assert len({case["name"] for case in found}) == len(found)
    for case in found:
        assert case["expect"].get("outcome")
        assert case["why"]
        assert case["dates"]["today"], "a scenario never changes with the calendar"
