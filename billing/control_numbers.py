"""Numbers of interchanges, each given out once: kept in a file, locked against two runs at the same moment.

A number is written down as used before anything is written with it. A run that breaks off afterwards leaves a gap,
which no receiver minds; the same number twice is what they refuse. The lock is the operating system's, on a file of
its own, so that it ends with the process that holds it.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from billing.errors import UsageError

LAST_CONTROL_NUMBER = 999_999_999
_KEY = "last_interchange"
_LARGEST_FILE = 10_000  # bytes; a file of control numbers has some 30
_PATIENCE = 60.0  # seconds to wait for another run that is taking a number
_PAUSE = 0.02


def take_number(file: Path, *, count: int = 1) -> int:
    """Take the next numbers, for good.

    Args:
        file: Keeps the last number that was used; made, with its lock, when it does not exist.
        count: How many to take, one behind the other.

    Returns:
        The first of them.

    Raises:
        UsageError: The file cannot be read or written, or the numbers run out.
    """
    with _locked(file):
        last = _last(file)
        if last + count > LAST_CONTROL_NUMBER:
            raise UsageError(
                f"{file}: the last control number used was {last}, and {LAST_CONTROL_NUMBER} is the last there is\n"
                f'  fix: agree with the receiver to begin again, then write {{"{_KEY}": 0}} to the file'
            )
        _write(file, last + count)
        return last + 1


def mark_used(file: Path, number: int) -> None:
    """Note a number that somebody chose as used, so that it is not given out again; a lower one changes nothing.

    Raises:
        UsageError: As `take_number`.
    """
    with _locked(file):
        if number > _last(file):
            _write(file, number)


def next_number(file: Path) -> int:
    """Return the number that would be given out next, without taking it.

    Raises:
        UsageError: The file cannot be read.
    """
    return _last(file) + 1


def _last(file: Path) -> int:
    """Read the last number that was used; 0 when there is no file yet."""
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_FILE)
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise _cannot(file, "read", error) from None
    try:
        held = json.loads(content)
        last = held[_KEY] if isinstance(held, dict) and set(held) == {_KEY} else None
    except (ValueError, RecursionError):
        last = None
    if not isinstance(last, int) or isinstance(last, bool) or not 0 <= last <= LAST_CONTROL_NUMBER:
        raise UsageError(
            f"{file}: holds no control number, so the next one is not known\n"
            f'  fix: look up the number of the last file you sent (ISA13) and write {{"{_KEY}": 123}} with it'
        )
    return last


def _write(file: Path, last: int) -> None:
    """Replace the file at once and see it onto the disk: after a power cut it holds the old number or the new one."""
    goal = Path(os.path.realpath(file))
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{goal.name[:50]}-", dir=goal.parent)
        try:
            with os.fdopen(descriptor, "wb") as temporary:
                temporary.write(json.dumps({_KEY: last}).encode() + b"\n")
                temporary.flush()
                os.fsync(temporary.fileno())
            Path(name).replace(goal)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
        _see_folder_onto_disk(goal.parent)
    except OSError as error:
        raise _cannot(file, "written", error) from None


def _see_folder_onto_disk(folder: Path) -> None:
    """See the new name onto the disk too; Windows has no way to, and does so by itself."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold the lock beside the file; it is never removed, because another run may be waiting for this very one."""
    goal = Path(os.path.realpath(file))
    beside = goal.with_name(f"{goal.name}.lock")
    try:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _cannot(file, "locked", error) from None
    try:
        until = time.monotonic() + _PATIENCE
        while not _try_lock(descriptor):
            if time.monotonic() > until:
                raise UsageError(
                    f"{file}: another run has been taking a control number for {_PATIENCE:.0f} seconds\n"
                    "  fix: end that run, then try again"
                )
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(descriptor)  # which ends the lock


if os.name == "nt":  # pragma: no cover
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _cannot(file: Path, done: str, error: OSError) -> UsageError:
    reason = (error.strerror or "it cannot be opened").lower()
    return UsageError(
        f"{file}: the file of control numbers cannot be {done}: {reason}\n"
        "  fix: name a file in a folder of yours under interchange.control_numbers in the settings"
    )
