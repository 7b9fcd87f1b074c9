"""What a result says about a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from billing.batch import Batch
from billing.errors import UsageError
from billing.judgement import Judgement
from billing.result import Result
from tests.results import (
    CODESETS,
    MEMBERS,
    RECEIVED,
    batch_of,
    claim,
    finding,
    four_claims,
    four_claims_result,
    judgement_of,
    result_of,
    two_findings,
    two_inputs_result,
)


def test_the_summary_states_every_number_of_a_run() -> None:
    assert four_claims_result(raw_unreadable=b"CLM*C5~").summary == {
        "schema_version": 1,
        "cleanclaim": "0.1.0",
        "claims": 5,
        "accepted": 2,
        "review": 1,
        "rejected": 1,
        "unreadable": 1,
        "charges": {
            "total": "368.00",
            "accepted": "184.00",
            "review": "92.00",
            "rejected": "92.00",
            "unreadable": "0.00",
            "unreadable_without_charge": 1,
        },
        "expected_payment": None,
        "findings": 2,
        "by_rule": [
            {"rule": "ks-chw.eligibility.covered", "severity": "review", "findings": 1, "claims": 1, "charge": "92.00"},
            {"rule": "ks-chw.unit_limits.daily", "severity": "reject", "findings": 1, "claims": 1, "charge": "92.00"},
        ],
        "not_checked": [
            {"rule": "ks-chw.unit_limits.daily", "needs": "history", "lines": 4, "partly": True},
            {"rule": "ks-chw.workers.certified", "needs": "workers", "lines": 4, "partly": False},
        ],
        "stale_lists": [],
        "programs": ["ks-chw"],
        "codesets": {"version": "2026.11", "sha256": "cd" * 32},
        "received": "2026-11-22",
        "inputs": [{"name": "batch.837", "sha256": "ab" * 32, "claims": 5}],
        "files": [
            {"name": "accepted.837", "use": "send"},
            {"name": "review.837", "use": "mend"},
            {"name": "rejected.837", "use": "mend"},
            {"name": "unreadable.837", "use": "mend"},
        ],
    }


def test_a_rule_counts_the_charge_of_a_claim_once_however_often_it_found_something() -> None:
    findings = [finding(0, "C1", line_number=1), finding(0, "C1", line_number=None), finding(1, "C2")]
    assert result_of(four_claims(), findings).summary["by_rule"] == [
        {"rule": "ks-chw.unit_limits.daily", "severity": "reject", "findings": 3, "claims": 2, "charge": "184.00"}
    ]


def test_the_dearest_rule_comes_first_and_its_highest_severity_is_said() -> None:
    claims = [claim("C1", MEMBERS[0], charge="10.00"), claim("C2", MEMBERS[1], charge="500.00")]
    findings = [
        finding(0, "C1"),
        finding(1, "C2", rule="a.b.c", severity="note"),
        finding(1, "C2", rule="a.b.c", severity="review"),
    ]
    assert result_of(claims, findings).summary["by_rule"] == [
        {"rule": "a.b.c", "severity": "review", "findings": 2, "claims": 1, "charge": "500.00"},
        {"rule": "ks-chw.unit_limits.daily", "severity": "reject", "findings": 1, "claims": 1, "charge": "10.00"},
    ]


def test_a_finding_about_a_file_belongs_to_no_claim_and_holds_no_dollars() -> None:
    summary = result_of(four_claims(), [finding(None, None, rule="national.envelope.count", severity="review")]).summary
    assert summary["accepted"] == 4
    assert summary["by_rule"] == [
        {"rule": "national.envelope.count", "severity": "review", "findings": 1, "claims": 0, "charge": "0.00"}
    ]


def test_a_run_without_claims_has_a_summary_of_zeros() -> None:
    summary = result_of([], []).summary
    assert (summary["claims"], summary["charges"]["total"], summary["by_rule"], summary["files"]) == (0, "0.00", [], [])
    assert not result_of([], []).needs_action


def test_the_charge_of_what_could_not_be_read_is_part_of_the_total() -> None:
    batch = batch_of(four_claims(), raw_unreadable=b"CLM*C5~")
    batch = replace(
        batch, unreadable=batch.unreadable.with_columns(charge=pl.lit(Decimal("7.50")).cast(pl.Decimal(18, 2)))
    )
    charges = Result(batch, judgement_of(batch, []), CODESETS, RECEIVED).summary["charges"]
    assert (charges["total"], charges["unreadable"], charges["unreadable_without_charge"]) == ("375.50", "7.50", 0)


def test_claims_handed_over_as_objects_have_no_hash() -> None:
    batch = replace(batch_of(four_claims(), name="claims"), sources=())
    summary = Result(batch, judgement_of(batch, []), CODESETS, RECEIVED).summary
    assert summary["inputs"] == [{"name": "claims", "sha256": None, "claims": 4}]


def test_programs_nobody_named_are_those_that_looked_at_a_line() -> None:
    result = four_claims_result()
    chosen_by_payer = replace(result.codesets, chosen=False)
    assert Result(result.batch, result.judgement, chosen_by_payer, RECEIVED).summary["programs"] == ["ks-chw"]


def test_claims_come_back_as_the_objects_they_were() -> None:
    result = four_claims_result()
    claims = four_claims()
    assert (list(result.accepted), list(result.review), list(result.rejected)) == (claims[:2], claims[2:3], claims[3:])
    assert list(result.accepted) == list(result.accepted)
    assert len(result.accepted) == 2


def test_the_frames_are_the_ones_of_the_judgement() -> None:
    result = four_claims_result(raw_unreadable=b"CLM*C5~")
    assert result.decisions["decision"].to_list() == ["accepted", "accepted", "review", "rejected"]
    assert result.findings["claim_id"].to_list() == ["C3", "C4"]
    assert result.unreadable["first"].to_list() == [40]


def test_a_result_is_shown_by_its_numbers_only() -> None:
    assert repr(four_claims_result()) == "Result(accepted=2, review=1, rejected=1, unreadable=0)"


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (lambda decisions: decisions.head(3), "4 claims with \\$368.00 came in, 3 decisions with \\$276.00"),
        (lambda decisions: pl.concat([decisions, decisions.head(1)]), "5 decisions with \\$460.00"),
        (lambda decisions: decisions.with_columns(charge=pl.col("charge") * 2), "with \\$736.00 went out"),
        (lambda decisions: decisions.with_columns(decision=pl.lit("paid")), "4 claims have a decision that is none of"),
        (lambda decisions: decisions.with_columns(decision=pl.lit(None, pl.String)), "4 claims have a decision"),
    ],
)
def test_a_judgement_that_loses_or_repeats_a_claim_makes_no_result(broken: object, says: str) -> None:
    batch = batch_of(four_claims())
    whole = judgement_of(batch, two_findings())
    judgement = replace(whole, decisions=broken(whole.decisions))  # type: ignore[operator]
    with pytest.raises(AssertionError, match=says):
        Result(batch, judgement, CODESETS, RECEIVED)


def test_a_held_claim_is_explained_with_fix_source_and_place() -> None:
    assert four_claims_result().explain("C4") == (
        "C4  rejected  $92.00\n"
        "\n"
        "C4 line 1  5 units of 98960 U7 on 2026-05-05; Kansas CHW allows 4 per member per day.\n"
        "  with      C1 line 1\n"
        "  fix       Bill 4 units, or attach the authorization that lifts the limit.\n"
        "  source    KMAP bulletin 23175 (2023-06-29), official · ks-chw.unit_limits.daily\n"
        "  where     batch.837 segment 214 (2400 SV104), CMS-1500 box 24G\n"
        "\n"
        "checked and passed: 2 rules\n"
        "  ks-chw.eligibility.covered  Manual page, not official; reading: a month is a calendar month\n"
        "  national.npi.billing  KMAP bulletin 23175 (2023-06-29), official\n"
        "not checked, or not fully: 2 rules\n"
        "  ks-chw.unit_limits.daily  only this batch was counted; supply --history FILE\n"
        "  ks-chw.workers.certified  supply --workers FILE\n"
    )


def test_a_clean_claim_is_explained_by_what_passed_and_what_was_not_checked() -> None:
    assert four_claims_result().explain("C1") == (
        "C1  ready to send  $92.00\n"
        "\n"
        "checked and passed: 3 rules\n"
        "  ks-chw.eligibility.covered  Manual page, not official; reading: a month is a calendar month\n"
        "  ks-chw.unit_limits.daily  KMAP bulletin 23175 (2023-06-29), official\n"
        "  national.npi.billing  KMAP bulletin 23175 (2023-06-29), official\n"
        "not checked, or not fully: 2 rules\n"
        "  ks-chw.unit_limits.daily  only this batch was counted; supply --history FILE\n"
        "  ks-chw.workers.certified  supply --workers FILE\n"
    )


def test_two_claims_of_one_id_are_both_explained() -> None:
    result = result_of([claim("C1", MEMBERS[0]), claim("C1", MEMBERS[1])], [finding(1, "C1")])
    explained = result.explain("C1")
    assert explained.count("C1  ready to send") == 1
    assert explained.count("C1  rejected") == 1


def test_an_unknown_claim_id_is_said_without_repeating_it() -> None:
    with pytest.raises(UsageError, match="no claim of this run has that id") as raised:
        four_claims_result().explain("QUILLFEATHER-1")
    assert "QUILLFEATHER" not in str(raised.value)


def test_each_input_counts_its_own_claims() -> None:
    counts = [(one["name"], one["claims"]) for one in two_inputs_result().summary["inputs"]]
    assert counts == [("a.837", 2), ("b.837", 2)]


def test_an_empty_judgement_of_an_empty_batch_is_a_result() -> None:
    result = Result(Batch(), Judgement(), CODESETS, date(2026, 1, 1))
    assert (list(result.accepted), result.summary["inputs"]) == ([], [])
