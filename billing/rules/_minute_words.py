"""Units and minutes in words: what was billed, what the minutes earn, and what can be done about it."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from billing.policy.schema import Service
from billing.rules._rounding import rounding_text
from billing.rules._windows import share_of, verdicts
from billing.rules._words import coded, counted, days_text, sentence, units_text


def too_many(over: pl.DataFrame, service: Service) -> pl.DataFrame:
    """Put the lines with more units than earned into words.

    Args:
        over: One row per line: `own` units, `excess` of them too many, `before` in the day's earlier lines, `in_all`
            minutes and the units `earned` by them, `capped` (why it is no more than reviewed) and `related`.
        service: How minutes become units.
    """
    units, within, most = pl.col("before") + pl.col("own"), pl.col("own") - pl.col("excess"), pl.col("earned")
    before = sentence(" (", units_text(pl.col("before")), " of them in earlier lines)")
    return verdicts(
        over,
        cause="units_not_supported_by_time",
        column="units",
        at_most=pl.when(pl.col("capped").is_not_null()).then(pl.lit("review")),
        capped_by=[pl.col("capped")],
        message=_arithmetic(
            units, pl.when(pl.col("before") > 0).then(before).otherwise(pl.lit("")), _earned(most, service), service
        ),
        remedy=pl.when(within > 0)
        .then(sentence("Bill ", _in_units(within), " on this line: the record of the service supports no more."))
        .when(pl.col("before") > 0)
        .then(pl.lit("Hold this line: the earlier lines of the day bill all that is earned."))
        .otherwise(pl.lit("Take the line out: a service that earns no unit is not billed.")),
        found=_in_units(units),
        allowed=_earned(most, service),
        related=pl.col("related"),
        amount_at_risk=share_of(pl.col("charge"), pl.col("excess"), pl.col("own")),
    )


def too_few(under: pl.DataFrame, service: Service, *, of_day: bool) -> pl.DataFrame:
    """Put the lines into words whose minutes earn more units than were billed.

    Args:
        under: One row per line, with `more`, the units that could be billed besides.
        service: How minutes become units.
        of_day: True: the units of the whole day are compared, `day_units`.
    """
    could = pl.col("own") + pl.col("more")
    least = "at least " if service.rounding is None else ""
    units = pl.col("day_units" if of_day else "own")
    earns = sentence(least, _in_units(units + pl.col("more")))
    return verdicts(
        under,
        cause="units_fewer_than_minutes",
        column="units",
        at_most="note",
        capped_by=[pl.lit("fewer units than the minutes earn break no rule")],
        message=_arithmetic(units, pl.lit(""), earns, service),
        remedy=sentence("Bill up to ", _in_units(could), " on this line, as far as the program's limits leave room."),
        found=_in_units(units),
        allowed=earns,
        amount_at_risk=pl.lit(Decimal(0)),
    )


def _arithmetic(units: pl.Expr, beside: pl.Expr, earns: pl.Expr, service: Service) -> pl.Expr:
    """Write the sum: `4 units of H0038 on 2026-05-05 for 50 minutes; earned: 3 units, in full units of 15 minutes`."""
    minutes = sentence(" for ", counted(pl.col("in_all"), "minute"))
    if service.rounding == "per_day":  # a day earns its unit whatever the minutes, unless they are too few
        minutes = pl.when(pl.col("earned") == 0).then(minutes).otherwise(pl.lit(""))
    return sentence(
        _in_units(units), " of ", coded(), " on ", days_text(), beside, minutes, "; earned: ", earns, ", ",
        rounding_text(service), ".",
    )  # fmt: skip


def _earned(most: pl.Expr, service: Service) -> pl.Expr:
    at_most = "at most " if service.rounding is None else ""
    return pl.when(most == 0).then(pl.lit("no unit")).otherwise(sentence(at_most, _in_units(most)))


def _in_units(units: pl.Expr) -> pl.Expr:
    """Write units with their noun: `1 unit`, `2.5 units`."""
    return sentence(units_text(units), pl.when(units == 1).then(pl.lit(" unit")).otherwise(pl.lit(" units")))
