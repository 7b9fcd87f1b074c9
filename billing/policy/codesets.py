"""Code sets in memory: programs with their facts, ready for the engine. Immutable, may be shared between threads.

`billing/policy/loading.py` makes them from files. A `Fact` is one entry of one kind, with its path, its resolved
dates and its source: everything the engine needs to judge a line by it and to say by whose word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from billing.policy.code_lists import CodeList, CodeLists
from billing.policy.schema import PolicyEntry, PolicyModel, Service, Source

Status = Literal["proposed", "in_force", "historical", "incomplete"]
NATIONAL = "national"


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a layer below stated where a higher one won.

    Attributes:
        entry: What it stated.
        layer: national, state, payer or folder.
        file: File that states it.
        line: Line of the entry in that file, from 1.
        replaced: What it had replaced in turn.
    """

    entry: PolicyModel
    layer: str
    file: str
    line: int
    replaced: tuple[Replaced, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of one kind in force in one program.

    Attributes:
        path: `ks-chw.unit_limits.daily`, or `ks-chw.services.individual` for a fact about a service.
        kind: Rule kind that checks it.
        entry: The kind's `Entry`, or the `Service` for kinds that look at services.
        program: Program id; `national` for rules on every claim.
        services: Ids of the services it applies to; null: all of the program (for national: every line).
        effective: First date of service, inclusive; null: no first day.
        ended: Last date of service, inclusive; null: still in force.
        source: Where the fact was read.
        caps: Why findings of it cannot be more than `review`, in words; empty when they may reject.
        file: File that states it, as the user named its folder.
        line: Line of the entry in that file, from 1.
        layer: Layer of that file: national, state, payer or folder.
        replaced: What the layers below stated in its place.
        lists: The code lists of the run, which an entry may name one of.
        program_services: The services of its program, for remedies that name another one.
    """

    path: str
    kind: str
    entry: PolicyEntry | Service | PolicyModel
    program: str
    services: tuple[str, ...] | None
    effective: date | None
    ended: date | None
    source: Source
    caps: tuple[str, ...] = ()
    file: str = ""
    line: int = 0
    layer: str = "state"
    replaced: tuple[Replaced, ...] = field(default=(), hash=False, compare=False)
    lists: CodeLists = field(default_factory=CodeLists, hash=False, compare=False, repr=False)
    program_services: tuple[Service, ...] = field(default=(), hash=False, compare=False, repr=False)

    @property
    def severity(self) -> str:
        """Severity of its findings before caps."""
        return getattr(self.entry, "severity", "reject")

    @property
    def shadow(self) -> bool:
        """True when its findings decide nothing."""
        return getattr(self.entry, "shadow", False)

    @property
    def assumed(self) -> str | None:
        """The reading it rests on, or null."""
        return getattr(self.entry, "assumed", None)


@dataclass(frozen=True, slots=True)
class Program:
    """One program: what may be billed and by which rules.

    `facts` holds one item per entry and kind, in the order of the file, and for each service one item per kind
    that looks at services (`covered_services`, `modifiers`, `group_size`). `bases` are the ids of the programs it goes
    on top of, the nearest first.
    """

    id: str
    name: str
    state: str | None
    workforce: str | None
    status: Status
    effective: date | None
    ended: date | None
    payers: tuple[str, ...]
    services: tuple[Service, ...]
    facts: tuple[Fact, ...]
    sources: dict[str, Source] = field(hash=False)
    notes: tuple[str, ...] = ()
    layer: str = "state"
    extends: str | None = None
    bases: tuple[str, ...] = ()
    rendering_is: Literal["worker", "supervisor", "agency"] | None = None
    file: str = ""
    memo: dict[str, Any] = field(default_factory=dict, hash=False, compare=False, repr=False)
    """What the engine has made of the facts; they never change, so it is made once."""


@dataclass(frozen=True, slots=True)
class CodeSets:
    """The programs of a run, the national rules that apply to every claim, and what identifies them.

    Attributes:
        programs: Selected programs, in order of id; `national` is not among them.
        national: The rules on every claim.
        known_codes: Procedure code to the ids of all shipped programs that know it, selected or not.
        version: Version of the code sets, as shown in the summary.
        sha256: Hash over all files that were read, in a fixed order.
        chosen: True when the user named the programs; false: chosen per claim by payer id.
        lists: The code lists; their rows are read when a rule first asks for them.
    """

    programs: tuple[Program, ...]
    national: Program
    known_codes: Mapping[str, tuple[str, ...]] = field(hash=False)
    version: str
    sha256: str
    chosen: bool = True
    lists: CodeLists = field(default_factory=CodeLists, hash=False, compare=False, repr=False)
    memo: dict[str, Any] = field(default_factory=dict, hash=False, compare=False, repr=False)
    """What the engine has made of the programs together; made once, as they never change."""

    def lists_in_use(self) -> tuple[CodeList, ...]:
        """Return the lists that rules of the run judge by, in order of id; one without an edition among them."""
        facts = [*self.national.facts, *(fact for program in self.programs for fact in program.facts)]
        named = {getattr(fact.entry, "list", None) for fact in facts}
        return tuple(each for name, each in self.lists.items() if name in named)

    def program(self, program_id: str) -> Program:
        """Return the program of that id, `national` included; KeyError when it is not selected."""
        if program_id == NATIONAL:
            return self.national
        return next(program for program in self.programs if program.id == program_id)
