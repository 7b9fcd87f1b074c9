"""Rendering providers whose taxonomy is not one of the workforce's.

What it checks:
    The taxonomy of the rendering provider, the line's or else the claim's, is one of `taxonomies`. A rendering
    provider without a taxonomy is reviewed, as the payer may know it by the NPI; a claim without a rendering provider
    is not checked.

Why it matters:
    Payers find the enrolled worker by NPI and taxonomy together: a taxonomy of another profession is denied (CARC 8).

Example:
    rendering taxonomy 101Y00000X where 172V00000X is paid -> xx-chw.worker_taxonomy.chw

    Passes: rendering taxonomy 172V00000X

    Instead: send the taxonomy that the worker is enrolled with.

Policy key:
    worker_taxonomy

Needs:
    the rendering provider of the claim or line, with its taxonomy

Also called:
    rendering taxonomy, specialty code, PRV*PE, 172V00000X, 175T00000X
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, cast

import polars as pl
from pydantic import Field

from billing.policy.codesets import Fact
from billing.policy.schema import Code, PolicyEntry
from billing.rules._kind import Check, Services
from billing.rules._words import is_blank, or_list, sentence


class Entry(PolicyEntry):
    """Which taxonomies the rendering provider may have.

    Attributes:
        taxonomies: Taxonomy codes.
    """

    taxonomies: Annotated[tuple[Code, ...], Field(min_length=1)]


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    return f"The rendering provider's taxonomy is {or_list(entry.taxonomies)}."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the conditions on the rendering provider's taxonomy: it is there, and it is one that counts."""
    taxonomies = cast("Entry", fact.entry).taxonomies
    taxonomy, allowed = pl.col("rendering_taxonomy"), or_list(taxonomies)
    is_given = ~is_blank("rendering_taxonomy")
    yield Check(
        cause="taxonomy_not_allowed",
        applies=is_given,
        fails=~taxonomy.is_in(taxonomies),
        column="rendering_taxonomy",
        message=sentence("The rendering provider's taxonomy is ", taxonomy, f"; this service takes {allowed}."),
        remedy="Send the taxonomy that the worker is enrolled with for this service.",
        found=taxonomy,
        allowed=allowed,
    )
    yield Check(
        cause="taxonomy_missing",
        fails=~is_given,
        column="rendering_taxonomy",
        message=f"The rendering provider has no taxonomy on the claim; this service takes {allowed}.",
        remedy="Send the taxonomy that the worker is enrolled with.",
        found=pl.lit("nothing"),
        allowed=allowed,
        uses=("rendering_npi",),
        at_most="review",
        capped_by="the payer may know the taxonomy by the NPI",
    )
