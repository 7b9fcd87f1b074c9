"""A small made-up program, by the real rule kinds, for tests of what people read about code sets."""

from __future__ import annotations

from pathlib import Path

PROGRAM = """\
program: xx-peer
state: KS
workforce: peer_support
name: A made-up peer program
effective: 2024-01-01
status: in_force
payers: ["PAYER1"]
rendering_is: worker
services:
  - id: individual
    name: one member
    procedure: "H0038"
    modifiers: ["HE"]
    also_allowed: ["95", "93"]
    delivery: individual
    unit_minutes: 15
    unit_minutes_source: blog
    source: bulletin
    rates:
      - {amount: "11.50", effective: 2024-01-01, ended: 2025-12-31, source: bulletin}
      - {amount: "12.00", effective: 2026-01-01, source: blog}
  - id: group
    procedure: "H0038"
    modifiers: ["HE", "HQ"]
    modifier_positions: {HE: 1, HQ: 2}
    other_modifiers: refused
    delivery: group
    group_size: {min: 2, max: 8}
    date_ranges: refused
    source: bulletin
  - {id: older, name: one member in the older program, procedure: "H0038", modifiers: ["U4"], delivery: individual,
     ended: 2023-12-31, source: bulletin}
  - {id: coming, procedure: "H2015", effective: 2027-01-01, source: bulletin}
unit_limits:
  - {id: daily, services: [individual, group], at_most: 16, measure: units, per: day, source: bulletin}
  - id: yearly
    services: [individual]
    at_most: 400
    measure: units
    per: state_fiscal_year
    year_begins: "07-01"
    lifted_by: prior_authorization
    when: {age_under: 21, place_of_service: ["02", "10"]}
    source: bulletin
    assumed: a year is the state's fiscal year
  - {id: weekly, services: all, at_most: 40, measure: units, per: week, week_starts: sunday, effective: 2026-07-01,
     source: bulletin}
ages:
  - {id: adults, min: 18, source: blog, shadow: true}
timely_filing:
  - {id: six-months, within: 6, unit: months, from: service_month_end, source: statute}
notes:
  - Supervision is documented. Not checked.
sources:
  bulletin: {title: Bulletin 7, publisher: A state, form: bulletin, dated: "2023-12-01", url: "https://example.org/7",
             read_on: 2026-11-22, official: true, note: "Read in a copy."}
  blog: {title: A blog, publisher: Someone, form: article, dated: "2024", url: "https://example.org/blog",
         read_on: 2026-11-22, official: false}
  statute: {title: Statute 12, publisher: A state, form: statute, read_on: 2026-11-22, official: true}
"""

NATIONAL = """\
program: national
name: Rules on every claim
charges:
  - {id: balance, source: guide}
sources:
  guide: {title: The guide, publisher: X, form: standard, url: "https://example.org/guide", read_on: 2026-11-22,
          official: true}
"""


def shelve(root: Path, **programs: str) -> Path:
    """Write a folder of shipped code sets: the national rules and programs by id (`xx_peer` for `xx-peer`)."""
    (root / "national").mkdir(parents=True)
    (root / "national" / "national.yaml").write_text(NATIONAL, encoding="utf-8")
    for name, text in programs.items():
        path = root / "states" / name[:2] / f"{name.replace('_', '-')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
