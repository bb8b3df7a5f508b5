"""What Stripe tells brings credits once, in whatever order and however often it is told, and takes them back with the money."""

import random
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.billing import StripeEventStored
from libs.common.ids import new_id
from services.billing.domain.credits.ledger import Balance
from services.billing.domain.selling.plans import PLANS
from services.billing.domain.stripe.invoices import Invoice
from services.billing.domain.stripe.reversals import Reversal
from services.billing.repositories.stripe import invoices as stripe_invoices
from services.billing.use_cases.credit_invoices import Seller as CreditedBy
from services.billing.use_cases.credit_invoices import credit_invoices
from services.billing.use_cases.reverse_invoice import reverse_invoice
from tests.integration.billing.shop import PRICE_IDS, Shop, open_shop
from tests.integration.billing.steps import Billing, completed, created, ended
from tests.integration.billing.telling import Teller, message_of
from tests.unit.billing.stripe_objects import OFFERS, invoice, line

STARTER, GROWTH, SCALE = (PLANS[code].credits_per_month for code in ("starter", "growth", "scale"))


@pytest.fixture(scope="module")
async def shop(billing: Billing) -> AsyncGenerator[Shop]:
    async with open_shop(billing) as opened:
        yield opened


@pytest.fixture
def teller(shop: Shop) -> Teller:
    return Teller(shop)


async def balance(teller: Teller, workspace_id: UUID) -> Balance:
    return await teller.shop.billing.balance(workspace_id)


async def proven(teller: Teller, workspace_id: UUID) -> bool:
    return all(check.holds for check in await teller.shop.billing.proof(workspace_id))


async def test_coming_back_from_the_pay_page_brings_nothing(teller: Teller) -> None:
    """Red when anything but a paid invoice that Stripe told of grants."""
    workspace_id = new_id()
    await teller.buy(workspace_id)
    assert await balance(teller, workspace_id) == Balance()


@pytest.mark.parametrize("seed", range(3))
async def test_a_pack_is_granted_once_in_any_order_of_its_events(teller: Teller, seed: int) -> None:
    """`invoice.paid`, `invoice.payment_succeeded`, the session and the payment all tell of the same invoice. Red when the
    grant's key is not that of the invoice's line."""
    workspace_id, before = new_id(), await teller.count()
    await teller.buy(workspace_id, quantity=3)
    events = 2 * await teller.events(since=before)
    assert {"invoice.paid", "invoice.payment_succeeded", "checkout.session.completed"} <= {one.type for one in events}
    random.Random(seed).shuffle(events)
    await teller.tell(events)
    assert await balance(teller, workspace_id) == Balance(available=3_000)
    assert len(await teller.shop.billing.movements(workspace_id)) == 1
    granted = [
        data for type_, data in await teller.shop.billing.said(workspace_id) if type_ == "billing.credits.granted"
    ]
    assert [(data["credits"], data["kind"], data["expires_at"]) for data in granted] == [(3_000, "purchased", None)]
    assert await proven(teller, workspace_id)


async def test_an_event_delivered_twice_with_the_inbox_emptied_between_has_one_effect(teller: Teller) -> None:
    """Red when the effect rests on the inbox, or on the event's state alone."""
    workspace_id, before = new_id(), await teller.count()
    await teller.buy(workspace_id)
    paid = next(one for one in await teller.events(since=before) if one.type == "invoice.paid")
    await teller.tell([paid])
    billing = teller.shop.billing
    message = message_of(StripeEventStored(stripe_event_id=paid.id))
    for _ in range(2):
        await billing.execute("DELETE FROM billing.inbox")
        await billing.execute(
            "UPDATE billing.stripe_events SET state = 'stored', applied_at = NULL WHERE id = :id", id=paid.id
        )
        await teller.handle(paid.id, message=message)
    assert await balance(teller, workspace_id) == Balance(available=1_000)
    assert await teller.state(paid.id) == ("applied", None)


