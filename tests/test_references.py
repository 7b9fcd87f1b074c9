"""Reference files: read as text, cast by their columns, errors with place and fix and without a person."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from billing.errors import ReferenceFileError
from billing.reference_columns import REFERENCE_COLUMNS, REFERENCE_NAMES, SPANS, reference_schema
from billing.references import References, read_references

UTF_16 = "m.csv: the text is in UTF-16\n  fix: save it as CSV in UTF-8, not as Unicode text"


def saved(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def members(folder: Path, content: str | bytes) -> pl.DataFrame:
    read = read_references(members=saved(folder, "members.csv", content)).members
    assert read is not None
    return read


def test_a_members_file_becomes_dates_and_text(tmp_path: Path) -> None:
    read = members(
        tmp_path, "member_id,effective,ended,program\n00123,2026-01-01,2026-06-30,ks-chw\n00124,2026-02-01,,\n"
    )
    assert read.schema == reference_schema("members")
    assert read.select("member_id", "effective", "ended", "program").rows() == [
        ("00123", date(2026, 1, 1), date(2026, 6, 30), "ks-chw"),
        ("00124", date(2026, 2, 1), None, None),
    ]


def test_byte_order_mark_crlf_quotes_blanks_and_blank_lines_are_fine(tmp_path: Path) -> None:
    content = (
        b'\xef\xbb\xbfmember_id, effective ,county\r\n" 1 ",2026-01-01,"North, ""Old"""\r\n\r\n,,\r\n2,2026-01-02,\r\n'
    )
    assert members(tmp_path, content).select("member_id", "effective", "county").rows() == [
        ("1", date(2026, 1, 1), 'North, "Old"'),
        ("2", date(2026, 1, 2), None),
    ]


def test_a_row_number_counts_the_header_and_blank_lines(tmp_path: Path) -> None:
    with pytest.raises(
        ReferenceFileError, match=r"^members.csv row 5: ended is '13/45/2026'; write a date as 2026-12-31$"
    ):
        members(tmp_path, "member_id,effective,ended\n1,2026-01-01,\n\n2,2026-01-01,\n3,2026-01-01,13/45/2026\n")


def test_what_was_given_is_present_and_an_empty_file_is_not_an_absent_one(tmp_path: Path) -> None:
    references = read_references(members=saved(tmp_path, "m.csv", "member_id,effective\n"), orders=None)
    assert references.present == ("members",)
    assert references.members is not None
    assert references.members.height == 0
    assert references.orders is None


def test_nothing_given_is_nothing_present() -> None:
    assert read_references() == References()
    assert References().present == ()


def test_a_missing_optional_column_is_null_and_remembered(tmp_path: Path) -> None:
    references = read_references(
        authorizations=saved(tmp_path, "a.csv", "number,member_id,effective\nA1,1,2026-01-01\n")
    )
    assert references.missing_columns == {
        "authorizations": ("procedure_code", "modifiers", "ended", "units", "billing_npi", "program")
    }
    assert not references.has("authorizations", "units")
    assert references.has("authorizations", "number")
    assert not references.has("members", "member_id")
    assert references.authorizations is not None
    assert references.authorizations.schema == reference_schema("authorizations")
    assert references.authorizations.row(0) == ("A1", "1", None, None, date(2026, 1, 1), None, None, None, None)


def test_modifiers_of_one_cell_are_joined_with_colons(tmp_path: Path) -> None:
    content = "number,member_id,effective,modifiers\nA1,1,2026-01-01,HQ:U4\nA2,1,2026-01-01,\nA3,1,2026-01-01,HQ\n"
    read = read_references(authorizations=saved(tmp_path, "a.csv", content)).authorizations
    assert read is not None
    assert read["modifiers"].to_list() == [["HQ", "U4"], [], ["HQ"]]


HISTORY = "claim_id,line_number,member_id,procedure_code,units,charge,service_date,status\n"


