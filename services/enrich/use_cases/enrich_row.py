"""One row: searches and website → research → checked → line → checked. Every stage is kept the moment it is there."""

import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from libs.common.clock import utc_now
from libs.common.contracts.ingest import ResearchSpec
from libs.common.contracts.research import RowStatus
from libs.common.logs import get_logger
from services.enrich import prompts
from services.enrich.clients.errors import BadAnswer, OutOfTime, ProviderDown, ProviderOut
from services.enrich.clients.groq import Groq
from services.enrich.clients.patience import Patience
from services.enrich.clients.serper import Serper
from services.enrich.clients.tools import Tools
from services.enrich.domain.account_names import provider_of
from services.enrich.domain.degraded import Degraded
from services.enrich.domain.lead import Lead, reason_to_skip
from services.enrich.domain.line import plain_line
from services.enrich.domain.product_rules import Choice, Products
from services.enrich.domain.research import CATEGORIES, Statement, check_research, read_claims
from services.enrich.domain.sources import Source
from services.enrich.in_flight.tally import Tally
from services.enrich.in_flight.websites import Websites
from services.enrich.repositories.checkpoints import Stage
from services.enrich.use_cases.ask_model import ask_model
from services.enrich.use_cases.choose_product import choose
from services.enrich.use_cases.find_sources import find_sources
from services.enrich.use_cases.write_line import LineRequest, write_line

log = get_logger()

_CHOSEN_FOR = frozenset({"enriched", "degraded"})
"""Who can be written to is offered something."""


@dataclass(frozen=True, slots=True)
class RowWork:
    """One claimed row: `stages` is what an earlier worker found out, `keep` stores what we find out."""

    lead: Lead
    spec: ResearchSpec
    stages: Mapping[str, bytes]
    keep: Callable[[Stage, bytes], object]
    patience: Patience
    websites: Websites
    products: Products


@dataclass(slots=True)
class _Found:
    """What the row has come to."""

    sources: list[Source] = field(default_factory=list[Source])
    statements: list[Statement] = field(default_factory=list[Statement])
    confidence: float = 0.0


async def enrich_row(work: RowWork, tools: Tools) -> bytes:
    """The result of a row as JSON (`RowResult`).

    Raises ProviderOut and OutOfTime: then the row is not done, and what was found out is kept. A fault of our own makes
    the row `failed` and hurts no other.
    """
    began = time.monotonic()
    row = _Row(work, tools)
    line: str | None = None
    status: RowStatus = "enriched"
    reason = reason_to_skip(work.lead)
    if reason:
        status = "skipped"
    else:
        try:
            line = await row.write()
        except Degraded as degraded:
            status, reason = "degraded", str(degraded)
        except (ProviderDown, BadAnswer) as failure:
            status, reason = (
                "degraded",
                f"{provider_of(failure.provider).capitalize()} gave no usable answer: {failure.said}",
            )
        except (ProviderOut, OutOfTime):
            raise
        except Exception as fault:
            log.exception("row.failed", row_no=work.lead.row_no, error=str(fault))
            status, reason = "failed", f"The row could not be worked on: {type(fault).__name__}."
    if status == "degraded":
        line = plain_line(work.lead, work.spec.language)
    row.tally.duration_ms += round((time.monotonic() - began) * 1000)
    return row.result(status, line=line, reason=reason)