async def life(teller: Teller, *, as_it_happens: bool) -> Balance:
    """A trial, its end, an upgrade and a renewal, told of along the way or all together at the end, out of order."""
    shop, workspace_id, before = teller.shop, new_id(), await teller.count()

    async def told() -> None:
        if as_it_happens:
            await teller.tell_all(since=before)

    subscription_id = await shop.subscribe(workspace_id, "starter_month")
    await told()
    await shop.advance(days=14, hours=2)
    await told()
    await shop.apply(subscription_id)
    await shop.switch(workspace_id, "growth_month")
    await told()
    await shop.advance(days=31)
    await told()
    events = 2 * await teller.events(since=before)
    random.Random(as_it_happens).shuffle(events)
    await teller.tell(events)
    assert await proven(teller, workspace_id)
    return await balance(teller, workspace_id)


async def test_a_subscriptions_life_brings_the_same_whenever_it_is_told(teller: Teller) -> None:
    """The trial's credits, the first month raised by the upgrade, and the second month: in time, or at the end in any order.
    (What a trial brings expires with it: told of at the end, that is over.) Red when an invoice is credited by itself."""
    in_time = await life(teller, as_it_happens=True)
    at_the_end = await life(teller, as_it_happens=False)
    trial = PLANS["starter"].trial_credits
    switched_after_two_hours = 30
    assert 0 <= 2 * GROWTH + trial - in_time.available <= switched_after_two_hours
    a_switch_some_minutes_later = 5
    assert abs(at_the_end.available - in_time.available) <= a_switch_some_minutes_later


async def test_switching_back_and_forth_in_the_portal_mints_nothing_whatever_is_told_first(teller: Teller) -> None:
    """Only the invoices that sell are told of, those that give back are not. Red when an invoice is credited without the
    others of its subscription."""
    shop, workspace_id, before = teller.shop, new_id(), await teller.count()
    subscription_id = await shop.subscribe(workspace_id, "scale_month")
    for item in ("starter_month", "scale_month", "starter_month", "scale_month"):
        with shop.stripe.asking("a_test") as client:
            found = await client.v1.subscriptions.retrieve_async(subscription_id)
            changed = {"id": found.items.data[0].id, "price": PRICE_IDS.ids[item]}
            await client.v1.subscriptions.update_async(
                subscription_id,
                {"items": [changed], "proration_behavior": "always_invoice"},  # pyright: ignore[reportArgumentType]
            )
    found_all = await shop.objects("invoice")
    invoices = [
        one
        for one in found_all
        if one["parent"] and one["parent"]["subscription_details"]["subscription"] == subscription_id
    ]
    assert [one["total"] > 0 for one in reversed(invoices)] == [True, False, True, False, True]
    selling = {one["id"] for one in invoices if one["lines"]["data"][-1]["amount"] > 10_000}
    assert len(selling) == 3
    events = await teller.events(since=before)
    await teller.tell([one for one in events if one.type == "invoice.paid" and one.object_id in selling])
    assert abs((await balance(teller, workspace_id)).available - SCALE) <= 1
    await teller.tell(events)
    assert abs((await balance(teller, workspace_id)).available - SCALE) <= 1
    assert await proven(teller, workspace_id)


async def test_a_refund_takes_its_part_first_of_what_is_available(teller: Teller) -> None:
    """Half of the money takes half of the credits; the other half takes the rest, though some are spent: they are owed, and
    the next credits pay them. Red when a refund takes all, or twice, or forgets what was spent."""
    workspace_id = await bought(teller)
    invoice_id = await teller.invoice_of(workspace_id)
    before = await teller.count()
    await teller.refund(invoice_id, amount=750)
    refunded = await teller.events(since=before)
    await teller.tell(2 * refunded)
    assert await balance(teller, workspace_id) == Balance(available=500)
    await spend(teller, workspace_id, 300)
    before = await teller.count()
    await teller.refund(invoice_id)
    await teller.tell(2 * await teller.events(since=before))
    assert await balance(teller, workspace_id) == Balance(spent=300, owed=300)
    back = [
        data for type_, data in await teller.shop.billing.said(workspace_id) if type_ == "billing.credits.taken_back"
    ]
    assert [(data["credits"], data["owed"], data["cause"]) for data in back] == [
        (500, 0, "refund"),
        (500, 300, "refund"),
    ]
    await bought(teller, workspace_id)
    assert await balance(teller, workspace_id) == Balance(available=700, spent=300)
    assert await proven(teller, workspace_id)


