"""Claims of processes that are gone: taken back some at a time, and without waiting for those who are still at it."""

import sqlalchemy as sa

from services.sender.repositories import expired_claims
from services.sender.repositories.expired_claims import release_expired_claims
from services.sender.tables import emails
from tests.integration.sender.world import TIMING, World


async def release(world: World) -> int:
    async with world.open_uow() as uow:
        return await release_expired_claims(uow.conn, now=world.now)


async def test_after_a_long_standstill_claims_are_taken_back_some_at_a_time(world: World) -> None:
    """Red when one statement takes back all there are: with many thousands it runs into its time limit, in every tick again."""
    at_once = expired_claims.BATCHES
    await world.running(leads=at_once + 3)
    for _ in range(at_once + 3):
        await world.claim_one()
    world.later(seconds=TIMING.claim_lease_s + 1)
    assert await release(world) == at_once
    assert await world.states() == {"planned": at_once, "claimed": 3}
    assert await release(world) == 3
    assert await world.states() == {"planned": at_once + 3}
    assert await release(world) == 0


async def test_who_is_still_at_a_mail_is_not_waited_for(world: World) -> None:
    """Red when the release waits for a locked email (two that lock many could wait for each other), and when it forgets the
    batch of one that it passed over: that email would be claimed for ever."""
    await world.running(leads=3)
    slow, *_ = await world.claim(3)
    world.later(seconds=TIMING.claim_lease_s + 1)
    async with world.open_uow() as other:
        await other.conn.execute(sa.select(emails.c.id).where(emails.c.id == slow.email_id).with_for_update())
        assert await release(world) == 0
        assert await world.states() == {"planned": 2, "claimed": 1}
    assert await release(world) == 1
    assert await world.states() == {"planned": 3}


async def test_a_claim_that_was_begun_in_time_is_not_taken_back(world: World) -> None:
    """Red when a batch is taken at its word: what the email says of itself counts."""
    await world.running(leads=2)
    begun, _ = await world.claim(2)
    assert (await world.begin(begun)).state == "go"
    world.later(seconds=TIMING.claim_lease_s + 1)
    assert await release(world) == 1
    assert await world.states() == {"sending": 1, "planned": 1}
