"""Reading strangers' files: type by content, text as it stands, types as they are, rows in their places."""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Protocol

import openpyxl
import orjson
import pytest

from services.ingest.reading.child import read_in_process
from services.ingest.reading.process import LINE_LIMIT
from services.ingest.reading.refusals import Refused
from services.ingest.reading.segmenter import Segment, Segmenter
from services.ingest.reading.survey import MAX_HEADER_CHARS
from services.ingest.reading.text import detect_dialect
from services.ingest.segments import MAX_CHUNK_BYTES, MAX_ROW_BYTES, Cell, cell_from_json, decode_row

LIMIT = 1_000_000


@dataclass
class Read:
    """What a file was read as."""

    rows: list[list[Cell]]
    found: dict[str, Any]

    @property
    def names(self) -> list[str]:
        return [column["name"] for column in self.found["columns"]]

    @property
    def header(self) -> list[Cell]:
        return [cell_from_json(column["header"]) for column in self.found["columns"]]


def rows_of(segment: Segment) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for place in segment.chunks:
        member = segment.data[place.byte_offset : place.byte_offset + place.byte_length]
        lines = gzip.decompress(member).split(b"\n")
        assert len(lines) == place.row_count
        rows += [decode_row(line) for line in lines]
    return rows


class Reader(Protocol):
    """Reads bytes as a file."""

    def __call__(self, content: bytes, *, max_text_chars: int = LIMIT) -> Read: ...


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    def run(content: bytes, *, max_text_chars: int = LIMIT) -> Read:
        path = tmp_path / "file"
        path.write_bytes(content)
        *segments, found = read_in_process(path, max_text_chars=max_text_chars)
        rows: list[list[Cell]] = []
        for segment in segments:
            assert isinstance(segment, Segment)
            rows += rows_of(segment)
        assert isinstance(found, dict)
        assert found["row_count"] == len(rows)
        return Read(rows, found)

    return run


def workbook(*sheets: tuple[str, list[list[Any]]], hidden: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name in hidden:
            sheet.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zipped(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_delimiter_and_line_end_is_understood(read: Reader, delimiter: str, newline: str) -> None:
    lines = [["Name", "City", "Size"], ["Acme, Inc", "Köln", "00123"], ['the "best"', "a;b|c", "=1+1"]]
    quoted = [delimiter.join('"' + field.replace('"', '""') + '"' for field in line) for line in lines]
    result = read(newline.join(quoted).encode())
    assert result.found["delimiter"] == delimiter
    assert result.names == lines[0]
    assert result.rows == lines[1:]


@pytest.mark.parametrize(
    ("sample", "delimiter"),
    [
        ("a,b,c\n1,2,3\n4,5,6\n", ","),
        ("name;price\nAcme;1,5\nBeta;2,75\n", ";"),
        ("name|note\nAcme|a, b, c\nBeta|d, e, f\n", "|"),
        ("name\tnote\nAcme\ta, b\nBeta\tc; d\n", "\t"),
        ("Email\na@b.example\nc@d.example\n", ","),
        ("only one line, with a comma", ","),
    ],
)
def test_the_delimiter_is_the_one_that_makes_columns(sample: str, delimiter: str) -> None:
    assert detect_dialect(sample).delimiter == delimiter


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
    ],
)
def test_unicode_is_read_with_and_without_its_mark(read: Reader, encoding: str, shown: str) -> None:
    text = "Name,Stadt\nJürgen,Köln\nZoë,Łódź\n"
    result = read(text.encode(encoding))
    assert result.found["encoding"] == shown
    assert result.names == ["Name", "Stadt"]
    assert result.rows == [["Jürgen", "Köln"], ["Zoë", "Łódź"]]


def test_a_legacy_encoding_is_guessed_when_strict_utf_8_fails(read: Reader) -> None:
    text = "Name;Straße;Ort\n" + "Jürgen Müller;Königstraße 5;München\nBärbel Groß;Fährweg 3;Köln\n" * 20
    result = read(text.encode("cp1252"))
    assert result.found["encoding"] in {"cp1252", "iso8859-1", "iso8859-15"}
    assert result.rows[0] == ["Jürgen Müller", "Königstraße 5", "München"]


def test_a_bad_byte_far_into_the_file_still_counts(read: Reader) -> None:
    """Red when only the head is looked at: the reader would fail after thousands of rows."""
    text = b"Name,City\n" + b"Acme,Berlin\n" * 200_000 + "Jürgen,München\n".encode("cp1252")
    assert read(text, max_text_chars=10**9).rows[-1][0] == "Jürgen"


