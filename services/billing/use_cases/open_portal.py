"""Somebody wants to see invoices or change what is paid with: they are sent to Stripe's portal."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import OpenUow
from services.billing.clients.stripe import portal
from services.billing.clients.stripe.account import Stripe
from services.billing.repositories.selling import portals
from services.billing.use_cases.ensure_customer import ensure_customer


async def open_portal(
    workspace_id: UUID, *, return_to: str, key: str | None = None, stripe: Stripe, open_uow: OpenUow, now: datetime
) -> str:
    """A link for one visit. The portal is configured the first time, and again when our wishes have changed.

    Key: the request's Idempotency-Key, if it has one. Stripe knows the link by it, so that none is kept here.

    Raises Conflict `self_hosted`, and what every question to Stripe raises.
    """
    stripe.account.require()
    customer_id = await ensure_customer(workspace_id, stripe=stripe, open_uow=open_uow, now=now)
    realm, fingerprint = stripe.account.realm, portal.fingerprint(return_to)
    async with open_uow() as uow:
        configuration_id = await portals.find_portal(uow.conn, realm=realm, fingerprint=fingerprint)
    if configuration_id is None:
        configuration_id = await portal.create_configuration(return_to, stripe=stripe)
        async with open_uow() as uow:
            await portals.record_portal(
                uow.conn, realm=realm, fingerprint=fingerprint, configuration_id=configuration_id
            )
    return await portal.open_portal(
        customer_id, configuration_id=configuration_id, return_to=return_to, key=key, stripe=stripe
    )
