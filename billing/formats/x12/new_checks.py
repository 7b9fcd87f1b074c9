"""Ask of all claims at once whether they can be written as an 837P, and say by column what is in the way.

Beside the guide's limits (`new_limits.py`) this looks for delimiters and other signs that X12 does not carry. Messages
name files and places, never a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from billing.formats.x12.new_limits import Breach, of_claims, of_lines, of_payers
from billing.settings.model import Settings
from billing.settings.values import CARRIED
from billing.wording import counted, plain, unit_of

_PLACES_SHOWN = 5


def problems(claims: pl.DataFrame, lines: pl.DataFrame, malformed: pl.DataFrame, settings: Settings) -> list[str]:
    """Say everything that keeps these claims from being written.

    Args:
        claims: One row per claim, filled (`new_filling.py`).
        lines: One row per line, filled.
        malformed: One row per value that could not be read and has a place in the 837P.
        settings: The settings.

    Returns:
        One text per thing, with its fix on a line of its own; empty when there is nothing.
    """
    lines_at = lines.with_columns(
        claims.select("claim_key", "input", "position").join(
            lines.select("claim_key"), on="claim_key", how="right", maintain_order="right"
        ).select("input", "position")
    )  # fmt: skip
    payers = claims.select("input", "position", pl.col("other_payers").alias("payer")).explode(
        "payer", empty_as_null=False
    )
    payers = payers.filter(pl.col("payer").is_not_null()).with_columns(pl.col("payer").struct.unnest())
    found = [
        *_told(claims, of_claims(), malformed),
        *_told(claims, _of_texts(claims, settings), malformed),
        *_told(payers, of_payers(settings), malformed),
        *_told(payers, _of_payer_texts(payers, settings), malformed),
        *_told(lines_at, of_lines(), malformed),
        *_told(lines_at, _of_texts(lines_at, settings), malformed),
    ]
    for column, rows in malformed.group_by("column", maintain_order=True):
        at = claims.join(rows, on="claim_key", how="semi", maintain_order="left")
        found.append(
            f"{places(at)}: {column[0]} could not be read, so it cannot be sent\n  fix: write it as it should be"
        )
    return list(dict.fromkeys(found))


def places(rows: pl.DataFrame) -> str:
    """Name the claims of some rows by file and place: `visits.jsonl lines 3, 4 and 9`."""
    words = []
    distinct = rows.select("input", "position").unique(maintain_order=True)
    for (name,), of_input in distinct.group_by("input", maintain_order=True):
        positions = of_input.get_column("position").to_list()
        shown = [str(position) for position in positions[:_PLACES_SHOWN]]
        more = len(positions) - len(shown)
        last = f"{more:,} more" if more else shown.pop() if len(shown) > 1 else ""
        listed = ", ".join(shown) + (f" and {last}" if last else "")
        words.append(f"{plain(str(name))} {unit_of(str(name))}{'s' if len(positions) > 1 else ''} {listed}")
    return "; ".join(words)


def _told(rows: pl.DataFrame, breaches: Iterable[Breach], malformed: pl.DataFrame) -> Iterator[str]:
    known = list(breaches)
    if rows.is_empty() or not known:
        return
    flags = rows.select(breach.holds.fill_null(value=False).any().alias(str(at)) for at, breach in enumerate(known))
    for breach, holds in zip(known, flags.row(0), strict=True):
        if not holds:
            continue
        broken = rows.filter(breach.holds)
        # What is there but cannot be read is told as that.
        key = "line_key" if "line_key" in rows.columns else "claim_key"
        broken = broken.join(malformed.filter(column=breach.missing), on=key, how="anti") if breach.missing else broken
        if not broken.is_empty():
            yield f"{places(broken)}: {breach.words}\n  fix: {breach.fix}"


def _of_texts(rows: pl.DataFrame, settings: Settings) -> Iterator[Breach]:
    """Find texts with a sign that X12 does not carry, or a delimiter; asked column by column only when there is one."""
    texts = {name: pl.col(name) for name, dtype in rows.schema.items()
             if dtype == pl.String and name != "input" and rows.get_column(name).null_count() < len(rows)}  # fmt: skip
    texts |= {name: pl.col(name).list.join("", ignore_nulls=True) for name, dtype in rows.schema.items()
              if dtype == pl.List(pl.String)}  # fmt: skip
    if not texts:
        return
    every = pl.concat_str(list(texts.values()), ignore_nulls=True)
    delimiters, others = _patterns(settings)
    if not rows.select(every.str.contains(f"{others}|{delimiters}").any()).item():
        return
    for name, text in texts.items():
        yield from _of_signs(name, name, text, settings)


def _of_payer_texts(payers: pl.DataFrame, settings: Settings) -> Iterator[Breach]:
    if not payers.is_empty():
        for name in ("id", "name"):
            yield from _of_signs(name, "other_payers", pl.col(name), settings)


def _of_signs(column: str, called: str, text: pl.Expr, settings: Settings) -> Iterator[Breach]:
    delimiters, others = _patterns(settings)
    label = called if called == column else f"{called}.{column}"
    signs = " ".join(settings.interchange.delimiters.signs)
    yield Breach(
        text.str.contains(delimiters), f"{label} holds a delimiter of the file (one of {signs})",
        "take it out, or choose another sign under interchange.delimiters in the settings",
    )  # fmt: skip
    yield Breach(
        text.str.contains(others), f"{label} holds a sign that X12 does not carry, such as an accent",
        "write plain letters, or set interchange.accents: plain in the settings",
    )  # fmt: skip


def _patterns(settings: Settings) -> tuple[str, str]:
    """Return a pattern of the delimiters, and one of what X12 does not carry."""
    delimiters = "[" + "".join(f"\\x{{{ord(sign):x}}}" for sign in settings.interchange.delimiters.signs) + "]"
    letters = r"\p{L}\p{M}" if settings.interchange.accents == "keep" else ""
    return delimiters, f"[^{CARRIED}{letters}]"


def too_many(found: list[str], shown: int) -> str:
    """Join what was found, at most `shown` of it."""
    more = len(found) - shown
    return "\n".join(found[:shown]) + (f"\nand {counted(more, 'more problem')}" if more > 0 else "")
