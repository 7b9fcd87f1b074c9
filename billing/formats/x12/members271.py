"""Spans of coverage from an eligibility response (271).

A person (HL 22 or 23) has active coverage where an EB says 1 to 4 for health care as such, for medical care, for
visits to professionals or for behavioral health. The days are the EB's own, else the person's: a first and a last
day, a range, or a single day that was asked about. A person whom the payer did not find (AAA) has no row: that is
no information, not a refusal of coverage.
"""

from __future__ import annotations

import polars as pl

from billing.formats.x12.elements import element
from billing.formats.x12.members import OWN_ID, Read, county, d8, first_of, sex, span_of

ACTIVE = ("1", "2", "3", "4")
GENERAL = ("30", "1", "96", "98", "MH", "AI", "A4", "A6", "A7", "A8", "A0", "A3", "BY", "BZ", "CE", "CF", "CG", "CH")
"""EB03 of health care as such, medical care, visits to professionals, mental health and substance use services."""
MEDICARE = ("MA", "MB")
"""EB04 of Medicare: coverage of another payer."""

_FIRST, _LAST, _DAY = ("346", "348", "356"), ("347", "349", "357"), ("291", "292", "307")
_NOTES = {
    "rejected": "{} [inquiry was|inquiries were] not answered by the payer (AAA): no coverage information",
    "no_id": "{} [person has|persons have] no member id of [its|their] own (NM109)",
    "no_active": "{} [person has|persons have] no active coverage for health care in the response (EB01 1 to 4)",
    "unread": "{} active [coverage has|coverages have] a day that is no date",
    "no_first_day": "{} active [coverage has|coverages have] no first day (DTP 346, 348, 356, or a range)",
    "backwards": "{} active [coverage ends|coverages end] before [it begins|they begin]",
    "is_open": "{} active [coverage has|coverages have] no last day and [counts|count] as open",
}


def read_271(rows: pl.DataFrame) -> Read:
    """Read the eligibility responses of a file.

    Args:
        rows: Their segments (`billing/formats/x12/members.py`).
    """
    rows = rows.with_columns(person=(pl.col("id") == "HL").cum_sum())
    level = pl.when(pl.col("id") == "HL").then(element(3)).forward_fill().over("transaction")
    rows = rows.with_columns(level=level, eb=(pl.col("id") == "EB").cum_sum())
    rejected = rows.filter(pl.col("id") == "AAA").select("transaction", "person").unique().height
    rows = rows.filter(pl.col("level").is_in(["22", "23"])).with_columns(
        before=(pl.col("id") == "EB").cum_sum().over("person") == 0
    )
    of_person = rows.filter("before")
    people = _people(of_person)
    ids = _ids(of_person)
    active = _active(rows.filter(~pl.col("before"))).join(people, on="person", how="inner", maintain_order="left")
    active = _with_days(active)
    named = pl.col("person").is_in(ids.get_column("person").implode())
    active = active.with_columns(why=_why(named))
    taken = _without_repeats(active.filter(pl.col("why").is_null()))
    spans = taken.join(ids, on="person", how="inner", maintain_order="left_right")
    counts = dict(active.drop_nulls("why").group_by("why").len().iter_rows())
    answered = people.join(rows.filter(pl.col("id") == "EB"), on="person", how="semi")
    counts["rejected"] = rejected
    counts["no_id"] = answered.filter(~named).height
    counts["no_active"] = answered.filter(named).join(active, on="person", how="anti").height
    counts["is_open"] = taken.get_column("ended").null_count()
    notes = {words: counts.get(name, 0) for name, words in _NOTES.items()}
    return Read(
        spans.select("member_id", "effective", "ended", "birth_date", "death_date", "sex", "benefit_plan", "county"),
        notes,
    )


def _people(of_person: pl.DataFrame) -> pl.DataFrame:
    """One row per person: who it is, and the days that are said of all its coverage."""
    segment = pl.col("id")
    people = first_of(of_person, "person", segment == "HL", level=pl.col("level"))
    parts = (
        first_of(of_person, "person", segment == "DMG", birth_date=d8(2), sex=sex()),
        first_of(of_person, "person", segment == "N4", county=county()),
        first_of(of_person, "person", (segment == "DTP") & (element(1) == "442"), death_date=d8(3)),
        _days(of_person, "person", "of_person"),
    )
    for part in parts:
        people = people.join(part, on="person", how="left", maintain_order="left")
    return people


