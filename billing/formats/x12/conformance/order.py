"""Segments and loops: what is missing, too often, out of place or unknown in each unit, and among the units."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from billing.formats.x12.conformance.guide import Guide, load_guide
from billing.formats.x12.conformance.rows import ERROR_SCHEMA, shaped
from billing.formats.x12.conformance.units import Units
from billing.formats.x12.delimiters import character
from billing.formats.x12.parts import running_count
from billing.formats.x12.tree import Tree

_LOOPS = ("", "ISA", "TA1", "GS", "ST", "2000A", "2000B", "2000C", "2300", "2400", "SE", "GE", "IEA")
_NUMBER = {loop: number for number, loop in enumerate(_LOOPS)}
_ENVELOPE = ("ISA", "TA1", "GS", "SE", "GE", "IEA")

_MAY_FOLLOW = {
    "2000A": ("ST", "2000A", "2000B", "2000C", "2300", "2400", ""),
    "2000B": ("ST", "2000A", "2000B", "2000C", "2300", "2400", ""),
    "2000C": ("2000B", "2000C", "2300", "2400", ""),
    "2300": ("2000B", "2000C", "2300", "2400", ""),
    "2400": ("2300", "2400"),
}
"""Behind which units a unit may begin."""

_MAY_NOT_FOLLOW = {
    "SE": ("segment_unexpected", ("SE", "GS", "GE", "ISA", "TA1", "IEA")),
    "GE": ("segment_unexpected", ("GE", "ISA", "TA1", "IEA")),
    "IEA": ("segment_unexpected", ("IEA",)),
    "ST": ("group_missing", ("ISA", "TA1", "GE", "IEA")),
    "GS": ("interchange_missing", ("IEA",)),
}
"""Behind which units of the envelope one cannot begin, and what that is called."""

_MUST_HOLD = {"ST": "2000A", "2000A": "2000B", "2000C": "2300", "2300": "2400"}
"""Which unit must follow one that cannot be without it."""


def order_errors(tree: Tree, units: Units) -> pl.DataFrame:
    """Find what is wrong with the order of segments, loops and units.

    Args:
        tree: The region's tree.
        units: Its units.

    Returns:
        One row per error (`ERROR_SCHEMA`).
    """
    guide = load_guide()
    frame = units.frame.with_row_index("unit").with_columns(
        number=pl.Series([_NUMBER[shape.loop] for shape in units.shapes], dtype=pl.UInt8)[
            units.frame.get_column("shape")
        ]
    )
    scope = frame.get_column("scope")
    # In front of the first set there is none whose kind could be asked.
    is_ours = tree.scopes.get_column("professional")[scope] | (tree.scopes.get_column("transaction")[scope] == 0)
    is_ours |= frame.get_column("number").is_in([_NUMBER[loop] for loop in _ENVELOPE])
    parts = [*_of_shapes(frame, units), *_among_units(frame, guide)]
    if not parts:
        return pl.DataFrame(schema=ERROR_SCHEMA)
    errors = pl.concat(parts, how="diagonal")
    errors = errors.filter(is_ours[errors.get_column("unit")])
    return _with_ids(errors, tree, units)


def _of_shapes(frame: pl.DataFrame, units: Units) -> Iterator[pl.DataFrame]:
    """Yield the errors of the walks, for every unit of a shape that has some."""
    rows = [
        (number, slip.offset, slip.cause, None if slip.segment is None else slip.segment.number, slip.loop, slip.times)
        for number, shape in enumerate(units.shapes)
        for slip in shape.slips
    ]
    if not rows:
        return
    schema = {"shape": pl.UInt32, "offset": pl.UInt32, "cause": pl.String, "place": pl.UInt16, "loop": pl.String,
              "detail": pl.String}  # fmt: skip
    slips = pl.DataFrame(rows, schema=schema, orient="row")
    yield frame.join(slips, on="shape", maintain_order="left_right").select(
        "unit", "cause", "place", "loop", "detail", row=pl.col("first_row") + pl.col("offset")
    )


def _among_units(frame: pl.DataFrame, guide: Guide) -> Iterator[pl.DataFrame]:
    """Yield units that stand where they cannot, that lack one below, and that come too often."""
    number = frame.get_column("number")
    before = number.shift(1, fill_value=0)
    behind = number.shift(-1, fill_value=0)
    for loop, allowed in _MAY_FOLLOW.items():
        is_stray = (number == _NUMBER[loop]) & ~before.is_in([_NUMBER[each] for each in allowed])
        if is_stray.any():
            yield _rows(frame, is_stray, "segment_unexpected", loop, guide)
    for loop, (cause, refused) in _MAY_NOT_FOLLOW.items():
        is_stray = (number == _NUMBER[loop]) & before.is_in([_NUMBER[each] for each in refused])
        if is_stray.any():
            yield _rows(frame, is_stray, cause, loop, guide)
    for loop, needed in _MUST_HOLD.items():
        lacks = (number == _NUMBER[loop]) & (behind != _NUMBER[needed]) & (behind != 0)
        if lacks.any():
            missing = _rows(frame, lacks, "loop_missing", needed, guide)
            yield missing.with_columns(row=pl.col("row") + frame.get_column("size").filter(lacks))
    for loop, above in (("2400", ("2300",)), ("2300", ("2000B", "2000C"))):
        too_often = _too_often(number, loop, above, guide.units[loop].most)
        if too_often.any():
            most = str(guide.units[loop].most)
            yield _rows(frame, too_often, "loop_repeated", loop, guide).with_columns(detail=pl.lit(most))


def _too_often(number: pl.Series, loop: str, above: tuple[str, ...], most: int) -> pl.Series:
    """Tell the units of a loop that come more often under the unit above than they may."""
    is_own = pl.col("number") == _NUMBER[loop]
    is_above = pl.any_horizontal(pl.col("number") == _NUMBER[each] for each in above)
    so_far = running_count(is_own)
    before = pl.when(is_above).then(so_far).forward_fill().fill_null(0)
    return number.to_frame("number").select(is_own & (so_far > before + most)).to_series()


def _rows(frame: pl.DataFrame, chosen: pl.Series, cause: str, loop: str, guide: Guide) -> pl.DataFrame:
    return frame.filter(chosen).select(
        "unit",
        cause=pl.lit(cause),
        place=pl.lit(guide.units[loop].first.number, pl.UInt16),
        loop=pl.lit(loop),
        detail=pl.lit(None, pl.String),
        row="first_row",
    )


def _with_ids(errors: pl.DataFrame, tree: Tree, units: Units) -> pl.DataFrame:
    """Add the id of the segment an error is about: its place's, or else the one that stands there."""
    guide = load_guide()
    of_place = pl.Series([place.segment_id for place in guide.segments], dtype=pl.String)
    own = units.frame.get_column("first_row")[errors.get_column("unit")]
    row = errors.get_column("row")
    stands = tree.segments.get_column("text")[row.clip(upper_bound=len(tree.segments) - 1)]
    mark = character(tree.delimiters.element)
    said = stands.str.splitn(mark, 2).struct.field("field_0")
    said = said.set(~said.str.contains(r"^[A-Z][A-Z0-9]{1,2}$"), None)
    place_id = of_place[errors.get_column("place")]
    is_inside = (row - own) < units.frame.get_column("size")[errors.get_column("unit")]
    own_row = own.zip_with(~is_inside, row)
    errors = errors.with_columns(segment_id=pl.coalesce(pl.lit(place_id), pl.lit(said)), own_row=pl.lit(own_row))
    return shaped(errors)
