"""Routes about spending: caps, alerts, and what needs attention."""

from fastapi import APIRouter

from libs.common.clock import utc_now
from libs.common.http.dependencies import Uow
from libs.common.http.etags import NOT_MODIFIED, Guarded, Tagged
from libs.common.http.identity import AdminIdentity, CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.billing.domain.watching.alerts import check_thresholds
from services.billing.domain.watching.caps import Caps
from services.billing.repositories.watching import alerts, caps
from services.billing.resources import BillingResources
from services.billing.schemas.watching import (
    AlertsAnswer,
    AlertsBody,
    CapsAnswer,
    CapsBody,
    NoticeAnswer,
    NoticesAnswer,
)
from services.billing.use_cases.list_notices import list_notices
from services.billing.use_cases.show_caps import show_caps
from services.billing.use_cases.show_thresholds import show_thresholds

router = APIRouter(prefix="/v1/billing", tags=["billing"], responses=PROBLEM_RESPONSES)


@router.get("/caps", responses=NOT_MODIFIED)
async def get_caps(identity: CurrentIdentity, uow: Uow, tag: Tagged) -> CapsAnswer:
    """How many credits may be set aside in a day, a month, and for one member in a month; and how many have been. It has
    an `ETag`."""
    shown = await show_caps(identity.workspace_id, user_id=identity.user_id, uow=uow, now=utc_now())
    answer = CapsAnswer(
        per_day=shown.caps.per_day,
        per_month=shown.caps.per_month,
        per_member=shown.caps.per_member,
        for_you_per_month=shown.of_asker,
        spent_today=shown.spent.day,
        spent_this_month=shown.spent.month,
        spent_by_you_this_month=shown.spent.member,
        day_began_at=shown.periods.day,
        month_began_at=shown.periods.month,
        time_zone=shown.time_zone,
    )
    return tag.on(answer, settings=shown.caps)


@router.put("/caps")
async def put_caps(body: CapsBody, identity: AdminIdentity, uow: Uow, guard: Guarded) -> CapsAnswer:
    """Set all the caps (owners and admins). What is set aside already stays; from now on holds and raises fit into them.

    412 `settings_changed` when `If-Match` is no longer their ETag.
    """
    await guard.hold(uow)
    known = await show_caps(identity.workspace_id, user_id=identity.user_id, uow=uow, now=utc_now())
    guard.check(known.caps)
    wanted = Caps(body.per_day, body.per_month, body.per_member)
    await caps.save_caps(uow.conn, identity.workspace_id, wanted, user_id=identity.user_id, now=utc_now())
    return await get_caps(identity, uow, guard)


@router.get("/alerts", responses=NOT_MODIFIED)
async def get_alerts(identity: CurrentIdentity, uow: Uow, tag: Tagged) -> AlertsAnswer:
    """The balances below which the workspace is told, by event and by mail. It has an `ETag`."""
    thresholds, is_default = await show_thresholds(identity.workspace_id, uow=uow)
    return tag.on(AlertsAnswer(thresholds=thresholds, is_default=is_default), settings=[thresholds, is_default])


@router.put("/alerts")
async def put_alerts(body: AlertsBody, identity: AdminIdentity, uow: Uow, guard: Guarded) -> AlertsAnswer:
    """Set them all (owners and admins). 422 `too_many_thresholds` above ten; 412 `settings_changed` when `If-Match` is no
    longer their ETag."""
    await guard.hold(uow)
    guard.check(list(await show_thresholds(identity.workspace_id, uow=uow)))
    chosen = check_thresholds(body.thresholds)
    await alerts.save_thresholds(uow.conn, identity.workspace_id, chosen, user_id=identity.user_id, now=utc_now())
    return guard.on(AlertsAnswer(thresholds=chosen, is_default=False), settings=[chosen, False])


@router.get("/notices")
async def get_notices(identity: CurrentIdentity, uow: Uow, resources: BillingResources) -> NoticesAnswer:
    """What needs attention now: a low balance, debts, a failed payment, a plan that ends, automatic top-up that is off."""
    account = resources.settings.stripe
    realm = account.realm if account.sells else None
    found = await list_notices(identity.workspace_id, realm=realm, uow=uow, now=utc_now())
    return NoticesAnswer(items=[NoticeAnswer.model_validate(notice) for notice in found])
