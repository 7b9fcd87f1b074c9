"""Writing some claims of a file out again: their own bytes, the loops they need, counts made anew."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
import pyx12.params
import pyx12.x12n_document
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.batch import Batch, WritesToFile
from billing.claims import frames_to_claims
from billing.formats.x12.claims837 import read_837
from tests.x12_files import as_bytes, billing_loop, claim, interchange, simple_body, subscriber_loop, transaction


def keys(*numbers: int) -> pl.Series:
    return pl.Series(numbers, dtype=pl.UInt32)


def ids_and_members(batch: Batch) -> list[object]:
    return [claim.model_copy(update={"malformed": ()}) for claim in frames_to_claims(batch.claims, batch.lines)]


TWO_BILLERS = interchange(
    transaction(
        [
            *billing_loop(1), *subscriber_loop(2, 1, member="M1"), *claim("C0"), *claim("C1", 2),
            *subscriber_loop(3, 1, member="M2", child="1"),
            "HL*4*3*23*0", "PAT*19", "NM1*QC*1*CHILD*TOM", "N3*2 ELM ST", "N4*TOPEKA*KS*66603", "DMG*D8*20150301*M", *claim("C2"),
            *billing_loop(5), *subscriber_loop(6, 5, member="M3"), *claim("C3"),
        ]
    )
)  # fmt: skip


@pytest.mark.parametrize("line_end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("terminator", ["~", "\n", "\x85"])
@pytest.mark.parametrize("last_line_end", [True, False])
def test_a_wholly_accepted_file_comes_out_byte_for_byte(line_end: str, terminator: str, last_line_end: bool) -> None:
    data = as_bytes(TWO_BILLERS, terminator=terminator, line_end=line_end, last_line_end=last_line_end)
    for marked in (data, b"\xef\xbb\xbf" + data):
        batch = read_837(marked, "x.837")
        assert batch.sources[0].subset(batch.claims.get_column("claim_key")) == marked


def test_no_claim_kept_gives_no_bytes() -> None:
    assert read_837(as_bytes(TWO_BILLERS), "x.837").sources[0].subset(keys()) == b""


@pytest.mark.parametrize("line_end", ["", "\r\n"])
@pytest.mark.parametrize("terminator", ["~", "\x85"])
@pytest.mark.parametrize("kept", [(), (1,), (0, 3), (0, 1, 2, 3, 4, 5)])
def test_claims_written_straight_into_a_file_are_those_handed_over(
    tmp_path: Path, line_end: str, terminator: str, kept: tuple[int, ...]
) -> None:
    interchanges = as_bytes(TWO_BILLERS, terminator=terminator, line_end=line_end) * 2
    source = read_837(b"\xef\xbb\xbf" + interchanges, "x.837").sources[0]
    assert isinstance(source, WritesToFile)
    for control_number in (None, 7):
        with (tmp_path / "claims.837").open("w+b") as file:
            source.write_subset(file, keys(*kept), control_number=control_number)
        written = (tmp_path / "claims.837").read_bytes()
        assert written == source.subset(keys(*kept), control_number=control_number)
        assert written.count(b"ISA") == len({number // 4 for number in kept})


def test_loops_that_no_kept_claim_needs_go_and_numbers_are_made_anew() -> None:
    source = read_837(as_bytes(TWO_BILLERS), "x.837").sources[0]
    expected = interchange(transaction([*billing_loop(1), *subscriber_loop(2, 1, member="M3"), *claim("C3")]))
    assert source.subset(keys(3)).decode() == as_bytes(expected).decode()


def test_a_dependent_keeps_its_subscriber_and_the_child_mark() -> None:
    source = read_837(as_bytes(TWO_BILLERS), "x.837").sources[0]
    kept = source.subset(keys(2, 3)).decode().replace("~", "").splitlines()
    assert [segment for segment in kept if segment.startswith(("HL", "CLM", "SE"))] == [
        "HL*1**20*1", "HL*2*1*22*1", "HL*3*2*23*0", "CLM*C2*46.00***12:B:1*Y*A*Y*Y",
        "HL*4**20*1", "HL*5*4*22*0", "CLM*C3*46.00***12:B:1*Y*A*Y*Y", f"SE*{len(kept) - 4}*0001",
    ]  # fmt: skip


def test_claims_of_one_member_are_parted_and_the_member_stays() -> None:
    source = read_837(as_bytes(TWO_BILLERS), "x.837").sources[0]
    expected = interchange(transaction([*billing_loop(1), *subscriber_loop(2, 1, member="M1"), *claim("C1", 2)]))
    assert source.subset(keys(1)) == as_bytes(expected)


def test_transactions_groups_and_interchanges_without_claims_go() -> None:
    first = interchange(transaction(simple_body(1, 1), "0001"), transaction(simple_body(1, 2), "0002"))
    second = interchange(transaction(simple_body(1, 1)), control="000000002")
    source = read_837(as_bytes(first) + as_bytes(second, terminator="!"), "x.837").sources[0]
    assert source.subset(keys(1)) == as_bytes(interchange(transaction(simple_body(1, 2), "0002")))
    assert source.subset(keys(2)) == as_bytes(second, terminator="!")


@pytest.mark.parametrize("lost", ["SE*", "GE*", "IEA*"])
def test_a_missing_trailer_is_made_anew(lost: str) -> None:
    clean = interchange(transaction(simple_body(2, 1)))
    broken = [segment for segment in clean if not segment.startswith(lost)]
    batch = read_837(as_bytes(broken), "x.837")
    assert batch.sources[0].subset(batch.claims.get_column("claim_key")) == as_bytes(clean)


def test_wrong_counts_and_numbers_are_repaired() -> None:
    clean = interchange(transaction(simple_body(2, 1)))
    broken = [*clean[:-3], "SE*99*0099", "GE*7*8", "IEA*3*000000009"]
    batch = read_837(as_bytes(broken), "x.837")
    assert batch.sources[0].subset(batch.claims.get_column("claim_key")) == as_bytes(clean)


def test_latin1_names_keep_their_bytes() -> None:
    named = [segment.replace("SAMPLE", "MU\u00d1OZ") for segment in interchange(transaction(simple_body(2, 1)))]
    source = read_837(as_bytes(named), "x.837").sources[0]
    assert b"MU\xd1OZ" in source.subset(keys(1))


def is_valid(data: bytes) -> bool:
    """Ask pyx12, which knows nothing of us."""
    return bool(
        pyx12.x12n_document.x12n_document(pyx12.params.params(), io.StringIO(data.decode()), io.StringIO(), None)
    )


def test_pyx12_finds_every_cut_of_a_valid_file_valid() -> None:
    data = as_bytes(TWO_BILLERS)
    assert is_valid(data)
    source = read_837(data, "x.837").sources[0]
    for kept in (keys(0), keys(1), keys(2), keys(3), keys(0, 2), keys(1, 3), keys(0, 1, 3)):
        assert is_valid(source.subset(kept)), kept.to_list()


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=5), st.data())
def test_reading_what_was_written_gives_the_same_claims(shape: list[int], data: st.DataObject) -> None:
    body = billing_loop(1)
    loops = 1
    for number, count in enumerate(shape):
        loops += 1
        body += subscriber_loop(loops, 1, member=str(number))
        for extra in range(count):
            body += claim(f"C{number}-{extra}", 1 + extra % 3)
    batch = read_837(as_bytes(interchange(transaction(body))), "x.837")
    kept = sorted(data.draw(st.sets(st.sampled_from(range(len(batch.claims))))) if len(batch.claims) else set())
    written = batch.sources[0].subset(keys(*kept))
    if not kept:
        assert written == b""
        return
    again = read_837(written, "x.837")
    all_claims = ids_and_members(batch)
    assert ids_and_members(again) == [all_claims[key] for key in kept]
    assert again.file_findings.is_empty()


def test_the_parts_of_a_file_hold_every_claim_once() -> None:
    batch = read_837(as_bytes(TWO_BILLERS), "x.837")
    parts = [read_837(batch.sources[0].subset(keys(*part)), "x.837") for part in ((0, 3), (1,), (2,))]
    found = sorted(claim_id for part in parts for claim_id in part.claims.get_column("claim_id"))
    assert found == ["C0", "C1", "C2", "C3"]
    assert all(first < second for first, second in pairwise(found))


@pytest.mark.parametrize("line_end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("number", [1, 45, 999_999_999])
def test_a_new_control_number_changes_nothing_but_the_interchange(line_end: str, number: int) -> None:
    data = as_bytes(TWO_BILLERS, line_end=line_end)
    batch = read_837(data, "x.837")
    written = batch.sources[0].subset(batch.claims.get_column("claim_key"), control_number=number)
    assert written == data.replace(b"*000000001*", b"*%09d*" % number).replace(
        b"IEA*1*000000001", b"IEA*1*%09d" % number
    )
    assert written.index(b"~") == 105
    assert is_valid(written)
    assert batch.sources[0].interchanges(batch.claims.get_column("claim_key")) == 1


def test_a_part_of_a_file_takes_the_control_number_too() -> None:
    source = read_837(as_bytes(TWO_BILLERS), "x.837").sources[0]
    expected = interchange(
        transaction([*billing_loop(1), *subscriber_loop(2, 1, member="M3"), *claim("C3")]), control="000000077"
    )
    assert source.subset(keys(3), control_number=77) == as_bytes(expected)


def test_several_interchanges_are_numbered_one_after_the_other() -> None:
    def file(*numbers: str) -> bytes:
        first, second, third = (interchange(transaction(simple_body(1, 1)), control=number) for number in numbers)
        return as_bytes(first) + as_bytes(second) + as_bytes(third, terminator="!", element="|")

    source = read_837(file("000000005", "000000005", "000000009"), "x.837").sources[0]
    assert source.subset(keys(0, 1, 2), control_number=41) == file("000000041", "000000042", "000000043")
    assert [source.interchanges(keys(*kept)) for kept in ((0, 1, 2), (0, 2), (1,), ())] == [3, 2, 1, 0]
    again = read_837(source.subset(keys(0, 2), control_number=41), "x.837")
    assert again.file_findings.is_empty()
    assert source.subset(keys(), control_number=41) == b""


@pytest.mark.parametrize("broken", ["IEA*1*000000001", "IEA*1*000000002"])
def test_a_lost_or_wrong_trailer_gets_the_new_number(broken: str) -> None:
    clean = interchange(transaction(simple_body(2, 1)))
    kept = [*clean[:-1], "IEA*1*000000002"] if broken.endswith("2") else clean[:-1]
    batch = read_837(as_bytes(kept), "x.837")
    written = batch.sources[0].subset(batch.claims.get_column("claim_key"), control_number=12)
    assert written == as_bytes(interchange(transaction(simple_body(2, 1)), control="000000012"))


def test_a_short_control_number_is_made_nine_digits_long() -> None:
    segments = interchange(transaction(simple_body(1, 1)), control="7")
    batch = read_837(as_bytes(segments), "x.837")
    written = batch.sources[0].subset(batch.claims.get_column("claim_key"), control_number=8)
    assert written == as_bytes(interchange(transaction(simple_body(1, 1)), control="000000008"))
