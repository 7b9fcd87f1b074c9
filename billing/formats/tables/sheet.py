"""A sheet as it was read: headers, cells as text with the number of their row, and where each cell stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from billing.errors import InputError

MOST_COLUMNS = 500
"""Columns of a service log; the widest seen has some 60."""

WRITTEN = ("decision", "reasons")
"""Columns that cleanclaim adds to what it writes, and passes over when it reads it again."""

ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA")
_APOSTROPHE = r"^'([=+\-@])"


@dataclass(frozen=True, slots=True)
class Notice:
    """What was noticed about a file as a whole, or about one of its columns.

    Attributes:
        cause: Words for grouping, joined by underscores.
        message: What was noticed, with its place, and never a value.
        remedy: What the person can do.
        row: The first row it is about; null: the file.
        severity: `note`, or `review` for what a person must look at.
    """

    cause: str
    message: str
    remedy: str
    row: int | None = None
    severity: str = "note"


@dataclass(frozen=True, slots=True)
class Merge:
    """Cells that were merged into one; rows and columns from 1, both ends inclusive."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True)
class Sheet:
    """One table.

    Attributes:
        name: Name of its file.
        title: Name of the sheet in a workbook; null for CSV.
        headers: One text per column; empty where the header row has none.
        header_row: Number of the header row, from 1.
        texts: One row per row below the header: `row` (UInt32), and the cells as `0`, `1`, ... in String, without the
            blanks around them; null: empty.
        raw: The same rows with the cells as they were written; of a workbook their values as Python objects.
        above: The rows above the header.
        too_long: Numbers of rows with more cells than the header.
        notices: What was noticed while reading.
        merges: Merged cells of a workbook.
        uncalculated: (row, column from 0) of formulas whose value the workbook does not hold.
        formats: Number format of a column's dates and times, or of its ids shown with zeros, by its number from 0.
        separator: What parts the cells of a CSV.
        line_end: What ends its rows.
        has_mark: True: written out with a byte order mark.
    """

    name: str
    title: str | None
    headers: tuple[str, ...]
    header_row: int
    texts: pl.DataFrame
    raw: pl.DataFrame | list[tuple[Any, ...]]
    above: tuple[tuple[Any, ...], ...] = ()
    too_long: frozenset[int] = frozenset()
    notices: tuple[Notice, ...] = ()
    merges: tuple[Merge, ...] = ()
    uncalculated: frozenset[tuple[int, int]] = frozenset()
    formats: dict[int, str] = field(default_factory=dict)
    separator: str = ","
    line_end: str = "\n"
    has_mark: bool = False

    def cell(self, row: int, column: int) -> str:
        """Name one cell: `row 17 column "Code"`, or `Sheet1!D17`."""
        before, behind = self.around(column)
        return f"{before}{row}{behind}"

    def cells(self, column: int) -> pl.Expr:
        """Name the cell of a column for each `row`."""
        before, behind = self.around(column)
        return pl.concat_str(pl.lit(before), pl.col("row").cast(pl.String), pl.lit(behind))

    def column(self, column: int) -> str:
        """Name a column: `column "Code"`, or `Sheet1!D`."""
        if self.title is None:
            return f'column "{self.headers[column]}"' if self.headers[column] else f"column {letters(column)}"
        return f"{quoted(self.title)}!{letters(column)}"

    def rows(self, row: int | str) -> str:
        """Name a row: `row 17`, or `Sheet1 row 17`."""
        return f"row {row}" if self.title is None else f"{self.title} row {row}"

    def within_row(self, column: int) -> pl.Expr:
        """Name the cell of a column where its `row` is known already: `column "Code"`, or `Sheet1!D17`."""
        return pl.lit(self.column(column)) if self.title is None else self.cells(column)

    def around(self, column: int) -> tuple[str, str]:
        """Return what stands before and behind the row's number in the name of a cell."""
        if self.title is None:
            return "row ", f" {self.column(column)}"
        return self.column(column), ""


def quoted(title: str) -> str:
    """Return a sheet's name as a spreadsheet writes it before a cell: `'Weekly log'`."""
    return title if re.fullmatch(r"\w+", title) else "'" + title.replace("'", "''") + "'"


def letters(column: int) -> str:
    """Return the letters of a column, from 0: `A`, `Z`, `AA`."""
    text, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def cleaned(cells: pl.DataFrame) -> pl.DataFrame:
    """Strip the blanks around cells and the apostrophe that keeps a text from being a formula; empty becomes null."""
    names = [name for name in cells.columns if name != "row"]
    if not names:
        return cells
    # Most cells have no blanks: stripping all of them costs less than looking for those that do.
    stripped = cells.with_columns(pl.col(names).str.strip_chars(" \t\r\n\u00a0\u200b\u200e\u200f\ufeff"))
    stripped = stripped.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in names)
    begins = stripped.select(pl.col(names).str.starts_with("'").any()).row(0)
    marked = [name for name, has in zip(names, begins, strict=True) if has]
    return stripped.with_columns(pl.col(name).str.replace(_APOSTROPHE, "${1}") for name in marked)


def check_width(width: int, name: str) -> None:
    """Refuse a table with more columns than a service log has.

    Raises:
        InputError: It has.
    """
    if width > MOST_COLUMNS:
        raise InputError(
            f"{name}: the table has {width:,} columns; a service log has at most {MOST_COLUMNS}\n"
            "  fix: save the sheet with the visits alone, and check the separator of the columns"
        )


def header_key(header: str) -> str:
    """Return what two spellings of one header share: letters in one case, blanks and line breaks as one blank."""
    return " ".join(header.split()).casefold()


def distinct(headers: Iterable[object]) -> Iterator[str]:
    """Yield headers as text, repeated ones numbered: `Mod`, `Mod (2)`."""
    seen: dict[str, int] = {}
    for header in headers:
        text = " ".join(str(header).split()) if header is not None else ""
        key = header_key(text)
        seen[key] = seen.get(key, 0) + 1
        yield f"{text} ({seen[key]})" if text and seen[key] > 1 else text
