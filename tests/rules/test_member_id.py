from __future__ import annotations

import pytest
from pydantic import ValidationError

from billing.rules import member_id
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed


@pytest.mark.parametrize("given", ["00123456789", "AB12345C", "77", "1123", None, " "])
def test_an_id_of_letters_and_digits_or_an_absent_one_passes(given: str | None) -> None:
    assert judge(member_id, an_entry(member_id), placed(a_claim(member={"id": given}))) == []


@pytest.mark.parametrize(
    ("given", "shown"),
    [("000000000", "*****0000"), ("123-45-6789", "*******6789"), ("unknown", "***nown"), ("n/a", "***"), ("--", "**"),
     ("12#45678", "****5678"), ("0000", "****")],
)  # fmt: skip
def test_a_stand_in_for_an_id_is_a_finding_that_shows_no_more_than_four_characters(given: str, shown: str) -> None:
    rows = placed(a_claim(a_line(), a_line(line_number=2), member={"id": given}, frequency_code="8"))
    message = f"The member id {shown} is a stand-in or holds signs that no id has."
    assert judge(member_id, an_entry(member_id), rows) == [
        Found(None, "member_id_format", "fail", message, shown, None)
    ]


@pytest.mark.parametrize(("given", "messages"), [
    ("AB12345C", []),
    ("AB12345CD", ["The member id *****45CD does not have the shape of the state's ids."]),
    ("xAB12345C", ["The member id *****345C does not have the shape of the state's ids."]),
])  # fmt: skip
def test_the_whole_id_fits_a_states_pattern(given: str, messages: list[str]) -> None:
    entry = an_entry(member_id, pattern="[A-Z]{2}[0-9]{5}[A-Z]|never")
    assert [item.message for item in judge(member_id, entry, placed(a_claim(member={"id": given})))] == messages


def test_a_pattern_that_cannot_be_used_is_an_error() -> None:
    with pytest.raises(ValidationError, match="no regular expression that can be used"):
        an_entry(member_id, pattern="(?=A)")
