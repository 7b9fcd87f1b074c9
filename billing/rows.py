"""The rows that rules look at: one row per service line, with its claim's values beside it.

Built once per run from the `claims`, `lines` and `malformed` frames; every rule kind reads these columns and no
others. A value that the line may override (place of service, rendering provider, authorization number) is the
line's where it has one, else the claim's.

From the line:
    line_key, claim_key, line_number, procedure_code, modifiers, charge, units, unit_basis, service_date,
    service_end_date, diagnosis_pointers, start_time, end_time, group_size, session_id, worker
    last_date               last day of the service: service_end_date, else service_date
    line_ordering_npi, line_referring_npi       the line's own, whatever the claim has
Line, else claim:
    place_of_service, prior_authorization, rendering_npi, rendering_taxonomy (never of another provider),
    supervising_npi, ordering_npi, referring_npi
From the claim:
    claim_id, input, member_id, member_birth_date, member_death_date, member_sex, member_pregnant, payer_id,
    billing_npi, billing_taxonomy, billing_other_id, facility_npi, frequency_code, original_claim_id,
    delay_reason, diagnoses, relationship, filing_indicator, subscriber_id, other_payers
    claim_place_of_service, claim_charge, claim_rendering_npi
    filing_date             the claim's received_date, else the run's
Computed:
    is_first_line           true on one line of each claim: checks of grain "claim" report there
    is_void                 frequency code 8
    line_count              lines of the claim
    line_total              sum of the claim's line charges, USD
    label                   `C12 line 1`, for words; with several inputs `C12 line 1 of june.837`
    <column>_text           for each column of MALFORMABLE: the text that could not be read, else null
Placed by the engine (`billing/placing.py`):
    program                 program id; null when no selected program knows the code
    service                 service id in it; null likewise
    placement               number of the line's payer, code, modifiers and date among the different ones of the run
    placed                  exact, nearest (the closest service, further findings capped at review), tied, other
    also_fits               ids of other programs that fit and lost: bases of an overlay, or less specific ones
    near_services           codes of the services that are equally near where none is taken: `98960 U7 or 98960 U8`
    unit_minutes, delivery  of the service
    worker_npi              the line's worker, else the rendering provider where the program says the worker renders
Added for window kinds only:
    order                   UInt32, who comes first: history (paid, accepted), then date, start time, input order
    counts                  false for voids, for what a void or replacement takes back, for superseded corrections
    stands                  false when stage one rejected the line's claim: it counts apart
    is_history, status      true and paid or accepted for rows from the history file; false and null for the batch
"""

from __future__ import annotations

from datetime import date

import polars as pl

from billing.claims import MALFORMABLE

_FROM_CLAIM = (
    "claim_id",
    "input",
    "member_id",
    "member_birth_date",
    "member_death_date",
    "member_sex",
    "member_pregnant",
    "payer_id",
    "billing_npi",
    "billing_taxonomy",
    "billing_other_id",
    "facility_npi",
    "frequency_code",
    "original_claim_id",
    "delay_reason",
    "diagnoses",
    "relationship",
    "filing_indicator",
    "subscriber_id",
    "other_payers",
)
_OVERRIDABLE = (
    "place_of_service",
    "prior_authorization",
    "rendering_npi",
    "rendering_taxonomy",
    "supervising_npi",
    "ordering_npi",
    "referring_npi",
)
_TAXONOMY = "rendering_taxonomy"
_ALSO_OF_LINE = ("ordering_npi", "referring_npi")
_FROM_LINE = (
    "line_key",
    "claim_key",
    "line_number",
    "procedure_code",
    "modifiers",
    "charge",
    "units",
    "unit_basis",
    "service_date",
    "service_end_date",
    "diagnosis_pointers",
    "start_time",
    "end_time",
    "group_size",
    "session_id",
    "worker",
)


