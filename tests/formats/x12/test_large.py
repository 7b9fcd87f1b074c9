"""A file read in windows gives what the whole file gives, and gives its claims back as the whole file does."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest

import billing
from billing import formats
from billing.batch import Batch
from billing.errors import InputError
from billing.formats.mapped import MappedFile
from billing.formats.x12 import delimiters, large
from billing.formats.x12.claims837 import read_837
from billing.formats.x12.large import read_large
from tests.x12_files import as_bytes, billing_loop, claim, interchange, simple_body, subscriber_loop, transaction

DEPENDENT = [
    *billing_loop(1), *subscriber_loop(2, 1, member="S1", child="1"),
    "HL*3*2*23*0", "PAT*19", "NM1*QC*1*CHILD*TOM", "N3*2 ELM ST", "N4*TOPEKA*KS*66603", "DMG*D8*20150301*M",
    *claim("D1"), *claim("D2"), *subscriber_loop(4, 1, member="S2"), *claim("D3"),
    *billing_loop(5), *subscriber_loop(6, 5, member="S3"), *claim("D4"), "CLX*BAD", *claim("X")[1:],
    *subscriber_loop(7, 5, member="S4"), *claim("D5"),
]  # fmt: skip
ELIGIBILITY = ["ST*271*0007*005010X279A1", "BHT*0022*11*1*20260601*1319", "HL*1**20*1", "NM1*PR*2*ABC*****PI*1",
               "HL*2*1*21*1", "NM1*1P*2*CLINIC*****XX*1234567893", "HL*3*2*22*0", "NM1*IL*1*DOE*J****MI*9",
               "SE*9*0007"]  # fmt: skip
MIXED = interchange(transaction(simple_body(3, 1)), ELIGIBILITY, transaction(DEPENDENT, "0002"))
FILES = {
    "one transaction": as_bytes(interchange(transaction(simple_body(9, 2)))),
    "several transactions": as_bytes(
        interchange(transaction(simple_body(3, 1)), transaction(simple_body(2, 2), "0002"))
    ),
    "dependents and a lost claim": b"\xef\xbb\xbf" + as_bytes(interchange(transaction(DEPENDENT)), line_end=""),
    "a foreign transaction between": as_bytes(MIXED),
    "line ends of Windows": as_bytes(MIXED, line_end="\r\n"),
    "line ends as terminators": as_bytes(MIXED, terminator="\n", line_end=""),
    "a terminator of Latin-1, and names": as_bytes(
        interchange(transaction([part.replace("SAMPLE", "MUÑOZ") for part in simple_body(4)])), terminator="\x85"
    ),
    "empty segments and padding": as_bytes(interchange(transaction(simple_body(4)))).replace(b"~\nHL", b"~~\n ~\n\nHL"),
    "no trailers": as_bytes(interchange(transaction(simple_body(4)))[:-3]),
    "claims behind the end of their transaction": as_bytes(
        [part for part in interchange(transaction(DEPENDENT)) if part[:2] != "SE"]
    ),
    "other delimiters behind": as_bytes(interchange(transaction(simple_body(3, 1))))
    + as_bytes(interchange(transaction(simple_body(3, 1))), terminator="!", element="|"),
}
FRAMES = ("claims", "lines", "malformed", "unreadable", "file_findings")
SAMPLES = Path(__file__).resolve().parents[3] / "claims_samples"
SIZES = [300]


def outcome(read: object, *arguments: object, **more: object) -> Batch | str:
    try:
        return read(*arguments, **more)  # type: ignore[operator,no-any-return]
    except InputError as error:
        return str(error)


def _of_counts() -> pl.Expr:
    """Counts, numbers and trailers are told of a large file as findings alone."""
    codes = (pl.col(name).is_not_null() for name in ("set_error", "group_error", "interchange_error"))
    return pl.any_horizontal(*codes) & (pl.col("cause") != "set_not_supported")


def assert_alike(whole: Batch | str, parts: Batch | str, *, breaches: bool = True) -> None:
    if isinstance(whole, str) or isinstance(parts, str):
        assert whole == parts
        return
    for frame in FRAMES:
        assert getattr(parts, frame).equals(getattr(whole, frame)), frame
    if breaches:
        assert parts.breaches.drop("position").equals(whole.breaches.drop("position"))
        assert parts.syntax_errors.equals(whole.syntax_errors.filter(~_of_counts()))
    [source], [windowed] = whole.sources, parts.sources
    keys = whole.claims.get_column("claim_key")
    assert windowed.unreadable() == source.unreadable()
    assert windowed.sha256 == source.sha256
    for kept in (keys, keys.head(1), keys.gather_every(2), keys.slice(1)):
        assert windowed.subset(kept) == source.subset(kept)
        assert windowed.subset(kept, control_number=7) == source.subset(kept, control_number=7)
    places = whole.lines.select("claim_key", "line_key", "position", x12=pl.lit("2400 SV102"), column=pl.lit("charge"))
    of_members = places.with_columns(x12=pl.lit("2010BA NM109"), column=pl.lit("member.id"))
    asked = pl.concat([places, of_members, of_members.with_columns(x12=pl.lit("2300 REF*G1"))])
    assert windowed.positions(asked).equals(source.positions(asked))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("size", SIZES)
def test_windows_read_one_by_one_give_what_the_whole_file_gives(name: str, size: int) -> None:
    assert_alike(read_837(FILES[name], "x.837"), read_large(FILES[name], "x.837", window=size))


def test_keys_of_a_second_file_follow_on() -> None:
    data = FILES["one transaction"]
    whole = read_837(data, "x.837", first_claim_key=10, first_line_key=100)
    assert_alike(whole, read_large(data, "x.837", first_claim_key=10, first_line_key=100, window=300))


@pytest.mark.parametrize("seed", range(8))
def test_files_that_were_damaged_are_read_alike(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 to damage files, the same way each time
    data = bytearray(FILES[chance.choice(list(FILES))])
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(data))
        change = chance.choice(["cut", "byte", "double", "lose segment", "swap"])
        if change == "cut":
            del data[at : at + chance.randint(1, 40)]
        elif change == "byte":
            data[at] = chance.choice(b"~*:\n\r\0A1 HLCSI")
        elif change == "double":
            data[at:at] = data[at : at + chance.randint(1, 300)]
        else:
            stop = data.find(b"~", data.find(b"~", at) + 1)
            del data[data.find(b"~", at) : stop if stop > at else at + 1]
    size = chance.choice([1, 300, 900])
    whole, parts = outcome(read_837, bytes(data), "x.837"), outcome(read_large, bytes(data), "x.837", window=size)
    # What a broken envelope is called may depend on the window: which claims there are must not.
    assert_alike(whole, parts, breaches=False)


def test_a_segment_without_end_is_refused_however_the_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimiters, "LONGEST", 300)
    data = FILES["one transaction"]
    assert_alike(outcome(read_837, data, "x.837"), outcome(read_large, data, "x.837", window=500))
    endless = data[:900] + b"J" * 301 + data[900:]
    for read in (read_837, read_large):
        assert outcome(read, endless, "x.837") == (
            "x.837: a segment has more than 0 MB and no end, which no claim has\n"
            "  fix: send the 837P file as your billing software wrote it"
        )


def test_a_large_file_of_another_kind_is_refused_before_it_is_read() -> None:
    data = as_bytes(interchange(ELIGIBILITY))
    assert outcome(read_large, data, "x.837") == outcome(read_837, data, "x.837")
    assert str(outcome(read_large, data, "x.837")).startswith("x.837: no professional claims")


def test_a_mapped_file_is_read_as_its_bytes_are_and_not_when_it_was_changed(tmp_path: Path) -> None:
    data = FILES["several transactions"]
    path = tmp_path / "may.837"
    path.write_bytes(data)
    batch = read_837(MappedFile.of(path, "may.837"), "x.837")
    assert_alike(read_837(data, "x.837"), batch)
    path.write_bytes(data + b" ")
    with pytest.raises(InputError, match=r"^may\.837: the file was changed while it was being checked\n  fix: wait"):
        batch.sources[0].subset(batch.claims.get_column("claim_key"))
    with pytest.raises(InputError, match=r"^may\.837: the file was changed"):
        batch.sources[0].subset(batch.claims.get_column("claim_key").head(1))


def test_a_large_file_is_checked_and_written_as_a_small_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codesets = billing.load_codesets(programs=["ks-chw"])
    path = tmp_path / "may.837"
    path.write_bytes((SAMPLES / "ks_chw.837").read_bytes())

    def written(folder: str) -> dict[str, bytes]:
        billing.validate(path, codesets, received="2026-11-22").write(tmp_path / folder)
        return {file.name: file.read_bytes() for file in (tmp_path / folder).iterdir()}

    small = written("small")
    monkeypatch.setattr(formats, "LARGE", 1)
    monkeypatch.setattr(large, "WINDOW", 2_000)
    assert written("large") == small
