"""The shape that all rule kinds share.

A kind is one module in this folder. It holds, in this order: its page (the module docstring), module constants,
`class Entry(PolicyEntry)` (what a program file writes), and its check. Two shapes:

* a **row kind** defines `checks(fact) -> Iterable[Check]`: conditions over one row, and the words for them. The
  engine evaluates the checks of all row kinds of a program in one pass over that program's rows.
* a **window kind** defines `check(fact, context) -> pl.LazyFrame`: one lazy pipeline over many rows that returns
  the columns of `VERDICT_SCHEMA` (missing ones are filled with null by the engine), and `SCOPE`, the columns
  whose rows it must see together (`("member_id",)`); `None` when it needs no other rows than its own.

The columns of a row are in `billing/rows.py`. No check collects, loops over rows, or fills a null with a pass.

Module constants the engine reads (all optional):

    ON_VOIDS = True     the kind also looks at void claims (frequency 8); default False
    STAGE = 1           window kinds only: 1 when it looks at a line or claim by itself (eligibility, workers),
                        2 (default) when it counts or compares lines of several claims
    REFERENCES = ("members",)   reference files without which the kind is not checked
    PARTLY = ("history",)       reference files without which it is only partly checked
    AT_LEAST = 2                window kinds only: fewer lines of the batch than these tell it nothing; default 1
    ABOUT_PLACING = True        its service facts say why a line fits no service, so they are not capped for it
    SERVICE_FACT = True         its facts are the program's services, not a block of its own
    VALUES = {"unit_minutes": "unit_minutes_source"}   the values of a service it compares, each with the key of its
                                source; default: the value it is named for
    HIGHEST = "note"            highest severity of all its findings, for lists of rules

A module may define both `checks` and `check`: what a line shows by itself, and what needs other rows or a file
(`REFERENCES` and `PARTLY` are then about `check` alone). Functions a window kind may add:

    stage(fact), references(fact), partly(fact)     instead of the constants, where entries differ in what they need;
                                                    stage 0: `check` has nothing for it
    unchecked(fact, context)                    lines it cannot look at for want of a value: a condition on each of the
                                                fact's rows by itself, or a frame with their `line_key`; null: there
                                                can be none
    unchecked_needs(fact) -> str                what these lines lack; without it, the worker
    also_sees(fact) -> tuple[str, ...]          services beside the fact's own whose rows `check` must see
    reads(fact) -> tuple[tuple[str, str], ...]  optional columns of files (file, column) without which it says less
    concerns(fact) -> pl.Expr                   of the fact's rows, those it could say anything about
    is_clear(fact, rows) -> bool                true: `check` would find nothing in these few rows, all it is shown

And one that both shapes may add:

    row_facts(fact) -> tuple[str, ...]          columns of `billing/row_facts.py` that it reads

Any kind may put its entries into words for people (`billing/policy/words.py` has plainer ones for those that do not):

    in_words(entry, services) -> str            a sentence: `At most 4 units per member per day, all three codes
                                                together.` What every entry may say (its services, dates, conditions,
                                                source) is added to it and needs no words here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, TypeAlias

import polars as pl

if TYPE_CHECKING:
    from billing.policy.codesets import Fact, Program
    from billing.policy.schema import Service
    from billing.references import References

Text = str | pl.Expr
Services: TypeAlias = "tuple[Service, ...]"
"""All services of a program, for the sentence about an entry; empty for the rules on every claim."""
PLACED = ("exact", "nearest")
"""How a line is placed that a service's own rules judge; one that is tied or unclear is not judged by them."""


@dataclass(frozen=True, slots=True)
class Check:
    """One condition over a row, and the words for it.

    Attributes:
        cause: Problem id of `codesets/national/reasons.yaml`; the unit in which findings are grouped.
        fails: Boolean over rows: true where the row breaks the rule. A null is the verdict `unknown`.
        column: Column of the value at fault, a name in CLAIM_COLUMNS or LINE_COLUMNS; gives the place.
        message: What was found and what is allowed, one sentence, never the member. Text or String expression.
        remedy: What the person can do. Text or String expression.
        found: The value compared. String expression.
        allowed: What would pass. Text or String expression.
        grain: "line", or "claim" for a condition on the claim, reported once per claim (on its first line).
        needs: Row columns that a claim should carry; where one is null the verdict is `unknown`.
        uses: Row columns a format or a file may lack; where one is null the row is not checked, and that is said.
        supply: What to supply where one of `uses` is null; null: the columns themselves.
        unknown: Message and remedy where `fails` is null although nothing of `needs` is missing; null: general words.
        at_most: Highest severity of this check's findings, where a rule of SEMANTICS caps it; an expression where
            that depends on the row, null where nothing caps it.
        capped_by: Why, in words; given with `at_most`, null where that is.
        applies: Rows the check looks at, beside the fact's services, dates and conditions; null counts as no.
        related: Claims and lines that count towards it, `["C12 line 1"]`; list-of-String expression.
        amount_at_risk: USD expression; null: the line's charge, or the claim's for a claim check.
        by_date: False for a check that does not depend on the fact's dates of service.
    """

    cause: str
    fails: pl.Expr
    column: str
    message: Text
    remedy: Text
    found: pl.Expr
    allowed: Text
    grain: Literal["line", "claim"] = "line"
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    supply: str | None = None
    unknown: tuple[Text, Text] | None = None
    at_most: Literal["review", "note"] | pl.Expr | None = None
    capped_by: Text | None = None
    applies: pl.Expr | None = None
    related: pl.Expr | None = None
    amount_at_risk: pl.Expr | None = None
    by_date: bool = True


@dataclass(frozen=True, slots=True)
class Context:
    """What a window kind may look at.

    Attributes:
        rows: One row per line of the run that belongs to the fact's program, services and conditions (for a
            national fact: every line), with the columns of `billing/rows.py` and `order`, `stands`, `counts`
            and `is_history`; history lines are rows too when history was given.
        references: The reference files that were given.
        received: The run's received date.
        all_rows: One row per line of the run and its history, whatever its program, services and conditions; null:
            `rows` are all there are.
        program: The fact's program; null outside a run.
        facts: The facts of this kind of every program with lines in the batch: what a program says may take its
            services out of a national rule.
        has_many_rows: True: finding suspects by few columns before their whole lines are fetched is worth a query.
    """

    rows: pl.LazyFrame
    references: References
    received: date
    all_rows: pl.LazyFrame | None = None
    program: Program | None = None
    facts: tuple[Fact, ...] = ()
    has_many_rows: bool = False
