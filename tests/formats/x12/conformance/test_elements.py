"""Elements: presence, length, type, codes, components, and the notes on which go together."""

from __future__ import annotations

import pytest

from billing.formats.x12.claims837 import read_837
from billing.syntax_errors import SYNTAX_ERROR_SCHEMA
from tests.x12_edits import Error, clean, edited, errors, position, read
from tests.x12_files import as_bytes

LINE = "SV1*HC:98960:U7*46.00*UN*2***1"
FINE = [
    ("N3*2 ELM", "N3*" + "A" * 55),
    ("N3*2 ELM", "N3*2 Elm St., #4 (rear)*a@b_c"),
    ("NM1*82", "NM1*82*2*" + "A" * 60 + "*****XX*1000000004"),
    ("DMG*D8*1990", "DMG*D8*20000229*U"),
    ("DTP*472", "DTP*472*RD8*20260501-20260502"),
    ("SV1", "SV1*HC:98960:U7:U8:U9:UA:DAY*-.5*UN*0.125***1:2:3:4"),
    ("CLM*C1", "CLM*C1*92***12:B:7*N*C*W*I*P*AA:OA::KS*02********11"),
    ("HI", "HI*BK:F330" + "*BF:Z5900" * 11),
    ("PER*IC", "PER*IC*A*TE*5555550100*EX*12*EM*a@b.example"),
    ("N4*TOPEKA*KS*666030000", "N4*TORONTO***CA***ON"),
    ("NM1*85", "NM1*85*2*EXAMPLE AGENCY"),
    ("BHT", "BHT*0019*18*1*20260601*12005959*RP"),
]


@pytest.mark.parametrize(("old", "new"), FINE)
def test_what_the_guide_takes_is_no_error(old: str, new: str) -> None:
    assert errors(edited(old, [new])) == []


WRONG = [
    # present or not
    ("REF*EI", "REF*EI", "2010AA REF02", "S8 E1", "element_missing", "claim"),
    ("N3*2 ELM", "N3", "2010BA N301", "S8 E1", "element_missing", "claim"),
    ("N3*2 ELM", "N3* ", "2010BA N301", "S8 E1", "element_missing", "claim"),
    ("SV1", "SV1*HC:98960:U7*46.00*UN****1", "2400 SV104", "S8 E1", "element_missing", "line"),
    ("SV1", "SV1*HC*46.00*UN*2***1", "2400 SV101-2", "S8 E1", "element_missing", "line"),
    ("SV1", "SV1*HC:98960*46.00*UN*2", "2400 SV107", "S8 E1", "element_missing", "line"),
    ("SV1", "SV1*HC:98960*46.00*UN*2***:", "2400 SV107", "S8 E1", "element_missing", "line"),
    ("SV1", "SV1*HC:98960*46.00*UN*2**1*1", "2400 SV106", "S8 EI10", "element_not_used", "line"),
    ("CLM*C1", "CLM*C1*92***12:B:1*Y*A*Y*Y*P**:A", "2300 CLM12", "S8 E13", "component_excess", "claim"),
    ("N3*2 ELM", "N3*A*B*C*D", "2010BA N303", "S8 E3", "element_excess", "claim"),
    ("N3*2 ELM", "N3*A*", "2010BA N3", "S8", "separators_at_end", "element"),
    ("SV1", "SV1*HC:98960*46.00*UN*2***1:2:3:4:5", "2400 SV107-5", "S8 E13", "component_excess", "line"),
    ("SV1", "SV1*HC:98960*46.00*UN:X*2***1", "2400 SV103", "S8 E13", "component_excess", "line"),
    ("REF*6R", "REF*6R*A^B", "2400 REF02", "S8 E12", "element_repeated", "line"),
    # length
    ("N3*2 ELM", "N3*" + "A" * 56, "2010BA N301", "S8 E5", "text_too_long", "element"),
    ("REF*6R", "REF*6R*" + "A" * 51, "2400 REF02", "S8 E5", "element_too_long", "line"),
    ("REF*6R", "NM1*DK*1*A*****XX*1", "2420E NM109", "S8 E4", "element_too_short", "line"),
    ("SV1", "SV1*HC:98960:U*46.00*UN*2***1", "2400 SV101-3", "S8 E4", "element_too_short", "line"),
    # characters
    ("N3*2 ELM", "N3*RUE É", "2010BA N301", "S8 E6", "character_outside_set", "element"),
    ("N3*2 ELM", "N3*A\x07", "2010BA N301", "S8 E6", "control_character", "claim"),
    ("SV1", "SV1*HC:98960:U *46.00*UN*2***1", "2400 SV101-3", "S8 E6", "blanks_at_end", "element"),
    ("N3*2 ELM", "N3*A  *B", "2010BA N301", "S8 E6", "blanks_at_end", "element"),
    # types
    ("SV1", "SV1*HC:98960*46.*UN*2***1", "2400 SV102", "S8 E6", "number_malformed", "line"),
    ("SV1", "SV1*HC:98960*46*UN*2E1***1", "2400 SV104", "S8 E6", "number_malformed", "line"),
    ("LX*1", "LX*1.0", "2400 LX01", "S8 E6", "number_malformed", "line"),
    ("DMG*D8*1990", "DMG*D8*19900229*F", "2010BA DMG02", "S8 E8", "day_malformed", "claim"),
    ("DTP*472", "DTP*472*RD8*20260501", "2400 DTP03", "S8 E8", "day_malformed", "line"),
    ("DTP*472", "DTP*472*D8*20260501-20260502", "2400 DTP03", "S8 E8", "day_malformed", "line"),
    ("BHT", "BHT*0019*00*1*20260631*1200*CH", "BHT04", "S8 E8", "day_malformed", "transaction"),
    ("BHT", "BHT*0019*00*1*20260601*2460*CH", "BHT05", "S8 E9", "time_malformed", "transaction"),
    # codes
    ("SBR", "SBR*P*18*******MX", "2000B SBR09", "S8 E7", "code_unknown", "claim"),
    ("SV1", "SV1*XX:98960*46*UN*2***1", "2400 SV101-1", "S8 E7", "code_unknown", "line"),
    ("HI", "HI*ABK:F330*ABK:Z5900", "2300 HI02-1", "S8 E7", "code_unknown", "claim"),
    ("DTP*472", "DTP*472*D9*20260501", "2400 DTP02", "S8 E7", "code_unknown", "line"),
    ("REF*EI", "REF*ZZ*480000000", "2010AA REF01", "S8 E7", "code_unknown", "claim"),
    # notes
    ("NM1*82", "NM1*82*2*A*****XX", "2310B NM109", "S8 E2", "element_conditional", "claim"),
    ("NM1*82", "NM1*82*2*A******1000000004", "2310B NM108", "S8 E2", "element_conditional", "claim"),
    ("PER*IC", "PER*IC*A*TE*5555550100*EM", "1000A PER06", "S8 E2", "element_conditional", "transaction"),
    ("N4*TOPEKA*KS*666030000", "N4*TORONTO*KS**CA***ON", "2010AA N407", "S8 E10", "element_exclusive", "claim"),
    ("N4*TOPEKA*KS*666030000", "N4*TORONTO******ON", "2010AA N404", "S8 E2", "element_conditional", "claim"),
]


