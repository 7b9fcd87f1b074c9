"""What accepted claims should bring, by the programs' rates.

    rows, rates ─▶ priced lines ─▶ per claim ─▶ decisions

Exact: units and rates are multiplied as whole numbers, and rounded half up to the cent once per line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from billing.claims import MONEY
from billing.policy.codesets import Program

RATE = pl.Decimal(18, 4)
"""USD per unit."""

_RATES: dict[str, Any] = {
    "program": pl.String,
    "service": pl.String,
    "rate": RATE,
    "rate_from": pl.Date,
    "rate_to": pl.Date,
}
_LINE = ("claim_key", "line_count", "program", "service", "charge", "units", "service_date", "last_date", "is_void")
_PAID = pl.col("other_payers").list.eval(pl.element().struct.field("paid"))


def priced(units: pl.Expr, rate: pl.Expr) -> pl.Expr:
    """Return `units x rate` in USD, half up to the cent.

    Args:
        units: Decimal with three places, zero or more; null stays null.
        rate: USD per unit, Decimal with four places; null stays null.
    """
    whole = (units * 1000).cast(pl.Int128) * (rate * 10_000).cast(pl.Int128)  # in ten-millionths of a dollar
    cents = (2 * whole + 100_000) // 200_000
    return (cents.cast(pl.Decimal(38, 2)) / 100).cast(MONEY)


def is_priced_by_unit() -> pl.Expr:
    """Tell which lines a rate per unit can be compared with: surely of the service, in units. Never null."""
    is_minutes = (pl.col("unit_basis") == "MJ").fill_null(value=False)
    return (pl.col("placed") == "exact").fill_null(value=False) & ~is_minutes


def with_expected_payment(decisions: pl.DataFrame, rows: pl.DataFrame, programs: Iterable[Program]) -> pl.DataFrame:
    """Fill in what each accepted claim should bring.

    Args:
        decisions: One row per claim (`DECISION_SCHEMA`).
        rows: One row per placed line (`billing/rows.py`).
        programs: The programs with lines among them, for their rates.

    Returns:
        The same rows in their order, `expected_payment` in USD: the sum over the lines of the charge or the units times
        the rate, whichever is less, less what other payers paid, never below zero; zero for a void. Null for claims
        that are not accepted, and while a line has no rate, two rates or no units, or another payer no amount.
    """
    rates = _rates(programs)
    if rates.is_empty():
        return decisions
    lines = (
        rows.lazy()
        .filter(is_priced_by_unit(), pl.col("units").is_not_null())
        .select(
            *_LINE,
            paid=pl.when(_PAID.list.eval(pl.element().is_null()).list.any()).then(None).otherwise(_PAID.list.sum()),
        )
        .join(rates.lazy(), on=["program", "service"], how="inner")
        .filter(pl.col("rate_from") <= pl.col("service_date"), pl.col("last_date") <= pl.col("rate_to"))
    )
    allowed = pl.min_horizontal("charge", priced(pl.col("units"), pl.col("rate")))
    per_claim = lines.group_by("claim_key").agg(
        lines=pl.len(), line_count=pl.col("line_count").first(), is_void=pl.col("is_void").first(),
        paid=pl.col("paid").first(), allowed=allowed.sum(),
    )  # fmt: skip
    nothing = pl.lit(0, MONEY)
    expected = (
        pl.when("is_void").then(nothing).otherwise(pl.max_horizontal(pl.col("allowed") - pl.col("paid"), nothing))
    )
    known = per_claim.filter(pl.col("lines") == pl.col("line_count"), pl.col("paid").is_not_null()).select(
        "claim_key", expected=expected.cast(MONEY)
    )
    is_accepted = pl.col("decision") == "accepted"
    return (
        decisions.lazy()
        .join(known, on="claim_key", how="left", maintain_order="left")
        .with_columns(expected_payment=pl.when(is_accepted).then("expected"))
        .drop("expected")
        .collect()
    )


def _rates(programs: Iterable[Program]) -> pl.DataFrame:
    """One row per service and rate of some programs; rates that differ by region are left out."""
    dated = [
        (program.id, service.id, rate.amount, rate.effective, rate.ended)
        for program in programs
        for service in program.services
        for rate in service.rates
        if rate.amount is not None
    ]
    rates = pl.DataFrame(dated, schema=_RATES, orient="row")
    return rates.with_columns(pl.col("rate_to").fill_null(pl.date(9999, 12, 31))) if dated else rates
