"""JSON Schema of a program file, for completion and first checks in an editor.

Made from the models that the loader checks with, so the two never differ. What the schema cannot say (known service
and source ids, dates, ties) the loader does.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from billing.policy.program_file import SERVICES, SOURCES, Ending, ProgramKeys
from billing.policy.schema import Service, Source
from billing.policy.translating import model_in
from billing.rules import KINDS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def program_schema() -> dict[str, Any]:
    """Return the JSON Schema of one program file."""
    entries: dict[str, type[BaseModel]] = {name: kind.Entry for name, kind in KINDS.items() if hasattr(kind, "Entry")}
    models: list[type[BaseModel]] = [ProgramKeys, Ending, Service, Source, *entries.values()]
    refs, shared = models_json_schema([(model, "validation") for model in models], ref_template="#/$defs/{model}")
    definitions = shared["$defs"]
    for model, (_, ref) in zip(models, refs.items(), strict=True):
        _describe(definitions[_name(ref)], model)
        for inner in _inside(model, {model}):
            if inner.__name__ in definitions:  # of two that share a name the definitions are named otherwise
                _describe(definitions[inner.__name__], inner)
    keys = definitions.pop(_name(refs[ProgramKeys, "validation"]))
    of = {model: refs[model, "validation"] for model in models}
    blocks = {SERVICES: _block(of[Service], of[Ending], "What may be billed.")}
    for name, entry in entries.items():
        blocks[name] = _block(of[entry], of[Ending], _first_line(KINDS[name].__doc__))
    sources = {"type": "object", "additionalProperties": of[Source], "description": "Id of each source to the source."}
    return {
        "$schema": DIALECT,
        "title": "cleanclaim program file",
        "type": "object",
        "properties": {**keys["properties"], **blocks, SOURCES: sources},
        "required": ["program"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def _block(item: dict[str, Any], ending: dict[str, Any], description: str) -> dict[str, Any]:
    return {"type": "array", "items": {"anyOf": [item, ending]}, "description": description}


def _describe(definition: dict[str, Any], model: type[BaseModel]) -> None:
    """Put the sentences of the models' docstrings beside their keys."""
    definition["description"] = _first_line(model.__doc__)
    described = attribute_texts(model)
    for name, key in definition.get("properties", {}).items():
        text = described.get(name) or described.get(f"{name}_")  # `from` is the attribute `from_`
        if text:
            key["description"] = text


def _inside(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    """Yield the models that a model's keys hold, each once."""
    for field in model.model_fields.values():
        inner = model_in(field.annotation)
        if inner is not None and inner not in seen:
            seen.add(inner)
            yield inner
            yield from _inside(inner, seen)


def attribute_texts(model: type[BaseModel]) -> dict[str, str]:
    """Return what the docstrings of a model and its bases say about each of its fields."""
    return {name: text for base in reversed(model.__mro__) for name, text in _attributes(base.__doc__).items()}


def _attributes(docstring: str | None) -> dict[str, str]:
    """Read the `Attributes:` section of a docstring."""
    _, _, section = inspect.cleandoc(docstring or "").partition("Attributes:\n")
    found = re.findall(r"^ {4}(\w+): (.+(?:\n {5,}.+)*)", section, re.MULTILINE)
    return {name: re.sub(r"\s+", " ", text) for name, text in found}


def _first_line(docstring: str | None) -> str:
    return inspect.cleandoc(docstring or "").partition("\n")[0]


def _name(ref: dict[str, Any]) -> str:
    return str(ref["$ref"]).rsplit("/", 1)[1]
