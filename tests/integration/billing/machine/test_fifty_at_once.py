"""Fifty identical requests at once, on eight connections: one effect, and fifty answers that are the first one."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Event
from libs.common.ids import new_id
from services.billing.domain.credits.ledger import Balance
from services.billing.domain.stripe.reversals import Reversal
from services.billing.domain.stripe.told import ToldEvent
from services.billing.use_cases.store_stripe_event import store_stripe_event
from services.billing.use_cases.void_grant import void_grant
from tests.integration.billing.machine.driver import Driver
from tests.integration.billing.steps import Billing, completed, created, ended, lowered, raised
from tests.integration.billing.test_sourcings import asked, over, revealed
from tests.unit.billing.stripe_objects import invoice, line

FIFTY = 50
Make = Callable[[UUID], Event]
HELD: list[Make] = [lambda one: created(one, 6)]
HELD_FOR_LEADS: list[Make] = [lambda one: asked(one, 6)]


RACES: list[tuple[Make, list[Make], str, int, int, Balance]] = [
    (lambda one: created(one, 6), [], "hold.placed", FIFTY, 1, Balance(14, 6)),
    (lambda one: created(one, 21), [], "hold.declined", FIFTY, 0, Balance(20)),
    (lambda one: raised(one, 1, 9), HELD, "hold.raised", FIFTY, 2, Balance(11, 9)),
    (lambda one: raised(one, 1, 29), HELD, "hold.raise_declined", FIFTY, 1, Balance(14, 6)),
    (lambda one: lowered(one, 1, 4), HELD, "credits.released", 1, 2, Balance(16, 4)),
    (lambda one: completed(one, 0, 2), HELD, "credits.captured", 1, 2, Balance(14, 4, 0, 2)),
    (lambda one: ended(one, 0), HELD, "credits.released", 1, 2, Balance(20)),
    (lambda one: asked(one, 6), [], "hold.placed", FIFTY, 1, Balance(14, 6)),
    (lambda one: revealed(one, 0, 2), HELD_FOR_LEADS, "credits.captured", 1, 2, Balance(14, 4, 0, 2)),
    (lambda one: over(one, 0), HELD_FOR_LEADS, "credits.released", 1, 2, Balance(20)),
]
"""What is told fifty times, and what before; what is then said and how often; how many movements there are; what is left."""


async def fifty(do: Callable[[], Awaitable[Any]]) -> Counter[str]:
    """What became of them, counted."""
    return Counter(map(str, await asyncio.gather(*(do() for _ in range(FIFTY)))))


async def said(billing: Billing, workspace_id: UUID, kind: str) -> list[dict[str, Any]]:
    return [data for type_, data in await billing.said(workspace_id) if type_ == f"billing.{kind}"]


async def proven(billing: Billing, workspace_id: UUID) -> bool:
    return all(check.holds for check in await billing.proof(workspace_id))


@pytest.mark.parametrize(("make", "before", "kind", "answers", "keys", "left"), RACES)
async def test_fifty_of_an_event_have_one_effect(
    billing: Billing,
    make: Make,
    before: list[Make],
    kind: str,
    answers: int,
    keys: int,
    left: Balance,
) -> None:
    """What asks is answered each time, and the same; what tells is told on once. Red when the account is not locked, or a key
    is looked for before it is."""
    workspace_id, subject = await billing.workspace(20), new_id()
    driver = Driver(billing)
    for earlier in before:
        await billing.deliver(earlier(subject), workspace_id)
    assert await fifty(lambda: driver.hear(make(subject), workspace_id)) == {"done": FIFTY}
    found = await said(billing, workspace_id, kind)
    assert (len(found), len({str(one) for one in found})) == (answers, 1)
    assert len(await billing.movements(workspace_id)) == 1 + keys
    assert await billing.balance(workspace_id) == left
    assert await proven(billing, workspace_id)


async def test_fifty_of_a_message_with_one_id_are_answered_once(billing: Billing) -> None:
    """Red when the inbox is asked before it is written."""
    workspace_id, request, id_ = await billing.workspace(20), created(new_id(), 6), new_id()
    driver = Driver(billing)
    assert await fifty(lambda: driver.hear(request, workspace_id, id_=id_)) == {"done": FIFTY}
    assert len(await said(billing, workspace_id, "hold.placed")) == 1


async def test_fifty_of_a_grant_are_one_with_one_id(billing: Billing) -> None:
    workspace_id = new_id()
    assert list((await fifty(lambda: billing.grant(workspace_id, 5, key="once"))).values()) == [FIFTY]
    assert len(await said(billing, workspace_id, "credits.granted")) == 1
    assert await billing.balance(workspace_id) == Balance(available=5)


async def test_fifty_of_a_void_are_one_movement(billing: Billing) -> None:
    workspace_id = await billing.workspace(5)
    grant = await billing.grant(workspace_id, 8)

    async def void() -> object:
        async with billing.open_uow() as uow:
            return await void_grant(
                grant.id, reason="a test", workspace_id=workspace_id, uow=uow, now=utc_now(), actor="user:test"
            )

    assert list((await fifty(void)).values()) == [FIFTY]
    assert [one["credits"] for one in await said(billing, workspace_id, "credits.taken_back")] == [8]
    assert await billing.balance(workspace_id) == Balance(available=5)


async def test_fifty_of_a_webhooks_event_are_stored_once_and_wake_once(billing: Billing) -> None:
    """Red when the event's id is looked for before it is written."""
    event = ToldEvent(f"evt_{new_id()}", "invoice.paid", "invoice", "in_1", live=False, told_at=utc_now())

    async def store() -> bool:
        async with billing.open_uow() as uow:
            return await store_stripe_event(event, source="webhook", body=b"{}", uow=uow, now=utc_now())

    assert await fifty(store) == {"True": 1, "False": FIFTY - 1}
    woken = "SELECT count(*) AS n FROM billing.outbox WHERE position(convert_to(:id, 'UTF8') IN body) > 0"
    assert (await billing.one(woken, id=event.id))["n"] == 1


async def test_fifty_of_an_invoice_and_of_its_refund_and_dispute_bring_and_take_once(billing: Billing) -> None:
    """Red when an invoice or what takes its money back is looked at before the account is locked."""
    workspace_id, driver = await billing.workspace(1), Driver(billing)
    bought = invoice(line("pack_1k"), id=f"in_{workspace_id}", subscription_id=None)
    assert await fifty(lambda: driver.tell_invoices([bought], workspace_id)) == {"done": FIFTY}
    assert await billing.balance(workspace_id) == Balance(available=4)
    for kind, amount, left in (("refund", 500, 3), ("dispute", 1_500, 1)):
        told = Reversal(
            f"{kind}_{workspace_id}",
            kind,  # pyright: ignore[reportArgumentType]
            bought.id,
            amount,
            "pending",
            active=True,
            reason="",
            told_at=utc_now(),
        )
        assert await fifty(lambda told=told: driver.tell_reversal(told)) == {"done": FIFTY}
        assert await billing.balance(workspace_id) == Balance(available=left)
    back = [one["credits"] for one in await said(billing, workspace_id, "credits.taken_back")]
    assert (back, len(await said(billing, workspace_id, "credits.granted"))) == ([1, 2], 2)
    assert await proven(billing, workspace_id)
