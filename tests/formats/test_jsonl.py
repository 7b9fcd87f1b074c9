"""Claim JSON: what is read, what is kept as text, and what takes nothing else down with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from billing.batch import Batch
from billing.claims import Claim, claims_to_frames, frames_to_claims
from billing.errors import InputError
from billing.formats import read
from billing.formats.jsonl import LONGEST_LINE, read_jsonl

SHAPES = Path(__file__).resolve().parents[2] / "claims_samples" / "shapes"


def claim(claim_id: Any = "C1", **changes: Any) -> dict[str, Any]:
    """One sound claim as JSON values; `changes` replace fields of the claim."""
    return {
        "claim_id": claim_id,
        "member": {"id": "00123456789", "last_name": "DOE", "birth_date": "1990-01-31"},
        "billing_provider": {"npi": "1234567893"},
        "diagnoses": ["F330"],
        "charge": "92.00",
        "lines": [line()],
    } | changes


def line(number: Any = 1, **changes: Any) -> dict[str, Any]:
    """One sound line as JSON values."""
    return {"line_number": number, "procedure_code": "98960", "modifiers": ["U7"], "charge": "92.00", "units": "4",
            "unit_basis": "UN", "service_date": "2026-05-05", "diagnosis_pointers": [1]} | changes  # fmt: skip


def text(*records: Any) -> bytes:
    """Write records as JSON Lines."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def read_text(data: bytes) -> Batch:
    return read_jsonl(data, "may.jsonl")


def claim_ids(batch: Batch) -> list[str]:
    return batch.claims.get_column("claim_id").to_list()


def unreadable(batch: Batch) -> list[tuple[int, str]]:
    return list(batch.unreadable.select("first", "reason").iter_rows())


def malformed(batch: Batch) -> list[tuple[int | None, str, str]]:
    return list(batch.malformed.select("line_key", "column", "text").iter_rows())


def reason_for(record: Any) -> str:
    """The reason why a record is unreadable, read between two sound claims, which must not suffer."""
    data = record if isinstance(record, bytes) else json.dumps(record).encode()
    batch = read_text(text(claim("C1")) + data + b"\n" + text(claim("C2")))
    assert claim_ids(batch) == ["C1", "C2"]
    assert batch.unreadable.select("input", "first", "last", "loop").rows() == [("may.jsonl", 2, 2, "line")]
    assert batch.sources[0].unreadable() == data + b"\n"
    return str(batch.unreadable.item(0, "reason"))


# ---------------------------------------------------------------------------------------------- what is read


def test_a_claim_becomes_the_frames_its_object_becomes() -> None:
    batch = read_text(b"\n" + text(claim()))
    claims, lines, none = claims_to_frames([Claim.model_validate(claim())], input_name="may.jsonl", positions=[2])
    assert_frame_equal(batch.claims, claims)
    assert_frame_equal(batch.lines, lines)
    assert_frame_equal(batch.malformed, none)
    assert batch.unreadable.is_empty()
    assert batch.file_findings.is_empty()


def test_keys_go_on_from_those_given() -> None:
    batch = read_jsonl(text(claim("A"), claim("B")), "x", first_claim_key=7, first_line_key=20)
    assert batch.claims.get_column("claim_key").to_list() == [7, 8]
    assert batch.lines.select("line_key", "claim_key").rows() == [(20, 7), (21, 8)]


def test_more_claims_than_are_laid_out_at_a_time_keep_their_order() -> None:
    count = 9000
    batch = read_text(text(*(claim(f"C{number}", lines=[line(1), line(2)]) for number in range(count))))
    assert batch.claims.get_column("claim_key").to_list() == list(range(count))
    assert batch.lines.get_column("line_key").to_list() == list(range(2 * count))
    assert claim_ids(batch)[-1] == f"C{count - 1}"


@pytest.mark.parametrize("sample", sorted(SHAPES.glob("*.837")), ids=lambda path: path.stem)
def test_the_same_claims_in_837_and_in_json_give_the_same_frames(sample: Path) -> None:
    from_837 = read(sample)
    numbered = from_837.lines.filter(pl.col("line_number").is_null().any().over("claim_key").not_())
    claims = from_837.claims.join(numbered, on="claim_key", how="semi")
    objects = frames_to_claims(claims, numbered, from_837.malformed)
    from_json = read_text("".join(each.model_dump_json() + "\n" for each in objects).encode())
    added = ("claim_key", "line_key", "input", "position")
    assert_frame_equal(from_json.claims.drop(added, strict=False), claims.drop(added, strict=False))
    assert_frame_equal(from_json.lines.drop(added, strict=False), numbered.drop(added, strict=False))
    kept = from_837.malformed.join(claims, on="claim_key", how="semi")
    assert_frame_equal(from_json.malformed.select("column", "text"), kept.select("column", "text"))


