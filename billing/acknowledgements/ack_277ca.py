"""277CA: what becomes of each claim, under its patient, its billing provider and the submitter of its transaction.

A2:20 accepted; A1:19 received and held, for a claim in review; A3, A6, A7 or A8 for a rejected one, at the claim or
at its lines as its findings are. Quantities and amounts follow the action: WQ counts as accepted (90, QA, YU), and a
held claim has it too; U counts as rejected (AA, QC, YY). What could not be read as a claim is counted with the
submitter alone, by a status of its own, because it is not known to be anyone's.

Each claim's row carries the text of what begins with it: patient, provider. So all claims are written at once.
"""

from __future__ import annotations

import polars as pl

from billing.acknowledgements.enclosing import SET, Kind, Reply, enclosed, in_groups, in_interchanges, in_transactions
from billing.acknowledgements.envelopes import Envelope
from billing.acknowledgements.ink import NOT_SENT, Ink, day_text, money_text, together
from billing.acknowledgements.lines_277ca import line_texts
from billing.acknowledgements.statuses import ACCEPTED, HELD, REASON_IS_ON_A_LINE, RECEIVED, UNREADABLE

KIND = Kind("277", "HN", "005010X214", SET)
_TAKEN, _REFUSED = "WQ", "U"


def write_277ca(
    reply: Reply, claims: pl.DataFrame, lines: pl.DataFrame, statuses: pl.DataFrame, heads: pl.DataFrame
) -> str:
    """Write an interchange of 277CA for each interchange of a region that has readable claims.

    Args:
        reply: What is answered, and how.
        claims: One row per readable claim in file order: `claim_key`, `claim_id`, `decision`, `charge`, `first_day`,
            `last_day`, who it is about (`member_*`, `billing_*`), and the counters of its transaction, billing and
            member loop.
        lines: The lines of these claims.
        statuses: What `rejecting_statuses` returned.
        heads: One row per transaction with a readable claim: its counters, `reference`, `set_number` (in its
            interchange), submitter and receiver, and how many parts were `unreadable`, for which charge.
    """
    if claims.is_empty():
        return ""
    ink, today = reply.ink, reply.today
    claims = _numbered(claims.with_columns(is_refused=pl.col("decision") == "rejected"))
    text = together(pl.lit(_openings(claims, ink)), *_claims(claims, lines, statuses, ink, today))
    rows = claims.select(*SET, text=text)
    rows = enclosed(
        rows, SET, _heads(claims, heads, reply.envelope).select(opening=_head(ink, today), closing=pl.lit(""))
    )
    return in_interchanges(in_groups(in_transactions(rows, KIND, reply), KIND, reply), reply)


def _numbered(claims: pl.DataFrame) -> pl.DataFrame:
    """Number the HL loops of each transaction: 1 and 2 are source and submitter, then provider and patients in turn."""
    same_set = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in SET).fill_null(value=False)
    same_provider = same_set & (pl.col("billing") == pl.col("billing").shift(1)).fill_null(value=False)
    same_patient = same_provider & (pl.col("member_loop") == pl.col("member_loop").shift(1)).fill_null(value=False)
    claims = claims.with_columns(opens_set=~same_set, opens_provider=~same_provider, opens_patient=~same_patient)
    opened = (pl.col("opens_provider").cast(pl.UInt32) + pl.col("opens_patient")).cum_sum()
    before_set = pl.when("opens_set").then(opened - 2).forward_fill()
    claims = claims.with_columns(patient_number=opened - before_set + 2)
    return claims.with_columns(
        provider=pl.col("opens_provider").cum_sum(),
        provider_number=pl.when("opens_provider").then(pl.col("patient_number") - 1).forward_fill(),
    )


def _sums() -> list[pl.Expr]:
    """Count and add up what is taken and what is refused, in USD."""
    refused = pl.col("is_refused")
    return [
        (~refused).sum().alias("taken"),
        refused.sum().alias("refused"),
        pl.col("charge").filter(~refused).sum().alias("taken_charge"),
        pl.col("charge").filter(refused).sum().alias("refused_charge"),
    ]


