"""Read FHIR R4 claims: a `Claim`, a Bundle of them, or one per line; the same in XML, except for lines.

A resource that cannot be read as a claim is unreadable with its path, and takes nothing else with it.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import Any

from billing.batch import Batch
from billing.errors import InputError
from billing.formats.fhir.checking import Node, UnreadableError, type_of
from billing.formats.fhir.claim import read_claim
from billing.formats.fhir.documents import Bundle, Found, Lines, Resource, XmlBundle
from billing.formats.fhir.frames import Rows
from billing.formats.fhir.json_text import bundle_at, lines_of, skip_blanks, value_at
from billing.formats.fhir.kinds import ANSWERS, counted
from billing.formats.fhir.needs import Named, references_in
from billing.formats.fhir.references import Pool
from billing.formats.fhir.shapes import SHAPES
from billing.formats.fhir.source import FhirSource, Part
from billing.formats.fhir.xml_text import parse, resource_name, resource_of

UTF8_MARK = b"\xef\xbb\xbf"
LARGEST_DOCUMENT = 128 * 2**20
"""Bytes of the largest Bundle in JSON; files of lines may be larger."""
LARGEST_XML = 64 * 2**20
"""Bytes of the largest XML document, which takes more memory."""

MOST_PARTS = 16_000_000
"""Values and tags of the largest document: each takes memory however short it is. Claims of 128 MB have 6 million."""

_FIX = "send Claim resources of FHIR R4 that are professional claims, or the 837P file"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_RESOURCE_LINE = re.compile(rb'\{\s*"resourceType"[^\r\n]*\}\s*$', re.MULTILINE)
_NOT_READ_BUNDLES = {
    "history": "older versions of resources",
    "transaction-response": "a server's answers",
    "batch-response": "a server's answers",
    "document": "a clinical document",
    "message": "a message",
}
Document = Lines | Bundle | Resource | XmlBundle


def read_fhir(data: bytes, name: str, *, first_claim_key: int = 0, first_line_key: int = 0) -> Batch:
    """Read claims in FHIR.

    Args:
        data: The whole file: JSON, lines of JSON, or XML.
        name: Its name, for the `input` column and for messages.
        first_claim_key: Key of its first claim.
        first_line_key: Key of its first line.

    Returns:
        Its claims, and what could not be read. `position` is the line that the claim begins on, from 1.

    Raises:
        InputError: It is no FHIR, or nothing in it is a professional claim of R4.
    """
    try:
        document = _document(data)
    except UnreadableError as error:
        raise InputError(f"{name}: {error.reason}\n  fix: {_FIX}") from None
    reading = _Reading(document, name, first_claim_key, first_line_key)
    if not reading.count and not reading.is_partly_broken:
        raise InputError(f"{name}: {_holds(reading)}\n  fix: {_FIX}")
    reading.notice_others()
    source = FhirSource(name, data, document, tuple(reading.parts), first_claim_key)
    return reading.rows.batch(source)


class _Reading:
    """The claims of a document, what is not one, and what could not be read."""

    def __init__(self, document: Document, name: str, first_claim_key: int, first_line_key: int) -> None:
        self.rows = Rows(name, first_claim_key=first_claim_key, first_line_key=first_line_key)
        self.parts: list[Part] = []
        self.count = 0
        self.others: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.is_partly_broken = False
        self.first_other: UnreadableError | None = None
        pool = _pool(document)
        for number, found in enumerate(document.parts()):
            self.parts.append(self._part(document, number, found, pool))
        if not document.is_whole:
            self.rows.notice(
                "the Bundle has no end: the file may have been cut short",
                "count the claims against your own list, and export the file again",
                cause="file_cut_short",
            )

    def _part(self, document: Document, number: int, found: Found, pool: Pool) -> Part:
        value, url = document.load(number)
        if isinstance(value, UnreadableError):
            return self._refuse(value, found)
        kind, named = type_of(value), value.get("id")
        id_ = named if isinstance(named, str) else None
        if kind != "Claim":
            if not kind and value:
                return self._refuse(UnreadableError("must name the type of the resource", "resourceType"), found)
            self.kinds[kind] += 1
            return Part(None, Named(kind, id_, url, tuple(references_in(value))))
        try:
            read = read_claim(value, pool, url)
        except UnreadableError as error:
            return self._refuse(error, found)
        first_line_key = self.rows.line_key
        self.rows.add(read, found.position)
        self.count += 1
        return Part(self.count - 1, Named("Claim", id_, url), found.place, first_line_key)

    def _refuse(self, error: UnreadableError, found: Found) -> Part:
        if error.other is None:
            self.is_partly_broken = True
        else:
            self.others[error.other] += 1
            self.first_other = self.first_other or error
        if found.place:
            error.path.insert(0, found.place)
        self.rows.refuse(error, found.position, found.loop)
        return Part(None, None)

    def notice_others(self) -> None:
        """Say that a file with claims also holds payers' answers, which are none."""
        for kind in ANSWERS:
            if count := self.kinds[kind]:
                which = "which is not checked" if count == 1 else "which are not checked"
                self.rows.notice(
                    f"the file also holds {counted(kind, count)}, {which}",
                    "nothing to do, unless they were meant to be claims",
                    severity="note",
                )


