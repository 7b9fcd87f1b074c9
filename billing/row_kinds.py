"""Ask the row kinds: conditions over one row at a time, all of a program's in one pass.

Booleans only cross this room, so that asking costs bits; only rows that fail are put into words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import and_
from types import ModuleType
from typing import NamedTuple

import polars as pl

from billing.alike import Facet, Sheets, facet_of
from billing.findings import SEVERITY
from billing.policy.codesets import Fact, Program
from billing.policy.conditions import absent, holds, how_to_decide, narrowing, open_question
from billing.rules import KINDS
from billing.rules._kind import Check
from billing.verdicts import Answers, Scope, row_caps_of, scope_of, shaped, sorts_of

FEW_ROWS = 5_000
"""Up to this many rows, every check is asked of every row: one query costs less than finding those that differ."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One check of one fact, with its condition made ready.

    Attributes:
        place: Number of the fact in its program.
        fact: The fact.
        check: The check.
        kind: Its rule kind.
        fails: True where the row breaks the rule, null where that cannot be decided.
        may_fail: True where the row breaks the rule or that cannot be decided; named apart from all others of a run.
        is_counted: False when another check of the fact looks at all that this one looks at, and more.
    """

    place: int
    fact: Fact
    check: Check
    kind: ModuleType
    fails: pl.Expr
    may_fail: pl.Expr
    is_counted: bool


@dataclass(frozen=True, slots=True)
class _Group:
    """Checks that look at the same rows: which these are is asked once.

    Attributes:
        scope: The rows their facts are about.
        seen: Of these, the rows they look at; null: all of them.
        unseen: Of these, the rows they cannot look at for want of a value; null: the checks need none such.
        needs: What these lack.
        asked: The checks.
        looked: The rows they look at, of all rows; never null.
        unchecked: The rows they cannot look at, of all rows; null: the checks need no such value.
    """

    scope: Scope
    seen: pl.Expr | None
    unseen: pl.Expr | None
    needs: str
    asked: tuple[_Asked, ...]
    looked: pl.Expr
    unchecked: pl.Expr | None


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of many rows.

    Attributes:
        asks: Boolean over rows: those a group looks at, those it cannot look at, or those on which a check may fail.
        group: The group.
        item: The check that may fail; null: the question is about the group.
        is_unchecked: True: which rows the group cannot look at.
    """

    asks: pl.Expr
    group: _Group
    item: _Asked | None = None
    is_unchecked: bool = False


def ask_row_kinds(parts: Iterable[tuple[int, Program, pl.DataFrame]], answers: Answers) -> None:
    """Evaluate every check of the row kinds over the rows of its program.

    Args:
        parts: For each program the number of its first fact in the run, the program, and its rows: one per line (for
            national facts: every line); where there are few, every program is given all of them.
        answers: Gathers what they say.
    """
    sheets: dict[int, Sheets] = {}
    few: list[tuple[int, Program]] = []
    rows_of_few: pl.DataFrame | None = None
    for first, program, rows in parts:
        if rows.is_empty():
            continue
        if len(rows) > FEW_ROWS:
            _ask_many(sheets.setdefault(id(rows), Sheets(rows)), program, first, answers)
        elif rows_of_few is None or rows_of_few is rows:
            rows_of_few = rows
            few.append((first, program))
        else:
            _ask_few(rows, [(first, program)], answers)
    if rows_of_few is not None:
        _ask_few(rows_of_few, few, answers)


class _Looked(NamedTuple):
    """The places of a group's masks among all that are asked; null: every row, or no mask is needed."""

    group: _Group
    first: int
    seen: int | None
    unseen: int | None


