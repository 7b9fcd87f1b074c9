"""Service logs as agencies keep them: claims in a spreadsheet, with what spreadsheets do to them.

Each row is told with what must become of it, by the number it has in the file.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from typing import Any

from . import workbook
from .desk import Desk
from .model import Claim, Line, Person
from .profiles import PROFILES, Profile
from .workbook import Cell, Formula

OWN_NAMES = (
    "claim_id", "member_id", "member_last_name", "member_first_name", "member_birth_date", "member_sex",
    "member_address_line1", "member_address_city", "member_address_state", "member_address_zip", "payer_id",
    "payer_name", "filing_indicator", "billing_npi", "billing_taxonomy", "billing_tax_id", "billing_name",
    "billing_address_line1", "billing_address_city", "billing_address_state", "billing_address_zip", "rendering_npi",
    "rendering_taxonomy", "rendering_name", "place_of_service", "diagnoses", "diagnosis_pointers", "procedure_code",
    "modifiers", "units", "charge", "service_date", "line_control_number",
)  # fmt: skip
DAY_ZERO = date(1899, 12, 30)


@dataclass(slots=True)
class Log:
    """A log, and what must become of its rows.

    Attributes:
        name: Its file.
        profile: The program's dress.
        received: Day it is received.
        map: Name of its column map; null: its headers are our own names.
        top: Rows down to the header.
        rows: The rows below it, as cells.
        cents: Charge of each row that is a claim; null where that cannot be read.
        fates: What becomes of each row that is a claim: accepted, review, rejected, unreadable.
        findings: (row, rule, severity) that rules find.
        noticed: (row, cause, severity) that the reader notices; row null: the file.
    """

    name: str
    profile: Profile
    received: date
    map: str | None
    top: list[list[Cell]]
    rows: list[list[Cell]] = field(default_factory=list)
    cents: list[int | None] = field(default_factory=list)
    fates: list[str] = field(default_factory=list)
    findings: list[tuple[int, str, str]] = field(default_factory=list)
    noticed: list[tuple[int | None, str, str]] = field(default_factory=list)

    @property
    def next_row(self) -> int:
        """Number of the row that is added next."""
        return len(self.top) + len(self.rows) + 1

    def add(self, cells: Sequence[Cell], cents: int | None, fate: str = "accepted") -> None:
        """Add a row that is a claim."""
        self.rows.append(list(cells))
        self.cents.append(cents)
        self.fates.append(fate)

    def note(self, cause: str) -> None:
        """Expect a note on the row that is added next."""
        self.noticed.append((self.next_row, cause, "note"))

    def find(self, rule: str, severity: str) -> None:
        """Expect a finding on the row that is added next."""
        self.findings.append((self.next_row, rule, severity))

    def sidecar(self) -> str:
        """Return the text of `<name>.expected.json`; charges are USD, findings and notices are by row."""
        groups = {fate: [cents for cents, each in zip(self.cents, self.fates, strict=True) if each == fate] for fate in
                  ("accepted", "review", "rejected", "unreadable")}  # fmt: skip
        content = {
            "input": self.name,
            "map": self.map,
            "received": self.received.isoformat(),
            "programs": [self.profile.program],
            "claims": len(self.fates),
            **{fate: len(cents) for fate, cents in groups.items()},
            "charges": {
                "total": dollars(sum(cents or 0 for cents in self.cents)),
                **{fate: dollars(sum(each or 0 for each in cents)) for fate, cents in groups.items()},
                "unreadable_without_charge": sum(cents is None for cents in self.cents),
            },
            "findings": [
                {"row": row, "rule": rule, "severity": severity} for row, rule, severity in sorted(self.findings)
            ],
            "noticed": [
                {"row": row, "cause": cause, "severity": severity}
                for row, cause, severity in sorted(self.noticed, key=lambda each: (each[0] or 0, each[1]))
            ],
        }
        return json.dumps(content, indent=1) + "\n"


def with_own_names(claims: Sequence[Claim], profile: Profile) -> bytes:
    """Return claims as a CSV whose headers are our own names: one row per service line."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, OWN_NAMES, lineterminator="\n")
    writer.writeheader()
    for claim in claims:
        for number, line in enumerate(claim.lines, 1):
            writer.writerow(_own(claim, line, number, profile))
    return out.getvalue().encode()


def _own(claim: Claim, line: Line, number: int, profile: Profile) -> dict[str, Any]:
    person, agency, worker = claim.member, claim.agency, claim.worker
    values = (
        claim.id, person.id, person.last, person.first, person.birth, person.sex, person.street, person.city,
        person.state, person.zip, profile.payer_id, profile.payer_name, "MC", agency.npi, agency.taxonomy,
        agency.tax_id, agency.name, agency.street, agency.city, agency.state, agency.zip, worker.id,
        profile.worker_taxonomy, f"{worker.last}, {worker.first}", claim.place, " ".join(claim.diagnoses),
        " ".join(map(str, line.pointers)), line.code, " ".join(line.modifiers), line.units, dollars(line.cents),
        line.day, f"{claim.id}L{number}",
    )  # fmt: skip
    return dict(zip(OWN_NAMES, values, strict=True))


