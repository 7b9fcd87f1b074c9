"""The held claims of the HTML report: which are shown, the dearest first, each with what was found on it."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from billing.causes import HELD
from billing.reports.html_claims import FINDINGS_PER_CLAIM, ClaimWords, claim_row, claim_words, folded
from billing.reports.html_parts import NOTHING, number
from billing.reports.html_words import FIELDS, FindingWords, finding_words, frame_of, rows
from billing.reports.markup import Html, fill
from billing.reports.markup_rows import html_of
from billing.result import Result
from billing.wording import MEMBER_COLUMNS, Masks, counted

CLAIMS_PER_CAUSE = 200

SECTION = """\
<section id="claims" tabindex="-1">
<h2>Held claims</h2>
<p class="soft">Largest charge first. Unfold a claim for what was found, where, and by whose word.
{hidden}{masked}</p>
<div class="card">
<div id="tools" role="search" hidden>
<label for="filter" class="small">Filter</label>
<input id="filter" type="search" placeholder="claim, code, rule or word" autocomplete="off">
<button type="button" class="rejected" data-chip="rejected" aria-pressed="true">✗ rejected</button>
<button type="button" class="review" data-chip="review" aria-pressed="true">! needs a look</button>
<button type="button" id="unfold">Fold or unfold all</button>
<button type="button" id="clear" hidden>Clear filters</button>
<p id="shown" aria-live="polite"></p>
</div>
<table class="stack" aria-label="Held claims">
<caption>{shown}, largest charge first</caption>
<thead><tr><th scope="col">Claim</th><th scope="col">Outcome</th><th scope="col" class="number">Charge</th>\
<th scope="col">Service</th><th scope="col">Member</th><th scope="col">What was found</th></tr></thead>
<tbody>
{claims}</tbody>
</table>
</div>
</section>
"""
HIDDEN = "{hidden} more {are} not shown here; all are in decisions.csv and findings.csv.\n"
MASKED = Html("Members are masked.")


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


def held_section(result: Result, keys: pl.Series, causes: pl.DataFrame, *, show_members: bool) -> Html:
    """Return the section of the claims shown; nothing when no claim is held.

    Args:
        result: The run.
        keys: The claims to show, in this order.
        causes: Rows of `Result.causes`; a claim names its own by their place, from 1.
        show_members: Show members' names and ids.
    """
    held = result.summary["review"] + result.summary["rejected"]
    if not held:
        return NOTHING
    hidden = held - len(keys)
    are = "is" if hidden == 1 else "are"
    return fill(
        SECTION,
        hidden=fill(HIDDEN, hidden=number(hidden), are=are) if hidden else "",
        masked="" if show_members else MASKED,
        shown=counted(len(keys), "claim"),
        claims=_claims(result, keys, causes, show_members=show_members),
    )


def _claims(result: Result, keys: pl.Series, causes: pl.DataFrame, *, show_members: bool) -> Html:
    """Return one table row per claim shown, in the order of `keys`."""
    chosen = pl.DataFrame({"claim_key": keys}).with_row_index("rank")
    claims = {claim["claim_key"]: claim for claim in rows(_facts_of_claims(result, chosen))}
    masks = {key: Masks.of_claim(claim, show=show_members) for key, claim in claims.items()}
    words = frame_of([claim_words(claim, masks[key]) for key, claim in claims.items()], ClaimWords._fields)
    findings = _findings_of_claims(result, chosen, causes)
    of_cause = pl.col("number").filter(pl.col("severity").is_in(HELD)).unique().sort().cast(pl.String)
    table = (
        words.with_columns(claim_key=pl.Series(list(claims), dtype=keys.dtype))
        .join(findings.group_by("claim_key").agg(causes=of_cause.str.join(" ")), on="claim_key")
        .join(folded(_in_words(findings, masks)), on="claim_key")
        .join(chosen, on="claim_key")
        .sort("rank")
    )
    return html_of(table, claim_row())


def _in_words(findings: pl.DataFrame, masks: Mapping[int, Masks]) -> pl.DataFrame:
    """Put the first findings of each claim into words, those of the same claim in their order."""
    shown = findings.with_columns(of_claim=pl.len().over("claim_key"), nth=pl.int_range(pl.len()).over("claim_key"))
    shown = shown.filter(pl.col("nth") < FINDINGS_PER_CLAIM)
    words = [
        finding_words(finding, masks[finding["claim_key"]]) for finding in rows(shown.select("claim_key", *FIELDS))
    ]
    return frame_of(words, FindingWords._fields).hstack(shown.select("claim_key", "of_claim"))


def _findings_of_claims(result: Result, chosen: pl.DataFrame, causes: pl.DataFrame) -> pl.DataFrame:
    """One row per finding of the claims shown, those that weigh most first, with the number of its cause."""
    numbers = causes.with_row_index("number", offset=1).select("number", "rule", "cause")
    return (
        result.findings.filter(~pl.col("shadow"))
        .join(chosen, on="claim_key")
        .join(numbers, on=["rule", "cause"], how="left")
        .with_columns(order=pl.col("severity").replace_strict({"reject": 0, "review": 1, "note": 2}))
        .sort("rank", "order", "line_number", "rule", "cause")
    )  # fmt: skip


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
    return (
        result.decisions.join(chosen, on="claim_key", how="semi")
        .select("claim_key", "claim_id", "decision", "charge")
        .join(result.batch.claims.select("claim_key", *MEMBER_COLUMNS), on="claim_key")
        .join(lines, on="claim_key", how="left")
        .join(result.deadlines.select("claim_key", "deadline", "days_left"), on="claim_key", how="left")
    )
