"""Texts compared as whole words, without case, accents and punctuation."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_BETWEEN_WORDS = re.compile(r"[^\w|]+")
_MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
"""What Unicode puts behind a letter for its accent."""
_PLAIN = {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"}
_NOT_DECOMPOSED = re.compile(f"[{''.join(_PLAIN)}]")
"""Letters with a stroke or joined, which Unicode does not take apart."""
_BREAK = "|"
_ANY = "*"


def folded(text: str) -> str:
    """The words of a text between single blanks, one before the first and one after the last; a lone blank when none."""
    return _folded(text.replace(_BREAK, " "))


def folded_together(texts: Iterable[str]) -> str:
    """Several texts in one, with a `|` between them: no phrase reaches from one into the next."""
    return _folded(f"\n{_BREAK}\n".join(text.replace(_BREAK, " ") for text in texts))


def _folded(text: str) -> str:
    text = text.casefold().replace("_", " ")
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFKD", _NOT_DECOMPOSED.sub(lambda one: _PLAIN[one[0]], text)))
    words = _BETWEEN_WORDS.sub(" ", text).strip()
    return f" {words} " if words else " "


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words to look for. A `*` at either end lets the first or last word be part of a longer one."""

    written: str
    needle: str
    is_open_before: bool
    is_open_after: bool
    first_word: str = ""
    """Without it the phrase stands nowhere; empty where the first word may be part of a longer one."""

    @classmethod
    def of(cls, written: str) -> "Phrase":
        """As somebody writes it: `base oil`, `*schmierstoff*`."""
        text = written.strip()
        words = folded(text).strip()
        before, after = text.startswith(_ANY), text.endswith(_ANY)
        needle = f"{'' if before else ' '}{words}{'' if after else ' '}" if words else ""
        first, more, _ = words.partition(" ")
        return cls(written, needle, before, after, first if not before and (more or not after) else "")

    def stands_in(self, text: str) -> bool:
        """Whether a folded text has these words, in this order, next to each other."""
        return bool(self.needle) and self.needle in text

    def is_all_of(self, text: str) -> bool:
        """Whether a folded text is these words and nothing else."""
        if not self.needle:
            return False
        starts = self.is_open_before or text.startswith(self.needle)
        ends = self.is_open_after or text.endswith(self.needle)
        return starts and ends and self.needle in text if self._is_open else text == self.needle

    @property
    def _is_open(self) -> bool:
        return self.is_open_before or self.is_open_after
