"""Excel workbooks: what they hold, what is wrong with them, and what is written back."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import billing
from billing.batch import Batch
from billing.errors import CleanclaimError, InputError
from billing.formats import read
from billing.formats.tables.xlsx_file import read_xlsx
from tests.logs import HEADERS, LOGS, column_map, said, visit, workbook

MADE = workbook()
PART = "xl/worksheets/sheet1.xml"
WEEK = (LOGS / "peer_week.xlsx").read_bytes()


def book(rows: Sequence[Sequence[Any]], merges: Sequence[str] = (), **more: Sequence[Sequence[Any]]) -> bytes:
    content: bytes = MADE.write({"Log": [list(HEADERS), *rows], **more}, merges)
    return content


def read_book(rows: Sequence[Sequence[Any]], merges: Sequence[str] = (), **changes: Any) -> Batch:
    return read(book(rows, merges), name="log.xlsx", column_map=column_map(**changes))


def with_part(xml: str, name: str = PART) -> bytes:
    """A workbook in which one part is replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book([visit()]))) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, xml if part == name else old.read(part))
    return out.getvalue()


def sheet_xml(rows: str, behind: str = "") -> str:
    return f'<?xml version="1.0"?>{behind}<worksheet xmlns="{MADE.NAMESPACE}"><sheetData>{rows}</sheetData></worksheet>'


def written(data: bytes) -> list[tuple[Any, ...]]:
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    return [tuple(row) for row in sheet.iter_rows(values_only=True)]


def test_values_are_read_by_their_types() -> None:
    changes = {"DOS": date(2026, 5, 4), "Units": 2, "Charge": 46.1, "Place": 2, "ID": 123456789012}
    row = [{**dict(zip(HEADERS, visit(), strict=True)), **changes}[header] for header in HEADERS]
    line = read_book([row]).lines.row(0, named=True)
    assert [str(line[name]) for name in ("service_date", "units", "charge")] == ["2026-05-04", "2.000", "46.10"]
    sheet = read_xlsx(book([[time(9, 30), 0.1 + 0.2, 1e15, 1.0, None, " x ", date(2026, 5, 4)]]), "log.xlsx")
    assert sheet.texts.row(0)[1:] == ("09:30:00", "0.3", "1.00E+15", "1", None, "x", "2026-05-04")


def test_cells_of_a_workbook_are_named_as_the_spreadsheet_names_them() -> None:
    batch = read_book([visit(ID="1.2E+10"), visit(Place="2")])
    assert batch.unreadable.get_column("reason").to_list() == [
        "the member's id in Log!B2 stands in scientific notation, and digits of it are lost"
    ]
    assert said(batch) == [
        (3, "leading_zeros_put_back", "note", "Log!G3 had lost its leading zeros; read with 2 digits.")
    ]


def test_merged_cells_give_each_row_their_value_but_never_an_amount() -> None:
    second = [None, None, "5/5/2026", "98960 U7", "2", "46.00", "12"]
    batch = read_book([visit(), second], ["A2:A3", "B2:B3"])
    assert batch.claims.get_column("member_id").to_list() == ["00123456789"] * 2
    cells = "Log!A3, Log!B3: each belongs to merged cells; their value was read for each of their rows."
    assert said(batch) == [(3, "merged_cells_read_for_each_row", "note", cells)]
    keys = batch.claims.get_column("claim_key")
    assert written(batch.sources[0].subset(keys.tail(1)))[1][:2] == ("Doe, Jane", "00123456789")
    lost = read_book([visit(), visit(DOS="5/5/2026", Charge="")], ["F2:F3"]).unreadable
    assert lost.get_column("reason").to_list() == ["the charge in Log!F3 is missing"]


def test_a_formula_is_read_by_its_last_value_and_held_without_one() -> None:
    rows = [visit(), visit(DOS="5/5/2026"), visit(DOS="5/6/2026")]
    rows[0][5], rows[1][5], rows[2][3] = (
        MADE.Formula("E2*23", 46.0),
        MADE.Formula("E3*23", None),
        MADE.Formula("X", None),
    )
    batch = read_book(rows)
    assert batch.unreadable.get_column("reason").to_list() == [
        "the charge in Log!F3 holds a formula whose value the workbook does not hold"
    ]
    assert said(batch) == [
        (None, "formulas_read_by_value", "note", "3 cells hold formulas; their last values were read, and are written out in their place"),
        (4, "formulas_without_a_value", "review", "Log!D4 holds a formula whose value the workbook does not hold."),
    ]  # fmt: skip
    assert written(batch.sources[0].subset(batch.claims.get_column("claim_key")))[1][5] == 46


def test_rows_are_written_back_with_their_types_and_nothing_live() -> None:
    rows = [["=cmd|' /C calc'!A0", "00123456789", date(2026, 5, 4), "98960 U7", 2, 46.5, "12"]]
    data = MADE.write({"Log": [["Week"], [], list(HEADERS), *rows]})
    batch = read(data, name="log.xlsx", column_map=column_map(header_row=3))
    source = batch.sources[0]
    decisions = batch.lines.select("line_key", decision=pl.lit("review"), reasons=pl.lit("=1+1"))
    out = source.decided_subset(batch.claims.get_column("claim_key"), decisions)  # type: ignore[attr-defined] # a table
    assert written(out) == [
        ("Week", *[None] * 8), (None,) * 9, (*HEADERS, "decision", "reasons"),
        ("=cmd|' /C calc'!A0", "00123456789", datetime(2026, 5, 4), "98960 U7", 2, 46.5, "12", "review", "=1+1"),  # noqa: DTZ001 likewise
    ]  # fmt: skip
    assert out == source.decided_subset(batch.claims.get_column("claim_key"), decisions)  # type: ignore[attr-defined]
    assert (
        read(out, name="review.xlsx", column_map=column_map(header_row=3))
        .lines.drop("position", "claim_key")
        .equals(batch.lines.drop("position", "claim_key"))
    )


