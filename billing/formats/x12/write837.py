"""Write some claims of an 837P file out again, as the file's own segments.

The segments of a claim are kept byte for byte and in order. Provider and subscriber loops stay only where a kept
claim needs them; HL numbers, parents and child marks, and the counts in SE, GE and IEA, are rebuilt. A file whose
claims are all kept, and whose envelope was right, comes out as it came in.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

import polars as pl

from billing.formats.mapped import Bytes, parts_of, sha256_of
from billing.formats.x12.delimiters import UTF8_MARK, character
from billing.formats.x12.envelope import LEVELS
from billing.formats.x12.locate import locate
from billing.formats.x12.rebuild import holds, rows_of, segments_as_bytes, write_rebuilt
from billing.formats.x12.segments import CODE, is_one_of
from billing.formats.x12.written import WrittenRegion


@dataclass(frozen=True)
class Source837:
    """One 837P input that can give its claims back (`billing.batch.Source`).

    Attributes:
        name: The input's name.
        data: Its bytes.
        regions: Its segments and judged scopes.
        encoding: utf-8 or latin-1.
        marked: True when it begins with a byte-order mark.
        repaired: True when its envelope was wrong, so that it never comes out as it came in.
        suffix: Of the files written from it.
    """

    name: str
    data: Bytes
    regions: tuple[WrittenRegion, ...]
    encoding: str
    marked: bool
    repaired: bool
    suffix: str = ".837"

    @cached_property
    def sha256(self) -> str:
        """Hash of the input's bytes."""
        return sha256_of(self.data)

    def subset(self, claim_keys: pl.Series, *, control_number: int | None = None) -> bytes:
        """Return an 837P file with only these claims.

        Args:
            claim_keys: Keys of the claims to keep; keys of other inputs are passed over.
            control_number: Number of the first interchange (ISA13, IEA02), those behind it count on; default: the
                sender's own numbers stay.

        Returns:
            The input unchanged when it holds nothing else, its envelope is right and no number is given; no bytes
            when none of its claims is kept.
        """
        buffer = io.BytesIO()
        self.write_subset(buffer, claim_keys, control_number=control_number)
        return buffer.getvalue()

    def write_subset(self, file: BinaryIO, claim_keys: pl.Series, *, control_number: int | None = None) -> None:
        """Write what `subset` returns into an open, empty file: a large one is never in memory as a whole."""
        kept = [_keep(region, claim_keys) for region in self.regions]
        if all(part.is_empty() for part in kept):
            return
        if control_number is not None:
            kept = list(_renumbered(self.regions, kept, control_number))
        elif not self.repaired and all(map(_is_whole, self.regions, kept)):
            file.writelines(parts_of(self.data))
            return
        file.write(UTF8_MARK if self.marked else b"")
        for region, scopes in zip(self.regions, kept, strict=True):
            if len(scopes):
                write_rebuilt(file, region, scopes, self.encoding)

    def interchanges(self, claim_keys: pl.Series) -> int:
        """Count the interchanges of the file that `subset` returns for these claims."""
        kept = (_keep(region, claim_keys) for region in self.regions)
        return sum(len(scopes.filter(pl.col("id") == CODE["ISA"])) for scopes in kept)

    def positions(self, places: pl.DataFrame) -> pl.DataFrame:
        """Point places at the segments they mean; see `billing/formats/x12/locate.py`."""
        return locate(places, self.regions)

    def unreadable(self) -> bytes:
        """Return the segments of the parts that could not be read as a claim, as they stand in the file."""
        buffer = io.BytesIO()
        self.write_unreadable(buffer)
        return buffer.getvalue()

    def write_unreadable(self, file: BinaryIO) -> None:
        """Write what `unreadable` returns into an open, empty file."""
        begins = True
        for region in self.regions:
            for part in segments_as_bytes(region, rows_of(region.unreadable).unique().sort(), self.encoding):
                file.write(part.lstrip(b"\r\n") if begins else part)
                begins = begins and not part.strip(b"\r\n")


def _keep(region: WrittenRegion, claim_keys: pl.Series) -> pl.DataFrame:
    """Return the scopes that the kept claims need: the claims, the loops above them, their envelopes."""
    scopes = region.scopes
    claims = scopes.select("scope", "billing", "subscriber", "patient", *(level.counter for level in LEVELS)).filter(
        holds(claim_keys, scopes.get_column("claim_key"))
    )
    loops = pl.concat([claims.get_column(name) for name in ("scope", "billing", "subscriber", "patient")])
    stays = holds(loops.drop_nulls(), scopes.get_column("scope"))
    segment_id = scopes.get_column("id")
    for level, names in zip(LEVELS, (("ST", "SE"), ("GS", "GE"), ("ISA", "IEA", "TA1")), strict=True):
        stays |= is_one_of(segment_id, *names) & holds(
            claims.get_column(level.counter), scopes.get_column(level.counter)
        )
    return scopes.filter(stays)


def _is_whole(region: WrittenRegion, kept: pl.DataFrame) -> bool:
    """Tell whether a region holds nothing but the kept claims: no other claim, and nothing unreadable."""
    everything = region.scopes
    claims = everything.get_column("claim_key").count()
    return claims == kept.get_column("claim_key").count() and region.unreadable.is_empty()


def _renumbered(
    regions: Sequence[WrittenRegion], kept: Sequence[pl.DataFrame], control_number: int
) -> Iterator[pl.DataFrame]:
    """Give the kept interchanges the numbers from `control_number` on, nine digits in the text of each ISA."""
    for region, scopes in zip(regions, kept, strict=True):
        mark = character(region.delimiters.element)
        is_header = pl.col("id") == CODE["ISA"]
        number = (is_header.cum_sum().cast(pl.Int64) - 1 + control_number).cast(pl.String).str.zfill(9)
        # ISA16 is the component separator, so the thirteenth mark is always the one in front of ISA13.
        parts = pl.col("text").str.split(mark)
        text = pl.concat_list(parts.list.head(13), number, parts.list.slice(14)).list.join(mark)
        yield scopes.with_columns(text=pl.when(is_header).then(text).otherwise("text"), renumbered=is_header)
        control_number += scopes.select(is_header.sum()).item()
