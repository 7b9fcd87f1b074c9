"""Authorization numbers: missing, unknown, and those that do not fit."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from billing.references import References, read_references
from billing.rules import prior_authorization
from tests.rules.windows import a_fact, judged, line, rows, severities

FACT = a_fact(prior_authorization)
FILED = {"number": "A1", "member_id": "M1", "effective": "2026-05-01", "ended": "2026-05-31", "procedure_code": None,
         "modifiers": None, "billing_npi": None, "program": None}  # fmt: skip


def file(*filed: dict[str, Any]) -> References:
    given = [{**FILED, **values} for values in filed]
    return read_references(authorizations=pl.DataFrame(given, schema_overrides=dict.fromkeys(FILED, pl.String)))


def numbered(day: str = "2026-05-05", **values: Any) -> dict[str, Any]:
    return line("C1", day, **{"prior_authorization": "A1", **values})


def causes(references: References, *lines: dict[str, Any]) -> list[tuple[str, str]]:
    found = judged(prior_authorization, FACT, lines, references)
    return list(zip(found["cause"].to_list(), [worth for _, worth in severities(found)], strict=True))


def test_a_required_number_that_is_missing_shows_without_the_file() -> None:
    (check,) = prior_authorization.checks(FACT)
    frame = rows([line("C0"), numbered(), line("C2", prior_authorization="  ")])
    assert check.cause == "no_authorization"
    assert frame.select(check.fails).to_series().to_list() == [True, False, True]
    assert check.column == "prior_authorization"
    assert frame.select(prior_authorization.concerns(FACT)).to_series().to_list() == [False, True, False]
    assert isinstance(check.message, pl.Expr)
    assert frame.select(check.message).item(0, 0) == (
        "No authorization number stands on the line or the claim; 98960 U7 needs one."
    )


def test_nothing_is_required_when_the_entry_says_so() -> None:
    assert list(prior_authorization.checks(a_fact(prior_authorization, required=False))) == []


@pytest.mark.parametrize("day", ["2026-05-01", "2026-05-31"])
def test_a_number_that_fits_on_its_first_and_last_day_passes(day: str) -> None:
    assert causes(file({}), numbered(day)) == []


@pytest.mark.parametrize("day", ["2026-04-30", "2026-06-01"])
def test_a_day_outside_its_dates_is_rejected(day: str) -> None:
    assert causes(file({}), numbered(day)) == [("authorization_date_mismatch", "reject")]


def test_every_day_of_a_range_must_lie_in_its_dates() -> None:
    found = judged(prior_authorization, FACT, [numbered("2026-05-31", service_end_date="2026-06-01")], file({}))
    assert found.select("message", "found", "allowed", "column").row(0) == (
        "2026-05-31 to 2026-06-01 is not wholly within the dates of its authorization.", "2026-05-31 to 2026-06-01",
        "days within its dates", "service_date",
    )  # fmt: skip


@pytest.mark.parametrize("values", [{"member_id": "M2"}, {"billing_npi": "1111111112"}, {"program": "yy-chw"}])
def test_a_number_of_another_member_biller_or_program_is_rejected(values: dict[str, Any]) -> None:
    found = judged(prior_authorization, FACT, [numbered()], file(values))
    assert severities(found) == [("C1 line 1", "reject")]
    assert found.select("cause", "column", "found", "allowed").row(0) == (
        "authorization_number_invalid", "prior_authorization", "another member, biller or program",
        "an authorization for this claim",
    )  # fmt: skip


@pytest.mark.parametrize("values", [{"program": None}, {"billing_npi": None}, {"member_id": None}])
def test_a_line_that_lacks_what_the_file_names_does_not_fit(values: dict[str, Any]) -> None:
    filed = file({"program": "xx-chw", "billing_npi": "1234567893"})
    assert causes(filed, numbered()) == []
    assert causes(filed, numbered(**values)) == [("authorization_number_invalid", "reject")]


@pytest.mark.parametrize("values", [{"procedure_code": "98961"}, {"modifiers": "HQ"}, {"modifiers": "U7:HQ"}])
def test_a_number_for_another_code_or_modifiers_is_rejected(values: dict[str, Any]) -> None:
    found = judged(prior_authorization, FACT, [numbered()], file(values))
    assert severities(found) == [("C1 line 1", "reject")]
    assert found.select("cause", "message", "column", "found").row(0) == (
        "authorization_service_mismatch", "The authorization of this number does not cover 98960 U7.",
        "procedure_code", "98960 U7",
    )  # fmt: skip


def test_one_fitting_row_of_several_with_the_number_is_enough() -> None:
    assert causes(file({"procedure_code": "98961"}, {"procedure_code": "98960", "modifiers": "U7"}), numbered()) == []


def test_the_nearest_miss_is_the_one_that_is_named() -> None:
    rows_on_file = file({"member_id": "M2"}, {"procedure_code": "98961"}, {"ended": "2026-05-04"})
    assert causes(rows_on_file, numbered()) == [("authorization_date_mismatch", "reject")]
    assert causes(file({"member_id": "M2"}, {"procedure_code": "98961"}), numbered()) == [
        ("authorization_service_mismatch", "reject")
    ]


def test_a_number_that_is_not_on_file_is_review() -> None:
    found = judged(prior_authorization, FACT, [numbered(prior_authorization="A9")], file({}))
    assert severities(found) == [("C1 line 1", "review")]
    assert found.select("cause", "verdict", "at_most", "capped_by", "column").row(0) == (
        "authorization_number_invalid", "unknown", "review", ["the authorizations file does not list this number"],
        "prior_authorization",
    )  # fmt: skip


def test_lines_without_a_number_and_voids_are_not_compared() -> None:
    assert causes(file({}), line("C1", "2026-07-01"), numbered("2026-07-01", frequency_code="8")) == []
