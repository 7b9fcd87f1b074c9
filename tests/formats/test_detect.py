"""What a file is told by, what is refused and in which words, and how several inputs go together."""

from __future__ import annotations

import gzip
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from billing.batch import Batch
from billing.claims import Claim
from billing.errors import CleanclaimError, InputError, UsageError
from billing.formats import INPUT_FORMATS, read
from billing.formats.detect import detect

SHAPES = Path(__file__).resolve().parents[2] / "claims_samples" / "shapes"
X12 = (SHAPES / "ks_chw.837").read_bytes()
JSONL = b'{"claim_id": "J1", "charge": "1.00", "lines": [{"line_number": 1, "charge": "1.00"}]}\n'
FHIR = b'{"meta": {"profile": []},\n "resourceType" : "Bundle", "type": "collection"}'
FHIR_XML = b'<?xml version="1.0"?>\n<!-- May -->\n<Bundle xmlns="http://hl7.org/fhir"/>'
RECORD: dict[str, Any] = json.loads(JSONL)


def zipped(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return content.getvalue()


def claim_ids(batch: Batch) -> list[str]:
    return batch.claims.get_column("claim_id").to_list()


# -------------------------------------------------------------------------------------------------- what it is


@pytest.mark.parametrize("before", [b"", b"\n\n  ", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n", b"\x00\x1a", b" " * 5000])
@pytest.mark.parametrize(
    ("content", "kind"), [(X12, "837"), (JSONL, "jsonl"), (b"[]", "jsonl"), (FHIR, "fhir"), (FHIR_XML, "fhir")]
)
def test_a_file_is_told_by_its_content(before: bytes, content: bytes, kind: str) -> None:
    assert detect(before + content, "anything.csv") == kind


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf", "the file holds nothing but blanks"),
        (b" \r\n\t\x00\x1a" * 3000, "the file holds nothing but blanks"),
        (zipped("[Content_Types].xml", "xl/workbook.bin"), "the file is an Excel workbook of the binary kind (.xlsb)"),
        (zipped("[Content_Types].xml", "word/document.xml"), "the file is a Word document"),
        (b"PK\x03\x04 cut", "the archive is damaged (zip)"),
        (gzip.compress(X12)[:-1], "the packed file ends too early (gzip)"),
        (b"%PDF-1.7\n", "the file is a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "the file is an old Excel or Word file"),
        (b"\x89PNG\r\n\x1a\n", "the file is a picture"),
        (b"-----BEGIN PGP MESSAGE-----", "the file is encrypted (PGP)"),
        (b"MSH|^~\\&|A", "the file is an HL7 version 2 message"),
        (b"UNA:+.? '", "the file is EDIFACT, not X12"),
        (X12.decode().encode("utf-16")[:-1], 'the text is in UTF-16 ("Unicode") and damaged'),
        ("claims,charge".encode("utf-16-be"), 'the file is saved as UTF-16 ("Unicode")'),
        (b"<?xml version='1.0'?><Claim/>", "the file is XML"),
        (b'<Claim xmlns="http://hl7.org/fhir">', "this is no well-formed XML, from line 1 on"),
        (b"<!DOCTYPE html><html>", "the file is a web page, perhaps a log-in or error page"),
        (b"ST*837*0001~BHT*0019", "the file is X12 without its envelope: it does not begin with ISA"),
        (b"ISABELLE,1\nJANE,2\n", "the file begins with ISA but is no X12"),
        (b"Dear Sir, here are the claims.\nYours", "the file is neither X12 nor JSON: it begins with neither ISA nor {"),
        (b"\x01\x02\x03\x04", "the file is no text file"),
    ],
)  # fmt: skip
def test_what_is_not_read_is_recognised_and_said_in_one_sentence(content: bytes, says: str) -> None:
    with pytest.raises(InputError) as caught:
        read(content, name="may.837")
    message, _, fix = str(caught.value).partition("\n  fix: ")
    assert message == f"may.837: {says}"
    assert fix


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        (b"claim_id,charge,units\nC1,92.00,4\n", "csv"),
        (b"claim_id\tcharge\nC1\t92.00\n", "csv"),
        (b"a;b;c", "csv"),
    ],
)
def test_a_table_is_told_by_its_content(content: bytes, kind: str) -> None:
    assert detect(content, "may.837") == kind


def test_any_other_text_is_a_table_where_a_map_was_given() -> None:
    assert detect(b"Weekly log\nName,Units\n", "log.csv", has_map=True) == "csv"


