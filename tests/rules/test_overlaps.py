"""Sessions that overlap in time: of one worker with several members, of one member twice."""

from __future__ import annotations

from datetime import date, time
from itertools import combinations
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.references import References
from billing.rules import overlaps
from billing.rules._kind import Context
from tests.rules.windows import RECEIVED, a_fact, judged, labels_of, line, rows, severities

WORKER, MEMBER = a_fact(overlaps, "national", of="worker"), a_fact(overlaps, "national", of="member")
BOTH = (WORKER, MEMBER)


def at(claim_id: str, times: str | None, **values: Any) -> dict[str, Any]:
    """One line of worker W1, each claim with a member of its own name unless said otherwise."""
    start, end = times.split("-") if times else (None, None)
    return line(claim_id, start_time=start, end_time=end, **{"worker_npi": "W1", "member_id": claim_id, **values})


def same(claim_id: str, times: str | None, **values: Any) -> dict[str, Any]:
    """One line of member M1, each with a worker of its own."""
    return at(claim_id, times, **{"member_id": "M1", "worker_npi": f"W {claim_id}", **values})


def found(fact: Any, *lines: dict[str, Any]) -> list[tuple[str, str]]:
    return severities(judged(overlaps, fact, lines))


def unchecked(fact: Any, *lines: dict[str, Any]) -> list[str]:
    frame = rows(lines)
    return labels_of(overlaps.unchecked(fact, Context(frame.lazy(), References(), RECEIVED)), frame)


GROUP = {"delivery": "group", "service": "small-group", "procedure_code": "98961"}


def test_a_worker_with_two_members_at_once_is_found_on_the_later_line() -> None:
    verdicts = judged(overlaps, WORKER, [at("C1", "09:00-10:00"), at("C2", "09:30-10:30")])
    assert severities(verdicts) == [("C2 line 1", "reject")]
    assert verdicts.select("cause", "column", "message", "remedy", "found", "allowed", "related", "capped_by").row(0) == (
        "overlap_time", "start_time",
        "98960 U7 on 2026-05-05 from 09:30 to 10:30; the worker is with another member until 10:00 (C1 line 1).",
        "Compare both lines with their records: bill the group service if it was one session, else hold this one until they agree.",
        "09:30 to 10:30", "one member at a time", ["C1 line 1"], [],
    )  # fmt: skip


def test_a_member_with_two_services_at_once_is_found_on_the_later_line() -> None:
    verdicts = judged(overlaps, MEMBER, [same("C1", "09:00-10:00"), same("C2", "09:59-10:30", procedure_code="H0038")])
    assert severities(verdicts) == [("C2 line 1", "reject")]
    assert verdicts.select("cause", "column", "message", "remedy", "found", "allowed", "related", "capped_by").row(0) == (
        "overlap_time", "start_time",
        "H0038 U7 on 2026-05-05 from 09:59 to 10:30; the member has another service until 10:00 (C1 line 1).",
        "Compare both lines with their records: hold this one until they agree.",
        "09:59 to 10:30", "one service at a time", ["C1 line 1"], [],
    )  # fmt: skip


@pytest.mark.parametrize("make", [at, same])
def test_a_session_that_begins_when_another_ends_does_not_overlap_it(make: Any) -> None:
    fact = WORKER if make is at else MEMBER
    assert found(fact, make("C1", "09:00-10:00"), make("C2", "10:00-10:30")) == []
    assert found(fact, make("C1", "09:00-10:01"), make("C2", "10:00-10:30")) == [("C2 line 1", "reject")]


def test_another_day_worker_or_member_is_free() -> None:
    free = at("C2", "09:30-10:30", service_date="2026-05-06"), at("C3", "09:30-10:30", worker_npi="W2")
    assert found(WORKER, at("C1", "09:00-10:00"), *free) == []
    free = same("C2", "09:30-10:30", service_date="2026-05-06"), same("C3", "09:30-10:30", member_id="M2")
    assert found(MEMBER, same("C1", "09:00-10:00"), *free) == []


def test_the_sessions_of_two_workers_are_compared_apart_however_they_come() -> None:
    lines = [at("C1", "09:00-10:00"), at("C2", "09:05-09:20", worker_npi="W2"), at("C3", "09:30-10:30"),
             at("C4", "10:00-10:10", worker_npi="W2"), at("C5", "10:15-10:20")]  # fmt: skip
    expected = [("C3 line 1", "reject"), ("C5 line 1", "reject")]
    assert found(WORKER, *lines) == sorted(found(WORKER, *reversed(lines))) == expected