def _totals(ink: Ink, taken: str, refused: str) -> list[pl.Expr]:
    """Write QTY and AMT of a level; what is nothing is left out."""
    has_taken, has_refused = pl.col("taken") > 0, pl.col("refused") > 0
    return [
        pl.when(has_taken).then(ink.segment("QTY", taken, pl.col("taken").cast(pl.String))),
        pl.when(has_refused).then(ink.segment("QTY", refused, pl.col("refused").cast(pl.String))),
        pl.when(has_taken).then(ink.segment("AMT", "YU", money_text(pl.col("taken_charge")))),
        pl.when(has_refused).then(ink.segment("AMT", "YY", money_text(pl.col("refused_charge")))),
    ]


# -------------------------------------------------------------------------------------------------- claim and patient


def _claims(
    claims: pl.DataFrame, lines: pl.DataFrame, statuses: pl.DataFrame, ink: Ink, today: str
) -> tuple[pl.Expr, ...]:
    """Write TRN, STC, DTP and the refused lines of each claim."""
    amount = claims.select(amount=money_text(pl.col("charge"))).to_series()
    own = _own_statuses(claims.select("claim_key").hstack([amount]), statuses, ink, today)
    begins = {
        decision: ink.element.join(("STC", ink.status(status), today, action, ""))
        for decision, status, action in (
            ("accepted", ACCEPTED, _TAKEN), ("review", HELD, _TAKEN), ("rejected", REASON_IS_ON_A_LINE, _REFUSED)
        )
    }  # fmt: skip
    begin = pl.col("decision").replace_strict(begins, return_dtype=pl.String)
    first, last = pl.col("first_day"), pl.col("last_day")
    is_one_day = first == last
    span = pl.when(is_one_day).then(pl.lit("D8")).otherwise(pl.lit("RD8"))
    until = pl.when(is_one_day).then(pl.lit("")).otherwise(pl.concat_str(pl.lit("-"), day_text(last)))
    return (
        ink.segment("TRN", "2", pl.col("claim_id").str.slice(0, 50)),
        pl.coalesce(pl.lit(own), pl.concat_str(begin, pl.lit(amount), pl.lit(ink.ending))),
        ink.segment("DTP", "472", span, pl.concat_str(day_text(first), until)),
        pl.lit(line_texts(claims, lines, statuses, ink, today)),
    )


def _own_statuses(claims: pl.DataFrame, statuses: pl.DataFrame, ink: Ink, today: str) -> pl.Series:
    """Write the STC of the claims that are refused as a whole; null for the others."""
    own = statuses.filter(pl.col("line_key").is_null()).join(claims, on="claim_key", maintain_order="left")
    code = pl.col("status").str.replace_all(":", ink.component, literal=True)
    texts = own.group_by("claim_key", maintain_order=True).agg(
        text=ink.segment("STC", code, today, _REFUSED, pl.col("amount")).str.join("")
    )
    return claims.select("claim_key").join(texts, on="claim_key", how="left", maintain_order="left").get_column("text")


def _openings(claims: pl.DataFrame, ink: Ink) -> pl.Series:
    """Write what begins with each claim: its patient, and the provider before it; null where nothing does."""
    begins = pl.Series("opening", [None], dtype=pl.String).new_from_index(0, len(claims))
    patients, providers = (claims.get_column(name).arg_true() for name in ("opens_patient", "opens_provider"))
    of_patients = claims[patients].select(_patient(ink)).to_series()
    sums = claims.group_by("provider", maintain_order=True).agg(*_sums())
    of_providers = claims[providers].hstack(sums.drop("provider")).select(_provider(ink)).to_series()
    begins = begins.scatter(patients, of_patients)
    return begins.scatter(providers, of_providers + begins[providers])


def _patient(ink: Ink) -> pl.Expr:
    """Write HL and NM1 of a patient."""
    last, first, number = pl.col("member_last_name"), pl.col("member_first_name"), pl.col("member_id")
    return pl.concat_str(
        ink.segment("HL", pl.col("patient_number").cast(pl.String), pl.col("provider_number").cast(pl.String), "PT"),
        ink.segment(
            "NM1", "QC", "1", _said(last, 60), first.str.slice(0, 35).fill_null(""), "", "", "", "MI", _said(number, 80)
        ),
    )


