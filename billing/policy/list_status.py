"""How old the code lists and programs are on a day, which services they cover, and when to look for newer ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from billing.policy.code_lists import READ_AGAIN_AFTER_DAYS, CodeList, CodeLists, Edition
from billing.policy.codesets import CodeSets, Program

NONE_LOADED, CURRENT, STALE = "none loaded", "current", "stale"
_NOT_READ = "practice"  # a source of this form stands nowhere and cannot be read again


def stale_lists(codesets: CodeSets, on: date) -> list[dict[str, Any]]:
    """Return the lists that rules of the run judge by and that are stale on a day.

    Returns:
        One item per list, in order of its id: `list`, `edition` (the newest there is), `ended` (last date of service it
        covers; null: open) and `stale_from` (the day a newer one was to be looked for). Dates are ISO texts.
    """
    return [
        {
            "list": each.id,
            "edition": each.newest.manifest.edition,
            "ended": _iso(each.newest.manifest.ended),
            "stale_from": each.newest.stale_from.isoformat(),
        }
        for each in codesets.lists_in_use()
        if each.newest is not None and each.is_stale(on)
    ]


def stale_in_words(stale: Iterable[dict[str, Any]]) -> list[str]:
    """Put the items of `stale_lists` into sentences."""
    words = []
    for item in stale:
        covers = f" covers services to {item['ended']} and" if item["ended"] else ""
        words.append(
            f"the list {item['list']} is stale: {item['edition']}{covers} was to be replaced on {item['stale_from']}; "
            "`cleanclaim codeset status` says more"
        )
    return words


def list_status(lists: CodeLists, in_use: Iterable[str], on: date) -> list[dict[str, Any]]:
    """Describe every list on a day.

    Args:
        lists: The lists.
        in_use: Ids of those that rules judge by; the others only put codes into words.
        on: The day.

    Returns:
        One item per list, in order of its id, with its `editions`, newest first.
    """
    used = set(in_use)
    return [
        {
            "list": each.id,
            "title": each.about.title,
            "holds": each.about.holds,
            "state": _state(each, on),
            "judges": each.id in used,
            "stale_from": _iso(each.newest.stale_from if each.newest else None),
            "editions": [
                _edition(edition, on)
                for edition in sorted(each.editions, key=lambda one: one.manifest.ended or date.max, reverse=True)
            ],
        }
        for each in lists.values()
    ]


def program_status(programs: Iterable[Program], on: date) -> list[dict[str, Any]]:
    """Describe every program on a day.

    Returns:
        One item per program. `version` is the date of its newest source, `read_on` the day the source was read that has
        not been read for longest; null when it rests on none.
    """
    described = []
    for program in programs:
        sources = [source for source in program.sources.values() if source.form != _NOT_READ]
        read_on = min((source.read_on for source in sources), default=None)
        age = (on - read_on).days if read_on else None
        described.append(
            {
                "program": program.id,
                "status": program.status,
                "version": max((source.dated for source in sources if source.dated), default=None),
                "effective": _iso(program.effective),
                "ended": _iso(program.ended),
                "read_on": _iso(read_on),
                "age_days": age,
                "state": STALE if age is not None and age >= READ_AGAIN_AFTER_DAYS else CURRENT,
            }
        )
    return described


def _state(each: CodeList, on: date) -> str:
    if each.newest is None:
        return NONE_LOADED
    return STALE if each.is_stale(on) else CURRENT


def _edition(edition: Edition, on: date) -> dict[str, Any]:
    own = edition.manifest
    return {
        "edition": own.edition,
        "effective": _iso(own.effective),
        "ended": _iso(own.ended),
        "complete": own.complete,
        "next_release": _iso(own.next_release),
        "read_on": own.source.read_on.isoformat(),
        "age_days": (on - own.source.read_on).days,
        "source": own.source.title,
        "url": own.source.url,
        "official": own.source.official,
        "file": edition.shown,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
