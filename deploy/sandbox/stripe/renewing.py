"""What happens to subscriptions and invoices by themselves as time goes on."""

from __future__ import annotations

from deploy.sandbox.dials import StripeDials
from deploy.sandbox.stripe import drafting, invoicing
from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.discounts import lasting
from deploy.sandbox.stripe.items import items_of, moved, period_of, put_items, rhythm_of
from deploy.sandbox.stripe.lines import full_line, invoice_item_of
from deploy.sandbox.stripe.periods import HOUR_S, period_from
from deploy.sandbox.stripe.phases import enter_phase
from deploy.sandbox.stripe.standing import collect, end, settled
from deploy.sandbox.stripe.switching import pending_lines

_DRAFT_FOR_S = HOUR_S
"""How long the invoice of a renewal stays open to changes before it is finalised and charged."""


def renew(account: Account, key: str, _: StripeDials) -> None:
    """The end of a period: the subscription ends, pauses, or begins its next one with an invoice."""
    subscription = account.get("subscription", key)
    before, start = period_of(subscription)
    if subscription["status"] not in ("active", "past_due", "trialing", "unpaid") or start > account.now(
        subscription["customer"]
    ):
        return
    if subscription["cancel_at_period_end"] or (subscription["cancel_at"] or start + 1) <= start:
        end(account, subscription, reason="cancellation_requested")
        return
    if subscription["status"] == "trialing" and not _goes_on(account, subscription):
        return
    enter_phase(account, subscription, at=start)
    fresh = begin_period(account, subscription, start=start)
    invoice = _cycle_invoice(account, subscription, fresh, before=before, start=start)
    for line in pending_lines(account, key):
        account.update(account.get("invoiceitem", str(invoice_item_of(line))), invoice=invoice["id"])
    if subscription["status"] != "unpaid":
        clock = account.clock_of(subscription["customer"])
        account.agenda.put(clock, start + _DRAFT_FOR_S, work="finalize", key=invoice["id"])


def begin_period(account: Account, subscription: Obj, *, start: int) -> list[Obj]:
    """Move the items into the period that begins at `start`, and wait for its end. Answers their lines."""
    items = items_of(subscription)
    interval, every = rhythm_of(items)
    anchor = subscription["billing_cycle_anchor"]
    period = period_from(anchor, start=start, interval=interval, every=every)
    after = moved(items, start=period[0], end=period[1])
    status = "active" if subscription["status"] == "trialing" else subscription["status"]
    account.update(subscription, "customer.subscription.updated", items=put_items(subscription, after), status=status)
    account.agenda.put(account.clock_of(subscription["customer"]), period[1], work="renew", key=subscription["id"])
    return [full_line(account, item, start=period[0], end=period[1]) for item in after]


def finalize(account: Account, key: str, dials: StripeDials) -> None:
    """The draft of a renewal is finalised and charged."""
    invoice = account.get("invoice", key)
    subscription = account.find("subscription", invoicing.subscription_of(invoice))
    if invoice["status"] != "draft" or not invoice["auto_advance"] or not subscription or subscription["ended_at"]:
        return
    if invoicing.finalize(account, invoice):
        settled(account, invoice)
    else:
        collect(account, invoice, dials=dials)


def retry(account: Account, key: str, dials: StripeDials) -> None:
    """Try again to charge an invoice that was not paid."""
    invoice = account.get("invoice", key)
    due = invoice["next_payment_attempt"]
    if invoice["status"] == "open" and due is not None and due <= account.now(invoice["customer"]):
        collect(account, invoice, dials=dials)


def expire_incomplete(account: Account, key: str, _: StripeDials) -> None:
    """A subscription whose first invoice was not paid within 23 hours never was one."""
    subscription = account.get("subscription", key)
    if subscription["status"] != "incomplete":
        return
    invoice = account.get("invoice", subscription["latest_invoice"])
    end(account, subscription, reason="payment_failed", status="incomplete_expired")
    if invoice["status"] == "open":
        invoicing.void(account, invoice)


def cancel_at(account: Account, key: str, _: StripeDials) -> None:
    """The day that was set for the end has come."""
    subscription = account.get("subscription", key)
    day = subscription["cancel_at"]
    if day is not None and day <= account.now(subscription["customer"]) and subscription["ended_at"] is None:
        end(account, subscription, reason="cancellation_requested")


def _goes_on(account: Account, subscription: Obj) -> bool:
    """Whether a subscription goes on after its trial; without a card it may be told to end or pause."""
    wanted = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    customer = account.get("customer", subscription["customer"])
    key = subscription["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    if key or wanted == "create_invoice":
        return True
    if wanted == "cancel":
        end(account, subscription, reason="payment_failed")
    else:
        account.update(subscription, "customer.subscription.updated", status="paused")
        account.emit("customer.subscription.paused", subscription)
    return False


def _cycle_invoice(account: Account, subscription: Obj, fresh: list[Obj], *, before: int, start: int) -> Obj:
    customer = account.get("customer", subscription["customer"])
    waiting = pending_lines(account, subscription["id"])
    invoice = drafting.build(
        account,
        customer=customer,
        lines=[*waiting, *fresh],
        reason="subscription_cycle",
        subscription=subscription,
        auto_advance=subscription["status"] != "unpaid",
        automatically_finalizes_at=start + _DRAFT_FOR_S,
        period_start=before,
        period_end=start,
    )
    subscription["discounts"] = lasting(account, subscription["discounts"])
    account.update(subscription, "customer.subscription.updated", latest_invoice=invoice["id"])
    return drafting.draft(account, invoice)