def test_leading_zeros_that_a_number_format_shows_are_read_and_come_back() -> None:
    out = io.BytesIO()
    made = openpyxl.Workbook()
    made.active.append([*HEADERS])
    made.active.append(["Doe, Jane", 123456789, "5/4/2026", "98960 U7", 2, 46, "12"])
    made.active.append(["Roe, Ann", "00987654321", "5/4/2026", "98960 U7", 2, 46, "12"])
    made.active["B2"].number_format = "00000000000"
    made.save(out)
    batch = read(out.getvalue(), name="log.xlsx", column_map=column_map())
    assert batch.claims.get_column("member_id").to_list() == ["00123456789", "00987654321"]
    assert batch.file_findings.is_empty()
    back = batch.sources[0].subset(batch.claims.get_column("claim_key"))
    again = read(back, name="log.xlsx", column_map=column_map())
    assert again.claims.equals(batch.claims)


def test_the_map_says_which_of_several_sheets_is_the_log() -> None:
    data = book([visit()], Rates=[["Code", "Rate"]])
    with pytest.raises(InputError) as caught:
        read(data, name="log.xlsx", column_map=column_map())
    assert str(caught.value) == (
        "log.xlsx: 2 sheets hold something: Log, Rates\n  fix: write which one is the log into the column map, `sheet: Log`; `cleanclaim map guess log.xlsx` makes a map"
    )
    assert len(read(data, name="log.xlsx", column_map=column_map(sheet="log")).claims) == 1
    with pytest.raises(InputError, match=r"no sheet has the name 'Lgo'\n  fix: did you mean 'Log'\?"):
        read(data, name="log.xlsx", column_map=column_map(sheet="Lgo"))


CELL = '<row r="1"><c r="A1" t="inlineStr"><is><t>Client</t></is></c></row>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (with_part(sheet_xml('<row r="1"><c r="XFD1"><v>1</v></c></row>')), "the table has 16,384 columns; a service log has at most 500"),
        (with_part(sheet_xml(CELL + '<row r="1048576"><c r="A1048576"><v>1</v></c></row>')), "Log has cells far below the table"),
        (with_part(sheet_xml(CELL, '<!DOCTYPE w [<!ENTITY a "x">]>')), "the workbook declares XML entities"),
        (with_part(sheet_xml(CELL, f"<!--{'x' * 2**21}--><!DOCTYPE w []>")), "the workbook declares XML entities"),
        (with_part(sheet_xml('<row r="1"><c r="A1" t="s"><v>9</v></c></row>')), "the workbook cannot be read"),
        (with_part("<worksheet"), "the workbook cannot be read"),
        (with_part(sheet_xml("")), "no sheet of the workbook holds anything"),
        (book([visit()])[:900] + b"\xff" * 50 + book([visit()])[950:], "the workbook"),
    ],
    ids=["wide", "far", "entity", "entity behind a comment", "string", "broken", "empty", "damaged"],
)  # fmt: skip
def test_a_hostile_workbook_ends_in_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read(data, name="log.xlsx", column_map=column_map(), input_format="xlsx")
    message, _, fix = str(caught.value).partition("\n  fix: ")
    assert message.startswith(f"log.xlsx: {words}")
    assert fix


def test_a_workbook_that_unpacks_to_more_than_a_log_has_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.formats.tables.xlsx_parts.MOST_BYTES", 2**20)
    words = r"log\.xlsx: the workbook has 2 MB in 6 parts when it is unpacked; 1 MB is the most that is read"
    with pytest.raises(InputError, match=words):
        read(with_part(sheet_xml(" " * 2 * 2**20)), name="log.xlsx", column_map=column_map())


@given(st.lists(st.tuples(st.integers(0, len(WEEK) - 1), st.integers(0, 255)), max_size=20))
def test_no_change_of_bytes_crashes_the_reader(changes: list[tuple[int, int]]) -> None:
    data = bytearray(WEEK)
    for at, byte in changes:
        data[at] = byte
    try:
        read(bytes(data), name="log.xlsx", column_map=LOGS / "peer_week.map.yaml")
    except CleanclaimError as error:
        assert "\n  fix: " in str(error)


def test_without_its_library_a_workbook_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(InputError) as caught:
        read(book([visit()]), name="log.xlsx", column_map=column_map())
    assert str(caught.value) == (
        "log.xlsx: Excel workbooks need openpyxl, which is not installed\n"
        "  fix: pip install 'cleanclaim[excel]', or save the sheet as CSV UTF-8"
    )


def test_a_finding_on_a_line_names_its_cell() -> None:
    codesets = billing.load_codesets(programs=["ks-chw"])
    data = book([visit(), visit(Units="x", DOS="5/5/2026")])
    result = billing.validate(data, codesets, received="2026-06-01", column_map=column_map())
    bad = result.findings.filter(result.findings["kind"] == "units").row(0, named=True)
    assert (bad["position"], bad["place"]["cell"], bad["place"]["column"]) == (3, "Log!E3", "units")
