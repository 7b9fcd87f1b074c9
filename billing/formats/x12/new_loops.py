"""The loops of an 837P as columns of text: 2000A, 2000B, 2000C, 2300 with 2310 and 2320, and 2400 with 2420.

HL segments are left to `new837.py`, which numbers them; everything else of a loop is here, in the guide's order.
"""

from __future__ import annotations

import polars as pl

from billing.formats.x12.new_filling import PARTS
from billing.formats.x12.new_segments import Signs, day, number
from billing.settings.model import Settings

_ORDER = ("P", "S", "T", "A", "B", "C", "D", "E", "F", "G", "H")
"""Which payer comes when: first, second, third, fourth ... (SBR01)."""

_SELF = "18"


def billing_loop(signs: Signs) -> pl.Expr:
    """2000A and 2010AA of each claim."""
    tax_id = pl.col("billing_tax_id").str.replace(r"^([0-9]{2})-([0-9]{7})$", "${1}${2}")
    return pl.concat_str(
        signs.segment_where(
            pl.col("billing_taxonomy").is_not_null(), "PRV", "BI", "PXC", pl.col("billing_taxonomy")
        ),
        _name(signs, "85", "billing", pl.col("billing_is_person")),
        _address(signs, "billing"),
        signs.segment("REF", pl.col("billing_tax_id_kind"), tax_id),
    )  # fmt: skip


def subscriber_loop(signs: Signs) -> pl.Expr:
    """2000B, 2010BA and 2010BB of each claim."""
    is_dependent = pl.col("is_dependent")
    relation = pl.when(is_dependent).then(pl.lit("")).otherwise(pl.lit(_SELF))
    order = pl.col("payers_before").replace_strict(list(range(len(_ORDER))), list(_ORDER), default=_ORDER[-1])
    says = pl.col("member_pregnant").fill_null(value=False) | pl.col("member_death_date").is_not_null()
    return pl.concat_str(
        signs.segment("SBR", order, relation, "", "", "", "", "", "", pl.col("filing_indicator")),
        pl.when(~is_dependent & says).then(_statement(signs, "")).otherwise(pl.lit("")),
        pl.when(is_dependent).then(_insured(signs, "subscriber")).otherwise(_insured(signs, "member")),
        signs.segment("NM1", "PR", "2", pl.col("payer_name"), "", "", "", "", "PI", pl.col("payer_id")),
        _own_id(signs, "billing"),
    )


def patient_loop(signs: Signs) -> pl.Expr:
    """2000C and 2010CA of each claim whose patient is not the subscriber; empty for the others."""
    loop = pl.concat_str(
        _statement(signs, pl.col("relationship")),
        signs.segment("NM1", "QC", "1", pl.col("member_last_name"), pl.col("member_first_name")),
        _address(signs, "member"),
        _birth(signs, "member"),
    )
    return pl.when(pl.col("is_dependent")).then(loop).otherwise(pl.lit(""))


def claim_loop(signs: Signs, settings: Settings) -> pl.Expr:
    """2300 and 2310 of each claim."""
    said = settings.defaults
    signed = (said.provider_signature, said.assignment, said.benefits_assigned, said.release_of_information)
    place = signs.composite(pl.col("place_of_service"), "B", pl.col("frequency_code"))
    principal = pl.col("diagnoses").list.head(1).list.eval(pl.concat_str(pl.lit(f"ABK{signs.component}"), pl.element()))
    others = pl.col("diagnoses").list.slice(1).list.eval(pl.concat_str(pl.lit(f"ABF{signs.component}"), pl.element()))
    return pl.concat_str(
        signs.segment(
            "CLM", pl.col("claim_id"), number(pl.col("charge")), "", "", place, *signed,
            *[""] * 10, pl.col("delay_reason"),
        ),
        _reference(signs, "G1", "prior_authorization"),
        _reference(signs, "F8", "original_claim_id"),
        signs.segment("HI", principal.list.concat(others).list.join(signs.element)),
        _provider(signs, "DN", "referring", pl.lit(value=True)),
        _provider(signs, "82", "rendering", pl.col("rendering_is_person")),
        pl.when(_is_named("facility")).then(pl.concat_str(
            _name(signs, "77", "facility", pl.lit(value=False)), _address(signs, "facility"),
            _own_id(signs, "facility"),
        )).otherwise(pl.lit("")),
        _provider(signs, "DQ", "supervising", pl.lit(value=True)),
    )  # fmt: skip


