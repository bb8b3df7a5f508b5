"""Where Stripe tells of changes. Nobody is known here: the signature over the raw body is what counts."""

from typing import Annotated

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel

from libs.common.clock import utc_now
from libs.common.errors import AppError, TooLarge
from libs.common.http.dependencies import OpenUowDep
from libs.common.http.problems import PROBLEM_RESPONSES
from services.billing import metrics
from services.billing.clients.stripe.webhooks import read_webhook
from services.billing.resources import BillingResources
from services.billing.use_cases.store_stripe_event import store_stripe_event

MAX_BODY_BYTES = 1024 * 1024

router = APIRouter(prefix="/v1", tags=["billing"], responses=PROBLEM_RESPONSES)


class ToldAnswer(BaseModel):
    """The event is kept; `again` says that it was already."""

    again: bool


@router.post(
    "/stripe/webhooks",
    openapi_extra={
        "security": [],
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}, "required": True},
    },
)
async def take_webhook(
    request: Request,
    resources: BillingResources,
    open_uow: OpenUowDep,
    signature: Annotated[str | None, Header(alias="Stripe-Signature", max_length=4096)] = None,
) -> ToldAnswer:
    """An event of Stripe's, signed with the endpoint's secret. It is kept at once and applied afterwards, once."""
    account, now = resources.stripe.account, utc_now()
    account.require()
    try:
        body = await _read(request)
        event = read_webhook(body, signature, secrets=resources.settings.webhook_secrets, live=account.live, now=now)
    except AppError as refusal:
        metrics.STRIPE_REJECTED.labels(refusal.code).inc()
        raise
    async with open_uow() as uow:
        fresh = await store_stripe_event(event, source="webhook", body=body, uow=uow, now=now)
    return ToldAnswer(again=not fresh)


async def _read(request: Request) -> bytes:
    """No more than MAX_BODY_BYTES are read. Raises TooLarge."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            msg = f"an event has {MAX_BODY_BYTES} bytes at most"
            raise TooLarge(msg)
    return bytes(body)
