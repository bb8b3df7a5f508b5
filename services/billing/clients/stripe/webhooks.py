"""What arrives at the webhook: whether Stripe has signed it, lately, and what it speaks of."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import stripe
from pydantic import BaseModel, Field, ValidationError

from libs.common.errors import BadRequest, Transient
from services.billing.domain.stripe.told import ToldEvent, moment

TOLERANCE_S = 300
"""How old, or how far ahead of our clock, a signature may be."""

_TIME = re.compile(r"(?:^|,)\s*t=(\d{1,12})(?:,|$)")
_SHORT = Annotated[str, Field(min_length=1, max_length=255)]


class WebhookRefused(BadRequest):
    """Not signed by Stripe for us, not lately, or not an event."""

    code = "stripe_signature_invalid"


class WebhookUnready(Transient):
    """No secret is configured to check a signature with. Stripe delivers again."""

    code = "stripe_webhook_secret_missing"


class _Object(BaseModel):
    object: _SHORT
    id: _SHORT = ""


class _Data(BaseModel):
    object: _Object


class _Event(BaseModel):
    id: _SHORT
    type: _SHORT
    created: int = Field(ge=0, lt=10**11)
    livemode: bool
    data: _Data


def read_webhook(body: bytes, signature: str | None, *, secrets: Sequence[str], live: bool, now: datetime) -> ToldEvent:
    """The event that a request carries, checked on its raw bytes against each of the secrets.

    Raises WebhookRefused `stripe_signature_missing`, `stripe_signature_invalid` (altered, or signed with another secret),
    `stripe_signature_too_old`, `stripe_signature_ahead`, `stripe_event_malformed` and `stripe_mode_differs`;
    WebhookUnready without a secret.
    """
    if not secrets:
        msg = "no STRIPE_WEBHOOK_SECRET is set: copy the endpoint's signing secret from Stripe's dashboard"
        raise WebhookUnready(msg)
    if not signature:
        msg = "the request has no Stripe-Signature header: only Stripe's own deliveries are taken here"
        raise WebhookRefused(msg, code="stripe_signature_missing")
    text = _text(body)
    if not any(_is_signed(text, signature, secret) for secret in secrets):
        msg = "the signature does not fit the body: was it altered, or signed with a secret that is not ours?"
        raise WebhookRefused(msg)
    _check_age(signature, now=now)
    event = _read(text)
    if event.live != live:
        mode = "live" if event.live else "test"
        msg = f"event {event.id} is of {mode} mode, and this endpoint is not: point that mode's webhooks elsewhere"
        raise WebhookRefused(msg, code="stripe_mode_differs")
    return event


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = "the body is not UTF-8"
        raise WebhookRefused(msg, code="stripe_event_malformed") from error


def _is_signed(text: str, signature: str, secret: str) -> bool:
    """By the SDK, whatever the age: that is looked at once, for both directions."""
    try:
        return stripe.WebhookSignature.verify_header(text, signature, secret)
    except stripe.SignatureVerificationError:
        return False


def _check_age(signature: str, *, now: datetime) -> None:
    found = _TIME.search(signature)
    ahead = int(found.group(1)) - now.timestamp() if found else -float("inf")
    if ahead < -TOLERANCE_S:
        msg = f"the signature is older than {TOLERANCE_S} s: it may be a replay; Stripe signs each delivery afresh"
        raise WebhookRefused(msg, code="stripe_signature_too_old")
    if ahead > TOLERANCE_S:
        msg = f"the signature is more than {TOLERANCE_S} s ahead: set this machine's clock right"
        raise WebhookRefused(msg, code="stripe_signature_ahead")


def _read(text: str) -> ToldEvent:
    try:
        event = _Event.model_validate_json(text)
    except ValidationError as error:
        msg = "the body is signed, but it is not an event as Stripe sends them: deliver snapshot events here"
        raise WebhookRefused(msg, code="stripe_event_malformed") from error
    about = event.data.object
    return ToldEvent(event.id, event.type, about.object, about.id, live=event.livemode, told_at=moment(event.created))
