"""The order of claims in a new 837P, the transactions and loops they are cut into, and the HL segments of these.

Claims stand under their billing provider, subscriber and patient, each in order of first appearance. Two claims share
a loop when its text is the same, so that nothing a loop says can belong to another claim.
"""

from __future__ import annotations

import polars as pl

from billing.formats.x12.new_segments import Signs
from billing.formats.x12.texts import coded_texts

LOOPS = ("billing", "subscriber", "patient")
"""The loops above a claim, by the columns of their text; `patient` is empty where the subscriber is the patient."""

CLAIMS_PER_LOOP = 100


def with_levels(texts: pl.DataFrame, signs: Signs, claims_per_transaction: int) -> pl.DataFrame:
    """Bring claims of one loop together, and write the loops that begin with each.

    Args:
        texts: One row per claim, in their own order: `is_dependent`, the text of each of `LOOPS`, and of the `body`.
        signs: The delimiters.
        claims_per_transaction: At most this many claims in one ST.

    Returns:
        One row per claim in the order of the file: `transaction` from 0, and `text` with the loops that begin here.
    """
    claims = _in_order(texts)
    place = pl.int_range(pl.len(), dtype=pl.UInt32)
    claims = claims.with_columns(transaction=place // claims_per_transaction)
    claims = _numbered(_with_new_loops(claims))
    child = pl.when("is_dependent").then(pl.lit("1")).otherwise(pl.lit("0"))
    billing, subscriber, patient = (pl.col(f"{loop}_level").cast(pl.String) for loop in LOOPS)
    headers = {
        "billing": signs.segment("HL", billing, "", "20", "1"),
        "subscriber": signs.segment("HL", subscriber, billing, "22", child),
        "patient": signs.segment("HL", patient, subscriber, "23", "0"),
    }
    loops = [
        pl.when(f"new_{loop}").then(pl.concat_str(header, loop)).otherwise(pl.lit(""))
        for loop, header in headers.items()
    ]
    return claims.select("transaction", text=pl.concat_str(*loops, "body"))


def _in_order(texts: pl.DataFrame) -> pl.DataFrame:
    """Sort claims by their loops, and number these as `billing_code` and so on, in order of first appearance."""
    codes = [coded_texts([texts.get_column(loop)])[0].alias(f"{loop}_code") for loop in LOOPS]
    return texts.hstack(codes).with_row_index("row").sort(*(f"{loop}_code" for loop in LOOPS), "row")


def _with_new_loops(claims: pl.DataFrame) -> pl.DataFrame:
    """Say with which claims a loop begins: `new_billing` and so on."""
    is_first = _changes("transaction")
    begins = {loop: _changes(f"{loop}_code") for loop in LOOPS}
    same_loops = (begins["billing"] | begins["subscriber"] | begins["patient"]).cum_sum()
    claims = claims.with_columns(loops=same_loops)
    is_full = pl.int_range(pl.len(), dtype=pl.UInt32).over("loops") % CLAIMS_PER_LOOP == 0
    claims = claims.with_columns(is_full=is_full)
    is_dependent = pl.col("is_dependent")
    new_billing = is_first | begins["billing"]
    new_subscriber = new_billing | begins["subscriber"] | (pl.col("is_full") & ~is_dependent)
    new_patient = is_dependent & (new_subscriber | begins["patient"] | pl.col("is_full"))
    return claims.with_columns(new_billing=new_billing, new_subscriber=new_subscriber, new_patient=new_patient)


def _numbered(claims: pl.DataFrame) -> pl.DataFrame:
    """Number the HL of the loops that each claim stands in, from 1 in each transaction: `billing_level` and so on."""
    begun = [pl.col(f"new_{loop}").cast(pl.UInt32) for loop in LOOPS]
    so_far = pl.sum_horizontal(begun).cum_sum() - pl.sum_horizontal(begun)
    claims = claims.with_columns(before=so_far)
    claims = claims.with_columns(before=pl.col("before") - pl.col("before").first().over("transaction"))
    billing = pl.col("before") + 1
    subscriber = pl.col("before") + begun[0] + 1
    return claims.with_columns(
        billing_level=pl.when("new_billing").then(billing).forward_fill(),
        subscriber_level=pl.when("new_subscriber").then(subscriber).forward_fill(),
        patient_level=pl.col("before") + begun[0] + begun[1] + 1,
    )


def _changes(column: str) -> pl.Expr:
    return (pl.col(column) != pl.col(column).shift(1)).fill_null(value=True)
