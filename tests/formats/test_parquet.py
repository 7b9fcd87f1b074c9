"""Parquet: everything of the frames comes back, rows that are no claims are told, hostile files end in a sentence."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import billing
from billing.batch import Batch
from billing.claims import frames_to_claims
from billing.errors import InputError
from billing.formats import read
from billing.formats.new_jsonl import write_jsonl
from billing.formats.new_parquet import KEY, write_parquet
from tests.outgoing import record

SAMPLES = Path(__file__).resolve().parents[2] / "claims_samples"
CODESETS = billing.load_codesets(programs=["ks-chw"])
OWN = ("input", "position")


def same_frames(one: Batch, other: Batch) -> bool:
    """Say whether two batches hold the same, but for the name of the file and the places in it."""
    pairs = [(getattr(one, name), getattr(other, name)) for name in ("claims", "lines", "malformed")]
    return all(left.drop(OWN, strict=False).equals(right.drop(OWN, strict=False)) for left, right in pairs)


def rows(*records: dict[str, Any], **changed: pl.Expr) -> bytes:
    """A Parquet file of claims whose columns were changed."""
    buffer = io.BytesIO()
    pl.read_parquet(io.BytesIO(write_parquet(read(list(records))))).with_columns(**changed).write_parquet(buffer)
    return buffer.getvalue()


def refused(data: bytes) -> str:
    with pytest.raises(InputError) as said:
        read(data, name="claims.parquet")
    return str(said.value)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("shapes/*.837")), ids=lambda path: path.stem)
def test_every_shape_of_claims_comes_back_as_it_was(path: Path) -> None:
    batch = read(path)
    data = write_parquet(batch)
    assert data == write_parquet(batch)
    back = read(data, name="claims.parquet")
    assert same_frames(back, batch)
    assert back.claims["position"].to_list() == list(range(1, len(batch.claims) + 1))
    assert back.claims["input"].unique().to_list() in ([], ["claims.parquet"])
    assert back.unreadable["charge"].to_list() == batch.unreadable["charge"].to_list()
    assert back.file_findings.drop(OWN).equals(batch.file_findings.drop(OWN))
    assert same_frames(read(write_parquet(back)), back)
    assert read(write_parquet(back)).unreadable["reason"].equals(back.unreadable["reason"])


def test_one_row_is_one_claim_with_its_lines_in_it_and_where_it_came_from() -> None:
    frame = pl.read_parquet(io.BytesIO(write_parquet(read(SAMPLES / "ks_chw_clean.837"))))
    assert frame.height == 20
    assert frame["input"].unique().to_list() == ["ks_chw_clean.837"]
    assert frame.schema["charge"] == pl.Decimal(18, 2)
    assert frame.schema["member_birth_date"] == pl.Date
    assert frame.schema["lines"] == pl.List(pl.Struct({
        name: dtype for name, dtype in billing_lines().items() if name not in {"line_key", "claim_key"}
    }))  # fmt: skip
    assert frame["lines"].list.len().to_list() == read(SAMPLES / "ks_chw_clean.837").lines.group_by(
        "claim_key", maintain_order=True
    ).len()["len"].to_list()  # fmt: skip


def billing_lines() -> dict[str, Any]:
    from billing.claims import LINES_SCHEMA  # noqa: PLC0415 used by one test

    return LINES_SCHEMA


def test_what_was_unreadable_travels_with_the_file_and_says_where_it_stood() -> None:
    batch = read(SAMPLES / "shapes/broken_claims.837")
    back = read(write_parquet(batch), name="claims.parquet")
    assert back.unreadable.select("input", "first", "reason").rows()[:2] == [
        ("claims.parquet", 7, "the claim has no claim number (CLM01), in broken_claims.837 segments 37 to 44"),
        (
            "claims.parquet",
            8,
            (
                "the claim's total charge (CLM02) is no amount in dollars and cents, "
                "in broken_claims.837 segments 67 to 74"
            ),
        ),
    ]
    assert back.file_findings["cause"].to_list() == ["claim_cut_short"]
    assert back.file_findings["position"].to_list() == [3]


@pytest.mark.parametrize(
    "path", [SAMPLES / "ks_chw.837", SAMPLES / "shapes/broken_claims.837"], ids=lambda path: path.stem
)
def test_the_same_claims_keep_the_same_findings_in_every_format(path: Path) -> None:
    batch = read(path)
    said = ["claim_id", "line_number", "rule", "cause", "verdict", "severity", "message", "found", "allowed"]
    sources: list[Any] = [batch, write_parquet(batch), write_jsonl(batch)]
    results = [billing.validate(source, CODESETS, received="2026-11-22").findings for source in sources]
    of_claims = [found.filter(pl.col("cause") != "claim_cut_short").select(said) for found in results]
    assert of_claims[0].equals(of_claims[1])
    assert of_claims[0].equals(of_claims[2])
    assert results[0].select(said).equals(results[1].select(said))
    assert not of_claims[0].is_empty()


def test_some_of_the_claims_are_written_as_the_rows_they_came_as() -> None:
    data = write_parquet(read([record("C1"), record("C2"), record("C3")]))
    batch = read(data, name="claims.parquet")
    source = batch.sources[0]
    assert source.suffix == ".parquet"
    assert source.subset(batch.claims["claim_key"]) == data
    assert source.subset(pl.Series([7], dtype=pl.UInt32)) == b""
    kept = read(source.subset(pl.Series([0, 2], dtype=pl.UInt32)))
    assert kept.claims["claim_id"].to_list() == ["C1", "C3"]
    assert source.unreadable() == b""
    assert source.interchanges(batch.claims["claim_key"]) is None


def test_a_row_that_is_no_claim_is_unreadable_and_takes_nothing_else_with_it() -> None:
    is_first = pl.int_range(pl.len()) == 0
    cases: list[tuple[dict[str, Any], str]] = [
        ({"claim_id": pl.when(~is_first).then("claim_id")}, "the row has no claim_id"),
        ({"charge": pl.when(~is_first).then("charge")}, "the row has no charge"),
        ({"lines": pl.when(~is_first).then("lines")}, "the row has no lines"),
        ({"lines": pl.col("lines").list.eval(pl.element().struct.with_fields(charge=pl.lit(None, pl.Decimal(18, 2))))},
         "a line of the row has no charge"),
    ]  # fmt: skip
    for changed, reason in cases:
        batch = read(rows(record("C1"), record("C2"), **changed), name="claims.parquet")
        assert batch.unreadable["reason"].to_list() in ([reason], [reason, reason])
        assert batch.unreadable["first"].to_list() in ([1], [1, 2])
        assert len(batch.claims) + len(batch.unreadable) == 2
        assert batch.claims["position"].to_list() == [2][: len(batch.claims)]
        lost = batch.sources[0].unreadable()
        assert pl.read_parquet(io.BytesIO(lost)).height == len(batch.unreadable)


def test_keys_go_on_behind_the_inputs_before() -> None:
    data = write_parquet(read([record("C1", line__units="x"), record("C2")]))
    batch = read([data, data])
    assert batch.claims["claim_key"].to_list() == [0, 1, 2, 3]
    assert batch.lines["line_key"].to_list() == [0, 1, 2, 3]
    assert batch.malformed.select("claim_key", "line_key", "column", "text").rows() == [
        (0, 0, "units", "x"), (2, 2, "units", "x")
    ]  # fmt: skip
    chosen = batch.sources[1].subset(pl.Series([3], dtype=pl.UInt32))
    assert read(chosen).claims["claim_id"].to_list() == ["C2"]


def test_another_programs_file_needs_little_more_than_lines() -> None:
    buffer = io.BytesIO()
    line = pl.struct(procedure_code=pl.lit("98960"), charge=pl.lit("92.00"), units=pl.lit(4))
    pl.DataFrame({"claim_id": ["A"], "charge": ["92.00"]}).with_columns(lines=pl.concat_list(line, line)).write_parquet(
        buffer
    )
    batch = read(buffer.getvalue())
    claim = next(iter(frames_to_claims(batch.claims, batch.lines)))
    assert [(line.line_number, str(line.charge), str(line.units)) for line in claim.lines] == [
        (1, "92.00", "4.000"),
        (2, "92.00", "4.000"),
    ]


# -------------------------------------------------------------------------------------------------------- hostile files

GOOD = write_parquet(read([record("C1"), record("C2")]))


@pytest.mark.parametrize(
    "data",
    [GOOD[:-1], GOOD[: len(GOOD) // 2], GOOD[:8], b"PAR1", b"PAR1PAR1", b"PAR1" + b"\xff" * 400 + b"PAR1",
     GOOD[:-8] + b"\xff\xff\xff\x7fPAR1", GOOD[:-8] + b"\x04\0\0\0PAR1", GOOD[:60] + b"\0" * 600 + GOOD[660:],
     b"PAR1" + GOOD[4:2000][::-1] + GOOD[2000:]],
    ids=["less one byte", "half", "head", "magic", "two magics", "noise", "long footer", "short footer", "holes", "reversed"],
)  # fmt: skip
def test_a_damaged_file_is_said_to_be_damaged(data: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    assert refused(data) == (
        "claims.parquet: the Parquet file is damaged or cut short\n  fix: write it again, and copy it whole"
    )
    assert "DOE" not in capfd.readouterr().err


def flipped(at: int) -> bytes:
    return GOOD[:at] + bytes([GOOD[at] ^ 0xFF]) + GOOD[at + 1 :]


@pytest.mark.parametrize("at", range(4, len(GOOD), len(GOOD) // 20))
def test_a_flipped_byte_is_read_or_refused_in_words(at: int) -> None:
    try:
        batch = read(flipped(at), name="claims.parquet")
    except InputError as error:
        assert "\n  fix: " in str(error)
        assert "DOE" not in str(error)
    else:
        assert len(batch.claims) + len(batch.unreadable) == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lines": pl.lit("x")}, "claims.parquet: lines is String, not a list of structs\n  fix: nest one struct"),
        ({"lines": pl.concat_list(pl.lit(1))}, "claims.parquet: lines is List(Int32), not a list of structs"),
        ({"charge": pl.lit(92.5)}, "claims.parquet: claims.charge holds binary floats\n  fix: cast the column to Decimal"),
        ({"charge": pl.lit("nine")}, "claims.parquet: claims.charge is String and cannot be read as Decimal"),
        ({"member_birth_date": pl.lit("DOE")}, "claims.parquet: claims.member_birth_date is String and cannot be read as Date"),
        ({"member_idd": pl.lit("1")},
         "claims.parquet: claims has a column 'member_idd' that cleanclaim does not know\n  fix: did you mean 'member_id'?"),
        ({"claim_key": pl.lit(1)}, "claims.parquet: has a column claim_key, which belongs to frames\n  fix: leave it out"),
        ({"lines": pl.col("lines").list.eval(pl.element().struct.with_fields(unit=pl.lit(1)))},
         "claims.parquet: lines has a field 'unit' that cleanclaim does not know\n  fix: the fields are "),
        ({"lines": pl.col("lines").list.eval(pl.element().struct.with_fields(units=pl.lit(1.5)))},
         "claims.parquet: lines.units holds binary floats"),
        ({"malformed": pl.lit(1)}, "claims.parquet: malformed is Int32, not a list of structs"),
    ],
)  # fmt: skip
def test_a_wrong_column_or_type_is_named(changed: dict[str, pl.Expr], said: str) -> None:
    assert refused(rows(record(), **changed)).startswith(said)


def test_a_table_that_is_no_claims_file_says_what_one_looks_like() -> None:
    buffer = io.BytesIO()
    pl.DataFrame({"a": [1]}).write_parquet(buffer)
    assert refused(buffer.getvalue()).startswith(
        "claims.parquet: this Parquet file has no column `lines`, so it holds no claims with service lines\n"
    )


def test_a_file_that_announces_billions_of_rows_is_not_unpacked() -> None:
    buffer = io.BytesIO()
    pl.select(pl.repeat(0, 20_000_001, dtype=pl.Int8).alias("lines")).write_parquet(buffer)
    assert len(buffer.getvalue()) < 100_000
    assert refused(buffer.getvalue()) == (
        "claims.parquet: says it holds 20,000,001 rows; at most 20,000,000 are read\n  fix: split the file"
    )


@pytest.mark.parametrize(
    "said", ["no json", "[]", '{"unreadable": 7}', '{"unreadable": [{"a": 1}]}', '{"noticed": [["x"]]}']
)
def test_metadata_that_somebody_changed_is_refused_or_passed_over(said: str) -> None:
    buffer = io.BytesIO()
    pl.read_parquet(io.BytesIO(GOOD)).write_parquet(buffer, metadata={KEY: said})
    try:
        batch = read(buffer.getvalue(), name="claims.parquet")
    except InputError as error:
        assert str(error).startswith("claims.parquet: ")
    else:
        assert batch.claims["claim_id"].to_list() == ["C1", "C2"]


def test_an_empty_batch_is_a_file_without_rows() -> None:
    data = write_parquet(Batch())
    assert read(data).claims.is_empty()
    assert json.loads(pl.read_parquet_metadata(io.BytesIO(data))[KEY]) == {"layout": 1}
