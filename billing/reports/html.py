"""The report as one HTML page that opens offline: numbers, what to do first, the held claims, what was not checked.

Everything is in the page: style and script stand inline and a content policy allows nothing else. It is bounded:
the dearest claims of each root cause, and how many more there are. Names and ids of members are masked unless the
caller asks for them.
"""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import polars as pl
from markupsafe import Markup

from billing.causes import root_causes
from billing.findings import DECISIONS
from billing.formats.x12.outgoing import shown_files
from billing.policy.list_status import stale_in_words
from billing.previous import by_rule, in_words
from billing.reports.html_claims import held_claims, shown_keys
from billing.reports.html_rows import about_files, cause_rows, rule_rows, unreadable_rows
from billing.reports.terminal import charge_in_words, not_checked_in_words
from billing.result import Result
from billing.wording import DECISION_WORDS, REFERENCE_OPTIONS, counted, dollars, plain
from billing.writing import claims_files

MOST_BYTES = 4_900_000
MOST_CLAIMS = 2_000
MOST_CAUSES = 100
MOST_INPUTS = 50
MOST_CHANGED_RULES = 30
MARKS = {"accepted": "✓", "review": "!", "rejected": "✗", "unreadable": "?"}
USE_WORDS = {
    "send": "ready to send",
    "mend": "working copy to mend, not to be sent as it is",
    "keep": "the same claims as they came; send accepted.837, not both",
}
_HERE = Path(__file__).parent


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


def _page(result: Result, most_claims: int, *, show_members: bool) -> str:
    causes = root_causes(result.judgement)
    held_by, notes = (
        causes.filter(is_held) for is_held in (pl.col("severity") != "note", pl.col("severity") == "note")
    )
    keys = shown_keys(result, most_claims)
    held = result.summary["review"] + result.summary["rejected"]
    rules = rule_rows(result)
    style, script = _asset("report.css"), _asset("report.js")
    return _template().render(
        style=Markup(style),  # noqa: S704 our own files, no value of a claim
        script=Markup(script),  # noqa: S704 likewise
        policy=_policy(style, script),
        summary=result.summary,
        inputs=_inputs(result),
        more_inputs=max(0, len(result.summary["inputs"]) - MOST_INPUTS),
        tiles=_tiles(result),
        **_since_previous(result),
        causes=cause_rows(result, held_by.head(MOST_CAUSES), keys, show_members=show_members),
        more_causes=max(0, held_by.height - MOST_CAUSES),
        notes=cause_rows(result, notes.head(MOST_CAUSES), keys, show_members=show_members),
        claims=held_claims(result, keys, causes, show_members=show_members),
        claims_hidden=held - len(keys),
        held=held,
        files_findings=about_files(result),
        unreadable=unreadable_rows(result),
        not_checked=[
            *not_checked_in_words(result.judgement.not_checked),
            *stale_in_words(result.summary["stale_lists"]),
        ],
        rules_run=[rule for rule in rules if rule["looked"]],
        rules_not_run=[rule for rule in rules if not rule["looked"]],
        files=[{"name": file["name"], "use": USE_WORDS[file["use"]]} for file in result.summary["files"]],
        command=_command(result),
        references=result.references,
        masked=not show_members,
    )


def _since_previous(result: Result) -> dict[str, Any]:
    """What became of the findings of an earlier result: a sentence, and the rules it is about; empty without one."""
    if result.compared is None:
        return {"previous": None, "changed_rules": [], "more_changed_rules": 0}
    found = result.summary["previous"]
    rules = by_rule(result.compared)
    return {
        "previous": in_words(found["received"], found),
        "changed_rules": rules[:MOST_CHANGED_RULES],
        "more_changed_rules": max(0, len(rules) - MOST_CHANGED_RULES),
    }


def _tiles(result: Result) -> list[dict[str, Any]]:
    """One tile per decision with its share of the dollars (of the claims, when there are no dollars), in percent."""
    summary = result.summary
    shown = [*DECISIONS, *(["unreadable"] if summary["unreadable"] else [])]
    by_charge = {decision: float(summary["charges"][decision]) for decision in shown}
    measure: Mapping[str, float] = by_charge if sum(by_charge.values()) > 0 else {one: summary[one] for one in shown}
    whole = sum(measure.values()) or 1
    files = shown_files(result, claims_files(result))
    tiles, start = [], 0.0
    for decision in shown:
        share = max(0.0, 100 * measure[decision] / whole)
        names = files.get(decision, [])
        tiles.append(
            {
                "decision": decision,
                "mark": MARKS[decision],
                "words": DECISION_WORDS.get(decision, decision),
                "claims": counted(summary[decision], "claim"),
                "charge": charge_in_words(summary, decision),
                "share": f"{share:.0f}%" if share == 0 or share >= 1 else "under 1%",
                "start": f"{start:.2f}",
                "width": f"{share:.2f}",
                "file": names[0] if len(names) == 1 else f"{decision}/" if names else "",
            }
        )
        start += share
    return tiles


def _inputs(result: Result) -> list[dict[str, Any]]:
    return [{**one, "name": plain(one["name"])} for one in result.summary["inputs"][:MOST_INPUTS]]


def _command(result: Result) -> str:
    """Return the command that gives these results again."""
    words = ["cleanclaim", "validate", *(plain(one["name"]) for one in result.summary["inputs"][:MOST_INPUTS])]
    if result.codesets.chosen:
        words += [word for program in result.summary["programs"] for word in ("--program", program)]
    words += [word for name, file in result.references.items() for word in (REFERENCE_OPTIONS[name], plain(file))]
    return shlex.join([*words, "--received", result.summary["received"]])


@cache
def _asset(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    """Return the content policy: nothing but the page's own style and script, each by its hash."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["dollars"] = dollars
    environment.globals["counted"] = counted
    return environment.get_template("report.html.j2")
