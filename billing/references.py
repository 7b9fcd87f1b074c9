"""Reading reference files: CSV with a header, Parquet, or frames; and, for members, what payers send (271, 834).

    read_references ─▶ _load ─▶ _check_header ─▶ _cast ─▶ _problems ─▶ References

Every file is read as text and cast by its declared columns (`billing/reference_columns.py`), never by guessing:
codes stay text, dates are ISO, money and units are exact. Errors name file, row and column and what to write; a
value is shown only where it cannot identify a person. The header of a CSV file is row 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl

from billing.claims import MONEY, MONEY_TEXT, UNITS, UNITS_TEXT
from billing.errors import ReferenceFileError, did_you_mean, nearest_name
from billing.reference_columns import REFERENCE_COLUMNS, REFERENCE_NAMES, SPANS, TEXT_LIST, ReferenceColumn

__all__ = ["REFERENCE_NAMES", "References", "Table", "read_references", "table_name"]

Table = str | PathLike[str] | pl.DataFrame
"""Path of a CSV or Parquet file, or a frame."""

ISO_DATE = r"^\d{4}-\d{2}-\d{2}$"
COUNT_TEXT = r"^0*[1-9]\d{0,8}$"
MODIFIERS_TEXT = r"^[A-Za-z0-9:\s]*$"  # any other mark between two modifiers would make one that nobody billed
WORKBOOK = b"PK\x03\x04"  # an .xlsx file is a zip archive
UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # how a spreadsheet's "Unicode text" begins
UTF8_MARK = b"\xef\xbb\xbf"
X12 = re.compile(rb"[ \t\r\n]*ISA[^A-Za-z0-9]")
HEAD = 100  # bytes in which the header begins; a text in UTF-8 has no zero byte there
# A text that is plainly a date or a short number cannot be a name or an id, even when columns are shifted.
SHOWN_DATE = r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}$"
SHOWN_NUMBER = r"^-?\d{0,4}[.,]?\d{0,4}$"
PROBLEMS_SHOWN = 10
PARQUET = (".parquet", ".pq")


@dataclass(frozen=True)
class References:
    """The reference files of a run. A file that was not given is null, which is not the same as an empty one.

    Attributes:
        members: One row per span of coverage of a member.
        enrollments: One row per span in a setting or service that excludes others.
        providers: One row per span of enrolment of a provider: who bills, orders, refers or supervises.
        workers: One row per span of certification of a worker.
        authorizations: One row per authorization and code.
        orders: One row per recommendation, plan of care or referral.
        other_coverage: One row per span of other insurance.
        history: One row per service line billed before.
        missing_columns: File name to the optional columns it did not have; they are null in its frame.
        partial: Names of the files that do not claim to list everything: what they do not say is unknown.
        notes: What was left out of a file, or how it was understood: one sentence each.
    """

    members: pl.DataFrame | None = None
    enrollments: pl.DataFrame | None = None
    providers: pl.DataFrame | None = None
    workers: pl.DataFrame | None = None
    authorizations: pl.DataFrame | None = None
    orders: pl.DataFrame | None = None
    other_coverage: pl.DataFrame | None = None
    history: pl.DataFrame | None = None
    missing_columns: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    partial: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def present(self) -> tuple[str, ...]:
        """Names of the files that were given, in the order of `REFERENCE_NAMES`."""
        return tuple(name for name in REFERENCE_NAMES if getattr(self, name) is not None)

    def has(self, file: str, column: str) -> bool:
        """Tell whether that file was given and had that column."""
        return file in self.present and column not in self.missing_columns.get(file, ())


def read_references(
    *,
    members: Table | None = None,
    enrollments: Table | None = None,
    providers: Table | None = None,
    workers: Table | None = None,
    authorizations: Table | None = None,
    orders: Table | None = None,
    other_coverage: Table | None = None,
    history: Table | None = None,
) -> References:
    """Read the reference files that are given: paths of CSV or Parquet files, or frames; members also as 271 or 834.

    Returns:
        One frame per file that was given, its rows in the order of the file, its columns as declared. Modifiers are
        lists: empty when the cell is empty, null when the file has no such column.

    Raises:
        ReferenceFileError: A file cannot be read, a column is unknown, missing or there twice, a required cell is
            empty, a value is no date or number, or a span ends before it begins. Names up to ten places of a file.
    """
    given = {
        "members": members,
        "enrollments": enrollments,
        "providers": providers,
        "workers": workers,
        "authorizations": authorizations,
        "orders": orders,
        "other_coverage": other_coverage,
        "history": history,
    }
    frames: dict[str, pl.DataFrame] = {}
    missing: dict[str, tuple[str, ...]] = {}
    partial: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    for file, table in given.items():
        if file == "members" and table is not None and (x12 := _x12_of(table)) is not None:
            from billing.formats.x12.members import read_members  # noqa: PLC0415 few members files are X12

            said = read_members(x12, table_name(file, table))
            frames[file], missing[file], notes = said.frame, said.missing, said.notes
            partial = frozenset({file})
        elif table is not None:
            frames[file], missing[file] = _read_table(file, table)
    return References(**frames, missing_columns=missing, partial=partial, notes=notes)


def _x12_of(table: Table) -> bytes | None:
    """Return the content of a file that begins as X12 does."""
    if isinstance(table, pl.DataFrame):
        return None
    path = Path(table)
    _check_file(path, path.name)
    with path.open("rb") as file:
        head = file.read(HEAD)
        if not X12.match(head.removeprefix(UTF8_MARK)):
            return None
        return head + file.read()


def table_name(file: str, table: Table) -> str:
    """Return what messages call a table: the name of its file, or `members` for a frame."""
    return file if isinstance(table, pl.DataFrame) else Path(table).name


def _read_table(file: str, table: Table) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Read one file; return its frame and the optional columns it lacks."""
    name = table_name(file, table)
    columns = REFERENCE_COLUMNS[file]
    texts, first_row = _load(table, name)
    texts = texts.rename(str.strip) if len({column.strip() for column in texts.columns}) == texts.width else texts
    _check_header(texts.columns, columns, name, file)
    present = [column for column in columns if column.name in texts.columns]
    texts = texts.select(_as_text(texts, column, name) for column in present).with_row_index("row", first_row)
    texts = texts.filter(~pl.all_horizontal(pl.exclude("row").is_null()))  # blank lines, as spreadsheets leave them
    cast = texts.select("row", *(_cast(column) for column in present))
    problems = sorted(_problems(texts, cast, present, file), key=lambda problem: problem[0])
    if problems:
        raise ReferenceFileError(_listed(name, problems))
    absent = tuple(column.name for column in columns if column not in present)
    frame = cast.select(
        pl.lit(None, column.dtype).alias(column.name) if column.name in absent else column.name for column in columns
    )
    return frame, absent


