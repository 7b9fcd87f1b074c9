"""The implementation guide of the 837P as data, read from the map that the `pyx12` package installs.

The map is an XML file of nested loops, segments and elements. It is read once per process into small objects that
know nothing of XML; nothing of it is kept in this repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Node = Any  # an element of the map's XML: lxml's own type takes every text for missing

UNLIMITED = 1 << 30
"""How often something may come that the map does not limit."""

UNIT_LOOPS = frozenset({"2000A", "2000B", "2000C", "2300", "2400"})
"""Loops that begin with a segment which begins nothing else; each is walked by itself."""

ISSUE = "005010X222A1"
OTHER_ISSUES = ("005010X222", "005010X222A2")
"""Issues of the guide that published examples name; what they say of a claim is the same."""

_MAP = "837.5010.X222.A1.xml"
_SEPARATORS = ("I10", "I15")  # ISA11 and ISA16, which may be any character
_BY_FORMAT = "1251"  # a date or time whose format the element in front of it says


@dataclass(frozen=True, slots=True)
class Element:
    """What may stand in one element, or in one component of it.

    Attributes:
        number: Its place in the segment, or in the composite, from 1.
        usage: R required, S situational, N not used.
        data_element: X12's number of it, `67`; `C003` for a composite.
        data_type: AN, ID, N0, R, DT, TM, B or BY_FORMAT; empty for a composite.
        shortest: Fewest characters.
        longest: Most characters.
        codes: The only values there may be; empty: any.
        listed: Name of an outside list that holds more values; empty: none.
        pattern: Regular expression that is found in every value; empty: none.
        components: The parts of a composite; empty for a simple element.
    """

    number: int
    usage: str
    data_element: str
    data_type: str
    shortest: int
    longest: int
    codes: tuple[str, ...] = ()
    listed: str = ""
    pattern: str = ""
    components: tuple[Element, ...] = ()


BY_FORMAT = "BY_FORMAT"
"""Type of a value whose format another element of its segment names: D8, RD8, D6, TM."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One place of the guide at which a segment may stand.

    Attributes:
        number: Its number among all places, from 0.
        segment_id: `NM1`.
        loop: Id of the loop it is in, `2010BB`; of the envelope `ISA`, `GS`, `ST`, `SE`, `GE`, `IEA` or `TA1`.
        usage: R required, S situational, N not used.
        position: Its order within the loop; those of the same position may come in any order.
        most: How often it may come.
        key: Element and component (0: the whole element) whose value tells this place from others; null: the
            id alone does.
        qualifiers: The values that `key` may have; `CT*AB` where the element behind it decides too.
        elements: What may stand in it.
        notes: Its syntax notes, `P0809`.
        layout: Number of its elements and notes among the different ones there are: places that share it are
            checked alike.
    """

    number: int
    segment_id: str
    loop: str
    usage: str
    position: int
    most: int
    key: tuple[int, int] | None
    qualifiers: frozenset[str]
    elements: tuple[Element, ...]
    notes: tuple[str, ...]
    layout: int


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop of the guide.

    Attributes:
        loop: Its id, `2010BB`.
        usage: R required, S situational.
        position: Its order within the loop above.
        most: How often it may come there.
        children: Its segments and loops, in order.
    """

    loop: str
    usage: str
    position: int
    most: int
    children: tuple[Segment | Loop, ...]

    @property
    def first(self) -> Segment:
        """The segment that begins it."""
        first = self.children[0]
        return first if isinstance(first, Segment) else first.first


@dataclass(frozen=True, slots=True)
class Guide:
    """The whole guide.

    Attributes:
        units: What is walked by itself, by the id of its loop, without the units inside it; `ST` is the transaction's
            header, and each segment of the envelope is a unit of its own.
        grammars: Every place in each unit.
        segments: Every place, by number.
        layouts: A place of each layout, by number.
        lists: Outside lists of codes, by name.
    """

    units: dict[str, Loop]
    grammars: dict[str, tuple[Segment, ...]]
    segments: tuple[Segment, ...]
    layouts: tuple[Segment, ...]
    lists: dict[str, frozenset[str]]


@cache
def load_guide() -> Guide:
    """Read the guide; once per process."""
    folder = _folder()
    reader = _Reader(_data_elements(folder / "dataele.xml"))
    units = reader.units(_root(folder / _MAP))
    grammars = {name: tuple(_places(unit)) for name, unit in units.items()}
    return Guide(units, grammars, tuple(reader.segments), tuple(reader.layouts.values()), _lists(folder / "codes.xml"))


def _folder() -> Path:
    spec = find_spec("pyx12")
    assert spec is not None, "pyx12 is a dependency of this package"  # noqa: S101
    assert spec.submodule_search_locations, "pyx12 is a package"  # noqa: S101
    return Path(spec.submodule_search_locations[0]) / "map"


def _root(file: Path) -> Node:
    from lxml import etree  # noqa: PLC0415 - takes a fiftieth of a second that other commands need not spend

    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    return etree.parse(str(file), parser).getroot()


def _data_elements(file: Path) -> dict[str, tuple[str, int, int]]:
    """Return type, shortest and longest length of each data element."""
    return {
        each.get("ele_num"): (each.get("data_type"), int(each.get("min_len")), int(each.get("max_len")))
        for each in _root(file)
    }


def _lists(file: Path) -> dict[str, frozenset[str]]:
    return {
        each.findtext("id"): frozenset(code.text for code in each.iterfind("version/code"))
        for each in _root(file).iterfind("codeset")
    }


def _times(text: str | None) -> int:
    return UNLIMITED if text in {None, "", ">1"} else int(str(text))


