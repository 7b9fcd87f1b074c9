from __future__ import annotations

import pytest

from billing.rules import claim_frequency
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed

EARLIER_NUMBER = "Frequency 1 with the payer's number of an earlier claim; payers read that number on 7 and 8 only."


@pytest.mark.parametrize(("code", "number"), [("1", None), (None, None), ("7", "X1"), ("8", "X1"), (None, "X1")])
def test_a_frequency_code_with_the_number_it_needs_passes(code: str | None, number: str | None) -> None:
    rows = placed(a_claim(frequency_code=code, original_claim_id=number))
    assert judge(claim_frequency, an_entry(claim_frequency), rows) == []


@pytest.mark.parametrize(
    ("code", "number", "expected"),
    [
        ("6", "X1", ("frequency_code_invalid", "Frequency code 6 stands on the claim; 1, 7 or 8 is used.", "6", None)),
        ("7", None, ("replacement_without_original",
                     "Frequency 7 without the payer's number of the claim it corrects.", "no number", "review")),
        ("8", " ", ("replacement_without_original",
                    "Frequency 8 without the payer's number of the claim it corrects.", "no number", "review")),
        ("1", "X1", ("original_with_claim_number", EARLIER_NUMBER, "X1", "review")),
    ],
)  # fmt: skip
def test_a_frequency_code_that_does_not_fit_its_number_is_a_finding(
    code: str, number: str | None, expected: tuple[str, str, str, str | None]
) -> None:
    rows = placed(a_claim(a_line(), a_line(line_number=2), frequency_code=code, original_claim_id=number))
    cause, message, found, at_most = expected
    assert judge(claim_frequency, an_entry(claim_frequency), rows) == [
        Found(None, cause, "fail", message, found, at_most)
    ]
