"""Conformance errors as rows: where each stands in the file, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import polars as pl

from billing.formats.x12.conformance.guide import load_guide
from billing.formats.x12.conformance.words import Subject, Worded, put_into_words
from billing.formats.x12.parts import AREA_LINE
from billing.formats.x12.segments import CODE
from billing.formats.x12.tree import Tree
from billing.syntax_errors import SYNTAX_ERROR_SCHEMA

ERROR_SCHEMA: dict[str, Any] = {
    "row": pl.UInt32,  # the segment of the region that shows it
    "own_row": pl.UInt32,  # a segment of the unit it is about, which for what is missing is another one
    "cause": pl.String,
    "place": pl.UInt16,  # number of the place in the guide; null: none
    "loop": pl.String,
    "segment_id": pl.String,
    "element": pl.UInt8,
    "component": pl.UInt8,
    "repeat": pl.UInt8,
    "value": pl.String,
    "detail": pl.String,  # what the words need beside
}
"""One row per error, before it is put into words."""

_SUBJECT = list(Subject._fields)
_WORDED: dict[str, Any] = {name: pl.Boolean if name == "is_private" else pl.String for name in Worded._fields}


class Keys(NamedTuple):
    """What the reader numbered its claims and lines by.

    Attributes:
        claims: The claim of each scope of the region (UInt32), null where it is none that can be read.
        lines: The line of each `line` number of the parts, null likewise.
    """

    claims: pl.Series
    lines: pl.Series


def shaped(errors: pl.DataFrame) -> pl.DataFrame:
    """Give errors exactly the columns of `ERROR_SCHEMA`; what they do not say is null."""
    return errors.select(
        pl.col(name).cast(dtype) if name in errors.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in ERROR_SCHEMA.items()
    )


def gathered(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Put errors behind each other."""
    return pl.concat([pl.DataFrame(schema=ERROR_SCHEMA), *map(shaped, parts)])


def finish(errors: pl.DataFrame, tree: Tree, keys: Keys, name: str, interchanges_before: int) -> pl.DataFrame:
    """Put errors into words and say where they stand.

    Args:
        errors: One row per error (`ERROR_SCHEMA`).
        tree: The region's tree.
        keys: Its claims and lines.
        name: The file's name.
        interchanges_before: Interchanges of the file in front of this region.

    Returns:
        One row per error (`SYNTAX_ERROR_SCHEMA`, `file_line` null) with `scope`, that of the unit it is about, in file
        order.
    """
    guide = load_guide()
    subjects = errors.select(_SUBJECT).unique(maintain_order=True)
    worded = [put_into_words(Subject(*row), guide) for row in subjects.iter_rows()]
    subjects = subjects.hstack(pl.DataFrame(worded, schema=_WORDED, orient="row"))
    errors = errors.join(subjects, on=_SUBJECT, how="left", nulls_equal=True, maintain_order="left")
    errors = errors.hstack(_places(errors, tree, keys, interchanges_before)).with_columns(input=pl.lit(name))
    of_set = tree.scopes.get_column("id")[errors.get_column("scope")] == CODE["ST"]
    errors = errors.with_columns(_unit(of_set), loop=pl.when(pl.col("loop").str.contains("^[0-9]")).then("loop"))
    columns = [pl.col(column).cast(dtype) for column, dtype in SYNTAX_ERROR_SCHEMA.items() if column != "file_line"]
    errors = errors.with_columns(file_line=pl.lit(None, pl.UInt32)).select(
        *columns[:2], "file_line", *columns[2:], "scope", "own_row"
    )
    return errors.sort(
        "position", "own_row", "loop", "element", "component", "repeat", "cause", nulls_last=False, maintain_order=True
    ).drop("own_row")


