"""What `billing.validate` returns: every claim with its decision, why, and what was not checked.

Every claim of the input is in exactly one of `accepted`, `review`, `rejected` and `unreadable`, and the charges add
up to the cent; a result for which that does not hold cannot be made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from billing.batch import Batch
from billing.claims import frames_to_claims
from billing.judgement import Judgement
from billing.policy.codesets import CodeSets
from billing.previous import Previous, compare, counts
from billing.summary import check_conservation, summarize

if TYPE_CHECKING:
    from billing.claims import Claim
    from billing.settings import Settings
    from billing.writing import ClaimsFile


class Claims:
    """The claims of one decision. Objects are made while iterating, each time anew; `len` costs nothing."""

    def __init__(self, batch: Batch, keys: pl.Series) -> None:
        """Hold the claims of `batch` whose `claim_key` is in `keys`."""
        self._batch = batch
        self._keys = keys

    def __len__(self) -> int:
        """Count the claims."""
        return len(self._keys)

    def __iter__(self) -> Iterator[Claim]:
        """Yield the claims in input order."""
        keys = self._keys.to_frame("claim_key")
        frames = (self._batch.claims, self._batch.lines, self._batch.malformed)
        return frames_to_claims(*(frame.join(keys, on="claim_key", how="semi") for frame in frames))


class Result:
    """The outcome of one run.

    Attributes:
        batch: The claims as they were read.
        judgement: What the rules said.
        codesets: The code sets they were judged by.
        received: The day the run took as the received date.
        references: Reference files that were used, name (`members`) to file name.
        previous: The earlier result that this one is compared with; null: none.
        settings: What an 837P of accepted claims that did not come as X12 is written with; null: none is written.
        control_number: Number of that 837P, once it is known.
        notes: What was left out of a reference file, or how it was understood: one sentence each.
    """

    def __init__(
        self,
        batch: Batch,
        judgement: Judgement,
        codesets: CodeSets,
        received: date,
        references: Mapping[str, str] | None = None,
        *,
        previous: Previous | None = None,
        settings: Settings | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        """Put a run together.

        Raises:
            AssertionError: A claim or a cent of the input is missing from the decisions, or there twice. A bug.
        """
        check_conservation(batch, judgement)
        self.batch = batch
        self.judgement = judgement
        self.codesets = codesets
        self.received = received
        self.references = dict(references or {})
        self.previous = previous
        self.settings = settings
        self.control_number: int | None = None
        self.notes = notes

    def __repr__(self) -> str:
        """Name the counts, never a claim."""
        counts = ", ".join(f"{name}={self.summary[name]}" for name in ("accepted", "review", "rejected", "unreadable"))
        return f"Result({counts})"

    @property
    def accepted(self) -> Claims:
        """Claims with no reject and no review among what was checked."""
        return Claims(self.batch, self.keys("accepted"))

    @property
    def review(self) -> Claims:
        """Claims a person should look at."""
        return Claims(self.batch, self.keys("review"))

    @property
    def rejected(self) -> Claims:
        """Claims that break a rule."""
        return Claims(self.batch, self.keys("rejected"))

    @property
    def unreadable(self) -> pl.DataFrame:
        """One row per part of an input that could not be read as a claim; `charge` in USD, null when unknown."""
        return self.batch.unreadable

    @property
    def decisions(self) -> pl.DataFrame:
        """One row per claim, in input order (`DECISION_SCHEMA`); `charge` in USD."""
        return self.judgement.decisions

    @property
    def findings(self) -> pl.DataFrame:
        """One row per finding, sorted by claim, line, severity, rule and cause (`FINDING_SCHEMA`)."""
        return self.judgement.findings

    @cached_property
    def compared(self) -> pl.DataFrame | None:
        """One row per finding of this result or the earlier one: `finding_id`, `rule`, `outcome`; None without one."""
        return None if self.previous is None else compare(self.previous, self.judgement)

    @cached_property
    def causes(self) -> pl.DataFrame:
        """One row per root cause, those that hold most dollars first; see `billing.causes.root_causes`."""
        from billing.causes import root_causes  # noqa: PLC0415 only reports need it

        return root_causes(self.judgement)

    @cached_property
    def deadlines(self) -> pl.DataFrame:
        """One row per held claim that may still be sent, the nearest deadline first (`DEADLINE_SCHEMA`)."""
        from billing.deadlines import filing_deadlines  # noqa: PLC0415 it reads a Result

        return filing_deadlines(self)

    @cached_property
    def claims_files(self) -> list[ClaimsFile]:
        """The claims files that `write` makes, those to send first."""
        from billing.writing import claims_files  # noqa: PLC0415 it describes a Result

        return claims_files(self)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The dictionary of `summary.json`: counts, charges as text in USD, what was not checked.

        `files` names the claims files that `write` makes, and whether one is to `send`, a working copy to `mend`, or to
        `keep` because a new 837P holds the same claims;
        `previous` counts what became of the findings of the earlier result, and is absent without one;
        `reference_notes` says how a members file in X12 was understood, and is absent without one.
        """
        from billing.formats.x12.outgoing import outgoing_file, used_for  # noqa: PLC0415 it describes a Result

        summary = summarize(self.batch, self.judgement, self.codesets, self.received)
        summary["files"] = [{"name": file.name, "use": used_for(self, file)} for file in self.claims_files]
        if written_anew := outgoing_file(self):
            summary["files"].insert(0, {"name": written_anew, "use": "send"})
        if self.notes:
            summary["reference_notes"] = list(self.notes)
        if self.previous is not None and self.compared is not None:
            summary["previous"] = {"received": self.previous.received, **counts(self.compared)}
        return summary

    @property
    def needs_action(self) -> bool:
        """True when a claim is in review, rejected or unreadable."""
        return bool(self.summary["review"] or self.summary["rejected"] or self.summary["unreadable"])

    def keys(self, decision: str) -> pl.Series:
        """Return the `claim_key` of the claims with that decision, in input order."""
        return self.decisions.filter(pl.col("decision") == decision).get_column("claim_key").sort()

    def explain(self, claim_id: str) -> str:
        """Say in words what was found on a claim, by whose word, what passed, and what was not checked.

        Raises:
            UsageError: No claim of the run has that id.
        """
        from billing.explaining import explain  # noqa: PLC0415 few runs explain a claim

        return explain(self.batch, self.judgement, self.codesets, claim_id)

    def write(
        self,
        folder: str | PathLike[str],
        *,
        overwrite: bool = False,
        show_members: bool = False,
        control_number: int | None = None,
    ) -> Path:
        """Write summary, decisions, findings, the claims by decision, and the report into a folder.

        Args:
            folder: A new or empty folder; its parents are made.
            overwrite: Replace an earlier result. Only files that cleanclaim wrote and nobody changed are replaced.
            show_members: Show members' names and ids in `report.html`; they are masked otherwise.
            control_number: Interchange number (ISA13, IEA02) of the accepted claims' first interchange, from 1 to
                999999999; those behind it, also of further inputs, count on. Default: the sender's numbers stay, and a
                file that is written anew takes the next number of the settings' file.

        Returns:
            The folder. On any error it is as it was before.

        Raises:
            OutputExistsError: The folder holds something that must not be replaced.
            UsageError: The folder cannot be written to, or there is no such control number, or no X12 to number.
            SettingsError: There are settings, but with them the accepted claims cannot be written as an 837P.
        """
        from billing.writing import write_result  # noqa: PLC0415 it writes a Result

        return write_result(self, folder, overwrite=overwrite, show_members=show_members, control_number=control_number)
