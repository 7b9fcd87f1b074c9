"""Levels, lines, counts, control numbers and versions."""

from __future__ import annotations

import pytest

from billing.formats.x12.claims837 import read_837
from tests.x12_edits import Error, clean, edited, errors, position, read
from tests.x12_files import as_bytes, billing_loop, claim, interchange, simple_body, subscriber_loop, transaction

NUMBERS = [
    ("HL*3", "HL*4*2*23*0", "2000C HL01", "hierarchy_number_wrong", "element"),
    ("HL*3", "HL*X*2*23*0", "2000C HL01", "hierarchy_number_wrong", "element"),
    ("HL*3", "HL*3*1*23*0", "2000C HL02", "hierarchy_parent_wrong", "claim"),
    ("HL*3", "HL*3*X*23*0", "2000C HL02", "hierarchy_parent_wrong", "claim"),
    ("HL*2", "HL*2*1*22*0", "2000B HL04", "hierarchy_child_wrong", "element"),
    ("LX*2", "LX*3", "2400 LX01", "line_number_wrong", "element"),
    ("LX*1", "LX*0", "2400 LX01", "line_number_wrong", "element"),
]


@pytest.mark.parametrize(("old", "new", "place", "cause", "unit"), NUMBERS)
def test_a_number_that_does_not_count_is_an_error_where_it_stands(
    old: str, new: str, place: str, cause: str, unit: str
) -> None:
    segments = edited(old, [new])
    assert errors(segments) == [Error(position(segments, new), place, "S8 E7", cause, unit)]


def test_a_break_in_the_count_is_told_once() -> None:
    segments = interchange(transaction(simple_body(4, 1)))
    at = position(segments, "HL*3*")
    segments[at - 1] = "HL*9*1*22*0"
    assert [error.position for error in errors(segments)] == [at]


def test_a_level_nobody_knows_is_an_error_of_its_code() -> None:
    for text, codes, cause in (
        ("HL*3*2*98*0", "S8 E7", "hierarchy_level_unknown"), ("HL*3*2**0", "S8 E1", "element_missing"),
    ):  # fmt: skip
        segments = edited("HL*3", [text])
        at = position(segments, text)
        assert Error(at, "HL03", codes, cause, "transaction") in errors(segments)


ENVELOPE = [
    ("SE*", "SE*9*0001", "SE01", "S4", "set_count_wrong"),
    ("SE*", "SE*{}*0009", "SE02", "S3", "set_number_differs"),
    ("GE*", "GE*4*1", "GE01", "G5", "group_count_wrong"),
    ("GE*", "GE*1*2", "GE02", "G4", "group_number_differs"),
    ("IEA*", "IEA*4*000000001", "IEA01", "I021", "interchange_count_wrong"),
    ("IEA*", "IEA*1*000000009", "IEA02", "I001", "interchange_number_differs"),
]


@pytest.mark.parametrize(("old", "new", "place", "code", "cause"), ENVELOPE)
def test_an_envelope_that_does_not_agree_has_the_code_of_its_acknowledgement(
    old: str, new: str, place: str, code: str, cause: str
) -> None:
    segments = clean()
    at = position(segments, old)
    segments[at - 1] = new.format(segments[at - 1].split("*")[1])
    unit = {"S": "transaction", "G": "group", "I": "interchange"}[code[0]]
    assert errors(segments) == [Error(at, place, code, cause, unit)]


@pytest.mark.parametrize(("gone", "at", "code"), [("SE*", 3, "S2"), ("GE*", 2, "G3"), ("IEA*", 1, "I023")])
def test_a_trailer_that_is_missing_is_told_at_its_header(gone: str, at: int, code: str) -> None:
    segments = [segment for segment in clean() if not segment.startswith(gone)]
    found = {(error.position, error.codes) for error in errors(segments)}
    assert (at, code) in found


def test_a_control_number_that_came_before_is_an_error() -> None:
    body = [*billing_loop(1), *subscriber_loop(2, 1), *claim("C1")]
    segments = interchange(transaction(body), transaction(body))
    second = position(segments, "ST*", 2)
    assert errors(segments) == [Error(second, "ST02", "S23", "set_number_repeated", "transaction")]
    row = read(segments).syntax_errors.row(0, named=True)
    assert (row["interchange"], row["group"], row["transaction"], row["set_position"]) == (1, 1, 2, 1)


ISSUES = [
    ("005010X222A1", None, None), ("005010X222", "version_noted", "note"), ("005010X222A2", "version_noted", "note"),
    ("005010X222A9", "version_unknown", "reject"),
]  # fmt: skip


@pytest.mark.parametrize(("issue", "cause", "severity"), ISSUES)
def test_another_issue_of_the_guide_is_noted_and_an_unknown_one_refused(
    issue: str, cause: str | None, severity: str | None
) -> None:
    segments = edited("GS*", [f"GS*HC*SENDER*RECEIVER*20260601*1200*1*X*{issue}"])
    found = read(segments).syntax_errors.select("position", "cause", "severity").rows()
    assert found == ([(2, cause, severity)] if cause else [])


def test_errors_of_the_second_interchange_are_counted_there() -> None:
    first = as_bytes(clean())
    broken = [segment for segment in clean() if not segment.startswith("HI*ABK:F330*ABF:Z5900")]
    at = position(broken, "NM1*82")
    second = [segment.replace("*000000001", "*000000002") for segment in broken]
    for more in (as_bytes(second), as_bytes(second, element="|"), as_bytes(second, terminator="!")):
        found = read_837(first + more, "x.837").syntax_errors
        found = found.filter(found["cause"] == "segment_missing")
        said = found.select("position", "file_line", "interchange", "group", "transaction", "set_position").row(0)
        assert said == (len(clean()) + at, len(clean()) + at, 2, 1, 1, at - 2)
