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
            a claim, null where there is none or the parent numbers do not agree), and `elements`, the text split.
    """

    segments: pl.DataFrame
    scopes: pl.DataFrame


@dataclass(frozen=True, slots=True)
class WrittenRegion:
    """What is kept of a region until its claims are written out.

    Attributes:
        segments: Its segments, one row each, with `raw`, `scope` and `id`.
        scopes: Its judged scopes, with the `claim_key` of each that is a claim.
        delimiters: Its delimiters.
        positions: Number of each segment in the file; null where they follow on from the first, as they do in a
            region without empty segments.
    """

    segments: pl.DataFrame
    scopes: pl.DataFrame
    delimiters: Delimiters
    positions: pl.Series | None = None


def written_region(tree: Tree, scopes: pl.DataFrame, delimiters: Delimiters) -> WrittenRegion:
    """Keep what is needed of a tree's segments, and of its judged scopes."""
    position = tree.segments.get_column("position")
    follow_on = position.is_empty() or position.item(-1) - position.item(0) + 1 == len(position)
    segments = tree.segments.select("raw", "scope", "id")
    return WrittenRegion(segments, scopes, delimiters, None if follow_on else position)


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
    segments = counters(segments.with_row_index("row"))
    lost = _lost_starts(segments, delimiters)
    if len(lost):
        segments = counters(segments.drop("scope", "line", "area", "section", "nm1"), lost)
    return Tree(segments, _scopes(segments, delimiters, lost))


def counters(segments: pl.DataFrame, lost: pl.DataFrame | None = None) -> pl.DataFrame:
    """Add scope, line, area, section and nm1 (see `Tree`) in one pass of running counts.

    Args:
        segments: One row per segment with `id` and `row`, in file order, beginning with a scope's first.
        lost: Rows at which a scope begins although its first segment was lost.
    """
    segment = pl.col("id")
    starts = segment.is_in(_STARTERS) | (pl.col("row") == 0)
    if lost is not None:
        starts = starts | pl.col("row").is_in(lost.get_column("row").implode())
    line_starts = (segment == CODE["LX"]) | (
        (segment == CODE["SV1"]) & (segment.shift(1, fill_value=0) != CODE["LX"])
    )  # an SV1 without its LX begins a line of its own
    area = (
        pl.when(starts)
        .then(pl.lit(AREA_HEADER, pl.UInt8))
        .when(segment == CODE["SBR"])
        .then(pl.lit(AREA_OTHER_PAYER, pl.UInt8))
        .when(line_starts)
        .then(pl.lit(AREA_LINE, pl.UInt8))
        .forward_fill()
    )
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
    """Find where the start of a claim or of a loop was lost, by what cannot stand where it stands.

    A lost CLM shows as an HI behind a claim's lines, as a second LX*1, or as claim segments in a loop that has no
    CLM; a lost HL as an SBR, or as the name of a billing provider, subscriber or patient, behind a claim's lines.

    Returns:
        `row` at which the lost part begins (the segment with an unknown id before the evidence, when there is
        one) and `id`, LOST_CLAIM or LOST_LOOP; sorted by row.
    """
    scope_starts = segments.filter(pl.col("scope") != pl.col("scope").shift(1, fill_value=2**32 - 1))
    if not _looks_lost(segments, scope_starts, delimiters):
        return pl.DataFrame(schema={"row": pl.UInt32, "id": pl.UInt8})
    is_claim = pl.col("scope").is_in(scope_starts.filter(pl.col("id") == CODE["CLM"]).get_column("scope").implode())
    mark = character(delimiters.element)
    # Evidence is looked for in what a claim may hold; the row before an SBR tells whether it stands behind lines.
    suspects = segments.with_columns(was=pl.col("area").shift(1), in_claim=is_claim).filter(
        pl.col("id").is_in([CODE[name] for name in ("HI", "LX", "SV1", "SBR", "NM1")])
    )
    is_of_claim = pl.col("id").is_in([CODE["HI"], CODE["LX"], CODE["SV1"]])
    first_of_claim = is_of_claim & pl.struct("scope", is_of_claim).is_first_distinct()
    behind_lines = pl.col("area") == AREA_LINE
    kind = (
        pl.when((pl.col("id") == CODE["HI"]) & behind_lines | ~pl.col("in_claim") & first_of_claim)
        .then(pl.lit(LOST_CLAIM, pl.UInt8))
        .when(~pl.col("in_claim"))
        .then(None)
        .when((pl.col("id") == CODE["SBR"]) & (pl.col("was") == AREA_LINE) | behind_lines & _names_a_loop(mark))
        .then(pl.lit(LOST_LOOP, pl.UInt8))
    )
    again = suspects.filter(_is_first_line(mark)).filter(~pl.col("scope").is_first_distinct())
    lost = pl.concat(
        [
            suspects.select("row", "scope", id=kind).filter(pl.col("id").is_not_null()),
            again.select("row", "scope", id=pl.lit(LOST_CLAIM, pl.UInt8)),
        ]
    )
    if lost.is_empty():
        return lost.select("row", "id")
    lost = _in_claim_transactions(lost.sort("row"), segments, f"ST{mark}837")
    return _from_the_unknown(lost, segments, scope_starts)


