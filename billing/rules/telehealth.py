"""Telehealth lines whose place, modifiers or medium the program does not take.

What it checks:
    A line is telehealth when its place of service or one of its modifiers marks it so (the national list
    `codesets/national/telehealth.csv`, and what the entry itself names). Such a line is in a medium the entry does not
    refuse (live video, audio only), carries no other telehealth modifier and stands in no other telehealth place than
    those the entry accepts, and has the place, the modifier or both where the entry asks for them. Where an entry asks
    for one medium, no line is marked as video and as audio only at once.

Why it matters:
    A telehealth modifier without its place, or the reverse, is denied as a modifier clash (CARC 4); a telephone visit
    that the program pays only in person or by video is not covered at all (CARC 96).

Example:
    H0038 93 at place 10, where audio only is refused -> xx-peer.telehealth.video-only

    Passes: H0038 95 at place 10, where video is taken

    Instead: send the modifier of the medium that was used, if it was video; a telephone visit is not payable there.

Policy key:
    telehealth

Needs:
    nothing but the claims

Also called:
    telemedicine, audio-only, telephone visit, virtual, 95, 93, GT, GQ, FQ, POS 02, POS 10
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal, Self, cast

import polars as pl
from pydantic import model_validator

from billing.policy.codesets import Fact
from billing.policy.lists import telehealth_marks
from billing.policy.schema import Code, PolicyEntry
from billing.rules._kind import Check, Services
from billing.rules._words import coded, listed, or_list, sentence

_MEDIA = {"video": "live video", "audio_only": "audio only"}
_PLACE = pl.col("place_of_service")
_COMPARE = "Compare the line with the record of the visit: "


class Entry(PolicyEntry):
    """What a program asks of telehealth lines; what is left out is not sourced, and nothing is said of it.

    Attributes:
        video: Whether live video is payable.
        audio_only: Whether audio without video is payable. Both refused: in person alone.
        modifiers: Telehealth modifiers the source accepts; another one is a finding. Empty: not sourced.
        places: Telehealth places of service it accepts, likewise.
        needs: What a telehealth line must carry: a telehealth modifier, a telehealth place, or both.
        one_medium: True: a line may not carry a video and an audio-only modifier together.
    """

    video: Literal["allowed", "refused"] | None = None
    audio_only: Literal["allowed", "refused"] | None = None
    modifiers: tuple[Code, ...] = ()
    places: tuple[Code, ...] = ()
    needs: Literal["both", "modifier", "place"] | None = None
    one_medium: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        said = (self.video, self.audio_only, self.modifiers, self.places, self.needs, self.one_medium)
        if not any(said):
            raise ValueError("says nothing: write video: refused, audio_only: refused, modifiers: [...], places: [...] "
                             "or needs: both")  # fmt: skip
        refused = {medium for medium in _MEDIA if getattr(self, medium) == "refused"}
        if len(refused) == len(_MEDIA) and (self.modifiers or self.places or self.needs):
            raise ValueError("video and audio_only are both refused: take modifiers, places and needs out")
        for code in self.modifiers:
            medium = telehealth_marks().media.get(code)
            if medium in refused:
                raise ValueError(f"modifiers: {code} stands for {_MEDIA[medium]}, which the entry refuses")
        return self


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    return " ".join(_sentences(entry))


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the conditions on a telehealth line: its medium, its modifiers, its place."""
    entry = cast("Entry", fact.entry)
    if entry.one_medium:
        yield _one_medium()
    refused = [medium for medium in _MEDIA if getattr(entry, medium) == "refused"]
    if len(refused) == len(_MEDIA):
        yield from _in_person(entry)
        return
    is_refused = pl.any_horizontal([pl.lit(value=False), *(_is_by(medium) for medium in refused)])
    for medium in refused:
        yield _refused(medium)
    if entry.modifiers:
        yield _accepted_modifier(entry, ~is_refused)
    if entry.needs in {"modifier", "both"}:
        yield _needs_modifier(entry)
    if entry.places or entry.needs in {"place", "both"}:
        yield _place(entry, ~is_refused)


def _one_medium() -> Check:
    video, audio = telehealth_marks().of("video"), telehealth_marks().of("audio_only")
    both = _carried((*video, *audio))
    return Check(
        cause="telehealth_contradiction",
        fails=_has(video) & _has(audio),
        column="modifiers",
        message=sentence(both.list.join(" and "), " on one line: live video and audio only exclude each other."),
        remedy=f"{_COMPARE}keep the modifier of the medium that was used.",
        found=listed(both),
        allowed=f"{or_list(video)} or else {or_list(audio)}",
    )


def _in_person(entry: Entry) -> Iterable[Check]:
    """Yield the conditions on a service that is given in person alone: by its modifiers, else by its place."""
    marked = _carried(_modifiers(entry))
    words = "; the program pays it in person alone."
    by_modifier = Check(
        cause="telehealth_not_covered",
        fails=_has(_modifiers(entry)),
        column="modifiers",
        message=sentence(coded(), " is telehealth by ", marked.list.join(" and "), words),
        remedy=f"{_COMPARE}mend what is mistyped, else the program does not pay for the visit.",
        found=listed(marked),
        allowed="a visit in person",
    )
    yield by_modifier
    yield replace(
        by_modifier,
        applies=~_has(_modifiers(entry)),
        fails=_PLACE.is_in(_places(entry)),
        column="place_of_service",
        message=sentence(coded(), " is telehealth by place ", _PLACE, words),
        found=_PLACE,
        needs=("place_of_service",),
    )


