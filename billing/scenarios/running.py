"""Scenarios judged: those that give the same reference files share one batch; each is compared with what it expects.

A batch costs about the same whether it holds one claim or a hundred, so that a file of fifty cases is judged about as
fast as five. Cases cannot meet in it: every one has people and numbers of its own (`billing/scenarios/naming.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from billing.batch import Batch
from billing.engine import judge
from billing.errors import NoProgramError
from billing.formats import read
from billing.judgement import Judgement
from billing.policy.codesets import NATIONAL, CodeSets, Program
from billing.policy.loading import Library
from billing.policy.schema import Service
from billing.policy.selection import select
from billing.references import References, read_references
from billing.scenarios.reference_rows import table
from billing.scenarios.scenario import BY_PAYER, Expected, Scenario, ScenarioFile
from billing.version import __version__

_SAID = ("verdict", "cause", "message", "remedy", "found", "allowed")
_NUMBER = re.compile(r"s(\d+)-")

Rules = frozenset[str]
"""Paths of rules."""
EXAMPLE = Program(
    id="example", name="Example services", state=None, workforce=None, status="in_force", effective=None, ended=None,
    payers=(), facts=(), sources={},
    services=tuple(Service(id=code, procedure=code, source="example") for code in ("98960", "96127")),
)  # fmt: skip
"""The program beside which the rules on every claim are tested: two services, no rule of its own."""


@dataclass(frozen=True, slots=True)
class Found:
    """One finding on a scenario's claims.

    Attributes:
        rule: Path of the rule.
        key: Severity, claim and line, as a scenario writes them.
        said: All that it says.
        message: Its message alone.
    """

    rule: str
    key: str
    said: str
    message: str


@dataclass(frozen=True, slots=True)
class Failure:
    """How a scenario differs from what it expects.

    Attributes:
        scenario: The scenario.
        missing: Findings that were expected and not made.
        unexpected: Findings that were made and not expected.
        unsaid: Expected findings with a word that they do not say, and what they say.
        other: Anything else, in words.
    """

    scenario: Scenario
    missing: tuple[Expected, ...] = ()
    unexpected: tuple[Found, ...] = ()
    unsaid: tuple[tuple[Expected, str, str], ...] = ()
    other: tuple[str, ...] = ()


@dataclass(slots=True)
class Group:
    """Scenarios that are judged together.

    Attributes:
        scenarios: The scenarios, by number.
        batch: Their claims.
        references: Their reference files.
        codesets: What they are judged by.
        judgement: What was found with the code sets as they are; null: not yet judged.
        failed: Why they could not be judged; empty: they were.
    """

    scenarios: dict[int, Scenario]
    batch: Batch
    references: References
    codesets: CodeSets
    judgement: Judgement | None = None
    failed: str = ""


@dataclass(slots=True)
class Run:
    """One file's scenarios and what came of them.

    Attributes:
        file: The file.
        program: The program it tests.
        groups: Its scenarios as they were judged together.
        failures: Those that differ from what they expect.
    """

    file: ScenarioFile
    program: Program
    groups: list[Group] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def run(file: ScenarioFile, library: Library) -> Run:
    """Judge all scenarios of a file, which must be free of problems."""
    program = program_of(library, file.program)
    done = Run(file, program, make_groups(file, library))
    for group in done.groups:
        try:
            group.judgement = judge(group.batch, group.codesets, group.references, received=file.received)
        except NoProgramError as error:
            group.failed = str(error).partition("\n")[0]
        done.failures += group_failures(group, group.judgement)
    done.failures.sort(key=lambda failure: failure.scenario.number)
    return done


def program_of(library: Library, program_id: str) -> Program:
    """Return a program by id, the rules on every claim included; KeyError when there is none."""
    return library.national if program_id == NATIONAL else library.programs[program_id]


def make_groups(file: ScenarioFile, library: Library) -> list[Group]:
    """Put the scenarios of a file together that can be judged at once."""
    together: dict[tuple[Any, ...], list[Scenario]] = {}
    for scenario in file.scenarios:
        alone = scenario.number if scenario.stands_alone else 0
        together.setdefault((alone, scenario.select, tuple(scenario.references)), []).append(scenario)
    return [_group(scenarios, file, library) for scenarios in together.values()]


def _group(scenarios: Sequence[Scenario], file: ScenarioFile, library: Library) -> Group:
    batch = read([claim for scenario in scenarios for claim in scenario.claims])
    tables = {
        name: table(name, [row for scenario in scenarios for row in scenario.references[name]])
        for name in scenarios[0].references
    }
    return Group(
        {scenario.number: scenario for scenario in scenarios},
        batch,
        read_references(**tables),
        code_sets(library, scenarios[0].select or (file.program,)),
    )


def code_sets(library: Library, selected: Sequence[str]) -> CodeSets:
    """Return the code sets of a run that names these programs, of any status; `by_payer`: that names none.

    For the rules on every claim alone, these are judged beside `EXAMPLE`.
    """
    if BY_PAYER in selected:
        programs, chosen = select(library.programs, (), ())
    else:
        named = [library.programs[name] for name in sorted(selected) if name != NATIONAL]
        programs, chosen = tuple(named) or (EXAMPLE,), True
    return CodeSets(
        programs,
        library.national,
        library.known_codes(),
        __version__,
        library.sha256,
        chosen=chosen,
        lists=library.lists,
    )


def with_program(codesets: CodeSets, program: Program) -> CodeSets:
    """Put a program in the place of the one of the same id."""
    if program.id == NATIONAL:
        return replace(codesets, national=program, memo={})
    programs = tuple(program if each.id == program.id else each for each in codesets.programs)
    return replace(codesets, programs=programs, memo={})


def group_failures(group: Group, judgement: Judgement | None, *, only: Rules | None = None) -> list[Failure]:
    """Compare what was found with what the scenarios of a group expect.

    Args:
        group: The scenarios.
        judgement: What was found; null: nothing could be judged, which fails every scenario.
        only: Paths of the rules to look at; null: all of them.
    """
    if judgement is None:
        return [Failure(scenario, other=(group.failed,)) for scenario in group.scenarios.values()]
    found = found_by_scenario(group, judgement.findings, only)
    failures = []
    for number, scenario in group.scenarios.items():
        failure = _compared(scenario, found.get(number, []), only)
        unchecked = _unchecked(scenario, judgement) if only is None else []
        failure = replace(failure, other=(*unchecked, *_unpaid(scenario, judgement)))
        if failure.missing or failure.unexpected or failure.unsaid or failure.other:
            failures.append(failure)
    return failures


def found_by_scenario(group: Group, findings: pl.DataFrame, only: Rules | None = None) -> dict[int, list[Found]]:
    """Sort findings by the number of the scenario whose claim they are on."""
    if only is not None:
        findings = findings.filter(pl.col("rule").is_in(sorted(only)))
    sorted_out: dict[int, list[Found]] = {}
    for row in findings.iter_rows(named=True):
        number = int(match[1]) if (match := _NUMBER.match(row["claim_id"] or "")) else 0
        scenario = group.scenarios.get(number) or next(iter(group.scenarios.values()))
        sorted_out.setdefault(scenario.number, []).append(_found(row, scenario))
    return sorted_out


def _found(row: Mapping[str, Any], scenario: Scenario) -> Found:
    line = "" if row["line_number"] is None else f" line {row['line_number']}"
    key = f"{row['severity']} {row['claim_id'] or 'file'}{line}{' shadow' if row['shadow'] else ''}"
    words = [*(row[name] for name in _SAID), *row["capped_by"], *row["related"], f"at risk {row['amount_at_risk']}"]
    told = scenario.names.told
    return Found(row["rule"], told(key), told(" | ".join(map(str, words))), told(row["message"] or ""))


def _compared(scenario: Scenario, found: Sequence[Found], only: Rules | None) -> Failure:
    left = list(found)
    missing, unsaid = [], []
    for expected in scenario.expect:
        if only is not None and expected.rule not in only:
            continue
        fits = [each for each in left if (each.rule, each.key) == (expected.rule, expected.key)]
        if not fits:
            missing.append(expected)
            continue
        lacks = {each: [word for word in expected.words if word not in each.said] for each in fits}
        best = min(fits, key=lambda each: len(lacks[each]))
        left.remove(best)
        unsaid += [(expected, word, best.said) for word in lacks[best]]
    return Failure(scenario, tuple(missing), tuple(left), tuple(unsaid))


def _unchecked(scenario: Scenario, judgement: Judgement) -> list[str]:
    if scenario.not_checked is None:
        return []
    listed = [
        f"{rule} {needs}{' partly' if partly else ''} {lines}"
        for rule, needs, partly, lines in judgement.not_checked.select("rule", "needs", "partly", "lines").iter_rows()
    ]
    return [
        f"not listed as not checked: {item}; listed are {'; '.join(listed) or 'none'}"
        for item in scenario.not_checked
        if not any(row == item or row.endswith(f".{item}") for row in listed)
    ]


def _unpaid(scenario: Scenario, judgement: Judgement) -> list[str]:
    if not scenario.pays:
        return []
    paid = dict(judgement.decisions.select("claim_id", "expected_payment").iter_rows())
    found = {name: paid.get(scenario.names.claim(name)) for name in scenario.pays}
    told = {name: None if amount is None else str(amount) for name, amount in found.items()}
    return [
        f"the payment expected for {name} is {told[name] or 'unknown'}, not {amount or 'unknown'}"
        for name, amount in scenario.pays.items()
        if told[name] != amount
    ]
