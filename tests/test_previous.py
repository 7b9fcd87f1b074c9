"""What a second run says of the first: fixed, still there, new, and what cannot be told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import billing
from billing.cli import main
from billing.errors import UsageError
from billing.previous import by_rule, in_words, read_previous
from billing.reports.html import report_html
from billing.result import Result

PROGRAM = """\
program: zz-base
state: ZZ
name: A made-up program
effective: 2020-01-01
status: in_force
services:
  - {id: one, procedure: "98960", modifiers: ["U7"], source: page}
unit_limits:
  - {id: daily, at_most: 4, measure: units, per: day, source: page}
places:
  - {id: home, allowed: ["12"], source: page}
sources:
  page: {title: A page, publisher: X, form: bulletin, dated: "2024-01-15", read_on: 2026-11-22, official: true}
"""
DAILY, HOME = "zz-base.unit_limits.daily", "zz-base.places.home"


@pytest.fixture
def codesets(tmp_path: Path) -> Any:
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "zz-base.yaml").write_text(PROGRAM)
    return billing.load_codesets(["zz-base"], folders=[tmp_path / "policy"])


def a_claim(claim_id: str, units: str = "1", place: str = "12", **values: Any) -> dict[str, Any]:
    line = {"line_number": 1, "procedure_code": "98960", "modifiers": ["U7"], "charge": "10.00", "units": units,
            "unit_basis": "UN", "service_date": "2026-05-05", "diagnosis_pointers": [1]}  # fmt: skip
    return {
        "claim_id": claim_id, "member": {"id": f"MEMBER{claim_id}", "birth_date": "1990-01-31", "last_name": "DOE"},
        "relationship": "18", "payer": {"id": "P1"}, "billing_provider": {"npi": "1234567893"},
        "rendering_provider": {"npi": "1558598797"}, "place_of_service": place, "frequency_code": "1",
        "diagnoses": ["F330"], "charge": "10.00", "lines": [line], **values,
    }  # fmt: skip


def run(codesets: Any, *claims: dict[str, Any], **options: Any) -> Result:
    return billing.validate(list(claims), codesets, received="2026-11-22", **options)


@pytest.fixture
def first(codesets: Any, tmp_path: Path) -> Path:
    """Return the folder of a first run: three claims over the limit, one of them at a wrong place, one fine."""
    claims = (a_claim("C1", "5"), a_claim("C2", "5", "11"), a_claim("C3", "5"), a_claim("C4"))
    return run(codesets, *claims).write(tmp_path / "first")


def outcomes(result: Result) -> dict[str, int]:
    return {name: number for name, number in result.summary["previous"].items() if name != "received"}


def test_findings_are_fixed_still_there_or_new(codesets: Any, first: Path) -> None:
    second = run(codesets, a_claim("C1", "4"), a_claim("C2", "5"), a_claim("C3", "5"), a_claim("C4", place="11"),
                 previous=first)  # fmt: skip
    assert second.summary["previous"] == {
        "received": "2026-11-22", "fixed": 2, "still": 2, "new": 1, "claim_absent": 0, "not_checked": 0,
    }  # fmt: skip
    assert second.compared is not None
    assert by_rule(second.compared) == [
        {"rule": HOME, "fixed": 1, "still": 0, "new": 1, "claim_absent": 0, "not_checked": 0},
        {"rule": DAILY, "fixed": 1, "still": 2, "new": 0, "claim_absent": 0, "not_checked": 0},
    ]


def test_a_finding_that_changed_its_number_is_still_there(codesets: Any, first: Path) -> None:
    second = run(
        codesets, a_claim("C1", "6"), a_claim("C2", "5", "11"), a_claim("C3", "5"), a_claim("C4"), previous=first
    )
    assert outcomes(second) == {"fixed": 0, "still": 4, "new": 0, "claim_absent": 0, "not_checked": 0}


def test_a_claim_that_does_not_come_again_is_not_fixed(codesets: Any, first: Path) -> None:
    second = run(codesets, a_claim("C1", "4"), a_claim("C5", "5"), previous=first)
    assert outcomes(second) == {"fixed": 1, "still": 0, "new": 1, "claim_absent": 3, "not_checked": 0}


def test_a_rule_that_is_not_asked_again_is_not_fixed(first: Path, tmp_path: Path) -> None:
    (tmp_path / "policy" / "zz-base.yaml").write_text(PROGRAM.replace("places:", "ages:").replace(
        'allowed: ["12"]', "min: 18"))  # fmt: skip
    changed = billing.load_codesets(["zz-base"], folders=[tmp_path / "policy"])
    second = run(changed, a_claim("C1", "4"), a_claim("C2", "4", "11"), a_claim("C3", "4"), previous=first)
    assert outcomes(second) == {"fixed": 3, "still": 0, "new": 0, "claim_absent": 0, "not_checked": 1}


def test_a_rule_whose_file_is_not_given_again_is_not_fixed(codesets: Any, tmp_path: Path) -> None:
    members = tmp_path / "members.csv"
    members.write_text("member_id,effective\nMEMBERC1,2026-06-01\n")
    folder = run(codesets, a_claim("C1"), members=members).write(tmp_path / "with-members")
    assert outcomes(run(codesets, a_claim("C1"), previous=folder))["not_checked"] == 1
    members.write_text("member_id,effective\nMEMBERC1,2026-01-01\n")
    assert outcomes(run(codesets, a_claim("C1"), members=members, previous=folder))["fixed"] == 1


def test_a_missing_value_and_a_finding_about_a_file_can_be_fixed(codesets: Any, tmp_path: Path) -> None:
    lacking = a_claim("C1")
    del lacking["member"]["birth_date"]
    folder = run(codesets, lacking).write(tmp_path / "lacking")
    assert outcomes(run(codesets, a_claim("C1"), previous=folder)) == {
        "fixed": 1, "still": 0, "new": 0, "claim_absent": 0, "not_checked": 0,
    }  # fmt: skip


@pytest.mark.usefixtures("codesets")
def test_notes_and_rules_on_trial_are_left_out(tmp_path: Path) -> None:
    trial = PROGRAM.replace("per: day, source", "per: day, shadow: true, source").replace(
        '["12"], source', '["12"], severity: note, source'
    )
    (tmp_path / "policy" / "zz-base.yaml").write_text(trial)
    quiet = billing.load_codesets(["zz-base"], folders=[tmp_path / "policy"])
    folder = run(quiet, a_claim("C1", "5", "11")).write(tmp_path / "quiet")
    assert read_previous(folder).findings.is_empty()
    assert outcomes(run(quiet, a_claim("C1", "6", "11"), previous=folder)) == {
        "fixed": 0, "still": 0, "new": 0, "claim_absent": 0, "not_checked": 0,
    }  # fmt: skip


def test_without_an_earlier_result_nothing_is_said_of_one(codesets: Any) -> None:
    result = run(codesets, a_claim("C1", "5"))
    assert (result.compared, "previous" in result.summary) == (None, False)
    assert "Since the last result" not in report_html(result)


def test_a_result_without_findings_can_be_an_earlier_one(codesets: Any, tmp_path: Path) -> None:
    folder = run(codesets, a_claim("C1")).write(tmp_path / "clean")
    assert outcomes(run(codesets, a_claim("C1", "5"), previous=folder))["new"] == 1


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"fixed": 1, "still": 0, "new": 2}, "Since the result of 2026-11-21: 1 finding fixed, 0 still there, 2 new."),
        ({"fixed": 2, "still": 1, "new": 0, "claim_absent": 1, "not_checked": 3},
         ("Since the result of 2026-11-21: 2 findings fixed, 1 still there, 0 new. Not counted as fixed: 1 finding of "
          "claims that did not come again, 3 findings of rules that were not checked now.")),
    ],
)  # fmt: skip
def test_what_changed_is_one_sentence(found: dict[str, int], words: str) -> None:
    assert in_words("2026-11-21", {"claim_absent": 0, "not_checked": 0, **found}) == words


def test_the_report_has_a_section_without_any_member(codesets: Any, first: Path) -> None:
    page = report_html(run(codesets, a_claim("C1", "4"), a_claim("C2", "5"), a_claim("C3"), previous=first))
    section = page.partition('<h2 id="previous">')[2].partition("<h2")[0]
    assert "3 findings fixed, 1 still there, 0 new" in section
    assert DAILY in section
    assert "MEMBER" not in section
    assert "C1" not in section


def test_the_command_says_it_and_writes_it(first: Path, tmp_path: Path) -> None:
    claims = tmp_path / "claims.jsonl"
    claims.write_text("\n".join(json.dumps(each) for each in (a_claim("C1", "4"), a_claim("C2", "5", "11"))))
    arguments = ["validate", str(claims), "--program", "zz-base", "--codesets", str(tmp_path / "policy"), "--received",
                 "2026-11-22", "--previous", str(first)]  # fmt: skip
    said = CliRunner().invoke(main, [*arguments, "--out", str(tmp_path / "second")])
    assert said.exit_code == 1
    assert "Since the result of 2026-11-22: 1 finding fixed, 2 still there, 0 new." in " ".join(said.output.split())
    summary = json.loads((tmp_path / "second" / "summary.json").read_text())
    assert summary["previous"] == {
        "received": "2026-11-22", "fixed": 1, "still": 2, "new": 0, "claim_absent": 1, "not_checked": 0,
    }  # fmt: skip
    again = CliRunner().invoke(main, [*arguments[:-1], str(tmp_path / "none"), "--out", str(tmp_path / "third")])
    assert (again.exit_code, (tmp_path / "third").exists()) == (2, False)


BREAKS = {
    "there is no such folder": lambda folder: folder.rename(folder.with_name("elsewhere")),
    "summary.json is missing": lambda folder: (folder / "summary.json").unlink(),
    "summary.json cannot be read": lambda folder: (folder / "summary.json").write_text("{"),
    "summary.json is not cleanclaim's": lambda folder: (folder / "summary.json").write_text('{"received": "MEMBER"}'),
    "findings.jsonl is missing": lambda folder: (folder / "findings.jsonl").unlink(),
    "findings.jsonl cannot be read": lambda folder: (folder / "findings.jsonl").write_text('MEMBERC1 is "no" JSON\n'),
    "findings.jsonl holds lines that are no findings":
        lambda folder: (folder / "findings.jsonl").write_text('{"claim_id": "MEMBERC1"}\n'),
}  # fmt: skip


@pytest.mark.parametrize("why", BREAKS)
def test_a_folder_that_holds_no_result_is_refused_without_a_word_of_what_it_holds(
    why: str, codesets: Any, first: Path
) -> None:
    BREAKS[why](first)
    with pytest.raises(UsageError) as raised:
        run(codesets, a_claim("C1"), previous=first)
    assert str(raised.value) == (
        f"--previous {first}: holds no result of cleanclaim; {why}\n  fix: name a folder that --out wrote"
    )


def test_a_file_is_no_earlier_result(codesets: Any, first: Path) -> None:
    with pytest.raises(UsageError, match="it is no folder"):
        run(codesets, a_claim("C1"), previous=first / "summary.json")
