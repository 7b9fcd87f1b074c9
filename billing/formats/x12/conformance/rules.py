"""The guide's layouts as tables: one row per element or component, to put beside the values of segments."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import polars as pl

from billing.formats.x12.conformance.gates import NOT_JUDGED
from billing.formats.x12.conformance.guide import Element, load_guide
from billing.formats.x12.conformance.notes import active_notes

RULE_SCHEMA: dict[str, Any] = {
    "layout": pl.UInt16,
    "element": pl.UInt8,
    "component": pl.UInt8,  # null: the whole element
    "usage": pl.String,
    "data_element": pl.String,
    "data_type": pl.String,  # empty: a composite
    "shortest": pl.Int64,
    "longest": pl.Int64,
    "has_codes": pl.Boolean,  # only codes of `code_table` may stand there
    "pattern": pl.String,  # empty: any
}

_NOTE_SCHEMA: dict[str, Any] = {
    "layout": pl.UInt16,
    "kind": pl.String,
    "first": pl.UInt64,  # bit of the first element
    "rest": pl.UInt64,  # bits of the others
    "detail": pl.String,  # the elements in words
}


@cache
def rule_table() -> pl.DataFrame:
    """Return one row per element of each layout, and per component of its composites (`RULE_SCHEMA`)."""
    return pl.DataFrame(
        [
            (layout, number, component, each.usage, each.data_element, each.data_type, each.shortest, each.longest,
             bool(_codes(each)), each.pattern)
            for layout, number, component, each in _everything()
        ],
        schema=RULE_SCHEMA, orient="row",
    )  # fmt: skip


@cache
def code_table() -> pl.DataFrame:
    """Return one row per code that may stand in an element: `layout`, `element`, `component`, `value`."""
    schema = {"layout": pl.UInt16, "element": pl.UInt8, "component": pl.UInt8, "value": pl.String}
    rows = [
        (layout, number, component, code)
        for layout, number, component, each in _everything()
        for code in sorted(_codes(each))
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")


@cache
def note_table() -> pl.DataFrame:
    """Return one row per note of each layout that usage does not settle."""
    rows = []
    for layout in load_guide().layouts:
        for kind, elements in active_notes(layout):
            first, *rest = (1 << number for number in elements)
            words = " ".join(f"{layout.segment_id}{number:02}" for number in elements)
            rows.append((layout.layout, kind, first, sum(rest), words))
    return pl.DataFrame(rows, schema=_NOTE_SCHEMA, orient="row")


def _everything() -> Iterator[tuple[int, int, int | None, Element]]:
    for layout in load_guide().layouts:
        for element in layout.elements:
            yield layout.layout, element.number, None, element
            for part in element.components:
                yield layout.layout, element.number, part.number, part


def _codes(element: Element) -> frozenset[str]:
    if element.listed in NOT_JUDGED:
        return frozenset(element.codes)
    return frozenset(element.codes) | load_guide().lists.get(element.listed, frozenset())
