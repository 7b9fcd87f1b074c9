"""Provider taxonomies that do not have the shape of a taxonomy.

What it checks:
    A taxonomy is ten characters, digits and capitals, the last of them an X. Whether the code exists is not looked at:
    the list holds a part of them only, and suggests what may have been meant. Which taxonomy a program asks for is its
    own rules' business.

Why it matters:
    Payers find the provider's enrollment by NPI and taxonomy; one that is no code matches none (CARC 16, RARC N255).

Example:
    175T0000X for a peer specialist -> national.taxonomy_codes.rendering

    Passes: 175T00000X for a peer specialist

    Instead: send 175T00000X.

Policy key:
    taxonomy_codes

Needs:
    nothing but the claims

Also called:
    provider specialty code, NUCC code, PRV segment, PXC, box 24J, box 33b
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, cast

import polars as pl

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._kind import Check, Services
from billing.rules._words import is_blank, sentence

SHAPE = "^[0-9A-Z]{9}X$"
ZEROS = r"0*X$"  # the end that is miscounted most easily
NAMED_IN = "provider-taxonomies"  # the list whose words say what a taxonomy means


class Entry(PolicyEntry):
    """Whose taxonomy is looked at.

    Attributes:
        provider: billing or rendering.
    """

    provider: Literal["billing", "rendering"]


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    return f"The {entry.provider} taxonomy is ten digits and capitals, the last of them an X."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the condition on a taxonomy: the claim's, and a line's own."""
    editions = fact.lists[NAMED_IN].editions[:1] if NAMED_IN in fact.lists else ()
    known = {code: words for edition in editions for code, words in edition.meanings().items()}
    if cast("Entry", fact.entry).provider == "billing":
        yield _shape("billing_taxonomy", "billing_taxonomy", "claim", known)
        return
    is_own = pl.col("rendering_taxonomy").ne_missing(pl.col("claim_rendering_taxonomy"))
    yield _shape("claim_rendering_taxonomy", "rendering_taxonomy", "claim", known)
    yield _shape("rendering_taxonomy", "rendering_taxonomy", "line", known, is_own)


def _shape(
    column: str,
    place: str,
    grain: Literal["line", "claim"],
    known: Mapping[str, str],
    applies: pl.Expr | None = None,
) -> Check:
    taxonomy = pl.col(column)
    tidy = taxonomy.str.replace_all(r"[\s.-]", "").str.to_uppercase()
    without_zeros = {code.rstrip("X").rstrip("0"): f"{code} ({words})" for code, words in sorted(known.items())}
    meant = tidy.str.replace(ZEROS, "").replace_strict(without_zeros, default=None, return_dtype=pl.String)
    provider = place.removesuffix("_taxonomy")
    return Check(
        cause="taxonomy_invalid",
        applies=~is_blank(column) & (pl.lit(value=True) if applies is None else applies),
        fails=~taxonomy.str.contains(SHAPE),
        column=place,
        grain=grain,
        message=sentence(f"The {provider} provider's taxonomy ", taxonomy, " is not ten characters that end in X."),
        remedy=pl.when(tidy.str.contains(SHAPE))
        .then(sentence("Write it as ", tidy, "."))
        .when(meant.is_not_null())
        .then(sentence("Was ", meant, " meant? Send it if the provider is enrolled with it."))
        .otherwise(pl.lit("Copy the taxonomy that the provider is enrolled with at the payer.")),
        found=taxonomy,
        allowed="ten digits or capitals, the last an X",
    )
