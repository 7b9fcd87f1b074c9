"""Defects of elements and components: missing, not used, too many, and broken syntax notes."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from tests.formats.x12.conformance.mutation import (
    Field,
    Place,
    body,
    change,
    choose,
    draw_field,
    is_simple,
    put,
    uncounted,
)
from tests.formats.x12.conformance.pieces import Piece, value_of

# ----------------------------------------------------------------------------------------- missing and not used


@uncounted
def required_element_emptied(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: bool(f.value) and not f.component and f.node.usage == "R", lambda _: "")


@uncounted
def situational_element_emptied(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: bool(f.value) and not f.component and f.node.usage == "S", lambda _: "")


@uncounted
def required_component_emptied(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: bool(f.value and f.component) and f.node.usage == "R", lambda _: "")


@uncounted
def situational_component_emptied(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: bool(f.value and f.component) and f.node.usage == "S", lambda _: "")


@uncounted
def not_used_element_given(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: f.node.usage == "N" and not f.component, lambda _: "1")


@uncounted
def not_used_component_given(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: f.node.usage == "N" and bool(f.component), lambda _: "1")


@uncounted
def situational_element_given(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: not f.value and f.node.usage == "S" and not f.node.is_composite(),
                   lambda f: value_of(f.node, chance))  # fmt: skip


# ----------------------------------------------------------------------------------------------------- too many


@uncounted
def too_many_elements(pieces: list[Piece], chance: random.Random) -> Place | None:
    piece = pieces[at := chance.choice(body(pieces))]
    most = len(piece.node.children)
    piece.parts += [""] * (most + 1 - len(piece.parts)) + ["1"] * chance.choice([1, 2])
    return Place(at + 1, piece.id, most + 1)


@uncounted
def too_many_components(pieces: list[Piece], chance: random.Random) -> Place | None:
    field = draw_field(pieces, chance, lambda f: bool(f.value) and f.node.is_composite() and f.node.usage != "N")
    if field is None:
        return None
    most = field.node.get_child_count()
    parts = field.value.split(":")
    place = put(pieces, field, ":".join([*parts, *[""] * (most - len(parts)), "1"]))
    return place._replace(component=most + 1)


@uncounted
def components_in_a_simple_element(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_simple(f) and not f.component, lambda f: f"{f.value}:1")


@uncounted
def element_repeated(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: bool(f.value) and not f.component, lambda f: f"{f.value}^{f.value}")


@uncounted
def trailing_separators(pieces: list[Piece], chance: random.Random) -> Place | None:
    piece = pieces[at := chance.choice(body(pieces))]
    room = len(piece.node.children) + 1 - len(piece.parts)
    if room < 1:
        return None
    piece.parts += [""] * chance.randint(1, room)
    return Place(at + 1, piece.id, len(piece.parts) - 1)


@uncounted
def trailing_separators_past_the_last_element(pieces: list[Piece], chance: random.Random) -> Place | None:
    piece = pieces[at := chance.choice(body(pieces))]
    piece.parts += [""] * (len(piece.node.children) + 2 - len(piece.parts))
    return Place(at + 1, piece.id, len(piece.parts) - 1)


@uncounted
def trailing_component_separators(pieces: list[Piece], chance: random.Random) -> Place | None:
    field = draw_field(pieces, chance, lambda f: bool(f.value) and f.node.is_composite()
                  and f.value.count(":") + 1 < f.node.get_child_count())  # fmt: skip
    if field is None:
        return None
    pieces[field.at].parts[field.element] = f"{field.value}:"
    return Place(field.at + 1, pieces[field.at].id, field.element)


# ------------------------------------------------------------------------------------------------- syntax notes


def _notes(pieces: Sequence[Piece], letter: str) -> Iterator[tuple[int, list[int], list[Any]]]:
    for at in body(pieces):
        for sign, *places in pieces[at].node.syntax:
            if sign == letter:
                yield at, places, [pieces[at].node.children[number - 1] for number in places]


def _given(piece: Piece, places: Sequence[int]) -> list[int]:
    return [number for number in places if number < len(piece.parts) and piece.parts[number]]


def _fill(pieces: list[Piece], at: int, number: int, chance: random.Random) -> Place:
    node = pieces[at].node.children[number - 1]
    value = value_of(node.children[0] if node.is_composite() else node, chance)
    return put(pieces, Field(at, number, 0, node, ""), value)


def _empty(pieces: list[Piece], at: int, number: int) -> Place:
    return put(pieces, Field(at, number, 0, None, ""), "")


@uncounted
def pair_of_elements_broken(pieces: list[Piece], chance: random.Random) -> Place | None:
    ways = []
    for at, places, nodes in _notes(pieces, "P"):
        given = _given(pieces[at], places)
        loose = [n for n, node in zip(places, nodes, strict=True) if node.usage == "S"]
        if len(given) == len(places) and loose:
            ways += [(at, number, "empty") for number in loose]
        elif not given and loose:
            ways += [(at, number, "fill") for number in loose]
    return _break(pieces, chance, ways)


def _break(pieces: list[Piece], chance: random.Random, ways: Sequence[tuple[int, int, str]]) -> Place | None:
    way = choose(chance, ways)
    if way is None:
        return None
    at, number, what = way
    return _empty(pieces, at, number) if what == "empty" else _fill(pieces, at, number, chance)


@uncounted
def at_least_one_element_broken(pieces: list[Piece], chance: random.Random) -> Place | None:
    found = choose(chance, [note for note in _notes(pieces, "R") if all(node.usage != "R" for node in note[2])])
    if found is None:
        return None
    at, places, _ = found
    given = _given(pieces[at], places)
    for number in given:
        place = _empty(pieces, at, number)
    return place


@uncounted
def only_one_element_broken(pieces: list[Piece], chance: random.Random) -> Place | None:
    ways = [
        (at, number, "fill")
        for at, places, nodes in _notes(pieces, "E")
        for number, node in zip(places, nodes, strict=True)
        if node.usage == "S" and not _given(pieces[at], [number]) and _given(pieces[at], places)
    ]
    return _break(pieces, chance, ways)


@uncounted
def condition_of_an_element_broken(pieces: list[Piece], chance: random.Random) -> Place | None:
    ways = []
    for at, (first, *others), (node, *nodes) in _notes(pieces, "C"):
        if _given(pieces[at], [first]):
            ways += [(at, n, "empty") for n, other in zip(others, nodes, strict=True)
                     if other.usage == "S" and _given(pieces[at], [n])]  # fmt: skip
        elif node.usage == "S" and len(_given(pieces[at], others)) < len(others):
            ways.append((at, first, "fill"))
    return _break(pieces, chance, ways)


@uncounted
def condition_with_a_choice_broken(pieces: list[Piece], chance: random.Random) -> Place | None:
    ways = []
    for at, (first, *others), (node, *nodes) in _notes(pieces, "L"):
        given = _given(pieces[at], others)
        if _given(pieces[at], [first]) and len(given) == 1 and nodes[others.index(given[0])].usage == "S":
            ways.append((at, given[0], "empty"))
        elif not given and node.usage == "S" and not _given(pieces[at], [first]):
            ways.append((at, first, "fill"))
    return _break(pieces, chance, ways)