async def test_a_refund_that_failed_gives_back_what_it_took(teller: Teller) -> None:
    """Red when the credits of a refund that never reached the card stay away."""
    workspace_id = await bought(teller)
    await teller.dial(refunds_fail=True)
    before = await teller.count()
    await teller.refund(await teller.invoice_of(workspace_id), amount=300)
    await teller.tell_all(since=before)
    assert await balance(teller, workspace_id) == Balance(available=800)
    await teller.dial(refunds_fail=False)
    await teller.shop.advance(minutes=5)
    await teller.tell(2 * await teller.events(since=before))
    assert await balance(teller, workspace_id) == Balance(available=1_000)
    assert await proven(teller, workspace_id)


async def test_a_refund_that_is_told_of_before_its_invoice_takes_what_the_invoice_brings(teller: Teller) -> None:
    """Red when the order of the two matters."""
    workspace_id, before = new_id(), await teller.count()
    await teller.buy(workspace_id)
    paid = await teller.events(since=before)
    invoice_id = next(one.object_id for one in paid if one.type == "invoice.paid")
    between = await teller.count()
    await teller.refund(invoice_id)
    await teller.tell(await teller.events(since=between))
    assert await balance(teller, workspace_id) == Balance()
    await teller.tell(paid)
    assert await balance(teller, workspace_id) == Balance()
    assert len(await teller.shop.billing.movements(workspace_id)) == 2


@pytest.mark.parametrize("outcome", ["won", "lost"])
async def test_a_dispute_takes_all_and_a_won_one_gives_it_back(teller: Teller, outcome: str) -> None:
    """What was spent is owed meanwhile. Red when a lost dispute gives back, or a won one does not."""
    workspace_id = await bought(teller)
    await spend(teller, workspace_id, 200)
    before = await teller.count()
    dispute_id = await teller.dispute(await teller.invoice_of(workspace_id))
    await teller.tell(2 * await teller.events(since=before))
    assert await balance(teller, workspace_id) == Balance(spent=200, owed=200)
    before = await teller.count()
    await teller.decide(dispute_id, outcome)
    await teller.tell(2 * await teller.events(since=before))
    given_back = Balance(available=800, spent=200) if outcome == "won" else Balance(spent=200, owed=200)
    assert await balance(teller, workspace_id) == given_back
    assert await proven(teller, workspace_id)


async def test_what_is_given_back_can_be_refunded_later(teller: Teller) -> None:
    """Red when a refund after a won dispute finds nothing to take, because the first grant is used up."""
    workspace_id = await bought(teller)
    invoice_id, before = await teller.invoice_of(workspace_id), await teller.count()
    await teller.decide(await teller.dispute(invoice_id), "won")
    await teller.tell_all(since=before)
    assert await balance(teller, workspace_id) == Balance(available=1_000)
    goodwill = Reversal(
        "re_goodwill", "refund", invoice_id, 300, "succeeded", active=True, reason="", told_at=utc_now()
    )
    async with teller.shop.billing.open_uow() as uow:
        await reverse_invoice(goodwill, fetched_at=utc_now(), uow=uow, now=utc_now())
    assert await balance(teller, workspace_id) == Balance(available=800)
    assert await proven(teller, workspace_id)


