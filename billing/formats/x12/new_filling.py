"""Claims and lines with what the settings add: payer, billing provider, names of people known by NPI, defaults.

Nothing that a claim says is changed, but for blanks around it and, where the settings ask for it, accents. What was
added is only ever what the settings file says in so many words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import polars as pl

from billing.batch import Batch
from billing.claims import CLAIMS_SCHEMA
from billing.formats.x12.new_segments import with_nine_digits
from billing.formats.x12.new_texts import without_blanks
from billing.settings.model import Address, BillingProvider, Provider, Settings

CLAIM_PROVIDERS = ("rendering", "supervising", "ordering", "referring", "facility")
LINE_PROVIDERS = ("rendering", "supervising", "ordering", "referring")
PARTS = ("line1", "line2", "city", "state", "zip")
_WITH_ADDRESS = ("member", "subscriber", "billing", "facility")
_OF_PROVIDER = ("npi", "taxonomy", "name", "other_id")
_PERSON = ("id", "last_name", "first_name", "birth_date", "sex", "pregnant", "death_date", "address")
# A name with a comma is a person's, unless what stands behind the comma is the form of a company.
_COMPANY = r"(?i), *(inc|llc|l\.l\.c|ltd|llp|lp|pllc|pc|p\.c|pa|p\.a|corp|co)\.?$"


def filled_claims(claims: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return one row per claim with what the settings add.

    Args:
        claims: One row per claim (`CLAIM_COLUMNS`).
        settings: The settings.

    Returns:
        The same rows in order of `claim_key`. Addresses are flat columns, `member_address.city`. Added are
        `is_dependent`, `billing_is_person`, `rendering_is_person`, `billing_tax_id_kind` and `payers_before`.
    """
    return _filled_claims(without_blanks(claims.sort("claim_key"), settings), settings)


def as_sent(batch: Batch, settings: Settings) -> Batch:
    """Return a batch with what the settings add to claims that did not come as X12, so that these are judged as sent.

    Nothing that a claim says is changed, and a value that could not be read stays as it is.
    """
    x12 = [source.name for source in batch.sources if source.suffix == ".837"]
    is_other = ~pl.col("input").is_in(x12)
    claims = with_place(batch.claims.filter(is_other), batch.lines, settings)
    claims = _filled_claims(claims, settings)
    addresses = [
        pl.when(pl.any_horizontal(pl.col(f"{who}_address.{part}").is_not_null() for part in PARTS))
        .then(pl.struct(pl.col(f"{who}_address.{part}").alias(part) for part in PARTS))
        .alias(f"{who}_address")
        for who in _WITH_ADDRESS
    ]  # fmt: skip
    claims = claims.with_columns(addresses).select(list(CLAIMS_SCHEMA))
    lines = batch.lines.join(claims.select("claim_key"), on="claim_key", how="semi", maintain_order="left")
    unreadable = batch.malformed.filter(column="diagnosis_pointers").select("line_key")
    lines = _with_names(lines, settings.providers, LINE_PROVIDERS)
    lines = pl.concat([
        _with_defaults(lines.join(unreadable, on="line_key", how="anti"), settings),
        lines.join(unreadable, on="line_key", how="semi"),
        batch.lines.join(claims.select("claim_key"), on="claim_key", how="anti"),
    ])  # fmt: skip
    claims = pl.concat([claims, batch.claims.filter(~is_other)])
    return replace(batch, claims=claims.sort("claim_key"), lines=lines.sort("line_key"))