def _pool(document: Document) -> Pool:
    """Collect what claims may refer to."""
    pool = Pool()
    for number, found in enumerate(document.parts()):
        if found.is_sure_claim:
            continue
        value, url = document.load(number)
        if isinstance(value, dict) and (kind := type_of(value)) in SHAPES and kind != "Claim":
            pool.add(value, url)
    return pool


def _holds(reading: _Reading) -> str:
    """Say what a file without a professional claim of R4 holds instead."""
    if reading.first_other is not None and reading.others.total() == 1:
        return reading.first_other.reason
    held = [f"{count} {words}" for words, count in sorted(reading.others.items())]
    held += [counted(kind, count) for kind, count in sorted(reading.kinds.items()) if kind]
    return "no professional claims (FHIR R4 Claim) in this file; it holds " + ("; ".join(held) or "no resource")


# ------------------------------------------------------------------------------------------------ bytes to documents


def _document(data: bytes) -> Document:
    """Take a file apart in the form it has."""
    if data.startswith(_UTF16) or b"\x00" in data[:4]:
        raise UnreadableError('the file is saved as UTF-16 ("Unicode"); FHIR is read as UTF-8')
    mark = UTF8_MARK if data.startswith(UTF8_MARK) else b""
    start = data[len(mark) : len(mark) + 1 + LARGEST_DOCUMENT].lstrip()[:1]
    if start == b"<":
        return _xml(data)
    if start != b"{":
        words = "a list of resources in brackets is no FHIR: write a Bundle, or one resource per line"
        raise UnreadableError(words if start == b"[" else "this is neither JSON nor XML")
    lines = [data[first:stop].strip() for _, first, stop in itertools.islice(lines_of(data, len(mark)), 2)]
    if len(lines) > 1 and lines[0].endswith(b"}"):
        return Lines(data, len(mark))
    try:
        document = _json(data, mark)
    except UnreadableError:
        if _has_lines(data, len(mark)):
            return Lines(data, len(mark))
        raise
    return Lines(data, len(mark)) if not document.is_whole and _has_lines(data, len(mark)) else document


def _has_lines(data: bytes, start: int) -> bool:
    """Tell whether a text that is no JSON as a whole is lines, one of which is a resource of its own."""
    spans = list(lines_of(data, start))
    return len(spans) > 1 and any(_RESOURCE_LINE.match(data, first, stop) for _, first, stop in spans)


def _json(data: bytes, mark: bytes) -> Document:
    _refuse_size(data, LARGEST_DOCUMENT, (b",", b"{", b"["))
    try:
        text = data[len(mark) :].decode()
    except UnicodeDecodeError as error:
        raise UnreadableError(f"byte {error.start + len(mark) + 1} of the file is not UTF-8 text") from None
    start = skip_blanks(text, 0)
    bundle, stop = bundle_at(text, start)
    if bundle.values.get("resourceType") == "Bundle":
        _refuse_bundle(bundle.values)
        if text[stop:].strip():
            raise UnreadableError("there is more text behind the end of the Bundle")
        return Bundle(text, bundle, mark)
    piece = value_at(text, start)
    if text[piece.stop :].strip():
        raise UnreadableError("there is more than one resource: write each on a line of its own, or in a Bundle")
    return Resource(data, piece.value, ".json")


def _xml(data: bytes) -> Document:
    _refuse_size(data, LARGEST_XML, (b"<", b"<", b"="))
    root = parse(data)
    kind = resource_name(root)
    if kind is None:
        raise UnreadableError("this is XML of another language than FHIR")
    if kind != "Bundle":
        try:
            return Resource(data, resource_of(root), ".xml")
        except UnreadableError as error:
            return Resource(data, error, ".xml")
    values: dict[str, Any] = {str(resource_name(child)): child.get("value") for child in root}
    _refuse_bundle({name: value for name, value in values.items() if value is not None})
    return XmlBundle(root)


def _refuse_bundle(values: Node) -> None:
    kind = values.get("type")
    if isinstance(kind, str) and kind in _NOT_READ_BUNDLES:
        raise UnreadableError(f"this Bundle holds {_NOT_READ_BUNDLES[kind]}, no claims to send", "Bundle.type")
    if values.get("implicitRules"):
        raise UnreadableError("cleanclaim does not know these rules", "Bundle.implicitRules")


def _refuse_size(data: bytes, largest: int, signs: tuple[bytes, ...]) -> None:
    """Refuse what would not fit into memory in one piece; a sign that is named twice weighs twice."""
    if len(data) > largest:
        size = f"{len(data) // 2**20} MB in one piece"
    elif (count := sum(data.count(sign) for sign in signs)) > MOST_PARTS:
        size = f"one piece of some {count // 10**6} million values"
    else:
        return
    raise UnreadableError(
        f"the file is {size}; write one resource per line, or at most {largest // 2**20} MB of claims"
    )
