"""What a file is, by its content and never by its name."""

import re
import zipfile
from pathlib import Path
from typing import Literal

import orjson

from services.ingest.reading.refusals import Refused

Kind = Literal["xlsx", "csv"]

HEAD_BYTES = 64 * 1024
MAX_UNPACKED_BYTES = 4 * 1024**3
MAX_UNPACKED_RATIO = 200
_RATIO_FREE_BYTES = 64 * 1024**2

_ADVICE = "Send the table as XLSX or CSV."
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "an image, sound or film"),
    (b"{\\rtf", "an RTF document"),
    (b"%!PS", "a PostScript document"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
)
_OTHER_TABLES: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls) or one with a password"),
    (b"\x1f\x8b", "a gzip archive"),
)
_MARKUP = re.compile(rb"<(!doctype|html|\?xml|svg|head|body|table)\b", re.IGNORECASE)
_OPEN_XML_SHEET = "xl/workbook.xml"
_OPEN_XML_OTHERS = {"word/": "a Word document", "ppt/": "a PowerPoint presentation"}


def sniff(path: Path) -> Kind:
    """The kind of a file that we can read. Raises Refused: `empty_file`, `not_a_table`, `wrong_type`, `too_large`."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise Refused("empty_file", "The file is empty.")
    for magic, name in _FOREIGN:
        if head.startswith(magic):
            raise Refused("not_a_table", f"This is {name}, not a table. {_ADVICE}")
    for magic, name in _OTHER_TABLES:
        if head.startswith(magic):
            raise Refused("wrong_type", f"This is {name}, which is not read. {_ADVICE}")
    if head.startswith(b"PK"):
        return _sniff_zip(path)
    _refuse_markup(head, whole=len(head) < HEAD_BYTES)
    return "csv"


def _sniff_zip(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            mimetype = archive.read("mimetype")[:100] if "mimetype" in archive.namelist() else b""
    # RuntimeError is what zipfile says of a password, and its subclass of a compression that it does not know.
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError) as error:
        raise Refused("unreadable", "The workbook is damaged or was cut off: save it again.") from error
    names = {entry.filename for entry in entries}
    _refuse_bomb(entries, path.stat().st_size)
    if "[Content_Types].xml" in names and _OPEN_XML_SHEET in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        raise Refused("wrong_type", f"This is a binary Excel workbook (.xlsb), which is not read. {_ADVICE}")
    if b"opendocument.spreadsheet" in mimetype:
        raise Refused("wrong_type", f"This is an OpenDocument sheet (.ods), which is not read. {_ADVICE}")
    for folder, name in _OPEN_XML_OTHERS.items():
        if any(entry.startswith(folder) for entry in names):
            raise Refused("not_a_table", f"This is {name}, not a table. {_ADVICE}")
    raise Refused("not_a_table", f"This is a zip archive without a sheet in it. {_ADVICE}")


def _refuse_bomb(entries: list[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED_BYTES:
        raise Refused("too_large", f"The workbook unpacks to {unpacked:,} bytes; {MAX_UNPACKED_BYTES:,} is the limit.")
    if unpacked > _RATIO_FREE_BYTES and unpacked > size * MAX_UNPACKED_RATIO:
        raise Refused(
            "too_large",
            f"The workbook unpacks to {unpacked // max(size, 1)} times its size; {MAX_UNPACKED_RATIO} is the limit.",
        )


def _refuse_markup(head: bytes, *, whole: bool) -> None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _MARKUP.match(start):
        raise Refused("not_a_table", f"This is a web page or XML, not a table. {_ADVICE}")
    if start[:1] in {b"{", b"["} and _is_json(start, whole=whole):
        raise Refused("not_a_table", f"This is JSON, not a table. {_ADVICE}")


def _is_json(start: bytes, *, whole: bool) -> bool:
    first_line = start.split(b"\n", 1)[0]
    for text in [start, first_line] if whole else [first_line]:
        try:
            return isinstance(orjson.loads(text), (dict, list))
        except orjson.JSONDecodeError:
            continue
    return not whole and start[1:].lstrip()[:1] in {b'"', b"{", b"["}
