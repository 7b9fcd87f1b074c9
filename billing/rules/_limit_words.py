"""The arithmetic of a limit in words: what was there, what is added, what the limit is, how much of it fits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from billing.claims import MONEY
from billing.rules._entry_words import begins_text, counted_text, period_text, plain_text
from billing.rules._measures import HOUR, TIME
from billing.rules._words import date_text, sentence, units_text

if TYPE_CHECKING:
    from billing.rules.unit_limits import Entry

RELATED_SHOWN = 20
"""How many earlier lines a finding names."""

_NOUNS = {"units": "unit", "minutes": "minute", "hours": "hour", "visits": "visit", "days": "day"}
_SUBJECTS = {"member": "member", "member_and_provider": "member and billing provider", "worker": "worker"}
_LIFTED = {
    "prior_authorization": "An authorization lifts the limit: its own units then count.",
    "plan_of_care": "A plan of care that holds the day lifts the limit.",
    "documentation": "More may be paid where the record shows the need; attach it.",
}


def limit_text(entry: Entry) -> str:
    """Write the limit: `4 per member per day`, `270 per member in any 90 days`."""
    return f"{limit_number(entry)} per {_SUBJECTS[entry.of]} {period_text(entry.per, entry.length)}"


def limit_number(entry: Entry) -> str:
    """Write the limit's number without zeros behind the point, `$` before dollars."""
    if entry.measure == "amount":
        return f"${entry.at_most:.2f}"
    plain = f"{entry.at_most:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def allowed_text(entry: Entry) -> str:
    """Write what is allowed with its noun: `4 units per member per day`."""
    number, rest = limit_text(entry).split(" ", 1)
    noun = "" if entry.measure == "amount" else f" {_NOUNS[entry.measure]}{'' if number == '1' else 's'}"
    return f"{number}{noun} {rest}"


def limit_sentences(entry: Entry, together: str) -> Iterator[str]:
    """Write a limit in full: `At most 4 units per member per day, all three codes together.` and what lifts it.

    Args:
        entry: The limit.
        together: How several services share it; empty for a single one.
    """
    number, rest = allowed_text(entry).split(" per ", 1)
    begins = begins_text(entry.week_starts, entry.year_begins)
    parts = (f"At most {number}{_in_other_measure(entry)} per {rest}", begins, together)
    yield f"{', '.join(part for part in parts if part)}."
    if entry.episode is not None:
        kind = entry.episode.kind or "authorization"
        yield f"An episode is one {plain_text(kind)} in the {plain_text(entry.episode.file)} file."
    if entry.lifted_by is not None:
        yield _LIFTED.get(entry.lifted_by, f"{entry.lifted_by.replace('_', ' ').capitalize()} lifts the limit.")


def _in_other_measure(entry: Entry) -> str:
    """Write the same limit in its second measure, and minutes that are whole hours in hours: ` (4 hours)`."""
    also = entry.also
    if also is not None:
        in_dollars = also.measure == "amount"
        return f" (${also.at_most:,.2f})" if in_dollars else f" ({counted_text(also.at_most, _NOUNS[also.measure])})"
    hours, rest = divmod(entry.at_most, HOUR)
    return f" ({counted_text(hours, 'hour')})" if entry.measure == "minutes" and hours and not rest else ""


def number_text(number: pl.Expr, entry: Entry) -> pl.Expr:
    """Write a number of what the limit measures: `2.5`, `$92.00`."""
    if entry.measure == "amount":
        return sentence("$", number.cast(MONEY).cast(pl.String))
    if entry.measure == "hours":
        return units_text((number.cast(pl.Float64) / HOUR).round(2).cast(pl.Decimal(18, 2)))
    return units_text(number)


def amount_text(number: pl.Expr, entry: Entry) -> pl.Expr:
    """Write a number with its noun: `1 unit`, `2.5 units`, `$92.00`."""
    text = number_text(number, entry)
    if entry.measure == "amount":
        return text
    noun = _NOUNS[entry.measure]
    return sentence(text, pl.when(number == _one(entry)).then(pl.lit(f" {noun}")).otherwise(pl.lit(f" {noun}s")))


def _one(entry: Entry) -> int:
    """Return what counts as one of the measure: an hour is counted in minutes."""
    return HOUR if entry.measure == "hours" else 1


def when_text(entry: Entry) -> pl.Expr:  # noqa: PLR0911 one kind of period, one line
    """Write the period of a row: `on 2026-05-05`, `in 2026-05`, `from 2025-05-06 to 2026-05-05`."""
    period = pl.col("period")
    last = date_text(pl.col("last_date"))
    match entry.per:
        case "day":
            return sentence(" on ", date_text(period))
        case "month":
            return sentence(" in ", period.dt.to_string("%Y-%m"))
        case "calendar_year":
            return sentence(" in ", period.dt.to_string("%Y"))
        case "week" | "quarter":
            return sentence(f" in the {entry.per} from ", date_text(period))
        case "state_fiscal_year":
            return sentence(" in the fiscal year from ", date_text(period))
        case "rolling_days" | "rolling_months":
            return sentence(" from ", date_text(period + pl.duration(days=1)), " to ", last)
        case "authorization":
            return pl.lit(" under its authorization")
        case "episode":
            return sentence(" in the episode from ", date_text(pl.col("episode")), _of_year(entry))
        case _:
            return pl.lit(" so far")


