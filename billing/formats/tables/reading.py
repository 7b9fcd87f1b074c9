"""Read a service log, CSV or XLSX, into a `Batch`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from billing.batch import Batch
from billing.claims import MALFORMED_SCHEMA
from billing.errors import InputError
from billing.formats.tables.assembling import lay_out
from billing.formats.tables.cells import Cells, cells_of
from billing.formats.tables.column_map import Claims, ColumnMap
from billing.formats.tables.constants import with_charges, with_constants
from billing.formats.tables.csv_file import read_csv
from billing.formats.tables.fields import FIELDS
from billing.formats.tables.grouping import number_claims
from billing.formats.tables.map_file import GivenMap, check_map, read_column_map
from billing.formats.tables.rows import row_notices, tell_rows, total_notices
from billing.formats.tables.sheet import WRITTEN, Sheet
from billing.formats.tables.source import TableSource
from billing.formats.tables.telling import findings_of_cells, findings_of_differences, findings_of_file
from billing.formats.tables.unreadable import reasons, unreadable_frame, with_their_claims
from billing.formats.tables.values import Values, read_values
from billing.formats.tables.workers import with_workers
from billing.formats.tables.xlsx_file import read_xlsx

Reader = Callable[[bytes, str, ColumnMap], Sheet]


def read_csv_log(
    data: bytes, name: str, *, first_claim_key: int = 0, first_line_key: int = 0, column_map: GivenMap | None = None
) -> Batch:
    """Read a service log in CSV; see `read_log`."""
    return read_log(_csv_sheet, data, name, column_map, (first_claim_key, first_line_key))


def read_xlsx_log(
    data: bytes, name: str, *, first_claim_key: int = 0, first_line_key: int = 0, column_map: GivenMap | None = None
) -> Batch:
    """Read a service log in an Excel workbook; see `read_log`."""
    return read_log(_xlsx_sheet, data, name, column_map, (first_claim_key, first_line_key))


def read_log(
    reader: Reader,
    data: bytes,
    name: str,
    column_map: GivenMap | None,
    first_keys: tuple[int, int],
) -> Batch:
    """Read a service log: every row is a line of a claim, or unreadable, or named as no visit.

    Args:
        reader: Makes a sheet of the bytes.
        data: The whole file.
        name: Its name, for the `input` column and for messages.
        column_map: Which column is which of ours; null: the headers are our own names.
        first_keys: Keys of its first claim and its first line.

    Returns:
        Its claims, and what could not be read. `position` is the row.

    Raises:
        InputError: The file is no table, or has no header row.
        ColumnMapError: There is no map and the headers are not our names, or the map has errors or does not fit.
    """
    if column_map is None:
        found, map_name = ColumnMap(columns={}), "the map"
        sheet = reader(data, name, found)
        found = _own_names(sheet)
    else:
        found, map_name = read_column_map(column_map)
        sheet = reader(data, name, found)
    cells = cells_of(sheet, found, map_name)
    kinds = tell_rows(sheet, cells)
    values = read_values(sheet, cells, kinds.visits, found, map_name)
    rows, of_workers = with_workers(with_constants(values.frame, found), found)
    claims = found.claims or Claims(by="claim_id")
    rows = with_charges(rows, found.charges)
    for issue in of_workers:
        values.say("worker", issue, sheet)

    bad = reasons(rows, values, sheet, claims, charge_per_unit=found.charges is not None)
    known = rows.join(bad.filter(~pl.col("has_identity")), on="row", how="anti", maintain_order="left")
    grouped = number_claims(known, claims)
    lost = with_their_claims(grouped, bad)
    kept = _renumbered(grouped.join(lost, on="row", how="anti", maintain_order="left"))

    claim_frame, lines, differing = lay_out(kept, name, *first_keys)
    of_rows = lines.select(pl.col("position").alias("row"), "claim_key", "line_key")
    differing = differing.with_columns(claim_key=pl.col("claim") + first_keys[0])
    totals = total_notices(sheet, cells, kinds, rows.select("row", "charge"), found.decimal)
    notices = [*sheet.notices, *cells.notices, *values.notices, *row_notices(sheet, kinds), *totals]
    told = [
        findings_of_file(notices, name),
        findings_of_differences(differing, sheet, values.origins),
        findings_of_cells(values.issues.sort("row"), of_rows.select("row", "claim_key"), name),
    ]
    return Batch(
        claims=claim_frame,
        lines=lines,
        malformed=_malformed(values, of_rows),
        unreadable=unreadable_frame(lost, rows, name),
        file_findings=pl.concat(told),
        sources=(TableSource(_with_filled(sheet, cells), data, of_rows, lost, values.origins),),
    )


def _csv_sheet(data: bytes, name: str, column_map: ColumnMap) -> Sheet:
    return read_csv(data, name, header_row=column_map.header_row, separator=column_map.separator)


def _xlsx_sheet(data: bytes, name: str, column_map: ColumnMap) -> Sheet:
    return read_xlsx(data, name, title=column_map.sheet, header_row=column_map.header_row)


def _own_names(sheet: Sheet) -> ColumnMap:
    """Return the map of a table whose headers are our own names.

    Raises:
        InputError: They are not; says how to make a map.
    """
    names = [header for header in sheet.headers if header and header not in WRITTEN]
    strangers = [header for header in names if header not in FIELDS]
    if strangers or not names:
        problem = f"{len(strangers)} of the {len(names)} columns have a name that cleanclaim does not know"
    elif "claim_id" not in names:
        problem = "no column gives claim_id, so that it is not known which rows are one claim"
    else:
        return check_map({"columns": {name: name for name in names}}, sheet.name)
    raise InputError(
        f"{sheet.name}: {problem}\n"
        f"  fix: make a column map with `cleanclaim map guess {sheet.name} --out map.yaml`, look it through, and "
        "add `--map map.yaml`"
    )


def _with_filled(sheet: Sheet, cells: Cells) -> Sheet:
    """Write the value of merged cells into each of their rows: a part of the rows must be readable without the rest."""
    if not cells.filled or not isinstance(sheet.raw, list):
        return sheet
    raw = [list(row) for row in sheet.raw]
    for row, column, top in cells.filled:
        raw[row][column] = raw[top][column]
    return replace(sheet, raw=[tuple(row) for row in raw])


def _renumbered(rows: pl.DataFrame) -> pl.DataFrame:
    """Number the claims that are left from 0 without gaps, in order."""
    number = rows.get_column("claim").rle_id().cast(pl.UInt32)
    return rows.with_columns(claim=number)


def _malformed(values: Values, of_rows: pl.DataFrame) -> pl.DataFrame:
    """Key the values that could not be read: a line's by its line, a claim's once per claim."""
    keyed = values.malformed.join(of_rows, on="row", maintain_order="left")
    is_of_claim = pl.col("column").is_in([name for name, field in FIELDS.items() if not field.of_line])
    keyed = keyed.with_columns(line_key=pl.when(~is_of_claim).then("line_key"))
    keyed = keyed.unique(["claim_key", "line_key", "column"], keep="first", maintain_order=True)
    keyed = keyed.select(pl.col(name).cast(dtype) for name, dtype in MALFORMED_SCHEMA.items())
    return keyed.sort("claim_key", "line_key", "column", nulls_last=False)
