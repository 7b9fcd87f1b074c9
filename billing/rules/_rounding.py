"""From minutes to units: what each named rounding rule makes of a number of minutes.

A half that falls exactly on a border earns nothing under `midpoint` (more than half must have passed) and the next
tenth under `tenth_of_hour`. A whole number of minutes goes in: seconds are dropped before.
"""

from __future__ import annotations

import polars as pl

from billing.policy.schema import Service
from billing.rules._totals import TOTAL

_ONE_EACH = ("per_session", "per_day")
_TENTH = 6  # minutes in a tenth of an hour
_RULES = {
    "full_unit": "in full units of {} minutes", "up_to": "in units of {} minutes, each one that was begun",
    "midpoint": "in units of {} minutes, to the nearest", "cms_8_single": "by the eight-minute rule",
    "cms_8_total": "by the eight-minute rule over the day's services", "tenth_of_hour": "in tenths of an hour",
    "per_session": "one per session", "per_day": "one per day", None: "however they are rounded to units of {} minutes",
}  # fmt: skip


def earned(minutes: pl.Expr, service: Service) -> pl.Expr:
    """Return the units that minutes earn; where no rounding is sourced, the most that any rule gives.

    Args:
        minutes: Whole minutes; null: not known.
        service: Gives rounding, unit length and least minutes.

    Returns:
        Units. Null where the minutes are not known, or the service says no more than how many are too few.
    """
    return _from_least(minutes, _by_rule(minutes, service.unit_minutes, service.rounding or "up_to"), service)


def surely_earned(minutes: pl.Expr, service: Service) -> pl.Expr:
    """Return the units that minutes earn; where no rounding is sourced, those that every rule gives."""
    return _from_least(minutes, _by_rule(minutes, service.unit_minutes, service.rounding or "full_unit"), service)


def rounding_text(service: Service) -> str:
    """Write the rule: `in full units of 15 minutes`; with the least minutes where the source says them."""
    words = _RULES[service.rounding].format(service.unit_minutes)
    if service.unit_minutes is None and service.rounding is None:
        words = ""
    if service.minimum_minutes is None:
        return words
    least = f"none under {service.minimum_minutes} minutes"
    return f"{words}, {least}" if words else least


def _from_least(minutes: pl.Expr, units: pl.Expr, service: Service) -> pl.Expr:
    if service.minimum_minutes is None:
        return units
    return pl.when(minutes < service.minimum_minutes).then(pl.lit(0, TOTAL)).otherwise(units)


def _by_rule(minutes: pl.Expr, base: int | None, rule: str) -> pl.Expr:
    if rule in _ONE_EACH:
        return pl.lit(1, TOTAL)
    if rule == "tenth_of_hour":
        return ((minutes + _TENTH // 2) // _TENTH).cast(TOTAL) / 10
    if base is None:
        return pl.lit(None, TOTAL)
    whole, rest = minutes // base, minutes % base
    further = {"full_unit": pl.lit(value=False), "up_to": rest > 0}.get(rule, rest * 2 > base)
    return (whole + further.cast(pl.Int64)).cast(TOTAL)
