"""The NM1 family, what hangs on it, and the loops above a claim: providers, subscriber, payer, patient.

Everyone is found by number: a claim has the scopes of its loops, a scope its first NM1 with a qualifier, and an NM1
its PRV, REF, N3, N4 and DMG. When a segment is repeated where the guide allows one, the first counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

import polars as pl

from billing.claims import ADDRESS
from billing.formats.x12.elements import day, element
from billing.formats.x12.family import Family, family
from billing.formats.x12.parts import AREA_HEADER, AREA_OTHER_PAYER
from billing.formats.x12.tree import Tree

CLAIM_ROLES = {"rendering": ["82"], "supervising": ["DQ"], "referring": ["DN", "P3"], "facility": ["77"]}
LINE_ROLES = {"rendering": ["82"], "supervising": ["DQ"], "ordering": ["DK"], "referring": ["DN", "P3"]}

_QUALIFIERS = ("85", "IL", "QC", "PR", "82", "DQ", "DK", "DN", "P3", "77")


@dataclass(frozen=True, slots=True)
class People:
    """A region's NM1 segments and what hangs on them.

    Attributes:
        names: NM1, by `scope`, `line` and `part`; `places` has its `area` and, as `who`, the number of its
            qualifier in `_QUALIFIERS` (null where nobody is looked for by it).
        taxonomies: PRV03, by `part`.
        own_ids: The payer's own id in a REF, by `part`.
        tax_ids: The tax id in a REF, by `part`.
        streets: N3, by `part`.
        towns: N4, by `part`.
        births: DMG, by `part`.
    """

    names: Family
    taxonomies: Family
    own_ids: Family
    tax_ids: Family
    streets: Family
    towns: Family
    births: Family

    def called(self, *qualifiers: str, areas: Sequence[int] = ()) -> Family:
        """Return the NM1 segments with one of the qualifiers, in some areas or in all."""
        who, area = self.names.places.get_column("who"), self.names.places.get_column("area")
        is_called = reduce(or_, (who == _QUALIFIERS.index(qualifier) for qualifier in qualifiers))
        return self.names.filter(
            reduce(or_, (is_called & (area == number) for number in areas)) if areas else is_called
        )


def find_people(tree: Tree, numbers: Family) -> People:
    """Read the NM1 family of a region, and what hangs on it.

    Args:
        tree: The region's tree.
        numbers: The REF under an NM1, by part: qualifier and number.
    """
    name = pl.concat_str(element(3), element(4), separator=", ", ignore_nulls=True)
    names = family(
        tree, "NM1", ["scope", "line", "area"],
        who=element(1).cast(pl.Enum(_QUALIFIERS), strict=False).to_physical(),
        last=element(3), first=element(4), identifier=element(9), name=pl.when(name != "").then(name),
    )  # fmt: skip
    return People(
        replace(names, places=names.places.hstack([names.values.get_column("who")[names.said]])),
        taxonomies=family(tree, "PRV", ["part"], under=["NM1"], taxonomy=element(3)),
        own_ids=numbers.where(pl.col("qualifier").is_in(["G2", "1G", "0B", "LU"])),
        tax_ids=numbers.where(pl.col("qualifier").is_in(["EI", "SY"])),
        streets=family(tree, "N3", ["part"], under=["NM1"], line1=element(1), line2=element(2)),
        towns=family(tree, "N4", ["part"], under=["NM1"], city=element(1), state=element(2), zip=element(3)),
        births=family(
            tree, "DMG", ["part"], under=["NM1"],
            birth_date=day(element(2)), birth_date_text=_unless_day(element(2)), sex=element(3),
        ),
    )  # fmt: skip


def _unless_day(text: pl.Expr) -> pl.Expr:
    return pl.when(day(text).is_null()).then(text)


def roles(
    people: People, area: int, qualifiers: dict[str, list[str]], key: str, wanted: pl.Series
) -> Iterator[pl.DataFrame]:
    """Find the first provider of each role of claims (`key` scope) or lines (`key` line).

    Yields:
        One row per wanted number; nothing for a role that nobody has.
    """
    for role, said in qualifiers.items():
        of_role = people.called(*said, areas=[area])
        if of_role:
            chosen = of_role.first_of(key, wanted)
            yield from _provider(people, chosen, role)
            if role == "facility":
                yield _address(people, chosen, "facility_address")


def _provider(people: People, chosen: Family, role: str) -> Iterator[pl.DataFrame]:
    """Describe the chosen people as providers: npi, name and, where anyone has one, taxonomy and the payer's own id."""
    part = chosen.places.get_column("part")
    yield chosen.frame(**{f"{role}_npi": "identifier", f"{role}_name": "name"})
    if people.taxonomies:
        yield people.taxonomies.first_of("part", part).frame(**{f"{role}_taxonomy": "taxonomy"})
    if people.own_ids:
        yield people.own_ids.first_of("part", part).frame(**{f"{role}_other_id": "number"})


