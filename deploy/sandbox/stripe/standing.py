"""What the payment of an invoice, or its failure, means for the subscription that it is for."""

from __future__ import annotations

from deploy.sandbox.dials import StripeDials
from deploy.sandbox.stripe import invoicing
from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.items import put_items
from deploy.sandbox.stripe.payments import Outcome
from deploy.sandbox.stripe.periods import DAY_S

_RETRY_DAYS = (3, 5, 7)
"""After the first attempt; then it is over."""
_ENDED = ("canceled", "incomplete_expired")


def collect(
    account: Account,
    invoice: Obj,
    *,
    dials: StripeDials,
    method: Obj | None = None,
    shown: bool = False,
    off_session: bool = True,
) -> Outcome:
    """Try to have an open invoice paid, and have its subscription follow."""
    chosen = method or invoicing.method_of(account, invoice)
    outcome = invoicing.charge(account, invoice, chosen, shown=shown, off_session=off_session)
    if outcome == "paid":
        settled(account, invoice)
    else:
        _failed(account, invoice, dials)
    return outcome


def settled(account: Account, invoice: Obj) -> None:
    """An invoice is paid: its subscription is in good standing, and a change that waited for it is made."""
    subscription = account.find("subscription", invoicing.subscription_of(invoice))
    if subscription is None or subscription["status"] in _ENDED:
        return
    if invoice.get("_undecided"):
        invoice["_undecided"] = False
        _make_pending(account, subscription)
    if subscription["status"] in ("incomplete", "past_due", "unpaid") and _latest(subscription, invoice):
        account.update(subscription, "customer.subscription.updated", status="active")
    if account.get("customer", subscription["customer"])["delinquent"]:
        account.update(account.get("customer", subscription["customer"]), "customer.updated", delinquent=False)


def drop_pending(account: Account, subscription: Obj) -> None:
    """Forget a change that was not paid for in time; its invoice is void."""
    pending = subscription.get("_pending")
    if pending is None:
        return
    invoice = account.get("invoice", pending["invoice"])
    if invoice["status"] == "open":
        invoicing.void(account, invoice)
    account.update(subscription, pending_update=None, _pending=None)
    account.emit("customer.subscription.pending_update_expired", subscription)


def end(account: Account, subscription: Obj, *, reason: str, status: str = "canceled") -> None:
    """A subscription is over."""
    now = account.now(subscription["customer"])
    details = subscription["cancellation_details"] | {
        "reason": subscription["cancellation_details"]["reason"] or reason
    }
    for one in account.all("invoice", status="open"):
        if invoicing.subscription_of(one) == subscription["id"]:
            account.update(one, auto_advance=False, next_payment_attempt=None)
    for one in account.all("invoiceitem", invoice=None):
        if one.get("_line") and one["_line"]["subscription"] == subscription["id"]:
            del account.objects["invoiceitem"][one["id"]]
    schedule = account.find("subscription_schedule", subscription["schedule"])
    if schedule is not None:
        account.update(
            schedule, "subscription_schedule.canceled", status="canceled", canceled_at=now, current_phase=None
        )
    account.update(
        subscription,
        status=status,
        canceled_at=subscription["canceled_at"] or now,
        ended_at=now,
        cancellation_details=details,
        pending_update=None,
        _pending=None,
    )
    kind = "customer.subscription.deleted" if status == "canceled" else "customer.subscription.updated"
    account.emit(kind, subscription)


def _latest(subscription: Obj, invoice: Obj) -> bool:
    return subscription["latest_invoice"] == invoice["id"]


def _make_pending(account: Account, subscription: Obj) -> None:
    pending = subscription["_pending"]
    account.update(
        subscription,
        "customer.subscription.updated",
        items=put_items(subscription, pending["items"]),
        billing_cycle_anchor=pending["anchor"],
        pending_update=None,
        _pending=None,
    )
    clock = account.clock_of(subscription["customer"])
    at = pending["items"][0]["current_period_end"]
    account.agenda.put(clock, at, work="renew", key=subscription["id"])
    account.emit("customer.subscription.pending_update_applied", subscription)


def _failed(account: Account, invoice: Obj, dials: StripeDials) -> None:
    subscription = account.find("subscription", invoicing.subscription_of(invoice))
    if subscription is None or subscription["status"] in (*_ENDED, "incomplete") or invoice.get("_undecided"):
        return
    account.update(account.get("customer", invoice["customer"]), "customer.updated", delinquent=True)
    tried = invoice["attempt_count"]
    if not invoice["auto_advance"]:
        return
    if tried > len(_RETRY_DAYS):
        account.update(invoice, "invoice.updated", next_payment_attempt=None, auto_advance=False)
        _give_up(account, subscription, dials)
        return
    first = invoice.setdefault("_first_attempt_at", account.now(invoice["customer"]))
    at = first + _RETRY_DAYS[tried - 1] * DAY_S
    account.update(invoice, "invoice.updated", next_payment_attempt=at)
    account.agenda.put(account.clock_of(invoice["customer"]), at, work="retry", key=invoice["id"])
    if subscription["status"] in ("active", "trialing"):
        account.update(subscription, "customer.subscription.updated", status="past_due")


def _give_up(account: Account, subscription: Obj, dials: StripeDials) -> None:
    if dials.unpaid_in_the_end == "cancel":
        end(account, subscription, reason="payment_failed")
    else:
        account.update(subscription, "customer.subscription.updated", status=dials.unpaid_in_the_end)
