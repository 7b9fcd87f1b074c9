"""Put kept segments of an 837P together again, with HL numbers and the counts of the trailers made anew."""

from __future__ import annotations

from collections.abc import Iterator
from io import SEEK_END, BytesIO
from typing import BinaryIO

import polars as pl

from billing.formats.x12.delimiters import character
from billing.formats.x12.elements import element
from billing.formats.x12.envelope import LEVELS
from billing.formats.x12.segments import CODE, is_one_of
from billing.formats.x12.written import WrittenRegion

_PADDING = r"^([\r\n\t \x00\x1a]*)"


def write_rebuilt(file: BinaryIO, region: WrittenRegion, kept: pl.DataFrame, encoding: str) -> None:
    """Write the kept scopes of a region, and the padding behind its last terminator."""
    # What stands behind a trailer in its scope belongs to nothing, and is left out.
    is_trailer = is_one_of(kept.get_column("id"), *(level.closer for level in LEVELS))
    kept = kept.with_columns(last_row=pl.when(is_trailer).then("first_row").otherwise("last_row"))
    kept = kept.with_columns(size=pl.col("last_row").cast(pl.Int64) - pl.col("first_row") + 1)
    kept = kept.with_columns(place=(pl.col("size").cum_sum() - pl.col("size")).cast(pl.UInt32))
    rows = rows_of(kept)
    trailers = _trailers(kept, character(region.delimiters.element))
    edited = [_hierarchy(region, kept), trailers.filter(pl.col("place").is_not_null()).select("place", "edited")]
    if "renumbered" in kept.columns:
        edited.append(kept.filter("renumbered").select("place", edited="text"))
    changed, missing = pl.concat(edited), trailers.filter(pl.col("place").is_null())
    for first, run in region.texts.pieces(rows):
        texts = _with_texts(run, _within(changed, "place", first, len(run)))
        lost = _within(missing, "behind", first, len(run))
        if len(lost):
            texts = _with_missing(region, texts, lost)
        _write(file, region, texts, encoding, begins=first == 0 and rows.item(0) == 0)
    file.write(region.region.tail.encode(encoding))


def segments_as_bytes(region: WrittenRegion, rows: pl.Series, encoding: str) -> Iterator[bytes]:
    """Yield some segments of a region as they stand in the file, as many at a time as are in memory."""
    for first, run in region.texts.pieces(rows) if len(rows) else ():
        buffer = BytesIO()
        _write(buffer, region, run, encoding, begins=first == 0 and rows.item(0) == 0)
        yield buffer.getvalue()


def _within(edits: pl.DataFrame, column: str, first: int, size: int) -> pl.DataFrame:
    """Pick the edits of a run of segments, their place counted from its first."""
    is_here = pl.col(column).is_between(first, first + size, closed="left")
    return edits.filter(is_here).with_columns((pl.col(column) - first).cast(pl.UInt32))


def rows_of(scopes: pl.DataFrame) -> pl.Series:
    """Lay out the rows of scopes, from `first_row` to `last_row`."""
    rows = scopes.select(pl.int_ranges("first_row", pl.col("last_row") + 1, dtype=pl.UInt32).explode())
    return rows.to_series().drop_nulls()


def holds(numbers: pl.Series, asked: pl.Series) -> pl.Series:
    """Tell which of the asked numbers are among some others; a null is not."""
    if numbers.is_empty():
        return pl.Series([False]).new_from_index(0, len(asked))
    size = max(_largest(numbers), _largest(asked)) + 1
    table = pl.Series([False]).new_from_index(0, size).scatter(numbers, values=True)
    return table[asked].fill_null(value=False)


def _largest(numbers: pl.Series) -> int:
    largest = numbers.max()
    return largest if isinstance(largest, int) else 0


def _write(file: BinaryIO, region: WrittenRegion, texts: pl.Series, encoding: str, *, begins: bool) -> None:
    """Write segments, each with its terminator.

    Args:
        file: Where to.
        region: The segments' region.
        texts: Their texts, as in `raw`.
        encoding: Of the bytes.
        begins: True when the first of them is the region's first, which has no line end in front of it.
    """
    mark, line_end = character(region.delimiters.terminator), region.region.line_end
    file.write(b"" if begins else line_end.encode())
    if encoding == "utf-8" and mark not in '\r\n"':
        file.flush()  # Polars writes past the buffer of a file
        texts.to_frame().write_csv(
            file, include_header=False, line_terminator=mark + line_end, quote_style="never", separator="\x01"
        )
        file.seek(-len(line_end), SEEK_END)
        file.truncate()
    else:
        file.write((texts.str.join(mark + line_end).item() + mark).encode(encoding))


