"""Each refusal of Stripe has a name of ours, by what has to be done about it, and none of them tells a secret."""

import asyncio
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from libs.common.errors import AppError, Conflict, NotFound, PaymentRequired, Permanent, Transient
from services.billing.clients.stripe import errors
from services.billing.clients.stripe.account import Account, Stripe
from tests.support.waiting import PATIENCE_S

ACCOUNT = Account("stripe", "http://stripe", SecretStr("sk_test_very_secret"))


def answering(status: int, error: dict[str, Any] | None, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    def answer(_: httpx.Request) -> httpx.Response:
        content: dict[str, Any] = {} if error is None else {"error": {"message": "No.", **error}}
        return httpx.Response(status, json=content, headers={"stripe-should-retry": "false", **(headers or {})})

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


async def refused(client: httpx.AsyncClient) -> AppError:
    stripe = Stripe(ACCOUNT, client=client)
    with pytest.raises(AppError) as caught, stripe.asking("customers.create") as sdk:
        await sdk.v1.customers.create_async({"name": "A"}, {"idempotency_key": "corofy:one"})
    await stripe.close()
    return caught.value


CASES: list[tuple[int, dict[str, Any], type[AppError], type[AppError]]] = [
    (
        401,
        {"type": "invalid_request_error", "message": "Invalid API Key: sk_test_very_secret"},
        errors.StripeKeyRefused,
        Conflict,
    ),
    (403, {"type": "invalid_request_error"}, errors.StripeKeyRefused, Permanent),
    (404, {"type": "invalid_request_error", "code": "resource_missing"}, errors.StripeNotFound, NotFound),
    (400, {"type": "invalid_request_error", "code": "resource_missing"}, errors.StripeNotFound, NotFound),
    (400, {"type": "invalid_request_error", "param": "items"}, errors.StripeRefused, Permanent),
    (429, {"type": "invalid_request_error", "code": "rate_limit"}, errors.StripeLimited, Transient),
    (409, {"type": "idempotency_error", "code": "idempotency_key_in_use"}, errors.StripeLimited, Transient),
    (400, {"type": "idempotency_error"}, errors.StripeKeyReused, Conflict),
    (
        402,
        {"type": "card_error", "code": "card_declined", "decline_code": "lost_card"},
        errors.CardDeclined,
        PaymentRequired,
    ),
    (402, {"type": "card_error", "code": "authentication_required"}, errors.ActionRequired, PaymentRequired),
    (500, {"type": "api_error"}, errors.StripeDown, Transient),
    (503, {}, errors.StripeDown, Transient),
]


@pytest.mark.parametrize(("status", "said", "name", "kind"), CASES, ids=[f"{case[0]} {case[2].code}" for case in CASES])
async def test_a_refusal_is_named(
    status: int, said: dict[str, Any], name: type[AppError], kind: type[AppError]
) -> None:
    """Red when a refusal that waiting cannot mend is tried again, or one that it can is given up."""
    failure = await refused(answering(status, said))
    assert type(failure) is name
    assert isinstance(failure, kind)
    assert "very_secret" not in str(failure)


async def test_the_banks_reason_is_told() -> None:
    failure = await refused(answering(402, CASES[8][1]))
    assert failure.extra == {"decline_code": "lost_card"}


@pytest.mark.parametrize(
    "gone", [httpx.ConnectError("no"), httpx.ReadTimeout("late"), httpx.RemoteProtocolError("cut")]
)
async def test_no_answer_is_a_stripe_that_is_down(gone: Exception) -> None:
    def silent(_: httpx.Request) -> httpx.Response:
        raise gone

    failure = await refused(httpx.AsyncClient(transport=httpx.MockTransport(silent)))
    assert isinstance(failure, errors.StripeDown)


async def test_a_repeated_request_carries_the_same_key_and_the_pinned_version() -> None:
    """Red when the SDK's own repetition could do a thing twice."""
    seen: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.headers["idempotency-key"], request.headers["stripe-version"]))
        return httpx.Response(500 if len(seen) == 1 else 200, json={"id": "cus_1", "object": "customer"})

    stripe = Stripe(ACCOUNT, client=httpx.AsyncClient(transport=httpx.MockTransport(answer)))
    async with asyncio.timeout(PATIENCE_S):
        with stripe.asking("customers.create") as sdk:
            made = await sdk.v1.customers.create_async({"name": "A"}, {"idempotency_key": "corofy:one"})
    await stripe.close()
    assert made.id == "cus_1"
    assert seen == [("corofy:one", "2026-10-28.endive")] * 2
