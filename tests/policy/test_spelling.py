"""Entries of kinds that put nothing into words themselves are spelled out: plain, and never in machine words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pytest

from billing.policy.conditions import Conditions
from billing.policy.schema import PolicyEntry, PolicyModel, Rate, Service
from billing.policy.spelling import spelled_out

FIRST = Service(id="first", procedure="G0019", source="s")
FURTHER = Service(id="further", procedure="G0022", unit_minutes=30, source="s",
                  rates=(Rate(amount=Decimal("49.45"), effective=date(2024, 1, 1), ended=date(2024, 12, 31), source="s"),
                         Rate(amount=Decimal("50.00"), effective=date(2025, 1, 1), source="s")))  # fmt: skip


class Time(PolicyModel):
    within: int
    unit: str


class Entry(PolicyEntry):
    video: Literal["allowed", "refused"] | None = None
    needs_services: tuple[str, ...] = ()
    not_with: Literal["all"] | tuple[str, ...] | None = None
    within: str | None = None
    length: int | None = None
    at_most: Decimal | None = None
    measure: str | None = None
    per: str | None = None
    at_most_workers: int | None = None
    start_within_days: int | None = None
    excluded_types: frozenset[str] = frozenset()
    order_source: str | None = None
    assumed_pooled: str | None = None
    on_claim: bool = False
    from_: str | None = None
    never_after: Time | None = None
    parts: dict[str, int] | None = None
    holidays: tuple[date, ...] = ()
    unless: Conditions | None = None


class Needed(PolicyEntry):
    required: bool = True


def said(kind: str = "some_kind", **entry: Any) -> str:
    made = Entry(id="x", source="s", **entry)
    return spelled_out(kind, made, (FIRST, FURTHER), otherwise="What the kind finds")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"video": "allowed"}, "video allowed"),
        ({"needs_services": ["first", "further"]}, "needs services G0019 and G0022"),
        ({"not_with": "all"}, "not with all"),
        ({"not_with": ["first"]}, "not with G0019"),
        ({"within": "same_month", "length": 12}, "within same month; length 12"),
        (
            {"at_most": "2.50", "measure": "hours", "per": "state_fiscal_year"},
            "at most 2.5 hours per state fiscal year",
        ),
        ({"at_most_workers": 8}, "at most 8 workers"),
        ({"start_within_days": 30}, "start within 30 days"),
        ({"start_within_days": 1}, "start within 1 day"),
        ({"excluded_types": ["RHC", "FQHC"]}, "excluded types FQHC, RHC"),
        ({"on_claim": True}, "on claim"),
        ({"at_most": "0", "measure": "units"}, "at most 0 units"),
        ({"from_": "service_month_end"}, "from service month end"),
        ({"never_after": {"within": 210, "unit": "days"}}, "never after within 210 days"),
        ({"parts": {"one": 1}}, "parts one 1"),
        ({"holidays": [date(2026, 12, 25)]}, "holidays 2026-12-25"),
    ],
)
def test_a_field_is_named_and_told(entry: dict[str, Any], words: str) -> None:
    assert said(**entry) == f"Some kind: {words}."


def test_sources_readings_and_conditions_are_told_elsewhere() -> None:
    words = said(order_source="s2", assumed_pooled="a reading", unless={"age_under": 21}, on_claim=True)
    assert words == "Some kind: on claim."


@pytest.mark.parametrize(("required", "words"), [(True, "Papers: required."), (False, "Papers: not required.")])
def test_what_is_so_unless_it_is_denied_is_told_both_ways(required: bool, words: str) -> None:
    made = Needed(id="x", source="s", required=required)
    assert spelled_out("papers", made, (), otherwise="") == words


def test_an_entry_that_states_nothing_is_told_by_its_kind() -> None:
    assert said() == "What the kind finds."


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("unit_minutes", "G0022: unit 30 minutes."),
        ("rates", "G0022: rates amount 49.45, 2024-01-01 to 2024-12-31, amount 50, from 2025-01-01."),
        ("covered_services", "G0022: covered services."),
    ],
)
def test_a_kind_that_looks_at_services_tells_the_value_it_is_named_for(kind: str, words: str) -> None:
    assert spelled_out(kind, FURTHER, (FIRST, FURTHER), otherwise="") == words
