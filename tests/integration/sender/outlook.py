"""Asking a world why, what leaves when, and what would become of it; and letting its days come true."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from services.sender.domain.dry_run import DryRun, Faults
from services.sender.domain.plan.forecast import Forecast
from services.sender.domain.sending import Accepted
from services.sender.repositories import standings
from services.sender.repositories.standings import Standing
from services.sender.tables import enrolments, slots
from services.sender.use_cases.dry_run_campaign import dry_run_campaign
from services.sender.use_cases.explain_campaign import Cause, explain_campaign
from services.sender.use_cases.explain_lead import Why, explain_lead
from services.sender.use_cases.forecast_sending import forecast_sending
from services.sender.use_cases.look_ahead import House
from tests.integration.sender.world import TIMING, World


def house_of(world: World) -> House:
    return House(mailbox_id=world.mailbox_id, default_quota=world.quota, call_s=TIMING.call_s)


async def forecast(world: World, *, days: int = 30, campaign_id: UUID | None = None) -> Forecast:
    return await forecast_sending(
        world.open_uow,
        workspace_id=world.workspace_id,
        house=house_of(world),
        clock=world.clock,
        days=days,
        campaign_id=campaign_id,
    )


async def dry(world: World, faults: Faults | None = None) -> DryRun:
    return await dry_run_campaign(
        world.open_uow,
        workspace_id=world.workspace_id,
        campaign_id=world.campaign_id,
        house=house_of(world),
        timing=TIMING,
        faults=faults or Faults(),
        clock=world.clock,
    )


async def lead_at(world: World, position: int) -> UUID:
    query = sa.select(enrolments.c.lead_id).where(
        enrolments.c.campaign_id == world.campaign_id, enrolments.c.position == position
    )
    async with world.open_uow() as uow:
        return (await uow.conn.execute(query)).scalar_one()


async def why(world: World, position: int) -> Why:
    """Of the lead in this row of the list."""
    lead_id = await lead_at(world, position)
    return await explain_lead(
        world.open_uow,
        workspace_id=world.workspace_id,
        campaign_id=world.campaign_id,
        lead_id=lead_id,
        house=house_of(world),
        timing=TIMING,
        clock=world.clock,
    )


async def causes(world: World) -> list[Cause]:
    return await explain_campaign(
        world.open_uow,
        workspace_id=world.workspace_id,
        campaign_id=world.campaign_id,
        house=house_of(world),
        clock=world.clock,
    )


async def leads(world: World, *, state: str | None = None, after: int = 0, limit: int = 50) -> list[Standing]:
    async with world.open_uow() as uow:
        return await standings.page(uow.conn, campaign_id=world.campaign_id, state=state, after=after, limit=limit)


async def send_due(world: World) -> int:
    """Send everything that is due now, each accepted."""
    sent = 0
    while claimed := await world.claim(limit=50):
        for claim in claimed:
            if (await world.begin(claim)).state == "go":
                await world.record(claim, Accepted("250 OK"))
                sent += 1
    return sent


async def next_due(world: World) -> datetime | None:
    query = sa.select(sa.func.min(slots.c.due_at)).where(
        slots.c.workspace_id == world.workspace_id, slots.c.state == "assigned"
    )
    async with world.open_uow() as uow:
        return (await uow.conn.execute(query)).scalar_one()


async def live(world: World, *, days: int) -> Counter[date]:
    """Let days come true: plan, and send each mail at its instant. How many left on each date of UTC."""
    sent = Counter[date]()
    for _ in range(days):
        await world.plan()
        while due := await next_due(world):
            world.now = max(world.now, due)
            sent[world.now.date()] += await send_due(world)
        world.now = world.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return +sent
