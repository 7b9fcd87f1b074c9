"""Breaches as findings: which claims they hold, how much, and that a value is reported once."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

import billing
from billing.formats.x12.claims837 import read_837
from billing.formats.x12.large import read_large
from billing.policy.codesets import CodeSets
from tests.x12_edits import clean, edited, position, read, recounted
from tests.x12_files import as_bytes, billing_loop, claim, interchange, simple_body, subscriber_loop, transaction


@pytest.fixture(scope="module")
def codesets() -> CodeSets:
    return billing.load_codesets(programs=["ks-chw"])


def findings(segments: Sequence[str], codesets: CodeSets, *, kind: str = "conformance") -> pl.DataFrame:
    result = billing.validate(as_bytes(segments), codesets, received="2026-06-01")
    assert result.summary["claims"] == sum(
        result.summary[name] for name in ("accepted", "review", "rejected", "unreadable")
    )
    return result.findings.filter(pl.col("kind") == kind)


def held(segments: Sequence[str], codesets: CodeSets) -> list[tuple[str | None, int | None, str, str]]:
    found = findings(segments, codesets)
    return found.select("claim_id", "line_number", pl.col("cause"), "severity").rows()


HELD = [
    # of a line, a claim, the loops above, the file
    ("DTP*472", ["DTP*472*D9*20260501"], [("C1", 1, "code_unknown", "reject")]),
    ("NM1*82", ["NM1*82*2*A*****XX"], [("C1", None, "element_conditional", "reject")]),
    ("N3*2 ELM", ["N3*" + "A" * 56], [("C1", None, "text_too_long", "review"), ("C2", None, "text_too_long", "review")]),
    ("PAT", ["PAT*XX"], [("C2", None, "code_unknown", "reject")]),
    ("REF*EI", [], [("C1", None, "segment_missing", "reject"), ("C2", None, "segment_missing", "reject")]),
    ("PER", [], [(None, None, "segment_missing", "reject")]),
    ("NM1*41", ["NM1*41*2*" + "A" * 61 + "*****46*123"], [(None, None, "text_too_long", "review")]),
    ("BHT", ["BHT*0019*00*1*20260601*1200*XX"], [(None, None, "code_unknown", "reject")]),
    ("GS*", ["GS*HC*SENDER*RECEIVER*20260601*1200*1*X*005010X222"], [(None, None, "version_noted", "note")]),
    ("N3*2 ELM", ["N3*RUE É"], [("C1", None, "character_outside_set", "note"),
                                ("C2", None, "character_outside_set", "note")]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), HELD)
def test_a_breach_holds_the_smallest_part_there_is(
    old: str, new: list[str], expected: list[tuple[str | None, int | None, str, str]], codesets: CodeSets
) -> None:
    assert held(edited(old, new), codesets) == expected


def test_a_finding_says_where_what_and_by_whose_word(codesets: CodeSets) -> None:
    segments = edited("SBR", ["SBR*P**G1*NAME*XX****MC"])
    at = position(segments, "SBR")
    [first, second] = findings(segments, codesets).to_dicts()
    assert first["claim_id"] == "C1"
    assert second["claim_id"] == "C2"
    wanted = ("rule", "cause", "verdict", "severity", "message", "remedy", "found", "allowed", "position", "place")
    assert {name: first[name] for name in wanted} == {
        "rule": "national.conformance.code-unknown",
        "cause": "code_unknown",
        "verdict": "fail",
        "severity": "reject",
        "message": "SBR05 of the subscriber's level (loop 2000B) has a code that is not taken there.",
        "remedy": "Use one of the codes allowed.",
        "found": "not shown",
        "allowed": "12, 13, 14, 15, 16, 41, 42, 43, 47",
        "position": at,
        "place": {"x12": "2000B SBR05", "form_box": "", "column": "", "cell": None},
    }
    assert first["source"]["official"]
    assert first["finding_id"] != second["finding_id"]


def test_a_place_is_named_on_the_form_where_it_has_a_box(codesets: CodeSets) -> None:
    found = findings(edited("DMG*D8*1990", ["DMG*D8*19900131*X"]), codesets)
    place = {"x12": "2010BA DMG03", "form_box": "3", "column": "member.sex", "cell": None}
    assert found.get_column("place").to_list() == [place, place]


ONCE = [
    ("NM1*IL", ["NM1*IL*1*SAMPLE*ANN"], "required_fields"),
    ("SV1", ["SV1*HC:98960:U7*46.00*UN****1"], "required_fields"),
    ("DTP*472", ["DTP*472*D8*20260231"], "service_dates"),
    ("HI", [], "required_fields"),
    ("SV1", ["SV1*HC:98960:U7*46.00*UN*X***1"], "units"),
]


@pytest.mark.parametrize(("old", "new", "kind"), ONCE)
def test_a_value_that_a_rule_reports_is_reported_once(old: str, new: list[str], kind: str, codesets: CodeSets) -> None:
    segments = edited(old, new)
    assert len(read(segments).syntax_errors) > 0
    assert findings(segments, codesets).is_empty()
    assert len(findings(segments, codesets, kind=kind)) > 0


def test_a_claim_that_cannot_be_read_has_no_finding_and_keeps_its_errors(codesets: CodeSets) -> None:
    segments = edited("SV1", ["SV1*HC:98960:U7*46,00*UN*2***1"])
    batch = read(segments)
    assert batch.unreadable.get_column("reason").to_list() == [
        "a line's charge (SV102) is no amount in dollars and cents"
    ]
    assert batch.syntax_errors.select("claim_key", "cause").rows() == [(None, "number_malformed")]
    assert held(segments, codesets) == []


def test_a_loop_without_claims_is_a_finding_about_the_file(codesets: CodeSets) -> None:
    body = [*billing_loop(1), *subscriber_loop(2, 1), *claim("C1"), *billing_loop(3)]
    assert held(interchange(transaction(body)), codesets) == [(None, None, "loop_missing", "reject")]


def test_a_wrong_count_is_the_envelopes_finding_alone(codesets: CodeSets) -> None:
    segments = clean()
    segments[position(segments, "SE*") - 1] = "SE*9*0001"
    assert held(segments, codesets) == []
    assert findings(segments, codesets, kind="envelope").get_column("cause").to_list() == ["envelope_count_wrong"]


def test_no_member_is_named_in_a_sentence() -> None:
    name, number = "QWERTYUIOP" * 7, "9876543210" * 9
    segments = edited("NM1*IL", [f"NM1*IL*1*{name}*É****MI*{number}"])
    segments[position(segments, "DMG*D8*1990") - 1] = "DMG*D8*19901331*F"
    found = read(recounted(segments)).syntax_errors
    said = str(found.select("message", "remedy", "allowed").rows())
    assert len(found) == 4
    assert not any(word in said for word in (name, number, "19901331", "É"))
    assert found.get_column("is_private").all()


WINDOWED = transaction([
    *billing_loop(1), *subscriber_loop(2, 1, member="1"), *claim("C1", 2), *subscriber_loop(3, 1), *claim("C2", 2)[:-1],
    "REF*6R", *billing_loop(4)[:-2], *subscriber_loop(5, 4), *claim("C3"), *subscriber_loop(7, 4), *claim("C4"),
])  # fmt: skip


@pytest.mark.parametrize("size", [900, 10**6])
def test_windows_give_the_errors_of_the_whole_file(size: int) -> None:
    second = [segment.replace("*0001", "*0002") for segment in WINDOWED]
    data = as_bytes(interchange(WINDOWED, second)) + as_bytes(
        interchange(transaction(simple_body(2, 1)[:-1]), control="000000002"), element="|"
    )
    whole = read_837(data, "x.837")
    parts = read_large(data, "x.837", window=size)
    assert len(whole.syntax_errors) > 0
    # Whether a window's first level follows on is not judged, and counts and trailers are findings about the file.
    is_judged = (pl.col("cause") != "hierarchy_number_wrong") & pl.col("set_error").is_null()
    found, expected = (frame.filter(is_judged).to_dicts() for frame in (parts.syntax_errors, whole.syntax_errors))
    assert found == expected
    of_claims = ("claim_key", "line_key", "cause", "x12", "message")
    together = [
        batch.breaches.filter(pl.col("cause") != "hierarchy_number_wrong").select(of_claims) for batch in (parts, whole)
    ]
    assert sorted(together[0].rows(), key=str) == sorted(together[1].rows(), key=str)
