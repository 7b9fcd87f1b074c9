"""The guide as it is read from the map, and the patterns made of it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
from lxml import etree

import billing
from billing.formats.x12.conformance.breaches import _SAID_ELSEWHERE
from billing.formats.x12.conformance.causes import CAUSES
from billing.formats.x12.conformance.elements import element_errors
from billing.formats.x12.conformance.gates import gate
from billing.formats.x12.conformance.guide import Element, Loop, Segment, load_guide
from billing.formats.x12.conformance.values import Marks
from billing.formats.x12.conformance.words import _SENTENCES, LOOPS, SEGMENTS
from billing.formats.x12.delimiters import Delimiters
from billing.formats.x12.segments import SEGMENT_IDS
from billing.kind_pages import OF_READERS
from billing.reasons import titles

STARS = Delimiters(ord("*"), ord(":"), ord("~"))


def _map() -> Any:
    spec = find_spec("pyx12")
    assert spec is not None
    [folder] = spec.submodule_search_locations or []
    return etree.parse(str(Path(folder) / "map" / "837.5010.X222.A1.xml"))


def _said(node: Any) -> Any:
    return [(child.tag, dict(child.attrib), (child.text or "").strip(), _said(child)) for child in node]


def test_the_claim_of_a_subscriber_and_of_a_patient_are_the_same_loop() -> None:
    """They are read once. Only their usage and names differ."""
    first, second = _map().xpath("//loop[@xid='2300']")

    def without_names(said: Any) -> Any:
        kept = [each for each in said if each[0] not in {"name", "usage"} or each[3]]
        return [(tag, attributes, text, without_names(below)) for tag, attributes, text, below in kept]

    def usages(node: Any) -> list[str]:
        return [each.findtext("usage") for each in node.iter("segment", "element", "composite", "loop")][1:]

    assert without_names(_said(first)) == without_names(_said(second))
    assert usages(first) == usages(second)


def test_every_segment_of_the_guide_is_read_and_known_to_the_reader() -> None:
    guide = load_guide()
    claims = _map().xpath("count(//loop[@xid='2000C']//loop[@xid='2300']//segment)")
    assert len(guide.segments) == _map().xpath("count(//segment)") - claims
    assert {segment.segment_id for segment in guide.segments} <= set(SEGMENT_IDS)
    assert [segment.number for segment in guide.segments] == list(range(len(guide.segments)))


def test_units_hold_no_other_unit() -> None:
    guide = load_guide()

    def loops(loop: Loop) -> set[str]:
        inside = [child for child in loop.children if isinstance(child, Loop)]
        return {child.loop for child in inside}.union(*map(loops, inside))

    assert all(loops(unit).isdisjoint(guide.units) for unit in guide.units.values())


def test_every_loop_segment_and_cause_has_its_words() -> None:
    guide = load_guide()
    envelope = {"ISA", "IEA", "TA1", "GS", "GE", "ST", "SE"}
    assert {segment.loop for segment in guide.segments} == set(LOOPS) - {""}
    assert {segment.segment_id for segment in guide.segments} - envelope == set(SEGMENTS)
    assert set(_SENTENCES) == set(CAUSES)
    assert {cause.severity for cause in CAUSES.values()} == {"reject", "review", "note"}
    assert set(CAUSES) - set(titles()) == set(_SAID_ELSEWHERE)
    assert set(OF_READERS) == {"conformance"}


def _value(element: Element, random: Random) -> str:
    """Write a value that the element takes."""
    if element.components:
        return ":".join(_value(part, random) if part.usage == "R" else "" for part in element.components).rstrip(":")
    if element.codes:
        return random.choice(element.codes)
    if element.listed:
        return random.choice(sorted(load_guide().lists[element.listed]))
    length = max(element.shortest, min(element.longest, 6))
    numbers = "1" * max(element.shortest, min(length, 3))
    of_type = {
        "DT": "20260501"[8 - element.longest :],
        "BY_FORMAT": "20260501",
        "TM": "1200",
        "R": numbers,
        "N0": numbers,
    }
    return of_type.get(element.data_type, "123456789" if element.pattern else "A" * length)


def _mutants(layout: Segment, random: Random) -> list[str]:
    """Write a segment in many ways, some right and most wrong."""
    least = [_value(element, random) if element.usage == "R" else "" for element in layout.elements]
    texts = ["*".join([layout.segment_id, *least]).rstrip("*")]
    for _ in range(40):
        values = [
            "" if element.usage == "N" or (element.usage == "S" and random.random() < 0.6) else _value(element, random)
            for element in layout.elements
        ]
        for _ in range(random.choice([0, 0, 1, 2])):
            at = random.randrange(len(values))
            odd = ["", "X", "0", "-1.5", "20260229", "20240229", "20260501-20260502", "A" * 99, " ", "A ", "É", "1:2:3",
                   "a^b", ":", "1.23456", values[at] + "9", values[at][:-1], "\t", "RD8", "D8"]  # fmt: skip
            values[at] = random.choice(odd)
        text = "*".join([layout.segment_id, *values])
        texts.append(text.rstrip("*") if random.random() < 0.9 else text + "*" * random.choice([1, 2]))
    return texts


def _stops(layout: int, texts: list[str]) -> pl.Series:
    return pl.DataFrame({"text": texts}).select(gate(layout, STARS, "^").stops()).to_series()


def test_a_gate_lets_nothing_through_that_is_an_error_in_detail() -> None:
    random = Random(7)  # noqa: S311 - makes texts, no secrets
    rows: list[tuple[int, int, int, str, str, str]] = []
    passed: list[int] = []
    for layout in load_guide().layouts:
        if layout.segment_id == "ISA":  # has a gate of its own test
            continue
        texts = _mutants(layout, random)
        stopped = _stops(layout.layout, texts)
        passed.append(len(texts) - len(stopped.arg_true()))
        rows += [
            (len(rows) + at, layout.number, layout.layout, layout.loop, layout.segment_id, text)
            for at, (text, stops) in enumerate(zip(texts, stopped, strict=True))
            if not stops
        ]
    schema = {"row": pl.UInt32, "place": pl.UInt16, "layout": pl.UInt16, "loop": pl.String, "segment_id": pl.String,
              "text": pl.String}  # fmt: skip
    segments = pl.DataFrame(rows, schema=schema, orient="row")
    found = element_errors(segments, Marks(STARS, "^")).join(segments, on="row").select("text", "cause", "element")
    assert found.rows() == []
    assert all(passed), "each gate lets something through"


def test_the_header_of_an_interchange_passes_as_it_is_written_and_not_otherwise() -> None:
    header = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260601*1200*^*00501*000000001*0*P*:"
    changed = [
        "*260631*",
        "*1260*",
        "*00401*",
        "*00000001*",
        "*2*P",
        "*0*X",
        "*" + " " * 15 + "*ZZ*R",
    ]
    texts = [header] + [
        header.replace(header[at : at + len(new)], new)
        for new, at in zip(changed, (69, 76, 83, 89, 99, 99, 34), strict=True)
    ]
    layout = load_guide().units["ISA"].first.layout
    assert _stops(layout, texts).to_list() == [False] + [True] * len(changed)


def test_the_page_lists_every_cause_with_its_severity_and_codes() -> None:
    page = Path(billing.__file__).parent.parent / "docs" / "conformance.md"
    listed = [line.split(" | ")[:3] for line in page.read_text("utf-8").splitlines() if line.startswith("| `")]
    fields = ("IK304", "IK403", "IK502", "AK905", "TA105")
    expected = [
        [
            f"| `{name}`",
            cause.severity,
            " ".join(f"{field} {code}" for field, code in zip(fields, cause[1:], strict=True) if code),
        ]
        for name, cause in CAUSES.items()
    ]
    assert listed == expected
