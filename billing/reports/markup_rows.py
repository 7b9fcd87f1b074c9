"""The same as `markup`, for a whole column at once: a template and columns give a column of HTML.

    ROW = "<tr><td>{claim_id}</td><td>{mark}</td></tr>"
    row = fill_rows(ROW, claim_id=pl.col("claim_id"), mark=choose(pl.col("decision"), MARKS))
    html_of(claims, row)

Columns of a frame are escaped, each once; what these functions made is HTML already and goes in as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

import polars as pl

from billing.reports.markup import ESCAPES, Html


@dataclass(frozen=True)
class HtmlColumn:
    """A column that is HTML, made by the functions of this module. It has no nulls."""

    expression: pl.Expr


EMPTY = HtmlColumn(pl.lit(""))


def fill_rows(template: str, **values: pl.Expr | HtmlColumn) -> HtmlColumn:
    """Put columns into a template, row by row, each value escaped; a null is nothing.

    Args:
        template: Constant HTML with a `{name}` per value; never text that came from outside.
        values: By name.

    Raises:
        KeyError: The template has a name that no value was given for.
    """
    parts = []
    for constant, name, _, _ in Formatter().parse(template):
        if constant:
            parts.append(pl.lit(constant))
        if name is not None:
            parts.append(_html(values[name]))
    return HtmlColumn(pl.concat_str(parts))


def where_said(value: pl.Expr, filled: HtmlColumn, otherwise: pl.Expr | HtmlColumn = EMPTY) -> HtmlColumn:
    """Return `filled` where a text is said, and `otherwise` where it is null or empty."""
    return HtmlColumn(pl.when(value.fill_null("") != "").then(filled.expression).otherwise(_html(otherwise)))


def choose(value: pl.Expr, pieces: Mapping[str, Html]) -> HtmlColumn:
    """Return the piece of HTML that belongs to each value.

    Raises:
        polars.exceptions.InvalidOperationError: On use, when a value has no piece.
    """
    return HtmlColumn(value.replace_strict(dict(pieces), return_dtype=pl.String))


def joined(column: HtmlColumn) -> HtmlColumn:
    """Put the rows of each group behind each other, in their order."""
    return HtmlColumn(column.expression.str.join(""))


def html_of(frame: pl.DataFrame, column: HtmlColumn) -> Html:
    """Return the HTML of the rows of a frame behind each other."""
    return Html(frame.select(joined(column).expression).item())


def _html(value: pl.Expr | HtmlColumn) -> pl.Expr:
    if isinstance(value, HtmlColumn):
        return value.expression
    return value.cast(pl.String).fill_null("").str.replace_many(list(ESCAPES), list(ESCAPES.values()))
