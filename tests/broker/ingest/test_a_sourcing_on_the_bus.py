"""A sourcing over the real broker: ingest and billing as they run, the sandbox as Apollo, no test in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from libs.common.ids import new_id
from tests.integration.enrich.bench import running_world
from tests.support.billing import headers as of_billing
from tests.support.billing import running_billing
from tests.support.ingest import headers as of_ingest
from tests.support.ingest import running_ingest
from tests.support.waiting import eventually


async def test_credits_are_held_charged_and_released_for_leads(
    fresh_database: str, fresh_vhost: str, tmp_path: Path
) -> None:
    """Red when an event of a sourcing is not listened to, or its answer is taken for a job's."""
    us, storage = new_id(), f"file://{tmp_path}/storage"
    async with (
        running_world() as world,
        running_billing(fresh_database, fresh_vhost, clock=True) as billing,
        running_ingest(fresh_database, fresh_vhost, storage, sandbox_url=world.url, clock=True) as ingest,
    ):
        granted = await billing.client.post(
            "/v1/credits/grants",
            headers=of_billing(us, operator=True) | {"Idempotency-Key": "a"},
            json={"credits": 100, "reason": "a test"},
        )
        assert granted.status_code == 201, granted.text
        asked: dict[str, Any] = {"filters": {"titles": ["purchasing"]}, "count": 30, "name": "Buyers"}
        made = await ingest.client.post("/v1/sourcings", headers=of_ingest(us), json=asked)
        assert (made.status_code, made.json()["credits_held"]) == (201, 30), made.text
        path, found = f"/v1/sourcings/{made.json()['id']}", dict[str, Any]()

        async def completed() -> bool:
            found.update((await ingest.client.get(path, headers=of_ingest(us))).json())
            return found["state"] == "completed"

        await eventually(completed)
        left = 100 - found["leads"]
        told = dict[str, Any]()

        async def settled() -> bool:
            told.update((await billing.client.get("/v1/credits", headers=of_billing(us))).json())
            due = {"available": left, "held": 0, "settling": 0, "owed": 0, "spent": found["leads"]}
            return due.items() <= told.items()

        await eventually(settled)
        too_many = await ingest.client.post("/v1/sourcings", headers=of_ingest(us), json=asked | {"count": 101})
        assert (too_many.status_code, too_many.json()["available"]) == (402, left)
