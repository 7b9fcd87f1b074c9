"""Ask the rule kinds about the rows: who fails, who cannot be decided, who could not be checked.

Row kinds of one program are evaluated in a single pass over that program's rows; window kinds are collected
together. Only rows that fail are put into words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import NamedTuple

import polars as pl

from billing.findings import SEVERITY, VERDICT_SCHEMA
from billing.policy.codesets import NATIONAL, Fact
from billing.policy.conditions import holds
from billing.policy.schema import Service
from billing.rules._kind import Check, Context

FEW_ROWS = 5_000
"""Up to this many rows, every check is asked of every row: one query costs less than picking rows."""
MOST_ROWS = 0.75
"""A check that looks at a smaller part of the rows is asked of that part alone."""

RAW_SCHEMA = {**VERDICT_SCHEMA, "fact": pl.UInt32, "missing": pl.String}
"""A verdict with the number of the fact it belongs to and, when unknown, the column that is missing."""

_NEAREST = "the line fits no service exactly and was judged by the nearest"
_BEGINS_BEFORE = "the dates begin before the rule's own dates"
_RUNS_PAST = "the dates run past the end of the rule's own dates"


class Unchecked(NamedTuple):
    """Lines that a fact could not be checked on.

    Attributes:
        claim_keys: The claim of each such line.
        fact: Number of the fact.
        needs: What to supply.
        partly: True when the batch itself was checked, and only what lies outside it was not.
    """

    claim_keys: pl.Series
    fact: int
    needs: str
    partly: bool


@dataclass
class Answers:
    """What the kinds said: gathered over all programs of a run.

    Attributes:
        verdicts: Frames of `RAW_SCHEMA`.
        unchecked: What could not be checked, one item per fact and need.
        looked_at: Fact number to the number of lines it looked at.
    """

    verdicts: list[pl.DataFrame] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)
    looked_at: dict[int, int] = field(default_factory=dict)

    def note_unchecked(self, claim_keys: pl.Series, fact: int, needs: str, *, partly: bool = False) -> None:
        """Remember that `fact` could not be checked on the lines of these claims for want of `needs`."""
        if len(claim_keys):
            self.unchecked.append(Unchecked(claim_keys, fact, needs, partly))


@dataclass(frozen=True, slots=True)
class _Asked:
    """One check of one fact."""

    number: int
    fact: Fact
    check: Check
    kind: ModuleType


# --------------------------------------------------------------------------------------------------- row kinds


def ask_row_kinds(
    rows: pl.DataFrame, facts: Iterable[tuple[int, Fact]], kinds: dict[str, ModuleType], answers: Answers
) -> None:
    """Evaluate every check of the row kinds over one program's rows, in one pass.

    Args:
        rows: One row per line of the program (for national facts: every line).
        facts: The program's facts with their numbers.
        kinds: Rule kinds by name.
        answers: Gathers what they say.
    """
    asked = [
        _Asked(number, fact, check, kinds[fact.kind])
        for number, fact in facts
        if hasattr(kinds[fact.kind], "checks")
        for check in kinds[fact.kind].checks(fact)
    ]
    if not asked or rows.is_empty():
        return
    masks = rows.lazy().select(
        expression.alias(f"{index}/{what}") for index, item in enumerate(asked) for what, expression in _looked(item)
    ).collect()  # fmt: skip
    whole: list[int] = []
    for index, item in enumerate(asked):
        looked = masks.get_column(f"{index}/looked")
        count = int(looked.sum())
        answers.looked_at[item.number] = max(answers.looked_at.get(item.number, 0), count)
        if item.check.uses:
            keys = rows.get_column("claim_key").filter(masks.get_column(f"{index}/unchecked"))
            answers.note_unchecked(keys, item.number, " and ".join(item.check.uses))
        if len(rows) <= FEW_ROWS or count > MOST_ROWS * len(rows):
            whole.append(index)
        elif count:
            own = rows.select(_columns_of(item)).filter(looked)
            _gather(rows, looked.arg_true(), own.select(_fails(item)).to_series(), item, answers)
    everything = pl.int_range(len(rows), eager=True)
    fails = rows.lazy().select(_fails(asked[index]).alias(str(index)) for index in whole).collect()
    for index in whole:
        answer = fails.get_column(str(index)) & masks.get_column(f"{index}/looked")
        _gather(rows, everything, answer, asked[index], answers)


def _gather(rows: pl.DataFrame, places: pl.Series, fails: pl.Series, item: _Asked, answers: Answers) -> None:
    """Put what a check answered into words: `fails` for the rows at `places`, null where it cannot be decided."""
    if fails.any():
        answers.verdicts.append(_failures(rows[places.filter(fails)], item))
    if fails.null_count():
        answers.verdicts.append(_unknowns(rows[places.filter(fails.is_null())], item))


def falls_under(
    fact: Fact, *, on_voids: bool, by_date: bool = True, is_about_services: bool = False, beside: Iterable[str] = ()
) -> pl.Expr:
    """Tell which rows a fact is about: its services (and those `beside`), its dates, voids or not. Never null."""
    parts: list[pl.Expr] = []
    if isinstance(fact.entry, Service):
        parts.append(pl.col("service") == fact.entry.id)
    elif fact.services is not None:
        parts.append(pl.col("service").is_in([*fact.services, *beside]))
    if fact.program != NATIONAL and not is_about_services:
        parts.append(~pl.col("placed").is_in(["tied", "unclear"]))
    if by_date and fact.effective is not None:
        parts.append(pl.col("last_date") >= fact.effective)
    if by_date and fact.ended is not None:
        parts.append(pl.col("service_date") <= fact.ended)
    if not on_voids:
        parts.append(~pl.col("is_void"))
    return pl.all_horizontal(parts).fill_null(value=False) if parts else pl.lit(value=True)


def _looked(item: _Asked) -> Iterator[tuple[str, pl.Expr]]:
    """Say which rows a check looks at, and which it cannot for want of a value its format lacks. Never null."""
    check, kind, when = item.check, item.kind, getattr(item.fact.entry, "when", None)
    looked = falls_under(
        item.fact,
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
    if check.uses:
        absent = pl.any_horizontal([pl.col(column).is_null() for column in check.uses])
        yield "unchecked", looked & absent
        looked = looked & ~absent
    yield "looked", looked


def _fails(item: _Asked) -> pl.Expr:
    """Say whether a row breaks the rule: null where a value it needs, or a condition, cannot be decided."""
    when = getattr(item.fact.entry, "when", None)
    undecided = [pl.col(column).is_null() for column in item.check.needs]
    if when is not None:
        undecided.append(holds(when).is_null())
    return pl.when(~pl.any_horizontal(undecided)).then(item.check.fails) if undecided else item.check.fails


def _columns_of(item: _Asked) -> list[str]:
    return sorted(set(_fails(item).meta.root_names())) or ["line_key"]


def _failures(rows: pl.DataFrame, item: _Asked) -> pl.DataFrame:
    """Put the rows that fail a check into words."""
    check = item.check
    at_most, capped_by = _row_caps(item)
    message = _text(check.message).fill_null(f"The rule {item.fact.path} is not met.")
    return _shaped(
        rows.select(
            "claim_key",
            line_key=pl.col("line_key") if check.grain == "line" else pl.lit(None, pl.UInt32),
            cause=pl.lit(check.cause),
            verdict=pl.lit("fail"),
            at_most=at_most,
            capped_by=capped_by,
            column=pl.lit(check.column),
            message=message,
            remedy=_text(check.remedy),
            found=check.found.cast(pl.String),
            allowed=_text(check.allowed),
            related=check.related if check.related is not None else pl.lit([], pl.List(pl.String)),
            amount_at_risk=check.amount_at_risk if check.amount_at_risk is not None else pl.lit(None),
            fact=pl.lit(item.number),
        )
    )


def _unknowns(rows: pl.DataFrame, item: _Asked) -> pl.DataFrame:
    """Say which value is missing where a check cannot be decided."""
    check, when = item.check, getattr(item.fact.entry, "when", None)
    needs = check.needs + (when.needs() if when is not None else ())
    missing = pl.coalesce(
        [*(pl.when(pl.col(column).is_null()).then(pl.lit(column)) for column in needs), pl.lit(None, pl.String)]
    )
    # A value that is there and cannot be read is reported by the kind that owns it.
    unread = pl.coalesce(
        [
            *(
                pl.when(pl.col(f"{column}_text").is_not_null()).then(statement=True)
                for column in needs
                if f"{column}_text" in rows.columns
            ),
            pl.lit(value=False),
        ]
    )
    at_most, capped_by = _row_caps(item)
    return _shaped(
        rows.filter(~unread).select(
            "claim_key",
            line_key=pl.col("line_key") if check.grain == "line" else pl.lit(None, pl.UInt32),
            cause=pl.lit(check.cause),
            verdict=pl.lit("unknown"),
            at_most=at_most,
            capped_by=capped_by,
            column=pl.lit(check.column),
            message=pl.lit(f"{item.fact.path} cannot be decided: a value it needs is missing."),
            remedy=pl.lit("Add the missing value, or check the rule by hand."),
            found=pl.lit("nothing"),
            allowed=_text(check.allowed),
            missing=missing,
            fact=pl.lit(item.number),
        )
    )


def _row_caps(item: _Asked) -> tuple[pl.Expr, pl.Expr]:
    """Return the highest severity a verdict may have, and why: the check's own caps and the row's."""
    check = item.check
    row_caps = row_caps_of(item.fact, item.kind)
    reasons: list[pl.Expr] = [pl.when(condition).then(pl.lit(words)) for condition, words in row_caps]
    lowered = pl.any_horizontal([condition for condition, _ in row_caps]) if row_caps else pl.lit(value=False)
    if check.at_most is not None:
        reasons.insert(0, pl.lit(check.capped_by or "a rule of judging"))
        at_most = pl.lit(check.at_most)
    else:
        at_most = pl.when(lowered).then(pl.lit("review")).otherwise(None)
    capped_by = pl.concat_list(reasons).list.drop_nulls() if reasons else pl.lit([], pl.List(pl.String))
    return at_most.cast(SEVERITY), capped_by


def row_caps_of(fact: Fact, kind: ModuleType) -> list[tuple[pl.Expr, str]]:
    """Return the conditions of a row that keep a finding of this fact at review, each with its words."""
    is_about_placing = getattr(kind, "ABOUT_PLACING", False) and isinstance(fact.entry, Service)
    caps: list[tuple[pl.Expr, str]] = []
    if fact.program != NATIONAL and not is_about_placing:
        caps.append(((pl.col("placed") == "nearest").fill_null(value=False), _NEAREST))
    if fact.effective is not None:
        crosses = (pl.col("service_date") < fact.effective) & (pl.col("last_date") >= fact.effective)
        caps.append((crosses.fill_null(value=False), _BEGINS_BEFORE))
    if fact.ended is not None:
        crosses = (pl.col("service_date") <= fact.ended) & (pl.col("last_date") > fact.ended)
        caps.append((crosses.fill_null(value=False), _RUNS_PAST))
    return caps


def _text(words: str | pl.Expr) -> pl.Expr:
    return pl.lit(words) if isinstance(words, str) else words


def _shaped(frame: pl.DataFrame) -> pl.DataFrame:
    """Give a verdict frame all columns of RAW_SCHEMA."""
    have = set(frame.columns)
    return frame.select(
        (pl.col(name) if name in have else pl.lit([], dtype) if isinstance(dtype, pl.List) else pl.lit(None, dtype))
        .cast(dtype)
        .alias(name)
        for name, dtype in RAW_SCHEMA.items()
    )


# ------------------------------------------------------------------------------------------------- window kinds


def ask_window_kinds(
    rows: pl.DataFrame,
    facts: Iterable[tuple[int, Fact]],
    kinds: dict[str, ModuleType],
    context: Context,
    answers: Answers,
    *,
    stage: int,
) -> None:
    """Run the window kinds of one stage over one program's rows and collect them together.

    Args:
        rows: One row per line of the program, history lines among them.
        facts: The program's facts with their numbers.
        kinds: Rule kinds by name.
        context: The references and the received date; its rows are replaced per fact.
        answers: Gathers what they say.
        stage: 1 or 2.
    """
    plans: list[pl.LazyFrame] = []
    is_history = rows.get_column("is_history") if "is_history" in rows.columns else pl.Series([False])
    numbers: list[tuple[int, Fact]] = []
    for number, fact in facts:
        kind = kinds[fact.kind]
        if not hasattr(kind, "check") or getattr(kind, "STAGE", 2) != stage:
            continue
        under = rows.select(_window_rows(fact, kind)).to_series()
        concerned = rows.select(kind.concerns(fact)).to_series() if hasattr(kind, "concerns") else True
        ours = rows.get_column("claim_key").filter(under & concerned & ~is_history)
        absent = [name for name in getattr(kind, "REFERENCES", ()) if name not in context.references.present]
        if absent:
            answers.note_unchecked(ours, number, " and ".join(absent))
            continue
        answers.looked_at[number] = max(answers.looked_at.get(number, 0), len(ours))
        if ours.is_empty():
            continue
        for name in partly_needed(kind, fact):
            if name not in context.references.present:
                answers.note_unchecked(ours, number, name, partly=True)
        own_rows = rows if under.all() else rows.filter(under)
        own = Context(own_rows.lazy(), context.references, context.received)
        plans.append(kind.check(fact, own))
        numbers.append((number, fact))
        if hasattr(kind, "unchecked"):
            needs = kind.unchecked_needs(fact) if hasattr(kind, "unchecked_needs") else "worker"
            answers.note_unchecked(_own_unchecked(kind, fact, own), number, needs)
    for (number, fact), found in zip(numbers, pl.collect_all(plans), strict=True):
        if len(found):
            answers.verdicts.append(
                _with_row_caps(found.with_columns(fact=pl.lit(number)), rows, row_caps_of(fact, kinds[fact.kind]))
            )


def partly_needed(kind: ModuleType, fact: Fact) -> tuple[str, ...]:
    """Return the references without which a fact is only partly checked."""
    needed = getattr(kind, "PARTLY", ())
    return needed(fact) if callable(needed) else needed


def _window_rows(fact: Fact, kind: ModuleType) -> pl.Expr:
    """Tell which rows a window kind must see: the fact's own, and those of services it compares them with."""
    beside = kind.also_sees(fact) if hasattr(kind, "also_sees") else ()
    under = falls_under(fact, on_voids=getattr(kind, "ON_VOIDS", False), beside=beside)
    when = getattr(fact.entry, "when", None)
    return under if when is None else under & holds(when).fill_null(value=False)


def _own_unchecked(kind: ModuleType, fact: Fact, context: Context) -> pl.Series:
    """Return the claim of each line that a kind itself says it could not check."""
    keys = kind.unchecked(fact, context)
    rows = context.rows.select("line_key", "claim_key").join(keys, on="line_key", how="semi")
    return rows.select("claim_key").collect().to_series()


def _with_row_caps(found: pl.DataFrame, rows: pl.DataFrame, caps: list[tuple[pl.Expr, str]]) -> pl.DataFrame:
    """Lower the verdicts of rows that were judged by the nearest service, or whose dates run past the rule's."""
    found = _shaped(found)
    for condition, words in caps:
        lowered = rows.filter(condition).get_column("line_key")
        if lowered.is_empty():
            continue
        here = pl.col("line_key").is_in(lowered.implode())
        found = found.with_columns(
            at_most=pl.when(here & (pl.col("at_most").is_null() | (pl.col("at_most") == "reject")))
            .then(pl.lit("review").cast(SEVERITY))
            .otherwise("at_most"),
            capped_by=pl.when(here).then(pl.concat_list("capped_by", pl.lit([words]))).otherwise("capped_by"),
        )
    return found