# ------------------------------------------------------------------------------------------------- a damaged CSV


CHW_HEADERS = ("Client Name", "Medicaid ID", "DOB", "DOS", "CHW", "CPT", "Mod", "Units", "Amount", "POS", "Dx 1",
               "Dx 2", "Comments")  # fmt: skip


def chw_month() -> tuple[Log, bytes, str]:
    """Return a CHW agency's log of a month, exported to CSV from a spreadsheet, and its map."""
    desk = Desk(PROFILES["ks-chw"], date(2026, 11, 22), 11)
    log = Log("chw_month.csv", desk.profile, desk.received, "chw_month.map.yaml", [list(CHW_HEADERS)])

    def visit(back: int, units: int = 2, **changes: Cell) -> tuple[list[Cell], int]:
        member, worker, day = desk.member(), desk.worker(back % 3), desk.day(back)
        cents = 2300 * units
        cells: dict[str, Cell] = {
            "Client Name": f"{member.last}, {member.first}", "Medicaid ID": member.id, "DOB": _american(member.birth),
            "DOS": _american(day), "CHW": f"{worker.first} {worker.last}", "CPT": "98960", "Mod": "U7",
            "Units": str(units), "Amount": f"${dollars(cents)}", "POS": "12", "Dx 1": "E11.9", "Dx 2": "",
            "Comments": "",
        }  # fmt: skip
        return list((cells | changes).values()), cents

    log.noticed.append((2, "currency_signs", "note"))
    log.add(*visit(60))
    log.add(*visit(59, 3, Comments="groceries, bus pass"))
    log.noticed.append((log.next_row, "text_in_windows_letters", "note"))
    log.add(*visit(58, **{"Client Name": "Peña-Prueba, José"}))
    log.note("codes_turned_into_numbers")
    log.add(*visit(57, CPT="98960.0"))
    log.note("dates_that_stood_as_serial_numbers")
    log.add(*visit(56, DOS=str((desk.day(56) - DAY_ZERO).days)))
    log.note("leading_zeros_put_back")
    log.add(*visit(55, **{"Medicaid ID": "900000077"}))
    log.add(*visit(54, DOS=f"{desk.day(54):%b} {desk.day(54).day}, {desk.day(54).year}"))
    log.rows.append([""] * len(CHW_HEADERS))
    log.noticed.append((log.next_row - 1, "rows_that_are_no_visits", "note"))
    log.rows.append(list(CHW_HEADERS))
    cells, cents = visit(53, **{"Medicaid ID": "9E+10"})
    log.add(cells, cents, "unreadable")
    cells, _ = visit(52, Amount="46,00")
    log.add(cells, None, "unreadable")
    log.find("national.units.whole", "reject")
    log.add(*visit(51, Units="#REF!"), "rejected")
    log.find("national.service_dates.readable", "reject")
    log.add(*visit(50, DOS="13/45/2026"), "rejected")
    log.find("ks-chw.unit_limits.daily", "reject")
    log.add(*visit(49, 5), "rejected")
    cells, cents = visit(48)
    log.add([*cells[:-1], "called at 9", " no answer"], cents, "unreadable")
    log.rows.append(["TOTAL", *[""] * 6, "29", "$667.00", *[""] * 4])
    return log, _spreadsheet_csv(log), _chw_map(desk)


def _spreadsheet_csv(log: Log) -> bytes:
    """Write a log as a spreadsheet program saves it on Windows."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([*log.top, *log.rows])
    return out.getvalue().encode("cp1252")


def _chw_map(desk: Desk) -> str:
    agency, profile = desk.agency(0), desk.profile
    return f"""\
# A community health worker agency's log of a month, as CSV. Made-up people.
dates: month-day-year
claims: {{by: member, per: day}}

columns:
  "Client Name": [member_last_name, member_first_name]
  "Medicaid ID": {{to: member_id, digits: 11}}
  "DOB": member_birth_date
  "DOS": service_date
  "CHW": worker
  "CPT": procedure_code
  "Mod": modifiers
  "Units": units
  "Amount": charge
  "POS": place_of_service
  "Dx 1": diagnoses
  "Dx 2": diagnoses

ignore: ["Comments"]

constants:
  billing_npi: "{agency.npi}"
  billing_taxonomy: "{agency.taxonomy}"
  billing_tax_id: "{agency.tax_id}"
  billing_name: "{agency.name}"
  payer_id: "{profile.payer_id}"
  filing_indicator: "MC"

workers:
{_workers(desk, 3, "chw")}
worker_types:
  chw: {{taxonomy: "{profile.worker_taxonomy}"}}
