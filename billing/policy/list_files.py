"""The files of code lists: manifests, read with the code sets, and the rows beside them, read when first asked for."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from importlib.resources.abc import Traversable

import polars as pl
from pydantic import ValidationError

from billing.errors import CodeSetError
from billing.policy.code_lists import COLUMNS, Edition, Holds, ListColumn, Manifest
from billing.policy.problems import Problem
from billing.policy.program_file import scalar_problems
from billing.policy.translating import model_problems
from billing.policy.yaml_tree import MAX_BYTES, read_tree, too_large

FOLDER = "lists"
MANIFEST_SUFFIXES = (".yaml", ".yml")
ROWS_SUFFIXES = (".csv", ".csv.gz", ".parquet")
MAX_ROWS_BYTES = 300_000_000
"""Rows that are larger, packed or not, are refused."""

PROBLEMS_SHOWN = 10
_REMEMBERED = 64
_KEYS = {"ptp": ("column_1", "column_2"), "places": ("code", "effective")}
_ISO_DATE = r"^\d{4}-\d{2}-\d{2}$"


@dataclass(frozen=True, slots=True)
class ListFile:
    """A file in a folder of lists; what makes two of them the same is all but the handle.

    Attributes:
        folder: The folder, as the user knows it.
        name: Its name.
        rank: 0 for those that come with cleanclaim, then a user's folders in the order given.
        place: Absolute path.
        size: Bytes; 0 inside a zip archive.
        changed: Nanoseconds; 0 inside a zip archive, whose files do not change.
        handle: Opens it.
    """

    folder: str
    name: str
    rank: int
    place: str
    size: int
    changed: int
    handle: Traversable = field(compare=False)

    @property
    def shown(self) -> str:
        """Return the file as the user knows it."""
        return f"{self.folder}/{self.name}"


def read_manifests(files: Sequence[ListFile]) -> tuple[list[Edition], list[Problem], str]:
    """Read the manifests among these files; rows are left for later.

    Returns:
        The editions, what is wrong with the manifests, and a hash over these and over rows whose hash none states.
    """
    beside = {(file.folder, file.name): file for file in files}
    editions: list[Edition] = []
    problems: list[Problem] = []
    digest = hashlib.sha256()
    for file in files:
        if not file.name.endswith(MANIFEST_SUFFIXES):
            continue
        if file.size > MAX_BYTES:  # not even opened
            problems.append(too_large(file.shown, file.size))
            continue
        try:
            data = file.handle.read_bytes()
        except OSError as error:
            words = f"cannot be read: {error.strerror or 'it cannot be opened'}"
            problems.append(Problem(file.shown, 0, 0, words))
            continue
        digest.update(f"{file.rank}/{file.name}\0{len(data)}\0".encode() + data)
        manifest, found = _manifest(file.shown, data)
        problems += found
        if manifest is None:
            continue
        rows = beside.get((file.folder, manifest.file or ""))
        if manifest.file is not None and rows is None:
            words = f"file: there is no {manifest.file} in the folder"
            problems.append(Problem(file.shown, 0, 0, words, "put it beside the manifest"))
        elif rows is not None and manifest.sha256 is None and rows.size <= MAX_ROWS_BYTES:
            digest.update(hashlib.sha256(rows.handle.read_bytes()).digest())
        read = partial(_read_rows, rows, manifest.holds, manifest.sha256) if rows is not None else pl.DataFrame
        editions.append(Edition(manifest, file.rank, file.shown, read))
    return editions, problems, digest.hexdigest()


def _manifest(shown: str, data: bytes) -> tuple[Manifest | None, list[Problem]]:
    tree = read_tree(shown, data)
    if tree.value is None:
        return None, tree.problems
    if not isinstance(tree.value, dict):
        return None, [tree.problem((), "is no manifest of a code list", "begin with `list: <id>`")]
    problems = [*tree.problems, *scalar_problems(tree)]
    values = tree.value
    dated = tree.marks.get(("source", "dated"))
    if isinstance(values.get("source"), dict) and dated is not None and dated.text is not None:
        # A year without quotes is still a text.
        values = {**values, "source": {**values["source"], "dated": dated.text}}
    try:
        return Manifest.model_validate(values), problems
    except ValidationError as error:
        return None, [*problems, *model_problems(error, Manifest, tree, ())]


@lru_cache(maxsize=_REMEMBERED)
def _read_rows(file: ListFile, holds: Holds, sha256: str | None) -> pl.DataFrame:
    """Read the rows of an edition and bring them into the order of their codes.

    Raises:
        CodeSetError: The file cannot be read, is not the one its manifest speaks of, or has wrong rows.
    """
    texts = _texts(file, _content(file, sha256))
    columns = COLUMNS[holds]
    _check_header(file, texts.columns, columns)
    present = [column for column in columns if column.name in texts.columns]
    texts = texts.select(column.name for column in present)
    first_row = 1 if file.name.endswith(".parquet") else 2
    rows, problems = _cast_all(texts, present, first_row)
    if problems:  # spaces around a cell are none; in a file made by a program there are none to look for
        rows, problems = _cast_all(texts.select(_stripped(column.name) for column in present), present, first_row)
    if not problems:
        rows = rows.select(
            column.name if column.name in rows.columns else pl.lit(None, column.dtype).alias(column.name)
            for column in columns
        )
        keys = _KEYS.get(holds, ("code",))
        rows = rows if rows.get_column(keys[0]).is_sorted() and len(keys) == 1 else rows.sort(keys, nulls_last=False)
        problems = _repeated(rows, keys) if holds != "ptp" else []
    if problems:
        more = [f"{file.shown}: and {len(problems) - PROBLEMS_SHOWN} more"] if len(problems) > PROBLEMS_SHOWN else []
        raise CodeSetError("\n".join([f"{file.shown} {words}" for words in problems[:PROBLEMS_SHOWN]] + more))
    return rows.with_columns(pl.col(keys[0]).set_sorted())


def _content(file: ListFile, sha256: str | None) -> bytes:
    if file.size > MAX_ROWS_BYTES:
        raise _error(file, f"has {file.size:,} bytes; a list has at most {MAX_ROWS_BYTES:,}")
    try:
        data = file.handle.read_bytes()
    except OSError as error:
        raise _error(file, f"cannot be read: {error.strerror or 'it cannot be opened'}") from None
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise _error(file, "is not the file its manifest speaks of", "write its sha256 anew, or take the line out")
    if not file.name.endswith(".gz"):
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            data = packed.read(MAX_ROWS_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise _error(file, "cannot be unpacked", "pack it with gzip again") from None
    if len(data) > MAX_ROWS_BYTES:
        raise _error(file, f"has more than {MAX_ROWS_BYTES:,} bytes when it is unpacked")
    return data


def _texts(file: ListFile, data: bytes) -> pl.DataFrame:
    """Return the table with every cell as text."""
    try:
        if file.name.endswith(".parquet"):
            return pl.read_parquet(io.BytesIO(data)).select(pl.all().cast(pl.String))
        return pl.read_csv(data, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError):  # its text may quote the file
        fix = "save it as CSV in UTF-8 with a header row and as many cells in each row"
        raise _error(file, "the rows cannot be read", fix) from None


def _check_header(file: ListFile, found: Sequence[str], columns: Sequence[ListColumn]) -> None:
    known = [column.name for column in columns]
    wrong = [name for name in found if name not in known]
    lacking = [column.name for column in columns if column.required and column.name not in found]
    if wrong or lacking:
        words = "the header names a column that such a list has not" if wrong else f"lacks the column {lacking[0]}"
        raise _error(file, words, f"the columns are {', '.join(known)}")


def _cast_all(texts: pl.DataFrame, columns: Sequence[ListColumn], first_row: int) -> tuple[pl.DataFrame, list[str]]:
    rows = texts.select(_cast(column) for column in columns)
    return rows, list(_row_problems(texts, rows, columns, first_row))


def _stripped(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars()
    return pl.when(text != "").then(text).alias(name)


def _cast(column: ListColumn) -> pl.Expr:
    """Cast a text column to its type; null where it cannot be."""
    text = pl.col(column.name)
    if column.dtype == pl.Date:
        return pl.when(text.str.contains(_ISO_DATE)).then(text.str.to_date("%Y-%m-%d", strict=False)).alias(column.name)
    fits = pl.when(text.str.contains(column.pattern)).then(text) if column.pattern else text
    return fits.cast(column.dtype, strict=False).alias(column.name)


def _row_problems(
    texts: pl.DataFrame, rows: pl.DataFrame, columns: Sequence[ListColumn], first_row: int
) -> Iterator[str]:
    for column in columns:
        lost = rows[column.name].is_null()
        if not column.required:
            lost &= texts[column.name].is_not_null()
        for row in lost.arg_true().head(PROBLEMS_SHOWN + 1):
            yield f"row {first_row + row}: {column.name} holds something else; write {column.says}"
    if {"effective", "ended"} <= set(rows.columns):
        for row in (rows["ended"] < rows["effective"]).arg_true().head(PROBLEMS_SHOWN + 1):
            yield f"row {first_row + row}: ended lies before effective; both days are part of the span"


def _repeated(rows: pl.DataFrame, keys: Sequence[str]) -> list[str]:
    """Name the codes that stand twice in rows that are in order of their keys."""
    is_same = pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift()) for key in keys)
    repeated = rows.filter(is_same & (pl.int_range(pl.len()) > 0)).get_column(keys[0]).unique(maintain_order=True)
    return [f"the code {code} stands twice; keep one of its rows" for code in repeated]


def _error(file: ListFile, words: str, fix: str = "") -> CodeSetError:
    return CodeSetError(f"{file.shown}: {words}" + (f"\n  fix: {fix}" if fix else ""))
