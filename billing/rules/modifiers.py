"""Modifiers that a service needs, does not know, or wants in another place.

What it checks:
    A line that is nearest to a service carries the modifiers that identify it; further ones are the service's own,
    inform only, or were sourced as allowed; those with a set place stand there. An entry of a program may ask for
    more: all of `required`, one of `any_of`, none of `excluded`.

Why it matters:
    The modifier decides which service it is and what it pays; a missing one is the commonest denial (CARC 4).

Example:
    98960 without U7 -> xx-chw.services.individual

    Passes: 98960 with U7

    Instead: add U7 if the worker holds what it stands for.

Policy key:
    services, their modifiers, also_allowed, other_modifiers and modifier_positions; modifiers for what a program asks
    beside them

Needs:
    nothing but the claims

Also called:
    missing modifier, invalid modifier, modifier order, pricing modifier, HQ, HE, HF, U1 to UD
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self, cast

import polars as pl
from pydantic import model_validator

from billing.policy.codesets import Fact
from billing.policy.lists import informational_modifiers
from billing.policy.schema import Code, PolicyEntry, Service
from billing.rules._kind import PLACED, Check, Services
from billing.rules._words import and_list, coded, listed, or_list, sentence, sentences

SERVICE_FACT = True
ABOUT_PLACING = True


MODIFIERS = pl.col("modifiers")
ELSE = " if the service and the worker are what it stands for; else bill the code of what was given."
OPEN_SET = "the source does not say that no other modifier may stand there"


class Entry(PolicyEntry):
    """What a program asks of the modifiers beside those that identify a service; all as sets.

    Attributes:
        required: All of these stand on the line.
        any_of: At least one of these does.
        excluded: None of these does.
    """

    required: tuple[Code, ...] = ()
    any_of: tuple[Code, ...] = ()
    excluded: tuple[Code, ...] = ()

    @model_validator(mode="after")
    def _names_a_modifier(self) -> Self:
        if not (self.required or self.any_of or self.excluded):
            raise ValueError('name modifiers: write required: ["U7"], any_of: [...] or excluded: [...]')
        return self


def in_words(entry: Entry | Service, _services: Services) -> str:
    """Put an entry into a sentence."""
    return " ".join(_about_service(entry) if isinstance(entry, Service) else _about_entry(entry))


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the conditions of a service, or those of a program's own entry."""
    if isinstance(fact.entry, Service):
        yield from _of_service(fact.entry)
    else:
        yield from _of_entry(cast("Entry", fact.entry))


def _of_service(service: Service) -> Iterable[Check]:
    if service.modifiers:
        name = f"{service.procedure} {' '.join(service.modifiers)}"
        missing = _missing(service.modifiers)
        yield Check(
            cause="missing_modifier",
            applies=pl.col("placed") == "nearest",
            fails=missing.list.len() > 0,
            column="modifiers",
            message=sentence(coded(), " lacks ", listed(missing), f"; the nearest service is {name}."),
            remedy=sentence("Add ", listed(missing), ELSE),
            found=listed(MODIFIERS),
            allowed=and_list(service.modifiers),
        )
    known = (*service.modifiers, *service.also_allowed, *informational_modifiers(), "")
    others = MODIFIERS.list.eval(pl.element().filter(~pl.element().is_in(known)).unique(maintain_order=True))
    own = (*service.modifiers, *service.also_allowed)
    refuses = service.other_modifiers == "refused"
    yield Check(
        cause="invalid_modifier",
        applies=pl.col("placed") == "exact",
        fails=others.list.len() > 0,
        column="modifiers",
        message=sentence(listed(others), f" beside {' '.join((service.procedure, *service.modifiers))}; the program ",
                         "names no such modifier for it."),
        remedy=sentence("Compare ", listed(others), " with the program's list; beside ",
                        f"{' '.join((service.procedure, *service.modifiers))} it names {_named(service)}."),
        found=listed(others),
        allowed=or_list(own) if own else "no modifier",
        at_most=None if refuses else "review",
        capped_by=None if refuses else OPEN_SET,
    )  # fmt: skip
    if service.modifier_positions:
        yield _in_place(service.modifier_positions)


