"""Services billed without the service that must come with them or before them.

What it checks:
    For each line of the entry's services, the same member has a line of one of `needs_services` or `needs_codes` in the
    window, by the same provider where the entry says so: an add-on with its base in the same month, a series after its
    initiating visit. Lines of this batch count, and those of the history file. That a base was never given can only
    be said with a history that reaches back far enough; without one the line is held for review.

Why it matters:
    An add-on without its base, or a series without its first visit, is denied because the qualifying service is not
    found (CARC 107), and the whole month with it.

Example:
    G0022 on 2026-05-20, no G0019 by the same biller in 2026-05 -> us-medicare-chi.prerequisites.base

    Passes: G0022 on 2026-05-20 and G0019 on 2026-05-04 by the same biller

    Instead: bill the base service of that month too, if it was given; else the add-on is not payable.

Policy key:
    prerequisites

Needs:
    history, for bases that were billed before this batch

Also called:
    add-on code, primary code, base code, initiating visit, qualifying visit, precursor, face-to-face requirement
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, Self, cast

import polars as pl
from pydantic import AfterValidator, Field, model_validator

from billing.periods import MONTH_DAY, Weekday
from billing.policy.codesets import Fact
from billing.policy.lists import telehealth_marks
from billing.policy.schema import Code, PolicyEntry
from billing.rules._base_words import without_base
from billing.rules._bases import calendar_of, covered, edge_of
from billing.rules._entry_words import begins_text, code_text, counted_text, plain_text, services_named
from billing.rules._kind import Context, Services
from billing.rules._periods import complete_period, laid_out, period_of
from billing.rules._windows import in_force, judged_in_full, missing
from billing.rules._words import date_text, or_list, sentence

SCOPE = ("member_id",)
PARTLY = ("history",)

_PROVIDERS = {"same_billing_provider": "billing_npi", "same_rendering_provider": "rendering_npi"}
_READ = (
    "line_key", "claim_key", "claim_id", "label", "order", "stands", "member_id", "procedure_code", "modifiers",
    "service_date", "last_date",
)  # fmt: skip
_CODE_LENGTH = 5
_CODES = re.compile(r"([A-Z0-9]{5})(?:-([A-Z0-9]{5}))?")
_PERIOD_NEEDS = {
    "days": "length", "months": "length", "same_week": "week_starts", "same_state_fiscal_year": "year_begins",
}  # fmt: skip


def _code_or_range(text: str) -> str:
    found = _CODES.fullmatch(text)
    if found is None or (found[2] is not None and found[2] < found[1]):
        raise ValueError(f'\'{text}\' is neither a code nor a range: write "99213" or "99203-99205"')
    return text


CodeOrRange = Annotated[Code, AfterValidator(_code_or_range)]


class Entry(PolicyEntry):
    """What must be billed with or before the entry's services.

    Attributes:
        needs_services: Services of the program, one of which is needed; `all`: any of them.
        needs_codes: Procedure codes, or ranges of them (`99203-99205`), one of which is needed; of any program or none.
        excluded_codes: Codes, or ranges, that do not count although a range holds them.
        excluded_places: Places of service in which a needed line does not count; one whose place is not known counts.
        in_person: True: a needed line counts only when nothing marks it as telehealth. The line itself may be it.
        within: Where the needed line lies: in the same calendar period, in a window of `length` days or months that
            ends on the line's last day and is open at its far end, or ever.
        length: How many days or months.
        week_starts: First day of the week, for `same_week`.
        year_begins: Month and day a fiscal year begins on, `07-01`, for `same_state_fiscal_year`.
        by: Whose lines count.
        order: before: on the line's day or earlier. any: anywhere in the period.
    """

    needs_services: Literal["all"] | tuple[str, ...] = ()
    needs_codes: tuple[CodeOrRange, ...] = ()
    excluded_codes: tuple[CodeOrRange, ...] = ()
    excluded_places: tuple[Code, ...] = ()
    in_person: bool = False
    within: Literal[
        "same_day", "same_week", "same_month", "same_quarter", "same_calendar_year", "same_state_fiscal_year",
        "days", "months", "ever",
    ]  # fmt: skip
    length: Annotated[int, Field(ge=1)] | None = None
    week_starts: Weekday | None = None
    year_begins: Annotated[str, Field(pattern=MONTH_DAY)] | None = None
    by: Literal["same_billing_provider", "same_rendering_provider", "any"]
    order: Literal["before", "any"] = "any"

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if not (self.needs_services or self.needs_codes):
            raise ValueError('name what is needed: needs_services: [...] or needs_codes: ["99203-99205"]')
        complete_period(self, "within", _PERIOD_NEEDS)
        if self.length is not None and self.order == "any":
            raise ValueError("a window of days or months ends on the line's day: write order: before")
        is_own = "all" in (self.services, self.needs_services) or not set(self.services).isdisjoint(self.needs_services)
        if self.needs_services and is_own and not self.in_person:
            raise ValueError("a service is not its own prerequisite: name other services in needs_services")
        return self


def in_words(entry: Entry, services: Services) -> str:
    """Put an entry into a sentence."""
    return " ".join(_sentences(entry, services))


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the lines that have no needed line in their window, or only one that is rejected anyway.

    Returns:
        One row per line of the batch, columns of `VERDICT_SCHEMA`.
    """
    entry = cast("Entry", fact.entry)
    column = _PROVIDERS.get(entry.by)
    provider = pl.col(column) if column else pl.lit(None, pl.String)
    own = [*_READ, *([column] if column else [])]
    period = period_of(calendar_of(entry), pl.col("service_date"))
    lines = in_force(context.rows, fact).filter(
        pl.col("counts"), ~pl.col("is_history"), pl.col("service_date").is_not_null()
    )
    lines = lines.select(*own, provider=provider, period=period)
    everyone = context.rows if context.all_rows is None else context.all_rows
    bases = everyone.filter(pl.col("counts"), _is_base(entry, fact.program)).select(
        *_READ, provider=provider, period=period
    )
    left = lines.join(
        covered(lines, bases.filter("stands"), entry, _keys(entry)).select("line_key"), on="line_key", how="anti"
    )
    of_these = bases.join(left.select("member_id").unique(), on="member_id", how="semi")
    rows = pl.concat(
        [left.with_columns(is_base=pl.lit(value=False)), of_these.with_columns(is_base=pl.lit(value=True))],
        how="diagonal",
    )
    return judged_in_full(rows, lambda found: _judge(found, fact, context))


