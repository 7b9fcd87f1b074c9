"""Members files as payers send them: what a 271 and an 834 make, what they leave out and say so, what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

import billing
from billing.errors import ReferenceFileError
from billing.formats.x12.members import read_members
from billing.references import read_references
from billing.rules import eligibility
from tests.rules.windows import a_fact, judged, line, severities
from tests.x12_files import ISA, as_bytes, interchange, simple_body, transaction

HEADER_834 = ["BGN*00*1*20260601*1200****4", "N1*P5*PLAN*FI*1", "N1*IN*PLAN*FI*2"]
HEADER_271 = [
    "BHT*0022*11*1*20260601*1319", "HL*1**20*1", "NM1*PR*2*MEDICAID*****PI*1", "HL*2*1*21*1",
    "NM1*1P*2*AGENCY*****XX*1234567893",
]  # fmt: skip
OPEN, FIRST, LAST = None, date(2026, 1, 1), date(2026, 5, 31)


def x12(set_id: str, body: list[str], header: list[str]) -> bytes:
    inside = [f"ST*{set_id}*0001*x", *header, *body]
    sets = [*inside, f"SE*{len(inside) + 1}*0001"]
    return as_bytes([ISA, "GS*XX*A*B*20260601*1200*1*X*x", *sets, "GE*1*1", "IEA*1*000000001"])


def enrolled(*body: str, ins: str = "INS*Y*18*021*20*A", ids: tuple[str, ...] = ("REF*0F*M1",)) -> list[str]:
    return [ins, *ids, "NM1*IL*1*DOE*ANN****34*999999999", "N4*TOPEKA*KS*66603**CY*SHAWNEE", "DMG*D8*19900131*F", *body]


def of_834(*members: list[str]) -> bytes:
    return x12("834", [segment for member in members for segment in member], HEADER_834)


def asked(*body: str, name: str = "NM1*IL*1*DOE*ANN****MI*M1", level: str = "3*2*22*0") -> list[str]:
    return [f"HL*{level}", "TRN*2*1*9", name, "N4*TOPEKA*KS*66603", "DMG*D8*19900131*F", *body]


def of_271(*people: list[str]) -> bytes:
    return x12("271", [segment for person in people for segment in person], HEADER_271)


def spans(data: bytes) -> list[tuple[object, ...]]:
    return read_members(data, "x").frame.select("member_id", "effective", "ended", "benefit_plan").rows()


def notes(data: bytes) -> list[str]:
    return [note.removeprefix("x: ") for note in read_members(data, "x").notes]


def refusal(data: bytes) -> str:
    with pytest.raises(ReferenceFileError) as error:
        read_members(data, "x")
    return str(error.value)


HLT, BEGIN, END = "HD*021**HLT*GOLD", "DTP*348*D8*20260101", "DTP*349*D8*20260531"


def test_an_enrollment_is_a_row_of_the_members_file() -> None:
    read = read_members(of_834(enrolled(HLT, BEGIN, END, ins="INS*Y*18*021*20*A******D8*20260520")), "may.834")
    assert read.frame.to_dicts() == [
        {
            "member_id": "M1", "effective": FIRST, "ended": LAST, "program": None, "birth_date": date(1990, 1, 31),
            "death_date": date(2026, 5, 20), "sex": "F", "pregnant_from": None, "pregnant_to": None,
            "benefit_plan": "GOLD", "county": "SHAWNEE", "decided_on": None,
        }
    ]  # fmt: skip
    assert (read.missing, read.notes) == (("program", "pregnant_from", "pregnant_to", "decided_on"), ())


@pytest.mark.parametrize(
    ("ins", "body", "rows"),
    [
        ("INS*Y*18*021*20*A", [HLT, BEGIN], [("M1", FIRST, OPEN, "GOLD")]),
        ("INS*Y*18*001*20*A", [HLT, BEGIN, END], [("M1", FIRST, LAST, "GOLD")]),
        ("INS*Y*18*025*20*A", ["HD*025**HMO", BEGIN], [("M1", FIRST, OPEN, None)]),
        ("INS*Y*18*030*20*A", ["HD*030**HLT*GOLD", BEGIN], [("M1", FIRST, OPEN, "GOLD")]),
        ("INS*Y*18*024*08*A", ["HD*024**HLT*GOLD", BEGIN, END], [("M1", FIRST, LAST, "GOLD")]),
        ("INS*Y*18*024*08*A", ["DTP*357*D8*20260531", HLT, BEGIN], [("M1", FIRST, LAST, "GOLD")]),
        ("INS*Y*18*021*20*A", ["DTP*357*D8*20260531", HLT, BEGIN, "DTP*349*D8*20261231"], [("M1", FIRST, LAST, "GOLD")]),
        (
            "INS*Y*18*021*20*A",
            [HLT, BEGIN, END, "LX*1", "NM1*P3*1*DOC", "HD*021**HLT*SILVER", "DTP*348*D8*20260601"],
            [("M1", FIRST, LAST, "GOLD"), ("M1", date(2026, 6, 1), OPEN, "SILVER")],
        ),
    ],
)  # fmt: skip
def test_what_an_834_adds_changes_ends_and_reinstates(ins: str, body: list[str], rows: list[object]) -> None:
    assert spans(of_834(enrolled(*body, ins=ins))) == rows


GOOD = enrolled(HLT, BEGIN, END, ids=("REF*0F*M9",))


@pytest.mark.parametrize(
    ("member", "note"),
    [
        (enrolled("HD*024**HLT", BEGIN), "1 ended coverage has no last day (DTP*349)"),
        (enrolled(HLT, BEGIN, ins="INS*Y*18*024"), "1 ended coverage has no last day (DTP*349)"),
        (enrolled("HD*024**HLT", END), "1 coverage has no first day (DTP*348)"),
        (enrolled(HLT), "1 coverage has no first day (DTP*348)"),
        (enrolled(HLT, "DTP*348*D8*20261301"), "1 coverage has a first or last day that is no date"),
        (enrolled(HLT, BEGIN, "DTP*349*D8*soon"), "1 coverage has a first or last day that is no date"),
        (enrolled(HLT, "DTP*348*D8*20260601", END), "1 coverage ends before it begins"),
        (enrolled("HD*002**HLT", BEGIN, END), "1 deleted coverage (002)"),
        (enrolled(HLT, BEGIN, END, ins="INS*Y*18*002"), "1 deleted coverage (002)"),
        (enrolled("HD*021**DEN", BEGIN), "1 coverage for dental, vision, hearing or drugs alone"),
        (enrolled("HD*021**HLT*MEDICARE PART A", BEGIN), "1 coverage by Medicare, by name"),
        (enrolled(), "1 member has no coverage in the file (HD)"),
        (enrolled("DTP*356*D8*20260101"), "1 member has no coverage in the file (HD)"),
        (
            enrolled(HLT, BEGIN, ids=("REF*1L*POLICY",)),
            "1 member has no member id of its own (REF*0F of a subscriber, REF*1D, NM109)",
        ),
        (
            enrolled(HLT, BEGIN, ins="INS*N*19*021"),
            "1 member has no member id of its own (REF*0F of a subscriber, REF*1D, NM109)",
        ),
    ],
)
def test_what_an_834_does_not_say_makes_no_row_and_is_said(member: list[str], note: str) -> None:
    assert spans(of_834(member, GOOD)) == [("M9", FIRST, LAST, "GOLD")]
    assert notes(of_834(member, GOOD)) == [note]
    assert notes(of_834(member, member, GOOD)) != [note]
    assert note in refusal(of_834(member))


def test_a_member_is_known_by_each_of_its_own_numbers() -> None:
    own = enrolled(HLT, BEGIN, END, ids=("REF*0F*S1", "REF*1D*00123"))
    own[3] = "NM1*IL*1*DOE*ANN****MI*P7"
    dependent = enrolled(HLT, BEGIN, END, ins="INS*N*19*021", ids=("REF*0F*S1", "REF*1D*00124"))
    assert [row[0] for row in spans(of_834(own, dependent))] == ["S1", "00123", "P7", "00124"]


def test_a_former_name_and_birth_date_are_not_the_members() -> None:
    member = enrolled("NM1*70*1*OLD*ANN****MI*OLD", "DMG*D8*18000101*M", HLT, BEGIN)
    assert read_members(of_834(member), "x").frame.select("member_id", "birth_date", "sex").rows() == [
        ("M1", date(1990, 1, 31), "F")
    ]


ACTIVE = "EB*1**30**GOLD"


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        (["DTP*346*D8*20260101", ACTIVE], [("M1", FIRST, OPEN, "GOLD")]),
        (["DTP*356*D8*20260101", "DTP*357*D8*20260531", ACTIVE], [("M1", FIRST, LAST, "GOLD")]),
        (["DTP*307*RD8*20260101-20260531", ACTIVE], [("M1", FIRST, LAST, "GOLD")]),
        # A day that was asked about is that day alone.
        (["DTP*307*D8*20260531", ACTIVE], [("M1", LAST, LAST, "GOLD")]),
        (["DTP*291*D8*20260531", ACTIVE], [("M1", LAST, LAST, "GOLD")]),
        # What is said of the coverage itself goes before what is said of the person.
        (["DTP*346*D8*20200101", ACTIVE, "DTP*348*D8*20260101", "DTP*349*D8*20260531"], [("M1", FIRST, LAST, "GOLD")]),
        (["DTP*346*D8*20260101", "EB*1**MH^98**GOLD", "EB*1**98"], [("M1", FIRST, OPEN, "GOLD")]),
        (["DTP*346*D8*20260101", ACTIVE, "EB*2**98**SILVER"], [("M1", FIRST, OPEN, "GOLD"), ("M1", FIRST, OPEN, "SILVER")]),
        (["DTP*346*D8*20260101", "EB*1", "LS*2120", "NM1*P3*1*X****MI*OTHER", "DTP*347*D8*1", "LE*2120"], None),
    ],
)  # fmt: skip
def test_active_coverage_of_a_271_has_the_days_it_says(body: list[str], rows: list[object] | None) -> None:
    if rows is None:
        assert "1 active coverage has a day that is no date" in refusal(of_271(asked(*body)))
    else:
        assert spans(of_271(asked(*body))) == rows


ANSWERED = asked("DTP*307*RD8*20260101-20260531", ACTIVE, name="NM1*IL*1*ROE*JO****MI*M9", level="3*2*22*0")


@pytest.mark.parametrize(
    ("person", "note"),
    [
        (asked("AAA*N**75*C"), "1 inquiry was not answered by the payer (AAA): no coverage information"),
        (
            asked("EB*6**30", "DTP*307*RD8*20260101-20260531"),
            "1 person has no active coverage for health care in the response (EB01 1 to 4)",
        ),
        (
            asked("DTP*346*D8*20260101", "EB*1**35", "EB*1**30*MA"),
            "1 person has no active coverage for health care in the response (EB01 1 to 4)",
        ),
        (asked(ACTIVE), "1 active coverage has no first day (DTP 346, 348, 356, or a range)"),
        (
            asked("DTP*357*D8*20260531", ACTIVE),
            "1 active coverage has no first day (DTP 346, 348, 356, or a range)",
        ),
        (asked("DTP*346*D8*20260601", "DTP*347*D8*20260531", ACTIVE), "1 active coverage ends before it begins"),
        (asked("DTP*346*D8*2026", ACTIVE), "1 active coverage has a day that is no date"),
        (
            asked("DTP*346*D8*20260101", ACTIVE, name="NM1*03*1*DOE*TOM", level="4*3*23*0"),
            "1 person has no member id of its own (NM109)",
        ),
    ],
)
def test_what_a_271_does_not_say_makes_no_row_and_is_said(person: list[str], note: str) -> None:
    assert spans(of_271(person, ANSWERED)) == [("M9", FIRST, LAST, "GOLD")]
    assert notes(of_271(person, ANSWERED)) == [note]
    assert note in refusal(of_271(person))


def test_a_dependent_with_a_number_of_its_own_has_a_row_of_its_own() -> None:
    child = asked("DTP*346*D8*20260101", ACTIVE, name="NM1*03*1*DOE*TOM****MI*M2", level="4*3*23*0")
    assert spans(of_271(asked(), child)) == [("M2", FIRST, OPEN, "GOLD")]


def test_a_response_in_which_nobody_was_found_is_refused_and_nobody_is_taken_as_not_covered() -> None:
    assert refusal(of_271(asked("AAA*N**75*C"), asked("AAA*N**75*C"))) == (
        "x: this eligibility response (271) says of no member on which days there is coverage\n"
        "  2 inquiries were not answered by the payer (AAA): no coverage information\n"
        "  fix: give a 271 or 834 that names first and last days of coverage, or a members file as CSV"
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (as_bytes(interchange(transaction(simple_body(1)))), "x: this X12 file holds 837, not who is covered"),
        (as_bytes([ISA, "IEA*0*000000001"]), "x: there is no transaction in this file"),
        (b"ISA*00*", "x: the file begins with ISA but is no X12"),
    ],
)
def test_other_x12_is_refused_as_a_members_file(data: bytes, words: str) -> None:
    assert refusal(data).startswith(words)


def test_a_day_outside_what_a_payer_says_is_a_question_and_not_a_refusal(tmp_path: Path) -> None:
    file = tmp_path / "may.271"
    file.write_bytes(of_271(asked("DTP*307*D8*20260505", ACTIVE)))
    references = read_references(members=file)
    assert (references.partial, references.missing_columns["members"]) == (
        frozenset({"members"}), ("program", "death_date", "pregnant_from", "pregnant_to", "county", "decided_on"),
    )  # fmt: skip
    fact = a_fact(eligibility, program="national")
    assert judged(eligibility, fact, [line("C1", "2026-05-05")], references).is_empty()
    verdicts = judged(eligibility, fact, [line("C1", "2026-05-06")], references)
    assert severities(verdicts) == [("C1 line 1", "review")]
    assert verdicts["capped_by"].to_list() == [["a 271 or 834 does not list all coverage"]]


def test_how_a_payers_file_was_understood_stands_in_the_summary(tmp_path: Path) -> None:
    file = tmp_path / "may.834"
    file.write_bytes(of_834(enrolled(HLT, BEGIN), enrolled()))
    codesets = billing.load_codesets(programs=["ks-chw"])
    claims = as_bytes(interchange(transaction(simple_body(1, 1))))
    result = billing.validate(claims, codesets, received="2026-06-01", members=file)
    assert result.summary["reference_notes"] == [
        "may.834: 1 member has no coverage in the file (HD)",
        "may.834: 1 coverage has no last day and counts as open",
    ]
    result = billing.validate(claims, codesets, received="2026-06-01", members=pl.DataFrame(
        {"member_id": ["00000000000"], "effective": ["2026-01-01"]}
    ))  # fmt: skip
    assert "reference_notes" not in result.summary
