"""Which segments need a closer look at their elements: those that the gate of their layout stops."""

from __future__ import annotations

from collections import defaultdict

import polars as pl

from billing.formats.x12.conformance.gates import gate
from billing.formats.x12.conformance.guide import load_guide
from billing.formats.x12.conformance.tokens import Tokens, all_tokens
from billing.formats.x12.conformance.units import Units
from billing.formats.x12.texts import coded_texts
from billing.formats.x12.tree import Tree

_NO_LAYOUT = 0xFFFF
_FEW = 1000


def stopped_segments(tree: Tree, tokens: Tokens, units: Units, repetition: str) -> pl.Series:
    """Return the rows of the segments that a gate stops, in file order.

    A token that always stands for the same layout is asked once per distinct text, where these were looked up; the
    few that stand for several (an N4 of the subscriber, and of the billing provider) are asked once for each of them.
    """
    layouts = _layouts(units)
    table = _table(layouts)
    rows, others = tokens.repeated.arg_true(), (~tokens.repeated).arg_true()
    stopped = _stopped(tree, tree.texts.distinct.get_column("text"), table[tokens.of_texts], repetition)
    found = [rows.filter(stopped[tree.texts.said])] if stopped.any() else []
    found.append(_of_rows(tree, others, table[tokens.of_segments[others]], repetition))
    several = [token for token, among in layouts.items() if len(among) > 1]
    if several:
        rows = tokens.of_segments.is_in(several).arg_true()
        found.append(_of_pairs(tree, rows, _layout_of_places()[units.places(rows)], repetition))
    return pl.concat(found).sort()


def _layouts(units: Units) -> dict[int, set[int]]:
    """Return the layouts that each token stands for in this region."""
    places = load_guide().segments
    found: dict[int, set[int]] = defaultdict(set)
    for shape in units.shapes:
        for token, place in zip(shape.tokens, shape.places, strict=True):
            # A segment without a place is an error already, and not looked at.
            found[token].add(_NO_LAYOUT if place is None else places[place].layout)
    return found


def _table(layouts: dict[int, set[int]]) -> pl.Series:
    """Return the layout of each token; none for what has no place, or several layouts."""
    only = {token: next(iter(found)) for token, found in layouts.items() if len(found) == 1}
    return pl.Series([only.get(token, _NO_LAYOUT) for token in range(len(all_tokens()))], dtype=pl.UInt16)


def _layout_of_places() -> pl.Series:
    return pl.Series([place.layout for place in load_guide().segments], dtype=pl.UInt16)


def _of_rows(tree: Tree, rows: pl.Series, layouts: pl.Series, repetition: str) -> pl.Series:
    """Ask row by row."""
    return rows.filter(
        _stopped(tree, tree.segments.get_column("text")[rows], layouts.fill_null(_NO_LAYOUT), repetition)
    )


def _of_pairs(tree: Tree, rows: pl.Series, layouts: pl.Series, repetition: str) -> pl.Series:
    """Ask once per distinct text and layout."""
    said, distinct = coded_texts([tree.segments.get_column("text")[rows]])
    pairs = pl.DataFrame({"said": said, "layout": layouts.fill_null(_NO_LAYOUT)}).with_columns(
        pair=pl.col("said").cast(pl.UInt64) * (_NO_LAYOUT + 1) + pl.col("layout")
    )
    asked = pairs.unique("pair").sort("pair")
    stopped = _stopped(tree, distinct[asked.get_column("said")], asked.get_column("layout"), repetition)
    return rows.filter(stopped[asked.get_column("pair").search_sorted(pairs.get_column("pair"))])


def _stopped(tree: Tree, text: pl.Series, layouts: pl.Series, repetition: str) -> pl.Series:
    """Tell the texts that the gate of their layout stops."""
    texts = pl.DataFrame({"text": text, "layout": layouts})
    gates = {layout: gate(layout, tree.delimiters, repetition) for layout in layouts.unique() if layout != _NO_LAYOUT}
    if len(texts) <= _FEW:  # to ask all gates about all texts is quicker than to part them
        stops = [(pl.col("layout") == layout) & each.stops() for layout, each in gates.items()]
        return texts.select(pl.any_horizontal(pl.lit(value=False), *stops)).to_series()
    stopped = pl.repeat(False, len(text), dtype=pl.Boolean, eager=True)
    for layout, each in gates.items():
        mine = (layouts == layout).arg_true()
        stops_mine = texts[mine].select(each.stops()).to_series()
        if stops_mine.any():
            stopped = stopped.scatter(mine.filter(stops_mine), values=True)
    return stopped