def _is_first_line(mark: str) -> pl.Expr:
    return (pl.col("id") == CODE["LX"]) & (pl.col("text") == f"LX{mark}1")


def _names_a_loop(mark: str) -> pl.Expr:
    """Tell an NM1 that names a billing provider, a subscriber or a patient."""
    people = [f"NM1{mark}{qualifier}{mark}" for qualifier in ("85", "IL", "QC")]
    return (pl.col("id") == CODE["NM1"]) & pl.col("text").str.slice(0, 7).is_in(people)


def _looks_lost(segments: pl.DataFrame, scope_starts: pl.DataFrame, delimiters: Delimiters) -> bool:
    """Say cheaply whether there is anything to look for; almost every file is whole."""
    mark = character(delimiters.element)
    behind_lines = pl.col("area") == AREA_LINE
    in_claim = scope_starts.get_column("id").eq(CODE["CLM"]).gather(segments.get_column("scope"))
    of_claim = pl.col("id").is_in([CODE["HI"], CODE["LX"], CODE["SV1"]])
    signs = segments.lazy().select(
        ((pl.col("id") == CODE["HI"]) & behind_lines).any(),
        (of_claim & ~in_claim).any().alias("stray"),
        ((pl.col("id") == CODE["SBR"]) & (pl.col("area").shift(1) == AREA_LINE)).any().alias("insurance"),
    ).collect()  # fmt: skip
    if any(signs.row(0)):
        return True
    first_lines = segments.lazy().filter(_is_first_line(mark)).select("scope").collect().to_series()
    names = segments.lazy().filter((pl.col("id") == CODE["NM1"]) & behind_lines).select("id", "text").collect()
    return first_lines.is_duplicated().any() or names.select(_names_a_loop(mark).any()).item()


def _in_claim_transactions(lost: pl.DataFrame, segments: pl.DataFrame, opening: str) -> pl.DataFrame:
    """Keep what lies in an 837: other transactions have an LX or NM1 where they please."""
    sets = segments.filter(pl.col("id") == CODE["ST"])
    ours = pl.concat([pl.Series([False]), sets.get_column("text").str.starts_with(opening)])
    return lost.filter(ours.gather(sets.get_column("row").search_sorted(lost.get_column("row"))))


