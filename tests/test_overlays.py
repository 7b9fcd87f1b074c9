"""Plans on top of a state's program: their rows in reference files, their rules in the result, and who judged a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import billing
from billing.overlays import bases_of, for_overlays
from billing.references import read_references

BASE = """\
program: zz-base
state: ZZ
name: A made-up program
effective: 2020-01-01
status: in_force
services:
  - {id: one, procedure: "98960", modifiers: ["U7"], source: page}
unit_limits:
  - {id: daily, at_most: 4, measure: units, per: day, source: page}
sources:
  page: {title: A page, publisher: X, form: bulletin, dated: "2024-01-15", read_on: 2026-11-22, official: true}
"""
PLAN = """\
program: zz-plan
extends: zz-base
payers: ["P2"]
unit_limits:
  - {id: daily, at_most: 2, measure: units, per: day, source: notice}
sources:
  notice: {title: A notice, publisher: X, form: bulletin, dated: "2025-01-15", read_on: 2026-11-22, official: true}
"""
OTHER = """\
program: zz-other
state: ZZ
name: Another made-up program
effective: 2020-01-01
status: in_force
services:
  - {id: any, procedure: "98960", source: page}
sources:
  page: {title: A page, publisher: X, form: bulletin, dated: "2024-01-15", read_on: 2026-11-22, official: true}
"""


@pytest.fixture
def codesets(tmp_path: Path) -> Any:
    for name, text in (("zz-base", BASE), ("zz-plan", PLAN), ("zz-other", OTHER)):
        (tmp_path / f"{name}.yaml").write_text(text)
    return billing.load_codesets(states=["ZZ"], folders=[tmp_path])


def a_claim(claim_id: str, payer: str, *units: str) -> dict[str, Any]:
    lines = [
        {"line_number": number, "procedure_code": "98960", "modifiers": ["U7"], "charge": "10.00", "units": each,
         "unit_basis": "UN", "service_date": f"2026-05-0{number}", "diagnosis_pointers": [1]}
        for number, each in enumerate(units, 1)
    ]  # fmt: skip
    return {
        "claim_id": claim_id, "member": {"id": f"M-{claim_id}", "birth_date": "1990-01-31"}, "relationship": "18",
        "payer": {"id": payer}, "billing_provider": {"npi": "1234567893"}, "rendering_provider": {"npi": "1558598797"},
        "place_of_service": "12", "frequency_code": "1", "diagnoses": ["F330"], "charge": f"{len(units) * 10}.00",
        "lines": lines,
    }  # fmt: skip


def test_rows_that_name_a_base_are_repeated_for_its_overlays_behind_the_file(codesets: Any) -> None:
    assert bases_of(codesets) == {"zz-base": ["zz-plan"]}
    members = pl.DataFrame(
        {
            "member_id": ["1", "2", "3", "4"],
            "effective": ["2026-01-01"] * 4,
            "program": ["zz-base", None, "zz-plan", "yy"],
        }
    )
    history = pl.DataFrame(
        {"claim_id": ["H"], "line_number": [1], "member_id": ["1"], "procedure_code": ["98960"], "units": [1],
         "service_date": ["2026-01-01"], "status": ["paid"], "program": ["zz-base"]}
    )  # fmt: skip
    given = read_references(members=members, history=history, enrollments=None)
    read = for_overlays(given, codesets)
    assert read.members is not None
    assert read.members.select("member_id", "program").rows() == [
        ("1", "zz-base"), ("2", None), ("3", "zz-plan"), ("4", "yy"), ("1", "zz-plan"),
    ]  # fmt: skip
    assert (read.history is given.history, read.workers) == (True, None)


def test_without_overlays_the_files_are_as_given(tmp_path: Path) -> None:
    (tmp_path / "zz-base.yaml").write_text(BASE)
    alone = billing.load_codesets(["zz-base"], folders=[tmp_path])
    given = read_references(members=pl.DataFrame({"member_id": ["1"], "effective": ["2026-01-01"]}))
    assert for_overlays(given, alone) is given


def test_a_rule_of_a_base_and_its_plan_is_one_rule_with_the_lines_of_both(codesets: Any) -> None:
    result = billing.validate(
        [a_claim("C1", "P1", "3", "5"), a_claim("C2", "P2", "3")], codesets, received="2026-11-22"
    )
    daily = result.judgement.rules.filter(pl.col("rule") == "zz-base.unit_limits.daily")
    assert daily.select("program", "lines", "findings", "ran").rows() == [("zz-base", 3, 2, True)]
    only_plan = billing.validate([a_claim("C2", "P2", "3")], codesets, received="2026-11-22")
    daily = only_plan.judgement.rules.filter(pl.col("rule") == "zz-base.unit_limits.daily")
    assert daily.select("program", "lines", "ran").rows() == [("zz-plan", 1, True)]
    assert daily["source"].struct.field("title").to_list() == ["A notice"]


def test_a_claim_is_told_which_of_several_programs_judged_it_and_why(codesets: Any) -> None:
    claims = [a_claim("C1", "P1", "1", "1"), a_claim("C2", "P2", "1")]
    result = billing.validate(claims, codesets, received="2026-11-22")
    said = [line for line in result.explain("C1").splitlines() if line.startswith("line ")]
    assert said == [
        "line 1 is judged by zz-base, more specific than zz-other",
        "line 2 is judged by zz-base, more specific than zz-other",
    ]
    assert [line for line in result.explain("C2").splitlines() if line.startswith("line ")] == [
        "line 1 is judged by zz-plan, an overlay on zz-base"
    ]
    assert result.judgement.placements.select("program", "also_fits").rows() == [
        ("zz-base", "zz-other"), ("zz-base", "zz-other"), ("zz-plan", "zz-base"),
    ]  # fmt: skip
