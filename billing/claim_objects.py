"""Claims as objects, for programs that embed cleanclaim: `Claim`, its `ServiceLine`s and the people on it.

They are loaded when the first of them is used (`billing.claims` names them too): a batch read from X12 needs none.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from billing.claim_values import ClockTime, Day, Money, Units


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class Address(_Model):
    """A postal address. Every part may be null."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None


class Person(_Model):
    """A member or a subscriber. `id` is the payer's id for them."""

    id: str | None = None
    last_name: str | None = None
    first_name: str | None = None
    birth_date: Day | None = None
    sex: str | None = None
    pregnant: bool | None = None
    death_date: Day | None = None
    address: Address | None = None


class Provider(_Model):
    """A provider named on a claim. `other_id` is the payer's id for one who has no NPI."""

    npi: str | None = None
    taxonomy: str | None = None
    name: str | None = None
    other_id: str | None = None


class BillingProvider(Provider):
    """The provider who is paid."""

    tax_id: str | None = None
    address: Address | None = None


class Facility(Provider):
    """The place where the service was given."""

    address: Address | None = None


class Payer(_Model):
    """The payer a claim goes to."""

    id: str | None = None
    name: str | None = None


class OtherPayer(_Model):
    """A payer that decided the claim earlier. `paid` is USD."""

    id: str | None = None
    name: str | None = None
    paid: Money | None = None
    decided_on: Day | None = None


class MalformedValue(_Model):
    """A value that was present but could not be read: its column is null, its text is here.

    `line_number` is null for a value of the claim itself.
    """

    line_number: int | None = None
    column: str
    text: str


class ServiceLine(_Model):
    """One service line of a claim. Money is USD, `units` are billing units; null means absent."""

    line_number: int = Field(ge=0, lt=2**32)
    procedure_code: str | None = None
    modifiers: tuple[str, ...] = ()
    charge: Money
    units: Units | None = None
    unit_basis: str | None = None
    service_date: Day | None = None
    service_end_date: Day | None = None
    place_of_service: str | None = None
    diagnosis_pointers: tuple[Annotated[int, Field(ge=0, lt=2**32)], ...] = ()
    rendering_provider: Provider | None = None
    supervising_provider: Provider | None = None
    ordering_provider: Provider | None = None
    referring_provider: Provider | None = None
    prior_authorization: str | None = None
    line_control_number: str | None = None
    start_time: ClockTime | None = None
    end_time: ClockTime | None = None
    group_size: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    session_id: str | None = None
    worker: str | None = None


class Claim(_Model):
    """One professional claim, as in the claim JSON. Absent and null are the same."""

    claim_id: str = Field(min_length=1)
    member: Person = Person()
    subscriber: Person | None = None
    relationship: str | None = None
    payer: Payer = Payer()
    filing_indicator: str | None = None
    billing_provider: BillingProvider = BillingProvider()
    rendering_provider: Provider | None = None
    supervising_provider: Provider | None = None
    ordering_provider: Provider | None = None
    referring_provider: Provider | None = None
    service_facility: Facility | None = None
    place_of_service: str | None = None
    frequency_code: str | None = None
    original_claim_id: str | None = None
    prior_authorization: str | None = None
    delay_reason: str | None = None
    diagnoses: tuple[str, ...] = ()
    charge: Money
    other_payers: tuple[OtherPayer, ...] = ()
    received_date: Day | None = None
    malformed: tuple[MalformedValue, ...] = ()
    lines: tuple[ServiceLine, ...] = Field(min_length=1)
