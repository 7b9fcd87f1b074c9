"""Write claims of any format as a new 837P, 005010X222A1.

The settings complete the claims (`new_filling.py`), all of them are checked (`new_checks.py`), their loops are
written as columns of text (`new_loops.py`), brought together and numbered (`new_levels.py`), and put into an envelope
here. Nothing loops over claims.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from billing.batch import Batch
from billing.claims import CLAIM_COLUMNS, LINE_COLUMNS
from billing.control_numbers import LAST_CONTROL_NUMBER, mark_used, take_number
from billing.errors import SettingsError, UsageError
from billing.formats.x12.new_checks import problems, too_many
from billing.formats.x12.new_filling import filled_claims, filled_lines, with_place
from billing.formats.x12.new_levels import LOOPS, with_levels
from billing.formats.x12.new_loops import (
    billing_loop,
    claim_loop,
    line_loop,
    other_payer_loops,
    patient_loop,
    subscriber_loop,
)
from billing.formats.x12.new_segments import Signs
from billing.settings.model import Contact, Settings

GUIDE = "005010X222A1"
_PROBLEMS_SHOWN = 25
_PURPOSE = {"claims": "CH", "encounters": "RP"}
_HAS_PLACE = {column.name for column in (*CLAIM_COLUMNS, *LINE_COLUMNS) if column.x12} - {"line_number"}


@dataclass(frozen=True)
class Ready:
    """Claims that can be written, all but the numbers and the date of the file.

    Attributes:
        claims: One row per claim, in the order of the file: `transaction` from 0, and `text` with the loops that begin
            with it.
        settings: The settings they are written with.
        signs: The delimiters.
    """

    claims: pl.DataFrame
    settings: Settings
    signs: Signs

    def file(self, control_number: int, created: datetime) -> bytes:
        """Return the file: one interchange with one group.

        Args:
            control_number: Its number (ISA13), and its group's.
            created: Date and time in the envelope.
        """
        return _file(self, control_number, created)


def write_837(
    batch: Batch,
    settings: Settings | None,
    *,
    control_number: int | None = None,
    created: datetime | None = None,
) -> bytes:
    """Write the claims of a batch as a new 837P.

    Args:
        batch: The claims.
        settings: What an 837P needs beside the claims.
        control_number: Number of the interchange, from 1 to 999999999; default: the next one of the settings' file.
        created: Date and time in the envelope; default: today, at midnight, so that a run can be repeated.

    Returns:
        The file; the same bytes for the same arguments. No bytes, and no number taken, when there is no claim.

    Raises:
        SettingsError: There are no settings, or claims lack what the guide requires, or hold what X12 does not carry.
        UsageError: There is no such control number, or none is known.
    """
    if settings is None:
        raise SettingsError(
            "an 837P names its sender, receiver and billing provider, which claims in other formats do not\n"
            "  fix: add --settings FILE; `cleanclaim settings new` writes one to fill in"
        )
    check_number(settings, control_number)
    if batch.claims.is_empty():
        return b""
    ready = prepare_837(batch, settings)
    day = created or datetime.combine(datetime.now(), datetime.min.time())  # noqa: DTZ005 the day where the user sits
    return ready.file(chosen_number(settings, control_number), day)


def check_number(settings: Settings, control_number: int | None) -> None:
    """Refuse a control number that is none, and settings that name no file of them where none is given.

    Raises:
        UsageError: There is no such control number, or none is known.
    """
    if control_number is None:
        if settings.control_number_file is None:
            raise UsageError(
                "no control number is known for the new file (ISA13)\n"
                "  fix: give --control-number N, the one after the last you sent, or name a file that keeps it under "
                "interchange.control_numbers in the settings"
            )
    elif not 1 <= control_number <= LAST_CONTROL_NUMBER:
        raise UsageError(
            f"--control-number {control_number}: an interchange has a number from 1 to {LAST_CONTROL_NUMBER}\n"
            "  fix: give the number that follows on from the last interchange you sent"
        )


def chosen_number(settings: Settings, control_number: int | None) -> int:
    """Take the next control number for good, or note the chosen one as used. Nothing may fail after it but writing.

    Raises:
        UsageError: The file of control numbers cannot be used, or the numbers ran out.
    """
    file = settings.control_number_file
    if control_number is None:
        check_number(settings, None)
        if file is None:
            raise UsageError("no control number is known for the new file (ISA13)")
        return take_number(file)
    if file is not None:
        mark_used(file, control_number)
    return control_number


def prepare_837(batch: Batch, settings: Settings) -> Ready:
    """Check everything and write all that does not depend on the file's number and date.

    Args:
        batch: The claims; at least one.
        settings: What an 837P needs beside them.

    Raises:
        SettingsError: Claims lack what the guide requires, or hold what X12 does not carry: all that is wrong is said.
    """
    claims = with_place(filled_claims(batch.claims, settings), batch.lines, settings)
    lines = filled_lines(batch.lines, claims, settings)
    malformed = batch.malformed.filter(pl.col("column").is_in(_HAS_PLACE))
    if found := problems(claims, lines, malformed, settings):
        raise SettingsError(too_many(found, _PROBLEMS_SHOWN))
    envelope = settings.interchange
    signs = Signs.of(envelope.delimiters, line_ends=envelope.line_ends)
    return Ready(
        with_levels(_texts(claims, lines, signs, settings), signs, envelope.claims_per_transaction), settings, signs
    )


def _texts(claims: pl.DataFrame, lines: pl.DataFrame, signs: Signs, settings: Settings) -> pl.DataFrame:
    """One row per claim: the texts of the loops above it, of itself and of its lines."""
    of_lines = lines.select("claim_key", line=line_loop(signs))
    of_lines = of_lines.group_by("claim_key", maintain_order=True).agg(pl.col("line").str.join(""))
    texts = claims.select(
        "claim_key", "is_dependent",
        billing=billing_loop(signs), subscriber=subscriber_loop(signs), patient=patient_loop(signs),
        claim=claim_loop(signs, settings),
    ).join(of_lines, on="claim_key", how="left", maintain_order="left")  # fmt: skip
    body = ["claim", "line"]
    if claims.select((pl.col("payers_before") > 0).any()).item():
        payers = other_payer_loops(claims, signs, settings)
        texts = texts.join(payers, on="claim_key", how="left", maintain_order="left")
        body = ["claim", "payers", "line"]
    return texts.select("is_dependent", *LOOPS, body=pl.concat_str(body, ignore_nulls=True))


# ------------------------------------------------------------------------------------------------------- envelope


def _file(ready: Ready, control_number: int, created: datetime) -> bytes:
    signs, settings = ready.signs, ready.settings
    header = _header(signs, settings)
    in_header = header.count(signs.terminator) + 3  # with ST, BHT and SE
    counts = ready.claims.group_by("transaction", maintain_order=True).agg(
        segments=pl.col("text").str.count_matches(signs.terminator, literal=True).sum() + in_header,
    )  # fmt: skip
    purpose = _PURPOSE[settings.interchange.purpose]
    parts = [_envelope(signs, settings, control_number, created)]
    texts = ready.claims.get_column("text")
    at = 0
    lengths = ready.claims.get_column("transaction").rle().struct.field("len").to_list()
    for (index, segments), length in zip(counts.iter_rows(), lengths, strict=True):
        own = f"{index + 1:04d}"
        parts.append(signs.plain("ST", "837", own, GUIDE))
        reference = f"{control_number:09d}{own}"
        parts.append(signs.plain("BHT", "0019", "00", reference, f"{created:%Y%m%d}", f"{created:%H%M}", purpose))
        parts.append(header)
        parts.extend(texts.slice(at, length).to_list())
        parts.append(signs.plain("SE", str(segments), own))
        at += length
    parts.append(signs.plain("GE", str(len(lengths)), str(control_number)))
    parts.append(signs.plain("IEA", "1", f"{control_number:09d}"))
    return "".join(parts).encode()


def _envelope(signs: Signs, settings: Settings, control_number: int, created: datetime) -> str:
    said = settings.interchange
    sender = said.sender_id or settings.submitter.id
    receiver = said.receiver_id or settings.receiver.id
    blank = " " * 10
    interchange = signs.element.join((
        "ISA", "00", blank, "00", blank, said.sender_qualifier, f"{sender:<15}", said.receiver_qualifier,
        f"{receiver:<15}", f"{created:%y%m%d}", f"{created:%H%M}", signs.repetition, "00501", f"{control_number:09d}",
        "1" if said.acknowledgement else "0", said.usage, signs.component,
    ))  # fmt: skip
    group = signs.plain(
        "GS", "HC", said.group_sender or sender, said.group_receiver or receiver, f"{created:%Y%m%d}",
        f"{created:%H%M}", str(control_number), "X", GUIDE,
    )  # fmt: skip
    return interchange + signs.end + group


def _header(signs: Signs, settings: Settings) -> str:
    """1000A and 1000B, the same in every transaction."""
    return "".join((
        signs.plain("NM1", "41", "2", settings.submitter.name, "", "", "", "", "46", settings.submitter.id),
        *_contact(signs, settings.submitter.contact),
        signs.plain("NM1", "40", "2", settings.receiver.name, "", "", "", "", "46", settings.receiver.id),
    ))  # fmt: skip


def _contact(signs: Signs, contact: Contact) -> list[str]:
    """PER: a segment takes three numbers, so that a fourth needs a second one."""
    given = (("TE", contact.phone), ("EX", contact.extension), ("EM", contact.email), ("FX", contact.fax))
    numbers = [(kind, number) for kind, number in given if number is not None]
    return [
        signs.plain("PER", "IC", contact.name, *(part for pair in numbers[at : at + 3] for part in pair))
        for at in range(0, len(numbers), 3)
    ]
