"""Files put on top of each other: national < state < payer overlay < local folder.

A file of a higher layer either is a whole program, which replaces a lower one of the same id, or `extends` a program:
under its own id (a plan beside the state's program) or under the same id (a change to it). An overlay adds entries,
replaces those of the same block and id, and ends those for which it writes `{id: ..., ended: ...}`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from billing.errors import did_you_mean
from billing.policy.problems import Problem
from billing.policy.program_file import Ending, Item, ProgramFile, ProgramKeys
from billing.policy.schema import Source

_NOT_INHERITED = ("program", "extends")


@dataclass(slots=True)
class Merged:
    """One program after all layers.

    Attributes:
        id: Its id.
        keys: What is said of it as a whole; what an overlay leaves out is its base's.
        file: The file of the highest layer.
        items: Its services and entries, the base's first.
        sources: Its sources by id; an overlay's win.
        known: Block to the ids written in it, also of entries that have problems; `sources` among them.
        bases: Ids of the programs it goes on top of, the nearest first; its own id is none of them.
    """

    id: str
    keys: ProgramKeys
    file: ProgramFile
    items: list[Item] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    known: dict[str, set[str]] = field(default_factory=dict)
    bases: tuple[str, ...] = ()


@dataclass(slots=True)
class Layers:
    """All files, by program id and layer.

    Attributes:
        stacks: Program id to its files, lowest layer first.
        problems: Found while they were put together.
    """

    stacks: dict[str, list[ProgramFile]]
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def of(cls, files: Iterable[ProgramFile]) -> Layers:
        """Sort files into layers; two of one id in one layer are a problem, unless one changes the other."""
        layers = cls({})
        for file in files:
            if file.keys is None:
                continue
            stack = layers.stacks.setdefault(file.keys.program, [])
            same = next((below for below in stack if (below.layer, below.rank) == (file.layer, file.rank)), None)
            if same is not None and file.keys.extends != file.keys.program:
                words = f"program: {same.shown} holds a program of this id too"
                layers.problems.append(file.tree.problem(("program",), words, "give one of them another id"))
            stack.append(file)
        return layers

    def merged(self) -> dict[str, Merged]:
        """Return every program after all layers, in order of id."""
        programs = {name: self._program(name, len(self.stacks[name]), ()) for name in sorted(self.stacks)}
        return {name: program for name, program in programs.items() if program is not None}

    def _program(self, name: str, height: int, above: tuple[ProgramFile, ...]) -> Merged | None:
        """Merge the lowest `height` files of a program; null when its base is not there."""
        file = self.stacks[name][height - 1]
        keys = file.keys
        if keys is None:
            return None
        if keys.extends is None:
            return _whole(name, keys, file)
        if file in above:
            self.problems.append(
                file.tree.problem(("extends",), f"extends: {keys.extends} extends this program in turn")
            )
            return None
        base = self._base(name, height, keys.extends, (*above, file))
        if base is None:
            if keys.extends not in self.stacks or keys.extends == name:
                words = f"extends: no program below this file has the id '{keys.extends}'"
                known = [other for other in self.stacks if other != name]
                self.problems.append(
                    file.tree.problem(
                        ("extends",), words, did_you_mean(keys.extends, known) or "write the id of a program"
                    )
                )
            return None
        merged, problems = _overlaid(name, base, file, keys)
        self.problems += problems
        return merged

    def _base(self, name: str, height: int, extends: str, above: tuple[ProgramFile, ...]) -> Merged | None:
        if extends == name:
            return self._program(name, height - 1, above) if height > 1 else None
        return self._program(extends, len(self.stacks[extends]), above) if extends in self.stacks else None


def _whole(name: str, keys: ProgramKeys, file: ProgramFile) -> Merged:
    known = {block: file.named(block) for block in file.tree.value}
    return Merged(name, keys, file, list(file.items), dict(file.sources), known)


def _overlaid(name: str, base: Merged, file: ProgramFile, keys: ProgramKeys) -> tuple[Merged, list[Problem]]:
    """Put an overlay on its base."""
    given = {key: getattr(keys, key) for key in keys.model_fields_set if key not in _NOT_INHERITED}
    known = {block: set(names) for block, names in base.known.items()}
    for block in file.tree.value:
        known.setdefault(block, set()).update(file.named(block))
    merged = Merged(
        name,
        base.keys.model_copy(update={**given, "program": name, "extends": keys.extends}),
        file,
        sources={**base.sources, **file.sources},
        known=known,
        bases=base.bases if base.id == name else (base.id, *base.bases),
    )
    problems: list[Problem] = []
    slots = _by_name(base.items)
    for name_in_block, items in _by_name(file.items).items():
        below = slots.get(name_in_block, [])
        endings = [item for item in items if isinstance(item.entry, Ending)]
        if endings and not below:
            problems += [_ends_nothing(item, base) for item in endings]
        kept = _ended(below, endings[-1]) if endings else []
        owner = below[0].owner if below else name
        new = [replace(item, owner=owner, replaces=tuple(below)) for item in items if item not in endings]
        slots[name_in_block] = kept + new
    merged.items = [item for items in slots.values() for item in items]
    return merged, problems


def _by_name(items: Iterable[Item]) -> dict[tuple[str, str], list[Item]]:
    """Group items by block and id, in order; several of one id are its versions."""
    slots: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        slots.setdefault((item.block, item.id), []).append(item)
    return slots


def _ended(versions: Iterable[Item], ending: Item) -> list[Item]:
    """End the versions of an entry; one that would begin later is left out."""
    last = ending.entry.ended
    kept = []
    for item in versions:
        entry = item.entry
        if last is None or isinstance(entry, Ending) or (entry.effective is not None and entry.effective > last):
            continue
        if entry.ended is not None and entry.ended <= last:
            kept.append(item)
        else:
            ended = entry.model_copy(update={"ended": last})
            kept.append(replace(ending, entry=ended, owner=item.owner, replaces=(item,)))
    return kept


def _ends_nothing(item: Item, base: Merged) -> Problem:
    words = f"id: {base.id} has no entry '{item.id}' in {item.block} that could be ended"
    fix = did_you_mean(item.id, base.known.get(item.block, set())) or "write the whole entry to add it"
    return item.file.tree.problem((*item.path, "id"), words, fix)
