"""Claims from one format into another: what is written, what could not be read, and what the other format lacks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from billing.batch import Batch
from billing.errors import InputError
from billing.formats.writers import Lost, Writer, lost_claims, write_claims
from billing.settings.model import Settings

_CONTROL_NUMBER = slice(90, 99)  # ISA13


@dataclass(frozen=True)
class Conversion:
    """What a conversion made of some claims.

    Attributes:
        content: The file in the new format.
        writer: The format.
        batch: The claims as they were read.
        lost: What the format has no place for.
        unread: Segments of X12 inputs that no column holds, with the number of claims that have them.
    """

    content: bytes
    writer: Writer
    batch: Batch
    lost: list[Lost] = field(default_factory=list)
    unread: list[tuple[str, int]] = field(default_factory=list)

    @property
    def control_number(self) -> int | None:
        """Number of the new interchange; null where the format has none. An ISA is of fixed width."""
        return int(self.content[_CONTROL_NUMBER]) if self.writer.name == "837" else None

    @property
    def needs_action(self) -> bool:
        """True when a part of the input could not be read, or the reader noticed something that holds a claim."""
        held = self.batch.file_findings.filter(pl.col("severity") != "note")
        return not self.batch.unreadable.is_empty() or not held.is_empty()


def convert(
    batch: Batch,
    writer: Writer,
    settings: Settings | None,
    *,
    control_number: int | None = None,
    created: datetime | None = None,
) -> Conversion:
    """Write the claims of a batch in another format.

    Args:
        batch: The claims.
        writer: The format (`billing/formats/writers.py`).
        settings: What an 837P needs beside the claims.
        control_number: Number of the interchange, for an 837P.
        created: Date and time in its envelope; default: today.

    Raises:
        InputError: There is no claim to write.
        SettingsError: An 837P cannot be written of these claims with these settings.
        UsageError: No control number is known, or it is none.
    """
    if batch.claims.is_empty():
        raise InputError("there is no claim to write\n  fix: see with `cleanclaim validate` why nothing could be read")
    options: dict[str, Any] = {}
    if writer.name == "837":
        options = {"control_number": control_number, "created": created}
    lost = lost_claims(batch, writer, settings)
    return Conversion(write_claims(batch, writer, settings, **options), writer, batch, lost, _unread(batch))


def _unread(batch: Batch) -> list[tuple[str, int]]:
    """Count segments of X12 inputs that no column holds, over all inputs."""
    if not any(source.suffix == ".837" for source in batch.sources):
        return []
    from billing.formats.x12.unread import unread_segments  # noqa: PLC0415 loaded when there is X12
    from billing.formats.x12.write837 import Source837  # noqa: PLC0415 likewise

    counts: dict[str, int] = {}
    for source in batch.sources:
        if isinstance(source, Source837):
            for segment, claims in unread_segments(source):
                counts[segment] = counts.get(segment, 0) + claims
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
