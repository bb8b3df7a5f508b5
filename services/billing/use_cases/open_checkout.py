"""Somebody wants to buy a plan or a pack: they are sent to Stripe's page. Paying there is what counts, not coming back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict, Permanent
from libs.common.ids import new_id
from libs.common.uow import OpenUow, UnitOfWork
from services.billing.clients.stripe.account import KEY_LASTS, Stripe
from services.billing.clients.stripe.checkouts import Order, Session, create_session, expire_session, fetch_session
from services.billing.clients.stripe.errors import StripeRefused
from services.billing.domain.selling.ordering import offered, refuse_second_plan, trial_days_of
from services.billing.domain.selling.plans import Item, PlanItem, PriceIds
from services.billing.repositories.selling import checkouts, prices, subscriptions
from services.billing.repositories.selling.checkouts import Checkout
from services.billing.use_cases.apply_subscription import apply_subscription
from services.billing.use_cases.ensure_customer import ensure_customer

_ROUNDS = 3
"""How often an older checkout may stand in the way of this one: whoever opens others meanwhile is asked to come again."""


@dataclass(frozen=True)
class CheckoutRequest:
    """Who wants what. `return_to` is the page of the web app that Stripe sends buyers back to."""

    workspace_id: UUID
    item: Item
    quantity: int
    idempotency_key: str
    asked_by: UUID
    return_to: str


@dataclass(frozen=True)
class OpenedCheckout:
    """Where to pay, and until when."""

    id: UUID
    url: str
    expires_at: datetime
    trial_days: int


async def open_checkout(
    request: CheckoutRequest, *, stripe: Stripe, price_ids: PriceIds, open_uow: OpenUow, now: datetime
) -> OpenedCheckout:
    """Key: the workspace's Idempotency-Key; the second time it answers with the same page. One checkout of a plan is open at
    a time: the same plan's is answered with, another's is closed first.

    Raises Conflict `self_hosted`, `not_offered`, `subscription_exists`, `idempotency_key_reused`, `checkout_closed`,
    `checkout_in_progress`, and what every question to Stripe raises.
    """
    stripe.account.require()
    customer_id = await ensure_customer(request.workspace_id, stripe=stripe, open_uow=open_uow, now=now)
    for _ in range(_ROUNDS):
        async with open_uow() as uow:
            mine, other = await _claim(request, price_ids=price_ids, realm=stripe.account.realm, uow=uow, now=now)
        if other is None:
            assert mine is not None
            return _answer(await _open(mine, request.return_to, customer_id, stripe=stripe, open_uow=open_uow))
        found = await _open(other, request.return_to, customer_id, stripe=stripe, open_uow=open_uow)
        session = await fetch_session(found.session_id or "", stripe=stripe)
        if session.status == "open" and found.item == request.item and found.url:
            return _answer(found)
        await _close(found, session, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now)
    msg = "other checkouts of this workspace are being opened at the same time: try again in a moment"
    raise Conflict(msg, code="checkout_in_progress")


async def _claim(
    request: CheckoutRequest, *, price_ids: PriceIds, realm: str, uow: UnitOfWork, now: datetime
) -> tuple[Checkout | None, Checkout | None]:
    """This request's checkout; or the one that stands in its way."""
    await subscriptions.lock_workspace(uow.conn, request.workspace_id)
    mine = await checkouts.find_checkout(uow.conn, request.workspace_id, idempotency_key=request.idempotency_key)
    if mine is not None:
        return _same(mine, request, now=now), None
    price = offered(request.item, price_ids=price_ids, kept=await prices.kept_prices(uow.conn))
    owned = await subscriptions.subscriptions_of(uow.conn, request.workspace_id, realm=realm)
    if isinstance(request.item, PlanItem):
        refuse_second_plan(owned)
        other = await checkouts.unclosed_plan_checkout(uow.conn, request.workspace_id, realm=realm)
        if other is not None:
            return None, other
    mine = Checkout(
        id=new_id(),
        workspace_id=request.workspace_id,
        realm=realm,
        idempotency_key=request.idempotency_key,
        item=request.item,
        quantity=request.quantity,
        price_id=price.id,
        trial_days=trial_days_of(request.item, owned),
        asked_by=request.asked_by,
        created_at=now,
    )
    await checkouts.add_checkout(uow.conn, mine)
    return mine, None


def _same(mine: Checkout, request: CheckoutRequest, *, now: datetime) -> Checkout:
    if (mine.item, mine.quantity) != (request.item, request.quantity):
        msg = f"this Idempotency-Key was used for {mine.quantity} × {mine.item.title} before: use a new key"
        raise Conflict(msg, code="idempotency_key_reused")
    ended = mine.state == "closed" or (mine.expires_at is not None and mine.expires_at <= now)
    if ended or (mine.state == "asked" and mine.created_at < now - KEY_LASTS):
        msg = "the checkout that was opened under this Idempotency-Key is over: use a new key"
        raise Conflict(msg, code="checkout_closed")
    return mine


async def _open(checkout: Checkout, return_to: str, customer_id: str, *, stripe: Stripe, open_uow: OpenUow) -> Checkout:
    """The checkout with its page. A repeated call, also after an answer that was lost, opens no second one."""
    if checkout.state != "asked":
        return checkout
    order = Order(
        id=checkout.id,
        workspace_id=checkout.workspace_id,
        customer_id=customer_id,
        price_id=checkout.price_id,
        quantity=checkout.quantity,
        is_plan=isinstance(checkout.item, PlanItem),
        trial_days=checkout.trial_days,
        return_to=return_to,
    )
    try:
        session = await create_session(order, stripe=stripe)
    except Permanent:
        async with open_uow() as uow:
            await checkouts.forget_checkout(uow.conn, checkout.id)
        raise
    async with open_uow() as uow:
        await checkouts.record_session(
            uow.conn, checkout.id, session_id=session.id, url=session.url, expires_at=session.expires_at
        )
        recorded = await checkouts.find_checkout(
            uow.conn, checkout.workspace_id, idempotency_key=checkout.idempotency_key
        )
    assert recorded is not None
    return recorded


async def _close(
    checkout: Checkout,
    session: Session,
    *,
    stripe: Stripe,
    price_ids: PriceIds,
    open_uow: OpenUow,
    now: datetime,
) -> None:
    """Nobody can pay in it any more; if somebody has, what they bought is on record before it is closed."""
    if session.status == "open":
        try:
            session = await expire_session(session.id, stripe=stripe)
        except StripeRefused:
            # Somebody has paid in it just now.
            session = await fetch_session(session.id, stripe=stripe)
    if session.subscription_id is not None:
        await apply_subscription(
            session.subscription_id, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now
        )
    async with open_uow() as uow:
        await checkouts.close_checkout(uow.conn, checkout.id)


def _answer(checkout: Checkout) -> OpenedCheckout:
    if checkout.url is None or checkout.expires_at is None:
        msg = "the checkout that was opened under this Idempotency-Key is over: use a new key"
        raise Conflict(msg, code="checkout_closed")
    return OpenedCheckout(checkout.id, checkout.url, checkout.expires_at, checkout.trial_days)