@given(st.binary())
def test_no_bytes_crash_the_reader(content: bytes) -> None:
    try:
        read(content)
    except CleanclaimError as error:
        assert "\n  fix: " in str(error)


@given(st.integers(0, len(X12)))
def test_a_file_cut_anywhere_is_read_or_refused_in_words(length: int) -> None:
    try:
        read(X12[:length])
    except CleanclaimError as error:
        assert "\n  fix: " in str(error)


# ------------------------------------------------------------------------------------------- where it comes from


def test_a_path_bytes_an_open_file_and_standard_input_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "may.837"
    path.write_bytes(X12)
    expected = read(path)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(X12)))
    with path.open("rb") as binary, path.open(encoding="utf-8", newline="") as characters:
        batches = {
            "may.837": [read(str(path)), read([path]), read(binary), read(characters)],
            "input.837": [read(X12), read(bytearray(X12)), read(io.BytesIO(X12))],
            "stdin.837": [read("-")],
        }
    for name, same in batches.items():
        for batch in same:
            assert batch.sources[0].name == name
            assert_frame_equal(batch.claims.drop("input"), expected.claims.drop("input"))
            assert_frame_equal(batch.lines, expected.lines)
    assert read(path, name="june.837").claims.get_column("input").unique().to_list() == ["june.837"]


def test_several_inputs_keep_their_order_and_their_keys_go_on(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_bytes(JSONL)
    (tmp_path / "a.837").write_bytes(X12)
    batch = read([tmp_path / "b.jsonl", tmp_path / "a.837", JSONL])
    count = len(batch.claims)
    assert claim_ids(batch)[0] == claim_ids(batch)[-1] == "J1"
    assert batch.claims.get_column("claim_key").to_list() == list(range(count))
    assert batch.lines.get_column("line_key").to_list() == list(range(len(batch.lines)))
    assert batch.lines.item(-1, "claim_key") == count - 1
    assert [source.name for source in batch.sources] == ["b.jsonl", "a.837", "input.jsonl"]
    first, middle, last = (source.subset(batch.claims.get_column("claim_key")) for source in batch.sources)
    assert (first, middle, last) == (JSONL, X12, JSONL)


def test_inputs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for folder in ("x", "y", "z"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "may.jsonl").write_bytes(JSONL)
    (tmp_path / "may (2).jsonl").write_bytes(JSONL)
    (tmp_path / "z" / "MAY.jsonl").write_bytes(JSONL)
    paths = [
        tmp_path / "x" / "may.jsonl",
        tmp_path / "y" / "may.jsonl",
        tmp_path / "may (2).jsonl",
        tmp_path / "z" / "MAY.jsonl",
    ]
    names = [source.name for source in read(paths).sources]
    assert names == ["may.jsonl", "may (3).jsonl", "may (2).jsonl", "MAY (4).jsonl"]
    assert [source.name for source in read([paths[0], paths[0]]).sources] == ["may.jsonl", "may (2).jsonl"]


def test_a_file_name_with_a_line_break_does_not_break_a_report(tmp_path: Path) -> None:
    path = tmp_path / "may\n.jsonl"
    path.write_bytes(JSONL)
    assert read(path).sources[0].name == "may?.jsonl"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: folder / "june.837", "there is no such file\n  fix: did you mean 'june.873'?"),
        (lambda folder: folder / "nothing like it", "there is no such file\n  fix: check the name and the folder"),
        (lambda folder: folder / "no" / "such" / "folder", "there is no such file\n  fix: check the folder"),
        (lambda folder: folder, "this is a folder\n  fix: name the files in it"),
        (lambda _: "ISA*00*" + "x" * 5000, "file name too long\n  fix: "),
        (lambda _: "a\0b", "a text was given that is no path\n  fix: hand over content as bytes"),
    ],
)
def test_a_file_that_cannot_be_opened_is_said_in_one_sentence(
    make: Callable[[Path], Any], says: str, tmp_path: Path
) -> None:
    (tmp_path / "june.873").write_bytes(X12)
    with pytest.raises(InputError) as caught:
        read(make(tmp_path))
    assert says in str(caught.value)


def test_a_file_that_may_not_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, os.strerror(13))

    (tmp_path / "may.837").write_bytes(X12)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError, match="you may not read this file"):
        read(tmp_path / "may.837")


def test_a_named_format_is_not_guessed() -> None:
    assert claim_ids(read(JSONL, input_format="jsonl")) == ["J1"]
    with pytest.raises(InputError):
        read(JSONL, input_format="837")
    with pytest.raises(UsageError, match="did you mean 'jsonl'"):
        read(JSONL, input_format="json")
    assert INPUT_FORMATS == ("auto", "837", "jsonl", "csv", "xlsx", "fhir", "parquet")


