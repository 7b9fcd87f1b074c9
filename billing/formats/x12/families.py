"""Families of 837P segments as small frames: one function per family, one row per claim, line or loop.

Each takes segments (or names, the NM1 family) and returns the key it joins on and the values it gives. When a
segment is repeated where the guide allows one, the first counts.
"""

from __future__ import annotations

import polars as pl

from billing.claims import ADDRESS, MALFORMED_SCHEMA, MONEY, MONEY_TEXT, OTHER_PAYER, UNITS, UNITS_TEXT
from billing.formats.x12.beside import beside
from billing.formats.x12.segments import CODE, Delimiters, character
from billing.formats.x12.tree import AREA_HEADER, AREA_LINE, AREA_OTHER_PAYER, Tree, element, with_elements

ADDRESS_PARTS = ("line1", "line2", "city", "state", "zip")
CLAIM_ROLES = {"rendering": ["82"], "supervising": ["DQ"], "referring": ["DN", "P3"], "facility": ["77"]}
LINE_ROLES = {"rendering": ["82"], "supervising": ["DQ"], "ordering": ["DK"], "referring": ["DN", "P3"]}


# ------------------------------------------------------------------------------------------------- one value


def money(text: pl.Expr) -> pl.Expr:
    """Read USD; null where the text is no amount with at most two decimals."""
    return pl.when(text.str.contains(MONEY_TEXT)).then(text).cast(MONEY, strict=False)


def units(text: pl.Expr) -> pl.Expr:
    """Read billing units; null where the text is no number with at most three decimals."""
    return pl.when(text.str.contains(UNITS_TEXT)).then(text).cast(UNITS, strict=False)


def day(text: pl.Expr) -> pl.Expr:
    """Read a D8 date; null where the text is no day of the calendar."""
    return pl.when(text.str.contains(r"^[0-9]{8}$")).then(text).str.to_date("%Y%m%d", strict=False)


def _parts(text: pl.Expr, delimiters: Delimiters) -> pl.Expr:
    return text.str.split(character(delimiters.component))


def _part(parts: pl.Expr, number: int) -> pl.Expr:
    value = parts.list.get(number, null_on_oob=True)
    return pl.when(value != "").then(value)


def _rows(tree: Tree, segment_id: str, keys: list[str], where: pl.Expr | None = None) -> pl.DataFrame:
    """Pick a family's segments: the keys and the text, nothing else is copied."""
    mine = pl.col("id") == CODE[segment_id]
    return tree.segments.lazy().filter(mine if where is None else mine & where).select(*keys, "text").collect()


def _spread(rows: pl.DataFrame, delimiters: Delimiters, **values: pl.Expr) -> pl.DataFrame:
    """Work values out once per distinct text of a family, and give them to every row that has it.

    Claims repeat a few procedures, dates, diagnoses and payers, and each member's loops, many times over: looking
    a text up costs a tenth of taking it apart.
    """
    coded = rows.get_column("text").cast(pl.Categorical(pl.Categories.random()))
    # The codes of a fresh dictionary count up from 0 in order of first appearance.
    distinct = coded.unique(maintain_order=True).cast(pl.String).to_frame()
    found = with_elements(distinct, delimiters).select(**values)
    return pl.concat([rows.drop("text"), found[coded.to_physical()]], how="horizontal")


