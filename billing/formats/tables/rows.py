"""Which rows of a sheet are visits: blank rows, totals and repeated headers are told apart and counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from billing.claims import MONEY
from billing.formats.tables.cells import Cells
from billing.formats.tables.numbers import read_amounts
from billing.formats.tables.sheet import WRITTEN, Notice, Sheet, header_key
from billing.wording import counted, dollars

_TOTAL = r"(?i)^(?:grand\s*|sub[- ]?|page\s*|weekly\s*|monthly\s*|report\s*)?(?:totals?|sum|count|average|avg)\b"
_IDENTITY = ("claim_id", "member_id", "member_last_name", "member_birth_date", "service_date", "procedure_code")
_NUMBER = r"^[-$(]*[0-9][0-9.,]*\)?$"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a sheet by what they are; each mask has one value per row.

    Attributes:
        visits: Rows that are service lines, or are meant to be.
        blank: Rows that hold nothing.
        totals: Rows that add others up.
        headers: Rows that repeat the header.
    """

    visits: pl.Series
    blank: pl.Series
    totals: pl.Series
    headers: pl.Series


def tell_rows(sheet: Sheet, cells: Cells) -> Rows:
    """Tell visits from the other rows of a sheet."""
    written = {header_key(header) for header in WRITTEN}
    names = [str(number) for number, header in enumerate(sheet.headers) if header_key(header) not in written]
    texts = sheet.texts
    blank = texts.select(pl.all_horizontal(pl.col(names).is_null())).to_series() if names else _none(texts)
    headers = _repeats_header(sheet, names)
    totals = _totals(sheet, cells, names) & ~blank & ~headers
    return Rows(~(blank | headers | totals), blank, totals, headers)


def _none(texts: pl.DataFrame) -> pl.Series:
    return pl.repeat(value=False, n=len(texts), eager=True)


def _repeats_header(sheet: Sheet, names: list[str]) -> pl.Series:
    """Tell rows whose cells are the headers, but for a few."""
    suspects = [name for name in names if sheet.headers[int(name)]]
    if not suspects:
        return _none(sheet.texts)
    alike = [
        (pl.col(name).str.to_lowercase() == header_key(sheet.headers[int(name)])).fill_null(value=False)
        for name in suspects
    ]
    filled = pl.sum_horizontal(pl.col(names).is_not_null())
    equal = pl.sum_horizontal(alike)
    return sheet.texts.select((equal >= 2) & (equal * 2 > filled)).to_series()  # noqa: PLR2004 most of its cells


def _totals(sheet: Sheet, cells: Cells, names: list[str]) -> pl.Series:
    """Tell rows that name no visit, and either say that they are a total or hold nothing but numbers."""
    identity = [column for column in cells.texts.columns if column in _IDENTITY]
    both = sheet.texts.select(pl.col(names)).with_columns(cells.texts.select(pl.col(identity).name.prefix("our ")))
    says_total = pl.any_horizontal(pl.col(names).str.contains(_TOTAL).fill_null(value=False))
    # The word `Total` may stand in the column of the member's id or name.
    no_visit = [pl.col(f"our {name}").is_null() | pl.col(f"our {name}").str.contains(_TOTAL) for name in identity]
    only_numbers = pl.all_horizontal(pl.col(names).is_null() | pl.col(names).str.contains(_NUMBER))
    named = pl.all_horizontal(pl.col(f"our {name}").is_null() for name in identity)
    return both.select(
        pl.all_horizontal(no_visit).fill_null(value=True) & (says_total | (named & only_numbers)) if identity else False
    ).to_series()


def row_notices(sheet: Sheet, rows: Rows) -> Iterator[Notice]:
    """Say which rows were left out, and why, in one sentence."""
    kinds = ((rows.blank, "blank"), (rows.totals, "a total", "totals"), (rows.headers, "the header again"))
    parts, left_out = [], []
    for mask, one, *many in kinds:
        numbers = sheet.texts.get_column("row").filter(mask).to_list()
        if numbers:
            left_out += numbers
            parts.append(f"{_listed(numbers)} ({one if len(numbers) == 1 or not many else many[0]})")
    if parts:
        verb = "is no visit and was" if len(left_out) == 1 else "are no visits and were"
        words = f"{counted(len(left_out), 'row')} {verb} left out: "
        yield Notice("rows_that_are_no_visits", f"{words}{', '.join(parts)}", "", min(left_out))


def total_notices(sheet: Sheet, cells: Cells, rows: Rows, charges: pl.DataFrame, decimal: str) -> Iterator[Notice]:
    """Say where a total differs from what the rows above it add up to: a row may have been lost.

    Args:
        sheet: The sheet.
        cells: The texts of our columns.
        rows: Which rows are totals.
        charges: `row` and `charge` of every visit, USD; totals below a charge that cannot be read are passed over.
        decimal: Sign before the cents.
    """
    if "charge" not in cells.origins or not rows.totals.any():
        return
    totals = cells.texts.select("row", "charge").filter(rows.totals)
    stated = read_amounts(totals.get_column("charge"), MONEY, decimal).values
    before = 0
    for row, total in zip(totals.get_column("row").to_list(), stated.to_list(), strict=True):
        above = charges.filter(pl.col("row") < row)
        parts = above.filter(pl.col("row") > before).get_column("charge")
        before = row
        sums = [
            Decimal(column.sum() or 0) for column in (above.get_column("charge"), parts)
        ]  # of all rows, or of those since the last total
        if total is None or above.get_column("charge").null_count() or total in sums:
            continue
        cell = sheet.cell(row, cells.origins["charge"][0])
        words = f"{cell}: the total is {dollars(total)}, and the rows above add up to {dollars(sums[0])}"
        remedy = "Look for rows that are missing, hidden or twice, or work the total out again."
        yield Notice("total_that_differs", words, remedy, row, "review")


def _listed(numbers: list[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:_SHOWN])
    more = len(numbers) - _SHOWN
    return f"rows {shown} and {more} more" if more > 0 else f"row{'s' if len(numbers) > 1 else ''} {shown}"
