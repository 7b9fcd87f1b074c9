"""Code lists with dates: which codes there are on a day, in editions, each with its own source.

A list is known by its id (`icd-10-cm`); its editions (`FY2026`) cover dates of service. A manifest, a small YAML file
in `codesets/national/lists/` or in the `lists/` folder of a user's own code sets, states one edition; its rows lie
beside it as CSV, `.csv.gz` or Parquet and are read when a rule first asks for them. A day that no edition covers is not
checked: the nearest edition is never taken in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations
from typing import Annotated, Any, Literal, Self

import polars as pl
from pydantic import Field, model_validator

from billing.policy.problems import Problem
from billing.policy.provenance import caps
from billing.policy.schema import EntryId, PolicyModel, Source

Holds = Literal["diagnoses", "places", "modifiers", "taxonomies", "mue", "ptp"]

Span = tuple[date | None, date | None]

READ_AGAIN_AFTER_DAYS = 365
"""A list or program without a calendar of releases is taken for stale when nobody has read its source for a year."""


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column of a list's rows.

    Attributes:
        name: Its name in the file's header.
        dtype: Polars type after reading.
        required: False: a cell, or the whole column, may be absent.
        pattern: What a text must look like; empty: anything.
        says: What it holds, with what to write.
    """

    name: str
    dtype: Any
    required: bool = True
    pattern: str = ""
    says: str = ""


_PROCEDURE = ListColumn("code", pl.String, pattern=r"^[0-9A-Z][0-9]{3}[0-9A-Z]$", says="a procedure code such as H0038")
_MEANING = ListColumn("meaning", pl.String, required=False, says="a few words")
_EFFECTIVE = ListColumn("effective", pl.Date, required=False, says="a date as 2026-12-31")
_ENDED = ListColumn("ended", pl.Date, required=False, says="a date as 2026-12-31")

COLUMNS: dict[Holds, tuple[ListColumn, ...]] = {
    "diagnoses": (
        ListColumn("code", pl.String, pattern=r"^[A-Z][0-9A][0-9A-Z]{1,5}$", says="a diagnosis without dot, as F330"),
        ListColumn("billable", pl.UInt8, pattern="^[01]$", says="1, or 0 for a heading that may not be billed"),
    ),
    "places": (
        ListColumn("code", pl.String, pattern="^[0-9]{2}$", says="two digits"),
        _MEANING,
        ListColumn("telehealth", pl.String, required=False, pattern="^[yn]$", says="y or n"),
        _EFFECTIVE,
        _ENDED,
    ),
    "modifiers": (
        ListColumn("code", pl.String, pattern="^[0-9A-Z]{2}$", says="two capitals or digits"),
        ListColumn("family", pl.String, required=False, says="a word"),
        _MEANING,
        ListColumn("read_in", pl.String, required=False, says="a word"),
    ),
    "taxonomies": (
        ListColumn("code", pl.String, pattern="^[0-9A-Z]{9}X$", says="nine digits or capitals and an X"),
        ListColumn("group", pl.String, required=False, says="a word"),
        _MEANING,
    ),
    "mue": (
        _PROCEDURE,
        ListColumn(
            "at_most", pl.UInt32, required=False, pattern="^[0-9]{1,6}$",
            says="whole units, or nothing where no value is published",
        ),
    ),
    "ptp": (
        ListColumn("column_1", pl.String, pattern=_PROCEDURE.pattern, says=_PROCEDURE.says),
        ListColumn("column_2", pl.String, pattern=_PROCEDURE.pattern, says=_PROCEDURE.says),
        _EFFECTIVE,
        _ENDED,
        ListColumn("modifier", pl.UInt8, pattern="^[019]$", says="0, 1 or 9"),
    ),
}  # fmt: skip
"""What the rows of a list hold, by what its manifest says under `holds`. One row per code, or per pair of codes."""


UNDATED = ("places", "modifiers", "taxonomies")
"""What has one edition for all days, the newest of the highest folder; so no day is left unchecked."""


