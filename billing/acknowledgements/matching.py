"""Laying the claims and lines of a 277CA beside those of the original."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from billing.acknowledgements.explanation import ACCEPTED, RECEIVED, Remark, Sent
from billing.acknowledgements.original import Originals
from billing.wording import counted, dollars, plain

_NAMED = 10  # claims that are named before the rest is counted


def match_claim(originals: Originals, claim: Remark, taken: Collection[int]) -> tuple[int | None, str]:
    """Find a claim by its number; of several with one number by its amount too, and then in their order.

    Args:
        originals: The files that were sent.
        claim: What the answer says of it.
        taken: Keys of claims that were found before.

    Returns:
        Its key, null when there is none; and what to say of the match, empty when it is plain.
    """
    keys, names = originals.claim_keys(claim.claim_id or ""), ", ".join(originals.names)
    if not keys:
        return None, f"no claim of {names} has this number"
    fitting = [key for key in keys if claim.amount is None or originals.claim(key)["charge"] == claim.amount]
    free = [key for key in fitting or keys if key not in taken]
    if not free:
        return None, f"another answer to this number came before, and {names} has no more claims with it"
    if not fitting:
        charge = dollars(originals.claim(free[0])["charge"])
        said = f"the answer says {dollars(claim.amount)}, the claim {charge}"
        return free[0], f"{said}: it may be about another version of the claim"
    if len(fitting) > 1 and claim.verdict not in {ACCEPTED, RECEIVED}:
        return free[0], f"{len(fitting)} claims of {names} have this number, taken in their order"
    return free[0], ""


def match_line(originals: Originals, claim_key: int, line: Remark) -> None:
    """Find a line by the biller's number of it or by its place; without a number, by its service and charge."""
    lines = originals.lines(claim_key)
    found = [one for one in lines if line.line and line.line == one["line_control_number"]]
    found = found or [one for one in lines if line.line and line.line.lstrip("0") == str(one["line_number"])]
    if not line.line:
        service = (line.service or "").partition(" on ")[0].split(" ")
        found = [
            one for one in lines
            if [one["procedure_code"], *one["modifiers"]] == service and one["charge"] == line.amount
        ]  # fmt: skip
    if len(found) != 1:
        line.unmatched = "the claim has no such line" if not found else f"{len(found)} lines of the claim fit"
        return
    line.about = f"line {found[0]['line_number']}"
    file, position = originals.claim(claim_key)["input"], found[0]["position"]
    line.sent = Sent(file, position, originals.segment_text(file, position))


def unspoken(originals: Originals, matched: Collection[int]) -> Iterator[str]:
    """Yield which claims of the sets that an answer speaks of it leaves out."""
    left = [originals.claim(key) for key in originals.claims_beside(matched) if key not in matched]
    if not left:
        return
    total = sum(claim["charge"] for claim in left)
    named = ", ".join(plain(claim["claim_id"]) for claim in left[:_NAMED])
    more = f" and {len(left) - _NAMED:,} more" if len(left) > _NAMED else ""
    number = counted(len(left), "claim of the same file is", "claims of the same file are")
    yield f"{number} not spoken of ({dollars(total)}): {named}{more}"
