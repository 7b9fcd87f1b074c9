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
_LISTS = frozenset(kind for kind, words in _WORDS.items() if words is _LIST)
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
    by_path: dict[Path, list[dict[str, Any]]] = {}
    for details in error.errors(include_url=False, include_input=False):
        path = _place(tree, base, details["loc"])
        if details["type"] == "missing":
            path = (*path, str(details["loc"][-1]))
        by_path.setdefault(path, []).append(dict(details))
    misspelled = {
        nearest_name(str(path[-1]), known_keys(model, each[0]["loc"][:-1]))
        for path, each in by_path.items()
        if each[0]["type"] == "extra_forbidden"
    }
    for path, each in by_path.items():
        kinds = [details["type"] for details in each]
        if kinds[0] == "missing" and path[-1] in misspelled:
            continue
        if kinds[0] == "literal_error" and not _LISTS.isdisjoint(kinds):
            yield _neither_word_nor_list(each[0], tree, path)
        else:
            yield _problem(each[0], model, tree, path)


def _place(tree: Tree, base: Path, location: Path) -> Path:
    """Follow pydantic's location as far as the file has it; names of union branches are in no file."""
    path = base
    for part in location:
        if (*path, part) in tree.marks:
            path = (*path, part)
    return path


def _neither_word_nor_list(details: dict[str, Any], tree: Tree, path: Path) -> Problem:
    word, value = details["ctx"]["expected"].strip("'"), tree.get(path)
    return tree.problem(path, f"{_subject(path)}: '{value}' is no list", f"write {word}, or a list: [{value}]")


def _problem(details: dict[str, Any], model: type[BaseModel], tree: Tree, path: Path) -> Problem:
    kind, key = details["type"], _subject(path)
    if kind == "missing":
        return tree.problem(path[:-1], f"{key}: is missing", f"add `{key}: ...`")
    if kind == "extra_forbidden":
        known = known_keys(model, details["loc"][:-1])
        fix = did_you_mean(key, known) or f"the keys here are {', '.join(known)}"
        return tree.problem(path, f"{key}: no key here has this name", fix, at_key=True)
    if kind in {"value_error", "assertion_error"}:
        return tree.problem(path, f"{key}: {details['ctx']['error']}")
    words, fix = _words_for(kind, details.get("ctx", {}), tree.get(path))
    return tree.problem(path, f"{key}: {words}", fix)


def _words_for(kind: str, context: dict[str, Any], value: object) -> tuple[str, str]:
    shown = "a list" if isinstance(value, list) else "a map" if isinstance(value, dict) else f"'{value}'"
    words = ("is empty", "write a value, or leave the key out")
    if value is None:
        pass
    elif kind == "literal_error":
        words = _not_among(shown, str(value), re.findall(r"'([^']*)'", context["expected"]))
    elif kind == "string_type":
        words = _text_expected(value, shown)
    elif kind == "string_pattern_mismatch":
        pattern = str(context["pattern"])
        words = (f"{shown} is not written as it should be", _pattern_fix(pattern, str(value)))
    elif kind in _BOUNDS:
        name, problem, fix = _BOUNDS[kind]
        words = (f"{shown} {problem.format(context[name])}", fix.format(context[name]))
    elif kind in _WORDS:
        problem, fix = _WORDS[kind]
        words = (f"{problem}, not {shown}" if problem.endswith("expected") else f"{shown} {problem}", fix)
    elif kind in {"too_short", "string_too_short"}:
        words = ("holds too few", f"write at least {context.get('min_length', 1)}")
    elif kind in {"too_long", "string_too_long"}:
        words = ("holds too many", f"write at most {context.get('max_length', 1)}")
    else:
        words = (f"{shown} cannot be used here", "compare with `cleanclaim codeset schema`")
    return words


def _text_expected(value: object, shown: str) -> tuple[str, str]:
    if isinstance(value, (list, dict)):
        return f"a text is expected, not {shown}", "write one text"
    text = str(value).lower() if isinstance(value, bool) else value
    return f'codes are text: write "{text}" in quotes', ""


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
    return f"write it in the form {pattern}"


def _subject(path: Path) -> str:
    """Return the key a path is about: its last name, for items of a list the list's."""
    return next((part for part in reversed(path) if isinstance(part, str)), "the file")


def known_keys(model: type[BaseModel], location: Path) -> list[str]:
    """Return the keys of the model at a location inside another, in order."""
    for part in location:
        if part in model.model_fields:
            inner = model_in(model.model_fields[str(part)].annotation)
            if inner is not None:
                model = inner
    return [field.alias or name for name, field in model.model_fields.items()]


def model_in(annotation: object) -> type[BaseModel] | None:
    """Find the model in an annotation such as `tuple[Rate, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and not get_args(annotation):
        return annotation
    return next((found for inner in get_args(annotation) if (found := model_in(inner))), None)
