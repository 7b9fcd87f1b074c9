from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from billing.rules import ages, diagnoses, places
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"allowed": ["11", "12"]}, None), ({"refused": ["21"]}, None),
        ({"allowed": ["11", "99"]}, "Place 12 for 98960 U7; the program takes 11 or 99."),
        ({"refused": ["12", "21"]}, "Place 12 for 98960 U7; the program does not take it there."),
        ({"allowed": ["11", "12"], "refused": ["12"]}, "Place 12 for 98960 U7; the program takes 11."),
    ],
)  # fmt: skip
def test_a_place_is_allowed_and_not_refused(entry: dict[str, Any], message: str | None) -> None:
    found = judge(places, an_entry(places, **entry), placed(a_claim()))
    assert found == ([Found(1, "pos_not_allowed", "fail", message, "12", None)] if message else [])


def test_the_lines_place_beats_the_claims_and_an_absent_one_is_unknown() -> None:
    entry = an_entry(places, allowed=["12"])
    assert [item.found for item in judge(places, entry, placed(a_claim(a_line(place_of_service="11"))))] == ["11"]
    assert [item.verdict for item in judge(places, entry, placed(a_claim(place_of_service=None)))] == ["unknown"]


def test_an_entry_of_another_service_is_not_looked_at() -> None:
    assert judge(places, an_entry(places, allowed=["11"], services=["group"]), placed(a_claim())) == []


@pytest.mark.parametrize(
    ("kind", "message"),
    [(places, "name places"), (diagnoses, "name diagnoses"), (ages, "name an age")],
)
def test_an_entry_that_names_nothing_is_an_error(kind: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        an_entry(kind)
