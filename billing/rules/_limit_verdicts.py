"""What is said of lines over a limit, or of those that belong to no episode of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from billing.rules._authorizations import exhausted_text
from billing.rules._limit_words import allowed_text, arithmetic, number_text, range_words, remedy_text
from billing.rules._windows import share_of, stays_out, verdicts
from billing.rules._words import date_text, sentence, units_text

if TYPE_CHECKING:
    from billing.rules.unit_limits import Entry

_COLUMNS = {
    "units": "units",
    "minutes": "units",
    "hours": "units",
    "amount": "charge",
    "visits": "service_date",
    "days": "service_date",
}
_CAUSES = {"day": "units_over_daily_limit", "lifetime": "lifetime_limit", "authorization": "authorization_exhausted"}


def outside_episodes(lines: pl.DataFrame, entry: Entry, subject: list[str]) -> pl.DataFrame:
    """Say `unknown` of the batch's lines that belong to no episode of the file."""
    assert entry.episode is not None, "asked only of limits per episode"  # noqa: S101
    what = (entry.episode.kind or "authorization").replace("_", " ")
    has_subject = pl.all_horizontal(pl.col(name).is_not_null() for name in subject)
    return verdicts(
        lines.filter(~pl.col("is_history"), pl.col("episode").is_null(), has_subject),
        cause=cause_of(entry),
        column="service_date",
        verdict="unknown",
        at_most="review",
        capped_by=[pl.lit("the episode of care is not known")],
        message=sentence(f"The {entry.episode.file} file has no {what} of this member that holds ",
                         date_text(pl.col("service_date")), ", so the units of its episode cannot be counted."),
        remedy=f"Look up the {what} this day belongs to, and bring the {entry.episode.file} file up to date.",
        found="no episode",
        allowed=allowed_text(entry),
    )  # fmt: skip


def failures(over: pl.DataFrame, entry: Entry) -> pl.DataFrame:
    """Put the lines over the limit into words."""
    is_range = pl.col("last_date") > pl.col("service_date")
    may_fit = ~pl.col("is_sure") & ~pl.col("fits_without")
    caps: list[pl.Expr] = [
        pl.when("fits_without").then(stays_out(pl.col("out_claims"))),
        pl.when(may_fit).then(pl.lit("how the units of a date range fall on its days is not known")),
        pl.when(~pl.col("breaks_alone")).then(pl.lit(entry.assumed_pooled, pl.String)),
        pl.col("open_words"),
    ]
    if entry.lifted_by == "documentation":
        caps.append(pl.lit("documentation lifts this limit"))
    is_worded_as_range = is_range & ((pl.col("periods") > 1) | may_fit)
    return verdicts(
        over,
        cause=cause_of(entry),
        column=_COLUMNS[entry.measure],
        verdict=pl.when(pl.col("open_words").is_not_null()).then(pl.lit("unknown")).otherwise(pl.lit("fail")),
        at_most=pl.when(pl.any_horizontal(cap.is_not_null() for cap in caps)).then(pl.lit("review")),
        capped_by=caps,
        message=pl.when(is_worded_as_range).then(range_words(entry)).otherwise(arithmetic(entry)),
        remedy=remedy_text(entry),
        found=number_text(pl.col("said") + pl.col("own"), entry),
        allowed=allowed_text(entry),
        related=pl.col("related"),
        amount_at_risk=share_of(pl.col("charge"), pl.col("own") - pl.col("within"), pl.col("own")),
    )


def exhausted(used_up: pl.DataFrame | None) -> Iterator[pl.DataFrame]:
    """Put the lines into words whose own authorization is used up; None: nobody asked."""
    if used_up is None:
        return
    excess = pl.min_horizontal(pl.col("used") - pl.col("authorized"), "own")
    yield verdicts(
        used_up,
        cause="authorization_exhausted",
        column="units",
        message=exhausted_text(),
        remedy="Ask the payer for more units before this line is sent, or hold it.",
        found=units_text(pl.col("used")),
        allowed=sentence(units_text(pl.col("authorized")), " units in all"),
        related=pl.col("related"),
        amount_at_risk=share_of(pl.col("charge"), excess, pl.col("own")),
    )


def cause_of(entry: Entry) -> str:
    """Return the problem id of lines over a limit: by its period."""
    return _CAUSES.get(entry.per, "units_over_period_limit")