class _Reader:
    """Turns the map's XML into places, numbering them and their layouts on the way."""

    def __init__(self, data_elements: dict[str, tuple[str, int, int]]) -> None:
        self.data_elements = data_elements
        self.segments: list[Segment] = []
        self.layouts: dict[tuple[Any, ...], Segment] = {}
        self.found: dict[str, Loop] = {}

    def units(self, root: Node) -> dict[str, Loop]:
        """Read all units. The claims of a subscriber and of a patient are the same loop, read once."""
        interchange = root.find("loop")
        group = _child_loop(interchange, "GS_LOOP")
        transaction = _child_loop(group, "ST_LOOP")
        detail = _child_loop(transaction, "DETAIL")
        for part in (interchange, group, transaction):
            for each in part.iterfind("segment"):
                name = each.get("xid")
                if name != "ST":
                    self.found[name] = Loop(name, "R", 0, 1, (self.segment(each, name),))
        start = transaction.find("segment")
        header = self.children(_child_loop(transaction, "HEADER"), "ST")
        self.found["ST"] = Loop("ST", "R", 0, 1, (self.segment(start, "ST"), *header))
        self.loop(_child_loop(detail, "2000A"))
        return self.found

    def loop(self, node: Node) -> Loop:
        name = node.get("xid")
        loop = Loop(
            name,
            node.findtext("usage"),
            int(node.findtext("pos")),
            _times(node.findtext("repeat")),
            tuple(self.children(node, name)),
        )
        if name in UNIT_LOOPS:
            self.found[name] = loop
        return loop

    def children(self, node: Node, name: str) -> list[Segment | Loop]:
        """Return the segments and loops of a loop, in order, without those that are units."""
        read: list[Segment | Loop] = []
        for child in node:
            if child.tag == "segment":
                read.append(self.told_apart(self.segment(child, name), read))
            elif child.tag == "loop" and child.get("xid") not in self.found:
                loop = self.loop(child)
                if loop.loop not in UNIT_LOOPS:
                    read.append(loop)
        return sorted(read, key=lambda each: each.position)

    def told_apart(self, place: Segment, others: list[Segment | Loop]) -> Segment:
        """Tell a place by its second element, too, when another one of the loop has the same qualifier in its first."""
        alike = [each for each in others if isinstance(each, Segment) and each.segment_id == place.segment_id]
        if not any(each.qualifiers & place.qualifiers for each in alike):
            return place
        both = frozenset(f"{first}*{second}" for first in place.qualifiers for second in place.elements[1].codes)
        self.segments[-1] = replace(place, qualifiers=both)
        return self.segments[-1]

    def segment(self, node: Node, loop: str) -> Segment:
        elements, notes = [], []
        usage = position = most = None
        for child in node:
            tag = child.tag
            if tag in {"element", "composite"}:
                elements.append(self.element(child))
            elif tag == "syntax":
                notes.append(child.text)
            elif tag == "usage":
                usage = child.text
            elif tag == "pos":
                position = child.text
            elif tag == "max_use":
                most = child.text
        name = node.get("xid")
        ordered = tuple(sorted(elements, key=lambda each: each.number))
        key, qualifiers = _key(name, ordered)
        layout = (name, ordered, tuple(notes))
        made = Segment(
            len(self.segments), name, loop, usage or "S", int(position or 0), _times(most), key, qualifiers,
            ordered, tuple(notes), self.layouts[layout].layout if layout in self.layouts else len(self.layouts),
        )  # fmt: skip
        self.segments.append(made)
        self.layouts.setdefault(layout, made)
        return made

    def element(self, node: Node) -> Element:
        said = {child.tag: child.text or "" for child in node}
        data_element = said.get("data_ele", "")
        data_type, shortest, longest = self.data_elements.get(data_element, ("", 0, UNLIMITED))
        codes, listed = _codes(node.find("valid_codes"))
        if data_element == _BY_FORMAT:
            data_type = BY_FORMAT
        if data_element in _SEPARATORS:
            data_type, codes = "B", ()
        return Element(
            int(said["seq"]), said["usage"], data_element, "" if node.tag == "composite" else data_type, shortest,
            longest, codes, listed, said.get("regex", ""), tuple(map(self.element, node.iterfind("element"))),
        )  # fmt: skip


def _codes(node: Node | None) -> tuple[tuple[str, ...], str]:
    """Return the codes of an element, and the name of the outside list with more of them."""
    if node is None:
        return (), ""
    codes = tuple(code.text for code in node)
    return codes + OTHER_ISSUES if ISSUE in codes else codes, node.get("external") or ""


def _child_loop(node: Node, name: str) -> Node:
    return next(child for child in node.iterfind("loop") if child.get("xid") == name)


def _key(name: str, elements: tuple[Element, ...]) -> tuple[tuple[int, int] | None, frozenset[str]]:
    """Find what tells a place from others of its id: a code in the first element, in its first component, or HL03."""
    if name == "HL":
        return (3, 0), frozenset(elements[2].codes)
    if not elements:
        return None, frozenset()
    first = elements[0]
    if first.components:
        part = first.components[0]
        return ((1, 1), frozenset(part.codes)) if part.codes and part.data_type == "ID" else (None, frozenset())
    if first.usage == "R" and first.data_type == "ID" and first.codes:
        return (1, 0), frozenset(first.codes)
    return None, frozenset()


def _places(loop: Loop) -> Iterator[Segment]:
    """Yield every place in a loop and in the loops inside it."""
    for child in loop.children:
        if isinstance(child, Segment):
            yield child
        else:
            yield from _places(child)
