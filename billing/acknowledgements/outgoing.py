"""The acknowledgements of a run: for each X12 input a TA1, a 999 and a 277CA, as its receiver would send them.

    ta1.x12   999.x12   277ca.x12        one input: an answering interchange for each of its interchanges
    ta1/   999/   277ca/                 several inputs: a folder each, with one file per input, named for it

Each answers for its own layer. A receiver that refuses a file at one layer does not answer at the next; cleanclaim
goes on, so that everything is said at once. A 277CA counts every claim and every part that could not be read, but a
transaction without a single readable claim has none: its 999 says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from billing.acknowledgements.ack_277ca import write_277ca
from billing.acknowledgements.ack_999 import write_999
from billing.acknowledgements.enclosing import SET, Reply
from billing.acknowledgements.envelopes import Envelope, envelope_of, first_elements, first_names
from billing.acknowledgements.ink import ink_for
from billing.acknowledgements.statuses import rejecting_statuses
from billing.acknowledgements.ta1 import write_ta1
from billing.acknowledgements.unread import with_unreadable
from billing.folders import safe_name
from billing.formats.x12.write837 import Source837
from billing.formats.x12.written import WrittenRegion
from billing.writing import unique_names

if TYPE_CHECKING:
    from billing.result import Result

KINDS = ("ta1", "999", "277ca")
SUFFIX = ".x12"


def acknowledgement_files(result: Result) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of each acknowledgement of a run; nothing for inputs that are no X12."""
    sources = [source for source in result.batch.sources if isinstance(source, Source837)]
    names = unique_names([safe_name(source.name).rpartition(".")[0] or safe_name(source.name) for source in sources])
    for source, name in zip(sources, names, strict=True):
        answers = answer(result, source)
        for kind in KINDS:
            if answers[kind]:
                several = len(result.batch.sources) > 1
                yield f"{kind}/{name}{SUFFIX}" if several else f"{kind}{SUFFIX}", answers[kind]


def answer(result: Result, source: Source837) -> dict[str, bytes]:
    """Write the acknowledgements of one input.

    Returns:
        Kind (`ta1`, `999`, `277ca`) to the file's bytes, empty where there is nothing to answer.
    """
    errors = result.batch.syntax_errors.filter(pl.col("input") == source.name)
    statuses = rejecting_statuses(result.findings)
    unreadable = result.unreadable.filter(pl.col("input") == source.name)
    texts: dict[str, list[str]] = {kind: [] for kind in KINDS}
    interchanges = parts = 0
    for region in source.regions:
        envelope = envelope_of(region, interchanges)
        claims = _claims(result, region)
        unread = unreadable.slice(parts, len(region.unreadable))
        heads = _heads(region, envelope, claims, unread)
        lines = result.batch.lines
        ink = ink_for(
            region.delimiters, envelope.interchanges.item(0, "repetition"), _values(envelope, claims, lines, heads)
        )
        reply = Reply(envelope, ink, result.received)
        texts["ta1"].append(write_ta1(reply, errors))
        errors_of_999 = with_unreadable(errors, region, envelope, unread)
        texts["999"].append(write_999(reply, errors_of_999, result.batch.claims.select("claim_key", "claim_id")))
        texts["277ca"].append(write_277ca(reply, claims, lines, statuses, heads))
        interchanges += len(envelope.interchanges)
        parts += len(region.unreadable)
    return {kind: "".join(text).encode(source.encoding) for kind, text in texts.items()}


def _claims(result: Result, region: WrittenRegion) -> pl.DataFrame:
    """Lay out the readable claims of a region, in file order."""
    places = region.scopes.filter(pl.col("claim_key").is_not_null()).select(
        "claim_key", *SET, "billing", member_loop=pl.coalesce("patient", "subscriber")
    )
    if places.is_empty():
        return places
    keys = places.get_column("claim_key")
    rows = keys - result.batch.claims.item(0, "claim_key")
    said = result.batch.claims.select(
        "claim_id", "charge", "member_last_name", "member_first_name", "member_id",
        "billing_npi", "billing_tax_id", "billing_other_id",
    )[rows]  # fmt: skip
    decisions = result.decisions.get_column("decision")[rows]
    days = result.batch.lines.select(
        "claim_key", first="service_date", last=pl.coalesce("service_end_date", "service_date")
    ).group_by("claim_key").agg(first_day=pl.col("first").min(), last_day=pl.col("last").max())  # fmt: skip
    claims = places.hstack(said).hstack([decisions])
    claims = claims.join(days, on="claim_key", how="left", maintain_order="left")
    return claims.hstack(_billers(region, claims))


def _billers(region: WrittenRegion, claims: pl.DataFrame) -> pl.DataFrame:
    """Read the name of each claim's billing provider, as the input parts it."""
    loops = claims.get_column("billing").unique(maintain_order=True).sort()
    scopes = region.scopes.select("first_row", "last_row")[loops]
    names = (
        first_names(region, scopes, "85")
        .select("kind", "last", "first", "middle")
        .select(pl.all().name.prefix("billing_"))
    )
    return names[loops.search_sorted(claims.get_column("billing"))]


def _heads(region: WrittenRegion, envelope: Envelope, claims: pl.DataFrame, unreadable: pl.DataFrame) -> pl.DataFrame:
    """Lay out what a 277CA says of each transaction before its claims."""
    sets = envelope.transactions.with_columns(
        set_number=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over("interchange")
    )
    if claims.is_empty():
        return sets.clear()
    sets = sets.join(claims.select(SET).unique(), on=SET, how="semi", maintain_order="left")
    scopes = region.scopes.select("first_row", "last_row")[sets.get_column("scope")]
    submitter, receiver = (first_names(region, scopes, who) for who in ("41", "40"))
    lost = region.scopes.select("first_row", *SET)
    at = lost.get_column("first_row").search_sorted(region.unreadable.get_column("first_row"), side="right") - 1
    lost = lost.select(SET)[at].hstack(unreadable.select("charge"))
    lost = lost.group_by(SET).agg(unreadable=pl.len(), unreadable_charge=pl.col("charge").sum())
    parties = envelope.groups.select("interchange", "group", sender="sender", receiver="receiver")
    return (
        sets.select(*SET, "set_number")
        .hstack([first_elements(region, scopes, "BHT", 3).alias("reference")])
        .hstack(
            submitter.select(
                submitter_kind="kind", submitter_last="last", submitter_first="first", submitter_middle="middle",
                submitter_id="identifier",
            )
        )
        .hstack(receiver.select(receiver_last="last", receiver_id="identifier"))
        .join(parties, on=["interchange", "group"], how="left", maintain_order="left")
        .join(lost, on=SET, how="left", maintain_order="left")
        .with_columns(
            submitter_id=pl.coalesce("submitter_id", "sender"),
            receiver_id=pl.coalesce("receiver_id", "receiver"),
            unreadable=pl.col("unreadable").fill_null(0),
            unreadable_charge=pl.col("unreadable_charge").fill_null(0),
        )
        .drop("sender", "receiver")
    )  # fmt: skip


def _values(envelope: Envelope, claims: pl.DataFrame, lines: pl.DataFrame, heads: pl.DataFrame) -> list[pl.Series]:
    """List the texts of the input that the answers repeat."""
    frames = (envelope.interchanges.drop("repetition"), envelope.groups, envelope.transactions, claims, heads)
    texts = [column for frame in frames for column in frame.get_columns() if column.dtype == pl.String]
    return [*texts, lines.get_column("procedure_code"), lines.get_column("line_control_number")]
