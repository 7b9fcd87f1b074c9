"""The tree of an 837: which segments belong to which transaction, HL loop, claim and line.

Scopes and parts (see `billing/formats/x12/parts.py`) are fewer than segments, so everything that needs order or
parents is worked out on them, and the segments only carry the number of their part.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from billing.formats.x12.delimiters import Delimiters
from billing.formats.x12.elements import element, split
from billing.formats.x12.lost import LOST_LOOP, lost_starts
from billing.formats.x12.parts import lay_parts, running_count
from billing.formats.x12.segments import CODE
from billing.formats.x12.texts import Texts, look_up

PROFESSIONAL = "005010X222"


@dataclass(frozen=True, slots=True)
class Tree:
    """A region's segments with their place.

    Attributes:
        delimiters: The region's delimiters.
        segments: The segments that are not empty, with `part` (UInt32, row in `parts`).
        texts: What those say that repeat.
        parts: One row per part; see `lay_parts`.
        scopes: One row per scope: `scope`, `id`, `text`, `position`, `first_row`, `last_row`, `interchange`, `group`,
            `transaction` (UInt32 counters, 0 before the first), `open` (inside ST..SE), `professional` (its transaction
            is an 837P), `level` (HL03), `loop_level` (of the HL a claim hangs on), `billing`, `subscriber`, `patient`
            (scope of the 20, 22 and 23 loop above a claim, null where there is none or the parent numbers do not
            agree).
        transactions: One row per `transaction`, the first for what lies before the first ST: `set_id` (ST01) and
            `guide` (ST03), null in the first row.
        versions: GS08 of each `group`, null in the first row.
    """

    delimiters: Delimiters
    segments: pl.DataFrame
    texts: Texts
    parts: pl.DataFrame
    scopes: pl.DataFrame
    transactions: pl.DataFrame
    versions: pl.Series

    def implementations(self, scopes: pl.DataFrame) -> pl.DataFrame:
        """Return `set_id` and `implementation` (ST03, else GS08) of some scopes (transaction, group)."""
        return _implementations(self.transactions, self.versions, scopes)


def grow_tree(frame: pl.DataFrame, delimiters: Delimiters, *, hides: bool = False) -> Tree:
    """Give every segment of a region its place.

    Args:
        frame: One row per segment of one region, with `text`, `id` and `position`.
        delimiters: The region's delimiters.
        hides: A segment may hold others, parted by delimiters that are not known.
    """
    unknown = frame.get_column("id") == 0
    if frame.get_column("text").filter(unknown).eq("").any():
        frame = frame.filter(pl.col("text") != "")
    segment_ids = frame.get_column("id")
    part, parts = lay_parts(segment_ids)
    lost = lost_starts(frame.with_columns(part=part), parts, delimiters, hides=hides)
    if len(lost):
        part, parts = lay_parts(segment_ids, lost.get_column("row"))
    segments = frame.with_columns(part=part)
    texts = look_up(segments, delimiters)
    scopes = _scopes(segments, parts, lost)
    transactions = _openers(scopes, delimiters, "ST", set_id=element(1), guide=element(3))
    versions = _openers(scopes, delimiters, "GS", version=element(8)).get_column("version")
    scopes = scopes.hstack([_is_professional(transactions, versions, scopes)])
    scopes = _with_parents(scopes, texts, delimiters)
    return Tree(delimiters, segments, texts, parts, scopes, transactions, versions)


def _scopes(segments: pl.DataFrame, parts: pl.DataFrame, lost: pl.DataFrame) -> pl.DataFrame:
    """Lay out the scopes, with the counters of their envelopes."""
    starts = parts.filter("starts")
    row = starts.get_column("row")
    ids = starts.get_column("id")
    if len(lost):
        ids = ids.scatter(row.search_sorted(lost.get_column("row")), lost.get_column("id"))
    scopes = starts.select("scope", first_row="row").hstack([ids, *segments.select("text", "position")[row]])
    segment = pl.col("id")
    return scopes.with_columns(
        last_row=row.shift(-1, fill_value=len(segments)) - 1,
        interchange=running_count(segment == CODE["ISA"]),
        group=running_count(segment == CODE["GS"]),
        transaction=running_count(segment == CODE["ST"]),
        open=pl.when(segment == CODE["ST"])
        .then(statement=True)
        .when(segment.is_in([CODE[name] for name in ("SE", "GE", "IEA", "ISA", "GS")]))
        .then(statement=False)
        .forward_fill()
        .fill_null(value=False),
    )


def _openers(scopes: pl.DataFrame, delimiters: Delimiters, opener: str, **values: pl.Expr) -> pl.DataFrame:
    """Read elements of the openers of an envelope level: one row each, behind a first row of nulls."""
    texts = scopes.get_column("text").filter(scopes.get_column("id") == CODE[opener])
    said = split(texts, delimiters).select(value.fill_null("").alias(name) for name, value in values.items())
    return pl.concat([said.clear(1), said])


def _implementations(transactions: pl.DataFrame, versions: pl.Series, scopes: pl.DataFrame) -> pl.DataFrame:
    said = transactions[scopes.get_column("transaction")]
    version = versions[scopes.get_column("group")].fill_null("")
    has_guide = pl.col("guide").fill_null("") != ""
    return said.select("set_id", implementation=pl.when(has_guide).then("guide").otherwise(version))


def _is_professional(transactions: pl.DataFrame, versions: pl.Series, scopes: pl.DataFrame) -> pl.Series:
    """Tell for each scope whether its transaction is an 837P; one that names no guide at all is taken as one."""
    guide, version = pl.col("guide").fill_null(""), versions.fill_null("")
    of_set = transactions.select(
        is_837=(pl.col("set_id") == "837").fill_null(value=False),
        names_guide=guide != "",
        is_guide=guide.str.starts_with(PROFESSIONAL),
    )[scopes.get_column("transaction")]
    is_version = version.str.starts_with(PROFESSIONAL) | (version == "")
    is_guide = of_set.get_column("is_guide").zip_with(
        of_set.get_column("names_guide"), is_version[scopes.get_column("group")]
    )
    return (of_set.get_column("is_837") & is_guide).alias("professional")


def _with_parents(scopes: pl.DataFrame, texts: Texts, delimiters: Delimiters) -> pl.DataFrame:
    """Find each claim's billing, subscriber and patient loop.

    The loop a claim hangs on is the last HL before it; its level says which parents it needs. Below a loop whose HL
    was lost nothing has parents.
    """
    said, distinct = texts.of("HL")
    values = split(distinct, delimiters).select(number=element(1), parent=element(2), level=element(3).fill_null(""))
    is_hl = scopes.get_column("id") == CODE["HL"]
    is_loop = is_hl | (scopes.get_column("id") == LOST_LOOP)
    loops = scopes.select("scope", "transaction").filter(is_loop)
    if len(loops) > len(said):
        of_loop = pl.Series([None], dtype=pl.UInt32).new_from_index(0, len(loops))
        said = of_loop.scatter(is_hl.filter(is_loop).arg_true(), said)
    loops = _loop_parents(loops.hstack(values[said])).select(
        "billing", "subscriber", "patient", loop_level="level", loop_transaction="transaction"
    )
    # In front of the first loop there is none.
    loop = pl.select(running_count(pl.lit(is_loop))).to_series()
    scopes = scopes.hstack(pl.concat([loops.clear(1), loops])[loop])
    hangs = pl.col("loop_transaction") == pl.col("transaction")
    return (
        scopes.with_columns(
            pl.when(hangs).then(name).alias(name) for name in ("loop_level", "billing", "subscriber", "patient")
        )
        .with_columns(level=pl.when(is_hl).then("loop_level"))
        .drop("loop_transaction")
    )


def _loop_parents(loops: pl.DataFrame) -> pl.DataFrame:
    """Find the billing, subscriber and patient loop of each loop, itself included.

    A loop counts as parent when it is the last one of its level before, in the same transaction, and the HL02
    of the child names its HL01. Anything else is a broken tree, and the claims below it have no parent.

    Args:
        loops: One row per loop with `scope`, `transaction`, `number`, `parent` and `level`.
    """
    level = pl.col("level")
    row = pl.int_range(pl.len(), dtype=pl.UInt32)
    loops = loops.with_columns(
        last_billing=pl.when(level == "20").then(row).forward_fill(),
        last_subscriber=pl.when(level == "22").then(row).forward_fill(),
    )

    def is_parent(last: str) -> pl.Expr:
        same_transaction = pl.col("transaction").gather(pl.col(last)) == pl.col("transaction")
        return same_transaction & (pl.col("number").gather(pl.col(last)) == pl.col("parent"))

    loops = loops.with_columns(
        billing=pl.when(level == "20")
        .then("scope")
        .when((level == "22") & is_parent("last_billing"))
        .then(pl.col("scope").gather(pl.col("last_billing"))),
        subscriber=pl.when(level == "22")
        .then("scope")
        .when((level == "23") & is_parent("last_subscriber"))
        .then(pl.col("scope").gather(pl.col("last_subscriber"))),
        patient=pl.when(level == "23").then("scope"),
    )
    # A dependent's billing loop is its subscriber's.
    of_dependent = pl.when((level == "23") & pl.col("subscriber").is_not_null()).then(
        pl.col("billing").gather(pl.col("last_subscriber"))
    )
    return loops.with_columns(billing=pl.coalesce("billing", of_dependent))