def _ask_few(rows: pl.DataFrame, programs: Iterable[tuple[int, Program]], answers: Answers) -> None:
    """Ask of few rows: one query for the masks, one for the conditions of all groups that look at any row."""
    looked, masks = _masks(rows, programs, answers)
    told = rows.select(mask.alias(str(at)) for at, mask in enumerate(masks)).get_columns() if masks else []
    claim_keys = rows.get_column("claim_key")
    asked: list[tuple[_Asked, int, pl.Series | None]] = []
    for group, first, seen, unseen in looked:
        here = None if seen is None else told[seen]
        count = len(rows) if here is None else int(here.sum())
        _note_looked(group, count, first, answers)
        if unseen is not None:
            _note_unchecked(group, claim_keys.filter(told[unseen]), first, answers)
        if count:
            asked += [(item, first, here) for item in group.asked]
    fails = rows.select(item.may_fail for item, *_ in asked)
    for (item, first, here), may_fail in zip(asked, fails.iter_columns(), strict=True):
        failing = may_fail if here is None else may_fail & here
        if failing.any():
            _put_into_words(rows, failing.arg_true(), item, first, answers)


def _masks(
    rows: pl.DataFrame, programs: Iterable[tuple[int, Program]], answers: Answers
) -> tuple[list[_Looked], list[pl.Expr]]:
    """Say for each group that may look at any of few rows which masks must be asked for it."""
    sorts = sorts_of(rows)
    looked, masks = [], []

    def asked(mask: pl.Expr | None) -> int | None:
        if mask is None:
            return None
        masks.append(mask)
        return len(masks) - 1

    for first, program in programs:
        for group in _groups_of(program):
            whole = group.scope.of_all(sorts)
            if whole is None:
                looked.append(_Looked(group, first, asked(group.looked), asked(group.unchecked)))
            elif whole:
                looked.append(_Looked(group, first, asked(group.seen), asked(group.unseen)))
            else:
                _note_looked(group, 0, first, answers)
    return looked, masks


def _ask_many(sheets: Sheets, program: Program, first: int, answers: Answers) -> None:
    """Ask of many rows: each question of the rows that differ in what it reads."""
    rows = sheets.rows
    for facet, questions in _questions_of(program).items():
        sheet = sheets.of(facet)
        told = sheet.ask(question.asks for question in questions)
        for question, answer in zip(questions, told, strict=True):
            if question.item is not None:
                _put_into_words(rows, sheet.numbers(answer), question.item, first, answers)
            elif question.is_unchecked:
                keys = rows.get_column("claim_key").gather(sheet.numbers(answer))
                _note_unchecked(question.group, keys, first, answers)
            else:
                _note_looked(question.group, sheet.count(answer), first, answers)


def _questions_of(program: Program) -> dict[Facet | None, list[_Question]]:
    """Return what is asked of many rows, by the facet that answers it; made once."""
    if "questions" not in program.memo:
        questions: dict[Facet | None, list[_Question]] = {}
        for group in _groups_of(program):
            if any(item.is_counted for item in group.asked):
                questions.setdefault(facet_of(group.looked), []).append(_Question(group.looked, group))
            if group.unchecked is not None:
                asked = _Question(group.unchecked, group, is_unchecked=True)
                questions.setdefault(facet_of(group.unchecked), []).append(asked)
            for item in group.asked:
                fails = group.looked & item.may_fail
                questions.setdefault(facet_of(fails), []).append(_Question(fails, group, item))
        program.memo["questions"] = questions
    made: dict[Facet | None, list[_Question]] = program.memo["questions"]
    return made


def _groups_of(program: Program) -> tuple[_Group, ...]:
    """Return the checks of a program's row kinds by the rows they look at; made once, since facts never change."""
    memo = program.memo
    if "groups" not in memo:
        gathered: dict[tuple[object, ...], list[_Asked]] = {}
        rows_of: dict[tuple[object, ...], tuple[Scope, pl.Expr | None, pl.Expr | None, str]] = {}
        for place, fact in enumerate(program.facts):
            kind = KINDS[fact.kind]
            checks = tuple(kind.checks(fact)) if hasattr(kind, "checks") else ()
            for number, check in enumerate(checks):
                scope, seen, unseen, needs = _looked(fact, check, kind)
                key = (scope, *(None if mask is None else mask.meta.serialize() for mask in (seen, unseen)), needs)
                is_counted = not any(_sees_more(other, check) for other in checks)
                fails = _fails(fact, check)
                may_fail = fails.fill_null(value=True).alias(f"{program.id}/{place}/{number}")
                item = _Asked(place, fact, check, kind, fails, may_fail, is_counted)
                gathered.setdefault(key, []).append(item)
                rows_of[key] = (scope, seen, unseen, needs)
        memo["groups"] = tuple(_group(*rows_of[key], tuple(asked)) for key, asked in gathered.items())
    made: tuple[_Group, ...] = memo["groups"]
    return made


