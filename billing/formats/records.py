"""Claims as objects, dicts or JSON records to a `Batch`: the part that JSON files and library calls share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import polars as pl

from billing.batch import FILE_FINDING_SCHEMA, Batch, Source
from billing.claims import (
    CLAIM_COLUMNS,
    LINE_COLUMNS,
    MALFORMABLE,
    UNREADABLE_SCHEMA,
    Claim,
    claims_to_frames,
    empty,
)
from billing.errors import InputError
from billing.formats.claim_json import Refusal, parse_claim, plain

_PLACES = {column.name: column for column in (*CLAIM_COLUMNS, *LINE_COLUMNS)}
_CLAIMS_AT_A_TIME = 4096
_HOW = "dates 2026-05-31, times 09:00, true or false, whole numbers"
_PERSONAL = ("member_", "subscriber_")


class Read:
    """Claims and refusals of one input, as they are found.

    Claims are laid out as frames every few thousand, so that a large input is never held as objects.
    """

    def __init__(self, name: str, *, first_claim_key: int = 0, first_line_key: int = 0) -> None:
        self.name = name
        self._next_claim_key = first_claim_key
        self._next_line_key = first_line_key
        self._claims: list[Claim] = []
        self._positions: list[int] = []
        self._refused: list[tuple[str, int, int, str, str, Decimal | None]] = []
        self._frames: list[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]] = []

    def add(self, outcome: Claim | Refusal, position: int, loop: str) -> None:
        """Take in what one record turned out to be; `position` is where it stands, from 1."""
        if isinstance(outcome, Refusal):
            self._refused.append((self.name, position, position, loop, outcome.reason, outcome.charge))
            return
        self._claims.append(outcome)
        self._positions.append(position)
        if len(self._claims) == _CLAIMS_AT_A_TIME:
            self._lay_out()

    def _lay_out(self) -> None:
        frames = claims_to_frames(
            self._claims, input_name=self.name, positions=self._positions,
            first_claim_key=self._next_claim_key, first_line_key=self._next_line_key,
        )  # fmt: skip
        self._next_claim_key += len(frames[0])
        self._next_line_key += len(frames[1])
        self._frames.append(frames)
        self._claims, self._positions = [], []

    def batch(self, *, sources: Sequence[Source] = (), file_findings: pl.DataFrame | None = None) -> Batch:
        """Return everything that was taken in; findings about single values are added to `file_findings`."""
        self._lay_out()
        claims, lines, malformed = (pl.concat(parts) for parts in zip(*self._frames, strict=True))
        if len(malformed) > 1:
            malformed = malformed.sort("claim_key", "line_key", "column", nulls_last=False, maintain_order=True)
        findings = left_out(claims, lines, malformed)
        return Batch(
            claims=claims.with_columns(member_id=pl.coalesce("member_id", "subscriber_id")),
            lines=single_days(lines),
            malformed=malformed,
            unreadable=pl.DataFrame(self._refused, schema=UNREADABLE_SCHEMA, orient="row")
            if self._refused
            else empty(UNREADABLE_SCHEMA),
            file_findings=findings if file_findings is None else pl.concat([file_findings, findings]),
            sources=tuple(sources),
        )


def batch_of_objects(
    records: Iterable[object], name: str, *, first_claim_key: int = 0, first_line_key: int = 0
) -> Batch:
    """Read claims that a program hands over as `Claim` objects or as dicts in the shape of the claim JSON.

    Args:
        records: The claims.
        name: Value of the `input` column; a claim's position is its number in `records`, from 1.
        first_claim_key: Key of the first claim.
        first_line_key: Key of the first line.

    Raises:
        InputError: A record is neither a claim nor a dict.
    """
    read = Read(name, first_claim_key=first_claim_key, first_line_key=first_line_key)
    for number, record in enumerate(records, 1):
        if not isinstance(record, (Claim, dict)):
            kind = type(record).__name__
            raise InputError(
                f"{name}: item {number} is a {kind}, no claim\n  fix: hand over billing.Claim objects or dicts"
            )
        read.add(record if isinstance(record, Claim) else parse_claim(plain(record)), number, "claim")
    return read.batch()


def single_days(lines: pl.DataFrame) -> pl.DataFrame:
    """Clear the last day of a service that is also its first: a range of one day is a day."""
    first, last = pl.col("service_date"), pl.col("service_end_date")
    return lines.with_columns(service_end_date=pl.when(first != last).then(last))


def left_out(claims: pl.DataFrame, lines: pl.DataFrame, malformed: pl.DataFrame) -> pl.DataFrame:
    """Say which values count as absent because they could not be read and no rule looks at their text.

    Returns:
        One row per such value (`FILE_FINDING_SCHEMA`).
    """
    lost = malformed if malformed.is_empty() else malformed.filter(~pl.col("column").is_in(MALFORMABLE))
    if lost.is_empty():
        return empty(FILE_FINDING_SCHEMA)
    lost = lost.join(claims.select("claim_key", "input", "position"), on="claim_key", maintain_order="left")
    lost = lost.join(lines.select("line_key", "line_number"), on="line_key", how="left", maintain_order="left")
    of_line = pl.format("the {} of line {}", "column", "line_number")
    where = pl.when(pl.col("line_key").is_null()).then(pl.format("the claim's {}", "column")).otherwise(of_line)
    x12 = [_PLACES[name].x12 if name in _PLACES else "" for name in lost.get_column("column")]
    is_personal = pl.any_horizontal(pl.col("column").str.starts_with(prefix) for prefix in _PERSONAL)
    return lost.select(
        "input", "position", "claim_key",
        cause=pl.lit("value_unreadable"),
        severity=pl.lit("review"),
        x12=pl.Series(x12, dtype=pl.String),
        message=pl.format("{} cannot be read and counts as absent", where),
        remedy=pl.format("write {} as the claim JSON does: {}", "column", pl.lit(_HOW)),
        found=pl.when(is_personal).then(pl.lit("")).otherwise("text"),
        allowed=pl.lit("a value that can be read"),
    ).cast(pl.Schema(FILE_FINDING_SCHEMA))  # fmt: skip
