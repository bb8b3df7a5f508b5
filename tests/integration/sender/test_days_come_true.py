"""Days to come, and the days that then come: whatever the campaigns, mailboxes, zones and quotas are, they are the same.

Each case is drawn by a seed: some campaigns of different hours and weights through several mailboxes with quotas of their own,
people in many zones and few domains, some of whom have just had a mail of another campaign.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from libs.common.ids import new_id
from services.sender.domain.days import day_at
from services.sender.domain.sending import Accepted
from services.sender.domain.turns import TURNS
from services.sender.domain.windows import ALWAYS, OFFICE_HOURS, Window
from services.sender.tables import campaign_mailboxes, campaigns, emails, enrolments, mailboxes, workspaces
from services.sender.use_cases.claim_emails import claim_emails
from tests.integration.sender.outlook import forecast, next_due, why
from tests.integration.sender.world import TIMING, World, recipient

DAYS = 25
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")
PLACES: tuple[dict[str, object], ...] = (
    {},
    {"country": "Germany"},
    {"country": "US", "state": "CA"},
    {"country": "Japan"},
    {"country": "India"},
    {"country": "Australia", "state": "NSW"},
)
WINDOWS = (ALWAYS, OFFICE_HOURS, Window(frozenset({1, 3, 6}), 480, 1320, skip_holidays=False))
EXACT = TURNS | {"planned", "waits_for_plan"}
"""What is told with the instant of the plan; the hours of a lead are told as they open."""


@dataclass
class Weeks(World):
    """A workspace with mailboxes of its own, and what was sent on which of its days."""

    zone: str = "UTC"
    boxes: list[UUID] = field(default_factory=list[UUID])
    people: list[dict[str, object]] = field(default_factory=list[dict[str, object]])

    async def add_box(self, **more: object) -> None:
        box = new_id()
        row = {"id": box, "key": f"own:{box}", "address": f"b{box}@corofy.example", "sandboxed": True}
        await self.run(mailboxes.insert().values(**row, provider="smtp", workspace_id=self.workspace_id, **more))
        self.boxes.append(box)

    async def campaign(self, rows: list[dict[str, object]], boxes: list[UUID], **more: Any) -> None:
        await self.draft(await self.list_of(*(recipient(n, **row) for n, row in enumerate(rows, start=1))), **more)
        mine = campaigns.update().where(campaigns.c.id == self.campaign_id)
        await self.run(mine.values(mailbox_id=boxes[0], subject=f"Word of {self.campaign_id}"))
        theirs = campaign_mailboxes.delete().where(campaign_mailboxes.c.campaign_id == self.campaign_id)
        await self.run(theirs)
        for box in boxes[1:]:
            await self.run(campaign_mailboxes.insert().values(campaign_id=self.campaign_id, mailbox_id=box))

    async def send_due(self) -> None:
        for box in (self.mailbox_id, *self.boxes):
            async with self.open_uow() as uow:
                claimed = await claim_emails(uow, mailbox_id=box, now=self.now, timing=TIMING, limit=50)
            for claim in claimed:
                if (await self.begin(claim)).state == "go":
                    await self.record(claim, Accepted("250 OK"))

    async def pass_day(self) -> None:
        """Plan the day, send each mail at its instant, and come to the next."""
        await self.plan()
        while due := await next_due(self):
            self.now = max(self.now, due)
            await self.send_due()
        self.now = day_at(self.now, time_zone=self.zone).ends_at

    async def sent(self, *, since: datetime) -> dict[tuple[UUID, int], datetime]:
        """When each lead of each campaign was sent to, by its row."""
        query = (
            sa.select(emails.c.campaign_id, enrolments.c.position, emails.c.sending_at)
            .join(enrolments, enrolments.c.id == emails.c.enrolment_id)
            .where(emails.c.workspace_id == self.workspace_id, emails.c.state == "sent", emails.c.sending_at >= since)
        )
        async with self.open_uow() as uow:
            return {(row.campaign_id, row.position): row.sending_at for row in await uow.conn.execute(query)}


async def drawn(world: World, seed: int) -> Weeks:
    """A workspace in the middle of its campaigns."""
    dice = Random(seed)
    weeks = Weeks(world.open_uow, quota=dice.randint(4, 9), zone=dice.choice(ZONES))
    await weeks.open(time_zone=weeks.zone)
    for _ in range(dice.randint(1, 3)):
        ramp = {"ramp_from": 1, "ramp_step": 1, "ramp_started": weeks.now.date()}
        await weeks.add_box(daily_quota=dice.choice((None, 2, 3)), **dice.choice(({}, ramp)))
    rows = [
        {
            **dice.choice(PLACES),
            "email": f"p{n}@{dice.choice(('crowd.example', 'crew.example', f'own{n}.example'))}",
        }
        for n in range(30)
    ]
    terms = {"domain_quota": dice.choice((None, None, 1, 2)), "campaign_pause_days": dice.choice((0, 2, 3))}
    await weeks.run(workspaces.update().where(workspaces.c.id == weeks.workspace_id).values(terms))
    # Some people have had a mail just before.
    await weeks.campaign(rows[:4], weeks.boxes, window=ALWAYS)
    await weeks.start()
    await weeks.pass_day()
    weeks.now += timedelta(hours=dice.randint(0, 20))
    parts = [rows[:12], rows[12:22], rows[22:]][: dice.randint(2, 3)]
    for part in parts:
        boxes = dice.sample(weeks.boxes, dice.randint(1, len(weeks.boxes)))
        window, weight = dice.choice(WINDOWS), dice.randint(1, 3)
        await weeks.campaign(part, boxes, window=window, weight=weight, quota=dice.randint(2, 6))
        await weeks.start()
        if dice.random() < 0.5:
            await weeks.plan()
            await weeks.send_due()
    weeks.later(minutes=1)
    return weeks


@pytest.mark.parametrize("seed", [3, 4, 5, 8, 10, 11])
async def test_what_is_foretold_is_what_then_happens(world: World, seed: int) -> None:
    """Red when the calendar, an explanation and the planner have rules of their own: of mailboxes, hours, pauses or domains."""
    weeks = await drawn(world, seed)
    asked_at = weeks.now
    seen = await forecast(weeks, days=DAYS)
    told = await told_to_all(weeks)
    for _ in range(DAYS):
        await weeks.pass_day()
    sent = await weeks.sent(since=asked_at)
    lived = Counter[tuple[date, UUID]](
        (day_at(at, time_zone=weeks.zone).date, campaign_id) for (campaign_id, _), at in sent.items()
    )
    foretold = {(day.date, one.campaign_id): one.first_emails for day in seen.days for one in day.campaigns}
    assert lived == +Counter(foretold)
    for lead, (code, next_at) in told.items():
        assert next_at is not None, (lead, code)
        if code in EXACT:
            assert sent[lead] == next_at, (lead, code)
        else:
            assert next_at <= sent[lead], (lead, code)


async def told_to_all(weeks: Weeks) -> dict[tuple[UUID, int], tuple[str, datetime | None]]:
    """What everybody is told who has not been sent to and will be."""
    query = (
        sa.select(enrolments.c.campaign_id, enrolments.c.position)
        .join(campaigns, campaigns.c.id == enrolments.c.campaign_id)
        .where(enrolments.c.workspace_id == weeks.workspace_id, enrolments.c.state == "active")
        .where(campaigns.c.state == "active")
    )
    async with weeks.open_uow() as uow:
        waiting = [(row.campaign_id, row.position) for row in await uow.conn.execute(query)]
    told = dict[tuple[UUID, int], tuple[str, datetime | None]]()
    for campaign_id, position in waiting:
        weeks.campaign_id = campaign_id
        one = (await why(weeks, position)).explanation
        told[campaign_id, position] = (one.code, one.next_at)
    return told
