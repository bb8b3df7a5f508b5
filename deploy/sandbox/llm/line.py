"""Writes the opening line: a greeting by first name, one statement, and a question that claims nothing.

It honours language, tone, length, the offer and forbidden words; a person's own wishes it reads over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from deploy.sandbox.llm.prompt import Prompt, Statement
from deploy.sandbox.llm.research import is_order
from deploy.sandbox.world.chance import pick

_WORD = re.compile(r"\w+")
_STEM = 5
_SIGNAL = re.compile(
    r"\b(?:opened|launched|raised|won|signed|bought|hired|announced|began|started|presented|delivered)\b"
)
_VOICES: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "en": (
        ("I read that {fact}", "I noticed that {fact}", "I saw that {fact}"),
        ("what comes next?", "how is it going so far?", "what prompted it?"),
        "who looks after this at {company}?",
    ),
    "de": (
        ("ich habe gelesen: „{fact}“",),
        ("wie läuft es bisher?", "was kommt als Nächstes?"),
        "wer kümmert sich bei {company} darum?",
    ),
    "fr": (
        ("j'ai lu ceci : « {fact} »",),
        ("quelle est la suite ?", "comment cela se passe-t-il ?"),
        "qui s'en occupe chez {company} ?",
    ),
    "es": (
        ("he leído esto: «{fact}»",),
        ("¿qué viene después?", "¿cómo va hasta ahora?"),
        "¿quién se ocupa de ello en {company}?",
    ),
    "it": (("ho letto questo: «{fact}»",), ("come sta andando?",), "chi se ne occupa in {company}?"),
    "nl": (("ik las dit: ‘{fact}’",), ("hoe gaat het tot nu toe?",), "wie gaat daarover bij {company}?"),
    "pt": (("li isto: «{fact}»",), ("como está a correr?",), "quem trata disso na {company}?"),
    "pl": (("przeczytałem to: „{fact}”",), ("jak idzie do tej pory?",), "kto zajmuje się tym w {company}?"),
    "cs": (("četl jsem toto: „{fact}“",), ("jak se to zatím daří?",), "kdo se tím zabývá v {company}?"),
    "sv": (("jag läste det här: ”{fact}”",), ("hur går det hittills?",), "vem ansvarar för det hos {company}?"),
    "da": (("jeg læste dette: »{fact}«",), ("hvordan går det indtil nu?",), "hvem står for det hos {company}?"),
    "nb": (("jeg leste dette: «{fact}»",), ("hvordan går det så langt?",), "hvem har ansvar for det hos {company}?"),
    "fi": (("luin tämän: ”{fact}”",), ("miten se on sujunut?",), "kuka vastaa siitä yrityksessä {company}?"),
    "ro": (("am citit asta: „{fact}”",), ("cum merge până acum?",), "cine se ocupă de asta la {company}?"),
    "hu": (("ezt olvastam: „{fact}”",), ("hogy halad eddig?",), "ki foglalkozik ezzel itt: {company}?"),
    "tr": (("şunu okudum: “{fact}”",), ("şimdiye kadar nasıl gidiyor?",), "{company} içinde bununla kim ilgileniyor?"),
}
_TONES: dict[str, tuple[str, ...]] = {
    "formal": ("I have read that {fact}",),
    "direct": ("{fact}",),
    "playful": ("a little bird tells me that {fact}",),
}
"""How a fact is led up to in English in another tone than the friendly one."""


@dataclass(slots=True)
class Line:
    """The line and the statements it uses."""

    text: str
    statement_ids: list[str]


def write_line(prompt: Prompt) -> Line:
    """The line for a prompt, at most `max_words` long, without forbidden words. Without a usable statement it only asks."""
    leads, questions, plain = _VOICES.get(prompt.language, _VOICES["en"])
    in_english = prompt.language not in _VOICES or prompt.language == "en"
    leads = _TONES.get(prompt.tone, leads) if in_english else leads
    seed = (prompt.first_name, prompt.company, prompt.offer)
    for statement in _by_worth(prompt):
        fact = _fact(statement.text, prompt.company)
        about = in_english and prompt.person and prompt.person in fact
        forms = ("I came across this about you: “{fact}”",) if about else _rotated(leads, *seed, statement.text)
        asked = [_asked(prompt, one) for one in _rotated(questions, *seed, statement.text)]
        for form in forms:
            lead = _greeted(prompt, form.format(fact=fact))
            for text in (*(f"{lead} – {one}" for one in asked), f"{lead}."):
                if _fits(text, prompt):
                    return Line(text, [statement.id])
    question = _greeted(prompt, plain.format(company=prompt.company or "the company"))
    return Line(question if _fits(question, prompt) else f"{prompt.first_name}?", [])


def _rotated(choices: tuple[str, ...], *seed: str) -> tuple[str, ...]:
    first = choices.index(pick(choices, *seed))
    return choices[first:] + choices[:first]


def _fits(text: str, prompt: Prompt) -> bool:
    words = f" {' '.join(_WORD.findall(text.casefold()))} "
    forbidden = any(f" {' '.join(_WORD.findall(one.casefold()))}" in words for one in prompt.forbidden)
    return len(text.split()) <= prompt.max_words and not forbidden


def _by_worth(prompt: Prompt) -> list[Statement]:
    """News of the company first, then the rest, then what only repeats the recipient's life; orders never.

    Of equals, the one that has to do with the offer.
    """
    person, offered = prompt.person, _topics(prompt.offer)

    def worth(one: Statement) -> tuple[int, int]:
        near = -len(offered & _topics(one.text))
        if person and person in one.text:
            return 2, near
        return (0 if one.category.startswith("signal") or _SIGNAL.search(one.text) else 1), near

    usable = [statement for statement in prompt.statements if statement.text and not is_order(statement.text)]
    return sorted(usable, key=worth)


def _topics(text: str) -> set[str]:
    """What a text is about: its longer words, without what only their endings tell apart."""
    return {word[:_STEM] for word in _WORD.findall(text.casefold()) if len(word) >= _STEM}


def _fact(text: str, company: str) -> str:
    fact = text.strip().rstrip(".!").strip()
    first, _, rest = fact.partition(" ")
    if first in {"The", "A", "An", "It", "They", "In", "Its", "Their"} and not company.startswith(first):
        return f"{first.lower()} {rest}"
    return fact


def _greeted(prompt: Prompt, text: str) -> str:
    name = prompt.first_name
    if name and prompt.tone == "formal" and prompt.language == "en":
        return f"Dear {name}, {text}"
    return f"{name}, {text}" if name else text[:1].upper() + text[1:]


def _asked(prompt: Prompt, question: str) -> str:
    short = prompt.offer.rstrip(".")
    if prompt.language == "en" and short and len(short.split()) <= 6 and "//" not in short and "@" not in short:
        return f"would {short} be of use there?"
    return question
