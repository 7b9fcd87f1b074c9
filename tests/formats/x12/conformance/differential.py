"""The differential test: what the check and pyx12 say of the same broken files, and what of it the table explains.

python -m tests.formats.x12.conformance.differential --first 0 --mutants 20000
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from tests.formats.x12.conformance.disagreements import Case, Entry, entries, fits, holds
from tests.formats.x12.conformance.mutants import Mutant, broken, mutant
from tests.formats.x12.conformance.said import Said, said_by_pyx12, said_by_us

FILES_PER_READ = 250


@dataclass(slots=True)
class Difference:
    """What is left over of a case when all the entries of the table have been looked at.

    Attributes:
        theirs: Errors that only pyx12 has.
        ours: Errors that only the check has.
        softer: Errors that both have, and for which the check refuses nothing.
        verdict: The sets that one of the two refuses and the other takes; none where an entry explains an error that
            only one of them has, or that the check refuses nothing for.
        hit: The entries that explained something.
    """

    theirs: list[Said]
    ours: list[Said]
    softer: list[Said]
    verdict: set[tuple[int, int, int]]
    hit: list[str]

    @property
    def is_explained(self) -> bool:
        """Nothing is left over."""
        return not (self.theirs or self.ours or self.softer or self.verdict)


def compare(case: Case) -> Difference:
    """Put the errors of both sides beside each other, and find those that the table does not know."""
    theirs, ours, pairs = _same_place_and_code(case.theirs, case.ours)
    hit: list[str] = []
    able = [entry for entry in entries() if not entry.mutants or case.kind in entry.mutants]
    for entry in (entry for entry in able if entry.how == "same"):
        for said in list(theirs):
            mine = _counterpart(entry, case, said, case.ours)
            if mine is not None:
                hit.append(entry.name)
                pairs.append((said, mine))
                theirs.remove(said)
                ours = [other for other in ours if other is not mine]
    for entry in able:
        if entry.how == "pyx12":
            explained = [said for said in theirs if fits(said, entry.pyx12) and holds(entry, case, said)]
            theirs = [said for said in theirs if said not in explained]
        elif entry.how == "cleanclaim":
            explained = [said for said in ours if fits(said, entry.cleanclaim) and holds(entry, case, said)]
            ours = [said for said in ours if said not in explained]
        else:
            continue
        hit += [entry.name] * len(explained)
    softer = _softer(case, pairs, able, hit)
    is_parted = any(entry.how != "same" and entry.name in hit for entry in able)
    verdict = set() if is_parted else refused_sets(case, case.theirs) ^ refused_sets(case, case.ours)
    return Difference(theirs, ours, softer, verdict, hit)


def refused_sets(case: Case, errors: Iterable[Said]) -> set[tuple[int, int, int]]:
    """The sets that are refused for errors: interchange, group and set. What stands between sets refuses none."""
    inside: set[int] = set()
    is_open = False
    for position, piece in enumerate(case.pieces, 1):
        is_open |= piece.id == "ST"
        if is_open:
            inside.add(position)
        is_open &= piece.id != "SE"
    refusing = [said for said in errors if said.unit[2] and said.severity in ("", "reject")]
    return {said.unit for said in refusing if said.position in inside}


def _same_place_and_code(theirs: Sequence[Said], ours: Sequence[Said]
                         ) -> tuple[list[Said], list[Said], list[tuple[Said, Said]]]:  # fmt: skip
    """Take away what both say with the same code at the same place."""
    left = {_key(said): said for said in ours}
    pairs = [(said, left[_key(said)]) for said in theirs if _key(said) in left]
    known = {_key(said) for said, _ in pairs}
    return (
        [said for said in theirs if _key(said) not in known],
        [said for said in ours if _key(said) not in known],
        pairs,
    )


def _key(said: Said) -> tuple[object, ...]:
    """Place and code; counts and control numbers of an envelope have no element with pyx12."""
    return (said.position, said.code) if said.code[:1] in ("I", "G", "T") else (*said.place, said.code)


def _counterpart(entry: Entry, case: Case, said: Said, ours: Sequence[Said]) -> Said | None:
    """Our error that an entry takes for the same as one of pyx12's."""
    if not fits(said, entry.pyx12) or not holds(entry, case, said):
        return None
    beside = (other for other in ours if abs(other.position - said.position) <= entry.near)
    return next((other for other in beside if fits(other, entry.cleanclaim) and _is_at(entry, said, other)), None)


