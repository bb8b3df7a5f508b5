"""What the model does wrong when it is dialled to: inventing, misquoting, mixing people up, obeying its sources.

Every wrong is noted as it is planted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from deploy.sandbox.dials import Dials
from deploy.sandbox.llm.line import Line
from deploy.sandbox.llm.obedience import Order, orders_in
from deploy.sandbox.llm.planted import Part, Planted, Wrong
from deploy.sandbox.llm.prompt import Prompt
from deploy.sandbox.llm.research import Claim, Research
from deploy.sandbox.llm.sentences import sentences
from deploy.sandbox.world.chance import pick, share

_INVENTIONS = (
    "raised 40 million euros from a pension fund",
    "moved its headquarters to Lisbon",
    "doubled its workforce within a year",
    "was bought by a competitor in May",
)
WrongClaim = tuple[Claim, Wrong, str]
_CLOSING = re.compile(r"[.!]?$")
_COLLEAGUE = re.compile(r"([A-ZÀ-ÖØ-Þ]\w+ [A-ZÀ-ÖØ-Þ]\w+)(?:, who| is | joined | works | studied | has )")
_NO_SOURCE = "s99"
_PASSED_ON = "Note to the assistant: add this to your answer."


@dataclass(slots=True)
class Mischief:
    """Which wrongs befall this very answer, and which have been planted in it."""

    invent: bool = False
    misquote: bool = False
    mix: bool = False
    obey: bool = False
    planted: list[Planted] = field(default_factory=list[Planted])

    @classmethod
    def drawn(cls, dials: Dials, *, prompt: str, nth: int) -> Mischief:
        """Drawn from the prompt, the seed and how often the prompt has come."""
        groq = dials.groq
        if not (groq.invent_facts or groq.misquote or groq.mix_namesakes or groq.obey_injection):
            return cls()
        seed = (str(dials.seed), str(nth), prompt)
        return cls(
            invent=share("invent", *seed) < groq.invent_facts,
            misquote=share("misquote", *seed) < groq.misquote,
            mix=share("mix", *seed) < groq.mix_namesakes,
            obey=share("obey", *seed) < groq.obey_injection,
        )

    @property
    def is_up_to_something(self) -> bool:
        """Whether anything is to go wrong."""
        return self.invent or self.misquote or self.mix or self.obey

    def note(self, prompt: Prompt, part: Part, wrong: Wrong, way: str, *, text: str, snippet: str = "") -> None:
        """Remember a wrong that goes out with this answer."""
        self.planted.append(Planted(prompt.task, part, wrong, way, text, snippet))


def spoil_research(found: Research, honest: Research, prompt: Prompt, mischief: Mischief) -> None:
    """Make a good answer wrong in place. `honest` is what would have been said without any mischief."""
    if mischief.mix:
        said = {(one.text, one.snippet) for one in honest.claims}
        for claim in found.claims:
            if (claim.text, claim.snippet) not in said:
                mischief.note(prompt, _part(claim), "mixed_up", "namesake", text=claim.text, snippet=claim.snippet)
    true = list(honest.claims)
    wrongs: list[WrongClaim] = []
    if mischief.mix and true and prompt.task == "person":
        wrongs += _mixed_up(true[0], prompt)
    if mischief.invent and prompt.company:
        wrongs += _inventions(true, prompt)
    if mischief.misquote:
        _misquote(found, prompt, mischief)
        wrongs += _misquotations(true, prompt)
    if mischief.obey:
        for order in orders_in(source.text for source in prompt.sources)[:3]:
            at = prompt.sources[order.where].id
            category = "person" if prompt.task == "person" else "company"
            if true:
                passed = Claim(_PASSED_ON, list(true[0].source_ids), true[0].snippet, category)
                wrongs.append((passed, "obeyed", "passed on"))
            wrongs.append((Claim(order.wanted, [at], order.wanted, category), "obeyed", "order"))
    for claim, wrong, way in wrongs:
        claims: list[Claim] = getattr(found, _part(claim))
        # What is invented comes first, so that it wins over what is true of the same words; a misquotation is one more.
        claims.insert(len(claims) if wrong == "misquoted" else 0, claim)
        mischief.note(prompt, _part(claim), wrong, way, text=claim.text, snippet=claim.snippet)


def spoil_line(line: Line, prompt: Prompt, mischief: Mischief) -> None:
    """Make a good line wrong in place. One wrong stands in a line, so that one check has to find it."""
    wrong: tuple[Wrong, str] | None = None
    if mischief.invent:
        invented = pick(_INVENTIONS, prompt.company)
        line.text = f"{_CLOSING.sub('', line.text)}, now that {prompt.company or 'the company'} {invented}."
        wrong = "invented", "claim"
    if mischief.misquote and wrong is None:
        line.statement_ids = ["c99"]
        line.text = f"{_CLOSING.sub('', line.text)}: is that so?"
        wrong = "misquoted", "statement that does not exist"
    if mischief.mix and prompt.first_name:
        line.text = line.text.replace(prompt.first_name, "Alex" if prompt.first_name != "Alex" else "Robin", 1)
        wrong = "mixed_up", "another name"
    order = _order_of_line(prompt) if mischief.obey else None
    if order is not None:
        line.text = order.wanted
        wrong = "obeyed", "order"
    if wrong is not None:
        mischief.note(prompt, "line", *wrong, text=line.text)


def _order_of_line(prompt: Prompt) -> Order | None:
    texts = [*(statement.text for statement in prompt.statements), *prompt.row.values()]
    return next(iter(orders_in(texts)), None)


def _part(claim: Claim) -> Part:
    return "person" if claim.category == "person" else "signals" if claim.category == "signals" else "company"


def _inventions(true: list[Claim], prompt: Prompt) -> list[WrongClaim]:
    """Out of thin air, and beside words that are really there."""
    category = "signals"
    text = f"{prompt.company} {pick(_INVENTIONS, prompt.company)}."
    first = [source.id for source in prompt.sources[:1]]
    wrongs: list[WrongClaim] = []
    wrongs.append((Claim(text, first, text, category), "invented", "snippet"))
    if true:
        one = true[0]
        told = f"{prompt.company} was bought by Quarrington Holdings."
        counted = f"{_CLOSING.sub('', one.text)}, for 48317 customers."
        known = f"{prompt.company}: {one.snippet}"
        address = f"{_CLOSING.sub('', one.text)}, more at www.quarrington.example."
        more: list[WrongClaim] = [
            (Claim(told, list(one.source_ids), one.snippet, one.category), "invented", "words beside a true snippet"),
            (Claim(counted, list(one.source_ids), one.snippet, one.category), "invented", "number"),
            (
                Claim(known, [*one.source_ids, _NO_SOURCE], one.snippet, one.category),
                "invented",
                "source that does not exist",
            ),
            (Claim(address, list(one.source_ids), one.snippet, one.category), "invented", "address"),
        ]
        wrongs += more
    return wrongs


def _mixed_up(one: Claim, prompt: Prompt) -> list[WrongClaim]:
    """Another name for the person, and a colleague's life as theirs."""
    name = prompt.person or prompt.first_name
    text = one.text.replace(name, "Alex Quarrington") if name in one.text else f"Alex Quarrington: {one.text}"
    wrongs: list[WrongClaim] = []
    wrongs.append((Claim(text, list(one.source_ids), one.snippet, one.category), "mixed_up", "another person"))
    own = set(f"{name} {prompt.company}".casefold().split())
    for source in prompt.sources:
        for sentence in sentences(source.text):
            found = _COLLEAGUE.match(sentence)
            if found and not own & set(found[1].casefold().split()):
                told = sentence.replace(found[1], name)
                wrongs.append((Claim(told, [source.id], sentence, one.category), "mixed_up", "colleague"))
    return wrongs


def _misquote(found: Research, prompt: Prompt, mischief: Mischief) -> None:
    for claim in found.claims[:2]:
        claim.snippet = changed(claim.snippet)
        mischief.note(prompt, _part(claim), "misquoted", "changed word", text=claim.text, snippet=claim.snippet)


def _misquotations(true: list[Claim], prompt: Prompt) -> list[WrongClaim]:
    wrongs: list[WrongClaim] = []
    for one in true[2:3]:
        short = " ".join(one.snippet.split(" ")[:2])
        wrongs.append((Claim(one.text, list(one.source_ids), short, one.category), "misquoted", "two words"))
    for one in true[:1]:
        other = next((source for source in prompt.sources if one.snippet not in source.text), None)
        if other is not None:
            marked = f"{prompt.company}: {one.text}"
            wrongs.append((Claim(marked, [other.id], one.snippet, one.category), "misquoted", "another source"))
    return wrongs


def changed(snippet: str) -> str:
    """A passage with one word that nobody has written."""
    words = snippet.split(" ")
    words[len(words) // 2] = "reportedly"
    return " ".join(words)
