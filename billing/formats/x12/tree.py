"""The tree of an 837: which segments belong to which transaction, HL loop, claim and line.

A *scope* is a run of segments that begins with an envelope segment, an HL or a CLM and ends before the next one.
Scopes are few (about two per claim), so everything that needs order or parents is worked out on them, and the
segments only carry the number of their scope.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from billing.formats.x12.segments import CODE, Delimiters, character

_STARTERS = [CODE[name] for name in ("ISA", "GS", "ST", "HL", "CLM", "SE", "GE", "IEA", "TA1")]
LOST_CLAIM = 255
"""Id of a scope that begins inside a claim, where the next claim's CLM was lost."""
LOST_LOOP = 254
"""Id of a scope that begins inside a claim, where the next loop's HL was lost: nothing below it knows its member."""

AREA_HEADER, AREA_OTHER_PAYER, AREA_LINE = 0, 1, 2
PROFESSIONAL = "005010X222"


@dataclass(frozen=True, slots=True)
class Tree:
    """A region's segments with their place, and its scopes.

    Attributes:
        segments: The segments that are not empty, with `row` (UInt32, from 0), `scope` (UInt32, row in
            `scopes`), `line` (UInt32, runs on over the region), `area` (UInt8: header, other payer, line),
            `section` (UInt8 of CODE: the last of HL CLM NM1 SBR LX SVD LIN at or before it) and `nm1` (UInt32,
            counts the NM1 segments).
        scopes: One row per scope: `scope`, `id`, `text`, `position`, `first_row`, `last_row`, `interchange`, `group`,
            `transaction` (UInt32 counters, 0 before the first), `open` (inside ST..SE), `implementation` (ST03,
            else GS08), `level` (HL03), `billing`, `subscriber`, `patient` (scope of the 20, 22 and 23 loop above
            a claim, null where there is none or the parent numbers do not agree).
    """

    segments: pl.DataFrame
    scopes: pl.DataFrame


def element(number: int) -> pl.Expr:
    """Return element `number` of a column `elements` (0 is the segment id); null when absent or empty."""
    value = pl.col("elements").list.get(number, null_on_oob=True)
    return pl.when(value != "").then(value)


def with_elements(frame: pl.DataFrame, delimiters: Delimiters) -> pl.DataFrame:
    """Add `elements`, the text split at the element separator."""
    return frame.with_columns(elements=pl.col("text").str.split(character(delimiters.element)))


def grow_tree(frame: pl.DataFrame, delimiters: Delimiters) -> Tree:
    """Give every segment of a region its place.

    Args:
        frame: One row per segment of one region, with `text`, `id` and `position`.
        delimiters: The region's delimiters.
    """
    segments = frame.filter(pl.col("text") != "") if (frame.get_column("text") == "").any() else frame
    segments = _counters(segments.with_row_index("row"))
    lost = _lost_starts(segments, delimiters)
    if len(lost):
        segments = _counters(segments.drop("scope", "line", "area", "section", "nm1"), lost)
    return Tree(segments, _scopes(segments, delimiters, lost))


def _counters(segments: pl.DataFrame, lost: pl.DataFrame | None = None) -> pl.DataFrame:
    """Add scope, line, area, section and nm1 in one pass of running counts."""
    segment = pl.col("id")
    starts = segment.is_in(_STARTERS)
    if lost is not None:
        starts = starts | pl.col("row").is_in(lost.get_column("row").implode())
    line_starts = (segment == CODE["LX"]) | (
        (segment == CODE["SV1"]) & (segment.shift(1, fill_value=0) != CODE["LX"])
    )  # an SV1 without its LX begins a line of its own
    area = (
        pl.when(starts).then(pl.lit(AREA_HEADER, pl.UInt8))
        .when(segment == CODE["SBR"]).then(pl.lit(AREA_OTHER_PAYER, pl.UInt8))
        .when(line_starts).then(pl.lit(AREA_LINE, pl.UInt8))
        .forward_fill()
    )  # fmt: skip
    sections = [CODE[name] for name in ("NM1", "SBR", "LX", "SVD", "LIN")]
    section = pl.when(starts | segment.is_in(sections) | line_starts).then(segment).forward_fill()
    return segments.with_columns(
        scope=(starts.cum_sum() - 1).cast(pl.UInt32),
        line=line_starts.cum_sum().cast(pl.UInt32),
        area=area,
        section=section,
        nm1=(segment == CODE["NM1"]).cum_sum().cast(pl.UInt32),
    )


