"""A file of acknowledgements, put into words beside the files it speaks of."""

from __future__ import annotations

from collections.abc import Iterator

from billing.acknowledgements.explain_277ca import explain_277ca
from billing.acknowledgements.explain_999 import explain_999
from billing.acknowledgements.explain_ta1 import explain_ta1
from billing.acknowledgements.explanation import Answer, Explanation
from billing.acknowledgements.original import Originals
from billing.acknowledgements.received import ReceivedInterchange, read_acknowledgement
from billing.wording import plain


def explain_acknowledgement(data: bytes, name: str, originals: Originals) -> Explanation:
    """Put every TA1, 999 and 277CA of a file into words.

    Args:
        data: The file.
        name: Its name.
        originals: The files that were sent, or none.

    Raises:
        InputError: It holds no acknowledgement of claims.
    """
    interchanges = read_acknowledgement(data, name)
    answers = [answer for each in interchanges for answer in _answers(each, originals)]
    passed_over = [
        f"{plain(one.name)} (segment {one.position})"
        for each in interchanges
        for one in each.sets
        if not one.is_explained
    ]
    return Explanation(name, originals.names, answers, passed_over)


def _answers(interchange: ReceivedInterchange, originals: Originals) -> Iterator[Answer]:
    yield from (explain_ta1(note, originals) for note in interchange.notes)
    for one in interchange.sets:
        if one.is_explained:
            yield explain_999(one, originals) if one.set_id == "999" else explain_277ca(one, originals)
