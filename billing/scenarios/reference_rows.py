"""The short notation of scenarios: rows of reference files.

A row names who or what it is about, then its days, then further columns: `M1 2026-01-01..`,
`W1 chw 2026-01-01..2026-12-31 agency_npi=B1`, `PA1 M1 98960 x20 2026-01-01..`, `H1 paid 98960 U7 x3 2026-05-05`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from billing.errors import did_you_mean
from billing.reference_columns import REFERENCE_COLUMNS, SPANS
from billing.scenarios.naming import Names
from billing.scenarios.notation import DAY, EACH, NotationError, days_between, line

_SUBJECTS = {
    "members": ("member_id",), "enrollments": ("member_id", "kind"), "providers": ("npi",),
    "workers": ("npi", "worker_type"), "authorizations": ("number", "member_id"), "orders": ("member_id", "kind"),
    "other_coverage": ("member_id", "kind"),
}  # fmt: skip
_MEMBERS, _NUMBERS, _CLAIMS = ("member_id",), ("number", "payer_claim_id"), ("claim_id",)
_PROVIDERS = ("npi", "agency_npi", "supervisor_npi", "ordering_npi", "billing_npi", "rendering_npi")
_HISTORY_DEFAULTS = {"member_id": "M1", "billing_npi": "B1", "rendering_npi": "W1", "line_number": "1", "units": "1",
                     "service_date": DAY}  # fmt: skip
_SPAN = re.compile(r"(\d{4}-\d\d-\d\d)(\.\.(\d{4}-\d\d-\d\d)?)?")
_EXAMPLES = {
    "members": "M1 2026-01-01..2026-12-31 birth_date=1990-01-31",
    "enrollments": "M1 residential 2026-01-01..2026-12-31",
    "providers": "B1 2026-01-01.. provider_type=CLINIC",
    "workers": "W1 chw 2026-01-01..2026-12-31 agency_npi=B1",
    "authorizations": "PA1 M1 98960 U7 x20 2026-01-01..2026-12-31",
    "orders": "M1 recommendation 2026-05-01 ordering_npi=D1",
    "other_coverage": "M1 commercial 2026-01-01..",
    "history": "H1 paid 98960 U7 x3 2026-05-05",
}  # fmt: skip


def rows(file: str, short: Mapping[str, Any] | str, names: Names) -> list[dict[str, str]]:
    """Read the rows of a reference file that one text or map stands for.

    Args:
        file: Name of the reference file.
        short: The text, or the row as a map of its columns.
        names: Makes ids of the names it writes.

    Returns:
        One map of columns to texts for each row.

    Raises:
        NotationError: Some part of it cannot be read, or the file has no such column.
    """
    if not isinstance(short, str):
        found = [{key: "" if value is None else str(value) for key, value in short.items()}]
    elif file == "history":
        found = _history(short)
    else:
        found = [_row(file, short)]
    known = [column.name for column in REFERENCE_COLUMNS[file]]
    for row in found:
        for column in row:
            if column not in known:
                fix = did_you_mean(column, known) or f"it may have {', '.join(known)}"
                raise NotationError(f"{column}: the {file} file has no column of this name", fix)
    return [{column: _named_cell(column, value, names) for column, value in row.items()} for row in found]


def _named_cell(column: str, value: str, names: Names) -> str:
    if not value:
        return value
    for columns, make in ((_MEMBERS, names.member), (_NUMBERS, names.number), (_CLAIMS, names.claim),
                          (_PROVIDERS, names.provider)):  # fmt: skip
        if column in columns:
            return make(value)
    return value


def _row(file: str, text: str) -> dict[str, str]:
    tokens = text.split()
    subjects = _SUBJECTS[file]
    row = dict(zip(subjects, tokens, strict=False))
    for token in tokens[len(subjects) :]:
        key, equals, value = token.partition("=")
        if equals:
            row[key] = value
        elif span := _SPAN.fullmatch(token):
            row |= _span(file, token, span)
        elif file == "authorizations" and token.startswith("x"):
            row["units"] = token[1:]
        elif file == "authorizations" and "procedure_code" in row:
            row["modifiers"] = ":".join([*filter(None, [row.get("modifiers")]), token])
        elif file == "authorizations":
            row["procedure_code"] = token
        else:
            fix = f"a row is `{_EXAMPLES[file]}`"
            raise NotationError(f"'{token}' is no part of a row of the {file} file", fix)
    missing = [name for name in (*subjects, SPANS[file][0][0]) if name not in row]
    if missing and not (file == "other_coverage" and missing == ["kind"]):
        raise NotationError(f"the row of the {file} file lacks {missing[0]}", f"a row is `{_EXAMPLES[file]}`")
    return row


def _span(file: str, token: str, span: re.Match[str]) -> dict[str, str]:
    first, last = SPANS[file][0]
    if span[2] is None and file != "orders":
        raise NotationError(
            f"'{token}' is one day, not a span", f"write {token}.. for an open end, or {token}..{token}"
        )
    return {first: span[1], last: span[3] or ""}


def _history(text: str) -> list[dict[str, str]]:
    """Read a row of the history file: `H1 paid 98960 U7 x3 2026-05-05 payer_claim_id=P9`; `each` makes several."""
    claim_id, status, *rest = text.split(" ", 2)
    if not rest or not status:
        raise NotationError(f"'{text}' is no row of the history file", f"a row is `{_EXAMPLES['history']}`")
    days = EACH.search(rest[0])
    each_day = days_between(days[1], days[2]) if days else [None]
    plain = rest[0].replace(days[0], "") if days else rest[0]
    own = [token for token in plain.split() if "=" in token]
    of_line = line(" ".join(token for token in plain.split() if "=" not in token))
    made = []
    for number, day in enumerate(each_day, 1):
        row = {**_HISTORY_DEFAULTS, "line_number": str(number), **of_line, **dict(_pair(token) for token in own)}
        row |= {"modifiers": ":".join(of_line["modifiers"]), "claim_id": claim_id, "status": status}
        made.append({**row, "service_date": day} if day else row)
    return made


def _pair(token: str) -> tuple[str, str]:
    key, _, value = token.partition("=")
    return key, value


def table(file: str, found: Iterable[Mapping[str, str]]) -> pl.DataFrame:
    """Lay rows out as a reference file that has every column, all of them texts."""
    columns = [column.name for column in REFERENCE_COLUMNS[file]]
    cells = [[row.get(column) for column in columns] for row in found]
    return pl.DataFrame(cells, schema=dict.fromkeys(columns, pl.String), orient="row")
