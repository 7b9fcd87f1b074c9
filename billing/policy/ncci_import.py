"""CMS's quarterly files of Medicaid NCCI edits, made into an edition of a code list.

The files are text, tab separated, behind some title lines: `code, value, rationale` for the units of one code (MUE),
and `column 1, column 2, effective, deletion (blank or * while in force), modifier 0/1/9, rationale` for pairs (PTP);
CMS packs them into a zip. They come from a web page and are trusted with nothing: sizes are bounded while they are
unpacked, and a line that is not as the others ends the reading.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from billing.errors import CodeSetError
from billing.policy.list_files import FOLDER

MAX_FILE_BYTES = 200_000_000
MAX_TEXT_BYTES = 300_000_000
MAX_MEMBERS = 50
MAX_TITLE_LINES = 200
LISTS = {"mue": "medicaid-mue-practitioner", "ptp": "medicaid-ptp-practitioner"}
TITLES = {"mue": "Medicaid MUE", "ptp": "Medicaid PTP"}
URL = "https://www.cms.gov/medicare/coding-billing/ncci-medicaid/medicaid-ncci-edit-files"

_CODE = "([0-9A-Z]{4}[0-9A-Z])"
_DAY = r"(\d{8}|\d{1,2}/\d{1,2}/\d{4})"
_LINES = {
    "ptp": rf"^{_CODE}\t{_CODE}\t(?:[ *]?\t)?{_DAY}\t *(?:{_DAY}|\*)? *\t *([019])(?:[ \t]|$)",
    "mue": rf"^{_CODE}\t *([0-9]{{1,6}})(?: *\t|$)",
}
_QUARTERS = (r"(20\d\d)[-_ ]?q([1-4])(?!\d)", r"(?<![a-z0-9])q([1-4])[-_ ]?(20\d\d)")
_EFFECTIVE = r"effective[-_ :]*(0[1-9]|1[0-2])[-_/]?\d\d[-_/]?(20\d\d)"
_QUARTER = re.compile(r"(20\d\d)Q([1-4])\Z")


@dataclass(frozen=True, slots=True)
class Imported:
    """An edition that was written.

    Attributes:
        manifest: Its manifest.
        list: Id of the list.
        edition: The quarter, `2026Q4`.
        rows: How many codes, or pairs.
        effective: First date of service it covers.
        ended: Last date of service it covers.
    """

    manifest: Path
    list: str
    edition: str
    rows: int
    effective: date
    ended: date


def import_ncci(
    path: Path, folder: Path, *, quarter: str | None = None, read_on: date, overwrite: bool = False
) -> Imported:
    """Read one of CMS's files and write it as an edition of its list into `lists/` below a folder.

    Args:
        path: The zip as CMS publishes it, or the text file in it.
        folder: Folder of the user's own code sets, for `--codesets`; made if it is not there.
        quarter: `2026Q4`; null: read from the name and titles of the file.
        read_on: The day it is imported on.
        overwrite: Replace an edition of the same quarter.

    Raises:
        CodeSetError: The file is no such file, is too large, is for other services, or does not say its quarter; or the
            edition is there already, or cannot be written.
    """
    data = _read(path)
    texts = _texts(path.name, data)
    titles, holds, lines = _lines(path.name, texts)
    names = [path.name, *(name for name, _ in texts)]
    _check_subject(path.name, names, titles)
    year, number = _quarter(path.name, quarter, [*names, *titles])
    effective = date(year, 3 * number - 2, 1)
    following = date(year + number // 4, 3 * (number % 4) + 1, 1)
    rows = _mue(path.name, lines) if holds == "mue" else _ptp(path.name, lines, effective)
    edition = f"{year}Q{number}"
    manifest = _written(folder, holds, edition, rows, overwrite=overwrite, about={
        "list": LISTS[holds], "holds": holds, "title": TITLES[holds], "edition": edition,
        "effective": effective, "ended": following - timedelta(days=1), "next_release": following,
        "read_on": read_on, "file_name": path.name, "sha256": hashlib.sha256(data).hexdigest(),
    })  # fmt: skip
    return Imported(manifest, LISTS[holds], edition, len(rows), effective, following - timedelta(days=1))


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise _error(path.name, "is no file", "name the zip that CMS publishes, or the text file in it")
        if size > MAX_FILE_BYTES:
            raise _error(path.name, f"has {size:,} bytes; such a file has at most {MAX_FILE_BYTES:,}")
        return path.read_bytes()
    except OSError as error:
        raise _error(path.name, f"cannot be read: {error.strerror or 'it cannot be opened'}") from None


def _texts(name: str, data: bytes) -> list[tuple[str, str]]:
    """Return the text files: name and content of each member of a zip, or of the file itself."""
    if not data.startswith(b"PK"):
        return [(name, _decoded(name, data))]
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MAX_MEMBERS:
                raise _error(name, f"holds {len(members):,} files; CMS's has a few")
            chosen = [member for member in members if member.filename.lower().endswith(".txt")]
            if not chosen:
                fix = "take the file from CMS's page whose name ends in .zip, or save its text file"
                raise _error(name, "holds no text file (.txt)", fix)
            left, texts = MAX_TEXT_BYTES, []
            for member in chosen:
                with archive.open(member) as packed:  # what a header says of its size is not believed
                    content = packed.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise _error(name, f"has more than {MAX_TEXT_BYTES:,} bytes when it is unpacked")
                texts.append((Path(member.filename).name, _decoded(name, content)))
            return texts
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError):
        fix = "download it again; a zip with a password is to be unpacked first"
        raise _error(name, "cannot be unpacked", fix) from None


def _decoded(name: str, data: bytes) -> str:
    if b"\0" in data:
        raise _error(name, "is no text file", "name the zip that CMS publishes, or the text file in it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _lines(name: str, texts: list[tuple[str, str]]) -> tuple[list[str], str, pl.Series]:
    """Return the title lines, what the lines behind them hold, and these."""
    titles: list[str] = []
    found: list[pl.Series] = []
    holds = None
    for _, text in texts:
        lines = [line.strip("\r") for line in text.split("\n")]
        first, own = _first(name, lines)
        if holds is not None and own != holds:
            raise _error(name, "holds files of both kinds of edits", "import them one by one")
        holds = own
        titles += lines[:first]
        series = pl.Series(lines[first:])
        is_blank = series.str.strip_chars() == ""
        wrong = (~series.str.contains(_LINES[own]) & ~is_blank).arg_true()
        if len(wrong):
            words = f"line {first + wrong[0] + 1} is not as the lines before it"
            raise _error(name, words, "download the file again; a spreadsheet program changes it when it saves it")
        found.append(series.filter(~is_blank))
    if holds is None:
        raise _error(name, "holds no edits")
    return titles, holds, pl.concat(found)


def _first(name: str, lines: list[str]) -> tuple[int, str]:
    """Find the first line behind the titles, and the layout it has."""
    for number, line in enumerate(lines[:MAX_TITLE_LINES]):
        for holds, pattern in _LINES.items():
            if re.match(pattern, line):
                return number, holds
    fix = (
        "CMS's text files have lines of `code <tab> value <tab> rationale`, or of `column 1 <tab> column 2 <tab> "
        "effective <tab> deletion <tab> modifier <tab> rationale`"
    )
    raise _error(name, "holds no line of Medicaid NCCI edits", fix)


def _check_subject(name: str, names: list[str], titles: list[str]) -> None:
    """Refuse Medicare's files, whose values differ, and those for hospitals and suppliers."""
    said = " ".join([*names, *titles]).lower()
    if "adjudication indicator" in said or ("medicaid" not in said and re.search(r"medicare|\bmcr[-_]", said)):
        raise _error(
            name, "is Medicare's file; Medicaid's values differ", "take the file from CMS's Medicaid NCCI page"
        )
    if "practitioner" not in said and (other := re.search(r"hospital|outpatient|supplier|\bdme\b", said)):
        raise _error(name, f"is the file for {other[0]} services", "take the one for practitioner services")