def _from_the_unknown(lost: pl.DataFrame, segments: pl.DataFrame, scope_starts: pl.DataFrame) -> pl.DataFrame:
    """Move each start back to the first segment with an unknown id behind the last line, or behind the loop's start.

    Evidence that follows in the same scope without a service line between belongs to the same lost part.
    """
    services = segments.filter(pl.col("id").is_in([CODE["SV1"], CODE["SV2"]])).get_column("row")
    unknown = segments.filter(pl.col("id") == 0).get_column("row")
    lines_before = services.search_sorted(lost.get_column("row"))
    last_service = pl.concat([pl.Series([0], dtype=pl.UInt32), services]).gather(lines_before)
    lost = lost.join(scope_starts.select("scope", scope_start="row"), on="scope", how="left", maintain_order="left")
    after = pl.DataFrame({"a": last_service, "b": lost.get_column("scope_start")}).max_horizontal()
    never = pl.Series([2**32 - 1], dtype=pl.UInt32)
    next_unknown = pl.concat([unknown, never]).gather(unknown.search_sorted(after))
    lost = lost.with_columns(lines_before=lines_before, row=pl.min_horizontal("row", next_unknown))
    return lost.filter(pl.struct("scope", "lines_before").is_first_distinct()).select("row", "id")


def _scopes(segments: pl.DataFrame, delimiters: Delimiters, lost: pl.DataFrame) -> pl.DataFrame:
    """Work out transactions, implementations and parents, one row per scope."""
    is_start = segments.get_column("scope").diff().fill_null(1) != 0
    starts = segments.select("row", "scope", "id", "text", "position").filter(is_start)
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
            pl.when(pl.col("id") == CODE["ST"])
            .then(statement=True)
            .when(pl.col("id").is_in([CODE["SE"], CODE["GE"], CODE["IEA"], CODE["ISA"], CODE["GS"]]))
            .then(statement=False)
        ).fill_null(value=False),
        version=_latest(pl.when(pl.col("id") == CODE["GS"]).then(element(8).fill_null(""))),
        guide=_latest(pl.when(pl.col("id") == CODE["ST"]).then(element(3).fill_null(""))),
        set_id=_latest(pl.when(pl.col("id") == CODE["ST"]).then(element(1).fill_null(""))),
        level=pl.when(pl.col("id") == CODE["HL"]).then(element(3).fill_null("")),
    ).with_columns(
        implementation=pl.when(pl.col("guide") != "").then("guide").otherwise(pl.col("version").fill_null("")),
    )
    return _parents(scopes).drop("version", "guide")


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
        number=number,
        parent=parent,
        loop=pl.when(is_loop | (pl.col("id") == LOST_LOOP)).then("scope").forward_fill(),
        **{f"last_{name}": pl.when(here).then("scope").forward_fill() for name, here in of_level.items()},
    )
    # The loop a claim hangs on is the last HL before it; its level says which parents it needs.
    loops = scopes.filter(is_loop).select(
        "scope", "transaction", "level", "number", "parent", "last_billing", "last_subscriber"
    )

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
        subscriber=pl.when(level == "22")
        .then("scope")
        .when(
            (level == "23")
            & (pl.col("last_subscriber_transaction") == pl.col("transaction"))
            & (pl.col("last_subscriber_number") == pl.col("parent"))
        )
        .then("last_subscriber"),
        patient=pl.when(level == "23").then("scope"),
    )
    # A dependent's billing loop is its subscriber's.
    of_subscriber = loops.select(subscriber="scope", above_billing="billing")
    loops = loops.join(of_subscriber, on="subscriber", how="left", maintain_order="left").with_columns(
        billing=pl.coalesce("billing", "above_billing")
    )
    hung = loops.select(
        loop="scope",
        loop_transaction="transaction",
        loop_level="level",
        billing="billing",
        subscriber="subscriber",
        patient="patient",
    )
    scopes = scopes.join(hung, on="loop", how="left", maintain_order="left")
    lost = pl.col("loop_transaction") != pl.col("transaction")
    return scopes.with_columns(
        pl.when(~lost).then(name).alias(name) for name in ("loop_level", "billing", "subscriber", "patient")
    ).drop("loop_transaction", "number", "parent", "last_billing", "last_subscriber", "last_patient")
