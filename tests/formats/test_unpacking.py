"""Archives and UTF-16: read through where that is safe, refused in words where it is not."""

from __future__ import annotations

import gzip
import io
import re
import struct
import zipfile

import pytest

from billing.errors import InputError, UsageError
from billing.formats import read, unpacking
from tests.x12_files import as_bytes, interchange, simple_body, transaction

CLAIMS = as_bytes(interchange(transaction(simple_body(2, 1))))
MORE = as_bytes(interchange(transaction(simple_body(3, 1))))


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def refused(data: bytes, name: str) -> str:
    with pytest.raises(InputError) as error:
        read(data, name=name)
    return str(error.value)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_the_files_of_a_zip_archive_are_read_in_its_order(method: int) -> None:
    files = {"may.837": CLAIMS, "__MACOSX/._may.837": b"x", "sub/": b"", "sub/june.837": MORE, ".DS_Store": b"y"}
    batch = read(zipped(files, method), name="batch.zip")
    assert [source.name for source in batch.sources] == ["batch.zip/may.837", "batch.zip/sub/june.837"]
    assert [source.subset(batch.claims["claim_key"]) for source in batch.sources] == [CLAIMS, MORE]
    assert batch.claims["claim_key"].to_list() == [0, 1, 2, 3, 4]


def test_a_gzip_file_is_read_under_its_own_name_and_written_unpacked() -> None:
    batch = read(gzip.compress(CLAIMS), name="may.837.gz")
    assert [source.name for source in batch.sources] == ["may.837"]
    assert batch.sources[0].subset(batch.claims["claim_key"]) == CLAIMS


def test_gzip_files_behind_each_other_and_zeros_at_the_end_are_one_file() -> None:
    half = len(CLAIMS) // 2
    packed = gzip.compress(CLAIMS[:half]) + gzip.compress(CLAIMS[half:]) + b"\0" * 512
    batch = read(packed, name="may.837.gz")
    assert batch.sources[0].subset(batch.claims["claim_key"]) == CLAIMS


@pytest.mark.parametrize("path", ["../../etc/may.837", "C:\\claims\\may.837", "/abs/may.837", "a\x1b[31m/may.837"])
def test_a_path_in_an_archive_leads_nowhere(path: str) -> None:
    name = read(zipped({path: CLAIMS}), name="b.zip").sources[0].name
    assert re.fullmatch(r"b\.zip/[^\x1b:.]*/?may\.837", name)


