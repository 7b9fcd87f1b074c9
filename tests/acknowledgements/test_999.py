"""What the check against the guide found, and what could not be read, as TA1 and 999 say it."""

from __future__ import annotations

from typing import Any

import pytest

from billing.acknowledgements.outgoing import acknowledgement_files
from tests.acknowledgements.answers import SAMPLES, complaints, error, files_of, run, sample_files, texts
from tests.x12_files import as_bytes, billing_loop, claim, interchange, simple_body, subscriber_loop, transaction

# ---------------------------------------------------------------------------------------------- the check of the guide

BAD_DATE = error(
    set_position=23, loop="2400", segment_id="DTP", segment_error="8", element=3, data_element="1251", element_error="8",
    value="20261345", claim_key=0,
)  # fmt: skip


def answered(*errors: dict[str, Any]) -> list[str]:
    """Answer a file of two sets with two claims each, with these errors."""
    sets = (transaction(simple_body(2)), transaction(simple_body(2), "0002"))
    files = dict(acknowledgement_files(run(as_bytes(interchange(*sets)), syntax=list(errors))))
    assert complaints(files["999.x12"]) == []
    assert complaints(files["ta1.x12"]) == []
    return texts(files["ta1.x12"], "TA1") + texts(files["999.x12"], "AK2", "IK3", "CTX", "IK4", "IK5", "AK9")


TAKEN = "TA1*000000001*260601*1200*A*000"
SETS = ("AK2*837*0001*005010X222A1", "AK2*837*0002*005010X222A1")


def test_a_segment_with_errors_is_named_once_with_its_claim_and_each_of_its_elements() -> None:
    more = BAD_DATE | {
        "element": 2,
        "component": 1,
        "repeat": 3,
        "data_element": None,
        "element_error": "7",
        "value": "D9",
    }
    assert answered(BAD_DATE, more) == [
        TAKEN, SETS[0], "IK3*DTP*23*2400*8", "CTX*CLM01:C0", "IK4*3*1251*8*20261345", "IK4*2:1:3**7*D9", "IK5*E*5",
        SETS[1], "IK5*A", "AK9*E*2*2*2",
    ]  # fmt: skip


def test_a_missing_segment_has_its_code_and_the_loop_as_the_base_standard_names_it() -> None:
    missing = error(set_position=16, loop="2010BB", segment_id="NM1", segment_error="3", claim_key=0)
    assert answered(missing)[2:5] == ["IK3*NM1*16*2010*3", "CTX*CLM01:C0", "IK5*E*5"]


@pytest.mark.parametrize(
    "value",
    [
        {"value": "19900131", "is_private": True},
        {"value": "A:B"},
        {"value": "A^B"},
        {"value": "A\tB"},
        {"value": ""},
        {"value": None},
    ],
)
def test_a_value_that_is_a_members_or_would_break_the_segment_is_not_repeated(value: dict[str, Any]) -> None:
    assert answered(BAD_DATE | value)[4] == "IK4*3*1251*8"


def test_a_value_is_repeated_up_to_99_characters() -> None:
    assert answered(BAD_DATE | {"value": "X" * 120})[4] == "IK4*3*1251*8*" + "X" * 99


def test_a_claim_number_too_long_for_the_answer_is_left_out() -> None:
    long = "L" * 36
    body = billing_loop(1) + subscriber_loop(2, 1) + claim(long)
    files = files_of(transaction(body), syntax=[BAD_DATE])
    assert texts(files["999.x12"], "CTX") == []
    assert complaints(files["999.x12"]) == []


def test_a_refused_set_is_rejected_and_its_group_partly_accepted() -> None:
    wrong = error(unit="transaction", set_error="4", position=60)
    assert answered(wrong, BAD_DATE) == [
        TAKEN, SETS[0], "IK3*DTP*23*2400*8", "CTX*CLM01:C0", "IK4*3*1251*8*20261345", "IK5*R*5*4", SETS[1], "IK5*A",
        "AK9*P*2*2*1",
    ]  # fmt: skip


def test_a_group_whose_sets_are_all_refused_is_rejected() -> None:
    both = [error(unit="transaction", set_error="3", transaction=number) for number in (1, 2)]
    assert answered(*both) == [TAKEN, SETS[0], "IK5*R*3", SETS[1], "IK5*R*3", "AK9*R*2*2*0"]


def test_a_refused_group_takes_none_of_its_sets() -> None:
    wrong = error(unit="group", transaction=None, group_error="2")
    assert answered(wrong) == [TAKEN, SETS[0], "IK5*A", SETS[1], "IK5*A", "AK9*R*2*2*0*2"]


def test_an_error_of_the_group_that_refuses_nothing_is_said_at_its_end() -> None:
    assert answered(error(unit="element", transaction=None, group_error="5"))[-1] == "AK9*E*2*2*2*5"


@pytest.mark.parametrize(("unit", "status"), [("element", "E"), ("interchange", "R")])
def test_an_error_of_the_interchange_is_said_in_the_ta1(unit: str, status: str) -> None:
    wrong = error(unit=unit, group=None, transaction=None, interchange_error="021")
    assert answered(wrong)[0] == f"TA1*000000001*260601*1200*{status}*021"


