"""`accepted.837` of a run whose claims did not come as X12: written anew, when settings say for whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from billing.batch import Batch, Source
from billing.errors import SettingsError
from billing.wording import USAGES

if TYPE_CHECKING:
    from billing.result import Result
    from billing.writing import ClaimsFile

NAME = "accepted.837"


def outgoing_file(result: Result) -> str | None:
    """Name the new 837P that is written beside a result; null when there are no settings, or no claims for it."""
    return NAME if result.settings is not None and not _keys(result).is_empty() else None


def accepted_837(result: Result) -> Iterator[tuple[str, bytes]]:
    """Yield the accepted claims that did not come as X12 as a new 837P, dated by the received date of the run.

    Raises:
        SettingsError: The claims or the settings lack something: all of it is said.
        UsageError: No control number is known, or the numbers ran out.
    """
    from billing.formats.x12.new837 import check_number, chosen_number, prepare_837  # noqa: PLC0415 few runs write one

    if result.settings is None or outgoing_file(result) is None:
        return
    check_number(result.settings, result.control_number)
    try:
        ready = prepare_837(_accepted(result), result.settings)
    except SettingsError as error:
        raise SettingsError(
            f"{NAME} cannot be written:\n{error}\n(without --settings the results are written without {NAME})"
        ) from None
    result.control_number = chosen_number(result.settings, result.control_number)
    yield NAME, ready.file(result.control_number, datetime.combine(result.received, datetime.min.time()))


def to_send(result: Result) -> str | None:
    """Say in words what the new file is; null when there is none."""
    if result.settings is None or (name := outgoing_file(result)) is None:
        return None
    usage = USAGES[result.settings.interchange.usage]
    return f"{name} (a {usage} file, interchange {result.control_number})"


def used_for(result: Result, file: ClaimsFile) -> str:
    """Return what a claims file is for, `keep` where the new 837P holds the same claims: they are sent once."""
    is_sent_anew = file.decision == "accepted" and outgoing_file(result) and not _is_x12(file.source)
    return "keep" if is_sent_anew else file.use


def shown_files(result: Result, files: Iterable[ClaimsFile]) -> dict[str, list[str]]:
    """Name the files of each decision that a person is to look at: of the same claims twice only the new 837P."""
    names: dict[str, list[str]] = {}
    for file in files:
        if used_for(result, file) != "keep":
            names.setdefault(file.decision, []).append(file.name)
    if (name := outgoing_file(result)) is not None:
        names.setdefault("accepted", []).append(name)
    return names


def _is_x12(source: Source | None) -> bool:
    return source is not None and source.suffix == ".837"


def _keys(result: Result) -> pl.Series:
    """Keys of the accepted claims that did not come as X12."""
    x12 = [source.name for source in result.batch.sources if _is_x12(source)]
    accepted = result.decisions.filter((pl.col("decision") == "accepted") & ~pl.col("input").is_in(x12))
    return accepted.get_column("claim_key").sort()


def _accepted(result: Result) -> Batch:
    keys = _keys(result).to_frame("claim_key")
    frames = {
        name: getattr(result.batch, name).join(keys, on="claim_key", how="semi", maintain_order="left")
        for name in ("claims", "lines", "malformed")
    }
    return replace(Batch(), **frames)
