"""Zip and gzip: what is inside, and whether it may be unpacked. Nothing is unpacked in memory, nor without a limit."""

import gzip
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from services.ingest.reading.refusals import Refused
from services.ingest.reading.sniff import ADVICE

MAX_UNPACKED_BYTES = 2 * 1024**3
MAX_UNPACKED_RATIO = 100
RATIO_FREE_BYTES = 64 * 1024**2
"""Whatever unpacks to less than this may have any ratio."""

ZipKind = Literal["xlsx", "xlsb", "ods", "archive"]

_BLOCK_BYTES = 1024 * 1024
_NAMES_SHOWN = 5
_MAX_ENTRIES = 20_000
_LOCAL_HEADER_BYTES = 30
_CLUTTER = frozenset({"thumbs.db", "desktop.ini"})
_OTHER_DOCUMENTS = {
    "word/": "a Word document",
    "ppt/": "a PowerPoint presentation",
    "Index/Document.iwa": "an Apple document",
    "META-INF/MANIFEST.MF": "a Java archive",
}
_MANIFEST = "META-INF/manifest.xml"
_MANIFEST_BYTES = 1024 * 1024
_ODS_MIMETYPES = (b"application/vnd.oasis.opendocument.spreadsheet", b"application/vnd.oasis.opendocument.template")
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError)
"""What unpacking says of damage. RuntimeError is zipfile's word for a way of packing it does not
know, and for a password, which is looked for before."""


def open_zip(path: Path) -> zipfile.ZipFile:
    """The archive, its index read. Raises Refused: `unreadable`, `archive_bomb`, `encrypted`."""
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGED as error:
        raise Refused("unreadable", "The archive is damaged or was cut off: save it again.") from error
    entries = archive.infolist()
    _refuse_bomb(entries, size=path.stat().st_size)
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused("encrypted", "What is in the archive has a password: remove it and pack it again.")
    return archive


def kind_of_zip(archive: zipfile.ZipFile) -> ZipKind:
    """Which kind of workbook a zip archive is, or a plain archive. Raises Refused: `not_a_table`, `encrypted`."""
    names = set(archive.namelist())
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return "xlsb" if "xl/workbook.bin" in names else "xlsx"
    if "content.xml" in names and "mimetype" in names:
        mimetype = read_part(archive, "mimetype", max_bytes=200)
        if mimetype.startswith(_ODS_MIMETYPES):
            _refuse_ods_password(archive)
            return "ods"
        raise Refused("not_a_table", f"This is a text, drawing or presentation, not a table. {ADVICE}")
    for start, what in _OTHER_DOCUMENTS.items():
        if any(name.startswith(start) for name in names):
            raise Refused("not_a_table", f"This is {what}, not a table. {ADVICE}")
    return "archive"


def _refuse_ods_password(archive: zipfile.ZipFile) -> None:
    """In OpenDocument the parts are encrypted, not the archive."""
    if _MANIFEST in archive.namelist() and b"encryption-data" in read_part(
        archive, _MANIFEST, max_bytes=_MANIFEST_BYTES
    ):
        raise Refused("encrypted", "The workbook has a password: remove it and save it again.")


def read_part(archive: zipfile.ZipFile, name: str, *, max_bytes: int) -> bytes:
    """The beginning of an entry. Raises Refused (`unreadable`)."""
    try:
        with archive.open(name) as part:
            return part.read(max_bytes)
    except (*_DAMAGED, KeyError) as error:
        raise Refused("unreadable", f"{name} in the file is damaged or missing: save it again.") from error


def unpack_zip(archive: zipfile.ZipFile, target: Path) -> str:
    """Write the one file of a plain archive to `target`; answers its name.

    Raises Refused: `not_a_table` for none, `several_files`, `archive_bomb`, `unreadable`.
    """
    entries = [entry for entry in archive.infolist() if not _is_clutter(entry)]
    if not entries:
        raise Refused("not_a_table", f"There is no file in the archive. {ADVICE}")
    if len(entries) > 1:
        shown = ", ".join(repr(_shown(entry.filename)) for entry in entries[:_NAMES_SHOWN])
        more = f" and {len(entries) - _NAMES_SHOWN:,} more" if len(entries) > _NAMES_SHOWN else ""
        raise Refused(
            "several_files", f"There are {len(entries):,} files in the archive ({shown}{more}): send each alone."
        )
    (entry,) = entries
    try:
        with archive.open(entry) as source:
            _copy(source, target, packed_bytes=entry.compress_size)
    except _DAMAGED as error:
        raise Refused("unreadable", "The archive is damaged or was cut off: pack it again.") from error
    return _shown(entry.filename)


def unpack_gzip(path: Path, target: Path) -> None:
    """Write what a gzip file holds to `target`. Raises Refused: `archive_bomb`, `unreadable`."""
    try:
        with gzip.open(path) as source:
            _copy(source, target, packed_bytes=path.stat().st_size)
    except _DAMAGED as error:
        raise Refused("unreadable", "The gzip file is damaged or was cut off: pack it again.") from error


def _copy(source: IO[bytes] | gzip.GzipFile, target: Path, *, packed_bytes: int) -> None:
    done = 0
    with target.open("wb") as file:
        while block := source.read(_BLOCK_BYTES):
            done += len(block)
            refuse_ratio(done, packed_bytes=packed_bytes)
            file.write(block)


def refuse_ratio(unpacked_bytes: int, *, packed_bytes: int) -> None:
    """Raises Refused (`archive_bomb`) for more than may come out of so little."""
    if unpacked_bytes > MAX_UNPACKED_BYTES:
        raise Refused("archive_bomb", f"It unpacks to more than {MAX_UNPACKED_BYTES:,} bytes, which is the limit.")
    if unpacked_bytes > RATIO_FREE_BYTES and unpacked_bytes > packed_bytes * MAX_UNPACKED_RATIO:
        raise Refused(
            "archive_bomb", f"It unpacks to more than {MAX_UNPACKED_RATIO} times its size, which is the limit."
        )


def _refuse_bomb(entries: Sequence[zipfile.ZipInfo], *, size: int) -> None:
    if len(entries) > _MAX_ENTRIES:
        raise Refused("archive_bomb", f"There are {len(entries):,} files in it; {_MAX_ENTRIES:,} is the limit.")
    refuse_ratio(sum(entry.file_size for entry in entries), packed_bytes=size)
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise Refused("archive_bomb", "Files in the archive overlap each other, as only an archive bomb's do.")
        end = entry.header_offset + _LOCAL_HEADER_BYTES + entry.compress_size


def _is_clutter(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if entry.is_dir() or path.parts[:1] == ("__MACOSX",):
        return True
    return path.name.startswith(".") or path.name.lower() in _CLUTTER


def _shown(name: str) -> str:
    return "".join(character for character in name if character.isprintable())[-100:]
