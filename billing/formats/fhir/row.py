"""One row of `claims` or `lines` while it is read: values by column, and the texts that could not be read."""

from __future__ import annotations

from typing import Any

from billing.claim_columns import CLAIM_COLUMNS, LINE_COLUMNS
from billing.formats.fhir.values import clock, day, units, whole

_EMPTY = {
    "claim": dict.fromkeys(column.name for column in CLAIM_COLUMNS) | {"diagnoses": [], "other_payers": []},
    "line": dict.fromkeys(column.name for column in LINE_COLUMNS) | {"modifiers": [], "diagnosis_pointers": []},
}


class Row(dict[str, Any]):
    """Column to value; null: absent or unreadable.

    Attributes:
        malformed: Column and text of every value that was present and could not be read.
    """

    def __init__(self, grain: str) -> None:
        """Begin an empty row of a `claim` or a `line`."""
        super().__init__(_EMPTY[grain])
        self.malformed: list[tuple[str, str]] = []

    def put_day(self, column: str, text: str | None) -> None:
        """Read a date; what names no day is kept as text. So the other kinds below."""
        self._put(column, text, None if text is None else day(text))

    def put_clock(self, column: str, text: str | None) -> None:
        """Read a time of the day."""
        self._put(column, text, None if text is None else clock(text))

    def put_units(self, column: str, text: str | None) -> None:
        """Read a number of units."""
        self._put(column, text, None if text is None else units(text))

    def put_whole(self, column: str, text: str | None) -> None:
        """Read a whole number."""
        self._put(column, text, None if text is None else whole(text))

    def _put(self, column: str, text: str | None, value: object) -> None:
        if text is not None and value is None:
            self.malformed.append((column, text))
        self[column] = value
