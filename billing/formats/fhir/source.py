"""One FHIR input that can give its claims back: as lines, a Bundle or a resource, in the bytes they came in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import polars as pl

from billing.formats.fhir.needs import Named, Needs


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a file, or entry of a Bundle.

    Attributes:
        claim: Number of the claim in the input, from 0; null: it is no readable claim.
        resource: What others may refer to it by; null: it cannot be read.
    """

    claim: int | None
    resource: Named | None


class Document(Protocol):
    """An input taken apart, which can be put together again from some of its parts."""

    suffix: str
    is_whole: bool

    def references(self, number: int) -> Iterable[str]:
        """Return what the part with that number refers to."""

    def write(self, numbers: Sequence[int]) -> bytes:
        """Return a file of the same form with the parts of these numbers only."""

    def write_lost(self, numbers: Sequence[int]) -> bytes:
        """Return the raw text of parts that could not be read."""


@dataclass(frozen=True)
class FhirSource:
    """One input (`billing.batch.Source`).

    Attributes:
        name: The input's name.
        data: Its bytes.
        document: The same, taken apart.
        parts: Its lines or entries, in order.
        first_claim_key: Key of its first claim.
    """

    name: str
    data: bytes
    document: Document
    parts: tuple[Part, ...]
    first_claim_key: int

    @property
    def suffix(self) -> str:
        """`.ndjson` for lines, `.json` or `.xml` for a Bundle or a resource."""
        return self.document.suffix

    @cached_property
    def sha256(self) -> str:
        """Hash of the input's bytes."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def _claims(self) -> dict[int, int]:
        """Number of each claim to the number of its part."""
        return {part.claim: number for number, part in enumerate(self.parts) if part.claim is not None}

    def subset(self, claim_keys: pl.Series, *, control_number: int | None = None) -> bytes:  # noqa: ARG002 FHIR has none
        """Return these claims as they came, in input order, with what they refer to.

        Args:
            claim_keys: Keys of the claims to keep; keys of other inputs are passed over.
            control_number: Passed over: FHIR has no interchanges.

        Returns:
            The input unchanged when it holds nothing else; no bytes when none of its claims is kept.
        """
        kept = {key - self.first_claim_key for key in claim_keys.to_list()} & self._claims.keys()
        if not kept:
            return b""
        if len(kept) == len(self._claims) and self.document.is_whole and all(part.resource for part in self.parts):
            return self.data
        left_out = self._belonging_to_others(kept)
        return self.document.write(
            [
                number
                for number, part in enumerate(self.parts)
                if part.claim in kept or (part.claim is None and part.resource and number not in left_out)
            ]
        )

    def _belonging_to_others(self, kept: set[int]) -> set[int]:
        """Return the parts that only claims which are not kept refer to, or that speak of such claims only."""
        if len(self._claims) == len(self.parts):
            return set()
        needs = Needs([part.resource for part in self.parts])
        of_kept, of_others = (
            needs.of((part, self.document.references(part)) for claim, part in self._claims.items() if is_one(claim))
            for is_one in (kept.__contains__, lambda claim: claim not in kept)
        )
        kept_parts = {self._claims[claim] for claim in kept}
        about_others = {
            number
            for number, part in enumerate(self.parts)
            if part.claim is None and (claims := needs.claims_behind(number)) and not claims & kept_parts
        }
        return (of_others | about_others) - of_kept

    def interchanges(self, claim_keys: pl.Series) -> int | None:  # noqa: ARG002 the same for all of them
        """Return null: FHIR has no interchanges."""
        return None

    def positions(self, places: pl.DataFrame) -> pl.DataFrame:
        """Return the places as they are: a position is the line that a claim begins on."""
        return places

    def unreadable(self) -> bytes:
        """Return what could not be read as a claim, one part behind the other."""
        lost = [number for number, part in enumerate(self.parts) if part.resource is None]
        return self.document.write_lost(lost) if lost else b""
