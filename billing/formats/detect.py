"""Tell what kind of file some bytes are, by their content and never by the file's name.

What cleanclaim does not read is recognised too, so that the person is told what they have and what to do about it.
"""

from __future__ import annotations

import io
import re
import zipfile

from billing.errors import InputError
from billing.formats.mapped import Bytes, MappedFile

UTF8_MARK = b"\xef\xbb\xbf"
_BLANKS = b" \t\r\n\x00\x1a\x0b\x0c"
_START = 4096  # bytes that tell most formats
_ENOUGH = 1 << 20  # bytes of a large input that are looked at
_EXPORT = "export the claims as an 837P file, as JSON Lines, or as a table (CSV, XLSX)"

# (first bytes, what it is, what to do)
_BY_FIRST_BYTES: tuple[tuple[bytes, str, str], ...] = (
    (b"BZh", "is packed with bzip2", "unpack it first"),
    (b"\xfd7zXZ\x00", "is packed with xz", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is packed with zstd", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive", "unpack it and name the files in it"),
    (b"Rar!", "is a RAR archive", "unpack it and name the files in it"),
    (b"%PDF", "is a PDF", "ask your billing software for the 837P file behind it"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel or Word file", _EXPORT),
    (b"\x89PNG", "is a picture", _EXPORT),
    (b"\xff\xd8\xff", "is a picture", _EXPORT),
    (b"II*\x00", "is a scanned picture (TIFF)", _EXPORT),
    (b"MM\x00*", "is a scanned picture (TIFF)", _EXPORT),
    (b"-----BEGIN PGP", "is encrypted (PGP)", "decrypt it first"),
    (b"age-encryption.org", "is encrypted (age)", "decrypt it first"),
    (b"MSH|", "is an HL7 version 2 message", _EXPORT),
    (b"UNA", "is EDIFACT, not X12", _EXPORT),
    (b"UNB+", "is EDIFACT, not X12", _EXPORT),
)  # fmt: skip
# A resource in JSON says what it is; one in XML is in FHIR's namespace.
_FHIR = re.compile(rb'[{\[].*?"resourceType"\s*:|<.*?["\']http://hl7\.org/fhir["\']', re.DOTALL)
_BY_START = (
    (re.compile(rb"PAR1"), "parquet"),
    (re.compile(rb"ISA[^A-Za-z0-9]"), "837"),
    (_FHIR, "fhir"),
    (re.compile(rb"[{\[]"), "jsonl"),
)
_UTF16 = ('is saved as UTF-16 ("Unicode")', "save it as plain text or UTF-8")


def detect(data: Bytes, name: str, *, has_map: bool = False) -> str:
    """Say how some bytes are to be read.

    Args:
        data: The whole input.
        name: Its name, for messages.
        has_map: True when a column map was given: what else is text is then a table.

    Returns:
        `837`, `jsonl`, `csv`, `xlsx`, `fhir` or `parquet`.

    Raises:
        InputError: It is something else; the message says what, and what to do.
    """
    if isinstance(data, MappedFile):
        data = data[:_ENOUGH]
    start = data[:_START].removeprefix(UTF8_MARK).lstrip(_BLANKS)
    if not start and not data.removeprefix(UTF8_MARK).strip(_BLANKS):
        seen = "is empty" if not data else "holds nothing but blanks"
        raise _refused(name, seen, "export it again, and check that the export finished")
    if not start:
        start = data.removeprefix(UTF8_MARK).lstrip(_BLANKS)[:_START]
    # UTF-16 without its mark that begins neither as X12 nor as JSON: every other byte is zero.
    if re.match(rb"(\x00[ -~\r\n]){4}|([ -~\r\n]\x00){4}", data):
        raise _refused(name, *_UTF16)
    for begins, kind in _BY_START:
        if begins.match(start):
            return kind
    if data.startswith(b"PK") and _is_workbook(data):
        return "xlsx"
    stranger = _stranger(data, start, has_map=has_map)
    if stranger is None:
        return "csv"
    raise _refused(name, *stranger)


def _refused(name: str, seen: str, fix: str) -> InputError:
    return InputError(f"{name}: the file {seen}\n  fix: {fix}")


def _stranger(data: bytes, start: bytes, *, has_map: bool) -> tuple[str, str] | None:
    """Recognise what is not read: (what it is, what to do); None for a table."""
    if data.startswith(b"PK"):
        return _zip(data)
    for first_bytes, seen, fix in _BY_FIRST_BYTES:
        if start.startswith(first_bytes):
            return seen, fix
    if re.match(rb"(?:GS|ST|BHT|HL)[^A-Za-z0-9\s]", start):
        return "is X12 without its envelope: it does not begin with ISA", "send the file as your software wrote it"
    if re.match(rb"ISA", start):
        return "begins with ISA but is no X12", "send the file as your software wrote it"
    if start.startswith(b"<"):
        return _markup(start)
    return _text(start, has_map=has_map, is_cut=len(data) > _START)


def _is_workbook(data: bytes) -> bool:
    return any(name.startswith("xl/") and name.endswith(".xml") for name in _parts(data))


def _parts(data: bytes) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return []


def _zip(data: bytes) -> tuple[str, str]:
    """Tell a Word document and an Excel workbook of the binary kind from a zip archive."""
    names = _parts(data)
    if any(name.startswith("xl/") for name in names):
        return "is an Excel workbook of the binary kind (.xlsb)", "save it as .xlsx"
    if any(name.startswith("word/") for name in names):
        return "is a Word document", _EXPORT
    return "is a zip archive", "unpack it and name the files in it"


def _markup(start: bytes) -> tuple[str, str]:
    head = start.lower()
    if b"<html" in head or b"<!doctype html" in head:
        return "is a web page, perhaps a log-in or error page", "download the claims file again"
    return "is XML", _EXPORT


def _text(start: bytes, *, has_map: bool, is_cut: bool) -> tuple[str, str] | None:
    """Tell a table (None) from other text and from what is no text, without repeating any of it."""
    if re.search(rb"[\x00-\x08\x0e-\x19\x1c-\x1f]", start[:1024]):
        return "is no text file", _EXPORT
    lines = start.splitlines()
    if is_cut and len(lines) > 1:
        lines.pop()  # the end of the last one is not seen, nor how many cells it has
    for separator in (b",", b"\t", b";", b"|"):
        count = lines[0].count(separator)
        if has_map or (count and all(line.count(separator) >= count for line in lines[1:3] if line.strip())):
            return None
    return "is neither X12 nor JSON: it begins with neither ISA nor {", "name the 837P file your billing software wrote"
