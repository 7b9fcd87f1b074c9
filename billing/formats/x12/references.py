"""The REF family: numbers of claims, of lines and of the people named by an NM1.

Numbers hardly ever repeat, so that these texts are not looked up but cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from billing.formats.x12.delimiters import Delimiters, character
from billing.formats.x12.elements import element, split, spread
from billing.formats.x12.family import Family, places_of
from billing.formats.x12.parts import AREA_HEADER, AREA_LINE
from billing.formats.x12.segments import CODE, is_one_of
from billing.formats.x12.tree import Tree


@dataclass(frozen=True, slots=True)
class References:
    """The REF segments of a region.

    Attributes:
        places: One row per segment: its `part`, the part's `id`, `scope`, `line` and `area`.
        text: Their texts.
        delimiters: The region's delimiters.
    """

    places: pl.DataFrame
    text: pl.Series
    delimiters: Delimiters

    def of_names(self) -> Family:
        """Qualifier and number of those under an NM1, by part."""
        mine = is_one_of(self.places.get_column("id"), "NM1")
        said = spread(self.text.filter(mine), self.delimiters, qualifier=element(1), number=element(2))
        return Family(self.places.filter(mine), *said).where(pl.col("number").is_not_null())

    def of_claims(self, wanted: dict[str, str]) -> list[Family]:
        """Numbers of claims, by scope: one family per qualifier, with the wanted name of the number."""
        mine = is_one_of(self.places.get_column("id"), "CLM") & (self.places.get_column("area") == AREA_HEADER)
        return self._numbers(mine, wanted)

    def of_lines(self, wanted: dict[str, str]) -> list[Family]:
        """Numbers of lines, by line: one family per qualifier, with the wanted name of the number."""
        mine = is_one_of(self.places.get_column("id"), "LX", "SV1") & (self.places.get_column("area") == AREA_LINE)
        return self._numbers(mine, wanted)

    def _numbers(self, mine: pl.Series, wanted: dict[str, str]) -> list[Family]:
        """Cut the numbers off. One that belongs to another payer (REF04) is passed over."""
        mark = character(self.delimiters.element)
        places, text = self.places.filter(mine), self.text.filter(mine)
        families = []
        for qualifier, name in wanted.items():
            begins = f"REF{mark}{qualifier}{mark}"
            is_qualified = text.str.starts_with(begins)
            if not is_qualified.any():
                continue
            number = text.filter(is_qualified).str.slice(len(begins)).alias(name)
            if number.str.contains(mark, literal=True).any():
                is_own = element(2).is_null()
                number = split(number, self.delimiters).select(pl.when(is_own).then(element(0)).alias(name)).to_series()
            is_given = (number.str.len_bytes() > 0).fill_null(value=False)
            given = number.filter(is_given).to_frame()
            families.append(Family.of_rows(places.filter(is_qualified).filter(is_given), given))
        return families


def find_references(tree: Tree) -> References:
    """Find the REF segments of a region."""
    places, _ = places_of(tree, "REF", ["id", "scope", "line", "area"])
    mine = tree.segments.get_column("id") == CODE["REF"]
    return References(places, tree.segments.get_column("text").filter(mine), tree.delimiters)
