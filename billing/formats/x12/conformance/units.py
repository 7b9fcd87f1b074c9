"""The units of a region: runs of segments that are walked along the guide by themselves, and their distinct shapes.

A unit begins with a segment of the envelope, an HL, a CLM or an LX. Claims repeat a few hundred shapes of units, told
apart by a hash over the tokens of each, so that the walk is done once per shape and everything else is looked up.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from billing.formats.x12.conformance.guide import load_guide
from billing.formats.x12.conformance.tokens import all_tokens
from billing.formats.x12.conformance.walk import Slip, Token, walk
from billing.formats.x12.parts import running_count
from billing.formats.x12.segments import CODE, STARTERS
from billing.formats.x12.tree import Tree

_LEVELS = {"20": "2000A", "22": "2000B", "23": "2000C"}
_LOOPS = {"CLM": "2300", "LX": "2400", "SV1": "2400"}


@dataclass(frozen=True, slots=True)
class Shape:
    """A distinct row of tokens.

    Attributes:
        loop: Id of its loop, or of its envelope segment; empty for an HL with a level that the guide does not know.
        tokens: The token of each of its segments.
        places: Number of the place of each, null where it has none.
        slips: The errors of the walk.
    """

    loop: str
    tokens: tuple[int, ...]
    places: tuple[int | None, ...]
    slips: tuple[Slip, ...]


@dataclass(frozen=True, slots=True)
class Units:
    """The units of a region.

    Attributes:
        frame: One row per unit: `first_row` and `size` of its segments, `scope` it lies in, `shape` (place in
            `shapes`), all UInt32.
        shapes: What walking each shape gave.
        of_segment: The unit of each segment (UInt32).
    """

    frame: pl.DataFrame
    shapes: tuple[Shape, ...]
    of_segment: pl.Series

    def loops(self) -> pl.Series:
        """Return the loop of each unit."""
        return pl.Series("loop", [shape.loop for shape in self.shapes], dtype=pl.String)[self.frame.get_column("shape")]

    def places(self, rows: pl.Series) -> pl.Series:
        """Return the places of some segments (UInt16), null where one has none."""
        sizes = pl.Series([len(shape.places) for shape in self.shapes], dtype=pl.UInt32)
        begins = sizes.cum_sum() - sizes
        flat = pl.Series([place for shape in self.shapes for place in shape.places], dtype=pl.UInt16)
        unit = self.of_segment[rows]
        offset = rows - self.frame.get_column("first_row")[unit]
        return flat[begins[self.frame.get_column("shape")[unit]] + offset]


def find_units(tree: Tree, tokens: pl.Series) -> Units:
    """Cut a region into units, and walk each shape of them once.

    Args:
        tree: The region's tree.
        tokens: The token of each of its segments.
    """
    opener = tree.parts.get_column("id")
    opens = ((opener >= 1) & (opener <= len(STARTERS))) | (opener == CODE["LX"]) | _lines_without_number(tree)
    opens = opens.scatter(pl.Series([0] * bool(len(opens)), dtype=pl.UInt32), values=True)
    first = tree.parts.get_column("row").filter(opens)
    part_unit = pl.select(running_count(pl.lit(opens)) - 1).to_series()
    of_segment = part_unit[tree.segments.get_column("part")]
    numbers = _hashes(tokens, first, of_segment)
    distinct = numbers.unique(maintain_order=True)
    order = distinct.arg_sort()
    shape = order[distinct[order].search_sorted(numbers)]
    size = first.shift(-1, fill_value=len(tokens)) - first
    frame = pl.DataFrame(
        {
            "first_row": first,
            "size": size.cast(pl.UInt32),
            "scope": tree.parts.get_column("scope").filter(opens),
            "shape": shape,
        }
    )
    examples = frame.filter(shape.is_first_distinct()).select("first_row", "size").rows()
    shapes = tuple(_walk(tokens.slice(row, size).to_list()) for row, size in examples)
    return Units(frame, shapes, of_segment)


def _lines_without_number(tree: Tree) -> pl.Series:
    """Tell the parts that begin a line whose LX is missing: an SV1 behind the service of another line, or behind none.

    A second SV1 right behind the first begins none, nor does one that something else parts from its LX.
    """
    ids, opener = tree.segments.get_column("id"), tree.parts.get_column("id")
    begins = opener == CODE["SV1"]
    if not begins.any():
        return begins
    row = tree.parts.get_column("row")
    next_id, last_id = ids.shift(-1, fill_value=0)[row], ids.shift(1, fill_value=0)[row]
    waits = (opener == CODE["LX"]) & (next_id != CODE["SV1"])
    matters = waits | begins | (opener == CODE["LX"]) | (opener <= len(STARTERS))
    waiting = pl.select(pl.when(pl.lit(matters)).then(pl.lit(waits)).shift(1).forward_fill()).to_series()
    return begins & (last_id != CODE["SV1"]) & ~waiting.fill_null(value=False)


def _hashes(tokens: pl.Series, first: pl.Series, of_segment: pl.Series) -> pl.Series:
    """Give each unit a number that units with the same tokens in the same order share, and others do not."""
    row = pl.int_range(len(tokens), dtype=pl.UInt32, eager=True)
    offset = row - first[of_segment]
    mixed = (tokens.cast(pl.UInt64) * (1 << 32) + offset.cast(pl.UInt64)).hash()
    # The sums run over and begin again, which their differences do not mind.
    sums = mixed.cum_sum()[first.shift(-1, fill_value=len(tokens)) - 1]
    return sums - sums.shift(1, fill_value=0)


def _walk(numbers: list[int]) -> Shape:
    """Walk one shape."""
    guide, known = load_guide(), all_tokens()
    tokens = [known[number] for number in numbers]
    loop = _loop(tokens[0])
    if loop not in guide.units:
        return Shape("", tuple(numbers), (None,) * len(tokens), ())
    places, slips = walk(guide.units[loop], guide.grammars[loop], tokens)
    return Shape(loop, tuple(numbers), tuple(None if place is None else place.number for place in places), tuple(slips))


def _loop(first: Token) -> str:
    if first.segment_id == "HL":
        return _LEVELS.get(first.qualifier, "")
    return _LOOPS.get(first.segment_id, first.segment_id)