def reads(fact: Fact) -> tuple[tuple[str, str], ...]:
    """Name the optional column of the history by which a needed line is told from another provider's."""
    column = _PROVIDERS.get(cast("Entry", fact.entry).by)
    return (("history", column),) if column else ()


def _keys(entry: Entry) -> list[str]:
    return ["member_id"] if entry.by == "any" else ["member_id", "provider"]


def _is_base(entry: Entry, program: str) -> pl.Expr:
    """Tell which lines, of whatever program, are such as an entry needs; never null."""
    code, place = pl.col("procedure_code"), pl.col("place_of_service")
    of_program = pl.col("program") == program
    if entry.needs_services != "all":
        of_program = of_program & pl.col("service").is_in(entry.needs_services)
    is_needed = of_program & pl.lit(value=bool(entry.needs_services)) | _among(code, entry.needs_codes)
    refused = _among(code, entry.excluded_codes) | place.is_in(entry.excluded_places).fill_null(value=False)
    if entry.in_person:
        marks = telehealth_marks()
        marked = (pl.col("modifiers").list.contains(modifier) for modifier in marks.media)
        refused = refused | pl.any_horizontal(place.is_in(marks.places), *marked).fill_null(value=False)
    return is_needed.fill_null(value=False) & ~refused.fill_null(value=False)


def _among(code: pl.Expr, codes: tuple[str, ...]) -> pl.Expr:
    """Tell whether a code is one of these, or lies in a range of these."""
    ends = [text.split("-") for text in codes]
    among = pl.any_horizontal(
        [pl.lit(value=False), *(code.is_between(pl.lit(end[0]), pl.lit(end[-1])) for end in ends)]
    )
    return among & (code.str.len_chars() == _CODE_LENGTH)