# --------------------------------------------------------------------------------------- objects, dicts and frames


def test_claims_and_dicts_are_read_and_a_bad_dict_is_unreadable() -> None:
    bad = RECORD | {"claim_id": "J3", "charge": 1.5}
    batch = read(
        [Claim.model_validate(RECORD), RECORD | {"claim_id": "J2", "subscriber": None, "delay_reason": ""}, bad]
    )
    assert claim_ids(batch) == ["J1", "J2"]
    assert batch.claims.get_column("position").to_list() == [1, 2]
    assert batch.unreadable.select("input", "first", "loop", "reason").rows() == [
        ("claims", 3, "claim", "charge: money is a text such as '92.00' or a whole number, never a binary float")
    ]
    assert batch.sources == ()
    assert bad["charge"] == 1.5


def test_one_claim_one_dict_and_a_generator_are_read() -> None:
    assert claim_ids(read(Claim.model_validate(RECORD))) == ["J1"]
    assert claim_ids(read(RECORD)) == ["J1"]
    assert claim_ids(read(RECORD | {"claim_id": f"G{number}"} for number in range(2))) == ["G0", "G1"]
    assert claim_ids(read([])) == []


def test_a_batch_is_returned_as_it_is() -> None:
    batch = read(JSONL)
    assert read(batch) is batch


@pytest.mark.parametrize("source", [17, None, [JSONL, 17], [RECORD, JSONL], pl.DataFrame()])
def test_what_claims_cannot_be_read_from_is_refused(source: Any) -> None:
    with pytest.raises(InputError, match=r"\n  fix: hand over "):
        read(source)


def test_frames_are_taken_over_and_numbered_anew() -> None:
    whole = read(X12)
    some = whole.claims.filter(pl.col("claim_key") % 2 == 1)
    lines = whole.lines.join(some, on="claim_key", how="semi")
    batch = read((some.sample(fraction=1, shuffle=True, seed=1), lines.lazy(), whole.malformed.clear()))
    assert_frame_equal(batch.claims.drop("claim_key"), some.drop("claim_key"))
    assert batch.claims.get_column("claim_key").to_list() == list(range(len(some)))
    assert batch.lines.get_column("line_key").to_list() == list(range(len(lines)))
    assert_frame_equal(batch.lines.drop("claim_key", "line_key"), lines.drop("claim_key", "line_key"))


CLAIMS = pl.DataFrame({"claim_key": [4], "claim_id": ["F1"], "charge": ["92.00"]})
LINES = pl.DataFrame({"claim_key": [4], "line_number": [1], "charge": ["92.00"], "units": ["4"]})


def test_frames_need_few_columns_and_texts_are_cast_without_loss() -> None:
    batch = read((CLAIMS, LINES))
    assert batch.claims.select("claim_key", "claim_id", "input", "position", "diagnoses").rows() == [
        (0, "F1", "frames", 1, [])
    ]
    assert batch.lines.schema == read(JSONL).lines.schema
    assert batch.lines.select("line_key", "claim_key", "modifiers").rows() == [(0, 0, [])]


@pytest.mark.parametrize(
    ("frames", "says"),
    [
        ((CLAIMS.rename({"charge": "charg"}), LINES), "claims has a column 'charg' .*\n  fix: did you mean 'charge'?"),
        ((CLAIMS.drop("claim_id"), LINES), "claims has no column claim_id"),
        ((CLAIMS, LINES.with_columns(charge=None)), "lines has rows without charge"),
        ((CLAIMS.with_columns(charge=92.0), LINES), "claims.charge holds binary floats"),
        ((CLAIMS.with_columns(charge=pl.lit("92.005")), LINES), "claims.charge is String and cannot be read"),
        ((CLAIMS, LINES.with_columns(units=pl.lit("four"))), "lines.units is String and cannot be read"),
        ((CLAIMS, LINES.with_columns(claim_key=5)), "1 rows of lines belong to no row of claims"),
        ((CLAIMS, LINES.clear()), "1 rows of claims have no line"),
        ((pl.concat([CLAIMS, CLAIMS]), LINES), "the same claim_key"),
        ([CLAIMS], "hand over"),
    ],
)
def test_frames_that_do_not_fit_are_refused_in_words(frames: Any, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read(frames)
    assert "\n  fix: " in str(caught.value)
    assert "four" not in str(caught.value)