def test_each_rule_looks_at_its_own_overlaps() -> None:
    one_member = [at("C1", "09:00-10:00", member_id="M1"), at("C2", "09:30-10:30", member_id="M1")]
    assert found(WORKER, *one_member) == []
    assert found(MEMBER, *one_member) == [("C2 line 1", "reject")]
    assert found(MEMBER, at("C1", "09:00-10:00"), at("C2", "09:30-10:30")) == []


def test_the_earlier_start_is_the_earlier_line_and_else_the_order_of_the_input_decides() -> None:
    assert found(WORKER, at("C1", "09:30-10:30"), at("C2", "09:00-10:00")) == [("C1 line 1", "reject")]
    assert found(WORKER, at("C1", "09:00-10:00"), at("C2", "09:00-09:30")) == [("C2 line 1", "reject")]


def test_a_long_session_overlaps_all_that_begin_in_it() -> None:
    lines = [
        at("C1", "09:00-12:00"),
        at("C2", "09:30-10:00"),
        at("C3", "11:59-13:00"),
        at("C4", "12:00-12:59"),
        at("C5", "13:00-14:00"),
    ]
    verdicts = judged(overlaps, WORKER, lines)
    assert verdicts.select("where", "related").rows() == [
        ("C2 line 1", ["C1 line 1"]), ("C3 line 1", ["C1 line 1"]), ("C4 line 1", ["C3 line 1"]),
    ]  # fmt: skip


def test_behind_a_session_of_the_same_member_the_next_longest_is_seen() -> None:
    lines = [at("C1", "09:00-10:00"), at("C2", "09:00-11:00", member_id="M9"), at("C3", "10:30-10:45", member_id="M9")]
    assert found(WORKER, *lines) == [("C2 line 1", "reject")]
    lines = [at("C1", "09:00-10:00"), at("C2", "09:15-11:00", member_id="M9"), at("C3", "09:30-09:45", member_id="M9")]
    verdicts = judged(overlaps, WORKER, lines)
    assert verdicts.select("where", "related").rows() == [("C2 line 1", ["C1 line 1"]), ("C3 line 1", ["C1 line 1"])]


# ------------------------------------------------------------------------------------------------- group sessions


def test_lines_of_one_session_id_are_one_session() -> None:
    lines = [at(name, "09:00-10:00", session_id="S1", delivery="individual_or_group") for name in ("C1", "C2", "C3")]
    assert found(WORKER, *lines) == []
    assert found(WORKER, *lines, at("C4", "09:30-10:30", session_id="S2", **GROUP)) == [("C4 line 1", "reject")]
    assert found(WORKER, lines[0], at("C2", "09:00-10:00", session_id="S2", delivery="individual_or_group")) == [
        ("C2 line 1", "reject")
    ]


def test_members_who_come_late_to_a_session_are_still_in_it() -> None:
    lines = [at("C1", "09:00-10:00", session_id="S1", **GROUP), at("C2", "09:30-10:00", session_id="S1", **GROUP)]
    assert found(WORKER, *lines) == []
    assert found(WORKER, *lines, at("C3", "09:45-10:15")) == [("C3 line 1", "reject")]
    # Of the later session, those who came when the other was over are not at fault.
    late = [at("C2", "09:30-11:00", session_id="S1", **GROUP), at("C3", "10:00-11:00", session_id="S1", **GROUP)]
    assert found(WORKER, at("C1", "09:00-10:00"), *late) == [("C2 line 1", "reject")]


def test_the_break_of_a_session_is_free() -> None:
    halves = [at("C1", "09:00-10:00", session_id="S1", **GROUP), at("C2", "13:00-14:00", session_id="S1", **GROUP)]
    assert found(WORKER, *halves, at("C3", "10:00-13:00")) == []
    assert found(WORKER, *halves, at("C3", "10:30-13:30")) == [("C2 line 1", "reject")]
    assert found(WORKER, *halves, at("C3", "13:30-13:45")) == [("C3 line 1", "reject")]


@pytest.mark.parametrize("delivery", ["group", "individual_or_group", None])
def test_a_group_service_with_the_same_code_place_and_times_is_one_session(delivery: str | None) -> None:
    group = {**GROUP, "delivery": delivery}
    assert found(WORKER, at("C1", "09:00-10:00", **group), at("C2", "09:00-10:00", **group)) == []
    for other in (
        {"procedure_code": "98962"}, {"place_of_service": "11"}, {"start_time": "09:15"}, {"end_time": "09:45"}, {"session_id": "S1"},
    ):  # fmt: skip
        made = {**at("C2", "09:00-10:00", **group), **other}
        assert found(WORKER, at("C1", "09:00-10:00", **group), made) == [("C2 line 1", "reject")]


