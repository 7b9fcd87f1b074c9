"""Which lines count once voids and replacements are taken into account, and whom they take the place of.

A void (8) or replacement (7) names the payer's number of its original: the history claim of that number, or the
batch claim of the same biller that carries it as its own. When there is none, it is the claim of the same biller
with a line for the same member, code and date.
"""

from __future__ import annotations

import polars as pl

from billing.rules._windows import Frame

CORRECTIONS = ("7", "8")
REPLACEMENT = "7"
_SAME = ["member_id", "procedure_code", "service_date", "billing_npi"]
_LINE = ["line_key", "claim_key", "claim_id", "frequency_code", "original_claim_id", *_SAME]
_HISTORY_COLUMNS = {"payer_claim_id": pl.String, "is_history": pl.Boolean}
"""What rows of a batch without history lack."""


def countable(rows: Frame) -> Frame:
    """Say of every line whether it counts towards limits and duplicates.

    Voids never count, nor what a void or replacement takes back, in the batch or in the history, nor a replacement
    that a later one of the same original takes the place of.

    Args:
        rows: One row per line of the batch and of the paid or accepted history, whose claims have keys of their own and
            whose `payer_claim_id` is the payer's number of the claim.

    Returns:
        One row per line, in the same order: `line_key`, `counts`.
    """
    lost = pl.concat([replaced(rows).select("claim_key"), superseded(rows).select("claim_key")]).unique()
    lost = lost.with_columns(is_lost=pl.lit(value=True))
    lines = rows.select("line_key", "claim_key", "is_void").join(
        lost, on="claim_key", how="left", maintain_order="left"
    )
    return lines.select("line_key", counts=pl.col("is_lost").is_null() & ~pl.col("is_void"))


def replaced(rows: Frame) -> Frame:
    """Find the originals of the batch's voids and replacements.

    Args:
        rows: As for `countable`.

    Returns:
        One row per correction and original: `by_claim_key`, `by_claim_id`, `by_code` (7 or 8), `claim_key`, `claim_id`
        and `is_history` of the original.
    """
    have = rows.collect_schema().names()
    lacking = [pl.lit(None, dtype).alias(name) for name, dtype in _HISTORY_COLUMNS.items() if name not in have]
    rows = rows.with_columns(lacking).select(*_LINE, "payer_claim_id", pl.col("is_history").fill_null(value=False))
    is_correction = pl.col("frequency_code").is_in(CORRECTIONS).fill_null(value=False)
    by = rows.filter(is_correction, ~pl.col("is_history")).select(
        *_SAME, "original_claim_id", by_claim_key="claim_key", by_claim_id="claim_id", by_code="frequency_code"
    )  # fmt: skip
    may_be_original = ~is_correction | pl.col("is_history")
    of_original = ["by_claim_key", "by_claim_id", "by_code", "claim_key", "claim_id", "is_history"]
    numbered = by.filter(pl.col("original_claim_id").is_not_null())
    number = numbered.select("original_claim_id").unique()
    # Corrections are few: only the lines that share a number or a member with one are looked at any further.
    old = rows.join(number, left_on="payer_claim_id", right_on="original_claim_id", how="semi").filter("is_history")
    own = rows.join(number, left_on="claim_id", right_on="original_claim_id", how="semi").filter(
        may_be_original, ~pl.col("is_history")
    )
    old, own = old.with_columns(original_claim_id="payer_claim_id"), own.with_columns(original_claim_id="claim_id")
    found = pl.concat([
        numbered.join(old, on="original_claim_id", how="inner").select(of_original),
        numbered.join(own, on=["original_claim_id", "billing_npi"], how="inner").select(of_original),
    ])  # fmt: skip
    unfound = by.join(found, on="by_claim_key", how="anti")
    of_member = rows.join(unfound, on="member_id", how="semi").filter(may_be_original)
    # A number that the history does not know is not guessed at there; the batch may still hold the original.
    may_be = ~pl.col("is_history") | pl.col("original_claim_id").is_null()
    guessed = unfound.join(of_member.drop("original_claim_id"), on=_SAME, how="inner").filter(may_be)
    return pl.concat([found, guessed.select(of_original)]).unique()


def superseded(rows: Frame) -> Frame:
    """Find the replacements of the batch that a later replacement of the same original takes the place of.

    Returns:
        One row per earlier one: `claim_key`, and `last_claim_id`, the claim number of the one that stands.
    """
    sevens = rows.filter(pl.col("frequency_code") == REPLACEMENT).select(_LINE)
    has_number = pl.col("original_claim_id").is_not_null()
    is_complete = pl.all_horizontal(pl.col(_SAME).is_not_null())
    groups = (
        (sevens.filter(has_number), ["original_claim_id", "billing_npi"]),
        (sevens.filter(~has_number, is_complete), _SAME),
    )
    earlier = [
        lines.sort("line_key")
        .with_columns(
            last_claim_key=pl.col("claim_key").last().over(keys), last_claim_id=pl.col("claim_id").last().over(keys)
        )
        .filter(pl.col("claim_key") < pl.col("last_claim_key"))
        .select("claim_key", "last_claim_id")
        for lines, keys in groups
    ]
    return pl.concat(earlier).unique("claim_key", keep="first", maintain_order=True)
