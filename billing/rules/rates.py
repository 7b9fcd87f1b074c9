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

from billing.policy.schema import Service
from billing.rules._entry_words import code_text, dates_text, rate_text
from billing.rules._kind import Services

SERVICE_FACT = True
AT_MOST = "note"


def in_words(entry: Service, _services: Services) -> str:
    """Put an entry into a sentence."""
    told = (f"{rate_text(rate)} {dates_text(rate.effective, rate.ended)}" for rate in entry.rates)
    return f"The rate of {code_text(entry)} is {', then '.join(told)}. A charge below it is noted."
