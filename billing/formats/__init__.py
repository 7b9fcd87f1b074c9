"""Everything claims come in as: files, standard input, bytes, objects and frames, read into one `Batch`.

A file's kind is told by its content. Inputs keep their order; their names are made distinguishable.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePath
from typing import Any

import polars as pl

from billing.batch import Batch, concatenate
from billing.errors import InputError, UsageError, did_you_mean, nearest_name
from billing.formats.detect import detect
from billing.formats.mapped import LARGE, Bytes, MappedFile
from billing.formats.unpacking import unpack

_READERS = {
    "837": ("billing.formats.x12.claims837", "read_837"),
    "jsonl": ("billing.formats.jsonl", "read_jsonl"),
    "csv": ("billing.formats.tables.reading", "read_csv_log"),
    "xlsx": ("billing.formats.tables.reading", "read_xlsx_log"),
    "fhir": ("billing.formats.fhir.read", "read_fhir"),
    "parquet": ("billing.formats.parquet", "read_parquet"),
}
"""Format to the module that reads it, loaded for the first input of that format, and its function."""

_READS_LARGE = ("837",)
"""Formats whose reader takes an input that is not in memory."""

INPUT_FORMATS = ("auto", *_READERS)
"""What `--input-format` takes."""

TABLES = ("csv", "xlsx")
"""Formats whose columns a column map tells."""


@dataclass(frozen=True, slots=True)
class _Input:
    """The bytes of one input and the name it goes by."""

    name: str
    data: Bytes


def read(
    source: Any,  # noqa: ANN401  see Args
    *,
    input_format: str = "auto",
    name: str | None = None,
    column_map: Any = None,  # noqa: ANN401  see Args
) -> Batch:
    """Read claims, whatever they come as.

    Args:
        source: A path, `-` (standard input), bytes or an open file; a list of these; a list of `Claim` objects or
            dicts; frames `(claims, lines)` or `(claims, lines, malformed)`; or a `Batch`, returned as it is.
        input_format: One of `INPUT_FORMATS`; `auto` looks at the content.
        name: What to call the input in results, when it is one; default: the file's name.
        column_map: Path of a column map, a dict in its shape or a `ColumnMap`, for inputs that are tables.

    Returns:
        The claims of all inputs in order, with what could not be read. An input without claims is fine.

    Raises:
        InputError: An input cannot be opened, or is no claims file.
        UsageError: `input_format` is none that is read, or a column map was given and no input is a table.
    """
    if input_format not in INPUT_FORMATS:
        near = did_you_mean(input_format, INPUT_FORMATS) or f"use one of {', '.join(INPUT_FORMATS)}"
        raise UsageError(f"no input format is called {input_format!r}\n  fix: {near}")
    if isinstance(source, Batch):
        return source
    items = _items(source)
    if items and all(isinstance(item, (pl.DataFrame, pl.LazyFrame)) for item in items):
        _check_map(column_map, ())
        return _function("billing.formats.frames", "batch_of_frames")(items, name or "frames")
    if all(_is_record(item) for item in items):
        _check_map(column_map, ())
        return _function("billing.formats.records", "batch_of_objects")(items, name or "claims")
    opened = [_open(item, number, name if len(items) == 1 else None) for number, item in enumerate(items, 1)]
    unpacked = [_Input(*inside) for each in opened for inside in unpack(each.name, each.data)]
    named = _with_distinct_names(unpacked)
    kinds = [_kind(each, input_format, has_map=column_map is not None) for each in named]
    _check_map(column_map, kinds)
    return concatenate(list(_read_each(zip(named, kinds, strict=True), column_map)))


def open_input(source: str | os.PathLike[str]) -> tuple[str, bytes]:
    """Return the name and the bytes of a path, or of standard input (`-`), whatever they hold.

    Raises:
        InputError: It cannot be opened.
    """
    opened = _open(source, 1, None)
    return opened.name, opened.data[:]


def _kind(given: _Input, input_format: str, *, has_map: bool) -> str:
    return detect(given.data, given.name, has_map=has_map) if input_format == "auto" else input_format


def _check_map(column_map: object, kinds: Iterable[str]) -> None:
    """Refuse a column map that nothing would use."""
    if column_map is not None and not any(kind in TABLES for kind in kinds):
        raise UsageError("a column map was given (--map), and no input is a table\n  fix: leave it out")


def _items(source: object) -> list[Any]:
    """Take one input, or several, as a list."""
    one = (str, bytes, bytearray, memoryview, os.PathLike)
    if isinstance(source, one) or _is_record(source) or hasattr(source, "read") or not isinstance(source, Iterable):
        return [source]
    if isinstance(source, (pl.DataFrame, pl.LazyFrame)):
        raise InputError("one frame holds no claims with lines\n  fix: hand over (claims, lines)")
    return list(source)


def _is_record(item: object) -> bool:
    """Tell a dict or a `Claim`, which there can only be where its class has been loaded."""
    objects = sys.modules.get("billing.claim_objects")
    return isinstance(item, dict) or (objects is not None and isinstance(item, objects.Claim))


def _function(module: str, name: str) -> Callable[..., Batch]:
    reader: Callable[..., Batch] = getattr(import_module(module), name)
    return reader


_NAMELESS = ("input", "stdin")


def _read_each(inputs: Iterable[tuple[_Input, str]], column_map: object) -> Iterator[Batch]:
    claim_key = line_key = 0
    for each, kind in inputs:
        # What came without a name gets one that tells its format, so that places in it are named rightly.
        name = f"{each.name}.{kind}" if each.name in _NAMELESS else each.name
        data = each.data if kind in _READS_LARGE else each.data[:]
        more = {"column_map": column_map} if kind in TABLES else {}
        batch = _function(*_READERS[kind])(data, name, first_claim_key=claim_key, first_line_key=line_key, **more)
        claim_key += len(batch.claims)
        line_key += len(batch.lines)
        yield batch


def _open(item: Any, number: int, name: str | None) -> _Input:  # noqa: ANN401  see `read`
    """Get the bytes of one input."""
    if isinstance(item, (bytes, bytearray, memoryview)):
        return _Input(name or "input", bytes(item))
    if hasattr(item, "read"):
        return _Input(name or _name_of_file(item), _content(item))
    if not isinstance(item, (str, os.PathLike)):
        raise InputError(
            f"input {number} is a {type(item).__name__}, nothing claims can be read from\n"
            "  fix: hand over a path, bytes, an open file, claims or dicts, or frames (claims, lines)"
        )
    if item == "-":
        return _Input(name or "stdin", sys.stdin.buffer.read())
    path = Path(os.fsdecode(item))
    return _Input(name or _printable(path.name), _bytes_of(path))


def _name_of_file(file: Any) -> str:  # noqa: ANN401  anything with read()
    given = getattr(file, "name", None)
    return _printable(PurePath(given).name) if isinstance(given, str) and given else "input"


def _content(file: Any) -> bytes:  # noqa: ANN401  anything with read()
    content = file.read()
    return content.encode() if isinstance(content, str) else bytes(content)


def _bytes_of(path: Path) -> Bytes:
    """Read a file, or say in one sentence why that is not possible."""
    shown = _printable(str(path))
    try:
        if path.is_file() and path.stat().st_size >= LARGE:
            return MappedFile.of(path, shown)
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{shown}: there is no such file\n  fix: {_other_names(path)}") from None
    except IsADirectoryError:
        raise InputError(f"{shown}: this is a folder\n  fix: name the files in it") from None
    except PermissionError:
        if path.is_dir():  # what Windows says of a folder
            raise InputError(f"{shown}: this is a folder\n  fix: name the files in it") from None
        raise InputError(f"{shown}: you may not read this file\n  fix: ask for the right to read it") from None
    except ValueError:  # a zero byte in the name
        raise InputError("a text was given that is no path\n  fix: hand over content as bytes") from None
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise InputError(f"{shown[:200]}: {reason}\n  fix: name a file that can be opened") from None


def _other_names(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f"check the folder: {_printable(str(path.parent))} cannot be opened"
    near = nearest_name(path.name, names)
    return f"did you mean '{_printable(near)}'?" if near else "check the name and the folder"


def _printable(text: str) -> str:
    """Replace control characters and broken characters of a file name, which would garble a report."""
    return re.sub(r"[\x00-\x1f\x7f\u0080-\u009f\u2028\u2029\ud800-\udfff]", "?", text)


def _with_distinct_names(inputs: list[_Input]) -> list[_Input]:
    """Tell inputs of one name apart: `may.837`, `may (2).837`. File systems may not tell upper from lower case."""
    taken: set[str] = {each.name.lower() for each in inputs}
    seen: set[str] = set()
    distinct = []
    for each in inputs:
        called, number = each.name, 1
        while called.lower() in seen or (number > 1 and called.lower() in taken):
            number += 1
            path = PurePath(each.name)
            called = f"{path.stem} ({number}){path.suffix}"
        seen.add(called.lower())
        distinct.append(_Input(called, each.data))
    return distinct
