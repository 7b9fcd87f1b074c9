"""A scenario and a file of them, as they were read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from billing.claims import Claim
from billing.policy.problems import Problem
from billing.policy.schema import Service
from billing.policy.yaml_tree import Path, Tree
from billing.scenarios.naming import OwnNames

RECEIVED = date(2026, 6, 1)
"""The day the payer receives the claims of a file that names none: four weeks after the default date of service."""
BY_PAYER = "by_payer"
"""What `select` says when no program is named: all in force, chosen for each claim by its payer."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One finding that a scenario expects.

    Attributes:
        rule: Path of the rule, as written.
        key: Severity, claim and line, as written behind the rule.
        words: What the finding must say.
        path: Its place in the file.
    """

    rule: str
    key: str
    words: tuple[str, ...]
    path: Path


@dataclass(slots=True)
class Scenario:
    """One case: claims and reference rows, and all that must be found.

    Attributes:
        it: The sentence that names it.
        number: Its number in the file, from 1.
        path: Its place in the file.
        names: The ids of its people and numbers.
        claims: Its claims.
        references: Name of each reference file it gives to the rows of that file, columns as texts.
        expect: All findings on its claims; none: they are clean.
        not_checked: Rules that must be listed as not checked, `rule needs lines`; null: not looked at.
        pays: Claim to the payment expected for it in USD, null where that is not known.
        select: Programs it is judged by; empty: the file's; `by_payer`: none is named.
    """

    it: str
    number: int
    path: Path
    names: OwnNames
    claims: list[Claim] = field(default_factory=list)
    references: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    expect: list[Expected] = field(default_factory=list)
    not_checked: list[str] | None = None
    pays: dict[str, str | None] = field(default_factory=dict)
    select: tuple[str, ...] = ()

    @property
    def stands_alone(self) -> bool:
        """True when it cannot share a batch: it writes ids in full, or looks at the whole run."""
        return bool(self.names.literals) or self.not_checked is not None


@dataclass(frozen=True, slots=True)
class Excuse:
    """A change of a fact that cannot matter, and why.

    Attributes:
        change: The change as `cleanclaim test --mutate` words it, or its first words, for all changes that begin so.
        because: Why no claim could tell.
        path: Its place in the file.
    """

    change: str
    because: str
    path: Path


@dataclass(slots=True)
class ScenarioFile:
    """One file that was read.

    Attributes:
        shown: Its name as the user knows it.
        tree: Its values and places.
        program: Id of the program it tests.
        received: The day the payer receives its claims.
        services: Services made up to complete a template; none for a program with services of its own.
        scenarios: Its cases.
        excuses: Changes that cannot matter.
        problems: What is wrong with it.
    """

    shown: str
    tree: Tree
    program: str = ""
    received: date = RECEIVED
    services: list[Service] = field(default_factory=list)
    scenarios: list[Scenario] = field(default_factory=list)
    excuses: list[Excuse] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path) -> str:
        """Return `file:line` of a value."""
        mark = self.tree.marks.get(path)
        return f"{self.shown}:{mark.line}" if mark else self.shown
