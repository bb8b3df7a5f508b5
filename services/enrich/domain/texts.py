"""How texts are compared: words without case, whitespace that does not count."""

import re
from collections.abc import Sequence
from functools import lru_cache

_WORD = re.compile(r"\w+")
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
)
"""Controls, fillers, marks of direction, joiners, variation selectors and tags: what can carry words that nobody sees."""
_INVISIBLE_ASCII = bytes(code for code in range(128) if _INVISIBLE.match(chr(code)))


def word_set(text: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(text.split())


_LEGAL_FORMS = word_set(
    "inc incorporated corp corporation co company ltd limited llc llp plc gmbh ag se sa sas sarl srl spa bv nv ab as asa"
    " oy oyj kg kgaa aps holding holdings the"
)


def visible(text: str) -> str:
    """Without the characters that nobody sees."""
    if text.isascii():
        # Most texts are, and bytes are looked through at a tenth of the cost.
        return text.encode("ascii").translate(None, _INVISIBLE_ASCII).decode("ascii")
    return _INVISIBLE.sub("", text)


def clean(text: str, *, longest: int) -> str:
    """One line of visible text, cut to a length."""
    line = text.strip() if _is_plain(text) else " ".join(visible(text).split())
    return line[:longest].strip()


def clean_lines(text: str, *, longest: int) -> str:
    """Visible text with its lines, so that a heading does not run into the sentence below it; cut to a length."""
    lines = (" ".join(line.split()) for line in visible(text[: 4 * longest]).splitlines())
    return "\n".join(line for line in lines if line)[:longest]


def normalised(text: str) -> str:
    """The form in which a snippet is looked for in its source: case and runs of whitespace do not count."""
    return " ".join(text.split()).casefold()


def _is_plain(text: str) -> bool:
    """Whether nothing in it needs cleaning but blanks at its ends, as in most sentences. To look costs a fifth of cleaning."""
    return text.isascii() and text.isprintable() and "  " not in text


def words_of(text: str) -> list[str]:
    """The words of a text without case and punctuation."""
    return _WORD.findall(text.casefold())


@lru_cache(maxsize=1024)
def core_name(company: str) -> tuple[str, ...]:
    """The words of a company's name without its legal form. A name that is nothing else stays as it is.

    A row asks this for each of its results and statements.
    """
    core = words_of(company)
    while len(core) > 1 and core[-1] in _LEGAL_FORMS:
        core.pop()
    while len(core) > 1 and core[0] == "the":
        core.pop(0)
    return tuple(core)


@lru_cache(maxsize=1024)
def name_words(person: str) -> tuple[str, ...]:
    """The words of a person's name. A row asks this for each of its results, pages and statements."""
    return tuple(words_of(person))


def positions(needle: Sequence[str], haystack: list[str]) -> list[int]:
    """Where a sequence of words begins in another."""
    if not needle:
        return []
    size, first, wanted = len(needle), needle[0], list(needle)
    found: list[int] = []
    at = -1
    for _ in range(haystack.count(first)):
        at = haystack.index(first, at + 1)
        if haystack[at : at + size] == wanted:
            found.append(at)
    return found
