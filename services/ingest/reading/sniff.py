"""What a file is, by its content and never by its name."""

import mmap
import re
from pathlib import Path
from typing import Literal

import orjson

from services.ingest.reading.refusals import Refused

Content = Literal["csv", "xls", "zip", "gzip"]

HEAD_BYTES = 64 * 1024
ADVICE = "Send the table as XLSX or CSV."

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
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS: tuple[tuple[str, str], ...] = (
    ("WordDocument", "an old Word document"),
    ("PowerPoint Document", "an old PowerPoint presentation"),
    ("__substg1.0_", "an Outlook message"),
)
_XLS_PASSWORD = re.compile(
    # The workbook's first record, BIFF8 or BIFF5, perhaps one against writing, and then that of a password.
    rb"\x09\x08(\x10\x00\x00\x06\x05\x00.{12}|\x08\x00\x00\x05\x05\x00.{4})(\x86\x00\x00\x00)?\x2f\x00",
    re.DOTALL,
)
_MARKUP = re.compile(rb"<(!doctype|html|\?xml|svg|head|body|table)\b", re.IGNORECASE)


def sniff(path: Path) -> Content:
    """What the file is, as far as its first bytes say. Raises Refused: `empty_file`, `not_a_table`, `encrypted`."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise Refused("empty_file", "The file is empty.")
    for magic, name in _FOREIGN:
        if head.startswith(magic):
            raise Refused("not_a_table", f"This is {name}, not a table. {ADVICE}")
    if head.startswith(_OLE):
        _refuse_other_ole(path)
        return "xls"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"PK"):
        return "zip"
    _refuse_markup(head, whole=len(head) < HEAD_BYTES)
    return "csv"


def _refuse_other_ole(path: Path) -> None:
    """The container of old Office files holds much: the names of its streams tell."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find("EncryptedPackage".encode("utf-16-le")) >= 0 or _XLS_PASSWORD.search(content):
            raise Refused("encrypted", "The workbook has a password: remove it and save it again.")
        if any(content.find(name.encode("utf-16-le")) >= 0 for name in ("Workbook", "Book")):
            return
        for name, what in _OLE_STREAMS:
            if content.find(name.encode("utf-16-le")) >= 0:
                raise Refused("not_a_table", f"This is {what}, not a table. {ADVICE}")
    raise Refused("unreadable", "This is an old Office file without a workbook in it, or a damaged one: save it again.")


def _refuse_markup(head: bytes, *, whole: bool) -> None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _MARKUP.match(start):
        raise Refused("not_a_table", f"This is a web page or XML, not a table. {ADVICE}")
    if start[:1] in {b"{", b"["} and _is_json(start, whole=whole):
        raise Refused("not_a_table", f"This is JSON, not a table. {ADVICE}")


def _is_json(start: bytes, *, whole: bool) -> bool:
    first_line = start.split(b"\n", 1)[0]
    for text in [start, first_line] if whole else [first_line]:
        try:
            return isinstance(orjson.loads(text), (dict, list))
        except orjson.JSONDecodeError:
            continue
    return not whole and start[1:].lstrip()[:1] in {b'"', b"{", b"["}
