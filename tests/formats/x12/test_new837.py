"""A new 837P from claims of any format: what is written is what is read, and an independent reader finds it valid."""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl
import pytest
import pyx12.map_if
import pyx12.params
import pyx12.x12n_document
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from billing.batch import Batch
from billing.claims import Claim, frames_to_claims
from billing.errors import SettingsError, UsageError
from billing.formats import read
from billing.formats.writers import Lost
from billing.formats.x12.new837 import write_837
from billing.formats.x12.new_lost import lost_in_837
from billing.settings import Settings
from tests.outgoing import CREATED, NAMED, record, settings

PARAMETERS = pyx12.params.params()


@pytest.fixture(scope="module", autouse=True)
def one_map() -> Iterator[None]:
    """Read the implementation guide's map once for all files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyx12.map_if, "load_map_file", functools.cache(pyx12.map_if.load_map_file))
        yield


def is_valid(content: bytes) -> bool:
    """Say whether pyx12 finds nothing wrong with an 837."""
    return bool(pyx12.x12n_document.x12n_document(PARAMETERS, io.StringIO(content.decode()), None, None))


def written(records: list[dict[str, Any]] | Batch, chosen: Settings | None = None, number: int = 7) -> bytes:
    batch = records if isinstance(records, Batch) else read(records)
    return write_837(batch, chosen or settings(), control_number=number, created=CREATED)


def segments(content: bytes) -> list[str]:
    return content.decode().replace("\n", "").rstrip("~").split("~")


def claims_of(batch: Batch) -> list[Claim]:
    return list(frames_to_claims(batch.claims, batch.lines, batch.malformed))


# ------------------------------------------------------------------------------------------------- one claim, in full


def test_a_claim_is_written_segment_by_segment_in_the_order_of_the_guide() -> None:
    made = record(
        original_claim_id="P123", prior_authorization="A77", delay_reason="1", frequency_code="7",
        referring_provider={"npi": "1000000020", "name": "REFERRER, REX"},
        supervising_provider={"npi": "1000000038", "name": "SUPER, SUE", "other_id": "S1"},
        service_facility={"npi": "1000000012", "name": "EXAMPLE CENTER, INC",
                          "address": {"line1": "3 OAK ST", "line2": "SUITE 2", "city": "TOPEKA", "state": "KS", "zip": "66603-0003"}},
        other_payers=[{"id": "MEDICARE", "paid": "20.50", "decided_on": "2026-05-10"}],
        line__service_end_date="2026-05-06", line__place_of_service="11", line__prior_authorization="A78",
        line__ordering_provider={"npi": "1000000046", "name": "ORDERER, OLE"},
        line__rendering_provider={"other_id": "W9", "name": "EXAMPLE TEAM"},
    )  # fmt: skip
    content = written([made])
    assert segments(content) == [
        "ISA*00*          *00*          *ZZ*SENDER01       *ZZ*KMAP           *260531*0930*^*00501*000000007*0*T*:",
        "GS*HC*SENDER01*KMAP*20260531*0930*7*X*005010X222A1",
        "ST*837*0001*005010X222A1",
        "BHT*0019*00*0000000070001*20260531*0930*CH",
        "NM1*41*2*EXAMPLE BILLING*****46*SENDER01",
        "PER*IC*BILLING OFFICE*TE*8005550100*EM*billing@example.org",
        "NM1*40*2*EXAMPLE MEDICAID*****46*KMAP",
        "HL*1**20*1",
        "PRV*BI*PXC*251S00000X",
        "NM1*85*2*EXAMPLE AGENCY*****XX*1234567893",
        "N3*1 MAIN ST",
        "N4*TOPEKA*KS*666030001",
        "REF*EI*480000000",
        "HL*2*1*22*0",
        "SBR*S*18*******MC",
        "NM1*IL*1*DOE*JANE****MI*00123456789",
        "N3*2 ELM ST",
        "N4*TOPEKA*KS*66603",
        "DMG*D8*19900131*F",
        "NM1*PR*2*EXAMPLE MEDICAID*****PI*KMAP",
        "CLM*C1*92***12:B:7*Y*A*Y*Y***********1",
        "REF*G1*A77",
        "REF*F8*P123",
        "HI*ABK:F330*ABF:Z5900",
        "NM1*DN*1*REFERRER*REX****XX*1000000020",
        "NM1*82*1*WORKER*ANN****XX*1000000004",
        "PRV*PE*PXC*172V00000X",
        "NM1*77*2*EXAMPLE CENTER, INC*****XX*1000000012",
        "N3*3 OAK ST*SUITE 2",
        "N4*TOPEKA*KS*666030003",
        "NM1*DQ*1*SUPER*SUE****XX*1000000038",
        "REF*G2*S1",
        "SBR*P*18*******MB",
        "AMT*D*20.5",
        "OI***Y***Y",
        "NM1*IL*1*DOE*JANE****MI*00123456789",
        "NM1*PR*2*MEDICARE*****PI*MEDICARE",
        "DTP*573*D8*20260510",
        "LX*1",
        "SV1*HC:98960:U7*92*UN*4*11**1",
        "DTP*472*RD8*20260505-20260506",
        "REF*G1*A78",
        "REF*6R*C1L1",
        "NM1*82*2*EXAMPLE TEAM",
        "REF*G2*W9",
        "NM1*DK*1*ORDERER*OLE****XX*1000000046",
        "SE*45*0001",
        "GE*1*7",
        "IEA*1*000000007",
    ]
    assert is_valid(content)


def test_a_dependent_stands_under_the_subscriber_whose_id_they_share() -> None:
    subscriber = {"id": "00999999999", "last_name": "DOE", "first_name": "MARY", "birth_date": "1970-02-03", "sex": "F"}
    made = [
        record("C1", relationship="19", subscriber=subscriber),
        record("C2", relationship="19", subscriber=subscriber),
    ]
    made[0]["member"] = made[0]["member"] | {"id": "00999999999"}
    made[1]["member"] = made[1]["member"] | {"first_name": "JOHN", "id": "00999999999"}
    content = written(made)
    loops = [
        segment
        for segment in segments(content)
        if segment[:3] in {"HL*", "SBR", "PAT", "CLM", "REF"} or "*QC*" in segment
    ]
    assert loops == [
        "HL*1**20*1", "REF*EI*480000000", "HL*2*1*22*1", "SBR*P********MC",
        "HL*3*2*23*0", "PAT*19", "NM1*QC*1*DOE*JANE", "CLM*C1*92***12:B:1*Y*A*Y*Y", "REF*6R*C1L1",
        "HL*4*2*23*0", "PAT*19", "NM1*QC*1*DOE*JOHN", "CLM*C2*92***12:B:1*Y*A*Y*Y", "REF*6R*C2L1",
    ]  # fmt: skip
    assert is_valid(content)
    assert claims_of(read(content)) == claims_of(read(made))


def test_claims_come_together_under_their_biller_member_and_patient_in_order_of_first_appearance() -> None:
    other = record()["billing_provider"] | {"npi": "1000100002"}
    ann = record()["member"] | {"id": "00777777777", "first_name": "ANN"}
    made = [
        record("C1"),
        record("C2", billing_provider=other),
        record("C3", member=ann),
        record("C4"),
        record("C5", billing_provider=other),
    ]
    content = written(made)
    order = [segment.split("*")[1] for segment in segments(content) if segment.startswith("CLM*")]
    assert order == ["C1", "C4", "C3", "C2", "C5"]
    assert [s for s in segments(content) if s.startswith("HL*")] == [
        "HL*1**20*1", "HL*2*1*22*0", "HL*3*1*22*0", "HL*4**20*1", "HL*5*4*22*0"
    ]  # fmt: skip
    assert is_valid(content)


def test_a_loop_takes_a_hundred_claims_and_a_transaction_as_many_as_the_settings_say() -> None:
    made = [record(f"C{number}") for number in range(250)]
    content = written(made, settings(usage_T="usage: T\n  claims_per_transaction: 120"))
    kept = [segment for segment in segments(content) if segment[:3] in {"ST*", "SE*", "HL*", "GE*"}]
    per_set = [int(segment.split("*")[1]) for segment in kept if segment.startswith("SE*")]
    assert [re.sub(r"SE\*\d+", "SE", segment) for segment in kept] == [
        "ST*837*0001*005010X222A1", "HL*1**20*1", "HL*2*1*22*0", "HL*3*1*22*0", "SE*0001",
        "ST*837*0002*005010X222A1", "HL*1**20*1", "HL*2*1*22*0", "HL*3*1*22*0", "SE*0002",
        "ST*837*0003*005010X222A1", "HL*1**20*1", "HL*2*1*22*0", "SE*0003", "GE*3*7",
    ]  # fmt: skip
    assert sum(per_set) == sum(segment[:3] not in {"ISA", "GS*", "GE*", "IEA"} for segment in segments(content))
    assert is_valid(content)
    assert len(read(content).claims) == 250


def test_delimiters_line_ends_and_the_envelope_follow_the_settings() -> None:
    chosen = settings(usage_T=(
        'usage: P\n  line_ends: true\n  acknowledgement: true\n  purpose: encounters\n  sender_id: "S"\n  sender_qualifier: "30"\n'
        '  group_sender: "GRP"\n  delimiters: {element: "|", component: ">", repetition: "!", segment: "\'"}'
    ))  # fmt: skip
    content = written([record()], chosen)
    lines = content.decode().splitlines()
    assert lines[0] == (
        "ISA|00|          |00|          |30|S              |ZZ|KMAP           |260531|0930|!|00501|000000007|1|P|>'"
    )
    assert lines[1] == "GS|HC|GRP|KMAP|20260531|0930|7|X|005010X222A1'"
    assert lines[3] == "BHT|0019|00|0000000070001|20260531|0930|RP'"
    assert is_valid(content)
    assert claims_of(read(content)) == claims_of(read([record()]))


# -------------------------------------------------------------------------------------------- what the settings add


def test_what_a_claim_lacks_comes_from_the_settings() -> None:
    bare = {
        "claim_id": "C1", "member": {"id": "00123456789", "last_name": "DOE", "birth_date": "1990-01-31"},
        "rendering_provider": {"npi": "1000000004"}, "service_facility": {"npi": "1000000012"}, "diagnoses": ["F330"],
        "charge": "92.00", "lines": [{"line_number": 1, "procedure_code": "98960", "charge": "92.00", "units": "4",
                                      "service_date": "2026-05-05"}],
    }  # fmt: skip
    content = written([bare], settings(NAMED))
    assert is_valid(content)
    back = claims_of(read(content))[0].model_dump(exclude_defaults=True, mode="json")
    assert back == {
        "claim_id": "C1",
        "member": {"id": "00123456789", "last_name": "DOE", "birth_date": "1990-01-31", "sex": "U",
                   "address": {"line1": "2 ELM ST", "city": "TOPEKA", "state": "KS", "zip": "66603"}},
        "relationship": "18", "payer": {"id": "KMAP", "name": "EXAMPLE MEDICAID"}, "filing_indicator": "MC",
        "billing_provider": {"npi": "1234567893", "taxonomy": "251S00000X", "name": "EXAMPLE AGENCY", "tax_id": "480000000",
                             "address": {"line1": "1 MAIN ST", "city": "TOPEKA", "state": "KS", "zip": "666030001"}},
        "rendering_provider": {"npi": "1000000004", "taxonomy": "172V00000X", "name": "WORKER, ANN"},
        "service_facility": {"npi": "1000000012", "name": "EXAMPLE CENTER",
                             "address": {"line1": "3 OAK ST", "city": "TOPEKA", "state": "KS", "zip": "666030003"}},
        "place_of_service": "12", "frequency_code": "1", "diagnoses": ["F330"], "charge": "92.00",
        "lines": [{"line_number": 1, "procedure_code": "98960", "charge": "92.00", "units": "4.000", "unit_basis": "UN",
                   "service_date": "2026-05-05", "diagnosis_pointers": [1]}],
    }  # fmt: skip


def test_whom_a_line_names_by_the_npi_of_the_claims_own_provider_is_left_to_the_claim() -> None:
    made = record(
        supervising_provider={"npi": "1000000038", "name": "SUPER, SUE"},
        line__rendering_provider={"npi": "1000000004"}, line__supervising_provider={"npi": "1000000038"},
    )  # fmt: skip
    content = written([made])
    assert [s for s in segments(content) if s.startswith(("NM1*82", "NM1*DQ", "LX"))] == [
        "NM1*82*1*WORKER*ANN****XX*1000000004", "NM1*DQ*1*SUPER*SUE****XX*1000000038", "LX*1"
    ]  # fmt: skip
    assert is_valid(content)


def test_a_biller_without_an_npi_is_known_by_the_payers_own_id() -> None:
    chosen = settings(**{'npi_"1234567893"': 'other_id: "UMPI1"'})
    bare = record()
    del bare["billing_provider"]
    content = written([bare], chosen)
    assert "NM1*85*2*EXAMPLE AGENCY" in segments(content)
    assert "REF*G2*UMPI1" in segments(content)
    assert is_valid(content)


def test_a_person_who_is_paid_is_written_as_a_person() -> None:
    chosen = settings(**{'name_"EXAMPLE AGENCY"': 'last_name: "PEER"\n    first_name: "PAT"\n    tax_id_kind: SY'})
    bare = record()
    del bare["billing_provider"]
    content = written([bare], chosen)
    assert segments(content)[9:13] == [
        "NM1*85*1*PEER*PAT****XX*1234567893", "N3*1 MAIN ST", "N4*TOPEKA*KS*666030001", "REF*SY*480000000"
    ]  # fmt: skip
    assert is_valid(content)


# ------------------------------------------------------------------------------------------------------- refusals


def refused(records: list[dict[str, Any]], chosen: Settings | None = None) -> str:
    with pytest.raises(SettingsError) as said:
        written(records, chosen)
    return str(said.value)


CASES = [
    ({"member": {"id": "1", "last_name": "DOE", "birth_date": "1990-01-31", "sex": "F"}},
     ("claims claim 1: no address of the member (member_address), which an 837P must carry (N3, N4)\n"
      "  fix: add it to the claims, or set defaults.member_address in the settings\n"
      "claims claim 1: member_id has more or less characters than an 837P takes (NM109)\n  fix: write 2 to 80 characters")),
    ({"rendering_provider": {"npi": "1000000053"}},
     ("claims claim 1: no name of who gave the service (rendering_name), which an 837P must carry (NM103)\n"
      "  fix: add it to the claims, or add the provider with this NPI under providers in the settings")),
    ({"diagnoses": []},
     "claims claim 1: no diagnosis (diagnoses), which an 837P must carry (2300 HI)\n  fix: add it to the claims"),
    ({"diagnoses": [f"F{number}" for number in range(100, 113)]},
     ("claims claim 1: more than 12 diagnoses; an 837P takes no more (2300 HI)\n"
      "  fix: keep those that the lines point to")),
    ({"line__diagnosis_pointers": []},
     ("claims claim 1: no diagnosis pointer (diagnosis_pointers), which an 837P must carry (2400 SV107)\n"
      "  fix: add it to the claims, or set defaults.diagnosis_pointers in the settings")),
    ({"line__modifiers": ["U7", "U7X"]},
     ("claims claim 1: modifiers are more than 4, or one has not two characters (2400 SV101-3)\n"
      "  fix: write up to four modifiers of two characters")),
    ({"line__units": "1e3"},
     "claims claim 1: units could not be read, so it cannot be sent\n  fix: write it as it should be"),
    ({"line__units": None},
     "claims claim 1: no units (units), which an 837P must carry (2400 SV104)\n  fix: add it to the claims"),
    ({"claim_id": "C*1", "line__line_control_number": "L1"},
     ("claims claim 1: claim_id holds a delimiter of the file (one of * : ^ ~)\n"
      "  fix: take it out, or choose another sign under interchange.delimiters in the settings")),
    ({"original_claim_id": "P\u00c9\n"},
     ("claims claim 1: original_claim_id holds a sign that X12 does not carry, such as an accent\n"
      "  fix: write plain letters, or set interchange.accents: plain in the settings")),
    ({"other_payers": [{"id": "AETNA", "name": "A:B"}, {"name": "X"}]},
     ("claims claim 1: an other payer without id, which an 837P must carry (2330B NM109)\n  fix: add it to the claims\n"
      "claims claim 1: other_payers.name holds a delimiter of the file (one of * : ^ ~)\n"
      "  fix: take it out, or choose another sign under interchange.delimiters in the settings")),
    ({"relationship": "19"},
     ("claims claim 1: no id of the subscriber (subscriber_id), which an 837P must carry (2010BA NM109)\n"
      "  fix: add it to the claims\n"
      "claims claim 1: no last name of the subscriber (subscriber_last_name), which an 837P must carry (2010BA NM103)\n"
      "  fix: add it to the claims")),
    ({"subscriber": {"id": "00999999999", "last_name": "DOE"}, "relationship": "19"},
     ("claims claim 1: the member has an id other than the subscriber's, for which an 837P has no place (2010CA)\n"
      "  fix: whom the payer knows by an id of their own is the subscriber: write relationship 18, and no subscriber")),
    ({"subscriber": {"id": "00999999999", "last_name": "DOE"}},
     ("claims claim 1: relationship is 18 or absent, which says the member is the subscriber, and subscriber is somebody "
      "else\n  fix: leave subscriber out, or write how the member is related to the subscriber (19 is a child)")),
    ({"line__service_end_date": "2200-01-01"},
     "claims claim 1: service_end_date is a day before 1800 or after 2199 (2400 DTP*472)\n  fix: write the day as it is"),
    ({"frequency_code": "77"},
     ("claims claim 1: frequency_code has more characters than an 837P takes (2300 CLM05-3)\n"
      "  fix: write 1 character")),
    ({"delay_reason": "12"},
     ("claims claim 1: delay_reason is no code that an 837P takes (2300 CLM20)\n"
      "  fix: write one of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15")),
    ({"billing_provider": record()["billing_provider"] | {"address": {"line1": "1 MAIN ST", "city": "TOPEKA", "state": "KS", "zip": "66603"}}},
     ("claims claim 1: billing_address.zip has not the nine digits that the guide demands (N403)\n"
      "  fix: write ZIP+4; the post office's ZIP lookup has it")),
    ({"billing_provider": {"npi": "1000000061"}},
     ("claims claim 1: no name of the billing provider (billing_name), which an 837P must carry (2010AA NM103)\n"
      "  fix: add it to the claims, or add the provider with this NPI under billing_providers in the settings\n"
      "claims claim 1: no tax id of the billing provider (billing_tax_id), which an 837P must carry (2010AA REF*EI)\n"
      "  fix: add it to the claims, or add the provider with this NPI under billing_providers in the settings\n"
      "claims claim 1: no address of the billing provider (billing_address), which an 837P must carry (N3, N4)\n"
      "  fix: add it to the claims, or add the provider with this NPI under billing_providers in the settings")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"), CASES, ids=lambda value: "-".join(value) if isinstance(value, dict) else ""
)
def test_what_keeps_a_claim_from_being_written_is_said_with_the_key_that_helps(
    changed: dict[str, Any], said: str
) -> None:
    assert refused([record() | {"claim_id": "C1"} | record(**changed)]) == said


def test_claims_with_the_same_lack_are_told_together_and_never_by_value() -> None:
    made = [record(f"SECRET{number}", member={"id": "00123456789", "last_name": "SECRET"}) for number in range(9)]
    said = refused(made)
    assert said.startswith(
        "claims claims 1, 2, 3, 4, 5 and 4 more: no birth date of the member (member_birth_date), which an 837P must carry"
    )
    assert "SECRET" not in said


def test_more_than_fifty_lines_are_no_claim() -> None:
    line = record()["lines"][0]
    made = record(lines=[line | {"line_number": number} for number in range(1, 52)], charge="4692.00")
    assert refused([made]) == "claims claim 1: more than 50 service lines (2400)\n  fix: split the claim"
    made = record(lines=[line | {"line_number": number} for number in range(1, 51)], charge="4600.00")
    assert is_valid(written([made]))


def test_accents_are_refused_written_plain_or_kept_as_the_settings_say() -> None:
    made = record(member=record()["member"] | {"last_name": "PEÑA", "first_name": "ZOË"})
    assert "member_last_name holds a sign that X12 does not carry" in refused([made])
    plain = written([made], settings(usage_T="usage: T\n  accents: plain"))
    assert "NM1*IL*1*PENA*ZOE****MI*00123456789" in segments(plain)
    assert is_valid(plain)
    kept = written([made], settings(usage_T="usage: T\n  accents: keep"))
    assert claims_of(read(kept)) == claims_of(read([made]))


def test_without_settings_or_number_it_is_said_where_they_come_from() -> None:
    with pytest.raises(SettingsError, match=r"an 837P names its sender.*\n  fix: add --settings FILE"):
        write_837(read([record()]), None, control_number=1)
    with pytest.raises(
        UsageError, match=r"no control number is known for the new file \(ISA13\)\n  fix: give --control-number N"
    ):
        write_837(read([record()]), settings())
    with pytest.raises(UsageError, match="--control-number 0: an interchange has a number from 1 to 999999999"):
        write_837(read([record()]), settings(), control_number=0)


def test_no_claims_are_no_file() -> None:
    assert written(Batch()) == b""


def test_what_an_837p_has_no_place_for_is_counted_by_column() -> None:
    made = record(
        received_date="2026-06-01", supervising_provider={"npi": "1000000038", "name": "S, S", "taxonomy": "172V00000X"},
        member=record()["member"] | {"pregnant": False}, line__start_time="09:00", line__worker="W1", line__line_number=3,
        other_payers=[{"id": "MEDICARE"}],
    )  # fmt: skip
    assert lost_in_837(read([made, record("C2")]), None) == [
        Lost("received_date", 1), Lost("supervising_taxonomy", 1), Lost("lines.start_time", 1), Lost("lines.worker", 1),
        Lost("member_pregnant", 1, "an 837P can say that a member is pregnant, not that she is not"),
        Lost("lines.line_number", 1, "lines are numbered from 1 in the order they stand"),
        Lost("other_payers", 1,
             "no column holds an earlier payer's own number of the member; the claim's member id stands in 2330A"),
    ]  # fmt: skip


def test_every_column_comes_back_or_is_said_to_be_lost() -> None:
    address = {"line1": "2 ELM ST", "line2": "APT 1", "city": "TOPEKA", "state": "KS", "zip": "666030002"}
    person = {"id": "00123456789", "last_name": "DOE", "first_name": "ANN", "birth_date": "1990-01-31", "sex": "F",
              "pregnant": True, "death_date": "2026-05-20", "address": address}  # fmt: skip
    provider = {"npi": "1000000004", "taxonomy": "172V00000X", "name": "WORKER, ANN", "other_id": "W1"}
    other = provider | {"npi": "1000000012", "name": "OTHER, OLA"}
    roles = ("rendering_provider", "supervising_provider", "ordering_provider", "referring_provider")
    named: dict[str, Any] = dict.fromkeys(roles, provider) | {f"line__{role}": other for role in roles}
    made = record(
        member=person, subscriber=person, relationship="19", original_claim_id="P1", prior_authorization="A1",
        delay_reason="1", received_date="2026-06-01", service_facility=provider | {"name": "CENTER", "address": address},
        billing_provider=record()["billing_provider"] | {"other_id": "B1"},
        other_payers=[{"id": "MEDICARE", "name": "MEDICARE", "paid": "1.00", "decided_on": "2026-05-10"}],
        line__service_end_date="2026-05-06", line__place_of_service="11", line__prior_authorization="A2",
        line__start_time="09:00", line__end_time="10:00", line__group_size=2, line__session_id="S1", line__worker="W1",
        **named,
    )  # fmt: skip
    batch = read([made])
    back = read(written(batch))

    def said(one: Batch) -> set[str]:
        frames = (("", one.claims), ("lines.", one.lines))
        return {f"{where}{name}" for where, frame in frames for name in frame.columns if frame[name].null_count() == 0}

    everything = {*batch.claims.columns, *(f"lines.{name}" for name in batch.lines.columns)}
    assert said(batch) == everything
    on_lines = {f"ordering_{what}" for what in ("npi", "name", "other_id", "taxonomy")}
    lost = {each.what for each in lost_in_837(batch, None)} - {"other_payers"}
    assert everything - said(back) - on_lines == lost - on_lines
    assert lost_in_837(read([record(relationship="19", subscriber={"id": "00123456789", "sex": "F"})]), None) == [
        Lost("subscriber_birth_date, subscriber_sex", 1, "an 837P takes both or neither (DMG)")
    ]


# ---------------------------------------------------------------------------------------------- any claims, both ways

SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 !\"&'()+,-./;?=%@[]_{}\\|<>#$"


def texts(most: int, least: int = 1) -> st.SearchStrategy[str]:
    made = st.text(SIGNS, min_size=least, max_size=min(most, 12)) | st.just("X" * most)
    return made.map(lambda text: re.sub(r" +", " ", text).strip()).filter(lambda text: len(text) >= least)


NAMES = texts(30).filter(lambda name: not name.startswith(","))
NPIS = st.sampled_from(["1000000004", "1000000012", "1000000020", "1000000038", "1000000046"])
TAXONOMIES = st.sampled_from(["172V00000X", "175T00000X"])
DAYS = st.dates(min_value=date(1800, 1, 1), max_value=date(2199, 12, 31)).map(str)
ADDRESSES = st.fixed_dictionaries(
    {
        "line1": texts(55),
        "city": texts(30, 2),
        "state": st.sampled_from(["KS", "NC"]),
        "zip": st.sampled_from(["666030001"]),
    },
    optional={"line2": texts(55)},
)
PEOPLE = st.fixed_dictionaries(
    {
        "id": texts(80, 2),
        "last_name": texts(60),
        "birth_date": DAYS,
        "sex": st.sampled_from(["F", "M", "U"]),
        "address": ADDRESSES,
    },
    optional={"first_name": texts(35), "pregnant": st.just(value=True), "death_date": DAYS},
)
SUBSCRIBERS = st.fixed_dictionaries(
    {"id": texts(80, 2), "last_name": texts(60)},
    optional={"first_name": texts(35), "address": ADDRESSES},
)


PERSONS = st.builds("{}, {}".format, NAMES.filter(lambda text: ", " not in text), texts(30))


def providers(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"name": PERSONS | NAMES}, optional={"npi": NPIS, "other_id": texts(50), **more})


BILLERS = st.fixed_dictionaries(
    {"npi": NPIS, "name": NAMES, "tax_id": st.sampled_from(["480000000", "490000000"]), "address": ADDRESSES},
    optional={"taxonomy": TAXONOMIES, "other_id": texts(50)},
)
ROLES = {
    "rendering_provider": providers(taxonomy=TAXONOMIES),
    "supervising_provider": providers(),
    "referring_provider": providers(),
}
MONEY = st.decimals(min_value=0, max_value=10**9, places=2).map(str)
LINES = st.fixed_dictionaries(
    {
        "procedure_code": st.sampled_from(["98960", "H0038", "T1016"]), "charge": MONEY,
        "units": st.decimals(min_value=0, max_value=10**6, places=3).map(str), "service_date": DAYS,
        "diagnosis_pointers": st.lists(st.integers(1, 12), min_size=1, max_size=4),
    },
    optional={
        "modifiers": st.lists(st.sampled_from(["U7", "HQ", "95"]), max_size=4), "unit_basis": st.sampled_from(["UN", "MJ"]),
        "service_end_date": DAYS, "place_of_service": st.sampled_from(["11", "12"]), "prior_authorization": texts(50),
        "line_control_number": texts(50), "ordering_provider": providers(), **ROLES,
    },
)  # fmt: skip
CLAIMS = st.fixed_dictionaries(
    {
        "member": PEOPLE, "billing_provider": BILLERS, "payer": st.fixed_dictionaries({"id": texts(80, 2), "name": texts(60)}),
        "filing_indicator": st.sampled_from(["MC", "CI"]), "place_of_service": st.sampled_from(["11", "12"]),
        "diagnoses": st.lists(st.sampled_from(["F330", "Z5900", "E119"]), min_size=1, max_size=12), "charge": MONEY,
        "lines": st.lists(LINES, min_size=1, max_size=3),
    },
    optional={
        "relationship": st.just("18"), "frequency_code": st.sampled_from(["1", "7", "8"]), "original_claim_id": texts(50),
        "prior_authorization": texts(50), "delay_reason": st.sampled_from(["1", "11"]), "ordering_provider": providers(),
        "service_facility": st.fixed_dictionaries(
            {"name": NAMES, "address": ADDRESSES}, optional={"npi": NPIS, "other_id": texts(50)}),
        "other_payers": st.lists(st.fixed_dictionaries(
            {"id": texts(80, 2), "name": texts(60)}, optional={"paid": MONEY, "decided_on": DAYS}), max_size=3), **ROLES,
    },
)  # fmt: skip


def dependent(claim: dict[str, Any], subscriber: dict[str, Any], relationship: str) -> dict[str, Any]:
    """The claim of somebody under a subscriber, whose id they share."""
    member = claim["member"] | {"id": subscriber["id"]}
    return claim | {"subscriber": subscriber, "relationship": relationship, "member": member}


DEPENDENTS = st.builds(dependent, CLAIMS, SUBSCRIBERS, st.sampled_from(["19", "01", "G8"]))


@st.composite
def batches(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Claims of which some share member, biller and payer, as they do in a batch."""
    made = draw(st.lists(CLAIMS | DEPENDENTS, min_size=1, max_size=4))
    copies = draw(st.lists(st.sampled_from(made), max_size=3))
    return [
        claim
        | {"claim_id": f"C{number}", "lines": [line | {"line_number": at} for at, line in enumerate(claim["lines"], 1)]}
        for number, claim in enumerate([*made, *copies])
    ]


