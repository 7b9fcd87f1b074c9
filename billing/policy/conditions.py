"""Conditions that narrow an entry: a closed map, all of it must hold; `any` and `none` take lists of such maps.

`holds` turns them into an expression over rows, `in_words` into a phrase for people. Answers have three values: what
cannot be decided is null, and a part that decides by itself decides whatever the others are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, Self

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from billing.diagnosis_ranges import DiagnosisRange, in_any
from billing.periods import completed_years

CLAIM_SAYS = {
    "place_of_service": "place_of_service",
    "payers": "payer_id",
    "diagnoses_any": "diagnoses",
}
"""Conditions that a claim should decide, and the row column they are decided by."""
MEMBERS_FILE_SAYS = {"benefit_plans": "benefit_plan", "counties": "county"}
"""Conditions that only the members file decides, and its column."""
_SEXES = {"F": "female", "M": "male"}


class Conditions(BaseModel):
    """A closed map of conditions on a row; all that are given must hold.

    Attributes:
        age_under: Completed years on the first service day are below this.
        age_at_least: Completed years are this or more.
        pregnant: The member is pregnant, or in the time after a pregnancy that the members file gives, on the first
            service day; false: is not.
        sex: F or M, as the claim says, else the members file.
        diagnoses_any: At least one of the claim's diagnoses lies in one of these ranges (`F10-F19`, `F20.81`).
        place_of_service: The line's (else the claim's) place is one of these.
        modifiers_any: At least one of these stands on the line.
        modifiers_none: None of these stands on the line.
        payers: The claim goes to one of these payer ids.
        benefit_plans: The members file has one of these plans on the first service day.
        counties: The members file has one of these counties on the first service day.
        frequency_code: The claim's frequency code is one of these: 1 original, 7 replacement; voids are not looked at.
        any: At least one of these maps holds.
        none: None of these maps holds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    age_under: Annotated[int, Field(ge=0)] | None = None
    age_at_least: Annotated[int, Field(ge=0)] | None = None
    pregnant: bool | None = None
    sex: Literal["F", "M"] | None = None
    diagnoses_any: tuple[DiagnosisRange, ...] = ()
    place_of_service: tuple[str, ...] = ()
    modifiers_any: tuple[str, ...] = ()
    modifiers_none: tuple[str, ...] = ()
    payers: tuple[str, ...] = ()
    benefit_plans: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()
    frequency_code: tuple[str, ...] = ()
    any: tuple[Conditions, ...] = ()
    none: tuple[Conditions, ...] = ()

    @model_validator(mode="after")
    def _ages_leave_somebody(self) -> Self:
        if self.age_under is not None and self.age_at_least is not None and self.age_at_least >= self.age_under:
            raise ValueError("nobody is of that age: age_at_least is not below age_under")
        return self

    def needs(self) -> tuple[str, ...]:
        """Name the row columns that a claim should carry and without which they may not be decided."""
        columns = []
        for each in self._all():
            if each.age_under is not None or each.age_at_least is not None:
                columns += ["member_birth_date", "service_date"]
            columns += [column for name, column in CLAIM_SAYS.items() if getattr(each, name)]
        return tuple(dict.fromkeys(columns))

    def uses(self) -> tuple[str, ...]:
        """Name the columns of the members file without which they cannot be decided."""
        columns = [column for each in self._all() for name, column in MEMBERS_FILE_SAYS.items() if getattr(each, name)]
        return tuple(dict.fromkeys(columns))

    def asks_about_member(self) -> bool:
        """Tell whether the members file may help to decide them."""
        return any(
            each.pregnant is not None or each.sex is not None or each.benefit_plans or each.counties
            for each in self._all()
        )

    def _all(self) -> Iterator[Conditions]:
        yield self
        for branch in (*self.any, *self.none):
            yield from branch._all()  # noqa: SLF001 the same class


def narrowing(entry: object) -> Conditions | None:
    """Return the conditions under which an entry holds: its `when`, and not its `unless`; null: it always holds."""
    when: Conditions | None = getattr(entry, "when", None)
    unless: Conditions | None = getattr(entry, "unless", None)
    if unless is None:
        return when
    return Conditions(any=() if when is None else (when,), none=(unless,))


