"""Creating, starting and pausing: who is taken in, who is left out and why, and what two clicks do."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import cast
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from libs.common.errors import Conflict, NotFound
from services.sender.domain.sending import Accepted, Refused, Unknown
from services.sender.repositories import campaigns as repository
from services.sender.repositories import planned_emails
from services.sender.tables import campaigns, enrolments, slots
from services.sender.use_cases.send_emails import send_emails
from services.sender.use_cases.show_campaign import CampaignView, show_campaign
from tests.integration.sender.world import Post, World, recipient, with_mailbox
from tests.support.waiting import eventually


async def view(world: World) -> CampaignView:
    async with world.open_uow() as uow:
        campaign = await repository.load_campaign(
            uow.conn, workspace_id=world.workspace_id, campaign_id=world.campaign_id
        )
        assert campaign is not None
        return await show_campaign(uow, campaign, now=world.now, default_quota=world.quota)


async def test_sandboxed_rows_and_a_real_mailbox_do_not_meet(world: World) -> None:
    """P9: red when create_campaign does not compare the list with the mailbox."""
    real = await World(world.open_uow).open(sandboxed=False)
    made_up = await real.list_of(recipient(1, sandboxed=False), recipient(2, sandboxed=True))
    with pytest.raises(Conflict) as raised:
        await real.draft(made_up)
    assert raised.value.code == "sandboxed_rows"
    await real.draft(await real.list_of(recipient(1, sandboxed=False)))
    await world.draft(await world.list_of(recipient(1, sandboxed=True)))


async def test_a_sandboxed_row_never_leaves_through_a_real_mailbox(world: World) -> None:
    """P9 again, in the sending transaction: red when `decide` forgets it. (The mailbox turned real after the start.)"""
    await world.running(leads=1)
    claim = await world.claim_one()
    await world.run(
        sa.text("UPDATE sender.mailboxes SET sandboxed = false WHERE id = :id").bindparams(id=world.mailbox_id)
    )
    assert (await world.begin(claim)).reason == "sandboxed_row"


async def test_a_campaign_of_three_times_the_weight_gets_three_times_the_share(world: World) -> None:
    """Red when the weight that was asked for does not reach the planner."""
    world.quota = 8
    for first, weight in ((1, 1), (101, 3)):
        await world.draft(await world.list_of(*(recipient(n) for n in range(first, first + 20))), weight=weight)
        await world.start()
    await world.plan()
    query = sa.select(campaigns.c.weight, sa.func.count()).join(slots, slots.c.campaign_id == campaigns.c.id)
    query = query.where(slots.c.workspace_id == world.workspace_id, slots.c.state == "assigned")
    async with world.open_uow() as uow:
        shares = [tuple(row) for row in await uow.conn.execute(query.group_by(campaigns.c.weight))]
    assert sorted(shares) == [(1, 2), (3, 6)]


async def test_only_the_mailbox_of_the_campaign_sends_for_it(world: World) -> None:
    """Red when a claim does not name its mailbox: a real one set up later would take over the sandbox's campaigns."""
    await world.running(leads=1)
    other = await World(world.open_uow).open()
    assert await other.claim() == []


async def test_a_list_that_is_unknown_or_not_complete_makes_no_campaign(world: World) -> None:
    with pytest.raises(NotFound):
        await world.draft(UUID(int=7))
    stranger = await World(world.open_uow).open()
    with pytest.raises(NotFound):
        await stranger.draft(await world.list_of(recipient(1)))


