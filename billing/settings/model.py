"""The keys of a settings file. Unknown keys are refused, everything is frozen, codes are text.

A field's description says what it is for and where it stands in the 837P; it is shown where the key is missing, in
`cleanclaim settings schema`, and by editors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from billing.settings.values import (
    CITY,
    EMAIL,
    EXTENSION,
    FIRST_NAME,
    GROUP_ID,
    ID,
    INTERCHANGE_ID,
    LAST_NAME,
    NINE_DIGIT_ZIP,
    NPI,
    PHONE,
    REFERENCE,
    SEPARATOR,
    STATE,
    STREET,
    TAX_ID,
    TAXONOMY,
    ZIP,
)

Qualifier = Literal["01", "14", "20", "27", "28", "29", "30", "33", "ZZ"]
Filing = Literal[
    "11", "12", "13", "14", "15", "16", "17", "AM", "BL", "CH", "CI", "DS", "FI", "HM", "LM", "MA", "MB", "MC", "OF",
    "TV", "VA", "WC", "ZZ",
]  # fmt: skip


_LONGEST_INTERCHANGE_ID = 15


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class Address(_Model):
    """A postal address in the United States."""

    line1: STREET = Field(description="street and number (N301)")
    line2: STREET | None = Field(None, description="suite or floor (N302)")
    city: CITY = Field(description="city (N401)")
    state: STATE = Field(description="state, two capital letters (N402)")
    zip: ZIP = Field(description="ZIP, five or nine digits (N403)")


class FullAddress(Address):
    """An address with all nine digits of its ZIP, as the guide wants it of billing providers and facilities."""

    zip: NINE_DIGIT_ZIP = Field(description="ZIP, all nine digits (N403)")


class Contact(_Model):
    """Whom to call about a file. At least one of telephone, email and fax."""

    name: LAST_NAME = Field(description="person or office to ask for (PER02)")
    phone: PHONE | None = Field(None, description="telephone, ten digits (PER TE)")
    extension: EXTENSION | None = Field(None, description="extension of that telephone (PER EX)")
    email: EMAIL | None = Field(None, description="email address (PER EM)")
    fax: PHONE | None = Field(None, description="fax, ten digits (PER FX)")

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.phone is None and self.email is None and self.fax is None:
            raise ValueError("give a phone, an email or a fax: the receiver must be able to reach someone")
        if self.extension is not None and self.phone is None:
            raise ValueError("an extension needs a phone")
        return self


class Submitter(_Model):
    """Who sends the file."""

    name: LAST_NAME = Field(description="name the receiver knows the sender by (1000A NM103)")
    id: ID = Field(description="submitter id (ETIN) the receiver gave the sender (1000A NM109)")
    contact: Contact = Field(description="whom the receiver calls about the file (1000A PER)")


class Receiver(_Model):
    """Who takes the file in: the payer or its clearinghouse."""

    name: LAST_NAME = Field(description="name of the receiver (1000B NM103)")
    id: ID = Field(description="id of the receiver, from its companion guide (1000B NM109)")


class Delimiters(_Model):
    """The four signs that part the file. None may occur in a value, so change one that your data needs."""

    element: SEPARATOR = Field("*", description="parts the elements of a segment")
    component: SEPARATOR = Field(":", description="parts the components of an element (ISA16)")
    repetition: SEPARATOR = Field("^", description="parts repetitions (ISA11)")
    segment: SEPARATOR = Field("~", description="ends a segment")

    @model_validator(mode="after")
    def _are_different(self) -> Self:
        if len(set(self.signs)) != len(self.signs):
            raise ValueError("the four delimiters must be four different signs")
        return self

    @property
    def signs(self) -> tuple[str, str, str, str]:
        """Element, component, repetition, segment."""
        return self.element, self.component, self.repetition, self.segment


class Interchange(_Model):
    """The envelope of the file and how it is laid out."""

    usage: Literal["T", "P"] = Field(description="T for a test file, P for production (ISA15)")
    sender_id: INTERCHANGE_ID | None = Field(None, description="sender's id (ISA06); default: the submitter's id")
    sender_qualifier: Qualifier = Field("ZZ", description="kind of the sender's id (ISA05)")
    receiver_id: INTERCHANGE_ID | None = Field(None, description="receiver's id (ISA08); default: the receiver's id")
    receiver_qualifier: Qualifier = Field("ZZ", description="kind of the receiver's id (ISA07)")
    group_sender: GROUP_ID | None = Field(None, description="sender's code (GS02); default: sender_id")
    group_receiver: GROUP_ID | None = Field(None, description="receiver's code (GS03); default: receiver_id")
    acknowledgement: bool = Field(default=False, description="true asks for a TA1 (ISA14)")
    purpose: Literal["claims", "encounters"] = Field(
        "claims", description="claims to be paid, or encounters that a plan reports (BHT06)"
    )
    control_numbers: str | None = Field(
        None, description="file that keeps the next control number; beside this file unless it has a folder"
    )
    claims_per_transaction: Annotated[int, Field(ge=1, le=5000)] = Field(
        5000, description="at most this many claims in one ST to SE; the guide recommends no more than 5000"
    )
    line_ends: bool = Field(default=False, description="true writes each segment on a line of its own")
    accents: Literal["refuse", "plain", "keep"] = Field(
        "refuse", description="what to do with letters outside A to Z: refuse them, write them plain (É as E), or keep"
    )
    delimiters: Delimiters = Field(default_factory=Delimiters, description="the signs that part the file")


class _Named(_Model):
    """Somebody with a name: `name` for an organization, `last_name` and `first_name` for a person."""

    npi: NPI | None = Field(None, description="NPI (NM109)")
    name: LAST_NAME | None = Field(None, description="name of an organization (NM103)")
    last_name: LAST_NAME | None = Field(None, description="last name of a person (NM103)")
    first_name: FIRST_NAME | None = Field(None, description="first name of a person (NM104)")
    taxonomy: TAXONOMY | None = Field(None, description="taxonomy (PRV03)")

    @model_validator(mode="after")
    def _has_one_name(self) -> Self:
        if (self.name is None) == (self.last_name is None):
            raise ValueError("give name for an organization, or last_name and first_name for a person")
        if self.first_name is not None and self.last_name is None:
            raise ValueError("a first_name needs a last_name")
        return self

    @property
    def full_name(self) -> str:
        """The name as the `name` columns of claims hold it: an organization's, or `LAST, FIRST`."""
        return self.name or ", ".join(part for part in (self.last_name, self.first_name) if part)


