"""Claims as they are read, laid out as the frames of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from billing.batch import FILE_FINDING_SCHEMA, Batch, Source
from billing.claim_columns import CLAIMS_SCHEMA, LINES_SCHEMA, MALFORMED_SCHEMA, UNREADABLE_SCHEMA
from billing.formats.fhir.checking import UnreadableError
from billing.formats.fhir.claim import ReadClaim
from billing.formats.records import left_out, single_days

_CLAIMS_AT_A_TIME = 4096
_REMEDY = "write it as FHIR does: dates 2026-05-31, times 09:00:00, true or false, whole numbers"


class Rows:
    """Claims and refusals of one input, in input order.

    Claims are laid out as frames every few thousand, so that a large input is never held as objects.
    """

    def __init__(self, name: str, *, first_claim_key: int = 0, first_line_key: int = 0) -> None:
        """Begin; the keys count on from those given."""
        self._name = name
        self._claim_key = first_claim_key
        self.line_key = first_line_key
        self._claims: list[dict[str, Any]] = []
        self._lines: list[dict[str, Any]] = []
        self._malformed: list[tuple[int, int | None, str, str]] = []
        self._refused: list[tuple[str, int, int, str, str, Decimal | None]] = []
        self._noticed: list[dict[str, Any]] = []
        self._frames: list[tuple[pl.DataFrame, pl.DataFrame]] = []

    def add(self, read: ReadClaim, position: int) -> None:
        """Take in a claim that stands on that line of the input."""
        key = self._claim_key
        self._claim_key += 1
        self._claims.append(read.claim | {"claim_key": key, "input": self._name, "position": position})
        self._malformed += [(key, None, column, text) for column, text in read.claim.malformed]
        for line in read.lines:
            self._lines.append(line | {"claim_key": key, "line_key": self.line_key, "position": position})
            self._malformed += [(key, self.line_key, column, text) for column, text in line.malformed]
            self.line_key += 1
        for message, remedy in _notices(read):
            self.notice(message, remedy, position=position, claim_key=key)
        if len(self._claims) == _CLAIMS_AT_A_TIME:
            self._lay_out()

    def refuse(self, error: UnreadableError, position: int, loop: str) -> None:
        """Take in what could not be read as a claim; `loop` says what kind of part it is."""
        self._refused.append((self._name, position, position, loop, error.reason, error.charge))

    def notice(
        self,
        message: str,
        remedy: str,
        *,
        cause: str = "value_unreadable",
        severity: str = "review",
        position: int | None = None,
        claim_key: int | None = None,
    ) -> None:
        """Take in something worth saying about a claim or, without one, about the file."""
        self._noticed.append(
            {"input": self._name, "position": position, "claim_key": claim_key, "cause": cause, "severity": severity,
             "x12": "", "message": message, "remedy": remedy, "found": "", "allowed": ""}
        )  # fmt: skip

    def _lay_out(self) -> None:
        self._frames.append((_frame(self._claims, CLAIMS_SCHEMA), _frame(self._lines, LINES_SCHEMA)))
        self._claims, self._lines = [], []

    def batch(self, source: Source) -> Batch:
        """Return everything that was taken in."""
        self._lay_out()
        claims, lines = (pl.concat(parts) for parts in zip(*self._frames, strict=True))
        malformed = pl.DataFrame(self._malformed, schema=MALFORMED_SCHEMA, orient="row")
        malformed = malformed.sort("claim_key", "line_key", "column", nulls_last=False, maintain_order=True)
        unread = left_out(claims, lines, malformed).with_columns(remedy=pl.lit(_REMEDY))
        return Batch(
            claims=claims.with_columns(member_id=pl.coalesce("member_id", "subscriber_id")),
            lines=single_days(lines),
            malformed=malformed,
            unreadable=pl.DataFrame(self._refused, schema=UNREADABLE_SCHEMA, orient="row"),
            file_findings=pl.concat([pl.DataFrame(self._noticed, schema=FILE_FINDING_SCHEMA), unread]),
            sources=(source,),
        )


def _frame(rows: Sequence[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame({name: _series(name, [row[name] for row in rows], dtype) for name, dtype in schema.items()})


def _series(name: str, values: list[Any], dtype: pl.DataType) -> pl.Series:
    """Make a column; structs by their fields and lists that are all empty at once, since row by row takes long."""
    if isinstance(dtype, pl.Struct):
        none: dict[str, Any] = {}
        fields = [
            _series(field.name, [(value or none).get(field.name) for value in values], field.dtype)  # type: ignore[arg-type]  # ours are instances
            for field in dtype.fields
        ]
        is_there = pl.Series("is_there", [value is not None for value in values], pl.Boolean)
        whole = pl.DataFrame([*fields, is_there]).select(
            pl.when("is_there").then(pl.struct([field.name for field in dtype.fields]))
        )
        return whole.to_series().alias(name)
    if isinstance(dtype, pl.List) and not any(values):
        return pl.Series(name, [[]], dtype).new_from_index(0, len(values)) if values else pl.Series(name, [], dtype)
    return pl.Series(name, values, dtype)


def _notices(read: ReadClaim) -> list[tuple[str, str]]:
    """Put into words what a claim refers to or says and cleanclaim did not look at: (message, remedy)."""
    notices = []
    if read.missing:
        paths = ", ".join(f"Claim.{path}" for path in dict.fromkeys(read.missing))
        notices.append(
            (
                f"{paths}: the file does not hold what this refers to, so it counts as absent",
                "send the claim in a Bundle with what it refers to, or contained in it",
            )
        )
    notices += [
        (f"Claim: {words}", "look at the claim yourself, or say it as docs/fhir.md does") for words in read.left_out
    ]
    return notices
