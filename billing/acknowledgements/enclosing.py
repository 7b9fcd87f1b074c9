"""Putting answers into transactions, groups and interchanges, with the counts of their trailers.

Sender and receiver change places. Numbers and times are the input's own and dates are the received date, so that the
same input gives the same bytes. An answer asks for no answer (ISA14 is 0) and repeats no password (ISA02, ISA04).

An answer is rows of text in order, each with the counters `interchange`, `group` and `transaction` of what it answers.
What opens a level is put in front of its first row and what closes it behind its last, so that no text is copied often.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from billing.acknowledgements.envelopes import Envelope
from billing.acknowledgements.ink import Ink

_INTERCHANGE = ["interchange"]
_GROUP = ["interchange", "group"]
SET = ["interchange", "group", "transaction"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of answer.

    Attributes:
        set_id: ST01.
        functional: GS01.
        guide: ST03 and GS08.
        keys: The counters by which its transactions differ: one for each transaction answered, or for each group.
    """

    set_id: str
    functional: str
    guide: str
    keys: list[str]


@dataclass(frozen=True, slots=True)
class Reply:
    """What all answers to a region share.

    Attributes:
        envelope: What is answered.
        ink: The delimiters.
        day: The received date.
    """

    envelope: Envelope
    ink: Ink
    day: date

    @property
    def today(self) -> str:
        """Return the received date as CCYYMMDD."""
        return f"{self.day:%Y%m%d}"


def enclosed(rows: pl.DataFrame, keys: list[str], parts: pl.DataFrame) -> pl.DataFrame:
    """Put a level around rows.

    Args:
        rows: One row per text, sorted by the keys.
        keys: The counters of the level.
        parts: One row per distinct key, in order: `opening` and `closing`.

    Returns:
        The same rows with the texts of the level in front of its first row and behind its last.
    """
    text, first, last = rows.get_column("text"), *_edges(rows, keys)
    text = text.scatter(first, parts.get_column("opening") + text[first])
    text = text.scatter(last, text[last] + parts.get_column("closing"))
    return rows.with_columns(text=text)


def in_transactions(rows: pl.DataFrame, kind: Kind, reply: Reply) -> pl.DataFrame:
    """Put ST and SE around the rows of each transaction, numbered from 0001 within its group."""
    ink, keys = reply.ink, kind.keys
    sets = (
        rows.select(*keys, segments=ink.count("text")).group_by(keys, maintain_order=True).agg(pl.col("segments").sum())
    )
    number = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over(_GROUP).cast(pl.String).str.zfill(4)
    sets = sets.with_columns(number=number, segments=(pl.col("segments") + 2).cast(pl.String))
    parts = sets.select(
        opening=ink.segment("ST", kind.set_id, pl.col("number"), kind.guide),
        closing=ink.segment("SE", pl.col("segments"), pl.col("number")),
    )
    return enclosed(rows, keys, parts)


def in_groups(rows: pl.DataFrame, kind: Kind, reply: Reply) -> pl.DataFrame:
    """Put GS and GE around the transactions of each group."""
    ink, envelope = reply.ink, reply.envelope
    counts = (
        rows.select(kind.keys).unique(maintain_order=True).group_by(_GROUP, maintain_order=True).agg(count=pl.len())
    )
    groups = counts.join(envelope.groups, on=_GROUP, how="left", maintain_order="left").join(
        envelope.interchanges.select("interchange", "time"), on="interchange", how="left", maintain_order="left"
    )
    number = pl.col("answer_control")
    opening = ink.segment(
        "GS",
        kind.functional,
        pl.col("receiver"),
        pl.col("sender"),
        reply.today,
        pl.col("time"),
        number,
        "X",
        kind.guide,
    )
    closing = ink.segment("GE", pl.col("count").cast(pl.String), number)
    return enclosed(rows, _GROUP, groups.select(opening=opening, closing=closing))


def in_interchanges(rows: pl.DataFrame, reply: Reply) -> str:
    """Put ISA and IEA around the groups of each interchange, and return the text; empty without rows.

    Args:
        rows: The answer; a `group` that is null stands in no group.
        reply: What is answered, and how.
    """
    ink, day = reply.ink, reply.day
    counts = rows.group_by("interchange", maintain_order=True).agg(count=pl.col("group").drop_nulls().n_unique())
    interchanges = counts.join(reply.envelope.interchanges, on="interchange", how="left", maintain_order="left")
    sender, receiver = (pl.col(name).str.slice(0, 15).str.pad_end(15) for name in ("receiver", "sender"))
    blanks = " " * 10
    opening = ink.segment(
        "ISA", "00", blanks, "00", blanks, pl.col("receiver_qualifier"), sender, pl.col("sender_qualifier"), receiver,
        f"{day:%y%m%d}", pl.col("time"), ink.repetition, "00501", pl.col("control"), "0", pl.col("usage"),
        ink.component,
    )  # fmt: skip
    closing = ink.segment("IEA", pl.col("count").cast(pl.String), pl.col("control"))
    rows = enclosed(rows, _INTERCHANGE, interchanges.select(opening=opening, closing=closing))
    return "".join(rows.get_column("text").to_list())


def _edges(rows: pl.DataFrame, keys: list[str]) -> tuple[pl.Series, pl.Series]:
    """Return the first and the last row of each level."""
    opens = pl.any_horizontal(pl.col(key).ne_missing(pl.col(key).shift(1)) for key in keys)
    if rows.is_empty():
        nothing = pl.Series([], dtype=pl.UInt32)
        return nothing, nothing
    first = rows.select((opens | (pl.int_range(pl.len()) == 0)).arg_true()).to_series()
    last = pl.concat([first.slice(1) - 1, pl.Series([len(rows) - 1], dtype=first.dtype)])
    return first, last
