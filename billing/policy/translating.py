"""pydantic's errors put into our own words, at the place of the value they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from billing.errors import did_you_mean, nearest_name
from billing.policy.problems import Problem
from billing.policy.yaml_tree import Path, Tree

_A_NUMBER = ("is not a number", "write a number such as 4 or 11.97")
_WHOLE = ("is not a whole number", "write a whole number such as 4")
_DATE = ("is not a date", "write a date as 2026-12-31")
_LIST = ("a list is expected", "write the items in brackets: [first, second]")
_MAP = ("a map is expected", "write {key: value}, or the keys on lines of their own")
_WORDS = {
    "int_type": _WHOLE, "int_parsing": _WHOLE, "int_parsing_size": _WHOLE, "int_from_float": _WHOLE,
    "decimal_type": _A_NUMBER, "decimal_parsing": _A_NUMBER, "float_type": _A_NUMBER, "float_parsing": _A_NUMBER,
    "finite_number": _A_NUMBER,
    "bool_type": ("is neither true nor false", "write true or false"),
    "bool_parsing": ("is neither true nor false", "write true or false"),
    "date_type": _DATE, "date_parsing": _DATE, "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "tuple_type": _LIST, "list_type": _LIST, "set_type": _LIST, "frozen_set_type": _LIST,
    "dict_type": _MAP, "model_type": _MAP, "model_attributes_type": _MAP,
}  # fmt: skip
_BOUNDS = {
    "greater_than_equal": ("ge", "is below the least that makes sense", "write {} or more"),
    "greater_than": ("gt", "is not above {}", "write more than {}"),
    "less_than_equal": ("le", "is above the most that makes sense", "write {} or less"),
    "less_than": ("lt", "is not below {}", "write less than {}"),
}


def model_problems(error: ValidationError, model: type[BaseModel], tree: Tree, base: Path) -> Iterator[Problem]:
    """Translate what pydantic found in one part of a file.

    Args:
        error: What it found.
        model: The model that was validated.
        tree: The file.
        base: Path of the part in the file.

    Yields:
        One problem per place. Of a value that fits none of several forms, only the first form's problem is told.
    """
    told: set[Path] = set()
    for details in error.errors(include_url=False, include_input=False):
        location = details["loc"]
        path = _place(tree, base, location)
        asks_for_key = details["type"] == "missing"
        if asks_for_key:
            path = (*path, str(location[-1]))
        if path not in told:
            told.add(path)
            yield _problem(dict(details), model, tree, path, location)


def _place(tree: Tree, base: Path, location: Path) -> Path:
    """Follow pydantic's location as far as the file has it; names of union branches are in no file."""
    path = base
    for part in location:
        if (*path, part) in tree.marks:
            path = (*path, part)
    return path


def _problem(details: dict[str, Any], model: type[BaseModel], tree: Tree, path: Path, location: Path) -> Problem:
    kind, key = details["type"], _subject(path)
    if kind == "missing":
        return tree.problem(path[:-1], f"{key}: is missing", f"add `{key}: ...`")
    if kind == "extra_forbidden":
        known = known_keys(model, location[:-1])
        fix = did_you_mean(key, known) or f"the keys here are {', '.join(known)}"
        return tree.problem(path, f"{key}: no key here has this name", fix, at_key=True)
    if kind in {"value_error", "assertion_error"}:
        return tree.problem(path, f"{key}: {details['ctx']['error']}")
    words, fix = _words_for(kind, details.get("ctx", {}), tree.get(path))
    return tree.problem(path, f"{key}: {words}", fix)


def _words_for(kind: str, context: dict[str, Any], value: Any) -> tuple[str, str]:
    if value is None:
        return "is empty", "write a value, or leave the key out"
    shown = "a list" if isinstance(value, list) else "a map" if isinstance(value, dict) else f"'{value}'"
    if kind == "literal_error":
        return _not_among(shown, str(value), re.findall(r"'([^']*)'", context["expected"]))
    if kind == "string_type":
        if isinstance(value, (list, dict)):
            return f"a text is expected, not {shown}", "write one text"
        return f'codes are text: write "{str(value).lower() if isinstance(value, bool) else value}" in quotes', ""
    if kind == "string_pattern_mismatch":
        return f"{shown} does not have the form {context['pattern']}", _pattern_fix(str(context["pattern"]), str(value))
    if kind in _BOUNDS:
        name, words, fix = _BOUNDS[kind]
        return f"{shown} {words.format(context[name])}", fix.format(context[name])
    if kind in _WORDS:
        words, fix = _WORDS[kind]
        return (f"{words}, not {shown}" if words.endswith("expected") else f"{shown} {words}"), fix
    if kind in {"too_short", "string_too_short"}:
        return "holds too few", f"write at least {context.get('min_length', 1)}"
    if kind in {"too_long", "string_too_long"}:
        return "holds too many", f"write at most {context.get('max_length', 1)}"
    return f"{shown} cannot be used here ({kind.replace('_', ' ')})", "compare with `cleanclaim codeset schema`"


def _not_among(shown: str, value: str, words: list[str]) -> tuple[str, str]:
    near = nearest_name(value, words)
    hint = f"did you mean '{near}'? " if near else ""
    return f"{shown} is not one of its words", f"{hint}write one of {', '.join(words)}"


def _pattern_fix(pattern: str, value: str) -> str:
    suggestion = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")
    if suggestion and re.search(pattern, suggestion):
        return f"write {suggestion}"
    if re.search(pattern, value.upper()):
        return f"write {value.upper()}"
    return "write it in that form"


def _subject(path: Path) -> str:
    """Return the key a path is about: its last name, for items of a list the list's."""
    return next((part for part in reversed(path) if isinstance(part, str)), "the file")


def known_keys(model: type[BaseModel], location: Path) -> list[str]:
    """Return the keys of the model at a location inside another, in order."""
    for part in location:
        if part in model.model_fields:
            inner = _model_in(model.model_fields[str(part)].annotation)
            if inner is not None:
                model = inner
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Find the model in an annotation such as `tuple[Rate, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and not get_args(annotation):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner))), None)
