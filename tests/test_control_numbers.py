"""Numbers of interchanges: each given out once, whoever asks at the same moment and whatever breaks off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from billing import control_numbers
from billing.control_numbers import mark_used, next_number, take_number
from billing.errors import UsageError

TAKE_MANY = """
import sys
from pathlib import Path
from billing.control_numbers import take_number
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    print(take_number(Path(sys.argv[1])))
"""
DIE_HOLDING_THE_LOCK = """
import os, sys
from pathlib import Path
from billing import control_numbers
control_numbers._write = lambda file, last: os._exit(9)
control_numbers.take_number(Path(sys.argv[1]))
"""
DIE_WITH_THE_NUMBER = """
import os, sys
from pathlib import Path
from billing.control_numbers import take_number
take_number(Path(sys.argv[1]))
os._exit(9)
"""


def run(script: str, *arguments: str) -> subprocess.Popen[str]:
    root = str(Path(__file__).resolve().parents[1])
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": root},
    )  # fmt: skip


def test_numbers_count_on_from_one_and_are_kept_for_their_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "numbers.json"
    assert next_number(file) == 1
    assert [take_number(file), take_number(file, count=3), take_number(file)] == [1, 2, 5]
    assert json.loads(file.read_text()) == {"last_interchange": 5}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["numbers.json", "numbers.json.lock"]
    assert file.stat().st_mode & 0o077 == 0
    assert next_number(file) == 6


def test_processes_at_the_same_moment_never_get_the_same_number(tmp_path: Path) -> None:
    file = tmp_path / "numbers.json"
    processes = [run(TAKE_MANY, str(file), "40") for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:  # only now, so that they all ask at once
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate() for process in processes]
    assert [errors for _, errors in answers] == [""] * 4
    taken = [[int(number) for number in said.split()] for said, _ in answers]
    assert sorted(number for numbers in taken for number in numbers) == list(range(1, 161))
    assert all(numbers == sorted(numbers) for numbers in taken)


@pytest.mark.parametrize(("script", "following"), [(DIE_HOLDING_THE_LOCK, 7), (DIE_WITH_THE_NUMBER, 8)])
def test_a_run_that_dies_leaves_its_number_unused_or_used_and_no_lock(
    tmp_path: Path, script: str, following: int
) -> None:
    file = tmp_path / "numbers.json"
    mark_used(file, 6)
    process = run(script, str(file))
    process.communicate()
    assert process.returncode == 9
    assert take_number(file) == following


def test_a_chosen_number_is_noted_and_a_lower_one_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "numbers.json"
    mark_used(file, 41)
    mark_used(file, 7)
    assert take_number(file) == 42


def test_the_last_number_is_given_out_and_then_it_is_said_that_there_is_none(tmp_path: Path) -> None:
    file = tmp_path / "numbers.json"
    mark_used(file, 999_999_998)
    assert take_number(file) == 999_999_999
    with pytest.raises(
        UsageError, match="the last control number used was 999999999, and 999999999 is the last there is"
    ):
        take_number(file)
    assert json.loads(file.read_text()) == {"last_interchange": 999_999_999}


@pytest.mark.parametrize(
    "content", ["", "7", "{}", '{"last_interchange": "7"}', '{"last_interchange": -1}', '{"last_interchange": true}',
                '{"last_interchange": 1e3}', '{"last_interchange": 1000000000}', "[" * 9000, "\0"],
)  # fmt: skip
def test_a_file_that_holds_no_number_is_not_guessed_at(tmp_path: Path, content: str) -> None:
    file = tmp_path / "numbers.json"
    file.write_text(content)
    with pytest.raises(UsageError, match="holds no control number, so the next one is not known\n  fix: look up"):
        take_number(file)
    assert file.read_text() == content


def test_a_folder_that_is_not_there_is_named_with_the_key_to_change(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be locked: no such file or directory\n  fix: name a file in a folder"):
        take_number(tmp_path / "none" / "numbers.json")


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    link = tmp_path / "numbers.json"
    link.symlink_to(tmp_path / "shared" / "real.json")
    assert [take_number(link), take_number(tmp_path / "shared" / "real.json")] == [1, 2]
    assert link.is_symlink()


def test_who_waits_too_long_for_another_run_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_numbers, "_PATIENCE", 0.0)
    file = tmp_path / "numbers.json"
    with (
        control_numbers._locked(file),
        pytest.raises(UsageError, match="another run has been taking a control number for 0 seconds"),
    ):
        take_number(file)