def _in_place(positions: dict[str, int]) -> Check:
    problems = [
        (_is_elsewhere(modifier, place), f"{modifier} belongs in place {place}.")
        for modifier, place in positions.items()
    ]
    return Check(
        cause="modifier_position",
        applies=pl.col("placed").is_in(PLACED),
        fails=pl.any_horizontal(holds for holds, _ in problems),
        column="modifiers",
        message=sentences(*problems),
        remedy="Send the same modifiers in the order the program asks for.",
        found=listed(MODIFIERS),
        allowed=and_list(f"{modifier} in place {place}" for modifier, place in positions.items()),
    )


def _of_entry(entry: Entry) -> Iterable[Check]:
    problems, adds = [], []
    if entry.required:
        missing = _missing(entry.required)
        problems.append((missing.list.len() > 0, sentence(coded(), " lacks ", listed(missing), ".")))
        adds.append(pl.when(missing.list.len() > 0).then(listed(missing)))
    if entry.any_of:
        has_one = MODIFIERS.list.set_intersection(list(entry.any_of)).list.len() > 0
        problems.append((~has_one, sentence(coded(), f" lacks one of {or_list(entry.any_of)}.")))
        adds.append(pl.when(~has_one).then(pl.lit(or_list(entry.any_of))))
    if problems:
        wanted = (*entry.required, *((or_list(entry.any_of),) if entry.any_of else ()))
        yield Check(
            cause="missing_modifier",
            applies=pl.col("placed").is_in(PLACED),
            fails=pl.any_horizontal(holds for holds, _ in problems),
            column="modifiers",
            message=sentences(*problems),
            remedy=sentence("Add ", pl.concat_str(adds, separator=", and ", ignore_nulls=True), ELSE),
            found=listed(MODIFIERS),
            allowed=and_list(wanted),
        )
    if entry.excluded:
        present = MODIFIERS.list.eval(
            pl.element().filter(pl.element().is_in(entry.excluded)).unique(maintain_order=True)
        )
        yield Check(
            cause="invalid_modifier",
            applies=pl.col("placed").is_in(PLACED),
            fails=present.list.len() > 0,
            column="modifiers",
            message=sentence(listed(present), " on ", coded(), "; the program does not take it there."),
            remedy="Compare the modifiers with the record of the visit, and bill the service they describe.",
            found=listed(present),
            allowed=f"not {or_list(entry.excluded)}",
        )


def _about_service(service: Service) -> Iterator[str]:
    if service.modifiers:
        yield f"{service.procedure} is billed with {and_list(service.modifiers)}."
    else:
        yield f"No modifier is named for {service.procedure}."
    if service.also_allowed:
        yield f"{or_list(service.also_allowed)} may be added."
    if service.modifier_positions:
        places = and_list(f"{modifier} in place {place}" for modifier, place in service.modifier_positions.items())
        yield f"The order counts: {places}."
    fate = "refused" if service.other_modifiers == "refused" else "held for review"
    any_other = "Any other modifier" if service.modifiers or service.also_allowed else "A modifier"
    yield f"{any_other} is {fate}, unless it only informs."


def _about_entry(entry: Entry) -> Iterator[str]:
    if entry.required:
        yield f"The line carries {and_list(entry.required)}."
    if entry.any_of:
        yield f"The line carries {or_list(entry.any_of)}."
    if entry.excluded:
        yield f"The line does not carry {or_list(entry.excluded)}."


def _named(service: Service) -> str:
    """Name the modifiers that may stand beside a service's own."""
    return or_list(service.also_allowed) if service.also_allowed else "none"


def _missing(wanted: tuple[str, ...]) -> pl.Expr:
    """Return those of the wanted modifiers that are not on the line, in the order they are written."""
    each = (pl.when(~MODIFIERS.list.contains(modifier)).then(pl.lit(modifier)) for modifier in wanted)
    return pl.concat_list(each).list.drop_nulls()


def _is_elsewhere(modifier: str, place: int) -> pl.Expr:
    """Tell whether the modifier is on the line, but not in its place."""
    there = MODIFIERS.list.get(place - 1, null_on_oob=True)
    return MODIFIERS.list.contains(modifier) & there.ne_missing(pl.lit(modifier))
