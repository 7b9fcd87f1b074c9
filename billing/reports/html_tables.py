"""The smaller parts of the HTML report: changes, what was not checked or not read, the rules, how to repeat the run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from billing.causes import file_findings
from billing.policy.list_status import stale_in_words
from billing.previous import by_rule, in_words
from billing.reports.html_parts import NOTHING, finding_block, number
from billing.reports.html_words import FindingWords, clip, finding_words, frame_of, rows
from billing.reports.markup import Html, fill, join
from billing.reports.markup_rows import html_of
from billing.reports.words import not_checked_in_words
from billing.result import Result
from billing.wording import REFERENCE_OPTIONS, Masks, by_whose_word, counted, dollars, plain, what_to_supply

MOST_UNREADABLE = 200
MOST_FILE_FINDINGS = 200
MOST_CHANGED_RULES = 30
USE_WORDS = {
    "send": "ready to send",
    "mend": "working copy to mend, not to be sent as it is",
    "keep": "the same claims as they came; send accepted.837, not both",
}

PREVIOUS = """\
<h2 id="previous">Since the last result</h2>
<p>{words}</p>
{rules}"""
CHANGED = """\
<div class="card"><table class="stack">
<caption>Findings by rule{more}</caption>
<thead><tr><th scope="col">Rule</th><th scope="col" class="number">Fixed</th>\
<th scope="col" class="number">Still there</th><th scope="col" class="number">New</th></tr></thead>
<tbody>
{rules}</tbody></table></div>
"""
MORE_CHANGED = "; {more} more rules are in findings.csv"
CHANGED_RULE = """\
<tr><td class="rule">{rule}</td><td class="number" data-label="Fixed">{fixed}</td>\
<td class="number" data-label="Still there">{still}</td><td class="number" data-label="New">{new}</td></tr>
"""

NOT_CHECKED = """\
<h2 id="unchecked">What was not checked</h2>
{what}"""
ALL_CHECKED = Html("<p>Every rule that applies to these claims was checked.</p>\n")
WAITING = """\
<div class="card plain warn"><ul>
{items}</ul></div>
"""
ITEM = "<li>{words}</li>\n"

UNREADABLE = """\
<h2 id="unreadable">Could not be read</h2>
<p class="soft">These parts are in <code>unreadable.*</code> as they came. They count towards no limit and are in no \
other file.</p>
<div class="card"><table class="stack">
<caption>{parts} of the input{first}</caption>
<thead><tr><th scope="col">Input</th><th scope="col">From</th><th scope="col">To</th><th scope="col">Place</th>\
<th scope="col">Why</th><th scope="col" class="number">Charge</th></tr></thead>
<tbody>
{rows}</tbody></table></div>
"""
FIRST_PARTS = ", the first {shown} of them"
PART = """\
<tr><td>{input}</td><td data-label="From">{first}</td><td data-label="To">{last}</td>\
<td data-label="Place">{place}</td><td>{reason}</td><td class="number" data-label="Charge">{charge}</td></tr>
"""

ABOUT_FILES = """\
<h2 id="about-files">About the files</h2>
<div class="card plain">
{findings}</div>
"""

RULES = """\
<h2 id="rules">Rules</h2>
<div class="card">
<details class="fold"><summary>{ran} that ran</summary>
<table class="stack">
<caption>What each looked at, and by whose word</caption>
<thead><tr><th scope="col">Rule</th><th scope="col">Source</th><th scope="col" class="number">Lines</th>\
<th scope="col" class="number">Findings</th></tr></thead>
<tbody>
{rules_ran}</tbody></table></details>
<details class="fold"><summary>{other} that did not run</summary>
<table class="stack">
<caption>Why each did not run</caption>
<thead><tr><th scope="col">Rule</th><th scope="col">Why</th><th scope="col">Source</th></tr></thead>
<tbody>
{other_rules}</tbody></table></details>
</div>
"""
RULE = """\
<tr><td><span class="rule">{rule}</span>{needs}</td><td>{by}</td><td class="number" data-label="Lines">{lines}</td>\
<td class="number" data-label="Findings">{findings}</td></tr>
"""
NEEDS = '<div class="small soft">not fully: {needs}</div>'
OTHER_RULE = '<tr class="off"><td><span class="rule">{rule}</span></td><td>{why}</td><td>{by}</td></tr>\n'

REPEAT = """\
<h2 id="files">Files, and how to repeat this</h2>
{files}<p>The same inputs, code sets, date and version give the same files, byte for byte:</p>
<code class="command">{command}</code>
<div class="card"><table class="stack">
<caption>What the run rests on</caption>
<thead><tr><th scope="col">What</th><th scope="col">Name or version</th><th scope="col">SHA-256</th></tr></thead>
<tbody>
{inputs}{more_inputs}{references}<tr><td>code sets</td><td>{version}</td><td class="rule">{sha256}</td></tr>
<tr><td>cleanclaim</td><td>{cleanclaim}</td><td></td></tr>
</tbody></table></div>
"""
FILES = """\
<div class="card"><table class="stack">
<caption>Claims files beside this report</caption>
<thead><tr><th scope="col">File</th><th scope="col">Use</th></tr></thead>
<tbody>{files}</tbody></table></div>
"""
FILE = "<tr><td><code>{name}</code></td><td>{use}</td></tr>\n"
INPUT = '<tr><td>input, {claims}</td><td>{name}</td><td class="rule">{sha256}</td></tr>\n'
MORE_INPUTS = '<tr><td colspan="3">and {more}, listed in summary.json</td></tr>'
REFERENCE = "<tr><td>{name}</td><td>{file}</td><td></td></tr>\n"


def previous_section(result: Result) -> Html:
    """Return what became of the findings of an earlier result: a sentence, and its rules; nothing without one."""
    if result.compared is None:
        return NOTHING
    found = result.summary["previous"]
    rules = by_rule(result.compared)
    more = len(rules) - MOST_CHANGED_RULES
    changed = [
        fill(CHANGED_RULE, rule=rule["rule"], fixed=rule["fixed"], still=rule["still"], new=rule["new"])
        for rule in rules[:MOST_CHANGED_RULES]
    ]
    table = fill(CHANGED, more=fill(MORE_CHANGED, more=more) if more > 0 else "", rules=join(changed))
    return fill(PREVIOUS, words=in_words(found["received"], found), rules=table if rules else "")


def not_checked_section(result: Result) -> Html:
    """Return what was not checked and what to supply, the code lists that are stale, and notes on reference files."""
    words = [
        *not_checked_in_words(result.judgement.not_checked),
        *stale_in_words(result.summary["stale_lists"]),
        *result.notes,
    ]
    items = join(fill(ITEM, words=each) for each in words)
    return fill(NOT_CHECKED, what=fill(WAITING, items=items) if words else ALL_CHECKED)


def unreadable_section(result: Result) -> Html:
    """Return the parts of the inputs that could not be read; nothing when all could."""
    if result.unreadable.is_empty():
        return NOTHING
    parts = [
        fill(
            PART,
            input=clip(part["input"] or ""),
            first="" if part["first"] is None else part["first"],
            last="" if part["last"] is None else part["last"],
            place=part["loop"] or "",
            reason=clip(part["reason"] or ""),
            charge=dollars(part["charge"]),
        )
        for part in rows(result.unreadable.head(MOST_UNREADABLE))
    ]
    all_parts = result.summary["unreadable"]
    return fill(
        UNREADABLE,
        parts=counted(all_parts, "part"),
        first=fill(FIRST_PARTS, shown=len(parts)) if len(parts) < all_parts else "",
        rows=join(parts),
    )


def files_section(result: Result) -> Html:
    """Return the findings about a file rather than a claim; nothing when there is none."""
    findings = file_findings(result.judgement).head(MOST_FILE_FINDINGS)
    if findings.is_empty():
        return NOTHING
    words = [finding_words(row, Masks()) for row in rows(findings)]
    return fill(ABOUT_FILES, findings=html_of(frame_of(words, FindingWords._fields), finding_block()))


def rules_section(result: Result) -> Html:
    """Return every rule: what it looked at, what it found, by whose word, or why it did not run."""
    needs: dict[str, list[str]] = {}
    for row in rows(result.judgement.not_checked):
        needs.setdefault(row["rule"], []).append(what_to_supply(row["needs"], row["partly"]))
    ran, other = [], []
    for rule in rows(result.judgement.rules):
        supply, by = "; ".join(needs.get(rule["rule"], [])), by_whose_word(rule["source"])
        if rule["ran"] and rule["lines"] + rule["findings"] > 0:
            ran.append(_rule_that_ran(rule, supply, by))
        else:
            why = supply or "no line of this batch falls under it"
            other.append(fill(OTHER_RULE, rule=rule["rule"], why=why, by=by))
    return fill(
        RULES,
        ran=counted(len(ran), "rule"),
        rules_ran=join(ran),
        other=counted(len(other), "rule"),
        other_rules=join(other),
    )


def _rule_that_ran(rule: Mapping[str, Any], supply: str, by: str) -> Html:
    return fill(
        RULE,
        rule=rule["rule"],
        needs=fill(NEEDS, needs=supply) if supply else "",
        by=by,
        lines=number(rule["lines"]),
        findings=number(rule["findings"]),
    )


def repeat_section(result: Result, inputs: Sequence[Mapping[str, Any]]) -> Html:
    """Return the claims files beside the page, what the run rests on, and the command that gives it again.

    Args:
        result: The run.
        inputs: The inputs the page names.
    """
    summary = result.summary
    files = [fill(FILE, name=file["name"], use=USE_WORDS[file["use"]]) for file in summary["files"]]
    more = len(summary["inputs"]) - len(inputs)
    return fill(
        REPEAT,
        files=fill(FILES, files=join(files)) if files else "",
        command=_command(result, inputs),
        inputs=join(map(_input, inputs)),
        more_inputs=fill(MORE_INPUTS, more=counted(more, "more input")) if more else "",
        references=join(fill(REFERENCE, name=name, file=file) for name, file in result.references.items()),
        version=summary["codesets"]["version"],
        sha256=summary["codesets"]["sha256"],
        cleanclaim=summary["cleanclaim"],
    )


def _input(one: Mapping[str, Any]) -> Html:
    sha256 = one["sha256"] or "handed over in memory"
    return fill(INPUT, claims=counted(one["claims"], "claim"), name=one["name"], sha256=sha256)


def _command(result: Result, inputs: Sequence[Mapping[str, Any]]) -> str:
    """Return the command that gives these results again."""
    words = ["cleanclaim", "validate", *(one["name"] for one in inputs)]
    if result.codesets.chosen:
        words += [word for program in result.summary["programs"] for word in ("--program", program)]
    words += [word for name, file in result.references.items() for word in (REFERENCE_OPTIONS[name], plain(file))]
    return shlex.join([*words, "--received", result.summary["received"]])
