"""Units of one code that are more than the national edit takes on a line, or for a member on a day.

What it checks:
    The units of a line stay at or below the Medicaid MUE of its code, and so does the sum over the lines of one member,
    billing provider, code and day. The value is that of the list's edition for the day. The units of a date range are
    divided by its days. A code for which no value is published has no limit here; the program's own limits hold.

Why it matters:
    The payer denies the whole line, not only what is above (CARC 151), also where an authorization covers the units.

Example:
    H2016 x 2 on 2026-07-01, a code per day -> national.mue.practitioner

    Passes: H2016 x 1 on 2026-07-01

    Instead: bill 1 unit, and look up how the day is to be billed.

Policy key:
    mue

Needs:
    an edition of the list for the days of service; history, for what was billed before this batch

Also called:
    medically unlikely edit, NCCI, maximum units of service, units per line, modifier GD
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

import polars as pl

from billing.claims import UNITS
from billing.policy.code_lists import CodeList
from billing.policy.codesets import Fact
from billing.policy.schema import Code, EntryId, PolicyEntry
from billing.rules._kind import Check, Context, Services
from billing.rules._limit_words import RELATED_SHOWN
from billing.rules._lists import list_of, not_covered, what_is_lacking
from billing.rules._windows import in_force, judged_in_full, stays_out, verdicts
from billing.rules._words import date_text, days_text, or_list, sentence, units_text

SCOPE = ("member_id",)
PARTLY = ("history",)
LIST_HOLDS = "mue"

_MILLION = 1_000_000  # the units of a range are divided by its days, and counted in whole millionths
_SUBJECT = ["member_id", "billing_npi", "procedure_code"]
_READ = ("claim_key", "line_key", "claim_id", "label", "order", "stands", "is_history", *_SUBJECT, "payer_id",
         "modifiers", "units", "service_date", "last_date")  # fmt: skip
_DAYS = (pl.col("last_date") - pl.col("service_date")).dt.total_days() + 1
_ACROSS = "the days of the line lie in two editions of the list"
_RANGE = "how the units of a date range fall on its days is not known"
_BY_LINE = "whether this payer adds up the lines of a day is not known"


class Entry(PolicyEntry):
    """How the values of a list are applied: to a line, and to the sum of a day.

    Attributes:
        list: The list of the values.
        reject_payers: Ids of the payers known to deny by the sum of a day; of all others a person looks at it.
        review_modifiers: Modifiers by which a payer is asked to look at the units above the value.
    """

    list: EntryId
    reject_payers: tuple[Code, ...] = ()
    review_modifiers: tuple[Code, ...] = ()


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    where = "on a line, and for one member by one biller on a day,"
    review = f" With {or_list(entry.review_modifiers)} a person looks at it." if entry.review_modifiers else ""
    payers = f" Payer {or_list(entry.reject_payers)} is known to deny by the day." if entry.reject_payers else ""
    return f"The units of one code {where} are no more than the national edit takes.{review}{payers}"


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the condition on the units of a line."""
    entry, listed = cast("Entry", fact.entry), list_of(fact)
    value, edition = _value_on(listed), listed.edition_on("service_date")
    is_range = pl.col("last_date") > pl.col("service_date")
    is_across = is_range & edition.ne_missing(listed.edition_on("last_date"))
    caps = [_marked(entry), pl.when(is_across).then(pl.lit(_ACROSS)), _of_edition(listed, "caps")]
    is_capped = pl.any_horizontal(cap.is_not_null() for cap in caps)
    units, most = units_text(pl.col("units")), value.cast(pl.String)
    a_day = pl.when(is_range).then(pl.lit(" a day")).otherwise(pl.lit(""))
    yield Check(
        cause="units_over_mue",
        applies=value.is_not_null(),
        fails=pl.col("units") > (value * _DAYS).cast(UNITS),
        column="units",
        message=sentence(
            units, " units of ", pl.col("procedure_code"), " on ", days_text(), "; the public ",
            _of_edition(listed, "name"), " is ", most, a_day, " on a line.",
        ),
        remedy=sentence("Bill what the record of the service holds. ", _above(most, entry)),
        found=units,
        allowed=sentence(most, a_day),
        needs=("units",),
        at_most=pl.when(is_capped).then(pl.lit("review")),
        capped_by=pl.when(is_capped).then(pl.concat_str(caps, separator="; ", ignore_nulls=True)),
    )  # fmt: skip


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the lines with which the sum of a day goes over the value; what is over by itself is the line's finding.

    Returns:
        One row per line of the batch, columns of `VERDICT_SCHEMA`.
    """
    entry, listed = cast("Entry", fact.entry), list_of(fact)
    lines = in_force(context.rows, fact).filter("counts").select(_READ)
    lines = lines.with_columns(value=_value_on(listed))
    # In whole thousandths and by a hash, which is cheap: what passes is added up line by line afterwards.
    whole = (pl.col("units") * 1000).cast(pl.Int64, strict=False).fill_null(0).sum().over(pl.struct(_SUBJECT).hash())
    is_known = pl.all_horizontal(pl.col(name).is_not_null() for name in ("value", *_SUBJECT))
    suspects = lines.filter(is_known).filter(whole > pl.col("value").cast(pl.Int64) * 1000)
    return judged_in_full(suspects, lambda rows: _judge(rows, entry, listed))


def concerns(fact: Fact) -> pl.Expr:
    """Tell which lines it can say anything about: those with a code that has a value on their day."""
    return _value_on(list_of(fact)).is_not_null()


def unchecked(fact: Fact, context: Context) -> pl.Expr:  # noqa: ARG001 - every kind is called alike
    """Tell which lines are of a day that no edition covers, or have a code that the edition, held in part, lacks."""
    listed = list_of(fact)
    on_day, code = listed.edition_on("service_date"), pl.col("procedure_code")
    lacks = [
        (on_day == number) & ~code.is_in(edition.rows.get_column("code").implode())
        for number, edition in enumerate(listed.editions)
        if not edition.manifest.complete
    ]
    outside = pl.any_horizontal(not_covered(listed), *lacks).fill_null(value=False)
    return outside & ~pl.col("is_history")


def unchecked_needs(fact: Fact) -> str:
    """Name what the lines of `unchecked` lack."""
    return what_is_lacking(list_of(fact))


def _value_on(listed: CodeList) -> pl.Expr:
    """Return the value of a line's code in the edition for its first day; null where there is none."""
    if "value" not in listed.memo:
        value, on_day = pl.lit(None, pl.Int64), listed.edition_on("service_date")
        for number, edition in enumerate(listed.editions):
            rows = edition.rows.drop_nulls("at_most")
            codes, values = rows.get_column("code"), rows.get_column("at_most")
            own = pl.col("procedure_code").replace_strict(codes, values, default=None, return_dtype=pl.Int64)
            value = pl.when(on_day == number).then(own).otherwise(value)
        listed.memo["value"] = value
    return listed.memo["value"]


