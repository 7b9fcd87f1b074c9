"""What a reference of a claim points at: a contained resource, another entry of the Bundle, another line of the file.

Nothing is fetched. What is not in the file is said, and counts as absent.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from billing.formats.fhir.checking import Node, UnreadableError, check_resource, type_of
from billing.formats.fhir.shapes import SHAPES
from billing.formats.fhir.values import identifiers, text

_HISTORY = "/_history/"


class Pool:
    """The resources of a file that claims may refer to."""

    def __init__(self) -> None:
        self._by_url: dict[str, Node] = {}
        self._by_id: dict[tuple[str, str], list[Node]] = defaultdict(list)
        self._by_identifier: dict[tuple[str | None, str], list[Node]] | None = None
        self._all: list[Node] = []
        self._checked: dict[int, UnreadableError | None] = {}

    def add(self, resource: Node, url: str | None = None) -> None:
        """Take in a resource, with the `fullUrl` of its entry where it has one; the first of one name stays."""
        self._all.append(resource)
        if url:
            self._by_url.setdefault(url, resource)
        if isinstance(name := resource.get("id"), str):
            self._by_id[type_of(resource), name].append(resource)

    def find(self, reference: str, url: str | None = None) -> Node | None:
        """Return what a reference names, seen from the resource with that `fullUrl`; null when the file lacks it.

        A relative reference is looked up beside the resource that holds it, and otherwise by type and id, as long
        as these are unique in the file.
        """
        plain = reference.partition(_HISTORY)[0]
        if plain in self._by_url:
            return self._by_url[plain]
        parts = plain.split("/")
        if len(parts) < 2:  # noqa: PLR2004 a type and an id
            return None
        if len(parts) == 2 and url and url.count("/") > 1:  # noqa: PLR2004 the same two
            beside = self._by_url.get(url.rsplit("/", 2)[0] + "/" + plain)
            if beside is not None:
                return beside
        found = self._by_id.get((parts[-2], parts[-1]), [])
        return found[0] if len(found) == 1 else None

    def find_identified(self, identifier: Node) -> Node | None:
        """Return the resource that has an identifier; null when none has it, or several have."""
        if self._by_identifier is None:
            self._by_identifier = defaultdict(list)
            for resource in self._all:
                if self._problem(resource) is None:
                    for system, value, _ in identifiers(resource):
                        self._by_identifier[system, value].append(resource)
        sought = text(identifier.get("value"))
        found = self._by_identifier.get((text(identifier.get("system")), sought), []) if sought else []
        return found[0] if len(found) == 1 else None

    def checked(self, resource: Node) -> Node:
        """Return a resource whose shape has been checked, once however many claims refer to it.

        Raises:
            UnreadableError: It has not the shape of R4.
        """
        problem = self._problem(resource)
        if problem is not None:
            raise problem
        return resource

    def _problem(self, resource: Node) -> UnreadableError | None:
        if id(resource) not in self._checked:
            self._checked[id(resource)] = _problem(resource)
        return self._checked[id(resource)]


def _problem(resource: Node) -> UnreadableError | None:
    kind = type_of(resource)
    if kind not in SHAPES:
        return None
    try:
        check_resource(resource, kind)
    except UnreadableError as error:
        words = UnreadableError(error.words, *error.path)
        words.path.insert(0, kind)
        return words
    return None


class References:
    """Follows the references of one claim.

    Attributes:
        missing: Paths of the references whose resources are not in the file.
    """

    def __init__(self, claim: Node, pool: Pool, url: str | None) -> None:
        self._contained: dict[str, Node] = {}
        for number, resource in enumerate(claim.get("contained") or ()):
            if not isinstance(resource, dict):
                raise UnreadableError("must be an object in braces", f"contained[{number}]")
            if isinstance(resource.get("id"), str):
                self._contained[resource["id"]] = resource
        self._pool = pool
        self._url = url
        self.missing: list[str] = []

    def follow(self, reference: Node | None, path: str) -> Node | None:
        """Return what a reference points at; where that is not in the file, what the reference itself says of it.

        Args:
            reference: The reference; null: there is none.
            path: Where it stands, for messages.

        Returns:
            A resource whose shape is that of R4, or a node with the reference's `identifier` and `display` only.

        Raises:
            UnreadableError: The resource has not the shape of R4.
        """
        if not reference:
            return None
        target = text(reference.get("reference"))
        logical = reference.get("identifier")
        found: Node | None = None
        if target is not None:
            found = self._contained.get(target[1:]) if target[0] == "#" else self._pool.find(target, self._url)
        if found is None and logical:
            found = self._pool.find_identified(logical)
        if found is not None and type_of(found) in SHAPES:
            return self._checked(found, path, is_contained=bool(target and target[0] == "#"))
        if target is not None:
            self.missing.append(path)
        said: dict[str, Any] = {}
        if logical:
            said["identifier"] = [logical]
        if display := text(reference.get("display")):
            said["display"] = display
        return said or None

    def _checked(self, resource: Node, path: str, *, is_contained: bool) -> Node:
        try:
            if not is_contained:
                return self._pool.checked(resource)
            problem = _problem(resource)
        except UnreadableError as error:
            problem = error
        if problem is not None:
            raise UnreadableError(problem.words, path, *problem.path)
        return resource