def test_the_shipped_sample_in_both_formats_gives_the_same_frames() -> None:
    from_837, from_json = read(SHAPES / "ks_chw.837"), read(SHAPES / "ks_chw.jsonl")
    assert_frame_equal(from_json.claims.drop("input", "position"), from_837.claims.drop("input", "position"))
    sessions = ("start_time", "end_time", "group_size", "session_id", "worker")  # the 837P has no place for them
    assert_frame_equal(from_json.lines.drop("position", *sessions), from_837.lines.drop("position", *sessions))


def test_absent_null_and_blank_are_the_same() -> None:
    nothing = claim(subscriber=None, payer=None, prior_authorization="  ", place_of_service="", other_payers=None)
    nothing["lines"] = [line(modifiers=["U7", "", ""], place_of_service=None, units="")]
    plain = claim(lines=[line(units=None)])
    assert_frame_equal(read_text(text(nothing)).claims, read_text(text(plain)).claims)
    assert_frame_equal(read_text(text(nothing)).lines, read_text(text(plain)).lines)


def test_a_range_of_one_day_is_a_day() -> None:
    lines = [line(1, service_end_date="2026-05-05"), line(2, service_end_date="2026-05-06")]
    assert read_text(text(claim(lines=lines))).lines.get_column("service_end_date").to_list() == [
        None,
        date(2026, 5, 6),
    ]


def test_a_dependent_without_an_id_has_the_subscribers() -> None:
    batch = read_text(text(claim(member={"first_name": "KIM"}, subscriber={"id": "007"}, relationship="19")))
    assert batch.claims.select("member_id", "subscriber_id").rows() == [("007", "007")]


@pytest.mark.parametrize(
    "data",
    [
        text(claim("A"), claim("B")),
        text(claim("A"), claim("B")).rstrip(b"\n"),
        text(claim("A"), claim("B")).replace(b"\n", b"\r\n"),
        text(claim("A"), claim("B")).replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + text(claim("A"), claim("B")),
        b"\n \t\n" + text(claim("A")) + b"\n\n" + text(claim("B")) + b"\n  ",
        json.dumps([claim("A"), claim("B")]).encode(),
        json.dumps([claim("A"), claim("B")], indent=2).encode(),
        json.dumps([claim("A"), claim("B")]).encode()[:-1] + b",]",
        json.dumps(claim("A"), indent=2).encode() + b"\n" + json.dumps(claim("B"), indent=1).encode(),
        json.dumps(claim("A")).encode() + b" " + json.dumps(claim("B")).encode(),
    ],
    ids=["lines", "no last newline", "cr lf", "cr", "byte order mark", "blank lines", "list", "indented list",
         "comma behind the last", "indented objects", "one behind the other"],
)  # fmt: skip
def test_every_way_to_write_claims_down_is_read(data: bytes) -> None:
    batch = read_text(data)
    assert claim_ids(batch) == ["A", "B"]
    assert unreadable(batch) == []
    assert batch.sources[0].subset(batch.claims.get_column("claim_key")) == data


def test_one_claim_over_several_lines_is_read() -> None:
    assert claim_ids(read_text(json.dumps(claim("A"), indent=2).encode())) == ["A"]


@pytest.mark.parametrize("data", [b"[]", b" [ ]\n"])
def test_a_list_without_claims_is_fine(data: bytes) -> None:
    assert read_text(data).claims.is_empty()


