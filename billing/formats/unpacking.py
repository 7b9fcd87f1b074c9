"""Inputs that come packed, or in an encoding that is not read as it is: gzip, zip, UTF-16.

What is unpacked is checked, split and hashed as if it had come that way: a split file is written in unpacked form,
and its bytes are those of the text in UTF-8. Archives within archives are refused, and so is what would grow past
a limit: a small file can be made that unpacks to more than any memory holds.
"""

from __future__ import annotations

import codecs
import io
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator

from billing.errors import InputError, UsageError
from billing.formats.mapped import LARGE, PART, Bytes, MappedFile, parts_of

LIMIT_VARIABLE = "CLEANCLAIM_UNPACKED_LIMIT"
LIMIT = 10**9
MOST_TIMES = 300
"""Times its packed size that an input may grow to; text of claims shrinks to a tenth or a thirtieth."""
FREE = 50 * 10**6
"""Bytes below which it does not matter how many times as large an input becomes."""
MOST_MEMBERS = 10_000

GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OFFICE = ("xl/", "word/", "ppt/", "[Content_Types].xml")
_PACKED = (GZIP, *ZIP, b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf\x27\x1c", b"Rar!")
_PASSED_OVER = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$)")
_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}
_FINISH = "ask for the file again, and check that the transfer finished"


def unpack(name: str, data: Bytes) -> Iterator[tuple[str, Bytes]]:
    """Yield the inputs that one input holds, with their names: most often the one itself.

    Args:
        name: Its name; the files of `batch.zip` are called `batch.zip/may.837`, that of `may.837.gz` `may.837`.
        data: Its bytes.

    Raises:
        InputError: It is an archive that cannot be unpacked: damaged, encrypted, nested, empty or too large; or
            UTF-16 that is damaged.
        UsageError: The limit is set to something that is no size.
    """
    start = data[:4]
    if start.startswith(GZIP):
        yield _unpacked_name(name), _transcoded(name, _gunzipped(name, data))
    elif start in ZIP and not _is_office(data):
        for member, content in _members(name, data):
            yield member, _transcoded(member, content)
    else:
        yield name, _transcoded(name, data)


def unpacked_limit() -> int:
    """Return how many bytes an input may unpack to: 1 GB, or what the environment says (`2GB`).

    Raises:
        UsageError: The environment says something that is no size.
    """
    said = os.environ.get(LIMIT_VARIABLE, "").strip().upper().replace(" ", "")
    if not said:
        return LIMIT
    size = re.fullmatch(r"([1-9][0-9]{0,12})(KB|MB|GB|)", said)
    if size is None:
        raise UsageError(f"{LIMIT_VARIABLE}: this is no size\n  fix: write a number of bytes, or one such as 2GB")
    return int(size[1]) * _UNITS[size[2]]


class _Spool:
    """Takes what is unpacked; what becomes large is kept in a file that nobody else sees and that vanishes."""

    def __init__(self, name: str, packed: int) -> None:
        """Begin.

        Args:
            name: What messages call the input.
            packed: Bytes that it has packed.
        """
        self._name, self._packed, self._size = name, packed, 0
        self._limit = unpacked_limit()

    def take(self, parts: Iterable[bytes]) -> Bytes:
        """Take all parts, and return what they make.

        Raises:
            InputError: It is too much.
        """
        with tempfile.SpooledTemporaryFile(LARGE) as file:
            for part in parts:
                self._size += len(part)
                self._check()
                file.write(part)
            file.seek(0)
            if self._size < LARGE:
                return file.read()
            return MappedFile.of_descriptor(os.dup(file.fileno()), self._name)

    def _check(self) -> None:
        if self._size > self._limit:
            raise InputError(
                f"{self._name}: unpacked, the file has more than {_in_words(self._limit)}\n"
                f"  fix: send it in parts, or set {LIMIT_VARIABLE} to a larger size, such as 2GB"
            )
        if self._size > max(FREE, MOST_TIMES * self._packed):
            raise InputError(
                f"{self._name}: unpacked, the file is more than {MOST_TIMES} times as large, which no claims file is\n"
                "  fix: ask who sent it, and unpack it yourself if it is what it should be"
            )


def _in_words(size: int) -> str:
    return f"{size / 10**9:.3g} GB" if size >= 10**9 else f"{size / 10**6:.3g} MB"


def _damaged(name: str, seen: str, fix: str = _FINISH) -> InputError:
    return InputError(f"{name}: {seen}\n  fix: {fix}")


# ------------------------------------------------------------------------------------------------------------- gzip


def _unpacked_name(name: str) -> str:
    bare = re.sub(r"\.gz(ip)?$", "", name, flags=re.IGNORECASE)
    return bare or name


def _gunzipped(name: str, data: Bytes) -> Bytes:
    content = _Spool(name, len(data)).take(_gzip_parts(name, data))
    _refuse_nested(name, content)
    return content


