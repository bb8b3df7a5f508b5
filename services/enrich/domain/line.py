"""Whether an opening line may be sent, checked by program; and the plain line that always may."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.enrich.domain.lead import Lead
from services.enrich.domain.research import Statement, UnreadableAnswer
from services.enrich.domain.texts import clean, word_set, words_of

_LINE_CHARS = 1000
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_BARE_DOMAIN = re.compile(
    r"\b(?:[a-z0-9-]+\.)+(?:com|net|org|info|biz|io|ai|app|dev|co|me|xyz|top|shop|online|site|ru|cn|de|fr|it|es|nl|pl|uk|us|"
    r"eu|ch|at|be|se|no|dk|fi|ie|pt|cz|br|in|jp|au|ca|example)\b(?:/\S*)?",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^(?:hi|hello|hey|dear|hallo|liebe[rs]?|guten tag|bonjour|salut|cher|chère|hola|estimad[oa]|ciao|buongiorno|olá)\s+"
    r"(?:(?:mr|mrs|ms|dr|herr|frau|m|mme|sr|sra)\.?\s+)?([^\s,!:.–—-]+)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"^([^\W\d_]+(?:[-'’][^\W\d_]+)*)\s*,")
_PLACEHOLDER = re.compile(r"[{}\[\]<>]|\b(?:first[_ ]name|company[_ ]name)\b", re.IGNORECASE)
_CAPITALISED = re.compile(r"[^\W\d_][\w’'-]*|\d+")
_NEW_SENTENCE = frozenset('.!?:–—-“”„"«»‘(')
_OPENERS = word_set(
    "congratulations congrats yesterday today recently impressive noticed saw reading given as when how"
)
_ENDINGS = word_set("s m ve d ll re")
_NOT_A_CLAIM = word_set("i mr mrs ms dr herr frau m mme sr sra")
_NOUNS_ARE_CAPITALISED = frozenset({"de"})
_WITH_COMPANY = {
    "en": "I came across {company} and would like to hear what you are working on.",
    "de": "ich bin auf {company} aufmerksam geworden und wüsste gern, woran Sie gerade arbeiten.",
    "fr": "j'ai découvert {company} et j'aimerais savoir sur quoi vous travaillez.",
    "es": "he conocido {company} y me gustaría saber en qué trabaja.",
    "it": "ho conosciuto {company} e mi piacerebbe sapere a cosa sta lavorando.",
}
_WITHOUT = {
    "en": "I would like to hear what you are working on.",
    "de": "ich wüsste gern, woran Sie gerade arbeiten.",
    "fr": "j'aimerais savoir sur quoi vous travaillez.",
    "es": "me gustaría saber en qué trabaja.",
    "it": "mi piacerebbe sapere a cosa sta lavorando.",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A line as the model gave it, with the statements it says it used."""

    text: str
    statement_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the job asks of a line."""

    max_words: int
    language: str
    offer: str = ""


def read_draft(answer: object) -> Draft:
    """The line of a model's answer. Raises UnreadableAnswer."""
    if not isinstance(answer, Mapping):
        raise UnreadableAnswer("the answer is not an object")
    text, ids = answer.get("line"), answer.get("statement_ids")
    if not isinstance(text, str) or not isinstance(ids, list):
        raise UnreadableAnswer("the answer lacks line or statement_ids")
    return Draft(clean(text, longest=_LINE_CHARS), tuple(str(one) for one in ids))


def check_line(draft: Draft, lead: Lead, statements: Sequence[Statement], rules: Rules) -> list[str]:
    """What is wrong with a line, as sentences the model can act on. Empty: it may be sent."""
    if not draft.text:
        return ["The line is empty."]
    problems: list[str] = []
    words = len(draft.text.split())
    if words > rules.max_words:
        problems.append(f"The line has {words} words, at most {rules.max_words} are allowed.")
    if _PLACEHOLDER.search(draft.text):
        problems.append("The line contains a placeholder or markup.")
    known = {statement.id: statement for statement in statements}
    unknown = [one for one in draft.statement_ids if one not in known]
    if unknown or not draft.statement_ids:
        problems.append(f"The line must rest on statements that exist; it names {', '.join(unknown) or 'none'}.")
    problems += _names(draft.text, lead) + _addresses(draft.text, lead)
    used = [known[one] for one in draft.statement_ids if one in known]
    problems += _unbacked(draft.text, _backing(lead, used, rules), language=rules.language)
    return problems


def plain_line(lead: Lead, language: str) -> str:
    """A line that claims nothing: for rows without evidence, marked degraded and free."""
    texts = _WITH_COMPANY if lead.company else _WITHOUT
    text = texts.get(language[:2].lower(), texts["en"]).replace("{company}", lead.company)
    return f"{lead.first_name}, {text}" if lead.first_name else text[:1].upper() + text[1:]


def _names(text: str, lead: Lead) -> list[str]:
    """The person addressed must be the row's, by first name, or nobody."""
    greeted = _GREETING.match(text)
    addressed = greeted or _ADDRESS.match(text)
    if addressed is None:
        return []
    name = addressed.group(1)
    if not greeted and (not name[:1].isupper() or name.casefold() in _OPENERS):
        return []
    allowed = {part.casefold() for part in (lead.first_name, *lead.person.split(), *lead.company.split()) if part}
    if name.casefold() in allowed:
        return []
    right = f"the right name is {lead.first_name}" if lead.first_name else "the row has no first name: address nobody"
    return [f"The line addresses {name}; {right}."]


def _addresses(text: str, lead: Lead) -> list[str]:
    given = " ".join([*lead.roles.values(), *lead.cells.values(), lead.domain]).casefold()
    found = [*_EMAIL.findall(text), *_URL.findall(text), *_BARE_DOMAIN.findall(_EMAIL.sub(" ", text))]
    matches = [match.group() for match in _BARE_DOMAIN.finditer(_URL.sub(" ", _EMAIL.sub(" ", text)))]
    foreign = [one for one in dict.fromkeys([*found, *matches]) if one and one.casefold().rstrip(".,") not in given]
    return [f"The line contains an address that is not in the row: {', '.join(foreign)}."] if foreign else []


def _backing(lead: Lead, used: Iterable[Statement], rules: Rules) -> set[str]:
    texts = [*(f"{one.text} {one.snippet}" for one in used), *lead.roles.values(), *lead.cells.values(), rules.offer]
    return {word for text in [*texts, lead.person, lead.domain] for word in words_of(text)}


def _unbacked(text: str, backing: set[str], *, language: str) -> list[str]:
    """Numbers and names inside a sentence must stand in a statement the line cites, in the row or in the offer."""
    german = language[:2].lower() in _NOUNS_ARE_CAPITALISED
    foreign: list[str] = []
    for match in _CAPITALISED.finditer(text):
        words = [word for word in words_of(match.group()) if word not in _ENDINGS]
        if words and not _NOT_A_CLAIM.issuperset(words) and not backing.issuperset(words):
            before = text[: match.start()].rstrip()
            opens = not before or before[-1] in _NEW_SENTENCE
            if match.group().isdigit() or (match.group()[0].isupper() and not opens and not german):
                foreign.append(match.group())
    return [f"Nothing that the line cites mentions {', '.join(dict.fromkeys(foreign))}."] if foreign else []
