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
    delay_reason, diagnoses, relationship, filing_indicator, subscriber_id
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
    placed                  exact, nearest (the closest service, further findings capped at review), tied, other
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
        lines: One row per line, in order of `line_key`.
        malformed: One row per value that could not be read.
        received: The run's received date, for claims without their own.

    Returns:
        One row per line, in order of `line_key`, with the columns of this module's page up to `<column>_text`.
    """
    totals = lines.group_by("claim_key").agg(
        line_total=pl.col("charge").sum(), line_count=pl.len(), first_line=pl.col("line_key").min()
    )
    of_claim = claims.select(
        "claim_key",
        *_FROM_CLAIM,
        *(pl.col(name).alias(f"claim_{name}") for name in _OVERRIDABLE),
        claim_charge="charge",
        filing_date=pl.col("received_date").fill_null(received),
    ).join(totals, on="claim_key", how="left", maintain_order="left")
    rows = lines.select(*_FROM_LINE, *(pl.col(name).alias(f"line_{name}") for name in _OVERRIDABLE)).join(
        of_claim, on="claim_key", how="left", maintain_order="left"
    )
    several_inputs = claims.get_column("input").n_unique() > 1
    of_input = [pl.lit(" of "), pl.col("input")] if several_inputs else []
    rows = rows.with_columns(
        *(pl.coalesce(f"line_{name}", f"claim_{name}").alias(name) for name in _OVERRIDABLE if name != _TAXONOMY),
        _rendering_taxonomy(),
        last_date=pl.coalesce("service_end_date", "service_date"),
        is_first_line=pl.col("line_key") == pl.col("first_line"),
        is_void=(pl.col("frequency_code") == "8").fill_null(False),
        label=pl.concat_str("claim_id", pl.lit(" line "), pl.col("line_number").cast(pl.String), *of_input),
    ).drop("first_line", *(f"line_{name}" for name in _OVERRIDABLE if name not in _ALSO_OF_LINE))
    return _with_malformed_texts(rows, malformed)


def _rendering_taxonomy() -> pl.Expr:
    """Return the line's taxonomy, else the claim's unless the line names another rendering provider."""
    is_same = pl.col("line_rendering_npi").is_null() | (pl.col("line_rendering_npi") == pl.col("claim_rendering_npi"))
    return pl.coalesce(f"line_{_TAXONOMY}", pl.when(is_same).then(f"claim_{_TAXONOMY}")).alias(_TAXONOMY)


def _with_malformed_texts(rows: pl.DataFrame, malformed: pl.DataFrame) -> pl.DataFrame:
    """Add `<column>_text` for every malformable column: of the line, or of its claim."""
    if malformed.is_empty():
        return rows.with_columns(pl.lit(None, pl.String).alias(f"{column}_text") for column in MALFORMABLE)
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
