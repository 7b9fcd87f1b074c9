"""The folder a result is written to."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import stat
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pytest

from billing.claims import Claim
from billing.errors import OutputExistsError, UsageError
from billing.folders import put_files, safe_name
from billing.result import Result
from tests.results import (
    CODESETS,
    MEMBERS,
    RECEIVED,
    all_ready_result,
    batch_of,
    claim,
    finding,
    four_claims,
    four_claims_result,
    judgement_of,
    result_of,
    two_inputs_result,
)

ALL_FILES = [
    ".cleanclaim",
    "accepted.837",
    "decisions.csv",
    "findings.csv",
    "findings.jsonl",
    "rejected.837",
    "report.html",
    "review.837",
    "summary.json",
    "unreadable.837",
    "unreadable.csv",
]


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder by its name in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def rows(content: bytes) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_a_result_is_written_as_the_files_people_and_programs_expect(tmp_path: Path) -> None:
    result = four_claims_result(raw_unreadable=b"CLM*C5~")
    assert result.write(tmp_path / "out") == tmp_path / "out"
    files = contents(tmp_path / "out")
    assert sorted(files) == ALL_FILES
    assert json.loads(files["summary.json"]) == result.summary
    assert files["accepted.837"] == b"C1\nC2\n"
    assert files["review.837"] == b"C3\n"
    assert files["rejected.837"] == b"C4\n"
    assert files["unreadable.837"] == b"CLM*C5~"
    assert (
        files["unreadable.csv"]
        == b"input,first,last,loop,reason,charge\nbatch.837,40,52,2300,the claim has no charge,\n"
    )
    assert files["decisions.csv"].decode() == (
        "claim_id,decision,charge,expected_payment,findings,not_checked,first_rule,first_message,input,position\n"
        "C1,accepted,92.00,,0,1,,,batch.837,1\n"
        "C2,accepted,92.00,,0,1,,,batch.837,2\n"
        "C3,review,92.00,,1,1,ks-chw.eligibility.covered,Coverage is unknown on 2026-05-05.,batch.837,3\n"
        "C4,rejected,92.00,,1,1,ks-chw.unit_limits.daily,"
        "5 units of 98960 U7 on 2026-05-05; Kansas CHW allows 4 per member per day.,batch.837,4\n"
    )


def test_a_finding_has_all_its_fields_for_programs_and_in_columns_for_a_spreadsheet(tmp_path: Path) -> None:
    four_claims_result().write(tmp_path / "out")
    files = contents(tmp_path / "out")
    second = json.loads(files["findings.jsonl"].splitlines()[1])
    assert second == {
        "finding_id": "C4-daily",
        "claim_id": "C4",
        "line_number": 1,
        "rule": "ks-chw.unit_limits.daily",
        "kind": "unit_limits",
        "cause": "units_over_daily_limit",
        "verdict": "fail",
        "severity": "reject",
        "capped_by": [],
        "shadow": False,
        "message": "5 units of 98960 U7 on 2026-05-05; Kansas CHW allows 4 per member per day.",
        "remedy": "Bill 4 units, or attach the authorization that lifts the limit.",
        "found": "5",
        "allowed": "4",
        "related": ["C1 line 1"],
        "amount_at_risk": "18.40",
        "source": {
            "title": "KMAP bulletin 23175",
            "url": "https://example.org/23175.pdf",
            "dated": "2023-06-29",
            "official": True,
            "assumed": None,
        },
        "reason": {"group": "CO", "carc": "119", "rarc": ["N362"], "claim_status": ["A7:476"], "sure": False},
        "input": "batch.837",
        "position": 214,
        "place": {"x12": "2400 SV104", "form_box": "24G", "column": "units", "cell": None},
    }
    row = rows(files["findings.csv"])[1]
    assert list(row)[:6] == ["finding_id", "claim_id", "line_number", "rule", "kind", "cause"]
    assert (row["source_title"], row["reason_rarc"], row["place_x12"], row["related"], row["amount_at_risk"]) == (
        "KMAP bulletin 23175", "N362", "2400 SV104", "C1 line 1", "18.40",
    )  # fmt: skip


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_text_that_begins_like_a_formula_is_inert_in_every_csv(tmp_path: Path, start: str) -> None:
    evil = f'{start}HYPERLINK("http://x")'
    result = result_of([claim(evil, MEMBERS[0])], [finding(0, evil, found=evil, message=evil, related=[evil])])
    files = contents(result.write(tmp_path / "out"))
    row = rows(files["findings.csv"])[0]
    assert [row[name] for name in ("claim_id", "found", "message", "related")] == [f"'{evil}"] * 4
    assert rows(files["decisions.csv"])[0]["claim_id"] == f"'{evil}"
    assert json.loads(files["findings.jsonl"])["found"] == evil


def test_commas_quotes_and_line_ends_stay_inside_their_cell(tmp_path: Path) -> None:
    text = 'one, "two"\r\nthree'
    result = result_of([claim("C1", MEMBERS[0])], [finding(0, "C1", message=text)])
    assert rows(contents(result.write(tmp_path / "out"))["findings.csv"])[0]["message"] == text


def test_files_of_decisions_that_no_claim_has_are_absent(tmp_path: Path) -> None:
    files = contents(all_ready_result().write(tmp_path / "out"))
    assert {"review.837", "rejected.837", "unreadable.837", "unreadable.csv"}.isdisjoint(files)
    assert files["accepted.837"] == b"C1\nC2\nC3\nC4\n"


def test_several_inputs_have_a_folder_per_decision_with_a_file_each(tmp_path: Path) -> None:
    files = contents(two_inputs_result().write(tmp_path / "out"))
    split = {name: content for name, content in files.items() if "/" in name}
    assert split == {"accepted/a.837": b"C1\nC2\n", "review/b.837": b"C3\n", "rejected/b.837": b"C4\n"}


def test_inputs_of_the_same_or_hostile_names_stay_apart_and_inside_the_folder(tmp_path: Path) -> None:
    result = two_inputs_result("../../etc/pass\x1bwd.837", "x/PASS_WD.837")
    files = contents(result.write(tmp_path / "out"))
    assert sorted(name for name in files if "/" in name) == [
        "accepted/pass_wd.837",
        "rejected/PASS_WD-2.837",
        "review/PASS_WD-2.837",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("..", "input"),
        ("", "input"),
        (".hidden.837", "hidden.837"),
        ("-rf.837", "rf.837"),
        ("C:\\batches\\May 5.837", "May_5.837"),
        ("a\nb\x1b[2J.837", "a_b__2J.837"),
        ("batch", "batch"),
        ("x" * 300 + ".837", "x" * 100 + ".837"),
    ],
)
def test_a_file_name_made_of_an_inputs_name_is_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_claims_handed_over_as_objects_are_written_as_claim_json(tmp_path: Path) -> None:
    batch = replace(batch_of(four_claims()), sources=())
    result = Result(batch, judgement_of(batch, []), CODESETS, RECEIVED)
    lines = contents(result.write(tmp_path / "out"))["accepted.jsonl"].splitlines()
    assert [Claim.model_validate_json(line) for line in lines] == four_claims()


def test_only_the_owner_may_read_the_results(tmp_path: Path) -> None:
    out = two_inputs_result().write(tmp_path / "out")
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in out.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert stat.S_IMODE((out / "accepted").stat().st_mode) == 0o700


def test_a_control_number_goes_to_the_accepted_claims_only(tmp_path: Path) -> None:
    files = contents(four_claims_result().write(tmp_path / "out", control_number=7))
    assert (files["accepted.837"], files["review.837"], files["rejected.837"]) == (b"7\nC1\nC2\n", b"C3\n", b"C4\n")


def test_control_numbers_count_on_through_the_files_that_are_sent(tmp_path: Path) -> None:
    result = two_inputs_result()
    ready = Result(result.batch, judgement_of(result.batch, []), CODESETS, RECEIVED)
    files = contents(ready.write(tmp_path / "out", control_number=999_999_998))
    assert files["accepted/a.837"] == b"999999998\nC1\nC2\n"
    assert files["accepted/b.837"] == b"999999999\nC3\nC4\n"
    with pytest.raises(UsageError, match="numbers for 2 interchanges are needed, and 999999999 is the last there is"):
        ready.write(tmp_path / "more", control_number=999_999_999)
    assert not (tmp_path / "more").exists()


@pytest.mark.parametrize("number", [0, -1, 1_000_000_000])
def test_what_is_no_control_number_is_refused(tmp_path: Path, number: int) -> None:
    with pytest.raises(UsageError, match=f"--control-number {number}: an interchange has a number from 1 to 999999999"):
        all_ready_result().write(tmp_path / "out", control_number=number)
    assert list(tmp_path.iterdir()) == []


def test_claims_that_did_not_come_as_x12_have_no_control_number(tmp_path: Path) -> None:
    batch = batch_of(four_claims())
    for sources in ((), (replace(batch.sources[0], suffix=".jsonl"),)):  # type: ignore[type-var]  # a dataclass here
        other = replace(batch, sources=sources)
        result = Result(other, judgement_of(other, []), CODESETS, RECEIVED)
        with pytest.raises(UsageError, match="only X12 has interchanges to number"):
            result.write(tmp_path / "out", control_number=7)
    assert list(tmp_path.iterdir()) == []


def test_the_same_run_writes_the_same_bytes(tmp_path: Path) -> None:
    first = four_claims_result(raw_unreadable=b"CLM*C5~").write(tmp_path / "one")
    second = four_claims_result(raw_unreadable=b"CLM*C5~").write(tmp_path / "two")
    assert contents(first) == contents(second)


def test_missing_folders_above_are_made(tmp_path: Path) -> None:
    assert (all_ready_result().write(tmp_path / "a" / "b" / "out") / "summary.json").is_file()


def test_an_empty_folder_is_filled_and_stays_the_same_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir(mode=0o755)
    inode = out.stat().st_ino
    all_ready_result().write(out)
    assert out.stat().st_ino == inode
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_behind_a_symbolic_link_is_filled(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    assert all_ready_result().write(tmp_path / "out") == tmp_path / "real"
    assert (tmp_path / "out").is_symlink()


def test_a_folder_with_an_earlier_result_is_kept_unless_it_may_be_replaced(tmp_path: Path) -> None:
    out = four_claims_result().write(tmp_path / "out")
    before = contents(out)
    with pytest.raises(
        OutputExistsError, match=re.escape("the folder is not empty\n  fix: name a new folder, or add --overwrite")
    ):
        all_ready_result().write(out)
    assert contents(out) == before


def test_an_earlier_result_is_replaced_whole(tmp_path: Path) -> None:
    four_claims_result(raw_unreadable=b"CLM*C5~").write(tmp_path / "out")
    all_ready_result().write(tmp_path / "out", overwrite=True)
    all_ready_result().write(tmp_path / "fresh")
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fresh", "out"]


def test_a_folder_that_cleanclaim_did_not_write_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputExistsError, match="was not written by cleanclaim"):
        all_ready_result().write(tmp_path, overwrite=True)
    assert contents(tmp_path) == {"thesis.txt": b"years of work"}


def test_a_file_that_somebody_put_beside_the_results_is_named_and_kept(tmp_path: Path) -> None:
    out = four_claims_result().write(tmp_path / "out")
    (out / "notes.txt").write_text("call the payer")
    with pytest.raises(OutputExistsError, match=re.escape("what was changed since: notes.txt\n  fix: move that away")):
        all_ready_result().write(out, overwrite=True)
    assert (out / "notes.txt").read_text() == "call the payer"


def test_a_claims_file_that_somebody_mended_is_named_and_kept(tmp_path: Path) -> None:
    out = four_claims_result().write(tmp_path / "out")
    (out / "review.837").write_bytes(b"C3 mended\n")
    with pytest.raises(OutputExistsError, match=re.escape("what was changed since: review.837")):
        all_ready_result().write(out, overwrite=True)
    assert (out / "review.837").read_bytes() == b"C3 mended\n"


def test_a_link_in_the_place_of_a_result_is_not_followed(tmp_path: Path) -> None:
    out = four_claims_result().write(tmp_path / "out")
    precious = tmp_path / "precious.837"
    (out / "review.837").rename(precious)
    (out / "review.837").symlink_to(precious)
    with pytest.raises(OutputExistsError, match=re.escape("review.837")):
        all_ready_result().write(out, overwrite=True)
    assert precious.read_bytes() == b"C3\n"


def test_a_file_in_the_place_of_the_folder_is_kept(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputExistsError, match="is a file, and results are written to a folder"):
        all_ready_result().write(tmp_path / "out", overwrite=True)
    assert (tmp_path / "out").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_the_users_to_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="cannot be written to"):
        all_ready_result().write(tmp_path / "file" / "out")


def failing_files(fail_after: int) -> object:
    """Yield files and fail after some of them, as a full disk or a bug would."""
    for number in range(fail_after):
        yield f"file{number}.txt", b"content"
    raise KeyboardInterrupt


def test_what_writes_itself_into_its_file_is_listed_with_its_hash_like_any_other(tmp_path: Path) -> None:
    def write(file: BinaryIO) -> None:
        pl.DataFrame({"a": ["x"] * 50_000}).write_csv(file)
        file.write(b"end")

    out = put_files(tmp_path / "out", [("streamed", write), ("given", b"bytes"), ("empty", lambda _: None)])
    files = contents(out)
    marker = files.pop(".cleanclaim").decode()
    assert files == {"streamed": b"a\n" + b"x\n" * 50_000 + b"end", "given": b"bytes", "empty": b""}
    assert marker.splitlines() == [
        f"{hashlib.sha256(files[name]).hexdigest()}  {name}" for name in ("streamed", "given", "empty")
    ]
    assert put_files(out, [("given", b"again")], overwrite=True) == out
    assert stat.S_IMODE((out / "given").stat().st_mode) == 0o600


def test_a_full_disk_under_a_table_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_decisions: pl.DataFrame, file: BinaryIO) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("billing.writing.decisions_csv", fails)
    with pytest.raises(OSError, match="No space left"):
        all_ready_result().write(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fail_after", [0, 1, 5])
def test_nothing_half_written_stays_after_a_failure(tmp_path: Path, fail_after: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        put_files(tmp_path / "new" / "out", failing_files(fail_after))  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_replacing_leaves_the_earlier_result(tmp_path: Path) -> None:
    out = four_claims_result().write(tmp_path / "out")
    before = contents(out)
    with pytest.raises(KeyboardInterrupt):
        put_files(out, failing_files(2), overwrite=True)  # type: ignore[arg-type]
    assert contents(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("fail_at", [0, 3, 11, 14])
def test_a_failure_while_moving_into_place_brings_the_earlier_result_back(
    tmp_path: Path, fail_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = four_claims_result(raw_unreadable=b"CLM*C5~").write(tmp_path / "out")
    before = contents(out)
    moves = 0
    move = shutil.move

    def failing(source: Path, goal: Path) -> object:
        nonlocal moves
        moves += 1
        if moves - 1 == fail_at:
            raise OSError(28, "No space left on device")
        return move(source, goal)

    monkeypatch.setattr("billing.folders.shutil.move", failing)
    with pytest.raises(OSError, match="No space left"):
        all_ready_result().write(out, overwrite=True)
    assert contents(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_whose_parent_may_not_be_written_to_is_still_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "mounted"
    out.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)  # noqa: ARG005 the call's shape
    all_ready_result().write(out)
    all_ready_result().write(out, overwrite=True)
    assert sorted(contents(out)) == [
        ".cleanclaim",
        "accepted.837",
        "decisions.csv",
        "findings.csv",
        "findings.jsonl",
        "report.html",
        "summary.json",
    ]


def test_a_source_is_asked_only_for_its_own_claims(tmp_path: Path) -> None:
    result = two_inputs_result()
    result.write(tmp_path / "out")
    asked = [source.asked for source in result.batch.sources]  # type: ignore[attr-defined]
    assert asked == [[[0, 1]], [[2], [3]]]


def test_the_order_of_frames_does_not_matter_to_the_claims_written(tmp_path: Path) -> None:
    result = four_claims_result()
    backwards = replace(result.judgement, decisions=result.decisions.sort("claim_key", descending=True))
    other = Result(result.batch, backwards, CODESETS, RECEIVED)
    assert contents(other.write(tmp_path / "b"))["accepted.837"] == b"C1\nC2\n"
    assert isinstance(other.keys("accepted"), pl.Series)
