"""Conditions that narrow an entry: a closed map, all of it must hold; `any` takes a list of such maps.

`holds` turns them into an expression over rows, `in_words` into a phrase for people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from billing.periods import completed_years


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

    def needs(self) -> tuple[str, ...]:
        """Name the row columns without which they may not be decided."""
        has_age = self.age_under is not None or self.age_at_least is not None
        columns = ["member_birth_date", "service_date"] if has_age else []
        columns += ["place_of_service"] if self.place_of_service else []
        for branch in self.any:
            columns += branch.needs()
        return tuple(dict.fromkeys(columns))


def holds(conditions: Conditions) -> pl.Expr:
    """Tell on which rows the conditions hold.

    Args:
        conditions: What must hold; an empty map holds everywhere.

    Returns:
        Boolean over the rows of `billing/rows.py`. Null where it cannot be decided: an age without a birth date or
        service date, a place where none is given. One condition that fails decides, whatever the others are.
    """
    return pl.all_horizontal([pl.lit(value=True), *_parts(conditions)])


def _parts(conditions: Conditions) -> Iterator[pl.Expr]:
    age = completed_years(pl.col("member_birth_date"), pl.col("service_date"))
    if conditions.age_under is not None:
        yield age < conditions.age_under
    if conditions.age_at_least is not None:
        yield age >= conditions.age_at_least
    if conditions.place_of_service:
        yield pl.col("place_of_service").is_in(list(conditions.place_of_service))
    if conditions.modifiers_any:
        yield _has_any(conditions.modifiers_any)
    if conditions.modifiers_none:
        yield ~_has_any(conditions.modifiers_none)
    if conditions.any:
        yield pl.any_horizontal([holds(branch) for branch in conditions.any])


def _has_any(modifiers: Iterable[str]) -> pl.Expr:
    return pl.any_horizontal([pl.col("modifiers").list.contains(modifier) for modifier in modifiers])


def in_words(conditions: Conditions) -> str:
    """Put the conditions into a phrase: `for members under 21, at place of service 02 or 10`; empty when none."""
    return ", ".join(_phrases(conditions))


def _phrases(conditions: Conditions) -> Iterator[str]:
    under, least = conditions.age_under, conditions.age_at_least
    if least is not None and under is not None:
        yield f"for members from {least} years until the day before they turn {under}"
    elif under is not None:
        yield f"for members under {under}"
    elif least is not None:
        yield f"for members of {least} years or more"
    if conditions.place_of_service:
        yield f"at place of service {_either(conditions.place_of_service)}"
    if conditions.modifiers_any:
        yield f"with modifier {_either(conditions.modifiers_any)}"
    if conditions.modifiers_none:
        yield f"without modifier {_either(conditions.modifiers_none)}"
    if conditions.any:
        yield " or ".join(f"({in_words(branch) or 'always'})" for branch in conditions.any)


def _either(codes: Iterable[str]) -> str:
    *others, last = codes
    return f"{', '.join(others)} or {last}" if others else last
