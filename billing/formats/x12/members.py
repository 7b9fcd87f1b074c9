"""The members file as payers send it: an eligibility response (271) or an enrollment file (834).

Both say some days on which a member is covered; neither lists all coverage there ever was. So they are read into
the rows of the members file, with what could not be made into a row counted in words, and a day outside the rows
is a question to the payer, not a refusal.

They say nothing that could stand for the other files: other insurance is named for some members and not ruled out
for the others, and no setting that excludes services is named at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from billing.errors import InputError, ReferenceFileError
from billing.formats.x12.delimiters import Delimiters, character
from billing.formats.x12.elements import element
from billing.formats.x12.segments import split_segments
from billing.reference_columns import reference_schema

OWN_ID = ("MI", "II", "ZZ")
"""NM108 of a number that the payer knows a member by; never a social security number (34)."""

_SETS = {"271": "eligibility response", "834": "enrollment file"}
_OPTIONAL = ("program", "birth_date", "death_date", "sex", "pregnant_from", "pregnant_to", "benefit_plan", "county",
             "decided_on")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """What a 271 or an 834 says of members.

    Attributes:
        rows: One row per span of coverage and id of a member: `member_id`, `effective`, `ended`, and what is said of
            `birth_date`, `death_date`, `sex`, `benefit_plan` and `county`; in file order.
        notes: What was left out or understood, in words, with how often.
    """

    rows: pl.DataFrame
    notes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Members:
    """A members file.

    Attributes:
        frame: Its rows, with the columns of the members file.
        missing: The optional columns of which nothing is said.
        notes: What was left out or understood: one sentence each.
    """

    frame: pl.DataFrame
    missing: tuple[str, ...]
    notes: tuple[str, ...]


def read_members(data: bytes, name: str) -> Members:
    """Read a 271 or an 834.

    Args:
        data: The file.
        name: Its name, for messages.

    Raises:
        ReferenceFileError: It is another kind of X12, or says of no member on which days there is coverage.
    """
    from billing.formats.x12.members271 import read_271  # noqa: PLC0415 they use what is here
    from billing.formats.x12.members834 import read_834  # noqa: PLC0415 likewise

    try:
        segments = split_segments(data, name)
    except InputError:
        raise ReferenceFileError(f"{name}: the file begins with ISA but is no X12\n  fix: {_FIX}") from None
    parts = []
    for frame, delimiters in zip(segments.of_regions(), segments.delimiters, strict=True):
        rows = numbered(frame, delimiters)
        for set_id, read in (("271", read_271), ("834", read_834)):
            own = rows.filter(set_id=set_id)
            if len(own):
                parts.append((set_id, read(own)))
        _refuse_others(rows, name)
    if not parts:
        raise ReferenceFileError(f"{name}: there is no transaction in this file\n  fix: {_FIX}")
    rows = pl.concat([read.rows for _, read in parts]).unique(maintain_order=True)
    notes = [f"{name}: {words}" for words in _worded([read.notes for _, read in parts])]
    kind = _SETS[parts[0][0]]
    if rows.is_empty():
        said = "".join(f"\n  {words}" for words in _worded([read.notes for _, read in parts]))
        raise ReferenceFileError(
            f"{name}: this {kind} ({parts[0][0]}) says of no member on which days there is coverage{said}\n"
            f"  fix: {_FIX}"
        )
    schema = reference_schema("members")
    frame = rows.select(
        (pl.col(column) if column in rows.columns else pl.lit(None)).cast(dtype).alias(column)
        for column, dtype in schema.items()
    )
    missing = tuple(column for column in _OPTIONAL if frame.get_column(column).null_count() == len(frame))
    return Members(frame, missing, tuple(notes))


_FIX = "give a 271 or 834 that names first and last days of coverage, or a members file as CSV"


def _refuse_others(rows: pl.DataFrame, name: str) -> None:
    others = rows.filter((pl.col("id") == "ST") & ~pl.col("set_id").is_in(list(_SETS)))
    if len(others):
        said = others.get_column("set_id").fill_null("").str.slice(0, 3).unique(maintain_order=True).head(3)
        shown = ", ".join(text if text.isalnum() else "something else" for text in said)
        raise ReferenceFileError(
            f"{name}: this X12 file holds {shown}, not who is covered\n"
            "  fix: give a 271 (eligibility response), an 834 (enrollment), or a members file as CSV"
        )


def _worded(counts: list[Mapping[str, int]]) -> Iterator[str]:
    """Put counts into sentences; `{}` stands for the number, `[one|several]` for what depends on it."""
    total: dict[str, int] = {}
    for count in counts:
        for words, number in count.items():
            total[words] = total.get(words, 0) + number
    for words, number in total.items():
        if number:
            yield _in_number(words, number)


def _in_number(words: str, number: int) -> str:
    while "[" in words:
        before, _, rest = words.partition("[")
        choice, _, behind = rest.partition("]")
        one, _, several = choice.partition("|")
        words = before + (one if number == 1 else several) + behind
    return words.replace("{}", f"{number:,}")


# ------------------------------------------------------------------------------------------- what both kinds share


def numbered(frame: pl.DataFrame, delimiters: Delimiters) -> pl.DataFrame:
    """One row per segment: `id`, `elements`, `transaction` (from 1; 0 outside) and its `set_id` (ST01)."""
    rows = frame.select(elements=pl.col("text").str.split(character(delimiters.element))).filter(
        pl.col("elements").list.get(0) != ""
    )
    rows = rows.with_columns(id=pl.col("elements").list.get(0, null_on_oob=True))
    begins = pl.col("id") == "ST"
    ends = pl.col("id").is_in(["SE", "GE", "GS", "IEA", "ISA"])
    rows = rows.with_columns(
        transaction=begins.cum_sum(),
        is_open=pl.when(begins).then(True).when(ends).then(False).forward_fill().fill_null(value=False),
        set_id=pl.when(begins).then(element(1).fill_null("")).forward_fill(),
    )
    return rows.filter("is_open")


def first_of(rows: pl.DataFrame, key: str, condition: pl.Expr, **values: pl.Expr) -> pl.DataFrame:
    """One row per `key` that has a segment of a kind, with values of the first of them."""
    return rows.filter(condition).group_by(key, maintain_order=True).agg(pl.all().first()).select(key, **values)


def d8(number: int) -> pl.Expr:
    """Return element `number` where the one before says that it is a day (D8); null where it is no day."""
    text = element(number)
    is_day = (element(number - 1) == "D8") & text.str.contains(r"^[0-9]{8}$")
    return pl.when(is_day).then(text).str.to_date("%Y%m%d", strict=False)


def span_of(number: int, end: int) -> pl.Expr:
    """Return the first (`end` 0) or last (1) day of a range (RD8) in element `number`."""
    parts = element(number).str.split("-")
    text = parts.list.get(end, null_on_oob=True)
    is_range = (element(number - 1) == "RD8") & (parts.list.len() == 2) & text.str.contains(r"^[0-9]{8}$")
    return pl.when(is_range).then(text).str.to_date("%Y%m%d", strict=False)


def sex() -> pl.Expr:
    """Return DMG03 where it is a sex that the members file knows."""
    return pl.when(element(3).is_in(["F", "M", "U"])).then(element(3))


def county() -> pl.Expr:
    """Return the county that an N4 names (N406 when N405 says CY)."""
    return pl.when(element(5) == "CY").then(element(6))
