"""`cleanclaim codeset status`, `import-ncci` and what `check` says of code lists."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from billing.cli.codeset import codeset
from billing.errors import CodeSetError, UsageError

MUE = "Medicaid NCCI\nPractitioner Services\nH2016\t1\tCode Descriptor\n98960\t4\tNature of Service\n"


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(codeset, [str(word) for word in words], standalone_mode=False)


def told(*words: str | Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(run("status", *words, "--format", "json").output)
    return result


def a_list(name: str, *words: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in told(*words)["lists"] if each["list"] == name)
    return found


def test_each_shipped_list_and_program_is_told_with_its_age_and_days() -> None:
    status = told("--on", "2026-11-25")
    assert status["on"] == "2026-11-25"
    assert {
        each["list"]: (each["holds"], each["judges"], each["state"], len(each["editions"])) for each in status["lists"]
    } == {
        "icd-10-cm": ("diagnoses", True, "stale", 2),
        "medicaid-mue-practitioner": ("mue", True, "stale", 2),
        "medicaid-ptp-practitioner": ("ptp", True, "none loaded", 0),
        "modifiers": ("modifiers", False, "stale", 1),
        "place-of-service": ("places", True, "current", 1),
        "provider-taxonomies": ("taxonomies", False, "stale", 1),
    }
    assert next(each for each in status["programs"] if each["program"] == "ks-chw") == {
        "program": "ks-chw", "status": "in_force", "version": "2023-06-29", "effective": "2023-07-01", "ended": None,
        "read_on": "2026-11-22", "age_days": 3, "state": "current",
    }  # fmt: skip


def test_an_edition_is_told_in_full() -> None:
    newest = a_list("icd-10-cm", "--on", "2026-11-25")["editions"][0]
    assert newest == {
        "edition": "FY2026", "effective": "2025-10-01", "ended": "2026-09-30", "complete": True, "next_release": "2026-10-01",
        "read_on": "2026-11-25", "age_days": 0, "source": "ICD-10-CM FY2026, the release of April",
        "url": "https://www.cdc.gov/nchs/icd/icd-10-cm/files.html", "official": True,
        "file": "codesets/national/lists/icd-10-cm.fy2026.yaml",
    }  # fmt: skip


@pytest.mark.parametrize(("day", "state", "exit_code"), [("2026-09-30", "current", 0), ("2026-10-01", "stale", 1)])
def test_a_list_is_stale_from_the_day_its_next_edition_was_expected(day: str, state: str, exit_code: int) -> None:
    assert a_list("icd-10-cm", "--on", day)["state"] == state
    assert run("status", "--on", day).return_value == exit_code


@pytest.mark.parametrize(("day", "state"), [("2027-11-21", "current"), ("2027-11-22", "stale")])
def test_a_program_is_stale_when_a_source_of_it_was_not_read_for_a_year(day: str, state: str) -> None:
    assert next(each for each in told("--on", day)["programs"] if each["program"] == "ks-chw")["state"] == state


def test_the_table_names_lists_and_programs_with_their_state() -> None:
    output = run("status", "--on", "2026-11-25").output
    rows = [" ".join(line.split()) for line in output.splitlines()]
    assert "Code lists on 2026-11-25" in rows
    assert "icd-10-cm FY2026 2025-10-01 to 2026-09-30 0 days ago 2026-10-01 stale" in rows
    assert "icd-10-cm FY2025 2024-10-01 to 2025-09-30 0 days ago 2025-10-01 earlier" in rows
    assert any(row.startswith("medicaid-ptp-practitioner none none are checked none loaded: codeset") for row in rows)
    assert "place-of-service 2026-08 all 3 days ago no calendar current" in rows
    assert "modifiers 2022 all, some codes 3 days ago, not official 2023-01-01 stale, for words only" in rows
    assert "Programs on 2026-11-25" in rows
    assert "ks-chw in force 2023-07-01 on 2023-06-29 3 days ago current" in rows


def test_a_day_before_the_sources_were_read_names_the_day() -> None:
    rows = [" ".join(line.split()) for line in run("status", "--on", "2026-01-01").output.splitlines()]
    assert "ks-chw in force 2023-07-01 on 2023-06-29 2026-11-22 current" in rows


def test_the_day_is_today_unless_it_is_given_and_is_a_date() -> None:
    assert told()["on"] == date.today().isoformat()  # noqa: DTZ011 - the command looks at the same clock
    error = run("status", "--on", "yesterday").exception
    assert isinstance(error, UsageError)
    assert str(error) == "--on yesterday: is no date\n  fix: write a date as 2026-12-31"


def test_an_imported_quarter_is_told_beside_the_shipped_ones(tmp_path: Path) -> None:
    file = tmp_path / "medicaid-2026-q4.txt"
    file.write_text(MUE)
    result = run("import-ncci", file, "--out", tmp_path / "own")
    assert (result.return_value, result.output) == (0, (
        "medicaid-mue-practitioner 2026Q4: 2 rows for services from 2026-10-01 to 2026-12-31\n"
        f"written to {tmp_path}/own/lists/medicaid-mue-practitioner.2026q4.yaml; use it with --codesets {tmp_path}/own\n"
    ))  # fmt: skip
    own = a_list("medicaid-mue-practitioner", "--on", "2026-12-31", "--codesets", tmp_path / "own")
    assert (own["state"], [each["edition"] for each in own["editions"]]) == ("current", ["2026Q4", "2026Q3", "2026Q1"])
    assert a_list("medicaid-mue-practitioner", "--on", "2027-01-01", "--codesets", tmp_path / "own")["state"] == "stale"


def test_a_file_that_is_refused_is_an_error_of_the_code_set(tmp_path: Path) -> None:
    file = tmp_path / "edits.csv"
    file.write_text("code,value\n")
    assert isinstance(run("import-ncci", file, "--out", tmp_path / "own").exception, CodeSetError)


def test_checking_the_shipped_code_sets_reads_every_list() -> None:
    result = run("check")
    assert result.return_value == 0
    assert result.output.splitlines()[-1] == "7 editions of code lists, 196,201 rows: read"


def test_checking_a_folder_reads_its_own_lists_and_finds_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "medicaid-2026-q4.txt"
    file.write_text(MUE)
    run("import-ncci", file, "--out", tmp_path / "own")
    assert run("check", tmp_path / "own").output.splitlines()[-1] == "1 edition of code lists, 2 rows: read"
    (tmp_path / "own" / "lists" / "medicaid-mue-practitioner.2026q4.csv").write_text("code,at_most\nx,1\n")
    assert isinstance(run("check", tmp_path / "own").exception, CodeSetError)
