"""Segments and loops: missing, too often, out of order, unexpected, unknown."""

from __future__ import annotations

import pytest

from billing.formats.x12.claims837 import read_837
from tests.x12_edits import OTHER_PAYER, PATIENT, Error, clean, edited, errors, position, read, recounted
from tests.x12_files import as_bytes, billing_loop, claim, interchange, subscriber_loop, transaction


def test_a_clean_file_has_no_error() -> None:
    assert errors(clean()) == []


MISSING = [
    ("BHT", 1, "NM1*41", "BHT", "segment_missing", "transaction"),
    ("PER", 1, "NM1*40", "1000A PER", "segment_missing", "transaction"),
    ("NM1*40", 1, "HL*1", "1000B NM1", "loop_missing", "transaction"),
    ("REF*EI", 1, "HL*2", "2010AA REF", "segment_missing", "claim"),
    ("N3", 1, "N4", "2010AA N3", "segment_missing", "claim"),
    ("SBR", 1, "NM1*IL", "2000B SBR", "segment_missing", "claim"),
    ("NM1*PR", 1, "CLM*C1", "2010BB NM1", "loop_missing", "claim"),
    ("PAT", 1, "NM1*QC", "2000C PAT", "segment_missing", "claim"),
    ("HI", 1, "NM1*82", "2300 HI", "segment_missing", "claim"),
    ("SV1", 1, "DTP", "2400 SV1", "segment_missing", "line"),
    ("DTP", 1, "REF*6R", "2400 DTP", "segment_missing", "line"),
]


@pytest.mark.parametrize(("gone", "nth", "shown_by", "place", "cause", "unit"), MISSING)
def test_what_is_required_and_missing_is_shown_by_the_segment_behind(
    *, gone: str, nth: int, shown_by: str, place: str, cause: str, unit: str
) -> None:
    segments = edited(gone, [], nth=nth)
    at = next(at for at, segment in enumerate(segments, 1) if segment.startswith(shown_by))
    assert errors(segments) == [Error(at, place, "S3", cause, unit)]


@pytest.mark.parametrize("gone", ["PRV*BI", "N3*2 ELM", "DMG*D8*1990", "REF*6R", "PRV*PE"])
def test_what_is_situational_may_be_missing(gone: str) -> None:
    assert errors(edited(gone, [])) == []


REPEATED = [
    ("PER*IC", ["PER*IC*A*TE*5555550100"], 2, "1000A PER", "S5", "segment_repeated", "transaction"),
    ("REF*6R", ["REF*G1*A1"], 5, "2400 REF", "S5", "segment_repeated", "line"),
    ("HI", ["HI*BG:01"], 2, "2300 HI", "S5", "segment_repeated", "claim"),
    ("PRV*PE", ["NM1*DN*1*A"], 2, "2310A NM1", "S4", "loop_repeated", "claim"),
    ("REF*6R", ["NM1*DK*1*A"], 1, "2420E NM1", "S4", "loop_repeated", "line"),
    ("NM1*PR", ["NM1*PR*2*B*****PI*BB"], 1, "2010BB NM1", "S4", "loop_repeated", "claim"),
]


@pytest.mark.parametrize(("after", "more", "most", "place", "codes", "cause", "unit"), REPEATED)
def test_a_segment_or_loop_may_come_as_often_as_the_guide_says_and_no_more(
    *, after: str, more: list[str], most: int, place: str, codes: str, cause: str, unit: str
) -> None:
    kept = next(segment for segment in clean() if segment.startswith(after))
    is_same = kept.split("*")[:2] == more[0].split("*")[:2]
    fits = edited(after, [kept, *more * (most - is_same)])
    assert errors(fits) == []
    over = edited(after, [kept, *more * (most - is_same + 1)])
    assert errors(over) == [Error(position(over, kept) + most - is_same + 1, place, codes, cause, unit)]


@pytest.mark.parametrize(("lines", "too_many"), [(50, []), (51, [51])])
def test_a_claim_has_fifty_lines_at_most(lines: int, too_many: list[int]) -> None:
    body = [*billing_loop(1), *subscriber_loop(2, 1), *claim("C1", lines)]
    body = ["DTP*472*D8*20260501" if segment.startswith("DTP") else segment for segment in body]
    segments = interchange(transaction(body))
    found = errors(segments)
    assert [error.codes for error in found] == ["S4"] * len(too_many)
    assert [error.position for error in found] == [position(segments, f"LX*{line}") for line in too_many]


@pytest.mark.parametrize(("claims", "too_many"), [(100, 0), (101, 1)])
def test_a_member_has_a_hundred_claims_at_most(claims: int, too_many: int) -> None:
    body = [*billing_loop(1), *subscriber_loop(2, 1)]
    for number in range(claims):
        body += claim(f"C{number}")
    segments = interchange(transaction(body))
    at = [position(segments, "CLM*C100")] if too_many else []
    assert errors(segments) == [Error(place, "2300 CLM", "S4", "loop_repeated", "claim") for place in at]


