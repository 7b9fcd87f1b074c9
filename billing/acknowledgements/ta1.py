"""TA1: whether each interchange was taken, as its envelope says it."""

from __future__ import annotations

import polars as pl

from billing.acknowledgements.enclosing import Reply, in_interchanges

NO_ERROR = "000"


def write_ta1(reply: Reply, errors: pl.DataFrame) -> str:
    """Write an interchange with one TA1 for each interchange of a region.

    Accepted without a note; accepted with errors (E) where something of the envelope is wrong; rejected (R) where a
    receiver would refuse the interchange for it.

    Args:
        reply: What is answered, and how.
        errors: The input's syntax errors.
    """
    of_interchange = errors.filter(pl.col("interchange_error").is_not_null())
    is_refused = pl.col("unit") == "interchange"
    worst = of_interchange.sort(is_refused, descending=True, maintain_order=True).group_by("interchange").agg(
        note=pl.col("interchange_error").first(), refused=is_refused.any()
    )  # fmt: skip
    said = reply.envelope.interchanges.join(
        worst.rename({"interchange": "interchange_number"}), on="interchange_number", how="left", maintain_order="left"
    )
    status = pl.when("refused").then(pl.lit("R")).when(pl.col("note").is_not_null()).then(pl.lit("E"))
    bodies = said.select(
        "interchange",
        group=pl.lit(None, pl.UInt32),
        text=reply.ink.segment(
            "TA1",
            pl.col("control"),
            pl.col("date"),
            pl.col("time"),
            status.otherwise(pl.lit("A")),
            pl.col("note").fill_null(NO_ERROR),
        ),
    )
    return in_interchanges(bodies, reply)
