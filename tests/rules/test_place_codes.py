from __future__ import annotations

import pytest

from billing.rules import place_codes
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed


def test_a_place_that_is_no_code_is_told_once_for_the_claim_and_for_each_line_of_its_own() -> None:
    entry = an_entry(place_codes, codes=["02", "12"])
    lines = (a_line(), a_line(line_number=2, place_of_service="12"), a_line(line_number=3, place_of_service="77"))
    found = judge(place_codes, entry, placed(a_claim(*lines, place_of_service="2")))
    assert found == [
        Found(None, "pos_invalid", "fail", "Place of service 2 is not a code in use.", "2", None),
        Found(3, "pos_invalid", "fail", "Place of service 77 is not a code in use.", "77", None),
    ]


@pytest.mark.parametrize("place", ["02", "12", None, ""])
def test_a_place_in_use_or_an_absent_one_passes(place: str | None) -> None:
    assert judge(place_codes, an_entry(place_codes, codes=["02", "12"]), placed(a_claim(place_of_service=place))) == []
