"""Defects of envelopes, counts, levels and numbers."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tests.formats.x12.conformance.mutation import Place, body, choose, kind, uncounted
from tests.formats.x12.conformance.pieces import Piece


def _of(pieces: Sequence[Piece], *ids: str) -> list[int]:
    return [at for at, piece in enumerate(pieces) if piece.id in ids]


def _write(pieces: list[Piece], at: int | None, element: int, value: str) -> Place | None:
    if at is None:
        return None
    parts = pieces[at].parts
    parts += [""] * (element + 1 - len(parts))
    parts[element] = value
    while not parts[-1]:
        parts.pop()
    return Place(at + 1, parts[0], element)


def _remove(pieces: list[Piece], at: int | None) -> Place | None:
    return None if at is None else Place(at + 1, pieces.pop(at).id)


# ------------------------------------------------------------------------------------------------ levels and lines


@uncounted
def level_number_wrong(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _write(pieces, chance.choice(_of(pieces, "HL")), 1, chance.choice(("99", "0", "X", "")))


@uncounted
def level_parent_wrong(pieces: list[Piece], chance: random.Random) -> Place | None:
    below = [at for at in _of(pieces, "HL") if pieces[at].parts[2]]
    return _write(pieces, choose(chance, below), 2, chance.choice(("98", "X")))


@uncounted
def level_parent_missing(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _write(pieces, choose(chance, [at for at in _of(pieces, "HL") if pieces[at].parts[2]]), 2, "")


@uncounted
def level_parent_is_another_level(pieces: list[Piece], chance: random.Random) -> Place | None:
    patients = [at for at in _of(pieces, "HL") if pieces[at].parts[3] == "23"]
    return _write(pieces, choose(chance, patients), 2, "1")


@uncounted
def level_parent_given_where_none_is(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _write(pieces, choose(chance, [at for at in _of(pieces, "HL") if not pieces[at].parts[2]]), 2, "1")


@uncounted
def level_child_code_wrong(pieces: list[Piece], chance: random.Random) -> Place | None:
    at = chance.choice(_of(pieces, "HL"))
    return _write(pieces, at, 4, {"0": "1", "1": "0"}[pieces[at].parts[4]])


@uncounted
def level_child_code_unknown(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _write(pieces, chance.choice(_of(pieces, "HL")), 4, chance.choice(("", "2", "Y")))


@uncounted
def level_code_of_another_level(pieces: list[Piece], chance: random.Random) -> Place | None:
    at = chance.choice(_of(pieces, "HL"))
    return _write(pieces, at, 3, chance.choice([code for code in ("20", "22", "23") if code != pieces[at].parts[3]]))


@uncounted
def line_number_wrong(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _write(pieces, chance.choice(_of(pieces, "LX")), 1, chance.choice(("7", "0", "X", "")))


# ----------------------------------------------------------------------------------------------------- trailers


@uncounted
def set_count_wrong(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _write(pieces, chance.choice(_of(pieces, "SE")), 1, chance.choice(("1", "999", "0")))


@uncounted
def set_count_malformed(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _write(pieces, chance.choice(_of(pieces, "SE")), 1, chance.choice(("", "X", "12345678901")))


@uncounted
def set_number_differs(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _write(pieces, chance.choice(_of(pieces, "SE")), 2, chance.choice(("9999", "0", "")))


@uncounted
def group_count_wrong(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _write(pieces, chance.choice(_of(pieces, "GE")), 1, chance.choice(("9", "0")))


@uncounted
def group_count_malformed(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _write(pieces, chance.choice(_of(pieces, "GE")), 1, chance.choice(("X", "1234567")))


@uncounted
def group_number_differs(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _write(pieces, chance.choice(_of(pieces, "GE")), 2, chance.choice(("77", "")))


@uncounted
def interchange_count_wrong(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _write(pieces, chance.choice(_of(pieces, "IEA")), 1, chance.choice(("9", "X", "0")))


@uncounted
def interchange_number_differs(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _write(pieces, chance.choice(_of(pieces, "IEA")), 2, chance.choice(("000000099", "99", "")))


@uncounted
def set_trailer_missing(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _remove(pieces, chance.choice(_of(pieces, "SE")))


@uncounted
def group_trailer_missing(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _remove(pieces, chance.choice(_of(pieces, "GE")))


@uncounted
def interchange_trailer_missing(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _remove(pieces, chance.choice(_of(pieces, "IEA")))


@uncounted
def file_cut_short(pieces: list[Piece], chance: random.Random) -> Place | None:
    at = chance.choice(body(pieces))
    del pieces[at + 1 :]
    return Place(at + 1, pieces[at].id)


# ------------------------------------------------------------------------------------------------------ headers


@uncounted
def header_missing(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _remove(pieces, chance.choice(_of(pieces, "GS", "ST")))


@kind
def first_segment_of_the_set_missing(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _remove(pieces, chance.choice(_of(pieces, "BHT")))


@uncounted
def header_twice(pieces: list[Piece], chance: random.Random) -> Place | None:
    at = chance.choice(_of(pieces, "GS", "ST"))
    pieces.insert(at, pieces[at].copy())
    return Place(at + 2, pieces[at].id)


@uncounted
def trailer_twice(pieces: list[Piece], chance: random.Random) -> Place | None:
    at = chance.choice(_of(pieces, "SE", "GE", "IEA"))
    pieces.insert(at, pieces[at].copy())
    return Place(at + 2, pieces[at].id)


@kind
def segment_between_envelopes(pieces: list[Piece], chance: random.Random) -> Place | None:
    at = chance.choice(_of(pieces, "ST", "GE"))
    moved = pieces[chance.choice(body(pieces))].copy()
    pieces.insert(at, moved)
    return Place(at + 1, moved.id)


@kind
def set_number_twice(pieces: list[Piece], chance: random.Random) -> Place | None:
    at = choose(chance, _of(pieces, "GE"))
    start = max(n for n in _of(pieces, "ST") if n < at)
    pieces[at:at] = [piece.copy() for piece in pieces[start:at]]
    return Place(at + 1, "ST", 2)


@kind
def group_number_twice(pieces: list[Piece], chance: random.Random) -> Place | None:
    at = choose(chance, _of(pieces, "IEA"))
    start = max(n for n in _of(pieces, "GS") if n < at)
    pieces[at:at] = [piece.copy() for piece in pieces[start:at]]
    return Place(at + 1, "GS", 6)


@kind
def interchange_number_twice(pieces: list[Piece], _chance: random.Random) -> Place | None:
    size = len(pieces)
    if len(_of(pieces, "ISA")) > 1:
        return None
    pieces += [piece.copy() for piece in pieces]
    return Place(size + 1, "ISA", 13)


@kind
def group_without_a_set(pieces: list[Piece], chance: random.Random) -> Place | None:
    at = chance.choice(_of(pieces, "IEA"))
    start = max(n for n in _of(pieces, "GS") if n < at)
    end = min(n for n in _of(pieces, "GE") if n > start)
    empty = [pieces[start].copy(), pieces[end].copy()]
    for piece, element in zip(empty, (6, 2), strict=True):
        piece.parts[element] = "77"
    pieces[at:at] = empty
    return Place(at + 2, "GE", 1)


_ISA_WRONG = {1: ("99",), 3: ("77",), 5: ("QQ", "  "), 6: (" " * 15,), 7: ("QQ",), 9: ("261301", "ABCDEF"), 10: ("2560", "NOON"),
              13: ("00000000A",), 14: ("2", " "), 15: ("X", "t")}  # fmt: skip


@uncounted
def interchange_header_element_wrong(pieces: list[Piece], chance: random.Random) -> Place | None:
    element = chance.choice(sorted(_ISA_WRONG))
    return _write(pieces, chance.choice(_of(pieces, "ISA")), element, chance.choice(_ISA_WRONG[element]))


_GS_WRONG = {2: ("A", "", "ABCDEFGHIJKLMNOPQ"), 3: ("B", ""), 4: ("20261301", "261122", ""), 5: ("2560", "08", ""),
             6: ("X", "1234567890", ""), 7: ("T", "")}  # fmt: skip


@uncounted
def group_header_element_wrong(pieces: list[Piece], chance: random.Random) -> Place | None:
    element = chance.choice(sorted(_GS_WRONG))
    return _write(pieces, chance.choice(_of(pieces, "GS")), element, chance.choice(_GS_WRONG[element]))


@uncounted
def group_of_another_guide(pieces: list[Piece], chance: random.Random) -> Place | None:
    element, value = chance.choice([(1, "HP"), (1, "QQ"), (8, "005010X222A2"), (8, "005010"), (8, "")])
    return _write(pieces, chance.choice(_of(pieces, "GS")), element, value)


_ST_WRONG = {1: ("835", "", "8370"), 2: ("1", "", "1234567890"), 3: ("005010X223A2", "")}


@uncounted
def set_header_element_wrong(pieces: list[Piece], chance: random.Random) -> Place | None:
    element = chance.choice(sorted(_ST_WRONG))
    return _write(pieces, chance.choice(_of(pieces, "ST")), element, chance.choice(_ST_WRONG[element]))
