"""The REF family: numbers of claims, of lines and of the people named by an NM1.

Numbers hardly ever repeat, so that these texts are not looked up but cut.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from billing.formats.x12.delimiters import Delimiters, character
from billing.formats.x12.elements import element, split, spread
from billing.formats.x12.family import Family, places_of
from billing.formats.x12.segments import CODE
from billing.formats.x12.tree import Tree


def numbers_of_names(tree: Tree, delimiters: Delimiters) -> Family:
    """REF under an NM1, by part: qualifier and number."""
    places, text = _picked(tree, "part", ["NM1"])
    numbers = Family(places, *spread(text, delimiters, qualifier=element(1), number=element(2)))
    return numbers.where(pl.col("number").is_not_null())


def references(
    tree: Tree, delimiters: Delimiters, wanted: dict[str, str], key: str, under: Sequence[str], area: int
) -> list[Family]:
    """REF numbers by qualifier. A number that belongs to another payer (REF04) is passed over.

    Args:
        tree: The region's tree.
        delimiters: Its delimiters.
        wanted: Column for each qualifier.
        key: What they are found by, `scope` or `line`.
        under: Ids of the parts to look in.
        area: The area to look in.
    """
    mark = character(delimiters.element)
    places, text = _picked(tree, key, under, area)
    families = []
    for qualifier, name in wanted.items():
        begins = f"REF{mark}{qualifier}{mark}"
        is_mine = text.str.starts_with(begins)
        number = text.filter(is_mine).str.slice(len(begins)).alias(name)
        if number.str.contains(mark, literal=True).any():
            elements = split(number, delimiters)
            number = elements.select(pl.when(element(2).is_null()).then(element(0)).alias(name)).to_series()
        is_given = (number.str.len_bytes() > 0).fill_null(value=False)
        families.append(Family.of_rows(places.filter(is_mine).filter(is_given), number.filter(is_given).to_frame()))
    return families


def _picked(tree: Tree, key: str, under: Sequence[str], area: int | None = None) -> tuple[pl.DataFrame, pl.Series]:
    """Find the REF segments of some parts: their places and texts."""
    places, stands = places_of(tree, "REF", [key], under, area)
    text = tree.segments.get_column("text").filter(tree.segments.get_column("id") == CODE["REF"])
    return places, text if stands is None else text.filter(stands)
