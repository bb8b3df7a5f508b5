"""Stripe's customer portal: payment methods, invoices, address. Plans are switched with us, so that credits stay right."""

import hashlib
from typing import TYPE_CHECKING

import orjson

from services.billing.clients.stripe.account import Stripe, key_of

if TYPE_CHECKING:
    from stripe import RequestOptions
    from stripe.params.billing_portal import ConfigurationCreateParams


def _configuration(return_to: str) -> "ConfigurationCreateParams":
    return {
        "name": "Corofy",
        "default_return_url": return_to,
        "features": {
            "customer_update": {"enabled": True, "allowed_updates": ["address", "email", "name", "tax_id"]},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {"enabled": False},
            "subscription_update": {"enabled": False},
        },
        "metadata": {"made_by": "corofy"},
    }


def fingerprint(return_to: str) -> str:
    """What tells one configuration from another."""
    content = orjson.dumps(_configuration(return_to), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()[:32]


async def create_configuration(return_to: str, *, stripe: Stripe) -> str:
    """Configure the portal; answers the configuration's id. A second one that an unrecorded answer leaves harms nobody."""
    with stripe.asking("billing_portal.configurations.create") as client:
        made = await client.v1.billing_portal.configurations.create_async(
            _configuration(return_to), {"idempotency_key": key_of(f"portal:{fingerprint(return_to)}")}
        )
    return made.id


async def open_portal(
    customer_id: str, *, configuration_id: str, return_to: str, key: str | None, stripe: Stripe
) -> str:
    """A link into the portal for this customer, valid for minutes and one visitor. The same `key`, the same link."""
    options: RequestOptions = {}
    if key is not None:
        digest = hashlib.sha256(f"{configuration_id} {return_to} {key}".encode()).hexdigest()
        options = {"idempotency_key": key_of(f"portal:{customer_id}:{digest}")}
    with stripe.asking("billing_portal.sessions.create") as client:
        made = await client.v1.billing_portal.sessions.create_async(
            {"customer": customer_id, "configuration": configuration_id, "return_url": return_to}, options
        )
    return made.url
