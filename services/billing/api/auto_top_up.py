"""Routes about credits that are bought by themselves."""

from fastapi import APIRouter

from libs.common.clock import utc_now
from libs.common.http.dependencies import Uow
from libs.common.http.etags import NOT_MODIFIED, Guarded, Tagged
from libs.common.http.identity import AdminIdentity, CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.billing.domain.watching.top_ups import AutoTopUp
from services.billing.repositories.watching import top_ups
from services.billing.resources import BillingResources
from services.billing.schemas.watching import AutoTopUpAnswer, AutoTopUpBody
from services.billing.use_cases.set_auto_top_up import set_auto_top_up
from services.billing.use_cases.show_auto_top_up import ShownAutoTopUp, show_auto_top_up

router = APIRouter(prefix="/v1/billing", tags=["billing"], responses=PROBLEM_RESPONSES)


@router.get("/auto-top-up", responses=NOT_MODIFIED)
async def get_auto_top_up(
    identity: CurrentIdentity, uow: Uow, resources: BillingResources, tag: Tagged
) -> AutoTopUpAnswer:
    """When credits are bought by themselves, and what that has cost this month. It has an `ETag`."""
    price_ids = resources.settings.price_ids
    shown = await show_auto_top_up(identity.workspace_id, price_ids=price_ids, uow=uow, now=utc_now())
    return tag.on(_answer(shown), settings=_settings(shown))


@router.put("/auto-top-up")
async def put_auto_top_up(
    body: AutoTopUpBody, identity: AdminIdentity, uow: Uow, resources: BillingResources, guard: Guarded
) -> AutoTopUpAnswer:
    """Turn it on, also again after a failure (owners and admins). It pays with the payment method saved at Stripe.

    422 `pack_unknown`, `pack_not_sold`, `maximum_too_low`; 409 `self_hosted` where nothing is sold; 412
    `settings_changed` when `If-Match` is no longer its ETag.
    """
    settings = resources.settings
    await guard.hold(uow)
    known = await show_auto_top_up(identity.workspace_id, price_ids=settings.price_ids, uow=uow, now=utc_now())
    guard.check(_settings(known))
    wanted = AutoTopUp(identity.workspace_id, body.threshold, body.pack, body.monthly_maximum_minor)
    await set_auto_top_up(
        wanted,
        account=settings.stripe,
        price_ids=settings.price_ids,
        user_id=identity.user_id,
        uow=uow,
        now=utc_now(),
    )
    return await get_auto_top_up(identity, uow, resources, guard)


@router.delete("/auto-top-up", status_code=204)
async def delete_auto_top_up(identity: AdminIdentity, uow: Uow) -> None:
    """Buy nothing by itself any more (owners and admins). What is being paid at this moment still brings its credits."""
    await top_ups.drop_rule(uow.conn, identity.workspace_id)


def _settings(shown: ShownAutoTopUp) -> object:
    """What may be changed of it, and whether it still works."""
    rule = shown.rule
    return [] if rule is None else [rule.threshold, rule.pack, rule.maximum_minor, rule.is_on]


def _answer(shown: ShownAutoTopUp) -> AutoTopUpAnswer:
    rule, price = shown.rule, shown.price
    return AutoTopUpAnswer(
        on=rule is not None and rule.is_on,
        threshold=rule.threshold if rule else None,
        pack=rule.pack if rule else None,
        monthly_maximum_minor=rule.maximum_minor if rule else None,
        spent_this_month_minor=shown.spent_minor,
        price_minor=price.amount_minor if price else None,
        currency=price.currency if price else None,
        off_reason=rule.off_reason if rule else None,
        pay_url=shown.pay_url,
    )