def as_meant(claims: list[Claim]) -> dict[str, Any]:
    """Say what claims mean, so that two ways of saying it are the same: what a line repeats of its claim, and who orders."""
    meant = {}
    for claim in claims:
        said = claim.model_dump()
        said["relationship"] = said["relationship"] or "18"
        said["frequency_code"] = said["frequency_code"] or "1"
        orderer = said.pop("ordering_provider")
        for line in said["lines"]:
            line["ordering_provider"] = line["ordering_provider"] or orderer
            line["unit_basis"] = line["unit_basis"] or "UN"
            for name in ("place_of_service", "rendering_provider", "supervising_provider", "referring_provider"):
                line[name] = None if line[name] == said[name] else line[name]
        meant[claim.claim_id] = said
    return meant


@examples(max_examples=10)
@given(batches())
def test_reading_what_was_written_gives_the_same_claims_and_writing_these_the_same_bytes(
    records: list[dict[str, Any]],
) -> None:
    batch = read(records)
    assert batch.unreadable.is_empty()
    content = written(batch)
    assert content == written(batch)
    back = read(content)
    assert as_meant(claims_of(back)) == as_meant(claims_of(batch))
    assert back.unreadable.is_empty()
    assert back.file_findings.is_empty()
    assert back.breaches["message"].to_list() == []
    assert back.syntax_errors.is_empty()
    assert written(back) == content


