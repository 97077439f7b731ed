"""``manage.py assess``: cases in, one finding a line out."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from statelaw import store
from statelaw.casefile import CaseError, parse_amount, parse_case, parse_days
from statelaw.deadlines import Interval

TRUSTEE_SALE = """
- name: one
  state: AZ
  stage: lost
  facts: {disposition: nonjudicial, lien: first, residence: primary, loan_use: purchase, units: 3, acres: 0.3}
  money: {owed: 300000, sale_price: 240000, fair_value: 262000}
  dates: {sale: 2026-08-03, today: 2026-11-24}
  lender_acted: true
  expect: {outcome: capped, exposure: 38000, cites: ["33-814(A)"]}
"""


def run(tmp_path, text: str, *args: str) -> tuple[list[dict], str, int]:
    path = tmp_path / "cases.yaml"
    path.write_text(text)
    out, err, code = StringIO(), StringIO(), 0
    try:
        call_command("assess", str(path), *args, stdout=out, stderr=err)
    except SystemExit as stop:
        code = stop.code
    return [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue(), code


def test_a_case_comes_out_whole(tmp_path):
    [found], _, code = run(tmp_path, TRUSTEE_SALE)
    assert code == 0
    assert found["outcome"] == "capped"
    assert found["possible"] == ["capped"]
    assert found["cases"] == [{"if": {}, "outcome": "capped", "exposure": {"low": 38000, "high": 38000}}]
    assert found["exposure"] == {"low": 38000, "high": 38000}
    deadline = {"provision": "az-33-814-a-deadline", "date": "2026-11-01", "not_before": False, "passed": "yes"}
    assert deadline in found["deadlines"]
    assert found["open_facts"] == []
    assert set(found["publications"]) == {"state", "us"}
    assert any("33-814(A)" in cite for cite in found["cites"])


def test_cases_may_be_json_and_take_their_state_from_the_command_line(tmp_path):
    cases = json.dumps([{"name": "j", "facts": {"disposition": "nonjudicial"}}])
    [found], _, code = run(tmp_path, cases, "--state", "az")
    assert (found["state"], code) == ("AZ", 0)
    assert found["outcome"] == "depends"
    assert len(found["cases"]) > 1


def test_a_day_left_out_is_today(tmp_path):
    [found], _, _ = run(tmp_path, "[{name: a, state: AZ}]")
    assert found["limitations"]["passed"] == "no"


def test_check_passes_and_fails_with_a_table(tmp_path):
    _, err, code = run(tmp_path, TRUSTEE_SALE, "--check")
    assert code == 0
    assert "1 of 1 cases as expected" in err
    wrong = TRUSTEE_SALE.replace("38000,", "37000,").replace("outcome: capped", "outcome: [barred, exposed]")
    _, err, code = run(tmp_path, wrong.replace("33-814(A)", "33-729"), "--check")
    assert code == 1
    lines = err.splitlines()
    assert lines[0].split() == ["case", "key", "expected", "found"]
    assert [line.split()[1] for line in lines[1:4]] == ["outcome", "exposure", "cites"]


def test_expectations_take_lists_and_both_ends(tmp_path):
    text = TRUSTEE_SALE.replace("capped,", "[capped, depends],").replace("38000,", "{low: 38000, high: 38000},")
    assert run(tmp_path, text, "--check")[2] == 0
    text = TRUSTEE_SALE.replace("exposure: 38000,", "exposure: {low: 0, high: 38000},")
    assert run(tmp_path, text, "--check")[2] == 1


BAD = {
    "state: ZZ": "state",
    "state: AZ, stage: gone": "stage",
    "state: AZ, sold: true": "sold",
    "state: AZ, facts: {dispositon: judicial}": "facts.dispositon",
    "state: AZ, facts: {ca_lived_in: true}": "facts.ca_lived_in",
    "state: AZ, facts: {disposition: auction}": "facts.disposition",
    "state: AZ, facts: {az_home_finished: yes please}": "facts.az_home_finished",
    "state: AZ, facts: {units: 1.5}": "facts.units",
    "state: AZ, facts: {units: true}": "facts.units",
    "state: AZ, facts: {acres: -1}": "facts.acres",
    "state: AZ, facts: {acres: .inf}": "facts.acres",
    "state: AZ, facts: {lien: first, foreclosed_by: senior_lender}": "facts.foreclosed_by",
    "state: AZ, facts: {disposition: short_sale, foreclosed_by: senior_lender}": "facts.foreclosed_by",
    "state: AZ, facts: {sale_date: 2026-01-02}, dates: {sale: 2026-01-03}": "facts.sale_date",
    "state: AZ, dates: {sale: 2020-01-02, loan: 2021-01-01}": "dates.loan",
    "state: AZ, dates: {sale: tomorrow}": "dates.sale",
    "state: AZ, dates: {sale: 2026-02-30x}": "dates.sale",
    "state: AZ, dates: {today: 2026}": "dates.today",
    "state: AZ, dates: {wedding: 2026-01-01}": "dates.wedding",
    "state: AZ, money: {owed: lots}": "money.owed",
    "state: AZ, money: {owed: -5}": "money.owed",
    "state: AZ, money: {owd: 5}": "money.owd",
    "state: AZ, acted: {az-none: true}": "acted.az-none",
    "state: AZ, lender_acted: maybe": "lender_acted",
    "state: AZ, facts: {skipped: [az-33-814-g]}": "facts.skipped.az-33-814-g",
    "state: AZ, facts: 5": "facts",
    "state: AZ, stage: scheduled, dates: {sale: 2020-01-02, today: 2026-11-24}": "dates.sale",
    "state: NY, dates: {sale: 2026-11-10, deed_recorded: 2026-01-01}": "dates.deed_recorded",
    "state: IA, dates: {sale: 2020-11-10, foreclosure_judgment: 2025-01-01}": "dates.foreclosure_judgment",
    "state: AZ, acted: {az-33-814-g: true}": "acted.az-33-814-g",
    "state: AZ, asked: {az-33-814-a-deadline: true}": "asked.az-33-814-a-deadline",
    "state: AZ, dates: {az-33-814-g: 2026-01-01}": "dates.az-33-814-g",
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_case_is_named_with_its_key_and_the_others_still_run(tmp_path, case):
    found, err, code = run(tmp_path, f"- {{name: bad, {case}}}\n- {{name: good, state: AZ}}\n")
    assert code == 1
    assert [item["name"] for item in found] == ["good"]
    assert f"bad: {BAD[case]}: " in err


def test_a_file_that_cannot_be_read_is_named_and_the_other_files_still_run(tmp_path):
    good = tmp_path / "good.yaml"
    good.write_text("[{name: good, state: AZ}]")
    for text in ("just words", "- {name: a", "\x00"):
        found, err, code = run(tmp_path, text, str(good))
        assert [item["name"] for item in found] == ["good"]
        assert "cases.yaml: cannot be read: " in err
        assert code == 1
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit):
        call_command("assess", str(tmp_path / "nowhere.yaml"), str(good), stdout=out, stderr=err)
    assert json.loads(out.getvalue())["name"] == "good"


def test_a_key_written_twice_spoils_its_own_case_alone(tmp_path):
    found, err, code = run(tmp_path, "- {name: a, state: AZ, state: CA}\n- {name: b, state: AZ}\n")
    assert [item["name"] for item in found] == ["b"]
    assert "a: state: stands twice" in err
    assert code == 1


def test_cases_may_share_parts_by_yaml_anchors(tmp_path):
    text = """
