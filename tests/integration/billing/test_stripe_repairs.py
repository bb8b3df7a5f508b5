"""What was missed is found, what was broken off is repeated: reconciliation, refunds by operators, lost answers."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from libs.common.clock import utc_now
from libs.common.errors import AppError, Conflict, NotFound, Transient
from libs.common.ids import new_id
from services.billing.clients.stripe.account import Stripe, stripe_account
from services.billing.clients.stripe.errors import StripeDown
from services.billing.domain.credits.ledger import Balance
from services.billing.domain.stripe.told import EventState, Outcome, ToldEvent
from services.billing.repositories.stripe import told as stripe_told
from services.billing.settings import BillingSettings
from services.billing.use_cases.apply_stripe_object import Desk
from services.billing.use_cases.dismiss_stripe_event import dismiss_stripe_event
from services.billing.use_cases.forget_stripe_bodies import KEEP_BODIES, forget_stripe_bodies
from services.billing.use_cases.reconcile_stripe import TOLD_FOR, reconcile_stripe
from services.billing.use_cases.refund_invoice import RefundAsked, RefundMade, refund_invoice
from services.billing.use_cases.store_stripe_event import store_stripe_event
from tests.integration.billing.shop import PRICE_IDS, Shop, open_shop
from tests.integration.billing.steps import Billing
from tests.integration.billing.telling import Teller

LONG_AGO = timedelta(days=60)


@pytest.fixture(scope="module")
async def shop(billing: Billing) -> AsyncGenerator[Shop]:
    async with open_shop(billing) as opened:
        yield opened


@pytest.fixture
async def teller(shop: Shop) -> Teller:
    """Nothing waits, and everything has been read."""
    teller = Teller(shop)
    await teller.reconcile()
    await teller.handle_what_waits()
    return teller


async def test_events_that_nobody_delivered_are_found_and_applied_once(teller: Teller) -> None:
    """Red when what Stripe could not deliver is lost, or when finding it again brings it again."""
    workspace_id = new_id()
    await teller.buy(workspace_id)
    refunded = new_id()
    await teller.buy(refunded)
    later = teller.shop.now + timedelta(minutes=10)
    found = await reconcile_stripe(desk=teller.desk, now=later)
    assert found.missed > 0
    assert found.objects == 0
    await teller.handle_what_waits()
    assert await teller.shop.billing.balance(workspace_id) == Balance(available=1_000)
    again = await reconcile_stripe(desk=teller.desk, now=later)
    assert (again.missed, again.again) == (0, 0)
    assert await teller.handle_what_waits() == 0
    assert await teller.shop.billing.balance(refunded) == Balance(available=1_000)


async def test_an_event_that_is_on_its_way_is_no_repair(teller: Teller) -> None:
    """Red when every reconciliation that is quicker than a delivery says that webhooks are broken."""
    await teller.buy(new_id())
    found = await teller.reconcile()
    assert (found.missed, found.events > 0) == (0, True)


async def test_after_a_long_silence_objects_are_read_themselves(teller: Teller) -> None:
    """Events go back 30 days. Red when what happened before is never looked at."""
    workspace_id, billing = new_id(), teller.shop.billing
    await teller.buy(workspace_id)
    await billing.execute("UPDATE billing.stripe_cursors SET reached_at = :at", at=utc_now() - LONG_AGO)
    assert TOLD_FOR < LONG_AGO
    found = await teller.reconcile()
    assert found.objects > 0
    assert await billing.balance(workspace_id) == Balance(available=1_000)
    await teller.handle_what_waits()
    assert await billing.balance(workspace_id) == Balance(available=1_000)


async def test_an_event_that_was_stored_and_never_applied_is_taken_up_again(teller: Teller) -> None:
    """Red when a message that was lost leaves its event waiting for ever."""
    workspace_id, before, billing = new_id(), await teller.count(), teller.shop.billing
    await teller.buy(workspace_id)
    for event in await teller.events(since=before):
        async with billing.open_uow() as uow:
            await store_stripe_event(event, source="webhook", body=b"{}", uow=uow, now=utc_now())
    await billing.execute("DELETE FROM billing.outbox")
    await billing.execute("UPDATE billing.stripe_events SET received_at = now() - interval '1 hour'")
    assert (await teller.reconcile()).again > 0
    await teller.handle_what_waits()
    assert await billing.balance(workspace_id) == Balance(available=1_000)


async def test_an_answer_that_is_lost_is_asked_for_again(teller: Teller) -> None:
    """Red when a breakdown in the middle settles the event without its effect."""
    workspace_id, before = new_id(), await teller.count()
    await teller.buy(workspace_id)
    paid = next(one for one in await teller.events(since=before) if one.type == "invoice.paid")
    teller.shop.losing("GET", f"/v1/invoices/{paid.object_id}")
    with pytest.raises(StripeDown):
        await teller.tell([paid])
    teller.shop.hearing()
    assert await teller.state(paid.id) == ("stored", None)
    await teller.handle(paid.id)
    assert await teller.state(paid.id) == ("applied", None)
    assert await teller.shop.billing.balance(workspace_id) == Balance(available=1_000)


async def test_before_our_prices_are_read_invoices_wait(teller: Teller) -> None:
    """Red when a service that has just begun refuses what is paid to it."""
    workspace_id, before, billing = new_id(), await teller.count(), teller.shop.billing
    await teller.buy(workspace_id)
    await billing.execute("DELETE FROM billing.stripe_prices")
    with pytest.raises(Transient) as waits:
        await teller.tell_all(since=before)
    assert waits.value.code == "stripe_prices_unread"
    await teller.shop.read_prices()
    await teller.tell_all(since=before)
    assert await billing.balance(workspace_id) == Balance(available=1_000)


async def test_an_event_about_what_stripe_does_not_have_is_ignored(teller: Teller) -> None:
    """Red when an object that is gone makes its event dead."""
    for number, kind in enumerate(("invoice", "refund", "dispute", "subscription", "checkout.session", "credit_note")):
        event = ToldEvent(f"evt_gone_{number}", "x", kind, "none_such", live=False, told_at=utc_now())
        await teller.tell([event])
        assert (await teller.state(event.id))[0] == "ignored"
    other = ToldEvent("evt_other", "payout.paid", "payout", "po_1", live=False, told_at=utc_now())
    await teller.tell([other])
    assert (await teller.state(other.id))[0] == "ignored"


async def test_an_operator_settles_a_refused_event_by_hand_once(teller: Teller) -> None:
    """Red when it is looked at again all the same, or when something that was applied can be dismissed."""
    billing = teller.shop.billing
    event = ToldEvent("evt_by_hand", "x", "invoice", "in_1", live=False, told_at=utc_now())
    async with billing.open_uow() as uow:
        await store_stripe_event(event, source="webhook", body=b"{}", uow=uow, now=utc_now())
    for expected in ("stripe_event_not_refused", None, None):
        async with billing.open_uow() as uow:
            asked = dismiss_stripe_event("evt_by_hand", reason="a test", actor="user:boss", uow=uow)
            if expected is None:
                await asked
            else:
                with pytest.raises(Conflict) as refused:
                    await asked
                assert refused.value.code == expected
                outcome = Outcome(EventState.REFUSED, "stripe_amount_differs", "a test")
                await stripe_told.settle_event(uow.conn, "evt_by_hand", outcome, now=utc_now())
    await teller.reconcile()
    assert await teller.state("evt_by_hand") == ("ignored", None)
    with pytest.raises(NotFound):
        async with billing.open_uow() as uow:
            await dismiss_stripe_event("evt_unheard_of", reason="a test", actor="user:boss", uow=uow)


async def test_what_waits_is_taken_up_before_what_was_refused(teller: Teller) -> None:
    """Red when so many refused events as one turn takes keep those that were never applied from their turn."""
    billing, later = teller.shop.billing, utc_now() + timedelta(hours=1)
    ids = ["evt_turned_down_1", "evt_turned_down_2", "evt_stuck"]
    for id_ in ids:
        event = ToldEvent(id_, "x", "invoice", "in_1", live=False, told_at=utc_now())
        async with billing.open_uow() as uow:
            await store_stripe_event(event, source="webhook", body=b"{}", uow=uow, now=utc_now())
            if id_ != "evt_stuck":
                outcome = Outcome(EventState.REFUSED, "stripe_amount_differs", "a test")
                await stripe_told.settle_event(uow.conn, id_, outcome, now=utc_now())
    async with billing.open_uow() as uow:
        taken = await stripe_told.take_up_again(
            uow.conn, waiting_since=later, refused_since=utc_now() - LONG_AGO, limit=1
        )
    assert list(taken) == ["evt_stuck"]
    async with billing.open_uow() as uow:
        for id_ in ids:
            await stripe_told.settle_event(uow.conn, id_, Outcome(EventState.IGNORED, reason="a test"), now=utc_now())
            await stripe_told.dismiss_event(uow.conn, id_, reason="a test")


async def bought(teller: Teller) -> str:
    """An invoice of a pack of 1,000 that is on record."""
    workspace_id, before = new_id(), await teller.count()
    await teller.buy(workspace_id)
    await teller.tell_all(since=before)
    return await teller.invoice_of(workspace_id)


async def give_back(teller: Teller, invoice_id: str, *, key: str, amount: int | None = None) -> RefundMade:
    asked = RefundAsked(invoice_id, amount, "requested_by_customer")
    return await refund_invoice(
        asked, idempotency_key=key, stripe=teller.shop.stripe, open_uow=teller.shop.billing.open_uow, actor="user:boss"
    )


async def refunds_of(teller: Teller, invoice_id: str) -> list[int]:
    paid = [one for one in await teller.shop.objects("invoice_payment") if one["invoice"] == invoice_id]
    intents = {one["payment"]["payment_intent"] for one in paid}
    return [one["amount"] for one in await teller.shop.objects("refund") if one["payment_intent"] in intents]


async def test_an_operators_refund_is_made_once_and_takes_credits_when_it_is_told(teller: Teller) -> None:
    """Ten clicks at once, and one more later: one refund. Red when the key is not kept, or credits go before the money."""
    invoice_id, before = await bought(teller), await teller.count()
    made = await asyncio.gather(*(give_back(teller, invoice_id, key="one", amount=500) for _ in range(10)))
    assert {await give_back(teller, invoice_id, key="one", amount=500)} == set(made)
    assert await refunds_of(teller, invoice_id) == [500]
    row = "SELECT workspace_id FROM billing.stripe_invoices WHERE id = :id"
    workspace_id = (await teller.shop.billing.one(row, id=invoice_id))["workspace_id"]
    assert await teller.shop.billing.balance(workspace_id) == Balance(available=1_000)
    await teller.tell_all(since=before)
    assert await teller.shop.billing.balance(workspace_id) == Balance(available=667)


async def test_a_refund_whose_answer_was_lost_is_not_made_again(teller: Teller) -> None:
    """Red when a crash between Stripe's answer and our record gives the money back twice."""
    invoice_id = await bought(teller)
    teller.shop.losing("POST", "/v1/refunds")
    with pytest.raises(StripeDown):
        await give_back(teller, invoice_id, key="lost", amount=400)
    teller.shop.hearing()
    made = await give_back(teller, invoice_id, key="lost", amount=400)
    assert (made.amount, await refunds_of(teller, invoice_id)) == (400, [400])


