"""`cleanclaim explain-ack`: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from billing.cli import main
from tests.x12_files import as_bytes, interchange, simple_body, transaction

HEAD = "ISA*00*          *00*          *ZZ*RECEIVER       *ZZ*SENDER         *260602*0900*^*00501*000000009*0*P*:~"


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """A claims file with two claims."""
    path = tmp_path / "sent.837"
    path.write_bytes(as_bytes(interchange(transaction(simple_body(2)))))
    return path


def received(folder: Path, *body: str) -> Path:
    """A 999 that came back."""
    segments = ["GS*FA*R*S*20260602*0900*9*X*005010X231A1", "ST*999*0001*005010X231A1", "AK1*HC*1*005010X222A1", *body]
    path = folder / "back.999"
    path.write_text(HEAD + "~".join([*segments, f"SE*{len(body) + 3}*0001", "GE*1*9", "IEA*1*000000009~"]))
    return path


def run(*arguments: str | Path) -> tuple[int, str, str]:
    outcome = CliRunner().invoke(main, ["explain-ack", *map(str, arguments)])
    return outcome.exit_code, outcome.stdout, outcome.stderr


def test_an_accepted_file_ends_with_0(tmp_path: Path, sent: Path) -> None:
    status, out, err = run(received(tmp_path, "AK2*837*0001", "IK5*A", "AK9*A*1*1*1"), "--original", sent)
    assert (status, err) == (0, "")
    assert out == (
        "back.999 beside sent.837\n\n999 for group 1\n  ✓ set 0001: accepted\n"
        "  ✓ group 1 (1 of 1 set accepted): accepted\n"
    )


@pytest.mark.parametrize("status", ["E", "R", "?"])
def test_a_set_that_is_not_simply_accepted_ends_with_1(tmp_path: Path, sent: Path, status: str) -> None:
    back = received(tmp_path, "AK2*837*0001", f"IK5*{status}*5", "AK9*A*1*1*1")
    assert run(back, "--original", sent)[0] == 1


def test_an_answer_to_another_file_ends_with_1(tmp_path: Path, sent: Path) -> None:
    status, out, _ = run(received(tmp_path, "AK2*837*0009", "IK5*A", "AK9*A*1*1*1"), "--original", sent)
    assert status == 1
    assert "note    set 0009 in group 1 is not in sent.837" in out


def test_the_json_has_what_the_text_says(tmp_path: Path, sent: Path) -> None:
    back = received(tmp_path, "AK2*837*0001", "IK3*DTP*25*2400*8", "IK4*3*1251*8*X", "IK5*R*5", "AK9*R*1*1*0")
    status, out, _ = run(back, "--original", sent, "--format", "json")
    data = json.loads(out)
    assert (status, data["schema_version"], data["file"], data["originals"]) == (1, 1, "back.999", ["sent.837"])
    assert (data["needs_action"], data["passed_over"], len(data["answers"])) == (True, [], 1)
    first = data["answers"][0]["remarks"][0]
    assert {name: first[name] for name in ("level", "verdict", "position", "amount")} == {
        "level": "set", "verdict": "rejected", "position": 8, "amount": "184.00",
    }  # fmt: skip
    assert first["parts"][0]["parts"] == [
        {
            "level": "element", "verdict": "rejected", "position": 7, "about": "DTP03, date", "value": "20260501",
            "codes": [{"place": "IK403", "code": "8", "words": "the value is no date", "fix": "write an existing day as CCYYMMDD"}],
        }
    ]  # fmt: skip


def test_members_are_shown_only_when_asked_for(tmp_path: Path, sent: Path) -> None:
    back = received(tmp_path, "AK2*837*0001", "IK3*NM1*14*2010*8", "IK4*9*67*5*00000000000", "IK5*R*5", "AK9*R*1*1*0")
    hidden, shown = (run(back, "--original", sent, *more)[1] for more in ([], ["--show-members"]))
    assert "NM1*IL*1*…*…****MI*…" in hidden
    assert "00000000000" not in hidden
    assert "NM1*IL*1*SAMPLE*ANN****MI*00000000000" in shown


def test_a_file_that_is_no_acknowledgement_ends_with_2_and_says_what_it_is(sent: Path) -> None:
    status, out, err = run(sent)
    assert (status, out) == (2, "")
    assert err == (
        "sent.837: no acknowledgement of claims (TA1, 999 or 277CA) in this file; it holds 837 005010X222A1\n"
        "  fix: name the acknowledgement first, and the claims file with --original\n"
    )


def test_a_missing_original_ends_with_2(tmp_path: Path) -> None:
    status, _, err = run(received(tmp_path, "AK2*837*0001", "IK5*A", "AK9*A*1*1*1"), "--original", tmp_path / "no.837")
    assert status == 2
    assert "there is no such file" in err
