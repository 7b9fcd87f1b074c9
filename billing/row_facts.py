"""Columns of rows that only some rules read: what the reference files say of a line's member, biller and day.

A run adds those that its facts ask for (`asked`), so that a batch without such rules pays nothing for them. What a
file does not say, or was not given for, is null.

From the members file, by the first day of the service:
    is_pregnant             the claim's own word, else whether a pregnancy of the file holds the day
    sex                     F or M: the claim's, else the file's
    benefit_plans, counties  what the spans that hold the day say, a list; null when they say nothing
    is_plan_given, is_county_given, is_enrollment_given  true when the file was given and has such a column (the last:
                            `program`), else null; the same on every row
    enrolled_on             first day of the unbroken coverage in the line's own program that holds the day
    coverage_decided_on     day the coverage of that day was decided; the earliest of several
    is_decision_given       true when the file was given and has `decided_on`, else null
From the claim's other payers, and the other coverage file:
    other_payers_count      how many there are
    other_payer_decided_on  the latest day one of them decided; null also when one of them gives no day
    medicare_decided_on     the same of those that the other coverage file says are Medicare
    is_medicare, is_medicare_known  whether one of them is Medicare, and whether that file says what each of them is
From the providers file:
    biller_enrolled_on      first day the billing provider was ever enrolled
From the authorizations file, for lines without a number:
    authorization_hint      which authorization of the member fits, or what the nearest lacks, in words
From the history file, by member, biller, code and first day, or by the payer's number of the original:
    denied_on, paid_on      the latest day the payer denied or paid the service
    is_denial_undated, is_payment_undated  whether it did so on a day that the file does not say
    is_history_dated        true when the file was given and has `decided_on`, else null
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import polars as pl

from billing.policy.codesets import Fact, Program
from billing.policy.conditions import narrowing
from billing.references import References
from billing.rules import KINDS
from billing.rules._authorization_hints import authorization_hints
from billing.rules._spans import OPEN, agrees
from billing.rules._words import is_blank

_DAY = ["member_id", "service_date", "program"]
_SERVICE = ["member_id", "billing_npi", "procedure_code", "service_date"]
_HOLDS_DAY = (pl.col("effective") <= pl.col("service_date")) & (
    pl.col("service_date") <= pl.col("ended").fill_null(OPEN)
)


def asked(programs: Iterable[Program]) -> frozenset[str]:
    """Name the columns that the facts of some programs ask for."""
    columns: set[str] = set()
    for program in programs:
        if "row_facts" not in program.memo:
            program.memo["row_facts"] = frozenset(name for fact in program.facts for name in _asked_by(fact))
        columns |= program.memo["row_facts"]
    return frozenset(columns)


def _asked_by(fact: Fact) -> Iterable[str]:
    kind = KINDS[fact.kind]
    conditions = narrowing(fact.entry)
    if conditions is not None:
        yield from conditions.reads()
    if hasattr(kind, "row_facts"):
        yield from kind.row_facts(fact)


def with_row_facts(
    rows: pl.DataFrame, claims: pl.DataFrame | None, references: References, columns: frozenset[str]
) -> pl.DataFrame:
    """Add columns of this module's page.

    Args:
        rows: One row per placed line.
        claims: The claims of the batch; null for lines of the history, of whose other payers nothing is known.
        references: The reference files that were given.
        columns: Which of them to add.

    Returns:
        The same rows in the same order, with these columns.
    """
    for made, make in _MAKERS.items():
        if not columns.isdisjoint(made):
            added = make(rows, claims, references)
            rows = added.select(*rows.columns, *(name for name in made if name in columns))
    return rows


def _members(rows: pl.DataFrame, _: pl.DataFrame | None, references: References) -> pl.DataFrame:
    """Add what the members file says."""
    rows = rows.with_columns(
        sex=pl.when(pl.col("member_sex").is_in(["F", "M"])).then("member_sex"),
        is_plan_given=_given(references, "members", "benefit_plan"),
        is_county_given=_given(references, "members", "county"),
        is_enrollment_given=_given(references, "members", "program"),
        is_decision_given=_given(references, "members", "decided_on"),
    )
    if references.members is None:
        return rows.with_columns(
            pl.lit(None, pl.List(pl.String)).alias("benefit_plans"),
            pl.lit(None, pl.List(pl.String)).alias("counties"),
            pl.lit(None, pl.Date).alias("enrolled_on"),
            pl.lit(None, pl.Date).alias("coverage_decided_on"),
            is_pregnant="member_pregnant",
        )
    said = _of_day(rows, references.members)
    of_member = _of_member(rows, references)
    enrolled = _enrolled(rows, references.members)
    rows = rows.join(said, on=_DAY, how="left", maintain_order="left", nulls_equal=True)
    rows = rows.join(enrolled, on=_DAY, how="left", maintain_order="left", nulls_equal=True)
    rows = rows.join(of_member, on=["member_id", "service_date"], how="left", maintain_order="left")
    return rows.with_columns(
        is_pregnant=pl.coalesce("member_pregnant", "file_pregnant"), sex=pl.coalesce("sex", "file_sex")
    )


def _given(references: References, file: str, column: str) -> pl.Expr:
    return pl.lit(True if references.has(file, column) else None, pl.Boolean)


def _of_day(rows: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """One row per member, day and program that spans hold: their plans, counties and earliest decision."""
    spans = members.select(
        "member_id", "effective", "ended", "benefit_plan", "county", "decided_on", of_program="program"
    )
    beside = rows.select(_DAY).unique().join(spans, on="member_id", how="inner").filter(_HOLDS_DAY)
    texts = (pl.col(name).drop_nulls().unique(maintain_order=True) for name in ("benefit_plan", "county"))
    said = (
        beside.filter(agrees("of_program", "program"))
        .group_by(_DAY, maintain_order=True)
        .agg(*texts, coverage_decided_on=pl.col("decided_on").min())
    )
    plans, counties = (
        pl.when(pl.col(name).list.len() > 0).then(name).alias(new)
        for name, new in (("benefit_plan", "benefit_plans"), ("county", "counties"))
    )
    return said.select(*_DAY, plans, counties, "coverage_decided_on")


def _of_member(rows: pl.DataFrame, references: References) -> pl.DataFrame:
    """One row per member and day that the file knows: whether a pregnancy holds the day, and the sex."""
    members = references.members
    assert members is not None, "asked only when the members file was given"  # noqa: S101
    begins, ends = pl.col("pregnant_from"), pl.col("pregnant_to").fill_null(OPEN)
    is_pregnant = (begins <= pl.col("service_date")) & (pl.col("service_date") <= ends)
    knows = references.has("members", "pregnant_from")
    file_sex = pl.when(pl.col("sex").is_in(["F", "M"])).then("sex")
    keys = ["member_id", "service_date"]
    return (
        rows.select(keys)
        .drop_nulls()
        .unique()
        .join(members.select("member_id", "pregnant_from", "pregnant_to", "sex"), on="member_id", how="inner")
        .group_by(keys, maintain_order=True)
        .agg(
            file_pregnant=is_pregnant.any() if knows else pl.lit(None, pl.Boolean),
            file_sex=file_sex.drop_nulls().first(),
        )
    )


def _enrolled(rows: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """One row per member, day and program: since when the coverage in that very program has run without a gap."""
    spans = members.drop_nulls("program").select(
        "member_id", "program", "effective", end=pl.col("ended").fill_null(OPEN)
    )
    by = ["member_id", "program"]
    spans = spans.sort(*by, "effective", "end")
    reached = pl.col("end").cum_max().shift().over(by)
    is_new = (pl.col("effective").to_physical() > reached.to_physical() + 1).fill_null(value=True)
    unbroken = (
        spans.with_columns(run=is_new.cum_sum().over(by))
        .group_by(*by, "run", maintain_order=True)
        .agg(enrolled_on=pl.col("effective").min(), until=pl.col("end").max())
    )
    days = rows.select(_DAY).drop_nulls().unique()
    beside = days.join(unbroken, on=by, how="inner", maintain_order="left")
    holds_day = pl.col("service_date").is_between(pl.col("enrolled_on"), pl.col("until"))
    return beside.filter(holds_day).select(*_DAY, "enrolled_on")


def _other_payers(rows: pl.DataFrame, claims: pl.DataFrame | None, references: References) -> pl.DataFrame:
    """Add when other payers decided."""
    if claims is None or not claims.get_column("other_payers").list.len().sum():
        return rows.with_columns(
            pl.lit(None, pl.Date).alias("other_payer_decided_on"),
            pl.lit(None, pl.Date).alias("medicare_decided_on"),
            pl.lit(None, pl.Boolean).alias("is_medicare"),
            pl.lit(None, pl.Boolean).alias("is_medicare_known"),
            other_payers_count=pl.lit(0, pl.UInt32),
        )
    payers = claims.filter(pl.col("other_payers").list.len() > 0).select("claim_key", "member_id", payer="other_payers")
    payers = payers.explode("payer").unnest("payer")
    first_days = rows.group_by("claim_key").agg(pl.col("service_date").min())
    payers = payers.join(first_days, on="claim_key", how="left", maintain_order="left")
    if references.other_coverage is None:
        payers = payers.with_columns(kind=pl.lit(None, pl.String))
    else:
        spans = references.other_coverage.drop_nulls("kind").select(
            "member_id", "effective", "ended", "kind", id="payer_id"
        )
        kinds = (
            payers.join(spans, on=["member_id", "id"], how="inner")
            .filter(_HOLDS_DAY)
            .unique(["claim_key", "id"], keep="first", maintain_order=True)
            .select("claim_key", "id", "kind")
        )
        payers = payers.join(kinds, on=["claim_key", "id"], how="left", maintain_order="left")
    is_medicare = pl.col("kind") == "medicare"
    decided = pl.col("decided_on")
    said = payers.group_by("claim_key").agg(
        other_payers_count=pl.len(),
        other_payer_decided_on=pl.when(decided.is_not_null().all()).then(decided.max()),
        medicare_decided_on=decided.filter(is_medicare).max(),
        is_medicare=is_medicare.any(),
        is_medicare_known=pl.col("kind").is_not_null().all(),
    )
    return rows.join(said, on="claim_key", how="left", maintain_order="left").with_columns(
        pl.col("other_payers_count").fill_null(0)
    )


def _authorizations(rows: pl.DataFrame, _: pl.DataFrame | None, references: References) -> pl.DataFrame:
    """Add what the authorizations file has for lines without a number."""
    unnumbered = rows.filter(is_blank("prior_authorization"))
    if references.authorizations is None or unnumbered.is_empty():
        return rows.with_columns(authorization_hint=pl.lit(None, pl.String))
    hints = authorization_hints(unnumbered, references.authorizations)
    return rows.join(hints, on="line_key", how="left", maintain_order="left")


def _providers(rows: pl.DataFrame, _: pl.DataFrame | None, references: References) -> pl.DataFrame:
    """Add since when the billing provider has been enrolled."""
    if references.providers is None:
        return rows.with_columns(biller_enrolled_on=pl.lit(None, pl.Date))
    first = references.providers.group_by(billing_npi="npi").agg(biller_enrolled_on=pl.col("effective").min())
    return rows.join(first, on="billing_npi", how="left", maintain_order="left")


def _history(rows: pl.DataFrame, _: pl.DataFrame | None, references: References) -> pl.DataFrame:
    """Add when the payer denied or paid the service before."""
    rows = rows.with_columns(is_history_dated=_given(references, "history", "decided_on"))
    history = references.history
    if history is None or not references.has("history", "decided_on"):
        return rows.with_columns(
            pl.lit(None, dtype).alias(name)
            for names in _DECISIONS.values()
            for name, dtype in zip(names, _TYPES, strict=True)
        )
    for status, (day, undated) in _DECISIONS.items():
        lines = history.filter(pl.col("status") == status)
        said = {"day": pl.col("decided_on").max(), "undated": pl.col("decided_on").is_null().any()}
        of_service = lines.group_by(_SERVICE).agg(**{f"{name}_of_service": value for name, value in said.items()})
        of_number = lines.group_by(original_claim_id="payer_claim_id").agg(
            **{f"{name}_of_number": value for name, value in said.items()}
        )
        rows = (
            rows.join(of_service, on=_SERVICE, how="left", maintain_order="left")
            .join(of_number, on="original_claim_id", how="left", maintain_order="left")
            .with_columns(
                pl.coalesce("day_of_number", "day_of_service").alias(day),
                pl.coalesce("undated_of_number", "undated_of_service").alias(undated),
            )
            .drop("day_of_number", "day_of_service", "undated_of_number", "undated_of_service")
        )
    return rows


_DECISIONS = {"denied": ("denied_on", "is_denial_undated"), "paid": ("paid_on", "is_payment_undated")}
_TYPES = (pl.Date, pl.Boolean)
_MAKERS: dict[tuple[str, ...], Callable[[pl.DataFrame, pl.DataFrame | None, References], pl.DataFrame]] = {
    ("is_pregnant", "sex", "benefit_plans", "is_plan_given", "counties", "is_county_given", "enrolled_on",
     "is_enrollment_given", "coverage_decided_on", "is_decision_given"): _members,
    ("other_payers_count", "other_payer_decided_on", "medicare_decided_on", "is_medicare",
     "is_medicare_known"): _other_payers,
    ("biller_enrolled_on",): _providers,
    ("authorization_hint",): _authorizations,
    ("denied_on", "is_denial_undated", "paid_on", "is_payment_undated", "is_history_dated"): _history,
}  # fmt: skip
ROW_FACTS = tuple(name for made in _MAKERS for name in made)
"""All columns that this module can add."""