- {name: one, state: AZ, facts: &home {disposition: nonjudicial, lien: first, units: 1, acres: 0.2}}
- {name: two, state: AZ, facts: {<<: *home, units: 3}}
"""
    one, two = run(tmp_path, text)[0]
    assert (one["outcome"], two["outcome"]) == ("barred", "capped")


def test_json_with_tabs_is_read_too(tmp_path):
    [found], _, _ = run(tmp_path, '[\n\t{"name": "t", "state": "AZ"}\n]')
    assert found["name"] == "t"


def test_a_name_may_be_anything_and_comes_out_as_text(tmp_path):
    found, _, code = run(tmp_path, "- {name: 2026-01-01, state: AZ}\n- {state: AZ}\n")
    assert [item["name"] for item in found] == ["2026-01-01", "case 2"]
    assert code == 0


def test_an_expectation_that_is_no_mapping_is_a_bad_case(tmp_path):
    _, err, code = run(tmp_path, "- {name: a, state: AZ, expect: capped}", "--check")
    assert "a: expect: expected keys and values" in err
    assert code == 1


def test_days_months_and_years_stand_for_their_days():
    assert parse_days("2024-02") == Interval(date(2024, 2, 1), date(2024, 2, 29))
    assert parse_days(2026) == Interval(date(2026, 1, 1), date(2026, 12, 31))
    assert parse_days(date(2026, 3, 1)).is_exact
    for wrong in ("03/01/2026", "2026-13", True, 1.5, [1], "20260", 12):
        with pytest.raises(ValueError):
            parse_days(wrong)


def test_amounts():
    assert parse_amount("$245,000") == 245_000
    assert parse_amount(None) is None
    for wrong in ("NaN", "inf", True, [], "1e99", "two"):
        with pytest.raises(ValueError):
            parse_amount(wrong)


def test_a_circumstance_left_out_is_not_so_and_null_is_not_known():
    law = store.law("AZ")
    base = {"disposition": "nonjudicial", "lien": "first", "units": 1, "acres": 0.2}
    from statelaw.reasoning import reason

    ordinary = reason(law, parse_case({"facts": base}, law, date(2026, 11, 24)))
    assert ordinary.outcome == "barred"
    unknown = reason(law, parse_case({"facts": base | {"role": None}}, law, date(2026, 11, 24)))
    assert unknown.outcome == "depends"
    assert "role" in unknown.open_facts


def test_skipped_takes_a_list_or_a_mapping():
    law = store.law("NY")
    listed = parse_case({"facts": {"skipped": ["ny-1371-service-of-motion"]}}, law, date(2026, 11, 24))
    assert listed.skipped == {"ny-1371-service-of-motion": True}
    mapped = parse_case({"facts": {"skipped": {"ny-1371-service-of-motion": None}}}, law, date(2026, 11, 24))
    assert mapped.skipped == {"ny-1371-service-of-motion": None}
    unknown = parse_case({"facts": {"skipped": None}}, law, date(2026, 11, 24))
    assert unknown.skipped == {"ny-1371-service-of-motion": None}
    with pytest.raises(CaseError, match="skipped"):
        parse_case({"facts": {"skipped": 3}}, law, date(2026, 11, 24))
