"""Which other resources of a file a claim needs, so that a file with some of its claims can be understood alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from billing.formats.fhir.references import Pool


@dataclass(frozen=True, slots=True)
class Named:
    """A resource of a file, as far as others may refer to it.

    Attributes:
        kind: Its type.
        id: Its id; null: it has none.
        url: `fullUrl` of its entry; null: it has none.
        references: What it refers to itself; of a claim they are asked for when they are needed.
    """

    kind: str
    id: str | None
    url: str | None
    references: tuple[str, ...] = ()


def references_in(node: object) -> Iterator[str]:
    """Yield every reference within a resource."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if isinstance(reference := each.get("reference"), str):
                yield reference
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


class Needs:
    """Follows references between the resources of a file, by their places in it."""

    def __init__(self, resources: Sequence[Named | None]) -> None:
        """Take in all resources; null stands for a part that holds none."""
        self._resources = resources
        self._pool = Pool()
        self._number: dict[int, int] = {}
        for number, resource in enumerate(resources):
            if resource is not None:
                node = {"resourceType": resource.kind, "id": resource.id}
                self._number[id(node)] = number
                self._pool.add(node, resource.url)

    def of(self, claims: Iterable[tuple[int, Iterable[str]]]) -> set[int]:
        """Return the numbers of the resources, other than claims, that these claims refer to, directly or not.

        Args:
            claims: Number of a claim among the resources, and its references.
        """
        found: set[int] = set()
        waiting = [(number, name) for number, names in claims for name in names]
        seen: set[tuple[str | None, str]] = set()
        while waiting:
            number, name = waiting.pop()
            url = self._url(number)
            if (url, name) in seen:
                continue
            seen.add((url, name))
            target = self._find(number, name)
            resource = None if target is None else self._resources[target]
            if target is None or resource is None or resource.kind == "Claim" or target in found:
                continue
            found.add(target)
            waiting += [(target, each) for each in resource.references]
        return found

    def claims_behind(self, number: int) -> set[int]:
        """Return the numbers of the claims that a resource refers to, as a Provenance or an answer does."""
        resource = self._resources[number]
        targets = {self._find(number, name) for name in resource.references} if resource else set()
        return {
            target
            for target in targets
            if target is not None and (claim := self._resources[target]) is not None and claim.kind == "Claim"
        }

    def _find(self, number: int, name: str) -> int | None:
        node = self._pool.find(name, self._url(number))
        return None if node is None else self._number[id(node)]

    def _url(self, number: int) -> str | None:
        resource = self._resources[number]
        return None if resource is None else resource.url