def _of_year(entry: Entry) -> str | pl.Expr:
    """Write the fiscal year of an episode's limit, where each year counts anew."""
    return sentence(", in the fiscal year from ", date_text(pl.col("period"))) if entry.year_begins else ""


def arithmetic(entry: Entry) -> pl.Expr:
    """Write the sum of a line of one period, from `said` (before it), `own`, `within` and `others`.

    Example: 3 units on 2026-05-05 in claim C17, plus 2 here, makes 5; the limit is 4 per member per day, so 1 of
    these 2 is within it.
    """
    own, said, within = pl.col("own"), pl.col("said"), pl.col("within")
    before = sentence(
        amount_text(said, entry), when_text(entry), _others(), ", plus ", number_text(own, entry), " here, makes ",
        number_text(said + own, entry),
    )  # fmt: skip
    alone = sentence(amount_text(own, entry), when_text(entry))
    return sentence(
        pl.when(said > 0).then(before).otherwise(alone),
        f"; the limit is {limit_text(entry)}, so ",
        _share(own, within, entry),
        ".",
    )


def _share(own: pl.Expr, within: pl.Expr, entry: Entry) -> pl.Expr:
    """Write how much of a line fits: `1 of these 2 is within it`."""
    these = number_text(own, entry)
    if entry.measure == "amount":
        return sentence(number_text(within, entry), " of these ", these, " is within it")
    part = pl.when(within > 0).then(number_text(within, entry)).otherwise(pl.lit("none"))
    verb = pl.when(within <= _one(entry)).then(pl.lit(" is")).otherwise(pl.lit(" are"))
    return pl.when(own == _one(entry)).then(pl.lit("this one is past it")).otherwise(
        sentence(part, " of these ", these, verb, " within it")
    )  # fmt: skip


def _others() -> pl.Expr:
    """Write where the earlier ones are: ` in claim C17`, ` in claims C16 and C17`, ` in 5 lines before it`."""
    claims, lines = pl.col("other_claims"), pl.col("related")
    return (
        pl.when(claims.list.len() == 0)
        .then(pl.lit(""))
        .when((claims.list.len() == 1) & (claims.list.first() == "this claim"))
        .then(pl.lit(" in this claim"))
        .when(claims.list.len() == 1)
        .then(sentence(" in claim ", claims.list.first()))
        .when((claims.list.len() == 2) & (claims.list.last() == "this claim"))  # noqa: PLR2004 two can be named
        .then(sentence(" in claim ", claims.list.join(" and ")))
        .when(claims.list.len() == 2)  # noqa: PLR2004
        .then(sentence(" in claims ", claims.list.join(" and ")))
        .otherwise(sentence(" in ", lines.list.len().cast(pl.String), _or_more(lines), " lines before it"))
        .fill_null("")
    )


def _or_more(lines: pl.Expr) -> pl.Expr:
    return pl.when(lines.list.len() >= RELATED_SHOWN).then(pl.lit(" or more")).otherwise(pl.lit(""))


def range_words(entry: Entry) -> pl.Expr:
    """Write why a date range breaks the limit, or may break it."""
    days = sentence(date_text(pl.col("service_date")), " to ", date_text(pl.col("last_date")))
    what = sentence(amount_text(pl.col("own"), entry), " over ", days)
    limit = f"the limit of {limit_text(entry)}"
    surely = sentence(what, f" break {limit} however they fall on these days.")
    maybe = sentence(what, f" may break {limit}: the claim does not say how many fall on which day.")
    return pl.when(pl.col("is_sure")).then(surely).otherwise(maybe)


def remedy_text(entry: Entry) -> pl.Expr:
    """Say what can be done about a line over a limit."""
    if entry.lifted_by == "documentation":
        return pl.lit("Attach the documentation that allows more, or bill what is within the limit.")
    own, within = pl.col("own"), pl.col("within")
    split = sentence("Bill ", amount_text(within, entry), " and hold ", number_text(own - within, entry))
    can_split = (within > 0) & (pl.col("periods") == 1) & (entry.measure in {"units", *TIME})
    is_range = pl.col("last_date") > pl.col("service_date")
    by_day = pl.when(is_range).then(pl.lit("Bill each day on its own line")).otherwise(pl.lit("Hold this line"))
    has_earlier = pl.col("related").list.len() > 0
    or_same = pl.lit(", or check whether the earlier lines are the same service.")
    end = pl.when(has_earlier).then(or_same).otherwise(pl.lit("; check the units against the record of the service."))
    if entry.lifted_by == "plan_of_care":
        end = pl.lit("; if a plan of care holds this day, add it to the orders file.")
    if entry.lifted_by == "prior_authorization":
        end = pl.lit(", or add the number of the authorization that lifts the limit.")
    return sentence(pl.when(can_split).then(split).otherwise(by_day), end)
