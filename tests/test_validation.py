"""The one call, from a file to a folder: what it hands on, what it refuses, and that it names no member."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import billing
from billing.cli.demo import Sample, samples
from billing.errors import MissingReferenceError, ReferenceFileError, UsageError
from billing.findings import FINDING_SCHEMA
from billing.judgement import DECISION_SCHEMA, NOT_CHECKED_SCHEMA, PLACEMENT_SCHEMA, RULE_SCHEMA
from billing.reference_columns import REFERENCE_COLUMNS
from billing.references import REFERENCE_NAMES, References
from billing.result import Result
from billing.samples import sample_folder
from billing.validation import received_date, validate
from billing.wording import REFERENCE_OPTIONS
from tests.results import CODESETS, batch_of, four_claims, judgement_of

SAMPLES = {sample.path.stem: sample for sample in samples()}


def checked(sample: Sample) -> Result:
    """Validate a sample by its programs."""
    return billing.validate(
        sample.path, billing.load_codesets(programs=list(sample.programs)), received=sample.received
    )


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Replace reading and judging by hand-made ones, and return what they were called with."""
    seen: list[Any] = []
    batch = batch_of(four_claims())

    def read(source: object, **options: object) -> object:
        seen.append((source, options))
        return batch

    def judge(judged: object, codesets: object, references: References, **options: object) -> object:
        assert judged is batch
        seen.append((codesets, references.present, options))
        return judgement_of(batch, [])

    monkeypatch.setattr("billing.validation.read", read)
    monkeypatch.setattr("billing.validation.judge", judge)
    return seen


def test_the_arguments_reach_the_rooms_they_are_for(calls: list[Any]) -> None:
    members = pl.DataFrame({"member_id": ["1"], "effective": ["2026-01-01"]})
    result = validate(
        "batch.837", CODESETS, received="2026-11-22", members=members, require=["members"], other_services="accept", input_format="837"
    )  # fmt: skip
    assert calls == [
        ("batch.837", {"input_format": "837", "column_map": None}),
        (CODESETS, ("members",), {"received": date(2026, 11, 22), "other_services": "accept"}),
    ]
    assert result.references == {"members": "members"}
    assert result.summary["accepted"] == 4