async def test_each_row_that_is_left_out_has_its_reason(world: World) -> None:
    """Red when start_campaign drops rows silently, or lets one of these through."""
    await world.suppress("stop@company.example")
    await world.draft(
        await world.list_of(
            recipient(1),
            recipient(2, email="LEAD1@company1.example"),
            recipient(3, email="stop@company.example"),
            recipient(4, email="not an address"),
            recipient(5, line="  "),
            recipient(6, company="Evil\r\nBcc: all@corofy.example"),
            recipient(7, company="Evil =?UTF-8?Q?=0A?=Bcc: all@corofy.example"),
            recipient(8, company="x" * 300),
            recipient(9, line="y" * 6000),
        )
    )
    started = await world.start()
    assert {row.position: row.reason for row in started.excluded} == {
        2: "duplicate",
        3: "suppressed",
        4: "invalid_address",
        5: "line_missing",
        6: "unsafe_header",
        7: "unsafe_header",
        8: "subject_too_long",
        9: "value_too_long",
    }
    assert await world.plan() == 1
    counts = (await view(world)).counts
    assert (counts["planned"], counts["excluded"], counts["suppressed"], counts["waiting"]) == (1, 7, 1, 0)


async def test_a_campaign_of_which_nothing_can_be_sent_does_not_start(world: World) -> None:
    await world.draft(await world.list_of(recipient(1, line="")))
    with pytest.raises(Conflict) as raised:
        await world.start()
    assert raised.value.code == "nothing_to_send"
    assert raised.value.extra["excluded_rows"]
    assert (await view(world)).campaign.state == "draft"


async def test_a_second_campaign_does_not_send_the_same_mail_to_the_same_people(world: World) -> None:
    """P3: red when Start does not look at what other campaigns have sent, or may have (`unknown`)."""
    await world.running(leads=3)
    answers = iter([Accepted("250"), Unknown("lost"), Refused("550 no")])
    post = Post(answer=lambda _: next(answers))
    for _ in range(2):
        await send_emails(world.context, post, stopping=lambda: False)
        world.later(minutes=1)
    assert await world.states() == {"sent": 1, "unknown": 1, "failed": 1}
    await world.run(enrolments.update().where(enrolments.c.campaign_id == world.campaign_id).values(state="finished"))
    again = await world.draft(await world.list_of(*(recipient(n) for n in range(1, 5))))
    assert {row.position: row.reason for row in (await world.start()).excluded} == {
        1: "already_sent",
        2: "already_sent",
    }
    await world.run(enrolments.update().where(enrolments.c.campaign_id == again).values(state="finished"))
    await world.draft(await world.list_of(recipient(1), recipient(2), recipient(5, line="")))
    with pytest.raises(Conflict, match=r"2 of 3 have had this very email already.*; 1 of 3 line missing") as raised:
        await world.start()
    assert raised.value.code == "nothing_to_send"
    named = cast("list[dict[str, object]]", raised.value.extra["excluded_rows"])
    assert [row["code"] for row in named] == ["already_sent", "already_sent", "line_missing"]


async def test_another_text_and_a_real_mailbox_after_the_sandbox_are_another_mail(world: World) -> None:
    """Red when whoever was written to once is never written to again, or what a sandbox took counts as received."""
    await world.running(leads=1)
    await send_emails(world.context, Post(), stopping=lambda: False)
    real = with_mailbox(world, (await World(world.open_uow).open(sandboxed=False)).mailbox_id)
    await real.draft(await real.list_of(recipient(1, sandboxed=False)))
    assert (await real.start()).excluded == []
    await world.run(enrolments.update().where(enrolments.c.campaign_id == real.campaign_id).values(state="finished"))
    await world.draft(await world.list_of(recipient(1)))
    other = "Hi, {{ line }} {{ postal_address }} {{ unsubscribe_url }}"
    await world.run(campaigns.update().where(campaigns.c.id == world.campaign_id).values(text_body=other))
    assert (await world.start()).excluded == []


