"""Write claims as a table, CSV or an Excel workbook, that is read back without a column map: the headers are our own.

One row is one service line; what its claim says stands on each of its rows. Codes, ids and dates are texts in a
workbook too, so that no spreadsheet takes their zeros.
"""

from __future__ import annotations

import io
import re
import zipfile
from importlib.util import find_spec

import polars as pl

from billing.batch import Batch
from billing.errors import InputError
from billing.formats.tables.csv_file import MOST_LINES, UTF8_MARK
from billing.formats.tables.fields import CLAIM_CHARGE
from billing.formats.tables.new_cells import cells_of_claims
from billing.formats.tables.sheet import Sheet
from billing.formats.tables.write_csv import inert_column
from billing.formats.tables.write_xlsx import xlsx_bytes
from billing.formats.tables.xlsx_parts import MOST_BYTES
from billing.settings.model import Settings
from billing.tables import FORMULA_STARTS

TITLE = "claims"
_AMOUNTS = ("charge", CLAIM_CHARGE, "units")
_SHORT = re.compile(r"-?[0-9]{1,11}(?:\.[0-9]{1,3})?")
_MOST_ROWS = 2**20 - 1  # of a workbook, below its header


def write_csv(batch: Batch, settings: Settings | None = None) -> bytes:  # noqa: ARG001  a table needs none
    """Write the claims of a batch as CSV, in their order.

    Args:
        batch: The claims.
        settings: Passed over: a table says everything itself.

    Returns:
        UTF-8, with a byte order mark where there is a letter beyond ASCII, by which spreadsheet programs tell it. The
        same bytes for the same claims. No cell is a formula: an apostrophe stands before what would be one.

    Raises:
        InputError: There are more lines than are read back.
    """
    cells = cells_of_claims(batch)
    _check_rows(len(cells), MOST_LINES - 1, "convert to Parquet or claim JSON, or in parts")
    # Hardly a text is like a formula, and making a column anew costs more than looking at it.
    alike = cells.select(pl.all().str.contains(FORMULA_STARTS).any()).row(0)
    formulas = [name for name, is_alike in zip(cells.columns, alike, strict=True) if is_alike]
    data = cells.with_columns(inert_column(name) for name in formulas).write_csv().encode()
    return data if data.isascii() else UTF8_MARK + data


def write_xlsx(batch: Batch, settings: Settings | None = None) -> bytes:  # noqa: ARG001  likewise
    """Write the claims of a batch as a workbook of one sheet: charges and units as numbers, the rest as texts.

    Args:
        batch: The claims.
        settings: Passed over.

    Returns:
        The workbook; the same bytes for the same claims.

    Raises:
        InputError: XlsxWriter is not installed, or the workbook would be larger than one that is read back.
    """
    if find_spec("xlsxwriter") is None:
        raise InputError(
            "an Excel workbook needs xlsxwriter, which is not installed\n"
            "  fix: pip install 'cleanclaim[excel]', or write .csv"
        )
    cells = cells_of_claims(batch)
    _check_rows(len(cells), _MOST_ROWS, "write .csv")
    data = xlsx_bytes(sheet_of(cells, as_workbook=True), range(len(cells)), range(cells.width), ())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(part.file_size for part in archive.infolist())
    if size > MOST_BYTES:
        raise InputError(
            f"the workbook would have {size // 2**20:,} MB when it is unpacked; "
            f"{MOST_BYTES // 2**20} MB is the most that is read back\n  fix: write .csv"
        )
    return data


def sheet_of(cells: pl.DataFrame, *, as_workbook: bool = False) -> Sheet:
    """Return the sheet that these cells are when they are read, without what the reader does to their texts.

    Args:
        cells: One String column per header.
        as_workbook: True: `raw` holds tuples, and the sheet has a title.
    """
    numbered = cells.rename({name: str(number) for number, name in enumerate(cells.columns)})
    return Sheet(
        name=TITLE,
        title=TITLE if as_workbook else None,
        headers=tuple(cells.columns),
        header_row=1,
        texts=numbered.with_row_index("row", 2),
        raw=_with_numbers(cells) if as_workbook else numbered,
    )


def _with_numbers(cells: pl.DataFrame) -> list[tuple[str | float | None, ...]]:
    """Return rows for a workbook; an amount with more digits than a spreadsheet keeps stays a text."""
    columns: list[list[str | float | None]] = [column.to_list() for column in cells]
    for at, name in enumerate(cells.columns):
        if name in _AMOUNTS:
            columns[at] = [float(text) if text and _SHORT.fullmatch(text) else text for text in columns[at]]  # type: ignore[arg-type]
    return list(zip(*columns, strict=True))


def _check_rows(count: int, most: int, fix: str) -> None:
    if count > most:
        raise InputError(f"there are {count:,} service lines; such a table has at most {most:,}\n  fix: {fix}")
