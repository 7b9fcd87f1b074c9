"""Words for messages, as Polars expressions: the same number, date or list is written the same way everywhere."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl


def units_text(units: pl.Expr) -> pl.Expr:
    """Write units without trailing zeros: `4`, `2.5`. A null stays null."""
    return units.cast(pl.String).str.replace(r"\.?0+$", "")


def money_text(money: pl.Expr) -> pl.Expr:
    """Write US dollars with two places: `92.00`. A null stays null."""
    return money.cast(pl.String)


def date_text(day: pl.Expr) -> pl.Expr:
    """Write a date as `2026-05-05`. A null stays null."""
    return day.dt.to_string("%Y-%m-%d")


def days_text() -> pl.Expr:
    """Write the days of a row: `2026-05-05`, or `2026-05-05 to 2026-05-07`. Null without a first day."""
    first, last = pl.col("service_date"), pl.col("last_date")
    return pl.when(last > first).then(sentence(date_text(first), " to ", date_text(last))).otherwise(date_text(first))


def listed(items: pl.Expr) -> pl.Expr:
    """Write a list of codes as `U7, HQ`; `none` when it is empty. A null list stays null."""
    return pl.when(items.list.len() == 0).then(pl.lit("none")).otherwise(items.list.join(", "))


def counted(count: pl.Expr, one: str, many: str | None = None) -> pl.Expr:
    """Write a whole number with its noun: `1 unit`, `3 units`.

    Args:
        count: The number.
        one: The noun for one.
        many: The noun for other numbers; default: `one` with an s.
    """
    noun = pl.when(count == 1).then(pl.lit(one)).otherwise(pl.lit(many or f"{one}s"))
    return sentence(count.cast(pl.String), " ", noun)


def coded() -> pl.Expr:
    """Write a row's procedure code with its modifiers: `98960 U7`."""
    modifiers = pl.col("modifiers").list.join(" ")
    behind = pl.when(modifiers != "").then(modifiers)
    return pl.concat_str("procedure_code", behind, separator=" ", ignore_nulls=True)


def sentence(*parts: str | pl.Expr) -> pl.Expr:
    """Put texts and String expressions behind each other; null when one of them is null."""
    return pl.concat_str(*(pl.lit(part) if isinstance(part, str) else part for part in parts))


def sentences(*problems: tuple[pl.Expr, str | pl.Expr]) -> pl.Expr:
    """Join the texts whose condition holds, with a space between: all that is wrong, not only the first.

    Args:
        problems: Condition and text; a null condition does not hold.
    """
    said = [
        pl.when(holds).then(pl.lit(text) if isinstance(text, str) else text).otherwise(None) for holds, text in problems
    ]
    return pl.concat_str(*said, separator=" ", ignore_nulls=True)


def is_blank(column: str) -> pl.Expr:
    """Tell whether a text is absent or holds nothing but spaces."""
    return pl.col(column).is_null() | (pl.col(column).str.strip_chars() == "")


def or_list(codes: Iterable[str]) -> str:
    """Write codes as `11`, `11 or 12`, `11, 12 or 99`."""
    return _series(codes, "or")


def and_list(codes: Iterable[str]) -> str:
    """Write codes as `U7`, `HE and HQ`, `HE, HQ and U7`."""
    return _series(codes, "and")


def _series(codes: Iterable[str], word: str) -> str:
    *others, last = codes
    return f"{', '.join(others)} {word} {last}" if others else last