async def test_a_new_mailbox_has_the_days_quota_and_the_addresses_to_itself(world: World) -> None:
    """Red when campaigns of a mailbox that is not used any more hold slots, or the people who wait in them."""
    world.quota = 2
    await world.running(leads=4)
    old, after = world.campaign_id, with_mailbox(world, (await World(world.open_uow).open()).mailbox_id)
    await after.draft(await after.list_of(*(recipient(n) for n in (2, 3, 9))))
    assert (await after.start()).excluded == []
    assert await after.plan() == 2
    assert {claim.recipient.split("@")[0] for claim in await after.claim(5)} == {"lead2", "lead3"}
    assert await world.claim(5) == []
    async with world.open_uow() as uow:
        query = sa.select(enrolments.c.position, enrolments.c.reason).where(enrolments.c.campaign_id == old)
        reasons = {row.position: row.reason for row in await uow.conn.execute(query)}
    assert reasons == {1: None, 2: "mailbox_changed", 3: "mailbox_changed", 4: None}


async def test_a_long_start_holds_up_neither_plans_nor_pauses(world: World) -> None:
    """P7: red when Start takes the planning lock before it renders, or a pause waits for a campaign that starts."""
    await world.running(leads=2)
    running = world.campaign_id
    starting = await world.draft(await world.list_of(recipient(11)))
    async with world.open_uow() as uow:
        await world.begin_campaign(uow, starting)
        async with asyncio.timeout(5):
            assert await world.plan() == 0
            with pytest.raises(Conflict, match="starting"):
                await world.pause()
            world.campaign_id = running
            await world.pause()
    assert await world.plan() == 1


async def test_starts_of_a_workspace_go_one_after_the_other(world: World) -> None:
    """Red when two starts run at once: with the same addresses on later pages, in opposite orders, they would deadlock."""
    one = await world.draft(await world.list_of(recipient(1)))
    two = await world.draft(await world.list_of(recipient(2)))
    async with world.open_uow() as uow:
        await world.begin_campaign(uow, one)
        second = asyncio.create_task(world.start(two))
        await eventually(world.somebody_waits)
        assert not second.done()
    assert (await second).campaign.state == "active"


async def test_two_clicks_on_start_enrol_once(world: World) -> None:
    """Red when the campaign is not locked while it enrols."""
    await world.draft(await world.list_of(*(recipient(n) for n in range(1, 31))))
    await asyncio.gather(*(world.start() for _ in range(4)))
    assert await world.enrolment_states() == {("active", None): 30}


async def test_an_address_is_in_one_active_campaign_at_a_time(world: World) -> None:
    """Red when the unique index on active addresses goes; both start at once, in opposite orders."""
    # Each list also has an address of its own, so that neither start is left with nothing to send.
    one = await world.draft(await world.list_of(*(recipient(n) for n in [*range(1, 21), 30])))
    backwards = [recipient(n, email=f"lead{22 - n}@company{22 - n}.example") for n in range(1, 22)]
    two = await world.draft(await world.list_of(*backwards))
    await asyncio.gather(world.start(one), world.start(two))
    query = sa.select(enrolments.c.email).where(
        enrolments.c.workspace_id == world.workspace_id, enrolments.c.state == "active"
    )
    async with world.open_uow() as uow:
        held = Counter((await uow.conn.execute(query)).scalars())
    assert max(held.values()) == 1
    assert len(held) == 22
    assert (await world.enrolment_states())[("excluded", "in_another_campaign")] == 20


async def test_several_campaigns_share_the_workspaces_quota(world: World) -> None:
    """P4: red when each campaign has its quota for itself alone."""
    world.quota = 10
    for first in (1, 101):
        await world.draft(await world.list_of(*(recipient(n) for n in range(first, first + 30))), quota=8)
        await world.start()
    assert await world.plan() == 10
    query = sa.text("SELECT campaign_id, count(*) FROM sender.slots WHERE workspace_id = :w GROUP BY 1")
    async with world.open_uow() as uow:
        shares = [row.count for row in await uow.conn.execute(query.bindparams(w=world.workspace_id))]
    assert shares == [5, 5]
    assert await world.plan() == 0


