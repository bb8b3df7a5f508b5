"""The workspace of `quota-kills`: half of its leads are at work, half have gone home, whatever the hour is here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, update

from benchmarks.quota_kills_worker import LINKS, SENDER, TIMING
from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.contracts.ingest import Recipient, RecipientsPublished
from libs.common.ids import new_id
from libs.common.uow import UnitOfWorkFactory
from services.sender.domain.windows import OFFICE_HOURS
from services.sender.domain.writing import Writer
from services.sender.repositories.expired_claims import release_expired_claims
from services.sender.repositories.workspaces import database_now, ensure_mailbox
from services.sender.tables import enrolments, slots
from services.sender.use_cases.create_campaign import NewCampaign, create_campaign
from services.sender.use_cases.import_recipients import import_recipients
from services.sender.use_cases.open_workspace import open_workspace
from services.sender.use_cases.plan_day import Planned, plan_day
from services.sender.use_cases.resolve_unknown import resolve_unknown
from services.sender.use_cases.start_campaign import start_campaign

_EVERY_DAY = replace(OFFICE_HOURS, days=frozenset(range(1, 8)), skip_holidays=False)


@dataclass(frozen=True)
class Tenant:
    """Leads with an even number are where it is noon, the others where it is evening."""

    workspace_id: UUID
    mailbox_id: UUID
    quota: int
    noon: str
    evening: str

    def zone_of(self, address: str) -> str:
        """Where the lead of an address is."""
        return self.evening if int(address.partition("@")[0][1:]) % 2 else self.noon

    async def tick(self, open_uow: UnitOfWorkFactory) -> None:
        """What the sender's clock does: plan, and resolve what was lost. What is planned for later is due at once."""
        async with open_uow() as uow:
            now = await database_now(uow.conn)
            await release_expired_claims(uow.conn, now=now)
            await resolve_unknown(uow, now=now)
        while (await self._plan(open_uow)).goes_on:
            pass

    async def _plan(self, open_uow: UnitOfWorkFactory) -> Planned:
        async with open_uow() as uow:
            now = await database_now(uow.conn)
            planned = await plan_day(
                uow,
                workspace_id=self.workspace_id,
                mailbox_id=self.mailbox_id,
                now=now,
                default_quota=self.quota,
                call_s=TIMING.call_s,
            )
            later = (slots.c.state == "assigned", slots.c.due_at > now)
            await uow.conn.execute(update(slots).where(*later).values(due_at=now))
        return planned


async def open_tenant(open_uow: UnitOfWorkFactory, *, leads: int, quota: int, now: datetime) -> Tenant:
    """A started campaign with office hours."""
    noon, evening = zones_at(now)
    workspace_id, list_id = new_id(), new_id()
    opened = WorkspaceCreated(workspace_id=workspace_id, name="W", owner_user_id=new_id(), time_zone=noon)
    published = RecipientsPublished(
        list_id=list_id, list_name="L", part_no=0, parts=1, recipients=[_recipient(n) for n in range(1, leads + 1)]
    )
    async with open_uow() as uow:
        await open_workspace(opened, uow=uow)
        mailbox_id = await ensure_mailbox(uow.conn, key="bench", address=SENDER.address, sandboxed=True)
        await import_recipients(published, uow=uow, workspace_id=workspace_id, now=now)
        campaign = await create_campaign(
            NewCampaign(list_id, daily_quota=leads, window=_EVERY_DAY),
            uow=uow,
            workspace_id=workspace_id,
            mailbox_id=mailbox_id,
            default_quota=quota,
            now=now,
        )
    await start_campaign(
        open_uow,
        workspace_id=workspace_id,
        campaign_id=campaign.id,
        writer=Writer(SENDER, LINKS),
        clock=database_now,
        # One more, to find that there are none: the campaign is active when this returns.
        rows=leads + 1,
    )
    async with open_uow() as uow:
        asleep = func.mod(enrolments.c.position, 2) == 1
        await uow.conn.execute(update(enrolments).values(time_zone=noon, country="", subdivision=""))
        await uow.conn.execute(update(enrolments).where(asleep).values(time_zone=evening))
    return Tenant(workspace_id, mailbox_id, quota, noon, evening)


def zones_at(now: datetime) -> tuple[str, str]:
    """A zone where it is noon, and one where it is six in the evening, and tomorrow's hours are beyond the workspace's day."""
    ahead = 12 - now.hour
    return _zone(ahead), _zone(ahead + 6 if ahead <= 8 else ahead - 18)


def _zone(ahead: int) -> str:
    """POSIX writes them with the sign turned round."""
    return f"Etc/GMT{'-' if ahead >= 0 else '+'}{abs(ahead)}"


def _recipient(number: int) -> Recipient:
    return Recipient(
        row_no=number,
        email=f"p{number}@d{number}.example",
        first_name="Ann",
        company="Halden",
        line=f"I read about the new plant, number {number}.",
        status="enriched",
        sandboxed=True,
    )
