"""What a person decided about how a file is to be read. What is left open the reader decides, and says how."""

import codecs
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from libs.common.errors import Invalid

ENCODINGS = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-32-le",
    "utf-32-be",
    *(f"cp{number}" for number in range(1250, 1259)),
    *(f"cp{number}" for number in (437, 850, 852, 866, 874, 932, 949, 950)),
    *(f"iso8859-{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)),
    "mac-roman",
    "mac-latin2",
    "mac-cyrillic",
    "mac-greek",
    "mac-turkish",
    "koi8-r",
    "koi8-u",
    "shift_jis",
    "euc_jp",
    "iso2022_jp",
    "gb18030",
    "gbk",
    "big5",
    "euc_kr",
)
"""Those a person may choose from, as the API shows them."""

MAX_HEADER_ROW = 1000
"""How far down the header may lie. Rows above it are left out."""
MAX_SHEET_CHARS = 255
_NO_DELIMITERS = frozenset("\r\n\0\ufeff")
_BY_CODEC = {codecs.lookup(name).name: name for name in ENCODINGS}


@dataclass(frozen=True)
class ReadingOptions:
    """None: decide yourself. `header_row` counts the file's rows from 1, and 0 says that there is no header;
    `quotechar` "" says that nothing is quoted."""

    encoding: str | None = None
    delimiter: str | None = None
    quotechar: str | None = None
    header_row: int | None = None
    sheet: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Only what was decided."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def checked_options(wanted: Mapping[str, Any]) -> ReadingOptions:
    """Options that can be meant, the encoding by its canonical name. Raises Invalid (`option_invalid`), with the choices."""
    options = ReadingOptions(**wanted)
    if options.header_row is not None and not 0 <= options.header_row <= MAX_HEADER_ROW:
        raise _invalid("header_row", f"header_row is {options.header_row}: give 0 for none, or 1 to {MAX_HEADER_ROW:,}")
    for name, allows_none in (("delimiter", False), ("quotechar", True)):
        _check_character(name, getattr(options, name), allows_none=allows_none)
    if options.delimiter is not None and options.delimiter == options.quotechar:
        raise _invalid("quotechar", "delimiter and quotechar are the same character: they must differ")
    if options.encoding is None:
        return options
    return replace(options, encoding=_known_encoding(options.encoding))


def _check_character(name: str, value: str | None, *, allows_none: bool) -> None:
    if value is None or (allows_none and value == ""):
        return
    if len(value) != 1 or value in _NO_DELIMITERS:
        raise _invalid(name, f"{name} {value!r} is not one character that can stand in a line: give a single one")


def _known_encoding(name: str) -> str:
    try:
        return _BY_CODEC[codecs.lookup(name).name]
    except (LookupError, ValueError):
        msg = f"the encoding {name!r} is not one that is read: choose one of those in `choices`"
        raise Invalid(msg, code="option_invalid", extra={"option": "encoding", "choices": list(ENCODINGS)}) from None


def _invalid(option: str, msg: str) -> Invalid:
    return Invalid(msg, code="option_invalid", extra={"option": option})
