"""`cleanclaim validate`: options, output, and the four exit codes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from click.testing import Result as Run

import billing
from billing.cli import main
from billing.errors import InputError
from billing.result import Result
from tests.results import CODESETS, all_ready_result, four_claims_result, result_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Return a function that runs the command with a result (or an exception) in place of the real check."""

    def command(outcome: Result | BaseException, *arguments: str, calls: list[Any] | None = None) -> Run:
        def fake_validate(source: object, codesets: object, **options: object) -> Result:
            if calls is not None:
                calls.append((source, codesets, options))
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        def fake_load(**options: object) -> object:
            if calls is not None:
                calls.append(options)
            return CODESETS

        monkeypatch.setattr(billing, "validate", fake_validate)
        monkeypatch.setattr(billing, "load_codesets", fake_load)
        return CliRunner().invoke(main, ["validate", *arguments], prog_name="cleanclaim")

    return command


def test_a_batch_with_nothing_to_act_on_ends_with_0(run: Callable[..., Run]) -> None:
    done = run(all_ready_result(), "batch.837")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "✓ ready to send  4 claims  $368.00" in done.stdout


def test_a_batch_with_a_held_claim_ends_with_1(run: Callable[..., Run]) -> None:
    done = run(four_claims_result(), "batch.837")
    assert (done.exit_code, done.stderr) == (1, "")


def test_a_batch_with_only_an_unreadable_claim_ends_with_1(run: Callable[..., Run]) -> None:
    assert run(result_of([], [], raw_unreadable=b"CLM*C5~"), "batch.837").exit_code == 1


def test_a_batch_without_claims_ends_with_0(run: Callable[..., Run]) -> None:
    assert run(result_of([], []), "batch.837").exit_code == 0


def test_every_option_reaches_the_library(run: Callable[..., Run], tmp_path: Path) -> None:
    calls: list[Any] = []
    done = run(
        all_ready_result(), "a.837", "-", "--program", "ks-chw", "--program", "mi-chw", "--state", "NJ", "--codesets", "own",
        "--received", "2026-11-22", "--members", "m.csv", "--enrollments", "e.csv", "--providers", "p.csv", "--workers", "w.csv",
        "--authorizations", "a.csv", "--orders", "o.csv", "--other-coverage", "c.csv", "--history", "h.parquet",
        "--require", "members, history", "--input-format", "837", "--map", "map.yaml", "--other-services", "accept", "--previous", "last",
        "--settings", "cleanclaim.yaml", "--out", str(tmp_path / "out"),
        calls=calls,
    )  # fmt: skip
    assert done.exit_code == 0
    assert calls == [
        {"programs": ["ks-chw", "mi-chw"], "states": ["NJ"], "folders": [Path("own")]},
        (
            ["a.837", "-"],
            CODESETS,
            {
                "received": "2026-11-22",
                "require": ["members", "history"],
                "other_services": "accept",
                "input_format": "837",
                "column_map": "map.yaml",
                "previous": "last",
                "settings": "cleanclaim.yaml",
                "members": "m.csv",
                "enrollments": "e.csv",
                "providers": "p.csv",
                "workers": "w.csv",
                "authorizations": "a.csv",
                "orders": "o.csv",
                "other_coverage": "c.csv",
                "history": "h.parquet",
            },
        ),
    ]


def test_one_file_is_handed_over_as_it_is(run: Callable[..., Run]) -> None:
    calls: list[Any] = []
    run(all_ready_result(), "batch.837", calls=calls)
    assert calls[0] == {"programs": None, "states": None, "folders": []}
    assert calls[1][0] == "batch.837"


def test_results_are_written_where_asked_and_the_summary_says_where(run: Callable[..., Run], tmp_path: Path) -> None:
    done = run(four_claims_result(), "batch.837", "--out", str(tmp_path / "out"))
    assert done.exit_code == 1
    assert (tmp_path / "out" / "summary.json").is_file()
    assert str(tmp_path / "out" / "report.html") in done.stdout


