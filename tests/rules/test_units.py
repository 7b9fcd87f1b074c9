from __future__ import annotations

import pytest

from billing.rules import units
from tests.rules.harness import Found, a_claim, a_fact, a_line, an_entry, judge, placed


@pytest.mark.parametrize(
    ("number", "found"),
    [
        ("4", None), ("4.000", None), (None, None),
        ("0", ("units_invalid", "0 units; a line bills more than none.", "0")),
        ("-1.5", ("units_invalid", "-1.5 units; a line bills more than none.", "-1.5")),
        ("0.5", ("units_fractional", "0.5 units; whole units are billed.", "0.5")),
        ("10.25", ("units_fractional", "10.25 units; whole units are billed.", "10.25")),
    ],
)  # fmt: skip
def test_units_are_whole_and_above_zero(number: str | None, found: tuple[str, str, str] | None) -> None:
    rows = placed(a_claim(a_line(units=number)))
    expected = [] if found is None else [Found(1, found[0], "fail", found[1], found[2], None)]
    assert judge(units, an_entry(units), rows) == expected


@pytest.mark.parametrize(("number", "messages"), [("2.5", []), ("2.25", ["2.25 units; units have at most 1 decimal."])])
def test_a_program_may_count_tenths(number: str, messages: list[str]) -> None:
    rows = placed(a_claim(a_line(units=number)))
    assert [item.message for item in judge(units, an_entry(units, decimals=1), rows)] == messages


def test_parts_of_a_unit_are_only_practice_where_no_program_says_so() -> None:
    entry = an_entry(units, decimals=2).entry
    found = judge(units, a_fact(entry, program="national"), placed(a_claim(a_line(units="0.125"))))
    assert [(item.message, item.at_most) for item in found] == [
        ("0.125 units; units have at most 2 decimals.", "review")
    ]


def test_units_that_cannot_be_read_are_quoted() -> None:
    malformed = [{"line_number": 1, "column": "units", "text": "4x"}]
    found = judge(units, an_entry(units), placed(a_claim(a_line(units=None), malformed=malformed)))
    message = "The units 4x are not a number with at most three decimals."
    assert found == [Found(1, "units_invalid", "fail", message, "4x", None)]


def test_minutes_in_the_place_of_units_are_looked_at() -> None:
    found = judge(
        units, an_entry(units), placed(a_claim(a_line(unit_basis="MJ"), a_line(line_number=2, unit_basis=None)))
    )
    message = "The quantity is counted in MJ; these services are billed in UN, units."
    assert found == [Found(1, "unit_basis_invalid", "fail", message, "MJ", "review")]