def _places(errors: pl.DataFrame, tree: Tree, keys: Keys, interchanges_before: int) -> pl.DataFrame:
    """Say where errors stand: position, envelope, claim and line."""
    last = len(tree.segments) - 1
    rows, own = errors.get_column("row").clip(upper_bound=last), errors.get_column("own_row")
    position = tree.segments.get_column("position")
    part = tree.segments.get_column("part")[own]
    scope = tree.parts.get_column("scope")[part]
    line = tree.parts.get_column("line")[part]
    is_line = tree.parts.get_column("area")[part] == AREA_LINE
    envelope = envelope_of(tree.scopes, interchanges_before)[scope]
    start = envelope.get_column("start")
    line_key = keys.lines[line].zip_with(is_line, pl.Series([None], dtype=pl.UInt32))
    return pl.DataFrame(
        {
            "position": position[rows],
            "interchange": envelope.get_column("interchange"),
            "group": envelope.get_column("group"),
            "transaction": envelope.get_column("transaction"),
            "set_position": position[rows] - position[start] + 1,
            "claim_key": keys.claims[scope],
            "line_key": line_key,
            "scope": scope,
        }
    )


def envelope_of(scopes: pl.DataFrame, interchanges_before: int) -> pl.DataFrame:
    """Number the envelope of each scope as an acknowledgement counts: groups in their interchange, sets in their group.

    Args:
        scopes: One row per scope of a region.
        interchanges_before: Interchanges of the file in front of this region.

    Returns:
        One row per scope: `interchange`, `group`, `transaction`, null outside any, and `start`, the row of the ST.
    """
    is_set, is_end = pl.col("id") == CODE["ST"], pl.col("id") == CODE["SE"]
    groups_before = pl.when(pl.col("id") == CODE["ISA"]).then("group").forward_fill().fill_null(0)
    sets_before = pl.when(pl.col("id") == CODE["GS"]).then("transaction").forward_fill().fill_null(0)
    is_open = pl.col("open") | is_end
    outside = pl.col("id").is_in([CODE["ISA"], CODE["IEA"], CODE["TA1"]])
    return scopes.select(
        interchange=pl.col("interchange") + interchanges_before,
        group=pl.when(~outside & (pl.col("group") > groups_before)).then(pl.col("group") - groups_before),
        transaction=pl.when(is_open & (pl.col("transaction") > sets_before)).then(pl.col("transaction") - sets_before),
        start=pl.when(is_open).then(pl.when(is_set).then("first_row").forward_fill()),
    )


def _unit(of_set: pl.Series) -> pl.Expr:
    """Say what a receiver refuses: nothing for what is commonly taken, else the smallest part that holds the error.

    An error in a loop above claims is a claim's, and there of all below it.

    Args:
        of_set: Tells the errors that are about a transaction's header, or about what is missing behind it.
    """
    loop, severity = pl.col("loop"), pl.col("severity")
    is_line = loop.str.starts_with("24")
    is_claim = loop.str.contains("^2[03]")
    of_interchange = pl.col("interchange_error").is_not_null() | loop.is_in(["ISA", "IEA", "TA1"])
    of_group = pl.col("group_error").is_not_null() | loop.is_in(["GS", "GE"])
    # A count or control number holds up all that it stands for, although whoever writes the file can mend it.
    is_control = pl.col("segment_error").is_null()
    return (
        pl.when(is_control & pl.col("set_error").is_not_null())
        .then(pl.lit("transaction"))
        .when(is_control & pl.col("group_error").is_not_null())
        .then(pl.lit("group"))
        .when(is_control & pl.col("interchange_error").is_not_null())
        .then(pl.lit("interchange"))
        .when(severity != "reject")
        .then(pl.lit("element"))
        .when(of_interchange)
        .then(pl.lit("interchange"))
        .when(of_group)
        .then(pl.lit("group"))
        .when(pl.lit(of_set))
        .then(pl.lit("transaction"))
        .when(is_line)
        .then(pl.lit("line"))
        .when(is_claim)
        .then(pl.lit("claim"))
        .otherwise(pl.lit("transaction"))
        .alias("unit")
    )
