"""What a payer would answer to each claim: its status codes, drawn from what was found on it."""

from __future__ import annotations

import polars as pl

ACCEPTED, HELD, REASON_IS_ON_A_LINE, UNREADABLE = "A2:20", "A1:19:PR", "A3:247", "A3:481:41"
RECEIVED = "A1:19:PR"
WITHOUT_STATUS = "A7:732"
"""For a cause to which no status belongs: it contradicts the payer's rules."""


def rejecting_statuses(findings: pl.DataFrame) -> pl.DataFrame:
    """Return the statuses of rejected claims and lines: of each cause the one that its reason names first.

    Args:
        findings: One row per finding.

    Returns:
        One row per claim, line (null: the claim itself) and status, in order of the findings.
    """
    status = pl.col("reason").struct.field("claim_status").list.get(0, null_on_oob=True)
    rejecting = findings.filter(
        (pl.col("severity") == "reject") & ~pl.col("shadow") & pl.col("claim_key").is_not_null()
    )
    return rejecting.select("claim_key", "line_key", status=status.fill_null(WITHOUT_STATUS)).unique(
        keep="first", maintain_order=True
    )
