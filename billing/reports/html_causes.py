"""What to do first, in the HTML report: one row per root cause, the dearest first; and the notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

from billing.causes import HELD, cause_in_words
from billing.reports.html_parts import CHIPS, NOTHING, number, source_link
from billing.reports.html_words import FIELDS, FindingWords, finding_words, rows
from billing.reports.markup import Html, fill, join
from billing.result import Result
from billing.wording import MEMBER_COLUMNS, Masks, counted, dollars

MOST_CAUSES = 100

FIRST = """\
<h2 id="first">What to do first</h2>
{what}"""
CAUSES = """\
<p class="soft">One row is one cause with one fix. The causes that hold the most dollars come first; a claim may have \
several.</p>
<div class="card">
<table class="stack">
<caption>{shown}, by the charge of the claims they hold{more}</caption>
<thead><tr><th scope="col">Cause and fix</th><th scope="col">Outcome</th><th scope="col" class="number">Claims</th>\
<th scope="col" class="number">Charge</th></tr></thead>
<tbody>
{causes}</tbody>
</table>
</div>
"""
NO_CAUSE = "<p>{words}</p>\n"
MORE = "; {more} smaller ones are in findings.csv"
CAUSE = """\
<tr>
<td>
<div class="cause-title">{title}</div>
{fix}<p class="fix small soft">For example {subject}: {message}</p>
<p class="fix small soft">{source} · <span class="rule">{rule}</span></p>
{claims_shown}</td>
<td>{chip}</td>
<td class="number" data-label="Claims">{claims}</td>
<td class="number" data-label="Charge">{charge}</td>
</tr>
"""
FIX = '<p class="fix"><b>Fix</b> {remedy}</p>'
SHOW = """\
<p class="fix small show"><a href="#claims" data-cause="{number}" data-title="{title}">Show {its_claims}</a>{of}</p>"""
OF = ' <span class="soft">of {claims}; all are in findings.csv</span>'
NOTES = """\
<h2 id="notes">Notes</h2>
<p class="soft">Worth knowing; they hold no claim.</p>
<div class="card"><table class="stack">
<caption>{shown}, by rule and cause</caption>
<thead><tr><th scope="col">Note</th><th scope="col" class="number">Findings</th></tr></thead>
<tbody>
{notes}</tbody></table></div>
"""
NOTE = """\
<tr><td><div class="cause-title">{title}</div><p class="fix small soft">For example {subject}: {message} \
<span class="rule">{rule}</span></p></td><td class="number" data-label="Findings">{findings}</td></tr>
"""


class Cause(NamedTuple):
    """A root cause in words; `shown` counts its claims among those the report lists."""

    number: int
    title: str
    claims: int
    findings: int
    charge: str
    shown: int
    example: FindingWords


def first_section(result: Result, causes: pl.DataFrame, keys: pl.Series, *, show_members: bool) -> Html:
    """Return the section of the causes that hold claims, or what to say where there is none.

    Args:
        result: The run.
        causes: Rows of `Result.causes` that are no notes.
        keys: Claims the report shows.
        show_members: Show members' names and ids.
    """
    if causes.is_empty():
        return fill(FIRST, what=fill(NO_CAUSE, words=_no_cause(result.summary)))
    shown = _in_words(result, causes.head(MOST_CAUSES), keys, show_members=show_members)
    more = causes.height - len(shown)
    table = fill(
        CAUSES,
        shown=counted(len(shown), "root cause"),
        more=fill(MORE, more=more) if more else "",
        causes=join(map(_cause, shown)),
    )
    return fill(FIRST, what=table)


def notes_section(result: Result, notes: pl.DataFrame, *, show_members: bool) -> Html:
    """Return the section of the notes; nothing when there is none."""
    if notes.is_empty():
        return NOTHING
    shown = _in_words(result, notes.head(MOST_CAUSES), pl.Series(dtype=pl.UInt32), show_members=show_members)
    return fill(NOTES, shown=counted(len(shown), "note"), notes=join(map(_note, shown)))


def _in_words(result: Result, causes: pl.DataFrame, keys: pl.Series, *, show_members: bool) -> list[Cause]:
    """Put causes into words, in their order, each with its first finding as the example."""
    held = result.findings.filter(
        pl.col("severity").is_in(HELD) & ~pl.col("shadow") & pl.col("claim_key").is_in(keys.implode())
    )
    shown = {(rule, cause): claims for rule, cause, claims in
             held.group_by("rule", "cause").agg(pl.col("claim_key").n_unique()).iter_rows()}  # fmt: skip
    examples = result.batch.claims.select("claim_key", *MEMBER_COLUMNS).join(
        causes.select("claim_key"), on="claim_key", how="semi"
    )
    claims = {claim["claim_key"]: claim for claim in rows(examples)}
    return [
        Cause(
            number=place,
            title=cause_in_words(cause["cause"]),
            claims=cause["claims"],
            findings=cause["findings"],
            charge=dollars(cause["charge"]),
            shown=shown.get((cause["rule"], cause["cause"]), 0),
            example=finding_words(cause, Masks.of_claim(claims.get(cause["claim_key"]), show=show_members)),
        )
        for place, cause in enumerate(
            rows(causes.select("cause", "claims", "findings", "charge", "claim_key", *FIELDS)), 1
        )
    ]


def _no_cause(summary: Mapping[str, Any]) -> str:
    if summary["unreadable"]:
        return "Mend what could not be read; see below."
    if summary["claims"]:
        return (
            "Nothing was found among what was checked. Read below what was not checked; this is no promise of payment."
        )
    return "The input holds no claims."


def _cause(cause: Cause) -> Html:
    example = cause.example
    return fill(
        CAUSE,
        title=cause.title,
        fix=fill(FIX, remedy=example.remedy) if example.remedy else "",
        subject=example.subject,
        message=example.message,
        source=source_link(example),
        rule=example.rule,
        claims_shown=_claims_shown(cause),
        chip=CHIPS[example.decision],
        claims=number(cause.claims),
        charge=cause.charge,
    )


def _claims_shown(cause: Cause) -> Html:
    """Return the link to the claims of a cause, where the report shows any."""
    if not cause.shown:
        return NOTHING
    return fill(
        SHOW,
        number=cause.number,
        title=cause.title,
        its_claims="its claim" if cause.shown == 1 else f"its {cause.shown} claims",
        of=fill(OF, claims=number(cause.claims)) if cause.shown < cause.claims else "",
    )


def _note(cause: Cause) -> Html:
    example = cause.example
    return fill(
        NOTE,
        title=cause.title,
        subject=example.subject,
        message=example.message,
        rule=example.rule,
        findings=number(cause.findings),
    )
