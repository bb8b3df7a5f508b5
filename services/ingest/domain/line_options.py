"""What somebody wants of the opening lines: which languages there are, and what a person's own rules may name in braces."""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from libs.common.contracts.lines import (
    FORBIDDEN_CHARS,
    LANGUAGES,
    MOST_FORBIDDEN,
    OWN_FIELDS,
    PRIVATE_ROLES,
    RULES_CHARS,
)
from libs.common.errors import Invalid
from services.ingest.domain.header_words import ROLES

_FIELD = re.compile(r"\{([^{}]*)\}")
_BRACE = re.compile(r"[{}]")
FIELDS = (*(role for role in ROLES if role not in PRIVATE_ROLES), *OWN_FIELDS)
"""The names that hold for every sheet."""


def check_language(language: str) -> None:
    """Raises Invalid `language_unknown` for one whose lines no program here can check."""
    if language.split("-", 1)[0] not in LANGUAGES:
        msg = f"{language!r} is no language that lines are written in; known are {', '.join(LANGUAGES)}"
        raise Invalid(msg, code="language_unknown", extra={"languages": list(LANGUAGES)})


def check_forbidden(words: Sequence[str]) -> None:
    """Raises Invalid `forbidden_words_invalid` for too many, too long ones, and ones without a letter or a digit."""
    if len(words) > MOST_FORBIDDEN:
        msg = f"{len(words)} words are forbidden: {MOST_FORBIDDEN} at most"
        raise Invalid(msg, code="forbidden_words_invalid")
    for word in words:
        if len(word) > FORBIDDEN_CHARS or not any(char.isalnum() for char in word):
            msg = f"{word[:FORBIDDEN_CHARS]!r} cannot be forbidden: a word or phrase has 1 to {FORBIDDEN_CHARS} characters"
            raise Invalid(msg, code="forbidden_words_invalid")


def check_line_rules(rules: str, *, columns: Iterable[str]) -> None:
    """Raises Invalid `line_rules_invalid` for a field in braces that neither we nor the sheet have.

    `columns` are the names of the sheet's columns that a model is told; case and blanks around do not tell two names apart.
    """
    if len(rules) > RULES_CHARS:
        msg = f"the rules for the line have {len(rules)} characters: {RULES_CHARS} at most"
        raise Invalid(msg, code="line_rules_invalid")
    if _BRACE.search(_FIELD.sub("", rules)):
        msg = "the rules for the line have a brace without its partner: a field is written {like_this}"
        raise Invalid(msg, code="line_rules_invalid")
    known = {_folded(name): name for name in (*FIELDS, *columns)}
    for name in _FIELD.findall(rules):
        if _folded(name) not in known:
            raise _unknown_field(name, known)


def _unknown_field(name: str, known: dict[str, str]) -> Invalid:
    close = [known[match] for match in get_close_matches(_folded(name), known, n=1)]
    ours = ", ".join(f"{{{one}}}" for one in FIELDS)
    meant = f"did you mean {{{close[0]}}}?" if close else f"known are {ours} and the columns of the sheet"
    msg = f"the rules for the line name {{{name}}}, which is no field: {meant}"
    return Invalid(msg, code="line_rules_invalid", extra={"field": name, "did_you_mean": close})


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def columns_told(names: Sequence[str], mapping: Mapping[str, str]) -> list[str]:
    """The columns of a sheet (mapping: role → column name) whose values a model is told."""
    private = {mapping[role] for role in PRIVATE_ROLES if role in mapping}
    return [name for name in names if name not in private]
