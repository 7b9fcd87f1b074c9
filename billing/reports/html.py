"""The report as one HTML page that opens offline: numbers, what to do first, the held claims, what was not checked.

Everything is in the page: style and script stand inline and a content policy allows nothing else. It is bounded:
the dearest claims of each root cause, and how many more there are. Names and ids of members are masked unless the
caller asks for them.

The words and tags of the page are the constants in capitals here and in the `html_*.py` beside this file, one module
per part of the page, from top to bottom: `html_head`, `html_causes`, `html_held`, `html_tables`.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

import polars as pl

from billing.reports.html_causes import first_section, notes_section
from billing.reports.html_head import header
from billing.reports.html_held import held_section, shown_keys
from billing.reports.html_tables import (
    files_section,
    not_checked_section,
    previous_section,
    repeat_section,
    rules_section,
    unreadable_section,
)
from billing.reports.markup import Html, fill
from billing.result import Result
from billing.wording import plain

MOST_BYTES = 4_900_000
MOST_CLAIMS = 2_000
MOST_INPUTS = 50
_HERE = Path(__file__).parent

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>Claims check · {claims} claims</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#first">Skip to what to do first</a>
{header}<main>
{first}
{previous}
{not_checked}
{unreadable}
{files}
{held}
{notes}
{rules}
{repeat}</main>
<footer>
<p>Ready means that nothing was found among what was checked. It is no promise of payment.{members}</p>
</footer>
<script>{script}</script>
</body>
</html>"""
MEMBERS = Html(" This page shows members' names and ids.")


def report_html(result: Result, *, show_members: bool = False) -> str:
    """Return the page. Halves the number of claims shown until it fits into 5 MB.

    Args:
        result: The run.
        show_members: Show members' names and ids.
    """
    most = MOST_CLAIMS
    page = _page(result, most, show_members=show_members)
    while len(page.encode()) > MOST_BYTES and most > 1:
        most //= 2
        page = _page(result, most, show_members=show_members)
    return page


def _page(result: Result, most_claims: int, *, show_members: bool) -> Html:
    causes = result.causes
    is_note = pl.col("severity") == "note"
    keys = shown_keys(result, most_claims)
    inputs = [{**one, "name": plain(one["name"])} for one in result.summary["inputs"][:MOST_INPUTS]]
    style, script = _asset("report.css"), _asset("report.js")
    return fill(
        PAGE,
        policy=_policy(style, script),
        claims=result.summary["claims"],
        style=style,
        header=header(result, inputs),
        first=first_section(result, causes.filter(~is_note), keys, show_members=show_members),
        previous=previous_section(result),
        not_checked=not_checked_section(result),
        unreadable=unreadable_section(result),
        files=files_section(result),
        held=held_section(result, keys, causes, show_members=show_members),
        notes=notes_section(result, causes.filter(is_note), show_members=show_members),
        rules=rules_section(result),
        repeat=repeat_section(result, inputs),
        members=MEMBERS if show_members else "",
        script=script,
    )


@cache
def _asset(name: str) -> Html:
    """Read a file of our own beside this one; it holds no value of a claim."""
    return Html((_HERE / name).read_text("utf-8"))


def _policy(style: str, script: str) -> str:
    """Return the content policy: nothing but the page's own style and script, each by its hash."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
