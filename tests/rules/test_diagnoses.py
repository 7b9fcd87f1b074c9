from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from billing.rules import diagnoses
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed


@pytest.mark.parametrize(
    "entry",
    [
        {"any_of": ["F10-F19", "F33"]}, {"any_of": ["F30-F33"]}, {"any_of": ["F33-F39"]},
        {"any_of": ["Z59.0"]}, {"any_of": ["F33.0"], "look_at": "first"}, {"any_of": ["F330"], "look_at": "pointed"},
        {"excluded": ["F34-F39"]},
    ],
)  # fmt: skip
def test_one_diagnosis_in_a_range_is_enough(entry: dict[str, Any]) -> None:
    assert judge(diagnoses, an_entry(diagnoses, **entry), placed(a_claim())) == []


@pytest.mark.parametrize(
    ("entry", "message", "found"),
    [
        ({"any_of": ["F10-F19", "F34-F39"]},
         "98960 U7 is covered for F10-F19 or F34-F39; the claim's diagnoses: F330, Z590.", "F330, Z590"),
        ({"any_of": ["F33.01"]}, "98960 U7 is covered for F33.01; the claim's diagnoses: F330, Z590.", "F330, Z590"),
        ({"any_of": ["Z59"], "look_at": "first"}, "98960 U7 is covered for Z59; the first diagnosis: F330.", "F330"),
        ({"any_of": ["Z55-Z65"], "look_at": "pointed"},
         "98960 U7 is covered for Z55-Z65; the line's diagnoses: F330.", "F330"),
        ({"excluded": ["Z59"]}, "98960 U7 is not covered for Z590.", "F330, Z590"),
        ({"any_of": ["F10"], "excluded": ["F33"]},
         "98960 U7 is covered for F10; the claim's diagnoses: F330, Z590. 98960 U7 is not covered for F330.",
         "F330, Z590"),
    ],
)  # fmt: skip
def test_diagnoses_outside_the_ranges_or_excluded_are_one_finding(
    entry: dict[str, Any], message: str, found: str
) -> None:
    rows = placed(a_claim())
    assert judge(diagnoses, an_entry(diagnoses, **entry), rows) == [
        Found(1, "dx_not_covered", "fail", message, found, None)
    ]


@pytest.mark.parametrize(
    ("claim", "line"), [({"diagnoses": []}, {}), ({}, {"diagnosis_pointers": []}), ({}, {"diagnosis_pointers": [0, 3]})]
)
def test_a_line_that_points_to_no_diagnosis_is_left_to_the_rules_on_every_claim(
    claim: dict[str, Any], line: dict[str, Any]
) -> None:
    entry = an_entry(diagnoses, any_of=["F10"], look_at="pointed")
    assert judge(diagnoses, entry, placed(a_claim(a_line(**line), **claim))) == []


@pytest.mark.parametrize("text", ["F1", "F19-F10", "F10-F191", "f10", "F10 to F19"])
def test_a_range_that_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(ValidationError, match="a range is written F10-F19"):
        an_entry(diagnoses, any_of=[text])
