"""Segments to tokens: the id and the qualifier that decide where in the guide a segment stands, as one small number."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import polars as pl

from billing.formats.x12.conformance.guide import load_guide
from billing.formats.x12.conformance.walk import OTHER, Token
from billing.formats.x12.delimiters import Delimiters, character
from billing.formats.x12.elements import element, split
from billing.formats.x12.segments import CODE, SEGMENT_IDS, is_one_of
from billing.formats.x12.texts import REPEATED, coded_texts
from billing.formats.x12.tree import Tree

_HEAD = 9  # characters that hold the longest id, separator and qualifier, `BHT*0019*`


@cache
def _keys() -> dict[str, tuple[tuple[int, int], frozenset[str]]]:
    """Return for each segment id with qualifiers where they stand, and all that some place of it knows."""
    keys: dict[str, tuple[tuple[int, int], frozenset[str]]] = {}
    for place in load_guide().segments:
        if place.key is not None:
            _, known = keys.get(place.segment_id, (place.key, frozenset()))
            keys[place.segment_id] = (place.key, known | place.qualifiers)
    return keys


@cache
def all_tokens() -> tuple[Token, ...]:
    """Return every token by number; the first are the ids, by their CODE, without a qualifier that is known."""
    keys = _keys()
    bare = [Token("", "")] + [Token(name, OTHER if name in keys else "") for name in SEGMENT_IDS]
    known = {place.segment_id for place in load_guide().segments}
    bare = [token if token.segment_id in known else Token("", "") for token in bare]
    return (*bare, *(Token(name, each) for name, (_, known) in keys.items() for each in sorted(known)))


@cache
def _numbers() -> dict[Token, int]:
    return {token: number for number, token in enumerate(all_tokens()) if token.segment_id}


class Tokens(NamedTuple):
    """The tokens of a region (UInt16, place in `all_tokens`).

    Attributes:
        of_segments: That of each segment.
        of_texts: That of each distinct text that was looked up.
        repeated: Whether a segment's text was looked up.
    """

    of_segments: pl.Series
    of_texts: pl.Series
    repeated: pl.Series


def number_tokens(tree: Tree) -> Tokens:
    """Number the tokens of a region."""
    ids = tree.segments.get_column("id")
    repeated = is_one_of(ids, *REPEATED)
    of_texts = _of_texts(tree.texts.distinct, tree.delimiters)
    tokens = ids.cast(pl.UInt16).scatter(repeated.arg_true(), of_texts[tree.texts.said])
    others = [name for name in _keys() if name not in REPEATED]
    rows = is_one_of(ids, *others).arg_true()
    if len(rows):
        heads = tree.segments.get_column("text")[rows].str.head(_HEAD)
        said, distinct = coded_texts([heads])
        tokens = tokens.scatter(rows, _of_heads(distinct, tree.delimiters)[said])
    return Tokens(tokens, of_texts, repeated)


def _of_texts(distinct: pl.DataFrame, delimiters: Delimiters) -> pl.Series:
    """Number the tokens of whole texts."""
    tokens = distinct.get_column("id").cast(pl.UInt16)
    for name, ((number, part), known) in _keys().items():
        rows = (distinct.get_column("id") == CODE[name]).arg_true() if name in REPEATED else None
        if rows is None or rows.is_empty():
            continue
        texts = distinct.get_column("text")[rows]
        if number > 1:
            said = split(texts, delimiters).select(element(number)).to_series()
        else:
            begin = len(name) + 1
            longest = max(map(len, known)) + 1
            said = texts.str.slice(begin, longest)
        heads, values = coded_texts([said.fill_null("")])
        tokens = tokens.scatter(rows, _of_values(name, values, part, delimiters)[heads])
    return tokens


def _of_values(name: str, values: pl.Series, part: int, delimiters: Delimiters) -> pl.Series:
    """Number the tokens of a segment id by what begins with the qualifier."""
    numbers = _numbers()
    marks = (
        (character(delimiters.element), character(delimiters.component)) if part else (character(delimiters.element),)
    )
    return pl.Series([numbers.get(Token(name, _before(value, marks)), CODE[name]) for value in values], dtype=pl.UInt16)


def _before(value: str, marks: tuple[str, ...]) -> str:
    for mark in marks:
        value = value.partition(mark)[0]
    return value


def _of_heads(heads: pl.Series, delimiters: Delimiters) -> pl.Series:
    """Number the tokens of segments by their first characters."""
    keys, numbers = _keys(), _numbers()
    mark, sub = character(delimiters.element), character(delimiters.component)
    found = []
    for head in heads:
        name, _, rest = head.partition(mark)
        (_, part), _ = keys[name]
        qualifier = _before(rest, (mark, sub) if part else (mark,))
        number = numbers.get(Token(name, qualifier), CODE[name])
        # A few are told by their second element, too.
        found.append(numbers.get(Token(name, "*".join(rest.split(mark)[:2])), number))
    return pl.Series(found, dtype=pl.UInt16)
