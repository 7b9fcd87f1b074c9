from __future__ import annotations

import pytest

from billing.rules import diagnosis_pointers
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed

PRACTICE = "review"


@pytest.mark.parametrize("pointers", [[1], [2, 1]])
def test_a_pointer_within_the_diagnoses_passes(pointers: list[int]) -> None:
    rows = placed(a_claim(a_line(diagnosis_pointers=pointers)))
    assert judge(diagnosis_pointers, an_entry(diagnosis_pointers), rows) == []


@pytest.mark.parametrize(
    ("pointers", "message"),
    [
        ([3], "It points to 3; the claim has 2 diagnoses."),
        ([1, 0], "It points to 1, 0; the claim has 2 diagnoses."),
        ([1, 2, 3, 4, 5], "It points to 1, 2, 3, 4, 5; the claim has 2 diagnoses. 5 pointers; a line holds 4."),
    ],
)
def test_a_pointer_past_the_diagnoses_is_a_finding(pointers: list[int], message: str) -> None:
    rows = placed(a_claim(a_line(diagnosis_pointers=pointers)))
    shown = ", ".join(str(pointer) for pointer in pointers)
    found = judge(diagnosis_pointers, an_entry(diagnosis_pointers), rows)
    assert found == [Found(1, "dx_pointer_invalid", "fail", message, shown, None)]


def test_a_pointer_of_a_claim_with_one_diagnosis_is_said_in_the_singular() -> None:
    rows = placed(a_claim(a_line(diagnosis_pointers=[2]), diagnoses=["F330"]))
    found = judge(diagnosis_pointers, an_entry(diagnosis_pointers), rows)
    assert [item.message for item in found] == ["It points to 2; the claim has 1 diagnosis."]


def test_a_pointer_that_cannot_be_read_is_quoted() -> None:
    malformed = [{"line_number": 1, "column": "diagnosis_pointers", "text": "A"}]
    rows = placed(a_claim(a_line(diagnosis_pointers=[]), malformed=malformed))
    found = judge(diagnosis_pointers, an_entry(diagnosis_pointers), rows)
    assert found == [Found(1, "dx_pointer_invalid", "fail", "The pointer A is not a whole number.", "A", None)]


def test_the_same_pointer_twice_is_looked_at_by_a_person() -> None:
    rows = placed(a_claim(a_line(diagnosis_pointers=[1, 1])))
    found = judge(diagnosis_pointers, an_entry(diagnosis_pointers), rows)
    message = "The line points to the same diagnosis twice: 1, 1."
    assert found == [Found(1, "dx_pointer_repeated", "fail", message, "1, 1", PRACTICE)]


@pytest.mark.parametrize("values", [{"diagnoses": []}, {"lines": [a_line(diagnosis_pointers=[])]}])
def test_a_claim_without_diagnoses_or_pointers_is_left_to_required_fields(values: dict[str, object]) -> None:
    assert judge(diagnosis_pointers, an_entry(diagnosis_pointers), placed(a_claim(**values))) == []