def _ids(of_person: pl.DataFrame) -> pl.DataFrame:
    """One row per number that a person is known by; a dependent's is its own, never the subscriber's."""
    is_name = (pl.col("id") == "NM1") & element(1).is_in(["IL", "03"]) & element(8).is_in(OWN_ID)
    is_number = (pl.col("id") == "REF") & element(1).is_in(["NQ", "1W"])
    said = pl.coalesce(pl.when(is_name).then(element(9)), pl.when(is_number).then(element(2)))
    return of_person.select("person", member_id=said).drop_nulls().unique(maintain_order=True)


def _active(of_coverage: pl.DataFrame) -> pl.DataFrame:
    """One row per active coverage for health care (EB), with the days that are said of it."""
    types = element(3).str.extract_all(r"[A-Za-z0-9]+")  # whatever repeats it
    is_general = element(3).is_null() | types.list.eval(pl.element().is_in(GENERAL)).list.any()
    is_medicare = element(4).is_in(MEDICARE).fill_null(value=False)
    is_active = (pl.col("id") == "EB") & element(1).is_in(ACTIVE) & is_general & ~is_medicare
    coverages = of_coverage.filter(is_active).select("eb", "person", benefit_plan=element(5))
    return coverages.join(_days(of_coverage, "eb", "of_eb"), on="eb", how="left", maintain_order="left")


def _days(rows: pl.DataFrame, key: str, suffix: str) -> pl.DataFrame:
    """One row per `key` of which days are said: first and last day, and whether one of them is no date."""
    known = (*_FIRST, *_LAST, *_DAY)
    dates = rows.filter((pl.col("id") == "DTP") & element(1).is_in(known)).select(
        key, qualifier=element(1), day=d8(3), range_first=span_of(3, 0), range_last=span_of(3, 1)
    )
    qualifier, day = pl.col("qualifier"), pl.col("day")
    first = day.filter(qualifier.is_in(_FIRST)).first()
    last = day.filter(qualifier.is_in(_LAST)).first()
    of_range = (pl.col(name).drop_nulls().first() for name in ("range_first", "range_last"))
    range_first, range_last = of_range
    single = day.filter(qualifier.is_in(_DAY)).first()
    said_ends = qualifier.is_in((*_FIRST, *_LAST)).any()
    has_range = pl.col("range_first").is_not_null().any()
    return dates.group_by(key, maintain_order=True).agg(
        pl.when(has_range).then(range_first).when(said_ends).then(first).otherwise(single).alias(f"first_{suffix}"),
        pl.when(has_range).then(range_last).when(said_ends).then(last).otherwise(single).alias(f"last_{suffix}"),
        (day.is_null() & pl.col("range_last").is_null()).any().alias(f"unread_{suffix}"),
    )


def _with_days(active: pl.DataFrame) -> pl.DataFrame:
    """Take the days of the coverage itself where it says any, else those of the person."""
    is_own = pl.col("unread_of_eb").is_not_null()
    return active.with_columns(
        pl.when(is_own).then(f"{name}_of_eb").otherwise(f"{name}_of_person").alias(new)
        for name, new in (("first", "effective"), ("last", "ended"), ("unread", "unread"))
    )


def _why(named: pl.Expr) -> pl.Expr:
    """Say why an active coverage is no span; null where it is one."""
    cases = {
        "no_id of coverage": ~named,
        "unread": pl.col("unread"),
        "no_first_day": pl.col("effective").is_null(),
        "backwards": pl.col("ended") < pl.col("effective"),
    }
    why = pl.lit(None, pl.String)
    for name, condition in reversed(cases.items()):
        why = pl.when(condition.fill_null(value=False)).then(pl.lit(name)).otherwise(why)
    return why


def _without_repeats(taken: pl.DataFrame) -> pl.DataFrame:
    """Leave out a coverage without a plan's name when the same days are said of one with a name."""
    days = ["person", "effective", "ended"]
    taken = taken.unique([*days, "benefit_plan"], keep="first", maintain_order=True)
    has_named = pl.col("benefit_plan").is_not_null().any().over(days)
    return taken.filter(pl.col("benefit_plan").is_not_null() | ~has_named)