def test_units_and_money_are_exact(tmp_path: Path) -> None:
    read = read_references(
        history=saved(tmp_path, "h.csv", HISTORY + "C1,1,1,98960,2.5,92.1,2026-05-05,paid\n")
    ).history
    assert read is not None
    assert read.select("line_number", "procedure_code", "units", "charge").rows() == [
        (1, "98960", Decimal("2.500"), Decimal("92.10"))
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("C1,1,1,98960,9e2,,2026-05-05,paid", "units is no such number; write units as 4 or 2.5, with at most three decimals"),
        ("C1,1,1,98960,1.2345,,2026-05-05,paid", "units is '1.2345'; write units as 4 or 2.5, with at most three decimals"),
        ("C1,1,1,98960,1,92.005,2026-05-05,paid", "charge is '92.005'; write dollars as 92.00"),
        ("C1,1,1,98960,1,DOE,2026-05-05,paid", "charge is no such number; write dollars as 92.00"),
        ("C1,one,1,98960,1,,2026-05-05,paid", "line_number is no such number; write a whole number from 1"),
        ("C1,0,1,98960,1,,2026-05-05,paid", "line_number is '0'; write a whole number from 1"),
        ("C1,1,1,98960,1,,2026-02-30,paid", "service_date is '2026-02-30'; write a date as 2026-12-31"),
        ("C1,1,1,98960,1,,2026-5-5,paid", "service_date is '2026-5-5'; write a date as 2026-12-31"),
        ("C1,1,1,98960,1,,00123456789,paid", "service_date is no date; write a date as 2026-12-31"),
        ("C1,1,1,98960,1,,2026-05-05,Payd", "status is none of the values it may have; did you mean 'paid'?"),
        ("C1,1,1,98960,1,,2026-05-05,DOE", "status is none of the values it may have; write one of paid, accepted, denied, void"),
        ("C1,1,,98960,1,,2026-05-05,paid", "member_id is empty; write the id of the member at the payer"),
        ("C1,1,1,98960,,,2026-05-05,paid", "units is empty; write units as 4 or 2.5, with at most three decimals"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_read_is_named_with_row_and_fix(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(ReferenceFileError, match=f"^{re.escape('h.csv row 2: ' + message)}$"):
        read_references(history=saved(tmp_path, "h.csv", HISTORY + row + "\n"))


@pytest.mark.parametrize("cell", ["HQ;U4", '"HQ,U4"', "HQ/U4"])
def test_modifiers_parted_by_another_mark_are_no_modifier_of_their_own(tmp_path: Path, cell: str) -> None:
    content = HISTORY.replace("units", "modifiers,units") + f"C1,1,1,98960,{cell},1,,2026-05-05,paid\n"
    with pytest.raises(
        ReferenceFileError, match=r"^h.csv row 2: modifiers is no list of modifiers; write modifiers as HQ:U4$"
    ):
        read_references(history=saved(tmp_path, "h.csv", content))


def test_a_birth_date_never_stands_in_a_message(tmp_path: Path) -> None:
    with pytest.raises(
        ReferenceFileError, match=r"^members.csv row 2: birth_date is no date; write a date as 2026-12-31$"
    ):
        members(tmp_path, "member_id,effective,birth_date\n1,2026-01-01,01/31/1990\n")


def test_a_span_that_ends_before_it_begins_is_an_error_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(
        ReferenceFileError,
        match=r"^members.csv row 3: ended is before effective \(2026-01-01 is before 2026-01-02\); both days are part of the span$",
    ):
        members(tmp_path, "member_id,effective,ended\n1,2026-01-01,2026-01-01\n1,2026-01-02,2026-01-01\n")


def test_a_pregnancy_that_ends_before_it_begins_is_named_without_its_dates(tmp_path: Path) -> None:
    with pytest.raises(
        ReferenceFileError,
        match=r"^members.csv row 2: pregnant_to is before pregnant_from; both days are part of the span$",
    ):
        members(tmp_path, "member_id,effective,pregnant_from,pregnant_to\n1,2026-01-01,2026-03-01,2026-02-01\n")


def test_all_problems_are_named_in_order_of_rows_up_to_ten(tmp_path: Path) -> None:
    rows = "".join(f"{number},2026-01-01,x\n" for number in range(12))
    with pytest.raises(ReferenceFileError) as caught:
        members(tmp_path, "member_id,effective,ended\n" + rows)
    lines = str(caught.value).splitlines()
    assert lines[:10] == [
        f"members.csv row {row}: ended is no date; write a date as 2026-12-31" for row in range(2, 12)
    ]
    assert lines[10:] == ["members.csv: and 2 more"]


def test_an_unknown_column_names_the_nearest_right_one_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(
        ReferenceFileError,
        match=r"^members.csv: no column has the name 'efective'\n  fix: did you mean 'effective'\?$",
    ):
        members(tmp_path, "member_id,efective\n1,2026-01-01\n")


def test_an_unknown_column_like_none_lists_what_there_may_be(tmp_path: Path) -> None:
    known = ", ".join(column.name for column in REFERENCE_COLUMNS["orders"])
    content = "member_id,kind,date,weather\n1,referral,2026-01-01,sun\n"
    with pytest.raises(ReferenceFileError, match=f"no column has the name 'weather'\n  fix: orders may have {known}$"):
        read_references(orders=saved(tmp_path, "o.csv", content))


def test_missing_required_columns_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(ReferenceFileError) as caught:
        read_references(workers=saved(tmp_path, "w.csv", "npi\n1\n"))
    assert str(caught.value).splitlines() == [
        "w.csv: the column 'effective' is missing",
        "  fix: add it: first day of the span",
        "w.csv: the column 'worker_type' is missing",
        "  fix: add it: what the worker is certified as",
    ]


def test_a_file_without_a_header_does_not_show_its_first_row(tmp_path: Path) -> None:
    with pytest.raises(ReferenceFileError) as caught:
        members(tmp_path, "00123456789,2026-01-01\n00123456780,2026-01-01\n")
    assert "00123456789" not in str(caught.value)
    assert str(caught.value).startswith("members.csv: the first row is not a row of column names\n")


def test_a_repeated_column_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReferenceFileError, match="the column 'effective' is there twice\n  fix: keep one of them"):
        members(tmp_path, "member_id,effective,effective\n1,2026-01-01,2026-01-01\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "m.csv: the file is empty\n  fix: write a header row with the column names"),
        (b"member_id,effective\n\xe9,2026-01-01\n", "m.csv: the rows cannot be read\n  fix: save it as CSV in UTF-8"),
        (
            b"member_id,effective\nA,2026-01-01,B,C\n",
            "m.csv: the rows cannot be read\n  fix: give every row as many cells",
        ),
        (
            b"member_id;effective\nA;2026-01-01\n",
            "m.csv: the header is one cell\n  fix: separate the columns with commas",
        ),
        (
            b"PK\x03\x04\x14\x00",
            "m.csv: the file is a workbook or a zip archive\n  fix: open it in your spreadsheet program",
        ),
        *(
            ("member_id,effective\nA,2026-01-01\n".encode(codec), UTF_16)
            for codec in ("utf-16", "utf-16-le", "utf-16-be")
        ),
        ("\ufeffmember_id,effective\nA,2026-01-01\n".encode("utf-16-be"), UTF_16),
    ],
)
def test_a_file_that_is_no_table_says_what_to_do(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ReferenceFileError, match=f"^{re.escape(message)}"):
        read_references(members=saved(tmp_path, "m.csv", content))


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(
        ReferenceFileError, match=r"^gone.csv: there is no such file\n  fix: check the name and the folder$"
    ):
        read_references(members=tmp_path / "gone.csv")
    saved(tmp_path, "members.csv", "member_id,effective\n")
    with pytest.raises(ReferenceFileError, match=r"^membrs.csv: .*\n  fix: did you mean 'members.csv'\?$"):
        read_references(members=tmp_path / "membrs.csv")


def test_a_folder_is_not_read_as_a_table(tmp_path: Path) -> None:
    saved(tmp_path, "members.csv", "member_id,effective\n1,2026-01-01\n")
    with pytest.raises(ReferenceFileError, match=r": this is a folder\n  fix: name the file in it$"):
        read_references(members=tmp_path)


def test_a_parquet_that_is_none_says_so(tmp_path: Path) -> None:
    with pytest.raises(
        ReferenceFileError, match=r"^m.parquet: the rows cannot be read\n  fix: save it as Parquet again"
    ):
        read_references(members=saved(tmp_path, "m.parquet", "no parquet, and long enough to look for a footer"))


def test_parquet_and_frames_with_types_are_read_like_text(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"number": ["A1"], "member_id": ["1"], "effective": [date(2026, 1, 1)], "units": [Decimal("4.000")],
         "modifiers": [["HQ", "U4"]], "ended": [None]}
    )  # fmt: skip
    frame.write_parquet(tmp_path / "a.parquet")
    from_file = read_references(authorizations=tmp_path / "a.parquet").authorizations
    from_frame = read_references(authorizations=frame).authorizations
    assert from_file is not None
    assert from_frame is not None
    assert from_file.equals(from_frame)
    assert from_file.row(0) == ("A1", "1", None, ["HQ", "U4"], date(2026, 1, 1), None, Decimal("4.000"), None, None)