# ------------------------------------------------------------------------------------- values kept as their text


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("service_date", "20260505", "20260505"),
        ("service_date", "2026-13-45", "2026-13-45"),
        ("service_date", "2026-02-29", "2026-02-29"),
        ("service_date", "2026-05-05T09:00:00", "2026-05-05T09:00:00"),
        ("service_date", 86400, "86400"),
        ("service_end_date", "soon", "soon"),
        ("units", "4.5000", "4.5000"),
        ("units", "9e2", "9e2"),
        ("units", "four", "four"),
        ("units", 4.5, "4.5"),
        ("units", True, "true"),
        ("diagnosis_pointers", ["A", 2], "A:2"),
        ("diagnosis_pointers", [-1], "-1"),
        ("diagnosis_pointers", "1", "1"),
        ("line_number", "one", "one"),
        ("line_number", 2**32, "4294967296"),
    ],
)
def test_a_value_that_cannot_be_read_is_kept_as_text(field: str, value: Any, kept: str) -> None:
    batch = read_text(text(claim(lines=[line() | {field: value}])))
    assert malformed(batch) == [(0, field, kept)]
    expected = {"diagnosis_pointers": [], "line_number": 1}.get(field)
    found = batch.lines.get_column(field).to_list()[0]
    assert found == expected
    assert batch.file_findings.is_empty()


def test_a_bad_birth_date_belongs_to_the_claim() -> None:
    batch = read_text(text(claim(member={"id": "1", "birth_date": "1990-31-01"})))
    assert malformed(batch) == [(None, "member_birth_date", "1990-31-01")]
    assert batch.claims.item(0, "member_birth_date") is None


def test_a_line_whose_number_cannot_be_read_gets_a_free_one() -> None:
    batch = read_text(text(claim(lines=[line(2), line("x"), line(3)])))
    assert batch.lines.get_column("line_number").to_list() == [2, 1, 3]
    assert malformed(batch) == [(1, "line_number", "x")]


def test_a_bad_value_that_no_rule_looks_at_is_said_as_a_finding() -> None:
    bad = claim(received_date="soon", member={"id": "1", "pregnant": "perhaps"}, lines=[line(start_time="9 am")])
    batch = read_text(text(claim("A"), bad))
    assert claim_ids(batch) == ["A", "C1"]
    assert batch.file_findings.select("position", "claim_key", "cause", "severity", "message", "found").rows() == [
        (2, 1, "value_unreadable", "review", "the claim's member_pregnant cannot be read and counts as absent", ""),
        (2, 1, "value_unreadable", "review", "the claim's received_date cannot be read and counts as absent", "soon"),
        (2, 1, "value_unreadable", "review", "the start_time of line 1 cannot be read and counts as absent", "9 am"),
    ]


@pytest.mark.parametrize("units", ["4", 4, "4.5", "4.125", "-3", "0"])
def test_units_are_exact(units: Any) -> None:
    batch = read_text(text(claim(lines=[line(units=units)])))
    assert batch.lines.item(0, "units") == Decimal(str(units))
    assert malformed(batch) == []


# ---------------------------------------------------------------------------------------- what is no claim at all


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (claim(claim_idd="x"), "claim_idd: no field has this name; did you mean 'claim_id'?"),
        (claim(lines=[line(1), line(2, modifers=["U7"])]), "service line 2, modifers: no field has this name; did you mean 'modifiers'?"),
        (claim(member={"birthDate": "1990-01-31"}), "member.birthDate: no field has this name; did you mean 'birth_date'?"),
        (claim(procedure_code="98960"), "procedure_code: the field belongs into lines"),
        (claim() | {"JANE DOE 1990": 1}, "a field that is not a plain word: no field has this name"),
        (claim(charge=92.0), "charge: money is a text such as '92.00' or a whole number, never a binary float"),
        (claim(charge="92.005"), "charge: money is digits with at most 2 decimals"),
        (claim(charge=True), "charge: money is a text such as '92.00' or a whole number, never a binary float"),
        (claim(charge=None), "charge is missing"),
        (claim(claim_id=""), "claim_id is missing"),
        (claim(claim_id=17), "claim_id must be a text: write it in quotes"),
        (claim(lines=[]), "lines needs at least one item"),
        (claim(lines={}), "lines must be a list in brackets"),
        (claim(lines=[line(charge="1,5")]), "service line 1, charge: money is digits with at most 2 decimals"),
        (claim(lines=[line(procedure_code=98960)]), "service line 1, procedure_code must be a text: write it in quotes"),
        (claim(lines=[line(modifiers=["U7", 25])]), "service line 1, modifiers item 2 must be a text: write it in quotes"),
        (claim(lines=[line(units={"n": 4})]), "service line 1, units: units is a text such as '92.00' or a whole number, never a binary float"),
        (claim(lines=[{"charge": "1"}]), "service line 1, line_number is missing"),
        (claim(member="JANE"), "member must be an object in braces"),
        ([claim()], "this is no claim: a claim is one JSON object in braces"),
        ("C1", "this is no claim: a claim is one JSON object in braces"),
        (17, "this is no claim: a claim is one JSON object in braces"),
        ({}, "claim_id is missing; charge is missing; lines is missing"),
        ({"a": 1, "b": 2}, "claim_id is missing; charge is missing; lines is missing; and 2 more"),
        (b'{"claim_id": "C1", "claim_id": "C2"}', "claim_id is given twice"),
        (text(claim(member=None)).rstrip().replace(b'"member": null', b'"member": {"id": "1", "id": "2"}'), "member gives id twice"),
        (text(claim()).rstrip().replace(b'"92.00"', b"NaN", 1), "charge: money is a text such as '92.00' or a whole number, never a binary float"),
        (text(claim()).rstrip().replace(b'"92.00"', b"1" * 5000, 1), "charge: money is a text such as '92.00' or a whole number, never a binary float"),
        (text(claim()).rstrip().replace(b'"92.00"', b"1e400", 1), "charge: money is a text such as '92.00' or a whole number, never a binary float"),
        (text(claim()).rstrip().replace(b"DOE", rb"\ud800"), "member.last_name holds a character that is not Unicode text"),
        (text(claim()).rstrip().replace(b"DOE", b"D\xd6E"), "byte 67 of the line is not UTF-8 text"),
        (text(claim()).rstrip().replace(b"DOE", b"D\x00E"), "the line is no complete JSON (invalid control character, character 67)"),
        (b"\x00\x00", "the line is no complete JSON (expecting value, character 1)"),
        (b'{"claim_id": "C1", "member": {"id": "0012', "the line is no complete JSON (unterminated string, character 37)"),
        (text(claim()).rstrip() + b" x", "the line is no complete JSON (extra data, character 375)"),
        (b'{"member": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "the line is no complete JSON (its brackets are nested too deep)"),
    ],
    ids=range(36),
)  # fmt: skip
def test_a_line_that_is_no_claim_is_unreadable_and_says_why(record: Any, reason: str) -> None:
    assert reason_for(record) == reason


