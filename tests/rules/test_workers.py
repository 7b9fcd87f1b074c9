"""Workers by the workers file."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from billing.references import References, read_references
from billing.rules import workers
from tests.rules.windows import a_fact, judged, line, rows, severities, unchecked_lines

FACT = a_fact(workers, worker_types=["chw"])
SPAN = {
    "npi": "W1",
    "effective": "2026-05-01",
    "ended": "2026-05-31",
    "worker_type": "chw",
    "program": None,
    "agency_npi": None,
}


def file(*spans: dict[str, Any]) -> References:
    return read_references(
        workers=pl.DataFrame([{**SPAN, **span} for span in spans], schema_overrides=dict.fromkeys(SPAN, pl.String))
    )


def visit(day: str = "2026-05-05", **values: Any) -> dict[str, Any]:
    return line("C1", day, **{"worker_npi": "W1", **values})


def causes(references: References, *lines: dict[str, Any]) -> list[tuple[str, str]]:
    found = judged(workers, FACT, lines, references)
    return list(zip(found["cause"].to_list(), [worth for _, worth in severities(found)], strict=True))


@pytest.mark.parametrize("day", ["2026-05-01", "2026-05-31"])
def test_the_first_and_last_day_of_a_certificate_count(day: str) -> None:
    assert causes(file({}), visit(day)) == []


@pytest.mark.parametrize("day", ["2026-04-30", "2026-06-01"])
def test_a_day_outside_the_certificate_is_rejected_with_its_dates(day: str) -> None:
    found = judged(workers, FACT, [visit(day)], file({}))
    assert severities(found) == [("C1 line 1", "reject")]
    assert found.select("cause", "message", "found", "allowed", "column").row(0) == (
        "worker_not_certified",
        f"The worker is certified as community health worker for 2026-05-01 to 2026-05-31; {day} lies outside it.",
        day, "2026-05-01 to 2026-05-31", "worker",
    )  # fmt: skip


def test_a_range_must_be_certified_on_every_day() -> None:
    found = judged(workers, FACT, [visit("2026-05-31", service_end_date="2026-06-01")], file({}))
    assert severities(found) == [("C1 line 1", "reject")]
    assert found["message"].item() == (
        "The worker is certified as community health worker for 2026-05-01 to 2026-05-31; 2026-05-31 to 2026-06-01 lies "
        "only partly in it."
    )
    renewed = file({}, {"effective": "2026-06-01", "ended": None})
    assert causes(renewed, visit("2026-05-31", service_end_date="2026-06-01")) == []


def test_another_type_of_worker_is_rejected() -> None:
    found = judged(workers, FACT, [visit()], file({"worker_type": "peer"}))
    assert severities(found) == [("C1 line 1", "reject")]
    assert found.select("message", "found", "allowed").row(0) == (
        "The workers file does not list the worker of this line as community health worker for this program.",
        "another type of worker, or another program", "community health worker",
    )  # fmt: skip


def test_every_type_has_its_words() -> None:
    fact = a_fact(workers, worker_types=["peer", "recovery_peer", "family_peer", "youth_peer"])
    found = judged(workers, fact, [visit()], file({}))
    assert found["allowed"].to_list() == ["peer, recovery peer, family peer or youth peer"]


def test_one_of_several_types_is_enough() -> None:
    fact = a_fact(workers, worker_types=["recovery_peer", "peer"])
    assert judged(workers, fact, [visit()], file({"worker_type": "peer"})).is_empty()


def test_a_certificate_for_another_program_does_not_count() -> None:
    assert causes(file({"program": "yy-peer"}), visit()) == [("worker_not_certified", "reject")]
    assert causes(file({"program": "xx-chw"}), visit()) == []
    assert causes(file({"program": "xx-chw"}), visit(program=None)) == [("worker_not_certified", "reject")]


def test_a_worker_of_another_agency_is_rejected_unless_one_span_is_of_the_biller() -> None:
    found = judged(workers, FACT, [visit()], file({"agency_npi": "1111111112"}))
    assert severities(found) == [("C1 line 1", "reject")]
    assert found.select("cause", "message", "column").row(0) == (
        "rendering_not_affiliated",
        "The workers file ties the worker of 2026-05-05 to another agency than the one billing.", "worker",
    )  # fmt: skip
    assert causes(file({"agency_npi": "1234567893"}), visit(billing_npi=None)) == [
        ("rendering_not_affiliated", "reject")
    ]
    assert causes(file({"agency_npi": "1111111112"}, {"agency_npi": "1234567893"}), visit()) == []
    assert causes(file({"agency_npi": "1111111112"}, {}), visit()) == []


def test_a_worker_who_is_not_in_the_file_is_review() -> None:
    found = judged(workers, FACT, [visit(worker_npi="W2")], file({}))
    assert found.select("where", "cause", "verdict", "at_most", "capped_by", "column").rows() == [
        ("C1 line 1", "worker_not_certified", "unknown", "review", ["the workers file does not list this worker"],
         "worker"),
    ]  # fmt: skip


def test_a_line_without_a_worker_is_not_checked_and_said_so() -> None:
    lines = [visit(), visit(worker_npi=None)]
    assert causes(file({}), *lines) == []
    assert unchecked_lines(workers, FACT, rows(lines), file({})) == [1]


def test_voids_are_left_out() -> None:
    assert causes(file({}), visit("2026-07-01", frequency_code="8")) == []


def test_no_message_holds_the_worker() -> None:
    found = judged(workers, FACT, [visit("2026-07-01"), visit(worker_npi="W2")], file({}))
    assert not found.select(pl.concat_str("message", "remedy", "found", "allowed").str.contains("W1|W2").any()).item()


def test_an_entry_names_known_types() -> None:
    with pytest.raises(ValidationError):
        workers.Entry.model_validate({"id": "rule", "source": "s1", "worker_types": ["nurse"]})
    with pytest.raises(ValidationError):
        workers.Entry.model_validate({"id": "rule", "source": "s1", "worker_types": []})
