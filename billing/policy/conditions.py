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

CLAIM_SAYS = {"place_of_service": "place_of_service", "payers": "payer_id", "diagnoses_any": "diagnoses"}
"""Conditions that a claim should decide, and the row column that decides them."""
FILE_SAYS = {
    "benefit_plans": ("is_plan_given", "benefit_plan column of the members file"),
    "counties": ("is_county_given", "county column of the members file"),
}
"""Conditions that only a file decides: the row column that tells whether it was given, and what to supply."""
READ = {
    "diagnoses_any": ("diagnoses",),
    "pregnant": ("is_pregnant",),
    "sex": ("sex",),
    "benefit_plans": ("benefit_plans", "is_plan_given"),
    "counties": ("counties", "is_county_given"),
}
"""Row columns that only these conditions read (`billing/row_facts.py`)."""
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

    # Built at once: every kind of entry holds it twice or more, and each would build it again for itself.
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
        for each in self.each():
            if each.age_under is not None or each.age_at_least is not None:
                columns += ["member_birth_date", "service_date"]
            columns += [column for name, column in CLAIM_SAYS.items() if getattr(each, name)]
        return tuple(dict.fromkeys(columns))

    def uses(self) -> tuple[tuple[str, str], ...]:
        """Name the row columns that tell whether a file they need was given, each with what to supply."""
        return tuple({FILE_SAYS[name]: None for each in self.each() for name in FILE_SAYS if getattr(each, name)})

    def reads(self) -> tuple[str, ...]:
        """Name the row columns that are read for them alone."""
        given = (name for each in self.each() for name in READ if getattr(each, name) not in (None, ()))
        return tuple(dict.fromkeys(column for name in given for column in READ[name]))

    def unsaid(self) -> tuple[str, ...]:
        """Name the row columns that are null where neither the claim nor a file says what they ask."""
        return tuple(name for name in self.reads() if name not in {"diagnoses", *(given for given, _ in self.uses())})

    def each(self) -> Iterator[Conditions]:
        """Yield these conditions, and all that stand inside them."""
        yield self
        for branch in (*self.any, *self.none):
            yield from branch.each()


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


def absent(column: str) -> pl.Expr:
    """Name a row column where it holds no value, an empty list among them; null where it holds one."""
    is_absent = pl.col(column).is_null()
    if column == "diagnoses":
        is_absent = is_absent | (pl.col(column).list.len() == 0)
    return pl.when(is_absent).then(pl.lit(column))


def open_question(entry: object) -> str:
    """Say that it is not known whether an entry holds for a row: the sentence behind what the row would break."""
    when, unless = getattr(entry, "when", None), getattr(entry, "unless", None)
    parts = [f"it holds {in_words(when)}"] if when is not None else []
    parts += [f"it does not hold {in_words(unless)}"] if unless is not None else []
    return f"Whether the rule applies is not known: {', and '.join(parts)}."


def how_to_decide(conditions: Conditions) -> str:
    """Say what a person can look up where conditions cannot be decided."""
    about = {name for each in conditions.each() for name in READ if getattr(each, name) not in (None, ())}
    said = []
    if "pregnant" in about:
        said.append("If the member is or was pregnant on the day, say so on the claim or in the members file.")
    if "sex" in about:
        said.append("Fill in the member's sex, on the claim or in the members file.")
    said += [
        f"Look up the member's {words}, and fill in the {column}."
        for name, words in (("benefit_plans", "benefit plan"), ("counties", "county"))
        for _, column in (FILE_SAYS[name],)
        if name in about
    ]
    return " ".join(said) or "Add the missing value, or check the rule by hand."
