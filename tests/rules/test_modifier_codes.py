from __future__ import annotations

import pytest

from billing.rules import modifier_codes
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed

PRACTICE = "review"


@pytest.mark.parametrize("modifiers", [[], ["U7"], ["U7", "HQ", "95", "59"], ["U7", ""], ["U7", "", ""]])
def test_up_to_four_modifiers_of_two_characters_pass(modifiers: list[str]) -> None:
    assert judge(modifier_codes, an_entry(modifier_codes), placed(a_claim(a_line(modifiers=modifiers)))) == []


@pytest.mark.parametrize(
    ("modifiers", "message"),
    [
        (["u7", "HQ", "H"], "u7, H is not two capitals or digits."),
        (["U7", "", "HQ"], "An empty modifier stands before a filled one."),
        (["U1", "U2", "U3", "U4", "U5"], "5 modifiers; a line holds four."),
        ([" ", "U7"], "  is not two capitals or digits."),
        (["", "u7"], "u7 is not two capitals or digits. An empty modifier stands before a filled one."),
    ],
)
def test_all_that_is_wrong_with_the_modifiers_of_a_line_is_one_finding(modifiers: list[str], message: str) -> None:
    found = judge(modifier_codes, an_entry(modifier_codes), placed(a_claim(a_line(modifiers=modifiers))))
    assert found == [Found(1, "invalid_modifier", "fail", message, ", ".join(modifiers), None)]


def test_a_repeated_modifier_is_looked_at_by_a_person() -> None:
    found = judge(modifier_codes, an_entry(modifier_codes), placed(a_claim(a_line(modifiers=["HQ", "U7", "HQ"]))))
    message = "HQ stands on the line more than once."
    assert found == [Found(1, "duplicate_modifier", "fail", message, "HQ, U7, HQ", PRACTICE)]
