"""The answers that go with the split files of FHIR claims."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.claimresponse import ClaimResponse

import billing
from billing.formats.fhir.write import to_xml
from billing.policy.codesets import CodeSets
from tests.fhir_files import PLACES, bundle, claim, coded, contained, item, lines


@pytest.fixture(scope="module")
def codesets() -> CodeSets:
    return billing.load_codesets(programs=["ks-chw"])


def written(folder: Path, data: bytes, codesets: CodeSets) -> dict[str, bytes]:
    out = billing.validate(data, codesets, received="2026-06-01").write(folder / "out")
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def claims() -> tuple[dict[str, object], ...]:
    """One claim that is ready, one over the daily limit, one whose second line names a place that does not exist."""
    late = item(
        2,
        locationCodeableConcept=coded(PLACES, "28"),
        servicedDate="2026-05-19",
        net={"value": 23, "currency": "USD"},
        quantity={"value": 1},
    )
    return (
        claim("A"),
        claim("B", item=[item(quantity={"value": 5}, servicedDate="2026-05-12")]),
        claim(
            "C",
            item=[item(servicedDate="2026-05-18", quantity={"value": 1}), late],
            total={"value": 115, "currency": "USD"},
        ),
    )


def test_every_claim_has_a_response_in_a_bundle(tmp_path: Path, codesets: CodeSets) -> None:
    files = written(tmp_path, bundle(*claims()), codesets)
    answers = [entry["resource"] for entry in json.loads(files["claimresponse.json"])["entry"]]
    Bundle.model_validate_json(files["claimresponse.json"])
    assert [answer["request"]["identifier"]["value"] for answer in answers] == ["A", "B", "C"]
    assert [answer["request"]["reference"] for answer in answers] == [
        f"https://ehr.example.org/fhir/Claim/{name}" for name in "abc"
    ]
    assert {answer["created"] for answer in answers} == {"2026-06-01"}
    assert {answer["patient"]["reference"] for answer in answers} == {"https://ehr.example.org/fhir/Patient/p1"}
    outcomes = {"accepted": "complete", "review": "partial", "rejected": "error"}
    decisions = [row.split(",")[1] for row in files["decisions.csv"].decode().splitlines()[1:]]
    assert [answer["outcome"] for answer in answers] == [outcomes[decision] for decision in decisions]
    assert decisions[1] == "rejected"


def test_a_rejected_line_has_its_code_its_number_and_its_words(tmp_path: Path, codesets: CodeSets) -> None:
    files = written(tmp_path, bundle(*claims()), codesets)
    answer = json.loads(files["claimresponse.json"])["entry"][1]["resource"]
    [error] = answer["error"]
    assert error["itemSequence"] == 1
    assert error["code"]["coding"][0] == {
        "system": "https://x12.org/codes/claim-adjustment-reason-codes",
        "code": "119",
    }
    assert error["code"]["text"].startswith("5 units on 2026-05-12; the limit is 4 per member per day")
    [line] = answer["item"]
    assert line["itemSequence"] == 1
    assert line["adjudication"] == [
        {
            "category": {
                "coding": [{"system": "http://terminology.hl7.org/CodeSystem/adjudication", "code": "submitted"}]
            },
            "amount": {"value": 92.0, "currency": "USD"},
        }
    ]
    notes = {note["number"]: note["text"] for note in answer["processNote"]}
    assert notes[line["noteNumber"][0]].startswith("ks-chw.unit_limits.daily (reject): 5 units on 2026-05-12")
    assert answer["disposition"].startswith("Not to be sent as it is: it breaks rules that reject it.")
    assert "no payer has decided" in answer["disposition"]


def test_a_finding_about_the_second_line_names_the_second_item(tmp_path: Path, codesets: CodeSets) -> None:
    files = written(tmp_path, bundle(*claims()), codesets)
    answer = json.loads(files["claimresponse.json"])["entry"][2]["resource"]
    assert [error.get("itemSequence") for error in answer["error"]] == [2]
    assert "noteNumber" not in answer["item"][0]
    assert answer["item"][1]["noteNumber"]


def test_lines_are_answered_in_lines_and_xml_in_xml(tmp_path: Path, codesets: CodeSets) -> None:
    inside = [contained(each) for each in claims()]
    files = written(tmp_path / "1", lines(*inside), codesets)
    answers = [ClaimResponse.model_validate_json(line) for line in files["claimresponse.ndjson"].splitlines()]
    assert len(answers) == 3
    first = json.loads(files["claimresponse.ndjson"].splitlines()[0])
    assert first["patient"]["identifier"]["value"] == "00123456789"
    assert first["request"] == {"reference": "Claim/a", "type": "Claim", "identifier": {"value": "A"}}
    files = written(tmp_path / "2", to_xml(json.loads(bundle(*claims()))), codesets)
    Bundle.model_validate_xml(files["claimresponse.xml"])


def test_the_same_claims_are_answered_in_the_same_bytes(tmp_path: Path, codesets: CodeSets) -> None:
    one, two = (written(tmp_path / name, bundle(*claims()), codesets)["claimresponse.json"] for name in "12")
    assert one == two


def test_several_inputs_have_a_file_each_and_other_formats_none(tmp_path: Path, codesets: CodeSets) -> None:
    json_lines = b'{"claim_id": "J", "charge": "1.00", "lines": [{"line_number": 1, "charge": "1.00"}]}\n'
    for name, data in (("may.json", bundle(claim("A"))), ("june.jsonl", json_lines), ("MAY.json", bundle(claim("B")))):
        folder = tmp_path / name.split(".")[0]
        folder.mkdir()
        (folder / name).write_bytes(data)
    paths = [tmp_path / "may" / "may.json", tmp_path / "june" / "june.jsonl", tmp_path / "MAY" / "MAY.json"]
    out = billing.validate(paths, codesets, received="2026-06-01").write(tmp_path / "out")
    assert sorted(path.name for path in (out / "claimresponse").iterdir()) == ["MAY__2_.json", "may.json"]
    alone = billing.validate(json_lines, codesets, received="2026-06-01").write(tmp_path / "alone")
    assert not list(alone.glob("claimresponse*"))


def test_no_member_is_named_in_words(tmp_path: Path, codesets: CodeSets) -> None:
    files = written(tmp_path, bundle(*claims()), codesets)
    for answer in json.loads(files["claimresponse.json"])["entry"]:
        said = json.dumps([answer["resource"].get(name) for name in ("processNote", "error", "disposition")])
        assert "DOE" not in said
        assert "00123456789" not in said
