"""Whether a resource has the shape that FHIR R4 gives it, and words for what is wrong where it has not.

A receiver may pass over extensions, and elements of R4 that it has no use for. It may not pass over a
`modifierExtension` or `implicitRules` that it does not understand, since they may turn the meaning around; and an
element that R4 does not have is a mistake, or another version of FHIR. The words name elements and never a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from billing.errors import did_you_mean
from billing.formats.fhir.shapes import OPAQUE, SHAPES

Node = dict[str, Any]
"""A resource or a part of one: element to a text, a truth value, a `Node` or a list of these. Numbers are texts."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9]{0,39}")


class UnreadableError(Exception):
    """Why a resource is no claim that can be read.

    Attributes:
        words: What is wrong, without any value.
        path: Elements that lead there, outermost first; grows while the error passes through them.
        other: What the resource is instead (`institutional claims`), when it is not meant to be a professional claim
            of R4 at all; null: it is, and it is broken.
        charge: The claim's charge, USD; null when that is not known.
    """

    def __init__(self, words: str, *path: str, other: str | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.path = list(path)
        self.other = other
        self.charge: Decimal | None = None

    @property
    def reason(self) -> str:
        """Place and words in one sentence."""
        place = ".".join(self.path)
        goes_on = self.words.startswith(("is ", "must ", "names ", "holds ", "says "))
        return f"{place}{' ' if goes_on else ': '}{self.words}" if place else self.words


class Twice:
    """Stands for a JSON object that gives one field twice."""

    def __init__(self, field: str) -> None:
        """Take the field's name; one that is no name is not shown."""
        self.field = shown(field)


class Uncountable:
    """Stands for what is no JSON value although some programs write it: NaN, Infinity."""


def shown(name: object) -> str:
    """Return an element's name, when it looks like one and not like a value."""
    return f"'{name}'" if _NAME.fullmatch(str(name)) else "an element whose name is no word"


def type_of(resource: Node) -> str:
    """Return the type of a resource; empty when it says none."""
    kind = resource.get("resourceType")
    return kind if isinstance(kind, str) else ""


def check(node: object, kind: str) -> None:
    """Check a resource or a part of one against the shape of its kind.

    Raises:
        UnreadableError: It has an element that R4 does not have, a list where one value belongs or the other way
            round, or a `modifierExtension`; the path begins inside the node.
    """
    if type(node) is not dict:
        raise UnreadableError(_not_an_object(node))
    shape = SHAPES[kind]
    for name, value in node.items():
        known = shape.get(name)
        if known is None:
            if name == "resourceType" or (name[:1] == "_" and name[1:] in shape):
                continue
            raise UnreadableError(_unknown(name, shape), kind_word(name))
        inner, is_list = known
        if is_list:
            _check_list(name, value, inner)
        elif inner is None:
            if type(value) is not str and type(value) is not bool and value is not None:
                raise UnreadableError("must be one value", name)
        elif inner not in OPAQUE and value is not None:
            try:
                check(value, inner)
            except UnreadableError as error:
                error.path.insert(0, name)
                raise


def check_resource(resource: Node, kind: str) -> None:
    """Check a whole resource: its shape, and that nothing turns its meaning around.

    Raises:
        UnreadableError: It has not the shape of R4, follows rules of its own, or was entered in error.
    """
    check(resource, kind)
    if resource.get("implicitRules"):
        raise UnreadableError("cleanclaim does not know these rules", "implicitRules")
    if resource.get("status") == "entered-in-error":
        raise UnreadableError("says that the resource was entered in error", "status")


def _check_list(name: str, value: object, inner: str | None) -> None:
    if value is None:
        return
    if type(value) is not list:
        raise UnreadableError("must be a list in brackets", name)
    if name == "modifierExtension" and value:
        raise UnreadableError("it may change what the rest means, and cleanclaim does not know it", name)
    if inner is None:
        if not all(item is None or type(item) is str for item in value):
            raise UnreadableError("must be a list of single values", name)
        return
    if inner in OPAQUE:
        return
    for number, item in enumerate(value):
        try:
            check(item, inner)
        except UnreadableError as error:
            error.path.insert(0, f"{name}[{number}]")
            raise


def kind_word(name: str) -> str:
    """Return an element's name for a path."""
    return name if _NAME.fullmatch(name) else "?"


def _not_an_object(node: object) -> str:
    if isinstance(node, Twice):
        return f"{node.field} is given twice"
    if isinstance(node, Uncountable):
        return "must be a number"
    return "must be an object in braces"


def _unknown(name: str, shape: Mapping[str, object]) -> str:
    near = did_you_mean(name, shape)
    return "FHIR R4 has no element of this name here" + (f"; {near}" if near else "")
