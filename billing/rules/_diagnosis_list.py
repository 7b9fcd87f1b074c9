"""Diagnoses looked up in a list of ICD-10-CM, once per distinct code of the batch; what fails is put into words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import polars as pl

from billing.policy.code_lists import CodeList, Edition, Span, days_in_words
from billing.rules._windows import JUDGED_SCHEMA, verdicts
from billing.rules._words import counted, date_text, sentence

SHOWN = 6
"""So many of the codes below a heading are named; of the others it is said how many there are."""

_BEHIND = "~"  # sorts behind every letter and digit of a code
_CATEGORY = 3  # characters of the shortest code
_OTHER_EDITION = (
    "the claim's days lie in two editions of the list, or partly in none, and one alone speaks against the code"
)
_WORDS = {"code": pl.String, "edition": pl.UInt8, "is_heading": pl.Boolean, "advice": pl.String}


def judge_by_list(rows: pl.DataFrame, listed: CodeList, shape: str) -> pl.DataFrame:
    """Find the claims with a diagnosis that is not on the list, or is a heading there, on the days of their lines.

    Args:
        rows: One row per line: `claim_key, line_key, diagnoses, service_date, last_date`.
        listed: The list.
        shape: What a code looks like; anything else is not looked up.

    Returns:
        One row per claim and cause, as `verdicts` returns them.
    """
    days = rows.get_column("service_date").min(), rows.get_column("last_date").max()
    judging = [number for number, edition in enumerate(listed.editions) if edition.touches(*cast("Span", days))]
    if not judging:
        return pl.DataFrame(schema=JUDGED_SCHEMA)
    is_next_claim = rows.get_column("claim_key") != rows.get_column("claim_key").shift()
    diagnoses = rows.filter(is_next_claim.fill_null(value=True)).select("claim_key", code="diagnoses").explode("code")
    codes = diagnoses.get_column("code").unique().sort()
    codes = codes.filter(codes.str.contains(shape))
    failing = pl.concat([_failing(codes, listed.editions[number], number) for number in judging])
    if failing.is_empty():
        return pl.DataFrame(schema=JUDGED_SCHEMA)
    suspects = diagnoses.join(failing.select("code").unique(), on="code", how="semi", maintain_order="left")
    claims = _days(rows.join(suspects, on="claim_key", how="semi"), listed)
    held = suspects.join(claims, on="claim_key", how="left", maintain_order="left")
    for day in ("first", "last"):
        fails = {f"{day}_edition": pl.col("edition"), f"fails_{day}": pl.lit(value=True)}
        of_day = failing.select("code", **fails)
        held = held.join(of_day, on=["code", f"{day}_edition"], how="left", maintain_order="left")
    held = held.filter(pl.col("fails_first").is_not_null() | pl.col("fails_last").is_not_null()).with_columns(
        edition=pl.when("fails_first").then("first_edition").otherwise("last_edition"),
        is_sure=(pl.col("fails_first") & pl.col("fails_last")).fill_null(value=False),
    )
    words = [_in_words(failing.filter(pl.col("edition") == number), listed, number) for number in judging]
    return _said(held.join(pl.concat(words), on=["code", "edition"], how="left", maintain_order="left"), listed)


def _failing(codes: pl.Series, edition: Edition, number: int) -> pl.DataFrame:
    """Return the codes that an edition lacks, or has as headings: `code`, `edition`, `is_heading`, `at` (its row)."""
    at, is_listed, is_billable = _looked_up(codes, edition)
    found = pl.DataFrame({"code": codes, "at": at, "is_heading": is_listed}).filter(~is_billable)
    return found.with_columns(edition=pl.lit(number, pl.UInt8))


def _looked_up(codes: pl.Series, edition: Edition) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Return of each code the row at which it stands or would stand, whether it is listed, and whether billable."""
    listed = edition.rows.get_column("code")
    at = listed.search_sorted(codes)
    there = at.clip(0, len(listed) - 1)
    is_listed = listed.gather(there) == codes
    return at, is_listed, is_listed & (edition.rows.get_column("billable").gather(there) == 1)


def _days(rows: pl.DataFrame, listed: CodeList) -> pl.DataFrame:
    """Return the first and last day of each claim, and the editions for them."""
    days = rows.group_by("claim_key", maintain_order=True).agg(
        pl.col("service_date").min().alias("first_day"), pl.col("last_date").max().alias("last_day")
    )
    return days.with_columns(first_edition=listed.edition_on("first_day"), last_edition=listed.edition_on("last_day"))


def _in_words(failing: pl.DataFrame, listed: CodeList, number: int) -> pl.DataFrame:
    """Say of each code that fails by an edition what to send instead."""
    edition = listed.editions[number]
    below = _codes_below(failing.filter("is_heading"), edition)
    headings = below.select("code", advice=sentence(pl.col("code"), ": ", pl.col("below"), "."))
    others = failing.filter(~pl.col("is_heading")).select("code")
    known = pl.concat([_in_other(others, other) for other in listed.editions if other is not edition] or [_NONE])
    cut = _longest_part(others, edition)
    advice = others.join(known.unique("code", keep="first", maintain_order=True), on="code", how="left")
    said = pl.coalesce("in_other", "of_part", pl.lit("no code begins like it"))
    advice = advice.join(cut, on="code", how="left").select("code", advice=sentence(pl.col("code"), ": ", said, "."))
    told = failing.select("code", "edition", "is_heading")
    return told.join(pl.concat([headings, advice]), on="code", how="left").select(
        pl.col(name).cast(dtype) for name, dtype in _WORDS.items()
    )


