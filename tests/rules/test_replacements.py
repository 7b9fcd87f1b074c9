"""Voids and replacements: what counts, and what a person must look at."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from billing.rules import claim_frequency
from billing.rules._replacements import countable
from tests.rules.windows import a_fact, judged, line, rows, severities

FACT = a_fact(claim_frequency, program="national")


def seven(claim_id: str, original: str | None = "P1", **values: Any) -> dict[str, Any]:
    return line(claim_id, **{"frequency_code": "7", "original_claim_id": original, **values})


def old(claim_id: str, payer_claim_id: str | None, **values: Any) -> dict[str, Any]:
    return line(claim_id, **{"is_history": True, "status": "paid", **values}) | {"payer_claim_id": payer_claim_id}


def counts(*lines: dict[str, Any]) -> list[bool]:
    numbers = [given.pop("payer_claim_id", None) for given in lines]
    frame = rows(lines).sort("line_key").drop("counts").with_columns(payer_claim_id=pl.Series(numbers, dtype=pl.String))
    return countable(frame.lazy()).collect().sort("line_key")["counts"].to_list()


def test_plain_claims_count() -> None:
    assert counts(line("C1"), line("C2")) == [True, True]


def test_a_batch_without_history_columns_is_fine() -> None:
    frame = rows([line("C1")]).drop("counts", "is_history")
    assert countable(frame.lazy()).collect().rows() == [(0, True)]


def test_a_void_never_counts_and_its_original_stops_counting() -> None:
    assert counts(line("V", frequency_code="8", original_claim_id="P1"), old("H1", "P1"), old("H2", "P2")) == [
        False,
        False,
        True,
    ]


def test_a_replacement_counts_and_all_lines_of_its_original_stop() -> None:
    assert counts(seven("R"), old("H1", "P1"), old("H1", "P1", service_date="2026-05-09"), old("H2", "P2")) == [
        True,
        False,
        False,
        True,
    ]


def test_an_original_in_the_batch_is_found_by_its_own_number() -> None:
    assert counts(line("C1", "2026-05-01"), seven("R", "C1")) == [False, True]
    assert counts(line("C1", "2026-05-01", billing_npi="1111111112"), seven("R", "C1")) == [True, True]


def test_without_a_number_the_original_is_found_by_member_code_date_and_biller() -> None:
    assert counts(seven("R", None), old("H1", "P1"), line("C1")) == [True, False, False]


@pytest.mark.parametrize(
    "values",
    [{"member_id": "M2"}, {"procedure_code": "98961"}, {"service_date": "2026-05-06"}, {"billing_npi": "1111111112"}],
)
def test_without_a_number_all_four_must_agree(values: dict[str, Any]) -> None:
    assert counts(seven("R", None), line("C1", **values)) == [True, True]


def test_a_number_that_history_does_not_know_is_not_guessed_at_there_but_in_the_batch() -> None:
    assert counts(seven("R", "P9"), old("H1", "P1"), line("C1")) == [True, True, False]


def test_a_number_that_history_knows_leaves_the_batch_alone() -> None:
    assert counts(seven("R", "P1"), old("H1", "P1"), line("C1")) == [True, False, True]


def test_of_two_replacements_of_one_original_the_last_counts() -> None:
    assert counts(seven("R1"), seven("R2"), seven("R3", "P2", service_date="2026-05-09")) == [False, True, True]
    assert counts(seven("R1", None), seven("R2", None), seven("R3", None, service_date="2026-05-09")) == [
        False,
        True,
        True,
    ]


def test_an_original_and_its_correction_in_one_batch_are_both_review() -> None:
    found = judged(claim_frequency, FACT, [line("C1"), seven("R", "C1")])
    assert severities(found) == [("C1", "review"), ("R", "review")]
    assert found.select("line_key", "column", "capped_by", "found", "allowed").unique().rows() == [
        (None, "frequency_code", ["whether the payer has the original already is not known"],
         "original and frequency 7 in one batch", "one of them"),
    ]  # fmt: skip
    assert found.select("cause", "message", "remedy", "related").rows() == [
        ("original_and_replacement",
         "This claim stands in one batch with its correction R (frequency 7); the payer can only correct what it has.",
         "Send only the corrected one, as frequency 1.", ["R"]),
        ("original_and_replacement",
         "This claim stands in one batch with the claim it corrects, C1; the payer can only correct what it has.",
         "Send only the corrected one, as frequency 1.", ["C1"]),
    ]  # fmt: skip


def test_a_claim_with_several_corrections_is_reported_once() -> None:
    void = line("A", frequency_code="8", original_claim_id="C1")
    lines = [line("C1", "2026-05-01"), line("C1", "2026-05-02"), seven("R", "C1"), seven("R", "C1"), void]
    found = judged(claim_frequency, FACT, lines)
    assert found.select("where", "related").rows() == [("C1", ["A"]), ("R", ["C1"]), ("A", ["C1"])]


def test_an_original_and_its_void_in_one_batch_are_both_review() -> None:
    found = judged(claim_frequency, FACT, [line("C1"), line("V", frequency_code="8", original_claim_id="C1")])
    assert found["remedy"].to_list() == ["If the original was never sent, send neither."] * 2


def test_the_earlier_of_two_replacements_is_review() -> None:
    found = judged(claim_frequency, FACT, [seven("R1"), seven("R2"), seven("R3", "P2", service_date="2026-05-09")])
    assert severities(found) == [("R1", "review")]
    assert found.select("line_key", "cause", "message", "column", "capped_by", "related").row(0) == (
        None, "replacement_superseded", "Claim R2 replaces the same original later in this batch.", "original_claim_id",
        ["the last replacement of an original stands"], ["R2"],
    )  # fmt: skip


def test_plain_claims_and_lone_corrections_give_nothing() -> None:
    assert judged(
        claim_frequency, FACT, [line("C1"), line("C1"), seven("R", "P1", service_date="2026-05-09")]
    ).is_empty()
