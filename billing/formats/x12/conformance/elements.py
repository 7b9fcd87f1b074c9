"""Elements in detail: what is missing, too much, too long, or no value of its type.

Asked only about the segments that a gate stops. Their elements are laid out one row each, so that every check is one
expression over all of them.
"""

from __future__ import annotations

import polars as pl

from billing.formats.x12.conformance.rows import shaped
from billing.formats.x12.conformance.rules import note_table, rule_table
from billing.formats.x12.conformance.values import Marks, judge_values
from billing.formats.x12.delimiters import character

_KEYS = ["layout", "element", "component"]


def element_errors(segments: pl.DataFrame, marks: Marks) -> pl.DataFrame:
    """Find what is wrong with the elements of segments.

    Args:
        segments: One row per segment: `row`, `text`, and of the place it takes `place`, `layout`, `loop` and
            `segment_id`.
        marks: The separators of the region.

    Returns:
        One row per error (`ERROR_SCHEMA`).
    """
    texts = segments.select("layout", "text").unique(maintain_order=True).with_row_index("asked")
    elements = _elements(texts, marks)
    filled = elements.filter(pl.col("value") != "")
    parts = _components(filled, marks)
    errors = pl.concat(
        [
            _ends_empty(texts, marks),
            _missing(texts, filled, parts),
            judge_values(pl.concat([filled.filter(pl.col("data_type").ne_missing("")), parts]), marks),
            _unused_composites(filled),
            _unbound(texts, filled),
        ],
        how="diagonal",
    )
    segments = segments.join(texts, on=["layout", "text"], maintain_order="left")
    found = segments.join(errors, on="asked", maintain_order="left_right")
    return shaped(found.with_columns(own_row=pl.col("row")))


def _elements(texts: pl.DataFrame, marks: Marks) -> pl.DataFrame:
    """Lay out elements: one row each, with its rule; nulls where the guide has no such element."""
    mark = character(marks.delimiters.element)
    split = pl.col("text").str.split(mark).list.slice(1)
    elements = (
        texts.select("asked", "layout", value=split)
        .with_columns(element=pl.int_ranges(1, pl.col("value").list.len() + 1, dtype=pl.UInt16))
        .explode("value", "element", empty_as_null=False)
    )
    # A segment of hundreds of elements has too many of them wherever it stands.
    elements = elements.with_columns(
        pl.col("element").clip(upper_bound=255).cast(pl.UInt8), component=pl.lit(None, pl.UInt8)
    )
    return elements.join(rule_table(), on=_KEYS, how="left", nulls_equal=True, maintain_order="left")


def _components(filled: pl.DataFrame, marks: Marks) -> pl.DataFrame:
    """Lay out the components of composites that are filled: one row each, empty ones left out, with its rule."""
    composites = filled.filter((pl.col("data_type") == "") & (pl.col("usage") != "N"))
    mark = character(marks.delimiters.component)
    parts = (
        composites.select("asked", "layout", "element", value=pl.col("value").str.split(mark))
        .with_columns(component=pl.int_ranges(1, pl.col("value").list.len() + 1, dtype=pl.UInt16))
        .explode("value", "component", empty_as_null=False)
        .filter(pl.col("value") != "")
        .with_columns(pl.col("component").clip(upper_bound=255).cast(pl.UInt8))
    )
    parts = parts.join(rule_table(), on=_KEYS, how="left", maintain_order="left")
    return parts.select(filled.columns)


def _ends_empty(texts: pl.DataFrame, marks: Marks) -> pl.DataFrame:
    ends = pl.col("text").str.ends_with(character(marks.delimiters.element))
    return texts.filter(ends).select("asked", cause=pl.lit("separators_at_end"))


def _missing(texts: pl.DataFrame, filled: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Find required elements that are empty, and required components of composites that are filled."""
    required = rule_table().filter(pl.col("usage") == "R").select(*_KEYS)
    # A composite of nothing but separators is empty.
    composites = parts.select("asked", "layout", "element").unique(maintain_order=True)
    simple = filled.filter(pl.col("data_type").ne_missing("")).select("asked", "layout", "element")
    there = pl.concat([simple, composites])
    wanted = texts.select("asked", "layout").join(required.filter(pl.col("component").is_null()), on="layout")
    elements = wanted.join(there, on=["asked", "element"], how="anti")
    wanted = composites.join(required.filter(pl.col("component").is_not_null()), on=["layout", "element"])
    components = wanted.join(parts, on=["asked", "element", "component"], how="anti")
    missing = pl.concat([elements, components.select(elements.columns)])
    return missing.select("asked", "element", "component", cause=pl.lit("element_missing"))


def _unused_composites(filled: pl.DataFrame) -> pl.DataFrame:
    unused = filled.filter((pl.col("data_type") == "") & (pl.col("usage") == "N"))
    return unused.select("asked", "element", "component", "value", cause=pl.lit("element_not_used"))


def _unbound(texts: pl.DataFrame, filled: pl.DataFrame) -> pl.DataFrame:
    """Find what the notes on elements that go together do not allow."""
    bit = pl.lit(1, pl.UInt64) * pl.lit(2, pl.UInt64).pow(pl.col("element").cast(pl.UInt32))
    known = filled.filter(pl.col("data_type").is_not_null())
    masks = known.group_by("asked", maintain_order=True).agg(mask=bit.cast(pl.UInt64).sum())
    noted = texts.select("asked", "layout").join(note_table(), on="layout", maintain_order="left_right")
    noted = noted.join(masks, on="asked", how="left", maintain_order="left").with_columns(pl.col("mask").fill_null(0))
    mask, first, rest, kind = (pl.col(name) for name in ("mask", "first", "rest", "kind"))
    every = first | rest
    has_first, has_rest = (mask & first) != 0, (mask & rest) != 0
    lacks_rest = (mask & rest) != rest
    breaks = (
        pl.when(kind == "P")
        .then(((mask & every) != 0) & ((mask & every) != every))
        .when(kind == "R")
        .then((mask & every) == 0)
        .when(kind == "E")
        .then((mask & every).bitwise_count_ones() > 1)
        .when(kind == "C")
        .then(has_first & lacks_rest)
        .otherwise(has_first & ~has_rest)
    )
    broken = noted.filter(breaks)
    # The element named is the first that is empty and should not be; of those that exclude each other the second.
    empty = every & ~mask
    named = pl.when(kind == "E").then(mask & rest).otherwise(empty)
    cause = (
        pl.when(kind == "E")
        .then(pl.lit("element_exclusive"))
        .when(kind.is_in(["R", "L"]))
        .then(pl.lit("element_one_of"))
        .otherwise(pl.lit("element_conditional"))
    )
    return broken.select("asked", "detail", cause=cause, element=named.bitwise_trailing_zeros().cast(pl.UInt8))