def _is_at(entry: Entry, said: Said, other: Said) -> bool:
    """Both are about one element, where both are about elements; one of them may be about a part of it."""
    if entry.same_code and said.code != other.code:
        return False
    if entry.whole_segment or not (said.element and other.element):
        return True
    return said.element == other.element and (
        said.component == other.component or 0 in (said.component, other.component)
    )


def _softer(case: Case, pairs: Iterable[tuple[Said, Said]], able: Sequence[Entry], hit: list[str]) -> list[Said]:
    """Errors of both that the check does not refuse for, where the table does not say why."""
    left = []
    for _, mine in pairs:
        if mine.severity == "reject":
            continue
        entry = next((each for each in able if each.how == "softer" and fits(mine, each.cleanclaim)
                      and holds(each, case, mine)), None)  # fmt: skip
        if entry is None:
            left.append(mine)
        else:
            hit.append(entry.name)
    return left


# --------------------------------------------------------------------------------------------------------- by hand


def cases(mutants: Iterable[Mutant]) -> Iterator[tuple[Mutant, Case]]:
    """Let both judge broken files."""
    rest = iter(mutants)
    while made := list(islice(rest, FILES_PER_READ)):
        answers = said_by_us([each.pieces for each in made])
        for each, ours in zip(made, answers, strict=True):
            yield each, Case(each.kind, each.pieces, said_by_pyx12(each.text), ours)


def report(mutants: Iterable[Mutant], show: int) -> Iterator[str]:
    """Write what the table does not explain, by kind of defect, and how often each entry was hit."""
    start = time.process_time()
    found: dict[str, list[tuple[Mutant, Difference]]] = defaultdict(list)
    hits: dict[str, list[str]] = defaultdict(list)
    files = alike = 0
    for each, case in cases(mutants):
        files += 1
        difference = compare(case)
        alike += refused_sets(case, case.theirs) == refused_sets(case, case.ours)
        for name in set(difference.hit):
            hits[name].append(each.name)
        if not difference.is_explained:
            found[each.kind].append((each, difference))
    for kind, examples in found.items():
        yield f"== {kind}: {len(examples)} files differ"
        for each, difference in examples[:show]:
            yield f"-- {each.name} of {each.seed}, broken at {', '.join(map(str, each.places))}"
            yield from _lines(each, difference)
    yield f"{files} files; in {alike} the same sets are refused"
    yield f"{sum(map(len, found.values()))} differ in a way that the table does not know; {time.process_time() - start:.0f} CPU seconds"
    for entry in entries():
        examples_of = hits[entry.name]
        yield f"{len(examples_of):7}  {entry.how:10} {entry.name:50} {(examples_of or ['-'])[0]}"


def _lines(each: Mutant, difference: Difference) -> Iterator[str]:
    if difference.verdict:
        yield f"   verdict on {sorted(difference.verdict)}"
    sides = (("pyx12", difference.theirs), ("ours", difference.ours), ("softer", difference.softer))
    for side, errors in sides:
        for said in errors[:4]:
            text = each.pieces[said.position - 1].text if 0 < said.position <= len(each.pieces) else ""
            yield f"   {side:7}{said}   | {text}"


def main() -> None:
    """Compare any number of files and print what the table does not explain."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    parser.add_argument("--mutants", type=int, default=5000, help="how many")
    parser.add_argument("--kind", help="only this kind of defect")
    parser.add_argument("--show", type=int, default=3, help="how many of each difference to print")
    options = parser.parse_args()
    numbers = range(options.first, options.first + options.mutants)
    made = (broken(options.kind, number) if options.kind else mutant(number) for number in numbers)
    sys.stdout.writelines(f"{line}\n" for line in report(made, options.show))


if __name__ == "__main__":
    main()
