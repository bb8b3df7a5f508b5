"""A download's headers: which bytes are asked for, and a file name that no name can break out of."""

import re
import unicodedata
from urllib.parse import quote

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_UNSAFE = re.compile(r"[^A-Za-z0-9 ._()-]")


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


def result_filename(filename: str, *, file_format: str) -> str:
    """`leads.csv` → `leads-enriched.xlsx`."""
    stem = filename.rsplit(".", 1)[0] if "." in filename[1:] else filename
    return f"{stem}-enriched.{file_format}"


def content_disposition(filename: str) -> str:
    """`attachment` with the name twice (RFC 6266): an ASCII stand-in, and the name itself percent-encoded."""
    folded = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode()
    plain = _UNSAFE.sub("_", folded).strip() or "download"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
