"""Conformance of an 837P to its implementation guide, 005010X222A1.

    segments ─▶ tokens ─▶ units ─▶ walk of each distinct shape ─▶ places ─▶ elements ─▶ errors in words

The guide is the map that the `pyx12` package installs. Which places the segments take is worked out once per distinct
shape of a unit; their elements are checked once per distinct text, and in detail only where a pattern of what may
stand there does not match.
"""

from __future__ import annotations

import polars as pl

from billing.formats.x12.conformance.breaches import breaches_of
from billing.formats.x12.conformance.elements import element_errors
from billing.formats.x12.conformance.envelopes import envelope_errors
from billing.formats.x12.conformance.guide import load_guide
from billing.formats.x12.conformance.numbers import number_errors
from billing.formats.x12.conformance.order import order_errors
from billing.formats.x12.conformance.rows import Keys, finish, gathered
from billing.formats.x12.conformance.suspects import stopped_segments
from billing.formats.x12.conformance.tokens import Tokens, number_tokens
from billing.formats.x12.conformance.units import Units, find_units
from billing.formats.x12.conformance.values import Marks
from billing.formats.x12.delimiters import character
from billing.formats.x12.segments import is_one_of
from billing.formats.x12.tree import Tree
from billing.syntax_errors import SYNTAX_ERROR_SCHEMA

__all__ = ["AMONG_NEIGHBOURS", "Keys", "breaches_of", "check"]

AMONG_NEIGHBOURS = (
    "hierarchy_number_wrong", "hierarchy_parent_wrong", "hierarchy_child_wrong", "loop_missing", "loop_repeated",
    "segment_unexpected",
)  # fmt: skip
"""Causes that what stands before or behind a loop decides."""

_REPETITION = 11  # element of ISA
_VERSION = 8  # element of GS


def check(
    tree: Tree, keys: Keys, name: str, noticed: pl.DataFrame | None = None, interchanges_before: int = 0
) -> pl.DataFrame:
    """Check a region against the implementation guide.

    Args:
        tree: The region's tree.
        keys: Its readable claims and lines.
        name: The file's name.
        noticed: What the reader noticed about the envelope (`FILE_FINDING_SCHEMA`); null for a window of a file.
        interchanges_before: Interchanges of the file in front of this region.

    Returns:
        One row per error (`SYNTAX_ERROR_SCHEMA`), in file order, with the `scope` it is about; `file_line` is null.
    """
    tokens = number_tokens(tree)
    units = find_units(tree, tokens.of_segments)
    parts = [order_errors(tree, units), _of_elements(tree, tokens, units), number_errors(tree)]
    errors = pl.concat([*parts, envelope_errors(tree, noticed)])
    if errors.is_empty():
        return pl.DataFrame(schema={**SYNTAX_ERROR_SCHEMA, "scope": pl.UInt32})
    return finish(errors, tree, keys, name, interchanges_before)


def _of_elements(tree: Tree, tokens: Tokens, units: Units) -> pl.DataFrame:
    """Find what is wrong with elements."""
    marks = Marks(tree.delimiters, _repetition(tree))
    rows = _ours(stopped_segments(tree, tokens, units, marks.repetition), tree)
    if rows.is_empty():
        return gathered([])
    places = load_guide().segments
    table = pl.DataFrame(
        {
            "place": pl.Series(range(len(places)), dtype=pl.UInt16),
            "layout": pl.Series([each.layout for each in places], dtype=pl.UInt16),
            "loop": [each.loop for each in places],
            "segment_id": [each.segment_id for each in places],
        }
    )
    segments = table[units.places(rows)].hstack([rows.alias("row"), tree.segments.get_column("text")[rows]])
    errors = element_errors(segments, marks)
    is_version = (pl.col("segment_id") == "GS") & (pl.col("element") == _VERSION) & (pl.col("cause") == "code_unknown")
    # A count or number of a trailer that is missing or no number is a wrong one.
    of_trailer = pl.col("segment_id").is_in(["SE", "GE", "IEA"]) & pl.col("element").is_in([1, 2])
    errors = errors.filter(~of_trailer.fill_null(value=False))
    return errors.with_columns(cause=pl.when(is_version).then(pl.lit("version_unknown")).otherwise("cause"))


def _ours(rows: pl.Series, tree: Tree) -> pl.Series:
    """Keep the segments of professional claims and of the envelope around them."""
    scope = tree.parts.get_column("scope")[tree.segments.get_column("part")[rows]]
    of_envelope = is_one_of(tree.segments.get_column("id")[rows], "ISA", "TA1", "GS", "GE", "IEA")
    return rows.filter(tree.scopes.get_column("professional")[scope] | of_envelope)


def _repetition(tree: Tree) -> str:
    """Read the repetition separator: ISA11, when it is a sign."""
    header = tree.segments.item(0, "text").split(character(tree.delimiters.element))
    said = header[_REPETITION] if len(header) > _REPETITION else ""
    return said if len(said) == 1 and not said.isalnum() and said.isascii() and said != " " else "^"
