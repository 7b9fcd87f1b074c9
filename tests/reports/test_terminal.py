"""The summary in the terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from billing.claim_columns import UNREADABLE_SCHEMA
from billing.judgement import PLACEMENT_SCHEMA
from billing.policy.codesets import Fact
from billing.policy.schema import Source
from billing.reports.console import WIDTH
from billing.reports.terminal import print_summary
from billing.result import Result
from billing.rules.timely_filing import Entry
from tests.results import (
    CODESETS,
    MEMBERS,
    RECEIVED,
    all_ready_result,
    claim,
    finding,
    four_claims,
    four_claims_result,
    result_of,
    two_inputs_result,
)


def printed(result: Result, folder: str | None = None, *, width: int = WIDTH, colour: bool = False) -> str:
    """Return what is printed about a result."""
    out = io.StringIO()
    print_summary(result, Console(file=out, width=width, force_terminal=colour, highlight=False, markup=False), folder)
    return out.getvalue()


def test_the_summary_says_what_is_ready_what_to_do_and_what_was_not_checked() -> None:
    assert printed(four_claims_result(raw_unreadable=b"CLM*C5~"), "out") == (
        "batch.837 · 5 claims · 4 lines · $368.00 · ks-chw · received 2026-11-22\n"
        "\n"
        "  ✓ ready to send  2 claims         $184.00  out/accepted.837\n"
        "  ! needs a look    1 claim          $92.00  out/review.837\n"
        "  ✗ rejected        1 claim          $92.00  out/rejected.837\n"
        "  ? unreadable      1 claim  charge unknown  out/unreadable.837\n"
        "\n"
        "What to do first (2 root causes, by dollars)\n"
        "\n"
        "  ! 1 claim  $92.00  Members without coverage on the day  ks-chw.eligibility.covered\n"
        "    claim   C3 line 1: Coverage is unknown on 2026-05-05.\n"
        "    fix     Look the member up at the payer.\n"
        "    where   batch.837 segment 214 (2010BA NM109), CMS-1500 box 1a\n"
        "    source  Manual page, not official; reading: a month is a calendar month\n"
        "\n"
        "  ✗ 1 claim  $92.00  More units in a day than the program allows  ks-chw.unit_limits.daily\n"
        "    claim   C4 line 1: 5 units of 98960 U7 on 2026-05-05; Kansas CHW allows 4 per member per day.\n"
        "    fix     Bill 4 units, or attach the authorization that lifts the limit.\n"
        "    where   batch.837 segment 214 (2400 SV104), CMS-1500 box 24G\n"
        "    source  KMAP bulletin 23175 (2023-06-29), official\n"
        "\n"
        "Could not be read, so nothing of it was checked\n"
        "  batch.837 segment 40: the claim has no charge\n"
        "\n"
        "Not checked, or not fully\n"
        "  unit limits (1 rule, up to 4 lines): only this batch was counted; supply --history FILE\n"
        "  workers (1 rule, up to 4 lines): supply --workers FILE\n"
        "\n"
        "Report: out/report.html\n"
    )


def test_parts_that_could_not_be_read_are_named_with_place_and_reason() -> None:
    rows = [{"input": "batch.clm", "first": 5 * number, "last": 5 * number, "loop": "2300",
             "reason": "the claim has no claim number (CLM01)", "charge": None} for number in range(1, 7)]  # fmt: skip
    whole = four_claims_result()
    batch = replace(whole.batch, unreadable=pl.DataFrame(rows, UNREADABLE_SCHEMA))
    text = printed(Result(batch, whole.judgement, whole.codesets, RECEIVED))
    assert (
        "\nCould not be read, so nothing of it was checked\n"
        "  batch.clm segment 5: the claim has no claim number (CLM01)\n"
        "  batch.clm segment 10: the claim has no claim number (CLM01)\n"
        "  batch.clm segment 15: the claim has no claim number (CLM01)\n"
        "  batch.clm segment 20: the claim has no claim number (CLM01)\n"
        "  and 2 more, each with its reason in unreadable.csv\n"
    ) in text


def test_a_run_in_which_no_claim_could_be_read_says_that_nothing_was_checked() -> None:
    text = printed(result_of([], [], raw_unreadable=b"CLM*C5~"))
    assert "\nNo claim could be read, so nothing was checked.\n" in text
    assert "Every rule that applies" not in text


def test_a_clean_run_promises_no_payment_and_says_that_nothing_was_written() -> None:
    assert printed(all_ready_result()).endswith(
        "\nReady means: nothing was found among what was checked. It is no promise of payment.\n"
        "\nNothing was written; add --out DIR for the files and the report.\n"
    )


def test_a_run_without_claims_says_so() -> None:
    assert "\nNo claims in the input.\n" in printed(result_of([], []))


def test_no_line_is_wider_than_the_terminal() -> None:
    long = "Place of service 11 stands on the line where the program takes 03, 12, 15 or 99 and no other. " * 3
    result = result_of(four_claims(), [finding(0, "C1", message=long, remedy=long)])
    for width in (60, 80, WIDTH):
        assert max(len(line) for line in printed(result, width=width).splitlines()) <= width


def test_colour_adds_no_words() -> None:
    coloured = printed(four_claims_result(), "out", colour=True)
    assert "\x1b[" in coloured
    plain = "".join(part.partition("m")[2] if index else part for index, part in enumerate(coloured.split("\x1b[")))
    assert plain == printed(four_claims_result(), "out")


def test_a_claim_cannot_steer_the_terminal() -> None:
    evil = "C1\x1b[2J[red]\r\nrm"
    text = printed(result_of([claim(evil, MEMBERS[0])], [finding(0, evil, message=evil)]))
    assert "\x1b" not in text
    assert "C1 [2J[red]  rm line 1: C1 [2J[red]  rm" in text.replace("  rm: ", "  rm line 1: ")


def test_the_members_of_the_input_are_never_named() -> None:
    member = MEMBERS[0]
    leaking = f"Member {member.id} has no coverage."
    text = printed(result_of([claim("C1", member)], [finding(0, "C1", message=leaking, found=member.id)]), "out")
    assert "Member …4321 has no coverage." in text
    assert not any(value in text for value in (member.id, member.last_name, member.first_name) if value)


def test_only_the_biggest_causes_are_shown_and_the_others_counted() -> None:
    findings = [finding(0, "C1", rule=f"ks-chw.places.entry{number:02}") for number in range(10)]
    text = printed(result_of(four_claims(), findings))
    assert text.count("    fix ") == 8
    assert "\n  and 2 more root causes\n" in text


def test_notes_hold_no_claim_and_are_counted_apart() -> None:
    text = printed(result_of(four_claims(), [finding(0, "C1", severity="note")]))
    assert "What to do first" not in text
    assert "\n1 note that holds no claim\n" in text


def test_what_is_wrong_with_a_file_is_said_even_when_every_claim_is_ready() -> None:
    about_file = finding(
        None, None, rule="national.envelope.count", severity="review", line_number=None, message="SE counts 11 segments, 12 are there.",
        remedy="Nothing: the files written here carry the right count.", place={"x12": "SE01", "form_box": "", "column": ""},
    )  # fmt: skip
    assert (
        "\n  ! batch.837: SE counts 11 segments, 12 are there.\n"
        "    fix     Nothing: the files written here carry the right count.\n"
        "    where   batch.837 segment 214 (SE01)\n"
    ) in printed(result_of(four_claims(), [about_file]))


def test_a_rule_on_trial_is_no_cause() -> None:
    assert "What to do first" not in printed(result_of(four_claims(), [finding(0, "C1", shadow=True)]))


def test_several_inputs_show_their_folders() -> None:
    text = printed(two_inputs_result(), "out")
    assert text.startswith("a.837, b.837 · 4 claims")
    assert "  ✓ ready to send  2 claims  $184.00  out/accepted/a.837\n" in text


def with_deadline(received: date, **values: Any) -> Result:
    """Return the four claims under a program that takes claims for 12 months."""
    source = Source(title="Manual", publisher="State", form="manual", read_on=RECEIVED, official=True)
    entry = Entry.model_validate({"id": "year", "source": "manual", "within": 12, "unit": "months", **values})
    fact = Fact("ks-chw.timely_filing.year", "timely_filing", entry, "ks-chw", None, date(2023, 7, 1), None, source)
    result = four_claims_result()
    placements = result.batch.lines.select(
        "claim_key",
        "line_key",
        program=pl.lit("ks-chw"),
        service=pl.lit("individual"),
        placed=pl.lit("exact"),
        also_fits=pl.lit(None, pl.String),
    )
    assert dict(placements.schema) == PLACEMENT_SCHEMA
    programs = (replace(CODESETS.programs[0], facts=(fact,)),)
    return Result(
        result.batch, replace(result.judgement, placements=placements), replace(CODESETS, programs=programs), received
    )


def test_the_nearest_filing_deadline_of_a_held_claim_is_said() -> None:
    says = "\nNearest filing deadline of a held claim: 2027-05-05 "
    assert f"{says}(in 164 days), claim C3\n" in printed(with_deadline(RECEIVED))
    assert f"{says}(in 1 day), claim C3\n" in printed(with_deadline(date(2027, 5, 4)))
    assert f"{says}(today), claim C3\n" in printed(with_deadline(date(2027, 5, 5)))


def test_a_deadline_that_is_past_is_not_called_the_nearest() -> None:
    assert "deadline" not in printed(with_deadline(date(2027, 5, 6)))


@pytest.mark.parametrize(
    ("values", "day"),
    [
        ({"for": "claims"}, "2027-05-05"), ({"for": "replacements"}, None), ({"for": ["voids"]}, None),
        ({"from": "payment"}, None), ({"unit": "days", "rolls": "next_business_day", "within": 361}, "2027-05-03"),
    ],
)  # fmt: skip
def test_a_deadline_is_that_of_what_is_sent_and_counts_from_the_service(
    values: dict[str, Any], day: str | None
) -> None:
    text = printed(with_deadline(RECEIVED, **values))
    assert (f"Nearest filing deadline of a held claim: {day} " in text) is (day is not None)
    assert ("deadline" in text) is (day is not None)


def test_large_amounts_have_thousands_separators() -> None:
    text = printed(result_of([claim("C1", MEMBERS[0], charge="1234567.80")], []))
    assert "$1,234,567.80" in text