def test_the_received_date_is_today_when_none_is_given() -> None:
    assert received_date(None) == date.today()  # noqa: DTZ011 the day where the user sits
    assert received_date(date(2026, 1, 31)) == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        (
            {"received": "22/11/2026"},
            UsageError,
            "--received 22/11/2026: is no date\n  fix: write a date as 2026-12-31",
        ),
        ({"require": ["member"]}, UsageError, "no reference file has this name\n  fix: did you mean 'members'?"),
        (
            {"require": ["history"]},
            MissingReferenceError,
            "the history file is required and was not given\n  fix: add --history FILE",
        ),
        ({"other_services": "maybe"}, UsageError, "other_services is 'maybe'; write review or accept"),
    ],
)
def test_an_argument_that_cannot_be_is_refused_before_anything_is_read(
    calls: list[Any], options: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        validate("batch.837", CODESETS, **options)
    assert calls == []


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_sample_keeps_every_claim_and_every_cent(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    expected = json.loads(sample.path.with_suffix(".expected.json").read_text())
    summary = json.loads((checked(sample).write(tmp_path / "out") / "summary.json").read_text())
    assert summary["claims"] == expected["claims"]
    assert sum(summary[part] for part in ("accepted", "review", "rejected", "unreadable")) == expected["claims"]


def test_the_frames_of_a_real_run_have_the_documented_columns() -> None:
    judgement = checked(SAMPLES["ks_chw"]).judgement
    assert dict(judgement.findings.schema) == FINDING_SCHEMA
    assert dict(judgement.decisions.schema) == DECISION_SCHEMA
    assert dict(judgement.not_checked.schema) == NOT_CHECKED_SCHEMA
    assert dict(judgement.rules.schema) == RULE_SCHEMA
    assert dict(judgement.placements.schema) == PLACEMENT_SCHEMA


@pytest.mark.parametrize("name", ["ks_chw", "nj_sud_peer"])
def test_no_member_of_a_real_batch_is_named_where_results_are_passed_on(name: str, tmp_path: Path) -> None:
    result = checked(SAMPLES[name])
    out = result.write(tmp_path / "out")
    claims = result.batch.claims
    people = {
        str(value)
        for column in ("member_id", "member_last_name", "member_first_name", "subscriber_id", "subscriber_last_name")
        for value in claims.get_column(column).drop_nulls()
        if len(value) > 3
    }
    assert len(people) > 10
    page = (out / "report.html").read_text()
    said = page[page.index("<body>") : page.index("<script>")] + result.decisions.write_csv()
    said += "".join(result.explain(claim_id) for claim_id in claims.get_column("claim_id").unique())
    assert [person for person in people if person in said] == []


def test_every_accepted_claim_leaves_the_file_as_it_came(tmp_path: Path) -> None:
    sample = SAMPLES["ks_chw_clean"]
    out = checked(sample).write(tmp_path / "out")
    assert (out / "accepted.837").read_bytes() == sample.path.read_bytes()


def test_a_clean_claim_of_a_real_batch_is_explained_by_the_rules_of_its_own_service() -> None:
    result = checked(SAMPLES["ks_chw"])
    clean = result.decisions.filter(pl.col("decision") == "accepted").get_column("claim_id")[0]
    explained = result.explain(clean)
    assert f"{clean}  ready to send" in explained
    assert "  ks-chw.unit_limits.daily  KMAP bulletin 23175" in explained
    assert "  ks-chw.workers" in explained.partition("not checked")[2]


@pytest.mark.parametrize("written", ["ks_chw", "KS-CHW", "ks-cwh", "ks-ch"])
def test_a_mistyped_program_in_a_reference_file_is_refused(written: str) -> None:
    members = pl.DataFrame({"member_id": ["1"], "effective": ["2026-01-01"], "program": [written]})
    codesets = billing.load_codesets(programs=["ks-chw"])
    with pytest.raises(ReferenceFileError) as caught:
        billing.validate(SAMPLES["ks_chw_clean"].path, codesets, received="2026-11-22", members=members)
    assert str(caught.value) == (
        f"members file: the program '{written}' is no program's id\n  fix: did you mean 'ks-chw'?"
    )


@pytest.mark.parametrize("written", ["ks-chw", "mi-chw", "oh-chw", "other", ""])
def test_another_program_in_a_reference_file_is_fine(written: str) -> None:
    members = pl.DataFrame({"member_id": ["1"], "effective": ["2026-01-01"], "program": [written]})
    codesets = billing.load_codesets(programs=["ks-chw"])
    result = billing.validate(SAMPLES["ks_chw_clean"].path, codesets, received="2026-11-22", members=members)
    assert result.summary["review"] == 20


def test_a_programs_name_in_place_of_code_sets_says_what_to_hand_over() -> None:
    with pytest.raises(UsageError, match=r"^codesets is a str\n  fix: hand over what load_codesets"):
        billing.validate(SAMPLES["ks_chw_clean"].path, "ks-chw")  # type: ignore[arg-type]


def test_with_several_inputs_a_twin_is_named_with_its_file(tmp_path: Path) -> None:
    data = (sample_folder() / "ks_chw_clean.837").read_bytes()
    paths = [tmp_path / "june.837", tmp_path / "copy.837"]
    for path in paths:
        path.write_bytes(data)
    codesets = billing.load_codesets(programs=["ks-chw"])
    result = billing.validate(paths, codesets, received="2026-11-22")
    twins = result.findings.filter(pl.col("cause") == "exact_duplicate")
    assert twins.get_column("input").unique().to_list() == ["copy.837"]
    assert twins.get_column("related").list.first().str.ends_with(" of june.837").all()


@pytest.mark.parametrize("name", REFERENCE_NAMES)
def test_every_reference_file_can_be_required(name: str) -> None:
    option = REFERENCE_OPTIONS[name]
    with pytest.raises(MissingReferenceError) as raised:
        billing.validate([], billing.load_codesets(["ks-chw"]), require=[name])
    assert str(raised.value) == (f"the {name} file is required and was not given\n  fix: add {option} FILE ({name}=)")
    required = {column.name: ["2026-01-01"] for column in REFERENCE_COLUMNS[name] if column.required}
    empty = pl.DataFrame(required, schema=dict.fromkeys(required, pl.String)).clear()
    given: dict[str, Any] = {name: empty}
    result = billing.validate([], billing.load_codesets(["ks-chw"]), require=[name], **given)
    assert result.references == {name: name}
