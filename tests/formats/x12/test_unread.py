"""What an 837P says and no column holds: counted by claim, by a name that is never a value."""

from __future__ import annotations

from billing.formats import read
from billing.formats.x12.unread import unread_segments
from billing.formats.x12.write837 import Source837
from tests.x12_files import as_bytes, billing_loop, claim, interchange, subscriber_loop, transaction


def counts(*bodies: list[str], **layout: str) -> list[tuple[str, int]]:
    body = [segment for part in bodies for segment in part]
    source = read(as_bytes(interchange(transaction(body)), **layout)).sources[0]  # type: ignore[arg-type]  # texts of a layout
    assert isinstance(source, Source837)
    return unread_segments(source)


def test_segments_of_claims_lines_and_the_loops_above_are_counted_once_per_claim() -> None:
    body = [
        [*billing_loop(1), "PER*IC*BILLING*TE*5555550100", "NM1*87*2", "N3*PO BOX 1", "N4*TOPEKA*KS*66603"],
        subscriber_loop(2, 1),
        claim("C1", 2, extra=["NTE*ADD*PRIVATE WORDS", "NTE*ADD*MORE"], line_extra=["NTE*TPO*X"]),
        claim("C2", extra=["HI*BG:01", "ZZZ*PRIVATE", "SECRET"]),
    ]
    expected = [("NM1*87", 2), ("PER", 2), ("HI*BG", 1), ("NTE*ADD", 1), ("NTE*TPO", 1), ("of another kind", 1)]
    assert counts(*body) == expected
    assert counts(*body, element="|", component=">", terminator="'") == expected


def test_a_plain_file_has_none() -> None:
    assert counts(billing_loop(1), subscriber_loop(2, 1), claim("C1", 2)) == []