def test_two_segments_in_the_wrong_order_are_one_error() -> None:
    segments = clean()
    at = position(segments, "N3*2 ELM")
    segments[at - 1 : at + 1] = [segments[at], segments[at - 1]]
    assert errors(segments) == [Error(at + 1, "2010BA N3", "S7", "segment_misplaced", "claim")]


UNEXPECTED = [
    ("REF*6R", ["REF*6R*1", "ZZZ*1"], "ZZZ", "2400 ZZZ", "S1", "segment_unknown", "line"),
    ("REF*6R", ["REF*6R*1", "OI***Y***Y"], "OI", "2400 OI", "S2", "segment_unexpected", "line"),
    ("LX*1", ["LX*1", "CL1*1*1*01"], "CL1", "2400 CL1", "S1", "segment_unknown", "line"),
    ("HI", ["REF*ZZ*1", "HI*ABK:F330"], "REF*ZZ", "2300 REF", "S2", "segment_unexpected", "claim"),
    ("NM1*82", ["NM1*ZZ*1*A", "N3*1 A ST", "N4*B*KS*66603"], "NM1*ZZ", "2300 NM1", "S2", "segment_unexpected", "claim"),
    ("GE", ["GE*1*1", "GE*1*1"], "GE*1*1", "GE", "S2", "segment_unexpected", "group"),
]


@pytest.mark.parametrize(("old", "new", "at", "place", "codes", "cause", "unit"), UNEXPECTED)
def test_a_segment_without_a_place_is_one_error(
    *, old: str, new: list[str], at: str, place: str, codes: str, cause: str, unit: str
) -> None:
    segments = edited(old, new)
    if old == "NM1*82":
        segments = recounted([segment for segment in segments if segment != "PRV*PE*PXC*172V00000X"])
    second = 2 if old == "GE" else 1
    assert errors(segments) == [Error(position(segments, at, second), place, codes, cause, unit)]


def test_a_line_without_its_number_is_a_line_all_the_same() -> None:
    segments = edited("LX*2", [])
    assert errors(segments) == [Error(position(segments, "SV1", 2), "2400 LX", "S3", "segment_missing", "line")]
    lines = read(segments).syntax_errors.select("claim_key", "line_key").rows()
    assert lines == [(0, 1)]


def test_a_wrong_qualifier_of_the_one_segment_that_is_due_is_an_error_of_its_element() -> None:
    segments = edited("DTP*472", ["DTP*999*D8*20260501"])
    assert errors(segments) == [Error(position(segments, "DTP*999"), "2400 DTP01", "S8 E7", "code_unknown", "line")]


def test_units_that_lack_the_unit_below_are_told() -> None:
    no_claim = interchange(transaction([*billing_loop(1), *subscriber_loop(2, 1, child="1"), *PATIENT]))
    no_member = interchange(transaction(billing_loop(1)))
    nobody = interchange(transaction([]))
    for segments, place, unit in (
        (no_claim, "2300 CLM", "claim"), (no_member, "2000B HL", "claim"), (nobody, "2000A HL", "transaction"),
    ):  # fmt: skip
        assert errors(segments) == [Error(position(segments, "SE"), place, "S3", "loop_missing", unit)]


def test_another_payer_has_its_loops_and_each_must_be_whole() -> None:
    whole = recounted(edited("PRV*PE", ["PRV*PE*PXC*172V00000X", *OTHER_PAYER]))
    assert errors(whole) == []
    gone = recounted([segment for segment in whole if not segment.startswith("OI")])
    assert errors(gone) == [Error(position(gone, "NM1*IL", 2), "2320 OI", "S3", "segment_missing", "claim")]


def test_a_transaction_outside_a_group_and_a_group_without_one() -> None:
    lost = [segment for segment in clean() if not segment.startswith("GS*")]
    assert errors(lost)[0] == Error(2, "ST", "S2 I024", "group_missing", "interchange")


def test_another_transaction_beside_claims_is_not_checked() -> None:
    remittance = ["ST*835*0002", "BPR*I*1", "SE*3*0002"]
    found = errors(interchange(transaction([*billing_loop(1), *subscriber_loop(2, 1), *claim("C1")]), remittance))
    assert [(error.place, error.codes, error.cause) for error in found] == [("ST", "S1", "set_not_supported")]


def test_delimiters_and_line_ends_of_any_kind_change_nothing() -> None:
    segments = edited("HI", [])
    plain = read(segments).syntax_errors
    for data in (
        as_bytes(segments, line_end=""),
        as_bytes(segments, line_end="\r\n"),
        as_bytes(segments, terminator="!", element="|", component=">"),
    ):
        found = read_837(data, "x.837").syntax_errors
        assert found.drop("file_line").equals(plain.drop("file_line"))
