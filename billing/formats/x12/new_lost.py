"""What an 837P has no place for, or says otherwise than the claims did."""

from __future__ import annotations

import polars as pl

from billing.batch import Batch
from billing.formats.writers import Lost, lost_columns
from billing.settings.model import Settings

_NO_TAXONOMY = [f"{role}_taxonomy" for role in ("supervising", "ordering", "referring")]
_OF_CLAIMS = ["received_date", *_NO_TAXONOMY, "facility_taxonomy", "subscriber_pregnant", "subscriber_death_date"]
_OF_LINES = ["start_time", "end_time", "group_size", "session_id", "worker", *_NO_TAXONOMY]


def lost_in_837(batch: Batch, settings: Settings | None) -> list[Lost]:  # noqa: ARG001  the same under all settings
    """Say what an 837P has no place for: columns, with the number of claims that have a value in them."""
    claims, lines = batch.claims, batch.lines.sort("claim_key", "line_key")
    is_dependent = pl.col("relationship").fill_null("18") != "18"
    is_born, has_sex = (pl.col(f"subscriber_{name}").is_not_null() for name in ("birth_date", "sex"))
    name = pl.col("rendering_name")
    is_plain = name.is_not_null() & ~name.str.contains(", ", literal=True)
    number = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over("claim_key")
    changed = [
        ("member_pregnant", claims.filter(~pl.col("member_pregnant")),
         "an 837P can say that a member is pregnant, not that she is not"),
        ("subscriber_birth_date, subscriber_sex", claims.filter(is_dependent & (is_born != has_sex)),
         "an 837P takes both or neither (DMG)"),
        ("lines.line_number", lines.filter(pl.col("line_number") != number),
         "lines are numbered from 1 in the order they stand"),
        ("rendering_name",
         pl.concat([frame.filter(is_plain).select("claim_key") for frame in (claims, lines)]),
         "a name without comma is written as an organization's; a person's is LAST, FIRST"),
        ("other_payers", claims.filter(pl.col("other_payers").list.len() > 0),
         "no column holds an earlier payer's own number of the member; the claim's member id stands in 2330A"),
    ]  # fmt: skip
    counted = [Lost(what, rows.get_column("claim_key").n_unique(), why) for what, rows, why in changed]
    return [*lost_columns(batch, _OF_CLAIMS, _OF_LINES), *(each for each in counted if each.claims)]
