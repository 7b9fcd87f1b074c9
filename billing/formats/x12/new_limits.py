"""What the guide limits in an 837P: what must be there, how long it may be, which codes an element takes.

One `Breach` per limit: the rows it holds for, the words, and what to do. Messages name columns and settings, never a
value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from billing.formats.x12.new_filling import CLAIM_PROVIDERS, LINE_PROVIDERS, PARTS
from billing.settings.model import Settings

MOST_CLAIM_LINES, MOST_DIAGNOSES, MOST_POINTERS, MOST_MODIFIERS, MOST_PAYERS = 50, 12, 4, 4, 10
RELATIONS = ("01", "18", "19", "20", "21", "39", "40", "53", "G8")
FILING = ("11", "12", "13", "14", "15", "16", "17", "AM", "BL", "CH", "CI", "DS", "FI", "HM", "LM", "MA", "MB", "MC",
          "OF", "TV", "VA", "WC", "ZZ")  # fmt: skip
DELAYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "15")
_FIRST_YEAR, _LAST_YEAR = 1800, 2199
_IN_CLAIMS = "add it to the claims"
_ROLES = {"billing": "the billing provider", "rendering": "who gave the service", "supervising": "the supervisor",
          "ordering": "who ordered the service", "referring": "who referred the member",
          "facility": "the place of the service"}  # fmt: skip
_PERSONS = {"member": "the member", "subscriber": "the subscriber"}
_X12_OF_PART = {"line1": "N301", "line2": "N302", "city": "N401", "state": "N402", "zip": "N403"}
_PART_WORDS = {"line1": "street", "city": "city", "state": "state", "zip": "ZIP"}
_LENGTH_OF_PART = {"line1": (1, 55), "line2": (1, 55), "city": (2, 30), "state": (2, 2), "zip": (3, 15)}


@dataclass(frozen=True, slots=True)
class Breach:
    """Something that keeps claims from being written.

    Attributes:
        holds: The rows it holds for.
        words: What is wrong, behind the places.
        fix: What to do.
        missing: The column whose value is missing; empty for other breaches.
    """

    holds: pl.Expr
    words: str
    fix: str
    missing: str = ""


def _missing(column: str, what: str, x12: str, where: pl.Expr | None = None, *, key: str = "") -> Breach:
    holds = pl.col(column).is_null()
    fix = f"{_IN_CLAIMS}, or {'add' if ' ' in key else 'set'} {key} in the settings" if key else _IN_CLAIMS
    words = f"no {what} ({column}), which an 837P must carry ({x12})"
    return Breach(holds if where is None else holds & where, words, fix, column)


def _length(column: str, longest: int, x12: str, shortest: int = 1) -> Breach:
    length = pl.col(column).str.len_chars()
    limits = f"{shortest} to {longest}"
    if shortest in {1, longest}:
        limits = f"{'at most ' if shortest < longest else ''}{longest}"
    words = f"{column} has {'more' if shortest == 1 else 'more or less'} characters than an 837P takes ({x12})"
    holds = length > longest if shortest == 1 else (length > longest) | (length < shortest)
    return Breach(holds, words, f"write {limits} character{'' if longest == 1 else 's'}")


def _code(column: str, codes: tuple[str, ...], x12: str) -> Breach:
    is_known = pl.col(column).is_in(codes)
    return Breach(~is_known, f"{column} is no code that an 837P takes ({x12})", f"write one of {', '.join(codes)}")


def _day(column: str, x12: str) -> Breach:
    year = pl.col(column).dt.year()
    words = f"{column} is a day before {_FIRST_YEAR} or after {_LAST_YEAR} ({x12})"
    return Breach((year < _FIRST_YEAR) | (year > _LAST_YEAR), words, "write the day as it is")


def of_claims() -> Iterator[Breach]:
    """Yield the limits of a claim's own values; one row per claim."""
    is_dependent = pl.col("is_dependent")
    yield _length("claim_id", 38, "2300 CLM01")
    yield _code("relationship", RELATIONS, "SBR02, PAT01")
    yield Breach(
        ~is_dependent & pl.col("subscriber_is_other"),
        "relationship is 18 or absent, which says the member is the subscriber, and subscriber is somebody else",
        "leave subscriber out, or write how the member is related to the subscriber (19 is a child)",
    )
    own_id = pl.col("member_id").is_not_null() & pl.col("member_id").ne_missing(pl.col("subscriber_id"))
    yield Breach(
        is_dependent & own_id & pl.col("subscriber_id").is_not_null(),
        "the member has an id other than the subscriber's, for which an 837P has no place (2010CA)",
        "whom the payer knows by an id of their own is the subscriber: write relationship 18, and no subscriber",
    )
    yield _missing("member_id", "id of the member", "2010BA NM109", ~is_dependent)
    yield _missing("member_last_name", "last name of the member", "NM103")
    yield _missing("member_birth_date", "birth date of the member", "DMG02")
    yield _missing("member_sex", "sex of the member", "DMG03", key="defaults.sex")
    yield from _of_address("member", "the member", None, key="defaults.member_address")
    yield _missing("subscriber_id", "id of the subscriber", "2010BA NM109", is_dependent)
    yield _missing("subscriber_last_name", "last name of the subscriber", "2010BA NM103", is_dependent)
    given = pl.any_horizontal(pl.col(f"subscriber_address.{part}").is_not_null() for part in PARTS)
    yield from _of_address("subscriber", "the subscriber", is_dependent & given)
    for who in _PERSONS:
        yield _length(f"{who}_id", 80, "NM109", 2)
        yield _length(f"{who}_last_name", 60, "NM103")
        yield _length(f"{who}_first_name", 35, "NM104")
        yield _code(f"{who}_sex", ("F", "M", "U"), "DMG03")
        yield _day(f"{who}_birth_date", "DMG02")
    yield _day("member_death_date", "PAT06")
    yield _missing("payer_id", "id of the payer", "2010BB NM109")
    yield _missing("payer_name", "name of the payer", "2010BB NM103", key="the payer under payers")
    yield _missing("filing_indicator", "kind of payer", "2000B SBR09", key="the payer under payers")
    yield _length("payer_id", 80, "2010BB NM109", 2)
    yield _length("payer_name", 60, "2010BB NM103")
    yield _code("filing_indicator", FILING, "2000B SBR09")
    key = "the provider with this NPI under billing_providers"
    yield Breach(
        pl.col("billing_npi").is_null() & pl.col("billing_other_id").is_null(),
        "no NPI of the billing provider (billing_npi), nor an id that the payer gave it (billing_other_id)",
        _IN_CLAIMS,
    )
    yield _missing("billing_name", "name of the billing provider", "2010AA NM103", key=key)
    yield _missing("billing_tax_id", "tax id of the billing provider", "2010AA REF*EI", key=key)
    yield from _of_address("billing", "the billing provider", None, key=key)
    yield _length("billing_tax_id", 50, "2010AA REF*EI")
    yield from _of_provider("billing", None)
    for role in CLAIM_PROVIDERS:
        if role != "ordering":
            yield from _of_provider(role, _is_named(role))
    yield from _of_address("facility", "the place of the service", _is_named("facility"),
                           key="its address under providers")  # fmt: skip
    yield _missing("place_of_service", "place of service", "2300 CLM05-1", key="defaults.place_of_service")
    yield _length("place_of_service", 2, "2300 CLM05-1")
    yield _length("frequency_code", 1, "2300 CLM05-3")
    yield _length("original_claim_id", 50, "2300 REF*F8")
    yield _length("prior_authorization", 50, "2300 REF*G1")
    yield _code("delay_reason", DELAYS, "2300 CLM20")
    number = pl.col("diagnoses").list.len()
    yield Breach(number == 0, "no diagnosis (diagnoses), which an 837P must carry (2300 HI)", _IN_CLAIMS)
    yield Breach(
        number > MOST_DIAGNOSES, f"more than {MOST_DIAGNOSES} diagnoses; an 837P takes no more (2300 HI)",
        "keep those that the lines point to",
    )  # fmt: skip
    code = pl.element().str.len_chars().fill_null(0)
    yield Breach(
        pl.col("diagnoses").list.eval((code < 1) | (code > 30)).list.any(),
        "an empty or overlong code among the diagnoses (2300 HI)", "write the codes one behind the other",
    )  # fmt: skip
    yield Breach(
        pl.col("payers_before") > MOST_PAYERS, f"more than {MOST_PAYERS} other payers (2320)", "split the claim"
    )


