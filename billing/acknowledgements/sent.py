"""The segments of a sent file, found by the place an acknowledgement names: the set's number and a count from ST."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import polars as pl

from billing.acknowledgements.envelopes import Envelope
from billing.acknowledgements.masking import HIDDEN, is_shown, shown
from billing.formats.x12.delimiters import PADDING, character
from billing.formats.x12.segments import CODE
from billing.formats.x12.written import WrittenRegion
from billing.wording import plain

_UNDER_A_NAME = ("N2", "N3", "N4", "REF", "PER", "PRV", "DMG")
_ENVELOPE = ("ISA", "IEA", "GS", "GE", "ST", "SE")


@dataclass(frozen=True, slots=True)
class Place:
    """A segment of a sent file.

    Attributes:
        file: Name of the file.
        position: Number of the segment in it, from 1.
        text: The segment, masked unless members are shown.
        segment_id: Its id.
        claim_id: Number of the claim it belongs to; null: none, or the loops above several.
        line: Number of the service line in its claim, from 1; null: none.
        named: NM101 of the name it stands under, itself included; null: none.
    """

    file: str
    position: int
    text: str
    segment_id: str
    claim_id: str | None
    line: int | None
    named: str | None


@dataclass(frozen=True, slots=True)
class SentRegion:
    """A region of a sent file.

    Attributes:
        file: Name of the file.
        region: Its segments.
        envelope: Its envelope.
        show_members: Nothing is masked.
        envelope_rows: Rows of the segments that open or close a part of the envelope, in order.
        scope_rows: Rows on which its scopes begin, in order.
    """

    file: str
    region: WrittenRegion
    envelope: Envelope
    show_members: bool
    envelope_rows: list[int]
    scope_rows: list[int]

    def place(self, row: int) -> Place:
        """Describe the segment of a row."""
        claim_id, line = self._claim(row)
        return Place(
            self.file, self.position(row), self.text(row), self.elements(row)[0], claim_id, line, self.named(row)
        )

    def text(self, row: int) -> str:
        """Return the segment of a row, masked unless members are shown."""
        mark = character(self.region.delimiters.element)
        return shown(self.elements(row), mark, self.named(row), show_members=self.show_members)

    def value(self, row: int, element: int, component: int | None) -> str:
        """Return an element of a row's segment, or a component of it; `…` where it is hidden, empty where it is not."""
        elements = self.elements(row)
        text = elements[element] if element < len(elements) else ""
        if text and not self.show_members and not is_shown(elements, element, self.named(row)):
            return HIDDEN
        if component is not None and elements[0] != "ISA":
            parts = text.split(character(self.region.delimiters.component))
            text = parts[component - 1] if 0 < component <= len(parts) else ""
        return plain(text)

    def elements(self, row: int) -> list[str]:
        """Return the elements of a row's segment, the id first."""
        raw = str(self.region.raw(pl.Series([row], dtype=pl.UInt32)).item()).strip(PADDING)
        return raw.replace("\r", "").replace("\n", "").split(character(self.region.delimiters.element))

    def named(self, row: int) -> str | None:
        """Return NM101 of the name that a segment stands under."""
        while row >= 0:
            elements = self.elements(row)
            if elements[0] == "NM1":
                return elements[1] if len(elements) > 1 else None
            if elements[0] not in _UNDER_A_NAME:
                return None
            row -= 1
        return None

    def row_at(self, position: int) -> int | None:
        """Return the row of the segment at a position of the file; null when it is not in this region."""
        if self.region.positions is not None:
            row = int(self.region.positions.search_sorted(position))
            is_here = row < len(self.region.positions) and self.region.positions.item(row) == position
            return row if is_here else None
        row = position - self.position(0)
        return row if 0 <= row < len(self.region.ids) else None

    def last_row(self, first_row: int) -> int:
        """Return the row of the SE of the set that begins at a row, or the last one before something else begins."""
        at = bisect_right(self.envelope_rows, first_row)
        if at == len(self.envelope_rows):
            return len(self.region.ids) - 1
        row = self.envelope_rows[at]
        return row if self.region.ids.item(row) == CODE["SE"] else row - 1

    def claim_keys(self, first_row: int, last_row: int) -> list[int]:
        """Return the keys of the readable claims between two rows."""
        first, behind = bisect_left(self.scope_rows, first_row), bisect_right(self.scope_rows, last_row)
        return self.region.scopes.get_column("claim_key").slice(first, behind - first).drop_nulls().to_list()

    def _claim(self, row: int) -> tuple[str | None, int | None]:
        """Return the claim and the line that a segment belongs to."""
        at = bisect_right(self.scope_rows, row) - 1
        first = self.scope_rows[at]
        if self.region.scopes.item(at, "id") != CODE["CLM"]:
            return None, None
        ids = self.region.ids.slice(first, row - first + 1)
        lines = int((ids == CODE["LX"]).sum())
        claim_id = self.elements(first)
        return (claim_id[1] if len(claim_id) > 1 else "") or None, lines or None

    def position(self, row: int) -> int:
        """Return the number of a row's segment in the file, from 1."""
        if self.region.positions is not None:
            return int(self.region.positions.item(row))
        return int(self.region.scopes.item(0, "position")) + row - int(self.region.scopes.item(0, "first_row"))


@dataclass(frozen=True, slots=True)
class SentSet:
    """A transaction set of a sent file.

    Attributes:
        region: Where it is.
        first_row: Row of its ST.
        last_row: Row of its SE, or of its last segment.
    """

    region: SentRegion
    first_row: int
    last_row: int

    def row(self, set_position: int) -> int | None:
        """Return the row of the segment at a place counted from ST = 1; null when the set ends before it."""
        row = self.first_row + set_position - 1
        return row if self.first_row <= row <= self.last_row else None


def rows_of_scopes(region: WrittenRegion) -> tuple[list[int], list[int]]:
    """Return the rows on which a part of the envelope opens or closes, and those on which any scope begins."""
    is_envelope = pl.col("id").is_in([CODE[name] for name in _ENVELOPE])
    of_envelope = region.scopes.filter(is_envelope).get_column("first_row").to_list()
    return of_envelope, region.scopes.get_column("first_row").to_list()
