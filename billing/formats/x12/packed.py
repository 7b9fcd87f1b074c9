"""Frames of many windows, packed until all of them are there and laid out in one piece.

A few texts of a window's frames would keep all of its texts in memory, so each frame is packed on its own; and a
column that says the same in every row takes no room.
"""

from __future__ import annotations

import io
from typing import Any

import polars as pl

_ROW = ""


class Packed:
    """Frames of one schema, behind each other."""

    def __init__(self) -> None:
        """Begin with none."""
        self._parts: list[tuple[int, bytes, dict[str, pl.Series]]] = []
        self._schema: dict[str, Any] = {}

    def add(self, frame: pl.DataFrame) -> None:
        """Pack a frame; all frames have the same columns."""
        self._schema = dict(frame.schema)
        constant = {name: frame.get_column(name).head(1) for name in frame.columns if _is_constant(frame, name)}
        file = io.BytesIO()
        frame.select(pl.exclude(list(constant))).write_parquet(file, compression="lz4", statistics=False)
        self._parts.append((len(frame), file.getvalue(), constant))

    def unpack(self) -> pl.DataFrame:
        """Return the frames behind each other, each column in one piece."""
        size = sum(rows for rows, _, _ in self._parts)
        rows = pl.DataFrame({_ROW: pl.int_range(size, dtype=pl.UInt32, eager=True)})
        return rows.with_columns(self._column(name, size) for name in self._schema).drop(_ROW)

    def _column(self, name: str, size: int) -> pl.Expr | pl.Series:
        said = [constant[name] for rows, _, constant in self._parts if name in constant and rows]
        of_rows = [rows for rows, _, constant in self._parts if name not in constant or rows]
        if not size or (len(said) == len(of_rows) and all(each.equals(said[0], null_equal=True) for each in said)):
            return pl.lit(said[0].to_list()[0] if said else None, self._schema[name]).alias(name)
        parts = [
            constant[name].new_from_index(0, rows)
            if name in constant
            else pl.read_parquet(io.BytesIO(packed), columns=[name], use_statistics=False).get_column(name)
            for rows, packed, constant in self._parts
            if rows
        ]
        return pl.concat(parts, rechunk=True)


def _is_constant(frame: pl.DataFrame, name: str) -> bool:
    """Tell a column that says the same in every row."""
    column = frame.get_column(name)
    if column.null_count() == len(column):
        return True
    if isinstance(column.dtype, pl.List):
        return not column.null_count() and column.list.len().max() == 0
    return column.dtype == pl.String and not column.null_count() and column.min() == column.max()
