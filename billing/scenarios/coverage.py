"""Which rules of a program have no scenario that fires, or none that looks at a line and lets it pass.

Edges are not looked for here: whether a case stands at each of them is what changing the number by one shows
(`billing/scenarios/mutation.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from billing.engine import judge
from billing.judgement import Judgement
from billing.policy.codesets import Fact
from billing.policy.program_file import SERVICES
from billing.policy.schema import Service
from billing.rules import KINDS
from billing.scenarios.changes import OFF
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

    @property
    def name(self) -> str:
        """Return the rule, with its kind where that is not part of its path."""
        return self.rule if self.rule.startswith(f"{self.kind}.") else f"{self.rule} ({self.kind})"


def gaps(run: Run) -> list[Gap]:
    """List the rules of a program's own file that lack a case.

    The kinds that say why a line fits no service (its code, its dates, its modifiers) are one rule for each service. A
    rule whose taking out cannot matter, as the file says, cannot be shown either.
    """
    excused = {excuse.change for excuse in run.file.excuses}
    rules: dict[tuple[str, str, int], list[Fact]] = {}
    for fact in run.program.facts:
        if fact.file == run.program.file and _has_something_to_check(fact):
            block = SERVICES if _says_why_it_fits_none(fact) else fact.kind
            rules.setdefault((fact.path, block, fact.line), []).append(fact)
    versions = Counter((path, block) for path, block, _ in rules)
    found = []
    for (path, block, line), facts in rules.items():
        shown = set(_shown(facts, run, is_only=versions[path, block] == 1))
        name = path.removeprefix(f"{run.program.id}.")
        lacks = tuple(side for side in (FIRES, PASSES) if side not in shown)
        if lacks and excused.isdisjoint({name, f"{name} {OFF}"}):
            found.append(Gap(name, block, f"{facts[0].file}:{line}", lacks))
    return found


def _has_something_to_check(fact: Fact) -> bool:
    """Tell whether a service states the value that a kind is named for: without rates there is nothing to compare."""
    if not isinstance(fact.entry, Service) or _says_why_it_fits_none(fact):
        return True
    return bool(getattr(fact.entry, fact.kind, True))


def _says_why_it_fits_none(fact: Fact) -> bool:
    return f".{SERVICES}." in fact.path and getattr(KINDS[fact.kind], "ABOUT_PLACING", False)


def _shown(facts: Sequence[Fact], run: Run, *, is_only: bool) -> Iterator[str]:
    """Yield the sides of a rule that some scenario shows."""
    for group in run.groups:
        judgement = group.judgement
        if judgement is not None and not is_only:
            judgement = _judged_alone(facts, group, run)
        if judgement is not None:
            yield from _sides(facts, group, judgement)


def _judged_alone(facts: Sequence[Fact], group: Group, run: Run) -> Judgement:
    """Judge by one of several versions of a rule: the table of rules counts them as one."""
    program = replace(run.program, facts=tuple(facts), memo={})
    return judge(group.batch, with_program(group.codesets, program), group.references, received=run.file.received)


def _sides(facts: Sequence[Fact], group: Group, judgement: Judgement) -> Iterator[str]:
    is_rule = (pl.col("rule") == facts[0].path) & pl.col("kind").is_in([fact.kind for fact in facts])
    found = judgement.findings.filter(is_rule)
    if len(found):
        yield FIRES
    looked_at = judgement.rules.filter(is_rule).get_column("lines").max()
    if isinstance(looked_at, int) and looked_at > _lines_of(found, facts, group):
        yield PASSES


def _lines_of(found: pl.DataFrame, facts: Sequence[Fact], group: Group) -> int:
    """Count the lines that findings are on; one on a claim is on all its lines where the rule looks at each of them."""
    lines = found.get_column("line_key").drop_nulls().n_unique()
    of_claims = found.filter(pl.col("line_key").is_null()).get_column("claim_key").unique()
    if all(hasattr(KINDS[fact.kind], "checks") for fact in facts):  # these look at the first line for the claim
        return lines + len(of_claims)
    return lines + len(group.batch.lines.filter(pl.col("claim_key").is_in(of_claims.implode())))
