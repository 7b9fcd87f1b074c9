"""Claims of made-up people, placed by hand, and one kind's checks evaluated over them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import polars as pl

from billing.claims import Claim, claims_to_frames
from billing.policy.codesets import Fact
from billing.policy.schema import Service, Source
from billing.rows import join_rows

RECEIVED = date(2026, 11, 22)
SOURCE = Source(title="A bulletin", publisher="A state", form="bulletin", read_on=RECEIVED, official=True)
LINE = {
    "line_number": 1, "procedure_code": "98960", "modifiers": ["U7"], "charge": "92.00", "units": "4",
    "unit_basis": "UN", "service_date": "2026-05-05", "diagnosis_pointers": [1],
}  # fmt: skip
CLAIM = {
    "claim_id": "C1",
    "member": {"id": "00123456789", "last_name": "DOE", "first_name": "JANE", "birth_date": "1990-01-31"},
    "payer": {"id": "P1"}, "billing_provider": {"npi": "1234567893", "taxonomy": "251S00000X"},
    "rendering_provider": {"npi": "1558598797"}, "place_of_service": "12", "frequency_code": "1",
    "diagnoses": ["F330", "Z590"],
}  # fmt: skip


class Found(NamedTuple):
    line: int | None
    cause: str
    verdict: str
    message: str | None
    found: str | None
    at_most: str | None


def a_line(**values: Any) -> dict[str, Any]:
    return {**LINE, **values}


def a_claim(*lines: dict[str, Any], **values: Any) -> Claim:
    charge = sum((Decimal(line["charge"]) for line in lines or (a_line(),)), Decimal(0))
    return Claim.model_validate({**CLAIM, "charge": charge, "lines": list(lines or [LINE]), **values})


def placed(*claims: Claim, program: str | None = "xx-chw", service: str | None = "individual", how: str = "exact",
           tied: str | None = None) -> pl.DataFrame:  # fmt: skip
    return join_rows(*claims_to_frames(claims), RECEIVED).with_columns(
        pl.lit(program, pl.String).alias("program"), pl.lit(service, pl.String).alias("service"),
        pl.lit(how).alias("placed"), pl.lit(tied, pl.String).alias("tied_programs"),
        pl.lit("98960 U7 or 98960 U8" if how == "unclear" else None, pl.String).alias("near_services"),
        pl.lit(None, pl.String).alias("authorization_hint"),
        pl.lit(30).alias("unit_minutes"), pl.lit("individual").alias("delivery"), pl.lit(None).alias("worker_npi"),
    )  # fmt: skip


def a_fact(entry: Any, program: str = "xx-chw", effective: date | None = None,
           ended: date | None = None) -> Fact:  # fmt: skip
    services = (entry.id,) if isinstance(entry, Service) else None if entry.services == "all" else entry.services
    return Fact(f"{program}.kind.{entry.id}", "kind", entry, program, services, effective, ended, SOURCE)


def an_entry(kind: Any, **values: Any) -> Fact:
    return a_fact(kind.Entry(**{"id": "rule", "source": "s1", **values}))


def a_service(**values: Any) -> Service:
    return Service(**{"id": "individual", "procedure": "98960", "modifiers": ["U7"], "source": "s1", **values})


def judge(kind: Any, fact: Fact, rows: pl.DataFrame) -> list[Found]:
    """What the engine would find: one item per claim or line, and cause, in order of lines."""
    found = [item for check in kind.checks(fact) for item in _evaluate(kind, fact, check, rows)]
    keys = [(claim, item.line, item.cause) for claim, _, item in found]
    assert len(keys) == len(set(keys)), f"one finding per line and cause: {keys}"
    return [item for _, _, item in sorted(found, key=lambda row: row[:2])]


class Said(NamedTuple):
    cause: str
    column: str
    allowed: str
    capped_by: str | None = None
    by_date: bool = True


def said(kind: Any, fact: Fact, rows: pl.DataFrame) -> list[tuple[Said, str]]:
    """What goes with the message of each check's first failing row, and its remedy."""
    told = []
    for check in kind.checks(fact):
        hit = rows.filter(pl.lit(value=True) if check.applies is None else check.applies, check.fails)
        assert (check.at_most is None) is (check.capped_by is None)
        first = hit.head(1).with_columns(allowed=_text(check.allowed), remedy=_text(check.remedy))
        told += [
            (Said(check.cause, check.column, allowed, check.capped_by, check.by_date), remedy)
            for allowed, remedy in first.select("allowed", "remedy").rows()
        ]
    return told


def _text(text: str | pl.Expr) -> pl.Expr:
    return pl.lit(text) if isinstance(text, str) else text


def _evaluate(kind: Any, fact: Fact, check: Any, rows: pl.DataFrame) -> list[tuple[str, int, Found]]:
    day = pl.col("service_date")
    looked_at = pl.lit(value=True) if check.applies is None else check.applies
    looked_at &= pl.all_horizontal(pl.lit(value=True), *(pl.col(name).is_not_null() for name in check.uses))
    if fact.services is not None:
        looked_at &= pl.col("service").is_in(fact.services)
    if check.by_date:
        looked_at &= pl.lit(value=True) if fact.effective is None else day >= fact.effective
        looked_at &= pl.lit(value=True) if fact.ended is None else day <= fact.ended
    if check.grain == "claim":
        looked_at &= pl.col("is_first_line")
    if not getattr(kind, "ON_VOIDS", False):
        looked_at &= ~pl.col("is_void")
    lacks = pl.any_horizontal(pl.lit(value=False), *(pl.col(name).is_null() for name in check.needs))
    unknown = lacks | check.fails.is_null()
    verdict = pl.when(unknown).then(pl.lit("unknown")).when(check.fails).then(pl.lit("fail"))
    message, remedy, allowed = (_text(text) for text in (check.message, check.remedy, check.allowed))
    out = rows.lazy().filter(looked_at.fill_null(value=False)).select(
        "claim_id", "line_key", "line_number", verdict=verdict, message=message, remedy=remedy, found=check.found,
        allowed=allowed, lacks=lacks,
    ).filter(pl.col("verdict").is_not_null()).collect()  # fmt: skip
    assert out.filter(pl.col("verdict") == "unknown", ~pl.col("lacks")).is_empty(), (
        f"{check.cause}: unknown for want of?"
    )
    for row in out.filter(pl.col("verdict") == "fail").iter_rows(named=True):
        assert row["message"], check.cause
        assert row["remedy"], check.cause
        assert row["allowed"], check.cause
        assert row["found"] is not None, check.cause
    return [
        (row["claim_id"], row["line_key"], Found(row["line_number"] if check.grain == "line" else None, check.cause,
         row["verdict"], row["message"], row["found"], check.at_most))
        for row in out.iter_rows(named=True)
    ]  # fmt: skip
