"""Conditions that narrow an entry: a closed map, all of it must hold; `any` takes a list of such maps."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Conditions(BaseModel):
    """A closed map of conditions on a row; all that are given must hold.

    Attributes:
        age_under: Completed years on the first service day are below this.
        age_at_least: Completed years are this or more.
        place_of_service: The line's (else the claim's) place is one of these.
        modifiers_any: At least one of these stands on the line.
        modifiers_none: None of these stands on the line.
        any: At least one of these maps holds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    age_under: Annotated[int, Field(ge=0)] | None = None
    age_at_least: Annotated[int, Field(ge=0)] | None = None
    place_of_service: tuple[str, ...] = ()
    modifiers_any: tuple[str, ...] = ()
    modifiers_none: tuple[str, ...] = ()
    any: tuple[Conditions, ...] = ()
