"""Reads a search query: whom and what it asks about, without knowing who asks."""

from __future__ import annotations

import re
from typing import NamedTuple

_STRAIGHT = str.maketrans("“”„", '"""')
_HOST = re.compile(r"(?:site:)?(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:/\S*)?", re.IGNORECASE)
_OPERATOR = re.compile(r"\b(?:intitle|inurl|after|before|filetype):\S+|(?<!\S)-\S+")
_FILLERS = re.compile(
    r"\b(?:news|latest|recent|official|website|homepage|linkedin|profile|company|about us|press|OR|AND)\b",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:head|chief|director|manager|lead|president|founder|owner|officer|engineer|buyer|vp|ceo|cto|cfo|coo|cmo|"
    r"partner|specialist|coordinator|executive|consultant|analyst|leiter|leiterin|directora?|directrice)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(r"^(?:in|near|based in)\s+", re.IGNORECASE)
_SEPARATOR = re.compile(r"[,;|]|\s[-–—]\s")
_YEAR = re.compile(r"\b(1[6-9]\d\d|20[0-3]\d)\b")
_TRADE = re.compile(
    r"\b(?:\w*products?|\w*services|equipment|software|semiconductors?|banks?|insurance|utilities|retail\w*|reits?|"
    r"components|machinery|materials?|chemicals|biotechnology|pharmaceuticals|oil|gas|mining|foods?|beverages?|"
    r"apparel|hotels?|airlines?|railroads?|conglomerates|electronics?|hardware|lubricants?|logistics|media|"
    r"entertainment|telecom\w*|technology|healthcare|health|defense|aerospace|construction|engineering|energy|steel|"
    r"brokers|markets|management|tools|supplies|systems|restaurants|footwear|tobacco|packag\w+|paper|gold|copper|"
    r"distributors?|manufacturing|automotive|consulting|agricultur\w*|consumer|financial|industrials?)\b",
    re.IGNORECASE,
)


class Question(NamedTuple):
    """What a query asks about. `company` may be empty when only a person or a domain is asked for."""

    company: str
    person: str
    domain: str
    role: str
    industry: str
    place: str
    founded: int
    mentions: tuple[str, ...]


def read_question(query: str, *, first_names: frozenset[str]) -> Question:
    """Take the query apart: quoted phrases first, then the phrases between commas."""
    parts = (query if query.isascii() else query.translate(_STRAIGHT)).split('"')
    closed = len(parts) - (len(parts) + 1) % 2  # a quote that is never closed opens nothing
    quoted = [clean for part in parts[1:closed:2] if (clean := part.strip())]
    rest = ",".join([*parts[0:closed:2], *parts[closed:]])
    domain, host = "", _HOST.search(rest) if "." in rest else None
    if host:
        domain = host.group(1).lower().removeprefix("www.")
        rest = _HOST.sub(" ", rest)
    phrases = _phrases(rest) if rest.strip(" ,") else []
    person = next((phrase for phrase in quoted if _is_person(phrase, first_names)), "")
    companies = [phrase for phrase in quoted if phrase != person]
    company = companies[0] if companies else ""
    if not company and not quoted and phrases:
        company = phrases.pop(0)
        if _is_person(company, first_names):
            person, company = company, phrases.pop(0) if phrases else ""
    return _sort_out(company, person=person, domain=domain, phrases=[*companies[1:], *phrases])


def _phrases(text: str) -> list[str]:
    plain = _FILLERS.sub(" ", _OPERATOR.sub(" ", text))
    return [clean for part in _SEPARATOR.split(plain) if (clean := " ".join(part.split()))]


def _sort_out(company: str, *, person: str, domain: str, phrases: list[str]) -> Question:
    role = industry = ""
    founded = 0
    places: list[str] = []
    mentions: list[str] = []
    for phrase in phrases:
        year = None if phrase.isalpha() else _YEAR.search(phrase)
        if year and not founded:
            founded = int(year.group(1))
        elif not role and _ROLE.search(phrase) and person:
            role = phrase
        elif not industry and _TRADE.search(phrase):
            industry = phrase
        elif len(places) < 3 and phrase[:1].isupper():
            places.append(phrase)
        elif len(places) < 3 and _PLACE.match(phrase):
            places.append(_PLACE.sub("", phrase))
        else:
            mentions.append(phrase)
    return Question(
        company=company,
        person=person,
        domain=domain,
        role=role,
        industry=industry,
        place=", ".join(places),
        founded=founded,
        mentions=tuple(mentions),
    )


def _is_person(phrase: str, first_names: frozenset[str]) -> bool:
    words = phrase.split()
    return 2 <= len(words) <= 4 and words[0].casefold() in first_names and all(word[:1].isalpha() for word in words)
