"""A workspace is deleted: nothing is charged to it any more, and of what billing knows the books stay."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from libs.common import tombstones
from libs.common.contracts.billing import WorkspaceErased
from libs.common.erasing import Erasing
from libs.common.errors import Permanent, Transient
from libs.common.logs import get_logger
from libs.common.uow import OpenUow, UnitOfWork
from services.billing.belongings import BELONGINGS
from services.billing.clients.stripe import subscriptions as at_stripe
from services.billing.clients.stripe.account import Stripe
from services.billing.clients.stripe.checkouts import expire_session
from services.billing.clients.stripe.errors import StripeRefused
from services.billing.domain.selling.plans import PriceIds
from services.billing.repositories.selling import checkouts, departures
from services.billing.use_cases.apply_subscription import apply_subscription
from services.billing.use_cases.find_plan import find_plan

log = get_logger()


async def delete_workspace(workspace_id: UUID, *, uow: UnitOfWork) -> None:
    """Key: the workspace. What is bought automatically ends with this, the subscription by the clock: Stripe may be away."""
    await tombstones.bury(uow.conn, uow.deleted_workspaces, workspace_id)
    await departures.stop_buying(uow.conn, workspace_id)


def erasing_of(open_uow: OpenUow, *, stripe: Stripe, price_ids: PriceIds) -> Erasing:
    """How billing erases a workspace: when its subscription has ended at Stripe, and its jobs have told what they cost."""

    async def prepare(workspace_id: UUID, now: datetime) -> bool:
        try:
            await _stop_charging(workspace_id, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now)
        except (Permanent, Transient) as error:
            log.warning("workspace.still_charged", workspace_id=str(workspace_id), code=error.code, error=error.message)
            return False
        async with open_uow() as uow:
            return not await departures.has_open_holds(uow.conn, workspace_id)

    async def also(workspace_id: UUID) -> int:
        del workspace_id
        return 0

    return Erasing(BELONGINGS, prepare=prepare, also=also, done=_tell)


async def _tell(uow: UnitOfWork, workspace_id: UUID, erased: Mapping[str, int]) -> None:
    uow.publish(WorkspaceErased(workspace_id=workspace_id, erased=dict(erased)), tenant_id=workspace_id)


async def _stop_charging(
    workspace_id: UUID, *, stripe: Stripe, price_ids: PriceIds, open_uow: OpenUow, now: datetime
) -> None:
    """Nobody can pay in a checkout of before, and what was subscribed to ends at once. The customer stays, with the invoices.
    Asked for again it changes nothing."""
    if not stripe.account.sells:
        return
    async with open_uow() as uow:
        sessions = await departures.open_sessions(uow.conn, workspace_id, realm=stripe.account.realm)
    for checkout_id, session_id in sessions:
        try:
            await expire_session(session_id, stripe=stripe)
        except StripeRefused as error:
            # It is over, or somebody has just paid in it: Stripe tells of that, and what it began is cancelled then.
            log.info("checkout.over_already", checkout_id=str(checkout_id), code=error.code)
        async with open_uow() as uow:
            await checkouts.close_checkout(uow.conn, checkout_id)
    while True:
        plan = await find_plan(workspace_id, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now)
        if plan is None or not plan.subscription.is_live:
            return
        if plan.found.schedule_id is not None:
            await at_stripe.release_schedule(plan.found.schedule_id, stripe=stripe)
        await at_stripe.cancel_now(plan.found.id, stripe=stripe)
        await apply_subscription(plan.found.id, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now)