def other_payer_loops(claims: pl.DataFrame, signs: Signs, settings: Settings) -> pl.DataFrame:
    """2320 and 2330 of claims that earlier payers decided: one row per such claim, `claim_key` and `payers`.

    The earlier payer's own number for the member is in no column, so that the claim's member id stands for it.
    """
    said = settings.defaults
    known = {payer.id: payer for payer in settings.payers}
    rows = claims.filter(pl.col("payers_before") > 0).select(
        "claim_key", "is_dependent", "relationship",
        *(pl.when("is_dependent").then(f"subscriber_{part}").otherwise(f"member_{part}").alias(f"insured_{part}")
          for part in ("id", "last_name", "first_name")),
        payer="other_payers",
    ).explode("payer")  # fmt: skip
    rows = rows.with_columns(pl.col("payer").struct.unnest())
    name = pl.col("id").replace_strict(
        list(known), [payer.name for payer in known.values()], default=None, return_dtype=pl.String
    )
    filing = pl.col("id").replace_strict(
        list(known), [payer.filing_indicator for payer in known.values()], default="ZZ", return_dtype=pl.String
    )
    order = pl.int_range(pl.len(), dtype=pl.UInt32).over("claim_key").replace_strict(
        list(range(len(_ORDER))), list(_ORDER), default=_ORDER[-1]
    )  # fmt: skip
    loop = pl.concat_str(
        signs.segment("SBR", order, pl.col("relationship"), "", "", "", "", "", "", filing),
        signs.segment_where(pl.col("paid").is_not_null(), "AMT", "D", number(pl.col("paid"))),
        pl.lit(signs.plain("OI", "", "", said.benefits_assigned, "", "", said.release_of_information)),
        signs.segment(
            "NM1", "IL", "1", pl.col("insured_last_name"), pl.col("insured_first_name"), "", "", "", "MI",
            pl.col("insured_id"),
        ),
        signs.segment("NM1", "PR", "2", pl.coalesce("name", name), "", "", "", "", "PI", pl.col("id")),
        signs.segment_where(pl.col("decided_on").is_not_null(), "DTP", "573", "D8", day(pl.col("decided_on"))),
    )  # fmt: skip
    rows = rows.select("claim_key", payers=loop)
    return rows.group_by("claim_key", maintain_order=True).agg(pl.col("payers").str.join(""))


