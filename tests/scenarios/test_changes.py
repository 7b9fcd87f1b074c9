"""Values changed one at a time, over models that no rule kind has: what a new kind may bring is changed too."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

from billing.scenarios.changes import changes


class Part(BaseModel):
    amount: Decimal
    code: str = ""


class Fact(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    id: str = "rule"
    name: str = ""
    source: str = "s1"
    size_source: str = "s1"
    number: int | None = None
    least: Annotated[int, Field(ge=1)] | None = None
    amount: Decimal | None = None
    day: date | None = None
    year_begins: str | None = None
    flag: bool = False
    word: Literal["day", "week", "month", "year"] | None = None
    from_: Annotated[Literal["start", "end"], Field(alias="from")] = "start"
    codes: tuple[str, ...] = ()
    some: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    words: tuple[Literal["a", "b"], ...] = ()
    parts: tuple[Part, ...] = ()
    part: Part | None = None
    places: dict[str, int] = {}
    services: Literal["all"] | tuple[str, ...] = "all"
    medium: Literal["allowed", "refused"] | None = None
    assumed: str | None = None
    pattern: str | None = None
    numbers: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _a_week_needs_its_number(self) -> Fact:
        if self.word == "week" and self.number is None:
            raise ValueError("a week needs its number")
        return self


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({}, []),
        ({"id": "other", "name": "Other", "source": "s2", "size_source": "s2"}, []),
        ({"number": 4}, ["number: 4 -> 3", "number: 4 -> 5"]),
        ({"number": 0}, ["number: 0 -> -1", "number: 0 -> 1"]),
        ({"least": 1}, ["least: 1 -> 2"]),
        ({"amount": Decimal(4)}, ["amount: 4 -> 3", "amount: 4 -> 5"]),
        ({"amount": Decimal("11.97")}, ["amount: 11.97 -> 11.96", "amount: 11.97 -> 11.98"]),
        ({"day": date(2026, 3, 1)}, ["day: 2026-03-01 -> 2026-02-28", "day: 2026-03-01 -> 2026-03-02"]),
        ({"year_begins": "07-01"}, ["year_begins: 07-01 -> 06-30", "year_begins: 07-01 -> 07-02", "year_begins: 07-01 -> none"]),
        ({"flag": True}, ["flag: true -> false"]),
        ({"flag": False}, ["flag: false -> true"]),
        ({"word": "day"}, ["word: day -> month", "word: day -> none"]),
        ({"word": "month"}, ["word: month -> year", "word: month -> day", "word: month -> none"]),
        ({"word": "month", "number": 7}, ["number: 7 -> 6", "number: 7 -> 8", "word: month -> year", "word: month -> week", "word: month -> none"]),
        ({"medium": "refused"}, ["medium: refused -> allowed", "medium: refused -> none"]),
        ({"medium": "allowed"}, ["medium: allowed -> refused"]),
        ({"from": "start"}, ["from: start -> end"]),
        ({"codes": ("H0038", "98960")}, ["codes 0: without H0038", "codes 1: without 98960"]),
        ({"codes": ("F10-F19",)}, ["codes 0: without F10-F19", "codes 0: F10-F19 -> F09-F19", "codes 0: F10-F19 -> F11-F19", "codes 0: F10-F19 -> F10-F18", "codes 0: F10-F19 -> F10-F20"]),
        ({"codes": ("99203-99205",)}, ["codes 0: without 99203-99205", "codes 0: 99203-99205 -> 99202-99205", "codes 0: 99203-99205 -> 99204-99205", "codes 0: 99203-99205 -> 99203-99204", "codes 0: 99203-99205 -> 99203-99206"]),
        ({"some": ("a",)}, []),
        ({"some": ("a", "b")}, ["some 0: without a", "some 1: without b"]),
        ({"words": ("a", "b")}, ["words 0: without a", "words 1: without b"]),
        ({"numbers": (1, 2)}, ["numbers 0: without 1", "numbers 1: without 2"]),
        ({"parts": ({"amount": Decimal("2.5"), "code": "X"},)}, ["parts 0: off", "parts 0 amount: 2.5 -> 2.4", "parts 0 amount: 2.5 -> 2.6"]),
        ({"part": {"amount": Decimal(1)}}, ["part amount: 1 -> 0", "part amount: 1 -> 2", "part: -> none"]),
        ({"places": {"U7": 1}}, ["places U7: without U7", "places U7: 1 -> 0", "places U7: 1 -> 2"]),
        ({"services": "all"}, ["services: all -> first"]),
        ({"services": ("first", "third")}, ["services 0: without first", "services 1: without third", "services: -> all"]),
        ({"services": ("second",)}, ["services: -> all"]),
        ({"services": ("first", "second", "third")}, ["services 0: without first", "services 1: without second", "services 2: without third"]),
        ({"assumed": "read so"}, ["assumed: -> none"]),
        ({"pattern": "[0-9]+"}, ["pattern: [0-9]+ -> none"]),
    ],
)  # fmt: skip
def test_every_fact_that_is_stated_is_changed(stated: dict[str, Any], expected: list[str]) -> None:
    found = list(changes(Fact.model_validate(stated), ["first", "second", "third"]))
    assert [f"{' '.join(map(str, change.path))}: {change.words}" for change in found] == expected
    assert all(change.hint for change in found)


def test_a_change_leaves_everything_else_as_it_is() -> None:
    fact = Fact.model_validate({"number": 4, "from": "end", "parts": [{"amount": Decimal("1.50"), "code": "X"}]})
    found = [change.value for change in changes(fact)]
    assert [value for value in found if value == fact] == []
    assert found[0] == fact.model_copy(update={"number": 3})
    assert found[-1] == fact.model_copy(update={"parts": (Part(amount=Decimal("1.51"), code="X"),)})


def test_a_program_with_one_service_has_no_narrower_all() -> None:
    assert list(changes(Fact(services="all"), ["only"])) == []