def test_what_is_only_a_note_leaves_no_trace() -> None:
    assert answered(BAD_DATE | {"severity": "note"}) == [TAKEN, SETS[0], "IK5*A", SETS[1], "IK5*A", "AK9*A*2*2*2"]


def test_an_error_belongs_to_its_own_interchange_group_and_set() -> None:
    second = interchange(transaction(simple_body(1)), control="000000002")
    data = as_bytes([*interchange(transaction(simple_body(1))), *second])
    where = {"interchange": 2, "group": 1, "transaction": 1}
    files = dict(
        acknowledgement_files(
            run(
                data,
                syntax=[
                    BAD_DATE | where,
                    error(group=None, transaction=None, interchange=2, unit="element", interchange_error="001"),
                ],
            )
        )
    )
    assert texts(files["ta1.x12"], "TA1") == [TAKEN, "TA1*000000002*260601*1200*E*001"]
    assert texts(files["999.x12"], "IK5", "AK9") == ["IK5*A", "AK9*A*1*1*1", "IK5*E*5", "AK9*E*1*1*1"]
    assert all(complaints(content) == [] for content in files.values())


# ------------------------------------------------------------------------------------------------------- not readable


def test_an_unreadable_claim_is_said_in_the_999_and_counted_with_the_submitter() -> None:
    body = billing_loop(1) + subscriber_loop(2, 1) + claim("C1") + subscriber_loop(3, 1)
    body += [segment for segment in claim("C2") if not segment.startswith("SV1")]
    files = files_of(transaction(body), syntax=[])
    assert texts(files["999.x12"], "IK3", "IK5", "AK9") == ["IK3*CLM*34*2400*8", "IK5*E*5", "AK9*E*1*1*1"]
    assert texts(files["277ca.x12"], "STC", "QTY", "AMT")[:6] == [
        "STC*A1:19:PR*20261122*WQ*46", "STC*A3:481:41*20261122*U*46", "QTY*90*1", "QTY*AA*1", "AMT*YU*46", "AMT*YY*46",
    ]  # fmt: skip
    assert all(complaints(content) == [] for content in files.values())


def test_an_unreadable_claim_that_the_check_of_the_guide_names_is_not_said_twice() -> None:
    body = billing_loop(1) + subscriber_loop(2, 1) + claim("C1") + subscriber_loop(3, 1)
    body += [segment for segment in claim("C2") if not segment.startswith("SV1")]
    missing = error(position=41, set_position=39, loop="2400", segment_id="SV1", segment_error="3")
    files = files_of(transaction(body), syntax=[missing])
    assert texts(files["999.x12"], "IK3") == ["IK3*SV1*39*2400*3"]


def test_a_set_without_a_readable_claim_is_rejected_and_has_no_277ca() -> None:
    body = [segment for segment in simple_body(2) if not segment.startswith("SV1")]
    files = files_of(transaction(body), syntax=[])
    assert list(files) == ["ta1.x12", "999.x12"]
    assert texts(files["999.x12"], "IK5", "AK9") == ["IK5*R*5", "AK9*R*1*1*0"]


def test_a_set_of_another_kind_is_rejected_as_not_supported() -> None:
    other = ["ST*835*0002", "BPR*I", "SE*3*0002"]
    files = files_of(transaction(simple_body(1)), other, syntax=[])
    assert texts(files["999.x12"], "AK2", "IK5", "AK9") == [
        "AK2*837*0001*005010X222A1", "IK5*A", "AK2*835*0002", "IK5*R*1", "AK9*P*2*2*1",
    ]  # fmt: skip
    assert complaints(files["999.x12"]) == []


def test_the_sample_of_broken_claims_has_each_of_its_defects_in_the_999() -> None:
    answer = sample_files(SAMPLES / "shapes" / "broken_claims.837")["999.x12"]
    assert texts(answer, "IK3", "CTX", "IK4", "IK5") == [
        "IK3*CLM*35*2300*8", "IK4*1*1028*1",
        "IK3*CLM*65*2300*8", "IK4*2*782*6*2E1",
        "IK3*SV1*85*2400*8", "IK4*2*782*6*23,00",
        "IK3*SV1*100*2400*3",
        "IK3*CLN*117*2400*1", "IK3*HI*118*2400*2",
        "IK3*DTP*138*2400*8", "CTX*CLM01:KS000009", "IK4*3*1251*8*20261345",
        "IK3*SV1*152*2400*8", "CTX*CLM01:KS000010", "IK4*4*380*6*ONE",
        "IK5*E*5",
    ]  # fmt: skip


def test_trailers_that_count_wrong_or_are_missing_are_said_where_they_stand() -> None:
    files = sample_files(SAMPLES / "shapes" / "trailer_errors.837")
    assert texts(files["999.x12"], "IK5", "AK9") == ["IK5*R*4", "AK9*R*2*1*0*5"]
    assert texts(files["ta1.x12"], "TA1") == ["TA1*000000001*261122*0800*R*023"]
