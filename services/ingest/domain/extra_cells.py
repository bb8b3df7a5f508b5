"""An extra column's answer as a cell of its kind."""

from collections.abc import Mapping
from datetime import date
from typing import Any

ExtraCell = str | int | float | bool | date | None


def extra_cell(answer: Mapping[str, Any] | None, *, kind: str) -> ExtraCell:
    """The value in its kind: a list is joined by `; `, a date is one where it is written as one. Unknown stays blank.

    What does not fit its kind is kept as text: nothing that was found is lost.
    """
    value = None if answer is None else answer.get("value")
    match value:
        case None:
            return None
        case list():
            return "; ".join(str(part) for part in value) or None
        case bool():
            return value if kind == "boolean" else str(value).lower()
        case int() | float():
            return value if kind == "number" else str(value)
        case _:
            return _date_or_text(str(value)) if kind == "date" else str(value)


def _date_or_text(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text
