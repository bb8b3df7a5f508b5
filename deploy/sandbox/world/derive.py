"""Composes a company that nobody wrote down, from nothing but the words of the question.

Change a word (the sub-industry in a cell, the city) and the sentences change; ask again, and they do not.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import lru_cache

from deploy.sandbox.world.catalogue import SOURCES, TODAY
from deploy.sandbox.world.chance import mix, number, pick
from deploy.sandbox.world.model import Company, News, Person, slug
from deploy.sandbox.world.questions import Question

_TOPICS = (
    "shorter delivery times",
    "the reliability of its suppliers",
    "energy use in its sites",
    "training for its service teams",
    "quicker answers to customers",
    "fewer unplanned stops",
    "safety at work",
    "the reuse of materials",
)
_DEEDS = (
    ("announced a programme for {topic}", "The programme runs for three years"),
    ("reported progress on {topic}", "The figures stand in its half-year letter"),
    ("named a new team for {topic}", "The team has eleven members"),
    ("invited suppliers to a day about {topic}", "Two hundred guests came"),
    ("opened a workshop that is devoted to {topic}", "It replaces two older sites"),
)
_DONE = [([deed.format(topic=topic) for topic in _TOPICS], detail) for deed, detail in _DEEDS]
_DAYS = [TODAY - timedelta(days=ago) for ago in range(250)]
_RECENT = (
    "spoke about {topic} at a trade day",
    "leads the work on {topic}",
    "wrote an article about {topic}",
    "is building a team for {topic}",
)
_SECOND_LEVEL = frozenset({"co", "com", "org", "net", "gov", "ac", "edu"})


def derive_company(question: Question, *, with_news: bool = True) -> Company:
    """The company of a question, as detailed as the question is."""
    company = _company(question._replace(person="", role=""), with_news=with_news)
    return replace(company, people=(_person(question, _facts_of(question)),)) if question.person else company


@lru_cache(maxsize=4096)
def _company(question: Question, *, with_news: bool) -> Company:
    """Without people. A row asks for its company several times in a second: the web, the news, the site."""
    seed = number(*_facts_of(question))
    topic = _TOPICS[seed % len(_TOPICS)]
    trade = f" in {question.industry}" if question.industry else ""
    return Company(
        name=question.company,
        domain=question.domain or f"{slug(question.company) or 'unnamed'}.example",
        industry=question.industry,
        city=question.place,
        founded=question.founded,
        about=f"has made {topic} its first aim{trade} for this year",
        news=tuple(_news(seed, nth=nth, industry=question.industry) for nth in range(3)) if with_news else (),
        mentions=question.mentions,
    )


def _facts_of(question: Question) -> tuple[str, ...]:
    return (question.company, question.industry, question.place, str(question.founded), *question.mentions)


def name_of_domain(domain: str) -> str:
    """The name that a domain suggests: `a-o-smith.example` is A O Smith."""
    labels = domain.removeprefix("www.").split(".")
    label = labels[-3] if len(labels) > 2 and labels[-2] in _SECOND_LEVEL else labels[-2]
    return label.replace("-", " ").replace("_", " ").title()


def _person(question: Question, asked: tuple[str, ...]) -> Person:
    topic = pick(_TOPICS, question.person, *asked)
    return Person(
        name=question.person,
        role=question.role or "a manager",
        background="",
        recent=pick(_RECENT, question.person, question.role, *asked).format(topic=topic),
    )


def _news(seed: int, *, nth: int, industry: str) -> News:
    chance = mix(seed, nth)
    deeds, detail = _DONE[((seed >> 8) + nth) % len(_DONE)]
    trade = f" in {industry}" if industry and nth == 0 else ""
    return News(
        day=_DAYS[10 + 80 * nth + chance % 70],
        deed=deeds[(chance >> 8) % len(deeds)] + trade,
        detail=detail,
        source=SOURCES[(chance >> 16) % len(SOURCES)],
    )
