"""`cleanclaim explain` and `rules` on the made-up program and on shipped pages, read on 80 columns."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from billing.cli.explain import explain
from billing.cli.rules import rules
from tests.toy import PROGRAM

pytestmark = pytest.mark.usefixtures("toy")

AGES = """\
ages
Members outside the ages a service is for.

What it checks
  The member's age in completed years on the first day of the service is at
  least `min` and at most `max`: *through 20* ends the day before the 21st
  birthday. Who is born on 29 February turns older on 1 March. An entry may tell
  the age on the day the member was enrolled in the program instead, and may
  leave members out (`unless`): a child, or a pregnant member of any age. Where
  it is not known whether they are, a person looks.

Why claims are denied for it
  Youth and adult services share codes; the wrong one for the age is denied
  (CARC 6).
  - Members outside the ages the service is for: CO 6 with remark N129, or
    returned unread (277CA A7:475, A8:475)

Example
  fails      a 17-year-old in a service from 18
             found by xx-peer.ages.adults
  passes     an 18-year-old, from the day of the birthday on
  instead    bill the youth service if that is what was given, or mend the birth
             date if it is mistyped.

In a program file
  ages
    min  whole number, 0 or more (may be left out). Youngest age; null: no lower
         end.
    max  whole number, 0 or more (may be left out). Oldest age; null: no upper
         end.
    at   service or enrollment (service when left out). The day the age is told
         on: the first day of the service, or the day the member was enrolled in
         the program.
    Every entry may also have id, services, source, effective, ended, assumed,
    severity, shadow, when, unless.

Data it needs
  birth date and service date on the claim; members, for ages at enrolment and
  for whether a member is pregnant when the claim does not say so

Programs that use it
  xx-peer

Also called
  age limit, age range, minimum age, maximum age, youth, adult, EPSDT, child or
  pregnant, age at enrollment
"""

ENTRY = """\
xx-peer.unit_limits.yearly

  At most 400 units per member per fiscal year, the year beginning on July 1. An
  authorization lifts the limit: its own units then count.

  program    xx-peer, A made-up peer program
  services   H0038 HE, one member
  dates      2024-01-01 on, by date of service
  when       Only for members under 21, at place of service 02 or 10.
  a finding  holds the claim for review, because it rests on a reading: a year
             is the state's fiscal year
  source     Bulletin 7, A state
             bulletin, dated 2023-12-01, official, read on 2026-11-22
             https://example.org/7
             Read in a copy.
  kind       unit_limits: Units billed over a program's limit per day, week,
             month, year, rolling window, lifetime, authorization or episode
  written in codesets/states/xx/xx-peer.yaml:36
  layer      state program; no other layer speaks of it
"""

SERVICE = """\
xx-peer.services.individual

  H0038 HE: one member.
  H0038 is billed with HE. 95 or 93 may be added. Any other modifier is held for
  review, unless it only informs.
  The rate of H0038 HE is $11.50 a unit. A charge below it is noted. [2024-01-01
  to 2025-12-31]
  The rate of H0038 HE is $12.00 a unit. A charge below it is noted. [2026-01-01
  on]
  A unit of H0038 HE is 15 minutes; how minutes are rounded is not sourced.

  program    xx-peer, A made-up peer program
  services   H0038 HE, one member
  dates      2024-01-01 on, by date of service
  a finding  covered_services, modifiers: may reject the claim
  source     Bulletin 7, A state
             bulletin, dated 2023-12-01, official, read on 2026-11-22
             https://example.org/7
             Read in a copy.
  a finding  rates: is a note and holds nothing
  source     the same
  a finding  rates: is a note and holds nothing
  source     A blog, Someone
             article, dated 2024, not official, read on 2026-11-22
             https://example.org/blog
  a finding  unit_minutes: holds the claim for review, because its source is
             unofficial; its source is an article
  source     the same
  kind       covered_services: Services outside their dates, date ranges that
             are refused, and codes no program knows
             modifiers: Modifiers that a service needs, does not know, or wants
             in another place
             rates: Charges below the program's rate for the service on the day
             rates: Charges below the program's rate for the service on the day
             unit_minutes: Units that the minutes of the service do not earn,
             and minutes that would earn more units than were billed
  written in codesets/states/xx/xx-peer.yaml:10
  layer      state program; no other layer speaks of it
