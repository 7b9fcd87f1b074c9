"""When a service was given: the times of a line, which lines are one session, and which sessions overlap."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

START, END = (pl.col(name).to_physical() for name in ("start_time", "end_time"))
"""Nanoseconds since midnight."""

_IS_ONE_DAY = (pl.col("last_date") == pl.col("service_date")).fill_null(value=False)
_MAY_BE_GROUP = pl.col("delivery").ne_missing("individual")
_OF_OTHER = ("label", "claim_id", "claim_key", "stands")


def session_minutes() -> pl.Expr:
    """Return the whole minutes between a line's start and end, seconds dropped; Int64.

    Null where a time is lacking, where the end does not lie behind the start (what runs past midnight is a line for
    each day), and for a date range, whose times are of no one day.
    """
    length = pl.col("end_time").cast(pl.Duration) - pl.col("start_time").cast(pl.Duration)
    return pl.when(_IS_ONE_DAY & (length > pl.duration())).then(length.dt.total_minutes())


def is_timed() -> pl.Expr:
    """Tell whether a line says when it was given; never null."""
    return session_minutes().is_not_null()


def session_of_worker() -> pl.Expr:
    """Return what lines of one worker and day have in common when they are one session.

    A session id makes lines one session, and so do the same code, place and times of a group service; a service for one
    member is a session of its own, whatever its id. Where it is not known whether a service is for a group, it may be.
    """
    alone = pl.when(~_MAY_BE_GROUP).then("line_key")
    like = pl.when(_MAY_BE_GROUP & pl.col("session_id").is_null())
    alike = (like.then(name).alias(name) for name in ("procedure_code", "place_of_service", "start_time", "end_time"))
    return pl.struct(alone.alias("alone"), pl.when(_MAY_BE_GROUP).then("session_id").alias("session_id"), *alike)


def session_of_member() -> pl.Expr:
    """Return what lines of one member and day have in common when they are one session: the session id."""
    return pl.struct("session_id", pl.when(pl.col("session_id").is_null()).then("line_key").alias("alone"))


def earlier_overlaps(sessions: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Find for each session the one before it that ends last, among those of somebody else, when it ends too late.

    Nobody may be with two people at once, so only a session of another `whom` counts. Of all earlier sessions two are
    carried along: the one that ends last, and the one that ends last among those of others than that one's.

    Args:
        sessions: One row per session: the columns of `by`, `session`, `whom`, `start` and `end` (nanoseconds), `order`,
            and what is told of it: `label`, `claim_id`, `claim_key`, `stands`.
        by: Whose sessions are compared, and the day.

    Returns:
        One row per session that begins before such an earlier one has ended, later by start, then by `order`: the
        columns of `by`, `session`, `other_end`, and what is told of the other one: `other_label` and so on.
    """
    end, whom = pl.col("end"), pl.col("whom")
    told = pl.struct(_OF_OTHER)
    rows = sessions.sort(*by, "start", "order").with_columns(last_end=end.cum_max().shift().over(by))
    is_last = (end > pl.col("last_end")).fill_null(value=True)
    rows = rows.with_columns(
        last_whom=pl.when(is_last).then(whom).forward_fill().shift().over(by),
        last=pl.when(is_last).then(told).forward_fill().shift().over(by),
    )
    # What a session leaves behind for the second place: itself, or the one that it drives out of the first.
    leaves = pl.when(whom != pl.col("last_whom")).then(pl.min_horizontal(end, "last_end"))
    rows = rows.with_columns(leaves=leaves, left=pl.when(end > pl.col("last_end")).then("last").otherwise(told))
    rows = rows.with_columns(next_end=pl.col("leaves").cum_max().forward_fill().shift().over(by))
    is_next = pl.col("leaves").is_not_null() & (pl.col("leaves") > pl.col("next_end")).fill_null(value=True)
    rows = rows.with_columns(next=pl.when(is_next).then("left").forward_fill().shift().over(by))
    is_others = whom != pl.col("last_whom")
    other = pl.when(is_others).then("last").otherwise("next").struct
    return (
        rows.with_columns(other_end=pl.when(is_others).then("last_end").otherwise("next_end"))
        .filter(pl.col("other_end") > pl.col("start"))
        .select(*by, "session", "other_end", *(other.field(name).alias(f"other_{name}") for name in _OF_OTHER))
    )
