"""Texts compared as whole words, without case, accents and punctuation."""

import re
import unicodedata
from dataclasses import dataclass

_BETWEEN_WORDS = re.compile(r"[\W_]+")
_NOT_DECOMPOSED = str.maketrans(
    {"ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ı": "i"}
)
"""Letters with a stroke or joined, which Unicode does not take apart."""
_ANY = "*"


def folded(text: str) -> str:
    """The words of a text between single blanks, one before the first and one after the last; a lone blank when none."""
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text.translate(_NOT_DECOMPOSED))
        text = "".join(letter for letter in apart if not unicodedata.combining(letter))
    words = _BETWEEN_WORDS.sub(" ", text.casefold()).strip()
    return f" {words} " if words else " "


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words to look for. A `*` at either end lets the first or last word be part of a longer one."""

    written: str
    needle: str
    is_open_before: bool
    is_open_after: bool

    @classmethod
    def of(cls, written: str) -> "Phrase":
        """As somebody writes it: `base oil`, `*schmierstoff*`."""
        text = written.strip()
        words = folded(text).strip()
        before, after = text.startswith(_ANY), text.endswith(_ANY)
        needle = f"{'' if before else ' '}{words}{'' if after else ' '}" if words else ""
        return cls(written, needle, before, after)

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
