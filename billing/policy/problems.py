"""What is wrong in a program file: place, problem, fix. All problems are collected before any is raised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from billing.errors import CodeSetError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend in a program file.

    Attributes:
        file: File as the user knows it.
        line: Line from 1; 0: the whole file.
        column: Column from 1.
        words: What is wrong, beginning with the key it is about.
        fix: What to write instead; may be empty.
    """

    file: str
    line: int
    column: int
    words: str
    fix: str = ""

    def __str__(self) -> str:
        """Return `file:line:column: problem`, and the fix on a line of its own."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.words}" + (f"\n  fix: {self.fix}" if self.fix else "")


def one_per_place(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems by place and keep the first of each: what follows from it would only confuse."""
    kept: dict[tuple[str, int, int], Problem] = {}
    for problem in problems:
        kept.setdefault((problem.file, problem.line, problem.column), problem)
    return sorted(kept.values())


def raise_all(problems: Iterable[Problem]) -> None:
    """Raise one error that holds all problems; return when there are none.

    Raises:
        CodeSetError: There is at least one problem.
    """
    found = one_per_place(problems)
    if found:
        raise CodeSetError("\n".join(str(problem) for problem in found))
