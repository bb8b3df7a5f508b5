"""Forced republication while a worker lives: ingest and enrich on one broker, each on a database of its own."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from libs.common.contracts.billing import HoldPlaced
from libs.common.contracts.ingest import ChunkCompleted
from libs.common.uow import UnitOfWorkFactory
from services.ingest.domain.jobs import JobState
from tests.broker.enrich.house import House
from tests.integration.enrich.bench import World, running_world
from tests.integration.ingest.jobs.steps import Ingest
from tests.support.ingest import RunningIngest, headers, running_ingest
from tests.support.waiting import eventually

ROWS = 6


@pytest.fixture
async def service(fresh_database: str, fresh_vhost: str, tmp_path: Path) -> AsyncGenerator[RunningIngest]:
    async with running_ingest(fresh_database, fresh_vhost, f"file://{tmp_path}/storage", clock=True) as running:
        yield running


@pytest.fixture
async def world() -> AsyncGenerator[World]:
    async with running_world() as one:
        yield one


async def test_a_forced_rescue_of_a_living_worker_changes_nothing_and_pays_nothing_twice(
    service: RunningIngest, world: World, fresh_database: str, fresh_vhost: str
) -> None:
    """DESIGN 5.1, item 3: the copy finds the first one's claims and checkpoints. Red when a row is asked for by both, or its
    chunk earns twice."""
    open_uow = service.platform.open_uow
    assert isinstance(open_uow, UnitOfWorkFactory)
    ingest = Ingest(open_uow, service.storage)
    house = House(database=fresh_database, vhost=fresh_vhost, world=world)
    settings = house.settings(rows_in_flight=ROWS)
    await house.open()
    try:
        async with house.running(settings):
            world.turn(groq={"hang": True})
            upload_id = await ingest.upload((3, 3))
            job = await ingest.create(upload_id)
            await ingest.deliver(HoldPlaced(job_id=job.id, credits=ROWS))

            async def dispatched(times: int) -> bool:
                return [chunk.dispatch_no for chunk in await ingest.chunk_rows(job.id)] == [times] * 2

            await eventually(lambda: dispatched(1))
            await eventually(lambda: world.in_flight("groq") > 0)
            rescued = await service.client.post(
                f"/internal/jobs/{job.id}/rescue", headers=headers(ingest.workspace_id, operator=True)
            )
            assert rescued.json() == {"chunks": 2}
            await eventually(lambda: dispatched(2))
            world.turn(groq={"hang": False})

            async def ended() -> bool:
                return (await ingest.job(job.id)).state is JobState.COMPLETED

            await eventually(ended)
            at_the_end = await ingest.snapshot()

            async def quiet() -> bool:
                queues = ("enrich.enrich_chunk", "enrich.retry.5s", "ingest.record_results")
                return not sum([await house.depth(queue) for queue in queues])

            await eventually(quiet)
            await eventually(lambda: world.in_flight("groq") == 0)
    finally:
        await house.close()
    done = await ingest.job(job.id)
    assert (done.tally.rows, done.tally.failed) == (ROWS, 0)
    earned = [chunk.chunk_no for chunk in await ingest.said(ChunkCompleted)]
    assert sorted(earned) == [0, 1]
    assert [chunk.dispatch_no for chunk in await ingest.chunk_rows(job.id)] == [2, 2]
    assert (await ingest.snapshot())["results"] == at_the_end["results"]
    rows = await ingest.result_rows(job.id)
    for provider in ("groq", "serper"):
        paid = sum(row.receipt["provider_calls"].get(provider, 0) for row in rows)
        assert world.answered(provider) == paid > 0, provider