def _lost_starts(segments: pl.DataFrame, delimiters: Delimiters) -> pl.DataFrame:
    """Find where the start of a claim or of a loop was lost, by what cannot stand behind a claim's lines.

    A lost CLM shows as an HI, or as a second LX*1; a lost HL as an SBR, or as the name of a billing provider,
    subscriber or patient.

    Returns:
        `row` at which the lost part begins (the segment with an unknown id before the evidence, when there is
        one) and `id`, LOST_CLAIM or LOST_LOOP; sorted by row.
    """
    claims = segments.filter(pl.col("id") == CODE["CLM"]).get_column("scope")
    mark = character(delimiters.element)
    here = pl.col("area") == AREA_LINE
    first_line = segments.filter((pl.col("id") == CODE["LX"]) & (pl.col("text") == f"LX{mark}1"))
    people = [f"NM1{mark}{qualifier}{mark}" for qualifier in ("85", "IL", "QC")]
    evidence = {
        LOST_CLAIM: (
            segments.filter((pl.col("id") == CODE["HI"]) & here),
            first_line.filter(~pl.col("scope").is_first_distinct()),
        ),
        LOST_LOOP: (
            segments.filter((pl.col("id") == CODE["SBR"]) & (pl.col("area").shift(1) == AREA_LINE)),
            segments.filter((pl.col("id") == CODE["NM1"]) & here & pl.col("text").str.slice(0, 7).is_in(people)),
        ),
    }
    lost = pl.concat(
        [rows.select("row", "scope", id=pl.lit(code, pl.UInt8)) for code, parts in evidence.items() for rows in parts]
    )
    lost = lost.filter(pl.col("scope").is_in(claims.implode())).sort("row")
    if lost.is_empty():
        return lost.select("row", "id")
    services = segments.filter(pl.col("id").is_in([CODE["SV1"], CODE["SV2"]])).get_column("row")
    unknown = segments.filter((pl.col("id") == 0) & here).get_column("row")
    lines_before = services.search_sorted(lost.get_column("row"))
    last_service = pl.concat([pl.Series([0], dtype=pl.UInt32), services]).gather(lines_before)
    never = pl.Series([2**32 - 1], dtype=pl.UInt32)
    next_unknown = pl.concat([unknown, never]).gather(unknown.search_sorted(last_service))
    lost = lost.with_columns(lines_before=lines_before, row=pl.min_horizontal("row", next_unknown))
    # Evidence that follows without a service line between belongs to the same lost part.
    return lost.filter(pl.col("lines_before").is_first_distinct()).select("row", "id")


def _scopes(segments: pl.DataFrame, delimiters: Delimiters, lost: pl.DataFrame) -> pl.DataFrame:
    """Work out transactions, implementations and parents, one row per scope."""
    starts = segments.filter(pl.col("scope") != pl.col("scope").shift(1))
    starts = pl.concat([segments.head(1), starts])
    if len(lost):
        starts = starts.join(lost.rename({"id": "lost"}), on="row", how="left", maintain_order="left")
        starts = starts.with_columns(id=pl.coalesce("lost", "id"))
    scopes = with_elements(starts.select("scope", "id", "text", "position", first_row="row"), delimiters)
    scopes = scopes.with_columns(
        last_row=(pl.col("first_row").shift(-1, fill_value=len(segments)) - 1),
        interchange=(pl.col("id") == CODE["ISA"]).cum_sum(),
        group=(pl.col("id") == CODE["GS"]).cum_sum(),
        transaction=(pl.col("id") == CODE["ST"]).cum_sum(),
        open=_latest(
            pl.when(pl.col("id") == CODE["ST"]).then(statement=True)
            .when(pl.col("id").is_in([CODE["SE"], CODE["GE"], CODE["IEA"], CODE["ISA"], CODE["GS"]])).then(statement=False)
        ).fill_null(value=False),
        version=_latest(pl.when(pl.col("id") == CODE["GS"]).then(element(8).fill_null(""))),
        guide=_latest(pl.when(pl.col("id") == CODE["ST"]).then(element(3).fill_null(""))),
        set_id=_latest(pl.when(pl.col("id") == CODE["ST"]).then(element(1).fill_null(""))),
        level=pl.when(pl.col("id") == CODE["HL"]).then(element(3).fill_null("")),
    ).with_columns(
        implementation=pl.when(pl.col("guide") != "").then("guide").otherwise(pl.col("version").fill_null("")),
    )  # fmt: skip
    return _parents(scopes).drop("elements", "version", "guide")


