"""Stripe tells billing of what happened: its events, stored as the webhook stores them, and handled as the bus hands them."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select

from libs.common.clock import utc_now
from libs.common.contracts.billing import StripeEventStored
from libs.common.uow import Message
from services.billing import stripe_handlers
from services.billing.domain.stripe.told import ToldEvent, moment
from services.billing.tables import COMMON
from services.billing.use_cases.apply_stripe_object import Desk
from services.billing.use_cases.reconcile_stripe import Reconciled, reconcile_stripe
from services.billing.use_cases.store_stripe_event import store_stripe_event
from tests.integration.billing.shop import PRICE_IDS, Shop
from tests.support.envelopes import envelope_of


@dataclass(frozen=True)
class Teller:
    """The wire between a shop's Stripe and billing, with somebody at it who decides what arrives, when and how often."""

    shop: Shop

    @property
    def desk(self) -> Desk:
        return Desk(self.shop.stripe, PRICE_IDS, self.shop.billing.open_uow)

    async def events(self, *, since: int = 0) -> list[ToldEvent]:
        """What Stripe has to tell, oldest first, without the first `since`."""
        told = [_event(one) for one in await self._objects("event")]
        return [one for one in told[since:] if one.concerns_us]

    async def count(self) -> int:
        return len(await self._objects("event"))

    async def _objects(self, kind: str) -> list[dict[str, Any]]:
        """Stripe's own objects, oldest first."""
        answer = await self.shop.world.get("/stripe-objects", params={"kind": kind, "limit": 1000})
        return list(reversed(answer.json()["items"]))

    async def tell(self, events: Iterable[ToldEvent]) -> None:
        """Each event arrives, and is handled, as often as it stands there."""
        for event in events:
            async with self.shop.billing.open_uow() as uow:
                await store_stripe_event(event, source="webhook", body=b"{}", uow=uow, now=utc_now())
            await self.handle(event.id)

    async def handle(self, event_id: str, *, message: Message | None = None) -> None:
        """As the bus edge does it, past the inbox."""
        event = StripeEventStored(stripe_event_id=event_id)
        handler = functools.partial(stripe_handlers.apply_stripe_event, desk=self.desk)
        await handler(event, message=message or message_of(event))

    async def tell_all(self, *, since: int = 0) -> None:
        """Everything that has happened, once, in order."""
        await self.tell(await self.events(since=since))

    async def reconcile(self) -> Reconciled:
        return await reconcile_stripe(desk=self.desk, now=utc_now())

    async def handle_what_waits(self) -> int:
        """What the relay would publish of billing's own announcements, handled. Answers how many."""
        query = select(COMMON.outbox.c.id, COMMON.outbox.c.body).order_by(COMMON.outbox.c.id)
        async with self.shop.billing.open_uow() as uow:
            rows = list(await uow.conn.execute(query))
        envelopes = [orjson.loads(row.body) for row in rows]
        waiting = [one["data"]["stripe_event_id"] for one in envelopes if one["type"] == StripeEventStored.type]
        async with self.shop.billing.open_uow() as uow:
            await uow.conn.execute(
                COMMON.outbox.delete().where(COMMON.outbox.c.routing_key.startswith("billing.stripe"))
            )
        for event_id in waiting:
            await self.handle(event_id)
        return len(waiting)

    async def state(self, event_id: str) -> tuple[str, str | None]:
        row = await self.shop.billing.one("SELECT state, code FROM billing.stripe_events WHERE id = :id", id=event_id)
        return row["state"], row["code"]

    async def invoice_of(self, workspace_id: UUID) -> str:
        """The workspace's last invoice that is on record."""
        row = await self.shop.billing.one(
            "SELECT id FROM billing.stripe_invoices WHERE workspace_id = :id ORDER BY issued_at DESC, number DESC LIMIT 1",
            id=workspace_id,
        )
        return row["id"]

    async def buy(self, workspace_id: UUID, item: str = "pack_1k", *, quantity: int = 1) -> None:
        """Buy packs and pay for them. Nobody has told billing of it."""
        opened = await self.shop.checkout(workspace_id, item, quantity=quantity)
        paid = await self.shop.pay(opened.url)
        assert paid.status_code == 303, paid.text

    async def refund(self, invoice_id: str, *, amount: int | None = None) -> str:
        """Somebody refunds in Stripe's dashboard."""
        body = {"invoice": invoice_id} | ({"amount": amount} if amount else {})
        return (await self._world("POST", "/stripe-refunds", body))["id"]

    async def dispute(self, invoice_id: str) -> str:
        return (await self._world("POST", "/stripe-disputes", {"invoice": invoice_id}))["id"]

    async def decide(self, dispute_id: str, status: str) -> None:
        await self._world("PUT", f"/stripe-disputes/{dispute_id}", {"status": status})

    async def dial(self, **stripe: Any) -> None:
        await self._world("PUT", "/dials", {"stripe": stripe})

    async def _world(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.shop.world.request(method, path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


def message_of(event: StripeEventStored) -> Message:
    """The message that carries it to its queue."""
    envelope = envelope_of(event, None)
    return Message("billing.apply_stripe_event", envelope)


def _event(found: dict[str, Any]) -> ToldEvent:
    about = found["data"]["object"]
    return ToldEvent(
        found["id"],
        found["type"],
        about["object"],
        about.get("id", ""),
        live=found["livemode"],
        told_at=moment(found["created"]),
    )