def _of_edition(listed: CodeList, what: Literal["name", "caps"]) -> pl.Expr:
    """Return the name of the edition for a line's first day, or why it caps findings; null where it does not."""
    texts = [each.name if what == "name" else "; ".join(each.caps) or None for each in listed.editions]
    text, on_day = pl.lit(None, pl.String), listed.edition_on("service_date")
    for number, own in enumerate(texts):
        text = pl.when(on_day == number).then(pl.lit(own, pl.String)).otherwise(text)
    return text


def _marked(entry: Entry) -> pl.Expr:
    """Say that a line is marked for the payer to look at; null where it is not."""
    if not entry.review_modifiers:
        return pl.lit(None, pl.String)
    words = f"{or_list(entry.review_modifiers)} asks the payer to look at the units above the edit"
    has_one = (pl.col("modifiers").list.contains(modifier) for modifier in entry.review_modifiers)
    return pl.when(pl.any_horizontal(has_one)).then(pl.lit(words))


def _above(most: pl.Expr, entry: Entry) -> pl.Expr:
    """Say what is known of ways above the value."""
    words = ": no authorization lifts the edit"
    if entry.review_modifiers:
        marks = or_list(entry.review_modifiers)
        words += f", but some payers look at the units above it on a line of their own with {marks}"
    return sentence("If that is more than ", most, ", ask the payer how to bill the rest", words, ".")


