"""The claims files that acknowledgements speak of: their envelopes, sets and claims, found by number."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cached_property
from os import PathLike
from typing import Any

import polars as pl

from billing.acknowledgements.envelopes import envelope_of
from billing.acknowledgements.sent import SentRegion, SentSet, rows_of_scopes
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
            _number(number) == _number(control)
            for region in self._regions
            for number in region.envelope.groups.get_column("control")
        )

    def sets(self, group_control: str, set_control: str) -> list[SentSet]:
        """Return the transaction sets with this number (ST02) in groups with that number (GS06)."""
        return [
            SentSet(region, row, region.last_row(row))
            for region, row in self._sets.get((_number(group_control), set_control), [])
        ]

    def claims_in(self, sent: SentSet) -> tuple[int, Decimal]:
        """Count the readable claims of a set, and add their charges up (USD)."""
        keys = sent.region.claim_keys(sent.first_row, sent.last_row)
        return len(keys), sum((self.claim(key)["charge"] for key in keys), Decimal(0))

    def claim_keys(self, claim_id: str) -> list[int]:
        """Return the keys of the claims with this number (CLM01); of one cut to 20 characters, as a payer may, too."""
        wanted = claim_id.strip()
        found = self._keys_of_ids.get(wanted, [])
        if not found and len(wanted) == _RETURNED:
            found = [key for number, keys in self._keys_of_ids.items() if number[:_RETURNED] == wanted for key in keys]
        return found

    def claim(self, claim_key: int) -> dict[str, Any]:
        """Return `claim_id`, `charge`, `input` and `position` of a claim."""
        return {name: values[claim_key - self._first_key] for name, values in self._claims.items()}

    def segment_text(self, file: str, position: int) -> str:
        """Return the segment at a position of a file, masked; empty for other formats than X12."""
        for region in self._regions:
            row = region.row_at(position) if region.file == file else None
            if row is not None:
                return region.text(row)
        return ""

    def lines(self, claim_key: int) -> list[dict[str, Any]]:
        """Return the lines of a claim, in order."""
        keys, columns = self._lines
        rows = range(bisect_left(keys, claim_key), bisect_right(keys, claim_key))
        return [{name: values[row] for name, values in columns.items()} for row in rows]

    def claims_beside(self, claim_keys: Iterable[int]) -> list[int]:
        """Return the keys of all claims of the sets in which these stand; of other formats than X12, of the files."""
        set_of_claim, claims_of_set = self._sets_of_claims
        wanted = dict.fromkeys(set_of_claim[key] for key in sorted(claim_keys))
        return [key for each in wanted for key in claims_of_set[each]]

    @cached_property
    def _first_key(self) -> int:
        return int(self._batch.claims.item(0, "claim_key")) if len(self._batch.claims) else 0

    @cached_property
    def _claims(self) -> dict[str, list[Any]]:
        return self._batch.claims.select("claim_id", "charge", "input", "position").to_dict(as_series=False)

    @cached_property
    def _lines(self) -> tuple[list[int], dict[str, list[Any]]]:
        names = ("line_number", "line_control_number", "procedure_code", "modifiers", "charge", "position")
        lines = self._batch.lines.select("claim_key", *names)
        return lines.get_column("claim_key").to_list(), lines.select(names).to_dict(as_series=False)

    @cached_property
    def _sets_of_claims(self) -> tuple[dict[int, tuple[Any, ...]], dict[tuple[Any, ...], list[int]]]:
        """Tell the set of each claim, and the claims of each set."""
        numbers = pl.concat([pl.DataFrame(schema=_SET_OF_CLAIM), *map(_numbers_of_claims, self._regions)])
        claims = self._batch.claims.select("claim_key", "input")
        claims = claims.join(numbers, on="claim_key", how="left", maintain_order="left")
        of_claim = {key: place for key, *place in claims.iter_rows()}
        set_of_claim = {key: tuple(place) for key, place in of_claim.items()}
        claims_of_set: dict[tuple[Any, ...], list[int]] = {}
        for key, place in set_of_claim.items():
            claims_of_set.setdefault(place, []).append(key)
        return set_of_claim, claims_of_set

    @cached_property
    def _sets(self) -> dict[tuple[str, str], list[tuple[SentRegion, int]]]:
        """Find the ST of each set, by the numbers of its group and itself."""
        found: dict[tuple[str, str], list[tuple[SentRegion, int]]] = {}
        for region in self._regions:
            groups = region.envelope.groups.select("interchange", "group", group_number="control")
            sets = region.envelope.transactions.join(
                groups, on=["interchange", "group"], how="left", maintain_order="left"
            )
            for group, number, row in sets.select("group_number", "control", "first_row").iter_rows():
                found.setdefault((_number(group), number or ""), []).append((region, row))
        return found

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
                found.append(SentRegion(source.name, region, envelope, self.show_members, *rows_of_scopes(region)))
        return found


def _numbers_of_claims(region: SentRegion) -> pl.DataFrame:
    """Number the transactions of a region's claims; interchanges are numbered through the file."""
    numbers = region.envelope.interchanges.select("interchange", number="interchange_number")
    claims = region.region.scopes.filter(pl.col("claim_key").is_not_null())
    claims = claims.select("claim_key", "interchange", "transaction").join(numbers, on="interchange", how="left")
    return claims.select("claim_key", interchange="number", transaction="transaction")


def _rows_of(region: SentRegion, segment_id: str) -> list[int]:
    scopes = region.region.scopes
    return scopes.filter(pl.col("id") == CODE[segment_id]).get_column("first_row").to_list()


def _number(control: str | None) -> str:
    """Return a control number without zeros in front, which say nothing."""
    return (control or "").strip().lstrip("0")