class _Row:
    def __init__(self, work: RowWork, tools: Tools) -> None:
        self._work = work
        self._lead = work.lead
        self._tools = tools
        self._found = _Found()
        self._began = time.monotonic()
        self.tally = Tally()

    async def write(self) -> str:
        """The checked line. Raises Degraded, and whatever a provider's failure is called."""
        serper, groq = self._tools.serper, self._tools.groq
        if serper is None or groq is None:
            missing = " and ".join(self._tools.missing)
            raise Degraded(f"There is no key for {missing}: nothing was researched.")
        if not self._recall():
            await self._search(serper)
            await self._research(groq)
        if not self._found.statements:
            raise Degraded("Nothing that was found could be backed by its source.")
        asked = LineRequest(
            self._lead, self._work.spec, self._found.statements, self._found.sources, product=self._product
        )
        return await write_line(asked, groq, patience=self._work.patience, tally=self.tally)

    def result(self, status: RowStatus, *, line: str | None, reason: str | None) -> bytes:
        """The row's answer."""
        self.tally.attempts = 1 + self._work.patience.retries
        return orjson.dumps(
            {
                "row_no": self._lead.row_no,
                "status": status,
                "research": self._research_column() if self._found.statements else None,
                "line": line,
                "reason": reason,
                "receipt": self.tally,
                "product": self._product if status in _CHOSEN_FOR else None,
            }
        )

    @functools.cached_property
    def _product(self) -> Choice | None:
        """The product to offer. Looked for once: by then all that will be found has been found."""
        found, work = self._found, self._work
        return choose(
            work.lead,
            mapping=work.spec.mapping,
            statements=found.statements,
            sources=found.sources,
            products=work.products,
            inferred=None,
        )

    def _research_column(self) -> dict[str, Any]:
        found = self._found
        cited = {one for statement in found.statements for one in statement.source_ids}
        by_category = {
            category: [one.as_json() for one in found.statements if one.category == category] for category in CATEGORIES
        }
        return {
            **by_category,
            "sources": [
                {"id": one.id, "url": one.url, "title": one.title, "kind": one.kind}
                for one in found.sources
                if one.id in cited
            ],
            "rejected": [],
            "confidence": found.confidence,
            "as_of": utc_now().isoformat(),
            "sandboxed": self.tally.sandboxed,
        }

    def _recall(self) -> bool:
        """Take up the research another worker has stored, if any; else at least its sources."""
        for stage in ("research", "searches"):
            payload = self._work.stages.get(stage)
            if payload is not None:
                told = orjson.loads(payload)
                self.tally = Tally.from_json(told["tally"])
                self._found = _Found(
                    sources=[Source(**one) for one in told["sources"]],
                    statements=[Statement(**one) for one in told["statements"]],
                    confidence=told["confidence"],
                )
                return stage == "research"
        return False

    def _keep(self, stage: Stage) -> None:
        self.tally.duration_ms = round((time.monotonic() - self._began) * 1000)
        found = self._found
        # Once the research is checked, nobody reads the texts again: most of what a checkpoint would weigh.
        checked = stage == "research"
        told = {
            "sources": [replace(one, text="") for one in found.sources] if checked else found.sources,
            "statements": found.statements,
            "confidence": found.confidence,
            "tally": self.tally,
        }
        self._work.keep(stage, orjson.dumps(told))

    async def _search(self, serper: Serper) -> None:
        if "searches" in self._work.stages:
            return
        self._found.sources = await find_sources(
            self._lead,
            serper=serper,
            firecrawl=self._tools.firecrawl,
            websites=self._work.websites,
            patience=self._work.patience,
            tally=self.tally,
        )
        self._keep("searches")

    async def _research(self, groq: Groq) -> None:
        sources = self._found.sources
        if not sources:
            raise Degraded(f"Nothing was found that speaks of {self._lead.company or self._lead.domain}.")
        told = [
            {"id": one.id, "url": one.url, "title": one.title, "text": one.text}
            | ({"date": one.date} if one.date else {})
            for one in sources
        ]
        request = {"task": "research", "row": self._lead.for_model(), "sources": told}
        claims = await ask_model(
            groq,
            prompts.RESEARCH,
            request=request,
            read=read_claims,
            patience=self._work.patience,
            tally=self.tally,
        )
        checked = check_research(claims, sources)
        self._found.statements, self._found.confidence = checked.statements, checked.confidence
        self._keep("research")
