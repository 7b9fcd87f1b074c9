from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from billing.rules import ages
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed


def test_an_age_range_upside_down_is_an_error() -> None:
    with pytest.raises(ValidationError, match="min is above max"):
        an_entry(ages, min=21, max=20)


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        ("2008-05-05", "2026-05-05", None), ("2008-05-06", "2026-05-05", 17), ("2005-05-06", "2026-05-05", None),
        ("2005-05-05", "2026-05-05", 21), ("2008-02-29", "2026-02-28", 17), ("2008-02-29", "2026-03-01", None),
        ("2026-05-06", "2026-05-05", None),
    ],
)  # fmt: skip
def test_ages_are_completed_years_on_the_first_day(born: str, on: str, years: int | None) -> None:
    member = {"id": "1", "birth_date": born}
    rows = placed(a_claim(a_line(service_date=on, service_end_date="2026-12-01"), member=member))
    message = f"The member is {years} years old on {on}; the service is for ages 18 to 20."
    expected = [Found(1, "age_out_of_range", "fail", message, str(years), None)] if years else []
    assert judge(ages, an_entry(ages, min=18, max=20), rows) == expected


@pytest.mark.parametrize(("limits", "words"), [({"min": 40}, "40 and over"), ({"max": 1}, "up to 1")])
def test_an_age_limit_may_have_one_end_only(limits: dict[str, int], words: str) -> None:
    found = judge(ages, an_entry(ages, **limits), placed(a_claim()))
    assert [item.message for item in found] == [
        f"The member is 36 years old on 2026-05-05; the service is for ages {words}."
    ]


@pytest.mark.parametrize(("claim", "line"), [({"member": {"id": "1"}}, {}), ({}, {"service_date": None})])
def test_without_a_birth_date_or_a_service_date_the_age_is_unknown(claim: dict[str, Any], line: dict[str, Any]) -> None:
    found = judge(ages, an_entry(ages, min=18), placed(a_claim(a_line(**line), **claim)))
    assert [item.verdict for item in found] == ["unknown"]
