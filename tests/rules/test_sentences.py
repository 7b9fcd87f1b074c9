"""What each kind says of its entries: sentences a biller can read aloud, without machine words."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from billing.policy.loading import load_library
from billing.policy.schema import Service
from billing.policy.words import fact_in_words
from billing.rules import KINDS
from billing.rules._entry_words import each_text, together_text

ONE = Service(id="one", procedure="98960", modifiers=("U7",), delivery="individual", source="s")
FEW = Service(id="few", procedure="98961", modifiers=("U7",), delivery="group", name="two to four members", source="s")
MANY = Service(id="many", procedure="98962", modifiers=("U7",), delivery="group", source="s")
GROUP = Service(id="group", procedure="98960", modifiers=("HQ",), delivery="group", source="s")
OLD = Service(id="old", procedure="98960", modifiers=("U4",), ended=date(2023, 12, 31), source="s")
SERVICES = (ONE, FEW, MANY)


def says(kind: str, **entry: Any) -> str:
    made = KINDS[kind].Entry(id="x", source="s", **entry)
    return str(KINDS[kind].in_words(made, SERVICES))


def says_of_service(kind: str, **service: Any) -> str:
    made = Service(id="x", procedure="H0038", source="s", **service)
    return str(KINDS[kind].in_words(made, (made,)))


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"min": 18}, "The member is 18 or older."),
        ({"max": 20}, "The member is 20 or younger, until the day before turning 21."),
        ({"min": 12, "max": 17}, "The member is 12 to 17, until the day before turning 18."),
    ],
)
def test_ages(entry: dict[str, int], sentence: str) -> None:
    assert says("ages", **entry) == sentence


def test_charges() -> None:
    assert says("charges") == (
        "The claim's charge is the sum of its lines' charges, and each line charges more than nothing."
    )


def test_claim_frequency() -> None:
    assert says("claim_frequency") == (
        "The frequency code is 1, 7 or 8. A correction (7 or 8) names the payer's number of the claim it corrects; "
        "an original (1) names none."
    )


def test_covered_services() -> None:
    assert says("covered_services") == "A line belongs to one of the chosen programs, and to one alone."
    assert says_of_service("covered_services", delivery="group") == "H0038: a group."
    assert says_of_service("covered_services", modifiers=("HE",), name="one", date_ranges="refused") == (
        "H0038 HE: one. Each day is billed on a line of its own."
    )


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"any_of": ["F10-F19", "F20.81"]}, "The claim has a diagnosis in F10-F19 or F20.81."),
        ({"any_of": ["F10-F19"], "look_at": "pointed"}, "The line points to a diagnosis in F10-F19."),
        ({"any_of": ["F10-F19"], "look_at": "first", "excluded": ["F17"]},
         "The claim's first diagnosis is in F10-F19. The claim's first diagnosis is not in F17."),
        ({"excluded": ["F70-F79"]}, "The claim has no diagnosis in F70-F79."),
    ],
)  # fmt: skip
def test_diagnoses(entry: dict[str, Any], sentence: str) -> None:
    assert says("diagnoses", **entry) == sentence


def test_diagnosis_codes() -> None:
    assert says("diagnosis_codes") == (
        "A claim has at most 12 diagnoses, none of them twice, each in the shape of an ICD-10-CM code without its dot."
    )
    assert says("diagnosis_codes", list="icd-10-cm") == (
        "Each diagnosis is a code that may be billed on the date of service, by the list of that year."
    )


def test_diagnosis_pointers() -> None:
    assert says("diagnosis_pointers", at_most=1) == (
        "A line points to diagnoses that its claim has, to at most 1 diagnosis and to none of them twice."
    )


def test_duplicates() -> None:
    assert says("duplicates") == (
        "No line bills what another claim has billed: the same member, billing and rendering provider, dates, code, "
        "modifiers and units."
    )


def test_eligibility() -> None:
    assert says("eligibility") == "The member is covered on every day of the line."


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        ({"min": 1, "max": 1}, "H0038: 1 member in a session."),
        ({"min": 2, "max": 8}, "H0038: 2 to 8 members in a session."),
        ({"min": 2}, "H0038: at least 2 members in a session."),
        ({"max": 12}, "H0038: at most 12 members in a session."),
        ({}, "H0038: any number of members in a session."),
    ],
)
def test_group_size(size: dict[str, int], sentence: str) -> None:
    assert says_of_service("group_size", group_size=size) == sentence


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        (None, "The member's id is made of letters and digits, and is no stand-in such as all zeros."),
        ("[0-9]{11}", "The member's id is 11 digits."),
        (r"\d{8}[A-Z]", "The member's id is 8 digits, then 1 capital."),
        ("AB[A-Z0-9]{5,7}", "The member's id is AB, then 5 to 7 capitals or digits."),
        ("A{2}[0-9]", "The member's id is of the shape that the source gives."),
        ("[0-9]{9}|[0-9]{11}", "The member's id is of the shape that the source gives."),
    ],
)
def test_member_id(pattern: str | None, sentence: str) -> None:
    assert says("member_id", pattern=pattern) == sentence


def test_modifier_codes() -> None:
    assert says("modifier_codes") == (
        "A line has at most four modifiers: each is two capitals or digits, none stands twice, none follows a gap."
    )


def test_modifiers_that_contradict_each_other() -> None:
    assert says("modifier_codes", one_of=["HR", "HS"]) == (
        "A line has at most one of HR and HS, which contradict each other."
    )


def test_modifiers_of_a_service() -> None:
    assert says_of_service("modifiers") == (
        "No modifier is named for H0038. A modifier is held for review, unless it only informs."
    )
    assert says_of_service(
        "modifiers", modifiers=("HE", "HQ"), also_allowed=("95", "93"), modifier_positions={"HE": 1, "HQ": 2},
        other_modifiers="refused",
    ) == (
        "H0038 is billed with HE and HQ. 95 or 93 may be added. The order counts: HE in place 1 and HQ in place 2. Any "
        "other modifier is refused, unless it only informs."
    )  # fmt: skip


def test_modifiers_beside_those_of_a_service() -> None:
    assert says("modifiers", required=["HE", "HQ"], any_of=["U1", "U2"], excluded=["GT"]) == (
        "The line carries HE and HQ. The line carries U1 or U2. The line does not carry GT."
    )


def test_npi() -> None:
    assert says("npi", provider="facility") == (
        "The service place NPI has ten digits, begins with 1 or 2 and ends in its check digit."
    )


def test_place_codes() -> None:
    assert says("place_codes", list="place-of-service") == (
        "The place of service is a code in use on the date of service."
    )


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"allowed": ["11", "12", "99"]}, "The place of service is 11, 12 or 99."),
        ({"refused": ["21"]}, "The place of service is not 21."),
        ({"allowed": ["11"], "refused": ["21"]}, "The place of service is 11. The place of service is not 21."),
    ],
)
def test_places(entry: dict[str, Any], sentence: str) -> None:
    assert says("places", **entry) == sentence


def test_prior_authorization() -> None:
    assert says("prior_authorization") == (
        "Every line carries an authorization number, one that fits the member, the biller, the program, the code and "
        "the dates."
    )
    assert says("prior_authorization", required=False) == (
        "An authorization number on a claim is one that fits the member, the biller, the program, the code and the "
        "dates."
    )


def test_procedure_codes() -> None:
    assert says("procedure_codes") == (
        "A procedure code is five characters in the shape of a CPT or HCPCS code, in capitals."
    )


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"field": "units"}, "Each line has the units."),
        ({"field": "billing_npi", "in_its_place": "billing_other_id"},
         "Each claim has the billing NPI, or else another id of the billing provider."),
        ({"field": "ordering_npi", "in_its_place": "referring_npi"},
         "Each line has the ordering NPI, or else the referring NPI."),
    ],
)  # fmt: skip
def test_required_fields(entry: dict[str, str], sentence: str) -> None:
    assert says("required_fields", **entry) == sentence


def test_same_day() -> None:
    assert says("same_day", not_with="all") == "A member has only one of 98960 U7, 98961 U7 and 98962 U7 on a day."
    assert says("same_day", services=["one"], not_with=["few", "many"]) == (
        "A member does not have 98960 U7 on one day with 98961 U7 and 98962 U7."
    )


@pytest.mark.parametrize(
    ("against", "sentence"),
    [
        (["itself"], "A service date can be read and its range ends on or after its first day."),
        (["birth_date", "death_date"],
         "A service date is no earlier than the member's birth and is no later than the member's death."),
        (["received_date"], "A service date is no later than the day the claim is received."),
    ],
)  # fmt: skip
def test_service_dates(against: list[str], sentence: str) -> None:
    assert says("service_dates", against=against) == sentence


def test_timely_filing() -> None:
    assert says("timely_filing", within=1, unit="months", exceptions="court orders.") == (
        "The claim is received within 1 month of the date of service. Exceptions: court orders."
    )
    assert says("timely_filing", within=365, unit="days", **{"from": "service_month_end"}) == (
        "The claim is received within 365 days of the end of the month of service."
    )


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"at_most": "4", "measure": "units", "per": "day"},
         "At most 4 units per member per day, all three codes together."),
        ({"at_most": "1.50", "measure": "units", "per": "day", "services": ["one"]},
         "At most 1.5 units per member per day."),
        ({"at_most": "1", "measure": "visits", "per": "month", "each": True},
         "At most 1 visit per member per month, each service by itself."),
        ({"at_most": "120", "measure": "minutes", "per": "week", "week_starts": "sunday", "services": ["one", "few"]},
         "At most 120 minutes (2 hours) per member per week, the week beginning on Sunday, both codes together."),
        ({"at_most": "90", "measure": "minutes", "per": "quarter", "services": ["one"]},
         "At most 90 minutes per member per quarter."),
        ({"at_most": "24", "measure": "units", "per": "state_fiscal_year", "year_begins": "07-01", "services": ["one"],
          "lifted_by": "prior_authorization"},
         ("At most 24 units per member per fiscal year, the year beginning on July 1. An authorization lifts the limit: "
         "its own units then count.")),
        ({"at_most": "104", "measure": "units", "per": "rolling_months", "length": 6, "services": ["one"],
          "lifted_by": "documentation"},
         "At most 104 units per member in any 6 months. More may be paid where the record shows the need; attach it."),
        ({"at_most": "500", "measure": "amount", "per": "calendar_year", "services": ["one"], "of": "worker"},
         "At most $500.00 per worker per calendar year."),
    ],
)  # fmt: skip
def test_unit_limits(entry: dict[str, Any], sentence: str) -> None:
    assert says("unit_limits", **entry) == sentence


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"at_most": "16", "measure": "units", "per": "day", "also": {"at_most": "4", "measure": "hours"}},
         "At most 16 units (4 hours) per member per day."),
        ({"at_most": "16", "measure": "units", "per": "day", "also": {"at_most": "500", "measure": "amount"}},
         "At most 16 units ($500.00) per member per day."),
        ({"at_most": "2", "measure": "hours", "per": "day", "lifted_by": "plan_of_care"},
         "At most 2 hours per member per day. A plan of care that holds the day lifts the limit."),
        ({"at_most": "24", "measure": "units", "per": "episode", "episode": {"file": "orders", "kind": "plan_of_care"},
          "year_begins": "07-01"},
         ("At most 24 units per member per episode of care, the year beginning on July 1. An episode is one plan of care "
          "in the orders file.")),
        ({"at_most": "24", "measure": "units", "per": "episode", "episode": {"file": "authorizations"}},
         ("At most 24 units per member per episode of care. An episode is one authorization in the authorizations "
          "file.")),
    ],
)  # fmt: skip
def test_unit_limits_in_their_harder_forms(entry: dict[str, Any], sentence: str) -> None:
    assert says("unit_limits", services=["one"], **entry) == sentence


def test_units() -> None:
    assert says("units") == "Units are a whole number above zero, counted in units and not in minutes."
    assert says("units", decimals=1) == (
        "Units are a number above zero with at most 1 decimal, counted in units and not in minutes."
    )


def test_workers() -> None:
    assert says("workers", worker_types=["peer", "youth_peer"]) == (
        "The worker is certified as a peer or youth peer on every day of the line, and works for the agency that bills."
    )


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"required_types": ["A", "B"], "enrolled": True},
         "The billing provider is of type A or B. The billing provider is enrolled on every day of the line."),
        ({"excluded_types": ["RHC"]}, "The billing provider is not of type RHC."),
        ({"required_taxonomies": ["251S00000X"]}, "The billing taxonomy is 251S00000X."),
        ({"excluded_taxonomies": ["251S00000X"]}, "The billing taxonomy is not 251S00000X."),
    ],
)  # fmt: skip
def test_billing_providers(entry: dict[str, Any], sentence: str) -> None:
    assert says("billing_providers", **entry) == sentence


def test_excluded_enrollments() -> None:
    assert says("excluded_enrollments", kinds=["ecm", "residential", "peer_bundle"]) == (
        "On no day of the line does the enrollments file list the member as ECM, residential or peer bundle."
    )


def test_mue() -> None:
    words = "The units of one code on a line, and for one member by one biller on a day, are no more than the national edit takes."
    assert says("mue", list="x") == words
    assert says("mue", list="x", review_modifiers=["GD"], reject_payers=["P1"]) == (
        f"{words} With GD a person looks at it. Payer P1 is known to deny by the day."
    )


def test_ptp() -> None:
    assert says("ptp", list="x") == "A member has no two codes of a national pair by one biller on one day."
    assert says("ptp", list="x", modifiers=["59", "XE"]) == (
        "A member has no two codes of a national pair by one biller on one day. Some pairs pass with 59 or XE on the "
        "second code."
    )


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({}, "An ordering or referring provider stands on the line or the claim."),
        ({"roles": ["ordering"], "on_line": True, "types": ["physician"]},
         "An ordering provider stands on the line itself and is of type physician."),
        ({"required": False, "types": ["physician"], "enrolled": True},
         ("An ordering or referring provider on the line or the claim is of type physician and enrolled on every day of "
          "the line.")),
    ],
)  # fmt: skip
def test_ordering_providers(entry: dict[str, Any], sentence: str) -> None:
    assert says("ordering_providers", **entry) == sentence


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"standing_order": True}, "A standing order for all members stands in for the member's own."),
        ({"kinds": ["recommendation", "plan_of_care"], "valid_days": 30, "start_within_days": 1, "signed_by": ["A", "B"]},
         ("The member has a recommendation or plan of care in force on every day of the line. It holds for 30 days after "
          "its date. The first service under it comes within 1 day of its date. It is signed by a provider of type A or "
          "B.")),
        ({"kinds": ["referral"], "valid_months": 12},
         "The member has a referral in force on every day of the line. It holds for 12 months after its date."),
    ],
)  # fmt: skip
def test_orders(entry: dict[str, Any], sentence: str) -> None:
    assert says("orders", **entry) == sentence


def test_other_coverage() -> None:
    assert says("other_coverage") == (
        "A claim of a member with other coverage names that payer, what it paid and when it decided."
    )
    assert says("other_coverage", kinds=["medicare", "commercial"]) == (
        "A claim of a member with Medicare or commercial coverage names that payer, what it paid and when it decided."
    )
    assert says("other_coverage", bypass=["one", "few"]) == "No other payer is asked first for 98960 U7 and 98961 U7."


def test_overlaps() -> None:
    assert says("overlaps", of="worker") == (
        "Sessions of one worker with different members do not overlap in time, except in one group session."
    )
    assert says("overlaps", of="member") == "Services of one member do not overlap in time."


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"by": "first_service", "signed_by": ["A"]},
         ("A plan of care of the member is dated on or before the first day of the line. It is signed by a provider of "
          "type A.")),
        ({"by": "each_service", "renewed_every": 90, "unit": "days"},
         "A plan of care of the member is in force on every day of the line. It is renewed every 90 days."),
        ({"after": "12", "measure": "units", "per": "lifetime"},
         "Past 12 units per member in a lifetime, a plan of care is in force on every day of the line."),
        ({"after": "1", "measure": "visits", "per": "week", "week_starts": "monday"},
         ("Past 1 visit per member per week, the week beginning on Monday, a plan of care is in force on every day of "
          "the line.")),
        ({"after": "8", "measure": "units", "per": "rolling_days", "length": 90},
         "Past 8 units per member in any 90 days, a plan of care is in force on every day of the line."),
    ],
)  # fmt: skip
def test_plans_of_care(entry: dict[str, Any], sentence: str) -> None:
    assert says("plans_of_care", **entry) == sentence


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"services": ["many"], "needs_services": ["one", "few"], "within": "same_month", "by": "same_billing_provider"},
         "The member has 98960 U7 or 98961 U7 by the same billing provider in the same month."),
        ({"needs_codes": ["99203-99205"], "excluded_codes": ["99204"], "excluded_places": ["21", "23"], "in_person": True,
          "within": "months", "length": 12, "by": "any", "order": "before"},
         ("The member has 99203-99205 in the 12 months up to the line's last day. 99204 does not count. At place of "
          "service 21 or 23 it does not count. By telehealth it does not count.")),
        ({"needs_codes": ["99203"], "within": "ever", "by": "same_rendering_provider", "order": "before"},
         "The member has 99203 by the same rendering provider on the line's day or before it."),
        ({"needs_codes": ["99203"], "within": "ever", "by": "any"}, "The member has 99203 at any time."),
        ({"needs_services": "all", "in_person": True, "within": "ever", "by": "any"},
         "The member has another service of the program at any time. By telehealth it does not count."),
        ({"needs_codes": ["99203"], "within": "same_day", "by": "any"}, "The member has 99203 on the same day."),
        ({"needs_codes": ["99203"], "within": "same_state_fiscal_year", "year_begins": "10-01", "by": "any",
          "order": "before"},
         ("The member has 99203 in the same fiscal year on the line's day or before it, the year beginning on October "
          "1.")),
    ],
)  # fmt: skip
def test_prerequisites(entry: dict[str, Any], sentence: str) -> None:
    assert says("prerequisites", **entry) == sentence


@pytest.mark.parametrize(
    ("rate", "sentence"),
    [
        ({"amount": "14.15"}, "The rate of H0038 is $14.15 a unit. A charge below it is noted."),
        ({"amount": "14.155"}, "The rate of H0038 is $14.155 a unit. A charge below it is noted."),
        ({"amounts": {"upstate": "18.90", "new_york_city": "21.22"}},
         "The rate of H0038 is $18.90 (upstate) or $21.22 (new york city) a unit. A charge below it is noted."),
    ],
)  # fmt: skip
def test_rates(rate: dict[str, Any], sentence: str) -> None:
    assert says_of_service("rates", rates=[{**rate, "effective": date(2024, 1, 1), "source": "s"}]) == sentence


def test_single_provider() -> None:
    assert says("single_provider", per="month", of="billing_provider", services=["one", "few"]) == (
        "Only one billing provider bills 98960 U7 and 98961 U7 for a member per month: the first."
    )
    assert says("single_provider", per="week", of="rendering_provider", services=["one"], week_starts="sunday") == (
        "Only one rendering provider bills 98960 U7 for a member per week, the week beginning on Sunday: the first."
    )


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"on_claim": True, "types": ["A"], "enrolled": True},
         ("The claim or line names a supervising provider. The supervising provider is of type A and enrolled on every "
          "day of the line.")),
        ({"on_file": True, "at_most_workers": 1},
         ("The workers file names a supervisor of the worker on every day of the line. A supervisor has at most 1 worker "
          "at once.")),
        ({"at_most_workers": 7, "counted_as": "fte"},
         "A supervisor has at most 7 workers at once, counted as full-time equivalents of both."),
    ],
)  # fmt: skip
def test_supervision(entry: dict[str, Any], sentence: str) -> None:
    assert says("supervision", **entry) == sentence


def test_taxonomy_codes() -> None:
    assert says("taxonomy_codes", provider="billing") == (
        "The billing taxonomy is ten digits and capitals, the last of them an X."
    )


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"video": "refused", "audio_only": "refused"}, "Telehealth is not payable, in person alone."),
        ({"video": "allowed", "audio_only": "refused", "modifiers": ["95"], "needs": "both"},
         ("Live video is payable. Audio only is not payable. The telehealth modifier is 95, no other. A telehealth line "
          "carries a telehealth modifier and a telehealth place.")),
        ({"places": ["02", "10"], "needs": "place"},
         "The telehealth place is 02 or 10, no other. A telehealth line carries a telehealth place."),
        ({"one_medium": True}, "No line is marked as video and as audio only at once."),
    ],
)  # fmt: skip
def test_telehealth(entry: dict[str, Any], sentence: str) -> None:
    assert says("telehealth", **entry) == sentence


def test_unit_minutes() -> None:
    assert says_of_service("unit_minutes", unit_minutes=15) == (
        "A unit of H0038 is 15 minutes; how minutes are rounded is not sourced."
    )


def test_worker_hours() -> None:
    assert says("worker_hours", at_most="24", per="day") == (
        "One worker has at most 24 hours over all members per day; a group session counts once."
    )
    assert says("worker_hours", at_most="60", per="week", week_starts="monday") == (
        "One worker has at most 60 hours over all members per week, the week beginning on Monday; a group session counts "
        "once."
    )


def test_worker_taxonomy() -> None:
    assert says("worker_taxonomy", taxonomies=["172V00000X", "175T00000X"]) == (
        "The rendering provider's taxonomy is 172V00000X or 175T00000X."
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_puts_its_entries_into_words(kind: str) -> None:
    assert hasattr(KINDS[kind], "in_words")


def test_services_that_share_a_limit_are_counted_as_codes_or_as_services() -> None:
    assert together_text((ONE,)) == ""
    assert together_text((ONE, ONE)) == ""
    assert together_text((ONE, GROUP)) == "both services together"
    assert together_text((ONE, FEW)) == "both codes together"
    assert each_text((ONE,)) == ""


def test_a_retired_service_shares_nothing_unless_all_are_retired() -> None:
    assert together_text((ONE, OLD)) == ""
    assert together_text((OLD, OLD.model_copy(update={"procedure": "98961"}))) == "both codes together"


def test_many_services_are_counted_in_digits() -> None:
    services = [ONE.model_copy(update={"procedure": f"T10{number}"}) for number in range(10, 21)]
    assert together_text(services) == "all 11 codes together"
    assert together_text(services[:10]) == "all ten codes together"


@pytest.mark.parametrize("program", load_library().everything(), ids=lambda program: program.id)
def test_no_shipped_entry_is_told_in_machine_words(program: Any) -> None:
    told = [fact_in_words(fact, program.services) for fact in program.facts]
    pattern = r"[a-z]_[a-z]|[\[\]{}]|\bNone\b|\bTrue\b|\bFalse\b|\.\.|  |[^.]$"
    assert [sentence for sentence in told if re.search(pattern, sentence)] == []
    assert [sentence for sentence in told if not re.match(r"[A-Z0-9]", sentence)] == []
