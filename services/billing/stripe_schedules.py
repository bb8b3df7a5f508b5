"""The clock edge of what Stripe tells."""

from collections.abc import Sequence

from libs.common.clock import utc_now
from libs.common.schedules import Schedule
from services.billing.use_cases import forget_stripe_bodies as forgetting
from services.billing.use_cases import reconcile_stripe as reconciling
from services.billing.use_cases.apply_stripe_object import Desk

_HOUR_S = 3600


def schedules(desk: Desk) -> Sequence[Schedule]:
    """Reconciliation where there is a Stripe; the retention of bodies in any case."""

    async def reconcile_stripe() -> None:
        if desk.stripe.account.sells:
            await reconciling.reconcile_stripe(desk=desk, now=utc_now())

    async def forget_stripe_bodies() -> None:
        await forgetting.forget_stripe_bodies(open_uow=desk.open_uow, now=utc_now())

    return [
        Schedule("reconcile_stripe", _HOUR_S, reconcile_stripe, timeout_s=1500),
        Schedule("forget_stripe_bodies", _HOUR_S, forget_stripe_bodies),
    ]
