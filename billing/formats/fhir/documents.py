"""The forms FHIR claims come in, each taken apart into lines or entries and put together again from some of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from billing.formats.fhir.checking import Node, UnreadableError, check
from billing.formats.fhir.json_text import BundleText, lines_of, value_at
from billing.formats.fhir.needs import references_in
from billing.formats.fhir.xml_text import FHIR, resource_name, resource_of

LONGEST_LINE = 16 * 2**20
"""Bytes of the longest line that is read as a resource; a claim of 50 lines with all its fields has some 60,000."""

_SURE_CLAIM = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"Claim"\s*[,}]')
_XML_HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True, slots=True)
class Found:
    """One part of a document.

    Attributes:
        position: The line it begins on, from 1.
        place: What leads to it within the document, `Bundle.entry[2]`; empty in a file of lines.
        loop: What kind of part it is.
        is_sure_claim: True when it is a claim, for all that can be seen without reading it.
    """

    position: int
    place: str
    loop: str
    is_sure_claim: bool = False


class Lines:
    """A file with one resource on each line (NDJSON)."""

    suffix = ".ndjson"
    is_whole = True

    def __init__(self, data: bytes, start: int) -> None:
        """Take a file apart whose text begins at that byte, behind a byte order mark."""
        self._data = data
        self._mark = data[:start]
        self._spans = list(lines_of(data, start))

    def parts(self) -> Iterator[Found]:
        """Yield the lines that are not blank."""
        for number, start, stop in self._spans:
            sure = stop - start <= LONGEST_LINE and _SURE_CLAIM.match(self._data, start, stop) is not None
            yield Found(number, "", "line", sure)

    def load(self, number: int) -> tuple[Node | UnreadableError, str | None]:
        """Return the resource on the line with that number, from 0, or why there is none; it has no `fullUrl`."""
        _, start, stop = self._spans[number]
        if stop - start > LONGEST_LINE:
            size = (stop - start) // 2**20
            return UnreadableError(f"the line is {size} MB long; a claim has at most {LONGEST_LINE // 2**20}"), None
        try:
            text = self._data[start:stop].strip(b" \t\r\n").decode()
        except UnicodeDecodeError as error:
            return UnreadableError(f"byte {error.start + 1} of the line is not UTF-8 text"), None
        try:
            piece = value_at(text, 0)
        except UnreadableError as error:
            return error, None
        if piece.stop != len(text):
            return UnreadableError("there is more than one resource on the line"), None
        if isinstance(piece.value, dict) and piece.value.get("resourceType") == "Bundle":
            return UnreadableError("a Bundle on a line is not read: write each of its resources on a line"), None
        return piece.value, None

    def references(self, number: int) -> Iterable[str]:
        """Return what the line with that number refers to."""
        return references_in(self.load(number)[0])

    def write(self, numbers: Sequence[int]) -> bytes:
        """Return these lines."""
        return self._mark + self.write_lost(numbers)

    def write_lost(self, numbers: Sequence[int]) -> bytes:
        """Return these lines."""
        lines = [self._data[start:stop] for _, start, stop in (self._spans[number] for number in numbers)]
        return b"".join(line if line.endswith(b"\n") else line + b"\n" for line in lines)


class Bundle:
    """A Bundle in JSON, with an entry for each resource."""

    suffix = ".json"

    def __init__(self, text: str, bundle: BundleText, mark: bytes) -> None:
        """Take over a Bundle whose members have been found; `mark` is the byte order mark before its text."""
        self._text = text
        self._bundle = bundle
        self._mark = mark
        self.is_whole = bundle.cut is None

    def parts(self) -> Iterator[Found]:
        """Yield the entries, and the rest of a Bundle that breaks off."""
        line, at = 1, 0
        for number, piece in enumerate(self._bundle.entries):
            line += self._text.count("\n", at, piece.start)
            at = piece.start
            yield Found(line, f"Bundle.entry[{number}]", "entry", is_sure_claim=piece.value is None)
        if self._bundle.cut is not None:
            yield Found(line + self._text.count("\n", at, self._bundle.cut[0]), "", "Bundle")

    def load(self, number: int) -> tuple[Node | UnreadableError, str | None]:
        """Return the resource of the entry with that number, or why there is none, and its `fullUrl`."""
        if number == len(self._bundle.entries):
            assert self._bundle.cut is not None  # noqa: S101 only then is there a part behind the entries
            return self._bundle.cut[1], None
        return resource_of_entry(self._entry(number))

    def _entry(self, number: int) -> Node | UnreadableError:
        entry = self._bundle.entries[number]
        return value_at(self._text, entry.start).value if entry.value is None else entry.value

    def references(self, number: int) -> Iterable[str]:
        """Return what the entry with that number refers to."""
        return references_in(self._entry(number))

    def write(self, numbers: Sequence[int]) -> bytes:
        """Return the Bundle with these entries; its total counts them, and a signature of the whole is left out."""
        kept = [self._bundle.entries[number] for number in numbers]
        members = []
        for name, start, stop in self._bundle.members:
            if name == "entry":
                inside = ",\n".join(self._text[piece.start : piece.stop] for piece in kept)
                members.append(f'"entry": [\n{inside}\n]')
            elif name == "total":
                members.append(f'"total": {sum(_is_match(self._entry(number)) for number in numbers)}')
            elif name != "signature":
                members.append(self._text[start:stop])
        return self._mark + ("{" + ", ".join(members) + "}\n").encode()

    def write_lost(self, numbers: Sequence[int]) -> bytes:
        """Return the text of these entries, one behind the other."""
        count = len(self._bundle.entries)
        texts = [
            self._text[self._bundle.entries[number].start : self._bundle.entries[number].stop]
            if number < count
            else self._text[self._bundle.cut[0] if self._bundle.cut else 0 :].rstrip("\n")
            for number in numbers
        ]
        return "".join(f"{text}\n" for text in texts).encode()


class Resource:
    """A single claim in JSON or XML."""

    is_whole = True

    def __init__(self, data: bytes, value: Node | UnreadableError, suffix: str) -> None:
        """Take over a document that holds one resource."""
        self._data = data
        self._value = value
        self.suffix = suffix

    def parts(self) -> Iterator[Found]:
        """Yield the resource."""
        yield Found(1, "", "Claim")

    def load(self, number: int) -> tuple[Node | UnreadableError, str | None]:  # noqa: ARG002 there is only one
        """Return the resource."""
        return self._value, None

    def references(self, number: int) -> Iterable[str]:  # noqa: ARG002 likewise
        """Return what the resource refers to."""
        return references_in(self._value)

    def write(self, numbers: Sequence[int]) -> bytes:  # noqa: ARG002 likewise
        """Return the document."""
        return self._data

    def write_lost(self, numbers: Sequence[int]) -> bytes:  # noqa: ARG002 likewise
        """Return the document."""
        return self._data


class XmlBundle:
    """A Bundle in XML."""

    suffix = ".xml"
    is_whole = True

    def __init__(self, root: etree._Element) -> None:
        """Take over a parsed document."""
        self._root = root
        self._entries = [child for child in root if resource_name(child) == "entry"]

    def parts(self) -> Iterator[Found]:
        """Yield the entries."""
        for number, entry in enumerate(self._entries):
            resource = next(entry.iterfind(f"{{{FHIR}}}resource/*"), entry)
            line: int | None = getattr(resource, "sourceline", None)
            is_claim = resource_name(resource) == "Claim"
            yield Found(line or 1, f"Bundle.entry[{number}]", "entry", is_sure_claim=is_claim)

    def load(self, number: int) -> tuple[Node | UnreadableError, str | None]:
        """Return the resource of the entry with that number, or why there is none, and its `fullUrl`."""
        try:
            return resource_of_entry(resource_of_part(self._entries[number]))
        except UnreadableError as error:
            return error, None

    def references(self, number: int) -> Iterable[str]:
        """Return what the entry with that number refers to."""
        for element in self._entries[number].iter(f"{{{FHIR}}}reference"):
            if isinstance(value := element.get("value"), str):
                yield value

    def write(self, numbers: Sequence[int]) -> bytes:
        """Return the Bundle with these entries; its total counts them, and a signature of the whole is left out."""
        kept = set(numbers)
        root = deepcopy(self._root)
        entries = [child for child in root if resource_name(child) == "entry"]
        for child in list(root):
            if resource_name(child) == "signature" or (child in entries and entries.index(child) not in kept):
                root.remove(child)
            elif resource_name(child) == "total":
                child.set("value", str(sum(_is_match(resource_of_part(self._entries[number])) for number in numbers)))
        return _XML_HEAD + etree.tostring(root, encoding="utf-8") + b"\n"

    def write_lost(self, numbers: Sequence[int]) -> bytes:
        """Return these entries in a Bundle of their own."""
        return self.write(numbers)


def resource_of_part(entry: etree._Element) -> Node:
    """Return an entry of a Bundle in XML as JSON would give it."""
    made = resource_of(entry, "BundleEntry")
    made.pop("resourceType")
    return made


def resource_of_entry(entry: Node | UnreadableError) -> tuple[Node | UnreadableError, str | None]:
    """Return the resource that an entry holds, or why it holds none, and its `fullUrl`."""
    if isinstance(entry, UnreadableError):
        return entry, None
    try:
        check(entry, "BundleEntry")
    except UnreadableError as error:
        return error, None
    url = entry.get("fullUrl")
    resource = entry.get("resource", {})
    if not isinstance(resource, dict):
        return UnreadableError("must be one JSON object that gives no field twice", "resource"), None
    if resource.get("resourceType") == "Bundle":
        return UnreadableError("a Bundle within a Bundle is not read", "resource"), None
    return resource, url if isinstance(url, str) else None


def _is_match(entry: object) -> bool:
    """Tell an entry that a search found from one that only goes with it."""
    search = entry.get("search") if isinstance(entry, dict) else None
    return not isinstance(search, dict) or search.get("mode") in (None, "match")
