"""Scenario files, read strictly: what is unknown, misspelled or points nowhere is a problem with its place.

program: ks-chw
received: 2026-06-01                       # optional; the day the payer receives the claims
services: [{id: any, procedure: "H0038"}]  # for a template only: made-up services that complete it
defaults: {diagnoses: ["F1120"]}           # optional; fields of every claim of the file
scenarios:
  - it: the fifth unit on one day is over the limit
    claims: [C1 98960 U7 x4, C2 98960 U7 x1]
    expect: [unit_limits.daily reject C2 line 1]
cannot_matter:                             # optional; see billing/scenarios/mutation.py
  - {change: "...", because: ...}
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from billing.claims import Claim
from billing.errors import ReferenceFileError, did_you_mean, nearest_name
from billing.findings import SEVERITIES
from billing.formats.claim_json import Refusal, parse_claim, plain
from billing.policy.problems import Problem
from billing.policy.yaml_tree import Path, Tree, read_tree, scalars
from billing.reference_columns import REFERENCE_NAMES
from billing.references import read_references
from billing.scenarios.completing import read_services
from billing.scenarios.naming import MEMBER_IDS, OwnNames
from billing.scenarios.notation import NotationError, claim
from billing.scenarios.reference_rows import rows, table
from billing.scenarios.scenario import Excuse, Expected, Scenario, ScenarioFile

ENDING = ".scenarios.yaml"
_FILE_KEYS = ("program", "received", "services", "defaults", "scenarios", "cannot_matter")
_SCENARIO_KEYS = ("it", "claims", *REFERENCE_NAMES, "expect", "not_checked", "pays", "received", "select")
_EXCUSE_KEYS = ("change", "because")
_EXPECTED = re.compile(r"(\S+) (\S+) (\S+)( line (\d+))?( shadow)?")
_HOW = "write `unit_limits.daily reject C1 line 1`, or without the line for the whole claim"


def read_scenarios(shown: str, data: bytes) -> ScenarioFile:
    """Read one file, and collect what is wrong with it by itself."""
    tree = read_tree(shown, data)
    file = ScenarioFile(shown, tree, problems=tree.problems)
    if tree.value is None:
        return file
    if not isinstance(tree.value, dict):
        file.problems.append(tree.problem((), "is no scenario file", "begin with `program: <id>`"))
        return file
    for path, mark in scalars(tree):
        if mark.unclear:
            file.problems.append(tree.problem(path, mark.unclear[0], mark.unclear[1]))
    file.problems += _unknown_keys(tree, (), tree.value, _FILE_KEYS)
    _read_head(file)
    read_services(file)
    defaults = _map(file, ("defaults",))
    member_ids = str(defaults.pop("member_ids", MEMBER_IDS))
    numbers = itertools.count(1)
    for position, value in enumerate(_list(file, ("scenarios",))):
        path = ("scenarios", position)
        names = OwnNames(position + 1, numbers, member_ids)
        if isinstance(value, dict):
            file.scenarios.append(_scenario(file, path, value, names, defaults))
        else:
            file.problems.append(tree.problem(path, "is no scenario", "write `it:`, `claims:` and `expect:`"))
    file.problems += _repeated(file)
    _read_excuses(file)
    return file


def _read_head(file: ScenarioFile) -> None:
    tree = file.tree
    stem = file.shown.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(ENDING)
    file.program = str(tree.value.get("program") or "")
    if file.program != stem:
        words = (
            f"program: '{file.program}' is not what the file is named for" if file.program else "program: is missing"
        )
        file.problems.append(tree.problem(("program",), words, f"write `program: {stem}`, or rename the file"))
    if not tree.value.get("scenarios") and not _is_misspelled("scenarios", tree.value, _FILE_KEYS):
        file.problems.append(tree.problem((), "scenarios: is missing", "add `scenarios:` with at least one case"))
    received = tree.value.get("received")
    if received is not None:
        file.received = _day(file, ("received",), received) or file.received


def _scenario(
    file: ScenarioFile, path: Path, value: dict[str, Any], names: OwnNames, defaults: Mapping[str, Any]
) -> Scenario:
    tree = file.tree
    file.problems += _unknown_keys(tree, path, value, _SCENARIO_KEYS)
    scenario = Scenario(str(value.get("it") or ""), names.scenario, path, names)
    if not scenario.it:
        file.problems.append(tree.problem(path, "it: is missing", "name the case by a sentence"))
    received = value.get("received")
    day = None if received is None else _day(file, (*path, "received"), received)
    for position, short in enumerate(_list(file, (*path, "claims"))):
        made = _claim(file, (*path, "claims", position), short, names, defaults)
        if made is not None:
            late = day is not None and made.received_date is None
            scenario.claims.append(made.model_copy(update={"received_date": day}) if late else made)
    if not value.get("claims") and not _is_misspelled("claims", value, _SCENARIO_KEYS):
        file.problems.append(tree.problem(path, "claims: is missing", "write at least one claim: `[C1 98960 x4]`"))
    for name in REFERENCE_NAMES:
        if name in value:
            scenario.references[name] = _rows(file, (*path, name), name, names)
    for position, item in enumerate(_list(file, (*path, "expect"))):
        _read_expected(file, (*path, "expect", position), item, scenario)
    if "not_checked" in value:
        scenario.not_checked = [str(item) for item in _list(file, (*path, "not_checked"))]
    for claim_id, amount in _map(file, (*path, "pays")).items():
        scenario.pays[claim_id] = None if amount in {None, "unknown"} else str(amount)
    selected = value.get("select") or ()
    scenario.select = (selected,) if isinstance(selected, str) else tuple(map(str, selected))
    return scenario


def _claim(file: ScenarioFile, path: Path, short: object, names: OwnNames, defaults: Mapping[str, Any]) -> Claim | None:
    if not isinstance(short, (str, dict)) or not short:
        fix = "write `C1 98960 x4`, or `{C1: 98960 x4, member: M2}`"
        file.problems.append(file.tree.problem(path, "is no claim", fix))
        return None
    try:
        made = parse_claim(plain(claim(short, names, defaults)))
    except NotationError as error:
        file.problems.append(file.tree.problem(path, error.words, error.fix))
        return None
    if isinstance(made, Refusal):
        file.problems.append(file.tree.problem(path, f"cannot be read as a claim: {made.reason}"))
        return None
    return made


def _rows(file: ScenarioFile, path: Path, name: str, names: OwnNames) -> list[dict[str, str]]:
    made: list[dict[str, str]] = []
    for position, short in enumerate(_list(file, path)):
        if not isinstance(short, (str, dict)):
            file.problems.append(file.tree.problem((*path, position), "is no row", "write it as one text"))
            continue
        try:
            found = rows(name, short, names)
            read_references(**{name: table(name, found)})
        except NotationError as error:
            file.problems.append(file.tree.problem((*path, position), error.words, error.fix))
        except ReferenceFileError as error:
            words = str(error).partition("\n")[0].partition(": ")[2]
            file.problems.append(file.tree.problem((*path, position), words))
        else:
            made += found
    return made


def _read_expected(file: ScenarioFile, path: Path, item: object, scenario: Scenario) -> None:
    """Read `unit_limits.daily reject C1 line 1`, or `{that: words}`, or `{that: [words, words]}`."""
    text, words = next(iter(item.items())) if isinstance(item, dict) and len(item) == 1 else (item, ())
    match = _EXPECTED.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        file.problems.append(file.tree.problem(path, f"'{text}' is no finding", _HOW))
        return
    rule, severity, claim_id, line, number, shadow = match.groups()
    lines = {claim.claim_id: len(claim.lines) for claim in scenario.claims}
    known = [scenario.names.told(claim) for claim in lines]
    if severity not in SEVERITIES:
        fix = did_you_mean(severity, SEVERITIES) or f"write one of {', '.join(SEVERITIES)}"
        file.problems.append(file.tree.problem(path, f"'{severity}' is no severity", fix))
    elif len(lines) < len(_list(file, (*scenario.path, "claims"))) or not lines:
        pass  # a claim that could not be read is a problem of its own
    elif claim_id not in known:
        words = f"the scenario has no claim {claim_id}"
        file.problems.append(file.tree.problem(path, words, f"its claims are {', '.join(known)}"))
    elif line and int(number) > lines[scenario.names.claim(claim_id)]:
        file.problems.append(file.tree.problem(path, f"claim {claim_id} has no line {number}"))
    said = (words,) if isinstance(words, (str, int)) else tuple(words or ())
    key = f"{severity} {claim_id}{line or ''}{shadow or ''}"
    scenario.expect.append(Expected(rule, key, tuple(map(str, said)), path))


def _read_excuses(file: ScenarioFile) -> None:
    for position, value in enumerate(_list(file, ("cannot_matter",))):
        path = ("cannot_matter", position)
        if not isinstance(value, dict) or not all(isinstance(value.get(key), str) for key in _EXCUSE_KEYS):
            fix = "write `{change: <as --mutate words it>, because: <why no claim could tell>}`"
            file.problems.append(file.tree.problem(path, "a change and its reason are expected", fix))
            continue
        file.problems += _unknown_keys(file.tree, path, value, _EXCUSE_KEYS)
        file.excuses.append(Excuse(value["change"], value["because"], path))


def check_rules(file: ScenarioFile, known: Iterable[str]) -> None:
    """Give every expected rule its whole path, and collect those that no program of the file has.

    Args:
        file: The file; the rules of its program may be written without the program's id.
        known: Paths of all rules of the programs it is judged by, and of the rules on every claim.
    """
    paths = set(known)
    own = f"{file.program}."
    for scenario in file.scenarios:
        for number, expected in enumerate(scenario.expect):
            path = next((path for path in (own + expected.rule, expected.rule) if path in paths), None)
            if path is None:
                short = [name.removeprefix(own) for name in sorted(paths)]
                fix = did_you_mean(expected.rule, short) or f"`cleanclaim rules {file.program}` lists the rules"
                file.problems.append(file.tree.problem(expected.path, f"{expected.rule}: no rule has this path", fix))
            else:
                scenario.expect[number] = Expected(path, expected.key, expected.words, expected.path)


def _repeated(file: ScenarioFile) -> Iterator[Problem]:
    """Find scenarios of one name, and claims of one number in a scenario that did not mean it."""
    seen: dict[str, int] = {}
    for scenario in file.scenarios:
        first = seen.setdefault(scenario.it, file.tree.marks[scenario.path].line)
        if first != file.tree.marks[scenario.path].line:
            words = f"it: a scenario of this name stands in line {first}"
            yield file.tree.problem((*scenario.path, "it"), words, "say what tells them apart")


def _unknown_keys(tree: Tree, path: Path, value: Mapping[str, Any], known: Iterable[str]) -> Iterator[Problem]:
    for key in value:
        if key not in known:
            fix = did_you_mean(key, known) or f"the keys here are {', '.join(known)}"
            yield tree.problem((*path, key), f"{key}: no key here has this name", fix, at_key=True)


def _is_misspelled(key: str, value: Mapping[str, Any], known: Iterable[str]) -> bool:
    return any(nearest_name(other, known) == key for other in value if other not in known)


def _list(file: ScenarioFile, path: Path) -> list[Any]:
    value = file.tree.get(path)
    if value is None or isinstance(value, list):
        return value or []
    problem = file.tree.problem(path, f"{path[-1]}: a list is expected", "write the items in brackets")
    if problem not in file.problems:
        file.problems.append(problem)
    return []


def _map(file: ScenarioFile, path: Path) -> dict[str, Any]:
    value = file.tree.get(path)
    if value is None or isinstance(value, dict):
        return dict(value or {})
    file.problems.append(file.tree.problem(path, f"{path[-1]}: a map is expected", "write {key: value}"))
    return {}


def _day(file: ScenarioFile, path: Path, value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        file.problems.append(file.tree.problem(path, f"{path[-1]}: '{value}' is no date", "write 2026-12-31"))
        return None
