"""A service log kept so that its rows can be written out again: same columns, same order, with decision and reasons."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from billing.claim_columns import CLAIM_COLUMNS, LINE_COLUMNS
from billing.formats.tables.sheet import WRITTEN, Sheet, header_key
from billing.formats.tables.write_csv import csv_bytes
from billing.formats.tables.write_xlsx import xlsx_bytes


@dataclass(frozen=True, eq=False)
class TableSource:
    """One service log (`billing.batch.DecidedSource`).

    Attributes:
        sheet: The sheet as it was read.
        data: The file's bytes.
        of_rows: `row`, `claim_key`, `line_key` of every row that is a line of a claim.
        lost: `row`, `reason` of every row that could not be read.
        origins: Field to the columns of the sheet it comes from, from 0.
    """

    sheet: Sheet
    data: bytes
    of_rows: pl.DataFrame
    lost: pl.DataFrame
    origins: dict[str, tuple[int, ...]]

    @property
    def name(self) -> str:
        """The input's name."""
        return self.sheet.name

    @property
    def suffix(self) -> str:
        """`.csv` or `.xlsx`."""
        return ".csv" if self.sheet.title is None else ".xlsx"

    @cached_property
    def sha256(self) -> str:
        """Hash of the file's bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def subset(self, claim_keys: pl.Series, *, control_number: int | None = None) -> bytes:  # noqa: ARG002 a log has none
        """Return the rows of these claims, in order of the log, with the header and what stands above it."""
        return self._written(self._rows_of(claim_keys))

    def decided_subset(self, claim_keys: pl.Series, decisions: pl.DataFrame) -> bytes:
        """Return the rows of these claims with two columns more.

        Args:
            claim_keys: Keys of the claims to keep.
            decisions: One row per line: `line_key`, `decision` and `reasons`.
        """
        rows = self._rows_of(claim_keys).join(decisions, on="line_key", how="left", maintain_order="left")
        return self._written(rows.select("row", *WRITTEN))

    def interchanges(self, claim_keys: pl.Series) -> int | None:  # noqa: ARG002 the same for all of them
        """Return null: a log has no interchanges."""
        return None

    def positions(self, places: pl.DataFrame) -> pl.DataFrame:
        """Point places at the row of their line, or the first of their claim, and name the cell of their column."""
        lines = self.of_rows.select("line_key", of_line="row")
        claims = self.of_rows.group_by("claim_key", maintain_order=True).agg(of_claim=pl.col("row").min())
        found = places.join(lines, on="line_key", how="left", maintain_order="left").join(
            claims, on="claim_key", how="left", maintain_order="left"
        )
        row = pl.coalesce("of_line", "of_claim", "position")
        found = found.with_columns(position=row)
        table = pl.DataFrame(
            [(path, *self.sheet.around(at)) for path, at in self._paths.items()],
            schema={"column": pl.String, "before": pl.String, "behind": pl.String},
            orient="row",
        )
        found = found.join(table, on="column", how="left", maintain_order="left")
        number = pl.col("position").cast(pl.String)
        whole_row = pl.concat_str(pl.lit(self.sheet.rows("")), number)
        cell = pl.concat_str("before", number, "behind").fill_null(whole_row)
        return found.with_columns(cell=cell).select(*places.columns, "cell")

    def unreadable(self) -> bytes:
        """Return the rows that could not be read, with the reasons; no bytes when there are none."""
        if self.lost.is_empty():
            return b""
        return self._written(self.lost.select("row", decision=pl.lit("unreadable"), reasons="reason"))

    @property
    def unreadable_name(self) -> str:
        """Name of the file that holds them: `unreadable.csv` is the list of what could not be read."""
        return f"unreadable_rows{self.suffix}"

    @cached_property
    def _paths(self) -> dict[str, int]:
        """Place in the claim JSON to the column that a person would look at."""
        paths: dict[str, int] = {}
        for column in (*LINE_COLUMNS, *CLAIM_COLUMNS):
            at = self.origins.get(column.name, self.origins.get(f"{column.name}_line1"))
            if column.path and at is not None:
                paths.setdefault(column.path, at[0])
        if "worker" in self.origins:
            paths.setdefault("rendering_provider.npi", self.origins["worker"][0])
        return paths

    def _rows_of(self, claim_keys: pl.Series) -> pl.DataFrame:
        return self.of_rows.filter(pl.col("claim_key").is_in(claim_keys.implode())).sort("row")

    def _written(self, rows: pl.DataFrame) -> bytes:
        """Write rows; with the two columns where `rows` has them."""
        if rows.is_empty():
            return b""
        added: list[tuple[Any, ...]] = list(rows.select(WRITTEN).rows()) if WRITTEN[0] in rows.columns else []
        numbers = [row - self.sheet.header_row - 1 for row in rows.get_column("row").to_list()]
        kept = [
            number for number, header in enumerate(self.sheet.headers) if not (added and header_key(header) in WRITTEN)
        ]
        write = csv_bytes if self.sheet.title is None else xlsx_bytes
        return write(self.sheet, numbers, kept, added)
