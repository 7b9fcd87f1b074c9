"""Other services of a line's program that a remedy may name: in force on its day, and fit for what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import polars as pl

from billing.policy.schema import Service
from billing.rules._entry_words import code_text


def fitting(services: Iterable[Service], fits: Callable[[Service], pl.Expr]) -> pl.Expr:
    """Write the codes of the services that fit a line and are in force on its first day: `98961 U7 or 98962 U7`.

    Args:
        services: The services to choose from.
        fits: Boolean over rows: whether a service fits.

    Returns:
        Text expression; null where none fits.
    """
    codes = [pl.when(fits(service) & is_in_force(service)).then(pl.lit(code_text(service))) for service in services]
    if not codes:
        return pl.lit(None, pl.String)
    found = pl.concat_list(codes).list.drop_nulls().list.unique(maintain_order=True)
    return pl.when(found.list.len() > 0).then(found.list.join(" or "))


def is_in_force(service: Service) -> pl.Expr:
    """Tell whether the first day of a line lies in a service's dates; null without a day."""
    day = pl.col("service_date")
    begun = day >= service.effective if service.effective is not None else day.is_not_null()
    return begun & (day <= service.ended) if service.ended is not None else begun