def _address(people: People, chosen: Family, name: str) -> pl.DataFrame:
    """Address of the chosen people; null where neither N3 nor N4 says anything."""
    part = chosen.places.get_column("part")
    parts = [of_name.first_of("part", part).frame() for of_name in (people.streets, people.towns)]
    address = pl.concat(parts, how="horizontal")
    says = address.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    if says.all():
        return address.select(pl.struct(pl.all()).alias(name))
    return address.select(pl.when(says).then(pl.struct(pl.all())).cast(ADDRESS).alias(name))


# --------------------------------------------------------------------------------------------- loops above a claim


def billers(tree: Tree, people: People, billing: pl.Series) -> pl.DataFrame:
    """Billing provider of each claim.

    Args:
        tree: The region's tree.
        people: Its people.
        billing: The scope of the 2000A loop above each claim.
    """
    of_loop = family(tree, "PRV", ["scope"], under=["HL"], loop_taxonomy=element(3))
    chosen = people.called("85").first_of("scope", billing)
    parts = [
        *_provider(people, chosen, "billing"),
        of_loop.first_of("scope", billing).frame(),
        people.tax_ids.first_of("part", chosen.places.get_column("part")).frame(billing_tax_id="number"),
        _address(people, chosen, "billing_address"),
    ]
    billers = pl.concat(parts, how="horizontal")
    taxonomies = [name for name in ("loop_taxonomy", "billing_taxonomy") if name in billers.columns]
    return billers.with_columns(billing_taxonomy=pl.coalesce(taxonomies)).drop("loop_taxonomy")


def payers(people: People, subscriber: pl.Series) -> pl.DataFrame:
    """Payer that each claim goes to, by the scope of the 2000B loop above the claim.

    Returns:
        payer_id, payer_name and, where any payer gave the biller an id, `payer_other_id`.
    """
    chosen = people.called("PR").first_of("scope", subscriber)
    return pl.concat(_provider(people, chosen, "payer"), how="horizontal").rename({"payer_npi": "payer_id"})


def members(tree: Tree, people: People, subscriber: pl.Series, patient: pl.Series) -> pl.DataFrame:
    """Member of each claim, relationship and filing indicator, and the subscriber where that is someone else.

    A dependent has no id of their own in 2010CA; the subscriber's stands for the family, and is the member's too.

    Args:
        tree: The region's tree.
        people: Its people.
        subscriber: The scope of the 2000B loop above each claim.
        patient: The scope of the 2000C loop above each claim; null where the subscriber is the patient.

    Returns:
        One row per claim; without `subscriber_` columns when every subscriber is the patient.
    """
    statements = family(
        tree, "PAT", ["scope"],
        relation=element(1),
        death_date=day(element(6)), death_date_text=_unless_day(element(6)),
        pregnant=pl.when(element(9) == "Y").then(statement=True),
    )  # fmt: skip
    insured = family(tree, "SBR", ["scope"], relation=element(2), filing_indicator=element(9))
    insurance = insured.first_of("scope", subscriber).frame()
    of_insurance = insurance.select("filing_indicator", relationship="relation")
    subscribers = _persons(people, "IL", statements, subscriber)
    if patient.null_count() == len(patient):
        return of_insurance.hstack(subscribers.drop("relation").select(pl.all().name.prefix("member_")))
    patients = _persons(people, "QC", statements, patient)
    is_dependent = pl.lit(patient.is_not_null())
    columns = [name for name in subscribers.columns if name != "relation"]
    both = pl.concat(
        [
            of_insurance,
            patients.select(pl.all().name.prefix("patient_")),
            subscribers.select(pl.all().name.prefix("subscriber_")),
        ],
        how="horizontal",
    )
    member = {
        f"member_{name}": pl.when(is_dependent).then(f"patient_{name}").otherwise(f"subscriber_{name}")
        for name in columns
    }
    member["member_id"] = (
        pl.when(is_dependent).then(pl.coalesce("patient_id", "subscriber_id")).otherwise("subscriber_id")
    )
    return both.select(
        "filing_indicator",
        relationship=pl.when(is_dependent).then("patient_relation").otherwise("relationship"),
        **member,
        **{f"subscriber_{name}": pl.when(is_dependent).then(f"subscriber_{name}") for name in columns},
    )


def _persons(people: People, qualifier: str, statements: Family, loop: pl.Series) -> pl.DataFrame:
    """Person (IL or QC) in the HL loop above each claim, with DMG and PAT.

    Args:
        people: The region's people.
        qualifier: Of the NM1.
        statements: The PAT segments.
        loop: The scope of the loop above each claim; null where there is none.
    """
    chosen = people.called(qualifier, areas=(AREA_HEADER, AREA_OTHER_PAYER)).first_of("scope", loop)
    parts = [
        chosen.frame(id="identifier", last_name="last", first_name="first"),
        people.births.first_of("part", chosen.places.get_column("part")).frame(),
        statements.first_of("scope", chosen.places.get_column("scope")).frame(),
        _address(people, chosen, "address"),
    ]
    return pl.concat(parts, how="horizontal")
