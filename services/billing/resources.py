"""What billing's edges need beside the platform: opened once by the composition root."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.billing.clients.stripe.account import Stripe
from services.billing.settings import BillingSettings


@dataclass(frozen=True)
class Resources:
    """The service's settings, and Stripe."""

    settings: BillingSettings
    stripe: Stripe


def resources_of(request: Request) -> Resources:
    """The resources of this process."""
    resources = request.app.state.parts.resources
    assert isinstance(resources, Resources)
    return resources


BillingResources = Annotated[Resources, Depends(resources_of)]
