"""Synthetic members, workers and agencies. No name, number or address here belongs to anyone.

NPIs have a valid check digit and start with 1000, telephone numbers are 555-01xx, streets are made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from random import Random

from .model import Agency, Person

FIRST = ("ALEX", "BLAKE", "CASEY", "DANA", "ELLIS", "FRANKIE", "GRAY", "HARPER", "INDIGO", "JORDAN", "KAI", "LANE",
         "MORGAN", "NOEL", "OAKLEY", "PAT", "QUINN", "RIVER", "SAGE", "TAYLOR", "UMBER", "VAL", "WREN")  # fmt: skip
LAST = ("SAMPLE", "EXAMPLE", "SPECIMEN", "TESTER", "MOCKWELL", "DUMMY", "PLACEHOLDER", "FIXTURE", "TRIAL", "PATTERN",
        "DEMO", "SKETCH", "MODEL", "DRAFT", "STENCIL", "OUTLINE", "PROXY", "STANDIN", "TEMPLATE")  # fmt: skip
LATIN_FIRST = ("JOSÉ", "ZOË", "RENÉE", "IÑAKI", "SØREN", "ANDRÉ", "MAÏA", "BJÖRN")
LATIN_LAST = ("MUÑOZ-EJEMPLO", "DÉMO", "PRÜFLING", "MODÈLE", "ESPÉCIMEN", "MØNSTER", "PEÑA-PRUEBA", "ÉCHANTILLON")
STREETS = ("EXAMPLE ST", "SAMPLE AVE", "SPECIMEN RD", "PATTERN LN", "MODEL WAY", "FIXTURE CT")
CITIES = {"KS": ("TOPEKA", "66600"), "NJ": ("TRENTON", "08600"), "NC": ("RALEIGH", "27600"),
          "TX": ("AUSTIN", "78700"), "MI": ("LANSING", "48900"), "AZ": ("PHOENIX", "85000")}  # fmt: skip
_AGENCIES, _WORKERS = 10_000, 20_000


def npi(number: int) -> str:
    """Return the synthetic NPI number `number` (0 to 99,999) with its check digit."""
    body = f"1000{number:05d}"
    total = 24 + sum((2 * int(digit) - 9 if digit > "4" else 2 * int(digit)) for digit in body[::2])
    total += sum(int(digit) for digit in body[1::2])
    return f"{body}{-total % 10}"


def bad_npi(good: str) -> str:
    """Return an NPI whose last digit is wrong."""
    return good[:-1] + str((int(good[-1]) + 1) % 10)


@cache
def agency(number: int, state: str, taxonomy: str) -> Agency:
    """Return the synthetic agency of that number in a state."""
    city, area = CITIES[state]
    name = f"{LAST[number % len(LAST)]} COMMUNITY CARE {number + 1}"
    return Agency(npi(_AGENCIES + number), name, f"00{number + 1:07d}", taxonomy, f"800555{100 + number % 100:04d}",
                  f"{100 + number} {STREETS[number % len(STREETS)]}", city, state, f"{area}0001")  # fmt: skip


@cache
def worker(number: int, state: str) -> Person:
    """Return the synthetic worker of that number; the id is an NPI."""
    city, area = CITIES[state]
    return Person(npi(_WORKERS + number), LAST[(number * 7 + 3) % len(LAST)], FIRST[(number * 5 + 1) % len(FIRST)],
                  date(1980, 1, 1), "U", f"{1 + number} MODEL WAY", city, state, area)  # fmt: skip


def member(number: int, state: str, rng: Random, *, latin: bool = False) -> Person:
    """Return a new synthetic member between 22 and 79 years old in 2026; the id keeps its leading zeros."""
    firsts, lasts = (LATIN_FIRST, LATIN_LAST) if latin else (FIRST, LAST)
    city, area = CITIES[state]
    return Person(
        id=f"009{number:08d}",
        last=_any(lasts, rng),
        first=_any(firsts, rng),
        birth=date(1947, 1, 1) + timedelta(days=int(rng.random() * 20_500)),
        sex=_any("FM", rng),
        street=f"{1 + int(rng.random() * 9998)} {_any(STREETS, rng)}",
        city=city,
        state=state,
        zip=area,
    )


def _any(choices: Sequence[str], rng: Random) -> str:
    """Return one of them; ten times as fast as `rng.choice`, and a large batch draws a million times."""
    return choices[int(rng.random() * len(choices))]
