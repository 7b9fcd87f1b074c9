"""Rendering providers whose taxonomy is not one of the workforce's.

What it checks:
    The taxonomy of the rendering provider, the line's or else the claim's, is one of `taxonomies`. A rendering
    provider without a taxonomy is reviewed, as the payer may know it by the NPI; a claim without a rendering provider
    is not checked.

Why it matters:
    Payers find the enrolled worker by NPI and taxonomy together: a taxonomy of another profession is denied (CARC 8).

Example:
    rendering taxonomy 101Y00000X where 172V00000X is paid -> xx-chw.worker_taxonomy.chw

    Instead: send the taxonomy that the worker is enrolled with.

Policy key:
    worker_taxonomy

Needs:
    the rendering provider of the claim or line, with its taxonomy

Also called:
    rendering taxonomy, specialty code, PRV*PE, 172V00000X, 175T00000X
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from billing.policy.schema import Code, PolicyEntry


class Entry(PolicyEntry):
    """Which taxonomies the rendering provider may have.

    Attributes:
        taxonomies: Taxonomy codes.
    """

    taxonomies: Annotated[tuple[Code, ...], Field(min_length=1)]