def _filled_claims(claims: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    claims = claims.with_columns(_parts_of_addresses(claims))
    claims = claims.drop(f"{who}_address" for who in _WITH_ADDRESS)
    claims = _with_people(claims, settings)
    claims = _with_billing(claims, settings.billing_providers)
    claims = _with_payers(claims, settings)
    claims = _with_names(claims, settings.providers, CLAIM_PROVIDERS)
    zips = [f"{who}_address.zip" for who in _WITH_ADDRESS]
    return claims.with_columns(
        *(with_nine_digits(pl.col(name)) for name in zips),
        frequency_code=pl.col("frequency_code").fill_null("1"),
        rendering_is_person=_is_person("rendering"),
        payers_before=pl.col("other_payers").list.len(),
    )


def filled_lines(lines: pl.DataFrame, claims: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return one row per line with what the settings and its claim add.

    Args:
        lines: One row per line (`LINE_COLUMNS`).
        claims: What `filled_claims` returned, with the place of service still as the claim gives it.
        settings: The settings.

    Returns:
        The same rows in order of claim and line, with `rendering_is_person` and `number` (from 1 in each claim).
        Somebody without a name on the line but with the claim's NPI is who the claim names. Who
        orders is the line's own or the claim's, because an 837P names orderers on lines only. A place of service or
        another provider that is the claim's is null, because the guide wants them on a line only where they differ.
    """
    lines = without_blanks(lines.sort("claim_key", "line_key"), settings)
    lines = _with_defaults(_with_names(lines, settings.providers, LINE_PROVIDERS), settings)
    of_claim = claims.select(
        "claim_key",
        *(pl.col(f"{role}_{what}").alias(f"claim_{role}_{what}") for role in LINE_PROVIDERS for what in _OF_PROVIDER),
        claim_place="place_of_service",
    )
    lines = lines.join(of_claim, on="claim_key", how="left", maintain_order="left")
    lines = lines.with_columns(value for role in LINE_PROVIDERS for value in _completed(role))
    lines = lines.with_columns(value for role in LINE_PROVIDERS for value in _where_different(role))
    return lines.with_columns(
        rendering_is_person=_is_person("rendering"),
        place_of_service=pl.when(pl.col("place_of_service").ne_missing(pl.col("claim_place"))).then("place_of_service"),
        number=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over("claim_key"),
    ).drop(name for name in of_claim.columns if name != "claim_key")


def _completed(role: str) -> Iterator[pl.Expr]:
    """Add what the claim says of somebody whom a line gives no name but the same NPI."""
    is_same = pl.col(f"{role}_name").is_null() & (pl.col(f"{role}_npi") == pl.col(f"claim_{role}_npi"))
    for what in _OF_PROVIDER[1:]:
        own = pl.col(f"{role}_{what}")
        yield pl.when(own.is_null() & is_same).then(f"claim_{role}_{what}").otherwise(own).alias(f"{role}_{what}")


def _where_different(role: str) -> Iterator[pl.Expr]:
    """Leave out of a line whom the claim names; an orderer is the claim's where the line has none."""
    own = {what: pl.col(f"{role}_{what}") for what in _OF_PROVIDER}
    of_claim = {what: pl.col(f"claim_{role}_{what}") for what in _OF_PROVIDER}
    if role == "ordering":
        is_named = pl.any_horizontal(value.is_not_null() for value in own.values())
        for what in _OF_PROVIDER:
            yield pl.when(is_named).then(own[what]).otherwise(of_claim[what]).alias(f"{role}_{what}")
        return
    is_of_claim = pl.all_horizontal(own[what].eq_missing(of_claim[what]) for what in _OF_PROVIDER)
    for what in _OF_PROVIDER:
        yield pl.when(~is_of_claim).then(own[what]).alias(f"{role}_{what}")


def _with_defaults(lines: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    pointers = pl.lit(list(settings.defaults.diagnosis_pointers), pl.List(pl.UInt32))
    points = pl.col("diagnosis_pointers").list.len() > 0
    return lines.with_columns(
        unit_basis=pl.col("unit_basis").fill_null("UN"),
        diagnosis_pointers=pl.when(points).then("diagnosis_pointers").otherwise(pointers),
    )


def with_place(claims: pl.DataFrame, lines: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Give a claim without a place of service that of its first line, else the settings'."""
    if not claims.get_column("place_of_service").null_count():
        return claims
    first = lines.sort("claim_key", "line_key").group_by("claim_key", maintain_order=True).agg(
        first_place=pl.col("place_of_service").str.strip_chars().drop_nulls().first()
    )  # fmt: skip
    claims = claims.join(first, on="claim_key", how="left", maintain_order="left")
    default = pl.lit(settings.defaults.place_of_service, pl.String)
    return claims.with_columns(place_of_service=pl.coalesce("place_of_service", "first_place", default)).drop(
        "first_place"
    )


def _parts_of_addresses(claims: pl.DataFrame) -> Iterable[pl.Expr]:
    for who in _WITH_ADDRESS:
        address = f"{who}_address"
        has_any = claims.get_column(address).null_count() < len(claims)
        for part in PARTS:
            value = pl.col(address).struct.field(part) if has_any else pl.lit(None, pl.String)
            yield value.alias(f"{address}.{part}")


# ------------------------------------------------------------------------------------------ what the settings add


def _with_people(claims: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Add the defaults for members; a subscriber who is the member, or says nothing, is no second person."""
    is_other = pl.any_horizontal(
        pl.col(f"subscriber_{name}").is_not_null() & pl.col(f"subscriber_{name}").ne_missing(pl.col(f"member_{name}"))
        for name in _columns_of_person()
    )
    relationship = pl.col("relationship").fill_null("18")
    added = [
        pl.col("relationship").fill_null("18"),
        pl.col("member_sex").fill_null(pl.lit(settings.defaults.sex, pl.String)),
    ]
    claims = claims.with_columns(added, subscriber_is_other=is_other, is_dependent=relationship != "18")
    return _with_address(claims, "member", settings.defaults.member_address)


def _columns_of_person() -> list[str]:
    return [*(name for name in _PERSON if name != "address"), *(f"address.{part}" for part in PARTS)]


def _with_address(claims: pl.DataFrame, who: str, address: Address | None) -> pl.DataFrame:
    if address is None:
        return claims
    names = [f"{who}_address.{part}" for part in PARTS]
    says_nothing = pl.all_horizontal(pl.col(name).is_null() for name in names)
    parts = zip(names, PARTS, strict=True)
    return claims.with_columns(
        pl.when(says_nothing).then(pl.lit(getattr(address, part), pl.String)).otherwise(name).alias(name)
        for name, part in parts
    )


def _with_billing(claims: pl.DataFrame, providers: Sequence[BillingProvider]) -> pl.DataFrame:
    """Add to a claim's billing provider what the settings say of it; of a claim that names none, the first one's."""
    first = providers[0]
    names_none = pl.all_horizontal(
        pl.col(f"billing_{what}").is_null() for what in ("npi", "other_id", "name", "tax_id")
    )
    claims = claims.with_columns(
        billing_npi=pl.when(names_none).then(pl.lit(first.npi, pl.String)).otherwise("billing_npi"),
        billing_other_id=pl.when(names_none).then(pl.lit(first.other_id, pl.String)).otherwise("billing_other_id"),
    )
    values: dict[str, list[str | None]] = {
        "taxonomy": [each.taxonomy for each in providers],
        "other_id": [each.other_id for each in providers],
        "tax_id": [each.tax_id for each in providers],
    }
    by_id = _looked_up("billing_npi", "billing_other_id", providers)
    of_address = [f"billing_address.{part}" for part in PARTS]
    has_address = pl.any_horizontal(pl.col(name).is_not_null() for name in of_address)
    addresses = [
        pl.when(has_address)
        .then(name)
        .otherwise(by_id([getattr(each.address, part) for each in providers]))
        .alias(name)
        for name, part in zip(of_address, PARTS, strict=True)
    ]
    names = by_id([each.full_name for each in providers])
    person = by_id(["1" if each.last_name else "2" for each in providers])
    return claims.with_columns(
        *(pl.coalesce(f"billing_{what}", by_id(said)).alias(f"billing_{what}") for what, said in values.items()),
        *addresses,
        billing_name=pl.coalesce("billing_name", names),
        billing_is_person=(person == "1").fill_null(value=False),
        billing_tax_id_kind=by_id([each.tax_id_kind for each in providers]).fill_null("EI"),
    )


def _looked_up(npi: str, other_id: str, providers: Sequence[BillingProvider]) -> Callable[[list[str | None]], pl.Expr]:
    """Return a function from one value per provider to a column of the value of each claim's provider."""

    def by_id(values: list[str | None]) -> pl.Expr:
        found = []
        for column, ids in ((npi, [each.npi for each in providers]), (other_id, [each.other_id for each in providers])):
            known = {own: value for own, value in reversed(list(zip(ids, values, strict=True))) if own is not None}
            if known:
                keys = pl.Series(list(known), dtype=pl.String)
                found.append(pl.col(column).replace_strict(
                    keys, pl.Series(list(known.values()), dtype=pl.String), default=None, return_dtype=pl.String
                ))  # fmt: skip
        return pl.coalesce(found)

    return by_id


def _with_payers(claims: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    first = settings.payers[0]
    names_none = pl.col("payer_id").is_null() & pl.col("payer_name").is_null()
    ids = [payer.id for payer in settings.payers]
    payer_id = pl.when(names_none).then(pl.lit(first.id)).otherwise("payer_id")
    name = payer_id.replace_strict(ids, [payer.name for payer in settings.payers], default=None, return_dtype=pl.String)
    filing = payer_id.replace_strict(
        ids, [payer.filing_indicator for payer in settings.payers], default=None, return_dtype=pl.String
    )
    return claims.with_columns(
        payer_id=payer_id,
        payer_name=pl.coalesce("payer_name", name),
        filing_indicator=pl.coalesce("filing_indicator", filing),
    )


def _with_names(frame: pl.DataFrame, providers: Sequence[Provider], roles: Sequence[str]) -> pl.DataFrame:
    """Add name, taxonomy and address of people and places that are named by NPI alone."""
    npis = [provider.npi for provider in providers]
    if not npis:
        return frame
    added = []
    for role in roles:
        if frame.get_column(f"{role}_npi").null_count() == len(frame):
            continue
        said: dict[str, list[str | None]] = {"name": [provider.full_name for provider in providers]}
        if role == "rendering":
            said["taxonomy"] = [provider.taxonomy for provider in providers]
        if role == "facility":
            said |= {f"address.{part}": [getattr(each.address, part, None) for each in providers] for part in PARTS}
        for what, values in said.items():
            found = pl.col(f"{role}_npi").replace_strict(
                npis, pl.Series(values, dtype=pl.String), default=None, return_dtype=pl.String
            )
            added.append(pl.coalesce(f"{role}_{what}", found).alias(f"{role}_{what}"))
    return frame.with_columns(added)


def _is_person(role: str) -> pl.Expr:
    name = pl.col(f"{role}_name")
    return (name.str.contains(", ", literal=True) & ~name.str.contains(_COMPANY)).fill_null(value=False)