def _load(table: Table, name: str) -> tuple[pl.DataFrame, int]:
    """Return the table as it stands, a CSV as text, and the number of its first row."""
    if isinstance(table, pl.DataFrame):
        return table, 1
    path = Path(table)
    _check_file(path, name)
    try:
        if path.suffix.lower() in PARQUET:
            return pl.read_parquet(path), 1
        texts = pl.read_csv(path, infer_schema=False, truncate_ragged_lines=False)
    except pl.exceptions.NoDataError:
        fix = "write a header row with the column names"
        raise ReferenceFileError(f"{name}: the file is empty\n  fix: {fix}") from None
    except (OSError, pl.exceptions.PolarsError) as error:  # its text may hold values of the file
        if path.suffix.lower() in PARQUET:
            fix = "save it as Parquet again, or as CSV"
        elif "utf-8" in str(error).lower():
            fix = "save it as CSV in UTF-8"
        else:
            fix = "give every row as many cells as the header has, with quotes around cells that hold a comma"
        raise ReferenceFileError(f"{name}: the rows cannot be read\n  fix: {fix}") from None
    return texts, 2


def _check_file(path: Path, name: str) -> None:
    """Refuse what is no file, and what would be read as if it were plain text: a workbook, a text in UTF-16."""
    if path.is_dir():
        raise ReferenceFileError(f"{name}: this is a folder\n  fix: name the file in it")
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError:
        raise ReferenceFileError(f"{name}: there is no such file\n  fix: {_other_names(path)}") from None
    except (OSError, ValueError):
        fix = "check the path and who may read it"
        raise ReferenceFileError(f"{name}: the file cannot be opened\n  fix: {fix}") from None
    if head.startswith(WORKBOOK):
        fix = "open it in your spreadsheet program and save the sheet as CSV in UTF-8"
        raise ReferenceFileError(f"{name}: the file is a workbook or a zip archive\n  fix: {fix}")
    is_parquet = path.suffix.lower() in PARQUET
    if not is_parquet and (head.startswith(UTF_16) or b"\0" in head):
        fix = "save it as CSV in UTF-8, not as Unicode text"
        raise ReferenceFileError(f"{name}: the text is in UTF-16\n  fix: {fix}")


