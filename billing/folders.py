"""Putting a set of files into a folder all at once, and replacing only what was put there before.

Files are written into a temporary folder beside the goal, readable by their owner alone, and moved into place when
all of them are there. `MARKER` lists each file with its hash; an earlier folder is replaced only when it holds
nothing else and nothing that has been changed since, so a claims file that a person has mended is never lost.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from billing.errors import OutputExistsError, UsageError

Content = bytes | Callable[[BinaryIO], object]
"""What a file holds: its bytes, or what writes them into the open file."""
MARKER = ".cleanclaim"
_NAMED = 5  # files of somebody else that a message names before it counts the rest


def check_folder(folder: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Return the folder with symbolic links followed, if results may be put there; nothing is written.

    Raises:
        OutputExistsError: It is a file, or holds something that must not be replaced.
    """
    goal = Path(os.path.realpath(folder))
    if goal.exists() and not goal.is_dir():
        raise OutputExistsError(f"{folder}: is a file, and results are written to a folder\n  fix: name a new folder")
    present = list(goal.iterdir()) if goal.is_dir() else []
    if not present:
        return goal
    if not overwrite:
        raise OutputExistsError(
            f"{folder}: the folder is not empty\n"
            "  fix: name a new folder, or add --overwrite (overwrite=True) to replace an earlier result of cleanclaim"
        )
    if not (goal / MARKER).is_file():
        raise OutputExistsError(
            f"{folder}: was not written by cleanclaim, so it is not replaced\n  fix: name a new folder"
        )
    if kept := sorted(_foreign(goal)):
        more = f" and {len(kept) - _NAMED} more" if len(kept) > _NAMED else ""
        raise OutputExistsError(
            f"{folder}: holds what cleanclaim did not write, or what was changed since: "
            f"{', '.join(kept[:_NAMED])}{more}\n"
            "  fix: move that away, or name a new folder"
        )
    return goal


def put_files(folder: str | os.PathLike[str], files: Iterable[tuple[str, Content]], *, overwrite: bool = False) -> Path:
    """Write files into a folder, all or none.

    Args:
        folder: New or empty; its parents are made. With `overwrite`, an earlier result that nobody changed.
        files: Relative name with `/`, and content, whole or in parts. Made one at a time: only one is in memory.
        overwrite: Replace an earlier result.

    Returns:
        The folder, symbolic links followed.

    Raises:
        OutputExistsError: As `check_folder`.
    """
    goal = check_folder(folder, overwrite=overwrite)
    with _parents(goal.parent), _staging(goal) as staging:
        hashes = [f"{_put(staging, name, content)}  {name}\n" for name, content in files]
        _put(staging, MARKER, "".join(hashes).encode())
        _move_into_place(staging, goal)
    return goal


def check_file(path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Return the file with symbolic links followed, if it may be written; nothing is written.

    Raises:
        OutputExistsError: It exists and `overwrite` was not given, or is a folder.
    """
    goal = Path(os.path.realpath(path))
    if goal.is_dir():
        raise OutputExistsError(f"{path}: is a folder\n  fix: name a file")
    if goal.exists() and not overwrite:
        raise OutputExistsError(
            f"{path}: exists already\n  fix: name a new file, or add --overwrite to replace this one"
        )
    return goal


def put_file(path: str | os.PathLike[str], content: bytes, *, overwrite: bool = False) -> Path:
    """Write one file, for its owner alone, all at once: it is there whole, or as it was before.

    Args:
        path: New; its folder is there. With `overwrite`, any file.
        content: What to write.
        overwrite: Replace the file.

    Returns:
        The file, symbolic links followed.

    Raises:
        OutputExistsError: As `check_file`, also when the file was made in the meantime.
        UsageError: The folder is not there, or cannot be written to.
    """
    goal = check_file(path, overwrite=overwrite)
    if not goal.parent.is_dir():
        raise UsageError(f"{path}: there is no such folder\n  fix: make the folder, or name another")
    with _staging(goal) as staging:
        _put(staging, goal.name, content)
        with _writable(goal.parent):
            if overwrite:
                (staging / goal.name).replace(goal)
                return goal
            try:
                os.link(staging / goal.name, goal)  # unlike a rename, it never takes the place of another file
            except FileExistsError:
                raise OutputExistsError(f"{path}: exists already\n  fix: name a new file, or add --overwrite") from None
            except OSError:  # a disk without links
                (staging / goal.name).rename(check_file(path))
    return goal


def safe_name(name: str) -> str:
    """Return a file name that cannot leave its folder, hide, or steer a terminal: `../a b` becomes `a_b`."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    kept = "".join(character if character.isalnum() or character in "._-" else "_" for character in last)
    stem, dot, suffix = kept.lstrip(".-").rpartition(".")
    return f"{(stem or suffix)[:100]}{dot if stem else ''}{suffix[:20] if stem else ''}" or "input"


def _put(root: Path, name: str, content: Content) -> str:
    """Write one file, for its owner alone, and return its SHA-256."""
    path = root / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w+b") as file:
        if isinstance(content, bytes):
            file.write(content)
            return hashlib.sha256(content).hexdigest()
        content(file)
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _parents(parent: Path) -> Iterator[None]:
    """Make the missing folders above the goal, and take them away again when it fails."""
    missing = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    try:
        with _writable(parent):
            parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for folder in missing:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


@contextlib.contextmanager
def _staging(goal: Path) -> Iterator[Path]:
    """Make the temporary folder, mode 0700, and leave nothing of it behind.

    It stands beside the goal, on the same disk; inside it where the folder above may not be written to, as with a
    folder mounted into a container.
    """
    beside = goal if goal.is_dir() and not os.access(goal.parent, os.W_OK) else goal.parent
    with _writable(goal):
        staging = Path(tempfile.mkdtemp(prefix=f".{goal.name[:50]}-", dir=beside))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextlib.contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{folder}: cannot be written to ({error.strerror})\n  fix: name a folder that you may write to"
        ) from error


def _move_into_place(staging: Path, goal: Path) -> None:
    """Let the finished files take the goal's place; what stood there comes back if that fails."""
    if not goal.exists():
        staging.rename(goal)
        return
    earlier = [path for path in goal.iterdir() if path != staging]
    finished = sorted(staging.iterdir())
    with _staging(goal) as aside:
        moved: list[tuple[Path, Path]] = []
        try:
            for path, folder in [*((path, aside) for path in earlier), *((path, goal) for path in finished)]:
                shutil.move(path, folder / path.name)
                moved.append((folder / path.name, path))
        except BaseException:
            for now, before in reversed(moved):
                shutil.move(now, before)
            raise
    goal.chmod(0o700)


def _foreign(goal: Path) -> Iterator[str]:
    """Yield what stands in a folder and is not, byte for byte, what its marker lists."""
    listed = dict(_listed(goal))
    for path in goal.rglob("*"):
        name = path.relative_to(goal).as_posix()
        if name == MARKER or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink() or hashlib.sha256(path.read_bytes()).hexdigest() != listed.get(name):
            yield name


def _listed(goal: Path) -> Iterator[tuple[str, str]]:
    for line in (goal / MARKER).read_text("utf-8", "replace").splitlines():
        sha256, _, name = line.partition("  ")
        yield name, sha256