def holds(conditions: Conditions) -> pl.Expr:
    """Tell on which rows the conditions hold.

    Args:
        conditions: What must hold; an empty map holds everywhere.

    Returns:
        Boolean over the rows of `billing/rows.py`. Null where it cannot be decided: an age without a birth date or
        service date, a place where none is given, a pregnancy of which neither claim nor members file speaks. One
        condition that fails decides, whatever the others are.
    """
    return pl.all_horizontal([pl.lit(value=True), *_parts(conditions)])


def _parts(conditions: Conditions) -> Iterator[pl.Expr]:
    yield from _member_parts(conditions)
    yield from _claim_parts(conditions)
    if conditions.any:
        yield pl.any_horizontal([holds(branch) for branch in conditions.any])
    for branch in conditions.none:
        yield ~holds(branch)


def _member_parts(conditions: Conditions) -> Iterator[pl.Expr]:
    age = completed_years(pl.col("member_birth_date"), pl.col("service_date"))
    if conditions.age_under is not None:
        yield age < conditions.age_under
    if conditions.age_at_least is not None:
        yield age >= conditions.age_at_least
    if conditions.pregnant is not None:
        yield pl.col("is_pregnant") == conditions.pregnant
    if conditions.sex is not None:
        yield pl.col("sex") == conditions.sex
    if conditions.benefit_plans:
        yield _has_any("benefit_plans", conditions.benefit_plans)
    if conditions.counties:
        yield _has_any("counties", conditions.counties)


def _claim_parts(conditions: Conditions) -> Iterator[pl.Expr]:
    if conditions.diagnoses_any:
        has_any = pl.col("diagnoses").list.eval(in_any(pl.element(), conditions.diagnoses_any)).list.any()
        yield pl.when(pl.col("diagnoses").list.len() > 0).then(has_any)
    if conditions.place_of_service:
        yield pl.col("place_of_service").is_in(list(conditions.place_of_service))
    if conditions.modifiers_any:
        yield _has_any("modifiers", conditions.modifiers_any)
    if conditions.modifiers_none:
        yield ~_has_any("modifiers", conditions.modifiers_none)
    if conditions.payers:
        yield pl.col("payer_id").is_in(list(conditions.payers))
    if conditions.frequency_code:
        # A claim without a frequency code is an original one; that it lacks the code is another rule's finding.
        yield pl.col("frequency_code").fill_null("1").is_in(list(conditions.frequency_code))


def _has_any(column: str, values: Iterable[str]) -> pl.Expr:
    return pl.any_horizontal([pl.col(column).list.contains(value) for value in values])


def in_words(conditions: Conditions) -> str:
    """Put the conditions into a phrase: `for members under 21, at place of service 02 or 10`; empty when none."""
    return ", ".join(_phrases(conditions))


def _phrases(conditions: Conditions) -> Iterator[str]:
    yield from _about_member(conditions)
    if conditions.diagnoses_any:
        yield f"with a diagnosis in {_either(conditions.diagnoses_any)}"
    if conditions.place_of_service:
        yield f"at place of service {_either(conditions.place_of_service)}"
    if conditions.modifiers_any:
        yield f"with modifier {_either(conditions.modifiers_any)}"
    if conditions.modifiers_none:
        yield f"without modifier {_either(conditions.modifiers_none)}"
    if conditions.payers:
        yield f"billed to payer {_either(conditions.payers)}"
    if conditions.frequency_code:
        yield f"on claims of frequency {_either(conditions.frequency_code)}"
    if conditions.any:
        phrases = [in_words(branch) or "always" for branch in conditions.any]
        yield phrases[0] if len(phrases) == 1 else " or ".join(f"({phrase})" for phrase in phrases)
    for branch in conditions.none:
        yield f"not {in_words(branch) or 'ever'}"


def _about_member(conditions: Conditions) -> Iterator[str]:
    under, least = conditions.age_under, conditions.age_at_least
    if least is not None and under is not None:
        yield f"for members from {least} years until the day before they turn {under}"
    elif under is not None:
        yield f"for members under {under}"
    elif least is not None:
        yield f"for members of {least} years or more"
    if conditions.pregnant is not None:
        yield "for members who are pregnant" if conditions.pregnant else "for members who are not pregnant"
    if conditions.sex is not None:
        yield f"for members who are {_SEXES[conditions.sex]}"
    if conditions.benefit_plans:
        yield f"for members in benefit plan {_either(conditions.benefit_plans)}"
    if conditions.counties:
        yield f"for members of county {_either(conditions.counties)}"


def _either(codes: Iterable[str]) -> str:
    *others, last = codes
    return f"{', '.join(others)} or {last}" if others else last
