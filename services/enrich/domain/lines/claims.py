"""What of a line nothing backs: names, numbers and events that are neither in what it cites, nor in the row or the offer."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.enrich.domain.lines.event_words import tells_an_event, unsaid_events, unsaid_objects
from services.enrich.domain.lines.german_nouns import may_be_a_name
from services.enrich.domain.lines.number_words import NUMBERS, figures
from services.enrich.domain.lines.spoken import is_in
from services.enrich.domain.lines.wording import WORDINGS, Wording, wording_of
from services.enrich.domain.texts import word_set, words_of

_TOKEN = re.compile(r"[^\W\d_]\w*|\d+")
_GROUPED = re.compile(r"(?<=\d)[.,'’\u00a0\u202f ](?=\d{3}(?!\d))")
_SENTENCE_ENDS = frozenset(".!?…")
_HALF_STOPS = frozenset(':–—-“”„"«»‘’(¿¡')
_NOT_A_CLAIM = word_set("mr mrs ms dr herr frau mme sr sra prof")
_AFTER_A_HALF_STOP = word_set(
    "congratulations congrats well good great nice how what why when where who which would could can may is are do does did"
    " has have was were will should shall if and but or so also perhaps maybe quite"
)
_SHORTEST_STEM = 3


@dataclass(frozen=True, slots=True)
class Backing:
    """The words of everything a line may take its claims from; `names` are those with a capital, `figures` numbers that are
    written as words."""

    words: frozenset[str]
    names: frozenset[str]
    figures: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "Backing":
        """Of the texts as one."""
        tokens = _TOKEN.findall(_GROUPED.sub("", text))
        words = frozenset(one.casefold() for one in tokens)
        return cls(words, frozenset(one.casefold() for one in tokens if one[0].isupper()), frozenset(figures(words)))


def joined(backings: Sequence[Backing]) -> Backing:
    """What all of them back."""
    return Backing(
        frozenset[str]().union(*(one.words for one in backings)),
        frozenset[str]().union(*(one.names for one in backings)),
        frozenset[str]().union(*(one.figures for one in backings)),
    )


def unbacked(text: str, backing: Backing, *, language: str) -> list[str]:
    """What of the line stands nowhere else, in its order."""
    text = _GROUPED.sub("", text)
    spoken, wording = NUMBERS.get(language[:2].lower(), {}), wording_of(language)
    found = list(_foreign_names(text, backing, wording=wording, german=language[:2].lower() == "de"))
    words = words_of(text)
    for word in words:
        number = spoken.get(word)
        if number and word not in backing.words and number not in backing.words | backing.figures:
            found.append(word)
    found += unsaid_events(words, backing.words)
    for code in dict.fromkeys((language[:2].lower(), "en")) if tells_an_event(words) else ():
        if is_in(code, backing.words):
            common = wording_of(code).common
            found += unsaid_objects(words, backing.words, common=common, in_english=code == "en")
    return list(dict.fromkeys(found))


def _foreign_names(text: str, backing: Backing, *, wording: Wording, german: bool) -> Iterator[str]:
    for match in _TOKEN.finditer(text):
        token = match.group()
        word = token.casefold()
        if word in backing.words or word in _NOT_A_CLAIM:
            continue
        if token.isdigit():
            yield from [] if token in backing.figures else [token]
        elif token[0].isupper() and len(token) > 1 and not _is_known(token, backing, wording):
            before = text[: match.start()]
            name = not _opens(before, word) and (not german or may_be_a_name(token, before=before))
            yield from [token] if name else []


def _opens(before: str, word: str) -> bool:
    """Whether a capital is owed to the place: first in a sentence, or a small word behind a colon, a dash or a quote."""
    before = before.rstrip()
    if not before or before[-1] in _SENTENCE_ENDS:
        return True
    if before[-1] not in _HALF_STOPS:
        return False
    return word in _AFTER_A_HALF_STOP or any(word in one.common for one in WORDINGS.values())


def _is_known(token: str, backing: Backing, wording: Wording) -> bool:
    """Said otherwise in this language: a polite pronoun, a month, a name with an ending of its case."""
    word = token.casefold()
    if word in wording.polite or _is_backed_month(word, backing, wording):
        return True
    if not wording.inflects or not token[1:].islower():
        return False
    return any(_is_form_of(word, name, wording.inflects) for name in backing.names)


def _is_form_of(word: str, name: str, endings: int) -> bool:
    shorter = min(len(word), len(name))
    shared = max(_SHORTEST_STEM, shorter - (2 if endings > 2 else 0)) if shorter > _SHORTEST_STEM else shorter
    return (
        len(name) >= _SHORTEST_STEM and word[:shared] == name[:shared] and max(len(word), len(name)) - shared <= endings
    )


def _is_backed_month(word: str, backing: Backing, wording: Wording) -> bool:
    if word not in wording.months:
        return False
    month = wording.months.index(word)
    return any(one.months[month] in backing.words for one in WORDINGS.values())
