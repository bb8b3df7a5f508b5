"""How Stripe's objects name each other: by an id, or by the object itself where it was expanded."""

import stripe as sdk


def id_of(reference: str | sdk.StripeObject) -> str:
    """The id of what is referred to."""
    return reference if isinstance(reference, str) else str(reference["id"])


def maybe_id_of(reference: str | sdk.StripeObject | None) -> str | None:
    """The same, where there may be nothing."""
    return id_of(reference) if reference else None