def _gzip_parts(name: str, data: Bytes) -> Iterator[bytes]:
    """Yield the content of a gzip file; several that stand behind each other are one, as gunzip has it."""
    unpacker = zlib.decompressobj(wbits=31)
    behind = False  # a whole one came before
    for part in parts_of(data):
        rest = part
        while rest:
            if unpacker.eof:
                rest = rest.lstrip(b"\0")  # tapes and some transfers fill up with zeros
                if not rest:
                    break
                unpacker, behind = zlib.decompressobj(wbits=31), True
            try:
                yield unpacker.decompress(rest, PART)
            except zlib.error:
                if behind:
                    raise _damaged(name, "something that is not packed stands behind the packed file") from None
                raise _damaged(name, "the packed file is damaged (gzip)") from None
            rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    if not unpacker.eof:
        raise _damaged(name, "the packed file ends too early (gzip)")


# -------------------------------------------------------------------------------------------------------------- zip


def _is_office(data: Bytes) -> bool:
    """Tell a workbook or a document, which is a zip archive too."""
    try:
        with zipfile.ZipFile(_file_of(data)) as archive:
            return any(name.startswith(_OFFICE) for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return False


def _file_of(data: Bytes) -> io.BytesIO:
    return io.BytesIO(data[:])


def _members(name: str, data: Bytes) -> Iterator[tuple[str, Bytes]]:
    """Yield the files of a zip archive in its order, with their names."""
    try:
        with zipfile.ZipFile(_file_of(data)) as archive:
            wanted = [
                info for info in archive.infolist() if not info.is_dir() and not _PASSED_OVER.search(info.filename)
            ]
            if not wanted:
                raise _damaged(name, "the archive holds no file", "name the 837P file, or an archive that holds it")
            if len(wanted) > MOST_MEMBERS:
                raise _damaged(name, f"the archive holds more than {MOST_MEMBERS:,} files", "send it in parts")
            left = _Left(name)
            for info in wanted:
                yield from left.counted(_member(name, archive, info))
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, RuntimeError) as error:
        if isinstance(error, NotImplementedError):
            raise _damaged(name, "the archive is packed in a way that is not read", "pack it as a plain zip") from None
        raise _damaged(name, "the archive is damaged (zip)") from None


class _Left:
    """Counts what the files of an archive have together, since each of many may stay below the limit."""

    def __init__(self, name: str) -> None:
        self._name, self._size = name, 0

    def counted(self, member: tuple[str, Bytes]) -> Iterator[tuple[str, Bytes]]:
        self._size += len(member[1])
        if self._size > unpacked_limit():
            raise InputError(
                f"{self._name}: unpacked, its files have more than {_in_words(unpacked_limit())}\n"
                f"  fix: send it in parts, or set {LIMIT_VARIABLE} to a larger size, such as 2GB"
            )
        yield member


def _member(name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[str, Bytes]:
    shown = f"{name}/{_safe_path(info.filename)}"
    if info.flag_bits & 0x1:
        raise _damaged(shown, "the file is encrypted", "unpack the archive with its password, and name the files")
    with archive.open(info) as member:
        content = _Spool(shown, info.compress_size).take(iter(lambda: member.read(PART), b""))
    _refuse_nested(shown, content)
    return shown, content


def _safe_path(path: str) -> str:
    """Return the path of a file in an archive without what would lead out of a folder or garble a report."""
    parts = [part for part in re.split(r"[/\\]+", path) if part not in {"", ".", ".."} and not part.endswith(":")]
    printable = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "?", "/".join(parts))
    return printable[-200:] or "file"


def _refuse_nested(name: str, content: Bytes) -> None:
    start = content[:6]
    if start.startswith(_PACKED) and not (start[:4] in ZIP and _is_office(content)):
        raise _damaged(name, "this is an archive within an archive", "unpack it, and name the files in it")


# ----------------------------------------------------------------------------------------------------------- UTF-16


def _transcoded(name: str, data: Bytes) -> Bytes:
    """Return a text in UTF-16 as UTF-8 without its mark; anything else as it is."""
    codec = _utf_16(data[:8])
    if codec is None:
        return data
    return _Spool(name, len(data)).take(_utf_8_parts(name, data, codec))


def _utf_16(start: bytes) -> str | None:
    """Name the codec of a text in UTF-16, by its mark or because it begins as X12 or JSON does."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16-le" if start.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    if re.match(rb"I\0S\0A\0|[{\[]\0[\s\"{]\0", start):
        return "utf-16-le"
    return "utf-16-be" if re.match(rb"\0I\0S\0A|\0[{\[]\0[\s\"{]", start) else None


def _utf_8_parts(name: str, data: Bytes, codec: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(codec)()
    is_first = True
    try:
        for part in parts_of(data):
            text = decoder.decode(part)
            yield (text.removeprefix("\ufeff") if is_first else text).encode()
            is_first = False
        decoder.decode(b"", final=True)
    except UnicodeError:
        raise _damaged(
            name, 'the text is in UTF-16 ("Unicode") and damaged', "save it as plain text or UTF-8"
        ) from None
