"""How a workbook shows its values: the format of a column's dates, and leading zeros that are shown but not stored.

A column of ids with the number format `00000000000` shows `00123456789` and stores 123456789: what is shown is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any

ZEROS = re.compile(r"0{2,}")
"""A number format that shows so many digits, with zeros in front."""

Shown = dict[tuple[int, int], str]


def shown_formats(sheet: Any, rows: Sequence[Sequence[Any]], header_row: int) -> tuple[dict[int, str], Shown]:  # noqa: ANN401 a worksheet of openpyxl
    """Look up how the cells below the header are shown.

    Args:
        sheet: The worksheet.
        rows: Its rows as values.
        header_row: Number of the header row, from 1.

    Returns:
        By column (from 0), the format of its first date, time or number with leading zeros; by row and column (from 0),
        the text of numbers that are shown with leading zeros.
    """
    below = rows[header_row:]
    dates = {at for row in below for at, value in enumerate(row) if isinstance(value, (date, time, timedelta))}
    numbers = {at for row in below for at, value in enumerate(row) if _is_whole(value)}
    formats = _first_formats(sheet, header_row, dates, numbers)
    padded = {at for at in numbers if ZEROS.fullmatch(formats.get(at, ""))}
    return formats, _padded(sheet, header_row, padded) if padded else {}


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _first_formats(sheet: Any, header_row: int, dates: set[int], numbers: set[int]) -> dict[int, str]:  # noqa: ANN401 likewise
    formats: dict[int, str] = {}
    wanted = dates | numbers
    for row in sheet.iter_rows(min_row=header_row + 1) if wanted else ():
        for at in [at for at in wanted if at < len(row)]:
            cell = row[at]
            if cell.value is not None and (cell.is_date if at in dates else _is_whole(cell.value)):
                if at in dates or ZEROS.fullmatch(cell.number_format):
                    formats[at] = cell.number_format
                wanted.discard(at)
        if not wanted:
            break
    return formats


def _padded(sheet: Any, header_row: int, columns: set[int]) -> Shown:  # noqa: ANN401 likewise
    shown: Shown = {}
    for number, row in enumerate(sheet.iter_rows(min_row=header_row + 1), header_row):
        for at in [at for at in columns if at < len(row)]:
            cell = row[at]
            if _is_whole(cell.value) and ZEROS.fullmatch(cell.number_format):
                shown[number, at] = f"{cell.value:0{len(cell.number_format)}d}"
    return shown
