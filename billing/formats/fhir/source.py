"""One FHIR input that can give its claims back: as lines, a Bundle or a resource, in the bytes they came in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import polars as pl

from billing.claim_columns import CLAIM_COLUMNS, LINE_COLUMNS
from billing.formats.fhir.checking import Node, UnreadableError
from billing.formats.fhir.needs import Named, Needs
from billing.formats.fhir.places import CLAIM_PLACES, LINE_PLACES, paths


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a file, or entry of a Bundle.

    Attributes:
        claim: Number of the claim in the input, from 0; null: it is no readable claim.
        resource: What others may refer to it by; null: it cannot be read.
        place: What leads to it within the document; empty in a file of lines.
        first_line_key: Key of the claim's first line.
    """

    claim: int | None
    resource: Named | None
    place: str = ""
    first_line_key: int = 0


class Document(Protocol):
    """An input taken apart, which can be put together again from some of its parts."""

    suffix: str
    is_whole: bool

    def load(self, number: int) -> tuple[Node | UnreadableError, str | None]:
        """Return the resource of the part with that number, or why there is none, and its `fullUrl`."""

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
        """Name line and element of each place as its `cell`: `line 12 Claim.item[0].net`; the claim begins there."""
        if places.is_empty():
            return places
        claims = pl.DataFrame(
            [
                (self.first_claim_key + part.claim, f"{part.place} " if part.place else "", part.first_line_key)
                for part in self.parts
                if part.claim is not None
            ],
            schema={"claim_key": pl.UInt32, "part": pl.String, "first_line_key": pl.UInt32},
            orient="row",
        )
        number = (pl.col("line_key") - pl.col("first_line_key")).cast(pl.String)
        of_line = pl.concat_str(pl.lit("Claim.item["), number, pl.lit("]."), pl.col("line_path"))
        of_claim = pl.concat_str(pl.lit("Claim."), pl.coalesce("claim_path", "line_path"))
        path = pl.when(pl.col("line_path").is_not_null()).then(pl.coalesce(of_line, of_claim)).otherwise(of_claim)
        return (
            places.join(claims, on="claim_key", how="left", maintain_order="left")
            .with_columns(
                line_path=_path(paths(LINE_COLUMNS, LINE_PLACES)),
                claim_path=_path(paths(CLAIM_COLUMNS, CLAIM_PLACES)),
            )
            .with_columns(cell=pl.concat_str(pl.lit("line "), "position", pl.lit(" "), "part", path))
            .select(*places.columns, "cell")
        )

    def unreadable(self) -> bytes:
        """Return what could not be read as a claim, one part behind the other."""
        lost = [number for number, part in enumerate(self.parts) if part.resource is None]
        return self.document.write_lost(lost) if lost else b""


def _path(known: dict[str, str]) -> pl.Expr:
    """Look up the element of a column; null where it has none."""
    return pl.col("column").replace_strict(known, default=None, return_dtype=pl.String)
