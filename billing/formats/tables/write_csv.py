"""Rows of a CSV log written out: cells as they came, none of them a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from billing.formats.tables.csv_file import UTF8_MARK
from billing.formats.tables.sheet import WRITTEN, Sheet
from billing.tables import FORMULA_STARTS

_NUMBER = r"^[-+]?[0-9.,]*$"


def csv_bytes(sheet: Sheet, numbers: Sequence[int], columns: Sequence[int], added: Sequence[tuple[Any, ...]]) -> bytes:
    """Write rows of a sheet.

    Args:
        sheet: The sheet.
        numbers: Rows to write, from 0 below the header.
        columns: Columns to write, from 0.
        added: The two further cells of each row; empty: none are added.

    Returns:
        The file: rows above the header, header, rows; separator and line ends as they came.
    """
    assert isinstance(sheet.raw, pl.DataFrame)  # noqa: S101 a CSV's cells are a frame
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=sheet.separator, lineterminator=sheet.line_end)
    writer.writerows(_inert(row) for row in sheet.above)
    writer.writerow(_inert([*(sheet.headers[column] for column in columns), *(WRITTEN if added else ())]))
    rows = sheet.raw[list(numbers)]
    cells = rows.select(pl.col(str(column)).fill_null("") for column in columns)
    for number, words in enumerate(WRITTEN if added else ()):
        cells = cells.with_columns(pl.Series(words, [row[number] or "" for row in added], pl.String))
    # What a row has behind its last header goes behind everything else, so that nothing of it is lost.
    behind = [name for name in sheet.raw.columns[1:] if int(name) >= len(sheet.headers)]
    cells = cells.with_columns(rows.get_column(name) for name in behind if rows.get_column(name).count())
    writer.writerows(cells.select(inert_column(name) for name in cells.columns).iter_rows())
    return (UTF8_MARK if sheet.has_mark else b"") + out.getvalue().encode()


def inert_column(name: str) -> pl.Expr:
    """Put an apostrophe before texts that a spreadsheet would take for a formula; a number is none."""
    cell = pl.col(name)
    is_formula = cell.str.contains(FORMULA_STARTS) & ~cell.str.contains(_NUMBER)
    return pl.when(is_formula).then(pl.concat_str(pl.lit("'"), cell)).otherwise(cell).alias(name)


def _inert(cells: Iterable[object]) -> list[str]:
    texts = pl.DataFrame({"cell": [str(cell or "") for cell in cells]}, schema={"cell": pl.String})
    return texts.select(inert_column("cell")).to_series().to_list()
