"""Answers questions in plain words from the sentences of the sources: in the kind asked for, with the sentence that says it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from deploy.sandbox.llm.prompt import Column, Prompt, Source
from deploy.sandbox.llm.research import Subject, is_order
from deploy.sandbox.llm.sentences import sentences

_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_YEAR = re.compile(r"\b(?:1[6-9]|20)\d\d\b")
_WORD = re.compile(r"[^\W\d_]{3,}")
_IDLE = re.compile(
    r"the|and|for|with|that|which|what|who|how|many|much|does|did|are|was|were|has|have|had|their|its|this|company|firm|they|"
    r"them|please|give|list|name|whether|from|into|per|not|any|all|one|number|year|date"
)
_ALIKE = (
    frozenset({"employ", "employees", "headcount", "staff", "people", "workforce", "mitarbeiter", "size"}),
    frozenset({"hiring", "hire", "hires", "jobs", "vacancies", "openings", "recruiting", "careers", "einstellen"}),
    frozenset({"founded", "foundation", "established", "founding", "gegründet", "since", "started"}),
    frozenset({"sell", "sells", "supplies", "product", "products", "range", "offer", "offers", "makes", "verkauft"}),
    frozenset({"customers", "buyers", "clients", "sold", "markets", "audience", "kunden"}),
    frozenset({"based", "headquarters", "headquarter", "located", "location", "city", "seat", "sitz"}),
)
_DENIAL = re.compile(r"\b(?:no|not|never|none|without)\b", re.IGNORECASE)
_OF_LIST = re.compile(r"\b(?:supplies|sells|makes|offers) (.+?)(?: to [^.]+)?[.]?$")


class Answer(NamedTuple):
    """What is said, the source that says it, and its sentence."""

    value: Any
    source_ids: list[str]
    snippet: str


UNKNOWN = Answer(None, [], "")


def answer(column: Column, prompt: Prompt, *, careless: bool) -> Answer:
    """The sentence with most of the question's words answers it, if it has an answer of the kind in it."""
    wanted = _meant(column.question)
    best, most = UNKNOWN, 0
    for sentence, source in _own_sentences(prompt, careless=careless):
        hits = len(wanted & _meant(sentence))
        if hits > most and (value := _value(sentence, column.kind)) is not None:
            best, most = Answer(value, [source.id], sentence), hits
    return best


def product(prompt: Prompt, *, careless: bool) -> Answer:
    """The product whose words one sentence of the sources has most of, if it has two."""
    best, most = UNKNOWN, 1
    for sentence, source in _own_sentences(prompt, careless=careless):
        words = _meant(sentence)
        for one in prompt.products:
            hits = len(words & _meant(" ".join(value for name, value in one.items() if name != "id")))
            if hits > most:
                best, most = Answer(one.get("id"), [source.id], sentence), hits
    return best


def _own_sentences(prompt: Prompt, *, careless: bool) -> Iterable[tuple[str, Source]]:
    subject = Subject(prompt, careless=careless)
    for source in prompt.sources:
        if subject.owns(source):
            for sentence in sentences(source.text):
                if not is_order(sentence):
                    yield sentence, source


@lru_cache(maxsize=4096)
def _meant(text: str) -> frozenset[str]:
    """The words of a text cut to their beginnings, those that mean alike as one."""
    words = {word for word in _WORD.findall(text.casefold()) if not _IDLE.fullmatch(word)}
    alike = {f"~{nth}" for nth, group in enumerate(_ALIKE) if words & group}
    return frozenset({word[:6] for word in words if not any(word in group for group in _ALIKE)} | alike)


def _value(sentence: str, kind: str) -> Any:
    if kind == "number":
        year, found = _YEAR.search(sentence), _NUMBER.search(sentence)
        number = found or year
        return float(number.group().replace(",", "")) if number else None
    if kind == "date":
        year = _YEAR.search(sentence)
        return year.group() if year else None
    if kind == "boolean":
        return _DENIAL.search(sentence) is None
    if kind == "list":
        listed = _OF_LIST.search(sentence)
        return [part for part in re.split(r", | and ", listed.group(1)) if part] if listed else [sentence.rstrip(".")]
    return sentence
