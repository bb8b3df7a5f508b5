"""What the tests do to a sourcing: make one, answer its hold, do its steps against the sandbox, look at what was said."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import httpx
from sqlalchemy import select, text

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldDeclined, HoldPlaced, HoldQuestioned
from libs.common.contracts.catalogue import BY_ROUTING_KEY
from libs.common.contracts.envelope import Envelope, Event
from libs.common.ids import new_id
from libs.common.storage import Storage
from libs.common.uow import Message, UnitOfWorkFactory
from services.ingest import job_handlers
from services.ingest.clients.accounts import Account, apollo_account
from services.ingest.clients.apollo import Apollo
from services.ingest.clients.limits import Pause
from services.ingest.domain.lead_search import Filters, Found, Lead, Revealed
from services.ingest.domain.quotes import Price
from services.ingest.domain.search_allowance import SearchAllowance
from services.ingest.domain.sourcing import Sourcing
from services.ingest.domain.storage_keys import upload_key
from services.ingest.repositories import prices, sourcings
from services.ingest.settings import IngestSettings
from services.ingest.tables import COMMON
from services.ingest.use_cases.cancel_sourcing import cancel_sourcing
from services.ingest.use_cases.create_sourcing import SourcingRequest, create_sourcing
from services.ingest.use_cases.resume_sourcing import resume_sourcing
from services.ingest.use_cases.search_leads import search_leads
from services.ingest.use_cases.step_sourcing import step_sourcing
from tests.integration.enrich.bench import World

E = TypeVar("E", bound=Event)
EVERYBODY = Filters(seniorities=("c_suite", "founder", "owner", "vp", "head", "director", "manager", "senior", "entry"))
FEW = Filters(domains=("rhenania-pumpen.example",), seniorities=("head",))
_NONE = IngestSettings.model_fields["apollo_api_key"].default


@dataclass
class Leads:
    """One workspace sourcing leads from the sandbox's Apollo."""

    open_uow: UnitOfWorkFactory
    storage: Storage
    world: World
    workspace_id: UUID = field(default_factory=new_id)
    credits_per_lead: int = 2

    def __post_init__(self) -> None:
        self.apollo = Apollo(self.account(), read_s=5)

    def account(self) -> Account:
        return apollo_account(key=_NONE, base_url="", sandbox_url=self.world.url)

    async def close(self) -> None:
        await self.apollo.close()

    async def have_prices(self) -> None:
        async with self.open_uow() as uow:
            await prices.note(uow.conn, Price(2, 1, self.credits_per_lead))

    async def create(
        self, wanted: int, filters: Filters = EVERYBODY, *, key: str | None = None, skip_known: bool = False
    ) -> Sourcing:
        async with self.open_uow() as uow:
            return await create_sourcing(
                uow,
                SourcingRequest(filters, wanted, "Pump people", skip_known),
                account=self.apollo.account,
                workspace_id=self.workspace_id,
                user_id=new_id(),
                idempotency_key=key,
                now=utc_now(),
            )

    async def begun(self, wanted: int, filters: Filters = EVERYBODY, *, skip_known: bool = False) -> UUID:
        """A sourcing whose credits are held."""
        sourcing = await self.create(wanted, filters, skip_known=skip_known)
        await self.deliver(placed(sourcing))
        return sourcing.id

    async def revealing(self, wanted: int, filters: Filters = EVERYBODY) -> UUID:
        """One whose search is over."""
        sourcing_id = await self.begun(wanted, filters)
        for _ in range(-(-wanted // 100)):
            assert await self.step()
        return sourcing_id

    async def deliver(self, event: Event, *, id_: UUID | None = None) -> None:
        """As the bus edge does it: the inbox row and the handler's effect in one transaction."""
        queue = "ingest.answer_question" if isinstance(event, HoldQuestioned) else "ingest.apply_hold_answer"
        envelope = Envelope(
            id=id_ or new_id(),
            type=event.type,
            version=event.version,
            source=event.source(),
            occurred_at=utc_now(),
            tenant_id=self.workspace_id,
            data=event.model_dump(mode="json"),
        )
        message = Message(queue, envelope)
        async with self.open_uow() as uow:
            if not await uow.record_inbox(message):
                return
            if isinstance(event, HoldQuestioned):
                await job_handlers.answer_question(event, uow=uow, message=message)
            elif isinstance(event, HoldPlaced | HoldDeclined):
                await job_handlers.apply_hold_answer(event, uow=uow, message=message)

    async def step(self, *, at: datetime | None = None, apollo: Apollo | None = None) -> bool:
        """One step of whichever has waited longest, as if it were `at`."""
        return await step_sourcing(
            open_uow=self.open_uow,
            apollo=apollo or self.apollo,
            storage=self.storage,
            clock=utc_now if at is None else lambda: at,
        )

    async def run(self) -> int:
        """Steps until nothing is due; answers how many."""
        steps = 0
        while await self.step():
            steps += 1
        return steps

    async def search(self, filters: Filters, *, apollo: Apollo | None = None) -> Found:
        return await search_leads(
            filters,
            workspace_id=self.workspace_id,
            apollo=apollo or self.apollo,
            allowance=SearchAllowance(),
            open_uow=self.open_uow,
            now=utc_now(),
        )

    async def cancel(self, sourcing_id: UUID) -> Sourcing:
        async with self.open_uow() as uow:
            return await cancel_sourcing(uow, sourcing_id, workspace_id=self.workspace_id, now=utc_now())

    async def resume(self, sourcing_id: UUID) -> Sourcing:
        async with self.open_uow() as uow:
            return await resume_sourcing(uow, sourcing_id, workspace_id=self.workspace_id, now=utc_now())

    async def now(self, sourcing_id: UUID) -> Sourcing:
        async with self.open_uow() as uow:
            return await sourcings.load(uow.conn, sourcing_id, workspace_id=self.workspace_id)

    async def said(self, kind: type[E]) -> list[E]:
        """Every event of a kind in the outbox, in order."""
        async with self.open_uow() as uow:
            query = select(COMMON.outbox.c.body).order_by(COMMON.outbox.c.created_at, COMMON.outbox.c.id)
            bodies = (await uow.conn.execute(query)).scalars().all()
        envelopes = [Envelope.model_validate_json(body) for body in bodies]
        found = [(BY_ROUTING_KEY[envelope.routing_key()], envelope.data) for envelope in envelopes]
        return [kind.model_validate(data) for event, data in found if event is kind]

    async def execute(self, sql: str, **values: Any) -> None:
        async with self.open_uow() as uow:
            await uow.conn.execute(text(sql), values)

    async def rows(self, sql: str, **values: Any) -> Sequence[Any]:
        async with self.open_uow() as uow:
            return (await uow.conn.execute(text(sql), values)).all()

    async def file_of(self, upload_id: UUID) -> list[dict[str, str]]:
        """The rows of the delivered CSV."""
        data = await self.storage.get(upload_key(upload_id))
        return list(csv.DictReader(io.StringIO(data.decode(), newline="")))

    def calls(self, provider: str, status: int = 200) -> int:
        counts = self.world.box.calls.counts
        return sum(count for (name, _, code), count in counts.items() if name == provider and code == status)


def placed(sourcing: Sourcing) -> HoldPlaced:
    return HoldPlaced(job_id=sourcing.id, credits=sourcing.credits_needed, subject="sourcing")


class Dying(Apollo):
    """Its process dies right after the call: what Apollo answered is heard by nobody."""

    async def reveal(self, person_ids: Sequence[str]) -> Any:
        await super().reveal(person_ids)
        raise KeyboardInterrupt


class Merging(Apollo):
    """It has merged somebody of each batch with the first whom it was ever asked for."""

    first: Lead | None = None

    async def reveal(self, person_ids: Sequence[str]) -> tuple[Revealed, Pause | None]:
        revealed, limit = await super().reveal(person_ids)
        if self.first is None:
            self.first = revealed.leads[0]
        return replace(revealed, leads=(self.first, *revealed.leads[1:])), limit


def no_answers(account: Account) -> Apollo:
    """One whose every call runs into its time limit."""
    apollo = Apollo(account)
    apollo._client.timeout = httpx.Timeout(0.2)  # pyright: ignore[reportPrivateUsage] - a setting made small
    return apollo
