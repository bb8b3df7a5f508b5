"""Runs cases through the row's own entry, with the clients that rows have: only the web and the caches are the eval's."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from uuid import uuid5

from libs.common.contracts.ingest import ExtraColumn, ResearchSpec
from libs.common.ids import new_id
from services.enrich.clients.accounts import Account
from services.enrich.clients.patience import Patience
from services.enrich.clients.tools import Client, Tools, open_tools
from services.enrich.domain.lead import read_lead
from services.enrich.domain.products.product_rules import Products
from services.enrich.evals.alone import CompaniesOfRun, OwnPages, WebsitesOfRun
from services.enrich.evals.cases import MAPPING, Case
from services.enrich.evals.web import Web
from services.enrich.in_flight.row_slot import RowSlot
from services.enrich.in_flight.slots import FairSlots
from services.enrich.use_cases.enrich_row import enrich_row
from services.enrich.use_cases.row_work import RowWork

_AT_ONCE = 16
_CHUNK_S = 600.0
_ROW_BUDGET_S = 60.0


@dataclass(frozen=True, slots=True)
class Ran:
    """A case and the row's result, as enrich would announce it (JSON)."""

    case: Case
    payload: bytes


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything a run needs. Under the sandbox's model each case asks with its own name as the key."""

    tools: Tools

    async def run(self, case: Case) -> Ran:
        """One case."""
        tenant = uuid5(new_id(), case.name)
        spec = ResearchSpec(
            hash="eval",
            mapping=MAPPING,
            language=case.language,
            max_words=case.max_words,
            offer=case.offer,
            forbidden_words=list(case.forbidden_words),
            extra_columns=[
                ExtraColumn.model_validate({"name": name, "description": description, "kind": kind})
                for name, description, kind in case.columns
            ],
        )
        slot = RowSlot(FairSlots(1), tenant)
        await slot.acquire()
        reads_html = any(page.lstrip().startswith("<") for page in case.pages.values())
        work = RowWork(
            tenant_id=tenant,
            name=case.name,
            lead=read_lead(1, case.row, MAPPING),
            spec=spec,
            stages={},
            keep=lambda _stage, _payload: None,
            patience=Patience(time.monotonic() + _CHUNK_S, budget_s=_ROW_BUDGET_S, tenant_id=tenant),
            products=Products(case.catalogue, version=0 if case.catalogue.is_empty else 1),
            websites=WebsitesOfRun(OwnPages(case) if reads_html else None),
            slot=slot,
            companies=CompaniesOfRun(),
        )
        return Ran(case, await enrich_row(work, self._tools_of(case, reads_html=reads_html)))

    async def run_all(self, cases: Sequence[Case]) -> list[Ran]:
        """All of them, some at once, in their order."""
        limit = asyncio.Semaphore(_AT_ONCE)

        async def one(case: Case) -> Ran:
            async with limit:
                return await self.run(case)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(case)) for case in cases]
        return [task.result() for task in tasks]

    def _tools_of(self, case: Case, *, reads_html: bool) -> Tools:
        """Clients whose key names the case. (The real model's key is its own.)"""
        clients: list[Client] = [
            one.under(replace(one.account, key=case.name)) if one.account.mode == "sandbox" else one
            for one in self.tools.clients
        ]
        tools = self.tools.with_clients(clients)
        return replace(tools, firecrawl=None) if reads_html else tools


@contextlib.asynccontextmanager
async def open_desk(cases: Sequence[Case], groq: Account, *, models: Sequence[str]) -> AsyncGenerator[Desk]:
    """A desk for these cases: their web on a port of this machine, and the model of the account."""
    async with Web(cases).serving() as url:
        web = tuple(Account(name, "sandbox", f"{url}/{name}", "nobody") for name in ("serper", "firecrawl"))
        async with open_tools((*web, groq), groq_models=models, rows_in_flight=2 * _AT_ONCE) as tools:
            yield Desk(tools)