def _said(value: pl.Expr, longest: int) -> pl.Expr:
    """Return a value that the guide asks for; of one too short to be any, that it was not sent."""
    text = value.str.slice(0, longest)
    shortest = 2 if longest > 60 else 1  # noqa: PLR2004 an NM109 has two characters or more, names one
    return pl.when(text.str.len_chars() >= shortest).then(text).otherwise(pl.lit(NOT_SENT))


# ------------------------------------------------------------------------------------------- provider and transaction


def _provider(ink: Ink) -> pl.Expr:
    """Write the level of a billing provider."""
    qualifier = (
        pl.when(pl.col("billing_npi").is_not_null())
        .then(pl.lit("XX"))
        .when(pl.col("billing_tax_id").is_not_null())
        .then(pl.lit("FI"))
        .otherwise(pl.lit("SV"))
    )
    number = _said(pl.coalesce("billing_npi", "billing_tax_id", "billing_other_id"), 80)
    total = money_text(pl.col("taken_charge") + pl.col("refused_charge"))
    return together(
        ink.segment("HL", pl.col("provider_number").cast(pl.String), "2", "19", "1"),
        ink.segment(
            "NM1", "85", pl.col("billing_kind").fill_null("2"), _said(pl.col("billing_last"), 60),
            pl.col("billing_first").fill_null(""), pl.col("billing_middle").fill_null(""), "", "", qualifier, number,
        ),
        ink.segment("TRN", "1", "0"),
        ink.segment("STC", ink.status(RECEIVED), "", _TAKEN, total),
        *_totals(ink, "QA", "QC"),
    )  # fmt: skip


def _heads(claims: pl.DataFrame, heads: pl.DataFrame, envelope: Envelope) -> pl.DataFrame:
    """Add up each transaction; what could not be read counts as refused."""
    times = envelope.interchanges.select("interchange", "time", interchange_control="control")
    sets = claims.group_by(SET, maintain_order=True).agg(*_sums())
    sets = sets.join(heads, on=SET, how="left", maintain_order="left")
    return sets.join(times, on="interchange", how="left", maintain_order="left").with_columns(
        read_charge=pl.col("taken_charge") + pl.col("refused_charge"),
        refused=pl.col("refused") + pl.col("unreadable"),
        refused_charge=pl.col("refused_charge") + pl.col("unreadable_charge"),
    )


def _head(ink: Ink, today: str) -> pl.Expr:
    """Write BHT, and the levels of the information source and of the submitter."""
    trace = pl.concat_str("interchange_control", pl.col("set_number").cast(pl.String).str.zfill(6))
    return together(
        ink.segment("BHT", "0085", "08", trace, today, pl.col("time"), "TH"),
        ink.segment("HL", "1", "", "20", "1"),
        ink.segment(
            "NM1", "PR", "2", _said(pl.col("receiver_last"), 60), "", "", "", "", "46", _said(pl.col("receiver_id"), 80)
        ),
        ink.segment("TRN", "1", trace),
        ink.segment("DTP", "050", "D8", today),
        ink.segment("DTP", "009", "D8", today),
        ink.segment("HL", "2", "1", "21", "1"),
        ink.segment(
            "NM1", "41", pl.col("submitter_kind").fill_null("2"), _said(pl.col("submitter_last"), 60),
            pl.col("submitter_first").fill_null(""), pl.col("submitter_middle").fill_null(""), "", "", "46",
            _said(pl.col("submitter_id"), 80),
        ),
        ink.segment("TRN", "2", _said(pl.col("reference"), 50)),
        ink.segment("STC", ink.status(RECEIVED), today, _TAKEN, money_text(pl.col("read_charge"))),
        pl.when(pl.col("unreadable") > 0).then(
            ink.segment(
                "STC", ink.status(UNREADABLE), today, _REFUSED, money_text(pl.col("unreadable_charge"))
            )
        ),
        *_totals(ink, "90", "AA"),
    )  # fmt: skip
