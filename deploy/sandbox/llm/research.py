"""Chooses sentences of the sources that speak of the row's person and company, and of nobody else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from deploy.sandbox.llm.prompt import Prompt, Source
from deploy.sandbox.llm.sentences import sentences

LEGAL = "inc|incorporated|corp|corporation|company|co|ltd|limited|llc|llp|plc|gmbh|ag|se|sa|srl|spa|bv|nv|ab|as|oy|kg|holdings?"
_AFTER_NAME = "chief|head|director|vice|president|vp|ceo|cto|cfo|coo|manager|founder|in|at|on|of|is|has"
_WORD = re.compile(r"\w+")
_LEGAL_FORM = re.compile(LEGAL, re.IGNORECASE)
_GOES_ON = re.compile(rf"[ \t]+(?!(?i:(?:{LEGAL}|{_AFTER_NAME})\b))[A-ZÀ-ÖØ-Þ]")
_SIGNAL = re.compile(
    r"\b(?:opened|opens|launch\w*|raised|won|wins|signed|bought|acquir\w*|hired|hiring|hires|expand\w*|announc\w*|"
    r"invest\w*|appoint\w*|plans?|started|starts|began|begins|presented|delivered|doubled|entered|reported|introduced|"
    r"certifi\w*|installed|looking for|moved|ordered|invited|partner\w*|passed|named|sponsors)\b",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget)\b.{0,40}\b(?:previous|prior|above|earlier|all|your)\b.{0,20}\b(?:instructions?|orders?|rules|prompts?)\b"
    r"|\b(?:system prompt|you must now|new instructions?|as an ai|assistant:|system:)",
    re.IGNORECASE,
)
_ORDER_WORDS = ("instruction", "order", "rules", "prompt", "you must now", "as an ai", "assistant:", "system:")
_MOST = {"person": 4, "company": 6, "signals": 5}
_WANTED = {"company": frozenset({"company", "signals"}), "person": frozenset({"person"})}
"""Who is asked about the company says nothing of people, and the other way round."""
_PORTRAIT = re.compile(
    r"[A-ZÀ-ÖØ-Þ][\w'’-]+(?: [A-ZÀ-ÖØ-Þ][\w'’.-]+){1,3}"
    r"(?:, [^.]{3,60}? at | works at | is (?:the|building|hiring) | spoke | leads | wrote | joined )"
)
_ASPECTS = {
    "person": [
        ("recent", re.compile(rf"{_SIGNAL.pattern}|\b(?:spoke|leads|wrote|is building)\b", re.IGNORECASE)),
        ("background", re.compile(r"\b(?:joined|before|worked for|studied|years|came from|former\w*|grew up)\b", re.IGNORECASE)),
        ("role", re.compile(r"\b(?:works at|works as|is the|head|chief|director|manager|at)\b", re.IGNORECASE)),
    ],
    "company": [
        ("size", re.compile(r"\b(?:employees|staff|people work|sites|plants|offices|based in)\b", re.IGNORECASE)),
        ("sold_to", re.compile(r"\b(?:customers|clients|serves|supplies \w+ to)\b", re.IGNORECASE)),
        ("sells", re.compile(r"\b(?:supplies|sells|makes|produces|offers|the range|works in|builds)\b", re.IGNORECASE)),
        ("news", re.compile(r"\b(?:announced|reported|this year)\b", re.IGNORECASE)),
    ],
    "signals": [("news", re.compile(""))],
}  # fmt: skip


@dataclass(slots=True)
class Claim:
    """A statement, the sources in which its snippet stands word for word, and what it is about."""

    text: str
    source_ids: list[str]
    snippet: str
    category: str
    aspect: str = "other"
    date: str = ""

    @property
    def strength(self) -> int:
        """What has a day is specific."""
        return 3 if self.date else 2


@dataclass(slots=True)
class Research:
    """What the sources say about a row."""

    person: list[Claim] = field(default_factory=list[Claim])
    company: list[Claim] = field(default_factory=list[Claim])
    signals: list[Claim] = field(default_factory=list[Claim])

    @property
    def claims(self) -> list[Claim]:
        """All of them."""
        return [*self.person, *self.company, *self.signals]


def research(prompt: Prompt, *, namesakes_too: bool = False) -> Research:
    """Quote what belongs to the row. With `namesakes_too` the model forgets to check whose sentence it is."""
    found = Research()
    quoted: dict[str, Claim] = {}
    subject = Subject(prompt, careless=namesakes_too)
    wanted = _WANTED.get(prompt.task, frozenset(_MOST))
    for source in prompt.sources:
        if not subject.owns(source):
            continue
        for sentence in _quotable(source.text):
            again = quoted.get(sentence)
            if again is not None:
                again.source_ids.append(source.id)
                continue
            category = subject.category(sentence, source)
            if (
                sentence == source.title
                or category not in wanted
                or (prompt.task == "company" and _is_portrait(sentence, prompt.company))
            ):
                continue
            claims = getattr(found, category)
            if len(claims) < _MOST[category]:
                told = _told(sentence, prompt.company)
                claim = Claim(told, [source.id], sentence, category, aspect_of(sentence, category), source.date)
                quoted[sentence] = claim
                claims.append(claim)
    return found


@lru_cache(maxsize=4096)
def aspect_of(sentence: str, category: str) -> str:
    """What a sentence tells of a person or a company."""
    return next((aspect for aspect, words in _ASPECTS.get(category, ()) if words.search(sentence)), "other")


@lru_cache(maxsize=1024)
def _quotable(text: str) -> tuple[str, ...]:
    """The sentences that give no orders. The rows of a company, and its searches, bring the same texts again."""
    found = sentences(text)
    return tuple(sentence for sentence in found if not is_order(sentence)) if is_order(text) else tuple(found)


def _is_portrait(sentence: str, company: str) -> bool:
    """Whether a sentence is about one of the people of a company."""
    return _PORTRAIT.match(sentence) is not None and not (company and sentence.startswith(company))


def is_order(text: str) -> bool:
    """Whether a text gives orders to the model instead of telling something."""
    plain = text.lower()
    return any(word in plain for word in _ORDER_WORDS) and _ORDER.search(text) is not None


class Subject:
    """Whom a row is about, and how to tell a sentence about them from one about a namesake."""

    def __init__(self, prompt: Prompt, *, careless: bool) -> None:
        self._careless = careless
        self._domain = prompt.domain
        self._company = _name_of(prompt.company) if prompt.company else None
        loose = careless and prompt.company
        self._loose = re.compile(rf"(?i)\b{re.escape(prompt.company.split()[0])}\b") if loose else None
        self._person = _spaced(prompt.person) if prompt.person else None
        self._hints = [
            cell for cell in (prompt.cell("title", "job_title", "role", "position"), prompt.cell("city")) if cell
        ]
        self._place = prompt.cell("city", "country", "location")
        self._sites = self._rivals(prompt)

    def owns(self, source: Source) -> bool:
        """Whether the source speaks of this row at all: by its site, by the company's name, else by title or place."""
        if self._careless or (self._domain and source.host == self._domain):
            return True
        if source.host in self._sites:
            return False
        if self._company is not None and self._company.stands_in(source.text):
            return True
        whole = f"{source.title}\n{source.text}\n{source.url}"
        if self._company is not None:
            return self._company.stands_in(whole) or bool(self._domain and self._domain in whole)
        if self._person is not None and self._person.search(whole):
            return not self._hints or any(hint.casefold() in whole.casefold() for hint in self._hints)
        return False

    def category(self, sentence: str, source: Source) -> str:
        """Whether a sentence is about the person, the company, a signal, or nothing that belongs here."""
        if self._person is not None and self._person.search(sentence):
            return "person"
        own_site = bool(self._domain) and source.host == self._domain
        named = own_site or (self._company is not None and self._company.stands_in(sentence))
        if self._careless and not named and self._loose is not None:
            named = self._loose.search(sentence) is not None
        if not named:
            return ""
        return "signals" if _SIGNAL.search(sentence) else "company"

    def _rivals(self, prompt: Prompt) -> frozenset[str]:
        """Home pages of other companies of that name, told apart by the place when the row has no site."""
        if self._domain or not self._place or self._company is None:
            return frozenset()
        named = [source for source in prompt.sources if source.title and self._company.stands_in(source.title)]
        here = {source.host for source in named if self._place.casefold() in source.text.casefold()}
        return (
            frozenset(source.host for source in named if source.url.rstrip("/").endswith(source.host)) - here
            if here
            else frozenset()
        )


