"""Families of segments, with what they say worked out once per distinct text.

Taking a text apart costs ten times what looking it up does. A family therefore carries row numbers instead of
values, and the values are put beside claims and lines in one step at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

import polars as pl

from billing.formats.x12.elements import split
from billing.formats.x12.segments import CODE, is_one_of
from billing.formats.x12.tree import Tree


@dataclass(frozen=True, slots=True)
class Family:
    """Some segments, and what they say.

    Attributes:
        places: One row per segment, in file order: the numbers of what it belongs to (`scope`, `line`, `part`), which
            never fall, and its `position`.
        said: For each, its row in `values` (UInt32).
        values: One row per distinct text.
    """

    places: pl.DataFrame
    said: pl.Series
    values: pl.DataFrame

    def __bool__(self) -> bool:
        return len(self.said) > 0

    @staticmethod
    def of_rows(places: pl.DataFrame, values: pl.DataFrame) -> Family:
        """Make a family of values that are worked out row by row."""
        return Family(places, pl.int_range(len(places), dtype=pl.UInt32, eager=True), values)

    def where(self, condition: pl.Expr) -> Family:
        """Keep the segments whose values meet a condition; an unknown one is not met."""
        meets = self.values.select(condition).to_series().fill_null(value=False)
        return self if meets.all() else self.filter(meets[self.said])

    def filter(self, mask: pl.Series) -> Family:
        """Keep some of the segments."""
        places = pl.DataFrame([column.filter(mask) for column in self.places.get_columns()])
        return Family(places, self.said.filter(mask), self.values)

    def saying(self, **values: str | pl.Expr) -> Family:
        """Work other values out of these."""
        return Family(self.places, self.said, self.values.select(**values)).without_silent_texts()

    def without_silent_texts(self) -> Family:
        """Leave out the columns `x_text` when every `x` could be read."""
        said = [
            column for column in self.values if not column.name.endswith("_text") or column.null_count() < len(column)
        ]
        return self if len(said) == self.values.width else Family(self.places, self.said, pl.DataFrame(said))

    def first_of_each(self, key: str) -> Family:
        """Keep the first segment of each number."""
        repeats = _repeats(self.places.get_column(key))
        return self if repeats is None else self.filter(~repeats)

    def first_of(self, key: str, wanted: pl.Series) -> Family:
        """Find the first segment of each wanted number.

        Args:
            key: Column of `places`.
            wanted: Numbers; a null finds nothing.

        Returns:
            One row per wanted number, null where it has no segment.
        """
        numbers = self.places.get_column(key)
        rows = first_rows(numbers, wanted)
        if rows is None:
            return self
        return Family(self.places[rows], self.said[rows], self.values)

    def frame(self, *columns: str, **named: str) -> pl.DataFrame:
        """Return values, all of them or those named, with one row per segment."""
        if not columns and not named:
            return self.values[self.said]
        wanted = [self.values.get_column(column) for column in columns]
        wanted += [self.values.get_column(column).alias(name) for name, column in named.items()]
        return pl.DataFrame(wanted)[self.said]


def first_rows(numbers: pl.Series, wanted: pl.Series) -> pl.Series | None:
    """Find the first row of each wanted number among numbers that never fall.

    Scopes, lines and names are numbered from 0 without large gaps, so that finding a row is looking it up in a table.

    Returns:
        Row numbers, null where a number is not there or null; null instead of all of them when every row is the one
        wanted at its place, as it is where each claim or line has one segment of a family.
    """
    if numbers.is_empty():
        return pl.Series([None], dtype=pl.UInt32).new_from_index(0, len(wanted))
    repeats = _repeats(numbers)
    if repeats is None and numbers.equals(wanted):
        return None
    rows = pl.int_range(len(numbers), dtype=pl.UInt32, eager=True)
    if repeats is not None:
        rows, numbers = rows.filter(~repeats), numbers.filter(~repeats)
    largest = wanted.max()
    size = max(numbers.item(-1), largest if isinstance(largest, int) else 0) + 1
    table = pl.Series([None], dtype=pl.UInt32).new_from_index(0, size)
    return table.scatter(numbers, rows)[wanted]


def counted(numbers: pl.Series, wanted: pl.Series) -> pl.Series:
    """Count how often each wanted number occurs among numbers that never fall; null: never."""
    runs = numbers.rle().struct
    rows = first_rows(runs.field("value"), wanted)
    return runs.field("len") if rows is None else runs.field("len")[rows]


def _repeats(numbers: pl.Series) -> pl.Series | None:
    """Tell the numbers that are the same as the one before them, if there are any."""
    same = numbers.slice(1) == numbers.head(-1)
    return pl.concat([pl.Series([False]), same]) if same.any() else None


def family(
    tree: Tree, segment_id: str, keys: list[str],
    *, under: Sequence[str] = (), area: int | None = None, **values: pl.Expr,
) -> Family:  # fmt: skip
    """Pick a family's segments, and work its values out.

    Args:
        tree: The region's tree.
        segment_id: Id of the segments, one of `REPEATED`.
        keys: Columns of `places`: `scope` and `line` of the segment's part, the number of that `part`, its `area`, or
            the segment's `position`.
        under: Ids of the parts to look in; default: all.
        area: The area to look in; default: all.
        values: What to read from `elements`, the elements of a text (see `element`). `x_text` is the text of an `x`
            that could not be read; without any, there is no such column.
    """
    said, distinct = tree.texts.of(segment_id)
    places, stands = places_of(tree, segment_id, keys, under, area)
    said = said if stands is None else said.filter(stands)
    return Family(places, said, split(distinct, tree.delimiters).select(**values)).without_silent_texts()


def places_of(
    tree: Tree, segment_id: str, keys: list[str], under: Sequence[str] = (), area: int | None = None
) -> tuple[pl.DataFrame, pl.Series | None]:
    """Find where the segments of an id stand; see `family`.

    Returns:
        One row per segment that stands where it is looked for, and for every segment of the id whether it does; null:
        all of them do.
    """
    mine = tree.segments.get_column("id") == CODE[segment_id]
    places = pl.DataFrame([tree.segments.get_column("part").filter(mine)])
    if "position" in keys:
        places = places.hstack([tree.segments.get_column("position").filter(mine)])
    part = places.get_column("part")
    there = [is_one_of(tree.parts.get_column("id")[part], *under)] if under else []
    if area is not None:
        there.append(tree.parts.get_column("area")[part] == area)
    stands = reduce(and_, there) if there else None
    if stands is not None and stands.all():
        stands = None
    if stands is not None:
        places = places.filter(stands)
    part = places.get_column("part")
    return places.hstack([tree.parts.get_column(key)[part] for key in keys if key in tree.parts.columns]), stands