def of_lines() -> Iterator[Breach]:
    """Yield the limits of a line's values; one row per line."""
    yield Breach(
        pl.col("number") > MOST_CLAIM_LINES, f"more than {MOST_CLAIM_LINES} service lines (2400)", "split the claim"
    )
    yield _missing("procedure_code", "procedure code", "2400 SV101-2")
    yield _length("procedure_code", 48, "2400 SV101-2")
    modifiers = pl.col("modifiers")
    length = pl.element().str.len_chars().fill_null(0)
    yield Breach(
        (modifiers.list.len() > MOST_MODIFIERS) | modifiers.list.eval((length != 2) & (length != 0)).list.any(),
        f"modifiers are more than {MOST_MODIFIERS}, or one has not two characters (2400 SV101-3)",
        "write up to four modifiers of two characters",
    )
    yield _missing("units", "units", "2400 SV104")
    yield _code("unit_basis", ("UN", "MJ"), "2400 SV103")
    yield _missing("service_date", "service date", "2400 DTP*472")
    yield _day("service_date", "2400 DTP*472")
    yield _day("service_end_date", "2400 DTP*472")
    yield _length("place_of_service", 2, "2400 SV105")
    pointers = pl.col("diagnosis_pointers")
    yield Breach(
        pointers.list.len() == 0, "no diagnosis pointer (diagnosis_pointers), which an 837P must carry (2400 SV107)",
        f"{_IN_CLAIMS}, or set defaults.diagnosis_pointers in the settings",
    )  # fmt: skip
    yield Breach(
        (pointers.list.len() > MOST_POINTERS) | (pointers.list.max() > 99),
        f"more than {MOST_POINTERS} diagnosis pointers, or one with more than two digits (2400 SV107)",
        "write up to four, the most important first",
    )
    for role in LINE_PROVIDERS:
        yield from _of_provider(role, _is_named(role))
    yield _length("prior_authorization", 50, "2400 REF*G1")
    yield _length("line_control_number", 50, "2400 REF*6R")


