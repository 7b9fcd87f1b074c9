"""`cleanclaim convert`: what it writes, what it says, and what it leaves alone."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from billing.cli.convert import convert
from billing.errors import CleanclaimError
from billing.formats import read
from tests.outgoing import NAMED, SETTINGS, record

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "claims_samples"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with settings and a log of one claim."""
    monkeypatch.chdir(tmp_path)
    numbered = SETTINGS.replace("usage: T", "usage: T\n  control_numbers: numbers.json")
    (tmp_path / "cleanclaim.yaml").write_text(numbered + NAMED)
    (tmp_path / "log.jsonl").write_text(json.dumps(record(line__start_time="09:00")) + "\n")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(convert, arguments, standalone_mode=False)


def refusal(*arguments: str) -> str:
    error = run(*arguments).exception
    assert isinstance(error, CleanclaimError)
    return str(error)


def test_a_log_becomes_an_837p_with_the_next_number_and_what_it_lacks_is_said(folder: Path) -> None:
    done = run("log.jsonl", "out.837", "--created", "2026-05-31")
    assert (done.return_value, done.output) == (
        0,
        "out.837: 1 claim, 1 line, $92.00\n  a test file for EXAMPLE MEDICAID, interchange 1\n\nLost or changed on the way:\n  lines.start_time (1 claim): an 837P has no place for it\n",
    )
    written = (folder / "out.837").read_bytes()
    assert b"*260531*0000*^*00501*000000001*0*T*:~" in written
    assert (folder / "out.837").stat().st_mode & 0o077 == 0
    assert json.loads((folder / "numbers.json").read_text()) == {"last_interchange": 1}
    assert sorted(path.name for path in folder.iterdir()) == [
        "cleanclaim.yaml", "log.jsonl", "numbers.json", "numbers.json.lock", "out.837",
    ]  # fmt: skip


def test_the_same_claims_come_through_every_format(folder: Path) -> None:
    for source, out in [("log.jsonl", "a.parquet"), ("a.parquet", "b.837"), ("b.837", "c.jsonl"), ("c.jsonl", "d.x12")]:
        assert run(source, out, "--control-number", "5").return_value == 0 if out[-3:] in {"837", "x12"} else True
        if not (folder / out).exists():
            assert run(source, out).return_value == 0
    expected = read([record()])
    for out in ("t.csv", "t.xlsx"):
        done = run("log.jsonl", out)
        assert (done.return_value, done.output) == (0, f"{out}: 1 claim, 1 line, $92.00\n")
    with_times = read(folder / "log.jsonl").lines.drop("position")
    assert [read(folder / out).lines.drop("position").equals(with_times) for out in ("t.csv", "t.xlsx")] == [True, True]
    for out in ("b.837", "c.jsonl", "d.x12"):
        back = read(folder / out)
        assert back.claims.drop("input", "position").equals(expected.claims.drop("input", "position"))
        assert back.lines.drop("position").equals(expected.lines.drop("position"))
    assert (folder / "b.837").read_bytes() == (folder / "d.x12").read_bytes()


@pytest.mark.parametrize("to", ["fhir", "fhir-bundle", "fhir-xml"])
def test_the_same_claims_come_through_fhir_in_each_of_its_forms(folder: Path, to: str) -> None:
    assert run("log.jsonl", "out", "--to", to).return_value == 0
    back, expected = read(folder / "out"), read([record(line__start_time="09:00")])
    assert back.claims.drop("input", "position").equals(expected.claims.drop("input", "position"))
    assert back.lines.drop("position").equals(expected.lines.drop("position"))


def test_parts_that_cannot_be_read_are_listed_and_the_exit_status_says_so(folder: Path) -> None:
    done = run(str(SAMPLES / "shapes/broken_claims.837"), "out.jsonl")
    assert done.return_value == 1
    assert done.output == (
        "out.jsonl: 6 claims, 6 lines, $138.00\n\n"
        "5 parts could not be read as a claim and are not in the file:\n"
        "  broken_claims.837 segments 37 to 44: the claim has no claim number (CLM01)\n"
        "  broken_claims.837 segments 67 to 74: the claim's total charge (CLM02) is no amount in dollars and cents\n"
        "  broken_claims.837 segments 82 to 89: a line's charge (SV102) is no amount in dollars and cents\n"
        "  broken_claims.837 segments 97 to 103: the claim has no service line (SV1)\n"
        "  broken_claims.837 segments 119 to 126: a claim begins here without a CLM segment that can be read\n\n"
        "Noticed while reading:\n"
        "  broken_claims.837 segment 111: the claim behind this one lost its first segment, so where this one ends is a guess\n\n"
        "Lost or changed on the way:\n"
        "  X12 segments PER (6 claims): cleanclaim does not read them\n"
    )
    assert len((folder / "out.jsonl").read_text().splitlines()) == 6