def test_a_service_for_one_member_is_no_group_session_whatever_its_id() -> None:
    lines = [at("C1", "09:00-10:00", session_id="S1"), at("C2", "09:00-10:00", session_id="S1")]
    assert found(WORKER, *lines) == [("C2 line 1", "reject")]
    assert found(WORKER, at("C1", "09:00-10:00"), at("C2", "09:00-10:00")) == [("C2 line 1", "reject")]


def test_every_line_of_a_group_session_that_begins_too_early_is_found() -> None:
    group = [at(name, "09:30-10:30", **GROUP) for name in ("C2", "C3")]
    assert found(WORKER, at("C1", "09:00-10:00"), *group) == [("C2 line 1", "reject"), ("C3 line 1", "reject")]


def test_a_member_alone_with_the_worker_during_the_members_own_group_is_found() -> None:
    group = [at(name, "09:00-10:00", member_id=name, **GROUP) for name in ("C1", "C2")]
    assert found(WORKER, *group, at("C3", "09:30-10:30", member_id="C1")) == [("C3 line 1", "reject")]


def test_lines_of_a_members_one_session_do_not_overlap_each_other() -> None:
    one = {"session_id": "S1"}
    assert found(MEMBER, same("C1", "09:00-10:00", **one), same("C1", "09:00-10:00", **one)) == []
    assert found(MEMBER, same("C1", "09:00-10:00", **one), same("C1", "09:00-10:00", session_id="S2")) == [
        ("C1 line 2", "reject")
    ]
    assert found(MEMBER, same("C1", "09:00-10:00", **GROUP), same("C2", "09:00-10:00", **GROUP)) == [
        ("C2 line 1", "reject")
    ]


# ------------------------------------------------------------------------------------------- what is not compared


@pytest.mark.parametrize("values", [
    {"start_time": None}, {"end_time": None}, {"start_time": "10:30", "end_time": "09:30"},
    {"start_time": "09:30", "end_time": "09:30"}, {"service_end_date": "2026-05-06"}, {"service_date": None},
])  # fmt: skip
def test_a_line_that_does_not_say_when_it_was_given_is_not_checked(values: dict[str, Any]) -> None:
    for fact, make in ((WORKER, at), (MEMBER, same)):
        lines = make("C1", "09:00-10:00"), {**make("C2", "09:30-10:30"), **values}
        assert found(fact, *lines) == []
        assert unchecked(fact, *lines) == ["C2 line 1"]


def test_a_line_without_a_worker_is_not_checked_for_the_worker_alone() -> None:
    nobody = {"worker_npi": None, "member_id": "M1"}
    lines = at("C1", "09:00-10:00", **nobody), at("C2", "09:30-10:30", **nobody)
    assert found(WORKER, *lines) == []
    assert unchecked(WORKER, *lines) == ["C1 line 1", "C2 line 1"]
    assert found(MEMBER, *lines) == [("C2 line 1", "reject")]
    assert unchecked(MEMBER, *lines) == []
    assert [overlaps.unchecked_needs(fact) for fact in BOTH] == [
        "worker, start_time or end_time",
        "start_time and end_time",
    ]


def test_a_line_without_a_member_is_nobodys_overlap() -> None:
    lines = at("C1", "09:00-10:00", member_id=None), at("C2", "09:30-10:30", member_id=None)
    assert [found(fact, *lines) for fact in BOTH] == [[], []]


def test_history_has_no_times_and_is_not_listed_as_unchecked() -> None:
    old = at("H1", None, is_history=True, status="paid")
    assert unchecked(WORKER, old, at("C1", "09:00-10:00")) == []
    assert found(WORKER, old, at("C1", "09:00-10:00")) == []


def test_what_does_not_count_is_in_nobodys_way() -> None:
    assert found(WORKER, at("C1", "09:00-10:00", counts=False), at("C2", "09:30-10:30")) == []
    assert unchecked(WORKER, at("C1", None, counts=False)) == []


def test_only_days_of_the_entry_are_compared() -> None:
    fact = a_fact(overlaps, of="worker", ended="2026-05-04")
    assert found(fact, at("C1", "09:00-10:00"), at("C2", "09:30-10:30")) == []
    assert (
        found(a_fact(overlaps, of="worker", ended="2026-05-05"), at("C1", "09:00-10:00"), at("C2", "09:30-10:30")) != []
    )


def test_beside_a_claim_that_is_rejected_anyway_it_is_review() -> None:
    verdicts = judged(overlaps, WORKER, [at("C1", "09:00-10:00", stands=False), at("C2", "09:30-10:30")])
    assert severities(verdicts) == [("C2 line 1", "review")]
    assert verdicts["capped_by"].to_list() == [["fits only while C1 stays out"]]


