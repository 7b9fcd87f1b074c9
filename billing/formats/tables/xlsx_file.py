"""An Excel workbook (XLSX) to a sheet: values, dates, merged cells, formulas by their last value.

openpyxl reads it row by row (`read_only`). It takes some 0.9 s for 10,000 rows of 15 columns where fastexcel takes 0.1,
but fastexcel lays a sheet out whole: one cell at XFD1048576 ends the process for want of memory, and it tells neither
formulas nor merged cells. A service log is small, and comes from anybody.
"""

from __future__ import annotations

import io
import itertools
import warnings
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any, TypeVar

import polars as pl

from billing.errors import InputError, did_you_mean
from billing.formats.tables.sheet import MOST_COLUMNS, Notice, Sheet, check_width, cleaned, distinct
from billing.formats.tables.xlsx_formats import shown_formats
from billing.formats.tables.xlsx_parts import FIX, checked, formulas_of, merges

EXACT_DIGITS = 15
"""Digits of a number that a spreadsheet keeps."""

_BLANK_ROWS = 1_000  # empty rows behind each other, after which the sheet is taken to have ended
Rows = list[tuple[Any, ...]]
Found = TypeVar("Found")


def read_xlsx(data: bytes, name: str, *, title: str | None = None, header_row: int = 1) -> Sheet:
    """Read one sheet of a workbook.

    Args:
        data: The whole file.
        name: Its name, for messages.
        title: Name of the sheet; null: the only one that holds anything.
        header_row: Number of the row that holds the headers, from 1.

    Raises:
        InputError: The workbook is broken, too large when unpacked, or holds what no spreadsheet program writes;
            which sheet is meant is not said; openpyxl is not installed.
    """

    def choose(book: Any, archive: zipfile.ZipFile) -> tuple[Any, ...]:  # noqa: ANN401 a workbook of openpyxl
        sheet, rows = _chosen(book, name, title)
        part = archive.read(sheet._worksheet_path)  # noqa: SLF001 openpyxl names a part nowhere else
        return sheet, rows, part, *shown_formats(sheet, rows, header_row)

    sheet, rows, part, formats, shown = _with_book(data, name, choose)
    cells = [[as_text(value) for value in row] for row in rows]
    for (row, column), text in shown.items():
        cells[row][column] = text
    if len(rows) < header_row or not any(str(value or "").strip() for value in rows[header_row - 1]):
        raise InputError(
            f"{name}: row {header_row} of {sheet.title} holds no headers\n"
            "  fix: write the number of the row with the column names, `header_row: 3`, in the map"
        )
    headers = tuple(distinct(_without_blank_end(rows[header_row - 1])))
    check_width(len(headers), name)
    raw = [_as_wide(row, len(headers)) for row in rows[header_row:]]
    first = header_row + 1
    too_long = {
        number
        for number, row in enumerate(rows[header_row:], first)
        if any(value is not None for value in row[len(headers) :])
    }
    texts = _frame(cells[header_row:], len(headers), first)
    formulas = formulas_of(part)
    return Sheet(
        name=name,
        title=sheet.title,
        headers=headers,
        header_row=header_row,
        texts=cleaned(texts),
        raw=raw,
        above=tuple(rows[: header_row - 1]),
        too_long=frozenset(too_long),
        notices=_notices(formulas, len(raw), header_row),
        merges=tuple(merges(part)),
        uncalculated=frozenset(cell for cell, has_value in formulas.items() if not has_value),
        formats=formats,
    )


def first_rows(data: bytes, name: str, count: int) -> dict[str, list[list[str]]]:
    """Return the first rows of each visible sheet as text, to look for headers; for errors see `read_xlsx`."""

    def look(book: Any, _: zipfile.ZipFile) -> dict[str, list[list[str]]]:  # noqa: ANN401 a workbook of openpyxl
        return {
            sheet.title: [[as_text(value) or "" for value in row] for row in _rows(sheet, name, count)]
            for sheet in book.worksheets
            if sheet.sheet_state == "visible"
        }

    return _with_book(data, name, look)


def _with_book(data: bytes, name: str, use: Callable[[Any, zipfile.ZipFile], Found]) -> Found:
    """Open a workbook that was looked through, and say in one sentence when it cannot be read."""
    openpyxl = load("openpyxl", name)
    with zipfile.ZipFile(io.BytesIO(checked(data, name))) as archive:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what a workbook holds beside its cells
                return use(openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True), archive)
        except InputError:
            raise
        except Exception as error:  # noqa: BLE001 see below
            # openpyxl ends on a broken workbook in any of thirty ways, and its words may hold values.
            raise InputError(f"{name}: the workbook cannot be read\n  fix: {FIX}") from error.with_traceback(None)