def _first(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """Keep the first row of each key, in file order."""
    return frame.filter(pl.col(key).is_first_distinct())


# ------------------------------------------------------------------------------------------- names and their rows


def names(tree: Tree, delimiters: Delimiters) -> pl.DataFrame:
    """One row per NM1 with what hangs on it: PRV03, REF of the payer's own id, N3 and N4.

    Columns: row, scope, line, area, nm1, qualifier, last, first, identifier, taxonomy, other_id, address.
    """
    people = _spread(
        _rows(tree, "NM1", ["row", "scope", "line", "area", "nm1"]),
        delimiters,
        qualifier=element(1),
        last=element(3),
        first=element(4),
        identifier=element(9),
    )
    under = pl.col("section") == CODE["NM1"]
    taxonomy = _spread(_rows(tree, "PRV", ["nm1"], under), delimiters, taxonomy=element(3))
    own_id = element(1).is_in(["G2", "1G", "0B", "LU"])
    other = _spread(_rows(tree, "REF", ["nm1"], under), delimiters, other_id=pl.when(own_id).then(element(2)))
    street = _spread(_rows(tree, "N3", ["nm1"], under), delimiters, line1=element(1), line2=element(2))
    town = _spread(_rows(tree, "N4", ["nm1"], under), delimiters, city=element(1), state=element(2), zip=element(3))
    place = _first(street, "nm1").join(_first(town, "nm1"), on="nm1", how="full", coalesce=True)
    parts = list(ADDRESS_PARTS)
    place = place.filter(~pl.all_horizontal(pl.col(parts).is_null())).select(
        "nm1", address=pl.struct(parts).cast(ADDRESS)
    )
    for values in (taxonomy, other.filter(pl.col("other_id").is_not_null()), place):
        people = beside(people, "nm1", _first(values, "nm1"))
    return people


def _display_name() -> pl.Expr:
    return pl.concat_str("last", "first", separator=", ", ignore_nulls=True).replace("", None)


def role(people: pl.DataFrame, area: int, qualifiers: list[str], name: str, key: str) -> pl.DataFrame:
    """The first provider of a role, one row per claim (`key` scope) or line (`key` line)."""
    chosen = people.filter((pl.col("area") == area) & pl.col("qualifier").is_in(qualifiers))
    return _first(chosen, key).select(
        key,
        pl.col("identifier").alias(f"{name}_npi"),
        pl.col("taxonomy").alias(f"{name}_taxonomy"),
        _display_name().alias(f"{name}_name"),
        pl.col("other_id").alias(f"{name}_other_id"),
    )


def facility_addresses(people: pl.DataFrame) -> pl.DataFrame:
    """Address of the service facility, one row per claim."""
    chosen = people.filter((pl.col("area") == AREA_HEADER) & (pl.col("qualifier") == "77"))
    return _first(chosen, "scope").select("scope", facility_address="address")


# --------------------------------------------------------------------------------------------- loops above a claim


def billing_loops(tree: Tree, delimiters: Delimiters, people: pl.DataFrame) -> pl.DataFrame:
    """Billing provider, one row per 2000A loop (`billing` is its scope)."""
    billers = _first(people.filter(pl.col("qualifier") == "85"), "scope")
    above = _rows(tree, "PRV", ["scope"], pl.col("section") == CODE["HL"])
    taxonomy = _first(_spread(above, delimiters, loop_taxonomy=element(3)), "scope")
    under = pl.col("nm1").is_in(billers.get_column("nm1").implode()) & (pl.col("section") == CODE["NM1"])
    is_tax_id = element(1).is_in(["EI", "SY"])
    tax_id = _spread(
        _rows(tree, "REF", ["scope"], under), delimiters, billing_tax_id=pl.when(is_tax_id).then(element(2))
    ).filter(pl.col("billing_tax_id").is_not_null())
    for values in (taxonomy, _first(tax_id, "scope")):
        billers = beside(billers, "scope", values)
    return billers.select(
        billing="scope",
        billing_npi="identifier",
        billing_taxonomy=pl.coalesce("loop_taxonomy", "taxonomy"),
        billing_name=_display_name(),
        billing_own_id="other_id",
        billing_tax_id="billing_tax_id",
        billing_address="address",
    )


def _people_of_loops(
    tree: Tree, delimiters: Delimiters, people: pl.DataFrame, qualifier: str, prefix: str
) -> pl.DataFrame:
    """A person (IL or QC) of each HL loop, with DMG and PAT. Key: scope."""
    persons = _first(people.filter((pl.col("qualifier") == qualifier) & (pl.col("area") != AREA_LINE)), "scope")
    born_rows = _rows(tree, "DMG", ["nm1"], pl.col("section") == CODE["NM1"])
    born = _spread(
        born_rows if len(persons) else born_rows.clear(),
        delimiters,
        birth_date=day(element(2)),
        birth_date_text=element(2),
        sex=element(3),
    )
    patient = _spread(
        _rows(tree, "PAT", ["scope"]),
        delimiters,
        relation=element(1),
        death_date=day(element(6)),
        death_date_text=element(6),
        pregnant=pl.when(element(9) == "Y").then(statement=True),
    )
    persons = beside(persons, "nm1", _first(born, "nm1"))
    persons = beside(persons, "scope", _first(patient, "scope"))
    named = {"identifier": "id", "last": "last_name", "first": "first_name"}
    kept = ("birth_date", "birth_date_text", "sex", "pregnant", "death_date", "death_date_text", "address")
    return persons.select(
        "scope",
        "relation",
        *(pl.col(column).alias(f"{prefix}_{name}") for column, name in named.items()),
        *(pl.col(column).alias(f"{prefix}_{column}") for column in kept),
    )


def subscriber_loops(tree: Tree, delimiters: Delimiters, people: pl.DataFrame) -> pl.DataFrame:
    """Subscriber, payer and filing indicator, one row per 2000B loop (`subscriber` is its scope)."""
    subscribers = _people_of_loops(tree, delimiters, people, "IL", "subscriber").drop("relation")
    of_loops = tree.scopes.get_column("level").eq("22").fill_null(value=False)
    insurance = _spread(
        _rows(tree, "SBR", ["scope"]), delimiters, subscriber_relation=element(2), filing_indicator=element(9)
    )
    payers = people.filter(pl.col("qualifier") == "PR")
    insurance, payers = (rows.filter(of_loops.gather(rows.get_column("scope"))) for rows in (insurance, payers))
    payers = payers.select("scope", payer_id="identifier", payer_name=_display_name(), billing_payer_id="other_id")
    for values in (insurance, payers):
        subscribers = beside(subscribers, "scope", _first(values, "scope"))
    return subscribers.rename({"scope": "subscriber"})


def patient_loops(tree: Tree, delimiters: Delimiters, people: pl.DataFrame) -> pl.DataFrame:
    """Dependent patient, one row per 2000C loop (`patient` is its scope)."""
    return _people_of_loops(tree, delimiters, people, "QC", "member").rename({"scope": "patient"})


def member_of(claims: pl.DataFrame, patients: pl.DataFrame) -> pl.DataFrame:
    """Name the member: the dependent where there is a 2000C loop, else the subscriber.

    A dependent has no id of their own in 2010CA; the subscriber's stands for the family, and is the member's too.
    """
    claims = beside(claims, "patient", patients)
    is_dependent = pl.col("patient").is_not_null()
    columns = [
        c.removeprefix("subscriber_")
        for c in claims.columns
        if c.startswith("subscriber_") and c != "subscriber_relation"
    ]
    member = {f"member_{c}": pl.when(is_dependent).then(f"member_{c}").otherwise(f"subscriber_{c}") for c in columns}
    member["member_id"] = (
        pl.when(is_dependent).then(pl.coalesce("member_id", "subscriber_id")).otherwise("subscriber_id")
    )
    return claims.with_columns(
        **member,
        **{f"subscriber_{c}": pl.when(is_dependent).then(f"subscriber_{c}") for c in columns},
        relationship=pl.when(is_dependent).then("relation").otherwise("subscriber_relation"),
        billing_other_id=pl.coalesce("billing_payer_id", "billing_own_id"),
    )


# ----------------------------------------------------------------------------------------------- the claim itself


def claim_headers(claim_scopes: pl.DataFrame, delimiters: Delimiters) -> pl.DataFrame:
    """CLM, one row per claim. `claim_scopes` brings elements, claim_id and charge_text from the readability check."""
    place = _parts(pl.col("place_text"), delimiters)
    return claim_scopes.with_columns(place_text=element(5), delay_reason=element(20)).select(
        "claim_key",
        "scope",
        "position",
        "billing",
        "subscriber",
        "patient",
        "claim_id",
        "charge_text",
        "delay_reason",
        place_of_service=_part(place, 0),
        frequency_code=_part(place, 2),
    )


def diagnoses(tree: Tree, delimiters: Delimiters) -> pl.DataFrame:
    """Diagnosis codes in order, one row per claim; several HI segments are read on."""
    codes = _spread(
        _rows(tree, "HI", ["scope"], pl.col("area") == AREA_HEADER),
        delimiters,
        diagnoses=pl.col("elements").list.slice(1).list.eval(_diagnosis(pl.element(), delimiters).drop_nulls()),
    )
    if codes.get_column("scope").is_unique().all():
        return codes
    return codes.group_by("scope", maintain_order=True).agg(pl.col("diagnoses").list.explode(empty_as_null=False))


def _diagnosis(item: pl.Expr, delimiters: Delimiters) -> pl.Expr:
    """Read one component of an HI; null when it is no diagnosis."""
    parts = _parts(item, delimiters)
    return pl.when(_part(parts, 0).is_in(["ABK", "ABF", "BK", "BF"])).then(_part(parts, 1))


def references(
    tree: Tree, delimiters: Delimiters, wanted: dict[str, str], where: pl.Expr, key: str = "scope"
) -> pl.DataFrame:
    """REF numbers by qualifier, one row per key. A number that belongs to another payer (REF04) is passed over."""
    rows = with_elements(_rows(tree, "REF", [key], where), delimiters)
    rows = rows.select(key, qualifier=element(1), number=pl.when(element(4).is_null()).then(element(2)))
    rows = rows.filter(pl.col("qualifier").is_in(list(wanted)) & pl.col("number").is_not_null())
    found = _first(rows, key).select(key)
    for qualifier, name in wanted.items():
        numbers = _first(rows.filter(pl.col("qualifier") == qualifier), key).select(key, pl.col("number").alias(name))
        found = beside(found, key, numbers)
    return found


def other_payers(tree: Tree, delimiters: Delimiters) -> pl.DataFrame:
    """Earlier payers of each claim: 2320 AMT*D, 2330B NM1*PR and DTP*573. One row per claim."""
    is_claim = tree.scopes.get_column("id") == CODE["CLM"]
    segments = tree.segments.lazy().filter(pl.col("area") == AREA_OTHER_PAYER).select("scope", "id", "text").collect()
    segments = segments.filter(is_claim.gather(segments.get_column("scope")))
    if segments.is_empty():
        return pl.DataFrame(schema={"scope": pl.UInt32, "other_payers": pl.List(OTHER_PAYER)})
    segments = segments.with_columns(loop=(pl.col("id") == CODE["SBR"]).cum_sum())
    loops = segments.filter(pl.col("id") == CODE["SBR"]).select("scope", "loop")
    found = with_elements(segments.filter(pl.col("id").is_in([CODE["NM1"], CODE["AMT"], CODE["DTP"]])), delimiters)
    payer = found.filter((pl.col("id") == CODE["NM1"]) & (element(1) == "PR")).select(
        "loop", id=element(9), name=element(3)
    )
    paid = found.filter((pl.col("id") == CODE["AMT"]) & (element(1) == "D")).select("loop", paid=money(element(2)))
    decided = found.filter((pl.col("id") == CODE["DTP"]) & (element(1) == "573")).select(
        "loop", decided_on=day(element(3))
    )
    for values in (payer, paid, decided):
        loops = loops.join(_first(values, "loop"), on="loop", how="left", maintain_order="left")
    item = pl.struct("id", "name", "paid", "decided_on").cast(OTHER_PAYER)
    return loops.group_by("scope", maintain_order=True).agg(other_payers=item)


# ------------------------------------------------------------------------------------------------------ the lines


def services(tree: Tree, delimiters: Delimiters) -> pl.DataFrame:
    """SV1, one row per service line, readable claim or not."""
    rows = _first(_rows(tree, "SV1", ["row", "scope", "line", "position"], pl.col("area") == AREA_LINE), "line")
    composite = _parts(element(1), delimiters)
    pointer_text = element(7)
    numbers = _parts(pointer_text, delimiters).list.eval(pl.element().cast(pl.UInt32, strict=False))
    well_formed = pointer_text.str.contains(rf"^[0-9]{{1,9}}(\x{{{delimiters.component:x}}}[0-9]{{1,9}})*$")
    mark = character(delimiters.component)
    modifiers = composite.list.slice(2, 4).list.join(mark).str.strip_chars_end(mark)
    none, no_pointers = pl.lit([], pl.List(pl.String)), pl.lit([], pl.List(pl.UInt32))
    return _spread(
        rows,
        delimiters,
        procedure_code=_part(composite, 1),
        # A blank in front of a filled modifier stays: it is a defect that a rule reports.
        modifiers=pl.when(modifiers != "").then(modifiers.str.split(mark)).fill_null(none),
        charge_text=element(2),
        charge=money(element(2)),
        unit_basis=element(3),
        units=units(element(4)),
        units_text=element(4),
        place_of_service=element(5),
        diagnosis_pointers=pl.when(well_formed).then(numbers).fill_null(no_pointers),
        diagnosis_pointers_text=pl.when(~well_formed).then(pointer_text),
    )


def service_dates(tree: Tree, delimiters: Delimiters) -> pl.DataFrame:
    """DTP*472, one row per line: first day, last day of a range, and the text of what is no date."""
    is_range, text = element(2) == "RD8", element(3)
    ends = text.str.splitn("-", 2)
    first_text = pl.when(is_range).then(ends.struct.field("field_0")).otherwise(text)
    last_text = pl.when(is_range).then(ends.struct.field("field_1"))
    first, last = day(first_text), day(last_text)
    dates = _spread(
        _rows(tree, "DTP", ["line"], pl.col("area") == AREA_LINE),
        delimiters,
        is_service_date=element(1) == "472",
        service_date=first,
        service_date_text=pl.when(first.is_null()).then(first_text),
        service_end_date=pl.when(last != first).then(last),
        service_end_date_text=pl.when(is_range & last.is_null()).then(last_text.fill_null("")),
    )
    return _first(dates.filter("is_service_date"), "line").drop("is_service_date")


def line_numbers(tree: Tree, delimiters: Delimiters) -> pl.DataFrame:
    """LX01, one row per line."""
    text = element(1)
    number = pl.when(text.str.contains(r"^[0-9]{1,6}$")).then(text).cast(pl.UInt32, strict=False)
    rows = _rows(tree, "LX", ["line"], pl.col("area") == AREA_LINE)
    return _spread(rows, delimiters, line_number=number, line_number_text=pl.when(number.is_null()).then(text))


# ------------------------------------------------------------------------------------------------ unreadable values


def malformed_of_claims(claims: pl.DataFrame) -> pl.DataFrame:
    """One row per value of a claim that was present and could not be read."""
    return _malformed(claims, ["member_birth_date", "member_death_date"], pl.lit(None, pl.UInt32))


def malformed_of_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """One row per value of a line that was present and could not be read."""
    columns = ["service_date", "service_end_date", "units", "diagnosis_pointers", "line_number"]
    return _malformed(lines, columns, pl.col("line_key"))


def _malformed(frame: pl.DataFrame, columns: list[str], line_key: pl.Expr) -> pl.DataFrame:
    parts = []
    for column in columns:
        text = pl.col(f"{column}_text")
        is_list = column in {"diagnosis_pointers", "line_number"}
        lost = text.is_not_null() if is_list else text.is_not_null() & pl.col(column).is_null()
        rows = frame.filter(lost)
        if len(rows):
            parts.append(
                rows.select("claim_key", line_key=line_key, column=pl.lit(column), text=text).cast(
                    pl.Schema(MALFORMED_SCHEMA)
                )
            )
    if not parts:
        return pl.DataFrame(schema=MALFORMED_SCHEMA)
    return pl.concat(parts).sort("claim_key", "line_key", "column", nulls_last=False)
