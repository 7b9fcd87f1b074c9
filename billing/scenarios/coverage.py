"""Which rules of a program have no scenario that fires, or none that looks at a line and lets it pass.

Edges are not looked for here: whether a case stands at each of them is what changing the number by one shows
(`billing/scenarios/mutation.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import polars as pl

from billing.engine import judge
from billing.judgement import Judgement
from billing.policy.codesets import Fact, Program
from billing.rules import KINDS
from billing.scenarios.running import Group, Run, with_program

FIRES, PASSES = "a case that fires", "a case that looks at a line and finds nothing"


@dataclass(frozen=True, slots=True)
class Gap:
    """A rule that the scenarios do not show from both sides.

    Attributes:
        rule: Path of the rule, without the program's id.
        kind: Its kind.
        place: Where it is written, `file:line`.
        lacks: What no scenario shows.
    """

    rule: str
    kind: str
    place: str
    lacks: tuple[str, ...]


def gaps(run: Run) -> list[Gap]:
    """List the rules of a program's own file that lack a case.

    The kinds that say why a line fits no service (its code, its dates, its modifiers) are one rule for each service.
    """
    shown: dict[tuple[str, str, int], set[str]] = {}
    facts: dict[tuple[str, str, int], Fact] = {}
    own = [fact for fact in run.program.facts if fact.file == run.program.file]
    versions = {(fact.path, fact.kind): 0 for fact in own}
    for fact in own:
        versions[fact.path, fact.kind] += 1
    for fact in own:
        key = (fact.path, "services" if _says_why_it_fits_none(fact) else fact.kind, fact.line)
        facts.setdefault(key, fact)
        shown.setdefault(key, set()).update(_shown(fact, run, is_only=versions[fact.path, fact.kind] == 1))
    return [
        Gap(path.removeprefix(f"{run.program.id}."), kind, f"{facts[path, kind, line].file}:{line}", lacks)
        for (path, kind, line), sides in shown.items()
        if (lacks := tuple(side for side in (FIRES, PASSES) if side not in sides))
    ]


def _says_why_it_fits_none(fact: Fact) -> bool:
    return ".services." in fact.path and getattr(KINDS[fact.kind], "ABOUT_PLACING", False)


def _shown(fact: Fact, run: Run, *, is_only: bool) -> Iterable[str]:
    """Yield the sides of a fact that some scenario shows."""
    for group in run.groups:
        judgement = group.judgement
        if judgement is not None and not is_only:
            judgement = _judged_alone(fact, group, run)
        if judgement is not None:
            yield from _sides(fact, group, judgement)


def _judged_alone(fact: Fact, group: Group, run: Run) -> Judgement:
    """Judge by one of several versions of a rule: the table of rules counts them as one."""
    program: Program = replace(run.program, facts=(fact,), memo={})
    return judge(group.batch, with_program(group.codesets, program), group.references, received=run.file.received)


def _sides(fact: Fact, group: Group, judgement: Judgement) -> Iterable[str]:
    is_fact = (pl.col("rule") == fact.path) & (pl.col("kind") == fact.kind)
    found = judgement.findings.filter(is_fact)
    if len(found):
        yield FIRES
    looked_at = judgement.rules.filter(is_fact).get_column("lines").sum()
    if looked_at > _lines_of(found, fact, group):
        yield PASSES


def _lines_of(found: pl.DataFrame, fact: Fact, group: Group) -> int:
    """Count the lines that findings are on; one on a claim is on all its lines where the rule looks at each of them."""
    lines = found.get_column("line_key").drop_nulls().n_unique()
    of_claims = found.filter(pl.col("line_key").is_null()).get_column("claim_key").unique()
    if hasattr(KINDS[fact.kind], "checks"):  # looks at the first line for the claim
        return lines + len(of_claims)
    return lines + len(group.batch.lines.filter(pl.col("claim_key").is_in(of_claims.implode())))