_NONE = pl.DataFrame(schema={"code": pl.String, "in_other": pl.String})


def _codes_below(headings: pl.DataFrame, edition: Edition) -> pl.DataFrame:
    """Name the billable codes below each heading: `code`, `below`."""
    listed, billable = edition.rows.get_column("code"), edition.rows.get_column("billable")
    end = listed.search_sorted(headings.get_column("code") + _BEHIND)
    rows = headings.select("code", row=pl.int_ranges(pl.col("at") + 1, pl.lit(end), dtype=pl.UInt32)).explode("row")
    rows = rows.drop_nulls("row")
    rows = rows.with_columns(
        listed.gather(rows.get_column("row")).alias("child"), billable.gather(rows.get_column("row")).alias("billable")
    )
    more = (pl.len().cast(pl.Int64) - SHOWN).clip(0)
    found = rows.filter(pl.col("billable") == 1).group_by("code", maintain_order=True).agg(
        names=pl.col("child").head(SHOWN).str.join(", "), more=more
    )  # fmt: skip
    others = pl.when(pl.col("more") > 0).then(sentence(" and ", counted(pl.col("more"), "more", "more")))
    return found.select("code", below=pl.concat_str("names", others.otherwise(pl.lit(""))))


def _in_other(codes: pl.DataFrame, edition: Edition) -> pl.DataFrame:
    """Say which of the codes another edition has, and for which days."""
    days = days_in_words((edition.manifest.effective, edition.manifest.ended))
    found = codes.filter(_looked_up(codes.get_column("code"), edition)[2])
    return found.select("code", in_other=pl.lit(f"a code {days} ({edition.name})"))


def _longest_part(codes: pl.DataFrame, edition: Edition) -> pl.DataFrame:
    """Find the longest beginning of each code that is on the list: `code`, `of_part` (it, or what is below it)."""
    lengths = pl.int_ranges(_CATEGORY, pl.col("code").str.len_chars(), dtype=pl.UInt32)
    parts = codes.with_columns(length=lengths).explode("length").drop_nulls("length")
    parts = parts.select(whole="code", code=pl.col("code").str.head(pl.col("length")))
    at, is_listed, is_billable = _looked_up(parts.get_column("code"), edition)
    longest = parts.with_columns(at.alias("at"), is_billable.alias("is_billable")).filter(is_listed)
    longest = longest.unique("whole", keep="last", maintain_order=True)
    below = _codes_below(longest.filter(~pl.col("is_billable")).unique("code"), edition)
    longest = longest.join(below, on="code", how="left", maintain_order="left")
    of_part = (
        pl.when("is_billable")
        .then(sentence(pl.col("code"), " is the longest part of it that is a code"))
        .otherwise(sentence("the codes of ", pl.col("code"), " are ", pl.col("below")))
    )
    return longest.select(code="whole", of_part=of_part)


def _said(held: pl.DataFrame, listed: CodeList) -> pl.DataFrame:
    """Put the failing diagnoses of each claim into one verdict per cause."""
    name = _by_number(listed, [edition.name for edition in listed.editions])
    capped = _by_number(listed, ["; ".join(edition.caps) for edition in listed.editions])
    claims = held.group_by("claim_key", "is_heading", maintain_order=True).agg(
        codes=pl.col("code").unique(maintain_order=True),
        advice=pl.col("advice").unique(maintain_order=True).str.join(" "),
        first_day=pl.col("first_day").first(),
        last_day=pl.col("last_day").first(),
        edition=name.unique(maintain_order=True).str.join(", "),
        capped=capped.filter(capped != "").first(),
        is_sure=pl.col("is_sure").any(),
        line_key=pl.lit(None, pl.UInt32),
    )
    several = pl.col("codes").list.len() > 1
    codes, first, last = pl.col("codes").list.join(", "), date_text(pl.col("first_day")), date_text(pl.col("last_day"))
    days = pl.when(pl.col("last_day") > pl.col("first_day")).then(sentence(first, " to ", last)).otherwise(first)
    heading = pl.when(several).then(pl.lit(" are headings with more exact codes below them, and not billed"))
    no_code = pl.when(several).then(pl.lit(" are no codes"))
    caps = [pl.when(~pl.col("is_sure")).then(pl.lit(_OTHER_EDITION)), pl.col("capped")]
    return verdicts(
        claims,
        whole_claim=True,
        cause=pl.when("is_heading").then(pl.lit("dx_not_specific")).otherwise(pl.lit("dx_invalid")),
        column="diagnoses",
        at_most=pl.when(pl.any_horizontal(cap.is_not_null() for cap in caps)).then(pl.lit("review")),
        capped_by=caps,
        message=sentence(
            codes,
            pl.when("is_heading")
            .then(heading.otherwise(pl.lit(" is a heading with more exact codes below it, and not billed")))
            .otherwise(no_code.otherwise(pl.lit(" is no code"))),
            " on ", days, " (", pl.col("edition"), ").",
        ),
        remedy=pl.when("is_heading")
        .then(sentence("Send the code below it that the record of the visit holds. ", pl.col("advice")))
        .otherwise(sentence("Compare with the record of the visit. ", pl.col("advice"))),
        found=codes,
        allowed="codes that are billable on the days of service",
    )  # fmt: skip


def _by_number(listed: CodeList, values: Sequence[str]) -> pl.Expr:
    return pl.col("edition").replace_strict(list(range(len(listed.editions))), list(values), return_dtype=pl.String)
