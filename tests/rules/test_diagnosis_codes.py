from __future__ import annotations

import pytest

from billing.rules import diagnosis_codes
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed

PRACTICE = "review"


@pytest.mark.parametrize("diagnosis", ["F330", "C4A", "Z3A11", "S72001A", "U071", "QA0", "QA00101"])
def test_a_diagnosis_of_three_to_seven_characters_passes(diagnosis: str) -> None:
    assert judge(diagnosis_codes, an_entry(diagnosis_codes), placed(a_claim(diagnoses=[diagnosis]))) == []


def test_small_letters_beside_a_misshapen_diagnosis_are_said_with_it() -> None:
    found = judge(diagnosis_codes, an_entry(diagnosis_codes), placed(a_claim(diagnoses=["f330", "z59.0"])))
    assert [item.message for item in found] == [
        "z59.0 on the claim; an ICD-10-CM code has 3 to 7 characters and no dot. f330 is sent in capitals."
    ]


def test_misshapen_diagnoses_are_one_finding_that_lists_them() -> None:
    found = judge(
        diagnosis_codes,
        an_entry(diagnosis_codes),
        placed(a_claim(diagnoses=["F33.0", "Z590", "F3", "S72001AB", "FB3"])),
    )
    message = "F33.0, F3, S72001AB, FB3 on the claim; an ICD-10-CM code has 3 to 7 characters and no dot."
    assert found == [Found(None, "dx_invalid", "fail", message, "F33.0, F3, S72001AB, FB3", None)]


@pytest.mark.parametrize(
    ("diagnoses", "found"),
    [
        (["f330", "Z590"], ("dx_letter_case", "f330 on the claim; diagnoses are sent in capitals.", "f330", PRACTICE)),
        (["F330", "Z590", "F330"],
         ("dx_repeated", "F330 stands among the diagnoses more than once.", "F330", PRACTICE)),
        ([f"F{number}" for number in range(10, 22)], None),
        ([f"F{number}" for number in range(10, 23)],
         ("too_many_diagnoses", "13 diagnoses on the claim; it holds 12.", "13", None)),
    ],
)  # fmt: skip
def test_small_letters_repeats_and_a_thirteenth_diagnosis_are_findings(
    diagnoses: list[str], found: tuple[str, str, str, str | None] | None
) -> None:
    rows = placed(a_claim(a_line(), a_line(line_number=2), diagnoses=diagnoses))
    expected = [] if found is None else [Found(None, found[0], "fail", *found[1:])]
    assert judge(diagnosis_codes, an_entry(diagnosis_codes), rows) == expected
