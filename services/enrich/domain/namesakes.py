"""Whether a result is about this company and this person, or about others of the same name. The reason is kept.

A namesake in the prompt would be a namesake in somebody's inbox.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Protocol
from urllib.parse import urlsplit

from services.enrich.domain.lead import Lead
from services.enrich.domain.texts import core_name, name_words, positions, word_set, words_of
from services.enrich.domain.web_addresses import belongs_to, is_profile, site_of

_OTHER_BUSINESS = word_set(
    "services systems group logistics capital partners ventures foundation bank insurance media energy foods marine"
    " software technologies solutions consulting logistic transport academy university hotel hotels restaurant records"
    " motors pharma realty properties studios"
)
"""A name that goes on with one of these words is another company's: Nordlys Marine is not Nordlys Marine Services."""
_PARTS = re.compile(r"\s+[-–—|·•]\s+|\s+at\s+|\s+@\s*")
_FEWEST_PARTS = 3
"""A headline of a profile that names an employer: the person, the role, the company."""
_NETWORKS = word_set("linkedin xing workfolk facebook crunchbase zoominfo rocketreach apollo theorg profil profile")
_LIVES_IN = re.compile(
    r"(?:based|located|living|lives|wohnhaft) in ([^\W\d_][\w .'-]{2,40}?)(?=[,.;\n]|$)|location: ?([^\W\d_][\w .'-]{2,40})",
    re.IGNORECASE,
)
_PORTRAIT = re.compile(
    r"((?:Dr\.? |Prof\.? )?[A-ZÀ-ÖØ-Þ][\w'’-]+(?: [A-ZÀ-ÖØ-Þ][\w'’.-]+){1,3})"
    r"(?:, [^.]{3,60}?,| (?:is|was|has|joined|works|worked|heads|leads|studied|ist|war|leitet|arbeitet|est|dirige|es|è)\b)"
)
_WORD_AND_NEXT = re.compile(r"(\w+)(?:[ -](?=(\w+)))?")
_LITTLE_WORDS = word_set("of and the for de des du la le der die das und für & - von i")


