"""What happened to one claim, in words: what was found, or what was checked and passed, and what was not checked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl

from billing.batch import Batch
from billing.errors import UsageError
from billing.judgement import Judgement
from billing.policy.codesets import NATIONAL, CodeSets, Fact
from billing.wording import DECISION_WORDS, by_whose_word, counted, dollars, plain, subject, what_to_supply, where

Service = tuple[str | None, str | None]


def explain(batch: Batch, judgement: Judgement, codesets: CodeSets, claim_id: str) -> str:
    """Put what is known about a claim into words; several claims with that id come one after the other.

    Raises:
        UsageError: No claim of the run has that id.
    """
    keys = judgement.decisions.filter(pl.col("claim_id") == claim_id).get_column("claim_key")
    if keys.is_empty():
        raise UsageError("no claim of this run has that id; `decisions` lists the ids there are")
    return "\n".join("\n".join(_claim(batch, judgement, codesets, key)) + "\n" for key in keys)


def finding_in_words(finding: dict[str, Any]) -> list[str]:
    """Return the lines of one finding: what was found, then fix, source and where."""
    lines = [f"{subject(finding)}  {plain(finding['message'])}"]
    if finding["related"]:
        lines.append(f"  with      {plain(', '.join(finding['related']))}")
    if finding["remedy"]:
        lines.append(f"  fix       {plain(finding['remedy'])}")
    lines.append(f"  source    {by_whose_word(finding['source'])} · {finding['rule']}")
    lines.append(f"  where     {where(finding)}")
    if finding["capped_by"]:
        lines.append(f"  a person decides, because {'; '.join(finding['capped_by'])}")
    if finding["shadow"]:
        lines.append("  this rule is on trial and decides nothing")
    return lines


def _claim(batch: Batch, judgement: Judgement, codesets: CodeSets, key: int) -> Iterator[str]:
    decision = judgement.decisions.row(by_predicate=pl.col("claim_key") == key, named=True)
    findings = judgement.findings.filter(pl.col("claim_key") == key).to_dicts()
    words = DECISION_WORDS[decision["decision"]]
    yield f"{plain(decision['claim_id'])}  {words}  {dollars(decision['charge'])}"
    for finding in findings:
        yield ""
        yield from finding_in_words(finding)
    yield from _several_programs(batch, judgement, codesets, key)
    rules = _rules_of_claim(batch, judgement, codesets, key)
    waiting = judgement.not_checked.filter(pl.col("rule").is_in(rules["rule"].to_list()))
    broken = {(finding["rule"], finding["kind"]) for finding in findings}
    passed = [rule for rule in rules.filter(pl.col("lines") > 0).iter_rows(named=True)
              if (rule["rule"], rule["kind"]) not in broken]  # fmt: skip
    yield ""
    yield f"checked and passed: {counted(len(passed), 'rule')}"
    for rule in passed:
        yield f"  {_rule_in_words(rule)}  {by_whose_word(rule['source'])}"
    yield from _not_checked(waiting)


def _several_programs(batch: Batch, judgement: Judgement, codesets: CodeSets, key: int) -> Iterator[str]:
    """Say of lines that several programs could judge which one does, and why."""
    own = judgement.placements.filter(pl.col("claim_key") == key, pl.col("also_fits").is_not_null())
    lines = own.join(batch.lines.select("line_key", "line_number"), on="line_key", how="left", maintain_order="left")
    if len(lines):
        yield ""
    for line in lines.iter_rows(named=True):
        bases = codesets.program(line["program"]).bases
        others = line["also_fits"].split(", ")
        below = [other for other in others if other in bases]
        looser = [other for other in others if other not in bases]
        why = [f"an overlay on {' and '.join(below)}"] if below else []
        why += [f"more specific than {' and '.join(looser)}"] if looser else []
        yield f"line {line['line_number']} is judged by {line['program']}, {', and '.join(why)}"


def _rule_in_words(rule: dict[str, Any]) -> str:
    """Name a rule; a fact about a service is looked at by several kinds, so the kind is said too."""
    return rule["rule"] if rule["kind"] in rule["rule"] else f"{rule['rule']} ({rule['kind']})"


def _not_checked(waiting: pl.DataFrame) -> Iterator[str]:
    if waiting.is_empty():
        yield "not checked: nothing that the code sets know of"
        return
    yield f"not checked, or not fully: {counted(waiting.get_column('rule').n_unique(), 'rule')}"
    for row in waiting.iter_rows(named=True):
        yield f"  {row['rule']}  {what_to_supply(row['needs'], row['partly'])}"


def _rules_of_claim(batch: Batch, judgement: Judgement, codesets: CodeSets, key: int) -> pl.DataFrame:
    """Return the rows of `judgement.rules` that concern the claim: by program, service and date of its lines."""
    placed = judgement.placements.filter(pl.col("claim_key") == key).join(
        batch.lines.select("line_key", "service_date"), on="line_key", how="left"
    )
    if placed.is_empty():  # where its lines were placed was not kept: the rules of the run
        return judgement.rules
    lines = [((row["program"], row["service"]), row["service_date"]) for row in placed.iter_rows(named=True)]
    programs = {program for (program, _), _ in lines if program}
    facts = [
        fact
        for program in codesets.programs
        if program.id in programs
        for fact in program.facts
        if any(_concerns(fact, service, day) for service, day in lines)
    ]
    paths = {fact.path for fact in facts} | {fact.path for fact in codesets.national.facts}
    return judgement.rules.filter(pl.col("rule").is_in(sorted(paths)))


def _concerns(fact: Fact, service: Service, day: date | None) -> bool:
    if fact.program not in (NATIONAL, service[0]) or (fact.services is not None and service[1] not in fact.services):
        return False
    if day is None:
        return True
    return (fact.effective is None or fact.effective <= day) and (fact.ended is None or day <= fact.ended)
