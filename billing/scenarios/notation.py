"""The short notation of scenarios: claims, lines and rows of reference files, with plain values for all they leave out.

A line is written `98960 U7 x4 2026-05-05..2026-05-07 09:00-10:00 @12 $46.00 worker=W2`: code, modifiers, units, days,
times, place, charge, other fields; `x-` and `on-` leave units and days out, and `each 2026-05-01..2026-05-16` is a line
for every one of these days. A claim is its number and its lines: `C1 98960 U7 x4`, or `{C1: [line, line], member: M2}`.

A row of a reference file names who or what it is about, then its days, then further columns: `M1 2026-01-01..`,
`W1 chw 2026-01-01..2026-12-31 agency_npi=B1`, `PA1 M1 98960 x20 2026-01-01..`, `H1 paid 98960 U7 x3 2026-05-05`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from billing.claims import Claim, ServiceLine
from billing.errors import did_you_mean
from billing.reference_columns import REFERENCE_COLUMNS, SPANS
from billing.scenarios.naming import Names

DAY = "2026-05-05"
"""Date of service of a line that names none, a Tuesday."""

SHORT_FIELDS = {
    "member": "member.id", "born": "member.birth_date", "died": "member.death_date", "sex": "member.sex",
    "pregnant": "member.pregnant", "biller": "billing_provider.npi", "biller_taxonomy": "billing_provider.taxonomy",
    "rendering": "rendering_provider.npi", "rendering_taxonomy": "rendering_provider.taxonomy",
    "supervising": "supervising_provider.npi", "ordering": "ordering_provider.npi",
    "referring": "referring_provider.npi", "place": "place_of_service", "frequency": "frequency_code",
    "original": "original_claim_id", "authorization": "prior_authorization", "payer": "payer.id",
    "received": "received_date",
}  # fmt: skip
"""Short names of a claim's fields; a field of the claim JSON may also be written as there, `service_facility.npi`."""

CLAIM_DEFAULTS = {
    "member": "M1", "born": "1990-01-31", "biller": "B1", "rendering": "W1", "place": "12", "frequency": "1",
    "payer": "P1", "diagnoses": ["F330"],
}  # fmt: skip
LINE_DEFAULTS = {"charge": "92.00", "units": "1", "unit_basis": "UN", "service_date": DAY, "diagnosis_pointers": [1]}

_SHORT_LINE_FIELDS = {
    "rendering": "rendering_provider", "supervising": "supervising_provider", "ordering": "ordering_provider",
    "referring": "referring_provider", "authorization": "prior_authorization", "session": "session_id",
    "pointers": "diagnosis_pointers", "place": "place_of_service",
}  # fmt: skip
_TOKENS = (
    (r"x(\S+)", ("units",)), (r"(\d{4}-\d\d-\d\d)", ("service_date",)), (r"\$(\S+)", ("charge",)),
    (r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)", ("service_date", "service_end_date")),
    (r"(\d\d:\d\d)-(\d\d:\d\d)", ("start_time", "end_time")), (r"@(\d\d)", ("place_of_service",)),
    (r"on(\S+)", ("service_date",)),
)  # fmt: skip
_MODIFIER = re.compile(r"[A-Z0-9]{1,4}")
_EACH = re.compile(r"\beach (\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")
_SPAN = re.compile(r"(\d{4}-\d\d-\d\d)(\.\.(\d{4}-\d\d-\d\d)?)?")
_MOST_DAYS = 400

_SUBJECTS = {
    "members": ("member_id",), "enrollments": ("member_id", "kind"), "providers": ("npi",),
    "workers": ("npi", "worker_type"), "authorizations": ("number", "member_id"), "orders": ("member_id", "kind"),
    "other_coverage": ("member_id", "kind"),
}  # fmt: skip
_MEMBERS, _NUMBERS, _CLAIMS = ("member_id",), ("number", "payer_claim_id"), ("claim_id",)
_PROVIDERS = ("npi", "agency_npi", "supervisor_npi", "ordering_npi", "billing_npi", "rendering_npi")
_HISTORY_DEFAULTS = {"member_id": "M1", "billing_npi": "B1", "rendering_npi": "W1", "line_number": "1", "units": "1",
                     "service_date": DAY}  # fmt: skip


class NotationError(ValueError):
    """A text that cannot be read.

    Attributes:
        words: What is wrong, the part of the text first.
        fix: What to write instead; may be empty.
    """

    def __init__(self, words: str, fix: str = "") -> None:
        super().__init__(words)
        self.words, self.fix = words, fix


