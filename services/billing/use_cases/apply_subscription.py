"""A subscription's present state at Stripe becomes ours, whoever told that it changed and in whatever order."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from libs.common.contracts.billing import PaymentFailed, SubscriptionChanged
from libs.common.errors import Conflict
from libs.common.logs import get_logger
from libs.common.uow import OpenUow, UnitOfWork
from services.billing.clients.stripe.account import Stripe
from services.billing.clients.stripe.subscriptions import fetch_subscription, reason_of
from services.billing.domain.selling.plans import PlanItem, PriceIds
from services.billing.domain.selling.subscriptions import (
    ENDED,
    FoundSubscription,
    KeptSubscription,
    Pending,
    Status,
    which_counts,
)
from services.billing.repositories.selling import customers, prices, subscriptions, switches
from services.billing.repositories.selling.subscriptions import Told
from services.billing.use_cases.renew_entitlements import renew_entitlements

log = get_logger()


@dataclass(frozen=True)
class Applied:
    """What Stripe answered, and what is on record after it."""

    found: FoundSubscription
    subscription: KeptSubscription


async def apply_subscription(
    subscription_id: str, *, stripe: Stripe, price_ids: PriceIds, open_uow: OpenUow, now: datetime
) -> Applied:
    """Key: the subscription. Repeated, or overtaken by a later fetch, it changes nothing.

    Announces the workspace's subscription and entitlements where they changed, and a refused payment once per attempt.
    Raises Conflict `stripe_customer_unknown` and `stripe_mode_differs`, and what every question to Stripe raises.
    """
    async with open_uow() as uow:
        fetch_no = await subscriptions.next_fetch(uow.conn)
    found = await fetch_subscription(subscription_id, stripe=stripe)
    reason = await _reason(found, stripe=stripe, open_uow=open_uow)
    async with open_uow() as uow:
        workspace_id = await _owner(found, stripe=stripe, uow=uow)
        await subscriptions.lock_workspace(uow.conn, workspace_id)
        realm = stripe.account.realm
        before = await subscriptions.subscriptions_of(uow.conn, workspace_id, realm=realm)
        found = await _with_what_waits(found, uow=uow)
        items = await _items(found, price_ids=price_ids, uow=uow)
        written = await subscriptions.save_subscription(
            uow.conn,
            found,
            workspace_id=workspace_id,
            realm=realm,
            item=items.get(found.price_id),
            pending=items.get(found.pending.price_id) if found.pending else None,
            unpaid=items.get(found.unpaid.price_id) if found.unpaid else None,
            dunning_since=_dunning_since(found, before=next((one for one in before if one.id == found.id), None)),
            fetch_no=fetch_no,
            fetched_at=now,
        )
        after = await subscriptions.subscriptions_of(uow.conn, workspace_id, realm=realm)
        if written:
            _announce(which_counts(before, now=now), which_counts(after, now=now), workspace_id=workspace_id, uow=uow)
            await _tell_failure(found, reason, workspace_id=workspace_id, uow=uow)
            await renew_entitlements(workspace_id, account=stripe.account, uow=uow, now=now)
    _warn_of_two([one for one in after if one.is_live], workspace_id=workspace_id)
    return Applied(found, next(one for one in after if one.id == found.id))


async def _reason(found: FoundSubscription, *, stripe: Stripe, open_uow: OpenUow) -> str:
    """Why the payment failed, asked for only where it will be told."""
    if found.failure is None:
        return ""
    async with open_uow() as uow:
        known = await subscriptions.find_subscription(uow.conn, found.id)
    if known is not None and _is_told(found, known[1]):
        return ""
    return await reason_of(found.failure, stripe=stripe)


async def _owner(found: FoundSubscription, *, stripe: Stripe, uow: UnitOfWork) -> UUID:
    if stripe.account.mode == "stripe" and found.live != stripe.account.live:
        msg = f"{found.id} is of the other mode (test, live) than our key"
        raise Conflict(msg, code="stripe_mode_differs")
    workspace_id = await customers.workspace_of(uow.conn, found.customer_id)
    if workspace_id is None:
        msg = f"{found.id} is of {found.customer_id}, which is no customer of ours"
        raise Conflict(msg, code="stripe_customer_unknown")
    return workspace_id


async def _with_what_waits(found: FoundSubscription, *, uow: UnitOfWork) -> FoundSubscription:
    """What a switch has called off waits until that switch is paid for, although Stripe does not know of it meanwhile."""
    switch = await switches.find_asked(uow.conn, found.id)
    if found.pending or switch is None or switch.called_off is None or found.price_id == switch.to_price_id:
        return found
    return replace(found, pending=Pending(switch.called_off, found.period_ends_at))


async def _items(found: FoundSubscription, *, price_ids: PriceIds, uow: UnitOfWork) -> dict[str, PlanItem]:
    """Price id → plan and interval: as configured, else as it was when the price was ours."""
    asked = [found.price_id, *(one.price_id for one in (found.pending, found.unpaid) if one)]
    kept = await prices.kept_prices(uow.conn, asked)
    items = {id_: price_ids.item_of(id_) or (kept[id_].item if id_ in kept else None) for id_ in asked}
    return {id_: item for id_, item in items.items() if isinstance(item, PlanItem)}


def _dunning_since(found: FoundSubscription, *, before: KeptSubscription | None) -> datetime | None:
    """Since when a payment is overdue. The next period's invoice, unpaid as well, does not begin it anew."""
    if found.status is not Status.PAST_DUE:
        return None
    since = found.failure.since if found.failure else found.period_starts_at
    if before is not None and before.status is Status.PAST_DUE and before.dunning_since is not None:
        return min(since, before.dunning_since)
    return since


