"""Text files: which encoding, which delimiter. Strict UTF-8 first, a guess second, and what was guessed is shown."""

import codecs
import csv
from dataclasses import dataclass
from pathlib import Path

from services.ingest.reading.refusals import Refused

SAMPLE_CHARS = 16 * 1024
_BLOCK_BYTES = 1024 * 1024
_GUESS_BYTES = 256 * 1024
_DELIMITERS = (",", ";", "\t", "|")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TEXT_CONTROLS = frozenset("\t\n\r\v\f\x1a\x00")
_MAX_CONTROL_SHARE = 0.02
_MAX_NUL_SHARE = 0.2


@dataclass(frozen=True)
class Dialect:
    """How the fields of a text file are separated and quoted."""

    delimiter: str
    quotechar: str = '"'
    escapechar: str | None = None


def detect_encoding(path: Path) -> str:
    """A Python codec that decodes the whole file without an error. Raises Refused (`not_a_table`) for what is no text."""
    with path.open("rb") as file:
        head = file.read(_GUESS_BYTES)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return _must_decode(path, name)
    if wide := _wide_without_bom(head):
        return _must_decode(path, wide)
    bad_at = _first_bad_byte(path, "utf-8")
    if bad_at is None:
        return "utf-8"
    return _guess(path, head, bad_at=bad_at)


def _must_decode(path: Path, encoding: str) -> str:
    bad_at = _first_bad_byte(path, encoding)
    if bad_at is not None:
        raise Refused(
            "unreadable", f"The file says it is {encoding.upper()}, but byte {bad_at:,} is not: save it again."
        )
    return encoding


def _wide_without_bom(head: bytes) -> str | None:
    pairs = len(head) // 2
    if pairs < 2:
        return None
    even, odd = head[0::2].count(0) / pairs, head[1::2].count(0) / pairs
    if odd > _MAX_NUL_SHARE and even < odd / 10:
        return "utf-16-le"
    return "utf-16-be" if even > _MAX_NUL_SHARE and odd < even / 10 else None


def _guess(path: Path, head: bytes, *, bad_at: int) -> str:
    import chardet

    with path.open("rb") as file:
        file.seek(max(0, bad_at - _GUESS_BYTES // 2))
        around = file.read(_GUESS_BYTES)
    guess = chardet.detect(head if bad_at < len(head) else around)["encoding"]
    for encoding in (guess, "cp1252", "latin-1"):
        if encoding and _is_known(encoding) and _first_bad_byte(path, encoding) is None:
            return codecs.lookup(encoding).name
    return "latin-1"


def _is_known(encoding: str) -> bool:
    try:
        codecs.lookup(encoding)
    except LookupError:
        return False
    return True


def _first_bad_byte(path: Path, encoding: str) -> int | None:
    """Where strict decoding fails; None when it does not."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    done = 0
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK_BYTES)
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return done + error.start
            if not block:
                return None
            done += len(block)


def read_sample(path: Path, encoding: str) -> str:
    """The first 16 KB of text, cut at a line's end. Raises Refused for what is no text and for blank files."""
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(SAMPLE_CHARS)
    if not sample.strip("\ufeff\x00 \t\r\n"):
        raise Refused("no_rows", "There is nothing but blanks in the file.")
    controls = sum(1 for c in sample if (ord(c) < 32 and c not in _TEXT_CONTROLS) or 0x7F <= ord(c) < 0xA0)
    if controls > len(sample) * _MAX_CONTROL_SHARE or sample.count("\x00") > len(sample) * _MAX_NUL_SHARE:
        raise Refused("not_a_table", "This is a binary file, not a table. Send the table as XLSX or CSV.")
    if len(sample) < SAMPLE_CHARS:
        return sample
    cut = max(sample.rfind("\n"), sample.rfind("\r"))
    return sample[: cut + 1] if cut > 0 else sample


def detect_dialect(sample: str) -> Dialect:
    """Delimiter and quoting of a sample; a file of one column counts as comma-separated."""
    import clevercsv

    if not any(delimiter in sample for delimiter in _DELIMITERS):
        return Dialect(",")
    try:
        found = clevercsv.Sniffer().sniff(sample, delimiters=list(_DELIMITERS))
    except (clevercsv.Error, csv.Error):
        found = None
    delimiter = found.delimiter if found and found.delimiter in _DELIMITERS else _commonest(sample)
    quotechar = "'" if found and found.quotechar == "'" and '"' not in sample else '"'
    escapes = bool(found and found.escapechar == "\\" and f"\\{quotechar}" in sample)
    return Dialect(delimiter, quotechar, "\\" if escapes else None)


def _commonest(sample: str) -> str:
    first = sample.lstrip().splitlines()[0]
    return max(_DELIMITERS, key=lambda delimiter: (first.count(delimiter), sample.count(delimiter)))
