"""What the answers to a region take from its envelope: who sent what to whom, under which numbers."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from billing.acknowledgements.ink import NOT_SENT
from billing.formats.x12.delimiters import Delimiters, character
from billing.formats.x12.elements import element, split
from billing.formats.x12.rebuild import rows_of
from billing.formats.x12.segments import CODE, without_padding
from billing.formats.x12.written import WrittenRegion

_CLOCK = r"^([01][0-9]|2[0-3])[0-5][0-9]$"
_NUMBER = r"^[0-9]{1,9}$"


@dataclass(frozen=True, slots=True)
class Envelope:
    """The envelope of a region. The counters `interchange`, `group` and `transaction` are those of its scopes.

    Attributes:
        interchanges: One row per ISA: `interchange`, `interchange_number` (in the file, from 1), the ids and their
            qualifiers as sent, `date`, `time`, `control`, `repetition` and `usage`, each one that can be written.
        groups: One row per GS, and per interchange with transactions outside any GS: `interchange`, `group`,
            `group_number` (in the interchange, from 1; null: no GS), `functional`, `sender`, `receiver`, `control`
            (as sent), `answer_control` (one that can be written, and no two alike), `version`, `said_sets` (GE01).
        transactions: One row per ST: `interchange`, `group`, `transaction`, `transaction_number` (in the group, from
            1), `first_row` (of the region's segments), `scope`, `set_id`, `control` and `guide`.
    """

    interchanges: pl.DataFrame
    groups: pl.DataFrame
    transactions: pl.DataFrame


def envelope_of(region: WrittenRegion, interchanges_before: int) -> Envelope:
    """Read the envelope of a region.

    Args:
        region: The region.
        interchanges_before: How many ISA of the file come before it.
    """
    opened = region.scopes.select("id", "scope", "text", "first_row", "interchange", "group", "transaction")
    interchanges = _interchanges(_of(opened, "ISA"), region.delimiters, interchanges_before)
    sets = _of(opened, "ST")
    transactions = sets.select(
        "interchange",
        "group",
        "transaction",
        "first_row",
        "scope",
        transaction_number=_number(["interchange", "group"]),
    ).hstack(
        split(sets.get_column("text"), region.delimiters).select(
            set_id=element(1), control=element(2), guide=element(3)
        )
    )
    return Envelope(interchanges, _groups(opened, transactions, interchanges, region.delimiters), transactions)


def first_names(region: WrittenRegion, scopes: pl.DataFrame, qualifier: str) -> pl.DataFrame:
    """Read the first NM1 of a qualifier in each scope.

    Args:
        region: The region.
        scopes: One row per scope wanted, with `first_row` and `last_row`.
        qualifier: NM101.

    Returns:
        One row per scope, in order: `kind` (NM102, 1 or 2), `last`, `first`, `middle`, `code` (NM108) and `identifier`;
        nulls where there is none.
    """
    mark = character(region.delimiters.element)
    found = _first_texts(region, scopes, "NM1", f"NM1{mark}{qualifier}{mark}")
    kind = element(2)
    return split(found, region.delimiters).select(
        kind=pl.when(kind.is_in(["1", "2"])).then(kind),
        last=element(3).str.slice(0, 60),
        first=element(4).str.slice(0, 35),
        middle=element(5).str.slice(0, 25),
        code=element(8),
        identifier=element(9).str.slice(0, 80),
    )


def first_elements(region: WrittenRegion, scopes: pl.DataFrame, segment_id: str, number: int) -> pl.Series:
    """Read one element of the first segment of an id in each scope; null where there is none."""
    mark = character(region.delimiters.element)
    found = _first_texts(region, scopes, segment_id, f"{segment_id}{mark}")
    return split(found, region.delimiters).select(element(number)).to_series()


def _first_texts(region: WrittenRegion, scopes: pl.DataFrame, segment_id: str, begins: str) -> pl.Series:
    """Return the text of the first segment of each scope that begins so; null where there is none."""
    rows = rows_of(scopes)
    rows = rows.filter(region.ids[rows] == CODE[segment_id])
    text = without_padding(region.raw(rows))
    begun = text.str.starts_with(begins)
    rows, text = rows.filter(begun), text.filter(begun)
    at = scopes.get_column("first_row").search_sorted(rows, side="right") - 1
    first = at.is_first_distinct()
    nothing = pl.Series("text", [None], dtype=pl.String).new_from_index(0, len(scopes))
    return nothing.scatter(at.filter(first), text.filter(first))


def _of(opened: pl.DataFrame, segment_id: str) -> pl.DataFrame:
    return opened.filter(pl.col("id") == CODE[segment_id])


def _number(within: list[str]) -> pl.Expr:
    """Number rows from 1 within others."""
    return pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over(within)


def _interchanges(opened: pl.DataFrame, delimiters: Delimiters, before: int) -> pl.DataFrame:
    number = pl.int_range(before + 1, before + pl.len() + 1, dtype=pl.UInt32)
    said = split(opened.get_column("text"), delimiters).select(
        sender_qualifier=_fitting(element(5), r"^[0-9A-Z]{2}$", "ZZ"),
        sender=element(6).str.strip_chars_end(" "),
        receiver_qualifier=_fitting(element(7), r"^[0-9A-Z]{2}$", "ZZ"),
        receiver=element(8).str.strip_chars_end(" "),
        date=_fitting(element(9), r"^[0-9]{6}$", "000000"),
        time=_fitting(element(10), _CLOCK, "0000"),
        repetition=element(11),
        control=element(13),
        usage=_fitting(element(15), "^[PT]$", "P"),
    )
    return opened.select("interchange", interchange_number=number).hstack(said).with_columns(
        pl.col("sender", "receiver").replace("", None).fill_null(NOT_SENT),
        control=_fitting(pl.col("control"), r"^[0-9]{9}$", pl.col("interchange_number").cast(pl.String).str.zfill(9)),
    )  # fmt: skip


def _groups(
    opened: pl.DataFrame, transactions: pl.DataFrame, interchanges: pl.DataFrame, delimiters: Delimiters
) -> pl.DataFrame:
    """Lay out the groups; transactions outside any have one that repeats what the interchange says."""
    heads, tails = _of(opened, "GS"), _of(opened, "GE")
    counts = tails.select("interchange", "group").hstack(
        split(tails.get_column("text"), delimiters).select(said_sets=element(1))
    )
    counts = counts.filter(pl.struct("interchange", "group").is_first_distinct())
    keys = ["interchange", "group"]
    groups = heads.select(*keys, group_number=_number(["interchange"])).hstack(
        split(heads.get_column("text"), delimiters).select(
            functional=element(1), sender=element(2), receiver=element(3), control=element(6), version=element(8)
        )
    )
    outside = transactions.select(keys).unique(maintain_order=True).join(groups, on=keys, how="anti")
    if len(outside):
        groups = pl.concat([groups, outside], how="diagonal")
    groups = groups.join(counts, on=keys, how="left").join(
        interchanges.select("interchange", from_id="sender", to_id="receiver"), on="interchange", how="left"
    )
    return _numbered(
        groups.sort(keys).with_columns(
            sender=_party("sender", "from_id"),
            receiver=_party("receiver", "to_id"),
            functional=_fitting(pl.col("functional"), "^[A-Z]{2}$", "HC"),
        )
    ).drop("from_id", "to_id")


def _party(name: str, otherwise: str) -> pl.Expr:
    """Return a code of two to fifteen characters that a GS can carry."""
    said = pl.coalesce(name, otherwise).str.strip_chars().str.slice(0, 15)
    return pl.when(said.str.len_chars() >= 2).then(said).otherwise(pl.lit(NOT_SENT))  # noqa: PLR2004 the shortest of a GS02


def _numbered(groups: pl.DataFrame) -> pl.DataFrame:
    """Number the answering groups as the input's are; where these cannot be written, or repeat, from 1."""
    sent = pl.col("control")
    written = pl.when(sent.str.contains(_NUMBER)).then(sent.str.strip_chars_start("0").replace("", "0"))
    groups = groups.with_columns(answer_control=written)
    is_good = pl.col("answer_control").is_not_null() & pl.struct("interchange", "answer_control").is_first_distinct()
    counted = _number(["interchange"]).cast(pl.String)
    return groups.with_columns(
        answer_control=pl.when(is_good.all().over("interchange")).then("answer_control").otherwise(counted)
    )


def _fitting(value: pl.Expr, pattern: str, otherwise: str | pl.Expr) -> pl.Expr:
    """Return a value of the right shape, or another in its place."""
    instead = pl.lit(otherwise) if isinstance(otherwise, str) else otherwise
    return pl.when(value.str.contains(pattern).fill_null(value=False)).then(value).otherwise(instead)
