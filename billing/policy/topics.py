"""What rule kinds are about, in the order in which a biller asks, so that every listing groups them alike."""

from __future__ import annotations

from billing.policy.codesets import Program

TOPICS: dict[str, tuple[str, ...]] = {
    "services": ("covered_services",),
    "modifiers": ("modifiers",),
    "length of a unit": ("unit_minutes",),
    "group size": ("group_size",),
    "rates": ("rates",),
    "limits": ("unit_limits", "mue"),
    "combinations": ("same_day", "prerequisites", "overlaps", "single_provider"),
    "place of service": ("places",),
    "telehealth": ("telehealth",),
    "diagnoses": ("diagnoses",),
    "age of the member": ("ages",),
    "coverage": ("eligibility", "excluded_enrollments", "other_coverage"),
    "authorization": ("prior_authorization",),
    "order": ("ordering_providers", "orders"),
    "plan of care": ("plans_of_care",),
    "worker": ("workers", "worker_taxonomy", "worker_hours"),
    "supervision": ("supervision",),
    "biller": ("billing_providers",),
    "filing deadline": ("timely_filing",),
}
"""Topic to the kinds about it."""
CLAIM_DATA = "what a claim carries"
"""The topic of all other kinds."""
ASKED_OF_A_PROGRAM = tuple(topic for topic in TOPICS if topic not in {"services", "modifiers", "coverage"})
"""Topics that a reader misses when a program says nothing of them."""
_OF_KIND = {kind: topic for topic, kinds in TOPICS.items() for kind in kinds}
_OF_KEY = {"length of a unit": "unit_minutes", "group size": "group_size", "rates": "rates"}


def topic_of(kind: str) -> str:
    """Return the topic of a kind."""
    return _OF_KIND.get(kind, CLAIM_DATA)


def topics() -> tuple[str, ...]:
    """Return all topics in order."""
    return (*TOPICS, CLAIM_DATA)


def spoken_of(program: Program) -> tuple[str, ...]:
    """Return the topics of a program's rules and of the values of its services, in order."""
    spoken = {topic_of(fact.kind) for fact in program.facts}
    spoken |= {topic for topic, key in _OF_KEY.items() if any(getattr(service, key) for service in program.services)}
    return tuple(topic for topic in topics() if topic in spoken)


def silent_on(program: Program) -> tuple[str, ...]:
    """Return the topics on which a program has no rule: no source was found, or none that can be checked."""
    spoken = spoken_of(program)
    return tuple(topic for topic in ASKED_OF_A_PROGRAM if topic not in spoken)
