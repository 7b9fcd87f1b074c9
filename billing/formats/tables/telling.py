"""What was noticed in a log, as findings: one per claim and cause, with its cells; one per file and cause."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from billing.batch import FILE_FINDING_SCHEMA
from billing.formats.tables.sheet import Notice, Sheet

_SHOWN = 4  # cells that one finding names


def findings_of_cells(issues: pl.DataFrame, of_rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Word what is to be said of cells.

    Args:
        issues: `ISSUE_SCHEMA`, in order of rows.
        of_rows: `row`, `claim_key` of every row that is a line of a claim.
        name: The input's name.

    Returns:
        One row per claim and cause (`FILE_FINDING_SCHEMA`).
    """
    if issues.is_empty():
        return pl.DataFrame(schema=FILE_FINDING_SCHEMA)
    of_claims = issues.join(of_rows, on="row", maintain_order="left")
    together = of_claims.group_by("claim_key", "cause", maintain_order=True).agg(
        pl.col("row").first(),
        pl.col("words").first(),
        pl.col("remedy").first(),
        pl.col("is_note").first(),
        cells=pl.col("cell").unique(maintain_order=True),
    )
    count = pl.col("cells").list.len()
    more = pl.when(count > _SHOWN).then(pl.format(" and {} more", count.cast(pl.Int64) - _SHOWN)).otherwise(pl.lit(""))
    # A sentence about several cells stays one about each: `D17, D18: stood as a serial number`.
    cells = pl.col("cells").list.head(_SHOWN).list.join(", ")
    message = (
        pl.when(count == 1)
        .then(pl.format("{} {}.", _capital(cells), "words"))
        .otherwise(pl.format("{}{}: each {}.", _capital(cells), more, "words"))
    )
    return (
        together.sort("row", "cause")
        .select(
            input=pl.lit(name),
            position="row",
            claim_key="claim_key",
            cause="cause",
            severity=pl.when("is_note").then(pl.lit("note")).otherwise(pl.lit("review")),
            x12=pl.lit(None, pl.String),
            message=message,
            remedy="remedy",
            found=pl.lit(""),
            allowed=pl.lit(""),
        )
        .cast(pl.Schema(FILE_FINDING_SCHEMA))
    )


def _capital(text: pl.Expr) -> pl.Expr:
    return text.str.replace("^row ", "Row ")


def findings_of_differences(differing: pl.DataFrame, sheet: Sheet, origins: dict[str, tuple[int, ...]]) -> pl.DataFrame:
    """Word where the rows of one claim say different things of the claim itself: one row per claim.

    Args:
        differing: `claim_key`, `field`, `row`.
        sheet: The sheet.
        origins: Field to its columns.
    """
    if differing.is_empty():
        return pl.DataFrame(schema=FILE_FINDING_SCHEMA)
    told = [
        differing.filter(pl.col("field") == field).with_columns(cell=sheet.cells(origins[field][0]))
        for field in differing.get_column("field").unique(maintain_order=True)
        if field in origins
    ]
    cells = pl.concat(told).sort("claim_key", "row", "field").group_by("claim_key", maintain_order=True).agg(
        pl.col("row").first(), cells=pl.col("cell").head(_SHOWN).str.join(", "),
        fields=pl.col("field").unique(maintain_order=True).str.replace_all("_", " ").str.join(", "),
    )  # fmt: skip
    message = pl.format("{}: not what the first row of the claim says of the {}; the first was taken.",
                        _capital(pl.col("cells")), "fields")  # fmt: skip
    return cells.select(
        input=pl.lit(sheet.name), position="row", claim_key="claim_key", cause=pl.lit("rows_of_a_claim_that_disagree"),
        severity=pl.lit("review"), x12=pl.lit(None, pl.String), message=message,
        remedy=pl.lit("Correct the row that is wrong, or give it a claim of its own."),
        found=pl.lit(""), allowed=pl.lit(""),
    ).cast(pl.Schema(FILE_FINDING_SCHEMA))  # fmt: skip


def findings_of_file(notices: Iterable[Notice], name: str) -> pl.DataFrame:
    """Word what is to be said of the file: one row per notice."""
    rows = [
        {"input": name, "position": notice.row, "cause": notice.cause, "severity": notice.severity,
         "message": notice.message, "remedy": notice.remedy, "found": "", "allowed": ""}
        for notice in notices
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=FILE_FINDING_SCHEMA)