def _refused(medium: str) -> Check:
    """Return the condition that a line is not by a medium that the program does not pay."""
    marked = _carried(telehealth_marks().of(medium))
    return Check(
        cause="telehealth_not_covered",
        fails=_is_by(medium),
        column="modifiers",
        message=sentence(
            coded(), f" is {_MEDIA[medium]} by ", marked.list.join(" and "), "; the program does not pay it so."
        ),
        remedy=f"{_COMPARE}mend the modifier if another medium was used, else the program does not pay for the visit.",
        found=listed(marked),
        allowed=f"not {_MEDIA[medium]}",
    )


def _accepted_modifier(entry: Entry, is_judged: pl.Expr) -> Check:
    """Return the condition that a line's telehealth modifiers are those the source accepts."""
    others = tuple(code for code in telehealth_marks().media if code not in entry.modifiers)
    carried = _carried(others)
    accepted = or_list(entry.modifiers)
    remedies: pl.Expr = pl.lit(f"{_COMPARE}send {accepted}, as the medium was.")
    for code in others:
        same = [own for own in entry.modifiers if telehealth_marks().media.get(own) == telehealth_marks().media[code]]
        if same:
            words = pl.lit(f"Send {or_list(same)} in place of {code}: the program takes it for the same medium.")
            remedies = pl.when(carried.list.join("") == code).then(words).otherwise(remedies)
    return Check(
        cause="telehealth_modifier",
        applies=is_judged,
        fails=_has(others),
        column="modifiers",
        message=sentence(
            carried.list.join(" and "), " on ", coded(), f"; the program takes {accepted} for telehealth."
        ),
        remedy=remedies,
        found=listed(carried),
        allowed=accepted,
    )


def _needs_modifier(entry: Entry) -> Check:
    """Return the condition that a line at a telehealth place carries a telehealth modifier."""
    wanted = entry.modifiers or tuple(telehealth_marks().media)
    return Check(
        cause="telehealth_modifier",
        applies=~_has(_modifiers(entry)),
        fails=_PLACE.is_in(_places(entry)),
        column="modifiers",
        message=sentence(coded(), " at place ", _PLACE, f" lacks {or_list(wanted)}."),
        remedy=f"{_COMPARE}add {_by_medium(wanted)}; mend the place if the visit was in person.",
        found=pl.lit("no telehealth modifier"),
        allowed=or_list(wanted),
        needs=("place_of_service",),
    )


def _place(entry: Entry, is_judged: pl.Expr) -> Check:
    """Return the condition on the place: one the source accepts, and a telehealth place where one is needed."""
    wanted = entry.places or telehealth_marks().places
    fails = _PLACE.is_in([place for place in telehealth_marks().places if place not in wanted])
    if entry.needs in {"place", "both"}:
        fails = fails | (_has(_modifiers(entry)) & ~_PLACE.is_in(wanted))
    return Check(
        cause="telehealth_place",
        applies=is_judged,
        fails=fails,
        column="place_of_service",
        message=sentence(coded(), " at place ", _PLACE, f"; the program takes {or_list(wanted)} for telehealth."),
        remedy=f"{_COMPARE}send {or_list(wanted)} for telehealth, or no telehealth modifier for a visit in person.",
        found=_PLACE,
        allowed=or_list(wanted),
        needs=("place_of_service",),
    )


def _modifiers(entry: Entry) -> tuple[str, ...]:
    """Return all telehealth modifiers: the national ones and those of the entry."""
    return tuple(dict.fromkeys((*telehealth_marks().media, *entry.modifiers)))


def _places(entry: Entry) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*telehealth_marks().places, *entry.places)))


def _is_by(medium: str) -> pl.Expr:
    """Tell whether a line's modifiers say this medium and not the other one too."""
    other = next(name for name in _MEDIA if name != medium)
    return _has(telehealth_marks().of(medium)) & ~_has(telehealth_marks().of(other))


def _has(codes: Iterable[str]) -> pl.Expr:
    return pl.any_horizontal([pl.lit(value=False), *(pl.col("modifiers").list.contains(code) for code in codes)])


def _carried(codes: Iterable[str]) -> pl.Expr:
    """Return those of the codes that stand on the line, in their order, each once."""
    return pl.col("modifiers").list.eval(
        pl.element().filter(pl.element().is_in(list(codes))).unique(maintain_order=True)
    )


def _by_medium(codes: Iterable[str]) -> str:
    """Write which modifier stands for which medium: `95 for live video, 93 for audio only`."""
    by: dict[str, list[str]] = {}
    for code in codes:
        by.setdefault(_MEDIA.get(telehealth_marks().media.get(code, ""), "telehealth"), []).append(code)
    return ", ".join(f"{or_list(own)} for {medium}" for medium, own in by.items())


def _sentences(entry: Entry) -> Iterator[str]:
    if entry.video == entry.audio_only == "refused":
        yield "Telehealth is not payable, in person alone."
    else:
        for key, medium in _MEDIA.items():
            said = getattr(entry, key)
            if said is not None:
                yield f"{medium.capitalize()} is{' not' if said == 'refused' else ''} payable."
    if entry.modifiers:
        yield f"The telehealth modifier is {or_list(entry.modifiers)}, no other."
    if entry.places:
        yield f"The telehealth place is {or_list(entry.places)}, no other."
    if entry.needs is not None:
        needed = {"both": "modifier and a telehealth place"}.get(entry.needs, entry.needs)
        yield f"A telehealth line carries a telehealth {needed}."
    if entry.one_medium:
        yield "No line is marked as video and as audio only at once."
