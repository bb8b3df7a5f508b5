"""A mailbox is paused before its name is ruined: by bounces, by its server's block, by a login that is refused for good."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest
import sqlalchemy as sa

from services.sender.domain.mailboxes.guardrails import Limits, Tally
from services.sender.domain.sending import Accepted, Deferred, Outcome, Refused
from services.sender.repositories import mailbox_days
from services.sender.repositories.suppressions import suppressed_among
from services.sender.use_cases.count_feedback import count_feedback
from services.sender.use_cases.note_health import Trouble, note_health, trouble_of
from services.sender.use_cases.resume_mailbox import resume_mailbox
from tests.integration.sender.office import add, view_of, wish
from tests.integration.sender.world import World

LIMITS = Limits(bounces=0.02, complaints=0.001, after=50)
NOBODY = Refused("550 5.1.1 no such user", no_such_address=True)


async def note(world: World, mailbox_id: UUID, outcomes: Sequence[Outcome], trouble: Trouble | None = None) -> None:
    async with world.open_uow() as uow:
        await note_health(uow, mailbox_id, outcomes, trouble, limits=LIMITS, clock=world.clock)


async def paused(world: World, mailbox_id: UUID) -> str | None:
    pause = (await view_of(world, mailbox_id)).pause
    return pause.reason if pause else None


async def told(world: World) -> list[str]:
    query = sa.text(
        "SELECT routing_key FROM sender.outbox WHERE convert_from(body, 'UTF8') LIKE :w AND routing_key LIKE :k"
    )
    async with world.open_uow() as uow:
        found = await uow.conn.execute(query, {"w": f"%{world.workspace_id}%", "k": "sender.mailbox.%"})
        return list(found.scalars())


async def test_more_than_two_percent_of_bounces_pause_it_once_and_say_so(world: World) -> None:
    """Red when bounces are not counted over turns, a mailbox goes on above the limit, or nobody is told."""
    made = await add(world, wish())
    await note(world, made.id, [Accepted("250")] * 98)
    await note(world, made.id, [NOBODY] * 2)
    assert await paused(world, made.id) is None, "two of a hundred are allowed"
    await note(world, made.id, [NOBODY])
    assert await paused(world, made.id) == "bounces"
    await note(world, made.id, [NOBODY])
    assert await told(world) == ["sender.mailbox.paused.v1"]


async def test_a_person_lets_it_go_on_and_counting_begins_anew(world: World) -> None:
    """Red when the old bounces pause it again at the next one."""
    made = await add(world, wish())
    await note(world, made.id, [NOBODY] * 50)
    assert await paused(world, made.id) == "bounces"
    async with world.open_uow() as uow:
        await resume_mailbox(uow, made.id, workspace_id=world.workspace_id)
    await note(world, made.id, [NOBODY])
    assert await paused(world, made.id) is None


async def test_a_week_old_bounce_counts_no_more(world: World) -> None:
    made = await add(world, wish())
    await note(world, made.id, [NOBODY] * 49)
    world.later(days=8)
    await note(world, made.id, [Accepted("250")] * 50)
    await note(world, made.id, [NOBODY])
    assert await paused(world, made.id) is None
    async with world.open_uow() as uow:
        assert await mailbox_days.tally(uow.conn, made.id, now=world.now) == Tally(51, 1, 0)


async def test_complaints_pause_it_too(world: World) -> None:
    made = await add(world, wish())
    await note(world, made.id, [Accepted("250")] * 100)
    async with world.open_uow() as uow:
        await count_feedback(uow, made.id, Tally(complaints=1), limits=LIMITS, now=world.now)
    assert await paused(world, made.id) == "complaints"


@pytest.mark.parametrize("reason", ["blocked", "consent_revoked"])
async def test_what_only_a_person_can_mend_pauses_it_at_once(world: World, reason: str) -> None:
    made = await add(world, wish())
    await note(world, made.id, [Deferred("550 5.7.501 spam", mailbox=True, pause=reason)], Trouble("550", reason))
    assert await paused(world, made.id) == reason


async def test_a_login_is_tried_three_times_before_it_counts_as_refused(world: World) -> None:
    """Red when one hiccup of a provider stops a mailbox, or a wrong password is tried for ever."""
    made = await add(world, wish())
    for expected in (None, None, "login_refused"):
        await note(world, made.id, [], Trouble("535 5.7.8 no", "login_refused"))
        assert await paused(world, made.id) == expected


async def test_the_settings_mailbox_rests_and_is_never_paused_for_everybody(world: World) -> None:
    """Red when one workspace's list stops the mail of all."""
    await note(world, world.mailbox_id, [NOBODY] * 60, Trouble("550 5.7.501 spam", "blocked"))
    assert await paused(world, world.mailbox_id) is None
    assert (await view_of(world, world.mailbox_id)).retry_at is not None


@pytest.mark.parametrize("shared", [True, False])
async def test_nobody_reads_of_another_workspace_s_recipients_in_a_shared_mailbox_s_trouble(
    world: World, *, shared: bool
) -> None:
    """Red when the server's word, which names a recipient, is told to all who use the settings' mailbox; or to nobody."""
    box_id = world.mailbox_id if shared else (await add(world, wish())).id
    refused = Refused("550 5.1.1 <ann@client.example> no such user")
    await note(world, box_id, [refused] * 5, trouble_of(refused, in_a_row=5))
    said = (await view_of(world, box_id)).trouble or ""
    assert "5 mails in a row were refused" in said
    assert ("client.example" in said) is not shared


async def test_an_address_that_nobody_is_at_is_never_written_to_again(world: World) -> None:
    """Red when a bounce does not suppress its address, with the server's word as proof."""
    await world.running(leads=1)
    claim = await world.claim_one()
    await world.begin(claim)
    await world.record(claim, NOBODY)
    async with world.open_uow() as uow:
        found = await suppressed_among(uow.conn, workspace_id=world.workspace_id, emails=[claim.recipient])
    assert set(found) == {claim.recipient}
