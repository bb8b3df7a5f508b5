"""What the webhook takes: signed by Stripe for us, lately, and unaltered. Signed here by Stripe's own SDK."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from libs.common.errors import AppError
from services.billing.clients.stripe.webhooks import TOLERANCE_S, read_webhook
from services.billing.domain.stripe.told import ToldEvent

OURS, OTHER = "whsec_ours", "whsec_other"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
AT = int(NOW.timestamp())


def event(**changes: Any) -> str:
    plain = {
        "id": "evt_1",
        "object": "event",
        "type": "invoice.paid",
        "created": AT - 5,
        "livemode": False,
        "data": {"object": {"id": "in_1", "object": "invoice", "number": "Ä-1"}},
    }
    return json.dumps(plain | changes, indent=2, ensure_ascii=False)


def sign(body: str, *, secret: str = OURS, at: int = AT) -> str:
    return stripe.WebhookSignature.generate_signature_header(body, secret, at)


def read(body: str | bytes, signature: str | None, *secrets: str, live: bool = False) -> ToldEvent:
    raw = body.encode() if isinstance(body, str) else body
    return read_webhook(raw, signature, secrets=secrets or (OURS,), live=live, now=NOW)


BODY = event()
V1 = sign(BODY).partition("v1=")[2]
FORGED = "0" * 64


@pytest.mark.parametrize(
    ("signature", "secrets"),
    [
        (sign(BODY), (OURS,)),
        (sign(BODY), (OTHER, OURS)),
        (sign(BODY, secret=OTHER), (OURS, OTHER)),
        (f"t={AT},v1={FORGED},v1={V1}", (OURS,)),
        (f"t={AT},v1={V1},v0={FORGED}", (OURS,)),
        (sign(BODY, at=AT - TOLERANCE_S), (OURS,)),
        (sign(BODY, at=AT + TOLERANCE_S), (OURS,)),
    ],
    ids=["ours", "second_secret", "old_secret_in_rotation", "several_v1", "other_schemes", "oldest", "most_ahead"],
)
def test_what_stripe_signed_with_one_of_our_secrets_is_read(signature: str, secrets: tuple[str, ...]) -> None:
    """Red when only the first secret or the first signature is looked at."""
    told = read(BODY, signature, *secrets)
    assert (told.id, told.type, told.object_kind, told.object_id) == ("evt_1", "invoice.paid", "invoice", "in_1")
    assert told.concerns_us


@pytest.mark.parametrize(
    ("body", "signature", "code"),
    [
        (BODY, None, "stripe_signature_missing"),
        (BODY, "", "stripe_signature_missing"),
        (BODY, "nonsense", "stripe_signature_invalid"),
        (BODY, f"v1={V1}", "stripe_signature_invalid"),
        (BODY, f"t=x,v1={V1}", "stripe_signature_invalid"),
        (BODY, f"t={AT}", "stripe_signature_invalid"),
        (BODY, f"t={AT},v0={V1}", "stripe_signature_invalid"),
        (BODY, f"t={AT + 1},v1={V1}", "stripe_signature_invalid"),
        (BODY, sign(BODY, secret=OTHER), "stripe_signature_invalid"),
        (BODY + " ", sign(BODY), "stripe_signature_invalid"),
        (BODY.replace("in_1", "in_2"), sign(BODY), "stripe_signature_invalid"),
        (BODY, sign(BODY, at=AT - TOLERANCE_S - 1), "stripe_signature_too_old"),
        (BODY, sign(BODY, at=AT + TOLERANCE_S + 1), "stripe_signature_ahead"),
        ("{}", sign("{}"), "stripe_event_malformed"),
        ("[1", sign("[1"), "stripe_event_malformed"),
        (b"\xff\xfe", sign(BODY), "stripe_event_malformed"),
        (event(livemode=True), sign(event(livemode=True)), "stripe_mode_differs"),
    ],
)
def test_everything_else_is_refused_by_name(body: str | bytes, signature: str | None, code: str) -> None:
    """Red when any of the checks is left out."""
    with pytest.raises(AppError) as refused:
        read(body, signature)
    assert refused.value.code == code
    assert OURS not in str(refused.value)


def test_test_mode_is_refused_on_a_live_endpoint() -> None:
    """Red when an event of the test mode, which costs nothing, is taken where money is real."""
    with pytest.raises(AppError) as refused:
        read(BODY, sign(BODY), live=True)
    assert refused.value.code == "stripe_mode_differs"


def test_without_a_secret_nothing_is_taken_and_stripe_comes_again() -> None:
    """Red when an unset secret, which anybody can sign with, is a secret."""
    with pytest.raises(AppError) as refused:
        read_webhook(BODY.encode(), sign(BODY, secret=""), secrets=(), live=False, now=NOW)
    assert refused.value.code == "stripe_webhook_secret_missing"


def test_what_is_no_concern_of_ours_is_read_all_the_same() -> None:
    body = event(type="balance.available", data={"object": {"object": "balance"}})
    assert not read(body, sign(body)).concerns_us
