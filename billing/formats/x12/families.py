"""The families of a claim and of its lines: CLM, HI, 2320, SV1, DTP and LX.

When a segment is repeated where the guide allows one, the first counts.
"""

from __future__ import annotations

import polars as pl

from billing.claims import OTHER_PAYER
from billing.formats.x12.delimiters import Delimiters, character
from billing.formats.x12.elements import component, components, day, element, money, split, spread, units
from billing.formats.x12.family import Family, family
from billing.formats.x12.parts import AREA_HEADER, AREA_LINE, AREA_OTHER_PAYER
from billing.formats.x12.segments import CODE
from billing.formats.x12.tree import Tree

# ----------------------------------------------------------------------------------------------- the claim itself


def claim_headers(tree: Tree) -> pl.DataFrame:
    """CLM, one row per segment: scope, claim_id, charge, delay_reason and the parts of CLM05."""
    is_header = tree.scopes.get_column("id") == CODE["CLM"]
    scope, text = (tree.scopes.get_column(name).filter(is_header) for name in ("scope", "text"))
    # Every claim has a number of its own, but what stands behind it repeats.
    parts = text.str.splitn(character(tree.delimiters.element), 3).struct
    claim_id, behind = parts.field("field_1"), parts.field("field_2").fill_null("")
    place = components(element(3), tree.delimiters)
    said, values = spread(
        behind, tree.delimiters,
        charge=money(element(0)), delay_reason=element(18),
        place_of_service=component(place, 0), frequency_code=component(place, 2),
    )  # fmt: skip
    headers = values[said].hstack([scope])
    return headers.with_columns(claim_id=claim_id.replace("", None))


def diagnoses(tree: Tree) -> Family:
    """Diagnosis codes in order, by scope; several HI segments are read on."""
    codes = family(
        tree, "HI", ["scope"], area=AREA_HEADER,
        diagnoses=pl.col("elements").list.slice(1).list.eval(_diagnosis(pl.element(), tree.delimiters).drop_nulls()),
    )  # fmt: skip
    scope = codes.places.get_column("scope")
    if not (scope == scope.shift(1)).any():
        return codes
    rows = codes.places.hstack(codes.frame())
    joined = rows.group_by("scope", maintain_order=True).agg(pl.col("diagnoses").list.explode(empty_as_null=False))
    return Family.of_rows(joined.select("scope"), joined.select("diagnoses"))


def _diagnosis(item: pl.Expr, delimiters: Delimiters) -> pl.Expr:
    """Read one component of an HI; null when it is no diagnosis."""
    parts = components(item, delimiters)
    return pl.when(component(parts, 0).is_in(["ABK", "ABF", "BK", "BF"])).then(component(parts, 1))


def other_payers(tree: Tree) -> Family:
    """Earlier payers of each claim, by scope: 2320 AMT*D, 2330B NM1*PR and DTP*573, else the last of 2430 DTP*573."""
    is_claim = tree.scopes.get_column("id") == CODE["CLM"]
    parts = tree.parts.with_row_index("part").filter(area=AREA_OTHER_PAYER)
    parts = parts.filter(is_claim[parts.get_column("scope")])
    if parts.is_empty():
        empty = pl.DataFrame(schema={"scope": pl.UInt32, "other_payers": pl.List(OTHER_PAYER)})
        return Family.of_rows(empty.select("scope"), empty.select("other_payers"))
    segments = tree.segments.select("id", "text", "part").join(
        parts.select("part", "scope"), on="part", maintain_order="left"
    )
    segments = segments.with_columns(loop=(pl.col("id") == CODE["SBR"]).cum_sum())
    loops = segments.filter(pl.col("id") == CODE["SBR"]).select("scope", "loop")
    found = segments.filter(pl.col("id").is_in([CODE["NM1"], CODE["AMT"], CODE["DTP"]]))
    found = found.hstack(split(found.get_column("text"), tree.delimiters))
    payer = found.filter((pl.col("id") == CODE["NM1"]) & (element(1) == "PR")).select(
        "loop", id=element(9), name=element(3)
    )
    paid = found.filter((pl.col("id") == CODE["AMT"]) & (element(1) == "D")).select("loop", paid=money(element(2)))
    decided = found.filter((pl.col("id") == CODE["DTP"]) & (element(1) == "573")).select(
        "loop", decided_on=day(element(3))
    )
    for values in (payer, paid, decided):
        first = values.filter(pl.col("loop").is_first_distinct())
        loops = loops.join(first, on="loop", how="left", maintain_order="left")
    loops = loops.join(_decided_on_lines(tree), on=["scope", "id"], how="left", maintain_order="left")
    loops = loops.with_columns(decided_on=pl.coalesce("decided_on", "lines_decided_on"))
    item = pl.struct("id", "name", "paid", "decided_on").cast(OTHER_PAYER)
    joined = loops.group_by("scope", maintain_order=True).agg(other_payers=item)
    return Family.of_rows(joined.select("scope"), joined.select("other_payers"))