@examples(max_examples=7)
@given(batches())
def test_an_independent_reader_finds_any_written_file_valid(records: list[dict[str, Any]]) -> None:
    assert is_valid(written(records))


@examples(max_examples=24)
@given(st.sampled_from(["claim_id", "payer", "member", "name", "line_control_number", "modifiers", "diagnoses"]),
       st.characters(max_codepoint=0x2100, exclude_categories=["Cs"]))  # fmt: skip
def test_no_sign_in_a_value_ever_breaks_the_file(place: str, sign: str) -> None:
    value = f"A{sign}B"
    made = record()
    if place in {"payer", "member"}:
        made[place] = made[place] | {("name" if place == "payer" else "last_name"): value}
    elif place == "name":
        made["rendering_provider"] = made["rendering_provider"] | {"name": value}
    elif place in {"line_control_number", "modifiers"}:
        made["lines"][0][place] = [value[1:]] if place == "modifiers" else value
    else:
        made[place] = [value] if place == "diagnoses" else value
    batch = read([made])
    try:
        content = written(batch)
    except SettingsError as error:
        assert value not in str(error)
        assert not re.fullmatch(f"[{re.escape(SIGNS)}]", sign) or (place == "modifiers" and sign == " ")
    else:
        back = read(content)
        assert back.claims.select(pl.exclude("input", "position")).equals(
            batch.claims.select(pl.exclude("input", "position"))
        )
        assert len(back.lines) == 1
