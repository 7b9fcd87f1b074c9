"""Put values beside the rows they belong to, by number.

Scopes, lines and names are numbered from 0 without large gaps, so that finding a value is looking it up in a
table, and the rows it is put beside need not be copied as a join would.
"""

from __future__ import annotations

import polars as pl


def beside(frame: pl.DataFrame, key: str, values: pl.DataFrame) -> pl.DataFrame:
    """Add a family's values to the rows that share its number.

    Args:
        frame: The rows; a null in `key` finds nothing.
        key: The column of numbers, in both.
        values: At most one row per number.

    Returns:
        `frame` with the other columns of `values`; null where there are none.
    """
    columns = [name for name in values.columns if name != key]
    if values.is_empty():
        return frame.with_columns(pl.lit(None, values.schema[name]).alias(name) for name in columns)
    numbers, wanted = values.get_column(key), frame.get_column(key)
    size = max(_largest(numbers), _largest(wanted)) + 1
    places = pl.repeat(None, size, dtype=pl.UInt32, eager=True).scatter(
        numbers, pl.int_range(len(values), dtype=pl.UInt32, eager=True)
    )
    return frame.hstack(values.select(pl.col(columns).gather(places.gather(wanted))))


def _largest(numbers: pl.Series) -> int:
    largest = numbers.max()
    return largest if isinstance(largest, int) else 0