@pytest.mark.parametrize(("old", "new", "place", "codes", "cause", "unit"), WRONG)
def test_what_the_guide_does_not_take_is_one_error(
    *, old: str, new: str, place: str, codes: str, cause: str, unit: str
) -> None:
    segments = edited(old, [new])
    assert errors(segments) == [Error(segments.index(new) + 1, place, codes, cause, unit)]


ADJUSTED = [
    ("CAS*PR*1*10", []),
    ("CAS*PR*1*10**2*5", []),
    ("CAS*PR*1*10**2", ["element_one_of"]),
    ("CAS*PR*1*10***5", ["element_conditional"]),
    ("CAS*PR*1*10**2*5*1*3**1", []),
    ("CAS*PR*1*10**2*5*1*3", ["element_one_of"]),
]


@pytest.mark.parametrize(("adjustment", "causes"), ADJUSTED)
def test_of_an_adjustment_a_reason_needs_its_amount_or_quantity_and_they_the_reason(
    adjustment: str, causes: list[str]
) -> None:
    line = [LINE, "DTP*472*D8*20260501", "SVD*OP1*30*HC:98960**2", adjustment, "DTP*573*D8*20260520"]
    segments = clean()
    at = position(segments, "SV1")
    segments[at - 1 : at + 2] = line
    found = [error.cause for error in errors(segments) if not error.place.startswith("SE")]
    assert found == causes


@pytest.mark.parametrize(("paper", "found"), [
    ("PWK*CT*BM***AC*12", []), ("PWK*CT*NS", []), ("PWK*CT*ZZ", [("2400 PWK02", "code_unknown")]),
])  # fmt: skip
def test_a_certificate_is_an_attachment_or_one_of_the_line_by_how_it_is_sent(
    paper: str, found: list[tuple[str, str]]
) -> None:
    assert [(error.place, error.cause) for error in errors(edited("SV1", [LINE, paper]))] == found


def test_a_row_says_everything_there_is_to_say() -> None:
    segments = edited("NM1*IL", ["NM1*IL*1*" + "A" * 61 + "*ANN****MI*00000000001"])
    found = read(segments).syntax_errors
    assert found.schema == SYNTAX_ERROR_SCHEMA
    assert found.to_dicts() == [
        {
            "input": "x.837", "position": 16, "file_line": 16, "interchange": 1, "group": 1, "transaction": 1,
            "set_position": 14, "claim_key": None, "line_key": None, "unit": "element", "loop": "2010BA",
            "segment_id": "NM1", "segment_error": "8", "element": 3, "component": None, "repeat": None,
            "data_element": "1035", "element_error": "5", "set_error": None, "group_error": None,
            "interchange_error": None, "value": "A" * 61, "is_private": True, "allowed": "at most 60 characters",
            "cause": "text_too_long", "severity": "review",
            "message": "NM103 of the subscriber (loop 2010BA) is too long: at most 60 characters.",
            "remedy": "Shorten it.",
        }
    ]  # fmt: skip


def test_the_same_text_is_judged_by_the_place_it_takes() -> None:
    # The map takes any two letters as the billing provider's state, and one of a list as the member's.
    text = "N4*TOPEKA*ZQ*66603"
    billing, member = edited("N4*TOPEKA*KS*666030000", [text]), clean()
    member[position(member, "N4*TOPEKA*KS*66603", 2) - 1] = text
    assert errors(billing) == []
    assert [error.place for error in errors(member)] == ["2010BA N402"]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_any_byte_is_read_and_what_x12_does_not_know_is_an_error(encoding: str, mark: bytes) -> None:
    segments = edited("NM1*IL", ["NM1*IL*1*MÜLLER*ANN****MI*00000000001"])
    found = read_837(mark + as_bytes(segments, encoding=encoding), "x.837").syntax_errors
    assert found.select("loop", "element", "cause", "value").rows() == [
        ("2010BA", 3, "character_outside_set", "MÜLLER")
    ]
