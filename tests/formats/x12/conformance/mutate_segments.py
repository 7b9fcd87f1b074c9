"""Defects of whole segments and loops: missing, twice, elsewhere, unknown, too often."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tests.formats.x12.conformance.mutation import Place, body, choose, kind, loops, qualifier, uncounted
from tests.formats.x12.conformance.pieces import Piece

_MOST_COPIES = 22


def _of_usage(pieces: Sequence[Piece], usage: str) -> list[int]:
    return [at for at in body(pieces) if pieces[at].node.usage == usage and not pieces[at].node.is_first_seg_in_loop()]


def _remove(pieces: list[Piece], at: int | None) -> Place | None:
    return None if at is None else Place(at + 1, pieces.pop(at).id)


@kind
def required_segment_removed(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _remove(pieces, choose(chance, _of_usage(pieces, "R")))


@kind
def situational_segment_removed(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _remove(pieces, choose(chance, _of_usage(pieces, "S")))


@kind
def first_segment_of_a_loop_removed(pieces: list[Piece], chance: random.Random) -> Place | None:
    first = [at for at in body(pieces) if pieces[at].node.is_first_seg_in_loop()]
    return _remove(pieces, choose(chance, first))


def _remove_loop(pieces: list[Piece], chance: random.Random, usage: str) -> Place | None:
    found = choose(chance, [loop for loop in loops(pieces) if loop[2].usage == usage])
    if found is None:
        return None
    start, end, _ = found
    place = Place(start + 1, pieces[start].id)
    del pieces[start:end]
    return place


@kind
def required_loop_removed(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _remove_loop(pieces, chance, "R")


@kind
def situational_loop_removed(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _remove_loop(pieces, chance, "S")


@kind
def segment_duplicated(pieces: list[Piece], chance: random.Random) -> Place | None:
    at = chance.choice(body(pieces))
    pieces.insert(at + 1, pieces[at].copy())
    return Place(at + 2, pieces[at].id)


@kind
def loop_duplicated(pieces: list[Piece], chance: random.Random) -> Place | None:
    start, end, _ = chance.choice(loops(pieces))
    pieces[end:end] = [piece.copy() for piece in pieces[start:end]]
    return Place(end + 1, pieces[end].id)


@kind
def segment_moved(pieces: list[Piece], chance: random.Random) -> Place | None:
    here, there = chance.sample(body(pieces), 2)
    moved = pieces.pop(here)
    pieces.insert(there, moved)
    return Place(there + 1, moved.id)


@kind
def neighbours_swapped(pieces: list[Piece], chance: random.Random) -> Place | None:
    at = chance.choice(body(pieces)[:-1])
    if pieces[at + 1].id == "SE":
        return None
    pieces[at], pieces[at + 1] = pieces[at + 1], pieces[at]
    return Place(at + 1, pieces[at].id)


@kind
def loops_swapped(pieces: list[Piece], chance: random.Random) -> Place | None:
    found = loops(pieces)
    pairs = [(a, b) for a in found for b in found if a[1] == b[0] and a[2] is not b[2]]
    pair = choose(chance, pairs)
    if pair is None:
        return None
    (start, middle, _), (_, end, _) = pair
    pieces[start:end] = [*pieces[middle:end], *pieces[start:middle]]
    return Place(start + 1, pieces[start].id)


def _insert(pieces: list[Piece], chance: random.Random, text: str) -> Place:
    at = chance.choice(body(pieces)) + 1
    pieces.insert(at, Piece(text.split("*"), pieces[at - 1].node))
    return Place(at + 1, text.split("*", maxsplit=1)[0])


@kind
def unknown_segment_inserted(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _insert(pieces, chance, chance.choice(["ZZ*1", "QQ9*A*B", "ABC*X", "R2D*2"]))


@kind
def segment_of_another_transaction_inserted(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _insert(pieces, chance, chance.choice(
        ["SV2*0300*HC:98960*10*UN*1", "CL1*1*1*01", "BPR*I*10*C*ACH", "INS*Y*18*021", "CLP*1*1*10*10", "SV3*AD:D0120*10"]
    ))  # fmt: skip


@kind
def segment_of_another_loop_inserted(pieces: list[Piece], chance: random.Random) -> Place | None:
    copied = pieces[chance.choice(body(pieces))].copy()
    at = chance.choice(body(pieces)) + 1
    pieces.insert(at, copied)
    return Place(at + 1, copied.id)


@kind
def line_certificate_inserted(pieces: list[Piece], chance: random.Random) -> Place | None:
    at = choose(
        chance, [at for at in body(pieces) if pieces[at].id == "SV1" and pieces[at + 1].id not in ("SV5", "PWK")]
    )
    if at is None:
        return None
    pieces.insert(at + 1, Piece(["PWK", "CT", "NS"], pieces[at].node))
    return Place(at + 2, "PWK", 2)


def _qualified(pieces: Sequence[Piece]) -> list[tuple[int, int, int]]:
    """Pieces that pyx12 knows by a qualifier, with its element and component."""
    keys = [(at, qualifier(pieces[at].node)) for at in body(pieces)]
    return [(at, *key) for at, key in keys if key is not None]


def _put_qualifier(pieces: list[Piece], place: tuple[int, int, int], value: str) -> Place:
    at, element, component = place
    parts = pieces[at].parts
    parts[element] = ":".join([value, *parts[element].split(":")[1:]]) if component else value
    return Place(at + 1, parts[0], element, component)


@kind
def qualifier_unknown(pieces: list[Piece], chance: random.Random) -> Place | None:
    place = chance.choice(_qualified(pieces))
    return _put_qualifier(pieces, place, "98" if pieces[place[0]].id == "HL" else chance.choice(["QX", "8Q", "JJ"]))


@kind
def qualifier_of_another_segment(pieces: list[Piece], chance: random.Random) -> Place | None:
    place = chance.choice(_qualified(pieces))
    here = pieces[place[0]]
    other = {_key_codes(piece.node) for piece in pieces if piece.node and piece.id == here.id}
    code = choose(chance, sorted(code for codes in other for code in codes if code not in _key_codes(here.node)))
    return None if code is None else _put_qualifier(pieces, place, code)


def _key_codes(node: Any) -> tuple[str, ...]:
    found = node._resolve_unique_key_field(node.id, with_qual=False)
    return () if found is None else tuple(found[0].valid_codes)


@kind
def qualifier_emptied(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _put_qualifier(pieces, chance.choice(_qualified(pieces)), "")


@kind
def segment_id_misspelt(pieces: list[Piece], chance: random.Random) -> Place | None:
    piece = pieces[at := chance.choice(body(pieces))]
    wrong = [piece.id.lower(), f"{piece.id}1"[:4], piece.id[:1], f" {piece.id}", f"{piece.id[:1]}-"]
    piece.parts[0] = chance.choice([name for name in wrong if name != piece.id])
    return Place(at + 1, piece.id)


@uncounted
def segment_empty(pieces: list[Piece], chance: random.Random) -> Place | None:
    piece = pieces[at := chance.choice(body(pieces))]
    piece.parts[1:] = []
    return Place(at + 1, piece.id)


@uncounted
def segment_of_empty_elements(pieces: list[Piece], chance: random.Random) -> Place | None:
    piece = pieces[at := chance.choice(body(pieces))]
    piece.parts[1:] = [""] * chance.choice([1, 3])
    return Place(at + 1, piece.id)


@kind
def segment_too_often(pieces: list[Piece], chance: random.Random) -> Place | None:
    many = [at for at in body(pieces) if pieces[at].node.get_max_repeat() <= _MOST_COPIES]
    many = [at for at in many if not pieces[at].node.is_first_seg_in_loop()]
    at = choose(chance, many)
    if at is None:
        return None
    most = pieces[at].node.get_max_repeat()
    pieces[at:at] = [pieces[at].copy() for _ in range(most)]
    return Place(at + most + 1, pieces[at].id)


@kind
def segment_as_often_as_allowed(pieces: list[Piece], chance: random.Random) -> Place | None:
    many = [at for at in body(pieces) if 1 < pieces[at].node.get_max_repeat() <= _MOST_COPIES]
    alone = [at for at in many if pieces[at - 1].node is not pieces[at].node is not pieces[at + 1].node]
    at = choose(chance, alone)
    if at is None:
        return None
    pieces[at:at] = [pieces[at].copy() for _ in range(pieces[at].node.get_max_repeat() - 1)]
    return Place(at + 1, pieces[at].id)


def _repeat_loop(pieces: list[Piece], chance: random.Random, more: int) -> Place | None:
    short = [(start, end, loop) for start, end, loop in loops(pieces)
             if loop.get_max_repeat() <= 50 and (end - start) * loop.get_max_repeat() < 260]  # fmt: skip
    found = choose(chance, short)
    if found is None:
        return None
    start, end, loop = found
    before = sum(1 for other in loops(pieces)
                 if other[2] is loop and other[0] != start and _is_beside(pieces, other, found))  # fmt: skip
    copies = loop.get_max_repeat() + more - 1 - before
    pieces[end:end] = [piece.copy() for _ in range(copies) for piece in pieces[start:end]]
    return Place(end + max(copies - 1, 0) * (end - start) + 1, pieces[start].id)


def _is_beside(pieces: Sequence[Piece], one: tuple[int, int, Any], other: tuple[int, int, Any]) -> bool:
    """Two loops of one node stand under the same parent loop: its first segment does not lie between them."""
    opener = one[2].parent.get_first_seg()
    first, last = sorted((one[0], other[0]))
    return opener is None or all(pieces[at].node is not opener for at in range(first, last))


@kind
def loop_too_often(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _repeat_loop(pieces, chance, 1)


@kind
def loop_as_often_as_allowed(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _repeat_loop(pieces, chance, 0)