def _announce(
    before: KeptSubscription | None, after: KeptSubscription | None, *, workspace_id: UUID, uow: UnitOfWork
) -> None:
    event = _event(after)
    if event is not None and event != _event(before):
        uow.publish(event, tenant_id=workspace_id)


def _event(subscription: KeptSubscription | None) -> SubscriptionChanged | None:
    if subscription is None:
        return None
    item = subscription.item if subscription.is_live else None
    return SubscriptionChanged(
        plan=item.plan.code if item else None,
        interval=item.interval.value if item else None,
        status=subscription.status.value,
        period_ends_at=subscription.period_ends_at,
        cancels_at_period_end=subscription.cancels_at_period_end,
    )


def _is_told(found: FoundSubscription, told: Told) -> bool:
    failure = found.failure
    return failure is None or (told.invoice_id == failure.invoice_id and told.attempts >= failure.attempts)


async def _tell_failure(found: FoundSubscription, reason: str, *, workspace_id: UUID, uow: UnitOfWork) -> None:
    """Key: the invoice and the attempt. The last attempt of a plan that it ended is told by the end: paying keeps nothing."""
    known = await subscriptions.find_subscription(uow.conn, found.id)
    failure = found.failure
    if failure is None or found.status in ENDED or known is None or _is_told(found, known[1]):
        return
    event = PaymentFailed(
        payment_for="subscription",
        amount_minor=failure.amount,
        currency=failure.currency,
        reason=reason or "the payment was refused",
        pay_url=failure.pay_url,
        tried=failure.attempts,
    )
    uow.publish(event, tenant_id=workspace_id)
    await subscriptions.note_told(uow.conn, found.id, Told(failure.invoice_id, failure.attempts))


def _warn_of_two(live: list[KeptSubscription], *, workspace_id: UUID) -> None:
    if len(live) > 1:
        log.error(
            "subscriptions.doubled",
            workspace_id=str(workspace_id),
            subscriptions=[one.id for one in live],
            note="the better plan counts; cancel the other one at Stripe and refund what was paid for it",
        )
