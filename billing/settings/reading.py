"""Reading a settings file, strictly: every problem with file, line, column, and what to write instead."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from billing.errors import SettingsError
from billing.policy.problems import Problem
from billing.policy.translating import model_in, model_problems
from billing.policy.yaml_tree import MAX_BYTES, Tree, read_tree, scalars
from billing.settings.model import Settings

SETTINGS_FILE = "cleanclaim.yaml"
"""Name of the settings file that the commands look for in the current folder."""

_UNFILLED = ("<", ">")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def load_settings(path: str | os.PathLike[str] = SETTINGS_FILE) -> Settings:
    """Read a settings file.

    Args:
        path: The YAML file.

    Returns:
        The settings; the file of control numbers with its folder.

    Raises:
        SettingsError: The file cannot be read, or holds at least one problem; all of them are told.
    """
    shown = os.fsdecode(path)
    settings = parse_settings(_bytes_of(Path(path), shown), shown)
    if (numbers := settings.control_number_file) is None:
        return settings
    beside = Path(os.path.abspath(path)).parent / numbers.expanduser()  # noqa: PTH100  links are followed when it is used
    interchange = settings.interchange.model_copy(update={"control_numbers": str(beside)})
    return settings.model_copy(update={"interchange": interchange})


def parse_settings(data: bytes, shown: str) -> Settings:
    """Read the content of a settings file; `shown` is its name in messages.

    Raises:
        SettingsError: It holds at least one problem.
    """
    tree = read_tree(shown, data)
    settings, problems = _validated(tree)
    found = sorted(dict.fromkeys([*map(_in_our_words, tree.problems), *problems]))
    if settings is None or found:
        raise SettingsError("\n".join(str(problem) for problem in found))
    return settings


def skeleton() -> str:
    """Return the text of a new settings file, every key explained."""
    return (files("billing.settings") / "skeleton.yaml").read_text("utf-8")


def settings_schema() -> dict[str, Any]:
    """Return the JSON Schema of a settings file."""
    return {"$schema": _DIALECT, **Settings.model_json_schema(), "title": "cleanclaim settings file"}


def _bytes_of(path: Path, shown: str) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SettingsError(f"{shown}: is too large for a settings file\n  fix: name the settings file")
        return path.read_bytes()
    except FileNotFoundError:
        fix = "`cleanclaim settings new` writes one to fill in"
        raise SettingsError(f"{shown}: there is no such settings file\n  fix: {fix}") from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "it cannot be opened").lower()
        raise SettingsError(f"{shown}: cannot be read: {reason}\n  fix: name the settings file") from None


def _in_our_words(problem: Problem) -> Problem:
    """The reader of YAML speaks of program files; what it says holds here too."""
    if problem.words == "is empty":
        return replace(problem, fix="`cleanclaim settings new` writes one to fill in")
    return replace(problem, words=problem.words.replace("program files", "settings files"))


def _validated(tree: Tree) -> tuple[Settings | None, list[Problem]]:
    """Return the settings, null when they do not fit the model, and what is wrong."""
    if tree.value is None:
        return None, []
    if not isinstance(tree.value, dict):
        fix = "begin with `submitter:`; `cleanclaim settings new` writes a file to fill in"
        return None, [tree.problem((), "is no settings file", fix)]
    problems = [*_unfilled(tree), *_unclear(tree)]
    if problems:  # what else is wrong with these values follows from it
        places = {(problem.line, problem.column) for problem in problems}
        others = _problems_of_model(tree)[1]
        return None, [*problems, *(each for each in others if (each.line, each.column) not in places)]
    settings, problems = _problems_of_model(tree)
    if settings is not None:
        problems += _delimiters_in_values(tree, settings)
    return settings, problems


def _unfilled(tree: Tree) -> Iterator[Problem]:
    for path, mark in scalars(tree):
        text = mark.text or ""
        if text.startswith(_UNFILLED[0]) and text.endswith(_UNFILLED[1]) and len(text) > 1:
            purpose = _purpose(path)
            yield tree.problem(path, f"{_dotted(path)}: is not filled in", f"write here: {purpose or 'the value'}")


def _unclear(tree: Tree) -> Iterator[Problem]:
    for path, mark in scalars(tree):
        if mark.unclear:
            yield tree.problem(path, f"{_dotted(path)}: {mark.unclear[0]}", mark.unclear[1])


def _problems_of_model(tree: Tree) -> tuple[Settings | None, list[Problem]]:
    try:
        return Settings.model_validate(tree.value), []
    except ValidationError as error:
        explained: dict[Problem, list[Problem]] = {}
        for details in error.errors(include_url=False, include_input=False):
            if details["type"] == "missing":
                path = details["loc"]
                plain = tree.problem(path[:-1], f"{path[-1]}: is missing", f"add `{path[-1]}: ...`")
                told = f"add `{path[-1]}: ...`, {_purpose(path)}"
                explained.setdefault(plain, []).append(replace(plain, words=f"{_dotted(path)}: is missing", fix=told))
        problems = [
            each for problem in model_problems(error, Settings, tree, ()) for each in explained.get(problem, [problem])
        ]
        # pydantic counts the items without errors only.
        problems = [
            each for each in problems if not (each.words.endswith(": holds too few") and _has_items(tree, each))
        ]
        hint = "`cleanclaim settings schema` says what each key is for"
        return None, [replace(each, fix=each.fix.replace("compare with `cleanclaim codeset schema`", hint))
                      for each in problems]  # fmt: skip


def _has_items(tree: Tree, problem: Problem) -> bool:
    return bool(tree.get((problem.words.partition(":")[0],)))


def _delimiters_in_values(tree: Tree, settings: Settings) -> Iterator[Problem]:
    signs = settings.interchange.delimiters.signs
    for path, mark in scalars(tree):
        found = [sign for sign in signs if sign in (mark.text or "")]
        if found and path[:2] not in {("interchange", "delimiters"), ("interchange", "control_numbers")}:
            words = f"{_dotted(path)}: holds {found[0]!r}, which is a delimiter of the file"
            yield tree.problem(path, words, "take it out, or choose another sign under interchange.delimiters")


def _dotted(path: tuple[str | int, ...]) -> str:
    """Return `billing_providers[1].address.zip`; lists are counted from 1."""
    words = ""
    for part in path:
        words += f"[{part + 1}]" if isinstance(part, int) else f"{'.' if words else ''}{part}"
    return words


def _purpose(path: tuple[str | int, ...]) -> str:
    """Return what a key is for; empty when there is none of that name."""
    model: type[BaseModel] | None = Settings
    described = ""
    for part in path:
        if isinstance(part, str):
            field = model.model_fields.get(part) if model is not None else None
            if field is None:
                return ""
            described, model = field.description or "", model_in(field.annotation)
    return described