async def test_what_cannot_be_refunded_is_refused_by_name(teller: Teller) -> None:
    """Red when more than is left goes back, or the same key means two things."""
    invoice_id = await bought(teller)
    with pytest.raises(AppError) as too_much:
        await give_back(teller, invoice_id, key="much", amount=1_501)
    assert too_much.value.code == "stripe_refused"
    with pytest.raises(Conflict) as reused:
        await give_back(teller, invoice_id, key="much", amount=1)
    assert reused.value.code == "idempotency_key_reused"
    with pytest.raises(NotFound) as unknown:
        await give_back(teller, "in_none", key="other")
    assert unknown.value.code == "invoice_not_found"
    await teller.shop.billing.execute(
        "UPDATE billing.stripe_invoices SET status = 'open' WHERE id = :id", id=invoice_id
    )
    with pytest.raises(Conflict) as unpaid:
        await give_back(teller, invoice_id, key="open")
    assert unpaid.value.code == "invoice_not_paid"
    assert await refunds_of(teller, invoice_id) == []


async def test_bodies_are_let_go_of_after_90_days_and_events_are_not(teller: Teller) -> None:
    """Red when what Stripe said is kept for ever, or an event can come a second time because it was forgotten."""
    billing, event = teller.shop.billing, ToldEvent("evt_old", "x", "payout", "", live=False, told_at=utc_now())
    async with billing.open_uow() as uow:
        await store_stripe_event(event, source="webhook", body=b"said", uow=uow, now=utc_now())
    assert await forget_stripe_bodies(open_uow=billing.open_uow, now=utc_now()) == 0
    later = utc_now() + KEEP_BODIES
    assert await forget_stripe_bodies(open_uow=billing.open_uow, now=later) > 0
    kept = await billing.one("SELECT body, state FROM billing.stripe_events WHERE id = 'evt_old'")
    assert kept == {"body": None, "state": "ignored"}
    async with billing.open_uow() as uow:
        assert not await store_stripe_event(event, source="webhook", body=b"said", uow=uow, now=utc_now())


async def test_without_a_stripe_there_is_nothing_to_reconcile(teller: Teller) -> None:
    account = stripe_account(key=BillingSettings.model_fields["stripe_secret_key"].default, sandbox_url="")
    alone = Desk(Stripe(account, client=None), PRICE_IDS, teller.shop.billing.open_uow)
    with pytest.raises(Conflict) as refused:
        await reconcile_stripe(desk=alone, now=utc_now())
    assert refused.value.code == "self_hosted"
    await alone.stripe.close()
