"""Tell what kind of file some bytes are, by their content and never by the file's name.

What cleanclaim does not read is recognised too, so that the person is told what they have and what to do about it.
"""

from __future__ import annotations

import io
import re
import zipfile

from billing.errors import InputError

UTF8_MARK = b"\xef\xbb\xbf"
_BLANKS = b" \t\r\n\x00\x1a\x0b\x0c"
_EXPORT = "export the claims as an 837P file, or as JSON Lines"

# (first bytes, what it is, what to do)
_BY_FIRST_BYTES: tuple[tuple[bytes, str, str], ...] = (
    (b"\x1f\x8b", "is packed with gzip", "unpack it first (gunzip)"),
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
_UTF16 = ('is saved as UTF-16 ("Unicode")', "save it as plain text or UTF-8")


def detect(data: bytes, name: str) -> str:
    """Say how some bytes are to be read.

    Args:
        data: The whole input.
        name: Its name, for messages.

    Returns:
        `837`, `jsonl` or `parquet`.

    Raises:
        InputError: It is something else; the message says what, and what to do.
    """
    if data.startswith(b"PAR1"):
        return "parquet"
    start = data[:4096].removeprefix(UTF8_MARK).lstrip(_BLANKS)
    if not start and not data.removeprefix(UTF8_MARK).strip(_BLANKS):
        seen = "is empty" if not data else "holds nothing but blanks"
        raise _refused(name, seen, "export it again, and check that the export finished")
    if not start:
        start = data.removeprefix(UTF8_MARK).lstrip(_BLANKS)[:4096]
    # Before anything else: in UTF-16 every other byte is zero, and what is left would look like X12.
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or re.match(rb"(\x00[ -~\r\n]){4}|([ -~\r\n]\x00){4}", data):
        raise _refused(name, *_UTF16)
    if re.match(rb"ISA[^A-Za-z0-9]", start):
        return "837"
    if start[:1] in (b"{", b"["):
        return "jsonl"
    raise _refused(name, *_stranger(data, start))


def _refused(name: str, seen: str, fix: str) -> InputError:
    return InputError(f"{name}: the file {seen}\n  fix: {fix}")


def _stranger(data: bytes, start: bytes) -> tuple[str, str]:
    """Recognise what is not read: (what it is, what to do)."""
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
    return _text(start)


def _zip(data: bytes) -> tuple[str, str]:
    """Tell an Excel workbook from a zip archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        names = []
    if any(name.startswith("xl/") for name in names):
        return "is an Excel workbook", _EXPORT
    if any(name.startswith("word/") for name in names):
        return "is a Word document", _EXPORT
    return "is a zip archive", "unpack it and name the files in it"


def _markup(start: bytes) -> tuple[str, str]:
    head = start.lower()
    if b"<html" in head or b"<!doctype html" in head:
        return "is a web page, perhaps a log-in or error page", "download the claims file again"
    return ("holds FHIR resources in XML" if b"hl7.org/fhir" in head else "is XML"), _EXPORT


def _text(start: bytes) -> tuple[str, str]:
    """Tell a table from other text and from what is no text, without repeating any of it."""
    if re.search(rb"[\x00-\x08\x0e-\x19\x1c-\x1f]", start[:1024]):
        return "is no text file", _EXPORT
    lines = start.splitlines()
    for separator, word in ((b",", "commas"), (b"\t", "tabs"), (b";", "semicolons"), (b"|", "bars")):
        count = lines[0].count(separator)
        if count and all(line.count(separator) >= count for line in lines[1:3] if line.strip()):
            return f"looks like a table: its first line has {count + 1} values parted by {word}", _EXPORT
    return "is neither X12 nor JSON: it begins with neither ISA nor {", "name the 837P file your billing software wrote"