def _group(scope: Scope, seen: pl.Expr | None, unseen: pl.Expr | None, needs: str, asked: tuple[_Asked, ...]) -> _Group:
    holds = scope.holds()
    looked = holds if seen is None else holds & seen
    return _Group(scope, seen, unseen, needs, asked, looked, None if unseen is None else holds & unseen)


def _sees_more(other: Check, check: Check) -> bool:
    """Tell whether another check of the same fact looks at every row that a check looks at."""
    is_narrower = check.applies is not None or bool(check.uses) or (other.grain, check.grain) == ("line", "claim")
    is_wide = other.applies is None and not other.uses and (other.grain == "line" or check.grain == "claim")
    return is_wide and is_narrower and (check.by_date or not other.by_date)


def _note_looked(group: _Group, count: int, first: int, answers: Answers) -> None:
    """Remember how many rows the facts of a group look at."""
    for number in {first + item.place for item in group.asked}:
        answers.looked_at[number] = max(answers.looked_at.get(number, 0), count)


def _note_unchecked(group: _Group, claim_keys: pl.Series, first: int, answers: Answers) -> None:
    """Remember the claims of the rows that the checks of a group cannot look at."""
    for item in group.asked:
        answers.note_unchecked(claim_keys, first + item.place, group.needs)


def _put_into_words(rows: pl.DataFrame, numbers: pl.Series, item: _Asked, first: int, answers: Answers) -> None:
    """Say of the rows of these numbers what a check answered: true fails, null cannot be decided."""
    if numbers.is_empty():
        return
    hit = rows[numbers]
    fails = hit.select(fails=item.fails).to_series()
    for here, words in ((fails.fill_null(value=False), _failures), (fails.is_null(), _unknowns)):
        if here.any():
            verdicts = words(hit.filter(here), item)
            answers.verdicts.append(verdicts.with_columns(fact=pl.lit(first + item.place, pl.UInt32)))


def _looked(fact: Fact, check: Check, kind: ModuleType) -> tuple[Scope, pl.Expr | None, pl.Expr | None, str]:
    """Say which rows a check looks at, and which it cannot for want of a value or a file, with its name. Never null.

    Returns:
        The rows its fact is about; of these, those it looks at (null: all) and those it cannot look at (null: none
        such); and what these lack.
    """
    conditions = narrowing(fact.entry)
    scope = scope_of(
        fact,
        on_voids=getattr(kind, "ON_VOIDS", False),
        by_date=check.by_date,
        is_about_services=getattr(kind, "SERVICE_FACT", False),
    )
    parts = [pl.col("is_first_line")] if check.grain == "claim" else []
    if check.applies is not None:
        parts.append(check.applies.fill_null(value=False))
    absent = [pl.col(column).is_null() for column in check.uses]
    needs = [check.supply] if check.supply is not None else list(check.uses)
    if conditions is not None:
        parts.append(holds(conditions).fill_null(value=True))
        absent += [pl.col(given).is_null() & holds(conditions).is_null() for given, _ in conditions.uses()]
        needs += [words for _, words in conditions.uses()]
    if not absent:
        return scope, _all_of(parts), None, ""
    is_absent = absent[0] if len(absent) == 1 else pl.any_horizontal(absent)
    return scope, _all_of([*parts, ~is_absent]), _all_of([*parts, is_absent]), " and ".join(needs)


def _all_of(parts: list[pl.Expr]) -> pl.Expr | None:
    return reduce(and_, parts) if parts else None


def _fails(fact: Fact, check: Check) -> pl.Expr:
    """Say whether a row breaks the rule: null where a value it needs is missing, or whether the rule holds for it.

    A row that does not break the rule passes also where it cannot be said whether the rule holds for it.
    """
    undecided = [pl.col(column).is_null() for column in check.needs]
    fails = pl.when(~pl.any_horizontal(undecided)).then(check.fails) if undecided else check.fails
    conditions = narrowing(fact.entry)
    return fails if conditions is None else fails & holds(conditions)


