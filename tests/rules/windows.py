"""Lines of made-up people with the columns that window kinds see, and one kind's verdicts over them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl

from billing.claims import Claim, claims_to_frames
from billing.policy.codesets import Fact
from billing.policy.schema import Source
from billing.references import References
from billing.rows import join_rows
from billing.rules._kind import Context
from billing.verdicts import scope_of

RECEIVED = date(2026, 11, 22)
SOURCE = Source(title="A bulletin", publisher="A state", form="bulletin", read_on=RECEIVED, official=True)
PLACED = {
    "program": "xx-chw", "service": "individual", "placed": "exact", "unit_minutes": 30, "delivery": "individual",
    "worker_npi": None, "counts": True, "stands": True, "is_history": False, "status": None,
}  # fmt: skip
_ROW_COLUMNS = {
    "ordering_npi", "referring_npi", "supervising_npi", "line_ordering_npi", "line_referring_npi",
}  # fmt: skip
"""Columns of a row that a line may give as they are; null where it does not."""
_LINE_FIELDS = {
    "line_number", "procedure_code", "modifiers", "charge", "units", "unit_basis", "service_date", "service_end_date",
    "start_time", "end_time", "group_size", "session_id", "worker", "place_of_service",
}  # fmt: skip


def line(claim_id: str, day: str | None = "2026-05-05", units: str | None = "1", **values: Any) -> dict[str, Any]:
    """One line: fields of the claim JSON's line, of its claim (`member_id`, `billing_npi` ...), and row columns."""
    return {"claim_id": claim_id, "service_date": day, "units": units, **values}


def rows(lines: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """Lay lines out as the engine does; consecutive lines of one claim id and history flag are one claim."""
    claims: list[dict[str, Any]] = []
    added: list[dict[str, Any]] = []
    for given in lines:
        values = {"charge": "92.00", "procedure_code": "98960", "modifiers": ["U7"], "line_number": None, **given}
        placed = {name: values.pop(name, default) for name, default in PLACED.items()}
        placed |= {name: values.pop(name, None) for name in _ROW_COLUMNS}
        mark = (values["claim_id"], placed["is_history"], values.pop("new_claim", False))
        if not claims or claims[-1]["mark"] != mark or mark[2]:
            claims.append({"mark": mark, "claim": _claim(values), "lines": []})
        of_line = {name: value for name, value in values.items() if name in _LINE_FIELDS}
        if values.get("rendering_npi"):
            of_line["rendering_provider"] = {"npi": values["rendering_npi"]}
        of_line["line_number"] = of_line["line_number"] or len(claims[-1]["lines"]) + 1
        claims[-1]["lines"].append(of_line)
        added.append(placed)
    made = [Claim.model_validate({**item["claim"], "charge": "0", "lines": item["lines"]}) for item in claims]
    frame = join_rows(*claims_to_frames(made), RECEIVED).drop(_ROW_COLUMNS)
    extra = pl.DataFrame(added, schema_overrides=_TYPES, infer_schema_length=None)
    return with_order(pl.concat([frame, extra], how="horizontal"))


_TYPES = {
    "program": pl.String, "service": pl.String, "unit_minutes": pl.UInt32, "worker_npi": pl.String, "status": pl.String,
    "placed": pl.String, "delivery": pl.String, **dict.fromkeys(_ROW_COLUMNS, pl.String),
}  # fmt: skip


def with_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Sort and number the rows: history (paid, then accepted), date, start time (none last), input order."""
    rank = pl.when(pl.col("is_history")).then(pl.when(pl.col("status") == "paid").then(0).otherwise(1)).otherwise(2)
    ordered = frame.with_columns(rank=rank).sort("rank", "service_date", "start_time", "line_key", nulls_last=True)
    return ordered.with_row_index("order").drop("rank")


def _claim(values: dict[str, Any]) -> dict[str, Any]:
    return {
        "claim_id": values["claim_id"],
        "member": {"id": values.get("member_id", "M1")},
        "billing_provider": {"npi": values.get("billing_npi", "1234567893")},
        "prior_authorization": values.get("prior_authorization"),
        "frequency_code": values.get("frequency_code", "1"),
        "original_claim_id": values.get("original_claim_id"),
        "other_payers": values.get("other_payers", []),
    }


def a_fact(kind: Any, program: str = "xx-chw", **entry: Any) -> Fact:
    """One entry of a kind in force without dates, unless `effective` or `ended` say otherwise."""
    made = kind.Entry.model_validate({"id": "rule", "source": "s1", **entry})
    name = kind.__name__.rsplit(".", 1)[-1]
    return Fact(f"{program}.{name}.rule", name, made, program, None, made.effective, made.ended, SOURCE)


def judged(
    kind: Any, fact: Fact, lines: Iterable[dict[str, Any]], references: References | None = None
) -> pl.DataFrame:
    """Run a kind's window check; verdicts in order of lines, with the label of each line as `where`."""
    frame = rows(lines)
    context = Context(frame.lazy(), references or References(), RECEIVED)
    found: pl.DataFrame = kind.check(fact, context).collect()
    labels = frame.select("line_key", where="label")
    claims = frame.unique("claim_key", keep="first").select("claim_key", of="claim_id")
    return (
        found.join(labels, on="line_key", how="left").join(claims, on="claim_key", how="left")
        .with_columns(where=pl.coalesce("where", "of")).sort("claim_key", "line_key", "cause", nulls_last=False)
    )  # fmt: skip


def severities(found: pl.DataFrame) -> list[tuple[str, str]]:
    """Where, and reject or review: what a finding is worth before the engine's own caps."""
    is_review = (pl.col("at_most") == "review").fill_null(value=False) | (pl.col("verdict") == "unknown")
    return found.select("where", pl.when(is_review).then(pl.lit("review")).otherwise(pl.lit("reject"))).rows()


def unchecked_lines(kind: Any, fact: Fact, frame: pl.DataFrame, references: References | None = None) -> list[int]:
    """The keys of the lines that a kind says it cannot check, of those that the engine shows it."""
    shown = frame.filter(scope_of(fact, on_voids=getattr(kind, "ON_VOIDS", False)).holds())
    lacking = kind.unchecked(fact, Context(shown.lazy(), references or References(), RECEIVED))
    if isinstance(lacking, pl.LazyFrame):
        lacking = pl.col("line_key").is_in(lacking.collect()["line_key"].implode())
    keys: list[int] = [] if lacking is None else shown.filter(lacking)["line_key"].sort().to_list()
    return keys


def labels_of(lacking: pl.Expr | pl.LazyFrame | None, frame: pl.DataFrame) -> list[str]:
    """The labels of the lines that a kind says it cannot check."""
    if lacking is None:
        return []
    if isinstance(lacking, pl.Expr):
        chosen = frame.filter(lacking)
    else:
        chosen = frame.join(lacking.collect(), on="line_key", how="semi")
    labels: list[str] = chosen.sort("line_key")["label"].to_list()
    return labels
