"""A CSV file to a sheet: character set, separator, line ends, header row; every record a row, none lost.

Polars reads it, as text only. A file whose quotes stand where the format has none (`12" pipe`) is read by Python's
own reader, which takes them as text; Polars would join rows there.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator

import polars as pl

from billing.errors import InputError
from billing.formats.tables.sheet import Notice, Sheet, check_width, cleaned, distinct

UTF8_MARK = b"\xef\xbb\xbf"
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
LONGEST_LINE = 2**20
"""Bytes of the longest line; a row of 60 columns with a page of notes has some 5,000."""

MOST_LINES = 2**21
"""Lines of the longest file that is read: twice as many as a spreadsheet has rows."""

_SPARE = 16  # columns behind the last header, to see that a row has more cells than the header
_HEAD = 2**18  # bytes in which the header row is looked for
_LONE_RETURN = re.compile(rb"\r(?!\n)")  # how old Macintosh programs end a line
_FIX = "save the log as CSV again from your spreadsheet program"


def read_csv(data: bytes, name: str, *, header_row: int = 1, separator: str | None = None) -> Sheet:
    """Read a CSV file.

    Args:
        data: The whole file.
        name: Its name, for messages.
        header_row: Number of the row that holds the headers, from 1.
        separator: What parts the cells; null: what the header row is parted by.

    Raises:
        InputError: It holds zero bytes, a line or a table that no log has, an open quote, or no header row.
    """
    _check_bytes(data, name)
    text, notices = _decoded(data)
    line_end = "\r\n" if b"\r\n" in text[:_HEAD] else "\n"
    text = _LONE_RETURN.sub(b"\n", text) if b"\r" in text else text
    stated, text = _stated_separator(text)
    separator = separator or stated or _separator(text, header_row)
    head = list(itertools.islice(_records(text[:_HEAD], separator), header_row))
    if len(head) < header_row or not any(cell.strip() for cell in head[-1]):
        raise InputError(
            f"{name}: row {header_row} holds no headers\n  fix: write the number of the row with the column names, "
            "`header_row: 3`, in the map"
        )
    headers = tuple(distinct(head[-1]))
    check_width(len(headers), name)
    table = _table(text, len(headers), separator, name)
    if separator != ",":
        words = f"the cells are parted by {SEPARATORS.get(separator, 'another sign')}, not by commas; read that way"
        notices.append(Notice("cells_parted_by_another_sign", words, ""))
    raw = table.slice(header_row)
    spare = [column for column in raw.columns if column != "row" and int(column) >= len(headers)]
    too_long = raw.filter(pl.any_horizontal(pl.col(spare).is_not_null())).get_column("row")
    return Sheet(
        name=name,
        title=None,
        headers=headers,
        header_row=header_row,
        texts=cleaned(raw.drop(spare)),
        raw=raw,
        above=tuple(tuple(record) for record in head[:-1]),
        too_long=frozenset(too_long.to_list()),
        notices=tuple(notices),
        separator=separator,
        line_end=line_end,
        has_mark=data.startswith(UTF8_MARK) or bool(notices and notices[0].cause == "text_in_windows_letters"),
    )


def _check_bytes(data: bytes, name: str) -> None:
    zero = data.find(b"\0")
    if zero >= 0:
        row = data.count(b"\n", 0, zero) + 1
        raise InputError(f"{name} line {row}: the file holds a zero byte, which no text has\n  fix: {_FIX}")
    at, line_end = 0, b"\n" if b"\n" in data else b"\r"
    if (lines := data.count(line_end)) > MOST_LINES:
        raise InputError(
            f"{name}: the file has {lines:,} lines; {MOST_LINES:,} is the most that is read\n"
            "  fix: part the log by month, and check all parts at once: cleanclaim validate FILE FILE ..."
        )
    while len(data) - at > LONGEST_LINE:
        end = data.rfind(line_end, at, at + LONGEST_LINE)
        if end < 0:
            row = data.count(line_end, 0, at) + 1
            raise InputError(f"{name} line {row}: the line has more than {LONGEST_LINE:,} characters\n  fix: {_FIX}")
        at = end + 1


def _decoded(data: bytes) -> tuple[bytes, list[Notice]]:
    """Return the text as UTF-8 without its mark; one in Windows-1252 is put into it, and that is said."""
    data = data.removeprefix(UTF8_MARK)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        message = f"line {row}: the file is not in UTF-8; it was read as Windows-1252, as spreadsheet programs save it"
        notice = Notice(
            "text_in_windows_letters", message, "Check names with accents; save as CSV UTF-8 next time.", row
        )
        return data.decode("cp1252", errors="replace").encode(), [notice]
    return data, []


def _stated_separator(text: bytes) -> tuple[str | None, bytes]:
    """Read the line `sep=;` that spreadsheet programs put before a table; it is no row."""
    stated = re.match(rb"sep=(.)\r?\n", text)
    return (stated[1].decode(), text[stated.end() :]) if stated else (None, text)


def _separator(text: bytes, header_row: int) -> str:
    """Tell what parts the cells: what parts the header row into most."""

    def cells(separator: str) -> int:
        return len(next(itertools.islice(_records(text[:_HEAD], separator), header_row - 1, None), []))

    return max(SEPARATORS, key=cells)  # of two alike the first, the comma


def _records(text: bytes, separator: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text.decode("utf-8", "replace"), newline=""), delimiter=separator)
    with_blank_rows = iter(reader)
    while True:
        try:
            yield next(with_blank_rows)
        except (StopIteration, csv.Error):
            return


def _table(text: bytes, width: int, separator: str, name: str) -> pl.DataFrame:
    """Return every record: `row`, and the cells as they were written; null where a row has no such cell."""
    schema = {str(number): pl.String for number in range(width + _SPARE)}
    if b'"' not in text:
        quote: str | None = None
    elif _is_well_quoted(text, separator):
        quote = '"'
    else:
        return _by_hand(text, schema, separator, name)
    try:
        table = pl.read_csv(
            text,
            has_header=False,
            infer_schema=False,
            schema=schema,
            separator=separator,
            quote_char=quote,
            truncate_ragged_lines=True,
            missing_columns="insert",
        )
    except pl.exceptions.PolarsError:  # its text holds values of the file
        return _by_hand(text, schema, separator, name)
    return table.with_row_index("row", 1)


def _is_well_quoted(text: bytes, separator: str) -> bool:
    """Tell whether every quote opens a cell, closes one, or is doubled inside one."""
    part = re.escape(separator.encode())
    cell = rb'"(?:[^"]|"")*+"' + rb"|[^\"\n\r" + part + rb"]*+"
    line = rb"(?:" + cell + rb")(?:" + part + rb"(?:" + cell + rb"))*+(?:\r?\n|\Z)"
    whole = re.compile(rb"(?:" + line + rb")*+\Z")
    return whole.match(text) is not None


def _by_hand(text: bytes, schema: dict[str, type[pl.String]], separator: str, name: str) -> pl.DataFrame:
    reader = csv.reader(io.StringIO(text.decode("utf-8"), newline=""), delimiter=separator)
    rows: list[list[str]] = []
    lines = 0
    try:
        for row in reader:
            rows.append(row[: len(schema)])
            lines = reader.line_num
    except csv.Error:
        raise InputError(f"{name} line {lines + 1}: a quote is opened and not closed\n  fix: {_FIX}") from None
    columns = list(itertools.zip_longest(*rows))
    cells = {
        column: pl.Series(column, columns[number] if number < len(columns) else [None] * len(rows), pl.String)
        for number, column in enumerate(schema)
    }
    return pl.DataFrame(cells).with_row_index("row", 1)
