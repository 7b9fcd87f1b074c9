"""The top of the HTML report: the one sentence, the facts of the run, and a tile per decision with its share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from billing.findings import DECISIONS
from billing.formats.x12.outgoing import shown_files
from billing.reports.html_parts import MARKS, NOTHING
from billing.reports.markup import Html, fill, join
from billing.reports.words import charge_in_words
from billing.result import Result
from billing.wording import DECISION_WORDS, counted, dollars

_LONGEST_NAMES, _LONGEST_PROGRAMS = 120, 160  # characters

HEADER = """\
<header>
<h1>{sentence}</h1>
<ul class="facts">
<li>{names}</li>
<li>{claims}, {charge}</li>
<li>Judged by {programs}</li>
<li>Received {received}</li>
</ul>
<ul class="tiles">
{tiles}</ul>
{bar}</header>
"""
TILE = """\
<li class="tile {decision}">
<div class="what"><span aria-hidden="true">{mark}</span> {words}</div>
<div class="many">{claims}</div>
<div class="money">{charge}</div>
{file}</li>
"""
FILE = '<div class="file">{file}</div>'
BAR = """\
<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="Share of the charges: {shares}">
{parts}</svg>
<ul class="legend" aria-hidden="true">
{legend}<li>of the charges</li>
</ul>
"""
PART = '<rect class="{decision}" x="{start}" y="0" width="{width}" height="10"/>\n'
LEGEND = '<li class="{decision}"><b>{mark} {words}</b> {share}</li>\n'


class Tile(NamedTuple):
    """One decision: its words, and its part of the bar in percent."""

    decision: str
    words: str
    claims: str
    charge: str
    share: str
    start: str
    width: str
    file: str


def header(result: Result, inputs: Sequence[Mapping[str, Any]]) -> Html:
    """Return the header of the page.

    Args:
        result: The run.
        inputs: The inputs the page names.
    """
    summary = result.summary
    tiles = _tiles(result)
    return fill(
        HEADER,
        sentence=_sentence(summary),
        names=_cut(", ".join(one["name"] for one in inputs), _LONGEST_NAMES) or "claims handed over",
        claims=counted(summary["claims"], "claim"),
        charge=dollars(summary["charges"]["total"]),
        programs=_cut(", ".join(summary["programs"]), _LONGEST_PROGRAMS) or "the rules on every claim",
        received=summary["received"],
        tiles=join(map(_tile, tiles)),
        bar=_bar(tiles) if summary["claims"] else "",
    )


def _sentence(summary: Mapping[str, Any]) -> str:
    held = summary["review"] + summary["rejected"] + summary["unreadable"]
    if not summary["claims"]:
        return "No claims in the input"
    if not held:
        return "Every claim is ready to send"
    return f"{counted(summary['accepted'], 'claim')} ready to send, {held} held"


def _tile(tile: Tile) -> Html:
    return fill(
        TILE,
        decision=tile.decision,
        mark=MARKS[tile.decision],
        words=tile.words[:1].upper() + tile.words[1:],
        claims=tile.claims,
        charge=tile.charge,
        file=fill(FILE, file=tile.file) if tile.file else NOTHING,
    )


def _bar(tiles: Sequence[Tile]) -> Html:
    """Return the bar of shares with its legend."""
    parts = (fill(PART, decision=tile.decision, start=tile.start, width=tile.width) for tile in tiles)
    legend = (
        fill(LEGEND, decision=tile.decision, mark=MARKS[tile.decision], words=tile.words, share=tile.share)
        for tile in tiles
    )
    shares = ", ".join(f"{tile.words} {tile.share}" for tile in tiles)
    return fill(BAR, shares=shares, parts=join(parts), legend=join(legend))


def _tiles(result: Result) -> list[Tile]:
    """One tile per decision with its share of the dollars (of the claims, when there are no dollars), in percent."""
    summary = result.summary
    shown = [*DECISIONS, *(["unreadable"] if summary["unreadable"] else [])]
    by_charge = {decision: float(summary["charges"][decision]) for decision in shown}
    measure: Mapping[str, float] = by_charge if sum(by_charge.values()) > 0 else {one: summary[one] for one in shown}
    whole = sum(measure.values()) or 1
    files = shown_files(result, result.claims_files)
    tiles, start = [], 0.0
    for decision in shown:
        share = max(0.0, 100 * measure[decision] / whole)
        names = files.get(decision, [])
        tiles.append(
            Tile(
                decision=decision,
                words=DECISION_WORDS.get(decision, decision),
                claims=counted(summary[decision], "claim"),
                charge=charge_in_words(summary, decision),
                share=f"{share:.0f}%" if share == 0 or share >= 1 else "under 1%",
                start=f"{start:.2f}",
                width=f"{share:.2f}",
                file=names[0] if len(names) == 1 else f"{decision}/" if names else "",
            )
        )
        start += share
    return tiles


def _cut(text: str, most: int) -> str:
    """Cut a text that is much longer than `most` at a space, and end it with dots."""
    end, tolerated = "...", 5  # a text a few letters too long reads better whole
    if len(text) <= most + tolerated:
        return text
    return text[: most - len(end)].rsplit(" ", 1)[0] + end
