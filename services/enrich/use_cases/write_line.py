"""The opening line of a row: written from its statements, checked by program, once more with the reasons when it fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from libs.common.contracts.ingest import ResearchSpec
from services.enrich import prompts
from services.enrich.clients.groq import Groq
from services.enrich.clients.patience import Patience
from services.enrich.domain.degraded import Degraded
from services.enrich.domain.lead import Lead
from services.enrich.domain.line import Draft, Rules, check_line, read_draft
from services.enrich.domain.product_rules import Choice
from services.enrich.domain.research import Statement
from services.enrich.domain.sources import Source
from services.enrich.in_flight.tally import Tally
from services.enrich.use_cases.ask_model import ask_model

_LINES = 2


@dataclass(frozen=True, slots=True)
class LineRequest:
    """What a line may be made of."""

    lead: Lead
    spec: ResearchSpec
    statements: Sequence[Statement]
    sources: Sequence[Source]
    product: Choice | None = None

    @property
    def offer(self) -> str:
        """What the job says is offered; where it says nothing, the pitch of the row's product."""
        return self.spec.offer or (self.product.pitch if self.product else "")


async def write_line(asked: LineRequest, groq: Groq, *, patience: Patience, tally: Tally) -> str:
    """A line that passes every check. Raises Degraded with the problems of the last one, and provider failures."""
    spec, statements = asked.spec, asked.statements
    rules = Rules(max_words=spec.max_words, language=spec.language, offer=asked.offer)
    request: dict[str, Any] = {
        "task": "line",
        "row": asked.lead.for_model(),
        "statements": [{"category": one.category, **one.as_json()} for one in statements],
        "sources": [{"id": one.id, "url": one.url, "title": one.title} for one in asked.sources],
        "offer": asked.offer,
        "language": spec.language,
        "max_words": spec.max_words,
    }
    problems: list[str] = []
    for _ in range(_LINES):
        draft: Draft = await ask_model(
            groq, prompts.LINE, request=request, read=read_draft, patience=patience, tally=tally
        )
        problems = check_line(draft, asked.lead, statements, rules)
        if not problems:
            return draft.text
        request["previous"] = {"line": draft.text, "problems": problems}
    raise Degraded(f"No line passed the checks: {' '.join(problems)}")