"""


def _workers(desk: Desk, count: int, kind: str) -> str:
    people = [desk.worker(number) for number in range(count)]
    return "".join(f'  "{person.first} {person.last}": {{npi: "{person.id}", type: {kind}}}\n' for person in people)


# -------------------------------------------------------------------------------------------- a damaged workbook


PEER_HEADERS = ("Client", "ID #", "DOB", "Date", "Start", "End", "Peer", "Service", "Units", "Charge", "Where", "Dx")


def peer_week() -> tuple[Log, bytes, str]:
    """Return a peer agency's weekly log as a workbook, and its map."""
    desk = Desk(PROFILES["nj-sud-peer"], date(2026, 11, 22), 12)
    top: list[list[Cell]] = [["Peer services, week of 2026-09-14"], [], list(PEER_HEADERS)]
    log = Log("peer_week.xlsx", desk.profile, desk.received, "peer_week.map.yaml", top)
    monday = date(2026, 9, 14)

    def visit(
        day: int, hour: int, member: Person | None = None, units: int = 4, **changes: Cell
    ) -> tuple[list[Cell], int]:
        person, worker = member or desk.member(), desk.worker(day)
        cents = 1625 * units
        cells: dict[str, Cell] = {
            "Client": f"{person.first.title()} {person.last.title()}", "ID #": person.id, "DOB": person.birth,
            "Date": monday + timedelta(days=day), "Start": time(hour), "End": time(hour + units // 4),
            "Peer": f"{worker.first} {worker.last}", "Service": "Peer support", "Units": units, "Charge": cents / 100,
            "Where": "Office", "Dx": "F11.20",
        }  # fmt: skip
        return list((cells | changes).values()), cents

    log.add(*visit(0, 9))
    log.add(*visit(0, 10, Service="H0038 HF", Charge=Formula(f"I{log.next_row}*16.25", 65)))
    log.add(*visit(0, 13, Where="Home"))
    log.note("leading_zeros_put_back")
    log.add(*visit(1, 9, **{"ID #": 900000088}))
    log.note("dates_that_stood_as_serial_numbers")
    log.add(*visit(1, 10, Date=(monday + timedelta(days=1) - DAY_ZERO).days))
    merged, person = log.next_row, desk.member()
    log.add(*visit(2, 9, person))
    log.note("merged_cells_read_for_each_row")
    cells, cents = visit(3, 9, person)
    log.add([None, None, None, *cells[3:]], cents)
    log.find("nj-sud-peer.services.peer-support", "reject")
    log.add(*visit(3, 10, Service="H0038"), "rejected")
    log.find("nj-sud-peer.ages.adults", "reject")
    log.add(*visit(3, 11, replace(desk.member(), birth=date(2010, 5, 5))), "rejected")
    log.noticed.append((log.next_row, "places_not_translated", "review"))
    log.find("national.required_fields.place-of-service", "reject")
    log.add(*visit(4, 9, Where="The usual"), "rejected")
    cells, _ = visit(4, 10, Charge=Formula("VLOOKUP(H14,Lists!A:B,2,0)", None))
    log.add(cells, None, "unreadable")
    log.noticed.append((log.next_row, "rows_that_are_no_visits", "note"))
    log.noticed.append((None, "formulas_read_by_value", "note"))
    last = log.next_row - 1
    log.rows.append(["Total", *[None] * 7, Formula(f"SUM(I4:I{last})", 44), Formula(f"SUM(J4:J{last})", 650)])
    sheets: dict[str, Sequence[Sequence[Cell]]] = {
        "Log": [*log.top, *log.rows], "Lists": [["Service", "Rate"], ["Peer support", 16.25]]
    }  # fmt: skip
    merges = [f"{letter}{merged}:{letter}{merged + 1}" for letter in "ABC"]
    return log, workbook.write(sheets, merges), _peer_map(desk)


def _peer_map(desk: Desk) -> str:
    agency, profile = desk.agency(0), desk.profile
    return f"""\
# A peer agency's weekly log, an Excel workbook. Made-up people.
sheet: Log
header_row: 3
claims: {{by: member, per: day}}

columns:
  "Client": {{to: [member_first_name, member_last_name], split: " "}}
  "ID #": {{to: member_id, digits: 11}}
  "DOB": member_birth_date
  "Date": service_date
  "Start": start_time
  "End": end_time
  "Peer": worker
  "Service":
    to: [procedure_code, modifiers]
    values: {{"Peer support": "H0038 HF"}}
  "Units": units
  "Charge": charge
  "Where":
    to: place_of_service
    values: {{"Office": "57", "Home": "12"}}
  "Dx": diagnoses

constants:
  billing_npi: "{agency.npi}"
  billing_taxonomy: "{agency.taxonomy}"
  billing_tax_id: "{agency.tax_id}"
  billing_name: "{agency.name}"
  payer_id: "{profile.payer_id}"
  filing_indicator: "MC"

workers:
{_workers(desk, 5, "recovery_peer")}
worker_types:
  recovery_peer: {{taxonomy: "{profile.worker_taxonomy}"}}
"""


def _american(day: date | None) -> str:
    return "" if day is None else f"{day.month}/{day.day}/{day.year}"


def dollars(cents: int) -> str:
    """Return cents as dollars with two places."""
    whole, rest = divmod(cents, 100)
    return f"{whole}.{rest:02d}"
