"""What a line looks like: whom it greets, which addresses and marks stand in it, which language it is in."""

import re
from collections.abc import Iterable
from typing import Final

from services.enrich.domain.lines.spoken import common_words, is_in
from services.enrich.domain.lines.wording import WORDINGS, wording_of
from services.enrich.domain.texts import word_set, words_of

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"(?:https?://|hxxps?://|www\.)\S+", re.IGNORECASE)
_ENDINGS = (
    "com|net|org|info|biz|io|ai|app|dev|co|me|xyz|top|shop|online|site|store|tech|link|click|live|pro|cloud|agency|page|ru|cn|de"
    "|fr|it|es|nl|pl|uk|us|eu|ch|at|be|se|no|dk|fi|ie|pt|cz|sk|hu|ro|bg|gr|tr|ua|br|mx|ar|in|jp|kr|au|nz|ca|za|to|tv|gg|ly"
    "|example"
)
_BARE_DOMAIN = re.compile(rf"(?<![\w@])(?:[^\W_](?:[\w-]*[^\W_])?\.)+(?:{_ENDINGS})\b(?:/\S*)?", re.IGNORECASE)
_SPOKEN_DOMAIN = re.compile(
    r"\b[\w-]+\s+(?:dot|punkt|punto|point|ponto)\s+(?:com|net|org|io|de|fr|es|it)\b", re.IGNORECASE
)
_HANDLE = re.compile(r"(?<![\w.])@\w{2,}")
_PHONE = re.compile(
    r"(?<![\w.,])(?:\+|00)[1-9]\d{0,2}[\d ()./-]{5,}\d|(?<![\w.,])0\d{2,4}[ /-]\d{3}[\d /-]+\d|\(?\b\d{3}\)?[ .-]\d{3}[.-]\d{4}\b"
)
_MARKS_OF_ADDRESSES = re.compile(r"[./]\w|@|//|\d[\d ()./-]{6}")
_SPOKEN_DOTS = (" dot ", " punkt ", " punto ", " point ", " ponto ")
_FOREIGN_LETTER = re.compile(r"[\u0370-\u1cff\u2e80-\ud7ff\uf900-\ufdff\ufe70-\ufefc]")
_FEW_LETTERS: Final = 8
_GREETING = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|day)|hallo|liebe[rs]?|guten (?:tag|morgen)|sehr geehrte[r]?|moin|bonjour"
    r"|salut|cher|chère|hola|buenos días|estimad[oa]|ciao|buongiorno|salve|gentile|olá|bom dia|caro|cara|prezad[oa]|dag|beste"
    r"|geachte|cześć|dzień dobry|witaj|szanown[ya]|ahoj|dobrý den|vážen[ýá]|hej|hejsan|kära|kære|hei|kjære|moi|terve|hyvä"
    r"|bună(?: ziua)?|dragă|stimat[eă]|szia|kedves|tisztelt|jó napot|merhaba|sayın|sevgili)\s+"
    r"(?:(?:mr|mrs|ms|dr|herr|frau|m|mme|sr|sra|pan|pani|pane|paní|de heer|mevrouw|bay|bayan)\.?\s+)?([^\s,!:.–—-]+)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"^([^\W\d_][^\W_]*(?:[-'’][^\W_]+)*)\s*,")
_TURKISH_ADDRESS = re.compile(r"^([^\W\d_]+)\s+(?:bey|hanım)\s*,", re.IGNORECASE)
_OPENERS = word_set(
    "congratulations congrats yesterday today recently impressive noticed saw reading given as when how glückwunsch gratulation"
    " félicitations enhorabuena felicidades complimenti parabéns gefeliciteerd gratulacje gratuluji gratulerar tillykke"
    " gratulerer onnittelut felicitări gratulálok tebrikler"
)
_MARKUP = re.compile(
    r"[{}\[\]<>|]|\*\*|__|`|\b(?:first[_ ]name|company[_ ]name|your name|xxx+|tbd|lorem ipsum)\b", re.IGNORECASE
)
_QUOTED = re.compile(r"[„“”\"«»‘][^„“”\"«»‘]{8,}?[“”\"»’](?!\w)")
_CLEARLY: Final = 3
_LONG_ENOUGH: Final = 4
_STEM: Final = 5


def greeted_name(text: str, *, language: str) -> str:
    """The name that a line addresses somebody by; empty where it addresses nobody."""
    greeted = _GREETING.match(text) or _TURKISH_ADDRESS.match(text)
    if greeted:
        return greeted[1]
    addressed = _ADDRESS.match(text)
    name = addressed[1] if addressed else ""
    is_word = name.casefold() in _OPENERS or name.casefold() in wording_of(language).common
    return "" if is_word or not name[:1].isupper() else name


def is_vocative(name: str, written: str) -> bool:
    """`Anno` for Anna, `Marku` for Marek: the name with another ending."""
    stem = max(3, len(written) - 2)
    return name[:stem] == written[:stem] and abs(len(name) - len(written)) <= 1


def addresses_in(text: str) -> list[str]:
    """Every e-mail address, web address, host name, handle and telephone number, also spelt out."""
    # Most texts have none: a look for what every address has costs a tenth of the patterns.
    plain = text.casefold()
    if not [dot for dot in _SPOKEN_DOTS if dot in plain] and not _MARKS_OF_ADDRESSES.search(text):
        return []
    rest = _URL.sub(" ", _EMAIL.sub(" ", text))
    domains = [match.group() for match in _BARE_DOMAIN.finditer(rest)]
    spoken = [match.group() for pattern in (_SPOKEN_DOMAIN, _HANDLE) for match in pattern.finditer(rest)]
    phones = [match.group() for match in _PHONE.finditer(rest)]
    return list(dict.fromkeys([*_EMAIL.findall(text), *_URL.findall(text), *domains, *spoken, *phones]))


def is_marked_up(text: str) -> bool:
    """Whether it has a placeholder in it, or markup."""
    return bool(_MARKUP.search(text))


def is_other_language(text: str, *, language: str, besides: Iterable[str]) -> bool:
    """Whether the line is clearly in another language than asked; quotes and the words `besides` do not count.

    A short line, or one in a close relative of the language, is given the benefit of the doubt.
    """
    own = language[:2].lower()
    if own not in WORDINGS:
        return False
    left_out = frozenset(besides)
    words = [word for word in words_of(_QUOTED.sub(" ", text)) if word not in left_out]
    if len(_FOREIGN_LETTER.findall(" ".join(words))) >= _FEW_LETTERS:
        return True
    counts = common_words(words)
    most = max(counts.values(), default=0)
    return most >= _CLEARLY and most >= _CLEARLY * counts.get(own, 0)


def takes_up(text: str, cited: str, *, besides: str, language: str) -> bool:
    """Whether a line has a word or a number of what it cites, other than the names `besides`.

    What is cited in another language than the line's cannot be compared by words: then it is believed.
    """
    told = words_of(cited)
    if not is_in(language, told):
        return True
    left_out = frozenset(words_of(besides)) | wording_of(language).common
    stems = {word[:_STEM] for word in told if _says_something(word, left_out)}
    return any(word[:_STEM] in stems for word in words_of(text) if _says_something(word, left_out))


def _says_something(word: str, left_out: frozenset[str]) -> bool:
    return word not in left_out and (len(word) >= _LONG_ENOUGH or word.isdigit())
