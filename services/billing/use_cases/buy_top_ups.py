"""A balance is below what a workspace wants to have: a pack is bought with the payment method it has saved.

Buying grants nothing. The credits come with the paid invoice, as all that is bought does.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from libs.common.contracts.billing import TopUpTurned
from libs.common.errors import Permanent, Transient
from libs.common.ids import new_id
from libs.common.logs import get_logger
from libs.common.uow import OpenUow, UnitOfWork
from services.billing import metrics
from services.billing.clients.stripe.account import KEY_LASTS, Stripe
from services.billing.clients.stripe.top_ups import ToppedUp, TopUpOrder, buy_top_up
from services.billing.domain.selling.plans import ITEMS, PACKS, PriceIds
from services.billing.domain.watching.caps import month_at
from services.billing.domain.watching.top_ups import (
    ANSWER_LOST,
    ASK_AGAIN_AFTER,
    AutoTopUp,
    Outcome,
    PackPrice,
    TopUp,
    may_buy,
)
from services.billing.repositories.watching import caps, top_ups
from services.billing.use_cases.ensure_customer import ensure_customer
from services.billing.use_cases.price_packs import price_packs

log = get_logger()

_AT_ONCE = 8


@dataclass(frozen=True)
class Shop:
    """Where packs are bought, and at which prices."""

    stripe: Stripe
    price_ids: PriceIds
    buy: Callable[..., Awaitable[ToppedUp]] = buy_top_up


async def buy_top_ups(*, shop: Shop, open_uow: OpenUow, now: datetime) -> int:
    """Claim, call, record. Key: the id of the purchase's row; a workspace has one under way, until its credits have come.

    A crash in between leaves a row whose question is repeated under the same key. Answers how many were asked for.
    """
    if not shop.stripe.account.sells:
        return 0
    async with open_uow() as uow:
        await top_ups.note_credited(uow.conn)
        orders = [
            *await top_ups.claim_unanswered(uow.conn, now=now, asked_before=now - ASK_AGAIN_AFTER, limit=_AT_ONCE),
            *await _claim_due(shop, uow=uow, now=now),
        ]
    await asyncio.gather(*(_buy(order, shop=shop, open_uow=open_uow, now=now) for order in orders))
    return len(orders)


async def _claim_due(shop: Shop, *, uow: UnitOfWork, now: datetime) -> list[TopUp]:
    """Rules whose pack is not sold wait: they must not stand in the way of the others."""
    sold = await price_packs(price_ids=shop.price_ids, uow=uow)
    rules = await top_ups.due_rules(uow.conn, packs=sold, now=now, limit=_AT_ONCE)
    claimed = [await _claim(rule, sold[rule.pack], uow=uow, now=now) for rule in rules]
    return [order for order in claimed if order is not None]


async def _claim(rule: AutoTopUp, price: PackPrice, *, uow: UnitOfWork, now: datetime) -> TopUp | None:
    """The purchase that a rule asks for; None when there is no room in the month's maximum, which is told."""
    month = month_at(now, time_zone=await caps.time_zone_of(uow.conn, rule.workspace_id))
    spent = await top_ups.spent_in(uow.conn, rule.workspace_id, month=month)
    order = TopUp(
        id=new_id(),
        workspace_id=rule.workspace_id,
        month=month,
        pack=rule.pack,
        credits=PACKS[rule.pack].credits,
        amount_minor=price.amount_minor,
        currency=price.currency,
        asked_at=now,
        created_at=now,
    )
    if may_buy(rule, price, spent_minor=spent):
        return order if await top_ups.add(uow.conn, order) else None
    if rule.maximum_told_for != month:
        await top_ups.note_maximum(uow.conn, rule.workspace_id, month=month)
        _announce(order, "maximum_reached", spent_minor=spent, uow=uow)
    return None


async def _buy(order: TopUp, *, shop: Shop, open_uow: OpenUow, now: datetime) -> None:
    outcome = await _ask(order, shop=shop, open_uow=open_uow, now=now)
    if outcome is None:
        return
    async with open_uow() as uow:
        if not await top_ups.record(uow.conn, order, outcome):
            return
        spent = await top_ups.spent_in(uow.conn, order.workspace_id, month=order.month)
        if outcome.is_too_much and spent:
            # A whole month's maximum may be enough.
            await top_ups.note_maximum(uow.conn, order.workspace_id, month=order.month)
            _announce(order, "maximum_reached", spent_minor=spent, uow=uow)
            return
        if outcome.state == "failed":
            await top_ups.turn_off(uow.conn, order.workspace_id, reason=outcome.reason)
        _announce(order, outcome.state, spent_minor=spent, uow=uow, reason=outcome.reason, pay_url=outcome.pay_url)


async def _ask(order: TopUp, *, shop: Shop, open_uow: OpenUow, now: datetime) -> Outcome | None:
    """What Stripe says; None when nobody knows, so that it is asked again."""
    if order.created_at <= now - KEY_LASTS:
        # A question that old could buy a second time.
        return Outcome("failed", ANSWER_LOST)
    try:
        price_id = shop.price_ids.id_of(ITEMS[f"pack_{order.pack}"])
        customer_id = await ensure_customer(order.workspace_id, stripe=shop.stripe, open_uow=open_uow, now=now)
        most = await _left_for(order, open_uow=open_uow)
        asked = TopUpOrder(order.id, order.workspace_id, customer_id, price_id or "", most)
        answer = await shop.buy(asked, stripe=shop.stripe)
    except Transient as error:
        log.warning("top_up.not_answered", top_up_id=str(order.id), error=error.message)
        return None
    except Permanent as error:
        return Outcome("failed", error.message)
    state = "paid" if answer.outcome == "paid" else "failed"
    too_much = answer.outcome == "too_much"
    return Outcome(state, answer.reason, answer.invoice_id, answer.pay_url, answer.amount, is_too_much=too_much)


async def _left_for(order: TopUp, *, open_uow: OpenUow) -> int:
    """What the month's maximum leaves for this purchase. The price alone, where the rule is gone meanwhile."""
    async with open_uow() as uow:
        rule = await top_ups.find_rule(uow.conn, order.workspace_id)
        spent = await top_ups.spent_in(uow.conn, order.workspace_id, month=order.month)
    return rule.maximum_minor - spent + order.amount_minor if rule is not None else order.amount_minor


def _announce(
    order: TopUp,
    state: str,
    *,
    spent_minor: int,
    uow: UnitOfWork,
    reason: str = "",
    pay_url: str | None = None,
) -> None:
    event = TopUpTurned.model_validate(
        {
            "top_up_id": order.id,
            "state": state,
            "credits": order.credits,
            "spent_this_month_minor": spent_minor,
            "currency": order.currency,
            "reason": reason or None,
            "pay_url": pay_url,
        }
    )
    uow.publish(event, tenant_id=order.workspace_id)
    metrics.TOP_UPS.labels(state).inc()
