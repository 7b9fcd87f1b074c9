"""Numbers that count: the levels of a transaction (HL) and the lines of a claim (LX).

A break in the count is reported where it is, not on everything behind it.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from billing.formats.x12.conformance.guide import Guide, load_guide
from billing.formats.x12.conformance.rows import gathered
from billing.formats.x12.elements import element, split
from billing.formats.x12.segments import CODE
from billing.formats.x12.tree import Tree

_LEVELS = {"20": "2000A", "22": "2000B", "23": "2000C"}


def number_errors(tree: Tree) -> pl.DataFrame:
    """Find levels and lines that are not numbered as they must be.

    Returns:
        One row per error (`ERROR_SCHEMA`).
    """
    return gathered([*_of_levels(tree, load_guide()), *_of_lines(tree, load_guide())])


def _of_levels(tree: Tree, guide: Guide) -> Iterator[pl.DataFrame]:
    """Yield levels with a wrong number (HL01), parent (HL02) or word on what hangs on them (HL04)."""
    levels = _levels(tree)
    is_cut = _last(tree, "SE") < _last(tree, "HL")
    level = pl.col("level")
    loop = level.replace_strict(_LEVELS, default="", return_dtype=pl.String)
    # A level that nobody knows has no place of its own, but its elements are those of any.
    any_level = guide.units["2000B"].first.number
    places = {code: guide.units[unit].first.number for code, unit in _LEVELS.items()}
    place = level.replace_strict(places, default=any_level, return_dtype=pl.UInt16)
    is_known = level.is_in(list(_LEVELS))
    for at, cause, text, is_wrong in (
        (3, "hierarchy_level_unknown", "level", ~is_known & (level != "")),
        (3, "element_missing", "said_none", level == ""),
        (1, "hierarchy_number_wrong", "said_number", _is_misnumbered() & is_known),
        (2, "hierarchy_parent_wrong", "said_parent", _is_misplaced()),
        (4, "hierarchy_child_wrong", "child", _hides_children(is_cut=is_cut)),
    ):
        # A level outside any set belongs to none, which is said of its place.
        wrong = levels.filter(is_wrong & pl.col("professional") & pl.col("open"))
        if len(wrong):
            yield wrong.select(
                row="row", own_row="row", cause=pl.lit(cause), loop=loop, segment_id=pl.lit("HL"),
                place=place, element=pl.lit(at), value=text,
            )  # fmt: skip


def _last(tree: Tree, segment_id: str) -> int:
    """Return the number of the last scope that a segment begins; -1: there is none."""
    scopes = (tree.scopes.get_column("id") == CODE[segment_id]).arg_true()
    return int(scopes.item(-1)) if len(scopes) else -1


def _is_misnumbered() -> pl.Expr:
    # What stands in front of a window's own levels is carried from further up.
    is_behind_own = (pl.col("position").shift(1) != 0).fill_null(value=True)
    is_no_number = pl.col("number").is_null() & pl.col("said_number").is_not_null()
    return (~_follows_on("number", "transaction") & is_behind_own) | is_no_number


def _is_misplaced() -> pl.Expr:
    """Tell levels that name another parent than the last level above them; those without one are told elsewhere."""
    level, number = pl.col("level"), pl.col("number")
    above = pl.when(level == "22").then("last_20").when(level == "23").then("last_22")
    same_set = pl.col("transaction").gather(above) == pl.col("transaction")
    is_other = (pl.when(same_set).then(number.gather(above)) != pl.col("parent")).fill_null(value=False)
    is_no_number = pl.col("parent").is_null() & pl.col("said_parent").is_not_null() & level.is_in(["22", "23"])
    return is_other | is_no_number


def _hides_children(*, is_cut: bool) -> pl.Expr:
    """Tell subscribers that say a patient follows where none does, or none where one does."""
    level, child = pl.col("level"), pl.col("child")
    same_set = pl.col("transaction").shift(-1) == pl.col("transaction")
    has_child = (same_set & (level.shift(-1) == "23")).fill_null(value=False)
    # The last level of a window may have its patient in the next one.
    is_known = pl.lit(not is_cut) | (pl.int_range(pl.len()) < pl.len() - 1)
    return (level == "22") & child.is_in(["0", "1"]) & ((child == "1") != has_child) & is_known


def _levels(tree: Tree) -> pl.DataFrame:
    """One row per HL: its numbers, its transaction, and the rows of the last levels 20 and 22."""
    said, distinct = tree.texts.of("HL")
    values = split(distinct, tree.delimiters).select(
        said_number=element(1), said_parent=element(2), level=element(3).fill_null(""), child=element(4)
    )
    values = values.with_columns(
        number=pl.col("said_number").cast(pl.UInt32, strict=False),
        parent=pl.col("said_parent").cast(pl.UInt32, strict=False),
        said_none=pl.lit(None, pl.String),
    )
    scopes = tree.scopes.select("transaction", "professional", "open", "position", row="first_row")
    of_scopes = scopes.filter(tree.scopes.get_column("id") == CODE["HL"])
    row = pl.int_range(pl.len(), dtype=pl.UInt32)
    return of_scopes.hstack(values[said]).with_columns(
        last_20=pl.when(pl.col("level") == "20").then(row).forward_fill(),
        last_22=pl.when(pl.col("level") == "22").then(row).forward_fill(),
    )


def _of_lines(tree: Tree, guide: Guide) -> Iterator[pl.DataFrame]:
    """Yield lines whose number (LX01) does not follow on from the one before, or from 1."""
    said, distinct = tree.texts.of("LX")
    texts = split(distinct, tree.delimiters).select(value=element(1)).to_series()
    is_number = texts.str.contains("^[0-9]{1,9}$").fill_null(value=False)
    numbers = texts.set(~is_number, None).cast(pl.UInt32, strict=False)[said]
    parts = tree.parts.filter(tree.parts.get_column("id") == CODE["LX"])
    scope = parts.get_column("scope")
    counted = pl.DataFrame({"number": numbers, "scope": scope}).select(~_follows_on("number", "scope")).to_series()
    wrong = counted & tree.scopes.get_column("professional")[scope]
    if wrong.any():
        rows = parts.get_column("row").filter(wrong)
        yield pl.DataFrame({"row": rows, "own_row": rows, "value": texts[said.filter(wrong)]}).with_columns(
            cause=pl.lit("line_number_wrong"), loop=pl.lit("2400"), segment_id=pl.lit("LX"), element=pl.lit(1),
            place=pl.lit(guide.units["2400"].first.number),
        )  # fmt: skip


def _follows_on(number: str, within: str) -> pl.Expr:
    """Tell the numbers that follow on from the one before, or, where that one is wrong, from the one before it.

    The first of each part is 1. What is no number is told by itself.
    """
    behind, part = pl.col(number), pl.col(within)
    places = {}
    for back in (1, 2):
        same = (part == part.shift(back)).fill_null(value=False)
        places[back] = pl.when(same).then(behind.shift(back) + back)
    is_first = places[1].is_null() & (part != part.shift(1)).fill_null(value=True)
    is_second = ~is_first & (part != part.shift(2)).fill_null(value=True)
    one = pl.when(is_first).then(1).otherwise(places[1])
    other = pl.when(is_second).then(2).otherwise(places[2])
    return (behind.is_null() | (behind == one) | (behind == other)).fill_null(value=False)
