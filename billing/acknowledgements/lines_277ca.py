"""The lines of a 277CA: those that a claim is refused for, each with its reasons."""

from __future__ import annotations

import polars as pl

from billing.acknowledgements.ink import NOT_SENT, Ink, day_text, money_text, together

_MOST_STATUSES = 3  # STC01, STC10 and STC11
_BETWEEN = 7  # elements from STC03 to STC10


def line_texts(claims: pl.DataFrame, lines: pl.DataFrame, statuses: pl.DataFrame, ink: Ink, today: str) -> pl.Series:
    """Write SVC, STC, REF and DTP of the refused lines of each claim.

    Args:
        claims: One row per claim, with its `claim_key`.
        lines: One row per line.
        statuses: One row per claim, line and status; those of whole claims are passed over.
        ink: The delimiters.
        today: The received date, CCYYMMDD.

    Returns:
        One text per claim, null where none of its lines is refused.
    """
    of_lines = statuses.filter(pl.col("line_key").is_not_null()).group_by("line_key", maintain_order=True).agg(
        pl.col("status").unique(maintain_order=True).head(_MOST_STATUSES)
    )  # fmt: skip
    refused = lines.join(of_lines, on="line_key", maintain_order="left")
    texts = refused.select(
        "claim_key", text=together(_service(ink), _status(ink, today), _number(ink), *_days(ink))
    ).group_by("claim_key", maintain_order=True).agg(pl.col("text").str.join(""))  # fmt: skip
    return claims.select("claim_key").join(texts, on="claim_key", how="left", maintain_order="left").get_column("text")


def _service(ink: Ink) -> pl.Expr:
    """Write SVC: the service as sent; what the guide has no room for is left out."""
    modifiers = pl.col("modifiers").list.filter(pl.element().str.contains("^[0-9A-Z]{2}$")).list.head(4)
    code = pl.col("procedure_code").str.slice(0, 48).fill_null(NOT_SENT)
    composite = pl.concat_str(pl.lit(f"HC{ink.component}"), pl.concat_list(code, modifiers).list.join(ink.component))
    units = money_text(pl.col("units"))
    elements = ("SVC", composite, money_text(pl.col("charge")))
    return pl.coalesce(ink.segment(*elements, "", "", "", "", units), ink.segment(*elements))


def _status(ink: Ink, today: str) -> pl.Expr:
    """Write STC with up to three reasons."""
    codes = [
        pl.col("status").list.get(number, null_on_oob=True).str.replace_all(":", ink.component, literal=True)
        for number in range(_MOST_STATUSES)
    ]
    head: tuple[str | pl.Expr, ...] = ("STC", codes[0], today, "U", *[""] * (_BETWEEN - 1))
    return pl.coalesce(
        ink.segment(*head, codes[1], codes[2]), ink.segment(*head, codes[1]), ink.segment("STC", codes[0], today, "U")
    )


def _number(ink: Ink) -> pl.Expr:
    """Write REF*FJ: the biller's own number of the line, else its place in the claim."""
    own = pl.col("line_control_number").str.slice(0, 50)
    return ink.segment("REF", "FJ", pl.coalesce(own, pl.col("line_number").cast(pl.String)))


def _days(ink: Ink) -> list[pl.Expr]:
    """Write DTP; nothing where the line's date could not be read."""
    first, last = day_text(pl.col("service_date")), day_text(pl.col("service_end_date"))
    return [
        pl.coalesce(
            ink.segment("DTP", "472", "RD8", pl.concat_str(first, pl.lit("-"), last)),
            ink.segment("DTP", "472", "D8", first),
        )
    ]
