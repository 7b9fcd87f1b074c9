"""Reading 837P claims: every value from its place, in both branches, and no bad claim takes a neighbour down."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from billing.batch import Batch
from billing.claims import Claim, frames_to_claims
from billing.errors import InputError
from billing.formats.x12.claims837 import read_837
from tests.x12_files import as_bytes, billing_loop, claim, interchange, simple_body, subscriber_loop, transaction


def read(body: list[str], **how: str) -> Batch:
    return read_837(as_bytes(interchange(transaction(body)), **how), "x.837")  # type: ignore[arg-type]


def claims_of(batch: Batch) -> list[Claim]:
    return list(frames_to_claims(batch.claims, batch.lines, batch.malformed))


def unreadable_of(batch: Batch) -> list[tuple[str, str, Decimal | None]]:
    return batch.unreadable.select("loop", "reason", "charge").rows()


WHOLE = {
    "claim_id": "C1",
    "member": {
        "id": "00000000009", "last_name": "SAMPLE", "first_name": "ANN", "birth_date": "1990-01-31", "sex": "F",
        "address": {"line1": "2 ELM ST", "city": "TOPEKA", "state": "KS", "zip": "66603"},
    },
    "relationship": "18",
    "payer": {"id": "KMAP", "name": "EXAMPLE MEDICAID"},
    "filing_indicator": "MC",
    "billing_provider": {
        "npi": "1234567893", "taxonomy": "251S00000X", "tax_id": "480000000", "name": "EXAMPLE AGENCY",
        "address": {"line1": "1 MAIN ST", "city": "TOPEKA", "state": "KS", "zip": "666030000"},
    },
    "rendering_provider": {"npi": "1000000004", "taxonomy": "172V00000X", "name": "WORKER, ANN"},
    "supervising_provider": {"npi": "1111111112", "name": "CHIEF, SUE"},
    "referring_provider": {"npi": "1222222220", "name": "DOCTOR, DAN"},
    "service_facility": {"npi": "1333333338", "name": "CENTER", "address": {"line1": "3 OAK ST", "line2": "ROOM 2"}},
    "place_of_service": "12",
    "frequency_code": "7",
    "original_claim_id": "ICN77",
    "prior_authorization": "PA1",
    "delay_reason": "11",
    "diagnoses": ["F330", "Z5900", "F101", "F1020"],
    "charge": "98.50",
    "other_payers": [{"id": "OP1", "name": "FIRST PAYER", "paid": "10.5", "decided_on": "2026-05-20"}],
    "lines": [
        {
            "line_number": 1, "procedure_code": "98960", "modifiers": ["U7", "GT"], "charge": "92", "units": "2.5",
            "unit_basis": "UN", "service_date": "2026-05-05", "service_end_date": "2026-05-07", "place_of_service": "02",
            "diagnosis_pointers": [1, 3], "rendering_provider": {"npi": "1444444446", "taxonomy": "175T00000X", "name": "OTHER, OLA"},
            "ordering_provider": {"npi": "1555555554", "name": "ORDER, OTTO"}, "prior_authorization": "PA2",
            "line_control_number": "L1",
        },
        {"line_number": 2, "procedure_code": "H0038", "charge": "6.50", "units": "1", "unit_basis": "UN",
         "service_date": "2026-05-08", "line_control_number": "L2"},
    ],
}  # fmt: skip
WHOLE_BODY = [
    *billing_loop(1), *subscriber_loop(2, 1, member="00000000009"),
    "CLM*C1*98.50***12:B:7*Y*A*Y*Y***********11", "REF*G1*PA1", "REF*F8*ICN77", "HI*ABK:F330*ABF:Z5900", "HI*ABF:F101*ABF:F1020",
    "NM1*DN*1*DOCTOR*DAN****XX*1222222220",
    "NM1*82*1*WORKER*ANN****XX*1000000004", "PRV*PE*PXC*172V00000X",
    "NM1*77*2*CENTER*****XX*1333333338", "N3*3 OAK ST*ROOM 2",
    "NM1*DQ*1*CHIEF*SUE****XX*1111111112",
    "SBR*P*18*******CI", "AMT*D*10.5", "OI***Y***Y", "NM1*IL*1*SAMPLE*ANN****MI*999", "NM1*PR*2*FIRST PAYER*****PI*OP1", "DTP*573*D8*20260520",
    "LX*1", "SV1*HC:98960:U7:GT*92*UN*2.5*02**1:3", "DTP*472*RD8*20260505-20260507", "REF*G1*PA2", "REF*G1*NOTOURS**2U:OP1", "REF*6R*L1",
    "NM1*82*1*OTHER*OLA****XX*1444444446", "PRV*PE*PXC*175T00000X", "REF*G1*INSIDE2420", "NM1*DK*1*ORDER*OTTO****XX*1555555554",
    "SVD*OP1*10.5*HC:98960**2", "DTP*573*D8*20260520",
    "LX*2", "SV1*HC:H0038::::*6.50*UN*1", "DTP*472*D8*20260508", "REF*6R*L2",
]  # fmt: skip


def test_every_value_is_read_from_its_place() -> None:
    batch = read(WHOLE_BODY)
    assert claims_of(batch) == [Claim.model_validate(WHOLE)]
    assert batch.malformed.is_empty()
    assert batch.unreadable.is_empty()
    assert batch.file_findings.is_empty()


def test_a_payer_that_decided_line_by_line_decided_on_the_last_of_these_days() -> None:
    body = [segment for segment in WHOLE_BODY if not segment.startswith("DTP*573")]
    lines = body.index("SVD*OP1*10.5*HC:98960**2")
    by_line = [
        "SVD*OP1*10.5*HC:98960**2", "DTP*573*D8*20260519", "SVD*OP2*1*HC:98960**2", "DTP*573*D8*20260531",
        *body[lines + 1 :], "SVD*OP1*1*HC:H0038**1", "DTP*573*D8*20260521",
    ]  # fmt: skip
    others = ["CLM*C2*98.50***12:B:7*Y*A*Y*Y", *body[body.index("SBR*P*18*******CI") : lines]]
    payers = read([*body[:lines], *by_line, *others]).claims.get_column("other_payers").to_list()
    assert [[payer["decided_on"] for payer in of_claim] for of_claim in payers] == [[date(2026, 5, 21)], [None]]
    first = WHOLE_BODY.index("DTP*573*D8*20260520")
    own_day = [*WHOLE_BODY[:first], "DTP*573*D8*20260518", *WHOLE_BODY[first + 1 :]]
    payers = read(own_day).claims.get_column("other_payers").to_list()
    assert payers[0][0]["decided_on"] == date(2026, 5, 18)


def test_positions_are_segment_numbers_of_clm_and_sv1() -> None:
    batch = read(WHOLE_BODY)
    segments = interchange(transaction(WHOLE_BODY))
    assert segments[batch.claims.item(0, "position") - 1].startswith("CLM*C1")
    assert [segments[position - 1][:13] for position in batch.lines.get_column("position")] == [
        "SV1*HC:98960:",
        "SV1*HC:H0038:",
    ]


def test_a_dependent_is_the_member_and_the_subscriber_is_kept() -> None:
    body = [
        *billing_loop(1), *subscriber_loop(2, 1, member="S1", last="PARENT", child="1"),
        "HL*3*2*23*0", "PAT*19", "NM1*QC*1*CHILD*TOM", "N3*2 ELM ST", "N4*TOPEKA*KS*66603", "DMG*D8*20150301*M", *claim("C1"),
    ]  # fmt: skip
    [found] = claims_of(read(body))
    assert (found.member.id, found.member.last_name, found.member.birth_date) == ("S1", "CHILD", date(2015, 3, 1))
    assert found.subscriber is not None
    assert (found.subscriber.id, found.subscriber.last_name) == ("S1", "PARENT")
    assert found.relationship == "19"


def test_claims_of_a_later_subscriber_do_not_inherit_the_dependent() -> None:
    body = [
        *billing_loop(1), *subscriber_loop(2, 1, member="S1", child="1"),
        "HL*3*2*23*0", "PAT*19", "NM1*QC*1*CHILD*TOM", *claim("C1"), *subscriber_loop(4, 1, member="S2", last="NEXT"), *claim("C2"),
    ]  # fmt: skip
    assert [(c.member.last_name, c.subscriber is None) for c in claims_of(read(body))] == [
        ("CHILD", False),
        ("NEXT", True),
    ]


def test_each_claim_belongs_to_the_billing_provider_above_it() -> None:
    other = ["NM1*85*1*SOLO*SAM****XX*1999999984"]
    body = [
        *billing_loop(1),
        *subscriber_loop(2, 1),
        *claim("C1"),
        *billing_loop(3, other),
        *subscriber_loop(4, 3),
        *claim("C2"),
    ]
    npis = [c.billing_provider.npi for c in claims_of(read(body))]
    assert npis == ["1234567893", "1999999984"]


def test_a_biller_without_npi_is_known_by_the_payers_own_id() -> None:
    atypical = ["NM1*85*2*EXAMPLE AGENCY"]
    body = [*billing_loop(1, atypical), *subscriber_loop(2, 1), "REF*G2*STATE77", *claim("C1")]
    [found] = claims_of(read(body))
    assert (found.billing_provider.npi, found.billing_provider.other_id) == (None, "STATE77")


@pytest.mark.parametrize(
    ("old", "new", "column", "text"),
    [
        ("DTP*472*D8*20260501", "DTP*472*D8*20261345", "service_date", "20261345"),
        ("DTP*472*D8*20260501", "DTP*472*RD8*20260501-2026", "service_end_date", "2026"),
        ("UN*2***1", "UN*9e2***1", "units", "9e2"),
        ("UN*2***1", "UN*2***1:x", "diagnosis_pointers", "1:x"),
        ("LX*1", "LX*A", "line_number", "A"),
        ("DMG*D8*19900131*F", "DMG*D8*19900132*F", "member_birth_date", "19900132"),
    ],
)
def test_a_value_that_cannot_be_read_is_kept_as_text(old: str, new: str, column: str, text: str) -> None:
    batch = read([segment.replace(old, new) for segment in simple_body(1, 1)])
    assert batch.malformed.select("column", "text").rows() == [(column, text)]
    assert len(batch.claims) == 1


def test_a_line_without_its_lx_is_a_line() -> None:
    batch = read([segment for segment in simple_body(1, 2) if not segment.startswith("LX")])
    assert batch.lines.get_column("line_number").to_list() == [1, 2]


BROKEN = [
    ("no claim number", "CLM*C1*", "CLM**", "2300", Decimal("92.00")),
    ("charge is no number", "CLM*C1*92.00", "CLM*C1*92.005", "2300", None),
    ("charge has an exponent", "CLM*C1*92.00", "CLM*C1*9e2", "2300", None),
    ("a line without charge", "SV1*HC:98960:U7*46.00*", "SV1*HC:98960:U7**", "2400", Decimal("92.00")),
    ("a line's SV1 is lost", "SV1*HC", "SVX*HC", "2400", Decimal("92.00")),
    ("the subscriber has no name", "NM1*IL*1*SAMPLE", "NM2*IL*1*SAMPLE", "2000B", Decimal("92.00")),
    ("the subscriber hangs on no biller", "HL*3*1*22", "HL*3*9*22", "2000A", Decimal("92.00")),
]


@pytest.mark.parametrize(
    ("old", "new", "loop", "charge"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_one_bad_claim_never_takes_its_neighbours_down(old: str, new: str, loop: str, charge: Decimal | None) -> None:
    body = simple_body(3, 2)
    of_second = slice(body.index("HL*3*1*22*0"), body.index("HL*4*1*22*0"))
    second = body[of_second]
    hit = next(index for index, segment in enumerate(second) if segment.startswith(old))
    second[hit] = second[hit].replace(old, new)
    body[of_second] = second
    batch = read(body)
    assert batch.claims.get_column("claim_id").to_list() == ["C0", "C2"]
    assert [(row[0], row[2]) for row in unreadable_of(batch)] == [(loop, charge)]
    assert batch.sources[0].unreadable().startswith(b"CLM*")


def test_a_broken_billing_loop_takes_all_its_claims_and_no_other() -> None:
    nameless = ["N3*1 MAIN ST"]
    body = [
        *billing_loop(1, nameless),
        *subscriber_loop(2, 1),
        *claim("C1"),
        *claim("C2"),
        *billing_loop(3),
        *subscriber_loop(4, 3),
        *claim("C3"),
    ]
    batch = read(body)
    assert batch.claims.get_column("claim_id").to_list() == ["C3"]
    assert [row[0] for row in unreadable_of(batch)] == ["2000A", "2000A"]


@pytest.mark.parametrize("mangled", ["CLX*C1*92.00", "clm*C1*92.00", "CLMC1*92.00", "\x00\x01\x02"])
def test_a_mangled_clm_is_cut_off_the_claim_before_it(mangled: str) -> None:
    body = [*billing_loop(1), *subscriber_loop(2, 1), *claim("C0", 2), mangled, *claim("C1", 2)[1:], *claim("C2", 1)]
    batch = read(body)
    assert [(c.claim_id, len(c.lines)) for c in claims_of(batch)] == [("C0", 2), ("C2", 1)]
    assert unreadable_of(batch) == [("2300", "a claim begins here without a CLM segment that can be read", None)]
    assert batch.file_findings.select("cause", "severity", "claim_key").rows() == [("claim_cut_short", "review", 0)]
    assert batch.sources[0].unreadable().decode().startswith(mangled)


def test_a_mangled_clm_that_is_the_first_of_its_member_is_not_lost_in_silence() -> None:
    body = [
        *billing_loop(1),
        *subscriber_loop(2, 1),
        "CLX*C1*92.00",
        *claim("C1", 2)[1:],
        *claim("C2"),
        *subscriber_loop(3, 1),
        *claim("C3"),
    ]
    batch = read(body)
    assert batch.claims.get_column("claim_id").to_list() == ["C2", "C3"]
    assert [row[0] for row in unreadable_of(batch)] == ["2300"]
    assert batch.sources[0].unreadable().decode().startswith("CLX*C1*92.00~")


def test_claims_behind_a_lost_subscriber_loop_are_not_given_to_the_member_before() -> None:
    lost = ["HX*3*1*22*0", *subscriber_loop(3, 1, member="M2")[1:]]
    body = [
        *billing_loop(1),
        *subscriber_loop(2, 1, member="M1"),
        *claim("C1"),
        *lost,
        *claim("C2"),
        *claim("C3"),
        *subscriber_loop(4, 1, member="M4"),
        *claim("C4"),
    ]
    batch = read(body)
    assert [(c.claim_id, c.member.id) for c in claims_of(batch)] == [("C1", "M1"), ("C4", "M4")]
    assert [row[0] for row in unreadable_of(batch)] == ["2000B", "2000B"]


def test_several_interchanges_and_transactions_are_read_on() -> None:
    first = interchange(transaction(simple_body(1, 1), "0001"), transaction(simple_body(2, 1), "0002"))
    second = interchange(transaction(simple_body(1, 1)), control="000000002")
    batch = read_837(as_bytes(first) + as_bytes(second), "x.837", first_claim_key=10, first_line_key=100)
    assert batch.claims.select("claim_key", "claim_id").rows() == [(10, "C0"), (11, "C0"), (12, "C1"), (13, "C0")]
    assert batch.lines.select("line_key", "claim_key").rows() == [(100, 10), (101, 11), (102, 12), (103, 13)]
    assert batch.file_findings.is_empty()


def test_an_envelope_alone_has_no_claims() -> None:
    assert read_837(as_bytes(interchange()), "x.837").claims.is_empty()


def test_a_file_of_other_transactions_is_refused_and_says_what_it_holds() -> None:
    institutional = [s.replace("005010X222A1", "005010X223A2") for s in interchange(transaction(simple_body(1, 1)))]
    with pytest.raises(InputError, match=r"no professional claims .* it holds 837 005010X223A2"):
        read_837(as_bytes(institutional), "x.837")


def test_another_transaction_beside_a_professional_one_is_unreadable() -> None:
    remittance = ["ST*835*0002", "BPR*I*1", "SE*3*0002"]
    batch = read_837(as_bytes(interchange(transaction(simple_body(1, 1)), remittance)), "x.837")
    assert len(batch.claims) == 1
    assert unreadable_of(batch) == [
        ("ST", "the transaction is 835 005010X222A1, no professional claim (837 005010X222A1)", None)
    ]
    assert batch.sources[0].unreadable() == b"ST*835*0002~\nBPR*I*1~\nSE*3*0002~"


ENVELOPES = [
    ("SE*", "SE*9*0001", "SE01", "SE01 says 9; there are 19 segments"),
    ("SE*", "SE*19*0009", "SE02", "the control numbers of ST and SE differ"),
    ("GE*", "GE*4*1", "GE01", "GE01 says 4; there is 1 transaction"),
    ("IEA*", "IEA*1*000000009", "IEA02", "the control numbers of ISA and IEA differ"),
    ("SE*", None, "SE", "the SE that closes this ST is missing"),
    ("IEA*", None, "IEA", "the IEA that closes this ISA is missing"),
]


@pytest.mark.parametrize(("old", "new", "x12", "message"), ENVELOPES)
def test_a_wrong_envelope_is_a_finding_about_the_file(old: str, new: str | None, x12: str, message: str) -> None:
    segments = interchange(transaction([*billing_loop(1), *subscriber_loop(2, 1)]))
    hit = next(index for index, segment in enumerate(segments) if segment.startswith(old))
    segments[hit : hit + 1] = [] if new is None else [new]
    found = read_837(as_bytes(segments), "x.837").file_findings
    assert (x12, message) in found.select("x12", "message").rows()
    assert found.get_column("claim_key").null_count() == len(found)


def test_trailing_junk_changes_no_claim() -> None:
    clean = interchange(transaction(simple_body(2, 1)))
    batch = read_837(as_bytes(clean) + b"\x1a\x00  \r\n", "x.837")
    assert batch.claims.equals(read_837(as_bytes(clean), "x.837").claims)
    assert batch.file_findings.is_empty()


def test_the_columns_are_those_documented() -> None:
    batch = read(simple_body(1, 1))
    assert isinstance(batch.claims.schema["charge"], pl.Decimal)
    assert batch.claims.get_column("diagnoses").to_list() == [["F330", "Z5900"]]
