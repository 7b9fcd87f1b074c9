"""Pairs of codes that the national edits do not pay together.

What it checks:
    For one member, billing provider and day, no line has the second code of a pair of the list beside a line with the
    first. A pair that a modifier sets apart passes when one of the entry's `modifiers` stands on the line with the
    second code. With a date range the day is not certain, and the line is reviewed.

Why it matters:
    The payer denies the second code of the pair (CARC 236).

Example:
    99999 beside 99998 for one member on 2026-07-01, a pair of the list -> national.ptp.pairs

    Passes: 99999 on 2026-07-01 and 99998 on 2026-07-02

    Instead: bill the first code alone; where the two were separate services, the modifier that says so.

Policy key:
    ptp

Needs:
    an edition of the list for the days of service (`cleanclaim codeset import-ncci` makes one of CMS's file); history,
    for what was billed before this batch

Also called:
    procedure to procedure edit, NCCI, code pair, bundling, column 1, column 2, modifier 59
"""

from __future__ import annotations

from typing import cast

import polars as pl

from billing.policy.code_lists import CodeList
from billing.policy.codesets import Fact
from billing.policy.schema import Code, EntryId, PolicyEntry
from billing.rules._kind import Context, Services
from billing.rules._lists import is_covered, list_of, not_covered, what_is_lacking
from billing.rules._windows import in_force, judged_in_full, stays_out, verdicts
from billing.rules._words import coded, date_text, or_list, sentence

SCOPE = ("member_id",)
PARTLY = ("history",)
LIST_HOLDS = "ptp"

_NEVER, _WITH_MODIFIER = 0, 1  # the list's indicator; 9: the pair never applied
_SUBJECT = ["member_id", "billing_npi"]
_READ = ("claim_key", "line_key", "claim_id", "label", "order", "stands", "is_history", *_SUBJECT, "procedure_code",
         "modifiers", "service_date", "last_date")  # fmt: skip
_RANGE = "which days of a date range had a service is not known"
_ON_FIRST = "whether the payer takes the modifier on the first code of the pair is not known"
_PRACTICE = "which modifiers set a pair apart is common practice"
_PAID_BEFORE = "the second code of the pair was billed before, and which of the two the payer denies is not known"


