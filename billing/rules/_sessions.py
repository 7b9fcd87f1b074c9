"""When a service was given: the times of a line, which lines are one session, and which sessions overlap."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from billing.rules._runs import MICROSECOND, begins_group, latest_before

START, END = (pl.col(name).to_physical() // MICROSECOND for name in ("start_time", "end_time"))
"""Microseconds since midnight."""

_IS_TIMED = (pl.col("end_time") > pl.col("start_time")) & (pl.col("last_date") == pl.col("service_date"))
_MAY_BE_GROUP = pl.col("delivery").ne_missing("individual")
_SHOWN = 20  # other lines that a finding names
_OF_OTHER = ("label", "claim_id", "claim_key", "stands")


def session_minutes() -> pl.Expr:
    """Return the whole minutes between a line's start and end, seconds dropped; Int64.

    Null where a time is lacking, where the end does not lie behind the start (what runs past midnight is a line for
    each day), and for a date range, whose times are of no one day.
    """
    length = pl.col("end_time").cast(pl.Duration) - pl.col("start_time").cast(pl.Duration)
    return pl.when(_IS_TIMED).then(length.dt.total_minutes())


def is_timed() -> pl.Expr:
    """Tell whether a line says when it was given; never null."""
    return _IS_TIMED.fill_null(value=False)


def session_of_worker() -> pl.Expr:
    """Return what lines of one worker and day have in common when they are one session.

    A session id makes lines one session, and so do the same code, place and times of a group service; a service for one
    member is a session of its own, whatever its id. Where it is not known whether a service is for a group, it may be.
    """
    alone = pl.when(~_MAY_BE_GROUP).then("line_key")
    like = pl.when(pl.col("session_id").is_null())
    alike = (like.then(name).alias(name) for name in ("procedure_code", "place_of_service", "start_time", "end_time"))
    return pl.struct(alone.alias("alone"), pl.when(_MAY_BE_GROUP).then("session_id").alias("session_id"), *alike)


def session_of_member() -> pl.Expr:
    """Return what lines of one member and day have in common when they are one session: the session id."""
    return pl.struct("session_id", pl.when(pl.col("session_id").is_null()).then("line_key").alias("alone"))


def numbered_sessions(rows: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Give each session a number of its own; what is one session with a break between is one before and one after it.

    Args:
        rows: One row per line with `session` (what its lines have in common), `start`, `end` and `order`.
        by: Whose sessions they are, and the day.

    Returns:
        The same lines, with the number as `session`: the least `order` of its lines.
    """
    same = [*by, "session"]
    rows = rows.with_columns(session=pl.col("order").min().over(same)).sort(*same, "order")
    rows = rows.with_columns(is_first=begins_group(same))
    reached = latest_before(pl.col("end"), pl.col("is_first"))
    begins = pl.col("is_first") | (pl.col("start") > reached)
    return rows.with_columns(session=pl.when(begins).then("order").forward_fill()).drop("is_first")


def earlier_overlaps(sessions: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Find for each session the one before it that ends last, among those of somebody else, when it ends too late.

    Nobody may be with two people at once, so only a session of another `whom` counts. Of all earlier sessions two are
    carried along: the one that ends last, and the one that ends last among those of others than that one's.

    Args:
        sessions: One row per session: the columns of `by`, `session`, `whom`, `start` and `end` (microseconds),
            `order` (which follows the start), and what is told of it: `label`, `claim_id`, `claim_key`, `stands`.
        by: Whose sessions are compared, and the day.

    Returns:
        One row per session that begins before such an earlier one has ended, later by start, then by `order`: the
        columns of `by`, `session`, `other_end`, and what is told of the other one: `other_label` and so on.
    """
    first, end, at, whom = pl.col("first"), pl.col("end"), pl.col("at"), pl.col("whom")
    rows = sessions.sort(*by, "order").with_row_index("at").with_columns(first=begins_group(by))
    rows = rows.with_columns(last_end=latest_before(end, first))
    is_last = first | (end > pl.col("last_end"))
    rows = rows.with_columns(last=pl.when(~first).then(pl.when(is_last).then(at).forward_fill().shift()))
    is_others = whom != whom.gather(pl.col("last"))
    # What a session leaves behind for the second place: itself, or the one that it drives out of the first.
    rows = rows.with_columns(
        is_others=is_others,
        leaves=pl.when(is_others).then(pl.min_horizontal(end, "last_end")),
        left=pl.when(end > pl.col("last_end")).then("last").otherwise(at),
    )
    rows = rows.with_columns(next_end=latest_before(pl.col("leaves"), first))
    is_next = pl.col("leaves").is_not_null() & ~(pl.col("leaves") <= pl.col("next_end")).fill_null(value=False)
    rows = rows.with_columns(next=pl.when(is_next).then("left").forward_fill().shift())
    found = rows.select(
        *by,
        "session",
        "start",
        other_end=pl.when("is_others").then("last_end").otherwise("next_end"),
        other=pl.when("is_others").then("last").otherwise("next"),
    ).filter(pl.col("other_end") > pl.col("start"))
    told = rows.select(pl.col(_OF_OTHER).name.prefix("other_"), other="at")
    return found.join(told, on="other", how="left", maintain_order="left").drop("start", "other")


def others_beside(lines: pl.DataFrame, rows: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Add to each line the others of its group, and the claims among them that are rejected anyway.

    Args:
        lines: The lines to add them to, with `claim_id`.
        rows: All lines of their groups.
        by: Columns of the group.

    Returns:
        The lines, with `related` (labels of the first lines of the group, without its own) and `out_claims` (ids of
        the first claims that do not stand, without its own); empty lists where there are none.
    """
    groups = rows.sort("order").group_by(by, maintain_order=True).agg(
        other=pl.struct("label", other_key="line_key").head(_SHOWN + 1),
        out=pl.col("claim_id").filter(~pl.col("stands")).unique(maintain_order=True).head(_SHOWN + 1),
    )  # fmt: skip
    lines = lines.join(groups, on=by, how="left", nulls_equal=True, maintain_order="left")
    others = lines.select("line_key", "other").explode("other").unnest("other")
    others = others.filter(pl.col("other_key") != pl.col("line_key"))
    related = others.group_by("line_key", maintain_order=True).agg(related=pl.col("label").head(_SHOWN))
    own = pl.concat_list("claim_id")
    return (
        lines.join(related, on="line_key", how="left", maintain_order="left")
        .with_columns(pl.col("related").fill_null([]), out_claims=pl.col("out").list.set_difference(own).list.sort())
        .drop("other", "out")
    )
