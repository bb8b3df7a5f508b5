"""Tax that Stripe adds: what is sold is compared net, what is paid and refunded is gross."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from libs.common.ids import new_id
from services.billing.clients.stripe.top_ups import TopUpOrder, buy_top_up
from services.billing.domain.selling.plans import PlanItem
from services.billing.tables import stripe_invoices
from services.billing.use_cases.apply_stripe_object import Desk, apply_stripe_object
from services.billing.use_cases.preview_switch import preview_switch
from tests.integration.billing.shop import ACCOUNT, GOOD_CARD, PRICE_IDS, Shop, item, open_shop
from tests.integration.billing.steps import Billing


@pytest.fixture(scope="module")
async def shop(billing: Billing) -> AsyncGenerator[Shop]:
    async with open_shop(billing, account=replace(ACCOUNT, taxes=True)) as opened:
        yield opened


async def applied(shop: Shop, kind: str, id_: str) -> None:
    desk = Desk(shop.stripe, PRICE_IDS, shop.billing.open_uow)
    assert (await apply_stripe_object(kind, id_, desk=desk, now=shop.now)).state == "applied"


async def newest(shop: Shop) -> dict[str, Any]:
    return (await shop.objects("invoice"))[0]


async def kept(shop: Shop, invoice_id: str) -> tuple[int, int, int, int]:
    columns = stripe_invoices.c
    query = select(columns.total_minor, columns.paid_minor, columns.tax_minor, columns.granted_credits)
    async with shop.billing.open_uow() as uow:
        row = (await uow.conn.execute(query.where(columns.id == invoice_id))).one()
    return row[0], row[1], row[2], row[3]


async def bought(shop: Shop, name: str) -> tuple[UUID, dict[str, Any]]:
    """A workspace that has bought this, and the invoice, applied."""
    workspace_id = await shop.billing.workspace(1)
    paid = await shop.pay((await shop.checkout(workspace_id, name)).url)
    assert paid.status_code == 303, paid.text
    invoice = await newest(shop)
    await applied(shop, "invoice", invoice["id"])
    return workspace_id, invoice


async def test_a_plan_with_tax_brings_its_credits_and_tells_its_tax(shop: Shop) -> None:
    """Red when an invoice is refused because tax makes it dearer than its price, or tax is not asked for."""
    _, invoice = await bought(shop, "scale_month")
    assert await kept(shop, invoice["id"]) == (59_880, 59_880, 9_980, 50_000)


async def test_a_switch_costs_what_its_preview_says_with_tax(shop: Shop) -> None:
    """Red when a subscription loses its tax, or a preview leaves it out."""
    workspace_id, subscription_id = await shop.subscribed("growth_month")
    target = item("scale_month")
    assert isinstance(target, PlanItem)
    said = await preview_switch(
        target,
        workspace_id=workspace_id,
        stripe=shop.stripe,
        price_ids=PRICE_IDS,
        open_uow=shop.billing.open_uow,
        now=shop.now,
    )
    await shop.switch(workspace_id, "scale_month")
    invoice = await newest(shop)
    assert (invoice["status"], invoice["total"]) == ("paid", said.due)
    assert invoice["total"] > invoice["total_excluding_tax"] > 0
    await applied(shop, "subscription", subscription_id)
    await applied(shop, "invoice", invoice["id"])


async def test_half_of_what_was_paid_takes_half_of_the_credits(shop: Shop) -> None:
    """Red when what is refunded, tax included, is compared with a price without."""
    workspace_id, invoice = await bought(shop, "pack_5k")
    total, paid, tax, credits_ = await kept(shop, invoice["id"])
    assert (total, tax * 6, credits_) == (paid, total, 5_000)
    intent = (await shop.objects("payment_intent"))[0]["id"]
    with shop.stripe.asking("test") as client:
        refund = await client.v1.refunds.create_async({"payment_intent": intent, "amount": total // 2})
    await applied(shop, "refund", refund.id)
    assert (await shop.billing.balance(workspace_id)).available == 1 + 2_500


@pytest.mark.parametrize("left", [0, -1], ids=["enough", "one cent short"])
async def test_a_top_up_keeps_to_what_is_left_with_tax(shop: Shop, left: int) -> None:
    """Red when tax comes on top of the maximum, or an invoice that is too dear can still be paid."""
    workspace_id, invoice = await bought(shop, "pack_5k")
    customer, gross = invoice["customer"], invoice["total"]
    await shop.use_card(customer, GOOD_CARD)
    order = TopUpOrder(new_id(), workspace_id, customer, "price_sandbox_pack_5k", gross + left)
    done = [await buy_top_up(order, stripe=shop.stripe) for _ in range(2)]
    assert [(one.outcome, one.amount) for one in done] == [("paid" if left == 0 else "too_much", gross)] * 2
    found = await newest(shop)
    assert (found["id"], found["status"]) == (done[1].invoice_id, "paid" if left == 0 else "void")
