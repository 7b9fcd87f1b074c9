"""Which changes of a program no scenario noticed.

A change is noticed when some scenario no longer finds what it expects. A change that no claim could tell is listed in
the scenario file under `cannot_matter`, with its reason; one listed there that is noticed, or is no change at all, is
reported too, so that no excuse outlives what it excused.

A change of an entry can only change findings of its own kind. These rules are judged beside those whose findings bear
on theirs (which look at one line or claim, and found something) where that gives what the whole gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import polars as pl

from billing.engine import judge
from billing.errors import NoProgramError
from billing.policy.codesets import CodeSets, Program
from billing.policy.layers import Merged
from billing.policy.loading import Library
from billing.policy.program_file import SERVICES
from billing.policy.schema import Service
from billing.rules import KINDS
from billing.scenarios.mutants import Mutant, mutants
from billing.scenarios.running import Group, Rules, Run, group_failures, with_program
from billing.scenarios.scenario import Excuse


@dataclass(frozen=True, slots=True)
class Survivor:
    """A change that no scenario noticed.

    Attributes:
        change: The change in words.
        place: Where the fact is written, `file:line`.
        hint: The scenario that would notice it.
    """

    change: str
    place: str
    hint: str


@dataclass(slots=True)
class Mutation:
    """What came of changing every fact of a program.

    Attributes:
        tried: How many changes there are.
        survivors: Those that no scenario noticed and no excuse covers.
        stale: Excuses that cover none, or one that is noticed, and why.
    """

    tried: int = 0
    survivors: list[Survivor] = field(default_factory=list)
    stale: list[tuple[Excuse, str]] = field(default_factory=list)


def mutate(run: Run, library: Library) -> Mutation:
    """Change every fact of a program, one at a time, and see which changes its scenarios notice.

    Args:
        run: The scenarios of the program, all as expected.
        library: The programs it was run with.
    """
    merged: Merged = library.merged[run.program.id]
    outcome = Mutation()
    judges = _Judges(run)
    used: dict[Excuse, list[bool]] = {excuse: [] for excuse in run.file.excuses}
    for mutant in mutants(merged, library.lists):
        outcome.tried += 1
        excuses = [excuse for excuse in used if _covers(excuse, mutant)]
        is_noticed = judges.notice(mutant)
        for excuse in excuses:
            used[excuse].append(is_noticed)
        if not is_noticed and not excuses:
            outcome.survivors.append(Survivor(mutant.change, mutant.place, mutant.hint))
    outcome.stale = list(_stale(used))
    return outcome


def _covers(excuse: Excuse, mutant: Mutant) -> bool:
    return mutant.change == excuse.change or mutant.change.startswith(f"{excuse.change} ")


def _stale(used: dict[Excuse, list[bool]]) -> Iterator[tuple[Excuse, str]]:
    for excuse, noticed in used.items():
        if not noticed:
            yield excuse, "there is no such change"
        elif all(noticed):
            yield excuse, "a scenario notices it"


Kept = frozenset[tuple[str, str]]
"""Path and kind of rules."""


@dataclass(slots=True)
class _Judges:
    """Judges changed programs by the scenarios of a run, those that are likely to notice first.

    Attributes:
        run: The scenarios.
        rules: Block of a program file to the rules whose findings a change in it can alter.
        alone: Rules and number of a group to what they may be judged by alone; null: they need the whole.
    """

    run: Run
    rules: dict[str, Rules] = field(default_factory=dict)
    alone: dict[tuple[Rules, int], tuple[Kept, CodeSets] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        programs = {program.id: program for group in self.run.groups for program in group.codesets.programs}
        nationals = [group.codesets.national for group in self.run.groups[:1]]
        gathered: dict[str, set[str]] = {SERVICES: set()}
        for fact in (fact for program in (*nationals, *programs.values()) for fact in program.facts):
            # Where a program's rules may bear on the national one of a kind, they are looked at together.
            gathered.setdefault(fact.kind, set()).add(fact.path)
            if isinstance(fact.entry, Service) or getattr(KINDS[fact.kind], "ABOUT_PLACING", False):
                gathered[SERVICES].add(fact.path)
        self.rules = {block: frozenset(paths) for block, paths in gathered.items()}

    def notice(self, mutant: Mutant) -> bool:
        """Tell whether a scenario no longer finds what it expects."""
        is_its_own = mutant.block == SERVICES and not mutant.moves_lines
        rules = frozenset({mutant.rule}) if is_its_own else self.rules[mutant.block]
        order = sorted(range(len(self.run.groups)), key=lambda number: -self._findings(number, rules))
        needs_whole = []
        for number in order:
            alone = self._alone(rules, number)
            if alone is None or mutant.moves_lines:
                needs_whole.append(number)
            if alone is not None and self._notices_alone(number, mutant, rules, alone):
                return True
        return any(self._notices(number, mutant) for number in needs_whole)

    def _findings(self, number: int, rules: Rules) -> int:
        judgement = self.run.groups[number].judgement
        return 0 if judgement is None else int(judgement.findings.get_column("rule").is_in(sorted(rules)).sum())

    def _notices(self, number: int, mutant: Mutant) -> bool:
        group = self.run.groups[number]
        return self._fails(group, with_program(group.codesets, mutant.program), None)

    def _notices_alone(self, number: int, mutant: Mutant, rules: Rules, alone: tuple[Kept, CodeSets]) -> bool:
        kept, codesets = alone
        program = _narrowed(mutant.program, rules, kept)
        return self._fails(self.run.groups[number], with_program(codesets, program), rules)

    def _alone(self, rules: Rules, number: int) -> tuple[Kept, CodeSets] | None:
        """Return what rules may be judged by alone in a group; null when they would find something else there."""
        key = (rules, number)
        if key not in self.alone:
            group = self.run.groups[number]
            kept = _bearing(group, rules)
            codesets = replace(
                group.codesets,
                national=_narrowed(group.codesets.national, rules, kept),
                programs=tuple(_narrowed(program, rules, kept) for program in group.codesets.programs),
                memo={},
            )
            self.alone[key] = None if self._fails(group, codesets, rules) else (kept, codesets)
        return self.alone[key]

    def _fails(self, group: Group, codesets: CodeSets, rules: Rules | None) -> bool:
        try:
            judgement = judge(group.batch, codesets, group.references, received=self.run.file.received)
        except NoProgramError:
            return True
        return bool(group_failures(group, judgement, only=rules))


def _bearing(group: Group, rules: Rules) -> Kept:
    """Return the rules whose findings bear on others': a missing value is told once, a rejected claim counts apart."""
    if group.judgement is None:
        return frozenset()
    findings = group.judgement.findings
    is_unknown, is_reject = pl.col("verdict") == "unknown", pl.col("severity") == "reject"
    reports_missing = (is_unknown | (pl.col("kind") == "required_fields")).any()
    found = findings.group_by("rule", "kind").agg(reports_missing, is_reject.any())
    counts = any(getattr(KINDS.get(rule.split(".")[-2]), "check", None) for rule in rules)
    return frozenset(
        (rule, kind)
        for rule, kind, reports, rejects in found.iter_rows()
        if _is_of_stage_one(kind) and (reports or (rejects and counts))
    )


def _is_of_stage_one(kind: str) -> bool:
    """Tell whether a kind may look at one line or claim by itself; those that look at services do."""
    module = KINDS.get(kind)
    return module is None or hasattr(module, "checks") or hasattr(module, "stage") or getattr(module, "STAGE", 2) == 1


def _narrowed(program: Program, rules: Rules, kept: Kept) -> Program:
    facts = tuple(fact for fact in program.facts if fact.path in rules or (fact.path, fact.kind) in kept)
    return replace(program, facts=facts, memo={})
