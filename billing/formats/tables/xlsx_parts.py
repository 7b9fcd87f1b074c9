"""A workbook as a zip of XML parts: what is refused before anything reads it, and what openpyxl does not tell."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from billing.errors import InputError
from billing.formats.tables.sheet import Merge

MOST_BYTES = 150 * 2**20
"""Bytes a workbook may have when it is unpacked; 100,000 rows of 15 columns have some 70 million."""

MOST_PARTS = 2_000
FIX = "save the sheet again as .xlsx from your spreadsheet program, or as CSV"

_CHUNK = 2**20
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')
_NAMESPACE = rb"(?:\w+:)?"
_FORMULA = rb"<" + _NAMESPACE + rb"f(?:[^>]*/>|[^>]*>[^<]*</" + _NAMESPACE + rb"f>)"
_WITH_FORMULA = re.compile(
    rb"<" + _NAMESPACE + rb'c r="([A-Z]{1,3})([0-9]{1,7})"[^>]*>\s*' + _FORMULA + rb"\s*(<" + _NAMESPACE + rb"v>[^<])?"
)
_DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError, EOFError)


def checked(data: bytes, name: str) -> bytes:
    """Refuse a workbook that unpacks to more than a log has, or that declares entities, before anything reads it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            size = sum(part.file_size for part in parts)  # a part never unpacks to more than it states
            if size > MOST_BYTES or len(parts) > MOST_PARTS:
                raise InputError(
                    f"{name}: the workbook has {size // 2**20:,} MB in {len(parts):,} parts when it is unpacked; "
                    f"{MOST_BYTES // 2**20} MB is the most that is read\n"
                    "  fix: save the sheet with the visits alone, or as CSV"
                )
            for part in parts:
                if part.filename.endswith((".xml", ".rels")) and _declares_entities(archive, part):
                    raise InputError(
                        f"{name}: the workbook declares XML entities, which no spreadsheet program writes\n  fix: {FIX}"
                    )
    except _DAMAGED as error:
        raise InputError(f"{name}: the workbook is damaged or has a password\n  fix: {FIX}") from error.with_traceback(
            None
        )
    return data


def _declares_entities(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Look for a document type anywhere in a part, and for UTF-16, in which it would not be seen."""
    end = b""
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            if not end and (chunk.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in chunk[:4]):
                return True
            seen = end + chunk
            if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                return True
            end = chunk[-len(b"<!DOCTYPE") :]
    return False


def merges(part: bytes) -> Iterator[Merge]:
    """Yield the merged cells of a sheet's part."""
    for left, top, right, bottom in _MERGED.findall(part):
        yield Merge(int(top), int(bottom), _column(left), _column(right))


def formulas_of(part: bytes) -> dict[tuple[int, int], bool]:
    """Return (row, column from 0) of each formula, and whether the workbook holds its value."""
    if b"<f" not in part and b":f>" not in part:
        return {}
    return {(int(row), _column(column) - 1): bool(value) for column, row, value in _WITH_FORMULA.findall(part)}


def _column(name: bytes) -> int:
    number = 0
    for letter in name:
        number = number * 26 + letter - ord("A") + 1
    return number