def _other_names(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return "check the name and the folder"
    return did_you_mean(path.name, names) or "check the name and the folder"


def _check_header(found: list[str], columns: tuple[ReferenceColumn, ...], name: str, file: str) -> None:
    """Refuse unknown, repeated and missing columns, all of them in one error."""
    known = [column.name for column in columns]
    if len(found) == 1 and any(mark in found[0] for mark in ";\t|"):
        raise ReferenceFileError(f"{name}: the header is one cell\n  fix: separate the columns with commas")
    problems = []
    meant = set()  # columns that an unknown heading probably is; once is enough to say so
    for heading in found:
        original, repeated, _ = heading.partition("_duplicated_")
        if heading in known:
            continue
        if repeated and original in known:
            problems.append(f"{name}: the column '{original}' is there twice\n  fix: keep one of them")
            continue
        near = nearest_name(heading.strip().lower().replace(" ", "_"), known)
        meant.add(near)
        hint = f"did you mean '{near}'?" if near else f"{file} may have {', '.join(known)}"
        problems.append(f"{name}: {_heading(heading)}\n  fix: {hint}")
    problems += [
        f"{name}: the column '{column.name}' is missing\n  fix: add it: {column.meaning}"
        for column in columns
        if column.required and column.name not in found and column.name not in meant
    ]
    if problems:
        raise ReferenceFileError("\n".join(problems))


def _heading(heading: str) -> str:
    """Name an unknown column; without its text when the first row looks like data, not like a header."""
    looks_like_a_name = heading.replace("_", "").replace(" ", "").isalpha() and len(heading) <= 40  # noqa: PLR2004
    return f"no column has the name '{heading}'" if looks_like_a_name else "the first row is not a row of column names"


def _as_text(texts: pl.DataFrame, column: ReferenceColumn, name: str) -> pl.Expr:
    """Bring a column to stripped text, null where empty; typed columns only where no digit can have been lost."""
    value = pl.col(column.name)
    dtype = texts.schema[column.name]
    if dtype == pl.Null:
        return value.cast(pl.String)
    if column.dtype == TEXT_LIST and dtype == TEXT_LIST:
        value = value.list.join(":")
    elif not _is_safe(dtype, column.dtype):
        raise ReferenceFileError(
            f"{name}: the column '{column.name}' holds {dtype}\n  fix: {_what_to_write(column)}; a text is always right"
        )
    text = value.cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text).alias(column.name)


def _is_safe(found: pl.DataType, declared: Any) -> bool:  # noqa: ANN401 a Polars type or its class
    """Tell whether a column of that type can be the declared one without having lost zeros or cents."""
    if found in {pl.String, pl.Categorical, pl.Enum} or found == declared:
        return True
    return declared in {UNITS, MONEY, pl.UInt32} and (found.is_integer() or found.is_decimal())