def line_loop(signs: Signs) -> pl.Expr:
    """2400 and 2420 of each line."""
    first, last = pl.col("service_date"), pl.col("service_end_date")
    is_range = last.is_not_null() & (last != first)
    modifiers = pl.col("modifiers").list.join(signs.component, ignore_nulls=False)
    service = signs.composite("HC", pl.col("procedure_code"), modifiers)
    pointers = pl.col("diagnosis_pointers").cast(pl.List(pl.String)).list.join(signs.component)
    dates = pl.when(is_range).then(pl.concat_str(day(first), pl.lit("-"), day(last))).otherwise(day(first))
    form = pl.when(is_range).then(pl.lit("RD8")).otherwise(pl.lit("D8"))
    return pl.concat_str(
        signs.segment("LX", pl.col("number").cast(pl.String)),
        signs.segment(
            "SV1", service, number(pl.col("charge")), pl.col("unit_basis"), number(pl.col("units")),
            pl.col("place_of_service"), "", pointers,
        ),
        signs.segment("DTP", "472", form, dates),
        _reference(signs, "G1", "prior_authorization"),
        _reference(signs, "6R", "line_control_number"),
        _provider(signs, "82", "rendering", pl.col("rendering_is_person")),
        _provider(signs, "DQ", "supervising", pl.lit(value=True)),
        _provider(signs, "DK", "ordering", pl.lit(value=True)),
        _provider(signs, "DN", "referring", pl.lit(value=True)),
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------------------- parts


def _statement(signs: Signs, relation: pl.Expr | str) -> pl.Expr:
    """PAT: how the patient is related, death date, pregnancy."""
    died = pl.col("member_death_date")
    form = pl.when(died.is_not_null()).then(pl.lit("D8"))
    pregnant = pl.when(pl.col("member_pregnant")).then(pl.lit("Y"))
    return signs.segment("PAT", relation, "", "", "", form, day(died), "", "", pregnant)


def _insured(signs: Signs, who: str) -> pl.Expr:
    """2010BA; address and birth only where they are known."""
    has_address = pl.col(f"{who}_address.line1").is_not_null()
    is_born = pl.col(f"{who}_birth_date").is_not_null() & pl.col(f"{who}_sex").is_not_null()
    return pl.concat_str(
        signs.segment(
            "NM1", "IL", "1", pl.col(f"{who}_last_name"), pl.col(f"{who}_first_name"), "", "", "", "MI",
            pl.col(f"{who}_id"),
        ),
        pl.when(has_address).then(_address(signs, who)).otherwise(pl.lit("")),
        pl.when(is_born).then(_birth(signs, who)).otherwise(pl.lit("")),
    )  # fmt: skip


def _birth(signs: Signs, who: str) -> pl.Expr:
    return signs.segment("DMG", "D8", day(pl.col(f"{who}_birth_date")), pl.col(f"{who}_sex"))


def _address(signs: Signs, who: str) -> pl.Expr:
    line1, line2, city, state, zip_code = (pl.col(f"{who}_address.{part}") for part in PARTS)
    return pl.concat_str(signs.segment("N3", line1, line2), signs.segment("N4", city, state, zip_code))


def _provider(signs: Signs, qualifier: str, role: str, is_person: pl.Expr) -> pl.Expr:
    """NM1 with PRV and REF of someone who is named; the guide has a PRV only where they render."""
    taxonomy = pl.col(f"{role}_taxonomy")
    parts = [_name(signs, qualifier, role, is_person)]
    if role == "rendering":
        parts.append(signs.segment_where(taxonomy.is_not_null(), "PRV", "PE", "PXC", taxonomy))
    parts.append(_own_id(signs, role))
    return pl.when(_is_named(role)).then(pl.concat_str(parts)).otherwise(pl.lit(""))


def _name(signs: Signs, qualifier: str, role: str, is_person: pl.Expr) -> pl.Expr:
    name, npi = pl.col(f"{role}_name"), pl.col(f"{role}_npi")
    parts = name.str.splitn(", ", 2)
    last = pl.when(is_person).then(parts.struct.field("field_0")).otherwise(name)
    first = pl.when(is_person).then(parts.struct.field("field_1"))
    kind = pl.when(is_person).then(pl.lit("1")).otherwise(pl.lit("2"))
    form = pl.when(npi.is_not_null()).then(pl.lit("XX"))
    return signs.segment("NM1", qualifier, kind, last, first, "", "", "", form, npi)


def _own_id(signs: Signs, role: str) -> pl.Expr:
    return _reference(signs, "G2", f"{role}_other_id")


def _reference(signs: Signs, qualifier: str, column: str) -> pl.Expr:
    return signs.segment_where(pl.col(column).is_not_null(), "REF", qualifier, pl.col(column))


def _is_named(role: str) -> pl.Expr:
    return pl.any_horizontal(pl.col(f"{role}_{what}").is_not_null() for what in ("npi", "name", "taxonomy", "other_id"))
