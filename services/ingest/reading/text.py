"""Text files: which encoding. Strict UTF-8 first, a guess second, and what was guessed is shown."""

import codecs
import re
from pathlib import Path

from services.ingest.reading.refusals import Refused
from services.ingest.reading.sniff import ADVICE

SAMPLE_CHARS = 16 * 1024
_BLOCK_BYTES = 1024 * 1024
_GUESS_BYTES = 256 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TEXT_CONTROLS = frozenset("\t\n\r\v\f\x1a\x00")
_MAX_CONTROL_SHARE = 0.02
_MAX_NUL_SHARE = 0.2
_C1 = re.compile("[\x80-\x84\x86-\x9f]")
"""Control characters of ISO 8859. NEL (0x85) ends lines on mainframes."""
_COMMONEST = "cp1252"
_NEARLY = 0.7
"""Of a short list with a few accents the guesses are close to each other, and the best of them is often a rare encoding."""


def codec_of(encoding: str) -> str:
    """The codec that also takes the mark away which may stand before UTF-8."""
    return "utf-8-sig" if encoding == "utf-8" else encoding


def choose_encoding(path: Path, wanted: str | None) -> str:
    """An encoding that decodes the whole file without an error: the wanted one, or what it looks like.

    Raises Refused (`option_invalid`, `unreadable`).
    """
    if wanted is None:
        return _detect(path)
    bad_at = _first_bad_byte(path, wanted)
    if bad_at is not None:
        raise Refused(
            "option_invalid", f"The file is not {wanted}: byte {bad_at:,} cannot be. Choose another encoding."
        )
    return wanted


def _detect(path: Path) -> str:
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
    fours = len(head) // 4
    if fours:
        nuls = [head[place::4].count(0) / fours for place in range(4)]
        if min(nuls[1:]) > 1 - _MAX_NUL_SHARE > nuls[0]:
            return "utf-32-le"
        if min(nuls[:3]) > 1 - _MAX_NUL_SHARE > nuls[3]:
            return "utf-32-be"
    pairs = len(head) // 2
    if pairs < 2:
        return None
    even, odd = head[0::2].count(0) / pairs, head[1::2].count(0) / pairs
    if odd > _MAX_NUL_SHARE and even < odd / 10:
        return "utf-16-le"
    return "utf-16-be" if even > _MAX_NUL_SHARE and odd < even / 10 else None


def _guess(path: Path, head: bytes, *, bad_at: int) -> str:
    with path.open("rb") as file:
        file.seek(max(0, bad_at - _GUESS_BYTES // 2))
        around = file.read(_GUESS_BYTES)
    for encoding in (*_likely(head if bad_at < len(head) else around), _COMMONEST, "latin-1"):
        if _first_bad_byte(path, encoding) is None:
            return encoding
    return "latin-1"


def _likely(sample: bytes) -> list[str]:
    """What the sample looks like, but what is commonest where it looks nearly as much like that."""
    import chardet

    guesses = chardet.detect_all(sample, ignore_threshold=True)
    found = {
        codecs.lookup(name).name: guess["confidence"]
        for guess in reversed(guesses)
        if (name := guess["encoding"]) and _is_known(name) and not _has_controls(sample, name)
    }
    if not found:
        return []
    best = max(found, key=lambda name: found[name])
    return [_COMMONEST, best] if found.get(_COMMONEST, 0) >= _NEARLY * found[best] else [best]


def _has_controls(sample: bytes, encoding: str) -> bool:
    """Whether bytes that are letters or quotes elsewhere would be control characters: nobody has those in a list."""
    return _C1.search(sample.decode(encoding, "ignore")) is not None


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
            except UnicodeError as error:
                return done + (error.start if isinstance(error, UnicodeDecodeError) else 0)
            if not block:
                return None
            done += len(block)


def read_sample(path: Path, encoding: str, *, chosen: bool = False) -> str:
    """The first 16 KB of text, cut at a line's end. Raises Refused for what is no text, and for blank files.

    When a person has `chosen` the encoding, it is to blame for text that is none.
    """
    with path.open(encoding=codec_of(encoding), newline="") as file:
        sample = file.read(SAMPLE_CHARS)
    if not sample.strip("\ufeff\x00 \t\r\n"):
        raise Refused("no_rows", "There is nothing but blanks in the file.")
    controls = sum(1 for c in sample if (ord(c) < 32 and c not in _TEXT_CONTROLS) or 0x7F <= ord(c) < 0xA0)
    if controls > len(sample) * _MAX_CONTROL_SHARE or sample.count("\x00") > len(sample) * _MAX_NUL_SHARE:
        if chosen:
            raise Refused("option_invalid", f"Read as {encoding} the file is no text: choose another encoding.")
        raise Refused("not_a_table", f"This is a binary file, not a table. {ADVICE}")
    if len(sample) < SAMPLE_CHARS:
        return sample
    cut = max(sample.rfind("\n"), sample.rfind("\r"))
    return sample[: cut + 1] if cut > 0 else sample
