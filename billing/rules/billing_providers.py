"""Billing providers of a type or taxonomy that may not bill the service, or not enrolled on the day.

What it checks:
    The taxonomy of the billing provider on the claim is one of `required_taxonomies` and none of
    `excluded_taxonomies`. By the providers file, on every day of the line, its type is one of `required_types` and
    none of `excluded_types`, and it is enrolled for the program. A provider may have several rows, one per type; one
    that has an excluded type beside another is reviewed. So is a provider who is not in the file at all.

Why it matters:
    A claim of a provider who is not enrolled on the day (CARC B7), or whose type may not bill the code (CARC 8), is
    denied.

Example:
    98960 U7 billed by a rural health clinic -> ks-chw.billing_providers.no-clinics

    Instead: bill through the provider whose type the program pays.

Policy key:
    billing_providers

Needs:
    providers, for types and enrolment; the billing taxonomy on the claim, for taxonomies

Also called:
    provider type, specialty, taxonomy, enrolled provider, FQHC, RHC, PRV segment, box 33
"""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from billing.policy.schema import Code, PolicyEntry


class Entry(PolicyEntry):
    """Who may bill. Types are the words of the providers file; upper or lower case does not matter.

    Attributes:
        required_types: Types that may bill; empty: not sourced.
        excluded_types: Types that may not.
        required_taxonomies: Taxonomy codes of the billing provider that may stand on the claim; empty: not sourced.
        excluded_taxonomies: Taxonomy codes that may not.
        enrolled: True: enrolled on every day of the line.
    """

    required_types: tuple[str, ...] = ()
    excluded_types: tuple[str, ...] = ()
    required_taxonomies: tuple[Code, ...] = ()
    excluded_taxonomies: tuple[Code, ...] = ()
    enrolled: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        own = (self.required_types, self.excluded_types, self.required_taxonomies, self.excluded_taxonomies)
        if not any(own) and not self.enrolled:
            raise ValueError("name types or taxonomies, or write enrolled: true")
        return self
