"""What counts as evidence: words that a program finds in the text they are said to come from, and the numbers in it."""

import re
from collections.abc import Mapping, Sequence

from services.enrich.domain.sources import Source
from services.enrich.domain.texts import normalised, words_of

_NUMBER = re.compile(r"\d+")
_FIGURE = re.compile(r"\d+(?:[.,'’\u00a0\u202f ]\d+)*")
_TIMES = re.compile(
    r"[\s-]?(k|thousand|tausend|mille|m|mn|mio|million|millionen|millions|millones|bn|billion|mrd)\b", re.IGNORECASE
)
_FACTORS = {"k": 1e3, "thousand": 1e3, "tausend": 1e3, "mille": 1e3, "bn": 1e9, "billion": 1e9, "mrd": 1e9}
_SHORTEST_SNIPPET_WORDS = 3
_GROUP = 3


class Text:
    """A source in the form in which words are looked for in it, made when somebody looks."""

    __slots__ = ("_numbers", "_source", "_words")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._words: str | None = None
        self._numbers: set[str] | None = None

    @property
    def words(self) -> str:
        """Without case and runs of whitespace."""
        if self._words is None:
            self._words = normalised(self._source.text)
        return self._words

    @property
    def numbers(self) -> set[str]:
        """Those of its text, its title and its date."""
        if self._numbers is None:
            self._numbers = numbers_of(f"{self._source.title} {self._source.text} {self._source.date}")
        return self._numbers


Texts = Mapping[str, Text]


def texts_of(sources: Sequence[Source]) -> Texts:
    """By the id of the source."""
    return {source.id: Text(source) for source in sources}


def backing(snippet: str, source_ids: Sequence[str], texts: Texts) -> tuple[str, tuple[str, ...]]:
    """What is wrong with a piece of evidence, or nothing; and the sources that hold the snippet word for word."""
    unknown = [source_id for source_id in source_ids if source_id not in texts]
    if unknown or not source_ids:
        return f"names a source that does not exist: {', '.join(unknown) or 'none'}", ()
    if len(words_of(snippet)) < _SHORTEST_SNIPPET_WORDS:
        return "its snippet is too short to be evidence", ()
    plain = normalised(snippet)
    backed_by = tuple(dict.fromkeys(one for one in source_ids if plain in texts[one].words))
    return ("", backed_by) if backed_by else ("its snippet is not in the source it names", ())


def invented_numbers(text: str, backed_by: Sequence[str], texts: Texts) -> str:
    """What is wrong with the numbers of a text, or nothing."""
    invented = numbers_of(text) - set[str]().union(*(texts[one].numbers for one in backed_by))
    return f"names a number that its source does not: {', '.join(sorted(invented))}" if invented else ""


def numbers_of(text: str) -> set[str]:
    """Every run of digits."""
    return set(_NUMBER.findall(text))


def values_of(text: str) -> set[float]:
    """The values that the figures of a text may have: `9,000` is nine thousand or nine, `2.5 million` has its millions."""
    found: set[float] = set()
    for figure in _FIGURE.finditer(text):
        times = _TIMES.match(text, figure.end())
        factor = _FACTORS.get(times[1].casefold(), 1e6) if times else 1.0
        found |= {value * factor for value in _readings(figure[0])}
    return found


def _readings(figure: str) -> set[float]:
    """As one whole number where its groups allow it, and with its last separator as the decimal point."""
    groups = re.split(r"\D", figure)
    readings = {float("".join(groups))} if _is_grouped(groups) else set[float]()
    if len(groups) > 1 and re.search(r"[.,]\d+$", figure) and _is_grouped(groups[:-1]):
        readings.add(float(f"{''.join(groups[:-1])}.{groups[-1]}"))
    return readings or {float(one) for one in groups}


def _is_grouped(groups: Sequence[str]) -> bool:
    """Whether these are the thousands of one number."""
    return len(groups) == 1 or (len(groups[0]) <= _GROUP and all(len(group) == _GROUP for group in groups[1:]))
