"""What needs a person's attention now: each as a stable kind, a sentence, and where there is one a page to mend it on."""

from dataclasses import dataclass
from datetime import UTC, datetime

from services.billing.domain.selling.standing import sentence_of
from services.billing.domain.selling.subscriptions import KeptSubscription, Status

_RESTORED = "Corofy was restored"


@dataclass(frozen=True)
class Notice:
    """`kind` is stable: balance_low, payment_failed, plan_unpaid, plan_ends, top_up_off, top_up_maximum, owed."""

    kind: str
    text: str
    since: datetime | None = None
    url: str | None = None


def of_balance(low: list[tuple[int, datetime]], *, available: int, owed: int) -> list[Notice]:
    """The lowest threshold that the balance is below, and debts."""
    found = [
        Notice("balance_low", f"{available:,} credits are left, below the {threshold:,} you want to be told at.", since)
        for threshold, since in low[:1]
    ]
    if owed:
        text = f"{owed:,} credits are owed: what was taken back had been spent. The next credits pay them first."
        found.append(Notice("owed", text))
    return found


def of_subscription(subscription: KeptSubscription | None, *, now: datetime) -> list[Notice]:
    """A payment that failed, a plan that is out of force for it, one that ends: in the words of the plan's page."""
    if subscription is None:
        return []
    text = sentence_of(subscription, sells=True, now=now)
    if subscription.status is Status.PAST_DUE:
        return [Notice("payment_failed", text, subscription.dunning_since, subscription.pay_url)]
    if subscription.status in {Status.UNPAID, Status.INCOMPLETE}:
        return [Notice("plan_unpaid", text, subscription.dunning_since, subscription.pay_url)]
    if subscription.is_live and subscription.cancels_at_period_end:
        return [Notice("plan_ends", text)]
    return []


def restored_reason(moment: datetime) -> str:
    """Why buying by itself is off when the data are those of a moment in the past."""
    shown = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{_RESTORED} from a backup of {shown}, and what was bought since has to be read from Stripe first"


def of_top_ups(
    *, off_reason: str | None, failed_at: datetime | None, pay_url: str | None, at_maximum: bool
) -> list[Notice]:
    """Buying by itself was turned off, or has reached the month's maximum."""
    if off_reason is not None:
        cause = off_reason.rstrip(".")
        why = f"because {cause}" if cause.startswith(_RESTORED) else f"because the last one failed ({cause})"
        text = f"Automatic top-up is off, {why}: turn it on again."
        return [Notice("top_up_off", text, failed_at, pay_url)]
    if at_maximum:
        text = "Automatic top-up has reached this month's maximum: raise it, or buy credits yourself."
        return [Notice("top_up_maximum", text)]
    return []
