"""Read 837P claims into frames, family by family.

Segments are filtered by id before their elements are split; a family becomes a small frame with one column per
value and is joined to its claim or line by number. Nothing here loops over claims.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from billing.batch import Batch, concatenate
from billing.claims import (
    CLAIM_COLUMNS,
    CLAIMS_SCHEMA,
    LINE_COLUMNS,
    LINES_SCHEMA,
    MALFORMED_SCHEMA,
    UNREADABLE_SCHEMA,
)
from billing.errors import InputError
from billing.formats.x12 import families, readable
from billing.formats.x12.beside import beside
from billing.formats.x12.envelope import file_findings
from billing.formats.x12.segments import CODE, Delimiters, Segments, split_segments
from billing.formats.x12.tree import AREA_HEADER, AREA_LINE, PROFESSIONAL, Tree, grow_tree, written_region
from billing.formats.x12.windows import Window, carried_segments, window_bytes
from billing.formats.x12.write837 import Source837


def read_837(
    data: bytes, name: str, *, first_claim_key: int = 0, first_line_key: int = 0, window: Window | None = None
) -> Batch:
    """Read one 837P file, or a window of it.

    Args:
        data: The whole file.
        name: Its name, for the `input` column and for messages.
        first_claim_key: Key of its first claim.
        first_line_key: Key of its first line.
        window: The part to read (`billing/formats/x12/windows.py`); its envelope is not judged, since the
            trailers count what lies outside it. Default: the whole file.

    Returns:
        Its claims, and what could not be read; a file with envelopes only has no claims.

    Raises:
        InputError: It is no X12, or holds transactions but none of them is an 837P.
    """
    segments = split_segments(data if window is None else window_bytes(data, window), name)
    if window is not None:
        segments = _at_their_place(segments, data, window)
    batches, written = [], []
    trees = [
        grow_tree(
            segments.frame.filter(pl.col("region") == index) if len(segments.delimiters) > 1 else segments.frame, part
        )
        for index, part in enumerate(segments.delimiters)
    ]
    _refuse_other_transactions(trees, name)
    for tree, delimiters in zip(trees, segments.delimiters, strict=True):
        batch, scopes = _read_region(tree, delimiters, name, first_claim_key, first_line_key)
        first_claim_key += len(batch.claims)
        first_line_key += len(batch.lines)
        batches.append(batch)
        written.append(written_region(tree, scopes, delimiters))
    batch = concatenate(batches)
    source = Source837(
        name,
        data,
        tuple(written),
        segments.tails,
        segments.encoding,
        segments.marked,
        not batch.file_findings.is_empty(),
    )
    if window is not None:
        of_claims = batch.file_findings.filter(pl.col("claim_key").is_not_null())
        return Batch(batch.claims, batch.lines, batch.malformed, batch.unreadable, of_claims)
    return Batch(batch.claims, batch.lines, batch.malformed, batch.unreadable, batch.file_findings, (source,))


def _at_their_place(segments: Segments, data: bytes, window: Window) -> Segments:
    """Number the segments of a window as they are numbered in the file; what it carries has number 0."""
    shift = window.first_position - 1 - carried_segments(data, window, segments.delimiters[0])
    moved = (pl.col("position").cast(pl.Int64) + shift).clip(0).cast(pl.UInt32)
    own = pl.col("position").cast(pl.Int64) + shift >= window.first_position
    return replace(segments, frame=segments.frame.with_columns(position=pl.when(own).then(moved).otherwise(0)))


def _refuse_other_transactions(trees: list[Tree], name: str) -> None:
    """Raise when the file holds transactions, and not one of them is an 837P."""
    starts = pl.concat([tree.scopes.filter(pl.col("id") == CODE["ST"]) for tree in trees])
    if starts.is_empty() or (readable.is_professional(starts)).any():
        return
    sets = starts.select(pl.concat_str("set_id", pl.lit(" "), "implementation").str.strip_chars()).to_series()
    seen = ", ".join(sets.unique(maintain_order=True).head(3).str.slice(0, 24))
    message = (
        f"{name}: no professional claims (837P, {PROFESSIONAL}A1) in this file; it holds {seen}\n"
        "  fix: send an 837P file of version 005010X222A1"
    )
    raise InputError(message)


def _read_region(
    tree: Tree, delimiters: Delimiters, name: str, first_claim_key: int, first_line_key: int
) -> tuple[Batch, pl.DataFrame]:
    """Read the claims of one region; also returns its scopes with the `claim_key` of each that is a claim."""
    names = families.names(tree, delimiters)
    services = families.services(tree, delimiters)
    judged = readable.judge_scopes(tree, names, services)
    claim_scopes = judged.filter(pl.col("is_claim") & pl.col("reason").is_null())
    keys = claim_scopes.select("scope", claim_key=pl.int_range(pl.len(), dtype=pl.UInt32) + first_claim_key)
    claims = _claims(tree, delimiters, names, claim_scopes.join(keys, on="scope", maintain_order="left"))
    lines = _lines(tree, delimiters, names, services, keys=keys, first_line_key=first_line_key)
    malformed = pl.concat([families.malformed_of_claims(claims), families.malformed_of_lines(lines)])
    claims = claims.with_columns(
        pl.lit(name).alias("input"),
        pl.lit(None, CLAIMS_SCHEMA["received_date"]).alias("received_date"),
    )
    scopes = judged.join(keys, on="scope", how="left", maintain_order="left")
    batch = Batch(
        claims=_shaped(claims, CLAIMS_SCHEMA, [column.name for column in CLAIM_COLUMNS]),
        lines=_shaped(lines, LINES_SCHEMA, [column.name for column in LINE_COLUMNS]),
        malformed=malformed.select(list(MALFORMED_SCHEMA)),
        unreadable=_unreadable(judged, tree, name),
        file_findings=file_findings(tree, scopes, name),
    )
    return batch, scopes.drop("elements")


def _shaped(frame: pl.DataFrame, schema: dict[str, pl.DataType], order: list[str]) -> pl.DataFrame:
    """Give a frame exactly the documented columns; what the 837P does not carry is null, a list is empty."""
    have = set(frame.columns)
    return frame.select(
        pl.col(column) if column in have else pl.lit(None, schema[column]).alias(column) for column in order
    )


def _unreadable(judged: pl.DataFrame, tree: Tree, name: str) -> pl.DataFrame:
    """One row per part that could not be read as a claim, with its first and last segment."""
    position = tree.segments.get_column("position")
    bad = judged.filter(pl.col("reason").is_not_null())
    return bad.select(
        input=pl.lit(name),
        first=position.gather(bad.get_column("first_row")),
        last=position.gather(bad.get_column("last_row")),
        loop="broken_loop",
        reason="reason",
        charge=families.money(pl.col("charge_text")),
    ).cast(pl.Schema(UNREADABLE_SCHEMA))


def _claims(tree: Tree, delimiters: Delimiters, names: pl.DataFrame, claim_scopes: pl.DataFrame) -> pl.DataFrame:
    """One row per readable claim with the values that its own segments and the loops above it give."""
    claims = families.claim_headers(claim_scopes, delimiters)
    claims = beside(claims, "scope", families.diagnoses(tree, delimiters))
    numbers = {"G1": "prior_authorization", "F8": "original_claim_id"}
    own_refs = (pl.col("area") == AREA_HEADER) & (pl.col("section") == CODE["CLM"])
    claims = beside(claims, "scope", families.references(tree, delimiters, numbers, own_refs))
    for role, qualifiers in families.CLAIM_ROLES.items():
        claims = beside(claims, "scope", families.role(names, AREA_HEADER, qualifiers, role, "scope"))
    claims = beside(claims, "scope", families.facility_addresses(names))
    claims = beside(claims, "scope", families.other_payers(tree, delimiters))
    claims = beside(claims, "billing", families.billing_loops(tree, delimiters, names))
    claims = beside(claims, "subscriber", families.subscriber_loops(tree, delimiters, names))
    claims = families.member_of(claims, families.patient_loops(tree, delimiters, names))
    empty_list = pl.lit([], CLAIMS_SCHEMA["other_payers"])
    return claims.with_columns(
        diagnoses=pl.col("diagnoses").fill_null(pl.lit([], CLAIMS_SCHEMA["diagnoses"])),
        other_payers=pl.col("other_payers").fill_null(empty_list),
        charge=families.money(pl.col("charge_text")),
    )


def _lines(
    tree: Tree,
    delimiters: Delimiters,
    names: pl.DataFrame,
    services: pl.DataFrame,
    *,
    keys: pl.DataFrame,
    first_line_key: int,
) -> pl.DataFrame:
    """One row per service line of a readable claim."""
    lines = services.join(keys, on="scope", maintain_order="left")
    lines = lines.with_columns(line_key=pl.int_range(pl.len(), dtype=pl.UInt32) + first_line_key)
    lines = beside(lines, "line", families.service_dates(tree, delimiters))
    numbers = {"G1": "prior_authorization", "6R": "line_control_number"}
    own_refs = (pl.col("area") == AREA_LINE) & pl.col("section").is_in([CODE["LX"], CODE["SV1"]])
    lines = beside(lines, "line", families.references(tree, delimiters, numbers, own_refs, "line"))
    for role, qualifiers in families.LINE_ROLES.items():
        lines = beside(lines, "line", families.role(names, AREA_LINE, qualifiers, role, "line"))
    lines = beside(lines, "line", families.line_numbers(tree, delimiters))
    if lines.get_column("line_number").null_count():
        counted = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over("claim_key")
        lines = lines.with_columns(line_number=pl.coalesce("line_number", counted))
    return lines
