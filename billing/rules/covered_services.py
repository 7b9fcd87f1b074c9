"""Services outside their dates, date ranges that are refused, and codes no program knows.

What it checks:
    Every day of a line lies in the time its service may be billed; a line is a single day where the program refuses
    ranges. Over all programs: the line belongs to one of them, and to one alone.

Why it matters:
    A retired code is denied although it reads well (CARC 181), and a code of another program is not covered (CARC 96).

Example:
    H0038 U4, retired on 2019-10-31, on 2019-11-05 -> xx-peer.services.old-individual

    Passes: H0038 U4 on 2019-10-31, the last day it may be billed

    Instead: bill the service that took its place on that day.

Policy key:
    services, their procedure, effective, ended and date_ranges; covered_services for the rule on all other codes

Needs:
    nothing but the claims

Also called:
    covered code, benefit, retired code, effective date, fee schedule, span dates, unknown code, non-covered service
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry, Service
from billing.rules._entry_words import code_text, service_text
from billing.rules._kind import PLACED, Check, Services
from billing.rules._other_services import fitting
from billing.rules._words import coded, days_text, is_blank, sentence, sentences

SERVICE_FACT = True
ABOUT_PLACING = True


class Entry(PolicyEntry):
    """The rule on lines that no service, or more than one program, takes in; it has nothing to set."""


def in_words(entry: Entry | Service, _services: Services) -> str:
    """Put an entry into a sentence."""
    if isinstance(entry, Entry):
        return "A line belongs to one of the chosen programs, and to one alone."
    days = " Each day is billed on a line of its own." if entry.date_ranges == "refused" else ""
    return f"{code_text(entry)}: {service_text(entry)}.{days}"


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the conditions of a service, or those on lines that have none."""
    if isinstance(fact.entry, Service):
        yield from _in_its_time(fact, fact.entry)
        if fact.entry.date_ranges == "refused":
            yield _single_day(fact.entry)
        return
    yield _known_code()
    yield _one_service()
    yield _one_program()


def _in_its_time(fact: Fact, service: Service) -> Iterable[Check]:
    """Yield the conditions on a service's dates: a line wholly outside them, and a range partly outside."""
    name = " ".join((service.procedure, *service.modifiers))
    first_day, last_day = pl.col("service_date"), pl.col("last_date")
    wholly, partly, problems = [], [], []
    if fact.effective is not None:
        wholly.append(last_day < fact.effective)
        partly.append(first_day < fact.effective)
        problems.append((partly[-1], f"{name} may be billed from {fact.effective}."))
    if fact.ended is not None:
        wholly.append(first_day > fact.ended)
        partly.append(last_day > fact.ended)
        problems.append((partly[-1], f"{name} was retired on {fact.ended}."))
    if not problems:
        return
    outside = Check(
        cause="procedure_not_valid_on_date",
        applies=pl.col("placed").is_in(PLACED),
        fails=pl.any_horizontal(wholly),
        column="service_date",
        message=sentence(sentences(*problems), " This service is dated ", days_text(), "."),
        remedy=_in_force_then(service, fact.program_services),
        found=days_text(),
        allowed=f"{fact.effective or 'any day'} to {fact.ended or 'now'}",
        needs=("service_date",),
        by_date=False,
    )
    yield outside
    crosses = pl.col("placed").is_in(PLACED) & ~pl.any_horizontal(wholly) & pl.any_horizontal(partly)
    yield replace(
        outside,
        applies=crosses,
        fails=crosses,
        remedy="Put the days on either side of that date on lines of their own.",
        at_most="review",
        capped_by="part of the range lies within the service's dates",
    )


def _in_force_then(service: Service, services: Iterable[Service]) -> pl.Expr:
    """Name what the program has for the same code on the day of the line."""
    others = [other for other in services if other.procedure == service.procedure and other is not service]
    codes = fitting(others, lambda _: pl.lit(value=True))
    return pl.coalesce(
        sentence("If the date is right, compare the visit with what the program had on that day: ", codes, "."),
        pl.lit("Check the date; on that day the program had no service of this code."),
    )


def _single_day(service: Service) -> Check:
    return Check(
        cause="span_dates_not_allowed",
        applies=pl.col("placed").is_in(PLACED) & pl.col("service_end_date").is_not_null(),
        fails=pl.col("last_date") > pl.col("service_date"),
        column="service_date",
        message=sentence(f"{service.procedure} over ", days_text(), "; the program takes one day a line."),
        remedy="Put each day on a line of its own, with that day's units.",
        found=days_text(),
        allowed="one day a line",
        needs=("service_date",),
        by_date=False,
    )


def _known_code() -> Check:
    knowing, compare = pl.col("tied_programs"), "Compare the code with the record of the visit; "
    return Check(
        cause="not_covered_code",
        applies=~is_blank("procedure_code"),
        fails=pl.col("placed") == "other",
        column="procedure_code",
        message=sentence("No program of this run covers ", pl.col("procedure_code"), "."),
        remedy=pl.when(knowing.is_not_null())
        .then(
            sentence(compare, "it is a code of ", knowing, ". If it was of such a program, name that with --program.")
        )
        .otherwise(pl.lit(f"{compare}no program of the code sets has it.")),
        found=pl.col("procedure_code"),
        allowed="a code that a program of this run covers",
        at_most="review",
        capped_by="a program outside this run may cover the code",
        by_date=False,
    )


def _one_service() -> Check:
    return Check(
        cause="missing_modifier",
        fails=pl.col("placed") == "unclear",
        column="modifiers",
        message=sentence(coded(), " is no service of the program; more than one of its services is equally near."),
        remedy=sentence("Add the modifiers of the service that was given: ", pl.col("near_services"), "."),
        found=coded(),
        allowed=pl.col("near_services"),
        at_most="review",
        capped_by="no one service is nearest",
        by_date=False,
    )


def _one_program() -> Check:
    programs = pl.col("tied_programs")
    return Check(
        cause="program_not_clear",
        fails=pl.col("placed") == "tied",
        column="procedure_code",
        message=sentence(coded(), " fits ", programs, "; name one with --program."),
        remedy="Name the program this claim goes to with --program, or give the claim that program's payer id.",
        found=programs,
        allowed="one program",
        at_most="review",
        capped_by="more than one program fits the line",
        by_date=False,
    )
