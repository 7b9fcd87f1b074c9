"""Supervisors: on the claim, fit by the providers file, there by the workers file, and not of too many workers."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from billing.policy.codesets import Fact
from billing.references import References, read_references
from billing.rules import supervision
from tests.rules.harness import Found, a_claim, an_entry, judge, placed, said
from tests.rules.windows import a_fact, judged, line, rows, severities, unchecked_lines

ON_CLAIM = a_fact(supervision, on_claim=True)
ON_FILE = a_fact(supervision, on_file=True)
RATIO = a_fact(supervision, at_most_workers=2)
FTE = a_fact(supervision, at_most_workers=2, counted_as="fte")
FIT = a_fact(supervision, types=["physician"], enrolled=True)
SPAN = {"npi": "W1", "effective": "2026-05-01", "ended": "2026-05-31", "worker_type": "chw", "program": None,
        "supervisor_npi": "S1", "fte": None}  # fmt: skip
PROVIDER = {"npi": "S1", "effective": "2026-05-01", "ended": "2026-05-31", "provider_type": "physician"}


def file(*spans: dict[str, Any], without: str = "") -> References:
    given = [{**SPAN, **span} for span in spans]
    frame = pl.DataFrame(given, schema_overrides=dict.fromkeys(SPAN, pl.String))
    return read_references(workers=frame.drop(without) if without else frame)


def providers(without: str = "", **values: Any) -> References:
    frame = pl.DataFrame([{**PROVIDER, **values}], schema_overrides=dict.fromkeys(PROVIDER, pl.String))
    return read_references(providers=frame.drop(without) if without else frame)


def team(*workers: str, **values: Any) -> list[dict[str, Any]]:
    return [{"npi": worker, **values} for worker in workers]


def visit(day: str | None = "2026-05-05", **values: Any) -> dict[str, Any]:
    return line("C1", day, **{"worker_npi": "W1", "supervising_npi": "S1", **values})


def worth(fact: Fact, references: References, *lines: dict[str, Any]) -> list[tuple[str, str]]:
    found = judged(supervision, fact, lines or [visit()], references)
    return list(zip(found["cause"].to_list(), [worth for _, worth in severities(found)], strict=True))


# ------------------------------------------------------------------------------------------------- on the claim


@pytest.mark.parametrize(("npi", "missing"), [("1003000126", False), (None, True), (" ", True)])
def test_the_claim_names_the_supervisor(npi: str | None, missing: bool) -> None:
    found = judge(supervision, an_entry(supervision, on_claim=True), placed(a_claim(supervising_provider={"npi": npi})))
    words = "No supervising provider stands on the line or the claim; 98960 U7 needs one."
    assert found == (
        [Found(1, "supervisor_missing", "fail", words, "no supervising provider", None)] if missing else []
    )


def test_a_missing_supervisor_is_told_with_the_place_and_the_remedy() -> None:
    ((what, remedy),) = said(supervision, an_entry(supervision, on_claim=True), placed(a_claim()))
    assert tuple(what)[:4] == ("supervisor_missing", "supervising_npi", "the supervising provider", None)
    assert remedy == "Write the NPI of who supervised the worker on the claim; without one, hold the line."


def test_nothing_is_asked_of_the_claim_by_the_other_entries() -> None:
    assert [list(supervision.checks(fact)) for fact in (ON_FILE, RATIO, FIT)] == [[], [], []]


# ----------------------------------------------------------------------------------------- by the providers file


@pytest.mark.parametrize(("day", "found"), [
    ("2026-04-30", [("supervisor_not_eligible", "reject")]), ("2026-05-01", []), ("2026-05-31", []),
    ("2026-06-01", [("supervisor_not_eligible", "reject")]),
])  # fmt: skip
def test_the_supervisor_is_enrolled_on_the_day(day: str, found: list[tuple[str, str]]) -> None:
    assert worth(FIT, providers(), visit(day)) == found


def test_the_supervisor_is_of_a_type_that_may_supervise() -> None:
    found = judged(supervision, FIT, [visit()], providers(provider_type="clinic"))
    assert severities(found) == [("C1 line 1", "reject")]
    assert found.select("message", "remedy", "column", "cause").row(0) == (
        "The providers file lists the supervising provider as clinic, not as physician.",
        "Check who supervised the worker and what the providers file says of that provider; if both are right, hold the line.",
        "supervising_npi", "supervisor_not_eligible",
    )  # fmt: skip
    assert worth(FIT, providers(provider_type="clinic", without="provider_type")) == []
    assert worth(a_fact(supervision, enrolled=True), providers(provider_type="clinic")) == []
    assert worth(a_fact(supervision, types=["physician"]), providers(provider_type="clinic")) == [
        ("supervisor_not_eligible", "reject")
    ]


def test_a_supervisor_who_is_not_in_the_providers_file_is_reviewed() -> None:
    found = judged(supervision, FIT, [visit(supervising_npi="S9")], providers())
    assert found.select("cause", "verdict", "message").rows() == [
        ("supervisor_not_eligible", "unknown", "The providers file does not list the supervising provider of this line."),
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------- by the workers file


@pytest.mark.parametrize(("day", "found"), [
    ("2026-04-30", [("worker_without_supervisor", "reject")]), ("2026-05-01", []), ("2026-05-31", []),
    ("2026-06-01", [("worker_without_supervisor", "reject")]),
])  # fmt: skip
def test_the_first_and_last_day_with_a_supervisor_count(day: str, found: list[tuple[str, str]]) -> None:
    assert worth(ON_FILE, file({}), visit(day)) == found


def test_a_day_without_a_supervisor_is_told_with_the_dates() -> None:
    found = judged(
        supervision,
        ON_FILE,
        [visit("2026-06-01")],
        file({}, {"effective": "2026-06-01", "ended": None, "supervisor_npi": None}),
    )
    assert found.select("message", "remedy", "found", "allowed", "column", "verdict").row(0) == (
        "The workers file names a supervisor of this worker for 2026-05-01 to 2026-05-31; 2026-06-01 is not in it.",
        "Add who supervised the worker on the day to the workers file, or hold the line.", "2026-06-01",
        "2026-05-01 to 2026-05-31", "worker", "fail",
    )  # fmt: skip


def test_a_worker_who_never_had_a_supervisor_is_rejected() -> None:
    found = judged(supervision, ON_FILE, [visit()], file({"supervisor_npi": None}))
    assert severities(found) == [("C1 line 1", "reject")]
    assert found.select("message", "found", "allowed").row(0) == (
        "The workers file names no supervisor of this worker for this program.", "no supervisor", "a supervisor on the day",
    )  # fmt: skip


def test_every_day_of_a_range_has_a_supervisor_one_or_several() -> None:
    range_of_days = visit("2026-05-31", service_end_date="2026-06-01")
    assert worth(ON_FILE, file({}), range_of_days) == [("worker_without_supervisor", "reject")]
    assert (
        worth(ON_FILE, file({}, {"effective": "2026-06-01", "ended": None, "supervisor_npi": "S2"}), range_of_days)
        == []
    )


def test_a_supervisor_for_another_program_does_not_count() -> None:
    assert worth(ON_FILE, file({"program": "yy-peer"})) == [("worker_without_supervisor", "reject")]
    assert worth(ON_FILE, file({"program": "xx-chw"})) == []
    assert worth(ON_FILE, file({"program": "yy-peer", "ended": None}), visit("2026-06-01")) == [
        ("worker_without_supervisor", "reject")
    ]


def test_a_worker_who_is_not_in_the_file_is_reviewed() -> None:
    found = judged(supervision, ON_FILE, [visit(worker_npi="W9")], file({}))
    assert found.select("cause", "verdict", "at_most", "capped_by", "message", "remedy", "found", "allowed", "column").rows() == [
        ("worker_without_supervisor", "unknown", "review", ["the workers file does not list this worker"],
         "The workers file does not list the worker of this line, so who supervises is not known.",
         "Check the worker's NPI on the line, or add the worker to the workers file.", "not in the workers file",
         "a worker of the workers file", "worker"),
    ]  # fmt: skip


def test_a_file_without_supervisors_answers_nothing_and_that_is_said() -> None:
    assert worth(ON_FILE, file({}, without="supervisor_npi"), visit("2026-07-01")) == []
    assert supervision.reads(ON_FILE) == supervision.reads(RATIO) == (("workers", "supervisor_npi"),)
    assert supervision.reads(FTE) == (("workers", "supervisor_npi"), ("workers", "fte"))
    assert supervision.reads(FIT) == (("providers", "provider_type"),)
    assert supervision.reads(ON_CLAIM) == supervision.reads(a_fact(supervision, enrolled=True)) == ()


# ------------------------------------------------------------------------------------------------------ the ratio


@pytest.mark.parametrize(("others", "found"), [
    ([], []), (["W2"], []), (["W2", "W2"], []), (["W2", "W3"], [("supervision_ratio", "review")]),
])  # fmt: skip
def test_a_supervisor_has_no_more_workers_than_allowed(others: list[str], found: list[tuple[str, str]]) -> None:
    assert worth(RATIO, file({}, *team(*others))) == found


def test_a_ratio_is_told_with_its_numbers() -> None:
    found = judged(supervision, RATIO, [visit()], file(*team("W1", "W2", "W3")))
    assert found.select("message", "remedy", "found", "allowed", "column", "at_most", "capped_by", "verdict").row(0) == (
        "By the workers file the supervisor of this worker has 3 workers on 2026-05-05; the limit is 2 workers.",
        "Bring the supervisors in the workers file up to date, or give some of the workers another supervisor.",
        "3 workers", "2 workers", "worker", "review",
        ["how many workers a supervisor has is for the agency to mend, not for this claim"], "fail",
    )  # fmt: skip


@pytest.mark.parametrize(("span", "day", "found"), [
    ({}, "2026-05-31", True), ({}, "2026-06-01", False), ({"ended": "2026-05-04"}, "2026-05-05", False),
    ({"ended": "2026-05-05"}, "2026-05-05", True), ({"effective": "2026-05-06"}, "2026-05-05", False),
    ({"effective": "2026-05-05"}, "2026-05-05", True), ({"supervisor_npi": "S2"}, "2026-05-05", False),
    ({"program": "yy-peer"}, "2026-05-05", False), ({"ended": None}, "2026-05-05", True),
])  # fmt: skip
def test_only_workers_of_that_supervisor_program_and_day_count(span: dict[str, Any], day: str, found: bool) -> None:
    spans = file({"ended": None}, {"npi": "W2", "ended": None}, {"npi": "W3", **span})
    assert worth(RATIO, spans, visit(day)) == ([("supervision_ratio", "review")] if found else [])


def test_workers_who_follow_each_other_in_a_range_are_not_there_at_once() -> None:
    spans = file(*team("W1", "W2"), {"npi": "W3", "effective": "2026-06-01", "ended": None},
                 {"effective": "2026-06-01", "ended": None})  # fmt: skip
    assert worth(RATIO, spans, visit("2026-05-31", service_end_date="2026-06-01")) == []
    three = file(
        *team("W1", "W2"),
        {"npi": "W3", "effective": "2026-05-31", "ended": None},
        {"effective": "2026-06-01", "ended": None},
    )
    found = judged(supervision, RATIO, [visit("2026-05-30", service_end_date="2026-06-01")], three)
    assert found["message"].to_list() == [
        "By the workers file the supervisor of this worker has 3 workers on 2026-05-31; the limit is 2 workers."
    ]


def test_of_several_days_the_one_with_the_most_workers_is_told() -> None:
    spans = file(*team("W1", "W2", "W3"), {"npi": "W4", "effective": "2026-05-07"})
    found = judged(supervision, RATIO, [visit("2026-05-06", service_end_date="2026-05-08")], spans)
    assert found["message"].to_list() == [
        "By the workers file the supervisor of this worker has 4 workers on 2026-05-07; the limit is 2 workers."
    ]


def test_a_ratio_is_told_once_per_claim_and_supervisor() -> None:
    spans = file(*team("W1", "W2", "W3"), *team("W4", "W5", "W6", supervisor_npi="S2"))
    lines = [
        visit("2026-05-07"),
        visit("2026-05-06"),
        visit(worker_npi="W2"),
        visit(worker_npi="W4"),
        line("C2", "2026-05-05", worker_npi="W1"),
    ]
    found = judged(supervision, RATIO, lines, spans)
    assert severities(found) == [("C1 line 1", "review"), ("C1 line 4", "review"), ("C2 line 1", "review")]


def test_of_two_supervisors_of_one_worker_the_one_with_more_is_told() -> None:
    spans = file({}, {"supervisor_npi": "S2"}, *team("W2", "W3"), *team("W2", "W3", "W4", supervisor_npi="S2"))
    found = judged(supervision, RATIO, [visit()], spans)
    assert found["found"].to_list() == ["4 workers"]


def test_lines_that_are_not_placed_in_a_program_are_compared_too() -> None:
    assert worth(RATIO, file(*team("W1", "W2", "W3")), visit(program=None)) == [("supervision_ratio", "review")]


@pytest.mark.parametrize(("own", "others", "found"), [
    ("0.5", ["0.5", "1"], None), ("0.5", ["0.5", "1.001"], "2.001 full-time workers"), (None, ["1"], None),
    (None, ["1", "0.001"], "2.001 full-time workers"),
])  # fmt: skip
def test_full_time_equivalents_are_added_up(own: str | None, others: list[str], found: str | None) -> None:
    spans = file({"fte": own}, *({"npi": f"W{number}", "fte": fte} for number, fte in enumerate(others, 2)))
    assert judged(supervision, FTE, [visit()], spans)["found"].to_list() == ([found] if found else [])


@pytest.mark.parametrize(("fte", "allowed"), [("0.5", "1 full-time worker"), ("1", None), (None, None)])
def test_a_part_time_supervisor_may_have_fewer(fte: str | None, allowed: str | None) -> None:
    spans = file(*team("W1", "W2"), {"npi": "S1", "supervisor_npi": None, "fte": fte})
    assert judged(supervision, FTE, [visit()], spans)["allowed"].to_list() == ([allowed] if allowed else [])
    over = file(*team("W1", "W2"), {"npi": "S1", "supervisor_npi": None, "fte": "0.5", "ended": "2026-05-04"})
    assert judged(supervision, FTE, [visit()], over)["allowed"].to_list() == []


def test_part_time_workers_are_whole_workers_unless_counted_as_fte() -> None:
    assert worth(RATIO, file(*team("W1", "W2", "W3", fte="0.1"))) == [("supervision_ratio", "review")]


# ------------------------------------------------------------------------------------------- what it is asked with


def test_each_entry_asks_for_its_own_file_and_lines() -> None:
    frame = rows([visit(), visit(worker_npi=None), visit(supervising_npi=None), visit(supervising_npi=" ")])
    none, by_worker, by_supervisor = [False] * 4, [True, False, True, True], [True, True, False, False]
    asked = {"claim": none, "file": by_worker, "ratio": by_worker, "fit": by_supervisor, "typed": by_supervisor}
    facts = {
        "claim": ON_CLAIM,
        "file": ON_FILE,
        "ratio": RATIO,
        "fit": FIT,
        "typed": a_fact(supervision, types=["nurse"]),
    }
    assert {
        name: frame.select(supervision.concerns(fact)).to_series().to_list() for name, fact in facts.items()
    } == asked
    assert [supervision.references(fact) for fact in (ON_FILE, RATIO, FIT)] == [
        ("workers",),
        ("workers",),
        ("providers",),
    ]


def test_a_line_without_a_worker_is_not_checked_by_the_workers_file_and_that_is_said() -> None:
    frame = rows([visit(), visit(worker_npi=None)])
    lacking = [unchecked_lines(supervision, fact, frame, file({})) for fact in (ON_FILE, RATIO, ON_CLAIM, FIT)]
    assert lacking == [[1], [1], [], []]


def test_one_entry_may_ask_for_a_supervisor_and_a_ratio() -> None:
    both = a_fact(supervision, on_file=True, at_most_workers=2)
    assert worth(both, file(*team("W1", "W2", "W3")), visit(), visit("2026-06-01")) == [
        ("supervision_ratio", "review"), ("worker_without_supervisor", "reject"),
    ]  # fmt: skip


def test_voids_and_lines_without_a_date_are_left_out() -> None:
    for fact, references in ((ON_FILE, file({})), (FIT, providers())):
        assert worth(fact, references, visit("2026-07-01", frequency_code="8")) == []
        assert worth(fact, references, visit(None, worker_npi="W9", supervising_npi="S9")) == []


def test_no_message_holds_the_worker_or_the_supervisor() -> None:
    found = judged(
        supervision,
        a_fact(supervision, on_file=True, at_most_workers=1),
        [visit(), visit("2026-07-01"), visit(worker_npi="W9")],
        file(*team("W1", "W2")),
    )
    assert len(found) == 3
    assert not found.select(
        pl.concat_str("message", "remedy", "found", "allowed").str.contains("W1|W9|S1").any()
    ).item()


@pytest.mark.parametrize(("entry", "words"), [
    ({}, "write on_claim: true, on_file: true, types, enrolled: true or at_most_workers"),
    ({"types": ["nurse"], "on_file": True}, "write them as two entries"),
    ({"enrolled": True, "at_most_workers": 2}, "write them as two entries"),
    ({"on_claim": True, "counted_as": "fte"}, "counted_as means nothing without at_most_workers"),
])  # fmt: skip
def test_an_entry_is_one_rule(entry: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        supervision.Entry.model_validate({"id": "rule", "source": "s1", **entry})
