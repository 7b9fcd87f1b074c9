"""Claims without the provider who ordered or referred, or with one who may not.

What it checks:
    A provider of one of the entry's `roles` stands on the line or the claim, unless `required: false`. By the
    providers file it is of one of `types`, and enrolled for the program, on every day of the line; of an ordering and
    a referring provider on one line, one who fits is enough. A provider who is not in the file is reviewed.

Why it matters:
    Ordered and referred services are paid only when the claim names who ordered them (CARC 16 with N265 or N286), and
    only when that person is enrolled and may order them (CARC 183, 184).

Example:
    a line without ordering or referring provider -> xx-chw.ordering_providers.licensed

    Instead: write the NPI of the practitioner who recommended the service on the line or the claim.

Policy key:
    ordering_providers

Needs:
    providers, for types and enrolment; a missing provider shows without it

Also called:
    ordering provider, referring provider, DK, DN, 2420E, 2310A, 42 CFR 455.410, ORP, box 17
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from billing.policy.schema import PolicyEntry


class Entry(PolicyEntry):
    """Who must have ordered or referred. Types are the words of the providers file; case does not matter.

    Attributes:
        roles: Which provider counts: ordering, referring, or either.
        required: True: one of them must stand on the claim; false: one is checked where it stands.
        on_line: True: it must stand on the line itself; false: on the line or the claim.
        types: Types that may order; empty: any.
        enrolled: True: enrolled on every day of the line.
    """

    roles: Annotated[tuple[Literal["ordering", "referring"], ...], Field(min_length=1)] = ("ordering", "referring")
    required: bool = True
    on_line: bool = False
    types: tuple[str, ...] = ()
    enrolled: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.required or self.types or self.enrolled):
            raise ValueError("nothing is checked: write required: true, types, or enrolled: true")
        return self
