"""Windows of a file: read one after another they give what the whole file gives."""

from __future__ import annotations

import polars as pl
import pytest

from billing.formats.x12.claims837 import read_837
from billing.formats.x12.windows import cut_windows
from tests.x12_files import as_bytes, billing_loop, claim, interchange, simple_body, subscriber_loop, transaction

DEPENDENT = [
    *billing_loop(1), *subscriber_loop(2, 1, member="S1", child="1"),
    "HL*3*2*23*0", "PAT*19", "NM1*QC*1*CHILD*TOM", "N3*2 ELM ST", "N4*TOPEKA*KS*66603", "DMG*D8*20150301*M",
    *claim("D1"), *claim("D2"), *subscriber_loop(4, 1, member="S2"), *claim("D3"),
    *billing_loop(5), *subscriber_loop(6, 5, member="S3"), *claim("D4"), "CLX*BAD", *claim("X")[1:],
]  # fmt: skip
FILES = {
    "one transaction": as_bytes(interchange(transaction(simple_body(9, 2)))),
    "several transactions": as_bytes(
        interchange(transaction(simple_body(3, 1)), transaction(simple_body(2, 2), "0002"))
    ),
    "dependents and a lost claim": b"\xef\xbb\xbf" + as_bytes(interchange(transaction(DEPENDENT)), line_end=""),
    "other delimiters behind": as_bytes(interchange(transaction(simple_body(3, 1))))
    + as_bytes(interchange(transaction(simple_body(3, 1))), terminator="!", element="|"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("size", [1, 200, 700, 1500, 10**6])
def test_windows_read_one_by_one_give_what_the_whole_file_gives(name: str, size: int) -> None:
    data = FILES[name]
    whole = read_837(data, "x.837")
    windows = list(cut_windows(data, size))
    assert [windows[0].start, *(window.stop for window in windows)] == [
        *(window.start for window in windows),
        len(data),
    ]
    parts, claims, lines = [], 0, 0
    for window in windows:
        part = read_837(data, "x.837", first_claim_key=claims, first_line_key=lines, window=window)
        claims, lines = claims + len(part.claims), lines + len(part.lines)
        parts.append(part)
    for frame in ("claims", "lines", "malformed", "unreadable"):
        assert pl.concat([getattr(part, frame) for part in parts]).equals(getattr(whole, frame)), frame


def test_a_file_smaller_than_a_window_is_one_window() -> None:
    data = FILES["one transaction"]
    [window] = cut_windows(data, 10**6)
    assert (window.start, window.stop, window.carried, window.first_position) == (0, len(data), (), 1)
