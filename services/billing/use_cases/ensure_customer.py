"""A workspace that buys something is a customer at Stripe: one, ever."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import OpenUow
from services.billing.clients.stripe.account import KEY_LASTS, Stripe
from services.billing.clients.stripe.customers import create_customer, find_customer
from services.billing.repositories.selling import customers


async def ensure_customer(workspace_id: UUID, *, stripe: Stripe, open_uow: OpenUow, now: datetime) -> str:
    """Key: the workspace. Answers its customer's id, which is made the first time.

    An answer that was lost is asked for again under the same idempotency key; once Stripe may have forgotten that, the
    customer is looked for by the workspace in its metadata before another would be made.
    """
    realm = stripe.account.realm
    async with open_uow() as uow:
        known, asked_at = await customers.claim_customer(uow.conn, workspace_id, realm=realm, now=now)
    if known is not None:
        return known
    found = None
    if asked_at < now - KEY_LASTS:
        found = await find_customer(workspace_id, asked_at=asked_at, stripe=stripe)
    customer_id = found or await create_customer(workspace_id, stripe=stripe)
    async with open_uow() as uow:
        return await customers.record_customer(uow.conn, workspace_id, realm=realm, customer_id=customer_id)