class Entry(PolicyEntry):
    """How the pairs of a list are applied.

    Attributes:
        list: The list of the pairs.
        modifiers: The modifiers that set a pair apart, where the list says that one may.
    """

    list: EntryId
    modifiers: tuple[Code, ...] = ()


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    apart = f" Some pairs pass with {or_list(entry.modifiers)} on the second code." if entry.modifiers else ""
    return f"A member has no two codes of a national pair by one biller on one day.{apart}"


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the lines whose code is the second of a pair, beside a line with the first.

    Returns:
        One row per line of the batch, columns of `VERDICT_SCHEMA`.
    """
    entry, listed = cast("Entry", fact.entry), list_of(fact)
    lines = in_force(context.rows, fact).filter("counts").select(_READ)
    known = pl.all_horizontal(pl.col(name).is_not_null() for name in (*_SUBJECT, "procedure_code", "service_date"))
    suspects = lines.filter(known).filter(_has_several_codes())
    return judged_in_full(suspects, lambda rows: _judge(rows, entry, listed))


def concerns(fact: Fact) -> pl.Expr:
    """Tell which lines it can say anything about: those on a day that the list covers."""
    listed = list_of(fact)
    return is_covered(listed) if listed.editions else pl.lit(value=False)


def unchecked(fact: Fact, context: Context) -> pl.LazyFrame:
    """List the lines on a day that no edition of the list covers, of members with more than one code to pair.

    Returns:
        One row per line: `line_key`.
    """
    is_open = not_covered(list_of(fact)) & _has_several_codes()
    return context.rows.filter(is_open & ~pl.col("is_history")).select("line_key")


def unchecked_needs(fact: Fact) -> str:
    """Name what the lines of `unchecked` lack."""
    return what_is_lacking(list_of(fact))


def _has_several_codes() -> pl.Expr:
    """Tell whose lines have more than one code, those of all days together: one cheap pass."""
    code, subject = pl.col("procedure_code").hash(), pl.struct(_SUBJECT).hash()
    return code.min().over(subject) != code.max().over(subject)


def _judge(rows: pl.DataFrame, entry: Entry, listed: CodeList) -> pl.DataFrame:
    """Pair the lines of each subject and day, and look the pairs up."""
    days = rows.with_columns(
        is_range=pl.col("last_date") > pl.col("service_date"),
        is_marked=pl.any_horizontal(
            pl.lit(value=False), *(pl.col("modifiers").list.contains(modifier) for modifier in entry.modifiers)
        ),
        day=pl.date_ranges("service_date", "last_date"),
    ).explode("day")
    days = days.with_columns(edition=listed.edition_on("day"))
    codes = days.get_column("procedure_code").unique().sort()
    pairs = pl.concat([_pairs_of(codes, edition.rows, number) for number, edition in enumerate(listed.editions)])
    of_batch, of_history = days.filter(~pl.col("is_history")), days.filter("is_history")
    second = _beside(of_batch, days, pairs, ours="column_2", other="column_1")
    first = _beside(of_batch, of_history, pairs, ours="column_1", other="column_2")
    marked = [each.with_columns(is_second=pl.lit(is_second)) for each, is_second in ((second, True), (first, False))]
    found = pl.concat(marked)
    return _said(_with_caps(found, entry, listed), entry, listed)


def _pairs_of(codes: pl.Series, pairs: pl.DataFrame, number: int) -> pl.DataFrame:
    """Pick the pairs of an edition that codes of the batch make up; its rows are in order of their first code."""
    first = pairs.get_column("column_1")
    ends = pl.DataFrame({"from": first.search_sorted(codes, "left"), "to": first.search_sorted(codes, "right")})
    at = ends.select(pl.int_ranges("from", "to", dtype=pl.get_index_type())).to_series().explode().drop_nulls()
    found = pairs.select(pl.all().gather(at)).filter(pl.col("column_2").is_in(codes.implode()))
    return found.with_columns(edition=pl.lit(number, pl.UInt8)).rename({"modifier": "indicator"})


def _beside(lines: pl.DataFrame, others: pl.DataFrame, pairs: pl.DataFrame, *, ours: str, other: str) -> pl.DataFrame:
    """Join lines whose code is one of a pair with the first line of its other code on the same day.

    Of the lines of a code the first is enough to conflict with: one that stands and whose day is certain, if any.
    """
    by = [*_SUBJECT, "day", "procedure_code"]
    is_sure = pl.col("stands") & ~pl.col("is_range")
    firsts = others.sort(*by, ~is_sure, "order").unique(by, keep="first", maintain_order=True)
    firsts = firsts.rename({"procedure_code": other})
    in_force = (pl.col("effective").is_null() | (pl.col("effective") <= pl.col("day"))) & (
        pl.col("ended").is_null() | (pl.col("ended") >= pl.col("day"))
    )
    joined = lines.join(pairs, left_on=["edition", "procedure_code"], right_on=["edition", ours], how="inner")
    joined = joined.filter(in_force, pl.col("indicator").is_in([_NEVER, _WITH_MODIFIER]))
    return joined.join(firsts, on=[*_SUBJECT, "day", other], how="inner", suffix="_other").select(
        *_READ, "day", "edition", "indicator", "is_range", "is_marked", pl.col(other).alias("other_code"),
        "label_other", "claim_id_other", "stands_other", "is_range_other", "is_marked_other",
    )  # fmt: skip


def _with_caps(found: pl.DataFrame, entry: Entry, listed: CodeList) -> pl.DataFrame:
    """Leave out what a modifier sets apart, say why the others are only held, and keep the surest pair of each line."""
    may_be_marked = pl.col("indicator") == _WITH_MODIFIER
    on_second = pl.when("is_second").then("is_marked").otherwise("is_marked_other")
    on_first = pl.when("is_second").then("is_marked_other").otherwise("is_marked")
    others = pl.col("modifiers").list.set_difference(["", *entry.modifiers]).list.len() > 0
    list_caps = {number: "; ".join(edition.caps) for number, edition in enumerate(listed.editions) if edition.caps}
    found = found.filter(~(may_be_marked & on_second)).with_columns(
        caps=pl.concat_list(
            pl.when(~pl.col("is_second")).then(pl.lit(_PAID_BEFORE)),
            pl.when(pl.col("is_range") | pl.col("is_range_other")).then(pl.lit(_RANGE)),
            pl.when(~pl.col("stands_other")).then(stays_out(pl.concat_list("claim_id_other"))),
            pl.when(may_be_marked & on_first).then(pl.lit(_ON_FIRST)),
            pl.when(may_be_marked & ~on_first & others).then(pl.lit(_PRACTICE)),
            pl.col("edition").replace_strict(list_caps, default=None, return_dtype=pl.String)
            if list_caps
            else pl.lit(None, pl.String),
        ).list.drop_nulls()
    )
    surest = ("line_key", pl.col("caps").list.len(), "day", "other_code", ~pl.col("is_second"), "label_other")
    return found.sort(*surest).unique("line_key", keep="first", maintain_order=True)


def _said(found: pl.DataFrame, entry: Entry, listed: CodeList) -> pl.DataFrame:
    names = [edition.name for edition in listed.editions]
    name = pl.col("edition").replace_strict(list(range(len(names))), names, return_dtype=pl.String)
    code, other = pl.col("procedure_code"), pl.col("other_code")
    first, second = pl.when("is_second").then(other).otherwise(code), pl.when("is_second").then(code).otherwise(other)
    marks = or_list(entry.modifiers) if entry.modifiers else "the modifier that the payer names"
    return verdicts(
        found,
        cause="ptp_conflict",
        column="procedure_code",
        at_most=pl.when(pl.col("caps").list.len() > 0).then(pl.lit("review")),
        capped_by=[pl.col("caps")],
        message=sentence(
            coded(), " on ", date_text(pl.col("day")), " stands beside ", other, " (", pl.col("label_other"), "); ",
            name, " does not pay ", second, " with ", first, ".",
        ),
        remedy=pl.when(pl.col("indicator") == _WITH_MODIFIER)
        .then(sentence("Bill ", first, f" alone; if the record of the day holds two services, add {marks} to ", second,
                       "."))
        .otherwise(sentence("Bill ", first, " alone; no modifier sets this pair apart.")),
        found=sentence(code, " and ", other),
        allowed="one of them on one day",
        related=pl.concat_list("label_other"),
    )  # fmt: skip
