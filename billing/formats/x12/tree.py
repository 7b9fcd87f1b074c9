"""The tree of an 837: which segments belong to which transaction, HL loop, claim and line.

Scopes (see `billing/formats/x12/running.py`) are few, about two per claim, so everything that needs order or parents
is worked out on them, and the segments only carry the number of their scope.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from billing.formats.x12.delimiters import Delimiters
from billing.formats.x12.elements import element, spread
from billing.formats.x12.lost import LOST_LOOP, lost_starts
from billing.formats.x12.running import counters, scope_starts
from billing.formats.x12.segments import CODE

PROFESSIONAL = "005010X222"


@dataclass(frozen=True, slots=True)
class Tree:
    """A region's segments with their place, and its scopes.

    Attributes:
        segments: The segments that are not empty, with `scope` (UInt32, row in `scopes`), `line` (UInt32, runs on over
            the region), `area` (UInt8: header, other payer, line), `section` (UInt8 of CODE: the last of HL CLM NM1
            SBR LX SVD LIN at or before it) and `nm1` (UInt32, counts the NM1 segments).
        scopes: One row per scope: `scope`, `id`, `text`, `position`, `first_row`, `last_row`, `interchange`, `group`,
            `transaction` (UInt32 counters, 0 before the first), `open` (inside ST..SE), `set_id` (ST01),
            `implementation` (ST03, else GS08), `level` (HL03), `loop_level` (of the HL a claim hangs on), `billing`,
            `subscriber`, `patient` (scope of the 20, 22 and 23 loop above a claim, null where there is none or the
            parent numbers do not agree).
    """

    segments: pl.DataFrame
    scopes: pl.DataFrame

    def under(self, segment_id: str) -> pl.Series:
        """Tell the segments of the section that a segment id opens."""
        return self.segments.get_column("section") == CODE[segment_id]


def grow_tree(frame: pl.DataFrame, delimiters: Delimiters) -> Tree:
    """Give every segment of a region its place.

    Args:
        frame: One row per segment of one region, with `text`, `id` and `position`.
        delimiters: The region's delimiters.
    """
    unknown = frame.get_column("id") == 0
    if frame.get_column("text").filter(unknown).eq("").any():
        frame = frame.filter(pl.col("text") != "")
    starts = scope_starts(frame.get_column("id"))
    segments = counters(frame, starts)
    lost = lost_starts(segments, starts, delimiters)
    if len(lost):
        starts = scope_starts(frame.get_column("id"), lost.get_column("row"))
        segments = counters(frame, starts)
    return Tree(segments, _scopes(segments, starts, lost, delimiters))


def _scopes(segments: pl.DataFrame, starts: pl.Series, lost: pl.DataFrame, delimiters: Delimiters) -> pl.DataFrame:
    """Work out transactions, implementations and parents, one row per scope."""
    first_row = starts.arg_true().cast(pl.UInt32)
    scopes = pl.DataFrame([segments.get_column(name).filter(starts) for name in ("scope", "id", "text", "position")])
    if len(lost):
        scope_of_lost = segments.get_column("scope")[lost.get_column("row")]
        scopes = scopes.with_columns(id=scopes.get_column("id").scatter(scope_of_lost, lost.get_column("id")))
    segment = pl.col("id")
    scopes = scopes.with_columns(
        first_row=first_row,
        last_row=first_row.shift(-1, fill_value=len(segments)) - 1,
        interchange=(segment == CODE["ISA"]).cum_sum(),
        group=(segment == CODE["GS"]).cum_sum(),
        transaction=(segment == CODE["ST"]).cum_sum(),
        open=pl.when(segment == CODE["ST"])
        .then(statement=True)
        .when(segment.is_in([CODE[name] for name in ("SE", "GE", "IEA", "ISA", "GS")]))
        .then(statement=False)
        .forward_fill()
        .fill_null(value=False),
    )
    version = _of_latest(scopes, delimiters, "GS", "group", 8)
    guide = _of_latest(scopes, delimiters, "ST", "transaction", 3)
    set_id = _of_latest(scopes, delimiters, "ST", "transaction", 1)
    implementation = guide.zip_with((guide != "").fill_null(value=False), version.fill_null(""))
    return _with_parents(scopes.with_columns(set_id=set_id, implementation=implementation), delimiters)


def _of_latest(scopes: pl.DataFrame, delimiters: Delimiters, opener: str, counter: str, number: int) -> pl.Series:
    """Read an element of the latest opener at or before each scope; null before the first one."""
    texts = scopes.get_column("text").filter(scopes.get_column("id") == CODE[opener])
    said, values = spread(texts, delimiters, value=element(number).fill_null(""))
    # The counter is 0 before the first opener.
    of_opener = pl.concat([pl.Series([None], dtype=pl.String), values.get_column("value")[said]])
    return of_opener[scopes.get_column(counter)]


def _with_parents(scopes: pl.DataFrame, delimiters: Delimiters) -> pl.DataFrame:
    """Find each claim's billing, subscriber and patient loop.

    The loop a claim hangs on is the last HL before it; its level says which parents it needs. Below a loop whose HL
    was lost nothing has parents.
    """
    is_hl = scopes.get_column("id") == CODE["HL"]
    is_loop = is_hl | (scopes.get_column("id") == LOST_LOOP)
    said, values = spread(
        scopes.get_column("text").filter(is_hl),
        delimiters, number=element(1), parent=element(2), level=element(3).fill_null(""),
    )  # fmt: skip
    of_hl = values[said]
    loops = pl.DataFrame([scopes.get_column(name).filter(is_loop) for name in ("scope", "transaction")])
    if len(loops) == len(of_hl):
        loops = loops.hstack(of_hl)
    else:
        known = is_hl.filter(is_loop)
        row = (known.cum_sum() - 1).zip_with(known, pl.Series([None], dtype=pl.UInt32))
        loops = loops.hstack(of_hl[row])
    loops = _loop_parents(loops)
    # The number of the loop each scope hangs on, null before the first.
    loop = is_loop.cum_sum().cast(pl.Int64) - 1
    loop = loop.zip_with(loop >= 0, pl.Series([None], dtype=pl.Int64)).cast(pl.UInt32)
    hangs = loops.get_column("transaction")[loop] == scopes.get_column("transaction")
    above = {
        name: loops.get_column(column)[loop]
        for name, column in (
            ("loop_level", "level"), ("billing", "billing"), ("subscriber", "subscriber"), ("patient", "patient")
        )
    }  # fmt: skip
    level = loops.get_column("level")[loop]
    return scopes.with_columns(
        level=pl.when(is_hl).then(level),
        **{name: pl.when(hangs).then(column) for name, column in above.items()},
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