def _quarter(name: str, given: str | None, said: list[str]) -> tuple[int, int]:
    """Return the year and the quarter: as given, else as the names and titles say."""
    if given is not None:
        match = _QUARTER.match(given.strip().upper())
        if match is None:
            raise _error(f"--quarter {given}", "is no quarter", "write it as 2026Q4")
        return int(match[1]), int(match[2])
    text = " ".join(said).lower()
    found = {(int(year), int(number)) for year, number in re.findall(_QUARTERS[0], text)}
    found |= {(int(year), int(number)) for number, year in re.findall(_QUARTERS[1], text)}
    found |= {(int(year), (int(month) + 2) // 3) for month, year in re.findall(_EFFECTIVE, text)}
    if len(found) != 1:
        words = "names several quarters" if found else "does not say which quarter it is for"
        raise _error(name, words, "say it with --quarter 2026Q4")
    return found.pop()


def _mue(name: str, lines: pl.Series) -> pl.DataFrame:
    parts = lines.str.extract_groups(_LINES["mue"]).struct.unnest()
    rows = parts.select(code=pl.first(), at_most=pl.nth(1).cast(pl.UInt32)).unique(maintain_order=True).sort("code")
    twice = rows.filter(pl.col("code").is_duplicated()).get_column("code")
    if len(twice):
        raise _error(name, f"gives {twice[0]} two values", "download the file again")
    return rows


def _ptp(name: str, lines: pl.Series, effective: date) -> pl.DataFrame:
    """Read the pairs; those that were deleted before the quarter apply to none of its days and are left out."""
    parts = lines.str.extract_groups(_LINES["ptp"]).struct.unnest()
    texts = parts.select(
        column_1=pl.nth(0), column_2=pl.nth(1), starts=pl.nth(2), deleted=pl.nth(3), modifier=pl.nth(4)
    )
    rows = texts.with_columns(effective=_day("starts"), gone=_day("deleted"))
    if (rows["effective"].is_null() | (rows["deleted"].is_not_null() & rows["gone"].is_null())).any():
        raise _error(name, "holds a date that is none", "download the file again")
    rows = rows.filter(pl.col("gone").is_null() | (pl.col("gone") > effective))
    # On the day of deletion the pair no longer applies.
    rows = rows.select("column_1", "column_2", "effective", "modifier", ended=pl.col("gone").dt.offset_by("-1d"))
    order = ["column_1", "column_2", "effective", "ended", "modifier"]
    return rows.select(order).unique(maintain_order=True).sort(order, nulls_last=False)


def _day(column: str) -> pl.Expr:
    text = pl.col(column)
    return pl.coalesce(text.str.to_date("%Y%m%d", strict=False), text.str.to_date("%m/%d/%Y", strict=False))


def _written(
    folder: Path, holds: str, edition: str, rows: pl.DataFrame, *, overwrite: bool, about: dict[str, object]
) -> Path:
    """Write rows and manifest; the manifest last, so that a half-written edition is none."""
    stem = f"{LISTS[holds]}.{edition.lower()}"
    suffix = "csv" if holds == "mue" else "parquet"
    target, manifest = folder / FOLDER / f"{stem}.{suffix}", folder / FOLDER / f"{stem}.yaml"
    if manifest.exists() and not overwrite:
        raise _error(str(manifest), "is there already", "add --overwrite, or name another folder")
    content = io.BytesIO()
    if holds == "mue":
        rows.write_csv(content)
    else:
        rows.write_parquet(content, compression="zstd")
    data = content.getvalue()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, data)
        _replace(manifest, _manifest(target.name, hashlib.sha256(data).hexdigest(), len(rows), about).encode())
    except OSError as error:
        raise _error(str(folder), f"cannot be written to: {error.strerror or 'it is no folder'}") from None
    return manifest


def _replace(path: Path, data: bytes) -> None:
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        half.write_bytes(data)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def _manifest(file: str, sha256: str, rows: int, about: dict[str, object]) -> str:
    what = "units of one code (MUE)" if about["holds"] == "mue" else "pairs of codes (PTP)"
    note = (
        f"Imported from {about['file_name']} (sha256 {about['sha256']}): {rows:,} rows. CPT codes are the American "
        "Medical Association's; the terms under which CMS gives the file out apply."
    )
    title = f"Medicaid NCCI edits for practitioners, {what}, {about['edition']}, CMS's public file"
    return (
        f"list: {about['list']}\nholds: {about['holds']}\ntitle: {about['title']}\n"
        f"edition: {about['edition']}\nfile: {file}\nsha256: {json.dumps(sha256)}\n"
        f"effective: {about['effective']}\nended: {about['ended']}\nnext_release: {about['next_release']}\n"
        f"source:\n  title: {json.dumps(title)}\n  publisher: CMS\n  form: page\n"
        f"  dated: {json.dumps(str(about['effective']))}\n  url: {URL}\n  read_on: {about['read_on']}\n"
        f"  official: true\n  note: {json.dumps(note)}\n"
    )


def _error(place: str, words: str, fix: str = "") -> CodeSetError:
    return CodeSetError(f"{place}: {words}" + (f"\n  fix: {fix}" if fix else ""))
