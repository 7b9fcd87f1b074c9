"""What a run answers to its inputs: valid for an independent reader, and the same counts and cents as its summary."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import billing
from billing.acknowledgements.outgoing import acknowledgement_files
from tests.acknowledgements.answers import (
    EVERY,
    KINDS,
    NOT_BASIC_LETTERS,
    SAMPLES,
    categories,
    complaints,
    files_of,
    kansas,
    run,
    sample,
    sample_files,
    segments,
    texts,
    totals,
)
from tests.results import four_claims_result
from tests.x12_files import (
    BILLING,
    as_bytes,
    billing_loop,
    claim,
    interchange,
    simple_body,
    subscriber_loop,
    transaction,
)


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_an_independent_reader_finds_every_answer_valid(path: Path) -> None:
    files = sample_files(path)
    assert list(files) == KINDS
    found = {name: complaints(content) for name, content in files.items()}
    if path.stem in NOT_BASIC_LETTERS:
        assert all("invalid character" in words for words in found.pop("277ca.x12"))
    if path.stem == "broken_claims":
        # A claim without a date that can be read: the guide asks for one, and none is made up.
        missing = '"err_str": "Mandatory segment \\"Claim Level Service Date\\" (DTP) missing",'
        assert found.pop("277ca.x12") == [missing]
    assert not any(found.values())


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_the_277ca_counts_what_the_summary_counts_in_claims_and_in_cents(path: Path) -> None:
    summary = sample(path).summary
    answer = sample_files(path)["277ca.x12"]
    claims = {name: summary[name] for name in ("accepted", "review", "rejected", "unreadable")}
    charge = {name: Decimal(summary["charges"][name]) for name in claims}
    taken, taken_charge = claims["accepted"] + claims["review"], charge["accepted"] + charge["review"]
    refused, refused_charge = claims["rejected"] + claims["unreadable"], charge["rejected"] + charge["unreadable"]
    of_submitters = {"90": taken, "AA": refused, "YU": taken_charge, "YY": refused_charge}
    of_providers = {"QA": taken, "QC": claims["rejected"], "YU": taken_charge, "YY": charge["rejected"]}
    assert totals(answer, "21") == {name: number for name, number in of_submitters.items() if number}
    assert totals(answer, "19") == {name: number for name, number in of_providers.items() if number}
    counted = categories(answer)
    # Before the first claim of a set stands the batch's own status, which has the category of a held claim.
    sets = sum(segment[0] == "ST" for segment in segments(answer))
    assert (counted.pop("A2", 0), counted.pop("A1") - sets) == (claims["accepted"], claims["review"])
    assert sum(counted.values()) == claims["rejected"]
    assert set(counted) <= {"A3", "A6", "A7", "A8"}


def test_the_same_input_gives_the_same_bytes_and_numbers_and_dates_of_the_run() -> None:
    data = as_bytes(interchange(transaction(simple_body(2)), control="000000042"))
    files, again = dict(acknowledgement_files(run(data))), dict(acknowledgement_files(run(data)))
    assert files == again
    assert files["ta1.x12"].decode() == (
        "ISA*00*          *00*          *ZZ*RECEIVER       *ZZ*SENDER         *261122*1200*^*00501*000000042*0*P*:~\n"
        "TA1*000000042*260601*1200*A*000~\n"
        "IEA*0*000000042~\n"
    )
    assert files["999.x12"].decode().splitlines()[1:] == [
        "GS*FA*RECEIVER*SENDER*20261122*1200*1*X*005010X231A1~",
        "ST*999*0001*005010X231A1~",
        "AK1*HC*1*005010X222A1~",
        "AK2*837*0001*005010X222A1~",
        "IK5*A~",
        "AK9*A*1*1*1~",
        "SE*6*0001~",
        "GE*1*1~",
        "IEA*1*000000042~",
    ]


def test_a_277ca_names_submitter_provider_patient_claim_and_refused_line() -> None:
    body = billing_loop(1) + subscriber_loop(2, 1) + claim("C1") + subscriber_loop(3, 1, member="00000000002")
    body += [segment.replace("*UN*2*", "*UN*0*") for segment in claim("C2", 2)]
    answer = files_of(transaction(body))["277ca.x12"]
    assert answer.decode().splitlines()[2:] == [
        "ST*277*0001*005010X214~",
        "BHT*0085*08*000000001000001*20261122*1200*TH~",
        "HL*1**20*1~",
        "NM1*PR*2*EXAMPLE MEDICAID*****46*456~",
        "TRN*1*000000001000001~",
        "DTP*050*D8*20261122~",
        "DTP*009*D8*20261122~",
        "HL*2*1*21*1~",
        "NM1*41*2*EXAMPLE AGENCY*****46*123~",
        "TRN*2*1~",
        "STC*A1:19:PR*20261122*WQ*138~",
        "QTY*90*1~",
        "QTY*AA*1~",
        "AMT*YU*46~",
        "AMT*YY*92~",
        "HL*3*2*19*1~",
        "NM1*85*2*EXAMPLE AGENCY*****XX*1234567893~",
        "TRN*1*0~",
        "STC*A1:19:PR**WQ*138~",
        "QTY*QA*1~",
        "QTY*QC*1~",
        "AMT*YU*46~",
        "AMT*YY*92~",
        "HL*4*3*PT~",
        "NM1*QC*1*SAMPLE*ANN****MI*00000000001~",
        "TRN*2*C1~",
        "STC*A2:20*20261122*WQ*46~",
        "DTP*472*D8*20260501~",
        "HL*5*3*PT~",
        "NM1*QC*1*SAMPLE*ANN****MI*00000000002~",
        "TRN*2*C2~",
        "STC*A3:247*20261122*U*92~",
        "DTP*472*RD8*20260501-20260502~",
        "SVC*HC:98960:U7*46*****0~",
        "STC*A6:476*20261122*U~",
        "REF*FJ*C2L1~",
        "DTP*472*D8*20260501~",
        "SVC*HC:98960:U7*46*****0~",
        "STC*A6:476*20261122*U~",
        "REF*FJ*C2L2~",
        "DTP*472*D8*20260502~",
        "SE*42*0001~",
        "GE*1*1~",
        "IEA*1*000000001~",
    ]


# ------------------------------------------------------------------------------------------------- shapes of the input


@pytest.mark.parametrize(
    "marks",
    [
        {"element": "|", "component": ">"},
        {"terminator": "\n", "line_end": ""},
        {"line_end": "\r\n"},
        {"element": "+", "component": "\\", "terminator": "'", "line_end": ""},
    ],
)
def test_the_answers_have_the_delimiters_of_the_input(marks: dict[str, Any]) -> None:
    files = files_of(transaction(simple_body(2)), **marks)
    for content in files.values():
        assert complaints(content) == []
        assert content[3:4].decode() == marks.get("element", "*")
        assert content[104:106].decode() == marks.get("component", ":") + marks.get("terminator", "~")


def test_a_separator_that_occurs_in_a_value_is_not_used() -> None:
    body = billing_loop(1) + subscriber_loop(2, 1) + claim("A:1^2|3")
    files = files_of(transaction(body))
    assert complaints(files["277ca.x12"]) == []
    assert files["277ca.x12"][104:105] == b">"
    assert ["TRN", "2", "A:1^2|3"] in segments(files["277ca.x12"])


NO_NPI = [segment for segment in BILLING if not segment.startswith(("NM1", "REF"))]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (["NM1*85*1*SOLO*JO*M", "REF*EI*480000000"], "NM1*85*1*SOLO*JO*M***FI*480000000"),
        (["NM1*85*2*NAMELESS ID", "REF*G2*12345"], "NM1*85*2*NAMELESS ID*****SV*12345"),
        (["NM1*85*9*NOTHING"], "NM1*85*2*NOTHING*****SV*NOT SENT"),
    ],
)
def test_a_provider_without_an_npi_is_named_by_what_it_has(change: list[str], expected: str) -> None:
    body = billing_loop(1, [NO_NPI[0], change[0], *NO_NPI[1:], *change[1:]]) + subscriber_loop(2, 1) + claim("C1")
    answer = files_of(transaction(body))["277ca.x12"]
    assert texts(answer, "NM1")[2] == expected
    assert complaints(answer) == []


def test_what_the_header_does_not_say_is_said_not_to_be_sent() -> None:
    sent = [segment for segment in transaction(simple_body(1)) if not segment.startswith(("NM1*41", "NM1*40", "BHT"))]
    answer = files_of(sent)["277ca.x12"]
    assert texts(answer, "NM1")[:2] == ["NM1*PR*2*NOT SENT*****46*RECEIVER", "NM1*41*2*NOT SENT*****46*SENDER"]
    assert texts(answer, "TRN")[1] == "TRN*2*NOT SENT"
    assert complaints(answer) == []


def test_numbers_that_cannot_be_written_are_counted_instead() -> None:
    sent = [
        segment.replace("*1*X*", "*A-1*X*").replace("*000000001*0", "*00000000A*0")
        for segment in interchange(transaction(simple_body(1)))
    ]
    files = dict(acknowledgement_files(run(as_bytes(sent))))
    assert texts(files["999.x12"], "GS", "AK1", "IEA") == [
        "GS*FA*RECEIVER*SENDER*20261122*1200*1*X*005010X231A1", "AK1*HC*0*005010X222A1", "IEA*1*000000001",
    ]  # fmt: skip
    assert all(complaints(content) == [] for content in files.values())


def test_a_file_without_groups_has_a_ta1_only() -> None:
    empty = [interchange(transaction(simple_body(1)))[0], "IEA*0*000000001"]
    assert list(dict(acknowledgement_files(run(as_bytes(empty))))) == ["ta1.x12"]


def test_several_inputs_have_a_folder_for_each_kind_with_a_file_per_input(tmp_path: Path) -> None:
    for name, number in (("may.837", "000000001"), ("june.txt", "000000002"), ("claims.jsonl", "")):
        data = as_bytes(interchange(transaction(simple_body(1)), control=number)) if number else b'{"claim_id": "J1"}\n'
        (tmp_path / name).write_bytes(data)
    paths = [tmp_path / name for name in ("may.837", "june.txt", "claims.jsonl")]
    result = billing.validate(paths, kansas(), received="2026-11-22")
    files = dict(acknowledgement_files(result))
    assert list(files) == [f"{kind}/{name}.x12" for name in ("may", "june") for kind in ("ta1", "999", "277ca")]
    assert [texts(files[f"277ca/{name}.x12"], "IEA", "TRN")[-2:] for name in ("may", "june")] == [
        ["TRN*2*C0", f"IEA*1*00000000{number}"] for number in (1, 2)
    ]


def test_claims_that_did_not_come_as_x12_have_no_acknowledgement() -> None:
    assert list(acknowledgement_files(four_claims_result())) == []


def test_the_command_writes_them_beside_the_claims_for_their_owner_alone(tmp_path: Path) -> None:
    folder = sample(SAMPLES / "ks_chw.837").write(tmp_path / "out")
    assert {name for name in KINDS if (folder / name).is_file()} == set(KINDS)
    assert {(folder / name).stat().st_mode & 0o777 for name in KINDS} == {0o600}