def test_what_is_read_can_be_given_again() -> None:
    once = read_references(members=pl.DataFrame({"member_id": ["1"], "effective": ["2026-01-01"]})).members
    twice = read_references(members=once).members
    assert once is not None
    assert twice is not None
    assert once.equals(twice)


def test_whole_numbers_for_units_are_fine_and_binary_floats_are_not() -> None:
    whole = pl.DataFrame({"number": ["A1"], "member_id": ["1"], "effective": ["2026-01-01"], "units": [4]})
    read = read_references(authorizations=whole).authorizations
    assert read is not None
    assert read["units"].to_list() == [Decimal(4)]
    with pytest.raises(ReferenceFileError, match=r"the column 'units' holds Float64\n  fix: write units as 4 or 2\.5"):
        read_references(authorizations=whole.cast({"units": pl.Float64}))


def test_ids_that_became_numbers_have_lost_their_zeros_and_are_refused() -> None:
    with pytest.raises(
        ReferenceFileError, match="the column 'member_id' holds Int64\n  fix: write the id of the member"
    ):
        read_references(members=pl.DataFrame({"member_id": [123], "effective": ["2026-01-01"]}))


def test_every_file_declares_spans_of_its_own_date_columns() -> None:
    assert tuple(SPANS) == REFERENCE_NAMES
    for file, spans in SPANS.items():
        dates = {column.name for column in REFERENCE_COLUMNS[file] if column.dtype == pl.Date}
        assert {name for span in spans for name in span} <= dates