class Page(Protocol):
    """What is looked at."""

    @property
    def url(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def text(self) -> str: ...


class Hosted(Page, Protocol):
    """One that knows the site it stands on."""

    @property
    def host(self) -> str: ...


def contradiction(lead: Lead, result: Hosted) -> str | None:
    """Why a result is not about the company, or None.

    The company's own site always belongs. Anything else must name the company (as a name of its own, not as the beginning
    of a longer one), and must not stand on the own site of another company of that name.
    """
    host, domain = result.host, lead.domain
    if domain and belongs_to(host, domain):
        return None
    whole = f"{result.title}\n{result.text}"
    if domain and domain in f"{whole}\n{result.url}".casefold():
        return None
    if not lead.company:
        return f"does not name {domain}"
    name = core_name(lead.company)
    words = words_of(whole)
    found = positions(name, words)
    if not found:
        who = lead.person and positions(words_of(lead.person), words)
        return f"is about a namesake: {lead.person} elsewhere" if who else f"does not name {lead.company}"
    if _only_begins(name, words, found):
        return f"is about a company whose name only begins with {lead.company}"
    if domain and _label(host) == "".join(name) and _label(host) != _label(domain):
        return f"stands on the site of another {lead.company}: {host}, not {domain}"
    return None


def person_contradiction(lead: Lead, result: Hosted) -> str | None:
    """Why a result that belongs to the company is not about the person, or None.

    It must name the person. A profile whose headline names another employer, or one that lives elsewhere and has another
    title, is a namesake's, whatever its text mentions.
    """
    if not names_person(lead, f"{result.title}\n{result.text}"):
        return f"does not name {lead.person}"
    if other := _other_employer(lead, result):
        return f"is about a namesake: {lead.person} at {other}, not at {lead.company or lead.domain}"
    if place := _other_place(lead, result):
        return f"is about a namesake: {lead.person} in {place}, who is no {lead.roles['title']}"
    return None


def names_person(lead: Lead, text: str) -> bool:
    """Whether a text names the person: all names in their order, or the first and the last of them."""
    names = name_words(lead.person)
    # Most texts do not: a look at the letters costs a hundredth of taking them apart.
    if not names or names[-1] not in text.casefold():
        return False
    words = words_of(text)
    return bool(positions(names, words)) or (len(names) > 2 and bool(positions([names[0], names[-1]], words)))


def names_somebody_else(lead: Lead, snippet: str, sources: Sequence[Page]) -> str:
    """What is wrong with a passage about another company or person of a source that belongs to the row, or nothing."""
    if other := _other_portrait(lead, snippet, sources):
        return f"is about {other}, not about {lead.person}"
    name, domain = core_name(lead.company), lead.domain
    own = domain and any(belongs_to(site_of(one.url), domain) for one in sources)
    if not name or own:
        return ""
    words = words_of(snippet)
    found = positions(name, words)
    other = (
        _is_another_name(name, snippet, known=word_set(lead.words.casefold())) if not found or len(name) == 1 else False
    )
    if other or _only_begins(name, words, found):
        return f"is about a company of a similar name, not about {lead.company}"
    return ""


def _other_portrait(lead: Lead, snippet: str, sources: Sequence[Page]) -> str:
    """Who is introduced by a passage that begins with the name of a person who is not the row's."""
    found = _PORTRAIT.match(snippet) if lead.person else None
    if not found:
        return ""
    named = set(words_of(found[1]))
    known = {*words_of(lead.person), *words_of(lead.company)}
    return "" if named & known or any(named <= set(words_of(one.title)) for one in sources) else found[1]


def _is_another_name(name: Sequence[str], snippet: str, *, known: frozenset[str]) -> bool:
    """Whether a passage has the first word of a name only as the beginning of others: `Nordlys Shipping`.

    What the row itself says (a place, a title, a person) may follow a name without making another of it.
    """
    if name[0] not in snippet.casefold():
        return False
    follow = [found[2] or "" for found in _WORD_AND_NEXT.finditer(snippet) if found[1].casefold() == name[0]]
    return bool(follow) and all(_is_of_a_name(one) and not {one.casefold()} & {*name, *known} for one in follow)


def _is_of_a_name(word: str) -> bool:
    """`Dairy`, but neither `dairy` nor `CEO` nor `GmbH`."""
    return len(word) > 3 and word[0].isupper() and word[1:].islower()


def sites_elsewhere(lead: Lead, results: Iterable[Hosted]) -> dict[str, str]:
    """Home pages of companies of that name in other places, when the row has no site but a place that some page names."""
    place = lead.roles.get("city") or lead.roles.get("country")
    if lead.domain or not place or not lead.company:
        return {}
    name = core_name(lead.company)
    homes = [one for one in results if urlsplit(one.url).path in {"", "/"} and positions(name, words_of(one.title))]
    here = {one.host for one in homes if place.casefold() in one.text.casefold()}
    if not here:
        return {}
    return {one.host: f"is a company of that name that is not in {place}" for one in homes if one.host not in here}


def _only_begins(name: Sequence[str], words: Sequence[str], found: Sequence[int]) -> bool:
    """Whether a text has a name, at the places `found`, only as the beginning of longer ones."""
    ends = [at + len(name) for at in found]
    return bool(ends) and all(end < len(words) and words[end] in _OTHER_BUSINESS for end in ends)


def _other_employer(lead: Lead, result: Hosted) -> str:
    """The employer in the headline of a profile, when it is another than the row's."""
    if not lead.company or not is_profile(result.url):
        return ""
    parts = [part for part in _PARTS.split(result.title) if part and not set(words_of(part)) <= _NETWORKS]
    if len(parts) < _FEWEST_PARTS:
        return ""
    name = core_name(lead.company)
    return "" if any(_is_named(name, words_of(part)) for part in parts) else parts[-1].strip()


def _is_named(name: Sequence[str], words: list[str]) -> bool:
    found = positions(name, words)
    return bool(found) and not _only_begins(name, words, found)


def _other_place(lead: Lead, result: Hosted) -> str:
    """Where somebody of that name lives, when it is nowhere near the row's places and the row's title is not theirs."""
    places = [lead.roles[role] for role in ("city", "state", "country") if role in lead.roles]
    title = set(words_of(lead.roles.get("title", ""))) - _LITTLE_WORDS
    if not places or not title or not is_profile(result.url):
        return ""
    whole = f"{result.title}\n{result.text}"
    if any(place.casefold() in whole.casefold() for place in places) or title & set(words_of(whole)):
        return ""
    found = _LIVES_IN.search(whole)
    return (found[1] or found[2]).strip() if found else ""


def _label(host: str) -> str:
    """The name within a host: `acme` of `www.acme.co.uk`, without hyphens."""
    labels = host.split(".")
    if len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3:
        labels = labels[:-1]
    return labels[-2].replace("-", "") if len(labels) > 1 else host
