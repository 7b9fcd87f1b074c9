"""Ask the row kinds: conditions over one row at a time, all of a program's in one pass.

Booleans only cross this room, so that asking costs bits; only rows that fail are put into words.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import polars as pl

from billing.findings import SEVERITY
from billing.policy.codesets import Fact, Program
from billing.policy.conditions import holds
from billing.rules import KINDS
from billing.rules._kind import Check
from billing.verdicts import Answers, falls_under, row_caps_of, shaped

FEW_ROWS = 5_000
"""Up to this many rows, every check is asked of every row: one query costs less than picking rows."""
MOST_ROWS = 0.75
"""A check that looks at a smaller part of the rows is asked of that part alone."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One check of one fact, with its condition made ready.

    Attributes:
        place: Number of the fact in its program.
        fact: The fact.
        check: The check.
        kind: Its rule kind.
        fails: True where the row breaks the rule, null where that cannot be decided.
    """

    place: int
    fact: Fact
    check: Check
    kind: ModuleType
    fails: pl.Expr


@dataclass(frozen=True, slots=True)
class _Group:
    """Checks that look at the same rows: those rows are picked once, and all are asked together.

    Attributes:
        looked: The rows they look at; never null.
        unchecked: The rows they cannot look at for want of a value; null: the checks need none such.
        asked: The checks.
    """

    looked: pl.Expr
    unchecked: pl.Expr | None
    asked: tuple[_Asked, ...]

    def fails(self) -> list[pl.Expr]:
        """Return the conditions of its checks, named by their number in the group."""
        return [item.fails.alias(str(number)) for number, item in enumerate(self.asked)]

    def columns(self) -> list[str]:
        """Return the columns that its conditions read."""
        return sorted({name for item in self.asked for name in item.fails.meta.root_names()}) or ["line_key"]


def ask_row_kinds(rows: pl.DataFrame, program: Program, first: int, answers: Answers) -> None:
    """Evaluate every check of the row kinds over one program's rows.

    Args:
        rows: One row per line of the program (for national facts: every line).
        program: The program.
        first: Number of its first fact in the run.
        answers: Gathers what they say.
    """
    groups = _groups_of(program)
    if not groups or rows.is_empty():
        return
    if len(rows) <= FEW_ROWS:
        _ask_few(rows, groups, program, first, answers)
        return
    masks = rows.lazy().select(program.memo["masks"]).collect()
    for index, group in enumerate(groups):
        looked = _note(rows, masks, index, group, first=first, answers=answers)
        count = int(looked.sum())
        if not count:
            continue
        if count > MOST_ROWS * len(rows):
            fails, places = rows.lazy().select(group.fails()).collect().select(pl.all() & looked), None
        else:
            picked = rows.select(group.columns()).filter(looked)
            fails, places = picked.lazy().select(group.fails()).collect(), looked.arg_true()
        for number, item in enumerate(group.asked):
            _gather(rows, fails.get_column(str(number)), item, first, answers, places=places)


def _ask_few(rows: pl.DataFrame, groups: tuple[_Group, ...], program: Program, first: int, answers: Answers) -> None:
    """Ask of few rows: one query for the masks, one for the conditions of all groups that look at any row."""
    masks = rows.select(program.memo["masks"])
    looked = [_note(rows, masks, index, group, first=first, answers=answers) for index, group in enumerate(groups)]
    asked = [(item, mask) for group, mask in zip(groups, looked, strict=True) if mask.any() for item in group.asked]
    fails = rows.select(item.fails.alias(str(number)) for number, (item, _) in enumerate(asked))
    for number, (item, mask) in enumerate(asked):
        _gather(rows, fails.get_column(str(number)) & mask, item, first, answers)


def _groups_of(program: Program) -> tuple[_Group, ...]:
    """Return the checks of a program's row kinds by the rows they look at; made once, since facts never change."""
    memo = program.memo
    if "groups" not in memo:
        gathered: dict[tuple[object, ...], list[_Asked]] = {}
        masks: dict[tuple[object, ...], tuple[pl.Expr, pl.Expr | None]] = {}
        for place, fact in enumerate(program.facts):
            kind = KINDS[fact.kind]
            for check in kind.checks(fact) if hasattr(kind, "checks") else ():
                looked, unchecked = _looked(fact, check, kind)
                key = (
                    looked.meta.serialize(),
                    unchecked.meta.serialize() if unchecked is not None else None,
                    check.uses,
                )
                gathered.setdefault(key, []).append(_Asked(place, fact, check, kind, _fails(fact, check)))
                masks[key] = (looked, unchecked)
        groups = tuple(_Group(*masks[key], tuple(asked)) for key, asked in gathered.items())
        memo["masks"] = [
            expression.alias(f"{index}/{what}")
            for index, group in enumerate(groups)
            for what, expression in (("looked", group.looked), ("unchecked", group.unchecked))
            if expression is not None
        ]
        memo["groups"] = groups
    made: tuple[_Group, ...] = memo["groups"]
    return made


