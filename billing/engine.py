"""Judge a batch: place its lines, ask the rules, decide.

    claims, lines ─▶ rows ─▶ placed ─▶ stage one ─▶ stage two ─▶ findings ─▶ decisions

Stage one holds the kinds that see one line or claim by itself, stage two those that count or compare lines of
several claims; what stage one rejects counts apart in stage two. No rule is known here by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import accumulate

import polars as pl

from billing.batch import Batch
from billing.deciding import (
    decide,
    make_findings,
    not_checked_rules,
    rejected_claims,
    rule_table,
    with_exact_places,
)
from billing.judgement import PLACEMENT_SCHEMA, Judgement
from billing.overlays import for_overlays
from billing.payments import with_expected_payment
from billing.placing import place
from billing.policy.codesets import NATIONAL, CodeSets, Program
from billing.references import References
from billing.row_facts import asked, with_row_facts
from billing.row_kinds import FEW_ROWS, ask_row_kinds
from billing.rows import join_rows
from billing.rules._kind import Context
from billing.verdicts import Answers
from billing.window_kinds import ask_window_kinds
from billing.windows import window_rows

MOST_ROWS = 0.5


def judge(
    batch: Batch, codesets: CodeSets, references: References, *, received: date, other_services: str = "review"
) -> Judgement:
    """Judge every claim of a batch.

    Args:
        batch: The claims, in order of `claim_key`.
        codesets: The selected programs and the national rules.
        references: The reference files that were given.
        received: The run's received date, for claims that carry none.
        other_services: What a code that no selected program knows is worth: `review` or `accept`.

    Returns:
        Findings, decisions, and what was not checked. The same input gives the same frames.

    Raises:
        NoProgramError: No program was named and none could be chosen.
    """
    facts = [*codesets.national.facts, *(fact for program in codesets.programs for fact in program.facts)]
    answers = Answers()
    references = for_overlays(references, codesets)
    rows = place(join_rows(batch.claims, batch.lines, batch.malformed, received), codesets)
    present = _with_lines(rows, codesets)
    columns = asked(program for _, program in present)
    rows = with_row_facts(rows, batch.claims, references, columns)
    context = Context(rows.lazy(), references, received)
    parts = list(_by_program(present, rows))
    ask_row_kinds(parts, answers)
    ask_window_kinds(parts, context, answers, stage=1)
    one = make_findings(answers.verdicts, facts, batch, other_services)

    first_stage = len(answers.verdicts)
    all_rows = window_rows(rows, references, codesets, rejected_claims(one), columns)
    context = Context(all_rows.lazy(), references, received)
    ask_window_kinds(_by_program(present, all_rows), context, answers, stage=2)
    two = make_findings(
        answers.verdicts[first_stage:], facts, batch, other_services, earlier=answers.verdicts[:first_stage]
    )

    findings = with_exact_places(_in_order([one, two]), batch.sources)
    return Judgement(
        findings=findings,
        decisions=with_expected_payment(
            decide(batch.claims, findings, answers.unchecked), rows, [program for _, program in present]
        ),
        make_not_checked=partial(not_checked_rules, answers.unchecked, facts),
        make_rules=partial(rule_table, facts, answers, findings),
        placements=rows.select(*PLACEMENT_SCHEMA),
    )


def _in_order(stages: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Put the findings of both stages into their order: by claim and line, the severest first."""
    found = [stage for stage in stages if len(stage)] or stages[:1]
    findings = found[0] if len(found) == 1 else pl.concat(found)
    if len(findings) > 1:
        findings = findings.sort(
            "claim_key",
            "line_key",
            "severity_rank",
            "rule",
            "cause",
            "message",
            descending=[False, False, True, False, False, False],
            nulls_last=False,
        )
    return findings.drop("severity_rank")


def _with_lines(rows: pl.DataFrame, codesets: CodeSets) -> list[tuple[int, Program]]:
    """List the national rules and the programs with lines in the batch, each with the number of its first fact.

    The others are left out from here on, so that loading many costs nothing.
    """
    there = set(rows.get_column("program").unique().to_list())
    programs = (codesets.national, *codesets.programs)
    numbers = accumulate((len(program.facts) for program in programs), initial=0)
    return [
        (first, program)
        for first, program in zip(numbers, programs, strict=False)
        if program is codesets.national or program.id in there
    ]


def _by_program(
    present: Iterable[tuple[int, Program]], rows: pl.DataFrame
) -> Iterator[tuple[int, Program, pl.DataFrame]]:
    """Yield the number of a program's first fact, the program, and the rows to ask it about.

    National facts see every line. A program that most lines belong to is shown all of them, and so is any where there
    are few, which costs less than picking its own: its facts look at their own rows anyway.
    """
    counts = dict(rows.get_column("program").value_counts().iter_rows())
    for first, program in present:
        if program.id == NATIONAL or len(rows) <= FEW_ROWS or counts.get(program.id, 0) > MOST_ROWS * len(rows):
            yield first, program, rows
        else:
            yield first, program, rows.filter(pl.col("program") == program.id)