def _decided_on_lines(tree: Tree) -> pl.DataFrame:
    """Days on which earlier payers decided the lines of a claim, where they say so line by line: 2430 SVD and DTP*573.

    Returns:
        One row per scope and payer id: `scope`, `id` and `lines_decided_on`, the last of these days.
    """
    is_decision = pl.col("id") == CODE["SVD"]
    parts = tree.parts.with_row_index("part").filter(is_decision, area=AREA_LINE).select("part", "scope")
    segments = tree.segments.select("id", "text", "part").join(parts, on="part", how="inner", maintain_order="left")
    segments = segments.filter(pl.col("id").is_in([CODE["SVD"], CODE["DTP"]]))
    segments = segments.hstack(split(segments.get_column("text"), tree.delimiters))
    payer = segments.filter(is_decision).select("part", "scope", id=element(1))
    is_day = (pl.col("id") == CODE["DTP"]) & (element(1) == "573")
    days = segments.filter(is_day).select("part", day=day(element(3)))
    said = payer.join(days, on="part", how="inner")
    return said.group_by("scope", "id").agg(lines_decided_on=pl.col("day").max())


# ------------------------------------------------------------------------------------------------------ the lines


def services(tree: Tree) -> Family:
    """SV1, one row per service line, readable claim or not: by scope and line, with its position."""
    composite, number = components(element(1), tree.delimiters), units(element(4))
    pointer_text = element(7)
    numbers = components(pointer_text, tree.delimiters).list.eval(pl.element().cast(pl.UInt32, strict=False))
    separator = tree.delimiters.component
    well_formed = pointer_text.str.contains(rf"^[0-9]{{1,9}}(\x{{{separator:x}}}[0-9]{{1,9}})*$")
    mark = character(separator)
    modifiers = composite.list.slice(2, 4).list.join(mark).str.strip_chars_end(mark)
    none, no_pointers = pl.lit([], pl.List(pl.String)), pl.lit([], pl.List(pl.UInt32))
    every = family(
        tree, "SV1", ["scope", "line", "position"], area=AREA_LINE,
        procedure_code=component(composite, 1),
        # A blank in front of a filled modifier stays: it is a defect that a rule reports.
        modifiers=pl.when(modifiers != "").then(modifiers.str.split(mark)).fill_null(none),
        charge=money(element(2)),
        unit_basis=element(3),
        units=number,
        units_text=pl.when(number.is_null()).then(element(4)),
        place_of_service=element(5),
        diagnosis_pointers=pl.when(well_formed).then(numbers).fill_null(no_pointers),
        diagnosis_pointers_text=pl.when(~well_formed).then(pointer_text),
    )  # fmt: skip
    return every.first_of_each("line")


def service_dates(tree: Tree) -> Family:
    """DTP*472, by line: first day, last day of a range, and the text of what is no date."""
    is_range, text = element(2) == "RD8", element(3)
    ends = text.str.splitn("-", 2)
    first_text = pl.when(is_range).then(ends.struct.field("field_0")).otherwise(text)
    last_text = pl.when(is_range).then(ends.struct.field("field_1"))
    dates = family(
        tree, "DTP", ["line"], area=AREA_LINE,
        is_service_date=element(1) == "472", is_range=is_range, said_first=first_text, said_last=last_text,
        first=day(first_text), last=day(last_text),
    ).where(pl.col("is_service_date"))  # fmt: skip
    first, last = pl.col("first"), pl.col("last")
    return dates.saying(
        service_date=first,
        service_date_text=pl.when(first.is_null()).then("said_first"),
        service_end_date=pl.when(last != first).then(last),
        service_end_date_text=pl.when(pl.col("is_range") & last.is_null()).then(pl.col("said_last").fill_null("")),
    )


def line_numbers(tree: Tree) -> Family:
    """LX01, by line."""
    text = element(1)
    number = pl.when(text.str.contains(r"^[0-9]{1,6}$")).then(text).cast(pl.UInt32, strict=False)
    return family(
        tree, "LX", ["line"], area=AREA_LINE,
        line_number=number, line_number_text=pl.when(number.is_null()).then(text),
    )  # fmt: skip