def _judge(rows: pl.DataFrame, entry: Entry, listed: CodeList) -> pl.DataFrame:
    """Add up the lines of each subject and day, in the order in which they come."""
    keys = [*_SUBJECT, "day"]
    own = (pl.col("units") * 1000).cast(pl.Int64, strict=False).fill_null(0).clip(0) * 1000 // _DAYS
    is_range = pl.col("last_date") > pl.col("service_date")
    days = rows.with_columns(own=own, is_range=is_range, day=pl.date_ranges("service_date", "last_date")).explode("day")
    days = days.with_columns(sure=pl.when(pl.col("stands") & ~pl.col("is_range")).then("own").otherwise(0))
    days = days.sort(*keys, "order").with_row_index("at")
    days = days.with_columns(
        start=pl.col("at").min().over(keys),
        before=pl.col("own").cum_sum().over(keys) - pl.col("own"),
        before_sure=pl.col("sure").cum_sum().over(keys) - pl.col("sure"),
    )
    limit = pl.col("value") * _MILLION
    is_over = (pl.col("before") + pl.col("own") > limit) & (pl.col("own") <= limit) & (pl.col("own") > 0)
    over = days.filter(is_over, ~pl.col("is_history")).with_columns(
        is_sure=(pl.col("before_sure") + pl.col("own") > limit) & ~pl.col("is_range")
    )
    over = over.unique("line_key", keep="first", maintain_order=True)  # of a range, its first day that is over
    return _failures(_with_related(over, days), entry, listed)


def _with_related(over: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Name the lines that come before each line on its day."""
    before = days.select(
        "at", before_label="label", before_claim="claim_id", before_stands="stands", uncertain="is_range"
    )
    end = pl.min_horizontal("at", pl.col("start") + RELATED_SHOWN)
    rows = over.select("line_key", at=pl.int_ranges("start", end, dtype=pl.get_index_type())).explode("at")
    related = (
        rows.join(before, on="at", how="inner", maintain_order="left")
        .group_by("line_key", maintain_order=True)
        .agg(
            related=pl.col("before_label"),
            out_claims=pl.col("before_claim").filter(~pl.col("before_stands")).unique(maintain_order=True),
            has_range=pl.col("uncertain").any(),
        )
    )
    return over.join(related, on="line_key", how="left", maintain_order="left")


def _failures(over: pl.DataFrame, entry: Entry, listed: CodeList) -> pl.DataFrame:
    is_open = ~pl.col("is_sure") & (pl.col("is_range") | pl.col("has_range"))
    is_known_payer = pl.col("payer_id").is_in(entry.reject_payers).fill_null(value=False)
    caps = [
        pl.when(~is_known_payer).then(pl.lit(_BY_LINE)),
        _marked(entry),
        pl.when(is_open).then(pl.lit(_RANGE)),
        pl.when(~pl.col("is_sure") & (pl.col("out_claims").list.len() > 0)).then(stays_out(pl.col("out_claims"))),
        _of_edition(listed, "caps"),
    ]
    total, most = _units(pl.col("before") + pl.col("own")), pl.col("value").cast(pl.String)
    return verdicts(
        over,
        cause="units_over_mue",
        column="units",
        at_most=pl.when(pl.any_horizontal(cap.is_not_null() for cap in caps)).then(pl.lit("review")),
        capped_by=caps,
        message=sentence(
            total, " units of ", pl.col("procedure_code"), " on ", date_text(pl.col("day")), ", ",
            _units(pl.col("own")), " of them here; the public ", _of_edition(listed, "name"), " is ", most,
            ", and may be meant for a day.",
        ),
        remedy=sentence(
            "Check whether the lines are one visit, and bill what the record of the day holds. ", _above(most, entry)
        ),
        found=total,
        allowed=sentence(most, " a day"),
        related=pl.col("related"),
    )  # fmt: skip


def _units(millionths: pl.Expr) -> pl.Expr:
    """Write millionths of a unit as units, with at most three decimals."""
    return units_text((millionths // 1000).cast(pl.Decimal(38, 3)) / 1000)
