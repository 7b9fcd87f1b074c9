"""Segments as columns of text: elements put together, empty ends cut off, numbers and dates as X12 writes them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from billing.settings.model import Delimiters

Element = pl.Expr | str


@dataclass(frozen=True, slots=True)
class Signs:
    """The delimiters of a file, and what ends its segments: the terminator, with or without a line end."""

    element: str
    component: str
    repetition: str
    terminator: str
    end: str

    @classmethod
    def of(cls, delimiters: Delimiters, *, line_ends: bool) -> Signs:
        """Take the signs of the settings."""
        return cls(*delimiters.signs, end=delimiters.segment + ("\n" if line_ends else ""))

    def segment(self, name: str, *elements: Element) -> pl.Expr:
        """Write a segment; a null element is empty, and empty elements at the end are left out."""
        text = _joined((name, *elements), self.element)
        if not isinstance(elements[-1], str):
            text = text.str.strip_chars_end(self.element)
        return pl.concat_str(text, pl.lit(self.end))

    def segment_where(self, condition: pl.Expr, name: str, *elements: Element) -> pl.Expr:
        """Write a segment where a condition holds, and nothing elsewhere."""
        return pl.when(condition).then(self.segment(name, *elements)).otherwise(pl.lit(""))

    def composite(self, *components: Element) -> pl.Expr:
        """Write a composite element; empty components at the end are left out."""
        return _joined(components, self.component).str.strip_chars_end(self.component)

    def plain(self, name: str, *elements: str) -> str:
        """Write one segment of fixed texts."""
        return self.element.join((name, *elements)).rstrip(self.element) + self.end


def _joined(parts: tuple[Element, ...], mark: str) -> pl.Expr:
    """Join parts; neighbouring fixed texts become one, which saves a column each."""
    pieces: list[pl.Expr] = []
    fixed = ""
    for number, part in enumerate(parts):
        fixed += mark if number else ""
        if isinstance(part, str):
            fixed += part
            continue
        if fixed:
            pieces.append(pl.lit(fixed))
        pieces.append(part.fill_null(""))
        fixed = ""
    if fixed:
        pieces.append(pl.lit(fixed))
    return pl.concat_str(pieces)


def number(value: pl.Expr) -> pl.Expr:
    """Write a Decimal without zeros at its end: `92`, `92.5`."""
    return value.cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")


def day(value: pl.Expr) -> pl.Expr:
    """Write a date as D8."""
    return value.cast(pl.String).str.replace_all("-", "", literal=True)


def with_nine_digits(zip_code: pl.Expr) -> pl.Expr:
    """Write a ZIP without the hyphen that people put into it."""
    return zip_code.str.replace(r"^([0-9]{5})-([0-9]{4})$", "${1}${2}")