async def test_what_contradicts_our_record_is_refused_blocks_nothing_and_is_mended_by_itself(teller: Teller) -> None:
    """Red when a price that differs from our record grants, when its event is lost, or when others wait for it."""
    billing, before = teller.shop.billing, await teller.count()
    workspace_id, other = new_id(), new_id()
    await teller.buy(workspace_id, "pack_5k")
    await teller.buy(other, "pack_1k")
    await billing.execute("UPDATE billing.stripe_prices SET unit_amount_minor = 1 WHERE item = 'pack_5k'")
    await teller.tell_all(since=before)
    assert await balance(teller, workspace_id) == Balance()
    assert await balance(teller, other) == Balance(available=1_000)
    paid = next(one for one in await teller.events(since=before) if one.type == "invoice.paid")
    assert await teller.state(paid.id) == ("refused", "stripe_amount_differs")
    await billing.execute("DELETE FROM billing.outbox")
    await teller.shop.read_prices()
    assert (await teller.reconcile()).again > 0
    await teller.handle_what_waits()
    assert await balance(teller, workspace_id) == Balance(available=5_000)
    assert await teller.state(paid.id) == ("applied", None)


async def test_an_invoice_of_a_customer_who_is_not_on_record_is_refused(teller: Teller) -> None:
    """Red when whoever pays our price is believed to be somebody's customer."""
    billing, before = teller.shop.billing, await teller.count()
    workspace_id = new_id()
    await teller.buy(workspace_id)
    await billing.execute(
        "UPDATE billing.stripe_customers SET customer_id = 'x' WHERE workspace_id = :id", id=workspace_id
    )
    await teller.tell_all(since=before)
    paid = next(one for one in await teller.events(since=before) if one.type == "invoice.paid")
    assert await teller.state(paid.id) == ("refused", "stripe_customer_unknown")
    assert await balance(teller, workspace_id) == Balance()


async def credit(
    teller: Teller, workspace_id: UUID, told: Invoice, *, asked_at: datetime | None = None
) -> list[tuple[int, int, int]]:
    """Credit an invoice as if Stripe had just answered with it. Answers what it brought, and what is taken back of that."""
    shop = CreditedBy(workspace_id, OFFERS, live=False)
    async with teller.shop.billing.open_uow() as uow:
        await credit_invoices([told], seller=shop, fetched_at=asked_at or utc_now(), uow=uow, now=utc_now())
        kept = await stripe_invoices.find_kept(uow.conn, told.id)
    assert kept is not None
    return [(kept.standing.granted, kept.standing.taken, kept.standing.recalled)]


async def test_an_invoice_that_is_void_after_all_gives_its_credits_back_and_takes_them_again_when_paid(
    teller: Teller,
) -> None:
    """Red when what is written off keeps its credits, or what is paid in the end does not get them."""
    workspace_id = new_id()
    paid = invoice(line("pack_1k"), id=f"in_{workspace_id}", subscription_id=None)
    assert await credit(teller, workspace_id, paid) == [(1_000, 0, 0)]
    for status in ("uncollectible", "uncollectible"):
        assert await credit(teller, workspace_id, replace(paid, status=status)) == [(1_000, 1_000, 1_000)]
        assert await balance(teller, workspace_id) == Balance()
    for _ in range(2):
        assert await credit(teller, workspace_id, paid) == [(1_000, 0, 0)]
        assert await balance(teller, workspace_id) == Balance(available=1_000)
    assert await proven(teller, workspace_id)


async def test_a_refund_of_an_invoice_that_was_refused_takes_its_part_once_that_is_mended(teller: Teller) -> None:
    """Red when an invoice that brings its credits late brings those whose money is gone."""
    workspace_id = new_id()
    paid = invoice(line("pack_1k", amount=1_000), id=f"in_{workspace_id}", subscription_id=None)
    assert await credit(teller, workspace_id, paid) == [(0, 0, 0)]
    refund = Reversal(
        f"re_{workspace_id}", "refund", paid.id, 500, "succeeded", active=True, reason="", told_at=utc_now()
    )
    async with teller.shop.billing.open_uow() as uow:
        await reverse_invoice(refund, fetched_at=utc_now(), uow=uow, now=utc_now())
    assert await balance(teller, workspace_id) == Balance()
    mended = replace(paid, lines=(line("pack_1k"),))
    for _ in range(2):
        assert await credit(teller, workspace_id, mended) == [(1_000, 500, 500)]
    assert await balance(teller, workspace_id) == Balance(available=500)
    assert await proven(teller, workspace_id)


