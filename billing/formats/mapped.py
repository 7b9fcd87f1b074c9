"""Large inputs that stay on the disk: looked at through a memory map, in parts that are let go again."""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Iterator
from pathlib import Path

from billing.errors import InputError

LARGE = 96 * 2**20
"""Bytes from which on an input is not held in memory, where that can be avoided."""
PART = 16 * 2**20


class MappedFile(mmap.mmap):
    """A file's bytes, read from the disk where they are looked at; the file must stay as it is meanwhile."""

    descriptor: int
    state: tuple[int, int]
    shown: str

    @classmethod
    def of(cls, path: Path, shown: str) -> MappedFile:
        """Map a file that is not empty.

        Args:
            path: The file.
            shown: What messages call it.
        """
        return cls.of_descriptor(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0)), shown)

    @classmethod
    def of_descriptor(cls, descriptor: int, shown: str) -> MappedFile:
        """Map an open file, which is closed with the map."""
        try:
            mapped = cls(descriptor, 0, access=mmap.ACCESS_READ)
        except BaseException:
            os.close(descriptor)
            raise
        mapped.descriptor, mapped.shown = descriptor, shown
        mapped.state = _state(descriptor)
        return mapped

    def check(self) -> None:
        """Refuse to go on when somebody has written to the file since it was mapped.

        Raises:
            InputError: It is no longer the file that was checked.
        """
        if _state(self.descriptor) != self.state:
            raise InputError(
                f"{self.shown}: the file was changed while it was being checked\n"
                "  fix: wait until it is written in full, and run the check again"
            )

    def release(self) -> None:
        """Let the pages that were looked at go from memory; they are read from the disk when asked for again."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self.madvise(mmap.MADV_DONTNEED)

    def __del__(self) -> None:
        """Close the file."""
        if hasattr(self, "descriptor"):
            os.close(self.descriptor)


Bytes = bytes | MappedFile
"""The content of an input: in memory, or on the disk."""


def parts_of(data: Bytes) -> Iterator[bytes]:
    """Yield some bytes one part after the other."""
    for start in range(0, len(data), PART):
        if isinstance(data, MappedFile):
            data.check()
        yield data[start : start + PART]
        if isinstance(data, MappedFile):
            data.release()


def sha256_of(data: Bytes) -> str:
    """Hash some bytes."""
    if isinstance(data, bytes):
        return hashlib.sha256(data).hexdigest()
    digest = hashlib.sha256()
    for part in parts_of(data):
        digest.update(part)
    return digest.hexdigest()


def _state(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns
