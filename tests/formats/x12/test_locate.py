"""A place such as `2310B NM109` is pointed at the segment that holds it, in every loop and shape of file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import billing
from billing.batch import Batch
from billing.claims import CLAIM_COLUMNS, LINE_COLUMNS
from billing.deciding import with_exact_places
from billing.findings import FINDING_SCHEMA
from billing.formats.jsonl import read_jsonl
from billing.formats.x12.claims837 import read_837
from billing.formats.x12.segments import split_segments
from billing.samples import sample_folder
from tests.x12_files import as_bytes, billing_loop, claim, interchange, simple_body, subscriber_loop, transaction

FULL = [
    *billing_loop(1), "REF*G2*BILLER",
    "HL*2*1*22*0", "SBR*P*18*******MC", "PAT*****D8*20260501***Y", "NM1*IL*1*SAMPLE*ANN****MI*M1", "N3*2 ELM ST", "N4*TOPEKA*KS*66603",
    "DMG*D8*19900131*F", "REF*SY*000000001", "NM1*PR*2*EXAMPLE MEDICAID*****PI*KMAP", "N3*3 OAK ST",
    "CLM*C0*92.00***12:B:7*Y*A*Y*Y***********4", "DTP*431*D8*20260401", "PWK*OZ*BM", "REF*D9*CLEARING", "REF*G1*AUTH", "REF*F8*OLD", "NTE*ADD*NOTE",
    "HI*ABK:F330", "HI*ABF:Z590",
    "NM1*DN*1*REFER*AL****XX*1000000012", "PRV*RF*PXC*R", "REF*G2*REFER",
    "NM1*82*1*RENDER*BO****XX*1000000004", "PRV*PE*PXC*172V00000X", "REF*G2*RENDER",
    "NM1*77*2*PLACE*****XX*1000000020", "N3*4 ASH ST", "N4*TOPEKA*KS*66604", "PRV*SE*PXC*P", "REF*LU*PLACE",
    "NM1*DQ*1*SUPER*CY****XX*1000000038", "PRV*SU*PXC*S", "REF*0B*SUPER",
    "SBR*S*18*******CI", "AMT*D*10.00", "NM1*IL*1*SAMPLE*ANN****MI*X9", "NM1*PR*2*OTHER*****PI*OTH", "DTP*573*D8*20260601", "REF*G1*OTHERS", "NM1*82*1", "REF*G2*X",
    "LX*1", "SV1*HC:98960:U7*46.00*UN*2***1", "DTP*472*D8*20260501", "REF*6R*L1", "HCP*00*1",
    "LX*2", "SV1*HC:98960:U7*46.00*UN*2*11**1", "DTP*471*D8*20260502", "DTP*472*D8*20260502", "REF*G1*FOREIGN**2U:OTH", "REF*G1*LINEAUTH", "REF*6R*L2",
    "LIN**N4*00001000101", "REF*XZ*7",
    "NM1*82*1*LRENDER*DI****XX*1000000046", "PRV*PE*PXC*L", "REF*G2*LRENDER",
    "NM1*DQ*1*LSUPER*ED****XX*1000000053", "PRV*SU*PXC*LS", "REF*G2*LSUPER",
    "NM1*DK*1*ORDER*FI****XX*1000000061", "PRV*OR*PXC*LO", "REF*G2*ORDER",
    "NM1*DN*1*LREFER*GO****XX*1000000079", "PRV*RF*PXC*LR", "REF*G2*LREFER",
    "SVD*OTH*10.00*HC:98960**2", "DTP*573*D8*20260601",
]  # fmt: skip

# The start of the one segment of FULL that each place means; a line's places are those of its second line.
MEANT = {
    "2000A PRV03": "PRV*BI", "2010AA NM109": "NM1*85", "2010AA NM103": "NM1*85", "2010AA N3": "N3*1 MAIN", "2010AA REF*EI": "REF*EI",
    "2010AA REF02": "REF*G2*BILLER",
    "2000B SBR02": "SBR*P", "2000B SBR09": "SBR*P", "2000B PAT06": "PAT*", "2000B PAT09": "PAT*",
    "2010BA NM109": "NM1*IL*1*SAMPLE*ANN****MI*M1", "2010BA NM103": "NM1*IL*1*SAMPLE*ANN****MI*M1", "2010BA NM104": "NM1*IL*1*SAMPLE*ANN****MI*M1",
    "2010BA DMG02": "DMG*", "2010BA DMG03": "DMG*", "2010BA N3": "N3*2 ELM",
    "2010BB NM109": "NM1*PR*2*EXAMPLE", "2010BB NM103": "NM1*PR*2*EXAMPLE",
    "2300 CLM01": "CLM*", "2300 CLM02": "CLM*", "2300 CLM05-1": "CLM*", "2300 CLM05-3": "CLM*", "2300 CLM20": "CLM*",
    "2300 REF*F8": "REF*F8", "2300 REF*G1": "REF*G1*AUTH", "2300 HI": "HI*ABK",
    "2310A NM109": "NM1*DN*1*REFER", "2310A NM103": "NM1*DN*1*REFER", "2310A PRV03": "PRV*RF*PXC*R", "2310A REF02": "REF*G2*REFER",
    "2310B NM109": "NM1*82*1*RENDER", "2310B NM103": "NM1*82*1*RENDER", "2310B PRV03": "PRV*PE*PXC*172V", "2310B REF02": "REF*G2*RENDER",
    "2310C NM109": "NM1*77", "2310C NM103": "NM1*77", "2310C PRV03": "PRV*SE", "2310C REF02": "REF*LU", "2310C N3": "N3*4 ASH",
    "2310D NM109": "NM1*DQ*1*SUPER", "2310D NM103": "NM1*DQ*1*SUPER", "2310D PRV03": "PRV*SU*PXC*S", "2310D REF02": "REF*0B",
    "2320": "SBR*S",
    "2400 LX01": "LX*2", "2400 SV101-2": "SV1*HC:98960:U7*46.00*UN*2*11", "2400 SV101-3": "SV1*HC:98960:U7*46.00*UN*2*11",
    "2400 SV102": "SV1*HC:98960:U7*46.00*UN*2*11", "2400 SV103": "SV1*HC:98960:U7*46.00*UN*2*11", "2400 SV104": "SV1*HC:98960:U7*46.00*UN*2*11",
    "2400 SV105": "SV1*HC:98960:U7*46.00*UN*2*11", "2400 SV107": "SV1*HC:98960:U7*46.00*UN*2*11",
    "2400 DTP03": "DTP*472*D8*20260502", "2400 REF*G1": "REF*G1*LINEAUTH", "2400 REF*6R": "REF*6R*L2",
    "2420A NM109": "NM1*82*1*LRENDER", "2420A NM103": "NM1*82*1*LRENDER", "2420A PRV03": "PRV*PE*PXC*L", "2420A REF02": "REF*G2*LRENDER",
    "2420D NM109": "NM1*DQ*1*LSUPER", "2420D NM103": "NM1*DQ*1*LSUPER", "2420D PRV03": "PRV*SU*PXC*LS", "2420D REF02": "REF*G2*LSUPER",
    "2420E NM109": "NM1*DK", "2420E NM103": "NM1*DK", "2420E PRV03": "PRV*OR", "2420E REF02": "REF*G2*ORDER",
    "2420F NM109": "NM1*DN*1*LREFER", "2420F NM103": "NM1*DN*1*LREFER", "2420F PRV03": "PRV*RF*PXC*LR", "2420F REF02": "REF*G2*LREFER",
}  # fmt: skip
PLACES = sorted(
    {(column.x12, column.path, False) for column in CLAIM_COLUMNS if column.x12 and "2420" not in column.x12}
    | {(column.x12, column.path, True) for column in LINE_COLUMNS if column.x12}
)


def read(*bodies: list[str]) -> Batch:
    return read_837(as_bytes(interchange(*(transaction(body) for body in bodies))), "x.837")


def meant(batch: Batch, claim_key: int, line: int | None, x12: str, column: str = "") -> tuple[str, str]:
    """Return the segment that a place of a claim (or of its line with that number) is pointed at, and its name."""
    grain = batch.claims if line is None else batch.lines.filter(pl.col("line_number") == line)
    row = grain.filter(pl.col("claim_key") == claim_key).row(0, named=True)
    places = pl.DataFrame(
        [(claim_key, None if line is None else row["line_key"], row["position"], x12, column)],
        schema={"claim_key": pl.UInt32, "line_key": pl.UInt32, "position": pl.UInt32, "x12": pl.String, "column": pl.String},
        orient="row",
    )  # fmt: skip
    [source] = batch.sources
    [(position, name)] = source.positions(places).select("position", "x12").rows()
    return segments_of(source)[position - 1], name


def segments_of(source: Any) -> list[str]:
    return split_segments(source.data, "x").frame.get_column("text").to_list()


def test_the_table_of_this_file_names_every_place_of_the_columns() -> None:
    assert {x12 for x12, _, _ in PLACES} == set(MEANT)


@pytest.mark.parametrize(("x12", "column", "on_line"), PLACES)
def test_a_place_is_pointed_at_its_segment(x12: str, column: str, on_line: bool) -> None:
    segment, name = meant(read(FULL), 0, 2 if on_line else None, x12, column)
    assert name == x12
    [expected] = [text for text in FULL if text.startswith(MEANT[x12])]
    assert segment == expected


@pytest.mark.parametrize(
    ("x12", "segment", "name"),
    [
        ("2400 SV105", "CLM*C0", "2300 CLM05-1"),
        ("2400 REF*G1", "REF*G1*AUTH", "2300 REF*G1"),
        ("2420A NM109", "NM1*82*1*RENDER", "2310B NM109"),
        ("2420A PRV03", "PRV*PE*PXC*172V", "2310B PRV03"),
        ("2420D NM109", "NM1*DQ*1*SUPER", "2310D NM109"),
        ("2420F NM109", "NM1*DN*1*REFER", "2310A NM109"),
        ("2420E NM109", "SV1*", "2420E NM109"),
        ("2400 REF*6R", "REF*6R*L1", "2400 REF*6R"),
        ("2400 DTP03", "DTP*472*D8*20260501", "2400 DTP03"),
        ("2300 HI", "HI*ABK", "2300 HI"),
        ("2010BA DMG02", "DMG*", "2010BA DMG02"),
    ],
)
def test_a_line_without_a_value_of_its_own_is_pointed_at_its_claims(x12: str, segment: str, name: str) -> None:
    found, said = meant(read(FULL), 0, 1, x12)
    assert (found[: len(segment)], said) == (segment, name)


@pytest.mark.parametrize(
    ("x12", "lost", "segment"),
    [
        ("2300 REF*F8", ["REF*F8"], "CLM*C0"),
        ("2300 HI", ["HI"], "CLM*C0"),
        ("2310B NM109", ["NM1*82*1*RENDER", "PRV*PE*PXC*172V", "REF*G2*RENDER"], "CLM*C0"),
        ("2310B PRV03", ["PRV*PE*PXC*172V"], "NM1*82*1*RENDER"),
        ("2320", ["SBR*S"], "CLM*C0"),
        ("2000A PRV03", ["PRV*BI"], "HL*1"),
        ("2010AA N3", ["N3*1 MAIN"], "NM1*85"),
        ("2010AA REF*EI", ["REF*EI"], "NM1*85"),
        ("2000B PAT06", ["PAT"], "HL*2"),
        ("2010BA DMG02", ["DMG"], "NM1*IL*1*SAMPLE*ANN****MI*M1"),
        ("2010BB NM109", ["NM1*PR*2*EXAMPLE"], "HL*2"),
    ],
)
def test_a_missing_segment_is_pointed_at_where_it_would_follow(x12: str, lost: list[str], segment: str) -> None:
    body = [text for text in FULL if not text.startswith(tuple(lost))]
    found, name = meant(read(body), 0, None, x12)
    assert (found[: len(segment)], name) == (segment, x12)


@pytest.mark.parametrize(
    ("x12", "lost"),
    [
        ("2400 LX01", ["LX*2"]),
        ("2400 DTP03", ["DTP*472*D8*20260502"]),
        ("2400 REF*G1", ["REF*G1"]),
        ("2420A NM109", ["NM1*82"]),
    ],
)
def test_what_a_line_lacks_is_pointed_at_its_service(x12: str, lost: list[str]) -> None:
    body = [text for text in FULL if not text.startswith(tuple(lost))]
    assert meant(read(body), 0, 2, x12) == (MEANT["2400 SV104"] + "**1", x12)


def test_a_value_that_is_left_empty_is_pointed_at_the_segment_that_should_hold_it() -> None:
    body = [text.replace("****MI*M1", "") for text in FULL]
    assert meant(read(body), 0, None, "2010BA NM109", "member.id") == ("NM1*IL*1*SAMPLE*ANN", "2010BA NM109")


def test_the_first_provider_of_a_role_counts_with_what_hangs_on_it() -> None:
    extra = ["NM1*DN*1*FIRST*ANN****XX*1000000012", "NM1*P3*1*SECOND*BEA****XX*1000000020", "REF*G2*SECONDS"]
    batch = read([*billing_loop(1), *subscriber_loop(2, 1), *claim("C0", extra=extra)])
    assert meant(batch, 0, None, "2310A REF02") == (extra[0], "2310A REF02")


def test_a_billers_id_and_taxonomy_are_found_where_they_were_read() -> None:
    batch = read([
        *billing_loop(1, ["NM1*85*2*EXAMPLE AGENCY*****XX*1234567893", "PRV*BI*PXC*251S00000X", "REF*G2*OWN"]),
        *subscriber_loop(2, 1), "REF*G2*AT THE PAYER", *claim("C0"),
    ])  # fmt: skip
    assert meant(batch, 0, None, "2000A PRV03") == ("PRV*BI*PXC*251S00000X", "2010AA PRV03")
    assert meant(batch, 0, None, "2010AA REF02") == ("REF*G2*AT THE PAYER", "2010BB REF02")


DEPENDENT = [
    *billing_loop(1), *subscriber_loop(2, 1, member="S1", child="1"), *claim("C0"),
    "HL*3*2*23*0", "PAT*19", "NM1*QC*1*CHILD*TOM", "N3*5 FIR ST", "N4*TOPEKA*KS*66603", "DMG*D8*20150301*M", *claim("C1"),
    "HL*4*2*23*0", "PAT*G8", "NM1*QC*1*CHILD*UMA****MI*OWN", *claim("C2"), *subscriber_loop(5, 1, member="S2"), *claim("C3"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("claim_key", "x12", "column", "segment", "name"),
    [
        (0, "2010BA DMG02", "member.birth_date", "DMG*D8*19900131*F", "2010BA DMG02"),
        (1, "2010BA DMG02", "member.birth_date", "DMG*D8*20150301*M", "2010CA DMG02"),
        (1, "2010BA DMG02", "subscriber.birth_date", "DMG*D8*19900131*F", "2010BA DMG02"),
        (1, "2010BA N3", "member.address", "N3*5 FIR ST", "2010CA N3"),
        (1, "2010BA NM103", "member.last_name", "NM1*QC*1*CHILD*TOM", "2010CA NM103"),
        (1, "2010BA NM109", "member.id", "NM1*IL*1*SAMPLE*ANN****MI*S1", "2010BA NM109"),
        (2, "2010BA NM109", "member.id", "NM1*QC*1*CHILD*UMA****MI*OWN", "2010CA NM109"),
        (2, "2010BA DMG02", "member.birth_date", "NM1*QC*1*CHILD*UMA****MI*OWN", "2010CA DMG02"),
        (1, "2000B PAT06", "member.death_date", "PAT*19", "2000C PAT06"),
        (2, "2000B SBR02", "relationship", "PAT*G8", "2000C PAT01"),
        (1, "2000B SBR09", "filing_indicator", "SBR*P********MC", "2000B SBR09"),
        (3, "2010BA NM109", "member.id", "NM1*IL*1*SAMPLE*ANN****MI*S2", "2010BA NM109"),
        (3, "2000B SBR02", "relationship", "SBR*P*18*******MC", "2000B SBR02"),
    ],
)
def test_a_dependents_values_are_found_in_the_patients_loop(
    claim_key: int, x12: str, column: str, segment: str, name: str
) -> None:
    assert meant(read(DEPENDENT), claim_key, None, x12, column) == (segment, name)


def two_regions() -> bytes:
    second = as_bytes(
        interchange(transaction(simple_body(3, 2)), control="000000002"), terminator="!", element="|", component=">"
    )
    return as_bytes(interchange(transaction(simple_body(3, 2)), transaction(simple_body(2, 1), "0002"))) + second


SHAPES: dict[str, Callable[[], bytes]] = {
    "as it should be": lambda: as_bytes(interchange(transaction(simple_body(3, 2)))),
    "without line ends": lambda: as_bytes(interchange(transaction(simple_body(3, 2))), line_end="", last_line_end=False),
    "line ends as terminators": lambda: as_bytes(interchange(transaction(simple_body(3, 2))), terminator="\n", line_end=""),
    "an empty segment here and there": lambda: as_bytes(interchange(transaction(simple_body(3, 2)))).replace(b"~\nN3*2", b"~\n~\n~\nN3*2").replace(b"~\nLX*2", b"~~\nLX*2"),
    "wrapped in the middle of segments": lambda: as_bytes(interchange(transaction(simple_body(3, 2)))).replace(b"NM1*82", b"N\r\nM1*8\r\n2").replace(b"DTP*472", b"DTP*47\r\n2"),
    "two sets of delimiters": two_regions,
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_every_claim_and_line_is_pointed_at_its_own_segments(shape: str) -> None:
    batch = read_837(SHAPES[shape](), "x.837")
    [source] = batch.sources
    segments = segments_of(source)
    lines = batch.lines.select("claim_key", "line_key", "position")
    asked = pl.concat(
        lines.with_columns(x12=pl.lit(x12), column=pl.lit("")) for x12 in ("2400 DTP03", "2010BA NM109", "2310B NM109", "2400 REF*6R")
    )  # fmt: skip
    keys = dict(batch.lines.select("line_key", "service_date").rows())
    found = source.positions(asked)
    assert found.drop("position").equals(asked.drop("position"))
    for row in found.iter_rows(named=True):
        own = re.split(r"[*|]", segments[row["position"] - 1])
        said = {
            "2400 DTP03": ["DTP", "472", "D8", f"{keys[row['line_key']]:%Y%m%d}"],
            "2010BA NM109": ["NM1", "IL", "1", "SAMPLE"],
            "2310B NM109": ["NM1", "82", "1", "WORKER"],
            "2400 REF*6R": ["REF", "6R", batch.lines.row(row["line_key"], named=True)["line_control_number"]],
        }[row["x12"]]
        assert own[: len(said)] == said
    members = (
        found.filter(pl.col("x12") == "2010BA NM109").join(batch.claims, on="claim_key").select("position", "member_id")
    )
    assert all(segments[position - 1].endswith(member) for position, member in members.rows())


def test_places_that_name_no_loop_and_claims_of_other_inputs_stay_as_they_are() -> None:
    [source] = read(FULL).sources
    places = pl.DataFrame(
        {
            "claim_key": [0, 0, 0, 7],
            "line_key": [None] * 4,
            "position": [3, 3, 3, 3],
            "x12": ["SE01", None, "", "2300 HI"],
            "column": [None] * 4,
            "more": ["a", "b", "c", "d"],
        },
        schema_overrides={"claim_key": pl.UInt32, "line_key": pl.UInt32, "position": pl.UInt32, "column": pl.String},
    )
    assert source.positions(places).equals(places)
    assert source.positions(places.clear()).equals(places.clear())


def test_claim_json_keeps_its_line_numbers() -> None:
    data = (sample_folder() / "shapes" / "ks_chw.jsonl").read_bytes()
    [source] = read_jsonl(data, "x.jsonl").sources
    places = pl.DataFrame({"claim_key": [1], "position": [2], "x12": ["2010BA DMG02"]})
    assert source.positions(places).equals(places)


def test_without_findings_nothing_is_asked() -> None:
    findings = pl.DataFrame(schema=FINDING_SCHEMA)
    assert with_exact_places(findings, [object()]) is findings  # type: ignore[list-item]  # whatever it is, it is not asked


# Findings about a value that is missing with its segment: they are pointed at what it would follow.
MISSING = {"2300 REF*F8": "CLM", "2010CA DMG02": "NM1", "2010BA DMG02": "NM1", "2310B NM109": "CLM", "2300 HI": "CLM"}


@pytest.mark.parametrize(
    ("sample", "program"),
    [("ks_chw.837", "ks-chw"), ("nj_sud_peer.837", "nj-sud-peer"), ("shapes/dependents_2000c.837", "ks-chw"),
     ("shapes/broken_claims.837", "ks-chw"), ("shapes/wrapped.837", "ks-chw"), ("shapes/odd_delimiters.837", "ks-chw")],
)  # fmt: skip
def test_every_finding_on_a_sample_points_at_the_segment_it_names(sample: str, program: str) -> None:
    path: Path = sample_folder() / sample
    result = billing.validate(path, billing.load_codesets(programs=[program]), received="2026-11-22")
    segments = segments_of(result.batch.sources[0])
    findings = result.findings.filter(pl.col("claim_key").is_not_null()).sort("position")
    owners = result.batch.claims.get_column("position")
    for row in findings.iter_rows(named=True):
        x12 = row["place"]["x12"]
        named = re.fullmatch(r"\w+ ([A-Z0-9]{2,3}?)(?:\d\d(?:-\d)?)?(?:\*(\w+))?", x12)
        assert named is not None
        segment = segments[row["position"] - 1]
        elements = re.split(r"[^A-Za-z0-9:. -]", segment)
        if elements[0] != named[1]:
            assert elements[0] == MISSING[x12], x12
            continue
        assert named[2] in {None, elements[1]}
        if x12[:2] == "23" or x12[:2] == "24":  # between the claim's CLM and the next one's
            start = result.batch.claims.row(row["claim_key"], named=True)["position"]
            assert row["position"] >= start
            assert not ((owners > start) & (owners <= row["position"])).any()
    if sample == "ks_chw.837":
        shown = {row["claim_id"]: segments[row["position"] - 1] for row in findings.iter_rows(named=True)}
        assert shown["KS000043"] == "DTP*472*D8*20251022"
        assert shown["KS000008"].startswith("NM1*82*")
        assert shown["KS000013"].startswith("NM1*IL*")
        assert shown["KS000023"].startswith("CLM*KS000023*")
