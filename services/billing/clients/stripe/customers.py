"""The customer that stands for a workspace at Stripe."""

from datetime import datetime, timedelta
from uuid import UUID

from services.billing.clients.stripe.account import Stripe, key_of
from services.billing.clients.stripe.references import id_of

_PAGE = 100
_CLOCKS_DIFFER = timedelta(minutes=5)
_ASKED_WITHIN = timedelta(days=2)
"""A request that was made may have been heard late, but not by days: later ones have looked for it first."""


async def create_customer(workspace_id: UUID, *, stripe: Stripe) -> str:
    """Make the workspace's customer; within a day the same request answers with the same one. Answers its id."""
    with stripe.asking("customers.create") as client:
        made = await client.v1.customers.create_async(
            {"metadata": {"workspace_id": str(workspace_id)}, "description": f"Corofy workspace {workspace_id}"},
            {"idempotency_key": key_of(f"customer:{workspace_id}")},
        )
    return made.id


async def find_customer(workspace_id: UUID, *, asked_at: datetime, stripe: Stripe) -> str | None:
    """The workspace's customer, where an answer to a request made at that time was lost; the first of them."""
    earliest, latest = asked_at - _CLOCKS_DIFFER, asked_at + _ASKED_WITHIN
    with stripe.asking("customers.list") as client:
        page = await client.v1.customers.list_async(
            {"created": {"gte": int(earliest.timestamp()), "lte": int(latest.timestamp())}, "limit": _PAGE}
        )
        found = [
            one.id
            async for one in page.auto_paging_iter()
            if one.metadata is not None and one.metadata.to_dict().get("workspace_id") == str(workspace_id)
        ]
    return found[-1] if found else None


async def payment_method_of(customer_id: str, *, stripe: Stripe) -> str | None:
    """What may be charged while nobody is there: the customer's default, else that of a subscription, else the newest card
    that was saved. None: nothing."""
    with stripe.asking("customers.payment_method") as client:
        customer = await client.v1.customers.retrieve_async(customer_id)
        chosen = customer.invoice_settings.default_payment_method if customer.invoice_settings else None
        if chosen:
            return id_of(chosen)
        subscriptions = await client.v1.subscriptions.list_async({"customer": customer_id, "limit": _PAGE})
        for one in subscriptions.data:
            if one.default_payment_method:
                return id_of(one.default_payment_method)
        saved = await client.v1.payment_methods.list_async({"customer": customer_id, "type": "card", "limit": 1})
    return saved.data[0].id if saved.data else None
