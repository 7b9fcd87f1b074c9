"""The keys of program files with their types in words, from the models that the loader checks with."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from billing.policy.conditions import Conditions
from billing.policy.json_schema import attribute_texts
from billing.policy.schema import Code

_SCALARS = {str: "text", bool: "true or false", int: "whole number", Decimal: "number", date: "date"}
_IS_CODE = get_args(Code)[1]
_BOUNDS = {"ge": "{} or more", "gt": "above {}", "le": "at most {}", "lt": "below {}"}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of an entry.

    Attributes:
        name: As a program file writes it.
        form: Its type in words: `whole number, 1 or more`, `list of codes`, `day, week or month`.
        is_needed: True when it must be written.
        default: What it is when it is left out, in words; empty when that is nothing.
        meaning: What it says, from the model's docstring.
    """

    name: str
    form: str
    is_needed: bool
    default: str
    meaning: str


def keys_of(model: type[BaseModel], *, without: type[BaseModel] | None = None) -> Iterator[Key]:
    """Yield the keys of a model in order.

    Args:
        model: A kind's `Entry`, or another model of program files.
        without: A base whose keys are left out.
    """
    told = attribute_texts(model)
    for name, field in model.model_fields.items():
        if without is None or name not in without.model_fields:
            default = "" if field.is_required() else _default(field.default)
            yield Key(field.alias or name, _form_of(field), field.is_required(), default, told.get(name, ""))


def _default(value: object) -> str:
    if value is None or value in ((), {}, ""):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _form_of(field: FieldInfo) -> str:
    return _form(field.annotation, tuple(field.metadata))


def _form(annotation: Any, metadata: tuple[object, ...] = (), *, several: bool = False) -> str:  # noqa: ANN401 any type
    if hasattr(annotation, "__metadata__"):  # Annotated[...]
        return _form(annotation.__origin__, (*annotation.__metadata__, *metadata), several=several)
    origin = get_origin(annotation)
    if origin in {Union, types.UnionType}:
        return _one_of(annotation, metadata, several=several)
    if origin is Literal:
        return _either([str(word) for word in get_args(annotation)])
    if origin is tuple:
        return f"list of {_form(get_args(annotation)[0], several=True)}"
    if origin is dict:
        first, second = get_args(annotation)
        return f"map of {_form(first)} to {_form(second)}"
    return _plain_form(annotation, metadata, several=several)


def _one_of(annotation: object, metadata: tuple[object, ...], *, several: bool) -> str:
    """Join the forms of a union; words of several Literals are one list."""
    words: list[str] = []
    others: list[str] = []
    for branch in get_args(annotation):
        if get_origin(branch) is Literal:
            words += [str(word) for word in get_args(branch)]
        elif branch is not type(None):
            others.append(_form(branch, metadata, several=several))
    return _either([*words, *others])


def _plain_form(annotation: object, metadata: tuple[object, ...], *, several: bool) -> str:
    if _IS_CODE in metadata:
        return "codes" if several else "code"
    if annotation is Conditions:
        return "conditions"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        keys = ", ".join(f"{key.name} ({key.form})" for key in keys_of(annotation))
        return f"{'maps' if several else 'map'}: {keys}"
    form = _SCALARS.get(annotation, "text") if isinstance(annotation, type) else "text"
    flat = [inner for item in metadata for inner in (item.metadata if isinstance(item, FieldInfo) else (item,))]
    bounds = [
        words.format(f"{bound:,}")
        for item in flat
        for name, words in _BOUNDS.items()
        if (bound := getattr(item, name, None)) is not None
    ]
    return ", ".join([f"{form}s" if several else form, *bounds])


def _either(words: list[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last