def _with_texts(texts: pl.Series, edited: pl.DataFrame) -> pl.Series:
    """Replace some texts (place, edited), keeping the padding in front of them."""
    places, said = edited.get_column("place"), edited.get_column("edited")
    old = texts[places]
    if (old < "!").any():  # padding sorts before anything else that begins a segment
        said = old.str.extract(_PADDING).fill_null("") + said
    return texts.scatter(places, said)


def _with_missing(region: WrittenRegion, texts: pl.Series, missing: pl.DataFrame) -> pl.Series:
    """Put trailers that are missing behind the last segment they close."""
    terminator = character(region.delimiters.terminator)
    second = region.raw(pl.Series([min(1, len(region.ids) - 1)], dtype=pl.UInt32))
    line_end = region.region.line_end or second.str.extract(_PADDING).item() or ""
    added = missing.sort("behind", "rank").group_by("behind", maintain_order=True).agg(
        text=(pl.lit(terminator + line_end) + pl.col("edited")).str.join("")
    )  # fmt: skip
    places = added.get_column("behind")
    return texts.scatter(places, texts[places] + added.get_column("text"))


def _hierarchy(region: WrittenRegion, kept: pl.DataFrame) -> pl.DataFrame:
    """Number the kept HL loops of each transaction from 1: place and edited."""
    is_loop = kept.get_column("id") == CODE["HL"]
    loops = kept.select("scope", "transaction", "level", "billing", "subscriber", "place").filter(is_loop)
    number = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32)
    is_first = pl.col("transaction").ne_missing(pl.col("transaction").shift(1))
    loops = loops.with_columns(
        new=number - pl.when(is_first).then(number - 1).forward_fill(),
        # The loop above: the billing loop of a subscriber, the subscriber loop of a patient.
        above=pl.when(pl.col("level") == "22").then("billing").when(pl.col("level") == "23").then("subscriber"),
    )
    above = loops.get_column("above")
    new_of_scope = pl.Series([None], dtype=pl.UInt32).new_from_index(0, len(region.scopes))
    new_of_scope = new_of_scope.scatter(loops.get_column("scope"), loops.get_column("new"))
    parts = [
        pl.lit("HL"),
        pl.col("new").cast(pl.String),
        new_of_scope[above].cast(pl.String).fill_null(""),
        pl.col("level"),
        pl.lit(holds(above.drop_nulls(), loops.get_column("scope")).cast(pl.UInt8).cast(pl.String)),
    ]
    return loops.select("place", edited=pl.concat_str(parts, separator=character(region.delimiters.element)))


def _trailers(kept: pl.DataFrame, mark: str) -> pl.DataFrame:
    """Count anew what each trailer counts.

    Returns:
        One row per opener: `place` of its trailer (null where that is missing), `edited`, `behind` (place of the last
        segment it closes) and `rank` (the innermost level first).
    """
    segment_id = kept.get_column("id")
    counts = {
        "segments": pl.col("size").filter(pl.col("id") != CODE["SE"]).sum() + 1,
        "transactions": (pl.col("id") == CODE["ST"]).sum(),
        "groups": (pl.col("id") == CODE["GS"]).sum(),
    }
    kept = kept.select("id", "text", "place", "size", *(level.counter for level in LEVELS))
    parts = []
    for rank, level in enumerate(LEVELS, 1):
        heads = kept.filter(segment_id == CODE[level.opener])
        heads = heads.select(level.counter, elements=pl.col("text").str.split(mark))
        heads = heads.select(level.counter, number=element(level.number).fill_null(""))
        # What stands outside this level: the trailers and headers of the levels around it.
        around = ["TA1", *(name for outer in LEVELS[rank:] for name in (outer.opener, outer.closer))]
        inside = kept.filter(~is_one_of(segment_id, *around)) if rank < len(LEVELS) else kept
        sizes = inside.group_by(level.counter).agg(
            behind=(pl.col("place") + pl.col("size") - 1).max().cast(pl.UInt32),
            count=counts[level.counted].cast(pl.String),
        )
        closed = kept.filter(segment_id == CODE[level.closer]).filter(pl.col(level.counter).is_first_distinct())
        both = heads.join(sizes, on=level.counter, how="left")
        both = both.join(closed.select(level.counter, "place"), on=level.counter, how="left").sort(level.counter)
        text = pl.concat_str(pl.lit(level.closer), "count", "number", separator=mark)
        parts.append(both.select("place", "behind", edited=text, rank=pl.lit(rank, pl.UInt8)))
    return pl.concat(parts)
