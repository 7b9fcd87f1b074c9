"""`accepted.837` of claims that came in another format: judged as sent, written once, numbered once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import billing
from billing.cli.validate import validate as command
from billing.errors import SettingsError, UsageError
from billing.formats import read
from tests.outgoing import NAMED, SETTINGS, record, settings
from tests.x12_files import as_bytes, interchange, simple_body, transaction

CODESETS = billing.load_codesets(programs=["ks-chw"])
RECEIVED = "2026-06-01"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A settings file, and a log of three claims: one over the daily limit, two bare ones that the settings complete."""
    chosen = tmp_path / "cleanclaim.yaml"
    chosen.write_text(SETTINGS.replace("usage: T", "usage: T\n  control_numbers: numbers.json") + NAMED)
    log = tmp_path / "log.jsonl"
    made = [bare("C1"), bare("C2", "2026-05-06"), bare("C3", "2026-05-07", units="5", charge="115.00")]
    log.write_text("".join(json.dumps(each) + "\n" for each in made))
    return {"settings": chosen, "log": log, "out": tmp_path / "out", "numbers": tmp_path / "numbers.json"}


def bare(claim_id: str, day: str = "2026-05-05", units: str = "4", charge: str = "92.00") -> dict[str, Any]:
    """A claim as a service log has it: who, what, when and by whom."""
    line = {
        "line_number": 1,
        "procedure_code": "98960",
        "modifiers": ["U7"],
        "charge": charge,
        "units": units,
        "service_date": day,
    }
    return {
        "claim_id": claim_id, "member": {k: v for k, v in record()["member"].items() if k != "address"},
        "rendering_provider": {"npi": "1000000004"}, "diagnoses": ["F330"], "charge": charge, "lines": [line],
    }  # fmt: skip


def judged(files: dict[str, Path], **more: Any) -> billing.Result:
    return billing.validate(files["log"], CODESETS, received=RECEIVED, settings=files["settings"], **more)


def test_claims_are_judged_as_they_are_sent_and_the_accepted_ones_written_as_an_837p(files: dict[str, Path]) -> None:
    result = judged(files)
    assert result.decisions["decision"].to_list() == ["accepted", "accepted", "rejected"]
    assert result.findings["rule"].unique().to_list() == ["ks-chw.unit_limits.daily"]
    result.write(files["out"])
    written = read(files["out"] / "accepted.837")
    assert written.claims.select("claim_id", "billing_npi", "payer_id", "rendering_name", "place_of_service").rows() == [
        ("C1", "1234567893", "KMAP", "WORKER, ANN", "12"), ("C2", "1234567893", "KMAP", "WORKER, ANN", "12"),
    ]  # fmt: skip
    log = files["log"].read_text().splitlines(keepends=True)
    assert (files["out"] / "accepted.jsonl").read_text() == "".join(log[:2])
    assert (files["out"] / "rejected.jsonl").read_text() == log[2]
    assert json.loads((files["out"] / "summary.json").read_text())["files"] == [
        {"name": "accepted.837", "use": "send"}, {"name": "accepted.jsonl", "use": "keep"},
        {"name": "rejected.jsonl", "use": "mend"},
    ]  # fmt: skip
    assert result.control_number == 1
    assert json.loads(files["numbers"].read_text()) == {"last_interchange": 1}


def test_what_was_written_is_accepted_again_without_settings(files: dict[str, Path]) -> None:
    judged(files).write(files["out"])
    again = billing.validate(files["out"] / "accepted.837", CODESETS, received=RECEIVED)
    assert again.decisions["decision"].to_list() == ["accepted", "accepted"]
    assert again.findings.is_empty()


def test_the_same_claims_keep_the_same_findings_as_a_new_837p(files: dict[str, Path]) -> None:
    from billing.formats.x12.new837 import write_837  # noqa: PLC0415 used by one test

    said = ["claim_id", "line_number", "rule", "cause", "severity", "message", "found", "allowed"]
    content = write_837(read(files["log"]), settings(NAMED), control_number=1)
    as_837 = billing.validate(content, CODESETS, received=RECEIVED)
    assert as_837.findings.select(said).equals(judged(files).findings.select(said))


