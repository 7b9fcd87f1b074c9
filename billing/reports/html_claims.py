"""The held claims of the HTML report: which are shown, and their findings in words."""

from __future__ import annotations

from typing import Any

import polars as pl

from billing.causes import HELD
from billing.deadlines import filing_deadlines
from billing.result import Result
from billing.wording import DECISION_WORDS, SEVERITY_WORDS, Masks, by_whose_word, subject, where

CLAIMS_PER_CAUSE = 200
FINDINGS_PER_CLAIM = 20
LONGEST = 400  # characters of one text; a claim may hold any text its sender chose
_CODES_SHOWN = 3


def shown_keys(result: Result, most: int) -> pl.Series:
    """Return the claims the report shows: the dearest of each root cause, of these the dearest in all.

    Returns:
        `claim_key` of held claims, dearest first.
    """
    held = result.decisions.filter(pl.col("decision") != "accepted").select("claim_key", "charge")
    findings = result.findings.filter(pl.col("severity").is_in(HELD) & ~pl.col("shadow"))
    pairs = findings.select("rule", "cause", "claim_key").drop_nulls("claim_key").unique()
    dearest = _dearest_first(pairs.join(held, on="claim_key")).group_by("rule", "cause").head(CLAIMS_PER_CAUSE)
    keys = _dearest_first(dearest.select("claim_key", "charge").unique())
    return keys.head(most).get_column("claim_key")


def held_claims(result: Result, keys: pl.Series, causes: pl.DataFrame, *, show_members: bool) -> list[dict[str, Any]]:
    """Return one row per claim shown, dearest first, with what was found on it."""
    chosen = pl.DataFrame({"claim_key": keys}).with_row_index("rank")
    numbers = causes.with_row_index("number", offset=1).select("number", "rule", "cause")
    findings = (
        result.findings.filter(~pl.col("shadow"))
        .join(chosen, on="claim_key")
        .join(numbers, on=["rule", "cause"], how="left")
        .with_columns(order=pl.col("severity").replace_strict({"reject": 0, "review": 1, "note": 2}))
        .sort("rank", "order", "line_number", "rule", "cause")
    )  # fmt: skip
    rows = chosen.join(_facts_of_claims(result, chosen), on="claim_key", how="left", maintain_order="left")
    found: dict[int, list[dict[str, Any]]] = {key: [] for key in keys}
    for finding in findings.iter_rows(named=True):
        found[finding["claim_key"]].append(finding)
    return [_claim(row, found[row["claim_key"]], show_members=show_members) for row in rows.iter_rows(named=True)]


def clip(text: str) -> str:
    """Cut a very long text short."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def masked_finding(finding: dict[str, Any], masks: Masks) -> dict[str, Any]:
    """Put one finding into the words of the report."""
    column = (finding["place"] or {}).get("column")
    reason = finding["reason"] or {}
    codes = [f"{reason.get('group') or ''} {reason['carc']}".strip()] if reason.get("carc") else []
    url = (finding["source"] or {}).get("url") or ""
    return {
        "subject": clip(masks.text(subject(finding))),
        "severity": finding["severity"],
        "decision": {"reject": "rejected", "review": "review"}.get(finding["severity"], "note"),
        "words": SEVERITY_WORDS[finding["severity"]],
        "message": clip(masks.text(finding["message"])),
        "remedy": clip(masks.text(finding["remedy"])),
        "found": clip(masks.value(finding["found"], column)),
        "allowed": clip(masks.value(finding["allowed"], column)),
        "related": clip(masks.text(", ".join(finding["related"] or []))),
        "where": clip(masks.text(where(finding))),
        "source": by_whose_word(finding["source"]),
        "url": url if url.startswith(("https://", "http://")) else "",
        "rule": finding["rule"],
        "capped_by": "; ".join(finding["capped_by"] or []),
        "codes": " · ".join([*codes, *(reason.get("rarc") or [])]),
        "is_sure": bool(reason.get("sure")),
    }


def _dearest_first(claims: pl.DataFrame) -> pl.DataFrame:
    return claims.sort(["charge", "claim_key"], descending=[True, False])


def _facts_of_claims(result: Result, chosen: pl.DataFrame) -> pl.DataFrame:
    """One row per claim shown: decision, charge, member, days of service, codes, and days left to file."""
    code = pl.concat_str("procedure_code", pl.lit(" "), pl.col("modifiers").list.join(" "), ignore_nulls=True)
    lines = result.batch.lines.join(chosen, on="claim_key", how="semi").sort("line_key").group_by("claim_key").agg(
        first_day=pl.col("service_date").min(),
        last_day=pl.max_horizontal(pl.col("service_date").max(), pl.col("service_end_date").max()),
        codes=code.str.strip_chars().unique(maintain_order=True),
    )  # fmt: skip
    members = ("member_last_name", "member_first_name", "member_id", "subscriber_id", "input", "position")
    return (
        result.decisions.join(chosen, on="claim_key", how="semi")
        .select("claim_key", "claim_id", "decision", "charge")
        .join(result.batch.claims.select("claim_key", *members), on="claim_key")
        .join(lines, on="claim_key", how="left")
        .join(filing_deadlines(result).select("claim_key", "deadline", "days_left"), on="claim_key", how="left")
    )


def _claim(row: dict[str, Any], findings: list[dict[str, Any]], *, show_members: bool) -> dict[str, Any]:
    masks = Masks.of_claim(row, show=show_members)
    days = [str(day) for day in (row["first_day"], row["last_day"]) if day is not None]
    held = [finding for finding in findings if finding["severity"] in HELD]
    hidden = len(row["codes"] or []) - _CODES_SHOWN
    codes = [clip(masks.text(code)) for code in row["codes"] or []]
    return {
        "claim_id": clip(masks.text(row["claim_id"])),
        "decision": row["decision"],
        "words": DECISION_WORDS[row["decision"]],
        "charge": row["charge"],
        "member": clip(masks.member()),
        "days": days[0] if len(set(days)) == 1 else " to ".join(days),
        "codes": ", ".join(codes[:_CODES_SHOWN]) + (f" and {hidden} more" if hidden > 0 else ""),
        "deadline": row["deadline"],
        "days_left": row["days_left"],
        "causes": sorted({finding["number"] for finding in held}),
        "findings": [masked_finding(finding, masks) for finding in findings[:FINDINGS_PER_CLAIM]],
        "more": max(0, len(findings) - FINDINGS_PER_CLAIM),
    }  # fmt: skip
