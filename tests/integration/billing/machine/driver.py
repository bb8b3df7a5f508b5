"""The real side of the machine: billing's handlers and use cases on real tables, and one look at all that has come of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Event
from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.contracts.ingest import ChunkCompleted, JobCreated
from libs.common.errors import AppError
from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.billing.domain.selling.plans import PLANS, Interval, Pack, PackItem, PlanItem
from services.billing.domain.stripe.crediting import Offer
from services.billing.domain.stripe.invoices import Invoice
from services.billing.domain.stripe.reversals import Reversal
from services.billing.use_cases.credit_invoices import Seller, credit_invoices
from services.billing.use_cases.reverse_invoice import reverse_invoice
from tests.integration.billing.deliveries import Replica, delivery
from tests.integration.billing.steps import HANDLERS, Billing, message_of

OFFERS = {
    "price_pack_1k": Offer(PackItem(Pack("1k", "A few credits", 3)), 1_500, "usd"),
    "price_starter_month": Offer(
        PlanItem(replace(PLANS["starter"], credits_per_month=2), Interval.MONTH), 4_900, "usd"
    ),
}
"""A pack and a plan that are small enough to count their coins."""
QUEUES: dict[type[Event], str] = {JobCreated: "billing.place_hold", ChunkCompleted: "billing.capture_chunk"}
"""Where messages that have arrived at once share a transaction."""

_LOOK = text("""
    SELECT
        (SELECT jsonb_object_agg(workspace_id, jsonb_build_array(available, held, settling, spent, owed))
            FROM billing.accounts WHERE workspace_id = ANY(:ids)),
        (SELECT jsonb_object_agg(id, jsonb_build_array(
            available, held, captured - refunded, expired, voided, clawed_back))
            FROM billing.grants WHERE workspace_id = ANY(:ids)),
        (SELECT jsonb_object_agg(subject_id, jsonb_build_array(state, held, captured))
            FROM billing.holds WHERE workspace_id = ANY(:ids))
""")
_RENEWED = text("""
    SELECT account_kind, grant_id, priority, expires_at FROM billing.entries JOIN billing.grants ON id = grant_id
    WHERE entries.workspace_id = :id AND entries.business_key = :key ORDER BY line_no
""")


@dataclass(frozen=True)
class Driver:
    """Does one thing to billing and answers what became of it: `done`, or the code of the error."""

    billing: Billing

    async def traces(self) -> tuple[int, set[str]]:
        """What all sequences have left behind: how many accounts, and which operations."""
        async with self.billing.open_uow() as uow:
            accounts = (await uow.conn.execute(text("SELECT count(*) FROM billing.accounts"))).scalar_one()
            moved = await uow.conn.execute(text("SELECT DISTINCT operation FROM billing.entries"))
            return accounts, set(moved.scalars())

    async def open(self, workspace_id: UUID, *, time_zone: str) -> None:
        event = WorkspaceCreated(workspace_id=workspace_id, name="A", owner_user_id=new_id(), time_zone=time_zone)
        await self.billing.deliver(event, workspace_id)

    async def hear(self, event: Event, workspace_id: UUID, *, id_: UUID | None = None) -> str:
        """As the bus edge does it: the inbox row in the handler's transaction."""
        message = message_of(event, workspace_id, id_=id_)

        async def handle(uow: UnitOfWork) -> None:
            if await uow.record_inbox(message):
                await HANDLERS[type(event)](event, uow=uow, message=message)

        return await self.use(handle)

    async def hear_together(self, letters: Sequence[tuple[Event, UUID, UUID]]) -> list[str]:
        """All of one queue, in one transaction; those that it cannot take alone."""
        replica = Replica(QUEUES[type(letters[0][0])], self.billing.open_uow)
        return await replica.hear(*(delivery(event, workspace_id, id_=id_) for event, workspace_id, id_ in letters))

    async def use(self, work: Callable[[UnitOfWork], Awaitable[object]]) -> str:
        """Do it in a transaction of its own."""
        try:
            async with self.billing.open_uow() as uow:
                await work(uow)
        except AppError as error:
            return error.code
        return "done"

    async def tell_invoices(self, invoices: Sequence[Invoice], workspace_id: UUID) -> str:
        seller = Seller(workspace_id, OFFERS, live=False)
        return await self.use(
            lambda uow: credit_invoices(invoices, seller=seller, fetched_at=utc_now(), uow=uow, now=utc_now())
        )

    async def tell_reversal(self, reversal: Reversal) -> str:
        return await self.use(lambda uow: reverse_invoice(reversal, fetched_at=utc_now(), uow=uow, now=utc_now()))

    async def said(self, workspaces: Sequence[UUID]) -> list[tuple[str, str, dict[str, Any]]]:
        """What has been announced about these workspaces since it was last asked: whose, type, data; in any order."""
        async with self.billing.open_uow() as uow:
            bodies = (await uow.conn.execute(text("DELETE FROM billing.outbox RETURNING body"))).scalars()
            envelopes = [orjson.loads(body) for body in bodies]
        ours = {str(workspace_id) for workspace_id in workspaces}
        said = [(one["tenant_id"], one["type"], one["data"]) for one in envelopes if one["tenant_id"] in ours]
        return sorted(said, key=repr)

    async def look(self, workspaces: Sequence[UUID]) -> list[dict[str, Any]]:
        """Balances, grants and holds, each by id."""
        async with self.billing.open_uow() as uow:
            row = (await uow.conn.execute(_LOOK, {"ids": list(workspaces)})).one()
        return [found or {} for found in row]

    async def grant_under(self, key: str, workspace_id: UUID) -> dict[str, Any]:
        """Id, kind, priority, expiry and size of the grant with a business key."""
        return await self.billing.one(
            "SELECT id, kind, priority, expires_at, size FROM billing.grants"
            " WHERE workspace_id = :id AND business_key = :key",
            id=workspace_id,
            key=key,
        )

    async def renewed_by(self, key: str, workspace_id: UUID) -> list[tuple[UUID, UUID, int, datetime]]:
        """Which grants a refund wrote anew: the former's id, the present one's, its priority and expiry."""
        found, former = list[tuple[UUID, UUID, int, datetime]](), UUID(int=0)
        async with self.billing.open_uow() as uow:
            for kind, grant, priority, expires_at in await uow.conn.execute(_RENEWED, {"id": workspace_id, "key": key}):
                if kind == "refunded":
                    former = grant
                elif kind == "issued":
                    found.append((former, grant, priority, expires_at))
        return found

    async def grow_older(self, workspaces: Sequence[UUID], *, by: timedelta) -> None:
        """The clock goes on for grants, or: their dates come nearer."""
        await self.billing.execute(
            "UPDATE billing.grants SET expires_at = expires_at - CAST(:by AS interval) WHERE workspace_id = ANY(:ids)",
            ids=list(workspaces),
            by=by,
        )
