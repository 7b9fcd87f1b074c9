"""Write some claims of an 837P file out again, as the file's own segments.

The segments of a claim are kept byte for byte and in order. Provider and subscriber loops stay only where a kept
claim needs them; HL numbers, parents and child marks, and the counts in SE, GE and IEA, are rebuilt. A file whose
claims are all kept, and whose envelope was right, comes out as it came in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from billing.formats.x12.delimiters import UTF8_MARK, character
from billing.formats.x12.elements import element
from billing.formats.x12.envelope import LEVELS
from billing.formats.x12.locate import locate
from billing.formats.x12.segments import CODE
from billing.formats.x12.written import WrittenRegion

_TRAILERS = [CODE[level.closer] for level in LEVELS]
_PADDING = r"^([\r\n\t \x00\x1a]*)"


@dataclass(frozen=True)
class Source837:
    """One 837P input that can give its claims back (`billing.batch.Source`).

    Attributes:
        name: The input's name.
        data: Its bytes.
        regions: Its segments and judged scopes.
        encoding: utf-8 or latin-1.
        marked: True when it begins with a byte-order mark.
        repaired: True when its envelope was wrong, so that it never comes out as it came in.
        suffix: Of the files written from it.
    """

    name: str
    data: bytes
    regions: tuple[WrittenRegion, ...]
    encoding: str
    marked: bool
    repaired: bool
    suffix: str = ".837"

    @cached_property
    def sha256(self) -> str:
        """Hash of the input's bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def subset(self, claim_keys: pl.Series, *, control_number: int | None = None) -> bytes:
        """Return an 837P file with only these claims.

        Args:
            claim_keys: Keys of the claims to keep; keys of other inputs are passed over.
            control_number: Number of the first interchange (ISA13, IEA02), those behind it count on; default: the
                sender's own numbers stay.

        Returns:
            The input unchanged when it holds nothing else, its envelope is right and no number is given; no bytes
            when none of its claims is kept.
        """
        kept = [_keep(region, claim_keys) for region in self.regions]
        if all(part.is_empty() for part in kept):
            return b""
        if control_number is not None:
            kept = list(_renumbered(self.regions, kept, control_number))
        elif not self.repaired and all(map(_is_whole, self.regions, kept)):
            return self.data
        parts = [
            _rebuilt(region, scopes, self.encoding)
            for region, scopes in zip(self.regions, kept, strict=True)
            if len(scopes)
        ]
        if self.marked:
            parts.insert(0, UTF8_MARK)
        # A large file is not copied once more for the sake of one part.
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def interchanges(self, claim_keys: pl.Series) -> int:
        """Count the interchanges of the file that `subset` returns for these claims."""
        kept = (_keep(region, claim_keys) for region in self.regions)
        return sum(len(scopes.filter(pl.col("id") == CODE["ISA"])) for scopes in kept)

    def positions(self, places: pl.DataFrame) -> pl.DataFrame:
        """Point places at the segments they mean; see `billing/formats/x12/locate.py`."""
        return locate(places, self.regions)

    def unreadable(self) -> bytes:
        """Return the segments of the parts that could not be read as a claim, as they stand in the file."""
        parts = []
        for region in self.regions:
            rows = _rows(region.unreadable).unique().sort()
            if len(rows):
                parts.append(_joined(region, rows, region.segments.get_column("raw")[rows], self.encoding))
        return b"".join(parts).lstrip(b"\r\n")


def _keep(region: WrittenRegion, claim_keys: pl.Series) -> pl.DataFrame:
    """Return the scopes that the kept claims need: the claims, the loops above them, their envelopes."""
    scopes = region.scopes
    claims = scopes.select("scope", "billing", "subscriber", "patient", *(level.counter for level in LEVELS)).filter(
        _holds(claim_keys, scopes.get_column("claim_key"))
    )
    loops = pl.concat([claims.get_column(name) for name in ("scope", "billing", "subscriber", "patient")])
    stays = _holds(loops.drop_nulls(), scopes.get_column("scope"))
    segment_id = scopes.get_column("id")
    for level, names in zip(LEVELS, (("ST", "SE"), ("GS", "GE"), ("ISA", "IEA", "TA1")), strict=True):
        is_envelope = segment_id.is_in([CODE[name] for name in names])
        stays |= is_envelope & _holds(claims.get_column(level.counter), scopes.get_column(level.counter))
    return scopes.filter(stays)


