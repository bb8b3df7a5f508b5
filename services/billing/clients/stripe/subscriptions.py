"""Subscriptions at Stripe: read in their present state, switched, cancelled and resumed."""

from datetime import datetime
from typing import TYPE_CHECKING

import stripe as sdk

from services.billing.clients.stripe.account import Stripe, key_of
from services.billing.clients.stripe.references import id_of, maybe_id_of
from services.billing.domain.selling.plans import Interval
from services.billing.domain.selling.subscriptions import Failure, FoundSubscription, Pending, Status, Unpaid
from services.billing.domain.stripe.told import moment

if TYPE_CHECKING:
    from stripe.params import SubscriptionUpdateParams

_EXPANDED = ["latest_invoice", "schedule"]


async def fetch_subscription(subscription_id: str, *, stripe: Stripe) -> FoundSubscription:
    """A subscription in its present state. Raises StripeNotFound."""
    with stripe.asking("subscriptions.retrieve") as client:
        return _found(await client.v1.subscriptions.retrieve_async(subscription_id, {"expand": _EXPANDED}))


async def switch_now(
    found: FoundSubscription, price_id: str, *, ends_trial: bool, at_once: bool, key: str, stripe: Stripe
) -> FoundSubscription:
    """Put the subscription on another price. What is left of the old one is taken off the new one's invoice, which is paid
    at once; until it is paid, the old price stays. Answers the state after it.

    With `at_once` it is paid now or not done: raises CardDeclined and ActionRequired, and leaves no invoice.
    """
    params: SubscriptionUpdateParams = {
        "items": [{"id": found.item_id, "price": price_id}],
        "proration_behavior": "always_invoice",
        "payment_behavior": "error_if_incomplete" if at_once else "pending_if_incomplete",
        "expand": _EXPANDED,
    }
    if ends_trial:
        params["trial_end"] = "now"
    with stripe.asking("subscriptions.switch") as client:
        return _found(
            await client.v1.subscriptions.update_async(found.id, params, {"idempotency_key": key_of(f"{key}:now")})
        )


async def schedule_switch(
    found: FoundSubscription, price_id: str, *, interval: Interval, key: str, stripe: Stripe
) -> None:
    """Put the subscription on another price when its period ends, without any proration. Repeating it changes nothing."""
    with stripe.asking("subscription_schedules.switch") as client:
        schedules = client.v1.subscription_schedules
        schedule_id = found.schedule_id
        if schedule_id is None:
            made = await schedules.create_async(
                {"from_subscription": found.id}, {"idempotency_key": key_of(f"{key}:schedule")}
            )
            schedule_id = made.id
        schedule = await schedules.retrieve_async(schedule_id)
        # After an earlier switch the schedule is in its second phase, and Stripe lets nobody change what has begun.
        present = schedule.current_phase or schedule.phases[0]
        await schedules.update_async(
            schedule_id,
            {
                "end_behavior": "release",
                "proration_behavior": "none",
                "phases": [
                    {
                        "items": [{"price": found.price_id, "quantity": 1}],
                        "start_date": present.start_date,
                        "end_date": int(found.period_ends_at.timestamp()),
                        "proration_behavior": "none",
                    },
                    {
                        "items": [{"price": price_id, "quantity": 1}],
                        "duration": {"interval": interval.value, "interval_count": 1},
                        "proration_behavior": "none",
                    },
                ],
            },
            {"idempotency_key": key_of(f"{key}:phases")},
        )


async def release_schedule(schedule_id: str, *, stripe: Stripe) -> None:
    """Call off what waits for the period's end; the subscription goes on as it is."""
    with stripe.asking("subscription_schedules.release") as client:
        await client.v1.subscription_schedules.release_async(schedule_id)


async def forget_unpaid(unpaid: Unpaid, *, stripe: Stripe) -> None:
    """Give up a switch that waits for its payment: its invoice becomes void, and Stripe forgets it with that."""
    with stripe.asking("invoices.void") as client:
        await client.v1.invoices.void_invoice_async(unpaid.invoice_id)


async def set_cancellation(subscription_id: str, *, cancels: bool, stripe: Stripe) -> None:
    """Let the subscription end, or not end, with its period."""
    with stripe.asking("subscriptions.cancellation") as client:
        await client.v1.subscriptions.update_async(subscription_id, {"cancel_at_period_end": cancels})


async def cancel_now(subscription_id: str, *, stripe: Stripe) -> None:
    """End a subscription of which nothing is paid for."""
    with stripe.asking("subscriptions.cancel") as client:
        await client.v1.subscriptions.cancel_async(subscription_id)


async def reason_of(failure: Failure, *, stripe: Stripe) -> str:
    """Why the payment of an invoice was refused, in the bank's or Stripe's words."""
    with stripe.asking("invoices.failure") as client:
        invoice = await client.v1.invoices.retrieve_async(
            failure.invoice_id, {"expand": ["payments.data.payment.payment_intent"]}
        )
    for paid in invoice.payments.data if invoice.payments else ():
        intent = paid.payment.payment_intent
        if isinstance(intent, sdk.PaymentIntent) and intent.last_payment_error and intent.last_payment_error.message:
            return intent.last_payment_error.message
    return "the payment was refused"


def _found(found: sdk.Subscription) -> FoundSubscription:
    item = found.items.data[0]
    schedule = found.schedule if isinstance(found.schedule, sdk.SubscriptionSchedule) else None
    return FoundSubscription(
        id=found.id,
        customer_id=id_of(found.customer),
        status=Status(found.status),
        price_id=item.price.id,
        item_id=item.id,
        period_starts_at=moment(item.current_period_start),
        period_ends_at=moment(item.current_period_end),
        trial_starts_at=_moment(found.trial_start),
        trial_ends_at=_moment(found.trial_end),
        cancels_at_period_end=found.cancel_at_period_end or found.cancel_at is not None,
        ends_at=_moment(found.cancel_at),
        ended_at=_moment(found.ended_at),
        schedule_id=schedule.id if schedule else None,
        pending=_pending(schedule, present=item.price.id) if schedule else None,
        failure=_failure(found.latest_invoice) if isinstance(found.latest_invoice, sdk.Invoice) else None,
        live=found.livemode,
        made_at=moment(found.created),
        unpaid=_unpaid(found),
    )


def _unpaid(found: sdk.Subscription) -> Unpaid | None:
    update, invoice_id = found.pending_update, maybe_id_of(found.latest_invoice)
    if update is None or not update.subscription_items or invoice_id is None:
        return None
    return Unpaid(update.subscription_items[0].price.id, moment(update.expires_at), invoice_id)


def _pending(schedule: sdk.SubscriptionSchedule, *, present: str) -> Pending | None:
    """The next phase, where it has another price."""
    began = schedule.current_phase.start_date if schedule.current_phase else 0
    for phase in schedule.phases:
        price_id = id_of(phase.items[0].price)
        if phase.start_date > began and price_id != present:
            return Pending(price_id, moment(phase.start_date))
    return None


def _failure(invoice: sdk.Invoice) -> Failure | None:
    if invoice.status != "open" or not invoice.attempt_count or invoice.amount_remaining <= 0:
        return None
    turned = invoice.status_transitions
    return Failure(
        invoice_id=invoice.id,
        attempts=invoice.attempt_count,
        since=moment(turned.finalized_at or invoice.created),
        amount=invoice.amount_remaining,
        currency=invoice.currency,
        next_attempt_at=_moment(invoice.next_payment_attempt),
        pay_url=invoice.hosted_invoice_url,
    )


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else moment(seconds)
