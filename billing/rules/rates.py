"""Charges below the program's rate for the service on the day.

What it checks:
    The charge of a line is at least its units times the rate that is in force on all of its days. Where a rate
    differs by region, the lowest is compared. A day without a rate, or a range of days across two rates, is not
    compared.

    The rate also gives the expected payment of an accepted claim: the sum over its lines of the charge or the units
    times the rate, whichever is less, half up to the cent, less what other payers paid, and never below zero. It is
    unknown until every line has one rate; a region, two rates, missing units, or another payer without its amount
    leave it unknown. A void brings nothing; what a payer takes back for an earlier claim is not counted.

Why it matters:
    Payers pay the charge or the rate, whichever is less: what is charged below the rate is lost, and nobody says so.

Example:
    H0038 x 4 charged with 40.00, rate 14.15 -> xx-peer.services.individual

    Passes: H0038 x 4 charged with 56.60, rate 14.15

    Instead: charge at least 56.60, if your own fee schedule allows it.

Policy key:
    services, their rates

Needs:
    charge, units and service date on the claim

Also called:
    fee schedule, rate below schedule, underbilling, expected reimbursement, allowed amount, box 24F
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

import polars as pl

from billing.payments import RATE, is_priced_by_unit, priced
from billing.policy.codesets import Fact
from billing.policy.schema import Rate, Service
from billing.rules._entry_words import code_text, rate_text
from billing.rules._kind import Check, Services
from billing.rules._words import money_text, or_list, sentence, units_text

SERVICE_FACT = True
HIGHEST: Literal["note"] = "note"


def in_words(entry: Service, _services: Services) -> str:
    """Put a rate into a sentence; its dates are told beside it."""
    rates = or_list(rate_text(rate) for rate in entry.rates)
    return f"The rate of {code_text(entry)} is {rates}. A charge below it is noted."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the condition on the charge of the lines all of whose days lie in the fact's rate."""
    rate = _rate(fact)
    charge, units = pl.col("charge"), pl.col("units")
    due = priced(units, pl.lit(rate.least, RATE))
    is_sound = (charge > 0) & (units > 0)  # what is not is another kind's finding
    begins = pl.col("service_date") >= rate.effective
    ends = pl.lit(value=True) if rate.ended is None else pl.col("last_date") <= rate.ended
    yield Check(
        cause="charge_below_rate",
        applies=is_priced_by_unit() & is_sound & begins & ends,
        fails=charge < due,
        column="charge",
        message=sentence(
            "Charged $", money_text(charge), " for ", units_text(units),
            pl.when(units == 1).then(pl.lit(" unit")).otherwise(pl.lit(" units")), f"; {_words(rate)}, so $",
            money_text(due), " in all.",
        ),
        remedy=sentence(
            "Charge at least $", money_text(due), " if your fee schedule allows it: no payer pays more than is charged."
        ),
        found=money_text(charge),
        allowed=sentence(money_text(due), " or more"),
        at_most=HIGHEST,
        capped_by="a charge below the rate is no error, only money left",
        amount_at_risk=due - charge,
    )  # fmt: skip


def _rate(fact: Fact) -> Rate:
    """Return the rate a fact is about: each of a service's rates is a fact with its own dates."""
    return next(rate for rate in cast("Service", fact.entry).rates if rate.effective == fact.effective)


def _words(rate: Rate) -> str:
    which = "the lowest rate" if rate.amounts else "the rate"
    return f"{which} from {rate.effective} is ${rate.least} a unit"