def _holds(numbers: pl.Series, asked: pl.Series) -> pl.Series:
    """Tell which of the asked numbers are among some others; a null is not."""
    if numbers.is_empty():
        return pl.Series([False]).new_from_index(0, len(asked))
    size = max(_largest(numbers), _largest(asked)) + 1
    table = pl.Series([False]).new_from_index(0, size).scatter(numbers, values=True)
    return table[asked].fill_null(value=False)


def _largest(numbers: pl.Series) -> int:
    largest = numbers.max()
    return largest if isinstance(largest, int) else 0


def _rows(scopes: pl.DataFrame) -> pl.Series:
    """Lay out the rows of scopes, from `first_row` to `last_row`."""
    rows = scopes.select(pl.int_ranges("first_row", pl.col("last_row") + 1, dtype=pl.UInt32).explode())
    return rows.to_series().drop_nulls()


def _is_whole(region: WrittenRegion, kept: pl.DataFrame) -> bool:
    """Tell whether a region holds nothing but the kept claims: no other claim, and nothing unreadable."""
    everything = region.scopes
    claims = everything.get_column("claim_key").count()
    return claims == kept.get_column("claim_key").count() and region.unreadable.is_empty()


def _renumbered(
    regions: Sequence[WrittenRegion], kept: Sequence[pl.DataFrame], control_number: int
) -> Iterator[pl.DataFrame]:
    """Give the kept interchanges the numbers from `control_number` on, nine digits in the text of each ISA."""
    for region, scopes in zip(regions, kept, strict=True):
        mark = character(region.delimiters.element)
        is_header = pl.col("id") == CODE["ISA"]
        number = (is_header.cum_sum().cast(pl.Int64) - 1 + control_number).cast(pl.String).str.zfill(9)
        # ISA16 is the component separator, so the thirteenth mark is always the one in front of ISA13.
        parts = pl.col("text").str.split(mark)
        text = pl.concat_list(parts.list.head(13), number, parts.list.slice(14)).list.join(mark)
        yield scopes.with_columns(text=pl.when(is_header).then(text).otherwise("text"), renumbered=is_header)
        control_number += scopes.select(is_header.sum()).item()


def _joined(region: WrittenRegion, rows: pl.Series, texts: pl.Series, encoding: str, tail: str = "") -> bytes:
    """Put segments behind each other, each with its terminator.

    Args:
        region: The segments' region.
        rows: Their row numbers in it.
        texts: Their texts, as in `raw`.
        encoding: Of the bytes.
        tail: What follows the last terminator.
    """
    mark, last = character(region.delimiters.terminator), len(texts) - 1
    texts = texts.scatter(last, texts.item(last) + mark + tail)
    if rows.item(0):
        texts = texts.scatter(0, region.line_end + texts.item(0))
    # Bytes are handed over without being looked at and copied as text would be.
    joined: bytes = texts.str.join(mark + region.line_end).cast(pl.Binary).item()
    return joined if encoding == "utf-8" else joined.decode().encode(encoding)


def _rebuilt(region: WrittenRegion, kept: pl.DataFrame, encoding: str) -> bytes:
    """Return the kept scopes as bytes, with HL numbers and counts made anew."""
    # What stands behind a trailer belongs to no scope of it.
    is_trailer = pl.col("id").is_in(_TRAILERS)
    kept = kept.with_columns(last_row=pl.when(is_trailer).then("first_row").otherwise("last_row"))
    kept = kept.with_columns(size=pl.col("last_row").cast(pl.Int64) - pl.col("first_row") + 1)
    rows = _rows(kept)
    texts = region.segments.get_column("raw")[rows]
    mark = character(region.delimiters.element)
    trailers = _trailers(kept, mark)
    edited = [_hierarchy(region, kept), trailers.filter(pl.col("row").is_not_null()).select("row", "edited")]
    if "renumbered" in kept.columns:
        edited.append(kept.filter("renumbered").select(row="first_row", edited="text"))
    texts = _with_texts(texts, rows, pl.concat(edited))
    missing = trailers.filter(pl.col("row").is_null())
    if len(missing):
        texts = _with_missing(region, texts, rows, missing)
    return _joined(region, rows, texts, encoding, region.tail)


