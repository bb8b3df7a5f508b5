"""Enrich on a real broker: what goes in comes out, whatever happens to the worker in between."""

from __future__ import annotations

import time

from sqlalchemy import text

from libs.common.contracts.ingest import JobPaused
from libs.common.db import make_engine
from libs.common.settings import normalise_database_url
from tests.broker.enrich.house import WORK, House
from tests.integration.enrich.bench import TENANT
from tests.support.waiting import eventually


async def rows_in(house: House, table: str) -> int:
    engine = make_engine(normalise_database_url(house.database), pool_size=1, service="enrich")
    async with engine.begin() as conn:
        count = (await conn.execute(text(f"SELECT count(*) FROM enrich.{table}"))).scalar_one()  # noqa: S608
    await engine.dispose()
    return count


async def test_a_chunk_on_the_bus_is_answered_on_the_bus(house: House) -> None:
    """Red when a queue, a binding or the relay is not wired, or the chunk is not acked."""
    async with house.running():
        await house.say(house.chunk(3))
        answer = await house.take("ingest.record_results")
        assert [row["row_no"] for row in answer["results"]] == [1, 2, 3]
        assert {row["status"] for row in answer["results"]} == {"enriched"}
        await eventually(lambda: idle(house))


async def idle(house: House) -> bool:
    return not await house.depth(WORK)


async def test_the_same_message_twice_is_answered_once(house: House) -> None:
    """Red when the inbox is not asked, or another dispatch pays again."""
    async with house.running():
        envelope = await house.say(house.chunk(2))
        await house.take("ingest.record_results")
        await house.again(envelope)
        await house.say(house.chunk(2, dispatch=2))
        assert (await house.take("ingest.record_results"))["dispatch_no"] == 2
        assert house.world.answered("groq") == 6


async def test_a_copy_that_meets_a_live_claim_waits_in_the_retry_queue_and_is_answered(house: House) -> None:
    """Red when a busy chunk burns attempts or is acked away: `row_claim`, `copy_then_ack`."""
    house.world.turn(groq={"hang": True})
    async with house.running():
        await house.say(house.chunk(2))
        await eventually(lambda: house.world.in_flight("groq"))
        await house.say(house.chunk(2, dispatch=2))
        await eventually(lambda: waiting(house))
        house.world.turn(groq={"hang": False})
        dispatches = [(await house.take("ingest.record_results"))["dispatch_no"] for _ in range(2)]
    assert dispatches == [1, 2]
    assert house.world.answered("groq") == 6
    assert await rows_in(house, "dead_letters") == 0


async def waiting(house: House) -> bool:
    return bool(await house.depth("enrich.retry.5s"))


async def test_a_stop_hands_the_chunk_back_within_twenty_seconds_and_the_next_replica_goes_on(house: House) -> None:
    """Red when a stop waits for a provider that hangs, leaves the message unacked, or forgets what was found."""
    house.world.turn(groq={"hang": True})
    async with house.running(house.settings(shutdown_seconds=13)):
        await house.say(house.chunk(3))
        await eventually(lambda: house.world.in_flight("groq") >= 3)
        began = time.monotonic()
    assert time.monotonic() - began < 20
    returned = await house.take("ingest.take_back_chunk")
    assert returned["reason"] == "shutting_down"
    assert await house.depth(WORK) == 0
    house.world.reset()
    await eventually(lambda: not house.world.in_flight("groq"))
    house.world.box.calls.clear()
    async with house.running():
        await house.say(house.chunk(3, dispatch=2))
        assert len((await house.take("ingest.record_results"))["results"]) == 3
    assert house.world.answered("serper") == 0, "what had been found was kept"


async def test_a_chunk_that_is_dead_is_answered_as_failed(house: House) -> None:
    """Red when dead letters are silent: `dead_answers`. Without a tenant nobody could say whose rows these are."""
    async with house.running():
        await house.say(house.chunk(1, dispatch=3), tenant=None)
        failed = await house.take("ingest.fail_chunk")
        assert (failed["job_id"], failed["dispatch_no"]) == (str(house.job_id), 3)
        await eventually(lambda: dead(house))


async def dead(house: House) -> bool:
    return await rows_in(house, "dead_letters") == 1


async def test_news_of_a_job_is_heard_on_the_bus(house: House) -> None:
    """Red when `enrich.follow_job` is not bound to what ingest says of jobs."""
    async with house.running():
        await house.say(JobPaused(job_id=house.job_id, job_version=7))
        await eventually(lambda: heard(house))
        await house.say(house.chunk(1, version=6))
        assert (await house.take("ingest.take_back_chunk"))["reason"] == "paused"


async def heard(house: House) -> bool:
    return await rows_in(house, "job_states") == 1


async def test_capacity_is_announced_with_who_is_missing_and_who_is_invented(house: House) -> None:
    """Red when it counts slots, not rows in hand: the window would leave them empty while chunks end and are fetched."""
    async with house.running(house.settings(rows_in_flight=48)):
        said = await house.take("ingest.note_capacity")
    assert (said["rows_capacity"], said["rows_in_flight"]) == (96, 0)
    assert (said["missing_providers"], said["sandboxed"]) == ([], True)


async def test_without_keys_the_capacity_says_so_and_rows_are_degraded_if_that_was_agreed_to(house: House) -> None:
    """Red when a quote cannot warn of what is missing, or consent is not asked for."""
    async with house.running(house.settings(sandbox=False)):
        said = await house.take("ingest.note_capacity")
        assert (said["missing_providers"], said["sandboxed"]) == (["serper", "groq"], False)
        await house.say(house.chunk(2))
        assert (await house.take("ingest.take_back_chunk"))["reason"] == "bad_key"
        await house.say(house.chunk(2, dispatch=2, accept_degraded=True))
        answer = await house.take("ingest.record_results")
    assert {row["status"] for row in answer["results"]} == {"degraded"}


async def test_the_list_of_providers_says_who_answers_and_how_they_are(house: House) -> None:
    """Red when the page shows a provider as up that is out, or anybody may read it."""
    house.world.turn(groq={"bad_key": True})
    async with house.running() as app, house.browser(app) as browser:
        await house.say(house.chunk(1))
        exhausted = await house.take("ingest.apply_provider_state")
        assert exhausted["reason"] == "bad_key"
        listed = (await browser.get("/v1/providers")).json()
        by_name = {one["provider"]: one for one in listed["items"]}
        assert by_name["serper"] == {
            "provider": "serper",
            "mode": "sandbox",
            "needed": True,
            "state": "up",
            "reason": None,
            "message": None,
            "resume_at": None,
            "last_four": None,
            "set_at": None,
        }
        assert (by_name["groq"]["state"], by_name["groq"]["reason"]) == ("out", "bad_key")
        assert listed["sandboxed"]
        anonymous = await browser.get("/v1/providers", headers={"X-Corofy-Identity": ""})
        assert (anonymous.status_code, anonymous.json()["code"]) == (401, "identity_missing")


async def test_the_load_is_for_operators(house: House) -> None:
    """Red when a member of a workspace sees what the replica has in hand."""
    async with house.running() as app:
        async with house.browser(app, operator=True) as browser:
            load = (await browser.get("/internal/load")).json()
        assert load == {"rows_capacity": 32, "rows_with_a_slot": 0, "rows_in_hand": 0}
        async with house.browser(app) as browser:
            assert (await browser.get("/internal/load")).status_code == 403
        async with house.browser(app) as browser:
            assert (await browser.get("/readyz")).json() == {"status": "ready", "missing": []}
    assert TENANT
