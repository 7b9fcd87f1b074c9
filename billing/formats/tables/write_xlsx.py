"""Rows of a workbook written out as a workbook: texts as texts, dates as dates, no formula live.

XlsxWriter writes it: the same rows give the same bytes, which openpyxl, with the time of writing in it, does not.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from billing.formats.tables.sheet import WRITTEN, Sheet
from billing.formats.tables.xlsx_file import load
from billing.formats.tables.xlsx_formats import ZEROS

_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 a workbook knows no zone; a fixed day, so that equal rows give equal bytes
_LONGEST = 32_767  # characters of a cell
_WIDTHS = {"decision": 11, "reasons": 70}


def xlsx_bytes(sheet: Sheet, numbers: Sequence[int], columns: Sequence[int], added: Sequence[tuple[Any, ...]]) -> bytes:
    """Write rows of a sheet.

    Args:
        sheet: The sheet.
        numbers: Rows to write, from 0 below the header.
        columns: Columns to write, from 0.
        added: The two further cells of each row; empty: none are added.

    Returns:
        A workbook of one sheet: rows above the header, header, rows. A formula is written as the value it had.

    Raises:
        InputError: XlsxWriter is not installed.
    """
    assert isinstance(sheet.raw, list)  # noqa: S101 a workbook's cells are Python values
    library = load("xlsxwriter", sheet.name)
    out = io.BytesIO()
    book = library.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": _CREATED})
    target = book.add_worksheet(sheet.title)
    bold = book.add_format({"bold": True})
    zeros = {at for at, column in enumerate(columns) if ZEROS.fullmatch(sheet.formats.get(column, ""))}
    formats = {
        at: book.add_format({"num_format": sheet.formats.get(column, "yyyy-mm-dd")})
        for at, column in enumerate(columns)
    }
    for row, cells in enumerate(sheet.above):
        for at, value in enumerate(cells):
            _write(target, row, at, value, None)
    top = len(sheet.above)
    for at, header in enumerate([*(sheet.headers[column] for column in columns), *(WRITTEN if added else ())]):
        target.write_string(top, at, header, bold)
        target.set_column(at, at, _WIDTHS.get(header, 14))
    for place, number in enumerate(numbers):
        row = top + 1 + place
        cells = sheet.raw[number]
        for at, column in enumerate(columns):
            _write(target, row, at, cells[column], formats[at], shows_zeros=at in zeros)
        for at, text in enumerate(added[place] if added else (), len(columns)):
            target.write_string(row, at, (text or "")[:_LONGEST])
    target.freeze_panes(top + 1, 0)
    book.close()
    return out.getvalue()


def _write(target: Any, row: int, at: int, value: object, shown: Any, *, shows_zeros: bool = False) -> None:  # noqa: ANN401 XlsxWriter's own
    """Write one value by its type; a text never becomes a formula, a link or a number."""
    if value is None:
        return
    if isinstance(value, bool):
        target.write_boolean(row, at, value)
    elif isinstance(value, (datetime, date, time, timedelta)):
        target.write_datetime(row, at, value, shown)
    elif isinstance(value, (int, float)):
        target.write_number(row, at, value, shown if shows_zeros else None)
    else:
        target.write_string(row, at, str(value)[:_LONGEST])