def _with_texts(texts: pl.Series, rows: pl.Series, edited: pl.DataFrame) -> pl.Series:
    """Replace the text of some rows (row, edited), keeping the padding in front of it."""
    places = rows.search_sorted(edited.get_column("row"))
    said, old = edited.get_column("edited"), texts[places]
    if (old < "!").any():  # padding sorts before anything else that begins a segment
        said = old.str.extract(_PADDING).fill_null("") + said
    return texts.scatter(places, said)


def _with_missing(region: WrittenRegion, texts: pl.Series, rows: pl.Series, missing: pl.DataFrame) -> pl.Series:
    """Put trailers that are missing behind the last segment they close."""
    terminator = character(region.delimiters.terminator)
    second = region.segments.get_column("raw").slice(1, 1)
    line_end = region.line_end or second.str.extract(_PADDING).item() or ""
    added = missing.sort("behind", "rank").group_by("behind", maintain_order=True).agg(
        text=(pl.lit(terminator + line_end) + pl.col("edited")).str.join("")
    )  # fmt: skip
    places = rows.search_sorted(added.get_column("behind"))
    return texts.scatter(places, texts[places] + added.get_column("text"))


def _hierarchy(region: WrittenRegion, scopes: pl.DataFrame) -> pl.DataFrame:
    """Number the kept HL loops of each transaction from 1: row and edited."""
    loops = scopes.select("scope", "id", "transaction", "level", "billing", "subscriber", row="first_row")
    loops = loops.filter(pl.col("id") == CODE["HL"])
    number = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32)
    is_first = pl.col("transaction").ne_missing(pl.col("transaction").shift(1))
    loops = loops.with_columns(
        new=number - pl.when(is_first).then(number - 1).forward_fill(),
        # The loop above: the billing loop of a subscriber, the subscriber loop of a patient.
        above=pl.when(pl.col("level") == "22").then("billing").when(pl.col("level") == "23").then("subscriber"),
    )
    new_of_scope = pl.Series([None], dtype=pl.UInt32).new_from_index(0, len(region.scopes))
    new_of_scope = new_of_scope.scatter(loops.get_column("scope"), loops.get_column("new"))
    has_child = _holds(loops.get_column("above").drop_nulls(), loops.get_column("scope"))
    parts = [
        pl.lit("HL"),
        pl.col("new").cast(pl.String),
        new_of_scope[loops.get_column("above")].cast(pl.String).fill_null(""),
        pl.col("level"),
        pl.lit(has_child.cast(pl.UInt8).cast(pl.String)),
    ]
    return loops.select("row", edited=pl.concat_str(parts, separator=character(region.delimiters.element)))


def _trailers(scopes: pl.DataFrame, mark: str) -> pl.DataFrame:
    """Count anew what each trailer counts, and make the trailers that are missing (row null, `behind` a row)."""
    parts = []
    scopes = scopes.select("id", "text", "first_row", "last_row", "size", *(level.counter for level in LEVELS))
    for rank, level in enumerate(LEVELS, 1):
        heads = scopes.filter(pl.col("id") == CODE[level.opener])
        heads = heads.with_columns(elements=pl.col("text").str.split(mark))
        heads = heads.select(level.counter, number=element(level.number).fill_null(""))
        # What stands outside this level: the trailers and headers of the levels around it.
        around = [CODE[name] for outer in LEVELS[rank:] for name in (outer.opener, outer.closer)] + [CODE["TA1"]]
        inside = scopes.filter(~pl.col("id").is_in(around)) if rank < len(LEVELS) else scopes
        sizes = inside.group_by(level.counter).agg(
            behind=pl.col("last_row").max(),
            segments=pl.col("size").filter(pl.col("id") != CODE["SE"]).sum() + 1,
            transactions=(pl.col("id") == CODE["ST"]).sum(),
            groups=(pl.col("id") == CODE["GS"]).sum(),
        )
        closed = scopes.filter(pl.col("id") == CODE[level.closer]).filter(pl.col(level.counter).is_first_distinct())
        closed = closed.select(level.counter, row="first_row")
        both = heads.join(sizes, on=level.counter, how="left").join(closed, on=level.counter, how="left")
        text = [pl.lit(level.closer), pl.col(level.counted).cast(pl.String), pl.col("number")]
        parts.append(
            both.sort(level.counter).select(
                "row", edited=pl.concat_str(text, separator=mark), behind="behind", rank=pl.lit(rank, pl.UInt8)
            )
        )
    return pl.concat(parts)
