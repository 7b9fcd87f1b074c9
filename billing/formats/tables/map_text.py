"""A guessed map as YAML with comments: what is sure, what to check, what is missing."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

from billing.formats.tables.guessing import Guess, Suggestion
from billing.formats.tables.map_file import FILL_IN

NEEDED = {
    "member_id": "the member's id at the payer",
    "service_date": "the day of the service",
    "procedure_code": "the code of the service",
    "units": "the units",
}
"""Without these no row can become a claim line, or none that a payer takes."""

FOR_ALL = {
    "billing_npi": "the agency's NPI",
    "billing_taxonomy": "the agency's taxonomy",
    "billing_tax_id": "the agency's tax id",
    "billing_name": "the agency's name",
    "payer_id": "the payer's id as in an 837P",
    "place_of_service": "the place of service",
    "diagnoses": "the diagnosis, where it is the same for everybody",
}
"""What a claim needs and a log often does not say, because it is the same in every row."""

_WIDTH = 100
CHECK, MISSING = "CHECK", "MISSING"


def map_text(guess: Guess, command: str) -> str:
    """Write a guessed map.

    Args:
        guess: The map.
        command: What to run when it is filled in.

    Returns:
        YAML. It is a usable map as soon as nothing in it is missing.
    """
    parts = [
        *_head(guess, command),
        *_about_the_file(guess),
        *_claims(guess),
        "columns:",
        *_columns(guess),
        *_charges(guess),
        *_constants(guess),
        *_workers(guess),
        *_ignored(guess),
    ]
    return "\n".join(parts) + "\n"


def missing(guess: Guess) -> list[str]:
    """Say in words what a person must fill in before the map can be used."""
    given = guess.given()
    found = [words for name, words in NEEDED.items() if name not in given and name != "units"]
    if "charge" not in given:
        found.append("the charge" if "units" in given else "the charge, and the units to work it out from")
    if guess.dates is None:
        found.append("the order of month and day")
    for suggestion in guess.suggestions:
        words = sum(not meaning for meaning in suggestion.values.values())
        if words:
            what = "word" if words == 1 else f"{words} words"
            found.append(f"what the {what} in `{suggestion.header}` stand{'s' if words == 1 else ''} for")
    return found


def to_fill_in(guess: Guess) -> list[str]:
    """Say in words what claims will be held for, unless the map says it."""
    given = guess.given()
    found = [words for name, words in FOR_ALL.items() if name not in given]
    if "worker" in given:
        found.append("the NPI of each worker")
    elif "rendering_npi" not in given:
        found.append("who gave the service")
    return found


def to_check(guess: Guess) -> list[str]:
    """Name the columns whose guess a person should look at."""
    return [each.header for each in guess.suggestions if each.to and each.sureness == "check"]


def _head(guess: Guess, command: str) -> Iterator[str]:
    sheet = guess.sheet
    sure = sum(each.sureness == "sure" and bool(each.to) for each in guess.suggestions)
    yield f"# Column map of {_plain(sheet.name)}, guessed from its headers and values. Look it through line by line."
    yield "#"
    yield f"#   sure     {sure} of {len(guess.suggestions)} columns"
    for label, listed in (("check", to_check(guess)), ("missing", missing(guess)), ("fill in", to_fill_in(guess))):
        words = _plain("; ".join(listed)) or "nothing"
        yield from textwrap.wrap(f"#   {label:<8} {words}", _WIDTH, subsequent_indent="#            ")
    yield "#"
    yield f"# {CHECK}: may be wrong. {MISSING}: the map cannot be used without it."
    yield f"# {FILL_IN}: claims are held without it; put the value in and take the # before the line away."
    yield f"# Then: {_plain(command)}"
    yield "# `cleanclaim map fields` lists the names that a column can have."
    yield ""


def _about_the_file(guess: Guess) -> Iterator[str]:
    sheet = guess.sheet
    if sheet.title is not None:
        yield f"sheet: {_quoted(sheet.title)}"
    if sheet.header_row > 1:
        yield f"header_row: {sheet.header_row}"
    if guess.dates is None:
        yield f"# dates: month-day-year      # {MISSING}: 5/6/2026 is May 6 here, or day-month-year: it is June 5"
    elif guess.dates:
        yield f"dates: {guess.dates}"
    if guess.decimal == ",":
        yield 'decimal: ","                # 92,00 is 92 dollars'


def _claims(guess: Guess) -> Iterator[str]:
    if "claim_id" in guess.given():
        yield "claims: {by: claim_id}      # the rows of one claim id are one claim"
    else:
        yield f"# {CHECK}: a member's rows of one day are one claim; `per: month` or `per: week` make fewer of them."
        yield "claims: {by: member, per: day}"
    yield ""


def _columns(guess: Guess) -> Iterator[str]:
    for suggestion in guess.suggestions:
        if suggestion.to:
            yield from _column(suggestion)
    given = guess.given()
    for name, words in NEEDED.items():
        if name not in given:
            yield f'  # "...": {name}      # {MISSING}: {words}'


def _column(suggestion: Suggestion) -> Iterator[str]:
    to = suggestion.to[0] if len(suggestion.to) == 1 else f"[{', '.join(suggestion.to)}]"
    comment = f"      # {CHECK}: {suggestion.why}" if suggestion.sureness == "check" else ""
    header = f"  {_quoted(suggestion.header)}:"
    more = [f"split: {_quoted(suggestion.split)}"] if suggestion.split is not None else []
    more += [f"digits: {suggestion.digits}"] if suggestion.digits is not None else []
    if suggestion.values:
        yield f"{header}{comment}"
        yield f"    to: {to}"
        yield from (f"    {part}" for part in more)
        yield "    values:"
        for word, meaning in suggestion.values.items():
            what = 'the code and modifiers, as "H0038 HF"' if "procedure_code" in suggestion.to else 'the code, as "11"'
            note = "" if meaning else f"      # {MISSING}: {what}"
            yield f"      {_quoted(word)}: {_quoted(meaning)}{note}"
    elif more:
        yield f"{header} {{to: {to}, {', '.join(more)}}}{comment}"
    else:
        yield f"{header} {to}{comment}"


def _charges(guess: Guess) -> Iterator[str]:
    if "charge" in guess.given():
        return
    yield ""
    where = "the log has charges per unit; say them here" if guess.has_rates else "no column holds the charge"
    yield f"# {MISSING}: {where}. A charge is then units times this, for each code, or code and modifiers."
    yield "# charges:"
    yield '#   per_unit: {"H0038": "16.25"}'


def _constants(guess: Guess) -> Iterator[str]:
    given = guess.given()
    yield ""
    yield "# What holds for every row."
    yield "constants:"
    yield '  filing_indicator: "MC"      # Medicaid'
    for name, words in FOR_ALL.items():
        if name not in given:
            yield f'  # {name}: "{FILL_IN}"      # {words}'


def _workers(guess: Guess) -> Iterator[str]:
    if not guess.workers:
        return
    yield ""
    yield f"# {FILL_IN}: the NPI and taxonomy of each worker, and take the # before the lines away."
    yield "# workers:"
    for name in guess.workers:
        yield f'#   {_quoted(name)}: {{npi: "{FILL_IN}", taxonomy: "{FILL_IN}"}}'


def _ignored(guess: Guess) -> Iterator[str]:
    left = [each for each in guess.suggestions if not each.to]
    if not left:
        return
    yield ""
    yield "# Columns that are not read."
    yield "ignore:"
    for suggestion in left:
        comment = f"      # {suggestion.why}" if suggestion.why else ""
        yield f"  - {_quoted(suggestion.header)}{comment}"


def _quoted(text: str) -> str:
    """Quote a text for YAML; what JSON writes in quotes YAML reads the same."""
    return json.dumps(text, ensure_ascii=False)


def _plain(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
