"""A run put together by hand, for the tests of results and reports: synthetic people, one claim per decision."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from billing.batch import Batch
from billing.claims import (
    UNREADABLE_SCHEMA,
    BillingProvider,
    Claim,
    Payer,
    Person,
    Provider,
    ServiceLine,
    claims_to_frames,
)
from billing.findings import FINDING_SCHEMA
from billing.judgement import DECISION_SCHEMA, NOT_CHECKED_SCHEMA, PLACEMENT_SCHEMA, RULE_SCHEMA, Judgement
from billing.policy.codesets import CodeSets, Program
from billing.result import Result

RECEIVED = date(2026, 11, 22)
BULLETIN = {
    "title": "KMAP bulletin 23175",
    "url": "https://example.org/23175.pdf",
    "dated": "2023-06-29",
    "official": True,
    "assumed": None,
}
PAGE = {"title": "Manual page", "url": "", "dated": None, "official": False, "assumed": "a month is a calendar month"}
REASON = {"group": "CO", "carc": "119", "rarc": ["N362"], "claim_status": ["A7:476"], "sure": False}
MEMBERS = (
    Person(id="00987654321", last_name="QUILLFEATHER", first_name="OPHELIA", birth_date=date(1990, 1, 31)),
    Person(id="00123459876", last_name="BRAMBLETHORN", first_name="CASPIAN", birth_date=date(1985, 6, 2)),
    Person(id="ZX55512345", last_name="WINDERMERE", first_name="ISOLDE", birth_date=date(2001, 12, 9)),
    Person(id="00777000111", last_name="THISTLEWOOD", first_name="AMBROSE", birth_date=date(1970, 3, 3)),
)


@dataclass
class Text:
    """A source whose files are the claim ids it was asked for, one per line."""

    name: str
    claims: pl.DataFrame
    raw_unreadable: bytes = b""
    suffix: str = ".837"
    sha256: str = "ab" * 32
    asked: list[list[int]] = field(default_factory=list)

    def subset(self, claim_keys: pl.Series, *, control_number: int | None = None) -> bytes:
        """Return the ids of the claims, one per line, behind the control number where there is one."""
        self.asked.append(claim_keys.to_list())
        chosen = self.claims.filter(pl.col("claim_key").is_in(claim_keys.to_list()))
        number = "" if control_number is None else f"{control_number}\n"
        return (number + "".join(f"{claim_id}\n" for claim_id in chosen["claim_id"])).encode()

    def interchanges(self, claim_keys: pl.Series) -> int | None:
        """Count one interchange, where a claim is kept; a source that is no 837P has none."""
        return min(len(claim_keys), 1) if self.suffix == ".837" else None

    def positions(self, places: pl.DataFrame) -> pl.DataFrame:
        """Return the places as they are."""
        return places

    def unreadable(self) -> bytes:
        """Return the raw text that could not be read."""
        return self.raw_unreadable


def claim(claim_id: str, member: Person, units: str = "4", charge: str = "92.00", day: int = 5) -> Claim:
    """Return a claim with one line."""
    return Claim(
        claim_id=claim_id,
        member=member,
        payer=Payer(id="P1", name="STATE MEDICAID"),
        billing_provider=BillingProvider(npi="1234567893", name="EXAMPLE AGENCY"),
        rendering_provider=Provider(npi="1000000004", name="HOLLOWAY, JUNIPER"),
        charge=charge,
        diagnoses=("F330",),
        lines=(
            ServiceLine(
                line_number=1,
                procedure_code="98960",
                modifiers=("U7",),
                charge=charge,
                units=units,
                service_date=date(2026, 5, day),
            ),
        ),
    )


def four_claims() -> list[Claim]:
    """Return two claims that are ready, one to look at and one to reject."""
    return [claim(f"C{number}", member) for number, member in enumerate(MEMBERS, 1)]


def batch_of(claims: list[Claim], name: str = "batch.837", raw_unreadable: bytes = b"") -> Batch:
    """Lay claims out as a batch of one input."""
    frames = claims_to_frames(claims, input_name=name)
    rows = [(name, 40, 52, "2300", "the claim has no charge", None)] if raw_unreadable else []
    unreadable = pl.DataFrame(rows, schema=UNREADABLE_SCHEMA, orient="row")
    return Batch(*frames, unreadable=unreadable, sources=(Text(name, frames[0], raw_unreadable),))


def finding(claim_key: int | None, claim_id: str | None, **fields: Any) -> dict[str, Any]:
    """Return a finding: over the daily limit unless `fields` says otherwise."""
    row = {
        "finding_id": f"{claim_id}-{fields.get('rule', 'daily')}",
        "claim_id": claim_id,
        "line_number": 1,
        "rule": "ks-chw.unit_limits.daily",
        "kind": "unit_limits",
        "cause": "units_over_daily_limit",
        "verdict": "fail",
        "severity": "reject",
        "capped_by": [],
        "shadow": False,
        "message": "5 units of 98960 U7 on 2026-05-05; Kansas CHW allows 4 per member per day.",
        "remedy": "Bill 4 units, or attach the authorization that lifts the limit.",
        "found": "5",
        "allowed": "4",
        "related": ["C1 line 1"],
        "amount_at_risk": Decimal("18.40"),
        "source": BULLETIN,
        "reason": REASON,
        "input": "batch.837",
        "position": 214,
        "place": {"x12": "2400 SV104", "form_box": "24G", "column": "units"},
        "claim_key": claim_key,
        "line_key": claim_key,
    }
    return row | fields


def two_findings() -> list[dict[str, Any]]:
    """Return what is wrong with C3, to look at, and with C4, to reject."""
    return [
        finding(
            2, "C3", rule="ks-chw.eligibility.covered", kind="eligibility", cause="member_not_eligible",
            severity="review", verdict="unknown", capped_by=["the source is not official"], message="Coverage is unknown on 2026-05-05.",
            remedy="Look the member up at the payer.", found="00123459876 ", allowed=None, related=[], source=PAGE,
            amount_at_risk=Decimal("92.00"), place={"x12": "2010BA NM109", "form_box": "1a", "column": "member_id"},
        ),
        finding(3, "C4"),
    ]  # fmt: skip


def judgement_of(batch: Batch, findings: list[dict[str, Any]]) -> Judgement:
    """Decide a batch by findings."""
    frame = pl.DataFrame(findings, schema=FINDING_SCHEMA, orient="row")
    rows = []
    for row in batch.claims.iter_rows(named=True):
        own = [one for one in findings if one["claim_key"] == row["claim_key"] and not one["shadow"]]
        severities = {one["severity"] for one in own}
        decision = "rejected" if "reject" in severities else "review" if "review" in severities else "accepted"
        first = (own[0]["rule"], own[0]["message"]) if own else (None, None)
        rows.append((row["claim_key"], row["claim_id"], decision, row["charge"], None, len(own), 1, *first,
                     row["input"], row["position"]))  # fmt: skip
    lines = batch.lines.height
    rules = [
        ("ks-chw.eligibility.covered", "eligibility", "ks-chw", PAGE, lines, 1, True),
        ("ks-chw.unit_limits.daily", "unit_limits", "ks-chw", BULLETIN, lines, 1, True),
        ("ks-chw.workers.certified", "workers", "ks-chw", BULLETIN, 0, 0, False),
        ("national.npi.billing", "npi", "national", BULLETIN, lines, 0, True),
    ]
    return Judgement(
        findings=frame,
        decisions=pl.DataFrame(rows, schema=DECISION_SCHEMA, orient="row"),
        make_not_checked=lambda: pl.DataFrame(
            [
                ("ks-chw.unit_limits.daily", "history", lines, True),
                ("ks-chw.workers.certified", "workers", lines, False),
            ],
            schema=NOT_CHECKED_SCHEMA,
            orient="row",
        ),
        make_rules=lambda: pl.DataFrame(rules, schema=RULE_SCHEMA, orient="row"),
        placements=pl.DataFrame(
            [
                (row["claim_key"], row["line_key"], None, None, "other", None)
                for row in batch.lines.iter_rows(named=True)
            ],
            schema=PLACEMENT_SCHEMA,
            orient="row",
        ).clear(),
    )


def program(program_id: str) -> Program:
    """Return a program without services or facts."""
    return Program(program_id, "Community health worker services", "KS", "community_health_worker", "in_force",
                   date(2023, 7, 1), None, (), (), (), {})  # fmt: skip


CODESETS = CodeSets((program("ks-chw"),), program("national"), {}, "2026.11", "cd" * 32)


def result_of(claims: list[Claim], findings: list[dict[str, Any]], **batch: Any) -> Result:
    """Put a run together from claims and findings."""
    read = batch_of(claims, **batch)
    return Result(read, judgement_of(read, findings), CODESETS, RECEIVED)


def four_claims_result(**batch: Any) -> Result:
    """Return the run of the four claims: C1 and C2 ready, C3 to look at, C4 rejected."""
    return result_of(four_claims(), two_findings(), **batch)


def all_ready_result() -> Result:
    """Return the same four claims with nothing found."""
    return result_of(four_claims(), [])


def two_inputs_result(first: str = "a.837", second: str = "b.837") -> Result:
    """Return the four claims from two inputs, C1 and C2 of the first, C3 and C4 of the second."""
    one = batch_of(four_claims()[:2], name=first)
    frames = claims_to_frames(four_claims()[2:], input_name=second, first_claim_key=2, first_line_key=2)
    claims = pl.concat([one.claims, frames[0]])
    both = replace(
        one,
        claims=claims,
        lines=pl.concat([one.lines, frames[1]]),
        malformed=pl.concat([one.malformed, frames[2]]),
        sources=(Text(first, claims), Text(second, claims)),
    )
    return Result(both, judgement_of(both, two_findings()), CODESETS, RECEIVED)
