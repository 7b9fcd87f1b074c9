"""Rows that were read and grouped, laid out as the frames of claims and lines."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from billing.claim_columns import ADDRESS
from billing.claims import CLAIMS_SCHEMA, LINES_SCHEMA
from billing.formats.records import single_days
from billing.formats.tables.fields import BUNDLES, CLAIM_CHARGE, FIELDS

MOST_POINTERS = 4
"""Diagnoses that a line may point to (837P, SV107)."""

_ADDRESSES = ("member_address", "subscriber_address", "billing_address", "facility_address")


def lay_out(
    rows: pl.DataFrame, name: str, first_claim_key: int, first_line_key: int
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Lay the rows of a log out as claims and lines.

    Args:
        rows: One row per visit, sorted by `claim` (from 0, without gaps) and `row`.
        name: The input's name.
        first_claim_key: Key of the first claim.
        first_line_key: Key of the first line.

    Returns:
        `claims`; `lines`; and one row per claim and field in which its rows disagree: `claim`, `field`, `row` (the
        first that differs).
    """
    rows = rows.with_row_index("line", first_line_key)
    rows, diagnoses = _with_diagnoses(rows)
    starts = rows.select(pl.col("claim").ne_missing(pl.col("claim").shift()).arg_true()).to_series()
    of_claims = rows.select(
        column for column in rows.columns if column in FIELDS and (not FIELDS[column].of_line or FIELDS[column].both)
    )
    claims = of_claims[starts]
    claims, differing = _filled(rows, claims, of_claims)
    rows, claims = _lifted(rows, claims)
    totals = rows.group_by("claim", maintain_order=True).agg(pl.col("charge").sum()).get_column("charge")
    total = pl.col(CLAIM_CHARGE).fill_null(totals) if CLAIM_CHARGE in claims.columns else totals
    claims = claims.with_columns(
        claim_key=pl.int_range(first_claim_key, first_claim_key + len(claims), eager=True),
        input=pl.lit(name),
        position=rows.get_column("row")[starts],
        charge=total,
        diagnoses=diagnoses,
        **dict(_addresses(claims)),
    )
    lines = rows.with_columns(
        line_key=pl.col("line"),
        claim_key=pl.col("claim") + first_claim_key,
        position=pl.col("row"),
        line_number=_line_numbers(rows),
    )
    return (
        _shaped(claims, CLAIMS_SCHEMA),
        single_days(_shaped(lines, LINES_SCHEMA)),
        differing,
    )


def _shaped(frame: pl.DataFrame, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Give a frame exactly the documented columns; what no column of the log gives is null, a list empty."""
    return frame.select(
        pl.col(name).cast(dtype)
        if name in frame.columns
        else (pl.lit([], dtype) if isinstance(dtype, pl.List) else pl.lit(None, dtype)).alias(name)
        for name, dtype in schema.items()
    ).with_columns(pl.col(name).fill_null([]) for name, dtype in schema.items() if isinstance(dtype, pl.List))


def _filled(rows: pl.DataFrame, claims: pl.DataFrame, of_claims: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give each claim the first value that one of its rows has, and find rows that say something else."""
    differing = [pl.DataFrame(schema={"claim": pl.UInt32, "field": pl.String, "row": pl.UInt32})]
    claim = rows.get_column("claim")
    if len(claims) == len(rows):
        return claims, differing[0]
    for name in of_claims.columns:
        if FIELDS[name].both:
            continue
        values, firsts = of_claims.get_column(name), claims.get_column(name)
        if firsts.null_count() and values.null_count() < len(values):
            first = rows.select("claim", name).drop_nulls(name).unique("claim", keep="first", maintain_order=True)
            firsts = firsts.scatter(first.get_column("claim"), first.get_column(name))
            claims = claims.with_columns(firsts.alias(name))
        others = values.is_not_null() & values.ne_missing(firsts.gather(claim))
        if others.any():
            found = rows.select("claim", field=pl.lit(name), row="row").filter(others)
            differing.append(found.unique("claim", keep="first", maintain_order=True))
    return claims, pl.concat(differing)


def _lifted(rows: pl.DataFrame, claims: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Let a claim say what all its rows say; rows keep what differs, or everything where one of them says nothing."""
    claim = rows.get_column("claim")
    for bundle in BUNDLES:
        given = [name for name in bundle if name in rows.columns]
        if not given:
            continue
        lead = rows.get_column(given[0])
        # A claim's value would stand for a row that has none: there it stays with the rows.
        is_partial = pl.repeat(value=False, n=len(claims), eager=True)
        if lead.null_count():
            is_partial = is_partial.scatter(claim.filter(lead.is_null()).unique(), True)
        first = claims.select(pl.when(~is_partial).then(pl.col(name)).alias(name) for name in given)
        same = pl.repeat(value=True, n=len(rows), eager=True)
        for name in given:
            same &= rows.get_column(name).eq_missing(first.get_column(name).gather(claim))
        rows = rows.with_columns(pl.when(~same).then(pl.col(name)).alias(name) for name in given)
        claims = claims.with_columns(first)
    return rows, claims


def _line_numbers(rows: pl.DataFrame) -> pl.Series:
    """Number the rows of each claim from 1; the log's own numbers stay where all rows of the claim have one."""
    counted = rows.select(pl.int_range(1, pl.len() + 1).over("claim").cast(pl.UInt32)).to_series()
    if "line_number" not in rows.columns:
        return counted
    own = pl.col("line_number")
    is_whole = (own.is_not_null().all() & (own.n_unique() == pl.len())).over("claim")
    return rows.select(pl.when(is_whole).then(own).otherwise(counted)).to_series()


def _with_diagnoses(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Gather the diagnoses of each claim's rows, each once, and let every row point to its own.

    Where the log has pointers, they point into the first list of their claim.
    """
    count = rows.get_column("claim").n_unique()
    if "diagnoses" not in rows.columns:
        return rows, pl.repeat([], count, dtype=pl.List(pl.String), eager=True)
    each = rows.select("claim", "line", code="diagnoses").explode("code").drop_nulls("code")
    distinct = each.unique(["claim", "code"], keep="first", maintain_order=True)
    distinct = distinct.with_columns(place=pl.int_range(1, pl.len() + 1).over("claim").cast(pl.UInt32))
    lists = distinct.group_by("claim", maintain_order=True).agg(pl.col("code"))
    diagnoses = pl.DataFrame({"claim": pl.int_range(count, dtype=pl.UInt32, eager=True)}).join(
        lists, on="claim", how="left", maintain_order="left"
    )
    if "diagnosis_pointers" not in rows.columns:
        pointing = each.join(distinct.select("claim", "code", "place"), on=["claim", "code"], maintain_order="left")
        pointers = pointing.group_by("line", maintain_order=True).agg(pl.col("place").head(MOST_POINTERS))
        rows = rows.join(pointers, on="line", how="left", maintain_order="left").rename({"place": "diagnosis_pointers"})
    return rows, diagnoses.get_column("code").fill_null([])


def _addresses(claims: pl.DataFrame) -> Iterator[tuple[str, pl.Expr]]:
    for name in _ADDRESSES:
        parts = {part.name: f"{name}_{part.name}" for part in ADDRESS.fields}
        given = [column for column in parts.values() if column in claims.columns]
        if given:
            address = pl.struct(
                (pl.col(column) if column in claims.columns else pl.lit(None, pl.String)).alias(part)
                for part, column in parts.items()
            )
            yield name, pl.when(pl.any_horizontal(pl.col(given).is_not_null())).then(address)
