"""Routes of plans: how a workspace stands, what is sold, and the way to Stripe's pages."""

from fastapi import APIRouter, Response

from libs.common.clock import utc_now
from libs.common.http.dependencies import OpenUowDep, Uow
from libs.common.http.idempotency import REPLAYED_HEADER, Once, RequiredKey
from libs.common.http.identity import AdminIdentity, CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.billing.api.plan_answers import (
    billing_answer,
    entitlements_answer,
    fault_answers,
    pack_answer,
    plan_answer,
)
from services.billing.domain.selling.plans import FREE, ITEMS, PACKS, PLANS, Item
from services.billing.resources import BillingResources
from services.billing.schemas.plans import (
    BillingAnswer,
    CheckoutAnswer,
    CheckoutBody,
    EntitledAnswer,
    PlansAnswer,
    PortalAnswer,
)
from services.billing.use_cases.open_checkout import CheckoutRequest, open_checkout
from services.billing.use_cases.open_portal import open_portal
from services.billing.use_cases.show_plan import list_offers, show_plan

router = APIRouter(prefix="/v1", tags=["plans"], responses=PROBLEM_RESPONSES)


@router.get("/billing")
async def show_billing(identity: CurrentIdentity, resources: BillingResources, uow: Uow) -> BillingAnswer:
    """The workspace's plan, what may be done about it, and what it allows."""
    standing = await show_plan(identity.workspace_id, account=resources.stripe.account, uow=uow, now=utc_now())
    return billing_answer(standing, resources)


@router.get("/entitlements")
async def show_entitlements(identity: CurrentIdentity, resources: BillingResources, uow: Uow) -> EntitledAnswer:
    """What the workspace may do."""
    standing = await show_plan(identity.workspace_id, account=resources.stripe.account, uow=uow, now=utc_now())
    entitled = standing.entitled
    return EntitledAnswer(
        version=entitled.version, plan=entitled.plan, entitlements=entitlements_answer(entitled.entitlements)
    )


@router.get("/billing/plans")
async def list_plans(identity: CurrentIdentity, resources: BillingResources, uow: Uow) -> PlansAnswer:
    """Plans and packs with their prices, as Stripe says. Operators also see what is not offered, and why."""
    offers = await list_offers(
        identity.workspace_id, account=resources.stripe.account, price_ids=resources.settings.price_ids, uow=uow
    )
    by_name = {one.item.name: one for one in offers}
    return PlansAnswer(
        free=entitlements_answer(FREE),
        plans=[plan_answer(plan, by_name) for plan in PLANS.values()],
        packs=[pack_answer(pack, by_name) for pack in PACKS.values()],
        faults=fault_answers(offers) if identity.operator else None,
    )


@router.post("/billing/checkout", status_code=201)
async def start_checkout(
    body: CheckoutBody,
    identity: AdminIdentity,
    resources: BillingResources,
    open_uow: OpenUowDep,
    idempotency_key: RequiredKey,
) -> CheckoutAnswer:
    """Go and buy (owners and admins). `Idempotency-Key` is required: the same key answers with the same page."""
    opened = await open_checkout(
        CheckoutRequest(
            identity.workspace_id,
            _wanted(body),
            body.quantity,
            idempotency_key,
            identity.user_id,
            resources.settings.billing_page,
        ),
        stripe=resources.stripe,
        price_ids=resources.settings.price_ids,
        open_uow=open_uow,
        now=utc_now(),
    )
    return CheckoutAnswer.model_validate(opened)


@router.post("/billing/portal", status_code=201)
async def start_portal(
    identity: AdminIdentity, resources: BillingResources, open_uow: OpenUowDep, once: Once, response: Response
) -> PortalAnswer:
    """Go and see invoices, or change what is paid with (owners and admins). 409 `idempotency_key_reused`.

    The link opens the portal for whoever has it, so that it is kept nowhere: Stripe is asked for the same one.
    """
    if await once.note(open_uow):
        response.headers[REPLAYED_HEADER] = "true"
    url = await open_portal(
        identity.workspace_id,
        return_to=resources.settings.billing_page,
        key=once.key,
        stripe=resources.stripe,
        open_uow=open_uow,
        now=utc_now(),
    )
    return PortalAnswer(url=url)


def _wanted(body: CheckoutBody) -> Item:
    return ITEMS[f"pack_{body.pack}" if body.pack else f"{body.plan}_{body.interval}"]
