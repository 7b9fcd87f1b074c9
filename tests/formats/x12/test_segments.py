"""Cutting bytes into segments: delimiters are found, padding and wraps are no data."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.errors import InputError
from billing.formats.x12.delimiters import find_regions
from billing.formats.x12.segments import CODE, split_segments
from tests.x12_files import as_bytes, interchange, simple_body, transaction

FILE = interchange(transaction(simple_body(1, 1)))


def texts(data: bytes) -> list[str]:
    return [text for text in split_segments(data, "x.837").frame.get_column("text") if text]


@pytest.mark.parametrize("terminator", ["~", "\n", "\r", "'", '"', "|", "!", "\x85", "\xff", "\x1c", "\t"])
@pytest.mark.parametrize("line_end", ["", "\n", "\r\n"])
def test_any_byte_may_end_a_segment(terminator: str, line_end: str) -> None:
    assert texts(as_bytes(FILE, terminator=terminator, line_end=line_end)) == FILE


@pytest.mark.parametrize(
    ("element", "component"), [("*", ">"), ("|", "^"), ("\x1d", "\x1f"), ("+", ":"), ("\xa7", ":")]
)
def test_element_and_component_separators_are_found_in_the_header(element: str, component: str) -> None:
    segments = split_segments(as_bytes(FILE, element=element, component=component), "x.837")
    found = segments.delimiters[0]
    assert (chr(found.element), chr(found.component)) == (element, component)
    assert segments.frame.get_column("id").to_list()[:3] == [CODE["ISA"], CODE["GS"], CODE["ST"]]


def test_a_byte_order_mark_and_blanks_in_front_are_passed_over() -> None:
    for front in (b"\xef\xbb\xbf\r\n ", b"\x00", b"\n", b"\t\x1a"):
        assert texts(front + as_bytes(FILE)) == FILE


def test_lines_wrapped_at_80_columns_are_joined() -> None:
    flat = as_bytes(FILE, line_end="", last_line_end=False).decode()
    wrapped = "\n".join(flat[start : start + 80] for start in range(0, len(flat), 80))
    assert texts(wrapped.encode()) == FILE


def test_latin1_and_utf8_names_come_out_as_they_were_written() -> None:
    named = [segment.replace("SAMPLE", "MU\u00d1OZ") for segment in FILE]
    for encoding in ("latin-1", "utf-8"):
        segments = split_segments(as_bytes(named, encoding=encoding), "x.837")
        assert "NM1*IL*1*MU\u00d1OZ*ANN****MI*00000000000" in segments.frame.get_column("text").to_list()


def test_segments_are_numbered_from_one_in_file_order() -> None:
    frame = split_segments(as_bytes(FILE), "x.837").frame.filter(text=FILE[7])
    assert frame.get_column("position").to_list() == [8]


def test_an_id_that_no_837_knows_is_zero() -> None:
    broken = [segment.replace("CLM*", "CLMX*").replace("HI*", "hi*") for segment in FILE]
    frame = split_segments(as_bytes(broken), "x.837").frame
    assert [text[:4] for text in frame.filter(id=0).get_column("text") if text] == ["CLMX", "hi*A"]


def test_two_interchanges_may_have_other_delimiters() -> None:
    second = interchange(transaction(simple_body(1, 1)), control="000000002")
    data = as_bytes(FILE) + as_bytes(second, element="|", component=">", terminator="!")
    segments = split_segments(data, "x.837")
    assert segments.frame.get_column("region").unique().sort().to_list() == [0, 1]
    assert segments.frame.filter(region=1, id=CODE["CLM"]).get_column("text").to_list() == [
        "CLM|C0|46.00|||12>B>1|Y|A|Y|Y"
    ]


@pytest.mark.parametrize(("cut", "between"), [(0, ""), (1, "\r\n \n"), (2, ""), (2, "\n"), (2, " " * 150)])
@pytest.mark.parametrize(
    "how", [{"terminator": "!"}, {"element": "|"}, {"component": ">"}, {"element": "|", "terminator": "!"}]
)
def test_other_delimiters_are_found_behind_an_envelope_that_was_not_finished(
    cut: int, between: str, how: dict[str, str]
) -> None:
    second = as_bytes(interchange(transaction(simple_body(1, 1)), control="000000002"), **how)  # type: ignore[arg-type]
    first = as_bytes(FILE)
    segments = split_segments(first[: len(first) - cut] + between.encode() + second, "x.837")
    wanted = {"element": "*", "component": ":", "terminator": "~"} | how
    assert [chr(getattr(segments.delimiters[1], name)) for name in wanted] == list(wanted.values())


def test_a_name_that_ends_in_isa_begins_no_interchange() -> None:
    named = [segment.replace("*SAMPLE*ANN", "*SAMPLE*LISA").replace("*MI*", "*MI*") for segment in FILE]
    assert len(split_segments(as_bytes(named), "x.837").delimiters) == 1


def test_a_name_that_ends_in_isa_begins_no_interchange_where_line_ends_end_segments() -> None:
    # The 16th element behind it is a single character in front of a line end, as in a header.
    member = ["NM1*IL*1*MONALISA*ANN****MI*1", "N3*2 ELM ST*APT 1", "N4*TOPEKA*KS*66603*US*X"]
    at = next(row for row, segment in enumerate(FILE) if segment.startswith("NM1*IL"))
    named = [*FILE[:at], *member, *FILE[at + 3 :]]
    data = as_bytes(named, terminator="\n", line_end="")
    assert len(find_regions(data)) == 1
    assert split_segments(data, "x.837").frame.get_column("text").to_list() == named


def test_what_stands_behind_a_terminator_on_its_line_is_data_whatever_it_says() -> None:
    # The four terminators that are missing take as many bytes as the word that is too many.
    data = as_bytes(FILE).replace(b"~\n", b"~true\n", 8).replace(b"~true\n", b"~\n", 7).decode()
    cut = data[-60:].replace("~\n", "\n", 4)
    segments = texts((data[:-60] + cut).encode())
    assert segments == [text.replace("\n", "") for text in (data[:-60] + cut).split("~") if text.strip()]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["drop ~", "drop \n", "add ~", "add \n"])), max_size=4))
def test_terminators_and_line_ends_may_be_missing_or_too_many(changes: list[tuple[float, str]]) -> None:
    data = as_bytes(FILE).decode()
    for where, how in changes:
        at = len(FILE[0]) + 2 + int(where * (len(data) - len(FILE[0]) - 2))
        what = how.removeprefix("drop ").removeprefix("add ")
        rest = what + data[at:] if how.startswith("add") else data[at:].replace(what, "", 1)
        data = data[:at] + rest
    cut = data.split("~")
    tail = cut.pop() if not cut[-1].strip() else None
    segments = split_segments(data.encode(), "x.837")
    assert segments.frame.get_column("text").to_list() == [text.replace("\n", "") for text in cut]
    [region] = segments.regions
    raws = segments.frame.get_column("raw").to_list()
    again = [region.line_end * bool(row) + raw for row, raw in enumerate(raws)]
    assert (again, region.tail) == (cut, tail or "")


@pytest.mark.parametrize("data", [b"", b"hello", b"ISA", b"ISA*00*~", b"GS*HC*1~ST*837*1~", b"junk " + as_bytes(FILE)])
def test_a_file_that_is_no_x12_is_refused_with_one_sentence(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^x\.837: this is no X12 claims file") as refused:
        split_segments(data, "x.837")
    assert len(str(refused.value).splitlines()) == 2


def test_segments_that_are_indented_are_read() -> None:
    indented = [f"  {segment}" if segment.startswith(("NM1", "HL")) else segment for segment in FILE]
    assert texts(as_bytes(indented)) == FILE