def test_line_breaks_and_blanks_inside_quotes_stay(read: Reader) -> None:
    """P1. Red when a cell is trimmed, or cut into rows."""
    result = read(b'Name,Note\nAcme,"two\nlines\r\nand  blanks "\n')
    assert result.rows == [["Acme", "two\nlines\r\nand  blanks "]]


def test_ragged_rows_lose_nothing(read: Reader) -> None:
    """P1. Red when cells beyond the header are dropped."""
    result = read(b"Name,City\nAcme\nBeta,Bonn,extra,more\n")
    assert result.rows == [["Acme"], ["Beta", "Bonn", "extra", "more"]]
    assert result.names == ["Name", "City", "Column 3", "Column 4"]
    assert result.header == ["Name", "City", None, None]


def test_blank_rows_between_others_are_rows_and_at_the_end_they_are_not(read: Reader) -> None:
    """Red when blank rows are dropped: later rows would move up and take each other's results."""
    result = read(b"\n\nName,City\nAcme,Bonn\n\n,\nBeta,Ulm\n\n,\n\n")
    assert result.rows == [["Acme", "Bonn"], [], [], ["Beta", "Ulm"]]
    assert result.found["header_row"] == 3


def test_duplicate_and_empty_headers_keep_their_text_and_get_names(read: Reader) -> None:
    result = read(b"Name,,Name,Name \na,b,c,d\n")
    assert result.names == ["Name", "Column 2", "Name (2)", "Name (3)"]
    assert result.header == ["Name", None, "Name", "Name "]


def test_nuls_are_taken_out(read: Reader) -> None:
    assert read(b"Name,City\nAc\0me,Bonn\n").rows == [["Acme", "Bonn"]]


def test_sample_and_mapping_come_with_the_count(read: Reader) -> None:
    lines = [f"Person {n},p{n}@acme.example,Acme" for n in range(1, 31)]
    result = read("\n".join(["Contact,E-Mail,Firma", *lines]).encode())
    assert result.found["row_count"] == 30
    assert result.found["sample"] == [[f"Person {n}", f"p{n}@acme.example", "Acme"] for n in range(1, 11)]
    assert result.found["mapping"] == {"full_name": 0, "email": 1, "company": 2}
    assert [column["type"] for column in result.found["columns"]] == ["text", "email", "text"]


def test_cells_of_a_workbook_keep_their_types(read: Reader) -> None:
    """P1. Red when a leading zero, a date or a number becomes something else."""
    row: list[Any] = [
        "00123",
        42,
        1.5,
        True,
        date(2024, 2, 3),
        datetime(2024, 2, 3, 4, 5, 6),  # noqa: DTZ001 - sheets know no zones
        time(4, 5, 6),
        timedelta(hours=30),
        None,
        "end",
    ]
    result = read(workbook(("Leads", [["h"] * 10, row])))
    assert result.rows == [row]
    assert [type(cell) for cell in result.rows[0]] == [type(cell) for cell in row]
    assert (result.found["kind"], result.found["sheet"]) == ("xlsx", "Leads")


def test_the_first_visible_sheet_with_rows_is_taken(read: Reader) -> None:
    book = workbook(
        ("Secret", [["Name"], ["hidden"]]),
        ("Empty", []),
        ("Title", [["only a header"]]),
        ("Leads", [["Name"], ["Acme"]]),
        hidden=("Secret",),
    )
    result = read(book)
    assert result.found["sheet"] == "Leads"
    assert result.rows == [["Acme"]]


def test_empty_columns_and_rows_before_a_table_are_part_of_the_sheet(read: Reader) -> None:
    result = read(workbook(("Leads", [[], [None, "Name", "City"], [None, "Acme", "Bonn"]])))
    assert result.header == [None, "Name", "City"]
    assert result.rows == [[None, "Acme", "Bonn"]]
    assert result.found["header_row"] == 2


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
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "wrong_type", ".xls"),
        (gzip.compress(b"Name,City\nAcme,Bonn\n"), "wrong_type", "gzip"),
        (zipped(**{"notes.txt": b"hello"}), "not_a_table", "zip"),
        (zipped(**{"[Content_Types].xml": b"<a/>", "word/document.xml": b"<a/>"}), "not_a_table", "Word"),
        (zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "wrong_type", ".ods"),
        (zipped(**{"[Content_Types].xml": b"<a/>", "xl/workbook.bin": b""}), "wrong_type", ".xlsb"),
        (workbook(("Leads", [["Name"], ["Acme"]]))[:-200], "unreadable", "cut off"),
        (zipped(**{"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<broken"}), "unreadable", "cannot be read"),
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
        **{"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<a/>", "xl/sharedStrings.xml": b"a" * 80_000_000}
    )
    with pytest.raises(Refused) as refused:
        read(bomb)
    assert refused.value.code == "too_large"