def _common(item: _Asked, verdict: str) -> dict[str, pl.Expr]:
    """Return what every verdict of a check has, whatever its row holds."""
    check = item.check
    at_most, capped_by = _row_caps(item)
    return {
        "claim_key": pl.col("claim_key"),
        "line_key": pl.col("line_key") if check.grain == "line" else pl.lit(None, pl.UInt32),
        "cause": pl.lit(check.cause),
        "verdict": pl.lit(verdict),
        "at_most": at_most,
        "capped_by": capped_by,
        "column": pl.lit(check.column),
        "allowed": _text(check.allowed),
    }


def _failures(rows: pl.DataFrame, item: _Asked) -> pl.DataFrame:
    """Put the rows that fail a check into words."""
    check = item.check
    return shaped(
        rows.select(
            **_common(item, "fail"),
            message=_text(check.message).fill_null(f"The rule {item.fact.path} is not met."),
            remedy=_text(check.remedy),
            found=check.found.cast(pl.String),
            related=check.related if check.related is not None else pl.lit([], pl.List(pl.String)),
            amount_at_risk=check.amount_at_risk if check.amount_at_risk is not None else pl.lit(None),
        )
    )


def _unknowns(rows: pl.DataFrame, item: _Asked) -> pl.DataFrame:
    """Say which value is missing where a check cannot be decided."""
    check, conditions = item.check, narrowing(item.fact.entry)
    needs = check.needs + (conditions.needs() if conditions is not None else ())
    missing = pl.coalesce([*(absent(column) for column in needs), pl.lit(None, pl.String)])
    # A value that is there and cannot be read is reported by the kind that owns it.
    texts = [f"{column}_text" for column in needs if f"{column}_text" in rows.columns]
    unread = pl.any_horizontal(pl.col(text).is_not_null() for text in texts) if texts else pl.lit(value=False)
    message, remedy = check.unknown or (
        f"{item.fact.path} cannot be decided: a value it needs is missing.",
        "Add the missing value, or check the rule by hand.",
    )
    message, remedy, found = _text(message), _text(remedy), pl.lit("nothing")
    if check.unknown is not None:
        found = pl.coalesce(check.found.cast(pl.String), found)
    if conditions is not None:
        breaks = check.fails.fill_null(value=False)
        said = pl.concat_str(_text(check.message), pl.lit(f" {open_question(item.fact.entry)}"))
        message = pl.when(breaks).then(said).otherwise(message)
        remedy = pl.when(breaks).then(pl.lit(how_to_decide(conditions))).otherwise(remedy)
        found = pl.when(breaks).then(check.found.cast(pl.String)).otherwise(found)
    return shaped(
        rows.filter(~unread).select(
            **_common(item, "unknown"), message=message, remedy=remedy, found=found, missing=missing
        )
    )


def _row_caps(item: _Asked) -> tuple[pl.Expr, pl.Expr]:
    """Return the highest severity a verdict may have, and why: the check's own caps and the row's."""
    check = item.check
    row_caps = row_caps_of(item.fact, item.kind)
    reasons: list[pl.Expr] = [pl.when(condition).then(pl.lit(words)) for condition, words in row_caps]
    lowered = pl.any_horizontal([condition for condition, _ in row_caps]) if row_caps else pl.lit(value=False)
    at_most = pl.when(lowered).then(pl.lit("review")).otherwise(None)
    if check.at_most is not None:
        reasons.insert(0, _text("a rule of judging" if check.capped_by is None else check.capped_by))
        at_most = pl.coalesce(_text(check.at_most).cast(pl.String), at_most)
    capped_by = pl.concat_list(reasons).list.drop_nulls() if reasons else pl.lit([], pl.List(pl.String))
    return at_most.cast(SEVERITY), capped_by


def _text(words: str | pl.Expr) -> pl.Expr:
    return pl.lit(words) if isinstance(words, str) else words
