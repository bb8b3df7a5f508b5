"""Writes the opening line: a greeting by first name, one statement, and a question that claims nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deploy.sandbox.llm.prompt import Prompt, Statement
from deploy.sandbox.llm.research import is_order
from deploy.sandbox.world.chance import pick

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
}


@dataclass(slots=True)
class Line:
    """The line and the statements it uses."""

    text: str
    statement_ids: list[str]


def write_line(prompt: Prompt) -> Line:
    """The line for a prompt, at most `max_words` long. Without a usable statement it only asks."""
    leads, questions, plain = _VOICES.get(prompt.language, _VOICES["en"])
    name = prompt.first_name
    seed = (name, prompt.company, prompt.offer)
    for statement in _by_worth(prompt.statements, prompt.person):
        fact = _fact(statement.text, prompt.company)
        form = pick(leads, *seed, statement.text)
        if prompt.language == "en" and prompt.person and prompt.person in fact:
            form = "I came across this about you: “{fact}”"
        lead = _greeted(name, form.format(fact=fact))
        asked = _asked(prompt, pick(questions, *seed, statement.text))
        for text in (f"{lead} – {asked}", f"{lead}."):
            if len(text.split()) <= prompt.max_words:
                return Line(text, [statement.id])
    company = prompt.company or "the company"
    question = _greeted(name, plain.format(company=company))
    return Line(question if len(question.split()) <= prompt.max_words else f"{name}?", [])


def _by_worth(statements: list[Statement], person: str) -> list[Statement]:
    """News of the company first, then the rest, then what only repeats the recipient's life; orders never."""

    def worth(one: Statement) -> int:
        if person and person in one.text:
            return 2
        return 0 if one.category.startswith("signal") or _SIGNAL.search(one.text) else 1

    usable = [statement for statement in statements if statement.text and not is_order(statement.text)]
    return sorted(usable, key=worth)


def _fact(text: str, company: str) -> str:
    fact = text.strip().rstrip(".!").strip()
    first, _, rest = fact.partition(" ")
    if first in {"The", "A", "An", "It", "They", "In", "Its", "Their"} and not company.startswith(first):
        return f"{first.lower()} {rest}"
    return fact


def _greeted(name: str, text: str) -> str:
    return f"{name}, {text}" if name else text[:1].upper() + text[1:]


def _asked(prompt: Prompt, question: str) -> str:
    short = prompt.offer.rstrip(".")
    if prompt.language == "en" and short and len(short.split()) <= 6 and "//" not in short and "@" not in short:
        return f"would {short} be of use there?"
    return question