def of_payers(settings: Settings) -> Iterator[Breach]:
    """Yield the limits of what is said of an earlier payer; one row per payer of a claim."""
    known = [payer.id for payer in settings.payers]
    is_known = pl.col("id").is_in(known).fill_null(value=False)
    yield Breach(
        pl.col("id").is_null(), "an other payer without id, which an 837P must carry (2330B NM109)", _IN_CLAIMS
    )
    yield Breach(
        pl.col("name").is_null() & ~is_known, "an other payer without name, which an 837P must carry (2330B NM103)",
        f"{_IN_CLAIMS}, or add the payer under payers in the settings",
    )  # fmt: skip
    length = pl.col("id").str.len_chars()
    yield Breach(
        (length > 80) | (length < 2) | (pl.col("name").str.len_chars() > 60),
        "id or name of an other payer has more or less characters than an 837P takes (2330B NM1)",
        "write 2 to 80 characters for the id, at most 60 for the name",
    )
    yield _day("decided_on", "2330B DTP*573")


def _of_provider(role: str, is_named: pl.Expr | None) -> Iterator[Breach]:
    who = _ROLES[role]
    if is_named is not None:
        yield _missing(
            f"{role}_name", f"name of {who}", "NM103", is_named, key="the provider with this NPI under providers"
        )
    yield _length(f"{role}_npi", 80, "NM109", 2)
    yield _length(f"{role}_other_id", 50, "REF*G2")
    if role in {"billing", "rendering"}:
        yield _length(f"{role}_taxonomy", 50, "PRV03")
    last, first = (pl.col(f"{role}_name").str.splitn(", ", 2).struct.field(f"field_{at}") for at in (0, 1))
    if role == "facility":
        yield _length("facility_name", 60, "NM103")
        return
    is_person = pl.col(f"{role}_is_person") if role in {"billing", "rendering"} else pl.lit(value=True)
    whole = pl.col(f"{role}_name").str.len_chars()
    too_long = pl.when(is_person).then((last.str.len_chars() > 60) | (first.str.len_chars() > 35)).otherwise(whole > 60)
    starts = pl.col(f"{role}_name").str.starts_with(", ") & is_person
    words = f"{role}_name has more characters than an 837P takes, or no last name (NM103, NM104)"
    yield Breach(too_long | starts, words, "write at most 60 characters for a last name, 35 for a first name")


def _of_address(who: str, whose: str, where: pl.Expr | None, *, key: str = "") -> Iterator[Breach]:
    columns = [f"{who}_address.{part}" for part in PARTS]
    has_none = pl.all_horizontal(pl.col(column).is_null() for column in columns)
    whole = _missing(
        columns[0], f"address of {whose}", "N3, N4", has_none if where is None else where & has_none, key=key
    )
    yield replace(whole, words=whole.words.replace(".line1", ""))
    some = ~has_none if where is None else where & ~has_none
    for part, column in zip(PARTS, columns, strict=True):
        x12 = _X12_OF_PART[part]
        if part != "line2":
            yield _missing(column, f"{_PART_WORDS[part]} in the address of {whose}", x12, some, key=key)
        shortest, longest = _LENGTH_OF_PART[part]
        yield _length(column, longest, x12, shortest)
    if who in {"billing", "facility"}:
        column = f"{who}_address.zip"
        yield Breach(
            ~pl.col(column).str.contains(r"^[0-9]{9}$"),
            f"{column} has not the nine digits that the guide demands (N403)",
            "write ZIP+4; the post office's ZIP lookup has it",
        )


def _is_named(role: str) -> pl.Expr:
    return pl.any_horizontal(pl.col(f"{role}_{what}").is_not_null() for what in ("npi", "name", "taxonomy", "other_id"))
