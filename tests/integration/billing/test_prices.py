"""The price list: versions that never change, and are told to everybody."""

from typing import Any

import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from libs.common.ids import new_id
from libs.common.uow import UnitOfWorkFactory
from tests.integration.billing.steps import Billing, told_to_all
from tests.support.billing import RunningBilling, headers

NEXT = {"version": 2, "credits_per_row": 3, "credits_per_lead": 2, "credits_per_column": 1, "reason": "columns cost"}


async def publish(service: RunningBilling, *, operator: bool = True, **body: Any) -> httpx.Response:
    asked = {**NEXT, **body}
    return await service.client.post("/v1/prices", json=asked, headers=headers(new_id(), operator=operator))


async def test_a_version_is_published_once_told_and_never_changed(service: RunningBilling) -> None:
    """Red when a version can be published again with other prices."""
    assert isinstance(service.platform.open_uow, UnitOfWorkFactory)
    billing = Billing(service.platform.open_uow)
    shown = (await service.client.get("/v1/prices", headers=headers(new_id()))).json()
    assert (shown["version"], shown["credits_per_row"], shown["credits_per_column"], shown["history"]) == (1, 1, 0, [])
    first, second = [await publish(service) for _ in range(2)]
    assert (first.status_code, first.json()) == (201, second.json())
    shown = (await service.client.get("/v1/prices", headers=headers(new_id()))).json()
    assert [shown["version"], *(one["version"] for one in shown["history"])] == [2, 1]
    async with billing.open_uow() as uow:
        told = [data for kind, data in await told_to_all(uow.conn) if kind == "billing.prices.changed"]
    assert {"price_version": 2, "credits_per_row": 3, "credits_per_lead": 2, "credits_per_column": 1} in told
    other = await publish(service, credits_per_row=4)
    assert (other.status_code, other.json()["code"], other.json()["next"]) == (409, "price_version_taken", 3)
    ahead = await publish(service, version=5)
    assert (ahead.status_code, ahead.json()["code"], ahead.json()["next"]) == (409, "price_version_not_next", 3)
    with pytest.raises(DBAPIError, match="append-only"):
        await billing.execute("UPDATE billing.price_lists SET credits_per_row = 9")


async def test_only_an_operator_publishes_prices(service: RunningBilling) -> None:
    refused = await publish(service, operator=False)
    assert (refused.status_code, refused.json()["code"]) == (403, "operators_only")


@pytest.mark.parametrize("price", [-1, 1.5, 2**63, "5", True, None], ids=str)
@pytest.mark.parametrize("name", ["credits_per_row", "credits_per_lead", "credits_per_column"])
async def test_a_nonsense_price_is_refused(service: RunningBilling, name: str, price: object) -> None:
    refused = await publish(service, **dict[str, Any]({name: price}))
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("body", [{"version": 1}, {"version": "2"}, {"reason": ""}, {"surprise": 1}], ids=str)
async def test_a_nonsense_version_is_refused(service: RunningBilling, body: dict[str, Any]) -> None:
    refused = await publish(service, **body)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
