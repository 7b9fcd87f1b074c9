"""Claims of members with other coverage that do not say what the other payer decided.

What it checks:
    A claim whose member has other coverage on a day of its lines, by the other_coverage file, names another payer,
    whichever it is. A claim that names one says what it paid and when it decided. `bypass` lists services of a
    program that no other payer is asked for first. The file lists who has other coverage, so a member whom it does
    not list has none. A range of days that lies only partly in the coverage is reviewed.

Why it matters:
    Medicaid pays last: a claim that another payer should have had first is sent back (CARC 22), and one without that
    payer's decision is incomplete (CARC 16, N4).

Example:
    98960 on 2026-05-05, commercial coverage from 2026-01-01 on, no other payer -> national.other_coverage.billed-first

    Passes: 98960 on 2026-05-05 with the other payer and its decision on the claim

    Instead: bill the other payer first, then send its decision with the claim, also when it denied.

Policy key:
    other_coverage

Needs:
    other_coverage; what is missing about a payer on the claim shows without it

Also called:
    third party liability, TPL, COB, coordination of benefits, payer of last resort, 2320, Medicare crossover, box 9
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from billing.policy.schema import PolicyEntry


class Entry(PolicyEntry):
    """Which coverage comes first, or which services go to Medicaid directly.

    Attributes:
        kinds: Kinds of coverage it is about; empty: all.
        bypass: Services that no other payer is asked for first. An entry with it checks nothing by itself: it takes
            these services out of the rule.
    """

    kinds: tuple[Literal["medicare", "commercial"], ...] = ()
    bypass: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_one_list(self) -> Self:
        if self.bypass and self.services != "all":
            raise ValueError("bypass names the services itself; remove services")
        return self