class Manifest(PolicyModel):
    """One edition of a list, or a list of which no edition comes with cleanclaim (no `file`).

    Attributes:
        list: Id of the list, which rules name.
        holds: What its rows are.
        title: Its name in messages, before the edition.
        edition: Which edition, in the publisher's own count.
        file: File of its rows, in the folder of the manifest.
        sha256: Hash of that file; where it is given, a file that changed is refused.
        effective: First date of service it covers, inclusive; null: no first day.
        ended: Last date of service it covers, inclusive; null: until there is another.
        complete: False: a code that it does not hold may still be one.
        next_release: First day the next edition is for, or was expected on; null: the publisher has no calendar.
        source: Where it was read.
    """

    list: EntryId
    holds: Holds
    title: str
    edition: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$")] | None = None
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.(csv|csv\.gz|parquet)$")] | None = None
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    effective: date | None = None
    ended: date | None = None
    complete: bool = True
    next_release: date | None = None
    source: Source

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.file is None) != (self.edition is None):
            raise ValueError("edition and file go together: write both, or neither for a list without an edition")
        if self.effective and self.ended and self.ended < self.effective:
            raise ValueError(f"ended, {self.ended}, lies before effective, {self.effective}")
        if self.holds in UNDATED and self.file is None:
            raise ValueError(f"file: a list of {self.holds} needs its rows")
        if self.holds in UNDATED and (self.effective or self.ended):
            raise ValueError(f"effective, ended: a list of {self.holds} covers every day; its rows may carry dates")
        return self


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of a list; its rows are read when they are first asked for.

    Attributes:
        manifest: What is said of it.
        rank: 0 for those that come with cleanclaim, then a user's folders in the order given.
        shown: Its manifest, as the user knows the file.
        rows_of: Reads its rows, once per process for the same file.
    """

    manifest: Manifest
    rank: int
    shown: str
    rows_of: Callable[[], pl.DataFrame] = field(repr=False)

    @property
    def name(self) -> str:
        """Return its name for messages: `ICD-10-CM FY2026`."""
        return f"{self.manifest.title} {self.manifest.edition}"

    @property
    def rows(self) -> pl.DataFrame:
        """Return its rows (`COLUMNS`), in order of their codes.

        Raises:
            CodeSetError: The file of the rows is missing, changed, or has wrong rows.
        """
        return self.rows_of()

    def spans(self) -> dict[str, tuple[Span, ...]]:
        """Return the days on which each code is in use; a null is an open end. For lists whose rows carry dates."""
        spans: dict[str, tuple[Span, ...]] = {}
        for code, effective, ended in self.rows.select("code", "effective", "ended").iter_rows():
            spans[code] = (*spans.get(code, ()), (effective, ended))
        return spans

    def meanings(self) -> dict[str, str]:
        """Return each code with what it means in our own words; those without are left out."""
        return {code: words for code, words in self.rows.select("code", "meaning").iter_rows() if words}

    @property
    def caps(self) -> tuple[str, ...]:
        """Say why findings that rest on it are at most `review`; empty when they may reject."""
        return tuple(f"of the list {self.name}, {reason}" for reason in caps(self.manifest.source))

    def covers(self, day: pl.Expr) -> pl.Expr:
        """Tell whether it covers a day; one without first and last day covers an unknown day too, else that is null."""
        parts = []
        if self.manifest.effective is not None:
            parts.append(day >= self.manifest.effective)
        if self.manifest.ended is not None:
            parts.append(day <= self.manifest.ended)
        return pl.all_horizontal(parts) if parts else pl.lit(value=True)

    def touches(self, first: date | None, last: date | None) -> bool:
        """Tell whether it covers a day from the first to the last; false without days."""
        own = self.manifest
        starts, ends = own.effective or date.min, own.ended or date.max
        return first is not None and last is not None and starts <= last and first <= ends

    @property
    def stale_from(self) -> date:
        """Return the day from which a newer edition is to be looked for."""
        own = self.manifest
        if own.next_release is not None:
            return own.next_release
        if own.ended is not None:
            return own.ended + timedelta(days=1)
        return own.source.read_on + timedelta(days=READ_AGAIN_AFTER_DAYS)


@dataclass(frozen=True, slots=True)
class CodeList:
    """A list with its editions.

    Attributes:
        id: Its id.
        about: The manifest it is described by: its newest edition's, or the one without an edition.
        editions: Highest folder first, then newest first: of those that cover a day the first one is taken.
        memo: What rules have made of it; it never changes, so it is made once.
    """

    id: str
    about: Manifest
    editions: tuple[Edition, ...] = ()
    memo: dict[str, pl.Expr] = field(default_factory=dict, hash=False, compare=False, repr=False)

    @property
    def newest(self) -> Edition | None:
        """Return the edition for the latest days; null when there is none."""
        return max(self.editions, key=lambda edition: edition.manifest.ended or date.max, default=None)

    def edition_on(self, column: str) -> pl.Expr:
        """Return the place in `editions` of the one for the day in a column (UInt8); null: none covers it."""
        if column not in self.memo:
            place = pl.lit(None, pl.UInt8)
            for number, edition in reversed(list(enumerate(self.editions))):
                place = pl.when(edition.covers(pl.col(column))).then(pl.lit(number, pl.UInt8)).otherwise(place)
            self.memo[column] = place
        return self.memo[column]

    def is_stale(self, on: date) -> bool:
        """Tell whether on that day a newer edition was to be looked for than the newest there is."""
        return self.newest is not None and on >= self.newest.stale_from


class CodeLists(Mapping[str, CodeList]):
    """All lists of a run, by id. Immutable; rows are read when they are first asked for."""

    def __init__(self, lists: Iterable[CodeList] = ()) -> None:
        """Hold these lists."""
        self._lists = {each.id: each for each in sorted(lists, key=lambda each: each.id)}

    def __getitem__(self, list_id: str) -> CodeList:
        """Return a list."""
        return self._lists[list_id]

    def __iter__(self) -> Iterator[str]:
        """Yield the ids in order."""
        return iter(self._lists)

    def __len__(self) -> int:
        """Count the lists."""
        return len(self._lists)


def put_together(editions: Iterable[Edition]) -> tuple[CodeLists, list[Problem]]:
    """Sort editions into lists: of one list and edition, the highest folder's counts.

    Returns:
        The lists, and what is wrong: editions of one folder that cover the same day, or hold different things.
    """
    of_list: dict[str, dict[str | None, Edition]] = {}
    problems = []
    for edition in sorted(editions, key=lambda edition: (edition.rank, edition.shown)):
        own = of_list.setdefault(edition.manifest.list, {})
        same = own.get(edition.manifest.edition)
        if same is not None and same.rank == edition.rank:
            words = f"edition: {same.shown} holds this edition too"
            problems.append(Problem(edition.shown, 0, 0, words, "give one of them another edition"))
        other = next(iter(own.values()), edition)
        if other.manifest.holds != edition.manifest.holds:
            words = f"holds: is {edition.manifest.holds}, and {other.manifest.holds} in {other.shown}"
            problems.append(Problem(edition.shown, 0, 0, words, "give it another id under `list`"))
        own[edition.manifest.edition] = edition
    for own in of_list.values():
        problems += _overlaps(own.values())
    return CodeLists(_list(name, own.values()) for name, own in of_list.items()), problems


def _list(name: str, found: Iterable[Edition]) -> CodeList:
    found = list(found)
    dated = [edition for edition in found if edition.manifest.file is not None]
    order = sorted(dated, key=lambda edition: (edition.rank, edition.manifest.ended or date.max), reverse=True)
    listed = CodeList(name, found[0].manifest, tuple(order))
    return CodeList(name, listed.newest.manifest, listed.editions) if listed.newest else listed


def _overlaps(editions: Iterable[Edition]) -> Iterator[Problem]:
    dated = [edition for edition in editions if edition.manifest.file is not None]
    for first, second in combinations(dated, 2):
        one, other = first.manifest, second.manifest
        apart = (one.ended or date.max) < (other.effective or date.min) or (other.ended or date.max) < (
            one.effective or date.min
        )
        if first.rank == second.rank and not apart:
            words = f"effective: {second.name} and {first.name} ({first.shown}) cover the same days"
            yield Problem(second.shown, 0, 0, words, "end the earlier edition the day before the later begins")


def days_in_words(span: Span) -> str:
    """Put days of service into words: `from 2022-01-01`, `to 2025-09-30`, `from ... to ...`, `on every day`."""
    first, last = span
    parts = [f"from {first}" if first else "", f"to {last}" if last else ""]
    return " ".join(part for part in parts if part) or "on every day"
