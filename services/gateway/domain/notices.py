"""What news of billing and of mailboxes say in a mail: to the owners of a workspace, or to operators. None for news nobody is
written about."""

from datetime import datetime

from services.gateway.domain.mails import Words

_ENDED = {
    "canceled": "has ended",
    "unpaid": "was not paid for and is out of force",
    "paused": "is paused, because its trial ended without a payment method",
}
_ROLES = {"admin": "an admin", "member": "a member", "viewer": "a viewer"}
_NAME_CHARS = 60


def low_balance(workspace: str, *, available: int, threshold: int, page: str) -> Words:
    return Words(
        "balance_low",
        f"{available:,} credits are left in {workspace}",
        (
            f"The balance of {workspace} has fallen below {threshold:,} credits: {available:,} are left.",
            "Lists that need more than that are not begun. Buy credits, or let them be bought automatically.",
        ),
        ("Credits", page),
    )


def payment_failed(
    workspace: str, *, what: str, amount: str, reason: str, tried: int, pay_url: str | None, page: str
) -> Words:
    """`amount` is written out, with its currency."""
    subject = "your plan" if what == "subscription" else "credits"
    again = "" if tried < 2 else f" It was attempt number {tried}."
    return Words(
        "payment_failed",
        f"A payment for {workspace} failed",
        (
            f"The payment of {amount} for {subject} was refused: {reason.rstrip('.')}.{again}",
            "Pay the open invoice, or give another payment method, to keep what it is for.",
        ),
        ("Pay now", pay_url) if pay_url else ("Billing", page),
    )


def top_up_failed(workspace: str, *, credits_: int, reason: str | None, pay_url: str | None, page: str) -> Words:
    return Words(
        "top_up_failed",
        f"Automatic top-up of {workspace} is off",
        (
            f"{credits_:,} credits could not be bought: {(reason or 'the payment was refused').rstrip('.')}.",
            "Nothing is bought automatically until somebody turns it on again.",
        ),
        ("Pay this invoice", pay_url) if pay_url else ("Billing", page),
    )


def top_up_maximum(workspace: str, *, spent: str, page: str) -> Words:
    return Words(
        "top_up_maximum",
        f"Automatic top-up of {workspace} has reached its maximum",
        (
            f"{spent} were spent this month, and one more pack would exceed the maximum that was set.",
            "Raise the maximum, or buy credits yourself. It goes on by itself next month.",
        ),
        ("Billing", page),
    )


def subscription_turned(workspace: str, *, status: str, plan: str | None, page: str) -> Words | None:
    """Only where the plan is over or out of force. Of one that is past due, the payment that failed is told of; everything
    else was done by somebody who knows."""
    if status not in _ENDED:
        return None
    name = f"The {plan.capitalize()} plan" if plan else "The plan"
    return Words(
        f"subscription_{status}",
        f"{name} of {workspace} {_ENDED[status].partition(',')[0]}",
        (
            f"{name} of {workspace} {_ENDED[status]}.",
            "What it allows, and how to have it again, is on the billing page.",
        ),
        ("Billing", page),
    )


def mailbox_paused(workspace: str, *, address: str, detail: str, page: str) -> Words:
    return Words(
        "mailbox_paused",
        f"{workspace}: the mailbox {address} is paused",
        (
            f"Nothing leaves through {address} any more: {detail.rstrip('.')}.",
            "What is planned waits, and nothing is lost. Put it right, then let the mailbox go on.",
        ),
        ("Mailboxes", page),
    )


def webhook_disabled(workspace: str, *, url: str, cause: str, page: str) -> Words:
    """Of the URL only the beginning is told: what follows the host may be a secret."""
    host = "/".join(url.split("/", 3)[:3])
    why = "answered that it is gone (410)" if cause == "gone" else "has answered nothing but failures for three days"
    return Words(
        "webhook_disabled",
        f"{workspace}: the webhook to {host} is disabled",
        (
            f"The webhook of {workspace} to {host} {why}. Nothing is sent there any more.",
            "What waits for it is kept for three days, and what was given up can be sent again for 30 days. Put the"
            " receiver right, then enable the webhook.",
        ),
        ("Settings", page),
    )


def invited(workspace: str, *, by: str, role: str, expires_at: datetime, page: str) -> Words:
    """To somebody who may never have heard of us: the name is cut, so that it is no place for another's message."""
    name = workspace if len(workspace) <= _NAME_CHARS else f"{workspace[:_NAME_CHARS]}…"
    return Words(
        "invitation",
        f"{by} invites you to {name} on Corofy",
        (
            f"{by} invites you to work in {name} as {_ROLES[role]}.",
            "Sign in, or sign up, with the address that this mail went to. The link serves once, until"
            f" {expires_at:%Y-%m-%d %H:%M} UTC. If you do not know the sender, do nothing.",
        ),
        ("Accept the invitation", page),
    )


def workspace_erased(*, deleted_at: datetime) -> Words:
    """Of the workspace's name nothing is left to tell."""
    return Words(
        "workspace_erased",
        "The workspace you deleted is erased",
        (
            f"What was in the workspace that you deleted on {deleted_at:%Y-%m-%d} is erased everywhere.",
            "Kept are, as the law or fairness asks: the entries of its credits with what was bought, hashes of the addresses that"
            " want no mail, and that you have deleted it. Backups hold it until they are overwritten.",
        ),
    )


def ledger_differs(workspace_id: str, *, checks: list[str]) -> Words:
    return Words(
        "ledger_differs",
        f"The books of workspace {workspace_id} contradict each other",
        (
            f"The nightly proof found: {', '.join(checks)}.",
            "Nothing is blocked. Look at GET /v1/credits/proof of the workspace, and find out before anything is adjusted.",
        ),
    )
