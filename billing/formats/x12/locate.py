"""Find the segment that a place such as `2010BA DMG02` or `2300 REF*G1` means on a claim or line of an 837P.

Asked once per run and about findings only: the rows of their claims, and of the loops above them, are laid out
again from what the writer keeps, and each segment gets the name of its loop. A place is then a key to join on.

Where a value may stand in several places, the one that the reader took is named: a line without a place of service
of its own has its claim's. Where the value is missing, the segment that should hold it is named, or else the one
that it would follow: the NM1 or HL of its loop, CLM, SV1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import polars as pl

from billing.formats.x12.delimiters import character
from billing.formats.x12.parts import AREA_HEADER, AREA_LINE, lay_parts
from billing.formats.x12.segments import CODE, without_padding
from billing.formats.x12.written import WrittenRegion

_LOOPS = {
    "20": "2000A", "20 85": "2010AA",
    "22": "2000B", "22 IL": "2010BA", "22 PR": "2010BB",
    "23": "2000C", "23 QC": "2010CA",
    "claim": "2300", "claim DN": "2310A", "claim P3": "2310A", "claim 82": "2310B", "claim 77": "2310C",
    "claim DQ": "2310D",
    "payer": "2320",
    "line": "2400", "line 82": "2420A", "line DQ": "2420D", "line DK": "2420E", "line DN": "2420F", "line P3": "2420F",
}  # fmt: skip
"""Loop of a segment: by HL level or part of the claim, and by the NM1 it hangs on."""

_SCOPES = {
    "2000A": "billing", "2010AA": "billing",
    "2000B": "subscriber", "2010BA": "subscriber", "2010BB": "subscriber",
    "2000C": "patient", "2010CA": "patient",
}  # fmt: skip
"""Which loop above the claim holds a loop; every other one is the claim's own."""

_OF_CLAIM = {"2420A": "2310B", "2420D": "2310D", "2420F": "2310A"}
"""The claim's loop that stands for a line without its own."""

_DEPENDENT_LOOPS = {"2010BA": "2010CA", "2000B": "2000C"}
_OF_DEPENDENT = {
    "relationship": ["2000C PAT01"],
    # A dependent goes by the subscriber's id, unless it has its own.
    "member.id": ["2010CA NM109", "2010BA NM109"],
}
_INSTEAD = {
    "2400 SV105": ["2400 SV105", "2300 CLM05-1", "2400 SV105"],
    "2400 REF*G1": ["2400 REF*G1", "2300 REF*G1", "2400 REF*G1"],
    "2000A PRV03": ["2000A PRV03", "2010AA PRV03", "2000A PRV03"],
    # The id that a payer gave the biller stands with the payer.
    "2010AA REF02": ["2010BB REF02", "2010AA REF02"],
}
"""Where a value is looked for, one place after the other; the last is where it should be when it stands nowhere."""

_NAME = re.compile(r"(\w+)(?: ([A-Z][A-Z0-9]{1,2}?)(?:(\d\d)(?:-(\d))?)?(?:\*(\w+))?)?")
_SAME_NUMBER = {"1G": "G2", "0B": "G2", "LU": "G2", "SY": "EI"}
_KEYS = ["scope", "line", "loop", "id", "qualifier"]
_FOUND = {"place": pl.UInt32, "found": pl.UInt32, "name": pl.String}


class Option(NamedTuple):
    """One place where a value may stand.

    Attributes:
        x12: Place that was asked for.
        column: Place of the value in the claim JSON.
        is_dependent: True for claims whose member is not the subscriber.
        rank: Order in which the options of one place are tried.
        is_last: True for the option that is taken when none holds a value.
        name: Its own place in words.
        loop: Loop of it.
        id: Segment id, of CODE.
        qualifier: What the segment must say in its first element; empty: anything.
        element: Number of the element, 0: the whole segment.
        component: Number of the component in it, 0: the whole element.
    """

    x12: str
    column: str | None
    is_dependent: bool
    rank: int
    is_last: bool
    name: str
    loop: str
    id: int
    qualifier: str
    element: int
    component: int


def locate(places: pl.DataFrame, regions: Sequence[WrittenRegion]) -> pl.DataFrame:
    """Find the segments that places mean.

    Args:
        places: One row per place: `claim_key`, `line_key` (null: the claim itself), `position` (segment number of
            the line's SV1 or the claim's CLM), `x12` and `column` (place in the claim JSON, nulls allowed).
        regions: The input's segments.

    Returns:
        The same rows with the segment's number in `position`, and in `x12` the place where the value stands. Rows
        of other inputs, and places that name no loop of a claim, stay as they are.
    """
    numbered = places.with_row_index("place")
    found = pl.concat([pl.DataFrame(schema=_FOUND), *(_in_region(numbered, region) for region in regions)])
    return (
        numbered.join(found, on="place", how="left", maintain_order="left")
        .with_columns(position=pl.coalesce("found", "position"), x12=pl.coalesce("name", "x12"))
        .select(places.columns)
    )


