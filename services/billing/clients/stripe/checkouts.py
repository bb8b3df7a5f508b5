"""Checkout: Stripe's own page on which a plan or a pack is bought. Nothing is granted by it; paid invoices grant."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import stripe as sdk

from services.billing.clients.stripe.account import Stripe, key_of
from services.billing.clients.stripe.references import maybe_id_of
from services.billing.domain.stripe.told import moment

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams


@dataclass(frozen=True)
class Order:
    """What is to be bought: our own row's id, which is the key, and everything that goes into the request."""

    id: UUID
    workspace_id: UUID
    customer_id: str
    price_id: str
    quantity: int
    is_plan: bool
    trial_days: int
    return_to: str
    """The page of the web app that buyers come back to."""


@dataclass(frozen=True)
class Session:
    """A checkout at Stripe: `open`, `complete` or `expired`. A complete one of a plan names its subscription."""

    id: str
    status: str
    url: str | None
    expires_at: datetime
    subscription_id: str | None


async def create_session(order: Order, *, stripe: Stripe) -> Session:
    """Open a checkout; the same order answers with the same one, for a day."""
    with stripe.asking("checkout.sessions.create") as client:
        made = await client.v1.checkout.sessions.create_async(
            _params(order, taxes=stripe.account.taxes), {"idempotency_key": key_of(f"checkout:{order.id}")}
        )
    return _session(made)


async def fetch_session(session_id: str, *, stripe: Stripe) -> Session:
    """A checkout in its present state."""
    with stripe.asking("checkout.sessions.retrieve") as client:
        return _session(await client.v1.checkout.sessions.retrieve_async(session_id))


async def expire_session(session_id: str, *, stripe: Stripe) -> Session:
    """Close an open checkout, so that nobody can pay in it any more. Raises StripeRefused when it is not open."""
    with stripe.asking("checkout.sessions.expire") as client:
        return _session(await client.v1.checkout.sessions.expire_async(session_id))


def _params(order: Order, *, taxes: bool) -> "SessionCreateParams":
    about = {"workspace_id": str(order.workspace_id), "checkout_id": str(order.id)}
    params: SessionCreateParams = {
        "customer": order.customer_id,
        "client_reference_id": str(order.workspace_id),
        "line_items": [{"price": order.price_id, "quantity": order.quantity}],
        "success_url": f"{order.return_to}?checkout=done&session={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{order.return_to}?checkout=left",
        "metadata": about,
        "allow_promotion_codes": True,
    }
    if taxes:
        # Tax depends on where the buyer is: the address (and with a tax id the name) is kept with the customer.
        params["automatic_tax"] = {"enabled": True}
        params["customer_update"] = {"address": "auto", "name": "auto"}
        params["tax_id_collection"] = {"enabled": True}
    if not order.is_plan:
        # The card is kept for credits that are bought by themselves, when the workspace asks for that.
        return {
            **params,
            "mode": "payment",
            "invoice_creation": {"enabled": True, "invoice_data": {"metadata": about}},
            "payment_intent_data": {"setup_future_usage": "off_session", "metadata": about},
        }
    params["mode"] = "subscription"
    params["subscription_data"] = {"metadata": about}
    if order.trial_days:
        params["subscription_data"] = {"metadata": about, "trial_period_days": order.trial_days}
        params["payment_method_collection"] = "always"
    return params


def _session(found: sdk.checkout.Session) -> Session:
    return Session(
        id=found.id,
        status=found.status or "expired",
        url=found.url,
        expires_at=moment(found.expires_at),
        subscription_id=maybe_id_of(found.subscription),
    )
