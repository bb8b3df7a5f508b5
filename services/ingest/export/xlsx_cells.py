"""Cells as SpreadsheetML (ECMA-376 part 1, 18.3.1.4), each with the type it has.

No text can become a formula here: text is written as an inline string, and a formula would be another element.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from html import escape

from services.ingest.segments import Cell, text_of

MAX_CELL_CHARS = 32_767
"""What Excel takes in one cell, counted in UTF-16 units."""

_DATE, _DATETIME, _TIME, _DURATION = 1, 2, 3, 4

_DAY = timedelta(days=1)
# Serial 60 is the 29th of February 1900, which never was; before it, days count from one day later.
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - sheets know no zones
_FIRST_DAY = date(1900, 1, 1)
_LEAP_BUG_ENDS = date(1900, 3, 1)
_EXACT_INTEGERS = 2**53

_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")

TEXT_OPEN, TEXT_CLOSE = ' t="inlineStr"><is><t>', "</t></is></c>"
"""Around the text of a cell, behind its reference."""
KEPT_OPEN = ' t="inlineStr"><is><t xml:space="preserve">'
"""The same for text that may have blanks or line ends: there they are kept."""


def is_plain(lines: str) -> bool:
    """Whether nothing but markup keeps XML from taking every text of stored lines as it stands.

    JSON writes control characters and quotes with a backslash, so that a look at the lines tells for all cells at once.
    Blanks at the ends of a cell must be kept, which takes more than its text.
    """
    return (
        "\\" not in lines
        and "_x" not in lines
        and '" ' not in lines
        and ' "' not in lines
        and len(lines) <= MAX_CELL_CHARS // 2
        and (lines.isascii() or ("\uffff" not in lines and "\ufffe" not in lines))
    )


def without_markup(line: str) -> str:
    """A plain line with every text as it stands in XML; the line itself where it has no markup."""
    if "&" in line:
        line = line.replace("&", "&amp;")
    if "<" in line:
        line = line.replace("<", "&lt;")
    return line.replace(">", "&gt;") if ">" in line else line


def escaped(text: str) -> tuple[str, bool]:
    """A text as it stands in XML, and whether it had to be cut to what a cell can hold."""
    cut = len(text) > MAX_CELL_CHARS // 2 and len(text.encode("utf-16-le", "surrogatepass")) // 2 > MAX_CELL_CHARS
    if cut:
        text = _cut(text)
    if text.isprintable() and "<" not in text and ">" not in text and "&" not in text and "_x" not in text:
        return text, cut
    return _UNWRITABLE.sub(_written_out, escape(text, quote=False)), cut


def escaped_json(text: str) -> tuple[str, bool]:
    """The same for text that is JSON: no control character can be in it, and most of it need not be looked at."""
    if len(text) > MAX_CELL_CHARS // 2 or "<" in text or "&" in text or ">" in text or "_x" in text or "\uffff" in text:
        return escaped(text)
    return (text, False) if "\ufffe" not in text else escaped(text)


def _as_text(text: str) -> str:
    return f"{TEXT_OPEN}{text}{TEXT_CLOSE}"


def _cut(text: str) -> str:
    marker = f" …[cut: {len(text):,} characters, a cell holds {MAX_CELL_CHARS:,}; the CSV has them all]"
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * (MAX_CELL_CHARS - len(marker))]
    return units.decode("utf-16-le", "ignore") + marker


def _written_out(match: re.Match[str]) -> str:
    """What XML cannot hold, in Excel's own notation (`_xHHHH_`); a carriage return as a character reference."""
    character = match[0]
    if character == "\r":
        return "&#13;"
    return "\ufffd" if character > "\ud7ff" else f"_x{ord(character):04X}_"


def number_xml(value: float) -> str:
    """A number; one that a cell cannot hold exactly, or at all (NaN, infinity), stays text."""
    if math.isfinite(value) and (isinstance(value, float) or abs(value) <= _EXACT_INTEGERS):
        return f"><v>{value!r}</v></c>"
    return _as_text(str(value))


def _bool_xml(value: bool) -> str:
    return f' t="b"><v>{value:d}</v></c>'


def _date_xml(value: date) -> str:
    return _instant_xml(datetime(value.year, value.month, value.day), value, _DATE)  # noqa: DTZ001


def _datetime_xml(value: datetime) -> str:
    return _instant_xml(value, value, _DATETIME)


def _instant_xml(at: datetime, value: date | datetime, style: int) -> str:
    if at.tzinfo is not None or at.date() < _FIRST_DAY:
        return _as_text(text_of(value))
    serial = (at - _EPOCH) / _DAY - (at.date() < _LEAP_BUG_ENDS)
    return _styled(serial, style)


def _time_xml(value: time) -> str:
    span = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
    return _styled(span / _DAY, _TIME)


def _duration_xml(value: timedelta) -> str:
    return _as_text(text_of(value)) if value < timedelta(0) else _styled(value / _DAY, _DURATION)


def _styled(serial: float, style: int) -> str:
    number = int(serial) if serial.is_integer() else serial
    return f' s="{style}"><v>{number!r}</v></c>'


WRITERS: Mapping[type, Callable[[Cell], str]] = {
    int: number_xml,
    float: number_xml,
    bool: _bool_xml,
    date: _date_xml,
    datetime: _datetime_xml,
    time: _time_xml,
    timedelta: _duration_xml,
}  # pyright: ignore[reportAssignmentType] - each is called with its own type only
"""By exact type: what stands between a cell's reference and its end."""