def load(library: str, name: str) -> Any:  # noqa: ANN401 a module
    """Import a library of the extra `excel`.

    Raises:
        InputError: It is not installed; says how to install it.
    """
    try:
        return import_module(library)
    except ImportError:
        raise InputError(
            f"{name}: Excel workbooks need {library}, which is not installed\n"
            "  fix: pip install 'cleanclaim[excel]', or save the sheet as CSV UTF-8"
        ) from None


def _chosen(book: Any, name: str, title: str | None) -> tuple[Any, Rows]:  # noqa: ANN401 a workbook of openpyxl
    """Return the sheet that is meant, and its rows."""
    sheets = list(book.worksheets)
    if title is not None:
        named = [sheet for sheet in sheets if sheet.title.casefold() == title.casefold()]
        if not named:
            titles = [sheet.title for sheet in sheets]
            near = did_you_mean(title, titles) or f"the sheets are {', '.join(titles)}"
            raise InputError(f"{name}: no sheet has the name '{title}'\n  fix: {near}")
        return named[0], _rows(named[0], name)
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
    filled = [(sheet, rows) for sheet in visible for rows in [_rows(sheet, name)] if rows]
    if len(filled) == 1:
        return filled[0]
    if not filled:
        raise InputError(f"{name}: no sheet of the workbook holds anything\n  fix: export the log again")
    titles = [sheet.title for sheet, _ in filled]
    raise InputError(
        f"{name}: {len(titles)} sheets hold something: {', '.join(titles)}\n"
        f"  fix: write which one is the log into the column map, `sheet: {titles[0]}`; "
        f"`cleanclaim map guess {name}` makes a map"
    )


def _rows(sheet: Any, name: str, most: int | None = None) -> Rows:  # noqa: ANN401 a worksheet of openpyxl
    """Return the rows of a sheet, at most so many, down to the last that holds something.

    Raises:
        InputError: It has too many columns, or a hole of a thousand rows.
    """
    sheet.reset_dimensions()  # what a sheet says of its size may be wrong, on purpose too
    rows: Rows = []
    blank = 0
    for row in itertools.islice(sheet.iter_rows(values_only=True), most):
        values = _without_blank_end(row)
        if len(values) > MOST_COLUMNS:
            check_width(len(values), name)
        blank = 0 if values else blank + 1
        if values and blank == 0 and rows and rows[-1] == () and _hole(rows):
            raise InputError(
                f"{name}: {sheet.title} has cells far below the table\n  fix: delete what stands below the last visit"
            )
        if blank <= _BLANK_ROWS:
            rows.append(values)
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _hole(rows: Rows) -> bool:
    return len(rows) > _BLANK_ROWS and not any(rows[-_BLANK_ROWS:])


def _without_blank_end(row: Sequence[Any]) -> tuple[Any, ...]:
    end = len(row)
    while end and row[end - 1] in {None, ""}:
        end -= 1
    return tuple(row[:end])


def _as_wide(row: tuple[Any, ...], width: int) -> tuple[Any, ...]:
    return (*row, *(None,) * (width - len(row)))[:width]


def as_text(value: object) -> str | None:
    """Return a cell's value as text: dates ISO, numbers in plain digits; null for an empty cell."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    if isinstance(value, (date, time)):
        return value.isoformat()
    return _number(value) if isinstance(value, (int, float)) else str(value)


def _number(value: float) -> str:
    """Return a number in plain digits; one with more digits than a spreadsheet keeps, as the spreadsheet shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if abs(value) >= 10**EXACT_DIGITS:
        return f"{value:.2E}"
    if isinstance(value, int) or value.is_integer():
        return str(int(value))
    return f"{Decimal(f'{value:.15g}'):f}"


def _frame(rows: list[list[str | None]], width: int, first: int) -> pl.DataFrame:
    columns = {
        str(number): pl.Series([row[number] if number < len(row) else None for row in rows], dtype=pl.String)
        for number in range(width)
    }
    return pl.DataFrame(columns).with_row_index("row", first)


def _notices(formulas: dict[tuple[int, int], bool], count: int, header_row: int) -> tuple[Notice, ...]:
    within = sorted(cell for cell in formulas if header_row < cell[0] <= header_row + count)
    if not within:
        return ()
    words = f"{len(within)} cells hold formulas; their last values were read, and are written out in their place"
    return (Notice("formulas_read_by_value", words, "Nothing, if the workbook was saved by a spreadsheet program."),)
