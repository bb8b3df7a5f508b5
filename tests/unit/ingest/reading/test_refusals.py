"""What is no table, or too much of one, is refused by name."""

from __future__ import annotations

import gzip

import pytest

from services.ingest.reading.refusals import Refused
from tests.unit.ingest.reading.steps import LIMIT, Reader, workbook, zipped


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "empty_file", "empty"),
        (b" \n\t\r\n", "no_rows", "blanks"),
        (b"Name,City\n", "no_rows", "header"),
        (b"Name,City\n\n,\n", "no_rows", "header"),
        (b"%PDF-1.7\n%\xe2\xe3", "not_a_table", "PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not_a_table", "PNG"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "not_a_table", "JPEG"),
        (b"<!DOCTYPE html><html><body>a,b", "not_a_table", "web page"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><a/>', "not_a_table", "XML"),
        (b'{"leads": [{"name": "Acme, Inc"}]}', "not_a_table", "JSON"),
        (b'{"name": "Acme"}\n{"name": "Beta"}\n', "not_a_table", "JSON"),
        (bytes(range(256)) * 64, "not_a_table", "binary"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "unreadable", "old Office"),
        (gzip.compress(b""), "empty_file", "empty"),
        (gzip.compress(b"Name,City\nAcme,Bonn\n")[:-9], "unreadable", "cut off"),
        (gzip.compress(gzip.compress(b"Name\nAcme\n")), "nested_archive", "archive in the archive"),
        (zipped({"notes.zip": zipped({"a.csv": b"Name\nAcme\n"})}), "nested_archive", "archive in the archive"),
        (zipped({"a.csv": b"Name\nAcme\n", "b.csv": b"Name\nBeta\n"}), "several_files", "'a.csv', 'b.csv'"),
        (zipped({"__MACOSX/._a.csv": b"x", ".DS_Store": b"x"}), "not_a_table", "no file in the archive"),
        (zipped({"[Content_Types].xml": b"<a/>", "word/document.xml": b"<a/>"}), "not_a_table", "Word"),
        (
            zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<a/>"}),
            "not_a_table",
            "text",
        ),
        (zipped({"[Content_Types].xml": b"<a/>", "xl/workbook.bin": b""}), "unreadable", "cannot be read"),
        (workbook(("Leads", [["Name"], ["Acme"]]))[:-200], "unreadable", "cut off"),
        (zipped({"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<broken"}), "unreadable", "cannot be read"),
        (workbook(("Leads", [["Name"]])), "no_rows", "header"),
        (workbook(("Leads", [])), "no_rows", "No visible sheet"),
        ("Name;City\nÄ".encode("utf-16")[:-1], "unreadable", "UTF-16"),
        (b'Name,City\n"never closed,Bonn\n' + b"x" * 1_100_000, "unreadable", "quotation mark"),
        (b",".join(b"c%d" % n for n in range(1001)) + b"\n1\n", "too_large", "columns"),
        (b"Name," + b"x" * 2001 + b"\nAcme,Bonn\n", "too_large", "The header of column 2 has 2,001 characters"),
        (b"Name\nAcme\n" + b",".join([b"x" * 700_000] * 3) + b"\n", "too_large", "Row 2 below the header"),
    ],
    ids=lambda part: "file" if isinstance(part, bytes) else part,
)
def test_what_is_no_table_is_refused_by_name(read: Reader, content: bytes, code: str, words: str) -> None:
    """Red when a hostile or a useless file is read, or refused without saying what to do."""
    with pytest.raises(Refused) as refused:
        read(content, max_text_chars=10 * LIMIT)
    assert (refused.value.code, words in refused.value.detail) == (code, True), refused.value.detail


def test_a_zip_bomb_is_refused_before_it_is_unpacked(read: Reader) -> None:
    """P8. Red when the archive's declared sizes are not looked at."""
    bomb = zipped(
        {"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<a/>", "xl/sharedStrings.xml": b"a" * 80_000_000}
    )
    with pytest.raises(Refused) as refused:
        read(bomb)
    assert refused.value.code == "archive_bomb"


def test_the_text_of_all_cells_together_is_limited(read: Reader) -> None:
    """Red when only the archive is limited: one shared string may stand in a million cells."""
    book = workbook(("Leads", [["Name"], *[["x" * 1000]] * 2000]))
    with pytest.raises(Refused) as refused:
        read(book)
    assert (refused.value.code, "characters" in refused.value.detail) == ("too_large", True)