def test_the_same_run_with_the_same_number_gives_the_same_bytes(files: dict[str, Path]) -> None:
    for name in ("one", "two"):
        judged(files).write(files["out"] / name, control_number=9)
    one, two = ((files["out"] / name / "accepted.837").read_bytes() for name in ("one", "two"))
    assert one == two
    assert one.split(b"*")[13] == b"000000009"
    assert b"*260601*0000*" in one


def test_x12_stays_as_it_came_and_only_other_claims_are_written_anew(files: dict[str, Path], tmp_path: Path) -> None:
    x12 = tmp_path / "batch.837"
    x12.write_bytes(as_bytes(interchange(transaction(simple_body(claims=1, lines=1)))))
    result = billing.validate([x12, files["log"]], CODESETS, received=RECEIVED, settings=files["settings"])
    result.write(files["out"])
    new = read(files["out"] / "accepted.837").claims["claim_id"].to_list()
    assert new == ["C1", "C2"]
    assert next(file["name"] for file in result.summary["files"]) == "accepted.837"
    alone = billing.validate(x12, CODESETS, received=RECEIVED, settings=files["settings"])
    plain = billing.validate(x12, CODESETS, received=RECEIVED)
    assert alone.findings.equals(plain.findings)
    assert [file["use"] for file in alone.summary["files"]] == [file["use"] for file in plain.summary["files"]]


def test_a_value_that_could_not_be_read_is_not_replaced_by_a_default(files: dict[str, Path]) -> None:
    made = bare("C1")
    made["lines"][0]["diagnosis_pointers"] = ["x"]
    files["log"].write_text(json.dumps(made) + "\n")
    result = judged(files)
    assert result.batch.lines["diagnosis_pointers"].to_list() == [[]]
    assert result.decisions["decision"].to_list() == ["rejected"]


def test_accepted_claims_that_cannot_be_written_stop_the_writing_and_say_why(files: dict[str, Path]) -> None:
    text = files["settings"].read_text().partition('providers:\n  - {npi: "1000000004"')[0]
    files["settings"].write_text(text + 'defaults: {place_of_service: "12", diagnosis_pointers: [1]}\n')
    with pytest.raises(SettingsError) as said:
        judged(files).write(files["out"])
    assert str(said.value) == (
        "accepted.837 cannot be written:\n"
        "log.jsonl lines 1 and 2: no address of the member (member_address), which an 837P must carry (N3, N4)\n"
        "  fix: add it to the claims, or set defaults.member_address in the settings\n"
        "log.jsonl lines 1 and 2: no name of who gave the service (rendering_name), which an 837P must carry (NM103)\n"
        "  fix: add it to the claims, or add the provider with this NPI under providers in the settings\n"
        "(without --settings the results are written without accepted.837)"
    )
    assert not files["out"].exists()
    assert not files["numbers"].exists()


def test_claims_handed_over_as_objects_are_written_too(files: dict[str, Path]) -> None:
    result = billing.validate([bare("C1")], CODESETS, received=RECEIVED, settings=files["settings"])
    result.write(files["out"])
    assert read(files["out"] / "accepted.837").claims["claim_id"].to_list() == ["C1"]


def test_a_number_without_anything_to_number_is_refused_as_before(files: dict[str, Path]) -> None:
    result = billing.validate(files["log"], CODESETS, received=RECEIVED)
    with pytest.raises(UsageError, match="only X12 has interchanges to number"):
        result.write(files["out"], control_number=5)


def test_the_command_says_what_to_send(files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["log.jsonl", "--program", "ks-chw", "--received", RECEIVED, "--settings", "cleanclaim.yaml"]
    done = CliRunner().invoke(command, [*arguments, "--out", "out"], standalone_mode=False)
    assert done.return_value == 1
    said = done.output.splitlines()
    assert said[2:5] == [
        "  ✓ ready to send  2 claims  $184.00  out/accepted.837",
        "  ! needs a look   0 claims    $0.00",
        "  ✗ rejected        1 claim  $115.00  out/rejected.jsonl",
    ]
    assert "To send: out/accepted.837 (a test file, interchange 1)" in said
    page = (files["out"] / "report.html").read_text()
    assert "accepted.837</code></td><td>ready to send" in page
    assert "accepted.jsonl</code></td><td>the same claims as they came; send accepted.837, not both" in page
    bare_run = CliRunner().invoke(command, arguments, standalone_mode=False).exception
    assert "--settings is for accepted.837, which is written with --out DIR only." in str(bare_run)
