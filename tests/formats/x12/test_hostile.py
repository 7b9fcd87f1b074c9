"""Whatever happens to a file, reading it ends well: no claim is lost, no cent, and nothing but an InputError is raised."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.errors import InputError
from billing.formats.x12.claims837 import read_837
from tests.x12_files import as_bytes, billing_loop, claim, interchange, simple_body, subscriber_loop, transaction

SEGMENTS = interchange(
    transaction(
        [
            *billing_loop(1),
            *subscriber_loop(2, 1),
            *claim("C0", 2),
            *claim("C1"),
            *subscriber_loop(3, 1),
            *claim("C2", 3),
        ]
    ),
    transaction(simple_body(2, 1), "0002"),
)
CHARGES = [Decimal(92), Decimal(46), Decimal(138), Decimal(46), Decimal(46)]
CLEAN = as_bytes(SEGMENTS)


def check_law(data: bytes) -> None:
    """Every CLM is a claim or part of something unreadable; every part written out is read again."""
    try:
        batch = read_837(data, "x.837")
    except InputError as refused:
        assert "x.837" in str(refused) or "byte" in str(refused)
        return
    assert batch.claims.get_column("charge").null_count() == 0
    assert batch.lines.get_column("charge").null_count() == 0
    assert batch.claims.get_column("claim_key").to_list() == list(range(len(batch.claims)))
    assert set(batch.lines.get_column("claim_key")) == set(batch.claims.get_column("claim_key"))
    source = batch.sources[0]
    everything = source.subset(batch.claims.get_column("claim_key"))
    if len(batch.claims):
        again = read_837(everything, "x.837")
        assert again.claims.drop("position", "claim_key").equals(batch.claims.drop("position", "claim_key"))
    half = batch.claims.get_column("claim_key").gather_every(2)
    kept = source.subset(half)
    if kept:
        assert read_837(kept, "x.837").claims.get_column("charge").sum() == (
            batch.claims.filter(pl.col("claim_key").is_in(half.implode())).get_column("charge").sum()
        )


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_bytes_changed_anywhere(data: st.DataObject) -> None:
    changed = bytearray(CLEAN)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        how = data.draw(st.sampled_from(["set", "delete", "insert"]))
        byte = data.draw(st.sampled_from(b'~*:^\n\x00A9\xff\xc3"'))
        if how == "set":
            changed[at] = byte
        elif how == "delete":
            del changed[at : at + data.draw(st.integers(1, 40))]
        else:
            changed[at:at] = bytes([byte])
        if not changed:
            return
    check_law(bytes(changed))


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_segments_lost_doubled_or_moved(data: st.DataObject) -> None:
    segments = list(SEGMENTS)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(1, len(segments) - 1))
        how = data.draw(st.sampled_from(["drop", "double", "move"]))
        if how == "drop":
            del segments[at]
        elif how == "double":
            segments.insert(at, segments[at])
        else:
            segments.insert(data.draw(st.integers(1, len(segments) - 1)), segments.pop(at))
    check_law(as_bytes(segments))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, len(CLEAN)))
def test_a_file_that_breaks_off_anywhere(length: int) -> None:
    check_law(CLEAN[:length])


@settings(deadline=None, max_examples=30)
@given(st.sets(st.integers(0, 4)), st.sampled_from(["CLM*C*x***12:B:1", "CLM**{}***12:B:1", "CLX*C*{}"]))
def test_claims_and_cents_add_up_whichever_claims_are_broken(broken: set[int], how: str) -> None:
    segments, number = [], -1
    for segment in SEGMENTS:
        number += segment.startswith("CLM*")
        segments.append(how.format(CHARGES[number]) if segment.startswith("CLM*") and number in broken else segment)
    batch = read_837(as_bytes(segments), "x.837")
    assert len(batch.claims) + len(batch.unreadable) == 5
    readable = Decimal(batch.claims.get_column("charge").sum())
    lost = Decimal(batch.unreadable.get_column("charge").sum())
    unknown = 0 if how.startswith("CLM**") else sum((CHARGES[number] for number in broken), Decimal(0))
    assert readable + lost + unknown == sum(CHARGES)