def _judge(rows: pl.DataFrame, fact: Fact, context: Context) -> pl.DataFrame:
    """Say of each line why it has no base that stands, and how sure that is."""
    entry = cast("Entry", fact.entry)
    keys, column = _keys(entry), _PROVIDERS.get(entry.by)
    needed = ["member_id", *([column] if column else [])]
    is_base = pl.col("is_base")
    asked = rows.filter(~is_base)
    unknown = missing(asked, needed, cause="needed_service_missing", what="whether the needed service was billed")
    known = asked.filter(pl.all_horizontal(pl.col(needed).is_not_null()))
    lines, bases = (laid_out(part, calendar_of(entry)) for part in (known, rows.filter(is_base)))
    out = bases.filter(~pl.col("stands"))
    has = pl.concat([
        covered(lines, bases.filter("stands"), entry, keys),
        covered(lines, out, entry, [*keys, "claim_key"]),  # a claim that is rejected anyway has its own lines
    ])  # fmt: skip
    left = known.join(has, on="line_key", how="anti", maintain_order="left")
    left = left.join(covered(lines, out, entry, keys), on="line_key", how="left", maintain_order="left")
    latest = bases.sort("service_date", "order").group_by("member_id", maintain_order=True).agg(
        pl.col("service_date", "label", "procedure_code", "provider").last().name.prefix("near_")
    )  # fmt: skip
    left = left.join(latest, on="member_id", how="left", maintain_order="left")
    left = left.with_columns(why=_unsure(entry, context))
    return pl.concat([without_base(left, entry, context), unknown])


def _unsure(entry: Entry, context: Context) -> pl.Expr:
    """Say why a base that was not found may have been billed all the same; null where it surely was not."""
    history = context.references.history
    if history is None:
        return pl.lit("without the history file only this batch was looked at")
    if entry.by == "any":
        return pl.lit("another provider may have billed it, whose claims are not in the history file")
    first = cast("date | None", history.get_column("service_date").min())
    begins = pl.lit(first, pl.Date)
    window = pl.lit(None, pl.Date) if entry.within == "ever" else _first_day(entry)
    is_listed = pl.col("member_id").is_in(history.get_column("member_id").implode())
    return (
        pl.when(~is_listed)
        .then(pl.lit("the history file does not list this member"))
        .when(window.is_null() | (begins > window))
        .then(sentence("the history file begins on ", date_text(begins), ", later than the time it could lie in"))
    )


def _first_day(entry: Entry) -> pl.Expr:
    """Return the first day on which a line's base may lie."""
    if entry.length is not None:
        return edge_of(entry) + pl.duration(days=1)
    return period_of(calendar_of(entry), pl.col("service_date"))


def _sentences(entry: Entry, services: Services) -> Iterator[str]:
    own = ["another service of the program"]
    if entry.needs_services != "all":
        own = [code_text(service) for service in services_named(entry.needs_services, services)]
    by = {"same_billing_provider": " by the same billing provider",
          "same_rendering_provider": " by the same rendering provider", "any": ""}[entry.by]  # fmt: skip
    yield f"The member has {or_list(dict.fromkeys((*own, *entry.needs_codes)))}{by} {_when(entry)}."
    if entry.excluded_codes:
        yield f"{or_list(entry.excluded_codes)} does not count."
    if entry.excluded_places:
        yield f"At place of service {or_list(entry.excluded_places)} it does not count."
    if entry.in_person:
        yield "By telehealth it does not count."


def _when(entry: Entry) -> str:
    if entry.length is not None:
        return f"in the {counted_text(entry.length, entry.within.removesuffix('s'))} up to the line's last day"
    on_or_before = " on the line's day or before it" if entry.order == "before" else ""
    if entry.within == "ever":
        return on_or_before.strip() or "at any time"
    begins = begins_text(entry.week_starts, entry.year_begins)
    period = {"same_state_fiscal_year": "same fiscal year"}.get(entry.within, plain_text(entry.within))
    return f"{'on' if entry.within == 'same_day' else 'in'} the {period}{on_or_before}{f', {begins}' if begins else ''}"
