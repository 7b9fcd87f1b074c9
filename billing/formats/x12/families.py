"""Families of 837P segments as small frames: one function per family, one row per claim, line or loop.

Each takes segments (or names, the NM1 family) and returns the key it joins on and the values it gives. When a
segment is repeated where the guide allows one, the first counts.
"""

from __future__ import annotations

import polars as pl

from billing.claims import ADDRESS, MALFORMED_SCHEMA, MONEY, MONEY_TEXT, OTHER_PAYER, UNITS, UNITS_TEXT
from billing.formats.x12.segments import CODE, Delimiters, character
from billing.formats.x12.tree import AREA_HEADER, Tree, element, with_elements

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


def _of(segments: pl.DataFrame, segment_id: str, delimiters: Delimiters) -> pl.DataFrame:
    return with_elements(segments.filter(pl.col("id") == CODE[segment_id]), delimiters)


def _first(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """Keep the first row of each key, in file order."""
    return frame.filter(pl.col(key).is_first_distinct())


# ------------------------------------------------------------------------------------------- names and their rows


def names(tree: Tree, delimiters: Delimiters) -> pl.DataFrame:
    """One row per NM1 with what hangs on it: PRV03, REF of the payer's own id, N3 and N4.

    Columns: row, scope, line, area, nm1, qualifier, entity (1 person, 2 organisation), last, first, identifier,
    taxonomy, other_id, address.
    """
    segments = tree.segments
    people = _of(segments, "NM1", delimiters).select(
        "row",
        "scope",
        "line",
        "area",
        "nm1",
        qualifier=element(1),
        entity=element(2),
        last=element(3),
        first=element(4),
        identifier=element(9),
    )
    under = segments.filter(
        (pl.col("section") == CODE["NM1"]) & pl.col("id").is_in([CODE[x] for x in ("PRV", "REF", "N3", "N4")])
    )
    taxonomy = _first(_of(under, "PRV", delimiters).select("nm1", taxonomy=element(3)), "nm1")
    other = _of(under, "REF", delimiters).filter(element(1).is_in(["G2", "1G", "0B", "LU"]))
    other = _first(other.select("nm1", other_id=element(2)), "nm1")
    street = _first(_of(under, "N3", delimiters).select("nm1", line1=element(1), line2=element(2)), "nm1")
    town = _first(_of(under, "N4", delimiters).select("nm1", city=element(1), state=element(2), zip=element(3)), "nm1")
    for values in (taxonomy, other, street, town):
        people = people.join(values, on="nm1", how="left", maintain_order="left")
    parts = ["line1", "line2", "city", "state", "zip"]
    return people.with_columns(
        address=pl.when(~pl.all_horizontal(pl.col(parts).is_null())).then(pl.struct(parts)).cast(ADDRESS)
    ).drop(parts)


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
    above = tree.segments.filter(pl.col("section") == CODE["HL"])
    taxonomy = _first(_of(above, "PRV", delimiters).select("scope", loop_taxonomy=element(3)), "scope")
    own = tree.segments.join(billers.select("nm1"), on="nm1", how="semi").filter(pl.col("section") == CODE["NM1"])
    tax_id = _of(own, "REF", delimiters).filter(element(1).is_in(["EI", "SY"]))
    tax_id = _first(tax_id.select("scope", billing_tax_id=element(2)), "scope")
    billers = billers.join(taxonomy, on="scope", how="left", maintain_order="left")
    billers = billers.join(tax_id, on="scope", how="left", maintain_order="left")
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
    persons = _first(people.filter((pl.col("qualifier") == qualifier) & (pl.col("area") != 2)), "scope")
    born = _of(tree.segments, "DMG", delimiters).filter(pl.col("section") == CODE["NM1"])
    born = _first(born.select("nm1", birth_text=element(2), sex=element(3)), "nm1")
    patient = _first(
        _of(tree.segments, "PAT", delimiters).select(
            "scope",
            relation=element(1),
            death_text=element(6),
            pregnant=pl.when(element(9) == "Y").then(statement=True),
        ),
        "scope",
    )
    persons = persons.join(born, on="nm1", how="left", maintain_order="left")
    persons = persons.join(patient, on="scope", how="left", maintain_order="left")
    return persons.select(
        "scope",
        "relation",
        pl.col("identifier").alias(f"{prefix}_id"),
        pl.col("last").alias(f"{prefix}_last_name"),
        pl.col("first").alias(f"{prefix}_first_name"),
        day(pl.col("birth_text")).alias(f"{prefix}_birth_date"),
        pl.col("birth_text").alias(f"{prefix}_birth_date_text"),
        pl.col("sex").alias(f"{prefix}_sex"),
        pl.col("pregnant").alias(f"{prefix}_pregnant"),
        day(pl.col("death_text")).alias(f"{prefix}_death_date"),
        pl.col("death_text").alias(f"{prefix}_death_date_text"),
        pl.col("address").alias(f"{prefix}_address"),
    )


def subscriber_loops(tree: Tree, delimiters: Delimiters, people: pl.DataFrame) -> pl.DataFrame:
    """Subscriber, payer and filing indicator, one row per 2000B loop (`subscriber` is its scope)."""
    subscribers = _people_of_loops(tree, delimiters, people, "IL", "subscriber").drop("relation")
    in_loops = tree.scopes.filter(pl.col("level") == "22").select("scope")
    insurance = _of(tree.segments, "SBR", delimiters).join(in_loops, on="scope", how="semi")
    insurance = _first(insurance.select("scope", subscriber_relation=element(2), filing_indicator=element(9)), "scope")
    payers = people.filter(pl.col("qualifier") == "PR").join(in_loops, on="scope", how="semi")
    payers = _first(payers, "scope").select(
        "scope", payer_id="identifier", payer_name=_display_name(), billing_payer_id="other_id"
    )
    for values in (insurance, payers):
        subscribers = subscribers.join(values, on="scope", how="left", maintain_order="left")
    return subscribers.rename({"scope": "subscriber"})


def patient_loops(tree: Tree, delimiters: Delimiters, people: pl.DataFrame) -> pl.DataFrame:
    """Dependent patient, one row per 2000C loop (`patient` is its scope)."""
    return _people_of_loops(tree, delimiters, people, "QC", "member").rename({"scope": "patient"})


def member_of(claims: pl.DataFrame, patients: pl.DataFrame) -> pl.DataFrame:
    """Name the member: the dependent where there is a 2000C loop, else the subscriber.

    A dependent has no id of their own in 2010CA; the subscriber's stands for the family, and is the member's too.
    """
    claims = claims.join(patients, on="patient", how="left", maintain_order="left")
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


def diagnoses(in_claims: pl.DataFrame, delimiters: Delimiters) -> pl.DataFrame:
    """Diagnosis codes in order, one row per claim; several HI segments are read on."""
    codes = (
        _of(in_claims, "HI", delimiters)
        .select("scope", item=pl.col("elements").list.slice(1))
        .explode("item", empty_as_null=False)
    )
    parts = _parts(pl.col("item"), delimiters)
    codes = codes.with_columns(qualifier=_part(parts, 0), code=_part(parts, 1))
    codes = codes.filter(pl.col("qualifier").is_in(["ABK", "ABF", "BK", "BF"]) & pl.col("code").is_not_null())
    return codes.group_by("scope", maintain_order=True).agg(diagnoses="code")


def references(
    segments: pl.DataFrame, delimiters: Delimiters, wanted: dict[str, str], key: str = "scope"
) -> pl.DataFrame:
    """REF numbers by qualifier, one row per key. A number that belongs to another payer (REF04) is passed over."""
    rows = _of(segments, "REF", delimiters).select(key, qualifier=element(1), number=element(2), other=element(4))
    rows = rows.filter(pl.col("qualifier").is_in(list(wanted)) & pl.col("other").is_null())
    found = _first(rows, key).select(key)
    for qualifier, name in wanted.items():
        numbers = _first(rows.filter(pl.col("qualifier") == qualifier), key).select(key, pl.col("number").alias(name))
        found = found.join(numbers, on=key, how="left", maintain_order="left")
    return found


def other_payers(segments: pl.DataFrame, delimiters: Delimiters) -> pl.DataFrame:
    """Earlier payers of each claim: 2320 AMT*D, 2330B NM1*PR and DTP*573. One row per claim."""
    if segments.is_empty():
        return pl.DataFrame(schema={"scope": pl.UInt32, "other_payers": pl.List(OTHER_PAYER)})
    segments = segments.with_columns(loop=(pl.col("id") == CODE["SBR"]).cum_sum())
    loops = segments.filter(pl.col("id") == CODE["SBR"]).select("scope", "loop")
    payer = _of(segments, "NM1", delimiters).filter(element(1) == "PR")
    payer = _first(payer.select("loop", id=element(9), name=element(3)), "loop")
    paid = _of(segments, "AMT", delimiters).filter(element(1) == "D")
    paid = _first(paid.select("loop", paid=money(element(2))), "loop")
    decided = _of(segments, "DTP", delimiters).filter(element(1) == "573")
    decided = _first(decided.select("loop", decided_on=day(element(3))), "loop")
    for values in (payer, paid, decided):
        loops = loops.join(values, on="loop", how="left", maintain_order="left")
    item = pl.struct("id", "name", "paid", "decided_on").cast(OTHER_PAYER)
    return loops.group_by("scope", maintain_order=True).agg(other_payers=item)


# ------------------------------------------------------------------------------------------------------ the lines


def services(tree: Tree, delimiters: Delimiters) -> pl.DataFrame:
    """SV1, one row per service line, readable claim or not."""
    rows = _first(_of(tree.segments.filter(pl.col("area") == 2), "SV1", delimiters), "line").select(
        "row",
        "scope",
        "line",
        "position",
        composite=_parts(element(1), delimiters),
        charge_text=element(2),
        unit_basis=element(3),
        units_text=element(4),
        place_of_service=element(5),
        pointer_text=element(7),
    )
    pointers = _parts(pl.col("pointer_text"), delimiters)
    numbers = pointers.list.eval(pl.element().cast(pl.UInt32, strict=False))
    well_formed = pl.col("pointer_text").str.contains(rf"^[0-9]{{1,9}}(\x{{{delimiters.component:x}}}[0-9]{{1,9}})*$")
    mark = character(delimiters.component)
    modifiers = pl.col("composite").list.slice(2, 4).list.join(mark).str.strip_chars_end(mark)
    return rows.with_columns(
        procedure_code=_part(pl.col("composite"), 1),
        # A blank in front of a filled modifier stays: it is a defect that a rule reports.
        modifiers=pl.when(modifiers != "").then(modifiers.str.split(mark)).fill_null(pl.lit([], pl.List(pl.String))),
        diagnosis_pointers=pl.when(well_formed).then(numbers).fill_null(pl.lit([], pl.List(pl.UInt32))),
        diagnosis_pointers_text=pl.when(~well_formed).then("pointer_text"),
    ).drop("composite", "pointer_text")


def service_dates(in_lines: pl.DataFrame, delimiters: Delimiters) -> pl.DataFrame:
    """DTP*472, one row per line: first day, last day of a range, and the text of what is no date."""
    dates = _of(in_lines, "DTP", delimiters).filter(element(1) == "472")
    dates = _first(dates.select("line", form=element(2), text=element(3)), "line")
    ends = pl.col("text").str.splitn("-", 2)
    is_range = pl.col("form") == "RD8"
    first_text = pl.when(is_range).then(ends.struct.field("field_0")).otherwise("text")
    last_text = pl.when(is_range).then(ends.struct.field("field_1"))
    first, last = day(first_text), day(last_text)
    return dates.select(
        "line",
        service_date=first,
        service_date_text=pl.when(first.is_null()).then(first_text),
        service_end_date=pl.when(last != first).then(last),
        service_end_date_text=pl.when(is_range & last.is_null()).then(last_text.fill_null("")),
    )


def line_numbers(in_lines: pl.DataFrame, delimiters: Delimiters) -> pl.DataFrame:
    """LX01, one row per line."""
    rows = _of(in_lines, "LX", delimiters).select("line", text=element(1))
    number = pl.when(pl.col("text").str.contains(r"^[0-9]{1,6}$")).then("text").cast(pl.UInt32, strict=False)
    return _first(
        rows.select("line", line_number=number, line_number_text=pl.when(number.is_null()).then("text")), "line"
    )


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
