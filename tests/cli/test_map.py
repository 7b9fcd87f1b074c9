"""`cleanclaim map`: what it prints and writes, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from click.testing import Result as Run

from billing.cli import main
from tests.logs import LOGS, csv_text, visit


def run(*arguments: str, given: bytes | None = None) -> Run:
    return CliRunner().invoke(main, ["map", *arguments], prog_name="cleanclaim", input=given)


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "log.csv"
    path.write_bytes(csv_text([visit(DOS="5/14/2026")]))
    return path


def test_a_guess_with_nothing_missing_is_printed_and_ends_with_0(log: Path) -> None:
    done = run("guess", log.name)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("# Column map of log.csv, guessed from its headers and values.")
    assert "# Then: cleanclaim validate log.csv --map map.yaml --state ST\n" in done.stdout


def test_a_guess_with_something_missing_ends_with_1(log: Path) -> None:
    log.write_bytes(csv_text([visit()]))
    done = run("guess", log.name)
    assert done.exit_code == 1
    assert "# dates: month-day-year      # MISSING" in done.stdout


def test_out_writes_the_map_and_says_what_is_left_to_do(log: Path) -> None:
    done = run("guess", log.name, "--out", "m.yaml")
    assert (done.exit_code, done.stdout) == (
        0,
        (
            "Wrote m.yaml: 6 of 7 columns are sure.\n"
            "  check    ID\n"
            "  fill in  the agency's NPI; the agency's taxonomy; the agency's tax id; the agency's name; the\n"
            "           payer's id as in an 837P; the diagnosis, where it is the same for everybody; who gave the\n"
            "           service\n"
            "Next: look m.yaml through, then cleanclaim validate log.csv --map m.yaml --state ST\n"
        ),
    )
    assert Path("m.yaml").read_text("utf-8") == run("guess", log.name).stdout.replace("map.yaml", "m.yaml")


def test_a_map_that_is_there_is_not_written_over(log: Path) -> None:
    Path("m.yaml").write_text("mine", "utf-8")
    done = run("guess", log.name, "--out", "m.yaml")
    assert (done.exit_code, done.stderr) == (2, "m.yaml: the file is there already\n  fix: name a new file\n")
    assert Path("m.yaml").read_text("utf-8") == "mine"


def test_standard_input_and_a_sheet_by_name(log: Path) -> None:
    assert run("guess", "-", given=log.read_bytes()).stdout.startswith("# Column map of stdin")
    done = run("guess", str(LOGS / "peer_week.xlsx"), "--sheet", "Log")
    assert (done.exit_code, 'sheet: "Log"\nheader_row: 3\n' in done.stdout) == (1, True)


def test_a_file_that_is_no_log_ends_with_2() -> None:
    done = run("guess", "nowhere.csv")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("nowhere.csv: there is no such file\n  fix: ")


def test_the_names_that_a_column_can_have_are_listed() -> None:
    done = run("fields")
    assert done.exit_code == 0
    assert ["units", "billing units; null: absent or malformed"] in [
        line.split(None, 1) for line in done.stdout.splitlines()
    ]
