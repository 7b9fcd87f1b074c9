"""The care team of a claim: which provider is which, for the claim and for each line.

A member that a line names by `careTeamSequence` is that line's provider; one that no line names is the claim's.
"""

from __future__ import annotations

from billing.formats.fhir import systems
from billing.formats.fhir.checking import Node, UnreadableError
from billing.formats.fhir.people import PROVIDER_FIELDS, provider
from billing.formats.fhir.references import References
from billing.formats.fhir.row import Row
from billing.formats.fhir.values import codings


def care_team(resource: Node, references: References, left_out: list[str]) -> list[tuple[str | None, tuple[int, Node]]]:
    """Read the care team.

    Args:
        resource: The claim.
        references: To follow its references with.
        left_out: Takes in what is said of members whose role is unknown.

    Returns:
        Of each member its sequence, how sure its role is (0 is surest), and the provider with its `role`.
    """
    members: list[Node] = resource.get("careTeam") or []
    team = []
    for number, member in enumerate(members):
        path = f"careTeam[{number}]"
        role = _role(member, is_alone=len(members) == 1)
        if role is None:
            left_out.append(f"the role of {path} is none that cleanclaim knows, so the provider is not looked at")
            continue
        found = provider(member.get("provider"), f"{path}.provider", references, member.get("qualification"))
        team.append((member.get("sequence"), (role[1], found | {"role": role[0]})))
    return team


def _role(member: Node, *, is_alone: bool) -> tuple[str, int] | None:
    """Return which provider of the claim a member of the care team is; `primary` gives way to a plainer word."""
    coded = list(codings(member.get("role")))
    if not coded:
        return ("rendering", 1) if is_alone else None
    known = (systems.CARE_TEAM_ROLE, systems.CARIN_ROLE, None)
    for role, (words, entity) in systems.ROLES.items():
        for system, code in coded:
            if (system == systems.X12_ENTITY and code == entity) or (system in known and code in words):
                others = {other for _, other in coded} - {"primary"}
                return role, 0 if others else 1
    return None


def of_item(item: Node, team: list[tuple[str | None, tuple[int, Node]]]) -> list[tuple[int, Node]]:
    """Return the members that a line names."""
    named = item.get("careTeamSequence") or ()
    return [member for sequence, member in team if sequence in named]


def put_team(row: Row, members: list[tuple[int, Node]], path: str) -> None:
    """Put the providers of these members into a row; of one role, those whose word for it is surest.

    Raises:
        UnreadableError: Two different providers have one role.
    """
    for role in systems.ROLES:
        of_role = [(rank, member) for rank, member in members if member["role"] == role]
        surest = min((rank for rank, _ in of_role), default=0)
        chosen = [member for rank, member in of_role if rank == surest]
        if any(member != chosen[0] for member in chosen):
            raise UnreadableError(f"names more than one {role} provider", path)
        for field_ in PROVIDER_FIELDS if chosen else ():
            row[f"{role}_{field_}"] = chosen[0][field_]
