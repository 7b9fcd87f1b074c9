"""The keys of program files with their types in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from billing.policy.conditions import Conditions
from billing.policy.keys import Key, keys_of
from billing.policy.schema import Code, PolicyEntry


class Inner(BaseModel):
    least: Annotated[int, Field(ge=1)] | None = None


class Entry(PolicyEntry):
    """An entry.

    Attributes:
        at_most: The limit,
            in units.
    """

    at_most: Annotated[Decimal, Field(ge=0, le=10_000)]
    per: Literal["day", "week", "lifetime"] = "day"
    from_: Annotated[int | None, Field(alias="from")] = None
    codes: tuple[Code, ...] = ("1", "7")
    code: Code | None = None
    names: tuple[str, ...] = ()
    each: bool = False
    inner: Inner | None = None
    inners: tuple[Inner, ...] = ()
    places: dict[str, int] | None = None
    narrowed: Conditions | None = None
    above: Annotated[int, Field(gt=0, lt=5)] = 1
    odd: Any = None


def test_each_key_is_told_with_its_type_and_what_it_is_when_left_out() -> None:
    assert list(keys_of(Entry, without=PolicyEntry)) == [
        Key("at_most", "number, 0 or more, at most 10,000", is_needed=True, default="", meaning="The limit, in units."),
        Key("per", "day, week or lifetime", is_needed=False, default="day", meaning=""),
        Key("from", "whole number", is_needed=False, default="", meaning=""),
        Key("codes", "list of codes", is_needed=False, default="1, 7", meaning=""),
        Key("code", "code", is_needed=False, default="", meaning=""),
        Key("names", "list of texts", is_needed=False, default="", meaning=""),
        Key("each", "true or false", is_needed=False, default="false", meaning=""),
        Key("inner", "map: least (whole number, 1 or more)", is_needed=False, default="", meaning=""),
        Key("inners", "list of maps: least (whole number, 1 or more)", is_needed=False, default="", meaning=""),
        Key("places", "map of text to whole number", is_needed=False, default="", meaning=""),
        Key("narrowed", "conditions", is_needed=False, default="", meaning=""),
        Key("above", "whole number, above 0, below 5", is_needed=False, default="1", meaning=""),
        Key("odd", "text", is_needed=False, default="", meaning=""),
    ]


def test_the_keys_of_a_base_are_told_where_they_are_not_left_out() -> None:
    assert [key.name for key in keys_of(Entry)][:3] == ["id", "services", "source"]
    assert next(keys_of(PolicyEntry)) == Key(
        "id", "text", is_needed=True, default="", meaning="Its name in the block; the path is `<program>.<kind>.<id>`."
    )


@pytest.mark.parametrize("key", list(keys_of(PolicyEntry)), ids=lambda key: key.name)
def test_every_key_of_every_entry_has_a_meaning(key: Key) -> None:
    assert key.meaning
