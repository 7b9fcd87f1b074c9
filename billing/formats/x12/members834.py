"""Spans of coverage from an enrollment file (834).

A member (INS) has one coverage per HD, from its first day (DTP 348) to its last (DTP 349, or the end of the
member's eligibility, DTP 357). A coverage without a first day is no span, and one that was ended without saying
when is none either; a deleted one never was.
"""

from __future__ import annotations

import polars as pl

from billing.formats.x12.elements import element
from billing.formats.x12.members import OWN_ID, Read, county, d8, first_of, sex

NOT_MEDICAL = ("DEN", "VIS", "HE", "PDG")
"""HD03 of dental, vision, hearing and drug coverage."""
DELETED, ENDED = "002", "024"
_MEDICARE = r"(?i)^\s*MEDICARE\b"

_NOTES = {
    "no_id": "{} [member has|members have] no member id of [its|their] own (REF*0F of a subscriber, REF*1D, NM109)",
    "no_coverage": "{} [member has|members have] no coverage in the file (HD)",
    "deleted": "{} deleted [coverage|coverages] (002)",
    "not_medical": "{} [coverage|coverages] for dental, vision, hearing or drugs alone",
    "medicare": "{} [coverage|coverages] by Medicare, by name",
    "unread": "{} [coverage has|coverages have] a first or last day that is no date",
    "no_first_day": "{} [coverage has|coverages have] no first day (DTP*348)",
    "no_last_day": "{} ended [coverage has|coverages have] no last day (DTP*349)",
    "backwards": "{} [coverage ends|coverages end] before [it begins|they begin]",
    "is_open": "{} [coverage has|coverages have] no last day and [counts|count] as open",
}


def read_834(rows: pl.DataFrame) -> Read:
    """Read the enrollment transactions of a file.

    Args:
        rows: Their segments (`billing/formats/x12/members.py`).
    """
    rows = rows.with_columns(member=(pl.col("id") == "INS").cum_sum(), is_member=_in_member())
    rows = rows.filter("is_member").with_columns(
        hd=(pl.col("id") == "HD").cum_sum(), begins_hd=(pl.col("id") == "HD").cum_sum().over("member")
    )
    of_member = rows.filter(pl.col("begins_hd") == 0)
    who = pl.when(pl.col("id") == "NM1").then(element(1)).forward_fill().over("member")
    of_member = of_member.with_columns(is_own=who.is_in(["IL", "74"]).fill_null(value=False))
    people = _people(of_member)
    ids = _ids(of_member, people)
    coverages = _coverages(rows.filter(pl.col("begins_hd") > 0), people)
    named = pl.col("member").is_in(ids.get_column("member").implode())
    why = _why(named)
    coverages = coverages.with_columns(why=why)
    taken = coverages.filter(pl.col("why").is_null())
    spans = taken.join(ids, on="member", how="inner", maintain_order="left_right")
    counts = dict(coverages.drop_nulls("why").group_by("why").len().iter_rows())
    without = people.join(coverages, on="member", how="anti")
    counts["no_id"] = people.filter(~named).height
    counts["no_coverage"] = without.filter(named).height
    counts["is_open"] = taken.get_column("ended").null_count()
    notes = {words: counts.get(name, 0) for name, words in _NOTES.items()}
    return Read(
        spans.select("member_id", "effective", "ended", "birth_date", "death_date", "sex", "benefit_plan", "county"),
        notes,
    )


def _in_member() -> pl.Expr:
    """Tell the segments behind an INS of their own transaction."""
    begins = pl.when(pl.col("id") == "INS").then(True).when(pl.col("id") == "ST").then(False)
    return begins.forward_fill().fill_null(value=False)


def _people(of_member: pl.DataFrame) -> pl.DataFrame:
    """One row per member: what INS says, the end of eligibility, and who it is."""
    is_segment, is_own = pl.col("id"), pl.col("is_own")
    people = first_of(
        of_member,
        "member",
        is_segment == "INS",
        is_subscriber=element(1) == "Y",
        change=element(3),
        death_date=d8(12),
    )
    parts = (
        first_of(of_member, "member", (is_segment == "DTP") & (element(1) == "357"), eligible_until=d8(3)),
        first_of(of_member, "member", (is_segment == "DMG") & is_own, birth_date=d8(2), sex=sex()),
        first_of(of_member, "member", (is_segment == "N4") & is_own, county=county()),
    )
    for part in parts:
        people = people.join(part, on="member", how="left", maintain_order="left")
    return people


def _ids(of_member: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """One row per number that a member is known by: claims may carry any of them."""
    is_ref, is_name = pl.col("id") == "REF", (pl.col("id") == "NM1") & pl.col("is_own")
    said = of_member.join(people.select("member", "is_subscriber"), on="member", how="left", maintain_order="left")
    own = pl.when(is_name & element(8).is_in(OWN_ID)).then(element(9))
    # REF*0F is the subscriber's number, also on a dependent.
    is_number = (element(1) == "1D") | ((element(1) == "0F") & pl.col("is_subscriber").fill_null(value=False))
    ids = said.select("member", member_id=pl.coalesce(own, pl.when(is_ref & is_number).then(element(2))))
    return ids.drop_nulls().unique(maintain_order=True)


def _coverages(of_coverage: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """One row per coverage (HD), with its days and its member's."""
    coverages = first_of(
        of_coverage,
        "hd",
        pl.col("id") == "HD",
        member=pl.col("member"),
        changed=element(1),
        line=element(3),
        benefit_plan=element(4),
    )
    for name, qualifier in (("first", "348"), ("last", "349")):
        is_date = (pl.col("id") == "DTP") & (element(1) == qualifier)
        dates = first_of(of_coverage, "hd", is_date, **{name: d8(3), f"{name}_said": element(3).is_not_null()})
        coverages = coverages.join(dates, on="hd", how="left", maintain_order="left")
    coverages = coverages.join(people, on="member", how="left", maintain_order="left")
    return coverages.with_columns(effective="first", ended=pl.min_horizontal("last", "eligible_until"))


def _why(named: pl.Expr) -> pl.Expr:
    """Say why a coverage is no span; null where it is one, and where its member is not known anyway."""
    is_unread = (pl.col("first_said") & pl.col("first").is_null()) | (pl.col("last_said") & pl.col("last").is_null())
    is_ended = (pl.col("changed") == ENDED) | (pl.col("change") == ENDED)
    is_deleted = (pl.col("changed") == DELETED) | (pl.col("change") == DELETED)
    cases = {
        "no_id of coverage": ~named,
        "deleted": is_deleted,
        "not_medical": pl.col("line").is_in(NOT_MEDICAL),
        "medicare": pl.col("benefit_plan").str.contains(_MEDICARE),
        "unread": is_unread,
        "no_first_day": pl.col("effective").is_null(),
        "no_last_day": is_ended & pl.col("ended").is_null(),
        "backwards": pl.col("ended") < pl.col("effective"),
    }
    why = pl.lit(None, pl.String)
    for name, condition in reversed(cases.items()):
        why = pl.when(condition.fill_null(value=False)).then(pl.lit(name)).otherwise(why)
    return why
