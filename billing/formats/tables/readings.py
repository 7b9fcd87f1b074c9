"""What reading a column of cells gives: values, and what is to be said of single cells.

note      undone without guessing: the value stands, and the finding says what it was made of
held      the value counts as absent, and its claim is held for a person
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True, slots=True)
class Issue:
    """What is to be said of some cells of one column.

    Attributes:
        cells: True where it holds, one per row.
        cause: Words for grouping, joined by underscores.
        words: What was found, a sentence without its subject: `stood as a serial number of days`.
        remedy: What the person can do.
        is_note: True: undone without guessing.
    """

    cells: pl.Series
    cause: str
    words: str
    remedy: str
    is_note: bool


@dataclass(frozen=True, slots=True)
class Read:
    """A column that was read.

    Attributes:
        values: One value per row; null: absent, or not readable.
        issues: What is to be said of cells.
    """

    values: pl.Series
    issues: list[Issue] = field(default_factory=list)


def noted(cells: pl.Series, cause: str, words: str, remedy: str) -> list[Issue]:
    """Return a note on cells, or nothing when there is none of them."""
    return [Issue(cells, cause, words, remedy, is_note=True)] if cells.any() else []


def held(cells: pl.Series, cause: str, words: str, remedy: str) -> list[Issue]:
    """Return what holds cells, or nothing when there is none of them."""
    return [Issue(cells, cause, words, remedy, is_note=False)] if cells.any() else []


def matches(texts: pl.Series, pattern: str) -> pl.Series:
    """Tell which texts have a pattern; an empty cell has none."""
    return texts.str.contains(pattern).fill_null(value=False)
