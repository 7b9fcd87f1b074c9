"""Write some claims of an 837P file out again, as the file's own segments.

The segments of a claim are kept byte for byte and in order. Provider and subscriber loops stay only where a kept
claim needs them; HL numbers, parents and child marks, and the counts in SE, GE and IEA, are rebuilt. A file whose
claims are all kept, and whose envelope was right, comes out as it came in.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from billing.formats.x12.envelope import LEVELS
from billing.formats.x12.locate import locate
from billing.formats.x12.segments import CODE, UTF8_MARK, Delimiters, character
from billing.formats.x12.tree import WrittenRegion, element

_TRAILERS = [CODE[level.closer] for level in LEVELS]
_PADDING = r"^([\r\n\t \x00\x1a]*)"


@dataclass(frozen=True)
class Source837:
    """One 837P input that can give its claims back (`billing.batch.Source`).

    Attributes:
        name: The input's name.
        data: Its bytes.
        regions: Its segments and judged scopes.
        tails: For each region, the padding behind its last terminator.
        encoding: utf-8 or latin-1.
        marked: True when it begins with a byte-order mark.
        repaired: True when its envelope was wrong, so that it never comes out as it came in.
        suffix: Of the files written from it.
    """

    name: str
    data: bytes
    regions: tuple[WrittenRegion, ...]
    tails: tuple[str, ...]
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
        texts = [
            _rebuilt(region, scopes, self.encoding) + tail.encode(self.encoding)
            for region, scopes, tail in zip(self.regions, kept, self.tails, strict=True)
            if len(scopes)
        ]
        mark = UTF8_MARK if self.marked else b""
        return mark + b"".join(texts)

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
            bad = region.scopes.filter(pl.col("reason").is_not_null()).select("first_row", "last_row")
            rows = bad.select(pl.int_ranges("first_row", pl.col("last_row") + 1).explode()).to_series()
            if len(rows):
                raws = region.segments.get_column("raw").gather(rows.unique().sort())
                parts.append(_joined(raws, region.delimiters, self.encoding))
        return b"".join(parts).lstrip(b"\r\n")


def _keep(region: WrittenRegion, claim_keys: pl.Series) -> pl.DataFrame:
    """Return the scopes that the kept claims need: the claims, the loops above them, their envelopes."""
    scopes = region.scopes
    claims = scopes.filter(pl.col("claim_key").is_in(claim_keys.implode()))
    if claims.is_empty():
        return scopes.clear()
    loops = (
        pl.concat([claims.get_column(name) for name in ("scope", "billing", "subscriber", "patient")])
        .drop_nulls()
        .unique()
    )
    is_envelope = pl.lit(value=False)
    for names, level in (
        (("ST", "SE"), "transaction"),
        (("GS", "GE"), "group"),
        (("ISA", "IEA", "TA1"), "interchange"),
    ):
        needed = claims.get_column(level).unique()
        is_envelope = is_envelope | (
            pl.col("id").is_in([CODE[name] for name in names]) & pl.col(level).is_in(needed.implode())
        )
    return scopes.filter(pl.col("scope").is_in(loops.implode()) | is_envelope)


def _is_whole(region: WrittenRegion, kept: pl.DataFrame) -> bool:
    """Tell whether a region holds nothing but the kept claims: no other claim, and nothing unreadable."""
    everything = region.scopes
    claims = everything.get_column("claim_key").count()
    return claims == kept.get_column("claim_key").count() and everything.get_column("reason").is_null().all()


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


def _joined(raws: pl.Series, delimiters: Delimiters, encoding: str) -> bytes:
    """Put segments behind each other, each with its terminator."""
    mark = character(delimiters.terminator)
    if ord(mark) < 0x80 and mark not in '\r\n"':
        buffer = io.BytesIO()
        raws.to_frame().write_csv(
            buffer, include_header=False, line_terminator=mark, quote_style="never", separator="\x01"
        )
        return buffer.getvalue() if encoding == "utf-8" else buffer.getvalue().decode().encode(encoding)
    return "".join(raw + mark for raw in raws).encode(encoding)


def _rebuilt(region: WrittenRegion, kept: pl.DataFrame, encoding: str) -> bytes:
    """Return the kept scopes as bytes, with HL numbers and counts made anew."""
    is_trailer = pl.col("id").is_in(_TRAILERS)
    kept = kept.with_columns(last_row=pl.when(is_trailer).then("first_row").otherwise("last_row"))
    kept = kept.with_columns(size=pl.col("last_row").cast(pl.Int64) - pl.col("first_row") + 1)
    raws = region.segments.get_column("raw")
    mark = character(region.delimiters.element)
    trailers = _trailers(kept, mark)
    edited = [_hierarchy(kept, mark), trailers.filter(pl.col("row").is_not_null()).select("row", "edited")]
    if "renumbered" in kept.columns:
        edited.append(kept.filter("renumbered").select(row="first_row", edited="text"))
    raws = _with_texts(raws, pl.concat(edited))
    missing = trailers.filter(pl.col("row").is_null())
    if len(missing):
        raws = _with_missing(raws, missing, character(region.delimiters.terminator))
    # A scope's number is its place in the region's scopes, so that keeping is looking up and not joining.
    stays = (
        pl.zeros(len(region.scopes), dtype=pl.UInt8, eager=True).scatter(kept.get_column("scope"), 1).cast(pl.Boolean)
    )
    in_kept = stays.gather(region.segments.get_column("scope"))
    behind = region.scopes.filter(is_trailer & (pl.col("last_row") > pl.col("first_row")))
    if len(behind):
        junk = behind.select(pl.int_ranges(pl.col("first_row") + 1, pl.col("last_row") + 1).explode()).to_series()
        in_kept = in_kept & ~pl.int_range(len(raws), eager=True).is_in(junk.implode())
    return _joined(raws.filter(in_kept), region.delimiters, encoding)


def _with_texts(raws: pl.Series, edited: pl.DataFrame) -> pl.Series:
    """Replace the text of some rows (row, edited), keeping the padding in front of it."""
    rows = edited.get_column("row")
    padding = raws.gather(rows).str.extract(_PADDING).fill_null("")
    return raws.clone().scatter(rows, padding + edited.get_column("edited"))


def _with_missing(raws: pl.Series, missing: pl.DataFrame, terminator: str) -> pl.Series:
    """Put trailers that are missing behind the last segment they close."""
    line_end = raws.slice(1, 1).str.extract(_PADDING).item() or ""
    added = missing.sort("behind", "rank").group_by("behind", maintain_order=True).agg(
        text=(pl.lit(terminator + line_end) + pl.col("edited")).str.join("")
    )  # fmt: skip
    rows = added.get_column("behind")
    return raws.clone().scatter(rows, raws.gather(rows) + added.get_column("text"))


def _hierarchy(scopes: pl.DataFrame, mark: str) -> pl.DataFrame:
    """Number the kept HL loops of each transaction from 1: row and edited."""
    loops = scopes.filter(pl.col("id") == CODE["HL"]).with_columns(
        new=pl.int_range(1, pl.len() + 1).over("transaction"),
        # The loop above: the billing loop of a subscriber, the subscriber loop of a patient.
        above=pl.when(pl.col("level") == "22").then("billing").when(pl.col("level") == "23").then("subscriber"),
        elements=pl.col("text").str.split(mark),
    )
    numbers = loops.select(above="scope", parent="new")
    children = (
        loops.filter(pl.col("above").is_not_null()).select(scope="above").unique().with_columns(has_child=pl.lit("1"))
    )
    loops = loops.join(numbers, on="above", how="left", maintain_order="left")
    loops = loops.join(children, on="scope", how="left", maintain_order="left")
    parts = [
        pl.lit("HL"),
        pl.col("new").cast(pl.String),
        pl.col("parent").cast(pl.String).fill_null(""),
        pl.col("level"),
        pl.col("has_child").fill_null("0"),
    ]
    return loops.select(
        row="first_row",
        edited=pl.concat_str(parts, separator=mark),
    )


def _trailers(scopes: pl.DataFrame, mark: str) -> pl.DataFrame:
    """Count anew what each trailer counts, and make the trailers that are missing (row null, `behind` a row)."""
    parts = []
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
