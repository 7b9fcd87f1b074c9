"""The envelope: counts, control numbers and trailers, as an acknowledgement would report them.

What does not agree is found by the reader (`billing/formats/x12/envelope.py`); here it gets its codes, and what the
reader does not ask is added: numbers that come twice, transactions of another kind, other issues of the guide.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from billing.formats.x12.conformance.guide import OTHER_ISSUES, load_guide
from billing.formats.x12.conformance.rows import gathered
from billing.formats.x12.elements import element, split
from billing.formats.x12.segments import CODE
from billing.formats.x12.tree import Tree

_NOTICED = {"envelope_trailer_missing": "trailer_missing", "envelope_count_wrong": "count_wrong",
            "envelope_number_wrong": "number_differs"}  # fmt: skip
_ELEMENTS = {"trailer_missing": None, "count_wrong": 1, "number_differs": 2}
_PARTS = {"SE": "set", "GE": "group", "IEA": "interchange"}


def envelope_errors(tree: Tree, noticed: pl.DataFrame | None) -> pl.DataFrame:
    """Find what is wrong with the envelope.

    Args:
        tree: The region's tree.
        noticed: What the reader noticed about the file (`FILE_FINDING_SCHEMA`); null for a window, outside of which
            lie trailers and other control numbers.

    Returns:
        One row per error (`ERROR_SCHEMA`).
    """
    parts = [*_other_kinds(tree), *_other_issues(tree)]
    if noticed is not None:
        parts += [*_noticed(tree, noticed), *_repeated(tree)]
    return gathered(parts)


def _noticed(tree: Tree, noticed: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the disagreements that the reader found."""
    position, guide = tree.segments.get_column("position"), load_guide()
    for finding in noticed.iter_rows(named=True):  # a handful per transaction at most
        what = _NOTICED.get(finding["cause"])
        if what is None:
            continue
        segment_id = finding["x12"].rstrip("0123456789")
        yield pl.DataFrame(
            {
                "row": [position.search_sorted(finding["position"])],
                "cause": [f"{_PARTS[segment_id]}_{what}"],
                "place": [guide.units[segment_id].first.number],
                "loop": [segment_id],
                "segment_id": [segment_id],
                "element": [_ELEMENTS[what]],
                "value": [None if what == "trailer_missing" else finding["found"]],
                "detail": [finding["allowed"]],
            }
        ).with_columns(own_row="row")


def _repeated(tree: Tree) -> Iterator[pl.DataFrame]:
    """Yield control numbers that came before: of a set in its group, a group in its interchange, an interchange."""
    guide = load_guide()
    for segment_id, number, within, name in (
        ("ST", 2, ["interchange", "group"], "set"),
        ("GS", 6, ["interchange"], "group"),
        ("ISA", 13, [], "interchange"),
    ):
        opened = tree.scopes.filter(tree.scopes.get_column("id") == CODE[segment_id])
        said = opened.select(*within, row="first_row").hstack(
            split(opened.get_column("text"), tree.delimiters).select(value=element(number))
        )
        again = said.filter(pl.col("value").is_not_null() & ~pl.struct(*within, "value").is_first_distinct())
        if len(again):
            yield again.select(
                "row", "value", own_row="row", cause=pl.lit(f"{name}_number_repeated"),
                place=pl.lit(guide.units[segment_id].first.number), loop=pl.lit(segment_id),
                segment_id=pl.lit(segment_id), element=pl.lit(number),
            )  # fmt: skip


def _other_kinds(tree: Tree) -> Iterator[pl.DataFrame]:
    """Yield transactions that are no professional claims."""
    scopes = tree.scopes
    foreign = scopes.filter((scopes.get_column("id") == CODE["ST"]) & ~scopes.get_column("professional"))
    if len(foreign):
        yield foreign.select(
            row="first_row", own_row="first_row", cause=pl.lit("set_not_supported"), loop=pl.lit("ST"),
            segment_id=pl.lit("ST"), place=pl.lit(load_guide().units["ST"].first.number),
        )  # fmt: skip


def _other_issues(tree: Tree) -> Iterator[pl.DataFrame]:
    """Yield groups that name another issue of the guide than the one they are read with."""
    scopes = tree.scopes
    groups = scopes.filter(scopes.get_column("id") == CODE["GS"])
    versions = tree.versions[groups.get_column("group")]
    other = versions.is_in(OTHER_ISSUES)
    if other.any():
        yield groups.filter(other).select(
            row="first_row", own_row="first_row", cause=pl.lit("version_noted"), loop=pl.lit("GS"),
            segment_id=pl.lit("GS"), element=pl.lit(8), place=pl.lit(load_guide().units["GS"].first.number),
            value=pl.lit(versions.filter(other)),
        )  # fmt: skip
