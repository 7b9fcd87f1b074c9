"""Pieces that several parts of the HTML report show: a coloured chip, a source with its link, the findings."""

from __future__ import annotations

import polars as pl

from billing.reports.html_words import FindingWords
from billing.reports.markup import Html, fill
from billing.reports.markup_rows import HtmlColumn, choose, fill_rows, where_said

MARKS = {"accepted": "✓", "review": "!", "rejected": "✗", "unreadable": "?", "note": "·"}
WORDS = {"review": "needs a look", "rejected": "rejected", "note": "note"}
NOTHING = Html("")

CHIP = '<span class="chip {decision}"><span aria-hidden="true">{mark}</span> {words}</span>'
LINK = '<a href="{url}" rel="noopener noreferrer">{source}</a>'
FINDING = """\
<div class="finding {decision}">
<p>{chip} <strong>{subject}</strong></p>
<p>{message}</p>
<dl>
{fix}{found}{related}<dt>Where</dt><dd>{where}</dd>
<dt>Source</dt><dd>{source} · <span class="rule">{rule}</span></dd>
{codes}{capped_by}</dl>
</div>"""
FIX = "<dt>Fix</dt><dd>{remedy}</dd>"
FOUND = "<dt>Found</dt><dd>{found}{allowed}</dd>"
ALLOWED = " · allowed: {allowed}"
RELATED = "<dt>With</dt><dd>{related}</dd>"
CODES = '<dt>Reason codes</dt><dd>{codes} <span class="soft">{sure}</span></dd>'
CAPPED_BY = "<dt>A person decides</dt><dd>{capped_by}</dd>"

CHIPS = {
    decision: fill(CHIP, decision=decision, mark=MARKS[decision], words=words) for decision, words in WORDS.items()
}
"""The mark and words of a decision that holds a claim, or of a note, coloured."""


def source_link(one: FindingWords) -> Html | str:
    """Return by whose word a finding is, linked where the source has an address."""
    return fill(LINK, url=one.url, source=one.source) if one.url else one.source


def finding_block() -> HtmlColumn:
    """Return one finding with its fix, what was found, where, and by whose word: over columns of `FindingWords`."""
    one = {name: pl.col(name) for name in FindingWords._fields}
    link = fill_rows(LINK, url=one["url"], source=one["source"])
    allowed = where_said(one["allowed"], fill_rows(ALLOWED, allowed=one["allowed"]))
    return fill_rows(
        FINDING,
        decision=one["decision"],
        chip=choose(one["decision"], CHIPS),
        subject=one["subject"],
        message=one["message"],
        fix=where_said(one["remedy"], fill_rows(FIX, remedy=one["remedy"])),
        found=where_said(one["found"], fill_rows(FOUND, found=one["found"], allowed=allowed)),
        related=where_said(one["related"], fill_rows(RELATED, related=one["related"])),
        where=one["where"],
        source=where_said(one["url"], link, otherwise=one["source"]),
        rule=one["rule"],
        codes=where_said(one["codes"], fill_rows(CODES, codes=one["codes"], sure=one["sure"])),
        capped_by=where_said(one["capped_by"], fill_rows(CAPPED_BY, capped_by=one["capped_by"])),
    )


def number(count: int) -> str:
    """Return a number with commas between its thousands."""
    return f"{count:,}"
