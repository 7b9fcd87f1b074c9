"""One held claim of the HTML report: its row of the table, and its findings to unfold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from billing.reports.html_parts import CHIPS, finding_block
from billing.reports.html_words import clip
from billing.reports.markup_rows import HtmlColumn, choose, fill_rows, joined, where_said
from billing.wording import Masks, counted, dollars

FINDINGS_PER_CLAIM = 20
SOON = 30  # days; a deadline this near stands out
_CODES_SHOWN = 3

CLAIM = """\
<tr data-decision="{decision}" data-causes="{causes}">
<th scope="row">{claim_id}</th>
<td>{chip}</td>
<td class="number" data-label="Charge">{charge}</td>
<td data-label="Service">{codes}<br><span class="soft small keep">{days}</span>{deadline}</td>
<td data-label="Member" class="keep">{member}</td>
<td><details><summary>{first}{others}</summary>
{findings}{more}</details></td>
</tr>
"""
DEADLINE = '<br><span class="soft small keep">file by {deadline}</span>{left}'
LEFT = '<br><strong class="small keep">{left}</strong>'
OTHERS = ' <span class="soft small">and {others} more</span>'
MORE = '<p class="small soft">{more} more in findings.csv.</p>'


class ClaimWords(NamedTuple):
    """What the page says of one claim itself, all text. What is not there is empty."""

    decision: str
    claim_id: str
    charge: str
    codes: str
    days: str
    deadline: str
    left: str
    member: str


def claim_words(claim: Mapping[str, Any], masks: Masks) -> ClaimWords:
    """Put a claim into words: its id, money, services, days, deadline and member."""
    days = [str(day) for day in (claim["first_day"], claim["last_day"]) if day is not None]
    return ClaimWords(
        decision=claim["decision"],
        claim_id=clip(masks.text(claim["claim_id"])),
        charge=dollars(claim["charge"]),
        codes=_codes(claim["codes"] or [], masks),
        days=days[0] if len(set(days)) == 1 else " to ".join(days),
        deadline=str(claim["deadline"] or ""),
        left=_left(claim["days_left"]),
        member=clip(masks.member()),
    )


def folded(findings: pl.DataFrame) -> pl.DataFrame:
    """Put the findings of each claim together.

    Args:
        findings: One row per finding shown, the first of a claim first: `claim_key`, `of_claim` (findings of the claim,
            also those not shown) and `FindingWords`.

    Returns:
        One row per claim: `claim_key`, `first` (message of its first finding), `others` (findings behind it, null
        where there are none), `more` (those not shown, null likewise) and `findings` (HTML).
    """
    hidden = pl.col("of_claim").first() - pl.len()
    return findings.group_by("claim_key").agg(
        first=pl.col("message").first(),
        others=pl.col("of_claim").first() - 1,
        more=hidden,
        findings=joined(finding_block()).expression,
    ).with_columns(pl.when(pl.col(name) > 0).then(pl.col(name)) for name in ("others", "more"))  # fmt: skip


def claim_row() -> HtmlColumn:
    """Return the row of a claim: over columns of `ClaimWords`, `folded`, and `causes`."""
    words = {name: pl.col(name) for name in ("causes", "first", *ClaimWords._fields)}
    left = where_said(words["left"], fill_rows(LEFT, left=words["left"]))
    return fill_rows(
        CLAIM,
        chip=choose(words["decision"], CHIPS),
        deadline=where_said(words["deadline"], fill_rows(DEADLINE, deadline=words["deadline"], left=left)),
        others=_where_counted("others", OTHERS),
        findings=HtmlColumn(pl.col("findings")),
        more=_where_counted("more", MORE),
        **{
            name: words[name]
            for name in ("decision", "causes", "claim_id", "charge", "codes", "days", "member", "first")
        },
    )


def _where_counted(name: str, template: str) -> HtmlColumn:
    count = pl.col(name).cast(pl.String)
    return where_said(count, fill_rows(template, **{name: count}))


def _codes(codes: Sequence[str], masks: Masks) -> str:
    """Return the first codes of a claim, and how many more it has."""
    hidden = len(codes) - _CODES_SHOWN
    shown = ", ".join(clip(masks.text(code)) for code in codes[:_CODES_SHOWN])
    return f"{shown} and {hidden} more" if hidden > 0 else shown


def _left(days: int | None) -> str:
    """Return how long a claim may still be sent, where that is soon."""
    if days is None or days > SOON:
        return ""
    return "last day today" if days == 0 else f"{counted(days, 'day')} left"
