"""The summary a person reads in the terminal: what is ready, what to do first, what was not checked.

At most 100 columns, the same words with and without colour, and never a member's name or id.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from billing.causes import cause_in_words, file_findings
from billing.formats.x12.outgoing import shown_files, to_send
from billing.policy.list_status import stale_in_words
from billing.previous import in_words
from billing.reports.console import Console, Line
from billing.reports.words import charge_in_words, not_checked_in_words
from billing.result import Result
from billing.wording import (
    DECISION_WORDS,
    MEMBER_COLUMNS,
    Masks,
    by_whose_word,
    counted,
    dollars,
    plain,
    subject,
    unit_of,
    where,
)
from billing.writing import REPORT

SOON = 30  # days; a deadline this near stands out
FILE_FINDINGS = 4
UNREADABLE = 4
CAUSES = 8  # the biggest; the others are counted
MARKS = {
    "accepted": ("✓", "green"),
    "review": ("!", "yellow"),
    "rejected": ("✗", "red"),
    "unreadable": ("?", "magenta"),
}
SEVERITY_MARKS = {"reject": MARKS["rejected"], "review": MARKS["review"], "note": ("·", "dim")}


def print_summary(result: Result, console: Console, folder: str | os.PathLike[str] | None = None) -> None:
    """Print what a person needs to know about a run.

    Args:
        result: The run.
        console: Where to print.
        folder: Where its files were written; null: nowhere.
    """
    width = console.width
    for line in _wrapped(_heading(result), width, later="  "):
        console.print(Line(line, style="bold"))
    console.print()
    _print(console, _decisions(result, folder))
    for line in _wrapped(_since_previous(result), width, later="  "):
        console.print(Line(line), soft_wrap=True)
    causes = result.causes
    held = causes.filter(pl.col("severity") != "note")
    if not held.is_empty():
        console.print(Line(f"\nWhat to do first ({counted(held.height, 'root cause')}, by dollars)", style="bold"))
        for cause in held.head(CAUSES).iter_rows(named=True):
            console.print()
            _print(console, _cause(cause, result, width))
        if held.height > CAUSES:
            console.print(Line(f"\n  and {counted(held.height - CAUSES, 'more root cause')}", style="dim"))
    _print(console, _about_files(result, width))
    _print(console, _unreadable(result, width))
    notes = int(causes.filter(pl.col("severity") == "note")["findings"].sum())
    if notes:
        console.print(
            Line(f"\n{counted(notes, 'note')} that {'holds' if notes == 1 else 'hold'} no claim", style="dim")
        )
    _print(console, _deadline(result))
    console.print()
    _print(console, _not_checked(result, width))
    for line in _closing(result, folder):
        _print(console, (Line(part) for part in ("", *_wrapped(line, width))))


def _wrapped(words: str, width: int, later: str = "") -> list[str]:
    """Break a text at spaces; paths of rules and names of files stay whole."""
    return textwrap.wrap(words, width, subsequent_indent=later, break_on_hyphens=False, break_long_words=False)


def _print(console: Console, lines: Iterable[Line]) -> None:
    for line in lines:
        console.print(line, soft_wrap=True)


def _heading(result: Result) -> str:
    summary = result.summary
    names = [plain(one["name"]) for one in summary["inputs"]]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004 three names
    programs = summary["programs"]
    judged_by = ", ".join(programs[:4]) + (f" and {len(programs) - 4} more" if len(programs) > 4 else "")  # noqa: PLR2004 four
    parts = (
        shown or "no input",
        counted(summary["claims"], "claim"),
        counted(result.batch.lines.height, "line"),
        dollars(summary["charges"]["total"]),
        judged_by or "no program",
        f"received {summary['received']}",
    )
    return " · ".join(parts)


def _since_previous(result: Result) -> str:
    """Say what became of the findings of an earlier result; empty without one."""
    found = result.summary.get("previous")
    return "" if found is None else in_words(found["received"], found)


def _decisions(result: Result, folder: str | os.PathLike[str] | None) -> Iterator[Line]:
    """Yield one line per decision: how many, how much, and in which file."""
    summary = result.summary
    files = shown_files(result, result.claims_files)
    shown = [decision for decision in MARKS if decision != "unreadable" or summary[decision]]
    counts = {decision: counted(summary[decision], "claim") for decision in shown}
    charges = {decision: charge_in_words(summary, decision) for decision in shown}
    widths = [max(len(words) for words in column.values()) for column in (counts, charges)]
    for decision in shown:
        mark, colour = MARKS[decision]
        words = f"  {mark} {DECISION_WORDS.get(decision, decision):<13}"
        numbers = f"  {counts[decision]:>{widths[0]}}  {charges[decision]:>{widths[1]}}"
        path = _shown_path(folder, files.get(decision, [])) if folder else ""
        yield Line((words, colour if summary[decision] else "dim"), f"{numbers}  {path}".rstrip())


def _shown_path(folder: str | os.PathLike[str], names: list[str]) -> str:
    if not names:
        return ""
    name = names[0] if len(names) == 1 else f"{Path(names[0]).parent}/ ({counted(len(names), 'file')})"
    return plain(str(Path(folder) / name))


def _cause(cause: dict[str, Any], result: Result, width: int) -> Iterator[Line]:
    """Yield the lines of one root cause: its extent, then its first example with fix, place and source."""
    mark, colour = SEVERITY_MARKS[cause["severity"]]
    masks = masks_for(result, cause["claim_key"])
    numbers = f"{counted(cause['claims'], 'claim')}  {dollars(cause['charge'])}"
    words = f"{cause_in_words(cause['cause'])}  {cause['rule']}"
    first, *others = _wrapped(f"{numbers}  {words}", width - 4, later="    ")
    yield Line("  ", (f"{mark} ", colour), (first[: len(numbers)], "bold"), first[len(numbers) :])
    yield from (Line(line) for line in others)
    yield from _labelled(
        "first" if cause["findings"] > 1 else "claim", f"{subject(cause)}: {cause['message']}", masks, width
    )
    yield from _labelled("fix", cause["remedy"], masks, width)
    yield from _labelled("where", where(cause), masks, width)
    yield from _labelled("source", by_whose_word(cause["source"]), masks, width)


def _about_files(result: Result, width: int) -> Iterator[Line]:
    """Yield what is wrong with a file rather than with a claim."""
    found = file_findings(result.judgement)
    for finding in found.head(FILE_FINDINGS).iter_rows(named=True):
        mark, colour = SEVERITY_MARKS[finding["severity"]]
        yield Line("\n  ", (f"{mark} ", colour), f"{plain(finding['input'])}: {plain(finding['message'])}")
        yield from _labelled("fix", finding["remedy"], Masks(), width)
        yield from _labelled("where", where(finding), Masks(), width)
    if found.height > FILE_FINDINGS:
        yield Line(f"\n  and {found.height - FILE_FINDINGS} more about the files")


def _unreadable(result: Result, width: int) -> Iterator[Line]:
    """Yield why parts of an input could not be read as a claim, the first ones with their places."""
    parts = result.unreadable
    if parts.is_empty():
        return
    yield Line("\nCould not be read, so nothing of it was checked", style="bold")
    for part in parts.head(UNREADABLE).iter_rows(named=True):
        words = f"{plain(part['input'])} {unit_of(part['input'])} {part['first']}: {plain(part['reason'])}"
        yield from (Line(line) for line in _wrapped(f"  {words}", width, later="    "))
    if parts.height > UNREADABLE:
        yield Line(f"  and {parts.height - UNREADABLE} more, each with its reason in unreadable.csv", style="dim")


def _labelled(label: str, words: str | None, masks: Masks, width: int) -> Iterator[Line]:
    indent = " " * 12
    for number, line in enumerate(_wrapped(masks.text(words), width - len(indent))):
        yield Line((f"    {label:<8}" if number == 0 else indent, "dim"), line)


def masks_for(result: Result, claim_key: int | None) -> Masks:
    """Return the masks of a claim of the run; of none for a finding about a file."""
    if claim_key is None:
        return Masks()
    claims = result.batch.claims.select("claim_key", *MEMBER_COLUMNS)
    return Masks.of_claim(claims.row(by_predicate=pl.col("claim_key") == claim_key, named=True))


def _deadline(result: Result) -> Iterator[Line]:
    """Yield the nearest day by which a held claim must be sent, where a program of the run states one."""
    for nearest in result.deadlines.head(1).iter_rows(named=True):
        left = nearest["days_left"]
        when = "today" if left == 0 else f"in {counted(left, 'day')}"
        words = f"Nearest filing deadline of a held claim: {nearest['deadline']} ({when}), claim {nearest['claim_id']}"
        yield Line(f"\n{masks_for(result, nearest['claim_key']).text(words)}", style="bold" if left <= SOON else "")
    if late := result.findings.filter(pl.col("kind") == "timely_filing").get_column("claim_key").n_unique():
        yield Line(f"{counted(late, 'held claim is', 'held claims are')} past the last day for filing.", style="bold")


def _not_checked(result: Result, width: int) -> Iterator[Line]:
    """Yield what was not checked and what to supply, or that nothing is left."""
    waiting = result.judgement.not_checked
    stale = stale_in_words(result.summary["stale_lists"])
    if result.decisions.is_empty():
        if result.summary["claims"]:
            yield Line("No claim could be read, so nothing was checked.")
        return
    if waiting.is_empty() and not stale and not result.notes:
        yield Line("Every rule that applies to these claims was checked.")
        return
    yield Line("Not checked, or not fully", style="bold")
    for words in [*not_checked_in_words(waiting), *stale, *(plain(note) for note in result.notes)]:
        yield from (Line(line) for line in _wrapped(f"  {words}", width, later="    "))


def _closing(result: Result, folder: str | os.PathLike[str] | None) -> Iterator[str]:
    if not result.summary["claims"]:
        yield "No claims in the input."
    elif not result.needs_action:
        yield "Ready means: nothing was found among what was checked. It is no promise of payment."
    if folder is None:
        yield "Nothing was written; add --out DIR for the files and the report."
    else:
        if words := to_send(result):
            yield f"To send: {plain(str(Path(folder) / words))}"
        yield f"Report: {plain(str(Path(folder) / REPORT))}"
