"""Delimited text: encodings, delimiters, line ends, and every field as it stands."""

from __future__ import annotations

import pytest

from services.ingest.reading.dialect import detect_dialect
from tests.unit.ingest.reading.steps import Reader


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
