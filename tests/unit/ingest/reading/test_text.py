"""Delimited text: encodings, delimiters, line ends, and every field as it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.reading.dialect import DELIMITERS, detect_dialect
from services.ingest.reading.refusals import Refused
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


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Prénom;Société;Ville\nHélène;Société Générale;Orléans\nFrançois;Crédit Agricole;Besançon\n", "cp1252"),
        ("Nombre;Compañía\nJosé Núñez;Peña e Hijos\nÁngel;Señor Ibáñez\n", "cp1252"),
        ("Vorname;Nachname;Firma\nAda;Weiß;Halden Bau\nBea;Krüger;Krüger Öle\nEmil;Später;Süd\n", "cp1252"),
        ("Imię;Firma\nŁukasz;Żółw\nPaweł;Śląsk\nMałgorzata;Gdańsk\n", "cp1250"),
        ("Imię;Firma\nŁukasz;Żółw\nPaweł;Śląsk\nMałgorzata;Gdańsk\n", "iso8859-2"),
        ("Ad;Şirket\nGökhan;Yıldız İnşaat\nAyşe;Çelik Ağır\n", "cp1254"),
        ("Имя;Компания\nИван;Газпром\nОльга;Ростелеком\n", "cp1251"),
    ],
)
def test_a_short_list_with_a_few_accents_is_read_as_what_its_country_writes(
    read: Reader, text: str, encoding: str
) -> None:
    """Red when the guess takes a rare encoding that fits a little better, or one that makes controls of letters."""
    result = read(text.encode(encoding))
    assert result.found["encoding"] == encoding
    assert [result.names, *result.rows] == [line.split(";") for line in text.splitlines()]


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


LETTERS = {
    "cp1251": "Имя,Город\n" + "Иван Петров,Санкт-Петербург\nМария Сидорова,Нижний Новгород\n" * 20,
    "koi8-r": "Имя,Город\n" + "Иван Петров,Санкт-Петербург\nМария Сидорова,Нижний Новгород\n" * 20,
    "cp1250": "Jméno,Město\n" + "Jiří Dvořák,Plzeň\nŽofie Říhová,Ústí nad Labem\n" * 20,
    "cp1253": "Όνομα,Πόλη\n" + "Γιώργος Παπαδόπουλος,Θεσσαλονίκη\nΕλένη Νικολάου,Αθήνα\n" * 20,
    "shift_jis": "名前,市\n" + "山田太郎,東京都千代田区\n鈴木花子,大阪市北区\n" * 20,
    "gbk": "姓名,城市\n" + "王小明,北京市朝阳区\n李华,上海市浦东新区\n" * 20,
    "big5": "姓名,城市\n" + "王小明,臺北市信義區\n李華,高雄市苓雅區\n" * 20,
    "euc_kr": "이름,도시\n" + "김철수,서울특별시\n이영희,부산광역시\n" * 20,
    "mac-roman": "Nom,Ville\n" + "Hélène Lefèvre,Orléans\nBenoît Gaëtan,Besançon\nZoë Müller,Évry\n" * 20,
}


@pytest.mark.parametrize("encoding", sorted(LETTERS.keys() - {"mac-roman"}))
def test_legacy_letters_are_read_as_they_were_written(read: Reader, encoding: str) -> None:
    """Red when a name comes back in other letters. Mac Roman cannot be told from other encodings of Latin letters by
    looking at it: it has to be said."""
    text = LETTERS[encoding]
    result = read(text.encode(encoding))
    assert [result.header, *result.rows] == [line.split(",") for line in text.splitlines()]


@pytest.mark.parametrize("encoding", LETTERS)
def test_every_encoding_may_be_told(read: Reader, encoding: str) -> None:
    text = "\n".join(LETTERS[encoding].splitlines()[:2])
    result = read(text.encode(encoding), encoding=encoding)
    assert (result.found["encoding"], [result.header, *result.rows]) == (
        encoding,
        [line.split(",") for line in text.splitlines()],
    )


def test_an_encoding_that_does_not_fit_is_refused(read: Reader) -> None:
    for content, encoding in (("Größe\nx\n".encode("cp1252"), "utf-8"), ("Größe\nx\n".encode("utf-16"), "cp1252")):
        with pytest.raises(Refused) as refused:
            read(content, encoding=encoding)
        assert refused.value.code == "option_invalid"


def test_utf_32_is_known_without_its_mark(read: Reader) -> None:
    for encoding in ("utf-32-le", "utf-32-be"):
        result = read("Name,Stadt\nJürgen,Köln\n".encode(encoding))
        assert (result.found["encoding"], result.rows) == (encoding, [["Jürgen", "Köln"]])


def test_the_line_that_names_the_separator_is_no_row(read: Reader) -> None:
    """Red when Excel's `sep=` line becomes the header, or moves the rows' numbers."""
    for first in (b"sep=;\r\n", b'\xef\xbb\xbf"sep=;"\n'):
        result = read(first + b"Name;Note\r\nAcme;a, b, c\r\n")
        assert (result.found["delimiter"], result.names, result.rows) == (";", ["Name", "Note"], [["Acme", "a, b, c"]])
        assert (result.found["header_row"], result.found["skipped_rows"]) == (2, 0)


def test_the_line_that_names_the_separator_is_believed(read: Reader) -> None:
    """Red when what the line names is only looked for among the usual ones."""
    result = read(b"sep=^\nName^Note\nAcme^a, b; c\n")
    assert (result.found["delimiter"], result.rows) == ("^", [["Acme", "a, b; c"]])


def test_delimiter_and_quotation_marks_may_be_told(read: Reader) -> None:
    assert read(b"Name^'a^b'\nAcme^1\n", delimiter="^", quotechar="'").header == ["Name", "a^b"]
    assert read(b'Name,5" pipe\nAcme,"x\n', quotechar="").rows == [["Acme", '"x']]
    assert read(b"a,b;c\n1,2;3\n", delimiter=";").rows == [["1,2", "3"]]
    with pytest.raises(Refused) as refused:
        read(b"Name\nAcme\n", sheet="Leads")
    assert refused.value.code == "option_invalid"


@given(st.text(alphabet=",;\t|\"'\\\n\r ab\u00e9\u201c", max_size=400))
def test_any_sample_gets_a_dialect(sample: str) -> None:
    """Red when the guess fails on a sample, whatever stands in it."""
    if sample.strip():
        assert detect_dialect(sample).delimiter in DELIMITERS
