"""Columns: a name of its own for every header, whatever the sheet calls them, and a type guessed from values."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal

ColumnType = Literal[
    "empty", "text", "integer", "number", "boolean", "date", "datetime", "time", "email", "url", "phone", "mixed"
]

MAX_NAME_CHARS = 120
_BLANKS = re.compile(r"\s+")
_SHAPES: tuple[tuple[ColumnType, re.Pattern[str]], ...] = (
    ("email", re.compile(r"[^\s@,;]+@[^\s@,;]+\.[^\s@,;]{2,}")),
    ("integer", re.compile(r"[+-]?(0|[1-9]\d{0,14})")),
    ("number", re.compile(r"[+-]?(\d+([.,]\d+)?|\d{1,3}([.,' ]\d{3})+([.,]\d+)?)")),
    ("boolean", re.compile(r"true|false|yes|no", re.IGNORECASE)),
    ("date", re.compile(r"\d{4}-\d\d?-\d\d?|\d\d?[./]\d\d?[./]\d{2,4}")),
    ("datetime", re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")),
    ("url", re.compile(r"https?://\S+|(www\.)?[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}(/\S*)?", re.IGNORECASE)),
    ("phone", re.compile(r"(\+|00)?[\d][\d\s().\-/]{6,20}(\s*(x|ext\.?)\s*\d+)?|\(\d+\)[\d\s.\-/]{5,20}")),
)
_AGREEMENT = 0.9


def distinct_names(headers: Sequence[str], *, width: int) -> list[str]:
    """A name for each of `width` columns: the header, "Name (2)" for its second use, "Column 5" where there is none."""
    cleaned = [_BLANKS.sub(" ", header).strip()[:MAX_NAME_CHARS] for header in headers]
    cleaned += [""] * (width - len(cleaned))
    taken: set[str] = set()
    reserved = {name for name in cleaned if name}
    names: list[str] = []
    for index, wanted in enumerate(cleaned):
        name = base = wanted or f"Column {index + 1}"
        count = 1
        while name in taken or (name != wanted and name in reserved):
            count += 1
            name = f"{base} ({count})"
        taken.add(name)
        names.append(name)
    return names


def type_of_text(text: str) -> ColumnType:
    """What a piece of text looks like."""
    text = text.strip()
    for kind, shape in _SHAPES:
        if shape.fullmatch(text):
            return kind
    return "text"


def type_of_value(value: object) -> ColumnType:
    """The type of one cell; text is looked into."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, datetime):
        return "datetime"
    if isinstance(value, date):
        return "date"
    if isinstance(value, (time, timedelta)):
        return "time"
    return type_of_text(value) if isinstance(value, str) else "empty"


def column_type(values: Iterable[object]) -> ColumnType:
    """The type that nine of ten filled cells share. Integers pass for numbers; otherwise "text", or "mixed" without text."""
    kinds: Iterable[ColumnType] = (type_of_value(value) for value in values)
    counts: Counter[ColumnType] = Counter(kind for kind in kinds if kind != "empty")
    filled = counts.total()
    if not filled:
        return "empty"
    kind, count = counts.most_common(1)[0]
    if count >= filled * _AGREEMENT:
        return kind
    if counts["integer"] + counts["number"] >= filled * _AGREEMENT:
        return "number"
    return "text" if counts["text"] else "mixed"
