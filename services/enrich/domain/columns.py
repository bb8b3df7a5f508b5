"""Extra columns somebody asked for in plain words: how they are asked, and which answers are kept.

An answer is of its column's type and stands on words of a source that a program finds there; all others are unknown.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

from services.enrich.domain.evidence import (
    About,
    Texts,
    backing,
    foreign_addresses,
    invented_numbers,
    numbers_of,
    unsaid,
    values_of,
)
from services.enrich.domain.research import UnreadableAnswer
from services.enrich.domain.texts import clean, normalised

ColumnKind = Literal["text", "number", "boolean", "date", "list"]
Value = str | int | float | bool | list[str]
_TEXT_CHARS = 600
_ITEM_CHARS = 120
_MOST_ITEMS = 20
_ADDRESS = re.compile(r"https?://|www\.|\S@\S")
_ASKS_FOR_ADDRESS = re.compile(
    r"\b(?:urls?|links?|web ?sites?|webseite|web page|page|site|address|adresse|e-?mails?|linkedin|profile?|phone|telephone|"
    r"telefon\w*|téléphone|teléfono|telefono|contact|kontakt|correo|courriel)\b",
    re.IGNORECASE,
)
_PART_OF_A_DATE = re.compile(r"\d{4}(?:-\d{2})?")
_TYPES: Mapping[ColumnKind, Any] = {
    "text": ["string", "null"],
    "number": ["number", "null"],
    "boolean": ["boolean", "null"],
    "date": ["string", "null"],
    "list": "array",
}


@dataclass(frozen=True, slots=True)
class Column:
    """`key` names it to the model (`x1`): a name may hold anything."""

    key: str
    name: str
    description: str
    kind: ColumnKind

    def for_model(self) -> dict[str, str]:
        """What is asked."""
        return {"key": self.key, "name": self.name, "description": self.description, "kind": self.kind}


@dataclass(frozen=True, slots=True)
class Answer:
    """A known answer, and where its snippet stands."""

    value: Value
    source_ids: tuple[str, ...]
    snippet: str

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Answer":
        """As it was stored."""
        return cls(told["value"], tuple(told["source_ids"]), told["snippet"])

    def as_json(self) -> dict[str, object]:
        """As the contract has it."""
        return {"value": self.value, "source_ids": list(self.source_ids), "snippet": self.snippet}


def answers_form(columns: Sequence[Column]) -> dict[str, Any]:
    """The JSON schema of the answers to these columns: a value of the column's type or null, and its evidence."""
    return {
        "type": "object",
        "properties": {one.key: _answer_form(one) for one in columns},
        "required": [one.key for one in columns],
        "additionalProperties": False,
    }


def check_answers(
    answer: object, columns: Sequence[Column], texts: Texts, *, about: About | None = None
) -> dict[str, Answer]:
    """The answers by column name; what is unknown, of another type or without evidence is left out.

    Raises UnreadableAnswer when the part of the columns is missing.
    """
    told = cast("Mapping[str, object]", answer).get("extra") if isinstance(answer, Mapping) else None
    if not columns:
        return {}
    if not isinstance(told, Mapping):
        raise UnreadableAnswer("'extra' is not an object")
    entries, about = cast("Mapping[str, object]", told), about or About()
    checked = {one.name: _checked(one, entries.get(one.key), texts, about) for one in columns}
    return {name: found for name, found in checked.items() if found is not None}


def _answer_form(column: Column) -> dict[str, Any]:
    value: dict[str, Any] = {"type": _TYPES[column.kind], "description": f"{column.name}: {column.description}"}
    if column.kind == "list":
        value["items"] = {"type": "string"}
    return {
        "type": "object",
        "properties": {
            "value": value,
            "source_ids": {"type": "array", "items": {"type": "string"}},
            "snippet": {"type": "string"},
        },
        "required": ["value", "source_ids", "snippet"],
        "additionalProperties": False,
    }


def _checked(column: Column, entry: object, texts: Texts, about: About) -> Answer | None:
    told = cast("Mapping[str, object]", entry) if isinstance(entry, Mapping) else {}
    ids, snippet = told.get("source_ids"), told.get("snippet")
    if not isinstance(ids, list) or not isinstance(snippet, str):
        return None
    snippet = clean(snippet, longest=_TEXT_CHARS)
    fault, backed_by = backing(snippet, [str(one) for one in cast("list[object]", ids)], texts)
    if fault:
        return None
    value = _READERS[column.kind](told.get("value"), snippet, " ".join(texts[one].words for one in backed_by))
    if value is None or (
        column.kind in {"text", "list"} and _is_invented(column, value, snippet, backed_by, texts, about)
    ):
        return None
    return Answer(value, backed_by, snippet)


def _is_invented(
    column: Column, value: Value, snippet: str, backed_by: tuple[str, ...], texts: Texts, about: About
) -> bool:
    """Whether an answer in words says more than its source, or names an address that nobody has asked for."""
    said = ", ".join(value) if isinstance(value, list) else str(value)
    asked = _ASKS_FOR_ADDRESS.search(f"{column.name} {column.description}") is not None
    if not asked and foreign_addresses(said, texts):
        return True
    if column.kind == "list":
        return False
    return bool(invented_numbers(said, backed_by, texts) or unsaid(said, snippet, backed_by, texts, about))


def _text(value: object, _snippet: str, whole: str) -> str | None:
    """No address that the source does not name."""
    text = clean(value, longest=_TEXT_CHARS) if isinstance(value, str) else ""
    foreign = [word for word in text.split() if _ADDRESS.search(word) and word.casefold().strip(".,;()") not in whole]
    return None if foreign else text or None


def _number(value: object, snippet: str, _whole: str) -> int | float | None:
    """One that stands in the snippet."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value not in values_of(snippet):
        return None
    return int(value) if float(value).is_integer() else value


def _boolean(value: object, _snippet: str, _whole: str) -> bool | None:
    return value if isinstance(value, bool) else None


def _date(value: object, snippet: str, _whole: str) -> str | None:
    """An ISO date, or the year or month of one, whose year stands in the snippet, and whose day when it has one."""
    text = value.strip() if isinstance(value, str) else ""
    if numbers_of(snippet) >= {text[:4]} and _PART_OF_A_DATE.fullmatch(text):
        return text
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    said = {number.lstrip("0") for number in numbers_of(snippet)}
    return text if {str(day.year), str(day.day)} <= said else None


def _list(value: object, _snippet: str, whole: str) -> list[str] | None:
    """The items that stand in the sources of the snippet."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    texts = [clean(item, longest=_ITEM_CHARS) for item in items if isinstance(item, str)]
    return [text for text in dict.fromkeys(texts) if text and normalised(text) in whole][:_MOST_ITEMS] or None


_READERS = {"text": _text, "number": _number, "boolean": _boolean, "date": _date, "list": _list}
