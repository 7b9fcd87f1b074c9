"""A template completed for its scenarios by services made up in the scenario file, so that its rules see lines.

A template is a program whose rules are sourced and whose procedure codes are not. Whoever knows its codes completes it
with an overlay; `services:` in its scenario file stands in for one. Only the template's own facts are changed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from pydantic import ValidationError

from billing.policy.facts import program_of
from billing.policy.layers import Merged
from billing.policy.loading import Library
from billing.policy.program_file import SERVICES, Item, ProgramFile
from billing.policy.schema import Service, Source
from billing.policy.translating import model_problems
from billing.rules import KINDS
from billing.scenarios.scenario import ScenarioFile

_LAYER = "scenarios"
_SOURCE_ID = "made-up-for-scenarios"
_SOURCE = Source(
    title="Services made up for scenarios",
    publisher="cleanclaim",
    form="practice",
    read_on=date(2026, 11, 22),
    official=False,
)


def read_services(file: ScenarioFile) -> None:
    """Read the services that a scenario file makes up, and collect what is wrong with them."""
    written = file.tree.get((SERVICES,))
    if written is None:
        return
    if not isinstance(written, list):
        words = f"{SERVICES}: a list of services is expected"
        file.problems.append(file.tree.problem((SERVICES,), words, 'write `- {id: any, procedure: "H0038"}`'))
        return
    for position, value in enumerate(written):
        path = (SERVICES, position)
        try:
            given = {"source": _SOURCE_ID, **value} if isinstance(value, dict) else value
            file.services.append(Service.model_validate(given))
        except ValidationError as error:
            file.problems += model_problems(error, Service, file.tree, path)


def completed(library: Library, file: ScenarioFile) -> Library:
    """Return the library with the file's template completed by the services the file makes up; else as it is."""
    base = library.merged.get(file.program)
    if not file.services or base is None:
        return library
    merged = _completed(base, file)
    program = program_of(merged, KINDS, library.lists)
    return replace(
        library,
        programs={**library.programs, merged.id: program},
        merged={**library.merged, merged.id: merged},
    )


def _completed(base: Merged, file: ScenarioFile) -> Merged:
    stands_in = ProgramFile(file.shown, _LAYER, file.tree)
    made_up = [
        Item(SERVICES, service, (SERVICES, position), stands_in, base.id)
        for position, service in enumerate(file.services)
    ]
    return replace(
        base,
        keys=base.keys.model_copy(update={"status": "in_force"}),
        items=[*made_up, *base.items],
        sources={**base.sources, _SOURCE_ID: _SOURCE},
        known={**base.known, SERVICES: {*base.known.get(SERVICES, ()), *(service.id for service in file.services)}},
    )
