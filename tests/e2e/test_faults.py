"""In the middle of a job: processes killed, the broker and the database restarted. Nothing is lost, nothing repeats."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Awaitable, Callable

import pytest

from deploy.local.services import SERVICES
from deploy.local.stack import LocalStack
from tests.support.journey import Json, User
from tests.support.operations import dead_letters_of
from tests.support.waiting import eventually
from tests.support.world import World

ROWS = 300


def leads(count: int) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["First name", "Last name", "Email", "Company", "Website"])
    for n in range(count):
        writer.writerow(
            [f"Ada{n}", "Lovelace", f"ada{n}@company{n % 40}.example", f"Company {n % 40}", f"company{n % 40}.example"]
        )
    return out.getvalue().encode()


async def restart(stack: LocalStack, name: str) -> None:
    await stack.kill(name)
    await stack.start_service(name)


FAULTS: dict[str, Callable[[LocalStack], Awaitable[None]]] = {
    "enrich is killed": lambda stack: restart(stack, "enrich"),
    "ingest is killed": lambda stack: restart(stack, "ingest"),
    "billing is killed": lambda stack: restart(stack, "billing"),
    "gateway is killed": lambda stack: restart(stack, "gateway"),
    "RabbitMQ restarts": lambda stack: stack.restart_rabbitmq(),
    "Postgres restarts": lambda stack: stack.restart_postgres(crash=True),
}


async def begin(user: User, world: World, *, rows: int = ROWS, done: int = 1) -> str:
    """A job that takes some seconds, caught in the middle: `done` rows have their outcome, and others have not."""
    await world.dial(groq={"latency_ms": 400}, serper={"latency_ms": 200})
    upload = await user.upload("leads.csv", leads(rows))
    job = await user.start_job(upload["id"])

    async def under_way() -> bool:
        return (await user.job(job["id"]))["rows_done"] >= done

    await eventually(under_way, every_s=0.05)
    await check_unfinished(user, job["id"])
    return job["id"]


async def check_unfinished(user: User, job_id: str) -> None:
    """A fault after the end would show nothing."""
    job = await user.job(job_id)
    assert job["state"] == "processing", f"too late for a fault: {job}"


async def check_outcome(stack: LocalStack, user: User, job: Json, *, rows: int = ROWS) -> None:
    """Every row once, charged exactly, the hold closed, nothing in the dead letters."""
    assert job["state"] == "completed", job
    assert job["rows_total"] == rows
    sheet = await user.workbook(job["id"])
    first_names = [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert first_names == [f"Ada{n}" for n in range(rows)]
    balance = await user.closed_balance()
    assert balance["spent"] == job["credits_total"]
    assert balance["available"] == 1000 - job["credits_total"]
    for service in SERVICES:
        assert await dead_letters_of(stack, service) == [], service


@pytest.mark.timeout(240)
@pytest.mark.parametrize("fault", list(FAULTS))
async def test_a_job_survives(stack: LocalStack, user: User, world: World, fault: str) -> None:
    """P5. Red when the outbox, the inbox in the record transaction, the row claims or the leases are removed."""
    job_id = await begin(user, world)
    await FAULTS[fault](stack)
    job = await user.finish(job_id, within_s=180)
    await check_outcome(stack, user, job)


@pytest.mark.timeout(300)
async def test_everything_at_once_is_survived_too(stack: LocalStack, user: User, world: World) -> None:
    job_id = await begin(user, world)
    for name in ("enrich", "ingest", "billing"):
        await stack.kill(name)
    await stack.restart_rabbitmq(crash=True)
    await stack.restart_postgres(crash=True)
    await asyncio.gather(*(stack.start_service(name) for name in ("billing", "ingest", "enrich")))
    job = await user.finish(job_id, within_s=240)
    await check_outcome(stack, user, job)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_thirty_kills_of_enrich_leave_the_dead_letters_empty(stack: LocalStack, user: User, world: World) -> None:
    """Attempts are counted by handlers that failed, not by connections that closed. Red with a broker limit of 3."""
    job_id = await begin(user, world, rows=900)
    # Slower than the time between two kills: the chunks in hand are touched thirty times and never finished.
    await world.dial(groq={"latency_ms": 20_000})
    for _ in range(30):
        asked = await world.calls_begun("groq")
        await restart(stack, "enrich")

        async def at_work(before: int = asked) -> bool:
            return await world.calls_begun("groq") > before

        await eventually(at_work, every_s=0.1)
        await check_unfinished(user, job_id)
    await world.dial(groq={"latency_ms": 0})
    await restart(stack, "enrich")
    job = await user.finish(job_id, within_s=600)
    await check_outcome(stack, user, job, rows=900)


@pytest.mark.timeout(240)
async def test_paid_work_is_repeated_at_most_for_the_rows_in_flight(
    stack: LocalStack, user: User, world: World
) -> None:
    """Red when a job starts over after a kill: two thirds of its rows would then be asked for twice."""
    rows, rows_in_flight, calls_a_row = 900, 256, 2
    job_id = await begin(user, world, rows=rows, done=600)
    await restart(stack, "enrich")
    job = await user.finish(job_id, within_s=180)
    await check_outcome(stack, user, job, rows=rows)
    assert await world.calls_of("groq") <= calls_a_row * (rows + rows_in_flight)


async def test_a_service_that_is_asked_to_stop_hands_its_work_back(stack: LocalStack, user: User, world: World) -> None:
    job_id = await begin(user, world)
    await stack.stop_service("enrich")
    await stack.start_service("enrich")
    job = await user.finish(job_id, within_s=180)
    await check_outcome(stack, user, job)


async def test_the_gateway_says_so_while_a_service_is_away(stack: LocalStack, user: User) -> None:
    await stack.kill("billing")
    try:
        answer = await user.client.get("/v1/credits")
        assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
    finally:
        await stack.start_service("billing")
    assert (await user.balance())["available"] == 1000
