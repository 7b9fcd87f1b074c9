"""Guess a column map from the headers of a log and the look of its values. What is not sure is said."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import polars as pl
import yaml

from billing.formats.tables.fields import LISTS
from billing.formats.tables.looking import HALF, Look, words_of
from billing.formats.tables.sheet import WRITTEN, Sheet, header_key

Sureness = Literal["sure", "check", "unknown"]
_ALIKE = 0.86  # of 1: `Medcaid ID` is `Medicaid ID`, `Service` is not `Services rendered`
_MOST_WORDS = 30
_NAMES_OF_MEMBER = {
    "comma": ("member_last_name", "member_first_name"),
    "space": ("member_first_name", "member_last_name"),
}
_DATES = ("service_date", "service_end_date", "member_birth_date")
_NPIS = ("billing_npi", "rendering_npi", "supervising_npi", "ordering_npi", "referring_npi")


@dataclass(slots=True)
class Suggestion:
    """What one column of the log seems to be.

    Attributes:
        header: Its header.
        to: Our columns; empty: none.
        sureness: How sure that is.
        why: What there is to check, or why it is left out; may be empty.
        split: What stands between several values, where that is not the usual.
        values: What its words mean; an empty meaning is to be filled in.
        digits: Digits that its ids have; null: not said.
    """

    header: str
    to: tuple[str, ...] = ()
    sureness: Sureness = "unknown"
    why: str = ""
    split: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    digits: int | None = None


@dataclass(slots=True)
class Guess:
    """A guessed map.

    Attributes:
        sheet: The log.
        suggestions: One per column that has a header, in order.
        dates: Order of month and day; empty: none is needed; null: it cannot be told.
        decimal: Sign before the cents.
        workers: Names of workers that the log uses.
        has_rates: True when a column holds charges per unit.
    """

    sheet: Sheet
    suggestions: list[Suggestion]
    dates: str | None
    decimal: str
    workers: list[str]
    has_rates: bool

    def given(self) -> set[str]:
        """Return our columns that a column of the log gives."""
        return {name for suggestion in self.suggestions for name in suggestion.to}


@cache
def synonyms() -> Mapping[str, Any]:
    """Return `synonyms.yaml`."""
    text = (files("billing") / "formats" / "tables" / "synonyms.yaml").read_text(encoding="utf-8")
    found: Mapping[str, Any] = yaml.safe_load(text)
    return found


def guess(sheet: Sheet) -> Guess:
    """Guess a map for a sheet."""
    columns = [_without_strangers(sheet, number) for number in range(len(sheet.headers))]
    looks = [Look(column) for column in columns]
    suggestions = [
        _suggestion(header, column)
        for header, column in zip(sheet.headers, columns, strict=True)
        if header not in {"", *WRITTEN}
    ]
    by_header = dict(zip(sheet.headers, looks, strict=True))
    _one_way_to_say_the_service(suggestions)
    _one_column_each(suggestions)
    orders = [by_header[each.header].date_order for each in suggestions if set(each.to) & set(_DATES)]
    told = {order for order in orders if order}
    workers = next((by_header[each.header].distinct[:_MOST_WORDS] for each in suggestions if "worker" in each.to), [])
    amounts = [by_header[each.header] for each in suggestions if each.to in {("charge",), ("units",)}]
    return Guess(
        sheet=sheet,
        suggestions=suggestions,
        dates=told.pop() if len(told) == 1 else ("" if all(order == "" for order in orders) else None),
        decimal="," if any(look.decimal == "," for look in amounts) else ".",
        workers=workers,
        has_rates=any(_plain(header) in synonyms()["rates"] for header in sheet.headers),
    )


def header_row_of(rows: list[list[str]]) -> tuple[int, int]:
    """Return the number, from 1, of the row most like headers (the first where none is), and its known headers."""
    known = _headers()
    counts = [sum(_plain(cell) in known for cell in row) for row in rows]
    best = max(counts, default=0)
    return (counts.index(best) + 1, best) if best > 1 else (1, best)


def _without_strangers(sheet: Sheet, number: int) -> pl.Series:
    """Return the cells of a column without repeated headers and without rows that only add up."""
    texts = sheet.texts.get_column(str(number))
    header = header_key(sheet.headers[number])
    filled = sheet.texts.select(pl.sum_horizontal(pl.exclude("row").is_not_null())).to_series()
    is_visit = (filled * 2 > len(sheet.headers)) & (texts.str.to_lowercase() != header).fill_null(value=True)
    return texts.filter(is_visit) if is_visit.any() else texts


def _plain(header: str) -> str:
    """Return a header in plain words: `Medicaid #` and `Medicaid No.` are `medicaid number`."""
    words = re.sub(r"#|\bno\b\.?|\bnum\b\.?|\bnbr\b", " number ", header.lower())
    words = re.sub(r"(?<=[a-z])'s\b", "", words)
    return " ".join(re.sub(r"[^a-z0-9]+", " ", words).split())


@cache
def _headers() -> dict[str, str]:
    """Return each header that people use with what it is: our column, `together.member`, `ignore` or `rates`."""
    lists = synonyms()
    known = {words: name for name, headers in lists["headers"].items() for words in headers}
    known |= {name.replace("_", " "): name for name in lists["headers"]}
    known |= {words: f"together.{name}" for name, headers in lists["together"].items() for words in headers}
    known |= dict.fromkeys(lists["ignore"], "ignore")
    return known | dict.fromkeys(lists["rates"], "rates")


def _meant(header: str) -> tuple[str | None, bool]:
    """Return what a header means, and whether it is the very word."""
    words, known = _plain(header), _headers()
    if words in known:
        return known[words], True
    perhaps = {phrase: name for name, phrases in synonyms()["perhaps"].items() for phrase in phrases}
    if words in perhaps:
        return perhaps[words], False
    near = difflib.get_close_matches(words, known, n=1, cutoff=_ALIKE)
    if near:
        return known[near[0]], False
    tokens = set(words.split())
    parts = [phrase for phrase in known if " " in phrase and tokens >= set(phrase.split())]
    best = max(parts, key=lambda phrase: (len(phrase.split()), phrase), default=None)
    return (known[best], False) if best else (None, False)


def _suggestion(header: str, column: pl.Series) -> Suggestion:
    meant, is_word = _meant(header)
    if meant == "ignore":
        return Suggestion(header, sureness="sure", why="no claim carries it")
    if meant == "rates":
        return Suggestion(header, sureness="check", why="charges per unit belong under `charges:`")
    look = Look(column)
    if not look.filled:
        return _empty(header, meant if is_word else None)
    found = next(_candidates(header, meant, look), None)
    if found is None and meant is not None:
        found = next(_candidates(header, meant, Look(column, HALF)), None)
        if found is not None:
            found.sureness, found.why = "check", found.why or "some of its values look like something else"
    if found is None:
        why = "not recognised" if meant is None else f"headed like {_named(meant)}, but not filled like it"
        return Suggestion(header, why=why)
    if not is_word and found.sureness == "sure":
        found.sureness, found.why = "check", "the header is not quite clear"
    return found


def _empty(header: str, meant: str | None) -> Suggestion:
    """Map an empty column by its header: a value that comes to stand in it must not be passed over."""
    if meant is None or meant.startswith("together."):
        return Suggestion(header, why="the column is empty")
    return Suggestion(header, (meant,), "check", "the column is empty in this log")


def _named(meant: str) -> str:
    return {"together.member": "names of members", "together.times": "times", "together.service": "services"}.get(
        meant, meant
    )


def _candidates(header: str, meant: str | None, look: Look) -> Iterator[Suggestion]:
    """Yield what the column may be, most likely first: by its header where the values agree, else by its values."""
    if meant == "together.member" or (meant in {"member_last_name", "member_first_name"} and look.is_comma_names):
        yield from _names(header, look)
    elif meant == "together.times":
        if look.is_time_ranges:
            yield Suggestion(header, ("start_time", "end_time"), "sure")
    elif meant in {"together.service", "procedure_code"}:
        yield from _service(header, look)
    elif meant == "worker":
        yield Suggestion(header, ("rendering_npi",) if look.is_npis else ("worker",), "sure")
    elif meant == "place_of_service":
        yield _place(header, look)
    elif meant == "member_id":
        yield from _member_id(header, look)
    elif meant is not None and _agrees(meant, look):
        yield Suggestion(header, (meant,), "sure")
    if meant is None:
        yield from _by_values(header, look)


def _agrees(name: str, look: Look) -> bool:
    if name in _DATES:
        return look.is_dates
    if name in _NPIS:
        return look.is_npis
    if name in {"charge", "units", "group_size"}:
        return look.is_amounts
    if name in {"start_time", "end_time"}:
        return look.is_times
    if name == "diagnoses":
        return look.is_diagnoses
    return look.is_modifiers if name == "modifiers" else True


def _names(header: str, look: Look) -> Iterator[Suggestion]:
    if look.is_comma_names:
        yield Suggestion(header, _NAMES_OF_MEMBER["comma"], "sure")
    elif look.is_space_names:
        why = "the first word is read as the first name, the rest as the last name"
        yield Suggestion(header, _NAMES_OF_MEMBER["space"], "check", why, split=" ")


def _service(header: str, look: Look) -> Iterator[Suggestion]:
    if look.has_modifiers_behind:
        yield Suggestion(header, ("procedure_code", "modifiers"), "sure")
    elif look.is_codes:
        yield Suggestion(header, ("procedure_code",), "sure")
    elif len(look.distinct) <= _MOST_WORDS:
        why = "words, not codes: say what each stands for"
        values = dict.fromkeys(words_of(look.distinct, r"[A-Za-z][0-9]{4}.*|[0-9]{5}.*", _MOST_WORDS), "")
        yield Suggestion(header, ("procedure_code", "modifiers"), "check", why, values=values)


def _place(header: str, look: Look) -> Suggestion:
    if look.is_places:
        return Suggestion(header, ("place_of_service",), "sure")
    known = {words: code for code, listed in synonyms()["places"].items() for words in listed}
    words = words_of(look.distinct, r"[0-9]{1,2}", _MOST_WORDS)
    values = {word: known.get(" ".join(word.lower().split()), "") for word in words}
    return Suggestion(header, ("place_of_service",), "check", "compare the codes of the words", values=values)


def _member_id(header: str, look: Look) -> Iterator[Suggestion]:
    if not look.is_ids:
        return
    digits = look.lost_digits
    if digits is None:
        yield Suggestion(header, ("member_id",), "sure")
    else:
        why = f"most ids have {digits} digits, some fewer: leading zeros are put back"
        yield Suggestion(header, ("member_id",), "check", why, digits=digits)


def _by_values(header: str, look: Look) -> Iterator[Suggestion]:
    """Tell a column by its values alone, where these can hardly be anything else."""
    why = "by its values alone"
    if look.is_npis:
        yield Suggestion(header, ("rendering_npi",), "check", f"{why}: whose NPI is it?")
    elif look.has_modifiers_behind:
        yield Suggestion(header, ("procedure_code", "modifiers"), "check", why)
    elif look.is_time_ranges:
        yield Suggestion(header, ("start_time", "end_time"), "check", why)


def _one_column_each(suggestions: list[Suggestion]) -> None:
    """Let one column give each of ours: the surest, of these the first."""
    taken: dict[str, Suggestion] = {}
    for suggestion in sorted(suggestions, key=lambda each: ("sure", "check", "unknown").index(each.sureness)):
        rivals = [taken[name] for name in suggestion.to if name in taken and name not in LISTS]
        if rivals:
            words = f"`{rivals[0].header}` gives {' and '.join(rivals[0].to)} already"
            suggestion.to, suggestion.sureness, suggestion.why, suggestion.values = (), "check", words, {}
        taken |= dict.fromkeys(suggestion.to, suggestion)


def _one_way_to_say_the_service(suggestions: list[Suggestion]) -> None:
    """Leave words for a service out where another column has the codes."""
    for suggestion in suggestions:
        has_words = bool(suggestion.values) and "procedure_code" in suggestion.to
        if has_words and any("procedure_code" in each.to and not each.values for each in suggestions):
            suggestion.to, suggestion.values, suggestion.why = (), {}, "another column has the codes"