DAMAGED = {
    "ends too early": (
        gzip.compress(CLAIMS)[:-9],
        "b: the packed file ends too early (gzip)\n  fix: ask for the file again, and check that the transfer finished",
    ),
    "something behind": (
        gzip.compress(CLAIMS) + b"garbage",
        (
            "b: something that is not packed stands behind the packed file\n"
            "  fix: ask for the file again, and check that the transfer finished"
        ),
    ),
    "wrong checksum": (
        gzip.compress(CLAIMS)[:-8] + b"\0\0\0\0" + gzip.compress(CLAIMS)[-4:],
        "b: the packed file is damaged (gzip)\n  fix: ask for the file again, and check that the transfer finished",
    ),
    "zip cut short": (
        zipped({"may.837": CLAIMS})[:-30],
        "b: the archive is damaged (zip)\n  fix: ask for the file again, and check that the transfer finished",
    ),
    "zip with a wrong checksum": (
        zipped({"may.837": CLAIMS}, zipfile.ZIP_STORED).replace(b"CLM*C0", b"CLM*C9"),
        "b: the archive is damaged (zip)\n  fix: ask for the file again, and check that the transfer finished",
    ),
    "empty zip": (
        zipped({}),
        "b: the archive holds no file\n  fix: name the 837P file, or an archive that holds it",
    ),
    "zip in zip": (
        zipped({"in.zip": zipped({"may.837": CLAIMS})}),
        "b/in.zip: this is an archive within an archive\n  fix: unpack it, and name the files in it",
    ),
    "gzip in gzip": (
        gzip.compress(gzip.compress(CLAIMS)),
        "b: this is an archive within an archive\n  fix: unpack it, and name the files in it",
    ),
    "an archive with a picture": (
        zipped({"may.837": CLAIMS, "scan.png": b"\x89PNG\r\n\x1a\n"}),
        "b/scan.png: the file is a picture\n  fix: export the claims as an 837P file, as JSON Lines, or as a table (CSV, XLSX)",
    ),
    "UTF-16 cut in a character": (
        CLAIMS.decode().encode("utf-16")[:-1],
        'b: the text is in UTF-16 ("Unicode") and damaged\n  fix: save it as plain text or UTF-8',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_what_cannot_be_unpacked_is_refused_with_what_to_do(name: str) -> None:
    data, message = DAMAGED[name]
    assert refused(data, "b") == message


def test_an_encrypted_archive_is_refused() -> None:
    data = bytearray(zipped({"may.837": CLAIMS}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark) + offset
        data[at : at + 2] = struct.pack("<H", 1)
    assert refused(bytes(data), "b.zip") == (
        "b.zip/may.837: the file is encrypted\n  fix: unpack the archive with its password, and name the files"
    )


def test_what_unpacks_to_more_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(unpacking.LIMIT_VARIABLE, "2 KB")
    message = (
        "unpacked, {} more than 2e-06 GB\n  fix: send it in parts, or set CLEANCLAIM_UNPACKED_LIMIT to a larger size, "
        "such as 2GB"
    ).replace("2e-06 GB", "0.002 MB")
    assert refused(gzip.compress(MORE * 2), "b") == "b: " + message.format("the file has")
    both = zipped({"a.837": CLAIMS, "b.837": CLAIMS})
    assert refused(both, "b.zip") == "b.zip: " + message.format("its files have")
    monkeypatch.setenv(unpacking.LIMIT_VARIABLE, "4KB")
    assert len(read(both, name="b.zip").claims) == 4


def test_a_limit_that_is_no_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(unpacking.LIMIT_VARIABLE, "much")
    with pytest.raises(UsageError, match=r"CLEANCLAIM_UNPACKED_LIMIT: this is no size\n  fix: write a number of bytes"):
        read(gzip.compress(CLAIMS))


def test_what_unpacks_to_hundreds_of_times_its_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "FREE", 10_000)
    assert refused(gzip.compress(b"ISA*" + b"0" * 10**6), "b") == (
        "b: unpacked, the file is more than 300 times as large, which no claims file is\n"
        "  fix: ask who sent it, and unpack it yourself if it is what it should be"
    )


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_as_its_text(codec: str) -> None:
    text = CLAIMS.decode().replace("SAMPLE", "MUÑOZ")
    batch = read(text.encode(codec), name="may.837")
    assert batch.claims["member_last_name"].to_list() == ["MUÑOZ", "MUÑOZ"]
    assert batch.sources[0].subset(batch.claims["claim_key"]) == text.encode()


def test_utf_16_in_an_archive_and_json_are_read_likewise() -> None:
    batch = read(zipped({"may.837": CLAIMS.decode().encode("utf-16")}), name="b.zip")
    assert len(batch.claims) == 2
    line = '{"claim_id": "C1", "charge": "1.00", "lines": [{"line_number": 1, "charge": "1.00"}]}\n'
    assert read(line.encode("utf-16"), name="c.jsonl").claims["claim_id"].to_list() == ["C1"]


def test_a_workbook_is_no_archive_of_claims() -> None:
    assert refused(zipped({"xl/workbook.xml": b"<x/>"}), "b.xlsx").startswith("b.xlsx: the workbook cannot be read")


def test_a_large_archive_is_unpacked_to_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "LARGE", 1_000)
    for data, name in ((gzip.compress(CLAIMS), "may.837.gz"), (CLAIMS.decode().encode("utf-16"), "may.837")):
        batch = read(data, name=name)
        assert batch.sources[0].subset(batch.claims["claim_key"]) == CLAIMS
        assert batch.sources[0].subset(batch.claims["claim_key"].head(1)) == read(CLAIMS).sources[0].subset(
            batch.claims["claim_key"].head(1)
        )