async def test_the_first_day_takes_the_first_positions_and_the_next_day_goes_on(world: World) -> None:
    """Red when the plan does not follow the list: day 1 sends 1-2, day 2 sends 3-4."""
    await world.running(leads=5, quota=2)
    days: list[list[str]] = []
    for _ in range(3):
        post = Post()
        while (await send_emails(world.context, post, stopping=lambda: False)).claimed:
            assert await world.plan() == 0
        days.append([address.split("@")[0] for address in post.accepted])
        world.later(days=1)
        assert await world.claim(10) == [], "nothing is claimed before the day is planned"
        await world.plan()
    assert days == [["lead1", "lead2"], ["lead3", "lead4"], ["lead5"]]
    assert (await view(world)).campaign.state == "finished"


async def test_a_pause_gives_todays_slots_to_the_others_and_a_start_goes_on(world: World) -> None:
    world.quota = 2
    await world.running(leads=2)
    first = world.campaign_id
    await world.draft(await world.list_of(recipient(11), recipient(12)))
    second = world.campaign_id
    await world.start()
    assert await world.plan() == 0
    world.campaign_id = first
    await world.pause()
    assert await world.plan() == 2
    assert {claim.campaign_id for claim in await world.claim(5)} == {second}
    await world.start()
    world.later(days=1)
    assert await world.plan() == 2


async def test_a_draft_cannot_be_paused_and_a_finished_campaign_not_started(world: World) -> None:
    await world.draft(await world.list_of(recipient(1)))
    with pytest.raises(Conflict, match="draft"):
        await world.pause()
    await world.run(campaigns.update().where(campaigns.c.id == world.campaign_id).values(state="finished"))
    with pytest.raises(Conflict, match="finished"):
        await world.start()


async def test_another_workspace_cannot_start_or_pause_the_campaign(world: World) -> None:
    """P7: red when a campaign is found by its id alone."""
    await world.running(leads=1)
    stranger = await World(world.open_uow, campaign_id=world.campaign_id).open()
    for act in (stranger.start(), stranger.pause()):
        with pytest.raises(NotFound):
            await act


async def test_a_suppressed_address_leaves_the_plan_and_the_campaign_ends(world: World) -> None:
    await world.running(leads=1)
    await world.suppress("lead1@company1.example")
    await world.plan()
    assert await world.states() == {"suppressed": 1}
    assert await world.slot_states() == {"free": 1}
    assert (await view(world)).campaign.state == "finished"


async def test_a_day_of_any_size_is_planned(world: World) -> None:
    """Red when a plan's statements name each value for itself: asyncpg sends 32,767 at most, six for each slot."""
    world.quota = many = 5_500
    await world.draft(await world.list_of(recipient(1)), quota=many)
    await world.start()
    await world.run(sa.text(_MORE_LEADS).bindparams(campaign=world.campaign_id, many=many))
    await world.run(sa.text(_MORE_ENROLMENTS).bindparams(campaign=world.campaign_id))
    assert await world.plan() == many
    assert await world.slot_states() == {"assigned": many}
    async with world.open_uow() as uow:
        await planned_emails.put_in_plan(uow.conn, {uuid4(): world.mailbox_id for _ in range(33_000)})


_MORE_LEADS = """
    INSERT INTO sender.leads (id, workspace_id, email, domain)
    SELECT gen_random_uuid(), workspace_id, 'lead' || n || '@many.example', 'many.example'
    FROM sender.campaigns, generate_series(2, :many) AS n WHERE id = :campaign"""
_MORE_ENROLMENTS = """
    INSERT INTO sender.enrolments (id, workspace_id, campaign_id, lead_id, email, position, state)
    SELECT gen_random_uuid(), c.workspace_id, c.id, l.id, l.email, 1 + row_number() OVER (ORDER BY l.id), 'active'
    FROM sender.leads l JOIN sender.campaigns c USING (workspace_id)
    WHERE c.id = :campaign AND l.domain = 'many.example'"""
