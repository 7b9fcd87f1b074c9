"""The claims files that acknowledgements speak of: their envelopes, sets and claims, found by number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cached_property
from os import PathLike
from typing import Any

import polars as pl

from billing.acknowledgements.envelopes import envelope_of
from billing.acknowledgements.sent import SentRegion, SentSet
from billing.batch import Batch
from billing.formats import read
from billing.formats.x12.segments import CODE
from billing.formats.x12.write837 import Source837

_RETURNED = 20  # characters of CLM01 that a payer must give back
_SET_OF_CLAIM = {"claim_key": pl.UInt32, "interchange": pl.UInt32, "transaction": pl.UInt32}


class Originals:
    """The files that were sent; there may be none."""

    def __init__(self, sources: Sequence[str | PathLike[str] | bytes], *, show_members: bool = False) -> None:
        """Read the files.

        Args:
            sources: Paths, or the bytes themselves.
            show_members: Mask nothing.

        Raises:
            InputError: One of them is no claims file, or cannot be read.
        """
        self._batch: Batch = read(list(sources)) if sources else Batch()
        self.show_members = show_members

    @property
    def names(self) -> list[str]:
        """The names of the files."""
        return [source.name for source in self._batch.sources]

    def interchanges(self, control: str) -> list[tuple[SentRegion, int]]:
        """Return region and row of the ISA of the interchanges with this number (ISA13)."""
        return [
            (region, row)
            for region in self._regions
            for number, row in zip(
                region.envelope.interchanges.get_column("control").to_list(), _rows_of(region, "ISA"), strict=True
            )
            if number == control
        ]

    def has_group(self, control: str) -> bool:
        """Tell whether a group has this number (GS06)."""
        return any(
            _same_number(number, control)
            for region in self._regions
            for number in region.envelope.groups.get_column("control")
        )

    def sets(self, group_control: str, set_control: str) -> list[SentSet]:
        """Return the transaction sets with this number (ST02) in groups with that number (GS06)."""
        found = []
        for region in self._regions:
            groups = region.envelope.groups.select("interchange", "group", group_number="control")
            mine = region.envelope.transactions.filter(pl.col("control") == set_control)
            mine = mine.join(groups, on=["interchange", "group"], how="left", maintain_order="left")
            for number, transaction, row in mine.select("group_number", "transaction", "first_row").iter_rows():
                if _same_number(number, group_control):
                    found.append(SentSet(region, row, region.last_row(transaction, row)))
        return found

    def claims_in(self, sent: SentSet) -> tuple[int, Decimal]:
        """Count the readable claims of a set, and add their charges up (USD)."""
        scopes = sent.region.region.scopes.filter(pl.col("first_row").is_between(sent.first_row, sent.last_row))
        keys = scopes.select("claim_key").drop_nulls()
        charges = self._batch.claims.join(keys, on="claim_key", how="semi").get_column("charge")
        return len(keys), Decimal(charges.sum() or 0)

    def claim_keys(self, claim_id: str) -> list[int]:
        """Return the keys of the claims with this number (CLM01); of one cut to 20 characters, as a payer may, too."""
        wanted = claim_id.strip()
        found = self._keys_of_ids.get(wanted, [])
        if not found and len(wanted) == _RETURNED:
            found = [key for number, keys in self._keys_of_ids.items() if number[:_RETURNED] == wanted for key in keys]
        return found

    def claim(self, claim_key: int) -> dict[str, Any]:
        """Return `claim_id`, `charge`, `input` and `position` of a claim."""
        claims = self._batch.claims.select("claim_id", "charge", "input", "position")
        return claims.row(claim_key - self._batch.claims.item(0, "claim_key"), named=True)

    def segment_text(self, file: str, position: int) -> str:
        """Return the segment at a position of a file, masked; empty for other formats than X12."""
        for region in self._regions:
            row = region.row_at(position) if region.file == file else None
            if row is not None:
                return region.place(row).text
        return ""

    def lines(self, claim_key: int) -> list[dict[str, Any]]:
        """Return the lines of a claim, in order."""
        keys = self._batch.lines.get_column("claim_key")
        first, behind = (int(keys.search_sorted(claim_key, side=side)) for side in ("left", "right"))
        names = (
            "line_number",
            "line_control_number",
            "procedure_code",
            "modifiers",
            "charge",
            "service_date",
            "position",
        )
        return self._batch.lines.select(names).slice(first, behind - first).to_dicts()

    def claims_beside(self, claim_keys: Iterable[int]) -> pl.DataFrame:
        """Return all claims of the transaction sets in which these stand; of other formats, of the files.

        Returns:
            One row per claim, in order: `claim_key`, `claim_id`, `charge`, `input` and `position`.
        """
        keys = pl.Series("claim_key", list(claim_keys), dtype=pl.UInt32)
        sets = pl.concat([pl.DataFrame(schema=_SET_OF_CLAIM), *map(_sets_of_claims, self._regions)])
        claims = self._batch.claims.select("claim_key", "claim_id", "charge", "input", "position")
        claims = claims.join(sets, on="claim_key", how="left", maintain_order="left")
        spoken_of = claims.join(keys.to_frame(), on="claim_key", how="semi").select(
            "input", "interchange", "transaction"
        )
        return claims.join(
            spoken_of.unique(), on=spoken_of.columns, how="semi", nulls_equal=True, maintain_order="left"
        )

    @cached_property
    def _keys_of_ids(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for key, claim_id in self._batch.claims.select("claim_key", "claim_id").iter_rows():
            found.setdefault((claim_id or "").strip(), []).append(key)
        return found

    @cached_property
    def _regions(self) -> list[SentRegion]:
        found = []
        for source in self._batch.sources:
            before = 0
            for region in source.regions if isinstance(source, Source837) else ():
                envelope = envelope_of(region, before)
                before += len(envelope.interchanges)
                found.append(SentRegion(source.name, region, envelope, self.show_members))
        return found


def _sets_of_claims(region: SentRegion) -> pl.DataFrame:
    """Number the transactions of a region's claims; interchanges are numbered through the file."""
    numbers = region.envelope.interchanges.select("interchange", number="interchange_number")
    claims = region.region.scopes.filter(pl.col("claim_key").is_not_null())
    claims = claims.select("claim_key", "interchange", "transaction").join(numbers, on="interchange", how="left")
    return claims.select("claim_key", interchange="number", transaction="transaction")


def _rows_of(region: SentRegion, segment_id: str) -> list[int]:
    scopes = region.region.scopes
    return scopes.filter(pl.col("id") == CODE[segment_id]).get_column("first_row").to_list()


def _same_number(sent: str | None, said: str) -> bool:
    """Compare control numbers; zeros in front say nothing."""
    return (sent or "").strip().lstrip("0") == said.strip().lstrip("0")
