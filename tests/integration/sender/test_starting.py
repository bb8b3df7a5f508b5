"""Starts of long lists: page by page, by whoever is there, once for each row, and nothing is sent before all are in."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from libs.common.errors import Conflict, Invalid
from libs.common.uow import UnitOfWork
from services.sender.repositories import campaigns as repository
from services.sender.repositories.campaigns import Campaign
from services.sender.tables import campaigns, enrolments
from services.sender.use_cases import enrol_list as enrolling
from services.sender.use_cases.check_campaign import PAGE
from services.sender.use_cases.continue_starts import _GIVEN_UP, _TRIES, continue_start  # pyright: ignore[reportPrivateUsage]
from services.sender.use_cases.end_campaign import end_campaign
from services.sender.use_cases.enrol_list import LEASE
from services.sender.use_cases.show_campaign import show_campaign
from services.sender.use_cases.start_campaign import Started, open_start, start_campaign
from tests.integration.sender.outlook import causes, forecast
from tests.integration.sender.world import WRITER, World, recipient

LONG = 2 * PAGE + 50


LINELESS = {"text_body": "Hi {{ unsubscribe_url }} {{ postal_address }}", "html_body": None}


class Died(Exception):
    """The process is gone."""


async def long_draft(world: World, *, line: str | None = None) -> World:
    more = {} if line is None else {"line": line}
    await world.draft(await world.list_of(*(recipient(n, **more) for n in range(1, LONG + 1))))
    return world


async def start(world: World, *, rows: int = PAGE) -> Started:
    """As a person does who waits for so many rows only."""
    return await start_campaign(
        world.open_uow,
        workspace_id=world.workspace_id,
        campaign_id=world.campaign_id,
        writer=WRITER,
        clock=world.clock,
        rows=rows,
    )


async def go_on(world: World) -> bool:
    """Whether the clock went on with the world's campaign; other tests' may be due as well."""
    before = await shown(world)
    while await continue_start(world.open_uow, writer=WRITER, clock=world.clock):
        continue
    return await shown(world) != before


async def shown(world: World) -> Campaign:
    async with world.open_uow() as uow:
        found = await repository.load_campaign(uow.conn, workspace_id=world.workspace_id, campaign_id=world.campaign_id)
    assert found is not None
    return found


async def edited(world: World) -> None:
    """Its mail does without a line."""
    await world.run(sa.update(campaigns).where(campaigns.c.id == world.campaign_id).values(LINELESS))


def breaks(monkeypatch: pytest.MonkeyPatch, campaign_id: UUID, error: Exception) -> None:
    """No page of this campaign can be taken in."""
    enrol = enrolling.enrol_page

    async def enrol_page(uow: UnitOfWork, campaign: Campaign, *args: Any, **more: Any) -> None:
        if campaign.id == campaign_id:
            raise error
        await enrol(uow, campaign, *args, **more)

    monkeypatch.setattr(enrolling, "enrol_page", enrol_page)


async def by_transaction(world: World) -> list[int]:
    """How many rows each transaction took in."""
    query = sa.select(sa.func.count()).where(enrolments.c.campaign_id == world.campaign_id)
    async with world.open_uow() as uow:
        return list((await uow.conn.execute(query.group_by(sa.text("xmin::text")))).scalars())


async def test_a_long_list_is_taken_in_by_pages_and_sent_to_when_all_are_in(world: World) -> None:
    """Red when a start is one transaction for the whole list, when it is planned before it is through, or when a row is taken in
    twice or never."""
    await long_draft(world)
    started = await start(world)
    assert (started.campaign.state, (await shown(world)).start_rows) == ("starting", PAGE)
    assert await world.plan() == 0, "nothing is planned before all are in"
    async with world.open_uow() as uow:
        view = await show_campaign(uow, await shown(world), now=world.now, default_quota=world.quota)
    assert (view.rows, view.counts["waiting"]) == (LONG, PAGE)
    assert [(one.explanation.code, one.leads) for one in await causes(world)] == [("campaign_starting", LONG)]
    assert (
        sum(day.campaigns[0].first_emails for day in (await forecast(world, campaign_id=world.campaign_id)).days)
        == LONG
    )
    await go_on(world)
    assert (await shown(world)).state == "active"
    assert await world.enrolment_states() == {("active", None): LONG}
    assert max(await by_transaction(world)) <= PAGE
    assert await world.plan() == min(world.quota, LONG)


async def test_clicks_and_the_clock_together_take_in_each_row_once(world: World) -> None:
    """Red when two who go on with a start do not look where the other is."""
    await long_draft(world)
    await asyncio.gather(*(start(world, rows=2 * PAGE) for _ in range(3)), go_on(world))
    await go_on(world)
    assert await world.enrolment_states() == {("active", None): LONG}
    assert ((await shown(world)).state, (await shown(world)).start_rows) == ("active", LONG)


async def test_whoever_dies_over_a_start_leaves_it_to_the_clock_after_the_lease(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P5: red when a start whose request died stays half done, or is taken out of living hands."""
    await long_draft(world)

    async def dies(*args: object, **more: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(enrolling, "enrol_page", dies)
        with pytest.raises(Died):
            await start(world)
    assert (await shown(world)).state == "starting"
    assert not await go_on(world), "somebody may still be at it"
    world.now += LEASE
    assert await go_on(world)
    assert (await shown(world)).state == "active"
    assert await world.enrolment_states() == {("active", None): LONG}


async def test_who_ends_a_campaign_that_starts_frees_everybody_at_once(world: World) -> None:
    """Red when a start goes on after its campaign was ended, or holds the addresses that it had."""
    await long_draft(world)
    await start(world)
    ended = world.campaign_id
    async with world.open_uow() as uow:
        await end_campaign(uow, workspace_id=world.workspace_id, campaign_id=ended, ended_by=uuid4(), now=world.now)
    assert not await go_on(world)
    with pytest.raises(Conflict) as refused:
        await start(world)
    assert refused.value.code == "campaign_finished"
    assert await world.enrolment_states() == {("stopped", "campaign_ended"): PAGE}
    await world.draft(await world.list_of(recipient(1), recipient(2)))
    assert (await start(world)).excluded == []


async def test_a_long_start_that_comes_to_nothing_is_a_draft_again_and_says_why(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when rows that were left out once are left out for ever, or nobody can see why the campaign did not start."""
    monkeypatch.setattr(enrolling, "_ERASED_AT_ONCE", 100)
    await long_draft(world, line="")
    assert (await start(world)).campaign.state == "starting"
    assert await go_on(world)
    failed = await shown(world)
    assert (failed.state, failed.start_rows) == ("draft", 0)
    assert failed.start_problem == f"no row of the list can be sent: {LONG} of {LONG} line missing"
    assert await world.enrolment_states() == {}
    await edited(world)
    await start(world, rows=LONG)
    assert (await shown(world)).state == "active"
    assert (await shown(world)).start_problem is None
    assert await world.enrolment_states() == {("active", None): LONG}


async def test_of_two_clicks_that_start_nothing_both_are_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when whoever did not take in the last page is told that all is well: the campaign is a draft."""
    await world.draft(await world.list_of(recipient(1, line="")))
    told, render = list[str](), enrolling._render  # pyright: ignore[reportPrivateUsage] - another click comes in between

    async def another_is_faster(*args: Any, **more: Any) -> Any:
        rendered = await render(*args, **more)
        if not told:
            told.append("clicked")
            with pytest.raises(Conflict) as refused:
                await start(world)
            told.append(refused.value.message)
        return rendered

    monkeypatch.setattr(enrolling, "_render", another_is_faster)
    with pytest.raises(Conflict) as refused:
        await start(world)
    assert (refused.value.code, refused.value.message) == ("nothing_to_send", told[1])


async def test_a_start_that_always_fails_keeps_no_other_waiting_and_is_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when one campaign's broken page ends the clock's run for all, or leaves its campaign `starting` for ever."""
    await long_draft(world)
    await start(world)
    broken = world.campaign_id
    await world.draft(await world.list_of(*(recipient(LONG + n) for n in range(1, LONG + 1))))
    await start(world)
    breaks(monkeypatch, broken, RuntimeError("a bug"))
    await go_on(world)
    assert (await shown(world)).state == "active"
    world.campaign_id = broken
    for _ in range(_TRIES - 1):
        assert ((await shown(world)).state, (await shown(world)).start_problem) == ("starting", None)
        world.now += LEASE
        await go_on(world)
    assert ((await shown(world)).state, (await shown(world)).start_problem) == ("draft", _GIVEN_UP)
    assert await world.enrolment_states() == {("active", None): LONG}, "those of the other; nobody is held by it"


async def test_a_start_that_cannot_be_helped_by_trying_again_is_given_up_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when what is known to be for good is tried for minutes, or its words are kept from whoever started."""
    await long_draft(world)
    await start(world)
    with monkeypatch.context() as patch:
        breaks(patch, world.campaign_id, Invalid("the columns of the list are gone", code="template_invalid"))
        await go_on(world)
    assert ((await shown(world)).state, (await shown(world)).start_problem) == (
        "draft",
        "the columns of the list are gone",
    )
    await start(world, rows=LONG)
    assert await world.enrolment_states() == {("active", None): LONG}


async def test_a_page_taken_in_makes_earlier_failures_forgotten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when failures over hours of a very long list add up until it is given up."""
    await long_draft(world)
    await start(world)
    with monkeypatch.context() as patch:
        breaks(patch, world.campaign_id, RuntimeError("for a while"))
        for _ in range(_TRIES - 1):
            await go_on(world)
            world.now += LEASE
    await start(world)
    failures = sa.select(campaigns.c.start_failures).where(campaigns.c.id == world.campaign_id)
    async with world.open_uow() as uow:
        assert (await uow.conn.execute(failures)).scalar_one() == 0
    assert (await shown(world)).start_rows == 2 * PAGE


async def test_rows_are_erased_by_no_more_at_a_time_than_they_are_taken_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when one click, or the clock's one turn, erases all rows of a very long list; and when a click meanwhile is told that
    all is well."""
    monkeypatch.setattr(enrolling, "_ERASED_AT_ONCE", 100)
    await long_draft(world, line="")
    with pytest.raises(Conflict):
        await start(world, rows=LONG)
    assert await world.enrolment_states() == {("excluded", "line_missing"): LONG - 100}
    with pytest.raises(Conflict) as refused:
        await start(world, rows=200)
    assert (refused.value.code, refused.value.message) == ("nothing_to_send", (await shown(world)).start_problem)
    assert await world.enrolment_states() == {("excluded", "line_missing"): LONG - 300}
    await go_on(world)
    assert ((await shown(world)).state, await world.enrolment_states()) == ("draft", {})


async def test_what_was_rendered_for_an_earlier_start_is_not_gone_by(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when a slow click enrols a page by what was wrong before the campaign was a draft again, edited and started anew."""
    await world.draft(await world.list_of(recipient(1, line="")))
    render, rendered = enrolling._render, 0  # pyright: ignore[reportPrivateUsage] - all this happens meanwhile

    async def slowly(*args: Any, **more: Any) -> Any:
        nonlocal rendered
        rendered += 1
        told = await render(*args, **more)
        if rendered == 1:
            with pytest.raises(Conflict):
                await start(world)
            await edited(world)
            ids = {"workspace_id": world.workspace_id, "campaign_id": world.campaign_id}
            async with world.open_uow() as uow:
                await open_start(uow, **ids, now=world.now)
        return told

    monkeypatch.setattr(enrolling, "_render", slowly)
    assert (await start(world, rows=LONG)).campaign.state == "active"
    assert await world.enrolment_states() == {("active", None): 1}
