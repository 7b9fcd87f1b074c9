"""Defects of elements and components: missing, not used, too many, too long, not of their type or list."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.formats.x12.conformance.mutation import Field, Place, body, choose, fields, kind, put
from tests.formats.x12.conformance.seeds import Piece, codes_of, measure, value_of


def _draw(pieces: Sequence[Piece], chance: random.Random, fits: Callable[[Field], bool]) -> Field | None:
    found: Field | None = choose(chance, [field for field in fields(pieces) if fits(field)])
    return found


def _change(pieces: list[Piece], chance: random.Random, fits: Callable[[Field], bool],
            value: Callable[[Field], str]) -> Place | None:  # fmt: skip
    field = _draw(pieces, chance, fits)
    return None if field is None else put(pieces, field, value(field))


def _is_simple(field: Field) -> bool:
    return bool(field.value) and not field.node.is_composite()


def _type(field: Field) -> str:
    return "" if field.node.is_composite() else measure(field.node)[0]


def _is_coded(field: Field) -> bool:
    return _is_simple(field) and bool(codes_of(field.node))


# ----------------------------------------------------------------------------------------- missing and not used


@kind
def required_element_emptied(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: bool(f.value) and not f.component and f.node.usage == "R", lambda _: "")


@kind
def situational_element_emptied(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: bool(f.value) and not f.component and f.node.usage == "S", lambda _: "")


@kind
def required_component_emptied(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: bool(f.value and f.component) and f.node.usage == "R", lambda _: "")


@kind
def situational_component_emptied(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: bool(f.value and f.component) and f.node.usage == "S", lambda _: "")


@kind
def not_used_element_given(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: f.node.usage == "N" and not f.component, lambda _: "1")


@kind
def not_used_component_given(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: f.node.usage == "N" and bool(f.component), lambda _: "1")


@kind
def situational_element_given(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: not f.value and f.node.usage == "S" and not f.node.is_composite(),
                   lambda f: value_of(f.node, chance))  # fmt: skip


# ----------------------------------------------------------------------------------------------------- too many


@kind
def too_many_elements(pieces: list[Piece], chance: random.Random) -> Place | None:
    piece = pieces[at := chance.choice(body(pieces))]
    most = len(piece.node.children)
    piece.parts += [""] * (most + 1 - len(piece.parts)) + ["1"] * chance.choice([1, 2])
    return Place(at + 1, piece.id, most + 1)


@kind
def too_many_components(pieces: list[Piece], chance: random.Random) -> Place | None:
    field = _draw(pieces, chance, lambda f: bool(f.value) and f.node.is_composite() and f.node.usage != "N")
    if field is None:
        return None
    most = field.node.get_child_count()
    parts = field.value.split(":")
    place = put(pieces, field, ":".join([*parts, *[""] * (most - len(parts)), "1"]))
    return place._replace(component=most + 1)


@kind
def components_in_a_simple_element(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_simple(f) and not f.component, lambda f: f"{f.value}:1")


@kind
def element_repeated(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: bool(f.value) and not f.component, lambda f: f"{f.value}^{f.value}")


@kind
def trailing_separators(pieces: list[Piece], chance: random.Random) -> Place | None:
    piece = pieces[at := chance.choice(body(pieces))]
    room = len(piece.node.children) + 1 - len(piece.parts)
    if room < 1:
        return None
    piece.parts += [""] * chance.randint(1, room)
    return Place(at + 1, piece.id, len(piece.parts) - 1)


@kind
def trailing_separators_past_the_last_element(pieces: list[Piece], chance: random.Random) -> Place | None:
    piece = pieces[at := chance.choice(body(pieces))]
    piece.parts += [""] * (len(piece.node.children) + 2 - len(piece.parts))
    return Place(at + 1, piece.id, len(piece.parts) - 1)


@kind
def trailing_component_separators(pieces: list[Piece], chance: random.Random) -> Place | None:
    field = _draw(pieces, chance, lambda f: bool(f.value) and f.node.is_composite()
                  and f.value.count(":") + 1 < f.node.get_child_count())  # fmt: skip
    if field is None:
        return None
    pieces[field.at].parts[field.element] = f"{field.value}:"
    return Place(field.at + 1, pieces[field.at].id, field.element)


# ------------------------------------------------------------------------------------------------------- length


def _longer(field: Field) -> str:
    kind_of, _, most = measure(field.node)
    return ("1" if kind_of == "R" or kind_of.startswith("N") else "A") * (most + 1)


@kind
def element_too_long(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_simple(f) and not _is_coded(f) and _type(f) not in ("DT", "TM")
                   and f.node.data_ele != "1251", _longer)  # fmt: skip


@kind
def element_as_long_as_allowed(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_simple(f) and not _is_coded(f) and _type(f) == "AN"
                   and f.node.data_ele != "1251" and not f.node.res, lambda f: "A" * measure(f.node)[2])  # fmt: skip


@kind
def element_too_short(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_simple(f) and not _is_coded(f) and measure(f.node)[1] > 1,
                   lambda f: f.value[: measure(f.node)[1] - 1])  # fmt: skip


@kind
def code_too_long(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, _is_coded, lambda f: (f.value + "A" * 80)[: measure(f.node)[2] + 1])


@kind
def code_too_short(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_coded(f) and measure(f.node)[1] > 1,
                   lambda f: f.value[: measure(f.node)[1] - 1])  # fmt: skip


@kind
def number_with_sign_and_point_as_long_as_allowed(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_simple(f) and _type(f) == "R",
                   lambda f: f"-{'1' * (measure(f.node)[2] - 1)}.1")  # fmt: skip


# -------------------------------------------------------------------------------------------- values and lists


@kind
def code_not_in_the_list(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_coded(f) and bool(f.node.valid_codes), lambda f: _other(f, chance))


@kind
def code_not_in_an_outside_list(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_coded(f) and bool(f.node.external_codes), lambda f: _other(f, chance))


@kind
def code_in_lower_case(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_coded(f) and f.value.lower() != f.value, lambda f: f.value.lower())


def _other(field: Field, chance: random.Random) -> str:
    """A code of the same length that the element does not allow."""
    known = set(codes_of(field.node))
    while (code := "".join(chance.choice("QJX79") for _ in field.value)) in known:
        pass
    return code


_BAD_DAYS = ("20260230", "20261301", "20260100", "00000000", "ABCDEFGH", "17991231", "20250229")


@kind
def day_that_does_not_exist(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, _is_day, lambda _: chance.choice(_BAD_DAYS))


@kind
def day_in_another_form(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, _is_day, lambda _: chance.choice(
        ("260105", "2026-01-05", "01/05/2026", "2026015", "20260105-20260106", "202601051200")))  # fmt: skip


def _is_day(field: Field) -> bool:
    if not _is_simple(field):
        return False
    return _type(field) == "DT" or (field.node.data_ele == "1251" and len(field.value) == 8)


@kind
def range_of_days_broken(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_simple(f) and f.node.data_ele == "1251" and len(f.value) == 17,
                   lambda f: chance.choice((f"{f.value[:8]}-20260230", f.value[:9], f.value[:8], f"{f.value}-20260101",
                                            f.value.replace("-", " "), f"20261301{f.value[8:]}")))  # fmt: skip


@kind
def range_of_days_backwards(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_simple(f) and f.node.data_ele == "1251" and len(f.value) == 17,
                   lambda f: f"{f.value[9:]}-20250101")  # fmt: skip


@kind
def date_format_of_another_kind(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_simple(f) and f.node.data_ele == "1250" and len(f.node.valid_codes) > 1,
                   lambda f: chance.choice([code for code in f.node.valid_codes if code != f.value]))  # fmt: skip


@kind
def time_that_does_not_exist(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_simple(f) and _type(f) == "TM",
                   lambda _: chance.choice(("2400", "1260", "12000", "120061", "noon", "9999")))  # fmt: skip


@kind
def whole_number_malformed(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_simple(f) and _type(f).startswith("N") and pieces[f.at].id not in
                   ("HL", "LX"), lambda _: chance.choice(("+1", "1.", "A", "1A", "1 ", "--1", "O1")))  # fmt: skip


@kind
def whole_number_with_a_sign(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_simple(f) and _type(f).startswith("N") and pieces[f.at].id not in
                   ("HL", "LX"), lambda _: "-1")  # fmt: skip


@kind
def decimal_malformed(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_simple(f) and _type(f) == "R",
                   lambda _: chance.choice(("1.2.3", "+1", "1E5", "1,000", ".", "1.", "$5", "1-", "12 ", "ABC")))  # fmt: skip


@kind
def decimal_in_an_unusual_form(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_simple(f) and _type(f) == "R",
                   lambda _: chance.choice(("05", ".5", "-5", "5.00", "0", "-0.5", "00")))  # fmt: skip


@kind
def tax_number_malformed(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, lambda f: _is_simple(f) and bool(f.node.res),
                   lambda _: chance.choice(("48-0000000", "4800000001", "48000000", "ABCDEFGHI")))  # fmt: skip


# --------------------------------------------------------------------------------------------------- characters


_CONTROL = "\x01\x02\x07\t\x1c\x1f"
_OF_NO_SET = "\x7f\x00\x08§"


def _is_word(field: Field) -> bool:
    return _is_simple(field) and _type(field) == "AN" and not _is_coded(field) and field.node.data_ele != "1251"


def _spoilt(pieces: list[Piece], chance: random.Random, spoil: Callable[[str], str]) -> Place | None:
    return _change(pieces, chance, lambda f: _is_word(f) and 1 < len(f.value) < measure(f.node)[2] and not f.node.res,
                   lambda f: spoil(f.value))  # fmt: skip


@kind
def trailing_blank(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _spoilt(pieces, chance, lambda value: f"{value} ")


@kind
def leading_blank(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _spoilt(pieces, chance, lambda value: f" {value}")


@kind
def nothing_but_blanks(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _change(pieces, chance, _is_word, lambda f: " " * max(1, measure(f.node)[1]))


@kind
def control_character(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _spoilt(pieces, chance, lambda value: f"{value[:1]}{chance.choice(_CONTROL)}{value[1:]}")


@kind
def letter_with_an_accent(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _spoilt(pieces, chance, lambda value: f"{value[:1]}{chance.choice('éÑü')}{value[1:]}")


@kind
def character_of_no_set(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _spoilt(pieces, chance, lambda value: f"{value[:1]}{chance.choice(_OF_NO_SET)}{value[1:]}")


@kind
def extended_character(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _spoilt(pieces, chance, lambda value: f"{value[:1].lower()}{chance.choice('%@[]_{}|<>#$`')}{value[1:]}")


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


@kind
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


@kind
def at_least_one_element_broken(pieces: list[Piece], chance: random.Random) -> Place | None:
    found = choose(chance, [note for note in _notes(pieces, "R") if all(node.usage != "R" for node in note[2])])
    if found is None:
        return None
    at, places, _ = found
    given = _given(pieces[at], places)
    for number in given:
        place = _empty(pieces, at, number)
    return place


@kind
def only_one_element_broken(pieces: list[Piece], chance: random.Random) -> Place | None:
    ways = [
        (at, number, "fill")
        for at, places, nodes in _notes(pieces, "E")
        for number, node in zip(places, nodes, strict=True)
        if node.usage == "S" and not _given(pieces[at], [number]) and _given(pieces[at], places)
    ]
    return _break(pieces, chance, ways)


@kind
def condition_of_an_element_broken(pieces: list[Piece], chance: random.Random) -> Place | None:
    ways = []
    for at, (first, *others), (node, *nodes) in _notes(pieces, "C"):
        if _given(pieces[at], [first]):
            ways += [(at, n, "empty") for n, other in zip(others, nodes, strict=True)
                     if other.usage == "S" and _given(pieces[at], [n])]  # fmt: skip
        elif node.usage == "S" and len(_given(pieces[at], others)) < len(others):
            ways.append((at, first, "fill"))
    return _break(pieces, chance, ways)


@kind
def condition_with_a_choice_broken(pieces: list[Piece], chance: random.Random) -> Place | None:
    ways = []
    for at, (first, *others), (node, *nodes) in _notes(pieces, "L"):
        given = _given(pieces[at], others)
        if _given(pieces[at], [first]) and len(given) == 1 and nodes[others.index(given[0])].usage == "S":
            ways.append((at, given[0], "empty"))
        elif not given and node.usage == "S" and not _given(pieces[at], [first]):
            ways.append((at, first, "fill"))
    return _break(pieces, chance, ways)