def test_the_text_of_all_cells_together_is_limited(read: Reader) -> None:
    """Red when only the archive is limited: one shared string may stand in a million cells."""
    book = workbook(("Leads", [["Name"], *[["x" * 1000]] * 2000]))
    with pytest.raises(Refused) as refused:
        read(book)
    assert (refused.value.code, "characters" in refused.value.detail) == ("too_large", True)


def segments_of(rows: list[list[Cell]], names: list[str]) -> list[Segment]:
    segmenter = Segmenter()
    found = [segmenter.add(row, names=names, names_bytes=sum(map(len, names)) + 2 * len(names)) for row in rows]
    return [segment for segment in [*found, segmenter.finish()] if segment]


def test_a_chunk_has_at_most_fifty_rows_and_a_segment_two_thousand() -> None:
    """P8. Red when what is held in memory grows with the rows."""
    segments = segments_of([[f"row {n}"] for n in range(1, 4322)], ["Name"])
    assert [segment.rows_read for segment in segments] == [2000, 4000, 4321]
    chunks = [chunk for segment in segments for chunk in segment.chunks]
    assert [chunk.chunk_no for chunk in chunks] == list(range(87))
    assert {chunk.row_count for chunk in chunks[:-1]} == {50}
    assert [chunk.first_row_no for chunk in chunks] == list(range(1, 4322, 50))


def test_a_chunk_stays_under_its_bytes_whatever_the_rows_hold() -> None:
    """Red when chunks are closed by rows alone: an event of 50 long rows would burst its limit."""
    wide: list[list[Cell]] = [["ö" * 1990 for _ in range(20)] for _ in range(40)]
    (segment,) = segments_of(wide, [f"a rather long column name {n}" for n in range(20)])
    assert all(chunk.row_count <= MAX_CHUNK_BYTES // (20 * 1990 * 2) for chunk in segment.chunks)
    long: list[Cell] = ["x" * 300_000]
    (segment,) = segments_of([long, ["a"], long], ["Name"])
    assert [chunk.row_count for chunk in segment.chunks] == [3], "cells are cut for the wire, so these fit"


def test_a_chunk_unpacks_to_a_megabyte_or_to_one_row(read: Reader) -> None:
    """P8. Red when chunks are closed by what they have on the wire or packed: 20 rows of 500,000 equal characters would be
    44 KB that unpack to 10 MB, and the dispatcher unpacks 16 chunks at once."""
    lengths = [*[500_000] * 20, 1_500_000, 1, MAX_ROW_BYTES - len('[""]')]
    rows: list[list[Cell]] = [["x" * length] for length in lengths]
    stored = [
        gzip.decompress(segment.data[place.byte_offset : place.byte_offset + place.byte_length])
        for segment in segments_of(rows, ["Name"])
        for place in segment.chunks
    ]
    assert [len(lines.split(b"\n")) for lines in stored] == [*[2] * 10, 1, 1, 1]
    assert max(map(len, stored)) <= MAX_ROW_BYTES
    assert read(b"Name\n" + b"x" * 1_000_000 + b"\n", max_text_chars=10**7).found["row_count"] == 1


def test_the_longest_word_of_the_reading_child_fits_its_line(read: Reader) -> None:
    """Red when a header or a sample may be longer than the parent reads at once: it would break off and tell nobody why."""
    # What the file begins with is text, so that it is taken for a table.
    header = ",".join(
        f"{number:03}" + ("a" if number < 10 else "\x01") * (MAX_HEADER_CHARS - 3) for number in range(1000)
    )
    row = ",".join(["\x01" * 349] * 1000)
    found = read("\n".join([header, *[row] * 10]).encode(), max_text_chars=10**8).found
    assert len(orjson.dumps({"found": found})) < LINE_LIMIT
