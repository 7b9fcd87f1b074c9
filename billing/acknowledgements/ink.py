"""Writing segments as text columns, with delimiters that occur in none of the values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from billing.formats.x12.delimiters import Delimiters, character

NOT_SENT = "NOT SENT"
"""Stands where an answer must name something that the input does not say."""

_OWN = " -.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\r"  # what our own values are made of
_CHOICES = "*~:^|>!<+=;\x1d\x1c\x1e\x1f"


@dataclass(frozen=True, slots=True)
class Ink:
    """The delimiters of an answer.

    Attributes:
        element: Between elements.
        component: Between the components of an element.
        repetition: Between repeats of an element.
        end: The terminator.
        line_end: What stands behind the terminator, for people to read: a line end, or nothing.
    """

    element: str
    component: str
    repetition: str
    end: str
    line_end: str

    @property
    def ending(self) -> str:
        """Return what stands behind a segment."""
        return self.end + self.line_end

    def segment(self, *elements: str | pl.Expr) -> pl.Expr:
        """Write a segment; null, and so left out by `together`, where one of its elements is null."""
        parts: list[str | pl.Expr] = []
        for number, element in enumerate(elements):
            mark = self.element if number else ""
            if isinstance(element, str) and parts and isinstance(parts[-1], str):
                parts[-1] += mark + element
            elif isinstance(element, str):
                parts.append(mark + element)
            else:
                parts = _with_text(parts, mark)
                parts.append(element)
        parts = _with_text(parts, self.ending)
        return pl.concat_str([pl.lit(part) if isinstance(part, str) else part for part in parts])

    def composite(self, *components: str) -> str:
        """Write a composite element of fixed components."""
        return self.component.join(components)

    def status(self, code: str) -> str:
        """Write a status such as `A3:481:41` as the composite it is."""
        return code.replace(":", self.component)

    def count(self, text: str) -> pl.Expr:
        """Count the segments in a text column."""
        return pl.col(text).str.count_matches(self.end, literal=True)


def together(*segments: pl.Expr) -> pl.Expr:
    """Put segments behind each other; those that are null are left out."""
    return pl.concat_str(segments, ignore_nulls=True)


def ink_for(own: Delimiters, repetition: str | None, values: Iterable[pl.Series]) -> Ink:
    """Choose the delimiters of an answer: the input's own, but none that occurs in a value.

    Args:
        own: Delimiters of the input.
        repetition: Its repetition separator (ISA11), if it names a usable one.
        values: Texts of the input that the answer repeats.
    """
    said = [_OWN, *(str(text.str.join("").item() or "") for text in values)]
    taken: list[str] = []
    for wished in (character(own.element), character(own.terminator), character(own.component), repetition or "^"):
        choices = (*([wished] if len(wished) == 1 else []), *_CHOICES)
        taken.append(next(mark for mark in choices if mark not in taken and not any(mark in text for text in said)))
    element, end, component, repetition = taken
    return Ink(element, component, repetition, end, "" if end in "\r\n" else "\n")


def money_text(amount: pl.Expr) -> pl.Expr:
    """Write USD as X12 does, without a trailing zero or point: `92`, `92.5`."""
    return amount.cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")


def day_text(day: pl.Expr) -> pl.Expr:
    """Write a date as CCYYMMDD; null stays null."""
    number = day.dt.year() * 10_000 + day.dt.month().cast(pl.Int32) * 100 + day.dt.day()
    return number.cast(pl.String).str.zfill(8)


def _with_text(parts: list[str | pl.Expr], text: str) -> list[str | pl.Expr]:
    if not text:
        return parts
    if parts and isinstance(parts[-1], str):
        return [*parts[:-1], parts[-1] + text]
    return [*parts, text]
