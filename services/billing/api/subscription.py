"""Routes of the subscription: what a switch would do, switching, ending and resuming."""

from typing import Literal

from fastapi import APIRouter

from libs.common.clock import utc_now
from libs.common.http.dependencies import OpenUowDep
from libs.common.http.identity import AdminIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.money import amount_of
from libs.common.uow import OpenUow
from services.billing.api.plan_answers import billing_answer
from services.billing.domain.selling.plans import PLANS, Interval, PlanItem
from services.billing.domain.selling.standing import sentence_of_switch
from services.billing.domain.selling.switching import Starts, Switch
from services.billing.resources import BillingResources, Resources
from services.billing.schemas.plans import (
    BillingAnswer,
    IntervalName,
    PlanCode,
    PreviewAnswer,
    SwitchAnswer,
    SwitchBody,
)
from services.billing.use_cases.end_plan import cancel_plan, resume_plan
from services.billing.use_cases.preview_switch import preview_switch
from services.billing.use_cases.show_plan import show_plan
from services.billing.use_cases.switch_plan import switch_plan

router = APIRouter(prefix="/v1/billing/subscription", tags=["plans"], responses=PROBLEM_RESPONSES)


@router.get("/preview")
async def preview(
    plan: PlanCode, interval: IntervalName, identity: AdminIdentity, resources: BillingResources, open_uow: OpenUowDep
) -> PreviewAnswer:
    """What a switch would cost and bring (owners and admins). Nothing is changed by asking."""
    found = await preview_switch(
        _item(plan, interval),
        workspace_id=identity.workspace_id,
        stripe=resources.stripe,
        price_ids=resources.settings.price_ids,
        open_uow=open_uow,
        now=utc_now(),
    )
    return PreviewAnswer(
        starts=_starts(found.switch),
        at=found.subscription.period_ends_at if _starts(found.switch) == "period_end" else None,
        due_now_minor=found.due,
        currency=found.currency,
        credits_now=found.credits,
        says=sentence_of_switch(
            found.switch, found.subscription, due=amount_of(found.due, found.currency), credits_=found.credits
        ),
    )


@router.post("/switch")
async def switch(
    body: SwitchBody, identity: AdminIdentity, resources: BillingResources, open_uow: OpenUowDep
) -> SwitchAnswer:
    """Switch the plan (owners and admins). A plan that is not lower and not paid more often starts at once and is paid for
    at once, less what is left of the old one; any other starts when what is paid for ends. The plan that one has calls off
    what waits."""
    done, after = await switch_plan(
        _item(body.plan, body.interval),
        workspace_id=identity.workspace_id,
        asked_by=identity.user_id,
        stripe=resources.stripe,
        price_ids=resources.settings.price_ids,
        open_uow=open_uow,
        now=utc_now(),
    )
    billing = await _billing(identity, resources, open_uow)
    return SwitchAnswer(starts=_starts(done), pay_url=after.pay_url, billing=billing)


@router.post("/cancel")
async def cancel(identity: AdminIdentity, resources: BillingResources, open_uow: OpenUowDep) -> BillingAnswer:
    """Let the plan end with what is paid for (owners and admins)."""
    await cancel_plan(
        identity.workspace_id,
        stripe=resources.stripe,
        price_ids=resources.settings.price_ids,
        open_uow=open_uow,
        now=utc_now(),
    )
    return await _billing(identity, resources, open_uow)


@router.post("/resume")
async def resume(identity: AdminIdentity, resources: BillingResources, open_uow: OpenUowDep) -> BillingAnswer:
    """Let a plan that was to end go on (owners and admins)."""
    await resume_plan(
        identity.workspace_id,
        stripe=resources.stripe,
        price_ids=resources.settings.price_ids,
        open_uow=open_uow,
        now=utc_now(),
    )
    return await _billing(identity, resources, open_uow)


async def _billing(identity: AdminIdentity, resources: Resources, open_uow: OpenUow) -> BillingAnswer:
    async with open_uow() as uow:
        standing = await show_plan(identity.workspace_id, account=resources.stripe.account, uow=uow, now=utc_now())
    return billing_answer(standing, resources)


def _item(plan: str, interval: str) -> PlanItem:
    return PlanItem(PLANS[plan], Interval(interval))


def _starts(switch: Switch) -> Literal["now", "period_end", "never"]:
    if switch.keeps:
        return "never"
    return "period_end" if switch.starts is Starts.PERIOD_END else "now"
