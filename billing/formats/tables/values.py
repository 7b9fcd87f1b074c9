"""The texts of our columns read into values, with what is to be said of every cell that is not what it should be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from billing.claims import MALFORMABLE, MONEY, UNITS
from billing.errors import ColumnMapError
from billing.formats.tables.cells import Cells
from billing.formats.tables.codes import read_list, read_text, without_errors
from billing.formats.tables.column_map import ColumnMap, Reading
from billing.formats.tables.dates import needs_order, read_dates, read_times
from billing.formats.tables.fields import FIELDS, LISTS
from billing.formats.tables.numbers import CURRENCY, OTHER_DECIMAL, read_amounts, read_booleans, read_counts
from billing.formats.tables.readings import Issue, Read, held, matches
from billing.formats.tables.sheet import Notice, Sheet
from billing.wording import counted

OF_PERSONS = ("member_birth_date", "member_death_date", "subscriber_birth_date", "subscriber_death_date")
HOW: dict[Any, tuple[str, str]] = {
    pl.Date: ("date", "a date as 2026-05-31"),
    pl.Time: ("time of day", "a time as 9:00 AM"),
    pl.UInt32: ("whole number", "a whole number"),
    pl.Boolean: ("yes or no", "yes or no"),
}
"""Type to what it is called, and how it is written."""

ISSUE_SCHEMA: dict[str, Any] = {
    "row": pl.UInt32,
    "cell": pl.String,  # the cell's name
    "field": pl.String,  # our column
    "cause": pl.String,
    "words": pl.String,  # what was found, without its subject
    "remedy": pl.String,
    "is_note": pl.Boolean,
}
"""One row per cell and thing to say about it."""


@dataclass(slots=True)
class Values:
    """The visits of a sheet as values.

    Attributes:
        frame: One row per visit, in order of the sheet: `row`, and a column per field that the log or the map gives.
        malformed: `row`, `column`, `text`: one row per value that rules quote although it cannot be read.
        issues: What is to be said of cells (`ISSUE_SCHEMA`).
        notices: What is to be said of columns.
        origins: Field to the columns of the sheet it comes from, from 0.
        bad_amounts: For `charge`: `row` and why it cannot be read, without the amount.
    """

    frame: pl.DataFrame
    malformed: pl.DataFrame
    issues: pl.DataFrame
    notices: list[Notice] = field(default_factory=list)
    origins: dict[str, tuple[int, ...]] = field(default_factory=dict)
    bad_amounts: dict[str, pl.DataFrame] = field(default_factory=dict)

    def say(self, name: str, issue: Issue, sheet: Sheet) -> None:
        """Keep what is to be said of cells of a field, one per visit."""
        rows = self.frame.select("row").filter(issue.cells)
        self.issues = pl.concat([self.issues, issue_rows(rows, sheet, self.origins[name][0], name, issue)])


def issue_rows(rows: pl.DataFrame, sheet: Sheet, column: int, name: str, issue: Issue) -> pl.DataFrame:
    """Lay an issue out, one row per cell (`ISSUE_SCHEMA`)."""
    return rows.select(
        "row",
        cell=sheet.cells(column),
        field=pl.lit(name),
        cause=pl.lit(issue.cause),
        words=pl.lit(issue.words),
        remedy=pl.lit(issue.remedy),
        is_note=pl.lit(issue.is_note),
    )


def read_values(sheet: Sheet, cells: Cells, visits: pl.Series, column_map: ColumnMap, map_name: str) -> Values:
    """Read the texts of the rows that are visits.

    Raises:
        ColumnMapError: Dates are written so that month and day cannot be told, and the map does not tell.
    """
    texts = cells.texts.filter(visits)
    reader = _Reader(sheet, cells, texts, column_map, map_name)
    for column, issue in cells.issues:
        reader.say(column, Issue(issue.cells.filter(visits), issue.cause, issue.words, issue.remedy, issue.is_note))
    frame = texts.select("row").with_columns(list(reader.columns()))
    origins = {
        name: tuple(at for part in cells.parts(name) for at in cells.origins[part]) for name in frame.columns[1:]
    }
    return Values(
        frame=frame,
        malformed=pl.concat(reader.malformed) if reader.malformed else _MALFORMED.clone(),
        issues=pl.concat([pl.DataFrame(schema=ISSUE_SCHEMA), *reader.issues]),
        notices=reader.notices,
        origins=origins,
        bad_amounts=reader.bad_amounts,
    )


_MALFORMED = pl.DataFrame(schema={"row": pl.UInt32, "column": pl.String, "text": pl.String})


class _Reader:
    """Reads column after column, and keeps what is to be said."""

    def __init__(self, sheet: Sheet, cells: Cells, texts: pl.DataFrame, column_map: ColumnMap, map_name: str) -> None:
        self.sheet, self.cells, self.texts, self.map, self.map_name = sheet, cells, texts, column_map, map_name
        self.issues: list[pl.DataFrame] = []
        self.malformed: list[pl.DataFrame] = []
        self.notices: list[Notice] = []
        self.bad_amounts: dict[str, pl.DataFrame] = {}

    def columns(self) -> Iterator[pl.Series]:
        """Yield the values of each field."""
        for name in dict.fromkeys(column.partition(".")[0] for column in self.cells.origins):
            parts = [self.read(column) for column in self.cells.parts(name)]
            if name in LISTS and len(parts) > 1:
                yield pl.select(pl.concat_list(parts)).to_series().alias(name)
            else:
                yield parts[0].alias(name)

    def read(self, column: str) -> pl.Series:
        """Read one column, and say what there is to say."""
        name = column.partition(".")[0]
        texts = self.texts.get_column(column)
        reading = self.cells.readings[column]
        sound = without_errors(texts)
        read = self._typed(sound.values, name, column, reading)
        issues = [*sound.issues, *read.issues]
        dtype = FIELDS[name].dtype
        if not isinstance(dtype, pl.List) and dtype != pl.String:
            is_lost = texts.is_not_null() & read.values.is_null()
            if name in MALFORMABLE:
                lost = self.texts.select("row", column=pl.lit(name), text=texts).filter(is_lost)
                self.malformed += [lost] if len(lost) else []
                issues = [issue for issue in issues if issue.is_note]
            elif dtype == MONEY:
                issues = [*sound.issues, *(issue for issue in read.issues if issue.is_note)]
            else:
                what, how = HOW[dtype]
                unread = is_lost & sound.values.is_not_null()
                issues += held(unread, "values_not_read", f"holds no {what}", f"Write {how}.")
        for issue in issues:
            self.say(column, issue)
        return read.values

    def say(self, column: str, issue: Issue) -> None:
        """Keep an issue, one row per cell."""
        rows = self.texts.select("row").filter(issue.cells)
        name = column.partition(".")[0]
        self.issues.append(issue_rows(rows, self.sheet, self.cells.origins[column][0], name, issue))

    def _typed(self, texts: pl.Series, name: str, column: str, reading: Reading) -> Read:
        dtype = FIELDS[name].dtype
        if isinstance(dtype, pl.List):
            return read_list(texts, name)
        if dtype == pl.Date:
            return self._dates(texts, name, column, reading)
        if dtype == pl.Time:
            return read_times(texts)
        if dtype in {MONEY, UNITS}:
            return self._amounts(texts, name, column, reading)
        if dtype == pl.UInt32:
            return read_counts(texts)
        return read_booleans(texts) if dtype == pl.Boolean else read_text(texts, name, reading.digits)

    def _dates(self, texts: pl.Series, name: str, column: str, reading: Reading) -> Read:
        order = reading.dates or self.map.dates
        unclear = needs_order(texts) if order is None else None
        if unclear is not None and unclear.any():
            at = self.cells.origins[column][0]
            cell = self.sheet.cell(self.texts.get_column("row").filter(unclear)[0], at)
            raise ColumnMapError(
                f"{self.sheet.name} {cell}: which number is the month and which the day is not said\n"
                "  fix: write `dates: month-day-year` (5/31/2026) or `dates: day-month-year` (31/5/2026) into "
                f"{self.map_name}"
            )
        years_from = reading.two_digit_years_from or self.map.two_digit_years_from
        return read_dates(texts, order=order, years_from=years_from, of_person=name in OF_PERSONS)

    def _amounts(self, texts: pl.Series, name: str, column: str, reading: Reading) -> Read:
        decimal = reading.decimal or self.map.decimal
        dtype = FIELDS[name].dtype
        read = read_amounts(texts, dtype, decimal)
        at = self.cells.origins[column][0]
        self._note_column(texts, CURRENCY, at, "currency_signs", "a currency sign, read without it")
        bad = texts.is_not_null() & read.values.is_null()
        if dtype == MONEY and bad.any():
            other = f'is written with another decimal sign than the map\'s `decimal: "{decimal}"`'
            why = (
                pl.when(texts.str.contains(OTHER_DECIMAL[decimal]))
                .then(pl.lit(other))
                .when(texts.str.starts_with("#"))
                .then(pl.lit("holds the error of a formula"))
                .otherwise(pl.lit("is no amount of dollars"))
            )
            rows = self.texts.select("row").with_columns(why=why).filter(bad)
            self.bad_amounts[name] = rows
        return read

    def _note_column(self, texts: pl.Series, pattern: str, at: int, cause: str, words: str) -> None:
        found = matches(texts, pattern)
        count = int(found.sum())
        if count:
            first = self.texts.get_column("row").filter(found)[0]
            where = self.sheet.column(at) if count > 1 else self.sheet.cell(first, at)
            shown = f"{where}: {counted(count, 'amount')} with {words}"
            self.notices.append(Notice(cause, shown, "", first))
