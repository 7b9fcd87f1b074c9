"""What lifts a limit, an authorization or a plan of care, and which episode of care a line belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from billing.references import References
from billing.rules._authorizations import usage
from billing.rules._spans import OPEN, agrees

if TYPE_CHECKING:
    from billing.rules.unit_limits import Entry, Episode

_PLAN = "a plan of care lifts this limit"
_NUMBERED = "an authorization is numbered on the claim, and the authorizations file was not given"
_SPANS = {"orders": ("date", "ended"), "enrollments": ("effective", "ended"), "authorizations": ("effective", "ended")}


def held_and_used_up(
    over: pl.DataFrame, lines: pl.DataFrame, entry: Entry, references: References
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Keep the lines over a limit that nothing lifts.

    Args:
        over: One row per line over the limit.
        lines: One row per line that counts, history among them.
        entry: The limit.
        references: The reference files that were given.

    Returns:
        The lines the limit holds for, with `open_words` (why that is not sure; null where it is), and those whose own
        authorization is used up, with `used` and `authorized`; None where no file was asked.
    """
    over = over.with_columns(open_words=pl.lit(None, pl.String))
    if entry.lifted_by == "plan_of_care":
        return _without_plan(over, references), None
    if entry.lifted_by != "prior_authorization":
        return over, None
    if references.authorizations is None:
        is_numbered = pl.col("prior_authorization").is_not_null()
        return over.with_columns(open_words=pl.when(is_numbered).then(pl.lit(_NUMBERED))), None
    over = over.join(usage(lines, references.authorizations), on="line_key", how="left", maintain_order="left")
    return over.filter(pl.col("has_room").is_null()), over.filter(~pl.col("has_room"))


def _without_plan(over: pl.DataFrame, references: References) -> pl.DataFrame:
    """Leave out the lines that a plan of care holds on all their days."""
    if references.orders is None:
        return over.with_columns(open_words=pl.lit(f"{_PLAN}, and the orders file was not given"))
    spans = _spans(references.orders.filter(pl.col("kind") == "plan_of_care"), "orders")
    beside = over.select("line_key", "member_id", "program", "service_date", "last_date").join(
        spans, on="member_id", how="inner"
    )
    holds = (pl.col("first") <= pl.col("service_date")) & (pl.col("last_date") <= pl.col("last"))
    lifted = beside.filter(agrees("of_program", "program"), holds)
    is_listed = pl.col("member_id").is_in(references.orders.get_column("member_id").implode())
    words = pl.lit(f"{_PLAN}, and the orders file does not list this member")
    return over.join(lifted, on="line_key", how="anti").with_columns(open_words=pl.when(~is_listed).then(words))


def with_episode(lines: pl.DataFrame, episode: Episode, references: References) -> pl.DataFrame:
    """Add `episode`, the first day of the span that holds the first day of the service; of several the last to begin.

    Args:
        lines: One row per line.
        episode: Which rows of which file are episodes.
        references: Gives that file.
    """
    file = getattr(references, episode.file)
    rows = file if episode.kind is None else file.filter(pl.col("kind") == episode.kind)
    day = pl.col("service_date")
    found = (
        lines.select("line_key", "member_id", "program", "service_date")
        .join(_spans(rows, episode.file), on="member_id", how="inner")
        .filter(agrees("of_program", "program"), day.is_between(pl.col("first"), pl.col("last")))
        .group_by("line_key")
        .agg(episode=pl.col("first").max())
    )
    return lines.join(found, on="line_key", how="left", maintain_order="left")


def _spans(rows: pl.DataFrame, file: str) -> pl.DataFrame:
    """Give the spans of a file common names; a file without programs is for all."""
    first, last = _SPANS[file]
    of_program = pl.col("program") if "program" in rows.columns else pl.lit(None, pl.String)
    return rows.select("member_id", first=first, last=pl.col(last).fill_null(OPEN), of_program=of_program)