def _in_region(numbered: pl.DataFrame, region: WrittenRegion) -> pl.DataFrame:
    """Find the places of a region's own claims: place, found and name."""
    claims = region.scopes.lazy().select("claim_key", "billing", "subscriber", "patient", claim="scope", clm="position")
    asked = numbered.lazy().join(claims, on="claim_key").with_columns(is_dependent=pl.col("patient").is_not_null())
    options = _with_options(asked.collect())
    is_only = (pl.col("rank") == 0) & pl.col("is_last")
    is_service = (pl.col("id") == CODE["SV1"]) & pl.col("line_key").is_not_null()
    is_here = is_only & (is_service | (pl.col("id") == CODE["CLM"]))
    here = options.filter(is_here).select(
        "place", found=pl.when(pl.col("id") == CODE["CLM"]).then("clm").otherwise("position"), name="name"
    )
    elsewhere = options.filter(~is_here)
    return pl.concat([here, _looked_up(elsewhere, region)]) if len(elsewhere) else here


def _looked_up(options: pl.DataFrame, region: WrittenRegion) -> pl.DataFrame:
    """Look the options up among the segments of their scopes, and choose one per place."""
    segments = _segments(region, options.get_column("scope").unique().sort(), options.get_column("id").unique())
    lines = segments.filter(pl.col("id") == CODE["SV1"]).select("position", "scope", own_line="line")
    options = options.join(lines.drop("scope"), on="position", how="left", maintain_order="left")
    # A claim's place in a line loop is its first line's.
    first_line = lines.group_by("scope").agg(first_line=pl.col("own_line").min())
    options = options.join(first_line, on="scope", how="left", maintain_order="left")
    in_line = pl.col("loop").str.starts_with("24")
    line = pl.when(in_line).then(pl.coalesce("own_line", "first_line")).otherwise(pl.lit(0, pl.UInt32))
    options = options.with_columns(line=line)
    targets = segments.unique(_KEYS, keep="first", maintain_order=True).rename({"position": "found"})
    options = options.join(targets, on=_KEYS, how="left", maintain_order="left")
    has_value = _value(region).fill_null("") != ""
    chosen = options.filter(has_value | pl.col("is_last")).unique("place", keep="first", maintain_order=True)
    names = targets.filter(pl.col("id") == CODE["NM1"]).select("scope", "line", "loop", named="found")
    chosen = chosen.join(names, on=["scope", "line", "loop"], how="left", maintain_order="left")
    head = region.scopes.get_column("position").gather(chosen.get_column("scope"))
    above = pl.when(in_line).then("position").otherwise(head)
    return chosen.select("place", found=pl.coalesce("found", "named", above), name="name")


def _value(region: WrittenRegion) -> pl.Expr:
    """Return the value of the element, or of the component of it, that an option names."""
    elements = pl.col("text").str.split(character(region.delimiters.element))
    element = elements.list.get(pl.col("element"), null_on_oob=True)
    parts = element.str.split(character(region.delimiters.component))
    component = parts.list.get((pl.col("component").cast(pl.Int64) - 1).clip(0), null_on_oob=True)
    return pl.when(pl.col("component") > 0).then(component).otherwise(element)


def _segments(region: WrittenRegion, scopes: pl.Series, ids: pl.Series) -> pl.DataFrame:
    """Lay out the segments of some scopes with the loop of each.

    Returns:
        One row per segment with one of the ids, or NM1 or SV1: `scope`, `line` (0 outside lines), `loop`, `id`,
        `qualifier`, `position` and `text`, in file order.
    """
    bounds = region.scopes.select("scope", "level", "position", "first_row", "last_row")[scopes]
    rows = bounds.with_columns(row=pl.int_ranges("first_row", pl.col("last_row") + 1)).explode("row")
    row = rows.get_column("row")
    if region.positions is None:
        rows = rows.with_columns(position=pl.col("position") + (pl.col("row") - pl.col("first_row")).cast(pl.UInt32))
    else:
        rows = rows.with_columns(position=region.positions.gather(row))
    segment_ids = region.ids[row]
    part, parts = lay_parts(segment_ids)
    rows = rows.hstack([segment_ids, part.alias("part"), *parts.select("line", "area", section="id")[part]])
    needed = [*ids.to_list(), CODE["NM1"], CODE["SV1"]]
    rows = rows.filter(pl.col("id").is_in(needed))
    text = without_padding(region.raw(rows.get_column("row")))
    qualified = pl.col("id").is_in([CODE["NM1"], CODE["REF"], CODE["DTP"]])
    elements = pl.when(qualified).then(text).str.split(character(region.delimiters.element))
    said, number_of_other = elements.list.get(1, null_on_oob=True), elements.list.get(4, null_on_oob=True)
    rows = rows.with_columns(text=text, said=said, is_foreign=number_of_other.fill_null("") != "")
    rows = rows.with_columns(loop=_loop()).filter(pl.col("loop").is_not_null())
    # Of several providers of a role the first counts, with what hangs on it.
    of_first = pl.col("part") == pl.col("part").filter(pl.col("id") == CODE["NM1"]).first().over(
        "scope", "line", "loop"
    )
    return rows.filter(of_first | (pl.col("section") != CODE["NM1"]) | ~_hangs_on_name()).select(
        scope="scope",
        line=pl.when(pl.col("area") == AREA_LINE).then("line").otherwise(pl.lit(0, pl.UInt32)),
        loop="loop",
        id="id",
        qualifier=_qualifier(),
        position="position",
        text="text",
    )


