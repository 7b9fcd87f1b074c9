"""Which claims a conformance error is about: what the findings are made of."""

from __future__ import annotations

import polars as pl

from billing.batch import BREACH_SCHEMA
from billing.formats.x12.conformance.rows import Keys
from billing.formats.x12.tree import Tree

_SAID_ELSEWHERE = (
    "set_trailer_missing", "set_number_differs", "set_count_wrong", "group_trailer_missing", "group_number_differs",
    "group_count_wrong", "interchange_trailer_missing", "interchange_number_differs", "interchange_count_wrong",
    "set_not_supported",
)  # fmt: skip
"""Causes that the reader tells as findings of the envelope, or as parts that cannot be read."""


def breaches_of(errors: pl.DataFrame, tree: Tree, keys: Keys) -> pl.DataFrame:
    """Say for each error which claims it is about.

    An error in a loop above claims is about all of them; one of the envelope or of a transaction's header is about the
    file. One in a claim that cannot be read is about none: that it cannot be read is told already.

    Args:
        errors: One row per error (`SYNTAX_ERROR_SCHEMA`) with its `scope`.
        tree: The region's tree.
        keys: Its claims and lines.

    Returns:
        One row per error and claim, or error of the file (`BREACH_SCHEMA`), in order of the errors.
    """
    told = errors.filter(~pl.col("cause").is_in(_SAID_ELSEWHERE)).with_row_index("error")
    if told.is_empty():
        return pl.DataFrame(schema=BREACH_SCHEMA)
    of_claim = told.filter(pl.col("claim_key").is_not_null())
    # A billing provider without members, or a patient without claims, has no claim that could be held.
    is_childless = (pl.col("cause") == "loop_missing") & pl.col("loop").is_in(["2000B", "2300"])
    is_of_header = ~pl.col("loop").str.starts_with("2").fill_null(value=False)
    is_of_file = pl.col("unit").is_in(["transaction", "group", "interchange"]) | is_of_header | is_childless
    of_file = told.filter(pl.col("claim_key").is_null() & is_of_file)
    above = told.filter(pl.col("claim_key").is_null()).join(of_file.select("error"), on="error", how="anti")
    below = _below(tree, keys).join(above.drop("claim_key"), on="scope")
    rows = pl.concat([of_claim, of_file, below.select(told.columns)]).sort("error", "claim_key")
    name = pl.col("segment_id").fill_null("segment")
    number = pl.when(pl.col("element").is_not_null()).then(pl.col("element").cast(pl.String).str.zfill(2))
    part = pl.when(pl.col("component").is_not_null()).then(pl.format("-{}", "component"))
    loop = pl.when(pl.col("loop").is_not_null()).then(pl.format("{} ", "loop"))
    is_hidden = pl.col("value").is_not_null() & pl.col("is_private")
    return rows.select(
        "input",
        # What a window carries has no number in it.
        position=pl.when(pl.col("position") > 0).then("position"),
        claim_key="claim_key",
        line_key="line_key",
        cause="cause",
        severity="severity",
        x12=pl.concat_str(loop.fill_null(""), name, number.fill_null(""), part.fill_null("")),
        message="message",
        remedy="remedy",
        found=pl.when(is_hidden).then(pl.lit("not shown")).otherwise(pl.col("value").fill_null("nothing")),
        allowed="allowed",
    ).select(pl.col(column).cast(dtype) for column, dtype in BREACH_SCHEMA.items())


def _below(tree: Tree, keys: Keys) -> pl.DataFrame:
    """Pair each loop above claims (`scope`) with the claims below it (`claim_key`)."""
    claims = tree.scopes.select("billing", "subscriber", "patient").with_columns(keys.claims.alias("claim_key"))
    claims = claims.filter(pl.col("claim_key").is_not_null())
    pairs = [claims.select(scope=loop, claim_key="claim_key") for loop in ("billing", "subscriber", "patient")]
    return pl.concat(pairs).drop_nulls()