def test_a_line_of_many_megabytes_is_unreadable_and_others_are_read() -> None:
    huge = b'{"claim_id": "' + b"x" * LONGEST_LINE + b'"}'
    assert reason_for(huge) == "the line is 16 MB long; a claim has at most 16"


def test_an_unreadable_claim_keeps_its_charge_when_that_can_be_read() -> None:
    batch = read_text(text(claim("A"), claim(charge="150.25", x=1), claim(charge=1.5), claim(lines=None)))
    assert batch.unreadable.get_column("charge").to_list() == [Decimal("150.25"), None, Decimal("92.00")]


def test_reasons_hold_no_value_of_the_claim() -> None:
    secret = "ZEBULON"
    bad = claim(
        secret, charge=secret, lines=[line(charge=secret, modifiers=secret)], member={"x": secret, "sex": [secret]}
    )
    for record in (bad, claim(secret, member=secret)):
        assert secret not in reason_for(record)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a": 1}\n{"b": 2}\n', "nothing in it has a field of a claim"),
        (b'{"resourceType": "Bundle"}', "this holds FHIR resources"),
        (b'[{"resourceType": "Bundle"}]', "this holds FHIR resources"),
        (b"[1, 2]", "no line of it is a claim in JSON"),
        (
            b"{not json\nat all",
            r"no line of it is a claim in JSON; the line is no complete JSON \(expecting property name",
        ),
        (b"[" * 100_000, "nested too deep"),
        (b'"text"', "no line of it is a claim in JSON"),
    ],
)
def test_a_file_with_nothing_like_a_claim_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_text(data)
    assert str(caught.value).startswith("may.jsonl: ")
    assert "\n  fix: " in str(caught.value)


def test_a_list_cut_short_between_claims_is_said() -> None:
    data = json.dumps([claim("A"), claim("B")]).encode()[:-1]
    batch = read_text(data)
    assert claim_ids(batch) == ["A", "B"]
    assert batch.file_findings.select("input", "cause", "severity").rows() == [
        ("may.jsonl", "file_cut_short", "review")
    ]
    assert claim_ids(read_text(batch.sources[0].subset(batch.claims.get_column("claim_key")))) == ["A", "B"]


def test_a_list_cut_short_inside_a_claim_keeps_the_claims_before() -> None:
    data = json.dumps([claim("A"), claim("B"), claim("C")], indent=1).encode()
    batch = read_text(data[: data.index(b'"C"')])
    assert claim_ids(batch) == ["A", "B"]
    assert batch.unreadable.select("first", "loop").rows() == [(3, "claim")]
    assert "nothing behind it can be read" in batch.unreadable.item(0, "reason")


