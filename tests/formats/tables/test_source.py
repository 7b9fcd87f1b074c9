"""What goes back to the biller: the same columns and rows, with what became of each."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest

import billing
from billing.batch import DecidedSource
from billing.formats import read
from tests.logs import HEADERS, column_map, columns, csv_text, read_rows, visit

CODESETS = billing.load_codesets(programs=["ks-chw"])
MAP = column_map(
    constants={
        "billing_npi": "1000100002", "billing_taxonomy": "251B00000X", "billing_tax_id": "000000001", "payer_id": "SAMPLEKSMCD",
        "rendering_npi": "1000200034", "rendering_taxonomy": "172V00000X", "diagnoses": "Z602", "member_birth_date": "1990-01-31",
    },
)  # fmt: skip


def rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def subset(batch: billing.batch.Batch, *keys: int) -> bytes:
    content: bytes = batch.sources[0].subset(pl.Series(keys, dtype=pl.UInt32))
    return content


def test_a_result_has_the_rows_by_decision_with_decision_and_reasons(tmp_path: Path) -> None:
    data = csv_text(
        [visit(), visit(DOS="5/5/2026", Units="5"), visit(DOS="5/6/2026", Charge="x"), visit(DOS="5/7/2026", Place="2")]
    )
    result = billing.validate(data, CODESETS, received="2026-06-01", column_map=MAP)
    folder = result.write(tmp_path / "out")
    assert sorted(path.name for path in folder.iterdir() if path.suffix == ".csv") == [
        "accepted.csv", "decisions.csv", "findings.csv", "rejected.csv", "unreadable.csv", "unreadable_rows.csv",
    ]  # fmt: skip
    header = [*HEADERS, "decision", "reasons"]
    assert rows((folder / "accepted.csv").read_bytes())[:2] == [header, [*visit(), "accepted", ""]]
    over = rows((folder / "rejected.csv").read_bytes())[1]
    assert over[:8] == [*visit(DOS="5/5/2026", Units="5"), "rejected"]
    assert over[8].startswith("5 units on 2026-05-05; the limit is 4 per member per day")
    assert over[8].endswith(" [ks-chw.unit_limits.daily]")
    assert rows((folder / "unreadable_rows.csv").read_bytes()) == [
        header,
        [*visit(DOS="5/6/2026", Charge="x"), "unreadable", 'the charge in column "Charge" is no amount of dollars'],
    ]
    assert result.summary["files"] == [
        {"name": "accepted.csv", "use": "send"}, {"name": "rejected.csv", "use": "mend"}, {"name": "unreadable_rows.csv", "use": "mend"},
    ]  # fmt: skip


def test_notes_stand_beside_an_accepted_row(tmp_path: Path) -> None:
    telehealth = visit(Code="98960.0 U7", Place="11")
    result = billing.validate(csv_text([telehealth]), CODESETS, received="2026-06-01", column_map=MAP)
    accepted = rows((result.write(tmp_path / "out") / "accepted.csv").read_bytes())
    note = 'note: Row 2 column "Code" stood as a number with decimals; read without them. [national.envelope.codes-turned-into-numbers]'
    assert accepted[1] == [*telehealth, "accepted", note]


def test_what_was_written_is_read_again_with_the_same_map_and_gives_the_same_lines(tmp_path: Path) -> None:
    data = csv_text([visit(), visit(DOS="5/5/2026", Units="5")])
    first = billing.validate(data, CODESETS, received="2026-06-01", column_map=MAP)
    again = billing.validate(
        first.write(tmp_path / "out") / "rejected.csv",
        CODESETS,
        received="2026-06-01",
        column_map=MAP,
        previous=tmp_path / "out",
    )
    assert again.decisions.get_column("claim_id").to_list() == first.decisions.get_column("claim_id").to_list()[1:]
    assert (again.summary["previous"]["still"], again.summary["previous"]["new"]) == (1, 0)


def test_several_inputs_have_a_folder_for_each_decision(tmp_path: Path) -> None:
    for name in ("may.csv", "june.csv"):
        (tmp_path / name).write_bytes(csv_text([visit(DOS="5/5/2026" if name == "may.csv" else "5/6/2026")]))
    sources = [tmp_path / "may.csv", tmp_path / "june.csv"]
    folder = billing.validate(sources, CODESETS, received="2026-06-01", column_map=MAP).write(tmp_path / "out")
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("accepted/*")) == [
        "accepted/june.csv",
        "accepted/may.csv",
    ]


def test_separator_line_ends_and_rows_above_the_header_come_back() -> None:
    text = "Weekly log;;;;;;\r\n" + csv_text([visit()]).decode().replace('"Doe, Jane"', "Doe, Jane|").replace(
        ",", ";"
    ).replace("Doe; Jane|", '"Doe, Jane"').replace("\n", "\r\n")
    batch = read(b"\xef\xbb\xbf" + text.encode(), column_map=column_map(header_row=2))
    assert subset(batch, 0) == b"\xef\xbb\xbf" + text.replace('"Doe, Jane"', "Doe, Jane").encode()


@pytest.mark.parametrize("cell", ["=1+1", "+1 call", "-5 x", "@SUM(A1)", "'=1+1"])
def test_no_cell_comes_back_as_a_formula(cell: str) -> None:
    batch = read_rows(visit(Client=cell), map_changes={"columns": columns(Client="member_last_name")})
    out = rows(subset(batch, 0))[1][0]
    assert out == f"'{cell.removeprefix(chr(39))}"
    assert read(
        subset(batch, 0), name="log.csv", column_map=column_map(columns=columns(Client="member_last_name"))
    ).claims.row(0) == batch.claims.row(0)


def test_a_negative_amount_is_no_formula() -> None:
    assert rows(subset(read_rows(visit(Charge="-46.00")), 0))[1] == visit(Charge="-46.00")


def test_a_row_that_is_too_long_comes_back_whole() -> None:
    batch = read_rows([*visit(), "x", "y"])
    source = batch.sources[0]
    assert isinstance(source, DecidedSource)
    assert rows(source.unreadable())[1] == [
        *visit(), "unreadable", "the row has more cells than the header; a comma in a text without quotes would do that", "x", "y",
    ]  # fmt: skip
    assert batch.sources[0].subset(pl.Series([], dtype=pl.UInt32)) == b""


def test_a_finding_on_a_line_names_its_row_and_column() -> None:
    data = csv_text([visit(), visit(DOS="5/5/2026", Units="x")])
    result = billing.validate(data, CODESETS, received="2026-06-01", column_map=MAP)
    found = result.findings.filter(pl.col("kind") == "units").row(0, named=True)
    assert (found["position"], found["place"]) == (
        3, {"x12": "2400 SV104", "form_box": "24G", "column": "units", "cell": 'row 3 column "Units"'},
    )  # fmt: skip
