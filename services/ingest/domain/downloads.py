"""A download's headers: which bytes are asked for, and a file name that no name can break out of."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from services.ingest.domain.storage_keys import ExportFormat

MEDIA_TYPES: Mapping[ExportFormat, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
MAX_NAME_CHARS = 150
_MAX_DIGITS = 18
"""Of a byte position: no object is that long, and Python refuses to read numbers of thousands of digits."""

_RANGE = re.compile(rf"bytes=([0-9]{{0,{_MAX_DIGITS}}})-([0-9]{{0,{_MAX_DIGITS}}})", re.IGNORECASE)
_UNSAFE = re.compile(r"[^A-Za-z0-9 ._()-]")
_SEPARATORS = str.maketrans(dict.fromkeys('/\\:*?"<>|', "_"))
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|\Z)", re.IGNORECASE)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that are no part of a name: controls, and marks that turn the reading order to hide an ending."""


@dataclass(frozen=True)
class Download:
    """A file somebody may have: where it lies, what it is called, what it is."""

    key: str
    filename: str
    file_format: ExportFormat


def byte_range(header: str | None, *, size: int) -> tuple[int, int] | None:
    """The first byte and the byte after the last of a single `Range` (RFC 9110, 14.2).

    None when there is none that we serve: then the whole is sent. An empty range (start = end) cannot be satisfied.
    """
    match = _RANGE.fullmatch((header or "").strip())
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        return max(size - int(last), 0), size
    start = int(first)
    if last and int(last) < start:
        return None
    end = min(int(last) + 1, size) if last else size
    return (start, end) if start < size else (size, size)


def result_filename(filename: str, *, file_format: ExportFormat, is_partial: bool = False) -> str:
    """`leads.csv` → `leads-enriched.xlsx`, or `leads-partial.xlsx`."""
    stem = filename.rsplit(".", 1)[0] if "." in filename[1:] else filename
    return f"{stem}-{'partial' if is_partial else 'enriched'}.{file_format}"


def safe_filename(filename: str) -> str:
    """A name that every system can save and that hides nothing: no separators, controls, direction marks, reserved names
    or blanks at its ends, and not too long. Its ending stays."""
    shown = "".join(character for character in filename if unicodedata.category(character) not in _INVISIBLE)
    name = shown.translate(_SEPARATORS).strip(" .")
    stem, dot, ending = name.rpartition(".")
    if dot and len(ending) < 10:
        name = f"{stem[: MAX_NAME_CHARS - len(ending) - 1].strip(' .')}.{ending}".lstrip(".")
    name = name[:MAX_NAME_CHARS].strip(" .") or "download"
    return f"_{name}" if _RESERVED.match(name) else name


def content_disposition(filename: str) -> str:
    """`attachment` with the safe name twice (RFC 6266): an ASCII stand-in, and the name itself percent-encoded (RFC 8187)."""
    name = safe_filename(filename)
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = safe_filename(_UNSAFE.sub("_", folded))
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