"""

RULES = """\
xx-peer  A made-up peer program (KS, in force)

  services.individual     H0038 HE: one member.
                          H0038 is billed with HE. 95 or 93 may be added. Any
                          other modifier is held for review, unless it only
                          informs.
                          [2024-01-01 on · reject · source 1]
                          The rate of H0038 HE is $11.50 a unit. A charge below
                          it is noted.
                          [2024-01-01 to 2025-12-31 · note · source 1]
                          The rate of H0038 HE is $12.00 a unit. A charge below
                          it is noted.
                          [2026-01-01 on · note · source 2]
                          A unit of H0038 HE is 15 minutes; how minutes are
                          rounded is not sourced.
                          [2024-01-01 on · review, because its source is
                          unofficial; its source is an article · source 2]

  services.group          H0038 HE HQ: a group. Each day is billed on a line of
                          its own.
                          H0038 HE HQ: 2 to 8 members in a session.
                          H0038 is billed with HE and HQ. The order counts: HE
                          in place 1 and HQ in place 2. Any other modifier is
                          refused, unless it only informs.
                          [2024-01-01 on · reject · source 1]

  services.older          H0038 U4: one member in the older program.
                          H0038 is billed with U4. Any other modifier is held
                          for review, unless it only informs.
                          [until 2023-12-31 · reject · source 1]

  services.coming         H2015: one member or a group.
                          No modifier is named for H2015. A modifier is held for
                          review, unless it only informs.
                          [2027-01-01 on · reject · source 1]

  unit_limits.daily       At most 16 units per member per day, both services
                          together. Only for H0038 HE and H0038 HE HQ.
                          [2024-01-01 on · reject · source 1]

  unit_limits.yearly      At most 400 units per member per fiscal year, the year
                          beginning on July 1. An authorization lifts the limit:
                          its own units then count. Only for H0038 HE. Only for
                          members under 21, at place of service 02 or 10.
                          [2024-01-01 on · review, because it rests on a
                          reading: a year is the state's fiscal year · source 1]

  unit_limits.weekly      At most 40 units per member per week, the week
                          beginning on Sunday, all three services together.
                          [2026-07-01 on · reject · source 1]

  ages.adults             The member is 18 or older. On trial: it decides
                          nothing.
                          [2024-01-01 on · review, because its source is
                          unofficial; its source is an article · source 2]

  timely_filing.six-months
                          The claim is received within 6 months of the end of
                          the month of service.
                          [2024-01-01 on · reject · source 3]

  no rule on              combinations, place of service, telehealth, diagnoses,
                          authorization, order, plan of care, worker,
                          supervision, biller
  notes                   Supervision is documented. Not checked.

  source 1                Bulletin 7 (2023-12-01), official
                          https://example.org/7
  source 2                A blog (2024), not official
                          https://example.org/blog
  source 3                Statute 12, official
"""


def explained(subject: str) -> str:
    return CliRunner().invoke(explain, [subject], standalone_mode=False).output


def test_a_kind_is_explained_from_its_own_file() -> None:
    assert explained("ages") == AGES


def test_an_entry_is_explained_in_sentences_with_its_source() -> None:
    assert explained("xx-peer.unit_limits.yearly") == ENTRY


def test_a_service_is_explained_with_all_that_is_asked_of_it() -> None:
    assert explained("xx-peer.services.individual") == SERVICE


def test_the_rules_of_a_program_are_listed_in_sentences_with_each_source_once() -> None:
    assert CliRunner().invoke(rules, ["xx-peer"], standalone_mode=False).output == RULES


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("severity: note", "is a note and holds nothing"),
        ("severity: review", "holds the claim for review\n"),
        ("shadow: true", "is on trial and decides nothing"),
        ("assumed_pooled: read as one", "may reject the claim\n  reading    read as one\n"),
    ],
)
def test_a_finding_is_told_by_what_it_does_to_the_claim(toy: Path, key: str, says: str) -> None:
    text = PROGRAM.replace("per: day, source", f"per: day, {key}, source")
    (toy / "states" / "xx" / "xx-peer.yaml").write_text(text, encoding="utf-8")
    assert f"  a finding  {says}" in explained("xx-peer.unit_limits.daily")


def test_the_versions_of_an_entry_are_explained_one_after_the_other(toy: Path) -> None:
    older = "  - {id: adults, min: 16, ended: 2024-12-31, source: blog}\n"
    text = PROGRAM.replace("min: 18, source", "min: 18, effective: 2025-01-01, source").replace(
        "ages:\n", f"ages:\n{older}"
    )
    text = text.replace(older, "").replace("timely_filing:\n", f"{older}timely_filing:\n")
    (toy / "states" / "xx" / "xx-peer.yaml").write_text(text, encoding="utf-8")
    told = [line for line in explained("xx-peer.ages.adults").splitlines() if "The member" in line or "dates" in line]
    assert told == [
        "  The member is 16 or older.",
        "  dates      2024-01-01 to 2024-12-31, by date of service",
        "  The member is 18 or older.",
        "  dates      2025-01-01 on, by date of service",
    ]


def test_an_unknown_program_among_many_is_not_answered_with_all_their_names(toy: Path) -> None:
    for number in range(12):
        name = f"yy-p{number}"
        (toy / "states" / "xx" / f"{name}.yaml").write_text(PROGRAM.replace("xx-peer", name), encoding="utf-8")
    error = CliRunner().invoke(rules, ["?"], standalone_mode=False).exception
    assert str(error) == "?: no program has this id\n  fix: `cleanclaim rules` lists the programs"