def _latest(value: pl.Expr) -> pl.Expr:
    return value.forward_fill()


def _parents(scopes: pl.DataFrame) -> pl.DataFrame:
    """Find each claim's billing, subscriber and patient loop.

    A loop counts as parent when it is the last one of its level before, in the same transaction, and the HL02
    of the child names its HL01. Anything else is a broken tree, and the claims below it have no parent.
    """
    is_loop, level = pl.col("id") == CODE["HL"], pl.col("level")
    number, parent = element(1), element(2)
    of_level = {
        "billing": is_loop & (level == "20"),
        "subscriber": is_loop & (level == "22"),
        "patient": is_loop & (level == "23"),
    }
    scopes = scopes.with_columns(
        number=number, parent=parent,
        loop=pl.when(is_loop | (pl.col("id") == LOST_LOOP)).then("scope").forward_fill(),
        **{f"last_{name}": pl.when(here).then("scope").forward_fill() for name, here in of_level.items()},
    )  # fmt: skip
    # The loop a claim hangs on is the last HL before it; its level says which parents it needs.
    loops = scopes.filter(is_loop).select("scope", "transaction", "level", "number", "parent", "last_billing", "last_subscriber")

    def above(column: str) -> pl.DataFrame:
        return loops.select(
            pl.col("scope").alias(column),
            pl.col("transaction").alias(f"{column}_transaction"),
            pl.col("number").alias(f"{column}_number"),
        )

    loops = loops.join(above("last_billing"), on="last_billing", how="left", maintain_order="left")
    loops = loops.join(above("last_subscriber"), on="last_subscriber", how="left", maintain_order="left")
    same_billing = (pl.col("last_billing_transaction") == pl.col("transaction")) & (
        pl.col("last_billing_number") == pl.col("parent")
    )
    loops = loops.with_columns(
        billing=pl.when(level == "20").then("scope").when((level == "22") & same_billing).then("last_billing"),
        subscriber=pl.when(level == "22").then("scope").when(
            (level == "23")
            & (pl.col("last_subscriber_transaction") == pl.col("transaction"))
            & (pl.col("last_subscriber_number") == pl.col("parent"))
        ).then("last_subscriber"),
        patient=pl.when(level == "23").then("scope"),
    )  # fmt: skip
    # A dependent's billing loop is its subscriber's.
    of_subscriber = loops.select(subscriber="scope", above_billing="billing")
    loops = loops.join(of_subscriber, on="subscriber", how="left", maintain_order="left").with_columns(
        billing=pl.coalesce("billing", "above_billing")
    )
    hung = loops.select(loop="scope", loop_transaction="transaction", loop_level="level",
                        billing="billing", subscriber="subscriber", patient="patient")  # fmt: skip
    scopes = scopes.join(hung, on="loop", how="left", maintain_order="left")
    lost = pl.col("loop_transaction") != pl.col("transaction")
    return scopes.with_columns(
        pl.when(~lost).then(name).alias(name) for name in ("loop_level", "billing", "subscriber", "patient")
    ).drop("loop_transaction", "number", "parent", "last_billing", "last_subscriber", "last_patient")
