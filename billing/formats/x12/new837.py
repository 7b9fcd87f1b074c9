"""Write claims of any format as a new 837P, 005010X222A1.

Claims stand under their billing provider, subscriber and patient, each in order of first appearance, at most 5,000 in
a transaction and 100 in a loop, as the guide has it. Loops are written as text first and two claims share one when
their text is the same, so that nothing a loop says can belong to another claim. Nothing here loops over claims.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from billing.batch import Batch
from billing.claims import CLAIM_COLUMNS, LINE_COLUMNS
from billing.control_numbers import LAST_CONTROL_NUMBER, mark_used, take_number
from billing.errors import SettingsError, UsageError
from billing.formats.writers import Lost, lost_columns
from billing.formats.x12.new_checks import problems, too_many
from billing.formats.x12.new_filling import filled_claims, filled_lines, with_place
from billing.formats.x12.new_loops import (
    billing_loop,
    claim_loop,
    line_loop,
    other_payer_loops,
    patient_loop,
    subscriber_loop,
)
from billing.formats.x12.new_segments import Signs
from billing.formats.x12.texts import coded_texts
from billing.settings.model import Contact, Settings

GUIDE = "005010X222A1"
CLAIMS_PER_LOOP = 100
_PROBLEMS_SHOWN = 25
_PURPOSE = {"claims": "CH", "encounters": "RP"}
_HAS_PLACE = {column.name for column in (*CLAIM_COLUMNS, *LINE_COLUMNS) if column.x12} - {"line_number"}
_LOOPS = ("billing", "subscriber", "patient")


@dataclass(frozen=True)
class Ready:
    """Claims that can be written, all but the numbers and the date of the file.

    Attributes:
        claims: One row per claim, in the order of the file: `transaction` from 0, the text of its `head` loops with
            HL numbers, of its `body`, and `is_first`, `is_last` in its transaction.
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
    return Ready(_numbered(_in_order(_texts(claims, lines, signs, settings)), signs, settings), settings, signs)


def lost_in_837(batch: Batch, settings: Settings | None) -> list[Lost]:  # noqa: ARG001  the same under all settings
    """Say what an 837P has no place for: columns, with the number of claims that have a value in them."""
    no_taxonomy = [f"{role}_taxonomy" for role in ("supervising", "ordering", "referring")]
    claims = ["received_date", *no_taxonomy, "facility_taxonomy", "subscriber_pregnant", "subscriber_death_date"]
    lines = ["start_time", "end_time", "group_size", "session_id", "worker", *no_taxonomy]
    found = lost_columns(batch, claims, lines)
    denied = batch.claims.filter(~pl.col("member_pregnant")).height
    if denied:
        found.append(Lost("member_pregnant", denied, "an 837P can say that a member is pregnant, not that she is not"))
    born, sex = pl.col("subscriber_birth_date").is_not_null(), pl.col("subscriber_sex").is_not_null()
    half = batch.claims.filter((pl.col("relationship").fill_null("18") != "18") & (born != sex)).height
    if half:
        found.append(Lost("subscriber_birth_date, subscriber_sex", half, "an 837P takes both or neither (DMG)"))
    counted = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over("claim_key")
    other = batch.lines.sort("claim_key", "line_key").filter(pl.col("line_number") != counted)
    if not other.is_empty():
        why = "lines are numbered from 1 in the order they stand"
        found.append(Lost("lines.line_number", other.get_column("claim_key").n_unique(), why))
    is_plain = pl.col("rendering_name").is_not_null() & ~pl.col("rendering_name").str.contains(", ", literal=True)
    plain = pl.concat([frame.filter(is_plain).get_column("claim_key") for frame in (batch.claims, batch.lines)])
    if plain.n_unique():
        why = "a name without comma is written as an organization's; a person's is LAST, FIRST"
        found.append(Lost("rendering_name", plain.n_unique(), why))
    decided = batch.claims.filter(pl.col("other_payers").list.len() > 0).height
    if decided:
        why = "no column holds an earlier payer's own number of the member; the claim's member id stands in 2330A"
        found.append(Lost("other_payers", decided, why))
    return found


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
    return texts.select("is_dependent", *_LOOPS, body=pl.concat_str(body, ignore_nulls=True))


def _in_order(texts: pl.DataFrame) -> pl.DataFrame:
    """Bring claims of one loop together, loops in order of first appearance; `billing_code` and so on number them."""
    codes = [coded_texts([texts.get_column(loop)])[0].alias(f"{loop}_code") for loop in _LOOPS]
    texts = texts.hstack(codes).with_row_index("row")
    return texts.sort(*(f"{loop}_code" for loop in _LOOPS), "row")


def _numbered(texts: pl.DataFrame, signs: Signs, settings: Settings) -> pl.DataFrame:
    """Cut the claims into transactions and loops, and write the HL segments that begin these."""
    place = pl.int_range(pl.len(), dtype=pl.UInt32)
    most = settings.interchange.claims_per_transaction
    texts = texts.with_columns(transaction=place // most, is_first=place % most == 0)
    begins = {loop: _changes(f"{loop}_code") for loop in _LOOPS}
    same_loops = (begins["billing"] | begins["subscriber"] | begins["patient"]).cum_sum()
    texts = texts.with_columns(**{f"new_{loop}": begin for loop, begin in begins.items()}, loops=same_loops)
    is_full = pl.int_range(pl.len(), dtype=pl.UInt32).over("loops") % CLAIMS_PER_LOOP == 0
    texts = texts.with_columns(new_billing=pl.col("new_billing") | pl.col("is_first"), is_full=is_full)
    texts = texts.with_columns(
        new_subscriber=pl.col("new_billing") | pl.col("new_subscriber") | (pl.col("is_full") & ~pl.col("is_dependent"))
    )
    texts = texts.with_columns(
        new_patient=pl.col("is_dependent") & (pl.col("new_subscriber") | pl.col("new_patient") | pl.col("is_full"))
    )
    levels = [pl.col(f"new_{loop}").cast(pl.UInt32) for loop in _LOOPS]
    texts = texts.with_columns(before=pl.sum_horizontal(levels).cum_sum() - pl.sum_horizontal(levels))
    earlier = pl.when("is_first").then("before").forward_fill()
    texts = texts.with_columns(before=pl.col("before") - earlier)
    billing = pl.when("new_billing").then(pl.col("before") + 1).forward_fill()
    subscriber = pl.when("new_subscriber").then(pl.col("before") + levels[0] + 1).forward_fill()
    patient = pl.col("before") + levels[0] + levels[1] + 1
    child = pl.when("is_dependent").then(pl.lit("1")).otherwise(pl.lit("0"))
    texts = texts.with_columns(billing_level=billing, subscriber_level=subscriber, patient_level=patient)
    billing, subscriber, patient = (pl.col(f"{loop}_level").cast(pl.String) for loop in _LOOPS)
    below = pl.concat_str(signs.segment("HL", subscriber, billing, "22", child), "subscriber")
    head = pl.concat_str(
        pl.when("new_billing").then(pl.concat_str(signs.segment("HL", billing, "", "20", "1"), "billing"))
        .otherwise(pl.lit("")),
        pl.when("new_subscriber").then(below).otherwise(pl.lit("")),
        pl.when("new_patient").then(pl.concat_str(signs.segment("HL", patient, subscriber, "23", "0"), "patient"))
        .otherwise(pl.lit("")),
    )  # fmt: skip
    return texts.select("transaction", "is_first", text=pl.concat_str(head, "body"))


def _changes(column: str) -> pl.Expr:
    return (pl.col(column) != pl.col(column).shift(1)).fill_null(value=True)


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
