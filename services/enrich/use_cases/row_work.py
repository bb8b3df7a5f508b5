"""One claimed row, the providers it may ask, and the parts of its research with what each costs and keeps."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from libs.common.clock import utc_now
from libs.common.contracts.ingest import ResearchSpec
from services.enrich.clients.firecrawl import Firecrawl
from services.enrich.clients.groq import Groq
from services.enrich.clients.patience import Patience
from services.enrich.clients.serper import Serper
from services.enrich.clients.tools import Tools
from services.enrich.domain.columns import Column
from services.enrich.domain.degraded import Degraded
from services.enrich.domain.lead import Lead
from services.enrich.domain.products.product_rules import Products
from services.enrich.in_flight.companies import Companies
from services.enrich.in_flight.row_slot import RowSlot
from services.enrich.in_flight.tally import Tally
from services.enrich.in_flight.websites import Websites
from services.enrich.repositories.checkpoints import Stage


@dataclass(frozen=True, slots=True)
class RowWork:
    """One claimed row: `stages` is what an earlier worker found out, `keep` stores what we find out.

    `name` is the row's own, whoever works on it: what it paid for is known by it.
    """

    tenant_id: UUID
    name: str
    lead: Lead
    spec: ResearchSpec
    stages: Mapping[str, bytes]
    keep: Callable[[Stage, bytes], object]
    patience: Patience
    products: Products
    websites: Websites
    slot: RowSlot
    companies: Companies


@dataclass(frozen=True, slots=True)
class Providers:
    """Those without which nothing is researched, and Firecrawl where there is a key for it."""

    serper: Serper
    groq: Groq
    firecrawl: Firecrawl | None

    @classmethod
    def of(cls, tools: Tools) -> "Providers":
        """Raises Degraded when one that is needed is missing."""
        if tools.serper is None or tools.groq is None:
            raise Degraded(f"There is no key for {' and '.join(tools.missing)}: nothing was researched.")
        return cls(tools.serper, tools.groq, tools.firecrawl)

    @property
    def modes(self) -> str:
        """Which of them are real: what the sandbox has invented is nobody's answer once there is a key."""
        websites = self.firecrawl.account.mode if self.firecrawl else "direct"
        return f"{self.serper.account.mode} {self.groq.account.mode} {websites}"


@dataclass(slots=True)
class Part:
    """One part of a row's research, the company's or the person's, with a tally of its own."""

    work: RowWork
    providers: Providers
    tally: Tally = field(default_factory=Tally)
    today: date = field(default_factory=lambda: utc_now().date())
    _began: float = field(default_factory=time.monotonic)

    def recall(self, stage: Stage) -> Any:
        """What an earlier worker has kept as this stage, whose costs are counted from here on; None when nothing is kept."""
        payload = self.work.stages.get(stage)
        if payload is None:
            return None
        told = orjson.loads(payload)
        self.tally = Tally.from_json(told["tally"])
        return told

    def keep(self, stage: Stage, **told: object) -> None:
        """Keep what has been found out, and what it has cost."""
        self.tally.duration_ms = round((time.monotonic() - self._began) * 1000)
        self.work.keep(stage, orjson.dumps({**told, "tally": self.tally}))


def columns_of(spec: ResearchSpec) -> tuple[Column, ...]:
    """The extra columns as they are asked."""
    return tuple(
        Column(f"x{nth}", one.name, one.description, one.kind) for nth, one in enumerate(spec.extra_columns, start=1)
    )