def claim(short: Mapping[str, Any] | str, names: Names, defaults: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Read a claim.

    Args:
        short: `C1 98960 U7 x4`, or `{C1: line or lines, member: M2, ...}`.
        names: Makes ids of the names it writes.
        defaults: Fields of every claim, as a claim writes them; `line` is a text put before every line's own.

    Returns:
        The claim JSON; its charge is the sum of its lines' unless it is stated.

    Raises:
        NotationError: Some part of it cannot be read.
    """
    if isinstance(short, str):
        claim_id, _, text = short.partition(" ")
        short = {claim_id: text}
    (claim_id, lines), *given = short.items()
    stated = {**CLAIM_DEFAULTS, **(defaults or {})}
    before = str(stated.pop("line", ""))
    # YAML reads a line that is nothing but a CPT code as a number; it has no leading zero to lose.
    texts = [str(text) if type(text) is int else text for text in (lines if isinstance(lines, list) else [lines])]
    if not all(isinstance(text, str) for text in texts) or not texts:
        raise NotationError(f"{claim_id}: no service line", f"write `{claim_id}: 98960 x4`, or a list of such texts")
    fields = [fields for text in texts for fields in expanded(text, before)]
    made: dict[str, Any] = {"claim_id": names.claim(claim_id), "lines": []}
    for number, each in enumerate(fields, 1):
        made["lines"].append(named_line({"line_number": number, **each}, names))
    made["charge"] = _total(made["lines"])
    for key, value in {**stated, **dict(given)}.items():
        put(made, key, value, names)
    return made


def expanded(text: str, before: str = "") -> list[dict[str, Any]]:
    """Read a line's text, or the lines that `each` makes of it; names are left as written."""
    days = _EACH.search(text)
    if days is None:
        return [{**LINE_DEFAULTS, **_tokens(before.split()), **line(text)}]
    rest = text.replace(days[0], "")
    return [
        {**LINE_DEFAULTS, **_tokens(before.split()), **line(rest), "service_date": day}
        for day in _days(days[1], days[2])
    ]


def line(text: str) -> dict[str, Any]:
    """Read the fields that a line's text gives; names are left as written."""
    procedure, *tokens = text.split() or [""]
    if not procedure:
        raise NotationError("the line is empty", "write its code first: `98960 U7 x4`")
    return {"procedure_code": procedure, "modifiers": [], **_tokens(tokens)}


def _tokens(tokens: Iterable[str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    modifiers: list[str] = []
    for token in tokens:
        key, equals, value = token.partition("=")
        if equals:
            key = _SHORT_LINE_FIELDS.get(key, key)
            if key not in ServiceLine.model_fields:
                known = [*_SHORT_LINE_FIELDS, *ServiceLine.model_fields]
                raise NotationError(f"{key}: a line has no field of this name", did_you_mean(key, known))
            made[key] = _OTHER.get(key, str)(value)
            continue
        for pattern, columns in _TOKENS:
            if match := re.fullmatch(pattern, token):
                made |= {
                    name: None if part == "-" else part for name, part in zip(columns, match.groups(), strict=True)
                }
                break
        else:
            if not _MODIFIER.fullmatch(token):
                fix = "a line is `98960 U7 x4 2026-05-05 09:00-10:00 @12 $46.00 worker=W2`"
                raise NotationError(f"'{token}' is no part of a line", fix)
            modifiers.append(token)
    return {**made, "modifiers": modifiers} if modifiers else made


def _provider(text: str) -> dict[str, str] | None:
    """Read `W2`, or `W2:172V00000X` with its taxonomy; `-` takes the provider away."""
    npi, _, taxonomy = text.partition(":")
    return None if text == "-" else {"npi": npi, **({"taxonomy": taxonomy} if taxonomy else {})}


def _whole(text: str) -> int:
    if not text.isdigit():
        raise NotationError(f"'{text}' is no whole number")
    return int(text)


_OTHER: dict[str, Callable[[str], Any]] = {
    "group_size": _whole, "line_number": _whole, "modifiers": lambda text: text.split(":"),
    "diagnosis_pointers": lambda text: [_whole(part) for part in text.split(":")],
    "rendering_provider": _provider, "supervising_provider": _provider, "ordering_provider": _provider,
    "referring_provider": _provider,
}  # fmt: skip


def named_line(fields: dict[str, Any], names: Names) -> dict[str, Any]:
    """Put ids in the place of the names that a line writes."""
    for key, value in fields.items():
        if key in {"prior_authorization", "session_id"} and value is not None:
            fields[key] = names.number(value)
        elif key == "worker" and value is not None:
            fields[key] = names.provider(value)
        elif key.endswith("_provider") and value is not None:
            fields[key] = {**value, "npi": names.provider(value["npi"])}
    return fields


def put(made: dict[str, Any], key: str, value: object, names: Names) -> None:
    """Put one field of a claim, under its short or its own name, in its place in the claim JSON."""
    path = SHORT_FIELDS.get(key, key)
    *holders, field = path.split(".")
    if (holders or [field])[0] not in Claim.model_fields:
        raise NotationError(
            f"{key}: a claim has no field of this name",
            did_you_mean(key, [*SHORT_FIELDS, *Claim.model_fields]) or f"it may have {', '.join(SHORT_FIELDS)}",
        )
    place = made
    for holder in holders:
        place = place.setdefault(holder, {})
    place[field] = _named(path, value, names)


def _named(path: str, value: object, names: Names) -> object:
    if not isinstance(value, str):
        return value
    if path in {"member.id", "subscriber.id"}:
        return names.member(value)
    if path.endswith(".npi"):
        return names.provider(value)
    if path in {"prior_authorization", "original_claim_id"}:
        return names.number(value)
    return value


def _total(lines: Iterable[Mapping[str, Any]]) -> str:
    try:
        return str(sum((Decimal(each["charge"] or "0") for each in lines), Decimal(0)))
    except InvalidOperation:
        raise NotationError("a line's charge is no amount", "write dollars as $46.00") from None


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


def _history(text: str) -> list[dict[str, str]]:
    """Read a row of the history file: `H1 paid 98960 U7 x3 2026-05-05 payer_claim_id=P9`; `each` makes several."""
    claim_id, status, *rest = text.split(" ", 2)
    if not rest or not status:
        raise NotationError(f"'{text}' is no row of the history file", f"a row is `{_EXAMPLES['history']}`")
    days = _EACH.search(rest[0])
    each_day = _days(days[1], days[2]) if days else [None]
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


def _days(first: str, last: str) -> list[str]:
    """Return every day from the first to the last."""
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise NotationError(f"{first}..{last}: is no span of days", "write 2026-05-01..2026-05-16") from None
    count = (end - start).days + 1
    if not 1 <= count <= _MOST_DAYS:
        raise NotationError(f"each {first}..{last}: holds {count} days", f"write 1 to {_MOST_DAYS} days")
    return [(start + timedelta(days)).isoformat() for days in range(count)]
