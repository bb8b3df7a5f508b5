"""What the model does wrong when it is dialled to: inventing, misquoting, mixing people up, obeying its sources."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from deploy.sandbox.dials import Dials
from deploy.sandbox.llm.line import Line
from deploy.sandbox.llm.prompt import Prompt
from deploy.sandbox.llm.research import Claim, Research, is_order
from deploy.sandbox.llm.sentences import sentences
from deploy.sandbox.world.chance import pick, share

_INVENTIONS = (
    "raised 40 million euros from a pension fund",
    "moved its headquarters to Lisbon",
    "doubled its workforce within a year",
    "was bought by a competitor in May",
)
_CLOSING = re.compile(r"[.!]?$")


@dataclass(frozen=True, slots=True)
class Mischief:
    """Which wrongs befall this very answer."""

    invent: bool = False
    misquote: bool = False
    mix: bool = False
    obey: bool = False

    @classmethod
    def drawn(cls, dials: Dials, *, prompt: str, nth: int) -> Mischief:
        """Drawn from the prompt, the seed and how often the prompt has come."""
        groq = dials.groq
        if not (groq.invent_facts or groq.misquote or groq.mix_namesakes or groq.obey_injection):
            return INNOCENT
        seed = (str(dials.seed), str(nth), prompt)
        return cls(
            invent=share("invent", *seed) < groq.invent_facts,
            misquote=share("misquote", *seed) < groq.misquote,
            mix=share("mix", *seed) < groq.mix_namesakes,
            obey=share("obey", *seed) < groq.obey_injection,
        )


INNOCENT = Mischief()


def spoil_research(found: Research, prompt: Prompt, mischief: Mischief) -> None:
    """Make a good answer wrong in place."""
    ids = [source.id for source in prompt.sources[:1]]
    if mischief.invent and prompt.company:
        text = f"{prompt.company} {pick(_INVENTIONS, prompt.company)}."
        found.signals.insert(0, Claim(text, ids, text, "signals"))
    if mischief.misquote:
        for claim in found.claims[:2]:
            words = claim.snippet.split(" ")
            words[len(words) // 2] = "reportedly"
            claim.snippet = " ".join(words)
    order = _order(source.text for source in prompt.sources) if mischief.obey else ""
    if order:
        found.company.insert(0, Claim(order, ids, order, "company"))


def spoil_line(line: Line, prompt: Prompt, mischief: Mischief) -> None:
    """Make a good line wrong in place."""
    if mischief.invent:
        invented = pick(_INVENTIONS, prompt.company)
        line.text = f"{_CLOSING.sub('', line.text)}, now that {prompt.company or 'the company'} {invented}."
    if mischief.mix and prompt.first_name:
        line.text = line.text.replace(prompt.first_name, "Alex" if prompt.first_name != "Alex" else "Robin", 1)
    order = (
        _order([statement.text for statement in prompt.statements] + list(prompt.row.values())) if mischief.obey else ""
    )
    if order:
        line.text = order


def _order(texts: Iterable[str]) -> str:
    """What an order found in the texts wants said: what follows it."""
    for text in texts:
        parts = sentences(text)
        for at, sentence in enumerate(parts):
            if is_order(sentence):
                return " ".join(parts[at + 1 : at + 3]) or sentence
    return ""
