"""What kinds are about, and on what a program is silent."""

from __future__ import annotations

from billing.policy.loading import load_library
from billing.policy.topics import ASKED_OF_A_PROGRAM, CLAIM_DATA, TOPICS, silent_on, topic_of, topics
from billing.rules import KINDS


def test_a_kind_has_one_topic_and_the_others_are_about_what_a_claim_carries() -> None:
    kinds = [kind for named in TOPICS.values() for kind in named]
    assert len(kinds) == len(set(kinds))
    assert topic_of("unit_limits") == "limits"
    assert topic_of("npi") == CLAIM_DATA
    assert topics() == (*TOPICS, CLAIM_DATA)


def test_a_kind_that_a_program_uses_has_a_topic_of_its_own() -> None:
    used = {fact.kind for program in load_library().programs.values() for fact in program.facts}
    assert {kind for kind in used if topic_of(kind) == CLAIM_DATA and hasattr(KINDS[kind], "Entry")} == set()


def test_a_program_is_silent_on_what_it_has_no_rule_for_and_no_value_of_a_service() -> None:
    program = load_library().programs["nj-sud-peer"]
    silent = list(silent_on(program))
    assert silent == [topic for topic in ASKED_OF_A_PROGRAM if topic in silent]
    assert "length of a unit" not in silent
    assert "limits" not in silent
    assert "rates" in silent