def test_text_behind_a_list_is_unreadable() -> None:
    batch = read_text(json.dumps([claim("A")]).encode() + b" tail")
    assert unreadable(batch) == [(2, "there is more text behind the end of the list")]
    assert batch.sources[0].unreadable() == b" tail\n"


# ------------------------------------------------------------------------------------------------- writing back


def keys(*numbers: int) -> pl.Series:
    return pl.Series(numbers, dtype=pl.UInt32)


def test_a_subset_is_the_lines_byte_for_byte_and_in_order() -> None:
    lines = [
        b'{"claim_id":  "A","charge":1,"lines":[{"line_number":1,"charge":1}]}\r\n',
        b"\r\n",
        text(claim("B")),
        b"{broken\n",
        text(claim("Ü")),
    ]
    source = read_jsonl(b"\xef\xbb\xbf" + b"".join(lines), "x", first_claim_key=5).sources[0]
    assert source.subset(keys(7, 5)) == b"\xef\xbb\xbf" + lines[0] + lines[4]
    assert source.subset(keys(6)) == b"\xef\xbb\xbf" + lines[2]
    assert source.subset(keys(5, 6, 7)) == b"\xef\xbb\xbf" + lines[0] + lines[2] + lines[4]
    assert source.subset(keys(4, 8)) == b""
    assert source.unreadable() == b"{broken\n"
    assert (source.name, source.suffix) == ("x", ".jsonl")


def test_a_subset_of_a_list_is_a_list() -> None:
    data = json.dumps([claim("Å"), claim("B"), claim("C")], ensure_ascii=False, indent=1).encode()
    source = read_text(data).sources[0]
    assert claim_ids(read_text(source.subset(keys(0, 2)))) == ["Å", "C"]
    assert isinstance(json.loads(source.subset(keys(1))), list)
    assert source.suffix == ".json"


def test_a_subset_of_claims_over_several_lines_can_be_read_again() -> None:
    data = b"\n".join(json.dumps(claim(name), indent=1).encode() for name in "ABC")
    source = read_text(data).sources[0]
    assert claim_ids(read_text(source.subset(keys(0, 2)))) == ["A", "C"]


@given(
    kinds=st.lists(st.sampled_from(["good", "broken", "blank", "unknown", "latin1"]), max_size=12),
    line_end=st.sampled_from([b"\n", b"\r\n"]),
    chosen=st.sets(st.integers(0, 12)),
)
def test_every_line_is_a_claim_or_unreadable_and_none_is_lost(
    kinds: list[str], line_end: bytes, chosen: set[int]
) -> None:
    write: dict[str, Callable[[int], bytes]] = {
        "good": lambda number: json.dumps(claim(f"C{number}")).encode(),
        "broken": lambda number: json.dumps(claim(f"C{number}")).encode()[:40],
        "blank": lambda _: b"  ",
        "unknown": lambda number: json.dumps(claim(f"C{number}", z=1)).encode(),
        "latin1": lambda _: b'{"claim_id": "\xd6"}',
    }
    lines = [write[kind](number) + line_end for number, kind in enumerate(kinds)]
    data = text(claim("first")) + b"".join(lines)
    batch = read_text(data)
    good = [f"C{number}" for number, kind in enumerate(kinds) if kind == "good"]
    bad = [number + 2 for number, kind in enumerate(kinds) if kind in {"broken", "unknown", "latin1"}]
    assert claim_ids(batch) == ["first", *good]
    assert batch.unreadable.get_column("first").to_list() == bad
    kept = batch.claims.filter(pl.col("claim_key").is_in(list(chosen)))
    part = batch.sources[0].subset(kept.get_column("claim_key"))
    assert claim_ids(read_text(part) if part else Batch()) == claim_ids(Batch(claims=kept))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda each: (
            st.lists(each)
            | st.dictionaries(st.sampled_from([*Claim.model_fields, "npi", "id", "charge"]) | st.text(), each)
        ),
    )
)
def test_no_json_value_crashes_the_reader(value: Any) -> None:
    batch = read_text(
        text(claim("A"), value, claim(lines=value), claim(member=value), claim(lines=[line(units=value)]))
    )
    assert len(batch.claims) + len(batch.unreadable) == 5
