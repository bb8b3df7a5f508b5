"""Invoices for their customers; refunds, Stripe's events and reconciliation for operators."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from libs.common.clock import utc_now
from libs.common.http.dependencies import OpenUowDep, Uow
from libs.common.http.idempotency import RequiredKey
from libs.common.http.identity import CurrentIdentity, OperatorIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.billing.domain.stripe.told import EventState
from services.billing.repositories.stripe import invoice_pages as stripe_invoice_pages
from services.billing.repositories.stripe import told as stripe_told
from services.billing.resources import BillingResources
from services.billing.schemas.invoices import (
    DismissBody,
    InvoiceAnswer,
    InvoiceRefundAnswer,
    InvoiceRefundBody,
    InvoicesAnswer,
    ReconciledAnswer,
    StripeEventAnswer,
    StripeEventsAnswer,
    StripeEventState,
)
from services.billing.use_cases import dismiss_stripe_event as dismissing
from services.billing.use_cases import reconcile_stripe as reconciling
from services.billing.use_cases import refund_invoice as refunding
from services.billing.use_cases.apply_stripe_object import Desk

router = APIRouter(prefix="/v1/billing", tags=["billing"], responses=PROBLEM_RESPONSES)

Cursor = Annotated[str | None, Query(max_length=255)]
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("/invoices")
async def list_invoices(
    identity: CurrentIdentity, uow: Uow, cursor: Cursor = None, limit: Limit = 50
) -> InvoicesAnswer:
    """The workspace's invoices, the last issued first, each with the credits that it brought."""
    found = await stripe_invoice_pages.invoices_page(uow.conn, identity.workspace_id, before=cursor, limit=limit + 1)
    items = [InvoiceAnswer.model_validate(one) for one in found[:limit]]
    return InvoicesAnswer(items=items, next_cursor=items[-1].id if len(found) > limit else None)


@router.post("/refunds", status_code=201)
async def refund_invoice(
    body: InvoiceRefundBody,
    identity: OperatorIdentity,
    resources: BillingResources,
    open_uow: OpenUowDep,
    idempotency_key: RequiredKey,
) -> InvoiceRefundAnswer:
    """Give money of an invoice back (operators). `Idempotency-Key` is required: the same key refunds once."""
    made = await refunding.refund_invoice(
        refunding.RefundAsked(body.invoice_id, body.amount_minor, body.reason),
        idempotency_key=idempotency_key,
        stripe=resources.stripe,
        open_uow=open_uow,
        actor=f"user:{identity.user_id}",
    )
    return InvoiceRefundAnswer(id=made.id, invoice_id=made.invoice_id, amount_minor=made.amount)


@router.get("/stripe-events")
async def list_stripe_events(
    _: OperatorIdentity, uow: Uow, state: StripeEventState | None = None, cursor: Cursor = None, limit: Limit = 50
) -> StripeEventsAnswer:
    """What Stripe has told, and what became of it (operators)."""
    wanted = EventState(state) if state else None
    found = await stripe_told.events_page(uow.conn, state=wanted, before=cursor, limit=limit + 1)
    items = [StripeEventAnswer.model_validate(one) for one in found[:limit]]
    return StripeEventsAnswer(items=items, next_cursor=items[-1].id if len(found) > limit else None)


@router.post("/stripe-events/{event_id}/dismiss", status_code=204)
async def dismiss_stripe_event(
    event_id: Annotated[str, Path(max_length=255)], body: DismissBody, identity: OperatorIdentity, uow: Uow
) -> None:
    """Look at a refused event no more (operators): it has been settled by hand, or is none of ours."""
    await dismissing.dismiss_stripe_event(event_id, reason=body.reason, actor=f"user:{identity.user_id}", uow=uow)


@router.post("/reconcile")
async def reconcile_stripe(_: OperatorIdentity, resources: BillingResources, open_uow: OpenUowDep) -> ReconciledAnswer:
    """Read what has changed at Stripe since the last time, and apply what was missed (operators). It happens hourly anyway."""
    desk = Desk(resources.stripe, resources.settings.price_ids, open_uow)
    found = await reconciling.reconcile_stripe(desk=desk, now=utc_now())
    return ReconciledAnswer.model_validate(found)
