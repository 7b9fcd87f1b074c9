"""The people and numbers that scenarios name: `M1`, `W1`, `PA1` to ids that a claim can carry, and back in texts.

Scenarios that run in one batch must not meet: a worker's hours, a member's units and a claim's number count over
the whole batch. So every scenario has its own members, providers, claim ids and authorization numbers, made from the
short names it writes, and texts of findings are told with these short names again.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from billing.rules.npi import PREFIX_SUM

MEMBER_IDS = "M##########"
"""How the id of a made-up member looks when a file does not say: `#` stands for a digit."""

_SHORT_MEMBER = re.compile(r"M\d*")
_NPI = re.compile(r"\d{10}")


class Names:
    """Names that stand for themselves, but for the default biller and worker: a scenario in a batch of its own."""

    providers: dict[str, str] = {"B1": "1234567893", "W1": "1558598797"}  # noqa: RUF012 never written to

    def claim(self, name: str) -> str:
        """Return the claim id for a name."""
        return name

    def member(self, name: str) -> str:
        """Return the member id for a name."""
        return name

    def number(self, name: str) -> str:
        """Return the authorization, session or payer's claim number for a name."""
        return name

    def provider(self, name: str) -> str:
        """Return the NPI for a name."""
        return self.providers.get(name, name)


@dataclass
class OwnNames(Names):
    """The names of one scenario among others in a batch.

    Attributes:
        scenario: Number of the scenario in its file.
        numbers: Gives numbers that nobody else in the batch gets.
        member_ids: How a member id looks; `#` stands for a digit.
        literals: Ids the scenario writes out in full; it cannot share a batch with another that does.
    """

    scenario: int
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    member_ids: str = MEMBER_IDS
    literals: set[str] = field(default_factory=set)
    _made: dict[tuple[str, str], str] = field(default_factory=dict)

    def claim(self, name: str) -> str:
        """Return the claim id for a name."""
        return f"s{self.scenario}-{name}"

    def member(self, name: str) -> str:
        """Return the member id for `M1`; any other text is an id written out in full."""
        if not _SHORT_MEMBER.fullmatch(name):
            self.literals.add(name)
            return name
        return self._own("member", name, lambda number: with_digits(self.member_ids, number))

    def number(self, name: str) -> str:
        """Return the authorization, session or payer's claim number for a name."""
        return f"s{self.scenario}-{name}"

    def provider(self, name: str) -> str:
        """Return an NPI for a name such as `W1`; ten digits are an NPI written out in full."""
        if _NPI.fullmatch(name):
            self.literals.add(name)
            return name
        return self._own("provider", name, npi)

    def told(self, text: str) -> str:
        """Return a text with the names that the scenario wrote."""
        text = text.replace(f"s{self.scenario}-", "")
        return _NPI.sub(lambda match: self._names.get(match[0], match[0]), text)

    @property
    def _names(self) -> dict[str, str]:
        return {made: name for (_, name), made in self._made.items()}

    def _own(self, kind: str, name: str, make: Callable[[int], str]) -> str:
        if (kind, name) not in self._made:
            self._made[kind, name] = make(next(self.numbers))
        return self._made[kind, name]


def npi(number: int) -> str:
    """Return a valid NPI that holds a number of up to eight digits: the last of its ten digits is the check digit."""
    first_nine = f"1{number:08d}"
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in first_nine[::2])
    total = PREFIX_SUM + sum(doubled) + sum(int(digit) for digit in first_nine[1::2])
    return f"{first_nine}{-total % 10}"


def with_digits(pattern: str, number: int) -> str:
    """Fill the `#` of a pattern with the digits of a number, from the right."""
    digits = f"{number:0{pattern.count('#')}d}"
    filled = iter(digits)
    return "".join(next(filled) if sign == "#" else sign for sign in pattern)