class _Name:
    """The name without its legal form, not as the beginning of a longer name: Nordlys Marine is not Nordlys Marine Services."""

    def __init__(self, company: str) -> None:
        words = _WORD.findall(company)
        while len(words) > 1 and _LEGAL_FORM.fullmatch(words[-1]):
            words.pop()
        # What may follow is a pattern of its own: compiled anew for each name it would cost more than the whole answer.
        self._words = re.compile(r"(?<!\w)" + r"\W+".join(map(re.escape, words)) + r"(?!\w)", re.IGNORECASE)

    def stands_in(self, text: str) -> bool:
        """Whether the text speaks of a company of that name."""
        return any(_GOES_ON.match(text, found.end()) is None for found in self._words.finditer(text))


@lru_cache(maxsize=1024)
def _name_of(company: str) -> _Name:
    return _Name(company)


@lru_cache(maxsize=1024)
def _spaced(name: str) -> re.Pattern[str]:
    words = r"\W+".join(re.escape(word) for word in _WORD.findall(name))
    return re.compile(r"(?<!\w)" + words + r"(?!\w)", re.IGNORECASE)


def _told(sentence: str, company: str) -> str:
    if company and re.match(r"(?:We|Our|Us)\b", sentence):
        return f"{company} says: “{sentence}”"
    return sentence
