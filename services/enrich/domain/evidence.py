"""What counts as evidence: words that a program finds in the text they are said to come from, and the numbers in it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from services.enrich.domain.lines.claims import Backing, joined, unbacked
from services.enrich.domain.lines.event_words import unsaid_events
from services.enrich.domain.lines.form import addresses_in, takes_up
from services.enrich.domain.orders import order_spans
from services.enrich.domain.sources import Source
from services.enrich.domain.texts import normalised, words_of
from services.enrich.domain.web_addresses import site_of

_NUMBER = re.compile(r"\d+")
_FIGURE = re.compile(r"\d+(?:[.,'’\u00a0\u202f ]\d+)*")
_TIMES = re.compile(
    r"[\s-]?(k|thousand|tausend|mille|m|mn|mio|million|millionen|millions|millones|bn|billion|mrd)\b", re.IGNORECASE
)
_FACTORS = {"k": 1e3, "thousand": 1e3, "tausend": 1e3, "mille": 1e3, "bn": 1e9, "billion": 1e9, "mrd": 1e9}
_THREE_WORDS = re.compile(r"\w\W+\w+\W+\w")
_GROUP = 3


class Text:
    """A source in the form in which words are looked for in it, made when somebody looks."""

    __slots__ = ("_backing", "_numbers", "_orders", "_words", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self._words: str | None = None
        self._numbers: set[str] | None = None
        self._backing: Backing | None = None
        self._orders: list[tuple[int, int]] | None = None

    @property
    def words(self) -> str:
        """Without case and runs of whitespace."""
        if self._words is None:
            self._words = normalised(self.source.text)
        return self._words

    @property
    def numbers(self) -> set[str]:
        """Those of its text, its title and its date."""
        if self._numbers is None:
            self._numbers = numbers_of(f"{self.source.title} {self.source.text} {self.source.date}")
        return self._numbers

    @property
    def backing(self) -> Backing:
        """What its text, its title and its date may back."""
        if self._backing is None:
            self._backing = Backing.of(f"{self.source.title} {self.source.text} {self.source.date}")
        return self._backing

    def is_order(self, snippet: str) -> bool:
        """Whether every place where a snippet (normalised) stands lies within an order, or right beside one."""
        if self._orders is None:
            self._orders = list(order_spans(self.words))
        if not self._orders:
            return False
        places = [found.start() for found in re.finditer(re.escape(snippet), self.words)]
        return bool(places) and all(
            any(begin < at + len(snippet) and at < end for begin, end in self._orders) for at in places
        )


Texts = Mapping[str, Text]


@dataclass(frozen=True)
class About:
    """The row that is researched: the words that it says itself, and the language in which statements are written."""

    words: str = ""
    language: str = "en"

    @cached_property
    def backing(self) -> Backing:
        """What the row's own words may back."""
        return Backing.of(self.words)


def texts_of(sources: Sequence[Source]) -> Texts:
    """By the id of the source."""
    return {source.id: Text(source) for source in sources}


def backing(snippet: str, source_ids: Sequence[str], texts: Texts) -> tuple[str, tuple[str, ...]]:
    """What is wrong with a piece of evidence, or nothing; and the sources that hold the snippet word for word."""
    if fault := unknown_sources(source_ids, texts):
        return fault, ()
    if is_too_short(snippet):
        return "its snippet is too short to be evidence", ()
    plain = normalised(snippet)
    backed_by = holding(plain, source_ids, texts)
    if not backed_by:
        return "its snippet is not in the source it names", ()
    if is_obedient(plain, backed_by, texts):
        return "its snippet gives orders, or stands right beside some", ()
    return "", backed_by


def unknown_sources(source_ids: Sequence[str], texts: Texts) -> str:
    """What is wrong with the names of sources, or nothing."""
    unknown = [source_id for source_id in source_ids if source_id not in texts]
    wrong = bool(unknown) or not source_ids
    return f"names a source that does not exist: {', '.join(unknown) or 'none'}" if wrong else ""


def is_too_short(snippet: str) -> bool:
    """Whether a snippet is so short that it stands in any text."""
    return _THREE_WORDS.search(snippet.casefold()) is None


def holding(snippet: str, source_ids: Sequence[str], texts: Texts) -> tuple[str, ...]:
    """Which of the sources hold a snippet (normalised) word for word."""
    return tuple(dict.fromkeys(one for one in source_ids if one in texts and snippet in texts[one].words))


def is_obedient(snippet: str, backed_by: Sequence[str], texts: Texts) -> bool:
    """Whether a snippet (normalised) is what a source tells a machine to say: that is no evidence of anything."""
    return any(texts[one].is_order(snippet) for one in backed_by)


def unsaid(text: str, snippet: str, backed_by: Sequence[str], texts: Texts, about: "About") -> str:
    """What is wrong with the names and events of a text, or nothing: names stand in its sources or in the row, that
    something has happened stands in the snippet."""
    if any(normalised(text) in texts[one].words for one in backed_by):
        return ""
    titles = " ; ".join(texts[one].source.title for one in backed_by)
    near = Backing.of(f"{snippet} ; {titles}")
    foreign = unbacked(text, joined([about.backing, near]), language=about.language)
    if foreign:
        # The whole of a source is taken apart only for what its snippet does not say.
        whole = joined([about.backing, *(texts[one].backing for one in backed_by)])
        foreign = unbacked(text, whole, language=about.language)
    # Figures are looked at by themselves, see `invented_numbers`.
    foreign = [one for one in foreign if not one.isdigit()] + unsaid_events(words_of(text), near.words)
    return f"says what its source does not: {', '.join(dict.fromkeys(foreign))}" if foreign else ""


def is_beside_the_point(text: str, snippet: str, about: "About") -> bool:
    """Whether a statement has no word of its snippet but the row's own. What is in another language is believed."""
    if normalised(text) == normalised(snippet):
        return False
    return not takes_up(text, snippet, besides=about.words, language=about.language)


def foreign_addresses(text: str, texts: Texts) -> str:
    """What is wrong with the addresses and telephone numbers of a text, or nothing: only the company's own site is named."""
    found = addresses_in(text)
    own = {site_of(one.source.url) for one in texts.values() if one.source.kind == "website"} if found else set[str]()
    foreign = [one for one in found if not _is_of(one, own)]
    return f"names an address: {', '.join(foreign)}" if foreign else ""


def _is_of(address: str, sites: set[str]) -> bool:
    bare = address.casefold().rpartition("@")[2].rpartition("//")[2]
    host = re.split(r"[/?#:]", bare)[0].removeprefix("www.").rstrip(".,")
    return any(host == site or host.endswith(f".{site}") for site in sites if site)


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
