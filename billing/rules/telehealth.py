"""Telehealth lines whose place, modifiers or medium the program does not take.

What it checks:
    A line is telehealth when its place of service or one of its modifiers marks it so (the national list
    `codesets/national/telehealth.csv`, and what the entry itself names). Such a line is in a medium the entry does not
    refuse (live video, audio only), carries no other telehealth modifier and stands in no other telehealth place than
    those the entry accepts, and has the place, the modifier or both where the entry asks for them. On every claim:
    no line is marked as video and as audio only at once.

Why it matters:
    A telehealth modifier without its place, or the reverse, is denied as a modifier clash (CARC 4); a telephone visit
    that the program pays only in person or by video is not covered at all (CARC 96).

Example:
    H0038 93 at place 10, where audio only is refused -> xx-peer.telehealth.video-only

    Instead: send the modifier of the medium that was used, if it was video; a telephone visit is not payable there.

Policy key:
    telehealth

Needs:
    nothing but the claims

Also called:
    telemedicine, audio-only, telephone visit, virtual, 95, 93, GT, GQ, FQ, POS 02, POS 10
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from billing.policy.schema import Code, PolicyEntry


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
        return self
