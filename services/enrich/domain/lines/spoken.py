"""Which language words are of, as far as the small ones among them tell: cheap, and silent where it is not clear."""

from collections.abc import Iterable, Mapping
from typing import Final

from services.enrich.domain.lines.wording import WORDINGS

_COMMON_IN: Final[Mapping[str, tuple[str, ...]]] = {
    word: tuple(code for code, one in WORDINGS.items() if word in one.common)
    for word in frozenset[str]().union(*(one.common for one in WORDINGS.values()))
}


def common_words(words: Iterable[str]) -> dict[str, int]:
    """How many of these words are common ones, by language; a language without any is left out."""
    counts: dict[str, int] = {}
    for word in words:
        for code in _COMMON_IN.get(word, ()):
            counts[code] = counts.get(code, 0) + 1
    return counts


def is_in(language: str, words: Iterable[str]) -> bool:
    """Whether these words are more likely of this language than of any other. Of close relatives neither is sure."""
    own = language[:2].lower()
    counts = common_words(words)
    others = max((count for code, count in counts.items() if code != own), default=0)
    return counts.get(own, 0) >= max(2, others + (own != "en"))