def _note(
    rows: pl.DataFrame, masks: pl.DataFrame, index: int, group: _Group, *, first: int, answers: Answers
) -> pl.Series:
    """Count the rows a group looks at, remember those it could not, and return its mask."""
    looked = masks.get_column(f"{index}/looked")
    count = int(looked.sum())
    for number in {first + item.place for item in group.asked}:
        answers.looked_at[number] = max(answers.looked_at.get(number, 0), count)
    if group.unchecked is not None:
        keys = rows.get_column("claim_key").filter(masks.get_column(f"{index}/unchecked"))
        for item in group.asked:
            answers.note_unchecked(keys, first + item.place, " and ".join(item.check.uses))
    return looked


def _gather(
    rows: pl.DataFrame, fails: pl.Series, item: _Asked, first: int, answers: Answers, *, places: pl.Series | None = None
) -> None:
    """Put into words what a check answered: true fails, null cannot be decided.

    Args:
        rows: The program's rows.
        fails: The answers, for every row or for those at `places`.
        item: The check.
        first: Number of its program's first fact.
        answers: Gathers the words.
        places: The rows that were asked; null: all.
    """
    answers_of = []
    if fails.any():
        answers_of.append((fails.fill_null(value=False), _failures))
    if fails.null_count():
        answers_of.append((fails.is_null(), _unknowns))
    for here, words in answers_of:
        hit = rows.filter(here) if places is None else rows[places.filter(here)]
        answers.verdicts.append(words(hit, item).with_columns(fact=pl.lit(first + item.place, pl.UInt32)))


def _looked(fact: Fact, check: Check, kind: ModuleType) -> tuple[pl.Expr, pl.Expr | None]:
    """Say which rows a check looks at, and which it cannot for want of a value its format lacks. Never null."""
    when = getattr(fact.entry, "when", None)
    looked = falls_under(
        fact,
        on_voids=getattr(kind, "ON_VOIDS", False),
        by_date=check.by_date,
        is_about_services=getattr(kind, "SERVICE_FACT", False),
    )
    if check.grain == "claim":
        looked = looked & pl.col("is_first_line")
    if check.applies is not None:
        looked = looked & check.applies.fill_null(value=False)
    if when is not None:
        looked = looked & holds(when).fill_null(value=True)
    if not check.uses:
        return looked, None
    absent = pl.any_horizontal([pl.col(column).is_null() for column in check.uses])
    return looked & ~absent, looked & absent


def _fails(fact: Fact, check: Check) -> pl.Expr:
    """Say whether a row breaks the rule: null where a value it needs, or a condition, cannot be decided."""
    when = getattr(fact.entry, "when", None)
    undecided = [pl.col(column).is_null() for column in check.needs]
    if when is not None:
        undecided.append(holds(when).is_null())
    return pl.when(~pl.any_horizontal(undecided)).then(check.fails) if undecided else check.fails


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
    when = getattr(item.fact.entry, "when", None)
    needs = item.check.needs + (when.needs() if when is not None else ())
    absent = (pl.when(pl.col(column).is_null()).then(pl.lit(column)) for column in needs)
    # A value that is there and cannot be read is reported by the kind that owns it.
    texts = [f"{column}_text" for column in needs if f"{column}_text" in rows.columns]
    unread = pl.any_horizontal(pl.col(text).is_not_null() for text in texts) if texts else pl.lit(value=False)
    return shaped(
        rows.filter(~unread).select(
            **_common(item, "unknown"),
            message=pl.lit(f"{item.fact.path} cannot be decided: a value it needs is missing."),
            remedy=pl.lit("Add the missing value, or check the rule by hand."),
            found=pl.lit("nothing"),
            missing=pl.coalesce([*absent, pl.lit(None, pl.String)]),
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
