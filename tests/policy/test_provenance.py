"""Why findings of a fact are at most `review`."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from billing.policy.provenance import caps
from billing.policy.schema import Source


def a_source(**values: Any) -> Source:
    stated = {"title": "A", "publisher": "B", "form": "bulletin", "dated": "2023-06-29", "official": True, **values}
    return Source.model_validate({"read_on": date(2026, 11, 22), **stated})


@pytest.mark.parametrize(
    ("values", "reasons"),
    [
        ({}, ()),
        ({"dated": "2019"}, ()),
        ({"dated": None}, ("its source carries no date",)),
        ({"form": "manual", "dated": None}, ("its source carries no date",)),
        ({"form": "page", "dated": None}, ("its source carries no date",)),
        ({"form": "statute", "dated": None}, ()),
        ({"form": "regulation", "dated": None}, ()),
        ({"form": "standard", "dated": None}, ()),
        ({"form": "article"}, ("its source is an article",)),
        ({"form": "practice", "dated": None}, ("it rests on common practice, not on a published rule",)),
        ({"official": False}, ("its source is unofficial",)),
        ({"historical": True}, ("its source is historical",)),
        ({"form": "article", "official": False, "historical": True, "dated": None},
         ("its source is unofficial", "its source is an article", "its source is historical")),
    ],
)  # fmt: skip
def test_a_source_caps_when_it_is_not_official_and_current(values: dict[str, Any], reasons: tuple[str, ...]) -> None:
    assert caps(a_source(**values)) == reasons


def test_a_reading_caps_and_is_named() -> None:
    assert caps(a_source(), "a month is a calendar month") == ("it rests on a reading: a month is a calendar month",)


@pytest.mark.parametrize(
    ("status", "reasons"),
    [
        ("in_force", ()),
        ("historical", ("its program is historical, not known to be current",)),
        ("proposed", ("its program is proposed, not in force",)),
        ("incomplete", ("its program is incomplete",)),
    ],
)
def test_a_program_that_is_not_in_force_caps(status: Any, reasons: tuple[str, ...]) -> None:
    assert caps(a_source(), None, status) == reasons
