"""Some of the claims of a file, in the form they came in, with what they refer to and nothing that is others'."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from billing.batch import Batch
from billing.formats.fhir.read import read_fhir
from billing.formats.fhir.write import to_xml
from tests.fhir_files import Node, bundle, claim, contained, entry, lines, resources


def subset(batch: Batch, *keys: int) -> bytes:
    return batch.sources[0].subset(pl.Series(keys, dtype=pl.UInt32))


def of_two_members() -> tuple[dict[str, Node], list[Node]]:
    """Claims of two members, the second with a coverage and a worker of his own."""
    others = resources()
    others["p2"] = others["p1"] | {"id": "p2", "generalPractitioner": [{"reference": "Practitioner/doctor"}]}
    others["cov2"] = others["cov"] | {"id": "cov2", "beneficiary": {"reference": "Patient/p2"}, "subscriberId": "00999"}
    others["doctor"] = others["chw"] | {"id": "doctor"}
    others["note"] = {"resourceType": "Basic", "id": "note"}
    second = {
        "patient": {"reference": "Patient/p2"},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/cov2"}}],
    }
    return others, [claim("A"), claim("B", **second), claim("C")]


def kept(data: bytes) -> list[str]:
    """The ids of the entries of a Bundle or of the lines of a file."""
    if data.startswith(b'{"resourceType": "Bundle"'):
        return [each["resource"]["id"] for each in json.loads(data)["entry"]]
    return [json.loads(line)["id"] for line in data.splitlines()]


def test_all_claims_of_a_whole_file_are_the_file_byte_for_byte() -> None:
    others, claims = of_two_members()
    odd = bundle(*claims, others=others).replace(b", ", b" ,\t").replace(b"92,", b"92.0,")
    for data in (
        odd,
        b"\xef\xbb\xbf" + odd,
        lines(*others.values(), *claims).replace(b"\n", b"\r\n"),
        lines(contained(claim())),
        json.dumps(contained(claim()), indent=4).encode(),
        to_xml(json.loads(bundle(*claims, others=others))).replace(b"<use", b"<!-- x --><use"),
    ):
        batch = read_fhir(data, "x", first_claim_key=5)
        assert subset(batch, *range(5, 5 + len(batch.claims))) == data
        assert subset(batch) == b""
        assert subset(batch, 0) == b""


def test_a_bundle_stays_a_bundle_with_the_entries_that_its_claims_need() -> None:
    others, claims = of_two_members()
    data = bundle(*claims, others=others, id="b1", timestamp="2026-05-06T10:00:00Z")
    batch = read_fhir(data, "x")
    first = subset(batch, 0, 2)
    assert kept(first) == ["p1", "cov", "payer", "agency", "chw", "note", "a", "c"]
    assert kept(subset(batch, 1)) == ["payer", "agency", "chw", "p2", "cov2", "doctor", "note", "b"]
    assert {name: value for name, value in json.loads(first).items() if name != "entry"} == {
        "resourceType": "Bundle", "type": "collection", "id": "b1", "timestamp": "2026-05-06T10:00:00Z",
    }  # fmt: skip
    again = read_fhir(first, "x")
    assert again.claims.get_column("claim_id").to_list() == ["A", "C"]
    assert again.file_findings.is_empty()


def test_the_text_of_an_entry_is_not_touched() -> None:
    data = bundle(claim("A"), claim("B"), claim("Ä")).replace(b'"value": 92,', b'"value" :92.00 ,')
    first = subset(read_fhir(data, "x"), 0, 2)
    assert set(first.splitlines()[1:-1]) <= {
        line.rstrip(b",") + end for line in data.splitlines() for end in (b"", b",")
    }
    assert first.count(b'"value" :92.00 ,') == 4
    assert read_fhir(first, "x").claims.get_column("claim_id").to_list() == ["A", "Ä"]


def test_the_total_counts_what_is_left_and_a_signature_of_the_whole_is_taken_out() -> None:
    listed = [entry(each) | {"search": {"mode": "include"}} for each in resources().values()]
    listed += [entry(each) | {"search": {"mode": "match"}} for each in (claim("A"), claim("B"), claim("C"))]
    whole: Node = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 3,
        "entry": listed,
        "signature": {"data": "AAAA"},
    }
    for data in (json.dumps(whole).encode(), to_xml(whole)):
        part = subset(read_fhir(data, "x"), 0, 2)
        assert b"signature" not in part
        assert b'"total": 2' in part or b'<total value="2"/>' in part
        assert read_fhir(part, "x").claims.get_column("claim_id").to_list() == ["A", "C"]


def test_lines_stay_lines() -> None:
    others, claims = of_two_members()
    batch = read_fhir(lines(*claims, *others.values()), "x")
    assert kept(subset(batch, 1)) == ["b", "payer", "agency", "chw", "p2", "cov2", "doctor", "note"]
    first = lines(contained(claim("A")))
    batch = read_fhir(first + b"\n" + lines(contained(claim("B"))).rstrip(b"\n"), "x")
    assert (subset(batch, 0), subset(batch, 1)) == (first, lines(contained(claim("B"))))
    assert batch.sources[0].suffix == ".ndjson"


def test_xml_stays_xml() -> None:
    others, claims = of_two_members()
    batch = read_fhir(to_xml(json.loads(bundle(*claims, others=others))), "x")
    part = subset(batch, 1)
    assert part.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<Bundle xmlns="http://hl7.org/fhir">')
    again = read_fhir(part, "x")
    assert again.claims.get_column("claim_id").to_list() == ["B"]
    assert again.claims.item(0, "member_id") == "00999"
    assert b'<id value="p1"/>' not in part
    assert batch.sources[0].suffix == ".xml"


def test_an_answer_to_a_claim_goes_with_it() -> None:
    others, claims = of_two_members()
    for name, about in (("ra", "a"), ("rb", "b")):
        others[name] = {"resourceType": "ClaimResponse", "id": name, "request": {"reference": f"Claim/{about}"}}
    batch = read_fhir(bundle(*claims, others=others), "x")
    assert kept(subset(batch, 1)) == ["payer", "agency", "chw", "p2", "cov2", "doctor", "note", "rb", "b"]


def test_a_claim_that_another_refers_to_does_not_go_with_it() -> None:
    second = claim("B", related=[{"claim": {"reference": "Claim/a"}, "reference": {"value": "ICN1"}}])
    batch = read_fhir(bundle(claim("A"), second), "x")
    assert read_fhir(subset(batch, 1), "x").claims.get_column("claim_id").to_list() == ["B"]


@pytest.mark.parametrize("form", ["lines", "bundle", "xml"])
def test_what_could_not_be_read_is_in_no_split_file_and_comes_out_by_itself(form: str) -> None:
    claims: list[Any] = [claim("A"), claim("B", use="other"), claim("C")]
    inside = [contained(each) for each in claims]
    data = {
        "lines": lines(*inside),
        "bundle": bundle(*claims),
        "xml": to_xml(json.loads(bundle(*claims))),
    }[form]
    batch = read_fhir(data, "x")
    source = batch.sources[0]
    assert len(batch.unreadable) == 1
    part = subset(batch, 0, 1)
    assert read_fhir(part, "x").claims.get_column("claim_id").to_list() == ["A", "C"]
    assert b'"b"' not in part
    lost = source.unreadable()
    assert (b'"id": "b"' in lost) or (b'<id value="b"/>' in lost)
    assert b'"id": "a"' not in lost
    assert b'<id value="a"/>' not in lost


def test_a_cut_bundle_is_closed_again() -> None:
    whole = bundle(claim("A"), claim("B"), claim("C"))
    batch = read_fhir(whole[:-300], "x")
    part = subset(batch, 0, 1)
    assert json.loads(part)["resourceType"] == "Bundle"
    assert read_fhir(part, "x").claims.get_column("claim_id").to_list() == ["A", "B"]


def test_fhir_has_no_interchanges() -> None:
    assert read_fhir(bundle(claim()), "x").sources[0].interchanges(pl.Series([0])) is None
