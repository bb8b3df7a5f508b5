"""The opening line of a row: written from its statements, checked by program, once more with the reasons when it fails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from libs.common.contracts.ingest import ResearchSpec
from libs.common.contracts.lines import TONES
from services.enrich import prompts
from services.enrich.clients.groq import Groq
from services.enrich.clients.patience import Patience
from services.enrich.domain.degraded import Degraded
from services.enrich.domain.lead import Lead
from services.enrich.domain.lines.line import Draft, Rules, check_line, read_draft
from services.enrich.domain.lines.wishes import fields_of
from services.enrich.domain.products.product_rules import Choice
from services.enrich.domain.research import Statement
from services.enrich.domain.sources import Source
from services.enrich.in_flight.tally import Tally
from services.enrich.use_cases.ask_model import ask_model

_LINES = 2


@dataclass(frozen=True, slots=True)
class LineRequest:
    """What a line may be made of. `answers` are those of the extra columns, as text by name."""

    lead: Lead
    spec: ResearchSpec
    statements: Sequence[Statement]
    sources: Sequence[Source]
    product: Choice | None = None
    answers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def offer(self) -> str:
        """What the job says is offered; where it says nothing, the pitch of the row's product."""
        return self.spec.offer or (self.product.pitch if self.product else "")

    @property
    def fields(self) -> dict[str, str]:
        """What the job's own rules name in braces."""
        product = {"product": self.product.name, "pitch": self.product.pitch} if self.product else {}
        others = {**self.answers, "offer": self.offer, **product}
        return fields_of(self.spec.line_rules, self.lead, mapping=self.spec.mapping, others=others)

    def rules(self, fields: Mapping[str, str]) -> Rules:
        """What the line is checked by."""
        spec, told = self.spec, list(fields.values())
        if self.product:
            told += [self.product.name, self.product.pitch]
        return Rules(
            max_words=spec.max_words,
            language=spec.language,
            offer=self.offer,
            forbidden=tuple(spec.forbidden_words),
            told=" ; ".join(told),
        )


async def write_line(asked: LineRequest, groq: Groq, *, patience: Patience, tally: Tally) -> str:
    """A line that passes every check. Raises Degraded with the problems of the last one, and provider failures."""
    fields = asked.fields
    rules = asked.rules(fields)
    request = _request(asked, fields)
    problems: list[str] = []
    for _ in range(_LINES):
        draft: Draft = await ask_model(
            groq, prompts.LINE, request=request, read=read_draft, patience=patience, tally=tally
        )
        problems = check_line(draft, asked.lead, asked.statements, rules)
        if not problems:
            return draft.text
        request["previous"] = {"line": draft.text, "problems": problems}
    raise Degraded(f"No line passed the checks: {' '.join(problems)}")


def _request(asked: LineRequest, fields: Mapping[str, str]) -> dict[str, Any]:
    """What the model is told. Wishes and the row's values stay apart: no cell can become a rule."""
    spec = asked.spec
    request: dict[str, Any] = {
        "task": "line",
        "row": asked.lead.for_model(),
        "statements": [{"category": one.category, **one.as_json()} for one in asked.statements],
        "sources": [{"id": one.id, "url": one.url, "title": one.title} for one in asked.sources],
        "offer": asked.offer,
        "language": spec.language,
        "max_words": spec.max_words,
        "tone": _tone(spec.tone),
    }
    if spec.forbidden_words:
        request["forbidden_words"] = spec.forbidden_words
    if asked.product:
        request["product"] = {"name": asked.product.name, "pitch": asked.product.pitch}
    if spec.line_rules:
        request |= {"wishes": spec.line_rules, "fields": dict(fields)}
    return request


def _tone(name: str) -> str:
    rule = next((rule for tone, rule in TONES.items() if tone == name), TONES["friendly"])
    return f"{name}: {rule}"