def _cast(column: ReferenceColumn) -> pl.Expr:
    """Cast a text column to its declared type; null where it cannot be."""
    text = pl.col(column.name)
    if column.dtype == pl.Date:
        return pl.when(text.str.contains(ISO_DATE)).then(text.str.to_date("%Y-%m-%d", strict=False)).alias(column.name)
    if column.dtype == TEXT_LIST:
        listed = text.fill_null("")
        codes = listed.str.extract_all(r"[^:\s]+")
        return pl.when(listed.str.contains(MODIFIERS_TEXT)).then(codes).alias(column.name)
    if column.dtype == pl.String:
        if column.values:
            return pl.when(text.is_in(column.values)).then(text).alias(column.name)
        return text
    pattern = UNITS_TEXT if column.dtype == UNITS else MONEY_TEXT if column.dtype == MONEY else COUNT_TEXT
    # A Decimal frame writes 4.000: the same number as 4, so zeros behind the point are no error in money either.
    plain = text.str.replace(r"(\.\d*?)0+$", "${1}").str.strip_suffix(".")
    return pl.when(plain.str.contains(pattern)).then(plain.cast(column.dtype, strict=False)).alias(column.name)


def _problems(
    texts: pl.DataFrame, cast: pl.DataFrame, present: list[ReferenceColumn], file: str
) -> Iterator[tuple[int, str]]:
    """Yield row and words for every cell that cannot be used, and for spans that end before they begin."""
    for column in present:
        lost = texts.filter(texts[column.name].is_not_null() & cast[column.name].is_null())
        for row, text in lost.select("row", column.name).iter_rows():
            yield row, f"{column.name} {_found(column, text)}; {_what_to_write(column, text)}"
        if column.required:
            for row in texts.filter(pl.col(column.name).is_null())["row"]:
                yield row, f"{column.name} is empty; {_what_to_write(column)}"
    for first, last in SPANS[file]:
        if last in cast.columns and first in cast.columns:
            for row, start, end in cast.filter(pl.col(last) < pl.col(first)).select("row", first, last).iter_rows():
                dates = "" if _private(present, first) else f" ({end} is before {start})"
                yield row, f"{last} is before {first}{dates}; both days are part of the span"


def _private(columns: list[ReferenceColumn], name: str) -> bool:
    return next(column.is_private for column in columns if column.name == name)


def _found(column: ReferenceColumn, text: str) -> str:
    """Say what stands in a cell, with its text only where that is plainly a date or a short number."""
    if column.dtype == pl.Date:
        shape, kind = SHOWN_DATE, "no date"
    elif column.dtype == TEXT_LIST:
        return "is no list of modifiers"
    elif column.values:
        return "is none of the values it may have"
    else:
        shape, kind = SHOWN_NUMBER, "no such number"
    is_shown = not column.is_private and pl.select(pl.lit(text).str.contains(shape)).item()
    return f"is '{text}'" if is_shown else f"is {kind}"


def _what_to_write(column: ReferenceColumn, text: str = "") -> str:
    """Say what a cell of that column should hold."""
    if column.dtype == pl.Date:
        return "write a date as 2026-12-31"
    if column.values:
        near = nearest_name(text.lower(), column.values)
        return f"did you mean '{near}'?" if near else f"write one of {', '.join(column.values)}"
    if column.dtype == MONEY:
        return "write dollars as 92.00"
    if column.dtype == UNITS:
        return "write units as 4 or 2.5, with at most three decimals"
    if column.dtype == pl.UInt32:
        return "write a whole number from 1"
    return f"write the {column.meaning}" if column.dtype == pl.String else "write modifiers as HQ:U4"


def _listed(name: str, problems: list[tuple[int, str]]) -> str:
    """Write the first problems, one per line, and how many more there are."""
    lines = [f"{name} row {row}: {words}" for row, words in problems[:PROBLEMS_SHOWN]]
    more = len(problems) - PROBLEMS_SHOWN
    return "\n".join([*lines, f"{name}: and {more} more"] if more > 0 else lines)
