"""Everything that falls due by itself, under the names that the agenda has it by."""

from __future__ import annotations

from deploy.sandbox.stripe import changing, charges, checkout, disputes, phases, renewing, subscribing
from deploy.sandbox.stripe.work import WORKS


def register() -> None:
    """Have every piece of work known by its name."""
    WORKS.update(
        {
            "renew": renewing.renew,
            "finalize": renewing.finalize,
            "retry": renewing.retry,
            "cancel_at": renewing.cancel_at,
            "expire_incomplete": renewing.expire_incomplete,
            "expire_pending": changing.expire_pending,
            "expire_session": checkout.expire_when_due,
            "trial_will_end": subscribing.trial_will_end,
            "phase": phases.next_phase,
            "fail_refund": charges.fail_refund,
            "dispute": disputes.dispute_when_due,
        }
    )
