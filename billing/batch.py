"""What a reader returns: the claims of one or more inputs as frames, and where they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO, Protocol, runtime_checkable

import polars as pl

from billing.claims import CLAIMS_SCHEMA, LINES_SCHEMA, MALFORMED_SCHEMA, UNREADABLE_SCHEMA, empty
from billing.syntax_errors import SYNTAX_ERROR_SCHEMA

FILE_FINDING_SCHEMA: dict[str, Any] = {
    "input": pl.String,  # name of the file
    "position": pl.UInt32,  # segment or line number, from 1; null: the whole file
    "claim_key": pl.UInt32,  # the claim it is about, when the reader had to mend one; else null
    "cause": pl.String,  # word for grouping
    "severity": pl.String,  # reject, review, note
    "x12": pl.String,  # loop and element
    "message": pl.String,
    "remedy": pl.String,
    "found": pl.String,
    "allowed": pl.String,
}
"""One row per thing the reader itself noticed: a wrong SE count, a missing trailer, a claim cut short."""

BREACH_SCHEMA: dict[str, Any] = {
    **FILE_FINDING_SCHEMA,
    "line_key": pl.UInt32,  # the service line; null: the whole claim
}
"""One row per breach of an implementation guide and claim it is about; without a claim it is about the file."""


class Source(Protocol):
    """One input, kept so that its claims can be written out again in the format they came in."""

    @property
    def name(self) -> str:
        """The input's name."""

    @property
    def sha256(self) -> str:
        """Hash of the input's bytes."""

    @property
    def suffix(self) -> str:
        """Ending of the files its claims are written to: `.837`, `.jsonl`."""

    def subset(self, claim_keys: pl.Series, *, control_number: int | None = None) -> bytes:
        """Return the file with only these claims; the input unchanged when they are all of its claims.

        With a `control_number` its interchanges are numbered from that on, where the format has interchanges.
        """

    def interchanges(self, claim_keys: pl.Series) -> int | None:
        """Count the interchanges that `subset` writes for these claims; null when the format has none."""

    def positions(self, places: pl.DataFrame) -> pl.DataFrame:
        """Point places at the part of the input that holds the value, as exactly as the format can.

        Args:
            places: One row per place on a claim of this input: `claim_key`, `line_key` (null: the claim itself),
                `position` (where the line or claim begins), `x12` and `column` (see `PLACE`); more columns stay.

        Returns:
            The same rows in the same order, with `position` and `x12` made exact; with `cell` where the input is a
            table, the name of the cell in it, or FHIR, its line and element.
        """

    def unreadable(self) -> bytes:
        """Return the raw text of the parts that could not be read as a claim; empty when there are none."""


@runtime_checkable
class WritesToFile(Protocol):
    """A source that can also write its claims straight into a file, without all of them in memory once more."""

    def write_subset(self, file: BinaryIO, claim_keys: pl.Series, *, control_number: int | None = None) -> None:
        """Write what `Source.subset` returns into an open, empty file."""

    def write_unreadable(self, file: BinaryIO) -> None:
        """Write what `Source.unreadable` returns into an open, empty file."""


@runtime_checkable
class DecidedSource(Protocol):
    """A source whose claims are rows of a table, which has room for what became of each."""

    def decided_subset(self, claim_keys: pl.Series, decisions: pl.DataFrame) -> bytes:
        """Return the table with only the rows of these claims, and two columns more: `decision` and `reasons`.

        Args:
            claim_keys: Keys of the claims to keep.
            decisions: One row per line: `line_key`, `decision`, and `reasons` in words (null: none).
        """

    @property
    def unreadable_name(self) -> str:
        """Name of the file with the rows that could not be read."""


@dataclass(frozen=True)
class Batch:
    """The claims of a run.

    Attributes:
        claims: One row per claim (`CLAIM_COLUMNS`), in input order.
        lines: One row per service line (`LINE_COLUMNS`).
        malformed: One row per value that was present but could not be read.
        unreadable: One row per part of an input that could not be read as a claim.
        file_findings: One row per thing the reader noticed about a file.
        syntax_errors: One row per breach of the implementation guide; empty for other formats than X12.
        breaches: The same by the claims they are about, for findings.
        sources: One per input, in order; empty for claims handed over as objects or frames.
    """

    claims: pl.DataFrame = field(default_factory=lambda: empty(CLAIMS_SCHEMA))
    lines: pl.DataFrame = field(default_factory=lambda: empty(LINES_SCHEMA))
    malformed: pl.DataFrame = field(default_factory=lambda: empty(MALFORMED_SCHEMA))
    unreadable: pl.DataFrame = field(default_factory=lambda: empty(UNREADABLE_SCHEMA))
    file_findings: pl.DataFrame = field(default_factory=lambda: empty(FILE_FINDING_SCHEMA))
    syntax_errors: pl.DataFrame = field(default_factory=lambda: empty(SYNTAX_ERROR_SCHEMA))
    breaches: pl.DataFrame = field(default_factory=lambda: empty(BREACH_SCHEMA))
    sources: Sequence[Source] = ()


def concatenate(batches: Sequence[Batch]) -> Batch:
    """Put batches behind each other; their keys must already follow on from each other."""
    if len(batches) == 1:
        return batches[0]
    names = ("claims", "lines", "malformed", "unreadable", "file_findings", "syntax_errors", "breaches")
    frames = {name: pl.concat([getattr(batch, name) for batch in batches]) for name in names}
    return replace(Batch(**frames), sources=tuple(source for batch in batches for source in batch.sources))