def test_beside_one_that_stands_too_that_one_is_named() -> None:
    lines = [
        at("C1", "09:00-11:00", stands=False),
        at("C2", "09:00-10:00", stands=False),
        at("C3", "09:15-09:45"),
        at("C4", "09:30-10:30"),
    ]
    verdicts = judged(overlaps, WORKER, lines).filter(pl.col("where") == "C4 line 1")
    assert severities(verdicts) == [("C4 line 1", "reject")]
    assert verdicts.select("related", "message").row(0) == (
        ["C3 line 1"],
        "98960 U7 on 2026-05-05 from 09:30 to 10:30; the worker is with another member until 09:45 (C3 line 1).",
    )  # fmt: skip


def test_a_claim_that_is_rejected_anyway_does_not_excuse_itself_nor_hide_another() -> None:
    own = [at("C1", "09:00-10:00", stands=False), at("C1", "09:30-10:30", stands=False, member_id="C1")]
    assert found(MEMBER, *own) == [("C1 line 2", "reject")]
    assert found(WORKER, at("C1", "09:00-10:00"), at("C2", "09:30-10:30", stands=False)) == [("C2 line 1", "reject")]


def test_it_concerns_lines_with_times_and_a_subject() -> None:
    times = "09:00-10:00"
    lines = rows([at("C1", times), at("C2", times, worker_npi=None), at("C3", times, member_id=None), at("C4", None)])
    assert lines.select(overlaps.concerns(WORKER)).to_series().to_list() == [True, False, True, False]
    assert lines.select(overlaps.concerns(MEMBER)).to_series().to_list() == [True, True, False, False]


# --------------------------------------------------------------------------------------------------- every schedule


MINUTES = st.integers(0, 12)
SESSIONS = st.lists(
    st.tuples(MINUTES, st.integers(1, 6), st.sampled_from("ABC"), st.sampled_from(["S1", "S2", None]), st.booleans()), min_size=1, max_size=7,
)  # fmt: skip


def clock(minute: int) -> str:
    return time(9, minute).isoformat()


def sessions(drawn: list[tuple[int, int, str, str | None, bool]]) -> list[list[tuple[int, int, str, int]]]:
    """Lines (start, end, member, number) put together: of a group service by id, else by times; a break divides them."""
    groups: dict[Any, list[tuple[int, int, str, int]]] = {}
    for number, (start, length, member, session, is_group) in enumerate(drawn):
        key = (session or (start, length)) if is_group else number
        groups.setdefault(key, []).append((start, start + length, member, number))
    parts = []
    for lines in groups.values():
        part: list[tuple[int, int, str, int]] = []
        for line_ in sorted(lines):
            if part and line_[0] > max(end for _, end, _, _ in part):
                parts.append(part)
                part = []
            part.append(line_)
        parts.append(part)
    return sorted(parts, key=lambda part: min((start, number) for start, _, _, number in part))


@settings(max_examples=150, deadline=None)
@given(SESSIONS)
def test_a_worker_is_found_exactly_where_a_later_session_begins_in_one_of_another_member(
    drawn: list[tuple[int, int, str, str | None, bool]],
) -> None:
    lines = [
        at(f"C{number}", f"{clock(start)}-{clock(start + length)}", member_id=member, session_id=session,
           delivery="group" if is_group else "individual", new_claim=True)
        for number, (start, length, member, session, is_group) in enumerate(drawn)
    ]  # fmt: skip
    expected: dict[str, set[str]] = {}
    for first, second in combinations(sessions(drawn), 2):
        first_ends = max(end for _, end, _, _ in first)
        if len({member for _, _, member, _ in first + second}) > 1:
            for start, _, _, number in second:
                if start < first_ends:
                    expected.setdefault(f"C{number} line 1", set()).update(f"C{each[3]} line 1" for each in first)
    verdicts = dict(judged(overlaps, WORKER, lines).select("where", pl.col("related").list.first()).rows())
    assert set(verdicts) == set(expected)
    assert [where for where, other in verdicts.items() if other not in expected[where]] == []


def test_a_day_of_very_many_lines_at_once_is_judged_in_one_go() -> None:
    frame = rows([at("C1", "09:00-10:00"), at("C2", "09:30-10:30")])
    many = pl.concat([frame] * 3_000).with_columns(
        line_key=pl.int_range(pl.len(), dtype=pl.UInt32), order=pl.int_range(pl.len(), dtype=pl.UInt32),
        member_id=pl.int_range(pl.len()).cast(pl.String), service_date=pl.lit(date(2026, 5, 5)),
    )  # fmt: skip
    found = overlaps.check(WORKER, Context(many.lazy(), References(), RECEIVED)).collect()
    assert len(found) == 5_999