def _hangs_on_name() -> pl.Expr:
    """Tell segments that belong to the NM1 before them from those that the reader takes wherever they stand."""
    return ~pl.col("id").is_in([CODE["DTP"], CODE["HI"], CODE["PAT"]])


def _loop() -> pl.Expr:
    """Name the loop of each segment; null where no place is in it."""
    part = (
        pl.when(pl.col("level").is_not_null())
        .then("level")
        .when(pl.col("area") == AREA_LINE)
        .then(pl.lit("line"))
        .when(pl.col("area") == AREA_HEADER)
        .then(pl.lit("claim"))
        .otherwise(pl.lit("payer"))
    )
    who = pl.when(pl.col("id") == CODE["NM1"]).then("said").forward_fill()
    is_drug = pl.col("section").is_in([CODE["SVD"], CODE["LIN"]]) & _hangs_on_name()
    under = (
        pl.when((pl.col("section") == CODE["NM1"]) & _hangs_on_name())
        .then(pl.concat_str(pl.lit(" "), who))
        .when(~is_drug)
        .then(pl.lit(""))
    )
    return pl.concat_str(part, under).replace_strict(_LOOPS, default=None, return_dtype=pl.String)


def _qualifier() -> pl.Expr:
    """Return what tells segments of one id in one loop apart; of numbers that mean the same, one stands for all."""
    is_own = ~pl.col("is_foreign") | (pl.col("section") == CODE["NM1"])
    return (
        pl.when((pl.col("id") == CODE["REF"]) & is_own)
        .then(pl.col("said").replace(_SAME_NUMBER))
        .when(pl.col("id") == CODE["DTP"])
        .then("said")
        .when(pl.col("id") != CODE["REF"])
        .then(pl.lit(""))
    )


# ------------------------------------------------------------------------------------------------ places in words


def _with_options(asked: pl.DataFrame) -> pl.DataFrame:
    """Put beside each place its options, in the order they are tried, with the scope to look in."""
    distinct = asked.select("x12", "column", "is_dependent").unique().drop_nulls("x12").sort(pl.all())
    rows = [option for row in distinct.iter_rows() for option in _options(*row)]
    schema = {
        "x12": pl.String, "column": pl.String, "is_dependent": pl.Boolean, "rank": pl.UInt8, "is_last": pl.Boolean,
        "name": pl.String, "loop": pl.String, "id": pl.UInt8, "qualifier": pl.String, "element": pl.UInt8,
        "component": pl.UInt8,
    }  # fmt: skip
    options = pl.DataFrame(rows, schema=schema, orient="row")
    keys = ["x12", "column", "is_dependent"]
    options = asked.join(options, on=keys, nulls_equal=True).sort("place", "rank")
    of_loop = pl.col("loop").replace_strict(_SCOPES, default="claim")
    scope = pl.col("claim")
    for name in ("billing", "subscriber", "patient"):
        scope = pl.when(of_loop == name).then(name).otherwise(scope)
    return options.with_columns(scope=scope)


def _options(x12: str, column: str | None, is_dependent: bool) -> Iterator[Option]:
    """Yield the places where a value may stand, in the order the reader prefers them."""
    names = list(_names(x12, column or "", is_dependent))
    for rank, name in enumerate(names):
        parts = _NAME.fullmatch(name)
        if parts is None or parts[1] not in _LOOPS.values():
            return
        loop, segment, element, component, qualifier = parts.groups()
        segment = segment or "SBR"  # a bare `2320` begins with it
        if segment not in CODE:
            return
        implied = {"REF": "G2", "DTP": "472"}.get(segment, "")
        yield Option(
            x12, column, is_dependent, rank, rank == len(names) - 1, name, loop, CODE[segment],
            qualifier or implied, int(element or (2 if segment == "REF" else 0)), int(component or 0),
        )  # fmt: skip


def _names(x12: str, column: str, is_dependent: bool) -> Iterable[str]:
    """Return places to try one after the other; the last one is where a value should be that stands nowhere."""
    loop, _, rest = x12.partition(" ")
    if is_dependent and column in _OF_DEPENDENT:
        return _OF_DEPENDENT[column]
    if is_dependent and column.startswith("member."):
        return [f"{_DEPENDENT_LOOPS.get(loop, loop)} {rest}"]
    if loop in _OF_CLAIM:
        return [x12, f"{_OF_CLAIM[loop]} {rest}", x12]
    return _INSTEAD.get(x12, [x12])
