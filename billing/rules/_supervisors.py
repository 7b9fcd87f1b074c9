"""Whether a worker has a supervisor on the days of a line, and how many workers that supervisor has."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from billing.rules._spans import OPEN, agrees, coverage, covered, nearest_text
from billing.rules._windows import verdicts
from billing.rules._words import date_text, days_text, sentence, units_text

_FULL_TIME = pl.lit(Decimal(1), pl.Decimal(18, 3))
_IN_FORCE = (pl.col("effective") <= pl.col("day")) & (pl.col("day") <= pl.col("ended").fill_null(OPEN))
_IS_OF_PROGRAM = agrees("of_program", "program")


def unsupervised(lines: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """Find the lines whose worker has no supervisor on every day, or is not in the file.

    Args:
        lines: One row per line: `claim_key`, `line_key`, `worker_npi`, `program`, `service_date`, `last_date`.
        spans: The workers file: `worker_npi`, `supervisor_npi`, `effective`, `ended`, `of_program`, `fte`.

    Returns:
        One row per line at fault, as `verdicts` returns them.
    """
    supervised = spans.filter(pl.col("supervisor_npi").is_not_null())
    beside = lines.join(supervised, on="worker_npi", how="inner").filter(_IS_OF_PROGRAM)
    lines = lines.filter(~pl.col("line_key").is_in(covered(beside).implode()))
    nearest = coverage(beside.join(lines, on="line_key", how="semi"))
    lines = lines.join(nearest, on="line_key", how="left", maintain_order="left")
    is_known = pl.col("worker_npi").is_in(spans.get_column("worker_npi").implode())
    return pl.concat([_absent(lines.filter(~is_known)), _without(lines.filter(is_known))])


def overloaded(lines: pl.DataFrame, spans: pl.DataFrame, at_most: int, *, in_fte: bool) -> pl.DataFrame:
    """Find the lines on whose days a supervisor of the worker has more workers than allowed.

    Args:
        lines: As for `unsupervised`.
        spans: Likewise.
        at_most: How many workers, or full-time equivalents, one (full-time) supervisor may have.
        in_fte: True: full-time equivalents are added up; one whom the file gives none is full time.

    Returns:
        One row per claim and supervisor, at the first line concerned and for the first of its days on which the
        supervisor has the most, as `verdicts` returns them.
    """
    asked = lines.select("worker_npi", "program", "service_date", "last_date").unique(maintain_order=True)
    days = asked.with_columns(day=pl.date_ranges("service_date", "last_date")).explode("day")
    ours = days.join(spans, on="worker_npi", how="inner").filter(_IN_FORCE, _IS_OF_PROGRAM)
    of_supervisor = ours.select("supervisor_npi", "program", "day").drop_nulls("supervisor_npi").unique()
    loads = _loads(of_supervisor, spans, at_most, in_fte=in_fte)
    over = ours.join(loads, on=["supervisor_npi", "program", "day"], how="inner", nulls_equal=True)
    worst = over.sort("has", "day", "supervisor_npi", descending=[True, False, False]).unique(
        ["worker_npi", "program", "service_date", "last_date"], keep="first", maintain_order=True
    ).select(*asked.columns, "supervisor_npi", "day", "has", "may_have")  # fmt: skip
    lines = lines.join(worst, on=asked.columns, how="inner", nulls_equal=True).sort("line_key")
    first = lines.unique(["claim_key", "supervisor_npi"], keep="first", maintain_order=True)
    return _overloaded(first, in_fte=in_fte)


def _loads(of_supervisor: pl.DataFrame, spans: pl.DataFrame, at_most: int, *, in_fte: bool) -> pl.DataFrame:
    """Add up the workers of each supervisor on each day; keep those that are over."""
    by = ["supervisor_npi", "program", "day"]
    fte = pl.col("fte").fill_null(_FULL_TIME) if in_fte else _FULL_TIME
    workers = of_supervisor.join(spans, on="supervisor_npi", how="inner").filter(_IN_FORCE, _IS_OF_PROGRAM)
    loads = workers.group_by(*by, "worker_npi").agg(fte=fte.max()).group_by(by).agg(has=pl.col("fte").sum())
    if not in_fte:
        return loads.filter(pl.col("has") > at_most).with_columns(may_have=pl.lit(Decimal(at_most), pl.Decimal(18, 3)))
    own = of_supervisor.join(spans, left_on="supervisor_npi", right_on="worker_npi", how="inner").filter(_IN_FORCE)
    own = own.group_by(by).agg(own=pl.col("fte").max())
    loads = loads.join(own, on=by, how="left", nulls_equal=True)
    may_have = pl.col("own").fill_null(_FULL_TIME) * at_most
    return loads.with_columns(may_have=may_have.cast(pl.Decimal(18, 3))).filter(pl.col("has") > pl.col("may_have"))


def _absent(lines: pl.DataFrame) -> pl.DataFrame:
    return verdicts(
        lines,
        cause="worker_without_supervisor",
        column="worker",
        verdict="unknown",
        at_most="review",
        capped_by=[pl.lit("the workers file does not list this worker")],
        message="The workers file does not list the worker of this line, so who supervises is not known.",
        remedy="Check the worker's NPI on the line, or add the worker to the workers file.",
        found="not in the workers file",
        allowed="a worker of the workers file",
    )


def _without(lines: pl.DataFrame) -> pl.DataFrame:
    had_one = pl.col("near_first").is_not_null()
    outside = sentence(
        "The workers file names a supervisor of this worker for ", nearest_text(), "; ", days_text(), " is not in it."
    )
    return verdicts(
        lines,
        cause="worker_without_supervisor",
        column="worker",
        message=pl.when(had_one)
        .then(outside)
        .otherwise(pl.lit("The workers file names no supervisor of this worker for this program.")),
        remedy="Add who supervised the worker on the day to the workers file, or hold the line.",
        found=pl.when(had_one).then(days_text()).otherwise(pl.lit("no supervisor")),
        allowed=pl.when(had_one).then(nearest_text()).otherwise(pl.lit("a supervisor on the day")),
    )


def _overloaded(lines: pl.DataFrame, *, in_fte: bool) -> pl.DataFrame:
    noun = "full-time worker" if in_fte else "worker"
    has, may_have = (
        sentence(
            units_text(pl.col(name)), pl.when(pl.col(name) == 1).then(pl.lit(f" {noun}")).otherwise(pl.lit(f" {noun}s"))
        )
        for name in ("has", "may_have")
    )
    return verdicts(
        lines,
        cause="supervision_ratio",
        column="worker",
        at_most="review",
        capped_by=[pl.lit("how many workers a supervisor has is for the agency to mend, not for this claim")],
        message=sentence(
            "By the workers file the supervisor of this worker has ", has, " on ", date_text(pl.col("day")),
            "; the limit is ", may_have, ".",
        ),
        remedy="Bring the supervisors in the workers file up to date, or give some of the workers another supervisor.",
        found=has,
        allowed=may_have,
    )  # fmt: skip
