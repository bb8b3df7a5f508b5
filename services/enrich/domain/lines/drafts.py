"""A line before it may be sent: as the model gave it, with everything it is judged by."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from services.enrich.domain.folding import folded
from services.enrich.domain.lead import Lead
from services.enrich.domain.research import Statement


@dataclass(frozen=True, slots=True)
class Draft:
    """A line as the model gave it, with the statements it says it used; `paragraphs` are those it was written in."""

    text: str
    statement_ids: tuple[str, ...]
    paragraphs: int = 1


@dataclass(frozen=True, slots=True)
class Rules:
    """What the job asks of a line. `told` is what else the writer knows: the product of the row, answers it is to use."""

    max_words: int
    language: str
    offer: str = ""
    forbidden: tuple[str, ...] = ()
    told: str = ""


@dataclass(frozen=True)
class Case:
    """A line with everything it is judged by. `used` are the statements it names, `unknown` the names of none."""

    draft: Draft
    lead: Lead
    rules: Rules
    used: Sequence[Statement]
    unknown: Sequence[str]

    @property
    def text(self) -> str:
        return self.draft.text

    @functools.cached_property
    def folded(self) -> str:
        """The line without case, accents and punctuation."""
        return folded(self.draft.text)

    @property
    def cited(self) -> str:
        """The words of the statements that the line names."""
        return " ; ".join(f"{one.text} ; {one.snippet}" for one in self.used)

    @property
    def given(self) -> str:
        """The words of the row and of the offer."""
        lead, rules = self.lead, self.rules
        row = [*lead.roles.values(), *lead.cells.values(), lead.person, lead.domain]
        return " ; ".join([*row, rules.offer, rules.told])
