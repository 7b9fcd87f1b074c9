"""The segments of a sent file, found by the place an acknowledgement names: the set's number and a count from ST."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from billing.acknowledgements.envelopes import Envelope
from billing.acknowledgements.masking import HIDDEN, is_shown, shown
from billing.formats.x12.delimiters import character
from billing.formats.x12.segments import CODE, without_padding
from billing.formats.x12.written import WrittenRegion
from billing.wording import plain

_UNDER_A_NAME = ("N2", "N3", "N4", "REF", "PER", "PRV", "DMG")
_ENDS_SET = ("ISA", "IEA", "GS", "GE", "ST")


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
    """

    file: str
    region: WrittenRegion
    envelope: Envelope
    show_members: bool

    def place(self, row: int) -> Place:
        """Describe the segment of a row."""
        elements, named = self.elements(row), self.named(row)
        claim_id, line = self._claim(row)
        mark = character(self.region.delimiters.element)
        text = shown(elements, mark, named, show_members=self.show_members)
        return Place(self.file, self._position(row), text, elements[0], claim_id, line, named)

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
        text = without_padding(self.region.segments.get_column("raw").slice(row, 1)).item()
        return str(text).split(character(self.region.delimiters.element))

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
        row = position - self._position(0)
        return row if 0 <= row < len(self.region.segments) else None

    def last_row(self, transaction: int, first_row: int) -> int:
        """Return the row of the SE of a transaction, or the last one before something else begins."""
        scopes = self.region.scopes.filter(pl.col("first_row") > first_row)
        ids = scopes.get_column("id")
        closes = scopes.filter((ids == CODE["SE"]) & (pl.col("transaction") == transaction)).get_column("first_row")
        begins = scopes.filter(ids.is_in([CODE[name] for name in _ENDS_SET])).get_column("first_row")
        end = int(begins.item(0)) - 1 if len(begins) else len(self.region.segments) - 1
        return min(int(closes.item(0)), end) if len(closes) else end

    def _claim(self, row: int) -> tuple[str | None, int | None]:
        """Return the claim and the line that a segment belongs to."""
        scopes = self.region.scopes
        at = int(scopes.get_column("first_row").search_sorted(row, side="right")) - 1
        first = int(scopes.item(at, "first_row"))
        if scopes.item(at, "id") != CODE["CLM"]:
            return None, None
        ids = self.region.segments.get_column("id").slice(first, row - first + 1)
        lines = int((ids == CODE["LX"]).sum())
        claim_id = self.elements(first)
        return (claim_id[1] if len(claim_id) > 1 else "") or None, lines or None

    def _position(self, row: int) -> int:
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