def test_members_are_in_the_report_only_when_asked_for(run: Callable[..., Run], tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    run(four_claims_result(), "batch.837", "--out", out)
    assert "WINDERMERE" not in (tmp_path / "out" / "report.html").read_text()
    run(four_claims_result(), "batch.837", "--out", out, "--overwrite", "--show-members")
    assert "WINDERMERE" in (tmp_path / "out" / "report.html").read_text()


def test_a_control_number_is_written_to_what_is_sent(run: Callable[..., Run], tmp_path: Path) -> None:
    done = run(four_claims_result(), "batch.837", "--out", str(tmp_path / "out"), "--control-number", "45")
    assert done.exit_code == 1
    assert (tmp_path / "out" / "accepted.837").read_bytes() == b"45\nC1\nC2\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["--control-number", "0", "--out", "out"],
            "--control-number 0: an interchange has a number from 1 to 999999999\n  fix: ",
        ),
        (
            ["--control-number", "1000000000", "--out", "out"],
            "--control-number 1000000000: an interchange has a number from 1",
        ),
        (["--control-number", "seven", "--out", "out"], "'seven' is not a valid integer"),
        (["--control-number", "7"], "--control-number numbers accepted.837, which is written with --out DIR only."),
    ],
)
def test_a_control_number_that_cannot_be_used_is_refused_before_anything_is_checked(
    run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    calls: list[Any] = []
    done = run(all_ready_result(), "batch.837", *arguments, calls=calls)
    assert (done.exit_code, done.stdout, calls) == (2, "", [])
    assert says in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_json_lines_take_no_control_number(tmp_path: Path) -> None:
    sample = str(ROOT / "claims_samples" / "shapes" / "ks_chw.jsonl")
    command = ["validate", sample, "--program", "ks-chw", "--out", str(tmp_path / "out"), "--control-number", "7"]
    done = CliRunner().invoke(main, command, prog_name="cleanclaim")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("--control-number: only X12 has interchanges to number")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_empty_is_refused_before_anything_is_checked(
    run: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    calls: list[Any] = []
    done = run(all_ready_result(), "batch.837", "--out", str(tmp_path), calls=calls)
    assert (done.exit_code, done.stdout, calls) == (2, "", [])
    assert "the folder is not empty\n  fix: " in done.stderr


def test_what_the_user_can_mend_ends_with_2_and_its_message(run: Callable[..., Run], tmp_path: Path) -> None:
    error = InputError("batch.837: this is no claims file\n  fix: send the 837P file itself")
    done = run(error, "batch.837", "--out", str(tmp_path / "out"))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "batch.837: this is no claims file\n  fix: send the 837P file itself\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Missing argument 'FILE...'"),
        (["batch.837", "--progam", "x"], "No such option '--progam'. Did you mean '--program'?"),
        (["batch.837", "--input-format", "pdf"], "'pdf' is not one of"),
        (["batch.837", "--other-services", "maybe"], "'maybe' is not one of"),
    ],
)
def test_wrong_usage_ends_with_2(run: Callable[..., Run], arguments: list[str], says: str) -> None:
    done = run(all_ready_result(), *arguments)
    assert done.exit_code == 2
    assert says in done.stderr


def test_a_bug_ends_with_3_and_shows_where_but_no_value(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLEANCLAIM_DEBUG", raising=False)
    done = run(RuntimeError("cannot cast QUILLFEATHER"), "batch.837")
    assert (done.exit_code, done.stdout) == (3, "")
    lines = done.stderr.splitlines()
    assert lines[0] == "cleanclaim failed in billing.cli.validate: RuntimeError"
    assert lines[-1] == "  This is a bug; nothing half-written was left. CLEANCLAIM_DEBUG=1 shows more."
    assert "QUILLFEATHER" not in done.stderr


def test_a_bug_shows_everything_when_asked_and_warns(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEANCLAIM_DEBUG", "1")
    done = run(RuntimeError("cannot cast QUILLFEATHER"), "batch.837")
    assert done.exit_code == 3
    assert "WARNING: what follows may hold members' data; do not pass it on\nTraceback" in done.stderr
    assert "cannot cast QUILLFEATHER" in done.stderr


def test_a_lost_claim_is_a_bug_and_not_the_users_mistake(run: Callable[..., Run]) -> None:
    assert run(AssertionError("claims in and claims out differ"), "batch.837").exit_code == 3


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), click.Abort()])
def test_a_stopped_run_ends_with_3_and_leaves_nothing(
    run: Callable[..., Run], tmp_path: Path, stop: BaseException
) -> None:
    done = run(stop, "batch.837", "--out", str(tmp_path / "out"))
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr.strip() == "stopped; nothing half-written was left"
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_writing_ends_with_3_and_leaves_nothing(
    run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("billing.reports.html.report_html", full_disk)
    done = run(all_ready_result(), "batch.837", "--out", str(tmp_path / "out"))
    assert done.exit_code == 3
    assert list(tmp_path.iterdir()) == []


def test_nothing_but_the_summary_is_printed_when_output_is_no_terminal(run: Callable[..., Run]) -> None:
    done = run(four_claims_result(), "batch.837")
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


PIPED = """
import billing
from tests.results import four_claims_result, CODESETS
billing.validate = lambda *_, **__: four_claims_result()
billing.load_codesets = lambda **_: CODESETS
from billing.cli import main
main(["validate", "batch.837"])
"""


def test_a_reader_that_stops_reading_does_not_change_the_exit_code() -> None:
    command = [sys.executable, "-c", PIPED]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1
