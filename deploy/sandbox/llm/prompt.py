"""Reads the JSON that a prompt carries, whatever stands around it, and tolerates what it does not know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from json import JSONDecodeError, JSONDecoder
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson

_DECODER = JSONDecoder()
_MOST_TRIES = 20
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_FREE_MAIL = frozenset(
    {"gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "gmx.de", "web.de", "icloud.com", "mail.example"}
)
_TITLES = frozenset({"dr", "prof", "mr", "mrs", "ms", "herr", "frau", "ing", "dipl"})


class Source(NamedTuple):
    """A text the model may quote."""

    id: str
    url: str
    title: str
    text: str
    host: str
    """The site it comes from."""
    date: str = ""


class Statement(NamedTuple):
    """A checked statement the line may use."""

    id: str
    text: str
    category: str


class Column(NamedTuple):
    """A question in plain words, and of which kind its answer is."""

    question: str
    kind: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is asked of the model."""

    task: str
    row: dict[str, str]
    sources: list[Source]
    statements: list[Statement]
    offer: str
    language: str
    max_words: int
    tone: str
    """Its name alone."""
    forbidden: tuple[str, ...]
    """Words and phrases that must not be written."""
    columns: dict[str, Column]
    """What is asked besides, by its key."""
    products: list[dict[str, str]]
    """What may be offered, each with its `id`."""

    company: str
    """The company of the row."""
    person: str
    """The full name of the row's person."""
    domain: str
    """The company's site: from the website, else from a business address."""

    def cell(self, *roles: str) -> str:
        """The first of these cells that is filled."""
        return _cell(self.row, *roles)

    @property
    def first_name(self) -> str:
        """The name to greet with."""
        given = self.cell("first_name", "given_name")
        if given:
            return given
        last_first = self.person.split(",", 1)
        names = (last_first[1] if len(last_first) == 2 else self.person).split()
        return next((name for name in names if name.strip(".").casefold() not in _TITLES), "")


def read_prompt(messages: list[dict[str, Any]]) -> Prompt | None:
    """The prompt in the last message that carries a JSON object, or nothing."""
    for message in reversed(messages):
        payload = _payload(text_of(message))
        if payload is not None:
            return _prompt(payload)
    return None


def text_of(message: dict[str, Any]) -> str:
    """The text of a message, which may come in parts."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _payload(text: str) -> dict[str, Any] | None:
    if text.startswith("{"):
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            value = None
        if isinstance(value, dict):
            return value
    at = text.find("{")
    for _ in range(_MOST_TRIES):
        if at < 0:
            break
        try:
            value, _end = _DECODER.raw_decode(text, at)
        except (JSONDecodeError, RecursionError):
            value = None
        if isinstance(value, dict) and ({"row", "sources", "statements", "task"} & set(value)):
            return value
        at = text.find("{", at + 1)
    return None


def _prompt(payload: dict[str, Any]) -> Prompt:
    row = payload.get("row")
    cells = {_cell_name(name): _text(value) for name, value in (row or {}).items()}
    statements = [_statement(entry, nth) for nth, entry in enumerate(_objects(payload.get("statements")), start=1)]
    words = payload.get("max_words")
    return Prompt(
        task=str(payload.get("task") or ("line" if "statements" in payload else "research")),
        row=cells,
        sources=[_source(entry, nth) for nth, entry in enumerate(_objects(payload.get("sources")), start=1)],
        statements=statements,
        offer=_offer(payload.get("product")) or _offer(payload.get("offer")),
        language=(_text(payload.get("language")) or "en")[:2].lower(),
        max_words=words if isinstance(words, int) and words > 0 else 35,
        tone=_text(payload.get("tone")).partition(":")[0],
        forbidden=_texts(payload.get("forbidden_words")),
        columns={_text(one.get("key")): _column(one) for one in _objects(payload.get("columns"))},
        products=[{name: _text(value) for name, value in one.items()} for one in _objects(payload.get("products"))],
        company=_cell(cells, "company", "company_name", "organization", "organisation", "account", "employer"),
        person=_person(cells),
        domain=_domain(cells),
    )


def _cell(row: dict[str, str], *roles: str) -> str:
    for role in roles:
        if value := row.get(role):
            return value
    return ""


def _person(row: dict[str, str]) -> str:
    whole = _cell(row, "full_name", "name", "contact", "person")
    parts = (_cell(row, "first_name", "given_name"), _cell(row, "last_name", "surname", "family_name"))
    return whole or " ".join(part for part in parts if part)


def _domain(row: dict[str, str]) -> str:
    website = _cell(row, "website", "domain", "url", "company_website", "company_url")
    if website:
        host = urlsplit(website if "//" in website else f"https://{website}").hostname or ""
        return host.removeprefix("www.")
    host = _cell(row, "email", "e_mail", "email_address", "mail").rpartition("@")[2].lower()
    return "" if host in _FREE_MAIL else host


def _source(entry: dict[str, Any], nth: int) -> Source:
    url = _text(entry.get("url") or entry.get("link"))
    return Source(
        id=_text(entry.get("id")) or f"s{nth}",
        url=url,
        title=_text(entry.get("title")),
        text=_text(entry.get("text") or entry.get("snippet") or entry.get("content")),
        host=_host(url),
        date=_text(entry.get("date")),
    )


@lru_cache(maxsize=1024)
def _host(url: str) -> str:
    return url.partition("//")[2].partition("/")[0].partition("?")[0].lower().removeprefix("www.")


@lru_cache(maxsize=1024)
def _cell_name(column: str) -> str:
    return _NOT_WORD.sub("_", column.lower()).strip("_")


def _statement(entry: dict[str, Any], nth: int) -> Statement:
    return Statement(
        id=_text(entry.get("id")) or str(nth),
        text=_text(entry.get("text")),
        category=_text(entry.get("category") or entry.get("kind") or entry.get("about") or entry.get("section")),
    )


def _column(entry: dict[str, Any]) -> Column:
    return Column(f"{_text(entry.get('name'))} {_text(entry.get('description'))}", _text(entry.get("kind")))


def _offer(value: object) -> str:
    if isinstance(value, dict):
        return next((_text(value[key]) for key in ("product", "name", "title", "pitch", "text") if value.get(key)), "")
    return _text(value)


def _objects(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _texts(value: object) -> tuple[str, ...]:
    return tuple(filter(None, (_text(one) for one in value))) if isinstance(value, list) else ()


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    return "" if value is None else str(value).strip()


NO_PROMPT = _prompt({})
"""What is asked when no message carries anything."""