async def test_an_older_answer_of_stripes_never_replaces_a_later_one(teller: Teller) -> None:
    """Two replicas ask, and the one that asked first writes last. Red when its answer counts."""
    workspace_id, asked_at = new_id(), utc_now()
    paid = invoice(line("pack_1k"), id=f"in_{workspace_id}", subscription_id=None)
    await credit(teller, workspace_id, paid)
    for status in ("open", "uncollectible"):
        before = replace(paid, status=status, remaining=1_500, paid_at=None)
        assert await credit(teller, workspace_id, before, asked_at=asked_at) == [(1_000, 0, 0)]
    refund = Reversal(
        f"re_{workspace_id}", "refund", paid.id, 1_500, "failed", active=False, reason="", told_at=asked_at
    )
    for one, at in ((refund, utc_now()), (replace(refund, status="pending", active=True), asked_at)):
        async with teller.shop.billing.open_uow() as uow:
            assert (await reverse_invoice(one, fetched_at=at, uow=uow, now=utc_now())).state == "applied"
    assert await balance(teller, workspace_id) == Balance(available=1_000)


async def test_a_credit_note_takes_its_part_until_it_is_void(teller: Teller) -> None:
    """Money that goes to the customer's balance buys something else: its credits go. Red when they stay."""
    workspace_id = new_id()
    paid = invoice(line("pack_1k", quantity=2, amount=3_000), id=f"in_{workspace_id}", subscription_id=None)
    await credit(teller, workspace_id, paid)
    note = Reversal(
        f"cn_{workspace_id}", "credit_note", paid.id, 600, "issued", active=True, reason="", told_at=utc_now()
    )
    for one, left in ((note, 1_600), (note, 1_600), (replace(note, status="void", active=False), 2_000)):
        async with teller.shop.billing.open_uow() as uow:
            await reverse_invoice(one, fetched_at=utc_now(), uow=uow, now=utc_now())
        assert (await balance(teller, workspace_id)).available == left
    assert await proven(teller, workspace_id)


async def test_a_refund_of_what_was_no_invoice_is_ignored(teller: Teller) -> None:
    """The same account may sell other things. Red when their refunds are taken for contradictions."""
    await bought(teller)
    before, card = await teller.count(), (await teller.shop.objects("payment_method"))[0]
    with teller.shop.stripe.asking("a_test") as client:
        intent = await client.v1.payment_intents.create_async(
            {
                "amount": 500,
                "currency": "usd",
                "customer": card["customer"],
                "payment_method": card["id"],
                "confirm": True,
            }
        )
        await client.v1.refunds.create_async({"payment_intent": intent.id})
    refunds = [one for one in await teller.events(since=before) if one.object_kind == "refund"]
    await teller.tell(refunds)
    assert {(await teller.state(one.id))[0] for one in refunds} == {"ignored"}


async def bought(teller: Teller, workspace_id: UUID | None = None) -> UUID:
    """A workspace with a pack of 1,000 that it has been told of."""
    id_, before = workspace_id or new_id(), await teller.count()
    await teller.buy(id_)
    await teller.tell_all(since=before)
    return id_


async def spend(teller: Teller, workspace_id: UUID, credits_: int) -> None:
    job_id, billing = new_id(), teller.shop.billing
    await billing.deliver(created(job_id, credits_), workspace_id)
    await billing.deliver(completed(job_id, 0, credits_), workspace_id)
    await billing.deliver(ended(job_id, credits_), workspace_id)
