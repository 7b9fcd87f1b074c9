"""Conformance of an 837P to its implementation guide, 005010X222A1.

    segments ─▶ tokens ─▶ units ─▶ walk of each distinct shape ─▶ places ─▶ elements ─▶ errors in words

The guide is the map that the `pyx12` package installs. Which places the segments take is worked out once per distinct
shape of a unit; their elements are checked once per distinct text, and in detail only where a pattern of what may
stand there does not match.
"""

from __future__ import annotations

import polars as pl

from billing.formats.x12.conformance.order import order_errors
from billing.formats.x12.conformance.rows import Keys, finish
from billing.formats.x12.conformance.tokens import number_tokens
from billing.formats.x12.conformance.units import find_units
from billing.formats.x12.tree import Tree
from billing.syntax_errors import SYNTAX_ERROR_SCHEMA

__all__ = ["Keys", "check"]


def check(tree: Tree, keys: Keys, name: str, interchanges_before: int = 0) -> pl.DataFrame:
    """Check a region against the implementation guide.

    Args:
        tree: The region's tree.
        keys: Its readable claims and lines.
        name: The file's name.
        interchanges_before: Interchanges of the file in front of this region.

    Returns:
        One row per error (`SYNTAX_ERROR_SCHEMA`), in file order, with the `scope` it is about; `file_line` is null.
    """
    units = find_units(tree, number_tokens(tree))
    errors = order_errors(tree, units)
    if errors.is_empty():
        return pl.DataFrame(schema={**SYNTAX_ERROR_SCHEMA, "scope": pl.UInt32})
    return finish(errors, tree, keys, name, interchanges_before)
