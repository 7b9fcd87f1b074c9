"""CSV as people save it: every record a row, whatever parts, quotes and encodes it."""

from __future__ import annotations

import csv
import io
import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.errors import InputError
from billing.formats.tables.csv_file import LONGEST_LINE, MOST_LINES, read_csv
from billing.formats.tables.sheet import Sheet

CELLS = st.text(st.sampled_from('a1 "\n,;é=\r\t'), max_size=5)


def raw(sheet: Sheet) -> list[list[str]]:
    assert isinstance(sheet.raw, pl.DataFrame)
    return [[cell or "" for cell in row[1 : len(sheet.headers) + 1]] for row in sheet.raw.rows()]


@given(st.lists(st.lists(CELLS, min_size=2, max_size=3), max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_every_record_is_a_row_as_pythons_own_reader_sees_it(
    rows: list[list[str]], end: str, loses_a_quote: bool
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end).writerows([["h1", "h2", "h3"], *rows])
    text = out.getvalue().replace('"', "", 1) if loses_a_quote else out.getvalue()
    expected = list(csv.reader(io.StringIO(re.sub("\r(?!\n)", "\n", text), newline="")))
    try:
        sheet = read_csv(text.encode(), "log.csv")
    except InputError as error:
        assert "quote is opened" in str(error)
        return
    assert raw(sheet) == [(row + [""] * 3)[:3] for row in expected[1:]]
    assert sheet.texts.get_column("row").to_list() == list(range(2, len(expected) + 1))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_told_by_the_header(separator: str) -> None:
    text = 'Name,Units,Notes\nDoe,4,"a, b; c"\n'.replace(",", separator).replace(f"a{separator} b", "a, b")
    sheet = read_csv(text.encode(), "log.csv")
    assert (sheet.headers, raw(sheet)) == (("Name", "Units", "Notes"), [["Doe", "4", "a, b; c"]])
    assert [notice.cause for notice in sheet.notices] == ([] if separator == "," else ["cells_parted_by_another_sign"])


def test_a_line_that_states_the_separator_is_no_row() -> None:
    sheet = read_csv(b"sep=;\r\nName;Units\r\nDoe;4\r\n", "log.csv")
    assert (sheet.headers, raw(sheet), sheet.line_end) == (("Name", "Units"), [["Doe", "4"]], "\r\n")


def test_a_byte_order_mark_is_no_part_of_the_first_header() -> None:
    sheet = read_csv(b"\xef\xbb\xbfName,Units\nDoe,4\n", "log.csv")
    assert (sheet.headers, sheet.has_mark, sheet.notices) == (("Name", "Units"), True, ())


def test_windows_letters_are_read_and_said() -> None:
    sheet = read_csv("Name,Units\nPeña,4\n".encode("cp1252"), "log.csv")
    assert raw(sheet) == [["Peña", "4"]]
    assert [(notice.cause, notice.row) for notice in sheet.notices] == [("text_in_windows_letters", 2)]


def test_old_line_ends_and_rows_above_the_header_are_read() -> None:
    sheet = read_csv(b"Weekly log\r\rName,Units\rDoe,4\r", "log.csv", header_row=3)
    assert (sheet.headers, sheet.above, raw(sheet)) == (("Name", "Units"), (("Weekly log",), ()), [["Doe", "4"]])


def test_headers_that_repeat_are_numbered() -> None:
    assert read_csv(b"Mod,Mod, ,mod\nU7,HQ,x,U8\n", "log.csv").headers == ("Mod", "Mod (2)", "", "mod (3)")


def test_a_row_with_more_cells_than_the_header_is_told() -> None:
    assert read_csv(b"a,b\n1,2\n1,2,\n1,2,3\n", "log.csv").too_long == {4}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a,b\n1,2\n\0,3\n", "log.csv line 3: the file holds a zero byte"),
        (b"a,b\n1,2\n" + b"x" * (LONGEST_LINE + 1), "log.csv line 3: the line has more than 1,048,576 characters"),
        (b",".join([b"h"] * 10_000), "log.csv: the table has 10,000 columns; a service log has at most 500"),
        (b'a,b\n1,"2\n' + b"1,2\n" * 60_000, "log.csv line 2: a quote is opened and not closed"),
        (b",,\n1,2,3\n", "log.csv: row 1 holds no headers"),
        (b"a,b" + b"\n" * (MOST_LINES + 1), "log.csv: the file has 2,097,153 lines; 2,097,152 is the most that is read"),
    ],
)  # fmt: skip
def test_what_is_no_log_is_refused_in_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_csv(data, "log.csv")
    message, _, fix = str(caught.value).partition("\n  fix: ")
    assert message.startswith(words)
    assert fix