class BillingProvider(_Named):
    """Who is paid. The first one listed is used where a claim names none."""

    other_id: REFERENCE | None = Field(None, description="the payer's own id, where it has no NPI (2010BB REF*G2)")
    tax_id: TAX_ID = Field(description="tax id, nine digits (2010AA REF)")
    tax_id_kind: Literal["EI", "SY"] = Field("EI", description="EI employer's, SY social security number (REF01)")
    address: FullAddress = Field(description="street address, no post office box (2010AA N3, N4)")

    @model_validator(mode="after")
    def _is_known_to_the_payer(self) -> Self:
        if self.npi is None and self.other_id is None:
            raise ValueError("give the npi, or other_id for a provider that cannot have one")
        return self


class Provider(_Named):
    """A worker, supervisor, orderer or place that claims name by NPI alone."""

    npi: NPI = Field(description="NPI that the claims name it by")
    address: FullAddress | None = Field(None, description="address, for places where services are given (2310C N3, N4)")


class Payer(_Model):
    """A payer that claims go to, or an earlier one. The first one listed is used where a claim names none."""

    id: ID = Field(description="payer id (2010BB NM109)")
    name: LAST_NAME = Field(description="name of the payer (2010BB NM103)")
    filing_indicator: Filing = Field(description="kind of payer: MC Medicaid, MB Medicare, CI commercial (SBR09)")


class Defaults(_Model):
    """What a claim says when it says nothing. Leave a key out, and claims that lack the value are refused."""

    place_of_service: Annotated[str, Field(pattern=r"^[0-9]{2}$")] | None = Field(
        None, description="place of service of claims and lines without one (CLM05-1)"
    )
    diagnosis_pointers: tuple[Annotated[int, Field(ge=1, le=12)], ...] = Field(
        (), max_length=4, description="pointers of lines without any (SV107)"
    )
    member_address: Address | None = Field(None, description="address of members without one (2010BA N3, N4)")
    sex: Literal["F", "M", "U"] | None = Field(None, description="sex of members without one (DMG03)")
    provider_signature: Literal["Y", "N"] = Field("Y", description="the provider's signature is on file (CLM06)")
    assignment: Literal["A", "B", "C"] = Field("A", description="A assigned, B laboratory only, C not assigned (CLM07)")
    benefits_assigned: Literal["Y", "N", "W"] = Field("Y", description="the member assigns the benefits (CLM08)")
    release_of_information: Literal["Y", "I"] = Field(
        "Y", description="Y a signed release is on file, I informed consent where the law wants none (CLM09)"
    )


class Settings(_Model):
    """What every 837P of this sender says."""

    submitter: Submitter = Field(description="who sends the file (1000A)")
    receiver: Receiver = Field(description="who takes the file in (1000B)")
    interchange: Interchange = Field(description="the envelope: test or production, ids, control numbers (ISA, GS)")
    billing_providers: tuple[BillingProvider, ...] = Field(
        min_length=1, description="who is paid; the first is used where a claim names none (2010AA)"
    )
    payers: tuple[Payer, ...] = Field(
        min_length=1, description="the payers; the first is used where a claim names none (2010BB, 2330B)"
    )
    providers: tuple[Provider, ...] = Field(
        (), description="names of workers, supervisors and places that claims name by NPI alone (2310, 2420)"
    )
    defaults: Defaults = Field(default_factory=Defaults, description="what a claim says when it says nothing")

    @model_validator(mode="after")
    def _ids_are_distinct(self) -> Self:
        if len({payer.id for payer in self.payers}) != len(self.payers):
            raise ValueError("payers lists one id twice; keep one of them")
        if len({provider.npi for provider in self.providers}) != len(self.providers):
            raise ValueError("providers lists one NPI twice; keep one of them")
        return self

    @model_validator(mode="after")
    def _ids_fit_the_envelope(self) -> Self:
        for mine, given in (("submitter", self.interchange.sender_id), ("receiver", self.interchange.receiver_id)):
            if given is None and len(getattr(self, mine).id) > _LONGEST_INTERCHANGE_ID:
                key = "sender_id" if mine == "submitter" else "receiver_id"
                raise ValueError(f"the {mine}'s id has more than 15 characters; give interchange.{key} too")
        return self

    @property
    def control_number_file(self) -> Path | None:
        """The file that keeps the control numbers; null when none is named."""
        return None if self.interchange.control_numbers is None else Path(self.interchange.control_numbers)