def join_rows(claims: pl.DataFrame, lines: pl.DataFrame, malformed: pl.DataFrame, received: date) -> pl.DataFrame:
    """Put each line's claim beside it.

    Args:
        claims: One row per claim, in order of `claim_key` without gaps from its first.
        lines: One row per line, in order of `line_key`; a claim's lines follow each other, and each claim has one.
        malformed: One row per value that could not be read.
        received: The run's received date, for claims without their own.

    Returns:
        One row per line, in order of `line_key`, with the columns of this module's page up to `<column>_text`.
    """
    claim_keys = lines.get_column("claim_key")
    is_first_line = claim_keys.ne_missing(claim_keys.shift()).rechunk()
    totals = _totals(lines, is_first_line.arg_true())
    of_claim = claims.select(*_OF_CLAIM, filing_date=pl.col("received_date").fill_null(received))
    # Keys have no gaps: the claim of a line is looked up by its place, which costs a third of a join.
    place = claim_keys - (claims.item(0, "claim_key") if len(claims) else 0)
    rows = lines.select(_OF_LINE).with_columns(
        *of_claim[place].get_columns(), *totals[place].get_columns(), is_first_line=is_first_line
    )
    several_inputs = claims.get_column("input").n_unique() > 1
    of_input = [pl.lit(" of "), pl.col("input")] if several_inputs else []
    rows = rows.with_columns(
        *_COMPUTED,
        label=pl.concat_str("claim_id", pl.lit(" line "), pl.col("line_number").cast(pl.String), *of_input),
    ).drop(_OVERRIDDEN)
    return _with_malformed_texts(rows, malformed)


def _totals(lines: pl.DataFrame, first_lines: pl.Series) -> pl.DataFrame:
    """Add up each claim's lines: one row per claim, `line_total` (USD) and `line_count`.

    Args:
        lines: One row per line.
        first_lines: Number of the row on which each claim begins.
    """
    begins = pl.col("begins").cast(pl.UInt32)
    ends = begins.shift(-1).fill_null(len(lines))
    up_to = pl.lit(lines.get_column("charge").fill_null(0).cast(pl.Decimal(38, 2)).cum_sum())
    totals = first_lines.to_frame("begins").select(line_total=up_to.gather(ends - 1), line_count=ends - begins)
    return totals.with_columns(pl.col("line_total") - pl.col("line_total").shift().fill_null(0))


def _rendering_taxonomy() -> pl.Expr:
    """Return the line's taxonomy, else the claim's unless the line names another rendering provider."""
    is_same = pl.col("line_rendering_npi").is_null() | (pl.col("line_rendering_npi") == pl.col("claim_rendering_npi"))
    return pl.coalesce(f"line_{_TAXONOMY}", pl.when(is_same).then(f"claim_{_TAXONOMY}")).alias(_TAXONOMY)


# Expressions are made once: to make them takes longer than to judge the line of one claim by them.
_OF_CLAIM = (*_FROM_CLAIM, *(pl.col(name).alias(f"claim_{name}") for name in _OVERRIDABLE),
             pl.col("charge").alias("claim_charge"))  # fmt: skip
_OF_LINE = (*_FROM_LINE, *(pl.col(name).alias(f"line_{name}") for name in _OVERRIDABLE))
_COMPUTED = (
    *(pl.coalesce(f"line_{name}", f"claim_{name}").alias(name) for name in _OVERRIDABLE if name != _TAXONOMY),
    _rendering_taxonomy(),
    pl.coalesce("service_end_date", "service_date").alias("last_date"),
    (pl.col("frequency_code") == "8").fill_null(value=False).alias("is_void"),
)
_OVERRIDDEN = tuple(f"line_{name}" for name in _OVERRIDABLE if name not in _ALSO_OF_LINE)
_NO_TEXTS = tuple(pl.lit(None, pl.String).alias(f"{column}_text") for column in MALFORMABLE)


def _with_malformed_texts(rows: pl.DataFrame, malformed: pl.DataFrame) -> pl.DataFrame:
    """Add `<column>_text` for every malformable column: of the line, or of its claim."""
    if malformed.is_empty():
        return rows.with_columns(_NO_TEXTS)
    for column in MALFORMABLE:
        texts = malformed.filter(pl.col("column") == column)
        if texts.is_empty():
            rows = rows.with_columns(pl.lit(None, pl.String).alias(f"{column}_text"))
            continue
        keys = ["line_key"] if texts.get_column("line_key").null_count() == 0 else ["claim_key"]
        first = texts.unique(keys, keep="first", maintain_order=True).select(
            *keys, pl.col("text").alias(f"{column}_text")
        )
        rows = rows.join(first, on=keys, how="left", maintain_order="left")
    return rows
