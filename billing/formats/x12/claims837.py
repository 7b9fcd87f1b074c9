"""Read 837P claims into frames, family by family.

Segments are filtered by id before their elements are split; what a family says is put beside its claim or line by
number. Nothing here loops over claims.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import polars as pl

from billing.batch import FILE_FINDING_SCHEMA, Batch, concatenate
from billing.claims import CLAIMS_SCHEMA, LINES_SCHEMA, UNREADABLE_SCHEMA, empty
from billing.formats.mapped import LARGE, Bytes
from billing.formats.x12 import conformance, families
from billing.formats.x12.envelope import file_findings
from billing.formats.x12.family import Family
from billing.formats.x12.file_lines import with_file_lines
from billing.formats.x12.kinds import other_transactions
from billing.formats.x12.malformed import malformed_values
from billing.formats.x12.parts import AREA_HEADER, AREA_LINE
from billing.formats.x12.people import (
    CLAIM_ROLES,
    LINE_ROLES,
    People,
    billers,
    find_people,
    members,
    payers,
    roles,
)
from billing.formats.x12.readable import judge_claims
from billing.formats.x12.references import References, find_references
from billing.formats.x12.segments import CODE, Region, split_segments
from billing.formats.x12.tree import Tree, grow_tree
from billing.formats.x12.write837 import Source837
from billing.formats.x12.written import WrittenRegion, written_region
from billing.syntax_errors import SYNTAX_ERROR_SCHEMA

_NOTHING = {
    name: pl.lit([] if isinstance(dtype, pl.List) else None, dtype).alias(name)
    for name, dtype in {**CLAIMS_SCHEMA, **LINES_SCHEMA}.items()
}


def read_837(data: Bytes, name: str, *, first_claim_key: int = 0, first_line_key: int = 0) -> Batch:
    """Read one 837P file.

    Args:
        data: The whole file.
        name: Its name, for the `input` column and for messages.
        first_claim_key: Key of its first claim.
        first_line_key: Key of its first line.

    Returns:
        Its claims, and what could not be read; a file with envelopes only has no claims.

    Raises:
        InputError: It is no X12, or holds transactions but none of them is an 837P.
    """
    if len(data) >= LARGE or not isinstance(data, bytes):
        from billing.formats.x12.large import read_large  # noqa: PLC0415 few files are

        return read_large(data, name, first_claim_key=first_claim_key, first_line_key=first_line_key)
    segments = split_segments(data, name)
    parts = zip(segments.of_regions(), segments.delimiters, strict=True)
    trees = [grow_tree(frame, delimiters, hides=segments.hides) for frame, delimiters in parts]
    refuse_other_transactions(trees, name)
    batches, written = [], []
    first = First(first_claim_key, first_line_key)
    for tree, region in zip(trees, segments.regions, strict=True):
        batch, kept = _read_region(tree, region, name, first)
        interchanges = int((tree.scopes.get_column("id") == CODE["ISA"]).sum())
        first = First(
            first.claim_key + len(batch.claims), first.line_key + len(batch.lines), first.interchange + interchanges
        )
        batches.append(batch)
        written.append(kept)
    batch = concatenate(batches)
    batch = replace(batch, syntax_errors=with_file_lines(batch.syntax_errors, segments, data))
    is_repaired = not batch.file_findings.is_empty()
    source = Source837(name, data, tuple(written), segments.encoding, segments.marked, is_repaired)
    return replace(batch, sources=(source,))


def refuse_other_transactions(trees: list[Tree], name: str) -> None:
    """Raise when the file holds transactions, and not one of them is an 837P."""
    starts = [tree.scopes.filter(pl.col("id") == CODE["ST"]) for tree in trees]
    if not any(map(len, starts)) or any(part.get_column("professional").any() for part in starts):
        return
    raise other_transactions(
        pl.concat([tree.implementations(part) for tree, part in zip(trees, starts, strict=True)]), name
    )


class _Said(NamedTuple):
    """What the segments of a region say, by family."""

    tree: Tree
    numbers: References
    people: People
    services: Family


class First(NamedTuple):
    """Where the numbers of a tree begin.

    Attributes:
        claim_key: Key of its first claim.
        line_key: Key of its first line.
        interchange: Interchanges of the file in front of it.
        row: The segments in front of this one say what is in force in a window, and were read before; 0: it is none.
    """

    claim_key: int
    line_key: int
    interchange: int = 0
    row: int = 0


def _read_region(tree: Tree, region: Region, name: str, first: First) -> tuple[Batch, WrittenRegion]:
    """Read the claims of one region, and keep what is needed to write them out."""
    batch, scopes, unreadable = read_tree(tree, name, first)
    return batch, written_region(region, tree, scopes, unreadable)


def read_tree(
    tree: Tree, name: str, first: First, *, is_window: bool = False
) -> tuple[Batch, pl.DataFrame, pl.DataFrame]:
    """Read the claims of a tree.

    Args:
        tree: The tree.
        name: The file's name.
        first: Where its numbers begin.
        is_window: True: it is a part of a region, outside of which lie trailers and counts, so that its envelope is
            not judged; syntax errors number their envelope by what the window holds.

    Returns:
        Its batch; its scopes, with the `claim_key` of each readable claim; and one row per part that is unreadable.
    """
    numbers = find_references(tree)
    said = _Said(tree, numbers, find_people(tree, numbers.of_names()), families.services(tree))
    judged = judge_claims(tree, families.claim_headers(tree), said.people, said.services)
    if first.row:
        judged = judged.filter(pl.col("first_row") >= first.row)
    is_readable = judged.get_column("reason").is_null()
    unreadable = judged.filter(~is_readable)
    headers = judged.filter(is_readable) if len(unreadable) else judged
    headers = headers.with_columns(claim_key=pl.int_range(pl.len(), dtype=pl.UInt32) + first.claim_key)
    scopes = _with_claim_keys(tree.scopes, headers)
    claims = _claims(said, headers, name)
    services = _readable(said.services, scopes.get_column("claim_key"))
    lines = _lines(said, services, scopes.get_column("claim_key"), first.line_key)
    keys = conformance.Keys(scopes.get_column("claim_key"), _line_keys(services, tree, first.line_key))
    noticed = None if is_window else file_findings(scopes, tree.delimiters, name)
    errors = conformance.check(tree, keys, name, noticed, first.interchange)
    if is_window:
        # What is in force was seen among its neighbours by the window it stands in; here it has others.
        errors = errors.filter((pl.col("position") > 0) | ~pl.col("cause").is_in(conformance.AMONG_NEIGHBOURS))
    batch = Batch(
        claims=_shaped(claims, CLAIMS_SCHEMA),
        lines=_shaped(lines, LINES_SCHEMA),
        malformed=malformed_values(claims, lines),
        unreadable=_unreadable(unreadable, tree, name),
        file_findings=empty(FILE_FINDING_SCHEMA) if noticed is None else noticed,
        syntax_errors=errors.select(*SYNTAX_ERROR_SCHEMA),
        breaches=conformance.breaches_of(errors, tree, keys),
    )
    return batch, scopes, unreadable


def _with_claim_keys(scopes: pl.DataFrame, headers: pl.DataFrame) -> pl.DataFrame:
    """Add the `claim_key` of each scope that is a readable claim."""
    keys = pl.Series("claim_key", [None], dtype=pl.UInt32).new_from_index(0, len(scopes))
    return scopes.hstack([keys.scatter(headers.get_column("scope"), headers.get_column("claim_key"))])


def _shaped(frame: pl.DataFrame, schema: dict[str, Any]) -> pl.DataFrame:
    """Give a frame exactly the documented columns; what is not said is null, a list of it is empty."""
    columns = []
    for name, dtype in schema.items():
        if name not in frame.columns:
            columns.append(_NOTHING[name])
        elif isinstance(dtype, pl.List) and frame.get_column(name).null_count():
            columns.append(pl.col(name).fill_null(_NOTHING[name]))
        else:
            columns.append(pl.col(name))
    return frame.select(columns)


def _unreadable(bad: pl.DataFrame, tree: Tree, name: str) -> pl.DataFrame:
    """One row per part that could not be read as a claim, with its first and last segment."""
    position = tree.segments.get_column("position")
    return bad.select(
        input=pl.lit(name),
        first=position[bad.get_column("first_row")],
        last=position[bad.get_column("last_row")],
        loop="broken_loop",
        reason="reason",
        charge="charge",
    ).cast(pl.Schema(UNREADABLE_SCHEMA))


def _claims(said: _Said, headers: pl.DataFrame, name: str) -> pl.DataFrame:
    """One row per readable claim with the values that its own segments and the loops above it give."""
    scope, billing, subscriber, patient = (
        headers.get_column(column) for column in ("scope", "billing", "subscriber", "patient")
    )
    of_claim = [
        families.diagnoses(said.tree),
        families.other_payers(said.tree),
        *said.numbers.of_claims({"G1": "prior_authorization", "F8": "original_claim_id"}),
    ]
    parts = [
        headers,
        *(family.first_of("scope", scope).frame() for family in of_claim if family),
        *roles(said.people, AREA_HEADER, CLAIM_ROLES, "scope", scope),
        billers(said.tree, said.people, billing),
        payers(said.people, subscriber),
        members(said.tree, said.people, subscriber, patient),
    ]
    claims = pl.concat(parts, how="horizontal").with_columns(input=pl.lit(name))
    # The id that a payer gave the biller may stand with either.
    own_ids = [column for column in ("payer_other_id", "billing_other_id") if column in claims.columns]
    return claims.with_columns(billing_other_id=pl.coalesce(own_ids)) if own_ids else claims


def _readable(services: Family, claim_keys: pl.Series) -> Family:
    """Keep the service lines of readable claims; `claim_keys` has the claim of each scope."""
    claim_key = claim_keys[services.places.get_column("scope")]
    return services.filter(claim_key.is_not_null()) if claim_key.null_count() else services


def _line_keys(services: Family, tree: Tree, first_line_key: int) -> pl.Series:
    """Return the key of each `line` of the parts, null for one that is no line of a readable claim."""
    last = tree.parts.get_column("line").max()
    keys = pl.Series([None], dtype=pl.UInt32).new_from_index(0, (last if isinstance(last, int) else 0) + 1)
    own = pl.int_range(len(services.said), dtype=pl.UInt32, eager=True) + first_line_key
    return keys.scatter(services.places.get_column("line"), own)


def _lines(said: _Said, services: Family, claim_keys: pl.Series, first_line_key: int) -> pl.DataFrame:
    """One row per service line of a readable claim; `claim_keys` has the claim of each scope."""
    claim_key = claim_keys[services.places.get_column("scope")]
    line = services.places.get_column("line")
    of_line = [
        families.line_numbers(said.tree),
        families.service_dates(said.tree),
        *filter(None, said.numbers.of_lines({"G1": "prior_authorization", "6R": "line_control_number"})),
    ]
    parts = [
        services.places.select("position"),
        claim_key.to_frame(),
        services.frame(),
        *(family.first_of("line", line).frame() for family in of_line),
        *roles(said.people, AREA_LINE, LINE_ROLES, "line", line),
    ]
    lines = pl.concat(parts, how="horizontal")
    lines = lines.with_columns(line_key=pl.int_range(pl.len(), dtype=pl.UInt32) + first_line_key)
    if lines.get_column("line_number").null_count():
        counted = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over("claim_key")
        lines = lines.with_columns(line_number=pl.coalesce("line_number", counted))
    return lines