def test_segments_that_no_column_holds_are_counted(folder: Path) -> None:
    done = run(str(SAMPLES / "shapes/cob.837"), str(folder / "out.parquet"))
    assert done.return_value == 0
    assert done.output.endswith(
        "\nLost or changed on the way:\n"
        "  X12 segments PER (8 claims): cleanclaim does not read them\n"
        "  X12 segments CAS (4 claims): cleanclaim does not read them\n"
        "  X12 segments SVD (4 claims): cleanclaim does not read them\n"
    )


def test_nothing_is_written_and_no_number_taken_when_something_is_missing(folder: Path) -> None:
    (folder / "log.jsonl").write_text(json.dumps(record(diagnoses=[])) + "\n")
    assert refusal("log.jsonl", "out.837") == (
        "log.jsonl line 1: no diagnosis (diagnoses), which an 837P must carry (2300 HI)\n  fix: add it to the claims"
    )
    assert not (folder / "out.837").exists()
    assert not (folder / "numbers.json").exists()


def test_a_file_that_is_there_is_replaced_only_when_that_is_asked_for(folder: Path) -> None:
    out = folder / "out.837"
    out.write_text("mine")
    assert refusal("log.jsonl", "out.837") == (
        "out.837: exists already\n  fix: name a new file, or add --overwrite to replace this one"
    )
    assert out.read_text() == "mine"
    assert not (folder / "numbers.json").exists()
    assert run("log.jsonl", "out.837", "--overwrite").return_value == 0
    assert out.read_bytes().startswith(b"ISA*")
    assert refusal("log.jsonl", "log.jsonl", "--overwrite") == (
        "log.jsonl: IN and OUT are the same file\n  fix: name another OUT"
    )
    assert refusal("log.jsonl", "none/out.jsonl") == (
        "none/out.jsonl: there is no such folder\n  fix: make the folder, or name another"
    )
    (folder / "dir.jsonl").mkdir()
    assert refusal("log.jsonl", "dir.jsonl", "--overwrite") == "dir.jsonl: is a folder\n  fix: name a file"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["out.docx"],
         ("out.docx: this name does not say which format is meant\n"
          "  fix: end it in one of .837, .x12, .edi, .jsonl, .ndjson, .parquet, .pq, .fhir, .json, .xml, .csv, .xlsx, "
          "or add --to with one of 837, jsonl, parquet, fhir, fhir-bundle, fhir-xml, csv, xlsx")),
        (["out", "--to", "parket"], "--to parket: no format has this name\n  fix: did you mean 'parquet'?"),
        (["out.837", "--created", "31.5.2026"], "--created 31.5.2026: is no date\n  fix: write 2026-12-31 or 2026-12-31T09:30"),
        (["out.jsonl", "--control-number", "5"], "--control-number and --created belong to an 837P\n  fix: leave them out"),
        (["out.837", "--control-number", "0"],
         ("--control-number 0: an interchange has a number from 1 to 999999999\n"
          "  fix: give the number that follows on from the last interchange you sent")),
        (["out.837", "--settings", "none.yaml"],
         "none.yaml: there is no such settings file\n  fix: `cleanclaim settings new` writes one to fill in"),
    ],
)  # fmt: skip
def test_a_wrong_call_says_what_to_write(folder: Path, arguments: list[str], said: str) -> None:
    assert refusal("log.jsonl", *arguments) == said
    assert not (folder / "numbers.json").exists()


def test_an_input_without_a_claim_writes_nothing(folder: Path) -> None:
    (folder / "log.jsonl").write_text('{"claim_id": "C1"}\n')
    assert refusal("log.jsonl", "out.parquet") == (
        "there is no claim to write\n  fix: see with `cleanclaim validate` why nothing could be read"
    )
    assert not (folder / "out.parquet").exists()


def test_a_chosen_number_is_used_and_never_given_out_again(folder: Path) -> None:
    run("log.jsonl", "a.837", "--control-number", "41")
    run("log.jsonl", "b.837")
    assert [(folder / name).read_bytes().split(b"*")[13] for name in ("a.837", "b.837")] == [b"000000041", b"000000042"]


def test_standard_input_and_output_carry_claims_and_words_go_beside_them(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "convert", "-", "-", "--to", "parquet"],
        input=(folder / "log.jsonl").read_bytes(), capture_output=True, check=False, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0
    assert read(io.BytesIO(done.stdout)).claims["claim_id"].to_list() == ["C1"]
    assert done.stderr.decode() == "standard output: 1 claim, 1 line, $92.00\n"


def test_runs_at_the_same_moment_send_different_numbers(folder: Path) -> None:
    command = [sys.executable, str(ROOT / "cli.py"), "convert", "log.jsonl"]
    runs = [
        subprocess.Popen([*command, f"out{number}.837"], cwd=folder, env={**os.environ}, stdout=subprocess.DEVNULL)
        for number in range(2)
    ]
    assert [each.wait() for each in runs] == [0, 0]
    numbers = [(folder / f"out{number}.837").read_bytes().split(b"*")[13] for number in range(2)]
    assert sorted(numbers) == [b"000000001", b"000000002"]
